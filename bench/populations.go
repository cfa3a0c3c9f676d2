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
	"runtime"
	"slices"
	"strconv"
	"strings"
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

// clearKept removes databases that are not wanted any more, and nothing else.
func clearKept(folder string) error {
	found, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range found {
		if entry.Name() != "postgres" && entry.Name() != keptFile {
			return fmt.Errorf("-keep: %s holds %s, which this did not make: give another folder", folder, entry.Name())
		}
	}
	return os.RemoveAll(folder)
}

// open starts the databases of a population, and makes them where they are not there.
func (o *options) open(ctx context.Context, residents int, day record.Date, say func(string, ...any)) (k kept, server *embedded.Server, err error) {
	folder := filepath.Join(o.keep, strconv.Itoa(residents))
	made := data.Options{Residents: residents, Seed: o.seed, Most: mostEntries}
	wanted := kept{Version: data.Version(made), Residents: residents, Day: day}
	k = keptIn(folder)
	whole := k.want(wanted)
	if !whole {
		if err := clearKept(folder); err != nil {
			return k, nil, err
		}
		k = wanted
		if k.Day == "" {
			k.Day = record.Today(time.Now())
		}
	}
	if server, err = embedded.Start(ctx, embedded.Options{DataDir: folder}); err != nil || whole {
		return k, server, err
	}
	say("making %d residents in %s", residents, folder)
	began := time.Now()
	made.Today = k.Day
	world, err := data.Make(ctx, server, made)
	if err == nil {
		k.Seconds = time.Since(began).Seconds()
		k.Bytes, k.Rows, err = sizeOf(ctx, server, world)
	}
	if err == nil {
		var text []byte
		if text, err = json.MarshalIndent(k, "", "\t"); err == nil {
			err = os.WriteFile(filepath.Join(folder, keptFile), text, 0o600)
		}
	}
	if err != nil {
		return k, nil, errors.Join(err, server.Stop())
	}
	return k, server, nil
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
		for _, server := range p.running { // its connection plans what it is asked for the first time
			if _, err := p.load(ctx, server, cell{1, 1}); err != nil {
				return err
			}
		}
	}
	say("measuring")
	t := newComparison(o)
	for round := range o.rounds {
		for _, draw := range draws {
			for i := range all {
				p := all[(i+round)%len(all)]
				p.numbers, p.different = draw.of(p.all, round), draw.different
				for j := range p.running {
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

// draws are how patients are drawn: a few again and again, whose pages are in memory, and others each time.
var draws = []struct {
	name      string
	different int
	of        func(all []record.NHSNumber, round int) []record.NHSNumber
}{
	{"the same 64 patients again and again", preparedRequests, func(all []record.NHSNumber, _ int) []record.NHSNumber {
		return someOf(all, preparedRequests, 0)
	}},
	{"patients drawn from all, others in each round", 2000, func(all []record.NHSNumber, round int) []record.NHSNumber {
		return someOf(all, 2000, uint64(round+1))
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

// A comparison is what each server took on each population, by draw.
type comparison struct {
	options *options
	turns   map[string][]populationTurn // by what key says
	began   time.Time
}

type populationTurn struct {
	turn
	database time.Duration // PostgreSQL's processor time for each request
}

func newComparison(o *options) *comparison {
	return &comparison{o, map[string][]populationTurn{}, time.Now()}
}

func key(draw, server string, residents int) string {
	return fmt.Sprint(draw, "/", server, "/", residents)
}

func (t *comparison) take(ctx context.Context, p *population, server *process, draw string) error {
	before, err := p.backends()
	if err != nil {
		return err
	}
	now, err := p.load(ctx, server, cell{1, 1})
	if err != nil {
		return err
	}
	after, err := p.backends()
	if err != nil {
		return err
	}
	var spent time.Duration
	for id, cpu := range after {
		spent += cpu - before[id]
	}
	k := key(draw, server.name, p.Residents)
	t.turns[k] = append(t.turns[k], populationTurn{now, spent / time.Duration(max(now.requests, 1))})
	return nil
}

// backends are the processes of the population's PostgreSQL with the processor time each had.
func (p *population) backends() (map[int]time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(p.server.Dir(), "data", "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	postmaster, _, _ := strings.Cut(string(text), "\n")
	children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]s/task/%[1]s/children", postmaster))
	if err != nil {
		return nil, err
	}
	spent := map[int]time.Duration{}
	for _, child := range strings.Fields(string(children)) {
		id, err := strconv.Atoi(child)
		if err != nil {
			return nil, err
		}
		if cpu, err := spentBy(id); err == nil { // else it has ended
			spent[id] = cpu
		}
	}
	return spent, nil
}

var populationFigures = []struct {
	name string
	of   func(populationTurn) float64
}{
	{"server CPU", func(t populationTurn) float64 { return t.cpu.Seconds() * 1000 }},
	{"PostgreSQL's CPU", func(t populationTurn) float64 { return t.database.Seconds() * 1000 }},
	{"p50", func(t populationTurn) float64 { return t.p50.Seconds() * 1000 }},
	{"p99", func(t populationTurn) float64 { return t.p99.Seconds() * 1000 }},
}

// print prints what few residents cost, and how many times that many residents do, round by round.
func (t *comparison) print(w io.Writer, version string, all []*population) {
	fmt.Fprintf(w, "%s, %s, %d processors, PostgreSQL %s, %d rounds.\n\n", t.began.Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), version, t.options.rounds)
	fmt.Fprintf(w, "| residents | rows of all sources | on disk | made in |\n|---|---|---|---|\n")
	for _, p := range all {
		fmt.Fprintf(w, "| %d | %.1f million | %.1f GB | %.0f s |\n", p.Residents, float64(p.Rows)/1e6, float64(p.Bytes)/1e9, p.Seconds)
	}
	few := all[0].Residents
	for _, draw := range draws {
		fmt.Fprintf(w, "\n### Full record of one resident, %s\n\n| server | residents |", draw.name)
		for _, f := range populationFigures {
			fmt.Fprintf(w, " %s |", f.name)
		}
		fmt.Fprintf(w, " requests a turn |\n|---|---|---|---|---|---|---|\n")
		for _, server := range t.options.servers {
			first := t.turns[key(draw.name, server, few)]
			for _, p := range all {
				turns := t.turns[key(draw.name, server, p.Residents)]
				fmt.Fprintf(w, "| %s | %d |", server, p.Residents)
				for _, f := range populationFigures {
					fmt.Fprintf(w, " %s |", figureOf(f.of, turns, first, p.Residents == few))
				}
				requests := make([]float64, len(turns))
				for i, turn := range turns {
					requests[i] = float64(turn.requests)
				}
				middle, _, _ := ordered(requests)
				fmt.Fprintf(w, " %.0f |\n", middle)
			}
		}
	}
}

// figureOf is a figure itself for the fewest residents, and for more how many times as much.
func figureOf(of func(populationTurn) float64, turns, first []populationTurn, itself bool) string {
	values := make([]float64, len(turns))
	for i := range turns {
		if values[i] = of(turns[i]); !itself {
			values[i] /= of(first[i])
		}
	}
	middle, least, most := ordered(values)
	if itself {
		return milliseconds(middle)
	}
	return fmt.Sprintf("%.2f (%.2f..%.2f)", middle, least, most)
}
