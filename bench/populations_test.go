package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"carerecord/bench/data"
	"carerecord/internal/embedded"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

// TestDatabasesAreKept: they are made once, used again while they are what is wanted, and made
// anew where they are not whole, or of another day than the others.
func TestDatabasesAreKept(t *testing.T) {
	o := &options{seed: 1, keep: pgtest.Dir(t)}
	folder := filepath.Join(o.keep, "12")
	made := 0
	open := func(day string) kept {
		t.Helper()
		k, server, err := o.open(t.Context(), 12, record.Date(day), func(string, ...any) { made++ })
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		return k
	}
	first := open("2026-06-01")
	if again := open(""); made != 1 || again != first || first.Rows < 12*40 || first.Bytes == 0 || first.Day != "2026-06-01" {
		t.Errorf("made %d times: %+v, then %+v", made, first, again)
	}
	if err := os.Remove(filepath.Join(folder, keptFile)); err != nil { // as if it had ended before the last step
		t.Fatal(err)
	}
	if later := open("2026-06-02"); made != 2 || later.Day != "2026-06-02" || later.Rows != first.Rows {
		t.Errorf("not whole, and made %d times: %+v", made, later)
	}
	foreign := filepath.Join(folder, "letters")
	if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.open(t.Context(), 12, "2026-06-03", func(string, ...any) {}); err == nil || !strings.Contains(err.Error(), "give another folder") {
		t.Errorf("a folder with something else in it: %v", err)
	}
	if text, err := os.ReadFile(foreign); string(text) != "mine" {
		t.Errorf("something else was removed: %v", err)
	}
}

// TestWhoMeasuresIsLeftAlone: databases that another run has, and that are not what this one wants, are not removed.
func TestWhoMeasuresIsLeftAlone(t *testing.T) {
	keep := pgtest.Dir(t)
	quiet := func(string, ...any) {}
	_, server, err := (&options{seed: 1, keep: keep}).open(t.Context(), 12, "2026-06-01", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	before := keptIn(filepath.Join(keep, "12"))
	if _, _, err := (&options{seed: 2, keep: keep}).open(t.Context(), 12, "2026-06-01", quiet); !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("a run with another seed beside it: %v", err)
	}
	residents, err := numberFrom(t.Context(), data.Of(server, false).Sources[0].DSN, `SELECT count(*) FROM person`)
	if err != nil || residents != 12 {
		t.Errorf("%d residents are left: %v", residents, err)
	}
	if after := keptIn(filepath.Join(keep, "12")); after != before || after.Rows == 0 {
		t.Errorf("it was said to hold %+v, then %+v", before, after)
	}
}

// TestKeptDatabasesAreMigrated: what the service's own database lacks comes; where a migration has changed, all is made anew.
func TestKeptDatabasesAreMigrated(t *testing.T) {
	o := &options{seed: 1, keep: pgtest.Dir(t)}
	made := 0
	open := func(then string) (steps int64) {
		t.Helper()
		_, server, err := o.open(t.Context(), 12, "2026-06-01", func(format string, _ ...any) {
			if strings.HasPrefix(format, "making") {
				made++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		}()
		own, err := pgx.Connect(t.Context(), server.AdminDSN("bench_own"))
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close(t.Context())
		if err := own.QueryRow(t.Context(), `SELECT count(*) FROM carerecord_migration WHERE digest <> 'another'`).Scan(&steps); err != nil {
			t.Error(err)
		}
		if _, err := own.Exec(t.Context(), then); err != nil {
			t.Error(err)
		}
		return steps
	}
	all := open(`DROP SCHEMA consent, audit CASCADE; DELETE FROM carerecord_migration`)
	if again := open(`UPDATE carerecord_migration SET digest = 'another' WHERE version = 1`); again != all || made != 1 {
		t.Errorf("made before there were migrations: %d of %d steps, made %d times", again, all, made)
	}
	if again := open(``); again != all || made != 2 {
		t.Errorf("a migration has changed: %d of %d steps, made %d times", again, all, made)
	}
	if again := open(``); again != all || made != 2 {
		t.Errorf("nothing has changed: %d of %d steps, made %d times", again, all, made)
	}
}

func TestWhatIsWanted(t *testing.T) {
	was := kept{Version: "a", Residents: 20, Day: "2026-06-01"}
	for name, test := range map[string]struct {
		now  kept
		want bool
	}{
		"the same":               {was, true},
		"of any day":             {kept{Version: "a", Residents: 20}, true},
		"of another day":         {kept{Version: "a", Residents: 20, Day: "2026-06-02"}, false},
		"of another generator":   {kept{Version: "b", Residents: 20, Day: "2026-06-01"}, false},
		"of another number":      {kept{Version: "a", Residents: 30, Day: "2026-06-01"}, false},
		"nothing was ever there": {kept{}, false},
	} {
		if got := was.want(test.now); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestWhoIsAskedFor: the same of all residents in every turn, another of them first in each round; and others in each turn.
func TestWhoIsAskedFor(t *testing.T) {
	all := data.Numbers(5000)
	again, drawn := draws[0], draws[1]
	first, second := again.of(all, 0, 1), again.of(all, 1, 2)
	if len(first) != again.different || slices.Equal(first, second) {
		t.Errorf("%s: %d, and the second round as the first", again.name, len(first))
	}
	slices.Sort(first)
	slices.Sort(second)
	if !slices.Equal(first, second) {
		t.Errorf("%s: others in the second round", again.name)
	}
	one, other := drawn.of(all, 0, 1), drawn.of(all, 0, 2)
	slices.Sort(one)
	slices.Sort(other)
	if len(one) != drawn.different || slices.Equal(one, other) {
		t.Errorf("%s: %d, and in the other turn the same", drawn.name, len(one))
	}
}
