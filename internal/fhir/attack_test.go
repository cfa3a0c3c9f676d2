package fhir

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"crypto/tls"
	"crypto/x509"
	"golang.org/x/oauth2/clientcredentials"
)

func TestAttackToken(t *testing.T) {
	var elsewhere atomic.Int32
	away := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { elsewhere.Add(1); t.Log(r.Method, r.URL, r.Header) }))
	defer away.Close()
	tokens := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, away.URL+"/token", http.StatusTemporaryRedirect)
	}))
	defer tokens.Close()
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, away.URL+"/api", http.StatusTemporaryRedirect)
	}))
	defer api.Close()
	pool := x509.NewCertPool()
	for _, s := range []*httptest.Server{away, tokens, api} {
		pool.AddCert(s.Certificate())
	}
	c, err := NewClient(api.URL, Options{TLS: &tls.Config{RootCAs: pool}, OAuth: &clientcredentials.Config{ClientID: "i", ClientSecret: "a secret thing", TokenURL: tokens.URL}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Fetch(t.Context(), Request{Path: "Patient"})
	t.Log(err)
	if elsewhere.Load() != 0 || err == nil || strings.Contains(err.Error(), "secret thing") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Error("followed", err)
	}
}

func TestAttackLinks(t *testing.T) {
	c, err := NewClient("https://host/base", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"https://other/base/x", "//other/base/x", "https://host:444/base/x", "https://host/basement/x", "https://host/base/../x", "/base/%2e%2e/x", "https://host/base/..%2fx", "http://host/base/x", "https://u@host/base/x", "https://host/base//x", "javascript:x", `https://host/base\..\x`, "https://host./base/x", "?x=1", "Patient/2"} {
		u, err := c.address(Request{Link: link})
		t.Log(link, u, err != nil)
	}
}
