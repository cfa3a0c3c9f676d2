package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/internal/auth"
	"carerecord/internal/auth/authtest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newIssuer(t testing.TB) *authtest.Issuer {
	i := authtest.New(t)
	i.Now = func() time.Time { return noon }
	return i
}

type claims = map[string]any

var null = json.RawMessage("null")

// part is base64url of a part of a token.
func part[T string | []byte](data T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(data))
}

func payload(t testing.TB, c claims) string {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// member is the claims with one member more at the end, whatever is there already.
func member(t testing.TB, c claims, raw string) string {
	return strings.TrimSuffix(payload(t, c), "}") + "," + raw + "}"
}

// Every line is a token or header that must be refused and its nearest twin that
// must be accepted, so that no line passes because of something else.
func TestTokens(t *testing.T) {
	i := newIssuer(t)
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	token := i.Token
	ed := func(header claims) string { return i.Sign("EdDSA", header, i.Claims(nil)) }
	raw := func(json string) string { return i.SignRaw("EdDSA", `{"alg":"EdDSA","kid":"EdDSA"}`, json) }
	head := func(json string) string { return i.SignRaw("EdDSA", json, payload(t, i.Claims(nil))) }
	good := token(nil)
	signed := good[:strings.LastIndex(good, ".")]
	signature := good[len(signed)+1:]
	padded := func(size int) string { // a good token of that size, or a character more
		for n := 0; ; n++ {
			if made := token(claims{"jti": "x", "pad": strings.Repeat("a", n+size*3/4-600)}); len(made) >= size {
				return made
			}
		}
	}
	rs := i.Public("RS256").(*rsa.PublicKey)
	der, _ := x509.MarshalPKIXPublicKey(rs)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	_, stranger, _ := strings.Cut(token(claims{"sub": "someone-else"}), ".")

	for _, c := range []struct{ name, refused, accepted, says string }{
		// The header of the request.
		{"no header is not a sign-in", "", "Bearer " + good, "send Authorization"},
		{"another scheme is not Bearer, in whatever case Bearer is written", "Basic " + good, "bearer " + good, "must be Bearer"},
		{"a scheme that only begins like Bearer is another", "Bearers " + good, "BEARER " + good, "must be Bearer"},
		{"one space or more stand before the token", "Bearer" + good, "Bearer   " + good, "must be Bearer"},
		{"a tab is no space", "Bearer\t" + good, "Bearer " + good, "must be Bearer"},
		{"a scheme without a token names nobody", "Bearer ", "Bearer " + good, "must be Bearer"},
		{"two tokens in one header are refused", "Bearer " + good + ", Bearer " + good, "Bearer " + good, "must be Bearer"},
		{"nothing follows the token", "Bearer " + good + " ", "Bearer " + good, "must be Bearer"},
		{"a token alone has no scheme", good, "Bearer " + good, "must be Bearer"},
		{"a token of more than 8 KB is not read", "Bearer " + padded(8<<10+1), "Bearer " + padded(8<<10-2), "longer than 8 KB"},
		{"64 KB are not read", "Bearer " + token(claims{"pad": strings.Repeat("a", 48<<10)}), "Bearer " + token(claims{"pad": strings.Repeat("a", 4<<10)}), "longer than 8 KB"},
		{"512 KB are not read", "Bearer " + token(claims{"pad": strings.Repeat("a", 384<<10)}), "Bearer " + token(claims{"pad": strings.Repeat("a", 5<<10)}), "longer than 8 KB"},

		// The form of the token.
		{"a token has a signature", "Bearer " + signed, "Bearer " + good, "three base64url parts"},
		{"an empty signature is none", "Bearer " + signed + ".", "Bearer " + good, "three base64url parts"},
		{"a token has three parts, not five", "Bearer " + good + "." + signature + "." + signature, "Bearer " + good, "three base64url parts"},
		{"base64url is without padding", "Bearer " + i.SignText("EdDSA", signed+"="), "Bearer " + i.SignText("EdDSA", signed), "three base64url parts"},
		{"base64url is not base64", "Bearer " + i.SignText("EdDSA", part(`{"alg":"EdDSA","kid":"EdDSA","x":"???>>>"}`+" ")+"."+base64.RawStdEncoding.EncodeToString([]byte(member(t, i.Claims(nil), `"x":"~~~???"`)))),
			"Bearer " + i.SignText("EdDSA", part(`{"alg":"EdDSA","kid":"EdDSA","x":"???>>>"}`+" ")+"."+part(member(t, i.Claims(nil), `"x":"~~~???"`))), "three base64url parts"},
		{"base64url has one spelling: no stray last bits", "Bearer " + signed + "." + signature[:len(signature)-1] + "_", "Bearer " + good, "three base64url parts"},
		{"a line end inside a part is not skipped", "Bearer " + i.SignText("EdDSA", signed[:60]+"\n"+signed[60:]), "Bearer " + good, "three base64url parts"},
		{"the header is JSON", "Bearer " + head(`{"alg":"EdDSA"`), "Bearer " + head(`{"alg":"EdDSA"}`), "well-formed"},
		{"nothing follows the header's object", "Bearer " + head(`{"alg":"EdDSA"}{}`), "Bearer " + head(`{"alg":"EdDSA"} `), "well-formed"},
		{"nothing follows the claims' object", "Bearer " + raw(payload(t, i.Claims(nil))+"x"), "Bearer " + raw(payload(t, i.Claims(nil))+"\n"), "well-formed"},
		{"claims are an object, not a list of one", "Bearer " + raw("["+payload(t, i.Claims(nil))+"]"), "Bearer " + raw(payload(t, i.Claims(nil))), "well-formed"},
		{"JSON is UTF-8", "Bearer " + raw(member(t, i.Claims(nil), "\"x\":\"\xff\"")), "Bearer " + raw(member(t, i.Claims(nil), `"x":"ÿ"`)), "well-formed"},
		{"a byte order mark is not JSON", "Bearer " + raw("\ufeff"+payload(t, i.Claims(nil))), "Bearer " + raw(payload(t, i.Claims(nil))), "well-formed"},
		{"a member of the header stands once", "Bearer " + head(`{"alg":"EdDSA","kid":"ES256","kid":"EdDSA"}`), "Bearer " + head(`{"alg":"EdDSA","kid":"EdDSA"}`), "duplicate"},
		{"sub stands once", "Bearer " + raw(member(t, i.Claims(nil), `"sub":"staff-1"`)), "Bearer " + raw(member(t, i.Claims(nil), `"Sub":"staff-1"`)), "duplicate"},
		{"a member written with escapes is the same member", "Bearer " + raw(member(t, i.Claims(nil), `"su\u0062":"staff-1"`)), "Bearer " + raw(member(t, i.Claims(claims{"sub": nil}), `"su\u0062":"staff-1"`)), "duplicate"},
		{"a nested member stands once too", "Bearer " + raw(member(t, i.Claims(nil), `"x":[{"y":1,"y":1}]`)), "Bearer " + raw(member(t, i.Claims(nil), `"x":[{"y":1},{"y":1}]`)), "duplicate"},

		// The header of the token.
		{"none is no signature", "Bearer " + part(`{"alg":"none"}`) + "." + part(payload(t, i.Claims(nil))) + ".", "Bearer " + good, "three base64url parts"},
		{"none with a signature is none", "Bearer " + part(`{"alg":"none"}`) + "." + part(payload(t, i.Claims(nil))) + "." + signature, "Bearer " + good, "RS256, PS256, ES256 or EdDSA"},
		{"nOnE is none", "Bearer " + head(`{"alg":"nOnE"}`), "Bearer " + head(`{"alg":"EdDSA"}`), "RS256, PS256, ES256 or EdDSA"},
		{"HS256 with the public key's PEM as the secret is refused", "Bearer " + hs256(publicPEM, `{"alg":"HS256","kid":"RS256"}`, payload(t, i.Claims(nil))), "Bearer " + i.Sign("RS256", nil, i.Claims(nil)), "RS256, PS256, ES256 or EdDSA"},
		{"HS256 with the public key's bytes as the secret is refused", "Bearer " + hs256(der, `{"alg":"HS256"}`, payload(t, i.Claims(nil))), "Bearer " + i.Sign("RS256", nil, i.Claims(nil)), "RS256, PS256, ES256 or EdDSA"},
		{"an algorithm is named in its own case", "Bearer " + head(`{"alg":"EDDSA"}`), "Bearer " + head(`{"alg":"EdDSA"}`), "RS256, PS256, ES256 or EdDSA"},
		{"an algorithm is named", "Bearer " + head(`{"ALG":"EdDSA"}`), "Bearer " + head(`{"alg":"EdDSA"}`), "RS256, PS256, ES256 or EdDSA"},
		{"an algorithm is a text", "Bearer " + head(`{"alg":["EdDSA"]}`), "Bearer " + head(`{"alg":"EdDSA"}`), "RS256, PS256, ES256 or EdDSA"},
		{"an unknown critical extension is refused", "Bearer " + ed(claims{"crit": []string{"x"}, "x": 1}), "Bearer " + ed(claims{"x": 1}), "crit"},
		{"an empty crit is refused", "Bearer " + ed(claims{"crit": []string{}}), "Bearer " + ed(nil), "crit"},
		{"a null crit is refused", "Bearer " + ed(claims{"crit": null}), "Bearer " + ed(nil), "crit"},
		{"a crit of known members is refused", "Bearer " + ed(claims{"crit": []string{"alg"}}), "Bearer " + ed(nil), "crit"},
		{"b64 false is refused", "Bearer " + ed(claims{"b64": false}), "Bearer " + ed(nil), "b64"},
		{"b64 true is refused", "Bearer " + ed(claims{"b64": true}), "Bearer " + ed(nil), "b64"},
		{"b64 false in crit is refused", "Bearer " + ed(claims{"b64": false, "crit": []string{"b64"}}), "Bearer " + ed(nil), "b64"},
		{"a logout token is no access token", "Bearer " + ed(claims{"typ": "logout+jwt"}), "Bearer " + ed(claims{"typ": "at+jwt"}), "at+jwt"},
		{"a type that is no text is refused", "Bearer " + ed(claims{"typ": 1}), "Bearer " + ed(claims{"typ": "AT+JWT"}), "at+jwt"},
		{"an empty type is refused, a missing one is not", "Bearer " + ed(claims{"typ": ""}), "Bearer " + ed(claims{"typ": nil}), "at+jwt"},
		{"a type may have its full name", "Bearer " + ed(claims{"typ": "text/jwt"}), "Bearer " + ed(claims{"typ": "application/at+jwt"}), "at+jwt"},
		{"a kid that is no text is refused", "Bearer " + ed(claims{"kid": 1}), "Bearer " + ed(nil), "kid"},
		{"an empty kid is refused", "Bearer " + ed(claims{"kid": ""}), "Bearer " + ed(claims{"kid": nil}), "kid"},

		// The key.
		{"an unknown kid has no key", "Bearer " + ed(claims{"kid": "../../etc/passwd"}), "Bearer " + ed(nil), "not signed with a key"},
		{"a kid names a key of the algorithm", "Bearer " + ed(claims{"kid": "ES256"}), "Bearer " + ed(claims{"kid": "EdDSA"}), "not signed with a key"},
		{"a key for RS256 does not verify PS256", "Bearer " + signRSA(t, i, "RS256", "PS256", "RS256"), "Bearer " + i.Sign("RS256", nil, i.Claims(nil)), "not signed with a key"},
		{"a key for PS256 does not verify RS256", "Bearer " + i.Sign("PS256", claims{"alg": "RS256"}, i.Claims(nil)), "Bearer " + i.Sign("PS256", nil, i.Claims(nil)), "not signed with a key"},
		{"other RSA algorithms are refused with the same key", "Bearer " + i.Sign("RS256", claims{"alg": "RS512"}, i.Claims(nil)), "Bearer " + i.Sign("RS256", nil, i.Claims(nil)), "RS256, PS256, ES256 or EdDSA"},
		{"a header's own jwk is not used", "Bearer " + ed(claims{"kid": "x", "jwk": i.JWK("EdDSA")}), "Bearer " + ed(claims{"jwk": authtest.JWK("x", "", rs)}), "not signed with a key"},
		{"claims are the signed ones", "Bearer " + strings.SplitN(good, ".", 2)[0] + "." + strings.SplitN(stranger, ".", 2)[0] + "." + signature, "Bearer " + good, "signature does not hold"},
		{"a signature is whole", "Bearer " + signed + "." + part("short"), "Bearer " + good, "signature does not hold"},
		{"an ES256 signature is r and s, 32 bytes each, not DER", "Bearer " + reSigned(i.Sign("ES256", nil, i.Claims(nil)), "\x30\x06\x02\x01\x01\x02\x01\x01"), "Bearer " + i.Sign("ES256", nil, i.Claims(nil)), "signature does not hold"},
		{"an ES256 signature of zeros holds for nothing", "Bearer " + reSigned(i.Sign("ES256", nil, i.Claims(nil)), strings.Repeat("\x00", 64)), "Bearer " + i.Sign("ES256", nil, i.Claims(nil)), "signature does not hold"},
		{"a PS256 salt is as long as the hash", "Bearer " + signPSS(t, i, 0), "Bearer " + i.Sign("PS256", nil, i.Claims(nil)), "signature does not hold"},

		// Whose token.
		{"iss is there", "Bearer " + token(claims{"iss": nil}), "Bearer " + good, "another issuer"},
		{"iss is the issuer exactly", "Bearer " + token(claims{"iss": i.Name + "/"}), "Bearer " + token(claims{"iss": i.Name}), "another issuer"},
		{"iss is a text", "Bearer " + token(claims{"iss": []string{i.Name}}), "Bearer " + good, "another issuer"},
		{"aud is there", "Bearer " + token(claims{"aud": nil}), "Bearer " + good, "another service"},
		{"aud is this service", "Bearer " + token(claims{"aud": "other"}), "Bearer " + token(claims{"aud": i.Audience}), "another service"},
		{"aud is this service among others", "Bearer " + token(claims{"aud": []string{"other"}}), "Bearer " + token(claims{"aud": []string{"other", i.Audience}}), "another service"},
		{"aud is a list of texts", "Bearer " + token(claims{"aud": []any{i.Audience, 1}}), "Bearer " + token(claims{"aud": []any{i.Audience}}), "another service"},
		{"an empty aud is nobody's", "Bearer " + token(claims{"aud": []any{}}), "Bearer " + good, "another service"},
		{"aud is no object", "Bearer " + token(claims{"aud": claims{i.Audience: true}}), "Bearer " + good, "another service"},
		{"sub is there", "Bearer " + token(claims{"sub": nil}), "Bearer " + good, "names nobody"},
		{"sub is not empty", "Bearer " + token(claims{"sub": ""}), "Bearer " + token(claims{"sub": "0"}), "names nobody"},
		{"sub is not blank", "Bearer " + token(claims{"sub": " "}), "Bearer " + token(claims{"sub": "a b"}), "names nobody"},
		{"sub is no number", "Bearer " + token(claims{"sub": 1}), "Bearer " + token(claims{"sub": "1"}), "names nobody"},
		{"sub is no object", "Bearer " + token(claims{"sub": claims{}}), "Bearer " + good, "names nobody"},
		{"sub is not null", "Bearer " + token(claims{"sub": null}), "Bearer " + good, "names nobody"},
		{"sub has no characters that are not seen", "Bearer " + token(claims{"sub": "a\u200bb"}), "Bearer " + token(claims{"sub": "a\u200db"}), "names nobody"},
		{"nor any that change the direction", "Bearer " + token(claims{"sub": "a\u202eb"}), "Bearer " + token(claims{"sub": "a\u05d0b"}), "names nobody"},
		{"nor a line separator", "Bearer " + token(claims{"sub": "a\u2028b"}), "Bearer " + token(claims{"sub": "a\u00a0b"}), "names nobody"},
		{"sub has no control characters", "Bearer " + token(claims{"sub": "a\nb"}), "Bearer " + token(claims{"sub": "Ünïcode"}), "names nobody"},
		{"sub has no halves of characters", "Bearer " + raw(member(t, i.Claims(claims{"sub": nil}), `"sub":"\ud800"`)), "Bearer " + raw(member(t, i.Claims(claims{"sub": nil}), `"sub":"\ud83d\ude00"`)), "names nobody"},
		{"sub is no longer than a sub may be", "Bearer " + token(claims{"sub": strings.Repeat("s", 256)}), "Bearer " + token(claims{"sub": strings.Repeat("s", 255)}), "names nobody"},
		{"Sub is not sub", "Bearer " + token(claims{"sub": nil, "Sub": "staff-1"}), "Bearer " + good, "names nobody"},

		// When.
		{"exp is there", "Bearer " + token(claims{"exp": nil}), "Bearer " + good, "no sound expiry"},
		{"EXP is not exp", "Bearer " + token(claims{"exp": nil, "EXP": at(time.Hour)}), "Bearer " + token(claims{"EXP": 1}), "no sound expiry"},
		{"exp is a number, not digits in a text", "Bearer " + token(claims{"exp": fmt.Sprint(at(time.Hour))}), "Bearer " + good, "no sound expiry"},
		{"exp is not null", "Bearer " + token(claims{"exp": null}), "Bearer " + good, "no sound expiry"},
		{"exp is not negative", "Bearer " + token(claims{"exp": -1}), "Bearer " + good, "no sound expiry"},
		{"exp is a number that fits", "Bearer " + token(claims{"exp": json.RawMessage("1e400")}), "Bearer " + token(claims{"exp": json.RawMessage("2e9")}), "no sound expiry"},
		{"exp is a date before the year 10000", "Bearer " + token(claims{"exp": 253402300800}), "Bearer " + token(claims{"exp": 253402300799}), "no sound expiry"},
		{"exp in milliseconds is no date", "Bearer " + token(claims{"exp": noon.Add(time.Hour).UnixMilli()}), "Bearer " + good, "no sound expiry"},
		{"an expired token is refused without leeway", "Bearer " + token(claims{"exp": at(0)}), "Bearer " + token(claims{"exp": at(time.Second)}), "has expired; sign in again"},
		{"a fraction of a second counts", "Bearer " + token(claims{"exp": float64(at(0)) - 0.5}), "Bearer " + token(claims{"exp": float64(at(0)) + 0.5}), "has expired"},
		{"nbf has 30 seconds of leeway", "Bearer " + token(claims{"nbf": at(31 * time.Second)}), "Bearer " + token(claims{"nbf": at(30 * time.Second)}), "not valid yet"},
		{"nbf is a date where it is there", "Bearer " + token(claims{"nbf": "now"}), "Bearer " + token(claims{"nbf": nil}), "not a date"},
		{"nbf is not null", "Bearer " + token(claims{"nbf": null}), "Bearer " + token(claims{"nbf": 0}), "not a date"},
		{"iat a day ahead is refused", "Bearer " + token(claims{"iat": at(24 * time.Hour)}), "Bearer " + token(claims{"iat": at(-24 * time.Hour)}), "in the future"},
		{"iat has 30 seconds of leeway", "Bearer " + token(claims{"iat": at(31 * time.Second)}), "Bearer " + token(claims{"iat": at(30 * time.Second)}), "in the future"},
		{"iat is a date where it is there", "Bearer " + token(claims{"iat": true}), "Bearer " + token(claims{"iat": nil}), "not a date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := i.Verifier()
			if _, err := v.Principal(c.accepted); err != nil {
				t.Errorf("the twin is refused: %v", err)
			}
			p, err := v.Principal(c.refused)
			if !errors.Is(err, auth.ErrUnauthenticated) {
				t.Fatalf("error %v, want ErrUnauthenticated", err)
			}
			if p != (auth.Principal{}) {
				t.Errorf("a principal beside the error: %+v", p)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q, want %q in it", err, c.says)
			}
			for _, secret := range []string{signed[:20], signature[:12], "staff-1", i.Name, "passwd"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error %q holds something of the token", err)
				}
			}
		})
	}
}

func hs256(secret []byte, header, claims string) string {
	text := part(header) + "." + part(claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + part(mac.Sum(nil))
}

func reSigned(token, signature string) string {
	return token[:strings.LastIndex(token, ".")+1] + part(signature)
}

// signRSA is a token that names one algorithm and key and is signed with another's.
func signRSA(t *testing.T, i *authtest.Issuer, key, alg, kid string) string {
	return i.Sign(key, claims{"alg": alg, "kid": kid}, i.Claims(nil))
}

// signPSS is a PS256 token whose salt has another length.
func signPSS(t *testing.T, i *authtest.Issuer, salt int) string {
	t.Helper()
	token := i.Sign("PS256", nil, i.Claims(nil))
	sum := sha256.Sum256([]byte(token[:strings.LastIndex(token, ".")]))
	signature, err := i.Private("PS256").Sign(rand.Reader, sum[:], &rsa.PSSOptions{SaltLength: salt + 1, Hash: crypto.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	return reSigned(token, string(signature))
}

func TestEveryAlgorithmVerifies(t *testing.T) {
	i := newIssuer(t)
	for _, alg := range authtest.Algorithms {
		if _, err := i.Verifier().Principal("Bearer " + i.Sign(alg, nil, i.Claims(nil))); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestClaims(t *testing.T) {
	i := newIssuer(t)
	got, err := i.Verifier().Principal("Bearer " + i.Token(claims{"jti": "token-1"}))
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Principal{
		Subject: "staff-1", Name: "Dr Test", Org: "F83999", Role: auth.GeneralPractitioner,
		Purpose: auth.Treatment, TokenID: "token-1", ExpiresAt: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a decision needs and a token lacks is empty in the principal: the token
// stands, and the decision denies.
func TestClaimsThatDoNotHoldAreEmpty(t *testing.T) {
	i := newIssuer(t)
	purpose := func(p auth.Principal) string { return string(p.Purpose) }
	org := func(p auth.Principal) string { return p.Org }
	role := func(p auth.Principal) string { return string(p.Role) }
	name := func(p auth.Principal) string { return p.Name }
	for _, c := range []struct {
		name  string
		claim string
		value any
		of    func(auth.Principal) string
		want  string
	}{
		{"a purpose is one text", "purpose", "TREAT", purpose, "TREAT"},
		{"every purpose is known: ETREAT", "purpose", "ETREAT", purpose, "ETREAT"},
		{"every purpose is known: CAREMGT", "purpose", "CAREMGT", purpose, "CAREMGT"},
		{"every purpose is known: HQUALIMP", "purpose", "HQUALIMP", purpose, "HQUALIMP"},
		{"every purpose is known: PATADMIN", "purpose", "PATADMIN", purpose, "PATADMIN"},
		{"every purpose is known: HSYSADMIN", "purpose", "HSYSADMIN", purpose, "HSYSADMIN"},
		{"a list of one purpose is one", "purpose", []string{"CAREMGT"}, purpose, "CAREMGT"},
		{"a list of two purposes is none", "purpose", []string{"TREAT", "CAREMGT"}, purpose, ""},
		{"a purpose doubled is none", "purpose", []string{"TREAT", "TREAT"}, purpose, ""},
		{"a list of no purpose is none", "purpose", []string{}, purpose, ""},
		{"a list in a list is no purpose", "purpose", [][]string{{"TREAT"}}, purpose, ""},
		{"two purposes in one text are none", "purpose", "TREAT ETREAT", purpose, ""},
		{"an unknown purpose is none", "purpose", "HMARKT", purpose, ""},
		{"a purpose in lower case is none", "purpose", "treat", purpose, ""},
		{"a purpose with a space is none", "purpose", "TREAT ", purpose, ""},
		{"a missing purpose is none", "purpose", nil, purpose, ""},
		{"a null purpose is none", "purpose", null, purpose, ""},
		{"a purpose that is an object is none", "purpose", claims{"TREAT": true}, purpose, ""},
		{"an organisation is an ODS code", "org", "G6V2S", org, "G6V2S"},
		{"the shortest code has 3 characters", "org", "RAL", org, "RAL"},
		{"a code of 2 characters is none", "org", "RA", org, ""},
		{"the longest code has 10 characters", "org", "A123456789", org, "A123456789"},
		{"a code of 11 characters is none", "org", "A1234567890", org, ""},
		{"a code in lower case is none", "org", "ral", org, ""},
		{"a list is no code", "org", []string{"RAL"}, org, ""},
		{"a code with a space is none", "org", "RAL ", org, ""},
		{"a code of other letters is none", "org", "RÄL", org, ""},
		{"a missing organisation is none", "org", nil, org, ""},
		{"an unknown role comes as it is, for the decision to deny", "role", "WIZARD", role, "WIZARD"},
		{"a list is no role", "role", []string{"GENERAL_PRACTITIONER"}, role, ""},
		{"a missing role is none", "role", nil, role, ""},
		{"a name is a text", "name", "Zoë Müller-李", name, "Zoë Müller-李"},
		{"a number is no name", "name", 7, name, ""},
		{"a name that breaks the line is none", "name", "A\nB", name, ""},
		{"the longest name has 255 bytes", "name", strings.Repeat("n", 255), name, strings.Repeat("n", 255)},
		{"a longer name is none", "name", strings.Repeat("é", 128), name, ""},
		{"a longer role is none", "role", strings.Repeat("R", 256), role, ""},
		{"a missing name is none", "name", nil, name, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := i.Verifier().Principal("Bearer " + i.Token(claims{c.claim: c.value}))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.of(p); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if _, err := i.Verifier().Principal("Bearer " + i.SignRaw("EdDSA", `{"alg":"EdDSA"}`, member(t, i.Claims(nil), `"purpose":"TREAT"`))); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("a purpose claimed twice: error %v, want ErrUnauthenticated", err)
	}
}

func TestTokenIDIsADigestWhereThereIsNoJTI(t *testing.T) {
	i, seen := newIssuer(t), map[string]bool{}
	for _, jti := range []any{nil, 1, "", claims{}, "a\x00b", strings.Repeat("j", 256)} {
		token := i.Token(claims{"jti": jti})
		p, err := i.Verifier().Principal("Bearer " + token)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(token))
		if want := part(sum[:16]); p.TokenID != want {
			t.Errorf("jti %v: token id %q, want %q", jti, p.TokenID, want)
		}
		seen[p.TokenID] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d ids for 6 tokens", len(seen))
	}
}

func TestAVerifierWithoutSettingsAcceptsNothing(t *testing.T) {
	i := newIssuer(t)
	for name, change := range map[string]func(*auth.Options){
		"no issuer":   func(o *auth.Options) { o.Issuer = "" },
		"no audience": func(o *auth.Options) { o.Audience = "" },
		"no keys":     func(o *auth.Options) { o.Keys = nil },
	} {
		for _, c := range []claims{nil, {"iss": ""}, {"iss": nil}, {"aud": ""}, {"aud": nil}, {"aud": []string{""}}} {
			if _, err := i.Verifier(change).Principal("Bearer " + i.Token(c)); !errors.Is(err, auth.ErrUnauthenticated) {
				t.Errorf("%s, claims %v: error %v, want ErrUnauthenticated", name, c, err)
			}
		}
	}
}

// Nothing is fetched from where a token points.
func TestATokenFetchesNothing(t *testing.T) {
	i, asked := newIssuer(t), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Write(i.JWKS())
	}))
	defer server.Close()
	v := i.Verifier()
	for _, name := range []string{"jku", "x5u", "kid", "iss"} {
		for _, kid := range []any{"elsewhere", "EdDSA"} {
			header := claims{"kid": kid, name: server.URL}
			_, err := v.Principal("Bearer " + i.Sign("EdDSA", header, i.Claims(nil)))
			if ok := kid == "EdDSA" && name != "kid"; ok != (err == nil) {
				t.Errorf("%s with kid %v: error %v", name, kid, err)
			}
		}
		v.Principal("Bearer " + i.Token(claims{name: server.URL}))
	}
	if asked > 0 {
		t.Errorf("%d requests were made", asked)
	}
}

func TestWithoutAKidOneKeyMustFit(t *testing.T) {
	i := newIssuer(t)
	token := "Bearer " + i.Sign("EdDSA", claims{"kid": nil}, i.Claims(nil))
	one := authtest.JWKS(i.JWK("EdDSA"), i.JWK("RS256"))
	two := authtest.JWKS(i.JWK("EdDSA"), authtest.JWK("second", "", i.Public("EdDSA")))
	none := authtest.JWKS(i.JWK("RS256"))
	for name, c := range map[string]struct {
		set []byte
		ok  bool
	}{"one": {one, true}, "two": {two, false}, "none": {none, false}} {
		_, err := i.Verifier(keys(t, c.set)).Principal(token)
		if ok := err == nil; ok != c.ok {
			t.Errorf("%s: error %v", name, err)
		}
	}
	unnamed := keys(t, authtest.JWKS(authtest.JWK("", "", i.Public("EdDSA"))))
	if _, err := i.Verifier(unnamed).Principal("Bearer " + i.Token(nil)); err == nil {
		t.Error("a kid names a key that has none")
	}
	twins := keys(t, authtest.JWKS(authtest.JWK("EdDSA", "", i.Public("EdDSA")), authtest.JWK("EdDSA", "", other(t))))
	if _, err := i.Verifier(twins).Principal("Bearer " + i.Token(nil)); err == nil {
		t.Error("a kid names two keys that fit")
	}
}

// A JWK's own words about itself bind the header.
func TestTheKeyAgreesWithTheAlgorithm(t *testing.T) {
	i := newIssuer(t)
	jwk := func(alg string, changes claims) []byte {
		k := i.JWK(alg)
		for name, value := range changes {
			if k[name] = value; value == nil {
				delete(k, name)
			}
		}
		// Beside a key that is in order, so that the set is not empty.
		return authtest.JWKS(k, authtest.JWK("other", "EdDSA", other(t)))
	}
	for _, c := range []struct {
		name, signer, header string
		changes              claims
		ok                   bool
	}{
		{"an RSA key without alg verifies RS256", "RS256", "RS256", claims{"alg": nil}, true},
		{"an RSA key without alg verifies PS256", "PS256", "PS256", claims{"alg": nil}, true},
		{"an RSA key for PS256 does not verify RS256", "RS256", "RS256", claims{"alg": "PS256"}, false},
		{"an RSA key for RS512 verifies nothing", "RS256", "RS256", claims{"alg": "RS512"}, false},
		{"an RSA key for encryption verifies nothing", "RS256", "RS256", claims{"use": "enc"}, false},
		{"an RSA key for RSA-OAEP verifies nothing", "RS256", "RS256", claims{"alg": "RSA-OAEP"}, false},
		{"a key without use verifies", "RS256", "RS256", claims{"use": nil}, true},
		{"a key whose use is a list verifies nothing", "RS256", "RS256", claims{"use": []string{"sig"}}, false},
		{"a key to verify with verifies", "ES256", "ES256", claims{"key_ops": []string{"verify"}}, true},
		{"a key to encrypt with verifies nothing", "ES256", "ES256", claims{"key_ops": []string{"encrypt"}}, false},
		{"a key for no operation verifies nothing", "ES256", "ES256", claims{"key_ops": []string{}}, false},
		{"key_ops that are a text verify nothing", "ES256", "ES256", claims{"key_ops": "verify"}, false},
		{"a P-256 key for ES384 verifies nothing", "ES256", "ES256", claims{"alg": "ES384"}, false},
		{"a P-256 key without alg verifies ES256", "ES256", "ES256", claims{"alg": nil}, true},
		{"a P-256 point said to be on another curve verifies nothing", "ES256", "ES256", claims{"crv": "P-384"}, false},
		{"an Ed25519 key without alg verifies EdDSA", "EdDSA", "EdDSA", claims{"alg": nil}, true},
		{"an Ed25519 key for ES256 verifies nothing", "EdDSA", "EdDSA", claims{"alg": "ES256"}, false},
		{"an Ed25519 key said to be X25519 verifies nothing", "EdDSA", "EdDSA", claims{"crv": "X25519"}, false},
		{"an Ed25519 key does not verify what says ES256", "EdDSA", "ES256", nil, false},
		{"an Ed25519 key does not verify what says RS256", "EdDSA", "RS256", nil, false},
		{"a P-256 key does not verify what says EdDSA", "ES256", "EdDSA", nil, false},
		{"an RSA key does not verify what says EdDSA", "RS256", "EdDSA", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := i.Sign(c.signer, claims{"alg": c.header}, i.Claims(nil))
			_, err := i.Verifier(keys(t, jwk(c.signer, c.changes))).Principal("Bearer " + token)
			if ok := err == nil; ok != c.ok {
				t.Errorf("error %v, want accepted %v", err, c.ok)
			}
		})
	}
}

func keys(t testing.TB, set []byte) func(*auth.Options) {
	t.Helper()
	parsed, err := auth.ParseKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *auth.Options) { o.Keys = parsed }
}

func TestPersonas(t *testing.T) {
	i := newIssuer(t)
	want := []string{"gp", "hospital-doctor", "mental-health-nurse", "social-worker", "receptionist",
		"care-manager", "privacy-officer", "opt-out-officer", "analyst", "developer"}
	var got []string
	for _, p := range auth.Personas {
		got = append(got, p.Name)
		principal := i.Principal(t, p.Name)
		if principal.Role != p.Role || principal.Purpose != p.Purpose || principal.Org != p.Org || principal.Name != p.Staff {
			t.Errorf("%s: %+v does not say %+v", p.Name, principal, p)
		}
		if !strings.HasSuffix(p.Staff, "(demo)") {
			t.Errorf("%s: %q could be someone's name", p.Name, p.Staff)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err := auth.FindPersona("gps")
	if err == nil || !strings.Contains(err.Error(), strings.Join(want, ", ")) {
		t.Errorf("error %v does not list the names", err)
	}
}

func TestStaticKeys(t *testing.T) {
	i := newIssuer(t)
	weak := func(bits, e int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), bits-1, 1), E: e}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		keys []auth.Key
		ok   bool
	}{
		{"a sound key", []auth.Key{{Public: i.Public("EdDSA")}}, true},
		{"no key", nil, false},
		{"an RSA key of 2048 bits", []auth.Key{{Public: weak(2048, 65537)}}, true},
		{"an RSA key of 2047 bits", []auth.Key{{Public: weak(2047, 65537)}}, false},
		{"an RSA key of 8192 bits", []auth.Key{{Public: weak(8192, 3)}}, true},
		{"an RSA key of 8193 bits", []auth.Key{{Public: weak(8193, 3)}}, false},
		{"an RSA exponent of 1", []auth.Key{{Public: weak(2048, 1)}}, false},
		{"an even RSA exponent", []auth.Key{{Public: weak(2048, 4)}}, false},
		{"a short Ed25519 key", []auth.Key{{Public: ed25519.PublicKey("short")}}, false},
		{"another curve", []auth.Key{{Public: p384.Public()}}, false},
		{"another algorithm", []auth.Key{{Alg: "RS512", Public: i.Public("PS256")}}, false},
		{"an algorithm of another key", []auth.Key{{Alg: "EdDSA", Public: i.Public("PS256")}}, false},
		{"a private key", []auth.Key{{Public: p384}}, false},
		{"a shared secret", []auth.Key{{Public: []byte("secret")}}, false},
		{"nothing", []auth.Key{{}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := auth.StaticKeys(c.keys...); (err == nil) != c.ok {
				t.Errorf("error %v, want accepted %v", err, c.ok)
			}
		})
	}
}

// other is an Ed25519 key that is not the issuer's.
func other(t testing.TB) ed25519.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public
}
