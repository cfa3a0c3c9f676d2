package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// pile collects the resources of a bundle, or of all the NDJSON of a folder, and
// hands them out again person by person.
type pile struct {
	spool   *spool
	names   *names
	tally   Tally             // of what belongs to nobody
	aliases map[string]string // other names of a person to the one the spool uses
	spoiled map[string]bool   // people part of whose record could not be read
	opened  map[string]opened

	restricted bool // by the label on all of its bundle
}

func newPile(dir string, budget int, outer *names) *pile {
	return &pile{spool: newSpool(dir, budget, 0), names: newNames(outer), aliases: map[string]string{}, spoiled: map[string]bool{}}
}

// subject is all that is read of a resource to learn whose it is.
type subject struct {
	id          string
	person      reference // subject or patient
	identifiers []identifier
	participant []byte
	profiles    []string
}

// readSubject reads those members of a resource and no others.
func readSubject(raw []byte) (s subject, err error) {
	read := func(value []byte, into any) {
		if e := json.Unmarshal(value, into); e != nil && err == nil {
			err = shapeError(e)
		}
	}
	ok := members(raw, func(name, value []byte) bool {
		switch string(name) {
		case "id":
			read(value, &s.id)
		case "subject", "patient":
			read(value, &s.person)
		case "identifier":
			if value[0] == '[' {
				read(value, &s.identifiers)
			}
		case "participant":
			s.participant = value
		case "meta":
			var m struct{ Profile []string }
			read(value, &m)
			s.profiles = m.Profile
		}
		return true
	})
	if !ok {
		err = fmt.Errorf("%w: invalid JSON", errShape)
	}
	return s, err
}

// isSTU3 reports whether a profile is one of FHIR STU3's: Care Connect's and GP Connect's.
func (s subject) isSTU3() bool {
	for _, p := range s.profiles {
		if strings.Contains(p, "/STU3/") || strings.Contains(p, "CareConnect-") {
			return true
		}
	}
	return false
}

// add takes a resource in.
func (p *pile) add(namespace string, e rawEntry) (key string, err error) {
	if e.kind == "" {
		return "", errors.New("no resourceType")
	}
	if shared[e.kind] {
		p.tally.left(e.kind, namesOnly)
		return "", p.names.add(e.kind, e.fullURL, e.raw)
	}
	if !personal[e.kind] {
		p.tally.left(e.kind, reasonLeft(e.kind))
		return "", nil
	}
	s, err := readSubject(e.raw)
	if err == nil && s.isSTU3() {
		err = fmt.Errorf("%w: it is made for FHIR STU3", errShape)
	}
	if err != nil {
		return "", err
	}
	key = p.keyOf(namespace, e, s)
	if key == "" {
		p.tally.left(e.kind, "names no patient")
		return "", nil
	}
	return key, p.spool.add(key, e)
}

// keyOf is what the spool calls the person of a resource.
func (p *pile) keyOf(namespace string, e rawEntry, s subject) string {
	if e.kind == "Patient" {
		return p.patientKey(namespace, e, s)
	}
	ref := s.person
	if ref.empty() && e.kind == "Appointment" {
		ref = patientAmong(s.participant)
	}
	name := personName(ref.Reference)
	if name == "" && ref.Identifier.Value != "" {
		name = ref.Identifier.System + "|" + ref.Identifier.Value
	}
	if name == "" {
		return ""
	}
	return p.canonical(namespace + name)
}

func (p *pile) canonical(key string) string {
	if known, ok := p.aliases[key]; ok {
		return known
	}
	return key
}

// patientKey is the uuid of the entry's fullUrl, by which a bundle refers to it,
// else the id. What else the person may be called by is noted.
func (p *pile) patientKey(namespace string, e rawEntry, s subject) string {
	name := s.id
	if urn, ok := strings.CutPrefix(e.fullURL, "urn:uuid:"); ok {
		name = urn
	}
	if name == "" {
		return ""
	}
	if s.id != name && s.id != "" {
		p.aliases[namespace+s.id] = namespace + name
	}
	for _, i := range s.identifiers {
		if i.System == nhsNumberSystem {
			p.aliases[namespace+i.System+"|"+i.Value] = namespace + name
		}
	}
	return namespace + name
}

func patientAmong(raw []byte) reference {
	var list []struct{ Actor reference }
	_ = json.Unmarshal(raw, &list)
	for _, l := range list {
		if strings.Contains(l.Actor.Reference, "Patient/") {
			return l.Actor
		}
	}
	return reference{}
}

// personName cuts a reference to a Patient down to its id or uuid.
func personName(ref string) string {
	if ref == "" {
		return ""
	}
	if _, query, ok := strings.Cut(ref, "?identifier="); ok {
		return query
	}
	if urn, ok := strings.CutPrefix(ref, "urn:uuid:"); ok {
		return urn
	}
	short := shortReference(ref)
	return short[strings.LastIndexByte(short, '/')+1:]
}

// spoil marks a person as one who cannot be loaded whole.
func (p *pile) spoil(key string) { p.spoiled[key] = true }

// opened is a person of a pile that fits in memory, decoded ahead of time.
type opened struct {
	d   *dossier
	err error
}

// openAll decodes everybody ahead, where nobody had to go to disk.
func (p *pile) openAll() {
	if p.spool.parts != nil {
		return
	}
	p.rename()
	p.opened = map[string]opened{}
	for _, g := range p.spool.groups {
		if !p.spoiled[g.key] {
			d, err := p.open(g)
			p.opened[g.key] = opened{d, err}
		}
	}
}

// spoiledDossier is a person who is not to be loaded.
type spoiledDossier struct {
	file, why string // of the entry that could not be read; "" where the file was named already
	entries   []rawEntry
}

// each hands out the people, and those who were spoiled by themselves.
func (p *pile) each(whole func(*dossier) error, spoiled func(spoiledDossier) error) error {
	p.rename()
	return p.spool.each(func(g group) error {
		if p.spoiled[g.key] {
			return spoiled(spoiledDossier{entries: g.entries})
		}
		ahead, ok := p.opened[g.key]
		d, err := ahead.d, ahead.err
		if !ok {
			d, err = p.open(g)
		}
		delete(p.opened, g.key)
		var broken *brokenEntry
		if errors.As(err, &broken) {
			return spoiled(spoiledDossier{broken.file, broken.Error(), g.entries})
		}
		if d == nil {
			for _, e := range g.entries {
				p.tally.left(e.kind, "its patient is not in the data")
			}
			return nil
		}
		return whole(d)
	})
}

// rename brings together what was added under another name before the patient
// was read. On disk that can no longer be done; there Patient files come first.
func (p *pile) rename() {
	for alias, key := range p.aliases {
		from, ok := p.spool.memory[alias]
		if !ok || alias == key {
			continue
		}
		if to, ok := p.spool.memory[key]; ok && to != from {
			p.spool.groups[to].entries = append(p.spool.groups[to].entries, p.spool.groups[from].entries...)
			p.spool.groups[from].entries = nil
		}
		if p.spoiled[alias] {
			p.spoil(key)
		}
	}
}

type brokenEntry struct {
	file, kind string
	err        error
}

func (b *brokenEntry) Error() string { return fmt.Sprintf("%s: %v", b.kind, b.err) }

// open decodes a person. No dossier and no error: there is no Patient.
func (p *pile) open(g group) (*dossier, error) {
	d := &dossier{names: p.names}
	patient := false
	for _, e := range g.entries {
		patient = patient || e.kind == "Patient"
		d.file = e.file
	}
	if !patient {
		return nil, nil
	}
	for _, e := range g.entries {
		if err := d.add(e.kind, e.fullURL, e.raw); err != nil {
			return nil, &brokenEntry{e.file, e.kind, err}
		}
	}
	if p.restricted {
		d.restrict()
	}
	return d, nil
}
