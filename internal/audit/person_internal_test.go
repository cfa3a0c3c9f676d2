package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/record"
)

// nothing is thresholds of which none is reported.
func nothing() Thresholds {
	return Thresholds{OutOfHours: -1, NonWorkingDay: -1, RequestsInADay: -1, PatientsInADay: -1, PatientsInAWeek: -1, PatientsInAMonth: -1,
		OrganisationPatientsInAMonth: -1, ShareOfList: -1, SamePatient: -1, FailedLookUps: -1, BreakGlass: -1, NightFrom: 21, NightTo: 6}
}

// noon is on a Wednesday that is worked.
var noon = time.Date(2026, 3, 11, 12, 0, 0, 0, record.London)

// use is looks by one person, one a minute from noon on; what is not set is usual.
func use(looks ...look) []look {
	for i := range looks {
		l := &looks[i]
		l.unit, l.subject, l.organisation, l.name, l.role, l.sequence = "RAL", "u1", "R99", "n", "r", int64(i+1)
		if l.at.IsZero() {
			l.at = noon.Add(time.Duration(i) * time.Minute)
		}
		if l.action == "" {
			l.action = Read
		}
		if l.outcome == "" {
			l.outcome = Shown
		}
	}
	return looks
}

// raised is what is raised about somebody's use, for a list of so many patients.
func raised(t Thresholds, list int, looks []look) []Alert {
	f := &AlertFilter{Thresholds: &t, Now: noon.AddDate(0, 6, 0)}
	p := f.person("RAL", list)
	for _, l := range looks {
		p.add(l)
	}
	return p.end(nil)
}

// inShort is alerts in short.
func inShort(alerts []Alert) string {
	var texts []string
	for _, a := range alerts {
		texts = append(texts, strings.TrimSpace(fmt.Sprintf("%s %d>%d %s", a.Kind, a.Count, a.Threshold, string(a.Patient))))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

// each is so many looks at different patients, in requests of their own.
func each(n int, change func(int, *look)) []look {
	looks := make([]look, n)
	for i := range looks {
		looks[i].patient, looks[i].request = record.NHSNumber(fmt.Sprintf("999%07d", i)), fmt.Sprint("r", i)
		change(i, &looks[i])
	}
	return use(looks...)
}

func TestWhatIsCountedOfAPerson(t *testing.T) {
	same := func(int, *look) {}
	const one = record.NHSNumber("9990000018")
	for _, c := range []struct {
		name  string
		set   func(*Thresholds)
		list  int
		looks []look
		want  string
	}{
		{"nothing", func(*Thresholds) {}, 1000, each(9, same), ""},
		{"requests by day are not out of hours", func(t *Thresholds) { t.OutOfHours = 0 }, 0, each(3, same), ""},
		{"requests by night", func(t *Thresholds) { t.OutOfHours = 1 }, 0, each(2, func(_ int, l *look) { l.at = noon.Add(9 * time.Hour) }), "OUT_OF_HOURS 2>1"},
		{"a grant that is taken by night is no request", func(t *Thresholds) { t.OutOfHours, t.BreakGlass = 0, 5 }, 0, each(2, func(_ int, l *look) { l.at, l.action, l.outcome = noon.Add(9*time.Hour), BreakGlass, Done }), ""},
		{"requests without a name are as many as there are", func(t *Thresholds) { t.RequestsInADay = 2 }, 0, each(3, func(_ int, l *look) { l.request = " " }), "REQUESTS_IN_A_DAY 3>2"},
		{"one request for several patients is one", func(t *Thresholds) { t.RequestsInADay = 0 }, 0, each(3, func(_ int, l *look) { l.request = "r" }), "REQUESTS_IN_A_DAY 1>0"},
		{"a day begins anew", func(t *Thresholds) { t.RequestsInADay = 1 }, 0, each(3, func(i int, l *look) { l.at = noon.AddDate(0, 0, i) }), ""},
		{"the same patient in requests of their own", func(t *Thresholds) { t.SamePatient = 2 }, 0, each(2, func(_ int, l *look) { l.patient = one }), "SAME_PATIENT 2>2 9990000018"},
		{"the same patient twice in one request", func(t *Thresholds) { t.SamePatient = 2 }, 0, each(2, func(_ int, l *look) { l.patient, l.request = one, "r" }), ""},
		{"the same patient once, where each is reported", func(t *Thresholds) { t.SamePatient = 1 }, 0, each(1, func(_ int, l *look) { l.patient = one }), "SAME_PATIENT 1>1 9990000018"},
		{"the same patient, where even none is too many", func(t *Thresholds) { t.SamePatient = 0 }, 0, each(1, func(_ int, l *look) { l.patient = one }), "SAME_PATIENT 1>0 9990000018"},
		{"a patient in two months", func(t *Thresholds) { t.SamePatient = 2 }, 0, each(2, func(i int, l *look) { l.patient, l.at = one, noon.AddDate(0, i, 0) }), ""},
		{"nobody in particular", func(t *Thresholds) {
			t.SamePatient, t.PatientsInADay, t.PatientsInAWeek, t.PatientsInAMonth, t.ShareOfList = 1, 0, 0, 0, 0
		}, 0, each(2, func(_ int, l *look) { l.patient, l.inCare = "", true }), ""},
		{"as many patients as may be", func(t *Thresholds) { t.PatientsInADay, t.PatientsInAWeek, t.PatientsInAMonth = 3, 3, 3 }, 0, each(3, same), ""},
		{"more", func(t *Thresholds) { t.PatientsInADay, t.PatientsInAWeek, t.PatientsInAMonth = 2, 2, 2 }, 0, each(3, same),
			"PATIENTS_IN_A_DAY 3>2, PATIENTS_IN_A_MONTH 3>2, PATIENTS_IN_A_WEEK 3>2"},
		{"where even none is too many", func(t *Thresholds) { t.PatientsInADay, t.PatientsInAMonth = 0, 0 }, 0, each(1, same), "PATIENTS_IN_A_DAY 1>0, PATIENTS_IN_A_MONTH 1>0"},
		{"a patient again is no other", func(t *Thresholds) { t.PatientsInADay = 1 }, 0, each(3, func(_ int, l *look) { l.patient = one }), ""},
		{"a patient who comes again keeps the place", func(t *Thresholds) { t.PatientsInADay = 1 }, 0, each(3, func(i int, l *look) {
			l.patient, l.at = one, noon.Add([]time.Duration{0, 23 * time.Hour, 25 * time.Hour}[i])
			if i == 2 {
				l.patient = "9990000026"
			}
		}), "PATIENTS_IN_A_DAY 2>1"},
		{"a patient who has gone does not", func(t *Thresholds) { t.PatientsInADay = 1 }, 0, each(3, func(i int, l *look) { l.at = noon.Add(time.Duration(i) * 24 * time.Hour) }), ""},
		{"most of what was too many", func(t *Thresholds) { t.PatientsInADay = 1 }, 0, each(5, func(i int, l *look) {
			l.at = noon.Add([]time.Duration{0, 1, 2, 50, 51}[i] * time.Hour)
		}), "PATIENTS_IN_A_DAY 2>1, PATIENTS_IN_A_DAY 3>1"},
		{"more once, and then fewer that are still too many", func(t *Thresholds) { t.PatientsInADay = 1 }, 0, each(4, func(i int, l *look) {
			l.at = noon.Add([]time.Duration{0, 1, 2, 25}[i] * time.Hour)
		}), "PATIENTS_IN_A_DAY 3>1"},
		{"too many on each of two days", func(t *Thresholds) { t.RequestsInADay = 1 }, 0, each(5, func(i int, l *look) { l.at = noon.AddDate(0, 0, i/2) }), "REQUESTS_IN_A_DAY 2>1, REQUESTS_IN_A_DAY 2>1"},
		{"a share of a list that is just long enough", func(t *Thresholds) { t.ShareOfList, t.ShortestList = 50, 4 }, 4, each(3, func(_ int, l *look) { l.inCare = true }), "SHARE_OF_LIST 3>2"},
		{"of one that is too short", func(t *Thresholds) { t.ShareOfList, t.ShortestList = 50, 5 }, 4, each(3, func(_ int, l *look) { l.inCare = true }), ""},
		{"where no share may be shown", func(t *Thresholds) { t.ShareOfList, t.ShortestList = 0, 4 }, 4, each(1, func(_ int, l *look) { l.inCare = true }), "SHARE_OF_LIST 1>0"},
		{"of whom is not in care", func(t *Thresholds) { t.ShareOfList, t.ShortestList = 0, 4 }, 4, each(1, same), ""},
		{"refusals", func(t *Thresholds) { t.FailedLookUps = 1 }, 0, each(3, func(i int, l *look) { l.outcome = []Outcome{NoCareRelationship, NotFound, Withheld}[i] }), "FAILED_LOOK_UPS 2>1"},
		{"refusals are no patients who were shown", func(t *Thresholds) { t.PatientsInADay = 0 }, 0, each(3, func(_ int, l *look) { l.outcome = NotFound }), ""},
		{"a day that is not worked", func(t *Thresholds) { t.NonWorkingDay = 0 }, 0, each(1, func(_ int, l *look) { l.at = noon.AddDate(0, 0, 3) }), "NON_WORKING_DAY 1>0"},
		{"one that is not by the settings", func(t *Thresholds) { t.NonWorkingDay, t.Holidays = 0, []record.Date{"2026-03-11"} }, 0, each(1, same), "NON_WORKING_DAY 1>0"},
		{"a grant and its use", func(t *Thresholds) { t.BreakGlass = 1 }, 0, each(2, func(i int, l *look) {
			l.patient, l.grants, l.action = one, "g", []Action{BreakGlass, Read}[i]
			l.outcome = []Outcome{Done, Shown}[i]
		}), "BREAK_GLASS 2>1 9990000018"},
		{"a grant that was not taken", func(t *Thresholds) { t.BreakGlass = 0 }, 0, each(1, func(_ int, l *look) { l.grants, l.action, l.outcome = "g", BreakGlass, Rejected }), ""},
		{"a use that was refused is one", func(t *Thresholds) { t.BreakGlass = 0 }, 0, each(1, func(_ int, l *look) { l.patient, l.grants, l.outcome = one, "g", WithheldChanged }), "BREAK_GLASS 1>0 9990000018"},
		{"as many uses as may be", func(t *Thresholds) { t.BreakGlass = 1 }, 0, each(1, func(_ int, l *look) { l.grants = "g" }), ""},
	} {
		thresholds := nothing()
		c.set(&thresholds)
		found := raised(thresholds, c.list, c.looks)
		if got := inShort(found); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for _, a := range found {
			if (a.Who != Who{Subject: "u1", Name: "n", Role: "r", Organisation: "R99"}) || a.From.After(a.To) || a.From.IsZero() {
				t.Errorf("%s: %+v", c.name, a)
			}
		}
	}
}

// The times of an alert are those in which was counted, and none reaches beyond now.
func TestTheTimesOfAlerts(t *testing.T) {
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, record.London)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct {
		set      func(*Thresholds)
		at       string
		from, to string
	}{
		{func(t *Thresholds) { t.OutOfHours = 0 }, "2026-03-11 21:00", "2026-03-11 21:00", "2026-03-12 06:00"},
		{func(t *Thresholds) { t.OutOfHours = 0 }, "2026-03-12 05:59", "2026-03-11 21:00", "2026-03-12 06:00"},
		{func(t *Thresholds) { t.OutOfHours = 0 }, "2026-03-29 00:30", "2026-03-28 21:00", "2026-03-29 06:00"},
		{func(t *Thresholds) { t.RequestsInADay = 0 }, "2026-03-11 00:00", "2026-03-11 00:00", "2026-03-12 00:00"},
		{func(t *Thresholds) { t.NonWorkingDay = 0 }, "2026-03-14 23:59", "2026-03-14 00:00", "2026-03-15 00:00"},
		{func(t *Thresholds) { t.PatientsInAMonth = 0 }, "2026-03-31 23:59", "2026-03-01 00:00", "2026-04-01 00:00"},
		{func(t *Thresholds) { t.SamePatient = 1 }, "2026-12-31 12:00", "2026-12-01 00:00", "2027-01-01 00:00"},
		{func(t *Thresholds) { t.PatientsInADay = 0 }, "2026-03-11 12:00", "2026-03-10 12:00", "2026-03-11 12:00"},
		{func(t *Thresholds) { t.PatientsInAWeek = 0 }, "2026-03-11 12:00", "2026-03-04 12:00", "2026-03-11 12:00"},
	} {
		thresholds := nothing()
		c.set(&thresholds)
		looks := each(1, func(_ int, l *look) { l.at = at(c.at) })
		f := &AlertFilter{Thresholds: &thresholds, Now: at("2027-06-01 00:00")}
		for _, now := range []time.Time{f.Now, at(c.at)} {
			f.Now = now
			p := f.person("RAL", 0)
			p.add(looks[0])
			found, to := p.end(nil), at(c.to)
			if to.After(now) {
				to = now
			}
			if len(found) != 1 || !found[0].From.Equal(at(c.from)) || !found[0].To.Equal(to) {
				t.Errorf("%s by %s: %+v", c.at, now, found)
			}
		}
	}
	thresholds := nothing()
	thresholds.PatientsInADay = 1
	found := raised(thresholds, 0, each(3, func(i int, l *look) { l.at = noon.Add([]time.Duration{0, 2, 49}[i] * time.Hour / 2) }))
	if len(found) != 1 || !found[0].To.Equal(noon.Add(time.Hour)) {
		t.Errorf("as many again: %+v, want the first time", found)
	}
	f := &AlertFilter{Now: noon}
	for end, want := range map[time.Time]time.Time{noon.Add(-1): noon.Add(-1), noon: noon, noon.Add(1): noon} {
		if got := f.until(end); !got.Equal(want) {
			t.Errorf("until %s: %s", end, got)
		}
	}
	for since, want := range map[string]string{"2026-03-03 09:00": "2026-02-24 09:00", "2026-03-08 00:00": "2026-03-01 00:00", "2026-03-20 09:00": "2026-03-01 00:00"} {
		f.Since = at(since)
		if got := f.from(); !got.Equal(at(want)) {
			t.Errorf("since %s: from %s, want %s", since, got, want)
		}
	}
}

// Nobody without a name is counted, and others' alerts stay.
func TestWhoIsNobody(t *testing.T) {
	before := []Alert{{Kind: GlassBroken}}
	usual := DefaultThresholds()
	if got := (&AlertFilter{Thresholds: &usual}).person("", 0).end(before); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
