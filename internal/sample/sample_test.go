package sample_test

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/exclusion"
	"carerecord/internal/load"
	"carerecord/internal/organisation"
	"carerecord/internal/record"
	"carerecord/internal/sample"

	"github.com/google/go-cmp/cmp"
)

// now is the day the tests take for today.
var now = time.Date(2026, 6, 17, 10, 0, 0, 0, record.London)

// later is another day, ten weeks on.
var later = now.AddDate(0, 0, 70)

var made = map[time.Time]func() ([]load.Person, error){
	now:   sync.OnceValues(func() ([]load.Person, error) { return sample.Residents(now) }),
	later: sync.OnceValues(func() ([]load.Person, error) { return sample.Residents(later) }),
}

// everyone is the whole sample of one of the two days. Each is made once.
func everyone(t testing.TB, at time.Time) []load.Person {
	t.Helper()
	people, err := made[at]()
	if err != nil {
		t.Fatal(err)
	}
	return people
}

type placed struct {
	source load.Source
	load.Row
}

func rowsOf(p load.Person) iter.Seq[placed] {
	return func(yield func(placed) bool) {
		for _, source := range load.Sources() {
			for _, row := range p.Rows[source] {
				if !yield(placed{source, row}) {
					return
				}
			}
		}
	}
}

func batches(people []load.Person, n int) iter.Seq[[]load.Person] { return slices.Chunk(people, n) }

func count(people []load.Person, source load.Source, relation string) (n int) {
	for _, p := range people {
		for _, row := range p.Rows[source] {
			if row.Relation == relation {
				n++
			}
		}
	}
	return n
}

func find(t testing.TB, number record.NHSNumber) load.Person {
	t.Helper()
	people := everyone(t, now)
	i := slices.IndexFunc(people, func(p load.Person) bool { return p.Number == number })
	if i < 0 {
		t.Fatal("no such resident")
	}
	return people[i]
}

func TestTheNumbersAreValidAndDistinct(t *testing.T) {
	seen := map[record.NHSNumber]bool{}
	check := func(n record.NHSNumber) {
		if _, err := record.ParseNHSNumber(string(n)); err != nil || !n.IsTest() {
			t.Errorf("%s is no test number", string(n))
		}
		if seen[n] {
			t.Errorf("%s is there twice", string(n))
		}
		seen[n] = true
	}
	for _, p := range everyone(t, now) {
		check(p.Number)
		for _, old := range p.Superseded {
			check(old)
		}
	}
	for _, s := range sample.ScenarioTable() {
		if s.Number == sample.Nobody == seen[s.Number] {
			t.Errorf("%s (%s): in the sample is %v", string(s.Number), s.Name, seen[s.Number])
		}
	}
}

func TestTheScenariosAreTheTable(t *testing.T) {
	var want []record.NHSNumber
	for _, s := range sample.ScenarioTable() {
		if s.Name == "" || s.Shows == "" {
			t.Errorf("%s does not say what it shows", string(s.Number))
		}
		if s.Number != sample.Superseded && s.Number != sample.Nobody {
			want = append(want, s.Number)
		}
	}
	var got []record.NHSNumber
	for _, p := range sample.Scenarios(now) {
		got = append(got, p.Number)
		if p.Scenario == "" {
			t.Errorf("%s says nothing of its scenario", string(p.Number))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d scenarios, want the %d of the table in its order", len(got), len(want))
	}
}

func TestFewMayNotBeShown(t *testing.T) {
	out, restricted, invalid := 0, 0, 0
	for _, p := range everyone(t, now) {
		if !p.OptedOutFrom.IsZero() && !p.OptedOutFrom.After(now) {
			out++
		}
		if p.Invalidated {
			invalid++
		}
		if !p.Restricted {
			continue
		}
		restricted++
		for row := range rowsOf(p) {
			if row.Relation == "person" && row.Columns["restricted"] != true {
				t.Errorf("%s: demographics do not say restricted", p.Name)
			}
		}
	}
	if out < 2 || out > 6 || restricted != 2 || invalid != 1 {
		t.Errorf("%d opted out, %d restricted, %d invalidated; want at most 6, 2 and 1", out, restricted, invalid)
	}
}

func TestTheSameDayGivesTheSamePeople(t *testing.T) {
	again, err := sample.Residents(now.Add(3 * time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range everyone(t, now) {
		p.Tally, again[i].Tally = load.Tally{}, load.Tally{}
		if !reflect.DeepEqual(p, again[i]) {
			t.Fatalf("%s differs: %s", p.Name, cmp.Diff(p, again[i]))
		}
	}
}

func TestDatesMoveWithToday(t *testing.T) {
	for _, at := range []time.Time{now, later} {
		coming, current := 0, 0
		for _, p := range everyone(t, at) {
			for row := range rowsOf(p) {
				starts, _ := row.Columns["starts_at"].(time.Time)
				if row.Relation == "appointment" && starts.After(at) {
					coming++
				}
				if issued, ok := row.Columns["last_issued_on"].(string); ok && issued > string(record.Today(at)) && len(issued) == 10 {
					t.Errorf("%s: issued after today", p.Name)
				}
				if row.Relation == "legal_status" && row.Columns["ended_at"] == nil && row.Columns["expires_at"] != nil && row.Columns["expires_at"].(time.Time).After(at) {
					current++
				}
			}
		}
		if coming < 100 || current < 2 {
			t.Errorf("%d appointments to come, %d sections in force", coming, current)
		}
	}
}

func TestEveryColumnIsOneOfTheView(t *testing.T) {
	views := readViews(t)
	allowed := map[string]string{"verification": "REFUTED", "status": "CANCELLED"}
	for _, p := range everyone(t, now) {
		ids := map[string]bool{}
		for row := range rowsOf(p) {
			columns := views[row.source.Sector][row.Relation]
			if columns == nil {
				t.Fatalf("%s: %s has no %s", p.Name, row.source.Sector, row.Relation)
			}
			if id, ok := row.Columns["id"].(string); ok {
				if key := row.source.ODS + row.Relation + id; ids[key] {
					t.Errorf("%s: two of %s with one id", p.Name, row.Relation)
				} else {
					ids[key] = true
				}
			}
			for name, c := range columns {
				if c.must && row.Columns[name] == nil {
					t.Errorf("%s: %s without %s", p.Name, row.Relation, name)
				}
			}
			for name, value := range row.Columns {
				c, ok := columns[name]
				if !ok {
					t.Errorf("%s: %s.%s is no column", row.source.Sector, row.Relation, name)
				}
				for _, v := range textsOf(value) {
					if len(c.values) > 0 && !slices.Contains(c.values, v) && allowed[name] != v {
						t.Errorf("%s.%s may not be %q", row.Relation, name, v)
					}
				}
			}
		}
	}
}

func textsOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	}
	return nil
}

// One resident has a date that cannot be read, and says so; no others do.
func TestDatesCanBeRead(t *testing.T) {
	unreadable := map[record.NHSNumber]int{}
	for _, p := range everyone(t, now) {
		for row := range rowsOf(p) {
			for name, value := range row.Columns {
				text, ok := value.(string)
				if !ok || !strings.HasSuffix(name, "_on") && name != "since" {
					continue
				}
				if _, err := record.ParsePartialDate(text); err != nil {
					unreadable[p.Number]++
				}
			}
		}
	}
	if want := map[record.NHSNumber]int{sample.Unreadable: 1}; !maps.Equal(unreadable, want) {
		t.Errorf("%d residents have dates that cannot be read, want one", len(unreadable))
	}
}

// whenColumns say what time a social care row concerns.
var whenColumns = []string{"started_on", "since", "raised_on", "received_on", "recorded_on", "supplied_on", "referred_on", "starts_at", "written_at", "decided_on", "recorded_at"}

func TestSocialCareBeginsAtEighteen(t *testing.T) {
	exempt := []record.NHSNumber{sample.Child, sample.GrownUp, sample.BornUnknown}
	before := map[record.NHSNumber]int{}
	for _, p := range everyone(t, now) {
		adult := record.Birthday(p.Born, 18)
		for row := range rowsOf(p) {
			if row.source.Sector != record.SocialCare || row.Columns["parent_id"] != nil {
				continue
			}
			if first := concerns(row); first == "" || adult == "" || first < string(adult) {
				before[p.Number]++
			}
		}
	}
	for number := range before {
		if !slices.Contains(exempt, number) {
			t.Errorf("%s has %d social care rows before the 18th birthday", string(number), before[number])
		}
	}
	for _, number := range exempt {
		if before[number] == 0 {
			t.Errorf("%s has no social care row that must not show", string(number))
		}
	}
}

// concerns is the first day a row can mean.
func concerns(row placed) string {
	for _, name := range whenColumns {
		switch v := row.Columns[name].(type) {
		case string:
			return string(record.PartialDate(v).First())
		case time.Time:
			return string(record.Today(v))
		}
	}
	return ""
}

func TestNothingHappensAfterADeath(t *testing.T) {
	for _, p := range everyone(t, now) {
		if p.Died.IsZero() {
			continue
		}
		for row := range rowsOf(p) {
			id, _ := row.Columns["id"].(string)
			added := len(id) < len("00000000-0000-0000-0000-000000000000") // Synthea's own ids are of that length
			for name, value := range row.Columns {
				if at, ok := value.(time.Time); ok && added && at.After(p.Died) && name != "expires_at" {
					t.Errorf("%s: %s.%s is after the death", p.Name, row.Relation, name)
				}
			}
		}
	}
}

// The personas of the demonstration, and how near they must be to enough people for a ward list.
func TestThePersonasHaveEnoughPeopleInCare(t *testing.T) {
	practice, hospital, trust, council := 0, 0, 0, 0
	people := everyone(t, now)
	for _, p := range people {
		practice += one(inCare(p, "F83999", now))
		hospital += one(inCare(p, "RAL", now))
		trust += one(inCare(p, "G6V2S", now))
		council += one(inCare(p, "X1BAR", now))
	}
	t.Logf("of %d: practice %d, hospital %d, trust %d, council %d", len(people), practice, hospital, trust, council)
	if practice < 60 || hospital < 50 || trust < 20 || council < 20 {
		t.Errorf("practice %d, hospital %d, trust %d, council %d in care", practice, hospital, trust, council)
	}
}

// On each weekday, and on the days and at the hours that a calendar is odd about.
func TestEveryPersonaSeesEveryScenarioOnEveryDay(t *testing.T) {
	var days []time.Time
	for n := range 7 {
		days = append(days, now.AddDate(0, 0, n))
	}
	for _, odd := range []string{
		"2026-12-24T23:59:59Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-02-28T12:00:00Z", "2027-03-01T00:00:00Z", "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z",
		"2027-03-31T22:59:59Z", "2027-03-31T23:00:00Z", "2027-05-31T12:00:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z", "2028-02-29T23:59:59Z", "2028-03-01T09:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, odd)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, at)
	}
	for _, at := range days {
		for _, p := range sample.Scenarios(at) {
			for _, ods := range []string{"F83999", "RAL", "G6V2S", "X1BAR"} {
				if inCare(p, ods, at) == (p.Number == sample.NotInCare) {
					t.Errorf("%s: %s (%s) and %s: in care is %v", at, p.Name, p.Scenario, ods, p.Number == sample.NotInCare)
				}
			}
		}
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// inCare is the contract's rule, as far as the sample needs it.
func inCare(p load.Person, ods string, at time.Time) bool {
	if !p.Died.IsZero() {
		at = p.Died
	}
	return slices.ContainsFunc(p.Relations, func(r load.Relation) bool {
		if r.ODS != ods {
			return false
		}
		open := r.Ended.IsZero() || r.Ended.After(at)
		switch r.Kind {
		case "REFERRAL":
			return open && at.Sub(latest(r.Touched, r.Started)) < 365*24*time.Hour
		case "STAY":
			return !r.Started.After(at) && (open || at.Sub(r.Ended) < 90*24*time.Hour)
		case "APPOINTMENT":
			return r.Started.After(at.AddDate(0, 0, -14)) && r.Started.Before(at.AddDate(0, 0, 28))
		}
		return open && !r.Started.After(at)
	})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestRelationsAreWhole(t *testing.T) {
	directory := organisation.Default()
	type key struct {
		ods, kind string
		started   int64
	}
	for _, p := range everyone(t, now) {
		seen := map[key]bool{}
		for _, r := range p.Relations {
			k := key{r.ODS, r.Kind, r.Started.Unix()}
			if _, ok := directory.Find(r.ODS); !ok || r.Started.IsZero() || seen[k] {
				t.Errorf("%s: a relationship %s with %q from %s", p.Name, r.Kind, r.ODS, r.Started)
			}
			seen[k] = true
		}
	}
}

func TestPeopleAreNamedAndRegistered(t *testing.T) {
	for _, p := range everyone(t, now) {
		if p.Name == "" || p.Practice == "" || p.Hospital == "" || count([]load.Person{p}, load.DemographicsSource, "person") != 1 {
			t.Errorf("%s is not all there", string(p.Number))
		}
	}
}

// Scenarios that are not about what is never shown have nothing of the kind.
func TestOrdinaryScenariosHaveNothingToHide(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	hidden := map[record.NHSNumber]int{}
	for _, p := range sample.Scenarios(now) {
		for row := range rowsOf(p) {
			if hides(filter, row) {
				hidden[p.Number]++
				if p.Number != sample.Sensitive && p.Number != sample.GrownUp {
					t.Errorf("%s: a row of %s is hidden", p.Name, row.Relation)
				}
			}
		}
	}
	if hidden[sample.Sensitive] < 8 || hidden[sample.GrownUp] < 8 {
		t.Errorf("%d and %d rows are hidden, want some of every kind", hidden[sample.Sensitive], hidden[sample.GrownUp])
	}
}

func hides(filter *exclusion.Filter, row placed) bool {
	for name, value := range row.Columns {
		switch stem, isCode := strings.CutSuffix(name, "_code"); {
		case isCode:
			system, _ := row.Columns[stem+"_system"].(string)
			if filter.Code(system, value.(string)) {
				return true
			}
		case name == "linked_codes":
			for _, link := range value.([]string) {
				if system, code, _ := strings.Cut(link, "|"); filter.Code(system, code) {
					return true
				}
			}
		case name != "service_name" && name != "id" && name != "nhs_number":
			for _, text := range textsOf(value) {
				if filter.Words(text) {
					return true
				}
			}
		}
	}
	return false
}

func TestTheLongListIsLong(t *testing.T) {
	n := count([]load.Person{find(t, sample.LongList)}, load.Source{Sector: record.Acute, ODS: "RAL"}, "result") + count([]load.Person{find(t, sample.LongList)}, load.EMISHost, "result")
	if n <= 200 {
		t.Errorf("%d results, want more than a page can hold", n)
	}
}

// The reference resident has something of everything that the four sectors read.
func TestTheReferenceResidentIsWhole(t *testing.T) {
	have := map[string]bool{}
	kinds := map[any]bool{}
	for row := range rowsOf(find(t, sample.Whole)) {
		have[string(row.source.Sector)+" "+row.Relation] = true
		if row.Relation == "medication" {
			kinds[row.Columns["kind"]] = true
		}
	}
	for _, sector := range []record.Sector{record.Acute, record.GP, record.MentalHealth, record.SocialCare} {
		for relation := range readViews(t)[sector] {
			own := !slices.Contains([]string{"list_note", "absence", "community_treatment_order", "community_treatment_order_recall", "conditional_discharge", "delayed_discharge", "result_component"}, relation)
			if own && !have[string(sector)+" "+relation] && !elsewhere(have, relation) {
				t.Errorf("%s has no %s", sector, relation)
			}
		}
	}
	for _, kind := range []string{"REPEAT", "REPEAT_DISPENSING", "ACUTE", "DISCHARGE", "INPATIENT", "REPORTED", "UNKNOWN"} {
		if !kinds[kind] {
			t.Errorf("no medicine of kind %s", kind)
		}
	}
}

func elsewhere(have map[string]bool, relation string) bool {
	for key := range have {
		if strings.HasSuffix(key, " "+relation) {
			return true
		}
	}
	return false
}
