package main

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/receipt"
)

// signingKeyOf is the demonstration's own signing key.
func signingKeyOf(d *demo.Demo) ed25519.PrivateKey {
	seed := sha256.Sum256(d.Secret("signing"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// receiptSigner signs answers. What keys the hashes follows from the secret of ids.
func receiptSigner(secrets config.Secrets) (*receipt.Signer, error) {
	secret, err := hkdf.Key(sha256.New, secrets.IDs, nil, "carerecord receipts", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("secrets.ids: %w", err)
	}
	return receipt.NewSigner(secrets.Signing, secret, sdl())
}

// receiptKeys answers with the keys that receipts are verified with.
func (s *service) receiptKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(s.receipts.KeySet(s.config.Secrets.Earlier))
}

// verifyReceipt says whether an answer that was kept is what the service sent.
func verifyReceipt(c *config.Config, stdout io.Writer) error {
	keys, err := receiptKeysOf(c)
	if err != nil {
		return err
	}
	answer, err := os.ReadFile(c.Answer)
	if err != nil {
		return fmt.Errorf("%s cannot be read; correct the path", c.Answer)
	}
	r, err := receipt.Verify(answer, keys)
	if err != nil {
		return err
	}
	operation := r.Operation
	if operation == "" {
		operation = "an operation without a name"
	}
	_, err = fmt.Fprintf(stdout, "This is what the service sent: %s, at %s.\ndocument  %s\nschema    %s\ndata      %s\n",
		operation, r.IssuedAt.Format(time.RFC3339), r.Document, r.Schema, r.Data)
	return err
}

// receiptKeysOf finds the keys: those that were named, the service's own, or those of
// the demonstration that runs or is kept.
func receiptKeysOf(c *config.Config) (receipt.Keys, error) {
	switch {
	case c.ReceiptKeys != "":
		text, err := os.ReadFile(c.ReceiptKeys)
		if err != nil {
			return nil, fmt.Errorf("-keys: %s cannot be read; correct the path", c.ReceiptKeys)
		}
		return receipt.ParseKeys(text)
	case c.File != "":
		signer, err := receiptSigner(c.Secrets)
		if err != nil {
			return nil, err
		}
		return receipt.ParseKeys(signer.KeySet(c.Secrets.Earlier))
	}
	d, err := demo.Kept(c.Data)
	if c.Data == "" {
		d, err = demo.Find("", c.Addr.String())
	}
	if err != nil {
		return nil, fmt.Errorf("no keys to verify with: name them with -keys FILE (what /receipt-keys.json answers), or a demonstration with -data, or with -addr where it runs (%w)", err)
	}
	signer, err := receiptSigner(config.Secrets{IDs: d.Secret("ids"), Signing: signingKeyOf(d)})
	if err != nil {
		return nil, err
	}
	return receipt.ParseKeys(signer.KeySet())
}
