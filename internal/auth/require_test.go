package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"carerecord/internal/auth"
)

func TestRequire(t *testing.T) {
	i := newIssuer(t)
	good, second := "Bearer "+i.Token(nil), "Bearer "+i.Token(nil)
	var refused error
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, ok := auth.FromContext(r.Context()); !ok || p.Subject != "staff-1" {
			t.Errorf("the principal in the context is %+v", p)
		}
	})
	h := auth.Require(i.Verifier(), next, func(w http.ResponseWriter, r *http.Request, err error) {
		if _, ok := auth.FromContext(r.Context()); ok {
			t.Error("a principal beside a refusal")
		}
		refused = err
		w.WriteHeader(http.StatusUnauthorized)
	})
	for _, c := range []struct {
		name   string
		url    string
		header http.Header
		code   int
	}{
		{"one header is let through", "/", http.Header{"Authorization": {good}}, 200},
		{"no header is refused", "/", nil, 401},
		{"an empty header is refused", "/", http.Header{"Authorization": {""}}, 401},
		{"several headers are refused", "/", http.Header{"Authorization": {good, second}}, 401},
		{"the same header twice is refused", "/", http.Header{"Authorization": {good, good}}, 401},
		{"a token in the address is no header", "/?access_token=" + i.Token(nil), nil, 401},
		{"a token in the address is refused beside a header", "/?access_token=x", http.Header{"Authorization": {good}}, 401},
		{"so is one whose name is written with escapes", "/?acces%73_token=x", http.Header{"Authorization": {good}}, 401},
		{"other parameters are let through", "/?query=%7Ba%7D", http.Header{"Authorization": {good}}, 200},
		{"a cookie is no header", "/", http.Header{"Cookie": {"Authorization=" + good}}, 401},
		{"a proxy's header is no header", "/", http.Header{"Proxy-Authorization": {good}}, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused = nil
			r := httptest.NewRequest("GET", c.url, nil)
			r.Header = c.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.code || (c.code == 401) != errors.Is(refused, auth.ErrUnauthenticated) {
				t.Errorf("status %d, refused with %v; want %d", w.Code, refused, c.code)
			}
		})
	}
}
