package fhirtest

import (
	"cmp"
	"strconv"
)

var planStatuses = map[string]string{"PLANNED": "draft", "IN_PROGRESS": "active", "ON_HOLD": "on-hold", "COMPLETED": "completed", "STOPPED": "revoked", "CANCELLED": "revoked", "UNKNOWN": "unknown"}

// ukPlan is a plan. FHIR has no sections; what stands in them are notes.
func (p *pile) ukPlan(r row) {
	id := r.id()
	o := object{"meta": r.meta(ukc + "CarePlan"), "subject": p.subject(), "status": r.status(planStatuses), "intent": "plan", "category": one(r.concept("kind")), "title": r.s("title"),
		"period": period(r.s("started_on"), r.s("ended_on")), "created": r.at("recorded_at"), "author": named(r.who("author"), r.s("author_name"))}
	if team := r.s("team"); team != "" {
		o["careTeam"] = one(object{"display": team})
	}
	if r.has("addresses") {
		o["contained"] = one(object{"resourceType": "Condition", "id": "addresses", "subject": p.subject(), "code": r.concept("addresses")})
		o["addresses"] = one(object{"reference": "#addresses"})
	}
	var said, activities, goals []object
	for _, section := range p.parts[id+" care_plan_section"] {
		said = append(said, object{"text": section.s("heading") + ": " + section.s("text")})
	}
	for _, a := range p.parts[id+" care_plan_activity"] {
		detail := object{"status": a.status(map[string]string{"PLANNED": "scheduled", "IN_PROGRESS": "in-progress", "ON_HOLD": "on-hold", "COMPLETED": "completed", "STOPPED": "stopped", "CANCELLED": "cancelled", "UNKNOWN": "unknown"}),
			"code": a.concept("activity"), "location": p.place("Location", a.s("location"))}
		activities = append(activities, object{"detail": detail})
	}
	for i, g := range p.parts[id+" care_plan_goal"] {
		status := g.status(map[string]string{"PLANNED": "planned", "IN_PROGRESS": "active", "ON_HOLD": "on-hold", "COMPLETED": "completed", "STOPPED": "cancelled", "CANCELLED": "cancelled"})
		goals = append(goals, p.add("Goal", id+"-goal-"+strconv.Itoa(i+1), object{"subject": p.subject(), "lifecycleStatus": status, "description": g.concept("goal"),
			"target": one(object{"dueDate": g.s("due_on"), "detailString": g.s("target")})}))
	}
	o["note"], o["activity"], o["goal"] = said, activities, goals
	p.add("CarePlan", id, o)
}

// named is a reference with a name beside it, where no search brings what it refers to.
func named(ref object, name string) object {
	if ref != nil {
		ref["display"] = name
	}
	return ref
}

// ukMember is a team of one.
func (p *pile) ukMember(r row) {
	o := object{"meta": r.meta(ukc + "CareTeam"), "subject": p.subject(), "status": "active", "name": r.s("team"), "participant": one(object{
		"role": []object{r.concept("kind")}, "member": p.professional(r.s("name"), r.s("role"), ""), "period": period(r.s("since"), r.s("ended_on")),
		"onBehalfOf": p.organisation(r.s("employer_ods"), r.s("employer_name"))})}
	if r.is("entered_in_error") {
		o["status"] = mistake
	}
	p.add("CareTeam", r.id(), o)
}

// contactCodes are roles of contacts as relationships (HL7 v3 RoleCode).
var contactCodes = map[string]string{"NEXT_OF_KIN": "NOK", "EMERGENCY_CONTACT": "ECON", "CARER": "CAREGIVER", "MAIN_CARER": "CAREGIVER"}

// related is a RelatedPerson. Of the birth date no more is known than whether it makes
// them a child.
func (r row) related(profile string) object {
	relationships := one(r.concept("relationship_code"))
	if said := r.s("relationship"); said != "" {
		relationships[0]["text"] = said
	}
	for _, role := range r.texts("roles") {
		if code := contactCodes[role]; code != "" {
			relationships = append(relationships, hl7("v3-RoleCode", code))
		}
	}
	o := object{"meta": r.meta(profile), "active": true, "patient": r.pile.subject(), "relationship": relationships, "name": one(words(r.s("name"))), "telecom": telecom(r),
		"period": period(r.s("since"), r.s("ended_on"))}
	if address := r.s("address"); address != "" {
		o["address"] = one(words(address))
	}
	if child, known := r.Columns["under_18"].(bool); known {
		o["birthDate"] = map[bool]string{true: "2019-02-03", false: "1961-02-03"}[child]
	}
	return o
}

func (p *pile) ukContact(r row) {
	p.add("RelatedPerson", r.id(), r.related(ukc+"RelatedPerson"))
}

// ukNeed is a flag, where the need is an adjustment. Others stand in the Patient.
func (p *pile) ukNeed(r row) {
	if r.s("category") != "REASONABLE_ADJUSTMENT" {
		p.fail("a need of category %s cannot be written yet", r.s("category"))
		return
	}
	p.add("Flag", r.id(), object{"meta": r.meta(ukc + "Flag"), "subject": p.subject(), "status": "active", "code": r.concept("kind"), "period": period(r.s("since"), r.s("ended_on")),
		"category": one(object{"coding": one(coding("https://fhir.nhs.uk/England/CodeSystem/England-FlagCategory", "NRAF", "National Reasonable Adjustments Flag"))})})
}

func (p *pile) ukDecision(r row) {
	o := object{"meta": r.meta(ukc + "Consent"), "patient": p.subject(), "status": r.status(map[string]string{"IN_PROGRESS": "active", "PLANNED": "proposed", "COMPLETED": "inactive", "STOPPED": "inactive"}),
		"scope": hl7("consentscope", "adr"), "category": one(r.concept("kind")), "dateTime": r.s("decided_on"),
		"provision": object{"type": "permit", "period": period("", r.s("ended_on")), "code": one(words(r.s("decision")))}}
	if who := r.who("author"); who != nil {
		o["performer"] = one(who)
	}
	p.add("Consent", r.id(), o)
}

// encounter is what encounters of every class have.
func (r row) encounter(class, from, to string) object {
	status := "finished"
	if to == "" && class == "IMP" {
		status = "in-progress"
	}
	if r.is("entered_in_error") {
		status = mistake
	}
	return object{"meta": r.meta(ukc + "Encounter"), "subject": r.pile.subject(), "status": status, "class": coding(term+"v3-ActCode", class, ""), "period": period(from, to)}
}

func participant(who object) []object {
	if who == nil {
		return nil
	}
	return one(object{"individual": who})
}

// ukStay is an inpatient encounter with its consultant episodes within it, and the
// diagnoses and procedures that were made at it.
func (p *pile) ukStay(r row) {
	id := r.id()
	o := r.encounter("IMP", r.at("admitted_at"), r.at("discharged_at"))
	site := p.organisation(r.s("site_ods"), r.s("site_name"))
	o["serviceType"], o["reasonCode"], o["participant"], o["serviceProvider"] = r.concept("specialty"), one(r.concept("reason")), participant(r.who("consultant")), site
	o["hospitalization"] = object{"admitSource": r.concept("admission_source"), "dischargeDisposition": r.concept("discharge_destination")}
	legal := object{}
	if r.has("legal_status_on_admission") {
		legal = extension(ukcX+"LegalStatus", object{"extension": []object{
			extension("legalStatusContext", object{"valueCodeableConcept": object{"coding": one(coding("https://fhir.hl7.org.uk/CodeSystem/UKCore-LegalStatusContext", "admission", ""))}}),
			extension("legalStatusClassification", object{"valueCodeableConcept": r.concept("legal_status_on_admission")})}})
	}
	o["extension"] = extensions(extension(ukcX+"AdmissionMethod", object{"valueCodeableConcept": r.concept("admission_method")}),
		extension(ukcX+"DischargeMethod", object{"valueCodeableConcept": r.concept("discharge_method")}), legal)
	o["location"] = p.wards(r, site)
	o["diagnosis"] = p.diagnoses(r, "stay_diagnosis")
	p.add("Encounter", id, o)
	for i, part := range p.parts[id+" stay_procedure"] {
		p.add("Procedure", id+"-procedure-"+strconv.Itoa(i+1), object{"subject": p.subject(), "status": "completed", "code": part.concept("procedure"), "performedDateTime": part.s("performed_on"),
			"encounter": object{"reference": "Encounter/" + id}})
	}
	for i, part := range p.parts[id+" episode"] {
		e := part.encounter("IMP", part.at("started_at"), part.at("ended_at"))
		e["partOf"], e["serviceType"], e["participant"] = object{"reference": "Encounter/" + id}, part.concept("specialty"), participant(part.who("consultant"))
		p.add("Encounter", id+"-episode-"+strconv.Itoa(i+1), e)
	}
}

// wards are the places of a stay: each ward stay, else the ward that the stay itself names.
func (p *pile) wards(r row, site object) []object {
	ward := func(name string, site object) object {
		return p.once("Location", "ward-"+hashed(name, ref(site)), object{"name": name, "managingOrganization": site})
	}
	var all []object
	for _, w := range p.parts[r.id()+" ward_stay"] {
		at := p.organisation(w.s("site_ods"), w.s("site_name"))
		if at == nil {
			at = site
		}
		all = append(all, object{"location": ward(w.s("ward"), at), "period": period(w.at("started_at"), w.at("ended_at"))})
	}
	if name := r.s("ward"); len(all) == 0 && name != "" {
		all = one(object{"location": ward(name, site), "period": period(r.at("admitted_at"), r.at("discharged_at"))})
	}
	return all
}

func ref(o object) string {
	s, _ := o["reference"].(string)
	return s
}

// diagnoses are Conditions that name the encounter, listed by it with their rank.
func (p *pile) diagnoses(r row, relation string) []object {
	var all []object
	for i, part := range p.parts[r.id()+" "+relation] {
		condition := p.add("Condition", r.id()+"-diagnosis-"+strconv.Itoa(i+1), object{"subject": p.subject(), "category": one(hl7("condition-category", "encounter-diagnosis")),
			"code": part.concept("diagnosis"), "encounter": object{"reference": "Encounter/" + r.id()}})
		all = append(all, object{"condition": condition, "rank": part.number("rank")})
	}
	return all
}

func (p *pile) ukAttendance(r row) {
	class := "AMB"
	if code := r.s("specialty_code"); code == "180" {
		class = "EMER"
	}
	o := r.encounter(class, r.at("arrived_at"), r.at("departed_at"))
	o["type"], o["priority"], o["reasonCode"], o["serviceType"] = one(r.concept("kind")), r.concept("acuity"), one(r.concept("complaint")), r.concept("specialty")
	o["participant"], o["serviceProvider"] = participant(r.who("clinician")), p.organisation(r.s("site_ods"), r.s("site_name"))
	o["hospitalization"] = object{"dischargeDisposition": r.concept("discharge_destination")}
	o["extension"] = extensions(extension(ukcX+"EmergencyCareDischargeStatus", object{"valueCodeableConcept": r.concept("discharge_status")}))
	if at := p.place("Location", r.s("department")); at != nil {
		o["location"] = one(object{"location": at})
	}
	o["diagnosis"] = p.diagnoses(r, "attendance_diagnosis")
	p.add("Encounter", r.id(), o)
}

func (p *pile) ukImaging(r row) {
	status := map[string]string{"REGISTERED": "registered", "FINAL": "available", "UNKNOWN": "unknown", "PRELIMINARY": "registered"}[r.s("status")]
	if r.is("entered_in_error") {
		status = mistake
	}
	p.add("ImagingStudy", r.id(), object{"meta": r.meta(ukc + "ImagingStudy"), "subject": p.subject(), "status": status, "started": r.at("started_at"), "modality": one(r.coding("modality")),
		"description": r.s("description"), "procedureCode": one(r.concept("procedure")), "numberOfSeries": r.number("series_count"), "numberOfInstances": r.number("image_count"),
		"series": one(object{"uid": "2.25." + strconv.Itoa(len(r.id())), "modality": r.coding("modality"), "bodySite": r.coding("body_site")})})
}

// ukCareContact says how the person was seen by its class, and on the telephone by a type
// besides.
func (p *pile) ukCareContact(r row) {
	class := map[string]string{"TELEPHONE": "VR", "VIDEO": "VR"}[r.s("medium")]
	o := r.encounter(cmp.Or(class, "AMB"), r.at("at"), r.after("at", "duration_minutes"))
	types := one(r.concept("kind"))
	switch r.s("medium") {
	case "TELEPHONE":
		types = append(types, object{"coding": one(coding("http://snomed.info/sct", "185317003", "Telephone encounter"))})
	case "VIDEO":
		types = append(types, object{"coding": one(coding("http://snomed.info/sct", "448337001", "Telemedicine consultation with patient"))})
	}
	o["serviceType"] = r.concept("team_type")
	o["type"], o["reasonCode"], o["participant"] = types, one(r.concept("reason")), participant(r.who("clinician"))
	if at := p.place("Location", r.s("location")); at != nil {
		o["location"] = one(object{"location": at})
	}
	p.add("Encounter", r.id(), o)
}

// ukCoordinator is who manages an episode of care.
func (p *pile) ukCoordinator(r row) {
	o := object{"meta": r.meta(ukc + "EpisodeOfCare"), "patient": p.subject(), "status": "active", "period": period(r.s("started_on"), r.s("ended_on")),
		"careManager": p.professional(r.s("name"), r.s("role"), "")}
	if team := r.s("team"); team != "" {
		o["team"] = one(object{"display": team})
	}
	if r.is("entered_in_error") {
		o["status"] = mistake
	}
	p.add("EpisodeOfCare", r.id(), o)
}
