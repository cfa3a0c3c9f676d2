package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const number record.NHSNumber = "9990000018"

func TestWithoutItsDatabaseNothingIsDisclosed(t *testing.T) {
	told := make(chan error, 10)
	s := store.Open(t.Context(), store.Options{
		DSN: "postgres://service:hunter2@127.0.0.1:1/none", Policy: consent.Default(), Changed: func(err error) { told <- err },
	})
	facts, err := s.Facts(t.Context(), auth.Principal{}, nil, []record.NHSNumber{number})
	if !errors.Is(err, consent.ErrUnavailable) || !facts[number].Unavailable {
		t.Errorf("facts %+v, %v", facts, err)
	}
	if _, err := s.Record(t.Context(), []audit.Entry{{}}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("record: %v", err)
	}
	if s.Ready(t.Context()) {
		t.Error("it is ready")
	}
	if err := <-told; err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("told %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestItMakesItsTablesAndLetsTheServiceWorkOnThem(t *testing.T) {
	d := pgtest.Durable(t)
	d.Exec(t, `DO $$ BEGIN IF to_regrole('store_login') IS NOT NULL THEN DROP ROLE store_login; END IF; END $$`)
	if err := d.Server.CreateRole(t.Context(), "store_login"); err != nil {
		t.Fatal(err)
	}
	told := make(chan error, 10)
	s := store.Open(t.Context(), store.Options{
		DSN: d.DSN("store_login"), OwnerDSN: d.DSN(""), Policy: consent.Default(), Changed: func(err error) { told <- err },
	})
	if err := <-told; err != nil || !s.Ready(t.Context()) {
		t.Fatalf("told %v", err)
	}
	p := auth.Principal{Subject: "s", Org: "RAL", Role: auth.HospitalDoctor, Purpose: auth.Treatment}
	facts, err := s.Facts(t.Context(), p, []string{"RAL"}, []record.NHSNumber{number})
	if err != nil || facts[number].Known || facts[number].Unavailable {
		t.Errorf("facts %+v, %v", facts[number], err)
	}
	results, err := s.Record(t.Context(), []audit.Entry{{Event: audit.Event{
		Action: audit.Read, Who: audit.WhoIs(p), Patient: number, Outcome: audit.NoCareRelationship, ReceivedAt: time.Now(), Purpose: p.Purpose,
	}}})
	if err != nil || len(results) != 1 || results[0].Sequence != 1 {
		t.Errorf("record: %+v, %v", results, err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if again := store.Open(t.Context(), store.Options{DSN: d.DSN("store_login"), Policy: consent.Default()}); !again.Ready(t.Context()) {
		t.Error("without the owner's login, on tables that are there, it is not ready")
	} else if err := again.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatCouldLoseEventsIsRefused(t *testing.T) {
	d := pgtest.New(t)
	told := make(chan error, 10)
	s := store.Open(t.Context(), store.Options{DSN: d.DSN(""), OwnerDSN: d.DSN(""), Policy: consent.Default(), Changed: func(err error) { told <- err }})
	if err := <-told; err == nil || !strings.Contains(err.Error(), "could lose") {
		t.Errorf("told %v", err)
	}
	if err := s.Close(t.Context()); err != nil || left(t, d) != 0 {
		t.Errorf("closed: %v", err)
	}
	volatile := store.Open(t.Context(), store.Options{DSN: d.DSN(""), OwnerDSN: d.DSN(""), Policy: consent.Default(), Volatile: true})
	defer volatile.Close(t.Context())
	if !volatile.Ready(t.Context()) {
		t.Error("a demonstration that keeps nothing is refused")
	}
}
