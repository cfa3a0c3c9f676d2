//go:build linux || darwin

package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// session makes a directory as a session has for its own.
func session(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRegister(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", session(t))
	server := start(t, Options{Volatile: true})
	if err := server.Register("127.0.0.1:18080"); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"127.0.0.1:18080", "localhost:18080", ":18080", "http://localhost:18080/graphql"} {
		found, err := Find(address)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		ask(t, found.AdminDSN("postgres"), "SELECT 'found'")
	}
	for _, address := range []string{"127.0.0.1:18081", "192.0.2.1:18080"} {
		if _, err := Find(address); !errors.Is(err, ErrNotRunning) {
			t.Errorf("%s: %v", address, err)
		}
	}
	stop(t, server)
	if _, err := Find("127.0.0.1:18080"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after Stop: %v", err)
	}
}

func TestRegistrationOfAnOwnerThatIsGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "18080.json")
	if err := writeJSON(file, registration{Owner: dead(t), Home: "/gone"}); err != nil {
		t.Fatal(err)
	}
	if home, ok := registered(file); ok || exists(file) {
		t.Errorf("found %s, and its file is there: %v", home, exists(file))
	}
}

func TestRuntimeDirectories(t *testing.T) {
	own, temporary := session(t), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	fallback := filepath.Join(temporary, "carerecord-"+itoa(os.Geteuid()))
	for name, test := range map[string]struct {
		session string
		want    []string
	}{
		"a session":                      {own, []string{filepath.Join(own, "carerecord"), fallback}},
		"no session":                     {"", []string{fallback}},
		"a session that others may read": {temporary, []string{fallback}},
	} {
		t.Setenv("XDG_RUNTIME_DIR", test.session)
		if got := runtimeDirs(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := ownDir(fallback); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(fallback, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := ownDir(fallback); err == nil {
		t.Error("a directory that others write in is taken")
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ address, host, port string }{
		{"127.0.0.1:8080", "", "8080"},
		{"[::1]:8080", "", "8080"},
		{"0.0.0.0:8080", "", "8080"},
		{"localhost:8080", "", "8080"},
		{"https://records.example/graphql", "records.example", "443"},
		{"http://localhost", "", "80"},
	} {
		host, port, err := endpoint(test.address)
		if err != nil || host != test.host || port != test.port {
			t.Errorf("%s: %q, %q, %v", test.address, host, port, err)
		}
	}
	for _, address := range []string{"", "8080", "localhost:http/../x"} {
		if _, _, err := endpoint(address); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}
