package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"carerecord/internal/auth"
)

func TestRequire(t *testing.T) {
	i := newIssuer(t)
	good, second := "Bearer "+i.Token(nil), "Bearer "+i.Token(nil)
	var refused error
	served := false
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served = true
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
		says   string
	}{
		{"one header is let through", "/", http.Header{"Authorization": {good}}, 200, ""},
		{"no header is refused", "/", nil, 401, "send Authorization: Bearer"},
		{"an empty header is refused", "/", http.Header{"Authorization": {""}}, 401, "send Authorization: Bearer"},
		{"several headers are refused", "/", http.Header{"Authorization": {good, second}}, 401, "not several"},
		{"the same header twice is refused", "/", http.Header{"Authorization": {good, good}}, 401, "not several"},
		{"a token in the address is no header", "/?access_token=" + i.Token(nil), nil, 401, "ends up in logs"},
		{"a token in the address is refused beside a header", "/?access_token=x", http.Header{"Authorization": {good}}, 401, "ends up in logs"},
		{"so is one whose name is written with escapes", "/?acces%73_token=x", http.Header{"Authorization": {good}}, 401, "ends up in logs"},
		{"other parameters are let through", "/?query=%7Ba%7D", http.Header{"Authorization": {good}}, 200, ""},
		{"a cookie is no header", "/", http.Header{"Cookie": {"Authorization=" + good}}, 401, "send Authorization: Bearer"},
		{"a proxy's header is no header", "/", http.Header{"Proxy-Authorization": {good}}, 401, "send Authorization: Bearer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused, served = nil, false
			r := httptest.NewRequest("GET", c.url, nil)
			r.Header = c.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.code || served != (c.code == 200) || (c.code == 401) != errors.Is(refused, auth.ErrUnauthenticated) {
				t.Errorf("status %d, served %v, refused with %v; want %d", w.Code, served, refused, c.code)
			}
			if refused != nil && !strings.Contains(refused.Error(), c.says) {
				t.Errorf("%v does not say %q", refused, c.says)
			}
		})
	}
}

func TestARequestWithoutAHeaderHasNone(t *testing.T) {
	if _, err := auth.FromRequest(httptest.NewRequest("GET", "/", nil)); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("error %v, want ErrUnauthenticated", err)
	}
}
