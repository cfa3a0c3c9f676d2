// Package wiring connects the resolvers to the transport, and both to what else an answer needs: its receipt, the
// trail, the log and the metrics. The program and the benchmark use the same wiring.
package wiring

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/internal/writer"
	"carerecord/resolvers"
)

// A Graph is what answers operations. All fields but FreeText are required.
type Graph struct {
	Root     *resolvers.Root
	Receipts *receipt.Signer
	Refusals *audit.Refusals
	Told     *telemetry.Telemetry
	FreeText bool // count documents that are sent as text
}

// Handler returns the handler that answers with the graph. The caller sets the limits, the trusted documents and who
// may introspect; Handler sets the other hooks.
func (g *Graph) Handler(o transport.Options) http.Handler {
	for _, alarm := range resolvers.Alarms {
		g.Told.Expect(string(alarm))
	}
	schema := g.Root.Schema()
	o.Principal, o.Receipt, o.Done = principalOf, g.receipt, g.answered
	o.Begin, o.Check, o.Extensions, o.ErrorPresenter = g.begin, g.Root.Check, g.Root.Extensions, g.Root.Present
	o.OnInternal, o.Release = g.Told.Internal, graph.Release
	o.Use = []graphql.HandlerExtension{graph.NewWriter(schema, transport.Kept)}
	return transport.New(graph.Pooled(schema), o)
}

// principalOf identifies the caller, to count their requests in flight.
func principalOf(ctx context.Context) string {
	p, _ := auth.FromContext(ctx)
	return p.Subject + "\x00" + p.Org
}

// begin makes the context of an operation, with its trusted document if it has one.
func (g *Graph) begin(ctx context.Context) context.Context {
	ctx = g.Root.Begin(writer.WithLayouts(ctx))
	if document, app := transport.TrustedOf(ctx); document != "" {
		resolvers.OfDocument(ctx, document, app)
	}
	return ctx
}

// answered reports an answer that was sent to the log and the metrics, and counts it for the trail if it was refused.
func (g *Graph) answered(ctx context.Context, a transport.Answer) {
	if a.Refused && len(a.Codes) > 0 {
		Refused(ctx, g.Refusals, a.Codes[0])
	}
	p, _ := auth.FromContext(ctx)
	g.Told.Answered(ctx, telemetry.Answer{
		Operation: a.Operation, Name: a.Name, Status: a.Status, Codes: a.Codes, Bytes: a.Bytes,
		Request: resolvers.RequestID(ctx), Took: time.Since(telemetry.Began(ctx)), Role: string(p.Role), Org: p.Org,
		Document: a.Document, App: a.App, FreeText: a.FreeText && g.FreeText,
	})
}

// Refused counts, for the trail, a request of a signed-in caller that was refused before it ran.
func Refused(ctx context.Context, refusals *audit.Refusals, code string) {
	p, _ := auth.FromContext(ctx)
	refusals.Count(audit.Refusal{Who: audit.WhoIs(p), Purpose: p.Purpose, Client: resolvers.ClientOf(ctx), Code: code, RequestID: resolvers.RequestID(ctx)})
}

// Observe passes the observations of the resolvers to the log and the metrics.
func Observe(told *telemetry.Telemetry) func(context.Context, resolvers.Observation) {
	return func(ctx context.Context, o resolvers.Observation) {
		if o.Alarm != "" {
			told.Alarm(ctx, string(o.Alarm), o.Source, o.Err)
			return
		}
		_, organisation, _ := strings.Cut(o.Source, "/")
		if o.Kind != "" {
			told.Found(ctx, telemetry.Finding{Sector: o.Sector, Organisation: organisation, Kind: strings.ToLower(string(record.ReasonOf(o.Err))), Count: 1, Where: string(o.Kind), Err: o.Err})
			return
		}
		told.Source(ctx, telemetry.Read{
			Sector: o.Sector, Organisation: organisation, Outcome: string(o.Outcome), Asks: o.Asks, Took: o.Duration, Err: o.Err, Untold: o.OfNobody,
		})
	}
}
