package record_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"carerecord/internal/record"
)

const (
	one record.NHSNumber = "9990000018"
	two record.NHSNumber = "9990000026"
)

func TestIdsAreUniqueOverEverythingTheyAreMadeOf(t *testing.T) {
	id := record.NewIdentifier([]byte("secret"))
	other := record.NewIdentifier([]byte("another secret"))
	seen := map[record.ID]string{}
	for name, got := range map[string]record.ID{
		"an entry":                   id.Item("GP/X2GPA", "allergy", one, "1"),
		"another entry":              id.Item("GP/X2GPA", "allergy", one, "2"),
		"another relation":           id.Item("GP/X2GPA", "problem", one, "1"),
		"another source":             id.Item("GP/X2GPB", "allergy", one, "1"),
		"another person":             id.Item("GP/X2GPA", "allergy", two, "1"),
		"parts that run together":    id.Item("GP/X2GPAa", "llergy", one, "1"),
		"the person":                 id.Person(one),
		"another secret":             other.Item("GP/X2GPA", "allergy", one, "1"),
		"a document":                 id.Document("GP/X2GPA", one, "1"),
		"a document of someone else": id.Document("GP/X2GPA", two, "1"),
	} {
		if before, twice := seen[got]; twice {
			t.Errorf("%s and %s share an id", name, before)
		}
		seen[got] = name
		raw, err := base64.RawURLEncoding.DecodeString(string(got))
		if err != nil || strings.Contains(string(raw), string(one)) || strings.Contains(string(got), string(one)) {
			t.Errorf("%s: the id %s shows the number", name, got)
		}
	}
	if item, document := id.Item("GP/X2GPA", "allergy", one, "1"), id.Document("GP/X2GPA", one, "1"); item != "GUQb8ncVHdjt44UhfaaH" || document != "3BR1Bm2XCRVBvOi3u0PEAHU0BDnEto28Zlk" {
		t.Errorf("ids that were handed out are no longer the same: %s, %s", item, document)
	}
	again := record.NewIdentifier([]byte("secret"))
	if id.Item("GP/X2GPA", "allergy", one, "1") != again.Item("GP/X2GPA", "allergy", one, "1") {
		t.Error("an id is not the same after a restart")
	}
}

func TestADocumentOpensForItsPatientOnly(t *testing.T) {
	id := record.NewIdentifier([]byte("secret"))
	document := id.Document("ACUTE/RAL", one, "doc-7")
	if source, sourceID, ok := id.OpenDocument(one, document); !ok || source != "ACUTE/RAL" || sourceID != "doc-7" {
		t.Fatalf("%q %q %t", source, sourceID, ok)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(string(document))
	for i := range raw {
		altered := append([]byte(nil), raw...)
		altered[i] ^= 1
		if _, _, ok := id.OpenDocument(one, record.ID(base64.RawURLEncoding.EncodeToString(altered))); ok {
			t.Errorf("a change of byte %d went unnoticed", i)
		}
	}
	for name, open := range map[string]func() bool{
		"another patient": func() bool { _, _, ok := id.OpenDocument(two, document); return ok },
		"another secret":  func() bool { _, _, ok := record.NewIdentifier([]byte("x")).OpenDocument(one, document); return ok },
		"an item's id":    func() bool { _, _, ok := id.OpenDocument(one, id.Item("a", "b", one, "c")); return ok },
		"nothing":         func() bool { _, _, ok := id.OpenDocument(one, ""); return ok },
		"a line break":    func() bool { _, _, ok := id.OpenDocument(one, document[:5]+"\n"+document[5:]); return ok },
		"other spare bits": func() bool {
			_, _, ok := id.OpenDocument(one, document[:len(document)-1]+record.ID(rune(document[len(document)-1]+1)))
			return ok
		},
		"rubbish": func() bool { _, _, ok := id.OpenDocument(one, "%%%"); return ok },
	} {
		if open() {
			t.Errorf("%s opens it", name)
		}
	}
}
