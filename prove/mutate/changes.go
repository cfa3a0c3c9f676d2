package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A mutant is one change of one file.
type mutant struct {
	number  int    // of its switch
	name    string // which change it is, whatever the lines before it
	line    int
	reached []test // what reaches it, the quickest first
}

// A file is a source with every change in it, each behind its switch.
type file struct {
	path    string
	pack    string // its package's name
	changed string
}

// mutantsOf makes every change of the files that match the patterns.
func mutantsOf(patterns []string) (files []file, mutants []*mutant, err error) {
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			return nil, nil, errors.Join(err, fmt.Errorf("no file %s", pattern))
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return nil, nil, err
			}
			c := changes{path: path, source: source, set: token.NewFileSet(), seen: map[string]int{}, first: len(mutants) + 1}
			parsed, err := parser.ParseFile(c.set, path, source, 0)
			if err != nil {
				return nil, nil, err
			}
			c.collect(parsed)
			slices.SortStableFunc(c.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
			mutants = append(mutants, c.mutants...)
			files = append(files, file{path, parsed.Name.Name, c.render(0, len(source), c.edits)})
		}
	}
	return files, mutants, nil
}

// changes collects the changes of one file.
type changes struct {
	path    string
	source  []byte
	set     *token.FileSet
	in      string         // the function
	results *ast.FieldList // of the function or the literal
	seen    map[string]int // how often a name was given
	first   int            // the number of the first
	mutants []*mutant
	edits   []edit
}

// An edit puts a switch around a piece of the source. with is given the pieces inside it,
// which may hold switches of their own.
type edit struct {
	from, to int
	with     func(piece func(from, to int) string) string
}

func (c *changes) collect(parsed *ast.File) {
	for _, declared := range parsed.Decls {
		switch d := declared.(type) {
		case *ast.FuncDecl:
			c.in, c.results = d.Name.Name, d.Type.Results
			ast.Inspect(d, c.visit)
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				c.in = spec.(*ast.ValueSpec).Names[0].Name
				ast.Inspect(spec, c.visit)
			}
		}
	}
}

func (c *changes) visit(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.FuncLit:
		outer := c.results
		c.results = n.Type.Results
		ast.Inspect(n.Body, c.visit)
		c.results = outer
		return false
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.BlockStmt:
		c.leaveOut(n.List)
	case *ast.SwitchStmt:
		if n.Tag == nil {
			c.cases(n.Body)
		}
	case *ast.CaseClause:
		c.leaveOut(n.Body)
	case *ast.CommClause:
		c.leaveOut(n.Body)
	case *ast.IfStmt:
		c.condition(n.Cond)
	case *ast.ReturnStmt:
		c.answer(n)
	case *ast.BinaryExpr:
		c.binary(n)
	}
	return true
}

// cases alters the conditions of a switch without a value.
func (c *changes) cases(body *ast.BlockStmt) {
	for _, clause := range body.List {
		for _, condition := range clause.(*ast.CaseClause).List {
			c.condition(condition)
		}
	}
}

func (c *changes) condition(e ast.Expr) {
	c.wrap("always", e, "((%[2]s) || mutated(%[1]d))")
	c.wrap("never", e, "((%[2]s) && !mutated(%[1]d))")
}

// leaveOut leaves out each statement that is not needed to compile, nor the same as one
// whose condition is never true.
func (c *changes) leaveOut(statements []ast.Stmt) {
	for i, s := range statements {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.IfStmt:
			if s.Init == nil && s.Else == nil {
				continue
			}
		case *ast.CaseClause, *ast.CommClause, *ast.DeclStmt, *ast.ReturnStmt, *ast.BranchStmt, *ast.BlockStmt:
			continue
		}
		if i == len(statements)-1 && ends(s) {
			continue
		}
		c.wrap("without", s, "if !mutated(%[1]d) { %[2]s }")
	}
}

// ends reports whether nothing after the statement is reached, so that a function may end with it.
func ends(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.IfStmt:
		return s.Else != nil && ends(s.Body) && ends(s.Else)
	case *ast.BlockStmt:
		return len(s.List) > 0 && ends(s.List[len(s.List)-1])
	case *ast.ForStmt:
		return s.Cond == nil
	case *ast.SelectStmt:
		return true
	case *ast.SwitchStmt:
		return hasDefault(s.Body)
	case *ast.TypeSwitchStmt:
		return hasDefault(s.Body)
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		name, ok := call.Fun.(*ast.Ident)
		return ok && name.Name == "panic"
	}
	return false
}

func hasDefault(body *ast.BlockStmt) bool {
	return slices.ContainsFunc(body.List, func(s ast.Stmt) bool { return s.(*ast.CaseClause).List == nil })
}

// answer turns round a yes or no that is returned, and loses an error.
func (c *changes) answer(n *ast.ReturnStmt) {
	if c.results == nil || len(n.Results) == 0 || len(n.Results) != c.results.NumFields() {
		return
	}
	last := n.Results[len(n.Results)-1]
	kind, _ := c.results.List[len(c.results.List)-1].Type.(*ast.Ident)
	switch {
	case kind == nil:
	case kind.Name == "bool" && !equality(last):
		c.wrap("not", last, "mutated(%[1]d) != (%[2]s)")
	case kind.Name == "error" && c.text(last) != "nil":
		c.wrap("lost", last, "mutantError(%[1]d, %[2]s)")
	}
}

func equality(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	return ok && (b.Op == token.EQL || b.Op == token.NEQ)
}

var neighbours = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.LAND: "||", token.LOR: "&&",
}

// binary puts a comparison's or a connective's neighbour behind a switch, so that what was
// evaluated once and in order still is.
func (c *changes) binary(n *ast.BinaryExpr) {
	other, ok := neighbours[n.Op]
	if !ok {
		return
	}
	form := "(mutated(%[1]d) && %[2]s " + other + " %[3]s || !mutated(%[1]d) && %[2]s " + n.Op.String() + " %[3]s)"
	switch n.Op {
	case token.EQL, token.NEQ:
		form = "(mutated(%[1]d) != (%[2]s " + n.Op.String() + " %[3]s))"
	case token.LAND:
		form = "(%[2]s && (mutated(%[1]d) || %[3]s) || mutated(%[1]d) && %[3]s)"
	case token.LOR:
		form = "(%[2]s && (!mutated(%[1]d) || %[3]s) || !mutated(%[1]d) && %[3]s)"
	}
	number := c.note(n.Op.String()+" for "+other, n)
	x, y := n.X, n.Y
	c.edits = append(c.edits, edit{c.at(n.Pos()), c.at(n.End()), func(piece func(from, to int) string) string {
		return fmt.Sprintf(form, number, "("+piece(c.at(x.Pos()), c.at(x.End()))+")", "("+piece(c.at(y.Pos()), c.at(y.End()))+")")
	}})
}

// wrap notes a change of one piece: %[1]d is its switch and %[2]s what was there.
func (c *changes) wrap(what string, n ast.Node, form string) {
	number := c.note(what, n)
	from, to := c.at(n.Pos()), c.at(n.End())
	c.edits = append(c.edits, edit{from, to, func(piece func(from, to int) string) string {
		return fmt.Sprintf(form, number, piece(from, to))
	}})
}

// note gives a change its number and its name.
func (c *changes) note(what string, n ast.Node) (number int) {
	code := strings.Join(strings.Fields(c.text(n)), " ")
	if len(code) > 160 {
		code = code[:160] + "…"
	}
	name := c.path + ": " + c.in + ": " + what + ": " + code
	again := c.seen[name]
	c.seen[name]++
	if again > 0 {
		name += fmt.Sprintf(" (%d before it)", again)
	}
	number = c.first + len(c.mutants)
	c.mutants = append(c.mutants, &mutant{number: number, name: name, line: c.set.Position(n.Pos()).Line})
	return number
}

func (c *changes) at(p token.Pos) int { return c.set.Position(p).Offset }

func (c *changes) text(n ast.Node) string { return string(c.source[c.at(n.Pos()):c.at(n.End())]) }

// render is a piece of the source with the edits that lie in it, which are in the order of
// the source, the outer before the inner.
func (c *changes) render(from, to int, edits []edit) string {
	var text strings.Builder
	at := from
	for i, e := range edits {
		if e.from < at || e.to > to { // inside one that is done, or outside the piece
			continue
		}
		text.Write(c.source[at:e.from])
		text.WriteString(e.with(func(from, to int) string { return c.render(from, to, edits[i+1:]) }))
		at = e.to
	}
	text.Write(c.source[at:to])
	return text.String()
}
