// Package authtest is an identity provider for tests: it signs tokens, right
// ones and wrong ones, with keys that exist in memory only.
package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"carerecord/internal/auth"
)

// Algorithms are those an Issuer signs with; each key's kid is its algorithm.
var Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

// Issuer signs tokens. Tests may change its fields before they use it.
type Issuer struct {
	Name     string           // iss
	Audience string           // aud
	Now      func() time.Time // time.Now unless a test has its own clock

	t testing.TB
}

// New is an issuer whose keys all issuers of the test binary share, since an RSA
// key takes a tenth of a second to make.
func New(t testing.TB) *Issuer {
	return &Issuer{Name: "https://idp.example", Audience: "carerecord", Now: time.Now, t: t}
}

// private are the keys, by algorithm.
var private = sync.OnceValue(func() map[string]crypto.Signer {
	rs, errRS := rsa.GenerateKey(rand.Reader, 2048)
	ps, errPS := rsa.GenerateKey(rand.Reader, 2048)
	es, errES := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, ed, errED := ed25519.GenerateKey(rand.Reader)
	for _, err := range []error{errRS, errPS, errES, errED} {
		if err != nil {
			panic(err) // a machine without randomness
		}
	}
	return map[string]crypto.Signer{"RS256": rs, "PS256": ps, "ES256": es, "EdDSA": ed}
})

// Public is the public key of an algorithm.
func (i *Issuer) Public(alg string) crypto.PublicKey { return private()[alg].Public() }

// Private is the private key of an algorithm, for signatures that Sign does not make.
func (i *Issuer) Private(alg string) crypto.Signer { return private()[alg] }

// JWK is the public key of an algorithm as a JSON Web Key.
func (i *Issuer) JWK(alg string) map[string]any { return JWK(alg, alg, i.Public(alg)) }

// JWKS is every public key as a JWK Set.
func (i *Issuer) JWKS() []byte {
	var keys []map[string]any
	for _, alg := range Algorithms {
		keys = append(keys, i.JWK(alg))
	}
	return JWKS(keys...)
}

// JWKS is a JWK Set.
func JWKS(keys ...map[string]any) []byte {
	set, _ := json.Marshal(map[string]any{"keys": keys})
	return set
}

// JWK is a public key as a JSON Web Key; kid and alg are left out where "".
func JWK(kid, alg string, public crypto.PublicKey) map[string]any {
	text := base64.RawURLEncoding.EncodeToString
	jwk := map[string]any{"use": "sig"}
	switch key := public.(type) {
	case *rsa.PublicKey:
		maps.Copy(jwk, map[string]any{"kty": "RSA", "n": text(key.N.Bytes()), "e": text(big.NewInt(int64(key.E)).Bytes())})
	case *ecdsa.PublicKey:
		point, _ := key.Bytes() // 4, x, y
		half := len(point) / 2
		maps.Copy(jwk, map[string]any{"kty": "EC", "crv": key.Params().Name, "x": text(point[1 : 1+half]), "y": text(point[1+half:])})
	case ed25519.PublicKey:
		maps.Copy(jwk, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": text(key)})
	}
	for name, value := range map[string]string{"kid": kid, "alg": alg} {
		if value != "" {
			jwk[name] = value
		}
	}
	return jwk
}

// Keys is every public key.
func (i *Issuer) Keys() *auth.KeySet {
	i.t.Helper()
	keys, err := auth.ParseKeys(i.JWKS())
	if err != nil {
		i.t.Fatal(err)
	}
	return keys
}

// Verifier knows the issuer's tokens; changes alter its options.
func (i *Issuer) Verifier(changes ...func(*auth.Options)) *auth.Verifier {
	i.t.Helper()
	o := auth.Options{Issuer: i.Name, Audience: i.Audience, Keys: i.Keys(), Now: func() time.Time { return i.Now() }}
	for _, change := range changes {
		change(&o)
	}
	return auth.New(o)
}

// Claims are those of a general practitioner's token that holds for an hour,
// with changes over them; a nil value takes a claim away.
func (i *Issuer) Claims(changes map[string]any) map[string]any {
	now := i.Now().Unix()
	return with(map[string]any{
		"iss": i.Name, "aud": i.Audience, "sub": "staff-1", "jti": rand.Text(),
		"iat": now, "nbf": now, "exp": now + 3600,
		"name": "Dr Test", "org": "F83999", "role": auth.GeneralPractitioner, "purpose": auth.Treatment,
	}, changes)
}

// Token is a good token with changes over its claims, signed with EdDSA.
func (i *Issuer) Token(changes map[string]any) string {
	i.t.Helper()
	return i.Sign("EdDSA", nil, i.Claims(changes))
}

// Sign is a token with exactly these claims. The header names the algorithm and
// its key, with changes over it; a nil value takes a member away.
func (i *Issuer) Sign(alg string, header, claims map[string]any) string {
	i.t.Helper()
	header = with(map[string]any{"alg": alg, "kid": alg, "typ": "JWT"}, header)
	return i.SignRaw(alg, i.json(header), i.json(claims))
}

// SignRaw signs the header and claims as they are, whatever they are.
func (i *Issuer) SignRaw(alg, header, claims string) string {
	i.t.Helper()
	return i.SignText(alg, encode([]byte(header))+"."+encode([]byte(claims)))
}

// SignText signs a text of two parts, however they are encoded.
func (i *Issuer) SignText(alg, text string) string {
	i.t.Helper()
	signature, err := jwt.GetSigningMethod(alg).Sign(text, private()[alg])
	if err != nil {
		i.t.Fatal(err)
	}
	return text + "." + encode(signature)
}

// Bearer is the Authorization header's value for a persona.
func (i *Issuer) Bearer(persona string) string {
	i.t.Helper()
	p, err := auth.FindPersona(persona)
	if err != nil {
		i.t.Fatal(err)
	}
	return "Bearer " + i.Token(map[string]any{
		"sub": "test-" + p.Name, "jti": "test-" + p.Name, "name": p.Staff, "org": p.Org, "role": p.Role, "purpose": p.Purpose,
	})
}

// Principal is who a persona's token stands for.
func (i *Issuer) Principal(t testing.TB, persona string) auth.Principal {
	t.Helper()
	p, err := i.Verifier().Principal(i.Bearer(persona))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (i *Issuer) json(v any) string {
	i.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(text)
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func with(m, changes map[string]any) map[string]any {
	for name, value := range changes {
		if value == nil {
			delete(m, name)
			continue
		}
		m[name] = value
	}
	return m
}
