package interweave

import (
	"encoding/json"
	"strings"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// belongs reports whether a resource is the patient's or nobody's. What is somebody
// else's is counted; it may be ours with a wrong reference, so its kinds are incomplete.
func (c *chart) belongs(r *fhir.Resource) bool {
	switch r.Type {
	case "Patient": // they come with a folder's answers, and were found before
		if !c.own[r.Key()] {
			c.foreign["Patient"]++
		}
		return false
	case "Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Device", "Medication":
		return true
	}
	whose, err := c.owners(r)
	switch {
	case err != nil:
		c.cannotRead(r.Type)
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

// owners says whose a resource is, by every member that says so. One that says two
// things is somebody else's.
func (c *chart) owners(r *fhir.Resource) (owner, error) {
	var x struct {
		Subject, Patient, For *fhir.Reference
		Participant           []struct{ Actor fhir.Reference }
	}
	members := map[string]json.RawMessage{}
	for name, value := range fhir.Members(r.Raw) {
		if lower := strings.ToLower(name); lower == "subject" || lower == "patient" || lower == "for" || lower == "participant" && r.Type == "Appointment" {
			members[lower] = value
		}
	}
	raw, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(raw, &x)
	}
	refs := []*fhir.Reference{x.Subject, x.Patient, x.For}
	for i := range x.Participant {
		if actor := &x.Participant[i].Actor; strings.HasPrefix(fhir.KeyOf(actor.Reference), "Patient/") || actor.Identifier != nil && actor.Identifier.System == fhir.NHSNumberSystem {
			refs = append(refs, actor)
		}
	}
	verdict := nobodys
	for _, ref := range refs {
		switch c.whose(ref) {
		case others:
			return others, err
		case ours:
			verdict = ours
		}
	}
	return verdict, err
}

// whose says whom a reference means. One that says two things is somebody else's.
func (c *chart) whose(ref *fhir.Reference) owner {
	if ref == nil {
		return nobodys
	}
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
	case c.own[ref.Reference], c.own[fhir.KeyOf(ref.Reference)] && !strings.Contains(ref.Reference, "://"), c.own[unversioned(ref.Reference)]:
		return ours
	}
	return others
}

// unversioned is an address without the version that it names.
func unversioned(address string) string {
	address, _, _ = strings.Cut(address, "/_history/")
	return address
}
