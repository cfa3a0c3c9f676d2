package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"carerecord/internal/record"
)

func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }

// readiness reports the state of what the service depends on, without addresses.
type readiness struct {
	Ready    bool              `json:"ready"`
	Database string            `json:"database"`
	SignIn   string            `json:"signIn"`
	Sources  []sourceReadiness `json:"sources"`
}

type sourceReadiness struct {
	Sector       record.Sector `json:"sector"`
	Organisation record.Text   `json:"organisation"`
	State        string        `json:"state"` // of the last read
}

// ready answers 200 while requests can be answered. A source that is down is a gap, and no reason to take the instance
// out of service.
func (s *service) ready(w http.ResponseWriter, r *http.Request) {
	database := s.database.ask(r.Context(), s.store.Ready)
	_, err := s.keys.Keys()
	state := readiness{Ready: database && err == nil && !s.draining.Load(), Database: okay(database), SignIn: okay(err == nil)}
	for _, source := range s.sources {
		latest := s.told.Latest(source.sector, string(source.org.ODSCode))
		state.Sources = append(state.Sources, sourceReadiness{source.sector, source.org.ODSCode, okay(latest == string(record.SourceAnswered))})
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state)
}

func okay(ok bool) string {
	if ok {
		return "ok"
	}
	return "not"
}

// pingWithin bounds a ping of our own database.
const pingWithin = 2 * time.Second

// readyFor is how long the result of a ping is reused. /readyz needs no token, and each ping takes a connection that
// consent and the trail need.
const readyFor = 500 * time.Millisecond

// A glance caches the result of a look for all callers.
type glance struct {
	mu   sync.Mutex
	at   time.Time
	said bool
}

// ask returns the last result if it is younger than readyFor, and otherwise looks. A caller who leaves does not end the
// look: that would cost the database a connection.
func (g *glance) ask(ctx context.Context, look func(context.Context) bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.at.IsZero() && time.Since(g.at) < readyFor {
		return g.said
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingWithin)
	defer cancel()
	g.said, g.at = look(ctx), time.Now()
	return g.said
}
