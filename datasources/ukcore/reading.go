package ukcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A reading is one Read on its way.
type reading struct {
	source *Source
	terms  *fetch.Terms
	screen *fhir.Screen

	order     []record.NHSNumber
	charts    map[record.NHSNumber]*chart
	types     []string
	documents bool
	people    map[string]*chart // by the ways in which resources refer to a patient
	pool      *pool             // what belongs to nobody
}

func newReading(s *Source, terms *fetch.Terms, screen *fhir.Screen) *reading {
	return &reading{source: s, terms: terms, screen: screen, charts: map[record.NHSNumber]*chart{}, people: map[string]*chart{}, pool: newPool(screen)}
}

func (r *reading) want(ask *fetch.Ask) {
	if !r.source.offers(ask.Kind) {
		return
	}
	types := r.source.types(ask.Kind)
	documents := isDocument(ask.Kind) && r.source.options.Documents != nil
	if len(types) == 0 && !documents {
		return
	}
	r.documents = r.documents || documents
	for _, t := range types {
		if !slices.Contains(r.types, t) {
			r.types = append(r.types, t)
		}
	}
	for i, number := range ask.Subjects.Patients {
		c := r.charts[number]
		if c == nil {
			c = newChart(r, number)
			r.charts[number] = c
			r.order = append(r.order, number)
		}
		if i < len(ask.Subjects.Born) {
			c.born = ask.Subjects.Born[i]
		}
		if ask.Kind == fetch.DocumentContent {
			c.wanted = ask.Filter.SourceID
		}
	}
}

func isDocument(kind fetch.Kind) bool {
	return kind == fetch.Documents || kind == fetch.DocumentContent
}

// fetch asks for everything. It is an error where the trust could be reached for nobody.
func (r *reading) fetch(ctx context.Context) error {
	if len(r.order) == 0 {
		return nil
	}
	ahead, cancel := fhir.Ahead(ctx)
	defer cancel()
	defer r.report(ctx)
	slices.Sort(r.types)
	group := r.group()
	if r.documents {
		for _, c := range r.charts {
			group.Go(func() error { c.readLetters(ahead); return nil })
		}
	}
	err := r.records(ahead, ctx)
	group.Wait()
	if err != nil && !r.anyLetters() {
		return err
	}
	r.pool.settle()
	for _, c := range r.charts {
		c.read()
	}
	r.contents(ahead)
	return nil
}

func (r *reading) group() *fhir.Group {
	var group fhir.Group
	group.SetLimit(r.source.Concurrency())
	return &group
}

func (r *reading) anyLetters() bool {
	for _, c := range r.charts {
		if len(c.letters) > 0 {
			return true
		}
	}
	return false
}

// records reads what is not a letter: by searches, or whole where the trust gives all it
// holds of one patient at a time.
func (r *reading) records(ahead, ctx context.Context) error {
	if len(r.types) == 0 {
		return nil
	}
	var failed []error
	if fhir.IsWhole(r.source.Fetcher) {
		r.whole(ahead)
	} else if r.find(ahead); len(r.people) > 0 {
		if err := r.search(ahead); err != nil {
			return fhir.Together(ctx, 1, []error{err})
		}
	}
	for _, c := range r.charts {
		if c.err != nil {
			failed = append(failed, c.err)
		}
	}
	return fhir.Together(ctx, len(r.order), failed)
}

// whole asks for each patient by themselves, for all there is. Ids are not shared between
// the answers.
func (r *reading) whole(ctx context.Context) {
	bundles := make([]*fhir.Bundle, len(r.order))
	group := r.group()
	for i, number := range r.order {
		c := r.charts[number]
		group.Go(func() error {
			bundle, err := fhir.Search(ctx, r.source.Fetcher, fhir.Request{Path: "Patient/$everything", Patient: number})
			if err == nil && !bundle.OfVersion("R4") {
				err = malformed("of another version of FHIR")
			}
			bundles[i] = bundle
			c.fail(ctx, err)
			return nil
		})
	}
	group.Wait()
	for i, number := range r.order {
		c := r.charts[number]
		if c.err != nil || c.absent {
			continue
		}
		c.whole, c.pool, r.people = true, newPool(r.screen), map[string]*chart{}
		name(bundles[i])
		if r.meet(ctx, []*chart{c}, bundles[i]); c.err == nil && !c.absent {
			r.divide(&searched{charts: []*chart{c}, bundle: bundles[i]})
		}
		c.pool.settle()
	}
}

// name gives resources that have only an address of their own (urn:uuid) the id in it.
func name(bundle *fhir.Bundle) {
	for i := range bundle.Resources {
		if r := &bundle.Resources[i]; r.ID == "" {
			r.ID = strings.TrimPrefix(r.FullURL, "urn:uuid:")
		}
	}
}

// fail notes why the trust did not answer for a patient; that it does not know them is no
// failure.
func (c *chart) fail(ctx context.Context, err error) {
	var answer *fhir.StatusError
	if errors.As(err, &answer) && errors.Is(err, record.ErrNotFound) && answer.Has("PATIENT_NOT_FOUND") {
		c.absent = true
		return
	}
	c.err = c.source.outcome(ctx, err, "Patient")
}

// find searches for the patients.
func (r *reading) find(ctx context.Context) {
	chunks := slices.Collect(slices.Chunk(r.order, perSearch))
	bundles := make([]*fhir.Bundle, len(chunks))
	errs := make([]error, len(chunks))
	group := r.group()
	for i, numbers := range chunks {
		group.Go(func() error {
			bundles[i], errs[i] = fhir.Search(ctx, r.source.Fetcher, r.source.identify(numbers))
			return nil
		})
	}
	group.Wait()
	for i, numbers := range chunks {
		charts := make([]*chart, len(numbers))
		for j, number := range numbers {
			charts[j] = r.charts[number]
		}
		if errs[i] == nil && !bundles[i].OfVersion("R4") {
			errs[i] = malformed("of another version of FHIR")
		}
		if err := r.source.outcome(ctx, errs[i], "Patient"); err != nil {
			for _, c := range charts {
				c.err = err
			}
			continue
		}
		r.meet(ctx, charts, bundles[i])
	}
}

// meet finds out whose Patients an answer has. One whose number cannot be read may be
// anybody's, so that nobody who was not found is taken for absent.
func (r *reading) meet(ctx context.Context, charts []*chart, bundle *fhir.Bundle) {
	strangers, unknown := 0, bundle.Broken
	for i := range bundle.Resources {
		p := &bundle.Resources[i]
		switch {
		case p.Type == "OperationOutcome" && isIncomplete(p.Raw):
			unknown++
			continue
		case p.Type != "Patient":
			continue
		}
		number, ok := p.NHSNumber()
		at := slices.IndexFunc(charts, func(c *chart) bool { return c.number == number })
		switch {
		case !ok:
			unknown++
		case at < 0:
			strangers++
		default:
			r.know(ctx, charts[at], p)
		}
	}
	r.source.Observe(ctx, fhir.Foreign, strangers, "Patient")
	for _, c := range charts {
		switch {
		case c.err != nil:
		case c.withheld: // what a source marks so leaves no mark: as if it knew nobody
			c.absent, c.self = true, nil
			maps.DeleteFunc(r.people, func(_ string, of *chart) bool { return of == c })
		case len(c.self) > 0 && unknown > 0 && !c.whole: // there may be more of them
			c.cannotReadAll("", unknown)
		case slices.ContainsFunc(c.self, r.goesOn):
			c.cannotReadAll("", 1)
		case len(c.self) > 0:
		case unknown > 0:
			c.err = r.source.outcome(ctx, malformed("a Patient who cannot be known"), "Patient")
		case strangers > 0: // who came may be them with another number
			c.err = r.source.outcome(ctx, malformed("of somebody else"), "Patient")
		case c.whole:
			c.err = r.source.outcome(ctx, malformed("no Patient"), "Patient")
		default:
			c.absent = true
		}
	}
}

// goesOn reports whether a Patient was replaced by another that did not come: where the
// trust keeps what it holds of them since.
func (r *reading) goesOn(p *fhir.Resource) bool {
	var patient struct {
		Link []struct {
			Type  string
			Other fhir.Reference
		}
	}
	if raw := fhir.Member(p.Raw, "link"); raw == nil {
		return false
	} else if json.Unmarshal(raw, &patient.Link) != nil {
		return true
	}
	for _, link := range patient.Link {
		if link.Type == "replaced-by" && r.people[link.Other.Reference] != r.people[p.Key()] {
			return true
		}
	}
	return false
}

// know takes a Patient as one of a person asked for, by the birth date too.
func (r *reading) know(ctx context.Context, c *chart, p *fhir.Resource) {
	var err error
	switch _, ok := p.BirthDate(); {
	case !ok || len(p.Raw) > maxResource || !fhir.IsPlainID(p.ID):
		err = malformed("a Patient that cannot be read")
	case p.Confidential():
		r.source.Observe(ctx, fhir.Confidential, 1, "Patient")
		c.withheld = true
	default:
		err = p.CheckBirth(c.born, "the trust")
	}
	if err != nil {
		c.err = r.source.outcome(ctx, err, "Patient")
		return
	}
	if c.err == nil {
		c.self = append(c.self, p)
		r.people[p.Key()] = c
		if p.FullURL != "" {
			r.people[p.FullURL] = c
		}
	}
}

// A searched is one search and what it answered.
type searched struct {
	resource string
	charts   []*chart
	request  fhir.Request

	bundle *fhir.Bundle
	err    error
}

// search makes all other searches at once. The error is of transport, where none of them
// was answered.
func (r *reading) search(ctx context.Context) error {
	all := r.searches()
	failed := r.make(ctx, all)
	r.follow(ctx)
	if len(failed) < len(all) || r.anyAbsent() {
		return nil
	}
	return fhir.Together(context.WithoutCancel(ctx), len(all), failed)
}

// make makes searches at once and divides what they find; the errors are of those that
// failed.
func (r *reading) make(ctx context.Context, all []*searched) (failed []error) {
	if r.source.options.Batch {
		r.batch(ctx, all)
	} else {
		group := r.group()
		for _, s := range all {
			group.Go(func() error {
				s.bundle, s.err = fhir.Search(ctx, r.source.Fetcher, s.request)
				return nil
			})
		}
		group.Wait()
	}
	for _, s := range all {
		if s.err == nil && !s.bundle.OfVersion("R4") {
			s.err = malformed("of another version of FHIR")
		}
		if s.err = r.source.outcome(ctx, s.err, s.resource); s.err != nil {
			failed = append(failed, s.err)
			for _, c := range s.charts {
				c.failures[s.resource] = s.err
			}
			continue
		}
		r.divide(s)
	}
	return failed
}

// places are the types, of nobody, by whose names what refers to them may be such as is
// never shown.
var places = []string{"Location", "HealthcareService", "Organization", "Medication", "PractitionerRole", "Specimen", "Substance"}

// unread are the clinical types that the record has no place for. What refers to one that
// is never shown is hidden all the same.
var unread = []string{
	"BodyStructure", "ClinicalImpression", "Communication", "CommunicationRequest", "Composition", "DetectedIssue", "DeviceRequest", "FamilyMemberHistory",
	"ImmunizationRecommendation", "Media", "NutritionOrder", "RequestGroup", "RiskAssessment", "SupplyRequest", "Task",
}

// maxSteps is how often what was found is asked for what it refers to.
const maxSteps = 8

// follow asks for what resources refer to that is of a type nobody asked for: it may be
// such as is never shown. Where it cannot be had, nothing of the patient can be judged.
func (r *reading) follow(ctx context.Context) {
	for step := 0; ; step++ {
		var all []*searched
		shared := referred{}
		for _, number := range r.order {
			if c := r.charts[number]; c.err == nil {
				all = append(all, r.searchesFor(c, c.referred(r, shared))...)
			}
		}
		all = append(all, r.searchesForNobodys(shared)...)
		if len(all) == 0 {
			return
		}
		if step < maxSteps {
			r.make(ctx, all)
		}
		for _, s := range all {
			if step == maxSteps {
				s.err = malformed("references that go on and on")
			}
			for _, c := range s.charts {
				for _, t := range r.types {
					if s.err != nil && c.failures[t] == nil {
						c.failures[t] = s.err
					}
				}
			}
		}
		if step == maxSteps {
			return
		}
	}
}

// hangsOn are, by type, those of which one may hide a resource that refers to none: they
// name it. Where one of the type is wanted, they are all searched for.
var hangsOn = map[string][]string{
	"Observation":       {"Observation", "DiagnosticReport"},
	"MedicationRequest": {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"},
}

// referred is what resources refer to, by type, by "_id" or "identifier" and its value,
// with the charts whose it is; all of a type under "".
type referred map[string]map[string]map[string][]*chart

func (m referred) add(c *chart, t, parameter, value string) {
	if m[t] == nil {
		m[t] = map[string]map[string][]*chart{}
	}
	if m[t][parameter] == nil {
		m[t][parameter] = map[string][]*chart{}
	}
	m[t][parameter][value] = append(m[t][parameter][value], c)
}

// referred is what the resources of a patient refer to, and what of nobody they refer to,
// each once for each patient: whether one can be judged does not depend on who else is
// asked for. What belongs to nobody is asked for once for all who need it.
func (c *chart) referred(r *reading, shared referred) referred {
	own, seen := referred{}, map[*fhir.Resource]bool{}
	around := slices.Concat(c.resources, c.left)
	for i := 0; i < len(around); i++ {
		for name, raw := range fhir.Members(around[i].Raw) {
			if around[i].Type == "List" && strings.EqualFold(name, "entry") || strings.EqualFold(name, "subject") || strings.EqualFold(name, "patient") {
				continue
			}
			for _, to := range fhir.References(raw) {
				key := fhir.KeyOf(to)
				if x := c.pool.at(to); x != nil && !seen[x] {
					seen[x] = true
					around = append(around, x)
				}
				if t := fhir.TypeOf(key); hangsOn[t] != nil || c.find(to) == nil {
					c.refer(r, own, shared, t, "_id", key[len(t)+min(1, len(t)):])
				}
			}
			for t, ids := range fhir.LogicalOf(raw) {
				for _, id := range ids {
					if !slices.Contains(nobodys, t) {
						c.refer(r, own, shared, t, "identifier", id)
					}
				}
			}
		}
	}
	return own
}

func (c *chart) refer(r *reading, own, shared referred, t, parameter, value string) {
	key := t + " " + parameter + " " + value
	if !r.unsearched(c, t) || c.asked[key] || parameter == "_id" && !fhir.IsPlainID(value) {
		return
	}
	c.asked[key] = true
	switch {
	case slices.Contains(nobodys, t):
		shared.add(c, t, parameter, value)
	case hangsOn[t] == nil:
		own.add(c, t, parameter, value)
	default:
		for _, t := range hangsOn[t] {
			if r.unsearched(c, t) {
				c.asked[t] = true
				own.add(c, t, "", "")
			}
		}
	}
}

// unsearched reports whether a type may hide what refers to it and is not searched for, as
// a whole, of a patient.
func (r *reading) unsearched(c *chart, t string) bool {
	judged := kindsOf[t] != nil || slices.Contains(places, t) || slices.Contains(unread, t)
	return judged && t != "Patient" && !slices.Contains(r.types, t) && !c.asked[t]
}

// searchesFor are searches of a patient for what is referred to.
func (r *reading) searchesFor(c *chart, own referred) (all []*searched) {
	selves := make([]string, len(c.self))
	for i, p := range c.self {
		selves[i] = p.ID
	}
	for _, t := range slices.Sorted(maps.Keys(own)) {
		for _, parameter := range slices.Sorted(maps.Keys(own[t])) {
			for some := range slices.Chunk(slices.Sorted(maps.Keys(own[t][parameter])), perSearch) {
				request := r.source.query(t, selves)
				if parameter != "" {
					request.Query.Set(parameter, strings.Join(some, ","))
				}
				all = append(all, &searched{resource: t, charts: []*chart{c}, request: request})
			}
		}
	}
	return all
}

// searchesForNobodys are searches for what belongs to nobody.
func (r *reading) searchesForNobodys(shared referred) (all []*searched) {
	for _, t := range slices.Sorted(maps.Keys(shared)) {
		for some := range slices.Chunk(slices.Sorted(maps.Keys(shared[t]["_id"])), perSearch) {
			s := &searched{resource: t, request: r.source.query(t, nil)}
			s.request.Query.Del("patient")
			s.request.Query.Set("_id", strings.Join(some, ","))
			for _, id := range some {
				for _, c := range shared[t]["_id"][id] {
					if !slices.Contains(s.charts, c) {
						s.charts = append(s.charts, c)
					}
				}
			}
			all = append(all, s)
		}
	}
	return all
}

func (r *reading) anyAbsent() bool {
	for _, c := range r.charts {
		if c.absent {
			return true
		}
	}
	return false
}

// batch makes the searches in one request.
func (r *reading) batch(ctx context.Context, all []*searched) {
	requests := make([]fhir.Request, len(all))
	for i, s := range all {
		requests[i] = s.request
	}
	found, err := fhir.Batch(ctx, r.source.Fetcher, requests)
	for i, s := range all {
		if s.err = err; err == nil {
			s.bundle, s.err = found[i].Bundle, found[i].Err
		}
	}
}

// searches are those that are wanted, of the patients that were found.
func (r *reading) searches() []*searched {
	var known []*chart
	for _, number := range r.order {
		if c := r.charts[number]; c.err == nil && len(c.self) > 0 {
			known = append(known, c)
		}
	}
	var all []*searched
	for charts := range slices.Chunk(known, perSearch) {
		var ids []string
		for _, c := range charts {
			for _, p := range c.self {
				ids = append(ids, p.ID)
			}
		}
		for _, t := range r.types {
			all = append(all, &searched{resource: t, charts: charts, request: r.source.query(t, ids)})
		}
	}
	return all
}

// report tells what is to be counted and alarmed.
func (r *reading) report(ctx context.Context) {
	pools := []*pool{r.pool}
	confidential := 0
	for _, c := range r.charts {
		if c.pool != r.pool {
			pools = append(pools, c.pool)
		}
		for kind, n := range c.unreadable {
			r.source.Observe(ctx, fhir.Unreadable, n, string(kind))
		}
		confidential += c.confidential
	}
	for _, p := range pools {
		for resource, n := range p.foreign {
			r.source.Observe(ctx, fhir.Foreign, n, resource)
		}
		confidential += p.confidential
	}
	r.source.Observe(ctx, fhir.Confidential, confidential, "record")
}

// outcome turns a failure into what it means, and tells of it.
func (s *Source) outcome(ctx context.Context, err error, where string) error {
	var answer *fhir.StatusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		return s.refusal(ctx, answer, where)
	case errors.Is(err, record.ErrIdentity):
		s.Tell(ctx, fhir.Event{Kind: fhir.Mismatched, Count: 1, Where: "birth date", Err: err})
	case errors.Is(err, record.ErrMalformed):
		s.Tell(ctx, fhir.Event{Kind: fhir.Malformed, Count: 1, Where: where, Err: err})
	}
	return err
}

// refusal is what a status means: a search that is not found is a wrong address and not a
// patient who is not there.
func (s *Source) refusal(ctx context.Context, answer *fhir.StatusError, where string) error {
	kind := answer.Kind
	switch {
	case errors.Is(kind, record.ErrNotFound):
		kind = record.ErrNotServed
	case errors.Is(kind, record.ErrRefused):
		s.Observe(ctx, fhir.Refused, 1, where)
	case errors.Is(kind, record.ErrMalformed):
		s.Tell(ctx, fhir.Event{Kind: fhir.Malformed, Count: 1, Where: where, Err: answer})
	}
	return fmt.Errorf("%w: the trust answered %d for %s", kind, answer.Status, where)
}

func malformed(what string) error { return fmt.Errorf("%w: %s", record.ErrMalformed, what) }
