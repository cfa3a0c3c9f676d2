package consent

import (
	"time"

	"carerecord/internal/record"
)

// Kind is how an organisation comes to care for a patient.
type Kind string

// The kinds of relationship. Of several in force, the first in this order is named.
const (
	RegisteredPractice Kind = "REGISTERED_PRACTICE" // from the registration to its end
	Referral           Kind = "REFERRAL"            // while open and touched within a year
	Stay               Kind = "STAY"                // from admission to 90 days after discharge
	Appointment        Kind = "APPOINTMENT"         // from 28 days before StartedAt, its time, to 14 days after, unless cancelled (EndedAt)
	AllocatedWorker    Kind = "ALLOCATED_WORKER"    // from the allocation to its end
)

var kinds = []Kind{RegisteredPractice, Referral, Stay, Appointment, AllocatedWorker}

// Relationship is one reason for which an organisation cares for a patient.
type Relationship struct {
	Patient   record.NHSNumber
	Org       string // ODS code as it was then; the lineage given to Decide covers predecessors
	Kind      Kind
	StartedAt time.Time
	EndedAt   time.Time // zero while it has not ended
	TouchedAt time.Time // the last activity of a referral; StartedAt counts if zero
}

// BreakGlassGrant is the permission that a professional took for one of the reasons
// below. It replaces a missing relationship and nothing else.
type BreakGlassGrant struct {
	ID        string
	Subject   string
	Org       string
	Patient   record.NHSNumber
	Classes   ClassSet
	Reason    string // EMERGENCY, PUBLIC_INTEREST, STATUTE or COURT_ORDER
	Note      string
	GrantedAt time.Time
	ExpiresAt time.Time
}

// Interval is a time in force, from From until just before To. If To is zero, it
// has no end.
type Interval struct{ From, To time.Time }

// Holds reports whether the interval is in force at a moment.
func (i Interval) Holds(at time.Time) bool {
	return !at.Before(i.From) && (i.To.IsZero() || at.Before(i.To))
}

func (i Interval) contradictsItself() bool { return !i.To.IsZero() && i.To.Before(i.From) }

// Facts is what is known of one patient at the moment of asking, under all the NHS
// numbers that the person has ever had. The zero value denies.
type Facts struct {
	Asked   record.NHSNumber // the number in the question
	Current record.NHSNumber // the number the person has now
	ReadAt  time.Time        // the database's clock: what Decide should take for now

	Unavailable bool // nothing could be established, not even a relationship
	Known       bool // the current number belongs to somebody
	Invalidated bool // the number asked, the current one or one that leads from the one to the other was withdrawn as an error

	Restricted  State      // whether the person's whereabouts are protected
	OptOutKnown bool       // whether OptOuts is complete
	OptOuts     []Interval // the objections to the joined-up record, past and future ones too

	Born          record.PartialDate
	BornOtherwise []record.PartialDate // what superseded numbers say, if different
	Died          time.Time            // zero while alive
	DiedPrecision record.Precision     // record.PrecisionDay if the time of day is not known

	Relationships []Relationship    // with the principal's organisation or its predecessors
	Grants        []BreakGlassGrant // the principal's own
	KnownAt       []string          // ODS codes of all organisations the patient ever had a relationship with
	Version       int64             // of the current number; 0 if unknown
}

// withoutOptOuts returns the facts as if nobody had objected.
func (f Facts) withoutOptOuts() Facts {
	f.OptOuts, f.OptOutKnown = nil, true
	return f
}
