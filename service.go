package main

import (
	"context"
	"net/http"
	"sync/atomic"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/receipt"
	"carerecord/internal/store"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// A service is everything that runs while the graph is served.
type service struct {
	config   *config.Config
	told     *telemetry.Telemetry
	demo     *demo.Demo // nil for the real service
	store    *store.Store
	refusals *audit.Refusals
	sources  []*source
	keys     auth.KeySource
	verifier *auth.Verifier
	trusted  *transport.Trusted
	graph    http.Handler
	optOut   http.Handler
	receipts *receipt.Signer
	database glance // whether it answers
	draining atomic.Bool
}

// closeOwn ends what openOwn began.
func (s *service) closeOwn() {
	s.closeRefusals()
	s.closeStore()
}

// closeStore writes the events that wait, and closes the store.
func (s *service) closeStore() {
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeouts.Drain)
	defer cancel()
	if err := s.store.Close(ctx); err != nil {
		s.told.Log.Error("closing the own database", "error", err)
	}
}

// closeRefusals writes the refusals that are not on the trail yet.
func (s *service) closeRefusals() {
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeouts.Drain)
	defer cancel()
	if err := s.refusals.Close(ctx); err != nil {
		s.unwritten(err)
	}
}

// unwritten raises the alarm that refusals could not be written to the trail.
func (s *service) unwritten(err error) {
	s.told.Alarm(context.Background(), string(resolvers.AlarmAudit), "", err)
}
