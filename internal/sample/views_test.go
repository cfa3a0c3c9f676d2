package sample_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"carerecord/internal/consent"
	"carerecord/internal/load"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(300) // otherwise a sixth of the time goes to it
	pgtest.Main(m)
}

// A column is what a source view's definition says of one.
type column struct {
	kind   string   // text, integer …
	must   bool     // NOT NULL without a default
	values []string // those its comment lists
}

// views are the columns of each sector's relations.
type views map[record.Sector]map[string]map[string]column

var folders = map[record.Sector]string{record.Demographics: "demographics", record.Acute: "acute", record.GP: "gp", record.MentalHealth: "mentalhealth", record.SocialCare: "socialcare"}

var (
	tableLine  = regexp.MustCompile(`^CREATE TABLE IF NOT EXISTS (\w+)`)
	columnLine = regexp.MustCompile(`^    (\w+)\s+(text\[\]|\w+)( NOT NULL)?( DEFAULT)?[^-]*--\s*(.*)$`)
	valuesPart = regexp.MustCompile(`\b(?:One of|Of) ([A-Z0-9_, ]+)\.`)
)

func readViews(t testing.TB) views {
	t.Helper()
	all := views{}
	for sector := range folders {
		tables := map[string]map[string]column{}
		table := ""
		for _, line := range strings.Split(viewsSQL(t, sector), "\n") {
			if m := tableLine.FindStringSubmatch(line); m != nil {
				table = m[1]
				tables[table] = map[string]column{}
			} else if m := columnLine.FindStringSubmatch(line); m != nil {
				tables[table][m[1]] = column{kind: m[2], must: m[3] != "" && m[4] == "", values: listedIn(m[5])}
			}
		}
		all[sector] = tables
	}
	return all
}

func listedIn(comment string) []string {
	m := valuesPart.FindStringSubmatch(comment)
	if m == nil {
		return nil
	}
	return strings.Split(m[1], ", ")
}

func viewsSQL(t testing.TB, sector record.Sector) string {
	t.Helper()
	sql, err := os.ReadFile("../../datasources/" + folders[sector] + "/views.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}

// A load.Writer over real databases: every row is of the type its view has.
func TestEveryoneIsStored(t *testing.T) {
	people := everyone(t, now)
	pools := map[load.Source]*pgxpool.Pool{}
	for _, source := range load.Sources() {
		pools[source] = pgtest.Template(t, folders[source.Sector], func(dsn string) error {
			return run(dsn, func(ctx context.Context, c *pgx.Conn) error {
				_, err := c.Exec(ctx, unique(viewsSQL(t, source.Sector)))
				return err
			})
		}).Pool(t)
	}
	own := pgtest.Template(t, "consent", func(dsn string) error { return run(dsn, migrations.Apply) }).Pool(t)
	writer := load.NewWriter(pools, consent.NewStore(own, nil))
	writer.Fresh = true
	for chunk := range batches(people, 32) {
		refused, err := writer.Write(t.Context(), chunk)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range refused {
			t.Errorf("%s is not stored: %v", r.Person.Name, r.Err)
		}
	}
	views := readViews(t)
	for _, source := range load.Sources() {
		want := count(people, source, "person") + count(people, source, "document") + count(people, source, "appointment")
		got := 0
		for _, relation := range []string{"person", "document", "appointment"} {
			if _, ok := views[source.Sector][relation]; ok {
				got += stored(t, pools[source], relation)
			}
		}
		if got != want {
			t.Errorf("%s %s holds %d people, documents and appointments, want %d", source.Sector, source.ODS, got, want)
		}
	}
	if n := stored(t, own, "consent.person"); n != len(people)+1 {
		t.Errorf("consent knows %d people, want %d and the superseded number", n, len(people))
	}
}

// unique drops a column that a relation names twice.
func unique(sql string) string {
	var kept []string
	seen := map[string]bool{}
	for _, line := range strings.Split(sql, "\n") {
		if tableLine.MatchString(line) {
			clear(seen)
		}
		if m := columnLine.FindStringSubmatch(line); m != nil {
			if seen[m[1]] {
				continue
			}
			seen[m[1]] = true
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

func stored(t testing.TB, pool *pgxpool.Pool, relation string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM "+relation).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func run(dsn string, f func(context.Context, *pgx.Conn) error) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close(ctx)
	return f(ctx, c)
}
