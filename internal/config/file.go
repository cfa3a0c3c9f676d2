package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// file reads the configuration file. It reports whether that worked: if not, nothing can be said about missing
// settings. A flag takes precedence over its line.
func (r *reader) file(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		r.fault("-config: %s cannot be read (%w); correct the path", path, cause(err))
		return false
	}
	parsed, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0) // some editors begin a file with a mark of its coding
	if err != nil {
		var syntax interface {
			GetMessage() string
			GetToken() *token.Token
		}
		if errors.As(err, &syntax) { // the library's whole text quotes the lines around, which may hold a password
			at := ""
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				at = fmt.Sprintf(", line %d,", t.Position.Line)
			}
			r.fault("%s%s is not YAML: %s", path, at, syntax.GetMessage())
			return false
		}
		r.fault("%s is not YAML; check its indents and colons", path)
		return false
	}
	if len(parsed.Docs) > 1 {
		r.fault("%s holds several documents; leave one", path)
	}
	for _, doc := range parsed.Docs {
		if doc.Body != nil {
			r.mapping(path, "", doc.Body)
		}
	}
	return true
}

// mapping reads the lines below a key.
func (r *reader) mapping(path, under string, node ast.Node) {
	values, ok := pairs(node)
	if !ok {
		r.at(path, node, "%s is to have settings below it", orFile(under))
		return
	}
	for _, pair := range values {
		key := pair.Key.GetToken().Value
		if under != "" {
			key = under + "." + key
		}
		switch s, known := byKey(key); {
		case known:
			r.line(path, s, pair.Value)
		case key == "sources":
			r.set[key] = path
			r.sources(path, pair.Value)
		case isLevel(key):
			if _, empty := pair.Value.(*ast.NullNode); !empty {
				r.mapping(path, key, pair.Value)
			}
		default:
			r.at(path, pair.Key, "there is no setting %s; %s has %s", key, orFile(under), strings.Join(below(under), ", "))
		}
	}
}

// line reads one setting.
func (r *reader) line(path string, s setting, node ast.Node) {
	text, ok := scalar(node)
	if !ok {
		r.at(path, node, "%s takes one value: %s", s.key, s.value)
		return
	}
	switch from := r.set[s.key]; {
	case strings.HasPrefix(from, "-"):
		return
	case from == path:
		r.at(path, node, "%s stands here twice; leave one out", s.key)
		return
	}
	r.set[s.key] = path
	if s.path {
		text = beside(path, text)
	}
	if err := s.set(r, text); err != nil {
		r.at(path, node, "%s: %w", s.key, err)
	}
}

// at reports a fault with its line.
func (r *reader) at(path string, node ast.Node, format string, args ...any) {
	line := 1
	if t := node.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	r.fault("%s, line %d: "+format, append([]any{path, line}, args...)...)
}

func orFile(key string) string {
	if key == "" {
		return "the file"
	}
	return key
}

// pairs returns the lines of a mapping; false if the node is none.
func pairs(node ast.Node) ([]*ast.MappingValueNode, bool) {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		return nil, false
	}
	return mapping.Values, true
}

// scalar returns a value as written; false if it is a list, a mapping or nothing.
func scalar(node ast.Node) (string, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(node.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// isLevel reports whether there are settings below a key.
func isLevel(key string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return s.where != flagOnly && strings.HasPrefix(s.key, key+".") })
}

// below lists the names that are allowed below a key.
func below(key string) []string {
	var names []string
	if key == "" {
		names = append(names, "sources")
	}
	for _, s := range settings {
		rest, ok := s.key, key == ""
		if key != "" {
			rest, ok = strings.CutPrefix(s.key, key+".")
		}
		name, _, _ := strings.Cut(rest, ".")
		if ok && s.where != flagOnly && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// beside resolves a path relative to the file that names it. URLs stay as they are.
func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) || strings.Contains(path, "://") {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}
