package load_test

import (
	"context"
	"fmt"
	"os"
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
				_, err := c.Exec(ctx, string(sql))
				return err
			})
		}).Pool(t)
	}
	s.own = pgtest.Template(t, "consent", func(dsn string) error { return run(dsn, migrations.Apply) }).Pool(t)
	return s
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
		for _, relation := range relations(t, pool) {
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

func relations(t testing.TB, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}
