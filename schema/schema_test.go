// Package schema_test holds the graph's contract to its own rules.
package schema_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func load(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema here: %v", err)
	}
	var sources []*ast.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// own calls visit for every type that is not GraphQL's.
func own(schema *ast.Schema, visit func(*ast.Definition)) {
	for name, d := range schema.Types {
		if !d.BuiltIn && !strings.HasPrefix(name, "__") {
			visit(d)
		}
	}
}

func TestEverythingSaysWhatItIs(t *testing.T) {
	own(load(t), func(d *ast.Definition) {
		described(t, d.Name, d.Description)
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(t, d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(t, d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			described(t, d.Name+"."+v.Name, v.Description)
		}
	})
}

func described(t *testing.T, what, description string) {
	t.Helper()
	if len(description) < 4 || !strings.HasSuffix(strings.TrimSpace(description), ".") {
		t.Errorf("%s is described as %q", what, description)
	}
}

// A list or a sector object carries its own failure; everything else that comes
// from a source may be missing, so that a null never wipes out what stands beside.
func TestWhatComesFromASourceMayBeMissing(t *testing.T) {
	schema := load(t)
	always := map[string]bool{"id": true, "nhsNumber": true, "notice": true, "leftOut": true, "sources": true, "demographics": true}
	for _, f := range schema.Types["Patient"].Fields {
		if strings.HasPrefix(f.Name, "__") || always[f.Name] {
			continue
		}
		carries := schema.Types[f.Type.Name()].Fields.ForName("gaps") != nil
		if f.Type.NonNull != carries {
			t.Errorf("Patient.%s: non-null is %t, carries its own failure is %t", f.Name, f.Type.NonNull, carries)
		}
	}
}

// whole are the lists of our own database, which come whole or not at all.
var whole = map[string]bool{"AccessLogConnection": true, "OptOutRequestConnection": true}

func TestEveryListSaysWhatItLacks(t *testing.T) {
	own(load(t), func(d *ast.Definition) {
		if !strings.HasSuffix(d.Name, "List") && !strings.HasSuffix(d.Name, "Connection") || whole[d.Name] {
			return
		}
		for name, kind := range map[string]string{"nodes": "!", "state": "ListState!", "complete": "Boolean!", "gaps": "[Gap!]!"} {
			f := d.Fields.ForName(name)
			if f == nil || !strings.HasSuffix(f.Type.String(), kind) {
				t.Errorf("%s.%s is not what every list has", d.Name, name)
			}
		}
	})
}

func TestItemsAreRecordItems(t *testing.T) {
	schema := load(t)
	own(schema, func(d *ast.Definition) {
		nodes := d.Fields.ForName("nodes")
		if d.Kind != ast.Object || nodes == nil {
			return
		}
		item := schema.Types[nodes.Type.Name()]
		for _, name := range []string{"id", "sector", "provenance"} {
			if item.Fields.ForName(name) == nil {
				t.Errorf("%s has no %s", item.Name, name)
			}
		}
	})
}

// Fields ending in On are PartialDate and those ending in At are DateTime with their precision.
func TestDatesAreNamedForWhatTheyAre(t *testing.T) {
	precise := map[string]bool{
		"Viewer": true, "ServiceSource": true, "DocumentReference": true, "OptOut": true, "OptOutRequest": true, "BreakGlassGrant": true, // our own clock
	}
	own(load(t), func(d *ast.Definition) {
		if d.Kind != ast.Object && d.Kind != ast.Interface {
			return
		}
		for _, f := range d.Fields {
			switch {
			case strings.HasSuffix(f.Name, "On") && f.Type.Name() != "PartialDate":
				t.Errorf("%s.%s is a %s", d.Name, f.Name, f.Type)
			case strings.HasSuffix(f.Name, "At") && f.Type.Name() != "DateTime":
				t.Errorf("%s.%s is a %s", d.Name, f.Name, f.Type)
			case strings.HasSuffix(f.Name, "At") && !precise[d.Name] && d.Fields.ForName(f.Name+"Precision") == nil && f.Name != "endedAt":
				t.Errorf("%s.%s does not say how much of it is known", d.Name, f.Name)
			}
		}
	})
}

func TestTheOperationsAreValid(t *testing.T) {
	schema := load(t)
	files, err := filepath.Glob("../operations/*.graphql")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d operations: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parser.ParseQuery(&ast.Source{Name: file, Input: string(text)})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, fault := range validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()) {
			t.Errorf("%s: %v", file, fault)
		}
	}
}

// There is no way round the roots.
func TestNoOtherWayIn(t *testing.T) {
	schema := load(t)
	for _, name := range []string{"_entities", "_service", "node", "nodes"} {
		if schema.Query.Fields.ForName(name) != nil {
			t.Errorf("Query.%s exists", name)
		}
	}
	// Each has its duty, which resolvers.TestMatrixOfDuties holds against every persona.
	duties := []string{"breakGlass", "decideOptOutRequest", "recordOptOut", "withdrawOptOut"}
	var mutations []string
	for _, f := range schema.Mutation.Fields {
		mutations = append(mutations, f.Name)
	}
	if slices.Sort(mutations); !slices.Equal(mutations, duties) {
		t.Errorf("mutations %v: say here what guards them", mutations)
	}
	if schema.Subscription != nil {
		t.Error("a root type that this test does not know of: say here what guards it")
	}
}
