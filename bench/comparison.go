package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
