package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/internal/config"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/resilience"
	"carerecord/internal/telemetry"
	"carerecord/resolvers"
)

// openers open a source of each sector.
var openers = map[record.Sector]func(*record.Organisation, string, *record.Identifier) (*view.Source, error){
	record.Demographics: demographics.Open,
	record.Acute:        acute.Open,
	record.GP:           gp.Open,
	record.MentalHealth: mentalhealth.Open,
	record.SocialCare:   socialcare.Open,
}

func (s *service) openSources() error {
	ids := record.NewIdentifier(s.config.Secrets.IDs)
	for _, c := range s.config.Sources {
		source, err := openers[c.Sector](s.config.OrganisationOf(c.Organisation), pooled(c), ids)
		if err != nil {
			return fmt.Errorf("%s %s: %w", c.Sector, c.Organisation, err)
		}
		s.sources = append(s.sources, source)
		s.guards = append(s.guards, resilience.Wrap(source.Read, resilience.Options{
			Deadline: c.Deadline, Concurrency: max(leastReads, readsPerConnection*c.Pool),
			Observe: func(e resilience.Event) {
				s.told.SourceEvent(string(c.Sector), string(c.Organisation), string(e))
			},
		}))
	}
	return nil
}

// How many reads of a source may be under way at once: enough that they wait for
// connections of its pool, and few enough that a source that hangs keeps little.
const (
	leastReads         = 64
	readsPerConnection = 8
)

// healthOf is how a guarded source stands.
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

// pooled is the DSN of a source with the size of its pool.
func pooled(c config.Source) string {
	dsn := string(c.DSN)
	if c.Pool == 0 {
		return dsn
	}
	size := "pool_max_conns=" + strconv.Itoa(c.Pool)
	if u, err := url.Parse(dsn); err != nil || u.Scheme == "" {
		return dsn + " " + size
	}
	if strings.Contains(dsn, "?") {
		return dsn + "&" + size
	}
	return dsn + "?" + size
}

func (s *service) closeSources() {
	for _, source := range s.sources {
		source.Close()
	}
}

// graphSources are the sources as the graph reads them.
func (s *service) graphSources() []resolvers.Source {
	sources := make([]resolvers.Source, len(s.sources))
	for i, source := range s.sources {
		sources[i] = resolvers.Source{
			Name: source.Name(), Sector: source.Sector, Organisation: source.Org, Kind: record.SourceSQL,
			Kinds: source.Kinds(), Read: s.guards[i].Read, Deadline: s.config.Sources[i].Deadline, Health: healthOf(s.guards[i]),
		}
	}
	return sources
}

// touchWithin and warmWithin are how long the start waits for sources. One that is
// down or slow is met again by whoever asks.
const (
	touchWithin = 5 * time.Second
	warmWithin  = 10 * time.Second
)

// warm asks every source whether it answers and makes its connections, so that the
// first who ask need not wait for that.
func (s *service) warm(ctx context.Context) {
	filter := s.config.Exclusions.For("TREAT")
	ctx = fetch.WithTerms(ctx, &fetch.Terms{
		ExcludedCodes: filter.Codes(), ExcludedWords: filter.Pattern(), ExcludedStems: filter.Stems(), Specialties: filter.Specialties(), Now: time.Now(),
	})
	var all sync.WaitGroup
	for _, source := range s.sources {
		all.Go(func() {
			if s.touch(ctx, source) && s.demo == nil { // in the demonstration few ask, and it should be there soon
				s.fill(ctx, source)
			}
		})
	}
	all.Wait()
}

// touch notes whether a source answers.
func (s *service) touch(ctx context.Context, source *view.Source) bool {
	ctx, cancel := context.WithTimeout(ctx, touchWithin)
	defer cancel()
	began := time.Now()
	read := telemetry.Read{Sector: source.Sector, Organisation: string(source.Org.ODSCode), Outcome: string(record.SourceAnswered)}
	if _, read.Err = source.Read(ctx, ofNobody(source.Kinds()[0])); read.Err != nil {
		read.Outcome = string(record.SourceUnavailable)
	}
	read.Took = time.Since(began)
	s.told.Source(ctx, read)
	for kind, err := range source.Broken() {
		s.told.Log.WarnContext(ctx, "a view is not what it should be and stays a gap until it is", "source", source.Name(), "view", string(kind), "error", err)
	}
	return read.Err == nil
}

// fill makes all connections of a source.
func (s *service) fill(ctx context.Context, source *view.Source) {
	ctx, cancel := context.WithTimeout(ctx, warmWithin)
	defer cancel()
	if err := source.Warm(ctx); err != nil {
		s.told.Log.InfoContext(ctx, "not all connections of a source were made at the start", "source", source.Name(), "error", err)
	}
}

// nobody is a number that no one has, for asking whether a source answers.
const nobody record.NHSNumber = "0000000000"

// ofNobody asks for what there is of nobody.
func ofNobody(kind fetch.Kind) []fetch.Ask {
	return []fetch.Ask{{Kind: kind, Subjects: &fetch.Subjects{
		Patients: []record.NHSNumber{nobody}, Numbers: []string{string(nobody)}, AdultFrom: []string{""}, Index: map[record.NHSNumber]int{nobody: 0},
	}}}
}

// observe hands what the graph saw to the log and the metrics.
func (s *service) observe(ctx context.Context, o resolvers.Observation) {
	if o.Alarm != "" {
		s.told.Alarm(ctx, string(o.Alarm), o.Source, o.Err)
		return
	}
	_, organisation, _ := strings.Cut(o.Source, "/")
	s.told.Source(ctx, telemetry.Read{
		Sector: o.Sector, Organisation: organisation, Outcome: string(o.Outcome), Asks: o.Asks, Took: o.Duration, Err: o.Err,
	})
}
