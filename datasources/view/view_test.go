package view_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/datasources/acute"
	"carerecord/datasources/demographics"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/sourcetest"
	"carerecord/datasources/view"
	"carerecord/internal/fetch"
	"carerecord/internal/pgtest"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/wiretest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var sectors = map[string]sourcetest.Harness{
	"acute":        {Views: acute.Views, Open: acute.Open},
	"demographics": {Views: demographics.Views, Open: demographics.Open},
	"gp":           {Views: gp.Views, Open: gp.Open},
	"mentalhealth": {Views: mentalhealth.Views, Open: mentalhealth.Open},
	"socialcare":   {Views: socialcare.Views, Open: socialcare.Open, Adults: true},
}

// TestChildFields keeps the bits of Children the same for those who ask and for those who read.
func TestChildFields(t *testing.T) {
	for kind, sets := range view.Fields() {
		for _, names := range sets {
			var want []string
			for _, fields := range fetch.ChildFields[kind] {
				want = append(want, fields[0])
			}
			if !reflect.DeepEqual(names, want) {
				t.Errorf("%s has the children %v, and is asked for %v", kind, names, want)
			}
		}
	}
	for kind := range fetch.ChildFields {
		if view.Fields()[kind] == nil {
			t.Errorf("%s has children and no view", kind)
		}
	}
}

// TestReadsAs: the suite of the sources tries a kind at length only where no earlier sector
// reads it as this one does.
func TestReadsAs(t *testing.T) {
	sources := map[string]*view.Source{}
	for name, h := range sectors {
		source, err := h.Open(&record.Organisation{ODSCode: "X26"}, "postgres://u:p@127.0.0.1:1/d", record.NewIdentifier([]byte("a secret of the tests")))
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		sources[name] = source
	}
	for _, c := range []struct {
		one, other string
		kind       fetch.Kind
		want       bool
	}{
		{"acute", "gp", fetch.Allergies, true},
		{"mentalhealth", "acute", fetch.Medications, true},
		{"acute", "gp", fetch.Medications, false},    // beside stays
		{"socialcare", "gp", fetch.Alerts, false},    // under the children's rule
		{"mentalhealth", "gp", fetch.Stays, false},   // which only one has
		{"demographics", "gp", fetch.Persons, false}, // the same
		{"gp", "acute", fetch.Absences, false},       // which neither has
	} {
		if got := sources[c.one].ReadsAs(sources[c.other], c.kind); got != c.want {
			t.Errorf("%s reads %s as %s does: %t", c.one, c.kind, c.other, got)
		}
	}
}

// TestPlans: with one plan whatever the arguments, every statement finds its rows by
// an index, for one patient and for many. A scan of a whole relation would make one
// patient's read cost what all of them hold.
func TestPlans(t *testing.T) {
	for name, h := range sectors {
		filled := sourcetest.Fill(t, h, 60, 20)
		conn := connect(t, filled)
		for _, kind := range filled.Source.Kinds() {
			// So few persons fit on a page, which is read faster than an index.
			if _, err := conn.Exec(t.Context(), fmt.Sprintf("SET enable_seqscan = %t", kind != fetch.Persons)); err != nil {
				t.Fatal(err)
			}
			ask := &fetch.Ask{Kind: kind, Subjects: filled.Subjects, Filter: fetch.Filter{SourceID: "e7", Status: "CURRENT"}}
			for _, st := range filled.Source.Explain(ask, filled.Terms) {
				if plan := explain(t, conn, st, "COSTS OFF"); strings.Contains(plan, "Seq Scan") {
					t.Errorf("%s, %s reads a whole relation:\n%s", name, st.Name, plan)
				}
			}
		}
	}
}

// TestStatementsOfAnotherTime: where the statements of a read need not see the same, nothing is read that could be
// hidden: what hides it may have changed, and its words may not have been tried.
func TestStatementsOfAnotherTime(t *testing.T) {
	for name, h := range sectors {
		filled := sourcetest.Fill(t, h, 2, 2)
		source, err := h.Open(&record.Organisation{ODSCode: "X26"}, filled.DSN+"&pool_max_conns=1&default_transaction_isolation=read%20committed", record.NewIdentifier([]byte("a secret of the tests")))
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		for _, kind := range source.Kinds() {
			for _, children := range []fetch.Children{0, 1<<len(fetch.ChildFields[kind]) - 1} {
				ask := &fetch.Ask{Kind: kind, Children: children, Subjects: filled.Subjects}
				answers, err := source.Read(fetch.WithTerms(t.Context(), filled.Terms), []*fetch.Ask{ask})
				if err != nil {
					t.Fatal(err)
				}
				bare := kind == fetch.Notes || kind == fetch.Persons
				if err := answers[ask].Err; bare && err != nil || !bare && !errors.Is(err, postgres.ErrMalformed) {
					t.Errorf("%s, %s with the parts %b: %v", name, kind, children, err)
				}
			}
		}
	}
}

// TestTheShorterStatement gives the rows of the longer one, where codes, pages and parts are not asked for: some rows have words that are
// never shown, in whatever relation.
func TestTheShorterStatement(t *testing.T) {
	filters := []fetch.Filter{{SourceID: "e1"}, {First: 2}, {Status: "CURRENT"}, {Status: "PAST"}, {Status: "ACTIVE"}, {Status: "ENDED"}, {When: fetch.UpToNow}, {When: fetch.FromNow}, {Since: "2020"}}
	var before []*view.Source
	for _, name := range slices.Sorted(maps.Keys(sectors)) {
		filled := sourcetest.Fill(t, sectors[name], 12, 6)
		spoil(t, filled)
		conn := connect(t, filled)
		shown, all := 0, 0
		for _, kind := range filled.Source.Kinds() {
			if len(fetch.ChildFields[kind]) == 0 || slices.ContainsFunc(before, func(s *view.Source) bool { return s.ReadsAs(filled.Source, kind) }) {
				continue
			}
			for i, filter := range filters {
				explained := map[string]view.Explained{}
				for _, st := range filled.Source.Explain(&fetch.Ask{Kind: kind, Subjects: filled.Subjects, Filter: filter}, filled.Terms) {
					if explained[st.Name] = st; i == 0 {
						simply(t, conn, st.Prepare)
					}
				}
				simply(t, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
				simply(t, conn, explained["words of "+string(kind)].Execute)
				longer, shorter := simply(t, conn, explained[string(kind)].Execute), simply(t, conn, explained[string(kind)+" first"].Execute)
				simply(t, conn, "COMMIT")
				if !slices.Equal(longer, shorter) {
					t.Errorf("%s, %s, %+v:\n%q\n%q", name, kind, filter, longer, shorter)
				}
				shown, all = shown+len(shorter), all+12*6
			}
			simply(t, conn, "DEALLOCATE ALL")
		}
		if all > 0 && (shown == 0 || shown > all*9/10) {
			t.Errorf("%s: %d of %d rows are shown", name, shown, all)
		}
		before = append(before, filled.Source)
	}
}

// simply executes SQL and gives the rows that are somebody's, as texts, in any order.
func simply(t *testing.T, conn *pgx.Conn, sql string) (rows []string) {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%.100s: %v", sql, err)
	}
	for _, row := range results[0].Rows {
		if row[0] != nil {
			rows = append(rows, string(bytes.Join(row, []byte("|"))))
		}
	}
	slices.Sort(rows)
	return rows
}

// spoil writes what is never shown into some rows of every relation.
func spoil(t *testing.T, filled sourcetest.Filled) {
	t.Helper()
	rows, err := filled.Admin.Query(t.Context(), `SELECT DISTINCT ON (table_name) format('UPDATE %I SET %I = ''HIV'' WHERE abs(hashtext(ctid::text)) %% 5 = 0', table_name, column_name)
		FROM information_schema.columns WHERE table_schema = 'public' AND column_name ~ '(_display|title|note)$' ORDER BY table_name, ordinal_position`)
	if err != nil {
		t.Fatal(err)
	}
	updates, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(updates) == 0 {
		t.Fatal(len(updates), err)
	}
	for _, update := range updates {
		if _, err := filled.Admin.Exec(t.Context(), update); err != nil {
			t.Fatal(update, err)
		}
	}
}

// TestUntriedWords: nothing is read whose words were not tried before, for these patients and for all relations that it rests on.
func TestUntriedWords(t *testing.T) {
	var before []*view.Source
	for _, name := range slices.Sorted(maps.Keys(sectors)) {
		h := sectors[name]
		filled := sourcetest.Fill(t, h, 3, 2)
		source, err := h.Open(&record.Organisation{ODSCode: "X26"}, filled.DSN+"&pool_max_conns=1", record.NewIdentifier([]byte("a secret of the tests")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(source.Close)
		if err := source.Warm(fetch.WithTerms(t.Context(), filled.Terms)); err != nil {
			t.Fatal(err)
		}
		two := &fetch.Subjects{Patients: filled.Subjects.Patients[:2], Numbers: filled.Subjects.Numbers[:2], AdultFrom: filled.Subjects.AdultFrom[:2]}
		for _, kind := range source.Kinds() {
			if kind == fetch.Notes || kind == fetch.Persons { // of which nothing is left out by its words
				continue
			}
			if slices.ContainsFunc(before, func(s *view.Source) bool { return s.ReadsAs(source, kind) }) {
				continue
			}
			plain := &fetch.Ask{Kind: kind, Subjects: filled.Subjects, Filter: fetch.Filter{SourceID: "e1"}} // by the shorter statement
			for what, tried := range map[string]*fetch.Ask{"nobody's": nil, "others'": {Kind: kind, Subjects: two, Filter: plain.Filter}} {
				if err := source.ReadTried(fetch.WithTerms(t.Context(), filled.Terms), filled.Terms, plain, tried, source.Tried(plain)); !errors.Is(err, postgres.ErrMalformed) {
					t.Errorf("%s, %s without parts where %s words were tried: %v", name, kind, what, err)
				}
			}
			ask := &fetch.Ask{Kind: kind, Children: 1<<len(fetch.ChildFields[kind]) - 1, Subjects: filled.Subjects, Filter: fetch.Filter{SourceID: "e1"}}
			read := func(tried *fetch.Ask, relations []string) error {
				return source.ReadTried(fetch.WithTerms(t.Context(), filled.Terms), filled.Terms, ask, tried, relations)
			}
			all := source.Tried(ask)
			if err := read(ask, all); err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
			if err := read(nil, nil); !errors.Is(err, postgres.ErrMalformed) {
				t.Errorf("%s, %s without a statement before it: %v", name, kind, err)
			}
			if err := read(&fetch.Ask{Kind: kind, Children: ask.Children, Subjects: two, Filter: ask.Filter}, all); !errors.Is(err, postgres.ErrMalformed) {
				t.Errorf("%s, %s where the words of others were tried: %v", name, kind, err)
			}
			for _, other := range source.TriedWith(ask) {
				of := &fetch.Ask{Kind: other, Children: 1<<len(fetch.ChildFields[other]) - 1, Subjects: filled.Subjects}
				has := source.Tried(of)
				if !slices.ContainsFunc(all, func(r string) bool { return !slices.Contains(has, r) }) { // it has all that is needed
					continue
				}
				if err := read(of, all); !errors.Is(err, postgres.ErrMalformed) {
					t.Errorf("%s, %s where those of %s were tried, and more was asked for: %v", name, kind, other, err)
				}
			}
			for i, relation := range all {
				if err := read(ask, slices.Delete(slices.Clone(all), i, i+1)); !errors.Is(err, postgres.ErrMalformed) {
					t.Errorf("%s, %s without the words of %s: %v", name, kind, relation, err)
				}
			}
		}
		before = append(before, source)
	}
}

// TestTriedApart: where one view breaks what is tried together, its kinds alone are broken, the others are tried apart
// in one round trip each time, and after a while together again.
func TestTriedApart(t *testing.T) {
	filled := sourcetest.Fill(t, sectors["gp"], 2, 3)
	wire := wiretest.New(t, filled.DSN)
	source, err := sectors["gp"].Open(&record.Organisation{ODSCode: "X26"}, wire.DSN()+"&pool_max_conns=2", record.NewIdentifier([]byte("a secret of the tests")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	execute := func(sql string) {
		t.Helper()
		if _, err := filled.Admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	allergies, problems, medicines := &fetch.Ask{Kind: fetch.Allergies, Subjects: filled.Subjects}, &fetch.Ask{Kind: fetch.Problems, Subjects: filled.Subjects}, &fetch.Ask{Kind: fetch.Medications, Subjects: filled.Subjects}
	few := []*fetch.Ask{allergies, problems, medicines}
	many := append(slices.Clone(few), &fetch.Ask{Kind: fetch.Procedures, Subjects: filled.Subjects}, &fetch.Ask{Kind: fetch.Referrals, Subjects: filled.Subjects})
	asks := few
	read := func(what string, broken bool, trips int, together bool) {
		t.Helper()
		before := wire.Count()
		answers, err := source.Read(fetch.WithTerms(t.Context(), filled.Terms), asks)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, ask := range asks {
			switch a := answers[ask]; {
			case broken && ask == problems:
				if !errors.Is(a.Err, postgres.ErrMalformed) {
					t.Errorf("%s, %s: %v", what, ask.Kind, a.Err)
				}
			case a.Err != nil || entriesOf(a) == 0:
				t.Errorf("%s, %s: %v, %d entries", what, ask.Kind, a.Err, entriesOf(a))
			}
		}
		if n := wire.Count().Since(before).Syncs(); trips > 0 && n != trips {
			t.Errorf("%s: %d round trips", what, n)
		}
		if got := !source.Apart(fetch.Problems); got != together {
			t.Errorf("%s: tried together: %t", what, got)
		}
	}
	if err := source.Warm(fetch.WithTerms(t.Context(), filled.Terms)); err != nil {
		t.Fatal(err)
	}
	read("as it should be", false, 1, true)
	// A value that cannot be read, in one row.
	execute(`ALTER TABLE problem RENAME TO base`)
	for _, asks = range [][]*fetch.Ask{few, many} {
		execute(`CREATE OR REPLACE VIEW problem AS SELECT ` + failing(t, filled, "base", "note") + ` FROM base`)
		read("with a value that fails", true, 0, false)
		read("the next time", true, 2, false) // the one that breaks ends its round trip
		if got := source.ApartFromAll(); got != (len(asks) == len(many)) {
			t.Errorf("%d kinds: what tries everything is given up: %t", len(asks), got)
		}
		execute(`CREATE OR REPLACE VIEW problem AS SELECT * FROM base`)
		read("put right", false, 1, false)
		source.Rejoin()
		read("after a while", false, 0, true)
		read("and then", false, 1, true)
	}
}

// TestManyInDisguise: however many texts are disguised, and however long they are, they alone are left out.
func TestManyInDisguise(t *testing.T) {
	filled := sourcetest.Fill(t, sectors["gp"], 60, 1)
	for _, sql := range []string{
		`UPDATE problem SET note = repeat('well ', 2000) || nhs_number || U&' H\00ADIV'`,
		`UPDATE problem SET note = repeat('well ', 2000) || nhs_number || U&' \2122' WHERE nhs_number IN (SELECT nhs_number FROM problem ORDER BY nhs_number LIMIT 30)`,
		`UPDATE allergy SET note = 'Well™ leaflet'`,
	} {
		if _, err := filled.Admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	allergies, problems := &fetch.Ask{Kind: fetch.Allergies, Subjects: filled.Subjects}, &fetch.Ask{Kind: fetch.Problems, Subjects: filled.Subjects}
	for _, asks := range [][]*fetch.Ask{{allergies}, {allergies, problems}, {problems}} {
		answers, err := filled.Source.Read(fetch.WithTerms(t.Context(), filled.Terms), asks)
		if err != nil {
			t.Fatal(err)
		}
		for _, ask := range asks {
			if n := entriesOf(answers[ask]); ask == allergies && n != 60 || ask == problems && n != 30 {
				t.Errorf("%s, one of %d: %d entries", ask.Kind, len(asks), n)
			}
		}
	}
}

// TestPartsThatNobodyAskedForHideNothing: what is disguised in parts that another ask of the same patients tries changes nothing for one
// that does not ask for them, however much it is.
func TestPartsThatNobodyAskedForHideNothing(t *testing.T) {
	filled := sourcetest.Fill(t, sectors["gp"], 60, 1)
	for _, sql := range []string{`UPDATE allergy_reaction SET manifestation_display = repeat('well ', 85) || U&'H\00ADIV'`, `UPDATE allergy SET note = 'Well™ leaflet'`} {
		if _, err := filled.Admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	without, with := &fetch.Ask{Kind: fetch.Allergies, Subjects: filled.Subjects}, &fetch.Ask{Kind: fetch.Allergies, Children: 1, Subjects: filled.Subjects}
	for _, asks := range [][]*fetch.Ask{{without}, {without, with}} {
		answers, err := filled.Source.Read(fetch.WithTerms(t.Context(), filled.Terms), asks)
		if err != nil {
			t.Fatal(err)
		}
		if n := entriesOf(answers[without]); n != 60 {
			t.Errorf("one of %d: %d entries", len(asks), n)
		}
	}
}

// TestAConnectionThatIsNotToBeHadIsNoFaultOfAView: a connection goes while words are tried, and we are not let in again.
func TestAConnectionThatIsNotToBeHadIsNoFaultOfAView(t *testing.T) {
	filled := sourcetest.Fill(t, sectors["gp"], 2, 2)
	exec := func(sql string) {
		t.Helper()
		for one := range strings.SplitSeq(sql, ";") {
			if _, err := filled.Admin.Exec(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
	}
	exec(`ALTER TABLE allergy RENAME TO base; CREATE VIEW allergy AS SELECT base.* FROM base CROSS JOIN (SELECT pg_sleep(5)) s; GRANT SELECT ON allergy TO PUBLIC`)
	source, err := sectors["gp"].Open(&record.Organisation{ODSCode: "X26"}, filled.DSN+"&pool_max_conns=1", record.NewIdentifier([]byte("a secret of the tests")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	address, err := url.Parse(filled.DSN)
	if err != nil {
		t.Fatal(err)
	}
	role := address.User.Username()
	ctx := fetch.WithTerms(t.Context(), filled.Terms)
	if err := source.Warm(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := source.Read(ctx, []*fetch.Ask{{Kind: fetch.Allergies, Subjects: filled.Subjects}, {Kind: fetch.Problems, Subjects: filled.Subjects}})
		done <- err
	}()
	for asleep := 0; asleep == 0; time.Sleep(10 * time.Millisecond) {
		if err := filled.Admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND wait_event = 'PgSleep'`, role).Scan(&asleep); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER ROLE ` + role + ` NOLOGIN; SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = '` + role + `'`)
	if err := <-done; !errors.Is(err, postgres.ErrRefused) {
		t.Errorf("%v", err)
	}
	exec(`ALTER ROLE ` + role + ` LOGIN`)
	if source.Apart(fetch.Problems) {
		t.Error("the group is tried apart")
	}
}

// TestAllThatIsAskedForBreaks: where nothing else is asked for, the kind says so, and not the source that it is away; and where we are
// not let in any more the read ends at once.
func TestAllThatIsAskedForBreaks(t *testing.T) {
	for what, c := range map[string]struct {
		sql  string
		want error
	}{
		"gone":                  {`ALTER TABLE allergy RENAME TO gone`, postgres.ErrMalformed},
		"of another type":       {`ALTER TABLE allergy ALTER source_system TYPE bytea USING NULL`, postgres.ErrMalformed},
		"not for us, nor is it": {`REVOKE SELECT ON allergy FROM %[1]s; ALTER ROLE %[1]s NOLOGIN`, postgres.ErrRefused},
		"not let in any more":   {`ALTER ROLE %[1]s NOLOGIN; SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = '%[1]s'`, postgres.ErrRefused},
	} {
		filled := sourcetest.Fill(t, sectors["gp"], 2, 3)
		source, err := sectors["gp"].Open(&record.Organisation{ODSCode: "X26"}, filled.DSN+"&pool_max_conns=1", record.NewIdentifier([]byte("a secret of the tests")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(source.Close)
		if err := source.Warm(fetch.WithTerms(t.Context(), filled.Terms)); err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse(filled.DSN)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(c.sql, "%") {
			c.sql = fmt.Sprintf(c.sql, address.User.Username())
		}
		for _, sql := range strings.Split(c.sql, "; ") {
			if _, err := filled.Admin.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), filled.Terms), 20*time.Second)
		ask := &fetch.Ask{Kind: fetch.Allergies, Subjects: filled.Subjects}
		answers, err := source.Read(ctx, []*fetch.Ask{ask})
		cancel()
		if !errors.Is(errors.Join(err, answers[ask].Err), c.want) || c.want == postgres.ErrMalformed && err != nil {
			t.Errorf("%s: %v, %v", what, err, answers[ask].Err)
		}
	}
}

func entriesOf(a fetch.Answer) int { return reflect.ValueOf(a.Rows).Elem().FieldByName("Items").Len() }

// failing is the columns of a relation, one of which raises an error where it is read.
func failing(t *testing.T, filled sourcetest.Filled, relation, column string) string {
	t.Helper()
	rows, err := filled.Admin.Query(t.Context(), `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`, relation)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if name == column {
			names[i] = fmt.Sprintf("(%s || (1 / (length(nhs_number) - 10)))::text AS %[1]s", name)
		}
	}
	return strings.Join(names, ", ")
}

// TestRecheck: a view that was missing and is put right is read again without a
// restart, after a while and by connections made since.
func TestRecheck(t *testing.T) {
	filled := sourcetest.Fill(t, sectors["demographics"], 1, 1)
	ask := &fetch.Ask{Kind: fetch.Needs, Subjects: filled.Subjects}
	read := func() error {
		t.Helper()
		answers, err := filled.Source.Read(fetch.WithTerms(t.Context(), filled.Terms), []*fetch.Ask{ask})
		if err != nil {
			t.Fatal(err)
		}
		return answers[ask].Err
	}
	rename := func(from, to string) {
		t.Helper()
		if _, err := filled.Admin.Exec(t.Context(), fmt.Sprintf("ALTER TABLE %s RENAME TO %s", from, to)); err != nil {
			t.Fatal(err)
		}
	}
	rename("need", "gone")
	if err := read(); !errors.Is(err, postgres.ErrMalformed) {
		t.Fatal(err)
	}
	rename("gone", "need")
	if err := read(); !errors.Is(err, postgres.ErrMalformed) {
		t.Errorf("looked at again at once: %v", err)
	}
	filled.Source.Age()
	if err := read(); !errors.Is(err, postgres.ErrMalformed) { // the last of the old connections
		t.Error(err)
	}
	if err := read(); err != nil {
		t.Error(err)
	}
}

func connect(t testing.TB, filled sourcetest.Filled) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), filled.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	sql, arguments := view.Tell(filled.Terms)
	if _, err := conn.Exec(t.Context(), sql, arguments...); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan; SET jit = off; SET carerecord.chosen = '{}'; SET carerecord.hidden = '{}'"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func explain(t testing.TB, conn *pgx.Conn, st view.Explained, options string) string {
	t.Helper()
	if _, err := conn.Exec(t.Context(), st.Prepare, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", st.Name, err)
	}
	rows, err := conn.Query(t.Context(), fmt.Sprintf("EXPLAIN (%s) %s", options, st.Execute), pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", st.Name, err)
	}
	if _, err := conn.Exec(t.Context(), "DEALLOCATE ALL", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

var executionTime = regexp.MustCompile(`Execution Time: ([0-9.]+) ms`)

// BenchmarkStatements says what each statement takes at the database, without the wire.
func BenchmarkStatements(b *testing.B) {
	filled := sourcetest.Fill(b, sectors["acute"], 500, 30)
	conn := connect(b, filled)
	one := &fetch.Subjects{Patients: filled.Subjects.Patients[:1], Numbers: filled.Subjects.Numbers[:1], AdultFrom: filled.Subjects.AdultFrom[:1]}
	for _, kind := range filled.Source.Kinds() {
		for n, subjects := range map[int]*fetch.Subjects{1: one, 500: filled.Subjects} {
			for _, st := range filled.Source.Explain(&fetch.Ask{Kind: kind, Subjects: subjects, Filter: fetch.Filter{SourceID: "e7"}}, filled.Terms) {
				b.Run(fmt.Sprintf("%s/%d", st.Name, n), func(b *testing.B) {
					for b.Loop() {
						plan := explain(b, conn, st, "ANALYZE, TIMING OFF")
						var ms float64
						fmt.Sscan(executionTime.FindStringSubmatch(plan)[1], &ms)
						b.ReportMetric(ms, "ms-at-database")
					}
				})
			}
		}
	}
}

// BenchmarkRead reads all an acute trust holds of patients, children included.
func BenchmarkRead(b *testing.B) {
	filled := sourcetest.Fill(b, sectors["acute"], 500, 30)
	ctx := fetch.WithTerms(b.Context(), filled.Terms)
	for _, n := range []int{1, 50, 500} {
		subjects := &fetch.Subjects{Patients: filled.Subjects.Patients[:n], Numbers: filled.Subjects.Numbers[:n], AdultFrom: filled.Subjects.AdultFrom[:n]}
		var asks []*fetch.Ask
		for _, kind := range filled.Source.Kinds() {
			if kind != fetch.DocumentContent {
				asks = append(asks, &fetch.Ask{Kind: kind, Subjects: subjects, Children: 1<<len(fetch.ChildFields[kind]) - 1})
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				answers, err := filled.Source.Read(ctx, asks)
				if err != nil {
					b.Fatal(err)
				}
				for _, a := range answers {
					if a.Err != nil {
						b.Fatal(a.Err)
					}
				}
			}
		})
	}
}
