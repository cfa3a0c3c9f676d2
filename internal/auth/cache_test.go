package auth_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/auth/authtest"
)

// source is a KeySource whose set a test changes.
type source struct {
	mu    sync.Mutex
	set   *auth.KeySet
	err   error
	newer int
	lost  error // of Newer alone
}

func (s *source) Keys() (*auth.KeySet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set, s.err
}

func (s *source) Newer() (*auth.KeySet, error) {
	s.mu.Lock()
	s.newer++
	lost := s.lost
	s.mu.Unlock()
	if lost != nil {
		return nil, lost
	}
	return s.Keys()
}

func (s *source) put(set *auth.KeySet, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set, s.err = set, err
}

func parsed(t testing.TB, jwks []byte) *auth.KeySet {
	t.Helper()
	set, err := auth.ParseKeys(jwks)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestARememberedTokenStillExpires(t *testing.T) {
	i, now := newIssuer(t), noon
	v := i.Verifier(func(o *auth.Options) { o.Now = func() time.Time { return now } })
	bearer := "Bearer " + i.Token(claims{"exp": noon.Unix() + 60, "nbf": noon.Unix(), "iat": nil})
	for _, step := range []struct {
		name  string
		after time.Duration
		says  string
	}{
		{"at first", 0, ""},
		{"again", 0, ""},
		{"a second before its expiry", 59 * time.Second, ""},
		{"at its expiry", 60 * time.Second, "has expired; sign in again"},
		{"after the clock was put right", 30 * time.Second, ""},
		{"before it is valid", -31 * time.Second, "not valid yet"},
	} {
		now = noon.Add(step.after)
		_, err := v.Principal(bearer)
		if (err == nil) != (step.says == "") || err != nil && !strings.Contains(err.Error(), step.says) {
			t.Errorf("%s: error %v, want %q", step.name, err, step.says)
		}
	}
}

func TestARotatedKeyStopsItsTokensAtOnce(t *testing.T) {
	i := newIssuer(t)
	keys := &source{set: i.Keys()}
	v := i.Verifier(func(o *auth.Options) { o.Keys = keys })
	ed, es := "Bearer "+i.Token(nil), "Bearer "+i.Sign("ES256", nil, i.Claims(nil))
	accepted := func(step, bearer string, want bool) {
		t.Helper()
		if _, err := v.Principal(bearer); (err == nil) != want {
			t.Errorf("%s: error %v, want accepted %v", step, err, want)
		}
	}
	accepted("the old key's token", ed, true)
	accepted("the other key's token", es, true)
	keys.put(parsed(t, authtest.JWKS(i.JWK("ES256"))), nil)
	accepted("the old key's token after the rotation", ed, false)
	accepted("the other key's token after the rotation", es, true)
	keys.put(nil, auth.ErrNoKeys)
	accepted("a token without keys to trust", es, false)
	if _, err := v.Principal(es); !errors.Is(err, auth.ErrNoKeys) || !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("error %v, want ErrNoKeys and ErrUnauthenticated", err)
	}
	keys.put(i.Keys(), nil)
	accepted("a token after the keys are back", ed, true)
}

func TestOnlyAnUnknownKidAsksForNewerKeys(t *testing.T) {
	i := newIssuer(t)
	keys := &source{set: i.Keys()}
	v := i.Verifier(func(o *auth.Options) { o.Keys = keys })
	for _, token := range []string{
		i.Token(nil), i.Token(claims{"exp": 1}), "a.b.c", "",
		i.Sign("EdDSA", claims{"kid": nil}, i.Claims(nil)), i.Sign("EdDSA", claims{"kid": "ES256"}, i.Claims(nil)),
	} {
		v.Principal("Bearer " + token)
	}
	if keys.newer != 0 {
		t.Errorf("%d looks for newer keys, want none", keys.newer)
	}
	v.Principal("Bearer " + i.Sign("EdDSA", claims{"kid": "next"}, i.Claims(nil)))
	if keys.newer != 1 {
		t.Errorf("%d looks for newer keys, want 1", keys.newer)
	}
	keys.lost = auth.ErrNoKeys
	_, err := v.Principal("Bearer " + i.Sign("EdDSA", claims{"kid": "next"}, i.Claims(nil)))
	if !errors.Is(err, auth.ErrNoKeys) || !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("error %v, want ErrNoKeys and ErrUnauthenticated", err)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	i := newIssuer(t)
	for _, size := range []int{-1, 1, 2} {
		v := i.Verifier(func(o *auth.Options) { o.CacheSize = size })
		for range 3 {
			for _, sub := range []string{"a", "b", "c", "d"} {
				p, err := v.Principal("Bearer " + i.Token(claims{"sub": sub}))
				if err != nil || p.Subject != sub {
					t.Fatalf("size %d: %q, %v", size, p.Subject, err)
				}
			}
		}
		if kept := auth.Remembered(v); kept > max(size, 0) {
			t.Errorf("size %d: %d tokens kept", size, kept)
		}
	}
}

func TestTheLongestToken(t *testing.T) {
	v := newIssuer(t).Verifier()
	for length, says := range map[int]string{maxToken: "not a signed JWT", maxToken + 1: "longer than 8 KB"} {
		if _, err := v.Principal("Bearer " + strings.Repeat("a", length)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%d bytes: error %v, want %q", length, err, says)
		}
	}
}

func TestFailuresAreNotRemembered(t *testing.T) {
	i := newIssuer(t)
	v := i.Verifier()
	for _, token := range []string{"", "a.b.c", i.Token(claims{"exp": 1}), i.Token(claims{"sub": nil}), i.Sign("EdDSA", claims{"kid": "x"}, i.Claims(nil))} {
		if _, err := v.Principal("Bearer " + token); err == nil {
			t.Error("accepted")
		}
	}
	if kept := auth.Remembered(v); kept != 0 {
		t.Errorf("%d tokens kept, want none", kept)
	}
}

// Many goroutines, a cache that is too small, and keys that come and go: nobody
// is taken for someone else. Meant for the race detector.
func TestTheCacheUnderLoad(t *testing.T) {
	i := newIssuer(t)
	all, some := i.Keys(), parsed(t, authtest.JWKS(i.JWK("ES256")))
	keys := &source{set: all}
	v := i.Verifier(func(o *auth.Options) { o.Keys, o.CacheSize = keys, 4 })
	subjects := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	bearers := make([]string, len(subjects))
	for n, sub := range subjects {
		bearers[n] = "Bearer " + i.Token(claims{"sub": sub})
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 200 {
				at := (n*7 + g) % len(subjects)
				if p, err := v.Principal(bearers[at]); err == nil && p.Subject != subjects[at] {
					t.Errorf("%q is taken for %q", subjects[at], p.Subject)
				}
				switch n % 50 {
				case 20:
					keys.put(some, nil)
				case 25:
					keys.put(all, nil)
				}
			}
		})
	}
	wg.Wait()
	keys.put(some, nil)
	for n, bearer := range bearers {
		if _, err := v.Principal(bearer); err == nil {
			t.Errorf("%q is remembered beyond its key", subjects[n])
		}
	}
}

func TestAHitAllocatesNothing(t *testing.T) {
	i := newIssuer(t)
	v, bearer := i.Verifier(), "Bearer "+i.Token(nil)
	if n := testing.AllocsPerRun(100, func() { v.Principal(bearer) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPrincipal(b *testing.B) {
	i := authtest.New(b)
	b.Run("hit", func(b *testing.B) {
		v, bearer := i.Verifier(), "Bearer "+i.Token(nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Principal(bearer); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hit/parallel", func(b *testing.B) {
		v, bearer := i.Verifier(), "Bearer "+i.Token(nil)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				v.Principal(bearer)
			}
		})
	})
	for _, alg := range authtest.Algorithms {
		b.Run("miss/"+alg, func(b *testing.B) {
			v := i.Verifier(func(o *auth.Options) { o.CacheSize = -1 })
			bearer := "Bearer " + i.Sign(alg, nil, i.Claims(nil))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Principal(bearer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("refused/junk", func(b *testing.B) {
		v, bearer := i.Verifier(), "Bearer "+strings.Repeat("a", maxToken)
		b.ReportAllocs()
		for b.Loop() {
			v.Principal(bearer)
		}
	})
}

const maxToken = 8 << 10
