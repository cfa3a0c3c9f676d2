package resolvers_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A listener hears what each source is asked.
type listener struct {
	mu   sync.Mutex
	asks map[string][]*fetch.Ask
}

// heard is the graph over fakes, and what they are asked.
func heard(t *testing.T, fakes ...*fake) (*care, *register, *ledger, *listener) {
	base, facts, trail := newFakes(t, fakes...)
	l := &listener{asks: map[string][]*fetch.Ask{}}
	return base.with(t, func(o *resolvers.Options) {
		for i := range o.Sources {
			name, read := o.Sources[i].Name, o.Sources[i].Read
			o.Sources[i].Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
				l.mu.Lock()
				l.asks[name] = append(l.asks[name], asks...)
				l.mu.Unlock()
				return read(ctx, asks)
			}
		}
	}), facts, trail, l
}

// take is what a source was asked since the last time: of each Ask its kind, its filters
// where it has any, and the child relations that are wanted.
func (l *listener) take(source string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var told []string
	for _, ask := range l.asks[source] {
		text := string(ask.Kind)
		for _, filter := range []string{ask.Filter.Status, ask.Filter.SourceID} {
			if filter != "" {
				text += " " + filter
			}
		}
		if ask.Filter.First > 0 {
			text += fmt.Sprint(" first ", ask.Filter.First)
		}
		if ask.Children > 0 {
			text += fmt.Sprintf(" %b", ask.Children)
		}
		told = append(told, text)
	}
	delete(l.asks, source)
	return told
}

// all is the whole of what the sources were asked since the last time.
func (l *listener) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var told []string
	for source, asks := range l.asks {
		for i, ask := range asks {
			told = append(told, fmt.Sprintf("%s %d: %s %s %+v %b of %q", source, i, ask.Kind, ask.Class, ask.Filter, ask.Children, ask.Subjects.Numbers))
		}
	}
	clear(l.asks)
	slices.Sort(told)
	return told
}

// Each source is asked once for what the selection needs from its sector, and for nothing else.
func TestWhatIsAsked(t *testing.T) {
	c, _, _, asked := heard(t, newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	const spine, hospital, gp, mind, council = "DEMOGRAPHICS/X26", "ACUTE/RAL", "GP/F83999", "MENTAL_HEALTH/G6V2S", "SOCIAL_CARE/X1BAR"
	const reactions, allergies = "reactions { display }", "allergies { nodes { %s } }"
	for name, test := range map[string]struct {
		selection string
		fragments string
		source    string
		want      string // each Ask, after a comma
	}{
		"nothing of a source":                {"id nhsNumber notice leftOut __typename acute { __typename }", "", spine, "person"},
		"who they are, and nothing beside":   {"id name { full } acute { __typename }", "", spine, "person"},
		"who they are, and a list beside":    {"name { full } allergies { state }", "", spine, "person,list_note"},
		"a list with who they are beside":    {"allergies { state } name { full }", "", gp, "allergy ACTIVE,list_note"},
		"no list of theirs":                  {"acute { stays { state } }", "", gp, ""},
		"a page":                             {"acute { stays(first: 3) { state pageInfo { endCursor hasPreviousPage } edges { cursor } } }", "", hospital, "stay first 3,list_note"},
		"a page and one more":                {"acute { stays(first: 3) { pageInfo { hasNextPage } } }", "", hospital, "stay first 4,list_note"},
		"a page and its end, by a fragment":  {"acute { stays(first: 3) { ...f } }", " fragment f on StayConnection { i: pageInfo { more: hasNextPage } }", hospital, "stay first 4,list_note"},
		"a page and its end, if at all":      {"acute { stays(first: 3) { pageInfo { hasNextPage @skip(if: true) } } }", "", hospital, "stay first 4,list_note"},
		"a page and its end, in two places":  {"acute { stays(first: 3) { nodes { id } } ...f }", " fragment f on AcuteRecord { stays(first: 3) { pageInfo { hasNextPage } } }", hospital, "stay first 4,list_note"},
		"how a sector's values fared":        {"acute { state }", "", hospital, "stay CURRENT,list_note"},
		"whether a sector's values are all":  {"gp { complete }", "", gp, "consultation first 1,list_note"},
		"what a sector's values lack":        {"mentalHealth { gaps { reason } }", "", mind, "care_cluster,care_coordinator,community_treatment_order,legal_status,responsible_clinician,list_note"},
		"a single value and its list":        {"acute { currentStay { id } stays(first: 1) { nodes { diagnoses { rank } } } }", "", hospital, "stay CURRENT,stay first 1 1,list_note"},
		"a single value without relations":   {"mentalHealth { careCluster { id } }", "", mind, "care_cluster,list_note"},
		"a single value's relations":         {"acute { currentStay { diagnoses { rank } ...f } }", " fragment f on Stay { wardStays { ward } }", hospital, "stay CURRENT 1001,list_note"},
		"a single value before the state":    {"acute { currentStay { diagnoses { rank } } state }", "", hospital, "stay CURRENT 1,list_note"},
		"a single value behind the state":    {"acute { state a: currentStay { episodes { startedAt } } }", "", hospital, "stay CURRENT 100,list_note"},
		"a single value twice":               {"acute { currentStay { diagnoses { rank } } b: currentStay { id } } x: acute { ...f }", " fragment f on AcuteRecord { ... { currentStay { procedures { rank } } } }", hospital, "stay CURRENT 11,list_note"},
		"medicines in use, and who left":     {"medications(status: CURRENT) { nodes { id } }", "", hospital, "medication CURRENT,stay ENDED,list_note"},
		"medicines in use of a practice":     {"medications(status: CURRENT) { nodes { issues { issuedOn } } }", "", gp, "medication CURRENT 1,list_note"},
		"problems of the present":            {"problems(status: ACTIVE) { nodes { id } }", "", hospital, "problem ACTIVE,list_note"},
		"results of every test":              {"results(first: 1) { nodes { id } }", "", gp, "result first 1,list_note"},
		"results of one test":                {`results(first: 1, test: {system: "http://loinc.org", code: "4548-4"}) { nodes { id } }`, "", gp, "result first 1,result_unmapped first 5,list_note"},
		"a sign of one kind":                 {`vitalSigns(first: 1, sign: {system: "http://loinc.org", code: "8867-4"}) { nodes { id } }`, "", gp, "vital_sign first 1,vital_sign_unmapped first 5,list_note"},
		"a story of one sector":              {"timeline(first: 1, sectors: [GP]) { nodes { id } }", "", hospital, ""},
		"a story of the sector":              {"encounters(first: 1) { nodes { id } }", "", gp, "consultation first 1,list_note"},
		"no relation":                        {fmt.Sprintf(allergies, "id"), "", gp, "allergy ACTIVE,list_note"},
		"a relation":                         {fmt.Sprintf(allergies, reactions), "", gp, "allergy ACTIVE 1,list_note"},
		"a relation in an inline fragment":   {fmt.Sprintf(allergies, "... { "+reactions+" }"), "", gp, "allergy ACTIVE 1,list_note"},
		"a relation in a fragment":           {fmt.Sprintf(allergies, "...f"), " fragment f on Allergy { " + reactions + " }", gp, "allergy ACTIVE 1,list_note"},
		"a relation in the second fragment":  {fmt.Sprintf(allergies, "...e ...e ...f"), " fragment e on Allergy { id } fragment f on Allergy { " + reactions + " }", gp, "allergy ACTIVE 1,list_note"},
		"of adult social care":               {"socialCare { services { state } }", "", council, "service,list_note"},
		"what every sector holds":            {"contacts { state }", "", council, "contact,list_note"},
		"what every sector holds, of health": {"contacts { state }", "", hospital, "contact,list_note"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, source := range []string{spine, hospital, gp, mind, council} {
				asked.take(source)
			}
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+test.selection+` } }`+test.fragments, one(number(1)))
			if got := strings.Join(asked.take(test.source), ","); got != test.want || len(a.Errors) > 0 {
				t.Errorf("%q, want %q: %s", got, test.want, a.Body)
			}
		})
	}
	c.quiet(t)
}

// A source receives the details of each patient once. Asks for the same patients share one set of subjects.
func TestOfWhomIsAsked(t *testing.T) {
	c, facts, _, asked := heard(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) {
		f.KnownAt = []string{"F83999", string(f.Asked)}
		if f.Asked == number(2) {
			f.Born = "2016-03-10"
		}
	}
	c.ask(t, "gp", "", fmt.Sprintf(`{ patients(nhsNumbers: ["%s", "%s", "%[1]s"]) { patient { allergies { state } problems { state } } } again: patient(nhsNumber: "%[1]s") { allergies { state } immunisations { state } } }`, str(1), str(2)), nil)
	of := map[fetch.Kind]*fetch.Subjects{}
	for _, ask := range asked.asks["GP/F83999"] {
		of[ask.Kind] = ask.Subjects
	}
	if of[fetch.Problems] == nil || of[fetch.Immunisations] == nil || of[fetch.Allergies] == nil {
		t.Fatalf("%v", of)
	}
	for kind, s := range of {
		n := 2
		if kind == fetch.Immunisations {
			n = 1
		}
		if len(s.Patients) != n || len(s.Numbers) != n || len(s.AdultFrom) != n || len(s.Born) != n || len(s.KnownAt) != n || len(s.Index) != n {
			t.Fatalf("%s: %+v", kind, s)
		}
		for i, want := range []struct {
			patient         record.NHSNumber
			born, adultFrom string
		}{{number(1), "1950-02-03", "1968-02-03"}, {number(2), "2016-03-10", "2034-03-10"}}[:n] {
			if s.Patients[i] != want.patient || s.Numbers[i] != string(want.patient) || s.Index[want.patient] != i || s.Born[i] != want.born || s.AdultFrom[i] != want.adultFrom ||
				!slices.Equal(s.KnownAt[i], []string{"F83999", string(want.patient)}) {
				t.Errorf("%s: subject %d: %+v", kind, i, s)
			}
		}
	}
	asked.take("GP/F83999")
	c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { allergies { state } problems { state } } } }`, several(number(1), number(2)))
	if asks := asked.asks["GP/F83999"]; len(asks) != 3 || asks[0].Subjects != asks[1].Subjects || asks[1].Subjects != asks[2].Subjects {
		t.Errorf("%d asks of the same people do not share them", len(asks))
	}
}

// A council is asked about adults only, including in lists that health sources share, for its own letters, and for its
// notes on whole classes, which make an adult's list incomplete.
func TestACouncilIsAskedOfAdultsAlone(t *testing.T) {
	gp, council := newFake(record.GP, "F83999"), newFake(record.SocialCare, "X1BAR")
	council.answers[fetch.Notes] = always(record.ListNote{Item: council.item("note"), Class: record.ClassSocialCare, Note: record.NoteInTransit})
	c, facts, _, asked := heard(t, gp, council)
	facts.knows = func(f *consent.Facts) {
		if f.Asked == number(2) {
			f.Born = "2016-03-10"
		}
	}
	letter := func(n int) string { return string(c.options.Identifier.Document(council.name(), number(n), "7")) }
	for _, selection := range []string{`contacts { state }`, `socialCare { state services { state } }`, `timeline(sectors: [SOCIAL_CARE, GP]) { state }`, `document(id: "%s") { id }`} {
		for n, want := range map[int]bool{1: true, 2: false} {
			text := selection
			if strings.Contains(text, "%s") {
				text = fmt.Sprintf(text, letter(n))
			}
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+text+` } }`, one(number(n)))
			if got := asked.take(council.name()); (len(got) > 0) != want {
				t.Errorf("patient %d, %s: asked %q: %s", n, selection, got, a.Body)
			}
		}
	}
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { socialCare { services { state complete gaps { reason } } } } } }`, several(number(1), number(2)))
	for i, want := range []string{`{"complete":false,"gaps":[{"reason":"IN_TRANSIT"}],"state":"UNKNOWN"}`, `{"complete":true,"gaps":[],"state":"NONE_RECORDED"}`} {
		if got := at(t, a.Data, "patients", i, "patient", "socialCare", "services"); !equal(got, jsonOf(t, want)) {
			t.Errorf("patient %d: %v, want %s", i, got, want)
		}
	}
	for _, ask := range asked.asks[council.name()] {
		if !slices.Equal(ask.Subjects.Patients, []record.NHSNumber{number(1)}) {
			t.Errorf("%s is asked of %d people", ask.Kind, len(ask.Subjects.Patients))
		}
	}
}

// Timelines of one patient for different sectors share a read but not their entries: each holds what its own sectors
// hold, in whatever order the fields come.
func TestStoriesOfDifferentSectors(t *testing.T) {
	hospital, gp := newFake(record.Acute, "RAL"), newFake(record.GP, "F83999")
	for _, f := range []*fake{hospital, gp} {
		f.answers[fetch.Problems] = always(record.Problem{Item: f.item("1"), Problem: record.Code{Display: "Asthma"}, Status: "ACTIVE"})
	}
	c, _, _, asked := heard(t, hospital, gp)
	for sectors, ids := range map[string][]string{
		"[GP], [ACUTE]":            {`[{"id":"F83999-1"}]`, `[{"id":"RAL-1"}]`},
		"[ACUTE], [GP]":            {`[{"id":"RAL-1"}]`, `[{"id":"F83999-1"}]`},
		"[MENTAL_HEALTH], [ACUTE]": {`[]`, `[{"id":"RAL-1"}]`},
	} {
		first, second, _ := strings.Cut(sectors, ", ")
		for _, query := range []string{
			`{ one: patient(nhsNumber: "%[1]s") { a: timeline(sectors: %[2]s) { nodes { id } } b: timeline(sectors: %[3]s) { nodes { id } } } }`,
			`{ one: patient(nhsNumber: "%[1]s") { a: timeline(sectors: %[2]s) { nodes { id } } } two: patient(nhsNumber: "%[1]s") { b: timeline(sectors: %[3]s) { nodes { id } } } }`,
		} {
			a := c.ask(t, "gp", "", fmt.Sprintf(query, str(1), first, second), nil)
			of := "one"
			if strings.Contains(query, "two") {
				of = "two"
			}
			if got := []any{at(t, a.Data, "one", "a", "nodes"), at(t, a.Data, of, "b", "nodes")}; !equal(got[0], jsonOf(t, ids[0])) || !equal(got[1], jsonOf(t, ids[1])) || len(a.Errors) > 0 {
				t.Errorf("%s: %s", sectors, a.Body)
			}
			for _, f := range []*fake{hospital, gp} {
				problems := 0
				for _, ask := range asked.take(f.name()) {
					problems += btoi(strings.HasPrefix(ask, "problem "))
				}
				if problems != btoi(strings.Contains(sectors, string(f.sector))) {
					t.Errorf("%s: %s is asked %d times", sectors, f.name(), problems)
				}
			}
		}
	}
	c.quiet(t)
}

// Only the source that a document id names is asked for the letter, and only for its patient, in whatever order the
// root fields come. An id that is not of a letter from a known sector asks nobody.
func TestALetterIsAskedOfItsSourceAlone(t *testing.T) {
	gp, other, council, spine := newFake(record.GP, "F83999"), newFake(record.GP, "F83004"), newFake(record.SocialCare, "X1BAR"), newFake(record.Demographics, "X26")
	for _, f := range []*fake{gp, other, council, spine} {
		f.answers[fetch.DocumentContent] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.DocumentContent {
			d := record.DocumentContent{Text: "Dear Dr Example"}
			d.Item = f.item(ask.Filter.SourceID)
			d.Provenance.RecordedAt = record.At(now)
			return []record.DocumentContent{d}
		})
	}
	c, _, trail, asked := heard(t, gp, other, council, spine)
	id := func(source string) string { return string(c.options.Identifier.Document(source, number(1), "42")) }
	for _, test := range []struct {
		name, id, source, want string
		class                  record.Class
	}{
		{"of a practice", id(gp.name()), gp.name(), `{"id":"F83999-42"}`, record.ClassDocuments},
		{"of a council", id(council.name()), council.name(), `{"id":"X1BAR-42"}`, record.ClassSocialCare},
		{"of no sector that writes letters", id(spine.name()), "", "null", ""},
		{"that never was", "never-was", "", "null", ""},
	} {
		for _, roots := range []string{`a: patient(nhsNumber: "%[1]s") { ...d } b: patient(nhsNumber: "%[2]s") { ...d }`, `b: patient(nhsNumber: "%[2]s") { ...d } a: patient(nhsNumber: "%[1]s") { ...d }`} {
			trail.entries = nil
			a := c.ask(t, "gp", "", fmt.Sprintf("{ "+roots+" } fragment d on Patient { document(id: %[3]q) { id } sources { organisation { odsCode } state } }", str(1), str(2), test.id), nil)
			if got := at(t, a.Data, "a", "document"); !equal(got, jsonOf(t, test.want)) || at(t, a.Data, "b", "document") != nil || len(a.Errors) > 0 {
				t.Errorf("%s: %s", test.name, a.Body)
			}
			for _, f := range []*fake{gp, other, council, spine} {
				got := slices.DeleteFunc(asked.take(f.name()), func(ask string) bool { return !strings.HasPrefix(ask, "document") })
				if want := []string{"document_content 42"}[:btoi(f.name() == test.source)]; !slices.Equal(got, want) {
					t.Errorf("%s: %s is asked %q", test.name, f.name(), got)
				}
			}
			answered := 0
			for _, s := range at(t, a.Data, "a", "sources").([]any) {
				answered += btoi(at(t, s, "state") == "ANSWERED")
			}
			if answered != btoi(test.source != "") {
				t.Errorf("%s: %d sources are said to have answered: %s", test.name, answered, a.Body)
			}
			for _, e := range trail.entries {
				want := ""
				if e.Patient == number(1) && test.class != "" {
					want = fmt.Sprintf("%s 1", test.class)
				}
				var got []string
				for _, count := range e.Counts {
					got = append(got, fmt.Sprint(count.Class, " ", count.Items))
				}
				if strings.Join(got, ",") != want {
					t.Errorf("%s: the trail counts %q, want %q", test.name, got, want)
				}
			}
		}
	}
	c.quiet(t)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A document whose plan is not cached still caches the names selected below its lists, for each list separately, and
// below single values, for all fields of a name. The Asks are the same as without a cache.
func TestNamesThatADocumentKeeps(t *testing.T) {
	base, _, _, asked := heard(t, newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"))
	var kept sync.Map
	keeping := base.with(t, func(o *resolvers.Options) { o.Kept = func(context.Context) *sync.Map { return &kept } })
	forgetting := base.with(t, func(o *resolvers.Options) { o.Kept = nil })
	const query = `query ($n: NHSNumber!, $of: MedicationFilter!, $more: Boolean!) { patient(nhsNumber: $n) {
		allergies { nodes { id } } medications(status: $of) { nodes { issues { issuedOn } } } carePlans { nodes { goals { status } } }
		acute { currentStay { id } stays(first: 1) { nodes { diagnoses { rank } } } a: stays(first: 2) { nodes { id } } b: stays(first: 3) @include(if: $more) { nodes { procedures { rank } } } }
		x: acute { state now: currentStay { ...f } } } } fragment f on Stay { wardStays { ward } }`
	var want []string
	for i, c := range []*care{forgetting, keeping, keeping, keeping} {
		for _, more := range []bool{true, false} {
			a := c.ask(t, "gp", "", query, map[string]any{"n": str(1), "of": "PAST", "more": more})
			if len(a.Errors) > 0 {
				t.Fatalf("%s", a.Body)
			}
			for _, source := range []string{"ACUTE/RAL", "GP/F83999"} {
				got := fmt.Sprint(more, source, asked.take(source))
				if i == 0 {
					want = append(want, got)
				} else if !slices.Contains(want, got) {
					t.Errorf("time %d: %s, want one of %q", i, got, want)
				}
			}
		}
	}
	for _, part := range []string{"stay CURRENT 1000", "stay first 2 1", "stay first 3 11", "medication PAST 1", "care_plan 100", "allergy "} {
		if !strings.Contains(strings.Join(want, " ")+" ", part) {
			t.Errorf("%q is not in %q", part, want)
		}
	}
	names := 0
	for key := range kept.Range {
		if reflect.TypeOf(key).String() == "resolvers.belowKey" {
			names++
		}
	}
	if names < 7 {
		t.Errorf("the names below %d fields are kept", names)
	}
	base.quiet(t)
}

// Fields that take from the same list share one read, as long as the longest of them with the parts of all. Each shows
// what it would show alone. Contact details are read only where they are asked for.
func TestOneListIsReadOnce(t *testing.T) {
	hospital, ward, gp, spine := newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "RRP"), newFake(record.GP, "F83999"), newFake(record.Demographics, "X26")
	day := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, f := range []*fake{hospital, ward, gp} {
		f.answers[fetch.Results] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Result) {
			for i := range min(4, ask.Filter.First) {
				all = append(all, record.Result{Item: f.item(fmt.Sprint(i)), Test: record.Code{Display: "Sodium"}, TakenAt: record.At(day.AddDate(0, 0, -i)), TakenAtPrecision: "TIME"})
			}
			return all
		})
		f.answers[fetch.Stays] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Stay) {
			for i := range min(4, ask.Filter.First) {
				all = append(all, record.Stay{Item: f.item(fmt.Sprint("s", i)), AdmittedAt: record.At(day.AddDate(0, 0, -i)), AdmittedAtPrecision: "TIME"})
			}
			return all
		})
	}
	c, _, trail, asked := heard(t, hospital, ward, gp, spine)
	const few, more = `results(first: 2) { state complete nodes { id } pageInfo { hasNextPage } }`, `results(first: 3) { nodes { id components { test { display } } } pageInfo { hasNextPage endCursor } }`
	const stays, fewer = `stays(first: 5) { nodes { id diagnoses { rank } } pageInfo { hasNextPage } }`, `stays(first: 2) { nodes { id procedures { rank } } pageInfo { hasNextPage } }`
	const encounters, longer = `encounters(first: 3) { nodes { id } pageInfo { hasNextPage } }`, `encounters(first: 7) { nodes { id } pageInfo { hasNextPage } }`
	for name, test := range map[string]struct {
		fields     []string
		acute, gps []string // what is asked of a hospital, and of a practice
	}{
		"one field":                        {[]string{few}, []string{"result first 3"}, []string{"result first 3"}},
		"fewer, and more with parts":       {[]string{few, "b: " + more}, []string{"result first 4 1"}, []string{"result first 4 1"}},
		"more with parts, and fewer":       {[]string{more, "b: " + few}, []string{"result first 4 1"}, []string{"result first 4 1"}},
		"three":                            {[]string{few, "b: " + more, "c: " + few}, []string{"result first 4 1"}, []string{"result first 4 1"}},
		"more, fewer, and most":            {[]string{few, "b: results(first: 1) { state nodes { id } }", "c: results(first: 5) { nodes { id } }"}, []string{"result first 5"}, []string{"result first 5"}},
		"most, fewer, and fewer yet":       {[]string{"a: results(first: 5) { nodes { id } }", few, "c: results(first: 1) { state nodes { id } }"}, []string{"result first 5"}, []string{"result first 5"}},
		"less, more, and least with parts": {[]string{"a: results(first: 4) { nodes { id } }", "b: results(first: 5) { nodes { id } }", more}, []string{"result first 5 1"}, []string{"result first 5 1"}},
		"as much, with parts, and of more": {[]string{"encounters(first: 5) { nodes { id ... on Stay { diagnoses { rank } } } }", "acute { stays(first: 5) { nodes { id } } }"}, []string{"stay first 5 1", "attendance first 5 1"}, []string{"consultation first 5"}},
		"of a test, and of all":            {[]string{few, `b: results(first: 3, test: {system: "http://snomed.info/sct", code: "1"}) { nodes { id } }`}, []string{"result first 3", "result first 3", "result_unmapped first 5"}, []string{"result first 3", "result first 3", "result_unmapped first 5"}},
		"parts of either":                  {[]string{"acute { " + stays + " b: " + fewer + " }"}, []string{"stay first 6 11"}, nil},
		"of one sector, and less of two":   {[]string{"acute { " + stays + " }", encounters}, []string{"stay first 6 1", "stay first 4", "attendance first 4"}, []string{"consultation first 4"}},
		"of two sectors, and less of one":  {[]string{"acute { stays(first: 5) { nodes { id } } }", longer}, []string{"stay first 8", "attendance first 8"}, []string{"consultation first 8"}},
		"less of one, of two sectors":      {[]string{longer, "acute { stays(first: 5) { nodes { id } } }"}, []string{"stay first 8", "attendance first 8"}, []string{"consultation first 8"}},
		"of two sectors, and parts of one": {[]string{longer, "acute { " + fewer + " }"}, []string{"stay first 8", "attendance first 8", "stay first 3 10"}, []string{"consultation first 8"}},
		"of one sector each":               {[]string{"acute { stays(first: 5) { nodes { id } } }", "mentalHealth { stays(first: 2) { nodes { id } } }"}, []string{"stay first 5"}, nil},
		"two pages, and a third":           {[]string{`results(first: 200) { nodes { id } }`, "b: " + few}, []string{"result first 200"}, []string{"result first 200"}},
	} {
		query := func(fields ...string) string {
			return `query ($n: NHSNumber!) { patient(nhsNumber: $n) { ` + strings.Join(fields, " ") + ` } }`
		}
		for _, source := range []*fake{hospital, gp, spine} {
			asked.take(source.name())
		}
		a := c.ask(t, "gp", "", query(test.fields...), one(number(1)))
		for source, want := range map[*fake][]string{hospital: test.acute, gp: test.gps} {
			got := slices.DeleteFunc(asked.take(source.name()), func(ask string) bool { return ask == "list_note" })
			slices.Sort(got)
			want = slices.Sorted(slices.Values(want))
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s is asked %q, want %q", name, source.name(), got, want)
			}
		}
		all, _ := at(t, a.Data, "patient").(map[string]any)
		for _, field := range test.fields {
			alone, _ := at(t, c.ask(t, "gp", "", query(field), one(number(1))).Data, "patient").(map[string]any)
			for key, want := range alone {
				if !equal(all[key], want) {
					t.Errorf("%s: %s: %v, and alone %v", name, key, all[key], want)
				}
			}
		}
	}
	c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+few+` b: `+more+` } }`, one(number(1)))
	if e := trail.entries[len(trail.entries)-1]; len(e.Counts) != 1 || e.Counts[0].Items != 12 {
		t.Errorf("of three sources with four results each that were read once the trail counts %v", e.Counts)
	}
	for fields, want := range map[string]string{
		longer + " acute { " + fewer + " }":                                 "ENCOUNTERS 0,GP_CONSULTATIONS 0,MENTAL_HEALTH_PLANS 0,STAYS 8", // of two sources with four stays each, one of which was asked twice
		"acute { " + stays + " } " + encounters:                             "ENCOUNTERS 0,GP_CONSULTATIONS 0,MENTAL_HEALTH_PLANS 0,STAYS 8",
		few + ` b: results(first: 5, since: "2020-01-01") { nodes { id } }`: "RESULTS 21", // two lists, of three sources
	} {
		c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+fields+` } }`, one(number(1)))
		var counts []string
		for _, count := range trail.entries[len(trail.entries)-1].Counts {
			counts = append(counts, fmt.Sprint(count.Class, " ", count.Items))
		}
		if got := strings.Join(counts, ","); got != want {
			t.Errorf("%s: the trail counts %s, want %s", fields, got, want)
		}
	}
	// A patient under two roots, of whom one is of others too.
	trail.entries = nil
	c.ask(t, "gp", "", `query ($n: NHSNumber!, $m: [NHSNumber!]!) { patient(nhsNumber: $n) { `+more+` } patients(nhsNumbers: $m) { patient { results(first: 1) { nodes { id } } } } }`, map[string]any{"n": str(1), "m": []string{str(1), str(2)}})
	for _, e := range trail.entries {
		if want := map[record.NHSNumber]int{number(1): 12, number(2): 3}[e.Patient]; len(e.Counts) != 1 || e.Counts[0].Items != want {
			t.Errorf("under two roots the trail counts %v of %s, want %d", e.Counts, e.Patient, want)
		}
	}
	if len(trail.entries) != 2 {
		t.Errorf("%d events", len(trail.entries))
	}
	asked.take(spine.name())
	for selection, want := range map[string]string{
		`id`: "person", `name { full }`: "person", `telecom { value }`: "person 1", `telecom { value } age`: "person 1", `name { full } ... on Patient { reached: telecom { value } }`: "person 1", `telecom @skip(if: true) { value } age`: "person",
	} {
		c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+selection+` } }`, one(number(1)))
		if got := asked.take(spine.name()); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: demographics are asked %q, want %q", selection, got, want)
		}
	}
	for _, source := range []*fake{ward, gp} {
		asked.take(source.name())
	}
	c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { stays(first: 5) { nodes { id } } } mentalHealth { stays(first: 2) { nodes { id } } } } }`, one(number(1)))
	if got := asked.take(ward.name()); !slices.Contains(got, "stay first 2") {
		t.Errorf("a ward is asked %q", got)
	}
	c.ask(t, "gp", "", `query ($n: NHSNumber!, $m: NHSNumber!) { a: patient(nhsNumber: $n) { `+few+` } b: patient(nhsNumber: $m) { `+more+` } }`, map[string]any{"n": str(1), "m": str(2)})
	if got := asked.take(gp.name()); !slices.Contains(got, "result first 3") || !slices.Contains(got, "result first 4 1") {
		t.Errorf("of two people, one less than the other, a practice is asked %q", got)
	}
	asked.take(spine.name())
	c.ask(t, "gp", "", `query ($n: NHSNumber!) { a: patient(nhsNumber: $n) { age } b: patient(nhsNumber: $n) { telecom { value } } }`, one(number(1)))
	if got := asked.take(spine.name()); !slices.Equal(got, []string{"person 1"}) {
		t.Errorf("under two roots demographics are asked %q", got)
	}
}

// One place in the document may ask for hasNextPage under one root and not under another. Both get what they ask for.
func TestTheEndOfAPageUnderOneRoot(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.answers[fetch.Results] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Result) {
		for i := range min(4, ask.Filter.First) {
			all = append(all, record.Result{Item: gp.item(fmt.Sprint(i)), Test: record.Code{Display: "Sodium"}, TakenAt: record.At(now.AddDate(0, 0, -i)), TakenAtPrecision: "TIME"})
		}
		return all
	})
	c, _, _ := newFakes(t, gp)
	const short, long = `patient(nhsNumber: $%s) { ...f }`, `patient(nhsNumber: $%s) { ...f results(first: 2) { pageInfo { hasNextPage } } }`
	const fragment = ` fragment f on Patient { results(first: 2) { state nodes { id } } }`
	for _, of := range []map[string]any{{"n": str(1), "m": str(1)}, {"n": str(1), "m": str(2)}} {
		for _, roots := range [][2]string{{short, long}, {long, short}} {
			query := `query ($n: NHSNumber!, $m: NHSNumber!) { a: ` + fmt.Sprintf(roots[0], "n") + ` b: ` + fmt.Sprintf(roots[1], "m") + ` }` + fragment
			a := c.ask(t, "gp", "", query, of)
			for i, root := range []string{"a", "b"} {
				results := at(t, a.Data, root, "results")
				if len(at(t, results, "nodes").([]any)) != 2 || at(t, results, "state") != "RECORDED" {
					t.Errorf("%s: %v", root, results)
				}
				if roots[i] == long && at(t, results, "pageInfo", "hasNextPage") != true {
					t.Errorf("%s: there is no next page in %v", root, results)
				}
			}
		}
	}
	c.quiet(t)
}

// An entry that cannot be read is a gap only in the fields that reach it, not in others that share the read. Entries
// with one date belong together; if the unreadable entry follows directly, it may have the same date, so the field has
// the gap too.
func TestAGapFarDown(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	day := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	const broken = 6
	var tied bool
	gp.answers[fetch.Consultations] = func(ask *fetch.Ask) fetch.Answer {
		a := holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Consultation) {
			for i := range 20 {
				if i == broken || ask.Filter.First > 0 && len(all) == ask.Filter.First {
					continue
				}
				at := day.AddDate(0, 0, -i)
				if tied && i >= 2 && i <= broken {
					at = day.AddDate(0, 0, -2)
				}
				all = append(all, record.Consultation{Item: gp.item(fmt.Sprint(i)), HeldAt: record.At(at), HeldAtPrecision: "TIME", Kind: record.Code{Display: "Surgery"}})
			}
			return all
		})(ask)
		if first := ask.Filter.First; first == 0 || first > broken || tied && first > 2 { // as with ties
			a = lacking(func(*fetch.Ask) fetch.Answer { return a }, true, false)(ask)
			a.Before = slices.Repeat([]int32{broken}, len(ask.Subjects.Patients))
		}
		return a
	}
	c, _, _, asked := heard(t, gp)
	query := func(fields ...string) string {
		return `query ($n: NHSNumber!) { patient(nhsNumber: $n) { ` + strings.Join(fields, " ") + ` } }`
	}
	short := func(alias string, n int) string {
		return fmt.Sprintf(`%s: timeline(first: %d, sectors: [GP]) { state complete gaps { reason } nodes { id } pageInfo { hasNextPage } }`, alias, n)
	}
	const last, long = `gp { state complete gaps { reason } lastConsultation { id } }`, `long: timeline(first: 12, sectors: [GP]) { complete }`
	for _, tied = range []bool{false, true} {
		fields := []string{last, short("two", 2), short("four", 4), short("five", 5), long}
		beside := at(t, c.ask(t, "gp", "", query(fields...), one(number(1))).Data, "patient").(map[string]any)
		if n := len(slices.DeleteFunc(asked.take(gp.name()), func(ask string) bool { return !strings.HasPrefix(ask, "consultation") })); n != 1 {
			t.Errorf("consultations are read %d times", n)
		}
		for _, field := range fields[:3] {
			alone := at(t, c.ask(t, "gp", "", query(field), one(number(1))).Data, "patient").(map[string]any)
			for key, want := range alone {
				if !equal(beside[key], want) {
					t.Errorf("tied %t: %s is %v, and alone %v", tied, key, beside[key], want)
				}
			}
		}
		for key, complete := range map[string]bool{"gp": true, "two": !tied, "four": !tied, "five": false, "long": false} {
			if got := at(t, beside, key, "complete"); got != complete {
				t.Errorf("tied %t: %s is complete: %v", tied, key, got)
			}
		}
		asked.take(gp.name())
	}
}

// What a grant does not allow is left out of the answer of one field, and stays in the entry that other fields share.
func TestNarrowingLeavesTheEntryAsItIs(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	stay := record.Stay{Item: hospital.item("1"), AdmittedAt: record.At(now.AddDate(0, 0, -1)), Summary: &record.DocumentReference{ID: "s", Title: "Summary"}}
	held := &fetch.Rows[record.Stay]{Items: []record.Stay{stay}, Starts: []int32{0, 1}}
	hospital.answers[fetch.Stays] = func(*fetch.Ask) fetch.Answer { return fetch.Answer{Rows: held} }
	c, facts, _ := newFakes(t, hospital)
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(record.ClassStays), GrantedAt: now.Add(-1), ExpiresAt: now.Add(1)}}
	}
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { stays { nodes { id summary { id } } } } } }`, one(number(1)))
	if nodes := at(t, a.Data, "patient", "acute", "stays", "nodes"); !equal(nodes, jsonOf(t, `[{"id":"RAL-1","summary":null}]`)) {
		t.Errorf("%s", a.Body)
	}
	if held.Items[0].Summary == nil {
		t.Error("what another field holds was changed")
	}
}

// A single sector that is not written as a list counts as a list of one.
func TestASectorByItself(t *testing.T) {
	gp, ward := newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S")
	for _, f := range []*fake{gp, ward} {
		f.answers[fetch.Problems] = always(record.Problem{Item: f.item("1"), OnsetOn: "2020-01-01"})
	}
	c, _, _ := newFakes(t, gp, ward)
	for sectors, want := range map[string]string{"GP": `[{"id":"F83999-1"}]`, "[GP]": `[{"id":"F83999-1"}]`, "$s": `[{"id":"F83999-1"}]`, "null": `[{"id":"F83999-1"},{"id":"G6V2S-1"}]`, "[$s]": `[{"id":"F83999-1"}]`} {
		query, variables := `query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline(sectors: `+sectors+`) { nodes { id } } } }`, one(number(1))
		switch sectors {
		case "$s":
			query, variables["s"] = strings.Replace(query, "!)", "!, $s: [Sector!])", 1), "GP"
		case "[$s]":
			query, variables["s"] = strings.Replace(query, "!)", "!, $s: Sector!)", 1), "GP"
		}
		if a := c.ask(t, "gp", "", query, variables); !equal(at(t, a.Data, "patient", "timeline", "nodes"), jsonOf(t, want)) {
			t.Errorf("%s: %s, want %s", sectors, a.Body, want)
		}
	}
	if a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline(sectors: []) { state } } }`, one(number(1))); code(t, a) != "BAD_USER_INPUT" {
		t.Errorf("no sector at all: %s", a.Body)
	}
	for _, query := range []string{`{ patients(nhsNumbers: "` + str(1) + `") { nhsNumber } }`, `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { nhsNumber } }`} {
		if a := c.ask(t, "gp", "", query, one(number(1))); len(at(t, a.Data, "patients").([]any)) != 1 {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
}

// Arguments reach the source: a code with its equivalents, each once and the one asked for first, a day, and a side of
// now.
func TestFiltersOfArguments(t *testing.T) {
	c, _, _, asked := heard(t, newFake(record.GP, "F83999"))
	const heart = "http://loinc.org|8867-4\thttp://snomed.info/sct|364075005\thttp://snomed.info/sct|444981005\thttp://snomed.info/sct|78564009"
	for text, want := range map[string]struct {
		kind   fetch.Kind
		filter fetch.Filter
	}{
		`vitalSigns(first: 1)`: {fetch.VitalSigns, fetch.Filter{First: 1}},
		`vitalSigns(first: 1, sign: {system: "http://loinc.org", code: "8867-4"})`:                   {fetch.VitalSigns, fetch.Filter{First: 1, Codes: heart}},
		`vitalSigns(first: 1, sign: {system: " http://loinc.org ", code: "\u00a08867-4 "})`:          {fetch.VitalSigns, fetch.Filter{First: 1, Codes: heart}},
		`vitalSigns(first: 1, sign: {system: "https://elsewhere.example/codes", code: "8867-4"})`:    {fetch.VitalSigns, fetch.Filter{First: 1, Codes: "https://elsewhere.example/codes|8867-4"}},
		`results(first: 1, test: {system: "http://loinc.org", code: "8867-4"}, since: "2026-01-02")`: {fetch.Results, fetch.Filter{First: 1, Codes: heart, Since: "2026-01-02"}},
		`results(first: 1, since: "2026-01-02")`:                                                     {fetch.Results, fetch.Filter{First: 1, Since: "2026-01-02"}},
		`appointments(first: 1)`:                                                                     {fetch.Appointments, fetch.Filter{First: 1}},
		`appointments(first: 1, upcoming: false)`:                                                    {fetch.Appointments, fetch.Filter{First: 1, When: fetch.UpToNow}},
		`appointments(first: 1, upcoming: true)`:                                                     {fetch.Upcoming, fetch.Filter{First: 1, When: fetch.FromNow}},
	} {
		c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: %q) { %s { state } } }`, str(1), text), nil)
		var got []fetch.Filter
		for _, ask := range asked.asks["GP/F83999"] {
			if ask.Kind == want.kind {
				got = append(got, ask.Filter)
			}
		}
		if len(got) != 1 || got[0] != want.filter {
			t.Errorf("%s: %+v, want %+v", text, got, want.filter)
		}
		asked.take("GP/F83999")
	}
	c.quiet(t)
}

// An invalid date is refused before anything is read, however it is written.
func TestADayThatIsNone(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.GP, "F83999"))
	for name, test := range map[string]struct {
		query     string
		variables map[string]any
	}{
		"a literal":        {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(since: "2026-02-30") { state } } }`, one(number(1))},
		"a variable":       {`query ($n: NHSNumber!, $d: Date) { patient(nhsNumber: $n) { results(since: $d) { state } } }`, map[string]any{"n": str(1), "d": "2026-02-30"}},
		"what stands else": {`query ($n: NHSNumber!, $d: Date = "2026-02-30") { patient(nhsNumber: $n) { results(since: $d) { state } } }`, one(number(1))},
	} {
		a := c.ask(t, "gp", "", test.query, test.variables)
		if len(a.Errors) != 1 || a.Data != nil || at(t, a.Errors[0], "extensions", "code") != "BAD_USER_INPUT" || c.read() > 0 {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
}
