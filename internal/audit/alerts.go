package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/record"
)

// AlertKind is a threshold of misuse.
type AlertKind string

// The thresholds.
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

// AlertFilter chooses alerts.
type AlertFilter struct {
	Organisations []string // of whoever asked
	Since, Now    time.Time
}

// Alert is use that deserves a question.
type Alert struct {
	Kind             AlertKind
	Who              Who // without a subject where the organisation's use as a whole is meant
	Patient          record.NHSNumber
	From, To         time.Time
	Count, Threshold int
}

// Alerts is what of the use deserves a question, the latest first.
func Alerts(ctx context.Context, pool *pgxpool.Pool, f AlertFilter) ([]Alert, error) {
	return nil, fmt.Errorf("%w: alerts are not counted yet", ErrUnavailable)
}
