package pgtest

import (
	"context"
	"fmt"
	"sync"
)

// A template is a database made once and copied many times.
type template struct {
	once     sync.Once
	database string
	err      error
}

// template returns the database that build made under a name. The first to
// ask builds; the others wait for it.
func (s *shared) template(ctx context.Context, name string, build func(dsn string) error) (string, error) {
	entry := s.entry(name)
	entry.once.Do(func() {
		entry.database = fmt.Sprintf("template_%d", s.next.Add(1))
		entry.err = s.build(ctx, entry.database, build)
	})
	return entry.database, entry.err
}

func (s *shared) entry(name string) *template {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.templates == nil {
		s.templates = map[string]*template{}
	}
	if s.templates[name] == nil {
		s.templates[name] = &template{}
	}
	return s.templates[name]
}

// build makes a database, fills it, and closes it to connections: one that
// is open would keep it from being copied.
func (s *shared) build(ctx context.Context, database string, fill func(dsn string) error) error {
	server, err := s.up()
	if err != nil {
		return err
	}
	dsn := server.AdminDSN("postgres")
	if err := s.admin.execute(ctx, dsn, create(server, database, "template0")); err != nil {
		return err
	}
	if err := fill(server.AdminDSN(database)); err != nil {
		return err
	}
	return s.admin.execute(ctx, dsn, fmt.Sprintf(closeDatabase, database))
}

// closeDatabase keeps connections out of %[1]s and ends those there are.
const closeDatabase = `
ALTER DATABASE %[1]s ALLOW_CONNECTIONS false;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%[1]s'`
