package load_test

import (
	"context"
	"fmt"
	"os"
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

func TestMain(m *testing.M) { pgtest.Main(m) }

// stores are the databases a load writes to.
type stores struct {
	pools map[load.Source]*pgxpool.Pool
	own   *pgxpool.Pool
}

var views = map[record.Sector]string{
	record.Demographics: "demographics", record.Acute: "acute", record.GP: "gp", record.MentalHealth: "mentalhealth", record.SocialCare: "socialcare",
}

// open makes an empty database for each source, and the service's own.
func open(t testing.TB) *stores {
	t.Helper()
	s := &stores{pools: map[load.Source]*pgxpool.Pool{}}
	for _, source := range load.Sources() {
		s.pools[source] = pgtest.Template(t, views[source.Sector], func(dsn string) error {
			sql, err := os.ReadFile("../../datasources/" + views[source.Sector] + "/views.sql")
			if err != nil {
				return err
			}
			return run(dsn, func(ctx context.Context, c *pgx.Conn) error {
				_, err := c.Exec(ctx, once(string(sql)))
				return err
			})
		}).Pool(t)
	}
	s.own = pgtest.Template(t, "consent", func(dsn string) error { return run(dsn, migrations.Apply) }).Pool(t)
	return s
}

// once drops a column that a relation names twice.
func once(sql string) string {
	var kept []string
	seen := map[string]bool{}
	for _, line := range strings.Split(sql, "\n") {
		if strings.HasPrefix(line, "CREATE TABLE") {
			clear(seen)
		}
		if fields := strings.Fields(line); strings.HasPrefix(line, "    ") && len(fields) > 0 {
			if seen[fields[0]] {
				continue
			}
			seen[fields[0]] = true
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

func run(dsn string, f func(context.Context, *pgx.Conn) error) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	return f(ctx, c)
}

func (s *stores) writer() *load.Writer { return load.NewWriter(s.pools, consent.NewStore(s.own, nil)) }

// count counts the rows of all sources: relation by relation.
func (s *stores) count(t testing.TB) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for source, pool := range s.pools {
		for relation := range s.each(t, source, pool) {
			var n int
			if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM `+pgx.Identifier{relation}.Sanitize()).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				counts[fmt.Sprint(source.Sector, " ", source.ODS, " ", relation)] = n
			}
		}
	}
	return counts
}

func (s *stores) each(t testing.TB, _ load.Source, pool *pgxpool.Pool) map[string]bool {
	rows, err := pool.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, n := range names {
		set[n] = true
	}
	return set
}
