package gpconnect_test

import (
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// A folder stands for the practice's documents too, with what they say.
func TestAFolderHoldsDocuments(t *testing.T) {
	at := func(id, address string) string {
		return `{"resourceType":"DocumentReference","id":"` + id + `","subject":{"reference":"Patient/2"},"status":"current","content":[{"attachment":{"url":"` + address + `"}}]}`
	}
	patient := `{"resourceType":"Patient","id":"2","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	documents := fhirtest.Folder(t, map[string]string{
		"one.json": fhirtest.Searchset(patient, at("d", "https://practice.example/fhir/Binary/b"), at("a", "letters/a.txt"), at("h", "letters/h.txt"), at("r", "https://elsewhere.example/a.txt")),
		"b.json":   `{"resourceType":"Binary","id":"b","content":"aGVsbG8="}`, "letters/a.txt": "attached", "letters/h.txt": "Seen at the HIV clinic",
	})
	s, _ := serve(t, answers{}, gpconnect.Options{Documents: documents})
	for id, want := range map[string]string{"d": "hello", "a": "attached", "h": "", "r": ""} {
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: id}})
		if (err != nil) != (id == "r") {
			t.Errorf("%s: %v", id, err)
			continue
		}
		found := fetch.RowsOf[record.DocumentContent](a)
		if n := found.Count(0); (n == 1) != (want != "") || n == 1 && string(found.Of(0)[0].Text) != want {
			t.Errorf("%s: %d", id, n)
		}
	}
}
