package resolvers_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// paths are the selections below a field that lead to one single value each: every path
// from a door to a leaf. Of a type that the door has led to before it takes one text
// only, unless the matrix is whole: a code is a code.
func paths(schema *ast.Schema, of *ast.Type, seen []string, before map[string]bool) []string {
	def := schema.Types[of.Name()]
	if def.Kind == ast.Scalar || def.Kind == ast.Enum {
		return []string{""}
	}
	brief := before[def.Name] && !wholeMatrix
	before[def.Name] = true
	var found []string
	for _, f := range def.Fields {
		if brief && slices.Contains([]string{"String", "ID"}, f.Type.Name()) {
			return []string{" { " + f.Name + " }"}
		}
		at := def.Name + "." + f.Name
		if strings.HasPrefix(f.Name, "__") || slices.Contains(seen, at) {
			continue
		}
		for _, below := range paths(schema, f.Type, append(slices.Clone(seen), at), before) {
			found = append(found, " { "+f.Name+below+" }")
		}
	}
	if def.Kind == ast.Interface {
		for _, possible := range schema.GetPossibleTypes(def) {
			for _, f := range possible.Fields {
				at := possible.Name + "." + f.Name
				if def.Fields.ForName(f.Name) != nil || slices.Contains(seen, at) {
					continue
				}
				for _, below := range paths(schema, f.Type, append(slices.Clone(seen), at), before) {
					found = append(found, " { ... on "+possible.Name+" { "+f.Name+below+" } }")
				}
			}
		}
	}
	return found
}

// Every path from a root to a leaf alone: permitted callers see by it what its field discloses, and by all paths
// together all of that; other callers see nothing.
func TestMatrixOfPaths(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	everybody := callers(t, m.tables)
	var asking []caller
	for _, c := range everybody {
		if wholeMatrix || slices.Contains([]string{"gp", "social-worker", "receptionist"}, c.name) {
			asking = append(asking, c)
		}
	}
	n := 0
	for _, d := range m.doors {
		f := m.schema.Types[d.owner].Fields.ForName(d.field)
		leaves := paths(m.schema, f.Type, []string{d.owner + "." + d.field}, map[string]bool{})
		if sectorDoor(d) {
			continue // doors of their own stand behind it
		}
		came := map[string]map[string]bool{}
		for i, leaf := range leaves {
			root := "patient(nhsNumber: $n) { %s }"
			if i%2 == 1 {
				root = "patients(nhsNumbers: [$n]) { patient { %s } }"
			}
			query := "query ($n: NHSNumber!) { " + fmt.Sprintf(root, within(d.owner, d.field+m.filled(pageOf(f, d.arguments))+leaf)) + " }"
			for _, c := range asking {
				e := m.expect(c, patientStates[0], relations[0])
				m.enter(e)
				a := transports[0].send(t, m.care, m.token(c), query, one(number(1)))
				m.noted(t, e)
				n++
				got := m.in(a.Body.Bytes())
				want, _ := m.visible(d, e.classes, e.state.life)
				if e.code != "" {
					clear(want)
				}
				if beyond := difference(got, want); len(beyond) > 0 {
					t.Fatalf("%s by %s sees %v", c.name, query, beyond)
				}
				if came[c.name] == nil {
					came[c.name] = map[string]bool{}
				}
				maps.Copy(came[c.name], got)
			}
		}
		for _, c := range asking {
			want, _ := m.visible(d, m.expect(c, patientStates[0], relations[0]).classes, grown)
			m.only(want, d)
			if len(d.parts) > 0 && !maps.Equal(came[c.name], want) {
				t.Errorf("%s, by every path through %s: %v do not come", c.name, d.name(), difference(want, came[c.name]))
			}
		}
	}
	t.Logf("%d questions", n)
}

// sectorDoor reports whether other doors stand behind a door.
func sectorDoor(d door) bool {
	return d.owner == "Patient" && slices.Contains(slices.Collect(maps.Values(sectorFields)), d.field)
}
