package gpconnect

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A chart is a practice's parsed answer for one patient. Every entry in it may be shown.
type chart struct {
	source  *Source
	screen  *fhir.Screen
	patient record.NHSNumber
	born    string // birth date, as far as our register knows it
	today   record.Date
	err     error // why the practice did not answer for the patient
	absent  bool  // the practice holds nothing about the patient

	withheld bool // the practice labels their Patient restricted: they are shown as absent

	documentsErr error             // why their documents could not be read
	contentErrs  map[string]error  // by the source's id of a document: why its content could not be read
	addresses    map[string]string // by the same: the URL of its content

	resources []*fhir.Resource          // the patient's and nobody's, in the order they came
	left      []*fhir.Resource          // left out, but they may hide what is linked to them
	gone      map[string]bool           // keys of those left out
	byKey     map[string]*fhir.Resource // the first with each key
	bearers   map[string][]string       // by fullUrl or identifier: keys of the resources that have it
	meanings  map[string][]meaning      // by the same: what it may mean, one for each type
	meant     map[string]string         // by the same: the key of what it is taken to mean
	nameless  int                       // number of resources without an id
	hidden    map[string]bool           // keys of what must not be shown
	hangs     fhir.Links
	roles     map[string]string // by key of a Practitioner: their role in words
	ids       fhir.Seen
	people    map[string]*record.Practitioner
	lists     map[string]*list // lists of consultations, topics and headings, by key
	inLists   map[string]bool  // keys of the entries in those lists
	partly    map[string]bool  // keys of reports with a result that must not be shown

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

	unreadable   map[fetch.Kind]int  // number of entries and lists that are missing or could not be read
	endedMissing bool                // the list of ended allergies did not come
	keptBack     map[fetch.Kind]bool // kinds of which a list says that the practice keeps entries back as confidential
	missing      []string            // SNOMED CT codes of the lists that were requested and did not come
	confidential int
	foreign      map[string]int // by resource type: number that belongs to somebody else
	patients     int            // number of Patients in the answer
	self         *fhir.Resource // the patient's own Patient
}

// chart requests the record of one patient from the practice, and the documents if they are wanted, and
// reads the answers.
func (r *reading) chart(ctx context.Context, patient record.NHSNumber) *chart {
	s, w := r.source, r.wants[patient]
	c := newChart(s, r.screen, patient, w.born)
	c.today = record.Today(r.terms.Now)
	parts := w.parts
	if parts == 0 { // only documents are wanted, but only the record says whether the practice restricts the patient
		parts = areas[0].part
	}
	data, err := s.structured(ctx, patient, parts)
	if err == nil {
		err = c.read(data, parts)
	}
	held, meaning := s.outcome(ctx, err)
	c.absent, c.err = !held, meaning
	if w.documents && c.err == nil {
		if c.readDocuments(ctx, w); c.withheld { // requested as for somebody it does not know, but not shown
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

// read reads a structured record. An error concerns the answer as a whole.
func (c *chart) read(data []byte, wanted parts) error {
	if fhir.IsOutcome(data) { // some systems report a failure with status 200
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

// readers read one resource at a time, by its type.
var readers = map[string]func(*chart, *fhir.Resource){
	"AllergyIntolerance": (*chart).readAllergy,
	"Condition":          (*chart).readProblem,
	"Immunization":       (*chart).readImmunisation,
	"ReferralRequest":    (*chart).readReferral,
	"DocumentReference":  (*chart).readDocument,
}

// kindsOf are the kinds that a resource type is read for. They are incomplete if a resource of the type
// cannot be read.
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

// take keeps the resources of the bundle that are the patient's or nobody's. An answer that does not say
// whose it is, or is somebody else's, is malformed as a whole. So is one of another FHIR version, and one
// that has a next page.
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
	c.unreadableAll(bundle.Broken) // what they said is unknown, so no kind is complete
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

// leaveUnreadable leaves out the broken entries whose type is known.
func (c *chart) leaveUnreadable(bundle *fhir.Bundle) {
	for i := range bundle.Unreadable {
		r := &bundle.Unreadable[i]
		c.name(r)
		c.leave(r)
	}
}

// leave leaves a resource out. It can still hide others.
func (c *chart) leave(r *fhir.Resource) {
	c.left = append(c.left, r)
	c.gone[r.Key()] = true
}

// name notes the identifiers and the fullUrl by which references may mean a resource. A resource without an
// id gets one that no other has, so that it can still hide others. name reports whether it had an id.
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

// Limits of one resource. A practice's longest free text is a thousandth of maxResource. FHIR's ids have up
// to 64 characters.
const (
	maxResource = 1 << 20
	maxID       = 256
)

// identify finds the patient's Patient in an answer and checks the birth date. A label counts before that: a
// birth date that differs would tell a restricted patient from one whom the practice does not know.
func (c *chart) identify(bundle *fhir.Bundle) error {
	others := 0
	var born error
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
		born = cmp.Or(born, r.CheckBirth(c.born, "the practice"))
	}
	switch {
	case c.withheld: // a patient whom the practice restricts must look like one it does not know
		c.confidential++
		return &fhir.StatusError{Status: 404, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrNotFound}
	case born != nil:
		return born
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

// keep adds a resource, unless it is identical to the first with its key. References to two different
// resources with one key do not say which they mean: both are shown, and their kinds are incomplete.
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

// belongs reports whether a resource is the patient's or nobody's. It counts those of somebody else. If the
// answer has several Patients, a resource that does not say whose it is counts as somebody else's.
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

// dropForeign counts a resource that is not the patient's. It may be theirs with a wrong reference, so its
// kinds are incomplete.
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

// whose returns whom a reference to a patient means. One that means two people is somebody else's.
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

// nameOf returns what a reference means: the type and id at its end, or the whole of a URN; if it has
// neither, the system|value of its identifier; "" if it has only words.
func nameOf(ref fhir.Reference) string {
	name := fhir.KeyOf(ref.Reference)
	if name == "" && ref.Identifier != nil {
		name = ref.Identifier.System + "|" + ref.Identifier.Value
	}
	return name
}

// keyOf returns the key of what a reference means. A resource on another server did not come. The resource
// that has the same type and id here is not shown in its place. If that one is hidden, the reference counts
// as hidden too.
func (c *chart) keyOf(ref fhir.Reference) string {
	key := c.keyHere(ref)
	if r := c.byKey[key]; r != nil && !c.hidden[key] && fhir.Elsewhere(ref.Reference, r.FullURL) {
		return key + " of " + ref.Reference
	}
	return key
}

// keyHere returns the key of what a reference means, whichever server it names. Of several resources with
// the same fullUrl or identifier it is the first that was kept.
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

// cannotRead marks the kinds of a resource type as incomplete.
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

// report reports the events to count or alarm on.
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

// complete reports whether everything that the practice holds for an ask could be read.
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

// resource returns what a reference points at; nil if it did not come or must not be shown.
func (c *chart) resource(ref fhir.Reference) *fhir.Resource {
	key := c.keyOf(ref)
	if c.hidden[key] {
		return nil
	}
	return c.byKey[key]
}

// put adds an entry if its own codes and words allow it to be shown. An entry with a value that could not
// be read is left out, and its kind is incomplete.
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
