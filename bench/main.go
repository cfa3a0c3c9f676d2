// Bench measures the service against a handler written by hand and against gqlgen as it
// comes, each as a process of its own, on the same databases. See README.md.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carerecord/bench/data"
	"carerecord/bench/setup"
	"carerecord/internal/embedded"
	"carerecord/internal/record"
)

func main() {
	embedded.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && strings.HasPrefix(args[0], "serve-") {
		return serveCommand(ctx, args, stderr)
	}
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	return o.measureAll(ctx, stdout, stderr)
}

// options are what is measured.
type options struct {
	patients, concurrency []int
	rounds, residents     int
	seed                  uint64
	cell                  time.Duration
	least                 int
	servers               []string
	plot                  string
	peers                 bool
	populations           []int   // how many residents there are, where they are compared; none else
	keep                  string  // the folder of databases that are kept
	most                  float64 // how many times as much a record among more residents may cost; 0 for any
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	patients := flags.String("patients", "", "numbers of patients: 1 is the full record, others the ward list (default 1,10,50,100,500,1000; with -peers 1,50)")
	concurrency := flags.String("concurrency", "", "numbers of requests under way (default 1,8,16; with -peers 1,8)")
	servers := flags.String("servers", "", "which servers, the first of them the one that all are measured against (default "+strings.Join(serverNames, ",")+")")
	flags.BoolVar(&o.peers, "peers", false, "ours against other GraphQL servers with nothing on (bench/peers), 1 and 50 patients, 1 and 8 requests under way")
	quick := flags.Bool("quick", false, "1 and 50 patients, one request under way, 3 rounds")
	flags.IntVar(&o.rounds, "rounds", 10, "how often each server has its turn")
	flags.IntVar(&o.residents, "residents", 20_000, "how many residents are made")
	flags.Uint64Var(&o.seed, "seed", 1, "what the residents are made from")
	flags.DurationVar(&o.cell, "cell", 2*time.Second, "how long a server is asked in one turn")
	flags.IntVar(&o.least, "least", 5, "how many requests a turn has at the least")
	flags.StringVar(&o.plot, "plot", "", "a file for a drawing (SVG) of p50 by patients; none if empty")
	populations := flags.String("populations", "", "numbers of residents, as 20000,1000000: a full record among few residents against one among many, in databases that are kept")
	flags.StringVar(&o.keep, "keep", filepath.Join("data", "bench"), "the folder that -populations keeps databases in")
	flags.Float64Var(&o.most, "most", 0, "fail where a record among more residents costs the service more than so many times as much; 0 for any")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 { // "quick" without its hyphen would run for an hour
		return nil, fmt.Errorf("there is no argument %q; options begin with a hyphen", flags.Arg(0))
	}
	if *populations != "" {
		return o.parsePopulations(*populations, *servers)
	}
	first, all := floorName, serverNames
	if o.peers {
		first, all = oursName, slices.Concat([]string{oursName}, peerNames)
	}
	if *quick {
		*patients, *concurrency, o.rounds = "1,50", "1", 3
	}
	usualPatients, usualConcurrency := "1,10,50,100,500,1000", "1,8,16"
	if o.peers {
		usualPatients, usualConcurrency = "1,50", "1,8"
	}
	var err error
	if o.patients, err = numbers("-patients", cmp.Or(*patients, usualPatients), 1000); err != nil {
		return nil, err
	}
	if o.concurrency, err = numbers("-concurrency", cmp.Or(*concurrency, usualConcurrency), mostAtOnce); err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(cmp.Or(*servers, strings.Join(all, ",")), ",") {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("-servers: there is no %q; there are %s", name, strings.Join(all, ", "))
		}
		if slices.Contains(o.servers, name) {
			return nil, fmt.Errorf("-servers: name %s once", name)
		}
		o.servers = append(o.servers, name)
	}
	if o.peers && o.plot != "" {
		return nil, errors.New("-plot: there is no drawing of -peers")
	}
	if o.servers[0] != first {
		return nil, fmt.Errorf("-servers: begin with %s: everything is measured against it", first)
	}
	if most := o.patients[len(o.patients)-1]; o.residents < most {
		return nil, fmt.Errorf("-residents: %d are fewer than the %d patients of a list", o.residents, most)
	}
	return o, nil
}

// parsePopulations reads what -populations takes.
func (o *options) parsePopulations(populations, servers string) (_ *options, err error) {
	if o.populations, err = numbers("-populations", populations, mostResidents); err != nil {
		return nil, err
	}
	if len(o.populations) < 2 {
		return nil, errors.New("-populations: give two numbers of residents or more: the first is what the others are measured against")
	}
	o.servers = []string{floorName, oursName}
	if servers != "" {
		o.servers = strings.Split(servers, ",")
	}
	for _, name := range o.servers {
		if !slices.Contains(serverNames, name) {
			return nil, fmt.Errorf("-servers: there is no %q; there are %s", name, strings.Join(serverNames, ", "))
		}
	}
	return o, nil
}

// mostResidents is how many NHS numbers there are that nobody is given.
const mostResidents = 1_800_000

// numbers reads ascending whole numbers with commas between them.
func numbers(name, list string, most int) ([]int, error) {
	var found []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most || len(found) > 0 && n <= found[len(found)-1] {
			return nil, fmt.Errorf("%s: give ascending numbers from 1 to %d with commas between them", name, most)
		}
		found = append(found, n)
	}
	return found, nil
}

// measureAll makes the databases, starts the servers, and prints the table.
func (o *options) measureAll(ctx context.Context, stdout, stderr io.Writer) (err error) {
	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(stderr, "%6.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	if len(o.populations) > 0 {
		return o.measurePopulations(ctx, stdout, say, stderr)
	}
	server, err := embedded.Start(ctx, embedded.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	say("PostgreSQL %s; making %d residents", server.Version(), o.residents)
	world, err := data.Make(ctx, server, data.Options{Residents: o.residents, Seed: o.seed, Today: record.Today(time.Now())})
	if err != nil {
		return err
	}
	given, err := setup.New(filepath.Join(server.Dir(), "bench-keys"), world, nil)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	say("building the service")
	h := &harness{dir: dir, given: given, stderr: stderr, options: o, numbers: data.Numbers(o.residents), own: map[string]string{}}
	for _, name := range o.servers {
		if h.own[name], err = data.OwnCopy(ctx, server, name); err != nil {
			return fmt.Errorf("make a trail for %s: %w", name, err)
		}
	}
	if err := h.build(ctx); err != nil {
		return err
	}
	if o.peers {
		return h.measurePeers(ctx, stdout, server.Version(), say)
	}
	say("counting round trips")
	trips, err := h.countTrips(ctx)
	if err != nil {
		return err
	}
	say("measuring")
	table, err := h.measure(ctx, say)
	if err != nil {
		return err
	}
	table.trips = trips
	table.print(stdout, server.Version())
	if o.plot != "" {
		return os.WriteFile(o.plot, table.drawing(), 0o644)
	}
	return nil
}
