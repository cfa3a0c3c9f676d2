// Mutate alters the code that enforces, one statement or condition at a time, and runs
// the tests against each change. A change that no test notices is a survivor: it is
// killed by a new test, or listed with a reason.
//
//	go run ./prove/mutate [-only internal/consent] [-jobs 2]
//
// Every statement that can be left out is left out, every condition is made true and
// made false, and every comparison and connective is turned into its neighbour. The
// tree is not touched: changes reach the compiler as an overlay.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A suite is files that enforce, and the tests that must notice a change in them. The
// first test command is the quickest; what survives one goes on to the next.
type suite struct {
	name  string
	files []string // patterns
	tests [][]string
}

var suites = []suite{
	{"internal/consent", []string{"internal/consent/decide.go", "internal/consent/grants.go", "internal/consent/policy.go", "internal/consent/suspension.go", "internal/consent/asking.go"},
		[][]string{{"./internal/consent", "-run", "Decide|Bounds|Objection|Grant|Adult|First|Nothing|Personas|Policy|Suspen|MayAsk|ClassSet|Decision|Social|Whatever|Kind"}, {"./internal/consent"}}},
	{"internal/consent/store", []string{"internal/consent/store.go", "internal/consent/directives.go"}, [][]string{{"./internal/consent"}}},
	{"internal/auth", []string{"internal/auth/verifier.go", "internal/auth/token.go", "internal/auth/claims.go", "internal/auth/require.go", "internal/auth/keys.go"},
		[][]string{{"./internal/auth"}}},
	{"internal/audit", []string{"internal/audit/trail.go", "internal/audit/within.go", "internal/audit/verify.go"}, [][]string{{"./internal/audit"}}},
	{"resolvers", []string{"resolvers/request.go", "resolvers/wave.go", "resolvers/trail.go", "resolvers/screen.go", "resolvers/query.go", "resolvers/throttle.go"},
		[][]string{{"./resolvers", "-run", "^Test[^BCRT]"}, {"./resolvers", "-run", "^Test(Care|T)"}}},
	{"resolvers/duties", []string{"resolvers/duties.go", "resolvers/breakglass.go", "resolvers/optouts.go", "resolvers/accesslog.go", "resolvers/match.go"},
		[][]string{{"./resolvers", "-run", "^TestCare$/duties"}}},
}

//go:embed survivors.txt
var accepted string

// A mutant is one change of one file.
type mutant struct {
	file   string
	in     string // the function
	again  int    // how many alike stand before it in the function
	line   int
	what   string // the kind of change
	code   string // what was there
	source []byte // the file with the change
}

// name says which change it is, whatever the lines before it.
func (m mutant) name() string {
	name := m.file + ": " + m.in + ": " + m.what + ": " + m.code
	if m.again > 0 {
		name += fmt.Sprintf(" (%d before it)", m.again)
	}
	return name
}

func main() {
	only := flag.String("only", "", "the one suite to run")
	jobs := flag.Int("jobs", 2, "how many at once")
	match := flag.String("match", "", "only changes whose name holds this text")
	limit := flag.Duration("limit", 3*time.Minute, "for one run of the tests; longer counts as noticed")
	flag.Parse()
	if err := run(*only, *match, *jobs, *limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(only, match string, jobs int, limit time.Duration) error {
	reasons, err := reasonsOf(accepted)
	if err != nil {
		return err
	}
	survived := 0
	for _, s := range suites {
		if only != "" && s.name != only {
			continue
		}
		mutants, err := mutantsOf(s.files)
		if err != nil {
			return err
		}
		mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !strings.Contains(m.name(), match) })
		n, err := s.try(mutants, reasons, jobs, limit)
		if err != nil {
			return err
		}
		survived += n
	}
	if survived > 0 {
		return fmt.Errorf("%d changes that no test notices and no reason excuses (prove/mutate/survivors.txt)", survived)
	}
	return nil
}

// reasonsOf reads the accepted survivors: a name, and on the next line, indented, why.
func reasonsOf(text string) (map[string]string, error) {
	reasons := map[string]string{}
	name := ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"), strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "\t"):
			reasons[name] = strings.TrimSpace(line)
		default:
			name = line
			reasons[name] = ""
		}
	}
	for name, reason := range reasons {
		if reason == "" {
			return nil, fmt.Errorf("%s is accepted without a reason", name)
		}
	}
	return reasons, nil
}

// verdict is what became of a mutant.
type verdict string

const (
	killed   verdict = "killed"
	invalid  verdict = "does not compile"
	excused  verdict = "excused"
	survives verdict = "SURVIVES"
)

func (s suite) try(mutants []mutant, reasons map[string]string, jobs int, limit time.Duration) (survivors int, err error) {
	fmt.Printf("%s: %d changes\n", s.name, len(mutants))
	var mu sync.Mutex
	var wait sync.WaitGroup
	counts := map[verdict]int{}
	next := make(chan mutant)
	for range jobs {
		wait.Go(func() {
			for m := range next {
				v, fault := s.verdict(m, limit)
				mu.Lock()
				if fault != nil {
					err = fault
				}
				if v == survives && reasons[m.name()] != "" {
					v = excused
				}
				counts[v]++
				if v == survives {
					fmt.Printf("  line %d: %s\n", m.line, m.name())
				}
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		next <- m
	}
	close(next)
	wait.Wait()
	fmt.Printf("%s: %d killed, %d do not compile, %d excused, %d survive\n", s.name, counts[killed], counts[invalid], counts[excused], counts[survives])
	return counts[survives], err
}

// verdict runs the tests against a mutant.
func (s suite) verdict(m mutant, limit time.Duration) (verdict, error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return killed, err
	}
	defer os.RemoveAll(dir)
	changed, overlay := filepath.Join(dir, filepath.Base(m.file)), filepath.Join(dir, "overlay.json")
	original, err := filepath.Abs(m.file)
	if err != nil {
		return killed, err
	}
	replace, _ := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}}) // of texts it cannot err
	if err := errors.Join(os.WriteFile(changed, m.source, 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return killed, err
	}
	for _, test := range s.tests {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-overlay", overlay, "-count=1", "-failfast", "-vet=off"}, test...)...)
		cmd.WaitDelay = 10 * time.Second
		said, err := cmd.CombinedOutput()
		cancel()
		switch {
		case bytes.Contains(said, []byte("[build failed]")) || bytes.Contains(said, []byte("[setup failed]")):
			return invalid, nil
		case err != nil:
			return killed, nil
		}
	}
	return survives, nil
}

// mutantsOf makes every change of the files.
func mutantsOf(files []string) ([]mutant, error) {
	var all []mutant
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, source, 0)
		if err != nil {
			return nil, err
		}
		c := changes{file: file, source: source, set: set, seen: map[string]int{}}
		for _, declared := range parsed.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok {
				c.in = function.Name.Name
				ast.Inspect(function, c.visit)
			}
		}
		all = append(all, c.mutants...)
	}
	return all, nil
}

// changes collects the changes of one file.
type changes struct {
	file    string
	source  []byte
	set     *token.FileSet
	in      string
	seen    map[string]int // how often a name was given
	mutants []mutant
}

func (c *changes) visit(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.BlockStmt:
		c.leaveOut(n.List)
	case *ast.CaseClause:
		c.leaveOut(n.Body)
	case *ast.CommClause:
		c.leaveOut(n.Body)
	case *ast.IfStmt:
		c.replace("always", n.Cond, func(code string) string { return "(" + code + ") || true" })
		c.replace("never", n.Cond, func(code string) string { return "(" + code + ") && false" })
	case *ast.BinaryExpr:
		if other, ok := neighbours[n.Op]; ok {
			c.put(n.Op.String()+" for "+other, n, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
		}
	}
	return true
}

var neighbours = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.LAND: "||", token.LOR: "&&",
}

// leaveOut leaves out each statement that is not needed to compile.
func (c *changes) leaveOut(statements []ast.Stmt) {
	for _, s := range statements {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.DeclStmt, *ast.ReturnStmt, *ast.BranchStmt, *ast.BlockStmt:
			continue
		}
		c.put("without", s, s.Pos(), s.End(), "")
	}
}

func (c *changes) replace(what string, e ast.Expr, with func(string) string) {
	c.put(what, e, e.Pos(), e.End(), with(c.text(e.Pos(), e.End())))
}

func (c *changes) text(from, to token.Pos) string {
	return string(c.source[c.set.Position(from).Offset:c.set.Position(to).Offset])
}

// put notes a change: code between two places gives way to other code.
func (c *changes) put(what string, of ast.Node, from, to token.Pos, with string) {
	code := strings.Join(strings.Fields(c.text(of.Pos(), of.End())), " ")
	if len(code) > 160 {
		code = code[:160] + "…"
	}
	a, b := c.set.Position(from).Offset, c.set.Position(to).Offset
	m := mutant{file: c.file, in: c.in, line: c.set.Position(from).Line, what: what, code: code, source: slices.Concat(c.source[:a], []byte(with), c.source[b:])}
	m.again = c.seen[m.name()]
	c.seen[(mutant{file: m.file, in: m.in, what: what, code: code}).name()]++
	c.mutants = append(c.mutants, m)
}
