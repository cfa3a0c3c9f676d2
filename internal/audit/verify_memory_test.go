//go:build !race

package audit_test

import (
	"io"
	"runtime"
	"testing"

	"carerecord/internal/audit"

	"github.com/jackc/pgx/v5"
)

// The race detector has memory of its own, and takes ten times as long.
func TestVerifyNeedsLittleMemory(t *testing.T) {
	db := database(t)
	trail := open(t, db, audit.Options{})
	for range 10 {
		mustRecord(t, trail, entries(2000))
	}
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	report, err := audit.Proof{}.Verify(t.Context(), conn, io.Discard)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != nil || !report.Holds() || report.Events != 20_000 {
		t.Fatal(err, report)
	}
	var written counter
	if n, err := audit.Export(t.Context(), pool(t, db), audit.Filter{}, audit.Site{}, &written); err != nil || n != 20_000 || written < 40<<20 {
		t.Error("export: ", n, err, written)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 32<<20 {
		t.Errorf("the heap grew by %d MB for %d events", grown>>20, report.Events)
	}
}

// counter counts what is written and keeps nothing.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
