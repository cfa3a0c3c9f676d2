// Package load turns FHIR R4 bundles and NDJSON of other systems into rows of the
// source views, and writes them, a person at a time, whole or not at all.
package load

import (
	"time"

	"carerecord/internal/record"
)

// Source names a source database: a sector and the organisation whose records it holds.
type Source struct {
	Sector record.Sector
	ODS    string
}

// Row is a row of a source view: its relation and its columns by name. A column
// that is absent is null. Values are string, bool, int, time.Time, []string and
// []byte; numeric columns take the number's text.
type Row struct {
	Relation string
	Columns  map[string]any
}

// Person is everything that is to be stored for one person.
type Person struct {
	Number       record.NHSNumber
	Superseded   []record.NHSNumber // older numbers that now lead to Number
	Born         record.PartialDate
	Died         time.Time // zero while alive
	DiedDayOnly  bool      // the time of day of the death is not known
	Restricted   bool
	Invalidated  bool      // the number was withdrawn as an error and leads to nobody
	OptedOutFrom time.Time // zero: no opt-out in force
	Rows         map[Source][]Row
	Relations    []Relation
	// Summary is what `residents` prints.
	Name, Practice, Hospital string
	// Scenario says in a few words what this resident is there to show; "" for most.
	Scenario string

	// Tally says what became of the entries the person was read from.
	Tally Tally
	// Continues says that the person was met before in the same load: what is new is added to what is there.
	Continues bool
}

// Relation is a care relationship, as the record shows it.
type Relation struct {
	ODS     string
	Kind    string    // REGISTERED_PRACTICE, REFERRAL, STAY, APPOINTMENT, ALLOCATED_WORKER
	Started time.Time // APPOINTMENT: when it is
	Ended   time.Time // zero while it goes on
	Touched time.Time // REFERRAL: last activity
}
