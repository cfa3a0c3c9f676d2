package transport

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The cost of an operation is how many values its answer can be expected to hold:
// every object and every single value counts one. A list holds
//
//   - as many as "first" says, up to maxPage, where it is the nodes or edges of a connection,
//   - one for each entry of a list that its field must be given, such as the numbers
//     of the patients,
//   - listSize, where nothing bounds it,
//   - what the schema holds, where the schema is asked for.
//
// What is asked for under one key of the answer counts once, however many fragments
// ask for it; of an abstract type the dearest object counts; what @skip and
// @include leave out counts as if it came. So an answer is never larger than its
// cost says, as long as no unbounded list is longer than listSize.

// listSize is how many entries a list is taken to have that nothing bounds. Few
// people have more allergies, medicines or problems than that.
const listSize = 20

// maxPage is the longest page that the contract lets anyone ask for. One who asks
// for more is told so by the resolver, which then reads nothing.
const maxPage = 200

// maxCost is where sums stop, so that they do not overflow.
const maxCost = 1 << 40

// cost is what an operation costs, but for its variables. It is worked out once for
// a document. A part refers to the nodes before its own.
type cost struct {
	nodes    []costNode
	defaults map[string]*ast.Value // of variables that sizes depend on
}

// costNode is an object of one type with what is selected of it: values, whatever the
// variables are, and parts.
type costNode struct {
	values int64
	parts  []costPart
}

// costPart is a field whose list is as long as a variable says, or that of something in it.
type costPart struct {
	times listLength
	of    []int // the nodes of what it may hold, of which the dearest counts
}

// listLength is how many values a field holds.
type listLength struct {
	variable string // that says it, "" if length does
	entries  bool   // the variable is a list and its entries count
	length   int64  // without the variable
}

// of is what the operation costs with these variables, which have been checked.
func (c *cost) of(variables map[string]any) int64 {
	costs := make([]int64, len(c.nodes))
	for i, node := range c.nodes {
		total := node.values
		for _, part := range node.parts {
			each := int64(0)
			for _, of := range part.of {
				each = max(each, costs[of])
			}
			total = min(total+times(c.length(part.times, variables), 1+each), maxCost)
		}
		costs[i] = total
	}
	return costs[len(costs)-1]
}

func times(a, b int64) int64 {
	if a > 0 && b > maxCost/a {
		return maxCost
	}
	return a * b
}

func (c *cost) length(l listLength, variables map[string]any) int64 {
	if l.variable == "" {
		return l.length
	}
	value, given := variables[l.variable]
	if !given {
		return literalLength(l, c.defaults[l.variable])
	}
	switch v := value.(type) {
	case []any:
		return int64(len(v))
	case int64:
		return bounded(v)
	}
	if l.entries && value != nil {
		return 1 // a single value stands for a list of one
	}
	return l.length
}

func bounded(n int64) int64 { return max(0, min(n, maxPage)) }

// tooDear refuses an operation whose answer would be too large.
func (p preparer) tooDear(doc *document, op *ast.OperationDefinition, variables map[string]any) *gqlerror.Error {
	found := doc.operations[op]
	limit := int64(p.limits.Cost)
	if total := found.cost.of(variables); total > limit {
		return coded(QueryTooCostly, fmt.Sprintf("The answer could hold %d values, and %d are allowed (limits.cost); ask for fewer patients, shorter pages or fewer fields.", total, limit))
	}
	return nil
}
