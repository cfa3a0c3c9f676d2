// Graphgophers answers the contract's ward list and full record with graph-gophers/graphql-go,
// its relay handler, and a dataloader for each field and source of a request.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/relay"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connections are as many as the service has to each source.
const connections = 8

// A source is one database and whose it is.
type source struct {
	Sector, ODS, Name, DSN string
	pool                   *pgxpool.Pool
}

var sources = map[string]*source{}

// order is the order in which the sources are configured.
var order []string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("give the folder of the schema and the configuration that go run ./bench -peers writes")
	}
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var config struct {
		Port    int
		Sources []*source
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	for _, s := range config.Sources {
		if err := s.open(ctx); err != nil {
			return fmt.Errorf("open the source %s: %w", s.Sector, err)
		}
		sources[s.Sector], order = s, append(order, s.Sector)
	}
	var sdl []byte
	for _, name := range []string{"values.graphql", "patient.graphql"} {
		part, err := os.ReadFile(filepath.Join(args[0], name))
		if err != nil {
			return err
		}
		sdl = append(sdl, part...)
	}
	// The default of ten fields at once would cut every batch short.
	schema, err := graphql.ParseSchema(string(sdl), &query{}, graphql.UseFieldResolvers(), graphql.MaxParallelism(100_000))
	if err != nil {
		return err
	}
	handler := &relay.Handler{Schema: schema}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(withLoaders(r.Context())))
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ready") })
	server := &http.Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(config.Port)), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// open makes the pool and all its connections. pgx prepares every statement once on each.
func (s *source) open(ctx context.Context) error {
	config, err := pgxpool.ParseConfig(s.DSN)
	if err != nil {
		return err
	}
	config.MaxConns, config.MinConns = connections, connections
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	for range connections {
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
	}
	return nil
}
