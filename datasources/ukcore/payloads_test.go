package ukcore_test

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

var update = flag.Bool("update", false, "write what is read of the payloads anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "read", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
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

// ours puts numbers of the 999 range in the place of the examples' own.
var ours = strings.NewReplacer("9912003888", string(someone), "9912003890", string(another))

// around are the types of example that others refer to: they come with each.
var around = []string{"Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication"}

const (
	richard = "UKCore-Patient-RichardSmith-Example"
	baby    = "UKCore-Patient-BabyPatient-Example"
)

// TestEveryUKCoreExample reads each of the 215 examples by itself, as an acute and as a
// mental health trust would hold it, with the person it is about and those it refers to:
// what came out, item by item, or the reason why it was left, and of which values nothing is told.
func TestEveryUKCoreExample(t *testing.T) {
	all := payloads(t, "uk-core-r4")
	if len(all) != 215 {
		t.Fatalf("%d examples", len(all))
	}
	var shared []string
	patients := map[string]string{}
	for _, p := range all {
		r, _ := fhir.ParseResource(p.Resource)
		switch {
		case strings.HasPrefix(p.File, "Extension"):
		case slices.Contains(around, r.Type):
			shared = append(shared, string(p.Resource))
		case r.ID == richard, r.ID == baby:
			patients[r.ID] = ours.Replace(string(p.Resource))
		}
	}
	alone := map[string][]string{} // what a patient's own resource and the shared ones say, by sector and patient
	var b strings.Builder
	lost := fhirtest.Lost{}
	for _, p := range all {
		fmt.Fprintf(&b, "%s\n", p.File)
		came := map[string]bool{}
		for _, sector := range []record.Sector{record.Acute, record.MentalHealth} {
			for _, line := range readExample(t, sector, p, patients, shared, alone) {
				if !came[line] {
					fmt.Fprintf(&b, "  %s\n", line)
				}
				came[line] = true
			}
		}
		if len(came) == 0 {
			reason := whyLeft(p)
			if reason == "" {
				t.Errorf("%s is lost", p.File)
			}
			fmt.Fprintf(&b, "  left: %s\n", reason)
			continue
		}
		if err := lost.Look(p.Resource, slices.Collect(maps.Keys(came))); err != nil {
			t.Error(err)
		}
	}
	golden(t, "uk-core-r4", b.String())
	golden(t, "uk-core-r4-lost", lost.String())
}

// readExample is what comes out of an example, without what its patient alone says.
func readExample(t *testing.T, sector record.Sector, p payload, patients map[string]string, shared []string, alone map[string][]string) []string {
	t.Helper()
	who, number := richard, someone
	if strings.Contains(string(p.Resource), baby) {
		who, number = baby, another
	}
	parts := []string{string(p.Resource)}
	if bundle, err := fhir.ParseBundle(p.Resource); err == nil {
		parts = nil
		for i := range bundle.Resources {
			parts = append(parts, fmt.Sprintf(`{"fullUrl":%q,"resource":%s}`, bundle.Resources[i].FullURL, bundle.Resources[i].Raw))
		}
	}
	r, _ := fhir.ParseResource(p.Resource)
	if r.ID == who {
		parts = nil
	}
	seen := &events{}
	got := everything(t, sector, seen, number, append(append([]string{patients[who]}, parts...), shared...))
	if r.ID != who {
		key := string(sector) + who
		if alone[key] == nil {
			alone[key] = everything(t, sector, nil, number, append([]string{patients[who]}, shared...))
		}
		drop(got, alone[key])
	}
	for _, line := range seen.Lines() {
		got = append(got, fmt.Sprintf("observed: %s × %d", line, seen.Count(line)))
	}
	return slices.DeleteFunc(got, func(line string) bool { return line == "" })
}

func drop(from, lines []string) {
	for i, line := range from {
		if slices.Contains(lines, line) {
			from[i] = ""
		}
	}
}

// everything is a line for each entry that is read of resources.
func everything(t *testing.T, sector record.Sector, seen *events, number record.NHSNumber, resources []string) []string {
	t.Helper()
	o := ukcore.Options{}
	if seen != nil {
		o.Observe = seen.Observe
	}
	s := ukcore.Open(sector, here, whole{number: collection(resources...)}, ids, o)
	got, err := read(t, s, subjects(number))
	if err != nil {
		return []string{"whole answer: " + err.Error()}
	}
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(got)) {
		if kind == fetch.Upcoming || kind == fetch.UnmappedResults || kind == fetch.UnmappedVitalSigns {
			continue
		}
		a := got[kind]
		if len(a.Errs) > 0 && a.Errs[0] != nil {
			all = append(all, "whole answer: "+a.Errs[0].Error())
			break
		}
		if a.Unreadable != nil {
			all = append(all, string(kind)+": incomplete")
		}
		for _, line := range lines(a) {
			all = append(all, string(kind)+": "+line)
		}
	}
	return all
}

// leftTypes is why resources of a type are not entries.
var leftTypes = map[string]string{
	"AuditEvent":          "the trust's own audit trail is no part of the record",
	"BodyStructure":       "a place in the body by itself says nothing of care",
	"Bundle":              "it holds requests and no resources",
	"Communication":       "a message that was sent: the record has no place for it",
	"Composition":         "an R4 document: letters are read as STU3 or DocumentReference",
	"Consent":             "a consent to share information, not a decision made in advance",
	"Device":              "it belongs to no patient: a device of somebody's says whose it is",
	"EpisodeOfCare":       "it names no care manager; what happened in it is in its encounters",
	"FamilyMemberHistory": "it is about another person, who is not asked for",
	"HealthcareService":   "named by what refers to it",
	"List":                "it says of no class that anything is on its way or waits; an empty list does not say that there is none",
	"Location":            "named by what refers to it",
	"Medication":          "named by what refers to it",
	"MessageHeader":       "the head of a message",
	"OperationOutcome":    "an outcome, not a record",
	"Organization":        "named by what refers to it",
	"Patient":             "who the person is comes from demographics",
	"Practitioner":        "named by what refers to it",
	"PractitionerRole":    "named by what refers to it",
	"Provenance":          "where another resource came from: the record has its own provenance",
	"Questionnaire":       "questions without answers",
	"RequestGroup":        "a choice between requests: the requests come",
	"Schedule":            "a timetable, about nobody",
	"Slot":                "a free time, about nobody",
	"Specimen":            "named by what refers to it",
	"Task":                "a step of the trust's work; the request it is for comes",
	"CareTeam":            "it names a professional who did not come",
	"Coverage":            "who pays is no part of the record",
	"Subscription":        "it asks a server for messages",
	"Encounter":           "withdrawn, or cancelled",
}

// leftFiles is why an example of a type that is read is left.
var leftFiles = map[string]string{
	"UKCore-AllergyIntolerance-EnteredInError-Example":   "entered in error",
	"UKCore-Bundle-Sn-NoAllergyData-Example":             "an answer without entries, which does not say that there is none",
	"UKCore-ServiceRequest-Lab-CReactiveProtein-Example": "an order of a test, not a referral",
}

func whyLeft(p payload) string {
	if reason := leftFiles[p.File]; reason != "" {
		return reason
	}
	r, _ := fhir.ParseResource(p.Resource)
	return leftTypes[r.Type]
}

// nhsNumber is a number in a payload, or what stands in its place.
var nhsNumber = regexp.MustCompile(`"https://fhir\.nhs\.uk/Id/nhs-number","value":"([^"]*)"`)

// about puts a patient's number in the place of the payload's own.
func about(data string, patient record.NHSNumber) string {
	for _, m := range nhsNumber.FindAllStringSubmatch(data, -1) {
		data = strings.ReplaceAll(data, m[1], string(patient))
	}
	return data
}

// TestEveryDocument reads the STU3 documents and what else is with them: the entry, and
// what it says, or the reason why it is left.
func TestEveryDocument(t *testing.T) {
	for set, sector := range map[string]record.Sector{"mental-health-stu3": record.MentalHealth, "hospital-letters-stu3": record.Acute} {
		t.Run(set, func(t *testing.T) {
			var b strings.Builder
			for _, p := range payloads(t, set) {
				fmt.Fprintf(&b, "=== %s\n", p.File)
				data := about(string(p.Resource), someone)
				seen := &events{}
				s := ukcore.Open(sector, here, nil, ids, ukcore.Options{Documents: whole{someone: data}, SourceOptions: seen.Options()})
				a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
				switch documents := lines(a); {
				case err != nil && leftDocuments[p.File] != "":
					fmt.Fprintf(&b, "left: %s (%v)\n", leftDocuments[p.File], err)
				case err != nil:
					t.Errorf("%s: %v", p.File, err)
				case len(documents) == 0 && leftDocuments[p.File] == "":
					t.Errorf("%s is lost", p.File)
				case len(documents) == 0:
					fmt.Fprintf(&b, "left: %s\n", leftDocuments[p.File])
				default:
					writeDocuments(t, &b, s, a)
				}
				for _, line := range seen.Lines() {
					fmt.Fprintf(&b, "observed: %s × %d\n", line, seen.Count(line))
				}
			}
			golden(t, set, b.String())
		})
	}
}

func writeDocuments(t *testing.T, b *strings.Builder, s *ukcore.Source, a fetch.Answer) {
	t.Helper()
	for _, x := range entriesOf(a, 0) {
		fmt.Fprintln(b, said(x))
		content, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: record.Envelope(x).Provenance.SourceID}})
		found := entriesOf(content, 0)
		if err != nil || len(found) != 1 {
			t.Fatalf("%d contents, %v", len(found), err)
		}
		text := string(found[0].(*record.DocumentContent).Text)
		if markup.MatchString(text) || text == "" {
			t.Errorf("no plain text: %q", text)
		}
		fmt.Fprintln(b, text)
	}
}

var markup = regexp.MustCompile(`<[/A-Za-z!]`)

// leftDocuments is why a file with documents is left.
var leftDocuments = map[string]string{
	"careconnect-record-9658218873":  "a record in STU3 resources and no document: it has no Composition",
	"careconnect-CarePlan":           "one STU3 resource and no document",
	"careconnect-CareTeam":           "one STU3 resource and no document",
	"careconnect-ClinicalImpression": "one STU3 resource and no document",
	"careconnect-Consent":            "one STU3 resource and no document",
	"careconnect-RelatedPerson":      "one STU3 resource and no document",
	"careconnect-RiskAssessment":     "one STU3 resource and no document",
}

// TestOtherR4Payloads reads what other national services send: the medicines of
// prescriptions come, and a summary of general practice is not a trust's to give.
func TestOtherR4Payloads(t *testing.T) {
	for _, set := range []string{"prescriptions-r4", "scr-r4"} {
		t.Run(set, func(t *testing.T) {
			var b strings.Builder
			for _, p := range payloads(t, set) {
				fmt.Fprintf(&b, "=== %s\n", p.File)
				seen := &events{}
				s := ukcore.Open(record.Acute, here, whole{someone: about(string(p.Resource), someone)}, ids, ukcore.Options{SourceOptions: seen.Options()})
				got, err := read(t, s, subjects(someone))
				if err != nil {
					fmt.Fprintf(&b, "whole answer: %v\n", err)
				}
				for _, kind := range slices.Sorted(maps.Keys(got)) {
					if a := got[kind]; a.Unreadable != nil {
						fmt.Fprintf(&b, "%s: incomplete\n", kind)
					} else if len(a.Errs) > 0 && err == nil {
						err = a.Errs[0]
						fmt.Fprintf(&b, "whole answer: %v\n", err)
					}
					for _, line := range lines(got[kind]) {
						if kind != fetch.UnmappedResults && kind != fetch.UnmappedVitalSigns {
							fmt.Fprintf(&b, "%s: %s\n", kind, line)
						}
					}
				}
				leftBehind(t, &b, p, got)
				for _, line := range seen.Lines() {
					fmt.Fprintf(&b, "observed: %s × %d\n", line, seen.Count(line))
				}
			}
			golden(t, set, b.String())
		})
	}
}

// leftBehind says which types of a payload are no entries, and why.
func leftBehind(t *testing.T, b *strings.Builder, p payload, got map[fetch.Kind]fetch.Answer) {
	t.Helper()
	bundle, err := fhir.ParseBundle(p.Resource)
	if err != nil {
		r, _ := fhir.ParseResource(p.Resource)
		bundle = &fhir.Bundle{Resources: []fhir.Resource{r}}
	}
	out := map[string]bool{}
	for _, a := range got {
		for _, x := range entriesOf(a, 0) {
			out[record.Envelope(x).Provenance.SourceID] = true
		}
	}
	left := map[string]int{}
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		if r.ID == "" {
			r.ID = strings.TrimPrefix(r.FullURL, "urn:uuid:")
		}
		reason := leftTypes[r.Type]
		if r.Type == "CommunicationRequest" {
			reason = "a note for the pharmacy that goes with the prescription"
		}
		switch {
		case out[r.ID]:
		case len(got[fetch.Allergies].Errs) > 0:
			left["the whole: the answer does not say whose it is"]++
		case reason == "":
			t.Errorf("%s: %s %s is lost", p.File, r.Type, r.ID)
		default:
			left[r.Type+": "+reason]++
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(b, "left: %d %s\n", left[reason], reason)
	}
}

// TestSyntheticPeople reads whole people: every resource of a type that is read comes out
// under its own id, or is one that is left for a reason.
func TestSyntheticPeople(t *testing.T) {
	files, err := filepath.Glob("testdata/synthea/*.gz")
	if err != nil || len(files) != 12 {
		t.Fatalf("%d people, %v", len(files), err)
	}
	var b strings.Builder
	for _, file := range files {
		data := strings.Replace(unzip(t, file), `"identifier": [`, `"identifier": [ {"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`+string(someone)+`"},`, 1)
		s := ukcore.Open(record.Acute, here, whole{someone: data}, ids, ukcore.Options{})
		got, err := read(t, s, subjects(someone))
		if err != nil || len(got[fetch.Allergies].Errs) > 0 {
			t.Fatal(file, err, got[fetch.Allergies].Errs)
		}
		fmt.Fprintf(&b, "=== %s\n", filepath.Base(file))
		count(t, &b, data, got)
	}
	golden(t, "synthea", b.String())
}

// count compares how many resources of each type came with how many came out.
func count(t *testing.T, b *strings.Builder, data string, got map[fetch.Kind]fetch.Answer) {
	t.Helper()
	bundle, err := fhir.ParseBundle([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for kind, a := range got {
		if a.Unreadable != nil {
			t.Errorf("%s is incomplete", kind)
		}
		for _, x := range entriesOf(a, 0) {
			out[record.Envelope(x).Provenance.SourceID] = true
		}
	}
	came, left := map[string]int{}, map[string]int{}
	for i := range bundle.Resources {
		r := &bundle.Resources[i]
		members := out[r.ID]
		for id := range out {
			members = members || r.Type == "CareTeam" && strings.HasPrefix(id, r.ID+".")
		}
		switch {
		case members:
			came[r.Type]++
		default:
			left[r.Type]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(came)) {
		fmt.Fprintf(b, "%s: %d came, %d left\n", kind, came[kind], left[kind])
		delete(left, kind)
	}
	for _, kind := range slices.Sorted(maps.Keys(left)) {
		reason := leftTypes[kind]
		switch kind {
		case "Claim", "ExplanationOfBenefit":
			reason = "what was paid is no part of the record"
		case "Goal":
			reason = "it stands in its plan"
		}
		if reason == "" {
			t.Errorf("%s is lost", kind)
		}
		fmt.Fprintf(b, "left: %d %s: %s\n", left[kind], kind, reason)
	}
}

func unzip(t testing.TB, name string) string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(reader)
	if err != nil || !json.Valid(data) {
		t.Fatal(name, err)
	}
	return string(data)
}
