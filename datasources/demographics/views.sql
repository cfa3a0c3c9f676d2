-- Source views of demographics.
--
-- A source is a PostgreSQL database in which these relations can be read: tables, views or materialised views, mapped by
-- the demographics service's own database team onto its system. The service reads them with a role that may only SELECT.
--
-- Conventions
--   nhs_number   ten digits, the patient; the first column of every index. Always the person's current number: when one is
--                superseded, all rows kept under it are re-keyed to the number that stands for the person now.
--   id           the source's own identifier, unique within its relation and never reused for another person's entry.
--   *_on         text: YYYY, YYYY-MM or YYYY-MM-DD, as far as the date is known, never padded.
--   *_at         timestamptz; *_day_only is true where only the day is known (the time is then midnight in London).
--   *_system     URI of a code system: http://snomed.info/sct, https://dmd.nhs.uk, http://loinc.org,
--                http://hl7.org/fhir/sid/icd-10, https://fhir.hl7.org.uk/Id/opcs-4, or the source's own.
--   *_original_* the source's own code, where *_code is one it was mapped to. Both stand.
--   numeric      a number in the unit beside it; units are never converted.
--   confidential true for an entry the source marks private, sealed or confidential: it is never read out. Of one for which it is
--                null it cannot be told: it is not read out either, and leaves a gap.
--   entered_in_error true for an entry that was withdrawn as a mistake: it is never read out.
--   linked_codes what the entry hangs on, as 'system|code': indication, the encounter's main diagnosis, the problem it is
--                filed under. An entry that hangs on something sensitive is not read out either.
--   specialty_key the treatment function of the service it comes from, NHS data dictionary code.
--   service_name names of the clinic, team, ward or laboratory it comes from.

-- A person (PDS).
CREATE TABLE IF NOT EXISTS person (
    nhs_number              text PRIMARY KEY, -- The patient.
    status_code             text, -- NHS NUMBER STATUS INDICATOR CODE: 01 verified …
    restricted              boolean NOT NULL DEFAULT false, -- True for a sensitive (S-flagged) person: nothing is shown.
    name_full               text, -- Usual name as it is shown; null to have it put together.
    name_prefix             text, -- Title.
    name_given              text[], -- Given names.
    name_family             text, -- Family name.
    name_suffix             text, -- Suffix.
    born_on                 text, -- Date of birth, YYYY, YYYY-MM or YYYY-MM-DD.
    gender                  text, -- MALE, FEMALE, OTHER, UNKNOWN.
    died_at                 timestamptz, -- When the person died.
    died_at_day_only        boolean, -- True where only the day is known.
    address_lines           text[], -- Home address without the postcode.
    address_postcode        text, -- Postcode.
    address_borough         text, -- London borough.
    practice_ods            text, -- ODS code of the registered practice.
    practice_name           text, -- Its name.
    ethnic_category_system  text, -- Code system URI.
    ethnic_category_code    text, -- ETHNIC CATEGORY CODE.
    ethnic_category_display text, -- Words.
    language_system         text, -- Preferred language: code system URI.
    language_code           text, -- Code.
    language_display        text, -- Words.
    marital_status_system   text, -- Marital status: code system URI.
    marital_status_code     text, -- Code.
    marital_status_display  text -- Words.
);

-- A telephone number or other point of contact.
CREATE TABLE IF NOT EXISTS telecom (
    nhs_number text NOT NULL, -- The patient.
    position   integer NOT NULL, -- Order, from 1.
    system     text, -- PHONE, EMAIL, SMS, FAX, OTHER.
    value      text, -- The number or address.
    use        text -- HOME, WORK, MOBILE, TEMP.
);
CREATE UNIQUE INDEX IF NOT EXISTS telecom_person ON telecom (nhs_number, position);

-- Someone to call: next of kin, carer, attorney (FHIR RelatedPerson). Children are never named here.
CREATE TABLE IF NOT EXISTS contact (
    nhs_number                text NOT NULL, -- The patient.
    id                        text NOT NULL, -- The source's own id.
    source_system             text, -- Name of the system it was recorded in.
    organisation_ods          text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name         text, -- Its name.
    recorded_at               timestamptz, -- When it was recorded.
    recorded_at_day_only      boolean, -- True where only the day is known.
    recorded_by_name          text, -- Who recorded it.
    recorded_by_role          text, -- Their role.
    name                      text, -- Name.
    relationship              text, -- Relationship to the person, in words.
    relationship_code_system  text, -- The relationship in a code (HL7 v3 RoleCode, SNOMED CT). Code system URI.
    relationship_code_code    text, -- Code.
    relationship_code_display text, -- Words.
    roles                     text[], -- What they are to the person. Of NEXT_OF_KIN, EMERGENCY_CONTACT, MAIN_CARER, CARER, HOUSEHOLD_MEMBER, PARENTAL_RESPONSIBILITY, ATTORNEY_HEALTH, ATTORNEY_FINANCE, DEPUTY, ADVOCATE, OTHER.
    phone                     text, -- Telephone.
    email                     text, -- Email.
    address                   text, -- Address in one line.
    since                     text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    note                      text, -- Words beside it.
    under_18                  boolean, -- True for a child, false for an adult, null where the age is unknown.
    confidential              boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error          boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes              text[], -- What it hangs on, as 'system|code'.
    specialty_key             text, -- Treatment function of the service.
    service_name              text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS contact_id ON contact (nhs_number, id);
CREATE INDEX IF NOT EXISTS contact_newest ON contact (nhs_number, since DESC NULLS LAST);

-- An interpreter, communication need or reasonable adjustment.
CREATE TABLE IF NOT EXISTS need (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What is needed (SNOMED CT). Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    category              text, -- What kind of need it is. One of INTERPRETER, COMMUNICATION, REASONABLE_ADJUSTMENT, OTHER.
    detail                text, -- What to do.
    since                 text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- Until when. YYYY, YYYY-MM or YYYY-MM-DD.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS need_id ON need (nhs_number, id);
CREATE INDEX IF NOT EXISTS need_newest ON need (nhs_number, since DESC NULLS LAST);
