package pds_test

import (
	"path/filepath"
	"strings"
	"testing"

	"carerecord/datasources/pds"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
)

// Whatever PDS answers, nothing crashes, nobody is shown who is not said to be
// unrestricted, nothing of what is never shown comes out, and an answer about somebody
// else is no answer.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.gz")
	if err != nil || len(files) != 65 {
		f.Fatal(len(files), err)
	}
	for _, file := range files {
		data := payload(f, strings.TrimPrefix(file, "testdata/"))
		if _, after, ok := strings.Cut(data, `"https://fhir.nhs.uk/Id/nhs-number"`); ok {
			if _, number, ok := strings.Cut(after, `"value": "`); ok {
				data = strings.ReplaceAll(data, number[:10], string(someone))
			}
		}
		f.Add([]byte(data), []byte(data))
	}
	f.Add([]byte(patient(someone, details)), []byte(bundle(related(someone, `"id":"1"`))))
	filter := exclusion.Default().For("TREAT")
	f.Fuzz(func(t *testing.T, patient, related []byte) {
		got, err := read(t, pds.Open(org, both{string(patient), string(related)}, ids, pds.Options{}), subjects("", someone))
		if err != nil {
			return
		}
		people := persons(got, 0)
		shown := len(people) == 1 && !people[0].Restricted
		if shown && (!strings.Contains(string(patient), string(someone)) || !strings.Contains(string(patient), system) && !strings.Contains(string(patient), `\`)) {
			t.Fatal("a person was shown whom the answer does not name, or does not call unrestricted")
		}
		if !shown && len(contacts(got, 0))+len(needs(got, 0)) > 0 {
			t.Fatal("entries of nobody")
		}
		for _, c := range contacts(got, 0) {
			c.Words(func(text string) {
				if filter.Words(text) {
					t.Error("words that are never shown came out")
				}
			})
			if c.ID == "" || c.Under18 != nil && *c.Under18 {
				t.Error("a contact without an id, or a child")
			}
		}
		for kind, a := range got {
			if kind != fetch.Persons && a.Unreadable == nil && a.Errs == nil && a.Absent == nil && kind == fetch.Needs {
				t.Error("needs that pass for all there are")
			}
		}
	})
}
