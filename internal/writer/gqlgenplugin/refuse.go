package gqlgenplugin

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// A Refusal says what in the schema the generated code would handle differently from gqlgen, and what to do
// about it.
type Refusal struct {
	Where string // a type, or a type and its field
	Why   string
}

func (r *Refusal) Error() string { return r.Where + " " + r.Why }

// at adds a location to an error, unless it is a Refusal, which has one.
func at(where string, err error) error {
	if _, is := errors.AsType[*Refusal](err); is {
		return err
	}
	return &Refusal{where, err.Error()}
}

// instead says what to do about a directive.
const instead = "take it off, give it skip_runtime in gqlgen.yml if nothing has to run for it, or leave the root field out of Options.Roots"

// refuseSchema refuses settings and directives that rule out every root field.
func refuseSchema(data *codegen.Data) error {
	if data.Config.UseFunctionSyntaxForExecutionContext {
		return &Refusal{"use_function_syntax_for_execution_context", "is set in gqlgen.yml, and the writer calls methods: take it off"}
	}
	if data.Config.OmitPanicHandler {
		return &Refusal{"omit_panic_handler", "is set in gqlgen.yml, and the writer makes a panic an error: take it off"}
	}
	for _, location := range []string{"QUERY", "FIELD"} {
		for _, name := range slices.Sorted(maps.Keys(data.AllDirectives.LocationDirectives(location))) {
			return &Refusal{"@" + name, "may stand at a " + location + " of a document, where gqlgen calls it and the writer would not: " +
				"take the place out of its definition, or give it skip_runtime in gqlgen.yml if nothing has to run for it"}
		}
	}
	return nil
}

// refuseField refuses what gqlgen does for a field and the writer would not.
func (g *generator) refuseField(f *codegen.Field) error {
	if running := f.ImplDirectives(); len(running) > 0 {
		return fmt.Errorf("has the directive @%s%s, which gqlgen calls and the writer would not: %s", running[0].Name, ofType(f, running[0].Name), instead)
	}
	if g.data.Config.IsRoot(f.TypeReference.Definition) {
		return fmt.Errorf("is a %s, which gqlgen writes: leave the root field above it out of Options.Roots", f.TypeReference.Definition.Name)
	}
	switch {
	case f.IsBatch():
		return errors.New("has a batch resolver, which the writer does not call: give it a resolver for one value")
	case f.HasHaser:
		return fmt.Errorf("is null by %s, which the writer does not ask: switch autobind_getter_haser off for it", f.HaserMethodName)
	case f.IsResolver:
		return g.refuseArguments(f)
	case len(f.Args) > 0:
		return errors.New("has arguments and no resolver, so that the writer would not read them: give it a resolver")
	case f.IsVariable(), f.IsMethod() && f.NoErr && !f.MethodHasContext:
		return nil
	}
	return errors.New("is bound to something other than a variable, a method without context and error, or a resolver: give it a resolver")
}

// ofType names a field's type if a directive of the field comes from there; "" otherwise.
func ofType(f *codegen.Field, directive string) string {
	if f.FieldDefinition.Directives.ForName(directive) != nil {
		return ""
	}
	return " by its type " + f.TypeReference.Definition.Name
}

// refuseArguments refuses code that runs when arguments are read. gqlgen reads them for each value; the writer
// reads them once, and caches them with the plan if they contain no variables.
func (g *generator) refuseArguments(f *codegen.Field) error {
	for _, argument := range f.Args {
		if running := argument.ImplDirectives(); len(running) > 0 {
			return fmt.Errorf("has the directive @%s at its argument %s, which gqlgen calls for each value and the writer would not: %s", running[0].Name, argument.Name, instead)
		}
		if err := g.refuseInput(argument.TypeReference, map[string]bool{}); err != nil {
			return fmt.Errorf("has the argument %s, of which %w", argument.Name, err)
		}
	}
	return nil
}

func (g *generator) refuseInput(ref *config.TypeReference, seen map[string]bool) error {
	name := ref.Definition.Name
	if ref.IsContext && (ref.Unmarshaler == nil || ref.Unmarshaler.Pkg().Path() != imported["graphql"]) {
		return fmt.Errorf("%s is read with a context, and what was read before may be given to another: give it an unmarshaler without", name)
	}
	if seen[name] || ref.Definition.Kind != ast.InputObject {
		return nil
	}
	seen[name] = true
	input := g.data.Inputs.ByName(name)
	if input == nil {
		return nil
	}
	if running := input.InputObjectDirectives(); len(running) > 0 {
		return fmt.Errorf("the type %s has the directive @%s, which gqlgen calls for each value and the writer would not: %s", name, running[0].Name, instead)
	}
	for _, f := range input.Fields {
		if running := f.ImplDirectives(); len(running) > 0 {
			return fmt.Errorf("%s.%s has the directive @%s, which gqlgen calls for each value and the writer would not: %s", name, f.Name, running[0].Name, instead)
		}
		if err := g.refuseInput(f.TypeReference, seen); err != nil {
			return err
		}
	}
	return nil
}
