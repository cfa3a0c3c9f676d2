package ukcore

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// apart are the members of a resource that are judged one by one, or are the person's own
// name and address.
var apart = map[string][]string{
	"AllergyIntolerance": {"reaction", "patient"},
	"Observation":        {"component", "subject"},
	"CarePlan":           {"activity", "subject"},
	"Encounter":          {"hospitalization", "subject"},
	"Patient":            {"name", "contact", "address", "telecom", "generalPractitioner"},
	"Practitioner":       {"name", "address", "telecom"},
	"RelatedPerson":      {"patient"},
	"Appointment":        {"participant"},
	"CareTeam":           {"participant", "subject"},
}

// screenAll finds what may not be shown: what has a code or a word of the list itself,
// whether or not the record has a place for it, what the trust marked confidential, and
// what hangs on any of that.
func (c *chart) screenAll() {
	for key := range c.pool.hidden {
		c.hidden[key] = true
	}
	for _, r := range c.resources {
		for _, id := range c.linkIdentifiers(r) {
			for _, name := range []string{r.Type + " " + id, " " + id} {
				if c.bearers[name] == nil {
					c.bearers[name] = r
				}
			}
		}
	}
	for _, r := range slices.Concat(c.left, c.pool.all) {
		c.linkIdentifiers(r)
	}
	for _, r := range c.left {
		if r.FullURL != "" {
			c.hangs.Add(fhir.KeyOf(r.FullURL), r.Key()) // it is not found by its address
		}
	}
	for _, r := range slices.Concat(c.resources, c.left) {
		key := r.Key()
		if first := c.byKey[r.FullURL]; first != nil {
			c.hangs.Add(first.Key(), key) // of two under one address either may be meant
		}
		if r.ConfidentialWithin() {
			c.confidential++
			c.hidden[key] = true
		}
		except := apart[r.Type]
		if except == nil {
			except = []string{"subject", "patient"}
		}
		if c.screen.HidesResource(r, except...) {
			c.hidden[key] = true
		}
		c.link(r)
	}
	c.hangs.Spread(c.hidden)
}

// reasonOf is the key under which an encounter is hidden together with what was recorded
// at it. One that is hidden only by where it took place is hidden by itself.
func reasonOf(encounter string) string { return "reason of " + encounter }

// placesOf are the members of an encounter that say where it took place and with whom.
var placesOf = []string{"hospitalization", "subject", "text", "location", "participant", "serviceProvider"}

// downward are members that name what a resource is put together from. Parts hang on the
// whole; the whole is judged by the parts that are left.
var downward = map[string][]string{
	"DiagnosticReport": {"result"},
	"Observation":      {"hasMember"},
}

// beside are members that name what a resource does not hang on: parts that are judged one
// by one, and people.
var beside = map[string][]string{
	"CarePlan": {"goal", "activity", "careTeam"},
	"CareTeam": {"participant"},
	"List":     {"entry"},
}

// link notes what a resource hangs on: all that it refers to but its parts.
func (c *chart) link(r *fhir.Resource) {
	key := r.Key()
	switch r.Type {
	case "Encounter":
		c.linkVisit(key, r)
	case "Appointment":
		c.screenParticipants(key, r)
	case "DocumentReference", "DiagnosticReport":
		c.linkContents(key, r)
	}
	for name, raw := range fhir.Members(r.Raw) {
		switch {
		case named(name, downward[r.Type]):
			for _, to := range fhir.References(raw) {
				c.hangs.Add(c.keyAt(to), key)
			}
			for _, id := range fhir.Logical(raw) {
				c.hangs.Add(partOf+id, key)
			}
		case named(name, beside[r.Type]), name == "subject", name == "patient":
		default:
			for _, id := range fhir.Logical(raw) {
				c.hangs.Add(key, meantBy+id)
				if strings.HasPrefix(r.Type, "Medication") {
					c.hangs.Add(givenBy+id, key)
				}
			}
			for _, to := range fhir.References(raw) {
				c.hang(key, to)
				if target := c.keyAt(to); strings.HasPrefix(r.Type, "Medication") && fhir.TypeOf(target) == "MedicationRequest" {
					c.hangs.Add(target, key) // the same medicine: else what was ordered would show what was given
				}
			}
		}
	}
}

// linkContents: a document or report hangs on its content, where that stands at an address and came as
// well, even if it could not be read.
func (c *chart) linkContents(key string, r *fhir.Resource) {
	var x struct {
		Content       []struct{ Attachment attachment }
		PresentedForm []attachment
	}
	_ = json.Unmarshal(r.Raw, &x) // as far as it can be read
	for i := range x.Content {
		x.PresentedForm = append(x.PresentedForm, x.Content[i].Attachment)
	}
	for i := range x.PresentedForm {
		if at := x.PresentedForm[i].URL; at != "" {
			c.hangs.Add(key, c.keyAt(at))
		}
	}
}

// hang notes that a resource refers to another. What was recorded at an encounter hangs on
// its reason.
func (c *chart) hang(key, reference string) {
	target := c.keyAt(reference)
	if fhir.TypeOf(target) == "Encounter" {
		target = reasonOf(target)
	}
	c.hangs.Add(key, target)
}

// linkVisit: a reason that may not be shown, or what stands for one, hides the encounter
// and all that was recorded at it.
func (c *chart) linkVisit(key string, r *fhir.Resource) {
	reason := reasonOf(key)
	if r.ConfidentialWithin() || c.screen.Hides(r.Raw, placesOf...) {
		c.hidden[reason] = true
	}
	if h := fhir.Member(r.Raw, "hospitalization"); h != nil && c.screen.Hides(h, "admitSource", "dischargeDisposition", "destination", "origin") {
		c.hidden[key] = true
	}
	for name, raw := range fhir.Members(r.Raw) {
		if named(name, placesOf) || name == "identifier" {
			continue
		}
		for _, to := range fhir.References(raw) {
			c.hang(reason, to)
		}
		for _, id := range fhir.Logical(raw) {
			c.hangs.Add(reason, meantBy+id)
		}
	}
}

// These make the keys of an identifier, which any number of resources may bear and any number refer to.
// What refers to others by one hangs on meantBy it, a part of what refers to it on partOf it, and a
// medicine's order on givenBy it.
const meantBy, partOf, givenBy = "meant by ", "part of ", "given by "

func (c *chart) linkIdentifiers(r *fhir.Resource) (ids []string) {
	on := r.Key()
	if r.Type == "Encounter" {
		on = reasonOf(on)
	}
	ids = fhir.OwnIdentifiers(r.Raw)
	for _, id := range ids {
		c.borne[id] = true
		c.hangs.Add(meantBy+id, on)
		c.hangs.Add(r.Key(), partOf+id)
		if r.Type == "MedicationRequest" {
			c.hangs.Add(r.Key(), givenBy+id)
		}
	}
	return ids
}

// screenParticipants: a clinic that may not be shown hides the appointment. What is said
// of the people themselves is not looked at, where it can be told who they are.
func (c *chart) screenParticipants(key string, r *fhir.Resource) {
	var x struct{ Participant []json.RawMessage }
	if json.Unmarshal(r.Raw, &x) != nil {
		x.Participant = []json.RawMessage{fhir.Member(r.Raw, "participant")}
	}
	for _, raw := range x.Participant {
		var p struct{ Actor fhir.Reference }
		t := ""
		if json.Unmarshal(raw, &p) == nil {
			t = fhir.TypeOf(fhir.KeyOf(p.Actor.Reference))
		}
		if t != "Patient" && t != "RelatedPerson" && c.screen.Hides(raw) {
			c.hidden[key] = true
		}
	}
}

// keyAt is the key of what a reference points at; of what did not come, the one that the reference
// names.
func (c *chart) keyAt(reference string) string {
	if r := c.find(reference); r != nil {
		return r.Key()
	}
	return fhir.KeyOf(reference)
}

func named(name string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// hides reports whether a part of a resource, as it came, may not be shown.
func (c *chart) hides(part json.RawMessage) bool {
	if c.screen.Hides(part) {
		return true
	}
	for _, to := range fhir.References(part) {
		if c.isHidden(to) {
			return true
		}
	}
	return slices.ContainsFunc(fhir.Logical(part), func(id string) bool { return c.hidden[meantBy+id] })
}
