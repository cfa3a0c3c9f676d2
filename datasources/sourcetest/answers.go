package sourcetest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// An answer is what was read of one kind, whatever its type.
type answer struct {
	fetch.Answer
	entries [][]record.RecordItem // by subject
}

// read asks one kind of some patients and fails where the source does.
func (s *suite) read(t *testing.T, ask *fetch.Ask) answer {
	t.Helper()
	before := *ask
	answers, err := s.source.Read(reading(t), []*fetch.Ask{ask})
	if err != nil {
		t.Fatalf("%s: %v", ask.Kind, err)
	}
	if *ask != before {
		t.Fatalf("%s: the ask was changed, which others may hold", ask.Kind)
	}
	got, ok := answers[ask]
	if !ok {
		t.Fatalf("%s: no answer", ask.Kind)
	}
	if got.Err != nil {
		t.Fatalf("%s: %v", ask.Kind, got.Err)
	}
	a := answer{got, entries(got)}
	if ask.Kind == fetch.Stays && !ask.Filter.Brief && got.Unreadable == nil { // of one that is not read its end may be
		s.brief(t, ask, a)
	}
	return a
}

// brief: of the same stays, in the same order, it is said when they ended if no more is wanted, and the same is missing.
func (s *suite) brief(t *testing.T, ask *fetch.Ask, whole answer) {
	t.Helper()
	briefly := *ask
	briefly.Filter.Brief = true
	got := s.read(t, &briefly)
	for subject := range ask.Subjects.Patients {
		equal(t, "stays of which only the end is asked for", got.ids(subject), whole.ids(subject))
		for i, x := range got.entries[subject] {
			a, b := x.(*record.Stay), whole.entries[subject][i].(*record.Stay)
			if a.ID != b.ID || !a.DischargedAt.Equal(b.DischargedAt.Time) || a.DischargedAtPrecision != b.DischargedAtPrecision || a.Session() != b.Session() {
				t.Errorf("%s: a stay of which only the end is asked for ended %s, not %s; of a session: %t, not %t", a.Provenance.SourceID, a.DischargedAt, b.DischargedAt, a.Session(), b.Session())
			}
		}
	}
	if got.Unreadable != nil || ask.Children == 0 && !slices.Equal(got.Truncated, whole.Truncated) {
		t.Errorf("if only the end of stays is asked for: unreadable %v, truncated %v, not %v", got.Unreadable, got.Truncated, whole.Truncated)
	}
}

// entries takes the rows of an answer apart.
func entries(a fetch.Answer) [][]record.RecordItem {
	if a.Rows == nil {
		return nil
	}
	rows := reflect.ValueOf(a.Rows).Elem()
	items, starts := rows.FieldByName("Items"), rows.FieldByName("Starts")
	all := make([][]record.RecordItem, starts.Len()-1)
	for i := range all {
		for j := starts.Index(i).Int(); j < starts.Index(i+1).Int(); j++ {
			all[i] = append(all[i], items.Index(int(j)).Addr().Interface().(record.RecordItem))
		}
	}
	return all
}

func sourceID(x record.RecordItem) string { return record.Envelope(x).Provenance.SourceID }

// ids are the sources' ids of a patient's entries, in order.
func (a answer) ids(subject int) []string {
	names := []string{}
	for _, x := range a.entries[subject] {
		names = append(names, sourceID(x))
	}
	return names
}

// shown is the ids of what one patient's list shows of some rows, sorted. The
// content of documents is read one by one.
func (s *suite) shown(t *testing.T, kind fetch.Kind, p record.NHSNumber, candidates ...string) []string {
	t.Helper()
	return s.shownOf(t, kind, subjects(p), candidates...)
}

func (s *suite) shownOf(t *testing.T, kind fetch.Kind, of *fetch.Subjects, candidates ...string) []string {
	t.Helper()
	got := []string{}
	for _, x := range s.entriesOf(t, kind, of, candidates...) {
		got = append(got, sourceID(x))
	}
	slices.Sort(got)
	return got
}

func (s *suite) entriesOf(t *testing.T, kind fetch.Kind, of *fetch.Subjects, candidates ...string) []record.RecordItem {
	t.Helper()
	asks := []*fetch.Ask{{Kind: kind, Subjects: of}}
	if kind == fetch.DocumentContent {
		asks = nil
		for _, id := range candidates {
			asks = append(asks, &fetch.Ask{Kind: kind, Filter: fetch.Filter{SourceID: id}, Subjects: of})
		}
	}
	var got []record.RecordItem
	for _, ask := range asks {
		a := s.read(t, ask)
		if a.Unreadable != nil || a.Truncated != nil {
			t.Errorf("%s: something is missing that nobody should notice: %+v", kind, a.Answer)
		}
		got = append(got, a.entries[0]...)
	}
	return got
}

// child is the length of the slice that a GraphQL field's children stand in.
func childLen(x record.RecordItem, field string) int {
	name := strings.ToUpper(field[:1]) + field[1:]
	return reflect.ValueOf(x).Elem().FieldByName(name).Len()
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
