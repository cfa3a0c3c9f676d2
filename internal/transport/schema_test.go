package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var testSchema = gqlparser.MustLoadSchema(&ast.Source{Name: "test.graphqls", Input: `
	scalar NHSNumber
	scalar Date
	scalar PartialDate
	scalar DateTime
	enum Order { NAME BORN }
	input Filter { any: [Filter!] not: Filter numbers: [NHSNumber!] since: Date born: PartialDate at: DateTime first: Int order: Order }
	input Choice @oneOf { id: ID name: String }
	input Range { from: Int! to: Int! = 9 }
	directive @tag(text: String, of: NHSNumber, by: Filter) repeatable on QUERY | FIELD | FRAGMENT_DEFINITION | FRAGMENT_SPREAD | INLINE_FRAGMENT | VARIABLE_DEFINITION
	type Query {
		patient(nhsNumber: NHSNumber!): Patient
		patients(nhsNumbers: [NHSNumber!]!): [Patient!]!
		search(filter: Filter, first: Int = 20, order: Order, text: String, ratio: Float, choice: Choice, range: Range): [Patient!]!
		waits: String
		breaks: String
		panics: String
		refuses: String
		wide(a: Int, b: Int, c: Int): Patient
	}
	type Mutation { note(text: String!): Boolean }
	type Subscription { changed: String }
	type Patient {
		id: ID! name: String ward: String self: Patient friends: [Patient!]!
		items(first: Int! = 3, after: String): ItemConnection! dated(first: Int): [Dated!]! things: [Found!]! tags: [String!]!
	}
	interface Item { id: ID! tags: [String!]! }
	interface Dated { id: ID! on: Date related: [Item!]! }
	type Stay implements Item & Dated { id: ID! tags: [String!]! on: Date related: [Item!]! ward: String rooms: [Room!]! }
	type Letter implements Item & Dated { id: ID! tags: [String!]! on: Date related: [Item!]! pages: [[Room!]!]! }
	type Room { id: ID! name: String }
	union Found = Stay | Letter | Patient
	type ItemConnection { nodes: [Item!]! edges: [ItemEdge!]! total: Int }
	type ItemEdge { cursor: String node: Item }
`})

// small is an executable schema of a few lines, deferring as gqlgen does.
type small struct {
	executed atomic.Int32
	seen     atomic.Value // the arguments of the last root field
}

func (s *small) Schema() *ast.Schema { return testSchema }

func (s *small) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s *small) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}[op.Operation.Operation]
	return func(ctx context.Context) *graphql.Response {
		s.executed.Add(1)
		w := &writer{small: s, op: op}
		w.object(ctx, root, op.Operation.SelectionSet)
		response := &graphql.Response{Data: w.Bytes()}
		if w.deferred {
			response.HasNext = new(true)
		}
		return response
	}
}

type writer struct {
	*small
	op *graphql.OperationContext
	bytes.Buffer
	deferred bool
}

func (w *writer) object(ctx context.Context, name string, set ast.SelectionSet) {
	w.WriteByte('{')
	for i, field := range graphql.CollectFields(w.op, set, satisfies(name)) {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(strconv.Quote(field.Alias) + ":")
		ctx := graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: name, Field: field})
		switch {
		case field.IsDeferred():
			w.deferred = true
			w.WriteString("null")
		default:
			w.field(ctx, name, field)
		}
	}
	w.WriteByte('}')
}

func (w *writer) field(ctx context.Context, object string, field graphql.CollectedField) {
	defer func() {
		if p := recover(); p != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, p))
			w.WriteString("null")
		}
	}()
	if object != "Patient" && field.Name != "__typename" {
		w.seen.Store(field.ArgumentMap(w.op.Variables))
	}
	value, err := resolve(ctx, object, field.Name)
	if err != nil {
		graphql.AddError(ctx, err)
		w.WriteString("null")
		return
	}
	switch value {
	case "Patient", "__Type", "ItemConnection", "ItemEdge", "Stay":
		w.object(ctx, value.(string), field.Selections)
	case "[Patient]", "[Stay]", "[Room]", "[ItemEdge]":
		w.WriteByte('[')
		w.object(ctx, strings.Trim(value.(string), "[]"), field.Selections)
		w.WriteByte(']')
	default:
		text, _ := json.Marshal(value)
		w.Write(text)
	}
}

// satisfies are the types that an object of a type is of.
func satisfies(name string) []string {
	names := []string{name}
	for _, abstract := range testSchema.Implements[name] {
		names = append(names, abstract.Name)
	}
	return names
}

func resolve(ctx context.Context, object, name string) (any, error) {
	switch name {
	case "__typename":
		return object, nil
	case "patient", "self", "wide":
		return "Patient", nil
	case "patients", "search", "friends":
		return "[Patient]", nil
	case "items":
		return "ItemConnection", nil
	case "node":
		return "Stay", nil
	case "dated", "things", "nodes", "related":
		return "[Stay]", nil
	case "edges":
		return "[ItemEdge]", nil
	case "rooms":
		return "[Room]", nil
	case "__type", "__schema":
		return "__Type", nil
	case "waits":
		<-ctx.Done()
		return nil, fmt.Errorf("reading 999 000 0018 at db.internal: %w", ctx.Err())
	case "breaks":
		return nil, errors.New("dial tcp db.internal:5432: SELECT * FROM patients WHERE nhs_number = 9990000018")
	case "panics":
		panic("9990000018 in a panic")
	case "refuses":
		return nil, coded("PATIENT_NOT_FOUND", "No such patient.")
	case "note":
		return true, nil
	}
	return name, nil
}

func TestTestSchemaDefers(t *testing.T) {
	doc := gqlparser.MustLoadQueryWithRules(testSchema, `{ patient(nhsNumber: "9990000018") { id ... @defer { name } } }`, nil)
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
	w := &writer{small: new(small), op: op}
	ctx := graphql.WithResponseContext(t.Context(), graphql.DefaultErrorPresenter, graphql.DefaultRecover)
	w.object(ctx, "Query", op.Operation.SelectionSet)
	if !w.deferred {
		t.Error("the schema of the tests does not defer, so that it cannot show that the transport does not")
	}
}
