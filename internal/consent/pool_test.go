package consent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"carerecord/internal/consent"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestSettingsOfAPool(t *testing.T) {
	const dsn = "postgres://service@127.0.0.1:1/none"
	plain, err := consent.Config(dsn)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"role": consent.Role, "application_name": "carerecord", "timezone": "UTC", "plan_cache_mode": "force_generic_plan", "jit": "off",
	} {
		if got := plain.ConnConfig.RuntimeParams[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if plain.ConnConfig.ConnectTimeout != 5*time.Second {
		t.Errorf("a connection is waited for %s", plain.ConnConfig.ConnectTimeout)
	}
	if plain.ShouldPing(t.Context(), pgxpool.ShouldPingParams{IdleDuration: time.Hour}) {
		t.Error("a ping is a round trip more")
	}
	given, err := consent.Config(dsn + "?application_name=other&connect_timeout=2")
	if err != nil {
		t.Fatal(err)
	}
	if got := given.ConnConfig.RuntimeParams["application_name"]; got != "other" || given.ConnConfig.ConnectTimeout != 2*time.Second {
		t.Errorf("what was given is not kept: %s, %s", got, given.ConnConfig.ConnectTimeout)
	}
	const bad = "postgres://service@:x/none"
	if _, err := consent.Config(bad); err == nil {
		t.Error("an address that cannot be read is taken")
	}
	if _, err := consent.Open(t.Context(), bad); err == nil || errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("an address that cannot be read: %v", err)
	}
	if _, err := consent.Open(t.Context(), dsn); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("a database that is not there: %v", err)
	}
}

// A connection that cannot be prepared is none.
func TestConnectionsArePrepared(t *testing.T) {
	db := database(t)
	fault, prepared := errors.New("not prepared"), 0
	prepare := func(ctx context.Context, _ *pgx.Conn) error {
		if until, bounded := ctx.Deadline(); !bounded || time.Until(until) > 5*time.Second {
			t.Errorf("preparing may take until %s", until)
		}
		prepared++
		return nil
	}
	refuse := func(context.Context, *pgx.Conn) error { return fault }
	pool, err := consent.Open(t.Context(), db.DSN(""), prepare, prepare)
	if err != nil || prepared != 2 {
		t.Fatalf("prepared %d times, want 2, %v", prepared, err)
	}
	pool.Close()
	if _, err := consent.Open(t.Context(), db.DSN(""), refuse, prepare); !errors.Is(err, fault) || prepared != 2 {
		t.Errorf("opened with an error of %v", err)
	}
}
