package transport

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The cost of an operation is the number of values that its answer may be expected to hold: every object and
// every scalar counts one. The length of a list is
//
//   - the value of "first", up to maxPage, for a list with that argument and for the nodes or edges of a connection with it,
//   - the number of entries of a required list argument, such as the patients' NHS numbers,
//   - what the schema holds, for introspection,
//   - listSize otherwise.
//
// A response key counts once, however many fragments select it. Of an abstract type the most expensive object
// type counts. Fields under @skip and @include count as if included. So an answer never holds more values than
// its cost, as long as no unbounded list is longer than listSize.

// listSize is the assumed length of a list that nothing bounds. Few people have more allergies, medicines or
// problems.
const listSize = 20

// maxPage is the longest page in the contract. If a caller asks for more, the resolver returns an error and
// reads nothing.
const maxPage = 200

// maxCost caps sums, so that they do not overflow.
const maxCost = 1 << 40

// cost is the cost of an operation as a function of its variables. It is worked out once per document. A part
// refers only to nodes before its own; the last node is the root.
type cost struct {
	nodes    []costNode
	defaults map[string]*ast.Value // of the operation's variables
}

// costNode is an object of one type with its selected fields: values is the cost that no variable changes,
// parts the rest.
type costNode struct {
	values int64
	parts  []costPart
}

// costPart is a field whose cost depends on a variable, through its own length or that of a list below it.
type costPart struct {
	times listLength
	of    []int // nodes of the object types it may hold; the most expensive counts
}

// listLength is the number of values of a field.
type listLength struct {
	variable string // gives the length; "" if length does
	entries  bool   // the variable is a list whose entries are counted
	length   int64  // if no variable gives it
}

// of returns the cost of the operation with these variables, which must have been checked.
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

// tooDear returns an error if the answer could be larger than the limit.
func (p preparer) tooDear(doc *document, op *ast.OperationDefinition, variables map[string]any) *gqlerror.Error {
	found := doc.operations[op]
	limit := int64(p.limits.Cost)
	if total := found.cost.of(variables); total > limit {
		return coded(QueryTooCostly, fmt.Sprintf("The answer could hold %d values, and %d are allowed (limits.cost); ask for fewer patients, shorter pages or fewer fields.", total, limit))
	}
	return nil
}
