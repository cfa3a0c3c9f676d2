package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// makeCluster runs initdb unless there is a cluster. It works beside the
// final place and renames, so a half-made cluster is never taken for one.
func (s *supervisor) makeCluster(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.home.data(), "PG_VERSION")); err == nil {
		return nil
	}
	s.reports.Encode(report{Step: "creating the cluster"})
	fresh := filepath.Join(s.Home, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := s.Account.mkdir(fresh); err != nil {
		return err
	}
	if err := s.initdb(ctx, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, s.home.data())
}

func (s *supervisor) initdb(ctx context.Context, dir string) error {
	file, err := s.passwordFile()
	if err != nil {
		return err
	}
	defer os.Remove(file)
	// Locale C sorts and compares alike on every machine.
	arguments := []string{
		"-D", dir, "-U", Superuser, "--pwfile", file, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C",
	}
	if s.Temporary {
		arguments = append(arguments, "--no-sync") // nobody reads it after a crash of the machine
	}
	command := exec.CommandContext(ctx, filepath.Join(s.Bin, "initdb"), arguments...)
	command.Dir, command.Env, command.SysProcAttr = "/", environment(), s.Account.as(syscall.SIGKILL)
	command.Cancel = func() error { return killGroup(command.Process.Pid) }
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// passwordFile puts the superuser's password where only initdb may read it.
func (s *supervisor) passwordFile() (string, error) {
	file := filepath.Join(s.home.run(), "password")
	err := os.WriteFile(file, []byte(password(s.Secret, Superuser)+"\n"), 0o600)
	return file, errors.Join(err, s.Account.own(file))
}

// environment is what PostgreSQL's programs see: nothing of the caller's, whose
// PG variables would change what they do.
func environment() []string {
	return []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
}

// settings are the server's arguments, so they hold for a cluster made by
// an earlier version of this program too.
func (s *supervisor) settings() []string {
	values := []string{
		"listen_addresses=", // the socket only
		"port=" + port,
		"unix_socket_directories=" + s.home.run(),
		"unix_socket_permissions=0700",
		"max_connections=300",
		"shared_buffers=128MB",
		"jit=off",
		"timezone=UTC",
		"log_timezone=UTC",
		"logging_collector=off",
		"log_destination=stderr",
		"wal_level=minimal", // no replicas
		"max_wal_senders=0",
		// A statement or its parameters may name a patient, and so may the
		// detail of an error: the log shows neither.
		"log_statement=none",
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
	}
	arguments := []string{"-D", s.home.data()}
	for _, value := range append(values, s.durability()...) {
		arguments = append(arguments, "-c", value)
	}
	return arguments
}

func (s *supervisor) durability() []string {
	durable := "on"
	if s.Volatile {
		durable = "off"
	}
	values := []string{"fsync=" + durable, "full_page_writes=" + durable, "synchronous_commit=" + durable}
	if s.Temporary {
		values = append(values, "max_wal_size=128MB",
			"dynamic_shared_memory_type=mmap") // files among its own, which go with them
	}
	return values
}

// logLimit is the size from which the log is set aside at the next start.
const logLimit = 8 << 20

func openLog(file string) (*os.File, error) {
	if info, err := os.Stat(file); err == nil && info.Size() > logLimit {
		if err := os.Rename(file, file+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// tail returns the last of the log, for an error.
func tail(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
