package resolvers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

func jsonOf(t *testing.T, text string) (value any) {
	t.Helper()
	check(t, json.Unmarshal([]byte(text), &value))
	return value
}

// A patient's event lists only what was asked for about that patient: classes in order, the narrower class where that
// was asked for, and their own details only if asked for.
func TestTheEventIsOfWhatWasAskedOfThePatient(t *testing.T) {
	spine, hospital, gp := newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), newFake(record.GP, "F83999")
	spine.answers[fetch.Persons] = always(record.Person{DateOfBirth: "1950-02-03"})
	gp.answers[fetch.Problems] = always(record.Problem{Item: gp.item("1")}, record.Problem{Item: gp.item("2")})
	c, _, trail := newFakes(t, spine, hospital, gp, newFake(record.MentalHealth, "G6V2S"))
	const patients = `query ($n: NHSNumber!, $m: NHSNumber!) { a: patient(nhsNumber: $n) { %s } b: patient(nhsNumber: $m) { %s } }`
	for _, test := range []struct{ first, second, want, other string }{
		{"problems { state } allergies { state }", "id", "ALLERGIES 0,PROBLEMS 2 of ACUTE,GP,MENTAL_HEALTH", " of "},
		{"acute { stays { state } }", "gp { consultations { state } }", "STAYS 0 of ACUTE", "GP_CONSULTATIONS 0 of GP"},
		{"name { full }", "name { full }", "DEMOGRAPHICS 1 of DEMOGRAPHICS", "DEMOGRAPHICS 1 of DEMOGRAPHICS"},
		{"problems(status: ACTIVE) { state }", "medications(status: CURRENT) { state }", "ACTIVE_PROBLEMS 2 of ACUTE,GP,MENTAL_HEALTH", "CURRENT_MEDICATIONS 0 of ACUTE,GP,MENTAL_HEALTH"},
		{"problems(status: PAST) { state }", "id", "PROBLEMS 2 of ACUTE,GP,MENTAL_HEALTH", " of "},
	} {
		trail.entries = nil
		a := c.ask(t, "gp", "", fmt.Sprintf(patients, test.first, test.second), map[string]any{"n": str(1), "m": str(2)})
		if len(trail.entries) != 2 || len(a.Errors) > 0 {
			t.Fatalf("%d events, %s", len(trail.entries), a.Body)
		}
		for i, want := range []string{test.want, test.other} {
			e := trail.entries[i]
			var counts, sectors, sources []string
			for _, count := range e.Counts {
				counts = append(counts, fmt.Sprint(count.Class, " ", count.Items))
			}
			for _, sector := range e.Sectors {
				sectors = append(sectors, string(sector))
			}
			for _, source := range e.Sources {
				sources = append(sources, string(source.Sector))
			}
			if got := strings.Join(counts, ",") + " of " + strings.Join(sectors, ","); got != want || len(e.Classes) != len(counts) || !slices.Equal(sources, sectors) {
				t.Errorf("%s / %s: event %d says %q of %v by %v, want %q", test.first, test.second, i, got, e.Classes, sources, want)
			}
		}
	}
	c.quiet(t)
}

// A source that refuses to answer for one patient counts as REFUSED for that patient only.
func TestASourceThatRefusesOnePatient(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.answers[fetch.Allergies] = func(ask *fetch.Ask) fetch.Answer {
		a := fetch.Answer{Errs: make([]error, len(ask.Subjects.Patients))}
		a.Errs[ask.Subjects.Index[number(1)]] = record.ErrRefused
		return a
	}
	c, _, trail := newFakes(t, gp)
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { allergies { state } sources { state } } } }`, several(number(1), number(2)))
	for i, want := range []string{"REFUSED", "ANSWERED"} {
		if got := at(t, a.Data, "patients", i, "patient", "sources", 0, "state"); got != want || !slices.Equal(trail.entries[i].Sources, []audit.Source{{Sector: record.GP, Organisation: "F83999", State: want}}) {
			t.Errorf("patient %d: %v, want %s; the trail says %v", i, got, want, trail.entries[i].Sources)
		}
	}
}

// A faulty question reads nothing but whether demographics restricts the patient, and is recorded as rejected, wherever
// in the selection the fault is.
func TestWhatCannotBeAnsweredReadsNoRecord(t *testing.T) {
	c, _, trail := newFakes(t, newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.Demographics, "X26"))
	for _, selection := range []string{"allergies { state } results(first: 0) { state }", "allergies { state } acute { stays(first: 0) { state } }", `allergies { state } results(test: {system: "", code: "1"}) { state }`, `acute { stays(after: "x") { state } } allergies { state }`} {
		trail.entries = nil
		c.read()
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+selection+` } }`, one(number(1)))
		if coded(t, a) != "BAD_USER_INPUT" || at(t, a.Data, "patient") != nil || c.readRecords() > 0 || len(trail.entries) != 1 || len(trail.entries[0].Sources) > 0 || trail.entries[0].Outcome != audit.Rejected || trail.entries[0].Recheck != 0 {
			t.Errorf("%s: %s, %+v", selection, a.Body, trail.entries)
		}
	}
	c.quiet(t)
}

// Each status field of a sector object reports what is missing, and what the caller may not see, even if it is the only
// field asked for.
func TestASectorObjectAloneSaysWhatItLacks(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	hospital.err = record.ErrTimeout
	c, facts, _ := newFakes(t, hospital)
	ask := func(field string) string {
		t.Helper()
		return string(c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { `+field+` } } }`, one(number(1))).Body)
	}
	for field, want := range map[string]string{`state`: `"acute":{"state":"UNKNOWN"}`, `complete`: `"acute":{"complete":false}`, `gaps { reason }`: `"acute":{"gaps":[{"reason":"TIMED_OUT"}]}`} {
		if got := ask(field); !strings.Contains(got, want) {
			t.Errorf("%s: %s", field, got)
		}
	}
	hospital.err = nil
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(record.ClassAllergies), GrantedAt: now.Add(-1), ExpiresAt: now.Add(1)}}
	}
	for field, want := range map[string]string{`state complete`: `"acute":{"state":"NOT_PERMITTED","complete":false}`, `state currentStay { id }`: `"acute":{"state":"NOT_PERMITTED","currentStay":null}`} {
		if got := ask(field); !strings.Contains(got, want) {
			t.Errorf("not permitted, %s: %s", field, got)
		}
	}
	c.quiet(t)
}

// A role that may see only what is current sees exactly that.
func TestTheNarrowerClassOpensTheNarrowerList(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"))
	for list, want := range map[string]string{
		"medications(status: CURRENT)": "NONE_RECORDED", "medications(status: PAST)": "NOT_PERMITTED", "medications": "NOT_PERMITTED",
		"problems(status: ACTIVE)": "NONE_RECORDED", "problems(status: PAST)": "NOT_PERMITTED", "problems": "NOT_PERMITTED",
	} {
		a := c.ask(t, "social-worker", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { x: `+list+` { state } } }`, one(number(1)))
		if got := at(t, a.Data, "patient", "x", "state"); got != want {
			t.Errorf("%s: %v, want %s", list, got, want)
		}
	}
}

// The results of one test are incomplete if some results cannot be compared with any test, unless these are excluded.
func TestResultsThatCannotBeCompared(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
	for _, test := range []struct {
		name   string
		others []record.Result
		want   string
		alarms []resolvers.Alarm
	}{
		{"none", nil, `{"state":"NONE_RECORDED","complete":true,"gaps":[]}`, nil},
		{"one", []record.Result{{Item: gp.item("1"), Test: record.Code{Display: "Glucose"}}}, `{"state":"UNKNOWN","complete":false,"gaps":[{"reason":"UNMAPPED"}]}`, nil},
		{"one that is never shown", []record.Result{{Item: gp.item("1"), Test: hiv}}, `{"state":"NONE_RECORDED","complete":true,"gaps":[]}`, []resolvers.Alarm{resolvers.AlarmDropped}},
	} {
		gp.answers[fetch.UnmappedResults] = always(test.others...)
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(test: {system: "http://loinc.org", code: "4548-4"}) { state complete gaps { reason } } all: results { complete } } }`, one(number(1)))
		if !strings.Contains(string(a.Body), test.want) || at(t, a.Data, "patient", "all", "complete") != true {
			t.Errorf("%s: %s", test.name, a.Body)
		}
		c.alarmed(t, test.alarms...)
	}
}

// An excluded code hides its entry whatever else the entry has, by the code alone and by the words alone.
func TestOneCodeHidesAnEntry(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp)
	plain := record.Code{System: hiv.System, Code: "195967001", Display: "Asthma"}
	byCode := record.Code{System: hiv.System, Code: hiv.Code, Display: "Infection"}
	byWords := record.Code{System: hiv.System, Code: plain.Code, Display: "HIV"}
	for _, test := range []struct {
		name            string
		problem, beside record.Code
		shown           bool
	}{
		{"neither", plain, plain, true},
		{"by the code, first", byCode, plain, false}, {"by the code, last", plain, byCode, false},
		{"by the words, first", byWords, plain, false}, {"by the words, last", plain, byWords, false},
	} {
		gp.answers[fetch.Problems] = always(record.Problem{Item: gp.item("1"), Problem: test.problem, BodySite: &test.beside})
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems { nodes { id } } } }`, one(number(1)))
		if shown := len(at(t, a.Data, "patient", "problems", "nodes").([]any)) > 0; shown != test.shown {
			t.Errorf("%s: shown %t", test.name, shown)
		}
	}
	c.alarmed(t, resolvers.AlarmDropped)
}

// A stay names its discharge summary only to callers who may see documents.
func TestAStayNamesItsSummaryToSome(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	hospital.answers[fetch.Stays] = holds(func(*fetch.Ask, record.NHSNumber) []record.Stay {
		return []record.Stay{{Item: hospital.item("1"), Summary: &record.DocumentReference{ID: "s", Title: "Summary"}}}
	})
	c, facts, _ := newFakes(t, hospital)
	for _, test := range []struct {
		classes []record.Class
		want    string
	}{{[]record.Class{record.ClassStays}, `{"summary":null}`}, {[]record.Class{record.ClassStays, record.ClassDocuments}, `{"summary":{"id":"s"}}`}} {
		facts.knows = func(f *consent.Facts) {
			f.Relationships = nil
			f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(test.classes...), GrantedAt: now.Add(-1), ExpiresAt: now.Add(1)}}
		}
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { currentStay { summary { id } } stays { nodes { summary { id } } } } } }`, one(number(1)))
		if want := `{"currentStay":` + test.want + `,"stays":{"nodes":[` + test.want + `]}}`; !strings.Contains(string(a.Body), want) {
			t.Errorf("%v: %s", test.classes, a.Body)
		}
	}
}

// No child is named as a carer. Entries of adult social care are shown for adults only, by when they happened and not
// by when they were recorded.
func TestWhatIsOfAdultsAlone(t *testing.T) {
	yes, no := true, false
	council, gp := newFake(record.SocialCare, "X1BAR"), newFake(record.GP, "F83999")
	council.answers[fetch.Carers] = always(record.Carer{Item: council.item("child"), Under18: &yes}, record.Carer{Item: council.item("adult"), Under18: &no}, record.Carer{Item: council.item("unknown")})
	council.answers[fetch.Services] = always(record.SocialCareService{Item: council.item("early"), StartedOn: "2012-01-01"}, record.SocialCareService{Item: council.item("late"), StartedOn: "2024-01-01"})
	misplaced := record.Alert{Item: gp.item("misplaced"), Since: "2050-01-01"}
	misplaced.Provenance.Sector = record.SocialCare
	gp.answers[fetch.Alerts] = always(misplaced)
	c, facts, _ := newFakes(t, council, gp)
	for _, test := range []struct {
		name           string
		born           record.PartialDate
		carers, others string
	}{
		{"an adult", "2004-06-16", `{"id":"X1BAR-adult"},{"id":"X1BAR-unknown"}`, `{"id":"F83999-misplaced"}`},
		{"a child", "2016-03-10", "", ""},
		{"of unknown age", "", "", ""},
	} {
		facts.knows = func(f *consent.Facts) { f.Born = test.born }
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { alerts { nodes { id } } socialCare { carers { nodes { id } } services { nodes { id } } } } }`, one(number(1)))
		services := `{"id":"X1BAR-late"}`
		if test.carers == "" {
			services = ""
		}
		if want := `{"alerts":{"nodes":[` + test.others + `]},"socialCare":{"carers":{"nodes":[` + test.carers + `]},"services":{"nodes":[` + services + `]}}}`; !strings.Contains(string(a.Body), want) {
			t.Errorf("%s: %s, want %s", test.name, a.Body, want)
		}
	}
	c.alarmed(t, resolvers.AlarmDropped)
}

// A stay's discharge summary is a document: its title counts under the class of documents, if it was asked for and the
// stay has one.
func TestTheSummaryOfAStayIsADocument(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	named := func(summary *record.DocumentReference) func(*fetch.Ask) fetch.Answer {
		return holds(func(*fetch.Ask, record.NHSNumber) []record.Stay {
			return []record.Stay{{Item: hospital.item("1"), AdmittedAt: record.At(now.AddDate(0, 0, -3)), Summary: summary}}
		})
	}
	c, facts, trail := newFakes(t, hospital)
	title := &record.DocumentReference{ID: "s", Title: "Summary of psychiatric liaison"}
	const all = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s } }`
	for _, test := range []struct {
		name, fields string
		summary      *record.DocumentReference
		want         string
		needs        bool
	}{
		{"asked for", `acute { stays { nodes { id summary { title } } } }`, title, "[{DOCUMENTS 1} {STAYS 1}]", true},
		{"asked for among others", `encounters { nodes { id ... on Stay { summary { title } } } }`, title, "", true},
		{"asked for of the current stay", `acute { currentStay { summary { title } } }`, title, "[{DOCUMENTS 1} {STAYS 1}]", true},
		{"asked for, and there is none", `acute { stays { nodes { id summary { title } } } }`, nil, "[{STAYS 1}]", true},
		{"not asked for", `acute { stays { nodes { id } } }`, title, "[{STAYS 1}]", false},
	} {
		hospital.answers[fetch.Stays] = named(test.summary)
		query := fmt.Sprintf(all, test.fields)
		trail.entries = nil
		a := c.ask(t, "gp", "", query, one(number(1)))
		if got := fmt.Sprint(trail.entries[0].Counts); test.want != "" && got != test.want || test.want == "" && !strings.Contains(got, "{DOCUMENTS 1}") {
			t.Errorf("%s: the trail counts %s, want %s: %s", test.name, got, test.want, a.Body)
		}
		if got := needs(t, schemaOf(c), query).Classes.Has(record.ClassDocuments); got != test.needs {
			t.Errorf("%s: needs documents: %t", test.name, got)
		}
	}
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(record.ClassStays), GrantedAt: now.Add(-1), ExpiresAt: now.Add(1)}}
	}
	hospital.answers[fetch.Stays], trail.entries = named(title), nil
	a := c.ask(t, "gp", "", fmt.Sprintf(all, `acute { stays { nodes { id summary { title } } } }`), one(number(1)))
	if got := fmt.Sprint(trail.entries[0].Counts); got != "[{STAYS 1}]" {
		t.Errorf("may not be shown: the trail counts %s: %s", got, a.Body)
	}
}

// Nothing is read for a number that is refused beside the person's own, and neither event says otherwise.
func TestARefusedNumberBesideThePersonsOwn(t *testing.T) {
	ward := newFake(record.MentalHealth, "G6V2S")
	ward.answers[fetch.Problems] = always(record.Problem{Item: ward.item("mh"), OnsetOn: "2020-01-01"})
	c, facts, trail := newFakes(t, ward)
	facts.knows = func(f *consent.Facts) {
		if f.Asked == number(2) { // was withdrawn as an error and leads to 1
			f.Current, f.Invalidated = number(1), true
		}
	}
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ a: patient(nhsNumber: "%s") { nhsNumber } b: patient(nhsNumber: "%s") { problems { nodes { id } } } }`, str(1), str(2)), nil)
	if at(t, a.Data, "a", "nhsNumber") != str(1) || a.Data["b"] != nil || c.reads[ward.name()] > 0 {
		t.Errorf("%s, with %d reads", a.Body, c.reads[ward.name()])
	}
	before := len(trail.entries)
	a = c.ask(t, "gp", "", fmt.Sprintf(`{ a: patient(nhsNumber: "%s") { problems { nodes { id } } } b: patient(nhsNumber: "%s") { nhsNumber } }`, str(1), str(2)), nil)
	if len(at(t, a.Data, "a", "problems", "nodes").([]any)) != 1 || a.Data["b"] != nil {
		t.Errorf("%s", a.Body)
	}
	for i, e := range trail.entries {
		if said := len(e.Classes)+len(e.Counts) > 0; said != (i >= before && e.Asked == "") || e.Asked != "" && e.Recheck > 0 {
			t.Errorf("the event of %s%s says that %v was shown", e.Patient, e.Asked, e.Classes)
		}
	}
}

// What begins or ends by the clock between the decision and the answer is checked again.
func TestWhatEndsOnTheWay(t *testing.T) {
	clock := now
	gp := newFake(record.GP, "F83999")
	gp.answers[fetch.Problems] = func(a *fetch.Ask) fetch.Answer {
		clock = clock.Add(5 * time.Second)
		return always(record.Problem{Item: gp.item("gp"), OnsetOn: "2020-01-01"})(a)
	}
	base, facts, trail := newFakes(t, gp)
	c := base.with(t, func(o *resolvers.Options) { o.Now = func() time.Time { return clock } })
	for _, test := range []struct {
		name  string
		knows func(*consent.Facts)
		want  string
	}{
		{"an objection that was dated ahead", func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.Add(time.Second)}} }, "RECORD_WITHHELD"},
		{"a registration that ends", func(f *consent.Facts) { f.Relationships[0].EndedAt = now.Add(time.Second) }, "NO_CARE_RELATIONSHIP"},
		{"an objection of tomorrow", func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.Add(24 * time.Hour)}} }, ""},
	} {
		clock, trail.entries = now, nil
		facts.knows = func(f *consent.Facts) { f.ReadAt = clock; test.knows(f) }
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems { nodes { id } } } }`, one(number(1)))
		got := ""
		if len(a.Errors) > 0 {
			got = code(t, a)
		}
		if shown := trail.entries[0].Outcome == audit.Shown; got != test.want || shown != (test.want == "") {
			t.Errorf("%s: %s, and the trail says %s", test.name, a.Body, trail.entries[0].Outcome)
		}
	}
}

// A patient's event counts the summaries of stays if they were asked for about that patient, not about another in the
// same operation.
func TestSummariesOfStaysAreCountedOfWhomTheyWereAsked(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	hospital.answers[fetch.Stays] = always(record.Stay{Item: hospital.item("1"), AdmittedAt: record.At(now.AddDate(0, 0, -3)), Summary: &record.DocumentReference{ID: "s", Title: "Summary"}})
	c, _, trail := newFakes(t, hospital)
	c.ask(t, "gp", "", fmt.Sprintf(`{ a: patient(nhsNumber: %q) { acute { stays { nodes { id } } } } b: patient(nhsNumber: %q) { acute { stays { nodes { summary { id } } } } } }`,
		string(number(1)), string(number(2))), nil)
	for i, want := range []string{"[{STAYS 1}]", "[{DOCUMENTS 1} {STAYS 1}]"} {
		if got := fmt.Sprint(trail.entries[i].Counts); got != want {
			t.Errorf("of %d: %s, want %s", i+1, got, want)
		}
	}
}

// The event lists what was loaded, whether or not it was shown (AccessLogEntry.classes).
func TestWhatWasLoadedOfWhomTheClockRefuses(t *testing.T) {
	var passed atomic.Int64 // seconds
	clock := func() time.Time { return now.Add(time.Duration(passed.Load()) * time.Second) }
	gp := newFake(record.GP, "F83004")
	gp.answers[fetch.Allergies] = func(ask *fetch.Ask) fetch.Answer {
		passed.Add(5)
		return always(record.Allergy{Item: gp.item("1")})(ask)
	}
	base, facts, trail := newFakes(t, gp)
	c := base.with(t, func(o *resolvers.Options) { o.Now = clock })
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { nodes { id } } } }`
	for name, knows := range map[string]func(*consent.Facts){
		"an objection that begins while sources answer": func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.Add(time.Second)}} },
		"a registration that ends":                      func(f *consent.Facts) { f.Relationships[0].EndedAt = now.Add(time.Second) },
	} {
		passed.Store(0)
		trail.entries = nil
		facts.knows = func(f *consent.Facts) { f.ReadAt = clock(); knows(f) }
		c.ask(t, "gp", "", query, one(number(1)))
		if e := trail.entries[0]; len(e.Classes) == 0 {
			t.Errorf("%s: loaded, and the event of %s names no class: %v %v", name, e.Outcome, e.Classes, e.Sources)
		}
	}
}
