package auth_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/auth/authtest"
)

func demoKeys(t *testing.T) (*auth.DemoIssuer, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	d, err := auth.CreateDemoKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d, dir
}

func demoVerifier(t *testing.T, d *auth.DemoIssuer) *auth.Verifier {
	t.Helper()
	keys, err := auth.KeysFromFile(d.KeysFile(), auth.KeyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return auth.New(auth.Options{Issuer: auth.DemoIssuerName, Audience: auth.DemoAudience, Keys: keys, Now: func() time.Time { return noon }})
}

func TestDemoTokens(t *testing.T) {
	_, dir := demoKeys(t)
	d, err := auth.OpenDemoKeys(dir) // as the next command does
	if err != nil {
		t.Fatal(err)
	}
	v := demoVerifier(t, d)
	for _, persona := range auth.Personas {
		token, err := d.Token(persona, auth.TokenOptions{Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		p, err := v.Principal("Bearer " + token)
		if err != nil {
			t.Fatal(err)
		}
		want := auth.Principal{
			Subject: "demo-" + persona.Name, Name: persona.Staff, Org: persona.Org, Role: persona.Role,
			Purpose: persona.Purpose, TokenID: p.TokenID, ExpiresAt: noon.Add(8 * time.Hour),
		}
		if p != want {
			t.Errorf("got %+v, want %+v", p, want)
		}
	}
	gp := auth.Personas[0]
	token, err := d.Token(gp, auth.TokenOptions{Now: noon, Org: "F83001", Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := v.Principal("Bearer " + token); err != nil || p.Org != "F83001" || !p.ExpiresAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := d.Token(gp, auth.TokenOptions{Org: "E09000003/x"}); err == nil {
		t.Error("a token for an organisation that is no ODS code")
	}
	if token, err = d.Token(gp, auth.TokenOptions{}); err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(token, ".")
	if text, _ := base64.RawURLEncoding.DecodeString(header); !strings.Contains(string(text), `"kid":"`) {
		t.Errorf("the header %s names no key", text)
	}
	keys, err := auth.KeysFromFile(d.KeysFile(), auth.KeyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.New(auth.Options{Issuer: auth.DemoIssuerName, Audience: auth.DemoAudience, Keys: keys}).Principal("Bearer " + token); err != nil {
		t.Errorf("a token of this moment: %v", err)
	}
	stranger, _ := demoKeys(t)
	token, err = stranger.Token(gp, auth.TokenOptions{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Principal("Bearer " + token); err == nil {
		t.Error("another demonstration's token holds")
	}
}

func TestDemoKeysAreTheOwnersOnly(t *testing.T) {
	_, dir := demoKeys(t)
	path := filepath.Join(dir, "demo-key.pem")
	for name, want := range map[string]fs.FileMode{dir: 0o700, path: 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", filepath.Base(name), info.Mode().Perm(), err, want)
		}
	}
	for _, c := range []struct {
		name string
		path string
		mode fs.FileMode
		says string
	}{
		{"a key the group can read", path, 0o640, "chmod 600"},
		{"a key the world can read", path, 0o604, "chmod 600"},
		{"a key that only its owner can read", path, 0o600, ""},
		{"a directory the world can enter", dir, 0o711, "chmod 700"},
		{"a directory that only its owner can enter", dir, 0o700, ""},
	} {
		if err := os.Chmod(c.path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := auth.OpenDemoKeys(dir)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.says)
		}
	}
	loose := filepath.Join(t.TempDir(), "loose")
	if err := os.Mkdir(loose, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.CreateDemoKeys(loose); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a loose directory: error %v", err)
	}
}

func TestDemoKeysAreMadeOnce(t *testing.T) {
	d, dir := demoKeys(t)
	before := d.KeySet()
	if _, err := auth.CreateDemoKeys(dir); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("error %v, want one that says there is a key", err)
	}
	os.Remove(d.KeysFile()) // as if cut short
	again, err := auth.OpenDemoKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.KeySet()) != string(before) {
		t.Error("another key")
	}
	demoVerifier(t, again)
	if _, err := auth.OpenDemoKeys(t.TempDir() + "/none"); err == nil || !strings.Contains(err.Error(), "make one first") {
		t.Errorf("error %v", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(authtest.New(t).Private("ES256"))
	if err != nil {
		t.Fatal(err)
	}
	another := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, spoilt := range []string{another, "", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(filepath.Join(dir, "demo-key.pem"), []byte(spoilt), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.OpenDemoKeys(dir); err == nil || !strings.Contains(err.Error(), "make a new one") {
			t.Errorf("a spoilt key: error %v", err)
		}
	}
}

func TestTheKeySetBesideTheKeyIsTheKeys(t *testing.T) {
	d, dir := demoKeys(t)
	if err := os.Chtimes(d.KeysFile(), noon, noon); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.OpenDemoKeys(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(d.KeysFile()); err != nil || !info.ModTime().Equal(noon) {
		t.Errorf("what was right is written again: %v, %v", info.ModTime(), err)
	}
	if err := os.WriteFile(d.KeysFile(), []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.OpenDemoKeys(dir); err != nil {
		t.Fatal(err)
	}
	if there, err := os.ReadFile(d.KeysFile()); err != nil || string(there) != string(d.KeySet()) {
		t.Errorf("the set of another key is left: %s, %v", there, err)
	}
}

func TestDemoKeysThatCannotBeMadeOrRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	deep := filepath.Join(t.TempDir(), "deep")
	for len(deep) < 4085 { // a directory whose name leaves no room for a file's
		deep += "/" + strings.Repeat("x", min(200, 4085-len(deep)))
	}
	_, keyIsDirectory := demoKeys(t)
	key := filepath.Join(keyIsDirectory, "demo-key.pem")
	_, setIsDirectory := demoKeys(t)
	set := filepath.Join(setIsDirectory, "demo-keys.json")
	for _, path := range []string{key, set} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		make func(string) (*auth.DemoIssuer, error)
		dir  string
		says string
	}{
		{"a directory in a file", auth.CreateDemoKeys, filepath.Join(file, "keys"), "the directory of demo keys: not a directory"},
		{"reading there", auth.OpenDemoKeys, filepath.Join(file, "keys"), "the directory of demo keys: not a directory"},
		{"a name that is too long", auth.CreateDemoKeys, deep, "the demo key: file name too long"},
		{"a key that is a directory", auth.OpenDemoKeys, keyIsDirectory, "the demo key: is a directory"},
		{"a key set that is a directory", auth.OpenDemoKeys, setIsDirectory, "the demo key set: is a directory"},
	} {
		if _, err := c.make(c.dir); err == nil || err.Error() != c.says {
			t.Errorf("%s: error %v, want %q", c.name, err, c.says)
		}
	}
}
