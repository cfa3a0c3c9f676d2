// Package ours is the service's own chain of handlers for /graphql in one process: token,
// transport, resolvers, guarded sources, trail and receipt. The benchmark's rounds run the
// program itself; tests that must set the clock and count allocations run this.
//
// What joins them is the program's (internal/wiring). Unlike the program's, its sources have
// no bound of reads under way and no hedging, nothing sets the headers of every answer, and
// the log goes nowhere.
package ours

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"carerecord/bench/setup"
	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/organisation"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
	"carerecord/internal/store"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/internal/wiring"
	"carerecord/resolvers"
)

// A Server answers at http.Handler; Close ends its connections.
type Server struct {
	http.Handler
	store    *store.Store
	refusals *audit.Refusals
	sources  []*view.Source
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
	server, told := &Server{}, telemetry.New(io.Discard, "json", "info")
	verifier, err := s.Verifier()
	if err != nil {
		return nil, err
	}
	receipts, err := s.Receipts()
	if err != nil {
		return nil, err
	}
	policy := consent.Default()
	server.store = store.Open(ctx, store.Options{DSN: s.Own, Policy: policy, Volatile: s.Volatile, Audit: s.Audit(receipts)})
	if !server.store.Ready(ctx) {
		return nil, errors.Join(errors.New("the own database does not answer"), server.Close())
	}
	sources, err := server.openSources(s)
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	root := resolvers.New(resolvers.Options{
		Sources: sources, Facts: server.store, Trail: server.store, Register: server.store,
		Policy: policy, Directory: organisation.Default(), Exclusions: exclusion.Default(),
		Identifier: record.NewIdentifier(s.IDs), CursorKey: s.Cursors,
		Patients: patients, Refusals: 20 * time.Millisecond, Observe: wiring.Observe(told), Now: now, Kept: transport.Kept, Digest: transport.Digest,
	})
	server.refusals = audit.NewRefusals(server.store.Record, func(err error) { told.Alarm(context.Background(), string(resolvers.AlarmAudit), "", err) })
	joined := wiring.Graph{Root: root, Receipts: receipts, Refusals: server.refusals, Told: told}
	answers := joined.Handler(transport.Options{MaxBody: body, Deadline: within, Limits: transport.Limits{Cost: cost, Values: 3 * patients}})
	mux := http.NewServeMux()
	mux.Handle("/graphql", auth.Require(verifier, wiring.FromClient("", answers), unauthenticated))
	server.Handler = told.Timed(mux)
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
	ctx = fetch.WithTerms(ctx, fetch.TermsOf(exclusion.Default().For("TREAT"), time.Now()))
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
	var err error
	if s.refusals != nil {
		err = s.refusals.Close(ctx)
	}
	return errors.Join(err, s.store.Close(ctx))
}

func unauthenticated(w http.ResponseWriter, _ *http.Request, _ error) {
	w.WriteHeader(http.StatusUnauthorized)
}
