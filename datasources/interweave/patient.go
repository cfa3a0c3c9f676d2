package interweave

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"carerecord/internal/fhir"
)

// find finds the council's Patients with the patient's NHS number.
func (c *chart) find(ctx context.Context) error {
	found, err := c.reading.ask(ctx, fhir.Request{Path: "Patient", Query: url.Values{"identifier": {fhir.NHSNumberSystem + "|" + string(c.patient)}}, Patient: c.patient})
	if err != nil {
		return err
	}
	if !ofR4(found) {
		return fhir.Malformedf("of another version of FHIR")
	}
	if err := c.identify(found); err != nil {
		return err
	}
	c.partly += found.Broken
	for i := range found.Resources {
		r := &found.Resources[i]
		_, ok := r.NHSNumber()
		switch {
		case r.Type == "Patient" && !ok:
			c.partly++
		case r.Type != "OperationOutcome":
		case partial(r) != nil && len(c.selves) == 0:
			return partial(r)
		case partial(r) != nil:
			c.partly++
		}
	}
	switch {
	case len(c.selves) > 0:
		return nil
	case found.Broken > 0 || slices.ContainsFunc(found.Resources, func(r fhir.Resource) bool { return r.Type != "OperationOutcome" }):
		return fhir.Malformedf("no Patient of the number")
	}
	return errUnknown
}

// identify keeps the Patients with the number. If one has another birth date than our register, none can be
// trusted and identify fails.
func (c *chart) identify(found *fhir.Bundle) error {
	var unfit error
	for i := range found.Resources {
		r := &found.Resources[i]
		if r.Type != "Patient" {
			continue
		}
		if number, ok := r.NHSNumber(); !ok || number != c.patient {
			c.foreign["Patient"]++
			continue
		}
		if r.Confidential() { // a patient whom the council restricts must look like one it does not know
			c.confidential++
			return errUnknown
		}
		if r.ID == "" || len(r.ID) > maxID || len(r.Raw) > maxResource {
			unfit = cmp.Or(unfit, fhir.Malformedf("a Patient without id, or larger than any"))
		}
		unfit = cmp.Or(unfit, r.CheckBirth(c.want.born, "the council"))
		c.selves = append(c.selves, r)
		c.own[r.Key()] = true
		if r.FullURL != "" {
			c.own[r.FullURL] = true
		}
	}
	if unfit != nil {
		return unfit
	}
	return c.heedLinks()
}

// heedLinks takes account of Patients that were merged. If one was replaced by another that did not come,
// the record is under that one, and heedLinks fails. If one replaces another that did not come, part of the
// record may still be under that one.
func (c *chart) heedLinks() error {
	for _, r := range c.selves {
		var links []struct {
			Type  string
			Other fhir.Reference
		}
		if raw := fhir.Member(r.Raw, "link"); raw != nil && json.Unmarshal(raw, &links) != nil {
			return fhir.Malformedf("a Patient whose links cannot be read")
		}
		for _, link := range links {
			switch came := c.own[link.Other.Reference] || c.own[fhir.KeyOf(link.Other.Reference)]; {
			case came:
			case link.Type == "replaced-by":
				return fhir.Malformedf("a Patient replaced by one that did not come")
			case link.Type == "replaces":
				c.partly++
			}
		}
	}
	return nil
}

// changed reports whether a Patient in a later answer has another number or birth date, or is restricted.
func (c *chart) changed(r *fhir.Resource) bool {
	number, ok := r.NHSNumber()
	return ok && number != c.patient || r.Confidential() || r.CheckBirth(c.want.born, "the council") != nil
}
