package view_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carerecord/datasources/sourcetest"
	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/wiretest"
)

// byTransaction is a DSN of a source whose connections are lent by transaction.
func byTransaction(dsn string) string {
	if !strings.HasPrefix(dsn, "postgres://") {
		return dsn
	}
	return dsn + "&" + postgres.ByTransaction
}

// TestSharing: where connections are lent by transaction a source answers as it does
// otherwise, in one round trip, and leaves nothing behind on a connection. One that was
// not told what is never shown answers nothing.
func TestSharing(t *testing.T) {
	h := sectors["socialcare"]
	filled := sourcetest.Fill(t, h, 3, 4)
	wire := wiretest.New(t, filled.DSN)
	org, ids := &record.Organisation{ODSCode: "X26", Name: "The Source"}, record.NewIdentifier([]byte("a secret of the tests"))
	source, err := h.Open(org, byTransaction(wire.DSN())+"&pool_max_conns=1", ids)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	var asks []*fetch.Ask
	for _, kind := range source.Kinds() {
		asks = append(asks, &fetch.Ask{Kind: kind, Subjects: filled.Subjects, Children: 1<<len(fetch.ChildFields[kind]) - 1, Filter: fetch.Filter{SourceID: "e1"}})
	}
	few := *filled.Terms
	few.ExcludedCodes, few.ExcludedWords, few.ExcludedStems = []byte(`{"http://snomed.info/sct|1": true}`), "reviewed at home", ""
	for _, terms := range []*fetch.Terms{filled.Terms, &few, filled.Terms, filled.Terms} {
		ctx := fetch.WithTerms(t.Context(), terms)
		want, err := filled.Source.Read(ctx, asks)
		if err != nil {
			t.Fatal(err)
		}
		if err := source.Warm(ctx); err != nil {
			t.Fatal(err)
		}
		before := wire.Count()
		got, err := source.Read(ctx, asks)
		if n := wire.Count().Since(before).Syncs(); err != nil || n != 1 {
			t.Errorf("%v, %d round trips", err, n)
		}
		for _, ask := range asks {
			if diff := cmp.Diff(want[ask], got[ask], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: as a connection of ours answers, and as one that is lent:\n%s", ask.Kind, diff)
			}
		}
		if left := source.Left(t); len(left) > 0 {
			t.Errorf("left on the connection: %v", left)
		}
	}

	// The connection has seen the settings, and they are gone with their transaction.
	for _, ask := range asks {
		if ask.Kind == fetch.Notes { // nothing of them could be excluded
			continue
		}
		if err := source.ReadUntold(t.Context(), filled.Terms, ask); !errors.Is(err, postgres.ErrMalformed) {
			t.Errorf("%s without the list: %v", ask.Kind, err)
		}
	}
	fresh, err := h.Open(org, byTransaction(filled.DSN), ids)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fresh.Close)
	if err := fresh.ReadUntold(t.Context(), filled.Terms, asks[0]); !errors.Is(err, postgres.ErrMalformed) {
		t.Errorf("on a connection that never had it: %v", err)
	}

	// The pooler leads to a server that hashes in another way.
	ctx := fetch.WithTerms(t.Context(), filled.Terms)
	source.Mislearn()
	if answers, err := source.Read(ctx, asks); !errors.Is(err, postgres.ErrMalformed) || len(answers) > 0 {
		t.Errorf("with another server's hashes: %d answers, %v", len(answers), err)
	}
	if _, err := source.Read(ctx, asks); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
