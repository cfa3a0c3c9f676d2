package interweave

import (
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// apart are the members of a resource of a type that only say who the patient, or the professional, is.
func apart(kind string) []string {
	if kind == "Practitioner" {
		return []string{"name", "address", "telecom"}
	}
	return []string{"subject", "patient", "for"}
}

// screenAll finds what may not be shown: what has a code or a word of the list itself,
// whether or not the record has a place for it, what the council marked confidential, and
// what refers to any of that.
func (c *chart) screenAll() {
	for _, r := range slices.Concat(c.resources, c.left) {
		for _, id := range append(fhir.OwnIdentifiers(r.Raw), r.FullURL) {
			c.bear(id, r)
		}
	}
	for _, r := range slices.Concat(c.resources, c.left) {
		key := r.Key()
		if r.ConfidentialWithin() {
			c.confidential++
			c.hidden[key] = true
		}
		if c.screen.HidesResource(r, apart(r.Type)...) {
			c.hidden[key] = true
		}
		if c.hidden[key] {
			c.hidden[alone(key)] = true
		}
		c.link(r)
	}
	c.hangs.Spread(c.hidden)
}

// alone is the key under which a resource is hidden by itself, and not by what it hangs on.
func alone(key string) string { return "alone " + key }

// These make the keys of an address or identifier, which any number of resources may bear and any
// number refer to. What refers to others by one hangs on meantBy it, or on whoItIs where it means a
// professional, who hangs on hasRole of it.
const meantBy, whoItIs, hasRole = "meant by ", "whoever is ", "has the role of "

// bear notes that a resource may be meant by an identifier or the address of its entry.
func (c *chart) bear(id string, r *fhir.Resource) {
	key := r.Key()
	switch fhir.TypeOf(key) {
	case "", "Patient":
	case "Practitioner":
		c.hangs.Add(whoItIs+id, key)
		c.hangs.Add(alone(whoItIs+id), alone(key))
		c.hangs.Add(key, hasRole+id)
	default:
		c.hangs.Add(meantBy+id, key)
	}
}

// link notes what a resource refers to: by type and id, by the address of an entry or by
// an identifier.
func (c *chart) link(r *fhir.Resource) {
	names := fhir.References(r.Raw)
	for _, to := range names {
		switch key := fhir.KeyOf(to); fhir.TypeOf(key) {
		case "", "Patient":
		case "Practitioner":
			c.linkWho(r, key, key)
		default:
			c.hangs.Add(r.Key(), key)
		}
	}
	for _, raw := range fhir.Members(r.Raw) { // each by itself: its own identifier means nobody else
		names = append(names, fhir.Logical(raw)...)
	}
	for _, name := range names {
		c.hangs.Add(r.Key(), meantBy+name)
		c.linkWho(r, whoItIs+name, hasRole+name)
	}
}

// linkWho: a professional hangs on their roles, whoever they wrote for; a role on the
// professional alone, not on their other roles.
func (c *chart) linkWho(r *fhir.Resource, who, below string) {
	if r.Type == "PractitionerRole" {
		c.hangs.Add(below, r.Key())
		who = alone(who)
	}
	c.hangs.Add(r.Key(), who)
}

// resource is what a reference points at; nil where that did not come, stands on another server, or may not be shown: what
// has the same id here is not shown in its place, and hides it all the same.
func (c *chart) resource(ref fhir.Reference) *fhir.Resource {
	key := fhir.KeyOf(ref.Reference)
	if r := c.byKey[key]; r != nil && !c.hidden[key] && r.MayBe(ref.Reference) {
		return r
	}
	return nil
}

// isOf reports whether a resource is one of a profile of Interweave. One that names none
// of Interweave's profiles is taken for what is asked for; one that names another is not.
func isOf(r *fhir.Resource, profile string) bool {
	another := false
	for _, p := range r.Profiles {
		_, name, ok := strings.Cut(p, "/Interweave-")
		if name, _, _ = strings.Cut(name, "|"); ok && name == profile {
			return true
		}
		another = another || ok
	}
	return !another
}
