package pgtest

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A daemon is a program that a test runs beside itself. It ends with the test, and where
// the test is killed its end of a pipe closes and a shell ends it.
type daemon struct {
	account *syscall.Credential // nil for our own
	log     string
	ending  string // the signal that ends it
	command []string

	shell    *exec.Cmd
	lifeline io.Closer
	kept     bool // it is to end with the test that started it first
}

// untilTheEnd runs a program until the shell's input closes.
const untilTheEnd = `ending=$1; shift; "$@" & read -r end; kill -s "$ending" $! 2>/dev/null; wait`

func (d *daemon) start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(d.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	d.shell = exec.Command("sh", append([]string{"-c", untilTheEnd, "sh", d.ending}, d.command...)...)
	d.shell.Dir, d.shell.Env = "/", []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	d.shell.Stdout, d.shell.Stderr = log, log
	d.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: d.account}
	if d.lifeline, err = d.shell.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := d.shell.Start(); err != nil {
		t.Fatal(err)
	}
	if !d.kept { // a later start may be a subtest's, which ends before
		t.Cleanup(d.stop)
		d.kept = true
	}
}

// stop ends the program, if it runs, and waits until it is gone.
func (d *daemon) stop() {
	if d.shell == nil {
		return
	}
	d.lifeline.Close()
	d.shell.Wait()
	d.shell = nil
}

// said is what the program wrote.
func (d *daemon) said() string {
	said, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(said)
}

// accountOf is whom PostgreSQL runs as where a test's own account may not; nil for our own.
func accountOf(t testing.TB, d *Database) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Join(d.Server.Dir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
}

// dirOf makes a directory for a program under an account.
func dirOf(t testing.TB, account *syscall.Credential) string {
	t.Helper()
	dir := Dir(t)
	if account != nil {
		if err := os.Chown(dir, int(account.Uid), int(account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
