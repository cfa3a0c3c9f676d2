package consent

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// lines is an answer of the database, made by hand.
type lines struct {
	rows   []row
	at     int
	scan   error // of the last line
	end    error
	closed bool
}

func (l *lines) Next() bool { l.at++; return l.at <= len(l.rows) }

func (l *lines) Scan(dest ...any) error {
	if l.scan != nil && l.at == len(l.rows) {
		return l.scan
	}
	r := l.rows[l.at-1]
	*dest[0].(*int32), *dest[1].(*int32), *dest[2].(*string) = r.place, r.part, r.number
	*dest[3].(*pgtype.Text), *dest[4].(*pgtype.Text) = r.label, r.org
	*dest[5].(*pgtype.Timestamptz), *dest[6].(*pgtype.Timestamptz), *dest[7].(*pgtype.Timestamptz) = r.first, r.second, r.third
	*dest[13].(*[]string) = r.details
	return nil
}

func (l *lines) Close()                                       { l.closed = true }
func (l *lines) Err() error                                   { return l.end }
func (l *lines) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (l *lines) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (l *lines) Values() ([]any, error)                       { return nil, nil }
func (l *lines) RawValues() [][]byte                          { return nil }
func (l *lines) Conn() *pgx.Conn                              { return nil }
func (l *lines) TypeMap() *pgtype.Map                         { return nil }

// An answer that is not whole, or is about others than were asked, is worth nothing.
func TestAnAnswerIsWholeOrWorthless(t *testing.T) {
	known := func(place int32) row { return row{place: place, part: partPerson, number: string(patient)} }
	never := pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	cut := errors.New("the connection was cut")
	for _, c := range []struct {
		name string
		rows []row
		scan error
		end  error
		want error
	}{
		{"whole", []row{known(1), known(2)}, nil, nil, nil},
		{"a grant with all it says", []row{known(1), known(2), {place: 2, part: partGrant, details: []string{"u1", "EMERGENCY", ""}}}, nil, nil, nil},
		{"nothing of the second", []row{known(1)}, nil, nil, errMalformed},
		{"nothing at all", nil, nil, nil, errMalformed},
		{"an objection and not whose", []row{known(1), {place: 2, part: partDirective}}, nil, nil, errMalformed},
		{"of nobody who was asked", []row{known(1), known(2), known(3)}, nil, nil, errMalformed},
		{"of nobody", []row{known(1), known(2), known(0)}, nil, nil, errMalformed},
		{"of a kind that is none", []row{known(1), known(2), {place: 1, part: 9}}, nil, nil, errMalformed},
		{"a grant that lacks its note", []row{known(1), known(2), {place: 1, part: partGrant, details: []string{"u1", "EMERGENCY"}}}, nil, nil, errMalformed},
		{"a beginning without end", []row{known(1), known(2), {place: 1, part: partDirective, first: never}}, nil, nil, errMalformed},
		{"an end that cannot be compared", []row{known(1), known(2), {place: 1, part: partDirective, second: never}}, nil, nil, errMalformed},
		{"a touch that cannot be compared", []row{known(1), known(2), {place: 1, part: partRelationship, third: never}}, nil, nil, errMalformed},
		{"a line that cannot be read", []row{known(1), known(2)}, errors.New("9990000018"), nil, errMalformed},
		{"a line more that cannot be read", []row{known(1), known(2), known(1)}, errors.New("9990000018"), nil, errMalformed},
		{"an answer that breaks off", []row{known(1), known(2)}, nil, cut, cut},
	} {
		answer := &lines{rows: c.rows, scan: c.scan, end: c.end}
		if err := gather(answer, make([]person, 2)); err != c.want || !answer.closed {
			t.Errorf("%s: error %v, want %v; closed %t", c.name, err, c.want, answer.closed)
		}
	}
}

// Where the numbers of a person differ, what shows less is taken.
func TestWhatAllNumbersComeTo(t *testing.T) {
	now := number{number: patient, known: true, optOutsAll: true, restricted: No, born: "1980-02-03", version: 7}
	was := func(change func(*number)) number {
		n := number{number: older, supersededBy: patient, known: true, optOutsAll: true, restricted: No, born: "1980-02-03", version: 3}
		change(&n)
		return n
	}
	for _, c := range []struct {
		name       string
		old        number
		restricted State
		optOuts    bool
		other      int
	}{
		{"alike", was(func(*number) {}), No, true, 0},
		{"restricted", was(func(n *number) { n.restricted = Yes }), Yes, true, 0},
		{"perhaps restricted", was(func(n *number) { n.restricted = Unknown }), Unknown, true, 0},
		{"objections not known", was(func(n *number) { n.optOutsAll = false }), No, false, 0},
		{"born on another day", was(func(n *number) { n.born = "2012" }), No, true, 1},
		{"a number of nobody", was(func(n *number) { n.known, n.restricted, n.optOutsAll, n.born = false, Unknown, false, "2012" }), No, true, 0},
		{"a circle", was(func(n *number) { n.supersededBy = older }), Unknown, false, 0},
	} {
		for _, numbers := range [][]number{{now, c.old}, {c.old, now}} {
			f := (&person{numbers: numbers}).settle(older)
			if f.Restricted != c.restricted || f.OptOutKnown != c.optOuts || len(f.BornOtherwise) != c.other || c.name != "a circle" && (f.Current != patient || f.Version != 7) {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
	both := &person{numbers: []number{was(func(n *number) { n.restricted = Yes }), now, {number: other, supersededBy: patient, known: true, restricted: Unknown, optOutsAll: true}}}
	if f := both.settle(patient); f.Restricted != Yes {
		t.Errorf("restricted under one number and perhaps under another: %s", f.Restricted)
	}
}

func TestTheLatestClockIsTaken(t *testing.T) {
	var p person
	for _, at := range []time.Time{noon, noon.Add(-time.Hour)} {
		if err := p.add(&row{part: partPerson, third: pgtype.Timestamptz{Time: at, Valid: true}}); err != nil || !p.facts.ReadAt.Equal(noon) {
			t.Errorf("%s, %v", p.facts.ReadAt, err)
		}
	}
}

func TestFaultsOfASuspension(t *testing.T) {
	whole := Suspension{From: noon, To: noon.Add(1), Authority: "a", Evidence: "e"}
	for name, c := range map[string]struct {
		change func(*Suspension)
		faults int
	}{
		"whole": {func(*Suspension) {}, 0}, "no beginning": {func(s *Suspension) { s.From = time.Time{} }, 1}, "it ends as it begins": {func(s *Suspension) { s.To = s.From }, 1},
		"no authority": {func(s *Suspension) { s.Authority = "" }, 1}, "no evidence": {func(s *Suspension) { s.Evidence = "" }, 1}, "nothing": {func(s *Suspension) { *s = Suspension{} }, 2},
	} {
		s := whole
		if c.change(&s); len(s.faults(1)) != c.faults {
			t.Errorf("%s: %v", name, s.faults(1))
		}
	}
	if _, suspended := (*Policy)(nil).suspended(noon); suspended {
		t.Error("without a policy something is suspended")
	}
}
