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

// A chart is what a trust answered about one patient, taken apart. Every entry in it may be shown.
type chart struct {
	source *Source
	screen *fhir.Screen
	today  record.Date
	now    time.Time
	number record.NHSNumber
	born   string   // birth date, as far as our register knows it
	wanted []string // source ids of the documents whose content is wanted

	self     []*fhir.Resource // the patient's Patient resources
	whole    bool             // the trust returned everything it holds at once
	err      error            // the trust did not answer for the patient
	absent   bool             // the trust does not know the patient
	failures map[string]error // failed searches, by type
	partly   map[string]bool  // types with missing resources about which nothing is known

	pool      *pool
	resources []*fhir.Resource          // the patient's resources, in the order they came
	withheld  bool                      // the trust labels the record restricted
	left      []*fhir.Resource          // not kept, but they may hide what refers to them
	byKey     map[string]*fhir.Resource // the first under each key and URL
	twice     map[string]bool           // bodies that came under a key already taken
	hidden    map[string]bool           // keys of what must not be shown
	asked     map[string]bool           // keys and types already requested because something refers to them
	hangs     fhir.Links
	borne     map[string]bool                              // identifiers that a resource here bears
	bearers   map[string]*fhir.Resource                    // kept resources, by type and identifier
	inside    map[*fhir.Resource]map[string]*fhir.Resource // contained resources, by their container and id
	told      map[decodedAs]any                            // cache of known
	lacking   map[*fhir.Resource]bool                      // cache of lacksReason, by resource
	uses      map[*fhir.Resource]deviceUse                 // by device; nil until needed
	ids       fhir.Seen
	visits    map[string]*visit                    // the first under each key
	summaries map[*visit]*record.DocumentReference // discharge summaries; nil until needed
	allVisits []*visit
	lies      *bool                 // whether the person is in hospital; nil until needed
	attached  map[string]attachment // where the wanted content of a document is, by document id

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
	lettersErr          error // the document service could not be asked
	lettersConfidential int
	contentErrs         map[string]error // why the content of a document could not be read, by document id

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

// keep adds a resource. References cannot tell two different resources with the same key apart, so both are
// shown and their kinds are incomplete.
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

// leave sets aside a resource that cannot be kept. It may still hide others.
func (c *chart) leave(r *fhir.Resource) {
	c.cannotRead(r.Type)
	if r.ID == "" {
		named := *r
		named.ID = r.FullURL
		r = &named
	}
	c.left = append(c.left, r)
}

// cannotRead marks the kinds of a resource type as incomplete.
func (c *chart) cannotRead(resource string) {
	for _, kind := range kindsOf[resource] {
		c.unreadable[kind]++
	}
}

// cannotReadAll marks what a search was for as incomplete: every kind if resource is "", the search for
// everything about a patient.
func (c *chart) cannotReadAll(resource string, n int) {
	kinds := kindsOf[resource]
	if resource == "" {
		kinds = slices.Concat(shared, own[c.source.Sector])
	}
	for _, kind := range kinds {
		c.unreadable[kind] += n
	}
}

// read turns the resources into entries. It reads encounters first, because other resources refer to them.
func (c *chart) read() {
	c.confidential += c.lettersConfidential
	if c.withheld { // a restricted record must look like that of an unknown patient
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

// showsLetters reports whether letters are shown although the rest failed. They are not if the trust means
// another person or refuses access.
func (c *chart) showsLetters() bool {
	return len(c.letters) > 0 && !errors.Is(c.err, record.ErrIdentity) && !errors.Is(c.err, record.ErrRefused)
}

// readers read one resource on its own, by type.
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

// known decodes a resource that others refer to, once, however many do. Callers must not modify the result.
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

// within returns the contained resources of r, by id.
func (c *chart) within(r *fhir.Resource) map[string]*fhir.Resource {
	all, is := c.inside[r]
	if is {
		return all
	}
	all = map[string]*fhir.Resource{}
	var contained []json.RawMessage
	_ = json.Unmarshal(fhir.Member(r.Raw, "contained"), &contained) // may be missing
	for _, raw := range contained {
		if one, ok := fhir.ParseResource(raw); ok && all[one.ID] == nil {
			all[one.ID] = &one
		}
	}
	c.inside[r] = all
	return all
}

// find returns the resource that a reference points at, whether or not it may be shown; nil if it did not
// come.
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

// bearer returns the first resource of a type (any type if "") that bears an identifier; nil if none came.
func (c *chart) bearer(resource, id string) *fhir.Resource { return c.bearers[resource+" "+id] }

// isHidden reports whether the target of a reference must not be shown.
func (c *chart) isHidden(reference string) bool {
	key := fhir.KeyOf(reference)
	if r := c.find(reference); r != nil {
		key = r.Key()
	}
	return c.hidden[key] || c.pool.hidden[key]
}

// resource returns the target of a reference; nil if it did not come, is on another server, or must not be
// shown. A local resource with the same id does not stand in for one on another server, but if it is
// hidden, so is the target.
func (c *chart) resource(ref fhir.Reference) *fhir.Resource {
	r := c.find(ref.Reference)
	if r == nil || c.isHidden(ref.Reference) || !r.MayBe(ref.Reference) {
		return nil
	}
	return r
}

// meant returns the target of a reference to a type, also if only an identifier names it; nil if it did not
// come or must not be shown.
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

// isWithheld reports whether anything that a reference may mean must not be shown.
func (c *chart) isWithheld(ref fhir.Reference) bool {
	return c.isHidden(ref.Reference) || slices.ContainsFunc(ref.Identifiers(), func(id string) bool { return c.hidden[meantBy+id] })
}

// isMissing reports whether the target of a reference to a type did not come.
func (c *chart) isMissing(resource string, ref fhir.Reference) bool {
	return (ref.Reference != "" || len(ref.Identifiers()) > 0) && !c.isWithheld(ref) && c.meant(resource, ref) == nil
}

// isSelf reports whether a reference points at the patient.
func (c *chart) isSelf(ref fhir.Reference) bool {
	return slices.ContainsFunc(c.self, func(p *fhir.Resource) bool {
		return ref.Reference != "" && ref.Reference == p.FullURL || fhir.KeyOf(ref.Reference) == p.Key() && !fhir.Elsewhere(ref.Reference, p.FullURL)
	})
}

// put adds an entry if its own content may be shown, and reports whether it did. An entry with an
// unreadable value is left out and its kind marked incomplete. An entry whose reason did not come is added,
// and its kind marked incomplete.
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

// incomplete marks a kind, and the kinds that read the same entries.
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

// shownParts decodes the parts of a resource that may be shown, each judged on its own. An unreadable part
// makes the kinds of the resource type incomplete.
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

// showable drops the parts of an entry that must not be shown.
func showable[T any](parts []T, shown func(*T) bool) []T {
	return slices.DeleteFunc(parts, func(x T) bool { return !shown(&x) })
}

// shownCodes reports whether all codes and words may be shown.
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

// masked is the code of a concept; nil if it must not be shown, so that the entry is shown without it.
func (c *chart) masked(concept *fhir.Concept) *record.Code {
	if code := concept.Ptr(); c.shownCode(code) {
		return code
	}
	return nil
}

// withdrawn reports whether a status means entered in error.
func withdrawn(status string) bool { return strings.EqualFold(status, "entered-in-error") }
