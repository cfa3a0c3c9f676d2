package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/consent"
	"carerecord/internal/optout"
	"carerecord/internal/playground"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/internal/wiring"
)

// routes are all paths that are served.
func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", auth.Require(s.verifier, s.fromClient(s.graph), s.unauthenticated))
	mux.Handle("GET /schema.graphql", s.schema())
	mux.Handle(optout.Path, s.optOut)
	mux.Handle(optout.Path+"/", s.optOut)
	mux.HandleFunc("GET /receipt-keys.json", s.receiptKeys)
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.demo != nil {
		page := playground.Handler(s.playgroundOptions())
		mux.Handle("/{$}", page)
		mux.Handle("/playground/", page)
	}
	return s.safely(mux)
}

// fromClient puts into the context where a request comes from.
func (s *service) fromClient(next http.Handler) http.Handler {
	return wiring.FromClient(s.config.OptOut.ClientHeader, next)
}

// safely sets the headers of every response, and puts a panic into the log.
func (s *service) safely(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.panicked(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// panicked logs a panic and ends the connection, so that half an answer does not look like a whole one. The HTTP server
// would log it at debug level, and with its value, which may contain patient data.
func (s *service) panicked(ctx context.Context) {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler { // what that is about is in the log
		s.told.Internal(ctx, transport.PanicError(p))
	}
	panic(http.ErrAbortHandler)
}

func (s *service) transportOptions() transport.Options {
	limits := s.config.Limits
	return transport.Options{
		MaxBody: int64(limits.Body), Documents: limits.Kept, Deadline: s.config.Timeouts.Request, Limits: limitsOf(s.config),
		Trusted: s.trusted, OnlyTrusted: s.config.Documents.Mode == config.Only,
		Introspection: s.mayIntrospect,
	}
}

// limitsOf are the limits on a document, trusted or not.
func limitsOf(c *config.Config) transport.Limits {
	limits := c.Limits
	return transport.Limits{
		Tokens: limits.Tokens, Fragments: limits.Fragments, Spreads: limits.Spreads, Aliases: limits.Aliases,
		RootFields: limits.RootFields, Depth: limits.Depth, Fields: limits.Fields, Lists: limits.Lists, Cost: limits.Cost, Concurrent: limits.Concurrent,
		Values: max(2500, 3*limits.Patients), // a number that is no number, for every patient of a list
	}
}

// mayIntrospect reports whether a caller may read the schema: anyone in the demonstration, otherwise developers.
func (s *service) mayIntrospect(ctx context.Context) bool {
	p, ok := auth.FromContext(ctx)
	return s.demo != nil || ok && s.config.Policy.May(p, consent.Develop)
}

// unauthenticated answers a request without a valid token. Its caller cannot be named, so the log and the counters
// record it and the trail does not.
func (s *service) unauthenticated(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	size := refuse(w, r, http.StatusUnauthorized, "UNAUTHENTICATED", sentence(err))
	s.told.Answered(r.Context(), telemetry.Answer{
		Status: http.StatusUnauthorized, Codes: []string{"UNAUTHENTICATED"}, Bytes: size, Took: time.Since(telemetry.Began(r.Context())),
	})
}

// sentence is an error's text as a sentence.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

const responseJSON = "application/graphql-response+json"

// refuse answers with one error, as the graph would, and returns its size.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) int {
	media := "application/json"
	if strings.Contains(strings.Join(r.Header["Accept"], ","), responseJSON) {
		media = responseJSON
	}
	body, _ := json.Marshal(map[string]any{"errors": []any{map[string]any{ // texts alone, so it cannot err
		"message": message, "extensions": map[string]any{"code": code},
	}}})
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.WriteHeader(status)
	n, _ := w.Write(append(body, '\n'))
	return n
}

// schema serves the SDL to callers who may read it.
func (s *service) schema() http.Handler {
	text := sdl()
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.mayIntrospect(r.Context()) {
			wiring.Refused(r.Context(), s.refusals, "FORBIDDEN")
			refuse(w, r, http.StatusForbidden, "FORBIDDEN", "Your role may not read the schema; ask for the developer role.")
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, text)
	})
	if s.demo != nil {
		return show
	}
	return auth.Require(s.verifier, s.fromClient(show), s.unauthenticated)
}
