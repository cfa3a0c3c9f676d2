-- A change under one number gives a new version to all numbers of the person. Which those are
-- must not change between the two: an objection under an old number, recorded while that was
-- being linked to the current one, left the current one's version as it was, and who had
-- decided on that was let through. So whoever links numbers waits for all changes under way,
-- and they wait for it; changes do not wait for each other.
CREATE FUNCTION consent.links() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended('consent.links', 0) $$;

CREATE OR REPLACE FUNCTION consent.bump(seeds text[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(consent.links());
    -- By a snapshot taken now. Rows are locked in one order, so that two changes cannot wait for each other.
    WITH held AS (
        SELECT nhs_number FROM consent.person
        WHERE nhs_number IN (SELECT consent.linked(seeds))
        ORDER BY nhs_number
        FOR NO KEY UPDATE
    )
    UPDATE consent.person AS p SET version = nextval('consent.version')
    FROM held WHERE p.nhs_number = held.nhs_number;
END
$$;

CREATE FUNCTION consent.linking() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(consent.links());
    RETURN NULL;
END
$$;
-- Not of the update of a version alone, which is what a change does to others.
CREATE TRIGGER person_linking BEFORE INSERT OR DELETE OR UPDATE OF nhs_number, superseded_by, invalidated ON consent.person
FOR EACH STATEMENT EXECUTE FUNCTION consent.linking();
