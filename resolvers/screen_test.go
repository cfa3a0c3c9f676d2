package resolvers_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// Nothing is read for anybody without a grant, or under a class the grant does not
// allow: a field that forgets about consent shows nothing.
func TestNothingIsReadWithoutAGrant(t *testing.T) {
	grant := func(patient record.NHSNumber, classes ...record.Class) consent.Decision {
		return consent.Decision{Outcome: consent.Shown, Patient: patient, Classes: consent.ClassSetOf(classes...)}
	}
	both := &consent.Grants{}
	both.Add(grant(number(1), record.ClassAllergies))
	both.Add(grant(number(2), record.ClassAllergies, record.ClassProblems))
	both.Check(consent.Decision{Outcome: consent.Withheld, Patient: number(4), BreakGlass: true})
	revoked := &consent.Grants{}
	revoked.Add(grant(number(1), record.ClassAllergies))
	revoked.Revoke(number(1))
	ask := func(kind fetch.Kind, class record.Class, patients ...record.NHSNumber) *fetch.Ask {
		s := &fetch.Subjects{Patients: patients, Index: map[record.NHSNumber]int{}}
		for i, patient := range patients {
			s.Index[patient] = i
		}
		return &fetch.Ask{Kind: kind, Class: class, Subjects: s}
	}
	same := func(first *fetch.Ask, kind fetch.Kind, class record.Class) []*fetch.Ask {
		return []*fetch.Ask{first, {Kind: kind, Class: class, Subjects: first.Subjects}}
	}
	for _, test := range []struct {
		name   string
		grants *consent.Grants
		asks   []*fetch.Ask
		reads  bool
	}{
		{"with a grant for all", both, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(1), number(2))}, true},
		{"without any grants", nil, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(1))}, false},
		{"for one without a grant", both, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(1), number(2), number(3))}, false},
		{"after the grant was taken back", revoked, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(1))}, false},
		{"under a class that one grant lacks", both, []*fetch.Ask{ask(fetch.Problems, record.ClassProblems, number(2), number(1))}, false},
		{"under the class that the grant has", both, []*fetch.Ask{ask(fetch.Problems, record.ClassProblems, number(2))}, true},
		{"a good ask beside a bad one", both, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(1)), ask(fetch.Problems, record.ClassProblems, number(1))}, false},
		{"an ask without a class", both, []*fetch.Ask{ask(fetch.Allergies, "", number(1))}, false},
		{"what is said of whole classes, with a grant", both, []*fetch.Ask{ask(fetch.Notes, record.ClassDemographics, number(1))}, true},
		{"who a patient is, with a grant of anything", both, []*fetch.Ask{ask(fetch.Persons, record.ClassDemographics, number(1))}, true},
		{"who somebody without a number is", both, []*fetch.Ask{ask(fetch.Persons, record.ClassDemographics, "")}, false},
		{"who somebody is who may be checked", both, []*fetch.Ask{ask(fetch.Persons, record.ClassDemographics, number(4), number(1))}, true},
		{"somebody who may not, beside them", both, []*fetch.Ask{ask(fetch.Persons, record.ClassDemographics, number(4), number(3))}, false},
		{"what is said of whole classes, of somebody who may be checked", both, []*fetch.Ask{ask(fetch.Notes, record.ClassDemographics, number(4))}, false},
		{"a list of somebody who may be checked", both, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(4))}, false},
		{"others after those with a grant", both, []*fetch.Ask{ask(fetch.Allergies, record.ClassAllergies, number(1)), ask(fetch.Allergies, record.ClassAllergies, number(3))}, false},
		{"the same after what is said of whole classes", both, same(ask(fetch.Notes, record.ClassDemographics, number(1)), fetch.Problems, record.ClassProblems), false},
		{"the same under a class that the grant has", both, same(ask(fetch.Notes, record.ClassDemographics, number(2)), fetch.Problems, record.ClassProblems), true},
		{"what is said of whole classes, without", both, []*fetch.Ask{ask(fetch.Notes, record.ClassDemographics, number(3))}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var alarms []resolvers.Alarm
			root := resolvers.New(resolvers.Options{Observe: func(_ context.Context, o resolvers.Observation) { alarms = append(alarms, o.Alarm) }})
			reads := 0
			read := root.Guarded(func(context.Context, []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
				reads++
				return nil, nil
			})
			_, err := read(consent.NewContext(t.Context(), test.grants), test.asks)
			if (reads == 1) != test.reads || (err == nil) != test.reads {
				t.Errorf("%d reads, %v", reads, err)
			}
			if want := 1 - reads; len(alarms) != want || want == 1 && alarms[0] != resolvers.AlarmUngranted {
				t.Errorf("alarms %v", alarms)
			}
		})
	}
}

// A break-glass grant that opens few classes opens those and no others, even from sources with notes on whole classes.
func TestANarrowGrant(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.in(conditions[0])
	c, r, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.Demographics, "X26"))
	r.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(record.ClassAllergies), GrantedAt: now.Add(-1), ExpiresAt: now.Add(1)}}
	}
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { name { full } demographics { state } allergies { state complete } problems { state } } }`, str(1)), nil)
	for path, want := range map[string]string{"allergies": "RECORDED", "problems": "NOT_PERMITTED", "demographics": "NOT_PERMITTED"} {
		if got := at(t, a.Data, "patient", path, "state"); got != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	c.quiet(t)
}

// hiv is never shown.
var hiv = record.Code{System: "http://snomed.info/sct", Code: "86406008", Display: "Human immunodeficiency virus infection"}

// A person's details name no prison and no excluded clinic, and nothing shows that they were removed.
func TestDemographicsNameNothingNeverShown(t *testing.T) {
	ask := func(person record.Person) string {
		spine := newFake(record.Demographics, "X26")
		person.Name = &record.HumanName{Full: "Ann Ordinary"}
		spine.answers[fetch.Persons] = always(person)
		c, _, _ := newFakes(t, newFake(record.GP, "F83999"), newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"), spine)
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { name { full } address { lines postcode } registeredPractice { name odsCode } maritalStatus { display } nhsNumberStatus { display } demographics { state complete gaps { reason } } } }`, str(1)), nil)
		c.quiet(t)
		return string(a.Body)
	}
	plain := ask(record.Person{})
	for name, person := range map[string]record.Person{
		"an address in a prison":       {Address: &record.Address{Lines: []string{"HMP Pentonville", "Caledonian Road"}, Postcode: "N7 8TT"}},
		"a practice that is a clinic":  {RegisteredPractice: &record.Organisation{ODSCode: "Y00001", Name: "The HIV clinic"}},
		"a status that says something": {MaritalStatus: &record.Code{Code: "X", Display: "In foster care"}},
		"a status of the number":       {NHSNumberStatus: &record.Code{Code: "Adopted child", Display: "Adopted child"}},
	} {
		if got := ask(person); got != plain {
			t.Errorf("%s: %s", name, got)
		}
	}
	got := ask(record.Person{Address: &record.Address{Lines: []string{"1 Foster Street"}, Postcode: "N7 8TT"}, RegisteredPractice: &record.Organisation{ODSCode: "F83999", Name: "Kestrel Road Practice"}, MaritalStatus: &record.Code{Code: "M", Display: "Married"}, NHSNumberStatus: &record.Code{Code: "01", Display: "Number present and verified"}})
	if !strings.Contains(got, "1 Foster Street") || !strings.Contains(got, "Kestrel Road Practice") || !strings.Contains(got, "Married") || !strings.Contains(got, "Number present and verified") {
		t.Errorf("an ordinary person: %s", got)
	}
}

// An excluded entry that a source lets through by mistake is dropped and raises an alarm. The answer is byte for byte
// what it would be without the entry.
func TestWhatIsNeverShownIsDroppedAgain(t *testing.T) {
	under18, adult := true, false
	ordinary := record.Code{System: "http://snomed.info/sct", Code: "195967001", Display: "Asthma"}
	for name, hidden := range map[string]func(*fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer){
		"by its code": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Problems, always(record.Problem{Item: f.item("1"), Problem: hiv})
		},
		"by the code it was mapped from": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Problems, always(record.Problem{Item: f.item("1"), Problem: record.Code{Display: "Infection", Original: &hiv}})
		},
		"by its words": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Documents, always(record.Document{Item: f.item("1"), Title: "HIV clinic letter"})
		},
		"by the unit of a value": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Results, always(record.Result{Item: f.item("1"), Test: ordinary, Value: &record.Value{Quantity: "1", Unit: "HIV copies"}})
		},
		"by the words of a value's bound": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.VitalSigns, always(record.VitalSign{Item: f.item("1"), Sign: ordinary, Value: &record.Value{Comparator: "HIV", Limit: "1"}})
		},
		"by what a range says": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Results, always(record.Result{Item: f.item("1"), Test: ordinary, Components: []record.ResultComponent{{Test: ordinary, ReferenceRange: &record.ReferenceRange{Text: "HIV negative"}}}})
		},
		"by a code within it": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Medications, always(record.Medication{Item: f.item("1"), Medicine: ordinary, Reason: &hiv})
		},
		"by the name of who prescribed it": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Medications, always(record.Medication{Item: f.item("1"), Medicine: ordinary, Prescriber: &record.Practitioner{Name: "HIV clinic"}})
		},
		"by the name of who recorded it": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			item := f.item("1")
			item.Provenance.RecordedBy = &record.Practitioner{Name: "HIV clinic", Role: "Nurse"}
			return fetch.Problems, always(record.Problem{Item: item, Problem: ordinary})
		},
		"by where it was recorded": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			item := f.item("1")
			item.Provenance.Organisation = &record.Organisation{ODSCode: "RAL99", Name: "Sexual health clinic"}
			return fetch.Documents, always(record.Document{Item: item, Title: "Letter"})
		},
		"a child among the contacts": func(f *fake) (fetch.Kind, func(*fetch.Ask) fetch.Answer) {
			return fetch.Contacts, always(record.Contact{Item: f.item("1"), Name: "Tabitha", Under18: &under18})
		},
	} {
		t.Run(name, func(t *testing.T) {
			ask := func(hide bool) (answer, *care) {
				gp := newFake(record.GP, "F83999")
				if hide {
					kind, answer := hidden(gp)
					gp.answers[kind] = answer
				}
				c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"), newFake(record.Demographics, "X26"))
				return c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") {
					problems { ...s nodes { id } } medications { state complete nodes { id } gaps { reason } } contacts { state complete nodes { id } gaps { reason } }
					documents { state complete nodes { id } gaps { reason } pageInfo { hasNextPage endCursor } }
					results { state complete nodes { id } gaps { reason } pageInfo { hasNextPage endCursor } } vitalSigns { state complete nodes { id } gaps { reason } pageInfo { hasNextPage endCursor } }
					timeline { state complete nodes { id } gaps { reason } pageInfo { hasNextPage endCursor } } sources { sector state asOf } } }
					fragment s on ProblemList { state complete gaps { reason } }`, str(1)), nil), c
			}
			never, quiet := ask(false)
			quiet.quiet(t)
			with, alarmed := ask(true)
			alarmed.alarmed(t, resolvers.AlarmDropped)
			if !bytes.Equal(with.Body, never.Body) {
				t.Errorf("%s\nwhere it never was: %s", with.Body, never.Body)
			}
		})
	}
	t.Run("its ordinary twin is shown", func(t *testing.T) {
		gp := newFake(record.GP, "F83999")
		gp.answers[fetch.Problems] = always(record.Problem{Item: gp.item("1"), Problem: ordinary}, record.Problem{Item: gp.item("2"), Problem: hiv})
		gp.answers[fetch.Contacts] = always(record.Contact{Item: gp.item("1"), Name: "Ruben", Under18: &adult}, record.Contact{Item: gp.item("2"), Name: "Judith"})
		c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"), newFake(record.Demographics, "X26"))
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { problems { nodes { problem { display } } } contacts { nodes { name } } } }`, str(1)), nil)
		if got := string(a.Body); got != `{"data":{"patient":{"problems":{"nodes":[{"problem":{"display":"Asthma"}}]},"contacts":{"nodes":[{"name":"Ruben"},{"name":"Judith"}]}}}}` {
			t.Error(got)
		}
		c.alarmed(t, resolvers.AlarmDropped)
	})
}

// The author of a statement that there is none is checked like the author of an entry: if only an excluded clinic makes
// the statement, the list is byte for byte as if nobody had.
func TestNobodyNeverShownSaysThatThereIsNone(t *testing.T) {
	ask := func(by ...record.Provenance) string {
		gp := newFake(record.GP, "F83999")
		var notes []record.ListNote
		for i, p := range by {
			note := record.ListNote{Item: gp.item(fmt.Sprint(i)), Class: record.ClassAllergies, Note: record.NoteNoneKnown}
			note.Provenance.SourceSystem, note.Provenance.Organisation, note.Provenance.RecordedBy = p.SourceSystem, p.Organisation, p.RecordedBy
			notes = append(notes, note)
		}
		gp.answers[fetch.Notes] = always(notes...)
		c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.Demographics, "X26"))
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { allergies { state complete noneKnownBy { sourceSystem organisation { name } recordedBy { name role } } gaps { reason } } } }`, str(1)), nil)
		c.quiet(t)
		return string(a.Body)
	}
	nobody := ask()
	for name, p := range map[string]record.Provenance{
		"where": {Organisation: &record.Organisation{ODSCode: "X", Name: "The HIV clinic"}},
		"who":   {RecordedBy: &record.Practitioner{Name: "Sexual health"}},
		"role":  {RecordedBy: &record.Practitioner{Name: "A Nurse", Role: "HIV nurse"}},
		"what":  {SourceSystem: "Sexual health PAS"},
	} {
		if got := ask(p); got != nobody {
			t.Errorf("%s: %s, and where nobody says it %s", name, got, nobody)
		}
	}
	ward := record.Provenance{SourceSystem: "PAS", Organisation: &record.Organisation{ODSCode: "X", Name: "Ward 8"}}
	if got := ask(ward, record.Provenance{Organisation: &record.Organisation{Name: "The HIV clinic"}}); !strings.Contains(got, "NONE_KNOWN") || !strings.Contains(got, "Ward 8") || strings.Contains(got, "HIV") {
		t.Errorf("beside another: %s", got)
	}
}

// Only an answer that its source screened with this very list is not checked against it again. Whatever is dropped for
// other reasons is dropped all the same.
func TestAnAnswerThatWasLookedAt(t *testing.T) {
	child := true
	screened := func(by fetch.Screen, answer func(*fetch.Ask) fetch.Answer) func(*fetch.Ask) fetch.Answer {
		return func(ask *fetch.Ask) fetch.Answer {
			a := answer(ask)
			a.Screened = by
			return a
		}
	}
	list := exclusion.Default()
	for name, test := range map[string]struct {
		by    fetch.Screen
		drops bool
	}{
		"by nobody":          {nil, true},
		"by no list":         {(*exclusion.Filter)(nil), true},
		"by another's":       {list.For("PATADMIN"), true},
		"by that of another": {anything{}, true},
		"by the request's":   {list.For("TREAT"), false}, // the source says that there is none
	} {
		gp, acute := newFake(record.GP, "F83999"), newFake(record.Acute, "RAL")
		gp.answers[fetch.Problems] = screened(test.by, always(record.Problem{Item: gp.item("1"), Problem: hiv}))
		gp.answers[fetch.Contacts] = screened(test.by, always(record.Contact{Item: gp.item("1"), Name: "Tabitha", Under18: &child}))
		acute.answers[fetch.Stays] = screened(test.by, always(record.Stay{Item: acute.item("1"), Ward: "HIV clinic", AdmittedAt: record.At(now.AddDate(0, 0, -3))}))
		c, _, _ := newFakes(t, gp, acute, newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"), newFake(record.Demographics, "X26"))
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { problems { nodes { id } } contacts { nodes { id } } acute { stays(first: 5) { nodes { id } } staySummaries(first: 5) { nodes { id } } } timeline(first: 5) { nodes { id } } } }`, str(1)), nil)
		if got := strings.Count(string(a.Body), `"id":`); got > 0 == test.drops || !test.drops && got != 5 || strings.Contains(string(a.Body), "Tabitha") {
			t.Errorf("looked at %s: %s", name, a.Body)
		}
		c.alarmed(t, resolvers.AlarmDropped)
	}
}

// anything is a list with nothing on it.
type anything struct{}

func (anything) Coded(string, string, string) bool { return false }
func (anything) Words(string) bool                 { return false }

// Nothing of adult social care that concerns a time before the 18th birthday is shown, whatever a council publishes.
// Nothing at all is asked about a child.
func TestChildrensRuleInGo(t *testing.T) {
	council := newFake(record.SocialCare, "X1BAR")
	service := func(id string, on record.PartialDate) record.SocialCareService {
		s := record.SocialCareService{Item: council.item(id), StartedOn: on, Kind: record.Code{Display: "Service"}, Status: "IN_PROGRESS"}
		s.Provenance.RecordedAt = record.DateTime{}
		return s
	}
	undated := service("recorded after", "")
	undated.Provenance.RecordedAt = record.At(now)
	early := service("recorded before", "")
	early.Provenance.RecordedAt = record.At(now.AddDate(-10, 0, 0))
	council.answers[fetch.Services] = always(
		service("on the birthday", "2022-06-16"), service("the day before", "2022-06-15"), service("that month", "2022-06"), service("that year", "2022"),
		service("the next year", "2023"), service("long before", "2012-01-01"), service("no date at all", ""), undated, early)
	c, r, _ := newFakes(t, council, newFake(record.GP, "F83999"))
	query := fmt.Sprintf(`{ patient(nhsNumber: "%s") { socialCare { state complete services { state complete nodes { provenance { sourceId } } gaps { reason } } } sources { sector state } } }`, str(1))
	for _, test := range []struct {
		name  string
		born  record.PartialDate
		shown []string
	}{
		{"a young adult", "2004-06-16", []string{"recorded after", "the next year", "on the birthday"}},
		{"an older one", "1950-01-01", []string{"recorded after", "the next year", "on the birthday", "the day before", "that month", "that year", "long before", "recorded before"}},
		{"18 today", "2008-06-15", []string{"recorded after"}},
		{"18 tomorrow", "2008-06-16", nil},
		{"a child", "2016-03-10", nil},
		{"of unknown age", "", nil},
		{"known by the year, perhaps a child", "2008", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r.knows = func(f *consent.Facts) { f.Born = test.born }
			c.read()
			a := c.ask(t, "gp", "", query, nil)
			var shown []string
			for _, node := range at(t, a.Data, "patient", "socialCare", "services", "nodes").([]any) {
				shown = append(shown, at(t, node, "provenance", "sourceId").(string))
			}
			if fmt.Sprint(sorted(shown)) != fmt.Sprint(sorted(test.shown)) {
				t.Errorf("%q, want %q", shown, test.shown)
			}
			state := "RECORDED"
			if len(test.shown) == 0 {
				state = "NONE_RECORDED"
			}
			if at(t, a.Data, "patient", "socialCare", "services", "state") != state || at(t, a.Data, "patient", "socialCare", "services", "complete") != true {
				t.Errorf("%s", a.Body)
			}
			if minor := len(test.shown) == 0; minor != (c.read() == 0) {
				t.Error("a council was asked about a child, or not about an adult")
			}
		})
	}
}

// SQL goes by the birthday in our register, the second look by the later one in demographics as well.
func TestChildhoodThroughSQL(t *testing.T) {
	c := newCare(t, sample.Scenarios(now))
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { socialCare { services { state nodes { description } } } } }`
	before := c.ask(t, "gp", "", query, one(sample.GrownUp))
	check(t, c.facts.Put(t.Context(), consent.Load{People: []consent.Person{{Number: sample.GrownUp, Restricted: consent.No, Born: "1950-02-03"}}}))
	for source, db := range c.owners {
		if source.Sector == record.SocialCare {
			_, err := db.Exec(t.Context(), `INSERT INTO service (nhs_number, id, recorded_at, kind_display, description, ended_on, status)
				VALUES ($1, 'added', '2025-01-10 09:00+00', 'Short breaks for a family', 'respite', '2015-01-31', 'COMPLETED')`, string(sample.GrownUp))
			check(t, err)
		}
	}
	if after := c.ask(t, "gp", "", query, one(sample.GrownUp)); !bytes.Equal(before.Body, after.Body) || !bytes.Contains(after.Body, []byte("RECORDED")) {
		t.Errorf("with an earlier birthday and a service of childhood:\n%s\nwithout:\n%s", after.Body, before.Body)
	}
	c.alarmed(t, resolvers.AlarmDropped)
}

// A stay that is dropped does not appear as a summary of its dates and ward either.
func TestAStayThatIsDroppedHasNoSummary(t *testing.T) {
	royal := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, royal, newFake(record.GP, "F83004"), newFake(record.MentalHealth, "RRP"))
	royal.answers[fetch.Stays] = always(record.Stay{Item: royal.item("stay"), AdmittedAt: record.At(now.AddDate(0, 0, -3)), Reason: &record.Code{Display: "HIV infection"}})
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { acute { staySummaries { nodes { id } } } } }`, str(1)), nil)
	if want := `{"staySummaries":{"nodes":[]}}`; !bytes.Contains(a.Body, []byte(want)) {
		t.Errorf("%s", a.Body)
	}
	c.alarmed(t, resolvers.AlarmDropped)
}

// Entries dropped from a list of which the source may hold more do not make the list look empty or finished.
func TestWhatIsDroppedIsNotTheEnd(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	var hidden func(i int) bool
	const held = 10
	gp.answers[fetch.Consultations] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Consultation) {
		first := ask.Filter.First
		if ask.Filter.After.Set {
			first++ // beyond those of the date at which the page before ended
		}
		for i := range held {
			if ask.Filter.First > 0 && len(all) == first {
				break
			}
			kind := record.Code{Display: "Surgery"}
			if hidden(i) {
				kind.Display = "HIV clinic"
			}
			at := now.AddDate(0, 0, -1-i)
			if ask.Filter.After.Set && at.After(ask.Filter.After.At) {
				continue
			}
			all = append(all, record.Consultation{Item: gp.item(fmt.Sprint(i)), HeldAt: record.At(at), HeldAtPrecision: "TIME", Kind: kind})
		}
		return all
	})
	c, _, _ := newFakes(t, gp)
	const last, few = `gp { state complete lastConsultation { id } }`, `gp { consultations(first: 2) { state complete gaps { reason } nodes { id } pageInfo { hasNextPage endCursor } } }`
	for _, test := range []struct {
		name   string
		hidden func(i int) bool
		asked  string
		want   string
	}{
		{"none", func(int) bool { return false }, last, `{"state":"RECORDED","complete":true,"lastConsultation":{"id":"F83999-0"}}`},
		{"the newest of a single value", func(i int) bool { return i == 0 }, last, `{"state":"UNKNOWN","complete":false,"lastConsultation":null}`},
		{"all of a page and the one behind it", func(i int) bool { return i < 3 }, few, `{"state":"UNKNOWN","complete":false,"gaps":[{"reason":"TRUNCATED"}],"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}`},
		{"one of a page and the one behind it", func(i int) bool { return i > 0 && i < 3 }, few, `{"state":"RECORDED","complete":false,"gaps":[{"reason":"TRUNCATED"}],"nodes":[{"id":"F83999-0"}],"pageInfo":{"hasNextPage":true}}`},
		{"one far behind", func(i int) bool { return i == 7 }, few, `{"state":"RECORDED","complete":true,"gaps":[],"nodes":[{"id":"F83999-0"},{"id":"F83999-1"}],"pageInfo":{"hasNextPage":true}}`},
		{"one of a list that is read whole", func(i int) bool { return i == 0 }, `gp { consultations(first: 20) { complete pageInfo { hasNextPage } } }`, `{"complete":true,"pageInfo":{"hasNextPage":false}}`},
	} {
		hidden = test.hidden
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+test.asked+` } }`, one(number(1)))
		got := at(t, a.Data, "patient", "gp").(map[string]any)
		if list, ok := got["consultations"].(map[string]any); ok {
			got = list
			if info := got["pageInfo"].(map[string]any); info["endCursor"] != nil {
				delete(info, "endCursor")
			}
		}
		if !equal(any(got), jsonOf(t, test.want)) {
			t.Errorf("%s is dropped: %v, want %s", test.name, got, test.want)
		}
		if test.name != "none" && test.name != "one far behind" {
			c.alarmed(t, resolvers.AlarmDropped)
		}
	}
	// From page to page all that is shown is reached, and the gap stays.
	hidden = func(i int) bool { return i == 1 || i == 4 || i == 5 }
	var seen []string
	after := "null"
	for range held {
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { gp { consultations(first: 2, after: `+after+`) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`, one(number(1)))
		list := at(t, a.Data, "patient", "gp", "consultations")
		for _, node := range at(t, list, "nodes").([]any) {
			seen = append(seen, at(t, node, "id").(string))
		}
		if at(t, list, "pageInfo", "hasNextPage") != true {
			break
		}
		after = fmt.Sprintf("%q", at(t, list, "pageInfo", "endCursor"))
	}
	if want := []string{"F83999-0", "F83999-2", "F83999-3", "F83999-6", "F83999-7", "F83999-8", "F83999-9"}; !slices.Equal(seen, want) {
		t.Errorf("from page to page %q, want %q", seen, want)
	}
}

// Adult social care names nobody of unknown age who may be a child, however the relationship is written.
func TestNobodysChildIsNamed(t *testing.T) {
	council, gp := newFake(record.SocialCare, "X1BAR"), newFake(record.GP, "F83999")
	no := false
	contact := func(f *fake, id, relationship, code, display string) record.Contact {
		x := record.Contact{Item: f.item(id), Name: "Somebody", Relationship: record.Text(relationship)}
		x.Provenance.RecordedAt = record.At(now)
		if code+display != "" {
			x.RelationshipCode = &record.Code{System: "urn:local", Code: record.Text(code), Display: display}
		}
		return x
	}
	adult := contact(council, "grown-up", "Daughter", "", "")
	adult.Under18 = &no
	council.answers[fetch.Contacts] = always(adult, contact(council, "partner", "Partner", "", ""), contact(council, "1", "ｓｏｎ", "", ""), contact(council, "2", "Step\u00addaughter", "", ""),
		contact(council, "3", "FOSTER_CHILD", "", ""), contact(council, "4", "", "Son1", "Relative"), contact(council, "5", "", "", "Half-sister"),
		contact(council, "6", "", "Son0", "Relative"), contact(council, "7", "", "9SON", "Relative"))
	gp.answers[fetch.Contacts] = always(contact(gp, "daughter", "Daughter", "", ""))
	c, _, _ := newFakes(t, council, gp)
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { contacts { nodes { id } } } }`, one(number(1)))
	var ids []string
	for _, node := range at(t, a.Data, "patient", "contacts", "nodes").([]any) {
		ids = append(ids, at(t, node, "id").(string))
	}
	slices.Sort(ids)
	if want := []string{"F83999-daughter", "X1BAR-grown-up", "X1BAR-partner"}; !slices.Equal(ids, want) {
		t.Errorf("%q, want %q", ids, want)
	}
	c.alarmed(t, resolvers.AlarmDropped)
}
