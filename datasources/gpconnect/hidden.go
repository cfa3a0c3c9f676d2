package gpconnect

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// upward are the types that give away what refers to them: a prescription of a hidden
// medicine, a result of a hidden laboratory. An encounter does so only by its reason,
// since no entry says at which one it was made.
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
		if r.ID == "" {
			continue // a list of a part, which nothing refers to
		}
		if r.Confidential() {
			c.confidential++
			c.hidden[key] = true
		}
		except := apart[r.Type]
		if except == nil {
			except = []string{"subject", "patient"}
		}
		if c.screen.Hides(r.Raw, except...) {
			c.hidden[key] = true
		}
		c.link(r)
	}
	c.spread()
}

// spread hides what hangs on something hidden.
func (c *chart) spread() {
	under := map[string][]string{}
	for key, above := range c.hangs {
		for _, a := range above {
			under[a] = append(under[a], key)
		}
	}
	open := make([]string, 0, len(c.hidden))
	for key := range c.hidden {
		open = append(open, key)
	}
	for len(open) > 0 {
		key := open[len(open)-1]
		open = open[:len(open)-1]
		for _, below := range under[key] {
			if !c.hidden[below] {
				c.hidden[below] = true
				open = append(open, below)
			}
		}
	}
}

// link notes what a resource hangs on.
func (c *chart) link(r *fhir.Resource) {
	key := r.Key()
	switch r.Type {
	case "Patient", "List", "OperationOutcome":
		return
	case "PractitionerRole":
		if x, ok := decode[practitionerRole](c, r); ok {
			c.roleOf(key, x)
		}
		return
	case "Condition":
		c.linkProblem(key, r)
	case "Encounter":
		c.screenReasons(key, r)
	case "Observation", "DiagnosticReport", "MedicationStatement", "MedicationRequest", "ReferralRequest":
		c.linkParts(key, r)
	}
	for _, to := range fhir.References(r.Raw) {
		switch target := keyOf(to); {
		case fhir.TypeOf(target) == "Condition" && r.Type != "Condition" && r.Type != "Encounter": // whatever it is called that they share
			c.hang(key, target)
		case upward[fhir.TypeOf(target)]:
			c.hang(key, target)
		case fhir.TypeOf(target) == "Encounter" && r.Type != "Condition":
			c.hang(key, reasonOf(target))
		}
	}
}

// reasonOf is the key under which an encounter's reason is hidden, by itself.
func reasonOf(encounter string) string { return "reason of " + encounter }

// screenReasons: what was recorded at an encounter for a reason that may not be shown
// may not be shown either.
func (c *chart) screenReasons(key string, r *fhir.Resource) {
	x, _ := decode[encounter](c, r)
	for i := range x.Reason {
		for _, coding := range x.Reason[i].Coding {
			if c.screen.Code(coding.System, coding.Code) || c.screen.Words(coding.Display) {
				c.hidden[reasonOf(key)] = true
			}
		}
		if c.screen.Words(x.Reason[i].Text) {
			c.hidden[reasonOf(key)] = true
		}
	}
}

// roleOf keeps a professional's role in words. One that may not be shown hides what the
// professional wrote, and the other way round.
func (c *chart) roleOf(key string, x practitionerRole) {
	who := keyOf(x.Practitioner.Reference)
	c.hang(who, key)
	c.hang(key, who)
	for i := range x.Code {
		if words := x.Code[i].Words(); words != "" && c.roles[who] == "" {
			c.roles[who] = words
		}
	}
}

func (c *chart) hang(key, on string) { c.hangs[key] = append(c.hangs[key], on) }

// linkProblem: what is linked to a problem hangs on it, but for consultations and their
// topics, which are judged part by part.
func (c *chart) linkProblem(key string, r *fhir.Resource) {
	x, ok := decode[struct{ Extension []fhir.Extension }](c, r)
	if !ok {
		return
	}
	for _, header := range fhir.All(x.Extension, "RelatedProblemHeader") {
		for _, part := range header.Extension {
			if part.ValueReference != nil {
				c.hang(key, keyOf(part.ValueReference.Reference))
			}
		}
	}
	for _, e := range fhir.All(x.Extension, "ActualProblem") {
		if e.ValueReference != nil && fhir.TypeOf(keyOf(e.ValueReference.Reference)) != "Encounter" {
			c.hang(key, keyOf(e.ValueReference.Reference)) // it is the problem itself
		}
	}
	for _, name := range []string{"RelatedClinicalContent", "ActualProblem"} {
		for _, e := range fhir.All(x.Extension, name) {
			if e.ValueReference == nil {
				continue
			}
			target := keyOf(e.ValueReference.Reference)
			if kind := fhir.TypeOf(target); kind != "Encounter" && kind != "List" && kind != "" {
				c.hang(target, key)
			}
		}
	}
}

// linkParts: results hang on their report and on the group they are a member of,
// a plan, its issues and its statement on each other.
func (c *chart) linkParts(key string, r *fhir.Resource) {
	for name, raw := range fhir.Members(r.Raw) {
		switch strings.ToLower(name) {
		case "result":
			for _, ref := range c.refs(r, raw) {
				c.hang(keyOf(ref.Reference), key)
			}
		case "basedon", "reasonreference":
			for _, ref := range c.refs(r, raw) {
				c.hang(key, keyOf(ref.Reference))
				if strings.HasPrefix(r.Type, "Medication") && fhir.TypeOf(keyOf(ref.Reference)) == "MedicationRequest" {
					c.hang(keyOf(ref.Reference), key) // else the plan were a medicine by itself
				}
			}
		case "related":
			c.linkRelated(key, r, raw)
		}
	}
}

func (c *chart) refs(r *fhir.Resource, raw rawResource) (list references) {
	if json.Unmarshal(raw, &list) != nil {
		c.cannotRead(r.Type)
	}
	return list
}

func (c *chart) linkRelated(key string, r *fhir.Resource, raw rawResource) {
	var list []related
	if json.Unmarshal(raw, &list) != nil {
		c.cannotRead(r.Type)
	}
	for _, m := range list {
		if m.Type == "derived-from" {
			c.hang(key, keyOf(m.Target.Reference))
		} else {
			c.hang(keyOf(m.Target.Reference), key)
		}
	}
}

type related struct {
	Type   string
	Target fhir.Reference
}
