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

// A chart is a council's parsed answers for one adult. Every entry in its lists may be shown.
type chart struct {
	reading *reading
	source  *Source
	screen  *fhir.Screen
	patient record.NHSNumber
	want    *want

	err    error            // why the council did not answer for the patient
	absent bool             // the council does not know the patient
	failed map[string]error // by type: why it could not be searched
	part   map[string]bool  // types of which something did not come about which nothing is known

	selves    []*fhir.Resource          // the patient's Patients: a council may have several for one person
	own       map[string]bool           // their keys and fullUrls
	resources []*fhir.Resource          // the patient's and nobody's, in the order they came
	left      []*fhir.Resource          // left out, but they may hide what refers to them
	partly    int                       // number of Patients that could not be read or may be missing
	byKey     map[string]*fhir.Resource // the first with each key
	hidden    map[string]bool           // keys of what must not be shown
	hangs     fhir.Links

	alerts       []record.Alert
	concerns     []record.SafeguardingConcern
	appointments []record.Appointment
	documents    []record.Document
	attached     map[string]attachment // by the source's id of a document: where its content is
	contents     []record.DocumentContent
	contentErrs  map[string]error // by the source's id of a document: why its content could not be read
	team         []record.CareTeamMember
	contacts     []record.Contact
	carers       []record.Carer
	reasons      []record.SupportReason
	services     []record.SocialCareService
	assessments  []record.SocialCareAssessment
	requests     []record.SocialCareRequest
	equipment    []record.Equipment

	ids          fhir.Seen
	unreadable   map[fetch.Kind]int // number of entries that are missing or could not be read
	confidential int
	foreign      map[string]int // by resource type: number that belongs to somebody else
}

// chart requests what is wanted of one adult from the council and reads the answers.
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

// Limits of one resource. A council's longest free text is a thousandth of maxResource. FHIR's ids have up
// to 64 characters.
const (
	maxResource = 1 << 20
	maxID       = 256
)

// ofR4 reports whether no resource claims to be of another version of FHIR. It does not look at those with
// a profile of Interweave: they also name the STU3 profile from which it was made.
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

// included are the search parameters whose targets are requested with a type: what may hide it, and who it
// names.
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

// search searches for every type that is wanted, all concurrently, and then for what the resources refer
// to.
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

// A question is a search for resources of a type: all of the patient's, or only those with one of some
// values of a parameter.
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

// searchFor sends all questions concurrently and keeps what comes. The errors are in the order of the
// questions.
func (c *chart) searchFor(ctx context.Context, keys []string, questions []question) []error {
	found, failed := make([]*fhir.Bundle, len(questions)), make([]error, len(questions))
	var all fhir.Group
	for i := range questions {
		all.Go(func() error { // each waits for its turn, so the bound holds
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

// lacking returns why something of the patient did not come; nil if err is. The council knows the patient,
// so "not found" says nothing about them.
func (c *chart) lacking(ctx context.Context, err error) error {
	if err = c.source.outcome(ctx, err); err == errUnknown {
		return fmt.Errorf("%w: the council cannot be asked for it", record.ErrNotServed)
	}
	return err
}

// kindsOf are the kinds that a resource type is read for. They are incomplete if a resource of the type
// cannot be read.
var kindsOf = func() map[string][]fetch.Kind {
	kinds := map[string][]fetch.Kind{"Patient": {fetch.Contacts}}
	for kind, types := range searched {
		for _, one := range types {
			kinds[one] = append(kinds[one], kind)
		}
	}
	return kinds
}()

// take keeps the resources of an answer that are the patient's or nobody's.
func (c *chart) take(q *question, found *fhir.Bundle) error {
	if !ofR4(found) {
		return fhir.Malformedf("of another version of FHIR")
	}
	c.missed(q, q.resource, found.Broken) // what they said is unknown
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

// lacks notes that an answer lacks something about which nothing is known. If that may hide others, the
// search has failed: see fhir.Bundle.Lost.
func (c *chart) lacks(q *question) error {
	c.part[q.resource] = true
	if q.by == "" && q.resource != besides {
		return nil
	}
	return fmt.Errorf("%w: the council did not give all that it has of %s", record.ErrUnavailable, q.resource)
}

// leave leaves out a resource that cannot be kept. It can still hide others.
func (c *chart) leave(r *fhir.Resource) {
	if r.ID == "" {
		named := *r
		named.ID = strings.TrimPrefix(fhir.KeyOf(r.FullURL), r.Type+"/")
		r = &named
	}
	c.left = append(c.left, r)
}

// keep adds a resource, unless it is identical to the first with its key. References to two different
// resources with one key do not say which they mean: both are shown, and their kinds are incomplete.
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

// missed marks the kinds of a type as incomplete because an answer lacks n of its resources. If the
// question was for what others refer to, it marks the kinds of every type that is wanted.
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

// readers read one resource at a time, by its type.
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

// report reports the events to count or alarm on.
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
