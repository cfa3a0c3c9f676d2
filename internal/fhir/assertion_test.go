package fhir_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2/clientcredentials"

	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

func keyInPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// A token server that takes a statement only as RFC 7523 and the NHS's platform have it.
func TestASignatureInPlaceOfASecret(t *testing.T) {
	rs, errRS := rsa.GenerateKey(rand.Reader, 2048)
	ec, errEC := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, errED := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(errRS, errEC, errED); err != nil {
		t.Fatal(err)
	}
	for algorithm, key := range map[string]crypto.Signer{"RS512": rs, "ES384": ec, "EdDSA": ed} {
		t.Run(algorithm, func(t *testing.T) {
			seen := map[string]bool{}
			mux := http.NewServeMux()
			var address string
			mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || r.FormValue("client_secret") != "" || r.Header.Get("Authorization") != "" {
					t.Errorf("asked with %v", r.Form)
				}
				claims := jwt.MapClaims{}
				token, err := jwt.ParseWithClaims(r.FormValue("client_assertion"), claims, func(*jwt.Token) (any, error) { return key.Public(), nil },
					jwt.WithValidMethods([]string{algorithm}), jwt.WithAudience(address+"/token"), jwt.WithIssuer("us"), jwt.WithSubject("us"), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
				if err != nil || token.Header["kid"] != "key-1" {
					t.Errorf("%v, header %v", err, token.Header)
					http.Error(w, "{}", http.StatusUnauthorized)
					return
				}
				if expires, err := claims.GetExpirationTime(); err != nil || time.Until(expires.Time) > 5*time.Minute {
					t.Errorf("it holds until %v, %v", expires, err)
				}
				id, _ := claims["jti"].(string)
				if id == "" || seen[id] {
					t.Errorf("jti %q", id)
				}
				seen[id] = true
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"access_token":"t","token_type":"Bearer","expires_in":1}`) // too short to be kept
			})
			mux.HandleFunc("/fhir/", func(w http.ResponseWriter, r *http.Request) {
				answers(200, "application/fhir+json", `{"token":"`+r.Header.Get("Authorization")+`"}`)(w, r)
			})
			server := httptest.NewTLSServer(mux)
			t.Cleanup(server.Close)
			address = server.URL
			sign, err := fhir.ParseAssertion(keyInPEM(t, key), "key-1")
			if err != nil {
				t.Fatal(err)
			}
			client, err := fhir.NewClient(address+"/fhir", fhir.Options{
				OAuth: &clientcredentials.Config{ClientID: "us", TokenURL: address + "/token"}, Sign: sign,
				TLS: server.Client().Transport.(*http.Transport).TLSClientConfig,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			for range 2 {
				if got, err := client.Fetch(t.Context(), fhir.Request{Path: "Patient"}); err != nil || string(got) != `{"token":"Bearer t"}` {
					t.Errorf("%s, %v", got, err)
				}
			}
			if len(seen) != 2 {
				t.Errorf("%d statements for two tokens", len(seen))
			}
		})
	}
}

func TestKeysThatSignNothing(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "no PEM": []byte("secret"), "no key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
		"a short key": keyInPEM(t, small), "a small curve": keyInPEM(t, p224),
	} {
		if a, err := fhir.ParseAssertion(data, ""); a != nil || !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// HTTP/2 has any number of requests on one connection, and the bound holds all the same.
func TestRequestsUnderWayAreBounded(t *testing.T) {
	three := fhirtest.NewAtOnce(3)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		three.Stay()
		if r.ProtoMajor != 2 {
			t.Errorf("HTTP/%d", r.ProtoMajor)
		}
		answers(200, "application/fhir+json", `{}`)(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL+"/fhir", fhir.Options{MaxConns: 3, TLS: server.Client().Transport.(*http.Transport).TLSClientConfig})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := client.Fetch(t.Context(), fhir.Request{Path: "Patient"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if three.Most() != 3 {
		t.Errorf("%d at once", three.Most())
	}
}
