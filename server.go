// Carerecord serves a person's joined-up record, from the databases of five sectors, as one GraphQL API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/embedded"
	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/socket"
	"carerecord/internal/store"
	"carerecord/internal/telemetry"
	"carerecord/internal/transport"
	"carerecord/internal/wiring"
	"carerecord/resolvers"
)

func main() {
	embedded.Main()
	if os.Getenv("GOGC") == "" { // what lives is little beside what an answer makes; docs/performance.md has the figures
		debug.SetGCPercent(200)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(exit(os.Stdout, os.Stderr, run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)))
}

// exit prints an error and returns the exit status: 2 for a usage error. Asking for the usage is no error.
func exit(stdout, stderr io.Writer, err error) int {
	var faults config.Faults
	switch {
	case err == nil:
		return 0
	case errors.As(err, &faults) && len(faults) == 1 && faults[0] == config.ErrUsage:
		fmt.Fprint(stdout, config.Usage(called()))
		return 0
	case errors.As(err, &faults):
		if errors.Is(err, config.ErrUsage) {
			fmt.Fprintln(stderr, config.Usage(called()))
		}
		for _, fault := range faults { // below the usage, which is longer than a screen
			if fault != config.ErrUsage { // alone it has nothing to say
				fmt.Fprintln(stderr, inWords(fault))
			}
		}
		return 2
	}
	fmt.Fprintln(stderr, inWords(err))
	return 1
}

// inWords is an error's text without the name of its kind, which says nothing to whoever made the fault.
func inWords(err error) string {
	return strings.ReplaceAll(err.Error(), record.ErrInvalid.Error()+": ", "")
}

// run carries out the arguments, until it is done or ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	c, err := config.Load(getenv, args)
	if err != nil {
		return err
	}
	switch c.Command {
	case config.Token:
		return printToken(c, stdout)
	case config.Residents:
		return residents(ctx, c, stdout, stderr)
	case config.LoadFolder:
		return loadFolder(ctx, c, stdout, stderr)
	case config.Audit:
		return verifyTrail(ctx, c, stdout, stderr)
	case config.AuditExport:
		return exportTrail(ctx, c, stdout, stderr)
	case config.AccessReport:
		return accessReport(ctx, c, os.Stdin, stdout, stderr)
	case config.Receipt:
		return verifyReceipt(c, stdout)
	case config.Schema:
		_, err := io.WriteString(stdout, sdl())
		return err
	}
	return serve(ctx, c, stdout, stderr)
}

// serve serves the graph, on real sources or the demonstration's.
func serve(ctx context.Context, c *config.Config, stdout, stderr io.Writer) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cancelWith(ctx, cancel, embedded.ParentDeath(ctx))

	documents, leftOut, err := trustedDocuments(c)
	if err != nil {
		return err
	}
	told := telemetry.New(stderr, c.Log.Format, c.Log.Level)
	for _, why := range leftOut {
		told.Log.WarnContext(ctx, "a trusted document that is built in is left out", "why", why.Error())
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr.String())
	if err != nil {
		return fmt.Errorf("listen on %s: %w; name another address with -addr HOST:PORT, or end what uses this one", c.Addr, err)
	}
	defer listener.Close()

	s := &service{config: c, told: told, trusted: documents}
	stopMetrics, err := s.serveMetrics(ctx)
	if err != nil {
		return err
	}
	defer stopMetrics()
	if c.Command == config.Demo {
		if s.demo, err = startDemo(ctx, c, stderr); err != nil {
			return ended(ctx, err)
		}
		defer func() { err = errors.Join(err, s.demo.Stop()) }()
		cancelWith(ctx, cancel, s.demo.Done())
		if err := s.demo.Register(listener.Addr().String()); err != nil {
			return err
		}
	}
	if err := s.openOwn(ctx); err != nil {
		return err
	}
	defer s.closeOwn()
	if err := s.openSources(); err != nil {
		return err
	}
	defer s.closeSources()
	s.warm(ctx)
	if err := s.signIn(ctx); err != nil {
		return err
	}
	s.wire()
	if s.optOut, err = s.optOutForm(); err != nil {
		return err
	}
	go s.watchRequests(ctx) // ends with ctx
	server := s.server()
	s.greet(stdout, listener.Addr())
	return s.untilDone(ctx, server, listener)
}

// openOwn opens the service's own database, and starts what writes to it in the background.
func (s *service) openOwn(ctx context.Context) (err error) {
	c := s.config
	if s.receipts, err = receiptSigner(c.Secrets); err != nil {
		return err
	}
	keeping, err := s.keeping()
	if err != nil {
		return err
	}
	dsn := string(c.Database.DSN)
	if s.demo == nil {
		dsn = kept(dsn)
	}
	s.store = store.Open(ctx, store.Options{
		DSN: dsn, OwnerDSN: string(c.Database.Owner), Policy: c.Policy,
		Audit: audit.Options{Keeping: keeping}, Changed: s.told.Database,
	})
	s.refusals = audit.NewRefusals(s.store.Record, s.unwritten)
	return nil
}

// wire assembles the graph from everything that is open.
func (s *service) wire() {
	c := s.config
	root := resolvers.New(resolvers.Options{
		Sources: s.graphSources(), Facts: s.store, Trail: s.store, Register: s.store,
		Policy: c.Policy, Directory: c.Directory, Exclusions: c.Exclusions,
		Identifier: record.NewIdentifier(c.Secrets.IDs), CursorKey: c.Secrets.Cursors,
		Patients: c.Limits.Patients, InVain: c.Limits.InVain, Refusals: refusalStep, Observe: wiring.Observe(s.told), Kept: transport.Kept, Digest: transport.Digest,
	})
	joined := wiring.Graph{Root: root, Receipts: s.receipts, Refusals: s.refusals, Told: s.told, FreeText: c.Documents.Mode != config.Any}
	s.graph = joined.Handler(s.transportOptions())
}

// refusalStep is the step to which the time of a refusal is rounded up, so that timing does not show the reason. It is
// longer than a refusal takes on an idle machine, and too short for a person to notice.
const refusalStep = 20 * time.Millisecond

// server is the HTTP server.
func (s *service) server() *http.Server {
	c := s.config
	return &http.Server{
		Handler:           s.told.Timed(s.routes()),
		ReadHeaderTimeout: c.Timeouts.Header,
		ReadTimeout:       c.Timeouts.Read,
		WriteTimeout:      c.Timeouts.Write,
		IdleTimeout:       c.Timeouts.Idle,
		MaxHeaderBytes:    32 << 10, // a token is at most 8 KiB
		ErrorLog:          s.told.HTTPErrors(),
	}
}

// untilDone serves until ctx ends, then waits for the requests under way.
func (s *service) untilDone(ctx context.Context, server *http.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(socket.Listening(listener)) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Timeouts.Drain)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		s.told.Log.Warn("requests under way were cut off", "error", err)
		server.Close()
	}
	if s.demo != nil && isClosed(s.demo.Done()) {
		return errors.New("the embedded PostgreSQL ended; its last words are in " + s.demo.LogFile())
	}
	return nil
}

// cancelWith cancels when a channel is closed. A nil channel never cancels.
func cancelWith(ctx context.Context, cancel context.CancelFunc, closed <-chan struct{}) {
	if closed == nil {
		return
	}
	go func() { // ends with ctx
		select {
		case <-closed:
			cancel()
		case <-ctx.Done():
		}
	}()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// ended drops an error that only says that ctx ended: whoever stopped the program knows.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// startDemo starts the demonstration and points the settings at it.
func startDemo(ctx context.Context, c *config.Config, stderr io.Writer) (*demo.Demo, error) {
	var of []string
	for _, s := range load.Sources() {
		of = append(of, s.ODS)
	}
	if c.DemoWithout != "" && !slices.Contains(of, string(c.DemoWithout)) {
		return nil, config.Faults{fmt.Errorf("-demo-without: no system of the demonstration is of %s; name one of %s", c.DemoWithout, strings.Join(of, ", "))}
	}
	d, err := demo.Start(ctx, demoOptions(c, stderr))
	if err != nil {
		return nil, err
	}
	c.Database = config.Database{DSN: config.DSN(d.DSN()), Owner: config.DSN(d.OwnerDSN())}
	for _, s := range d.Sources() {
		dsn := s.DSN
		if config.ODS(s.ODS) == c.DemoWithout {
			dsn = unreachable(dsn)
		}
		c.Sources = append(c.Sources, config.Source{
			Sector: s.Sector, Organisation: config.ODS(s.ODS), DSN: config.DSN(dsn), Deadline: c.Timeouts.Source,
		})
	}
	c.SignIn = config.SignIn{Issuer: d.Issuer.Issuer, Audience: d.Issuer.Audience, Keys: config.Keys{File: d.Issuer.KeysFile()}}
	c.Secrets = config.Secrets{IDs: d.Secret("ids"), Cursors: d.Secret("cursors"), Forms: d.Secret("forms"), Signing: signingKeyOf(d)}
	return d, nil
}

// signIn makes the token verifier.
func (s *service) signIn(ctx context.Context) (err error) {
	options := auth.KeyOptions{OnError: func(err error) { s.told.Log.Warn("no new signing keys", "error", err) }}
	keys := s.config.SignIn.Keys
	if keys.URL != "" {
		s.keys, err = auth.KeysFromURL(ctx, keys.URL, auth.URLOptions{KeyOptions: options})
	} else {
		s.keys, err = auth.KeysFromFile(keys.File, options)
	}
	if err != nil {
		return fmt.Errorf("sign-in.keys: %w; nobody could sign in, so the service does not start: correct the address, or start it again when that answers", err)
	}
	s.verifier = auth.New(auth.Options{Issuer: s.config.SignIn.Issuer, Audience: s.config.SignIn.Audience, Keys: s.keys})
	return nil
}
