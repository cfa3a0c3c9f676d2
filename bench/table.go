package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A table is every turn of every server, by load.
type table struct {
	servers []string
	cells   []cell
	rounds  int
	turns   map[string]map[cell][]turn
	trips   map[string]map[int]float64
	values  map[string]map[int]int // of an answer, of peers
	began   time.Time
	loads   []float64 // the machine's load at each turn of the floor
}

func newTable(o *options) *table {
	t := &table{servers: o.servers, rounds: o.rounds, turns: map[string]map[cell][]turn{}, began: time.Now()}
	for _, patients := range o.patients {
		for _, concurrency := range o.concurrency {
			t.cells = append(t.cells, cell{patients, concurrency})
		}
	}
	for _, name := range o.servers {
		t.turns[name] = map[cell][]turn{}
	}
	return t
}

func (t *table) add(name string, c cell, now turn) {
	t.turns[name][c] = append(t.turns[name][c], now)
	if load, err := machineLoad(); name == t.servers[0] && err == nil {
		t.loads = append(t.loads, load)
	}
}

// machineLoad is how many processes have been running or waiting in the last minute.
func machineLoad() (load float64, err error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(text), &load)
	return load, err
}

// loadOf says what the machine's load was; nothing where that is not known.
func loadOf(loads []float64) string {
	if len(loads) == 0 {
		return ""
	}
	middle, least, most := ordered(loads)
	return fmt.Sprintf(", load of the machine %.1f (%.1f to %.1f)", middle, least, most)
}

// figures are what is compared, round by round.
var figures = []struct {
	name string
	of   func(turn) float64
	show func(float64) string
}{
	{"server CPU", func(t turn) float64 { return t.cpu.Seconds() * 1000 }, milliseconds},
	{"allocations", func(t turn) float64 { return t.allocations }, whole},
	{"bytes allocated", func(t turn) float64 { return t.bytes }, kilobytes},
	{"p50", func(t turn) float64 { return t.p50.Seconds() * 1000 }, milliseconds},
	{"p99", func(t turn) float64 { return t.p99.Seconds() * 1000 }, milliseconds},
	{"throughput", func(t turn) float64 { return t.throughput }, func(n float64) string { return fmt.Sprintf("%.1f/s", n) }},
	{"in memory", func(t turn) float64 { return t.resident }, func(n float64) string { return fmt.Sprintf("%.0f MB", n/1e6) }},
}

func milliseconds(n float64) string { return fmt.Sprintf("%.2f ms", n) }
func whole(n float64) string        { return fmt.Sprintf("%.0f", n) }
func kilobytes(n float64) string    { return fmt.Sprintf("%.0f kB", n/1000) }

// print prints a table in Markdown for each load.
func (t *table) print(w io.Writer, version string) {
	fmt.Fprintf(w, "%s, %s, %d processors, PostgreSQL %s, %d rounds%s.\n", t.began.Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), version, t.rounds, loadOf(t.loads))
	for _, c := range t.cells {
		fmt.Fprintf(w, "\n### %s\n\n| server |", c.title())
		for _, f := range figures {
			fmt.Fprintf(w, " %s |", f.name)
		}
		fmt.Fprintf(w, " round trips | requests a turn | answer |\n|---|%s---|---|---|\n", strings.Repeat("---|", len(figures)))
		for _, server := range t.servers {
			t.row(w, server, c)
		}
	}
}

func (c cell) title() string {
	if c.patients == 1 {
		return fmt.Sprintf("Full record of 1 patient, %d at once", c.concurrency)
	}
	return fmt.Sprintf("Ward list of %d, %d at once", c.patients, c.concurrency)
}

// row prints the floor's own figures, and for others how many times as much they are.
func (t *table) row(w io.Writer, server string, c cell) {
	turns := t.turns[server][c]
	fmt.Fprintf(w, "| %s |", server)
	for _, f := range figures {
		if server == t.servers[0] {
			middle, _, _ := spread(turns, f.of)
			fmt.Fprintf(w, " %s |", f.show(middle))
			continue
		}
		fmt.Fprintf(w, " %s |", t.ratio(server, c, f.of))
	}
	requests, _, _ := spread(turns, func(t turn) float64 { return float64(t.requests) })
	answer, _, _ := spread(turns, func(t turn) float64 { return float64(t.answer) })
	fmt.Fprintf(w, " %.1f | %.0f%s | %s |\n", t.trips[server][c.patients], requests, refusals(turns), kilobytes(answer))
}

// refusals are those of all turns, where there were any.
func refusals(turns []turn) string {
	all := 0
	for _, now := range turns {
		all += now.refused
	}
	if all == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d refused in all)", all)
}

// ratio is how many times the floor's a server's figure is, over the rounds in which both
// answered: the median, the least and the most.
func (t *table) ratio(server string, c cell, of func(turn) float64) string {
	var ratios []float64
	for i, now := range t.turns[server][c] {
		if floor := t.turns[t.servers[0]][c][i]; now.requests > 0 && floor.requests > 0 {
			ratios = append(ratios, of(now)/of(floor))
		}
	}
	if len(ratios) == 0 {
		return "–"
	}
	middle, least, most := ordered(ratios)
	return fmt.Sprintf("%.2f (%.2f..%.2f)", middle, least, most)
}

func spread(turns []turn, of func(turn) float64) (middle, least, most float64) {
	var values []float64
	for _, now := range turns {
		if now.requests > 0 {
			values = append(values, of(now))
		}
	}
	return ordered(values)
}

func ordered(values []float64) (middle, least, most float64) {
	n := len(values)
	if n == 0 {
		return 0, 0, 0
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]
}
