-- What residents ask for on the opt-out form, until an officer has decided it.

-- A request is what someone wrote who may be anyone. It refers to no person of
-- ours and touches no version of theirs, so that adding one takes the same work
-- whether or not the person is known. A row is written once and closed once, by
-- its decision; it is never changed otherwise and never deleted.
CREATE TABLE consent.opt_out_request (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    reference      text NOT NULL UNIQUE CHECK (reference ~ '^[0-9A-Z-]{8,20}$'), -- what the person was given; says nothing
    kind           text NOT NULL CHECK (kind IN ('OPT_OUT', 'CHANGE_OF_MIND')),
    received_at    consent.moment NOT NULL DEFAULT clock_timestamp(),
    channel        text NOT NULL DEFAULT 'ONLINE_FORM' CHECK (channel = 'ONLINE_FORM'),
    language       text NOT NULL CHECK (language ~ '^[a-z]{2,3}$'),
    name           text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    born_on        date NOT NULL,
    postcode       text NOT NULL CHECK (char_length(postcode) BETWEEN 2 AND 10),
    nhs_number     consent.nhs_number,
    requested_by   text NOT NULL CHECK (requested_by IN ('SELF', 'PARENT', 'GUARDIAN', 'ATTORNEY', 'DEPUTY')),
    representative jsonb CHECK ((requested_by = 'SELF') = (representative IS NULL)) CHECK (pg_column_size(representative) < 8192),
    contact        text NOT NULL DEFAULT '' CHECK (char_length(contact) <= 200),
    status         text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'ACCEPTED', 'REFUSED')),
    decided_at     consent.moment CHECK ((decided_at IS NULL) = (status = 'WAITING')) CHECK (decided_at >= received_at),
    decided_by     jsonb CHECK ((decided_by IS NULL) = (status = 'WAITING')),
    decision_note  text NOT NULL DEFAULT '' CHECK (char_length(decision_note) <= 2000) CHECK (status <> 'REFUSED' OR decision_note <> ''),
    directive_id   uuid CHECK (directive_id IS NULL OR status = 'ACCEPTED') -- of consent.directive, which loses none
                   CHECK (directive_id IS NOT NULL OR status <> 'ACCEPTED' OR kind <> 'OPT_OUT')
);
CREATE INDEX opt_out_request_received_at ON consent.opt_out_request (received_at, id);
CREATE INDEX opt_out_request_waiting ON consent.opt_out_request (received_at, id) WHERE status = 'WAITING';

CREATE FUNCTION consent.opt_out_request_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'WAITING' AND NEW.status <> 'WAITING'
       AND to_jsonb(OLD) - '{status,decided_at,decided_by,decision_note,directive_id}'::text[]
         = to_jsonb(NEW) - '{status,decided_at,decided_by,decision_note,directive_id}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a request is closed once by its decision and not changed otherwise'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER opt_out_request_kept BEFORE UPDATE OR DELETE ON consent.opt_out_request
FOR EACH ROW EXECUTE FUNCTION consent.opt_out_request_kept();
CREATE TRIGGER opt_out_request_not_emptied BEFORE TRUNCATE ON consent.opt_out_request
FOR EACH STATEMENT EXECUTE FUNCTION consent.opt_out_request_kept();

-- The service can neither choose when a request came nor add one already decided.
GRANT SELECT,
      INSERT (reference, kind, language, name, born_on, postcode, nhs_number, requested_by, representative, contact),
      UPDATE (status, decided_at, decided_by, decision_note, directive_id)
   ON consent.opt_out_request TO carerecord_service;
