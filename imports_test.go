package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports says which of our packages each of them may import: down, never up and
// never sideways. A new package is added here.
var imports = map[string]string{
	"internal/record":              "",
	"internal/auth":                "",
	"internal/embedded":            "",
	"internal/codesystem":          "",
	"internal/exclusion":           "internal/codesystem",
	"internal/terminology":         "",
	"internal/kinship":             "",
	"internal/slab":                "",
	"internal/socket":              "",
	"internal/wait":                "",
	"internal/remote":              "",
	"internal/optout":              "internal/consent internal/record internal/remote",
	"internal/playground":          "",
	"migrations":                   "",
	"graph":                        "internal/record internal/writer",
	"internal/writer":              "",
	"internal/writer/generate":     "internal/writer/gqlgenplugin",
	"internal/writer/gqlgenplugin": "",
	"internal/fetch":               "internal/record",
	"internal/fhir":                "internal/codesystem internal/fetch internal/record",
	"internal/locator":             "internal/fetch internal/record",
	"internal/postgres":            "internal/record internal/socket",
	"internal/organisation":        "internal/record",
	"internal/resilience":          "internal/fetch internal/record",
	"internal/transport":           "internal/record",
	"internal/consent":             "internal/auth internal/record internal/socket",
	"internal/receipt":             "internal/auth",
	"internal/audit":               "internal/auth internal/record",
	"internal/accessreport":        "internal/audit internal/record",
	"internal/trusted":             "internal/auth internal/consent internal/record",
	"internal/telemetry":           "internal/record",
	"internal/load":                "internal/consent internal/fhir internal/organisation internal/record",
	"internal/sample":              "internal/load internal/record",

	// A source never imports resolvers, graph, auth, consent, audit or another source.
	"datasources/view":         "internal/codesystem internal/fetch internal/kinship internal/postgres internal/record internal/slab",
	"datasources/demographics": "datasources/view internal/fetch internal/record",
	"datasources/acute":        "datasources/view internal/fetch internal/record",
	"datasources/gp":           "datasources/view internal/fetch internal/record",
	"datasources/mentalhealth": "datasources/view internal/fetch internal/record",
	"datasources/socialcare":   "datasources/view internal/fetch internal/record",
	"datasources/gpconnect":    "internal/fetch internal/fhir internal/record",
	"datasources/ukcore":       "internal/fetch internal/fhir internal/record",
	"datasources/interweave":   "internal/fetch internal/fhir internal/kinship internal/record",
	"datasources/pds":          "internal/fetch internal/fhir internal/record",

	// Resolvers hold fetch.Func values and never import sources.
	"resolvers": "graph internal/audit internal/auth internal/consent internal/exclusion internal/fetch internal/kinship internal/organisation internal/record internal/terminology internal/wait",

	"internal/store":  "internal/audit internal/auth internal/consent internal/record migrations",
	"internal/config": "internal/auth internal/consent internal/exclusion internal/fhir internal/organisation internal/receipt internal/record",
	"internal/demo": "datasources/acute datasources/demographics datasources/gp datasources/mentalhealth datasources/socialcare internal/auth " +
		"internal/consent internal/embedded internal/load internal/record internal/sample migrations",

	// What the program and the benchmark put together alike.
	"internal/wiring": "graph internal/audit internal/auth internal/receipt internal/record internal/remote internal/telemetry internal/transport internal/writer resolvers",

	// The benchmark: servers on the same databases.
	"bench/wire":  "",
	"bench/data":  "datasources/acute datasources/demographics datasources/gp datasources/mentalhealth datasources/socialcare internal/consent internal/embedded internal/record migrations",
	"bench/setup": "bench/data internal/audit internal/auth internal/config internal/organisation internal/receipt internal/record",
	"bench/ours": "bench/setup datasources/acute datasources/demographics datasources/gp datasources/mentalhealth datasources/socialcare datasources/view internal/audit " +
		"internal/auth internal/consent internal/exclusion internal/fetch internal/organisation internal/record internal/resilience internal/store internal/telemetry internal/transport internal/wiring resolvers",
	"bench/floor":              "bench/ours bench/setup bench/wire internal/audit internal/auth internal/consent internal/exclusion internal/fetch internal/organisation internal/postgres internal/receipt internal/record internal/store",
	"bench/stock":              "bench/ours bench/setup datasources/view graph internal/audit internal/auth internal/consent internal/exclusion internal/fetch internal/organisation internal/record internal/store",
	"bench/peers/graphgophers": "", // a module of its own
	"bench":                    "bench/data bench/floor bench/setup bench/stock bench/wire internal/embedded internal/record",

	// For tests.
	"internal/pgtest":        "internal/embedded",
	"internal/fhirtest":      "internal/exclusion internal/fetch internal/fhir internal/load internal/record",
	"internal/wiretest":      "",
	"prove/mutate":           "",
	"internal/auth/authtest": "internal/auth",
	"datasources/sourcetest": "datasources/acute datasources/demographics datasources/gp datasources/mentalhealth datasources/socialcare datasources/view internal/exclusion internal/fetch internal/pgtest internal/postgres internal/record internal/wiretest",
}

// unbound may import anything.
var unbound = []string{".", "schema"}

func TestImportsPointDown(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "web" || d.Name() == "node_modules" || d.Name() != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(unbound, dir) {
			return nil
		}
		allowed, known := imports[dir]
		if seen[dir] = true; !known {
			t.Errorf("%s is not in the map of imports", dir)
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if ours, is := strings.CutPrefix(imported, "carerecord/"); is && !slices.Contains(strings.Fields(allowed), ours) {
				t.Errorf("%s imports %s", path, ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range imports {
		if !seen[dir] {
			t.Errorf("%s is in the map of imports, but not in the house", dir)
		}
	}
}
