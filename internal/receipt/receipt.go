// Package receipt signs answers, and verifies later whether an answer that someone kept is the one that was
// sent.
//
// A receipt is a JWS in the answer's extensions.receipt. It names the document, the schema and the time, and
// holds the SHA-256 of the canonical form (RFC 8785) of data and of everything else in the answer. So white
// space, the order of members and the notation of numbers (7.5 for 7.50: RFC 8785 takes numbers for doubles)
// may change, and nothing else. What could be guessed from a plain hash, such as an NHS number among the
// variables, is hashed with a secret.
package receipt

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Extension is the name of the receipt among an answer's extensions.
const Extension = "receipt"

// minSecret is the least length of the secret, in bytes: that of the hash.
const minSecret = sha256.Size

// Prefixes that say how a document was hashed.
const (
	plainHash = "sha-256:"
	keyedHash = "hmac-sha-256:"
)

// Receipt is the content of a receipt. All hashes are in hexadecimal.
type Receipt struct {
	ID        string    // unique; it salts the keyed hashes
	IssuedAt  time.Time // to the second
	Document  string    // "sha-256:" or "hmac-sha-256:" and the hash of the document's text
	Operation string    // the operation's name; "" if it has none
	Variables string    // the keyed hash of the variables in canonical form
	Consent   string    // the keyed hash of the consent versions that the answer rests on
	Schema    string    // the hash of the schema's text
	Data      string    // the hash of data in canonical form
	Rest      string    // the hash of errors and extensions in canonical form, without the receipt
}

// claims is a Receipt as it is signed.
type claims struct {
	jwt.RegisteredClaims
	Document  string `json:"document"`
	Operation string `json:"operation,omitempty"`
	Variables string `json:"variables"`
	Consent   string `json:"consent"`
	Schema    string `json:"schema"`
	Data      string `json:"data"`
	Rest      string `json:"rest"`
}

// Answer is an answer that is about to be sent.
type Answer struct {
	Document   string // its text
	Digest     string // the SHA-256 of its text, in hexadecimal; "" to compute it
	Keyed      bool   // hash the document with the secret: a value in it could be guessed from a plain hash
	Operation  string
	Variables  map[string]any // as they were sent
	Consent    []string       // the consent versions that it rests on, in the order of the patients
	Data       []byte
	Parts      []Part         // of the data, in order
	Errors     any            // as it will be marshalled; nil for none
	Extensions map[string]any // without the receipt
}

// A Part is a value in the data whose writer knows where everything in it is, so that it need not be parsed
// again.
type Part interface {
	// Span returns the range of the value in the data.
	Span() (start, end int)
	// Sorted appends the value without white space and with the members of every object sorted (RFC 8785
	// section 3.2.3). It leaves numbers and strings with escapes to other, by their range in the data.
	Sorted(out, data []byte, other func(out []byte, from, to int) ([]byte, error)) ([]byte, error)
}

// Parts returns layouts as parts.
func Parts[P Part](layouts []P) []Part {
	parts := make([]Part, len(layouts))
	for i, layout := range layouts {
		parts[i] = layout
	}
	return parts
}

// Signer makes receipts. It is safe for concurrent use.
type Signer struct {
	Now func() time.Time // time.Now if nil

	key    ed25519.PrivateKey
	kid    string
	secret []byte
	schema string
}

// NewSigner returns a signer with a key and a secret of at least 32 bytes, for the schema with this text.
// Anyone with the secret can check a guess at the variables.
func NewSigner(key ed25519.PrivateKey, secret []byte, sdl string) (*Signer, error) {
	switch {
	case len(key) != ed25519.PrivateKeySize:
		return nil, errors.New("the receipt key is not an Ed25519 private key")
	case len(secret) < minSecret:
		return nil, fmt.Errorf("the secret for receipts is shorter than %d bytes; make a new one from random bytes", minSecret)
	}
	return &Signer{key: key, kid: thumbprint(key.Public().(ed25519.PublicKey)), secret: secret, schema: digest([]byte(sdl))}, nil
}

// ParseKey reads an Ed25519 private key in PEM (PKCS 8), as "openssl genpkey
// -algorithm ed25519" writes it.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the receipt key is not in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the receipt key is not a PKCS 8 private key in PEM; make one with: openssl genpkey -algorithm ed25519")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the receipt key is not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
	}
	return key, nil
}

// thumbprint returns the kid of a key (RFC 7638, with RFC 8037 appendix A.3).
func thumbprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// KeyID returns the kid of the signer's key.
func (s *Signer) KeyID() string { return s.kid }

// KeySet returns the JWK Set that verifies the receipts: this key and those that it replaced.
func (s *Signer) KeySet(earlier ...Keys) []byte {
	keys := []any{jwkOf(s.kid, s.key.Public().(ed25519.PublicKey))}
	named := map[string]bool{s.kid: true}
	for _, key := range slices.Concat(earlier...) {
		if !named[key.kid] {
			named[key.kid] = true
			keys = append(keys, jwkOf(key.kid, key.public))
		}
	}
	set, _ := json.MarshalIndent(map[string]any{"keys": keys}, "", "  ") // only strings, so it cannot fail
	return append(set, '\n')
}

func jwkOf(kid string, public ed25519.PublicKey) map[string]string {
	return map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public), "kid": kid, "alg": jwt.SigningMethodEdDSA.Alg(), "use": "sig"}
}

// Sign returns the receipt of an answer. An error means that the answer has no single meaning and must not be
// sent.
func (s *Signer) Sign(a Answer) (string, error) {
	c := claims{Operation: a.Operation, Schema: s.schema}
	c.ID, c.IssuedAt = rand.Text(), jwt.NewNumericDate(s.now())
	switch {
	case a.Keyed:
		c.Document = documentHash(a.Document, s.keyed(c.ID, "document"))
	case a.Digest != "":
		c.Document = plainHash + a.Digest
	default:
		c.Document = documentHash(a.Document, nil)
	}
	var err error
	if c.Variables, err = variablesHash(a.Variables, s.keyed(c.ID, "variables")); err != nil {
		return "", fmt.Errorf("the variables of an answer: %w", err)
	}
	if c.Consent, err = consentHash(a.Consent, s.keyed(c.ID, "consent")); err != nil {
		return "", err
	}
	if c.Data, err = canonicalHash(a.Data, a.Parts); err != nil {
		return "", fmt.Errorf("the data of an answer: %w", err)
	}
	if c.Rest, err = restHash(a.Errors, a.Extensions); err != nil {
		return "", fmt.Errorf("the errors and extensions of an answer: %w", err)
	}
	token := &jwt.Token{Method: jwt.SigningMethodEdDSA, Header: header(s.kid), Claims: c}
	return token.SignedString(s.key)
}

func (s *Signer) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Signer) keyed(id, what string) key { return newKey(s.secret, id, what) }

// header returns the JWS header, in the only form that is accepted.
func header(kid string) map[string]any {
	return map[string]any{"alg": jwt.SigningMethodEdDSA.Alg(), "kid": kid, "typ": "receipt+jwt"}
}

// key is derived from the secret for one hash of one receipt, so that equal values in two receipts have
// different hashes.
type key []byte

func newKey(secret []byte, id, what string) key {
	return key(mac(secret, []byte("receipt\x00"+what+"\x00"+id)))
}

func (k key) hash(text []byte) string { return hex.EncodeToString(mac(k, text)) }

func mac(secret, text []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(text)
	return h.Sum(nil)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// documentHash hashes a document, with the key unless it is nil.
func documentHash(text string, k key) string {
	if k == nil {
		return plainHash + digest([]byte(text))
	}
	return keyedHash + k.hash([]byte(text))
}

// variablesHash hashes variables; none are the same as an empty object.
func variablesHash(variables map[string]any, k key) (string, error) {
	if len(variables) == 0 {
		return k.hash([]byte("{}")), nil
	}
	text, err := json.Marshal(variables)
	if err != nil {
		return "", err
	}
	form, err := Canonical(nil, text)
	if err != nil {
		return "", err
	}
	return k.hash(form), nil
}

func consentHash(versions []string, k key) (string, error) {
	for _, version := range versions {
		if strings.Contains(version, "\n") {
			return "", errors.New("a version of consent is not one line")
		}
	}
	return k.hash([]byte(strings.Join(versions, "\n"))), nil
}

// restHash hashes everything beside data and the receipt.
func restHash(errs any, extensions map[string]any) (string, error) {
	rest := map[string]any{}
	listed, err := json.Marshal(errs)
	if err != nil {
		return "", err
	}
	if text := string(listed); text != "null" && text != "[]" { // neither is sent
		rest["errors"] = json.RawMessage(listed)
	}
	if len(extensions) > 0 {
		rest["extensions"] = extensions
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return "", err
	}
	return canonicalHash(text, nil)
}

// canonicalHash hashes the canonical form of a JSON text.
func canonicalHash(text []byte, parts []Part) (string, error) {
	c := take()
	defer c.release()
	c.in, c.parts, c.out = text, parts, slices.Grow(c.out, len(text))
	if err := c.whole(); err != nil {
		return "", err
	}
	return digest(c.out), nil
}
