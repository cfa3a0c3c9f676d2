package resolvers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// The security matrix: who asks × what is known of the patient × how they stand to each
// other × class × door × transport, against tables kept by hand.

// rootFields are the roots of the schema: "record" for those that lead to a patient, "all"
// for those that anybody may ask, "duty" for those that are somebody's duty (roles.txt).
var rootFields = map[string]string{
	"Query.patient": "record", "Query.patients": "record",
	"Query.viewer": "all", "Query.serviceSources": "all",
	"Query.accessLog": "duty", "Query.accessAlerts": "duty", "Query.optOuts": "duty", "Query.optOutRequests": "duty",
	"Mutation.breakGlass": "duty", "Mutation.recordOptOut": "duty", "Mutation.withdrawOptOut": "duty", "Mutation.decideOptOutRequest": "duty",
}

// A caller is a persona, or somebody whose token fits none.
type caller struct {
	name    string
	persona string         // of whose rights they have; "" for none
	claims  map[string]any // of their token, over a general practitioner's
}

// callers are the personas of the contract and those who are nobody. That an emergency is
// a purpose of those who may break the glass is ours: the contract lists it among the
// purposes and gives it to no persona.
func callers(t testing.TB, tb *tables) []caller {
	var all []caller
	for _, name := range tb.personas {
		p, err := auth.FindPersona(name)
		check(t, err)
		all = append(all, caller{name, name, map[string]any{"sub": "test-" + name, "org": p.Org, "role": string(p.Role), "purpose": string(p.Purpose)}})
	}
	with := func(name, persona string, changes map[string]any) {
		claims := map[string]any{"sub": "test-gp", "org": "F83999", "role": "GENERAL_PRACTITIONER", "purpose": "TREAT"}
		maps.Copy(claims, changes)
		all = append(all, caller{name, persona, claims})
	}
	with("a gp in an emergency", "gp", map[string]any{"purpose": "ETREAT"})
	with("a role nobody knows", "", map[string]any{"role": "ASTROLOGER"})
	with("a role in small letters", "", map[string]any{"role": "general_practitioner"})
	with("two roles", "", map[string]any{"role": []string{"GENERAL_PRACTITIONER", "RECEPTIONIST"}})
	with("no role", "", map[string]any{"role": nil})
	with("no purpose", "", map[string]any{"purpose": nil})
	with("two purposes", "", map[string]any{"purpose": []string{"TREAT", "ETREAT"}})
	with("a purpose twice", "", map[string]any{"purpose": []string{"TREAT", "TREAT"}})
	with("a purpose nobody knows", "", map[string]any{"purpose": "CURIOSITY"})
	with("a gp for quality", "", map[string]any{"purpose": "HQUALIMP"})
	with("a gp for care management", "", map[string]any{"purpose": "CAREMGT"})
	with("a receptionist in an emergency", "", map[string]any{"role": "RECEPTIONIST", "purpose": "ETREAT"})
	with("an analyst for treatment", "", map[string]any{"role": "ANALYST", "purpose": "TREAT"})
	with("an opt-out officer for treatment", "", map[string]any{"role": "OPT_OUT_OFFICER", "purpose": "TREAT"})
	with("no organisation", "", map[string]any{"org": nil})
	return all
}

// A state is what is known of the patient.
type state struct {
	name   string
	code   string // why nobody sees them; "" for a patient who is shown
	life   life
	knows  func(*consent.Facts)
	store  bool // consent cannot be read at all
	trail  bool // the trail cannot be written
	late   bool // consent changes after the decision
	whole  bool // asked for with every field of every entry
	hidden bool // demographics alone knows that they are restricted
}

var longAgo = now.AddDate(-1, 0, 0)

var patientStates = []state{
	{name: "an adult", whole: true, life: grown, knows: func(*consent.Facts) {}},
	{name: "a child", whole: true, life: minor, knows: func(f *consent.Facts) { f.Born = "2016-03-10" }},
	{name: "18 tomorrow", life: minor, knows: func(f *consent.Facts) { f.Born = "2008-06-16" }},
	{name: "of unknown age", life: minor, knows: func(f *consent.Facts) { f.Born = "" }},
	{name: "a care leaver", whole: true, life: leaver, knows: func(f *consent.Facts) { f.Born = "2004-06-16" }},
	{name: "dead", life: grown, knows: func(f *consent.Facts) { f.Died = now.AddDate(0, -1, 0) }},
	{name: "dead as a child", life: minor, knows: func(f *consent.Facts) { f.Born, f.Died = "2004-06-16", now.AddDate(-6, 0, 0) }},
	{name: "under a superseded number", life: grown, knows: func(f *consent.Facts) { f.Asked = number(3) }},
	{name: "opted out once", life: grown, knows: func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: longAgo, To: now}} }},
	{name: "opted out", code: "RECORD_WITHHELD", knows: func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: longAgo}} }},
	{name: "opted out this moment", code: "RECORD_WITHHELD", knows: func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: now}} }},
	{name: "opted out as a child", code: "RECORD_WITHHELD", knows: func(f *consent.Facts) { f.Born, f.OptOuts = "2016-03-10", []consent.Interval{{From: longAgo}} }},
	{name: "changed after the decision", code: "CONSENT_UNAVAILABLE", late: true, knows: func(*consent.Facts) {}},
	{name: "restricted", code: "PATIENT_NOT_FOUND", knows: func(f *consent.Facts) { f.Restricted = consent.Yes }},
	{name: "restricted and opted out", code: "PATIENT_NOT_FOUND", knows: func(f *consent.Facts) {
		f.Restricted, f.OptOuts = consent.Yes, []consent.Interval{{From: longAgo}}
	}},
	{name: "restricted, as demographics says", code: "PATIENT_NOT_FOUND", hidden: true, knows: func(*consent.Facts) {}},
	{name: "opted out, and restricted, as demographics says", code: "PATIENT_NOT_FOUND", hidden: true, knows: func(f *consent.Facts) { f.OptOuts = []consent.Interval{{From: longAgo}} }},
	{name: "perhaps opted out, and restricted, as demographics says", code: "PATIENT_NOT_FOUND", hidden: true, knows: func(f *consent.Facts) { f.OptOutKnown = false }},
	{name: "unknown", code: "PATIENT_NOT_FOUND", knows: func(f *consent.Facts) { f.Known = false }},
	{name: "invalidated", code: "PATIENT_NOT_FOUND", knows: func(f *consent.Facts) { f.Invalidated = true }},
	{name: "perhaps restricted", code: "CONSENT_UNAVAILABLE", knows: func(f *consent.Facts) { f.Restricted = consent.Unknown }},
	{name: "perhaps opted out", code: "CONSENT_UNAVAILABLE", knows: func(f *consent.Facts) { f.OptOutKnown = false }},
	{name: "without consent to be read", code: "CONSENT_UNAVAILABLE", store: true, knows: func(*consent.Facts) {}},
	{name: "without a trail", code: "AUDIT_UNAVAILABLE", trail: true, knows: func(*consent.Facts) {}},
}

// A relation is how the caller stands to the patient.
type relation struct {
	name   string
	care   bool
	grant  []string // the classes a live break-glass grant of theirs opens
	knows  func(*consent.Facts, caller)
	always bool // with every transport
	whole  bool // asked for with every field of every entry
}

// granted are the classes of every grant of the matrix.
var granted = []string{"ALLERGIES", "CURRENT_MEDICATIONS", "STAYS", "DOCUMENTS"}

func glass(f *consent.Facts, c caller, change func(*consent.BreakGlassGrant)) {
	f.Relationships = nil
	classes := make([]record.Class, len(granted))
	for i, class := range granted {
		classes[i] = record.Class(class)
	}
	org, _ := c.claims["org"].(string)
	grant := consent.BreakGlassGrant{
		ID: "g", Subject: c.claims["sub"].(string), Org: org, Patient: f.Current, Classes: consent.ClassSetOf(classes...),
		Reason: "EMERGENCY", Note: "unconscious in resus", GrantedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Second),
	}
	change(&grant)
	f.Grants = []consent.BreakGlassGrant{grant}
}

func none(f *consent.Facts, _ caller) { f.Relationships = nil }

var relations = []relation{
	{name: "in care", care: true, always: true, whole: true, knows: func(*consent.Facts, caller) {}},
	{name: "not in care", always: true, knows: none},
	{name: "in care elsewhere", knows: func(f *consent.Facts, _ caller) { f.Relationships[0].Org = "F85902" }},
	{name: "in care once", knows: func(f *consent.Facts, _ caller) { f.Relationships[0].EndedAt = now.AddDate(-3, 0, 0) }},
	{name: "in care to come", knows: func(f *consent.Facts, _ caller) { f.Relationships[0].StartedAt = now.Add(time.Second) }},
	{name: "with a grant", whole: true, grant: granted, knows: func(f *consent.Facts, c caller) { glass(f, c, func(*consent.BreakGlassGrant) {}) }},
	{name: "in care and with a grant", care: true, knows: func(f *consent.Facts, c caller) {
		care := f.Relationships
		glass(f, c, func(*consent.BreakGlassGrant) {})
		f.Relationships = care
	}},
	{name: "with a grant that has expired", knows: func(f *consent.Facts, c caller) {
		glass(f, c, func(g *consent.BreakGlassGrant) { g.ExpiresAt = now })
	}},
	{name: "with a grant of somebody else", knows: func(f *consent.Facts, c caller) {
		glass(f, c, func(g *consent.BreakGlassGrant) { g.Subject = "somebody-else" })
	}},
	{name: "with a grant at another organisation", knows: func(f *consent.Facts, c caller) {
		glass(f, c, func(g *consent.BreakGlassGrant) { g.Org = "F85902" })
	}},
}

// A cell is one place of the matrix with what the contract says of it.
type cell struct {
	caller   caller
	state    state
	relation relation
	code     string
	classes  []string
}

// expect is the contract's table "Whether a patient is shown".
func (tb *tables) expect(c caller, s state, r relation) cell {
	e := cell{caller: c, state: s, relation: r, classes: tb.rights[c.persona].classes}
	opened := r.care
	if !r.care && r.grant != nil && slices.Contains(tb.rights[c.persona].duties, "breakGlass") {
		opened, e.classes = true, r.grant // those who may break the glass see all classes
	}
	switch {
	case s.trail:
		e.code = "AUDIT_UNAVAILABLE"
	case len(e.classes) == 0:
		e.code = "FORBIDDEN"
	case s.store:
		e.code = "CONSENT_UNAVAILABLE"
	case !opened:
		e.code = "NO_CARE_RELATIONSHIP"
	default:
		e.code = s.code
	}
	return e
}

func (e cell) String() string {
	return fmt.Sprintf("%s, a patient %s, %s", e.caller.name, e.state.name, e.relation.name)
}

// A matrix is the graph over sources of which everything is marked.
type matrix struct {
	*care
	*tables
	*marks
	schema   *ast.Schema
	register *register
	ledger   *ledger
	person   *bool // whether demographics says that everybody is restricted
	tokens   map[string]string
	bodies   map[string]map[string]string // refusals by who was refused how by what transport, each with the first cell in which it came
	through  map[string]passage           // by door
}

// A passage is how often a door was found open and closed, of patients who are shown.
type passage struct{ open, closed int }

func newMatrix(t testing.TB) *matrix {
	t.Helper()
	m := &matrix{tables: readTables(t), marks: &marks{known: map[string]int{}}, person: new(bool), tokens: map[string]string{}, bodies: map[string]map[string]string{}, through: map[string]passage{}}
	var fakes []*fake
	for sector, ods := range map[record.Sector]string{record.Demographics: "X26", record.Acute: "RAL", record.GP: "F83999", record.MentalHealth: "G6V2S", record.SocialCare: "X1BAR"} {
		fakes = append(fakes, m.full(t, sector, ods))
	}
	slices.SortFunc(fakes, func(a, b *fake) int { return strings.Compare(a.ods, b.ods) })
	for _, f := range fakes {
		if f.sector == record.Demographics {
			person := markedEntry[record.Person](m.marks, f.sector, fetch.Persons, "")
			f.answers[fetch.Persons] = holds(func(_ *fetch.Ask, _ record.NHSNumber) []record.Person {
				person := person
				person.Restricted, person.DateOfBirth = *m.person, born
				return []record.Person{person}
			})
		}
	}
	m.care, m.register, m.ledger = newFakes(t, fakes...)
	m.limits = transport.Limits{Tokens: 1e6, Aliases: 1e6, Fields: 1e6, Spreads: 1e6, Fragments: 1e6, Directives: 1e6, RootFields: 1e6, Depth: 100, Lists: 100, Repeats: 1e6, Cost: 1e9, Concurrent: 100}
	m.options.InVain = -1
	m.serve()
	m.schema = schemaOf(m.care)
	return m
}

// enter makes the world what a cell says it is.
func (m *matrix) enter(e cell) {
	m.register.err, m.ledger.err, m.ledger.changed, *m.person = nil, nil, nil, e.state.hidden
	if e.state.store {
		m.register.err = fmt.Errorf("%w: no line", consent.ErrUnavailable)
	}
	if e.state.trail {
		m.ledger.err = fmt.Errorf("no line")
	}
	if e.state.late {
		m.ledger.changed = map[record.NHSNumber]bool{number(1): true}
	}
	m.register.knows = func(f *consent.Facts) {
		if f.Asked == number(3) { // which number(1) has superseded
			f.Current = number(1)
		}
		for i := range f.Relationships {
			f.Relationships[i].Patient = f.Current
		}
		e.relation.knows(f, e.caller)
		e.state.knows(f)
	}
}

func (m *matrix) token(c caller) string {
	if m.tokens[c.name] == "" {
		m.tokens[c.name] = m.issuer.Token(c.claims)
	}
	return m.tokens[c.name]
}

// asked is the number under which a state's patient is asked for.
func (s state) asked() record.NHSNumber {
	f := consent.Facts{Asked: number(1)}
	s.knows(&f)
	return f.Asked
}

// sectorFields are the fields of a patient that hold the sector objects.
var sectorFields = map[string]string{"AcuteRecord": "acute", "GPRecord": "gp", "MentalHealthRecord": "mentalHealth", "SocialCareRecord": "socialCare"}

// selection is what is behind a door, under an alias: all of it, or only what tells that
// something came.
func (m *matrix) selection(alias string, d door, whole bool) string {
	f := m.schema.Types[d.owner].Fields.ForName(d.field)
	selected := m.thin(f.Type)
	if whole {
		selected = m.below(f.Type, []string{d.owner + "." + d.field})
	}
	return alias + ": " + d.field + m.filled(pageOf(f, d.arguments)) + selected
}

// pageOf asks for the longest page.
func pageOf(f *ast.FieldDefinition, arguments string) string {
	if f.Arguments.ForName("first") == nil {
		return arguments
	}
	if arguments == "" {
		return "(first: 200)"
	}
	return "(first: 200, " + arguments[1:]
}

// below is everything below a field, but that the entries of a page are not asked for
// twice over.
func (m *matrix) below(of *ast.Type, path []string) string {
	text := below(m.schema, of, path)
	if i := strings.Index(text, " edges {"); i >= 0 && m.schema.Types[of.Name()].Fields.ForName("nodes") != nil {
		end, depth := i+len(" edges {"), 1
		for ; depth > 0; end++ {
			depth += map[byte]int{'{': 1, '}': -1}[text[end]]
		}
		text = text[:i] + " edges { cursor node { id } }" + text[end:]
	}
	return text
}

// thin is enough of a field's answer to tell what came.
func (m *matrix) thin(of *ast.Type) string {
	def := m.schema.Types[of.Name()]
	if def.Kind == ast.Scalar || def.Kind == ast.Enum {
		return ""
	}
	var b strings.Builder
	for _, name := range []string{"id", "state", "complete", "full", "value", "postcode", "odsCode", "display"} {
		if def.Fields.ForName(name) != nil {
			b.WriteString(" " + name)
		}
	}
	for _, part := range [][2]string{{"edges", "{ cursor }"}, {"pageInfo", "{ hasNextPage endCursor }"}, {"gaps", "{ sector reason }"}, {"noneKnownBy", "{ sourceId }"}} {
		if def.Fields.ForName(part[0]) != nil {
			b.WriteString(" " + part[0] + " " + part[1])
		}
	}
	if nodes := def.Fields.ForName("nodes"); nodes != nil {
		b.WriteString(" nodes { id" + m.ofStay(nodes.Type.Name()) + " }")
	}
	return " { __typename" + b.String() + m.ofStay(def.Name) + " }"
}

// ofStay is what a stay shows beyond its summary.
func (m *matrix) ofStay(typeName string) string {
	switch {
	case typeName == "Stay":
		return " reason { display }"
	case m.schema.Types[typeName].Kind == ast.Interface:
		return " ... on Stay { reason { display } }"
	}
	return ""
}

// filled puts ids of documents where a door wants one.
func (m *matrix) filled(arguments string) string {
	for _, source := range m.sources {
		id := m.options.Identifier.Document(source.Name, number(1), "1")
		arguments = strings.ReplaceAll(arguments, "«"+string(source.Sector)+"»", string(id))
	}
	return arguments
}

// within is a selection of a patient that leads to a door.
func within(owner, selection string) string {
	if field := sectorFields[owner]; field != "" {
		return field + " { " + selection + " }"
	}
	return selection
}

// A sheet is a document that selects all that is behind some doors, from both roots.
type sheet struct {
	query string
	doors []door
}

func (m *matrix) sheet(whole bool, doors ...door) sheet {
	var b strings.Builder
	b.WriteString("query ($n: NHSNumber!, $l: [NHSNumber!]!) { patient(nhsNumber: $n) { ...all } patients(nhsNumbers: $l) { nhsNumber patient { ...all } refusal { code message } } } fragment all on Patient {\n")
	for i, d := range doors {
		b.WriteString(within(d.owner, m.selection(fmt.Sprintf("d%d", i), d, whole)) + "\n")
	}
	b.WriteString("}")
	return sheet{b.String(), doors}
}

// everything selects what is behind every door. The merged lists are priced by all the
// types they may hold, so they stand on sheets of their own.
func (m *matrix) everything(whole bool) []sheet {
	var sheets []sheet
	var others []door
	for _, d := range m.doors {
		switch {
		case sectorDoor(d): // doors of their own stand behind it
		case d.field == "timeline" || d.field == "encounters":
			sheets = append(sheets, m.sheet(whole, d))
		default:
			others = append(others, d)
		}
	}
	return append(sheets, m.sheet(whole, others...))
}

// Every field of the schema stands in a table.
func TestMatrixHasEveryField(t *testing.T) {
	m := newMatrix(t)
	m.complain(t, m.schema)
	for name := range rootFields {
		typeName, field, _ := strings.Cut(name, ".")
		if def := m.schema.Types[typeName]; def == nil || def.Fields.ForName(field) == nil {
			t.Errorf("rootFields has %s, the schema does not", name)
		}
	}
	if got, want := len(m.personas), 10; got != want || len(auth.Personas) != want {
		t.Errorf("%d personas in roles.txt and %d in the service, want %d", got, len(auth.Personas), want)
	}
}

// Everything is asked for by everybody, of every patient, in every relation and by every
// transport.
func TestMatrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	thin, whole := m.everything(false), m.everything(true)
	callers := callers(t, m.tables)
	cells, met := 0, 0
	for _, r := range relations {
		for _, s := range patientStates {
			for _, c := range callers {
				if met++; met%everyCell() != 0 && (!s.whole || !r.whole) {
					continue
				}
				e := m.expect(c, s, r)
				for i, w := range transports {
					if i > 0 && !r.always || w.refused != 0 {
						continue
					}
					cells++
					sheets := thin
					if i == 0 && s.whole && r.whole {
						sheets = whole
					}
					for _, sheet := range sheets {
						m.compare(t, e, w, sheet)
						if e.code != "" {
							break // what is selected makes no difference
						}
					}
					if t.Failed() {
						t.FailNow() // the next cells would say the same
					}
				}
			}
		}
	}
	m.alikeAll(t)
	for _, d := range m.doors {
		if n := m.through[d.name()]; len(d.parts) > 0 && (n.open == 0 || n.closed == 0) {
			t.Errorf("%s: open to %d, closed to %d: of each there must be one", d.name(), n.open, n.closed)
		}
	}
	t.Logf("%d cells, %d doors, %d markers", cells, len(m.doors), len(m.names))
}

// compare asks in one cell by one transport.
func (m *matrix) compare(t *testing.T, e cell, w way, sheet sheet) {
	t.Helper()
	m.enter(e)
	m.read()
	asked := e.state.asked()
	response := w.send(t, m.care, m.token(e.caller), sheet.query, map[string]any{"n": string(asked), "l": []string{string(asked)}})
	var a struct {
		Data struct {
			Patient  json.RawMessage
			Patients []struct {
				NHSNumber string
				Patient   json.RawMessage
				Refusal   *struct{ Code string }
			}
		}
		Errors []struct {
			Extensions struct{ Code string }
		}
	}
	body := response.Body.Bytes()
	if err := json.Unmarshal(body, &a); err != nil || len(a.Data.Patients) != 1 {
		t.Fatalf("%s by %s: %d %.300s", e, w.name, response.Code, body)
	}
	code := ""
	if len(a.Errors) > 0 {
		code = a.Errors[0].Extensions.Code
	}
	listed := ""
	if refusal := a.Data.Patients[0].Refusal; refusal != nil {
		listed = refusal.Code
	}
	if code != e.code || listed != e.code || len(a.Errors) > 1 {
		t.Errorf("%s by %s: %q and in a list %q, want %q", e, w.name, code, listed, e.code)
		return
	}
	reads := m.readFor(e.code)
	m.noted(t, e)
	got := m.in(body)
	maps.Copy(got, m.in([]byte(fmt.Sprint(response.Header()))))
	if e.code != "" {
		if len(got) > 0 || string(a.Data.Patient) != "null" && a.Data.Patient != nil || string(a.Data.Patients[0].Patient) != "null" {
			t.Errorf("%s by %s: a refusal with %v", e, w.name, sorted(keysOf(got)))
		}
		if reads > 0 && !e.state.late && !e.state.trail && !e.state.hidden {
			t.Errorf("%s by %s: %d reads", e, w.name, reads)
		}
		m.remember(e, w, response)
		return
	}
	want := map[string]bool{}
	for _, patient := range []json.RawMessage{a.Data.Patient, a.Data.Patients[0].Patient} {
		maps.Copy(want, m.compareDoors(t, e, sheet, patient))
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s by %s: beyond what the doors show: %v", e, w.name, difference(got, want))
	}
}

// compareDoors compares what came through each door, and gives back what may.
func (m *matrix) compareDoors(t *testing.T, e cell, sheet sheet, patient json.RawMessage) map[string]bool {
	t.Helper()
	var top map[string]json.RawMessage
	check(t, json.Unmarshal(patient, &top))
	within := map[string]map[string]json.RawMessage{"Patient": top}
	for owner, field := range sectorFields {
		if top[field] == nil {
			continue
		}
		var object map[string]json.RawMessage
		check(t, json.Unmarshal(top[field], &object))
		within[owner] = object
	}
	all := map[string]bool{}
	for i, d := range sheet.doors {
		want, open := m.visible(d, e.classes, e.state.life)
		m.only(want, d)
		value := within[d.owner][fmt.Sprintf("d%d", i)]
		n := m.through[d.name()]
		if open {
			n.open++
		} else {
			n.closed++
		}
		m.through[d.name()] = n
		if got := m.in(value); !maps.Equal(got, want) {
			t.Errorf("%s: through %s come %v, and %v do not", e, d.name(), difference(got, want), difference(want, got))
		}
		m.compareState(t, e, d, value, open)
		maps.Copy(all, want)
	}
	return all
}

// only narrows what may come through a door to what its values can carry: none of
// these is a text, a date or a code.
func (m *matrix) only(want map[string]bool, d door) {
	if slices.Contains([]string{"demographics", "age", "deceasedAtPrecision"}, d.field) {
		clear(want)
	}
}

// compareState compares what a list says of itself: closed doors say so, and no more.
func (m *matrix) compareState(t *testing.T, e cell, d door, value json.RawMessage, open bool) {
	t.Helper()
	if len(d.parts) == 0 {
		return
	}
	var about struct {
		State    string
		Complete bool
		Gaps     []json.RawMessage
		Nodes    []json.RawMessage
		Edges    []json.RawMessage
		PageInfo struct {
			HasNextPage bool
			EndCursor   string
		}
	}
	if bytes.HasPrefix(value, []byte("{")) {
		check(t, json.Unmarshal(value, &about))
	}
	if about.State == "" { // a single value
		if !open && string(value) != "null" {
			t.Errorf("%s: %s is closed and says %.100s", e, d.name(), value)
		}
		return
	}
	if (about.State == "NOT_PERMITTED") == open {
		t.Errorf("%s: %s says %s", e, d.name(), about.State)
	}
	if !open && (about.Complete || len(about.Gaps)+len(about.Nodes)+len(about.Edges) > 0 || about.PageInfo.HasNextPage || about.PageInfo.EndCursor != "") {
		t.Errorf("%s: %s is closed and says %.200s", e, d.name(), value)
	}
}

// noted fails the test where an alarm was raised that has no cause in the cell.
func (m *matrix) noted(t *testing.T, e cell) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, alarm := range m.alarms {
		switch {
		case alarm == resolvers.AlarmConsent && e.state.store, alarm == resolvers.AlarmAudit && e.state.trail, alarm == resolvers.AlarmRestricted && e.state.hidden,
			alarm == resolvers.AlarmDropped && e.state.life == leaver:
		default:
			t.Errorf("%s: the alarm %s", e, alarm)
		}
	}
	m.alarms = nil
}

// remember keeps a refusal, to be compared with the others of its kind.
func (m *matrix) remember(e cell, w way, response *httptest.ResponseRecorder) {
	key := e.caller.name + ", " + e.code + ", " + w.name
	text := fmt.Sprint(response.Code, response.Header(), "\n", strings.ReplaceAll(response.Body.String(), string(e.state.asked()), "N"))
	if m.bodies[key] == nil {
		m.bodies[key] = map[string]string{}
	}
	if _, known := m.bodies[key][text]; !known {
		m.bodies[key][text] = e.String()
	}
}

// alikeAll wants every refusal of one caller with one code alike to the byte, headers and
// all, whatever is behind it.
func (m *matrix) alikeAll(t *testing.T) {
	t.Helper()
	for key, texts := range m.bodies {
		if len(texts) > 1 {
			t.Errorf("%s: %d answers that can be told apart: %v", key, len(texts), texts)
		}
	}
}

func keysOf(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

func difference(a, b map[string]bool) []string {
	var only []string
	for name := range a {
		if !b[name] {
			only = append(only, name)
		}
	}
	slices.Sort(only)
	return only
}
