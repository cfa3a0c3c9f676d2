package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
)

// Whether any text of a patient is on the list is found out once for all kinds of a group,
// by a statement of its own before theirs: an expression is made anew for each text, and
// what tries them is long, which PostgreSQL prepares each time. It leaves behind, until its
// transaction is over,
//
//   - carerecord.words_GROUP_n: whose texts were tried (the n-th set of patients, as a hash) and of which
//     relations, and each relation of a patient whose texts are on the list together;
//   - carerecord.disguised_GROUP_n: the expression of those that are on it only as they are seen.
//
// Statements for entries look there, and try the texts of a row only where its relation stands
// there with its patient. Where not all was tried that they rest on they fail, and so they do where nothing was left
// behind: without one snapshot for all, rows could have come that nobody tried.

// groups are the kinds whose texts are tried together: what is mostly asked together. A statement
// costs by how many relations it has, asked for or not. A document's content is long.
var groups = map[fetch.Kind]string{
	fetch.Allergies: "chart", fetch.Medications: "chart", fetch.Problems: "chart", fetch.Results: "chart", fetch.UnmappedResults: "chart",

	fetch.Immunisations: "care", fetch.Procedures: "care", fetch.VitalSigns: "care", fetch.UnmappedVitalSigns: "care",
	fetch.Documents: "care", fetch.CarePlans: "care", fetch.CareTeam: "care",

	fetch.Alerts: "more", fetch.Appointments: "more", fetch.Upcoming: "more", fetch.Referrals: "more", fetch.Contacts: "more", fetch.Needs: "more",
	fetch.AdvanceCare: "more", fetch.Devices: "more", fetch.Reports: "more", fetch.Imaging: "more",

	fetch.DocumentContent: "content",
}

// groupOf is a kind's group: one of a sector alone stands with those of its sector.
func groupOf(kind fetch.Kind) string {
	if group, known := groups[kind]; known {
		return group
	}
	return "sector"
}

// A trial is a relation whose words are tried before the entries of a view are read.
type trial struct {
	relation
	key     string // of the relation: a document is tried with its content or without
	bit     uint   // of its key among those of its group
	part    int    // it is tried where this part is read; always if negative
	byCodes bool   // or where codes are asked for
}

func newTrial(group string, r relation, part int, byCodes bool) trial {
	key := r.name
	if r.selects("content") {
		key += " content"
	}
	bit := slices.Index(keysOf[group], key)
	if bit < 0 {
		bit = len(keysOf[group])
		keysOf[group] = append(keysOf[group], key)
	}
	if bit >= mostKeys {
		panic("too many relations in the group " + group)
	}
	return trial{r, key, uint(bit), part, byCodes}
}

// keysOf are the keys of each group's relations, in all sectors, by their bits.
var keysOf = map[string][]string{}

const mostKeys = 64

// where is the condition under which it is tried; "" for always.
func (t trial) where() string {
	switch {
	case t.part < 0:
		return ""
	case t.byCodes:
		return fmt.Sprintf("(:parts & %d <> 0 OR :codes IS NOT NULL)", 1<<t.part)
	}
	return fmt.Sprintf(":parts & %d <> 0", 1<<t.part)
}

// of reports whether that holds of an ask.
func (t *trial) of(ask *fetch.Ask) bool {
	return t.part < 0 || ask.Children&(1<<t.part) != 0 || t.byCodes && ask.Filter.Codes != ""
}

// bits are the relations that are tried for an ask.
func bits(trials []trial, ask *fetch.Ask) (all uint64) {
	for i := range trials {
		if t := &trials[i]; t.of(ask) {
			all |= 1 << t.bit
		}
	}
	return all
}

// keys are the relations of a group with these bits, as a parameter.
func keys(group string, bits uint64) postgres.Value {
	var room [mostKeys]string
	all := room[:0]
	for i, key := range keysOf[group] {
		if bits&(1<<i) != 0 {
			all = append(all, key)
		}
	}
	return array(all)
}

// said is all words of the rows that a patient has there, as one text; NULL where they have
// none, and "" where the relation has no columns of words.
func (t trial) said() string {
	columns := t.words("t")
	for _, code := range t.masked {
		columns = append(columns, t.masking(code).words("t")...)
	}
	if len(columns) == 0 {
		return ""
	}
	return fmt.Sprintf("(SELECT string_agg(%s, ' · ') FROM %s t WHERE t.nhs_number = p.nhs_number)", joined(columns), t.name)
}

// together is how many patients' texts are tried as one. More cost less each, and make
// a text that PostgreSQL must hold.
const together = 25

// whose is a set of patients, so that what was tried of others is not taken for theirs.
const whose = "'patients ' || hashtext((:patients)::text)"

// wordsSQL tries the words of these relations, as far as they are among :tried.
func wordsSQL(group string, trials []trial) string {
	var columns, texts, keyed []string
	for i, t := range trials {
		text := fmt.Sprintf("p.said_%d", i)
		columns = append(columns, fmt.Sprintf("CASE WHEN '%s' = ANY(:tried) THEN %s END AS said_%d", t.key, t.said(), i))
		texts = append(texts, text)
		keyed = append(keyed, fmt.Sprintf("('%s', %s)", t.key, text))
	}
	return fmt.Sprintf(`WITH p AS MATERIALIZED (SELECT p.nhs_number, p.n, %[1]s
	FROM unnest(:patients) WITH ORDINALITY AS p(nhs_number, n)),
w AS MATERIALIZED (SELECT current_setting('carerecord.told')::bool AND (w.suspect OR w.disguised IS NOT NULL) AS suspect, w.disguised, concat_ws('|', current_setting('carerecord.pattern'), w.disguised) AS pattern
	FROM (SELECT w.suspect, CASE WHEN length(w.disguised) > %[2]d THEN %[3]s ELSE w.disguised END AS disguised
		FROM (SELECT bool_or(s.tried AND s.said ~* current_setting('carerecord.pattern')) AS suspect, string_agg(CASE WHEN s.tried THEN %[4]s END, '|') AS disguised
			FROM (SELECT s.said, s.said ~* current_setting('carerecord.stems') AS tried FROM (SELECT string_agg(%[5]s, ' · ') AS said FROM p GROUP BY (p.n - 1) / %[6]d) s OFFSET 0) s) w OFFSET 0) w)
SELECT set_config('carerecord.words_%[7]s_' || :set, %[8]s(ARRAY[%[9]s] || :tried || ARRAY(SELECT r.key || ' ' || p.nhs_number
		FROM p CROSS JOIN LATERAL (VALUES %[10]s) r(key, said) WHERE CASE WHEN w.suspect THEN CASE WHEN %[5]s ~* w.pattern THEN r.said ~* w.pattern END END))::text END, true),
	set_config('carerecord.disguised_%[7]s_' || :set, coalesce(w.disguised, ''), true) FROM w`,
		strings.Join(columns, ",\n\t\t"), mostDisguised, unusual, disguised, joined(texts), together, group, inOneSnapshot, whose, strings.Join(keyed, ", "))
}

// wordsColumns are the types of what such a statement gives.
var wordsColumns = []uint32{pgtype.TextOID, pgtype.TextOID}

// withTerms is the patients as a statement with exclusions has them, and terms beside them: the bitmap of the codes, which
// relations of whom have texts that are on the list, and the pattern by which such texts are found. Without a
// list, and where not all of these relations were tried, there are no terms but an error.
func withTerms(group string, trials []trial) string {
	tried := []string{whose}
	for _, t := range trials {
		key := "'" + t.key + "'"
		if where := t.where(); where != "" {
			key = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", where, key, whose)
		}
		tried = append(tried, key)
	}
	return fmt.Sprintf("WITH p AS (SELECT p.* FROM %[1]s),\n"+
		"terms AS MATERIALIZED (SELECT convert_to(current_setting('carerecord.excluded'), 'UTF8') AS bits, current_setting('carerecord.told')::bool AS told,\n"+
		"\tw.words || (CASE WHEN %[2]s <@ w.words THEN '{}' ELSE 'not tried' END)::text[] AS words,\n"+
		"\tconcat_ws('|', current_setting('carerecord.pattern'), nullif(current_setting('carerecord.disguised_%[3]s_' || :set), '')) AS pattern\n"+
		"\tFROM (SELECT current_setting('carerecord.words_%[3]s_' || :set)::text[] AS words OFFSET 0) w)",
		subjects, arrayOf(tried), group)
}

// gated is the patients and whether a text of theirs is on the list. OFFSET 0 keeps the
// planner, which takes every condition of ours for a rare one, from putting that behind
// the rows it is for.
func gated(trials []trial) string {
	var keys []string
	for _, t := range trials {
		keys = append(keys, fmt.Sprintf("'%s ' || p.nhs_number", t.key))
	}
	return fmt.Sprintf("FROM terms CROSS JOIN p\nCROSS JOIN LATERAL (SELECT terms.told AND terms.words && %s AS suspect OFFSET 0) gate", arrayOf(keys))
}

// mostDisguised is how long the expression for disguised texts may be. Where a source
// writes more of them, every row with an unusual character is taken for one.
const mostDisguised = 20_000

// longText is how many characters a text may have to stand in an expression as a whole;
// of a longer one stands what is round those of its unusual characters that are on the list with
// it, or round all where none is by itself: what is round others may stand in others' texts.
const longText = 500

// disguised is an expression for the texts within s.said that are on the list only as
// they are seen, as a whole. Rows are held to it as they stand, so that no row's text is
// worked out twice. NULL where there are none, which is nearly always.
var disguised = fmt.Sprintf(`(SELECT string_agg(CASE WHEN length(m[1]) <= %[1]d THEN '(?:^|·) *' || %[2]s || ' *(?:$|·)'
	ELSE (SELECT coalesce(string_agg(CASE WHEN %[6]s THEN %[3]s END, '|'), string_agg(%[3]s, '|')) FROM regexp_matches(m[1], '.{0,60}' || %[4]s || '.{0,60}', 'g') w) END, '|')
	FROM regexp_matches(s.said, '[^·]*' || %[4]s || '[^·]*', 'g') m WHERE %[5]s)`,
	longText, literal("btrim(m[1], ' ')"), literal("w[1]"), unusual, seen("m[1]"), seen("w[1]"))

// literal is an expression that is true of a text itself.
func literal(text string) string {
	return fmt.Sprintf(`regexp_replace(%s, '[].*+?(){}|^$\\[]', '\\\&', 'g')`, text)
}

// wordsOf compiles the statement for the texts of one kind alone.
func wordsOf(kind fetch.Kind, trials []trial) *statement {
	if len(trials) == 0 {
		return nil
	}
	s := compile("words of "+string(kind), wordsSQL(groupOf(kind), trials))
	return &s
}

// A groupWords is the statement for the texts of a group, and what it was last asked to try.
type groupWords struct {
	statement
	last atomic.Pointer[askedKeys]
}

type askedKeys struct {
	bits uint64
	keys postgres.Value
}

// keys are the relations with these bits: mostly those of the time before.
func (g *groupWords) keys(group string, bits uint64) postgres.Value {
	if last := g.last.Load(); last != nil && last.bits == bits {
		return last.keys
	}
	asked := &askedKeys{bits, keys(group, bits)}
	g.last.Store(asked)
	return asked.keys
}

// wordsOfGroups compiles those for all kinds of a source, by group.
func wordsOfGroups(reads map[fetch.Kind]read) map[string]*groupWords {
	trials := map[string][]trial{}
	for _, kind := range sortedKinds(reads) {
		group := groupOf(kind)
		for _, t := range reads[kind].trials() {
			if !slices.ContainsFunc(trials[group], func(u trial) bool { return u.key == t.key }) {
				trials[group] = append(trials[group], t)
			}
		}
	}
	statements := make(map[string]*groupWords, len(trials))
	for group, of := range trials {
		statements[group] = &groupWords{statement: compile("words "+group, wordsSQL(group, of))}
	}
	return statements
}

// A view that breaks must break its own kinds alone. So where the statement for a group fails, which has
// all their relations, each kind's texts are tried by themselves, by the connections that are made
// from then on; where connections are lent, and every statement is planned anew, they are in any case.

// apartFor is how long they are.
const apartFor = time.Hour

// apartKey is where a connection keeps the groups whose kinds are tried apart.
const apartKey = "carerecord.apart"

// prepareWords names the statements for texts on a new connection. A kind whose texts cannot be tried is broken.
func (s *Source) prepareWords(ctx context.Context, conn *pgx.Conn, broken map[fetch.Kind]error) error {
	apart := map[string]bool{}
	for group, st := range s.words {
		err := errors.New("not now")
		if s.shared == nil && !s.isApart(group) {
			if err = prepareStatement(ctx, conn, st.name, st.sql, wordsColumns); err != nil && !isRefusal(err) {
				return err
			}
		}
		if err != nil {
			apart[group] = true
		}
	}
	for kind, r := range s.reads {
		st := r.words()
		if st == nil || !apart[groupOf(kind)] {
			continue
		}
		name := st.name
		if s.shared != nil {
			name = ""
		}
		switch err := prepareStatement(ctx, conn, name, st.sql, wordsColumns); {
		case err != nil && !isRefusal(err):
			return err
		case err != nil && broken[kind] == nil:
			broken[kind] = fmt.Errorf("%w: view %s", postgres.Kind(ctx, err), kind)
		}
	}
	conn.PgConn().CustomData()[apartKey] = apart
	return nil
}

// isApart reports whether the kinds of a group are tried apart for a while.
func (s *Source) isApart(group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.apart[group]
	return known && time.Now().Before(until)
}

// part has the kinds of a group tried apart, by new connections.
func (s *Source) part(group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apart[group] = time.Now().Add(apartFor)
	s.pool.Reset()
}

// A tried is the texts of a group that are tried together for a set of patients.
type tried struct {
	group string
	ask   *fetch.Ask // one of that set
	bits  uint64
}

// try queues what must be tried before the jobs that are sent, for all that are not tried apart.
func (w *wave) try(batch *postgres.Batch) {
	w.tried, w.trying = make([]tried, 0, len(w.source.words)), ""
	w.apart, _ = w.conn.PgConn().CustomData()[apartKey].(map[string]bool)
	for _, j := range w.sent {
		trials := j.of.trials()
		group := groupOf(j.ask.Kind)
		if len(trials) == 0 || w.apart[group] {
			continue
		}
		i := slices.IndexFunc(w.tried, func(t tried) bool { return t.group == group && t.ask.Subjects == j.ask.Subjects })
		if i < 0 {
			i, w.tried = len(w.tried), append(w.tried, tried{group: group, ask: j.ask})
		}
		w.tried[i].bits |= bits(trials, j.ask)
	}
	for _, t := range w.tried {
		words := w.source.words[t.group]
		w.asked.about(t.ask).tried = words.keys(t.group, t.bits)
		words.queue(batch, w.asked)
	}
}

// tryApart queues what must be tried before one job.
func (w *wave) tryApart(batch *postgres.Batch, j *job) {
	if !w.triesApart(j) {
		return
	}
	w.asked.about(j.ask).tried = keys(groupOf(j.ask.Kind), bits(j.of.trials(), j.ask))
	j.of.words().queue(batch, w.asked)
}

func (w *wave) triesApart(j *job) bool {
	return len(w.apart) > 0 && j.of.words() != nil && w.apart[groupOf(j.ask.Kind)]
}

// hearTried reads what came of trying. While it does, trying is the group whose statement it reads.
func (w *wave) hearTried(results postgres.Results) error {
	for _, t := range w.tried {
		w.trying = t.group
		if err := passOver(results); err != nil {
			return err
		}
	}
	w.trying = ""
	return nil
}

// passOver reads a statement's rows to the end.
func passOver(results postgres.Results) error {
	err := results.Next()
	for row := [][]byte{}; err == nil && row != nil; {
		row, err = results.Row()
	}
	return err
}

// isRefusal reports whether PostgreSQL took a statement, or what it gives, for wrong.
func isRefusal(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) || errors.Is(err, postgres.ErrMalformed)
}

// prepareStatement names a statement and compares what it will give.
func prepareStatement(ctx context.Context, conn *pgx.Conn, name, sql string, wanted []uint32) error {
	described, err := conn.Prepare(ctx, name, sql)
	if err != nil {
		return err
	}
	return postgres.SameTypes(described.Fields, wanted)
}
