package resolvers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"

	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// A receipt names the version of consent of each patient who is shown, once, and of no
// other; an answer that shows nobody discloses nothing.
func TestWhatAnAnswerDiscloses(t *testing.T) {
	c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) {
		f.Version = 10
		switch f.Asked {
		case number(2):
			f.Version = 20
		case number(3):
			f.Relationships = nil
		}
	}
	root := resolvers.New(c.options)
	var versions []string
	var discloses bool
	schema := root.Schema()
	answers := transport.New(schema, transport.Options{
		Begin: root.Begin, Check: root.Check, Extensions: root.Extensions, ErrorPresenter: root.Present, Use: []graphql.HandlerExtension{graph.NewWriter(schema, transport.Kept)},
		Receipt: func(ctx context.Context, _ transport.ReceiptInput) (string, error) {
			versions, discloses = root.Disclosed(ctx)
			return "", nil
		},
	})
	c.handler = auth.Require(c.issuer.Verifier(), answers, func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) })
	const all = `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { nhsNumber patient { id } refusal { code message } } }`
	for _, test := range []struct {
		name, query string
		patients    []record.NHSNumber
		trail       error
		want        []string
	}{
		{"two, one of them twice, and one who is refused", all, []record.NHSNumber{number(1), number(3), number(2), number(1)}, nil, []string{"10", "20"}},
		{"one who is refused", all, []record.NHSNumber{number(3)}, nil, nil},
		{"nobody's record", `query ($n: [NHSNumber!]!) { viewer { name } patients(nhsNumbers: $n) @include(if: false) { nhsNumber } }`, []record.NHSNumber{number(1)}, nil, nil},
		{"without a trail", all, []record.NHSNumber{number(1)}, audit.ErrUnavailable, nil},
	} {
		versions, discloses = []string{"not asked"}, len(test.want) == 0
		trail.err = test.trail
		a := c.ask(t, "gp", "", test.query, several(test.patients...))
		if !slices.Equal(versions, test.want) || discloses != (len(test.want) > 0) {
			t.Errorf("%s: %q, discloses %t: %s", test.name, versions, discloses, a.Body)
		}
	}
	if versions, discloses := root.Disclosed(t.Context()); discloses || versions != nil {
		t.Errorf("where no operation was begun: %q, %t", versions, discloses)
	}
}

// An invalid number ends the whole operation, although the transport should have refused it: nothing is decided, read
// or written.
func TestANumberThatIsNone(t *testing.T) {
	c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	root := resolvers.New(c.options)
	p, err := auth.FindPersona("gp")
	check(t, err)
	for text, want := range map[string]error{
		`{ patient(nhsNumber: "%s") { id } }`:                                                                   nil,
		`{ patient(nhsNumber: "%s") { id } b: patient(nhsNumber: "9990000019") { id } }`:                        record.ErrInvalid,
		`{ b: patients(nhsNumbers: ["9990000019"]) { patient { id } } patient(nhsNumber: "%s") { id } }`:        record.ErrInvalid,
		`{ patient(nhsNumber: "%[1]s") { id } b: patients(nhsNumbers: ["%[1]s", "12345"]) { patient { id } } }`: record.ErrInvalid,
	} {
		trail.entries, facts.calls = nil, 0
		c.read()
		doc, faults := gqlparser.LoadQueryWithRules(schemaOf(c), fmt.Sprintf(text, str(1)), nil)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		ctx := root.Begin(auth.NewContext(t.Context(), auth.Principal{Subject: "s", Name: p.Staff, Org: p.Org, Role: p.Role, Purpose: p.Purpose}))
		ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], RawQuery: text})
		patient, err := root.Query().Patient(ctx, number(1))
		if !errors.Is(err, want) || (patient != nil) != (want == nil) {
			t.Errorf("%s: shown %t, %v", text, patient != nil, err)
		}
		if touched := facts.calls + len(trail.entries); (touched > 0) != (want == nil) || c.read() > 0 {
			t.Errorf("%s: %d look-ups, %d events", text, facts.calls, len(trail.entries))
		}
	}
}

// If neither consent nor the trail answers, the error is about consent, which comes first, for every patient, including
// those who would have been shown.
func TestNeitherConsentNorTheTrail(t *testing.T) {
	c, facts, trail := newFakes(t, newFake(record.GP, "F83999"))
	trail.err = audit.ErrUnavailable
	for name, fault := range map[string]func(){
		"no answer": func() { facts.err = consent.ErrUnavailable },
		"of another": func() {
			facts.err, facts.knows = nil, func(f *consent.Facts) {
				if f.Asked == number(1) {
					f.Asked = number(9)
				}
			}
		},
	} {
		fault()
		if got := refusals(t, c.ask(t, "gp", "", many, several(number(1), number(2)))); !slices.Equal(got, []string{"CONSENT_UNAVAILABLE", "CONSENT_UNAVAILABLE"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
	c.alarmed(t, resolvers.AlarmConsent, resolvers.AlarmAudit)
}

// A decision is made as of the moment at which the register was read, so that an objection that has begun by the
// register's clock counts; without that moment, as of now.
func TestTheMomentOfTheDecision(t *testing.T) {
	c, facts, _ := newFakes(t, newFake(record.GP, "F83999"))
	for name, test := range map[string]struct {
		read, objected time.Time
		want           string
	}{
		"objected between now and the reading": {now.Add(time.Hour), now.Add(time.Minute), "RECORD_WITHHELD"},
		"objected after the reading":           {now.Add(time.Hour), now.Add(2 * time.Hour), ""},
		"no moment, objected before now":       {time.Time{}, now.Add(-time.Minute), "RECORD_WITHHELD"},
		"no moment, objected after now":        {time.Time{}, now.Add(time.Minute), ""},
	} {
		facts.knows = func(f *consent.Facts) { f.ReadAt, f.OptOuts = test.read, []consent.Interval{{From: test.objected}} }
		if got := code(t, c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`, one(number(1)))); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Demographics is asked about restrictions whatever the query asks for, and the event of a patient so refused says
// nothing about what was read.
func TestARestrictionIsLookedForWhateverIsAsked(t *testing.T) {
	spine, gp := newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")
	gp.in(conditions[0])
	spine.answers[fetch.Persons] = holds(func(_ *fetch.Ask, patient record.NHSNumber) []record.Person {
		return []record.Person{{Restricted: patient == number(1)}}
	})
	c, _, trail := newFakes(t, spine, gp)
	for _, asked := range []string{"id", "allergies { state }", "name { full }", "name { full } problems { state }"} {
		trail.entries = nil
		a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { `+asked+` } refusal { code } } }`, several(number(1), number(2)))
		if got := refusals(t, a); !slices.Equal(got, []string{"PATIENT_NOT_FOUND", ""}) {
			t.Errorf("%s: %q", asked, got)
		}
		if e := trail.entries[0]; e.Outcome != audit.NotFound || e.Recheck != 0 || len(e.Classes)+len(e.Sectors)+len(e.Counts)+len(e.Sources) > 0 {
			t.Errorf("%s: %+v", asked, e)
		}
	}
	c.alarmed(t, resolvers.AlarmRestricted)
}

// A demographics source that publishes no persons restricts nobody, and is not a fault of the record.
func TestDemographicsWithoutPersons(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.in(conditions[0])
	base, _, _ := newFakes(t, newFake(record.Demographics, "X26"), gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
	c := base.with(t, func(o *resolvers.Options) { o.Sources[0].Kinds = nil })
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { state complete } } }`, one(number(1)))
	if at(t, a.Data, "patient", "allergies", "state") != "RECORDED" || at(t, a.Data, "patient", "allergies", "complete") != true || len(a.Errors) > 0 {
		t.Errorf("%s", a.Body)
	}
	c.quiet(t)
}

// A person whose grant is revoked under one number is shown under no other.
func TestWithheldUnderEveryNumber(t *testing.T) {
	base, facts, _ := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) { f.Current = number(1) }
	for withheld := range 2 {
		c := base.with(t, func(o *resolvers.Options) {
			o.Trail = trailOf(func(_ context.Context, entries []audit.Entry) ([]audit.Result, error) {
				results := make([]audit.Result, len(entries))
				results[withheld].Withheld = true
				return results, nil
			})
		})
		if got := refusals(t, c.ask(t, "gp", "", many, several(number(1), number(2)))); !slices.Equal(got, []string{"CONSENT_UNAVAILABLE", "CONSENT_UNAVAILABLE"}) {
			t.Errorf("the event %d is withheld: %q", withheld, got)
		}
	}
}

// viewer lists what the role may see, and names an unknown organisation by its code; without one it is null. Sources
// are in the order of the sectors.
func TestViewersAndTheOrderOfSources(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.SocialCare, "X1BAR"), newFake(record.GP, "F83999"), newFake(record.GP, "F83004"), newFake(record.Acute, "RAL"), newFake(record.Demographics, "X26"))
	for _, test := range []struct {
		org  any
		want string
	}{{"ZZZ99", `"organisation":{"odsCode":"ZZZ99","name":"ZZZ99"}`}, {nil, `"organisation":null`}} {
		a := c.post(t, c.issuer.Token(map[string]any{"org": test.org, "role": "RECEPTIONIST", "purpose": "TREAT"}), []byte(`{"query":"{ viewer { classes organisation { odsCode name } } }"}`))
		classes := `["DEMOGRAPHICS","OWN_APPOINTMENTS"]`
		if test.org == nil { // a role reads for an organisation
			classes = "[]"
		}
		if want := `{"data":{"viewer":{"classes":` + classes + `,` + test.want + `}}}`; string(a.Body) != want {
			t.Errorf("%s, want %s", a.Body, want)
		}
	}
	var got []any
	for _, s := range at(t, c.ask(t, "developer", "", `{ serviceSources { organisation { odsCode } } }`, nil).Data, "serviceSources").([]any) {
		got = append(got, at(t, s, "organisation", "odsCode"))
	}
	if want := "[X26 RAL F83999 F83004 X1BAR]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// Only a patient who is not in care, or has no record, is looked up in vain. A throttled caller has an event for each
// patient they asked for.
func TestWhatIsInVain(t *testing.T) {
	base, facts, trail := newFakes(t, newFake(record.GP, "F83004"))
	ask := func(c *care, n int) string {
		return coded(t, c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { id } }`, str(n)), nil))
	}
	for name, test := range map[string]struct {
		knows  func(*consent.Facts)
		inVain bool
	}{
		"shown":       {func(*consent.Facts) {}, false},
		"withheld":    {func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0)}} }, false},
		"unclear":     {func(f *consent.Facts) { f.OptOutKnown = false }, false},
		"no record":   {func(f *consent.Facts) { f.Known = false }, true},
		"not in care": {func(f *consent.Facts) { f.Relationships = nil }, true},
	} {
		facts.knows = test.knows
		c := base.with(t, func(o *resolvers.Options) { o.InVain = 2 })
		before := ask(c, 1)
		ask(c, 2)
		trail.entries = nil
		want := before
		if test.inVain {
			want = "QUERY_TOO_COSTLY"
		}
		if got := ask(c, 3); got != want {
			t.Errorf("%s: the third is answered %q, want %q", name, got, want)
		}
		if e := trail.entries; len(e) != 1 || e[0].Patient != number(3) || e[0].Asked != "" || (e[0].Outcome == audit.Rejected) != test.inVain {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// The count for a person never exceeds the limit, and a person who asks for nobody in vain does not displace one who is
// throttled.
func TestTheCountingIsBounded(t *testing.T) {
	throttle := resolvers.NewThrottle(3)
	person := func(n int) auth.Principal { return auth.Principal{Subject: fmt.Sprint("s", n), Org: "F83004"} }
	numbers := []record.NHSNumber{number(1), number(2), number(3), number(4), number(5)}
	throttle.Count(person(0), numbers[:2], now)
	if throttle.Holds(person(0), now) || throttle.Counted(person(0)) != 2 {
		t.Errorf("two of three: held %t, %d counted", throttle.Holds(person(0), now), throttle.Counted(person(0)))
	}
	throttle.Count(person(0), numbers, now)
	if !throttle.Holds(person(0), now) || throttle.Counted(person(0)) != 3 {
		t.Errorf("five of three: held %t, %d counted", throttle.Holds(person(0), now), throttle.Counted(person(0)))
	}
	for n := range 2_500 {
		throttle.Count(person(n+1), nil, now)
	}
	if !throttle.Holds(person(0), now) {
		t.Error("people who asked for nobody in vain let one who waits go on")
	}
	unlimited := resolvers.NewThrottle(-1)
	unlimited.Count(person(0), numbers, now)
	if unlimited.Holds(person(0), now) {
		t.Error("held without a limit")
	}
}

// A client that disconnects says nothing about a source: only a source that fails while the client waits is down.
func TestAClientThatLeavesPutsNoSourceDown(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	base, _, _ := newFakes(t, gp)
	ctx, leave := context.WithCancel(t.Context())
	observed := 0
	c := base.with(t, func(o *resolvers.Options) {
		o.Observe = func(_ context.Context, seen resolvers.Observation) {
			if seen.Source != "" {
				observed++
			}
		}
		o.Sources[0].Read = func(ctx context.Context, _ []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
			leave()
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	root := resolvers.New(c.options)
	doc, faults := gqlparser.LoadQueryWithRules(schemaOf(c), fmt.Sprintf(`{ patient(nhsNumber: "%s") { allergies { state } } }`, str(1)), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	p, err := auth.FindPersona("gp")
	check(t, err)
	ctx = auth.NewContext(ctx, auth.Principal{Subject: "s", Org: p.Org, Role: p.Role, Purpose: p.Purpose})
	_, err = root.Query().Patient(graphql.WithOperationContext(root.Begin(ctx), &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}), number(1))
	check(t, err)
	sources, err := root.Query().ServiceSources(ctx)
	check(t, err)
	if sources[0].State != record.SourceUntried || observed > 0 {
		t.Errorf("%s, and %d reads were counted", sources[0].State, observed)
	}
}

// Every read is observed with how the source answered, including failed ones, and so is each kind that could not be
// read from a source that answered.
func TestHowASourceAnsweredIsObserved(t *testing.T) {
	gp, acute := newFake(record.GP, "F83999"), newFake(record.Acute, "RAL99")
	acute.err = record.ErrTimeout
	gp.answers[fetch.Problems] = func(*fetch.Ask) fetch.Answer {
		return fetch.Answer{Err: fmt.Errorf("%w: view problem", record.ErrMalformed)}
	}
	gp.answers[fetch.Devices] = func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: record.ErrNotServed} }
	base, _, _ := newFakes(t, gp, acute)
	var mu sync.Mutex
	observed, lost := map[string]record.SourceState{}, []string{}
	c := base.with(t, func(o *resolvers.Options) {
		o.Observe = func(_ context.Context, seen resolvers.Observation) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case seen.Kind != "":
				lost = append(lost, fmt.Sprint(seen.Source, " ", seen.Sector, " ", seen.Kind, ": ", seen.Err))
			case seen.Source != "":
				observed[seen.Source] = seen.Outcome
			}
		}
	})
	c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { allergies { state } problems { state } devices { state } } }`, str(1)), nil)
	if want := []string{"GP/F83999 GP problem: source malformed: view problem"}; !slices.Equal(lost, want) {
		t.Errorf("%q, want %q", lost, want)
	}
	a := c.ask(t, "gp", "", `{ serviceSources { sector lastFailure lastFailureAt } }`, nil)
	if got := at(t, a.Data, "serviceSources", 1); at(t, got, "sector") != "GP" || at(t, got, "lastFailure") != "MALFORMED" || at(t, got, "lastFailureAt") == nil {
		t.Errorf("serviceSources says %v", got)
	}
	want := map[string]record.SourceState{gp.name(): record.SourceAnswered, acute.name(): record.SourceTimedOut}
	if diff := cmp.Diff(want, observed); diff != "" {
		t.Error(diff)
	}
}
