package resolvers

import (
	"slices"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// key is an Ask before it is known of whom.
type key struct {
	kind     fetch.Kind
	class    record.Class
	filter   fetch.Filter
	children fetch.Children
	adults   bool // read from adult social care: of adults only
}

// A reading is one Ask of the plan.
type reading struct {
	key
	at      int               // where it stands in the plan
	next    int               // the next of the same kind, class and people, counted from 1
	lists   [][]consent.Grant // the patients: as many lists as there are fields that want it
	sectors []record.Sector   // whose sources are asked
	own     bool              // a field holds it; it does not only complete one
	ask     fetch.Ask         // when it is bound; without Subjects where there is nobody to ask about
}

// need adds the patients who may be read under the want's class to its readings, and notes
// in the want where those stand. own says that a field holds what is wanted: the trail
// counts it.
func (p *plan) need(w *want, grants []consent.Grant, own bool) {
	for _, adults := range [2]bool{false, true} {
		if !w.wants(adults) {
			continue
		}
		r := p.reading(w.keyOf(adults))
		w.places[place(adults)] = r + 1
		reading := &p.readings[r]
		reading.own = reading.own || own
		if reading.lists == nil {
			reading.lists, reading.sectors = p.lists.Slice(1)[:0], slices.Clip(w.sectors)
		}
		reading.lists = append(reading.lists, allowed(grants, w.class, adults))
		for _, sector := range w.sectors {
			if !slices.Contains(reading.sectors, sector) {
				reading.sectors = append(reading.sectors, sector)
			}
		}
	}
}

// alike is what few readings of a plan have in common, and short enough to be looked up by.
type alike struct {
	kind   fetch.Kind
	class  record.Class
	adults bool
}

// find is where the reading of a key stands, counted from 1; 0 where there is none.
func (p *plan) find(k *key) int {
	at := p.places[alike{k.kind, k.class, k.adults}]
	for at > 0 && p.readings[at-1].key != *k {
		at = p.readings[at-1].next
	}
	return at
}

// reading is where the reading of a key stands; it is made where there is none.
func (p *plan) reading(k key) int {
	if at := p.find(&k); at > 0 {
		return at - 1
	}
	first := alike{k.kind, k.class, k.adults}
	p.readings = append(p.readings, reading{key: k, at: len(p.readings), next: p.places[first]})
	p.places[first] = len(p.readings)
	return len(p.readings) - 1
}

// place is the index of health and demographics, or of adult social care.
func place(adults bool) int {
	if adults {
		return 1
	}
	return 0
}

// allowed are those of the grants under which a class may be read: the same list where
// that is all of them.
func allowed(grants []consent.Grant, class record.Class, adults bool) []consent.Grant {
	refused := func(g consent.Grant) bool { return !g.Allows(class) || adults && !g.Adult() }
	if !slices.ContainsFunc(grants, refused) {
		return grants
	}
	return slices.DeleteFunc(slices.Clone(grants), refused)
}

// wants reports whether a want is of health and demographics, or of adult social care.
func (w *want) wants(adults bool) bool {
	return slices.ContainsFunc(w.sectors, func(s record.Sector) bool { return adults == (s == record.SocialCare) })
}

func (w *want) key(sector record.Sector) key { return w.keyOf(sector == record.SocialCare) }

func (w *want) keyOf(adults bool) key {
	return key{w.kind, w.class, w.filter, w.children, adults}
}

// asked is the reading of a want in a sector; nil where it was not planned, or of nobody.
func (p *plan) asked(w *want, sector record.Sector) *reading {
	k, at := w.key(sector), w.places[place(sector == record.SocialCare)]
	if at == 0 || p.readings[at-1].key != k { // made of another want, beside which it stands
		at = p.find(&k)
	}
	return p.bound(at - 1)
}

// subject is the place of a patient among those of a reading; below nought if it is nil
// or of others.
func (r *reading) subject(patient record.NHSNumber) int {
	if r == nil {
		return -1
	}
	return index(&r.ask, patient)
}

// bound is a reading of somebody; nil if it is of nobody, or at is below nought.
func (p *plan) bound(at int) *reading {
	if at < 0 || p.readings[at].ask.Subjects == nil {
		return nil
	}
	return &p.readings[at]
}

// notesKey is the Ask for what sources say of whole classes.
func notesKey(adults bool) key {
	return key{kind: fetch.Notes, class: record.ClassDemographics, adults: adults}
}

// personsKey is the Ask for who the patients are. It is made for every patient who
// is shown, whatever was asked: demographics may know of a restriction that our
// register does not.
func personsKey() key {
	return key{kind: fetch.Persons, class: record.ClassDemographics}
}

// bind turns keys into Asks, each patient once, sets of patients shared.
func (q *request) bind() {
	p, everyone := &q.planned, q.everyone()
	p.persons = p.reading(personsKey())
	persons := &p.readings[p.persons]
	persons.lists, persons.sectors = [][]consent.Grant{everyone}, []record.Sector{record.Demographics}
	if p.notes { // last, since they are asked of whoever is asked for something else
		adults := slices.DeleteFunc(slices.Clone(everyone), func(g consent.Grant) bool { return !g.Adult() })
		for i, grants := range [2][]consent.Grant{everyone, adults} {
			at := p.reading(notesKey(i == place(true)))
			p.readings[at].lists = [][]consent.Grant{grants}
			p.notesAt[i] = at + 1
		}
	}
	sets := map[string]*fetch.Subjects{}
	for i := range p.readings {
		r := &p.readings[i]
		if subjects := subjectsOf(r.lists, sets); len(subjects.Patients) > 0 {
			r.ask = fetch.Ask{Kind: r.kind, Class: r.class, Filter: r.filter, Children: r.children, Subjects: subjects}
		}
	}
}

// subjectsOf is the patients of some lists, each once: the same for the same lists.
func subjectsOf(lists [][]consent.Grant, sets map[string]*fetch.Subjects) *fetch.Subjects {
	var buffer [512]byte
	name := buffer[:0]
	for _, grants := range lists {
		for i := range grants {
			name = append(name, grants[i].Patient()...)
		}
	}
	if same := sets[string(name)]; same != nil {
		return same
	}
	n := len(name) / 10
	s := &fetch.Subjects{
		Index: make(map[record.NHSNumber]int, n), Patients: make([]record.NHSNumber, 0, n), Numbers: make([]string, 0, n),
		AdultFrom: make([]string, 0, n), Born: make([]string, 0, n), KnownAt: make([][]string, 0, n),
	}
	for _, grants := range lists {
		for i := range grants {
			addSubject(s, grants[i])
		}
	}
	sets[string(name)] = s
	return s
}

func addSubject(s *fetch.Subjects, grant consent.Grant) {
	patient := grant.Patient()
	if _, twice := s.Index[patient]; twice {
		return
	}
	s.Index[patient] = len(s.Patients)
	s.Patients = append(s.Patients, patient)
	s.Numbers = append(s.Numbers, string(patient))
	s.AdultFrom = append(s.AdultFrom, string(grant.AdultFrom()))
	s.Born = append(s.Born, string(grant.Born()))
	s.KnownAt = append(s.KnownAt, grant.KnownAt())
}
