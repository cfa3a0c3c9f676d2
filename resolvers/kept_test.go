package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// reacting is a practice that holds an allergy, with the reaction where that is asked for.
func reacting() *fake {
	gp := newFake(record.GP, "F83999")
	gp.answers[fetch.Allergies] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.Allergy {
		allergy := record.Allergy{Item: gp.item("1"), Substance: record.Code{Display: "Penicillin"}, Status: "ACTIVE"}
		if ask.Children&1 != 0 {
			allergy.ReactionDetails = []record.AllergyReaction{{Manifestation: record.Code{Display: "Hives"}}}
		}
		return []record.Allergy{allergy}
	})
	return gp
}

// A variable may add a second selection to a list. The reaction is read and shown exactly when it is asked for,
// whatever earlier requests for the document did.
func TestAVariableThatAddsToAList(t *testing.T) {
	gp := reacting()
	c, _, _, asked := heard(t, gp)
	const list = `allergies { nodes { substance { display } } }`
	const more = `allergies @include(if: $more) { nodes { reactions { display } } }`
	for name, selection := range map[string]string{
		"beside it":      list + " " + more,
		"or another":     list + " " + more + " allergies @skip(if: $more) { nodes { id } }",
		"in a fragment":  list + " ... @include(if: $more) { allergies { nodes { reactions { display } } } }",
		"before it":      more + " " + list,
		"under an alias": "a: " + list + " a: " + more,
	} {
		for _, first := range []bool{false, true} {
			// A document of its own each time, which nobody has asked before.
			query := `query ` + []string{"Less", "More"}[btoi(first)] + `($n: NHSNumber!, $more: Boolean!) { patient(nhsNumber: $n) { ` + selection + ` } }`
			for _, with := range []bool{first, !first, first, !first} {
				a := c.ask(t, "gp", "", query, map[string]any{"n": str(1), "more": with})
				if strings.Contains(string(a.Body), "Hives") != with || !strings.Contains(string(a.Body), "Penicillin") || len(a.Errors) > 0 {
					t.Errorf("%s, with it %t, at first %t: %s", name, with, first, a.Body)
				}
				if got, want := asked.take(gp.name()), []string{"allergy ACTIVE" + []string{"", " 1"}[btoi(with)], "list_note"}; !slices.Equal(got, want) {
					t.Errorf("%s, with it %t, at first %t: asked %q", name, with, first, got)
				}
			}
		}
	}
	c.quiet(t)
}

// The answers are the same without a cache for documents, or if this document has none.
func TestDocumentsThatKeepNothing(t *testing.T) {
	base, _, _ := newFakes(t, reacting())
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { nodes { substance { display } reactions { display } } } } }`
	want := base.ask(t, "gp", "", query, one(number(1)))
	if !strings.Contains(string(want.Body), "Hives") {
		t.Fatalf("%s", want.Body)
	}
	for name, kept := range map[string]func(context.Context) *sync.Map{"no place": nil, "none for the document": func(context.Context) *sync.Map { return nil }} {
		c := base.with(t, func(o *resolvers.Options) { o.Kept = kept })
		for range 2 {
			if got := c.ask(t, "gp", "", query, one(number(1))); string(got.Body) != string(want.Body) {
				t.Errorf("%s: %s", name, got.Body)
			}
		}
		c.quiet(t)
	}
}

// A document caches the plan of its operation, which is made once. The plan holds nothing about the patients or the
// caller.
func TestWhatADocumentKeeps(t *testing.T) {
	base, _, _ := newFakes(t, reacting())
	for name, query := range map[string]string{
		"a patient":          `query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s } }`,
		"a list":             `query ($n: NHSNumber!) { patients(nhsNumbers: [$n]) { patient { %s } } }`,
		"in another's place": `query ($n: NHSNumber!) { ...f } fragment f on Query { patient(nhsNumber: $n) { %s } }`,
	} {
		t.Run(name, func(t *testing.T) {
			var kept sync.Map
			c := base.with(t, func(o *resolvers.Options) { o.Kept = func(context.Context) *sync.Map { return &kept } })
			var plans []uintptr
			for n := 1; n <= 2; n++ {
				c.ask(t, []string{"", "gp", "receptionist"}[n], "", fmt.Sprintf(query, `allergies { nodes { reactions { display } } } results(first: 7) { pageInfo { endCursor } }`), one(number(n)))
				plans = append(plans, plansOfNobody(t, &kept)...)
			}
			if len(plans) != 2 || plans[0] != plans[1] {
				t.Errorf("plans at %v", plans)
			}
			c.quiet(t)
		})
	}
}

// plansOfNobody are where the plans stand that are kept, in which nobody may be found.
func plansOfNobody(t *testing.T, kept *sync.Map) (plans []uintptr) {
	t.Helper()
	for _, value := range kept.Range {
		if reflect.TypeOf(value).String() != "*resolvers.plan" || reflect.ValueOf(value).IsNil() {
			continue
		}
		plans = append(plans, reflect.ValueOf(value).Pointer())
		texts := map[string]bool{}
		textsIn(reflect.ValueOf(value), texts, map[uintptr]bool{})
		if !texts["allergy"] || !texts["Patient.results"] {
			t.Errorf("not in the plan: %v", texts)
		}
		for text := range texts {
			for _, person := range []string{str(1), str(2), "F83999", "GENERAL_PRACTITIONER", "TREAT"} {
				if strings.Contains(text, person) {
					t.Errorf("in the plan: %q", text)
				}
			}
		}
	}
	return plans
}

// Demographics is asked about the restriction of everybody who is shown, and sources for their notes on whole classes,
// whatever else may be read of them.
func TestWhatIsReadOfEverybody(t *testing.T) {
	spine := newFake(record.Demographics, "X26")
	c, facts, _, asked := heard(t, spine, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Current, Classes: consent.ClassSetOf(record.ClassAllergies), Reason: "EMERGENCY", GrantedAt: now, ExpiresAt: now.Add(time.Minute)}}
	}
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { name { full } allergies { state } } }`
	a := c.ask(t, "gp", "", query, one(number(1)))
	if got := asked.take("DEMOGRAPHICS/X26"); !slices.Equal(got, []string{"person", "list_note"}) || len(a.Errors) > 0 {
		t.Errorf("asked %q: %s", got, a.Body)
	}
	if got := asked.take("GP/F83999"); !slices.Equal(got, []string{"allergy ACTIVE", "list_note"}) {
		t.Errorf("asked %q", got)
	}
	spine.answers[fetch.Persons] = always(record.Person{Restricted: true})
	if a := c.ask(t, "gp", "", query, one(number(1))); len(a.Errors) != 1 || strings.Contains(string(a.Body), "RECORDED") {
		t.Errorf("%s", a.Body)
	}
}

// The source that a document id names is asked for the document of its own patient only.
func TestADocumentIsAskedOfItsPatientAlone(t *testing.T) {
	c, _, _, asked := heard(t, newFake(record.GP, "F83999"))
	id := record.NewIdentifier([]byte("a secret of the tests")).Document("GP/F83999", number(1), "7")
	c.ask(t, "gp", "", `query ($p: [NHSNumber!]!, $id: ID!) { patients(nhsNumbers: $p) { patient { document(id: $id) { id } } } }`, map[string]any{"p": []string{str(1), str(2)}, "id": string(id)})
	if got := asked.all(); len(got) != 2 || !strings.Contains(got[1], "list_note") || !strings.Contains(got[0], "document_content") || !strings.HasSuffix(got[0], fmt.Sprintf("of [%q]", str(1))) {
		t.Errorf("asked %q", got)
	}
	c.quiet(t)
}

// textsIn are all texts that can be reached from a value, but for those of the schema and
// of the document.
func textsIn(v reflect.Value, texts map[string]bool, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.String:
		texts[v.String()] = true
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] || v.Type() == reflect.TypeFor[*ast.Definition]() || v.Type() == reflect.TypeFor[*ast.Source]() {
			return
		}
		seen[v.Pointer()] = true
		textsIn(v.Elem(), texts, seen)
	case reflect.Interface:
		if !v.IsNil() {
			textsIn(v.Elem(), texts, seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			textsIn(v.Field(i), texts, seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			textsIn(v.Index(i), texts, seen)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			textsIn(key, texts, seen)
			textsIn(v.MapIndex(key), texts, seen)
		}
	}
}

// Whoever asked for a document before, and about whom, the Asks, the answer and the trail are those of a first request.
func TestAKeptPlanIsOfNobody(t *testing.T) {
	sources := func() []*fake {
		gp := reacting()
		gp.answers[fetch.Results] = holds(func(*fetch.Ask, record.NHSNumber) []record.Result {
			var results []record.Result
			for _, id := range []string{"a", "b", "c"} {
				results = append(results, record.Result{Item: gp.item(id), Test: record.Code{Display: "Sodium"}})
			}
			return results
		})
		return []*fake{newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), gp, newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR")}
	}
	// A graph, and what it was asked to do.
	graph := func(keep bool) func(persona, org, query, operation string, variables map[string]any) string {
		c, facts, trail, asked := heard(t, sources()...)
		facts.knows = func(f *consent.Facts) {
			switch f.Asked {
			case number(2):
				f.Born = record.PartialDate(now.AddDate(-9, 0, 0).Format(time.DateOnly))
			case number(3):
				f.Restricted = consent.Yes
			case number(4):
				f.Version = 4
			}
		}
		if !keep {
			c = c.with(t, func(o *resolvers.Options) { o.Kept = nil })
		}
		return func(persona, org, query, operation string, variables map[string]any) string {
			a := c.askNamed(t, persona, org, query, operation, variables)
			c.quiet(t)
			return string(a.Body) + "\n" + strings.Join(asked.all(), "\n") + "\n" + fmt.Sprintf("%+v", trail.take())
		}
	}
	type asking struct {
		persona, org string
		patients     []any
		more         map[string]any
	}
	callers := [][2]string{{"gp", ""}, {"receptionist", ""}, {"gp", "F84001"}, {"hospital-doctor", ""}, {"social-worker", ""}, {"mental-health-nurse", ""}}
	var askings []asking
	for i, caller := range callers {
		for _, n := range [][]any{{str(1), str(2)}, {str(2), str(1)}, {str(3), str(4)}, {str(1), str(1)}, {str(4), str(3)}, {str(3), str(3)}} {
			askings = append(askings, asking{caller[0], caller[1], n, map[string]any{"s": []string{"ALL", "ACTIVE"}[i%2], "m": i%2 == 0}})
		}
	}
	fresh := graph(false)
	page := func(persona string) string {
		var a answer
		check(t, json.Unmarshal([]byte(strings.SplitN(fresh(persona, "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { results(first: 1) { pageInfo { endCursor } } } }`, str(1)), "", nil), "\n", 2)[0]), &a))
		return a.Data["patient"].(map[string]any)["results"].(map[string]any)["pageInfo"].(map[string]any)["endCursor"].(string)
	}
	document := record.NewIdentifier([]byte("a secret of the tests")).Document("GP/F83999", number(1), "7")
	for name, query := range map[string]string{
		"lists and values":         `query ($n: NHSNumber!) { patient(nhsNumber: $n) { name { full } allergies { nodes { reactions { display } } } results(first: 1) { pageInfo { endCursor } } acute { state stays(first: 3) { state } } socialCare { services { state } state } carePlans { state } contacts { state } timeline(first: 9) { state } leftOut sources { state } } }`,
		"of the own organisation":  `query ($n: NHSNumber!) { patient(nhsNumber: $n) { appointments(first: 5, ownOrganisation: true) { state } } }`,
		"two roots":                `query ($n: NHSNumber!, $o: NHSNumber!) { a: patient(nhsNumber: $n) { ...f results(first: 1) { state } } b: patient(nhsNumber: $o) { ...f age carePlans { state } } } fragment f on Patient { allergies { nodes { reactions { display } } } socialCare { state } }`,
		"a list":                   `query ($p: [NHSNumber!]!) { patients(nhsNumbers: $p) { nhsNumber x: patient { r: results(first: 5) { state } } y: patient { r: results(first: 6) { state } acute { state } socialCare { services { state } } } refusal { code } } }`,
		"an argument of the asker": `query ($n: NHSNumber!, $s: AllergyFilter!) { patient(nhsNumber: $n) { allergies(status: $s) { state } } }`,
		"in an object":             `query ($n: NHSNumber!, $y: String!, $c: String!) { patient(nhsNumber: $n) { results(first: 1, test: {system: $y, code: $c}) { state } } }`,
		"a selection of the asker": `query ($n: NHSNumber!, $m: Boolean!) { patient(nhsNumber: $n) { ...f allergies { state } } } fragment f on Patient { alerts @include(if: $m) { state } }`,
		"a fragment of the asker":  `query ($n: NHSNumber!, $m: Boolean!) { patient(nhsNumber: $n) { ...f @skip(if: $m) allergies { state } } } fragment f on Patient { alerts { state } }`,
		"a part of the asker":      `query ($n: NHSNumber!, $m: Boolean!) { patient(nhsNumber: $n) { ... @include(if: $m) { problems { state } } } }`,
		"a root of the asker":      `query ($n: NHSNumber!, $o: NHSNumber!, $m: Boolean!) { a: patient(nhsNumber: $n) @include(if: $m) { allergies { state } } b: patient(nhsNumber: $o) { results(first: 2) { state } } }`,
		"a document":               `query ($n: NHSNumber!) { patient(nhsNumber: $n) { document(id: "` + string(document) + `") { id } allergies { state } } }`,
		"a page":                   `query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(first: 1, after: "` + page("gp") + `") { nodes { id } pageInfo { hasPreviousPage } } } }`,
		"one of two operations":    `query A($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { state } } } query B($n: NHSNumber!) { patient(nhsNumber: $n) { problems { state } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			for from := range 4 { // whoever comes first
				kept := graph(true)
				for i := range askings {
					x := askings[(i+from*7)%len(askings)]
					variables := map[string]any{}
					for variable, value := range map[string]any{"n": x.patients[0], "o": x.patients[1], "p": x.patients, "y": "http://loinc.org", "c": x.more["s"], "s": x.more["s"], "m": x.more["m"]} {
						if strings.Contains(query, "$"+variable) {
							variables[variable] = value
						}
					}
					operation := ""
					if name == "one of two operations" {
						operation = []string{"A", "B"}[i%2]
					}
					if diff := cmp.Diff(fresh(x.persona, x.org, query, operation, variables), kept(x.persona, x.org, query, operation, variables)); diff != "" {
						t.Fatalf("as %s of %q, of %v (- where nothing is kept):\n%s", x.persona, x.org, variables, diff)
					}
				}
			}
		})
	}
}
