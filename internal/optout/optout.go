// Package optout serves the page on which a resident opts out of the joined-up record, or changes their
// mind. It puts what they wrote into the officer's queue and asks nothing of anyone: all it can call is a
// function that adds a request. So it cannot tell whether a person is known, and answers everybody alike.
//
// The page works without script and has none. It stores nothing in the browser, contacts no other host, and
// prints as the paper form.
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

// Path is where the page is. Its languages other than English are below it.
const Path = "/opt-out"

// Options are what the page shows and where it sends requests.
type Options struct {
	// Add adds a request to the queue: consent.Store.AddRequest.
	Add func(context.Context, consent.OptOutRequest) error
	// Policy has the ages at which people ask for themselves. Nil means consent.Default().
	Policy *consent.Policy
	// Key signs the forms. It has at least 32 bytes and is the same at every instance. Without one each
	// instance makes its own, and a form opened at another instance or before a restart must be sent twice.
	Key []byte
	// Phone is the number to ring. If empty, the page names the practice or the organisation that cares for
	// the person.
	Phone string
	// Freepost is the address to which the paper form is sent, in lines. If empty, the form is handed in.
	Freepost string
	// Origins are the page's own, such as https://opt-out.example. They are needed if a proxy in front of
	// it changes the Host header.
	Origins []string
	// ClientHeader is the header in which a proxy of ours states the client's address; its last entry
	// counts. If empty, no header is trusted.
	ClientHeader string
	// Limits limit how often the form may be sent.
	Limits Limits
	// Observe receives what became of each request for the page, unless no such page exists. It may be nil.
	Observe func(context.Context, Event)
	// Logger receives the errors that the page does not show. Nil means slog.Default().
	Logger *slog.Logger
	// Now returns the time. Nil means time.Now.
	Now func() time.Time
}

// Event is what became of a request for the page. It is the label of a metric.
type Event string

// The events.
const (
	Shown       Event = "shown"        // the empty form
	Sent        Event = "sent"         // in the queue
	Faulty      Event = "faulty"       // to be corrected by who wrote it
	Trapped     Event = "trapped"      // the field that people do not see was filled in
	Quick       Event = "quick"        // sent sooner than anyone can fill it in
	Expired     Event = "expired"      // open too long, or not a form of ours
	Twice       Event = "twice"        // sent before with other answers
	CrossOrigin Event = "cross_origin" // sent from another site's page
	Malformed   Event = "malformed"    // not what a form sends
	Limited     Event = "limited"      // sent too often
	Full        Event = "full"         // the queue takes no more
	Failed      Event = "failed"       // the queue did not store it
)

// server serves the page.
type server struct {
	Options
	sealer  sealer
	limiter *limiter
	texts   map[string]catalogue
}

// Handler serves Path and what is below it. Invalid options are an error.
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

// withHeaders sets the headers of every answer. The referrer stays within the page's origin: without any
// referrer, older browsers would send no Origin header either.
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

// text returns the catalogue of the request's language; false if there is none.
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
