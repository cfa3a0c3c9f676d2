package fhir_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// quiet swallows what a test server says of handshakes that are meant to fail.
var quiet = log.New(io.Discard, "", 0)

// pair writes a self-signed certificate and its key.
func pair(t *testing.T, dir, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: bytes}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

func TestBothSidesShowTheirCertificates(t *testing.T) {
	dir := t.TempDir()
	ourCertificate, ourKey := pair(t, dir, "us")
	theirCertificate, theirKey := pair(t, dir, "them")
	stranger, _ := pair(t, dir, "stranger")

	theirs, err := tls.LoadX509KeyPair(theirCertificate, theirKey)
	if err != nil {
		t.Fatal(err)
	}
	known := x509.NewCertPool()
	text, err := os.ReadFile(ourCertificate)
	if err != nil {
		t.Fatal(err)
	}
	known.AppendCertsFromPEM(text)
	server := httptest.NewUnstartedServer(answers(200, "application/fhir+json", `{}`))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{theirs}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: known}
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)

	for name, c := range map[string]struct {
		certificate, key, roots string
		ok                      bool
	}{
		"ours, and theirs trusted":    {ourCertificate, ourKey, theirCertificate, true},
		"none of ours":                {"", "", theirCertificate, false},
		"theirs signed by a stranger": {ourCertificate, ourKey, stranger, false},
	} {
		t.Run(name, func(t *testing.T) {
			identity, err := fhir.Identity(c.certificate, c.key, c.roots)
			if err != nil {
				t.Fatal(err)
			}
			client, err := fhir.NewClient(server.URL, fhir.Options{TLS: identity})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			_, err = client.Fetch(t.Context(), fhir.Request{Path: "metadata"})
			if (err == nil) != c.ok || err != nil && !errors.Is(err, record.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	if _, err := fhir.Identity(ourCertificate, ourKey, ourKey); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("roots that are a key: %v", err)
	}
}
