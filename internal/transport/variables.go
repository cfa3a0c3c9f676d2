package transport

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// variables checks the variables of a request against their types. gqlparser does so again afterwards, but this
// names every invalid position, repeats no value, does not take "5" for 5, and checks custom scalars too.
type variables struct {
	schema  *ast.Schema
	scalars map[string]Scalar
	limits  Limits
	values  int // seen so far

	errors gqlerror.List
	over   bool // too many values, or nested too deep
}

// check returns what is wrong. It rewrites whole numbers with a decimal point in place, since gqlparser would
// refuse them.
func (c *variables) check(op *ast.OperationDefinition, needed []string, given map[string]any) gqlerror.List {
	for _, definition := range op.VariableDefinitions {
		c.variable(definition, given)
	}
	for _, name := range needed { // their types are nullable, their positions are not
		if value, ok := given[name]; ok && value == nil {
			c.wrong(position{name: "$" + name}, "must not be null")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if op.VariableDefinitions.ForName(name) == nil {
			c.stray(position{name: "$" + name}, given[name], 0)
		}
	}
	if c.over {
		return gqlerror.List{tooManyValues()}
	}
	return c.errors
}

func tooManyValues() *gqlerror.Error {
	return coded(QueryTooLarge, "The variables hold too many values, or nest them too deep.")
}

func (c *variables) variable(definition *ast.VariableDefinition, given map[string]any) {
	at := position{name: "$" + definition.Variable}
	value, ok := given[definition.Variable]
	switch {
	case ok:
		given[definition.Variable] = c.value(at, definition.Type, value, 0)
	case definition.DefaultValue == nil && definition.Type.NonNull:
		c.wrong(at, "must be given")
	}
}

// stray checks a variable that the operation does not define. Nothing reads it, but the receipt covers
// everything that was sent.
func (c *variables) stray(at position, value any, depth int) {
	if depth > c.limits.InputDepth { // their number was checked when they were read
		c.over = true
		return
	}
	switch value := value.(type) {
	case json.Number:
		if _, err := value.Float64(); err != nil {
			c.wrong(at, "must be a number that a double can hold")
		}
	case []any:
		for i, entry := range value {
			c.stray(position{above: &at, index: i}, entry, depth+1)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			c.stray(position{above: &at, name: name}, value[name], depth+1)
		}
	}
}

func (c *variables) wrong(at position, words string) {
	c.errors = append(c.errors, wrongValue(at, words))
}

// value checks one value and returns it in the form that gqlgen reads.
func (c *variables) value(at position, t *ast.Type, value any, depth int) any {
	if c.values++; c.values > c.limits.Values || depth > c.limits.InputDepth {
		c.over = true
	}
	switch {
	case c.over:
		return value
	case value == nil:
		if t.NonNull {
			c.wrong(at, "must not be null")
		}
		return nil
	case t.Elem != nil:
		return c.list(at, t, value, depth)
	}
	return c.named(at, c.schema.Types[t.NamedType], value, depth)
}

// list checks each entry; a single value stands for a list of one.
func (c *variables) list(at position, t *ast.Type, value any, depth int) any {
	entries, ok := value.([]any)
	if !ok {
		return c.value(at, t.Elem, value, depth+1)
	}
	for i, entry := range entries {
		entries[i] = c.value(position{above: &at, index: i}, t.Elem, entry, depth+1)
	}
	return entries
}

func (c *variables) named(at position, definition *ast.Definition, value any, depth int) any {
	switch {
	case definition.Kind == ast.InputObject:
		c.object(at, definition, value, depth)
	case definition.Kind == ast.Enum:
		if name, ok := value.(string); !ok || definition.EnumValues.ForName(name) == nil {
			c.wrong(at, "is not a value of "+definition.Name)
		}
	default:
		return c.scalar(at, definition.Name, value)
	}
	return value
}

func (c *variables) object(at position, definition *ast.Definition, value any, depth int) {
	members, ok := value.(map[string]any)
	if !ok {
		c.wrong(at, "must be an object of type "+definition.Name)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if definition.Fields.ForName(name) == nil {
			c.wrong(position{above: &at, name: name}, "is not defined by type "+definition.Name)
		}
	}
	if definition.Directives.ForName("oneOf") != nil && !exactlyOne(members) {
		c.wrong(at, "must have exactly one field, which is not null")
	}
	for _, field := range definition.Fields {
		c.member(position{above: &at, name: field.Name}, field, members, depth)
	}
}

func (c *variables) member(at position, field *ast.FieldDefinition, members map[string]any, depth int) {
	value, ok := members[field.Name]
	switch {
	case ok:
		members[field.Name] = c.value(at, field.Type, value, depth+1)
	case field.Type.NonNull && field.DefaultValue == nil:
		c.wrong(at, "must be given")
	}
}

func exactlyOne(members map[string]any) bool {
	for _, value := range members {
		return len(members) == 1 && value != nil
	}
	return false
}

func (c *variables) scalar(at position, name string, value any) any {
	if scalar, ok := c.scalars[name]; ok {
		if err := scalar.Check(value); err != nil {
			c.errors = append(c.errors, scalar.refusal(at, err))
		}
		return value
	}
	value, words := builtIn(name, value)
	if words != "" {
		c.wrong(at, words)
	}
	return value
}

// builtIn checks a value of a built-in scalar and lets other scalars pass. words says what is wrong; "" if
// nothing is.
func builtIn(name string, value any) (read any, words string) {
	number, isNumber := value.(json.Number)
	_, isText := value.(string)
	_, isTruth := value.(bool)
	switch {
	case name == "Int":
		if whole, ok := wholeNumber(number); ok && whole == int64(int32(whole)) {
			return whole, ""
		}
		return value, "is not a 32-bit integer"
	case name == "Float" && !isFloat(number):
		return value, "is not a number"
	case name == "String" && !isText:
		return value, "is not a string"
	case name == "Boolean" && !isTruth:
		return value, "is neither true nor false"
	case name == "ID" && isNumber:
		if whole, ok := wholeNumber(number); ok {
			return whole, ""
		}
		return value, "is neither a string nor a whole number"
	case name == "ID" && !isText:
		return value, "is neither a string nor a whole number"
	}
	return value, ""
}

func isFloat(number json.Number) bool {
	_, err := number.Float64()
	return err == nil
}

// wholeNumber reads whole numbers as JavaScript does: 5, 5.0, 5e0.
func wholeNumber(number json.Number) (int64, bool) {
	if whole, err := number.Int64(); err == nil {
		return whole, true
	}
	f, err := number.Float64()
	if err != nil || f != float64(int64(f)) || f > 1<<53 || f < -(1<<53) {
		return 0, false
	}
	return int64(f), true
}
