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
