package record_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"carerecord/internal/record"
)

// read is what becomes of a value of input that is read as a T.
func read[T any, P interface {
	*T
	UnmarshalGQL(v any) error
}](v any) (any, error) {
	var t T
	err := P(&t).UnmarshalGQL(v)
	return t, err
}

func TestInputIsReadAsItIsWritten(t *testing.T) {
	for name, test := range map[string]struct {
		read func(any) (any, error)
		in   any
		want any
	}{
		"a text":                  {read[record.Text], "Zoë", record.Text("Zoë")},
		"no text":                 {read[record.Text], nil, record.Text("")},
		"an id":                   {read[record.ID], "abc", record.ID("abc")},
		"a number":                {read[record.Decimal], json.Number("7.50"), record.Decimal("7.50")},
		"a number of a document":  {read[record.Decimal], 7.5, record.Decimal("7.5")},
		"a whole one":             {read[record.Decimal], int64(-7), record.Decimal("-7")},
		"a moment":                {read[record.DateTime], "2026-03-01T09:30:00Z", record.At(time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC))},
		"a day":                   {read[record.Date], "2024-02-29", record.Date("2024-02-29")},
		"a date":                  {read[record.PartialDate], "2024-02-29", record.PartialDate("2024-02-29")},
		"a month":                 {read[record.PartialDate], "2026-03", record.PartialDate("2026-03")},
		"a year":                  {read[record.PartialDate], "2026", record.PartialDate("2026")},
		"an NHS number in groups": {read[record.NHSNumber], "999 000 0018", one},
	} {
		if got, err := test.read(test.in); err != nil || got != test.want {
			t.Errorf("%s is read as %#v, %v", name, got, err)
		}
	}
	before := record.Text("before")
	if err := before.UnmarshalGQL(nil); err != nil || before != "" {
		t.Errorf("null leaves %q, %v", before, err)
	}
}

// A null or an empty text is refused like any other: only a Text may be missing.
func TestInputOfAnotherKindIsRefused(t *testing.T) {
	const (
		text      = "a string is wanted"
		id        = "an id is a string"
		number    = "a number is wanted"
		moment    = "a DateTime is a string such as 2026-03-01T09:30:00Z"
		asMoment  = "a DateTime is written as 2026-03-01T09:30:00Z, with its offset"
		day       = "a Date is a string such as 2026-03-01"
		asDay     = "a Date is written as 2026-03-01"
		date      = "a PartialDate is a string such as 2026-03"
		asDate    = "a PartialDate is written as 2026, 2026-03 or 2026-03-01"
		nhs       = "an NHS number is a string of ten digits, which may stand as 3, 3 and 4"
		asNHS     = "an NHS number is ten digits, as 9990000018 or 999 000 0018"
		misprints = "the check digit of the NHS number is wrong; compare it with the patient's letter or card"
	)
	for _, kind := range []struct {
		read  func(any) (any, error)
		words string
		in    []any
	}{
		{read[record.Text], text, []any{7, true, []any{"7"}}},
		{read[record.ID], id, []any{nil, 7, json.Number("7")}},
		{read[record.Decimal], number, []any{nil, true, "", "7.50", "NaN", "0x10", "a number", []any{7}}},
		{read[record.DateTime], moment, []any{nil, 20260301, time.Time{}}},
		{read[record.DateTime], asMoment, []any{"", "2026-03-01", "2026-03-01T09:30:00", "2026-02-29T09:30:00Z", "01/03/2026 09:30"}},
		{read[record.Date], day, []any{nil, 20260301}},
		{read[record.Date], asDay, []any{"", "2026", "2026-03", "2026-02-29", "2026-03-01T09:30:00Z"}},
		{read[record.PartialDate], date, []any{nil, 2026}},
		{read[record.PartialDate], asDate, []any{"", "26", "2026-13", "2026-02-29", "2026-03-01T09:30:00Z"}},
		{read[record.NHSNumber], nhs, []any{nil, 9990000018, json.Number("9990000018")}},
		{read[record.NHSNumber], asNHS, []any{"", "999000001", "999000001A"}},
		{read[record.NHSNumber], misprints, []any{"9990000019"}},
	} {
		for _, in := range kind.in {
			_, err := kind.read(in)
			if !errors.Is(err, record.ErrInvalid) || strings.TrimPrefix(err.Error(), "invalid input: ") != kind.words {
				t.Errorf("%#v: %v, want %q", in, err, kind.words)
			}
		}
	}
}

// A number that is read can be written, as JSON has it.
func TestANumberThatIsReadIsJSON(t *testing.T) {
	for _, in := range []any{0, int64(math.MaxInt64), math.MaxFloat64, math.SmallestNonzeroFloat64, -0.5, 1e21, json.Number("1E-7")} {
		got, err := read[record.Decimal](in)
		if err != nil || !json.Valid([]byte(got.(record.Decimal))) {
			t.Errorf("%v is read as %q, %v", in, got, err)
		}
	}
}
