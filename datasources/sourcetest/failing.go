package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/datasources/view"
	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// everything asks for all the source publishes, with all children, of some patients.
func (s *suite) everything(of *fetch.Subjects) []*fetch.Ask {
	var asks []*fetch.Ask
	for _, kind := range s.source.Kinds() {
		asks = append(asks, &fetch.Ask{Kind: kind, Subjects: of, Children: 1<<len(fetch.ChildFields[kind]) - 1})
	}
	return asks
}

// down: nobody listens; we are not let in; we may not read. Whatever is asked.
func (s *suite) down(t *testing.T) {
	all := s.everything(subjects(patient()))
	notLetIn := postgres.ErrRefused
	if s.h.Pooled {
		notLetIn = record.ErrUnavailable
	}
	for what, test := range map[string]struct {
		dsn  string
		want error
	}{
		"closed port":    {closedPort(t), record.ErrUnavailable},
		"no such host":   {"postgres://u:p@host.invalid:5432/d?sslmode=disable", record.ErrUnavailable},
		"wrong password": {password(t, s.db.DSN(s.role), "wrong"), notLetIn},
		"no right":       {s.withoutRights(t), postgres.ErrRefused},
	} {
		source := s.open(t, test.dsn)
		for _, asks := range [][]*fetch.Ask{all, all[:2]} { // what is refused takes a round trip for each
			answers, err := source.Read(reading(t), asks)
			if !errors.Is(err, test.want) {
				t.Errorf("%s: %v", what, err)
			}
			if test.want == record.ErrUnavailable && len(answers) != 0 {
				t.Errorf("%s: %d answers", what, len(answers))
			}
			if err != nil && slices.ContainsFunc([]string{"host.invalid", "127.0.0.1", "u:p", "SELECT"}, func(told string) bool { return strings.Contains(err.Error(), told) }) {
				t.Errorf("%s: the error says too much: %v", what, err)
			}
		}
	}
	if _, err := s.h.Open(org, "not a DSN", ids); err == nil || strings.Contains(err.Error(), "not a DSN") {
		t.Errorf("a DSN that cannot be read: %v", err)
	}
}

func closedPort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return fmt.Sprintf("postgres://u:p@%s/d?sslmode=disable", listener.Addr())
}

func password(t *testing.T, dsn, word string) string {
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(address.User.Username(), word)
	return address.String()
}

// withoutRights is the address for a role that may log in and no more.
func (s *suite) withoutRights(t *testing.T) string {
	role := fmt.Sprintf("%s_outsider", s.db.Name)
	if err := s.db.Server.CreateRole(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.admin.Exec(context.Background(), "DROP ROLE "+role) })
	return s.db.DSN(role)
}

// comesBack: connections that died, idle or in use, are replaced within the read.
func (s *suite) comesBack(t *testing.T) {
	ask := &fetch.Ask{Kind: s.kinds()[0], Subjects: subjects(patient())}
	if err := s.source.Warm(reading(t)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		s.exec(t, fmt.Sprintf(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'`, s.role))
		if answers, err := s.source.Read(reading(t), []*fetch.Ask{ask}); err != nil || answers[ask].Err != nil {
			t.Fatalf("time %d: %v, %v", i, err, answers[ask].Err)
		}
	}
}

// asleep is a suite one of whose views takes a minute.
func (s *suite) asleep(t *testing.T) (*suite, *fetch.Ask) {
	t.Helper()
	slow := newSuite(t, s.h)
	kind := slow.kinds()[0]
	p := patient()
	name := relation(kind)
	slow.insert(t, name, slow.entry(kind, p, "a"))
	slow.exec(t, fmt.Sprintf(`ALTER TABLE %[1]s RENAME TO base; CREATE VIEW %[1]s AS SELECT base.* FROM base CROSS JOIN (SELECT pg_sleep(60)) s`, name))
	if err := slow.source.Warm(reading(t)); err != nil {
		t.Fatal(err)
	}
	return slow, &fetch.Ask{Kind: kind, Filter: fetch.Filter{SourceID: "a"}, Subjects: subjects(p)}
}

// quiet waits until the server does nothing for us any more.
func (s *suite) quiet(t *testing.T) {
	t.Helper()
	if !s.come(t, 0) {
		t.Error("the source still works on a read that nobody waits for")
	}
}

// come waits until the server does so many things for us, and reports whether it came to that.
func (s *suite) come(t *testing.T, active int) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var n int
		if err := s.admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND state = 'active'`, s.role).Scan(&n); err != nil {
			t.Error(err)
			return false
		}
		if n == active {
			return true
		}
	}
	return false
}

// cancelled: a read that nobody waits for any more ends, here and at the source.
func (s *suite) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(reading(t))
	cancel()
	if _, err := s.source.Read(ctx, []*fetch.Ask{{Kind: s.kinds()[0], Subjects: subjects(patient())}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a read that was cancelled before it began: %v", err)
	}
	slow, ask := s.asleep(t)
	ctx, cancel = context.WithCancel(reading(t))
	ended := make(chan error, 1)
	go func() {
		_, err := slow.source.Read(ctx, []*fetch.Ask{ask})
		ended <- err
	}()
	if !slow.come(t, 1) { // a cancellation that comes before the statement is none at PostgreSQL
		t.Error("the read did not begin")
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the read goes on though it was cancelled")
	}
	slow.quiet(t)
}

// deadline: the read returns at its deadline, and the source's other kinds can be
// read meanwhile and afterwards.
func (s *suite) deadline(t *testing.T) {
	slow, ask := s.asleep(t)
	before := runtime.NumGoroutine()
	const limit = 400 * time.Millisecond // the statement must have begun by then
	for range 3 {
		began := time.Now()
		ctx, cancel := context.WithTimeout(reading(t), limit)
		_, err := slow.source.Read(ctx, []*fetch.Ask{ask})
		cancel()
		if took := time.Since(began); !errors.Is(err, record.ErrTimeout) || took < limit || took > limit+2*time.Second {
			t.Errorf("deadline of %v: %v after %v", limit, err, took)
		} else {
			t.Logf("returned %v after the deadline", took-limit)
		}
	}
	slow.quiet(t)
	other := &fetch.Ask{Kind: slow.kinds()[len(slow.kinds())-1], Subjects: ask.Subjects}
	if _, err := slow.source.Read(reading(t), []*fetch.Ask{other}); err != nil {
		t.Errorf("another kind afterwards: %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+5; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			return
		}
	}
}

// missingView: a view that is missing, that changes, or that we may not read breaks
// its own kinds; a view that is put right is read by the next connections.
func (s *suite) missingView(t *testing.T) {
	other := newSuite(t, s.h)
	name := relation(other.kinds()[0])
	all := other.everything(subjects(patient()))
	some := slices.Clone(all[:min(len(all), 8)]) // a connection plans what it is asked
	for _, ask := range all[len(some):] {
		if relation(ask.Kind) == name {
			some = append(some, ask)
		}
	}
	check := func(what string, source *view.Source, asks []*fetch.Ask, want error) {
		t.Helper()
		answers, err := source.Read(reading(t), asks)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		for ask, a := range answers {
			if relation(ask.Kind) == name {
				if want == nil && a.Err != nil || want != nil && !errors.Is(a.Err, want) {
					t.Errorf("%s, %s: %v", what, ask.Kind, a.Err)
				}
			} else if a.Err != nil {
				t.Errorf("%s, %s: %v", what, ask.Kind, a.Err)
			}
		}
		if len(answers) != len(asks) {
			t.Errorf("%s: %d answers of %d", what, len(answers), len(asks))
		}
	}
	warm := other.open(t, other.db.DSN(other.role))
	check("as it should be", warm, some, nil)

	other.exec(t, fmt.Sprintf(`ALTER TABLE %[1]s RENAME TO base`, name))
	check("gone while we read", warm, all, postgres.ErrMalformed)
	check("gone, the next time", warm, all, postgres.ErrMalformed)
	check("missing from the start", other.open(t, other.db.DSN(other.role)), all, postgres.ErrMalformed)

	other.exec(t, fmt.Sprintf(`CREATE VIEW %[1]s AS SELECT 1 AS nhs_number`, name))
	check("of other columns", other.open(t, other.db.DSN(other.role)), some, postgres.ErrMalformed)

	other.exec(t, fmt.Sprintf(`DROP VIEW %[1]s; ALTER TABLE base RENAME TO %[1]s; REVOKE SELECT ON %[1]s FROM %[2]s`, name, other.role))
	check("not for us", other.open(t, other.db.DSN(other.role)), some, postgres.ErrRefused)

	other.exec(t, fmt.Sprintf(`GRANT SELECT ON %[1]s TO %[2]s`, name, other.role))
	check("put right", other.open(t, other.db.DSN(other.role)), all, nil)

	// The type of a column changes under a connection that has prepared its statement.
	warm = other.open(t, other.db.DSN(other.role))
	check("as it should be", warm, some, nil)
	rel := other.tables[name]
	i := slices.IndexFunc(rel.columns, func(c column) bool { return c.name == "source_system" })
	other.exec(t, fmt.Sprintf(`ALTER TABLE %s ALTER %s TYPE varchar(200)`, name, rel.columns[i].name))
	check("of another text type", warm, some, nil)
	other.exec(t, fmt.Sprintf(`ALTER TABLE %s ALTER %s TYPE bytea USING NULL`, name, rel.columns[i].name))
	check("of another type", warm, some, postgres.ErrMalformed)
}
