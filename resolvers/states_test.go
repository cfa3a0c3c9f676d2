package resolvers_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// A condition is how a source stands to one class.
type condition struct {
	name       string
	items      bool
	none       bool // it states that there are none
	gap        record.GapReason
	err        error // of the source as a whole
	kindErr    error // of this kind alone
	patientErr error // of the patient alone
	skipped    bool  // it was not asked, having said that it holds nothing of the patient
	unreadable bool
	truncated  bool
	note       record.NoteKind
	notesErr   error // what it says of whole classes cannot be read
	notesLost  bool  // a statement of whole classes cannot be read
}

// The first six are the ones that are combined for three sources, all for two.
var conditions = []condition{
	{name: "has items", items: true},
	{name: "states there are none", none: true},
	{name: "is empty"},
	{name: "is unavailable", gap: record.Unavailable, err: fmt.Errorf("%w: the line is dead", record.ErrUnavailable)},
	{name: "timed out", gap: record.TimedOut, err: fmt.Errorf("%w: after a minute", record.ErrTimeout)},
	{name: "is partly unreadable", gap: record.PartlyUnreadable, unreadable: true},

	{name: "refused", gap: record.Refused, err: fmt.Errorf("%w: SQLSTATE 28000", postgres.ErrRefused)},
	{name: "has a broken view", gap: record.Malformed, kindErr: fmt.Errorf("%w: SQLSTATE 42703", postgres.ErrMalformed)},
	{name: "has items and unreadable ones", items: true, gap: record.PartlyUnreadable, unreadable: true},
	{name: "has items beyond the cap", items: true, gap: record.Truncated, truncated: true},
	{name: "has items and states there are none", items: true, none: true},
	{name: "waits for a record in transit", gap: record.InTransit, note: record.NoteInTransit},
	{name: "has items and others to be filed", items: true, gap: record.AwaitingFiling, note: record.NoteAwaitingFiling},
	{name: "states there are none beside an unreadable entry", none: true, gap: record.PartlyUnreadable, unreadable: true},
	{name: "refuses to say anything of the patient", gap: record.Refused, patientErr: fmt.Errorf("%w: NO_PATIENT_CONSENT", record.ErrRefused)},
	{name: "means somebody else by the number", gap: record.IdentityMismatch, patientErr: fmt.Errorf("%w: birth date", record.ErrIdentity)},
	{name: "said lately that it does not know the patient", skipped: true},
	{name: "cannot say whether there are none", gap: record.Malformed, notesErr: fmt.Errorf("%w: SQLSTATE 42P01", postgres.ErrMalformed)},
	{name: "says something of its lists that cannot be read", gap: record.PartlyUnreadable, notesLost: true},
}

// A listed is a list field under one filter.
type listed struct {
	alias, field, extra string
	class               record.Class
	kind                fetch.Kind
	narrows             bool
	roles               []string // who may see it of the three that ask
}

var (
	all      = []string{"gp", "social-worker"}
	gpOnly   = []string{"gp"}
	everyone = []string{"gp", "social-worker", "receptionist"}
)

var lists = []listed{
	{"allergiesAll", "allergies(status: ALL)", "noneKnownBy { organisation { odsCode } }", record.ClassAllergies, fetch.Allergies, false, all},
	{"allergies", "allergies", "noneKnownBy { organisation { odsCode } }", record.ClassAllergies, fetch.Allergies, false, all},
	{"allergiesEnded", "allergies(status: ENDED)", "noneKnownBy { organisation { odsCode } }", record.ClassAllergies, fetch.Allergies, true, all},
	{"medicationsAll", "medications", "", record.ClassMedications, fetch.Medications, false, gpOnly},
	{"medicationsCurrent", "medications(status: CURRENT)", "", record.ClassMedications, fetch.Medications, false, all},
	{"medicationsPast", "medications(status: PAST)", "", record.ClassMedications, fetch.Medications, true, gpOnly},
	{"problemsAll", "problems", "", record.ClassProblems, fetch.Problems, false, gpOnly},
	{"problemsActive", "problems(status: ACTIVE)", "", record.ClassProblems, fetch.Problems, false, all},
	{"problemsPast", "problems(status: PAST)", "", record.ClassProblems, fetch.Problems, true, gpOnly},
	{"results", "results", "", record.ClassResults, fetch.Results, false, gpOnly},
	{"resultsSince", `results(since: "2020-01-01")`, "", record.ClassResults, fetch.Results, true, gpOnly},
	{"resultsOf", `results(test: {system: "http://snomed.info/sct", code: "1000651000000109"})`, "", record.ClassResults, fetch.Results, true, gpOnly},
	{"signs", "vitalSigns", "", record.ClassVitalSigns, fetch.VitalSigns, false, gpOnly},
	{"immunisations", "immunisations", "", record.ClassImmunisations, fetch.Immunisations, false, gpOnly},
	{"procedures", "procedures", "", record.ClassProcedures, fetch.Procedures, false, gpOnly},
	{"appointments", "appointments", "", record.ClassAppointments, fetch.Appointments, false, all},
	{"appointmentsToCome", "appointments(upcoming: true)", "", record.ClassAppointments, fetch.Upcoming, true, all},
	{"appointmentsHere", "appointments(ownOrganisation: true)", "", record.ClassAppointments, fetch.Appointments, true, everyone},
	{"referrals", "referrals", "", record.ClassReferrals, fetch.Referrals, false, gpOnly},
	{"needs", "needs", "", record.ClassNeeds, fetch.Needs, false, all},
}

// entry is one entry of a kind.
func (f *fake) entry(kind fetch.Kind) func(*fetch.Ask) fetch.Answer {
	item := f.item(string(kind))
	code := record.Code{Display: "Something"}
	switch kind {
	case fetch.Allergies:
		return always(record.Allergy{Item: item, Substance: code, Status: "ACTIVE"})
	case fetch.Medications:
		return always(record.Medication{Item: item, Medicine: code, Status: "ACTIVE"})
	case fetch.Problems:
		return always(record.Problem{Item: item, Problem: code, Status: "ACTIVE"})
	case fetch.Results:
		return always(record.Result{Item: item, Test: code, Status: "FINAL", TakenAt: record.At(now)})
	case fetch.VitalSigns:
		return always(record.VitalSign{Item: item, Sign: code, Status: "FINAL", TakenAt: record.At(now)})
	case fetch.Immunisations:
		return always(record.Immunisation{Item: item, Vaccine: code, Status: "COMPLETED"})
	case fetch.Procedures:
		return always(record.Procedure{Item: item, Procedure: code, Status: "COMPLETED"})
	case fetch.Appointments, fetch.Upcoming:
		return always(record.Appointment{Item: item, Status: "BOOKED", StartsAt: record.At(now)})
	case fetch.Referrals:
		return always(record.Referral{Item: item, Status: "IN_PROGRESS"})
	case fetch.Needs:
		return always(record.Need{Item: item, Kind: code})
	}
	panic("no entry of the kind " + string(kind))
}

// apart answers for each patient as told.
func apart(answer func(*fetch.Ask) fetch.Answer, err error, skipped bool) func(*fetch.Ask) fetch.Answer {
	return func(ask *fetch.Ask) fetch.Answer {
		a, n := answer(ask), len(ask.Subjects.Patients)
		if err != nil {
			a.Errs = slices.Repeat([]error{err}, n)
		}
		if skipped {
			a.Absent, a.Skipped = slices.Repeat([]bool{true}, n), slices.Repeat([]time.Time{now.Add(-time.Minute)}, n)
		}
		return a
	}
}

// in puts a source into a condition for every list.
func (f *fake) in(c condition) {
	f.err, f.answers = c.err, map[fetch.Kind]func(*fetch.Ask) fetch.Answer{}
	var notes []record.ListNote
	for _, l := range lists {
		answer := func(*fetch.Ask) fetch.Answer { return fetch.Answer{} }
		if c.items {
			answer = f.entry(l.kind)
		}
		if c.kindErr != nil {
			answer = func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: c.kindErr} }
		}
		f.answers[l.kind] = apart(lacking(answer, c.unreadable, c.truncated), c.patientErr, c.skipped)
		note := record.ListNote{Item: f.item("note"), Class: l.class, Note: c.note}
		note.Provenance.Organisation = &record.Organisation{ODSCode: record.Text(f.ods), Name: f.ods}
		if c.none {
			note.Note = record.NoteNoneKnown
		}
		if note.Note != "" && !slices.ContainsFunc(notes, func(n record.ListNote) bool { return n.Class == l.class }) {
			notes = append(notes, note)
		}
	}
	f.answers[fetch.Notes] = lacking(always(notes...), c.notesLost, false)
	if c.notesErr != nil {
		f.answers[fetch.Notes] = func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: c.notesErr} }
	}
}

// expected is the contract's order, written down once more.
func expected(l listed, permitted bool, by []condition) (state string, complete bool, gaps []string, noneBy int) {
	if !permitted {
		return "NOT_PERMITTED", false, nil, 0
	}
	found, none := false, false
	for i, c := range by {
		found = found || c.items
		if c.gap != "" {
			gaps = append(gaps, fmt.Sprintf("%s %s", sectorsOfLists[i], c.gap))
		}
		if c.none {
			none = true
			noneBy++
		}
	}
	switch {
	case found:
		state = "RECORDED"
	case len(gaps) > 0:
		state = "UNKNOWN"
	case none && !l.narrows:
		state = "NONE_KNOWN"
	default:
		state = "NONE_RECORDED"
	}
	return state, len(gaps) == 0, gaps, noneBy
}

var sectorsOfLists = []record.Sector{record.Acute, record.GP, record.MentalHealth}

// everyList asks for every list under every filter at once.
var everyList = func() string {
	query := fmt.Sprintf(`{ patient(nhsNumber: "%s") {`, string(number(0)))
	for _, l := range lists {
		query += fmt.Sprintf("\n%s: %s { state complete nodes { id } gaps { sector reason } %s }", l.alias, l.field, l.extra)
	}
	return query + "\n} }"
}()

func TestListStates(t *testing.T) {
	fakes := []*fake{newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"), newFake(record.Demographics, "X26")}
	c, _, _ := newFakes(t, fakes...)
	asked, combined := 0, 0
	combine := func(roles []string, by ...condition) {
		for i, condition := range by {
			fakes[i].in(condition)
		}
		combined++
		for i, role := range roles {
			if i > 0 && combined%everyCell() != i%everyCell() {
				continue // a practitioner sees every list; of what others do not see the conditions make no difference
			}
			a := c.ask(t, role, "", everyList, nil)
			if len(a.Errors) > 0 {
				t.Fatalf("%s: errors %v", role, a.Errors)
			}
			for _, l := range lists {
				asked++
				compare(t, l, role, by, at(t, a.Data, "patient", l.alias).(map[string]any))
			}
		}
		c.quiet(t)
	}
	for _, hospital := range conditions[:6] {
		for _, practice := range conditions[:6] {
			for _, mind := range conditions[:6] {
				combine(all, hospital, practice, mind)
			}
		}
	}
	empty := conditions[2]
	for _, hospital := range conditions {
		for _, practice := range conditions {
			combine(everyone, hospital, practice, empty)
		}
	}
	t.Logf("%d lists", asked)
}

func compare(t *testing.T, l listed, role string, by []condition, got map[string]any) {
	t.Helper()
	permitted := slices.Contains(l.roles, role)
	state, complete, gaps, noneBy := expected(l, permitted, by)
	var given []string
	for _, gap := range got["gaps"].([]any) {
		given = append(given, fmt.Sprintf("%s %s", at(t, gap, "sector"), at(t, gap, "reason")))
	}
	if got["state"] != state || got["complete"] != complete || !slices.Equal(given, gaps) {
		t.Errorf("%s for a %s where the hospital %s, the practice %s and the mental health trust %s: %v, complete %v, gaps %v; want %s, %v, %v",
			l.field, role, by[0].name, by[1].name, by[2].name, got["state"], got["complete"], given, state, complete, gaps)
	}
	items := 0
	for _, c := range by {
		if c.items && permitted {
			items++
		}
	}
	if n := len(got["nodes"].([]any)); n != items {
		t.Errorf("%s for a %s where the hospital %s, the practice %s and the mental health trust %s: %d entries, want %d", l.field, role, by[0].name, by[1].name, by[2].name, n, items)
	}
	if statements, has := got["noneKnownBy"].([]any); has && len(statements) != noneBy {
		t.Errorf("%s for a %s: %d statements of none, want %d", l.field, role, len(statements), noneBy)
	}
}

// The combination that kills: a clinician must not read "no known allergies" where
// the source that knows of one could not be asked.
func TestNoKnownAllergiesWhileASourceIsDown(t *testing.T) {
	for _, failure := range conditions {
		if failure.gap == "" {
			continue
		}
		t.Run(failure.name, func(t *testing.T) {
			hospital, practice, mind := newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S")
			c, _, _ := newFakes(t, hospital, practice, mind)
			failing := failure
			failing.items = false
			hospital.in(failing)
			practice.in(conditions[1])
			mind.in(conditions[1])
			a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { allergies { state complete noneKnownBy { sector } } } }`, string(number(0))), nil)
			got := at(t, a.Data, "patient", "allergies").(map[string]any)
			if got["state"] != "UNKNOWN" || got["complete"] != false {
				t.Errorf("%v, complete %v", got["state"], got["complete"])
			}
			if n := len(got["noneKnownBy"].([]any)); n < 2 {
				t.Errorf("%d statements of none", n)
			}
		})
	}
}

// A sector without any source does not count as one that holds nothing.
func TestASectorWithoutSources(t *testing.T) {
	practice := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, practice)
	practice.in(conditions[1])
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { allergies { state complete gaps { sector organisation { odsCode } reason } } mentalHealth { state complete careCluster { id } } } }`, string(number(0))), nil)
	got := at(t, a.Data, "patient", "allergies").(map[string]any)
	if got["state"] != "UNKNOWN" || got["complete"] != false || len(got["gaps"].([]any)) != 2 {
		t.Errorf("allergies %v", got)
	}
	if got := at(t, a.Data, "patient", "mentalHealth").(map[string]any); got["state"] != "UNKNOWN" || got["complete"] != false {
		t.Errorf("mental health %v", got)
	}
}
