package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"carerecord/internal/store"
	"carerecord/internal/telemetry"
)

// What panics outside the graph, such as the opt-out form, is in the log at its usual level, and without the panic's
// value. Half an answer does not look like a whole one.
func TestAPanicOutsideTheGraph(t *testing.T) {
	for level, value := range map[string]any{"error": "of Mr Gainsay", "debug": struct{ Name []string }{[]string{"Mr Gainsay"}}} {
		said := &output{}
		s := &service{told: telemetry.New(said, "text", level)}
		server := httptest.NewUnstartedServer(s.safely(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/aborted" {
				panic(http.ErrAbortHandler)
			}
			w.Write([]byte("half"))
			panic(value)
		})))
		server.Config.ErrorLog = s.told.HTTPErrors()
		server.Start()
		for _, path := range []string{"/", "/aborted"} {
			if answer, err := server.Client().Get(server.URL + path); err == nil {
				answer.Body.Close()
				t.Errorf("%s was answered with %d", path, answer.StatusCode)
			}
		}
		server.Close()
		if text := said.String(); strings.Count(text, "panic: ") != 1 || strings.Contains(text, "Gainsay") || !strings.Contains(text, "routes_test.go") {
			t.Errorf("%s: %s", level, text)
		}
	}
}

// As long as the queue of residents' requests cannot be read, the metrics do not say that none is late.
func TestAQueueThatCannotBeReadIsNotEmpty(t *testing.T) {
	s := &service{told: telemetry.New(&output{}, "text", "error"), store: store.Open(t.Context(), store.Options{DSN: "postgres://u:p@127.0.0.1:1/db"})}
	defer s.store.Close(t.Context())
	s.told.OptOutRequests(t.Context(), 0, time.Time{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.watchRequests(ctx)
	answer := httptest.NewRecorder()
	s.metricRoutes().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if text := answer.Body.String(); !strings.Contains(text, "\ncarerecord_opt_out_requests_overdue NaN\n") {
		t.Errorf("%d: %s", answer.Code, text)
	}
}
