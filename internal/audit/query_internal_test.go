package audit

import (
	"context"
	"strings"
	"testing"
	"time"

	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/migrations"

	"github.com/jackc/pgx/v5"
)

// A page of the log is found in an index in its order, whatever it is asked by.
func TestPagesAreFoundInTheirIndex(t *testing.T) {
	db := pgtest.Template(t, "own", func(dsn string) error {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return migrations.Apply(context.Background(), conn)
	})
	db.Exec(t, `
		SELECT audit.month(timestamptz '2026-01-15' + i * interval '1 month') FROM generate_series(0, 3) AS i;
		INSERT INTO audit.event SELECT i, timestamptz '2026-01-01' + i * interval '5 minutes', sha256('x'), '999' || lpad((i % 3000)::text, 7, '0'), 'u' || i % 50, 'o' || i % 300,
			CASE WHEN i % 1000 = 0 THEN '{"action":"READ","breakGlass":{"grant":"g"}}' ELSE '{"action":"READ"}' END::json
		FROM generate_series(1, 30000) AS i;
		ANALYZE audit.event`)
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `SET plan_cache_mode = force_generic_plan`); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter Filter
		index  string
	}{
		"a patient of two organisations": {Filter{Patients: []record.NHSNumber{"9990000018", "9990000026"}, Organisations: []string{"o1", "o2"}, Before: 20000}, "_patient_sequence_idx"},
		"a person":                       {Filter{Subject: "u7", Organisations: []string{"o1"}}, "_subject_sequence_idx"},
		"organisations":                  {Filter{Organisations: []string{"o1", "o2"}, Before: 20000, Limit: 3}, "_ods_code_sequence_idx"},
		"break-glass":                    {Filter{Organisations: []string{"o1"}, Glass: true}, "_ods_code_sequence_idx"},
		"nothing in particular":          {Filter{}, "_pkey"},
	} {
		sql, args := test.filter.query()
		plan := explained(t, conn, sql, args)
		if !strings.Contains(plan, "event_2026_02"+test.index) || strings.Contains(plan, "Seq Scan on event_2026_0") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
	f := AlertFilter{Thresholds: new(Thresholds), Organisations: []string{"o1"}, Since: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), Now: time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)}
	for name, sql := range map[string]string{"people": f.peopleSQL(), "organisations": f.organisationsSQL()} {
		args := []any{f.codes(), f.from(), f.Now, plain(looks)}
		if name == "organisations" {
			args = append(args, 0)
		}
		plan := explained(t, conn, sql, args)
		if !strings.Contains(plan, "event_2026_03_ods_code_sequence_idx") || strings.Contains(plan, "event_2026_01") || strings.Contains(plan, "event_2026_11") {
			t.Errorf("alerts of %s:\n%s", name, plan)
		}
	}
	f.Thresholds = nil
	if alerts, err := Alerts(t.Context(), db.Pool(t), f); err != nil || len(alerts) == 0 {
		t.Error(alerts, err)
	}
}

func explained(t testing.TB, conn *pgx.Conn, sql string, args []any) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "EXPLAIN "+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
