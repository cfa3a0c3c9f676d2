package resolvers

import (
	"slices"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// key is an Ask without its patients.
type key struct {
	kind     fetch.Kind
	class    record.Class
	filter   fetch.Filter
	children fetch.Children
	adults   bool // read from adult social care: of adults only
}

// A reading is one Ask of a plan, without its patients.
type reading struct {
	key
	first   int             // how many entries are read of each patient for all that share it; 0 for all
	parts   fetch.Children  // that are read of them, for all that share it
	next    int             // the next of the same kind, class and people, counted from 1
	whose   []whose         // the patients: those of each field that wants it
	sectors []record.Sector // whose sources are asked
	own     bool            // a field holds it; it does not only complete one
	people  int             // which of the plan's people they are
	besides []int           // others of the same list that are asked for as well, of whomever
}

// whose identifies the patients shown under a root, or the one whose document an id names.
type whose struct {
	root int
	only record.NHSNumber
}

// need adds the patients who may be read under the want's class to its readings, and records in the want where these
// are. own says that a field holds what is wanted, so that the trail counts it.
func (p *plan) need(w *want, of []whose, own bool) {
	for _, adults := range [2]bool{false, true} {
		if !w.wants(adults) {
			continue
		}
		r := p.reading(w.keyOf(adults))
		w.places[place(adults)] = r + 1
		reading := &p.readings[r]
		reading.own = reading.own || own
		if reading.whose == nil {
			reading.whose, reading.sectors = slices.Clip(of), slices.Clip(w.sectors)
			continue
		}
		for _, some := range of {
			if !slices.Contains(reading.whose, some) {
				reading.whose = append(reading.whose, some)
			}
		}
		for _, sector := range w.sectors {
			if !slices.Contains(reading.sectors, sector) {
				reading.sectors = append(reading.sectors, sector)
			}
		}
	}
}

// alike is what few readings of a plan have in common, and short enough to be a map key.
type alike struct {
	kind   fetch.Kind
	class  record.Class
	adults bool
}

// find is the index of a key's reading plus 1; 0 if there is none.
func (p *plan) find(k *key) int {
	at := p.places[alike{k.kind, k.class, k.adults}]
	for at > 0 && p.readings[at-1].key != *k {
		at = p.readings[at-1].next
	}
	return at
}

// reading is the index of a key's reading, which is made if there is none.
func (p *plan) reading(k key) int {
	if at := p.find(&k); at > 0 {
		return at - 1
	}
	first := alike{k.kind, k.class, k.adults}
	p.readings = append(p.readings, reading{key: k, first: k.filter.First, parts: k.children, next: p.places[first]})
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

// wants reports whether a want concerns health and demographics, or adult social care.
func (w *want) wants(adults bool) bool {
	return slices.ContainsFunc(w.sectors, func(s record.Sector) bool { return adults == (s == record.SocialCare) })
}

func (w *want) keyOf(adults bool) key {
	return key{w.kind, w.class, w.filter, w.children, adults}
}

// asked is the index of a want's reading in a sector; negative if it was not planned.
func (q *request) asked(w *want, sector record.Sector) int {
	adults := sector == record.SocialCare
	at := w.places[place(adults)]
	if at == 0 { // made of another want, beside which it stands
		k := w.keyOf(adults)
		at = q.planned.find(&k)
	}
	return q.planned.standsAt(at)
}

// ofNobody reports whether a reading has no patients, or there is no reading (a negative index).
func (q *request) ofNobody(at int) bool { return at < 0 || q.asks[at].Subjects == nil }

// subject is the index of a patient among those of a reading; negative if it has none or only others.
func (q *request) subject(at int, patient record.NHSNumber) int {
	if q.ofNobody(at) {
		return -1
	}
	return index(&q.asks[at], patient)
}

// notesKey is the Ask for what sources state about whole classes.
func notesKey(adults bool) key {
	return key{kind: fetch.Notes, class: record.ClassDemographics, adults: adults}
}

// personsKey is the Ask for who the patients are. It is made for every patient who is shown, whatever was asked:
// demographics may know of a restriction that our register does not.
func personsKey() key {
	return key{kind: fetch.Persons, class: record.ClassDemographics}
}

// people are the patients of some readings: those shown under some roots, of whom a class may be read.
type people struct {
	whose  []whose
	class  record.Class
	any    bool // whatever may be read of them
	adults bool
}

// finish adds what is read besides the fields, and records whose each reading is and which sources it is meant for.
func (p *plan) finish(r *Root, roots int) {
	everyone := make([]whose, roots)
	for i := range everyone {
		everyone[i].root = i
	}
	p.personal, p.summaries = make([]bool, roots), make([]bool, roots)
	for _, x := range p.all {
		for _, of := range x.whose {
			p.personal[of.root] = p.personal[of.root] || x.name == demographics
			p.summaries[of.root] = p.summaries[of.root] || x.summaries
		}
	}
	p.persons = p.reading(personsKey())
	if p.telecom {
		p.readings[p.persons].parts = fetch.Telecom
	}
	p.readings[p.persons].whose, p.readings[p.persons].sectors = everyone, []record.Sector{record.Demographics}
	if p.notes { // last, since they are asked of whoever is asked for something else
		for i := range p.notesAt {
			at := p.reading(notesKey(i == place(true)))
			p.readings[at].whose = everyone
			p.notesAt[i] = at + 1
		}
	}
	for i := range p.readings {
		r := &p.readings[i]
		r.people = p.peopleOf(people{r.whose, r.class, r.kind == fetch.Persons || r.kind == fetch.Notes, r.adults})
	}
	p.share()
	p.meant = make([][]int, len(r.Sources))
	for source := range r.Sources {
		p.meant[source] = make([]int, 0, len(p.readings))
		for at := range p.readings {
			if p.instead[at] == at && r.kinds[source][p.readings[at].kind] && p.readings[at].wantedOf(&r.Sources[source]) {
				p.meant[source] = append(p.meant[source], at)
			}
		}
	}
}

// share lets one reading stand for others that differ from it only in how many entries they take of the same list, from
// which sectors, or with which parts. The one that takes the most is read, and a field that takes fewer entries cuts
// the list.
func (p *plan) share() {
	p.instead = make([]int, len(p.readings))
	for i := range p.instead {
		p.instead[i] = i
	}
	for i := range p.readings {
		for j := range i {
			if a, b := &p.readings[i], &p.readings[j]; p.instead[i] == i && p.instead[j] == j && a.ofOneList(b) {
				switch {
				case b.holds(a):
					p.instead[i] = j
				case a.holds(b):
					p.instead[j] = i
				case len(a.sectors) == len(b.sectors) && b.reaches(a):
					b.first, b.parts = max(a.first, b.first), a.parts|b.parts
					p.instead[i] = j
				}
			}
		}
	}
	for i := range p.instead {
		for p.instead[i] != p.instead[p.instead[i]] {
			p.instead[i] = p.instead[p.instead[i]]
		}
	}
	for i := range p.readings {
		for j := range i {
			if a, b := &p.readings[i], &p.readings[j]; p.instead[i] == i && p.instead[j] == j && a.own == b.own && a.list() == b.list() {
				a.besides, b.besides = append(a.besides, j), append(b.besides, i)
			}
		}
	}
}

// ofOneList reports whether two readings differ only in how much they take of a list. A reading that only completes a
// field is separate, because the trail does not count it, and so is a whole list, which ends elsewhere than a page.
func (r *reading) ofOneList(other *reading) bool {
	return r.list() == other.list() && r.people == other.people && r.own == other.own && (r.first > 0) == (other.first > 0)
}

// list is the key without how much of the list is taken.
func (r *reading) list() key {
	k := r.key
	k.filter.First, k.children = 0, 0
	return k
}

// holds reports whether this reading includes everything of another reading of the same list.
func (r *reading) holds(other *reading) bool {
	return r.first >= other.first && r.parts&other.parts == other.parts && r.reaches(other)
}

// reaches reports whether it has all sectors of another.
func (r *reading) reaches(other *reading) bool {
	return !slices.ContainsFunc(other.sectors, func(s record.Sector) bool { return !slices.Contains(r.sectors, s) })
}

// standsAt is the index of the reading whose entries serve a reading, which is given by its index plus 1; negative for
// none.
func (p *plan) standsAt(place int) int {
	if place == 0 {
		return -1
	}
	return p.instead[place-1]
}

// peopleOf is the index of some people among those of the plan.
func (p *plan) peopleOf(some people) int {
	at := slices.IndexFunc(p.people, func(x people) bool {
		return x.class == some.class && x.any == some.any && x.adults == some.adults && slices.Equal(x.whose, some.whose)
	})
	if at < 0 {
		p.people = append(p.people, some)
		at = len(p.people) - 1
	}
	return at
}

// bind turns the readings of the plan into Asks for the patients shown under each root: each patient once, with sets of
// patients shared.
func (q *request) bind(shown [][]consent.Grant) {
	p := q.planned
	subjects, same := make([]*fetch.Subjects, len(p.people)), map[string]*fetch.Subjects{}
	for i := range p.people {
		subjects[i] = subjectsOf(p.people[i].of(shown), same)
	}
	q.asks = make([]fetch.Ask, len(p.readings))
	for i := range p.readings {
		if r := &p.readings[i]; p.instead[i] == i && len(subjects[r.people].Patients) > 0 {
			q.asks[i] = fetch.Ask{Kind: r.kind, Class: r.class, Filter: r.filter, Children: r.parts, Subjects: subjects[r.people]}
			q.asks[i].Filter.First = r.first
		}
	}
}

// of are the grants of people, given who is shown under each root.
func (p *people) of(shown [][]consent.Grant) []*consent.Grant {
	var grants []*consent.Grant
	for _, some := range p.whose {
		grants = slices.Grow(grants, len(shown[some.root]))
		for i := range shown[some.root] {
			if grant := &shown[some.root][i]; (some.only == "" || some.only == grant.Patient()) && p.may(grant) {
				grants = append(grants, grant)
			}
		}
	}
	return grants
}

// may reports whether a patient may be read as one of these people.
func (p *people) may(grant *consent.Grant) bool {
	return (p.any || grant.Allows(p.class)) && (!p.adults || grant.Adult())
}

// subjectsOf is the patients of some grants, each once; the same pointer for the same grants.
func subjectsOf(grants []*consent.Grant, same map[string]*fetch.Subjects) *fetch.Subjects {
	var buffer [512]byte
	name := buffer[:0]
	for _, grant := range grants {
		name = append(name, grant.Patient()...)
	}
	if before := same[string(name)]; before != nil {
		return before
	}
	n := len(grants)
	s := &fetch.Subjects{
		Index: make(map[record.NHSNumber]int, n), Patients: make([]record.NHSNumber, 0, n), Numbers: make([]string, 0, n),
		AdultFrom: make([]string, 0, n), Born: make([]string, 0, n), KnownAt: make([][]string, 0, n),
	}
	for _, grant := range grants {
		addSubject(s, grant)
	}
	same[string(name)] = s
	return s
}

func addSubject(s *fetch.Subjects, grant *consent.Grant) {
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
