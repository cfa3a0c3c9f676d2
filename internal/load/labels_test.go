package load_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// A label restricts where it has no code, or one of v3-Confidentiality that is none of U, L, M and N.
func TestLabels(t *testing.T) {
	const system = `"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality"`
	on := func(label string) string { return `,"meta":{"security":[` + label + `]}` }
	alert := func(id, more string) string {
		return about("Flag", id, `,"status":"active","code":{"text":"`+id+`"}`+more)
	}
	letter := func(id, label string) string {
		return about("DocumentReference", id, `,"status":"current","type":{"text":"`+id+`"},"securityLabel":`+label+`,"date":"2020-01-05T10:00:00Z","content":[{"attachment":{"contentType":"text/plain","data":"SGVsbG8="}}]`)
	}
	medicine := func(id, label string) string {
		return about("MedicationRequest", id, `,"status":"active","intent":"order","authoredOn":"2020-01-03","contained":[{"resourceType":"Medication","id":"i","code":{"text":"`+id+`"}`+label+`}],"medicationReference":{"reference":"#i"}`)
	}
	s := open(t)
	s.load(t, folder(t, ofA(
		alert("ordinary", on(`{`+system+`,"code":"N"}`)), alert("of another system", on(`{"system":"urn:x","code":"X"}`)), alert("unlabelled", ""),
		alert("restricted", on(`{`+system+`,"code":"R"}`)), alert("in small letters", on(`{`+system+`,"code":"r"}`)), alert("without a code", on(`{`+system+`,"display":"restricted"}`)),
		alert("of a level that is not known", on(`{`+system+`,"code":"X"}`)), alert("sensitive", on(`{"code":"hiv"}`)), alert("second", on(`{`+system+`,"code":"N"},{`+system+`,"code":"V"}`)),
		letter("an ordinary letter", `[{"coding":[{`+system+`,"code":"N"}]}]`), letter("a restricted letter", `[{"coding":[{`+system+`,"code":"R"}]}]`), letter("a letter in words", `[{"text":"secret"}]`),
		medicine("ordinary within", ""), medicine("restricted within", on(`{`+system+`,"code":"R"}`)))), load.Options{})
	for sql, want := range map[string][]string{
		`SELECT kind_display FROM alert WHERE NOT confidential`:          {"of another system", "ordinary", "unlabelled"},
		`SELECT kind_display FROM document WHERE NOT confidential`:       {"an ordinary letter"},
		`SELECT medicine_display FROM medication WHERE NOT confidential`: {"ordinary within"},
	} {
		if got := s.everywhere(t, sql, clinical...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

// A label on a bundle is that of all its entries, unless one of them bears it.
func TestABundleThatIsLabelled(t *testing.T) {
	labelled := func(b string) string {
		return strings.Replace(b, `"type"`, restricted[1:]+`,"type"`, 1)
	}
	after := func(b string) string { return strings.TrimSuffix(b, "}") + restricted + "}" }
	alert := func(id, more string) string {
		return about("Flag", id, `,"status":"active","code":{"text":"`+id+`"}`+more)
	}
	all := func(more ...string) string { return bundle(append([]string{patient("a", "A", "")}, more...)...) }
	for name, c := range map[string]struct {
		file, text string
		want       []string
		restricted string
	}{
		"unlabelled":        {"a.json", all(alert("x", "")), []string{"x"}, "false"},
		"of all":            {"a.json", labelled(all(alert("x", ""))), nil, "true"},
		"after its entries": {"a.json", after(all(alert("x", ""))), nil, "true"},
		"of one entry":      {"a.json", labelled(all(alert("x", ""), alert("y", restricted))), []string{"x"}, "false"},
		"on a line":         {"a.ndjson", labelled(all(alert("x", ""))) + "\n", nil, "true"},
	} {
		s := open(t)
		s.load(t, folder(t, map[string]string{c.file: c.text}), load.Options{})
		if got := s.everywhere(t, `SELECT kind_display FROM alert WHERE NOT confidential`, clinical...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if got := s.texts(t, record.Demographics, `SELECT restricted::text FROM person`); !slices.Equal(got, []string{c.restricted}) {
			t.Errorf("%s: the person is restricted: %q", name, got)
		}
	}
}
