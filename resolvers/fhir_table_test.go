package resolvers_test

import (
	"reflect"
	"strings"
	"time"
)

// differences are all of them, by hand: what a profile has no place for, and what it says
// in its own way. Withheld kinds stand twice, as what is lost and as the gap that says so.
var differences = table{
	lost: map[string]string{
		"GP advance_decision": notByGPConnect, "GP alert": notByGPConnect, "GP appointment": notByGPConnect, "GP care_plan": notByGPConnect, "GP need": notByGPConnect, "GP procedure": notByGPConnect,

		"DEMOGRAPHICS need": "PDS knows interpreters and how to reach the person, and no other needs",

		"MENTAL_HEALTH absence": notByUKCore, "MENTAL_HEALTH care_cluster": notByUKCore, "MENTAL_HEALTH community_treatment_order": notByUKCore,
		"MENTAL_HEALTH conditional_discharge": notByUKCore, "MENTAL_HEALTH delayed_discharge": notByUKCore, "MENTAL_HEALTH legal_status": notByUKCore,
		"MENTAL_HEALTH responsible_clinician": notByUKCore,

		"SOCIAL_CARE about_me": notByInterweave, "SOCIAL_CARE allocated_worker": notByInterweave, "SOCIAL_CARE care_plan": notByInterweave,
		"SOCIAL_CARE circumstances": notByInterweave, "SOCIAL_CARE legal_measure": notByInterweave, "SOCIAL_CARE review": notByInterweave,

		"MENTAL_HEALTH.careCluster": notByUKCore, "MENTAL_HEALTH.legalStatus": notByUKCore, "MENTAL_HEALTH.responsibleClinician": notByUKCore,
		"MENTAL_HEALTH.careCoordinator":    besideAGap,
		"SOCIAL_CARE.allocatedWorker":      notByInterweave,
		"SOCIAL_CARE.circumstances":        notByInterweave,
		"SOCIAL_CARE.primarySupportReason": besideAGap,
	},
	more: map[string]string{
		"ACUTE diagnosis of an encounter":         "a diagnosis of an encounter is a Condition like any other",
		"ACUTE procedure of an encounter":         "a procedure of a stay is a Procedure like any other",
		"MENTAL_HEALTH diagnosis of an encounter": "a diagnosis of an encounter is a Condition like any other",
		"SOCIAL_CARE contact who is a carer":      "Interweave has one RelatedPerson for a contact and a carer",
	},
	gaps: map[string]string{
		"GP advanceCare UNAVAILABLE": notByGPConnect, "GP alerts UNAVAILABLE": notByGPConnect, "GP appointments UNAVAILABLE": notByGPConnect, "GP carePlans UNAVAILABLE": notByGPConnect,
		"GP devices UNAVAILABLE": notByGPConnect, "GP needs UNAVAILABLE": notByGPConnect, "GP procedures UNAVAILABLE": notByGPConnect, "GP timeline UNAVAILABLE": notByGPConnect,

		"DEMOGRAPHICS needs PARTLY_UNREADABLE": "PDS knows some needs",

		"MENTAL_HEALTH absences UNAVAILABLE": notByUKCore, "MENTAL_HEALTH careClusters UNAVAILABLE": notByUKCore, "MENTAL_HEALTH communityTreatmentOrders UNAVAILABLE": notByUKCore,
		"MENTAL_HEALTH conditionalDischarges UNAVAILABLE": notByUKCore, "MENTAL_HEALTH delayedDischarges UNAVAILABLE": notByUKCore, "MENTAL_HEALTH legalStatuses UNAVAILABLE": notByUKCore,
		"MENTAL_HEALTH responsibleClinicians UNAVAILABLE": notByUKCore, "MENTAL_HEALTH timeline UNAVAILABLE": notByUKCore, "MENTAL_HEALTH MENTAL_HEALTH UNAVAILABLE": notByUKCore,

		"SOCIAL_CARE aboutMe UNAVAILABLE": notByInterweave, "SOCIAL_CARE advanceCare UNAVAILABLE": notByInterweave, "SOCIAL_CARE allocatedWorkers UNAVAILABLE": notByInterweave,
		"SOCIAL_CARE carePlans UNAVAILABLE": notByInterweave, "SOCIAL_CARE circumstancesHistory UNAVAILABLE": notByInterweave, "SOCIAL_CARE legalMeasures UNAVAILABLE": notByInterweave,
		"SOCIAL_CARE needs UNAVAILABLE": notByInterweave, "SOCIAL_CARE referrals UNAVAILABLE": notByInterweave, "SOCIAL_CARE reviews UNAVAILABLE": notByInterweave,
		"SOCIAL_CARE supportPlans UNAVAILABLE": notByInterweave, "SOCIAL_CARE timeline UNAVAILABLE": notByInterweave, "SOCIAL_CARE SOCIAL_CARE UNAVAILABLE": notByInterweave,
		"SOCIAL_CARE careTeam PARTLY_UNREADABLE": "Interweave has not defined teams: there may be more",

		"GP advanceCare without IN_TRANSIT": unavailableAnyway, "GP alerts without IN_TRANSIT": unavailableAnyway, "GP appointments without IN_TRANSIT": unavailableAnyway, "GP carePlans without IN_TRANSIT": unavailableAnyway,
		"GP devices without IN_TRANSIT": unavailableAnyway, "GP needs without IN_TRANSIT": unavailableAnyway, "GP procedures without IN_TRANSIT": unavailableAnyway, "GP timeline without IN_TRANSIT": unavailableAnyway,

		"ACUTE documents without AWAITING_FILING": "no list of documents has a warning of its own, so that nothing can tell of it",

		"ACUTE medications without NONE_KNOWN": noneOfAllergiesAlone, "ACUTE problems without NONE_KNOWN": noneOfAllergiesAlone,
		"GP medications without NONE_KNOWN": noneOfAllergiesAlone, "GP problems without NONE_KNOWN": noneOfAllergiesAlone,
		"MENTAL_HEALTH medications without NONE_KNOWN": noneOfAllergiesAlone, "MENTAL_HEALTH problems without NONE_KNOWN": noneOfAllergiesAlone,
		"MENTAL_HEALTH diagnoses without NONE_KNOWN": noneOfAllergiesAlone,
	},
	fields: map[string]rule{
		// Where an entry comes from.
		"ACUTE *.provenance.sourceSystem":         {constant("UK Core"), ownSystem},
		"MENTAL_HEALTH *.provenance.sourceSystem": {constant("UK Core"), ownSystem},
		"DEMOGRAPHICS *.provenance.sourceSystem":  {constant("PDS"), ownSystem},
		"GP *.provenance.sourceSystem":            {constant("GP Connect"), ownSystem},
		"GP *.provenance.organisation":            {host, "one source stands for all practices of a system here; each is a source of its own in earnest"},
		"GP care_team_member.provenance.sourceId": {prefixed("Practitioner/"), "the usual GP is a reference of the Patient"},
		"DEMOGRAPHICS need.provenance.sourceId":   {constant("NHSCommunication"), "an interpreter is an extension of the Patient"},

		// When and by whom it was recorded.
		"ACUTE alert.provenance.recordedAt": {nothing, undated}, "ACUTE alert.provenance.recordedAtPrecision": {nothing, undated},
		"ACUTE attendance.provenance.recordedAt": {nothing, undated}, "ACUTE attendance.provenance.recordedAtPrecision": {nothing, undated},
		"ACUTE imaging_study.provenance.recordedAt": {nothing, undated}, "ACUTE imaging_study.provenance.recordedAtPrecision": {nothing, undated},
		"ACUTE procedure.provenance.recordedAt": {nothing, undated}, "ACUTE procedure.provenance.recordedAtPrecision": {nothing, undated},
		"ACUTE stay.provenance.recordedAt": {nothing, undated}, "ACUTE stay.provenance.recordedAtPrecision": {nothing, undated},
		"DEMOGRAPHICS contact.provenance.recordedAt": {nothing, undated}, "DEMOGRAPHICS contact.provenance.recordedAtPrecision": {nothing, undated},
		"DEMOGRAPHICS need.provenance.recordedAt": {nothing, undated}, "DEMOGRAPHICS need.provenance.recordedAtPrecision": {nothing, undated},
		"GP care_team_member.provenance.recordedAt": {nothing, undated}, "GP care_team_member.provenance.recordedAtPrecision": {nothing, undated},
		"MENTAL_HEALTH care_contact.provenance.recordedAt": {nothing, undated}, "MENTAL_HEALTH care_contact.provenance.recordedAtPrecision": {nothing, undated},
		"MENTAL_HEALTH care_coordinator.provenance.recordedAt": {nothing, undated}, "MENTAL_HEALTH care_coordinator.provenance.recordedAtPrecision": {nothing, undated},
		"MENTAL_HEALTH stay.provenance.recordedAt": {nothing, undated}, "MENTAL_HEALTH stay.provenance.recordedAtPrecision": {nothing, undated},
		"SOCIAL_CARE alert.provenance.recordedAt": {nothing, undated}, "SOCIAL_CARE alert.provenance.recordedAtPrecision": {nothing, undated},
		"SOCIAL_CARE carer.provenance.recordedAt": {nothing, undated}, "SOCIAL_CARE carer.provenance.recordedAtPrecision": {nothing, undated},
		"SOCIAL_CARE safeguarding.provenance.recordedAt": {nothing, undated}, "SOCIAL_CARE safeguarding.provenance.recordedAtPrecision": {nothing, undated},
		"SOCIAL_CARE service.provenance.recordedAt": {nothing, undated}, "SOCIAL_CARE service.provenance.recordedAtPrecision": {nothing, undated},
		"ACUTE result.provenance.recordedAt":             {moment, "the day it was issued stands for it"},
		"MENTAL_HEALTH referral.provenance.recordedAt":   {moment, "the day it was made stands for it"},
		"ACUTE document.provenance.recordedBy":           {added, "the author stands for it"},
		"ACUTE medication.provenance.recordedBy":         {added, "who says so stands for it"},
		"ACUTE report.provenance.recordedBy":             {added, "the performer stands for it"},
		"GP immunisation.provenance.recordedBy":          {added, "who gave it stands for it"},
		"GP medication.provenance.recordedBy":            {added, "the prescriber stands for it"},
		"GP referral.provenance.recordedBy":              {added, "the referrer stands for it"},
		"MENTAL_HEALTH assessment.provenance.recordedBy": {added, "the assessor stands for it"},
		"MENTAL_HEALTH care_plan.provenance.recordedBy":  {added, "the author stands for it"},
		"MENTAL_HEALTH referral.provenance.recordedBy":   {added, "the referrer stands for it"},

		// PDS.
		"patient.address.borough":                        {nothing, "PDS does not know boroughs"},
		"patient.registeredPractice.name":                {practiceCode, "PDS names practices by their code alone"},
		"patient.nhsNumberStatus.display":                {prefixed("Trace attempted - "), "in UK Core's words"},
		"DEMOGRAPHICS contact.note":                      {nothing, "a RelatedPerson has no note"},
		"DEMOGRAPHICS contact.roles":                     {fewer, "PDS has no code for attorneys, carers' and households' roles beyond next of kin, emergency contact and caregiver"},
		"DEMOGRAPHICS contact.relationshipCode.original": {added, "PDS's own words beside the code"},
		"DEMOGRAPHICS need.detail":                       {starts, "PDS knows the language, not how it is interpreted"},
		"DEMOGRAPHICS need.since":                        {nothing, "an extension of the Patient has no date"},

		// GP Connect.
		"GP care_team_member.phone": {nothing, "the Patient names the usual GP, and no more"}, "GP care_team_member.since": {nothing, "as above"}, "GP care_team_member.team": {nothing, "as above"},
		"GP medication.intent":                {constant("PLAN"), "every prescription of a practice is a plan"},
		"GP medication.kind":                  {nothing, "a medicine that nobody prescribed has no prescription type"},
		"GP medication.issues":                {reordered, "newest first, as the contract has it; the views keep the order of their rows"},
		"GP result.requester":                 {nothing, "an Observation does not say who asked"},
		"GP result.test":                      {told, "a local code beside words is the code, and not the original of one"},
		"GP vital_sign.components.value.unit": {constant("mmHg"), "the unit as it is printed, and not its code"},
		"GP vital_sign.value":                 {nothing, "a blood pressure has its values in its parts"},

		// UK Core.
		"ACUTE alert.note":                  {nothing, "a Flag has no note"},
		"ACUTE appointment.attended":        {nothing, "an Appointment has no attendance beyond its status"},
		"ACUTE appointment.firstAttendance": {nothing, "as above"}, "ACUTE appointment.outcome": {nothing, "as above"},
		"ACUTE appointment.priority":   {nothing, "UK Core does not say what its priorities mean"},
		"ACUTE attendance.arrivalMode": {nothing, "UK Core has no arrival mode"},
		"ACUTE medication.quantity":    {nothing, "a MedicationStatement has no supply"}, "ACUTE medication.repeatsAllowed": {nothing, "as above"},
		"ACUTE medication.prescriber":    {nothing, "a MedicationStatement says who told of the medicine, and not who prescribed it"},
		"ACUTE medication.repeatsIssued": {nothing, "as above"}, "ACUTE medication.reviewDueOn": {nothing, "as above"},
		"ACUTE report.title":          {constant("Plain chest X-ray"), "a DiagnosticReport has no title; its kind stands for it"},
		"ACUTE report.headline":       {prefixed("Report: "), "as above"},
		"ACUTE stay.dischargeReadyOn": {nothing, noPlans}, "ACUTE stay.estimatedDischargeOn": {nothing, noPlans}, "ACUTE stay.plannedDischargeOn": {nothing, noPlans},
		"MENTAL_HEALTH stay.dischargeReadyOn": {nothing, noPlans}, "MENTAL_HEALTH stay.estimatedDischargeOn": {nothing, noPlans}, "MENTAL_HEALTH stay.plannedDischargeOn": {nothing, noPlans},
		"ACUTE stay.mainSpecialty": {nothing, oneSpecialty}, "ACUTE stay.episodes.mainSpecialty": {nothing, oneSpecialty}, "MENTAL_HEALTH stay.mainSpecialty": {nothing, oneSpecialty},
		"ACUTE stay.patientClassification":    {nothing, "an Encounter has a class instead"},
		"ACUTE stay.kind":                     {inpatientClass, "an Encounter has a class instead"},
		"ACUTE stay.reason":                   {added, "what was diagnosed stands for a reason that is not given"},
		"ACUTE stay.headline":                 {prefixed("Hospital stay: "), "as above"},
		"ACUTE stay.wardStays":                {added, "the place of an Encounter is where the person stayed"},
		"MENTAL_HEALTH stay.wardStays":        {added, "the place of an Encounter is where the person stayed"},
		"MENTAL_HEALTH stay.wardStays.locked": {nothing, plainWards}, "MENTAL_HEALTH stay.wardStays.security": {nothing, plainWards}, "MENTAL_HEALTH stay.wardStays.setting": {nothing, plainWards},
		"MENTAL_HEALTH stay.wardStays.site": {added, "the ward's site, where the row has the stay's alone"},

		"MENTAL_HEALTH assessment.scoreText":  {starts, "a Quantity has the score and its unit, and not out of how many"},
		"MENTAL_HEALTH care_contact.attended": {nothing, "an Encounter that is over took place"},
		"MENTAL_HEALTH care_contact.team":     {nothing, "UK Core has no team of an Encounter"}, "MENTAL_HEALTH care_contact.teamType": {nothing, "as above"},
		"MENTAL_HEALTH care_coordinator.phone": {nothing, "an EpisodeOfCare has none"},
		"MENTAL_HEALTH care_plan.agreements":   {nothing, "a CarePlan does not say who agreed"},
		"MENTAL_HEALTH care_plan.reviewDueOn":  {nothing, "a CarePlan has no review date"},
		"MENTAL_HEALTH care_plan.updatedAt":    {nothing, "a CarePlan has the day it was made alone"}, "MENTAL_HEALTH care_plan.updatedAtPrecision": {nothing, "as above"},
		"MENTAL_HEALTH care_plan.sections":  {told, "a CarePlan has no sections; their words are notes"},
		"MENTAL_HEALTH referral.receivedOn": {nothing, "a ServiceRequest has the day it was made alone"},
		"MENTAL_HEALTH referral.specialty":  {nothing, "a ServiceRequest has no specialty"},
		"MENTAL_HEALTH referral.headline":   {constant("Referral"), "as above"},

		// Interweave.
		"SOCIAL_CARE alert.reviewDueOn":          {nothing, "a Flag has no review date"},
		"SOCIAL_CARE carer.hoursPerWeek":         {nothing, "a RelatedPerson has no hours"},
		"SOCIAL_CARE carer.livesWith":            {nothing, "that somebody lives elsewhere is not said"},
		"SOCIAL_CARE request.outcome":            {nothing, "a contact has no outcome"},
		"SOCIAL_CARE service.component.original": {added, "the description stands beside the component"},
		"SOCIAL_CARE service.delivery":           {nothing, noContract}, "SOCIAL_CARE service.outcome": {nothing, noContract}, "SOCIAL_CARE service.unit": {nothing, noContract},
		"SOCIAL_CARE service.unitCost": {nothing, noContract}, "SOCIAL_CARE service.unitsPerWeek": {nothing, noContract},
		"SOCIAL_CARE service.plannedEndOn":                 {nothing, "one period has one end: the planned one where it is to come"},
		"SOCIAL_CARE social_care_assessment.eligibleNeeds": {nothing, "a Task has no needs"},
		"SOCIAL_CARE social_care_assessment.location":      {nothing, "a Task has no place"},

		// Lists of which none is known, where only allergies can say so.
		"patient.medications.state": {constant("NONE_RECORDED"), noneOfAllergiesAlone},
		"patient.problems.state":    {constant("NONE_RECORDED"), noneOfAllergiesAlone},
	},
}

const (
	notByGPConnect       = "GP Connect does not carry it"
	unavailableAnyway    = "the list is UNAVAILABLE in any case, and the practice was not asked for it"
	notByUKCore          = "UK Core has no place for it"
	notByInterweave      = "Interweave has no profile for it"
	besideAGap           = "a sector's object with a gap shows no single value"
	noneOfAllergiesAlone = "that there are none can be said of allergies alone"
	ownSystem            = "the source does not name its system"
	undated              = "the resource does not say when it was recorded"
	noPlans              = "an Encounter has no plans for its end"
	oneSpecialty         = "an Encounter has one specialty"
	plainWards           = "a Location has none"
	noContract           = "an EpisodeOfCare says nothing of the contract"
)

// host: the practice system in the place of its practice.
func host(_, fhir any) bool {
	o, _ := fhir.(map[string]any)
	name, _ := o["name"].(string)
	return strings.HasPrefix(name, "Practice systems of ")
}

func prefixed(prefix string) func(any, any) bool {
	return func(_, fhir any) bool {
		text, _ := fhir.(string)
		return strings.HasPrefix(text, prefix)
	}
}

// starts: the beginning of the same words.
func starts(sql, fhir any) bool {
	whole, _ := sql.(string)
	part, _ := fhir.(string)
	return part != "" && strings.HasPrefix(whole, part)
}

func moment(_, fhir any) bool {
	text, _ := fhir.(string)
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

func practiceCode(_, fhir any) bool {
	code, _ := fhir.(string)
	return len(code) == 6 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func inpatientClass(_, fhir any) bool {
	o, _ := fhir.(map[string]any)
	return o["code"] == "IMP"
}

// reordered: the same entries in the opposite order.
func reordered(sql, fhir any) bool {
	x, _ := sql.([]any)
	y, _ := fhir.([]any)
	if len(x) != len(y) || len(x) < 2 {
		return false
	}
	for i := range x {
		if !reflect.DeepEqual(x[i], y[len(y)-1-i]) {
			return false
		}
	}
	return true
}
