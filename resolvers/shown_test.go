package resolvers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// single and many ask for one patient and for a list, with something of every sector.
const (
	single = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { ...all } }` + something
	many   = `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { nhsNumber patient { ...all } refusal { code message } } }` + something

	something = `
fragment all on Patient {
  id nhsNumber name { full } dateOfBirth leftOut
  allergies { state nodes { id } noneKnownBy { sector } }
  timeline(first: 3) { state nodes { id } }
  acute { state currentStay { id } } socialCare { state services { state } }
  sources { sector state }
}`
)

func one(number record.NHSNumber) map[string]any { return map[string]any{"n": string(number)} }

func several(numbers ...record.NHSNumber) map[string]any {
	texts := make([]string, len(numbers))
	for i, number := range numbers {
		texts[i] = string(number)
	}
	return map[string]any{"n": texts}
}

// code is why a single patient was refused; "" where the record came.
func code(t *testing.T, a answer) string {
	t.Helper()
	if len(a.Errors) == 0 {
		if at(t, a.Data, "patient") == nil {
			t.Error("neither a record nor a refusal")
		}
		return ""
	}
	if at(t, a.Data, "patient") != nil || len(a.Errors) > 1 {
		t.Errorf("a record beside a refusal: %s", a.Body)
	}
	if path := fmt.Sprint(a.Errors[0]["path"]); path != "[patient]" {
		t.Errorf("path %s of %s", path, a.Body)
	}
	if message, _ := a.Errors[0]["message"].(string); !strings.HasSuffix(message, ".") {
		t.Errorf("no sentence for staff: %q", message)
	}
	return at(t, a.Errors[0], "extensions", "code").(string)
}

// refusals are the codes of a list, position by position; "" where the record came.
func refusals(t *testing.T, a answer) []string {
	t.Helper()
	if len(a.Errors) > 0 {
		t.Fatalf("a refusal in a list is data: %v", a.Errors)
	}
	var got []string
	for _, entry := range at(t, a.Data, "patients").([]any) {
		refusal, patient := at(t, entry, "refusal"), at(t, entry, "patient")
		if (refusal == nil) == (patient == nil) {
			t.Errorf("not one of record and refusal: %v", entry)
		}
		if refusal == nil {
			got = append(got, "")
			continue
		}
		got = append(got, at(t, refusal, "code").(string))
	}
	return got
}

// testShown goes through the contract's table with the scenarios' residents.
func testShown(t *testing.T, c *care) {
	const elsewhere = "F85902" // a practice that cares for NotInCare and for nobody else
	for _, test := range []struct {
		name         string
		persona, org string
		patient      record.NHSNumber
		want         string
	}{
		{"in care", "gp", "", sample.Whole, ""},
		{"in the care of the hospital", "hospital-doctor", "", sample.Whole, ""},
		{"in the care of the trust", "mental-health-nurse", "", sample.Whole, ""},
		{"in the care of the council", "social-worker", "", sample.Whole, ""},
		{"at the front desk", "receptionist", "", sample.Whole, ""},
		{"for a care manager", "care-manager", "", sample.Whole, ""},
		{"a relationship that stood at death", "gp", "", sample.Deceased, ""},
		{"a superseded number", "gp", "", sample.Superseded, ""},
		{"in care and opted out", "gp", "", sample.OptedOut, "RECORD_WITHHELD"},
		{"in care and restricted", "gp", "", sample.Restricted, "PATIENT_NOT_FOUND"},
		{"in care and invalidated", "gp", "", sample.Invalidated, "PATIENT_NOT_FOUND"},
		{"opted out, for the social worker", "social-worker", "", sample.OptedOut, "RECORD_WITHHELD"},
		{"opted out, at the front desk", "receptionist", "", sample.OptedOut, "RECORD_WITHHELD"},
		{"not in care", "gp", "", sample.NotInCare, "NO_CARE_RELATIONSHIP"},
		{"nobody", "gp", "", sample.Nobody, "NO_CARE_RELATIONSHIP"},
		{"not in care elsewhere", "gp", elsewhere, sample.Whole, "NO_CARE_RELATIONSHIP"},
		{"opted out and not in care", "gp", elsewhere, sample.OptedOut, "NO_CARE_RELATIONSHIP"},
		{"restricted and not in care", "gp", elsewhere, sample.Restricted, "NO_CARE_RELATIONSHIP"},
		{"invalidated and not in care", "gp", elsewhere, sample.Invalidated, "NO_CARE_RELATIONSHIP"},
		{"superseded and not in care", "gp", elsewhere, sample.Superseded, "NO_CARE_RELATIONSHIP"},
		{"in care elsewhere", "gp", elsewhere, sample.NotInCare, ""},
		{"the privacy officer", "privacy-officer", "", sample.Whole, "FORBIDDEN"},
		{"the opt-out officer", "opt-out-officer", "", sample.OptedOut, "FORBIDDEN"},
		{"the analyst", "analyst", "", sample.Nobody, "FORBIDDEN"},
		{"the developer", "developer", "", sample.NotInCare, "FORBIDDEN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.read()
			if got := code(t, c.ask(t, test.persona, test.org, single, one(test.patient))); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if reads := c.readFor(test.want); (reads > 0) != (test.want == "") {
				t.Errorf("%d reads", reads)
			}
			if got := refusals(t, c.ask(t, test.persona, test.org, many, several(test.patient))); !slices.Equal(got, []string{test.want}) {
				t.Errorf("in a list %q, want %q", got, test.want)
			}
			if reads := c.readFor(test.want); (reads > 0) != (test.want == "") {
				t.Errorf("%d reads of a list", reads)
			}
		})
	}
	t.Run("who is not in care looks like nobody", func(t *testing.T) {
		numbers := []record.NHSNumber{sample.Nobody, sample.Whole, sample.OptedOut, sample.Restricted, sample.Invalidated, sample.Superseded}
		alike(t, c, "gp", elsewhere, numbers)
	})
	t.Run("the restricted and the invalidated look alike", func(t *testing.T) {
		alike(t, c, "gp", "", []record.NHSNumber{sample.Restricted, sample.Invalidated})
	})
	t.Run("a role that reads no records learns nothing", func(t *testing.T) {
		alike(t, c, "privacy-officer", "", []record.NHSNumber{sample.Nobody, sample.Whole, sample.OptedOut, sample.Restricted, sample.NotInCare})
	})
	t.Run("a superseded number answers with the current one", func(t *testing.T) {
		a := c.ask(t, "gp", "", many, several(sample.Superseded, sample.Superseding))
		old, current := at(t, a.Data, "patients", 0), at(t, a.Data, "patients", 1)
		if at(t, old, "nhsNumber") != string(sample.Superseded) || at(t, old, "patient", "nhsNumber") != string(sample.Superseding) {
			t.Errorf("%v", old)
		}
		if at(t, old, "patient", "id") != at(t, current, "patient", "id") {
			t.Error("one person has two ids")
		}
	})
	t.Run("a list answers for each position", func(t *testing.T) {
		got := refusals(t, c.ask(t, "gp", "", many, several(sample.Whole, sample.OptedOut, sample.NotInCare, sample.Whole, sample.Restricted, sample.Nobody, sample.Child)))
		want := []string{"", "RECORD_WITHHELD", "NO_CARE_RELATIONSHIP", "", "PATIENT_NOT_FOUND", "NO_CARE_RELATIONSHIP", ""}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
	c.quiet(t)
}

// alike compares answers to the byte, the numbers asked blanked.
func alike(t *testing.T, c *care, persona, org string, numbers []record.NHSNumber) {
	t.Helper()
	blank := func(body []byte, number record.NHSNumber) string {
		return string(bytes.ReplaceAll(body, []byte(number), []byte("N")))
	}
	first, firstOfList := "", ""
	for i, number := range numbers {
		body := blank(c.ask(t, persona, org, single, one(number)).Body, number)
		list := blank(c.ask(t, persona, org, many, several(number)).Body, number)
		if i == 0 {
			first, firstOfList = body, list
		}
		if body != first || list != firstOfList {
			t.Errorf("number %d is told apart:\n%s\n%s\n%s\n%s", i, first, body, firstOfList, list)
		}
	}
}

// Refusals that no scenario has, and grants that stand for the relationship.
func TestShown(t *testing.T) {
	relation := func(f *consent.Facts) { f.Relationships = nil }
	grant := func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.AllClasses, GrantedAt: now.Add(-1), ExpiresAt: now.Add(1)}}
	}
	states := map[string]func(*consent.Facts){
		"shown":                    func(*consent.Facts) {},
		"opted out":                func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0)}} },
		"opted out until a moment": func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0), To: now}} },
		"restricted":               func(f *consent.Facts) { f.Restricted = consent.Yes },
		"restricted and opted out": func(f *consent.Facts) {
			f.Restricted, f.OptOuts = consent.Yes, []consent.Interval{{From: now.AddDate(-1, 0, 0)}}
		},
		"unknown":            func(f *consent.Facts) { f.Known = false },
		"invalidated":        func(f *consent.Facts) { f.Invalidated = true },
		"perhaps restricted": func(f *consent.Facts) { f.Restricted = consent.Unknown },
		"perhaps opted out":  func(f *consent.Facts) { f.OptOutKnown = false },
		"opted out, perhaps restricted": func(f *consent.Facts) {
			f.Restricted, f.OptOuts = consent.Unknown, []consent.Interval{{From: now.AddDate(-1, 0, 0)}}
		},
	}
	want := map[string]string{
		"shown": "", "opted out until a moment": "", "opted out": "RECORD_WITHHELD", "restricted": "PATIENT_NOT_FOUND", "restricted and opted out": "PATIENT_NOT_FOUND",
		"unknown": "PATIENT_NOT_FOUND", "invalidated": "PATIENT_NOT_FOUND", "perhaps restricted": "CONSENT_UNAVAILABLE", "perhaps opted out": "CONSENT_UNAVAILABLE",
		"opted out, perhaps restricted": "RECORD_WITHHELD",
	}
	c, r, _ := newFakes(t, newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	for name, state := range states {
		for _, test := range []struct {
			name   string
			change func(*consent.Facts)
			want   string
		}{
			{"in care and " + name, func(*consent.Facts) {}, want[name]},
			{"with a grant and " + name, grant, want[name]},
			{"not in care and " + name, relation, "NO_CARE_RELATIONSHIP"},
		} {
			t.Run(test.name, func(t *testing.T) {
				r.knows = func(f *consent.Facts) { state(f); test.change(f) }
				c.read()
				if got := code(t, c.ask(t, "gp", "", single, one(number(1)))); got != test.want {
					t.Errorf("%q, want %q", got, test.want)
				}
				if got := refusals(t, c.ask(t, "gp", "", many, several(number(1)))); !slices.Equal(got, []string{test.want}) {
					t.Errorf("in a list %q, want %q", got, test.want)
				}
				if reads := c.readFor(test.want); (reads > 0) != (test.want == "") {
					t.Errorf("%d reads", reads)
				}
				c.quiet(t)
			})
		}
	}
}

// A role that reads no records is refused before anything is looked up, and so is
// a purpose that does not fit the role.
func TestForbiddenBeforeAnyLookUp(t *testing.T) {
	c, r, l := newFakes(t, newFake(record.GP, "F83999"))
	for name, claims := range map[string]map[string]any{
		"the privacy officer":      {"role": "PRIVACY_OFFICER", "purpose": "HSYSADMIN"},
		"the opt-out officer":      {"role": "OPT_OUT_OFFICER", "purpose": "PATADMIN"},
		"the analyst":              {"role": "ANALYST", "purpose": "HQUALIMP"},
		"the developer":            {"role": "DEVELOPER", "purpose": "HSYSADMIN"},
		"a role nobody knows":      {"role": "ASTROLOGER", "purpose": "TREAT"},
		"no role":                  {"role": nil},
		"no purpose":               {"purpose": nil},
		"two purposes":             {"purpose": []string{"TREAT", "ETREAT"}},
		"a purpose that is not it": {"role": "GENERAL_PRACTITIONER", "purpose": "HQUALIMP"},
		"a purpose nobody knows":   {"role": "GENERAL_PRACTITIONER", "purpose": "CURIOSITY"},
		"no organisation":          {"org": nil},
	} {
		t.Run(name, func(t *testing.T) {
			token := c.issuer.Token(claims)
			l.entries, r.calls = nil, 0
			body, err := json.Marshal(map[string]any{"query": single, "variables": one(number(1))})
			check(t, err)
			if got := code(t, c.post(t, token, body)); got != "FORBIDDEN" {
				t.Errorf("%q", got)
			}
			body, err = json.Marshal(map[string]any{"query": many, "variables": several(number(1), number(2))})
			check(t, err)
			if got := refusals(t, c.post(t, token, body)); !slices.Equal(got, []string{"FORBIDDEN", "FORBIDDEN"}) {
				t.Errorf("in a list %q", got)
			}
			if r.calls > 0 || c.read() > 0 {
				t.Error("something was looked up")
			}
			if len(l.entries) != 3 || l.entries[0].Outcome != audit.Forbidden {
				t.Errorf("%d events", len(l.entries))
			}
		})
	}
	c.quiet(t)
}

func TestOwnDatabaseUnreachable(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.in(conditions[0])
	c, r, l := newFakes(t, gp)
	secret := errors.New("host db.internal: SELECT 9990000018")

	r.err = secret
	a := c.ask(t, "gp", "", single, one(number(1)))
	list := c.ask(t, "gp", "", many, several(number(1), number(2)))
	if got := code(t, a); got != "CONSENT_UNAVAILABLE" {
		t.Errorf("without consent: %q", got)
	}
	if got := refusals(t, list); !slices.Equal(got, []string{"CONSENT_UNAVAILABLE", "CONSENT_UNAVAILABLE"}) {
		t.Errorf("without consent, in a list: %q", got)
	}
	if reads := c.read(); reads > 0 {
		t.Errorf("%d reads without consent", reads)
	}
	c.alarmed(t, resolvers.AlarmConsent)

	r.err, l.err = nil, fmt.Errorf("%w: %w", audit.ErrUnavailable, secret)
	b := c.ask(t, "gp", "", single, one(number(1)))
	blist := c.ask(t, "gp", "", many, several(number(1), number(2)))
	if got := code(t, b); got != "AUDIT_UNAVAILABLE" {
		t.Errorf("without a trail: %q", got)
	}
	if got := refusals(t, blist); !slices.Equal(got, []string{"AUDIT_UNAVAILABLE", "AUDIT_UNAVAILABLE"}) {
		t.Errorf("without a trail, in a list: %q", got)
	}
	c.alarmed(t, resolvers.AlarmAudit)
	l.err = errors.New("an error that wraps none")
	if got := code(t, c.ask(t, "gp", "", single, one(number(1)))); got != "AUDIT_UNAVAILABLE" {
		t.Errorf("with a trail that breaks: %q", got)
	}
	for _, a := range []answer{a, list, b, blist} {
		for _, leak := range []string{"db.internal", "SELECT", `"Something"`, "gaps"} {
			if bytes.Contains(a.Body, []byte(leak)) {
				t.Errorf("%q in %s", leak, a.Body)
			}
		}
	}
	l.err = nil
	if got := code(t, c.ask(t, "gp", "", single, one(number(1)))); got != "" {
		t.Errorf("with both: %q", got)
	}
}

// A refusal of a patient who is not in care must be on the trail too, or probing would leave no trace. Without the
// trail not even a refusal is answered.
func TestRefusalsNeedTheTrail(t *testing.T) {
	c, r, l := newFakes(t, newFake(record.GP, "F83999"))
	r.knows = func(f *consent.Facts) { f.Relationships = nil }
	l.err = audit.ErrUnavailable
	if got := code(t, c.ask(t, "gp", "", single, one(number(1)))); got != "AUDIT_UNAVAILABLE" {
		t.Errorf("%q", got)
	}
}

func TestConsentChangesAfterTheDecision(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	gp.in(conditions[0])
	c, facts, l := newFakes(t, gp)
	facts.knows = func(f *consent.Facts) {
		if facts.calls%2 == 0 { // when it is decided again
			f.OptOuts = []consent.Interval{{From: now}}
		}
	}
	l.changed = map[record.NHSNumber]bool{number(2): true}
	a := c.ask(t, "gp", "", many, several(number(1), number(2), number(3), number(2)))
	if got := refusals(t, a); !slices.Equal(got, []string{"", "RECORD_WITHHELD", "", "RECORD_WITHHELD"}) {
		t.Errorf("%q", got)
	}
	if got := code(t, c.ask(t, "gp", "", single, one(number(2)))); got != "RECORD_WITHHELD" {
		t.Errorf("%q", got)
	}
	a = c.ask(t, "gp", "", `query ($a: NHSNumber!, $b: NHSNumber!) { a: patient(nhsNumber: $a) { allergies { state } } b: patient(nhsNumber: $b) { allergies { state } } }`,
		map[string]any{"a": string(number(1)), "b": string(number(2))})
	if at(t, a.Data, "a", "allergies", "state") != "RECORDED" || at(t, a.Data, "b") != nil || len(a.Errors) != 1 {
		t.Errorf("%s", a.Body)
	}
	c.quiet(t)
}

func TestTheSamePatientTwice(t *testing.T) {
	gp, hospital := newFake(record.GP, "F83999"), newFake(record.Acute, "RAL")
	gp.in(conditions[0])
	c, r, l := newFakes(t, gp, hospital)
	a := c.ask(t, "gp", "", many, several(number(1), number(2), number(1), number(1)))
	if got := refusals(t, a); !slices.Equal(got, []string{"", "", "", ""}) {
		t.Errorf("%q", got)
	}
	if !equal(at(t, a.Data, "patients", 0), at(t, a.Data, "patients", 2)) {
		t.Error("positions of one patient differ")
	}
	if !maps.Equal(c.reads, map[string]int{gp.name(): 1, hospital.name(): 1}) {
		t.Errorf("reads %v", c.reads)
	}
	if r.calls != 1 || len(l.entries) != 2 {
		t.Errorf("%d look-ups, %d events", r.calls, len(l.entries))
	}
	c.quiet(t)
}

func equal(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func TestLimitOfPatients(t *testing.T) {
	c, r, l := newFakes(t, newFake(record.GP, "F83999"))
	c.options.Patients = 3
	c.serve()
	three := []record.NHSNumber{number(1), number(2), number(3)}
	if got := refusals(t, c.ask(t, "gp", "", many, several(append(three, three...)...))); len(got) != 6 {
		t.Errorf("%q", got)
	}
	r.calls, l.entries = 0, nil
	c.read()
	for name, a := range map[string]answer{
		"four patients":      c.ask(t, "gp", "", many, several(append(three, number(4))...)),
		"seven positions":    c.ask(t, "gp", "", many, several(slices.Repeat([]record.NHSNumber{number(1)}, 7)...)),
		"four root fields":   c.ask(t, "gp", "", fmt.Sprintf(`{ a: patient(nhsNumber: "%s") { id } b: patient(nhsNumber: "%s") { id } c: patients(nhsNumbers: ["%s", "%s"]) { nhsNumber } }`, str(1), str(2), str(3), str(4)), nil),
		"a role without any": c.ask(t, "developer", "", many, several(append(three, number(4))...)),
	} {
		says := "3 patients (limits.patients)"
		if name == "seven positions" {
			says = "6 times, the same one again included"
		}
		if len(a.Errors) != 1 || a.Data != nil || at(t, a.Errors[0], "extensions", "code") != "BAD_USER_INPUT" || !strings.Contains(a.Errors[0]["message"].(string), says) {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	if r.calls > 0 || c.read() > 0 {
		t.Error("something was looked up")
	}
}

// The check of how much is asked for refuses a malformed number with a sentence.
func TestCheckOfAMalformedNumber(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.GP, "F83999"))
	root := resolvers.New(c.options)
	doc, errs := gqlparser.LoadQueryWithRules(schemaOf(c), `{ patients(nhsNumbers: ["9990000019"]) { nhsNumber } }`, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	refused := root.Check(t.Context(), &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]})
	if len(refused) != 1 || refused[0].Extensions["code"] != "BAD_USER_INPUT" || !regexp.MustCompile(`^[A-Z][^"0-9]+\.$`).MatchString(refused[0].Message) {
		t.Errorf("%v", refused)
	}
}

func str(n int) string { return string(number(n)) }

func TestMalformedNumbers(t *testing.T) {
	c, r, _ := newFakes(t, newFake(record.GP, "F83999"))
	for name, test := range map[string]struct {
		query     string
		variables map[string]any
		want      []string // what each error names
	}{
		"one":        {single, map[string]any{"n": "9990000019"}, []string{"$n"}},
		"in a list":  {many, map[string]any{"n": []string{str(1), "9990000019", str(2), "12345"}}, []string{"$n[1]", "$n[3]"}},
		"as words":   {single, map[string]any{"n": "Rosalind"}, []string{"$n"}},
		"no string":  {single, map[string]any{"n": 9990000018}, []string{"$n"}},
		"a literal":  {`{ patient(nhsNumber: "9990000019") { id } }`, nil, []string{"nhsNumber"}},
		"literals":   {`{ patients(nhsNumbers: ["` + str(1) + `", "9990000019"]) { nhsNumber } }`, nil, []string{"nhsNumbers[1]"}},
		"both forms": {`query ($n: NHSNumber!) { a: patient(nhsNumber: $n) { id } b: patient(nhsNumber: "12345") { id } }`, map[string]any{"n": "9990000019"}, []string{"nhsNumber", "$n"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.ask(t, "gp", "", test.query, test.variables)
			if bytes.Contains(a.Body, []byte(`"data"`)) {
				t.Errorf("data in %s", a.Body)
			}
			if len(a.Errors) != len(test.want) {
				t.Fatalf("%d errors in %s", len(a.Errors), a.Body)
			}
			for i, e := range a.Errors {
				message := e["message"].(string)
				if at(t, e, "extensions", "code") != "INVALID_NHS_NUMBER" || !strings.Contains(message, test.want[i]) {
					t.Errorf("%s: want one that names %s", a.Body, test.want[i])
				}
			}
			for _, digits := range []string{"9990000019", "12345", "9990000018", "Rosalind"} {
				if bytes.Contains(a.Body, []byte(digits)) {
					t.Errorf("what was sent is repeated: %s", a.Body)
				}
			}
		})
	}
	if r.calls > 0 || c.read() > 0 {
		t.Error("something was looked up")
	}
	for _, spelling := range []string{"999 000 0018", "999-000-0018", "9990000018"} {
		a := c.ask(t, "gp", "", many, map[string]any{"n": []string{spelling}})
		if at(t, a.Data, "patients", 0, "nhsNumber") != "9990000018" {
			t.Errorf("%q: %s", spelling, a.Body)
		}
	}
}

// Our register may be late: a person whom demographics restricts is not found, and the operators are alerted.
func TestRestrictedToDemographicsOnly(t *testing.T) {
	spine, gp := newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")
	gp.in(conditions[0])
	spine.answers[fetch.Persons] = holds(func(_ *fetch.Ask, patient record.NHSNumber) []record.Person {
		return []record.Person{{Name: &record.HumanName{Full: "Sorrel Underhill"}, Restricted: patient == number(1)}}
	})
	c, _, l := newFakes(t, spine, gp)
	a := c.ask(t, "gp", "", many, several(number(1), number(2)))
	if got := refusals(t, a); !slices.Equal(got, []string{"PATIENT_NOT_FOUND", ""}) {
		t.Errorf("%q", got)
	}
	if bytes.Count(a.Body, []byte("Sorrel")) != 1 {
		t.Errorf("%s", a.Body)
	}
	c.alarmed(t, resolvers.AlarmRestricted)
	if l.entries[0].Outcome != audit.NotFound || l.entries[1].Outcome != audit.Shown {
		t.Errorf("trail: %s, %s", l.entries[0].Outcome, l.entries[1].Outcome)
	}
}

// Nothing is shown of a person whose restriction demographics cannot establish, and the answer says so.
func TestARestrictionThatCannotBeRead(t *testing.T) {
	spine, gp := newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")
	gp.in(conditions[0])
	spine.answers[fetch.Persons] = func(ask *fetch.Ask) fetch.Answer {
		answer := holds(func(_ *fetch.Ask, patient record.NHSNumber) []record.Person {
			return []record.Person{{Restricted: patient != number(2), RestrictionUnclear: patient == number(1)}}
		})(ask)
		answer.Unreadable, answer.Errs = make([]bool, len(ask.Subjects.Patients)), make([]error, len(ask.Subjects.Patients))
		for _, patient := range []record.NHSNumber{number(1), number(3)} {
			i := ask.Subjects.Index[patient]
			answer.Unreadable[i], answer.Errs[i] = true, record.ErrMalformed
		}
		return answer
	}
	c, _, l := newFakes(t, spine, gp)
	a := c.ask(t, "gp", "", many, several(number(1), number(2), number(3)))
	// Who is restricted for certain is not told from nobody, whatever else could not be read.
	if got := refusals(t, a); !slices.Equal(got, []string{"CONSENT_UNAVAILABLE", "", "PATIENT_NOT_FOUND"}) {
		t.Errorf("%q", got)
	}
	c.alarmed(t, resolvers.AlarmRestricted)
	if l.entries[0].Outcome == audit.Shown || l.entries[1].Outcome != audit.Shown {
		t.Errorf("trail: %s, %s", l.entries[0].Outcome, l.entries[1].Outcome)
	}
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
