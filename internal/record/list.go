package record

import "strings"

// ListState is the state of a list.
type ListState string

// The states, in order of precedence. Only NoneKnown and NoneRecorded mean that
// there are no entries.
const (
	NotPermitted ListState = "NOT_PERMITTED"
	Recorded     ListState = "RECORDED"
	Unknown      ListState = "UNKNOWN"
	NoneKnown    ListState = "NONE_KNOWN"
	NoneRecorded ListState = "NONE_RECORDED"
)

// GapReason says why something may be missing.
type GapReason string

// The reasons.
const (
	TimedOut         GapReason = "TIMED_OUT"
	Unavailable      GapReason = "UNAVAILABLE"
	Refused          GapReason = "REFUSED"
	Malformed        GapReason = "MALFORMED"
	PartlyUnreadable GapReason = "PARTLY_UNREADABLE"
	IdentityMismatch GapReason = "IDENTITY_MISMATCH"
	InTransit        GapReason = "IN_TRANSIT"
	AwaitingFiling   GapReason = "AWAITING_FILING"
	Truncated        GapReason = "TRUNCATED"
	Unmapped         GapReason = "UNMAPPED"
)

// Gap says that something may be missing, from where, and why.
type Gap struct {
	Sector       Sector
	Organisation *Organisation
	Reason       GapReason
}

// Status says how complete a part of a record is.
type Status struct {
	State    ListState
	Complete bool
	Gaps     []Gap
	LeftOut  []Class
}

// Describe returns the state of a list. In the contract's order it depends on
// whether entries were found, whether there is a gap, and whether a source states
// that there are none.
func Describe(found, gap, none bool) ListState {
	switch {
	case found:
		return Recorded
	case gap:
		return Unknown
	case none:
		return NoneKnown
	}
	return NoneRecorded
}

// SourceStatus is the Status of the person's own details.
type SourceStatus = Status

// List is entries and what the list lacks.
type List[T any] struct {
	Status
	Nodes       []T
	NoneKnownBy []Provenance // the dated statements that there are no entries
}

// Connection is a page of entries and what the list lacks.
type Connection[T any] struct {
	Status
	Nodes          []T
	PageInfo       PageInfo
	RestartAdvised bool
}

// Edge is an entry with its cursor.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Edges returns the entries of the page with their cursors.
func (c *Connection[T]) Edges() []Edge[T] {
	edges := make([]Edge[T], len(c.Nodes))
	for i, node := range c.Nodes {
		edges[i] = Edge[T]{c.PageInfo.Cursors(i), node}
	}
	return edges
}

// PageInfo is the place of a page in its connection.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	Length          int                // how many entries the page has
	Cursors         func(i int) string // returns the cursor of the ith entry, which is made when it is asked for
}

// StartCursor returns the cursor of the first entry; "" for an empty page.
func (p PageInfo) StartCursor() Text { return p.cursor(0) }

// EndCursor returns the cursor of the last entry; "" for an empty page.
func (p PageInfo) EndCursor() Text { return p.cursor(p.Length - 1) }

func (p PageInfo) cursor(i int) Text {
	if p.Length == 0 {
		return ""
	}
	return Text(p.Cursors(i))
}

// Encounter is a meeting of the person with a service: a stay, an attendance, a
// consultation or a care contact.
type Encounter interface {
	RecordItem
	encounter()
}

// TimelineEntry is an entry of the person's timeline.
type TimelineEntry interface {
	RecordItem
	At() DateTime
	AtPrecision() Precision
	Headline() string
}

// The pages and edges of encounters, of the timeline and of stay summaries.
// Encounters and the timeline are lists merged from several kinds of entry.
type (
	EncounterConnection   = Connection[Encounter]
	EncounterEdge         = Edge[Encounter]
	TimelineConnection    = Connection[TimelineEntry]
	TimelineEdge          = Edge[TimelineEntry]
	StaySummaryConnection = Connection[*StaySummary]
	StaySummaryEdge       = Edge[*StaySummary]
)

// ListNote is what a source says about a whole class of a person's record.
type ListNote struct {
	Item
	Class Class
	Note  NoteKind
}

// Codes visits nothing: a note has no codes.
func (*ListNote) Codes(func(*Code)) {}

// Earliest is "": a note has the date of its recording alone.
func (*ListNote) Earliest() PartialDate { return "" }

// Words visits nothing.
func (*ListNote) Words(func(string)) {}

// NoteKind is the kind of a ListNote.
type NoteKind string

// The notes.
const (
	NoteNoneKnown      NoteKind = "NONE_KNOWN"
	NoteInTransit      NoteKind = "IN_TRANSIT"
	NoteAwaitingFiling NoteKind = "AWAITING_FILING"
)

// Stand is the place of an entry in a list that runs newest first. Entries are
// ordered by moment, and at the same moment the more precise date comes first.
// Undated entries come last. Entries with the same place are ordered by ID.
type Stand struct {
	Length int // of the date as written; that of a moment is greater than that of any date

	at DateTime
	on PartialDate // the date, which stands for its first moment; "" if it is written as a moment, or undated
}

const momentLength = len("2006-01-02T")

// StandAt returns the Stand of a date that begins at a moment and is written in so
// many letters.
func StandAt(at DateTime, length int) Stand { return Stand{Length: length, at: at} }

func standAt(at DateTime) Stand { return StandAt(at, momentLength) }

func standOn(on PartialDate) Stand {
	s := Stand{Length: len(on)}
	if _, _, _, exists := calendar(string(on)); exists {
		s.on = on
	}
	return s
}

// Dated reports whether the entry has a moment, or a date that exists.
func (s Stand) Dated() bool { return s.on != "" || !s.at.IsZero() }

// At returns the moment: of a date, its first in London; the zero value if
// undated.
func (s Stand) At() DateTime {
	if s.on != "" {
		return s.on.moment()
	}
	return s.at
}

// Compare returns a negative number if s comes before t, a positive one if it
// comes after, and 0 otherwise.
func (s Stand) Compare(t Stand) int {
	if !s.Dated() && !t.Dated() {
		return 0
	}
	if s.on != "" && t.on != "" { // the order of the texts is that of the days, with the less precise first; it is reversed here
		return strings.Compare(string(t.on), string(s.on))
	}
	if c := t.At().Compare(s.At().Time); c != 0 { // undated is the zero moment, and no date begins before it
		return c
	}
	return t.Length - s.Length
}

// Day returns the date as it was written, or the day in London of a moment.
func (s Stand) Day() PartialDate {
	if s.on != "" || s.at.IsZero() {
		return s.on
	}
	day := string(Today(s.at.Time))
	return PartialDate(day[:min(len(day), s.Length)])
}

// Stand places a note by when it was recorded.
func (x *ListNote) Stand() Stand { return standAt(x.Provenance.RecordedAt) }

// Stand places a summary by the admission.
func (s *StaySummary) Stand() Stand { return standAt(s.AdmittedAt) }
