package store_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/store"
)

// owned is a database whose owner is no superuser but may make roles and, with may, give
// the service's role away; and a login of the service. The roles last as long as the server.
func owned(t *testing.T, may bool) (db *pgtest.Database, owner, login string) {
	t.Helper()
	db = pgtest.New(t)
	owner, login = db.Name+"_owner", db.Name+"_login"
	for _, role := range []string{owner, login} {
		if err := db.Server.CreateRole(t.Context(), role); err != nil {
			t.Fatal(err)
		}
	}
	option := "GRANT " + consent.Role + " TO " + owner
	if may {
		option += " WITH ADMIN OPTION"
	}
	db.Exec(t, fmt.Sprintf(`
		DO $$ BEGIN CREATE ROLE %[3]s NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
		ALTER ROLE %[1]s CREATEROLE; ALTER DATABASE %[2]s OWNER TO %[1]s; %[4]s`, owner, db.Name, consent.Role, option))
	return db, owner, login
}

// opened opens the database once, and says what was told.
func opened(t *testing.T, ownerDSN, dsn string) (*store.Store, error) {
	t.Helper()
	told := make(chan error, 100)
	s := store.Open(t.Context(), store.Options{OwnerDSN: ownerDSN, DSN: dsn, Policy: consent.Default(), Volatile: true, Changed: func(err error) { told <- err }})
	t.Cleanup(func() { s.Close(context.Background()) })
	return s, <-told
}

// The owner of the database need be no superuser: it makes the tables, and gives the
// service's role to the service's login where it may.
func TestAnOwnerWhoIsNoSuperuser(t *testing.T) {
	t.Parallel()
	db, owner, login := owned(t, true)
	s, err := opened(t, db.DSN(owner), db.DSN(login))
	if err != nil || !s.Ready(t.Context()) {
		t.Fatalf("told %v", err)
	}
	if _, err := s.Record(t.Context(), []audit.Entry{{Event: recorded}}); err != nil {
		t.Errorf("the login cannot add to the trail: %v", err)
	}
}

// An owner who may not give the role away is told of, unless the login has it already:
// then nothing is left to give.
func TestAnOwnerWhoMayNotGiveTheRole(t *testing.T) {
	t.Parallel()
	db, owner, login := owned(t, false)
	if err := migrate(t.Context(), db.DSN(owner)); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, "ALTER ROLE "+owner+" NOCREATEROLE")
	refused := regexp.MustCompile(`the database refuses: SQLSTATE 42501 \((must have admin option on|permission denied to grant) role`) // as PostgreSQL 15 and 17 say
	if s, err := opened(t, db.DSN(owner), db.DSN(login)); err == nil || !refused.MatchString(err.Error()) || s.Ready(t.Context()) {
		t.Errorf("a login without the role: told %v", err)
	}
	db.Exec(t, "GRANT "+consent.Role+" TO "+login)
	if s, err := opened(t, db.DSN(owner), db.DSN(login)); err != nil || !s.Ready(t.Context()) {
		t.Errorf("a login that has the role: told %v", err)
	}
}

// Where it cannot be learnt whether the login has the role, the database is not worked
// with. A function of that name in front of PostgreSQL's own sees to it here.
func TestARoleThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := migrate(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `
		CREATE SCHEMA front;
		CREATE FUNCTION front.pg_has_role(name, name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$`)
	owner := db.DSN("") + "&search_path=front,pg_catalog"
	if s, err := opened(t, owner, db.DSN("")); err == nil || !strings.Contains(err.Error(), "the database refuses: SQLSTATE P0001") || s.Ready(t.Context()) {
		t.Errorf("told %v", err)
	}
}
