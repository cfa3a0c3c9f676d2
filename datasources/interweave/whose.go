package interweave

import (
	"encoding/json"
	"strings"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// belongs reports whether to keep a resource: it is the patient's, or no entry and nobody's. One of
// somebody else is counted. It may be the patient's with a wrong reference, so its kinds are incomplete. So
// are those of an entry that names nobody.
func (c *chart) belongs(r *fhir.Resource) bool {
	switch r.Type {
	case "Patient": // a folder sends them with its answers; find has read them
		if !c.own[r.Key()] {
			c.foreign["Patient"]++
		}
		return false
	case "Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Device", "Medication":
		return true
	}
	switch whose := c.owners(r); {
	case whose == others:
		c.foreign[r.Type]++
		c.cannotRead(r.Type)
	case whose == nobodys && len(kindsOf[r.Type]) > 0:
		c.cannotRead(r.Type)
	default:
		return true
	}
	return false
}

type owner int

const (
	nobodys owner = iota // the reference names nobody
	ours
	others
)

// owners returns whose a resource is, by every member that says so. One that names two people is somebody
// else's. One with such a member that cannot be read is nobody's.
func (c *chart) owners(r *fhir.Resource) owner {
	var refs []fhir.Reference
	for name, value := range fhir.Members(r.Raw) {
		switch strings.ToLower(name) {
		case "subject", "patient", "for":
			var ref fhir.Reference
			if json.Unmarshal(value, &ref) != nil {
				return nobodys
			}
			refs = append(refs, ref)
		case "participant":
			var list []struct{ Actor fhir.Reference }
			if json.Unmarshal(value, &list) != nil {
				return nobodys
			}
			for _, p := range list {
				if to := p.Actor; fhir.TypeOf(fhir.KeyOf(to.Reference)) == "Patient" || to.Identifier != nil && to.Identifier.System == fhir.NHSNumberSystem {
					refs = append(refs, to)
				}
			}
		}
	}
	verdict := nobodys
	for i := range refs {
		switch c.whose(&refs[i]) {
		case others:
			return others
		case ours:
			verdict = ours
		}
	}
	return verdict
}

// whose returns whom a reference means. One that means two people is somebody else's.
func (c *chart) whose(ref *fhir.Reference) owner {
	verdict := nobodys
	if ref.Identifier != nil && ref.Identifier.System == fhir.NHSNumberSystem && ref.Identifier.Value != "" {
		if number, err := record.ParseNHSNumber(ref.Identifier.Value); err != nil || number != c.patient {
			return others
		}
		verdict = ours
	}
	switch {
	case ref.Reference == "":
		return verdict
	case c.own[unversioned(ref.Reference)], c.own[fhir.KeyOf(ref.Reference)] && !strings.Contains(ref.Reference, "://"):
		return ours
	}
	return others
}

// unversioned returns an address without the version that it names.
func unversioned(address string) string {
	address, _, _ = strings.Cut(address, "/_history/")
	return address
}
