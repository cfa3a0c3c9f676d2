package demo_test

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/auth"
	"carerecord/internal/demo"
	"carerecord/internal/embedded"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/sample"
)

func TestMain(m *testing.M) {
	embedded.Main()
	debug.SetGCPercent(300) // as for internal/sample
	os.Exit(m.Run())
}

// everybodyIsListed compares the list of residents with what the sample makes.
func everybodyIsListed(t *testing.T, d *demo.Demo) {
	t.Helper()
	began := time.Now()
	residents, err := d.Residents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log("residents", time.Since(began))
	listed := map[record.NHSNumber]demo.Resident{}
	for _, r := range residents {
		listed[r.Number] = r
	}
	people, err := sample.Residents(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		r := listed[p.Number]
		if r.Name != p.Name || r.Practice != p.Practice || r.Restricted != p.Restricted || r.OptedOut == p.OptedOutFrom.IsZero() || len(r.Sectors) == 0 {
			t.Errorf("%s: %+v, want %s %s", p.Scenario, r, p.Name, p.Practice)
		}
	}
}

func TestAStartMakesItAndTheNextFindsIt(t *testing.T) {
	dir := pgtest.Dir(t)
	cutShort(t, dir)
	for _, made := range []bool{true, false} {
		began := time.Now()
		d, err := demo.Start(t.Context(), demo.Options{Server: embedded.Options{DataDir: dir}})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %v", time.Since(began).Round(time.Millisecond), d.Steps)
		if d.Made != made {
			t.Errorf("made: %v, want %v", d.Made, made)
		}
		token, err := d.Issuer.Token(auth.Personas[0], auth.TokenOptions{})
		if err != nil || token == "" {
			t.Errorf("no token: %v", err)
		}
		if found, err := demo.Find(dir, ""); err != nil || found.DSN() != d.DSN() || string(found.Secret("ids")) != string(d.Secret("ids")) {
			t.Errorf("it is not found on its directory: %v", err)
		}
		mayOnlySelect(t, d)
		if !made {
			everybodyIsListed(t, d)
			changeViews(t, d)
		}
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, err := demo.Start(t.Context(), demo.Options{Server: embedded.Options{DataDir: dir}}); !errors.Is(err, demo.ErrOlder) {
		t.Errorf("databases of other views: %v", err)
	}
	if _, err := demo.Keys(dir); err != nil {
		t.Errorf("its keys while it does not run: %v", err)
	}
}

// cutShort ends a start in the middle.
func cutShort(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := demo.Start(ctx, demo.Options{Server: embedded.Options{DataDir: dir}, Progress: func(p demo.Progress) {
		if p.Step == "making the residents" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a start that was cut short: %v", err)
	}
}

func mayOnlySelect(t *testing.T, d *demo.Demo) {
	t.Helper()
	for _, s := range d.Sources() {
		conn, err := pgx.Connect(t.Context(), s.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		for _, sql := range []string{`DELETE FROM need`, `INSERT INTO need (nhs_number) VALUES ('1')`, `CREATE TABLE mine ()`, `CREATE TEMP TABLE mine ()`} {
			if _, err := conn.Exec(t.Context(), `SET default_transaction_read_only = off; `+sql); err == nil {
				t.Errorf("%s %s: a reader may %s", s.Sector, s.ODS, sql)
			}
		}
	}
}

// changeViews makes the databases those of another release.
func changeViews(t *testing.T, d *demo.Demo) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.OwnerDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `UPDATE demo.state SET views = 'other'`); err != nil {
		t.Fatal(err)
	}
}
