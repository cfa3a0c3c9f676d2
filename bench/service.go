package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"carerecord/bench/setup"
)

// service is the program itself on real sources, with nothing of the demonstration. What
// differs from its defaults are the limits that a list of 1,000 patients needs, and times
// that servers which are slow do not run into.
func (h *harness) service(s setup.Setup, _, address, metrics string) (*exec.Cmd, error) {
	der, err := x509.MarshalPKCS8PrivateKey(s.SigningKey())
	if err != nil {
		return nil, err
	}
	ids, cursors, signing := h.file("ids"), h.file("cursors"), h.file("signing.pem")
	for path, text := range map[string][]byte{
		ids: []byte(base64.StdEncoding.EncodeToString(s.IDs)), cursors: []byte(base64.StdEncoding.EncodeToString(s.Cursors)),
		signing: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, err
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "addr: %s\nmetrics: %s\ndatabase:\n  dsn: %q\nsign-in:\n  issuer: %s\n  audience: %s\n  keys: %s\n", address, metrics, s.Own, s.Issuer, s.Audience, s.KeysFile)
	fmt.Fprintf(&b, "secrets:\n  ids: %s\n  cursors: %s\n  signing: %s\n", ids, cursors, signing)
	fmt.Fprintf(&b, "limits:\n  patients: 1000\n  cost: 50000000\n  concurrent: %d\n", mostAtOnce)
	b.WriteString("timeouts:\n  request: 60s\n  source: 60s\n  write: 90s\nlog:\n  level: warn\nsources:\n")
	for _, source := range s.Sources {
		fmt.Fprintf(&b, "  - sector: %s\n    organisation: %s\n    dsn: %q\n", source.Sector, source.ODS, source.DSN)
	}
	path := h.file("config.yml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	return exec.Command(h.binary(), "serve", "-config", path), nil
}
