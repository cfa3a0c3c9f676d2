package record

import "strings"

// ListState is what a list says about itself.
type ListState string

// The states, in order of precedence. Only NoneKnown and NoneRecorded mean that
// there is nothing.
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

// Gap is something that may be missing, from where, and why.
type Gap struct {
	Sector       Sector
	Organisation *Organisation
	Reason       GapReason
}

// Status is what a part of a record says about itself.
type Status struct {
	State    ListState
	Complete bool
	Gaps     []Gap
	LeftOut  []Class
}

// Describe gives the state of a list from what was found, in the contract's order.
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

// SourceStatus is what the person's own details say about themselves.
type SourceStatus = Status

// List is entries with what the list lacks.
type List[T any] struct {
	Status
	Nodes       []T
	NoneKnownBy []Provenance // the dated statements that there are none
}

// Connection is a page of entries with what the list lacks.
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

// Edges are the entries of the page with their cursors.
func (c *Connection[T]) Edges() []Edge[T] {
	edges := make([]Edge[T], len(c.Nodes))
	for i, node := range c.Nodes {
		edges[i] = Edge[T]{c.PageInfo.Cursors(i), node}
	}
	return edges
}

// PageInfo is where a page stands in its connection.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	Length          int                // entries of the page
	Cursors         func(i int) string // the cursor of the ith; made when it is asked for
}

// StartCursor is the cursor of the first entry; "" on an empty page.
func (p PageInfo) StartCursor() Text { return p.cursor(0) }

// EndCursor is the cursor of the last entry; "" on an empty page.
func (p PageInfo) EndCursor() Text { return p.cursor(p.Length - 1) }

func (p PageInfo) cursor(i int) Text {
	if p.Length == 0 {
		return ""
	}
	return Text(p.Cursors(i))
}

// Encounter is a meeting of the person with a service.
type Encounter interface {
	RecordItem
	encounter()
}

// TimelineEntry is something that stands at a moment of the person's story.
type TimelineEntry interface {
	RecordItem
	At() DateTime
	AtPrecision() Precision
	Headline() string
}

// EncounterConnection and TimelineConnection are pages of merged lists.
type (
	EncounterConnection   = Connection[Encounter]
	EncounterEdge         = Edge[Encounter]
	TimelineConnection    = Connection[TimelineEntry]
	TimelineEdge          = Edge[TimelineEntry]
	StaySummaryConnection = Connection[*StaySummary]
	StaySummaryEdge       = Edge[*StaySummary]
)

// ListNote is what a source says of a whole class of a person's record.
type ListNote struct {
	Item
	Class Class
	Note  NoteKind
}

// Codes visits nothing: a note carries none.
func (*ListNote) Codes(func(*Code)) {}

// Earliest is "": a note has the date of its recording alone.
func (*ListNote) Earliest() PartialDate { return "" }

// Words visits nothing.
func (*ListNote) Words(func(string)) {}

// NoteKind is what a source says of a class.
type NoteKind string

// The notes.
const (
	NoteNoneKnown      NoteKind = "NONE_KNOWN"
	NoteInTransit      NoteKind = "IN_TRANSIT"
	NoteAwaitingFiling NoteKind = "AWAITING_FILING"
)

// Stand is where an entry stands in a list that runs newest first: by moment, at
// the same moment the more precise date first, undated ones last. Entries that
// stand alike are ordered by id.
type Stand struct {
	Length int // of the date as written; a moment is longer than any date

	at DateTime
	on PartialDate // of which it is the first moment; "" for one that is written as a moment, or is not dated
}

const momentLength = len("2006-01-02T")

// StandAt is where a date of so many letters stands that begins at a moment.
func StandAt(at DateTime, length int) Stand { return Stand{Length: length, at: at} }

func standAt(at DateTime) Stand { return StandAt(at, momentLength) }

func standOn(on PartialDate) Stand {
	s := Stand{Length: len(on)}
	if _, _, _, exists := calendar(string(on)); exists {
		s.on = on
	}
	return s
}

// Dated reports whether it is known when the entry was.
func (s Stand) Dated() bool { return s.on != "" || !s.at.IsZero() }

// At is the moment, of a date its first in London; zero of what is not dated.
func (s Stand) At() DateTime {
	if s.on != "" {
		return s.on.moment()
	}
	return s.at
}

// Compare is negative when s stands before t.
func (s Stand) Compare(t Stand) int {
	if !s.Dated() && !t.Dated() {
		return 0
	}
	if s.on != "" && t.on != "" { // as they are written they are in the order of their days, the less precise first
		return strings.Compare(string(t.on), string(s.on))
	}
	if c := t.At().Compare(s.At().Time); c != 0 { // undated is the zero moment, and no date begins before it
		return c
	}
	return t.Length - s.Length
}

// Day is the date as it was written, or the day in London of a moment.
func (s Stand) Day() PartialDate {
	if s.on != "" || s.at.IsZero() {
		return s.on
	}
	day := string(Today(s.at.Time))
	return PartialDate(day[:min(len(day), s.Length)])
}

// Stand is when it was said.
func (x *ListNote) Stand() Stand { return standAt(x.Provenance.RecordedAt) }

// Stand is the admission.
func (s *StaySummary) Stand() Stand { return standAt(s.AdmittedAt) }
