package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"carerecord/internal/optout"
)

// optOutForm is the page on which residents opt out.
func (s *service) optOutForm() (http.Handler, error) {
	c := s.config.OptOut
	return optout.Handler(optout.Options{
		Add: s.store.AddRequest, Policy: s.config.Policy, Key: s.config.Secrets.Forms, Phone: c.Phone, Freepost: strings.ReplaceAll(c.Freepost, ",", "\n"),
		Origins: c.Origins, ClientHeader: c.ClientHeader, Logger: s.told.Log,
		Observe: func(_ context.Context, e optout.Event) { s.told.OptOutForm(string(e)) },
	})
}

// requestsEvery is how often the queue of residents' requests is checked.
const requestsEvery = time.Minute

// watchRequests counts the requests that have waited too long, until ctx ends.
func (s *service) watchRequests(ctx context.Context) {
	for {
		if late, oldest, err := s.store.Overdue(ctx, time.Now()); err == nil {
			s.told.OptOutRequests(ctx, late, oldest)
		} else {
			s.told.OptOutRequestsUnknown()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(requestsEvery):
		}
	}
}
