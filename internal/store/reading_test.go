package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/pgtest"
	"carerecord/internal/store"

	"github.com/jackc/pgx/v5"
)

// However many read the trail, and however slowly, there are connections left for decisions and for the trail itself:
// nobody's records are out of reach because a privacy officer asks for alerts twenty times over.
func TestReadersOfTheTrailLeaveConnections(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := migrate(t.Context(), db.DSN("")); err != nil {
		t.Fatal(err)
	}
	s := store.Open(t.Context(), store.Options{DSN: db.DSN("") + "&pool_max_conns=4", Volatile: true})
	t.Cleanup(func() { s.Close(context.Background()) })
	blocking, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer blocking.Close(context.Background())
	if _, err := blocking.Exec(t.Context(), `BEGIN; LOCK TABLE audit.event IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 20 {
		readers.Go(func() {
			_, err := s.Alerts(ctx, audit.AlertFilter{Organisations: []string{"RAL"}, Since: time.Now().Add(-time.Hour), Now: time.Now()})
			if !errors.Is(err, audit.ErrUnavailable) {
				t.Errorf("a reader who left: %v", err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // they have come by then, or the test proves less
	soon, end := context.WithTimeout(t.Context(), 2*time.Second)
	defer end()
	if !s.Ready(soon) {
		t.Error("no connection was left")
	}
	cancel()
	readers.Wait()
	if _, err := blocking.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Events(t.Context(), audit.Filter{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
