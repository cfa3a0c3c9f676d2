package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"carerecord/bench/data"
)

// TestAListIsTheSameAlone: fields share what they take of one list, and how much of it is read follows all of them. Each list
// of a full record is the same in a question of its own.
func TestAListIsTheSameAlone(t *testing.T) {
	s, service := given(t), theService(t)
	text := document(t, "full-record")
	ask := func(query, number string) map[string]any {
		t.Helper()
		body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"nhsNumber": number}})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Header["Authorization"], r.Header["Content-Type"] = []string{"Bearer " + s.Tokens[0]}, []string{"application/json"}
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		var answer struct {
			Data struct {
				Patient map[string]any
			}
			Errors []any
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Data.Patient == nil || len(answer.Errors) > 0 {
			t.Fatalf("%s: %d %s %v", query, w.Code, w.Body, err)
		}
		return answer.Data.Patient
	}
	sectors := []string{"acute", "gp", "mentalHealth", "socialCare"}
	lists := 0
	for _, number := range data.Numbers(12) {
		all := ask(text, string(number))
		for _, part := range parts(t, text, sectors) {
			alone := ask(part.query, string(number))
			want, got := all[part.field], alone[part.field]
			if part.below != "" {
				want, got = want.(map[string]any)[part.below], got.(map[string]any)[part.below]
			}
			if list, ok := want.(map[string]any); ok && list["nodes"] != nil {
				lists++
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("%s, %s %s alone, and among the others: %s", number, part.field, part.below, diff)
			}
		}
	}
	if lists < 200 {
		t.Errorf("only %d lists were compared", lists)
	}
}

type part struct{ field, below, query string }

// parts are questions for each list of the full record alone.
func parts(t *testing.T, text string, sectors []string) (all []part) {
	t.Helper()
	for i := 0; ; i++ {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		whole := doc.Fragments.ForName("WholeRecord")
		one := func(field *ast.Field, below string) {
			whole.SelectionSet = ast.SelectionSet{field}
			doc.Fragments = slices.DeleteFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool {
				return f != whole && !strings.Contains(written(doc, f), "... "+f.Name)
			})
			var b bytes.Buffer
			formatter.NewFormatter(&b).FormatQueryDocument(doc)
			all = append(all, part{field.Name, below, b.String()})
		}
		n := 0
		for _, selection := range whole.SelectionSet {
			field := selection.(*ast.Field)
			var below ast.SelectionSet
			if slices.Contains(sectors, field.Name) {
				below = field.SelectionSet
			}
			if len(below) == 0 && field.Name != "sources" {
				if n == i {
					one(field, "")
				}
				n++
			}
			for _, inner := range below {
				name := inner.(*ast.Field).Name
				if name == "state" || name == "complete" || name == "gaps" { // of all that is asked of the sector
					continue
				}
				if n == i {
					field.SelectionSet = ast.SelectionSet{inner}
					one(field, name)
				}
				n++
			}
		}
		if i >= n {
			return all
		}
	}
}

// written is a document without one of its fragments.
func written(doc *ast.QueryDocument, without *ast.FragmentDefinition) string {
	rest := *doc
	rest.Fragments = slices.DeleteFunc(slices.Clone(doc.Fragments), func(f *ast.FragmentDefinition) bool { return f == without })
	var b bytes.Buffer
	formatter.NewFormatter(&b).FormatQueryDocument(&rest)
	return b.String()
}
