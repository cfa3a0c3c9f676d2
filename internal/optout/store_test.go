package optout

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/migrations"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func own(t *testing.T) (*pgtest.Database, *consent.Store) {
	t.Helper()
	db := pgtest.Template(t, "own", func(dsn string) error {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return migrations.Apply(context.Background(), conn)
	})
	pool, err := consent.Open(t.Context(), db.DSN(""), consent.Prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return db, consent.NewStore(pool, consent.Default())
}

// Whoever is written about, the answer is the same to the byte, but for the
// reference: with our own tables behind the page, one person in them and one not,
// one opted out already, and one restricted.
func TestNobodyIsConfirmed(t *testing.T) {
	_, store := own(t)
	err := store.Put(t.Context(), consent.Load{
		People: []consent.Person{
			{Number: "9990000018", Restricted: consent.No, Born: "1950-02-03"}, {Number: "9990000026", Restricted: consent.Yes},
			{Number: "9990000034", Restricted: consent.No, Born: "1950-02-03"},
		},
		Relationships: []consent.Relationship{{Patient: "9990000018", Org: "RAL", Kind: consent.Stay, StartedAt: time.Now()}},
		Directives:    []consent.Directive{{Patient: "9990000034", EffectiveFrom: time.Now().Add(-time.Hour), Channel: "PAPER_FORM", RequestedBy: "SELF"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := options(nil)
	o.Add = store.AddRequest
	v := enter(t, o)
	type answer struct {
		Status  int
		Headers map[string][]string
		Body    string
	}
	ask := func(number, name string) answer {
		response := v.post(v.filled("number", number, "name", name))
		text := body(t, response)
		_, after, _ := strings.Cut(text, `<strong class="optout-reference">`)
		reference, _, ok := strings.Cut(after, "<")
		if !ok || len(reference) != 14 {
			t.Fatalf("the reference is %q", reference)
		}
		return answer{response.StatusCode, maps.Clone(response.Header), strings.ReplaceAll(text, reference, "[reference]")}
	}
	want := ask("9990000018", "Ada Example")
	for who, number := range map[string]string{"restricted": "9990000026", "opted out": "9990000034", "not known": "9990000042", "no number": ""} {
		if diff := cmp.Diff(want, ask(number, "Nobody Atall")); diff != "" {
			t.Errorf("%s: %s", who, diff)
		}
	}
	waiting, _, err := store.Requests(t.Context(), consent.RequestFilter{Status: consent.RequestWaiting})
	if err != nil || len(waiting) != 5 || waiting[0].NHSNumber != record.NHSNumber("9990000018") || waiting[0].Language != "en" {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
}

// The page works for a role that may read nothing but the queue, so nobody is looked up.
func TestNobodyIsLookedUp(t *testing.T) {
	db, store := own(t)
	db.Exec(t, `
		REVOKE ALL ON ALL TABLES IN SCHEMA consent, audit FROM carerecord_service;
		REVOKE ALL ON ALL FUNCTIONS IN SCHEMA consent, audit FROM PUBLIC, carerecord_service;
		GRANT SELECT, INSERT (reference, kind, language, name, born_on, postcode, nhs_number, requested_by, representative, contact)
		ON consent.opt_out_request TO carerecord_service`)
	o := options(nil)
	o.Add = store.AddRequest
	v := enter(t, o)
	if v.post(v.filled()); v.last() != Sent {
		t.Error(v.last())
	}
	if _, err := store.Directives(t.Context(), "9990000018"); err == nil {
		t.Error("the role can still look somebody up")
	}
}
