package resolvers

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A want is one read that a field needs from the sources of some sectors, for the patients of its root.
type want struct {
	part
	class    record.Class // under which it is read: the part's, or the narrower one
	filter   fetch.Filter
	children fetch.Children
	only     record.NHSNumber // the one patient whose document an id names; "" for all
	places   [2]int           // where its readings stand in the plan, counted from 1; 0 for none
}

// A planned field is a list field of the operation and what it needs. It is identified by its place in the document.
type planned struct {
	field
	name      string // in the table of fields
	arguments string // those that a cursor is bound to
	wants     []want
	first     int
	cursor    *cursor
	whose     []whose // the patients it is needed for
	summaries bool    // the document that a stay names is asked for
}

// A plan is everything an operation needs from the sources, whoever it is asked for. It is immutable once made, because
// a document may cache it.
type plan struct {
	fields  map[*ast.Field]*planned
	singles map[string]*planned // single values of sector objects, by coordinate
	all     []*planned          // singles too, and each place for each root field
	notes   bool
	telecom bool // how a person is reached is asked for

	readings     []reading     // in the order in which they are asked
	instead      []int         // by reading: the one that is asked for it, which is itself unless another reads as much
	places       map[alike]int // where the last of each stands in readings, counted from 1
	people       []people      // whose they are
	meant        [][]int       // by source: the readings that are meant for it
	persons      int           // where the reading of persons stands
	notesAt      [2]int        // where those of notes stand, counted from 1; 0 for none
	demographics *planned      // one of the person's own details; nil where none is asked for
	personal     []bool        // by root: any of them is asked for
	summaries    []bool        // by root: the document that a stay names is asked for
	particular   bool          // it rests on who asks, or on which patient's document or page is asked for
}

// maxFirst is the longest page.
const maxFirst = 200

func newPlan() *plan {
	return &plan{fields: map[*ast.Field]*planned{}, singles: map[string]*planned{}, places: map[alike]int{}}
}

// unplanned is the plan of a request that has none yet.
var unplanned = newPlan()

// plan plans the operation for the roots under which somebody is shown, and binds the plan to these patients. An error
// is a fault of the caller's; nothing is planned then.
func (q *request) plan() error {
	shown, everywhere := q.shown()
	p, keep := q.keptPlan(everywhere)
	if p == nil {
		p = newPlan()
		for i, root := range q.roots {
			if len(shown[i]) == 0 {
				continue
			}
			planning := planning{p, q, []whose{{root: i}}, shown[i]}
			if err := planning.root(root.selection); err != nil {
				return err
			}
		}
		p.finish(q.root, len(q.roots))
		keep(p)
	}
	q.planned = p
	q.bind(shown)
	return nil
}

// planPersons plans to read only who the patients are.
func (q *request) planPersons() {
	shown, _ := q.shown()
	q.planned = newPlan()
	q.planned.finish(q.root, len(q.roots))
	q.bind(shown)
}

// shown returns the grants under each root, and reports whether there are any under all of them.
func (q *request) shown() (shown [][]consent.Grant, everywhere bool) {
	shown, everywhere = make([][]consent.Grant, len(q.roots)), true
	for i, root := range q.roots {
		shown[i] = root.shown(q.grants)
		everywhere = everywhere && len(shown[i]) > 0
	}
	return shown, everywhere
}

// A planning is the planning of one root.
type planning struct {
	*plan
	q      *request
	whose  []whose
	grants []consent.Grant // theirs
}

func (p *planning) root(selection ast.SelectionSet) error {
	for _, f := range graphql.CollectFields(p.q.op, selection, []string{"Patient"}) {
		switch f.Name {
		case "acute", "gp", "mentalHealth", "socialCare":
			if err := p.sector(f); err != nil {
				return err
			}
		default:
			name := "Patient." + f.Name
			if personal[f.Name] {
				name = demographics
				p.telecom = p.telecom || f.Name == "telecom"
				p.notes = p.notes || f.Name == "demographics" // which says what is missing
			}
			if _, listed := fields[name]; listed {
				if err := p.field(name, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// demographics is the entry in the table of fields for everything that demographics holds.
const demographics = "Patient.demographics"

// personal are the fields of a patient that demographics holds.
var personal = map[string]bool{
	"name": true, "dateOfBirth": true, "age": true, "gender": true, "deceasedAt": true, "deceasedAtPrecision": true, "address": true, "telecom": true,
	"registeredPractice": true, "ethnicCategory": true, "preferredLanguage": true, "maritalStatus": true, "nhsNumberStatus": true, "demographics": true,
}

// ofSector are the fields of a sector object that describe its single values.
var ofSector = map[string]bool{"state": true, "complete": true, "gaps": true}

// sectorTypes are the types of the sector objects, by field.
var sectorTypes = map[string]string{
	"acute": "AcuteRecord", "gp": "GPRecord", "mentalHealth": "MentalHealthRecord", "socialCare": "SocialCareRecord",
}

func (p *planning) sector(sector graphql.CollectedField) error {
	typeName := sectorTypes[sector.Name]
	for _, f := range graphql.CollectFields(p.q.op, sector.Selections, []string{typeName}) {
		names := []string{typeName + "." + f.Name}
		if ofSector[f.Name] {
			names = singles[typeName]
		}
		for _, name := range names {
			if _, listed := fields[name]; !listed {
				continue
			}
			if err := p.field(name, f); err != nil {
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

// field records what one field needs for the patients of its root. An error in its arguments names the argument and
// fails the whole root.
func (p *planning) field(name string, f graphql.CollectedField) error {
	if err := p.needed(name, f); err != nil {
		return fmt.Errorf("%w (in %s)", err, f.Alias)
	}
	return nil
}

func (p *planning) needed(name string, f graphql.CollectedField) error {
	args := arguments{values: f.ArgumentMap(p.q.op.Variables), lineage: p.q.lineage, particular: &p.particular}
	x := &planned{field: fields[name], name: name, whose: p.whose}
	var filter fetch.Filter
	var err error
	if x.narrow != nil {
		if filter, err = x.narrow(args); err != nil {
			return err
		}
	}
	if name == "Patient.document" {
		p.document(x, f, args)
		return nil
	}
	if x.paged {
		if filter, err = p.page(x, f, args, filter); err != nil {
			return err
		}
	}
	only := sectorsAsked(args)
	if only != nil && len(only) == 0 { // which would look like none
		return fmt.Errorf("%w: sectors must name at least one sector; leave it out for all of them", record.ErrInvalid)
	}
	single := "" // its name, whatever field asks for it
	if x.single {
		single = name[strings.IndexByte(name, '.')+1:]
	}
	x.wants = make([]want, 0, len(x.parts))
	for _, part := range x.parts {
		w := want{part: part, class: part.class, filter: filter}
		if only != nil {
			w.sectors = intersect(part.sectors, only)
		}
		if x.field.class != nil {
			if narrower := x.field.class(args); narrower != "" {
				w.class = narrower
			}
		}
		if w.kind == fetch.Appointments && filter.When == fetch.FromNow {
			w.kind = fetch.Upcoming
		}
		w.children = p.q.children(w.kind, f, single)
		if w.kind == fetch.Stays && p.q.namesBelow(f, single)["summary"] {
			x.summaries = true
		}
		x.wants = append(x.wants, w)
	}
	p.all = append(p.all, x)
	if x.single { // found by name: it may stand for state, complete or gaps, in any root
		p.singles[name] = x
	} else {
		if before := p.fields[f.Field]; before != nil {
			x.join(before)
		}
		p.fields[f.Field] = x
	}
	for i := range x.wants {
		p.need(&x.wants[i], x.whose, true)
		for _, w := range x.beside(x.wants[i]) {
			p.need(&w, x.whose, w.kind == x.wants[i].kind) // some of that may be shown
		}
	}
	if name == demographics {
		p.demographics = x
	} else {
		p.notes = true
	}
	return nil
}

// join adds what the same place in the document needs under another root field: its patients, and the child relations
// and page end that were selected there.
func (p *planned) join(before *planned) {
	p.whose = append(slices.Clip(before.whose), p.whose...)
	p.summaries = p.summaries || before.summaries
	for i := range p.wants {
		p.wants[i].children |= before.wants[i].children
		p.wants[i].filter.First = max(p.wants[i].filter.First, before.wants[i].filter.First)
	}
}

// plannedFor reports whether a field was planned for a patient, and not only for those of another root.
func (q *request) plannedFor(p *planned, patient record.NHSNumber) bool {
	grant, _ := q.grants.For(patient)
	for i := range p.wants {
		if !grant.Allows(p.wants[i].class) {
			return true // and so it is NOT_PERMITTED
		}
		for _, at := range p.wants[i].places {
			if q.subject(q.planned.standsAt(at), patient) >= 0 {
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

// unmapped maps a kind to the kind of its entries that cannot be compared with any code.
var unmapped = map[fetch.Kind]fetch.Kind{fetch.Results: fetch.UnmappedResults, fetch.VitalSigns: fetch.UnmappedVitalSigns}

// uncomparable is the want for results, or vital signs, that cannot be compared with any code, beside a want for those
// of one code.
func (p *planned) uncomparable(w want) (want, bool) {
	if !p.unmapped || w.filter.Codes == "" {
		return want{}, false
	}
	return want{part: part{w.part.class, unmapped[w.kind], w.sectors}, class: w.class, filter: fetch.Filter{Since: w.filter.Since, Codes: w.filter.Codes, First: enoughUnmapped}}, true
}

// enoughUnmapped is how many entries of other code systems are read to find out whether there is one that may be shown.
const enoughUnmapped = 5

// page reads the arguments first and after.
func (p *planning) page(x *planned, f graphql.CollectedField, args arguments, filter fetch.Filter) (fetch.Filter, error) {
	first, err := strconv.Atoi(fmt.Sprint(args.values["first"]))
	if err != nil || first < 1 || first > maxFirst {
		return filter, fmt.Errorf("%w: first must be from 1 to %d", record.ErrInvalid, maxFirst)
	}
	x.first, x.arguments = first, args.bound()
	filter.First = x.first
	if p.q.namesBelow(f, "")["hasNextPage"] { // the entry behind the page says that there is one
		filter.First++
	}
	if args.values["after"] == nil {
		return filter, nil
	}
	after := args.text("after")
	p.particular = true
	for _, grant := range p.grants {
		c, err := p.q.root.openCursor(after, p.q.binding(x), grant)
		if err != nil {
			return filter, err
		}
		x.cursor = &c
	}
	filter.After = fetch.Position{Set: true, On: string(x.cursor.Stand.Day()), At: x.cursor.Stand.At().Time}
	return filter, nil
}

// listed is the values of a list argument. A single value is a list of one (GraphQL, section 3.11): gqlparser coerces a
// variable so, to a type of its own, but not a literal.
func listed(value any) []any {
	if values, ok := value.([]any); ok {
		return values
	}
	if list := reflect.ValueOf(value); list.Kind() == reflect.Slice {
		values := make([]any, list.Len())
		for i := range values {
			values[i] = list.Index(i).Interface()
		}
		return values
	}
	return []any{value}
}

// sectorsAsked reads the argument sectors; nil for all.
func sectorsAsked(args arguments) []record.Sector {
	given := args.values["sectors"]
	if given == nil {
		return nil
	}
	sectors := []record.Sector{}
	for _, sector := range listed(given) {
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

// document asks the one source that the id names. An id that cannot be opened is no document of this patient.
func (p *planning) document(x *planned, f graphql.CollectedField, args arguments) {
	p.particular = true
	if before := p.fields[f.Field]; before != nil { // under another root
		x.wants = before.wants
	}
	p.fields[f.Field] = x
	p.all = append(p.all, x)
	p.notes = true // one that is on its way is not one that is not there
	for _, grant := range p.grants {
		source, sourceID, ok := p.q.root.Identifier.OpenDocument(grant.Patient(), record.ID(args.text("id")))
		sector := record.Sector(source[:strings.IndexByte(source+"/", '/')])
		if !ok || !slices.Contains(x.parts[0].sectors, sector) {
			continue
		}
		class := record.ClassDocuments
		if sector == record.SocialCare {
			class = record.ClassSocialCare
		}
		w := want{part: part{class, fetch.DocumentContent, []record.Sector{sector}}, class: class, filter: fetch.Filter{SourceID: sourceID, Source: source}, only: grant.Patient()}
		p.need(&w, []whose{{p.whose[0].root, grant.Patient()}}, true)
		x.wants = append(x.wants, w)
	}
}
