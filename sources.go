package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/internal/config"
	"carerecord/internal/fetch"
	"carerecord/internal/locator"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
	"carerecord/internal/telemetry"
	"carerecord/resolvers"
)

// A reader answers for one organisation, over SQL or FHIR.
type reader interface {
	Name() string
	Kinds() []fetch.Kind
	Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error)
}

// A source is a reader within its limits.
type source struct {
	reader
	sector record.Sector
	org    *record.Organisation
	kind   record.SourceKind
	guard  *resilience.Guarded
	touch  func(ctx context.Context) error // asks whether it answers, and of nobody
	fill   func(ctx context.Context) error // makes all connections; nil where there are none to make
	close  func()
}

func (s *service) openSources() error {
	ids := record.NewIdentifier(s.config.Secrets.IDs)
	for _, c := range s.config.Sources {
		open := s.openFHIR
		if c.Kind == config.SQL {
			open = s.openSQL
		}
		opened, err := open(c, s.config.OrganisationOf(c.Organisation), ids)
		if err != nil {
			return fmt.Errorf("%s %s: %w", c.Sector, c.Organisation, err)
		}
		opened.guard = resilience.Wrap(opened.Read, resilience.Options{
			Deadline: c.Deadline, Concurrency: max(leastReads, readsPerConnection*c.Pool), Hedge: c.Hedge,
			Observe: func(e resilience.Event) {
				s.told.SourceEvent(string(c.Sector), string(c.Organisation), string(e))
			},
		})
		s.sources = append(s.sources, opened)
	}
	return nil
}

// openers open the SQL source of each sector.
var openers = map[record.Sector]func(*record.Organisation, string, *record.Identifier) (*view.Source, error){
	record.Demographics: demographics.Open,
	record.Acute:        acute.Open,
	record.GP:           gp.Open,
	record.MentalHealth: mentalhealth.Open,
	record.SocialCare:   socialcare.Open,
}

func (s *service) openSQL(c config.Source, org *record.Organisation, ids *record.Identifier) (*source, error) {
	dsn := pooled(c)
	if s.demo == nil && c.Pooling != config.ByTransaction { // a pooler has connections of its own
		dsn = kept(dsn)
	}
	views, err := openers[c.Sector](org, dsn, ids)
	if err != nil {
		return nil, err
	}
	touch := func(ctx context.Context) error {
		_, err := views.Read(ctx, ofNobody(views.Kinds()[0]))
		for kind, err := range views.Broken() {
			s.told.Log.WarnContext(ctx, "a view is not what it should be and stays a gap until it is", "source", views.Name(), "view", string(kind), "error", err)
		}
		return err
	}
	return &source{reader: views, sector: c.Sector, org: org, kind: record.SourceSQL, touch: touch, fill: views.Warm, close: views.Close}, nil
}

// How many reads of a source may be under way at once: enough to keep its pool busy, and few enough that a hanging
// source holds little.
const (
	leastReads         = 64
	readsPerConnection = 8
)

// healthOf is the state of a guarded source.
func healthOf(g *resilience.Guarded) func() record.SourceHealth {
	return func() record.SourceHealth {
		state := g.State()
		health := record.SourceHealth{
			Breaker: record.BreakerState(state.Breaker), BreakerSinceAt: record.At(state.Since), ReadsUnderWay: state.InFlight, LastFailureAt: record.At(state.LastErrorAt),
		}
		if state.LastError != "" {
			health.LastFailure = &state.LastError
		}
		return health
	}
}

// pooled is the DSN of a source, with the size of its pool and whether there is a pooler in front of it.
func pooled(c config.Source) string {
	dsn := string(c.DSN)
	switch {
	case c.Pool > 0:
		dsn = plus(dsn, maxConns+"="+strconv.Itoa(c.Pool))
	case !strings.Contains(dsn, maxConns):
		dsn = plus(dsn, maxConns+"="+strconv.Itoa(postgres.UsualConns))
	}
	if c.Pooling == config.ByTransaction {
		dsn = plus(dsn, postgres.ByTransaction)
	}
	return dsn
}

// maxConns is the most connections of a pool; minConns is how many it restores in the background.
const (
	maxConns = "pool_max_conns"
	minConns = "pool_min_conns"
)

// kept is a DSN whose pool restores lost connections in the background, including those that could not be made at the
// start or have reached their age. Lifetimes are spread, since each new connection prepares all statements and the next
// caller would wait for it. A DSN that sets pool_min_conns keeps its own value.
func kept(dsn string) string {
	pool, err := pgxpool.ParseConfig(dsn)
	if err != nil || strings.Contains(dsn, minConns) {
		return dsn
	}
	return plus(plus(dsn, fmt.Sprintf("%s=%d", minConns, pool.MaxConns)), "pool_max_conn_lifetime_jitter=10m")
}

// plus adds a setting to a DSN, written as a URL or as key=value words.
func plus(dsn, setting string) string {
	if u, err := url.Parse(dsn); err != nil || u.Scheme == "" {
		return dsn + " " + setting
	}
	if strings.Contains(dsn, "?") {
		return dsn + "&" + setting
	}
	return dsn + "?" + setting
}

// unreachable is a DSN of the demonstration with a port at which nothing listens.
func unreachable(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	q := u.Query()
	q.Set("port", "1")
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *service) closeSources() {
	for _, source := range s.sources {
		source.close()
	}
}

// graphSources are the sources as the resolvers read them.
func (s *service) graphSources() []resolvers.Source {
	sources := make([]resolvers.Source, len(s.sources))
	for i, source := range s.sources {
		sources[i] = resolvers.Source{
			Name: source.Name(), Sector: source.sector, Organisation: source.org, Kind: source.kind,
			Kinds: source.Kinds(), Read: s.readOf(source), Health: healthOf(source.guard),
		}
	}
	return sources
}

// readOf is how the resolvers read a source. A source that says it does not know a patient is not asked for them again
// for a while, except demographics, which knows who is restricted.
func (s *service) readOf(x *source) fetch.Func[*fetch.Ask, fetch.Answer] {
	if x.kind != record.SourceFHIR || x.sector == record.Demographics {
		return x.guard.Read
	}
	return locator.Wrap(x.guard.Read, locator.Options{
		Age: s.config.Timeouts.Absent, Codes: s.config.Directory.Lineage(string(x.org.ODSCode), record.Today(time.Now())),
	})
}

// touchWithin and warmWithin bound how long the start waits for sources. The first request meets one that is down or
// slow again.
const (
	touchWithin = 10 * time.Second // all pools are being filled meanwhile
	warmWithin  = 10 * time.Second
)

// warm asks every source whether it answers, and makes its connections, so that the first requests need not wait.
func (s *service) warm(ctx context.Context) {
	ctx = fetch.WithTerms(ctx, fetch.TermsOf(s.config.Exclusions.For("TREAT"), time.Now()))
	var all sync.WaitGroup
	for _, source := range s.sources {
		all.Go(func() {
			if s.touch(ctx, source) && source.fill != nil && s.demo == nil { // in the demonstration few ask, and it should be there soon
				s.fill(ctx, source)
			}
		})
	}
	all.Wait()
}

// touch records whether a source answers.
func (s *service) touch(ctx context.Context, source *source) bool {
	ctx, cancel := context.WithTimeout(ctx, touchWithin)
	defer cancel()
	began := time.Now()
	read := telemetry.Read{Sector: source.sector, Organisation: string(source.org.ODSCode), Outcome: string(record.SourceAnswered)}
	if read.Err = source.touch(ctx); read.Err != nil {
		read.Outcome = string(record.SourceUnavailable)
	}
	read.Took = time.Since(began)
	s.told.Source(ctx, read)
	return read.Err == nil
}

// fill makes all connections of a source.
func (s *service) fill(ctx context.Context, source *source) {
	ctx, cancel := context.WithTimeout(ctx, warmWithin)
	defer cancel()
	if err := source.fill(ctx); err != nil {
		s.told.Log.InfoContext(ctx, "not all connections of a source were made at the start", "source", source.Name(), "error", err)
	}
}

// nobody is a number that nobody has, for asking whether a source answers.
const nobody record.NHSNumber = "0000000000"

// ofNobody is an ask for that number.
func ofNobody(kind fetch.Kind) []*fetch.Ask {
	return []*fetch.Ask{{Kind: kind, Subjects: &fetch.Subjects{
		Patients: []record.NHSNumber{nobody}, Numbers: []string{string(nobody)}, AdultFrom: []string{""}, Index: map[record.NHSNumber]int{nobody: 0},
	}}}
}
