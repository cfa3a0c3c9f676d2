package fhir_test

import (
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A document and its content have one id; entries of two kinds that a source calls the same have two.
func TestItems(t *testing.T) {
	ids := record.NewIdentifier([]byte("a secret of the tests"))
	b := fhir.NewBase(record.Acute, &record.Organisation{ODSCode: "RAL"}, nil, ids, fhir.SourceOptions{System: "Cerner"}, "UK Core")
	of := func(kind fetch.Kind) record.ID { return b.Item(kind, number, "1").ID }
	if of(fetch.Documents) != of(fetch.DocumentContent) {
		t.Error("a document and its content are two")
	}
	if _, sourceID, ok := ids.OpenDocument(number, of(fetch.DocumentContent)); !ok || sourceID != "1" {
		t.Errorf("a document's id leads to %q, %v", sourceID, ok)
	}
	if of(fetch.Problems) == of(fetch.Procedures) || of(fetch.Problems) == of(fetch.Documents) {
		t.Error("two kinds have one id")
	}
	if _, _, ok := ids.OpenDocument(number, of(fetch.Problems)); ok {
		t.Error("a problem's id is that of a document")
	}
	if from := b.Item(fetch.Problems, number, "1").Provenance; from.SourceSystem != "Cerner" || from.SourceID != "1" || b.Concurrency() != 8 {
		t.Errorf("%+v, %d at once", from, b.Concurrency())
	}
	b = fhir.NewBase(record.Acute, &record.Organisation{ODSCode: "RAL"}, nil, ids, fhir.SourceOptions{Concurrency: 2}, "UK Core")
	if from := b.Item(fetch.Problems, number, "1").Provenance; from.SourceSystem != "UK Core" || b.Concurrency() != 2 {
		t.Errorf("%+v, %d at once", from, b.Concurrency())
	}
}

func TestIDsThatComeTwice(t *testing.T) {
	seen := fhir.Seen{}
	for i, want := range []string{"a.2", "a", "a.3", "a.4", "a.2.2"} {
		id := []string{"a.2", "a", "a", "a", "a.2"}[i]
		if got := seen.Once(fetch.Problems, id); got != want || !seen.Has(fetch.Problems, want) {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	if got := seen.Once(fetch.Procedures, "a"); got != "a" {
		t.Errorf("of another kind: %s", got)
	}
}
