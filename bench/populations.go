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
			if _, err := server.ask(ctx, p.given.Token, path, bodies[n]); err != nil {
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

// A comparison is what each server took on each population, by draw.
type comparison struct {
	options *options
	turns   map[string][]populationTurn // by what key says
	began   time.Time
	loads   []float64 // the machine's load after each turn
}

type populationTurn struct {
	turn
	database taken // by PostgreSQL, for each request
}

// taken is what PostgreSQL's processes have taken.
type taken struct {
	cpu  time.Duration
	read float64 // bytes that were not in its own memory
	disk float64 // of them, bytes that were not in the machine's either
}

func newComparison(o *options) *comparison {
	return &comparison{options: o, turns: map[string][]populationTurn{}, began: time.Now()}
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
	var took taken
	for id, all := range after {
		took.cpu += all.cpu - before[id].cpu
		took.read += all.read - before[id].read
		took.disk += all.disk - before[id].disk
	}
	requests := max(now.requests, 1)
	took.cpu /= time.Duration(requests)
	took.read /= float64(requests)
	took.disk /= float64(requests)
	k := key(draw, server.name, p.Residents)
	t.turns[k] = append(t.turns[k], populationTurn{now, took})
	if load, err := machineLoad(); err == nil {
		t.loads = append(t.loads, load)
	}
	return nil
}

// backends are the processes of the population's PostgreSQL with what each has taken so far.
func (p *population) backends() (map[int]taken, error) {
	text, err := os.ReadFile(filepath.Join(p.server.Dir(), "data", "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	postmaster, _, _ := strings.Cut(string(text), "\n")
	children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]s/task/%[1]s/children", postmaster))
	if err != nil {
		return nil, err
	}
	all := map[int]taken{}
	for _, child := range strings.Fields(string(children)) {
		id, err := strconv.Atoi(child)
		if err != nil {
			return nil, err
		}
		cpu, err := spentBy(id)
		if err != nil {
			continue // it has ended
		}
		now, err := readBy(id)
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("what PostgreSQL reads from disk cannot be told: %w", err)
		}
		if err != nil {
			continue // it has ended
		}
		now.cpu = cpu
		all[id] = now
	}
	return all, nil
}

// readBy is what a process has read from files so far, and from disk.
func readBy(id int) (taken, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", id))
	if err != nil {
		return taken{}, err
	}
	return parseRead(string(text))
}

func parseRead(text string) (t taken, err error) {
	for line := range strings.Lines(text) {
		name, amount, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "rchar":
			t.read, err = strconv.ParseFloat(amount, 64)
		case "read_bytes":
			t.disk, err = strconv.ParseFloat(amount, 64)
		}
		if err != nil {
			return taken{}, err
		}
	}
	return t, nil
}

// populationFigures are what is compared. Those that are limited are what a record costs; p99 is the two or three slowest of a turn,
// which whatever else the machine does decides.
var populationFigures = []struct {
	name    string
	of      func(populationTurn) float64
	limited bool
}{
	{"server CPU", func(t populationTurn) float64 { return t.cpu.Seconds() * 1000 }, true},
	{"PostgreSQL's CPU", func(t populationTurn) float64 { return t.database.cpu.Seconds() * 1000 }, true},
	{"p50", func(t populationTurn) float64 { return t.p50.Seconds() * 1000 }, true},
	{"p99", func(t populationTurn) float64 { return t.p99.Seconds() * 1000 }, false},
}

// print prints what few residents cost, and how many times that many residents do, round by round.
func (t *comparison) print(w io.Writer, version string, all []*population) {
	fmt.Fprintf(w, "%s, %s, %d processors, PostgreSQL %s, %d rounds%s.\n\n", t.began.Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), version, t.options.rounds, loadOf(t.loads))
	fmt.Fprintf(w, "| residents | rows of all sources | on disk | made in |\n|---|---|---|---|\n")
	for _, p := range all {
		fmt.Fprintf(w, "| %d | %.1f million | %.1f GB | %.0f s |\n", p.Residents, float64(p.Rows)/1e6, float64(p.Bytes)/1e9, p.Seconds)
	}
	for _, draw := range draws {
		fmt.Fprintf(w, "\n### Full record of one resident, %s\n\n| server | residents |", draw.name)
		for _, f := range populationFigures {
			fmt.Fprintf(w, " %s |", f.name)
		}
		fmt.Fprintf(w, " read from files | from disk | requests a turn |\n|---|---|%s---|---|---|\n", strings.Repeat("---|", len(populationFigures)))
		for _, server := range t.options.servers {
			for _, p := range all {
				t.row(w, draw.name, server, p.Residents, all[0].Residents)
			}
		}
	}
}

// row prints the figures themselves for the fewest residents, and for more how many times as much.
func (t *comparison) row(w io.Writer, draw, server string, residents, few int) {
	turns := t.turns[key(draw, server, residents)]
	fmt.Fprintf(w, "| %s | %d |", server, residents)
	for _, f := range populationFigures {
		if residents == few {
			fmt.Fprintf(w, " %s |", milliseconds(middleOf(turns, f.of)))
			continue
		}
		middle, least, most := t.ratio(draw, server, residents, few, f.of)
		fmt.Fprintf(w, " %.2f (%.2f..%.2f) |", middle, least, most)
	}
	read := middleOf(turns, func(t populationTurn) float64 { return t.database.read })
	disk := middleOf(turns, func(t populationTurn) float64 { return t.database.disk })
	requests := middleOf(turns, func(t populationTurn) float64 { return float64(t.requests) })
	fmt.Fprintf(w, " %s | %s | %.0f |\n", kilobytes(read), kilobytes(disk), requests)
}

func middleOf(turns []populationTurn, of func(populationTurn) float64) float64 {
	values := make([]float64, len(turns))
	for i, turn := range turns {
		values[i] = of(turn)
	}
	middle, _, _ := ordered(values)
	return middle
}

// ratio is how many times as much it is among many residents as among few in the same round.
func (t *comparison) ratio(draw, server string, many, few int, of func(populationTurn) float64) (middle, least, most float64) {
	first := t.turns[key(draw, server, few)]
	ratios := make([]float64, len(first))
	for i, turn := range t.turns[key(draw, server, many)] {
		ratios[i] = of(turn) / of(first[i])
	}
	return ordered(ratios)
}

// over says where a record costs the service more than it may.
func (t *comparison) over(all []*population) error {
	if t.options.most == 0 || !slices.Contains(t.options.servers, oursName) {
		return nil
	}
	var over []error
	for _, draw := range draws {
		for _, p := range all[1:] {
			for _, f := range populationFigures {
				middle, _, _ := t.ratio(draw.name, oursName, p.Residents, all[0].Residents, f.of)
				if f.limited && draw.steady && !(middle <= t.options.most) {
					over = append(over, fmt.Errorf("%s of a record among %d residents is %.2f times that among %d, not %.2f at most: %s", f.name, p.Residents, middle, all[0].Residents, t.options.most, draw.name))
				}
			}
		}
	}
	return errors.Join(over...)
}
