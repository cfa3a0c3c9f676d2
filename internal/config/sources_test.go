package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carerecord/internal/config"
	"carerecord/internal/record"
)

// writeKeys writes the keys and secrets that sources of the tests name.
func writeKeys(t *testing.T, dir string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "us"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	inPEM := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for name, data := range map[string][]byte{
		"spine.pem": inPEM("CERTIFICATE", certificate), "spine-roots.pem": inPEM("CERTIFICATE", certificate),
		"spine-key.pem": inPEM("PRIVATE KEY", key), "rrv-client-key.pem": inPEM("PRIVATE KEY", key), "x1cam-secret": []byte("hunter2\n"), "empty": nil,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// withSource is the example with one more source.
func withSource(t *testing.T, lines ...string) (*config.Config, error) {
	t.Helper()
	path := example(t, func(s string) string {
		return strings.Replace(s, "\nsources:\n", "\nsources:\n  - "+strings.Join(lines, "\n    ")+"\n", 1)
	})
	return config.Load(environment, []string{"serve", "-config", path})
}

func TestSourcesOfFHIR(t *testing.T) {
	path := example(t, func(s string) string { return s })
	c, err := config.Load(environment, []string{"serve", "-config", path})
	if err != nil {
		t.Fatal(err)
	}
	trust, practice, council := c.Sources[2], c.Sources[4], c.Sources[7]
	if a := trust.FHIR.Access; trust.Kind != config.UKCore || !trust.Hedge || !trust.FHIR.Batch || a.Sign == nil || a.Scope != "system/*.read" || a.TokenURL == "" || trust.FHIR.TLS != nil {
		t.Errorf("%+v", trust)
	}
	if f := practice.FHIR; practice.Kind != config.GPConnect || f.TLS == nil || f.TLS.RootCAs == nil || f.ASIDTo != "200000000002" || f.Concurrency != 8 || f.Documents.URL == "" || f.Access.TokenURL != "" {
		t.Errorf("%+v", practice)
	}
	if council.Kind != config.Interweave || string(council.FHIR.Access.Secret) != "hunter2" || strings.Contains(fmt.Sprintf("%v %+v %#v", council, council, council), "hunter2") {
		t.Errorf("%+v", council)
	}
	c, err = withSource(t, "sector: GP", "organisation: F83901", "kind: gp-connect", "url: fhir-dir:folder")
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Sources[0]; s.FHIR.At.URL != "" || !filepath.IsAbs(s.FHIR.At.Folder) || s.Deadline != c.Timeouts.Source {
		t.Errorf("%+v", s)
	}
	c, err = withSource(t, "sector: MENTAL_HEALTH", "organisation: RRV", "kind: uk-core", "url: http://127.0.0.1:1/fhir")
	if err != nil || c.Sources[0].Sector != record.MentalHealth {
		t.Errorf("on this machine: %v", err)
	}
}

func TestFaultsOfASource(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"neither":                             {[]string{"sector: GP", "organisation: F83901"}, "a source has no dsn; one of kind sql needs it, so add it"},
		"neither, of FHIR":                    {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect"}, "a source has no url; one of kind gp-connect needs it"},
		"both":                                {[]string{"sector: GP", "organisation: F83901", "dsn: postgres://a@h/b", "url: https://h/fhir"}, "url does not belong to a source of kind sql, but to gp-connect, uk-core, pds, interweave; leave it out or name the kind"},
		"both, of FHIR":                       {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "dsn: postgres://a@h/b", "url: https://h/fhir"}, "dsn does not belong to a source of kind gp-connect, but to sql"},
		"of another sector":                   {[]string{"sector: ACUTE", "organisation: RAP", "kind: gp-connect", "url: https://h/fhir"}, "a source of kind gp-connect holds GP, not ACUTE; correct the sector or the kind"},
		"a pool of FHIR":                      {[]string{"sector: ACUTE", "organisation: RAP", "kind: uk-core", "url: https://h/fhir", "pool: 3"}, "pool does not belong to a source of kind uk-core, but to sql"},
		"a pooler of FHIR":                    {[]string{"sector: ACUTE", "organisation: RAP", "kind: uk-core", "url: https://h/fhir", "pooling: session"}, "pooling does not belong to a source of kind uk-core, but to sql"},
		"a pooler of no kind":                 {[]string{"sector: GP", "organisation: F83901", "dsn: postgres://a@h/b", "pooling: statement"}, `"statement" is none of session, transaction`},
		"a batch of GP Connect":               {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "batch: true"}, "batch does not belong to a source of kind gp-connect, but to uk-core"},
		"no kind":                             {[]string{"sector: GP", "organisation: F83901", "kind: hl7", "url: https://h/fhir"}, `"hl7" is no kind of source; there are sql, gp-connect, uk-core, pds, interweave`},
		"no setting":                          {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "certficate: x"}, "a source has no setting certficate; it has sector, "},
		"by http":                             {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: http://h/fhir"}, "write an https address"},
		"no address":                          {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: somewhere"}, "write https://host/path or fhir-dir:PATH"},
		"an address with a password":          {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://u:hunter3@h/fhir"}, "without user, query or fragment"},
		"a token by http":                     {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "token-url: http://h/token", "client-id: a", "client-secret: x1cam-secret"}, "token-url of a source: by http anybody"},
		"a folder that is none":               {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: fhir-dir:nowhere"}, "nowhere cannot be read"},
		"a file for a folder":                 {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: fhir-dir:empty"}, "is not a folder"},
		"no secret":                           {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "token-url: https://h/t", "client-id: a"}, "needs either client-secret or client-key"},
		"two secrets":                         {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "token-url: https://h/t", "client-id: a", "client-secret: x1cam-secret", "client-key: rrv-client-key.pem"}, "needs either client-secret or client-key"},
		"a secret for nothing":                {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "client-secret: x1cam-secret"}, "a source with client-secret needs token-url"},
		"an empty secret":                     {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "token-url: https://h/t", "client-id: a", "client-secret: empty"}, "empty is empty; write the secret into it"},
		"a key that is none":                  {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "token-url: https://h/t", "client-id: a", "client-key: x1cam-secret"}, "there is no key in PEM; make one with: openssl genrsa 4096"},
		"a key where its file is to be named": {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "certificate: spine.pem", "key: hunter4"}, "key of a source: the file cannot be read"},
		"a client's key where its file is to be named": {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "token-url: https://h/t", "client-id: a", "client-key: hunter5"}, "client-key of a source: the file cannot be read"},
		"half a certificate":                           {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "certificate: spine.pem"}, "a source with certificate needs key; add it"},
		"no certificate":                               {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "certificate: empty", "key: spine-key.pem"}, "name files in PEM that belong together"},
		"roots that are none":                          {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "roots: x1cam-secret"}, "holds no certificate in PEM"},
		"a file that is not there":                     {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "roots: nowhere.pem"}, "nowhere.pem cannot be read"},
		"a certificate by http":                        {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: http://127.0.0.1/fhir", "roots: spine-roots.pem"}, "a source with roots needs an https address"},
		"a token for a folder":                         {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: fhir-dir:folder", "token-url: https://h/t", "client-id: a", "client-secret: x1cam-secret"}, "a source with token-url needs an https address"},
		"half an ASID":                                 {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "asid-to: 200000000002"}, "a source with asid-to needs asid-from"},
		"no ASID":                                      {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "asid-to: 2", "asid-from: 200000000002"}, "it is not an ASID"},
		"too many at once":                             {[]string{"sector: GP", "organisation: F83901", "kind: gp-connect", "url: https://h/fhir", "concurrency: 5000"}, "write 1000 or fewer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := withSource(t, c.lines...)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line ") {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter") || strings.Count(err.Error(), "\n") > 1) {
				t.Errorf("it says too much: %v", err)
			}
		})
	}
}

func TestPooling(t *testing.T) {
	for lines, want := range map[string]config.Pooling{"": "", "pooling: session": config.BySession, "pooling: transaction": config.ByTransaction} {
		all := []string{"sector: GP", "organisation: F83901", "dsn: postgres://a@h/b"}
		if lines != "" {
			all = append(all, lines)
		}
		if c, err := withSource(t, all...); err != nil || c.Sources[0].Pooling != want {
			t.Errorf("%q: %v", lines, err)
		}
	}
}
