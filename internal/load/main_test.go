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

// open makes empty views for each source, in a schema of its own, and the service's own database.
func open(t testing.TB) *stores {
	t.Helper()
	sources := pgtest.Template(t, "sources", func(dsn string) error { return run(dsn, createViews) })
	s := &stores{pools: map[load.Source]*pgxpool.Pool{}}
	for _, source := range load.Sources() {
		pool, err := pgxpool.New(t.Context(), sources.DSN("")+"&search_path="+schema(source))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		s.pools[source] = pool
	}
	s.own = pgtest.Template(t, "consent", func(dsn string) error { return run(dsn, migrations.Apply) }).Pool(t)
	return s
}

func schema(source load.Source) string {
	return strings.ToLower(fmt.Sprintf("%s_%s", source.Sector, source.ODS))
}

func createViews(ctx context.Context, c *pgx.Conn) error {
	for _, source := range load.Sources() {
		sql, err := os.ReadFile("../../datasources/" + views[source.Sector] + "/views.sql")
		if err != nil {
			return err
		}
		if _, err := c.Exec(ctx, fmt.Sprintf("CREATE SCHEMA %[1]s; SET search_path = %[1]s;\n%[2]s", schema(source), sql)); err != nil {
			return err
		}
	}
	return nil
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
		for relation, n := range filled(t, pool) {
			counts[fmt.Sprint(source.Sector, " ", source.ODS, " ", relation)] = n
		}
	}
	return counts
}

// filled counts the rows of each relation of a source that has any.
func filled(t testing.TB, pool *pgxpool.Pool) map[string]int {
	t.Helper()
	var each []string
	for _, relation := range relations(t, pool) {
		each = append(each, fmt.Sprintf(`SELECT '%[1]s', count(*) FROM %[1]s HAVING count(*) > 0`, relation))
	}
	rows, err := pool.Query(t.Context(), strings.Join(each, " UNION ALL "))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	var relation string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&relation, &n}, func() error { counts[relation] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	return counts
}

func relations(t testing.TB, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}
