package fhirtest

import "cmp"

// The profiles, extensions and code systems of Interweave.
const (
	iwp = "https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-"
	iwX = "https://fhir.yhcr.nhs.uk/StructureDefinition/Extension-Interweave-"
	iwC = "https://fhir.yhcr.nhs.uk/CodeSystem/Interweave-"
)

// interweave writes what a council holds. Allocated workers, circumstances, reviews, care
// plans, referrals, needs, legal measures and what matters to the person have no place
// in it.
func (p *pile) interweave() {
	self := p.self(PatientID(p.person.Number))
	self["meta"] = object{"profile": []string{iwp + "Patient"}}
	writers := map[string]func(*pile, row){
		"alert": (*pile).iwFlag, "safeguarding": (*pile).iwConcern, "request": (*pile).iwRequest, "social_care_assessment": (*pile).iwAssessment, "service": (*pile).iwService,
		"support_reason": (*pile).iwReason, "equipment": (*pile).iwEquipment, "contact": (*pile).iwContact, "carer": (*pile).iwCarer, "appointment": (*pile).iwAppointment,
		"care_team_member": (*pile).iwMember, "document": (*pile).iwDocument,
	}
	for _, r := range p.person.Rows[p.source] {
		if write := writers[r.Relation]; write != nil {
			write(p, row{p, r})
		}
	}
}

// tagged is the meta of Interweave: it says which system and organisation recorded it.
func (r row) tagged(profile string) object {
	o := r.meta(iwp + profile)
	o["tag"] = []object{coding("https://yhcr.nhs.uk/Source", "SRC-01", r.s("source_system")), coding("https://yhcr.nhs.uk/Provenance", r.s("organisation_ods"), r.s("organisation_name"))}
	return o
}

// iwFlag has a category beside its code.
func (p *pile) iwFlag(r row) {
	p.add("Flag", r.id(), object{"meta": r.tagged("Flag"), "subject": p.subject(), "status": r.status(flagStatuses), "code": r.concept("kind"),
		"category": one(object{"coding": one(coding(iwC+"SocialCareFlagCategory-1", "ALERT", cmp.Or(r.s("note"), r.s("kind_display"))))}), "period": period(r.s("since"), r.s("ended_on")),
		"author": r.who("recorded_by")})
}

// iwConcern is a flag of the safeguarding category, with whom to call as its author.
func (p *pile) iwConcern(r row) {
	status := map[bool]string{true: "active", false: "inactive"}[r.s("ended_on") == ""]
	o := object{"meta": r.tagged("Flag"), "subject": p.subject(), "status": status, "category": one(object{"coding": one(coding(iwC+"SocialCareFlagCategory-1", "SGC", "Safeguarding concern"))}),
		"code": words("Safeguarding concern"), "period": period(r.s("raised_on"), r.s("ended_on"))}
	if first := r.s("call_first"); first != "" {
		o["author"] = p.place("Organization", first)
	}
	p.add("Flag", r.id(), o)
}

func (p *pile) iwRequest(r row) {
	p.add("ServiceRequest", r.id(), object{"meta": r.tagged("SocialCareContact"), "intent": "plan", "subject": p.subject(),
		"status":           r.status(map[string]string{"PLANNED": "draft", "IN_PROGRESS": "active", "ON_HOLD": "on-hold", "COMPLETED": "completed", "CANCELLED": "revoked", "UNKNOWN": "unknown"}),
		"occurrencePeriod": period(r.s("received_on"), r.s("ended_on")), "authoredOn": r.at("recorded_at"), "requester": r.who("recorded_by"), "note": notes(r.s("description")),
		"extension": extensions(extension(iwX+"SocialCareRequesterType", object{"valueCodeableConcept": r.concept("route")}))})
}

func (p *pile) iwAssessment(r row) {
	o := object{"meta": r.tagged("SocialCareAssessment"), "intent": "plan", "for": p.subject(), "code": r.concept("kind"), "executionPeriod": period(r.s("started_on"), r.s("ended_on")),
		"status":     r.status(map[string]string{"PLANNED": "accepted", "IN_PROGRESS": "in-progress", "ON_HOLD": "on-hold", "COMPLETED": "completed", "CANCELLED": "cancelled", "STOPPED": "failed"}),
		"authoredOn": r.at("recorded_at"), "requester": r.who("recorded_by"), "note": notes(r.s("summary")), "owner": r.who("assessor"),
		"extension": extensions(extension(iwX+"SocialCareAssessmentOutcome", object{"valueCodeableConcept": r.concept("outcome")}))}
	p.add("Task", r.id(), o)
}

// iwService has its kind as a category and its component as a type.
func (p *pile) iwService(r row) {
	end := r.s("ended_on")
	if end == "" {
		end = r.s("planned_end_on")
	}
	p.add("EpisodeOfCare", r.id(), object{"meta": r.tagged("SocialCareService"), "patient": p.subject(), "type": one(described(r)), "period": period(r.s("started_on"), end),
		"status":               r.status(map[string]string{"PLANNED": "planned", "IN_PROGRESS": "active", "ON_HOLD": "onhold", "COMPLETED": "finished", "CANCELLED": "cancelled"}),
		"managingOrganization": p.place("Organization", r.s("provider")),
		"extension":            extensions(extension(iwX+"SocialCareServiceCategory", object{"valueCodeableConcept": r.concept("kind")}))})
}

// described is the type of a service with the council's own words for it.
func described(r row) object {
	o := r.concept("component")
	if text := r.s("description"); text != "" {
		o["text"] = text
	}
	return o
}

func (p *pile) iwReason(r row) {
	status := map[bool]string{true: "active", false: "inactive"}[r.s("ended_on") == ""]
	o := object{"meta": r.tagged("SocialCareSupportReason"), "subject": p.subject(), "code": r.concept("reason"), "clinicalStatus": object{"coding": one(coding("http://hl7.org/fhir/condition-clinical", status, ""))},
		"recordedDate": r.at("recorded_at"), "recorder": r.who("recorded_by"), "extension": extensions(
			extension(iwX+"SocialCareSupportReasonPeriod", object{"valuePeriod": period(r.s("started_on"), r.s("ended_on"))}),
			extension(iwX+"SocialCarePrimarySupportReason", object{"valueBoolean": true}))}
	if r.is("entered_in_error") {
		o["verificationStatus"] = object{"coding": one(coding(term+"condition-ver-status", mistake, ""))}
	}
	p.add("Condition", r.id(), o)
}

func (p *pile) iwEquipment(r row) {
	status := map[bool]string{true: "active", false: "completed"}[r.s("ended_on") == ""]
	if r.is("entered_in_error") {
		status = mistake
	}
	p.add("DeviceRequest", r.id(), object{"meta": r.tagged("SocialCareEquipmentProvision"), "subject": p.subject(), "intent": "order", "status": status, "codeCodeableConcept": r.concept("item"),
		"occurrencePeriod": period(r.s("supplied_on"), r.s("ended_on")), "authoredOn": r.at("recorded_at"), "requester": r.who("recorded_by"), "note": notes(r.s("detail"))})
}

// supportRoles are Interweave's, by what contacts are to the person.
var supportRoles = map[string]string{"NEXT_OF_KIN": "NOK", "EMERGENCY_CONTACT": "EC", "MAIN_CARER": "MC", "CARER": "CAR", "HOUSEHOLD_MEMBER": "HM", "ADVOCATE": "ADV"}

func supportRole(code, from, to string) object {
	return extension(iwX+"SocialCareSupportRole", object{"extension": extensions(
		extension("supportRoleType", object{"valueCodeableConcept": object{"coding": one(coding(iwC+"SocialCareSupportRole-1", code, ""))}}),
		extension("supportRolePeriod", object{"valuePeriod": period(from, to)}))})
}

// relatedPerson is a RelatedPerson whose roles are Interweave's and not relationships.
func (p *pile) relatedPerson(r row, roles ...object) {
	o := r.related(iwp + "RelatedPerson")
	relationships := o["relationship"].([]object)
	o["meta"], o["relationship"], o["extension"] = r.tagged("RelatedPerson"), relationships[:1], roles
	p.add("RelatedPerson", r.id(), o)
}

func (p *pile) iwContact(r row) {
	var roles []object
	for _, role := range r.texts("roles") {
		if code := supportRoles[role]; code != "" {
			roles = append(roles, supportRole(code, r.s("since"), ""))
		}
	}
	p.relatedPerson(r, roles...)
}

func (p *pile) iwCarer(r row) {
	code := map[bool]string{true: "MC", false: "CAR"}[r.is("main_carer")]
	roles := one(supportRole(code, r.s("since"), r.s("ended_on")))
	if r.is("lives_with") {
		roles = append(roles, supportRole("HM", r.s("since"), r.s("ended_on")))
	}
	p.relatedPerson(r, roles...)
}

func (p *pile) iwAppointment(r row) {
	o := object{"meta": r.tagged("Appointment"), "status": r.status(appointmentStatuses), "specialty": one(r.concept("specialty")), "appointmentType": r.concept("kind"), "reasonCode": one(r.concept("reason")),
		"description": r.s("clinic"), "start": r.at("starts_at"), "end": r.after("starts_at", "duration_minutes"), "minutesDuration": r.number("duration_minutes"), "created": r.at("recorded_at"),
		"cancelationReason": words(r.s("cancellation_reason")), "comment": r.s("note"), "participant": p.participants(r, p.place("Location", r.s("location")), r.who("clinician"))}
	if channel := map[string]string{"FACE_TO_FACE": "In-person", "TELEPHONE": "Telephone", "VIDEO": "Telemedicine", "EMAIL": "Email", "SMS": "Text"}[r.s("medium")]; channel != "" {
		o["extension"] = one(extension(ccX+"DeliveryChannel-1", object{"valueCode": channel}))
	}
	p.add("Appointment", r.id(), o)
}

func (p *pile) iwMember(r row) {
	o := object{"meta": r.tagged("CareTeam"), "subject": p.subject(), "status": "active", "name": r.s("team"), "participant": one(object{
		"role": []object{r.concept("kind")}, "member": p.professional(r.s("name"), r.s("role"), ""), "period": period(r.s("since"), r.s("ended_on"))})}
	if phone := r.s("phone"); phone != "" {
		o["telecom"] = one(object{"system": "phone", "value": phone})
	}
	p.add("CareTeam", r.id(), o)
}

func (p *pile) iwDocument(r row) {
	o := object{"meta": r.tagged("DocumentReference"), "subject": p.subject(), "status": "current", "docStatus": r.lower("status"), "type": r.concept("kind"), "date": r.at("recorded_at"),
		"description": r.s("description"), "content": one(object{"attachment": object{"contentType": r.s("content_type"), "title": r.s("title"), "data": encoded(r), "creation": r.at("written_at"), "size": r.number("size")}})}
	if who := r.who("author"); who != nil {
		o["author"] = one(who)
	}
	p.add("DocumentReference", r.id(), o)
}
