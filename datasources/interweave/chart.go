package interweave

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A chart is what a council answered for one adult, taken apart: everything in its lists
// may be shown.
type chart struct {
	reading *reading
	source  *Source
	screen  *fhir.Screen
	patient record.NHSNumber
	want    *want

	err    error            // the council did not answer for the patient
	absent bool             // it does not know them
	failed map[string]error // by type, what could not be searched
	part   map[string]bool  // types of which something did not come, and nothing is known of that

	selves    []*fhir.Resource          // their Patients: a council may have several of one person
	own       map[string]bool           // the keys and addresses of those
	resources []*fhir.Resource          // theirs, in the order they came
	left      []*fhir.Resource          // not kept, but they may hide what refers to them
	partly    int                       // Patients of the search that could not be read
	byKey     map[string]*fhir.Resource // the first under each key
	hidden    map[string]bool           // keys of what may not be shown
	hangs     fhir.Links

	alerts       []record.Alert
	concerns     []record.SafeguardingConcern
	appointments []record.Appointment
	documents    []record.Document
	attached     map[string]attachment // by the source's id of a document, where its content stands
	contents     []record.DocumentContent
	contentErrs  map[string]error // by the source's id of a document, why its content could not be had
	team         []record.CareTeamMember
	contacts     []record.Contact
	carers       []record.Carer
	reasons      []record.SupportReason
	services     []record.SocialCareService
	assessments  []record.SocialCareAssessment
	requests     []record.SocialCareRequest
	equipment    []record.Equipment

	ids          fhir.Seen
	unreadable   map[fetch.Kind]int // entries that could not be read
	confidential int
	foreign      map[string]int // by resource type, what belongs to somebody else
}

// chart asks the council for one adult and takes the answers apart.
func (r *reading) chart(ctx context.Context, patient record.NHSNumber) *chart {
	c := &chart{reading: r, source: r.source, screen: r.screen, patient: patient, want: r.wants[patient], failed: map[string]error{}, part: map[string]bool{}, own: map[string]bool{},
		byKey: map[string]*fhir.Resource{}, hidden: map[string]bool{}, hangs: fhir.Links{}, attached: map[string]attachment{}, contentErrs: map[string]error{}, ids: fhir.Seen{}, unreadable: map[fetch.Kind]int{}, foreign: map[string]int{}}
	err := c.find(ctx)
	switch {
	case err == nil:
		c.search(ctx)
		c.screenAll()
		c.read(ctx)
	default:
		if err = r.source.outcome(ctx, err); err == errUnknown {
			c.absent = true
		} else {
			c.err = err
		}
	}
	c.report(ctx)
	return c
}

// What one resource may be: a council's longest free text is a thousandth of that, and
// FHIR's ids have 64 letters.
const (
	maxResource = 1 << 20
	maxID       = 256
)

// ofR4 reports whether no resource claims to be of another version of FHIR. Those of Interweave's
// profiles are not looked at: they name beside them the STU3 profile they were made from.
func ofR4(b *fhir.Bundle) bool {
	for i := range b.Resources {
		if slices.ContainsFunc(b.Resources[i].Profiles, isInterweave) {
			continue
		}
		if one := (fhir.Bundle{Resources: b.Resources[i : i+1]}); !one.OfVersion("R4") {
			return false
		}
	}
	return true
}

func isInterweave(profile string) bool { return strings.Contains(profile, "/Interweave-") }

// included are what is asked for beside a type: what may hide it, and who it names.
var included = map[string][]string{
	"Task":              {"owner", "requester", "encounter", "based-on"},
	"ServiceRequest":    {"requester", "performer", "encounter"},
	"EpisodeOfCare":     {"organization", "care-manager", "incoming-referral"},
	"Flag":              {"author", "encounter"},
	"Appointment":       {"actor", "location", "practitioner"},
	"DocumentReference": {"author", "encounter"},
	"CareTeam":          {"participant", "encounter"},
	"Condition":         {"encounter"},
	"DeviceRequest":     {"encounter"},
}

// search asks for every type that is wanted, all at once.
func (c *chart) search(ctx context.Context) {
	keys := make([]string, len(c.selves))
	for i, self := range c.selves {
		keys[i] = self.Key()
	}
	var questions []question
	for _, kind := range slices.Sorted(maps.Keys(c.want.types)) {
		questions = append(questions, question{resource: kind})
	}
	for i, err := range c.searchFor(ctx, keys, questions) {
		if err != nil {
			c.failed[questions[i].resource] = c.lacking(ctx, err)
		}
	}
	c.follow(ctx, keys)
}

// A question is a search for resources of a type: for all of the patient's, or only for those
// that are known by some values of a parameter.
type question struct {
	resource, by string
	values       []string
}

func (q *question) query(keys []string) url.Values {
	query := url.Values{"patient": {strings.Join(keys, ",")}, "_count": {"100"}}
	if q.by != "" {
		query.Set(q.by, strings.Join(q.values, ","))
		if slices.Contains(shared, q.resource) {
			query.Del("patient")
		}
	}
	for _, parameter := range included[q.resource] {
		query.Add("_include", q.resource+":"+parameter)
	}
	if len(included[q.resource]) > 0 {
		query.Add("_include:iterate", "PractitionerRole:practitioner")
	}
	return query
}

// searchFor asks all questions at once and keeps what comes; the errors stand in the order
// of the questions.
func (c *chart) searchFor(ctx context.Context, keys []string, questions []question) []error {
	found, failed := make([]*fhir.Bundle, len(questions)), make([]error, len(questions))
	var all fhir.Group
	for i := range questions {
		all.Go(func() error { // a turn each, within the bound
			q := &questions[i]
			found[i], failed[i] = c.reading.ask(ctx, fhir.Request{Path: q.resource, Query: q.query(keys), Patient: c.patient})
			return nil
		})
	}
	all.Wait()
	for i := range questions {
		if failed[i] == nil {
			failed[i] = c.take(&questions[i], found[i])
		}
	}
	return failed
}

// lacking is why something of the patient did not come; nil where it did. They are known,
// so that it is not found says nothing of them.
func (c *chart) lacking(ctx context.Context, err error) error {
	if err = c.source.outcome(ctx, err); err == errUnknown {
		return fmt.Errorf("%w: the council cannot be asked for it", record.ErrNotServed)
	}
	return err
}

// kindsOf are the kinds that a resource of a type is read for: they are incomplete where
// one cannot be read.
var kindsOf = func() map[string][]fetch.Kind {
	kinds := map[string][]fetch.Kind{"Patient": {fetch.Contacts}}
	for kind, types := range searched {
		for _, one := range types {
			kinds[one] = append(kinds[one], kind)
		}
	}
	return kinds
}()

// take keeps the resources of an answer that are the patient's.
func (c *chart) take(q *question, found *fhir.Bundle) error {
	if !ofR4(found) {
		return fhir.Malformedf("of another version of FHIR")
	}
	c.missed(q, q.resource, found.Broken) // what they were cannot be told
	lacks := found.Lost() > 0
	for i := range found.Unreadable {
		c.leave(&found.Unreadable[i])
	}
	for i := range found.Resources {
		r := &found.Resources[i]
		switch {
		case r.Type == "OperationOutcome":
			if partial(r) != nil {
				c.missed(q, q.resource, 1)
				lacks = true
			}
		case r.ID == "" || len(r.Raw) > maxResource || len(r.ID) > maxID:
			c.missed(q, r.Type, 1)
			c.leave(r)
		case r.Type == "Patient" && c.own[r.Key()] && c.changed(r):
			return fhir.Malformedf("a Patient who became another, or restricted, from one answer to the next")
		case c.belongs(r):
			c.keep(r)
		case r.Type != "Patient":
			c.leave(r)
		}
	}
	if lacks {
		return c.lacks(q)
	}
	return nil
}

// lacks notes that an answer lacks something of which nothing is known. Where that may hide others, the search has failed: see
// fhir.Bundle.Lost.
func (c *chart) lacks(q *question) error {
	c.part[q.resource] = true
	if q.by == "" && q.resource != besides {
		return nil
	}
	return fmt.Errorf("%w: the council did not give all that it has of %s", record.ErrUnavailable, q.resource)
}

// leave leaves a resource out that cannot be kept. What it says may hide others all the
// same.
func (c *chart) leave(r *fhir.Resource) {
	if r.ID == "" {
		named := *r
		named.ID = strings.TrimPrefix(fhir.KeyOf(r.FullURL), r.Type+"/")
		r = &named
	}
	c.left = append(c.left, r)
}

// keep adds a resource. Two different ones under one key cannot be told apart by those
// who refer to them: both are shown and their kinds are incomplete.
func (c *chart) keep(r *fhir.Resource) {
	first := c.byKey[r.Key()]
	switch {
	case first == nil:
		c.byKey[r.Key()] = r
	case string(first.Raw) == string(r.Raw):
		return
	default:
		c.cannotRead(r.Type)
	}
	c.resources = append(c.resources, r)
}

// missed marks as incomplete what is read from a type of which an answer lacks some; where the question
// was for what others refer to, all that is wanted.
func (c *chart) missed(q *question, resource string, n int) {
	if q.by == "" {
		c.cannotReadN(resource, n)
		return
	}
	for kind := range c.want.types {
		c.cannotReadN(kind, n)
	}
}

func (c *chart) cannotRead(resource string) { c.cannotReadN(resource, 1) }

func (c *chart) cannotReadN(resource string, n int) {
	for _, kind := range kindsOf[resource] {
		c.unreadable[kind] += n
	}
}

// readers take one resource of a type.
var readers = map[string]func(*chart, *fhir.Resource){
	"Flag": (*chart).readFlag, "Task": (*chart).readTask, "ServiceRequest": (*chart).readRequest, "EpisodeOfCare": (*chart).readService,
	"Condition": (*chart).readReason, "DeviceRequest": (*chart).readEquipment, "RelatedPerson": (*chart).readRelated, "CareTeam": (*chart).readTeam,
	"Appointment": (*chart).readAppointment, "DocumentReference": (*chart).readDocument,
}

func (c *chart) read(ctx context.Context) {
	for _, self := range c.selves {
		c.readPatient(self)
	}
	for _, r := range c.resources {
		if read, known := readers[r.Type]; known && !c.hidden[r.Key()] {
			read(c, r)
		}
	}
	for i := range c.documents {
		if id := c.documents[i].Provenance.SourceID; slices.Contains(c.want.contents, id) {
			c.contentErrs[id] = c.lacking(ctx, c.readContent(ctx, &c.documents[i]))
		}
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
	for kind := range c.failed {
		c.source.Observe(ctx, fhir.Unanswered, 1, kind)
	}
	c.source.Observe(ctx, fhir.Confidential, c.confidential, "record")
}
