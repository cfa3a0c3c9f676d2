package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

func needs(t testing.TB, schema *ast.Schema, text string) consent.Needs {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, text, nil)
	if len(errs) > 0 {
		t.Fatalf("%v\n%s", errs, text)
	}
	return resolvers.Needs(schema, doc)
}

// A document needs at least what the hand-kept tables of the security matrix list for each of its fields.
func TestNeedsOfEveryDoor(t *testing.T) {
	c, _, _ := newFakes(t)
	schema, tables := schemaOf(c), readTables(t)
	sectors := map[string]string{"AcuteRecord": "acute", "GPRecord": "gp", "MentalHealthRecord": "mentalHealth", "SocialCareRecord": "socialCare"}
	alone := map[string][]record.Class{ // of the single values, of which state, complete and gaps say how they fared
		"AcuteRecord": {record.ClassStays}, "GPRecord": {record.ClassGPConsultations}, "SocialCareRecord": {record.ClassSocialCare},
		"MentalHealthRecord": {record.ClassCareTeam, record.ClassLegalStatus, record.ClassMentalHealth},
	}
	for _, d := range tables.doors {
		asked := d.field + d.arguments + below(schema, schema.Types[d.owner].Fields.ForName(d.field).Type, nil)
		if _, sector := sectors[d.owner]; !sector && slices.Contains([]string{"acute", "gp", "mentalHealth", "socialCare"}, d.field) {
			continue // its fields are doors themselves
		}
		if sector := sectors[d.owner]; sector != "" {
			asked = sector + " { " + asked + " }"
		}
		var want []record.Class
		for _, part := range d.parts {
			want = append(want, record.Class(part.class))
		}
		switch {
		case d.field == "document": // the id is a variable's as much as a literal's
			want = []record.Class{record.ClassDocuments, record.ClassSocialCare}
		case sectors[d.owner] != "" && slices.Contains([]string{"state", "complete", "gaps"}, d.field):
			want = alone[d.owner]
		}
		if slices.Contains([]string{"encounters", "stays", "currentStay"}, d.field) { // of which a stay names its summary
			want = append(want, record.ClassDocuments)
		}
		got := needs(t, schema, `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+asked+` } }`)
		if !got.Records || len(got.Duties) > 0 || got.Classes != consent.ClassSetOf(want...) {
			t.Errorf("%s needs %v, want %v", d.name(), got.Classes, want)
		}
	}
}

// What decides is the text: no alias, fragment, condition or variable makes it less.
func TestNeeds(t *testing.T) {
	c, _, _ := newFakes(t)
	schema := schemaOf(c)
	patient := func(selection string) string {
		return `query ($n: NHSNumber!, $yes: Boolean = false, $s: MedicationFilter = CURRENT, $own: Boolean! = true, $in: [Sector!] = [ACUTE]) { patient(nhsNumber: $n) { ` + selection + ` } v: viewer { role @include(if: $yes) } x: patients(nhsNumbers: [$n]) { nhsNumber @include(if: $own) } y: patient(nhsNumber: $n) { medications(status: $s) { state @skip(if: true) } timeline(sectors: $in) { state } } }`
	}
	const every = "MEDICATIONS PROBLEMS RESULTS IMMUNISATIONS PROCEDURES ENCOUNTERS STAYS APPOINTMENTS DOCUMENTS REFERRALS CARE_PLANS GP_CONSULTATIONS MENTAL_HEALTH SOCIAL_CARE"
	for name, test := range map[string]struct{ text, want, duties string }{
		"variables narrow nothing":          {patient("id"), every, ""},
		"literals narrow":                   {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { medications(status: CURRENT) { state } problems(status: ACTIVE) { state } appointments(ownOrganisation: true) { state } } }`, "CURRENT_MEDICATIONS ACTIVE_PROBLEMS OWN_APPOINTMENTS", ""},
		"the wider of two":                  {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { a: problems(status: ACTIVE) { state } b: problems { state } } }`, "PROBLEMS", ""},
		"the sectors of a merged list":      {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline(sectors: [SOCIAL_CARE]) { state } } }`, "SOCIAL_CARE APPOINTMENTS", ""},
		"an alias":                          {`query ($n: NHSNumber!) { a: patient(nhsNumber: $n) { id: alerts { state } } }`, "ALERTS", ""},
		"what is left out":                  {`query ($n: NHSNumber!) { patient(nhsNumber: $n) @skip(if: true) { ... @include(if: false) { alerts { state } } } }`, "ALERTS", ""},
		"fragments in fragments":            {`query ($n: NHSNumber!) { ...A } fragment A on Query { patients(nhsNumbers: [$n]) { ... on PatientEntry { patient { ...B } } } } fragment B on Patient { needs { state } ...C } fragment C on Patient { contacts { state } }`, "NEEDS CONTACTS", ""},
		"another operation of the document": {`query A { viewer { role } } query B($n: NHSNumber!) { patient(nhsNumber: $n) { name { full } } }`, "DEMOGRAPHICS", ""},
		"how the values of a sector fared":  {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { mentalHealth { state } } }`, "CARE_TEAM LEGAL_STATUS MENTAL_HEALTH", ""},
		"a letter may be a council's":       {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { document(id: "x") { id } } }`, "DOCUMENTS SOCIAL_CARE", ""},
		"nobody's record":                   {`{ viewer { role } serviceSources { state } __typename }`, "", ""},
		"a duty":                            {`query ($n: NHSNumber!) { optOuts(nhsNumber: $n) { id } accessLog(nhsNumber: $n) { pageInfo { hasNextPage } } }`, "", "ACCESS_LOG OPT_OUTS"},
		"a duty twice":                      {`query ($n: NHSNumber!) { a: optOuts(nhsNumber: $n) { id } b: optOuts(nhsNumber: $n) { id } optOutRequests { __typename } }`, "", "OPT_OUTS"},
		"what an event says of a grant":     {`query ($n: NHSNumber!) { accessLog(nhsNumber: $n) { edges { node { breakGlass { reason } } } } }`, "", "ACCESS_LOG"},
		"a stay's summary":                  {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { stays { nodes { summary { id } } } } } }`, "STAYS DOCUMENTS", ""},
		"a stay's summary, as an entry":     {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline(sectors: [SOCIAL_CARE]) { nodes { ... on TimelineEntry { ...S } } } } } fragment S on Stay { summary { id } }`, "SOCIAL_CARE APPOINTMENTS DOCUMENTS", ""},
		"the summary of an assessment":      {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline(sectors: [SOCIAL_CARE]) { nodes { ... on SocialCareAssessment { summary } } } } }`, "SOCIAL_CARE APPOINTMENTS", ""},
		"the same in a fragment":            {`query ($n: NHSNumber!) { patient(nhsNumber: $n) { timeline(sectors: [SOCIAL_CARE]) { nodes { ...A } } } } fragment A on SocialCareAssessment { summary }`, "SOCIAL_CARE APPOINTMENTS", ""},
		"a change":                          {`mutation ($i: BreakGlassInput!) { breakGlass(input: $i) { grant { id } } }`, "", "BREAK_GLASS"},
		"the schema":                        {`{ a: __schema { queryType { name } } }`, "", "INTROSPECTION"},
	} {
		got := needs(t, schema, test.text)
		var classes []record.Class
		for _, class := range strings.Fields(test.want) {
			classes = append(classes, record.Class(class))
		}
		var duties []string
		for _, duty := range got.Duties {
			duties = append(duties, string(duty))
		}
		if got.Classes != consent.ClassSetOf(classes...) || strings.Join(duties, " ") != test.duties || got.Records != strings.Contains(test.text, "patient") {
			t.Errorf("%s: %v %v records %v, want %s %s", name, got.Classes, duties, got.Records, test.want, test.duties)
		}
	}
}

// The result of a mutation is examined like that of a query, although none of ours returns a record.
func TestNeedsOfWhatAChangeGivesBack(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { patient: Patient } type Mutation { breakGlass: Patient } type Patient { alerts: Int }`})
	if got := needs(t, schema, `mutation { breakGlass { alerts } }`); got.Records || !slices.Equal(got.Duties, []consent.Duty{consent.BreakGlass}) || got.Classes != consent.ClassSetOf(record.ClassAlerts) {
		t.Errorf("%+v", got)
	}
}

// A fragment that occurs twice is visited once: one that doubles forty times would otherwise never end.
func TestNeedsOfManyFragments(t *testing.T) {
	c, _, _ := newFakes(t)
	text := `query ($n: NHSNumber!) { patient(nhsNumber: $n) { ...F0 } }`
	for i := range 40 {
		text += fmt.Sprintf(" fragment F%d on Patient { ...F%[2]d ...F%[2]d }", i, i+1)
	}
	if got := needs(t, schemaOf(c), text+" fragment F40 on Patient { alerts { state } }"); got.Classes != consent.ClassSetOf(record.ClassAlerts) {
		t.Errorf("%v", got.Classes)
	}
}

// A new root field is one whose needs are known.
func TestNeedsOfEveryRoot(t *testing.T) {
	c, _, _ := newFakes(t)
	schema := schemaOf(c)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			doc := &ast.QueryDocument{Operations: ast.OperationList{{
				Operation: ast.Operation(strings.ToLower(root.Name)), SelectionSet: ast.SelectionSet{&ast.Field{Name: f.Name}},
			}}}
			got := resolvers.Needs(schema, doc)
			want := rootFields[root.Name+"."+f.Name]
			if got.Records != (want == "record") || (len(got.Duties) == 1) != (want == "duty") {
				t.Errorf("%s.%s is %q in the matrix and needs %+v: add it to rootDuties in resolvers/needs.go", root.Name, f.Name, want, got)
			}
		}
	}
}
