package config

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/organisation"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
)

// Address is HOST:PORT, to listen on or to connect to.
type Address struct {
	Host string // empty for every interface
	Port uint16
}

func (a Address) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port))) }

// Loopback reports whether only this machine can reach the address.
func (a Address) Loopback() bool {
	ip, err := netip.ParseAddr(a.Host)
	return a.Host == "localhost" || err == nil && ip.IsLoopback()
}

func address(text string) (Address, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return Address{}, fmt.Errorf("%q is not an address; write it as 127.0.0.1:8080", text)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return Address{}, fmt.Errorf("%q has no port from 0 to 65535; write it as 127.0.0.1:8080", text)
	}
	return Address{host, uint16(number)}, nil
}

func metrics(text string) (Metrics, error) {
	if text == "" {
		return Metrics{Off: true, Chosen: true}, nil
	}
	addr, err := address(text)
	if err != nil {
		return Metrics{}, fmt.Errorf("%q is not where /metrics could answer; write it as 127.0.0.1:9464, or leave it empty for nowhere", text)
	}
	return Metrics{Addr: addr, Chosen: true}, nil
}

// ODS is the ODS code of an organisation.
type ODS string

var odsCode = regexp.MustCompile(`^[A-Z0-9]{3,10}$`)

func ods(text string) (ODS, error) {
	if !odsCode.MatchString(text) {
		return "", fmt.Errorf("%q is not an ODS code; it has 3 to 10 capital letters and digits", text)
	}
	return ODS(text), nil
}

// DSN is a connection string of a database. It prints as a mask, since it holds a password.
type DSN string

func (DSN) String() string { return "a DSN" }

// GoString masks it in %#v too.
func (DSN) GoString() string { return "a DSN" }

var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// dsn reads a DSN and replaces ${NAME} with values of the environment.
func dsn(getenv func(string) string, text string) (DSN, error) {
	var missing []error
	text = reference.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		value := getenv(name)
		if value == "" {
			missing = append(missing, fmt.Errorf("%s is not set in the environment; set it", name))
		}
		return value
	})
	if len(missing) > 0 {
		return "", errors.Join(missing...)
	}
	if strings.TrimSpace(text) == "" {
		return "", errors.New("it is empty; write it as postgres://user:password@host:5432/database")
	}
	// The library's own message would repeat parts of it.
	if _, err := pgxpool.ParseConfig(text); err != nil {
		return "", errors.New("it is not a DSN; write it as postgres://user:password@host:5432/database, " +
			"with anything but letters and digits in the password as %XX")
	}
	return DSN(text), nil
}

// Keys is where the public keys are: a file or a URL.
type Keys struct{ File, URL string }

func keys(text string) (Keys, error) {
	if !strings.Contains(text, "://") {
		data, err := os.ReadFile(text)
		if err != nil {
			return Keys{}, fmt.Errorf("%s cannot be read (%w); name a JWK Set by its path or its https address", text, cause(err))
		}
		if _, err := auth.ParseKeys(data); err != nil {
			return Keys{}, fmt.Errorf("%s: %w", text, err)
		}
		return Keys{File: text}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && Address{Host: u.Hostname()}.Loopback()) {
		return Keys{}, errors.New("it is not an https address; keys that came by http could be anybody's")
	}
	if u.User != nil {
		return Keys{}, errors.New("it holds a password, which the address of public keys needs none of; leave it out")
	}
	return Keys{URL: text}, nil
}

func httpsURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("it is not an address; write it as https://host/path")
	}
	return text, nil
}

// Size is a number of bytes.
type Size int64

func size(text string) (Size, error) {
	number, unit := text, int64(1)
	if rest, ok := strings.CutSuffix(text, "KiB"); ok {
		number, unit = rest, 1<<10
	} else if rest, ok := strings.CutSuffix(text, "MiB"); ok {
		number, unit = rest, 1<<20
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n <= 0 || n > (1<<30)/unit {
		return 0, fmt.Errorf("%q is not a size up to 1024MiB; write it as 65536, 256KiB or 1MiB", text)
	}
	return Size(n * unit), nil
}

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a length of time above zero; write it as 500ms, 2s or 8h", text)
	}
	return d, nil
}

func count(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000_000 {
		return 0, fmt.Errorf("%q is not a whole number from 1 to 1000000000", text)
	}
	return n, nil
}

func truth(text string) (bool, error) {
	switch text {
	case "true", "yes":
		return true, nil
	case "false", "no":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

func words(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", errors.New("it is empty; write a value or leave it out")
	}
	return text, nil
}

// header reads the name of a header (RFC 9110, section 5.1).
func header(text string) (string, error) {
	if !headerName.MatchString(text) {
		return "", fmt.Errorf("%q is not the name of a header; write it alone, as X-Forwarded-For", text)
	}
	return text, nil
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func oneOf(allowed ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		if !slices.Contains(allowed, text) {
			return "", fmt.Errorf("%q is none of %s", text, strings.Join(allowed, ", "))
		}
		return text, nil
	}
}

func mode(text string) (Mode, error) {
	m, err := oneOf(string(Only), string(Prefer), string(Any))(text)
	return Mode(m), err
}

func sector(text string) (record.Sector, error) {
	all := []record.Sector{record.Demographics, record.Acute, record.GP, record.MentalHealth, record.SocialCare}
	if !slices.Contains(all, record.Sector(text)) {
		return "", fmt.Errorf("%q is no sector; there are %v", text, all)
	}
	return record.Sector(text), nil
}

// leastSecret is the least length of a secret in bytes: that of the hash it is used with.
const leastSecret = 32

// secretFile reads a file that holds a secret or a private key. Its error does not repeat the path, which may be the
// secret itself, written where its file is to be named.
func secretFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read (%w); correct the path, and do not write the secret itself here", cause(err))
	}
	return data, nil
}

// ofSecret returns the path of a file that secretFile can read.
func ofSecret(path string) (string, error) {
	if _, err := secretFile(path); err != nil {
		return "", err
	}
	return path, nil
}

func secret(path string) ([]byte, error) {
	data, err := secretFile(path)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimSpace(data)
	if len(data) < leastSecret {
		return nil, fmt.Errorf("%s holds fewer than %d characters; make one with: openssl rand -base64 48", path, leastSecret)
	}
	return data, nil
}

func directory(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read (%w); correct the path", path, cause(err))
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder; name one", path)
	}
	return path, nil
}

func file(path string) (string, error) {
	f, err := readable(path)
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

func digest(text string) (string, error) {
	if !sha256Hex.MatchString(text) {
		return "", errors.New("it is not a SHA-256; it has 64 of 0-9 and a-f")
	}
	return text, nil
}

func policy(path string) (*consent.Policy, error)     { return content(path, consent.LoadPolicy) }
func exclusions(path string) (*exclusion.List, error) { return content(path, exclusion.Load) }

func organisations(path string) (*organisation.Directory, error) {
	return content(path, func(r io.Reader) (*organisation.Directory, error) {
		list, err := organisation.Read(r)
		if err != nil {
			return nil, err
		}
		return organisation.New(list)
	})
}

// content parses the content of a file.
func content[T any](path string, read func(io.Reader) (T, error)) (value T, err error) {
	f, err := readable(path)
	if err != nil {
		return value, err
	}
	defer f.Close()
	if value, err = read(f); err != nil {
		return value, fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}

// origins reads a list of origins.
func origins(text string) ([]string, error) {
	var list []string
	for _, origin := range strings.Split(text, ",") {
		u, err := url.Parse(strings.TrimSpace(origin))
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			return nil, errors.New("write origins as https://opt-out.example.nhs.uk, divided by commas")
		}
		list = append(list, strings.ToLower(u.String())) // as browsers write them
	}
	return list, nil
}

// signing reads the signing key.
func signing(text string) (ed25519.PrivateKey, error) {
	content, err := secretFile(text)
	if err != nil {
		return nil, err
	}
	key, err := receipt.ParseKey(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return key, nil
}

func earlierSigning(text string) (receipt.Keys, error) {
	content, err := os.ReadFile(text)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w); correct the path", text, cause(err))
	}
	keys, err := receipt.ParseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return keys, nil
}

const mostMonths = 1200

func months(text string) (int, error) {
	n, err := count(text)
	switch {
	case err == nil && n < 12:
		err = fmt.Errorf("%d months are too few; keep events for 12 or more", n)
	case err == nil && n > mostMonths:
		err = fmt.Errorf("%d months are too many; %d is a century", n, mostMonths)
	}
	return n, err
}

// folder is the prefix of a path to a folder that is read in place of a URL.
const folder = "fhir-dir:"

// endpoint reads the address of a FHIR source.
func endpoint(text string) (Endpoint, error) {
	if dir, ok := strings.CutPrefix(text, folder); ok {
		path, err := directory(dir)
		return Endpoint{Folder: path}, err
	}
	if !strings.Contains(text, "://") {
		return Endpoint{}, errors.New("it is neither an address nor a folder; write https://host/path or fhir-dir:PATH")
	}
	u, err := secureURL(text)
	return Endpoint{URL: u}, err
}

// secureURL reads an https URL, or an http URL of this machine.
func secureURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", errors.New("it is not an address; write it as https://host/path, without user, query or fragment")
	case u.Scheme == "http" && !(Address{Host: u.Hostname()}.Loopback()):
		return "", errors.New("by http anybody on the way could read it; write an https address")
	}
	return text, nil
}

func kind(text string) (Kind, error) {
	for _, k := range kinds {
		if text == k.String() {
			return k, nil
		}
	}
	return SQL, fmt.Errorf("%q is no kind of source; there are %s", text, named(kinds, ", "))
}

// few reads a number of concurrent requests, at most 1000.
func few(text string) (int, error) {
	n, err := count(text)
	if err == nil && n > 1000 {
		err = fmt.Errorf("%d requests at once are more than a source can be asked; write 1000 or fewer", n)
	}
	return n, err
}

var asidDigits = regexp.MustCompile(`^[0-9]{12}$`)

func asid(text string) (string, error) {
	if !asidDigits.MatchString(text) {
		return "", errors.New("it is not an ASID; it has 12 digits")
	}
	return text, nil
}

func clientSecret(path string) (Secret, error) {
	data, err := secretFile(path)
	if err != nil {
		return "", err
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "", fmt.Errorf("%s is empty; write the secret into it", path)
	}
	return Secret(data), nil
}
