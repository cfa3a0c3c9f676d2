package resolvers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// schemaOf is the schema as it is served.
func schemaOf(c *care) *ast.Schema { return resolvers.New(c.options).Schema().Schema() }

// unsourced are the fields of a patient and of the sector objects that no source is
// asked for, or that are planned under another name.
var unsourced = map[string]string{
	"Patient.id": "made from the number", "Patient.nhsNumber": "asked", "Patient.notice": "constant", "Patient.leftOut": "of the role", "Patient.sources": "what the others asked",
	"Patient.acute": "a sector object", "Patient.gp": "a sector object", "Patient.mentalHealth": "a sector object", "Patient.socialCare": "a sector object",
	"Patient.name": "demographics", "Patient.dateOfBirth": "demographics", "Patient.age": "demographics", "Patient.gender": "demographics", "Patient.deceasedAt": "demographics",
	"Patient.deceasedAtPrecision": "demographics", "Patient.address": "demographics", "Patient.telecom": "demographics", "Patient.registeredPractice": "demographics",
	"Patient.ethnicCategory": "demographics", "Patient.preferredLanguage": "demographics", "Patient.maritalStatus": "demographics", "Patient.nhsNumberStatus": "demographics",
}

// Every field of the schema that a source is read for stands in the table, and
// nothing else does.
func TestTheTableOfFieldsIsComplete(t *testing.T) {
	c, _, _ := newFakes(t)
	schema, parts := schemaOf(c), resolvers.Parts()
	for _, typeName := range []string{"Patient", "AcuteRecord", "GPRecord", "MentalHealthRecord", "SocialCareRecord"} {
		for _, f := range schema.Types[typeName].Fields {
			name := typeName + "." + f.Name
			about := typeName != "Patient" && slices.Contains([]string{"state", "complete", "gaps"}, f.Name)
			if _, listed := parts[name]; listed == (unsourced[name] != "" || about) && !strings.HasPrefix(f.Name, "__") {
				t.Errorf("%s: in the table %v, %q", name, listed, unsourced[name])
			}
		}
	}
	for name := range parts {
		typeName, field, _ := strings.Cut(name, ".")
		if schema.Types[typeName] == nil || schema.Types[typeName].Fields.ForName(field) == nil {
			t.Errorf("%s is in the table and not in the schema", name)
		}
	}
	for _, f := range schema.Types["Patient"].Fields {
		if unsourced["Patient."+f.Name] == "demographics" {
			c, _, _ := newFakes(t, newFake(record.Demographics, "X26"))
			if c.ask(t, "gp", "", "query ($n: NHSNumber!) { patient(nhsNumber: $n) { "+f.Name+below(schema, f.Type, nil)+" } }", one(number(1))); c.read() != 1 {
				t.Errorf("%s does not read demographics", f.Name)
			}
		}
	}
}

// below is the selection of everything below a field.
func below(schema *ast.Schema, of *ast.Type, path []string) string {
	def := schema.Types[of.Name()]
	if def.Kind == ast.Scalar || def.Kind == ast.Enum {
		return ""
	}
	var b strings.Builder
	b.WriteString(" { __typename")
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || slices.Contains(path, def.Name+"."+f.Name) {
			continue
		}
		b.WriteString(" " + f.Name + below(schema, f.Type, append(slices.Clone(path), def.Name+"."+f.Name)))
	}
	if def.Kind == ast.Interface {
		for _, possible := range schema.GetPossibleTypes(def) {
			b.WriteString(" ... on " + possible.Name)
			// Fields of one name differ in type from one implementation to another.
			b.WriteString(" { __typename")
			for _, f := range possible.Fields {
				if def.Fields.ForName(f.Name) == nil && !slices.Contains(path, possible.Name+"."+f.Name) {
					fmt.Fprintf(&b, " %s_%s: %s%s", possible.Name, f.Name, f.Name, below(schema, f.Type, append(slices.Clone(path), possible.Name+"."+f.Name)))
				}
			}
			b.WriteString(" }")
		}
	}
	b.WriteString(" }")
	return b.String()
}

// testWholeSchema asks for all there is, in every way a document can say so.
func testWholeSchema(t *testing.T, c *care) {
	c.limits = transport.Limits{Tokens: 1e6, Aliases: 1e6, Fields: 1e6, Lists: 1e6, Cost: 1 << 40, Spreads: 1e6, Fragments: 1e6, Directives: 1e6, RootFields: 1e6, Depth: 100, Repeats: 1e6}
	c.serve()
	defer func() {
		c.limits = transport.Limits{}
		c.serve()
	}()
	schema := schemaOf(c)
	var fields []string
	document := at(t, c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { documents { nodes { id } } } }`, one(sample.Whole)).Data, "patient", "documents", "nodes", 0, "id")
	for _, f := range schema.Types["Patient"].Fields {
		arguments := ""
		if f.Name == "document" {
			arguments = fmt.Sprintf("(id: %q)", document)
		}
		if !strings.HasPrefix(f.Name, "__") {
			fields = append(fields, f.Name+arguments+below(schema, f.Type, []string{"Patient." + f.Name}))
		}
	}
	everything := strings.Join(fields, "\n")
	numbers := map[string]any{"n": string(sample.Whole), "other": string(sample.Conflicting), "all": []string{string(sample.Whole), string(sample.Conflicting), string(sample.Child)}, "yes": true, "no": false}
	ask := func(t *testing.T, query string) answer {
		t.Helper()
		a := c.ask(t, "gp", "", query, numbers)
		if len(a.Errors) > 0 || len(a.Extensions.Gaps) > 0 {
			t.Fatalf("errors %v, gaps %v in\n%.300s", a.Errors, a.Extensions.Gaps, query)
		}
		c.quiet(t)
		return a
	}
	plain := at(t, ask(t, "query ($n: NHSNumber!) { patient(nhsNumber: $n) {"+everything+"} }").Data, "patient")
	if text, _ := json.Marshal(plain); bytes.Contains(text, []byte("UNKNOWN_")) || len(text) < 100_000 {
		t.Errorf("%d bytes of the whole record", len(text))
	}
	same := func(t *testing.T, what string, got any) {
		t.Helper()
		if !equal(got, plain) {
			t.Errorf("%s: another answer", what)
		}
	}
	const head = "query ($n: NHSNumber!, $other: NHSNumber!, $all: [NHSNumber!]!, $yes: Boolean!, $no: Boolean!) { used: viewer @include(if: $no) { name } u2: patients(nhsNumbers: $all) @include(if: $no) { nhsNumber } u3: patient(nhsNumber: $other) @skip(if: $yes) { id } u4: patient(nhsNumber: $n) @skip(if: $yes) { id } "

	t.Run("by itself each", func(t *testing.T) {
		for _, field := range fields {
			name := strings.FieldsFunc(field, func(r rune) bool { return r == ' ' || r == '(' })[0]
			got := at(t, ask(t, "query ($n: NHSNumber!) { patient(nhsNumber: $n) {"+field+"} }").Data, "patient", name)
			if name != "sources" && !equal(got, at(t, plain, name)) {
				t.Errorf("%s by itself is answered otherwise", name)
			}
		}
	})
	t.Run("each field of an entry by itself", func(t *testing.T) {
		// Together stand lists that share no reading, each with one field.
		apart := map[string][][]string{}
		entry := func(group string, of *ast.Definition, path string) {
			var queries []string
			for _, f := range of.Fields {
				if !strings.HasPrefix(f.Name, "__") {
					queries = append(queries, fmt.Sprintf(path, f.Name+below(schema, f.Type, []string{of.Name + "." + f.Name})))
				}
			}
			for _, possible := range schema.GetPossibleTypes(of) {
				for _, f := range possible.Fields {
					if group != "timeline" && of.Kind == ast.Interface && of.Fields.ForName(f.Name) == nil { // what stands on a timeline stands in lists of its own
						queries = append(queries, fmt.Sprintf(path, fmt.Sprintf("... on %s { %[1]s_%s: %[2]s%s }", possible.Name, f.Name, below(schema, f.Type, []string{possible.Name + "." + f.Name}))))
					}
				}
			}
			apart[group] = append(apart[group], queries)
		}
		lists := func(group string, of *ast.Definition, path string) {
			for _, f := range of.Fields {
				def, group := schema.Types[f.Type.Name()], group
				if f.Name == "timeline" || f.Name == "encounters" {
					group = f.Name
				}
				nodes := def.Fields.ForName("nodes")
				switch {
				case len(f.Arguments) > 0 && f.Arguments[0].Type.NonNull && f.Arguments[0].DefaultValue == nil:
				case nodes != nil:
					entry(group, schema.Types[nodes.Type.Name()], fmt.Sprintf(path, f.Name+" { nodes { %s } }"))
				case group != "Patient" && def.Kind == ast.Object: // a single value
					entry(group+", single", def, fmt.Sprintf(path, f.Name+" { %s }"))
				}
			}
		}
		lists("Patient", schema.Types["Patient"], "%s")
		for _, sector := range []string{"acute", "gp", "mentalHealth", "socialCare"} {
			lists("sectors", schema.Types[schema.Types["Patient"].Fields.ForName(sector).Type.Name()], sector+" { %s }")
		}
		fields := 0
		for _, queries := range apart {
			for i := 0; ; i++ {
				var beside []string
				for _, of := range queries {
					if i < len(of) {
						beside = append(beside, of[i])
					}
				}
				if len(beside) == 0 {
					break
				}
				fields += len(beside)
				query := strings.Join(beside, " ")
				if got := at(t, ask(t, "query ($n: NHSNumber!) { patient(nhsNumber: $n) { "+query+" } }").Data, "patient"); !partOf(got, plain) {
					t.Errorf("one of these by itself is answered otherwise: %s", query)
				}
			}
		}
		if fields < 500 {
			t.Errorf("%d fields", fields)
		}
	})
	t.Run("in a fragment", func(t *testing.T) {
		same(t, "a fragment", at(t, ask(t, head+"patient(nhsNumber: $n) { ...all } } fragment all on Patient { "+everything+" }").Data, "patient"))
		same(t, "an inline fragment", at(t, ask(t, head+"patient(nhsNumber: $n) { ... on Patient { ... { "+everything+" } } } }").Data, "patient"))
	})
	t.Run("deferred", func(t *testing.T) {
		same(t, "@defer", at(t, ask(t, head+`patient(nhsNumber: $n) { ... @defer(label: "l") { `+everything+" } } }").Data, "patient"))
	})
	t.Run("with a list of patients", func(t *testing.T) {
		a := ask(t, head+"patients(nhsNumbers: $all) { patient { ...all } } } fragment all on Patient { "+strings.Replace(everything, "sources", "notice sources", 1)+" }")
		same(t, "in a list", at(t, a.Data, "patients", 0, "patient"))
	})
	t.Run("with @include and @skip", func(t *testing.T) {
		var conditional strings.Builder
		for i, field := range fields {
			if i%2 == 0 {
				fmt.Fprintf(&conditional, "... @include(if: $yes) { %s }\n", field)
			} else {
				fmt.Fprintf(&conditional, "... @skip(if: $no) { %s }\n", field)
			}
			fmt.Fprintf(&conditional, "... @include(if: $no) { never%d: %s }\n", i, field)
		}
		same(t, "conditions", at(t, ask(t, head+"patient(nhsNumber: $n) { "+conditional.String()+" } }").Data, "patient"))
		a := ask(t, head+"patient(nhsNumber: $n) { id ...all @include(if: $no) } } fragment all on Patient { "+everything+" }")
		if got := at(t, a.Data, "patient").(map[string]any); len(got) != 1 {
			t.Errorf("%v", got)
		}
	})
	t.Run("under aliases", func(t *testing.T) {
		a := ask(t, head+"one: patient(nhsNumber: $n) { ...all } two: patient(nhsNumber: $n) { ...all } three: patient(nhsNumber: $other) { ...all } } fragment all on Patient { "+everything+" }")
		same(t, "the first alias", at(t, a.Data, "one"))
		same(t, "the second alias", at(t, a.Data, "two"))
		if equal(at(t, a.Data, "three"), plain) {
			t.Error("two patients are answered alike")
		}
	})
}

// partOf reports whether all that stands in a part of an answer stands in the whole of it.
func partOf(part, whole any) bool {
	switch part := part.(type) {
	case map[string]any:
		all, ok := whole.(map[string]any)
		for name, value := range part {
			if other, there := all[name]; !ok || !there || !partOf(value, other) {
				return false
			}
		}
		return ok
	case []any:
		all, ok := whole.([]any)
		return ok && slices.EqualFunc(part, all, partOf)
	}
	return equal(part, whole)
}

// Root fields that ask for different things of different patients each get their own, in whatever way they share the
// document.
func TestRootsThatShare(t *testing.T) {
	hospital, gp, mind, council, spine := newFake(record.Acute, "RAL"), newFake(record.GP, "X2GPA"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"), newFake(record.Demographics, "X26")
	for _, f := range []*fake{hospital, gp, mind} {
		f.in(conditions[0])
	}
	c, _, _ := newFakes(t, hospital, gp, mind, council, spine)
	for name, query := range map[string]string{
		"one asks for a single value, one does not": `{ a: patient(nhsNumber: "A") { acute { state currentStay { id } } } b: patient(nhsNumber: "B") { acute { stays { state } } } }`,
		"the other way round":                       `{ a: patient(nhsNumber: "A") { acute { stays { state } } } b: patient(nhsNumber: "B") { acute { state } } }`,
		"one asks who, one does not":                `{ a: patient(nhsNumber: "A") { name { full } } b: patient(nhsNumber: "B") { allergies { state } } }`,
		"the other way round, who":                  `{ a: patient(nhsNumber: "A") { allergies { state } } b: patient(nhsNumber: "B") { age } }`,
		"one for itself and one in a list":          `{ a: patient(nhsNumber: "A") { mentalHealth { state legalStatus { id } } } b: patients(nhsNumbers: ["A", "B"]) { patient { mentalHealth { carePlans { state } } } } }`,
		"a fragment of which each selects more":     `{ a: patient(nhsNumber: "A") { ...f allergies { nodes { reactions { code } } } } b: patient(nhsNumber: "B") { ...f allergies { nodes { substance { code } } } } } fragment f on Patient { allergies { state nodes { id } } }`,
		"aliases in a list":                         `{ patients(nhsNumbers: ["A", "B"]) { x: patient { r: results(first: 5) { state } } y: patient { r: results(first: 6) { state } acute { state } } } }`,
		"a list without a patient":                  `{ patients(nhsNumbers: ["A", "B"]) { nhsNumber refusal { code } } }`,
		"the same place with other arguments":       `{ a: patient(nhsNumber: "A") { x: allergies(status: ALL) { state } } b: patient(nhsNumber: "A") { x: allergies(status: ENDED) { state } } }`,
		"a sector object twice":                     `{ patient(nhsNumber: "A") { x: acute { state } y: acute { stays { state } complete } ...f } } fragment f on Patient { x: acute { currentStay { id } gaps { reason } } }`,
		"nothing of a sector object":                `{ patient(nhsNumber: "A") { acute { __typename } socialCare { __typename } } }`,
		"a council for an adult and a child alike":  `{ patients(nhsNumbers: ["A", "B"]) { patient { socialCare { state services { state } allocatedWorker { id } } contacts { state } timeline { state } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			a := c.ask(t, "gp", "", strings.NewReplacer(`"A"`, `"`+str(1)+`"`, `"B"`, `"`+str(2)+`"`).Replace(query), nil)
			if len(a.Errors) > 0 || len(a.Extensions.Gaps) > 0 || bytes.Contains(a.Body, []byte(`"UNKNOWN"`)) {
				t.Errorf("%s", a.Body)
			}
			c.quiet(t)
		})
	}
	t.Run("what belongs to entries comes to the one that asked for it", func(t *testing.T) {
		gp.answers[fetch.Allergies] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.Allergy {
			allergy := record.Allergy{Item: gp.item("1"), Substance: record.Code{Display: "Penicillin"}, Status: "ACTIVE"}
			if ask.Children&1 != 0 {
				allergy.ReactionDetails = []record.AllergyReaction{{Manifestation: record.Code{Display: "Hives"}}}
			}
			return []record.Allergy{allergy}
		})
		defer gp.in(conditions[0])
		for _, roots := range []string{`a: patient(nhsNumber: "%s") { ...f allergies { nodes { reactions { display } } } } b: patient(nhsNumber: "%s") { ...f }`,
			`b: patient(nhsNumber: "%[2]s") { ...f } a: patient(nhsNumber: "%[1]s") { ...f allergies { nodes { reactions { display } } } }`} {
			a := c.ask(t, "gp", "", fmt.Sprintf("{ "+roots+" } fragment f on Patient { allergies { nodes { substance { display } } } }", str(1), str(2)), nil)
			if bytes.Count(a.Body, []byte("Hives")) != 1 || bytes.Count(a.Body, []byte("Penicillin")) != 2 {
				t.Errorf("%s", a.Body)
			}
		}
		c.quiet(t)
	})
	t.Run("a single value comes to each that asked for it", func(t *testing.T) {
		hospital.answers[fetch.Stays] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.Stay {
			stay := record.Stay{Item: hospital.item("1"), AdmittedAt: record.At(now.AddDate(0, 0, -1)), AdmittedAtPrecision: "TIME"}
			if ask.Children&1 != 0 {
				stay.Diagnoses = []record.StayDiagnosis{{Diagnosis: record.Code{Display: "Sepsis"}}}
			}
			return []record.Stay{stay}
		})
		defer hospital.in(conditions[0])
		const more, less = `a: patient(nhsNumber: "A") { acute { currentStay { id diagnoses { diagnosis { display } } } } }`, `b: patient(nhsNumber: "B") { acute { state currentStay { id } } }`
		for _, roots := range []string{more + less, less + more} {
			a := c.ask(t, "gp", "", strings.NewReplacer(`"A"`, `"`+str(1)+`"`, `"B"`, `"`+str(2)+`"`).Replace("{ "+roots+" }"), nil)
			if bytes.Count(a.Body, []byte("Sepsis")) != 1 || bytes.Contains(a.Body, []byte("null")) {
				t.Errorf("%s", a.Body)
			}
		}
		c.quiet(t)
	})
	t.Run("each gets what it asked for", func(t *testing.T) {
		a := c.ask(t, "gp", "", fmt.Sprintf(`{ a: patient(nhsNumber: "%s") { acute { state } } b: patient(nhsNumber: "%s") { allergies { state } } c: patient(nhsNumber: "%[1]s") { name { full } } }`, str(1), str(2)), nil)
		if got := string(a.Body); got != `{"data":{"a":{"acute":{"state":"NONE_RECORDED"}},"b":{"allergies":{"state":"RECORDED"}},"c":{"name":null}}}` {
			t.Error(got)
		}
	})
}
