package optout

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// maxBody is many times the size of a form with every field at its limit in Latin letters, and one and a
// half times its size in Bengali.
const maxBody = 16 << 10

// retryAfter is how many seconds a sender who is over a limit is asked to wait.
const retryAfter = "600"

// addWithin is how long the queue may take to add a request.
const addWithin = 5 * time.Second

// send takes a form. Nothing it does depends on what is known of a person: it uses only the queue, and only
// to add to it.
func (s *server) send(w http.ResponseWriter, r *http.Request) {
	text, ok := s.text(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	address := s.address(r)
	if !s.limiter.mayTry(address, s.Now()) {
		s.limited(w, r, text, Limited)
		return
	}
	values, status := read(w, r)
	f, ok := readForm(values)
	if status != http.StatusOK || !ok {
		s.refuse(w, r, max(status, http.StatusBadRequest), text, Malformed)
		return
	}
	request, fault := s.judge(text, &f)
	if fault.event != Sent {
		s.again(w, r, http.StatusUnprocessableEntity, text, f, fault)
		return
	}
	if !s.limiter.maySend(address, s.Now()) {
		s.limited(w, r, text, Limited)
		return
	}
	s.add(w, r, text, f, request)
}

// read returns the fields of a form as a browser sends them, and a status other than 200 if it cannot.
func read(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" || r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return values, http.StatusOK
}

// judgement is what keeps a form out of the queue. The event is Sent if nothing does.
type judgement struct {
	event  Event
	faults []fault
}

// judge checks a form, and gives it a new token if its own is no longer valid. A person who is taken for a
// machine can send the form again as it is.
func (s *server) judge(text catalogue, f *form) (consent.OptOutRequest, judgement) {
	now := s.Now()
	nonce, issued, ok := s.sealer.open(f.token)
	switch age := now.Sub(issued); {
	case !ok || age > maxAge || age < 0:
		f.token = s.sealer.seal(now)
		return consent.OptOutRequest{}, judgement{Expired, []fault{{key: "e_expired"}}}
	case f.trap != "":
		return consent.OptOutRequest{}, judgement{Trapped, []fault{{key: "e_trap"}}}
	case age < minAge:
		return consent.OptOutRequest{}, judgement{Quick, []fault{{key: "e_quick"}}}
	}
	request, faults := f.request(s.Policy, record.Today(now))
	if len(faults) > 0 {
		return consent.OptOutRequest{}, judgement{Faulty, faults}
	}
	request.Language, request.Reference = text.lang, s.sealer.reference(nonce)
	return request, judgement{event: Sent}
}

// add adds a request to the queue. The reference comes from the form, so that a form sent twice is one
// request and gets the same answer both times.
func (s *server) add(w http.ResponseWriter, r *http.Request, text catalogue, f form, request consent.OptOutRequest) {
	ctx, cancel := context.WithTimeout(r.Context(), addWithin)
	defer cancel()
	err := s.Add(ctx, request)
	switch {
	case err == nil:
		s.Observe(r.Context(), Sent)
		s.write(w, r, http.StatusOK, s.donePage(text, request.Reference))
	case errors.Is(err, consent.ErrQueueFull):
		s.limited(w, r, text, Full)
	case errors.Is(err, consent.ErrReferenceUsed):
		f.token = s.sealer.seal(s.Now())
		s.again(w, r, http.StatusConflict, text, f, judgement{Twice, []fault{{key: "e_twice"}}})
	default:
		s.Logger.ErrorContext(r.Context(), "opt-out form: a request was not stored", "error", err)
		s.again(w, r, http.StatusServiceUnavailable, text, f, judgement{Failed, []fault{{key: "e_failed"}}})
	}
}

// again shows the form with what was filled in and what is wrong with it.
func (s *server) again(w http.ResponseWriter, r *http.Request, status int, text catalogue, f form, j judgement) {
	s.Observe(r.Context(), j.event)
	s.write(w, r, status, s.formPage(text, f, j.faults))
}

func (s *server) limited(w http.ResponseWriter, r *http.Request, text catalogue, event Event) {
	s.Observe(r.Context(), event)
	w.Header().Set("Retry-After", retryAfter)
	s.write(w, r, http.StatusTooManyRequests, s.plainPage(text, "limit_title", "limit_text"))
}

func (s *server) crossOrigin(w http.ResponseWriter, r *http.Request) {
	text, ok := s.text(r)
	if !ok {
		text = s.texts[english]
	}
	s.refuse(w, r, http.StatusForbidden, text, CrossOrigin)
}

func (s *server) refuse(w http.ResponseWriter, r *http.Request, status int, text catalogue, event Event) {
	s.Observe(r.Context(), event)
	s.write(w, r, status, s.plainPage(text, "refused_title", "refused_text"))
}
