package ukcore_test

import (
	"errors"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// letterOf is a document about a patient.
func letterOf(number record.NHSNumber) string {
	return `{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:c","resource":{"resourceType":"Composition","id":"c","status":"final","type":{"text":"Letter"},"title":"Letter","subject":{"reference":"urn:uuid:1"},"section":[{"title":"Summary","text":{"div":"<div>Well</div>"}}]}},{"fullUrl":"urn:uuid:1","resource":` + patientOf("1", number) + `}]}`
}

// Letters stand beside what is searched for: each may fail, be missing or be somebody
// else's without the other looking whole.
func TestLettersBesideTheRest(t *testing.T) {
	for name, c := range map[string]struct {
		known   bool // the trust has a Patient
		fails   int
		letters whole
		born    string
		kind    error
		came    int
		partly  bool
		absent  bool
	}{
		"both":                          {true, 0, whole{someone: letterOf(someone)}, "", nil, 2, false, false},
		"letters of somebody else":      {true, 0, whole{someone: letterOf(another)}, "", nil, 1, true, false},
		"no letters":                    {true, 0, whole{}, "", nil, 1, false, false},
		"letters that cannot be read":   {true, 0, whole{someone: `{}`}, "", nil, 1, true, false},
		"letters alone":                 {false, 0, whole{someone: letterOf(someone)}, "", nil, 1, false, false},
		"letters, and the rest down":    {true, 500, whole{someone: letterOf(someone)}, "", nil, 1, true, false},
		"nothing of either":             {false, 0, whole{}, "", nil, 0, false, true},
		"letters with another birthday": {false, 0, whole{someone: letterOf(someone)}, "1971", record.ErrIdentity, 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			held := open(t, about1("DocumentReference", "d", `,"content":[{"attachment":{"title":"x"}}]`))
			if c.known {
				held = open(t, patientOf("1", someone), about1("DocumentReference", "d", `,"content":[{"attachment":{"title":"x"}}]`))
			}
			if held.fails["Patient"] = c.fails; c.fails == 0 {
				delete(held.fails, "Patient")
			}
			ask := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
			ask.Subjects.Born = []string{c.born}
			a, err := one(t, held.source(t, record.Acute, ukcore.Options{Documents: c.letters}), ask)
			if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if got := lines(a); len(got) != c.came || (a.Unreadable != nil) != c.partly || (a.Absent != nil) != c.absent {
				t.Errorf("%q, partly %v, absent %v", got, a.Unreadable, a.Absent)
			}
		})
	}
}
