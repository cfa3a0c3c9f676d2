// Package authtest is an identity provider for tests. It signs valid and invalid
// tokens, with keys that exist in memory only.
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

// Algorithms are those that an Issuer signs with. The kid of each key is its
// algorithm.
var Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

// Issuer signs tokens. Tests may change its fields before they use it.
type Issuer struct {
	Name     string           // iss
	Audience string           // aud
	Now      func() time.Time // time.Now unless a test has its own clock

	t testing.TB
}

// New returns an issuer. All issuers of the test binary share their keys, since an
// RSA key takes a tenth of a second to make.
func New(t testing.TB) *Issuer {
	return &Issuer{Name: "https://idp.example", Audience: "carerecord", Now: time.Now, t: t}
}

// private returns the keys, by algorithm.
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

// Public returns the public key of an algorithm.
func (i *Issuer) Public(alg string) crypto.PublicKey { return private()[alg].Public() }

// Private returns the private key of an algorithm, for signatures that Sign does not
// make.
func (i *Issuer) Private(alg string) crypto.Signer { return private()[alg] }

// JWK returns the public key of an algorithm as a JSON Web Key.
func (i *Issuer) JWK(alg string) map[string]any { return JWK(alg, alg, i.Public(alg)) }

// JWKS returns every public key as a JWK Set.
func (i *Issuer) JWKS() []byte {
	var keys []map[string]any
	for _, alg := range Algorithms {
		keys = append(keys, i.JWK(alg))
	}
	return JWKS(keys...)
}

// JWKS returns a JWK Set of the keys.
func JWKS(keys ...map[string]any) []byte {
	set, _ := json.Marshal(map[string]any{"keys": keys})
	return set
}

// JWK returns a public key as a JSON Web Key. It leaves out kid and alg if "".
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

// Keys returns every public key.
func (i *Issuer) Keys() *auth.KeySet {
	i.t.Helper()
	keys, err := auth.ParseKeys(i.JWKS())
	if err != nil {
		i.t.Fatal(err)
	}
	return keys
}

// Verifier returns a verifier that accepts the issuer's tokens. The functions in
// changes alter its options.
func (i *Issuer) Verifier(changes ...func(*auth.Options)) *auth.Verifier {
	i.t.Helper()
	o := auth.Options{Issuer: i.Name, Audience: i.Audience, Keys: i.Keys(), Now: func() time.Time { return i.Now() }}
	for _, change := range changes {
		change(&o)
	}
	return auth.New(o)
}

// Claims returns the claims of a general practitioner's token that is valid for an
// hour, with changes over them. A nil value removes a claim.
func (i *Issuer) Claims(changes map[string]any) map[string]any {
	now := i.Now().Unix()
	return with(map[string]any{
		"iss": i.Name, "aud": i.Audience, "sub": "staff-1", "jti": rand.Text(),
		"iat": now, "nbf": now, "exp": now + 3600,
		"name": "Dr Test", "org": "F83999", "role": auth.GeneralPractitioner, "purpose": auth.Treatment,
	}, changes)
}

// Token returns a valid token with changes over its claims, signed with EdDSA.
func (i *Issuer) Token(changes map[string]any) string {
	i.t.Helper()
	return i.Sign("EdDSA", nil, i.Claims(changes))
}

// Sign returns a token with exactly these claims. The header names the algorithm and
// its key, with changes over it. A nil value removes a member.
func (i *Issuer) Sign(alg string, header, claims map[string]any) string {
	i.t.Helper()
	header = with(map[string]any{"alg": alg, "kid": alg, "typ": "JWT"}, header)
	return i.SignRaw(alg, i.json(header), i.json(claims))
}

// SignRaw signs the header and claims exactly as given.
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

// Bearer returns the value of the Authorization header for a persona.
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

// Principal returns the principal of a persona's token.
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
