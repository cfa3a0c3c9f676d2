package sourcetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// eachPatientTheirOwn reads several patients, an unknown one and nobody, twice. The
// patients' entries have the same ids, as those of two practice systems may.
func (s *suite) eachPatientTheirOwn(t *testing.T) {
	for _, kind := range s.kinds() {
		one, two, three, unknown := patient(), patient(), patient(), patient()
		var rows []row
		for _, p := range []record.NHSNumber{three, one, two} {
			for i := range 3 {
				if p == two && i == 2 {
					continue
				}
				rows = append(rows, s.entry(kind, p, fmt.Sprint("twin-", i)))
			}
		}
		s.insert(t, relation(kind), rows...)
		ask := &fetch.Ask{Kind: kind, Class: record.ClassAlerts, Subjects: subjects(one, unknown, two, three)}
		want := []int{3, 0, 2, 3}
		if kind == fetch.DocumentContent {
			ask.Filter.SourceID = "twin-1"
			want = []int{1, 0, 1, 1}
		}
		first, second := s.read(t, ask), s.read(t, ask)
		for i, entries := range first.entries {
			if len(entries) != want[i] {
				t.Errorf("%s: patient %d has %d entries, want %d", kind, i, len(entries), want[i])
			}
			for _, x := range entries {
				envelope := record.Envelope(x)
				if id := ids.Item(s.source.Name(), relation(kind), ask.Subjects.Patients[i], sourceID(x)); envelope.ID != id && relation(kind) != "document" {
					t.Errorf("%s: patient %d was given an entry of somebody else", kind, i)
				}
				if source, id, ok := ids.OpenDocument(ask.Subjects.Patients[i], envelope.ID); relation(kind) == "document" && (!ok || source != s.source.Name() || id != sourceID(x)) {
					t.Errorf("%s: the id of a document of patient %d does not open", kind, i)
				}
				if p := envelope.Provenance; p.Sector != s.source.Sector || p.Organisation == nil || p.SourceSystem == "" || p.RecordedAt.IsZero() {
					t.Errorf("%s: provenance %+v", kind, p)
				}
			}
		}
		if !reflect.DeepEqual(first.Rows, second.Rows) {
			t.Errorf("%s: the second read differs from the first", kind)
		}
		if first.Unreadable != nil || first.Truncated != nil {
			t.Errorf("%s: %+v", kind, first.Answer)
		}
		nobody := &fetch.Ask{Kind: kind, Subjects: subjects()}
		answers, err := s.source.Read(reading(t), []*fetch.Ask{nobody})
		if err != nil || len(answers) != 0 {
			t.Errorf("%s of nobody: %d answers, %v", kind, len(answers), err)
		}
	}
	unpublished := &fetch.Ask{Kind: "no_such_kind", Subjects: subjects(patient())}
	if answers, err := s.source.Read(reading(t), []*fetch.Ask{unpublished}); err != nil || len(answers) != 0 {
		t.Errorf("a kind that is not published: %d answers, %v", len(answers), err)
	}
}

// terms: without them nothing is read, and other terms hold for the very next read
// on the same connection.
func (s *suite) terms(t *testing.T) {
	kind := s.kinds()[0]
	ask := &fetch.Ask{Kind: kind, Subjects: subjects(patient())}
	if _, err := s.source.Read(t.Context(), []*fetch.Ask{ask}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a read without terms: %v", err)
	}
	kind = fetch.Needs
	p := patient()
	s.insert(t, "need", s.entry(kind, p, "a").with(row{"detail": quote("Prefers the blue chair")}))
	for _, test := range []struct {
		words string
		want  []string
	}{{"blue", nil}, {"green", []string{"a"}}, {"blue", nil}} {
		ctx := fetch.WithTerms(reading(t), &fetch.Terms{ExcludedCodes: []byte(`{}`), ExcludedWords: test.words, Now: Now})
		ask := &fetch.Ask{Kind: kind, Subjects: subjects(p)}
		answers, err := s.source.Read(ctx, []*fetch.Ask{ask})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, test.words, append([]string(nil), (answer{entries: entries(answers[ask])}).ids(0)...), test.want)
	}
	broken := fetch.WithTerms(reading(t), &fetch.Terms{ExcludedCodes: []byte(`{`), ExcludedWords: "x", Now: Now})
	if answers, err := s.source.Read(broken, []*fetch.Ask{{Kind: kind, Subjects: subjects(p)}}); err == nil || len(answers) != 0 {
		t.Errorf("a list that cannot be read: %d answers, %v", len(answers), err)
	} else if !errors.Is(err, postgres.ErrMalformed) {
		t.Log(err)
	}
	equal(t, "afterwards", s.shown(t, kind, p, "a"), []string{"a"})
}
