package resolvers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// Of two sources that describe a person, each detail comes from the first that has it. If they contradict each other,
// the details are incomplete.
func TestTwoDemographics(t *testing.T) {
	first, second := newFake(record.Demographics, "RRV"), newFake(record.Demographics, "X26")
	c, _, _ := newFakes(t, first, second)
	died := record.At(time.Date(2020, 3, 1, 12, 0, 0, 0, time.UTC))
	whole := record.Person{
		DateOfBirth: "1950-02-03", Gender: "FEMALE", DeceasedAt: died, DeceasedAtPrecision: record.PrecisionTime, Name: &record.HumanName{Full: "Ada Example"},
		Address: &record.Address{Postcode: "N1 9GU"}, Telecom: []record.ContactPoint{{Value: "020 7946 0000"}}, RegisteredPractice: &record.Organisation{ODSCode: "F83999", Name: "A practice"},
		EthnicCategory: &record.Code{Display: "White"}, PreferredLanguage: &record.Code{Display: "English"}, MaritalStatus: &record.Code{Display: "Widowed"}, NHSNumberStatus: &record.Code{Display: "Verified"},
	}
	const query = `{ patient(nhsNumber: "%s") { name { full } age dateOfBirth gender deceasedAt deceasedAtPrecision address { postcode } telecom { value } registeredPractice { odsCode }
		ethnicCategory { display } preferredLanguage { display } maritalStatus { display } nhsNumberStatus { display } demographics { state complete gaps { reason } } } }`
	ask := func(one, two record.Person) any {
		first.answers[fetch.Persons], second.answers[fetch.Persons] = always(one), always(two)
		return at(t, c.ask(t, "gp", "", fmt.Sprintf(query, str(1)), nil).Data, "patient")
	}
	want := ask(whole, whole)
	if at(t, want, "demographics", "complete") != true || at(t, want, "age") == nil {
		t.Fatalf("%v", want)
	}
	for name, pair := range map[string][2]record.Person{"the second alone": {{}, whole}, "the first alone": {whole, {}}, "one the year, the other the day": {{DateOfBirth: "1950", Gender: "FEMALE"}, whole}} {
		got := ask(pair[0], pair[1])
		if name == "one the year, the other the day" {
			got.(map[string]any)["dateOfBirth"], got.(map[string]any)["age"] = at(t, want, "dateOfBirth"), at(t, want, "age")
		}
		if !equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for name, other := range map[string]record.Person{
		"another birth date":   {DateOfBirth: "1950-02-04"},
		"another day of death": {DeceasedAt: record.At(died.AddDate(0, 0, 1))},
	} {
		if got := ask(whole, other); at(t, got, "demographics", "complete") != false || at(t, got, "demographics", "state") != "RECORDED" {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := ask(whole, record.Person{DeceasedAt: record.At(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), DeceasedAtPrecision: record.PrecisionYear}); at(t, got, "demographics", "complete") != true {
		t.Errorf("the year of a death whose day is known: %v", got)
	}
	first.answers[fetch.Persons], second.answers[fetch.Persons] = lacking(always(record.Person{}), true, false), always(whole)
	if got := at(t, c.ask(t, "gp", "", fmt.Sprintf(query, str(1)), nil).Data, "patient"); at(t, got, "name", "full") != "Ada Example" || at(t, got, "demographics", "complete") != false {
		t.Errorf("the first cannot be read: %v", got)
	}
}

// A person of whom nothing could be read does not count as recorded: the state is UNKNOWN if an entry was unreadable,
// otherwise NONE_RECORDED.
func TestAPersonThatCannotBeRead(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	c, _, _ := newFakes(t, source)
	for _, test := range []struct {
		p      record.Person
		unread bool
		want   string
	}{
		{record.Person{}, true, "UNKNOWN"}, {record.Person{}, false, "NONE_RECORDED"}, {record.Person{Gender: "FEMALE"}, true, "RECORDED"},
	} {
		source.answers[fetch.Persons] = lacking(always(test.p), test.unread, false)
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { name { full } demographics { state complete } } }`, str(1)), nil)
		if got := at(t, a.Data, "patient", "demographics", "state"); got != test.want || at(t, a.Data, "patient", "demographics", "complete") == test.unread {
			t.Errorf("%+v, unreadable %t: %s", test.p, test.unread, a.Body)
		}
	}
}

// Age is at death only if that is in the past, and is not given if the dates allow more than one.
func TestAgeAtDeathToCome(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	c, _, _ := newFakes(t, source)
	for name, x := range map[string]struct {
		p    record.Person
		want string
	}{
		"death to come":     {record.Person{DateOfBirth: "2016-02-03", DeceasedAt: record.At(time.Date(2062, 2, 4, 12, 0, 0, 0, time.UTC))}, "10"},
		"the year of death": {record.Person{DateOfBirth: "1950-06-03", DeceasedAt: record.At(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), DeceasedAtPrecision: record.PrecisionYear}, "<nil>"},
		"the month":         {record.Person{DateOfBirth: "1950-06-03", DeceasedAt: record.At(time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)), DeceasedAtPrecision: record.PrecisionMonth}, "<nil>"},
		"another month":     {record.Person{DateOfBirth: "1950-06-03", DeceasedAt: record.At(time.Date(2020, 7, 1, 0, 0, 0, 0, time.UTC)), DeceasedAtPrecision: record.PrecisionMonth}, "70"},
		"this year":         {record.Person{DateOfBirth: "1950-02-03", DeceasedAt: record.At(time.Date(now.Year(), 2, 3, 0, 0, 0, 0, time.UTC)), DeceasedAtPrecision: record.PrecisionYear}, fmt.Sprint(now.Year() - 1950)},
	} {
		source.answers[fetch.Persons] = always(x.p)
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { age } }`, str(1)), nil)
		if got := fmt.Sprint(at(t, a.Data, "patient", "age")); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

func TestAChildByDemographics(t *testing.T) {
	spine, council := newFake(record.Demographics, "X26"), newFake(record.SocialCare, "X1BAR")
	council.answers[fetch.Services] = always(record.SocialCareService{Item: council.item("1"), StartedOn: "2020-01-01", Kind: record.Code{Display: "A service"}})
	c, facts, _ := newFakes(t, spine, council)
	facts.knows = func(f *consent.Facts) { f.Born = "1950-02-03" }
	for born, want := range map[record.PartialDate]string{"2016-02-03": "NONE_RECORDED", "1950-02-04": "RECORDED", "1950": "RECORDED", "1951-12": "RECORDED", "": "RECORDED", "2002-02-03": "NONE_RECORDED", "2001-06-30": "RECORDED"} {
		spine.answers[fetch.Persons] = always(record.Person{DateOfBirth: born})
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { age socialCare { services { state complete nodes { id } } } } }`, one(number(1)))
		if got := at(t, a.Data, "patient", "socialCare", "services", "state"); got != want {
			t.Errorf("born %q by demographics: %v, want %s", born, got, want)
		}
	}
	c.alarmed(t, resolvers.AlarmDropped) // what was before they came of age by the later date
}

// A row that began, ended or was written down before the later of the two 18th birthdays is of childhood, whatever else it
// says: SQL knows our register's birthday alone.
func TestChildhoodByDemographics(t *testing.T) {
	spine, council := newFake(record.Demographics, "X26"), newFake(record.SocialCare, "X1BAR")
	c, facts, _ := newFakes(t, spine, council)
	plan, ended, written := council.item("shown"), council.item("ended at seven"), council.item("written down at sixteen")
	received, told := council.item("received at nine"), council.item("dated at five elsewhere")
	written.Provenance.RecordedAt = record.At(time.Date(2021, 1, 10, 9, 0, 0, 0, time.UTC))
	told.Oldest = "2009-07"
	council.answers[fetch.Services] = always(
		record.SocialCareService{Item: ended, Kind: record.Code{Display: "Short breaks"}, EndedOn: "2012-01-31"},
		record.SocialCareService{Item: told, Kind: record.Code{Display: "Home care"}, StartedOn: "2023-02-03"},
		record.SocialCareService{Item: written, Kind: record.Code{Display: "Leaving"}, StartedOn: "2022-06-17"})
	council.answers[fetch.Referrals] = always(record.Referral{Item: received, ReceivedOn: "2014-02-03"})
	council.answers[fetch.CarePlans] = always(record.CarePlan{Item: plan, Kind: record.Code{Display: "Plan"}, StartedOn: "2022-06-16",
		Goals:      []record.CarePlanGoal{{Target: "of childhood", DueOn: "2022-06-15"}, {Target: "undated"}, {Target: "later", DueOn: "2022-07"}},
		Agreements: []record.CarePlanAgreement{{AgreedBy: record.Code{Display: "a parent"}, AgreedAt: record.At(time.Date(2022, 6, 15, 22, 59, 0, 0, time.UTC))}}})
	council.answers[fetch.Notes] = always(record.ListNote{Item: written, Class: record.ClassSocialCare, Note: record.NoteNoneKnown})
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { referrals { nodes { id } } socialCare { services { state nodes { id } } }
		carePlans { nodes { provenance { sourceId } goals { target } agreements { agreedBy { display } } } } } }`
	for name, born := range map[string]record.PartialDate{"by demographics alone": "1950-02-03", "by both": "2004-06-16"} {
		facts.knows = func(f *consent.Facts) { f.Born = born }
		spine.answers[fetch.Persons] = always(record.Person{DateOfBirth: "2004-06-16"})
		a := c.ask(t, "gp", "", query, one(number(1)))
		want := `{"referrals":{"nodes":[]},"socialCare":{"services":{"state":"NONE_RECORDED","nodes":[]}},
			"carePlans":{"nodes":[{"provenance":{"sourceId":"shown"},"goals":[{"target":"undated"},{"target":"later"}],"agreements":[]}]}}`
		if got := at(t, a.Data, "patient"); !equal(got, jsonOf(t, want)) {
			t.Errorf("born in 2004 %s: %s", name, a.Body)
		}
	}
	c.alarmed(t, resolvers.AlarmDropped)
}

// Of a child by demographics alone neither `sources` nor the event tells of social care, as of any child.
func TestOfAChildByDemographicsNothingIsTold(t *testing.T) {
	spine, council := newFake(record.Demographics, "X26"), newFake(record.SocialCare, "X1BAR")
	c, facts, trail := newFakes(t, spine, council)
	council.answers[fetch.Services] = always(record.SocialCareService{Item: council.item("a"), StartedOn: "2024-01-01"}, record.SocialCareService{Item: council.item("b"), StartedOn: "2024-02-01"})
	spine.answers[fetch.Persons] = always(record.Person{DateOfBirth: "2016-03-10"})
	var told [2]string
	for i, born := range []record.PartialDate{"2016-03-10", "1950-02-03"} {
		facts.knows = func(f *consent.Facts) { f.Born = born }
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { dateOfBirth socialCare { services { state nodes { id } } } sources { sector state asOf } } }`, one(number(1)))
		told[i] = fmt.Sprint(at(t, a.Data, "patient", "socialCare"), at(t, a.Data, "patient", "sources"), trail.take())
	}
	if told[0] != told[1] {
		t.Errorf("a child by our register:\n%s\na child by demographics alone:\n%s", told[0], told[1])
	}
}

func TestMatchOfARowThatCannotBeRead(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	source.answers[fetch.Persons] = lacking(always(record.Person{}), true, false)
	c, d, _ := newDesk(t, source)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	a := c.ask(t, "opt-out-officer", "", `{ optOutRequests { edges { node { match { name dateOfBirth postcode nhsNumber } } } } }`, nil)
	if len(a.Errors) == 0 {
		t.Errorf("%s", a.Body)
	}
}

// A request is compared with what any of the sources holds about a person.
func TestMatchOfTwoDemographics(t *testing.T) {
	first, second := newFake(record.Demographics, "RRV"), newFake(record.Demographics, "X26")
	first.answers[fetch.Persons] = always(record.Person{DateOfBirth: "1950-02-03", Name: &record.HumanName{Given: []string{"Ada"}, Family: "Example"}, Address: &record.Address{Postcode: "N1 9GU"}})
	second.answers[fetch.Persons] = always(record.Person{Name: &record.HumanName{Given: []string{"Ada"}, Family: "Example"}})
	c, d, _ := newDesk(t, first, second)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	a := c.ask(t, "opt-out-officer", "", `{ optOutRequests { edges { node { match { name dateOfBirth postcode nhsNumber } } } } }`, nil)
	m := at(t, a.Data, "optOutRequests", "edges", 0, "node", "match")
	if at(t, m, "dateOfBirth") != "MATCH" {
		t.Errorf("%s", a.Body)
	}
}

func TestChildrenByCodeInWords(t *testing.T) {
	council := newFake(record.SocialCare, "X1BAR")
	for _, said := range []string{"DAU", "SON", "GRNDSON", "STPCHLD", "NIENEPH", "66089001", "65616008", "Schoolgirl", "Schoolboy", "Youth", "Lad", "Dtr", "Grand-dau"} {
		carer := record.Carer{Item: council.item("1"), Name: "Somebody", Relationship: record.Text(said), Since: "2024-01-01"}
		contact := record.Contact{Item: council.item("2"), Name: "Somebody", Relationship: record.Text(said), Since: "2024-01-01"}
		council.answers[fetch.Carers], council.answers[fetch.Contacts] = always(carer), always(contact)
		c, _, _ := newFakes(t, council)
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { contacts { nodes { name } } socialCare { carers { nodes { name } } } } }`, one(number(1)))
		if n := strings.Count(string(a.Body), "Somebody"); n > 0 {
			t.Errorf("%s: named %d times", said, n)
		}
	}
}
