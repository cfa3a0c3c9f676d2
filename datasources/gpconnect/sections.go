package gpconnect

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// sections collects what is in the lists of a consultation. It leaves out a topic about a problem that must
// not be shown. If anything else in a topic must not be shown, it leaves out the topic's notes, because
// words beside a finding may reveal it.
type sections struct {
	chart    *chart
	all      []record.ConsultationSection
	seen     map[string]bool
	passed   map[*list]bool // withdrawn lists that were passed over
	withheld int

	topic  []record.ConsultationSection // sections of the current topic
	secret int                          // how much of the current topic must not be shown

	undisclosed string // warning that what is being added must not be disclosed to the patient; "" if it may be
}

// deepest is how deep the lists of a consultation may nest: topic, heading, and one to spare.
const deepest = 3

// standing returns the lists that were not withdrawn, and passes over the others.
func (w *sections) standing(roots []*list) []*list {
	return slices.DeleteFunc(slices.Clone(roots), func(l *list) bool {
		if l.Status == mistake {
			w.passOver(l)
		}
		return l.Status == mistake
	})
}

// passOver leaves out a list that was withdrawn. What must not be shown in it still hides the words beside
// it.
func (w *sections) passOver(l *list) {
	if w.passed[l] {
		return
	}
	w.passed[l] = true
	if w.chart.hiddenProblem(l) {
		w.keepBack()
	}
	for _, entry := range l.Entry {
		w.passOverEntry(w.chart.keyOf(entry.Item))
	}
}

func (w *sections) passOverEntry(key string) {
	if w.chart.hidden[key] {
		w.keepBack()
	}
	if inner := w.chart.lists[key]; inner != nil {
		w.passOver(inner)
	}
}

func (w *sections) list(l *list, heading string, depth int) {
	for _, entry := range l.Entry {
		key := w.chart.keyOf(entry.Item)
		if entry.Deleted {
			w.passOverEntry(key)
			continue
		}
		inner := w.chart.lists[key]
		if inner == nil {
			w.entry(entry.Item, heading)
			continue
		}
		if w.seen[key] {
			continue
		}
		w.seen[key] = true
		if depth >= deepest {
			w.chart.cannotRead("Encounter") // lists that nest deeper are not read
			continue
		}
		topic := inner.Code.First() == topicList
		if topic {
			w.close()
		}
		if w.chart.hidden[key] || w.chart.hiddenProblem(inner) {
			w.keepBack()
			continue
		}
		if inner.Status == mistake {
			w.passOver(inner)
		} else {
			w.within(w.chart.undisclosedList(inner), func() { w.list(inner, fhir.Under(heading, inner.Title), depth+1) })
		}
		if topic {
			w.close()
		}
	}
}

func (c *chart) hiddenProblem(l *list) bool {
	return slices.ContainsFunc(c.problemsOf(l), func(key string) bool { return c.hidden[key] })
}

// problemsOf returns the keys of the problems that a list is about.
func (c *chart) problemsOf(l *list) (keys []string) {
	for _, e := range fhir.All(l.Extension, "RelatedProblemHeader") {
		if target := fhir.In(e.Extension, "target"); target != nil && target.ValueReference != nil {
			keys = append(keys, c.keyOf(*target.ValueReference))
		}
	}
	return keys
}

// undisclosedList returns the warning that a list, or a problem that it is about, must not be disclosed to
// the patient; "" if neither has one.
func (c *chart) undisclosedList(l *list) string {
	said := l.undisclosed
	for _, key := range c.problemsOf(l) {
		said = firstOf(said, c.byKey[key].Undisclosed())
	}
	return said
}

// keepBack notes that something of the current topic must not be shown.
func (w *sections) keepBack() {
	w.withheld++
	w.secret++
}

// close ends the current topic and adds its sections. If something of it must not be shown, it leaves out
// those that are only text.
func (w *sections) close() {
	for _, s := range w.topic {
		if w.secret > 0 && s.Entry == nil {
			continue
		}
		w.all = append(w.all, s)
	}
	w.topic, w.secret = nil, 0
}

func (w *sections) entry(ref fhir.Reference, heading string) {
	c, key := w.chart, w.chart.keyOf(ref)
	switch {
	case c.hidden[key]:
		w.keepBack()
	case c.byKey[key] != nil:
		w.within(c.byKey[key].Undisclosed(), func() { w.resource(c.byKey[key], heading) })
	case ref.Display != "" || ref.Reference != "" && !strings.ContainsAny(ref.Reference, "/#:"):
		w.add(heading, record.Text(firstOf(ref.Display, ref.Reference)), nil) // the system gives words instead of an entry
	case key != "" && !c.mayBeKeptBack(fetch.Consultations) && !c.mayBeKeptBack(kindsOf[fhir.TypeOf(key)]...):
		c.cannotRead("Encounter") // the entry did not come
	}
}

// within calls add with a warning, if there is one, that is put before each section it adds.
func (w *sections) within(undisclosed string, add func()) {
	was := w.undisclosed
	w.undisclosed = firstOf(was, undisclosed)
	add()
	w.undisclosed = was
}

// add adds a section if it may be shown.
func (w *sections) add(heading string, text record.Text, entry *record.Code) {
	if text == "" && entry == nil {
		return
	}
	s := record.ConsultationSection{Heading: firstOf(heading, "Notes"), Text: fhir.Notes(nil, w.undisclosed, string(text)), Entry: entry}
	shown := true
	s.Words(func(text string) { shown = shown && !w.chart.screen.Words(text) })
	if !shown {
		w.keepBack()
		return
	}
	w.topic = append(w.topic, s)
}

// linkedEntry is a resource of any type that a consultation refers to, with the members that its section
// shows.
type linkedEntry struct {
	ResourceType                     string
	Status, VerificationStatus       string
	NotGiven, NotDone, DoNotPerform  bool
	Taken                            string
	Code, VaccineCode                *fhir.Concept
	MedicationReference              fhir.Reference
	MedicationCodeableConcept        *fhir.Concept
	ReasonCode, ServiceRequested     []fhir.Concept
	Specialty                        *fhir.Concept
	Comment, Description, Conclusion string
	Note                             []fhir.Annotation
	Dosage, DosageInstruction        []fhir.Dosage
	Extension                        []fhir.Extension
	fhir.Value
	Interpretation *fhir.Concept
	Component      []component
	Item           []question
}

// A question is a question of a template, or a group of them.
type question struct {
	LinkID string
	Text   string
	Answer []struct {
		ValueReference      fhir.Reference
		ValueCoding         *fhir.Coding
		ValueDecimal        json.Number
		ValueDate, ValueURI string
		fhir.Value
		Item []question
	}
	Item []question
}

// resource adds the section of an entry that a consultation refers to. An entry that was withdrawn, refuted
// or not given has none.
func (w *sections) resource(r *fhir.Resource, heading string) {
	c := w.chart
	if r.Type == "DocumentReference" {
		w.document(r, heading)
		return
	}
	if c.partly[r.Key()] { // words about the whole may be about what must not be shown
		w.keepBack()
	}
	x, ok := fhir.Decode[linkedEntry](r, c.cannotRead)
	if !ok {
		c.cannotRead("Encounter")
		return
	}
	if x.Status == mistake || x.VerificationStatus == mistake || x.VerificationStatus == "refuted" || x.NotGiven {
		return
	}
	w.linked(r, &x, heading)
}

// linked adds the section of an entry, by its type. It is not a map of functions, because some of them call
// linked again and Go rejects that as an initialisation cycle.
func (w *sections) linked(r *fhir.Resource, x *linkedEntry, heading string) {
	switch r.Type {
	case "QuestionnaireResponse":
		if len(x.Item) == 0 {
			w.chart.cannotRead("Encounter")
		}
		w.questionnaire(x.Item, heading)
	case "MedicationRequest", "MedicationStatement":
		w.medicine(x, heading)
	case "Immunization":
		w.immunisation(x, heading)
	case "ReferralRequest":
		w.tell(heading, fhir.Notes(x.Note, x.Description, x.service()), fhir.FirstOf(x.ReasonCode), x.negation())
	case "Observation":
		w.observation(r, x, heading)
	case "DiagnosticReport":
		w.report(r, x, heading)
	case "FamilyMemberHistory", "MedicationDispense", "MedicationAdministration":
		w.chart.cannotRead("Encounter") // the members that say what they are about are not read
	default:
		w.tell(heading, fhir.Notes(x.Note, x.Description), x.Code.Ptr(), x.negation())
	}
}

func (w *sections) document(r *fhir.Resource, heading string) {
	switch x, ok := fhir.Decode[documentReference](r, w.chart.cannotRead); {
	case !ok:
		w.chart.cannotRead("Encounter")
	case x.Status != mistake && x.DocStatus != mistake:
		w.tell(heading, record.Text(x.Description), x.Type.Ptr(), "")
	}
}

func (w *sections) medicine(x *linkedEntry, heading string) {
	what, ok := w.chart.medicineOf(x)
	if !ok {
		w.chart.cannotRead("Encounter")
		return
	}
	w.tell(heading, record.Text(inWords(slices.Concat(x.Dosage, x.DosageInstruction))), what, x.negation())
}

func (w *sections) immunisation(x *linkedEntry, heading string) {
	entry := x.VaccineCode.Ptr()
	if p := fhir.In(x.Extension, "VaccinationProcedure"); p != nil && p.ValueCodeableConcept != nil {
		entry = p.ValueCodeableConcept.Ptr()
	}
	w.tell(heading, fhir.Notes(x.Note), entry, "")
}

// observation adds no section for a cancelled observation, as it is not among the results either.
func (w *sections) observation(r *fhir.Resource, x *linkedEntry, heading string) {
	switch {
	case x.Status == "cancelled":
	case x.Code.Has(commentNote):
		w.add(heading, record.Text(strings.TrimSpace(x.Comment)), nil)
	default:
		w.add(heading, fhir.Notes(nil, append(w.chart.measured(x, r), x.Comment)...), x.Code.Ptr())
	}
}

// report adds no section for a cancelled report, as it is not among the reports either.
func (w *sections) report(r *fhir.Resource, x *linkedEntry, heading string) {
	if x.Status == "cancelled" {
		return
	}
	if json.Unmarshal(r.Raw, new(diagnosticReport)) != nil { // what it is about is unknown
		w.chart.cannotRead("Encounter")
		x.Conclusion = ""
	}
	if w.chart.partly[r.Key()] {
		x.Conclusion = ""
	}
	w.add(heading, fhir.Notes(nil, x.Conclusion), x.Code.Ptr())
}

// tell adds the section of an entry. If the entry says nothing, that is a gap. A negation is put in words
// before the entry, because its code alone would say the opposite.
func (w *sections) tell(heading string, text record.Text, entry *record.Code, not string) {
	if text == "" && entry == nil {
		w.chart.cannotRead("Encounter")
		return
	}
	switch {
	case not != "" && entry != nil:
		entry = &record.Code{Display: not + ": " + entry.Display}
	case not != "":
		entry = &record.Code{Display: not}
	}
	w.add(heading, text, entry)
}

// undone are the statuses of requests, procedures and medicines that are not in force or not done, in
// words.
var undone = map[string]string{
	"cancelled": "Cancelled", "stopped": "Stopped", "aborted": "Given up", "rejected": "Rejected", "noshow": "Did not attend",
	"suspended": "On hold", "on-hold": "On hold", "draft": "Only planned", "intended": "Only planned", "preparation": "Only planned",
	"proposed": "Only planned", "planned": "Only planned",
}

// unsure are the verification statuses of a Condition that is not confirmed. They do not count for an
// allergy: GP Connect sends them there whatever is known.
var unsure = []string{"unconfirmed", "provisional", "differential"}

// negation says in words that something is not done, not to be done, not taken, called off or uncertain; ""
// if none of these is so.
func (x *linkedEntry) negation() string {
	switch {
	case x.DoNotPerform:
		return "Not to be done"
	case x.NotDone:
		return "Not done"
	case x.Taken == "n":
		return "Not taken"
	case x.ResourceType == "Condition" && slices.Contains(unsure, x.VerificationStatus):
		return "Suspected"
	}
	return undone[x.Status]
}

// service returns what a referral requests, in words; "" if it does not say.
func (x *linkedEntry) service() string {
	var asked []string
	for _, one := range append(slices.Clone(x.ServiceRequested), *cmp.Or(x.Specialty, &fhir.Concept{})) {
		if words := one.Words(); words != "" {
			asked = append(asked, words)
		}
	}
	if len(asked) == 0 {
		return ""
	}
	return "Service requested: " + strings.Join(asked, ", ")
}

// measured is an observation's value and those of its parts that may be shown, in words, and what each is taken to mean.
func (c *chart) measured(x *linkedEntry, r *fhir.Resource) []string {
	var lines []string
	if v := x.Value.Record(); v != nil {
		lines = append(lines, cmp.Or(string(v.Text), x.DataAbsentReason.Words()))
	}
	lines = append(lines, fhir.Prefixed("Interpretation: ", x.Interpretation.Words()))
	parts := elementsOf(r.Raw, "component")
	for i := range x.Component {
		p := &x.Component[i]
		if i < len(parts) && c.screen.Hides(parts[i]) {
			continue
		}
		if v := p.Value.Record(); v != nil {
			lines = append(lines, p.Code.Words()+": "+cmp.Or(string(v.Text), p.DataAbsentReason.Words()))
		}
		lines = append(lines, p.interpreted())
	}
	return lines
}

// medicineOf returns what is taken; false if the Medication was withdrawn or cannot be read.
func (c *chart) medicineOf(x *linkedEntry) (*record.Code, bool) {
	if !x.MedicationCodeableConcept.Empty() {
		return x.MedicationCodeableConcept.Ptr(), true
	}
	r := c.resource(x.MedicationReference)
	if r == nil || r.Type != "Medication" {
		return nil, true
	}
	y, ok := fhir.Decode[medicationItself](r, c.cannotRead)
	return y.Code.Ptr(), ok && y.Status != mistake
}

// questionnaire adds the sections of a template: its questions and their answers. An answer that refers to
// an entry of a consultation's list is left to that list.
func (w *sections) questionnaire(items []question, heading string) {
	for i := range items {
		item := &items[i]
		name := cmp.Or(item.Text, item.LinkID) // some systems give the text only as the linkId
		w.add(heading, record.Text(name), nil)
		below := fhir.Under(heading, name)
		for j := range item.Answer {
			answer := &item.Answer[j]
			said := cmp.Or(answer.ValueDecimal.String(), answer.ValueDate, answer.ValueURI)
			if v := answer.Value.Record(); v != nil {
				said = string(v.Text)
			}
			if answer.ValueCoding != nil {
				said = cmp.Or(answer.ValueCoding.Display, answer.ValueCoding.Code)
			}
			if said == "" && answer.ValueReference == (fhir.Reference{}) && len(answer.Item) == 0 { // it must not look unanswered
				said = "an answer that is not shown here"
			}
			w.add(below, record.Text(said), nil)
			if key := w.chart.keyOf(answer.ValueReference); key == "" || !w.chart.listed()[key] && !w.seen[key] {
				w.seen[key] = true
				w.entry(answer.ValueReference, below)
			}
			w.questionnaire(answer.Item, below)
		}
		w.questionnaire(item.Item, below)
	}
}
