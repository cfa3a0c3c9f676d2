package ukcore_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/locator"
	"carerecord/internal/record"
)

var memberOf = map[string]string{"medication": "medicationReference", "source": "informationSource", "actor": "participant", "practitioner": "participant", "organization": "managingOrganization",
	"activity-reference": "activity"}

func camel(p string) string {
	parts := strings.Split(p, "-")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}

func (s *trust) strictly(q url.Values, from []stored) []entry {
	var all []entry
	seen := map[string]bool{}
	var refs []string
	for _, r := range from {
		for _, include := range q["_include"] {
			_, p, _ := strings.Cut(include, ":")
			name := memberOf[p]
			if name == "" {
				name = camel(p)
			}
			if m := fhir.Member(r.Raw, name); m != nil {
				refs = append(refs, fhir.References(m)...)
			}
		}
	}
	for _, to := range refs {
		for _, other := range s.held {
			if other.Key() == to && other.Type != "Patient" && !seen[to] {
				seen[to] = true
				all = append(all, s.entry(other, "include"))
			}
		}
	}
	return all
}

func idsOf(a fetch.Answer, i int) string {
	var got []string
	for _, x := range entriesOf(a, i) {
		got = append(got, record.Envelope(x).Provenance.SourceID)
	}
	slices.Sort(got)
	return strings.Join(got, " ")
}

// What is shown of a kind does not depend on which other kinds are asked for with it.
func TestAttackKindsTogether(t *testing.T) {
	obs := about1("Observation", "o", `,"code":`+hiv)
	proc := about1("Procedure", "t", `,"code":`+hiv)
	for name, c := range map[string]struct {
		sector record.Sector
		kind   fetch.Kind
		held   []string
	}{
		"medicine for an observation":   {record.Acute, fetch.Medications, []string{obs, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[{"reference":"Observation/o"}]`)}},
		"referral for an observation":   {record.Acute, fetch.Referrals, []string{obs, about1("ServiceRequest", "m", `,"intent":"order","code":{"text":"Clinic"},"reasonReference":[{"reference":"Observation/o"}]`)}},
		"attendance for a procedure":    {record.Acute, fetch.Attendances, []string{proc, about1("Encounter", "m", `,"class":{"code":"AMB"},"diagnosis":[{"condition":{"reference":"Procedure/t"}}]`)}},
		"medicine at that attendance":   {record.Acute, fetch.Medications, []string{proc, about1("Encounter", "e", `,"class":{"code":"AMB"},"reasonReference":[{"reference":"Procedure/t"}]`), about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"encounter":{"reference":"Encounter/e"}`)}},
		"procedure for an observation":  {record.Acute, fetch.Procedures, []string{obs, about1("Procedure", "m", `,"code":{"text":"Blood taken"},"reasonReference":[{"reference":"Observation/o"}]`)}},
		"imaging for an observation":    {record.Acute, fetch.Imaging, []string{obs, about1("ImagingStudy", "m", `,"reasonReference":[{"reference":"Observation/o"}]`)}},
		"contact of an appointment":     {record.MentalHealth, fetch.CareContacts, []string{`{"resourceType":"Appointment","id":"a","status":"booked","serviceType":[{"text":"HIV clinic"}],"participant":[{"actor":{"reference":"Patient/1"}}]}`, about1("Encounter", "m", `,"class":{"code":"AMB"},"appointment":[{"reference":"Appointment/a"}]`)}},
		"vital sign of a hidden report": {record.Acute, fetch.VitalSigns, []string{about1("DiagnosticReport", "r", `,"code":`+hiv+`,"result":[{"reference":"Observation/m"}]`), about1("Observation", "m", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Weight"}`)}},
		"document of an observation":    {record.Acute, fetch.Documents, []string{obs, about1("DocumentReference", "m", `,"context":{"related":[{"reference":"Observation/o"}]},"content":[{"attachment":{"title":"Letter"}}]`)}},
		"form of a report with a hidden part of a part": {record.Acute, fetch.Documents, []string{about1("DiagnosticReport", "m", `,"code":{"text":"Serology"},"result":[{"reference":"Observation/p"}],"presentedForm":[{"contentType":"application/pdf","title":"Report","data":"JVBERi0xLjQ="}]`),
			about1("Observation", "p", `,"code":{"text":"Panel"},"hasMember":[{"reference":"Observation/o"},{"reference":"Observation/s"}]`), obs, about1("Observation", "s", `,"code":{"text":"Sodium"}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			held := open(t, append([]string{patientOf("1", someone)}, c.held...)...)
			held.strict = true
			s := held.source(t, c.sector, ukcore.Options{})
			alone, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			if err != nil {
				t.Fatal(err)
			}
			together, err := read(t, s, subjects(someone))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := idsOf(alone, 0), idsOf(together[c.kind], 0); a != b {
				t.Errorf("alone %q, together %q", a, b)
			}
		})
	}
}

// A conclusion that is withheld when results are asked too is withheld without them.
func TestAttackConclusion(t *testing.T) {
	held := open(t, patientOf("1", someone), about1("DiagnosticReport", "m", `,"code":{"text":"Serology"},"conclusion":"Reactive. Discussed with the patient.","result":[{"reference":"Observation/p"}]`),
		about1("Observation", "p", `,"code":{"text":"Panel"},"hasMember":[{"reference":"Observation/o"},{"reference":"Observation/s"}]`), about1("Observation", "o", `,"code":`+hiv), about1("Observation", "s", `,"code":{"text":"Sodium"}`))
	held.strict = true
	s := held.source(t, record.Acute, ukcore.Options{})
	alone, _ := one(t, s, &fetch.Ask{Kind: fetch.Reports, Subjects: subjects(someone)})
	if got := fetch.RowsOf[record.Report](alone).Of(0); len(got) != 1 || got[0].Conclusion != "" {
		t.Errorf("%+v", got)
	}
}

// What refers to something that is never shown is hidden though that could not be kept.
func TestAttackUnkept(t *testing.T) {
	medicine := about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[{"reference":"Condition/c"}]`)
	for name, held := range map[string][]string{
		"too large":       {about1("Condition", "c", `,"code":`+hiv+`,"note":[{"text":"`+strings.Repeat("x", 1<<20)+`"}]`)},
		"a wrong subject": {`{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/9","display":"x"},"code":` + hiv + `,"evidence":[{"detail":[{"reference":"Patient/1"}]}]}`},
		"an encounter that is too large": {about1("Encounter", "e", `,"class":{"code":"AMB"},"reasonCode":[`+hiv+`],"x":"`+strings.Repeat("x", 1<<20)+`"`),
			about1("MedicationRequest", "m2", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"encounter":{"reference":"Encounter/e"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, append([]string{patientOf("1", someone), medicine}, held...)...).source(t, record.Acute, ukcore.Options{})
			if strings.HasPrefix(name, "an") {
				s = open(t, append([]string{patientOf("1", someone)}, held...)...).source(t, record.Acute, ukcore.Options{})
			}
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)})
			if err != nil || idsOf(a, 0) != "" {
				t.Errorf("%q %v", idsOf(a, 0), err)
			}
		})
	}
}

func TestAttackReferences(t *testing.T) {
	condition := about1("Condition", "c", `,"identifier":[{"system":"https://trust/conditions","value":"77"}],"code":`+hiv)
	for name, ref := range map[string]string{
		"by identifier":           `{"identifier":{"system":"https://trust/conditions","value":"77"}}`,
		"in other letters":        `{"Reference":"Condition/c"}`,
		"with a fragment":         `{"reference":"Condition/c#x"}`,
		"with a space":            `{"reference":"Condition/c "}`,
		"with two slashes":        `{"reference":"/Condition/c"}`,
		"with a slash at the end": `{"reference":"Condition/c/"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, patientOf("1", someone), condition, about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[`+ref+`]`)).source(t, record.Acute, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)})
			if err != nil || idsOf(a, 0) != "" {
				t.Errorf("%q %v", idsOf(a, 0), err)
			}
		})
	}
}

func TestAttackOtherLetters(t *testing.T) {
	s := open(t, patientOf("1", someone), about1("Condition", "c", `,"code":{"text":"Cough","Coding":[{"System":"https://local","Code":"x","Display":"Cough"},{"System":"https://local","Code":"y","Display":"Cough 2"},{"System":"http://snomed.info/sct","Code":"86406008"}]}`)).source(t, record.Acute, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
	if err != nil || idsOf(a, 0) != "" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// Two under one key with different addresses, referred to by the second's.
func TestAttackSecondAddress(t *testing.T) {
	p := patientOf("1", someone)
	s := ukcore.Open(record.Acute, here, whole{someone: collection(p,
		`{"fullUrl":"urn:uuid:a","resource":`+about1("Condition", "c", `,"code":{"text":"Cough"}`)+`}`,
		`{"fullUrl":"urn:uuid:b","resource":`+about1("Condition", "c", `,"code":`+hiv)+`}`,
		about1("MedicationRequest", "m", `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"},"reasonReference":[{"reference":"urn:uuid:b"}]`))}, ids, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)})
	if err != nil || idsOf(a, 0) != "" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// A second version of what belongs to nobody is looked at too.
func TestAttackPoolTwice(t *testing.T) {
	p := patientOf("1", someone)
	s := ukcore.Open(record.Acute, here, whole{someone: collection(p,
		`{"resourceType":"Organization","id":"o","name":"Laboratory"}`,
		`{"resourceType":"Organization","id":"o","name":"Sexual health clinic laboratory"}`,
		about1("DiagnosticReport", "r", `,"code":{"text":"Swab"},"performer":[{"reference":"Organization/o"}],"conclusion":"Positive"`))}, ids, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Reports, Subjects: subjects(someone)})
	if err != nil || idsOf(a, 0) != "" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// Of several Patients of a number one was found and the search was not whole.
func TestAttackSomePatients(t *testing.T) {
	for name, more := range map[string]string{
		"an outcome":                   `{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"incomplete"}]}}`,
		"an entry that cannot be read": `{"resource":{"id":"x"}}`,
		"a Patient without a number":   `{"resource":{"resourceType":"Patient","id":"2"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			tr := open(t, patientOf("1", someone))
			tr.instead["Patient"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patientOf("1", someone) + `},` + more + `]}`
			a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
			if err == nil && (a.Unreadable == nil || !a.Unreadable[0]) {
				t.Error("it looks like none")
			}
		})
	}
}

// A stranger came in the place of one of two.
func TestAttackStrangerAmongTwo(t *testing.T) {
	tr := open(t)
	tr.instead["Patient"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patientOf("1", someone) + `},{"resource":` + patientOf("2", third) + `}]}`
	got, err := tr.source(t, record.Acute, ukcore.Options{}).Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{{Kind: fetch.Problems, Subjects: subjects(someone, another)}})
	for _, a := range got {
		if a.Absent != nil && a.Absent[1] {
			t.Errorf("absent, though who came may be them: %v %v", a.Errs, err)
		}
	}
}

func TestAttackTwoNumbers(t *testing.T) {
	both := fmt.Sprintf(`{"resourceType":"Patient","id":"1","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":%q},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":%q}],"birthDate":"1970-09-11"}`, string(someone), string(another))
	tr := open(t, both, about1("Condition", "c", `,"code":{"text":"Asthma"}`))
	a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
	if err == nil && idsOf(a, 0) != "" {
		t.Error("shown, though it says two numbers")
	}
}

// letters is a place of documents.
type letterbox string

func (l letterbox) Fetch(context.Context, fhir.Request) ([]byte, error) { return []byte(l), nil }

// Where documents were not asked for, that the rest knows nobody is not the trust's word.
func TestAttackAbsentWithLetters(t *testing.T) {
	letters := letterbox(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Bundle","type":"document","entry":[
		{"resource":{"resourceType":"Composition","id":"l","status":"final","type":{"text":"Discharge letter"},"subject":{"reference":"Patient/1"},"date":"2026-01-01","title":"Letter","section":[{"text":{"div":"<div>Well</div>"}}]}},
		{"resource":` + patientOf("1", someone) + `}]}}]}`)
	s := open(t).source(t, record.Acute, ukcore.Options{Documents: letters})
	at := time.Now()
	read := locator.Wrap(s.Read, locator.Options{Age: time.Minute, Codes: []string{"RAL"}, Now: func() time.Time { return at }})
	ctx := fetch.WithTerms(t.Context(), terms())
	if _, err := read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); err != nil {
		t.Fatal(err)
	}
	ask := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
	got, err := read(ctx, []*fetch.Ask{ask})
	if err != nil || idsOf(got[ask], 0) != "letter.l" {
		t.Errorf("%q %v %+v", idsOf(got[ask], 0), err, got[ask])
	}
}

// The place of documents says that it did not find all.
func TestAttackLettersIncomplete(t *testing.T) {
	letters := letterbox(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"incomplete"}]},"search":{"mode":"outcome"}}]}`)
	a, err := one(t, open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letters}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
	if err == nil && (a.Unreadable == nil || !a.Unreadable[0]) {
		t.Error("it looks like none")
	}
}

// Of several letters put together, what one reaches by two steps hides it.
func TestAttackLettersTwoSteps(t *testing.T) {
	composition := func(id, more string) string {
		return `{"resourceType":"Composition","id":"` + id + `","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/1"},"date":"2026-01-01","title":"Letter","section":[{"text":{"div":"<div>See the list</div>"}` + more + `}]}`
	}
	letters := letterbox(collection(composition("a", `,"entry":[{"reference":"List/x"}]`), composition("b", ""), patientOf("1", someone),
		`{"resourceType":"List","id":"x","entry":[{"item":{"reference":"Condition/c"}}]}`, `{"resourceType":"Condition","id":"c","code":`+hiv+`}`))
	a, err := one(t, open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letters}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
	if err != nil || idsOf(a, 0) != "letter.b" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// Soft hyphens, other spaces and letters that look alike.
func TestAttackLetterWords(t *testing.T) {
	for name, div := range map[string]string{
		"soft hyphen": "<div>She has gonor&#173;rhoea</div>", "no-break space": "<div>domestic&#160;violence</div>", "zero width": "<div>H&#8203;IV positive</div>", "entity in a tag": "<div><b>H</b>&#73;V positive</div>",
		"plain": "<div>She has gonorrhoea</div>", "entity in a block": "<div>H<p>&#73;</p>V positive</div>",
	} {
		letters := letterbox(`{"resourceType":"Bundle","type":"document","entry":[
		{"resource":{"resourceType":"Composition","id":"l","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/1"},"date":"2026-01-01","title":"Letter","section":[{"text":{"div":"` + div + `"}}]}},
		{"resource":` + patientOf("1", someone) + `}]}`)
		a, err := one(t, open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letters}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: %q %v", name, idsOf(a, 0), err)
		}
	}
}

// Another server's Patient of the same id is not ours where no address came.
func TestAttackOtherServer(t *testing.T) {
	tr := open(t, patientOf("1", someone))
	tr.instead["Patient"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patientOf("1", someone) + `}]}`
	tr.instead["Condition"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"https://elsewhere.example/fhir/Patient/1"},"code":{"text":"Asthma"}}}]}`
	a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
	if err == nil && idsOf(a, 0) != "" {
		t.Error("somebody else's is shown")
	}
}

// The content of a Binary with a restricted label, or about somebody else.
func TestAttackBinary(t *testing.T) {
	doc := about1("DocumentReference", "d", `,"content":[{"attachment":{"contentType":"text/plain","url":"Binary/b"}}]`)
	text := base64.StdEncoding.EncodeToString([]byte("Well"))
	for name, binary := range map[string]string{
		"restricted":       `{"resourceType":"Binary","id":"b","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"data":"` + text + `"}`,
		"of somebody else": `{"resourceType":"Binary","id":"b","securityContext":{"reference":"Patient/9"},"data":"` + text + `"}`,
	} {
		s := open(t, patientOf("1", someone), doc, binary).source(t, record.Acute, ukcore.Options{})
		a, _ := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: "d"}})
		if got := fetch.RowsOf[record.DocumentContent](a).Of(0); len(got) != 0 {
			t.Errorf("%s: shown", name)
		}
	}
}

// UTF-16 and Latin-1 letters.
func TestAttackEncodings(t *testing.T) {
	utf16be := "\xfe\xff"
	for _, r := range "HIV positive" {
		utf16be += "\x00" + string(r)
	}
	for name, raw := range map[string]string{"latin-1": "HIV positive caf\xe9", "utf-16": utf16be, "rtf": `{\rtf1 {\b H}IV positive}`, "quoted": "HI=\r\nV positive",
		"entities": "<p>H&#73;V positive</p>", "an entity not seen": "<p>gonor&shy;rhoea</p>", "a space as an entity": "<p>domestic&nbsp;violence</p>", "comment": "<p>H<!-- > -->IV positive</p>", "attribute": `<p>H<b title="a>b">I</b>V positive</p>`,
		"rtf in hex": `{\rtf1 \'48\'49\'56 positive}`, "rtf in numbers": `{\rtf1 \u72?\u73?\u86? positive}`, "quoted and not seen": "gonor=C2=ADrhoea", "quoted entities": "<p>H&#=\r\n73;V positive</p>"} {
		doc := about1("DocumentReference", "d", `,"content":[{"attachment":{"contentType":"text/plain","data":"`+base64.StdEncoding.EncodeToString([]byte(raw))+`"}}]`)
		a, err := one(t, open(t, patientOf("1", someone), doc).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: %q %v", name, idsOf(a, 0), err)
		}
	}
}

// What UK Core has no place for is not "none" because the rest knows nobody.
func TestAttackAbsentAndWithheld(t *testing.T) {
	s := open(t).source(t, record.MentalHealth, ukcore.Options{})
	at := time.Now()
	read := locator.Wrap(s.Read, locator.Options{Age: time.Minute, Codes: []string{"RAL"}, Now: func() time.Time { return at }})
	ctx := fetch.WithTerms(t.Context(), terms())
	if _, err := read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}}); err != nil {
		t.Fatal(err)
	}
	ask := &fetch.Ask{Kind: fetch.LegalStatuses, Subjects: subjects(someone)}
	got, err := read(ctx, []*fetch.Ask{ask})
	if err == nil && got[ask].Err == nil {
		t.Errorf("%+v", got[ask])
	}
}

// What the trust labels as sensitive of a kind that is never shown.
func TestAttackLabels(t *testing.T) {
	for _, code := range []string{"HIV", "STD", "SDV", "SEX", "GDIS", "R", "V"} {
		s := open(t, patientOf("1", someone), about1("Condition", "c", `,"code":{"text":"Infection"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"`+code+`"}]}`)).source(t, record.Acute, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: %q %v", code, idsOf(a, 0), err)
		}
	}
}

// A clinic that the server did not include.
func TestAttackNotIncluded(t *testing.T) {
	tr := open(t, patientOf("1", someone), `{"resourceType":"HealthcareService","id":"h","name":"Sexual health clinic"}`, `{"resourceType":"Location","id":"l","name":"Sexual health clinic"}`,
		`{"resourceType":"Organization","id":"o","name":"Sexual health clinic laboratory"}`)
	lone := func(r string) string {
		return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + r + `}]}`
	}
	tr.instead["Appointment"] = lone(`{"resourceType":"Appointment","id":"m","status":"booked","start":"2026-12-01T10:00:00Z","participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"HealthcareService/h"}}]}`)
	tr.instead["Encounter"] = lone(about1("Encounter", "m", `,"class":{"code":"AMB"},"location":[{"location":{"reference":"Location/l"}}]`))
	tr.instead["DiagnosticReport"] = lone(about1("DiagnosticReport", "m", `,"code":{"text":"Swab"},"conclusion":"Positive","performer":[{"reference":"Organization/o"}]`))
	for _, kind := range []fetch.Kind{fetch.Appointments, fetch.Attendances, fetch.Reports} {
		a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
		if err == nil && idsOf(a, 0) != "" {
			t.Errorf("%s: %q", kind, idsOf(a, 0))
		}
	}
}

// aboutOf is a resource of the Patient of an id.
func aboutOf(patient, resource, id, more string) string {
	return strings.Replace(about1(resource, id, more), "Patient/1", "Patient/"+patient, 1)
}

const tablets = `,"intent":"order","medicationCodeableConcept":{"text":"Tablets"}`

// What two patients' entries refer to is asked for of each: one of them says nothing for
// the other.
func TestAttackSharedReferences(t *testing.T) {
	for name, c := range map[string]struct{ member, target, fails string }{
		"a problem of the second":     {`,"reasonReference":[{"reference":"Observation/o"}]`, aboutOf("2", "Observation", "o", `,"code":`+hiv), ""},
		"a place that cannot be had":  {`,"performer":{"reference":"Location/l"}`, `{"resourceType":"Location","id":"l","name":"Sexual health clinic"}`, "Location"},
		"a place that is never shown": {`,"performer":{"reference":"Location/l"}`, `{"resourceType":"Location","id":"l","name":"Sexual health clinic"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			held := open(t, patientOf("1", someone), patientOf("2", another), aboutOf("1", "MedicationRequest", "m1", tablets+c.member), aboutOf("2", "MedicationRequest", "m2", tablets+c.member), c.target)
			held.strict = true
			if c.fails != "" {
				held.fails[c.fails] = 500
			}
			ask := &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone, another)}
			got, err := held.source(t, record.Acute, ukcore.Options{}).Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask})
			if a := got[ask]; err != nil || idsOf(a, 1) != "" || c.fails != "" && a.Err == nil && (a.Errs == nil || a.Errs[1] == nil) {
				t.Errorf("%q %v %v", idsOf(a, 1), a.Errs, err)
			}
		})
	}
}

// restricted is someone's Patient, labelled so.
func restricted(id string) string {
	return strings.Replace(patientOf(id, someone), `"identifier"`, `"meta":{"security":[{"code":"R"}]},"identifier"`, 1)
}

// Whom the trust restricts it does not know, wherever the rest of the record stands.
func TestAttackRestricted(t *testing.T) {
	letters := letterbox(`{"resourceType":"Bundle","type":"document","entry":[
		{"resource":{"resourceType":"Composition","id":"l","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/1"},"date":"2026-01-01","title":"Letter","section":[{"text":{"div":"<div>Well</div>"}}]}},
		{"resource":` + patientOf("1", someone) + `}]}`)
	allergy := `{"resourceType":"AllergyIntolerance","id":"a","code":{"text":"Nuts"}}`
	for name, c := range map[string]struct {
		source *ukcore.Source
		kind   fetch.Kind
	}{
		"a letter":                         {open(t, restricted("1")).source(t, record.Acute, ukcore.Options{Documents: letters}), fetch.Documents},
		"what stands before the Patient":   {ukcore.Open(record.Acute, here, whole{someone: collection(allergy, restricted("1"))}, ids, ukcore.Options{}), fetch.Allergies},
		"what stands behind the Patient":   {ukcore.Open(record.Acute, here, whole{someone: collection(restricted("1"), allergy)}, ids, ukcore.Options{}), fetch.Allergies},
		"what stands behind two, one open": {ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("2", someone), restricted("1"), allergy)}, ids, ukcore.Options{}), fetch.Allergies},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := one(t, c.source, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			if err != nil || idsOf(a, 0) != "" || a.Absent == nil || !a.Absent[0] {
				t.Errorf("%q %v %v", idsOf(a, 0), a.Absent, err)
			}
		})
	}
}

// What names nobody is nobody's where somebody else stands in the same answer, before it
// or behind.
func TestAttackNobodysBesideAStranger(t *testing.T) {
	allergy, own, stranger := `{"resourceType":"AllergyIntolerance","id":"a","code":{"text":"Nuts"}}`, patientOf("1", someone), patientOf("2", another)
	for _, all := range []string{collection(allergy, own, stranger), collection(own, allergy, stranger), collection(own, stranger, allergy)} {
		s := ukcore.Open(record.Acute, here, whole{someone: all}, ids, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" || a.Unreadable == nil || !a.Unreadable[0] {
			t.Errorf("%q %v %v", idsOf(a, 0), a.Unreadable, err)
		}
	}
}

// What names nobody is not the only patient's because nobody else was asked for.
func TestAttackNobodysAlone(t *testing.T) {
	held := open(t, patientOf("1", someone), patientOf("2", another))
	held.instead["DocumentReference"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"title":"Letter"}}]}}]}`
	s := held.source(t, record.Acute, ukcore.Options{})
	for _, of := range []*fetch.Subjects{subjects(someone), subjects(someone, another)} {
		ask := &fetch.Ask{Kind: fetch.Documents, Subjects: of}
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask})
		if a := got[ask]; err != nil || idsOf(a, 0) != "" || a.Unreadable == nil || !a.Unreadable[0] {
			t.Errorf("of %d: %q %v %v", len(of.Patients), idsOf(a, 0), a.Unreadable, err)
		}
	}
}

// Whatever a resource refers to is asked for, whether or not the record has a place for it
// and by whatever way it is named.
func TestAttackUnsearched(t *testing.T) {
	text := `"note":[{"text":"HIV positive"}]`
	for name, c := range map[string]struct {
		target string
		kind   fetch.Kind
		entry  string
	}{
		"a finding by identifier": {about1("Observation", "x", `,"identifier":[{"system":"https://trust/o","value":"77"}],"code":`+hiv), fetch.Medications,
			about1("MedicationRequest", "m", tablets+`,"reasonReference":[{"type":"Observation","identifier":{"system":"https://trust/o","value":"77"}}]`)},
		"an impression":                {about1("ClinicalImpression", "x", ","+text), fetch.Referrals, about1("ServiceRequest", "m", `,"intent":"order","code":{"text":"Clinic"},"supportingInfo":[{"reference":"ClinicalImpression/x"}]`)},
		"a family's history":           {about1("FamilyMemberHistory", "x", ","+text), fetch.Referrals, about1("ServiceRequest", "m", `,"intent":"order","code":{"text":"Clinic"},"supportingInfo":[{"reference":"FamilyMemberHistory/x"}]`)},
		"a specimen":                   {about1("Specimen", "x", `,"type":`+hiv), fetch.Procedures, about1("Procedure", "m", `,"code":{"text":"Swab"},"extension":[{"url":"x","valueReference":{"reference":"Specimen/x"}}]`)},
		"a role":                       {`{"resourceType":"PractitionerRole","id":"x","code":[{"text":"Consultant in HIV medicine"}]}`, fetch.Problems, about1("Condition", "m", `,"code":{"text":"Cough"},"recorder":{"reference":"PractitionerRole/x"}`)},
		"a relative":                   {`{"resourceType":"RelatedPerson","id":"x","patient":{"reference":"Patient/1"},"meta":{"security":[{"code":"R"}]}}`, fetch.CarePlans, about1("CarePlan", "m", `,"intent":"plan","title":"Plan","author":{"reference":"RelatedPerson/x"}`)},
		"a finding of a hidden report": {about1("Observation", "x", `,"code":{"text":"Sodium"}`), fetch.Procedures, about1("Procedure", "m", `,"code":{"text":"Swab"},"reasonReference":[{"reference":"Observation/x"}]`)},
		"a role at a hidden place": {`{"resourceType":"PractitionerRole","id":"x","healthcareService":[{"reference":"HealthcareService/y"}]}`, fetch.Problems,
			about1("Condition", "m", `,"code":{"text":"Cough"},"recorder":{"reference":"PractitionerRole/x"}`)},
		"in other letters": {about1("Observation", "x", `,"code":`+hiv), fetch.Medications, about1("MedicationRequest", "m", tablets+`,"ReasonReference":[{"Reference":"Observation/x"}]`)},
	} {
		t.Run(name, func(t *testing.T) {
			held := open(t, patientOf("1", someone), c.target, c.entry, about1("DiagnosticReport", "y", `,"code":`+hiv+`,"result":[{"reference":"Observation/x"}]`),
				`{"resourceType":"HealthcareService","id":"y","name":"Sexual health clinic"}`)
			for _, held.strict = range []bool{true, false} {
				a, err := one(t, held.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
				if err != nil || idsOf(a, 0) != "" {
					t.Errorf("strict %v: %q %v", held.strict, idsOf(a, 0), err)
				}
			}
		})
	}
}

// An activity whose order the server did not include is asked for.
func TestAttackActivity(t *testing.T) {
	held := open(t, patientOf("1", someone), about1("ServiceRequest", "x", `,"intent":"order","code":`+hiv))
	held.instead["CarePlan"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + about1("CarePlan", "m", `,"intent":"plan","title":"Plan","activity":[{"reference":{"reference":"ServiceRequest/x","display":"A test"}}]`) + `}]}`
	a, err := one(t, held.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.CarePlans, Subjects: subjects(someone)})
	if plans := fetch.RowsOf[record.CarePlan](a).Of(0); err != nil || len(plans) != 1 || len(plans[0].Activities) != 0 {
		t.Errorf("%+v %v", plans, err)
	}
}

// A vital sign of a group that is never shown is not shown when vital signs are asked
// alone; one whose category is written otherwise is shown then too.
func TestAttackVitalSigns(t *testing.T) {
	held := open(t, patientOf("1", someone), about1("Observation", "g", `,"code":`+hiv+`,"hasMember":[{"reference":"Observation/m"}]`),
		about1("Observation", "m", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Weight"}`), about1("Observation", "n", `,"category":[{"coding":[{"code":"vital-sign"}]}],"code":{"text":"Height"}`))
	held.strict = true
	a, err := one(t, held.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.VitalSigns, Subjects: subjects(someone)})
	if err != nil || idsOf(a, 0) != "n" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// A code or a word is what it is read as, however it is written.
func TestAttackSpellings(t *testing.T) {
	infection := func(system, code string) string {
		return fmt.Sprintf(`{"text":"Infection","coding":[{"system":%q,"code":%q}]}`, system, code)
	}
	for name, code := range map[string]string{
		"a space of no width": `{"text":"H\u200bIV positive"}`, "a soft hyphen": `{"text":"Gonor\u00adrhoea"}`, "a mark of direction": `{"text":"H\u200eIV positive"}`,
		"letters of full width":     `{"text":"\uff28\uff29\uff36 positive"}`,
		"a space before the system": infection(" http://snomed.info/sct", "86406008"), "a system in capitals": infection("HTTP://SNOMED.INFO/SCT", "86406008"),
		"www": infection("http://www.snomed.info/sct", "86406008"), "an identifier without its scheme": infection("2.16.840.1.113883.6.96", "86406008"),
		"a code with what is not seen": infection("http://snomed.info/sct", "86406008\u200b"),
	} {
		a, err := one(t, open(t, patientOf("1", someone), about1("Condition", "c", `,"code":`+code)).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: %q %v", name, idsOf(a, 0), err)
		}
	}
}

// However many have one id or one identifier, taking them apart does not grow with the
// square of them.
func TestAttackManyAlike(t *testing.T) {
	for name, one := range map[string]func(i int) string{
		"an id": func(i int) string { return about1("Condition", "c", fmt.Sprintf(`,"code":{"text":"Cough %d"}`, i)) },
		"an identifier": func(i int) string {
			return about1("Condition", fmt.Sprintf("c%d", i), `,"identifier":[{"value":"1"}],"evidence":[{"detail":[{"identifier":{"value":"1"}}]}],"code":{"text":"Cough"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := []string{patientOf("1", someone)}
			for i := range 12_000 {
				all = append(all, one(i))
			}
			s := ukcore.Open(record.Acute, here, whole{someone: collection(all...)}, ids, ukcore.Options{})
			ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms()), time.Minute)
			defer cancel()
			ask := &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)}
			got, err := s.Read(ctx, []*fetch.Ask{ask})
			if n := len(entriesOf(got[ask], 0)); err != nil || ctx.Err() != nil || n != 10_000 { // the most that are shown
				t.Errorf("%d entries, %v, %v", n, err, ctx.Err())
			}
		})
	}
}

// However many are referred to, and by however many, taking them apart does not grow with the
// square of them, nor with how large each is.
func TestAttackManyReferredTo(t *testing.T) {
	const many = 4000
	each := func(format string) []string {
		all := make([]string, many)
		for i := range all {
			all[i] = strings.ReplaceAll(format, "%", fmt.Sprint(i))
		}
		return all
	}
	joined := func(format string) string { return "[" + strings.Join(each(format), ",") + "]" }
	large := `,"note":[{"text":"` + strings.Repeat("x", 600<<10) + `"}]`
	biopsy := func(reason, more string) string {
		return about1("Procedure", "p", `,"code":{"text":"Biopsy"},"reasonReference":`+joined(reason)+more)
	}
	for name, c := range map[string]struct {
		kind fetch.Kind
		n    int
		held []string
	}{
		"reasons within":   {fetch.Procedures, 1, []string{biopsy(`{"reference":"#%"}`, `,"contained":`+joined(`{"resourceType":"Condition","id":"%"}`))}},
		"one reason":       {fetch.Procedures, 1, []string{biopsy(`{"reference":"Condition/c"}`, ""), about1("Condition", "c", large)}},
		"devices and uses": {fetch.Devices, many, append(each(about1("Device", "%", `,"type":{"text":"Stent"}`)), each(about1("DeviceUseStatement", "u%", `,"device":{"reference":"Device/%"}`))...)},
		"one device": {fetch.Devices, many, append(each(about1("DeviceUseStatement", "%", `,"device":{"reference":"Device/d"}`)),
			`{"resourceType":"Device","id":"d","type":{"text":"Stent"}`+large+`}`)},
		"goals by identifier": {fetch.CarePlans, 1, append(each(about1("Goal", "%", `,"identifier":[{"value":"%"}],"description":{"text":"Walk"}`)), about1("CarePlan", "p", `,"title":"Plan","goal":`+joined(`{"identifier":{"value":"%"}}`)))},
		"one professional": {fetch.Problems, many, append(each(about1("Condition", "%", `,"code":{"text":"Cough"},"asserter":{"reference":"Practitioner/g"}`)),
			`{"resourceType":"Practitioner","id":"g","name":[{"text":"Dr Who"}]`+large+`}`)},
		"stays and ward medicines": {fetch.Medications, many, append(each(about1("Encounter", "e%", `,"class":{"code":"IMP"}`)), each(about1("MedicationRequest", "%", tablets+`,"category":[{"coding":[{"code":"inpatient"}]}]`))...)},
	} {
		t.Run(name, func(t *testing.T) {
			s := ukcore.Open(record.Acute, here, whole{someone: collection(append(c.held, patientOf("1", someone))...)}, ids, ukcore.Options{})
			ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms()), 10*time.Second)
			defer cancel()
			ask := &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)}
			got, err := s.Read(ctx, []*fetch.Ask{ask})
			if n := len(entriesOf(got[ask], 0)); err != nil || ctx.Err() != nil || n != c.n {
				t.Errorf("%d entries, %v, %v", n, err, ctx.Err())
			}
		})
	}
}

// A Patient that another has replaced, or that replaces another, is not all that the trust holds.
func TestAttackReplaced(t *testing.T) {
	replaced := strings.Replace(patientOf("1", someone), `"resourceType":"Patient"`, `"resourceType":"Patient","link":[{"other":{"reference":"Patient/2"},"type":"replaced-by"}]`, 1)
	replaces := strings.Replace(replaced, "replaced-by", "replaces", 1)
	other := `{"resourceType":"Patient","id":"2","birthDate":"1950-02-03"}`
	for name, c := range map[string]struct {
		held       []string
		incomplete bool
	}{
		"by one without a number":        {[]string{replaced, other}, true},
		"by one that is not there":       {[]string{replaced}, true},
		"by one with the same number":    {[]string{replaced, patientOf("2", someone)}, false},
		"it replaces another":            {[]string{replaces, other}, true},
		"one that is not there any more": {[]string{replaces}, true},
		"one of the same number":         {[]string{replaces, patientOf("2", someone)}, false},
		"a Patient beside it":            {[]string{strings.Replace(replaced, "replaced-by", "seealso", 1)}, false},
		"a link that cannot be read":     {[]string{strings.Replace(replaced, `"link":[`, `"link":["x",`, 1)}, true},
		"a Patient without any of this":  {[]string{patientOf("1", someone)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := one(t, open(t, c.held...).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
			if incomplete := a.Unreadable != nil && a.Unreadable[0]; err != nil || incomplete != c.incomplete {
				t.Errorf("incomplete %v, %v", incomplete, err)
			}
		})
	}
}
