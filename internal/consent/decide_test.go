package consent

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

const (
	patient = record.NHSNumber("9990000018")
	older   = record.NHSNumber("9990000026")
	other   = record.NHSNumber("9990000034")
)

var noon = time.Date(2026, 4, 15, 12, 0, 0, 0, record.London)

func gp() auth.Principal {
	return auth.Principal{Subject: "u1", Org: "RAL", Role: auth.GeneralPractitioner, Purpose: auth.Treatment}
}

// fine is facts of somebody of whom everything is known and nothing is amiss.
func fine() Facts {
	return Facts{
		Asked: patient, Current: patient, ReadAt: noon, Known: true, Restricted: No, OptOutKnown: true,
		Born: "1980-02-03", Version: 7,
	}
}

func registered(org string) Relationship {
	return Relationship{Patient: patient, Org: org, Kind: RegisteredPractice, StartedAt: noon.AddDate(-5, 0, 0)}
}

func live() BreakGlassGrant {
	return BreakGlassGrant{
		ID: "g", Subject: "u1", Org: "RAL", Patient: patient, Classes: ClassSetOf(record.ClassAllergies),
		GrantedAt: noon.Add(-time.Minute), ExpiresAt: noon.Add(29 * time.Minute),
	}
}

// oracle is the contract's table, read downwards; the first line that fits is the
// answer. The places are: the caller (G reads and may break the glass, R reads, -
// does neither), the relationship (Y the organisation's own, V by succession, -
// none), a live grant (L or -), known (K or -), invalidated (I or -), restricted
// and opted out (Y, N, or ? for what cannot be established).
var oracle = []struct {
	fits    string
	outcome Outcome
}{
	{"- * * * * * *", Forbidden},
	{"* - - * * * *", NoCareRelationship},
	{"R - * * * * *", NoCareRelationship},
	{"* * * - * * *", NotFound},
	{"* * * * I * *", NotFound},
	{"* * * * * Y *", NotFound},
	{"* * * * * * Y", Withheld},
	{"* * * * * ? *", Unavailable},
	{"* * * * * * ?", Unavailable},
	{"G Y * K - N N", Shown},
	{"G V * K - N N", Shown},
	{"G - L K - N N", Shown},
	{"R Y * K - N N", Shown},
	{"R V * K - N N", Shown},
}

func foretold(t *testing.T, situation string) Outcome {
	t.Helper()
	for _, line := range oracle {
		fits := true
		for i := range line.fits {
			fits = fits && (line.fits[i] == '*' || line.fits[i] == situation[i])
		}
		if fits {
			return line.outcome
		}
	}
	t.Fatalf("no line of the oracle fits %q", situation)
	return ""
}

func TestDecideInEverySituation(t *testing.T) {
	policy := Default()
	callers := []struct {
		auth.Role
		auth.Purpose
		class string
	}{
		{auth.GeneralPractitioner, auth.Treatment, "G"},
		{auth.GeneralPractitioner, auth.EmergencyTreatment, "G"},
		{auth.HospitalDoctor, auth.Treatment, "G"},
		{auth.HospitalDoctor, auth.EmergencyTreatment, "G"},
		{auth.MentalHealthPractitioner, auth.Treatment, "G"},
		{auth.MentalHealthPractitioner, auth.EmergencyTreatment, "G"},
		{auth.SocialWorker, auth.Treatment, "R"},
		{auth.Receptionist, auth.Treatment, "R"},
		{auth.CareManager, auth.CareManagement, "R"},
		{auth.SocialWorker, auth.EmergencyTreatment, "-"},
		{auth.CareManager, auth.Treatment, "-"},
		{auth.GeneralPractitioner, auth.CareManagement, "-"},
		{auth.GeneralPractitioner, "", "-"},
		{auth.GeneralPractitioner, "treat", "-"},
		{auth.PrivacyOfficer, auth.SystemAdministration, "-"},
		{auth.OptOutOfficer, auth.PatientAdministration, "-"},
		{auth.Analyst, auth.QualityImprovement, "-"},
		{auth.Developer, auth.SystemAdministration, "-"},
		{"SURGEON", auth.Treatment, "-"},
		{"", auth.Treatment, "-"},
	}
	states := map[string]State{"Y": Yes, "N": No, "?": Unknown}
	lineage := []string{"RAL", "RAP"}
	n := 0
	for _, caller := range callers {
		for relation, relationships := range map[string][]Relationship{
			"Y": {registered("RAL")}, "V": {registered("RAP")}, "-": {registered("RRV")},
		} {
			for grant, grants := range map[string][]BreakGlassGrant{"L": {live()}, "-": nil} {
				for _, known := range []string{"K", "-"} {
					for _, invalidated := range []string{"I", "-"} {
						for restricted, state := range states {
							for _, optedOut := range []string{"Y", "N", "?"} {
								f := fine()
								f.Relationships, f.Grants = relationships, grants
								f.Known, f.Invalidated, f.Restricted = known == "K", invalidated == "I", state
								f.OptOutKnown = optedOut != "?"
								if optedOut == "Y" {
									f.OptOuts = []Interval{{From: noon.Add(-time.Hour)}}
								}
								p := gp()
								p.Role, p.Purpose = caller.Role, caller.Purpose
								situation := fmt.Sprint(caller.class, " ", relation, " ", grant, " ", known, " ", invalidated, " ", restricted, " ", optedOut)
								got := Decide(p, f, policy, lineage, noon)
								if want := foretold(t, situation); got.Outcome != want {
									t.Errorf("%s as %s: %s, want %s", situation, caller.Role, got.Outcome, want)
								}
								if _, granted := got.Grant(); granted != (got.Outcome == Shown) || got.Classes.IsEmpty() == granted {
									t.Errorf("%s: %s with grant %t for %s", situation, got.Outcome, granted, got.Classes)
								}
								n++
							}
						}
					}
				}
			}
		}
	}
	if n != 20*3*2*2*2*3*3 {
		t.Errorf("%d situations", n)
	}
}

func TestNothingKnownDenies(t *testing.T) {
	tests := []struct {
		name    string
		facts   Facts
		policy  *Policy
		lineage []string
		want    Outcome
	}{
		{"no facts", Facts{}, Default(), []string{"RAL"}, NoCareRelationship},
		{"facts that could not be read", Facts{Unavailable: true}, Default(), []string{"RAL"}, Unavailable},
		{"no policy", fine(), nil, []string{"RAL"}, Forbidden},
		{"no lineage", with(fine(), registered("RAL")), Default(), nil, NoCareRelationship},
		{"a kind that is not one", with(fine(), Relationship{Org: "RAL", Kind: "FRIEND", StartedAt: noon.AddDate(-1, 0, 0)}), Default(), []string{"RAL"}, NoCareRelationship},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Decide(gp(), test.facts, test.policy, test.lineage, noon).Outcome; got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func with(f Facts, r ...Relationship) Facts {
	f.Relationships = r
	return f
}

func TestBoundsToTheSecond(t *testing.T) {
	at := func(text string) time.Time {
		t.Helper()
		moment, err := time.ParseInLocation("2006-01-02 15:04:05", text, record.London)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	const never = ""
	related := func(r Relationship) func(*Facts) {
		return func(f *Facts) { r.Org = "RAL"; f.Relationships = []Relationship{r} }
	}
	tests := []struct {
		name        string
		change      func(*Facts)
		first, last string // the first and the last second in which the outcome holds
		holds       Outcome
		otherwise   Outcome
	}{
		{"a registration from its start until just before its end", related(Relationship{Kind: RegisteredPractice, StartedAt: at("2024-01-01 00:00:00"), EndedAt: at("2026-01-01 00:00:00")}),
			"2024-01-01 00:00:00", "2025-12-31 23:59:59", Shown, NoCareRelationship},
		{"an open registration has no end", related(Relationship{Kind: RegisteredPractice, StartedAt: at("2024-01-01 00:00:00")}),
			"2024-01-01 00:00:00", never, Shown, NoCareRelationship},
		{"an allocated worker from start until just before the end", related(Relationship{Kind: AllocatedWorker, StartedAt: at("2024-01-01 09:00:00"), EndedAt: at("2024-06-01 17:00:00")}),
			"2024-01-01 09:00:00", "2024-06-01 16:59:59", Shown, NoCareRelationship},
		{"an open referral for 365 days after it was touched", related(Relationship{Kind: Referral, StartedAt: at("2023-01-10 10:00:00"), TouchedAt: at("2025-03-01 10:00:00")}),
			"2023-01-10 10:00:00", "2026-03-01 10:00:00", Shown, NoCareRelationship},
		{"a referral never touched counts from its start", related(Relationship{Kind: Referral, StartedAt: at("2025-03-01 10:00:00")}),
			"2025-03-01 10:00:00", "2026-03-01 10:00:00", Shown, NoCareRelationship},
		{"a closed referral until just before it closed", related(Relationship{Kind: Referral, StartedAt: at("2025-03-01 10:00:00"), EndedAt: at("2025-04-01 10:00:00")}),
			"2025-03-01 10:00:00", "2025-04-01 09:59:59", Shown, NoCareRelationship},
		{"a stay for 90 days after it ended, over the change to summer time", related(Relationship{Kind: Stay, StartedAt: at("2026-01-20 08:00:00"), EndedAt: at("2026-02-01 14:30:00")}),
			"2026-01-20 08:00:00", "2026-05-02 14:30:00", Shown, NoCareRelationship},
		{"a current stay has no end", related(Relationship{Kind: Stay, StartedAt: at("2026-01-20 08:00:00")}),
			"2026-01-20 08:00:00", never, Shown, NoCareRelationship},
		{"an appointment from 28 days before to 14 after, over the change to summer time", related(Relationship{Kind: Appointment, StartedAt: at("2026-03-29 00:30:00")}),
			"2026-03-01 00:30:00", "2026-04-12 00:30:00", Shown, NoCareRelationship},
		{"an appointment over the change to winter time", related(Relationship{Kind: Appointment, StartedAt: at("2025-10-26 12:00:00")}),
			"2025-09-28 12:00:00", "2025-11-09 12:00:00", Shown, NoCareRelationship},
		{"a cancelled appointment until just before it was cancelled", related(Relationship{Kind: Appointment, StartedAt: at("2026-03-20 12:00:00"), EndedAt: at("2026-03-10 12:00:00")}),
			"2026-02-20 12:00:00", "2026-03-10 11:59:59", Shown, NoCareRelationship},
		{"an objection from its effect until just before its withdrawal", func(f *Facts) {
			f.Relationships = []Relationship{{Org: "RAL", Kind: RegisteredPractice, StartedAt: at("2000-01-01 00:00:00")}}
			f.OptOuts = []Interval{{at("2026-03-29 00:59:59"), at("2026-03-29 02:00:00")}}
		}, "2026-03-29 00:59:59", "2026-03-29 00:59:59", Withheld, Shown}, // 01:00 to 02:00 do not exist: 02:00 is the next second
		{"an objection over the hour that comes twice", func(f *Facts) {
			f.Relationships = []Relationship{{Org: "RAL", Kind: RegisteredPractice, StartedAt: at("2000-01-01 00:00:00")}}
			f.OptOuts = []Interval{{at("2025-10-26 00:30:00"), at("2025-10-26 02:30:00")}}
		}, "2025-10-26 00:30:00", "2025-10-26 02:29:59", Withheld, Shown},
		{"a second objection when the first is withdrawn", func(f *Facts) {
			f.Relationships = []Relationship{{Org: "RAL", Kind: RegisteredPractice, StartedAt: at("2000-01-01 00:00:00")}}
			f.OptOuts = []Interval{{at("2025-01-01 00:00:00"), at("2025-02-01 00:00:00")}, {From: at("2025-02-01 00:00:00")}}
		}, "2025-01-01 00:00:00", never, Withheld, Shown},
		{"a grant from when it was given until just before it expires", func(f *Facts) {
			f.Grants = []BreakGlassGrant{{ID: "g", Subject: "u1", Org: "RAL", Classes: AllClasses, GrantedAt: at("2026-04-01 10:00:00"), ExpiresAt: at("2026-04-01 10:30:00")}}
		}, "2026-04-01 10:00:00", "2026-04-01 10:29:59", Shown, NoCareRelationship},
		{"what stood at death stands on", func(f *Facts) {
			f.Died = at("2020-06-01 12:00:00")
			f.Relationships = []Relationship{{Org: "RAL", Kind: Stay, StartedAt: at("2020-05-20 08:00:00"), EndedAt: at("2020-06-01 12:00:00")}}
		}, "2020-05-20 08:00:00", never, Shown, NoCareRelationship},
		{"a registration that ended with the death stood at it", func(f *Facts) {
			f.Died = at("2020-06-01 12:00:00")
			f.Relationships = []Relationship{{Org: "RAL", Kind: RegisteredPractice, StartedAt: at("2010-05-20 08:00:00"), EndedAt: at("2020-06-01 12:00:00")}}
		}, "2010-05-20 08:00:00", never, Shown, NoCareRelationship},
		{"one that ended a second before did not", func(f *Facts) {
			f.Died = at("2020-06-01 12:00:00")
			f.Relationships = []Relationship{{Org: "RAL", Kind: RegisteredPractice, StartedAt: at("2010-05-20 08:00:00"), EndedAt: at("2020-06-01 11:59:59")}}
		}, "2010-05-20 08:00:00", "2020-06-01 11:59:58", Shown, NoCareRelationship},
		{"where only the day of death is known, any moment of it will do", func(f *Facts) {
			f.Died, f.DiedPrecision = at("2020-06-01 00:00:00"), record.PrecisionDay
			f.Relationships = []Relationship{{Org: "RAL", Kind: AllocatedWorker, StartedAt: at("2020-06-01 23:59:59"), EndedAt: at("2020-06-02 10:00:00")}}
		}, "2020-06-01 00:00:00", never, Shown, NoCareRelationship},
		{"a stay 90 days before the death stood at it", func(f *Facts) {
			f.Died = at("2020-06-01 12:00:00")
			f.Relationships = []Relationship{{Org: "RAL", Kind: Stay, StartedAt: at("2020-02-20 08:00:00"), EndedAt: at("2020-03-03 12:00:00")}}
		}, "2020-02-20 08:00:00", never, Shown, NoCareRelationship},
		{"a second earlier did not", func(f *Facts) {
			f.Died = at("2020-06-01 12:00:00")
			f.Relationships = []Relationship{{Org: "RAL", Kind: Stay, StartedAt: at("2020-02-20 08:00:00"), EndedAt: at("2020-03-03 11:59:59")}}
		}, "2020-02-20 08:00:00", "2020-06-01 11:59:59", Shown, NoCareRelationship},
	}
	policy := Default()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := fine()
			test.change(&f)
			check := func(moment time.Time, want Outcome) {
				t.Helper()
				if got := Decide(gp(), f, policy, []string{"RAL"}, moment); got.Outcome != want {
					t.Errorf("at %s: %s, want %s", moment, got.Outcome, want)
				}
			}
			check(at(test.first), test.holds)
			check(at(test.first).Add(-time.Second), test.otherwise)
			if test.last == never {
				check(at(test.first).AddDate(40, 0, 0), test.holds)
				return
			}
			check(at(test.last), test.holds)
			check(at(test.last).Add(time.Second), test.otherwise)
		})
	}
}

func TestObjectionThatContradictsItselfHolds(t *testing.T) {
	f := with(fine(), registered("RAL"))
	f.OptOuts = []Interval{{From: noon.Add(time.Hour), To: noon.Add(-time.Hour)}}
	if got := Decide(gp(), f, Default(), []string{"RAL"}, noon).Outcome; got != Withheld {
		t.Error(got)
	}
}

func TestGrantOpensOnlyWhatItNames(t *testing.T) {
	tests := []struct {
		name   string
		change func(*auth.Principal, *BreakGlassGrant)
		want   Outcome
	}{
		{"the holder's own", func(*auth.Principal, *BreakGlassGrant) {}, Shown},
		{"somebody else's", func(_ *auth.Principal, g *BreakGlassGrant) { g.Subject = "u2" }, NoCareRelationship},
		{"taken at another organisation", func(_ *auth.Principal, g *BreakGlassGrant) { g.Org = "RAP" }, NoCareRelationship},
		{"of a role that may not", func(p *auth.Principal, _ *BreakGlassGrant) { p.Role = auth.SocialWorker }, NoCareRelationship},
		{"for nothing", func(_ *auth.Principal, g *BreakGlassGrant) { g.Classes = ClassSet{} }, NoCareRelationship},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, g, f := gp(), live(), fine()
			test.change(&p, &g)
			f.Grants = []BreakGlassGrant{g}
			got := Decide(p, f, Default(), []string{"RAL", "RAP"}, noon)
			if got.Outcome != test.want {
				t.Fatalf("%s, want %s", got.Outcome, test.want)
			}
			if got.Outcome == Shown && (got.Classes != ClassSetOf(record.ClassAllergies) || !got.BreakGlass || len(got.Glass) != 1 || got.Glass[0].ID != "g") {
				t.Errorf("%+v", got)
			}
		})
	}
	in := with(fine(), registered("RAL"))
	in.Grants = []BreakGlassGrant{live()}
	if got := Decide(gp(), in, Default(), []string{"RAL"}, noon); got.Classes != AllClasses || got.BreakGlass || got.Relationship != RegisteredPractice {
		t.Errorf("somebody in care needs no grant: %+v", got)
	}
}

func TestAdult(t *testing.T) {
	day := func(text record.Date) time.Time { return text.Midnight() }
	tests := []struct {
		name  string
		born  record.PartialDate
		other []record.PartialDate
		died  time.Time
		at    time.Time
		from  record.Date
		adult bool
	}{
		{"on the birthday", "2008-04-15", nil, time.Time{}, noon, "2026-04-15", true},
		{"from midnight in London, in summer time", "2008-04-15", nil, time.Time{}, day("2026-04-15"), "2026-04-15", true},
		{"not a second before", "2008-04-15", nil, time.Time{}, day("2026-04-15").Add(-time.Second), "2026-04-15", false},
		{"born on 29 February", "2008-02-29", nil, time.Time{}, day("2026-03-01"), "2026-03-01", true},
		{"a year alone means the end of the year", "2008", nil, time.Time{}, noon, "2026-12-31", false},
		{"no birth date", "", nil, time.Time{}, noon, "", false},
		{"a month that there is not", "2012-13", nil, time.Time{}, noon, "", false},
		{"dead before 18", "2000-01-01", nil, day("2017-12-31"), noon, "2018-01-01", false},
		{"dead on the 18th birthday", "2000-01-01", nil, day("2018-01-01"), noon, "2018-01-01", true},
		{"no birth date, and another number has one", "", []record.PartialDate{"1990-01-01"}, time.Time{}, noon, "", false},
		{"a month that there is not under another number", "1990-01-01", []record.PartialDate{"2012-13"}, time.Time{}, noon, "", false},
		{"two numbers differ", "1990-01-01", []record.PartialDate{"2012-01-01"}, time.Time{}, noon, "2030-01-01", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := with(fine(), registered("RAL"))
			f.Born, f.BornOtherwise, f.Died = test.born, test.other, test.died
			got := Decide(gp(), f, Default(), []string{"RAL"}, test.at)
			if got.AdultFrom != test.from || got.Adult != test.adult {
				t.Errorf("adult %t from %q, want %t from %q", got.Adult, got.AdultFrom, test.adult, test.from)
			}
		})
	}
}

// A decision carries what it rests on: the trail checks the version again, and the
// fields go by the dates.
func TestADecisionCarriesWhatItRestsOn(t *testing.T) {
	f := with(fine(), registered("RAL"))
	f.Asked, f.Died, f.DiedPrecision, f.KnownAt = older, noon.AddDate(0, 0, -1), record.PrecisionDay, []string{"RAL", "RRV"}
	got := Decide(gp(), f, Default(), []string{"RAL"}, noon)
	want := Decision{
		Outcome: Shown, Asked: older, Patient: patient, Classes: AllClasses, Adult: true, AdultFrom: "1998-02-03",
		Died: f.Died, DiedPrecision: record.PrecisionDay, Born: "1980-02-03", KnownAt: f.KnownAt, Relationship: RegisteredPractice, Version: 7,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(ClassSet{})); diff != "" {
		t.Error(diff)
	}
	f.OptOuts = []Interval{{From: noon.Add(-time.Hour)}}
	refused := Decision{Outcome: Withheld, Asked: older, Patient: patient, Relationship: RegisteredPractice}
	if diff := cmp.Diff(refused, Decide(gp(), f, Default(), []string{"RAL"}, noon), cmp.AllowUnexported(ClassSet{})); diff != "" {
		t.Errorf("withheld: %s", diff)
	}
	if got := Decide(gp(), Facts{Asked: older}, Default(), []string{"RAL"}, noon); got.Patient != older {
		t.Errorf("of nobody we know: %q", string(got.Patient))
	}
}

func TestTheLatestGrantIsNamedFirst(t *testing.T) {
	f := fine()
	first, second, third := live(), live(), live()
	first.ID, second.ID, third.ID = "b", "a", "c"
	third.GrantedAt = noon
	f.Grants = []BreakGlassGrant{first, second, third}
	var named string
	for _, grant := range Decide(gp(), f, Default(), []string{"RAL"}, noon).Glass {
		named += grant.ID
	}
	if named != "cab" {
		t.Error(named)
	}
}

func TestWhatARefusalIs(t *testing.T) {
	for outcome, want := range map[Outcome]error{
		Shown: nil, Forbidden: ErrForbidden, NoCareRelationship: ErrNoCareRelationship, NotFound: record.ErrNotFound,
		Withheld: ErrWithheld, Unavailable: ErrUnavailable, "": ErrUnavailable, "shown": ErrUnavailable,
	} {
		if got := (Decision{Outcome: outcome}).Err(); got != want {
			t.Errorf("%q: %v, want %v", outcome, got, want)
		}
	}
	for state, want := range map[State]string{No: "no", Yes: "yes", Unknown: "unknown", 7: "unknown"} {
		if got := state.String(); got != want {
			t.Errorf("%d: %s, want %s", state, got, want)
		}
	}
}

func TestFirstKindIsNamed(t *testing.T) {
	f := with(fine(), Relationship{Org: "RAL", Kind: Appointment, StartedAt: noon}, Relationship{Org: "RAL", Kind: Stay, StartedAt: noon}, registered("RRV"))
	if got := Decide(gp(), f, Default(), []string{"RAL"}, noon).Relationship; got != Stay {
		t.Error(got)
	}
}

func TestDecisionAllocatesLittle(t *testing.T) {
	f := with(fine(), registered("RAL"))
	p, policy, lineage := gp(), Default(), []string{"RAL"}
	if n := testing.AllocsPerRun(100, func() { Decide(p, f, policy, lineage, noon) }); n > 6 {
		t.Errorf("%v allocations", n) // the birthday is a text
	}
}

func TestGrants(t *testing.T) {
	var none *Grants
	if _, ok := none.For(patient); ok || none.Add(Decision{Outcome: Shown, Patient: patient, Classes: AllClasses}) {
		t.Error("no grants hold a grant")
	}
	none.Revoke(patient)
	if FromContext(t.Context()) != nil {
		t.Error("a bare context has grants")
	}
	if (Grant{}).Allows(record.ClassDemographics) {
		t.Error("the zero grant allows something")
	}
	grants := &Grants{}
	for _, outcome := range []Outcome{"", Forbidden, NoCareRelationship, NotFound, Withheld, Unavailable} {
		if grants.Add(Decision{Outcome: outcome, Patient: patient, Classes: AllClasses}) {
			t.Errorf("%q made a grant", outcome)
		}
	}
	some := ClassSetOf(record.ClassAllergies, record.ClassMedications)
	of := Decision{
		Outcome: Shown, Asked: older, Patient: patient, Classes: some, Adult: true, AdultFrom: "1998-02-03", Born: "1980-02-03", KnownAt: []string{"RAL"},
	}
	if !grants.Add(of) || !grants.Add(Decision{Outcome: Shown, Patient: other, Classes: some}) {
		t.Error("no grant was made")
	}
	got, ok := FromContext(NewContext(t.Context(), grants)).For(patient)
	if !ok || got.Classes() != some || !got.Allows(record.ClassCurrentMedications) || got.Allows(record.ClassResults) {
		t.Errorf("%t %s", ok, got.Classes())
	}
	if !got.Adult() || got.AdultFrom() != of.AdultFrom || got.Born() != of.Born || !slices.Equal(got.KnownAt(), of.KnownAt) || got.Patient() != patient || got.Decision().Asked != older {
		t.Errorf("%+v", got)
	}
	if _, ok := grants.For(older); ok {
		t.Error("the superseded number has a grant")
	}
	numbers := []record.NHSNumber{other, older, patient, ""}
	all := grants.Of([]Grant{got}, numbers)
	if len(all) != 1+len(numbers) || len(none.Of(nil, numbers)) != len(numbers) {
		t.Fatalf("%d grants, and %d of none, for %d numbers", len(all)-1, len(none.Of(nil, numbers)), len(numbers))
	}
	for i, grant := range all {
		want, held := got, true
		if i > 0 {
			want, held = grants.For(numbers[i-1])
		}
		if grant.Patient() != want.Patient() || grant.Classes() != want.Classes() || !held && !grant.Classes().IsEmpty() {
			t.Errorf("grant %d is for %s", i, grant.Classes())
		}
	}
	for _, grant := range none.Of(nil, numbers) {
		if grant.Patient() != "" || !grant.Classes().IsEmpty() {
			t.Errorf("no grants hold one for %s", grant.Classes())
		}
	}
	grants.Add(Decision{Outcome: Shown, Patient: patient, Classes: ClassSetOf(record.ClassAllergies, record.ClassResults)})
	if got, _ := grants.For(patient); got.Classes() != ClassSetOf(record.ClassAllergies) {
		t.Errorf("two decisions allow %s", got.Classes())
	}
	grants.Revoke(patient)
	if _, ok := grants.For(patient); ok {
		t.Error("a revoked grant is there")
	}
}

// Of whom no grant is, it may be asked whether demographics restricts them, if they are in care and the answer would tell
// that there is such a person.
func TestWhoMayBeChecked(t *testing.T) {
	for _, outcome := range []Outcome{"", Forbidden, NoCareRelationship, NotFound, Withheld, Unavailable, Shown} {
		for name, c := range map[string]struct {
			decision Decision
			inCare   bool
		}{
			"nothing known": {Decision{}, false}, "in care": {Decision{Relationship: Stay}, true}, "with a grant": {Decision{BreakGlass: true}, true},
		} {
			grants := &Grants{}
			c.decision.Outcome, c.decision.Patient = outcome, patient
			want := c.inCare && (outcome == Withheld || outcome == Unavailable)
			if grants.Check(c.decision) != want || grants.Checks(patient) != want || grants.Checks(other) {
				t.Errorf("%q, %s: want %t", outcome, name, want)
			}
			if _, ok := grants.For(patient); ok {
				t.Errorf("%q, %s: a grant", outcome, name)
			}
		}
	}
	var none *Grants
	if none.Check(Decision{Outcome: Withheld, Patient: patient, BreakGlass: true}) || none.Checks(patient) {
		t.Error("no grants permit a check")
	}
}

func TestImplies(t *testing.T) {
	for _, test := range []struct {
		wide, narrow record.Class
		want         bool
	}{
		{record.ClassMedications, record.ClassCurrentMedications, true}, {record.ClassCurrentMedications, record.ClassMedications, false}, {record.ClassMedications, record.ClassMedications, false},
		{record.ClassStays, record.ClassCurrentMedications, false}, {"", record.ClassMedications, false}, {"", "", false},
	} {
		if got := Implies(test.wide, test.narrow); got != test.want {
			t.Errorf("%s implies %s: %t", test.wide, test.narrow, got)
		}
	}
}

func TestClassSet(t *testing.T) {
	if AllClasses.Len() != len(record.Classes) {
		t.Errorf("%d classes of %d", AllClasses.Len(), len(record.Classes))
	}
	set := ClassSetOf(record.ClassMedications, record.ClassStays, "NOTHING")
	if diff := cmp.Diff("MEDICATIONS,CURRENT_MEDICATIONS,STAYS,STAY_SUMMARY", set.String()); diff != "" {
		t.Error(diff)
	}
	listed := []record.Class{record.ClassMedications, record.ClassCurrentMedications, record.ClassStays, record.ClassStaySummary}
	if diff := cmp.Diff(listed, set.Classes()); diff != "" {
		t.Error(diff)
	}
	for class := range set.All() {
		if class != record.ClassMedications {
			t.Error(class)
		}
		break
	}
	if set.Has(record.ClassProblems) || set.Has("NOTHING") || ClassSetOf(record.ClassStaySummary).Has(record.ClassStays) {
		t.Error("a set holds what it does not")
	}
	for narrow, wide := range wider {
		if !ClassSetOf(wide).Has(narrow) || ClassSetOf(narrow).Has(wide) {
			t.Errorf("%s and %s", wide, narrow)
		}
	}
	if set.Union(set.Without()) != AllClasses || !set.Intersect(set.Without()).IsEmpty() {
		t.Error("a set and the rest are not all")
	}
	if n := testing.AllocsPerRun(100, func() { _ = set.Has(record.ClassStays) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	f := with(fine(), registered("RAL"), Relationship{Org: "RAL", Kind: Stay, StartedAt: noon.AddDate(0, -2, 0), EndedAt: noon.AddDate(0, -1, 0)})
	p, policy, lineage := gp(), Default(), []string{"RAL", "RAP"}
	b.ReportAllocs()
	for b.Loop() {
		Decide(p, f, policy, lineage, noon)
	}
}

func TestLapsed(t *testing.T) {
	end := time.Date(2026, 6, 15, 10, 30, 0, 0, time.UTC)
	grant := func(ends time.Time, classes ...record.Class) BreakGlassGrant {
		return BreakGlassGrant{ExpiresAt: ends, Classes: ClassSetOf(classes...)}
	}
	both := ClassSetOf(record.ClassAllergies, record.ClassProblems)
	later := end.Add(time.Minute)
	for name, test := range map[string]struct {
		decision Decision
		at       time.Time
		want     bool
	}{
		"in care":                      {Decision{Classes: both}, later, false},
		"before the end":               {Decision{BreakGlass: true, Classes: both, Glass: []BreakGlassGrant{grant(end, record.Classes...)}}, end.Add(-1), false},
		"at the end":                   {Decision{BreakGlass: true, Classes: both, Glass: []BreakGlassGrant{grant(end, record.Classes...)}}, end, true},
		"the rest opens less":          {Decision{BreakGlass: true, Classes: both, Glass: []BreakGlassGrant{grant(end, record.Classes...), grant(later, record.ClassProblems)}}, end, true},
		"the rest opens all":           {Decision{BreakGlass: true, Classes: both, Glass: []BreakGlassGrant{grant(end, record.Classes...), grant(later, record.ClassProblems), grant(later, record.ClassAllergies)}}, end, false},
		"without any grant left of it": {Decision{BreakGlass: true, Classes: both}, end, true},
	} {
		if got := test.decision.Lapsed(test.at); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}
