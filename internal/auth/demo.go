package auth

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The issuer and audience of a demonstration's tokens.
const (
	DemoIssuerName = "urn:carerecord:demo"
	DemoAudience   = "carerecord"
)

// demoShift is how long a demonstration's token is valid unless TokenOptions
// say otherwise.
const demoShift = 8 * time.Hour

const (
	demoKeyFile  = "demo-key.pem"
	demoKeysFile = "demo-keys.json"
)

// A DemoIssuer signs tokens for personas, with a key that was made for one
// demonstration and is kept in a directory that only its owner can open. A
// service trusts none of them unless it is given the key set beside the key.
type DemoIssuer struct {
	Issuer, Audience string // DemoIssuerName and DemoAudience unless changed

	dir string
	key ed25519.PrivateKey
}

// TokenOptions change a persona's token. The zero value can be used.
type TokenOptions struct {
	Org     string        // ODS code instead of the persona's
	Expires time.Duration // how long it is valid; 8 hours if 0
	Now     time.Time     // when it is issued; now if zero
}

// CreateDemoKeys makes a key in dir and writes the key set beside it. It makes
// dir if there is none. It never replaces a key.
func CreateDemoKeys(dir string) (*DemoIssuer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the directory of demo keys: %w", withoutPath(err))
	}
	if err := private(dir, "the directory of demo keys", "700"); err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	err = writeNew(filepath.Join(dir, demoKeyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if errors.Is(err, fs.ErrExist) {
		return nil, errors.New("there is a demo key already; use it, or delete its directory first")
	}
	if err != nil {
		return nil, fmt.Errorf("the demo key: %w", withoutPath(err))
	}
	return newDemoIssuer(dir, key)
}

// OpenDemoKeys reads the key that CreateDemoKeys made. It refuses a key, or a
// directory, that others on the machine can open, and says what to do.
func OpenDemoKeys(dir string) (*DemoIssuer, error) {
	path := filepath.Join(dir, demoKeyFile)
	if err := private(dir, "the directory of demo keys", "700"); err != nil {
		return nil, err
	}
	if err := private(path, "the demo key", "600"); err != nil {
		return nil, err
	}
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("the demo key: %w", withoutPath(err))
	}
	key, err := parseDemoKey(data)
	if err != nil {
		return nil, err
	}
	return newDemoIssuer(dir, key)
}

// newDemoIssuer writes the key set beside the key unless it is already the
// key's. So it also completes a CreateDemoKeys that was cut short.
func newDemoIssuer(dir string, key ed25519.PrivateKey) (*DemoIssuer, error) {
	d := &DemoIssuer{Issuer: DemoIssuerName, Audience: DemoAudience, dir: dir, key: key}
	if there, err := readFile(d.KeysFile()); err == nil && bytes.Equal(there, d.KeySet()) {
		return d, nil
	}
	if err := os.WriteFile(d.KeysFile(), d.KeySet(), 0o644); err != nil {
		return nil, fmt.Errorf("the demo key set: %w", withoutPath(err))
	}
	return d, nil
}

func parseDemoKey(data []byte) (ed25519.PrivateKey, error) {
	spoilt := errors.New("the demo key is not an Ed25519 key in PEM; delete its directory and make a new one")
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, spoilt
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, spoilt
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, spoilt
	}
	return key, nil
}

// private returns an error for a file or directory that anyone but its owner
// may open.
func private(path, what, mode string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is none; make one first", what)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, withoutPath(err))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s can be opened by others (%04o); run chmod %s on it", what, info.Mode().Perm(), mode)
	}
	return nil
}

func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// KeysFile returns the path of the key set, for KeysFromFile.
func (d *DemoIssuer) KeysFile() string { return filepath.Join(d.dir, demoKeysFile) }

// KeySet returns the JWK Set that verifies the tokens.
func (d *DemoIssuer) KeySet() []byte {
	set, _ := json.Marshal(map[string]any{"keys": []any{map[string]string{ // strings only, so it cannot fail
		"kty": "OKP", "crv": "Ed25519", "x": d.x(), "kid": d.kid(), "alg": "EdDSA", "use": "sig",
	}}})
	return append(set, '\n')
}

func (d *DemoIssuer) x() string {
	return base64.RawURLEncoding.EncodeToString(d.key.Public().(ed25519.PublicKey))
}

// kid returns the key's thumbprint (RFC 7638, with RFC 8037 appendix A.3).
func (d *DemoIssuer) kid() string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + d.x() + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Token returns a signed token for a persona.
func (d *DemoIssuer) Token(p Persona, o TokenOptions) (string, error) {
	if o.Org == "" {
		o.Org = p.Org
	}
	if org(o.Org) == "" {
		return "", errors.New("the organisation is not an ODS code: 3 to 10 capital letters and digits")
	}
	if o.Expires == 0 {
		o.Expires = demoShift
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": d.Issuer, "aud": d.Audience, "sub": "demo-" + p.Name, "jti": rand.Text(),
		"iat": o.Now.Unix(), "nbf": o.Now.Unix(), "exp": o.Now.Add(o.Expires).Unix(),
		"name": p.Staff, "org": o.Org, "role": p.Role, "purpose": p.Purpose,
	})
	token.Header["kid"] = d.kid()
	return token.SignedString(d.key)
}
