package wiring

import (
	"crypto/rand"
	"net"
	"net/http"
	"strings"

	"carerecord/internal/audit"
	"carerecord/resolvers"
)

// FromClient notes where a request comes from, for the audit trail, and gives it an id
// of ours that its event and its log line share. What a client would call it could hold
// anything.
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

// short is the printable beginning of what a client says of itself.
func short(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 200)]
}
