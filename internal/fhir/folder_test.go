package fhir_test

import (
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

func patientResource(id string, n record.NHSNumber) string {
	return `{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}]}`
}

func bundleOf(resources ...string) string {
	for i, r := range resources {
		resources[i] = `{"resource":` + r + `}`
	}
	return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(resources, ",") + `]}`
}

func TestAFolderStandsForASource(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if strings.HasSuffix(name, ".gz") {
			z := gzip.NewWriter(file)
			defer z.Close()
			z.Write([]byte(data))
			return
		}
		file.WriteString(data)
	}
	const second, third = record.NHSNumber("9990000026"), record.NHSNumber("9990000034")
	record1 := bundleOf(patientResource("a", number), `{"resourceType":"Condition","id":"c"}`)
	write("one.json", record1)
	write("deeper/two.json.gz", bundleOf(patientResource("a", second)))
	write("deeper/three.json", patientResource("p3", third))
	write("observation.json", `{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p3"}}`)
	write("condition.json", `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p3"}}`)
	write("strayed.json", `{"resourceType":"Condition","id":"d","subject":{"reference":"Patient/nobody"}}`)
	write("broken.json", `{"resourceType":`)
	write("broken.json.gz", "")
	write("bad number.json", patientResource("b", "9990000019"))
	write("notes.txt", "nothing of ours")
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "out.json")); err != nil {
		t.Fatal(err)
	}

	f, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if f.Patients() != 3 {
		t.Errorf("%d patients", f.Patients())
	}
	for _, name := range []string{"strayed.json", "broken.json", "bad number.json"} {
		if f.Left[name] == "" {
			t.Errorf("%s is not among what was left: %v", name, f.Left)
		}
	}
	got, err := f.Fetch(t.Context(), fhir.Request{Path: "Patient/$gpc.getstructuredrecord", Body: []byte("{}"), Patient: number})
	if err != nil || string(got) != record1 {
		t.Errorf("%s, %v", got, err)
	}
	if got, err = f.Fetch(t.Context(), fhir.Request{Path: "Patient", Patient: second}); err != nil || !slices.Equal(fhir.Numbers(got), []record.NHSNumber{second}) {
		t.Errorf("%s, %v", got, err)
	}
	for path, want := range map[string]string{"Observation": "Patient Observation", "Condition": "Patient Condition", "Patient": "Patient", "Procedure": "Patient"} {
		b, err := fhir.Search(t.Context(), f, fhir.Request{Path: path, Patient: third})
		if err != nil {
			t.Fatal(err)
		}
		types := map[string]bool{}
		for i := range b.Resources {
			types[b.Resources[i].Type] = true
		}
		for _, wanted := range strings.Fields(want) {
			if !types[wanted] {
				t.Errorf("%s: no %s among %v", path, wanted, types)
			}
		}
		if len(types) != len(strings.Fields(want)) {
			t.Errorf("%s: %v", path, types)
		}
	}
	if _, err := f.Fetch(t.Context(), fhir.Request{Path: "Patient", Patient: "9990000042"}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Fetch(ctx, fhir.Request{Patient: number}); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody: %v", err)
	}
	if _, err := fhir.OpenFolder(filepath.Join(dir, "none")); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// What a folder cannot know is left out and named, and nothing that is left belongs to anybody.
func TestWhatAFolderLeaves(t *testing.T) {
	const second = record.NHSNumber("9990000026")
	about := func(patient string) string {
		return `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/` + patient + `"}}`
	}
	padded := func(n int) string {
		one := patientResource("large", number)
		return gzipped(one + strings.Repeat(" ", n-len(one)))
	}
	for name, c := range map[string]struct {
		files map[string]string
		left  map[string]string // and a part of why
		knows int               // people
	}{
		"no record":                      {map[string]string{"notes.txt": "x", "letters/a.txt": "x"}, nil, 0},
		"no JSON":                        {map[string]string{"a.json": "{"}, map[string]string{"a.json": "not JSON"}, 0},
		"no object":                      {map[string]string{"a.json": "[1]"}, map[string]string{"a.json": "no resource"}, 0},
		"no resource":                    {map[string]string{"a.json": "{}"}, map[string]string{"a.json": "no resource"}, 0},
		"what says two things":           {map[string]string{"a.json": strings.Replace(patientResource("a", number), "{", `{"id":"b",`, 1)}, map[string]string{"a.json": "twice"}, 0},
		"a label that cannot be read":    {map[string]string{"a.json": strings.Replace(patientResource("a", number), "{", `{"meta":7,`, 1)}, map[string]string{"a.json": "no patient"}, 0},
		"no gzip":                        {map[string]string{"a.json.gz": "x"}, map[string]string{"a.json.gz": "compressed wrongly"}, 0},
		"half of gzip":                   {map[string]string{"a.json.gz": gzipped(patientResource("a", number))[:20]}, map[string]string{"a.json.gz": "read to its end"}, 0},
		"as large as it may be":          {map[string]string{"a.json.gz": padded(16 << 20)}, nil, 1},
		"too large":                      {map[string]string{"a.json.gz": padded(16<<20 + 1)}, map[string]string{"a.json.gz": "larger than"}, 0},
		"of one patient":                 {map[string]string{"p.json": patientResource("a", number), "c.json": about("a")}, nil, 1},
		"of nobody":                      {map[string]string{"p.json": patientResource("a", number), "c.json": about("b")}, map[string]string{"c.json": "no patient"}, 1},
		"of one of two":                  {map[string]string{"p.json": patientResource("a", number), "q.json": patientResource("a", second), "c.json": about("a")}, map[string]string{"c.json": "no patient"}, 2},
		"of one without an id":           {map[string]string{"p.json": patientResource("", number), "c.json": about("")}, map[string]string{"c.json": "no patient"}, 1},
		"of nobody, beside such a one":   {map[string]string{"p.json": patientResource("", number), "c.json": `{"resourceType":"Condition"}`}, map[string]string{"c.json": "no patient"}, 1},
		"of whom cannot be read":         {map[string]string{"p.json": patientResource("a", number), "c.json": `{"resourceType":"Condition","subject":7,"patient":{"reference":"Patient/a"}}`}, map[string]string{"c.json": "no patient"}, 1},
		"a Patient without a number":     {map[string]string{"p.json": `{"resourceType":"Patient","id":"a"}`, "c.json": about("a")}, map[string]string{"p.json": "no patient", "c.json": "no patient"}, 0},
		"a bundle of one in another way": {map[string]string{"p.json": patientResource("a", number), "b.json": bundleOf(patientResource("b", number))}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := fhirtest.Folder(t, c.files)
			if f.Patients() != c.knows || len(f.Left) != len(c.left) {
				t.Errorf("%d people, left %v", f.Patients(), f.Left)
			}
			for name, why := range c.left {
				if !strings.Contains(f.Left[name], why) {
					t.Errorf("left %s: %q", name, f.Left[name])
				}
			}
		})
	}
}

func TestNumbersOfPatients(t *testing.T) {
	const system = `"system":"https://fhir.nhs.uk/Id/nhs-number"`
	one := `{` + system + `,"value":"9990000018"}`
	for name, c := range map[string]struct {
		said string
		want []record.NHSNumber
	}{
		"one":                         {`{"resourceType":"Patient","identifier":[` + one + `]}`, []record.NHSNumber{number}},
		"the same twice":              {`{"resourceType":"Patient","identifier":[` + one + `,` + one + `]}`, []record.NHSNumber{number}},
		"one beside what is none":     {`{"resourceType":"Patient","identifier":[{` + system + `,"value":"1"},{"system":"x","value":"9990000026"},` + one + `]}`, []record.NHSNumber{number}},
		"two":                         {`{"resourceType":"Patient","identifier":[` + one + `,{` + system + `,"value":"9990000026"}]}`, nil},
		"one that is no text":         {`{"resourceType":"Patient","identifier":[{` + system + `,"value":7},` + one + `]}`, nil},
		"one of another system":       {`{"resourceType":"Patient","identifier":[{"system":"x","value":"9990000018"}]}`, nil},
		"of somebody else":            {`{"resourceType":"RelatedPerson","identifier":[` + one + `]}`, nil},
		"a label that cannot be read": {`{"resourceType":"Patient","meta":7,"identifier":[` + one + `]}`, nil},
		"in a bundle":                 {bundleOf(patientResource("a", number), patientResource("b", "9990000026")), []record.NHSNumber{number, "9990000026"}},
		"no resource":                 {`{}`, nil},
	} {
		if got := fhir.Numbers([]byte(c.said)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %d numbers", name, len(got))
		}
	}
}

// A bundle with two Patients of one number is one file of theirs.
func TestABundleOfTwoPatientsOfOneNumber(t *testing.T) {
	whole := bundleOf(patientResource("a", number), patientResource("b", number))
	f := fhirtest.Folder(t, map[string]string{"one.json": whole})
	data, err := f.Fetch(t.Context(), fhir.Request{Path: "Patient/$everything", Patient: number, Body: []byte("{}")})
	if err != nil || string(data) != whole {
		t.Errorf("%s, %v", data, err)
	}
}

// What is put together of several files says of each what its bundle said: the addresses, the
// label on all of it, and that there is more than could be read.
func TestAFolderPutsTogether(t *testing.T) {
	const flag = `{"resourceType":"Flag","id":"f","code":{"text":"a < b"}}`
	person := patientResource("a", number)
	bundle := func(entries string, more string) string {
		return `{"resourceType":"Bundle","type":"searchset"` + more + `,"entry":[{"resource":` + person + `},` + entries + `]}`
	}
	const restricted = `,"meta":{"security":[{"code":"R"}]}`
	for name, c := range map[string]struct {
		one        string
		restricted string // of its entries
		broken     int
		unreadable int
	}{
		"all there":                       {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`}`, `,"total":2`), "", 0, 0},
		"a label on all":                  {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`}`, restricted), "Patient Flag", 0, 0},
		"a label on all and on one":       {bundle(`{"fullUrl":"urn:uuid:1","resource":`+strings.Replace(flag, `"id"`, `"meta":{"security":[{"code":"V"}]},"id"`, 1)+`}`, restricted), "Flag", 0, 0},
		"another's meta beside a label":   {bundle(`{"fullUrl":"urn:uuid:1","resource":`+strings.Replace(flag, `"id"`, `"Meta":{"profile":["x"]},"id"`, 1)+`}`, restricted), "Patient Flag", 0, 0},
		"an entry that is no resource":    {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`},{"resource":7}`, ""), "", 1, 0},
		"a label that cannot be read":     {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`},{"resource":`+strings.Replace(flag, `"id"`, `"meta":7,"id"`, 1)+`}`, ""), "", 1, 1},
		"such a label beneath a label":    {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`},{"resource":`+strings.Replace(flag, `"id"`, `"meta":7,"id"`, 1)+`}`, restricted), "Patient Flag", 1, 1},
		"what an entry says of another":   {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`},{"modifierExtension":[{"url":"negated"}],"resource":`+flag+`}`, ""), "", 1, 1},
		"more than it gives":              {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`}`, `,"total":3`), "", 1, 0},
		"more on another page":            {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`}`, `,"link":[{"relation":"next","url":"more"}]`), "", 1, 0},
		"an entry that is none, and more": {bundle(`{"fullUrl":"urn:uuid:1","resource":`+flag+`},{}`, `,"link":[{"relation":"next","url":"more"}]`), "", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := fhirtest.Folder(t, map[string]string{"one.json": c.one, "two.json": `{"resourceType":"List","id":"l","subject":{"reference":"Patient/a"}}`, "three.json": person})
			for _, path := range []string{"Flag", "Patient/$everything"} {
				data, err := f.Fetch(t.Context(), fhir.Request{Path: path, Patient: number})
				if err == nil {
					err = fhir.Check(data)
				}
				if err != nil {
					t.Fatal(err)
				}
				b, err := fhir.Search(t.Context(), said(data), fhir.Request{})
				if err != nil {
					t.Fatal(err)
				}
				var labelled []string
				for i := range b.Resources {
					r := &b.Resources[i]
					if r.Confidential() {
						labelled = append(labelled, r.Type)
					}
					if r.Type == "Flag" && (r.FullURL != "urn:uuid:1" || !strings.Contains(string(fhir.Member(r.Raw, "code")), "a ")) || r.Type == "List" && path == "Flag" {
						t.Errorf("%s: %s at %s", r.Type, r.Raw, r.FullURL)
					}
				}
				if got := strings.Join(labelled, " "); got != c.restricted || b.Broken != c.broken || len(b.Unreadable) != c.unreadable {
					t.Errorf("%s: restricted %q, %d broken, %d unreadable", path, got, b.Broken, len(b.Unreadable))
				}
			}
		})
	}
}

// Of whom a folder has a Patient and nothing else it says so: what else is asked for is none.
func TestAFolderOfAPatientAlone(t *testing.T) {
	f := fhirtest.Folder(t, map[string]string{"one.json": patientResource("a", number)})
	for _, r := range []fhir.Request{{Path: "Patient/$everything"}, {Path: "Flag"}, {Path: "Patient/$gpc.getstructuredrecord", Body: []byte("{}")}} {
		r.Patient = number
		b, err := fhir.Search(t.Context(), f, r)
		if err != nil || len(b.Resources) != 1 || b.Resources[0].ID != "a" || b.Broken != 0 {
			t.Errorf("%s: %+v, %v", r.Path, b, err)
		}
	}
}

// What cannot be read is missing where it is searched for, and nowhere else.
func TestWhatAFolderLacksOfASearch(t *testing.T) {
	f := fhirtest.Folder(t, map[string]string{"one.json": bundleOf(patientResource("a", number), `{"resourceType":"Condition","id":"c","meta":7}`), "two.json": `{"resourceType":"List","id":"l","subject":{"reference":"Patient/a"}}`,
		"p.json": patientResource("a", number), "three.json": `{"resourceType":"Procedure","id":"p","implicitRules":"x","subject":{"reference":"Patient/a"}}`})
	for path, want := range map[string]string{"Condition": "Condition/c", "Procedure": "Procedure/p", "Flag": "", "Patient/$everything": "Condition/c Procedure/p"} {
		b, err := fhir.Search(t.Context(), f, fhir.Request{Path: path, Patient: number})
		if err != nil {
			t.Fatal(err)
		}
		var lacks []string
		for i := range b.Unreadable {
			lacks = append(lacks, b.Unreadable[i].Key())
		}
		slices.Sort(lacks)
		if got := strings.Join(lacks, " "); got != want || b.Broken != len(lacks) {
			t.Errorf("%s: %q, %d broken, want %q", path, got, b.Broken, want)
		}
	}
}

// Whatever is searched for, files are read in the order of their names.
func TestTheOrderOfAFolder(t *testing.T) {
	about := func(id string) string {
		return `{"resourceType":"Flag","id":"` + id + `","subject":{"reference":"Patient/a"}}`
	}
	f := fhirtest.Folder(t, map[string]string{"m.json": bundleOf(patientResource("b", number), `{"resourceType":"Flag","id":"m"}`), "a.json": about("a"), "p.json": patientResource("a", number), "z.json": about("z")})
	b, err := fhir.Search(t.Context(), f, fhir.Request{Path: "Flag", Patient: number})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range b.Resources {
		got = append(got, b.Resources[i].ID)
	}
	if want := []string{"a", "b", "m", "a", "z"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Of what can no longer be read nothing is an answer.
func TestFilesThatChange(t *testing.T) {
	for name, c := range map[string]struct {
		change func(file string) error
		kind   error
	}{
		"one that goes":   {os.Remove, record.ErrUnavailable},
		"one that breaks": {func(file string) error { return os.WriteFile(file, []byte(`{"resourceType":`), 0o600) }, record.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			const second = record.NHSNumber("9990000026")
			files := []string{filepath.Join(dir, "one.json"), filepath.Join(dir, "alone.json"), filepath.Join(dir, "two.json")}
			for i, data := range []string{bundleOf(patientResource("a", number)), bundleOf(patientResource("c", second)), bundleOf(patientResource("b", number), binary("b", "content"))} {
				if err := os.WriteFile(files[i], []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f, err := fhir.OpenFolder(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			if err := errors.Join(c.change(files[0]), c.change(files[1])); err != nil {
				t.Fatal(err)
			}
			for _, patient := range []record.NHSNumber{number, second} {
				for _, path := range []string{"Flag", "Patient/$everything", "Binary/b"} {
					if _, err := f.Fetch(t.Context(), fhir.Request{Path: path, Patient: patient}); !errors.Is(err, c.kind) {
						t.Errorf("%s: %v", path, err)
					}
				}
			}
		})
	}
}

// A folder with a name that nothing can be opened by is not taken for a smaller one.
func TestAFolderThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "one.json"), []byte(patientResource("a", number)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "\xff"), 0o755); err != nil {
		t.Fatal(err)
	}
	if f, err := fhir.OpenFolder(dir); !errors.Is(err, record.ErrInvalid) || f != nil {
		t.Errorf("%v", err)
	}
}
