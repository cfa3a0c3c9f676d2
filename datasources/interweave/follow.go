package interweave

import (
	"context"
	"maps"
	"slices"

	"carerecord/internal/fhir"
)

// maxSteps is how often what was found is asked for what it refers to. From equipment by its
// assessment, the request for that, the encounter it was made at and the team that was seen
// to the organisation which that is part of are five.
const maxSteps = 8

// follow asks for what resources refer to that is of a type nobody asked for: it may be
// such as is never shown. Where it cannot be had, nothing of the patient can be judged.
func (c *chart) follow(ctx context.Context, keys []string) {
	asked := map[string]bool{}
	for step := 0; ; step++ {
		missing := c.referred(asked)
		if len(missing) == 0 {
			return
		}
		types := slices.Sorted(maps.Keys(missing))
		failed := []error{malformed("references that go on and on")}
		if step < maxSteps {
			failed = c.searchFor(ctx, keys, types, missing)
		}
		for _, err := range failed {
			for kind := range c.want.types {
				if err != nil && c.failed[kind] == nil {
					c.failed[kind] = c.lacking(ctx, err)
				}
			}
		}
	}
}

// referred are the ids of what the resources refer to and nobody asked for, by type.
func (c *chart) referred(asked map[string]bool) map[string][]string {
	missing := map[string][]string{}
	for _, r := range slices.Concat(c.resources, c.left) {
		for _, to := range fhir.References(r.Raw) {
			key := fhir.KeyOf(to)
			t := fhir.TypeOf(key)
			if t == "Patient" || kindsOf[t] == nil && !slices.Contains(beside, t) || c.want.types[t] || asked[key] || c.byKey[key] != nil || !fhir.IsPlainID(key[len(t)+1:]) {
				continue
			}
			asked[key] = true
			missing[t] = append(missing[t], key[len(t)+1:])
		}
	}
	return missing
}

// beside are the types that are no entries and may hide what refers to them; of these but
// the first belong to nobody.
var beside = []string{"Encounter", "Organization", "Location", "HealthcareService", "PractitionerRole"}
