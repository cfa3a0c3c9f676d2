package resolvers_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/fetch"
	"carerecord/internal/locator"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A source may answer differently for each patient of a list. A patient it answers for is complete; for each of the
// others, the list, its sources and the trail say what is lacking.
func TestPatientsApart(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	asked := now.Add(-time.Minute)
	allergies := always(record.Allergy{Item: gp.item("1"), Substance: record.Code{Display: "Penicillin"}, Status: "ACTIVE"})
	gp.answers[fetch.Allergies] = func(ask *fetch.Ask) fetch.Answer {
		a := allergies(ask)
		a.Rows = a.Rows.(*fetch.Rows[record.Allergy]).Spread([]int{0, -1, -1, -1, -1})
		a.Errs = []error{nil, fmt.Errorf("%w: NO_PATIENT_CONSENT", record.ErrRefused), fmt.Errorf("%w: birth date", record.ErrIdentity), record.ErrTimeout, nil}
		a.Absent = []bool{false, false, false, false, true}
		a.Skipped = []time.Time{{}, {}, {}, {}, asked}
		return a
	}
	c, _, l := newFakes(t, newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), gp, newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	numbers := []string{}
	for i := range 5 {
		numbers = append(numbers, string(number(i)))
	}
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient {
		allergies { state complete nodes { substance { display } } gaps { sector reason } } sources { sector state asOf } } } }`, map[string]any{"n": numbers})
	if len(a.Errors) > 0 {
		t.Fatal(a.Errors)
	}
	answered := now.UTC().Format(time.RFC3339)
	for i, want := range []struct{ state, reason, source, asOf, onTrail string }{
		{"RECORDED", "", "ANSWERED", answered, "ANSWERED"},
		{"UNKNOWN", "REFUSED", "REFUSED", "", "REFUSED"},
		{"UNKNOWN", "IDENTITY_MISMATCH", "UNAVAILABLE", "", "UNAVAILABLE"},
		{"UNKNOWN", "TIMED_OUT", "TIMED_OUT", "", "TIMED_OUT"},
		{"NONE_RECORDED", "", "ANSWERED", answered, "NOT_ASKED"}, // or it would tell who holds only what is hidden, and when somebody else asked
	} {
		patient := at(t, a.Data, "patients", i, "patient")
		if state := at(t, patient, "allergies", "state"); state != want.state {
			t.Errorf("patient %d: %v", i, state)
		}
		gaps := at(t, patient, "allergies", "gaps").([]any)
		if want.reason == "" != (len(gaps) == 0) || want.reason != "" && at(t, gaps, 0, "reason") != want.reason {
			t.Errorf("patient %d: gaps %v", i, gaps)
		}
		source := ofSector(t, patient, "GP")
		if at(t, source, "state") != want.source {
			t.Errorf("patient %d: %v", i, source)
		}
		if asOf, _ := at(t, source, "asOf").(string); want.asOf == "" != (asOf == "") || want.asOf != "" && !sameMoment(t, asOf, want.asOf) {
			t.Errorf("patient %d: as of %q, want %q", i, asOf, want.asOf)
		}
		onTrail := l.entries[i].Sources
		if j := slices.IndexFunc(onTrail, func(s audit.Source) bool { return s.Sector == record.GP }); j < 0 || onTrail[j].State != want.onTrail {
			t.Errorf("patient %d: the trail says %v", i, onTrail)
		}
	}
}

// A source that said lately that it does not know a patient is told as one that answers and holds nothing: nobody learns that
// another knows them, or that somebody else asked before.
func TestASkippedSourceIsToldAsOneThatHoldsNothing(t *testing.T) {
	known := number(1) // to the trust, which holds nothing that may be shown
	for _, role := range []string{"receptionist", "gp"} {
		trust := newFake(record.MentalHealth, "G6V2S")
		for _, kind := range every {
			trust.answers[kind] = func(ask *fetch.Ask) fetch.Answer {
				return fetch.Answer{Absent: []bool{ask.Subjects.Patients[0] != known}}
			}
		}
		c, _, l := newFakes(t, trust)
		clock := now
		c = c.with(t, func(o *resolvers.Options) { // as every FHIR source is
			o.Now = func() time.Time { return clock }
			o.Sources[0].Read = locator.Wrap(o.Sources[0].Read, locator.Options{Age: 5 * time.Minute, Codes: []string{"G6V2S"}, Now: o.Now})
		})
		var said []string
		for range 2 { // the second time it is skipped
			for _, n := range []record.NHSNumber{known, number(2)} {
				a := c.ask(t, role, "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { appointments(ownOrganisation: true) { state complete } sources { sector organisation { odsCode } state asOf } } }`, one(n))
				said = append(said, strings.ReplaceAll(fmt.Sprint(a.Data), clock.In(record.London).Format(time.RFC3339), "now"))
			}
			clock = clock.Add(137 * time.Second)
		}
		if slices.Sort(said); len(slices.Compact(said)) != 1 || !strings.Contains(said[0], "ANSWERED") {
			t.Errorf("%s: %q", role, said)
		}
		if last := l.entries[len(l.entries)-1].Sources; len(last) != 1 || last[0].State != "NOT_ASKED" {
			t.Errorf("%s: the trail says %v", role, last)
		}
	}
}

// A source that does not publish a kind may still hold entries of it.
func TestKindsThatAreNotPublished(t *testing.T) {
	acute := newFake(record.Acute, "RAL")
	acute.answers[fetch.Allergies] = always(record.Allergy{Item: acute.item("1"), Substance: record.Code{Display: "Penicillin"}, Status: "ACTIVE"})
	c, _, _ := newFakes(t, newFake(record.Demographics, "X26"), acute, newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	c.options.Sources = slices.Clone(c.options.Sources)
	for i := range c.options.Sources {
		if s := &c.options.Sources[i]; s.Sector == record.GP {
			s.Kinds = slices.DeleteFunc(slices.Clone(s.Kinds), func(k fetch.Kind) bool { return k == fetch.Allergies || k == fetch.Problems })
		}
	}
	c.serve()
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { state gaps { sector reason } } problems { state gaps { sector reason } } procedures { state } } }`, one(number(0)))
	for field, state := range map[string]string{"allergies": "RECORDED", "problems": "UNKNOWN"} {
		if got := at(t, a.Data, "patient", field, "state"); got != state {
			t.Errorf("%s: %v, want %s", field, got, state)
		}
		if got := fmt.Sprint(at(t, a.Data, "patient", field, "gaps")); got != "[map[reason:UNAVAILABLE sector:GP]]" {
			t.Errorf("%s: gaps %s", field, got)
		}
	}
	if got := at(t, a.Data, "patient", "procedures", "state"); got != "NONE_RECORDED" {
		t.Errorf("procedures: %v", got)
	}
}

// ofSector is the first of a patient's sources of a sector.
func ofSector(t *testing.T, patient any, sector string) map[string]any {
	t.Helper()
	for _, source := range at(t, patient, "sources").([]any) {
		if s := source.(map[string]any); s["sector"] == sector {
			return s
		}
	}
	t.Fatalf("no source of %s", sector)
	return nil
}

func sameMoment(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := time.Parse(time.RFC3339, a)
	check(t, err)
	y, err := time.Parse(time.RFC3339, b)
	check(t, err)
	return x.Equal(y.Truncate(time.Second)) || x.Truncate(time.Second).Equal(y)
}

// An Ask that a source leaves unanswered is unavailable, not empty. Its other answers stand.
func TestWhatIsNotAnsweredIsUnavailable(t *testing.T) {
	base, _, _ := newFakes(t, newFake(record.GP, "F83999"), newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	c := base.with(t, func(o *resolvers.Options) {
		read := o.Sources[0].Read
		o.Sources[0].Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
			answers, err := read(ctx, asks)
			maps.DeleteFunc(answers, func(ask *fetch.Ask, _ fetch.Answer) bool { return ask.Kind == fetch.Allergies })
			return answers, err
		}
	})
	a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) {
		allergies { state gaps { sector reason } } problems { state gaps { reason } } } }`, one(number(1)))
	patient := at(t, a.Data, "patient")
	if at(t, patient, "allergies", "state") != "UNKNOWN" || at(t, patient, "allergies", "gaps", 0, "sector") != "GP" || at(t, patient, "allergies", "gaps", 0, "reason") != "UNAVAILABLE" {
		t.Errorf("what was not answered: %s", a.Body)
	}
	if at(t, patient, "problems", "state") != "NONE_RECORDED" || len(at(t, patient, "problems", "gaps").([]any)) > 0 {
		t.Errorf("what was answered: %s", a.Body)
	}
}
