-- Source views of a hospital trust.
--
-- A source is a PostgreSQL database in which these relations can be read: tables, views or materialised views, mapped by
-- the trust's own database team onto its system. The service reads them with a role that may only SELECT.
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
--   organisation_ods the organisation or the site of it that recorded the entry; null for the source's own. The source is of one
--                organisation: whatever the site, its appointments are that organisation's own.
--   service_name names of the clinic, team, ward or laboratory it comes from.

-- An alert or warning (FHIR Flag).
CREATE TABLE IF NOT EXISTS alert (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What it warns of (SNOMED CT or the source's own list). Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    note                  text, -- The warning in words.
    since                 text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- Until when; null while it stands. YYYY, YYYY-MM or YYYY-MM-DD.
    review_due_on         text, -- When it is to be reviewed. YYYY, YYYY-MM or YYYY-MM-DD.
    status                text, -- IN_PROGRESS while it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS alert_id ON alert (nhs_number, id);
CREATE INDEX IF NOT EXISTS alert_newest ON alert (nhs_number, since DESC NULLS LAST);

-- An allergy or adverse reaction (FHIR AllergyIntolerance).
CREATE TABLE IF NOT EXISTS allergy (
    nhs_number                 text NOT NULL, -- The patient.
    id                         text NOT NULL, -- The source's own id.
    source_system              text, -- Name of the system it was recorded in.
    organisation_ods           text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name          text, -- Its name.
    recorded_at                timestamptz, -- When it was recorded.
    recorded_at_day_only       boolean, -- True where only the day is known.
    recorded_by_name           text, -- Who recorded it.
    recorded_by_role           text, -- Their role.
    substance_system           text, -- What the person reacts to (SNOMED CT, dm+d). Code system URI.
    substance_code             text, -- Code.
    substance_display          text, -- Words (required).
    substance_original_system  text, -- System of the source's own code, where it was mapped.
    substance_original_code    text, -- The source's own code.
    substance_original_display text, -- Its words.
    kind                       text, -- Allergy or intolerance. One of ALLERGY, INTOLERANCE, UNKNOWN.
    category                   text, -- What kind of substance it is. One of FOOD, MEDICATION, ENVIRONMENT, BIOLOGIC, UNKNOWN.
    criticality                text, -- How dangerous a reaction could be. One of LOW, HIGH, UNABLE_TO_ASSESS, UNKNOWN.
    status                     text, -- Whether it stands. One of ACTIVE, INACTIVE, RESOLVED, UNKNOWN.
    verification               text, -- Whether it is confirmed. Refuted ones are never listed. One of UNCONFIRMED, PROVISIONAL, DIFFERENTIAL, CONFIRMED, UNKNOWN.
    onset_on                   text, -- When it was first noticed. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on                   text, -- When it ended. YYYY, YYYY-MM or YYYY-MM-DD.
    end_reason                 text, -- Why it ended.
    last_reaction_on           text, -- The last reaction. YYYY, YYYY-MM or YYYY-MM-DD.
    asserted_by_name           text, -- Who said so. Name.
    asserted_by_role           text, -- Role.
    note                       text, -- Words beside it.
    confidential               boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error           boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes               text[], -- What it hangs on, as 'system|code'.
    specialty_key              text, -- Treatment function of the service.
    service_name               text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS allergy_id ON allergy (nhs_number, id);
CREATE INDEX IF NOT EXISTS allergy_newest ON allergy (nhs_number, recorded_at DESC NULLS LAST);

-- How an allergy shows itself.
CREATE TABLE IF NOT EXISTS allergy_reaction (
    nhs_number                     text NOT NULL, -- The patient.
    parent_id                      text NOT NULL, -- Id of the allergy it belongs to.
    position                       integer NOT NULL, -- Order within it, from 1.
    manifestation_system           text, -- What happened (SNOMED CT). Code system URI.
    manifestation_code             text, -- Code.
    manifestation_display          text, -- Words (required).
    manifestation_original_system  text, -- System of the source's own code, where it was mapped.
    manifestation_original_code    text, -- The source's own code.
    manifestation_original_display text, -- Its words.
    severity                       text -- How severe it was. One of MILD, MODERATE, SEVERE, UNKNOWN.
);
CREATE UNIQUE INDEX IF NOT EXISTS allergy_reaction_parent ON allergy_reaction (nhs_number, parent_id, position);

-- A medicine that was prescribed, supplied, given or reported (FHIR MedicationRequest, MedicationStatement).
CREATE TABLE IF NOT EXISTS medication (
    nhs_number                 text NOT NULL, -- The patient.
    id                         text NOT NULL, -- The source's own id.
    source_system              text, -- Name of the system it was recorded in.
    organisation_ods           text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name          text, -- Its name.
    recorded_at                timestamptz, -- When it was recorded.
    recorded_at_day_only       boolean, -- True where only the day is known.
    recorded_by_name           text, -- Who recorded it.
    recorded_by_role           text, -- Their role.
    medicine_system            text, -- The medicine (dm+d; the source's own code as `original`). Code system URI.
    medicine_code              text, -- Code.
    medicine_display           text, -- Words (required).
    medicine_original_system   text, -- System of the source's own code, where it was mapped.
    medicine_original_code     text, -- The source's own code.
    medicine_original_display  text, -- Its words.
    kind                       text, -- Acute, repeat, from a discharge … One of ACUTE, REPEAT, REPEAT_DISPENSING, DELAYED, DISCHARGE, INPATIENT, REPORTED, UNKNOWN.
    intent                     text, -- A plan (authorisation), an order (issue) or a statement. One of PLAN, ORDER, STATEMENT, UNKNOWN.
    status                     text, -- How it stands. One of ACTIVE, ON_HOLD, COMPLETED, STOPPED, CANCELLED, INTENDED, UNKNOWN.
    status_reason              text, -- Why it stands so, for example why it was stopped.
    dosage                     text, -- How it is to be taken, in the prescriber's words.
    as_needed                  boolean, -- To be taken as needed.
    route_system               text, -- Route of administration (SNOMED CT). Code system URI.
    route_code                 text, -- Code.
    route_display              text, -- Words.
    quantity                   text, -- Amount per supply, in words.
    reason_system              text, -- What it is for (SNOMED CT). Code system URI.
    reason_code                text, -- Code.
    reason_display             text, -- Words.
    started_on                 text, -- When the course began. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on                   text, -- When the course ended or will end. YYYY, YYYY-MM or YYYY-MM-DD.
    last_issued_on             text, -- When it was last issued. YYYY, YYYY-MM or YYYY-MM-DD.
    review_due_on              text, -- When it is to be reviewed. YYYY, YYYY-MM or YYYY-MM-DD.
    repeats_allowed            integer, -- Issues allowed.
    repeats_issued             integer, -- Issues made.
    prescriber_name            text, -- Who prescribed it. Name.
    prescriber_role            text, -- Role.
    prescribing_agency_system  text, -- Where it was prescribed (GP Connect prescribing agency). Code system URI.
    prescribing_agency_code    text, -- Code.
    prescribing_agency_display text, -- Words.
    note                       text, -- What else is written beside it, such as notes to the patient or the pharmacy.
    discharge_id               text, -- Id of the stay it was supplied at the end of (kind DISCHARGE) or given in (INPATIENT).
    discharged_at              timestamptz, -- When that stay ended.
    confidential               boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error           boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes               text[], -- What it hangs on, as 'system|code'.
    specialty_key              text, -- Treatment function of the service.
    service_name               text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS medication_id ON medication (nhs_number, id);
CREATE INDEX IF NOT EXISTS medication_newest ON medication (nhs_number, started_on DESC NULLS LAST);

-- One issue of a planned medicine (GP Connect order).
CREATE TABLE IF NOT EXISTS medication_issue (
    nhs_number text NOT NULL, -- The patient.
    parent_id  text NOT NULL, -- Id of the medication it belongs to.
    position   integer NOT NULL, -- Order within it, from 1.
    issued_on  text, -- When it was issued. YYYY, YYYY-MM or YYYY-MM-DD.
    quantity   text, -- How much.
    status     text -- How it stands. One of ACTIVE, ON_HOLD, COMPLETED, STOPPED, CANCELLED, INTENDED, UNKNOWN.
);
CREATE UNIQUE INDEX IF NOT EXISTS medication_issue_parent ON medication_issue (nhs_number, parent_id, position);

-- A problem or diagnosis (FHIR Condition).
CREATE TABLE IF NOT EXISTS problem (
    nhs_number               text NOT NULL, -- The patient.
    id                       text NOT NULL, -- The source's own id.
    source_system            text, -- Name of the system it was recorded in.
    organisation_ods         text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name        text, -- Its name.
    recorded_at              timestamptz, -- When it was recorded.
    recorded_at_day_only     boolean, -- True where only the day is known.
    recorded_by_name         text, -- Who recorded it.
    recorded_by_role         text, -- Their role.
    problem_system           text, -- The problem (SNOMED CT, ICD-10). Code system URI.
    problem_code             text, -- Code.
    problem_display          text, -- Words (required).
    problem_original_system  text, -- System of the source's own code, where it was mapped.
    problem_original_code    text, -- The source's own code.
    problem_original_display text, -- Its words.
    kind                     text, -- A listed problem, the diagnosis of an encounter, or a concern. One of PROBLEM, DIAGNOSIS, CONCERN, UNKNOWN.
    status                   text, -- Whether it stands. One of ACTIVE, RECURRENCE, RELAPSE, REMISSION, INACTIVE, RESOLVED, UNKNOWN.
    verification             text, -- Whether it is confirmed. Refuted ones are never listed. One of UNCONFIRMED, PROVISIONAL, DIFFERENTIAL, CONFIRMED, UNKNOWN.
    significance             text, -- Major or minor, as practices mark it. One of MAJOR, MINOR.
    severity                 text, -- How severe it is. One of MILD, MODERATE, SEVERE, UNKNOWN.
    body_site_system         text, -- Where in the body (SNOMED CT). Code system URI.
    body_site_code           text, -- Code.
    body_site_display        text, -- Words.
    onset_on                 text, -- When it began. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on                 text, -- When it ended. YYYY, YYYY-MM or YYYY-MM-DD.
    note                     text, -- Words beside it.
    asserted_by_name         text, -- Who said so. Name.
    asserted_by_role         text, -- Role.
    confidential             boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error         boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes             text[], -- What it hangs on, as 'system|code'.
    specialty_key            text, -- Treatment function of the service.
    service_name             text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS problem_id ON problem (nhs_number, id);
CREATE INDEX IF NOT EXISTS problem_newest ON problem (nhs_number, onset_on DESC NULLS LAST);

-- A vaccination (FHIR Immunization).
CREATE TABLE IF NOT EXISTS immunisation (
    nhs_number               text NOT NULL, -- The patient.
    id                       text NOT NULL, -- The source's own id.
    source_system            text, -- Name of the system it was recorded in.
    organisation_ods         text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name        text, -- Its name.
    recorded_at              timestamptz, -- When it was recorded.
    recorded_at_day_only     boolean, -- True where only the day is known.
    recorded_by_name         text, -- Who recorded it.
    recorded_by_role         text, -- Their role.
    vaccine_system           text, -- The vaccine (dm+d, SNOMED CT). Code system URI.
    vaccine_code             text, -- Code.
    vaccine_display          text, -- Words (required).
    vaccine_original_system  text, -- System of the source's own code, where it was mapped.
    vaccine_original_code    text, -- The source's own code.
    vaccine_original_display text, -- Its words.
    procedure_system         text, -- The vaccination procedure (SNOMED CT). Code system URI.
    procedure_code           text, -- Code.
    procedure_display        text, -- Words.
    status                   text, -- COMPLETED. What is NOT_DONE, REJECTED or CANCELLED is not listed. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    status_reason_system     text, -- Why it was not given, or that a dose that was given is subpotent. Code system URI.
    status_reason_code       text, -- Code.
    status_reason_display    text, -- Words.
    given_on                 text, -- When it was given. YYYY, YYYY-MM or YYYY-MM-DD.
    dose                     text, -- Which dose of the course.
    dose_quantity            text, -- How much was given.
    site_system              text, -- Where in the body. Code system URI.
    site_code                text, -- Code.
    site_display             text, -- Words.
    route_system             text, -- How. Code system URI.
    route_code               text, -- Code.
    route_display            text, -- Words.
    batch                    text, -- Batch number.
    manufacturer             text, -- Maker.
    expires_on               text, -- Expiry of the batch. YYYY, YYYY-MM or YYYY-MM-DD.
    given_by_name            text, -- Who gave it. Name.
    given_by_role            text, -- Role.
    location                 text, -- Where it was given.
    note                     text, -- What else is written beside it.
    confidential             boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error         boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes             text[], -- What it hangs on, as 'system|code'.
    specialty_key            text, -- Treatment function of the service.
    service_name             text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS immunisation_id ON immunisation (nhs_number, id);
CREATE INDEX IF NOT EXISTS immunisation_newest ON immunisation (nhs_number, given_on DESC NULLS LAST);

-- A procedure or operation (FHIR Procedure).
CREATE TABLE IF NOT EXISTS procedure (
    nhs_number                 text NOT NULL, -- The patient.
    id                         text NOT NULL, -- The source's own id.
    source_system              text, -- Name of the system it was recorded in.
    organisation_ods           text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name          text, -- Its name.
    recorded_at                timestamptz, -- When it was recorded.
    recorded_at_day_only       boolean, -- True where only the day is known.
    recorded_by_name           text, -- Who recorded it.
    recorded_by_role           text, -- Their role.
    procedure_system           text, -- What was done (OPCS-4, SNOMED CT). Code system URI.
    procedure_code             text, -- Code.
    procedure_display          text, -- Words (required).
    procedure_original_system  text, -- System of the source's own code, where it was mapped.
    procedure_original_code    text, -- The source's own code.
    procedure_original_display text, -- Its words.
    category_system            text, -- What kind of procedure. Code system URI.
    category_code              text, -- Code.
    category_display           text, -- Words.
    status                     text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    performed_on               text, -- When it was done or began. YYYY, YYYY-MM or YYYY-MM-DD.
    performed_at               timestamptz, -- The moment it began, where recorded.
    performed_at_day_only      boolean, -- True where only the day is known; the time is then midnight in London.
    ended_at                   timestamptz, -- The moment it ended, where recorded.
    ended_at_day_only          boolean, -- True where only the day is known; the time is then midnight in London.
    reason_system              text, -- Why it was done. Code system URI.
    reason_code                text, -- Code.
    reason_display             text, -- Words.
    body_site_system           text, -- Where in the body. Code system URI.
    body_site_code             text, -- Code.
    body_site_display          text, -- Words.
    outcome_system             text, -- What came of it. Code system URI.
    outcome_code               text, -- Code.
    outcome_display            text, -- Words.
    performer_name             text, -- Who did it. Name.
    performer_role             text, -- Role.
    location                   text, -- Where it was done.
    note                       text, -- Words beside it.
    confidential               boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error           boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes               text[], -- What it hangs on, as 'system|code'.
    specialty_key              text, -- Treatment function of the service.
    service_name               text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS procedure_id ON procedure (nhs_number, id);
CREATE INDEX IF NOT EXISTS procedure_newest ON procedure (nhs_number, performed_on DESC NULLS LAST);

-- A medical device in or with the person (FHIR Device).
CREATE TABLE IF NOT EXISTS device (
    nhs_number              text NOT NULL, -- The patient.
    id                      text NOT NULL, -- The source's own id.
    source_system           text, -- Name of the system it was recorded in.
    organisation_ods        text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name       text, -- Its name.
    recorded_at             timestamptz, -- When it was recorded.
    recorded_at_day_only    boolean, -- True where only the day is known.
    recorded_by_name        text, -- Who recorded it.
    recorded_by_role        text, -- Their role.
    device_system           text, -- What it is (SNOMED CT). Code system URI.
    device_code             text, -- Code.
    device_display          text, -- Words (required).
    device_original_system  text, -- System of the source's own code, where it was mapped.
    device_original_code    text, -- The source's own code.
    device_original_display text, -- Its words.
    status                  text, -- IN_PROGRESS while in use. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    supplied_on             text, -- When it was supplied or implanted. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on                text, -- When it was removed or returned. YYYY, YYYY-MM or YYYY-MM-DD.
    manufacturer            text, -- Maker.
    model                   text, -- Model or name.
    lot                     text, -- Lot number.
    serial                  text, -- Serial number.
    udi                     text, -- Unique device identifier.
    expires_on              text, -- Expiry date. YYYY, YYYY-MM or YYYY-MM-DD.
    confidential            boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error        boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes            text[], -- What it hangs on, as 'system|code'.
    specialty_key           text, -- Treatment function of the service.
    service_name            text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS device_id ON device (nhs_number, id);
CREATE INDEX IF NOT EXISTS device_newest ON device (nhs_number, supplied_on DESC NULLS LAST);

-- One result of an investigation (FHIR Observation).
CREATE TABLE IF NOT EXISTS result (
    nhs_number             text NOT NULL, -- The patient.
    id                     text NOT NULL, -- The source's own id.
    source_system          text, -- Name of the system it was recorded in.
    organisation_ods       text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name      text, -- Its name.
    recorded_at            timestamptz, -- When it was recorded.
    recorded_at_day_only   boolean, -- True where only the day is known.
    recorded_by_name       text, -- Who recorded it.
    recorded_by_role       text, -- Their role.
    test_system            text, -- What was tested (SNOMED CT, LOINC). Code system URI.
    test_code              text, -- Code.
    test_display           text, -- Words (required).
    test_original_system   text, -- System of the source's own code, where it was mapped.
    test_original_code     text, -- The source's own code.
    test_original_display  text, -- Its words.
    category               text, -- The discipline. One of LABORATORY, MICROBIOLOGY, VIROLOGY, HISTOLOGY, GENETICS, RADIOLOGY, ENDOSCOPY, CARDIOLOGY, NEUROPHYSIOLOGY, SURVEY, SOCIAL_HISTORY, EXAMINATION, OTHER.
    taken_at               timestamptz, -- When the specimen was taken or the finding made.
    taken_at_day_only      boolean, -- True where only the day is known; the time is then midnight in London.
    issued_at              timestamptz, -- When the result was issued.
    issued_at_day_only     boolean, -- True where only the day is known; the time is then midnight in London.
    status                 text, -- How final it is. Cancelled ones are not listed. One of REGISTERED, PRELIMINARY, FINAL, AMENDED, CORRECTED, UNKNOWN.
    value_text             text, -- The result. As written, with its unit.
    value_quantity         numeric, -- The number; null beside a comparator.
    value_comparator       text, -- < <= >= or >.
    value_limit            numeric, -- The bound that belongs to the comparator.
    value_unit             text, -- Unit as printed, UCUM where it is.
    value_code_system      text, -- Code system URI of a coded value.
    value_code             text, -- Code of a coded value.
    value_code_display     text, -- Words of a coded value.
    value_absent_reason    text, -- FHIR data-absent-reason code.
    reference_range_low    numeric, -- The range to read it against. Lower end, in the unit of the value.
    reference_range_high   numeric, -- Upper end.
    reference_range_text   text, -- In words.
    interpretation_system  text, -- High, low … (http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation). Code system URI.
    interpretation_code    text, -- Code.
    interpretation_display text, -- Words.
    specimen_system        text, -- What was examined. Code system URI.
    specimen_code          text, -- Code.
    specimen_display       text, -- Words.
    comment                text, -- The laboratory's comment.
    performer_name         text, -- Who reported it. Name.
    performer_role         text, -- Role.
    requester_name         text, -- Who asked for it. Name.
    requester_role         text, -- Role.
    report_id              text, -- Id of the report it belongs to. Shown only where that report may be shown itself.
    report_title           text, -- Title of that report.
    confidential           boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error       boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes           text[], -- What it hangs on, as 'system|code'.
    specialty_key          text, -- Treatment function of the service.
    service_name           text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS result_id ON result (nhs_number, id);
CREATE INDEX IF NOT EXISTS result_newest ON result (nhs_number, taken_at DESC NULLS LAST);

-- A part of a result.
CREATE TABLE IF NOT EXISTS result_component (
    nhs_number            text NOT NULL, -- The patient.
    parent_id             text NOT NULL, -- Id of the result it belongs to.
    position              integer NOT NULL, -- Order within it, from 1.
    test_system           text, -- What was tested. Code system URI.
    test_code             text, -- Code.
    test_display          text, -- Words (required).
    test_original_system  text, -- System of the source's own code, where it was mapped.
    test_original_code    text, -- The source's own code.
    test_original_display text, -- Its words.
    value_text            text, -- The result. As written, with its unit.
    value_quantity        numeric, -- The number; null beside a comparator.
    value_comparator      text, -- < <= >= or >.
    value_limit           numeric, -- The bound that belongs to the comparator.
    value_unit            text, -- Unit as printed, UCUM where it is.
    value_code_system     text, -- Code system URI of a coded value.
    value_code            text, -- Code of a coded value.
    value_code_display    text, -- Words of a coded value.
    value_absent_reason   text, -- FHIR data-absent-reason code.
    reference_range_low   numeric, -- The range to read it against. Lower end, in the unit of the value.
    reference_range_high  numeric, -- Upper end.
    reference_range_text  text -- In words.
);
CREATE UNIQUE INDEX IF NOT EXISTS result_component_parent ON result_component (nhs_number, parent_id, position);

-- A report of an investigation (FHIR DiagnosticReport).
CREATE TABLE IF NOT EXISTS report (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What was investigated (SNOMED CT, LOINC). Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    title                 text, -- Title.
    category              text, -- The discipline. One of LABORATORY, MICROBIOLOGY, VIROLOGY, HISTOLOGY, GENETICS, RADIOLOGY, ENDOSCOPY, CARDIOLOGY, NEUROPHYSIOLOGY, SURVEY, SOCIAL_HISTORY, EXAMINATION, OTHER.
    status                text, -- How final it is. One of REGISTERED, PRELIMINARY, FINAL, AMENDED, CORRECTED, UNKNOWN.
    taken_at              timestamptz, -- When the specimen was taken or the study made.
    taken_at_day_only     boolean, -- True where only the day is known; the time is then midnight in London.
    issued_at             timestamptz, -- When the report was issued.
    issued_at_day_only    boolean, -- True where only the day is known; the time is then midnight in London.
    conclusion            text, -- The conclusion in words.
    specimen_system       text, -- What was examined. Code system URI.
    specimen_code         text, -- Code.
    specimen_display      text, -- Words.
    performer_name        text, -- Who reported it. Name.
    performer_role        text, -- Role.
    requester_name        text, -- Who asked for it. Name.
    requester_role        text, -- Role.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS report_id ON report (nhs_number, id);
CREATE INDEX IF NOT EXISTS report_newest ON report (nhs_number, taken_at DESC NULLS LAST);

-- A vital sign or measurement (FHIR vital signs).
CREATE TABLE IF NOT EXISTS vital_sign (
    nhs_number             text NOT NULL, -- The patient.
    id                     text NOT NULL, -- The source's own id.
    source_system          text, -- Name of the system it was recorded in.
    organisation_ods       text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name      text, -- Its name.
    recorded_at            timestamptz, -- When it was recorded.
    recorded_at_day_only   boolean, -- True where only the day is known.
    recorded_by_name       text, -- Who recorded it.
    recorded_by_role       text, -- Their role.
    sign_system            text, -- What was measured (SNOMED CT; LOINC). Code system URI.
    sign_code              text, -- Code.
    sign_display           text, -- Words (required).
    sign_original_system   text, -- System of the source's own code, where it was mapped.
    sign_original_code     text, -- The source's own code.
    sign_original_display  text, -- Its words.
    taken_at               timestamptz, -- When.
    taken_at_day_only      boolean, -- True where only the day is known; the time is then midnight in London.
    status                 text, -- How final it is. One of REGISTERED, PRELIMINARY, FINAL, AMENDED, CORRECTED, UNKNOWN.
    value_text             text, -- What was measured; null for a panel with components. As written, with its unit.
    value_quantity         numeric, -- The number; null beside a comparator.
    value_comparator       text, -- < <= >= or >.
    value_limit            numeric, -- The bound that belongs to the comparator.
    value_unit             text, -- Unit as printed, UCUM where it is.
    value_code_system      text, -- Code system URI of a coded value.
    value_code             text, -- Code of a coded value.
    value_code_display     text, -- Words of a coded value.
    value_absent_reason    text, -- FHIR data-absent-reason code.
    interpretation_system  text, -- High, low … Code system URI.
    interpretation_code    text, -- Code.
    interpretation_display text, -- Words.
    body_site_system       text, -- Where it was measured. Code system URI.
    body_site_code         text, -- Code.
    body_site_display      text, -- Words.
    performer_name         text, -- Who measured it. Name.
    performer_role         text, -- Role.
    comment                text, -- What is written beside it.
    confidential           boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error       boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes           text[], -- What it hangs on, as 'system|code'.
    specialty_key          text, -- Treatment function of the service.
    service_name           text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS vital_sign_id ON vital_sign (nhs_number, id);
CREATE INDEX IF NOT EXISTS vital_sign_newest ON vital_sign (nhs_number, taken_at DESC NULLS LAST);

-- A part of a vital sign.
CREATE TABLE IF NOT EXISTS vital_sign_component (
    nhs_number            text NOT NULL, -- The patient.
    parent_id             text NOT NULL, -- Id of the vital_sign it belongs to.
    position              integer NOT NULL, -- Order within it, from 1.
    sign_system           text, -- What was measured. Code system URI.
    sign_code             text, -- Code.
    sign_display          text, -- Words (required).
    sign_original_system  text, -- System of the source's own code, where it was mapped.
    sign_original_code    text, -- The source's own code.
    sign_original_display text, -- Its words.
    value_text            text, -- What was measured. As written, with its unit.
    value_quantity        numeric, -- The number; null beside a comparator.
    value_comparator      text, -- < <= >= or >.
    value_limit           numeric, -- The bound that belongs to the comparator.
    value_unit            text, -- Unit as printed, UCUM where it is.
    value_code_system     text, -- Code system URI of a coded value.
    value_code            text, -- Code of a coded value.
    value_code_display    text, -- Words of a coded value.
    value_absent_reason   text -- FHIR data-absent-reason code.
);
CREATE UNIQUE INDEX IF NOT EXISTS vital_sign_component_parent ON vital_sign_component (nhs_number, parent_id, position);

-- An appointment (FHIR Appointment; NHS data dictionary outpatient attendance).
CREATE TABLE IF NOT EXISTS appointment (
    nhs_number                    text NOT NULL, -- The patient.
    id                            text NOT NULL, -- The source's own id.
    source_system                 text, -- Name of the system it was recorded in.
    organisation_ods              text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name             text, -- Its name.
    recorded_at                   timestamptz, -- When it was recorded.
    recorded_at_day_only          boolean, -- True where only the day is known.
    recorded_by_name              text, -- Who recorded it.
    recorded_by_role              text, -- Their role.
    starts_at                     timestamptz, -- When it begins.
    starts_at_day_only            boolean, -- True where only the day is known; the time is then midnight in London.
    duration_minutes              integer, -- How long, in minutes.
    specialty_system              text, -- Treatment function (NHS data dictionary TREATMENT FUNCTION CODE). Code system URI.
    specialty_code                text, -- Code.
    specialty_display             text, -- Words.
    kind_system                   text, -- What kind of slot it is. Code system URI.
    kind_code                     text, -- Code.
    kind_display                  text, -- Words.
    status                        text, -- How it stands. One of PROPOSED, PENDING, BOOKED, ARRIVED, FULFILLED, CANCELLED, DID_NOT_ATTEND, WAITLIST, UNKNOWN.
    medium                        text, -- How the person is seen. One of FACE_TO_FACE, TELEPHONE, VIDEO, EMAIL, SMS, OTHER, UNKNOWN.
    clinic                        text, -- Clinic or team.
    location                      text, -- Where.
    clinician_name                text, -- With whom. Name.
    clinician_role                text, -- Role.
    reason_system                 text, -- What for. Code system URI.
    reason_code                   text, -- Code.
    reason_display                text, -- Words.
    first_attendance_system       text, -- First or follow-up (FIRST ATTENDANCE CODE 1 to 5). Code system URI.
    first_attendance_code         text, -- Code.
    first_attendance_display      text, -- Words.
    priority                      text, -- How urgent. One of ROUTINE, URGENT, TWO_WEEK_WAIT, EMERGENCY, UNKNOWN.
    attended_system               text, -- Whether the person came (ATTENDED OR DID NOT ATTEND CODE). Code system URI.
    attended_code                 text, -- Code.
    attended_display              text, -- Words.
    outcome_system                text, -- What came of it (OUTCOME OF ATTENDANCE CODE). Code system URI.
    outcome_code                  text, -- Code.
    outcome_display               text, -- Words.
    referral_to_treatment_system  text, -- Referral to treatment period status (10 to 36, 90 to 99). Code system URI.
    referral_to_treatment_code    text, -- Code.
    referral_to_treatment_display text, -- Words.
    cancellation_reason           text, -- Why it was cancelled.
    note                          text, -- What is written about it and for whoever comes, such as what to bring or not to eat.
    confidential                  boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error              boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes                  text[], -- What it hangs on, as 'system|code'.
    specialty_key                 text, -- Treatment function of the service.
    service_name                  text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS appointment_id ON appointment (nhs_number, id);
CREATE INDEX IF NOT EXISTS appointment_newest ON appointment (nhs_number, starts_at DESC NULLS LAST);

-- A letter, summary or other document (FHIR DocumentReference), without its content.
CREATE TABLE IF NOT EXISTS document (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What kind of document (SNOMED CT). Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    title                 text, -- Title.
    status                text, -- How final it is. One of PRELIMINARY, FINAL, AMENDED, SUPERSEDED, UNKNOWN.
    written_at            timestamptz, -- When it was written.
    written_at_day_only   boolean, -- True where only the day is known; the time is then midnight in London.
    author_name           text, -- Who wrote it. Name.
    author_role           text, -- Role.
    specialty_system      text, -- Treatment function it comes from. Code system URI.
    specialty_code        text, -- Code.
    specialty_display     text, -- Words.
    description           text, -- What it is about.
    content_type          text, -- Media type, for example text/plain or application/pdf.
    size                  integer, -- Size in bytes.
    content               bytea, -- The content.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS document_id ON document (nhs_number, id);
CREATE INDEX IF NOT EXISTS document_newest ON document (nhs_number, written_at DESC NULLS LAST);

-- A referral (FHIR ServiceRequest).
CREATE TABLE IF NOT EXISTS referral (
    nhs_number           text NOT NULL, -- The patient.
    id                   text NOT NULL, -- The source's own id.
    source_system        text, -- Name of the system it was recorded in.
    organisation_ods     text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name    text, -- Its name.
    recorded_at          timestamptz, -- When it was recorded.
    recorded_at_day_only boolean, -- True where only the day is known.
    recorded_by_name     text, -- Who recorded it.
    recorded_by_role     text, -- Their role.
    specialty_system     text, -- Treatment function referred to. Code system URI.
    specialty_code       text, -- Code.
    specialty_display    text, -- Words.
    service_system       text, -- What is asked for. Code system URI.
    service_code         text, -- Code.
    service_display      text, -- Words.
    priority             text, -- How urgent. One of ROUTINE, URGENT, TWO_WEEK_WAIT, EMERGENCY, UNKNOWN.
    status               text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    referral_source_system        text, -- Where it came from (SOURCE OF REFERRAL). Code system URI.
    referral_source_code          text, -- Code.
    referral_source_display       text, -- Words.
    referred_on          text, -- When it was made. YYYY, YYYY-MM or YYYY-MM-DD.
    received_on          text, -- When it was received. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on             text, -- When it was closed. YYYY, YYYY-MM or YYYY-MM-DD.
    end_reason_system    text, -- Why it was closed or rejected. Code system URI.
    end_reason_code      text, -- Code.
    end_reason_display   text, -- Words.
    reason_system        text, -- Why the person was referred. Code system URI.
    reason_code          text, -- Code.
    reason_display       text, -- Words.
    from_party_ods       text, -- Who referred. ODS code.
    from_party_name      text, -- Name.
    to_party_ods         text, -- To whom. ODS code.
    to_party_name        text, -- Name.
    referrer_name        text, -- The person who referred. Name.
    referrer_role        text, -- Role.
    team                 text, -- The team it is with.
    note                 text, -- Words beside it.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS referral_id ON referral (nhs_number, id);
CREATE INDEX IF NOT EXISTS referral_newest ON referral (nhs_number, referred_on DESC NULLS LAST);

-- A care plan (FHIR CarePlan).
CREATE TABLE IF NOT EXISTS care_plan (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What kind of plan (CARE PLAN TYPE, SNOMED CT). Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    title                 text, -- Title.
    status                text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    started_on            text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- Until when. YYYY, YYYY-MM or YYYY-MM-DD.
    review_due_on         text, -- When it is to be reviewed. YYYY, YYYY-MM or YYYY-MM-DD.
    updated_at            timestamptz, -- When it was last changed.
    updated_at_day_only   boolean, -- True where only the day is known; the time is then midnight in London.
    author_name           text, -- Who keeps it. Name.
    author_role           text, -- Role.
    team                  text, -- The team it is with.
    addresses_system      text, -- What it is for. Code system URI.
    addresses_code        text, -- Code.
    addresses_display     text, -- Words.
    funded_by_system      text, -- Funding source, for a social care support plan. Code system URI.
    funded_by_code        text, -- Code.
    funded_by_display     text, -- Words.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS care_plan_id ON care_plan (nhs_number, id);
CREATE INDEX IF NOT EXISTS care_plan_newest ON care_plan (nhs_number, started_on DESC NULLS LAST);

-- A heading of a care plan and what stands under it.
CREATE TABLE IF NOT EXISTS care_plan_section (
    nhs_number text NOT NULL, -- The patient.
    parent_id  text NOT NULL, -- Id of the care_plan it belongs to.
    position   integer NOT NULL, -- Order within it, from 1.
    heading    text, -- The heading.
    text       text -- What stands under it.
);
CREATE UNIQUE INDEX IF NOT EXISTS care_plan_section_parent ON care_plan_section (nhs_number, parent_id, position);

-- Something a care plan says is to be done.
CREATE TABLE IF NOT EXISTS care_plan_activity (
    nhs_number                text NOT NULL, -- The patient.
    parent_id                 text NOT NULL, -- Id of the care_plan it belongs to.
    position                  integer NOT NULL, -- Order within it, from 1.
    activity_system           text, -- What. Code system URI.
    activity_code             text, -- Code.
    activity_display          text, -- Words (required).
    activity_original_system  text, -- System of the source's own code, where it was mapped.
    activity_original_code    text, -- The source's own code.
    activity_original_display text, -- Its words.
    status                    text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    location                  text -- Where.
);
CREATE UNIQUE INDEX IF NOT EXISTS care_plan_activity_parent ON care_plan_activity (nhs_number, parent_id, position);

-- Something a care plan is to reach (FHIR Goal).
CREATE TABLE IF NOT EXISTS care_plan_goal (
    nhs_number            text NOT NULL, -- The patient.
    parent_id             text NOT NULL, -- Id of the care_plan it belongs to.
    position              integer NOT NULL, -- Order within it, from 1.
    goal_system           text, -- What. Code system URI.
    goal_code             text, -- Code.
    goal_display          text, -- Words (required).
    goal_original_system  text, -- System of the source's own code, where it was mapped.
    goal_original_code    text, -- The source's own code.
    goal_original_display text, -- Its words.
    status                text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    due_on                text, -- By when. YYYY, YYYY-MM or YYYY-MM-DD.
    target                text -- The measure aimed at.
);
CREATE UNIQUE INDEX IF NOT EXISTS care_plan_goal_parent ON care_plan_goal (nhs_number, parent_id, position);

-- Who agreed to a care plan (CARE PLAN AGREED BY).
CREATE TABLE IF NOT EXISTS care_plan_agreement (
    nhs_number         text NOT NULL, -- The patient.
    parent_id          text NOT NULL, -- Id of the care_plan it belongs to.
    position           integer NOT NULL, -- Order within it, from 1.
    agreed_by_system   text, -- Who. Code system URI.
    agreed_by_code     text, -- Code.
    agreed_by_display  text, -- Words (required).
    agreed_at          timestamptz, -- When.
    agreed_at_day_only boolean -- True where only the day is known; the time is then midnight in London.
);
CREATE UNIQUE INDEX IF NOT EXISTS care_plan_agreement_parent ON care_plan_agreement (nhs_number, parent_id, position);

-- Someone involved in the person's care (FHIR CareTeam, PractitionerRole).
CREATE TABLE IF NOT EXISTS care_team_member (
    nhs_number           text NOT NULL, -- The patient.
    id                   text NOT NULL, -- The source's own id.
    source_system        text, -- Name of the system it was recorded in.
    organisation_ods     text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name    text, -- Its name.
    recorded_at          timestamptz, -- When it was recorded.
    recorded_at_day_only boolean, -- True where only the day is known.
    recorded_by_name     text, -- Who recorded it.
    recorded_by_role     text, -- Their role.
    name                 text, -- Name.
    role                 text, -- Role.
    kind_system          text, -- Role in a code (SDS role, SNOMED CT). Code system URI.
    kind_code            text, -- Code.
    kind_display         text, -- Words.
    team                 text, -- Team.
    employer_ods     text, -- Organisation they work for. ODS code.
    employer_name    text, -- Name.
    phone                text, -- Telephone.
    since                text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on             text, -- Until when; null while involved. YYYY, YYYY-MM or YYYY-MM-DD.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS care_team_member_id ON care_team_member (nhs_number, id);
CREATE INDEX IF NOT EXISTS care_team_member_newest ON care_team_member (nhs_number, since DESC NULLS LAST);

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

-- A decision made in advance: DNACPR, ReSPECT, ADRT, lasting power of attorney. The signed form must be checked.
CREATE TABLE IF NOT EXISTS advance_decision (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What was decided (SNOMED CT). Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    decision              text, -- The decision in words.
    status                text, -- IN_PROGRESS while it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    decided_on            text, -- When it was decided. YYYY, YYYY-MM or YYYY-MM-DD.
    review_due_on         text, -- When it is to be reviewed. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- When it was revoked. YYYY, YYYY-MM or YYYY-MM-DD.
    author_name           text, -- Who signed for the service. Name.
    author_role           text, -- Role.
    where_signed          text, -- Where the signed form is kept.
    attorney              text, -- Who may decide, for a power of attorney.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS advance_decision_id ON advance_decision (nhs_number, id);
CREATE INDEX IF NOT EXISTS advance_decision_newest ON advance_decision (nhs_number, decided_on DESC NULLS LAST);

-- A hospital provider spell: one admission to discharge at one provider (NHS data dictionary HOSPITAL PROVIDER SPELL).
CREATE TABLE IF NOT EXISTS stay (
    nhs_number                        text NOT NULL, -- The patient.
    id                                text NOT NULL, -- The source's own id.
    source_system                     text, -- Name of the system it was recorded in.
    organisation_ods                  text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name                 text, -- Its name.
    recorded_at                       timestamptz, -- When it was recorded.
    recorded_at_day_only              boolean, -- True where only the day is known.
    recorded_by_name                  text, -- Who recorded it.
    recorded_by_role                  text, -- Their role.
    admitted_at                       timestamptz, -- When the person was admitted.
    admitted_at_day_only              boolean, -- True where only the day is known; the time is then midnight in London.
    discharged_at                     timestamptz, -- When the person was discharged; null while in hospital.
    discharged_at_day_only            boolean, -- True where only the day is known; the time is then midnight in London.
    discharge_ready_on                text, -- When the person was ready to leave (DISCHARGE READY DATE). YYYY, YYYY-MM or YYYY-MM-DD.
    estimated_discharge_on            text, -- Estimated discharge date. YYYY, YYYY-MM or YYYY-MM-DD.
    planned_discharge_on              text, -- Planned discharge date. YYYY, YYYY-MM or YYYY-MM-DD.
    patient_classification_system     text, -- PATIENT CLASSIFICATION CODE 1 to 5. Code system URI.
    patient_classification_code       text, -- Code.
    patient_classification_display    text, -- Words.
    admission_method_system           text, -- METHOD OF ADMISSION CODE. Code system URI.
    admission_method_code             text, -- Code.
    admission_method_display          text, -- Words.
    admission_source_system           text, -- SOURCE OF ADMISSION CODE. Code system URI.
    admission_source_code             text, -- Code.
    admission_source_display          text, -- Words.
    discharge_method_system           text, -- DISCHARGE METHOD CODE. Code system URI.
    discharge_method_code             text, -- Code.
    discharge_method_display          text, -- Words.
    discharge_destination_system      text, -- DISCHARGE DESTINATION CODE. Code system URI.
    discharge_destination_code        text, -- Code.
    discharge_destination_display     text, -- Words.
    specialty_system                  text, -- Treatment function of the current or last episode. Code system URI.
    specialty_code                    text, -- Code.
    specialty_display                 text, -- Words.
    main_specialty_system             text, -- MAIN SPECIALTY CODE of the consultant. Code system URI.
    main_specialty_code               text, -- Code.
    main_specialty_display            text, -- Words.
    reason_system                     text, -- Why the person was admitted. Code system URI.
    reason_code                       text, -- Code.
    reason_display                    text, -- Words.
    ward                              text, -- Current or last ward.
    site_ods                          text, -- Hospital site. ODS code.
    site_name                         text, -- Name.
    consultant_name                   text, -- Responsible professional. Name.
    consultant_role                   text, -- Role.
    legal_status_on_admission_system  text, -- MENTAL HEALTH ACT LEGAL STATUS CLASSIFICATION CODE at admission. Code system URI.
    legal_status_on_admission_code    text, -- Code.
    legal_status_on_admission_display text, -- Words.
    summary_id                        text, -- Id of the discharge summary document. Shown only where that document may be shown itself.
    summary_title                     text, -- Title of it.
    summary_written_at                timestamptz, -- When it was written.
    summary_written_at_day_only       boolean, -- True where only the day is known; the time is then midnight in London.
    confidential                      boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error                  boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes                      text[], -- What it hangs on, as 'system|code'.
    specialty_key                     text, -- Treatment function of the service.
    service_name                      text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS stay_id ON stay (nhs_number, id);
CREATE INDEX IF NOT EXISTS stay_newest ON stay (nhs_number, admitted_at DESC NULLS LAST);

-- A diagnosis of a stay.
CREATE TABLE IF NOT EXISTS stay_diagnosis (
    nhs_number                 text NOT NULL, -- The patient.
    parent_id                  text NOT NULL, -- Id of the stay it belongs to.
    position                   integer NOT NULL, -- Order within it, from 1.
    diagnosis_system           text, -- ICD-10 or SNOMED CT. Code system URI.
    diagnosis_code             text, -- Code.
    diagnosis_display          text, -- Words (required).
    diagnosis_original_system  text, -- System of the source's own code, where it was mapped.
    diagnosis_original_code    text, -- The source's own code.
    diagnosis_original_display text, -- Its words.
    rank                       integer -- 1 for the primary diagnosis.
);
CREATE UNIQUE INDEX IF NOT EXISTS stay_diagnosis_parent ON stay_diagnosis (nhs_number, parent_id, position);

-- A procedure of a stay.
CREATE TABLE IF NOT EXISTS stay_procedure (
    nhs_number                 text NOT NULL, -- The patient.
    parent_id                  text NOT NULL, -- Id of the stay it belongs to.
    position                   integer NOT NULL, -- Order within it, from 1.
    procedure_system           text, -- OPCS-4 or SNOMED CT. Code system URI.
    procedure_code             text, -- Code.
    procedure_display          text, -- Words (required).
    procedure_original_system  text, -- System of the source's own code, where it was mapped.
    procedure_original_code    text, -- The source's own code.
    procedure_original_display text, -- Its words.
    performed_on               text, -- When. YYYY, YYYY-MM or YYYY-MM-DD.
    rank                       integer -- 1 for the primary procedure.
);
CREATE UNIQUE INDEX IF NOT EXISTS stay_procedure_parent ON stay_procedure (nhs_number, parent_id, position);

-- A consultant episode: the time under one consultant.
CREATE TABLE IF NOT EXISTS episode (
    nhs_number             text NOT NULL, -- The patient.
    parent_id              text NOT NULL, -- Id of the stay it belongs to.
    position               integer NOT NULL, -- Order within it, from 1.
    specialty_system       text, -- Treatment function. Code system URI.
    specialty_code         text, -- Code.
    specialty_display      text, -- Words.
    main_specialty_system  text, -- Main specialty. Code system URI.
    main_specialty_code    text, -- Code.
    main_specialty_display text, -- Words.
    consultant_name        text, -- Responsible professional. Name.
    consultant_role        text, -- Role.
    started_at             timestamptz, -- When it began.
    started_at_day_only    boolean, -- True where only the day is known; the time is then midnight in London.
    ended_at               timestamptz, -- When it ended.
    ended_at_day_only      boolean -- True where only the day is known; the time is then midnight in London.
);
CREATE UNIQUE INDEX IF NOT EXISTS episode_parent ON episode (nhs_number, parent_id, position);

-- The time on one ward.
CREATE TABLE IF NOT EXISTS ward_stay (
    nhs_number          text NOT NULL, -- The patient.
    parent_id           text NOT NULL, -- Id of the stay it belongs to.
    position            integer NOT NULL, -- Order within it, from 1.
    ward                text, -- Ward.
    site_ods            text, -- Hospital site. ODS code.
    site_name           text, -- Name.
    setting_system      text, -- Ward setting (mental health 01 to 06). Code system URI.
    setting_code        text, -- Code.
    setting_display     text, -- Words.
    security_system     text, -- WARD SECURITY LEVEL: 0 general, 1 low, 2 medium, 3 high. Code system URI.
    security_code       text, -- Code.
    security_display    text, -- Words.
    locked              boolean, -- Whether the ward is locked.
    started_at          timestamptz, -- When it began.
    started_at_day_only boolean, -- True where only the day is known; the time is then midnight in London.
    ended_at            timestamptz, -- When it ended.
    ended_at_day_only   boolean -- True where only the day is known; the time is then midnight in London.
);
CREATE UNIQUE INDEX IF NOT EXISTS ward_stay_parent ON ward_stay (nhs_number, parent_id, position);

-- An attendance at an emergency department or an outpatient clinic (ECDS, CDS).
CREATE TABLE IF NOT EXISTS attendance (
    nhs_number                    text NOT NULL, -- The patient.
    id                            text NOT NULL, -- The source's own id.
    source_system                 text, -- Name of the system it was recorded in.
    organisation_ods              text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name             text, -- Its name.
    recorded_at                   timestamptz, -- When it was recorded.
    recorded_at_day_only          boolean, -- True where only the day is known.
    recorded_by_name              text, -- Who recorded it.
    recorded_by_role              text, -- Their role.
    kind_system                   text, -- Emergency (EMERGENCY CARE ATTENDANCE CATEGORY) or outpatient. Code system URI.
    kind_code                     text, -- Code.
    kind_display                  text, -- Words.
    arrived_at                    timestamptz, -- When the person arrived.
    arrived_at_day_only           boolean, -- True where only the day is known; the time is then midnight in London.
    departed_at                   timestamptz, -- When the person left.
    departed_at_day_only          boolean, -- True where only the day is known; the time is then midnight in London.
    arrival_mode_system           text, -- How the person came (SNOMED CT 999002981000000107). Code system URI.
    arrival_mode_code             text, -- Code.
    arrival_mode_display          text, -- Words.
    acuity_system                 text, -- How urgent (SNOMED CT 999003061000000107). Code system URI.
    acuity_code                   text, -- Code.
    acuity_display                text, -- Words.
    complaint_system              text, -- Chief complaint (SNOMED CT 991401000000107). Code system URI.
    complaint_code                text, -- Code.
    complaint_display             text, -- Words.
    specialty_system              text, -- Treatment function. Code system URI.
    specialty_code                text, -- Code.
    specialty_display             text, -- Words.
    clinician_name                text, -- Who saw the person. Name.
    clinician_role                text, -- Role.
    site_ods                      text, -- Hospital site. ODS code.
    site_name                     text, -- Name.
    department                    text, -- Department or clinic.
    discharge_status_system       text, -- SNOMED CT 999003021000000104. Code system URI.
    discharge_status_code         text, -- Code.
    discharge_status_display      text, -- Words.
    discharge_destination_system  text, -- SNOMED CT 999003011000000105. Code system URI.
    discharge_destination_code    text, -- Code.
    discharge_destination_display text, -- Words.
    confidential                  boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error              boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes                  text[], -- What it hangs on, as 'system|code'.
    specialty_key                 text, -- Treatment function of the service.
    service_name                  text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS attendance_id ON attendance (nhs_number, id);
CREATE INDEX IF NOT EXISTS attendance_newest ON attendance (nhs_number, arrived_at DESC NULLS LAST);

-- A diagnosis made at an attendance.
CREATE TABLE IF NOT EXISTS attendance_diagnosis (
    nhs_number                 text NOT NULL, -- The patient.
    parent_id                  text NOT NULL, -- Id of the attendance it belongs to.
    position                   integer NOT NULL, -- Order within it, from 1.
    diagnosis_system           text, -- SNOMED CT or ICD-10. Code system URI.
    diagnosis_code             text, -- Code.
    diagnosis_display          text, -- Words (required).
    diagnosis_original_system  text, -- System of the source's own code, where it was mapped.
    diagnosis_original_code    text, -- The source's own code.
    diagnosis_original_display text, -- Its words.
    rank                       integer -- Order.
);
CREATE UNIQUE INDEX IF NOT EXISTS attendance_diagnosis_parent ON attendance_diagnosis (nhs_number, parent_id, position);

-- An imaging study (FHIR ImagingStudy).
CREATE TABLE IF NOT EXISTS imaging_study (
    nhs_number           text NOT NULL, -- The patient.
    id                   text NOT NULL, -- The source's own id.
    source_system        text, -- Name of the system it was recorded in.
    organisation_ods     text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name    text, -- Its name.
    recorded_at          timestamptz, -- When it was recorded.
    recorded_at_day_only boolean, -- True where only the day is known.
    recorded_by_name     text, -- Who recorded it.
    recorded_by_role     text, -- Their role.
    started_at           timestamptz, -- When it was made.
    started_at_day_only  boolean, -- True where only the day is known; the time is then midnight in London.
    modality_system      text, -- DICOM modality. Code system URI.
    modality_code        text, -- Code.
    modality_display     text, -- Words.
    body_site_system     text, -- Where in the body. Code system URI.
    body_site_code       text, -- Code.
    body_site_display    text, -- Words.
    description          text, -- What was imaged.
    procedure_system     text, -- The imaging procedure. Code system URI.
    procedure_code       text, -- Code.
    procedure_display    text, -- Words.
    status               text, -- How final it is. One of REGISTERED, PRELIMINARY, FINAL, AMENDED, CORRECTED, UNKNOWN.
    series_count         integer, -- How many series.
    image_count          integer, -- How many images.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS imaging_study_id ON imaging_study (nhs_number, id);
CREATE INDEX IF NOT EXISTS imaging_study_newest ON imaging_study (nhs_number, started_at DESC NULLS LAST);

-- What the source says of a whole class of a person's record.
CREATE TABLE IF NOT EXISTS list_note (
    nhs_number           text NOT NULL, -- The patient.
    id                   text NOT NULL, -- The source's own id.
    source_system        text, -- Name of the system it was recorded in.
    organisation_ods     text, -- ODS code of the organisation that said so; null for the source's own.
    organisation_name    text, -- Its name.
    recorded_at          timestamptz, -- When.
    recorded_at_day_only boolean, -- True where only the day is known.
    recorded_by_name     text, -- Who said so.
    recorded_by_role     text, -- Their role.
    class                text NOT NULL, -- ALLERGIES, MEDICATIONS, PROBLEMS, IMMUNISATIONS, PROCEDURES …
    note                 text NOT NULL  -- NONE_KNOWN (SNOMED CT 716186003 and its like), IN_TRANSIT, AWAITING_FILING.
);
CREATE UNIQUE INDEX IF NOT EXISTS list_note_id ON list_note (nhs_number, id);
