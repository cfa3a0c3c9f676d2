//go:build linux || darwin

package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// leftBehind makes a directory as a server leaves it, with its lock naming
// someone. It lies elsewhere than sweepAll looks, for sweep alone to find.
func leftBehind(t *testing.T, holder process) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), prefix+"test")
	content, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lockFile(dir), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// dead is a process that has ended.
func dead(t *testing.T) process {
	t.Helper()
	p, end := sleeper(t)
	end()
	return p
}

func sleeper(t *testing.T) (process, func()) {
	t.Helper()
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { command.Process.Kill(); command.Wait() }
	t.Cleanup(end)
	return running(command.Process.Pid), end
}

func TestSweep(t *testing.T) {
	t.Parallel()
	t.Run("a directory whose owner is gone is removed", func(t *testing.T) {
		dir := leftBehind(t, dead(t))
		if sweep(dir); exists(dir) {
			t.Error("it is still there")
		}
	})
	t.Run("a directory whose owner lives stays", func(t *testing.T) {
		dir := leftBehind(t, self())
		if sweep(dir); !exists(dir) {
			t.Error("it was removed")
		}
	})
	t.Run("a directory whose owner's pid came round again is removed", func(t *testing.T) {
		dir := leftBehind(t, process{PID: os.Getpid(), Began: "1"})
		if sweep(dir); exists(dir) {
			t.Error("it is still there")
		}
	})
	t.Run("a directory without a lock stays", func(t *testing.T) {
		dir := leftBehind(t, dead(t))
		os.Remove(lockFile(dir))
		if sweep(dir); !exists(dir) {
			t.Error("it was removed")
		}
	})
	t.Run("a directory whose supervisor holds the lock stays", func(t *testing.T) {
		dir := leftBehind(t, dead(t))
		lock, err := os.Open(lockFile(dir))
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		if err := tryLock(lock); err != nil {
			t.Fatal(err)
		}
		if sweep(dir); !exists(dir) {
			t.Error("it was removed")
		}
	})
	t.Run("a link is not followed", func(t *testing.T) {
		dir := leftBehind(t, dead(t))
		link := filepath.Join(t.TempDir(), prefix+"link")
		if err := os.Symlink(dir, link); err != nil {
			t.Fatal(err)
		}
		if sweep(link); !exists(dir) {
			t.Error("what it points to was removed")
		}
	})
	t.Run("a directory of another account stays", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root gives a directory away")
		}
		dir := leftBehind(t, dead(t))
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if sweep(dir); !exists(dir) {
			t.Error("it was removed")
		}
	})
}

// A postmaster.pid that names a process which is not this PostgreSQL must not
// get that process a signal.
func TestSweepSignalsNobodyElse(t *testing.T) {
	t.Parallel()
	bystander, _ := sleeper(t)
	now := time.Now().Unix()
	for name, line := range map[string]string{
		"another program":   "%d\n%s\n%d\n5432\n",
		"another directory": "%d\n%s/elsewhere\n%d\n5432\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := leftBehind(t, dead(t))
			data := filepath.Join(dir, "data")
			content := fmt.Sprintf(line, bystander.PID, data, now)
			if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			sweep(dir)
			if !bystander.alive() {
				t.Error("the bystander was ended")
			}
			if exists(dir) {
				t.Error("the directory is still there")
			}
		})
	}
}

// A PostgreSQL that nothing asked to stop, as one is left on macOS.
func TestSweepStopsPostgres(t *testing.T) {
	t.Parallel()
	runtime.LockOSThread() // PostgreSQL goes with the thread that starts it
	defer runtime.UnlockOSThread()
	h, err := openHome(Options{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	account, err := h.account()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.prepare(account); err != nil {
		t.Fatal(err)
	}
	what := order{Home: h.dir, Temporary: true, Volatile: true, Account: account, Bin: installed(t).dir, Secret: newSecret()}
	s := &supervisor{order: what, home: h, reports: json.NewEncoder(io.Discard)}
	if err := s.makeCluster(t.Context()); err != nil {
		t.Fatal(err)
	}
	server, err := s.startPostgres()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.announce(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	if sweep(h.dir); !server.alive() || !exists(h.dir) {
		t.Fatal("it was swept while its owner lives")
	}
	content, err := json.Marshal(dead(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(lockFile(h.dir), content, 0o600), h.locks[0].Close()); err != nil {
		t.Fatal(err)
	}
	if sweep(h.dir); server.alive() || exists(h.dir) {
		t.Error("something is left")
	}
}

func TestPostmasterIsRecognised(t *testing.T) {
	t.Parallel()
	server := shared(t)
	h := home{dir: server.Dir()}
	if found, ok := h.postmaster(); !ok || found != server.state.Postgres {
		t.Errorf("by its state: %v, %v", found, ok)
	}
	if err := os.Rename(h.stateFile(), h.stateFile()+".away"); err != nil {
		t.Fatal(err)
	}
	if found, ok := h.postmaster(); !ok || found != server.state.Postgres {
		t.Errorf("by its start time: %v, %v", found, ok)
	}
	st := server.state
	st.Postgres.Began = "1"
	if err := writeJSON(h.stateFile(), st); err != nil {
		t.Fatal(err)
	}
	if found, ok := h.postmaster(); ok {
		t.Errorf("against its state: %v", found)
	}
	if err := os.Rename(h.stateFile()+".away", h.stateFile()); err != nil {
		t.Fatal(err)
	}
}
