//go:build linux || darwin

package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// taskVariable makes the test binary do a task in place of the tests, so that
// a test has another process to kill.
const taskVariable = "EMBEDDED_TEST_TASK"

// dataVariable is the data directory of a task that serves; none for a temporary one.
const dataVariable = "EMBEDDED_TEST_DATA"

var tasks = map[string]func() int{"serve": serve, "spawn": spawn, "watch": watch}

// patience is more than anything takes that ends at all, on a machine however busy.
const patience = time.Minute

func itoa(n int) string   { return strconv.Itoa(n) }
func gone(p process) bool { return p.gone(patience) }
func dirGone(dir string) bool {
	for end := time.Now().Add(patience); exists(dir); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// serve starts a server, prints its state and waits to be killed.
func serve() int {
	server, err := Start(context.Background(), Options{Volatile: true, DataDir: os.Getenv(dataVariable)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	json.NewEncoder(os.Stdout).Encode(server.state)
	io.Copy(io.Discard, os.Stdin)
	if server.Stop() != nil {
		return 1
	}
	return 0
}

// spawn runs watch as its child, and waits.
func spawn() int {
	child := exec.Command(os.Getenv("EMBEDDED_TEST_PROGRAM"))
	child.Env = append(os.Environ(), taskVariable+"=watch")
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if child.Run() != nil {
		return 1
	}
	return 0
}

// watch says when its parent is gone.
func watch() int {
	gone := ParentDeath(context.Background())
	fmt.Println("watching", gone != nil)
	if gone == nil {
		return 0
	}
	<-gone
	fmt.Println("gone")
	return 0
}

// program copies the test binary to where every account may run it.
func program(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(reachable(t), name)
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// other starts another process that serves, as an account if that is not nil.
func other(t *testing.T, program string, as *syscall.Credential, environment ...string) (*exec.Cmd, io.Closer, state) {
	t.Helper()
	command := exec.Command(program)
	command.Dir = "/"
	command.Env = append(append(os.Environ(), taskVariable+"=serve"), environment...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as}
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); command.Wait() })
	var st state
	if err := json.NewDecoder(out).Decode(&st); err != nil {
		t.Fatal(err)
	}
	return command, in, st
}

func itself(t *testing.T) string {
	t.Helper()
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOrdinaryAccount(t *testing.T) {
	t.Parallel()
	var as *syscall.Credential
	if os.Geteuid() == 0 {
		as = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	command, in, st := other(t, program(t, "served"), as)
	if uid := ownerOfProcess(t, st.Postgres.PID); uid == 0 || uid != ownerOfProcess(t, command.Process.Pid) {
		t.Errorf("PostgreSQL runs as %d", uid)
	}
	in.Close()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	if exists(st.Home) || !gone(st.Postgres) {
		t.Error("something is left")
	}
}

func TestInterruptOfTheGroup(t *testing.T) {
	t.Parallel()
	command, _, st := other(t, itself(t), nil)
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	command.Wait() // it takes the default end, without Stop
	if !gone(st.Postgres) || !dirGone(st.Home) {
		t.Error("something is left")
	}
}

func TestOwnerIsKilled(t *testing.T) {
	t.Parallel()
	command, _, st := other(t, itself(t), nil)
	ask(t, st.dsn("postgres", Superuser), "SELECT 'there'")
	began := time.Now()
	command.Process.Kill()
	if !gone(st.Postgres) || !dirGone(st.Home) || !gone(st.Supervisor) {
		t.Error("something is left")
	}
	t.Logf("clean %v after the kill", time.Since(began).Round(time.Millisecond))
}

func TestBothAreKilled(t *testing.T) {
	t.Parallel()
	command, _, st := other(t, itself(t), nil)
	st.Supervisor.signal(syscall.SIGKILL)
	command.Process.Kill()
	command.Wait()
	for end := time.Now().Add(patience); exists(st.Home) && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		sweepAll()
	}
	if !gone(st.Postgres) || exists(st.Home) {
		t.Error("something is left")
	}
}

// Whichever of the three is killed, nobody takes what is left for a server, and the
// next start waits until it is gone. A PostgreSQL that is killed leaves a process
// that is busy, and notices nothing for a while.
func TestStartAfterAKill(t *testing.T) {
	for _, test := range []struct {
		name                        string
		owner, supervisor, postgres bool
	}{
		{"the owner", true, false, false},
		{"the supervisor", false, true, false},
		{"PostgreSQL", false, false, true},
		{"the owner and the supervisor", true, true, false},
		{"the owner and PostgreSQL", true, false, true},
		{"the supervisor and PostgreSQL", false, true, true},
		{"all", true, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			_, in, st := other(t, itself(t), nil, dataVariable+"="+dir)
			conn := connect(t, st.dsn("postgres", Superuser))
			var busy sync.WaitGroup
			t.Cleanup(busy.Wait)
			busy.Go(func() {
				defer conn.Close(context.Background())
				conn.Exec(context.Background(), "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1200 ms' LOOP END LOOP; END $$")
			})
			time.Sleep(100 * time.Millisecond) // until it is
			killed := 0
			for p, kill := range map[process]bool{st.Owner: test.owner, st.Supervisor: test.supervisor, st.Postgres: test.postgres} {
				if kill {
					killed++
					p.signal(syscall.SIGKILL)
				}
			}
			for end := time.Now().Add(patience); st.stays() && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			if _, err := Attach(dir); !errors.Is(err, ErrNotRunning) {
				t.Errorf("attach: %v", err)
			}
			if in.Close(); !gone(st.Owner) { // where it was not killed, it ends as the program does
				t.Error("the owner is still there")
			}
			began := time.Now()
			server := start(t, Options{Volatile: true, DataDir: dir})
			t.Logf("%d killed, up again after %v", killed, time.Since(began).Round(time.Millisecond))
			ask(t, server.AdminDSN("postgres"), "SELECT 'there'")
		})
	}
}

func TestParentDeath(t *testing.T) {
	t.Parallel()
	parent := exec.Command(program(t, "go"))
	parent.Env = append(os.Environ(), taskVariable+"=spawn", "EMBEDDED_TEST_PROGRAM="+itself(t))
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "watching true" {
		t.Errorf("first: %q", lines.Text())
	}
	parent.Process.Kill()
	if lines.Scan(); lines.Text() != "gone" {
		t.Errorf("then: %q", lines.Text())
	}
	parent.Wait()
}

func TestOtherParentsAreNotWatched(t *testing.T) {
	t.Parallel()
	command := exec.Command(program(t, "shell"))
	command.Env = append(os.Environ(), taskVariable+"=spawn", "EMBEDDED_TEST_PROGRAM="+itself(t))
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "watching false" {
		t.Errorf("%q", lines.Text())
	}
	command.Wait() // the child has nothing to wait for, and ends
}
