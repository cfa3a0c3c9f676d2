package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
	"unsafe"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cacheSize is how many verified tokens are remembered unless Options says otherwise. It
// is enough for a busy trust's staff on shift, at about half a kilobyte each.
const cacheSize = 10_000

// Options say whose tokens are accepted.
type Options struct {
	Issuer    string           // iss, exactly; if empty, no token is accepted
	Audience  string           // one of aud, exactly; if empty, no token is accepted
	Keys      KeySource        // whose signatures are accepted
	Now       func() time.Time // time.Now if nil
	CacheSize int              // verified tokens to remember; 0 means 10,000, less than 0 none
}

// A KeySource holds the public keys that are trusted now.
type KeySource interface {
	// Keys returns the set in force. Tokens that it verified stay verified as long as it
	// is the same pointer. The error is ErrNoKeys.
	Keys() (*KeySet, error)
	// Newer looks for a key that Keys does not have, and returns the set. It limits by
	// itself how often it looks. The error is ErrNoKeys.
	Newer() (*KeySet, error)
}

// A Verifier turns bearer tokens into principals. It is safe for concurrent use.
type Verifier struct {
	issuer, audience string
	keys             KeySource
	now              func() time.Time
	cache            *lru.Cache[digest, *verified] // nil if nothing is remembered
}

// digest stands for a token that is remembered or named, so that no memory dump or log
// line holds one that can be replayed.
type digest [sha256.Size]byte

// verified is the content of a verified token, and the keys that verified it.
type verified struct {
	keys      *KeySet
	principal Principal
	notBefore time.Time // zero if the token has none
}

// New returns a verifier for the tokens of one issuer.
func New(o Options) *Verifier {
	v := &Verifier{issuer: o.Issuer, audience: o.Audience, keys: o.Keys, now: o.Now}
	if v.keys == nil {
		v.keys = &KeySet{}
	}
	if v.now == nil {
		v.now = time.Now
	}
	if o.CacheSize == 0 {
		o.CacheSize = cacheSize
	}
	if o.CacheSize > 0 {
		v.cache, _ = lru.New[digest, *verified](o.CacheSize) // it fails only below one
	}
	return v
}

// Principal returns the principal for the value of an Authorization header. Every error
// is ErrUnauthenticated, says what to do, and contains nothing of the token.
func (v *Verifier) Principal(authorization string) (Principal, error) {
	token, err := bearer(authorization)
	if err != nil {
		return Principal{}, err
	}
	keys, err := v.keys.Keys()
	if err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	}
	sum, at := digestOf(token), v.now()
	if known := v.remembered(sum, keys); known != nil {
		if err := known.inForce(at); err != nil {
			return Principal{}, err
		}
		return known.principal, nil
	}
	found, err := v.verify(token, keys, at)
	if err != nil {
		return Principal{}, err
	}
	if found.principal.TokenID == "" {
		found.principal.TokenID = sum.short()
	}
	v.remember(sum, found)
	return found.principal, nil
}

// verify checks the whole token. The signature comes first: no claim counts before it
// holds.
func (v *Verifier) verify(token string, keys *KeySet, at time.Time) (*verified, error) {
	parts, err := split(token)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(parts.header)
	if err != nil {
		return nil, err
	}
	key, keys, err := v.key(h, keys)
	if err != nil {
		return nil, err
	}
	if err := methods[h.alg].Verify(parts.signed, parts.signature, key.Public); err != nil {
		return nil, errSignature
	}
	found, err := v.readClaims(parts.claims, at)
	if err != nil {
		return nil, err
	}
	found.keys = keys
	return found, nil
}

// key returns the one key that fits the header, and the set that it is in. It looks for
// a newer set only if the header names a key that this set does not have.
func (v *Verifier) key(h header, keys *KeySet) (Key, *KeySet, error) {
	if h.kid != "" && !keys.has(h.kid) {
		newer, err := v.keys.Newer()
		if err != nil {
			return Key{}, nil, fmt.Errorf("%w: %w", ErrUnauthenticated, err)
		}
		keys = newer
	}
	key, ok := keys.find(h.kid, h.alg)
	if !ok {
		return Key{}, nil, errKey
	}
	return key, keys, nil
}

// remembered returns what an earlier call found under the same keys, or nil. So a token
// of a key that was rotated out is verified again and refused.
func (v *Verifier) remembered(sum digest, keys *KeySet) *verified {
	if v.cache == nil {
		return nil
	}
	known, ok := v.cache.Get(sum)
	if !ok || known.keys != keys {
		return nil
	}
	return known
}

func (v *Verifier) remember(sum digest, found *verified) {
	if v.cache != nil {
		v.cache.Add(sum, found)
	}
}

// inForce checks again what only time can change.
func (f *verified) inForce(at time.Time) error {
	if !at.Before(f.principal.ExpiresAt) {
		return errExpired
	}
	if at.Add(leeway).Before(f.notBefore) {
		return errNotYet
	}
	return nil
}

// digestOf hashes the token in place. Sum256 only reads, and a conversion would copy a
// kilobyte for every request.
func digestOf(token string) digest {
	return sha256.Sum256(unsafe.Slice(unsafe.StringData(token), len(token)))
}

// short names a token in the audit trail. Its 128 bits cannot be turned back into the
// token, and do not occur twice.
func (d digest) short() string { return base64.RawURLEncoding.EncodeToString(d[:16]) }
