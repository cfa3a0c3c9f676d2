package pgtest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/embedded"
)

// A Cluster is a PostgreSQL of a test's own on a port of this machine, which can have
// replicas, be stopped and be started again. It keeps nothing through a crash of the
// machine. Every role has the same password.
type Cluster struct {
	address, dir, programs string
	account                *syscall.Credential
	daemon                 daemon
}

// ClusterPassword is the password of every role of a Cluster.
const ClusterPassword = "of-the-tests"

// NewCluster makes a cluster and starts it. db lends its account.
func NewCluster(t testing.TB, db *Database) *Cluster {
	t.Helper()
	programs, err := embedded.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{programs: programs, account: accountOf(t, db)}
	c.place(t)
	file := filepath.Join(c.dir, "password")
	if err := os.WriteFile(file, []byte(ClusterPassword+"\n"), 0o644); err != nil { // the folder is another's
		t.Fatal(err)
	}
	c.run(t, filepath.Join(programs, "initdb"), "-D", c.data(), "-U", embedded.Superuser, "--pwfile", file, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	c.Start(t)
	return c
}

// Replica stops the cluster, makes a copy that follows it, and starts both.
func (c *Cluster) Replica(t testing.TB) *Cluster {
	t.Helper()
	r := &Cluster{programs: c.programs, account: c.account}
	r.place(t)
	c.Stop()
	r.run(t, "cp", "-a", c.data(), r.data())
	host, port, _ := net.SplitHostPort(c.address)
	following := fmt.Sprintf("primary_conninfo = 'host=%s port=%s user=%s password=%s'\nhot_standby_feedback = on\n", host, port, embedded.Superuser, ClusterPassword)
	for name, content := range map[string]string{"standby.signal": "", "postgresql.auto.conf": following} {
		if err := os.WriteFile(filepath.Join(r.data(), name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c.Start(t)
	r.Start(t)
	return r
}

// place finds a folder and a port.
func (c *Cluster) place(t testing.TB) {
	t.Helper()
	c.dir, c.address = dirOf(t, c.account), freeAddress(t)
	_, port, err := net.SplitHostPort(c.address)
	if err != nil {
		t.Fatal(err)
	}
	command := []string{filepath.Join(c.programs, "postgres"), "-D", c.data()}
	for _, setting := range []string{"listen_addresses=127.0.0.1", "port=" + port, "unix_socket_directories=", "wal_level=replica", "max_wal_senders=4", "wal_keep_size=256MB",
		"shared_buffers=64MB", "max_connections=100", "jit=off", "timezone=UTC", "fsync=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap", "log_error_verbosity=terse", "log_min_error_statement=panic"} {
		command = append(command, "-c", setting)
	}
	c.daemon = daemon{account: c.account, log: filepath.Join(c.dir, "log"), ending: "QUIT", command: command} // QUIT: at once
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// run runs a program as the cluster's account and waits for it.
func (c *Cluster) run(t testing.TB, program string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir, command.Env, command.SysProcAttr = "/", []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}, &syscall.SysProcAttr{Credential: c.account}
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, said)
	}
}

// Start starts the cluster and returns when it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	c.daemon.start(t)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), c.DSN("postgres", ""))
		if err == nil {
			conn.Close(t.Context())
			return
		}
		if time.Now().After(end) {
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, c.daemon.said())
		}
	}
}

// Stop ends the cluster at once, as a crash of it would.
func (c *Cluster) Stop() { c.daemon.stop() }

// Address is its host and port.
func (c *Cluster) Address() string { return c.address }

// DSN is the address of a database for a role; the superuser if that is empty. Further
// clusters are other hosts of the same.
func (c *Cluster) DSN(database, role string, others ...*Cluster) string {
	if role == "" {
		role = embedded.Superuser
	}
	hosts := c.address
	for _, other := range others {
		hosts += "," + other.address
	}
	return (&url.URL{Scheme: "postgres", User: url.UserPassword(role, ClusterPassword), Host: hosts, Path: "/" + database, RawQuery: "sslmode=disable"}).String()
}

// Exec runs SQL, one statement or several, as the superuser.
func (c *Cluster) Exec(t testing.TB, database, sql string) {
	t.Helper()
	if err := execute(t.Context(), c.DSN(database, ""), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

// Reader makes a role that may read what there is in a database, and nothing more.
func (c *Cluster) Reader(t testing.TB, database, role string) {
	t.Helper()
	c.Exec(t, database, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", role, ClusterPassword))
	c.Grant(t, database, role)
}

// Grant lets a role read what there is in another database too.
func (c *Cluster) Grant(t testing.TB, database, role string) {
	t.Helper()
	c.Exec(t, database, fmt.Sprintf(grantRead, role))
}

// PID is PostgreSQL's main process.
func (c *Cluster) PID(t testing.TB) int { return pidIn(t, c.data()) }

// PID is the main process of the server that holds the database.
func (d *Database) PID(t testing.TB) int { return pidIn(t, filepath.Join(d.Server.Dir(), "data")) }

func pidIn(t testing.TB, data string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// Copy copies the rows of every table of a database into those of the same name and
// columns of a database here.
func (c *Cluster) Copy(t testing.TB, from *Database, database string) {
	t.Helper()
	source, err := pgx.Connect(t.Context(), from.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close(context.WithoutCancel(t.Context()))
	to, err := pgx.Connect(t.Context(), c.DSN(database, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close(context.WithoutCancel(t.Context()))
	rows, err := source.Query(t.Context(), `SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, Columns string }])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var content strings.Builder
		if _, err := source.PgConn().CopyTo(t.Context(), &content, fmt.Sprintf("COPY %s (%s) TO STDOUT", table.Name, table.Columns)); err != nil {
			t.Fatal(table.Name, err)
		}
		if _, err := to.PgConn().CopyFrom(t.Context(), strings.NewReader(content.String()), fmt.Sprintf("COPY %s (%s) FROM STDIN", table.Name, table.Columns)); err != nil {
			t.Fatal(table.Name, err)
		}
	}
	if _, err := to.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
}
