-- Who may be shown: people, their objections, and who cares for them.

DO $$
BEGIN
    CREATE ROLE carerecord_service NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to all databases of a server
END
$$;

CREATE SCHEMA consent;

-- Versions never repeat, not even for a person who is deleted and comes back.
CREATE SEQUENCE consent.version;

CREATE DOMAIN consent.nhs_number AS text CHECK (VALUE ~ '^[0-9]{10}$');

-- A time that is a moment: no infinity, which could not be compared in the same way everywhere.
CREATE DOMAIN consent.moment AS timestamptz CHECK (isfinite(VALUE));

CREATE TABLE consent.person (
    nhs_number     consent.nhs_number PRIMARY KEY,
    superseded_by  consent.nhs_number CHECK (superseded_by <> nhs_number),
    invalidated    boolean NOT NULL DEFAULT false,
    restricted     boolean,                        -- NULL: cannot be established, which denies
    opt_outs_known boolean NOT NULL DEFAULT true,  -- false: consent.directive may not be all there is, which denies
    born_on        text CHECK (born_on ~ '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$'),
    died_at        consent.moment,
    died_precision text NOT NULL DEFAULT 'TIME' CHECK (died_precision IN ('DAY', 'TIME')),
    version        bigint NOT NULL DEFAULT nextval('consent.version')
);
-- Few people have two numbers, so that both ways are looked up in next to nothing.
CREATE INDEX person_superseded ON consent.person (nhs_number, superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX person_superseded_by ON consent.person (superseded_by, nhs_number) WHERE superseded_by IS NOT NULL;

-- An objection to the joined-up record. A row is written once and closed once,
-- by its withdrawal; it is never changed otherwise and never deleted.
CREATE TABLE consent.directive (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    nhs_number     consent.nhs_number NOT NULL,
    effective_from consent.moment NOT NULL DEFAULT clock_timestamp(),
    received_on    date NOT NULL,
    channel        text NOT NULL CHECK (channel IN ('ONLINE_FORM', 'PAPER_FORM')),
    requested_by   text NOT NULL CHECK (requested_by IN ('SELF', 'PARENT', 'GUARDIAN', 'ATTORNEY', 'DEPUTY')),
    representative jsonb CHECK ((requested_by = 'SELF') = (representative IS NULL)),
    note           text NOT NULL DEFAULT '',
    recorded_at    consent.moment NOT NULL DEFAULT clock_timestamp(),
    recorded_by    jsonb NOT NULL,
    withdrawn_at   consent.moment CHECK (withdrawn_at >= effective_from),
    withdrawal     jsonb CHECK ((withdrawal IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX directive_nhs_number ON consent.directive (nhs_number);

-- Objections that reach planning only. Direct care never reads this table.
CREATE TABLE consent.planning_objection (
    nhs_number     consent.nhs_number NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('NATIONAL_DATA_OPT_OUT', 'TYPE_1', 'POPULATION_HEALTH')),
    effective_from consent.moment NOT NULL,
    effective_to   consent.moment CHECK (effective_to >= effective_from),
    PRIMARY KEY (nhs_number, kind, effective_from)
);

CREATE TABLE consent.relationship (
    nhs_number consent.nhs_number NOT NULL,
    ods_code   text NOT NULL CHECK (ods_code <> ''),
    kind       text NOT NULL CHECK (kind IN ('REGISTERED_PRACTICE', 'REFERRAL', 'STAY', 'APPOINTMENT', 'ALLOCATED_WORKER')),
    started_at consent.moment NOT NULL, -- of an appointment: its time
    ended_at   consent.moment,          -- of an appointment: when it was cancelled
    touched_at consent.moment,
    PRIMARY KEY (nhs_number, ods_code, kind, started_at)
);
-- Ward lists and caseloads ask the other way round.
CREATE INDEX relationship_ods_code ON consent.relationship (ods_code, kind, nhs_number);

CREATE TABLE consent.break_glass_grant (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subject    text NOT NULL CHECK (subject <> ''),
    ods_code   text NOT NULL CHECK (ods_code <> ''),
    nhs_number consent.nhs_number NOT NULL,
    classes    text[] NOT NULL,
    reason     text NOT NULL CHECK (reason IN ('EMERGENCY', 'PUBLIC_INTEREST', 'STATUTE', 'COURT_ORDER')),
    note       text NOT NULL,
    granted_at consent.moment NOT NULL DEFAULT clock_timestamp(),
    expires_at consent.moment NOT NULL CHECK (expires_at > granted_at)
);
CREATE INDEX break_glass_grant_holder ON consent.break_glass_grant (nhs_number, subject, expires_at);

-- linked is some numbers and every other number of the same people.
CREATE FUNCTION consent.linked(seeds text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE linked (number) AS (
        SELECT DISTINCT seed FROM unnest(seeds) AS seed WHERE seed IS NOT NULL
        UNION
        SELECT next.number
        FROM linked
        CROSS JOIN LATERAL (
            SELECT p.superseded_by::text FROM consent.person AS p
            WHERE p.nhs_number = linked.number AND p.superseded_by IS NOT NULL
            UNION ALL
            SELECT p.nhs_number::text FROM consent.person AS p
            WHERE p.superseded_by = linked.number
        ) AS next (number)
    )
    SELECT number FROM linked
$$;

-- bump gives people a new version, under all their numbers. Rows are locked in
-- one order, so that two changes cannot wait for each other.
CREATE FUNCTION consent.bump(seeds text[]) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH held AS (
        SELECT nhs_number FROM consent.person
        WHERE nhs_number IN (SELECT consent.linked(seeds))
        ORDER BY nhs_number
        FOR NO KEY UPDATE
    )
    UPDATE consent.person AS p SET version = nextval('consent.version')
    FROM held WHERE p.nhs_number = held.nhs_number
$$;
REVOKE ALL ON FUNCTION consent.bump(text[]) FROM PUBLIC;

-- A new person has a new version already; only people linked to it need one.
CREATE FUNCTION consent.person_inserted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seeds text[];
BEGIN
    SELECT array_agg(n.nhs_number) INTO seeds FROM fresh AS n
    WHERE n.superseded_by IS NOT NULL
       OR EXISTS (SELECT FROM consent.person AS p WHERE p.superseded_by = n.nhs_number);
    IF seeds IS NOT NULL THEN
        PERFORM consent.bump(seeds);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER person_inserted AFTER INSERT ON consent.person
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.person_inserted();

CREATE FUNCTION consent.person_updated() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seeds text[];
BEGIN
    SELECT array_agg(number) INTO seeds
    FROM stale AS o FULL JOIN fresh AS n ON n.nhs_number = o.nhs_number
    CROSS JOIN LATERAL unnest(ARRAY[o.nhs_number, n.nhs_number, o.superseded_by]::text[]) AS number
    WHERE number IS NOT NULL
      AND (o.nhs_number, o.superseded_by, o.invalidated, o.restricted, o.opt_outs_known, o.born_on, o.died_at, o.died_precision)
          IS DISTINCT FROM
          (n.nhs_number, n.superseded_by, n.invalidated, n.restricted, n.opt_outs_known, n.born_on, n.died_at, n.died_precision);
    IF seeds IS NOT NULL THEN
        PERFORM consent.bump(seeds);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER person_updated AFTER UPDATE ON consent.person
REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.person_updated();

CREATE FUNCTION consent.person_deleted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM consent.bump((SELECT array_agg(nhs_number::text) || array_agg(superseded_by::text) FROM stale));
    RETURN NULL;
END
$$;
CREATE TRIGGER person_deleted AFTER DELETE ON consent.person
REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION consent.person_deleted();

-- inserted, updated and deleted bump the people of the rows of other tables.
CREATE FUNCTION consent.inserted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM consent.bump((SELECT array_agg(DISTINCT nhs_number::text) FROM fresh));
    RETURN NULL;
END
$$;

CREATE FUNCTION consent.updated() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seeds text[];
BEGIN
    SELECT array_agg(DISTINCT changed.nhs_number::text) INTO seeds FROM (
        (TABLE stale EXCEPT TABLE fresh) UNION ALL (TABLE fresh EXCEPT TABLE stale)
    ) AS changed;
    IF seeds IS NOT NULL THEN
        PERFORM consent.bump(seeds);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION consent.deleted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM consent.bump((SELECT array_agg(DISTINCT nhs_number::text) FROM stale));
    RETURN NULL;
END
$$;

CREATE TRIGGER relationship_inserted AFTER INSERT ON consent.relationship
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.inserted();
CREATE TRIGGER relationship_updated AFTER UPDATE ON consent.relationship
REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.updated();
CREATE TRIGGER relationship_deleted AFTER DELETE ON consent.relationship
REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION consent.deleted();

-- A new grant only widens, and a bump would take longer for a number that is
-- known than for one that is not. So only taking one back is a change.
CREATE TRIGGER break_glass_grant_updated AFTER UPDATE ON consent.break_glass_grant
REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.updated();
CREATE TRIGGER break_glass_grant_deleted AFTER DELETE ON consent.break_glass_grant
REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION consent.deleted();

CREATE TRIGGER directive_inserted AFTER INSERT ON consent.directive
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.inserted();

CREATE FUNCTION consent.directive_closed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM consent.bump((SELECT array_agg(DISTINCT nhs_number::text) FROM fresh));
    RETURN NULL;
END
$$;
CREATE TRIGGER directive_closed AFTER UPDATE ON consent.directive
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent.directive_closed();

CREATE FUNCTION consent.directive_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
       AND to_jsonb(OLD) - 'withdrawn_at' - 'withdrawal' = to_jsonb(NEW) - 'withdrawn_at' - 'withdrawal' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an objection is closed once by its withdrawal and not changed otherwise'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER directive_kept BEFORE UPDATE OR DELETE ON consent.directive
FOR EACH ROW EXECUTE FUNCTION consent.directive_kept();
CREATE TRIGGER directive_not_emptied BEFORE TRUNCATE ON consent.directive
FOR EACH STATEMENT EXECUTE FUNCTION consent.directive_kept();

-- analyse tells the planner what a bulk load has changed, without waiting for
-- the database to notice.
CREATE FUNCTION consent.analyse() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    ANALYZE consent.person;
    ANALYZE consent.directive;
    ANALYZE consent.relationship;
END
$$;

GRANT USAGE ON SCHEMA consent TO carerecord_service;
GRANT USAGE ON SEQUENCE consent.version TO carerecord_service;
GRANT SELECT ON ALL TABLES IN SCHEMA consent TO carerecord_service;
GRANT INSERT (nhs_number, superseded_by, invalidated, restricted, opt_outs_known, born_on, died_at, died_precision),
      UPDATE (superseded_by, invalidated, restricted, opt_outs_known, born_on, died_at, died_precision)
   ON consent.person TO carerecord_service;
GRANT INSERT, UPDATE (withdrawn_at, withdrawal) ON consent.directive TO carerecord_service;
GRANT INSERT, UPDATE (effective_to) ON consent.planning_objection TO carerecord_service;
GRANT INSERT, UPDATE (ended_at, touched_at), DELETE ON consent.relationship TO carerecord_service;
GRANT INSERT, UPDATE (expires_at) ON consent.break_glass_grant TO carerecord_service;
