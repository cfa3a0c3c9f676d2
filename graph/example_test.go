package graph_test

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/graph"
	"carerecord/internal/record"
	"carerecord/internal/writer"
)

// Resolvers are what they would be without the writer; this one has a single root field.
type (
	exampleRoot  struct{ graph.ResolverRoot }
	exampleQuery struct{ graph.QueryResolver }
)

func (exampleRoot) Query() graph.QueryResolver { return exampleQuery{} }
func (exampleQuery) Viewer(context.Context) (*record.Viewer, error) {
	return &record.Viewer{Name: "Dr Example"}, nil
}

// An executor of gqlgen's, or a handler.Server, which has the same methods, answers with plans that live as long as its
// query cache holds their document.
func ExampleNewWriter() {
	es := graph.NewExecutableSchema(graph.Config{Resolvers: exampleRoot{}})
	server := executor.New(graph.Pooled(es))
	server.SetQueryCache(graphql.MapCache[*ast.QueryDocument]{}) // a real one has a bound
	server.Use(graph.NewWriter(es, writer.KeptWithDocument()))

	ctx := graphql.StartOperationTrace(context.Background())
	op, errs := server.CreateOperationContext(ctx, &graphql.RawParams{Query: `{ me: viewer { name __typename } }`})
	if errs != nil {
		fmt.Println(errs)
		return
	}
	answer, ctx := server.DispatchOperation(ctx, op)
	response := answer(ctx)
	fmt.Printf("%s\n", response.Data)
	graph.Release(response.Data) // it is sent, and nothing refers to it any more

	// Output: {"me":{"name":"Dr Example","__typename":"Viewer"}}
}
