-- Signed statements of where the chain stood, and the removal of what they cover.

CREATE TABLE audit.checkpoint (
    sequence bigint PRIMARY KEY CHECK (sequence > 0),
    hash     bytea NOT NULL CHECK (length(hash) = 32),
    signed   text NOT NULL CHECK (char_length(signed) <= 4096) -- a JWS, which says the same and when
);
CREATE TRIGGER checkpoint_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION audit.kept();
GRANT SELECT ON audit.checkpoint TO carerecord_service;

-- keep_checkpoint keeps a checkpoint of an event that is there. Where there is one
-- of that event already, it stays.
CREATE FUNCTION audit.keep_checkpoint(at_sequence bigint, its_hash bytea, signed text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit.event AS e WHERE e.sequence = at_sequence AND e.hash = its_hash) THEN
        RAISE EXCEPTION 'there is no such event' USING ERRCODE = 'data_exception';
    END IF;
    INSERT INTO audit.checkpoint (sequence, hash, signed) VALUES (at_sequence, its_hash, signed) ON CONFLICT DO NOTHING;
END
$$;
REVOKE ALL ON FUNCTION audit.keep_checkpoint(bigint, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.keep_checkpoint(bigint, bytea, text) TO carerecord_service;

-- removable is the last event of the whole months that ended so many months ago,
-- and where the months that stay begin; no row where there are none. Months that
-- overlap in sequence, since a clock was set back between them, go together later.
CREATE FUNCTION audit.removable(months int) RETURNS TABLE (sequence bigint, hash bytea, recorded_at timestamptz, bound timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    staying bigint;
BEGIN
    bound := date_trunc('month', clock_timestamp()) - make_interval(months => months);
    LOOP
        SELECT e.sequence, e.hash, e.recorded_at INTO sequence, hash, recorded_at
        FROM audit.event AS e WHERE e.recorded_at < bound ORDER BY e.sequence DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        SELECT min(e.sequence) INTO staying FROM audit.event AS e WHERE e.recorded_at >= bound;
        IF staying IS NULL OR staying > sequence THEN
            RETURN NEXT;
            RETURN;
        END IF;
        bound := bound - interval '1 month';
    END LOOP;
END
$$;

-- remove drops the months that end with an event, if a checkpoint of that event is
-- kept, and appends an event that says so, all or nothing. It returns whether it did.
-- Nothing younger than a year is ever removed, whoever asks. Whoever reads the trail
-- is not waited for: appending would wait as well.
CREATE FUNCTION audit.remove(allow_volatile boolean, months int, up_to bigint) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
    last  record;
    month regclass;
BEGIN
    IF months < 12 THEN
        RAISE EXCEPTION 'the audit trail is kept for at least 12 months' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM audit.head FOR NO KEY UPDATE;
    SELECT * INTO last FROM audit.removable(months);
    IF last.sequence IS DISTINCT FROM up_to THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM audit.checkpoint AS c WHERE c.sequence = last.sequence AND c.hash = last.hash) THEN
        RAISE EXCEPTION 'no checkpoint covers what would be removed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOR month IN
        SELECT c.oid FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'audit.event'::regclass
          AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz <= last.bound
    LOOP
        EXECUTE format('DROP TABLE %s', month);
    END LOOP;
    PERFORM audit.append(allow_volatile, ARRAY[''], ARRAY[0]::bigint[], ARRAY[''], ARRAY[''], ARRAY['DONE'], ARRAY[
        '"action":"KEEP_TRAIL","upTo":' || up_to || ',"months":' || months || ',"note":"events up to ' || up_to
        || ' removed, which are kept for ' || months || ' months; checkpoint ' || encode(last.hash, 'hex') || '"}']);
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION audit.remove(boolean, int, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.remove(boolean, int, bigint) TO carerecord_service;
