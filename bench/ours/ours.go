// Package ours is the service's own chain of handlers for /graphql in one process: token,
// transport, resolvers, guarded sources, trail and receipt, put together as the program
// does it. The benchmark's rounds run the program itself; tests that must set the clock
// and count allocations run this.
package ours

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/bench/setup"
	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/organisation"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
	"carerecord/internal/store"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/internal/writer"
	"carerecord/resolvers"
)

// A Server answers at http.Handler; Close ends its connections.
type Server struct {
	http.Handler
	store    *store.Store
	sources  []*view.Source
	root     *resolvers.Root
	receipts *receipt.Signer
	told     *telemetry.Telemetry
}

// Open is the source of a sector.
var Open = map[record.Sector]func(*record.Organisation, string, *record.Identifier) (*view.Source, error){
	record.Demographics: demographics.Open, record.Acute: acute.Open, record.GP: gp.Open, record.MentalHealth: mentalhealth.Open, record.SocialCare: socialcare.Open,
}

// patients is limits.patients of the benchmark, and cost is limits.cost.
const (
	patients = 1000
	cost     = 50_000_000
	body     = 256 << 10
	within   = 15 * time.Second // of a request, and of a read
)

// New puts the chain together. now is the clock of the graph.
func New(ctx context.Context, s setup.Setup, now func() time.Time) (*Server, error) {
	server := &Server{told: telemetry.New(io.Discard, "json", "info")}
	verifier, err := s.Verifier()
	if err != nil {
		return nil, err
	}
	if server.receipts, err = s.Receipts(); err != nil {
		return nil, err
	}
	policy := consent.Default()
	server.store = store.Open(ctx, store.Options{DSN: s.Own, Policy: policy, Volatile: s.Volatile, Audit: s.Audit(server.receipts)})
	if !server.store.Ready(ctx) {
		return nil, errors.Join(errors.New("the own database does not answer"), server.Close())
	}
	sources, err := server.openSources(s)
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	server.root = resolvers.New(resolvers.Options{
		Sources: sources, Facts: server.store, Trail: server.store, Register: server.store,
		Policy: policy, Directory: organisation.Default(), Exclusions: exclusion.Default(),
		Identifier: record.NewIdentifier(s.IDs), CursorKey: s.Cursors,
		Patients: patients, Refusals: 20 * time.Millisecond, Observe: server.observe, Now: now, Kept: transport.Kept, Digest: transport.Digest,
	})
	schema := server.root.Schema()
	answers := transport.New(graph.Pooled(schema), transport.Options{
		MaxBody: body, Deadline: within, Limits: transport.Limits{Cost: cost, Values: 3 * patients},
		Principal: principalOf, Receipt: server.receipt,
		Begin: server.begin, Check: server.root.Check, Extensions: server.root.Extensions, ErrorPresenter: server.root.Present,
		OnInternal: server.told.Internal, Done: server.answered,
		Release: graph.Release, Use: []graphql.HandlerExtension{graph.NewWriter(schema, transport.Kept)},
	})
	mux := http.NewServeMux()
	mux.Handle("/graphql", auth.Require(verifier, fromClient(answers), unauthenticated))
	server.Handler = server.told.Timed(mux)
	return server, nil
}

func (s *Server) openSources(given setup.Setup) (sources []resolvers.Source, err error) {
	ids := record.NewIdentifier(given.IDs)
	for _, source := range given.Sources {
		org := given.Organisation(source)
		views, err := Open[source.Sector](org, source.DSN, ids)
		if err != nil {
			return nil, err
		}
		s.sources = append(s.sources, views)
		guarded := resilience.Wrap(views.Read, resilience.Options{Deadline: within, Observe: func(resilience.Event) {}})
		sources = append(sources, resolvers.Source{
			Name: views.Name(), Sector: source.Sector, Organisation: org, Kind: record.SourceSQL, Kinds: views.Kinds(), Read: guarded.Read,
		})
	}
	return sources, nil
}

// Warm makes every connection.
func (s *Server) Warm(ctx context.Context) error {
	filter := exclusion.Default().For("TREAT")
	ctx = fetch.WithTerms(ctx, &fetch.Terms{
		ExcludedCodes: filter.Codes(), ExcludedWords: filter.Pattern(), ExcludedStems: filter.Stems(), Specialties: filter.Specialties(), Now: time.Now(),
	})
	for _, source := range s.sources {
		if err := source.Warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends all connections, once the trail is written.
func (s *Server) Close() error {
	for _, source := range s.sources {
		source.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return s.store.Close(ctx)
}

func (s *Server) begin(ctx context.Context) context.Context {
	return s.root.Begin(writer.WithLayouts(ctx))
}

func (s *Server) receipt(ctx context.Context, in transport.ReceiptInput) (string, error) {
	layouts := writer.LayoutsFrom(ctx)
	defer layouts.Release()
	versions, discloses := s.root.Disclosed(ctx)
	if !discloses {
		return "", nil
	}
	answer := receipt.Answer{
		Document: in.Document, Digest: in.Digest, Keyed: in.Telling, Operation: in.Operation, Variables: in.Variables, Consent: versions, Data: in.Data, Extensions: in.Extensions,
		Parts: receipt.Parts(layouts.All()),
	}
	if len(in.Errors) > 0 {
		answer.Errors = in.Errors
	}
	return s.receipts.Sign(answer)
}

func (s *Server) observe(ctx context.Context, o resolvers.Observation) {
	if o.Alarm != "" {
		s.told.Alarm(ctx, string(o.Alarm), o.Source, o.Err)
		return
	}
	_, org, _ := strings.Cut(o.Source, "/")
	s.told.Source(ctx, telemetry.Read{Sector: o.Sector, Organisation: org, Outcome: string(o.Outcome), Asks: o.Asks, Took: o.Duration, Err: o.Err})
}

func (s *Server) answered(ctx context.Context, a transport.Answer) {
	p, _ := auth.FromContext(ctx)
	s.told.Answered(ctx, telemetry.Answer{
		Operation: a.Operation, Name: a.Name, Status: a.Status, Codes: a.Codes, Bytes: a.Bytes,
		Request: resolvers.RequestID(ctx), Took: time.Since(telemetry.Began(ctx)), Role: string(p.Role), Org: p.Org,
	})
}

func principalOf(ctx context.Context) string {
	p, _ := auth.FromContext(ctx)
	return p.Subject + "\x00" + p.Org
}

func unauthenticated(w http.ResponseWriter, _ *http.Request, _ error) {
	w.WriteHeader(http.StatusUnauthorized)
}

func fromClient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, _, _ := net.SplitHostPort(r.RemoteAddr)
		client := audit.Client{Application: r.UserAgent(), Address: address}
		next.ServeHTTP(w, r.WithContext(resolvers.WithClient(r.Context(), client, rand.Text())))
	})
}
