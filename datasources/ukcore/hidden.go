package ukcore

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// apart are the members of a resource that are judged one by one, or are a person's own name and address.
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

// screenAll finds what must not be shown: resources with an excluded code or word, even where the record
// has no place for it; those that the trust marks confidential; and everything that depends on either.
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
			c.hangs.Add(fhir.KeyOf(r.FullURL), r.Key()) // not found by its URL otherwise
		}
	}
	for _, r := range slices.Concat(c.resources, c.left) {
		key := r.Key()
		if first := c.byKey[r.FullURL]; first != nil {
			c.hangs.Add(first.Key(), key) // either of two under one URL may be meant
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

// reasonOf returns the key that hides an encounter together with everything recorded at it. If only the
// place hides an encounter, just its own key is hidden.
func reasonOf(encounter string) string { return "reason of " + encounter }

// placesOf are the members of an encounter that say where it took place and with whom, and its narrative.
var placesOf = []string{"hospitalization", "subject", "text", "location", "participant", "serviceProvider"}

// downward are the members that name the parts of a resource. A part depends on its whole. The whole is
// judged by the parts that remain.
var downward = map[string][]string{
	"DiagnosticReport": {"result"},
	"Observation":      {"hasMember"},
}

// beside are the members whose targets a resource does not depend on: parts that are judged one by one, and
// people.
var beside = map[string][]string{
	"CarePlan": {"goal", "activity", "careTeam"},
	"CareTeam": {"participant"},
	"List":     {"entry"},
}

// link records what a resource depends on: everything that it refers to, except its parts.
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
					c.hangs.Add(target, key) // the same medicine: otherwise the order would reveal what was given
				}
			}
		}
	}
}

// linkContents makes a document or report depend on those of its contents that are at an address and came
// too, even if they could not be read.
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

// hang records that a resource refers to another. What was recorded at an encounter depends on the
// encounter's reason.
func (c *chart) hang(key, reference string) {
	target := c.keyAt(reference)
	if fhir.TypeOf(target) == "Encounter" {
		target = reasonOf(target)
	}
	c.hangs.Add(key, target)
}

// linkVisit makes an encounter, and everything recorded at it, depend on the encounter's reason and on what
// may stand in for a reason.
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

// Prefixes for the keys of an identifier, which any number of resources may bear or refer to. What refers
// to an identifier depends on meantBy it. What bears it depends on partOf it, because a whole may name it
// as its part. A medication request that bears it also depends on givenBy it.
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

// screenParticipants hides an appointment if a participant, such as a clinic, must not be shown. It does
// not check what is said about the patient and related persons.
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

// keyAt returns the key of the target of a reference. If the target did not come, it is the key in the
// reference.
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

// hides reports whether a part of a resource must not be shown.
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
