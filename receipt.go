package main

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
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

// receiptSecret keys the hashes of receipts. It is derived from the secret of ids.
func receiptSecret(secrets config.Secrets) ([]byte, error) {
	secret, err := hkdf.Key(sha256.New, secrets.IDs, nil, "carerecord receipts", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("secrets.ids: %w", err)
	}
	return secret, nil
}

// receiptSigner signs answers.
func receiptSigner(secrets config.Secrets) (*receipt.Signer, error) {
	secret, err := receiptSecret(secrets)
	if err != nil {
		return nil, err
	}
	return receipt.NewSigner(secrets.Signing, secret, sdl())
}

// receiptKeys serves the keys that verify receipts.
func (s *service) receiptKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(s.receipts.KeySet(s.config.Secrets.Earlier))
}

// verifyReceipt checks whether a saved answer is what the service sent, and whether it answered the named document and
// variables.
func verifyReceipt(c *config.Config, stdout io.Writer) error {
	keys, secret, err := receiptKeysOf(c)
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
	if _, err = fmt.Fprintf(stdout, "This is what the service sent: %s, at %s.\ndocument  %s\nschema    %s\ndata      %s\n",
		operation, r.IssuedAt.Format(time.RFC3339), r.Document, r.Schema, r.Data); err != nil {
		return err
	}
	return isFor(c, r, secret, stdout)
}

// isFor checks whether a receipt is for the named document and variables.
func isFor(c *config.Config, r receipt.Receipt, secret []byte, stdout io.Writer) error {
	for _, asked := range []struct {
		flag, path, holds string
		check             func(text, secret []byte) error
	}{
		{"-document", c.ReceiptDocument, "It was sent to this document", r.CheckDocument},
		{"-variables", c.ReceiptVariables, "It was sent to these variables", r.CheckVariables},
	} {
		if asked.path == "" {
			continue
		}
		text, err := os.ReadFile(asked.path)
		if err != nil {
			return fmt.Errorf("%s: %s cannot be read; correct the path", asked.flag, asked.path)
		}
		err = asked.check(text, secret)
		if errors.Is(err, receipt.ErrSecret) {
			return fmt.Errorf("%s: %w; name the service's settings with -config FILE, of which secrets.ids is enough beside -keys", asked.flag, err)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", asked.flag, err)
		}
		if _, err = fmt.Fprintf(stdout, "%s: %s\n", asked.holds, asked.path); err != nil {
			return err
		}
	}
	return nil
}

// receiptKeysOf finds the keys: those named, the service's own, or those of the demonstration that runs or is kept. The
// secret comes from the settings or the demonstration; nil without both.
func receiptKeysOf(c *config.Config) (keys receipt.Keys, secret []byte, err error) {
	secrets := c.Secrets
	if c.ReceiptKeys == "" && c.File == "" {
		if secrets, err = demoSecrets(c); err != nil {
			return nil, nil, err
		}
	}
	if len(secrets.IDs) > 0 {
		if secret, err = receiptSecret(secrets); err != nil {
			return nil, nil, err
		}
	}
	if c.ReceiptKeys != "" {
		text, err := os.ReadFile(c.ReceiptKeys)
		if err != nil {
			return nil, nil, fmt.Errorf("-keys: %s cannot be read; correct the path", c.ReceiptKeys)
		}
		if keys, err = receipt.ParseKeys(text); err != nil {
			return nil, nil, fmt.Errorf("-keys: %s: %w; name a file with what /receipt-keys.json answers", c.ReceiptKeys, err)
		}
		return keys, secret, nil
	}
	signer, err := receiptSigner(secrets)
	if err != nil {
		return nil, nil, err
	}
	keys, err = receipt.ParseKeys(signer.KeySet(secrets.Earlier))
	return keys, secret, err
}

// demoSecrets are the secrets of the demonstration that runs, or of the one in -data.
func demoSecrets(c *config.Config) (config.Secrets, error) {
	d, err := demo.Kept(c.Data)
	if c.Data == "" {
		d, err = demo.Find("", c.Addr.String())
	}
	if err != nil {
		return config.Secrets{}, fmt.Errorf("no keys to verify with: name them with -keys FILE (what /receipt-keys.json answers), or a demonstration with -data, or with -addr where it runs (%w)", err)
	}
	return config.Secrets{IDs: d.Secret("ids"), Signing: signingKeyOf(d)}, nil
}
