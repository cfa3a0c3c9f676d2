// Package optout is the page on which a resident opts out of the joined-up
// record, or changes their mind. It puts what they wrote into the officer's queue
// and asks nothing of anyone: it holds one function that adds a request, so it
// cannot tell whether a person is known, and answers everybody alike.
//
// The page works without script and has none, keeps nothing in the browser, asks
// no other host, and prints as the paper form.
package optout

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"carerecord/internal/consent"
)

// Path is where the page is; languages but English are below it.
const Path = "/opt-out"

// Options are what the page shows and where it sends it.
type Options struct {
	// Add puts a request into the queue: consent.Store.AddRequest.
	Add func(context.Context, consent.OptOutRequest) error
	// Policy has the ages at which people ask for themselves. Nil means consent.Default().
	Policy *consent.Policy
	// Key signs the forms. Every instance has the same; without one, of 32 bytes or
	// more, a form opened at another instance or before a restart is sent twice.
	Key []byte
	// Phone is whom to ring. Empty: the practice, or the organisation that cares.
	Phone string
	// Freepost is where the paper form is sent, in lines. Empty: it is handed in.
	Freepost string
	// Origins are the page's own, such as https://opt-out.example, where a proxy in
	// front of it changes the Host header.
	Origins []string
	// ClientHeader is the header in which a proxy of ours says the address of the
	// client; its last entry counts. Empty: no header is believed.
	ClientHeader string
	// Limits bound how often the form is sent.
	Limits Limits
	// Observe is told what became of each request to the page. It may be nil.
	Observe func(context.Context, Event)
	// Logger is told what the page is not. Nil means slog.Default().
	Logger *slog.Logger
	// Now is the time. Nil means time.Now.
	Now func() time.Time
}

// Event is what became of a request to the page; a metric's label.
type Event string

// The events.
const (
	Shown       Event = "shown"        // the empty form
	Sent        Event = "sent"         // in the queue
	Faulty      Event = "faulty"       // to be put right by who wrote it
	Trapped     Event = "trapped"      // the field that people do not see was filled in
	Quick       Event = "quick"        // sent sooner than anyone can
	Expired     Event = "expired"      // open too long, or not a form of ours
	Twice       Event = "twice"        // sent before with other answers
	CrossOrigin Event = "cross_origin" // from a page of others
	Malformed   Event = "malformed"    // not what a form sends
	Limited     Event = "limited"      // too often
	Full        Event = "full"         // the queue takes no more
	Failed      Event = "failed"       // the queue cannot be reached
)

// server is the page with its parts.
type server struct {
	Options
	sealer  sealer
	limiter *limiter
	texts   map[string]catalogue
}

// Handler serves Path and what is below it. It errs where the options cannot be meant.
func Handler(o Options) (http.Handler, error) {
	if o.Add == nil {
		return nil, errors.New("opt-out form: no queue to add to")
	}
	if o.Key == nil {
		o.Key = []byte(rand.Text() + rand.Text())
	}
	if len(o.Key) < keySize {
		return nil, fmt.Errorf("opt-out form: the key must have %d bytes or more", keySize)
	}
	o.fill()
	s := &server{Options: o, sealer: sealer{o.Key}, limiter: newLimiter(o.Limits), texts: catalogues(o.Policy)}
	return s.routes()
}

func (o *Options) fill() {
	if o.Policy == nil {
		o.Policy = consent.Default()
	}
	if o.Observe == nil {
		o.Observe = func(context.Context, Event) {}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

func (s *server) routes() (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range s.Origins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("opt-out form: %w", err)
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(s.crossOrigin))
	send := protection.Handler(http.HandlerFunc(s.send))
	mux := http.NewServeMux()
	for _, path := range []string{Path, Path + "/{lang}"} {
		mux.HandleFunc("GET "+path, s.show)
		mux.Handle("POST "+path, send)
	}
	mux.HandleFunc("GET "+Path+"/assets/{name}", serveAsset)
	return withHeaders(mux), nil
}

// withHeaders sets the headers that hold for every answer. The referrer stays within
// the page: without one, older browsers would send no origin either.
func withHeaders(next http.Handler) http.Handler {
	policy := strings.Join([]string{
		"default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// text is the catalogue of the request's language, and whether there is one.
func (s *server) text(r *http.Request) (catalogue, bool) {
	lang := r.PathValue("lang")
	if lang == "" {
		lang = english
	}
	text, ok := s.texts[lang]
	return text, ok
}

func (s *server) show(w http.ResponseWriter, r *http.Request) {
	text, ok := s.text(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.Observe(r.Context(), Shown)
	s.write(w, r, http.StatusOK, s.formPage(text, form{token: s.sealer.seal(s.Now())}, nil))
}
