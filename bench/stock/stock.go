// Package stock serves the same schema as gqlgen comes: its default executor, its own
// POST transport, and a dataloader with a wait for every field, which batches over the
// patients of a list. The sources are read with the service's own reads.
//
// Token, consent and the trail are there, once at the root; there is no receipt, and no
// second look at consent. Of the schema it resolves what the full record and the ward
// list ask for; all else is an error.
package stock

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"carerecord/bench/ours"
	"carerecord/bench/setup"
	"carerecord/datasources/view"
	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/organisation"
	"carerecord/internal/record"
	"carerecord/internal/store"
)

// DefaultWait is how long dataloader waits for a batch where nobody says.
const DefaultWait = 16 * time.Millisecond

// A Server answers at /graphql.
type Server struct {
	http.Handler
	wait      time.Duration
	store     *store.Store
	policy    *consent.Policy
	directory *organisation.Directory
	filter    *exclusion.Filter
	ids       *record.Identifier
	sources   []*view.Source
}

// errAbsent is what a field outside the benchmark answers.
var errAbsent = errors.New("this field is not in the benchmark")

// New opens the sources. Every loader waits so long for its batch.
func New(ctx context.Context, given setup.Setup, wait time.Duration) (*Server, error) {
	s := &Server{wait: wait, policy: consent.Default(), directory: organisation.Default(), filter: exclusion.Default().For("TREAT"), ids: record.NewIdentifier(given.IDs)}
	verifier, err := given.Verifier()
	if err != nil {
		return nil, err
	}
	receipts, err := given.Receipts()
	if err != nil {
		return nil, err
	}
	for _, source := range given.Sources {
		views, err := ours.Open[source.Sector](given.Organisation(source), source.DSN, s.ids)
		if err != nil {
			return nil, err
		}
		s.sources = append(s.sources, views)
	}
	s.store = store.Open(ctx, store.Options{DSN: given.Own, Policy: s.policy, Volatile: given.Volatile, Audit: given.Audit(receipts)})
	answers := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: root{s}}))
	answers.AddTransport(transport.POST{})
	answers.SetRecoverFunc(func(context.Context, any) error { return errAbsent })
	s.Handler = auth.Require(verifier, s.begin(answers), func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusUnauthorized) })
	return s, nil
}

// Warm makes every connection.
func (s *Server) Warm(ctx context.Context) error {
	ctx = fetch.WithTerms(ctx, s.terms())
	for _, source := range s.sources {
		if err := source.Warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// terms are those of treatment. Nothing that was read is looked at a second time.
func (s *Server) terms() *fetch.Terms {
	terms := fetch.TermsOf(s.filter, time.Now())
	terms.Screen = nil
	return terms
}

// Close ends all connections, once the trail is written.
func (s *Server) Close() error {
	for _, source := range s.sources {
		source.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.store.Close(ctx)
}

// begin makes the loaders of a request.
func (s *Server) begin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := fetch.WithTerms(r.Context(), s.terms())
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, requestKey{}, &request{s: s, ctx: ctx, now: time.Now(), loaders: map[loaderKey]*loader{}})))
	})
}

// decide decides for the patients of a root field and writes the trail.
func (q *request) decide(ctx context.Context, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Decision, error) {
	principal, _ := auth.FromContext(ctx)
	lineage := q.s.directory.Lineage(principal.Org, record.Today(q.now))
	facts, err := q.s.store.Facts(ctx, principal, lineage, numbers)
	if err != nil {
		return nil, err
	}
	decisions := make(map[record.NHSNumber]consent.Decision, len(numbers))
	entries := make([]audit.Entry, 0, len(numbers))
	event := audit.Event{Action: audit.Read, Who: audit.WhoIs(principal), Purpose: principal.Purpose, RequestID: rand.Text(), ReceivedAt: q.now, PolicyVersion: q.s.policy.Version}
	event.Operation.Name = graphql.GetOperationContext(ctx).OperationName
	for _, number := range numbers {
		decision := consent.Decide(principal, facts[number], q.s.policy, lineage, facts[number].ReadAt)
		decisions[number] = decision
		event.Patient, event.Outcome, event.ConsentVersion = decision.Patient, audit.Outcome(decision.Outcome), decision.Version
		entries = append(entries, audit.Entry{Event: event, Recheck: decision.Version})
	}
	q.mu.Lock()
	q.decisions = decisions
	q.mu.Unlock()
	_, err = q.s.store.Record(ctx, entries)
	return decisions, err
}
