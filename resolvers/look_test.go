package resolvers_test

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/exclusion"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A look remembers the codes that it found clean while it uses one list. Under another list it checks them again, and
// it checks a code itself that is at another position in an entry or follows a hidden one.
func TestALookForgets(t *testing.T) {
	rows, err := os.ReadFile("../internal/exclusion/exclusions.csv")
	if err != nil {
		t.Fatal(err)
	}
	list, err := exclusion.Load(io.MultiReader(bytes.NewReader(rows), strings.NewReader("SEXUAL_HEALTH,snomed,195967001,Asthma,a test,ETREAT\nSEXUAL_HEALTH,word,kestrel,,a test,ETREAT\n")))
	if err != nil {
		t.Fatal(err)
	}
	strict, other := list.For("ETREAT"), list.For("PATADMIN")
	hidden := &record.Code{System: "http://snomed.info/sct", Code: "195967001", Display: "Asthma"}
	plain := &record.Code{System: "http://snomed.info/sct", Code: "91936005", Display: "Allergy to penicillin"}
	with := func(reason, site *record.Code) *record.Medication {
		return &record.Medication{Reason: reason, Route: site}
	}
	for range 100 { // what is pooled is used again most of the time
		if shown := resolvers.Looks(other, with(hidden, nil), with(plain, hidden)); !slices.Equal(shown, []bool{true, true}) {
			t.Fatalf("under the other list: %v", shown)
		}
		if shown := resolvers.Looks(strict, with(hidden, nil), with(hidden, nil), with(plain, nil), with(plain, hidden), with(plain, plain), with(hidden, plain), with(nil, nil)); !slices.Equal(shown, []bool{false, false, true, false, true, false, true}) {
			t.Fatalf("under the strict list: %v", shown)
		}
	}
	clinic, ward := &record.Practitioner{Name: "HIV clinic"}, &record.Practitioner{Name: "Ward 8"}
	by := func(who *record.Practitioner) *record.Medication {
		return &record.Medication{Item: record.Item{Provenance: record.Provenance{RecordedBy: who}}}
	}
	if shown := resolvers.Looks(strict, by(ward), by(ward), by(clinic), by(clinic), by(nil), by(ward)); !slices.Equal(shown, []bool{true, true, false, false, true, true}) {
		t.Errorf("by who recorded them: %v", shown)
	}
	kestrel, heron := &record.Organisation{Name: "Kestrel Road Practice"}, &record.Organisation{Name: "Heron Road Practice"}
	at := func(system record.Text, where *record.Organisation) *record.Medication {
		return &record.Medication{Item: record.Item{Provenance: record.Provenance{SourceSystem: system, Organisation: where, RecordedBy: ward}}}
	}
	for range 100 {
		if shown := resolvers.Looks(other, at("A system", heron), at("Kestrel PAS", heron), at("A system", kestrel)); !slices.Equal(shown, []bool{true, true, true}) {
			t.Fatalf("where and in what under the other list: %v", shown)
		}
		if shown := resolvers.Looks(strict, at("A system", kestrel), at("A system", heron), at("Kestrel PAS", heron), at("A system", heron), at("A system", kestrel), at("Kestrel PAS", nil)); !slices.Equal(shown, []bool{false, true, false, true, false, false}) {
			t.Fatalf("where and in what under the strict list: %v", shown)
		}
	}
	mapped := &record.Code{System: plain.System, Code: plain.Code, Display: plain.Display, Original: hidden}
	if shown := resolvers.Looks(strict, with(plain, nil), with(mapped, nil), with(plain, nil)); !slices.Equal(shown, []bool{true, false, true}) {
		t.Errorf("the source's own code: %v", shown)
	}
}
