package optout

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// minAge and maxAge are how old a form may be when it is sent: nobody can fill it in sooner. keySize is how
// many bytes a key has at least.
const (
	minAge  = 3 * time.Second
	maxAge  = 6 * time.Hour
	keySize = 32
)

// sealer makes and reads the tokens of forms. A token holds when the form was opened, and a random part
// from which the reference of its request is derived. Nothing is stored: a token can be used only once,
// because the queue takes one request for each reference.
type sealer struct{ key []byte }

const (
	timeSize  = 8
	nonceSize = 16
	tokenSize = timeSize + nonceSize + sha256.Size
)

func (s sealer) seal(at time.Time) string {
	token := make([]byte, timeSize+nonceSize, tokenSize)
	binary.BigEndian.PutUint64(token, uint64(at.UnixMilli()))
	rand.Read(token[timeSize:])
	return base64.RawURLEncoding.EncodeToString(append(token, s.mac("form", token)...))
}

// open reads a token that was sealed with this key; false if it was not.
func (s sealer) open(text string) (nonce []byte, issued time.Time, ok bool) {
	token, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(token) != tokenSize {
		return nil, time.Time{}, false
	}
	signed := token[:timeSize+nonceSize]
	if !hmac.Equal(token[len(signed):], s.mac("form", signed)) {
		return nil, time.Time{}, false
	}
	return signed[timeSize:], time.UnixMilli(int64(binary.BigEndian.Uint64(signed))), true
}

// crockford leaves out the letters that look like digits or like each other.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// reference returns the reference that the person is given. Nobody can predict it, and it is the same for
// the same form.
func (s sealer) reference(nonce []byte) string {
	text := crockford.EncodeToString(s.mac("reference", nonce))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12]
}

func (s sealer) mac(use string, of []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(use))
	h.Write([]byte{0})
	h.Write(of)
	return h.Sum(nil)
}
