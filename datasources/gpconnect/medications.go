package gpconnect

import (
	"cmp"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A medicationStatement is a medicine on the list: one that is or was authorised.
type medicationStatement struct {
	Status, Taken             string
	BasedOn                   references
	MedicationReference       fhir.Reference
	MedicationCodeableConcept *fhir.Concept
	EffectiveDateTime         string
	EffectivePeriod           fhir.Period
	DateAsserted              string
	InformationSource         fhir.Reference
	ReasonCode                []fhir.Concept
	Dosage                    []fhir.Dosage
	Note                      []fhir.Annotation
	Extension                 []fhir.Extension

	undisclosed string // warning that it must not be disclosed to the patient; "" if it may be
}

// status returns stopped for a medicine that is stated not to be taken, whatever its status.
func (x *medicationStatement) status() record.MedicationStatus {
	if x.Taken == "n" {
		return record.MedicationStatusStopped
	}
	return fhir.Mapped(medicationStatuses, x.Status, record.MedicationStatusUnknown)
}

// A medicationRequest is an authorisation (plan) or an issue (order).
type medicationRequest struct {
	ID, Status, Intent        string
	BasedOn                   references
	MedicationReference       fhir.Reference
	MedicationCodeableConcept *fhir.Concept
	AuthoredOn                string
	Requester                 struct{ Agent fhir.Reference }
	Recorder                  fhir.Reference
	ReasonCode                []fhir.Concept
	DosageInstruction         []fhir.Dosage
	DispenseRequest           struct {
		ValidityPeriod fhir.Period
		Quantity       *fhir.Quantity
	}
	Note      []fhir.Annotation
	Extension []fhir.Extension

	undisclosed string // warning that it must not be disclosed to the patient; "" if it may be
}

type medicationItself struct {
	Status string
	Code   *fhir.Concept
}

// prescriptions holds the authorisations and issues by key, and which of them are part of a medicine.
type prescriptions struct {
	requests map[string]*medicationRequest
	issues   map[string][]*medicationRequest // by plan
	used     map[string]bool
	given    map[string]bool // plans whose issues were given to a medicine
	again    int             // number of issues that were given to another medicine as well
}

// manyIssues limits how many issues may be given to another medicine as well. Without it, the answer for a
// record with many statements of one plan would grow as the product of the two numbers.
const manyIssues = 10_000

// issued returns the issues of a plan; false if too many issues were given to other medicines as well.
func (p *prescriptions) issued(plan string) ([]*medicationRequest, bool) {
	issues := p.issues[plan]
	if p.given[plan] {
		p.again += len(issues)
		return issues, p.again <= manyIssues
	}
	p.given[plan] = true
	for _, issue := range issues {
		p.used["MedicationRequest/"+issue.ID] = true
	}
	return issues, true
}

// readMedications makes one medicine of a statement, its plan and its issues. A plan without a statement,
// with its issues, and an issue without either become medicines of their own, so that none is lost.
func (c *chart) readMedications() {
	p := &prescriptions{requests: map[string]*medicationRequest{}, issues: map[string][]*medicationRequest{}, used: map[string]bool{}, given: map[string]bool{}}
	var keys []string
	for _, r := range c.resources {
		if r.Type != "MedicationRequest" || c.hidden[r.Key()] {
			continue
		}
		x, ok := fhir.Decode[medicationRequest](r, c.cannotRead)
		if !ok || x.Status == mistake {
			continue
		}
		x.undisclosed = r.Undisclosed()
		p.requests[r.Key()] = &x
		keys = append(keys, r.Key())
	}
	for _, key := range keys {
		if x := p.requests[key]; x.Intent == "order" && len(x.BasedOn) > 0 {
			plan := c.keyOf(x.BasedOn[0])
			p.issues[plan] = append(p.issues[plan], x)
		}
	}
	for _, r := range c.resources {
		if r.Type == "MedicationStatement" && !c.hidden[r.Key()] {
			c.readStatement(r, p)
		}
	}
	for _, key := range keys {
		x := p.requests[key]
		if plan := c.planOf(x); p.used[key] || x.Intent == "order" && p.requests[plan] != nil {
			continue // part of a medicine, or of a plan that is one
		}
		c.addMedication(x.ID, &medicationStatement{Status: x.Status, MedicationReference: x.MedicationReference, MedicationCodeableConcept: x.MedicationCodeableConcept,
			EffectivePeriod: x.DispenseRequest.ValidityPeriod, EffectiveDateTime: x.AuthoredOn}, x, p.issues[key], false)
	}
}

func (c *chart) planOf(x *medicationRequest) string {
	if len(x.BasedOn) == 0 {
		return ""
	}
	return c.keyOf(x.BasedOn[0])
}

func (c *chart) readStatement(r *fhir.Resource, p *prescriptions) {
	x, ok := fhir.Decode[medicationStatement](r, c.cannotRead)
	if !ok {
		return
	}
	x.undisclosed = r.Undisclosed()
	var plan *medicationRequest
	var issued []*medicationRequest
	seen := map[string]bool{}
	for _, ref := range x.BasedOn {
		key := c.keyOf(ref)
		if seen[key] {
			continue
		}
		seen[key] = true
		if plan == nil {
			plan = p.requests[key]
		}
		p.used[key] = true
		issues, all := p.issued(key)
		if !all {
			c.unreadable[fetch.Medications]++
			continue
		}
		issued = append(issued, issues...)
	}
	if x.Status == mistake {
		return
	}
	for _, ref := range x.BasedOn {
		kind := fhir.TypeOf(fhir.KeyOf(ref.Reference))
		if key := c.keyOf(ref); key != "" && (kind == "" || kind == "MedicationRequest") && c.byKey[key] == nil && !c.hidden[key] && !c.mayBeKeptBack(fetch.Medications) {
			c.unreadable[fetch.Medications]++ // the plan did not come, and it says how the medicine is taken
		}
	}
	c.addMedication(r.ID, &x, plan, issued, true)
}

// addMedication assembles a medicine from the statement, the plan and the issues.
func (c *chart) addMedication(id string, x *medicationStatement, plan *medicationRequest, issued []*medicationRequest, stated bool) {
	if plan == nil {
		plan = &medicationRequest{}
	}
	item, e := c.item(fetch.Medications, id)
	e.recorded(&item, cmp.Or(x.DateAsserted, plan.AuthoredOn), x.InformationSource, plan.Recorder, plan.Requester.Agent)
	m := record.Medication{
		Item: item, Medicine: c.medicine(e, x, plan), Kind: medicationKind(plan, issued),
		Intent: fhir.Mapped(intents, plan.Intent, record.MedicationIntentUnknown),
		Status: x.status(),
		Reason: fhir.FirstOf(slices.Concat(x.ReasonCode, plan.ReasonCode)), Quantity: quantity(plan.DispenseRequest.Quantity),
		StartedOn: e.Day(x.EffectivePeriod.Start, x.EffectiveDateTime), EndedOn: e.Day(x.EffectivePeriod.End),
		Prescriber: c.who(plan.Requester.Agent),
	}
	if stated && plan.Intent == "" {
		m.Intent = record.MedicationIntentStatement
	}
	directions(&m, x.Dosage, plan.DosageInstruction)
	authorisation(&m, e, x.Extension, plan.Extension)
	if m.Status == record.MedicationStatusActive && (m.Kind == record.MedicationKindRepeat || m.Kind == record.MedicationKindRepeatDispensing) && m.EndedOn != "" {
		// The end of an authorisation in force says when it is to be reviewed, not that the person stopped
		// taking the medicine.
		m.ReviewDueOn, m.EndedOn = cmp.Or(m.ReviewDueOn, m.EndedOn), ""
	}
	var last []fhir.Dosage
	var lastOn record.PartialDate
	for i, issue := range issued {
		on := e.Day(issue.DispenseRequest.ValidityPeriod.Start, issue.AuthoredOn)
		m.Issues = append(m.Issues, record.MedicationIssue{IssuedOn: on,
			Quantity: quantity(issue.DispenseRequest.Quantity), Status: fhir.Mapped(medicationStatuses, issue.Status, record.MedicationStatusUnknown)})
		if i == 0 || on > lastOn {
			last, lastOn = issue.DosageInstruction, on
		}
	}
	slices.SortStableFunc(m.Issues, func(a, b record.MedicationIssue) int { return cmp.Compare(b.IssuedOn, a.IssuedOn) })
	beside := append([]string{undisclosed(x, plan, issued)}, otherDosages(string(m.Dosage), plan.DosageInstruction, last)...)
	m.Note = fhir.Notes(nil, append(beside, string(noted(x, plan, issued)))...)
	put(c, &c.medications, m, e)
}

var intents = map[string]record.MedicationIntent{"plan": record.MedicationIntentPlan, "order": record.MedicationIntentOrder}

// undisclosed returns the warning that a medicine must not be disclosed to the patient, if any part of it
// has one.
func undisclosed(x *medicationStatement, plan *medicationRequest, issued []*medicationRequest) string {
	said := cmp.Or(x.undisclosed, plan.undisclosed)
	for _, issue := range issued {
		said = cmp.Or(said, issue.undisclosed)
	}
	return said
}

// noted returns the notes of a medicine, its plan and its issues, each text once.
func noted(x *medicationStatement, plan *medicationRequest, issued []*medicationRequest) record.Text {
	all := slices.Concat(x.Note, plan.Note)
	for _, issue := range issued {
		all = append(all, issue.Note...)
	}
	seen := map[string]bool{}
	return fhir.Notes(slices.DeleteFunc(all, func(n fhir.Annotation) bool {
		twice := seen[n.Text]
		seen[n.Text] = true
		return twice
	}))
}

// medicine returns what is taken. If the Medication did not come, the words of the reference name it. If it
// has none, the entry cannot be read.
func (c *chart) medicine(e *envelope, x *medicationStatement, plan *medicationRequest) record.Code {
	for _, concept := range []*fhir.Concept{x.MedicationCodeableConcept, plan.MedicationCodeableConcept} {
		if !concept.Empty() {
			return e.Code(concept)
		}
	}
	for _, ref := range []fhir.Reference{x.MedicationReference, plan.MedicationReference} {
		r := c.resource(ref)
		if r == nil || r.Type != "Medication" {
			continue
		}
		if y, ok := fhir.Decode[medicationItself](r, c.cannotRead); ok && y.Status != mistake {
			return e.Code(y.Code)
		}
	}
	return e.Code(&fhir.Concept{Text: cmp.Or(x.MedicationReference.Display, plan.MedicationReference.Display)})
}

// medicationKind returns the prescription type of the plan; if it has none, that of an issue.
func medicationKind(plan *medicationRequest, issued []*medicationRequest) record.MedicationKind {
	for _, r := range append([]*medicationRequest{plan}, issued...) {
		if e := fhir.In(r.Extension, "PrescriptionType"); e != nil {
			if kind, ok := medicationKinds[e.ValueCodeableConcept.First()]; ok {
				return kind
			}
		}
	}
	return record.MedicationKindUnknown
}

// directions sets how a medicine is taken: route, whether as needed, and dosage. Each comes from the first list
// that states it, the statement's before the plan's. A plan whose words differ gives neither its route nor that it
// is as needed: those belong to its own dosage.
func directions(m *record.Medication, lists ...[]fhir.Dosage) {
	told := false // the instructions differ, and each states itself whether it is as needed
	for _, list := range lists {
		if words := inWords(list); m.Dosage != "" && saysHow(words) && plainly(words) != plainly(string(m.Dosage)) {
			continue
		}
		for i := range list {
			if m.Route == nil {
				m.Route = list[i].Route.Ptr()
			}
		}
		if needed, differ := fhir.AsNeeded(list); !told {
			m.AsNeeded, told = cmp.Or(m.AsNeeded, needed), differ
		}
		m.Dosage = cmp.Or(m.Dosage, record.Text(inWords(list)))
	}
}

// saysHow reports whether a dosage in words says more than that it is as needed.
func saysHow(words string) bool { return words != "" && !strings.HasPrefix(words, "as needed") }

// inWords are instructions in their order, a line for each thing they say.
func inWords(list []fhir.Dosage) string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b fhir.Dosage) int { return cmp.Compare(a.Turn(), b.Turn()) })
	_, needsDiffer := fhir.AsNeeded(list)
	var lines []string
	for i := range list {
		said := list[i].LinesAmong(needsDiffer)
		if len(lines) > 0 && len(said) > 0 && list[i].Turn() > list[i-1].Turn() {
			said[0] = "then " + said[0]
		}
		lines = append(lines, said...)
	}
	return strings.Join(lines, "\n")
}

// otherDosages returns the dosages of the authorisation and the last issue that differ from the dosage
// shown or from each other. It is unknown which of them the person follows.
func otherDosages(shown string, plan, last []fhir.Dosage) (lines []string) {
	said := map[string]bool{plainly(shown): true}
	for _, other := range []struct {
		of, words string
		list      []fhir.Dosage
	}{{"authorisation", inWords(plan), plan}, {"last issue", inWords(last), last}} {
		if words := plainly(other.words); words != "" && !said[words] {
			said[words] = true
			lines = append(lines, "Dosage of the "+other.of+": "+strings.ReplaceAll(other.words, "\n", "; ")+besides(other.list, other.words))
		}
	}
	return lines
}

// besides is what a dosage's words do not say: that it is as needed, and its routes.
func besides(list []fhir.Dosage, words string) string {
	var more, routes []string
	if needed, _ := fhir.AsNeeded(list); needed != nil && *needed && !fhir.Mentions(words, "as needed") {
		more = append(more, "as needed")
	}
	seen := map[string]bool{"": true}
	for i := range list {
		if route := list[i].Route.Words(); !seen[route] {
			seen[route] = true
			routes = append(routes, route)
		}
	}
	if route := strings.Join(routes, " and "); !fhir.Mentions(words, route) {
		more = append(more, route)
	}
	return fhir.Prefixed(", ", strings.Join(more, ", "))
}

// plainly is a text without what says nothing: case, white space and a stop at its end.
func plainly(text string) string {
	return strings.TrimRight(strings.ToLower(strings.Join(strings.Fields(text), " ")), ". ")
}

// authorisation reads GP Connect's extensions of a medicine: its last issue and the prescribing agency, why
// it was stopped, how many repeats are allowed and issued, and until when.
func authorisation(m *record.Medication, e *envelope, statement, plan []fhir.Extension) {
	if last := fhir.In(statement, "MedicationStatementLastIssueDate"); last != nil {
		m.LastIssuedOn = e.Day(last.ValueDateTime, last.ValueDate)
	}
	if agency := fhir.In(statement, "PrescribingAgency"); agency != nil {
		m.PrescribingAgency = agency.ValueCodeableConcept.Ptr()
	}
	if status := fhir.In(plan, "MedicationStatusReason"); status != nil {
		if why := fhir.In(status.Extension, "statusReason"); why != nil {
			m.StatusReason = record.Text(why.ValueCodeableConcept.Words())
		}
	}
	if repeats := fhir.In(plan, "MedicationRepeatInformation"); repeats != nil {
		m.RepeatsAllowed = fhir.In(repeats.Extension, "numberOfRepeatPrescriptionsAllowed").Whole()
		m.RepeatsIssued = fhir.In(repeats.Extension, "numberOfRepeatPrescriptionsIssued").Whole()
		if until := fhir.In(repeats.Extension, "authorisationExpiryDate"); until != nil {
			m.ReviewDueOn = e.Day(until.ValueDateTime, until.ValueDate)
		}
	}
}

// quantity returns how much is supplied: the number with its unit; if there is none, GP Connect's words.
func quantity(q *fhir.Quantity) record.Text {
	if q == nil {
		return ""
	}
	if words := fhir.In(q.Extension, "MedicationQuantityText"); words != nil && words.ValueString != "" && q.Value == "" {
		return record.Text(words.ValueString)
	}
	return record.Text(q.String())
}
