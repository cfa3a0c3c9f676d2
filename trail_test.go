package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/audit"
	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/pgtest"
	"carerecord/internal/receipt"
	"carerecord/internal/sample"
	"carerecord/internal/store"
)

// The trail is held against how long it is kept where that is not set: what was removed earlier is a break.
func TestTheTrailIsHeldAgainstHowLongItIsKept(t *testing.T) {
	for set, want := range map[int]int{0: audit.DefaultMonths, 12: 12, 120: 120} {
		c := &config.Config{Secrets: config.Secrets{IDs: bytes.Repeat([]byte("i"), 32), Signing: ed25519.NewKeyFromSeed(bytes.Repeat([]byte("s"), ed25519.SeedSize))}}
		c.Trail.Months = set
		proof, closeLog, err := proofOf(c)
		if err != nil {
			t.Fatal(err)
		}
		closeLog()
		if proof.Months != want {
			t.Errorf("set to %d it is held against %d months, want %d", set, proof.Months, want)
		}
	}
}

// A signing key that was replaced still vouches for what it signed: checkpoints, receipts and the key set have it.
func TestASigningKeyThatWasReplaced(t *testing.T) {
	key := func(letter string) ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed(bytes.Repeat([]byte(letter), ed25519.SeedSize))
	}
	secrets := config.Secrets{IDs: bytes.Repeat([]byte("i"), 32), Signing: key("a")}
	before, err := receiptSigner(secrets)
	if err != nil {
		t.Fatal(err)
	}
	c := &config.Config{File: "config.yml", Secrets: secrets}
	c.Secrets.Signing = key("b")
	if c.Secrets.Earlier, err = receipt.ParseKeys(before.KeySet()); err != nil {
		t.Fatal(err)
	}
	now, err := receiptSigner(c.Secrets)
	if err != nil {
		t.Fatal(err)
	}
	keeping, err := (&service{config: c, receipts: now}).keeping()
	if err != nil {
		t.Fatal(err)
	}
	proof, closeLog, err := proofOf(c)
	if err != nil {
		t.Fatal(err)
	}
	closeLog()
	verified, _, err := receiptKeysOf(c)
	if err != nil {
		t.Fatal(err)
	}
	for where, keys := range map[string]map[string]ed25519.PublicKey{"audit verify": proof.Keys, "receipts": verified.Public()} {
		if len(keys) != 2 || !keys[before.KeyID()].Equal(key("a").Public()) || !keys[now.KeyID()].Equal(key("b").Public()) {
			t.Errorf("%s knows %v", where, keys)
		}
	}
	if len(keeping.Keys) != 1 || !keeping.Keys[before.KeyID()].Equal(key("a").Public()) {
		t.Errorf("checkpoints: %v", keeping.Keys)
	}
	if again, err := receipt.ParseKeys(now.KeySet(c.Secrets.Earlier, verified)); err != nil || len(again) != 2 {
		t.Errorf("a key twice: %v", err)
	}
}

// What a demonstration signed is verified by what its data directory keeps, whether or not it runs.
func TestReceiptsOfADemonstrationThatDoesNotRun(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := receiptKeysOf(&config.Config{Data: dir}); err == nil || !strings.Contains(err.Error(), "no keys to verify with") {
		t.Errorf("of nothing: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "postgres"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"", "a secret"} {
		if err := os.WriteFile(filepath.Join(dir, "postgres", "secret"), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, given, err := receiptKeysOf(&config.Config{Data: dir})
		if (err == nil) != (secret != "") {
			t.Fatal(err)
		}
		if err != nil {
			continue
		}
		d, err := demo.Kept(dir)
		if err != nil {
			t.Fatal(err)
		}
		if public := keys.Public(); len(given) == 0 || len(public) != 1 || !slices.ContainsFunc(slices.Collect(maps.Values(public)), func(key ed25519.PublicKey) bool { return key.Equal(signingKeyOf(d).Public()) }) {
			t.Errorf("%v", public)
		}
	}
}

// Whoever verifies the trail reads why its database is not reached.
func TestATrailThatIsNotReached(t *testing.T) {
	c := &config.Config{File: "config.yml", Secrets: config.Secrets{IDs: bytes.Repeat([]byte("i"), 32), Signing: ed25519.NewKeyFromSeed(bytes.Repeat([]byte("a"), ed25519.SeedSize))}}
	dsn := "postgres://somebody@127.0.0.1:1/none"
	if err := verifyAt(t.Context(), c, dsn, io.Discard); !errors.Is(err, errNoAnswer) || !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("verify says %v", err)
	}
	if err := onStore(t.Context(), c, dsn, func(*store.Store) error { return nil }); err == nil || !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("export and report say %v", err)
	}
}

// Where no demonstration is kept, as in a folder that was mistyped, none is made: a trail of nothing would hold, and a
// report from it would tell a resident that nobody asked.
func TestNoTrailIsMadeToBeRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mistyped")
	for _, words := range [][]string{{"audit", "verify"}, {"audit", "export"}, {"access-report", string(sample.Whole)}} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), append(words, "-data", dir), os.Getenv, &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), "correct -data") || stdout.Len() > 0 {
			t.Errorf("%v: %v\n%s", words, err, &stdout)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Fatalf("%v: a demonstration was made", words)
		}
	}
}

// A database that answers and cannot be used is not said to be one that does not answer.
func TestWhyTheTrailCannotBeUsed(t *testing.T) {
	for _, test := range []struct{ name, dsn, says string }{
		{"without tables", pgtest.New(t).DSN(""), "see that the service has made its tables"},
		{"nobody listens", "postgres://u:p@127.0.0.1:1/db", "nothing listens there"},
	} {
		err := onStore(t.Context(), &config.Config{}, test.dsn, func(*store.Store) error { t.Errorf("%s: it was used", test.name); return nil })
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// Who names a file that holds no keys is told which, and what to name.
func TestAFileWithoutKeysOfReceipts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	for _, text := range []string{"", "{}", `{"keys":[]}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := receiptKeysOf(&config.Config{ReceiptKeys: file})
		if err == nil || !strings.Contains(err.Error(), "-keys: "+file) || !strings.Contains(err.Error(), "/receipt-keys.json") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A number may come from the input, so that no list of processes and no log of sudo has it.
func TestANumberFromTheInput(t *testing.T) {
	for text, want := range map[string]string{
		"9990000018\n": "", "999 000 0018\r\nand more": "", "9990000018": "", "": "an NHS number is ten digits", "9990000019\n": "the check digit", strings.Repeat("9", 200): "ten digits",
	} {
		number, err := numberFrom(strings.NewReader(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || err == nil && number != sample.Whole {
			t.Errorf("%q: %v %v", text, string(number), err)
		}
	}
	c := &config.Config{Data: filepath.Join(t.TempDir(), "none")}
	if err := accessReport(t.Context(), c, strings.NewReader("9990000018\n"), &output{}, &output{}); c.Patient != sample.Whole || err == nil {
		t.Errorf("%v, %v", c.Patient, err)
	}
}

// With sudo everybody is root; the trail has who signed in.
func TestWhichOperator(t *testing.T) {
	file := filepath.Join(t.TempDir(), "loginuid")
	root, err := user.LookupId("0")
	if err != nil {
		t.Fatal(err)
	}
	other := &user.User{Uid: "12345", Username: "care"}
	for _, test := range []struct {
		account *user.User
		id      string
		want    string
	}{
		{root, "", "operator root"}, {root, "0", "operator root"}, {root, "4294967295", "operator root"}, // nobody signed in
		{other, "0\n", "operator care (signed in as root)"}, {&user.User{}, "", "operator"},
	} {
		if os.Remove(file); test.id != "" {
			if err := os.WriteFile(file, []byte(test.id), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := operatorOf(test.account, file).Subject; got != test.want {
			t.Errorf("%+v, %q: %q, want %q", test.account, test.id, got, test.want)
		}
	}
}
