-- keep_checkpoint keeps a checkpoint of an event that is there. Where there is one
-- of that event already, it stays: also where another instance has signed it a moment
-- before and removed the event since, which is no fault of this one.
CREATE OR REPLACE FUNCTION audit.keep_checkpoint(at_sequence bigint, its_hash bytea, signed text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM audit.checkpoint AS c WHERE c.sequence = at_sequence AND c.hash = its_hash) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM audit.event AS e WHERE e.sequence = at_sequence AND e.hash = its_hash) THEN
        RAISE EXCEPTION 'there is no such event' USING ERRCODE = 'data_exception';
    END IF;
    INSERT INTO audit.checkpoint (sequence, hash, signed) VALUES (at_sequence, its_hash, signed) ON CONFLICT DO NOTHING;
END
$$;
