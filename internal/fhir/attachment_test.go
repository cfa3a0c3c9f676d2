package fhir_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

func binary(id, said string) string {
	return `{"resourceType":"Binary","id":"` + id + `","contentType":"text/plain","data":"` + base64.StdEncoding.EncodeToString([]byte(said)) + `"}`
}

// What documents refer to is served from inside the folder: Binaries beside the record or in
// files of their own, and files that are no record. Nothing outside of it is, and no record.
func TestAFolderServesWhatDocumentsReferTo(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	const second = record.NHSNumber("9990000026")
	for name, data := range map[string]string{
		filepath.Join(dir, "one.json"):               `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + patientResource("a", number) + `},{"fullUrl":"urn:uuid:7","resource":` + binary("in", "in the bundle") + `}]}`,
		filepath.Join(dir, "two.json"):               bundleOf(patientResource("b", second), binary("theirs", "of another")),
		filepath.Join(dir, "loose.json"):             binary("own", "in its own file"),
		filepath.Join(dir, "twin1.json"):             binary("twin", "one"),
		filepath.Join(dir, "twin2.json"):             binary("twin", "other"),
		filepath.Join(dir, "letters/seen at a.txt"):  "an attachment",
		filepath.Join(dir, "letters/full.txt"):       strings.Repeat("x", 16<<20),
		filepath.Join(dir, "letters/large.txt"):      strings.Repeat("x", 16<<20+1),
		filepath.Join(outside, "secret.txt"):         "outside",
		filepath.Join(outside, "letters/secret.txt"): "outside",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for to, link := range map[string]string{"secret.txt": "link.txt", "letters": "way"} {
		if err := os.Symlink(filepath.Join(outside, to), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if f.Left["loose.json"] != "" {
		t.Errorf("left: %v", f.Left)
	}
	up, _ := filepath.Rel(dir, filepath.Join(outside, "secret.txt"))
	for name, c := range map[string]struct {
		request fhir.Request
		said    string
		kind    error
	}{
		"in the bundle, by its id":           {fhir.Request{Path: "Binary/in"}, "in the bundle", nil},
		"in the bundle, by an address":       {fhir.Request{Link: "https://practice.example/fhir/Binary/in"}, "in the bundle", nil},
		"in the bundle, by that of its own":  {fhir.Request{Link: "urn:uuid:7"}, "in the bundle", nil},
		"in a file of its own":               {fhir.Request{Link: "https://practice.example/fhir/Binary/own"}, "in its own file", nil},
		"an attachment":                      {fhir.Request{Link: "letters/seen%20at%20a.txt"}, "an attachment", nil},
		"as large as it may be":              {fhir.Request{Link: "letters/full.txt"}, strings.Repeat("x", 16<<20), nil},
		"too large":                          {fhir.Request{Link: "letters/large.txt"}, "", record.ErrMalformed},
		"an attachment asked for in a query": {fhir.Request{Link: "letters/seen%20at%20a.txt?x=1"}, "", record.ErrMalformed},
		"what is no address":                 {fhir.Request{Link: "letters/%zz"}, "", record.ErrMalformed},
		"in another's bundle":                {fhir.Request{Link: "https://practice.example/fhir/Binary/theirs"}, "", record.ErrNotFound},
		"two of one id":                      {fhir.Request{Path: "Binary/twin"}, "", record.ErrNotFound},
		"nowhere":                            {fhir.Request{Path: "Binary/none"}, "", record.ErrNotFound},
		"no such attachment":                 {fhir.Request{Link: "letters/none.txt"}, "", record.ErrNotFound},
		"another's record":                   {fhir.Request{Link: "two.json"}, "", record.ErrMalformed},
		"another's record, in capitals":      {fhir.Request{Link: "TWO.JSON"}, "", record.ErrMalformed},
		"a step up":                          {fhir.Request{Link: up}, "", record.ErrMalformed},
		"a step up, escaped":                 {fhir.Request{Link: "letters/%2e%2e/%2e%2e/secret.txt"}, "", record.ErrMalformed},
		"from the root":                      {fhir.Request{Link: filepath.Join(outside, "secret.txt")}, "", record.ErrMalformed},
		"a file address":                     {fhir.Request{Link: "file://" + filepath.Join(outside, "secret.txt")}, "", record.ErrMalformed},
		"another server":                     {fhir.Request{Link: "https://elsewhere.example/a.txt"}, "", record.ErrMalformed},
		"a link that leads out":              {fhir.Request{Link: "link.txt"}, "", record.ErrNotFound},
		"a folder that leads out":            {fhir.Request{Link: "way/secret.txt"}, "", record.ErrNotFound},
		"a folder":                           {fhir.Request{Link: "letters"}, "", record.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			c.request.Patient = number
			data, err := f.Fetch(t.Context(), c.request)
			if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if c.kind != nil {
				return
			}
			var x struct {
				ResourceType string
				Data         []byte
			}
			if err := json.Unmarshal(data, &x); err != nil || x.ResourceType != "Binary" || string(x.Data) != c.said {
				t.Errorf("%.80s, %v", data, err)
			}
		})
	}
}

// A label on all of a bundle goes with what is served of it.
func TestContentOfARestrictedBundle(t *testing.T) {
	f := fhirtest.Folder(t, map[string]string{"one.json": strings.Replace(bundleOf(patientResource("a", number), binary("b", "content")), "{", `{"meta":{"security":[{"code":"R"}]},`, 1)})
	data, err := f.Fetch(t.Context(), fhir.Request{Path: "Binary/b", Patient: number})
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := fhir.ParseResource(data); !ok || !r.Confidential() || fhir.Member(data, "data") == nil {
		t.Errorf("%s", data)
	}
}
