package receipt

import (
	"crypto/ed25519"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"carerecord/internal/auth"

	"github.com/golang-jwt/jwt/v5"
)

// The errors of Verify, CheckDocument and CheckVariables.
var (
	ErrUnreadable = errors.New("this is not one whole answer")
	ErrNoReceipt  = errors.New("the answer has no receipt, so nothing can be said of it")
	ErrNotOurs    = errors.New("the receipt was not signed by this service, or was changed since")
	ErrChanged    = errors.New("the answer is not what was sent")
	ErrOther      = errors.New("the receipt is for something else")
	ErrSecret     = errors.New("its hash is keyed, so that checking it needs the secret of the receipts")
)

// Keys are the public keys of signers whose receipts are accepted.
type Keys []publicKey

type publicKey struct {
	kid    string
	header string // the encoded header of every receipt signed with it
	public ed25519.PublicKey
}

// Public returns the keys by kid.
func (k Keys) Public() map[string]ed25519.PublicKey {
	all := make(map[string]ed25519.PublicKey, len(k))
	for _, key := range k {
		all[key.kid] = key.public
	}
	return all
}

// ParseKeys reads a JWK Set (RFC 7517), such as KeySet makes. It needs at least one Ed25519 key, each with a
// kid of its own, and ignores other keys.
func ParseKeys(text []byte) (Keys, error) {
	if _, err := auth.ParseKeys(text); err != nil { // refuses malformed, private and duplicate keys
		return nil, err
	}
	set, _ := object(text)
	var list []map[string]any
	if err := json.Unmarshal(set["keys"], &list); err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	var keys Keys
	for i, jwk := range list {
		if jwk["crv"] != "Ed25519" {
			continue
		}
		key, err := parseKey(jwk)
		if err != nil {
			return nil, fmt.Errorf("the key set, key %d: %w", i+1, err)
		}
		if _, ok := keys.find(key.header); ok {
			return nil, fmt.Errorf("the key set, key %d: another key has the same kid", i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no Ed25519 key, which receipts are signed with")
	}
	return keys, nil
}

func parseKey(jwk map[string]any) (publicKey, error) {
	kid, _ := jwk["kid"].(string)
	if kid == "" {
		return publicKey{}, errors.New("it has no kid")
	}
	x, _ := jwk["x"].(string)
	public, err := base64.RawURLEncoding.DecodeString(x)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return publicKey{}, errors.New("its x is not an Ed25519 public key")
	}
	text, _ := json.Marshal(header(kid)) // only strings, so it cannot fail
	return publicKey{kid, base64.RawURLEncoding.EncodeToString(text), public}, nil
}

func (k Keys) find(header string) (ed25519.PublicKey, bool) {
	for _, key := range k {
		if key.header == header {
			return key.public, true
		}
	}
	return nil, false
}

// Verify checks whether an answer that someone kept is what was sent, and returns the content of its receipt.
// The answer is the whole body of the response; white space and the order of members may have changed. The
// error is one of those above and says what does not fit.
func Verify(answer []byte, keys Keys) (Receipt, error) {
	kept, err := takeApart(answer)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := keys.open(kept.receipt)
	if err != nil {
		return Receipt{}, err
	}
	data, err := canonicalHash(kept.data, nil)
	switch {
	case err != nil:
		return Receipt{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	case !equal(data, receipt.Data):
		return Receipt{}, fmt.Errorf("%w: its data was changed", ErrChanged)
	}
	rest, err := canonicalHash(kept.rest, nil)
	switch {
	case err != nil:
		return Receipt{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	case !equal(rest, receipt.Rest):
		return Receipt{}, fmt.Errorf("%w: its data is, but something beside it (errors or extensions) was changed", ErrChanged)
	}
	return receipt, nil
}

// CheckDocument checks whether the receipt is for a document, byte for byte as it was sent. If the document's
// hash is keyed, it needs the secret, and returns ErrSecret without it.
func (r Receipt) CheckDocument(text, secret []byte) error {
	var k key
	if strings.HasPrefix(r.Document, keyedHash) {
		if len(secret) == 0 {
			return ErrSecret
		}
		k = newKey(secret, r.ID, "document")
	}
	if !equal(documentHash(string(text), k), r.Document) {
		return fmt.Errorf("%w: another document", ErrOther)
	}
	return nil
}

// CheckVariables checks whether the receipt is for these variables: the JSON object as it was sent; empty or
// null if there were none. Without the secret it returns ErrSecret.
func (r Receipt) CheckVariables(text, secret []byte) error {
	if len(secret) == 0 {
		return ErrSecret
	}
	if len(text) == 0 {
		text = []byte("null")
	}
	form, err := Canonical(nil, text)
	if err != nil {
		return fmt.Errorf("the variables: %w", err)
	}
	if string(form) == "null" {
		form = []byte("{}")
	}
	if !equal(newKey(secret, r.ID, "variables").hash(form), r.Variables) {
		return fmt.Errorf("%w: other variables, or the secret is another one", ErrOther)
	}
	return nil
}

func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// open returns the content of a receipt that one of the keys signed.
func (k Keys) open(token string) (Receipt, error) {
	head, rest, _ := strings.Cut(token, ".")
	body, signature, found := strings.Cut(rest, ".")
	if !found {
		return Receipt{}, fmt.Errorf("%w: it was cut short", ErrNotOurs)
	}
	public, ok := k.find(head)
	if !ok {
		return Receipt{}, fmt.Errorf("%w: its key is not in the key set", ErrNotOurs)
	}
	signed, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	// encoding/base64 skips line breaks even in strict mode.
	if err != nil || strings.ContainsAny(signature, "\r\n") || jwt.SigningMethodEdDSA.Verify(head+"."+body, signed, public) != nil {
		return Receipt{}, fmt.Errorf("%w: the signature does not hold", ErrNotOurs)
	}
	return said(body)
}

// said decodes the claims of a receipt whose signature holds.
func said(body string) (Receipt, error) {
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: it is not encoded as ours are", ErrNotOurs)
	}
	var c claims
	if err := json.Unmarshal(text, &c); err != nil || c.IssuedAt == nil {
		return Receipt{}, fmt.Errorf("%w: it does not say what ours say", ErrNotOurs)
	}
	return Receipt{
		ID: c.ID, IssuedAt: c.IssuedAt.UTC(), Document: c.Document, Operation: c.Operation, Variables: c.Variables,
		Consent: c.Consent, Schema: c.Schema, Data: c.Data, Rest: c.Rest,
	}, nil
}
