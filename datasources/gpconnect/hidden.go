package gpconnect

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// upward are the types that, hidden, hide what refers to them, since it would give them away: a
// prescription of a hidden medicine, a result of a hidden laboratory. An encounter does so only by its
// reason, since no entry says at which one it was made.
var upward = map[string]bool{
	"Medication": true, "Specimen": true, "Organization": true, "HealthcareService": true, "Location": true, "PractitionerRole": true,
	"Practitioner": true,
}

// apart are the members of a resource that are judged one by one.
var apart = map[string][]string{
	"AllergyIntolerance": {"reaction", "patient"},
	"Observation":        {"component", "subject"},
	"List":               {"contained", "subject"},
	"Patient":            {"name", "contact", "address", "telecom", "generalPractitioner"},
	"Practitioner":       {"name", "address", "telecom"},
}

// screenAll finds what may not be shown: what has a code or a word of the list itself,
// whether or not the record has a place for it, what the practice marked confidential,
// and what hangs on any of that.
func (c *chart) screenAll() {
	for _, r := range slices.Concat(c.resources, c.left) {
		key := r.Key()
		if r.Confidential() || r.Type != "List" && r.ConfidentialWithin() { // what is in a list is judged one by one
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

// link notes what a resource hangs on.
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

// above are what hides a resource of any type that refers to it.
func (c *chart) above(r *fhir.Resource) (keys []string) {
	for _, target := range c.around(r) {
		switch kind := target.kind; {
		case kind == "Condition" && r.Type != "Condition", upward[kind]: // whatever it is called that they share
			keys = append(keys, target.above)
		case kind == "Encounter" && r.Type != "Condition":
			keys = append(keys, reasonOf(target.above))
		}
	}
	return keys
}

// A meaning is something of one type that a reference may mean. What refers to it hangs on above; below
// hangs on what refers to it, where that is a whole and this a part. Of what is named by its type and
// id both are its key.
type meaning struct{ kind, above, below string }

// meantBy and partOf make the keys of an address or identifier, which any number of resources may bear
// and any number refer to: they stand between those.
const meantBy, partOf = " meant by ", " part of "

// bear notes that a resource may be meant by an address of its entry or an identifier.
func (c *chart) bear(name string, r *fhir.Resource) {
	key := r.Key()
	kind := fhir.TypeOf(key)
	if len(kindsOf[kind]) == 0 && !upward[kind] && kind != "List" {
		kind = "else" // of no type that anything depends on
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

// means is all that a reference may mean: by type and id, by the address of its entry, or
// by an identifier where it says no more.
func (c *chart) means(ref fhir.Reference) []meaning {
	name := nameOf(ref)
	return append([]meaning{{fhir.TypeOf(name), name, name}}, c.meanings[name]...)
}

// around is all that a resource refers to.
func (c *chart) around(r *fhir.Resource) (all []meaning) {
	for _, raw := range fhir.Members(r.Raw) { // its own identifiers are not among them
		all = append(all, c.pointed(raw)...)
	}
	return all
}

// pointed is all that a member of a resource refers to.
func (c *chart) pointed(raw rawResource) (all []meaning) {
	for _, to := range fhir.References(raw) {
		all = append(all, c.means(fhir.Reference{Reference: to})...)
	}
	for _, id := range fhir.Logical(raw) {
		all = append(all, c.meanings[id]...)
	}
	return all
}

// reasonOf is the key under which an encounter's reason is hidden, by itself.
func reasonOf(encounter string) string { return "reason of " + encounter }

// screenReasons: what was recorded at an encounter for a reason that may not be shown
// may not be shown either.
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

// linkRole keeps a professional's role in words. One that may not be shown hides what the
// professional wrote, and the other way round.
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

// linkProblem: what is linked to a problem hangs on it, but for consultations and their topics, which
// are judged part by part. The problem hangs on the reason of the encounter it was recorded at, and on
// no other encounter.
func (c *chart) linkProblem(key string, r *fhir.Resource) {
	for _, target := range c.pointed(fhir.Member(r.Raw, "context")) {
		c.hangs.Add(key, reasonOf(target.above))
	}
	var x struct{ Extension []fhir.Extension }
	if json.Unmarshal(r.Raw, &x) != nil { // how they are linked cannot be told
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
			c.hangOn(key, c.means(*e.ValueReference)) // it is the problem itself
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

// hangOn hangs a resource on several, but for whole consultations.
func (c *chart) hangOn(key string, on []meaning) {
	for _, target := range on {
		if target.kind != "Encounter" {
			c.hangs.Add(key, target.above)
		}
	}
}

// hangBelow hangs on a resource what is linked to it: entries, and no consultations, lists
// or people.
func (c *chart) hangBelow(linked []meaning, on string) {
	for _, target := range linked {
		switch target.kind {
		case "Encounter", "List", "Patient", "Practitioner", "":
		default:
			c.hangs.Add(target.below, on)
		}
	}
}

// linkParts: results hang on their report and on the group they are a member of; a plan, its issues and
// its statement hang on each other.
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
					c.hangs.Add(to.below, key) // else the plan were a medicine by itself
				}
			}
		case "related":
			c.linkRelated(key, raw)
		}
	}
}

// linkRelated: of a group that cannot be read, and is not shown, all are taken for members.
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
