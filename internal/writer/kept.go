package writer

import (
	"context"
	"runtime"
	"sync"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// KeptWithDocument returns a kept for NewWriter that keeps plans as long as the parsed document lives, which is as long
// as the executor's query cache has it. Without a query cache each request has a document, and plans, of its own.
func KeptWithDocument() func(context.Context) *sync.Map {
	var places sync.Map // of *sync.Map, by weak.Pointer[ast.QueryDocument]; nothing in a plan refers to the document
	return func(ctx context.Context) *sync.Map {
		doc := graphql.GetOperationContext(ctx).Doc
		key := weak.Make(doc)
		if place, ok := places.Load(key); ok {
			return place.(*sync.Map)
		}
		place, known := places.LoadOrStore(key, new(sync.Map))
		if !known {
			runtime.AddCleanup(doc, func(key weak.Pointer[ast.QueryDocument]) { places.Delete(key) }, key)
		}
		return place.(*sync.Map)
	}
}
