package resolvers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A heldEntry is what a source holds.
type heldEntry struct {
	id    string
	day   int // ago; -1 undated
	state int // 0 plain, 1 dropped by the second look, 2 unreadable
}

// serves answers as datasources/view reads: in order, with those that share a date, and more where some cannot be read.
func serves(f *fake, all []heldEntry) func(*fetch.Ask) fetch.Answer {
	return func(ask *fetch.Ask) fetch.Answer {
		sorted := slices.Clone(all)
		slices.SortStableFunc(sorted, func(a, b heldEntry) int {
			x, y := a.day, b.day
			if x < 0 {
				x = 1000
			}
			if y < 0 {
				y = 1000
			}
			return x - y
		})
		posDay := -1
		if ask.Filter.After.Set && !ask.Filter.After.At.IsZero() {
			posDay = int(now.Sub(ask.Filter.After.At).Hours() / 24)
		}
		var in []heldEntry
		ties := 0
		for _, e := range sorted {
			if ask.Filter.After.Set && e.day >= 0 && (posDay < 0 || e.day < posDay) {
				continue
			}
			if ask.Filter.After.Set && e.day == posDay {
				ties++
			}
			in = append(in, e)
		}
		first := ask.Filter.First
		read := func(first int) (rows []heldEntry, lost int, before int, marked bool) {
			limit := len(in)
			if first > 0 && first+ties < limit {
				limit = first + ties
				for limit < len(in) && in[limit].day == in[limit-1].day {
					limit++
				}
			}
			for _, e := range in[:limit] {
				if e.state == 2 {
					if !marked {
						marked, before = true, len(rows)
					}
					lost++
					continue
				}
				rows = append(rows, e)
			}
			return rows, lost, before, marked
		}
		rows, lost, before, marked := read(first)
		for n := first; lost > 0 && first > 0 && n < 10000; {
			have := len(rows)
			if have+lost < n {
				break
			}
			if ask.Filter.After.Set {
				for _, e := range rows {
					if e.day == posDay {
						have--
					}
				}
			}
			if have >= n {
				break
			}
			n *= 2
			rows, lost, before, marked = read(n)
		}
		a := fetch.Answer{}
		out := &fetch.Rows[record.Result]{Starts: []int32{0}}
		for _, e := range rows {
			x := record.Result{Item: f.item(e.id), Test: record.Code{Display: "Glucose"}}
			x.Item.ID = record.ID(fmt.Sprintf("%s-%s", e.id[len(e.id)-1:], e.id))
			if e.day >= 0 {
				x.TakenAt = record.At(now.AddDate(0, 0, -e.day))
			}
			if e.state == 1 {
				x.Test = hiv
			}
			out.Items = append(out.Items, x)
		}
		out.Starts = append(out.Starts, int32(len(out.Items)))
		a.Rows = out
		if marked {
			a.Unreadable, a.Before = []bool{true}, []int32{int32(before)}
		}
		return a
	}
}

// Pages that contain both dropped and unreadable entries: no entry comes twice, none is missing without a gap, and no
// gap is lost.
func TestPagesOfWhatIsDroppedAndLost(t *testing.T) {
	gp, hospital := newFake(record.GP, "F83999"), newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, gp, hospital, newFake(record.MentalHealth, "G6V2S"))
	dice := rand.New(rand.NewPCG(7, 3))
	bad := 0
	for round := range 300 {
		serial, kind := 0, dice.IntN(3)
		holding := func(f *fake, odds int) (all []heldEntry) {
			for range dice.IntN(14) {
				serial++
				e := heldEntry{id: fmt.Sprintf("%s%d", f.ods, serial), day: dice.IntN(5) - 1}
				if dice.IntN(10) < odds {
					e.state = []int{1 + dice.IntN(2), 1, 2}[kind]
				}
				all = append(all, e)
			}
			f.answers[fetch.Results] = serves(f, all)
			return all
		}
		odds := dice.IntN(9)
		ofGP, ofHospital := holding(gp, odds), holding(hospital, odds)
		want := map[string]bool{}
		lostAny := false
		for _, e := range append(slices.Clone(ofGP), ofHospital...) {
			if e.state == 0 {
				want[e.id] = true
			}
			lostAny = lostAny || e.state == 2
		}
		first := 1 + dice.IntN(4)
		beside := ""
		if kind > 0 && dice.IntN(2) == 0 {
			beside = fmt.Sprintf("b: results(first: %d) { nodes { id } }", 1+dice.IntN(12))
		}
		var seen []string
		complete, incompletePage := true, false
		after := "null"
		pages := 0
		for ; pages < 40; pages++ {
			a := c.ask(t, "gp", "", fmt.Sprintf(`query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(first: %d, after: %s) { complete state gaps { reason } nodes { id provenance { sourceId } } pageInfo { hasNextPage endCursor } } %s } }`, first, after, beside), one(number(1)))
			list := at(t, a.Data, "patient", "results")
			if at(t, list, "complete") == true && incompletePage {
				t.Errorf("round %d: a gap was forgotten", round)
				bad++
			}
			if at(t, list, "complete") != true {
				incompletePage, complete = true, false
			}
			for _, node := range at(t, list, "nodes").([]any) {
				id := at(t, node, "provenance", "sourceId").(string)
				if slices.Contains(seen, id) {
					t.Errorf("round %d: %s twice", round, id)
					bad++
				}
				seen = append(seen, id)
			}
			if at(t, list, "pageInfo", "hasNextPage") != true {
				break
			}
			after = fmt.Sprintf("%q", at(t, list, "pageInfo", "endCursor"))
		}
		if pages == 40 {
			t.Errorf("round %d: no end", round)
			bad++
		}
		if complete && len(seen) != len(want) {
			t.Errorf("round %d first %d %s: seen %v of %d\n%v\n%v", round, first, beside, seen, len(want), ofGP, ofHospital)
			bad++
		}
		if complete && lostAny {
			t.Errorf("round %d first %d %s: complete though something cannot be read: %v\n%v\n%v", round, first, beside, strings.Join(seen, " "), ofGP, ofHospital)
			bad++
		}
		if bad > 5 {
			return
		}
	}
}

func TestAGapBehindWhatIsDropped(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
	for name, all := range map[string][]heldEntry{
		"nothing else":        {{"a0", 0, 1}, {"a1", 1, 1}, {"a2", 2, 1}, {"a3", 3, 2}},
		"and an ordinary one": {{"a0", 0, 1}, {"a1", 1, 1}, {"a2", 2, 1}, {"a3", 3, 2}, {"a4", 4, 0}},
	} {
		gp.answers[fetch.Results] = serves(gp, all)
		for _, beside := range []string{"", "b: results(first: 12) { complete }"} {
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(first: 1) { state complete gaps { reason } nodes { provenance { sourceId } } pageInfo { hasNextPage } } `+beside+` } }`, one(number(1)))
			if at(t, a.Data, "patient", "results", "complete") == true {
				t.Errorf("%s, beside %q: %s", name, beside, a.Body)
			}
		}
	}
}

func TestUnmappedBehindFiveDropped(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp, newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"))
	gp.answers[fetch.UnmappedResults] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (all []record.Result) {
		for i := range min(6, ask.Filter.First) {
			x := record.Result{Item: gp.item(fmt.Sprint(i)), Test: record.Code{Display: "Glucose"}, TakenAt: record.At(now.AddDate(0, 0, -i))}
			if i < 5 {
				x.Test = record.Code{System: "urn:local", Code: "X1", Display: "Sexual &amp; Reproductive Health screen"}
			}
			all = append(all, x)
		}
		return all
	})
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(test: {system: "http://loinc.org", code: "4548-4"}) { state complete gaps { reason } } } }`, one(number(1)))
	c.alarmed(t, resolvers.AlarmDropped)
	if at(t, a.Data, "patient", "results", "complete") == true {
		t.Errorf("%s", a.Body)
	}
}

func TestTwinsOnTheFirstPage(t *testing.T) {
	hospital := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, hospital, newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	all := []record.Result{}
	for i, id := range []string{"a", "a", "b", "c"} {
		all = append(all, record.Result{Item: hospital.item(id), Test: record.Code{Display: "A test"}, TakenAt: record.At(now.AddDate(0, 0, -max(i, 1))), Value: &record.Value{Text: record.Text(fmt.Sprint(i))}})
	}
	hospital.answers[fetch.Results] = holds(func(ask *fetch.Ask, _ record.NHSNumber) (some []record.Result) {
		for _, x := range all {
			if !ask.Filter.After.Set || !x.TakenAt.After(ask.Filter.After.At) {
				some = append(some, x)
			}
		}
		return some
	})
	const query = `query ($n: NHSNumber!, $after: String) { patient(nhsNumber: $n) { results(first: 3, after: $after) { complete gaps { reason } nodes { value { text } } pageInfo { hasNextPage endCursor } } } }`
	a := c.ask(t, "gp", "", query, map[string]any{"n": str(1)})
	b := c.ask(t, "gp", "", query, map[string]any{"n": str(1), "after": at(t, a.Data, "patient", "results", "pageInfo", "endCursor")})
	if at(t, a.Data, "patient", "results", "complete") != at(t, b.Data, "patient", "results", "complete") {
		t.Errorf("%s\n%s", a.Body, b.Body)
	}
}
