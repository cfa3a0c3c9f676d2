// Package resolvers answers the graph. The root resolvers establish who asks, decide consent, read every source that is
// needed in one wave, and write the audit trail before anything is disclosed. Most other resolvers are one line.
package resolvers

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/organisation"
	"carerecord/internal/record"
)

// Source is a source as the graph knows it: what it holds, whose it is, and how it is read.
type Source struct {
	Name         string // as used in ids and cursors
	Sector       record.Sector
	Organisation *record.Organisation
	Kind         record.SourceKind
	Kinds        []fetch.Kind
	Read         fetch.Func[*fetch.Ask, fetch.Answer]
	Deadline     time.Duration              // of a read; 0 if Read has its own
	Health       func() record.SourceHealth // nil if nothing guards the source; its breaker then counts as closed
}

// Facts reads what is known about patients in one round trip. An error means that nothing could be established about
// any of them.
type Facts interface {
	Facts(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error)
}

// Trail writes events durably. An error means that nothing may be disclosed.
type Trail interface {
	Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error)
}

// Options are what a Root is made from. Fields up to CursorKey are required; the others may be zero.
type Options struct {
	Sources    []Source
	Facts      Facts
	Trail      Trail
	Register   Register
	Policy     *consent.Policy
	Directory  *organisation.Directory
	Exclusions *exclusion.List
	Identifier *record.Identifier
	CursorKey  []byte
	Patients   int           // most distinct patients one request may name; 500 if 0
	InVain     int           // most different patients one person may look up in vain in an hour; 1,000 if 0, no limit if negative
	Refusals   time.Duration // step to which level rounds up the time of an operation that refuses somebody; 0 for none
	Observe    func(context.Context, Observation)
	Now        func() time.Time
	Kept       func(context.Context) *sync.Map // a cache that lives as long as the operation's document; nil for none
	Digest     func(context.Context) string    // known SHA-256 of the document, in hexadecimal; nil or "" to compute it
}

// Root resolves the graph.
type Root struct {
	Options
	kinds    []map[fetch.Kind]bool // by source
	health   *health
	throttle *throttle
	usual    usual
	names    string // of all sources in order; cursors are bound to them
	bySector map[record.Sector][]int
}

// New makes the root of the graph.
func New(options Options) *Root {
	if options.Patients == 0 {
		options.Patients = 500
	}
	if options.InVain == 0 {
		options.InVain = 1000
	}
	if options.Observe == nil {
		options.Observe = func(context.Context, Observation) {}
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	r := &Root{Options: options, health: newHealth(len(options.Sources)), throttle: newThrottle(options.InVain), bySector: map[record.Sector][]int{}}
	for i, source := range options.Sources {
		kinds := make(map[fetch.Kind]bool, len(source.Kinds))
		for _, kind := range source.Kinds {
			kinds[kind] = true
		}
		r.kinds = append(r.kinds, kinds)
		r.bySector[source.Sector] = append(r.bySector[source.Sector], i)
		r.names += source.Name + "\n"
	}
	return r
}

// Schema is the executable schema over this root.
func (r *Root) Schema() graphql.ExecutableSchema {
	return graph.NewExecutableSchema(graph.Config{Resolvers: r})
}

// Query resolves the root fields of queries.
func (r *Root) Query() graph.QueryResolver { return queryResolver{r} }

// Mutation resolves the root fields of mutations.
func (r *Root) Mutation() graph.MutationResolver { return mutationResolver{r} }

// OptOutRequest resolves the match of a resident's request, which an officer asks for.
func (r *Root) OptOutRequest() graph.OptOutRequestResolver { return optOutRequestResolver{r} }

// Patient resolves the fields of a patient.
func (r *Root) Patient() graph.PatientResolver { return patientResolver{} }

// AcuteRecord resolves what hospitals alone record.
func (r *Root) AcuteRecord() graph.AcuteRecordResolver { return acuteResolver{} }

// GPRecord resolves what general practices alone record.
func (r *Root) GPRecord() graph.GPRecordResolver { return gpResolver{} }

// MentalHealthRecord resolves what mental health trusts alone record.
func (r *Root) MentalHealthRecord() graph.MentalHealthRecordResolver { return mentalHealthResolver{} }

// SocialCareRecord resolves what adult social care alone records.
func (r *Root) SocialCareRecord() graph.SocialCareRecordResolver { return socialCareResolver{} }

// Observation describes one read of a source, or an alarm. It says nothing about any patient.
type Observation struct {
	Alarm    Alarm      // "" for a read
	Kind     fetch.Kind // that could not be read from a source that answered; Err says why; "" for all kinds
	Source   string
	Sector   record.Sector
	Duration time.Duration
	Outcome  record.SourceState
	Asks     int
	Err      error // contains no values
	OfNobody bool  // nobody read about is shown: that there was a read would reveal that they exist
}

// Alarm is something that must not happen.
type Alarm string

// The alarms.
const (
	AlarmDropped    Alarm = "DROPPED"    // a source let through an entry that must not be shown; it was dropped
	AlarmUngranted  Alarm = "UNGRANTED"  // a read was about to be made without a grant; it was refused
	AlarmUnplanned  Alarm = "UNPLANNED"  // a field asked for a read that the plan lacks
	AlarmConsent    Alarm = "CONSENT"    // consent could not be established
	AlarmAudit      Alarm = "AUDIT"      // the trail could not be written
	AlarmRestricted Alarm = "RESTRICTED" // demographics knows of a restriction that our register does not
)

// Alarms are all of them.
var Alarms = []Alarm{AlarmDropped, AlarmUngranted, AlarmUnplanned, AlarmConsent, AlarmAudit, AlarmRestricted}
