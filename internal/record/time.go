package record

import (
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"
	_ "time/tzdata" // Europe/London is known on machines without a zone database.
)

// London is the time zone in which days are counted and moments are shown.
var London = mustLocation("Europe/London")

func mustLocation(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// Today returns the calendar day in London at a moment.
func Today(at time.Time) Date {
	y, m, d := at.In(London).Date()
	return dayOf(y, m, d).date
}

// dayOf returns a day that exists, as text and with its first moment in London.
func dayOf(y int, m time.Month, d int) *calendarDay {
	key := y*372 + int(m)*31 + d
	place := &knownDays[uint(key)%uint(len(knownDays))]
	if known := place.Load(); known != nil && known.key == key {
		return known
	}
	day := &calendarDay{key, Date(fmt.Sprintf("%04d-%02d-%02d", y, m, d)), time.Date(y, m, d, 0, 0, 0, 0, London)}
	place.Store(day)
	return day
}

// knownDays caches days, almost ninety years of them: records ask for the same ones again and again.
var knownDays [1 << 15]atomic.Pointer[calendarDay]

type calendarDay struct {
	key   int // of years of twelve months of 31 days, so that no two days share one
	date  Date
	began time.Time
}

// DateTime is a moment. The zero value means "not recorded" and is written as null.
type DateTime struct{ time.Time }

// At returns the moment of a time.
func At(t time.Time) DateTime { return DateTime{t} }

// MarshalGQL writes RFC 3339 with London's offset, or null.
func (t DateTime) MarshalGQL(w io.Writer) {
	if t.IsZero() {
		io.WriteString(w, "null")
		return
	}
	b := append(roomIn(w), '"')
	b = t.In(London).AppendFormat(b, time.RFC3339Nano)
	w.Write(append(b, '"'))
}

// UnmarshalGQL reads RFC 3339 with an offset.
func (t *DateTime) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%w: a DateTime is a string such as 2026-03-01T09:30:00Z", ErrInvalid)
	}
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("%w: a DateTime is written as 2026-03-01T09:30:00Z, with its offset", ErrInvalid)
	}
	t.Time = parsed
	return nil
}

// Precision says how much of a moment the source recorded. "" is null.
type Precision = Text

const (
	// PrecisionDay: the source has only the calendar day. The time of day shown is midnight in London.
	PrecisionDay Precision = "DAY"
	// PrecisionMonth: the source has only the month. Its first day is shown.
	PrecisionMonth Precision = "MONTH"
	// PrecisionYear: the source has only the year. Its first day is shown.
	PrecisionYear Precision = "YEAR"
	// PrecisionTime: the source has the time of day.
	PrecisionTime Precision = "TIME"
)

// Over reports whether a moment has passed. If only its day, month or year is known, it reports whether that is over. It is
// false for a moment that is not recorded.
func Over(at DateTime, known Precision, now time.Time) bool {
	if at.IsZero() {
		return false
	}
	letters := len(time.DateOnly)
	switch known {
	case PrecisionYear:
		letters = len("2006")
	case PrecisionMonth:
		letters = len("2006-01")
	case PrecisionDay:
	default:
		return !at.After(now)
	}
	return Today(at.Time)[:letters] < Today(now)[:letters]
}

// Date is a calendar day, YYYY-MM-DD. The zero value is written as null.
type Date string

// ParseDate reads YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	if _, _, _, exists := calendar(text); !exists || len(text) != len(time.DateOnly) {
		return "", fmt.Errorf("%w: a Date is written as 2026-03-01", ErrInvalid)
	}
	return Date(text), nil
}

// Midnight returns the first moment of the day in London; the zero time if there is no such day.
func (d Date) Midnight() time.Time {
	if len(d) != len(time.DateOnly) {
		return time.Time{}
	}
	return PartialDate(d).moment().Time
}

// MarshalGQL writes the day, or null.
func (d Date) MarshalGQL(w io.Writer) { writeText(w, string(d)) }

// UnmarshalGQL reads YYYY-MM-DD.
func (d *Date) UnmarshalGQL(v any) (err error) {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%w: a Date is a string such as 2026-03-01", ErrInvalid)
	}
	*d, err = ParseDate(text)
	return err
}

// PartialDate is a date as far as it is known: YYYY, YYYY-MM or YYYY-MM-DD (FHIR date). It is never padded. The zero value
// means "not recorded" and is written as null.
type PartialDate string

// ParsePartialDate reads the three forms and checks that the date exists.
func ParsePartialDate(text string) (PartialDate, error) {
	if _, _, _, exists := calendar(text); !exists {
		return "", fmt.Errorf("%w: a PartialDate is written as 2026, 2026-03 or 2026-03-01", ErrInvalid)
	}
	return PartialDate(text), nil
}

// calendar returns the first day that YYYY, YYYY-MM or YYYY-MM-DD can mean, and whether it exists. FHIR and PostgreSQL have
// no year 0000.
func calendar(text string) (year int, month time.Month, day int, exists bool) {
	month, day = 1, 1
	switch len(text) {
	case 10:
		day = digits(text[8:])
		if text[7] != '-' || day < 1 {
			return 0, 0, 0, false
		}
		fallthrough
	case 7:
		month = time.Month(digits(text[5:7]))
		if text[4] != '-' || month < 1 || month > 12 {
			return 0, 0, 0, false
		}
		fallthrough
	case 4:
		year = digits(text[:4])
	default:
		return 0, 0, 0, false
	}
	return year, month, day, year >= 1 && (day <= 28 || day <= daysIn(year, month))
}

// digits returns the number that a few digits write, or -1 for any other text.
func digits(text string) (n int) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return -1
		}
		n = n*10 + int(text[i]-'0')
	}
	return n
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// First returns the earliest day that the date can mean.
func (d PartialDate) First() Date {
	const start = "0000-01-01"
	if d == "" {
		return ""
	}
	return Date(string(d) + start[min(len(d), len(start)):])
}

// Last returns the latest day that the date can mean.
func (d PartialDate) Last() Date {
	switch len(d) {
	case 4:
		return Date(string(d) + "-12-31")
	case 7:
		first, _ := time.Parse("2006-01", string(d))
		return Date(first.AddDate(0, 1, -1).Format(time.DateOnly))
	}
	return Date(d)
}

// MarshalGQL writes what is known, or null.
func (d PartialDate) MarshalGQL(w io.Writer) { writeText(w, string(d)) }

// UnmarshalGQL reads the three forms.
func (d *PartialDate) UnmarshalGQL(v any) (err error) {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%w: a PartialDate is a string such as 2026-03", ErrInvalid)
	}
	*d, err = ParsePartialDate(text)
	return err
}

// Age returns the whole years from a birth date to a day, and whether they are known. A birth date without its month or day
// can leave two answers; years is then the lower.
func Age(born PartialDate, on Date) (years int, known bool) {
	if born == "" || on == "" {
		return 0, false
	}
	youngest, oldest := wholeYears(born.Last(), on), wholeYears(born.First(), on)
	return youngest, youngest == oldest && youngest >= 0
}

func wholeYears(born, on Date) int {
	by, _ := strconv.Atoi(string(born[:4]))
	oy, _ := strconv.Atoi(string(on[:4]))
	years := oy - by
	if on[4:] < born[4:] {
		years--
	}
	return years
}

// Birthday returns the day on which a person born on a day reaches an age; of a partial date, the latest that it can be.
// Someone born on 29 February has their birthday on 1 March in other years (Family Law Reform Act 1969, section 9, counts
// from the commencement of the day). For a date that does not exist it returns "": nobody comes of age by a misprint.
func Birthday(born PartialDate, age int) Date {
	if _, _, _, exists := calendar(string(born)); !exists {
		return ""
	}
	last, _ := time.Parse(time.DateOnly, string(born.Last()))
	return Date(last.AddDate(age, 0, 0).Format(time.DateOnly))
}

// moment returns the first moment that the date can mean; the zero value if the date does not exist.
func (d PartialDate) moment() DateTime {
	year, month, day, exists := calendar(string(d))
	if !exists {
		return DateTime{}
	}
	return DateTime{dayOf(year, month, day).began}
}

// precision returns how much of that moment is known.
func (d PartialDate) precision() Precision {
	switch len(d) {
	case 4:
		return PrecisionYear
	case 7:
		return PrecisionMonth
	case 10:
		return PrecisionDay
	}
	return ""
}
