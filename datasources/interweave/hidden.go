package interweave

import (
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// apart returns the members of a resource type that only say who the patient or the professional is.
func apart(kind string) []string {
	if kind == "Practitioner" {
		return []string{"name", "address", "telecom"}
	}
	return []string{"subject", "patient", "for"}
}

// screenAll finds what must not be shown: resources with an excluded code or word, even in a member that
// the record has no place for; what the council marked as confidential; and what refers to either.
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

// alone returns the key under which a resource is hidden by itself, not by what it depends on.
func alone(key string) string { return "alone " + key }

// meantBy, whoItIs and hasRole form the keys of an address or identifier. Any number of resources may have
// that address or identifier, and any number may refer to it. What refers to others by it depends on its
// meantBy key. If it means a professional, what refers to it depends on its whoItIs key, and the
// professional depends on its hasRole key.
const meantBy, whoItIs, hasRole = "meant by ", "whoever is ", "has the role of "

// bear notes that a reference may mean a resource by an identifier or by the address of its entry.
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

// link notes what a resource refers to: by type and id, by the address of an entry or by an identifier.
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
	for _, raw := range fhir.Members(r.Raw) { // by member, so that the resource's own identifiers do not count as references
		names = append(names, fhir.Logical(raw)...)
	}
	for _, name := range names {
		c.hangs.Add(r.Key(), meantBy+name)
		c.linkWho(r, whoItIs+name, hasRole+name)
	}
}

// linkWho makes a resource depend on a professional to whom it refers. If the resource is a role, the
// professional also depends on it, in whichever role they wrote. The role depends only on the professional,
// not on their other roles.
func (c *chart) linkWho(r *fhir.Resource, who, below string) {
	if r.Type == "PractitionerRole" {
		c.hangs.Add(below, r.Key())
		who = alone(who)
	}
	c.hangs.Add(r.Key(), who)
}

// resource returns what a reference points at; nil if it did not come, is on another server or must not be
// shown. What has the same type and id here is not shown in place of what is on another server, but if
// hidden it still hides what refers to it.
func (c *chart) resource(ref fhir.Reference) *fhir.Resource {
	key := fhir.KeyOf(ref.Reference)
	if r := c.byKey[key]; r != nil && !c.hidden[key] && r.MayBe(ref.Reference) {
		return r
	}
	return nil
}

// isOf reports whether a resource has a profile of Interweave. One that names none of Interweave's profiles
// counts as what was requested; one that names another does not.
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
