package wiring

import (
	"crypto/rand"
	"net"
	"net/http"
	"strings"

	"carerecord/internal/audit"
	"carerecord/resolvers"
)

// FromClient adds to the context where a request comes from, for the audit trail, and an id that its event and its log
// line share. We make the id ourselves: one from the client could hold anything.
func FromClient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			address = r.RemoteAddr
		}
		client := audit.Client{Application: short(r.UserAgent()), Address: address}
		next.ServeHTTP(w, r.WithContext(resolvers.WithClient(r.Context(), client, rand.Text())))
	})
}

// short returns the printable ASCII characters of what a client says about itself, 200 at most.
func short(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 200)]
}
