package wiring

import (
	"crypto/rand"
	"net/http"
	"strings"

	"carerecord/internal/audit"
	"carerecord/internal/remote"
	"carerecord/resolvers"
)

// FromClient adds to the context where a request comes from, for the audit trail, and an id that its event and its log
// line share. We make the id ourselves: one from the client could hold anything. header is the one in which a proxy of
// ours states the client's address, so that not everybody on the trail comes from the proxy; "" if none is believed.
func FromClient(header string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := audit.Client{Application: short(r.UserAgent()), Address: r.RemoteAddr}
		if address := remote.Address(r, header); address.IsValid() {
			client.Address = address.String()
		}
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
