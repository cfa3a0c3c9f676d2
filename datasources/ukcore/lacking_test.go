package ukcore_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
)

func isWhole(a fetch.Answer) bool { return a.Unreadable == nil || !a.Unreadable[0] }

func readOf(t *testing.T, kind fetch.Kind, held ...string) fetch.Answer {
	t.Helper()
	s := open(t, append([]string{patientOf("1", someone)}, held...)...).source(t, record.Acute, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Every label that says that something is not for us hides a document.
func TestEverySensitiveLabel(t *testing.T) {
	for _, code := range []string{"R", "SDV", "SEX", "STD", "MST", "GDIS", "HIV"} {
		a := readOf(t, fetch.Documents, fmt.Sprintf(`{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/1"},"type":{"text":"Letter"},"securityLabel":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":%q}]}],"content":[{"attachment":{"title":"Letter","contentType":"text/plain","data":"aGVsbG8="}}]}`, code))
		if n := len(entriesOf(a, 0)); n > 0 {
			t.Errorf("securityLabel %s: shown", code)
		}
	}
}

func bundledLetter(t *testing.T, doc string) string {
	a, _ := one(t, open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letterbox(doc)}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
	return idsOf(a, 0)
}

// A label on all of a document hides it, and one that cannot be read.
func TestALabelOnADocumentAsAWhole(t *testing.T) {
	inner := func(meta, more string) string {
		return `{"resourceType":"Bundle",` + meta + `"type":"document","entry":[
		{"resource":{"resourceType":"Composition","id":"l","status":"final","type":{"text":"Discharge letter"},"subject":{"reference":"Patient/1"},"date":"2026-01-01","title":"Letter","section":[{"text":{"div":"<div>Well</div>"}}]}},
		{"resource":` + patientOf("1", someone) + `}` + more + `]}`
	}
	label := `"meta":{"security":[{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"R"}]},`
	if got := bundledLetter(t, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":`+inner(label, "")+`}]}`); got != "" {
		t.Errorf("a document Bundle labelled R, in a searchset: %q", got)
	}
	if got := bundledLetter(t, inner(label, "")); got != "" {
		t.Errorf("a document Bundle labelled R, by itself: %q", got)
	}
	for name, meta := range map[string]string{"plain": "", "label unreadable": `"meta":{"security":"R"},`} {
		if got := bundledLetter(t, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":`+inner("", `,{"resource":{"resourceType":"Condition",`+meta+`"id":"c","code":`+hiv+`}}`)+`}]}`); got != "" {
			t.Errorf("HIV condition (%s) inside a document: %q", name, got)
		}
	}
}

// Results and goals that stand within others or did not come are gaps.
func TestPartsThatDidNotCome(t *testing.T) {
	a := readOf(t, fetch.Results, about1("DiagnosticReport", "r", `,"code":{"text":"U&E"},"issued":"2026-01-01T10:00:00Z","contained":[{"resourceType":"Observation","id":"k","status":"final","code":{"text":"Potassium"},"valueQuantity":{"value":7.1,"unit":"mmol/l"}}],"result":[{"reference":"#k"}]`))
	if len(entriesOf(a, 0)) == 0 && isWhole(a) {
		t.Error("contained results: none, and whole")
	}
	a = readOf(t, fetch.Results, about1("DiagnosticReport", "r", `,"code":{"text":"U&E"},"issued":"2026-01-01T10:00:00Z","result":[{"reference":"Observation/gone"}]`))
	if len(entriesOf(a, 0)) == 0 && isWhole(a) {
		t.Error("results that did not come: none, and whole")
	}
	a = readOf(t, fetch.CarePlans, about1("CarePlan", "p", `,"intent":"plan","title":"Plan","contained":[{"resourceType":"Goal","id":"g","lifecycleStatus":"active","description":{"text":"Walk"}}],"goal":[{"reference":"#g"},{"reference":"Goal/gone"}]`))
	if isWhole(a) {
		t.Errorf("goals that did not come: whole: %v", lines(a))
	}
}

// A status is looked for among all codings.
func TestASecondCodingOfAStatus(t *testing.T) {
	al := func(clinical, verification, code string) string {
		return `{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[` + clinical + `]},"verificationStatus":{"coding":[` + verification + `]},"code":` + code + `}`
	}
	local := `{"system":"https://trust.example/status","code":"X"}`
	coded := func(system, code string) string {
		return `{"system":"http://terminology.hl7.org/CodeSystem/` + system + `","code":"` + code + `"}`
	}
	active, resolved := coded("allergyintolerance-clinical", "active"), coded("allergyintolerance-clinical", "resolved")
	wrong := coded("allergyintolerance-verification", "entered-in-error")
	if a := readOf(t, fetch.Allergies, al(active, local+","+wrong, `{"text":"Penicillin"}`)); len(entriesOf(a, 0)) > 0 {
		t.Errorf("entered in error, second coding: shown: %v", lines(a))
	}
	none := `{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}`
	for name, r := range map[string]string{"withdrawn": al(active, local+","+wrong, none), "resolved": al(local+","+resolved, local, none)} {
		if a := readOf(t, fetch.Notes, r); len(entriesOf(a, 0)) > 0 {
			t.Errorf("none known, %s by the second coding: %v", name, lines(a))
		}
	}
	if a := readOf(t, fetch.Problems, about1("Condition", "c", `,"code":{"text":"Cancer"},"verificationStatus":{"coding":[`+local+`,`+coded("condition-ver-status", "refuted")+`]}`)); len(entriesOf(a, 0)) > 0 {
		t.Errorf("refuted, second coding: shown: %v", lines(a))
	}
}

// Why there is no value is looked for among all codings.
func TestASecondCodingOfAReason(t *testing.T) {
	a := readOf(t, fetch.Results, about1("Observation", "o", `,"code":{"text":"Sodium"},"dataAbsentReason":{"coding":[{"system":"https://trust.example/reasons","code":"X1"},{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"asked-declined"}]}`))
	if all := strings.Join(lines(a), "\n"); !strings.Contains(all, "ASKED_DECLINED") {
		t.Error(all)
	}
}

// What was found at several times is of the first, or of when they began; where that is not said it is a gap.
func TestWhatWasFoundAtSeveralTimes(t *testing.T) {
	for name, c := range map[string]struct {
		timing string
		day    string
		whole  bool
	}{
		"at two moments":            {`{"event":["2026-01-02T10:00:00Z","2026-01-03T10:00:00Z"],"repeat":{"boundsPeriod":{"start":"2026-01-01"}}}`, "2026-01-02", true},
		"from a day on":             {`{"repeat":{"boundsPeriod":{"start":"2026-01-01"}}}`, "2026-01-01", true},
		"at no moment, from a day":  {`{"event":[null],"repeat":{"boundsPeriod":{"start":"2026-01-01"}}}`, "2026-01-01", true},
		"twice a day":               {`{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}`, "", false},
		"at a moment that is none":  {`{"event":["soon"]}`, "", false},
		"never, beside one of them": {`null`, "", true},
	} {
		for kind, category := range map[fetch.Kind]string{fetch.VitalSigns: "vital-signs", fetch.Results: "laboratory"} {
			a := readOf(t, kind, about1("Observation", "o", `,"category":[{"coding":[{"code":"`+category+`"}]}],"code":{"text":"Pressure"},"effectiveTiming":`+c.timing))
			if all := strings.Join(lines(a), "\n"); strings.Contains(all, "TakenAt: 2026") != (c.day != "") || !strings.Contains(all, c.day) || isWhole(a) != c.whole {
				t.Errorf("%s, %s: %q, whole: %t", name, kind, all, isWhole(a))
			}
		}
		score := about1("Observation", "o", `,"category":[{"coding":[{"code":"survey"}]}],"code":{"text":"PHQ-9"},"effectiveTiming":`+c.timing)
		a, err := one(t, open(t, patientOf("1", someone), score).source(t, record.MentalHealth, ukcore.Options{}), &fetch.Ask{Kind: fetch.Assessments, Subjects: subjects(someone)})
		if all := strings.Join(lines(a), "\n"); err != nil || !strings.Contains(all, c.day) || isWhole(a) != c.whole {
			t.Errorf("%s, a score: %q, whole: %t", name, all, isWhole(a))
		}
	}
	taken := about1("Observation", "o", `,"code":{"text":"Sodium"},"effectiveTiming":{"code":{"text":"BID"}},"specimen":{"reference":"Specimen/s"}`)
	if a := readOf(t, fetch.Results, taken, `{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/1"},"collection":{"collectedDateTime":"2026-01-01"}}`); !isWhole(a) {
		t.Errorf("taken when the specimen was: not whole: %v", lines(a))
	}
	if a := readOf(t, fetch.Results, strings.Replace(taken, `{"text":"Sodium"}`, hiv, 1)); !isWhole(a) {
		t.Error("what is hidden is a gap")
	}
}

// A search that counts more than it gives, or goes on nowhere, is not all.
func TestASearchThatCountsMore(t *testing.T) {
	flag := `{"resource":{"resourceType":"Flag","id":"f","status":"active","subject":{"reference":"Patient/1"},"code":{"text":"Falls"}}}`
	for name, body := range map[string]string{
		"total 3 of which 1 came": `{"resourceType":"Bundle","type":"searchset","total":3,"entry":[` + flag + `]}`,
		"next without url":        `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next"}],"entry":[` + flag + `]}`,
		"next null url":           `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":null}],"entry":[` + flag + `]}`,
	} {
		for _, batch := range []bool{false, true} {
			tr := open(t, patientOf("1", someone))
			tr.instead["Flag"] = body
			a, err := one(t, tr.source(t, record.Acute, ukcore.Options{Batch: batch}), &fetch.Ask{Kind: fetch.Alerts, Subjects: subjects(someone)})
			if err == nil && isWhole(a) {
				t.Errorf("%s (batch %t): whole, %d", name, batch, len(entriesOf(a, 0)))
			}
		}
	}
}

// Pages that move while they are read give one entry twice and another not at all: what came is shown, and is not all.
func TestPagesThatMove(t *testing.T) {
	for name, c := range map[string]struct{ total, first, second string }{
		"fewer than counted": {`"total":3,`, "a b", "b"}, "as many": {`"total":2,`, "a b", "b"}, "uncounted": {"", "a b", "b"}, "one more": {"", "a b", "b c"},
	} {
		tr := open(t, patientOf("1", someone))
		page := func(ids string, next string) string {
			var all []string
			for id := range strings.FieldsSeq(ids) {
				all = append(all, `{"search":{"mode":"match"},"resource":`+about1("Flag", id, `,"code":{"text":"Falls"}`)+`}`)
			}
			return `{"resourceType":"Bundle","type":"searchset",` + c.total + next + `"entry":[` + strings.Join(all, ",") + `]}`
		}
		tr.instead["Flag"] = page(c.first, `"link":[{"relation":"next","url":"`+tr.url+`/Further"}],`)
		tr.instead["Further"] = page(c.second, "")
		for _, batch := range []bool{false, true} {
			a, err := one(t, tr.source(t, record.Acute, ukcore.Options{Batch: batch}), &fetch.Ask{Kind: fetch.Alerts, Subjects: subjects(someone)})
			if err != nil || isWhole(a) || len(entriesOf(a, 0)) < 2 {
				t.Errorf("%s (batch %t): %d, whole %t, %v", name, batch, len(entriesOf(a, 0)), isWhole(a), err)
			}
		}
	}
}

// A label on the answer of a search that none of its entries bears means them all; one that an
// entry bears is that entry's.
func TestALabelOnAnAnswer(t *testing.T) {
	flag := func(id, meta string) string {
		return `{"resource":{"resourceType":"Flag",` + meta + `"id":"` + id + `","status":"active","subject":{"reference":"Patient/1"},"code":{"text":"Falls"}}}`
	}
	label := `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},`
	for want, body := range map[string]string{
		"":  `{"resourceType":"Bundle",` + label + `"type":"searchset","entry":[` + flag("a", "") + `,` + flag("b", "") + `]}`,
		"b": `{"resourceType":"Bundle",` + label + `"type":"searchset","entry":[` + flag("a", label) + `,` + flag("b", "") + `]}`,
	} {
		for _, batch := range []bool{false, true} {
			tr := open(t, patientOf("1", someone))
			tr.instead["Flag"] = body
			a, err := one(t, tr.source(t, record.Acute, ukcore.Options{Batch: batch}), &fetch.Ask{Kind: fetch.Alerts, Subjects: subjects(someone)})
			if got := idsOf(a, 0); got != want || err != nil {
				t.Errorf("batch %t: shown %q of %s, %v; want %q", batch, got, body, err, want)
			}
		}
	}
}

// What cannot be told how confidential it is hides what hangs on it.
func TestALabelThatCannotBeRead(t *testing.T) {
	a := readOf(t, fetch.Procedures, `{"resourceType":"Condition","id":"c","meta":{"security":"R"},"subject":{"reference":"Patient/1"},"code":`+hiv+`}`, about1("Procedure", "x", `,"code":{"text":"Biopsy"},"reasonReference":[{"reference":"Condition/c"}]`))
	if len(entriesOf(a, 0)) > 0 {
		t.Errorf("shown: %v", lines(a))
	}
}

// A type that is not served, or a document that is gone, says nothing of whether the trust answers.
func TestWhatIsNotServedOpensNoBreaker(t *testing.T) {
	for name, c := range map[string]struct {
		kind   fetch.Kind
		set    func(tr *trust)
		filter fetch.Filter
	}{
		"flags not served":   {fetch.Alerts, func(tr *trust) { tr.fails["Flag"] = 404 }, fetch.Filter{}},
		"one Binary is gone": {fetch.DocumentContent, func(tr *trust) {}, fetch.Filter{SourceID: "d"}},
	} {
		tr := open(t, patientOf("1", someone), `{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/1"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/gone"}}]}`)
		c.set(tr)
		g := resilience.Wrap(tr.source(t, record.Acute, ukcore.Options{}).Read, resilience.Options{})
		ctx := fetch.WithTerms(context.Background(), terms())
		for range 6 {
			g.Read(ctx, []*fetch.Ask{{Kind: c.kind, Filter: c.filter, Subjects: subjects(someone)}})
		}
		if _, err := g.Read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); err != nil {
			t.Errorf("%s: allergies: %v", name, err)
		}
	}
}

// A discharge to come has made nothing past.
func TestADischargeToCome(t *testing.T) {
	held := []string{
		about1("Encounter", "old", `,"class":{"code":"IMP"},"period":{"start":"2026-10-01T10:00:00Z","end":"2026-10-10T10:00:00Z"}`),
		strings.Replace(about1("Encounter", "new", `,"class":{"code":"IMP"},"period":{"start":"2026-11-20T10:00:00Z","end":"2026-12-05T10:00:00Z"}`), "finished", "in-progress", 1),
	}
	med := func(id, enc string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"order","subject":{"reference":"Patient/1"},"category":[{"coding":[{"code":"discharge"}]}],"encounter":{"reference":"Encounter/` + enc + `"},"authoredOn":"2026-10-10","medicationCodeableConcept":{"text":"Apixaban"}}`
	}
	held = append(held, med("a", "old"))
	s := open(t, append([]string{patientOf("1", someone)}, held...)...).source(t, record.Acute, ukcore.Options{})
	ask := &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(someone)}
	before, err := one(t, s, ask)
	if err != nil || idsOf(before, 0) == "" {
		t.Fatal(lines(before), err)
	}
	s = open(t, append(append([]string{patientOf("1", someone)}, held...), med("b", "new"))...).source(t, record.Acute, ukcore.Options{})
	a, err := one(t, s, ask)
	if !strings.Contains(idsOf(a, 0), "a") {
		t.Errorf("with a discharge planned for 2026-12-05 (now 2026-11-25) the medicine in use is past: current %q, %v", idsOf(a, 0), err)
	}
}

// A discharge of which only the month or the year is known has made nothing past before that is over, and what was supplied
// at it is past once another was surely later.
func TestADischargeInAMonth(t *testing.T) {
	stay := func(id, end string) string {
		return about1("Encounter", id, `,"class":{"code":"IMP"},"period":{"start":"2025-01-01T10:00:00Z","end":"`+end+`"}`)
	}
	home := func(id, enc string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"order","subject":{"reference":"Patient/1"},"category":[{"coding":[{"code":"discharge"}]}],"encounter":{"reference":"Encounter/` + enc + `"},"authoredOn":"2025-10-10","medicationCodeableConcept":{"text":"Apixaban"}}`
	}
	for _, c := range []struct{ name, known, other, current string }{ // the moment of one discharge, as much as is known of another
		{"this month", "2026-11-10T10:00:00Z", "2026-11", "known other"},
		{"this year", "2026-11-10T10:00:00Z", "2026", "known other"},
		{"this month, long after another", "2026-01-10T10:00:00Z", "2026-11", "known other"},
		{"the month of another", "2026-10-10T10:00:00Z", "2026-10", "known other"},
		{"the month before another", "2026-10-10T10:00:00Z", "2026-09", "known"},
		{"the month after another", "2026-08-10T10:00:00Z", "2026-09", "other"},
		{"the year before another", "2026-01-10T10:00:00Z", "2025", "known"},
		{"the year of another", "2025-03-10T10:00:00Z", "2025", "known other"},
	} {
		s := open(t, patientOf("1", someone), stay("k", c.known), stay("o", c.other), home("known", "k"), home("other", "o")).source(t, record.Acute, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(someone)})
		if got := idsOf(a, 0); err != nil || got != c.current {
			t.Errorf("%s: %q in use, want %q, %v", c.name, got, c.current, err)
		}
	}
}

// What somebody was sent home with is in use where no stay is named, or the one that is named did not come.
func TestADischargeFromNoStay(t *testing.T) {
	for name, of := range map[string]string{"no stay": "", "one that did not come": `,"encounter":{"reference":"Encounter/gone"}`} {
		home := `{"resourceType":"MedicationRequest","id":"home","status":"active","intent":"order","subject":{"reference":"Patient/1"},"category":[{"coding":[{"code":"discharge"}]}]` + of + `,"authoredOn":"2025-10-10","medicationCodeableConcept":{"text":"Apixaban"}}`
		s := open(t, patientOf("1", someone), home).source(t, record.Acute, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(someone)})
		if got := idsOf(a, 0); err != nil || got != "home" {
			t.Errorf("%s: %q in use, %v", name, got, err)
		}
	}
}

// What was given on a request that is not shown is an entry of its own.
func TestWhatWasGivenOnAWithdrawnRequest(t *testing.T) {
	req := `{"resourceType":"MedicationRequest","id":"r","status":"entered-in-error","intent":"order","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Warfarin"}}`
	for name, r := range map[string]string{
		"dispense":       `{"resourceType":"MedicationDispense","id":"d","status":"completed","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Warfarin"},"whenHandedOver":"2026-11-20","authorizingPrescription":[{"reference":"MedicationRequest/r"}]}`,
		"administration": `{"resourceType":"MedicationAdministration","id":"d","status":"completed","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Warfarin"},"effectiveDateTime":"2026-11-20","request":{"reference":"MedicationRequest/r"}}`,
	} {
		a := readOf(t, fetch.Medications, req, r)
		if len(entriesOf(a, 0)) == 0 && isWhole(a) {
			t.Errorf("%s: what was given is in no list, and the list is whole", name)
		}
	}
}

// A text that begins as a picture does is read.
func TestALetterThatBeginsLikeAPicture(t *testing.T) {
	for _, begin := range []string{"ID3 ", "RIFF ", "GIF8 "} {
		data := base64.StdEncoding.EncodeToString([]byte(begin + "ward clinic: HIV positive, gonorrhoea"))
		s := open(t, patientOf("1", someone), `{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/1"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","contentType":"text/plain","data":"`+data+`"}}]}`).source(t, record.Acute, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}, Subjects: subjects(someone)})
		for _, x := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
			t.Errorf("shown as text: %q %v", x.Text, err)
		}
	}
}

// A form in plain text that stands elsewhere, or cannot be read, is a gap.
func TestAPlainFormThatCannotBeRead(t *testing.T) {
	for name, form := range map[string]string{"elsewhere": `{"contentType":"text/plain","url":"Binary/9"}`, "not base64": `{"contentType":"text/plain","data":"%%%"}`} {
		r := about1("DiagnosticReport", "r", `,"code":{"text":"Histology"},"issued":"2026-01-01T10:00:00Z","presentedForm":[`+form+`]`)
		reports, documents := readOf(t, fetch.Reports, r), readOf(t, fetch.Documents, r)
		if isWhole(reports) && isWhole(documents) && len(entriesOf(documents, 0)) == 0 {
			t.Errorf("%s: what the report says is nowhere: %v, documents %v", name, lines(reports), lines(documents))
		}
	}
}

// A moment that cannot be written here is malformed, whatever its offset.
func TestAMomentBeyondTheYears(t *testing.T) {
	s := open(t, patientOf("1", someone), `{"resourceType":"Appointment","id":"x","status":"booked","start":"9999-12-31T23:59:59-05:00","participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"}]}`).source(t, record.Acute, ukcore.Options{})
	g := resilience.Wrap(s.Read, resilience.Options{})
	ctx := fetch.WithTerms(context.Background(), terms())
	ask := &fetch.Ask{Kind: fetch.Upcoming, Filter: fetch.Filter{When: fetch.FromNow}, Subjects: subjects(someone, another)}
	a, err := g.Read(ctx, []*fetch.Ask{ask, {Kind: fetch.Allergies, Subjects: subjects(someone, another)}})
	if err != nil {
		t.Errorf("%v %v", a, err)
	}
}

// An order of a stay that goes on is one of the ward, though its end is planned.
func TestAnOrderOfAStayWhoseEndIsPlanned(t *testing.T) {
	held := []string{patientOf("1", someone),
		about1("Encounter", "old", `,"class":{"code":"IMP"},"period":{"start":"2026-10-01T10:00:00Z","end":"2026-10-10T10:00:00Z"}`),
		strings.Replace(about1("Encounter", "new", `,"class":{"code":"IMP"},"period":{"start":"2026-11-20T10:00:00Z","end":"2026-12-05T10:00:00Z"}`), "finished", "in-progress", 1),
		`{"resourceType":"MedicationRequest","id":"taken-home","status":"active","intent":"order","subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/old"},"authoredOn":"2026-10-10","medicationCodeableConcept":{"text":"Apixaban"}}`,
		`{"resourceType":"MedicationRequest","id":"ward","status":"active","intent":"order","subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/new"},"authoredOn":"2026-11-21","medicationCodeableConcept":{"text":"Tazocin IV"}}`}
	a, err := one(t, open(t, held...).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(someone)})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fetch.RowsOf[record.Medication](a).Of(0) {
		if m.Provenance.SourceID == "ward" && m.Kind == record.MedicationKindDischarge {
			t.Error("a ward order of a stay that goes on is a discharge medicine")
		}
	}
	if !strings.Contains(idsOf(a, 0), "taken-home") {
		t.Error("the medicine taken home is past because of a discharge to come")
	}
}

// A Patient who is another in a later answer, or restricted, is not shown.
func TestAPatientWhoBecameAnother(t *testing.T) {
	for name, included := range map[string]string{
		"another number": patientOf("1", another), "labelled V": strings.Replace(patientOf("1", someone), `"identifier"`, `"meta":{"security":[{"code":"V"}]},"identifier"`, 1),
	} {
		tr := open(t, patientOf("1", someone))
		tr.instead["Flag"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + included + `},{"resource":{"resourceType":"Flag","id":"f","status":"active","subject":{"reference":"Patient/1"},"code":{"text":"Falls"}}}]}`
		a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Alerts, Subjects: subjects(someone)})
		if err == nil && len(entriesOf(a, 0)) > 0 {
			t.Errorf("%s: shown, whole %v", name, isWhole(a))
		}
	}
}

// What a person refuses does not read as what they agreed to, and where there are exceptions nothing is said of it but
// that it cannot be read.
func TestWhatIsRefusedInAdvance(t *testing.T) {
	consent := func(provision string) fetch.Answer {
		return readOf(t, fetch.AdvanceCare, `{"resourceType":"Consent","id":"c","status":"active","patient":{"reference":"Patient/1"},"scope":{"coding":[{"code":"adr"}]},"category":[{"coding":[{"code":"acd"}],"text":"Advance decision"}],"provision":`+provision+`}`)
	}
	for provision, want := range map[string]string{
		`{"type":"permit","code":[{"text":"Cardiopulmonary resuscitation"}]}`: "Cardiopulmonary resuscitation",
		`{"type":"deny","code":[{"text":"Cardiopulmonary resuscitation"}]}`:   "Refused: Cardiopulmonary resuscitation",
	} {
		if all := fetch.RowsOf[record.AdvanceDecision](consent(provision)).Of(0); len(all) != 1 || string(all[0].Decision) != want {
			t.Errorf("%s: %+v, want %s", provision, all, want)
		}
	}
	for _, provision := range []string{`{"type":"permit","code":[{"text":"Treatment"}],"provision":[{"type":"deny","code":[{"text":"Ventilation"}]}]}`, `{"type":"maybe","code":[{"text":"Ventilation"}]}`, `{"type":"deny","action":[{"text":"Give blood"}]}`} {
		if a := consent(provision); isWhole(a) || len(entriesOf(a, 0)) > 0 {
			t.Errorf("%s: %v", provision, lines(a))
		}
	}
}

// What is not read breaks nothing: an element of the wrong shape that nobody reads leaves its entry as it is.
func TestWhatIsNotReadMayHaveAnyShape(t *testing.T) {
	for kind, of := range map[fetch.Kind]string{
		fetch.Problems:     about1("Condition", "c", `,"code":{"coding":[{"system":"urn:x","code":"1","display":"Asthma","userSelected":"true"}]}`),
		fetch.Medications:  about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Aspirin"},"authoredOn":"2026-01-02","performer":"nobody"`),
		fetch.Appointments: `{"resourceType":"Appointment","id":"a","status":"booked","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:10:00Z","participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"}],"performerType":"any","locationReference":"here"}`,
	} {
		a, err := one(t, open(t, patientOf("1", someone), of).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
		if err != nil || len(lines(a)) == 0 || !isWhole(a) {
			t.Errorf("%s: %q, whole %t, %v", kind, lines(a), isWhole(a), err)
		}
	}
}
