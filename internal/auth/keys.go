package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync/atomic"
	"time"
)

// ErrNoKeys says that there are no signing keys that may still be trusted, so
// that no token can be checked.
var ErrNoKeys = errors.New("sign-in cannot be checked at the moment; try again in a minute")

// maxKeys is the largest key set that is read, in bytes. Those in use have a few
// kilobytes.
const maxKeys = 1 << 20

// The sizes of an RSA modulus in bits. RFC 7518 section 3.3 sets the lower
// limit, and the cost of a verification the upper.
const (
	minRSA = 2048
	maxRSA = 8192
)

// Key is a public key and what it may verify.
type Key struct {
	ID     string           // kid; "" if the key has none
	Alg    string           // the only algorithm it is for; "" for every one that fits its type
	Public crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

// fits reports whether the key may verify a signature of alg.
func (k Key) fits(alg string) bool {
	if k.Alg != "" && k.Alg != alg {
		return false
	}
	switch k.Public.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" || alg == "PS256"
	case *ecdsa.PublicKey:
		return alg == "ES256"
	}
	return alg == "EdDSA" // an Ed25519 key, the only other kind that sound accepts
}

// sound returns why the key may not be used, or nil.
func (k Key) sound() error {
	switch public := k.Public.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSA || bits > maxRSA {
			return fmt.Errorf("an RSA key of %d bits; use %d to %d", bits, minRSA, maxRSA)
		}
		if public.E < 3 || public.E%2 == 0 {
			return errors.New("an RSA key whose exponent is even or less than 3")
		}
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return errors.New("an elliptic curve other than P-256")
		}
	case ed25519.PublicKey:
		if len(public) != ed25519.PublicKeySize {
			return errors.New("an Ed25519 key of the wrong length")
		}
	default:
		return fmt.Errorf("a key of type %T; use RSA, ECDSA or Ed25519 public keys", k.Public)
	}
	if k.Alg != "" && !k.fits(k.Alg) {
		return errors.New("an algorithm that is not used here or does not fit the key; use RS256, PS256, ES256 or EdDSA")
	}
	return nil
}

// A KeySet is the set of keys of one moment. It does not change, and is a
// KeySource of itself. The zero value verifies nothing.
type KeySet struct{ keys []Key }

// Keys returns the set itself.
func (s *KeySet) Keys() (*KeySet, error) { return s, nil }

// Newer returns the set itself.
func (s *KeySet) Newer() (*KeySet, error) { return s, nil }

func (s *KeySet) has(kid string) bool {
	return slices.ContainsFunc(s.keys, func(k Key) bool { return k.ID == kid })
}

// find returns the key that a header means: the only one that fits and, if the
// header names one, has that name. If several fit, nobody knows which was meant,
// so there is none.
func (s *KeySet) find(kid, alg string) (Key, bool) {
	var found []Key
	for _, k := range s.keys {
		if k.fits(alg) && (kid == "" || kid == k.ID) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return Key{}, false
	}
	return found[0], true
}

// ParseKeys reads a JWK Set (RFC 7517). It leaves out keys for other uses, as
// section 5 asks. A malformed, private or symmetric key makes the whole set an
// error, since whoever publishes one has more to put right.
func ParseKeys(data []byte) (*KeySet, error) {
	m, err := object(data)
	if err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	list, ok := m["keys"].([]any)
	if !ok {
		return nil, errors.New(`the key set has no list "keys"; use a JWK Set (RFC 7517)`)
	}
	set, reason := &KeySet{}, errors.New("it is empty")
	for i, each := range list {
		jwk, _ := each.(map[string]any)
		key, err := parseKey(jwk)
		switch {
		case errors.Is(err, errUnused):
			reason = fmt.Errorf("key %d: %w", i+1, err)
		case err != nil:
			return nil, fmt.Errorf("the key set, key %d: %w", i+1, err)
		default:
			set.keys = append(set.keys, key)
		}
	}
	if len(set.keys) == 0 {
		return nil, fmt.Errorf("the key set has no key for RS256, PS256, ES256 or EdDSA: %w", reason)
	}
	return set, nil
}

// errUnused says that a key is in order but not for verifying tokens here.
var errUnused = errors.New("not for use here")

// secret names the members of private and symmetric keys (RFC 7518 section 6).
var secret = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

func parseKey(jwk map[string]any) (Key, error) {
	if slices.ContainsFunc(secret, func(name string) bool { return has(jwk, name) }) || jwk["kty"] == "oct" {
		return Key{}, errors.New("a private or symmetric key; publish public keys only, and replace this one")
	}
	key := Key{}
	for name, to := range map[string]*string{"kid": &key.ID, "alg": &key.Alg} {
		s, ok := jwk[name].(string)
		if has(jwk, name) && (!ok || s == "") {
			return Key{}, fmt.Errorf("%s is not a text", name)
		}
		*to = s
	}
	if err := usable(jwk); err != nil {
		return Key{}, err
	}
	public, err := publicKey(jwk)
	if err != nil {
		return Key{}, err
	}
	key.Public = public
	if err := key.sound(); err != nil {
		return Key{}, fmt.Errorf("%w: %w", errUnused, err)
	}
	return key, nil
}

func publicKey(jwk map[string]any) (crypto.PublicKey, error) {
	switch jwk["kty"] {
	case "RSA":
		return parseRSA(jwk)
	case "EC":
		return parseEC(jwk)
	case "OKP":
		return parseOKP(jwk)
	}
	if _, ok := jwk["kty"].(string); !ok {
		return nil, errors.New("kty is not a text")
	}
	return nil, fmt.Errorf("%w: another type of key", errUnused)
}

// usable checks by use and key_ops whether the key is for verifying signatures.
func usable(jwk map[string]any) error {
	if has(jwk, "use") && jwk["use"] != "sig" {
		return fmt.Errorf("%w: its use is not sig", errUnused)
	}
	if !has(jwk, "key_ops") {
		return nil
	}
	if ops, _ := jwk["key_ops"].([]any); !slices.Contains(ops, any("verify")) {
		return fmt.Errorf("%w: its key_ops do not name verify", errUnused)
	}
	return nil
}

func parseRSA(jwk map[string]any) (crypto.PublicKey, error) {
	n, err := octets(jwk, "n")
	if err != nil {
		return nil, err
	}
	e, err := octets(jwk, "e")
	if err != nil {
		return nil, err
	}
	exponent := new(big.Int).SetBytes(e)
	if exponent.BitLen() > 31 {
		return nil, fmt.Errorf("%w: an RSA exponent of more than 31 bits", errUnused)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, nil
}

func parseEC(jwk map[string]any) (crypto.PublicKey, error) {
	if jwk["crv"] != "P-256" {
		return nil, fmt.Errorf("%w: a curve other than P-256", errUnused)
	}
	x, err := octets(jwk, "x")
	if err != nil {
		return nil, err
	}
	y, err := octets(jwk, "y")
	if err != nil {
		return nil, err
	}
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("x and y of P-256 are 32 bytes each")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, errors.New("x and y are not a point of P-256")
	}
	return key, nil
}

func parseOKP(jwk map[string]any) (crypto.PublicKey, error) {
	if jwk["crv"] != "Ed25519" {
		return nil, fmt.Errorf("%w: a curve other than Ed25519", errUnused)
	}
	x, err := octets(jwk, "x")
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, errors.New("x of Ed25519 is 32 bytes")
	}
	return ed25519.PublicKey(x), nil
}

func octets(jwk map[string]any, name string) ([]byte, error) {
	s, _ := jwk[name].(string)
	b, err := decode(s)
	if err != nil || len(b) == 0 {
		return nil, fmt.Errorf("%s is not base64url without padding", name)
	}
	return b, nil
}

// KeyOptions say how keys that may change are kept. The zero value can be used.
type KeyOptions struct {
	Now      func() time.Time // time.Now if nil
	MaxStale time.Duration    // how long the last good set is used when no new one can be had; 1 hour if 0
	OnError  func(error)      // called for each look that finds no good set; must not block
}

// shelf keeps the last good set, for up to MaxStale.
type shelf struct {
	KeyOptions
	current atomic.Pointer[dated]
}

// dated is a set, and when it was last seen to be the published one.
type dated struct {
	set *KeySet
	raw string
	at  time.Time
}

func newShelf(o KeyOptions) *shelf {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxStale == 0 {
		o.MaxStale = time.Hour
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return &shelf{KeyOptions: o}
}

// put takes over a published set. If it is the one already there, that one
// stays, and so does what it verified.
func (s *shelf) put(raw []byte) error {
	was := s.current.Load()
	if was != nil && was.raw == string(raw) {
		s.seen()
		return nil
	}
	set, err := ParseKeys(raw)
	if err != nil {
		return err
	}
	s.current.Store(&dated{set: set, raw: string(raw), at: s.Now()})
	return nil
}

// seen notes that the set is still the published one.
func (s *shelf) seen() {
	now := *s.current.Load()
	now.at = s.Now()
	s.current.Store(&now)
}

func (s *shelf) keys() (*KeySet, error) {
	current := s.current.Load()
	if s.Now().Sub(current.at) > s.MaxStale {
		return nil, ErrNoKeys
	}
	return current.set, nil
}
