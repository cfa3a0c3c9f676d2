package auth_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"carerecord/internal/auth"
	"carerecord/internal/auth/authtest"
)

// FuzzPrincipal looks for a header that is accepted though what it says was
// never signed.
func FuzzPrincipal(f *testing.F) {
	i := newIssuer(f)
	signed := map[string]bool{} // everything the issuer ever put its name to
	for _, alg := range authtest.Algorithms {
		token := i.Sign(alg, nil, i.Claims(nil))
		text := token[:strings.LastIndex(token, ".")]
		signed[text] = true
		header, claims, _ := strings.Cut(text, ".")
		f.Add("Bearer " + token)
		f.Add("bearer   " + token)
		f.Add("Bearer " + text + ".")
		f.Add("Bearer " + part(`{"alg":"none"}`) + "." + claims + ".")
		f.Add("Bearer " + header + "." + part(`{"sub":"root"}`) + token[len(text):])
	}
	f.Add("")
	f.Add("Bearer ..")
	f.Add("Bearer " + part(`{"alg":"EdDSA","crit":[]}`) + ".e30.AA")
	v := i.Verifier(func(o *auth.Options) { o.CacheSize = 8 })
	f.Fuzz(func(t *testing.T, authorization string) {
		p, err := v.Principal(authorization)
		if err != nil {
			if !errors.Is(err, auth.ErrUnauthenticated) || p != (auth.Principal{}) {
				t.Errorf("%+v, %v", p, err)
			}
			return
		}
		token := strings.TrimLeft(authorization[len("Bearer "):], " ")
		if text := token[:strings.LastIndex(token, ".")]; !signed[text] {
			t.Errorf("accepted what was never signed: %q", authorization)
		}
	})
}

// FuzzClaims signs whatever comes, as an identity provider with a fault might:
// what is accepted is still a person, in force and said once.
func FuzzClaims(f *testing.F) {
	i := newIssuer(f)
	good, _ := json.Marshal(i.Claims(nil))
	f.Add(`{"alg":"EdDSA"}`, string(good))
	f.Add(`{"alg":"EdDSA","typ":"at+jwt"}`, `{"iss":"https://idp.example","aud":["carerecord"],"sub":"a","exp":2e9,"nbf":1.5,"purpose":["TREAT"]}`)
	f.Add(`{"alg":"EdDSA","alg":"EdDSA"}`, `{"sub":"a","sub":"b"}`)
	f.Add(`[]`, `[[[[`)
	v := i.Verifier(func(o *auth.Options) { o.CacheSize = -1 })
	f.Fuzz(func(t *testing.T, header, payload string) {
		p, err := v.Principal("Bearer " + newIssuer(t).SignRaw("EdDSA", header, payload))
		if err != nil {
			return
		}
		var said map[string]any
		read := json.NewDecoder(strings.NewReader(payload))
		read.UseNumber() // one that no float64 holds, of a claim that nobody asks for, is JSON
		if err := read.Decode(&said); err != nil || !json.Valid([]byte(payload)) || !utf8.ValidString(payload) {
			t.Fatalf("accepted claims that are not JSON: %q", payload)
		}
		if p.Subject == "" || p.Subject != said["sub"] || said["iss"] != i.Name || p.TokenID == "" {
			t.Errorf("accepted %+v for %q", p, payload)
		}
		if !p.ExpiresAt.After(noon) || p.ExpiresAt.Year() > 9999 {
			t.Errorf("accepted beyond its time: %q", payload)
		}
	})
}

// FuzzParseKeys looks for a set that panics.
func FuzzParseKeys(f *testing.F) {
	i := newIssuer(f)
	f.Add(i.JWKS())
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AA","e":"AA"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AA"},7]}`))
	f.Fuzz(func(t *testing.T, set []byte) {
		if keys, err := auth.ParseKeys(set); (keys == nil) == (err == nil) {
			t.Errorf("%v, %v", keys, err)
		}
	})
}
