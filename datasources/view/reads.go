package view

import (
	"fmt"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/kinship"
	"carerecord/internal/record"
)

// Reads are the reads of these kinds: what a sector's source publishes.
func Reads(kinds ...fetch.Kind) map[fetch.Kind]read {
	picked := pick(all, kinds)
	if picked[fetch.Stays] == nil {
		return picked
	}
	for kind, read := range besideStays {
		if picked[kind] != nil {
			picked[kind] = read
		}
	}
	return picked
}

// besideStays reads what hangs on stays, where the source has them: the medicines given at them, and at whose end, and
// their summaries. Only stays that are shown say when a medicine ended: it must not tell of another.
var besideStays = map[fetch.Kind]read{
	fetch.Medications: of(fetch.Medications, on("t.id = v.discharge_id",
		withLatest(with(medicationView, fmt.Sprintf(medicationStatus, fmt.Sprintf(inpatientOfStay, notHidden("s.id", stays, stays+1, stays+2))))))),
	fetch.Documents:       of(fetch.Documents, on("t.summary_id = v.id", documentView)),
	fetch.DocumentContent: of(fetch.DocumentContent, on("t.summary_id = v.id", documentContentView)),
}

// on hangs a view on the stay to which a condition over t leads.
func on[T any, P entry[T]](condition string, v view[T, P]) view[T, P] {
	v.hangs = append(slices.Clip(v.hangs), onStay(condition)...)
	return v
}

// AdultReads are the same for adult social care: no row that concerns a time before
// the person's 18th birthday is read out, nor any of a person whose age is unknown.
func AdultReads(kinds ...fetch.Kind) map[fetch.Kind]read {
	return pick(adult, kinds)
}

func pick(from map[fetch.Kind]read, kinds []fetch.Kind) map[fetch.Kind]read {
	picked := make(map[fetch.Kind]read, len(kinds))
	for _, kind := range kinds {
		if picked[kind] = from[kind]; picked[kind] == nil {
			panic("no view of the kind " + string(kind))
		}
	}
	return picked
}

var all = map[fetch.Kind]read{
	fetch.Persons:            persons{},
	fetch.Notes:              of(fetch.Notes, noteView),
	fetch.Alerts:             of(fetch.Alerts, alertView),
	fetch.Allergies:          of(fetch.Allergies, with(allergyView, notRefuted, allergyStatus)),
	fetch.Medications:        of(fetch.Medications, withLatest(with(medicationView, fmt.Sprintf(medicationStatus, inpatientAlone)))),
	fetch.Problems:           of(fetch.Problems, with(problemView, notRefuted, problemStatus)),
	fetch.Immunisations:      of(fetch.Immunisations, with(immunisationView, given)),
	fetch.Procedures:         of(fetch.Procedures, procedureView),
	fetch.Devices:            of(fetch.Devices, deviceView),
	fetch.Results:            of(fetch.Results, byParts(with(resultView, notCancelled, coded("test", "result_component"), sinceIssued))),
	fetch.UnmappedResults:    of(fetch.UnmappedResults, byParts(with(resultView, notCancelled, unmapped("test", "result_component"), sinceIssued))),
	fetch.Reports:            of(fetch.Reports, with(reportView, notCancelled)),
	fetch.VitalSigns:         of(fetch.VitalSigns, byParts(with(vitalSignView, notCancelled, coded("sign", "vital_sign_component"), sinceTaken))),
	fetch.UnmappedVitalSigns: of(fetch.UnmappedVitalSigns, byParts(with(vitalSignView, notCancelled, unmapped("sign", "vital_sign_component"), sinceTaken))),
	fetch.Appointments:       of(fetch.Appointments, with(appointmentView, ofOrganisation)),
	fetch.Upcoming:           of(fetch.Upcoming, soonest(with(appointmentView, ofOrganisation, stillToCome))),
	fetch.Documents:          of(fetch.Documents, documentView),
	fetch.DocumentContent:    of(fetch.DocumentContent, documentContentView),
	fetch.Referrals:          of(fetch.Referrals, referralView),
	fetch.CarePlans:          of(fetch.CarePlans, carePlanView),
	fetch.CareTeam:           of(fetch.CareTeam, careTeamMemberView),
	fetch.Contacts:           of(fetch.Contacts, with(contactView, grownUp)),
	fetch.Needs:              of(fetch.Needs, needView),
	fetch.AdvanceCare:        of(fetch.AdvanceCare, advanceDecisionView),

	fetch.Stays:       of(fetch.Stays, with(stayView, stayStatus)),
	fetch.Attendances: of(fetch.Attendances, attendanceView),
	fetch.Imaging:     of(fetch.Imaging, with(imagingStudyView, notCancelled)),

	fetch.Consultations: of(fetch.Consultations, consultationView),

	fetch.CareContacts:             of(fetch.CareContacts, careContactView),
	fetch.CareCoordinators:         of(fetch.CareCoordinators, careCoordinatorView),
	fetch.ResponsibleClinicians:    of(fetch.ResponsibleClinicians, responsibleClinicianView),
	fetch.LegalStatuses:            of(fetch.LegalStatuses, legalStatusView),
	fetch.CommunityTreatmentOrders: of(fetch.CommunityTreatmentOrders, communityTreatmentOrderView),
	fetch.ConditionalDischarges:    of(fetch.ConditionalDischarges, conditionalDischargeView),
	fetch.Absences:                 of(fetch.Absences, absenceView),
	fetch.DelayedDischarges:        of(fetch.DelayedDischarges, delayedDischargeView),
	fetch.Assessments:              of(fetch.Assessments, mentalHealthAssessmentView),
	fetch.CareClusters:             of(fetch.CareClusters, careClusterView),
}

var adult = map[fetch.Kind]read{
	fetch.Notes:           ofAdult(fetch.Notes, noteView),
	fetch.Alerts:          ofAdult(fetch.Alerts, alertView),
	fetch.Appointments:    ofAdult(fetch.Appointments, with(appointmentView, ofOrganisation)),
	fetch.Upcoming:        ofAdult(fetch.Upcoming, soonest(with(appointmentView, ofOrganisation, stillToCome))),
	fetch.Documents:       ofAdult(fetch.Documents, documentView),
	fetch.DocumentContent: ofAdult(fetch.DocumentContent, documentContentView),
	fetch.Referrals:       ofAdult(fetch.Referrals, referralView),
	fetch.CarePlans:       ofAdult(fetch.CarePlans, carePlanView),
	fetch.CareTeam:        ofAdult(fetch.CareTeam, careTeamMemberView),
	fetch.Contacts:        ofAdult(fetch.Contacts, with(contactView, append(adults("v.relationship", "v.relationship_code_display", "v.relationship_code_code"), grownUp)...)),
	fetch.Needs:           ofAdult(fetch.Needs, needView),
	fetch.AdvanceCare:     ofAdult(fetch.AdvanceCare, advanceDecisionView),

	fetch.AllocatedWorkers:      ofAdult(fetch.AllocatedWorkers, allocatedWorkerView),
	fetch.SupportReasons:        ofAdult(fetch.SupportReasons, supportReasonView),
	fetch.Circumstances:         ofAdult(fetch.Circumstances, circumstancesView),
	fetch.Services:              ofAdult(fetch.Services, socialCareServiceView),
	fetch.SocialCareAssessments: ofAdult(fetch.SocialCareAssessments, socialCareAssessmentView),
	fetch.Requests:              ofAdult(fetch.Requests, socialCareRequestView),
	fetch.Reviews:               ofAdult(fetch.Reviews, socialCareReviewView),
	fetch.Equipment:             ofAdult(fetch.Equipment, equipmentView),
	fetch.Carers:                ofAdult(fetch.Carers, with(carerView, append(adults("v.relationship"), grownUp)...)),
	fetch.AboutMe:               ofAdult(fetch.AboutMe, aboutMeView),
	fetch.Safeguarding:          ofAdult(fetch.Safeguarding, safeguardingConcernView),
	fetch.LegalMeasures:         ofAdult(fetch.LegalMeasures, legalMeasureView),
}

// with adds conditions to a view.
func with[T any, P entry[T]](v view[T, P], conditions ...string) view[T, P] {
	if v.where != "" {
		conditions = append([]string{v.where}, conditions...)
	}
	v.where = strings.Join(conditions, "\n\t\tAND ")
	return v
}

// soonest turns a view's order round.
func soonest[T any, P entry[T]](v view[T, P]) view[T, P] {
	v.soonest = true
	return v
}

// byParts has the first parts judged where codes are asked for, whether or not they are read.
func byParts[T any, P entry[T]](v view[T, P]) view[T, P] {
	v.byParts = true
	return v
}

// withLatest joins the latest discharge a patient's medicines may be shown from.
func withLatest[T any, P entry[T]](v view[T, P]) view[T, P] {
	v.latest = true
	return v
}

// ofAdult compiles a view with the children's rule.
func ofAdult[T any, P entry[T]](kind fetch.Kind, v view[T, P]) read {
	v.adults = true
	return of(kind, v)
}

// earliest is the earliest day any date of a row can mean, as YYYY-MM-DD; null for a
// row without dates. A text that is no date does not count here: the row is read, and then found to be unreadable. A row that began, ended or was
// written down before the 18th birthday is of childhood, whatever else it says.
func (r relation) earliest(alias string) string {
	var days []string
	for _, column := range r.list() {
		switch {
		case strings.HasSuffix(column, "_at") || column == "at":
			days = append(days, dayOf(alias+"."+column))
		case strings.HasSuffix(column, "_on") || column == "since":
			days = append(days, fmt.Sprintf("CASE WHEN %[1]s.%[2]s ~ %[3]s THEN %[1]s.%[2]s || substr('0000-01-01', length(%[1]s.%[2]s) + 1) END", alias, column, aDate))
		}
	}
	if r.entry {
		days = append(days, dayOf(alias+".recorded_at"))
	}
	if len(days) == 0 {
		return ""
	}
	return "least(" + strings.Join(days, ", ") + ")"
}

// dayOf is the day of a moment in London; null of one that cannot be read.
func dayOf(moment string) string {
	return fmt.Sprintf("CASE WHEN %[1]s BETWEEN %[2]s AND %[3]s THEN to_char(%[1]s AT TIME ZONE 'Europe/London', 'YYYY-MM-DD') END", moment, firstMomentSQL, lastMomentSQL)
}

// Between these moments can be read (see row.Time); databases have others beside them, which mean none.
const firstMomentSQL, lastMomentSQL = "'0001-01-01 00:00:00.000001Z'::timestamptz", "'9999-12-31 23:59:59.999999Z'::timestamptz"

// noMoment is true of a moment that is none.
func noMoment(column string) string {
	return fmt.Sprintf("%[1]s < %[2]s OR %[1]s > %[3]s", column, firstMomentSQL, lastMomentSQL)
}

// Conditions, over v.
const (
	notRefuted   = "(upper(btrim(v.verification, E' \\t\\n\\x0B\\f\\r')) = 'REFUTED') IS NOT TRUE"
	notCancelled = "(upper(btrim(v.status, E' \\t\\n\\x0B\\f\\r')) = 'CANCELLED') IS NOT TRUE"

	// A vaccine that was declined, called off or not given must not read as one that was. FHIR writes not-done.
	given = "(upper(translate(v.status, E' -_\\t\\n\\x0B\\f\\r', '')) IN ('NOTDONE', 'REJECTED', 'CANCELLED')) IS NOT TRUE"

	// What stands where a date belongs and is none stands on neither side of today: the entry is read
	// under either status, found to be unreadable, and leaves a gap.
	noDischarge = "(v.discharged_at < " + firstMomentSQL + " OR v.discharged_at > " + lastMomentSQL + ") IS TRUE"
	endless     = "(v.ended_on <> '' AND v.ended_on !~ " + aDate + ") IS TRUE"
	aDate       = `'^(?!0000)(\d{4}(-(0[1-9]|1[0-2]))?|\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$'` // of the calendar, as Go reads it
	ended       = "(v.ended_on <> '' AND v.ended_on < left(:today, length(v.ended_on))) IS TRUE"

	allergyStatus = "(:status NOT IN ('ACTIVE', 'ENDED') OR " + endless + " OR (:status = 'ENDED') = (" + ended + " OR coalesce(v.status IN ('INACTIVE', 'RESOLVED'), false)))"
	problemStatus = "(:status NOT IN ('ACTIVE', 'PAST') OR " + endless + " OR (:status = 'PAST') = (" + ended + " OR coalesce(v.status IN ('INACTIVE', 'RESOLVED', 'REMISSION'), false)))"

	// A medicine is past when it has ended, when an acute or delayed course is over, when
	// it was given in a stay that has ended, or when it was supplied at a discharge before
	// the day of the latest. One that cannot be told is not past. The latest is that of
	// this source, and what is hidden has no part in it.
	// One given on a ward, of which it is not said in which stay, is in use for as long as
	// the person is in that hospital. OFFSET 0 keeps PostgreSQL from reading every stay there is into a hash.
	latestDischarge  = "(v.discharged_at >= date_trunc('day', latest.at, 'Europe/London')) IS NOT FALSE"
	courseOver       = "(coalesce(v.ended_on, '') = '' AND v.started_on <> '' AND v.started_on < left(:course, length(v.started_on)) AND (coalesce(v.last_issued_on, '') = '' OR v.last_issued_on < left(:course, length(v.last_issued_on))))"
	inpatientAlone   = "coalesce(v.discharged_at <= :now, " + courseOver + ")"
	inpatientOfStay  = "coalesce((SELECT NOT " + inHospital + " FROM stay s WHERE s.nhs_number = v.nhs_number AND s.id = v.discharge_id AND %[1]s LIMIT 1), v.discharged_at <= :now, " + courseOver + " AND NOT EXISTS (SELECT FROM stay s WHERE s.nhs_number = v.nhs_number AND %[1]s AND " + inHospital + " OFFSET 0))"
	medicationPast   = "(" + ended + " OR coalesce(v.status IN ('COMPLETED', 'STOPPED', 'CANCELLED'), false) OR (v.kind IN ('ACUTE', 'DELAYED') AND " + courseOver + ") IS TRUE OR (v.kind = 'INPATIENT' AND %s) IS TRUE OR (v.kind = 'DISCHARGE' AND NOT " + latestDischarge + ") IS TRUE)"
	medicationStatus = "(:status NOT IN ('CURRENT', 'PAST') OR " + endless + " OR " + noDischarge + " OR (v.started_on <> '' AND v.started_on !~ " + aDate + ") IS TRUE OR (v.last_issued_on <> '' AND v.last_issued_on !~ " + aDate + ") IS TRUE OR (:status = 'PAST') = " + medicationPast + ")"

	// A stay that ended today, where only the day is known, lasts until the day is over.
	inHospital = "((s.admitted_at <= :now) IS NOT FALSE AND (s.discharged_at IS NULL OR s.discharged_at > :now OR s.discharged_at < " + firstMomentSQL + " OR s.discharged_at_day_only IS TRUE AND s.discharged_at >= :midnight))"
	stayStatus = "(" + noDischarge + " OR CASE :status WHEN 'ENDED' THEN v.discharged_at <= :now WHEN 'CURRENT' THEN (v.discharged_at IS NULL OR v.discharged_at > :now OR v.discharged_at_day_only IS TRUE AND v.discharged_at >= :midnight) ELSE true END)"

	// What has no date cannot be said to be older.
	sinceTaken  = "(:since_at IS NULL OR (v.taken_at >= " + firstMomentSQL + " AND v.taken_at < :since_at) IS NOT TRUE)"
	sinceIssued = "(:since_at IS NULL OR (coalesce(v.taken_at, v.issued_at) >= " + firstMomentSQL + " AND coalesce(v.taken_at, v.issued_at) < :since_at) IS NOT TRUE)"

	// A trust's appointments are its own at whatever site; a practice system hosts many practices.
	ofOrganisation = "(:orgs IS NULL OR upper(btrim(CASE WHEN :hosts THEN coalesce(nullif(v.organisation_ods, ''), :own) ELSE :own END)) = ANY(:orgs))"
	stillToCome    = "(v.starts_at >= :now OR v.starts_at_day_only AND v.starts_at >= :midnight OR v.starts_at < " + firstMomentSQL + " OR " + waitedFor + ")" // today's, where only the day is known
	waitedFor      = "v.starts_at IS NULL AND v.status IN ('FULFILLED', 'CANCELLED', 'DID_NOT_ATTEND') IS NOT TRUE"                                            // for a date, and not over

	// Whether a code can be compared with any that was asked for: it stands in one of their systems, or the source's own does. One with
	// other signs than those of codes, a space without a break among them, equals none.
	isMapped = "(coalesce(btrim(%[1]s.%[2]s_code, E' \\t\\n\\r') ~ '^[!-~]+$' AND %[1]s.%[2]s_system = ANY(" + askedSystems + "), false) OR coalesce(btrim(%[1]s.%[2]s_original_code, E' \\t\\n\\r') ~ '^[!-~]+$' AND %[1]s.%[2]s_original_system = ANY(" + askedSystems + "), false))"

	askedSystems = "ARRAY(SELECT split_part(asked, '|', 1) FROM unnest(:codes) AS asked)"

	// No child is named as a contact or a carer.
	grownUp = "v.under_18 IS NOT TRUE"
)

// adults are the conditions for who is named by adult social care though their age is unknown: by what the columns for a relationship
// say nobody's child, in words or as a code, as kinship has it.
func adults(columns ...string) []string {
	each := make([]string, len(columns))
	for i, column := range columns {
		each[i] = fmt.Sprintf("upper(btrim(%s, E' \\t\\n\\x0B\\f\\r'))", column)
	}
	said, codes := strings.Join(columns, ", "), "ARRAY["+strings.Join(each, ", ")+"]"
	return []string{
		fmt.Sprintf("(v.under_18 IS NULL AND translate(concat_ws(E'\\n', %s), '%s', '           ') ~* '(?n)%s') IS NOT TRUE", said, kinship.Gaps, kinship.Pattern),
		fmt.Sprintf("(v.under_18 IS NULL AND (%[1]s && '{%[2]s}' OR concat(%[3]s) ~ '^[0-9[:space:]]*[0-9][0-9[:space:]]*$' AND NOT array_remove(array_remove(%[1]s, NULL), '') <@ '{%[4]s}')) IS NOT TRUE",
			codes, strings.Join(kinship.Children, ","), said, strings.Join(kinship.Adults, ",")),
	}
}

// coded keeps the rows whose code, or the source's own, is one of those asked for, and those of which a part that may be
// shown has one: a panel of results, a blood pressure.
func coded(column, part string) string {
	return fmt.Sprintf("(:codes IS NULL OR %s OR EXISTS (SELECT FROM %s c WHERE c.nhs_number = v.nhs_number AND c.parent_id = v.id AND %s AND %s))",
		fmt.Sprintf(isAsked, "v", column), part, fmt.Sprintf(isAsked, "c", column), fmt.Sprintf(partIsShown, "c"))
}

const (
	isAsked = "(%[1]s.%[2]s_system || '|' || btrim(%[1]s.%[2]s_code, E' \\t\\n\\r') = ANY(:codes) OR %[1]s.%[2]s_original_system || '|' || btrim(%[1]s.%[2]s_original_code, E' \\t\\n\\r') = ANY(:codes))"

	partIsShown = "NOT EXISTS (SELECT FROM hidden h WHERE h.n = p.n AND h.part = 0 AND h.entry = %[1]s.parent_id AND h.position IS NOT DISTINCT FROM %[1]s.position)" // the first parts
)

// unmapped keeps the rows whose code, or that of a part that may be shown, cannot be compared with any that was asked for.
func unmapped(column, part string) string {
	return fmt.Sprintf("(NOT %s OR EXISTS (SELECT FROM %s c WHERE c.nhs_number = v.nhs_number AND c.parent_id = v.id AND NOT %s AND %s))",
		fmt.Sprintf(isMapped, "v", column), part, fmt.Sprintf(isMapped, "c", column), fmt.Sprintf(partIsShown, "c"))
}

var noteView = view[record.ListNote, *record.ListNote]{
	relation: relation{name: "list_note", columns: "class, note"},
	newest:   "recorded_at",
	bare:     true,
	scan: func(r *row, x *record.ListNote) {
		class := spelled(r.symbol())
		x.Note = required(r, noteValues)
		x.Class = classValues[class]
		if x.Class == "" && x.Note != record.NoteNoneKnown {
			r.fail("a warning of a class that is not in the list")
		}
	},
}

var documentContentView = view[record.DocumentContent, *record.DocumentContent]{
	relation: relation{name: documentView.name, columns: documentView.columns + ", content", codes: documentView.codes, texts: documentView.texts},
	newest:   documentView.newest,
	where:    "v.id = :source_id",
	scan: func(r *row, x *record.DocumentContent) {
		scanDocument(r, &x.Document)
		x.Text, x.Base64 = r.Content()
	},
}
