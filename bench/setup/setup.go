// Package setup is what every server of the benchmark is given: databases, keys to
// verify tokens with, and secrets. It can be written down for another process.
package setup

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"carerecord/bench/data"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/organisation"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
)

// A Setup is for servers on the same databases: they answer alike and take the same tokens.
type Setup struct {
	data.World
	Issuer, Audience string
	KeysFile         string   // what verifies tokens
	Tokens           []string // of the principals who ask, one for each request under way
	IDs, Cursors     []byte   // secrets
	Seed             []byte   // of the signing key
}

// Principals is how many people can ask at once. They are of one practice and of one role: with requests of its own, each
// waits for nobody else's, as the service bounds what one person looks up at a time.
const Principals = 64

// tokenHolds is longer than any run.
const tokenHolds = 24 * time.Hour

// New makes keys and secrets in a directory that its owner alone can open. The secrets
// are new every time unless fixed is given.
func New(dir string, world data.World, fixed []byte) (Setup, error) {
	issuer, err := auth.CreateDemoKeys(dir)
	if err != nil {
		return Setup{}, err
	}
	persona, err := auth.FindPersona("gp")
	if err != nil {
		return Setup{}, err
	}
	s := Setup{World: world, Issuer: issuer.Issuer, Audience: issuer.Audience, KeysFile: issuer.KeysFile()}
	for i := range Principals {
		one := persona
		one.Name = fmt.Sprintf("%s-%d", persona.Name, i)
		token, err := issuer.Token(one, auth.TokenOptions{Org: data.Practice, Expires: tokenHolds})
		if err != nil {
			return Setup{}, err
		}
		s.Tokens = append(s.Tokens, token)
	}
	for name, secret := range map[string]*[]byte{"ids": &s.IDs, "cursors": &s.Cursors, "signing": &s.Seed} {
		if *secret, err = derive(fixed, name); err != nil {
			return Setup{}, err
		}
	}
	return s, nil
}

// derive is a secret for a purpose, from another or from chance.
func derive(from []byte, purpose string) ([]byte, error) {
	if from != nil {
		return hkdf.Key(sha256.New, from, nil, purpose, sha256.Size)
	}
	secret := make([]byte, sha256.Size)
	_, err := rand.Read(secret)
	return secret, err
}

// Write writes the setup to a file that its owner alone can read.
func (s Setup) Write(path string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(path), text, 0o600)
}

// Read reads what Write wrote.
func Read(path string) (s Setup, err error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return s, errors.New("the setup of the benchmark cannot be read; start it with go run ./bench, which writes one")
	}
	return s, json.Unmarshal(text, &s)
}

// Verifier verifies tokens and remembers those it has verified.
func (s Setup) Verifier() (*auth.Verifier, error) {
	keys, err := auth.KeysFromFile(s.KeysFile, auth.KeyOptions{})
	if err != nil {
		return nil, err
	}
	return auth.New(auth.Options{Issuer: s.Issuer, Audience: s.Audience, Keys: keys}), nil
}

// SigningKey signs receipts and checkpoints.
func (s Setup) SigningKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(s.Seed) }

// Receipts signs answers as the service does.
func (s Setup) Receipts() (*receipt.Signer, error) {
	secret, err := hkdf.Key(sha256.New, s.IDs, nil, "carerecord receipts", sha256.Size)
	if err != nil {
		return nil, err
	}
	return receipt.NewSigner(s.SigningKey(), secret, "")
}

// Audit is how the trail is kept.
func (s Setup) Audit(receipts *receipt.Signer) audit.Options {
	return audit.Options{
		AllowVolatile: s.Volatile,
		Keeping:       audit.Keeping{Signer: &audit.Signer{Key: s.SigningKey(), ID: receipts.KeyID()}, Failed: func(error) {}},
	}
}

// Organisation is the organisation of a source, as it is shown.
func (s Setup) Organisation(source data.Source) *record.Organisation {
	return config.OrganisationOf(organisation.Default(), source.ODS)
}

// Through is the setup with every database reached by another address.
func (s Setup) Through(redirect func(dsn string) (string, error)) (Setup, error) {
	var err error
	if s.Own, err = redirect(s.Own); err != nil {
		return s, fmt.Errorf("the own database: %w", err)
	}
	sources := make([]data.Source, len(s.Sources))
	for i, source := range s.Sources {
		sources[i] = source
		if sources[i].DSN, err = redirect(source.DSN); err != nil {
			return s, fmt.Errorf("the source %s: %w", source.Sector, err)
		}
	}
	s.Sources = sources
	return s, nil
}
