package ukcore_test

import (
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// The content of a document is read from inside the folder that stands for a trust, and is
// judged by what it says as anywhere.
func TestAFolderHoldsContent(t *testing.T) {
	at := func(id, address string) string {
		return about1("DocumentReference", id, `,"content":[{"attachment":{"url":"`+address+`"}}]`)
	}
	folder := fhirtest.Folder(t, map[string]string{
		"one.json": collection(patientOf("1", someone), at("d", "Binary/b"), at("a", "letters/a.txt"), at("h", "letters/h.txt"), at("r", "two.json")),
		"two.json": collection(patientOf("2", another)), "b.json": `{"resourceType":"Binary","id":"b","data":"aGVsbG8="}`,
		"letters/a.txt": "attached", "letters/h.txt": "Seen at the HIV clinic",
	})
	s := ukcore.Open(record.Acute, here, folder, ids, ukcore.Options{})
	for id, want := range map[string]string{"d": "hello", "a": "attached", "h": "", "r": ""} {
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: id}})
		found := entriesOf(a, 0)
		if (err != nil) != (id == "r") || (len(found) == 1) != (want != "") || want != "" && string(found[0].(*record.DocumentContent).Text) != want {
			t.Errorf("%s: %d, %v", id, len(found), err)
		}
	}
}
