//go:build linux || darwin

package embedded

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ulikunitz/xz"
)

// jar packs entries as the archives are: a zip that holds a .txz.
func jar(t *testing.T, entries ...*tar.Header) []byte {
	t.Helper()
	var tree bytes.Buffer
	packed, err := xz.NewWriter(&tree)
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewWriter(packed)
	for _, entry := range entries {
		content := entry.PAXRecords["CARERECORD.content"]
		entry.PAXRecords, entry.Size = nil, int64(len(content))
		if err := files.WriteHeader(entry); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	var whole bytes.Buffer
	outer := zip.NewWriter(&whole)
	inner, err := outer.Create("postgres-test.txz")
	if err != nil {
		t.Fatal(err)
	}
	for _, close := range []func() error{files.Close, packed.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := inner.Write(tree.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := outer.Close(); err != nil {
		t.Fatal(err)
	}
	return whole.Bytes()
}

func file(name, content string) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, PAXRecords: map[string]string{"CARERECORD.content": content}}
}

func link(name, target string) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}

func sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// publish serves an archive and counts how often it is asked for.
func publish(t *testing.T, content []byte) (string, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Write(content)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/postgres.jar", &asked
}

func fetchOptions(t *testing.T, url, sha string) Options {
	t.Helper()
	return Options{FetchURL: url, FetchSHA256: sha, CacheDir: filepath.Join(reachable(t), "cache"), Progress: func(string) {}}
}

// installed returns the PostgreSQL of this machine.
func installed(t *testing.T) installation {
	t.Helper()
	found, err := locate(t.Context(), Options{}, account{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// relay is a program that becomes another.
func relay(to string) string { return "#!/bin/sh\nexec " + to + ` "$@"` + "\n" }

func TestFetch(t *testing.T) {
	t.Parallel()
	real := installed(t)
	content := jar(t,
		file("bin/postgres-17", relay(filepath.Join(real.dir, "postgres"))),
		link("bin/postgres", "postgres-17"),
		file("bin/initdb", relay(filepath.Join(real.dir, "initdb"))),
	)
	url, asked := publish(t, content)
	o := fetchOptions(t, url, strings.ToUpper(sum(content)))
	found, err := fetched(t.Context(), o, account{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if found.version != real.version {
		t.Errorf("version %s, want %s", found.version, real.version)
	}
	if _, err := fetched(t.Context(), o, account{}, real.major); err != nil || asked.Load() != 1 {
		t.Errorf("the second time: %v, asked %d times", err, asked.Load())
	}
	if _, err := fetched(t.Context(), o, account{}, real.major+1); err == nil {
		t.Error("another major version is taken")
	}
	left, err := filepath.Glob(filepath.Join(o.CacheDir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
	server := start(t, Options{Bin: found.dir, Volatile: true})
	ask(t, server.AdminDSN("postgres"), "SELECT 'started'")
}

func TestFetchRefuses(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside")
	for _, test := range []struct {
		name, why string
		entries   []*tar.Header
	}{
		{"a path that leads out", "leads out", []*tar.Header{file("../outside", "x")}},
		{"an absolute path", "leads out", []*tar.Header{file(outside, "x")}},
		{"a link that leads out", "leads out", []*tar.Header{link("bin", "../..")}},
		{"an absolute link", "leads out", []*tar.Header{link("bin", filepath.Dir(outside))}},
		{"a chain of links that leads out", "escapes", []*tar.Header{link("a/b", ".."), link("c", "a/b/../.."), file("c/outside", "x")}},
		{"a file twice", "exists", []*tar.Header{file("bin/postgres", "x"), file("bin/postgres", "y")}},
		{"a device", "not expected", []*tar.Header{{Typeflag: tar.TypeChar, Name: "null"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			content := jar(t, test.entries...)
			url, _ := publish(t, content)
			refused(t, fetchOptions(t, url, sum(content)), test.why)
			if exists(outside) {
				t.Error("a file was written outside")
			}
		})
	}
	t.Run("a wrong sum", func(t *testing.T) {
		url, _ := publish(t, jar(t, file("bin/postgres", "x")))
		refused(t, fetchOptions(t, url, sum(nil)), "not the expected")
	})
	t.Run("something that is no archive", func(t *testing.T) {
		url, _ := publish(t, []byte("not found"))
		refused(t, fetchOptions(t, url, sum([]byte("not found"))), "open the archive")
	})
	t.Run("an address without a sum", func(t *testing.T) {
		refused(t, fetchOptions(t, "http://127.0.0.1:1/x", ""), "both its address and its SHA-256")
	})
}

func refused(t *testing.T, o Options, why string) {
	t.Helper()
	_, err := fetched(t.Context(), o, account{}, 0)
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v, want %q", err, why)
	}
	if left, _ := filepath.Glob(filepath.Join(o.CacheDir, "*")); len(left) != 0 {
		t.Errorf("the cache holds %v", left)
	}
}

func TestFetchIsCutShort(t *testing.T) {
	t.Parallel()
	content := jar(t, file("bin/postgres", "x"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", itoa(len(content)))
		w.Write(content[:len(content)/2])
	}))
	defer server.Close()
	refused(t, fetchOptions(t, server.URL, sum(content)), "unexpected EOF")
}

func TestFetchIsNotFound(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	refused(t, fetchOptions(t, server.URL, sum(nil)), "404")
}

func TestFetchIsCancelled(t *testing.T) {
	t.Parallel()
	url, asked := publish(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fetched(ctx, fetchOptions(t, url, sum(nil)), account{}, 0); err == nil || asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	for platform, pin := range pins {
		if raw, err := hex.DecodeString(pin.sha256); err != nil || len(raw) != sha256.Size {
			t.Errorf("%s: %q is not a SHA-256", platform, pin.sha256)
		}
	}
}
