package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"carerecord/graph"
	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/consent"
	"carerecord/internal/transport"
	"carerecord/internal/trusted"
	"carerecord/resolvers"
)

// trustedDocuments are the built-in documents and those of -documents-dir, prepared so that the first request for each
// costs what the thousandth does. The error lists everything that is wrong with any of them. A built-in document that
// the policy or the limits do not allow is left out.
func trustedDocuments(c *config.Config) (prepared *transport.Trusted, leftOut []error, err error) {
	folders := []trusted.Folder{{Name: "documents", FS: operationFiles, Dir: "documents", BuiltIn: true}}
	if dir := c.Documents.Dir; dir != "" {
		root, err := os.OpenRoot(dir) // what a link leads to outside is not read
		if err != nil {
			return nil, nil, config.Faults{fmt.Errorf("-documents-dir: %s cannot be read; correct the path", dir)}
		}
		defer root.Close()
		folders = append(folders, trusted.Folder{Name: dir, FS: root.FS(), Dir: "."})
	}
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	prepared = transport.NewTrusted(schema, transport.Options{Limits: limitsOf(c)})
	byID := map[string]*transport.Prepared{}
	documents, leftOut, faults := trusted.Read(trusted.Check{
		Policy: c.Policy, MaxLen: int(c.Limits.Body),
		Prepare: func(d trusted.Document) (*ast.QueryDocument, error) {
			p, err := prepared.Prepare(trustedOf(d))
			if err != nil {
				return nil, err
			}
			byID[d.ID] = p
			return p.AST(), nil
		},
		Needs: func(doc *ast.QueryDocument) consent.Needs { return resolvers.Needs(schema, doc) },
	}, folders...)
	if len(faults) > 0 {
		return nil, nil, config.Faults(faults)
	}
	for _, d := range documents { // without those that were left out
		if err := prepared.Add(byID[d.ID]); err != nil {
			return nil, nil, err
		}
	}
	return prepared, leftOut, nil
}

// trustedOf is a document as the transport needs it.
func trustedOf(d trusted.Document) transport.TrustedDocument {
	purposes := make([]string, len(d.Purposes))
	for i, purpose := range d.Purposes {
		purposes[i] = string(purpose)
	}
	message := fmt.Sprintf("This document is registered for the purpose %s, and your token states another. Sign in for that, or have the document registered for yours.",
		strings.Join(purposes, ", "))
	return transport.TrustedDocument{
		IDs: d.IDs(), Name: d.ID, App: d.App, Text: d.Text, Plan: graph.Plan,
		Refuse: func(ctx context.Context) *gqlerror.Error {
			if p, _ := auth.FromContext(ctx); d.For(p) {
				return nil
			}
			return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": transport.DocumentNotTrusted}}
		},
	}
}
