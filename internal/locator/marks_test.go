package locator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// marked answers for each patient with what is told of that one, and of those told of with nothing that it knows nobody.
type marked map[record.NHSNumber]string

func (m marked) answer(s *fetch.Subjects) (a fetch.Answer) {
	n := len(s.Patients)
	rows := &fetch.Rows[string]{Starts: []int32{0}}
	a = fetch.Answer{Unreadable: make([]bool, n), Before: make([]int32, n), Truncated: make([]bool, n), Errs: make([]error, n), Absent: make([]bool, n)}
	for i, patient := range s.Patients {
		switch said := m[patient]; said {
		case "":
			a.Absent[i] = true
		case "unreadable":
			a.Unreadable[i], a.Before[i] = true, 3
		case "truncated":
			a.Truncated[i] = true
		case "fails":
			a.Errs[i] = fmt.Errorf("of %s", string(patient))
		default:
			rows.Items = append(rows.Items, said)
		}
		rows.Starts = append(rows.Starts, int32(len(rows.Items)))
	}
	a.Rows = rows
	return a
}

// of is what an answer says of one subject.
func of(a fetch.Answer, i int) string {
	return fmt.Sprint(fetch.RowsOf[string](a).Of(i), a.Unreadable[i], a.Before[i], a.Truncated[i], a.Errs[i])
}

// What a source says of a patient stays that patient's, whoever beside them is not asked for; and the source is told of each what
// is known of that one.
func TestMarksStayWithTheirPatient(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		world, patients := marked{}, []record.NHSNumber{}
		knows := &fetch.Subjects{Index: map[record.NHSNumber]int{}}
		for i := range 1 + chance.IntN(8) {
			patient := record.NHSNumber(fmt.Sprintf("p%d", i))
			patients = append(patients, patient)
			world[patient] = []string{"", "", "unreadable", "truncated", "fails", "entry of " + string(patient)}[chance.IntN(6)]
			knows.Index[patient] = i
			knows.Numbers, knows.AdultFrom = append(knows.Numbers, fmt.Sprint("n", i)), append(knows.AdultFrom, fmt.Sprint("a", i))
			knows.Born, knows.KnownAt = append(knows.Born, fmt.Sprint("b", i)), append(knows.KnownAt, []string{fmt.Sprint("k", i)})
		}
		knows.Patients = patients
		told := func(s *fetch.Subjects, patient record.NHSNumber) string {
			i := s.Index[patient]
			return fmt.Sprint(string(s.Patients[i]), s.Numbers[i], s.AdultFrom[i], s.Born[i], s.KnownAt[i])
		}
		read := Wrap(func(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
			s := asks[0].Subjects
			for _, patient := range s.Patients {
				if got, want := told(s, patient), told(knows, patient); got != want {
					t.Errorf("the source is told %s, want %s", got, want)
				}
			}
			return map[*fetch.Ask]fetch.Answer{asks[0]: world.answer(s)}, nil
		}, Options{Age: time.Hour})
		var first []bool
		for again := range 2 {
			if again > 0 {
				for _, patient := range patients {
					if chance.IntN(4) == 0 {
						world[patient] = "" // the source has lost them
					}
				}
			}
			ask := &fetch.Ask{Kind: fetch.Allergies, Subjects: knows}
			answers, err := read(t.Context(), []*fetch.Ask{ask})
			if err != nil {
				t.Fatal(err)
			}
			want := world.answer(knows)
			skipped := slices.Contains(first, true)
			if answer := answers[ask]; (answer.Skipped != nil) != skipped || !slices.Equal(answer.Absent, want.Absent) {
				t.Errorf("absent %v, want %v; some not asked for: %t", answer.Absent, want.Absent, answer.Skipped != nil)
			} else if answer.Rows != nil { // somebody was asked for
				for i, patient := range patients {
					if got := of(answer, i); got != of(want, i) {
						t.Errorf("of %s, said %q: %s, want %s", string(patient), world[patient], got, of(want, i))
					}
					if skipped && answer.Skipped[i].IsZero() == first[i] {
						t.Errorf("%s, absent %t: not asked for since %v", string(patient), first[i], answer.Skipped[i])
					}
				}
			}
			first = want.Absent
		}
	}
}

// An answer that marks nobody is nobody's word; nor need more be known of the patients than who they are.
func TestAnAnswerWithoutMarks(t *testing.T) {
	answer, asked := fetch.Answer{}, 0
	wrap := func() Func {
		return Wrap(func(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
			asked += len(asks[0].Subjects.Patients)
			return map[*fetch.Ask]fetch.Answer{asks[0]: answer}, nil
		}, Options{Age: time.Hour})
	}
	read := wrap()
	ask := func() fetch.Answer {
		a := &fetch.Ask{Kind: fetch.Allergies, Subjects: &fetch.Subjects{Patients: []record.NHSNumber{"a", "b"}}}
		answers, err := read(t.Context(), []*fetch.Ask{a})
		if err != nil {
			t.Fatal(err)
		}
		return answers[a]
	}
	for range 2 {
		if got := ask(); !reflect.DeepEqual(got, answer) {
			t.Errorf("%+v", got)
		}
	}
	if asked != 4 {
		t.Errorf("asked for %d", asked)
	}
	for gone := range 2 {
		absent := []bool{gone == 0, gone == 1}
		answer.Absent, asked = absent, 0
		read = wrap()
		ask()
		answer.Absent = []bool{false}
		if got := ask(); asked != 3 || got.Skipped == nil || !slices.Equal(got.Absent, absent) || got.Unreadable != nil || got.Errs != nil {
			t.Errorf("asked for %d: %+v", asked, got)
		}
	}
}

// A word is of no worth beside an entry of another kind, a list that failed or an entry that could not be read.
func TestWhatSpeaksAgainstAWord(t *testing.T) {
	none := fetch.Answer{Absent: []bool{true}}
	for name, beside := range map[string]fetch.Answer{
		"an entry":      {Rows: &fetch.Rows[string]{Items: []string{"x"}, Starts: []int32{0, 1}}},
		"a list failed": {Err: record.ErrUnavailable, Absent: []bool{true}},
		"an unreadable": {Unreadable: []bool{true}, Absent: []bool{true}},
	} {
		asked := 0
		read := Wrap(func(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
			asked++
			return map[*fetch.Ask]fetch.Answer{asks[0]: none, asks[1]: beside}, nil
		}, Options{Age: time.Hour})
		for range 2 {
			of := &fetch.Subjects{Patients: []record.NHSNumber{"a"}, Index: map[record.NHSNumber]int{"a": 0}}
			if _, err := read(t.Context(), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: of}, {Kind: fetch.Problems, Subjects: of}}); err != nil {
				t.Fatal(err)
			}
		}
		if asked != 2 {
			t.Errorf("%s: the source is not asked again", name)
		}
	}
}

// Words add up, and count as long as the oldest of them; a word that follows an entry is as old as it is itself.
func TestHowOldAWordIs(t *testing.T) {
	r := open()
	ask := func(kinds ...fetch.Kind) (asked int) {
		before := r.asked["a"]
		of := subjects(nil, "a")
		asks := make([]*fetch.Ask, len(kinds))
		for i, kind := range kinds {
			asks[i] = &fetch.Ask{Kind: kind, Subjects: of}
		}
		if _, err := r.read(t.Context(), asks); err != nil {
			t.Fatal(err)
		}
		return r.asked["a"] - before
	}
	after := func(seconds time.Duration) { r.now = r.now.Add(seconds * time.Second) }
	r.knows["a"] = 1
	ask(fetch.Allergies)
	after(30)
	delete(r.knows, "a")
	if ask(fetch.Allergies) != 1 {
		t.Fatal("not asked for after an entry")
	}
	after(50)
	if ask(fetch.Allergies) != 0 {
		t.Error("the word is taken to be as old as the entry before it")
	}
	if ask(fetch.Problems) != 1 || ask(fetch.Allergies, fetch.Problems) != 0 {
		t.Error("words do not add up")
	}
	after(10)
	if ask(fetch.Allergies, fetch.Problems) != 2 {
		t.Error("a word counts beyond its age, beside a younger one")
	}
	after(61)
	if ask(fetch.Problems) != 1 || ask(fetch.Allergies) != 1 {
		t.Error("a word counts again since another was said")
	}
}

// The latest words are kept, and no more than there is room for.
func TestWordsAreBounded(t *testing.T) {
	asked := 0
	read := Wrap(func(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		asked++
		return map[*fetch.Ask]fetch.Answer{asks[0]: {Absent: []bool{true}}}, nil
	}, Options{Age: time.Hour, Patients: 1})
	for i, patient := range []record.NHSNumber{"a", "a", "b", "b", "a"} {
		if _, err := read(t.Context(), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(nil, patient)}}); err != nil {
			t.Fatal(err)
		}
		if want := []int{1, 1, 2, 2, 3}[i]; asked != want {
			t.Errorf("question %d: asked %d times, want %d", i, asked, want)
		}
	}
}

// What speaks against a word does so where there is no room to remember it.
func TestWhatSpeaksAgainstAWordNeedsNoRoom(t *testing.T) {
	asked := 0
	read := Wrap(func(_ context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		asked += len(asks[0].Subjects.Patients)
		answers := map[*fetch.Ask]fetch.Answer{}
		for _, ask := range asks {
			answers[ask] = fetch.Answer{Absent: []bool{true, true}}
			if ask.Kind == fetch.Problems {
				answers[ask] = fetch.Answer{Rows: &fetch.Rows[string]{Items: []string{"x", "y"}, Starts: []int32{0, 1, 2}}}
			}
		}
		return answers, nil
	}, Options{Age: time.Hour, Patients: 1})
	both := subjects(nil, "a", "b")
	allergies, problems := &fetch.Ask{Kind: fetch.Allergies, Subjects: both}, &fetch.Ask{Kind: fetch.Problems, Subjects: both}
	for _, asks := range [][]*fetch.Ask{{allergies, problems}, {allergies}} {
		if _, err := read(t.Context(), asks); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 4 {
		t.Errorf("asked for %d, want both twice", asked)
	}
}
