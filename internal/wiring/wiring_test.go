package wiring

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/telemetry"
	"carerecord/resolvers"
)

// A duty that was not carried out discloses nothing, and its answer has no receipt.
func TestWhatSaysNothing(t *testing.T) {
	for data, want := range map[string]bool{`null`: true, `{}`: true, `{"breakGlass":null}`: true, `{"optOuts":null,"again":null}`: true, `{"optOuts":[]}`: false, `{"optOuts":null,"viewer":{}}`: false, `{"accessLog":0}`: false, `[]`: false} {
		if saysNothing([]byte(data)) != want {
			t.Errorf("%s: %v", data, !want)
		}
	}
}

// The trail has the address without its port, the one that a proxy of ours states if its header is believed, and the printable beginning of what the client
// says of itself; every request has an id of its own.
func TestFromClient(t *testing.T) {
	ids := map[string]bool{}
	for _, tt := range []struct{ from, agent, believed, address, application string }{
		{"192.0.2.1:4711", "curl/8.0", "", "192.0.2.1", "curl/8.0"},
		{"[2001:db8::1]:80", "a\x1b[31mb\u00e9c\n", "", "2001:db8::1", "a[31mbc"},
		{"somewhere", strings.Repeat("x", 201), "", "somewhere", strings.Repeat("x", 200)},
		{"192.0.2.1:4711", "behind a proxy of ours", "X-Forwarded-For", "203.0.113.9", "behind a proxy of ours"},
		{"192.0.2.1:4711", "behind one that says nothing", "X-Real-Ip", "192.0.2.1", "behind one that says nothing"},
	} {
		handler := FromClient(tt.believed, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			client := resolvers.ClientOf(r.Context())
			if client.Address != tt.address || client.Application != tt.application {
				t.Errorf("%s, %q: %+v", tt.from, tt.agent, client)
			}
			ids[resolvers.RequestID(r.Context())] = true
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.from
		r.Header.Set("User-Agent", tt.agent)
		r.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if len(ids) != 5 || ids[""] {
		t.Errorf("ids: %v", ids)
	}
}

// What alone could not be read of a source that answered is a finding of its own, with the view's name.
func TestAViewThatCannotBeReadIsCounted(t *testing.T) {
	var log bytes.Buffer
	told := telemetry.New(&log, "text", "info")
	Observe(told)(t.Context(), resolvers.Observation{Source: "GP/F83999", Sector: record.GP, Kind: fetch.Problems, Err: fmt.Errorf("%w: view problem", record.ErrMalformed)})
	counts := httptest.NewRecorder()
	told.Handler().ServeHTTP(counts, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := `carerecord_source_findings_total{finding="malformed",organisation="F83999",sector="GP"} 1`; !strings.Contains(counts.Body.String(), want) {
		t.Error("no " + want)
	}
	if !strings.Contains(log.String(), "where=problem") {
		t.Error(log.String())
	}
}
