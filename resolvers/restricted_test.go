package resolvers_test

import (
	"context"
	"fmt"
	"maps"
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

// late is the sources where our register does not know yet that the first patient is
// restricted, or that it cannot be said of the second, and knows nobody under the third
// number: demographics does. The fourth is shown. Of 11 to 13 the same holds as of 1, 2 and
// 4, and they have opted out; of 21 as of 1, and whether they have is not known.
func late(t *testing.T) (*care, *ledger) {
	spine, gp := newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")
	gp.in(conditions[0])
	restricted, unclear := []record.NHSNumber{number(1), number(11), number(21)}, []record.NHSNumber{number(2), number(12)}
	spine.answers[fetch.Persons] = holds(func(_ *fetch.Ask, patient record.NHSNumber) []record.Person {
		is := slices.Contains(unclear, patient)
		return []record.Person{{Restricted: is || slices.Contains(restricted, patient), RestrictionUnclear: is}}
	})
	base, facts, trail := newFakes(t, spine, gp)
	facts.knows = func(f *consent.Facts) {
		f.Known, f.OptOutKnown = f.Asked != number(3), f.Asked != number(21)
		if slices.Contains([]record.NHSNumber{number(11), number(12), number(13)}, f.Asked) {
			f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0)}}
		}
	}
	var ticks atomic.Int64
	return base.with(t, func(o *resolvers.Options) {
		o.Now = func() time.Time { return now.Add(time.Duration(ticks.Add(1)) * time.Second) }
	}), trail
}

// A faulty question does not distinguish a patient whom demographics restricts from one who does not exist: alone,
// among others, or under another root field.
func TestAFaultyQuestionTellsNobodyRestricted(t *testing.T) {
	c, trail := late(t)
	for _, faulty := range []string{"results(first: 0) { state }", "name { full } results(first: 0) { state }", `results(after: "x") { state }`, `acute { currentStay { id } stays(first: 201) { state } }`, `results(test: {system: "", code: "1"}) { state }`, `results(test: {system: "urn:x", code: " "}) { state }`} {
		answer := func(query string, n record.NHSNumber) string {
			t.Helper()
			trail.entries = nil
			a := c.ask(t, "gp", "", fmt.Sprintf(query, faulty), map[string]any{"n": string(n), "m": str(4)})
			return string(a.Body)
		}
		for _, query := range []string{
			`query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s } }`,
			`query ($n: NHSNumber!) { patients(nhsNumbers: [$n]) { refusal { code } patient { %s } } }`,
			`query ($n: NHSNumber!, $m: NHSNumber!) { patients(nhsNumbers: [$n, $m]) { refusal { code } patient { %s } } }`,
			`query ($n: NHSNumber!, $m: NHSNumber!) { a: patient(nhsNumber: $n) { %s } b: patient(nhsNumber: $m) { problems { state complete nodes { id } } acute { state } } }`,
			`query ($n: NHSNumber!, $m: NHSNumber!) { a: patient(nhsNumber: $m) { problems { state complete nodes { id } } acute { state } } b: patient(nhsNumber: $n) { %s } }`,
		} {
			nobody := answer(query, number(3))
			before := trail.entries
			for _, n := range []int{1, 11, 21} {
				if got := answer(query, number(n)); got != nobody {
					t.Errorf("%d, restricted: %s\nnobody:         %s", n, got, nobody)
				}
				for i, e := range trail.entries {
					if e.Outcome != before[i].Outcome || !slices.Equal(e.Classes, before[i].Classes) {
						t.Errorf("the events: %+v, of nobody %+v", e, before[i])
					}
				}
			}
			if got, want := answer(query, number(2)), strings.ReplaceAll(nobody, "PATIENT_NOT_FOUND", "CONSENT_UNAVAILABLE"); strings.Contains(query, "refusal") && got != want {
				t.Errorf("unclear: %s\nwant:    %s", got, want)
			}
			got := answer(query, number(4))
			if e := trail.entries[0]; !strings.Contains(got, "BAD_USER_INPUT") || e.Outcome != audit.Rejected || len(e.Classes)+len(e.Sectors)+len(e.Sources) > 0 {
				t.Errorf("shown: %s, %+v", got, trail.entries)
			}
		}
	}
	c.alarmed(t, resolvers.AlarmRestricted)
}

// The times at which sources last answered do not distinguish a patient whom demographics restricts from one who does
// not exist, in the same request or the next.
func TestWhenSourcesAnsweredTellsNobodyRestricted(t *testing.T) {
	const sources = `{ serviceSources { state lastAnsweredAt } }`
	for _, selection := range []string{"id", "problems { state }", "results(first: 0) { state }"} {
		for n, asked := range []record.NHSNumber{number(1), number(2), number(3), number(11), number(21)} {
			for _, query := range []string{`{ patient(nhsNumber: "%s") { %s } serviceSources { state lastAnsweredAt } }`, `{ serviceSources { state lastAnsweredAt } patient(nhsNumber: "%s") { %s } }`} {
				c, _ := late(t)
				a := c.ask(t, "gp", "", fmt.Sprintf(query, string(asked), selection), nil)
				for _, body := range []string{string(a.Body), string(c.ask(t, "gp", "", sources, nil).Body)} {
					if strings.Count(body, `{"state":"UNTRIED","lastAnsweredAt":null}`) != 2 {
						t.Errorf("patient of place %d, %s: %s", n, selection, body)
					}
				}
			}
		}
	}
	c, _ := late(t)
	c.ask(t, "gp", "", `{ a: patient(nhsNumber: "`+str(1)+`") { problems { state } } b: patient(nhsNumber: "`+str(4)+`") { id } }`, nil)
	if body := string(c.ask(t, "gp", "", sources, nil).Body); strings.Count(body, `{"state":"UNTRIED","lastAnsweredAt":null}`) != 1 || strings.Count(body, `{"state":"UP"`) != 1 {
		t.Errorf("the practice was asked of a restricted patient alone: %s", body)
	}
	c.ask(t, "gp", "", `{ patients(nhsNumbers: ["`+str(1)+`", "`+str(4)+`"]) { patient { problems { state } } } }`, nil)
	if body := string(c.ask(t, "gp", "", sources, nil).Body); strings.Count(body, `{"state":"UP"`) != 2 {
		t.Errorf("both were asked of somebody who is shown: %s", body)
	}
}

// A patient whom only demographics restricts counts as looked up in vain, like a number that is nobody's: neither the
// next question nor the metrics reveal the difference.
func TestWhatFollowsALookUpTellsNobodyRestricted(t *testing.T) {
	base, _ := late(t)
	const query = `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } patient { id } } }`
	type left struct{ answers, told string }
	after := map[record.NHSNumber]left{}
	for _, n := range []record.NHSNumber{number(1), number(3), number(11), number(21)} {
		var l left
		c := base.with(t, func(o *resolvers.Options) {
			o.InVain = 2
			o.Observe = func(_ context.Context, x resolvers.Observation) {
				if x.Alarm == "" && !x.OfNobody {
					l.told += x.Source + " "
				}
			}
		})
		for _, asked := range [][]record.NHSNumber{{n}, {n, n}, {n, number(5)}, {number(5)}, {n}} {
			l.answers += strings.ReplaceAll(string(c.ask(t, "gp", "", query, several(asked...)).Body), string(n), "N")
			l.told += "| "
		}
		after[n] = l
	}
	for n, got := range after {
		if got != after[number(3)] {
			t.Errorf("%s, restricted: %+v\nnobody: %+v", string(n), got, after[number(3)])
		}
	}
	c := base.with(t, func(o *resolvers.Options) { o.InVain = 1 })
	for _, n := range []record.NHSNumber{number(1), number(4)} {
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`, one(n))
		if want := map[record.NHSNumber]string{number(1): "PATIENT_NOT_FOUND", number(4): "QUERY_TOO_COSTLY"}[n]; code(t, a) != want {
			t.Errorf("%s: %s, want %s", n, a.Body, want)
		}
	}
}

// Whoever has opted out is not found if demographics restricts them: RECORD_WITHHELD would tell that there is such a
// person. Demographics is asked along with what is read of others, and alone if nothing is. If it cannot say for certain,
// the objection is answered.
func TestOptedOutAndRestrictedByDemographicsAlone(t *testing.T) {
	c, trail := late(t)
	const query = `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { refusal { code } patient { problems { state } } } }`
	for _, test := range []struct {
		name     string
		down     error
		patients []int
		want     []string
		reads    map[string]int
	}{
		{"alone", nil, []int{11}, []string{"PATIENT_NOT_FOUND"}, map[string]int{"DEMOGRAPHICS/X26": 1}},
		{"and in doubt", nil, []int{21}, []string{"PATIENT_NOT_FOUND"}, map[string]int{"DEMOGRAPHICS/X26": 1}},
		{"not restricted", nil, []int{13}, []string{"RECORD_WITHHELD"}, map[string]int{"DEMOGRAPHICS/X26": 1}},
		{"in a list", nil, []int{11, 4, 12, 13, 21, 11}, []string{"PATIENT_NOT_FOUND", "", "RECORD_WITHHELD", "RECORD_WITHHELD", "PATIENT_NOT_FOUND", "PATIENT_NOT_FOUND"}, map[string]int{"DEMOGRAPHICS/X26": 1, "GP/F83999": 1}},
		{"demographics down", record.ErrUnavailable, []int{11, 4, 21}, []string{"RECORD_WITHHELD", "", "CONSENT_UNAVAILABLE"}, map[string]int{"DEMOGRAPHICS/X26": 1, "GP/F83999": 1}},
	} {
		c.read()
		trail.entries, c.down["DEMOGRAPHICS/X26"] = nil, test.down
		var numbers []record.NHSNumber
		for _, n := range test.patients {
			numbers = append(numbers, number(n))
		}
		if got := refusals(t, c.ask(t, "gp", "", query, several(numbers...))); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if !maps.Equal(c.reads, test.reads) {
			t.Errorf("%s: reads %v, want %v", test.name, c.reads, test.reads)
		}
		for _, e := range trail.entries {
			if e.Outcome != audit.Shown && len(e.Classes)+len(e.Sectors)+len(e.Sources) > 0 {
				t.Errorf("%s: %+v", test.name, e)
			}
		}
	}
	c.alarmed(t, resolvers.AlarmRestricted)
}
