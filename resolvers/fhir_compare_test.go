package resolvers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// A table says where a record over FHIR may differ from the same over SQL, and why. Names
// are those of the source views: "GP problem.severity" is a field, "GP alert" all of a
// relation, "GP alerts" a list. What stands in it and does not differ fails the test.
//
// In the name of a field "*" stands for every relation of the sector.
type table struct {
	lost   map[string]string // relations whose entries are not there, and single values
	more   map[string]string // entries that are not there over SQL
	gaps   map[string]string // lists with a gap besides ("GP alerts UNAVAILABLE"), or "without" what they say over SQL
	fields map[string]rule
}

// A rule is how a field may differ.
type rule struct {
	shows func(sql, fhir any) bool
	why   string
}

// nothing: the profile has no place for it, so that it is not said.
func nothing(_, fhir any) bool {
	switch v := fhir.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "UNKNOWN"
	case []any:
		return len(v) == 0
	}
	return false
}

// added: the source says more than the rows do.
func added(sql, fhir any) bool { return nothing(nil, sql) && !nothing(nil, fhir) }

// constant is one value in the place of any.
func constant(value any) func(any, any) bool {
	return func(_, fhir any) bool { return reflect.DeepEqual(fhir, value) }
}

// told: every text of the one stands somewhere in the other.
func told(sql, fhir any) bool {
	said, _ := json.Marshal(fhir)
	complete := true
	eachText(sql, func(text string) {
		quoted, _ := json.Marshal(text)
		complete = complete && strings.Contains(string(said), strings.Trim(string(quoted), `"`))
	})
	return complete && fhir != nil
}

func eachText(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, x := range v {
			eachText(x, visit)
		}
	case map[string]any:
		for name, x := range v {
			if name != "__typename" {
				eachText(x, visit)
			}
		}
	}
}

// fewer: some of the same values.
func fewer(sql, fhir any) bool {
	all, _ := sql.([]any)
	some, _ := fhir.([]any)
	return len(some) < len(all) && !slices.ContainsFunc(some, func(x any) bool { return !slices.Contains(all, x) })
}

type entryName struct{ id, relation string } // the id over SQL, and "SECTOR relation"

// A comparison walks two answers to one query.
type comparison struct {
	worlds *worlds
	table  table
	names  map[string]entryName
	used   map[string]bool
	wrong  map[string]*wrong
	asked  int
	seen   int // texts that were compared
	where  string
}

// wrong is a difference that the table does not know.
type wrong struct {
	times int
	first string
}

func newComparison(t testing.TB, w *worlds, table table) *comparison {
	c := &comparison{worlds: w, table: table, names: map[string]entryName{}, used: map[string]bool{}, wrong: map[string]*wrong{}}
	for i, source := range load.Sources() {
		name := w.sql.options.Sources[i].Name
		for p := range w.people {
			for _, r := range w.people[p].Rows[source] {
				if id, ok := r.Columns["id"].(string); ok {
					c.name(source, name, w.people[p].Number, r, id)
				}
			}
		}
	}
	return c
}

// name knows an entry by its id over SQL and by those it may have over FHIR.
func (c *comparison) name(source load.Source, name string, number record.NHSNumber, r load.Row, id string) {
	relation, ids, prefix := r.Relation, c.worlds.sql.options.Identifier, string(source.Sector)+" "
	item := func(kind, id string) string { return string(ids.Item(name, kind, number, id)) }
	own := item(relation, id)
	if relation == "document" {
		own = string(ids.Document(name, number, id))
	}
	c.names[own] = entryName{own, prefix + relation}
	switch relation {
	case "care_team_member": // a participant of a team, or the usual GP
		c.names[item(relation, id+".1")] = entryName{own, prefix + relation}
		c.names[item(relation, "Practitioner/"+id)] = entryName{own, prefix + relation}
	case "need":
		if r.Columns["category"] == "INTERPRETER" {
			c.names[item(relation, "NHSCommunication")] = entryName{own, prefix + relation}
		}
	case "stay", "attendance":
		for n := range 9 {
			other := item("problem", fmt.Sprintf("%s-diagnosis-%d", id, n+1))
			c.names[other] = entryName{other, prefix + "diagnosis of an encounter"}
			other = item("procedure", fmt.Sprintf("%s-procedure-%d", id, n+1))
			c.names[other] = entryName{other, prefix + "procedure of an encounter"}
		}
	case "carer":
		other := item("contact", id)
		c.names[other] = entryName{other, prefix + "contact who is a carer"}
	case "contact":
		other := item("carer", id)
		c.names[other] = entryName{other, prefix + "carer who is a contact"}
	}
}

// documents are the ids of a resident's documents that are shown over SQL.
func (c *comparison) documents(p *load.Person) (all []string) {
	for i, source := range load.Sources() {
		for _, r := range p.Rows[source] {
			if id, ok := r.Columns["id"].(string); ok && r.Relation == "document" {
				all = append(all, string(c.worlds.sql.options.Identifier.Document(c.worlds.sql.options.Sources[i].Name, p.Number, id)))
			}
		}
	}
	return all
}

// compare asks both worlds as a persona of an organisation; "" for the persona's own.
func (c *comparison) compare(t *testing.T, persona, org, name, query string, variables map[string]any) {
	t.Helper()
	over, by := c.worlds.sql.ask(t, persona, org, query, variables), c.worlds.fhir.ask(t, persona, org, query, variables)
	if over.Status != by.Status || len(over.Errors) != len(by.Errors) {
		t.Errorf("%s as %s: %d %v over SQL, %d %v over FHIR", name, persona, over.Status, over.Errors, by.Status, by.Errors)
		return
	}
	c.asked++
	c.where = fmt.Sprintf("%s of %v as %s", name, variables, persona)
	data, answered := decoded(t, over), decoded(t, by)
	eachText(data, func(string) { c.seen++ })
	c.value("", data, answered)
	if n := hiddenIn(answered); n > hiddenIn(data) { // the notice of every record has one
		t.Errorf("%s: %d texts say what is never shown", c.where, n)
	}
}

// hiddenIn is how many texts have a hidden word. An id may have any letters.
func hiddenIn(value any) (n int) {
	eachText(value, func(text string) {
		if slices.ContainsFunc(hiddenWords, func(word string) bool {
			return text == word || strings.Contains(text, " ") && strings.Contains(text, word)
		}) {
			n++
		}
	})
	return n
}

// differ is a difference that the table must know.
func (c *comparison) differ(kind, key string, known bool, detail string) {
	if known {
		c.used[key] = true
		return
	}
	line := kind + " " + key
	if c.wrong[line] == nil {
		c.wrong[line] = &wrong{first: detail + "\n\t\t" + c.where}
	}
	c.wrong[line].times++
}

func brief(value any) string {
	text, _ := json.Marshal(value)
	return string(text[:min(len(text), 160)])
}

// value compares what stands at a path.
func (c *comparison) value(path string, a, b any) {
	if c.ruled(path, a, b) {
		return
	}
	x, isA := a.(map[string]any)
	y, isB := b.(map[string]any)
	if isA && isB {
		c.object(path, x, y)
		return
	}
	l, isA := a.([]any)
	m, isB := b.([]any)
	if isA && isB && len(l) == len(m) && len(l) > 0 {
		if _, plain := l[0].(map[string]any); plain {
			for i := range l {
				c.value(path, l[i], m[i])
			}
			return
		}
	}
	if reflect.DeepEqual(a, b) {
		return
	}
	c.differ("field", path, false, brief(a)+" over SQL, "+brief(b)+" over FHIR")
}

// ruled reports whether two values are the same or differ as the table says, under their
// own path or one for every relation of their sector.
func (c *comparison) ruled(path string, a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	sector, rest, _ := strings.Cut(path, " ")
	_, field, _ := strings.Cut(rest, ".")
	for _, key := range []string{path, sector + " *." + field} {
		if rule, known := c.table.fields[key]; known && rule.shows(a, b) {
			c.used[key] = true
			return true
		}
	}
	return false
}

// singles are the single values of the sectors' objects, by path.
var singles = map[string]string{
	"MENTAL_HEALTH.careCoordinator": "MENTAL_HEALTH care_coordinator", "MENTAL_HEALTH.responsibleClinician": "MENTAL_HEALTH responsible_clinician",
	"MENTAL_HEALTH.legalStatus": "MENTAL_HEALTH legal_status", "MENTAL_HEALTH.communityTreatmentOrder": "MENTAL_HEALTH community_treatment_order",
	"MENTAL_HEALTH.careCluster": "MENTAL_HEALTH care_cluster", "SOCIAL_CARE.allocatedWorker": "SOCIAL_CARE allocated_worker", "SOCIAL_CARE.circumstances": "SOCIAL_CARE circumstances",
	"SOCIAL_CARE.primarySupportReason": "SOCIAL_CARE support_reason", "ACUTE.currentStay": "ACUTE stay", "GP.lastConsultation": "GP consultation",
}

var sectorOf = map[string]string{"acute": "ACUTE", "gp": "GP", "mentalHealth": "MENTAL_HEALTH", "socialCare": "SOCIAL_CARE"}

// under is the path of a member. Within an entry paths begin with its relation, within a
// sector's object with the sector.
func under(path, name string) string {
	switch {
	case path == "" && (name == "patient" || name == "patients"), path == "patient" && name == "patient":
		return "patient"
	case path == "patient" && sectorOf[name] != "":
		return sectorOf[name]
	case singles[path+"."+name] != "" && name != "primarySupportReason":
		return singles[path+"."+name]
	case path == "":
		return name
	}
	if owner, field, aliased := strings.Cut(name, "_"); aliased && owner != "" { // Stay_reason, where types of a merged list differ
		name = field
	}
	return path + "." + name
}

func (c *comparison) object(path string, a, b map[string]any) {
	if name, known := c.names[fmt.Sprint(a["id"])]; known && a["id"] != nil {
		path = name.relation
		b = maps.Clone(b)
		if other, known := c.names[fmt.Sprint(b["id"])]; known {
			b["id"] = other.id
		}
	}
	loose := false
	if _, listed := a["gaps"]; listed {
		loose = c.list(path, a, b)
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		switch name {
		case "gaps", "nodes", "edges", "noneKnownBy":
			if _, isList := a["gaps"]; isList {
				continue
			}
		case "state", "complete", "pageInfo":
			if loose {
				continue
			}
		case "sources":
			c.sources(a[name].([]any), b[name].([]any))
			continue
		}
		at := under(path, name)
		if single := path + "." + name; singles[single] != "" && b[name] == nil && a[name] != nil {
			_, known := c.table.lost[single]
			c.differ("lost", single, known, brief(a[name]))
			c.gapped(path+" "+name, b)
			continue
		}
		c.value(at, a[name], b[name])
	}
	for name := range b {
		if _, also := a[name]; !also {
			c.differ("member", path+"."+name, false, "only over FHIR")
		}
	}
}

// list compares a list: its gaps, its entries by their ids, and what it says of itself.
// It is loose where it may lack something that the table knows.
func (c *comparison) list(path string, a, b map[string]any) (loose bool) {
	gaps, gapsB := gapsOf(a), gapsOf(b)
	for gap := range gapsB {
		if !gaps[gap] {
			loose = true
			sector, reason, _ := strings.Cut(gap, " ")
			key := sector + " " + path[strings.LastIndexByte(path, '.')+1:] + " " + reason
			_, known := c.table.gaps[key]
			c.differ("gap", key, known, "only over FHIR")
		}
	}
	for gap := range gaps {
		if !gapsB[gap] {
			loose = true
			sector, reason, _ := strings.Cut(gap, " ")
			key := sector + " " + path[strings.LastIndexByte(path, '.')+1:] + " without " + reason
			_, known := c.table.gaps[key]
			c.differ("gap", key, known, "only over SQL")
		}
	}
	x, y := entriesOf(a), entriesOf(b)
	byID, places := map[string]map[string]any{}, map[string]int{}
	var order []string
	for i, node := range y {
		name, known := c.names[fmt.Sprint(node["id"])]
		if !known {
			c.differ("entry", path, false, "nobody's entry "+brief(node))
			continue
		}
		byID[name.id], places[name.id] = node, i
		order = append(order, name.id)
	}
	var shared []string
	lastOver, lastBy := -1, -1 // where the last entry stands that both have
	for i, node := range x {
		if id := fmt.Sprint(node["id"]); byID[id] != nil {
			lastOver, lastBy = i, max(lastBy, places[id])
		}
	}
	for i, node := range x {
		id := fmt.Sprint(node["id"])
		other := byID[id]
		if other == nil {
			loose = true
			if goesOn(b) && i > lastOver {
				continue // on a later page
			}
			relation := c.names[id].relation
			_, known := c.table.lost[relation]
			c.differ("lost", relation, known, brief(node))
			c.gapped(relation, b)
			continue
		}
		shared = append(shared, id)
		delete(byID, id)
		c.value(path, node, other)
	}
	for id := range byID {
		loose = true
		if goesOn(a) && places[id] > lastBy {
			continue // on a later page
		}
		relation := c.names[id].relation
		_, known := c.table.more[relation]
		c.differ("more", relation, known, brief(byID[id]))
	}
	order = slices.DeleteFunc(order, func(id string) bool { return byID[id] != nil })
	if !slices.Equal(shared, order) {
		c.differ("order", path, false, "entries stand in another order")
	}
	loose = c.noneKnown(path, a, b) || loose
	if loose {
		c.describes(path, a, b)
	} else {
		c.cursors(path, a, b)
	}
	return loose
}

func gapsOf(o map[string]any) map[string]bool {
	all := map[string]bool{}
	gaps, _ := o["gaps"].([]any)
	for _, gap := range gaps {
		g := gap.(map[string]any)
		all[fmt.Sprint(g["sector"], " ", g["reason"])] = true
	}
	return all
}

// entriesOf are the entries of a list, or of its edges where only those were asked for.
func entriesOf(o map[string]any) (all []map[string]any) {
	if nodes, ok := o["nodes"].([]any); ok {
		for _, node := range nodes {
			all = append(all, node.(map[string]any))
		}
		return all
	}
	edges, _ := o["edges"].([]any)
	for _, edge := range edges {
		all = append(all, edge.(map[string]any)["node"].(map[string]any))
	}
	return all
}

// goesOn reports whether a list has further pages.
func goesOn(o map[string]any) bool {
	page, _ := o["pageInfo"].(map[string]any)
	return page["hasNextPage"] == true
}

// gapped: what is lost must show as a gap of its sector, unless the table says that
// nothing tells of it.
func (c *comparison) gapped(relation string, b map[string]any) {
	sector, _, _ := strings.Cut(relation, " ")
	if strings.HasPrefix(c.table.lost[relation], silently) {
		return
	}
	for gap := range gapsOf(b) {
		if strings.HasPrefix(gap, sector+" ") {
			return
		}
	}
	if b["gaps"] != nil {
		c.differ("silence", relation, false, "entries are lost and there is no gap")
	}
}

// silently begins the reason for what is lost without a gap.
const silently = "No gap: "

// noneKnown compares the statements that there is nothing, and reports whether any is
// lost.
func (c *comparison) noneKnown(path string, a, b map[string]any) (lost bool) {
	x, _ := a["noneKnownBy"].([]any)
	y, _ := b["noneKnownBy"].([]any)
	for _, note := range x {
		n := note.(map[string]any)
		i := slices.IndexFunc(y, func(other any) bool { return other.(map[string]any)["sourceId"] == n["sourceId"] })
		sector := fmt.Sprint(n["sector"])
		if i < 0 {
			lost = true
			key := sector + " " + path[strings.LastIndexByte(path, '.')+1:] + " without NONE_KNOWN"
			_, known := c.table.gaps[key]
			c.differ("note", key, known, brief(note))
			continue
		}
		c.value(sector+" list_note.provenance", note, y[i])
		y = slices.Delete(slices.Clone(y), i, i+1)
	}
	if len(y) > 0 {
		c.differ("note", path, false, "only over FHIR: "+brief(y))
	}
	return lost
}

// describes checks what a list that lacks something says of itself.
func (c *comparison) describes(path string, a, b map[string]any) {
	state, asked := b["state"].(string)
	if !asked || state == string(record.NotPermitted) {
		return
	}
	found, gaps := len(entriesOf(b)) > 0, len(gapsOf(b)) > 0
	if b["nodes"] == nil && b["edges"] == nil { // a sector's object: of its single values
		found = state == string(record.Recorded)
	}
	none, _ := b["noneKnownBy"].([]any)
	want := string(record.Describe(found, gaps, len(none) > 0))
	if state != want && !(want == string(record.NoneRecorded) && state == string(record.NoneKnown)) {
		c.differ("state", path, false, state+", not "+want)
	}
	if complete, asked := b["complete"].(bool); asked && complete != !gaps && complete != (!gaps && a["complete"] == true) {
		c.differ("complete", path, false, fmt.Sprint(complete, " with gaps: ", gaps))
	}
}

func (c *comparison) cursors(path string, a, b map[string]any) {
	if _, nodes := a["nodes"]; nodes {
		if !reflect.DeepEqual(a["edges"], b["edges"]) && len(path) > 0 {
			c.differ("cursors", path, false, brief(a["edges"])+brief(b["edges"]))
		}
	}
}

// sources compares how each source answered.
func (c *comparison) sources(a, b []any) {
	if len(a) != len(b) {
		c.differ("sources", "count", false, fmt.Sprint(len(a), len(b)))
		return
	}
	for i := range a {
		sector, _ := a[i].(map[string]any)["sector"].(string)
		c.value(sector+" sources", a[i], b[i])
	}
}

// finish fails the test for what differs and is not in the table, and for what stands in
// the table and does not differ.
func (c *comparison) finish(t *testing.T) {
	t.Helper()
	c.report(t)
	var keys []string
	for key := range c.table.fields {
		keys = append(keys, key)
	}
	for _, m := range []map[string]string{c.table.lost, c.table.more, c.table.gaps} {
		keys = slices.AppendSeq(keys, maps.Keys(m))
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !c.used[key] {
			t.Errorf("the table has %q, and nothing differs there", key)
		}
	}
}

func (c *comparison) report(t *testing.T) {
	t.Helper()
	for _, line := range slices.Sorted(maps.Keys(c.wrong)) {
		t.Errorf("%s (%d times): %s", line, c.wrong[line].times, c.wrong[line].first)
	}
	if c.asked == 0 || c.seen < 50*c.asked {
		t.Errorf("%d questions, %d texts compared", c.asked, c.seen)
	}
	t.Logf("%d questions, %d texts compared, %d places where they may differ", c.asked, c.seen, len(c.used))
}
