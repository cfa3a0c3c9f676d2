package auth

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// maxToken is the length in bytes of the longest token that is read. It limits the work
// that a stranger can cause; tokens in use have 1 to 2 KB.
const maxToken = 8 << 10

// methods are the signature algorithms that are accepted. This package reads the header
// and the claims itself, because the library's parser overlooks crit, duplicate members
// and the case of names. With only one reading, no two can differ.
var methods = map[string]jwt.SigningMethod{
	"RS256": jwt.SigningMethodRS256,
	"PS256": &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: jwt.SigningMethodPS256.SigningMethodRSA,
		// RFC 7518 section 3.5: the salt is as long as the hash. The library accepts
		// any length.
		VerifyOptions: &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	},
	"ES256": jwt.SigningMethodES256,
	"EdDSA": jwt.SigningMethodEdDSA,
}

// The refusals. They are made once, so that a flood of bad tokens makes no garbage.
var (
	errNoToken   = refusal("send Authorization: Bearer and an access token")
	errScheme    = refusal("the Authorization header must be Bearer, a space and one access token")
	errTooLong   = refusal("the token is longer than 8 KB; ask the identity provider for a smaller one")
	errForm      = refusal("the token is not a signed JWT of three base64url parts; sign in again")
	errJSON      = refusal("the token is not well-formed JSON without duplicate members; sign in again")
	errAlgorithm = refusal("the token must be signed with RS256, PS256, ES256 or EdDSA; ask the identity provider")
	errType      = refusal("the token is not of type JWT or at+jwt; send an access token")
	errCritical  = refusal("the token asks for extensions (crit, b64) that are not supported; ask the identity provider")
	errKeyID     = refusal("the token's kid is not a text; ask the identity provider")
	errKey       = refusal("the token is not signed with a key in use here; sign in again")
	errSignature = refusal("the token's signature does not hold; sign in again")
	errIssuer    = refusal("the token is from another issuer; sign in with this service's identity provider")
	errAudience  = refusal("the token is for another service; ask the identity provider for this service's audience")
	errSubject   = refusal("the token names nobody (sub), or with more than 255 bytes or characters that are not seen; ask the identity provider")
	errNoExpiry  = refusal("the token has no sound expiry (exp); ask the identity provider")
	errDate      = refusal("the token's nbf or iat is not a date; ask the identity provider")
	errExpired   = refusal("the token has expired; sign in again")
	errNotYet    = refusal("the token is not valid yet; check the clock and try again")
	errFuture    = refusal("the token was issued in the future; check the clock and sign in again")
)

func refusal(text string) error { return fmt.Errorf("%w: %s", ErrUnauthenticated, text) }

// bearer returns the token in a header's value. The scheme is case-insensitive, and one
// or more spaces follow it (RFC 9110 section 11.4).
func bearer(authorization string) (string, error) {
	if authorization == "" {
		return "", errNoToken
	}
	scheme, token, spaced := strings.Cut(authorization, " ")
	if !spaced || !strings.EqualFold(scheme, "bearer") {
		return "", errScheme
	}
	token = strings.TrimLeft(token, " ")
	switch {
	case token == "":
		return "", errScheme
	case len(token) > maxToken:
		return "", errTooLong
	case strings.ContainsAny(token, " \t,"):
		return "", errScheme
	}
	return token, nil
}

// parts are the three decoded parts of a token, and the text that is signed.
type parts struct {
	signed                    string
	header, claims, signature []byte
}

func split(token string) (parts, error) {
	first, rest, _ := strings.Cut(token, ".")
	second, third, _ := strings.Cut(rest, ".")
	if first == "" || second == "" || third == "" {
		return parts{}, errForm
	}
	p := parts{signed: token[:len(first)+1+len(second)]}
	var errs [3]error
	p.header, errs[0] = decode(first)
	p.claims, errs[1] = decode(second)
	p.signature, errs[2] = decode(third)
	if errors.Join(errs[:]...) != nil {
		return parts{}, errForm
	}
	return p, nil
}

// decode reads base64url without padding, in its canonical form only.
func decode(text string) ([]byte, error) {
	// encoding/base64 skips line ends even in strict mode.
	if strings.ContainsAny(text, "\r\n") {
		return nil, errForm
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// header is what counts of a token's header. Members that bring or point to keys (jku,
// x5u, jwk, x5c) are never read (RFC 8725 section 3.10).
type header struct{ alg, kid string }

func readHeader(data []byte) (header, error) {
	m, err := object(data)
	if err != nil {
		return header{}, errJSON
	}
	alg, _ := m["alg"].(string)
	if methods[alg] == nil {
		return header{}, errAlgorithm
	}
	// RFC 7515 section 4.1.11: critical extensions that are not understood are refused,
	// and an empty list is not allowed. None is understood here. Without crit, two
	// readers could take b64 (RFC 7797) for two things.
	if has(m, "crit") || has(m, "b64") {
		return header{}, errCritical
	}
	if has(m, "typ") && !accessToken(m["typ"]) {
		return header{}, errType
	}
	kid, _ := m["kid"].(string)
	if has(m, "kid") && kid == "" {
		return header{}, errKeyID
	}
	return header{alg: alg, kid: kid}, nil
}

// accessToken reports whether a typ is JWT (RFC 7519 section 5.1) or at+jwt (RFC 9068
// section 2.1), in any case, with or without "application/" (RFC 7515 section 4.1.9).
func accessToken(typ any) bool {
	text, ok := typ.(string)
	text = strings.TrimPrefix(strings.ToLower(text), "application/")
	return ok && (text == "jwt" || text == "at+jwt")
}

func has(m map[string]any, name string) bool { _, ok := m[name]; return ok }

// object reads one JSON object: UTF-8, nothing after it, and no member twice at any
// depth. Names keep their case, which decoding into a struct would ignore.
func object(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, errors.New("not JSON in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := value(d)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return m, nil
}

func value(d *json.Decoder) (any, error) {
	token, err := d.Token()
	switch {
	case err != nil:
		return nil, err
	case token == json.Delim('{'):
		return members(d)
	case token == json.Delim('['):
		return elements(d)
	}
	return token, nil
}

func members(d *json.Decoder) (any, error) {
	m := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if has(m, name) {
			return nil, errors.New("a JSON member appears twice")
		}
		if m[name], err = value(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return m, err
}

func elements(d *json.Decoder) (any, error) {
	list := []any{}
	for d.More() {
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}
