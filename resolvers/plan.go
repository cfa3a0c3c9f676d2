package resolvers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/slab"
)

// A want is one read a field needs of the sources of some sectors, for the
// patients of its root.
type want struct {
	part
	class    record.Class // under which it is read: the part's, or the narrower one
	filter   fetch.Filter
	children fetch.Children
	only     record.NHSNumber // the one patient whose document an id names; "" for all
	places   [2]int           // where its readings stand in the plan, counted from 1; 0 for none
}

// A planned field is a list field of the operation with what it needs. It is found
// again by its place in the document.
type planned struct {
	field
	wants  []want
	first  int
	cursor *cursor
	bound  string          // what a cursor of this field is bound to
	grants []consent.Grant // the patients it is needed for
}

// A plan is all that an operation needs of the sources.
type plan struct {
	fields  map[*ast.Field]*planned
	singles map[string]*planned // single values of sector objects, by coordinate
	all     []*planned          // singles too, and each place for each root field
	notes   bool

	readings []reading     // in the order in which they are asked
	places   map[alike]int // where the last of each stands in readings, counted from 1
	persons  int           // where the reading of persons stands
	notesAt  [2]int        // where those of notes stand, counted from 1; 0 for none

	made  slab.Of[planned]
	wants slab.Of[want]
	lists slab.Of[[]consent.Grant]
}

// maxFirst is the longest page.
const maxFirst = 200

// newPlan is a plan of nothing, with room for so many readings.
func newPlan(readings int) plan {
	p := plan{
		fields: make(map[*ast.Field]*planned, readings), singles: map[string]*planned{},
		places: make(map[alike]int, readings), readings: make([]reading, 0, readings),
	}
	p.made.Expect(readings)
	p.wants.Expect(readings)
	p.lists.Expect(readings)
	return p
}

// plan reads the selections of all root fields. Its error is a fault of the
// caller's, and what was planned until then is of nobody.
func (q *request) plan() error {
	usual := q.usual()
	q.planned = newPlan(usual)
	for _, root := range q.roots {
		grants := root.shown(q.grants)
		if len(grants) == 0 {
			continue
		}
		if err := q.planRoot(root, grants); err != nil {
			return err
		}
	}
	q.bind()
	q.unusual(usual)
	return nil
}

// sizeKey is under which a document keeps how many readings its plan had the last time.
type sizeKey struct{}

// mostUsual bounds what is set aside before it is needed.
const mostUsual = 200

// usual is how many readings a plan of the document has.
func (q *request) usual() int {
	if q.kept != nil {
		if usual, known := q.kept.Load(sizeKey{}); known {
			return usual.(int)
		}
	}
	return 0
}

// unusual notes where there were more or fewer than that.
func (q *request) unusual(usual int) {
	if n := min(len(q.planned.readings), mostUsual); n != usual && q.kept != nil {
		q.kept.Store(sizeKey{}, n)
	}
}

func (q *request) planRoot(root *root, grants []consent.Grant) error {
	for _, f := range graphql.CollectFields(q.op, root.selection, []string{"Patient"}) {
		switch f.Name {
		case "acute", "gp", "mentalHealth", "socialCare":
			if err := q.planSector(f, grants); err != nil {
				return err
			}
		default:
			name := "Patient." + f.Name
			if personal[f.Name] {
				name = "Patient.demographics"
			}
			if _, listed := fields[name]; listed {
				if err := q.planField(name, f, grants); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// personal are the fields of a patient that demographics hold.
var personal = map[string]bool{
	"name": true, "dateOfBirth": true, "age": true, "gender": true, "deceasedAt": true, "deceasedAtPrecision": true, "address": true, "telecom": true,
	"registeredPractice": true, "ethnicCategory": true, "preferredLanguage": true, "maritalStatus": true, "nhsNumberStatus": true, "demographics": true,
}

// ofSector are the fields of a sector object that say how its single values fared.
var ofSector = map[string]bool{"state": true, "complete": true, "gaps": true}

// sectorTypes are the types of the sector objects, by field.
var sectorTypes = map[string]string{
	"acute": "AcuteRecord", "gp": "GPRecord", "mentalHealth": "MentalHealthRecord", "socialCare": "SocialCareRecord",
}

func (q *request) planSector(sector graphql.CollectedField, grants []consent.Grant) error {
	typeName := sectorTypes[sector.Name]
	for _, f := range graphql.CollectFields(q.op, sector.Selections, []string{typeName}) {
		names := []string{typeName + "." + f.Name}
		if ofSector[f.Name] {
			names = singles[typeName]
		}
		for _, name := range names {
			if _, listed := fields[name]; !listed {
				continue
			}
			if err := q.planField(name, f, grants); err != nil {
				return err
			}
		}
	}
	return nil
}

// singles are the single values of each sector object, in order.
var singles = singleFields()

func singleFields() map[string][]string {
	found := map[string][]string{}
	for name, f := range fields {
		if typeName, _, _ := strings.Cut(name, "."); f.single {
			found[typeName] = append(found[typeName], name)
		}
	}
	for _, names := range found {
		slices.Sort(names)
	}
	return found
}

// planField notes what one field needs of the patients of its root.
func (q *request) planField(name string, f graphql.CollectedField, grants []consent.Grant) error {
	args := arguments{values: f.ArgumentMap(q.op.Variables), lineage: q.lineage, today: record.Today(q.now)}
	p := q.planned.made.Put(planned{field: fields[name]})
	var filter fetch.Filter
	var err error
	if p.narrow != nil {
		if filter, err = p.narrow(args); err != nil {
			return err
		}
	}
	if name == "Patient.document" {
		q.planDocument(f, args, grants)
		return nil
	}
	if p.paged {
		if filter, err = q.page(p, name, args, filter, grants); err != nil {
			return err
		}
	}
	only := sectorsAsked(args)
	p.wants = q.planned.wants.Slice(len(p.parts))[:0]
	for _, part := range p.parts {
		w := want{part: part, class: part.class, filter: filter}
		if only != nil {
			w.sectors = intersect(part.sectors, only)
		}
		if p.field.class != nil {
			if narrower := p.field.class(args); narrower != "" {
				w.class = narrower
			}
		}
		if w.kind == fetch.Appointments && filter.When == fetch.FromNow {
			w.kind = fetch.Upcoming
		}
		w.children = everyChild
		if !p.field.single {
			w.children = q.children(w.kind, f)
		}
		w.children &= 1<<len(fetch.ChildFields[w.kind]) - 1
		p.wants = append(p.wants, w)
	}
	p.grants = grants
	q.planned.all = append(q.planned.all, p)
	if p.single { // found by name: it may stand for state, complete or gaps, in any root
		q.planned.singles[name] = p
	} else {
		if before := q.planned.fields[f.Field]; before != nil {
			p.join(before)
		}
		q.planned.fields[f.Field] = p
	}
	for i := range p.wants {
		q.planned.need(&p.wants[i], p.grants, true)
		for _, w := range p.beside(p.wants[i]) {
			q.planned.need(&w, p.grants, w.kind == p.wants[i].kind) // some of that may be shown
		}
	}
	q.planned.notes = q.planned.notes || name != "Patient.demographics"
	return nil
}

// join adds what the same place in the document was found to need under another
// root field: its patients, and the child relations that were selected there.
func (p *planned) join(before *planned) {
	p.grants = append(slices.Clone(before.grants), p.grants...)
	for i := range p.wants {
		p.wants[i].children |= before.wants[i].children
	}
}

// plannedFor reports whether a field was planned for a patient, and not only for
// those of another root.
func (q *request) plannedFor(p *planned, patient record.NHSNumber) bool {
	grant, _ := q.grants.For(patient)
	for i := range p.wants {
		if !grant.Allows(p.wants[i].class) {
			return true // and so it is NOT_PERMITTED
		}
		for _, at := range p.wants[i].places {
			if r := q.planned.bound(at - 1); r.subject(patient) >= 0 {
				return true
			}
		}
	}
	return false
}

// beside are the wants that complete a field's own.
func (p *planned) beside(w want) []want {
	if unmapped, ok := p.uncomparable(w); ok {
		return []want{unmapped}
	}
	if w.kind == fetch.Medications && !p.paged {
		return besideMedicines(w)
	}
	return nil
}

// uncomparable is the want for results that can be compared with no test, beside a
// want for results of one test.
func (p *planned) uncomparable(w want) (want, bool) {
	if !p.unmapped || w.filter.Codes == "" {
		return want{}, false
	}
	return want{part: part{w.part.class, fetch.UnmappedResults, w.sectors}, class: w.class, filter: fetch.Filter{Since: w.filter.Since, Codes: w.filter.Codes, First: enoughUnmapped}}, true
}

// enoughUnmapped is how many results of other systems are read to see whether there
// is one that may be shown.
const enoughUnmapped = 5

// everyChild asks for all child relations.
const everyChild = ^fetch.Children(0)

// page reads first and after.
func (q *request) page(p *planned, name string, args arguments, filter fetch.Filter, grants []consent.Grant) (fetch.Filter, error) {
	first, err := strconv.Atoi(fmt.Sprint(args.values["first"]))
	if err != nil || first < 1 || first > maxFirst {
		return filter, fmt.Errorf("%w: first must be from 1 to %d", record.ErrInvalid, maxFirst)
	}
	p.first = first
	p.bound = q.binding(name, args)
	filter.First = p.first + 1
	after := args.text("after")
	if after == "" {
		return filter, nil
	}
	for _, grant := range grants {
		c, err := q.root.openCursor(after, p.bound, grant)
		if err != nil {
			return filter, err
		}
		p.cursor = &c
	}
	filter.After = fetch.Position{Set: true, On: string(p.cursor.Stand.Day()), At: p.cursor.Stand.At.Time}
	return filter, nil
}

// sectorsAsked reads the argument sectors; nil for all.
func sectorsAsked(args arguments) []record.Sector {
	given, ok := args.values["sectors"].([]any)
	if !ok {
		return nil
	}
	sectors := []record.Sector{}
	for _, sector := range given {
		text, _ := sector.(string)
		sectors = append(sectors, record.Sector(text))
	}
	return sectors
}

func intersect(a, b []record.Sector) []record.Sector {
	both := []record.Sector{}
	for _, sector := range a {
		if slices.Contains(b, sector) {
			both = append(both, sector)
		}
	}
	return both
}

// planDocument asks the one source that the id names. An id that does not open is
// of no document of this patient.
func (q *request) planDocument(f graphql.CollectedField, args arguments, grants []consent.Grant) {
	p := &planned{field: fields["Patient.document"]}
	if before := q.planned.fields[f.Field]; before != nil { // under another root
		p.wants = before.wants
	}
	q.planned.fields[f.Field] = p
	q.planned.all = append(q.planned.all, p)
	for _, grant := range grants {
		source, sourceID, ok := q.root.Identifier.OpenDocument(grant.Patient(), record.ID(args.text("id")))
		sector := record.Sector(source[:strings.IndexByte(source+"/", '/')])
		if !ok || !slices.Contains(p.parts[0].sectors, sector) {
			continue
		}
		class := record.ClassDocuments
		if sector == record.SocialCare {
			class = record.ClassSocialCare
		}
		w := want{part: part{class, fetch.DocumentContent, []record.Sector{sector}}, class: class, filter: fetch.Filter{SourceID: sourceID, Source: source}, only: grant.Patient()}
		q.planned.need(&w, []consent.Grant{grant}, true)
		p.wants = append(p.wants, w)
	}
}

// children says which child relations the selection below a list needs. It looks at
// names alone, whatever @skip or a type condition says: a child too many is read,
// never one too few.
func (q *request) children(kind fetch.Kind, list graphql.CollectedField) fetch.Children {
	var mask fetch.Children
	children := fetch.ChildFields[kind]
	if len(children) == 0 {
		return 0
	}
	names := q.namesBelow(list)
	for bit, fields := range children {
		if slices.ContainsFunc(fields, func(name string) bool { return names[name] }) {
			mask |= 1 << bit
		}
	}
	return mask
}

// belowKey is under which a document keeps the names below one of its fields.
type belowKey struct{ field *ast.Field }

// namesBelow are the names below a list. A document keeps those of a field that stands
// alone under its key: variables decide nothing in them.
func (q *request) namesBelow(list graphql.CollectedField) map[string]bool {
	alone := len(list.Selections) == len(list.Field.SelectionSet)
	if alone && q.kept != nil {
		if names, known := q.kept.Load(belowKey{list.Field}); known {
			return names.(map[string]bool)
		}
	}
	names := map[string]bool{}
	namesIn(list.Selections, q.op.Doc, names, map[string]bool{})
	if alone && q.kept != nil {
		q.kept.Store(belowKey{list.Field}, names)
	}
	return names
}

func namesIn(selection ast.SelectionSet, doc *ast.QueryDocument, names, seen map[string]bool) {
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			names[s.Name] = true
			namesIn(s.SelectionSet, doc, names, seen)
		case *ast.InlineFragment:
			namesIn(s.SelectionSet, doc, names, seen)
		case *ast.FragmentSpread:
			if seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			if fragment := doc.Fragments.ForName(s.Name); fragment != nil {
				namesIn(fragment.SelectionSet, doc, names, seen)
			}
		}
	}
}
