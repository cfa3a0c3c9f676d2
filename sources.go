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
	}
	return nil
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
			Kinds: source.Kinds(), Read: source.Read, Deadline: s.config.Sources[i].Deadline,
		}
	}
	return sources
}

// warmWithin is how long the start waits for sources. One that is down or slow is
// met again by whoever asks.
const warmWithin = 5 * time.Second

// warm connects to every source, so that the first who ask need not wait for it, and
// notes which are down.
func (s *service) warm(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, warmWithin)
	defer cancel()
	filter := s.config.Exclusions.For("TREAT")
	ctx = fetch.WithTerms(ctx, &fetch.Terms{
		ExcludedCodes: filter.Codes(), ExcludedWords: filter.Pattern(), ExcludedStems: filter.Stems(), Specialties: filter.Specialties(), Now: time.Now(),
	})
	var all sync.WaitGroup
	for _, source := range s.sources {
		all.Go(func() { s.warmOne(ctx, source) })
	}
	all.Wait()
}

func (s *service) warmOne(ctx context.Context, source *view.Source) {
	began := time.Now()
	warm := source.Warm
	if s.demo != nil {
		warm = func(ctx context.Context) error { return touch(ctx, source) } // one asks at a time: one connection
	}
	read := telemetry.Read{Sector: source.Sector, Organisation: string(source.Org.ODSCode), Outcome: string(record.SourceAnswered)}
	if read.Err = warm(ctx); read.Err != nil {
		read.Outcome = string(record.SourceUnavailable)
	}
	read.Took = time.Since(began)
	s.told.Source(ctx, read)
	for kind, err := range source.Broken() {
		s.told.Log.WarnContext(ctx, "a view is not what it should be; it is a gap until it is", "source", source.Name(), "view", string(kind), "error", err)
	}
}

// nobody is a number that no one has, for asking whether a source answers.
const nobody record.NHSNumber = "0000000000"

// touch asks a source for what it has of nobody.
func touch(ctx context.Context, source *view.Source) error {
	_, err := source.Read(ctx, []fetch.Ask{{Kind: source.Kinds()[0], Subjects: &fetch.Subjects{
		Patients: []record.NHSNumber{nobody}, Numbers: []string{string(nobody)}, AdultFrom: []string{""}, Index: map[record.NHSNumber]int{nobody: 0},
	}}})
	return err
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
