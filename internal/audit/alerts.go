package audit

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// AlertKind is a kind of possible misuse that has a threshold.
type AlertKind string

// The kinds of alert.
const (
	OutOfHours       AlertKind = "OUT_OF_HOURS"
	NonWorkingDay    AlertKind = "NON_WORKING_DAY"
	RequestsInADay   AlertKind = "REQUESTS_IN_A_DAY"
	PatientsInADay   AlertKind = "PATIENTS_IN_A_DAY"
	PatientsInAWeek  AlertKind = "PATIENTS_IN_A_WEEK"
	PatientsInAMonth AlertKind = "PATIENTS_IN_A_MONTH"
	OrgPatientsMonth AlertKind = "ORGANISATION_PATIENTS_IN_A_MONTH"
	ShareOfList      AlertKind = "SHARE_OF_LIST"
	SamePatient      AlertKind = "SAME_PATIENT"
	FailedLookUps    AlertKind = "FAILED_LOOK_UPS"
	GlassBroken      AlertKind = "BREAK_GLASS"
)

// Thresholds are the numbers above which use deserves a question. Below 0, nothing of the kind is
// reported. A request is one operation, for however many patients. A patient counts if the record was
// shown. Days, nights and months are those of London.
type Thresholds struct {
	OutOfHours                   int `json:"outOfHours"`                   // requests of a person in a night
	NonWorkingDay                int `json:"nonWorkingDay"`                // requests of a person on a non-working day
	RequestsInADay               int `json:"requestsInADay"`               // requests of a person
	PatientsInADay               int `json:"patientsInADay"`               // of a person in any 24 hours
	PatientsInAWeek              int `json:"patientsInAWeek"`              // of a person in any seven days
	PatientsInAMonth             int `json:"patientsInAMonth"`             // of a person
	OrganisationPatientsInAMonth int `json:"organisationPatientsInAMonth"` // of an organisation
	ShareOfList                  int `json:"shareOfList"`                  // percent of an organisation's patients that a person was shown in any seven days, by a care relationship
	ShortestList                 int `json:"shortestList"`                 // no share is reported if the organisation has fewer patients
	SamePatient                  int `json:"samePatient"`                  // requests of a person for the same patient in a month: reported from this number on, not only above it
	FailedLookUps                int `json:"failedLookUps"`                // look-ups of a person in any hour that were refused for want of a care relationship or a record; repeats for one patient count
	BreakGlass                   int `json:"breakGlass"`                   // the taking of a grant, and each use of it

	NightFrom int           `json:"nightFrom"` // the hour at which a night begins
	NightTo   int           `json:"nightTo"`   // and ends
	Holidays  []record.Date `json:"holidays"`  // non-working days besides weekends and England's bank holidays
}

// defaultFailedLookUps and defaultShortestList are our own numbers: no source has any. A ward round
// has fewer than 20 patients who are not in care. One clinic is 6 % of a list of fewer than 100.
const (
	defaultFailedLookUps = 20
	defaultShortestList  = 100
)

// DefaultThresholds returns the thresholds of the re-identification service
// (NHSISL/ISL.ReIdentification), except for the two of our own and for break-glass, of which every
// use is reported.
func DefaultThresholds() Thresholds {
	return Thresholds{
		OutOfHours: 1, NonWorkingDay: 0, RequestsInADay: 100,
		PatientsInADay: 300, PatientsInAWeek: 500, PatientsInAMonth: 1000, OrganisationPatientsInAMonth: 750,
		ShareOfList: 6, ShortestList: defaultShortestList, SamePatient: 3, FailedLookUps: defaultFailedLookUps,
		NightFrom: 21, NightTo: 6,
	}
}

// AlertFilter selects alerts.
type AlertFilter struct {
	// Organisations are those of the person who asked: one organisation and those that it succeeded,
	// itself first. They count as one. Without any, every organisation counts by itself.
	Organisations []string
	// Since and Now limit the time. What began before Since and reaches beyond it is counted in full.
	Since, Now time.Time
	Thresholds *Thresholds // DefaultThresholds if nil
}

// Alert is use that deserves a question.
type Alert struct {
	Kind             AlertKind
	Who              Who // without a subject if it is about the use of the whole organisation
	Patient          record.NHSNumber
	From, To         time.Time // the time that was counted
	Count, Threshold int
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
	week = 7 * day
)

// looks are the actions that ask for somebody's record.
var looks = []Action{Read, List, Subscribe}

// Alerts returns the use that deserves a question, the latest first. It reads the events from the
// month of Since on, one person after another. The error is ErrUnavailable.
func Alerts(ctx context.Context, pool *pgxpool.Pool, f AlertFilter) ([]Alert, error) {
	if f.Thresholds == nil {
		usual := DefaultThresholds()
		f.Thresholds = &usual
	}
	var alerts []Alert
	err := pgx.BeginTxFunc(ctx, pool, reading, func(tx pgx.Tx) error {
		lists, err := f.lists(ctx, tx)
		if err != nil {
			return err
		}
		if alerts, err = f.people(ctx, tx, lists); err != nil {
			return err
		}
		organisations, err := f.organisations(ctx, tx)
		alerts = append(alerts, organisations...)
		return err
	})
	if err != nil {
		return nil, unavailable("counting alerts", err)
	}
	alerts = slices.DeleteFunc(alerts, func(a Alert) bool { return !a.To.After(f.Since) })
	slices.SortStableFunc(alerts, func(a, b Alert) int {
		return cmp.Or(b.To.Compare(a.To), b.From.Compare(a.From), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Who.Subject, b.Who.Subject),
			cmp.Compare(string(a.Patient), string(b.Patient)))
	})
	return alerts, nil
}

// from returns the moment from which events are counted: the start of Since's month, or a week before
// Since if that is earlier.
func (f *AlertFilter) from() time.Time {
	from := month(f.Since, 0)
	if w := f.Since.Add(-week); w.Before(from) {
		from = w
	}
	return from
}

// unit is SQL for the organisation that a row with an ods_code counts for. $1 is Organisations.
const unit = `CASE WHEN cardinality($1::text[]) > 0 THEN ($1::text[])[1] ELSE ods_code END`

// ours returns SQL for the rows that count. With Organisations it is another text, so that their rows
// are found by index.
func (f *AlertFilter) ours() string {
	if len(f.Organisations) == 0 {
		return "ods_code <> ''"
	}
	return "ods_code = ANY ($1::text[])"
}

// lists returns how many patients each organisation has a current relationship with. Unlike consent,
// it does not count a stay after its end, and counts an open referral however long ago it was
// touched.
func (f *AlertFilter) lists(ctx context.Context, tx pgx.Tx) (map[string]int, error) {
	if f.Thresholds.ShareOfList < 0 {
		return nil, nil
	}
	rows, _ := tx.Query(ctx, `
		SELECT `+unit+`, count(DISTINCT nhs_number)
		FROM consent.relationship
		WHERE `+f.ours()+`
		  AND CASE kind
		      WHEN 'APPOINTMENT' THEN ended_at IS NULL AND started_at BETWEEN $2::timestamptz - interval '14 days' AND $2 + interval '28 days'
		      ELSE started_at <= $2 AND (ended_at IS NULL OR ended_at > $2) END
		GROUP BY 1`, f.codes(), f.Now) // rows carries the error
	lists := map[string]int{}
	var organisation string
	var patients int
	_, err := pgx.ForEachRow(rows, []any{&organisation, &patients}, func() error {
		lists[organisation] = patients
		return nil
	})
	return lists, err
}

// codes returns Organisations, never NULL.
func (f *AlertFilter) codes() []string { return append([]string{}, f.Organisations...) }

// organisations counts, by month, the patients whom each organisation was shown.
func (f *AlertFilter) organisations(ctx context.Context, tx pgx.Tx) ([]Alert, error) {
	threshold := f.Thresholds.OrganisationPatientsInAMonth
	if threshold < 0 {
		return nil, nil
	}
	rows, _ := tx.Query(ctx, f.organisationsSQL(), f.codes(), f.from(), f.Now, plain(looks), threshold)
	var alerts []Alert
	var organisation string
	var began time.Time
	var patients int
	_, err := pgx.ForEachRow(rows, []any{&organisation, &began, &patients}, func() error {
		alerts = append(alerts, Alert{
			Kind: OrgPatientsMonth, Who: Who{Organisation: organisation}, Count: patients, Threshold: threshold,
			From: began, To: f.until(month(began, 1)),
		})
		return nil
	})
	return alerts, err
}

func (f *AlertFilter) organisationsSQL() string {
	return `
		SELECT ` + unit + ` AS unit, date_trunc('month', recorded_at AT TIME ZONE 'Europe/London') AT TIME ZONE 'Europe/London' AS month,
		       count(DISTINCT patient)
		FROM audit.event
		WHERE ` + f.ours() + ` AND recorded_at >= $2 AND recorded_at < $3 AND patient <> ''
		  AND event ->> 'outcome' = 'SHOWN' AND event ->> 'action' = ANY ($4::text[])
		GROUP BY 1, 2 HAVING count(DISTINCT patient) > $5`
}

// until returns the end of a time, or Now if it is not over.
func (f *AlertFilter) until(end time.Time) time.Time {
	if end.After(f.Now) {
		return f.Now
	}
	return end
}

// look is the part of an event that is counted.
type look struct {
	unit, subject string
	sequence      int64
	at            time.Time
	patient       record.NHSNumber
	organisation  string
	action        Action
	outcome       Outcome
	name          string
	role          auth.Role
	request       string // the same for all events of one request
	inCare        bool   // by a relationship of the organisation
	grants        string // the break-glass grants that were taken or used, separated by spaces
}

// people counts the use of each person. The rows come person by person, so that only one person's use
// is in memory at a time.
func (f *AlertFilter) people(ctx context.Context, tx pgx.Tx, lists map[string]int) ([]Alert, error) {
	rows, _ := tx.Query(ctx, f.peopleSQL(), f.codes(), f.from(), f.Now, plain(append([]Action{BreakGlass}, looks...)))
	var alerts []Alert
	p := f.person("", 0)
	var l look
	_, err := pgx.ForEachRow(rows, []any{&l.unit, &l.subject, &l.sequence, &l.at, (*string)(&l.patient), &l.organisation, (*string)(&l.action),
		(*string)(&l.outcome), &l.name, (*string)(&l.role), &l.request, &l.inCare, &l.grants}, func() error {
		if l.unit != p.unit || l.subject != p.who.Subject {
			alerts = p.end(alerts)
			p = f.person(l.unit, lists[l.unit])
		}
		p.add(l)
		return nil
	})
	return p.end(alerts), err
}

func (f *AlertFilter) peopleSQL() string {
	return `
		SELECT ` + unit + ` AS unit, e.subject, e.sequence, e.recorded_at, e.patient, e.ods_code, x.action, coalesce(x.outcome, ''),
		       coalesce(x.name, ''), coalesce(x.role, ''), concat_ws(' ', x."receivedAt", x.request),
		       coalesce(x.relationship, '') <> '', coalesce(x."breakGlass" ->> 'grant', '')
		FROM audit.event AS e
		CROSS JOIN LATERAL json_to_record(e.event) AS x (action text, outcome text, name text, role text, "receivedAt" text,
		                                                 request text, relationship text, "breakGlass" json)
		WHERE ` + f.ours() + ` AND e.recorded_at >= $2 AND e.recorded_at < $3 AND e.subject <> '' AND x.action = ANY ($4::text[])
		ORDER BY unit, e.subject, e.recorded_at, e.sequence`
}
