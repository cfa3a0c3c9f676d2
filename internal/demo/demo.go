// Package demo keeps the demonstration: an embedded PostgreSQL with a database for
// each source and one for the service, made-up residents in all of them, and keys
// to sign in with.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/auth"
	"carerecord/internal/embedded"
	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Options say how a demonstration is started. The zero value is a temporary one.
type Options struct {
	Server   embedded.Options // DataDir keeps it
	Progress func(Progress)   // told of each step; nil for nobody
	Now      time.Time        // the day the residents are made for; now where zero
}

// A Demo is a running demonstration, this process's own or another's.
type Demo struct {
	Issuer *auth.DemoIssuer
	Made   bool   // whether it was made by this start
	Steps  []Step // what the start took

	server     *embedded.Server
	strategy   string // how databases are copied
	background sync.WaitGroup
}

// A Step is a part of the start and how long it took.
type Step struct {
	Name string
	Took time.Duration
}

// ErrOlder says the databases were made by a release whose source views differ.
var ErrOlder = errors.New("the data directory was made by another release, whose source views differ")

// Start brings up the demonstration: it makes one where there is none. What a
// start that was cut short left behind is made anew. Stop ends it.
func Start(ctx context.Context, o Options) (*Demo, error) {
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Server.Memory = true // a temporary demonstration is made several times faster there
	o.Server.Progress = func(step string) { o.Progress(Progress{Step: "PostgreSQL: " + step}) }
	d := &Demo{}
	var people <-chan made
	if !exists(o.Server.DataDir) {
		people = residents(o.Now)
	}
	err := d.step("start PostgreSQL", func() (err error) {
		d.server, err = embedded.Start(ctx, o.Server)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.strategy = strategy(d.server)
	if err := d.open(ctx, o, people); err != nil {
		return nil, errors.Join(err, d.server.Stop())
	}
	return d, nil
}

// strategy is how databases are copied, at the end of CREATE DATABASE: in memory, file by
// file, which is quicker. On a disk that would wait for every file.
func strategy(server *embedded.Server) string {
	memory := embedded.Memory()
	if memory == "" || !strings.HasPrefix(server.Dir(), memory+"/") || server.Major() < 15 {
		return ""
	}
	return ` STRATEGY file_copy`
}

// open opens the demonstration of a server, and makes it unless it is there.
func (d *Demo) open(ctx context.Context, o Options, people <-chan made) error {
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	switch {
	case state == unfinished:
		d.Made = true
		if people == nil {
			people = residents(o.Now)
		}
		if err := d.make(ctx, o, people); err != nil {
			return err
		}
		if o.Server.DataDir != "" {
			d.background.Go(func() { d.checkpoint(context.WithoutCancel(ctx)) })
		}
	case state != views():
		return fmt.Errorf("%w; name another directory, or delete this one", ErrOlder)
	}
	return d.keys()
}

// checkpoint flushes the new files to disk. Otherwise a server stopped early takes too
// long to shut down, is killed, and the next start replays everything.
func (d *Demo) checkpoint(ctx context.Context) {
	_ = d.admin(ctx, "postgres", func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `CHECKPOINT`)
		return err
	})
}

// exists reports whether there is a cluster in a data directory.
func exists(dataDir string) bool {
	if dataDir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dataDir, "postgres", "data", "PG_VERSION"))
	return err == nil
}

// keys are made once for each demonstration.
func (d *Demo) keys() (err error) {
	dir := keysDir(d.server)
	if d.Issuer, err = auth.OpenDemoKeys(dir); err != nil {
		d.Issuer, err = auth.CreateDemoKeys(dir)
	}
	return err
}

func keysDir(server *embedded.Server) string { return filepath.Join(server.Dir(), "keys") }

// Find returns the demonstration that another process runs: on a data directory,
// or serving on an address where that is empty. The error is
// embedded.ErrNotRunning if there is none.
func Find(data, address string) (*Demo, error) {
	var server *embedded.Server
	var err error
	if data != "" {
		server, err = embedded.Attach(data)
	} else {
		server, err = embedded.Find(address)
	}
	if err != nil {
		return nil, err
	}
	issuer, err := auth.OpenDemoKeys(keysDir(server))
	if err != nil {
		return nil, err
	}
	return &Demo{Issuer: issuer, server: server}, nil
}

// Kept is a demonstration that has a data directory and need not run: it has its secrets, and nothing else.
func Kept(data string) (*Demo, error) {
	server, err := embedded.Kept(data)
	if err != nil {
		return nil, err
	}
	return &Demo{server: server}, nil
}

// Keys are those of a demonstration that does not run, in its data directory.
func Keys(data string) (*auth.DemoIssuer, error) {
	return auth.OpenDemoKeys(filepath.Join(data, "postgres", "keys"))
}

// Register lets other commands find the demonstration by the address it serves on.
func (d *Demo) Register(address string) error { return d.server.Register(address) }

// Done is closed when PostgreSQL no longer runs.
func (d *Demo) Done() <-chan struct{} { return d.server.Done() }

// Stop ends the demonstration; a temporary one leaves nothing behind. One of
// another process goes on.
func (d *Demo) Stop() error {
	d.background.Wait()
	return d.server.Stop()
}

// Secret is a secret of this demonstration, the same every time it is asked.
func (d *Demo) Secret(purpose string) []byte {
	return []byte(d.server.Password("secret of "+purpose) + d.server.Password("more of "+purpose))
}

// DSN is the service's own database for the service's login.
func (d *Demo) DSN() string { return d.server.DSN(ownDatabase, serviceRole) }

// OwnerDSN is the same for whoever makes its tables.
func (d *Demo) OwnerDSN() string { return d.server.AdminDSN(ownDatabase) }

// A Source is a source database and where it is read.
type Source struct {
	Sector record.Sector
	ODS    string
	DSN    string
}

// Sources lists the source databases, each with a login that may only read.
func (d *Demo) Sources() []Source {
	var sources []Source
	for _, s := range load.Sources() {
		sources = append(sources, Source{s.Sector, s.ODS, d.server.DSN(database(s), readerRole)})
	}
	return sources
}

// unfinished is the state of databases that are not there, or not yet whole.
const unfinished = ""

// state is which views the databases were made with.
func (d *Demo) state(ctx context.Context) (string, error) {
	var there bool
	err := d.admin(ctx, "postgres", func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, ownDatabase).Scan(&there)
	})
	if err != nil || !there {
		return unfinished, err
	}
	state := unfinished
	err = d.admin(ctx, ownDatabase, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, `SELECT to_regclass('demo.state') IS NOT NULL`).Scan(&there); err != nil || !there {
			return err
		}
		return conn.QueryRow(ctx, `SELECT views FROM demo.state`).Scan(&state)
	})
	return state, err
}

// admin does something in a database as the superuser.
func (d *Demo) admin(ctx context.Context, name string, do func(*pgx.Conn) error) error {
	return with(ctx, d.server.AdminDSN(name), do)
}

func with(ctx context.Context, dsn string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return do(conn)
}

// step does a part of the start and notes how long it took.
func (d *Demo) step(name string, do func() error) error {
	began := time.Now()
	err := do()
	d.Steps = append(d.Steps, Step{name, time.Since(began)})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// LogFile is where PostgreSQL writes its messages.
func (d *Demo) LogFile() string { return d.server.LogFile() }

// Document is one of a resident's hospital documents: its source and the source's id.
func (d *Demo) Document(ctx context.Context, number record.NHSNumber) (source, id string, err error) {
	for _, s := range d.Sources() {
		if s.Sector != record.Acute {
			continue
		}
		err = with(ctx, s.DSN, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, `
				SELECT id FROM document WHERE nhs_number = $1 AND NOT confidential AND NOT entered_in_error
				ORDER BY written_at DESC NULLS LAST, id LIMIT 1`, string(number)).Scan(&id)
		})
		if err == nil {
			return string(s.Sector) + "/" + s.ODS, id, nil
		}
	}
	return "", "", err
}
