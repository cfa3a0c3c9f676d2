package fhir

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"carerecord/internal/record"
)

// An Assertion authenticates us to a token endpoint by a signature instead of a shared secret:
// private_key_jwt (RFC 7523), as the NHS API platform and SMART Backend Services require.
type Assertion struct {
	key    crypto.Signer
	keyID  string
	method jwt.SigningMethod
}

// ParseAssertion reads a private key in PEM, without a password: RSA of at least 2048 bits, Ed25519, or
// ECDSA on P-256, P-384 or P-521. keyID is the name under which the public key is registered; it may be "".
func ParseAssertion(data []byte, keyID string) (*Assertion, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%w: there is no key in PEM", record.ErrInvalid)
	}
	a := &Assertion{keyID: keyID}
	switch key := privateKey(block.Bytes).(type) {
	case nil:
		return nil, fmt.Errorf("%w: it is no private key without a password", record.ErrInvalid)
	case *rsa.PrivateKey:
		if key.N.BitLen() < 2048 {
			return nil, fmt.Errorf("%w: an RSA key of fewer than 2048 bits", record.ErrInvalid)
		}
		a.key, a.method = key, jwt.SigningMethodRS512
	case ed25519.PrivateKey:
		a.key, a.method = key, jwt.SigningMethodEdDSA
	case *ecdsa.PrivateKey:
		a.key, a.method = key, curves[key.Curve]
	}
	if a.key == nil || a.method == nil {
		return nil, fmt.Errorf("%w: the key is neither RSA, nor Ed25519, nor on one of the curves P-256, P-384 and P-521", record.ErrInvalid)
	}
	return a, nil
}

// privateKey parses a key in any form that openssl writes; nil if it is not one.
func privateKey(der []byte) any {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

var curves = map[elliptic.Curve]jwt.SigningMethod{
	elliptic.P256(): jwt.SigningMethodES256, elliptic.P384(): jwt.SigningMethodES384, elliptic.P521(): jwt.SigningMethodES512,
}

// statementLifetime is the longest lifetime that the NHS API platform accepts.
const statementLifetime = 5 * time.Minute

func (a *Assertion) statement(client, audience string, at time.Time) (string, error) {
	token := jwt.NewWithClaims(a.method, jwt.MapClaims{
		"iss": client, "sub": client, "aud": audience, "jti": rand.Text(), "iat": at.Unix(), "exp": at.Add(statementLifetime).Unix(),
	})
	if a.keyID != "" {
		token.Header["kid"] = a.keyID
	}
	return token.SignedString(a.key)
}
