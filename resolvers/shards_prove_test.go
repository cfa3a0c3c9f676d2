//go:build prove

package resolvers_test

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"carerecord/datasources/acute"
	"carerecord/internal/pgtest"
	"carerecord/internal/sample"
)

var (
	anIndex   = regexp.MustCompile(`(?m)^CREATE (UNIQUE )?INDEX[^;]*;\n`)
	aTableEnd = regexp.MustCompile(`(?m)^\);$`)
	aTable    = regexp.MustCompile(`CREATE TABLE IF NOT EXISTS (\w+)`)
)

// partitioned is the hospital's tables, each in parts by a hash of the NHS number that are
// tables of other databases: of servers shard0, shard1, and so on.
func partitioned(shards int) string {
	sql := aTableEnd.ReplaceAllString(anIndex.ReplaceAllString(acute.Views, ""), ") PARTITION BY HASH (nhs_number);")
	for _, table := range aTable.FindAllStringSubmatch(sql, -1) {
		for n := range shards {
			sql += fmt.Sprintf("CREATE FOREIGN TABLE %[1]s_%[2]d PARTITION OF %[1]s FOR VALUES WITH (MODULUS %[3]d, REMAINDER %[2]d) SERVER shard%[2]d OPTIONS (table_name '%[1]s');\n", table[1], n, shards)
		}
	}
	return sql
}

// onlyTheirs fails the test where more parts than one are asked for a patient in the way in
// which the sources ask.
func onlyTheirs(t *testing.T, of *pgtest.Cluster, shards int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), of.DSN("hospital", "reader"))
	check(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, err := conn.Query(t.Context(), `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT v.id FROM unnest(ARRAY['`+string(sample.Whole)+`']) p(nhs_number)
		CROSS JOIN LATERAL (SELECT v.id FROM stay v WHERE v.nhs_number = p.nhs_number ORDER BY v.admitted_at DESC FETCH FIRST 5 ROWS WITH TIES) v`)
	check(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	check(t, err)
	plan := strings.Join(lines, "\n")
	if scans, never := strings.Count(plan, "Foreign Scan"), strings.Count(plan, "never executed"); scans != shards || never != shards-1 {
		t.Errorf("%d parts, of which %d are not asked:\n%s", scans, never, plan)
	}
}

// TestShards: a hospital whose tables are partitioned over two further databases, reached by postgres_fdw, gets the
// same answers as one that holds them itself.
func TestShards(t *testing.T) {
	c := newCare(t, sample.Scenarios(now))
	cluster := pgtest.NewCluster(t, c.service)
	cluster.Exec(t, "postgres", "CREATE DATABASE whole")
	cluster.Exec(t, "whole", acute.Views)
	cluster.Copy(t, c.dbs[hospital], "whole")
	const shards = 2
	host, port, err := net.SplitHostPort(cluster.Address())
	check(t, err)
	servers := "CREATE EXTENSION postgres_fdw;\n"
	for n := range shards {
		name := fmt.Sprintf("shard%d", n)
		cluster.Exec(t, "postgres", "CREATE DATABASE "+name)
		cluster.Exec(t, name, acute.Views)
		servers += fmt.Sprintf("CREATE SERVER %[1]s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%[2]s', port '%[3]s', dbname '%[1]s', fetch_size '10000');\n", name, host, port) +
			fmt.Sprintf("CREATE USER MAPPING FOR PUBLIC SERVER %s OPTIONS (user 'postgres', password '%s');\n", name, pgtest.ClusterPassword)
	}
	cluster.Exec(t, "postgres", "CREATE DATABASE hospital")
	cluster.Exec(t, "hospital", servers+partitioned(shards))
	cluster.Copy(t, c.dbs[hospital], "hospital")
	cluster.Reader(t, "hospital", "reader")
	cluster.Grant(t, "whole", "reader")

	var counts []int
	for n := range shards {
		conn, err := pgx.Connect(t.Context(), cluster.DSN(fmt.Sprintf("shard%d", n), ""))
		check(t, err)
		var rows int
		check(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM stay").Scan(&rows))
		check(t, conn.Close(t.Context()))
		if counts = append(counts, rows); rows == 0 {
			t.Errorf("shard %d holds nobody's stays", n)
		}
	}
	t.Logf("stays by shard: %v", counts)

	onlyTheirs(t, cluster, shards)

	whole := c.reached(t, except(cluster.DSN("whole", "reader")))
	sharded := c.reached(t, except(cluster.DSN("hospital", "reader")))
	sameBytes(t, whole, sharded)
	compared(t, "a hospital over two shards", whole, sharded, cpuOf(t, cluster.PID(t)))
}
