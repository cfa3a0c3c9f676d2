package resolvers_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// The hand-kept side of the security matrix, read from testdata/matrix. It knows neither
// the policy nor the table of fields.

// A right is what a persona may see and do.
type right struct {
	classes []string
	duties  []string
}

// A door is a field of a patient or of a sector object under some arguments, with what
// stands behind it.
type door struct {
	owner, field, arguments string
	parts                   []behind
	none                    string // the class of the statements of none beside the entries; "" for no such list
}

// behind is one part of what a field shows: what these sources hold of these kinds.
type behind struct {
	class   string
	kinds   []string // kind.facet
	sectors []string
}

type tables struct {
	personas []string // in the contract's order
	rights   map[string]right
	narrower map[string][]string
	doors    []door
	types    map[string][]string // fields of the other types
}

func readTables(t testing.TB) *tables {
	t.Helper()
	tb := &tables{rights: map[string]right{}, narrower: map[string][]string{}, types: map[string][]string{}}
	for _, line := range linesOf(t, "testdata/matrix/roles.txt") {
		cells := cellsOf(line)
		if cells[0] == "narrower" {
			names := strings.Fields(cells[1])
			tb.narrower[names[0]] = names[1:]
			continue
		}
		tb.personas = append(tb.personas, cells[0])
		tb.rights[cells[0]] = right{strings.Fields(cells[1]), strings.Fields(cells[2])}
	}
	for _, line := range linesOf(t, "testdata/matrix/entries.txt") {
		tb.doors = append(tb.doors, doorOf(t, line))
	}
	for _, line := range linesOf(t, "testdata/matrix/types.txt") {
		name, fields, _ := strings.Cut(line, ":")
		tb.types[name] = strings.Fields(fields)
	}
	return tb
}

func linesOf(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	check(t, err)
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") })
}

func cellsOf(line string) []string {
	cells := strings.Split(line, "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

var coordinate = regexp.MustCompile(`^(\w+)\.(\w+)(\(.*\))?$`)

func doorOf(t testing.TB, line string) door {
	t.Helper()
	cells := cellsOf(line)
	m := coordinate.FindStringSubmatch(cells[0])
	if m == nil || len(cells) < 2 {
		t.Fatalf("entries.txt: no door: %s", line)
	}
	d := door{owner: m[1], field: m[2], arguments: m[3]}
	for _, cell := range cells[1:] {
		if cell == "open" {
			continue
		}
		if none, ok := strings.CutPrefix(cell, "none "); ok {
			d.none = none
			continue
		}
		class, rest, _ := strings.Cut(cell, ":")
		kinds, sectors, ok := strings.Cut(rest, "@")
		if !ok {
			t.Fatalf("entries.txt: no part: %q", cell)
		}
		d.parts = append(d.parts, behind{class, strings.Fields(kinds), strings.Fields(sectors)})
	}
	return d
}

func (d door) name() string { return d.owner + "." + d.field + d.arguments }

// has reports whether some classes open another: its own name, ALL, or a wider one.
func (tb *tables) has(classes []string, class string) bool {
	return slices.ContainsFunc(classes, func(c string) bool {
		return c == "ALL" || c == class || slices.Contains(tb.narrower[c], class)
	})
}

// A life is what a patient's age opens of adult social care.
type life int

const (
	minor  life = iota // nothing
	leaver             // what concerns the time since the 18th birthday
	grown              // everything
)

// visible is exactly what may be seen through a door, and whether the door is open at all.
func (tb *tables) visible(d door, classes []string, of life) (markers map[string]bool, open bool) {
	markers = map[string]bool{}
	for _, part := range d.parts {
		if !tb.has(classes, part.class) {
			continue
		}
		open = true
		for _, sector := range part.sectors {
			if sector == "SOCIAL_CARE" && of == minor {
				continue
			}
			for _, kind := range part.kinds {
				kind, alone := strings.CutSuffix(kind, "!")
				markers[sector+" "+kind] = true
				if sector == "SOCIAL_CARE" && of == grown && !alone {
					markers[sector+" "+kind+" early"] = true
				}
			}
			if d.none != "" {
				markers[sector+" none "+d.none] = true
			}
		}
	}
	return markers, open
}

// complain says what to add to which table for what the schema has and the tables do not,
// and the other way round.
func (tb *tables) complain(t *testing.T, schema *ast.Schema) {
	owners := map[string]bool{}
	listed := map[string]bool{}
	for _, d := range tb.doors {
		owners[d.owner] = true
		listed[d.owner+"."+d.field] = true
	}
	roots := map[string]bool{"Query": true, "Mutation": true, "Subscription": true}
	for name, def := range schema.Types {
		if def.BuiltIn || strings.HasPrefix(name, "__") || def.Kind != ast.Object && def.Kind != ast.Interface {
			continue
		}
		for _, f := range def.Fields {
			switch at := name + "." + f.Name; {
			case strings.HasPrefix(f.Name, "__"):
			case roots[name]:
				if _, known := rootFields[at]; !known {
					t.Errorf("the root %s is in no table of the security matrix: add it to rootFields in resolvers/matrix_test.go with what it opens, and to roles.txt with the personas whose duty it is", at)
				}
			case owners[name]:
				if !listed[at] {
					t.Errorf("%s is in no table of the security matrix: add a line to resolvers/testdata/matrix/entries.txt that says under which class it shows what, or \"open\"", at)
				}
				tb.complainOfArguments(t, name, f)
			case !slices.Contains(tb.types[name], f.Name):
				t.Errorf("%s is in no table of the security matrix: if it belongs to the entry it stands in, add %s to the line of %s in resolvers/testdata/matrix/types.txt", at, f.Name, name)
			}
		}
	}
	tb.complainOfStale(t, schema)
}

// complainOfArguments wants a line for every argument of a door, but for where a page begins.
func (tb *tables) complainOfArguments(t *testing.T, owner string, f *ast.FieldDefinition) {
	for _, argument := range f.Arguments {
		if argument.Name == "first" || argument.Name == "after" {
			continue
		}
		if !slices.ContainsFunc(tb.doors, func(d door) bool {
			return d.owner == owner && d.field == f.Name && strings.Contains(d.arguments, argument.Name+":")
		}) {
			t.Errorf("%s.%s(%s:) is in no table of the security matrix: add a line that uses the argument to resolvers/testdata/matrix/entries.txt", owner, f.Name, argument.Name)
		}
	}
}

func (tb *tables) complainOfStale(t *testing.T, schema *ast.Schema) {
	for _, d := range tb.doors {
		if def := schema.Types[d.owner]; def == nil || def.Fields.ForName(d.field) == nil {
			t.Errorf("entries.txt has %s, the schema does not", d.name())
		}
	}
	for name, fields := range tb.types {
		for _, field := range fields {
			if def := schema.Types[name]; def == nil || def.Fields.ForName(field) == nil {
				t.Errorf("types.txt has %s.%s, the schema does not", name, field)
			}
		}
	}
}
