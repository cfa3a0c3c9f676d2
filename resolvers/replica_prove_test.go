//go:build prove

package resolvers_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/load"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/wiretest"
	"carerecord/resolvers"
)

// hospital is the source that these tests move to servers of its own.
var hospital = load.Source{Sector: record.Acute, ODS: "RAL"}

// moved puts the hospital's rows into a database of a cluster, whose tables are made by
// SQL, and gives the name of the role that reads them.
func (c *care) moved(t *testing.T, to *pgtest.Cluster, database, tables string) string {
	t.Helper()
	to.Exec(t, "postgres", "CREATE DATABASE "+database)
	to.Exec(t, database, tables)
	to.Copy(t, c.dbs[hospital], database)
	to.Reader(t, database, "reader")
	return "reader"
}

// except is a way to the hospital alone; the others are reached straight.
func except(dsn string) func(load.Source, string) string {
	return func(of load.Source, straight string) string {
		if of == hospital {
			return dsn + connectionsOf(usualConnections)
		}
		return straight
	}
}

// followed waits until a replica has all that its primary had.
func followed(t *testing.T, primary, replica *pgtest.Cluster, database string) {
	t.Helper()
	ask := func(of *pgtest.Cluster, sql string, arguments ...any) (text string) {
		conn, err := pgx.Connect(t.Context(), of.DSN(database, ""))
		check(t, err)
		defer conn.Close(t.Context())
		check(t, conn.QueryRow(t.Context(), sql, arguments...).Scan(&text))
		return text
	}
	upTo := ask(primary, "SELECT pg_current_wal_lsn()::text")
	for end := time.Now().Add(time.Minute); ask(replica, "SELECT (coalesce(pg_last_wal_replay_lsn(), '0/0') >= $1::pg_lsn)::text", upTo) != "true"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the replica does not follow")
		}
	}
}

// TestReplica: a hospital with a streaming replica, which is preferred, is answered for
// whole while its primary is gone, while its replica is gone, and when each is back.
func TestReplica(t *testing.T) {
	c := newCare(t, sample.Scenarios(now))
	primary := pgtest.NewCluster(t, c.service)
	role := c.moved(t, primary, "hospital", views[record.Acute].sql)
	replica := primary.Replica(t)
	followed(t, primary, replica, "hospital")
	straight := c.reached(t, func(_ load.Source, dsn string) string { return dsn })
	both := c.reached(t, except(primary.DSN("hospital", role, replica)+preferring))
	sameBytes(t, straight, both)
	reading := func(of *pgtest.Cluster) (n int) {
		conn, err := pgx.Connect(t.Context(), of.DSN("hospital", ""))
		check(t, err)
		defer conn.Close(t.Context())
		check(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", role).Scan(&n))
		return n
	}
	if on, off := reading(replica), reading(primary); on == 0 || off > 0 {
		t.Errorf("%d connections to the replica and %d to the primary", on, off)
	}

	q := question{"full record", "gp", operation(t, "full-record"), map[string]any{"nhsNumber": string(sample.Whole)}}
	healthy := straight.data(t, q)
	for _, test := range []struct {
		name string
		lost *pgtest.Cluster
	}{{"the primary is lost", primary}, {"the replica is lost", replica}, {"the primary is lost, which reads are on now", primary}} {
		t.Run(test.name, func(t *testing.T) {
			var mu sync.Mutex
			whole, gaps, slowest := 0, 0, time.Duration(0)
			stop := make(chan struct{})
			var asking sync.WaitGroup
			for range 4 {
				asking.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						began := time.Now()
						is := both.wholeOrGaps(t, q, healthy)
						mu.Lock()
						slowest = max(slowest, time.Since(began))
						if whole++; !is {
							whole--
							gaps++
						}
						mu.Unlock()
					}
				})
			}
			answers := func(n int) {
				t.Helper()
				mu.Lock()
				from := whole
				mu.Unlock()
				for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
					mu.Lock()
					enough := whole >= from+n
					mu.Unlock()
					if enough {
						return
					}
					if time.Now().After(end) {
						t.Error("no whole answers come any more")
						return
					}
				}
			}
			answers(10)
			test.lost.Stop()
			answers(30)
			test.lost.Start(t)
			answers(30)
			close(stop)
			asking.Wait()
			if gaps > 0 {
				t.Errorf("%d answers without the hospital", gaps)
			}
			t.Logf("%d answers, all whole; the slowest took %v", whole, slowest.Round(time.Millisecond))
			both.quiet(t)
		})
		followed(t, primary, replica, "hospital")
	}
	sameBytes(t, straight, both)
	t.Run("the replica hangs", func(t *testing.T) { testReplicaHangs(t, c, primary, replica, q, healthy) })
	t.Run("the replica becomes the primary", func(t *testing.T) {
		fresh := c.reached(t, except(primary.DSN("hospital", role, replica)+preferring))
		primary.Stop()
		replica.Exec(t, "postgres", "SELECT pg_promote()")
		replica.Exec(t, "hospital", "CREATE TABLE anew (id int)") // it is one
		afterwards := c.reached(t, except(primary.DSN("hospital", role, replica)+preferring))
		for when, by := range map[string]*care{"from before": fresh, "made afterwards": afterwards} {
			if !by.wholeOrGaps(t, q, healthy) {
				t.Errorf("a gap over connections %s", when)
			}
		}
	})
}

// preferring is how a source with a replica is reached: a host that does not answer within
// a second is passed over for the next.
const preferring = "&target_session_attrs=prefer-standby&connect_timeout=1"

// testReplicaHangs: a replica that takes everything and says nothing leaves a gap, within
// the deadline, until its connections are given up. Then the primary is read.
func testReplicaHangs(t *testing.T, c *care, primary, replica *pgtest.Cluster, q question, healthy string) {
	const deadline = 3 * time.Second
	wire := wiretest.NewTCP(t, replica.DSN("hospital", "reader"))
	by, err := url.Parse(wire.DSN())
	check(t, err)
	hosts := strings.Replace(primary.DSN("hospital", "reader"), primary.Address(), by.Host+","+primary.Address(), 1)
	both := c.reached(t, except(hosts+preferring)).with(t, func(o *resolvers.Options) {
		for i := range o.Sources {
			if o.Sources[i].Sector == hospital.Sector && string(o.Sources[i].Organisation.ODSCode) == hospital.ODS {
				o.Sources[i].Deadline = deadline
			}
		}
	})
	if !both.wholeOrGaps(t, q, healthy) || wire.Count().Syncs() == 0 {
		t.Fatal("not whole before, or not of the replica")
	}
	wire.Swallow(true)
	began, gaps := time.Now(), 0
	for {
		asked := time.Now()
		if both.wholeOrGaps(t, q, healthy) {
			break
		}
		gaps++
		if took := time.Since(asked); took > deadline+2*time.Second {
			t.Errorf("a gap after %v", took)
		}
		if time.Since(began) > time.Minute {
			t.Fatal("not whole although the primary is there")
		}
	}
	t.Logf("%d gaps, and whole %v after the replica began to hang", gaps, time.Since(began).Round(time.Millisecond))
}
