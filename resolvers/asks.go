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

// members are the patients of each key: lists of grants, as many as there are fields that
// want it.
type members map[key][][]consent.Grant

// need adds the patients who may be read under the want's class to its Ask.
func (q *request) need(w *want, grants []consent.Grant, of members) {
	for _, k := range w.keys() {
		if _, known := of[k]; !known {
			q.planned.order = append(q.planned.order, k)
			q.planned.sectors[k] = map[record.Sector]bool{}
		}
		for _, sector := range w.sectors {
			q.planned.sectors[k][sector] = true
		}
		of[k] = append(of[k], allowed(grants, w.class, k.adults))
	}
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

// owns notes that a field holds what is wanted: the trail counts it.
func (p *plan) owns(w *want) {
	for _, k := range w.keys() {
		p.own[k] = true
	}
}

// held are the Asks of what fields hold. What is read beside, to tell what is current or
// what could not be compared, is nothing that is shown.
func (p *plan) held() map[fetch.Ask]bool {
	held := make(map[fetch.Ask]bool, len(p.own))
	for k := range p.own {
		held[p.asks[k]] = true
	}
	return held
}

// keys are the want's Asks: one for health and demographics, one for adult social care.
func (w *want) keys() []key {
	var keys []key
	health, adults := false, false
	for _, sector := range w.sectors {
		health = health || sector != record.SocialCare
		adults = adults || sector == record.SocialCare
	}
	if health {
		keys = append(keys, w.key(record.Acute))
	}
	if adults {
		keys = append(keys, w.key(record.SocialCare))
	}
	return keys
}

func (w *want) key(sector record.Sector) key {
	return key{w.kind, w.class, w.filter, w.children, sector == record.SocialCare}
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
func (q *request) bind(of members) {
	everyone := q.everyone()
	if _, known := of[personsKey()]; !known {
		q.planned.order = append(q.planned.order, personsKey())
	}
	q.planned.sectors[personsKey()] = map[record.Sector]bool{record.Demographics: true}
	of[personsKey()] = [][]consent.Grant{everyone}
	if q.planned.notes {
		of[notesKey(false)] = [][]consent.Grant{everyone}
		q.planned.order = append(q.planned.order, notesKey(false))
		of[notesKey(true)] = [][]consent.Grant{slices.DeleteFunc(slices.Clone(everyone), func(g consent.Grant) bool { return !g.Adult() })}
		q.planned.order = append(q.planned.order, notesKey(true))
	}
	sets := map[string]*fetch.Subjects{}
	for _, k := range q.planned.order {
		subjects := subjectsOf(of[k], sets)
		if len(subjects.Patients) > 0 {
			q.planned.asks[k] = fetch.Ask{Kind: k.kind, Class: k.class, Filter: k.filter, Children: k.children, Subjects: subjects}
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
