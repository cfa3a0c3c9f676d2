package audit_test

import (
	"context"
	"crypto"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"carerecord/internal/audit"

	"github.com/jackc/pgx/v5"
)

// second is a key that signs after something else was done, once.
type second struct {
	crypto.Signer
	first func()
}

func (s second) Sign(random io.Reader, message []byte, options crypto.SignerOpts) ([]byte, error) {
	s.first()
	return s.Signer.Sign(random, message, options)
}

// Of two instances that look after the months at once, the second finds them removed by
// the time it signs: there was nothing left to do, and no alarm.
func TestTwoInstancesRemoveAtOnce(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	mustRecord(t, open(t, db, audit.Options{}), early(4))
	db.Exec(t, aged(40, "1 day"))
	other := func() {
		trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: signer, Months: 24, Failed: func(err error) { t.Error(err) }}})
		if _, err := trail.Retain(t.Context()); err != nil {
			t.Error(err)
		}
	}
	late := &audit.Signer{Key: second{signer.Key, sync.OnceFunc(other)}, ID: signer.ID}
	trail := open(t, db, audit.Options{Keeping: audit.Keeping{Signer: late, Months: 24, Failed: func(err error) { t.Error(err) }}})
	if removed, err := trail.Retain(t.Context()); err != nil || removed != (audit.Removed{}) {
		t.Errorf("%+v, %v", removed, err)
	}
	if report, said := prove(t, db, audit.Proof{Keys: known, Months: 24}); !report.Holds() || report.Removed != 4 || report.Events != 1 {
		t.Errorf("%+v %s", report, said)
	}
}

// before is a tracer that does something before the first statement that says so.
type before struct {
	sql string
	do  func()
}

func (b before) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.Contains(data.SQL, b.sql) {
		b.do()
	}
	return ctx
}

func (before) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// What is removed while the trail is verified is not missed in it: its removal waits for
// another day.
func TestNothingIsRemovedDuringVerification(t *testing.T) {
	db := database(t)
	signer, known := keys(1)
	trail := resting(t, db, audit.Keeping{Signer: signer, Months: 24})
	mustRecord(t, open(t, db, audit.Options{}), early(4))
	db.Exec(t, aged(40, "1 day"))
	config, err := pgx.ParseConfig(db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("nothing was tried")
	config.Tracer = before{"FROM audit.checkpoint", sync.OnceFunc(func() { _, refused = trail.Retain(t.Context()) })}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var said strings.Builder
	report, err := audit.Proof{Keys: known, Months: 24}.Verify(t.Context(), conn, &said)
	if err != nil || !report.Holds() || report.Events != 4 || !errors.Is(refused, audit.ErrUnavailable) {
		t.Errorf("%+v, %v, removal: %v\n%s", report, err, refused, said.String())
	}
	if removed, err := trail.Retain(t.Context()); err != nil || removed.UpTo != 4 {
		t.Errorf("afterwards: %+v, %v", removed, err)
	}
}
