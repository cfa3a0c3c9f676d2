package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"carerecord/bench/setup"
	"carerecord/bench/wire"
)

// A cell is one load: how many patients in a request, and requests under way.
type cell struct{ patients, concurrency int }

// A turn is what one server did under one load in one round.
type turn struct {
	requests           int
	cpu                time.Duration // of the server, for each request
	allocations, bytes float64       // for each request
	p50, p99           time.Duration
	throughput         float64 // requests a second
	resident           float64 // bytes of the server that stood in memory at the most
	answer             int     // bytes of an answer
	refused            int     // requests that a server had no time for; they count in nothing else
}

// mostAtOnce is how many requests can be under way.
const mostAtOnce = setup.Principals

// client keeps a connection for each request under way.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: mostAtOnce}, Timeout: 2 * time.Minute}

// allocated is what a server has allocated so far.
func (p *process) allocated(ctx context.Context) (found [2]float64, err error) {
	if peers[p.name] != nil { // they have no such counters
		return found, p.ready(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.counters(), nil)
	if err != nil {
		return found, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return found, err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	seen := 0
	for lines.Scan() {
		name, amount, _ := strings.Cut(lines.Text(), " ")
		for i, wanted := range []string{mallocs, allocated} {
			if name == wanted {
				seen++
				if found[i], err = strconv.ParseFloat(amount, 64); err != nil {
					return found, err
				}
			}
		}
	}
	if seen != 2 {
		return found, fmt.Errorf("%s tells nothing of allocations", p.name)
	}
	return found, lines.Err()
}

// cpu is the processor time of a server so far: of all its threads, by the scheduler's
// own count, which is finer than the ticks of /proc/PID/stat.
func (p *process) cpu() (time.Duration, error) {
	processes, err := p.processes()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, id := range processes {
		if spent, err := spentBy(id); err == nil { // else it has ended
			sum += spent
		}
	}
	if sum == 0 {
		return 0, fmt.Errorf("the processor time of %s cannot be read: this measures on Linux alone", p.name)
	}
	return sum, nil
}

// spentBy is the processor time of a process so far.
func spentBy(id int) (sum time.Duration, err error) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", id)) // the pattern is well-formed
	if len(tasks) == 0 {
		return 0, errors.New("it has ended")
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // it has ended
		}
		nanoseconds, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(nanoseconds, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// The files of a process that forget how much of it stood in memory at the most, and say
// it; the line that does.
const (
	forgetPeak = "/proc/%d/clear_refs"
	status     = "/proc/%d/status"
	peak       = "VmHWM:"
)

// forget begins to watch how much of a server stands in memory.
func (p *process) forget() error {
	processes, err := p.processes()
	for _, id := range processes {
		_ = os.WriteFile(fmt.Sprintf(forgetPeak, id), []byte("5"), 0) // it may have ended
	}
	return err
}

// resident is how many bytes of it did at the most since then.
func (p *process) resident() (sum float64, err error) {
	processes, err := p.processes()
	if err != nil {
		return 0, err
	}
	for _, id := range processes {
		text, err := os.ReadFile(fmt.Sprintf(status, id))
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(text)) {
			var kibibytes float64
			if amount, found := strings.CutPrefix(line, peak); found {
				if _, err := fmt.Sscan(amount, &kibibytes); err != nil {
					return 0, err
				}
				sum += kibibytes * 1024
			}
		}
	}
	return sum, nil
}

// requestOf is what is sent: another part of the residents each time.
func (h *harness) requestOf(p *process, patients, turn int) (path string, body []byte, err error) {
	all := h.numbers
	texts := make([]string, patients)
	for i := range texts {
		texts[i] = string(all[(turn*patients+i)%len(all)])
	}
	name, variables := "ward-list", map[string]any{"nhsNumbers": texts}
	if patients == 1 {
		name, variables = "full-record", map[string]any{"nhsNumber": texts[0]}
	}
	if !p.graphql() {
		body, err = json.Marshal(variables)
		return "/" + name, body, err
	}
	document, err := os.ReadFile(h.documentOf(p, name))
	if err != nil {
		return "", nil, err
	}
	body, err = json.Marshal(map[string]any{"query": string(document), "variables": variables})
	return "/graphql", body, err
}

// preparedRequests is how many different requests a load has, where nothing else is said.
const preparedRequests = 64

// requests are those of a load, for every server the same patients.
func (h *harness) requests(p *process, patients int) (path string, bodies [][]byte, err error) {
	for i := range cmp.Or(h.different, preparedRequests) {
		var body []byte
		if path, body, err = h.requestOf(p, patients, i); err != nil {
			return "", nil, err
		}
		bodies = append(bodies, body)
	}
	return path, bodies, nil
}

// errBusy says that a server refused for want of time: its trail or the whole request ran
// into a deadline.
var errBusy = errors.New("the server had no time")

// ask sends one request and gives back the size of its answer.
func (p *process) ask(ctx context.Context, token, path string, body []byte) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.address+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", p.name, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", p.name, err)
	}
	if answer.StatusCode == http.StatusServiceUnavailable || answer.StatusCode == http.StatusGatewayTimeout {
		return 0, fmt.Errorf("%w: %s answered %d", errBusy, p.name, answer.StatusCode)
	}
	if answer.StatusCode != http.StatusOK || bytes.Contains(text[:min(len(text), 12)], []byte("errors")) || bytes.Contains(text, []byte(`"errors":`)) {
		return 0, fmt.Errorf("%s answered %d: %s", p.name, answer.StatusCode, text[:min(len(text), 300)])
	}
	return len(text), nil
}

// load asks a server for a while and says what that took.
func (h *harness) load(ctx context.Context, p *process, c cell) (t turn, err error) {
	path, bodies, err := h.requests(p, c.patients)
	if err != nil {
		return t, err
	}
	if _, err := p.ask(ctx, h.given.Tokens[0], path, bodies[0]); err != nil && !errors.Is(err, errBusy) { // connections and plans
		return t, err
	}
	before, err := p.allocated(ctx)
	if err != nil {
		return t, err
	}
	cpuBefore, err := p.cpu()
	if err != nil {
		return t, err
	}
	if err := p.forget(); err != nil {
		return t, err
	}
	began := time.Now()
	took, refused, size, err := h.storm(ctx, p, c, path, bodies, h.options.cell)
	lasted := time.Since(began)
	if err != nil || len(took) == 0 {
		return turn{refused: refused}, err
	}
	cpuAfter, err := p.cpu()
	if err != nil {
		return t, err
	}
	after, err := p.allocated(ctx)
	if err != nil {
		return t, err
	}
	resident, err := p.resident()
	if err != nil {
		return t, err
	}
	n := float64(len(took))
	slices.Sort(took)
	return turn{
		requests: len(took), cpu: (cpuAfter - cpuBefore) / time.Duration(len(took)), allocations: (after[0] - before[0]) / n, bytes: (after[1] - before[1]) / n,
		p50: took[len(took)/2], p99: took[min(len(took)*99/100, len(took)-1)], throughput: n / lasted.Seconds(), resident: resident, answer: size, refused: refused,
	}, nil
}

// storm keeps so many requests under way for so long. It gives how long each took, how many
// were refused for want of time, and the size of an answer.
func (h *harness) storm(ctx context.Context, p *process, c cell, path string, bodies [][]byte, last time.Duration) ([]time.Duration, int, int, error) {
	var next, size, refused atomic.Int64
	least := int64(max(h.options.least, c.concurrency))
	until := time.Now().Add(last)
	took, errs := make([][]time.Duration, c.concurrency), make([]error, c.concurrency)
	var working sync.WaitGroup
	for i := range c.concurrency {
		working.Go(func() {
			for {
				n := next.Add(1)
				if n > least && !time.Now().Before(until) {
					return
				}
				began := time.Now()
				answer, err := p.ask(ctx, h.given.Tokens[i], path, bodies[int(n)%len(bodies)])
				if errors.Is(err, errBusy) {
					refused.Add(1)
					continue
				}
				if err != nil {
					errs[i] = err
					return
				}
				took[i] = append(took[i], time.Since(began))
				size.Store(int64(answer))
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, 0, 0, err
		}
	}
	return slices.Concat(took...), int(refused.Load()), int(size.Load()), nil
}

// measure gives each server its turns, in another order each round.
func (h *harness) measure(ctx context.Context, say func(string, ...any)) (*table, error) {
	var running []*process
	defer func() {
		for _, p := range running {
			_ = p.stop()
		}
	}()
	for _, name := range h.options.servers {
		given := h.given
		given.Own = h.own[name]
		p, err := h.start(ctx, given, name)
		if err != nil {
			return nil, err
		}
		running = append(running, p)
	}
	if h.options.peers {
		say("warming up")
		if err := h.warm(ctx, running); err != nil {
			return nil, err
		}
	}
	t := newTable(h.options)
	for round := range h.options.rounds {
		for _, c := range t.cells {
			for i := range running {
				p := running[(i+round)%len(running)]
				now, err := h.load(ctx, p, c)
				if err != nil {
					return nil, err
				}
				t.add(p.name, c, now)
			}
		}
		say("round %d of %d", round+1, h.options.rounds)
	}
	return t, nil
}

// countTrips counts the round trips of a request to each server, by operation.
func (h *harness) countTrips(ctx context.Context) (map[string]map[int]float64, error) {
	trips := map[string]map[int]float64{}
	for _, name := range h.options.servers {
		counted, err := h.tripsOf(ctx, name)
		if err != nil {
			return nil, err
		}
		trips[name] = counted
	}
	return trips, nil
}

// tripsOf asks a server behind proxies, one request at a time.
func (h *harness) tripsOf(ctx context.Context, name string) (map[int]float64, error) {
	var proxies []*wire.Proxy
	defer func() {
		for _, proxy := range proxies {
			proxy.Close()
		}
	}()
	through, err := h.given.Through(func(dsn string) (string, error) {
		proxy, err := wire.Listen(dsn)
		if err != nil {
			return "", err
		}
		proxies = append(proxies, proxy)
		return proxy.DSN() + "&pool_max_conns=2", nil // few, since each prepares a lot
	})
	if err != nil {
		return nil, err
	}
	p, err := h.start(ctx, through, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.stop() }()
	counted := map[int]float64{}
	for _, patients := range h.options.patients {
		if counted[patients], err = h.tripsFor(ctx, p, patients, proxies); err != nil {
			return nil, err
		}
	}
	return counted, nil
}

// warmUp is how many requests a server has before its round trips are counted: each of
// its connections prepares its statements with round trips of its own.
const (
	warmUp  = 3
	counted = 3
)

func (h *harness) tripsFor(ctx context.Context, p *process, patients int, proxies []*wire.Proxy) (float64, error) {
	path, bodies, err := h.requests(p, patients)
	if err != nil {
		return 0, err
	}
	var before int64
	for i := range warmUp + counted {
		if i == warmUp {
			before = tripsOfAll(proxies)
		}
		if _, err := p.ask(ctx, h.given.Tokens[0], path, bodies[i]); err != nil {
			return 0, err
		}
	}
	return float64(tripsOfAll(proxies)-before) / counted, nil
}

func tripsOfAll(proxies []*wire.Proxy) (trips int64) {
	for _, proxy := range proxies {
		trips += proxy.Trips()
	}
	return trips
}
