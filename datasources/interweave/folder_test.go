package interweave_test

import (
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// The content of a document is read from inside the folder that stands for a council.
func TestAFolderHoldsContent(t *testing.T) {
	at := func(id, address string) string {
		return of("DocumentReference", `"id":"`+id+`"`, `"status":"current"`, `"date":"2026-01-01T10:00:00Z"`, `"content":[{"attachment":{"url":"`+address+`"}}]`)
	}
	folder := fhirtest.Folder(t, map[string]string{
		"one.json": bundle(patient(someone, `"birthDate":"`+born+`"`), at("d", "Binary/b"), at("a", "letters/a.txt"), at("h", "letters/h.txt"), at("r", "https://elsewhere.example/a.txt")),
		"b.json":   `{"resourceType":"Binary","id":"b","data":"aGVsbG8="}`, "letters/a.txt": "attached", "letters/h.txt": "Seen at the HIV clinic",
	})
	s := interweave.Open(council, folder, ids, interweave.Options{})
	for id, want := range map[string]string{"d": "hello", "a": "attached", "h": "", "r": ""} {
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: id}})
		if err != nil || (failure(a, 0) != nil) != (id == "r") {
			t.Errorf("%s: %v, %v", id, err, failure(a, 0))
			continue
		}
		found := fetch.RowsOf[record.DocumentContent](a)
		if n := found.Count(0); (n == 1) != (want != "") || n == 1 && string(found.Of(0)[0].Text) != want {
			t.Errorf("%s: %d", id, n)
		}
	}
}

// A label on all that a folder has of a person, or an entry of it that is none, is heeded
// whatever is searched for.
func TestAFolderKeepsLabels(t *testing.T) {
	held := of("EpisodeOfCare", `"id":"e"`, `"status":"active"`, since, `"type":[{"text":"Home support"}]`)
	for name, c := range map[string]struct {
		file    string
		entries int
		fails   bool
	}{
		"no label":                     {bundle(patient(someone), held), 1, false},
		"a label":                      {strings.Replace(bundle(patient(someone), held), "{", `{"meta":{"security":[{"code":"R"}]},`, 1), 0, false},
		"an entry that is no resource": {bundle(patient(someone), held, `{"id":"x"}`), 0, true},
	} {
		s := interweave.Open(council, fhirtest.Folder(t, map[string]string{"one.json": c.file}), ids, interweave.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Services})
		if err != nil || len(entries(a, 0)) != c.entries || (failure(a, 0) != nil) != c.fails {
			t.Errorf("%s: %d entries, %v, %v", name, len(entries(a, 0)), failure(a, 0), err)
		}
	}
}
