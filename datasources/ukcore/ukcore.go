// Package ukcore reads the records of acute and mental health trusts over UK Core (FHIR
// R4), and the letters of those that have only STU3 documents.
//
// A trust is searched: first for the patients, then, all at once, for the types of
// resource that the asks need. What comes is divided among the patients, what is never
// shown is taken out, and every Ask is answered from the rest, as the SQL sources answer
// from their rows.
package ukcore

import (
	"context"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Options are what a trust's endpoint needs besides its address.
type Options struct {
	// Batch makes all searches of a read in one request, where the trust allows it.
	Batch bool

	// Documents holds STU3 documents (Bundles with a Composition); nil where there are none.
	Documents fhir.Fetcher

	// Count is how many resources a page is asked to hold; 200 where zero.
	Count int

	fhir.SourceOptions
}

// Source is one trust.
type Source struct {
	fhir.Base
	options Options
}

// Open makes the source of one trust: sector is record.Acute or record.MentalHealth. f is
// nil for a trust that has nothing but STU3 documents.
func Open(sector record.Sector, org *record.Organisation, f fhir.Fetcher, ids *record.Identifier, o Options) *Source {
	if o.Count <= 0 {
		o.Count = 200
	}
	return &Source{fhir.NewBase(sector, org, f, ids, o.SourceOptions, "UK Core"), o}
}

// Kinds lists what the source can be asked: all that trusts of its sector hold, those
// that UK Core has no place for among them.
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

	// withheld are the kinds that trusts hold and UK Core has no place for. They are
	// offered and always fail: what was not asked for must not look like "none".
	withheld = map[record.Sector][]fetch.Kind{
		record.MentalHealth: {
			fetch.ResponsibleClinicians, fetch.LegalStatuses, fetch.CommunityTreatmentOrders, fetch.ConditionalDischarges,
			fetch.Absences, fetch.DelayedDischarges, fetch.CareClusters,
		},
	}
)

// offers reports whether a kind is read here at all.
func (s *Source) offers(kind fetch.Kind) bool {
	return slices.Contains(shared, kind) || slices.Contains(own[s.Sector], kind)
}

// Read answers all asks: one search for the patients, then all others at once. Each
// patient for whom the trust did not answer has an error in the answers it concerns;
// where it could be reached for none, the read is an error.
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
