package resolvers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// problem is a problem of a fake that began on a date.
func (f *fake) problem(id string, onset record.PartialDate) record.Problem {
	return record.Problem{Item: f.item(id), Problem: record.Code{Display: "Something"}, Status: "ACTIVE", OnsetOn: onset}
}

// idsOf are the ids of nodes, in order.
func idsOf(t *testing.T, nodes any) (ids []string) {
	t.Helper()
	for _, node := range nodes.([]any) {
		ids = append(ids, at(t, node, "id").(string))
	}
	return ids
}

// Entries of several sources are in one order: newest first; of two that begin on one day the more precise date first;
// undated ones last; ties by id.
func TestAListStandsInOneOrder(t *testing.T) {
	hospital, gp, mind := newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S")
	c, _, _ := newFakes(t, hospital, gp, mind, newFake(record.SocialCare, "X1BAR"))
	hospital.answers[fetch.Problems] = always(hospital.problem("1", "2024-05-01"), hospital.problem("2", "2019"), hospital.problem("3", ""))
	gp.answers[fetch.Problems] = always(gp.problem("1", "2025-01-01"), gp.problem("2", "2024-05"), gp.problem("3", ""))
	mind.answers[fetch.Problems] = always(mind.problem("1", "2024-05-02"), mind.problem("2", "2019-01-01"))
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems { nodes { id } } } }`, one(number(1)))
	want := []string{"F83999-1", "G6V2S-1", "RAL-1", "F83999-2", "G6V2S-2", "RAL-2", "F83999-3", "RAL-3"}
	if got := idsOf(t, at(t, a.Data, "patient", "problems", "nodes")); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Appointments to come run soonest first, but those without a date are still last.
func TestAppointmentsWithoutADateAreLast(t *testing.T) {
	hospital, gp := newFake(record.Acute, "RAL"), newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, hospital, gp, newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	appointment := func(f *fake, id string, days int) record.Appointment {
		x := record.Appointment{Item: f.item(id), Status: "BOOKED"}
		if days > 0 {
			x.StartsAt = record.At(now.AddDate(0, 0, days))
		}
		return x
	}
	hospital.answers[fetch.Upcoming] = always(appointment(hospital, "2", 2), appointment(hospital, "9", 0))
	gp.answers[fetch.Upcoming] = always(appointment(gp, "1", 1), appointment(gp, "3", 3))
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { appointments(upcoming: true) { nodes { id } } } }`, one(number(1)))
	want := []string{"F83999-1", "RAL-2", "F83999-3", "RAL-9"}
	if got := idsOf(t, at(t, a.Data, "patient", "appointments", "nodes")); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A list of several classes names those that the caller may not see, each once however many parts it has.
func TestAListNamesWhatIsLeftOut(t *testing.T) {
	c, _, _ := newFakes(t, fiveSources()...)
	a := c.ask(t, "social-worker", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline { state leftOut } careTeam { leftOut } } }`, one(number(1)))
	var parts []string
	for _, part := range resolvers.Parts()["Patient.timeline"] {
		parts = append(parts, string(part.Class))
	}
	var left []string
	for _, class := range at(t, a.Data, "patient", "timeline", "leftOut").([]any) {
		left = append(left, class.(string))
	}
	if len(left) == 0 || len(slices.Compact(slices.Sorted(slices.Values(left)))) != len(left) || slices.ContainsFunc(left, func(class string) bool { return !slices.Contains(parts, class) }) {
		t.Errorf("left out of the timeline: %q, whose parts are %q", left, parts)
	}
	if at(t, a.Data, "patient", "timeline", "state") == "NOT_PERMITTED" {
		t.Error("a social worker may see a part of the timeline")
	}
	if got := at(t, a.Data, "patient", "careTeam", "leftOut"); len(got.([]any)) > 0 {
		t.Errorf("left out of the care team, of which a social worker sees all: %v", got)
	}
}

// A kind that the only source of its sector does not publish is a gap, not a fault of the plan.
func TestAKindThatNobodyPublishes(t *testing.T) {
	base, _, _ := newFakes(t, fiveSources()...)
	c := base.with(t, func(o *resolvers.Options) {
		for i := range o.Sources {
			o.Sources[i].Kinds = slices.DeleteFunc(slices.Clone(o.Sources[i].Kinds), func(k fetch.Kind) bool { return k == fetch.Consultations })
		}
	})
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { gp { consultations { state gaps { sector reason } } } } }`, one(number(1)))
	if got := at(t, a.Data, "patient", "gp", "consultations"); !equal(got, jsonOf(t, `{"state":"UNKNOWN","gaps":[{"sector":"GP","reason":"UNAVAILABLE"}]}`)) {
		t.Errorf("%v", got)
	}
	c.quiet(t)
}

// A source that answers for a patient with an error has not answered, whatever else it sends.
func TestEntriesBesideAnErrorAreNotShown(t *testing.T) {
	for name, spoil := range map[string]func(*fetch.Answer, int){
		"of the patient": func(a *fetch.Answer, patients int) { a.Errs = slices.Repeat([]error{record.ErrRefused}, patients) },
		"of the list":    func(a *fetch.Answer, _ int) { a.Err = record.ErrRefused },
	} {
		gp := newFake(record.GP, "F83999")
		c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
		spoilt := func(answer func(*fetch.Ask) fetch.Answer) func(*fetch.Ask) fetch.Answer {
			return func(ask *fetch.Ask) fetch.Answer {
				a := answer(ask)
				spoil(&a, len(ask.Subjects.Patients))
				return a
			}
		}
		gp.answers[fetch.Problems] = spoilt(always(gp.problem("1", "2024")))
		gp.answers[fetch.UnmappedResults] = spoilt(always(record.Result{Item: gp.item("2"), Test: record.Code{Display: "Glucose"}}))
		const lists = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems { state complete nodes { id } gaps { reason } }
			results(test: {system: "http://loinc.org", code: "4548-4"}) { state complete nodes { id } gaps { reason } } } }`
		a := c.ask(t, "gp", "", lists, one(number(1)))
		for _, list := range []string{"problems", "results"} {
			if got := at(t, a.Data, "patient", list); !equal(got, jsonOf(t, `{"state":"UNKNOWN","complete":false,"nodes":[],"gaps":[{"reason":"REFUSED"}]}`)) {
				t.Errorf("an error %s: %s %v", name, list, got)
			}
		}
		gp.answers = map[fetch.Kind]func(*fetch.Ask) fetch.Answer{
			fetch.Notes: spoilt(always(record.ListNote{Item: gp.item("3"), Class: record.ClassAllergies, Note: record.NoteNoneKnown})),
		}
		a = c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { state noneKnownBy { sector } gaps { reason } } } }`, one(number(1)))
		if got := at(t, a.Data, "patient", "allergies"); !equal(got, jsonOf(t, `{"state":"UNKNOWN","noneKnownBy":[],"gaps":[{"reason":"REFUSED"}]}`)) {
			t.Errorf("an error %s beside a statement: %v", name, got)
		}
	}
}

// A list asked for only in sectors that may not be seen is NOT_PERMITTED, not empty.
func TestAListOfOtherSectorsAlone(t *testing.T) {
	council, gp := newFake(record.SocialCare, "X1BAR"), newFake(record.GP, "F83004")
	council.answers[fetch.Services] = always(record.SocialCareService{Item: council.item("s"), StartedOn: "2026-01-01", Kind: record.Code{Display: "Home care"}})
	gp.answers[fetch.Medications] = always(record.Medication{Item: gp.item("m"), Medicine: record.Code{Display: "Aspirin"}, StartedOn: "2026-01-01"})
	c, facts, _ := newFakes(t, council, gp)
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "a", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.ClassSetOf(record.ClassMedications), Reason: "EMERGENCY", Note: "collapsed", GrantedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Minute)}}
	}
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { council: timeline(sectors: [SOCIAL_CARE]) { state complete nodes { id } } practice: timeline(sectors: [GP]) { state nodes { headline } } all: timeline { state } } }`, one(number(1)))
	if got := at(t, a.Data, "patient"); !equal(got, jsonOf(t, `{"council":{"state":"NOT_PERMITTED","complete":false,"nodes":[]},"practice":{"state":"RECORDED","nodes":[{"headline":"Medicine: Aspirin"}]},"all":{"state":"RECORDED"}}`)) {
		t.Errorf("%v", got)
	}
}

// A vital sign that cannot be compared with the one asked for may be it.
func TestVitalSignsThatCannotBeCompared(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, hospital, newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"))
	const asks = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { vitalSigns(sign: {system: "http://snomed.info/sct", code: "27113001"}) { state complete gaps { reason } } } }`
	for _, test := range []struct {
		others []record.VitalSign
		want   string
	}{
		{nil, `{"state":"NONE_RECORDED","complete":true,"gaps":[]}`},
		{[]record.VitalSign{{Item: hospital.item("w"), Sign: record.Code{Display: "Weight"}}}, `{"state":"UNKNOWN","complete":false,"gaps":[{"reason":"UNMAPPED"}]}`},
	} {
		hospital.answers[fetch.UnmappedVitalSigns] = always(test.others...)
		a := c.ask(t, "gp", "", asks, one(number(1)))
		if got := at(t, a.Data, "patient", "vitalSigns"); !equal(got, jsonOf(t, test.want)) {
			t.Errorf("beside %d others: %v", len(test.others), got)
		}
	}
}

// Entries in transit are missing from the lists in which they appear, under whichever class the note is, and from no
// other list.
func TestWhatIsOnItsWayIsMissingFromItsLists(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	hospital.answers[fetch.Problems] = always(hospital.problem("1", "2024"))
	c, _, _ := newFakes(t, hospital, newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	hospital.answers[fetch.Notes] = always(
		record.ListNote{Item: hospital.item("n"), Class: record.ClassStays, Note: record.NoteInTransit},
		record.ListNote{Item: hospital.item("m"), Class: record.ClassEncounters, Note: record.NoteAwaitingFiling})
	const gaps = `{ complete gaps { sector reason } }`
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems `+gaps+` results `+gaps+` encounters `+gaps+` acute { stays `+gaps+` attendances `+gaps+` } } }`, one(number(1)))
	for path, want := range map[string]string{
		"problems": "", "results": "", "acute attendances": "AWAITING_FILING", "acute stays": "IN_TRANSIT AWAITING_FILING", "encounters": "IN_TRANSIT AWAITING_FILING",
	} {
		value := at(t, a.Data, "patient")
		for _, step := range strings.Fields(path) {
			value = at(t, value, step)
		}
		var reasons []string
		for _, gap := range at(t, value, "gaps").([]any) {
			reasons = append(reasons, at(t, gap, "reason").(string))
		}
		if got := strings.Join(reasons, " "); got != want || at(t, value, "complete") != (want == "") {
			t.Errorf("%s: gaps %q, want %q; complete %v", path, got, want, at(t, value, "complete"))
		}
	}
}

// A practice's record is in transit as a whole: whichever list the note names, no list of the practice is complete.
// Entries that await filing are missing only from the lists that are named.
func TestARecordInTransitIsMissingFromEveryListOfThePractice(t *testing.T) {
	practice := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, practice, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	for note, want := range map[record.NoteKind]string{
		record.NoteInTransit:      `{"state":"UNKNOWN","complete":false,"gaps":[{"sector":"GP","reason":"IN_TRANSIT"}]}`,
		record.NoteAwaitingFiling: `{"state":"NONE_RECORDED","complete":true,"gaps":[]}`,
	} {
		practice.answers[fetch.Notes] = always(record.ListNote{Item: practice.item("n"), Class: record.ClassImmunisations, Note: note})
		for _, l := range lists {
			if l.class == record.ClassImmunisations || l.class == record.ClassNeeds { // the list it is said of; one that no practice has
				continue
			}
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { it: `+l.field+` { state complete gaps { sector reason } } } }`, one(number(1)))
			if got := at(t, a.Data, "patient", "it"); !equal(got, jsonOf(t, want)) {
				t.Errorf("%s of %s: %v", note, l.field, got)
			}
		}
	}
}

// Results that cannot be compared with any test, and cannot be read or asked for, may be of the test.
func TestResultsOfNoTestThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		answer fetch.Answer
		reason string
	}{
		"unreadable":  {fetch.Answer{Unreadable: []bool{true}}, "PARTLY_UNREADABLE"},
		"unavailable": {fetch.Answer{Err: record.ErrUnavailable}, "UNAVAILABLE"},
		"":            {reason: "UNAVAILABLE"}, // the source cannot be asked for them
	} {
		gp := newFake(record.GP, "F83999")
		c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
		gp.answers[fetch.UnmappedResults] = func(*fetch.Ask) fetch.Answer { return test.answer }
		if name == "" {
			c = c.with(t, func(o *resolvers.Options) {
				o.Sources[0].Kinds = slices.DeleteFunc(slices.Clone(o.Sources[0].Kinds), func(k fetch.Kind) bool { return k == fetch.UnmappedResults })
			})
		}
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(test: {system: "http://loinc.org", code: "4548-4"}) { state gaps { reason } } } }`, one(number(1)))
		if got := at(t, a.Data, "patient", "results"); !equal(got, jsonOf(t, fmt.Sprintf(`{"state":"UNKNOWN","gaps":[{"reason":%q}]}`, test.reason))) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// extensions.gaps says each gap once, however many lists it is in, in the order of sectors and organisations.
func TestGapsOfAllListsOnceEach(t *testing.T) {
	hospital, other, mind := newFake(record.Acute, "RRV"), newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S")
	c, _, _ := newFakes(t, mind, hospital, other, newFake(record.SocialCare, "X1BAR"))
	for _, f := range []*fake{hospital, other} {
		f.err = record.ErrUnavailable
	}
	mind.answers[fetch.Problems] = lacking(always(mind.problem("1", "2024")), true, true)
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems { complete } allergies { complete } } }`, one(number(1)))
	want := `[{"sector":"ACUTE","organisation":{"odsCode":"RAL","name":"Organisation RAL"},"reason":"UNAVAILABLE"},
		{"sector":"ACUTE","organisation":{"odsCode":"RRV","name":"Organisation RRV"},"reason":"UNAVAILABLE"},
		{"sector":"GP","organisation":null,"reason":"UNAVAILABLE"},
		{"sector":"MENTAL_HEALTH","organisation":{"odsCode":"G6V2S","name":"Organisation G6V2S"},"reason":"PARTLY_UNREADABLE"},
		{"sector":"MENTAL_HEALTH","organisation":{"odsCode":"G6V2S","name":"Organisation G6V2S"},"reason":"TRUNCATED"}]`
	if got := at(t, jsonOf(t, string(a.Body)), "extensions", "gaps"); !equal(got, jsonOf(t, want)) {
		t.Errorf("%v", got)
	}
}

// A source that did not answer on an earlier page has come back once it answers, whatever another source of its sector
// does. A source with an entry that could not be read did answer.
func TestWhichSourceHasComeBack(t *testing.T) {
	hospital, other, gp := newFake(record.Acute, "RAL"), newFake(record.Acute, "RRV"), newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, hospital, other, gp, newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	results := func(f *fake) func(*fetch.Ask) fetch.Answer {
		return shelves[fetch.Results].serve(f, []stamp{{at: now.AddDate(0, 0, -1)}, {at: now.AddDate(0, 0, -2)}, {at: now.AddDate(0, 0, -3)}})
	}
	gp.answers[fetch.Results] = results(gp)
	down := func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: record.ErrUnavailable} }
	for _, test := range []struct {
		name                string
		first, then, beside func(*fetch.Ask) fetch.Answer // of the hospital, and of the other one on both pages
		restart             bool
	}{
		{"back, and the other down", down, results(hospital), down, true},
		{"back, and of the other some cannot be read", down, results(hospital), lacking(results(other), true, false), true},
		{"still down", down, down, results(other), false},
		{"still down, in another way", down, func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: record.ErrTimeout} }, results(other), false},
		{"answered, but for an entry", lacking(results(hospital), true, false), results(hospital), results(other), false},
		{"answered, but for those beyond the most", lacking(results(hospital), false, true), results(hospital), results(other), false},
	} {
		hospital.answers[fetch.Results], other.answers[fetch.Results] = test.first, test.beside
		l := turn(t, c, number(1), "Patient.results", "first: 1")
		hospital.answers[fetch.Results] = test.then
		if l = turn(t, c, number(1), "Patient.results", fmt.Sprintf("first: 1, after: %q", l.end)); l.restart != test.restart || l.complete {
			t.Errorf("%s: restartAdvised %v, complete %v", test.name, l.restart, l.complete)
		}
	}
}

// A full page is not incomplete because of entries dropped after it, and has no next page if nothing follows.
func TestAFullPageLacksNothing(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
	var held int
	gp.answers[fetch.Results] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Result) {
		for i := range min(held, ask.Filter.First) {
			x := record.Result{Item: gp.item(fmt.Sprint(i)), Test: record.Code{Display: "Glucose"}, TakenAt: record.At(now.AddDate(0, 0, -i))}
			if i == 4 {
				x.Test = hiv
			}
			all = append(all, x)
		}
		return all
	})
	results := func(alias string, first int) string {
		return fmt.Sprintf("%s: results(first: %d) { complete nodes { id } pageInfo { hasNextPage } } ", alias, first)
	}
	held = 10
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+results("three", 3)+results("four", 4)+` } }`, one(number(1)))
	if got := at(t, a.Data, "patient", "three"); !equal(got, jsonOf(t, `{"complete":true,"nodes":[{"id":"F83999-0"},{"id":"F83999-1"},{"id":"F83999-2"}],"pageInfo":{"hasNextPage":true}}`)) {
		t.Errorf("three, and a fourth: %v", got)
	}
	if got := at(t, a.Data, "patient", "four"); at(t, got, "complete") != false || at(t, got, "pageInfo", "hasNextPage") != true {
		t.Errorf("four, of which the next was dropped: %v", got)
	}
	c.alarmed(t, resolvers.AlarmDropped)
	held = 3
	a = c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+results("two", 2)+results("three", 3)+results("four", 4)+` } }`, one(number(1)))
	for alias, next := range map[string]bool{"two": true, "three": false, "four": false} {
		if got := at(t, a.Data, "patient", alias); at(t, got, "pageInfo", "hasNextPage") != next || at(t, got, "complete") != true {
			t.Errorf("%s of three: %v", alias, got)
		}
	}
}

// A field is complete if its last entry has another date than the last entry before the unreadable one, which may share
// that date.
func TestAGapBehindTheLastEntry(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp)
	gp.answers[fetch.Consultations] = func(ask *fetch.Ask) fetch.Answer {
		const readable = 5
		a := holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Consultation) {
			for i := range min(readable, ask.Filter.First) {
				all = append(all, record.Consultation{Item: gp.item(fmt.Sprint(i)), HeldAt: record.At(now.AddDate(0, 0, -i)), Kind: record.Code{Display: "Surgery"}})
			}
			return all
		})(ask)
		if ask.Filter.First > readable {
			a.Unreadable, a.Before = []bool{true}, []int32{readable}
		}
		return a
	}
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { two: timeline(first: 2, sectors: [GP]) { complete } four: timeline(first: 4, sectors: [GP]) { complete }
		five: timeline(first: 5, sectors: [GP]) { complete } seven: timeline(first: 7, sectors: [GP]) { complete } } }`, one(number(1)))
	if got := at(t, a.Data, "patient"); !equal(got, jsonOf(t, `{"two":{"complete":true},"four":{"complete":true},"five":{"complete":false},"seven":{"complete":false}}`)) {
		t.Errorf("%v", got)
	}
}

// A document that its own source does not hold does not exist, whatever other sources are asked.
func TestADocumentIsMissingFromItsOwnSource(t *testing.T) {
	c, _, _ := newFakes(t, fiveSources()...)
	id := c.options.Identifier.Document("ACUTE/RAL", number(1), "gone") // beside another hospital
	a := c.ask(t, "gp", "", fmt.Sprintf(`query ($n: NHSNumber!) { patient(nhsNumber: $n) { document(id: %q) { id } } }`, id), one(number(1)))
	if len(a.Errors) > 0 || at(t, a.Data, "patient", "document") != nil {
		t.Errorf("%s", a.Body)
	}
}

// A forgetful has the resolvers of some fields see them as fields that no plan knows.
type forgetful struct {
	fields []string
}

func (forgetful) ExtensionName() string                   { return "forgetful" }
func (forgetful) Validate(graphql.ExecutableSchema) error { return nil }

func (f forgetful) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	if fc := graphql.GetFieldContext(ctx); slices.Contains(f.fields, fc.Field.Name) {
		another := *fc.Field.Field
		fc.Field.Field = &another
	}
	return next(ctx)
}

// A list that is not in the plan was not read: its content is unknown, and an alarm is raised.
func TestAListThatThePlanForgot(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.answers[fetch.Problems], gp.answers[fetch.Results] = always(gp.problem("1", "2024")), always(record.Result{Item: gp.item("1")})
	c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
	c.use = []graphql.HandlerExtension{forgetful{fields: []string{"problems", "results"}}}
	c.serve()
	c.handler = c.stock // plans of the writer leave no place between it and a resolver
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) {
		problems { state complete nodes { id } } results { state complete nodes { id } pageInfo { hasNextPage endCursor } } allergies { state } } }`, one(number(1)))
	want := `{"problems":{"state":"UNKNOWN","complete":false,"nodes":[]},"results":{"state":"UNKNOWN","complete":false,"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}},"allergies":{"state":"NONE_RECORDED"}}`
	if got := at(t, a.Data, "patient"); !equal(got, jsonOf(t, want)) {
		t.Errorf("%s", a.Body)
	}
	c.alarmed(t, resolvers.AlarmUnplanned)
}

// A note that entries are in transit may name a wider or a narrower class: the list is incomplete under each.
func TestWarningsOfWiderAndNarrowerClasses(t *testing.T) {
	for _, test := range []struct {
		class   record.Class
		asked   string
		missing bool
	}{
		{record.ClassMentalHealth, `mentalHealth { it: carePlans { state complete } }`, true},
		{record.ClassMentalHealth, `mentalHealth { it: contacts { state complete } }`, true},
		{record.ClassMentalHealth, `it: carePlans { state complete }`, true},
		{record.ClassMentalHealthPlans, `mentalHealth { it: assessments { state complete } }`, false},
		{record.ClassCurrentMedications, `it: medications(status: CURRENT) { state complete }`, true},
		{record.ClassCurrentMedications, `it: medications { state complete }`, true},
		{record.ClassMedications, `it: medications(status: CURRENT) { state complete }`, true},
		{record.ClassActiveProblems, `it: problems(status: ACTIVE) { state complete }`, true},
		{record.ClassOwnAppointments, `it: appointments(ownOrganisation: true) { state complete }`, true},
		{record.ClassStaySummary, `mentalHealth { it: stays { state complete } }`, true},
		{record.ClassActiveProblems, `it: allergies { state complete }`, false},
	} {
		mind := newFake(record.MentalHealth, "RRP")
		mind.answers[fetch.Notes] = always(record.ListNote{Item: mind.item("n"), Class: test.class, Note: record.NoteInTransit})
		c, _, _ := newFakes(t, mind, newFake(record.GP, "F83999"), newFake(record.Acute, "RAL"), newFake(record.SocialCare, "X1BAR"))
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+test.asked+` } }`, one(number(1)))
		want := map[bool]string{true: "map[complete:false state:UNKNOWN]", false: "map[complete:true state:NONE_RECORDED]"}[test.missing]
		if got := fmt.Sprint(found(a.Data, "it")); got != want {
			t.Errorf("%s: %s: %s", test.class, test.asked, got)
		}
	}
}

// Entries in transit are missing whether or not anything else is asked for.
func TestWarningsWithNothingBeside(t *testing.T) {
	spine, gp := newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")
	spine.answers[fetch.Persons] = always(record.Person{Name: &record.HumanName{Full: "Mr A"}, DateOfBirth: "1950-02-03"})
	spine.answers[fetch.Notes] = always(record.ListNote{Item: spine.item("n"), Class: record.ClassDemographics, Note: record.NoteInTransit})
	gp.answers[fetch.Notes] = always(record.ListNote{Item: gp.item("n"), Class: record.ClassDocuments, Note: record.NoteInTransit})
	c, _, _ := newFakes(t, spine, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "RRP"), newFake(record.SocialCare, "X1BAR"))
	id := record.NewIdentifier([]byte("a secret of the tests")).Document(gp.name(), number(1), "42")
	for _, beside := range []string{"", "contacts { state }"} {
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { demographics { complete gaps { reason } } `+beside+` } }`, one(number(1)))
		if at(t, a.Data, "patient", "demographics", "complete") != false {
			t.Errorf("demographics beside %q: %s", beside, a.Body)
		}
		a = c.ask(t, "gp", "", `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { document(id: $id) { id } `+beside+` } }`, map[string]any{"n": str(1), "id": string(id)})
		if len(a.Errors) != 1 || at(t, a.Errors[0], "extensions", "code") != "SOURCE_UNAVAILABLE" {
			t.Errorf("a document beside %q: %s", beside, a.Body)
		}
	}
}

// Sectors that hold nothing of a list leave it empty, not refused, for a role that may see all classes.
func TestAStoryOfSectorsWithoutOne(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.GP, "F83999"), newFake(record.Demographics, "X26"))
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { leftOut timeline(sectors: [DEMOGRAPHICS]) { state complete leftOut } } }`, one(number(1)))
	if got := fmt.Sprint(at(t, a.Data, "patient", "timeline")); got != "map[complete:true leftOut:[] state:NONE_RECORDED]" {
		t.Errorf("%s", a.Body)
	}
}

// A source that states there are none of an unknown class says nothing about devices, which have no statements of their
// own.
func TestNoneOfAnUnknownClassIsNotNoDevices(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, hospital, newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	hospital.answers[fetch.Notes] = always(record.ListNote{Item: hospital.item("n"), Note: record.NoteNoneKnown})
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { devices { state } } }`, one(number(1)))
	if got := at(t, a.Data, "patient", "devices"); !equal(got, jsonOf(t, `{"state":"NONE_RECORDED"}`)) {
		t.Errorf("%v", got)
	}
}

// Two entries with the same moment and id are a gap: a page that ends between them loses the second.
func TestTwinsAreAGap(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, hospital, newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	result := func(id string, text record.Text, days int) record.Result {
		return record.Result{Item: hospital.item(id), Test: record.Code{Display: "A test"}, TakenAt: record.At(now.AddDate(0, 0, -days)), Value: &record.Value{Text: text}}
	}
	const query = `query ($n: NHSNumber!, $first: Int!) { patient(nhsNumber: $n) { results(first: $first) { complete nodes { value { text } } } } }`
	for name, test := range map[string]struct {
		results  []record.Result
		complete bool
	}{
		"twins":             {[]record.Result{result("a", "one", 1), result("a", "two", 1)}, false},
		"twins out of turn": {[]record.Result{result("b", "one", 2), result("a", "two", 1), result("b", "three", 2)}, false},
		"no twins":          {[]record.Result{result("b", "one", 1), result("a", "two", 1), result("c", "three", 2)}, true},
	} {
		hospital.answers[fetch.Results] = always(test.results...)
		for first := 1; first <= 3; first++ {
			a := c.ask(t, "gp", "", query, map[string]any{"n": str(1), "first": first})
			if got := at(t, a.Data, "patient", "results", "complete"); got != test.complete {
				t.Errorf("%s by %d: complete is %v", name, first, got)
			}
		}
	}
}

// A document of a sector without any source is unavailable; that is not the same as one that never existed.
func TestADocumentOfASectorThatIsGone(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.Acute, "RAL"))
	id := string(c.options.Identifier.Document("GP/F83001", number(1), "42"))
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { id document(id: $id) { id } } }`, map[string]any{"n": str(1), "id": id})
	if len(a.Errors) == 0 {
		t.Errorf("%s", a.Body)
	}
}
