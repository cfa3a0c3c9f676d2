package load

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// medication reads a request (a prescription), a statement (reported) or an
// administration (given).
func (c *conversion) medication(r *medication) {
	kind := r.ResourceType
	if r.DoNotPerform {
		c.tally.left(kind, notToBeDone)
		return
	}
	medicine, ok := c.medicine(r)
	if !ok {
		c.tally.left(kind, "says not which medicine")
		return
	}
	encounter := r.Encounter
	if encounter.empty() {
		encounter = r.Context
	}
	ordered := c.stamp(kind, r.AuthoredOn, r.EffectiveDateTime, r.EffectivePeriod.Start, r.DateAsserted)
	reasons := c.reasons(r.ReasonCode, r.ReasonReference)
	source, sector, v := c.put(item{kind: kind, head: &r.head, code: medicine, reasons: reasons, encounter: encounter, when: ordered,
		mistaken: isMistake(r.Status)})
	v.at("recorded_at", c.stamp(kind, r.AuthoredOn, r.DateAsserted, r.EffectiveDateTime))
	v.mainCode("medicine", medicine)
	status := mapped(medicineStatus, r.Status)
	v["status"] = status
	v.text("status_reason", words(r.StatusReason))
	v.hang(r.StatusReason...)
	place := c.place(encounter)
	v["kind"], v["intent"] = c.medicineKind(r, sector, place, status)
	if atStay := place != nil && place.table == "stay" && place.source == source && !place.undated; atStay && (v["kind"] == "DISCHARGE" || v["kind"] == "INPATIENT") {
		v["discharge_id"] = place.id
		if !place.ended.zero() {
			v["discharged_at"] = place.ended.at
		}
	}
	c.dosage(v, r)
	v.first("reason", reasons)
	v.on("started_on", c.stamp(kind, r.AuthoredOn, r.EffectiveDateTime, r.EffectivePeriod.Start))
	c.ends(v, r)
	v.whole("repeats_allowed", r.DispenseRequest.NumberOfRepeatsAllowed)
	v.text("quantity", r.DispenseRequest.Quantity.String())
	c.who(v, "prescriber", r.Requester)
	v.text("note", notes(r.Note, intention(r.Intent)))
	c.emit("medication", source, "medication", v)
	c.tally.loaded(kind)
}

// intention says of what nobody yet means to see done that it is only proposed.
func intention(intent string) string {
	if intent == "proposal" || intent == "option" {
		return "Only proposed"
	}
	return ""
}

// medicine finds what the medicine is: coded, contained or elsewhere in the file.
func (c *conversion) medicine(r *medication) (codeable, bool) {
	if !r.MedicationCodeableConcept.empty() {
		return r.MedicationCodeableConcept, true
	}
	if id, ok := strings.CutPrefix(r.MedicationReference.Reference, "#"); ok {
		for _, m := range r.Contained {
			var code codeable
			if m.ID == id && json.Unmarshal(m.Code, &code) == nil && !code.empty() {
				return code, true
			}
		}
	}
	if code, ok := c.names.findMedicine(r.MedicationReference); ok && !code.empty() {
		return code, true
	}
	if d := r.MedicationReference.Display; d != "" {
		return codeable{Text: d}, true
	}
	return codeable{}, false
}

var medicineStatus = map[string]string{"active": "ACTIVE", "in-progress": "ACTIVE", "on-hold": "ON_HOLD", "completed": "COMPLETED",
	"stopped": "STOPPED", "cancelled": "CANCELLED", "not-done": "CANCELLED", "not-taken": "STOPPED", "draft": "INTENDED", "intended": "INTENDED"}

// medicineKind is acute, repeat and so on, as far as the data say. An order
// without a course of therapy that is still active is one the person goes on
// taking: in general practice a repeat, and at a stay what it sent them home with. Of
// one that is not over it is not known to be a short course, which ends by itself.
func (c *conversion) medicineKind(r *medication, sector record.Sector, p *place, status string) (kind, intent string) {
	switch r.ResourceType {
	case "MedicationStatement":
		return "REPORTED", "STATEMENT"
	case "MedicationAdministration":
		return "INPATIENT", "STATEMENT"
	}
	intent = "ORDER"
	switch r.Intent {
	case "plan":
		intent = "PLAN"
	case "proposal", "option":
		intent = "UNKNOWN"
	}
	course := firstCode(r.CourseOfTherapyType)
	atStay := p != nil && p.table == "stay" && sector == p.sector
	switch {
	case course == "continuous-repeat-dispensing":
		return "REPEAT_DISPENSING", intent
	case has(r.Category, "discharge"), atStay && status == "ACTIVE" && (p.undated || !p.ended.zero()):
		if atStay && !p.ended.zero() {
			return "DISCHARGE", intent
		}
		return "UNKNOWN", intent
	case has(r.Category, "inpatient"), atStay:
		return "INPATIENT", intent
	case course == "continuous", course == "" && status == "ACTIVE":
		return "REPEAT", intent
	case course == "acute", status == "COMPLETED", status == "STOPPED", status == "CANCELLED":
		return "ACUTE", intent
	}
	return "UNKNOWN", intent
}

func has(list []codeable, code string) bool {
	for _, c := range list {
		if firstCode(c) == code {
			return true
		}
	}
	return false
}

// ends says when a medicine ends: by itself, else with its prescription. Unless it is a short course or its status says that it is
// over, it does not end with that: it is when it is to be looked at again.
func (c *conversion) ends(v columns, r *medication) {
	if end := r.ended(); end != "" {
		v.on("ended_on", c.stamp(r.ResourceType, end))
		return
	}
	column := "review_due_on"
	switch v["status"] {
	case "COMPLETED", "STOPPED", "CANCELLED":
		column = "ended_on"
	}
	if v["kind"] == "ACUTE" {
		column = "ended_on"
	}
	v.on(column, c.stamp(r.ResourceType, r.DispenseRequest.ValidityPeriod.End))
}

// ended is a medicine's own end, else that of the last of its instructions. One without an end goes on.
func (r *medication) ended() (last string) {
	if r.EffectivePeriod.End != "" {
		return r.EffectivePeriod.End
	}
	for i := range r.DosageInstruction {
		end := r.DosageInstruction[i].Timing.Repeat.BoundsPeriod.End
		if end == "" {
			return ""
		}
		last = max(last, end)
	}
	return last
}

// dosage writes how a medicine is taken: the prescriber's words, else the
// structured instruction in words.
func (c *conversion) dosage(v columns, r *medication) {
	list := r.DosageInstruction
	if len(list) == 0 {
		list = r.Dosage
	}
	taking := fhir.TakingOf(c.moved(list))
	v.text("dosage", taking.Words)
	v.code("route", of(taking.Route))
	if taking.AsNeeded != nil {
		v["as_needed"] = *taking.AsNeeded
	}
}

// moved are instructions whose dates are moved as all of the person's are. As they stand where none is.
func (c *conversion) moved(list []fhir.Dosage) []fhir.Dosage {
	if c.shift == 0 {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		timing := &list[i].Timing
		timing.Repeat.BoundsPeriod = fhir.Period{Start: c.quietly(timing.Repeat.BoundsPeriod.Start).on, End: c.quietly(timing.Repeat.BoundsPeriod.End).on}
		timing.Event = slices.Clone(timing.Event)
		for k, at := range timing.Event {
			timing.Event[k] = c.quietly(at).String()
		}
	}
	return list
}

func (c *conversion) carePlan(r *carePlan) {
	kind := planKind(r)
	if kind.empty() {
		c.tally.left("CarePlan", "says not what it is")
		return
	}
	start, end := c.stamp("CarePlan", r.Period.Start, r.Created), c.stamp("CarePlan", r.Period.End)
	reasons := c.reasons(nil, r.Addresses)
	source, _, v := c.put(item{kind: "CarePlan", head: &r.head, code: kind, reasons: reasons, encounter: r.Encounter, when: start,
		mistaken: isMistake(r.Status)})
	v.at("recorded_at", c.stamp("CarePlan", r.Created))
	v.mainCode("kind", kind)
	v.text("title", cmp.Or(r.Title, kind.display()))
	v["status"] = mapped(careStatus, r.Status)
	v.on("started_on", start)
	v.on("ended_on", end)
	c.who(v, "author", r.Author)
	for _, team := range r.CareTeam {
		v.text("team", c.team(team))
	}
	v.first("addresses", reasons)
	id := c.emit("careplan", source, "care_plan", v)
	if r.Description != "" {
		c.child(source, "care_plan_section", id, 1, columns{"heading": "Description", "text": r.Description})
	}
	if note := notes(r.Note); note != "" {
		c.child(source, "care_plan_section", id, 2, columns{"heading": "Note", "text": note})
	}
	c.activities(r, source, id)
	c.goalsOf(r, source, id)
	c.tally.loaded("CarePlan")
}

func (c *conversion) team(ref reference) string {
	if c.withholds(ref) {
		return ""
	}
	for _, k := range ref.lookups() {
		if name := c.teamAt[k]; name != "" {
			return name
		}
	}
	return ref.Display
}

// planKind is the SNOMED CT category where there is one: US Core puts its own
// "assess-plan" before it.
func planKind(r *carePlan) codeable {
	for _, category := range r.Category {
		for _, coding := range category.Coding {
			if coding.System == known[0] {
				return category
			}
		}
	}
	if len(r.Category) > 0 {
		return r.Category[0]
	}
	return codeable{Text: r.Title}
}

func (c *conversion) activities(r *carePlan, source Source, id string) {
	position := 0
	for _, a := range r.Activity {
		if a.Detail.DoNotPerform {
			c.tally.left("CarePlan", "an activity that is not to be done (the plan is loaded without it)")
			continue
		}
		if isMistake(a.Detail.Status) || c.withholds(a.Reference) {
			c.tally.left("CarePlan", "an activity that may not be told of (the plan is loaded without it)")
			continue
		}
		position++
		v := columns{"status": mapped(careStatus, a.Detail.Status)}
		what := a.Detail.Code
		if what.empty() {
			what.Text = cmp.Or(a.Detail.Description, a.Reference.Display, "Activity")
		}
		v.mainCode("activity", what)
		v.also(a.Detail.Description)
		location, _ := c.nameOf(a.Detail.Location)
		v.text("location", location)
		c.child(source, "care_plan_activity", id, position, v)
	}
}

func (c *conversion) goalsOf(r *carePlan, source Source, id string) {
	position := 0
	for _, ref := range r.Goal {
		if c.withholds(ref) {
			continue
		}
		for _, k := range ref.lookups() {
			g := c.goalAt[k]
			if g == nil {
				continue
			}
			position++
			c.child(source, "care_plan_goal", id, position, c.goal(g))
			if g.fullURL != goalUsed {
				c.tally.loaded("Goal")
				g.fullURL = goalUsed
			}
			break
		}
	}
}

// goalUsed marks a goal that stands in a care plan.
const goalUsed = "urn:used"

func (c *conversion) goal(g *goal) columns {
	v := columns{"status": mapped(careStatus, g.LifecycleStatus)}
	switch firstCode(g.AchievementStatus) {
	case "achieved", "sustaining":
		v["status"] = "COMPLETED"
	case "in-progress", "improving", "worsening", "no-change", "not-achieved", "no-progress":
		if v["status"] == "PLANNED" { // accepted and under way
			v["status"] = "IN_PROGRESS"
		}
	}
	v.mainCode("goal", g.Description)
	if g.Description.empty() {
		v["goal_display"] = "Goal"
	}
	var targets []string
	for i := range g.Target {
		t := &g.Target[i]
		v.on("due_on", c.stamp("Goal", t.DueDate))
		target := strings.TrimSpace(t.Measure.display() + " " + t.Words(t.DetailCodeableConcept.display()))
		v.hang(t.Measure, t.DetailCodeableConcept)
		if target != "" {
			targets = append(targets, target)
		}
	}
	v.text("target", strings.Join(targets, "; "))
	return v
}

// lonelyGoals counts goals that no care plan names: there is no place for one by itself.
func (c *conversion) lonelyGoals() {
	for i := range c.goals {
		switch g := &c.goals[i]; {
		case g.fullURL == goalUsed:
		case g.confidential() || isMistake(g.LifecycleStatus):
			c.tally.left("Goal", "may not be told of")
		default:
			c.tally.left("Goal", "belongs to no care plan")
		}
	}
}

// careTeam is who cares for the person in a team. One that is only proposed is not there yet, and whoever was in one that is over would
// read as if they were still, where it does not say when it ended.
func (c *conversion) careTeam(r *careTeam) {
	if r.Status == "proposed" {
		c.tally.left("CareTeam", "is only proposed")
		return
	}
	started := c.stamp("CareTeam", r.Period.Start)
	team := cmp.Or(r.Name, words(r.Category))
	members, over := 0, false
	for _, p := range r.Participant {
		name, role := c.nameOf(p.Member)
		if strings.Contains(p.Member.Reference, "Patient") || name == "" || name == usual(c.patient.Name).String() || c.isPatient(p.Member) {
			continue
		}
		if r.Status == "inactive" && p.Period.End == "" && r.Period.End == "" {
			over = true
			continue
		}
		source, _, v := c.put(item{kind: "CareTeam", head: &r.head, reasons: r.ReasonCode, encounter: r.Encounter, when: started, mistaken: isMistake(r.Status)})
		v.hang(r.ReasonCode...)
		v.hang(r.Category...)
		v.text("name", name)
		v.text("role", cmp.Or(words(p.Role), role))
		v.first("kind", p.Role)
		v.text("team", team)
		v.on("since", c.stamp("CareTeam", p.Period.Start, r.Period.Start))
		v.on("ended_on", c.stamp("CareTeam", p.Period.End, r.Period.End))
		c.emit("careteam", source, "care_team_member", v)
		members++
	}
	switch {
	case members == 0 && over:
		c.tally.left("CareTeam", "is over and does not say when")
		return
	case members == 0:
		c.tally.left("CareTeam", "names nobody")
		return
	case over:
		c.tally.left("CareTeam", "a member of a team that is over, which does not say when (the others are loaded)")
	}
	c.tally.loaded("CareTeam")
}

func (c *conversion) isPatient(ref reference) bool {
	for _, k := range ref.lookups() {
		if k == c.patient.fullURL || k == "Patient/"+c.patient.ID {
			return k != ""
		}
	}
	return false
}

func (c *conversion) appointment(r *appointment) {
	if isMistake(r.Status) {
		c.tally.left("Appointment", "entered in error")
		return
	}
	start, end := c.stamp("Appointment", r.Start), c.stamp("Appointment", r.End)
	reasons := c.reasons(r.ReasonCode, r.ReasonReference)
	code := r.AppointmentType
	if len(r.ServiceType) > 0 {
		code = r.ServiceType[0]
	}
	source, sector, v := c.put(item{kind: "Appointment", head: &r.head, code: code, reasons: reasons, when: start})
	v.at("recorded_at", c.stamp("Appointment", r.Created))
	v.at("starts_at", start)
	v.whole("duration_minutes", r.MinutesDuration)
	if v["duration_minutes"] == nil && !start.zero() && !end.zero() {
		v["duration_minutes"] = int(end.at.Sub(start.at) / time.Minute)
	}
	v.first("specialty", r.Specialty)
	for _, service := range append(slices.Clone(r.Specialty), r.ServiceType...) {
		if v["specialty_key"] == nil {
			v.text("specialty_key", treatmentFunction(service).Code)
		}
	}
	v.code("kind", code)
	v["status"] = mapped(map[string]string{"proposed": "PROPOSED", "pending": "PENDING", "booked": "BOOKED", "checked-in": "ARRIVED", "arrived": "ARRIVED",
		"fulfilled": "FULFILLED", "cancelled": "CANCELLED", "noshow": "DID_NOT_ATTEND", "waitlist": "WAITLIST"}, r.Status)
	v["medium"] = "UNKNOWN"
	v.first("reason", reasons)
	v.text("cancellation_reason", r.CancelationReason.display())
	v.hang(r.CancelationReason, r.AppointmentType)
	v.hang(r.ServiceType...)
	v.text("note", notes(nil, r.Description, r.Comment, r.PatientInstruction))
	var actors []reference
	for _, p := range r.Participant {
		if strings.Contains(p.Actor.Reference, "Location") {
			location, _ := c.nameOf(p.Actor)
			v.text("location", location)
		} else if !strings.Contains(p.Actor.Reference, "Patient/") && !c.isPatient(p.Actor) {
			actors = append(actors, p.Actor)
		}
	}
	c.who(v, "clinician", actors...)
	for _, actor := range actors { // a clinic may stand beside who is seen
		if name, _ := c.nameOf(actor); name != v["clinician_name"] && !strings.Contains(actor.Reference, "RelatedPerson/") {
			v.also(name)
		}
	}
	c.emit("appointment", source, "appointment", v)
	if sector != record.GP && !start.zero() && r.Status != "cancelled" { // when it was cancelled, which ended what it was, is not said
		c.person.Relations = append(c.person.Relations, Relation{ODS: source.ODS, Kind: "APPOINTMENT", Started: start.at})
	}
	c.tally.loaded("Appointment")
}

// referral takes requests for a service; orders of tests and imaging are none.
func (c *conversion) referral(r *serviceRequest) {
	if r.DoNotPerform {
		c.tally.left("ServiceRequest", notToBeDone)
		return
	}
	for _, category := range r.Category {
		if category.has(orders) {
			c.tally.left("ServiceRequest", "an order of a test, not a referral")
			return
		}
	}
	made := c.stamp("ServiceRequest", r.AuthoredOn)
	reasons := c.reasons(r.ReasonCode, r.ReasonReference)
	source, sector, v := c.put(item{kind: "ServiceRequest", head: &r.head, code: r.Code, reasons: reasons, encounter: r.Encounter, when: made,
		mistaken: isMistake(r.Status)})
	if sector == record.MentalHealth && r.Status != "revoked" && r.Status != "draft" {
		c.reached(source, v, made)
	}
	v.at("recorded_at", made)
	v.code("service", r.Code)
	v["priority"] = mapped(map[string]string{"routine": "ROUTINE", "urgent": "URGENT", "asap": "URGENT", "stat": "EMERGENCY"}, r.Priority)
	v["status"] = mapped(careStatus, r.Status)
	v.on("referred_on", made)
	v.first("reason", reasons)
	c.who(v, "referrer", r.Requester)
	if len(r.Performer) > 0 {
		team, _ := c.nameOf(r.Performer[0])
		v.text("team", team)
	}
	v.text("note", notes(r.Note, intention(r.Intent)))
	c.emit("referral", source, "referral", v)
	c.tally.loaded("ServiceRequest")
}

var orders = set("108252007", "363679005", "laboratory", "imaging") // Laboratory procedure, Imaging

func (c *conversion) alert(r *flag) {
	since := c.stamp("Flag", r.Period.Start)
	if r.Code.empty() {
		c.tally.left("Flag", "says not what it is")
		return
	}
	source, _, v := c.put(item{kind: "Flag", head: &r.head, code: r.Code, encounter: r.Encounter, when: since, mistaken: isMistake(r.Status)})
	v.mainCode("kind", r.Code)
	v.text("note", r.Code.Text)
	v.on("since", since)
	v.on("ended_on", c.stamp("Flag", r.Period.End))
	v["status"] = mapped(careStatus, r.Status)
	c.who(v, "recorded_by", r.Author)
	c.emit("flag", source, "alert", v)
	c.tally.loaded("Flag")
}
