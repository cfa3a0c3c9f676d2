package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// serveMetrics serves /metrics on a listener of its own until stop. Callers of the service must not read it: a counter
// that moves with one's own request can tell what the answer withholds. If nobody chose the address and it is taken,
// metrics are not served.
func (s *service) serveMetrics(ctx context.Context) (stop func(), err error) {
	m := s.config.Metrics
	if m.Off {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", m.Addr.String())
	switch {
	case err != nil && m.Chosen:
		return nil, fmt.Errorf("listen for /metrics: %w; name another address with -metrics HOST:PORT, or none with -metrics=", err)
	case err != nil:
		s.told.Log.Warn("no /metrics: its address is taken; name another with -metrics HOST:PORT", "address", m.Addr.String())
		return func() {}, nil
	}
	server := &http.Server{
		Handler:           s.metricRoutes(),
		ReadHeaderTimeout: s.config.Timeouts.Header,
		ReadTimeout:       s.config.Timeouts.Read,
		WriteTimeout:      s.config.Timeouts.Write,
		IdleTimeout:       s.config.Timeouts.Idle,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          s.told.HTTPErrors(),
	}
	go func() { // ends with stop
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.told.Log.Error("no /metrics any more", "error", err)
		}
	}()
	return func() { server.Close() }, nil
}

func (s *service) metricRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.told.Handler())
	return s.safely(mux)
}
