package record

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Identifier makes the opaque IDs of this service from a secret key. The same
// entry has the same ID as long as the key is the same. Without the key nobody
// can tell whose entry it is, or what ID it has in its source.
type Identifier struct {
	key   [32]byte
	block cipher.Block
}

// NewIdentifier derives the keys for IDs from the service's secret.
func NewIdentifier(secret []byte) *Identifier {
	id := &Identifier{key: derive(secret, "item ids")}
	seal := derive(secret, "document ids")
	id.block, _ = aes.NewCipher(seal[:])
	return id
}

func derive(secret []byte, purpose string) (key [32]byte) {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose))
	mac.Sum(key[:0])
	return key
}

// tagSize is how many bytes of a hash make an ID. With 120 bits, the
// probability that two of 10^9 entries share an ID is below 10^-18.
const tagSize = 15

// tag hashes the key and the parts. The hash is truncated, so that nobody can
// extend it to a longer message. Each part ends with a zero byte.
func (id *Identifier) tag(parts ...string) [tagSize]byte {
	var buf [192]byte
	b := append(buf[:0], id.key[:]...)
	for _, part := range parts {
		b = append(append(b, part...), 0)
	}
	sum := sha256.Sum256(b)
	return [tagSize]byte(sum[:tagSize])
}

// Person returns the ID of a person.
func (id *Identifier) Person(patient NHSNumber) ID {
	tag := id.tag("person", string(patient))
	return ID(base64.RawURLEncoding.AppendEncode(nil, tag[:]))
}

// Item returns the ID of an entry. kind is its relation; source is its sector
// and organisation.
func (id *Identifier) Item(source, kind string, patient NHSNumber, sourceID string) ID {
	var b [32]byte
	return ID(id.AppendItem(b[:0], source, kind, patient, sourceID))
}

// AppendItem appends the ID of an entry to b.
func (id *Identifier) AppendItem(b []byte, source, kind string, patient NHSNumber, sourceID string) []byte {
	tag := id.tag("item", source, kind, string(patient), sourceID)
	return base64.RawURLEncoding.AppendEncode(b, tag[:])
}

// Document returns the ID of a document. Only the service can tell from it
// where to read the document (synthetic initialisation vector, after RFC 5297).
func (id *Identifier) Document(source string, patient NHSNumber, sourceID string) ID {
	plain := []byte(source + "\x00" + sourceID)
	sealed := append(id.vector(patient, plain), plain...)
	id.stream(sealed[:aes.BlockSize]).XORKeyStream(sealed[aes.BlockSize:], plain)
	return ID(base64.RawURLEncoding.EncodeToString(sealed))
}

// OpenDocument returns where a patient's document is read. ok is false for an
// ID that is altered, foreign or of another patient's document.
func (id *Identifier) OpenDocument(patient NHSNumber, document ID) (source, sourceID string, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(string(document))
	if err != nil || base64.RawURLEncoding.EncodeToString(sealed) != string(document) || len(sealed) <= aes.BlockSize {
		return "", "", false
	}
	plain := make([]byte, len(sealed)-aes.BlockSize)
	id.stream(sealed[:aes.BlockSize]).XORKeyStream(plain, sealed[aes.BlockSize:])
	if !hmac.Equal(id.vector(patient, plain), sealed[:aes.BlockSize]) {
		return "", "", false
	}
	return strings.Cut(string(plain), "\x00")
}

func (id *Identifier) vector(patient NHSNumber, plain []byte) []byte {
	vector := make([]byte, aes.BlockSize, aes.BlockSize+len(plain))
	tag := id.tag("document", string(patient), string(plain))
	copy(vector, tag[:])
	return vector
}

func (id *Identifier) stream(vector []byte) cipher.Stream {
	return cipher.NewCTR(id.block, vector)
}
