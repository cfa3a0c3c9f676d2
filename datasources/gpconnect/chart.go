package gpconnect

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A chart is what a practice answered for one patient, taken apart: everything in it
// may be shown.
type chart struct {
	source  *Source
	screen  *fhir.Screen
	patient record.NHSNumber
	born    string // as far as our register knows
	today   record.Date
	err     error // the practice did not answer for the patient
	absent  bool  // it does not know them

	withheld bool // their Patient is labelled restricted: they are shown as absent

	documentsErr error             // its documents could not be asked for
	contentErrs  map[string]error  // by the source's id of a document, why its content could not be had
	addresses    map[string]string // by the same, where it stands

	resources []*fhir.Resource          // theirs, in the order they came
	left      []*fhir.Resource          // not kept, but they may hide what they are linked to
	gone      map[string]bool           // keys of those
	byKey     map[string]*fhir.Resource // the first under each key
	bearers   map[string][]string       // by address of an entry or identifier, the keys of what bears it
	meanings  map[string][]meaning      // by the same, what that may mean, one of each type
	meant     map[string]string         // by the same, the key of what it is taken to mean
	nameless  int                       // how many came without an id
	hidden    map[string]bool           // keys of what may not be shown
	hangs     fhir.Links
	roles     map[string]string // by Practitioner, the words of their role
	ids       fhir.Seen
	people    map[string]*record.Practitioner
	lists     map[string]*list // of consultations, by key
	inLists   map[string]bool  // keys of what stands in them
	partly    map[string]bool  // keys of reports of which a result may not be shown

	allergies     []record.Allergy
	medications   []record.Medication
	problems      []record.Problem
	immunisations []record.Immunisation
	results       []record.Result
	reports       []record.Report
	vitals        []record.VitalSign
	consultations []record.Consultation
	referrals     []record.Referral
	contacts      []record.Contact
	team          []record.CareTeamMember
	documents     []record.Document
	contents      []record.DocumentContent
	notes         []record.ListNote

	unreadable   map[fetch.Kind]int  // entries that could not be read
	endedMissing bool                // the list of ended allergies did not come
	keptBack     map[fetch.Kind]bool // of which a list says that the practice keeps some back as confidential
	missing      []string            // lists of parts that were asked for and did not come
	confidential int
	foreign      map[string]int // by resource type, what belongs to somebody else
	patients     int            // how many people the answer holds
	self         *fhir.Resource // their Patient
}

// chart asks the practice for one patient and takes the answer apart.
func (r *reading) chart(ctx context.Context, patient record.NHSNumber) *chart {
	s, w := r.source, r.wants[patient]
	c := newChart(s, r.screen, patient, w.born)
	c.today = record.Today(r.terms.Now)
	parts := w.parts
	if parts == 0 { // documents alone: whether the practice restricts them is said by the record alone
		parts = areas[0].part
	}
	data, err := s.structured(ctx, patient, parts)
	if err == nil {
		err = c.read(data, parts)
	}
	held, meaning := s.outcome(ctx, err)
	c.absent, c.err = !held, meaning
	if w.documents && c.err == nil {
		if c.readDocuments(ctx, w); c.withheld { // asked for as of somebody it does not know, and not shown
			c.documents, c.contents, c.contentErrs = nil, nil, nil
		}
	}
	c.report(ctx)
	return c
}

func newChart(s *Source, screen *fhir.Screen, patient record.NHSNumber, born string) *chart {
	return &chart{source: s, screen: screen, patient: patient, born: born, byKey: map[string]*fhir.Resource{}, gone: map[string]bool{}, bearers: map[string][]string{}, meanings: map[string][]meaning{}, meant: map[string]string{}, hidden: map[string]bool{}, partly: map[string]bool{}, hangs: fhir.Links{},
		contentErrs: map[string]error{}, addresses: map[string]string{}, roles: map[string]string{}, people: map[string]*record.Practitioner{}, ids: fhir.Seen{}, unreadable: map[fetch.Kind]int{}, keptBack: map[fetch.Kind]bool{}, foreign: map[string]int{}}
}

// read takes a structured record apart. Its errors are of the whole answer.
func (c *chart) read(data []byte, wanted parts) error {
	if fhir.IsOutcome(data) { // some systems answer 200 with what went wrong
		return &fhir.StatusError{Status: 200, Codes: fhir.Codes(data), Kind: record.ErrMalformed}
	}
	if err := c.take(data); err != nil {
		return err
	}
	c.screenAll()
	c.readLists(wanted)
	c.readPatient()
	for _, r := range c.resources {
		if read, known := readers[r.Type]; known && !c.hidden[r.Key()] {
			read(c, r)
		}
	}
	c.readMedications()
	c.readObservations()
	c.readConsultations()
	return nil
}

// readers take one resource of a type by itself.
var readers = map[string]func(*chart, *fhir.Resource){
	"AllergyIntolerance": (*chart).readAllergy,
	"Condition":          (*chart).readProblem,
	"Immunization":       (*chart).readImmunisation,
	"ReferralRequest":    (*chart).readReferral,
	"DocumentReference":  (*chart).readDocument,
}

// kindsOf are the kinds that a resource of a type is read for: they are incomplete
// where one cannot be read.
var kindsOf = map[string][]fetch.Kind{
	"AllergyIntolerance":  {fetch.Allergies},
	"Condition":           {fetch.Problems},
	"Immunization":        {fetch.Immunisations},
	"MedicationStatement": {fetch.Medications},
	"MedicationRequest":   {fetch.Medications},
	"Medication":          {fetch.Medications},
	"Observation":         {fetch.Results, fetch.UnmappedResults, fetch.VitalSigns, fetch.UnmappedVitalSigns},
	"DiagnosticReport":    {fetch.Reports},
	"Encounter":           {fetch.Consultations},
	"ReferralRequest":     {fetch.Referrals},
	"DocumentReference":   {fetch.Documents},
	"Patient":             {fetch.Contacts, fetch.CareTeam},
}

// take keeps the resources of the bundle that are the patient's. An answer that does
// not say whose it is, or is somebody else's, is malformed as a whole.
func (c *chart) take(data []byte) error {
	bundle, err := fhir.ParseWhole(data)
	if err != nil {
		return err
	}
	if !bundle.OfVersion("STU3") {
		return fhir.Malformedf("of another version of FHIR")
	}
	if bundle.Next != "" {
		return fhir.Malformedf("a record that goes on elsewhere")
	}
	if err := c.identify(bundle); err != nil {
		return err
	}
	c.unreadableAll(bundle.Broken) // what they were cannot be told, so nothing is complete
	c.leaveUnreadable(bundle)
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		named := c.name(r)
		if _, clinical := kindsOf[r.Type]; clinical && !named || len(r.Raw) > maxResource || len(r.ID) > maxID {
			c.cannotRead(r.Type)
			c.leave(r)
			continue
		}
		if r.Type == "OperationOutcome" && fhir.IsIncomplete(r.Raw) {
			c.unreadableAll(1)
		}
		if c.belongs(r) {
			c.keep(r)
		} else if r.Type != "Patient" {
			c.leave(r)
		}
	}
	return nil
}

// leaveUnreadable leaves out what came broken.
func (c *chart) leaveUnreadable(bundle *fhir.Bundle) {
	for i := range bundle.Unreadable {
		r := &bundle.Unreadable[i]
		c.name(r)
		c.leave(r)
	}
}

// leave leaves a resource out. What it says may hide others all the same.
func (c *chart) leave(r *fhir.Resource) {
	c.left = append(c.left, r)
	c.gone[r.Key()] = true
}

// name notes by what others may mean a resource. One without an id gets one that is no
// other's: it may hide others all the same. It reports whether it had one.
func (c *chart) name(r *fhir.Resource) bool {
	named := r.ID != ""
	if !named {
		c.nameless++
		r.ID = "#" + strconv.Itoa(c.nameless)
	}
	for _, as := range append(fhir.OwnIdentifiers(r.Raw), fhir.KeyOf(r.FullURL)) {
		c.bear(as, r)
	}
	return named
}

// What one resource may be: a practice's longest free text is a thousandth of that, and
// FHIR's ids have 64 letters.
const (
	maxResource = 1 << 20
	maxID       = 256
)

// identify finds the patient in an answer, by the birth date too.
func (c *chart) identify(bundle *fhir.Bundle) error {
	others := 0
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		if r.Type != "Patient" {
			continue
		}
		c.patients++
		if number, ok := r.NHSNumber(); !ok || number != c.patient {
			others++
			continue
		}
		c.self = r
		c.withheld = c.withheld || r.Confidential()
		if err := r.CheckBirth(c.born, "the practice"); err != nil {
			return err
		}
	}
	switch {
	case c.withheld: // whom the practice restricts must not be told from whom it does not know
		c.confidential++
		return &fhir.StatusError{Status: 404, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrNotFound}
	case c.self != nil && len(c.self.Raw) > maxResource:
		return fhir.Malformedf("a Patient larger than any")
	case c.self != nil:
		return nil
	case others > 0:
		c.foreign["Patient"] += others
		return fhir.Malformedf("of somebody else")
	}
	return fhir.Malformedf("no Patient")
}

// keep adds a resource. Two different ones under one key cannot be told apart by those
// who refer to them: both are shown and their kinds are incomplete.
func (c *chart) keep(r *fhir.Resource) {
	key := r.Key()
	first := c.byKey[key]
	switch {
	case first == nil:
		c.byKey[key] = r
	case string(first.Raw) == string(r.Raw):
		return
	default:
		c.cannotRead(r.Type)
	}
	c.resources = append(c.resources, r)
}

// belongs reports whether a resource is the patient's or nobody's. What is somebody
// else's is counted.
func (c *chart) belongs(r *fhir.Resource) bool {
	switch r.Type {
	case "Patient":
		if r != c.self {
			c.foreign["Patient"]++
		}
		return r == c.self
	case "Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication", "OperationOutcome":
		return true
	}
	unsaid := true
	for _, name := range []string{"subject", "patient"} {
		var ref *fhir.Reference
		if raw := fhir.Member(r.Raw, name); raw != nil && json.Unmarshal(raw, &ref) != nil {
			c.cannotRead(r.Type)
			return false
		}
		switch c.whose(ref) {
		case others:
			c.dropForeign(r)
			return false
		case own:
			unsaid = false
		}
	}
	if unsaid && c.patients > 1 {
		c.dropForeign(r)
		return false
	}
	return true
}

// dropForeign counts a resource that names somebody else. It may be ours with a wrong
// reference, so its kinds are incomplete.
func (c *chart) dropForeign(r *fhir.Resource) {
	c.foreign[r.Type]++
	c.cannotRead(r.Type)
}

type owner int

const (
	nobodys owner = iota // the reference names nobody
	own
	others
)

// whose says whom a reference means. One that says two things is somebody else's.
func (c *chart) whose(ref *fhir.Reference) owner {
	if ref == nil {
		return nobodys
	}
	verdict := nobodys
	if ref.Identifier != nil && ref.Identifier.System == fhir.NHSNumberSystem && ref.Identifier.Value != "" {
		if number, err := record.ParseNHSNumber(ref.Identifier.Value); err != nil || number != c.patient {
			return others
		}
		verdict = own
	}
	switch {
	case ref.Reference == "":
		return verdict
	case fhir.KeyOf(ref.Reference) == c.self.Key() && !fhir.Elsewhere(ref.Reference, c.self.FullURL), c.self.FullURL != "" && ref.Reference == c.self.FullURL:
		return own
	}
	return others
}

// nameOf is the type and id of what a reference means, or the address of its entry, or an
// identifier where it says no more; "" for one that only has words.
func nameOf(ref fhir.Reference) string {
	name := fhir.KeyOf(ref.Reference)
	if name == "" && ref.Identifier != nil {
		name = ref.Identifier.System + "|" + ref.Identifier.Value
	}
	return name
}

// keyOf is the key of what a reference means. What stands on another server did not come: what has the same
// type and id here is not shown in its place, and hides it all the same.
func (c *chart) keyOf(ref fhir.Reference) string {
	key := c.keyHere(ref)
	if r := c.byKey[key]; r != nil && !c.hidden[key] && fhir.Elsewhere(ref.Reference, r.FullURL) {
		return key + " of " + ref.Reference
	}
	return key
}

// keyHere is the key of what a reference means, whichever server it names: of several that bear an
// identifier, the first that was kept.
func (c *chart) keyHere(ref fhir.Reference) string {
	name := nameOf(ref)
	if c.byKey[name] != nil {
		return name
	}
	key, known := c.meant[name]
	if !known {
		key = name
		if i := slices.IndexFunc(c.bearers[name], func(bearer string) bool { return c.byKey[bearer] != nil }); i >= 0 && name != "" {
			key = c.bearers[name][i]
		}
		c.meant[name] = key
	}
	return key
}

// cannotRead marks the kinds of a type as incomplete.
func (c *chart) cannotRead(resource string) {
	for _, kind := range kindsOf[resource] {
		c.unreadable[kind]++
	}
}

func (c *chart) unreadableAll(n int) {
	for _, kind := range carried {
		c.unreadable[kind] += n
	}
}

// report tells what is to be counted and alarmed.
func (c *chart) report(ctx context.Context) {
	for resource, n := range c.foreign {
		c.source.Observe(ctx, fhir.Foreign, n, resource)
	}
	for kind, n := range c.unreadable {
		c.source.Observe(ctx, fhir.Unreadable, n, string(kind))
	}
	for _, list := range c.missing {
		c.source.Observe(ctx, fhir.Unanswered, 1, list)
	}
	c.source.Observe(ctx, fhir.Confidential, c.confidential, "record")
}

// complete reports whether all that the practice holds for an ask could be read.
func (c *chart) complete(ask *fetch.Ask) bool {
	if ask.Kind == fetch.Allergies && ask.Filter.Status != string(record.AllergyFilterActive) && c.endedMissing {
		return false
	}
	if ask.Kind == fetch.Documents && c.documentsErr != nil {
		return false
	}
	if ask.Kind == fetch.DocumentContent { // the document may be one of those that could not be read
		return c.unreadable[fetch.Documents] == 0 || slices.ContainsFunc(c.contents, func(content record.DocumentContent) bool { return content.Provenance.SourceID == ask.Filter.SourceID })
	}
	return c.unreadable[ask.Kind] == 0
}

// resource is what a reference points at; nil where that did not come or may not be shown.
func (c *chart) resource(ref fhir.Reference) *fhir.Resource {
	key := c.keyOf(ref)
	if c.hidden[key] {
		return nil
	}
	return c.byKey[key]
}

// put adds an entry that may be shown by what it carries itself. An entry of which a
// value could not be read is left out and its kind is incomplete.
func put[T any, P fhir.Entry[T]](c *chart, list *[]T, x T, e *envelope) {
	switch {
	case !c.screen.Shows(P(&x)):
	case e.Err != nil:
		c.unreadable[e.kind]++
		if e.kind == fetch.Results || e.kind == fetch.VitalSigns {
			c.unreadable[fetch.UnmappedResults]++
			c.unreadable[fetch.UnmappedVitalSigns]++
		}
	default:
		*list = append(*list, x)
	}
}
