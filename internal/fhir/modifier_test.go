package fhir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// What bears something that may turn its meaning round, and that is not known here, is not read: it is one that cannot be.
func TestWhatTurnsAMeaningRound(t *testing.T) {
	const extension = `"modifierExtension":[{"url":"https://trust.example/negated","valueBoolean":true}]`
	condition := func(more string) string {
		return `{"resource":{"resourceType":"Condition","id":"c","code":{"text":"Angina"}` + more + `}}`
	}
	for name, c := range map[string]struct {
		entry string
		whole bool
	}{
		"plain":                              {condition(""), true},
		"on the resource":                    {condition("," + extension), false},
		"on a part":                          {condition(`,"stage":[{` + extension + `,"summary":{"text":"II"}}]`), false},
		"on what it contains":                {condition(`,"contained":[{"resourceType":"Practitioner","id":"p",` + extension + `}]`), false},
		"on the entry":                       {strings.TrimSuffix(condition(""), "}") + "," + extension + "}", false},
		"by rules of its own":                {condition(`,"implicitRules":"https://trust.example/rules"`), false},
		"in words":                           {condition(`,"note":[{"text":"a \"modifierExtension\": none"}]`), true},
		"an extension that modifies nothing": {condition(`,"extension":[{"url":"https://trust.example/x","valueString":"modifierExtension?"}]`), true},
	} {
		b, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","type":"searchset","entry":[` + c.entry + `]}`))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if whole := len(b.Resources) == 1 && b.Broken == 0; whole != c.whole {
			t.Errorf("%s: %d resources, %d broken", name, len(b.Resources), b.Broken)
		}
		if !c.whole && (len(b.Unreadable) != 1 || b.Unreadable[0].Key() != "Condition/c") { // it may hide what refers to it
			t.Errorf("%s: unreadable %v", name, b.Unreadable)
		}
	}
	if _, err := fhir.ParseBundle([]byte(`{"resourceType":"Bundle","implicitRules":"https://trust.example/rules","type":"searchset"}`)); err == nil {
		t.Error("a Bundle by rules of its own is read")
	}
	for resource, read := range map[string]bool{
		`{"resourceType":"Binary","data":"aGVsbG8="}`:                                                 true,
		`{"resourceType":"Binary","data":"aGVsbG8=","implicitRules":"https://trust.example/rules"}`:   false,
		`{"resourceType":"Patient","id":"a",` + extension + `}`:                                       false,
		`{"resourceType":"Bundle","type":"collection","entry":[` + condition(","+extension) + `]}`:    true, // each of its entries is judged by itself
		`{"resourceType":"Bundle","type":"collection","implicitRules":"https://trust.example/rules"}`: false,
	} {
		if _, ok := fhir.ParseResource([]byte(resource)); ok != read {
			t.Errorf("a resource by itself: %s: read %v", resource, ok)
		}
	}
}

// A number that somebody had once is not theirs.
func TestANumberOfOnce(t *testing.T) {
	id := func(value, more string) string {
		return `{"system":"` + fhir.NHSNumberSystem + `","value":"` + value + `"` + more + `}`
	}
	const other = "9990000026"
	for ids, want := range map[string]record.NHSNumber{
		id(other, `,"use":"old"`) + "," + id(string(number), `,"use":"official"`): number,
		id(string(number), "") + "," + id(other, `,"use":"old"`):                  number,
		id(string(number), `,"use":"old"`):                                        "",
		id(string(number), "") + "," + id(other, ""):                              "",
	} {
		r := fhir.Resource{Type: "Patient", Raw: []byte(`{"resourceType":"Patient","identifier":[` + ids + `]}`)}
		if got, ok := r.NHSNumber(); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", ids, got, ok)
		}
	}
}

// What a folder puts together from several files lacks what they lack, and is labelled as they are.
func TestAFolderOfSeveralFiles(t *testing.T) {
	const (
		flag  = `{"resourceType":"Flag","id":"f","meta":{"profile":["x"]},"code":{"text":"Falls"}}`
		label = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},`
	)
	holding := func(resources ...string) string { return bundleOf(append(resources, patientResource("p", number))...) }
	for name, c := range map[string]struct {
		file                   string
		read, broken, withheld int
	}{
		"whole":                   {holding(flag), 1, 0, 0},
		"labelled":                {strings.Replace(holding(flag), `"type"`, label+`"type"`, 1), 1, 0, 1},
		"an entry without a type": {holding(flag, `{"id":"x"}`), 1, 1, 0},
		"an unreadable label":     {holding(flag, `{"resourceType":"Flag","id":"g","meta":7}`), 1, 1, 0},
		"a resource by itself":    {`{"resourceType":"Flag","id":"g","subject":{"reference":"Patient/q"},"meta":7}`, 0, 1, 0},
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"one.json": c.file, "two.json": patientResource("q", number)} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, err := fhir.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := fhir.Search(t.Context(), f, fhir.Request{Path: "Flag", Patient: number})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read, withheld := 0, 0
		for i := range b.Resources {
			if r := &b.Resources[i]; r.Type == "Flag" {
				read++
				if r.Confidential() {
					withheld++
				}
			}
		}
		if read != c.read || b.Broken != c.broken || withheld != c.withheld {
			t.Errorf("%s: %d read, %d broken, %d withheld", name, read, b.Broken, withheld)
		}
	}
}
