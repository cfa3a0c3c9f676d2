package audit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"

	"github.com/jackc/pgx/v5"
)

// seen is one event as alerts look at it; what is not set is usual.
type seen struct {
	at      string // in London
	subject string
	org     string
	patient int
	request string // one of its own unless set
	outcome audit.Outcome
	action  audit.Action
	grant   string
	alone   bool // without a relationship
}

// nothing takes away what was put.
const nothing = untie + `DELETE FROM audit.event`

// put writes events with times of their own, as appending never would. The chain does
// not matter here.
func put(t testing.TB, db *pgtest.Database, events []seen) {
	t.Helper()
	var rows [][]any
	months := map[string]bool{}
	for i, e := range events {
		at := london(t, e.at)
		months[at.UTC().Format("2006-01-02")] = true
		text := map[string]any{"sequence": i + 1, "action": or(string(e.action), "READ"), "outcome": or(string(e.outcome), "SHOWN"),
			"name": "Dr Harry Ward (demo)", "role": "HOSPITAL_DOCTOR", "request": or(e.request, fmt.Sprint("r", i))}
		if !e.alone {
			text["relationship"] = "STAY"
		}
		if e.grant != "" {
			text["breakGlass"] = map[string]string{"grant": e.grant, "reason": "EMERGENCY", "note": "unconscious in resus"}
		}
		number := ""
		if e.patient > 0 {
			number = fmt.Sprintf("999%07d", e.patient)
		}
		encoded, _ := json.Marshal(text)
		rows = append(rows, []any{int64(i + 1), at, make([]byte, 32), number, or(e.subject, "u1"), or(e.org, "RAL"), encoded})
	}
	for month := range months {
		db.Exec(t, `SELECT audit.month('`+month+`')`)
	}
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.CopyFrom(t.Context(), pgx.Identifier{"audit", "event"},
		[]string{"sequence", "recorded_at", "hash", "patient", "subject", "ods_code", "event"}, pgx.CopyFromRows(rows))
	if err != nil {
		t.Fatal(err)
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func london(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, record.London)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// times is n events that make makes.
func times(n int, make func(i int) seen) []seen {
	list := []seen{}
	for i := range n {
		list = append(list, make(i))
	}
	return list
}

// alerts is those of a kind, as "count>threshold" or "count>=threshold".
func alerts(t testing.TB, db *pgtest.Database, kind audit.AlertKind, thresholds *audit.Thresholds) []audit.Alert {
	t.Helper()
	all, err := audit.Alerts(t.Context(), pool(t, db), audit.AlertFilter{
		Organisations: []string{"RAL"}, Since: london(t, "2026-03-01 00:00:00"), Now: london(t, "2026-06-30 12:00:00"), Thresholds: thresholds,
	})
	if err != nil {
		t.Fatal(err)
	}
	var found []audit.Alert
	for _, a := range all {
		if a.Kind == kind {
			found = append(found, a)
		}
	}
	return found
}

// Wednesday 11 March 2026 is a working day with no change of clocks near.
func TestThresholds(t *testing.T) {
	spread := func(start string, apart time.Duration) func(i int) string {
		return func(i int) string { return london(t, start).Add(time.Duration(i) * apart).Format(time.RFC3339Nano) }
	}
	minutely := spread("2026-03-11 09:00:00", time.Minute)
	daily := spread("2026-03-02 09:00:00", 4*time.Minute)
	db := database(t)
	for _, test := range []struct {
		kind      audit.AlertKind
		threshold int
		least     int // the first count that is an alert
		make      func(i int) seen
	}{
		{audit.OutOfHours, 1, 2, func(i int) seen { return seen{at: spread("2026-03-11 21:00:00", 2*time.Hour)(i)} }},
		{audit.NonWorkingDay, 0, 1, func(i int) seen { return seen{at: spread("2026-03-14 09:00:00", time.Minute)(i)} }},
		{audit.RequestsInADay, 100, 101, func(i int) seen { return seen{at: minutely(i), patient: 1} }},
		{audit.PatientsInADay, 300, 301, func(i int) seen { return seen{at: daily(i), patient: i + 1, request: "r"} }},
		{audit.PatientsInAWeek, 500, 501, func(i int) seen { return seen{at: spread("2026-03-02 09:00:00", 20*time.Minute)(i), patient: i + 1} }},
		{audit.PatientsInAMonth, 1000, 1001, func(i int) seen { return seen{at: spread("2026-03-01 00:00:00", 44*time.Minute)(i), patient: i + 1} }},
		{audit.OrgPatientsMonth, 750, 751, func(i int) seen {
			return seen{at: minutely(i), patient: i + 1, subject: fmt.Sprint("u", i%9)}
		}},
		{audit.SamePatient, 3, 3, func(i int) seen { return seen{at: spread("2026-03-01 00:00:00", 10*24*time.Hour)(i), patient: 7} }},
		{audit.FailedLookUps, 20, 21, func(i int) seen {
			return seen{at: spread("2026-03-11 09:00:00", 170*time.Second)(i), patient: 1, outcome: []audit.Outcome{audit.NotFound, audit.NoCareRelationship}[i%2]}
		}},
		{audit.GlassBroken, 0, 1, func(i int) seen {
			return seen{at: minutely(i), patient: 1, action: audit.BreakGlass, outcome: audit.Done, grant: "g"}
		}},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			for n := test.least - 1; n <= test.least; n++ {
				db.Exec(t, nothing)
				put(t, db, times(n, test.make))
				found := alerts(t, db, test.kind, nil)
				if n < test.least {
					if len(found) != 0 {
						t.Errorf("%d: %+v", n, found)
					}
					continue
				}
				if len(found) != 1 || found[0].Count != n || found[0].Threshold != test.threshold || found[0].Who.Organisation != "RAL" ||
					found[0].From.After(found[0].To) || found[0].To.Sub(found[0].From) > 32*24*time.Hour {
					t.Fatalf("%d: %+v", n, found)
				}
				if whole := test.kind == audit.OrgPatientsMonth; (found[0].Who.Subject == "") != whole || (found[0].Who.Name == "") != whole {
					t.Errorf("%d: of %+v", n, found[0].Who)
				}
				if one := test.kind == audit.SamePatient || test.kind == audit.GlassBroken; (found[0].Patient != "") != one {
					t.Errorf("%d: of one patient: %t", n, !one)
				}
			}
		})
	}
}

func TestShareOfList(t *testing.T) {
	db := database(t)
	db.Exec(t, `INSERT INTO consent.relationship (nhs_number, ods_code, kind, started_at, ended_at)
		SELECT '999' || lpad(i::text, 7, '0'), 'RAL', CASE WHEN i % 2 = 0 THEN 'STAY' ELSE 'REFERRAL' END, '2026-01-01', CASE WHEN i > 200 THEN timestamptz '2026-02-01' END
		FROM generate_series(1, 300) AS i`)
	minute := func(i int) string {
		return london(t, "2026-03-11 09:00:00").Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
	}
	list := times(13, func(i int) seen { return seen{at: minute(i), patient: i + 1} })
	list = append(list, times(12, func(i int) seen { return seen{at: minute(i), patient: i + 1, subject: "u2"} })...)
	list = append(list, times(40, func(i int) seen { return seen{at: minute(i), patient: i + 1, subject: "u3", alone: true} })...)
	list = append(list, times(13, func(i int) seen { // never within seven days
		return seen{at: london(t, "2026-03-02 09:00:00").Add(time.Duration(i) * 14 * time.Hour).Format(time.RFC3339), patient: i + 1, subject: "u4"}
	})...)
	put(t, db, list)
	found := alerts(t, db, audit.ShareOfList, nil)
	if len(found) != 1 || found[0].Who.Subject != "u1" || found[0].Count != 13 || found[0].Threshold != 12 {
		t.Errorf("of 200 patients: %+v", found)
	}
	short := audit.DefaultThresholds()
	short.ShortestList = 201
	if found := alerts(t, db, audit.ShareOfList, &short); len(found) != 0 {
		t.Errorf("of a list that is too short: %+v", found)
	}
}

// What lies on either side of a limit, in London's time.
func TestTimesThatCount(t *testing.T) {
	db := database(t)
	for _, test := range []struct {
		name string
		kind audit.AlertKind
		at   []string
		want int
	}{
		{"a second before nine in the evening", audit.OutOfHours, []string{"2026-03-11 20:59:59", "2026-03-11 20:59:58"}, 0},
		{"six in the morning", audit.OutOfHours, []string{"2026-03-11 06:00:00", "2026-03-11 06:00:01"}, 0},
		{"both sides of midnight are one night", audit.OutOfHours, []string{"2026-03-11 23:59:59", "2026-03-12 05:59:59"}, 1},
		{"two nights", audit.OutOfHours, []string{"2026-03-11 05:59:59", "2026-03-11 21:00:00"}, 0},
		{"the night before the clocks go forward", audit.OutOfHours, []string{"2026-03-29T04:59:59Z", "2026-03-29T04:59:58Z"}, 1},
		{"six in the morning once they have", audit.OutOfHours, []string{"2026-03-29T05:00:00Z", "2026-03-29T05:00:01Z"}, 0},
		{"the same hour a day earlier", audit.OutOfHours, []string{"2026-03-28T05:00:00Z", "2026-03-28T05:59:59Z"}, 1},
		{"the evening of summer", audit.OutOfHours, []string{"2026-03-30T20:00:00Z", "2026-03-30T20:00:01Z"}, 1},
		{"the evening of winter", audit.OutOfHours, []string{"2026-03-27T20:00:00Z", "2026-03-27T20:59:59Z"}, 0},
		{"a Saturday", audit.NonWorkingDay, []string{"2026-03-14 12:00:00"}, 1},
		{"a Friday's last second", audit.NonWorkingDay, []string{"2026-03-13 23:59:59"}, 0},
		{"a Monday's first second, in summer time", audit.NonWorkingDay, []string{"2026-04-12T23:00:00Z"}, 0},
		{"a Sunday's last second, in summer time", audit.NonWorkingDay, []string{"2026-04-12T22:59:59Z"}, 1},
		{"Good Friday", audit.NonWorkingDay, []string{"2026-04-03 12:00:00"}, 1},
		{"Easter Monday", audit.NonWorkingDay, []string{"2026-04-06 12:00:00"}, 1},
		{"the Tuesday after", audit.NonWorkingDay, []string{"2026-04-07 12:00:00"}, 0},
		{"a day named in the settings", audit.NonWorkingDay, []string{"2026-06-17 12:00:00"}, 1},
		{"before the time that was asked for", audit.NonWorkingDay, []string{"2026-02-28 12:00:00"}, 0},
		{"on either side of a month", audit.SamePatient, []string{"2026-03-30 12:00:00", "2026-03-31 12:00:00", "2026-04-01 00:00:00"}, 0},
		{"the last second of a month, in summer time", audit.SamePatient, []string{"2026-04-01 12:00:00", "2026-04-02 12:00:00", "2026-04-30T22:59:59Z"}, 1},
		{"a second later", audit.SamePatient, []string{"2026-04-01 12:00:00", "2026-04-02 12:00:00", "2026-04-30T23:00:00Z"}, 0},
		{"a month that began before the time asked for", audit.SamePatient, []string{"2026-03-01 00:00:00", "2026-03-02 12:00:00", "2026-03-03 12:00:00"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			db.Exec(t, nothing)
			put(t, db, times(len(test.at), func(i int) seen { return seen{at: test.at[i], patient: 1} }))
			thresholds := audit.DefaultThresholds()
			thresholds.Holidays = []record.Date{"2026-06-17"}
			if found := alerts(t, db, test.kind, &thresholds); len(found) != test.want {
				t.Errorf("%+v", found)
			}
		})
	}
}

func TestRollingTimes(t *testing.T) {
	db := database(t)
	few := audit.DefaultThresholds()
	few.PatientsInADay, few.PatientsInAWeek, few.FailedLookUps = 2, 2, 2
	for _, test := range []struct {
		name string
		kind audit.AlertKind
		at   []string
		want string
	}{
		{"three within a day", audit.PatientsInADay, []string{"2026-03-11 09:00:00", "2026-03-11 10:00:00", "2026-03-12 08:59:59"}, "3"},
		{"three in a day and no second less", audit.PatientsInADay, []string{"2026-03-11 09:00:00", "2026-03-11 10:00:00", "2026-03-12 09:00:00"}, ""},
		{"a day in which the clocks change has 24 hours too", audit.PatientsInADay, []string{"2026-03-28T12:00:00Z", "2026-03-28T13:00:00Z", "2026-03-29T11:59:59Z"}, "3"},
		{"and no more", audit.PatientsInADay, []string{"2026-03-28T12:00:00Z", "2026-03-28T13:00:00Z", "2026-03-29T12:00:00Z"}, ""},
		{"three within a week", audit.PatientsInAWeek, []string{"2026-03-04 09:00:00", "2026-03-05 10:00:00", "2026-03-11 08:59:59"}, "3"},
		{"two times of too many", audit.PatientsInADay, []string{"2026-03-11 09:00:00", "2026-03-11 10:00:00", "2026-03-11 11:00:00", "2026-03-11 12:00:00",
			"2026-03-20 09:00:00", "2026-03-20 10:00:00", "2026-03-20 11:00:00"}, "3 4"},
		{"an hour of refusals", audit.FailedLookUps, []string{"2026-03-11 09:00:00", "2026-03-11 09:30:00", "2026-03-11 09:59:59"}, "3"},
		{"a second more", audit.FailedLookUps, []string{"2026-03-11 09:00:00", "2026-03-11 09:30:00", "2026-03-11 10:00:00"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			db.Exec(t, nothing)
			put(t, db, times(len(test.at), func(i int) seen {
				e := seen{at: test.at[i], patient: i + 1}
				if test.kind == audit.FailedLookUps {
					e.outcome = audit.NotFound
				}
				return e
			}))
			var counts []string
			for _, a := range alerts(t, db, test.kind, &few) {
				counts = append(counts, fmt.Sprint(a.Count))
			}
			if got := strings.Join(counts, " "); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestWhoseAlerts(t *testing.T) {
	db := database(t)
	night := func(i int) string {
		return london(t, "2026-03-11 22:00:00").Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
	}
	var list []seen
	list = append(list, times(2, func(i int) seen { return seen{at: night(i), patient: 1} })...)
	list = append(list, times(2, func(i int) seen { return seen{at: night(i), patient: 1, org: "RRV", subject: "u2"} })...)
	list = append(list, times(1, func(i int) seen { return seen{at: night(i), patient: 1, subject: "u3"} })...)
	list = append(list, times(1, func(i int) seen { return seen{at: night(i), patient: 1, subject: "u3", org: "R99"} })...)
	list = append(list, times(50, func(i int) seen { return seen{at: night(i), patient: i + 1, subject: "u4", request: "one ward list"} })...)
	list = append(list, times(5, func(i int) seen {
		return seen{at: night(i), subject: "officer", action: audit.ReadTrail, outcome: audit.Done}
	})...)
	put(t, db, list)
	for name, test := range map[string]struct {
		organisations []string
		want          string
	}{
		"an organisation":            {[]string{"RAL"}, "u1@RAL"},
		"with one that it succeeded": {[]string{"RAL", "R99"}, "u1@RAL u3@R99"},
		"another":                    {[]string{"RRV"}, "u2@RRV"},
		"all":                        {nil, "u1@RAL u2@RRV"},
		"none of these":              {[]string{"X"}, ""},
	} {
		all, err := audit.Alerts(t.Context(), pool(t, db), audit.AlertFilter{
			Organisations: test.organisations, Since: london(t, "2026-03-01 00:00:00"), Now: london(t, "2026-06-30 12:00:00"),
		})
		if err != nil {
			t.Fatal(err)
		}
		var who []string
		for _, a := range all {
			if a.Kind == audit.OutOfHours {
				who = append(who, a.Who.Subject+"@"+a.Who.Organisation)
			}
		}
		if got := strings.Join(who, " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestGlassWithItsUses(t *testing.T) {
	db := database(t)
	put(t, db, []seen{
		{at: "2026-03-11 09:00:00", patient: 1, action: audit.BreakGlass, outcome: audit.Done, grant: "a"},
		{at: "2026-03-11 09:00:10", patient: 1, action: audit.BreakGlass, outcome: audit.Forbidden},
		{at: "2026-03-11 09:01:00", patient: 1, grant: "a"},
		{at: "2026-03-11 09:05:00", patient: 1, action: audit.BreakGlass, outcome: audit.Done, grant: "b"},
		{at: "2026-03-11 09:06:00", patient: 1, grant: "b a"},
	})
	found := alerts(t, db, audit.GlassBroken, nil)
	if len(found) != 2 || found[0].Count != 2 || found[1].Count != 3 || !found[1].From.Equal(london(t, "2026-03-11 09:00:00")) ||
		!found[1].To.Equal(london(t, "2026-03-11 09:06:00")) || string(found[0].Patient) != "9990000001" {
		t.Errorf("%+v", found)
	}
}

func TestThresholdsBelowZero(t *testing.T) {
	db := database(t)
	put(t, db, times(60, func(i int) seen {
		return seen{at: london(t, "2026-03-14 22:00:00").Add(time.Duration(i) * time.Second).Format(time.RFC3339), patient: i%3 + 1, outcome: []audit.Outcome{audit.Shown, audit.NotFound}[i%2], grant: "g"}
	}))
	off := audit.Thresholds{OutOfHours: -1, NonWorkingDay: -1, RequestsInADay: -1, PatientsInADay: -1, PatientsInAWeek: -1, PatientsInAMonth: -1,
		OrganisationPatientsInAMonth: -1, ShareOfList: -1, SamePatient: -1, FailedLookUps: -1, BreakGlass: -1, NightFrom: 21, NightTo: 6}
	all, err := audit.Alerts(t.Context(), pool(t, db), audit.AlertFilter{Since: london(t, "2026-03-01 00:00:00"), Now: london(t, "2026-06-30 12:00:00"), Thresholds: &off})
	if err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	if all, err := audit.Alerts(t.Context(), pool(t, db), audit.AlertFilter{Since: london(t, "2026-03-01 00:00:00"), Now: london(t, "2026-06-30 12:00:00")}); err != nil || len(all) < 5 {
		t.Error("the twin: ", all, err)
	}
}

// The events that a Trail writes are those that alerts read.
func TestAlertsOfWhatATrailWrote(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	for i := range 3 {
		shown, refused := event(1), event(2)
		shown.RequestID, refused.RequestID = fmt.Sprint("r", i), fmt.Sprint("r", i)
		refused.Outcome, refused.Glass, refused.Relationship = audit.NoCareRelationship, nil, ""
		mustRecord(t, trail, []audit.Entry{shown, refused})
	}
	thresholds := audit.DefaultThresholds()
	thresholds.FailedLookUps = 2
	found, err := audit.Alerts(t.Context(), pool(t, db), audit.AlertFilter{
		Organisations: []string{"RAL"}, Since: time.Now().Add(-time.Hour), Now: time.Now().Add(time.Minute), Thresholds: &thresholds,
	})
	if err != nil {
		t.Fatal(err)
	}
	who := audit.Who{Subject: "u1", Name: "Dr Harry Ward (demo)", Role: "HOSPITAL_DOCTOR", Organisation: "RAL"}
	counts := map[audit.AlertKind]int{}
	for _, a := range found {
		if a.Kind == audit.GlassBroken && a.Patient == "9990000001" || a.Kind == audit.FailedLookUps && a.Patient == "" {
			if counts[a.Kind] = a.Count; a.Who != who {
				t.Errorf("%+v", a)
			}
		}
	}
	if counts[audit.GlassBroken] != 3 || counts[audit.FailedLookUps] != 3 {
		t.Errorf("%v of %+v", counts, found)
	}
}
