package ukcore

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// whole reads everything about each patient, one request per patient. Ids are separate in each answer.
func (r *reading) whole(ctx context.Context) {
	bundles := make([]*fhir.Bundle, len(r.order))
	group := r.group()
	for i, number := range r.order {
		c := r.charts[number]
		group.Go(func() error {
			bundle, err := fhir.Search(ctx, r.source.Fetcher, fhir.Request{Path: "Patient/$everything", Patient: number})
			if err == nil && !bundle.OfVersion("R4") {
				err = fhir.Malformedf("of another version of FHIR")
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

// name gives a resource without an id the id in its fullUrl.
func name(bundle *fhir.Bundle) {
	for i := range bundle.Resources {
		if r := &bundle.Resources[i]; r.ID == "" {
			r.ID = strings.TrimPrefix(strings.TrimPrefix(fhir.KeyOf(r.FullURL), "urn:uuid:"), r.Type+"/")
		}
	}
}

// fail records why the trust did not answer for a patient. Not knowing the patient is not a failure.
func (c *chart) fail(ctx context.Context, err error) {
	var answer *fhir.StatusError
	if errors.As(err, &answer) && errors.Is(err, record.ErrNotFound) && answer.Has("PATIENT_NOT_FOUND") {
		c.absent = true
		return
	}
	c.err = c.source.outcome(ctx, err, "Patient")
}

// find searches for the patients by NHS number.
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
			errs[i] = fhir.Malformedf("of another version of FHIR")
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

// meet assigns the Patients in an answer to the patients asked for. A Patient whose number cannot be read
// may be any of them, so then no patient counts as absent.
func (r *reading) meet(ctx context.Context, charts []*chart, bundle *fhir.Bundle) {
	strangers, unknown := 0, bundle.Broken
	for i := range bundle.Resources {
		p := &bundle.Resources[i]
		switch {
		case p.Type == "OperationOutcome" && fhir.IsIncomplete(p.Raw):
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
		case c.withheld: // a restricted record must leave no trace, so the patient counts as unknown
			c.absent, c.self = true, nil
		case len(c.self) > 0 && unknown > 0 && !c.whole: // there may be more Patients of this person
			c.cannotReadAll("", unknown)
		case slices.ContainsFunc(c.self, r.hasUnseenLink):
			c.cannotReadAll("", 1)
		case len(c.self) > 0:
		case unknown > 0:
			c.err = r.source.outcome(ctx, fhir.Malformedf("a Patient who cannot be known"), "Patient")
		case strangers > 0: // it may be the same person with another number
			c.err = r.source.outcome(ctx, fhir.Malformedf("of somebody else"), "Patient")
		case c.whole:
			c.err = r.source.outcome(ctx, fhir.Malformedf("no Patient"), "Patient")
		default:
			c.absent = true
		}
	}
}

// hasUnseenLink reports whether p is linked (replaced-by or replaces) to a Patient that the search did not
// return: part of the record may be filed under that one. An unreadable link counts as one.
func (r *reading) hasUnseenLink(p *fhir.Resource) bool {
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
		if (link.Type == "replaced-by" || link.Type == "replaces") && r.people[link.Other.Reference] != r.people[p.Key()] {
			return true
		}
	}
	return false
}

// know accepts a Patient as one of the person asked for, if the birth date agrees.
func (r *reading) know(ctx context.Context, c *chart, p *fhir.Resource) {
	var err error
	switch _, ok := p.BirthDate(); {
	case !ok || len(p.Raw) > maxResource || !fhir.IsPlainID(p.ID):
		err = fhir.Malformedf("a Patient that cannot be read")
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
	c.self = append(c.self, p)
	r.people[p.Key()] = c
	if p.FullURL != "" {
		r.people[p.FullURL] = c
	}
}
