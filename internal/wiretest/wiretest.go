// Package wiretest stands between a client and PostgreSQL. It counts what the client
// says, message by message, and breaks the line when a test wants it broken.
package wiretest

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Messages counts a client's messages by their type. Start-up messages have no type.
type Messages [256]int

// Syncs counts the round trips of the extended protocol.
func (m Messages) Syncs() int { return m['S'] }

// Queries counts the statements of the simple protocol.
func (m Messages) Queries() int { return m['Q'] }

// Since is what was said after an earlier count.
func (m Messages) Since(before Messages) Messages {
	for i := range m {
		m[i] -= before[i]
	}
	return m
}

// A Proxy passes on what clients say to a server and what it answers. It offers no TLS.
type Proxy struct {
	dsn              string
	network, address string // where it listens
	to, server       string // network and address of the server
	running          sync.WaitGroup

	mu         sync.Mutex
	listener   net.Listener // nil while it is down
	lines      []*line      // that are open
	ended      []Messages   // what was said on lines that are closed
	swallowing bool
	cut        cut
}

// cut is the Sync before or after which the proxy goes down.
type cut struct {
	in       int // how many Syncs from now; 0 for none
	answered bool
}

// New puts a proxy before the server of a DSN: on a Unix socket where the server has
// one, else on a port of this machine.
func New(t testing.TB, dsn string) *Proxy {
	t.Helper()
	return listen(t, dsn, "")
}

// NewTCP puts a proxy on a port of this machine, wherever the server is.
func NewTCP(t testing.TB, dsn string) *Proxy {
	t.Helper()
	return listen(t, dsn, "tcp")
}

func listen(t testing.TB, dsn, network string) *Proxy {
	t.Helper()
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{}
	p.to, p.server = pgconn.NetworkAddress(config.Host, config.Port)
	if p.network = network; network == "" {
		p.network = p.to
	}
	p.address = "127.0.0.1:0"
	if p.network == "unix" {
		dir, err := os.MkdirTemp("", "wire-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		p.address = filepath.Join(dir, filepath.Base(p.server))
	}
	if p.listener, err = net.Listen(p.network, p.address); err != nil {
		t.Fatal(err)
	}
	p.address = p.listener.Addr().String()
	p.dsn = redirected(t, dsn, p.network, p.address)
	p.accept(p.listener)
	t.Cleanup(func() {
		p.Down()
		p.running.Wait()
	})
	return p
}

// redirected is the DSN with another address.
func redirected(t testing.TB, dsn, network, address string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Del("host")
	query.Del("port")
	u.Host = address
	if network == "unix" {
		u.Host = ""
		query.Set("host", filepath.Dir(address))
		query.Set("port", strings.TrimPrefix(filepath.Base(address), ".s.PGSQL."))
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// DSN is the server's address by way of the proxy.
func (p *Proxy) DSN() string { return p.dsn }

// Count is what all clients have said so far.
func (p *Proxy) Count() (sum Messages) {
	for _, said := range p.Connections() {
		for i, n := range said {
			sum[i] += n
		}
	}
	return sum
}

// Connections is what was said on each connection, those that are closed first.
func (p *Proxy) Connections() []Messages {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append([]Messages(nil), p.ended...)
	for _, l := range p.lines {
		all = append(all, l.said)
	}
	return all
}

// Lines is how many connections are open.
func (p *Proxy) Lines() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// Down ends every connection and takes no new one, as a server that is gone.
func (p *Proxy) Down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut{}
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	for _, l := range p.lines {
		l.close()
	}
}

// Up takes connections again.
func (p *Proxy) Up(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return
	}
	listener, err := net.Listen(p.network, p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.listener = listener
	p.accept(listener)
}

// Swallow makes the proxy take everything and pass on nothing, as a server that hangs;
// or be itself again, without the connections on which something is missing.
func (p *Proxy) Swallow(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallowing = on
	for _, l := range p.lines {
		if !on && l.spoilt {
			l.close()
		}
	}
}

// Strand ends Swallow as a network does that forgot its connections: new ones are
// served, and those on which something is missing stay silent for good.
func (p *Proxy) Strand() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallowing = false
}

// CutBefore lets the proxy go down instead of passing on the nth Sync from now.
func (p *Proxy) CutBefore(n int) { p.setCut(cut{n, false}) }

// CutAfter lets the proxy go down instead of passing back what the server answers to
// the nth Sync from now: it is done, and nobody learns of it.
func (p *Proxy) CutAfter(n int) { p.setCut(cut{n, true}) }

func (p *Proxy) setCut(c cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = c
}

func (p *Proxy) accept(listener net.Listener) {
	p.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.carry(client) })
		}
	})
}

// enter takes a connection among the open ones; false where the proxy is down.
func (p *Proxy) enter(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return false
	}
	p.lines = append(p.lines, l)
	return true
}

func (p *Proxy) leave(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.lines {
		if p.lines[i] == l {
			p.lines = append(p.lines[:i], p.lines[i+1:]...)
			p.ended = append(p.ended, l.said)
			return
		}
	}
}
