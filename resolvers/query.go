package resolvers

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

type queryResolver struct{ *Root }

// Patient returns the record of one patient, or an error that says why it is not shown.
func (r queryResolver) Patient(ctx context.Context, number record.NHSNumber) (*record.Patient, error) {
	q := current(ctx)
	q.run(ctx)
	if q.fault != nil {
		return nil, q.fault
	}
	return q.patient(ctx, number)
}

// Patients returns the records of many patients, in the order of numbers. A patient who is refused has a Refusal there.
func (r queryResolver) Patients(ctx context.Context, numbers []record.NHSNumber) ([]*record.PatientEntry, error) {
	q := current(ctx)
	q.run(ctx)
	entries := make([]*record.PatientEntry, len(numbers))
	for i, number := range numbers {
		entries[i] = &record.PatientEntry{NHSNumber: number}
		patient, err := (*record.Patient)(nil), q.fault
		if err == nil {
			patient, err = q.patient(ctx, number)
		}
		if err != nil && !refuses(err) {
			return nil, err
		}
		if err != nil {
			entries[i].Refusal = refusal(err)
			continue
		}
		entries[i].Patient = patient
	}
	return entries, nil
}

// Viewer describes the caller.
func (r queryResolver) Viewer(ctx context.Context) (*record.Viewer, error) {
	p, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnauthenticated
	}
	classes, _ := r.Policy.Classes(p)
	viewer := &record.Viewer{
		Name: record.Text(p.Name), Role: record.Text(p.Role), Purpose: record.Text(p.Purpose),
		Classes: classes.Classes(), ExpiresAt: record.At(p.ExpiresAt),
	}
	if p.Org != "" {
		viewer.Organisation = &record.Organisation{ODSCode: record.Text(p.Org), Name: p.Org}
		if org, known := r.Directory.Find(p.Org); known {
			viewer.Organisation.Name = org.Name
		}
	}
	return viewer, nil
}

// ServiceSources lists every source and how it last answered.
func (r queryResolver) ServiceSources(ctx context.Context) ([]*record.ServiceSource, error) {
	if _, ok := auth.FromContext(ctx); !ok {
		return nil, auth.ErrUnauthenticated
	}
	sources := make([]*record.ServiceSource, len(r.Sources))
	for i := range r.Sources {
		s := &r.Sources[i]
		state, at := r.health.of(i)
		sources[i] = &record.ServiceSource{Sector: s.Sector, Organisation: s.Organisation, Kind: s.Kind, State: state, LastAnsweredAt: record.At(at), SourceHealth: r.health.failure(i, s.standing())}
	}
	slices.SortStableFunc(sources, func(a, b *record.ServiceSource) int {
		return slices.Index(record.Sectors, a.Sector) - slices.Index(record.Sectors, b.Sector)
	})
	return sources, nil
}

// standing is the health of the source.
func (s *Source) standing() record.SourceHealth {
	if s.Health == nil {
		return record.SourceHealth{Breaker: record.BreakerClosed}
	}
	return s.Health()
}

// patient returns the record of a patient who has been decided on, or the reason for refusing it.
func (q *request) patient(ctx context.Context, number record.NHSNumber) (*record.Patient, error) {
	decision := q.decisions[number]
	if err := decision.Err(); err != nil {
		return nil, err
	}
	if _, granted := q.grants.For(decision.Patient); !granted {
		return nil, consent.ErrWithheld
	}
	p := &record.Patient{ID: q.root.Identifier.Person(decision.Patient), NHSNumber: decision.Patient}
	q.person(ctx, p)
	return p, nil
}

// person fills in what demographics holds, if it was asked.
func (q *request) person(ctx context.Context, p *record.Patient) {
	planned := q.planned.demographics
	if planned == nil || !q.plannedFor(planned, p.NHSNumber) {
		p.Demographics = &record.SourceStatus{State: record.Unknown, Gaps: []record.Gap{}, LeftOut: []record.Class{}}
		return
	}
	var g gathering[*record.Person]
	g.collect(ctx, q, planned, p, persons{})
	g.items = slices.DeleteFunc(g.items, (*record.Person).Unknown) // nothing could be read about these
	person, agreed := together(g.items)
	g.pending = g.pending || !agreed
	status := g.status()
	p.Demographics = &status
	if len(g.items) == 0 {
		return
	}
	p.Person = person
	q.mask(&p.Person)
	p.Age = age(p.Person, q.now)
}

// persons reads the person, who is not an entry of a record.
type persons struct{}

func (persons) Read(_ context.Context, _ fetch.Kind, a fetch.Answer, subject int) []*record.Person {
	return pointers[record.Person](a, subject)
}

func (persons) Entry(*record.Person) record.RecordItem { return nil }

// together merges a person from several sources, taking each detail from the first that has it. The sources do not
// agree if two give dates of birth, or of death, that cannot be the same day.
func together(people []*record.Person) (p record.Person, agreed bool) {
	agreed = true
	for i, other := range people {
		if i == 0 {
			p = *other
			continue
		}
		born, too := string(p.DateOfBirth), string(other.DateOfBirth)
		agreed = agreed && (strings.HasPrefix(born, too) || strings.HasPrefix(too, born))
		if !p.DeceasedAt.IsZero() && !other.DeceasedAt.IsZero() {
			first, last := daysOf(p)
			from, to := daysOf(*other)
			agreed = agreed && first <= to && from <= last
		}
		if p.DeceasedAt.IsZero() {
			p.DeceasedAt, p.DeceasedAtPrecision = other.DeceasedAt, other.DeceasedAtPrecision
		}
		if len(p.Telecom) == 0 {
			p.Telecom = other.Telecom
		}
		p.Name, p.Address = cmp.Or(p.Name, other.Name), cmp.Or(p.Address, other.Address)
		p.DateOfBirth, p.Gender = cmp.Or(p.DateOfBirth, other.DateOfBirth), cmp.Or(p.Gender, other.Gender)
		p.RegisteredPractice = cmp.Or(p.RegisteredPractice, other.RegisteredPractice)
		p.EthnicCategory, p.PreferredLanguage = cmp.Or(p.EthnicCategory, other.EthnicCategory), cmp.Or(p.PreferredLanguage, other.PreferredLanguage)
		p.MaritalStatus, p.NHSNumberStatus = cmp.Or(p.MaritalStatus, other.MaritalStatus), cmp.Or(p.NHSNumberStatus, other.NHSNumberStatus)
	}
	return p, agreed
}

// age is in whole years, at death if dead; nil if the dates allow more than one. A death in the future does not count.
func age(p record.Person, now time.Time) *int {
	today := record.Today(now)
	first, last := today, today
	if !p.DeceasedAt.IsZero() && !p.DeceasedAt.After(now) {
		first, last = daysOf(p)
		last = min(last, today)
	}
	years, known := record.Age(p.DateOfBirth, first)
	if oldest, too := record.Age(p.DateOfBirth, last); !known || !too || years != oldest {
		return nil
	}
	return &years
}

// daysOf returns the first and the last day on which somebody who is dead may have died.
func daysOf(p record.Person) (first, last record.Date) {
	day := record.Today(p.DeceasedAt.Time)
	switch p.DeceasedAtPrecision {
	case record.PrecisionYear:
		return day, record.PartialDate(day[:4]).Last()
	case record.PrecisionMonth:
		return day, record.PartialDate(day[:7]).Last()
	}
	return day, day
}
