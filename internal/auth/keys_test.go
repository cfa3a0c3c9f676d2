package auth_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/auth/authtest"
)

func TestParseKeys(t *testing.T) {
	i := newIssuer(t)
	good := string(authtest.JWKS(i.JWK("EdDSA")))
	with := func(alg string, changes claims) string {
		k := i.JWK(alg)
		for name, value := range changes {
			if k[name] = value; value == nil {
				delete(k, name)
			}
		}
		return string(authtest.JWKS(i.JWK("EdDSA"), k))
	}
	alone := func(alg string, changes claims) string {
		k := i.JWK(alg)
		maps.Copy(k, changes)
		return string(authtest.JWKS(k))
	}
	for _, c := range []struct{ name, set, says string }{
		{"a set of one key", good, ""},
		{"a set of all", string(i.JWKS()), ""},
		{"members nobody knows are passed over", `{"x":1,` + good[1:], ""},
		{"a key of a type nobody knows is passed over", with("ES256", claims{"kty": "AKP"}), ""},
		{"a key for encryption is passed over", with("ES256", claims{"use": "enc"}), ""},
		{"a P-384 key is passed over", with("ES256", claims{"crv": "P-384"}), ""},
		{"a short RSA key is passed over", with("RS256", claims{"n": "AQAB"}), ""},
		{"nothing", "", "not JSON"},
		{"a page", "<html>", "not JSON"},
		{"a list", "[]", "not a JSON object"},
		{"a set cut short", good[:len(good)-1], "not JSON"},
		{"something after the set", good + "{}", "not JSON"},
		{"keys twice", `{"keys":[],` + good[1:], "twice"},
		{"no keys member", `{}`, `no list "keys"`},
		{"a key alone", good[9 : len(good)-2], `no list "keys"`},
		{"keys that are no list", `{"keys":{}}`, `no list "keys"`},
		{"an empty set", `{"keys":[]}`, "it is empty"},
		{"only keys for other uses", string(authtest.JWKS(authtest.JWK("x", "RSA-OAEP", i.Public("RS256")))), "no key for RS256"},
		{"which of them is said", alone("ES256", claims{"use": "enc"}), "key 1: not for use here: its use is not sig"},
		{"only a key that does not verify", alone("ES256", claims{"key_ops": []string{"encrypt"}}), "key_ops do not name verify"},
		{"only a key of a type nobody knows", alone("ES256", claims{"kty": "AKP"}), "another type of key"},
		{"only a P-384 key", alone("ES256", claims{"crv": "P-384"}), "other than P-256"},
		{"only an X25519 key", alone("EdDSA", claims{"crv": "X25519"}), "other than Ed25519"},
		{"only a short RSA key", alone("RS256", claims{"n": "AQAB"}), "use 2048 to 8192"},
		{"an RSA exponent of 31 bits", alone("RS256", claims{"e": "f____w"}), ""},
		{"an RSA exponent of 32 bits", alone("RS256", claims{"e": "gAAAAQ"}), "more than 31 bits"},
		{"a key that is a text", `{"keys":["x"]}`, "kty"},
		{"a private Ed25519 key", with("EdDSA", claims{"kid": "x", "d": "AAAA"}), "private or symmetric"},
		{"a private RSA key", with("RS256", claims{"d": "AAAA"}), "private or symmetric"},
		{"a prime of an RSA key", with("RS256", claims{"p": "AAAA"}), "private or symmetric"},
		{"a symmetric key", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, "private or symmetric"},
		{"a symmetric key without its value", with("ES256", claims{"kty": "oct"}), "private or symmetric"},
		{"a symmetric key under another type", with("EdDSA", claims{"k": "AAAA"}), "private or symmetric"},
		{"a private key for another use", with("ES256", claims{"use": "enc", "d": "AAAA"}), "private or symmetric"},
		{"a point off the curve", with("ES256", claims{"x": i.JWK("ES256")["y"]}), "not a point"},
		{"no x", with("ES256", claims{"x": nil}), "x is not base64url"},
		{"no y", with("ES256", claims{"y": nil}), "y is not base64url"},
		{"no Ed25519 x", with("EdDSA", claims{"x": nil}), "x is not base64url"},
		{"a member twice in a key", `{"keys":[{"kty":"OKP","kty":"EC"}]}`, "twice"},
		{"a kid that is empty", with("EdDSA", claims{"kid": ""}), "kid is not a text"},
		{"a short coordinate", with("ES256", claims{"x": "AAAA"}), "32 bytes"},
		{"a short Ed25519 key", with("EdDSA", claims{"x": "AAAA"}), "32 bytes"},
		{"a modulus in base64 with padding", with("RS256", claims{"n": "AAAA=="}), "n is not base64url"},
		{"no exponent", with("RS256", claims{"e": nil}), "e is not base64url"},
		{"a kid that is a number", with("EdDSA", claims{"kid": 1}), "kid is not a text"},
		{"an alg that is a list", with("EdDSA", claims{"alg": []string{"EdDSA"}}), "alg is not a text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := auth.ParseKeys([]byte(c.set))
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %q", err, c.says)
			}
		})
	}
}

// clock is a time that a test moves.
type clock struct{ moved atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.moved.Load())) }
func (c *clock) forward(d time.Duration) { c.moved.Add(int64(d)) }

// faults collects what OnError is told.
type faults struct {
	mu   sync.Mutex
	list []error
}

func (f *faults) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, err)
}

func (f *faults) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.list)
}

func TestKeysFromFile(t *testing.T) {
	i, moved, faults := newIssuer(t), &clock{}, &faults{}
	path := filepath.Join(t.TempDir(), "keys.json")
	written := noon
	write := func(data []byte) {
		t.Helper()
		written = written.Add(time.Second)
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, written, written)); err != nil {
			t.Fatal(err)
		}
	}
	o := auth.KeyOptions{Now: moved.now, OnError: faults.add}
	if _, err := auth.KeysFromFile(path, o); err == nil || strings.Contains(err.Error(), path) {
		t.Errorf("no file: error %v, want one without the path", err)
	}
	write([]byte(`{"keys":`))
	if _, err := auth.KeysFromFile(path, o); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("a malformed file: error %v", err)
	}
	if _, err := auth.KeysFromFile(filepath.Dir(path), o); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: error %v", err)
	}
	set := string(i.JWKS())
	write([]byte(strings.Repeat(" ", 1<<20-len(set)+1) + set))
	if _, err := auth.KeysFromFile(path, o); err == nil || !strings.Contains(err.Error(), "1 MB") {
		t.Errorf("a file of more than 1 MB: error %v", err)
	}
	write([]byte(strings.Repeat(" ", 1<<20-len(set)) + set))
	if _, err := auth.KeysFromFile(path, o); err != nil {
		t.Errorf("a file of 1 MB: error %v", err)
	}

	write(authtest.JWKS(i.JWK("EdDSA")))
	keys, err := auth.KeysFromFile(path, o)
	if err != nil {
		t.Fatal(err)
	}
	v := i.Verifier(func(o *auth.Options) { o.Keys, o.Now = keys, nil })
	i.Now = time.Now // the verifier's clock; the file's is moved by hand
	ed, es := "Bearer "+i.Token(nil), "Bearer "+i.Sign("ES256", nil, i.Claims(nil))
	expect := func(step string, wantED, wantES bool, wantFaults int) {
		t.Helper()
		_, errED := v.Principal(ed)
		_, errES := v.Principal(es)
		if (errED == nil) != wantED || (errES == nil) != wantES || faults.count() != wantFaults {
			t.Errorf("%s: EdDSA %v, ES256 %v, faults %v", step, errED, errES, faults.list)
		}
	}
	expect("at first", true, false, 0)
	write(authtest.JWKS(i.JWK("ES256")))
	expect("nobody looks within the second", true, false, 0)
	write(authtest.JWKS(i.JWK("EdDSA")))
	before, _ := keys.Keys()
	moved.forward(2 * time.Second)
	if after, _ := keys.Keys(); after != before {
		t.Error("an unchanged file is another set")
	}
	write(authtest.JWKS(i.JWK("ES256")))
	moved.forward(500 * time.Millisecond)
	expect("within the second", true, false, 0)
	moved.forward(500 * time.Millisecond)
	expect("after a second", false, true, 0)
	write([]byte("{"))
	for range 3 {
		moved.forward(time.Second)
		expect("a bad file leaves the last good one, and is told once", false, true, 1)
	}
	os.Remove(path)
	moved.forward(time.Second)
	expect("so does a missing file", false, true, 2)
	moved.forward(59*time.Minute + 56*time.Second)
	expect("for an hour", false, true, 2)
	moved.forward(1)
	expect("and no longer", false, false, 2)
	if _, err := keys.Newer(); !errors.Is(err, auth.ErrNoKeys) {
		t.Errorf("error %v, want ErrNoKeys", err)
	}
	write(authtest.JWKS(i.JWK("EdDSA")))
	moved.forward(time.Second)
	expect("a good file ends it", true, false, 2)
	os.Remove(path)
	moved.forward(time.Second)
	expect("the same trouble later is told again", true, false, 3)
	write(authtest.JWKS(i.JWK("EdDSA")))
	moved.forward(24 * time.Hour)
	var wg sync.WaitGroup
	for range 8 { // after a quiet day the first to ask looks and the others wait
		wg.Go(func() {
			if _, err := v.Principal(ed); err != nil {
				t.Errorf("after a quiet day: %v", err)
			}
		})
	}
	wg.Wait()
}

// A file is another one by its time, its length or its place on the disk alone.
func TestAChangedFileIsSeen(t *testing.T) {
	first, second := newIssuer(t).JWK("EdDSA"), authtest.JWK("EdDSA", "EdDSA", other(t))
	for name, change := range map[string]func(path string) error{
		"by its time": func(path string) error {
			return errors.Join(os.WriteFile(path, authtest.JWKS(second), 0o600), os.Chtimes(path, noon, noon.Add(time.Second)))
		},
		"by its length": func(path string) error {
			return errors.Join(os.WriteFile(path, append(authtest.JWKS(second), '\n'), 0o600), os.Chtimes(path, noon, noon))
		},
		"by being another": func(path string) error {
			return errors.Join(os.WriteFile(path+"2", authtest.JWKS(second), 0o600), os.Chtimes(path+"2", noon, noon), os.Rename(path+"2", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, moved := filepath.Join(t.TempDir(), "keys.json"), &clock{}
			if err := errors.Join(os.WriteFile(path, authtest.JWKS(first), 0o600), os.Chtimes(path, noon, noon)); err != nil {
				t.Fatal(err)
			}
			keys, err := auth.KeysFromFile(path, auth.KeyOptions{Now: moved.now})
			if err != nil {
				t.Fatal(err)
			}
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			before, _ := keys.Keys() // within the second, so as it was
			moved.forward(time.Second)
			if after, err := keys.Keys(); after == before || err != nil {
				t.Errorf("the change is not seen, %v", err)
			}
		})
	}
}

func TestHowLongKeysStandIsTheirOwners(t *testing.T) {
	path, moved := filepath.Join(t.TempDir(), "keys.json"), &clock{}
	if err := os.WriteFile(path, newIssuer(t).JWKS(), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := auth.KeysFromFile(path, auth.KeyOptions{Now: moved.now, MaxStale: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	moved.forward(time.Hour)
	if _, err := keys.Keys(); err != nil {
		t.Errorf("an unchanged file grew stale: %v", err)
	}
	os.Remove(path)
	moved.forward(time.Minute)
	if _, err := keys.Keys(); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	moved.forward(1)
	if _, err := keys.Keys(); !errors.Is(err, auth.ErrNoKeys) {
		t.Errorf("after more than a minute: error %v, want ErrNoKeys", err)
	}
}

// published is a key set on a web server, and how often it was asked for.
type published struct {
	mu     sync.Mutex
	answer func(http.ResponseWriter, *http.Request)
	asked  int
}

func (p *published) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked++
	answer := p.answer
	p.mu.Unlock()
	answer(w, r)
}

func (p *published) set(answer func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *published) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// serve answers with a set that asks to be kept for a year, in vain.
func serve(jwks []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Write(jwks)
	}
}

func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func TestKeysFromURLRefuses(t *testing.T) {
	i := newIssuer(t)
	idp := &published{}
	server := httptest.NewServer(idp)
	defer server.Close()
	elsewhere := httptest.NewServer(http.HandlerFunc(serve(i.JWKS())))
	defer elsewhere.Close()
	for _, c := range []struct {
		name    string
		answer  func(http.ResponseWriter, *http.Request)
		address string
		says    string
	}{
		{"a good set is taken", serve(i.JWKS()), server.URL, ""},
		{"http is for this machine only", serve(i.JWKS()), "http://idp.example/jwks", "must be https"},
		{"another scheme is refused", serve(i.JWKS()), "file:///etc/keys.json", "not a URL"},
		{"ftp is refused", serve(i.JWKS()), "ftp://localhost/keys.json", "must be https"},
		{"a password in the address is refused", serve(i.JWKS()), strings.Replace(server.URL, "//", "//a:b@", 1), "password"},
		{"no address is refused", serve(i.JWKS()), "", "not a URL"},
		{"a redirect is not followed", http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, server.URL, "redirects"},
		{"a redirect to itself is not followed", http.RedirectHandler("/x", http.StatusPermanentRedirect).ServeHTTP, server.URL, "redirects"},
		{"a server that is down is told", down, server.URL, "status 503"},
		{"whatever it redirects to", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMultipleChoices) }, server.URL, "redirects"},
		{"a server that finds fault is told", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, server.URL, "status 400"},
		{"a malformed set is told", serve([]byte("<html>")), server.URL, "not JSON"},
		{"a body of more than 1 MB is not read", serve([]byte(strings.Repeat(" ", 1<<20) + string(i.JWKS()))), server.URL, "1 MB"},
		{"a private key is refused", serve([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}`)), server.URL, "private"},
		{"a server that does not answer is given up", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, server.URL, "Timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			idp.set(c.answer)
			timeout := time.Minute
			if c.says == "Timeout" {
				timeout = 20 * time.Millisecond
			}
			_, err := auth.KeysFromURL(t.Context(), c.address, auth.URLOptions{Timeout: timeout})
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), server.URL) {
				t.Errorf("error %q holds the address", err)
			}
		})
	}
}

func TestARotationIsSeenAtTheFirstTokenOfTheNewKey(t *testing.T) {
	i, idp, moved, faults := newIssuer(t), &published{answer: nil}, &clock{}, &faults{}
	idp.set(serve(authtest.JWKS(i.JWK("EdDSA"))))
	server := httptest.NewServer(idp)
	defer server.Close()
	keys, err := auth.KeysFromURL(t.Context(), server.URL, auth.URLOptions{
		KeyOptions: auth.KeyOptions{Now: moved.now, OnError: faults.add},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := i.Verifier(func(o *auth.Options) { o.Keys = keys })
	ed, es := "Bearer "+i.Token(nil), "Bearer "+i.Sign("ES256", nil, i.Claims(nil))
	accepted := func(step, bearer string, want bool) {
		t.Helper()
		if _, err := v.Principal(bearer); (err == nil) != want {
			t.Errorf("%s: error %v, want accepted %v", step, err, want)
		}
	}
	accepted("the old key's token", ed, true)
	idp.set(serve(authtest.JWKS(i.JWK("ES256"))))
	accepted("the old key's token until somebody looks", ed, true)
	accepted("the new key's token", es, true)
	accepted("the old key's token after that", ed, false)
	if faults.count() != 0 {
		t.Errorf("told of %v, and nothing was wrong", faults.list)
	}

	asked := idp.count()
	for range 100 {
		accepted("a stranger's kid", "Bearer "+i.Sign("EdDSA", claims{"kid": "x"}, i.Claims(nil)), false)
	}
	if n := idp.count() - asked; n != 0 {
		t.Errorf("%d requests within ten seconds of the last", n)
	}
	moved.forward(10 * time.Second)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			accepted("a stranger's kid", "Bearer "+i.Sign("EdDSA", claims{"kid": "x"}, i.Claims(nil)), false)
		})
	}
	wg.Wait()
	if n := idp.count() - asked; n != 1 {
		t.Errorf("%d requests for 100 strangers after ten seconds, want 1", n)
	}

	for name, bad := range map[string]func(http.ResponseWriter, *http.Request){
		"down": down, "malformed": serve([]byte("{")), "private": serve([]byte(`{"keys":[{"kty":"oct"}]}`)), "empty": serve([]byte(`{"keys":[]}`)),
	} {
		idp.set(bad)
		moved.forward(10 * time.Second)
		told := faults.count()
		accepted("a stranger's kid", ed, false)
		accepted(name+": the last good set stands", es, true)
		if faults.count() != told+1 {
			t.Errorf("%s: told %d times, want once", name, faults.count()-told)
		}
	}
	moved.forward(time.Hour)
	accepted("for an hour", es, false)
	idp.set(serve(authtest.JWKS(i.JWK("ES256"))))
	if _, err := keys.Newer(); err != nil {
		t.Error(err)
	}
	accepted("until it is published again", es, true)
}

// handler answers requests without a network, so that time can stand still.
type handler struct{ http.Handler }

func (h handler) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func TestKeysAreRefreshedInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, idp, faults := authtest.New(t), &published{}, &faults{}
		ctx, stop := context.WithCancel(t.Context())
		idp.set(serve(authtest.JWKS(i.JWK("EdDSA"))))
		keys, err := auth.KeysFromURL(ctx, "https://idp.example/jwks", auth.URLOptions{
			KeyOptions: auth.KeyOptions{OnError: faults.add}, Transport: handler{idp},
		})
		if err != nil {
			t.Fatal(err)
		}
		v := i.Verifier(func(o *auth.Options) { o.Keys = keys })
		bearer := "Bearer " + i.Token(claims{"exp": i.Now().Add(24 * time.Hour).Unix()})
		accepted := func(step string, want bool) {
			t.Helper()
			if _, err := v.Principal(bearer); (err == nil) != want {
				t.Errorf("%s: error %v, want accepted %v", step, err, want)
			}
		}
		first, _ := keys.Keys()
		time.Sleep(5*time.Minute + time.Second)
		if again, _ := keys.Keys(); again != first || idp.count() != 2 {
			t.Errorf("%d requests in five minutes, want 2 and the same set", idp.count())
		}
		accepted("the key is published", true)
		idp.set(serve(authtest.JWKS(i.JWK("ES256"))))
		time.Sleep(5 * time.Minute)
		accepted("the key was rotated out, though nobody asked and the answer said to keep it", false)
		idp.set(serve(authtest.JWKS(i.JWK("EdDSA"))))
		time.Sleep(5 * time.Minute)
		accepted("the key is back", true)
		if faults.count() != 0 {
			t.Errorf("told of %v, and nothing was wrong", faults.list)
		}
		idp.set(down)
		time.Sleep(59 * time.Minute)
		accepted("the address is down for an hour", true)
		time.Sleep(5 * time.Minute)
		accepted("and longer", false)
		if faults.count() < 100 {
			t.Errorf("told of %d faults in an hour of looks every 30 seconds", faults.count())
		}
		idp.set(serve(authtest.JWKS(i.JWK("EdDSA"))))
		time.Sleep(30 * time.Second)
		accepted("and up again", true)
		asked := idp.count()
		time.Sleep(15 * time.Minute)
		if n := idp.count() - asked; n != 3 {
			t.Errorf("%d requests in a quarter of an hour after that, want 3", n)
		}
		stop()
		synctest.Wait()
		asked = idp.count()
		time.Sleep(time.Hour)
		if idp.count() != asked {
			t.Error("fetched after its context was done")
		}
	})
}

// A slow address holds up those who ask for a new key for one time-out, and
// nobody else.
func TestASlowAddressHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, slow := authtest.New(t), false
		transport := func(r *http.Request) (*http.Response, error) {
			if slow {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(string(i.JWKS()))), Request: r}, nil
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		keys, err := auth.KeysFromURL(ctx, "https://idp.example/jwks", auth.URLOptions{Transport: roundTrip(transport)})
		if err != nil {
			t.Fatal(err)
		}
		v := i.Verifier(func(o *auth.Options) { o.Keys = keys })
		slow = true
		start := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { v.Principal("Bearer " + i.Sign("EdDSA", claims{"kid": "x"}, i.Claims(nil))) })
		}
		synctest.Wait()
		if _, err := v.Principal("Bearer " + i.Token(nil)); err != nil || time.Since(start) > 0 {
			t.Errorf("a known key's token: %v after %v", err, time.Since(start))
		}
		wg.Wait()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("strangers were held up for %v", took)
		}
	})
}

func TestHowOftenAndHowLongIsAskedIsTheirOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, start := authtest.New(t), time.Now()
		var asked, open, slow atomic.Int64
		transport := func(r *http.Request) (*http.Response, error) {
			if asked.Add(1) == 3 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			if got := r.Header.Get("Accept"); got != "application/jwk-set+json, application/json" {
				t.Errorf("Accept: %s", got)
			}
			open.Add(1)
			return &http.Response{StatusCode: 200, Body: body{strings.NewReader(string(i.JWKS())), func() { open.Add(-1) }}, Request: r}, nil
		}
		_, err := auth.KeysFromURL(t.Context(), "https://idp.example/jwks", auth.URLOptions{
			Every: time.Minute, Timeout: 2 * time.Second, Transport: roundTrip(transport),
			KeyOptions: auth.KeyOptions{OnError: func(error) { slow.Store(int64(time.Since(start))) }},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + time.Second)
		if asked.Load() != 2 || open.Load() != 0 {
			t.Errorf("%d requests in a minute, want 2; %d bodies left open", asked.Load(), open.Load())
		}
		time.Sleep(time.Minute + 2*time.Second)
		if want, got := 2*time.Minute+2*time.Second, time.Duration(slow.Load()); got != want {
			t.Errorf("given up after %v, want %v", got, want)
		}
	})
}

// body is an answer's, and who is told that it was closed.
type body struct {
	io.Reader
	closed func()
}

func (b body) Close() error { b.closed(); return nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
