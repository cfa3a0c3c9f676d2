package ukcore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Limits of one resource. Types that hold content may be as large as a whole answer.
const (
	maxResource = 1 << 20
	maxID       = 256
)

var holdsContent = []string{"DocumentReference", "DiagnosticReport", "Binary", "Media"}

// nobodys are the types that belong to no patient, or need not.
var nobodys = []string{
	"Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication", "Substance", "Binary", "Device", "Specimen",
}

// divide gives each resource of an answer to the patient it names. It drops a resource that names someone
// who was not asked for, and sets it aside for every patient, as it may be theirs with a wrong reference.
func (r *reading) divide(s *searched) {
	s.miss(s.bundle.Broken)
	if s.bundle.Lost() > 0 {
		s.lacks()
	}
	for i := range s.bundle.Resources { // Patients first: if one is foreign, what names nobody may be theirs
		if x := &s.bundle.Resources[i]; x.Type == "Patient" {
			r.dividePatient(s, x)
		}
	}
	for i := range s.bundle.Unreadable {
		s.each(func(c *chart) { c.leave(&s.bundle.Unreadable[i]) })
	}
	for i := range s.bundle.Resources {
		x := &s.bundle.Resources[i]
		_, clinical := kindsOf[x.Type]
		switch {
		case x.Type == "Patient":
		case x.Type == "OperationOutcome":
			r.divideOutcome(s, x)
		case clinical && x.ID == "", len(x.ID) > maxID, len(x.Raw) > maxResource && !slices.Contains(holdsContent, x.Type):
			s.each(func(c *chart) { c.leave(x) })
			if s.followed {
				s.miss(1)
			}
		default:
			r.divideOne(s, x)
		}
	}
}

// miss marks what a search was for as incomplete: every kind if it was for what others refer to.
func (s *searched) miss(n int) {
	resource := s.resource
	if s.followed {
		resource = ""
	}
	s.each(func(c *chart) { c.cannotReadAll(resource, n) })
}

func (s *searched) each(tell func(*chart)) {
	for _, c := range s.charts {
		tell(c)
	}
}

// dividePatient checks a Patient. Those of our patients are known by now, so any other is someone else's.
func (r *reading) dividePatient(s *searched, x *fhir.Resource) {
	if c := r.people[x.Key()]; c == nil || !slices.ContainsFunc(c.self, func(p *fhir.Resource) bool { return p.ID == x.ID }) {
		s.each(func(c *chart) { c.pool.foreign["Patient"]++ })
	} else if number, ok := x.NHSNumber(); ok && number != c.number || x.Confidential() || x.CheckBirth(c.born, "the trust") != nil {
		c.err = fhir.Malformedf("a Patient who became another, or restricted, from one answer to the next")
	}
}

// divideOutcome reads an OperationOutcome, by which a server can say that the answer is incomplete.
func (r *reading) divideOutcome(s *searched, x *fhir.Resource) {
	if fhir.IsIncomplete(x.Raw) {
		s.miss(1)
		s.lacks()
	}
	if strings.Contains(string(x.Raw), `"suppressed"`) {
		s.each(func(c *chart) { c.confidential++ })
	}
}

// lacks records that an answer lacks something about which nothing is known. If that may hide other
// resources, the search has failed: see fhir.Bundle.Lost.
func (s *searched) lacks() {
	s.each(func(c *chart) { c.partly[s.resource] = true })
	if !s.followed && !hides(s.resource) {
		return
	}
	s.err = fmt.Errorf("%w: the trust did not give all that it has of %s", record.ErrUnavailable, s.resource)
	s.each(func(c *chart) { c.failures[s.resource] = s.err })
}

// hides reports whether a type is searched for because it decides whether other resources may be shown.
func hides(resource string) bool {
	if slices.Contains(besides, resource) {
		return true
	}
	for _, whole := range wholes {
		if whole == resource {
			return true
		}
	}
	return false
}

func (r *reading) divideOne(s *searched, x *fhir.Resource) {
	owners, foreign, ok := r.owners(s, x)
	switch {
	case !ok:
		s.each(func(c *chart) { c.leave(x) })
	case foreign:
		s.charts[0].pool.foreign[x.Type]++
		s.each(func(c *chart) { c.leave(x) })
	case len(owners) > 0:
		for _, c := range owners {
			c.keep(x)
		}
	case slices.Contains(nobodys, x.Type):
		s.charts[0].pool.keep(x)
	case s.charts[0].whole && s.charts[0].pool.foreign["Patient"] == 0:
		s.charts[0].keep(x)
	default:
		s.charts[0].pool.foreign[x.Type]++
		s.each(func(c *chart) { c.leave(x) })
	}
}

// owners returns the patients that a resource names. foreign means that it names someone who was not asked
// for, or several patients. An appointment with one of our patients may name others too. ok is false if the
// references cannot be read.
func (r *reading) owners(s *searched, x *fhir.Resource) (owners []*chart, foreign, ok bool) {
	refs, ok := subjects(x)
	for _, ref := range refs {
		if c := r.whose(ref); !slices.Contains(s.charts, c) {
			foreign = true
		} else if !slices.Contains(owners, c) {
			owners = append(owners, c)
		}
	}
	if x.Type == "Appointment" && len(owners) > 0 {
		foreign = false
	} else if len(owners) > 1 {
		foreign = true // contradictory
	}
	return owners, foreign, ok
}

// subjects returns the references of a resource to the person it is about.
func subjects(x *fhir.Resource) (refs []fhir.Reference, ok bool) {
	for _, name := range []string{"subject", "patient", "for", "individual"} {
		raw := fhir.Member(x.Raw, name)
		if raw == nil || name == "individual" && x.Type != "ResearchSubject" {
			continue
		}
		var ref fhir.Reference
		if json.Unmarshal(raw, &ref) != nil {
			return nil, false
		}
		if ref.Reference != "" || ref.Identifier != nil {
			refs = append(refs, ref)
		}
	}
	if x.Type != "Appointment" {
		return refs, true
	}
	var a struct {
		Participant []struct{ Actor fhir.Reference }
	}
	if json.Unmarshal(x.Raw, &a) != nil {
		return nil, false
	}
	for _, p := range a.Participant {
		if fhir.TypeOf(fhir.KeyOf(p.Actor.Reference)) == "Patient" || p.Actor.Identifier != nil && p.Actor.Identifier.System == fhir.NHSNumberSystem {
			refs = append(refs, p.Actor)
		}
	}
	return refs, true
}

// whose returns the patient that a reference means; nil if it is none of those asked for, or if its
// identifier and its address disagree.
func (r *reading) whose(ref fhir.Reference) (c *chart) {
	if ref.Identifier != nil && ref.Identifier.System == fhir.NHSNumberSystem && ref.Identifier.Value != "" {
		number, err := record.ParseNHSNumber(ref.Identifier.Value)
		if c = r.charts[number]; err != nil || c == nil || len(c.self) == 0 {
			return nil
		}
	}
	if ref.Reference == "" {
		return c
	}
	pointed := r.pointed(ref.Reference)
	if c != nil && c != pointed {
		return nil
	}
	return pointed
}

// pointed returns the patient that a reference points at. A URL on another server is not the local Patient
// with the same id.
func (r *reading) pointed(reference string) *chart {
	if c := r.people[reference]; c != nil {
		return c
	}
	c := r.people[fhir.KeyOf(reference)]
	if c == nil || !strings.Contains(reference, "://") {
		return c
	}
	reference, _, _ = strings.Cut(reference, "/_history/")
	for _, p := range c.self {
		if p.Key() == fhir.KeyOf(reference) && p.FullURL == reference {
			return c
		}
	}
	return nil
}

// A pool holds what belongs to no patient: professionals, places, medicines.
type pool struct {
	screen       *fhir.Screen
	byKey        map[string]*fhir.Resource
	all          []*fhir.Resource
	hidden       map[string]bool
	roles        map[string]string // role in words, by Practitioner key
	foreign      map[string]int    // number of dropped resources of other people, by type
	confidential int
}

func newPool(screen *fhir.Screen) *pool {
	return &pool{screen: screen, byKey: map[string]*fhir.Resource{}, hidden: map[string]bool{}, roles: map[string]string{}, foreign: map[string]int{}}
}

func (p *pool) keep(r *fhir.Resource) {
	if r.FullURL != "" && p.byKey[r.FullURL] == nil {
		p.byKey[r.FullURL] = r
	}
	if first := p.byKey[r.Key()]; first == nil {
		p.byKey[r.Key()] = r
	} else if string(first.Raw) == string(r.Raw) {
		return
	}
	p.all = append(p.all, r) // either of two under one key may hide what refers to it
}

// settle finds what in the pool must not be shown. A hidden role or a hidden organisation hides its
// professionals.
func (p *pool) settle() {
	hangs := fhir.Links{}
	for _, r := range p.all {
		key := r.Key()
		if first := p.byKey[r.FullURL]; first != nil {
			hangs.Add(first.Key(), key) // either of two under one URL may be meant
		}
		if r.ConfidentialWithin() {
			p.confidential++
			p.hidden[key] = true
		}
		if p.screen.HidesResource(r, apart[r.Type]...) {
			p.hidden[key] = true
		}
		if r.Type == "PractitionerRole" {
			p.roleOf(hangs, r)
		}
		for _, to := range fhir.References(r.Raw) {
			if target := p.at(to); target != nil && target.Type != "Practitioner" {
				hangs.Add(key, target.Key())
			}
		}
	}
	hangs.Spread(p.hidden)
}

func (p *pool) at(reference string) *fhir.Resource {
	if r := p.byKey[reference]; r != nil {
		return r
	}
	return p.byKey[fhir.KeyOf(reference)]
}

// roleOf records a professional's role in words. A hidden role hides the professional, and so what they
// wrote.
func (p *pool) roleOf(hangs fhir.Links, r *fhir.Resource) {
	var x practitionerRole
	_ = json.Unmarshal(r.Raw, &x) // as far as it can be read
	who := p.at(x.Practitioner.Reference)
	if who == nil {
		return
	}
	hangs.Add(who.Key(), r.Key())
	if !who.MayBe(x.Practitioner.Reference) {
		return // the role of someone on another server
	}
	for i := range x.Code {
		if words := x.Code[i].Words(); words != "" && p.roles[who.Key()] == "" {
			p.roles[who.Key()] = words
		}
	}
}

// kindsOf are the kinds that a resource type is read for. They are incomplete if one such resource cannot
// be read.
var kindsOf = func() map[string][]fetch.Kind {
	of := map[string][]fetch.Kind{"Patient": {fetch.Contacts, fetch.Needs}, "Goal": {fetch.CarePlans}, "Medication": {fetch.Medications}}
	for kind, types := range sources {
		for _, t := range types {
			of[t] = append(of[t], kind)
		}
	}
	return of
}()
