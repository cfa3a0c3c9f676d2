// Package ukcore reads the records of acute and mental health trusts over UK Core (FHIR R4), and the
// letters of trusts that have STU3 documents.
//
// It searches a trust for the patients first and then, concurrently, for the resource types that the asks
// need. It divides the results among the patients, removes what is excluded, and answers each ask from the
// rest, as SQL sources answer from their rows.
package ukcore

import (
	"context"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Options are the settings of a trust's endpoint besides its address.
type Options struct {
	// Batch sends all searches of a read in one request. The trust must support it.
	Batch bool

	// Documents has STU3 documents (Bundles with a Composition); nil if there are none.
	Documents fhir.Fetcher

	// Count is the page size to request; 0 means 200.
	Count int

	fhir.SourceOptions
}

// Source is one trust.
type Source struct {
	fhir.Base
	options Options
}

// Open returns the source of one trust. sector is record.Acute or record.MentalHealth. f is nil for a trust
// that has only STU3 documents.
func Open(sector record.Sector, org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	if o.Count <= 0 {
		o.Count = 200
	}
	return &Source{fhir.NewBase(sector, org, f, ids, o.SourceOptions, "UK Core"), o}
}

// Kinds returns what the source can be asked, sorted: everything that trusts of its sector hold, including
// what UK Core has no place for.
func (s *Source) Kinds() []fetch.Kind {
	kinds := slices.Concat(shared, own[s.Sector], withheld[s.Sector])
	slices.Sort(kinds)
	return kinds
}

var (
	shared = []fetch.Kind{
		fetch.Notes, fetch.Alerts, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Procedures, fetch.Devices,
		fetch.Results, fetch.UnmappedResults, fetch.Reports, fetch.VitalSigns, fetch.UnmappedVitalSigns, fetch.Appointments, fetch.Upcoming, fetch.Documents,
		fetch.DocumentContent, fetch.Referrals, fetch.CarePlans, fetch.CareTeam, fetch.Contacts, fetch.Needs, fetch.AdvanceCare, fetch.Stays,
	}
	own = map[record.Sector][]fetch.Kind{
		record.Acute:        {fetch.Attendances, fetch.Imaging},
		record.MentalHealth: {fetch.CareContacts, fetch.CareCoordinators, fetch.Assessments},
	}

	// withheld are the kinds that trusts hold and UK Core has no place for. They are offered and always fail,
	// because what was not read must not look like "none".
	withheld = map[record.Sector][]fetch.Kind{
		record.MentalHealth: {
			fetch.ResponsibleClinicians, fetch.LegalStatuses, fetch.CommunityTreatmentOrders, fetch.ConditionalDischarges,
			fetch.Absences, fetch.DelayedDischarges, fetch.CareClusters,
		},
	}
)

// offers reports whether this package reads a kind at all.
func (s *Source) offers(kind fetch.Kind) bool {
	return slices.Contains(shared, kind) || slices.Contains(own[s.Sector], kind)
}

// Read answers all asks, with one search for the patients and then all others concurrently. A patient for
// whom the trust did not answer has an error in the answers concerned. If the trust could be reached for no
// patient, Read fails.
func (s *Source) Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	terms, screen, err := fhir.TermsFrom(ctx)
	if err != nil {
		return nil, err
	}
	r := newReading(s, terms, screen)
	for _, ask := range asks {
		r.want(ask)
	}
	if err := r.fetch(ctx); err != nil {
		return nil, err
	}
	return fhir.Answers(asks, r.answer), nil
}
