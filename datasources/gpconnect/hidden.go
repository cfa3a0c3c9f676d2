package gpconnect

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// upward are the types that, if hidden, hide whatever refers to them, because it would reveal them: a
// prescription of a hidden medicine, a result of a hidden laboratory. An encounter hides others only by its
// reason, because no entry says at which encounter it was made.
var upward = map[string]bool{
	"Medication": true, "Specimen": true, "Organization": true, "HealthcareService": true, "Location": true, "PractitionerRole": true,
	"Practitioner": true,
}

// apart are the members of a resource type that are judged one by one, not with the whole.
var apart = map[string][]string{
	"AllergyIntolerance": {"reaction", "patient"},
	"Observation":        {"component", "subject"},
	"List":               {"contained", "subject"},
	"Patient":            {"name", "contact", "address", "telecom", "generalPractitioner"},
	"Practitioner":       {"name", "address", "telecom"},
}

// screenAll finds what must not be shown: resources with an excluded code or word, even in a member that
// the record has no place for; what the practice marked as confidential; and what depends on either.
func (c *chart) screenAll() {
	for _, r := range slices.Concat(c.resources, c.left) {
		key := r.Key()
		if r.Confidential() || r.Type != "List" && r.ConfidentialWithin() { // the contents of a list are judged one by one
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

// link notes what a resource depends on.
func (c *chart) link(r *fhir.Resource) {
	key := r.Key()
	switch r.Type {
	case "Patient", "List", "OperationOutcome":
		return
	case "PractitionerRole":
		c.linkRole(key, r)
	case "Condition":
		c.linkProblem(key, r)
	case "Encounter":
		c.screenReasons(key, r)
	}
	switch r.Type {
	case "Observation", "DiagnosticReport", "MedicationStatement", "MedicationRequest", "ReferralRequest":
		c.linkParts(key, r)
	}
	for _, on := range c.above(r) {
		c.hangs.Add(key, on)
	}
}

// above returns the keys that, if hidden, hide a resource of any type because it refers to them.
func (c *chart) above(r *fhir.Resource) (keys []string) {
	for _, target := range c.around(r) {
		switch kind := target.kind; {
		case kind == "Condition" && r.Type != "Condition", upward[kind]: // whichever member refers to it
			keys = append(keys, target.above)
		case kind == "Encounter" && r.Type != "Condition":
			keys = append(keys, reasonOf(target.above))
		}
	}
	return keys
}

// A meaning is something of type kind that a reference may mean. If above is hidden, so is whatever refers
// to it. If a whole that refers to it as its part is hidden, so is below. For a reference by type and id
// both are its key.
type meaning struct{ kind, above, below string }

// meantBy and partOf form the above and below of an address or identifier. Any number of resources may have
// that address or identifier, and any number may refer to it: each is linked only to the key in between.
const meantBy, partOf = " meant by ", " part of "

// bear notes that a reference may mean a resource by name: the address of its entry or one of its
// identifiers.
func (c *chart) bear(name string, r *fhir.Resource) {
	key := r.Key()
	kind := fhir.TypeOf(key)
	if len(kindsOf[kind]) == 0 && !upward[kind] && kind != "List" {
		kind = "else" // a type on which nothing depends
	}
	m := meaning{kind, kind + meantBy + name, kind + partOf + name}
	c.bearers[name] = append(c.bearers[name], key)
	if !slices.Contains(c.meanings[name], m) {
		c.meanings[name] = append(c.meanings[name], m)
	}
	c.hangs.Add(m.above, key)
	c.hangs.Add(key, m.below)
	if kind == "Encounter" {
		c.hangs.Add(reasonOf(m.above), reasonOf(key))
	}
}

// means returns everything that a reference may mean: by type and id, by the address of an entry, or, if it
// has neither, by identifier.
func (c *chart) means(ref fhir.Reference) []meaning {
	name := nameOf(ref)
	return append([]meaning{{fhir.TypeOf(name), name, name}}, c.meanings[name]...)
}

// around returns everything that a resource refers to.
func (c *chart) around(r *fhir.Resource) (all []meaning) {
	for _, raw := range fhir.Members(r.Raw) { // by member, so that the resource's own identifiers do not count as references
		all = append(all, c.pointed(raw)...)
	}
	return all
}

// pointed returns everything that a member of a resource refers to.
func (c *chart) pointed(raw rawResource) (all []meaning) {
	for _, to := range fhir.References(raw) {
		all = append(all, c.means(fhir.Reference{Reference: to})...)
	}
	for _, id := range fhir.Logical(raw) {
		all = append(all, c.meanings[id]...)
	}
	return all
}

// reasonOf returns the key under which the reason of an encounter is hidden, apart from the encounter
// itself.
func reasonOf(encounter string) string { return "reason of " + encounter }

// screenReasons hides the reason of an encounter if it must not be shown, and makes it depend on the
// problems that the encounter refers to. What was recorded at an encounter for a hidden reason must not be
// shown either.
func (c *chart) screenReasons(key string, r *fhir.Resource) {
	if reason := fhir.Member(r.Raw, "reason"); reason != nil && c.screen.Hides(reason) {
		c.hidden[reasonOf(key)] = true
	}
	for _, target := range c.around(r) {
		if target.kind == "Condition" {
			c.hangs.Add(reasonOf(key), target.above)
		}
	}
}

// linkRole stores a professional's role in words. A role that must not be shown hides the professional, and
// so what they wrote. A hidden professional hides the role.
func (c *chart) linkRole(key string, r *fhir.Resource) {
	for _, who := range c.around(r) {
		if who.kind == "Practitioner" {
			c.hangs.Add(who.below, key)
		}
	}
	x, _ := fhir.Decode[practitionerRole](r, c.cannotRead)
	who := c.keyOf(x.Practitioner)
	for i := range x.Code {
		c.roles[who] = cmp.Or(c.roles[who], x.Code[i].Words())
	}
}

// linkProblem makes what is linked to a problem depend on it, except consultations and their topics, which
// are judged part by part. The problem depends on the problems and the entry that it is linked to, on the
// reason of the encounter at which it was recorded, and on no other encounter.
func (c *chart) linkProblem(key string, r *fhir.Resource) {
	for _, target := range c.pointed(fhir.Member(r.Raw, "context")) {
		c.hangs.Add(key, reasonOf(target.above))
	}
	var x struct{ Extension []fhir.Extension }
	if json.Unmarshal(r.Raw, &x) != nil { // how they are linked is unknown
		c.hangBelow(c.around(r), key)
		return
	}
	for _, header := range fhir.All(x.Extension, "RelatedProblemHeader") {
		for _, part := range header.Extension {
			if part.ValueReference != nil {
				c.hangOn(key, c.means(*part.ValueReference))
			}
		}
	}
	for _, e := range fhir.All(x.Extension, "ActualProblem") {
		if e.ValueReference != nil {
			c.hangOn(key, c.means(*e.ValueReference)) // the entry is the problem itself
		}
	}
	for _, name := range []string{"RelatedClinicalContent", "ActualProblem"} {
		for _, e := range fhir.All(x.Extension, name) {
			if e.ValueReference != nil {
				c.hangBelow(c.means(*e.ValueReference), key)
			}
		}
	}
}

// hangOn makes a resource depend on several others, except on whole consultations.
func (c *chart) hangOn(key string, on []meaning) {
	for _, target := range on {
		if target.kind != "Encounter" {
			c.hangs.Add(key, target.above)
		}
	}
}

// hangBelow makes the entries that are linked to a resource depend on it, but no consultations, lists or
// people.
func (c *chart) hangBelow(linked []meaning, on string) {
	for _, target := range linked {
		switch target.kind {
		case "Encounter", "List", "Patient", "Practitioner", "":
		default:
			c.hangs.Add(target.below, on)
		}
	}
}

// linkParts makes results depend on their report and on the group of which they are members. It makes a
// plan, its issues and its statement depend on each other. A resource also depends on what it is based on
// and on what it refers to as its reason.
func (c *chart) linkParts(key string, r *fhir.Resource) {
	for name, raw := range fhir.Members(r.Raw) {
		switch strings.ToLower(name) {
		case "result":
			for _, to := range c.pointed(raw) {
				c.hangs.Add(to.below, key)
			}
		case "basedon", "reasonreference":
			for _, to := range c.pointed(raw) {
				c.hangs.Add(key, to.above)
				if strings.HasPrefix(r.Type, "Medication") && to.kind == "MedicationRequest" {
					c.hangs.Add(to.below, key) // otherwise the plan would be shown as a medicine of its own
				}
			}
		case "related":
			c.linkRelated(key, raw)
		}
	}
}

// linkRelated makes the members of a group depend on it, and a derived observation on its origin. If the
// links of a group cannot be read, the group is not shown, and everything it refers to counts as a member.
func (c *chart) linkRelated(key string, raw rawResource) {
	var list []related
	if json.Unmarshal(raw, &list) != nil {
		for _, to := range c.pointed(raw) {
			c.hangs.Add(to.below, key)
		}
		return
	}
	for _, m := range list {
		for _, to := range c.means(m.Target) {
			if m.Type == "derived-from" {
				c.hangs.Add(key, to.above)
			} else {
				c.hangs.Add(to.below, key)
			}
		}
	}
}

type related struct {
	Type   string
	Target fhir.Reference
}
