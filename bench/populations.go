package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/bench/data"
	"carerecord/bench/setup"
	"carerecord/internal/embedded"
	"carerecord/internal/record"
)

// A population is databases with so many residents, kept from one run to the next, and the
// servers on them.
type population struct {
	*harness
	kept
	server  *embedded.Server
	all     []record.NHSNumber
	running []*process
}

// kept is what stands beside databases that are kept, once they are whole.
type kept struct {
	Version   string      `json:"version"` // of what was made
	Residents int         `json:"residents"`
	Day       record.Date `json:"day"` // of the data
	Seconds   float64     `json:"seconds"`
	Bytes     int64       `json:"bytes"` // on disk
	Rows      int64       `json:"rows"`  // of all sources
}

const keptFile = "made.json"

// mostEntries is how many entries of one kind a resident has of one source: with as many as
// elsewhere a million residents would take 50 GB.
const mostEntries = 2

// want is whether these are the databases that are wanted, of a day where one is given.
func (k kept) want(o kept) bool {
	return k.Version == o.Version && k.Residents == o.Residents && (o.Day == "" || k.Day == o.Day)
}

// keptIn reads what stands in a folder; nothing where databases are missing or not whole.
func keptIn(folder string) (k kept) {
	text, err := os.ReadFile(filepath.Join(folder, keptFile))
	if err != nil || json.Unmarshal(text, &k) != nil {
		return kept{}
	}
	return k
}

// onlyKept says whether a folder holds what this made and nothing else.
func onlyKept(folder string) error {
	found, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range found {
		if entry.Name() != "postgres" && entry.Name() != keptFile {
			return fmt.Errorf("-keep: %s holds %s, which this did not make: give another folder", folder, entry.Name())
		}
	}
	return nil
}

// open starts the databases of a population, and makes them where they are not there. Who has started them has them alone:
// nothing is read or removed that another run measures or makes.
func (o *options) open(ctx context.Context, residents int, day record.Date, say func(string, ...any)) (k kept, server *embedded.Server, err error) {
	folder := filepath.Join(o.keep, strconv.Itoa(residents))
	if err := onlyKept(folder); err != nil {
		return k, nil, err
	}
	if server, err = embedded.Start(ctx, embedded.Options{DataDir: folder}); err != nil {
		return k, nil, err
	}
	if k, err = o.fill(ctx, server, folder, residents, day, say); err != nil {
		return k, nil, errors.Join(err, server.Stop())
	}
	return k, server, nil
}

// fill makes what is to be in a folder, unless it is there.
func (o *options) fill(ctx context.Context, server *embedded.Server, folder string, residents int, day record.Date, say func(string, ...any)) (kept, error) {
	made := data.Options{Residents: residents, Seed: o.seed, Most: mostEntries}
	wanted := kept{Version: data.Version(made), Residents: residents, Day: day}
	k := keptIn(folder)
	if k.want(wanted) {
		err := data.Migrate(ctx, server)
		if err == nil || ctx.Err() != nil {
			return k, err
		}
		say("%v", err)
	}
	// First what says that they are whole, so that what is half removed is not taken for it.
	if err := os.Remove(filepath.Join(folder, keptFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := data.Remove(ctx, server); err != nil {
		return k, err
	}
	if k = wanted; k.Day == "" {
		k.Day = record.Today(time.Now())
	}
	say("making %d residents in %s", residents, folder)
	began := time.Now()
	made.Today = k.Day
	world, err := data.Make(ctx, server, made)
	if err != nil {
		return k, err
	}
	k.Seconds = time.Since(began).Seconds()
	if k.Bytes, k.Rows, err = sizeOf(ctx, server, world); err != nil {
		return k, err
	}
	text, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return k, err
	}
	return k, os.WriteFile(filepath.Join(folder, keptFile), text, 0o600)
}

// measurePopulations measures a record of one resident among few and among many.
func (o *options) measurePopulations(ctx context.Context, stdout io.Writer, say func(string, ...any), stderr io.Writer) (err error) {
	var all []*population
	defer func() {
		for _, p := range all {
			err = errors.Join(err, p.close())
		}
	}()
	var day record.Date
	for _, residents := range slices.Backward(o.populations) { // the largest says of which day
		k, server, err := o.open(ctx, residents, day, say)
		if err != nil {
			return err
		}
		day = k.Day
		p := &population{kept: k, server: server, all: data.Numbers(residents)}
		all = append(all, p)
		if err := p.serve(ctx, o, stderr); err != nil {
			return err
		}
	}
	slices.Reverse(all)
	say("warming up")
	for _, p := range all {
		if err := p.warm(ctx); err != nil {
			return err
		}
	}
	say("measuring")
	t := newComparison(o)
	for round := range o.rounds {
		for _, draw := range draws {
			for i := range all {
				p := all[(i+round)%len(all)]
				for j := range p.running {
					p.numbers, p.different = draw.of(p.all, round, rand.Uint64()), draw.different
					server := p.running[(j+round)%len(p.running)]
					if err := t.take(ctx, p, server, draw.name); err != nil {
						return err
					}
				}
			}
		}
		say("round %d of %d", round+1, o.rounds)
	}
	t.print(stdout, all[0].server.Version(), all)
	return t.over(all)
}

// warm asks for those who are asked for again and again, each once, and each server for its share of them: its
// connections plan what they are asked for the first time.
func (p *population) warm(ctx context.Context) error {
	p.numbers, p.different = draws[0].of(p.all, 0, 0), draws[0].different
	for i, server := range p.running {
		path, bodies, err := p.requests(server, 1)
		if err != nil {
			return err
		}
		for n := i; n < len(bodies); n += len(p.running) {
			if _, err := server.ask(ctx, p.given.Tokens[0], path, bodies[n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// serve starts the servers on the databases.
func (p *population) serve(ctx context.Context, o *options, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	p.harness = &harness{dir: dir, stderr: stderr, options: o, numbers: p.all}
	// The trail of earlier runs is in these databases, signed with the same key.
	if p.given, err = setup.New(filepath.Join(dir, "keys"), data.Of(p.server, false), []byte("the same secrets in every run on the same data")); err != nil {
		return err
	}
	if err := p.build(ctx); err != nil {
		return err
	}
	for _, name := range o.servers {
		running, err := p.start(ctx, p.given, name)
		if err != nil {
			return err
		}
		p.running = append(p.running, running)
	}
	return nil
}

func (p *population) close() error {
	for _, running := range p.running {
		_ = running.stop()
	}
	if p.harness != nil {
		os.RemoveAll(p.dir)
	}
	return p.server.Stop()
}

// draws are how patients are drawn: the same again and again, whose pages are in the machine's memory if not in PostgreSQL's,
// and others in each turn, of either server and of every run, so that nobody has read their pages before.
var draws = []struct {
	name      string
	different int
	steady    bool // what it costs does not depend on a disk: the limit is on this
	of        func(all []record.NHSNumber, round int, seed uint64) []record.NHSNumber
}{
	{"the same 1,000 patients again and again", 1000, true, func(all []record.NHSNumber, round int, _ uint64) []record.NHSNumber {
		some := someOf(all, 1000, 0)
		from := round * 100 % len(some) // another hundred first in each round
		return slices.Concat(some[from:], some[:from])
	}},
	{"patients drawn from all, others in each turn", 2000, false, func(all []record.NHSNumber, _ int, seed uint64) []record.NHSNumber {
		return someOf(all, 2000, seed)
	}},
}

func someOf(all []record.NHSNumber, n int, seed uint64) []record.NHSNumber {
	chance := rand.New(rand.NewPCG(seed, seed))
	some := make([]record.NHSNumber, n)
	for i := range some {
		some[i] = all[chance.IntN(len(all))]
	}
	return some
}

// sizeOf is how many bytes all databases take on disk, and how many rows the sources have.
func sizeOf(ctx context.Context, server *embedded.Server, world data.World) (bytes, rows int64, err error) {
	const size = `SELECT sum(pg_database_size(oid))::bigint FROM pg_database WHERE datname LIKE 'bench\_%'`
	if bytes, err = numberFrom(ctx, server.AdminDSN("postgres"), size); err != nil {
		return 0, 0, err
	}
	for _, source := range world.Sources {
		n, err := numberFrom(ctx, source.DSN, `SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 0`)
		if err != nil {
			return 0, 0, err
		}
		rows += n
	}
	return bytes, rows, nil
}

func numberFrom(ctx context.Context, dsn, sql string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, sql).Scan(&n)
	return n, err
}
