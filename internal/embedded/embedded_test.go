//go:build linux || darwin

package embedded

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) {
	Main()
	if task, ok := tasks[os.Getenv(taskVariable)]; ok {
		os.Exit(task())
	}
	code := m.Run()
	if server, err := common(); err == nil {
		server.Stop()
	}
	os.Exit(code)
}

// common is a server for the tests that leave one as it was.
var common = sync.OnceValues(func() (*Server, error) {
	return Start(context.Background(), Options{Volatile: true})
})

func shared(t *testing.T) *Server {
	t.Helper()
	server, err := common()
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// reachable makes a directory that the account PostgreSQL runs as can enter;
// those of t.TempDir it cannot, when the test runs as root.
func reachable(t *testing.T) string {
	t.Helper()
	return reachableIn(t, "")
}

// dataDir is a reachable directory for data, in memory where there is room.
func dataDir(t *testing.T) string {
	t.Helper()
	if roomy(memory) {
		return reachableIn(t, memory)
	}
	return reachable(t)
}

func reachableIn(t *testing.T, parent string) string {
	t.Helper()
	dir, err := os.MkdirTemp(parent, "embedded-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	server, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func run(t *testing.T, dsn, sql string) {
	t.Helper()
	conn := connect(t, dsn)
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// ask runs a query that answers with one text.
func ask(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn := connect(t, dsn)
	defer conn.Close(t.Context())
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func TestTemporaryServer(t *testing.T) {
	t.Parallel()
	var steps []string
	began := time.Now()
	server := start(t, Options{Progress: func(step string) { steps = append(steps, step) }})
	t.Logf("first start of %s: %v (%s)", server.Version(), time.Since(began).Round(time.Millisecond), strings.Join(steps, ", "))

	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "jit": "off", "TimeZone": "UTC",
		"server_encoding": "UTF8", "lc_collate": "C", "listen_addresses": "", "password_encryption": "scram-sha-256",
	} {
		if got := ask(t, server.AdminDSN("postgres"), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if info, err := os.Stat(server.home.run()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", info, err)
	}
	if uid := ownerOfProcess(t, server.state.Postgres.PID); uid == 0 {
		t.Error("PostgreSQL runs as root")
	}

	stop(t, server)
	<-server.Done()
	if exists(server.Dir()) || server.state.Postgres.alive() || server.state.Supervisor.alive() {
		t.Error("something is left after Stop")
	}
	stop(t, server) // again, to no effect
}

func ownerOfProcess(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "uid=", "-p", itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return uid
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	server := shared(t)
	if err := server.CreateRole(t.Context(), "reader"); err != nil {
		t.Fatal(err)
	}
	if err := server.CreateRole(t.Context(), "reader"); err != nil {
		t.Errorf("a second time: %v", err)
	}
	for range 2 {
		if err := server.CreateDatabase(t.Context(), "hospital", "reader"); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(t, server.DSN("hospital", "reader"), "SELECT current_user::text"); got != "reader" {
		t.Errorf("connected as %s", got)
	}
	wrong := strings.Replace(server.DSN("hospital", "reader"), server.Password("reader"), server.Password("other"), 1)
	var refused interface{ SQLState() string }
	if _, err := pgx.Connect(t.Context(), wrong); !errors.As(err, &refused) || refused.SQLState() != "28P01" {
		t.Errorf("a wrong password: %v", err)
	}
	if log, err := os.ReadFile(server.LogFile()); err != nil || strings.Contains(string(log), server.Password("reader")) {
		t.Errorf("the log shows a password, or is not there: %v", err)
	}
}

func TestTwoSideBySide(t *testing.T) {
	t.Parallel()
	first, second := start(t, Options{Volatile: true}), shared(t)
	if first.Dir() == second.Dir() {
		t.Fatalf("both are in %s", first.Dir())
	}
	crossed := strings.Replace(second.AdminDSN("postgres"), second.Password(Superuser), first.Password(Superuser), 1)
	if _, err := pgx.Connect(t.Context(), crossed); err == nil {
		t.Error("one server takes the other's password")
	}
	stop(t, first)
	ask(t, second.AdminDSN("postgres"), "SELECT 'still there'")
}

func TestDataDirectoryIsKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "demo")
	server := start(t, Options{DataDir: dir})
	run(t, server.AdminDSN("postgres"), "CREATE TABLE kept AS SELECT 'kept' AS word")

	_, err := Start(t.Context(), Options{DataDir: dir})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), itoa(os.Getpid())) {
		t.Errorf("a second server on the directory: %v", err)
	}
	found, err := Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, found.AdminDSN("postgres"), "SELECT word FROM kept"); got != "kept" {
		t.Errorf("attached, read %q", got)
	}
	stop(t, found)
	ask(t, server.AdminDSN("postgres"), "SELECT 'still there'")
	stop(t, server)
	if _, err := Attach(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("attach to a stopped server: %v", err)
	}

	began := time.Now()
	again := start(t, Options{DataDir: dir})
	t.Logf("second start: %v", time.Since(began).Round(time.Millisecond))
	if got := ask(t, again.AdminDSN("postgres"), "SELECT word FROM kept"); got != "kept" {
		t.Errorf("read %q after a restart", got)
	}
	stop(t, again)
	for content, want := range map[string]string{"another": "does not take the password", "": "gone or empty"} {
		if err := os.WriteFile(filepath.Join(dir, "postgres", "secret"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), Options{DataDir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with the secret %q: %v", content, err)
		}
	}
}

func TestOtherMajorVersion(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	data := filepath.Join(dir, "postgres", "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9.6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(data, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Start(t.Context(), Options{DataDir: dir})
	if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "PostgreSQL 9 ") {
		t.Error(err)
	}
}

func TestLongSocketPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("long", 30))
	server := start(t, Options{DataDir: dir, Volatile: true})
	ask(t, server.AdminDSN("postgres"), "SELECT 'reached'")
	scratch := server.home.scratch
	if scratch == "" {
		t.Fatal("the socket lies in the long path")
	}
	stop(t, server)
	if exists(scratch) || !exists(dir) {
		t.Errorf("after Stop: %s is there %v, %s is there %v", scratch, exists(scratch), dir, exists(dir))
	}
}

func TestUnreachableDirectory(t *testing.T) {
	t.Parallel()
	shut := reachable(t)
	dir := filepath.Join(shut, "in")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chmod(shut, 0o700)); err != nil {
		t.Fatal(err)
	}
	other := account{Name: "other", UID: os.Getuid() + 12345, GID: os.Getgid() + 12345}
	_, startErr := Start(t.Context(), Options{DataDir: dir})
	for name, err := range map[string]error{"reach": other.reach(dir), "Start as root": startErr} {
		if name != "reach" && os.Geteuid() != 0 {
			continue
		}
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "chmod o+x "+shut) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStartIsGivenUp(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	_, err := Start(ctx, Options{DataDir: dir, Progress: func(step string) {
		if step == "creating the cluster" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("giving up took %v", took)
	}
	start(t, Options{DataDir: dir, Volatile: true}) // what was half made is no hindrance
}

func TestPostgresDies(t *testing.T) {
	t.Parallel()
	server := start(t, Options{Volatile: true})
	server.state.Postgres.signal(syscall.SIGKILL)
	select {
	case <-server.Done():
	case <-time.After(patience):
		t.Error("Done is still open")
	}
}

func TestSupervisorDies(t *testing.T) {
	t.Parallel()
	server, err := Start(t.Context(), Options{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	server.state.Supervisor.signal(syscall.SIGKILL)
	<-server.Done()
	if err := server.Stop(); err == nil {
		t.Error("Stop hides that the supervisor was killed")
	}
	if exists(server.Dir()) || server.state.Postgres.alive() {
		t.Error("something is left after Stop")
	}
}

func TestMainMustBeCalled(t *testing.T) {
	hooked.Store(false)
	defer hooked.Store(true)
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "embedded.Main") {
		t.Error(err)
	}
}

// The log must not show whom a statement was about.
func TestLogNamesNoPatient(t *testing.T) {
	t.Parallel()
	server := shared(t)
	dsn := server.AdminDSN("postgres")
	run(t, dsn, "DROP TABLE IF EXISTS patients; CREATE TABLE patients (nhs_number text PRIMARY KEY); INSERT INTO patients VALUES ('9990000018')")
	conn := connect(t, dsn)
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "INSERT INTO patients VALUES ($1)", "9990000018"); err == nil {
		t.Fatal("the key is taken twice")
	}
	log, err := os.ReadFile(server.LogFile())
	if err != nil || !strings.Contains(string(log), "patients_pkey") || strings.Contains(string(log), "9990000018") {
		t.Errorf("%v\n%s", err, log)
	}
}

func TestRestartWhileTheSupervisorCleansUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachable(t), "postgres")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	held, err := takeLock(lockFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(held.Truncate(0), writeAt(held, []byte(`{"pid":1,"began":"never"}`))); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { held.Close() })
	h, err := openHome(Options{DataDir: filepath.Dir(dir)})
	if err != nil {
		t.Fatal(err)
	}
	h.abandon()
}

func TestNoPostgreSQL(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Bin: t.TempDir()})
	if !errors.Is(err, ErrNoPostgreSQL) || !strings.Contains(err.Error(), "has no initdb") {
		t.Error(err)
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, output, version string
		major                 int
	}{
		{"a package's", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", "15.18", 15},
		{"a plain one", "postgres (PostgreSQL) 17.5\n", "17.5", 17},
		{"a beta", "postgres (PostgreSQL) 18beta1\n", "18beta1", 18},
		{"one that is too old", "postgres (PostgreSQL) 12.22\n", "", 0},
		{"something else", "mysqld 8\n", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseVersion("/bin", test.output)
			if (err != nil) != (test.major == 0) || got.version != test.version || got.major != test.major {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
