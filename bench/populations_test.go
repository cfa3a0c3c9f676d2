package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestTheComparisonIsRoundByRound: many against few of the same round, and over where the middle is.
func TestTheComparisonIsRoundByRound(t *testing.T) {
	c := newComparison(&options{servers: []string{oursName}, rounds: 3})
	few, many := &population{kept: kept{Residents: 20, Rows: 1e6, Bytes: 1e9, Seconds: 3}}, &population{kept: kept{Residents: 1000}}
	all := []*population{few, many}
	for _, draw := range draws {
		for _, slow := range []time.Duration{1, 10, 2} {
			for _, p := range all {
				k := key(draw.name, oursName, p.Residents)
				took := slow * time.Millisecond * time.Duration(1+p.Residents/1000)
				c.turns[k] = append(c.turns[k], populationTurn{turn{requests: 7, cpu: took, p50: took, p99: took}, taken{took, 5000 * float64(1+p.Residents/1000), 0}})
			}
		}
	}
	var text bytes.Buffer
	c.print(&text, "15", all)
	for _, want := range []string{
		"| 20 | 1.0 million | 1.0 GB | 3 s |",
		"| ours | 20 | 2.00 ms | 2.00 ms | 2.00 ms | 2.00 ms | 5 kB | 0 kB | 7 |",
		"| ours | 1000 | 2.00 (2.00..2.00) | 2.00 (2.00..2.00) | 2.00 (2.00..2.00) | 2.00 (2.00..2.00) | 10 kB | 0 kB | 7 |",
	} {
		if strings.Count(text.String(), want) == 0 {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
	for most, want := range map[float64]int{0: 0, 2: 0, 1.99: 3} {
		c.options.most = most
		err := c.over(all)
		if found := strings.Count(fmt.Sprint(err), "is 2.00 times that among 20"); found != want || (err == nil) != (want == 0) {
			t.Errorf("at most %v: %v", most, err)
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

func TestWhatAProcessRead(t *testing.T) {
	const text = "rchar: 4096\nwchar: 7\nsyscr: 2\nsyscw: 1\nread_bytes: 512\nwrite_bytes: 9\ncancelled_write_bytes: 0\n"
	if got, err := parseRead(text); err != nil || got != (taken{read: 4096, disk: 512}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseRead("rchar: much\n"); err == nil {
		t.Error("what is no number was taken for one")
	}
}
