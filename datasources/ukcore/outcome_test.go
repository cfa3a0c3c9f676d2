package ukcore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

const asthma = `{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/1"},"code":{"text":"Asthma"}}`

func problemsOf(patients ...record.NHSNumber) *fetch.Ask {
	return &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(patients...)}
}

// What a bad answer becomes: nothing crashes, nothing missing looks like "none".
func TestBadAnswers(t *testing.T) {
	found := func(entries string) string {
		return `{"resourceType":"Bundle","type":"searchset","entry":[` + entries + `]}`
	}
	problem := func(id, more string) string {
		return `{"resource":{"resourceType":"Condition","id":"` + id + `","subject":{"reference":"Patient/1"}` + more + `}}`
	}
	for name, c := range map[string]struct {
		resource, body string
		kind           error // of the whole
		came           int
		incomplete     bool
	}{
		"HTML":                                  {"Condition", `<html>Sign in</html>`, record.ErrMalformed, 0, false},
		"cut short":                             {"Condition", `{"resourceType":"Bundle","type":"sear`, record.ErrMalformed, 0, false},
		"not UTF-8":                             {"Condition", "{\"resourceType\":\"Bundle\",\"type\":\"\xff\"}", record.ErrMalformed, 0, false},
		"no Bundle":                             {"Condition", `{"resourceType":"Condition","id":"1"}`, record.ErrMalformed, 0, false},
		"an outcome in its place":               {"Condition", `{"resourceType":"OperationOutcome","issue":[]}`, record.ErrMalformed, 0, false},
		"of another version":                    {"Condition", found(problem("1", `,"meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Condition-1"]}`)), record.ErrMalformed, 0, false},
		"a patient search in HTML":              {"Patient", `<html></html>`, record.ErrMalformed, 0, false},
		"a Patient without a number":            {"Patient", found(`{"resource":{"resourceType":"Patient","id":"1"}}`), record.ErrMalformed, 0, false},
		"somebody else's Patient":               {"Patient", found(`{"resource":` + patientOf("1", another) + `}`), record.ErrMalformed, 0, false},
		"a Patient with a bad birthday":         {"Patient", found(`{"resource":` + strings.Replace(patientOf("1", someone), "1970-09-11", "1970-99-11", 1) + `}`), record.ErrMalformed, 0, false},
		"a Patient held confidential":           {"Patient", found(`{"resource":` + strings.Replace(patientOf("1", someone), `"id"`, `"meta":{"security":[{"code":"R"}]},"id"`, 1) + `}`), nil, 0, false},
		"a malformed date":                      {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + problem("2", `,"code":{"text":"B"},"onsetDateTime":"2026-02-31"`)), nil, 1, true},
		"two different ones of one id":          {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + problem("1", `,"code":{"text":"B"}`)), nil, 2, true},
		"the same one twice":                    {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + problem("1", `,"code":{"text":"A"}`)), nil, 1, false},
		"an entry that is no resource":          {"Condition", found(problem("1", `,"code":{"text":"A"}`) + `,{"resource":7}`), record.ErrUnavailable, 0, false},
		"one that means what is not told here":  {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + problem("2", `,"code":{"text":"B"},"modifierExtension":[{"url":"x"}]`)), nil, 1, true},
		"fewer than it counts":                  {"Condition", strings.Replace(found(problem("1", `,"code":{"text":"A"}`)), `"entry"`, `"total":2,"entry"`, 1), record.ErrUnavailable, 0, false},
		"an entry without id":                   {"Condition", found(problem("1", `,"code":{"text":"A"}`) + `,{"resource":{"resourceType":"Condition","subject":{"reference":"Patient/1"},"code":{"text":"B"}}}`), nil, 1, true},
		"three of one id, two of them the same": {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + problem("1", `,"code":{"text":"B"}`) + "," + problem("1", `,"code":{"text":"B"}`)), nil, 2, true},
		"the longest id":                        {"Condition", found(problem(strings.Repeat("x", 256), `,"code":{"text":"A"}`)), nil, 1, false},
		"a longer id":                           {"Condition", found(problem(strings.Repeat("x", 257), `,"code":{"text":"A"}`)), nil, 0, true},
		"the largest":                           {"Condition", found(problem("1", `,"code":{"text":"A"},"x":"`+strings.Repeat("x", 1<<20-len(problem("1", `,"code":{"text":"A"},"x":""`))+len(`{"resource":}`))+`"`)), nil, 1, false},
		"a larger":                              {"Condition", found(problem("1", `,"code":{"text":"A"},"x":"`+strings.Repeat("x", 1<<20+1-len(problem("1", `,"code":{"text":"A"},"x":""`))+len(`{"resource":}`))+`"`)), nil, 0, true},
		"3 MB in one string":                    {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + problem("2", `,"code":{"text":"`+strings.Repeat("x", 3<<20)+`"}`)), nil, 1, true},
		"about somebody else":                   {"Condition", found(problem("1", `,"code":{"text":"A"}`) + "," + strings.Replace(problem("2", `,"code":{"text":"B"}`), "Patient/1", "Patient/2", 1)), nil, 1, true},
		"the Patient of another server":         {"Condition", found(strings.Replace(problem("2", `,"code":{"text":"B"}`), "Patient/1", "https://elsewhere.example/fhir/Patient/1", 1)), nil, 0, true},
		"another number in a reference":         {"Condition", found(strings.Replace(problem("2", `,"code":{"text":"B"}`), `"reference":"Patient/1"`, `"reference":"Patient/1","identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000026"}`, 1)), nil, 0, true},
		"an answer that says it is cut":         {"Condition", found(problem("1", `,"code":{"text":"A"}`) + `,{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"incomplete"}]},"search":{"mode":"outcome"}}`), record.ErrUnavailable, 0, false},
		"a hint beside the answer":              {"Condition", found(problem("1", `,"code":{"text":"A"}`) + `,{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}}`), nil, 1, false},
		"a next page on another server":         {"Condition", `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"https://elsewhere.example/fhir/Condition?page=2"}]}`, record.ErrMalformed, 0, false},
		"nothing":                               {"Condition", found(""), nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			held := open(t, patientOf("1", someone), asthma)
			held.instead[c.resource] = c.body
			s := held.source(t, record.Acute, ukcore.Options{SourceOptions: seen.Options()})
			a, err := one(t, s, problemsOf(someone))
			if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if got := len(lines(a)); got != c.came || (a.Unreadable != nil) != c.incomplete {
				t.Errorf("%d came, incomplete %v", got, a.Unreadable)
			}
			if err != nil && (strings.Contains(err.Error(), "999") || strings.Contains(err.Error(), "127.0.0.1") || len(seen.Lines()) == 0) {
				t.Errorf("%v, observed %v", err, seen.Lines())
			}
		})
	}
}

// A resource of somebody else is dropped, counted and alarmed.
func TestForeign(t *testing.T) {
	seen := &events{}
	held := open(t, patientOf("1", someone))
	held.instead["Condition"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + strings.Replace(asthma, "Patient/1", "Patient/2", 1) + `}]}`
	a, err := one(t, held.source(t, record.Acute, ukcore.Options{SourceOptions: seen.Options()}), problemsOf(someone))
	if err != nil || len(lines(a)) != 0 || seen.Count("foreign Condition") != 1 || !fhir.Foreign.IsAlarm() {
		t.Errorf("%v, %v, observed %v", lines(a), err, seen.Lines())
	}
}

// A trust that means somebody else by the number shows nothing of that patient.
func TestAnotherBirthDate(t *testing.T) {
	seen := &events{}
	s := open(t, patientOf("1", someone), patientOf("2", another), asthma).source(t, record.Acute, ukcore.Options{SourceOptions: seen.Options()})
	ask := problemsOf(someone, another, third)
	ask.Subjects.Born = []string{"1971", "1970-09", ""}
	a, err := one(t, s, ask)
	if err != nil || len(a.Errs) != 3 || !errors.Is(a.Errs[0], record.ErrIdentity) || a.Errs[1] != nil || a.Errs[2] != nil || a.Absent[1] || !a.Absent[2] || len(lines(a)) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	if seen.Count("mismatched birth date") != 1 {
		t.Errorf("observed %v", seen.Lines())
	}
}

// One search that fails is a gap of what is read from it, and of nothing else.
func TestOneSearchThatFails(t *testing.T) {
	for _, batch := range []bool{false, true} {
		held := open(t, patientOf("1", someone), asthma)
		held.fails["Flag"] = 500
		s := held.source(t, record.Acute, ukcore.Options{Batch: batch})
		got, err := read(t, s, subjects(someone))
		if err != nil {
			t.Fatal(err)
		}
		for kind, a := range got {
			if fails := kind == fetch.Alerts || kind == fetch.Needs; (a.Err != nil) != fails || fails && !errors.Is(a.Err, record.ErrUnavailable) {
				t.Errorf("batch %v, %s: %v", batch, kind, a.Err)
			}
		}
		if len(lines(got[fetch.Problems])) != 1 {
			t.Errorf("batch %v: the problem did not come", batch)
		}
	}
}

// A trust that does not serve questionnaires still shows its decisions made in advance, in a list that is not whole, unless
// what may hide them is among what it does not serve.
func TestDecisionsWithoutForms(t *testing.T) {
	const decision = `{"resourceType":"Consent","id":"c","status":"active","patient":{"reference":"Patient/1"},"category":[{"coding":[{"code":"dnr"}]}]%s}`
	for name, c := range map[string]struct {
		fails  string
		status int
		more   string
		came   bool
		whole  bool
	}{
		"served":                           {"Flag", 500, "", true, true},
		"not served":                       {"QuestionnaireResponse", 404, "", true, false},
		"refused":                          {"QuestionnaireResponse", 403, "", true, false},
		"down":                             {"QuestionnaireResponse", 500, "", true, false},
		"not served, and the source of it": {"QuestionnaireResponse", 404, `,"sourceReference":{"reference":"QuestionnaireResponse/q"}`, false, false},
		"decisions not served":             {"Consent", 404, "", false, false},
		"encounters not served":            {"Encounter", 404, "", false, false},
	} {
		for _, batch := range []bool{false, true} {
			held := open(t, patientOf("1", someone), fmt.Sprintf(decision, c.more))
			held.fails[c.fails] = c.status
			a, err := one(t, held.source(t, record.Acute, ukcore.Options{Batch: batch}), &fetch.Ask{Kind: fetch.AdvanceCare, Subjects: subjects(someone)})
			if (err == nil) != c.came || len(lines(a)) == 1 != c.came || err == nil && isWhole(a) != c.whole {
				t.Errorf("%s, batch %v: %q, %v, %v", name, batch, lines(a), a.Unreadable, err)
			}
		}
	}
}

// A trust that is down is an error of the read; one that refuses is not.
func TestDown(t *testing.T) {
	for _, c := range []struct {
		resource string
		status   int
		kind     error
		whole    bool
	}{
		{"Patient", 503, record.ErrUnavailable, true}, {"Patient", 504, record.ErrTimeout, true}, {"Patient", 403, record.ErrRefused, false},
		{"Patient", 404, record.ErrUnavailable, true}, {"Patient", 400, record.ErrMalformed, false},
		{"batch", 503, record.ErrUnavailable, true}, {"batch", 403, record.ErrRefused, false},
	} {
		held := open(t, patientOf("1", someone), asthma)
		held.fails[c.resource] = c.status
		s := held.source(t, record.Acute, ukcore.Options{Batch: true})
		a, err := one(t, s, problemsOf(someone))
		_, whole := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{problemsOf(someone)})
		if !errors.Is(err, c.kind) || (whole != nil) != c.whole {
			t.Errorf("%s %d: %v, the read %v, %+v", c.resource, c.status, err, whole, a)
		}
	}
	s := open(t).source(t, record.Acute, ukcore.Options{})
	if _, err := s.Read(context.Background(), []*fetch.Ask{problemsOf(someone)}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("without terms: %v", err)
	}
}

// Many patients are two waves: one search for them, one of each type, or one batch; each
// has their own, over all pages.
func TestManyPatients(t *testing.T) {
	held := []string{patientOf("1", someone), patientOf("2", another)}
	for i := range 25 {
		held = append(held, fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","subject":{"reference":"Patient/%d"},"code":{"text":"P%d"}}`, i, i%2+1, i))
	}
	for batch, want := range map[bool][]string{
		false: {"Condition", "Condition", "Condition", "Encounter", "Patient"}, true: {"Condition", "Condition", "Condition", "Encounter", "Patient", "batch"},
	} {
		s := open(t, held...)
		s.page = 10
		a, err := one(t, s.source(t, record.Acute, ukcore.Options{Batch: batch}), problemsOf(someone, third, another))
		if err != nil || len(entriesOf(a, 0)) != 13 || len(entriesOf(a, 1)) != 0 || len(entriesOf(a, 2)) != 12 || a.Unreadable != nil || !a.Absent[1] || a.Absent[0] {
			t.Errorf("batch %v: %+v, %v", batch, a, err)
		}
		if got := s.got(); !slices.Equal(got, want) {
			t.Errorf("batch %v: asked %v", batch, got)
		}
	}
}

// The content of a document is read where it stands, and only of the one that is wanted.
func TestDocumentContent(t *testing.T) {
	s := open(t, patientOf("1", someone), `{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"aGVsbG8="}`, `{"resourceType":"Binary","id":"h","contentType":"text/plain","data":"SElWIGNsaW5pYw=="}`,
		about1("DocumentReference", "d", `,"content":[{"attachment":{"contentType":"text/plain","url":"Binary/b"}}]`),
		about1("DocumentReference", "h", `,"content":[{"attachment":{"contentType":"text/plain","url":"Binary/h"}}]`),
		about1("DocumentReference", "x", `,"content":[{"attachment":{"url":"https://elsewhere.example/a.pdf"}}]`)).source(t, record.Acute, ukcore.Options{})
	for id, want := range map[string]string{"d": "hello", "h": "", "nobody's": ""} {
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: id}})
		found := entriesOf(a, 0)
		if err != nil || (len(found) == 1) != (want != "") || want != "" && string(found[0].(*record.DocumentContent).Text) != want {
			t.Errorf("%s: %d, %v", id, len(found), err)
		}
	}
	if _, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: "x"}}); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("content of another server: %v", err)
	}
}

// A folder stands for a trust of either sector.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"one.json": collection(patientOf("1", someone), asthma),
		"two.json": collection(patientOf("1", another), strings.Replace(asthma, "Asthma", "Gout", 1)), // the same ids
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	for _, sector := range []record.Sector{record.Acute, record.MentalHealth} {
		a, err := one(t, ukcore.Open(sector, here, folder, ids, ukcore.Options{}), problemsOf(another, third, someone))
		if err != nil || len(lines(a)) != 1 || !strings.Contains(lines(a)[0], "Gout") || len(entriesOf(a, 1)) != 0 || !a.Absent[1] || len(entriesOf(a, 2)) != 1 {
			t.Errorf("%s: %+v, %v", sector, a, err)
		}
	}
}

// Whatever a trust answers, nothing crashes, nothing of what is never shown comes out, and
// an answer about nobody or somebody else is no answer.
func FuzzAnswer(f *testing.F) {
	richard := ""
	for _, p := range payloads(f, "uk-core-r4") {
		if p.File == "UKCore-Patient-RichardSmith-Example" {
			richard = ours.Replace(string(p.Resource))
		}
	}
	for _, p := range payloads(f, "uk-core-r4") {
		f.Add([]byte(collection(richard, string(p.Resource))))
	}
	for _, set := range []string{"mental-health-stu3", "hospital-letters-stu3", "prescriptions-r4", "scr-r4"} {
		for _, p := range payloads(f, set) {
			f.Add([]byte(about(string(p.Resource), someone)))
		}
	}
	f.Add([]byte(collection(patientOf("1", someone), about1("Condition", "1", `,"code":{"text":"HIV clinic"}`))))
	filter := exclusion.Default().For("TREAT")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, sector := range []record.Sector{record.Acute, record.MentalHealth} {
			s := ukcore.Open(sector, here, whole{someone: string(data)}, ids, ukcore.Options{Documents: whole{someone: string(data)}})
			got, err := read(t, s, subjects(someone))
			if err != nil {
				continue
			}
			for _, a := range got {
				for _, x := range entriesOf(a, 0) {
					if !strings.Contains(string(data), string(someone)) && fhir.Check(data) == nil && !strings.Contains(string(data), `\u`) && !strings.Contains(string(data), "999 ") {
						t.Error("an answer that does not name the patient was read")
					}
					x.Codes(func(c *record.Code) {
						for ; c != nil; c = c.Original {
							if filter.Code(string(c.System), string(c.Code)) || filter.Words(c.Display) {
								t.Error("a code that is never shown came out")
							}
						}
					})
					x.Words(func(text string) {
						if filter.Words(text) {
							t.Error("words that are never shown came out")
						}
					})
					if record.Envelope(x).ID == "" || record.Envelope(x).Provenance.Sector != sector {
						t.Error("an entry without its envelope")
					}
				}
			}
		}
	})
}
