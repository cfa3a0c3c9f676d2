package ukcore

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A chart is what a trust answered for one patient, taken apart: everything in it may be
// shown.
type chart struct {
	source *Source
	screen *fhir.Screen
	today  record.Date
	now    time.Time
	number record.NHSNumber
	born   string   // as far as our register knows
	wanted []string // the source's ids of documents whose content is wanted

	self     []*fhir.Resource // their Patients
	whole    bool             // the trust gave all it holds at once
	err      error            // the trust did not answer for the patient
	absent   bool             // it does not know them
	failures map[string]error // by type, searches that failed
	partly   map[string]bool  // types of which something did not come, and nothing is known of that

	pool      *pool
	resources []*fhir.Resource          // theirs, in the order they came
	withheld  bool                      // the trust labels the record restricted
	left      []*fhir.Resource          // not kept, but they may hide what refers to them
	byKey     map[string]*fhir.Resource // the first under each key and address
	twice     map[string]bool           // what came under a key that another has
	hidden    map[string]bool           // keys of what may not be shown
	asked     map[string]bool           // keys and types of what was asked for because something refers to it
	hangs     fhir.Links
	borne     map[string]bool                              // identifiers that something here bears
	bearers   map[string]*fhir.Resource                    // by type and identifier, what was kept
	inside    map[*fhir.Resource]map[string]*fhir.Resource // by their ids, the resources inside one
	told      map[decodedAs]any                            // what known read
	lacking   map[*fhir.Resource]bool                      // whether the reason that one refers to did not come
	uses      map[*fhir.Resource]deviceUse                 // of each device; nil until one is asked for
	ids       fhir.Seen
	visits    map[string]*visit                    // the first under each key
	summaries map[*visit]*record.DocumentReference // discharge summaries; nil until one is asked for
	allVisits []*visit
	lies      *bool                 // whether the person is in hospital; nil until that is asked
	attached  map[string]attachment // by the id of a document whose content is wanted, where that stands

	allergies     []record.Allergy
	medications   []record.Medication
	problems      []record.Problem
	immunisations []record.Immunisation
	procedures    []record.Procedure
	devices       []record.Device
	results       []record.Result
	reports       []record.Report
	vitals        []record.VitalSign
	appointments  []record.Appointment
	documents     []record.Document
	contents      []record.DocumentContent
	referrals     []record.Referral
	plans         []record.CarePlan
	team          []record.CareTeamMember
	contacts      []record.Contact
	needs         []record.Need
	alerts        []record.Alert
	advance       []record.AdvanceDecision
	stays         []record.Stay
	attendances   []record.Attendance
	imaging       []record.ImagingStudy
	careContacts  []record.CareContact
	coordinators  []record.CareCoordinator
	assessments   []record.MentalHealthAssessment
	notes         []record.ListNote

	letters             []letter
	lettersErr          error // the documents could not be asked for
	lettersConfidential int
	contentErrs         map[string]error // by the id of a document, why its content could not be had

	unreadable   map[fetch.Kind]int // entries that could not be read
	confidential int
}

func newChart(r *reading, number record.NHSNumber) *chart {
	return &chart{
		source: r.source, screen: r.screen, today: record.Today(r.terms.Now), now: r.terms.Now, number: number, failures: map[string]error{}, partly: map[string]bool{}, pool: r.pool,
		byKey: map[string]*fhir.Resource{}, twice: map[string]bool{}, borne: map[string]bool{}, bearers: map[string]*fhir.Resource{}, inside: map[*fhir.Resource]map[string]*fhir.Resource{}, told: map[decodedAs]any{}, lacking: map[*fhir.Resource]bool{}, hidden: map[string]bool{}, asked: map[string]bool{}, hangs: fhir.Links{}, ids: fhir.Seen{}, visits: map[string]*visit{}, attached: map[string]attachment{}, contentErrs: map[string]error{},
		unreadable: map[fetch.Kind]int{},
	}
}

// keep adds a resource. Two different ones under one key cannot be told apart by those
// who refer to them: both are shown and their kinds are incomplete.
func (c *chart) keep(r *fhir.Resource) {
	key := r.Key()
	first := c.byKey[key]
	if r.FullURL != "" && c.byKey[r.FullURL] == nil {
		c.byKey[r.FullURL] = r
	}
	switch {
	case first == nil:
		c.byKey[key] = r
	case string(first.Raw) == string(r.Raw):
		return
	default:
		if c.twice[string(r.Raw)] {
			return
		}
		c.twice[string(r.Raw)] = true
		c.cannotRead(r.Type)
	}
	c.resources = append(c.resources, r)
}

// leave leaves a resource out that cannot be kept. What it says may hide others all the
// same.
func (c *chart) leave(r *fhir.Resource) {
	c.cannotRead(r.Type)
	if r.ID == "" {
		named := *r
		named.ID = r.FullURL
		r = &named
	}
	c.left = append(c.left, r)
}

// cannotRead marks the kinds of a type as incomplete.
func (c *chart) cannotRead(resource string) {
	for _, kind := range kindsOf[resource] {
		c.unreadable[kind]++
	}
}

// cannotReadAll marks what a search was for as incomplete: everything where it was for
// all of a patient.
func (c *chart) cannotReadAll(resource string, n int) {
	kinds := kindsOf[resource]
	if resource == "" {
		kinds = slices.Concat(shared, own[c.source.Sector])
	}
	for _, kind := range kinds {
		c.unreadable[kind] += n
	}
}

// read takes the resources apart. Encounters come first: others say at which they were
// made.
func (c *chart) read() {
	c.confidential += c.lettersConfidential
	if c.withheld { // nor is there a letter to whom the trust does not know
		c.letters, c.lettersErr = nil, nil
	}
	if errors.Is(c.lettersErr, record.ErrIdentity) {
		c.err = c.lettersErr
	}
	if c.err != nil {
		c.readLettersOf()
		return
	}
	c.screenAll()
	c.readPatients()
	c.each("Encounter", (*chart).readVisit)
	c.each("Condition", (*chart).readProblem)
	c.each("Procedure", (*chart).readProcedure)
	c.readMedications()
	c.readReports()
	for _, r := range c.resources {
		if read := readers[r.Type]; read != nil && !c.hidden[r.Key()] {
			read(c, r)
		}
	}
	c.readLettersOf()
	c.readVisits()
}

// showsLetters reports whether letters are shown though the rest failed: not where the
// trust means somebody else, or does not let us in.
func (c *chart) showsLetters() bool {
	return len(c.letters) > 0 && !errors.Is(c.err, record.ErrIdentity) && !errors.Is(c.err, record.ErrRefused)
}

// readers take one resource of a type by itself.
var readers = map[string]func(*chart, *fhir.Resource){
	"AllergyIntolerance":    (*chart).readAllergy,
	"Appointment":           (*chart).readAppointment,
	"CarePlan":              (*chart).readPlan,
	"CareTeam":              (*chart).readTeam,
	"Consent":               (*chart).readConsent,
	"Device":                (*chart).readDevice,
	"DeviceUseStatement":    (*chart).readDeviceUse,
	"DocumentReference":     (*chart).readDocument,
	"EpisodeOfCare":         (*chart).readEpisode,
	"Flag":                  (*chart).readFlag,
	"ImagingStudy":          (*chart).readImaging,
	"Immunization":          (*chart).readImmunisation,
	"List":                  (*chart).readList,
	"QuestionnaireResponse": (*chart).readAnswers,
	"RelatedPerson":         (*chart).readRelated,
	"ServiceRequest":        (*chart).readReferral,
}

func (c *chart) each(resource string, read func(*chart, *fhir.Resource)) {
	for _, r := range c.resources {
		if r.Type == resource && !c.hidden[r.Key()] {
			read(c, r)
		}
	}
}

// decodedAs is the cache key of known: a resource and the Go type it was decoded into.
type decodedAs struct {
	of *fhir.Resource
	as reflect.Type
}

// known is decode for what others refer to, however many they are: it is read once. What is
// known is not to be changed.
func known[T any](c *chart, r *fhir.Resource) (x T, ok bool) {
	key := decodedAs{r, reflect.TypeFor[T]()}
	if kept, is := c.told[key]; is {
		x, ok = kept.(T)
		return x, ok
	}
	if x, ok = fhir.Decode[T](r, c.cannotRead); ok {
		c.told[key] = x
	} else {
		c.told[key] = nil
	}
	return x, ok
}

// within are the resources inside another, by their id.
func (c *chart) within(r *fhir.Resource) map[string]*fhir.Resource {
	all, is := c.inside[r]
	if is {
		return all
	}
	all = map[string]*fhir.Resource{}
	var contained []json.RawMessage
	_ = json.Unmarshal(fhir.Member(r.Raw, "contained"), &contained) // there may be none
	for _, raw := range contained {
		if one, ok := fhir.ParseResource(raw); ok && all[one.ID] == nil {
			all[one.ID] = &one
		}
	}
	c.inside[r] = all
	return all
}

// find is the resource that a reference points at, whether or not it may be shown; nil
// where it did not come.
func (c *chart) find(reference string) *fhir.Resource {
	for _, name := range []string{reference, fhir.KeyOf(reference)} {
		if r := c.byKey[name]; r != nil {
			return r
		}
		if r := c.pool.byKey[name]; r != nil {
			return r
		}
	}
	return nil
}

// bearer is the first resource of a type, or of any under "", that bears an identifier; nil
// where none came.
func (c *chart) bearer(resource, id string) *fhir.Resource { return c.bearers[resource+" "+id] }

// isHidden reports whether what a reference points at may not be shown.
func (c *chart) isHidden(reference string) bool {
	key := fhir.KeyOf(reference)
	if r := c.find(reference); r != nil {
		key = r.Key()
	}
	return c.hidden[key] || c.pool.hidden[key]
}

// resource is what a reference points at; nil where that did not come, stands on another server, or may
// not be shown: what has the same id here is not shown in its place, and hides it all the same.
func (c *chart) resource(ref fhir.Reference) *fhir.Resource {
	r := c.find(ref.Reference)
	if r == nil || c.isHidden(ref.Reference) || !r.MayBe(ref.Reference) {
		return nil
	}
	return r
}

// meant is what a reference to something of a type means, by an identifier too; nil where that did not
// come or may not be shown.
func (c *chart) meant(resource string, ref fhir.Reference) *fhir.Resource {
	if c.isWithheld(ref) {
		return nil
	}
	r := c.resource(ref)
	for _, id := range ref.Identifiers() {
		if r == nil {
			r = c.bearer(resource, id)
		}
	}
	return r
}

// isWithheld reports whether anything that a reference may mean may not be shown.
func (c *chart) isWithheld(ref fhir.Reference) bool {
	return c.isHidden(ref.Reference) || slices.ContainsFunc(ref.Identifiers(), func(id string) bool { return c.hidden[meantBy+id] })
}

// isMissing reports whether a reference means something of a type that did not come.
func (c *chart) isMissing(resource string, ref fhir.Reference) bool {
	return (ref.Reference != "" || len(ref.Identifiers()) > 0) && !c.isWithheld(ref) && c.meant(resource, ref) == nil
}

// isSelf reports whether a reference points at the person.
func (c *chart) isSelf(ref fhir.Reference) bool {
	return slices.ContainsFunc(c.self, func(p *fhir.Resource) bool {
		return ref.Reference != "" && ref.Reference == p.FullURL || fhir.KeyOf(ref.Reference) == p.Key() && !fhir.Elsewhere(ref.Reference, p.FullURL)
	})
}

// put adds an entry that may be shown by what it carries itself. An entry of which a
// value could not be read is left out and its kind is incomplete; one whose reason did not
// come is shown, and its kind is incomplete too.
func put[T any, P fhir.Entry[T]](c *chart, list *[]T, x T, e *envelope) bool {
	switch {
	case !c.screen.Shows(P(&x)):
		return false
	case e.Err != nil:
		c.incomplete(e.kind)
		return false
	}
	lacks, is := c.lacking[e.of]
	if !is {
		lacks = e.lacksReason()
		c.lacking[e.of] = lacks
	}
	if lacks {
		c.incomplete(e.kind)
	}
	*list = append(*list, x)
	return true
}

// incomplete marks a kind, and those that read the same entries.
func (c *chart) incomplete(kind fetch.Kind) {
	c.unreadable[kind]++
	switch kind {
	case fetch.Results:
		c.unreadable[fetch.UnmappedResults]++
	case fetch.VitalSigns:
		c.unreadable[fetch.UnmappedVitalSigns]++
	case fetch.Appointments:
		c.unreadable[fetch.Upcoming]++
	case fetch.Documents:
		c.unreadable[fetch.DocumentContent]++
	}
}

// shownParts are the parts of a resource that may be shown, each judged by itself. One that cannot
// be read leaves the kinds of the resource's type incomplete.
func shownParts[T any](c *chart, resourceType string, parts []json.RawMessage) []T {
	var shown []T
	for _, raw := range parts {
		var one T
		switch {
		case c.hides(raw):
		case json.Unmarshal(raw, &one) != nil:
			c.cannotRead(resourceType)
		default:
			shown = append(shown, one)
		}
	}
	return shown
}

// showable drops the parts of an entry that may not be shown.
func showable[T any](parts []T, shown func(*T) bool) []T {
	return slices.DeleteFunc(parts, func(x T) bool { return !shown(&x) })
}

// shownCodes reports whether codes and words may be shown.
func (c *chart) shownCodes(codes func(func(*record.Code)), words func(func(string))) bool {
	shown := true
	codes(func(code *record.Code) { shown = shown && c.shownCode(code) })
	words(func(text string) { shown = shown && !c.screen.Words(text) })
	return shown
}

func (c *chart) shownCode(code *record.Code) bool {
	for ; code != nil; code = code.Original {
		if c.screen.Code(string(code.System), string(code.Code)) || c.screen.Words(code.Display) || c.screen.Words(string(code.Code)) {
			return false
		}
	}
	return true
}

// masked is a code, or none where it may not be shown: the entry stands without it.
func (c *chart) masked(concept *fhir.Concept) *record.Code {
	if code := concept.Ptr(); c.shownCode(code) {
		return code
	}
	return nil
}

// withdrawn reports whether a status says that an entry was a mistake.
func withdrawn(status string) bool { return strings.EqualFold(status, "entered-in-error") }
