package fhirtest

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
)

func count(text string) any {
	if _, err := strconv.Atoi(text); err != nil {
		return nil
	}
	return json.Number(text)
}

func encoded(r row) string { return base64.StdEncoding.EncodeToString([]byte(r.s("content"))) }

var resultStatuses = map[string]string{"REGISTERED": "registered", "PRELIMINARY": "preliminary", "FINAL": "final", "AMENDED": "amended", "CORRECTED": "corrected", "UNKNOWN": "unknown",
	"CANCELLED": "cancelled"}

// measured is what results and vital signs of all profiles have.
func (r row) measured(code, part string) object {
	o := r.value(object{"subject": r.pile.subject(), "status": r.status(resultStatuses), "code": r.concept(code), "effectiveDateTime": r.at("taken_at"), "issued": r.at("issued_at")})
	if o["issued"] == "" {
		o["issued"] = r.at("recorded_at")
	}
	if who := r.who("performer"); who != nil {
		o["performer"] = one(who)
	}
	var components []object
	for _, c := range r.pile.parts[r.id()+" "+part] {
		components = append(components, c.value(object{"code": c.concept(code)}))
	}
	if o["component"] = components; len(components) > 0 {
		delete(o, "valueString") // a panel has its values in its parts
	}
	return o
}

// specimen is what was looked at.
func (r row) specimen() object {
	if !r.has("specimen") {
		return nil
	}
	return r.pile.add("Specimen", r.id()+"-specimen", object{"subject": r.pile.subject(), "type": r.concept("specimen")})
}

func (g *gpRecord) result(r row) {
	o := r.measured("test", "result_component")
	o["meta"], o["interpretation"], o["comment"], o["specimen"] = r.meta(gpc+"Observation-1"), r.concept("interpretation"), r.s("comment"), r.specimen()
	if r.s("category") == "LABORATORY" {
		o["category"] = one(object{"coding": one(coding("http://hl7.org/fhir/observation-category", "laboratory", "Laboratory"))})
	}
	g.put("887191000000108", "Observation", r.id(), o)
}

// report names its title and who asked for it by the request.
func (g *gpRecord) report(r row) {
	request := g.add("ProcedureRequest", r.id()+"-request", object{"meta": object{"profile": []string{gpc + "ProcedureRequest-1"}}, "subject": g.subject(), "status": "completed", "intent": "order",
		"code": words(r.s("title")), "requester": object{"agent": r.who("requester")}})
	var results, performers []object
	for _, other := range g.person.Rows[g.source] {
		if x := (row{g.pile, other}); other.Relation == "result" && x.s("report_id") == r.id() {
			results = append(results, object{"reference": "Observation/" + x.id()})
		}
	}
	if who := r.who("performer"); who != nil {
		performers = one(object{"actor": who})
	}
	g.put("887191000000108", "DiagnosticReport", r.id(), object{"meta": r.meta(gpc + "DiagnosticReport-1"), "subject": g.subject(), "status": r.status(resultStatuses), "code": r.concept("kind"),
		"effectiveDateTime": r.at("taken_at"), "issued": r.at("issued_at"), "performer": performers, "specimen": one(r.specimen()), "result": results, "basedOn": one(request),
		"conclusion": r.s("conclusion")})
}

func (g *gpRecord) vitalSign(r row) {
	o := r.measured("sign", "vital_sign_component")
	o["meta"], o["interpretation"], o["bodySite"], o["comment"] = r.meta(gpc+"Observation-1"), r.concept("interpretation"), r.concept("body_site"), r.s("comment")
	if r.s("sign_system") != "http://snomed.info/sct" { // practices code them so; what does not is told by its category
		o["category"] = one(object{"coding": one(coding("http://hl7.org/fhir/observation-category", "vital-signs", "Vital Signs"))})
	}
	g.put("826501000000100", "Observation", r.id(), o)
}

// consultation is an encounter with its lists: a topic, and a heading for each section.
func (g *gpRecord) consultation(r row) {
	id := r.id()
	var participants []object
	for role, who := range map[string]object{"PPRF": r.who("clinician"), "REC": r.who("recorded_by")} {
		if who != nil {
			participants = append(participants, object{"type": one(object{"coding": one(coding("http://hl7.org/fhir/v3/ParticipationType", role, ""))}), "individual": who})
		}
	}
	status := "finished"
	if r.is("entered_in_error") {
		status = mistake
	}
	encounter := object{"meta": r.meta(gpc + "Encounter-1"), "subject": g.subject(), "status": status, "type": one(r.concept("kind")), "reason": one(r.concept("reason")),
		"period": period(r.at("held_at"), r.at("ended_at")), "participant": participants}
	if at := g.place("Location", r.s("location")); at != nil {
		encounter["location"] = one(object{"location": at})
	}
	g.put("1149501000000101", "Encounter", id, encounter)
	var headings []object
	for i, section := range g.parts[id+" consultation_section"] {
		n := strconv.Itoa(i + 1)
		if section.has("entry") {
			g.fail("a section with a coded entry cannot be written yet")
		}
		note := g.add("Observation", id+"-note-"+n, object{"subject": g.subject(), "status": "final", "context": object{"reference": "Encounter/" + id}, "effectiveDateTime": r.at("held_at"),
			"code": object{"coding": one(coding("http://snomed.info/sct", "37331000000100", "Comment note"))}, "comment": section.s("text")})
		headings = append(headings, g.part(id, "heading-"+n, "24781000000107", section.s("heading"), "", note))
	}
	topic := g.part(id, "topic", "25851000000105", "", "", headings...)
	g.part(id, "lists", "325851000000107", r.s("kind_display"), r.at("recorded_at"), topic)
}

// part is a list of a consultation.
func (g *gpRecord) part(consultation, name, code, title, date string, items ...object) object {
	o := object{"meta": object{"profile": []string{gpc + "List-1"}}, "status": "current", "mode": "snapshot", "subject": g.subject(), "title": title, "date": date,
		"encounter": object{"reference": "Encounter/" + consultation}, "code": object{"coding": one(coding("http://snomed.info/sct", code, ""))}}
	for _, item := range items {
		o["entry"] = append(entries(o), object{"item": item})
	}
	return g.add("List", consultation+"-"+name, o)
}

var requestStatuses = map[string]string{"PLANNED": "draft", "IN_PROGRESS": "active", "ON_HOLD": "suspended", "COMPLETED": "completed", "CANCELLED": "cancelled", "UNKNOWN": "unknown"}
var priorities = map[string]string{"ROUTINE": "routine", "URGENT": "urgent", "EMERGENCY": "stat"}

func (g *gpRecord) referral(r row) {
	recipients := []object{g.organisation(r.s("to_party_ods"), r.s("to_party_name")), g.place("HealthcareService", r.s("team"))}
	g.put("792931000000107", "ReferralRequest", r.id(), object{"meta": r.meta(gpc + "ReferralRequest-1"), "subject": g.subject(), "status": r.status(requestStatuses), "intent": "order",
		"priority": priorities[r.s("priority")], "authoredOn": r.s("referred_on"), "specialty": r.concept("specialty"), "serviceRequested": one(r.concept("service")),
		"requester": object{"agent": r.who("referrer"), "onBehalfOf": g.organisation(r.s("from_party_ods"), r.s("from_party_name"))}, "recipient": recipients,
		"reasonCode": one(r.concept("reason")), "note": notes(r.s("note"))})
}

// contact is a contact of the Patient.
func (g *gpRecord) contact(r row) {
	contacts, _ := g.patient["contact"].([]object)
	g.patient["contact"] = append(contacts, object{"relationship": one(words(r.s("relationship"))), "name": words(r.s("name")), "telecom": telecom(r), "address": words(r.s("address"))})
}

func telecom(r row) []object {
	var all []object
	for _, system := range []string{"phone", "email"} {
		if value := r.s(system); value != "" {
			all = append(all, object{"system": system, "value": value})
		}
	}
	return all
}

// member is the usual GP, of whom the Patient names the person and the role.
func (g *gpRecord) member(r row) {
	general, _ := g.patient["generalPractitioner"].([]object)
	g.patient["generalPractitioner"] = append(general, g.professional(r.s("name"), r.s("role"), r.id()))
}
