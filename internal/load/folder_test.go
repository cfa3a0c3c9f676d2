package load_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

// folder writes files, those named .gz packed, and returns where.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		content := []byte(text)
		if strings.HasSuffix(name, ".gz") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(content)
			z.Close()
			content = b.Bytes()
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func patient(id, family, extra string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"name":[{"family":%q,"given":["Kim"]}],"gender":"female","birthDate":"1950-05-05"%s}`, id, family, extra)
}

func encounter(id, patient, class string) string {
	return fmt.Sprintf(`{"resourceType":"Encounter","id":%q,"status":"finished","class":{"code":%q},"type":[{"coding":[{"system":"http://snomed.info/sct","code":"185349003","display":"Check-up"}]}],"subject":{"reference":%q},"period":{"start":"2020-01-02T10:00:00Z","end":"2020-01-02T10:15:00Z"}}`, id, class, patient)
}

func condition(id, patient, encounter, code, display string) string {
	return fmt.Sprintf(`{"resourceType":"Condition","id":%q,"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":%q,"display":%q}]},"subject":{"reference":%q},"encounter":{"reference":%q},"onsetDateTime":"2020-01-02"}`, id, code, display, patient, encounter)
}

func bundle(resources ...string) string {
	var entries []string
	for _, r := range resources {
		entries = append(entries, `{"resource":`+r+`}`)
	}
	return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`
}

func lines(resources ...string) string { return strings.Join(resources, "\n") + "\n" }

func (s *stores) load(t *testing.T, dir string, o load.Options) load.Report {
	t.Helper()
	r, err := load.Folder(t.Context(), dir, s.writer(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// texts reads one column of a query over every source of a sector.
func (s *stores) texts(t *testing.T, sector record.Sector, sql string) []string {
	t.Helper()
	var all []string
	for source, pool := range s.pools {
		if source.Sector != sector {
			continue
		}
		rows, err := pool.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all
}

func (s *stores) families(t *testing.T) []string {
	return s.texts(t, record.Demographics, `SELECT name_family FROM person`)
}

func TestNDJSONSpreadOverFilesComesTogether(t *testing.T) {
	note := "\n2020-01-02\n# Chief Complaint\nNo complaints – weiß “gut”.\n"
	dir := folder(t, map[string]string{
		"Condition.000.ndjson.gz": lines(condition("c1", "Patient/p1", "Encounter/e1", "15777000", "Prediabetes"), condition("c2", "Patient/p2", "Encounter/e2", "38341003", "Hypertension")),
		"DocumentReference.ndjson": lines(fmt.Sprintf(`{"resourceType":"DocumentReference","id":"d1","status":"current","type":{"coding":[{"system":"http://loinc.org","code":"34117-2","display":"History and physical note"}]},"subject":{"reference":"Patient/p1"},"date":"2020-01-02T10:00:00.824-05:00","content":[{"attachment":{"contentType":"text/plain; charset=utf-8","data":%q}}],"context":{"encounter":[{"reference":"Encounter/e1"}]}}`,
			base64.StdEncoding.EncodeToString([]byte(note)))),
		"Encounter.ndjson":            lines(encounter("e1", "Patient/p1", "AMB"), encounter("e2", "Patient/p2", "EMER")),
		"MedicationRequest.ndjson":    lines(`{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","medicationReference":{"reference":"Medication/x"},"subject":{"reference":"Patient/p1"},"authoredOn":"2020-01-02","requester":{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|77"},"reasonReference":[{"reference":"Condition/c1"}]}`),
		"Medication.ndjson":           lines(`{"resourceType":"Medication","id":"x","code":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"860975","display":"metformin"}]}}`),
		"Practitioner.ndjson":         lines(`{"resourceType":"Practitioner","id":"dr","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"77"}],"name":[{"family":"Who","given":["Jo"],"prefix":["Dr."]}]}`),
		"patients/readme.txt":         "not data",
		"Patient.ndjson":              "\xef\xbb\xbf" + lines(patient("p1", "One", ""), patient("p2", "Two", "")),
		"ExplanationOfBenefit.ndjson": lines(`{"resourceType":"ExplanationOfBenefit","id":"b1","patient":{"reference":"Patient/p1"}}`),
	})
	s := open(t)
	r := s.load(t, dir, load.Options{})
	if r.Persons != 2 || len(r.Skipped) != 0 || r.Files != 8 {
		t.Errorf("%s", r)
	}
	if r.Left[load.Left{Type: "ExplanationOfBenefit", Reason: "billing"}] != 1 {
		t.Errorf("%s", r)
	}
	if got := s.texts(t, record.GP, `SELECT convert_from(content, 'UTF8') || content_type || size FROM document`); len(got) != 1 || got[0] != fmt.Sprint(note, "text/plain; charset=utf-8", len(note)) {
		t.Errorf("the note is %q", got)
	}
	want := "Dr. Jo Who|860975|metformin|REPEAT|{http://snomed.info/sct|15777000}|2020-01-02"
	if got := s.texts(t, record.GP, `SELECT concat_ws('|', prescriber_name, medicine_code, medicine_display, kind, linked_codes, started_on) FROM medication`); len(got) != 1 || got[0] != want {
		t.Errorf("the medicine is %q, want %q", got, want)
	}
	if got := s.texts(t, record.Acute, `SELECT diagnosis_display FROM attendance_diagnosis`); !slices.Equal(got, []string{"Hypertension"}) {
		t.Errorf("the attendance has the diagnoses %q", got)
	}
}

func TestPeopleWhoDoNotFitInMemoryAreTheSame(t *testing.T) {
	var patients, encounters, conditions []string
	for i := range 200 {
		p := fmt.Sprintf("p%03d", i)
		patients = append(patients, patient(p, "F"+p, ""))
		for j := range 5 {
			e := fmt.Sprintf("e%d", j) // the same ids for everybody
			encounters = append(encounters, encounter(e, "Patient/"+p, "AMB"))
			conditions = append(conditions, condition(fmt.Sprintf("c%d", j), "Patient/"+p, "Encounter/"+e, "15777000", "Prediabetes of "+p))
		}
	}
	dir := folder(t, map[string]string{"Condition.ndjson": lines(conditions...), "Encounter.ndjson": lines(encounters...), "Patient.ndjson": lines(patients...)})
	inMemory, onDisk := open(t), open(t)
	a := inMemory.load(t, dir, load.Options{})
	b := onDisk.load(t, dir, load.Options{Memory: 2000, Scratch: t.TempDir()})
	if a.Persons != 200 || b.Persons != 200 {
		t.Fatalf("%s%s", a, b)
	}
	const what = `SELECT problem_display || ' ' || nhs_number || id FROM problem`
	if got, want := onDisk.texts(t, record.GP, what), inMemory.texts(t, record.GP, what); !slices.Equal(got, want) || len(got) != 1000 {
		t.Errorf("%d problems by way of the disk, %d without: %s", len(got), len(want), cmp.Diff(want, got))
	}
	if wrong := onDisk.texts(t, record.GP, `SELECT p.id FROM problem p JOIN consultation c USING (nhs_number) WHERE right(p.problem_display, 4) IS NULL`); len(wrong) > 0 {
		t.Error(wrong)
	}
}

func TestMalformedFilesAreNamedAndTheRestGoesOn(t *testing.T) {
	good := bundle(patient("good", "Good", ""), encounter("e1", "Patient/good", "AMB"))
	other := bundle(patient("other", "Other", ""))
	cut := bundle(patient("cut", "Cut", ""), encounter("e1", "Patient/cut", "AMB"))
	dir := folder(t, map[string]string{
		"a.json": good, "b.json": cut[:len(cut)-40], "c.json.gz": other, "d.json": `{"resourceType":"Bundle","entry":[{"resource":` + patient("shape", "Shape", "") + `},{"resource":{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/shape"},"clinicalStatus":"active"}}]}`,
		"e.ndjson": "{this is no JSON\n", "f.json": "", "g.json.gz": "", "h.json": `[1,2]`,
	})
	path := filepath.Join(dir, "c2.json.gz")
	packed, _ := os.ReadFile(filepath.Join(dir, "c.json.gz"))
	if err := os.WriteFile(path, packed[:len(packed)-12], 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t)
	r := s.load(t, dir, load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"Good", "Other"}) {
		t.Errorf("loaded %v", got)
	}
	var names []string
	for _, skipped := range r.Skipped {
		names = append(names, skipped.File)
		if strings.Contains(skipped.Why, "Shape") || strings.Contains(skipped.Why, "Cut") || strings.Contains(skipped.Why, "this is") {
			t.Errorf("the report quotes the data: %s", skipped.Why)
		}
	}
	slices.Sort(names)
	if want := []string{"b.json", "c2.json.gz", "d.json", "e.ndjson", "f.json", "g.json.gz", "h.json"}; !slices.Equal(names, want) {
		t.Errorf("skipped %v, want %v\n%s", names, want, r)
	}
	if r.Left[load.Left{Type: "AllergyIntolerance", Reason: "part of the person's record cannot be read"}] != 1 {
		t.Errorf("%s", r)
	}
}

func TestABrokenLineTakesItsPersonOutWhole(t *testing.T) {
	broken := condition("c2", "Patient/p2", "Encounter/e2", "38341003", "Hypertension")
	dir := folder(t, map[string]string{
		"Condition.ndjson": lines(condition("c1", "Patient/p1", "Encounter/e1", "15777000", "Prediabetes"), broken[:len(broken)-30]),
		"Encounter.ndjson": lines(encounter("e1", "Patient/p1", "AMB"), encounter("e2", "Patient/p2", "AMB")),
		"Patient.ndjson":   lines(patient("p1", "One", ""), patient("p2", "Two", "")),
	})
	s := open(t)
	r := s.load(t, dir, load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"One"}) || r.RolledBack != 1 {
		t.Errorf("loaded %v\n%s", got, r)
	}
	if len(r.Skipped) != 1 || r.Skipped[0].File != "Condition.ndjson" {
		t.Errorf("%s", r)
	}
}

func TestABrokenLineOfNobodyTakesOutWhomTheFileTouches(t *testing.T) {
	dir := folder(t, map[string]string{
		"AllergyIntolerance.ndjson": lines(`{"resourceType":"AllergyIntolerance","id":"a1","code":{"text":"Nuts"},"patient":{"reference":"Patient/p1"}}`, `{"resourceType":"AllergyIntolerance","id":"a2","co`),
		"Patient.ndjson":            lines(patient("p1", "One", ""), patient("p2", "Two", "")),
	})
	s := open(t)
	r := s.load(t, dir, load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"Two"}) || r.RolledBack != 1 || len(r.Skipped) != 1 {
		t.Errorf("loaded %v\n%s", got, r)
	}
}

func TestSeveralPeopleInABundleWithTheSameIds(t *testing.T) {
	dir := folder(t, map[string]string{"all.json": bundle(
		patient("left", "Left", ""), patient("right", "Right", ""),
		encounter("e", "Patient/left", "AMB"), encounter("e", "Patient/right", "AMB"),
		condition("c", "Patient/left", "Encounter/e", "15777000", "Prediabetes"), condition("c", "Patient/right", "Encounter/e", "38341003", "Hypertension"),
	)})
	s := open(t)
	if r := s.load(t, dir, load.Options{}); r.Persons != 2 {
		t.Errorf("%s", r)
	}
	numbers := map[string]string{}
	for _, text := range s.texts(t, record.Demographics, `SELECT nhs_number || name_family FROM person`) {
		numbers[text[10:]] = text[:10]
	}
	want := []string{numbers["Left"] + "Prediabetes", numbers["Right"] + "Hypertension"}
	slices.Sort(want)
	if got := s.texts(t, record.GP, `SELECT nhs_number || problem_display FROM problem`); !slices.Equal(got, want) {
		t.Error("the twins are mixed up")
	}
}

func TestNumbersComeFromTheFileTheDataOrTheTestRange(t *testing.T) {
	own := func(n string) string {
		return fmt.Sprintf(`,"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":%q}]`, n)
	}
	dir := folder(t, map[string]string{
		"a.json": bundle(patient("a", "FromFile", "")),
		"b.json": bundle(patient("b", "OwnTestNumber", own("9990000018"))),
		"c.json": bundle(patient("c", "RealNumber", own("9434765919"))),
		"d.json": bundle(patient("d", "NoNumber", "")),
	})
	numbers, err := load.ReadNumbers(strings.NewReader("patient_id,nhs_number\na,9990000026\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t)
	s.load(t, dir, load.Options{Numbers: numbers})
	got := map[string]string{}
	for _, text := range s.texts(t, record.Demographics, `SELECT nhs_number || name_family FROM person`) {
		got[text[10:]] = text[:10]
	}
	if got["FromFile"] != "9990000026" || got["OwnTestNumber"] != "9990000018" {
		t.Error("a number that was given was not kept")
	}
	for _, name := range []string{"RealNumber", "NoNumber"} {
		if n, err := record.ParseNHSNumber(got[name]); err != nil || !n.IsTest() {
			t.Errorf("%s has no number of the test range", name)
		}
	}
	// Somebody else's number is not free: the next person of that id gets another.
	more := folder(t, map[string]string{"d.json": bundle(patient("d", "SameIdOtherPerson", ""))})
	s.load(t, more, load.Options{})
	if got := s.families(t); len(got) != 5 {
		t.Errorf("one person replaced another: %v", got)
	}
}

func TestLoadingAgainChangesNothing(t *testing.T) {
	files := map[string]string{
		"a.json":         bundle(patient("a", "A", ""), encounter("e", "Patient/a", "EMER"), condition("c", "Patient/a", "Encounter/e", "15777000", "Prediabetes")),
		"Patient.ndjson": lines(patient("p1", "One", "")), "Encounter.ndjson": lines(encounter("e1", "Patient/p1", "IMP")),
	}
	dir := folder(t, files)
	s := open(t)
	first := s.load(t, dir, load.Options{})
	rows, known := s.count(t), s.consent(t)
	second := s.load(t, dir, load.Options{})
	if !maps.Equal(rows, s.count(t)) || first.String() != second.String() || known != s.consent(t) {
		t.Errorf("%v\n%v\n%s\n%s", rows, s.count(t), known, s.consent(t))
	}
	// What is no longer in the data goes.
	files["a.json"] = bundle(patient("a", "A", ""), encounter("e", "Patient/a", "EMER"))
	s.load(t, folder(t, files), load.Options{})
	if got := s.texts(t, record.GP, `SELECT problem_display FROM problem`); len(got) != 0 {
		t.Errorf("%v is still there", got)
	}
}

// consent is all of the consent side's rows in words.
func (s *stores) consent(t *testing.T) string {
	t.Helper()
	var text string
	err := s.own.QueryRow(t.Context(), `
		SELECT coalesce((SELECT string_agg(p::text, E'\n' ORDER BY p.nhs_number) FROM consent.person p), '') ||
		       coalesce((SELECT string_agg(r::text, E'\n' ORDER BY r::text) FROM consent.relationship r), '')`).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAPersonInTwoFilesIsPutTogether(t *testing.T) {
	own := `,"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}]`
	e := encounter("e", "Patient/here", "AMB")
	dir := folder(t, map[string]string{
		"a.json": bundle(patient("here", "A", own), e, condition("c1", "Patient/here", "Encounter/e", "15777000", "Prediabetes")),
		"b.json": bundle(patient("here", "A", own), e, condition("c2", "Patient/here", "Encounter/e", "38341003", "Hypertension")),
	})
	s := open(t)
	if r := s.load(t, dir, load.Options{}); r.Persons != 1 {
		t.Errorf("%s", r)
	}
	if got := s.texts(t, record.GP, `SELECT problem_display FROM problem`); !slices.Equal(got, []string{"Hypertension", "Prediabetes"}) {
		t.Errorf("the problems are %v", got)
	}
	if got := s.texts(t, record.GP, `SELECT id FROM consultation`); len(got) != 1 {
		t.Errorf("the consultations are %v", got)
	}
}

func TestAPersonWhoCannotBeStoredLeavesNothing(t *testing.T) {
	s := open(t)
	for source, pool := range s.pools {
		if source.Sector == record.Acute {
			// The last source to write for this person refuses.
			if _, err := pool.Exec(t.Context(), `ALTER TABLE attendance ADD CHECK (id <> 'refused')`); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := folder(t, map[string]string{
		"a.json": bundle(patient("a", "Before", ""), encounter("e", "Patient/a", "AMB")),
		"b.json": bundle(patient("b", "Refused", ""), encounter("refused", "Patient/b", "EMER"), condition("c", "Patient/b", "Encounter/none", "15777000", "Prediabetes")),
		"c.json": bundle(patient("c", "After", ""), encounter("e", "Patient/c", "EMER")),
	})
	r := s.load(t, dir, load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"After", "Before"}) || r.Persons != 2 || r.RolledBack != 1 {
		t.Errorf("loaded %v\n%s", got, r)
	}
	if got := s.texts(t, record.GP, `SELECT id FROM problem`); len(got) != 0 {
		t.Error("part of the refused person is there")
	}
	if n := strings.Count(s.consent(t), "REGISTERED_PRACTICE"); n != 2 {
		t.Errorf("%d people are known", n)
	}
	if r.Left[load.Left{Type: "Condition", Reason: "the person could not be stored"}] != 1 {
		t.Errorf("%s", r)
	}
}

func TestProgressGoesToTheEnd(t *testing.T) {
	dir := folder(t, map[string]string{"a.json": bundle(patient("a", "A", "")), "b.json.gz": bundle(patient("b", "B", ""))})
	var last load.Progress
	s := open(t)
	s.load(t, dir, load.Options{Progress: func(p load.Progress) {
		if p.Done < last.Done || p.Persons < last.Persons {
			t.Error("progress went back")
		}
		last = p
	}})
	if last.Done != last.Total || last.Persons != 2 {
		t.Errorf("%+v", last)
	}
}

func TestAFolderWithoutDataIsAnError(t *testing.T) {
	s := &stores{}
	if _, err := load.Folder(t.Context(), t.TempDir(), s.writer(), load.Options{}); err == nil {
		t.Error("an empty folder was loaded")
	}
}

func TestASensitivePersonIsRestricted(t *testing.T) {
	s := open(t)
	s.load(t, folder(t, map[string]string{"a.json": bundle(patient("a", "Hidden", `,"meta":{"security":[{"code":"R"}]}`))}), load.Options{})
	if got := s.texts(t, record.Demographics, `SELECT restricted::text FROM person`); !slices.Equal(got, []string{"true"}) {
		t.Errorf("restricted: %v", got)
	}
	var known bool
	if err := s.own.QueryRow(t.Context(), `SELECT restricted FROM consent.person`).Scan(&known); err != nil || !known {
		t.Error("the consent side does not know", err)
	}
}

func TestFilesOfFHIRSTU3AreNotTakenForR4(t *testing.T) {
	stu3 := patient("a", "Old", `,"meta":{"profile":["https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Patient-1"]}`)
	s := open(t)
	r := s.load(t, folder(t, map[string]string{"a.json": bundle(stu3), "b.json": bundle(patient("b", "New", ""))}), load.Options{})
	if got := s.families(t); !slices.Equal(got, []string{"New"}) || len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0].Why, "STU3") {
		t.Errorf("loaded %v\n%s", got, r)
	}
}

// A bundle that is not all there is, as its own words say, is told of in the report.
func TestABundleThatIsNotAll(t *testing.T) {
	of := func(more, entries string) string {
		return strings.Replace(bundle(patient("a", "A", "")), `"entry":[`, more+`"entry":[`+entries, 1)
	}
	const further, counted, without = "goes on in further pages, which are not in the data", "counts an entry that is not in it", "an entry without a resource"
	for name, test := range map[string]struct {
		bundle string
		want   map[string]int
	}{
		"a further page":             {of(`"link":[{"relation":"self","url":"https://x"},{"relation":"next","url":"https://x/2"}],`, ""), map[string]int{further: 1}},
		"more than came":             {of(`"total":3,`, ""), map[string]int{counted: 2}},
		"more than was found":        {of(`"total":2,`, `{"search":{"mode":"include"},"resource":{"resourceType":"Practitioner","id":"p"}},`), map[string]int{counted: 1}},
		"an entry without anything":  {of("", `{"fullUrl":"urn:x"},{"resource":null},`), map[string]int{without: 2}},
		"all that there is":          {of(`"total":1,"link":[{"relation":"self","url":"https://x"}],`, ""), map[string]int{}},
		"a total that is no number":  {of(`"total":"many",`, ""), map[string]int{}},
		"no search, and so no total": {of("", ""), map[string]int{}},
	} {
		s := open(t)
		r := s.load(t, folder(t, map[string]string{"a.json": test.bundle}), load.Options{})
		got := map[string]int{}
		for left, n := range r.Left {
			if left.Type == "Bundle" {
				got[left.Reason] = n
			}
		}
		if d := cmp.Diff(test.want, got); d != "" || r.Persons != 1 {
			t.Errorf("%s: %s\n%s", name, d, r)
		}
	}
}
