package config

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folderWith is a folder of files.
func folderWith(t *testing.T, files map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

// told is what a text is read as.
func told[T any](read func(string) (T, error)) func(string) (string, error) {
	return func(text string) (string, error) {
		value, err := read(text)
		return fmt.Sprint(value), err
	}
}

func TestValues(t *testing.T) {
	for name, v := range map[string]struct {
		read   func(string) (string, error)
		sound  map[string]string
		faulty []string
		says   string
	}{
		"address": {told(address), map[string]string{"127.0.0.1:0": "127.0.0.1:0", "[::1]:65535": "[::1]:65535", ":80": ":80"},
			[]string{"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:", "localhost:http"}, "has no port from 0 to 65535"},
		"no address": {told(address), nil, []string{"", "127.0.0.1", "1:2:3"}, "is not an address; write it as 127.0.0.1:8080"},
		"ODS code":   {told(ods), map[string]string{"RAL": "RAL", "ABCDEFGH90": "ABCDEFGH90"}, []string{"", "RA", "ral", "RAL ", "ABCDEFGH901"}, "is not an ODS code"},
		"empty DSN": {told(func(text string) (string, error) {
			v, err := dsn(func(string) string { return "" }, text)
			return string(v), err
		}), nil, []string{"", " "}, "it is empty"},
		"address of keys": {told(keys), map[string]string{"https://h/jwks": "{ https://h/jwks}", "http://127.0.0.1:1/jwks": "{ http://127.0.0.1:1/jwks}", "http://localhost/jwks": "{ http://localhost/jwks}"},
			[]string{"http://h/jwks", "https:///jwks", "ftp://h/jwks", "ftp://127.0.0.1/jwks", "https://h:x/jwks"}, "it is not an https address"},
		"archive": {told(httpsURL), map[string]string{"https://h/a": "https://h/a", "http://h/a": "http://h/a"}, []string{"", "https:///a", "ftp://h/a", "https://h:x/a"}, "it is not an address"},
		"size": {told(size), map[string]string{"1": "1", "65536": "65536", "1KiB": "1024", "2 MiB": "2097152", "1024MiB": "1073741824", "1073741824": "1073741824"},
			[]string{"", "0", "-1", "x", "MiB", "1GiB", "1073741825", "1048577KiB", "1025MiB", "99999999999999999999"}, "is not a size up to 1024MiB"},
		"length of time": {told(duration), map[string]string{"1ns": "1ns", "8h": "8h0m0s"}, []string{"", "0s", "-1s", "8"}, "is not a length of time above zero"},
		"count":          {told(count), map[string]string{"1": "1", "1000000000": "1000000000"}, []string{"", "0", "-1", "1.5", "1000000001"}, "is not a whole number from 1 to 1000000000"},
		"requests":       {told(few), map[string]string{"1": "1", "1000": "1000"}, []string{"1001"}, "write 1000 or fewer"},
		"no requests":    {told(few), nil, []string{"0", "x"}, "is not a whole number"},
		"months":         {told(months), map[string]string{"12": "12"}, []string{"11", "1"}, "keep events for 12 or more"},
		"no months":      {told(months), nil, []string{"0", "x"}, "is not a whole number"},
		"truth":          {told(truth), map[string]string{"true": "true", "yes": "true", "false": "false", "no": "false"}, []string{"", "True", "1"}, "is neither true nor false"},
		"words":          {told(words), map[string]string{" a ": " a "}, []string{"", " "}, "it is empty"},
		"SHA-256":        {told(digest), map[string]string{strings.Repeat("0f", 32): strings.Repeat("0f", 32)}, []string{"", strings.Repeat("0f", 33), strings.Repeat("0F", 32)}, "it is not a SHA-256"},
		"origins": {told(origins), map[string]string{"https://a.example": "[https://a.example]", "https://A.Example:8443 , http://b.example": "[https://a.example:8443 http://b.example]"},
			[]string{"", "a.example", "ftp://a", "https://", "https://a/", "https://a?b", "https://u@a", "https://a:x", "https://a.example,"}, "write origins as https://opt-out.example.nhs.uk"},
		"address of a source": {told(secureURL), map[string]string{"https://h/fhir": "https://h/fhir", "http://[::1]/fhir": "http://[::1]/fhir"},
			[]string{"", "https:///fhir", "ftp://h/fhir", "https://h/?a", "https://h/#a", "https://u:p@h/", "https://h:x/"}, "it is not an address"},
		"open address of a source": {told(secureURL), nil, []string{"http://h/fhir", "http://127.0.0.1.example/fhir"}, "by http anybody on the way could read it"},
	} {
		t.Run(name, func(t *testing.T) {
			for text, want := range v.sound {
				if got, err := v.read(text); err != nil || got != want {
					t.Errorf("%q is read as %s, %v; want %s", text, got, err, want)
				}
			}
			for _, text := range v.faulty {
				if got, err := v.read(text); err == nil || !strings.Contains(err.Error(), v.says) {
					t.Errorf("%q is read as %s, %v; want %q", text, got, err, v.says)
				}
			}
		})
	}
}

func TestFilesThatSettingsName(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	at := folderWith(t, map[string]string{
		"none": "this is none", "jwks": fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","alg":"EdDSA","use":"sig","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public)),
		"signing": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "secret": "\n" + strings.Repeat("s", leastSecret) + "\n", "short": strings.Repeat("s", leastSecret-1) + "\n",
		"organisations": "ods_code,name,role,valid_from,valid_to,successor,gss_code,invented\nNEW,a,COUNCIL,,,,,\n",
		"twice":         "ods_code,name,role,valid_from,valid_to,successor,gss_code,invented\nNEW,a,COUNCIL,,,,,\nNEW,a,COUNCIL,,,,,\n",
	})
	for name, f := range map[string]struct {
		read          func(string) (string, error)
		sound, faulty string
		says          string
		hidden        bool // the path is not repeated
	}{
		"keys":                   {told(keys), "jwks", "none", at("none") + ": ", false},
		"secret":                 {told(secret), "secret", "short", "holds fewer than 32 characters", true},
		"signing key":            {told(signing), "signing", "none", at("none") + ": ", true},
		"the secret of a client": {told(clientSecret), "secret", "", "", true},
		"the key of a source":    {told(ofSecret), "none", "", "", true},
		"earlier keys":           {told(earlierSigning), "jwks", "none", at("none") + ": ", false},
		"organisations":          {told(organisations), "organisations", "none", at("none") + ": ", false},
		"an organisation":        {told(organisations), "organisations", "twice", "NEW is written twice", false},
		"policy":                 {told(policy), "", "none", at("none") + ": ", false},
		"exclusions":             {told(exclusions), "", "none", at("none") + ": ", false},
		"a file":                 {told(file), "none", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if f.sound != "" {
				if _, err := f.read(at(f.sound)); err != nil {
					t.Error(err)
				}
			}
			if f.faulty != "" {
				if _, err := f.read(at(f.faulty)); err == nil || !strings.Contains(err.Error(), f.says) {
					t.Errorf("%v, want %q", err, f.says)
				}
			}
			says := at("nowhere") + " cannot be read (no such file or directory)"
			if f.hidden {
				says = "the file cannot be read (no such file or directory); correct the path, and do not write the secret itself here"
			}
			if _, err := f.read(at("nowhere")); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "nowhere") == f.hidden {
				t.Errorf("a file that is not there: %v", err)
			}
		})
	}
	if got, err := secret(at("secret")); err != nil || string(got) != strings.Repeat("s", leastSecret) {
		t.Errorf("what stands round a secret is part of it: %q, %v", got, err)
	}
	if got, err := organisations(at("organisations")); err != nil || len(got.All()) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPathsAreSeenFromTheFileThatNamesThem(t *testing.T) {
	for path, want := range map[string]string{"": "", "a": "/etc/care/a", "../a": "/etc/a", "/b/a": "/b/a", "https://h/a": "https://h/a"} {
		if got := beside("/etc/care/config.yml", path); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}
