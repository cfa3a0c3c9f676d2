package fhirtest

import (
	"strings"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// The profiles and extensions of GP Connect, without what they all begin with.
const (
	gpc  = "https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-"
	gpcX = "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-"
	ccX  = "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-"
)

// The lists of a structured record, by what they are of, in the order of the
// specification.
var gpLists = []struct{ code, title, class string }{
	{"886921000000105", "Allergies and adverse reactions", "ALLERGIES"},
	{"1103671000000101", "Ended allergies", ""},
	{"933361000000108", "Medications and medical devices", "MEDICATIONS"},
	{"717711000000103", "Problems", "PROBLEMS"},
	{"1149501000000101", "List of consultations", "GP_CONSULTATIONS"},
	{"1102181000000102", "Immunisations", "IMMUNISATIONS"},
	{"826501000000100", "Miscellaneous record", ""},
	{"887191000000108", "Investigations and results", "RESULTS"},
	{"792931000000107", "Outbound referral", "REFERRALS"},
}

// A gpList is one of them while it is written.
type gpList struct {
	entry, contained []object
	warnings         []object
	date             string
}

type gpRecord struct {
	*pile
	lists map[string]*gpList
}

// gpConnect writes a structured record. Alerts, procedures, devices, appointments, care
// plans, needs and advance decisions have no place in it, documents have one elsewhere.
func (p *pile) gpConnect() {
	p.kind = "collection"
	self := p.self(PatientID(p.person.Number))
	self["meta"] = object{"profile": []string{gpc + "Patient-1"}}
	g := &gpRecord{p, map[string]*gpList{}}
	for _, l := range gpLists {
		g.lists[l.code] = &gpList{}
	}
	writers := map[string]func(*gpRecord, row){
		"list_note": (*gpRecord).note, "allergy": (*gpRecord).allergy, "medication": (*gpRecord).medication, "problem": (*gpRecord).problem,
		"immunisation": (*gpRecord).immunisation, "result": (*gpRecord).result, "report": (*gpRecord).report, "vital_sign": (*gpRecord).vitalSign,
		"consultation": (*gpRecord).consultation, "referral": (*gpRecord).referral, "contact": (*gpRecord).contact, "care_team_member": (*gpRecord).member,
	}
	for _, r := range p.person.Rows[p.source] {
		if write := writers[r.Relation]; write != nil {
			write(g, row{p, r})
		}
	}
	for _, l := range gpLists {
		g.list(l.code, l.title)
	}
}

func (g *gpRecord) list(code, title string) {
	l := g.lists[code]
	o := object{"meta": object{"profile": []string{gpc + "List-1"}}, "status": "current", "mode": "snapshot", "title": title, "subject": g.subject(),
		"code": object{"coding": one(coding("http://snomed.info/sct", code, title))}, "extension": l.warnings, "date": l.date, "contained": l.contained}
	for _, entry := range l.entry {
		o["entry"] = append(entries(o), object{"item": entry})
	}
	if len(l.entry)+len(l.contained) == 0 {
		o["emptyReason"] = object{"coding": one(coding("https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-ListEmptyReasonCode-1", "no-content-recorded", "No Content Recorded"))}
	}
	g.add("List", "list-"+code, o)
}

func entries(o object) []object {
	all, _ := o["entry"].([]object)
	return all
}

// put adds a resource to a list.
func (g *gpRecord) put(code, kind, id string, o object) {
	l := g.lists[code]
	l.entry = append(l.entry, g.add(kind, id, o))
}

// note is a warning of a list, or the statement that there are no allergies. That there
// are none of anything else cannot be said.
func (g *gpRecord) note(r row) {
	if r.s("note") == "NONE_KNOWN" {
		if r.s("class") != "ALLERGIES" {
			return
		}
		g.put("886921000000105", "AllergyIntolerance", r.id(), object{"meta": r.meta(gpc + "AllergyIntolerance-1"), "patient": g.subject(), "clinicalStatus": "active",
			"verificationStatus": "unconfirmed", "code": object{"coding": one(coding("http://snomed.info/sct", "716186003", "No known allergy"))}, "assertedDate": r.at("recorded_at")})
		return
	}
	for _, l := range gpLists {
		if l.class == r.s("class") {
			list := g.lists[l.code]
			list.date = r.at("recorded_at")
			list.warnings = append(list.warnings, extension(gpcX+"ListWarningCode-1", object{"valueCode": "data-" + r.lower("note")}))
		}
	}
}

func (g *gpRecord) allergy(r row) {
	o := object{"meta": r.meta(gpc + "AllergyIntolerance-1"), "patient": g.subject(), "clinicalStatus": r.lower("status"), "verificationStatus": r.lower("verification"),
		"type": r.lower("kind"), "category": []string{r.lower("category")}, "criticality": r.lower("criticality"), "code": r.concept("substance"),
		"onsetDateTime": r.s("onset_on"), "assertedDate": r.at("recorded_at"), "lastOccurrence": r.s("last_reaction_on"), "recorder": r.who("recorded_by"),
		"asserter": r.who("asserted_by"), "note": notes(r.s("note"))}
	unsay(o, "clinicalStatus", "verificationStatus", "type", "criticality")
	if r.lower("category") == "unknown" {
		delete(o, "category")
	}
	if r.is("entered_in_error") {
		o["verificationStatus"] = mistake
	}
	o["extension"] = extensions(extension(gpcX+"AllergyIntoleranceEnd-1", object{"extension": extensions(
		extension("endDate", object{"valueDateTime": r.s("ended_on")}), extension("reasonEnded", object{"valueString": r.s("end_reason")}))}))
	o["reaction"] = reactions(g.parts[r.id()+" allergy_reaction"])
	if r.s("ended_on") == "" && r.s("status") != "RESOLVED" {
		g.put("886921000000105", "AllergyIntolerance", r.id(), o)
		return
	}
	o["resourceType"], o["id"] = "AllergyIntolerance", r.id()
	ended := g.lists["1103671000000101"]
	ended.contained = append(ended.contained, o)
}

func reactions(parts []row) []object {
	var all []object
	for _, part := range parts {
		one := object{"manifestation": []object{part.concept("manifestation")}, "severity": part.lower("severity")}
		unsay(one, "severity")
		all = append(all, one)
	}
	return all
}

// unsay takes away what FHIR has no code for: that something is not known.
func unsay(o object, names ...string) {
	for _, name := range names {
		if o[name] == "unknown" {
			delete(o, name)
		}
	}
}

var prescriptionTypes = map[string]string{"ACUTE": "acute", "REPEAT": "repeat", "REPEAT_DISPENSING": "repeat-dispensing", "DELAYED": "delayed-prescribing"}

// medication is a statement with its authorisation, unless nobody prescribed it, and with
// its issues.
func (g *gpRecord) medication(r row) {
	id := r.id()
	medicine := g.add("Medication", id+"-medicine", object{"meta": object{"profile": []string{gpc + "Medication-1"}}, "code": r.concept("medicine")})
	dosage := one(object{"text": r.s("dosage"), "asNeededBoolean": r.flag("as_needed"), "route": r.concept("route")})
	status := r.lower("status")
	if r.is("entered_in_error") {
		status = mistake
	}
	statement := object{"meta": r.meta(gpc + "MedicationStatement-1"), "subject": g.subject(), "status": status, "medicationReference": medicine, "taken": "unk",
		"effectivePeriod": period(r.s("started_on"), r.s("ended_on")), "dateAsserted": r.at("recorded_at"), "dosage": dosage, "note": notes(r.s("note")), "extension": extensions(
			extension(gpcX+"MedicationStatementLastIssueDate-1", object{"valueDateTime": r.s("last_issued_on")}),
			extension(gpcX+"PrescribingAgency-1", object{"valueCodeableConcept": r.concept("prescribing_agency")}))}
	unsay(statement, "status")
	if r.s("intent") != "STATEMENT" {
		plan := g.plan(r, medicine, dosage)
		statement["basedOn"] = one(plan)
		g.issues(r, medicine, dosage, plan)
	} else {
		statement["reasonCode"] = one(r.concept("reason"))
	}
	g.put("933361000000108", "MedicationStatement", id, statement)
}

func (g *gpRecord) plan(r row, medicine object, dosage []object) object {
	kind := extension(gpcX+"PrescriptionType-1", object{"valueCodeableConcept": object{
		"coding": one(coding("https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescriptionType-1", prescriptionTypes[r.s("kind")], ""))}})
	if prescriptionTypes[r.s("kind")] == "" {
		kind = nil
	}
	plan := object{"meta": r.meta(gpc + "MedicationRequest-1"), "subject": g.subject(), "status": r.lower("status"), "intent": "plan", "medicationReference": medicine,
		"authoredOn": r.at("recorded_at"), "requester": object{"agent": r.who("prescriber")}, "recorder": r.who("recorded_by"), "reasonCode": one(r.concept("reason")),
		"dosageInstruction": dosage,
		"dispenseRequest":   object{"validityPeriod": period(r.s("started_on"), r.s("ended_on")), "quantity": supplied(r)},
		"extension": extensions(kind,
			extension(gpcX+"MedicationRepeatInformation-1", object{"extension": extensions(
				extension("numberOfRepeatPrescriptionsAllowed", object{"valuePositiveInt": r.number("repeats_allowed")}),
				extension("numberOfRepeatPrescriptionsIssued", object{"valueUnsignedInt": r.number("repeats_issued")}),
				extension("authorisationExpiryDate", object{"valueDateTime": r.s("review_due_on")}))}),
			extension(gpcX+"MedicationStatusReason-1", object{"extension": extensions(extension("statusReason", object{"valueCodeableConcept": words(r.s("status_reason"))}))}))}
	unsay(plan, "status")
	if r.is("entered_in_error") {
		plan["status"] = mistake
	}
	return g.add("MedicationRequest", r.id()+"-plan", plan)
}

func supplied(r row) object {
	return object{"extension": extensions(extension(gpcX+"MedicationQuantityText-1", object{"valueString": r.s("quantity")}))}
}

func (g *gpRecord) issues(r row, medicine object, dosage []object, plan object) {
	for i, issue := range g.parts[r.id()+" medication_issue"] {
		order := object{"meta": r.meta(gpc + "MedicationRequest-1"), "subject": g.subject(), "status": issue.lower("status"), "intent": "order", "basedOn": one(plan),
			"medicationReference": medicine, "dosageInstruction": dosage, "dispenseRequest": object{"validityPeriod": period(issue.s("issued_on"), ""), "quantity": supplied(issue)}}
		unsay(order, "status")
		g.add("MedicationRequest", r.id()+"-issue-"+string(rune('1'+i)), order)
	}
}

// problem is a problem header. What is linked to it hangs on it.
func (g *gpRecord) problem(r row) {
	category := map[string]string{"PROBLEM": "problem-list-item", "DIAGNOSIS": "encounter-diagnosis"}[r.s("kind")]
	o := object{"meta": r.meta(gpc + "ProblemHeader-Condition-1"), "subject": g.subject(), "clinicalStatus": r.lower("status"), "verificationStatus": r.lower("verification"),
		"code": r.concept("problem"), "bodySite": one(r.concept("body_site")), "onsetDateTime": r.s("onset_on"), "abatementDateTime": r.s("ended_on"),
		"assertedDate": r.at("recorded_at"), "asserter": r.who("asserted_by"), "note": notes(r.s("note")), "severity": words(severityWords[r.s("severity")])}
	if category != "" {
		o["category"] = one(object{"coding": one(coding("http://hl7.org/fhir/condition-category", category, ""))})
	}
	unsay(o, "clinicalStatus", "verificationStatus")
	if r.is("entered_in_error") {
		o["verificationStatus"] = mistake
	}
	o["extension"] = append(extensions(extension(gpcX+"ProblemSignificance-1", object{"valueCode": r.lower("significance")})), g.linked(r)...)
	g.put("717711000000103", "Condition", r.id(), o)
}

var severityWords = map[string]string{"MILD": "Mild", "MODERATE": "Moderate", "SEVERE": "Severe"}

// linked are the references of a problem to what says that it is linked to its code.
func (g *gpRecord) linked(problem row) []object {
	key := problem.s("problem_system") + "|" + problem.s("problem_code")
	types := map[string]string{"medication": "MedicationStatement", "result": "Observation", "consultation": "Encounter", "referral": "ReferralRequest", "immunisation": "Immunization"}
	var all []object
	for _, r := range g.person.Rows[g.source] {
		x := row{g.pile, r}
		if kind := types[r.Relation]; kind != "" && strings.Contains("\n"+strings.Join(x.texts("linked_codes"), "\n")+"\n", "\n"+key+"\n") {
			all = append(all, extension(ccX+"RelatedClinicalContent-1", object{"valueReference": object{"reference": kind + "/" + x.id()}}))
		}
	}
	return all
}

func (g *gpRecord) immunisation(r row) {
	var practitioner []object
	if who := r.who("given_by"); who != nil {
		practitioner = append(practitioner, object{"role": object{"coding": one(coding("http://hl7.org/fhir/v2/0443", "AP", "Administering Provider"))}, "actor": who})
	}
	if who := r.who("recorded_by"); who != nil {
		practitioner = append(practitioner, object{"role": object{"coding": one(coding("http://hl7.org/fhir/v2/0443", "EP", "Entering Provider"))}, "actor": who})
	}
	status := "completed"
	if r.is("entered_in_error") {
		status = mistake
	}
	o := object{"meta": r.meta(gpc + "Immunization-1"), "patient": g.subject(), "status": status, "notGiven": r.s("status") == "NOT_DONE", "vaccineCode": r.concept("vaccine"),
		"date": r.s("given_on"), "location": g.place("Location", r.s("location")), "manufacturer": g.organisation("", r.s("manufacturer")), "lotNumber": r.s("batch"),
		"expirationDate": r.s("expires_on"), "site": r.concept("site"), "route": r.concept("route"), "doseQuantity": quantity(r.s("dose_quantity")), "practitioner": practitioner,
		"vaccinationProtocol": one(object{"doseSequence": count(r.s("dose"))}), "explanation": object{"reasonNotGiven": one(r.concept("status_reason"))}, "note": notes(r.s("note")),
		"extension": extensions(extension(ccX+"VaccinationProcedure-1", object{"valueCodeableConcept": r.concept("procedure")}),
			extension(ccX+"DateRecorded-1", object{"valueDateTime": r.at("recorded_at")}))}
	g.put("1102181000000102", "Immunization", r.id(), o)
}

// document writes a document as Access Document has it, with what it says in a Binary.
func (p *pile) document(r row) {
	binary := p.add("Binary", r.id()+"-content", object{"contentType": r.s("content_type"), "content": encoded(r)})
	docStatus := map[string]string{"PRELIMINARY": "preliminary", "FINAL": "final", "AMENDED": "amended"}[r.s("status")]
	status := "current"
	if r.s("status") == "SUPERSEDED" {
		status = "superseded"
	}
	if r.is("entered_in_error") {
		status = mistake
	}
	p.add("DocumentReference", r.id(), object{"meta": r.meta(gpc + "DocumentReference-1"), "subject": p.subject(), "status": status, "docStatus": docStatus, "type": r.concept("kind"),
		"created": r.at("written_at"), "indexed": r.at("recorded_at"), "author": one(r.who("author")), "description": r.s("description"),
		"content": one(object{"attachment": object{"contentType": r.s("content_type"), "title": r.s("title"), "url": binary["reference"], "size": r.number("size")}}),
		"context": object{"practiceSetting": r.concept("specialty")}})
}

// Documents is what a practice's Access Document endpoint holds of a person, nil where it
// holds nothing of them.
func Documents(source load.Source, person *load.Person) ([]byte, error) {
	if source.Sector != record.GP || len(person.Rows[source]) == 0 {
		return nil, nil
	}
	p := open(source, person)
	p.self(PatientID(person.Number))
	for _, r := range person.Rows[source] {
		if r.Relation == "document" {
			p.document(row{p, r})
		}
	}
	return p.bundle()
}
