//go:build prove

package view_test

import (
	"testing"

	"carerecord/datasources/sourcetest"
	"carerecord/datasources/view"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

// TestSuiteThroughPgBouncer is the whole suite of every sector through a PgBouncer in
// transaction mode.
func TestSuiteThroughPgBouncer(t *testing.T) {
	bouncer := pgtest.NewBouncer(t, pgtest.New(t), 20)
	for name, h := range sectors {
		open := h.Open
		h.Pooled = true
		h.Open = func(org *record.Organisation, dsn string, ids *record.Identifier) (*view.Source, error) {
			return open(org, byTransaction(bouncer.DSN(dsn)), ids)
		}
		t.Run(name, func(t *testing.T) { sourcetest.Run(t, h) })
	}
}
