package pgtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"carerecord/internal/embedded"
)

// A Bouncer is a PgBouncer in transaction mode before every database of a test's server.
type Bouncer struct {
	address string
	socket  string // of the server
	daemon  daemon
}

// bouncerSettings let a login of the server in under its own password: %s is the server's
// socket, the pooler's port, its folder, and how many connections a database and login
// have to the server.
const bouncerSettings = `
[databases]
* = host=%[1]s port=5432 auth_user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %[2]s
unix_socket_dir =
pool_mode = transaction
default_pool_size = %[4]d
max_client_conn = 500
auth_type = scram-sha-256
auth_file = %[3]s/users
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
server_login_retry = 1
query_wait_timeout = 20
log_connections = 0
log_disconnections = 0
stats_period = 3600
`

// NewBouncer starts a PgBouncer with so many connections for each database and login. It
// skips the test where there is none.
func NewBouncer(t testing.TB, d *Database, size int) *Bouncer {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("no PgBouncer: apt-get install pgbouncer to prove this")
		}
	}
	at, err := url.Parse(d.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	account := accountOf(t, d)
	dir := dirOf(t, account)
	b := &Bouncer{address: freeAddress(t), socket: at.Query().Get("host")}
	_, port, err := net.SplitHostPort(b.address)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"ini":   fmt.Sprintf(bouncerSettings, b.socket, port, dir, size),
		"users": fmt.Sprintf("%q %q\n", embedded.Superuser, d.Server.Password(embedded.Superuser)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil { // the folder is another's
			t.Fatal(err)
		}
	}
	b.daemon = daemon{account: account, log: filepath.Join(dir, "log"), ending: "KILL", command: []string{program, filepath.Join(dir, "ini")}}
	b.Start(t)
	return b
}

// DSN is the way through the pooler to where a DSN leads. One that does not lead to the
// server stays as it is.
func (b *Bouncer) DSN(dsn string) string {
	address, err := url.Parse(dsn)
	if err != nil || address.Query().Get("host") != b.socket {
		return dsn
	}
	query := address.Query()
	query.Del("host")
	query.Del("port")
	address.Host, address.RawQuery = b.address, query.Encode()
	return address.String()
}

// Start starts the pooler again and returns when it listens.
func (b *Bouncer) Start(t testing.TB) {
	t.Helper()
	b.daemon.start(t)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", b.address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("PgBouncer does not answer:\n%s", b.daemon.said())
		}
	}
}

// Kill ends the pooler at once.
func (b *Bouncer) Kill() { b.daemon.stop() }

// freeAddress is a port of this machine on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
