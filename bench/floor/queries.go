package floor

import "carerecord/internal/record"

// The results of a pipeline.
const (
	ofPerson = iota
	ofNote
	ofAllergy
	ofReaction
	ofMedication
	ofProblem
	ofImmunisation
	ofProcedure
	ofResult
	ofVitalSign
	ofComponent
	ofStay
	ofStayDiagnosis
	ofStayProcedure
	ofCurrentStay
	ofDischarge
	ofAttendance
	ofAttendanceDiagnosis
	ofConsultation
	ofLastConsultation
	ofCareContact
	ofDocument
	ofCarePlan
	ofSection
	ofCareTeam
	ofCoordinator
	ofClinician
	ofLegalStatus
	ofTreatmentOrder
	ofCluster
	ofAssessment
	ofWorker
	ofSupport
	ofCircumstances
	ofService
	ofRequest
	results
)

// A question is what is asked of each sector's source.
type question map[record.Sector][]query

var (
	person = query{into: ofPerson, statement: "person", class: record.ClassDemographics,
		columns: "q.restricted, coalesce(nullif(q.name_full, ''), concat_ws(' ', nullif(q.name_prefix, ''), nullif(array_to_string(q.name_given, ' '), ''), nullif(q.name_family, ''), nullif(q.name_suffix, ''))), q.born_on, q.gender, q.died_at"}
	note = query{into: ofNote, statement: "list_note", columns: "q.class, q.note"}

	valued = "q.value_text, q.value_quantity, q.value_comparator, q.value_limit, q.value_unit, q.value_absent_reason, nullif(q.value_code_system, ''), nullif(q.value_code, ''), coalesce(nullif(q.value_code_display, ''), nullif(q.value_code, ''))"

	allergy    = query{into: ofAllergy, statement: "allergy", class: record.ClassAllergies, status: "ACTIVE", columns: item + mapped("substance") + ", q.criticality, q.status"}
	medication = query{into: ofMedication, statement: "medication", class: record.ClassMedications, columns: item + mapped("medicine") + ", q.dosage, q.kind, q.status, q.started_on, q.ended_on, q.discharged_at"}
	problem    = query{into: ofProblem, statement: "problem", class: record.ClassProblems, columns: item + mapped("problem") + ", q.onset_on, q.ended_on, q.status"}
	result     = query{into: ofResult, statement: "result", class: record.ClassResults, limit: 31, columns: item + mapped("test") + ", q.taken_at, q.status, " + valued +
		", q.reference_range_low, q.reference_range_high, q.reference_range_text, " + code("interpretation") + ", q.report_id, q.report_title"}
	stay = query{into: ofStay, statement: "stay", class: record.ClassStays, limit: 20, columns: item + "q.admitted_at, q.discharged_at, q.discharge_ready_on, " + code("patient_classification") + ", " + code("admission_method") + ", " +
		code("discharge_destination") + ", " + code("specialty") + ", " + code("reason") + ", q.ward, q.summary_id, q.summary_title, q.summary_written_at"}
	stayDiagnosis = query{into: ofStayDiagnosis, statement: "stay.stay_diagnosis", columns: "q.parent_id, " + mapped("diagnosis") + ", q.rank"}
	service       = query{into: ofService, statement: "service", class: record.ClassSocialCare, columns: item + mapped("kind") + ", " + code("component") + ", q.started_on, q.ended_on, q.provider, q.status"}

	document = query{into: ofDocument, statement: "document", class: record.ClassDocuments, limit: 10, columns: item + mapped("kind") + ", q.title, q.written_at, q.content_type, q.size"}
	carePlan = query{into: ofCarePlan, statement: "care_plan", class: record.ClassCarePlans, parts: 1, columns: item + mapped("kind") + ", q.title, q.status, q.started_on, q.ended_on, q.review_due_on, q.updated_at"}
	section  = query{into: ofSection, statement: "care_plan.care_plan_section", columns: "q.parent_id, q.heading, q.text"}
	careTeam = query{into: ofCareTeam, statement: "care_team_member", class: record.ClassCareTeam, columns: item + "q.name, q.role, q.employer_ods, q.employer_name, q.since"}
)

// words tries those of a group's relations, or of the one kind of a group that is asked for, or of all groups where there are more than two.
func words(group, relations string) query {
	return query{statement: "words " + group, tried: relations}
}

// The relations of chart, and with stays beside them.
const (
	chartWords = "allergy allergy_reaction medication problem result report"
	careWords  = "immunisation procedure vital_sign vital_sign_component document care_plan care_plan_section care_team_member"
	stayWords  = " stay stay_diagnosis stay_procedure"
)

// chart is what hospitals, practices and mental health trusts all hold.
var chart = []query{
	note, parted(allergy, 1),
	{into: ofReaction, statement: "allergy.allergy_reaction", columns: "q.parent_id, " + mapped("manifestation")},
	medication, problem,
	{into: ofImmunisation, statement: "immunisation", class: record.ClassImmunisations, columns: item + mapped("vaccine") + ", q.given_on"},
	{into: ofProcedure, statement: "procedure", class: record.ClassProcedures, columns: item + mapped("procedure") + ", q.performed_on"},
	result,
	{into: ofVitalSign, statement: "vital_sign", class: record.ClassVitalSigns, limit: 30, parts: 1, columns: item + mapped("sign") + ", q.taken_at, " + valued},
	{into: ofComponent, statement: "vital_sign.vital_sign_component", columns: "q.parent_id, " + mapped("sign") + ", " + valued},
	document, carePlan, section, careTeam,
}

var fullRecord = question{
	record.Demographics: {person},
	record.Acute: with(with([]query{words("all", chartWords+" "+careWords+stayWords+" attendance attendance_diagnosis")}, chart...),
		parted(stay, 3), stayDiagnosis,
		query{into: ofStayProcedure, statement: "stay.stay_procedure", columns: "q.parent_id, " + mapped("procedure") + ", q.performed_on"},
		query{into: ofCurrentStay, statement: "stay", status: "CURRENT", columns: item + "q.admitted_at, q.discharged_at, q.discharged_at_day_only"},
		query{into: ofAttendance, statement: "attendance", class: record.ClassEncounters, limit: 20, parts: 1, columns: item + code("kind") + ", q.arrived_at, q.departed_at, " + code("complaint")},
		query{into: ofAttendanceDiagnosis, statement: "attendance.attendance_diagnosis", columns: "q.parent_id, " + mapped("diagnosis")},
	),
	record.GP: with(with([]query{words("all", chartWords+" "+careWords+" consultation")}, chart...),
		query{into: ofConsultation, statement: "consultation", class: record.ClassGPConsultations, limit: 20, columns: item + "q.held_at, q.ended_at, " + mapped("kind") + ", " + code("reason") + ", q.clinician_name, q.clinician_role"},
		query{into: ofLastConsultation, statement: "consultation", upToNow: true, limit: 1, columns: item + "q.held_at"},
	),
	record.MentalHealth: with(with([]query{
		words("all", chartWords+" "+careWords+stayWords+" care_contact care_coordinator responsible_clinician legal_status community_treatment_order care_cluster assessment"),
	}, chart...),
		stay,
		query{into: ofCareContact, statement: "care_contact", class: record.ClassMentalHealthPlans, limit: 20, columns: item + "q.at, q.at_day_only, q.duration_minutes, " + code("kind") + ", q.medium, q.team, " + code("reason")},
		query{into: ofCoordinator, statement: "care_coordinator", columns: item + "q.name, q.role, q.team, q.started_on, q.ended_on"},
		query{into: ofClinician, statement: "responsible_clinician", columns: item + "q.started_on, q.ended_on"},
		query{into: ofLegalStatus, statement: "legal_status", class: record.ClassLegalStatus, columns: item + mapped("status") + ", q.started_at, q.expires_at, q.expires_at_day_only, q.ended_at, q.ended_at_day_only"},
		query{into: ofTreatmentOrder, statement: "community_treatment_order", columns: item + "q.started_at, q.expires_at, q.expires_at_day_only, q.ended_at, q.ended_at_day_only"},
		query{into: ofCluster, statement: "care_cluster", columns: item + "q.started_on, q.ended_on"},
		query{into: ofAssessment, statement: "assessment", class: record.ClassMentalHealth, columns: item + mapped("tool") + ", q.assessed_on, q.score"},
	),
	record.SocialCare: {
		words("care", "document care_plan care_plan_section care_team_member"),
		words("sector", "service allocated_worker support_reason circumstances social_care_assessment request"),
		note, document, carePlan, section, careTeam, service,
		{into: ofWorker, statement: "allocated_worker", class: record.ClassSocialCare, columns: item + "q.name, q.role, q.team, q.phone, q.started_on, q.ended_on"},
		{into: ofSupport, statement: "support_reason", class: record.ClassSocialCare, columns: item + mapped("reason") + ", q.started_on, q.ended_on"},
		{into: ofCircumstances, statement: "circumstances", class: record.ClassSocialCare, columns: item + "q.recorded_on"},
		{into: ofAssessment, statement: "social_care_assessment", class: record.ClassSocialCare, columns: item + mapped("kind") + ", q.started_on, q.ended_on, " + code("outcome") + ", q.eligible_needs"},
		{into: ofRequest, statement: "request", class: record.ClassSocialCare, columns: item + mapped("route") + ", q.received_on, " + code("outcome")},
	},
}

const wardWords = "allergy medication problem result report"

var wardChart = []query{
	note, allergy, narrowed(medication, "CURRENT", 0, record.ClassCurrentMedications), narrowed(problem, "ACTIVE", 0, record.ClassActiveProblems), narrowed(result, "", 5, record.ClassResults),
}

// discharges is when the latest stay of each patient ended, by the moment: a day is that
// of London.
var discharges = query{into: ofDischarge, statement: "stay", status: "ENDED", columns: "", sum: "max(q.discharged_at) FILTER (WHERE (btrim(q.patient_classification_code) IN ('2', '3', '4')) IS NOT TRUE)"}

var wardList = question{
	record.Demographics: {person},
	record.Acute:        with(with([]query{words("chart", wardWords+stayWords), words("of stay", "stay stay_diagnosis stay_procedure document")}, wardChart...), parted(narrowed(stay, "", 1, record.ClassStays), 1), stayDiagnosis, discharges),
	record.GP:           with([]query{words("chart", wardWords)}, wardChart...),
	record.MentalHealth: with(with([]query{words("chart", wardWords+stayWords), words("of stay", "stay stay_diagnosis stay_procedure document")}, wardChart...), discharges),
	record.SocialCare:   {words("of service", "service"), note, service},
}

func with(queries []query, more ...query) []query {
	return append(append([]query(nil), queries...), more...)
}

func narrowed(q query, status string, limit int, class record.Class) query {
	q.status, q.limit, q.class = status, limit, class
	return q
}

// parted is a query after which these parts of its entries are read, a bit each.
func parted(q query, parts int) query {
	q.parts = parts
	return q
}
