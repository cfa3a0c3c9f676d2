package resolvers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A way in is an address the service answers at, and what shows that no record leaves by it.
// Addresses that are no literal stand as they are written.
var waysIn = map[string]string{
	`"/graphql"`:               "the matrix",
	`"GET /schema.graphql"`:    "holds no record",
	`"GET /receipt-keys.json"`: "holds no record",
	`"GET /healthz"`:           "holds no record",
	`"GET /readyz"`:            "holds no record",
	`"GET /metrics"`:           "telemetry.TestWhatIsCounted",

	`optout.Path`:                      "optout.TestNobodyIsLookedUp",
	`optout.Path + "/"`:                "optout.TestNobodyIsLookedUp",
	`"GET " + path`:                    "optout.TestNobodyIsLookedUp",
	`"POST " + path`:                   "optout.TestNobodyIsConfirmed",
	`"GET " + Path + "/assets/{name}"`: "holds no record",

	// Of the demonstration alone.
	`"/{$}"`:                          "holds no record; it asks at /graphql",
	`"/playground/"`:                  "holds no record",
	`"GET /{$}"`:                      "holds no record; it asks at /graphql",
	`"GET /playground/assets/{name}"`: "holds no record",
	`"GET /playground/licences"`:      "holds no record",
	`"GET /playground/settings"`:      "playground.TestSettings",
	`"GET /playground/personas"`:      "playground.TestPersonas",
	`"GET /playground/residents"`:     "made-up people only; playground.TestWhoMayAsk",
}

// What the transport takes and gives. Each way a request can come by stands in transports.
var (
	mediaTypes = []string{"*/*", "application/*", "application/graphql-response+json", "application/json"}
	methods    = []string{"MethodGet", "MethodPost"}
	// doers make requests into answers of the graph: whoever imports one is a transport.
	doers = map[string][]string{
		"github.com/99designs/gqlgen/graphql/executor":          {"internal/transport"},
		"github.com/99designs/gqlgen/graphql/handler":           nil,
		"github.com/99designs/gqlgen/graphql/handler/transport": nil,
		"github.com/gorilla/websocket":                          nil,
		"github.com/coder/websocket":                            nil,
		"golang.org/x/net/websocket":                            nil,
	}
)

var aMediaType = regexp.MustCompile(`^(\*|[a-z]+)/(\*|[a-z][a-z0-9.+-]*)$`)

// A new way in, method, media type or handler of the graph is one that the matrix knows.
func TestMatrixHasEveryTransport(t *testing.T) {
	handlers := 0
	each(t, "..", func(file string, f *ast.File) {
		dir := filepath.ToSlash(filepath.Dir(file))
		for _, imported := range f.Imports {
			path, _ := strconv.Unquote(imported.Path.Value)
			if allowed, does := doers[path]; does && !slices.Contains(allowed, dir) {
				t.Errorf("%s imports %s, which the security matrix knows no transport for: add it to doers in resolvers/matrix_routes_test.go and a line to transports", file, path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.CallExpr:
				pattern, is := patternOf(n)
				if is && waysIn[pattern] == "" {
					t.Errorf("%s answers at %s, which the security matrix does not know: add it to waysIn in resolvers/matrix_routes_test.go and, where a record can leave by it, a line to transports", file, pattern)
				}
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if dir == "internal/transport" && err == nil && aMediaType.MatchString(text) && !slices.Contains(mediaTypes, text) {
					t.Errorf("%s names the media type %s: add it to mediaTypes in resolvers/matrix_routes_test.go and a line to transports", file, text)
				}
			case *ast.SelectorExpr:
				if name := n.Sel.Name; dir == "internal/transport" && strings.HasPrefix(name, "Method") && len(name) > 6 && selects(n, "http") && !slices.Contains(methods, name) {
					t.Errorf("%s names http.%s: add it to methods in resolvers/matrix_routes_test.go and a line to transports", file, name)
				}
			case *ast.FuncDecl:
				if dir == "internal/transport" && n.Name.IsExported() && n.Recv == nil && n.Type.Results != nil {
					for _, result := range n.Type.Results.List {
						if s, ok := result.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Handler" {
							handlers++
						}
					}
				}
			}
			return true
		})
	})
	if handlers != 1 {
		t.Errorf("internal/transport makes %d kinds of handler, and transports has the ways of one: add a line for each way of the others", handlers)
	}
}

// patternOf is the address of a call of Handle or HandleFunc, as it is written.
func patternOf(call *ast.CallExpr) (string, bool) {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Handle" && s.Sel.Name != "HandleFunc" || len(call.Args) != 2 {
		return "", false
	}
	return types.ExprString(call.Args[0]), true
}

func selects(s *ast.SelectorExpr, name string) bool {
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == name
}

// each parses every file of Go that the program is built from, what is generated left
// out: the packages that it imports, and those that they import. So a benchmark or a
// helper of tests counts from the day on which the program holds it.
func each(t *testing.T, root string, visit func(string, *ast.File)) {
	t.Helper()
	packages := []string{"."}
	for i := 0; i < len(packages); i++ {
		files, err := filepath.Glob(filepath.Join(root, packages[i], "*.go"))
		check(t, err)
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".generated.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			check(t, err)
			for _, imported := range f.Imports {
				of, _ := strconv.Unquote(imported.Path.Value)
				if ours, is := strings.CutPrefix(of, "carerecord/"); is && !slices.Contains(packages, ours) {
					packages = append(packages, ours)
				}
			}
			relative, _ := filepath.Rel(root, path)
			visit(filepath.ToSlash(relative), f)
		}
	}
	if len(packages) < 30 {
		t.Errorf("the program is built from %d packages: not all were found", len(packages))
	}
}
