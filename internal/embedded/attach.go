package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Attach returns the server that another process runs on a data directory.
// Its Stop does nothing. The error is ErrNotRunning if there is none.
func Attach(dataDir string) (*Server, error) {
	dir, err := filepath.Abs(filepath.Join(dataDir, "postgres"))
	if err != nil {
		return nil, err
	}
	return attach(dir)
}

// Kept returns what a data directory keeps of its server, whether or not that runs: its secrets, which it needs no more for
// than to be there. The error is ErrNotRunning if there is none.
func Kept(dataDir string) (*Server, error) {
	secret, err := os.ReadFile(filepath.Join(dataDir, "postgres", "secret"))
	if err != nil || len(secret) == 0 {
		return nil, fmt.Errorf("%w on %s, and none was", ErrNotRunning, dataDir)
	}
	return &Server{state: state{Secret: string(secret)}}, nil
}

// attach returns the running server of a home.
func attach(dir string) (*Server, error) {
	h := home{dir: dir}
	st, err := readState(h.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w on %s", ErrNotRunning, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the state of the server: %w", err)
	}
	if !st.stays() {
		return nil, fmt.Errorf("%w on %s: the last one ended without leave", ErrNotRunning, dir)
	}
	return &Server{state: st, home: h}, nil
}

// A registration says which server is behind an address.
type registration struct {
	Owner process `json:"owner"`
	Home  string  `json:"home"`
}

// Register lets other commands of the same account find the server by the
// address its owner serves on, until Stop.
func (s *Server) Register(address string) error {
	if s.owned == nil {
		return errors.New("only its owner registers a server")
	}
	file, err := registrationFile(address)
	if err != nil {
		return err
	}
	for _, dir := range runtimeDirs() {
		if err = ownDir(dir); err != nil {
			continue
		}
		s.register = append(s.register, filepath.Join(dir, file))
		return writeJSON(filepath.Join(dir, file), registration{Owner: s.state.Owner, Home: s.state.Home})
	}
	return err
}

// Find returns the server registered for an address, such as 127.0.0.1:8080
// or a URL. Its Stop does nothing. The error is ErrNotRunning if there is none.
func Find(address string) (*Server, error) {
	file, err := registrationFile(address)
	if err != nil {
		return nil, err
	}
	for _, dir := range runtimeDirs() {
		if private(dir) != nil {
			continue
		}
		if home, ok := registered(filepath.Join(dir, file)); ok {
			return attach(home)
		}
	}
	return nil, fmt.Errorf("%w at %s", ErrNotRunning, address)
}

// registered returns the home in a registration, if its owner still runs.
func registered(file string) (string, bool) {
	var found registration
	if err := readJSON(file, &found); err != nil {
		return "", false
	}
	if !found.Owner.alive() {
		os.Remove(file)
		return "", false
	}
	return found.Home, true
}

// registrationFile returns the file's name for an address. Addresses that
// reach the same listener from this machine share one.
func registrationFile(address string) (string, error) {
	host, port, err := endpoint(address)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(host))
	return fmt.Sprintf("%s-%s.json", port, hex.EncodeToString(sum[:4])), nil
}

// endpoint returns the host, empty for this machine's own names, and the port.
func endpoint(address string) (host, port string, err error) {
	if strings.Contains(address, "://") {
		parsed, err := url.Parse(address)
		if err != nil {
			return "", "", err
		}
		address = parsed.Host
		if parsed.Port() == "" {
			address = net.JoinHostPort(parsed.Hostname(), map[string]string{"https": "443"}[parsed.Scheme])
		}
	}
	host, port, err = net.SplitHostPort(address)
	if err != nil {
		return "", "", err
	}
	if port == "" {
		port = "80"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", "", fmt.Errorf("the port of %s is not a number", address)
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = ""
	}
	return host, port, nil
}

// runtimeDirs are where registrations lie, the first that serves: the
// session's directory for such things, or one in the temporary directory. A
// command may run in a session when the server does not, so it looks in both.
func runtimeDirs() []string {
	var dirs []string
	if session := os.Getenv("XDG_RUNTIME_DIR"); session != "" && private(session) == nil {
		dirs = append(dirs, filepath.Join(session, "carerecord"))
	}
	return append(dirs, filepath.Join(os.TempDir(), fmt.Sprintf("carerecord-%d", os.Geteuid())))
}

// ownDir makes a private directory, or says why one that is there is not.
func ownDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return private(dir)
}

// private says whether nobody else can read or write in a directory. Another
// account could have made it first, where everyone may.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if uid, _ := ownerOf(info); !info.IsDir() || uid != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a private directory of this account: remove it", dir)
	}
	return nil
}
