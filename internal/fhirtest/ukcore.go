package fhirtest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The profiles and extensions of UK Core, and what says of a code system of HL7's.
const (
	ukc  = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"
	ukcX = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
	term = "http://terminology.hl7.org/CodeSystem/"
)

// hl7 is a concept of one of HL7's own systems.
func hl7(system, code string) object {
	if code == "" || code == "unknown" {
		return nil
	}
	return object{"coding": one(coding(term+system, code, ""))}
}

// ukCore writes what a trust holds. What the Mental Health Act is about, but for the
// status on admission, has no place in it.
func (p *pile) ukCore() {
	self := p.self(PatientID(p.person.Number))
	self["meta"] = object{"profile": []string{ukc + "Patient"}}
	writers := map[string]func(*pile, row){
		"list_note": (*pile).ukNote, "alert": (*pile).ukFlag, "allergy": (*pile).ukAllergy, "medication": (*pile).ukMedication, "problem": (*pile).ukProblem,
		"immunisation": (*pile).ukImmunisation, "procedure": (*pile).ukProcedure, "device": (*pile).ukDevice, "result": (*pile).ukResult, "report": (*pile).ukReport,
		"vital_sign": (*pile).ukVitalSign, "appointment": (*pile).ukAppointment, "document": (*pile).ukDocument, "referral": (*pile).ukReferral,
		"care_plan": (*pile).ukPlan, "care_team_member": (*pile).ukMember, "contact": (*pile).ukContact, "need": (*pile).ukNeed, "advance_decision": (*pile).ukDecision,
		"stay": (*pile).ukStay, "attendance": (*pile).ukAttendance, "imaging_study": (*pile).ukImaging, "care_contact": (*pile).ukCareContact,
		"care_coordinator": (*pile).ukCoordinator, "assessment": (*pile).ukAssessment,
	}
	for _, r := range p.person.Rows[p.source] {
		if write := writers[r.Relation]; write != nil {
			write(p, row{p, r})
		}
	}
}

// ukNote is a warning of a list, or the statement that there are no allergies.
func (p *pile) ukNote(r row) {
	if r.s("note") == "NONE_KNOWN" && r.s("class") == "ALLERGIES" {
		p.add("AllergyIntolerance", r.id(), object{"meta": r.meta(ukc + "AllergyIntolerance"), "patient": p.subject(), "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
			"verificationStatus": hl7("allergyintolerance-verification", "confirmed"), "code": object{"coding": one(coding("http://snomed.info/sct", "716186003", "No known allergy"))},
			"recordedDate": r.at("recorded_at")})
		return
	}
	for _, l := range gpLists {
		if l.class != r.s("class") {
			continue
		}
		o := object{"meta": r.meta(ukc + "List"), "status": "current", "mode": "snapshot", "subject": p.subject(), "date": r.at("recorded_at"),
			"code": object{"coding": one(coding("http://snomed.info/sct", l.code, l.title))}}
		if r.s("note") == "NONE_KNOWN" {
			o["emptyReason"] = hl7("list-empty-reason", "nilknown")
		} else {
			o["extension"] = one(extension(ukcX+"ListWarningCode", object{"valueCode": "data-" + r.lower("note")}))
		}
		p.add("List", r.id(), o)
	}
}

var flagStatuses = map[string]string{"IN_PROGRESS": "active", "PLANNED": "active", "COMPLETED": "inactive", "STOPPED": "inactive", "UNKNOWN": "inactive"}

func (p *pile) ukFlag(r row) {
	kind := r.concept("kind")
	if note := r.s("note"); note != "" && kind["text"] == nil {
		kind["text"] = note
	}
	p.add("Flag", r.id(), object{"meta": r.meta(ukc + "Flag"), "subject": p.subject(), "status": r.status(flagStatuses), "code": kind, "period": period(r.s("since"), r.s("ended_on")),
		"author": r.who("recorded_by")})
}

func (p *pile) ukAllergy(r row) {
	verification := r.lower("verification")
	if r.is("entered_in_error") {
		verification = mistake
	}
	status := hl7("allergyintolerance-clinical", r.lower("status"))
	if r.s("ended_on")+r.s("end_reason") != "" {
		if status == nil {
			status = object{}
		}
		status["extension"] = one(extension(ukcX+"AllergyIntoleranceEnd", object{"extension": extensions(
			extension("endDate", object{"valueDateTime": r.s("ended_on")}), extension("reasonEnded", object{"valueString": r.s("end_reason")}))}))
	}
	o := object{"meta": r.meta(ukc + "AllergyIntolerance"), "patient": p.subject(), "clinicalStatus": status, "verificationStatus": hl7("allergyintolerance-verification", verification),
		"type": r.lower("kind"), "criticality": r.lower("criticality"), "code": r.concept("substance"), "onsetDateTime": r.s("onset_on"), "recordedDate": r.at("recorded_at"),
		"lastOccurrence": r.s("last_reaction_on"), "recorder": r.who("recorded_by"), "asserter": r.who("asserted_by"), "note": notes(r.s("note")),
		"reaction": reactions(p.parts[r.id()+" allergy_reaction"])}
	if category := r.lower("category"); category != "unknown" {
		o["category"] = []string{category}
	}
	unsay(o, "type", "criticality")
	p.add("AllergyIntolerance", r.id(), o)
}

// ukMedication is a request, or a statement of what is taken and nobody here prescribed.
func (p *pile) ukMedication(r row) {
	dosage := object{"text": r.s("dosage"), "asNeededBoolean": r.flag("as_needed"), "route": r.concept("route")}
	status := r.lower("status")
	if r.is("entered_in_error") {
		status = mistake
	}
	last := extension(ukcX+"MedicationStatementLastIssueDate", object{"valueDateTime": r.s("last_issued_on")})
	if r.s("kind") == "REPORTED" || r.s("intent") == "STATEMENT" {
		p.add("MedicationStatement", r.id(), object{"meta": r.meta(ukc + "MedicationStatement"), "subject": p.subject(), "status": status, "medicationCodeableConcept": r.concept("medicine"),
			"effectivePeriod": period(r.s("started_on"), r.s("ended_on")), "dateAsserted": r.at("recorded_at"), "dosage": one(dosage), "reasonCode": one(r.concept("reason")),
			"statusReason": one(words(r.s("status_reason"))), "informationSource": r.who("prescriber"), "note": notes(r.s("note")), "extension": extensions(last, p.agency(r))})
		return
	}
	dosage["timing"] = object{"repeat": object{"boundsPeriod": period(r.s("started_on"), r.s("ended_on"))}}
	o := object{"meta": r.meta(ukc + "MedicationRequest"), "subject": p.subject(), "status": status, "intent": r.lower("intent"), "medicationCodeableConcept": r.concept("medicine"),
		"authoredOn": r.authored(), "requester": r.who("prescriber"), "dosageInstruction": one(dosage), "reasonCode": one(r.concept("reason")), "statusReason": words(r.s("status_reason")), "note": notes(r.s("note")),
		"dispenseRequest":     object{"quantity": quantity(r.s("quantity")), "numberOfRepeatsAllowed": r.number("repeats_allowed")},
		"courseOfTherapyType": hl7("medicationrequest-course-of-therapy", map[string]string{"ACUTE": "acute", "REPEAT": "continuous", "REPEAT_DISPENSING": "continuous-repeat-dispensing"}[r.s("kind")]),
		"category":            one(hl7("medicationrequest-category", map[string]string{"DISCHARGE": "discharge", "INPATIENT": "inpatient"}[r.s("kind")])),
		"extension": extensions(last, p.agency(r), extension(ukcX+"MedicationRepeatInformation", object{"extension": extensions(
			extension("numberOfRepeatPrescriptionsAllowed", object{"valuePositiveInt": r.number("repeats_allowed")}),
			extension("numberOfPrescriptionsIssued", object{"valueUnsignedInt": r.number("repeats_issued")}),
			extension("authorisationExpiryDate", object{"valueDateTime": r.s("review_due_on")}))}))}
	if stay := r.s("discharge_id"); stay != "" {
		o["encounter"] = object{"reference": "Encounter/" + stay}
	}
	unsay(o, "intent")
	p.add("MedicationRequest", r.id(), o)
	for i, issue := range p.parts[r.id()+" medication_issue"] {
		p.add("MedicationDispense", r.id()+"-issue-"+strconv.Itoa(i+1), object{"meta": r.meta(ukc + "MedicationDispense"), "subject": p.subject(), "status": issue.lower("status"),
			"medicationCodeableConcept": r.concept("medicine"), "whenHandedOver": issue.s("issued_on"), "quantity": quantity(issue.s("quantity")),
			"authorizingPrescription": one(object{"reference": "MedicationRequest/" + r.id()})})
	}
}

// authored is when a medicine was begun, to the moment where it was recorded on that day.
func (r row) authored() string {
	if len(r.s("started_on")) != len(time.DateOnly) {
		return r.s("started_on")
	}
	return r.on("started_on", "recorded_at")
}

// on is a moment in the clock by which it has a day, else the day alone: moments were
// written in one clock and their days in another.
func (r row) on(day, moment string) string {
	at := r.at(moment)
	if v, ok := r.Columns[moment].(time.Time); ok && !strings.HasPrefix(at, r.s(day)) {
		at = v.UTC().Format(time.RFC3339Nano)
	}
	if at == "" || !strings.HasPrefix(at, r.s(day)) {
		return r.s(day)
	}
	return at
}

func (p *pile) agency(r row) object {
	return extension(ukcX+"MedicationPrescribingOrganizationType", object{"valueCodeableConcept": r.concept("prescribing_agency")})
}

func (p *pile) ukProblem(r row) {
	verification := r.lower("verification")
	if r.is("entered_in_error") {
		verification = mistake
	}
	category := map[string]string{"PROBLEM": "problem-list-item", "DIAGNOSIS": "encounter-diagnosis"}[r.s("kind")]
	o := object{"meta": r.meta(ukc + "Condition"), "subject": p.subject(), "clinicalStatus": hl7("condition-clinical", r.lower("status")), "verificationStatus": hl7("condition-ver-status", verification),
		"category": one(hl7("condition-category", category)), "code": r.concept("problem"), "bodySite": one(r.concept("body_site")), "severity": words(severityWords[r.s("severity")]),
		"onsetDateTime": r.s("onset_on"), "abatementDateTime": r.s("ended_on"), "recordedDate": r.at("recorded_at"), "recorder": r.who("recorded_by"), "asserter": r.who("asserted_by"),
		"note": notes(r.s("note"))}
	if r.s("kind") == "CONCERN" {
		o["category"] = one(object{"coding": one(coding("http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern", ""))})
	}
	p.add("Condition", r.id(), o)
}

func (p *pile) ukImmunisation(r row) {
	status := map[string]string{"COMPLETED": "completed", "NOT_DONE": "not-done"}[r.s("status")]
	if r.is("entered_in_error") {
		status = mistake
	}
	var performer []object
	if who := r.who("given_by"); who != nil {
		performer = one(object{"actor": who})
	}
	p.add("Immunization", r.id(), object{"meta": r.meta(ukc + "Immunization"), "patient": p.subject(), "status": status, "statusReason": r.concept("status_reason"), "vaccineCode": r.concept("vaccine"),
		"occurrenceDateTime": r.s("given_on"), "recorded": r.at("recorded_at"), "location": p.place("Location", r.s("location")), "manufacturer": p.organisation("", r.s("manufacturer")),
		"lotNumber": r.s("batch"), "expirationDate": r.s("expires_on"), "site": r.concept("site"), "route": r.concept("route"), "doseQuantity": quantity(r.s("dose_quantity")),
		"performer": performer, "protocolApplied": one(object{"doseNumberString": r.s("dose")}), "note": notes(r.s("note")), "extension": extensions(extension(ukcX+"VaccinationProcedure", object{"valueCodeableConcept": r.concept("procedure")}))})
}

var eventStatuses = map[string]string{"PLANNED": "preparation", "IN_PROGRESS": "in-progress", "ON_HOLD": "on-hold", "COMPLETED": "completed", "STOPPED": "stopped", "NOT_DONE": "not-done",
	"CANCELLED": "not-done", "UNKNOWN": "unknown"}

func (p *pile) ukProcedure(r row) {
	at := r.on("performed_on", "performed_at")
	o := object{"meta": r.meta(ukc + "Procedure"), "subject": p.subject(), "status": r.status(eventStatuses), "category": r.concept("category"), "code": r.concept("procedure"),
		"performedDateTime": at, "reasonCode": one(r.concept("reason")), "bodySite": one(r.concept("body_site")), "outcome": r.concept("outcome"),
		"location": p.place("Location", r.s("location")), "note": notes(r.s("note")), "recorder": r.who("recorded_by")}
	if end := r.at("ended_at"); end != "" {
		delete(o, "performedDateTime")
		o["performedPeriod"] = period(at, end)
	}
	if who := r.who("performer"); who != nil {
		o["performer"] = one(object{"actor": who})
	}
	p.add("Procedure", r.id(), o)
}

// ukDevice is a device and its use.
func (p *pile) ukDevice(r row) {
	status := map[string]string{"IN_PROGRESS": "active", "COMPLETED": "inactive", "UNKNOWN": "unknown"}[r.s("status")]
	if r.is("entered_in_error") {
		status = mistake
	}
	device := p.add("Device", r.id(), object{"meta": r.meta(ukc + "Device"), "patient": p.subject(), "status": status, "type": r.concept("device"), "manufacturer": r.s("manufacturer"),
		"modelNumber": r.s("model"), "lotNumber": r.s("lot"), "serialNumber": r.s("serial"), "udiCarrier": one(object{"carrierHRF": r.s("udi")}), "expirationDate": r.s("expires_on")})
	use := map[string]string{"active": "active", "inactive": "completed", mistake: mistake}[status]
	p.add("DeviceUseStatement", r.id()+"-use", object{"subject": p.subject(), "status": use, "device": device, "timingPeriod": period(r.s("supplied_on"), r.s("ended_on")), "recordedOn": r.at("recorded_at")})
}

// sections are diagnostic service sections (HL7 v2 0074), where a category has none of FHIR's own.
var sections = map[string]string{"MICROBIOLOGY": "MB", "VIROLOGY": "VR", "HISTOLOGY": "SP", "GENETICS": "GE", "RADIOLOGY": "RAD", "CARDIOLOGY": "EC", "NEUROPHYSIOLOGY": "EN"}

func (r row) categories() []object {
	own := map[string]string{"SURVEY": "survey", "SOCIAL_HISTORY": "social-history", "EXAMINATION": "exam"}[r.s("category")]
	if own != "" {
		return one(hl7("observation-category", own))
	}
	all := []object{}
	if section := sections[r.s("category")]; section != "" {
		all = append(all, hl7("v2-0074", section))
	}
	if r.s("category") != "RADIOLOGY" && r.s("category") != "OTHER" {
		all = append(all, hl7("observation-category", "laboratory"))
	}
	return all
}

// ordered is the request that a result or a report was made on: who asked, and why.
func (r row) ordered() []object {
	who, linked := r.who("requester"), r.links()
	if who == nil && len(linked) == 0 {
		return nil
	}
	return one(r.pile.add("ServiceRequest", r.id()+"-request", object{"subject": r.pile.subject(), "status": "completed", "intent": "order", "requester": who, "reasonCode": linked,
		"category": one(object{"coding": one(coding("http://snomed.info/sct", "108252007", "Laboratory procedure"))}), "code": words("Test")}))
}

// links are the codes that a row says it is linked to, as reasons.
func (r row) links() []object {
	var all []object
	for _, key := range r.texts("linked_codes") {
		system, code, _ := strings.Cut(key, "|")
		all = append(all, object{"coding": one(coding(system, code, ""))})
	}
	return all
}

func (p *pile) ukResult(r row) {
	o := r.measured("test", "result_component")
	o["meta"], o["category"], o["interpretation"], o["specimen"] = r.meta(ukc+"Observation-Lab"), r.categories(), one(r.concept("interpretation")), r.specimen()
	o["note"], o["basedOn"] = notes(r.s("comment")), r.ordered()
	p.add("Observation", r.id(), o)
}

func (p *pile) ukVitalSign(r row) {
	o := r.measured("sign", "vital_sign_component")
	o["meta"], o["category"], o["interpretation"], o["bodySite"] = r.meta(ukc+"Observation-VitalSigns"), one(hl7("observation-category", "vital-signs")), one(r.concept("interpretation")), r.concept("body_site")
	o["note"] = notes(r.s("comment"))
	p.add("Observation", r.id(), o)
}

func (p *pile) ukAssessment(r row) {
	o := object{"meta": r.meta(ukc + "Observation"), "subject": p.subject(), "status": r.status(resultStatuses), "category": one(hl7("observation-category", "survey")), "code": r.concept("tool"),
		"effectiveDateTime": r.s("assessed_on"), "issued": r.at("recorded_at")}
	if o["valueQuantity"] = quantity(strings.TrimSpace(r.s("score") + " " + r.s("unit"))); r.s("score") == "" {
		o["valueString"] = r.s("score_text")
	}
	if who := r.who("assessor"); who != nil {
		o["performer"] = one(who)
	}
	p.add("Observation", r.id(), o)
}

func (p *pile) ukReport(r row) {
	var results []object
	for _, other := range p.person.Rows[p.source] {
		if x := (row{p, other}); other.Relation == "result" && x.s("report_id") == r.id() {
			results = append(results, object{"reference": "Observation/" + x.id()})
		}
	}
	o := object{"meta": r.meta(ukc + "DiagnosticReport"), "subject": p.subject(), "status": r.status(resultStatuses), "category": r.categories(), "code": r.concept("kind"),
		"effectiveDateTime": r.at("taken_at"), "issued": r.at("issued_at"), "result": results, "basedOn": r.ordered(), "conclusion": r.s("conclusion"), "specimen": one(r.specimen())}
	if who := r.who("performer"); who != nil {
		o["performer"] = one(who)
	}
	p.add("DiagnosticReport", r.id(), o)
}

var appointmentStatuses = map[string]string{"PROPOSED": "proposed", "PENDING": "pending", "BOOKED": "booked", "ARRIVED": "arrived", "FULFILLED": "fulfilled", "CANCELLED": "cancelled",
	"DID_NOT_ATTEND": "noshow", "WAITLIST": "waitlist"}

func (p *pile) participants(r row, refs ...object) []object {
	all := one(object{"actor": p.subject(), "status": "accepted"})
	for _, ref := range refs {
		if ref != nil {
			all = append(all, object{"actor": ref, "status": "accepted"})
		}
	}
	return all
}

func (p *pile) ukAppointment(r row) {
	channel := map[string]string{"FACE_TO_FACE": "In-person", "TELEPHONE": "Telephone", "VIDEO": "Video"}[r.s("medium")]
	o := object{"meta": r.meta(ukc + "Appointment"), "status": r.status(appointmentStatuses), "serviceType": one(r.concept("kind")), "specialty": one(r.concept("specialty")),
		"start": r.at("starts_at"), "end": r.after("starts_at", "duration_minutes"), "minutesDuration": r.number("duration_minutes"), "created": r.at("recorded_at"),
		"reasonCode": one(r.concept("reason")), "cancelationReason": words(r.s("cancellation_reason")), "comment": r.s("note"),
		"participant": p.participants(r, p.place("Location", r.s("location")), p.place("HealthcareService", r.s("clinic")), r.who("clinician"))}
	if channel != "" {
		o["extension"] = one(extension(ukcX+"DeliveryChannel", object{"valueCodeableConcept": object{"coding": one(coding("https://fhir.hl7.org.uk/CodeSystem/UKCore-DeliveryChannel", channel, ""))}}))
	}
	p.add("Appointment", r.id(), o)
}

// ukDocument holds what it says. The discharge summary of a stay names the stay.
func (p *pile) ukDocument(r row) {
	status, docStatus := "current", map[string]string{"PRELIMINARY": "preliminary", "FINAL": "final", "AMENDED": "amended"}[r.s("status")]
	if r.s("status") == "SUPERSEDED" {
		status = "superseded"
	}
	if r.is("entered_in_error") {
		status = mistake
	}
	var stays []object
	for _, other := range p.person.Rows[p.source] {
		if x := (row{p, other}); other.Relation == "stay" && x.s("summary_id") == r.id() {
			stays = append(stays, object{"reference": "Encounter/" + x.id()})
		}
	}
	o := object{"meta": r.meta(ukc + "DocumentReference"), "subject": p.subject(), "status": status, "docStatus": docStatus, "type": r.concept("kind"), "date": r.at("written_at"),
		"description": r.s("description"), "content": one(object{"attachment": object{"contentType": r.s("content_type"), "title": r.s("title"), "data": encoded(r)}}),
		"context": object{"encounter": stays, "practiceSetting": r.concept("specialty")}}
	if who := r.who("author"); who != nil {
		o["author"] = one(who)
	}
	p.add("DocumentReference", r.id(), o)
}

var orderStatuses = map[string]string{"PLANNED": "draft", "IN_PROGRESS": "active", "ON_HOLD": "on-hold", "COMPLETED": "completed", "STOPPED": "revoked", "CANCELLED": "revoked", "REJECTED": "revoked",
	"UNKNOWN": "unknown"}

// ukReferral is from a professional in a role at an organisation, to an organisation and a team.
func (p *pile) ukReferral(r row) {
	from := p.organisation(r.s("from_party_ods"), r.s("from_party_name"))
	requester := from
	if who := r.who("referrer", from); who != nil {
		requester = who
	}
	p.add("ServiceRequest", r.id(), object{"meta": r.meta(ukc + "ServiceRequest"), "subject": p.subject(), "status": r.status(orderStatuses), "intent": "order",
		"category": one(object{"coding": one(coding("http://snomed.info/sct", "3457005", "Patient referral"))}), "priority": priorities[r.s("priority")], "code": r.concept("service"),
		"authoredOn": r.s("referred_on"), "requester": requester, "reasonCode": one(r.concept("reason")), "note": notes(r.s("note")),
		"performer": slices.DeleteFunc([]object{p.organisation(r.s("to_party_ods"), r.s("to_party_name")), p.place("HealthcareService", r.s("team"))}, func(o object) bool { return o == nil }),
		"extension": extensions(extension(ukcX+"SourceOfServiceRequest", object{"valueCodeableConcept": r.concept("referral_source")}))})
}
