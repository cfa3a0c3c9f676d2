package graph_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/graph"
)

// A spot is where a type stands nearest to the root. A member of an interface has a spot in
// it beside its own.
type spot struct {
	name string
	path []*ast.FieldDefinition
	in   map[int]string // the member that the value of a field of the path must be
}

func (s spot) String() string {
	var b strings.Builder
	b.WriteString("Query")
	for i, f := range s.path {
		b.WriteString("." + f.Name)
		if member := s.in[i]; member != "" {
			b.WriteString("(" + member + ")")
		}
	}
	return b.String()
}

// below is the spot of what a field of this one gives.
func (s spot) below(f *ast.FieldDefinition) spot {
	return spot{name: f.Type.Name(), path: append(slices.Clone(s.path), f), in: s.in}
}

// as is the spot of a member of the interface at this one.
func (s spot) as(member string) spot {
	in := maps.Clone(s.in)
	if in == nil {
		in = map[int]string{}
	}
	in[len(s.path)-1] = member
	return spot{name: member, path: s.path, in: in}
}

// spots are those of all types that can be written, and of all members of interfaces.
func spots(schema *ast.Schema) (all []spot) {
	seen := map[string]bool{"Query": true}
	for next := []spot{{name: "Query"}}; len(next) > 0; next = next[1:] {
		s := next[0]
		all = append(all, s)
		for _, f := range schema.Types[s.name].Fields {
			name := f.Type.Name()
			if schema.Types[name].IsLeafType() || !written(s.name, f) {
				continue
			}
			below := s.below(f)
			switch {
			case seen[name]:
			case schema.Types[name].IsAbstractType():
				for _, member := range schema.GetPossibleTypes(schema.Types[name]) {
					next = append(next, below.as(member.Name))
				}
			default:
				next = append(next, below)
			}
			seen[name] = true
		}
	}
	return all
}

// written reports whether a field can be written: not all of Query can.
func written(of string, f *ast.FieldDefinition) bool {
	return graph.Written()[of].Fields[f.Name].ID > 0
}

// around is a document with a selection at a spot.
func (d *drafter) around(s spot, selection string) string {
	for i, f := range slices.Backward(s.path) {
		if member := s.in[i]; member != "" {
			selection = " { __typename ... on " + member + selection + " }"
		}
		selection = " { " + f.Name + d.arguments(f) + selection + " }"
	}
	return "query" + selection
}

// whole selects all leaves of a type, and below its other fields the leaves of what stands
// there, whichever member it is.
func (d *drafter) whole(name string) string {
	var b strings.Builder
	b.WriteString(" { __typename" + d.leaves(name, ""))
	for _, f := range d.schema.Types[name].Fields {
		below := d.schema.Types[f.Type.Name()]
		if below.IsLeafType() || !written(name, f) {
			continue
		}
		b.WriteString(" " + f.Name + d.arguments(f) + " { __typename")
		if below.IsAbstractType() {
			for _, member := range d.schema.GetPossibleTypes(below) {
				b.WriteString(" ... on " + member.Name + " { __typename" + d.leaves(member.Name, member.Name) + " }")
			}
		} else {
			b.WriteString(d.leaves(below.Name, ""))
		}
		b.WriteString(" }")
	}
	return b.String() + " }"
}

// leaves selects all leaves of a type, under keys of their own where they have a prefix.
func (d *drafter) leaves(name, prefix string) string {
	var b strings.Builder
	for _, f := range d.schema.Types[name].Fields {
		if !d.schema.Types[f.Type.Name()].IsLeafType() || !written(name, f) {
			continue
		}
		if prefix != "" {
			b.WriteString(" " + prefix + "_" + f.Name + ":")
		}
		b.WriteString(" " + f.Name + d.arguments(f))
	}
	return b.String()
}

// mostSeeds is how many contents a spot is asked for at most.
const mostSeeds = 3_000

// sweep asks for every spot whole, with so many contents at least, and with more until each
// of its fields has had a value there.
func (p *pair) sweep(t *testing.T, contents int) {
	t.Helper()
	all, asked := spots(p.schema), 0
	for _, s := range all {
		before := maps.Clone(p.tally.cases)
		missing := func(f *ast.FieldDefinition) bool {
			at := s.name + "." + f.Name
			return written(s.name, f) && p.tally.cases[at] == before[at]
		}
		for n := 0; n < contents || n < mostSeeds && slices.ContainsFunc(p.schema.Types[s.name].Fields, missing); n++ {
			p.chance.seed = *seed + uint64(n)
			d := &drafter{schema: p.schema, r: rand.New(rand.NewPCG(p.chance.seed, 11))}
			asked++
			if _, valid := p.same(t, d.around(s, d.whole(s.name)), nil); !valid {
				t.Fatalf("%s: not valid", s)
			}
		}
		for _, f := range p.schema.Types[s.name].Fields {
			if missing(f) {
				t.Errorf("%s: %s had no value", s, f.Name)
			}
		}
	}
	t.Logf("%d spots asked %d times", len(all), asked)
}

// everyOutcome has every resolver come out in every way, beside what stands with it.
func (p *pair) everyOutcome(t *testing.T) {
	t.Helper()
	defer func() { p.chance.forced = "" }()
	resolvers := 0
	for _, s := range spots(p.schema) {
		for _, f := range p.schema.Types[s.name].Fields {
			if !written(s.name, f) || s.name != "Query" && !graph.Written()[s.name].Fields[f.Name].Resolver {
				continue
			}
			resolvers++
			p.chance.forced = s.name + "." + strings.ToUpper(f.Name[:1]) + f.Name[1:]
			for p.chance.as = range outcomes {
				before := p.chance.times(p.chance.forced, p.chance.as)
				for n := uint64(0); p.chance.times(p.chance.forced, p.chance.as) == before; n++ {
					if n == mostSeeds {
						t.Fatalf("%s never came out as %s", p.chance.forced, p.chance.as)
					}
					p.chance.seed = *seed + n
					d := &drafter{schema: p.schema, r: rand.New(rand.NewPCG(p.chance.seed, 13))}
					selection := " " + f.Name + d.arguments(f)
					if !p.schema.Types[f.Type.Name()].IsLeafType() {
						selection += d.whole(f.Type.Name())
					}
					if _, valid := p.same(t, d.around(s, fmt.Sprintf(" { __typename%s }", selection)), nil); !valid {
						t.Fatalf("%s: not valid", s)
					}
				}
			}
		}
	}
	t.Logf("%d resolvers", resolvers)
}
