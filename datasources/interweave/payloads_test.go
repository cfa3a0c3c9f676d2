package interweave_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

var update = flag.Bool("update", false, "write what is read of the payloads anew")

// A shelf answers a search with all its resources of the type, and with what they refer
// to, as a council does that includes it.
type shelf map[string]string

var beside = []string{"Practitioner", "PractitionerRole", "Organization", "Location", "Encounter"}

func (s shelf) Fetch(_ context.Context, r fhir.Request) ([]byte, error) {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		kind, _, _ := strings.Cut(name, "-")
		if kind == r.Path || r.Path != "Patient" && slices.Contains(beside, kind) {
			found = append(found, s[name])
		}
	}
	data := []byte(bundle(found...))
	return data, fhir.Check(data)
}

// left are the published examples that do not come out under their own id, and why.
var left = map[string]string{
	"AllergyIntolerance": "of a hospital: adult social care holds none", "DiagnosticReport": "of a hospital: adult social care holds none", "Medication": "of a hospital: adult social care holds none",
	"Observation": "of a hospital: adult social care holds none", "Encounter": "no entry of social care's; one that is never shown hides what refers to it",
	"Location": "named by what refers to it", "Organization": "named by what refers to it", "Practitioner": "named by what refers to it", "PractitionerRole": "named by what refers to it",
	"Patient": "who the person is comes from demographics; their contact has no date, and may be of childhood", "OperationOutcome": "an error; see TestEachOutcome",
}

// All 40 published examples, of one person: what came out, item by item, and what was
// left with the reason. testdata/lost.txt says what values stand in no entry.
func TestEveryExample(t *testing.T) {
	all := examples(t)
	seen := &events{}
	s := interweave.Open(council, shelf(all), ids, interweave.Options{Observe: seen.Observe})
	got, err := read(t, s, subjects(someone))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	out := map[string]fetch.Kind{}
	for _, kind := range kinds {
		gap := ""
		if err := failure(got[kind], 0); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if marked(got[kind].Unreadable, 0) {
			gap = ", incomplete"
		}
		fmt.Fprintf(&b, "%s: %d%s\n", kind, len(entries(got[kind], 0)), gap)
		for _, x := range entries(got[kind], 0) {
			out[record.Envelope(x).Provenance.SourceID] = kind
			fmt.Fprintf(&b, "  %s\n", line(t, x))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var r struct{ ResourceType, ID string }
		if err := json.Unmarshal([]byte(all[name]), &r); err != nil {
			t.Fatal(err)
		}
		switch kind, came := out[r.ID]; {
		case came && left[r.ResourceType] == "":
			fmt.Fprintf(&b, "%s: came out as %s\n", name, kind)
		case !came && left[r.ResourceType] != "":
			fmt.Fprintf(&b, "%s: left: %s\n", name, left[r.ResourceType])
		default:
			t.Errorf("%s: came out: %v", name, came)
		}
	}
	for _, line := range seen.Lines() {
		fmt.Fprintf(&b, "observed: %s × %d\n", line, seen.Count(line))
	}
	golden(t, "testdata/read.txt", b.String())
	lost := fhirtest.Lost{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := lost.Look([]byte(all[name]), got); err != nil {
			t.Error(err)
		}
	}
	golden(t, "testdata/lost.txt", lost.String())
}

// line is an entry in one line: what it says, without ids and where it comes from.
func line(t *testing.T, x record.RecordItem) string {
	t.Helper()
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "ID")
	delete(members, "Provenance")
	from := record.Envelope(x).Provenance
	members["From"] = string(from.Organisation.ODSCode) + ", " + string(from.SourceSystem)
	if !from.RecordedAt.IsZero() {
		members["RecordedAt"] = from.RecordedAt
	}
	if from.RecordedBy != nil {
		members["RecordedBy"] = from.RecordedBy.Name
	}
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil || v == "" || v == "0001-01-01T00:00:00Z" })
	short, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`,"Original":null`, "", `https://fhir.yhcr.nhs.uk/CodeSystem/`, "").Replace(string(short))
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run with -update and read what was written", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
