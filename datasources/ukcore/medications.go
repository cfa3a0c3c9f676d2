package ukcore

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A medication is a MedicationRequest, MedicationStatement, MedicationDispense or MedicationAdministration.
type medication struct {
	Status, Intent            string
	StatusReason              concepts
	Category                  concepts
	DoNotPerform              bool
	MedicationCodeableConcept *fhir.Concept
	MedicationReference       fhir.Reference
	Encounter, Context        fhir.Reference
	AuthoredOn, DateAsserted  string
	EffectiveDateTime         string
	EffectivePeriod           fhir.Period
	WhenHandedOver            string
	WhenPrepared              string
	Requester                 fhir.Reference
	InformationSource         fhir.Reference
	CourseOfTherapyType       *fhir.Concept
	ReasonCode                []fhir.Concept
	ReasonReference           references
	DosageInstruction, Dosage fhir.OneOrMore[fhir.Dosage] // an administration has a single one
	Quantity, DaysSupply      *fhir.Quantity
	DispenseRequest           struct {
		ValidityPeriod         fhir.Period
		NumberOfRepeatsAllowed json.Number
		Quantity               *fhir.Quantity
	}
	AuthorizingPrescription references
	Request                 fhir.Reference
	Note                    []fhir.Annotation
	Extension               []fhir.Extension
}

// A supply is what was supplied on a request: which medicine and how to take it, in words.
type supply struct {
	issue            record.MedicationIssue
	medicine, dosage string
}

// given reports whether it was handed over, as far as its status says.
func given(issue *record.MedicationIssue) bool {
	switch issue.Status {
	case record.MedicationStatusCancelled, record.MedicationStatusIntended, record.MedicationStatusStopped:
		return false
	}
	return true
}

// readMedications reads the medicines. A request is one entry with what was supplied or given on it. A
// supply or administration whose request did not come is an entry of its own.
func (c *chart) readMedications() {
	supplies, notes := map[string][]supply{}, map[string][]fhir.Annotation{}
	c.each("MedicationDispense", func(c *chart, r *fhir.Resource) {
		x, ok := fhir.Decode[medication](r, c.cannotRead)
		if !ok || withdrawn(x.Status) {
			return
		}
		if of := c.requested(x.AuthorizingPrescription...); of != nil {
			notes[of.Key()] = append(notes[of.Key()], x.Note...)
			_, e := c.item(fetch.Medications, r, r.ID)
			issue := record.MedicationIssue{IssuedOn: e.Day(x.WhenHandedOver, x.WhenPrepared), Quantity: record.Text(x.Quantity.String()),
				Status: fhir.Mapped(medicationStatuses, x.Status, record.MedicationStatusUnknown)}
			if e.Err != nil {
				c.incomplete(e.kind)
			} else if c.shownCodes(issue.Codes, issue.Words) {
				what, strength := c.medicine(e, &x)
				supplies[of.Key()] = append(supplies[of.Key()], supply{issue, fhir.Joined(", ", what.Words(), strength), x.taking("", "").Words})
			}
			return
		}
		c.addMedication(r, &x, nil)
	})
	for _, kind := range []string{"MedicationRequest", "MedicationStatement", "MedicationAdministration"} {
		c.each(kind, func(c *chart, r *fhir.Resource) {
			x, ok := fhir.Decode[medication](r, c.cannotRead)
			if !ok || withdrawn(x.Status) || x.DoNotPerform || kind == "MedicationAdministration" && c.requested(x.Request) != nil {
				return
			}
			x.Note = append(x.Note, notes[r.Key()]...)
			c.addMedication(r, &x, supplies[r.Key()])
		})
	}
}

// requested returns the first request among the references that came and may be shown.
func (c *chart) requested(refs ...fhir.Reference) *fhir.Resource {
	for _, ref := range refs {
		if r := c.resource(ref); r != nil && r.Type == "MedicationRequest" {
			if x, ok := known[medication](c, r); ok && !withdrawn(x.Status) && !x.DoNotPerform { // else no list has it
				return r
			}
		}
	}
	return nil
}

func (c *chart) addMedication(r *fhir.Resource, x *medication, supplies []supply) {
	item, e := c.item(fetch.Medications, r, r.ID)
	e.recorded(&item, cmp.Or(x.AuthoredOn, x.DateAsserted, x.WhenHandedOver, x.EffectiveDateTime), x.InformationSource)
	medicine, strength := c.medicine(e, x)
	m := record.Medication{
		Item: item, Medicine: e.Code(medicine), Status: fhir.Mapped(medicationStatuses, x.Status, record.MedicationStatusUnknown),
		StatusReason: record.Text(wordsOf(x.StatusReason)), Reason: e.reason(x.ReasonCode, x.ReasonReference),
		StartedOn: e.Day(x.AuthoredOn, x.EffectiveDateTime, x.EffectivePeriod.Start, x.WhenHandedOver, x.WhenPrepared),
		EndedOn:   x.ended(e), RepeatsAllowed: number(x.DispenseRequest.NumberOfRepeatsAllowed), Prescriber: e.who(x.Requester),
		PrescribingAgency: extended(x.Extension, "MedicationPrescribingOrganizationType").Ptr(),
	}
	for i := range supplies {
		m.Issues = append(m.Issues, supplies[i].issue)
	}
	m.Quantity = record.Text(cmp.Or(x.DispenseRequest.Quantity.String(), x.Quantity.String()))
	stay := c.stayOf(x.Encounter, x.Context)
	m.Kind, m.Intent = kindOf(r.Type, x, stay, c.now)
	if stay != nil && (m.Kind == record.MedicationKindDischarge || m.Kind == record.MedicationKindInpatient) {
		m.DischargedAt, m.DischargedAtPrecision = stay.ended, stay.endedOn
	}
	if m.Kind == record.MedicationKindInpatient && c.inHospital(stay) || m.Kind == record.MedicationKindDischarge && stay != nil && stay.goesOn(c.now) {
		m.DischargedAt, m.DischargedAtPrecision = record.At(c.now.AddDate(1, 0, 0)), "" // not yet; not shown
	}
	if m.Status == record.MedicationStatusCompleted && goesOn(r.Type, &m, x.DaysSupply, c.now) {
		m.Status = record.MedicationStatusUnknown
	}
	x.repeats(&m, e)
	x.lapse(&m, e)
	taking := x.taking(m.StartedOn, m.EndedOn)
	m.Dosage, m.Route, m.AsNeeded = record.Text(taking.Words), taking.Route.Ptr(), taking.AsNeeded
	m.Note = fhir.Notes(x.Note, append([]string{intention(x.Intent), strength}, otherwise(medicine.Words(), taking.Words, supplies)...)...)
	put(c, &c.medications, m, e)
}

// goesOn reports whether a medicine may still be taken although its supply, or a dose of it, is complete:
// that says that it was handed over or given. On a ward its stay says when it is over; what was supplied at a
// discharge is judged by the latest one. Else a supply lasts for as long as it says, or for the usual course.
func goesOn(resource string, m *record.Medication, lasts *fhir.Quantity, now time.Time) bool {
	if resource != "MedicationDispense" && resource != "MedicationAdministration" {
		return false
	}
	switch {
	case m.Kind == record.MedicationKindDischarge, m.StartedOn == "":
		return true
	case m.Kind == record.MedicationKindInpatient && !m.DischargedAt.IsZero():
		return m.DischargedAt.After(now)
	}
	days := fhir.Course
	if lasts != nil {
		if n, err := lasts.Value.Float64(); err == nil && n > 0 && n < maxSupply {
			days = int(math.Ceil(n))
		}
	}
	return !m.StartedOn.Last().Midnight().AddDate(0, 0, days+1).Before(now)
}

// maxSupply bounds for how many days a supply lasts, by its own words.
const maxSupply = 1000

// otherwise is a line for each medicine and dosage that was supplied otherwise than it was ordered.
func otherwise(ordered, dosage string, supplies []supply) (lines []string) {
	for i := range supplies {
		s := &supplies[i]
		if !given(&s.issue) {
			continue
		}
		for _, line := range []string{differing("Supplied: ", s.medicine, ordered), differing("Dosage of the supply: ", s.dosage, dosage)} {
			if line != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// differing is text behind a word unless it is the same as another, whatever its case and white space.
func differing(word, text, other string) string {
	if strings.EqualFold(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(other), " ")) {
		return ""
	}
	return fhir.Prefixed(word, text)
}

// inHospital reports whether a stay is still going on, or any of the patient's stays if the medicine names
// none. A medicine given on a ward is in use until the patient leaves it, however long ago it was
// prescribed.
func (c *chart) inHospital(stay *visit) bool {
	if stay != nil {
		return stay.goesOn(c.now)
	}
	if c.lies == nil {
		lies := slices.ContainsFunc(c.allVisits, func(v *visit) bool {
			return v.bed && v.Status != "planned" && c.visitAt(v.PartOf) == nil && v.goesOn(c.now)
		})
		c.lies = &lies
	}
	return *c.lies
}

// medicine returns the medicine, from a code or a Medication resource (contained or separate), and its
// strength.
func (c *chart) medicine(e *envelope, x *medication) (what *fhir.Concept, strength string) {
	if !x.MedicationCodeableConcept.Empty() {
		return x.MedicationCodeableConcept, ""
	}
	if r := e.at(x.MedicationReference); r != nil && r.Type == "Medication" {
		if m, ok := known[product](c, r); ok && !withdrawn(m.Status) && !m.Code.Empty() {
			return m.Code, m.strength(e)
		}
	}
	return &fhir.Concept{Text: x.MedicationReference.Display}, ""
}

type product struct {
	Status     string
	Code       *fhir.Concept
	Ingredient []struct {
		Item      *fhir.Concept  `json:"itemCodeableConcept"`
		Reference fhir.Reference `json:"itemReference"`
		Strength  *fhir.Ratio
	}
}

// strength is the amount of each ingredient per quantity of the medicine: "5 mL" alone is not a dose.
func (m *product) strength(e *envelope) string {
	var all []string
	for i := range m.Ingredient {
		x := &m.Ingredient[i]
		if x.Strength == nil {
			continue
		}
		if amount := fhir.Joined(" in ", x.Strength.Numerator.String(), x.Strength.Denominator.String()); amount != "" {
			of, _ := e.referent(x.Reference)
			all = append(all, fhir.Joined(" ", cmp.Or(x.Item.Words(), of.Code.Words(), x.Reference.Display), amount))
		}
	}
	return fhir.Prefixed("Strength: ", fhir.Joined("; ", all...))
}

// proposed reports whether an intent is not yet a plan or order (FHIR request-intent). UK Core's own
// examples of what was given on a ward have such an intent, so these entries are shown.
func proposed(intent string) bool { return intent == "proposal" || intent == "option" }

// intention is a note for an entry that is only proposed; otherwise "".
func intention(intent string) string {
	if proposed(intent) {
		return "Only proposed"
	}
	return ""
}

// ended is when a medicine ends: its own end, or that of its last instruction. An instruction without an
// end goes on.
func (x *medication) ended(e *envelope) (last record.PartialDate) {
	if x.EffectivePeriod.End != "" {
		return e.Day(x.EffectivePeriod.End)
	}
	for _, d := range x.DosageInstruction {
		on := e.Day(d.Timing.Repeat.BoundsPeriod.End)
		if on == "" {
			return ""
		}
		if on.Last() > last.Last() {
			last = on
		}
	}
	return last
}

// kindOf is the kind and intent of a medicine, as far as the data say. A request that is still active after
// its stay has ended is discharge medication, unless it says that it was for the ward.
func kindOf(resource string, x *medication, stay *visit, now time.Time) (record.MedicationKind, record.MedicationIntent) {
	intent := record.MedicationIntentUnknown
	switch {
	case resource == "MedicationStatement":
		return record.MedicationKindReported, record.MedicationIntentStatement
	case resource == "MedicationAdministration":
		return record.MedicationKindInpatient, record.MedicationIntentStatement
	case resource == "MedicationDispense", strings.HasSuffix(x.Intent, "order"):
		intent = record.MedicationIntentOrder
	case x.Intent == "plan":
		intent = record.MedicationIntentPlan
	}
	course := x.CourseOfTherapyType.First()
	over := stay != nil && !stay.ended.IsZero() && !stay.goesOn(now) // a planned end in the future does not count
	switch {
	case course == "continuous-repeat-dispensing":
		return record.MedicationKindRepeatDispensing, intent
	case hasCode(x.Category, "discharge"):
		return record.MedicationKindDischarge, intent
	case hasCode(x.Category, "inpatient"):
		return record.MedicationKindInpatient, intent
	case over && x.Status == "active" && resource == "MedicationRequest":
		return record.MedicationKindDischarge, intent
	case stay != nil:
		return record.MedicationKindInpatient, intent
	case course == "continuous":
		return record.MedicationKindRepeat, intent
	case course == "acute":
		return record.MedicationKindAcute, intent
	}
	return record.MedicationKindUnknown, intent
}

// repeats reads UK Core's repeat information. The expiry of an authorisation is a review date; the medicine
// does not end with it.
func (x *medication) repeats(m *record.Medication, e *envelope) {
	info := fhir.In(x.Extension, "MedicationRepeatInformation")
	m.RepeatsIssued = inner(info, "numberOfPrescriptionsIssued").Whole()
	if n := inner(info, "numberOfRepeatPrescriptionsAllowed").Whole(); n != nil {
		m.RepeatsAllowed = n
	}
	if on := inner(info, "authorisationExpiryDate"); on != nil {
		m.ReviewDueOn = e.Day(on.ValueDateTime, on.ValueDate)
	}
	if last := fhir.In(x.Extension, "MedicationStatementLastIssueDate"); last != nil {
		m.LastIssuedOn = e.Day(last.ValueDateTime, last.ValueDate)
	}
	for i := range m.Issues {
		if given(&m.Issues[i]) {
			m.LastIssuedOn = max(m.LastIssuedOn, m.Issues[i].IssuedOn)
		}
	}
}

// lapse applies the end of the prescription's validity to a medicine without an end of its own. The
// validity limits dispensing. A medicine does not end with it but is due for review, unless it is an acute
// course or its status says that it is over.
func (x *medication) lapse(m *record.Medication, e *envelope) {
	end := e.Day(x.DispenseRequest.ValidityPeriod.End)
	if end == "" || m.EndedOn != "" {
		return
	}
	over := m.Kind == record.MedicationKindAcute
	switch m.Status {
	case record.MedicationStatusCompleted, record.MedicationStatusStopped, record.MedicationStatusCancelled:
		over = true
	}
	switch {
	case over:
		m.EndedOn = end
	case m.ReviewDueOn == "":
		m.ReviewDueOn = end
	}
}

// taking is how the medicine is taken: the prescriber's words, or the structured instruction in words. Beside
// words it does not repeat when the medicine starts and ends.
func (x *medication) taking(starts, ends record.PartialDate) fhir.Taking {
	list := x.DosageInstruction
	if len(list) == 0 {
		list = x.Dosage
	}
	list = slices.Clone(list)
	for i := range list {
		bounds := &list[i].Timing.Repeat.BoundsPeriod
		if list[i].Text != "" && isOn(bounds.Start, starts) {
			bounds.Start = ""
		}
		if list[i].Text != "" && isOn(bounds.End, ends) {
			bounds.End = ""
		}
	}
	return fhir.TakingOf(list)
}

// isOn reports whether a date or moment is of that day.
func isOn(text string, on record.PartialDate) bool {
	day, err := fhir.Day(text)
	return err == nil && day == on
}
