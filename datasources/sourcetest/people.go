package sourcetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// persons: who the patients are. A source that publishes none has nothing to show here.
func (s *suite) persons(t *testing.T) {
	if !s.publishes(fetch.Persons) {
		return
	}
	person := func(p record.NHSNumber, changes row) row {
		return row{"nhs_number": quote(string(p)), "name_given": "ARRAY['Ada','May']", "name_family": quote("Lee"), "name_full": "null", "name_prefix": quote("Dr"), "name_suffix": "null",
			"born_on": quote("1980-02"), "gender": quote("FEMALE"), "died_at": "null", "practice_ods": quote("F83001"), "status_code": quote("01"), "address_lines": "ARRAY['1 High Street']"}.with(changes)
	}
	plain, restricted, unknown, broken, bare := patient(), patient(), patient(), patient(), patient()
	brokenRestricted, dead := patient(), patient()
	s.insert(t, "person", person(plain, nil), person(restricted, row{"restricted": "true"}), person(broken, row{"born_on": quote("31/12/1980")}),
		person(brokenRestricted, row{"born_on": quote("31/12/1980"), "restricted": "true"}), person(dead, row{"died_at": quote("2026-01-01T00:00Z"), "died_at_day_only": "true"}),
		row{"nhs_number": quote(string(bare)), "status_code": "null", "name_full": "null", "name_prefix": "null", "name_given": "null", "name_family": "null", "name_suffix": "null", "born_on": "null",
			"gender": "null", "died_at": "null", "address_postcode": "null", "address_borough": "null", "practice_ods": "null", "practice_name": "null", "ethnic_category_code": "null", "ethnic_category_display": "null",
			"language_code": "null", "language_display": "null", "marital_status_code": "null", "marital_status_display": "null"})
	number := func(p record.NHSNumber, position int, value string) row {
		return row{"nhs_number": quote(string(p)), "position": fmt.Sprint(position), "system": quote("PHONE"), "value": quote(value), "use": quote("HOME")}
	}
	s.insert(t, "telecom", number(plain, 2, "second"), number(plain, 1, "first"), number(unknown, 1, "nobody's"), number(dead, 1, "the last"))
	ask := &fetch.Ask{Kind: fetch.Persons, Children: fetch.Telecom, Subjects: subjects(plain, unknown, restricted, broken, brokenRestricted, bare, dead)}
	read := func() fetch.Answer {
		answers, err := s.source.Read(reading(t), []*fetch.Ask{ask})
		if err != nil || answers[ask].Err != nil {
			t.Fatal(err, answers[ask].Err)
		}
		return answers[ask]
	}
	a := read()
	rows := fetch.RowsOf[record.Person](a)
	for i, n := range []int{1, 0, 1, 1, 1, 1, 1} {
		if got := len(rows.Of(i)); got != n {
			t.Fatalf("patient %d is %d persons", i, got)
		}
	}
	if !slices.Equal(a.Unreadable, []bool{false, false, false, true, true, false, false}) {
		t.Errorf("unreadable %v", a.Unreadable)
	}
	if x := rows.Of(0)[0]; x.Name == nil || x.Name.Full != "Dr Ada May Lee" || x.DateOfBirth != "1980-02" || x.Gender != "FEMALE" || x.Restricted || !x.DeceasedAt.IsZero() ||
		x.RegisteredPractice == nil || x.RegisteredPractice.ODSCode != "F83001" || len(x.Telecom) != 2 || x.Telecom[0].Value != "first" || x.NHSNumberStatus.Display != "Number present and verified" {
		t.Errorf("%+v", x)
	}
	for i, want := range []bool{false, false, true, false, true, false, false} {
		if i != 1 && rows.Of(i)[0].Restricted != want {
			t.Errorf("patient %d is restricted: %v", i, !want)
		}
	}
	if x := rows.Of(3)[0]; x.Name != nil || x.Address != nil {
		t.Errorf("a person that cannot be read: %+v", x)
	}
	if x := rows.Of(5)[0]; x.Name != nil || x.Address != nil || x.RegisteredPractice != nil || x.Gender != "UNKNOWN" || x.EthnicCategory != nil || x.NHSNumberStatus != nil {
		t.Errorf("a person of whom nothing is known: %+v", x)
	}
	if x := rows.Of(6)[0]; x.DeceasedAtPrecision != record.PrecisionDay || len(x.Telecom) != 1 {
		t.Errorf("%+v", x)
	}
	if !reflect.DeepEqual(a, read()) {
		t.Error("the second read differs from the first")
	}
	near := patient()
	s.insert(t, "person", person(near, row{"address_lines": "null", "address_postcode": "null", "address_borough": quote("Camden")}))
	ask = &fetch.Ask{Kind: fetch.Persons, Subjects: subjects(near)}
	if x := fetch.RowsOf[record.Person](read()).Of(0)[0]; x.Address == nil || x.Address.Borough != "Camden" {
		t.Errorf("an address of which the borough alone is known: %+v", x.Address)
	}
	s.twicePersons(t, person)
	s.manyNumbers(t, person, number)
}

// manyNumbers: a person with more points of contact than are read has a list that says so.
func (s *suite) manyNumbers(t *testing.T, person func(record.NHSNumber, row) row, number func(record.NHSNumber, int, string) row) {
	full, over := patient(), patient()
	s.insert(t, "person", person(full, nil), person(over, nil))
	var rows []row
	for i := range 101 {
		rows = append(rows, number(over, i+1, "a number"))
		if i < 100 {
			rows = append(rows, number(full, i+1, "a number"))
		}
	}
	s.insert(t, "telecom", rows...)
	ask, without := &fetch.Ask{Kind: fetch.Persons, Children: fetch.Telecom, Subjects: subjects(full, over)}, &fetch.Ask{Kind: fetch.Persons, Subjects: subjects(over, full)}
	answers, err := s.source.Read(reading(t), []*fetch.Ask{without, ask})
	if err != nil {
		t.Fatal(err)
	}
	people := fetch.RowsOf[record.Person](answers[ask])
	if !slices.Equal(answers[ask].Truncated, []bool{false, true}) || len(people.Of(0)[0].Telecom) != 100 || len(people.Of(1)[0].Telecom) != 100 {
		t.Errorf("truncated %v, %d and %d numbers", answers[ask].Truncated, len(people.Of(0)[0].Telecom), len(people.Of(1)[0].Telecom))
	}
	if unasked := fetch.RowsOf[record.Person](answers[without]); len(unasked.Of(0)) != 1 || len(unasked.Of(1)) != 1 || unasked.Of(0)[0].Telecom != nil || answers[without].Truncated != nil {
		t.Errorf("numbers that nobody asked for: %+v", unasked.Items)
	}
}

// twicePersons: a view that names a number twice, or does not say whether the person
// is restricted, must not move anyone else's details nor lose a restriction.
func (s *suite) twicePersons(t *testing.T, person func(record.NHSNumber, row) row) {
	other := newSuite(t, s.h)
	one, two, three, unsaid := patient(), patient(), patient(), patient()
	other.insert(t, "person", person(one, row{"name_family": quote("One")}), person(two, row{"name_family": quote("Two")}), person(three, row{"name_family": quote("Three")}))
	other.exec(t, fmt.Sprintf(`ALTER TABLE person RENAME TO people; ALTER TABLE people ALTER restricted DROP NOT NULL;
		INSERT INTO people (nhs_number, restricted) VALUES ('%s', NULL);
		CREATE VIEW person AS SELECT * FROM people UNION ALL SELECT * FROM people WHERE name_family = 'One'`, string(unsaid)))
	ask := &fetch.Ask{Kind: fetch.Persons, Children: fetch.Telecom, Subjects: subjects(one, two, unsaid, three)}
	answers, err := other.source.Read(reading(t), []*fetch.Ask{ask})
	if err != nil || answers[ask].Err != nil {
		t.Fatal(err, answers[ask].Err)
	}
	rows := fetch.RowsOf[record.Person](answers[ask])
	if !slices.Equal(answers[ask].Unreadable, []bool{true, false, true, false}) {
		t.Errorf("unreadable %v", answers[ask].Unreadable)
	}
	if x := rows.Of(0); len(x) != 1 || x[0].Name != nil {
		t.Errorf("the person named twice: %+v", x)
	}
	if x := rows.Of(1); len(x) != 1 || x[0].Name == nil || x[0].Name.Family != "Two" {
		t.Errorf("the person after: %+v", x)
	}
	if x := rows.Of(2); len(x) != 1 || !x[0].Restricted {
		t.Errorf("restricted or not, nobody says: %+v", x)
	}
	if x := rows.Of(3); len(x) != 1 || x[0].Name == nil || x[0].Name.Family != "Three" {
		t.Errorf("the last person: %+v", x)
	}
}

// adults: nothing that concerns a time before the 18th birthday, by any relation and
// any date; nothing of a child, nor of anyone whose age is unknown.
func (s *suite) adults(t *testing.T) {
	if !s.h.Adults {
		return
	}
	for _, kind := range s.kinds() {
		s.childhood(t, kind)
		s.childrenOfToday(t, kind)
	}
	s.youngContacts(t)
	s.childhoodParts(t)
}

// come is the 18th birthday of the people of these tests.
const come = "2010-06-15"

func adult(from string, all ...record.NHSNumber) *fetch.Subjects {
	x := subjects(all...)
	for i := range x.AdultFrom {
		x.AdultFrom[i] = from
	}
	return x
}

// childhood: each date of a row by itself, beside adult twins.
func (s *suite) childhood(t *testing.T, kind fetch.Kind) {
	rel := s.table(kind)
	p := patient()
	var rows []row
	var want, all []string
	add := func(id string, shown bool, r row) {
		rows = append(rows, s.entry(kind, p, id).with(r))
		all = append(all, id)
		if shown {
			want = append(want, id)
		}
	}
	undated := row{}
	for _, c := range rel.columns {
		if c.isDate() || c.isMoment() {
			undated[c.name] = "null"
		}
	}
	recorded := func(at string) row { return undated.with(row{"recorded_at": quote(at)}) }
	if kind != fetch.Upcoming { // which has no undated ones
		add("undated, recorded on the birthday", true, recorded("2010-06-14T23:00:00Z"))
		add("undated, recorded the day before", false, recorded("2010-06-14T22:59:59Z"))
		add("undated, recorded never", false, undated)
	}
	for _, c := range rel.columns {
		if kind == fetch.Upcoming && c.name == rel.newest {
			continue
		}
		base := undated.with(row{"recorded_at": quote("2020-01-01T00:00:00Z")})
		if kind == fetch.Upcoming {
			base["starts_at"] = quote("2026-12-01T09:00:00Z")
		}
		switch {
		case c.isDate():
			for date, shown := range map[string]bool{"2010-06-15": true, "2010-06-14": false, "2010-06": false, "2010-07": true, "2010": false, "2011": true, "2003-05-06": false, "": true} {
				add(c.name+" "+date, shown, base.with(row{c.name: quote(date)}))
			}
		case c.isMoment():
			add(c.name+" at midnight of the birthday", true, base.with(row{c.name: quote("2010-06-14T23:00:00Z")}))
			add(c.name+" a second before", false, base.with(row{c.name: quote("2010-06-14T22:59:59Z")}))
			add(c.name+" in childhood", false, base.with(row{c.name: quote("2003-05-06T09:00:00Z")}))
		}
	}
	s.insert(t, rel.name, rows...)
	slices.Sort(want)
	equal(t, string(kind), s.shownOf(t, kind, adult(come, p), all...), want)
	// Read by an earlier birthday, what the second look leaves by the later one is the same.
	left := []string{}
	for _, x := range s.entriesOf(t, kind, adult("1950-01-01", p), all...) {
		if record.OfAdulthood(x, come) {
			left = append(left, sourceID(x))
		}
	}
	slices.Sort(left)
	equal(t, string(kind)+" by the second look", left, want)
}

// childrenOfToday: of a child, or where the birth date is not known, nothing at all.
func (s *suite) childrenOfToday(t *testing.T, kind fetch.Kind) {
	p := patient()
	r := s.entry(kind, p, "today")
	if newest := s.table(kind).newest; newest != "recorded_at" {
		r[newest] = quote("2026-12-01")
	}
	s.insert(t, relation(kind), r)
	for from, want := range map[string][]string{
		"": {}, "2026-11-26": {}, "2026-12-31": {}, "2026-11-25": {}, // recorded in 2024
		"2024-03-01": {"today"}, come: {"today"},
	} {
		equal(t, fmt.Sprintf("%s of one who comes of age on %q", kind, from), s.shownOf(t, kind, adult(from, p), "today"), want)
	}
	// Nothing of a child even where every date is one of an adult.
	later, rel := patient(), s.table(kind)
	r = s.entry(kind, later, "later")
	for _, c := range rel.columns {
		if c.isDate() || c.isMoment() {
			r[c.name] = quote("2027-01-01")
		}
	}
	s.insert(t, rel.name, r)
	equal(t, string(kind)+" of a child, dated ahead", s.shownOf(t, kind, adult("2026-11-26", later), "later"), []string{})
	equal(t, string(kind)+" of an adult, dated ahead", s.shownOf(t, kind, adult("2026-11-25", later), "later"), []string{"later"})
	missing := subjects(p)
	missing.AdultFrom = nil
	equal(t, string(kind)+" without the birthdays", s.shownOf(t, kind, missing, "today"), []string{})
}

// youngContacts: nobody under 18 is named, nor anyone of unknown age who is somebody's child.
func (s *suite) youngContacts(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.Contacts, fetch.Carers} {
		if !s.publishes(kind) {
			t.Errorf("%s is not published", kind)
			continue
		}
		p := patient()
		contact := func(id, under18, relationship string) row {
			said := s.entry(kind, p, id).with(row{"under_18": under18, "relationship": quote(relationship)})
			if s.tables[relation(kind)].has("relationship_code_code") && relationship == "4711" {
				said["relationship_code_system"], said["relationship_code_code"], said["relationship_code_display"] = "null", "null", "null"
			}
			return said
		}
		s.insert(t, relation(kind),
			contact("adult daughter", "false", "Daughter"), contact("wife", "null", "Wife"), contact("neighbour", "null", "Neighbour"), contact("Mason", "null", "Mason"),
			contact("young daughter", "true", "Daughter"), contact("young wife", "true", "Wife"), contact("son", "null", "Son"), contact("grandson", "null", "grandson (main carer)"),
			contact("children", "null", "Children"), contact("stepson", "null", "Step-son"), contact("twins", "null", "Twin sons"), contact("grandchild", "null", "Great-grandchild"),
			contact("a role", "null", "DAU"), contact("another role", "null", " grndson"), contact("a daughter by number", "null", "66089001"), contact("a number alone", "null", "4711"),
			contact("schoolgirl", "null", "Schoolgirl"), contact("youth", "null", "Youth"), contact("abbreviated", "null", "Grand-dau"),
			contact("a husband by number", "null", "127849001"), contact("worker", "null", "Youth worker"), contact("SPS", "null", "SPS"), contact("the young daughter's number", "false", "66089001"))
		equal(t, string(kind), s.shown(t, kind, p), []string{"Mason", "SPS", "a husband by number", "adult daughter", "neighbour", "the young daughter's number", "wife", "worker"})
		if s.tables[relation(kind)].has("relationship_code_code") {
			p := patient()
			s.insert(t, relation(kind),
				contact("coded", "null", "").with(row{"nhs_number": quote(string(p)), "relationship": "null", "relationship_code_code": quote("SON"), "relationship_code_display": "null"}),
				contact("displayed", "null", "").with(row{"nhs_number": quote(string(p)), "relationship": "null", "relationship_code_display": quote("Natural daughter")}),
				contact("spouse", "null", "").with(row{"nhs_number": quote(string(p)), "relationship": "null", "relationship_code_code": quote("SPS"), "relationship_code_display": quote("Spouse")}))
			equal(t, string(kind)+" in codes", s.shown(t, kind, p), []string{"spouse"})
		}
	}
}

// childhoodParts: the dated parts of an entry obey the rule as well.
func (s *suite) childhoodParts(t *testing.T) {
	for _, kind := range s.kinds() {
		for bit, fields := range fetch.ChildFields[kind] {
			child := s.childTable(kind, bit)
			i := slices.IndexFunc(child.columns, func(c column) bool { return c.isDate() || c.isMoment() })
			if i < 0 {
				continue
			}
			p := patient()
			s.insert(t, relation(kind), s.entry(kind, p, "e"))
			part := func(position int, date string) row {
				return row{"nhs_number": quote(string(p)), "parent_id": quote("e"), "position": fmt.Sprint(position), child.columns[i].name: date}
			}
			s.insert(t, child.name, part(1, quote("2010-06-15")), part(2, quote("2010-06-13")), part(3, "null"), part(4, quote("2026-01-01")))
			a := s.read(t, &fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: adult(come, p)})
			if n := childLen(a.entries[0][0], fields[0]); n != 3 {
				t.Errorf("%s: %d %s, want 3", kind, n, strings.Join(fields, ", "))
			}
		}
	}
}
