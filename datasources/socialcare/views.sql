-- Source views of adult social care of a council.
--
-- A source is a PostgreSQL database in which these relations can be read: tables, views or materialised views, mapped by
-- the council's own database team onto its system. The service reads them with a role that may only SELECT.
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

-- A worker allocated to the person.
CREATE TABLE IF NOT EXISTS allocated_worker (
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
    team                 text, -- Team.
    phone                text, -- Telephone.
    employer_ods     text, -- Organisation. ODS code.
    employer_name    text, -- Name.
    key_worker           boolean, -- Whether the key worker.
    started_on           text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on             text, -- Until when; null while allocated. YYYY, YYYY-MM or YYYY-MM-DD.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS allocated_worker_id ON allocated_worker (nhs_number, id);
CREATE INDEX IF NOT EXISTS allocated_worker_newest ON allocated_worker (nhs_number, started_on DESC NULLS LAST);

-- A primary support reason (Client Level Data).
CREATE TABLE IF NOT EXISTS support_reason (
    nhs_number              text NOT NULL, -- The patient.
    id                      text NOT NULL, -- The source's own id.
    source_system           text, -- Name of the system it was recorded in.
    organisation_ods        text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name       text, -- Its name.
    recorded_at             timestamptz, -- When it was recorded.
    recorded_at_day_only    boolean, -- True where only the day is known.
    recorded_by_name        text, -- Who recorded it.
    recorded_by_role        text, -- Their role.
    reason_system           text, -- PRIMARY SUPPORT REASON. Code system URI.
    reason_code             text, -- Code.
    reason_display          text, -- Words (required).
    reason_original_system  text, -- System of the source's own code, where it was mapped.
    reason_original_code    text, -- The source's own code.
    reason_original_display text, -- Its words.
    started_on              text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on                text, -- Until when; null while current. YYYY, YYYY-MM or YYYY-MM-DD.
    confidential            boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error        boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes            text[], -- What it hangs on, as 'system|code'.
    specialty_key           text, -- Treatment function of the service.
    service_name            text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS support_reason_id ON support_reason (nhs_number, id);
CREATE INDEX IF NOT EXISTS support_reason_newest ON support_reason (nhs_number, started_on DESC NULLS LAST);

-- The person's circumstances as the council holds them (Client Level Data, person).
CREATE TABLE IF NOT EXISTS circumstances (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    recorded_on           text, -- The day to which they apply. YYYY, YYYY-MM or YYYY-MM-DD.
    client_type_system    text, -- Service user, unpaid carer, or unpaid carer known by association. Code system URI.
    client_type_code      text, -- Code.
    client_type_display   text, -- Words.
    accommodation_system  text, -- Accommodation status. Code system URI.
    accommodation_code    text, -- Code.
    accommodation_display text, -- Words.
    employment_system     text, -- Employment status. Code system URI.
    employment_code       text, -- Code.
    employment_display    text, -- Words.
    funding_system        text, -- Fully social care, joint, or fully client funded. Code system URI.
    funding_code          text, -- Code.
    funding_display       text, -- Words.
    has_unpaid_carer      boolean, -- Whether there is an unpaid carer.
    autism                boolean, -- Autism.
    dementia              boolean, -- Dementia.
    visual_impairment     boolean, -- Visual impairment.
    hearing_impairment    boolean, -- Hearing impairment.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS circumstances_id ON circumstances (nhs_number, id);
CREATE INDEX IF NOT EXISTS circumstances_newest ON circumstances (nhs_number, recorded_on DESC NULLS LAST);

-- A service or package of care (Client Level Data event of type service).
CREATE TABLE IF NOT EXISTS service (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- SERVICE TYPE: long term, short term (ST-Max is reablement), unpaid carer. Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    component_system      text, -- SERVICE COMPONENT. Code system URI.
    component_code        text, -- Code.
    component_display     text, -- Words.
    delivery_system       text, -- DELIVERY MECHANISM: direct payment, managed personal budget, commissioned support. Code system URI.
    delivery_code         text, -- Code.
    delivery_display      text, -- Words.
    description           text, -- What it is.
    provider              text, -- Who provides it.
    provider_location     text, -- CQC location id of the provider.
    started_on            text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- Until when; null while open. YYYY, YYYY-MM or YYYY-MM-DD.
    planned_end_on        text, -- When it is planned to end. YYYY, YYYY-MM or YYYY-MM-DD.
    status                text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    outcome_system        text, -- EVENT OUTCOME. Code system URI.
    outcome_code          text, -- Code.
    outcome_display       text, -- Words.
    units_per_week        numeric, -- Planned units per week.
    unit                  text, -- What a unit is.
    unit_cost             numeric, -- Cost of a unit in pounds sterling.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS service_id ON service (nhs_number, id);
CREATE INDEX IF NOT EXISTS service_newest ON service (nhs_number, started_on DESC NULLS LAST);

-- An assessment (Client Level Data event of type assessment).
CREATE TABLE IF NOT EXISTS social_care_assessment (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- ASSESSMENT TYPE. Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    method_system         text, -- ASSESSMENT METHOD. Code system URI.
    method_code           text, -- Code.
    method_display        text, -- Words.
    started_on            text, -- When it began. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- When it was done. YYYY, YYYY-MM or YYYY-MM-DD.
    status                text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    eligible_needs        text[], -- Care Act outcomes the person cannot achieve. Of NUTRITION, HYGIENE, TOILET, CLOTHING, SAFE_HOME, HABITABLE_HOME, RELATIONSHIPS, WORK_EDUCATION, COMMUNITY, CARING_FOR_CHILD.
    score                 numeric, -- Score, where the assessment has one.
    summary               text, -- Summary.
    assessor_name         text, -- By whom. Name.
    assessor_role         text, -- Role.
    location              text, -- Where.
    outcome_system        text, -- EVENT OUTCOME. Code system URI.
    outcome_code          text, -- Code.
    outcome_display       text, -- Words.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS social_care_assessment_id ON social_care_assessment (nhs_number, id);
CREATE INDEX IF NOT EXISTS social_care_assessment_newest ON social_care_assessment (nhs_number, started_on DESC NULLS LAST);

-- A contact or request for support (Client Level Data event of type request).
CREATE TABLE IF NOT EXISTS request (
    nhs_number             text NOT NULL, -- The patient.
    id                     text NOT NULL, -- The source's own id.
    source_system          text, -- Name of the system it was recorded in.
    organisation_ods       text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name      text, -- Its name.
    recorded_at            timestamptz, -- When it was recorded.
    recorded_at_day_only   boolean, -- True where only the day is known.
    recorded_by_name       text, -- Who recorded it.
    recorded_by_role       text, -- Their role.
    route_system           text, -- ROUTE OF ACCESS. Code system URI.
    route_code             text, -- Code.
    route_display          text, -- Words (required).
    route_original_system  text, -- System of the source's own code, where it was mapped.
    route_original_code    text, -- The source's own code.
    route_original_display text, -- Its words.
    received_on            text, -- When it was received. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on               text, -- When it was dealt with. YYYY, YYYY-MM or YYYY-MM-DD.
    description            text, -- What was asked.
    status                 text, -- How it stands. One of PLANNED, IN_PROGRESS, ON_HOLD, COMPLETED, STOPPED, CANCELLED, REJECTED, NOT_DONE, UNKNOWN.
    outcome_system         text, -- EVENT OUTCOME. Code system URI.
    outcome_code           text, -- Code.
    outcome_display        text, -- Words.
    confidential           boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error       boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes           text[], -- What it hangs on, as 'system|code'.
    specialty_key          text, -- Treatment function of the service.
    service_name           text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS request_id ON request (nhs_number, id);
CREATE INDEX IF NOT EXISTS request_newest ON request (nhs_number, received_on DESC NULLS LAST);

-- A review (Client Level Data event of type review).
CREATE TABLE IF NOT EXISTS review (
    nhs_number                text NOT NULL, -- The patient.
    id                        text NOT NULL, -- The source's own id.
    source_system             text, -- Name of the system it was recorded in.
    organisation_ods          text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name         text, -- Its name.
    recorded_at               timestamptz, -- When it was recorded.
    recorded_at_day_only      boolean, -- True where only the day is known.
    recorded_by_name          text, -- Who recorded it.
    recorded_by_role          text, -- Their role.
    reason_system             text, -- REVIEW REASON. Code system URI.
    reason_code               text, -- Code.
    reason_display            text, -- Words (required).
    reason_original_system    text, -- System of the source's own code, where it was mapped.
    reason_original_code      text, -- The source's own code.
    reason_original_display   text, -- Its words.
    method_system             text, -- Method. Code system URI.
    method_code               text, -- Code.
    method_display            text, -- Words.
    started_on                text, -- When it began. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on                  text, -- When it was done. YYYY, YYYY-MM or YYYY-MM-DD.
    outcomes_achieved_system  text, -- REVIEW OUTCOMES ACHIEVED. Code system URI.
    outcomes_achieved_code    text, -- Code.
    outcomes_achieved_display text, -- Words.
    outcome_system            text, -- EVENT OUTCOME. Code system URI.
    outcome_code              text, -- Code.
    outcome_display           text, -- Words.
    confidential              boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error          boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes              text[], -- What it hangs on, as 'system|code'.
    specialty_key             text, -- Treatment function of the service.
    service_name              text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS review_id ON review (nhs_number, id);
CREATE INDEX IF NOT EXISTS review_newest ON review (nhs_number, started_on DESC NULLS LAST);

-- Equipment or an adaptation of the home.
CREATE TABLE IF NOT EXISTS equipment (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    item_system           text, -- What. Code system URI.
    item_code             text, -- Code.
    item_display          text, -- Words (required).
    item_original_system  text, -- System of the source's own code, where it was mapped.
    item_original_code    text, -- The source's own code.
    item_original_display text, -- Its words.
    supplied_on           text, -- When it was supplied. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- When it was returned. YYYY, YYYY-MM or YYYY-MM-DD.
    detail                text, -- Detail.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS equipment_id ON equipment (nhs_number, id);
CREATE INDEX IF NOT EXISTS equipment_newest ON equipment (nhs_number, supplied_on DESC NULLS LAST);

-- An unpaid carer.
CREATE TABLE IF NOT EXISTS carer (
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
    relationship         text, -- Relationship to the person.
    phone                text, -- Telephone.
    hours_per_week       integer, -- Hours of caring a week.
    main_carer           boolean, -- Whether the main carer.
    lives_with           boolean, -- Whether a household member.
    since                text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on             text, -- Until when. YYYY, YYYY-MM or YYYY-MM-DD.
    under_18             boolean, -- True for a child, false for an adult, null where the age is unknown.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS carer_id ON carer (nhs_number, id);
CREATE INDEX IF NOT EXISTS carer_newest ON carer (nhs_number, since DESC NULLS LAST);

-- What the person wants staff to know (PRSB About Me).
CREATE TABLE IF NOT EXISTS about_me (
    nhs_number           text NOT NULL, -- The patient.
    id                   text NOT NULL, -- The source's own id.
    source_system        text, -- Name of the system it was recorded in.
    organisation_ods     text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name    text, -- Its name.
    recorded_at          timestamptz, -- When it was recorded.
    recorded_at_day_only boolean, -- True where only the day is known.
    recorded_by_name     text, -- Who recorded it.
    recorded_by_role     text, -- Their role.
    heading              text, -- Which of the seven headings. One of MOST_IMPORTANT, IMPORTANT_PEOPLE, COMMUNICATION, PLEASE_DO, WELLNESS, HOW_TO_SUPPORT, ALSO_KNOW.
    text                 text, -- In the person's words.
    recorded_on          text, -- When it was written. YYYY, YYYY-MM or YYYY-MM-DD.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS about_me_id ON about_me (nhs_number, id);
CREATE INDEX IF NOT EXISTS about_me_newest ON about_me (nhs_number, recorded_on DESC NULLS LAST);

-- An adult safeguarding concern: that there is one, its dates and whom to call, never the narrative.
CREATE TABLE IF NOT EXISTS safeguarding (
    nhs_number           text NOT NULL, -- The patient.
    id                   text NOT NULL, -- The source's own id.
    source_system        text, -- Name of the system it was recorded in.
    organisation_ods     text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name    text, -- Its name.
    recorded_at          timestamptz, -- When it was recorded.
    recorded_at_day_only boolean, -- True where only the day is known.
    recorded_by_name     text, -- Who recorded it.
    recorded_by_role     text, -- Their role.
    raised_on            text, -- When it was raised. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on             text, -- When it was closed; null while open. YYYY, YYYY-MM or YYYY-MM-DD.
    call_first           text, -- Whom to call before acting.
    confidential         boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error     boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes         text[], -- What it hangs on, as 'system|code'.
    specialty_key        text, -- Treatment function of the service.
    service_name         text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS safeguarding_id ON safeguarding (nhs_number, id);
CREATE INDEX IF NOT EXISTS safeguarding_newest ON safeguarding (nhs_number, raised_on DESC NULLS LAST);

-- A legal measure: capacity assessment, deprivation of liberty safeguards, lasting power of attorney, deputy.
CREATE TABLE IF NOT EXISTS legal_measure (
    nhs_number            text NOT NULL, -- The patient.
    id                    text NOT NULL, -- The source's own id.
    source_system         text, -- Name of the system it was recorded in.
    organisation_ods      text, -- ODS code of the organisation or site that recorded it; null for the source's own.
    organisation_name     text, -- Its name.
    recorded_at           timestamptz, -- When it was recorded.
    recorded_at_day_only  boolean, -- True where only the day is known.
    recorded_by_name      text, -- Who recorded it.
    recorded_by_role      text, -- Their role.
    kind_system           text, -- What kind of measure. Code system URI.
    kind_code             text, -- Code.
    kind_display          text, -- Words (required).
    kind_original_system  text, -- System of the source's own code, where it was mapped.
    kind_original_code    text, -- The source's own code.
    kind_original_display text, -- Its words.
    started_on            text, -- From when. YYYY, YYYY-MM or YYYY-MM-DD.
    ended_on              text, -- Until when. YYYY, YYYY-MM or YYYY-MM-DD.
    decision              text, -- What was decided.
    holder                text, -- Who holds the power.
    confidential          boolean NOT NULL DEFAULT false, -- Marked private by the source.
    entered_in_error      boolean NOT NULL DEFAULT false, -- Withdrawn as a mistake.
    linked_codes          text[], -- What it hangs on, as 'system|code'.
    specialty_key         text, -- Treatment function of the service.
    service_name          text -- Clinic, team, ward or laboratory.
);
CREATE UNIQUE INDEX IF NOT EXISTS legal_measure_id ON legal_measure (nhs_number, id);
CREATE INDEX IF NOT EXISTS legal_measure_newest ON legal_measure (nhs_number, started_on DESC NULLS LAST);

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
