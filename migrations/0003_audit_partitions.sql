-- The trail by month, so that months that need not be kept any longer go as a whole.

DROP TRIGGER event_kept ON audit.event;
DROP INDEX audit.event_patient, audit.event_ods_code, audit.event_recorded_at;
ALTER TABLE audit.event RENAME TO event_before;
ALTER INDEX audit.event_pkey RENAME TO event_before_pkey;

-- A key of a partitioned table has the time in it. That no sequence number comes
-- twice is kept by audit.head, whose one row gives them out, and checked by
-- verification.
CREATE TABLE audit.event (
    sequence    bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    patient     text NOT NULL, -- the number the person had then; '' where no one patient is meant
    subject     text NOT NULL,
    ods_code    text NOT NULL,
    event       json NOT NULL,
    PRIMARY KEY (sequence, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX event_patient ON audit.event (patient, sequence) WHERE patient <> '';
CREATE INDEX event_ods_code ON audit.event (ods_code, sequence);
CREATE INDEX event_subject ON audit.event (subject, sequence);
-- A quote within a text is written \", so that this is found as a member only.
CREATE INDEX event_glass ON audit.event (ods_code, sequence) WHERE event::text LIKE '%"breakGlass":{%';

CREATE TRIGGER event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.event
FOR EACH STATEMENT EXECUTE FUNCTION audit.kept();

-- month makes the partition of a moment's month (UTC) if there is none. It is
-- attached rather than made in its place: that waits for nobody who reads.
CREATE FUNCTION audit.month(moment timestamptz) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    start timestamptz := date_trunc('month', moment);
    name  text := 'event_' || to_char(start, 'YYYY_MM');
BEGIN
    IF EXISTS (SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'audit.event'::regclass
                 AND pg_get_expr(c.relpartbound, c.oid) = format('FOR VALUES FROM (%L) TO (%L)', start, start + interval '1 month')) THEN
        RETURN;
    END IF;
    IF to_regclass('audit.' || name) IS NOT NULL THEN -- somebody has detached it; the trail goes on without it
        name := name || '_' || left(md5(random()::text), 8);
    END IF;
    EXECUTE format('CREATE TABLE audit.%I (LIKE audit.event INCLUDING ALL)', name);
    EXECUTE format('CREATE TRIGGER event_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit.kept()', name);
    EXECUTE format('ALTER TABLE audit.event ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)',
                   name, start, start + interval '1 month');
END
$$;
REVOKE ALL ON FUNCTION audit.month(timestamptz) FROM PUBLIC;

-- prepare makes the partitions of this month and the two that follow.
CREATE FUNCTION audit.prepare() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    i int;
BEGIN
    PERFORM FROM audit.head FOR NO KEY UPDATE; -- first, as everyone does who appends
    FOR i IN 0 .. 2 LOOP
        PERFORM audit.month(date_trunc('month', clock_timestamp()) + make_interval(months => i));
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION audit.prepare() FROM PUBLIC;

DO $$
DECLARE
    start timestamptz;
BEGIN
    FOR start IN SELECT DISTINCT date_trunc('month', recorded_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' FROM audit.event_before LOOP
        PERFORM audit.month(start);
    END LOOP;
    PERFORM audit.prepare();
END
$$;
INSERT INTO audit.event (sequence, recorded_at, hash, patient, subject, ods_code, event)
SELECT sequence, recorded_at, hash, patient, subject, ods_code, event FROM audit.event_before;
DROP TABLE audit.event_before;

-- append is as before, and makes the partition of its month where that is missing.
CREATE OR REPLACE FUNCTION audit.append(
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
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'audit.event'::regclass
                   AND inhrelid = to_regclass('audit.event_' || to_char(stamp AT TIME ZONE 'UTC', 'YYYY_MM'))) THEN
        PERFORM audit.month(stamp);
    END IF;
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

GRANT SELECT ON audit.event TO carerecord_service;
GRANT EXECUTE ON FUNCTION audit.prepare() TO carerecord_service;
