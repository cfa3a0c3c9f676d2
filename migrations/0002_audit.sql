-- The trail of who was shown what, as a chain of hashes.

CREATE SCHEMA audit;

-- An event is the exact text that was hashed (type json keeps every byte). The
-- columns for look-up repeat what it says; verification compares them. Taken from
-- the text by the table itself they would cost more than all the rest.
CREATE TABLE audit.event (
    sequence    bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    patient     text NOT NULL, -- the number the person had then; '' where no one patient is meant
    subject     text NOT NULL,
    ods_code    text NOT NULL,
    event       json NOT NULL
);
CREATE INDEX event_patient ON audit.event (patient, sequence) WHERE patient <> '';
CREATE INDEX event_ods_code ON audit.event (ods_code, sequence);
CREATE INDEX event_recorded_at ON audit.event USING brin (recorded_at);

-- The end of the chain. Whoever appends holds this row until the commit.
CREATE TABLE audit.head (
    id       boolean PRIMARY KEY DEFAULT true CHECK (id),
    sequence bigint NOT NULL,
    hash     bytea NOT NULL CHECK (length(hash) = 32)
) WITH (fillfactor = 10);
INSERT INTO audit.head (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- append writes events at the end of the chain, one per position of the arrays.
-- The text of an event is its sequence number, its time and its outcome,
-- followed by the rest as given (without the opening brace); its hash is SHA-256(hash before || sequence as 8
-- bytes, big end first || text in UTF-8). Where a version is not 0 and no longer
-- the patient's, the event becomes a withholding.
CREATE FUNCTION audit.append(
    allow_volatile boolean, patients text[], versions bigint[], subjects text[], ods_codes text[], outcomes text[], bodies text[]
) RETURNS TABLE (first bigint, withheld boolean[]) LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last    bigint;
    chain   bytea;
    n       int := cardinality(bodies);
    stamp   timestamptz;
    middle  text;
    changed boolean[];
    line    text;
    texts   text[] := '{}';
    hashes  bytea[] := '{}';
BEGIN
    IF NOT allow_volatile AND (current_setting('fsync') = 'off' OR current_setting('full_page_writes') = 'off'
                               OR current_setting('synchronous_commit') = 'off') THEN
        RAISE EXCEPTION 'the database could lose committed events' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF n = 0 OR (cardinality(patients), cardinality(versions), cardinality(subjects), cardinality(ods_codes), cardinality(outcomes))
                IS DISTINCT FROM (n, n, n, n, n) THEN
        RAISE EXCEPTION 'the lists of events differ in length' USING ERRCODE = 'data_exception';
    END IF;

    SELECT h.sequence, h.hash INTO STRICT last, chain FROM audit.head AS h FOR NO KEY UPDATE;

    -- Read after the wait for the head, so that it is as late as can be.
    SELECT array_agg(a.version <> 0 AND p.version IS DISTINCT FROM a.version ORDER BY a.i) INTO changed
    FROM unnest(patients, versions) WITH ORDINALITY AS a (patient, version, i)
    LEFT JOIN consent.person AS p ON a.version <> 0 AND p.nhs_number = a.patient;

    stamp := clock_timestamp();
    middle := ',"recordedAt":"' || to_char(stamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","outcome":"';
    FOR i IN 1 .. n LOOP
        line := '{"sequence":' || (last + i) || middle
             || CASE WHEN changed[i] THEN 'WITHHELD_CHANGED","decided":"' ELSE '' END || outcomes[i] || '",' || bodies[i];
        chain := sha256(chain || int8send(last + i) || convert_to(line, 'UTF8'));
        texts[i] := line;
        hashes[i] := chain;
    END LOOP;

    INSERT INTO audit.event (sequence, recorded_at, hash, patient, subject, ods_code, event)
    SELECT last + i, stamp, hashes[i], patients[i], subjects[i], ods_codes[i], texts[i]::json
    FROM generate_series(1, n) AS i;
    UPDATE audit.head AS h SET sequence = last + n, hash = chain;

    RETURN QUERY SELECT last + 1, changed;
END
$$;
REVOKE ALL ON FUNCTION audit.append(boolean, text[], bigint[], text[], text[], text[], text[]) FROM PUBLIC;

CREATE FUNCTION audit.kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.event
FOR EACH STATEMENT EXECUTE FUNCTION audit.kept();
CREATE TRIGGER head_kept BEFORE DELETE OR TRUNCATE ON audit.head
FOR EACH STATEMENT EXECUTE FUNCTION audit.kept();

GRANT USAGE ON SCHEMA audit TO carerecord_service;
GRANT SELECT ON audit.event, audit.head TO carerecord_service;
GRANT EXECUTE ON FUNCTION audit.append(boolean, text[], bigint[], text[], text[], text[], text[]) TO carerecord_service;
