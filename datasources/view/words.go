package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
)

// PostgreSQL builds a regular expression's automaton anew for every text, and prepares the long SQL that tries the texts each
// time a statement runs. So one statement tries all texts of a group of kinds before the statements for their entries, and
// records the outcome in settings of its transaction:
//
//   - carerecord.words_GROUP_n: whose texts were tried (a hash of the n-th set of patients), of which relations, and every
//     patient's relation that has a text on the exclusion list;
//   - carerecord.disguised_GROUP_n: the texts that are on the list only as a reader sees them, letter by letter. A row with one
//     of them was found by its own relation too, so what else is asked for never changes what a list shows.
//
// A statement for entries tries the texts of a row only if the row's relation and patient are recorded there. It fails unless
// everything it depends on was tried in the same snapshot: otherwise rows could appear that nobody tried.

// groups are the kinds whose texts are tried together, because they are mostly asked for together. The cost of a statement
// grows with its relations, whether they are asked for or not, so a kind that is asked for alone has a statement of its own.
// Document content is apart because it is long.
var groups = map[fetch.Kind]string{
	fetch.Allergies: "chart", fetch.Medications: "chart", fetch.Problems: "chart", fetch.Results: "chart", fetch.UnmappedResults: "chart",

	fetch.Immunisations: "care", fetch.Procedures: "care", fetch.VitalSigns: "care", fetch.UnmappedVitalSigns: "care",
	fetch.Documents: "care", fetch.CarePlans: "care", fetch.CareTeam: "care",

	fetch.Alerts: "more", fetch.Appointments: "more", fetch.Upcoming: "more", fetch.Referrals: "more", fetch.Contacts: "more", fetch.Needs: "more",
	fetch.AdvanceCare: "more", fetch.Devices: "more", fetch.Reports: "more", fetch.Imaging: "more",

	fetch.DocumentContent: contentGroup,
}

const contentGroup = "content"

// groupOf is a kind's group. Kinds that only one sector has share the group "sector".
func groupOf(kind fetch.Kind) string {
	if group, known := groups[kind]; known {
		return group
	}
	return "sector"
}

// A trial is a relation whose texts are tried before the entries of a view are read.
type trial struct {
	relation
	key     string // the relation's name; a document with its content has another key than one without
	bit     int    // index of key in keysOf
	part    int    // tried only if this part is read; always if negative
	byCodes bool   // tried also if the ask filters by codes
}

func newTrial(r relation, part int, byCodes bool) trial {
	key := r.name
	if r.selects("content") {
		key += " content"
	}
	bit := slices.Index(keysOf, key)
	if bit < 0 {
		bit = len(keysOf)
		keysOf = append(keysOf, key)
		new(keySet).add(bit) // panics at start, and not in a request, if there are more keys than bits
	}
	return trial{r, key, bit, part, byCodes}
}

// keysOf are the keys of all trials of all sectors, by bit.
var keysOf []string

// A keySet is a set of keys, as bits.
type keySet [2]uint64

func (s *keySet) add(bit int) { s[bit/64] |= 1 << (bit % 64) }

func (s *keySet) addAll(t keySet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *keySet) has(bit int) bool { return s[bit/64]&(1<<(bit%64)) != 0 }

// where is the SQL condition under which the relation is tried; "" for always.
func (t trial) where() string {
	switch {
	case t.part < 0:
		return ""
	case t.byCodes:
		return fmt.Sprintf("(:parts & %d <> 0 OR :codes IS NOT NULL)", 1<<t.part)
	}
	return fmt.Sprintf(":parts & %d <> 0", 1<<t.part)
}

// asked is one expression if the relation is tried for the ask, and otherwise another: what is tried for other asks must not
// change what a list shows.
func (t trial) asked(expression, otherwise string) string {
	if where := t.where(); where != "" {
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", where, expression, otherwise)
	}
	return expression
}

// of reports whether the relation is tried for an ask.
func (t *trial) of(ask *fetch.Ask) bool {
	return t.part < 0 || ask.Children&(1<<t.part) != 0 || t.byCodes && ask.Filter.Codes != ""
}

// bits are the keys of the relations that are tried for an ask.
func bits(trials []trial, ask *fetch.Ask) (all keySet) {
	for i := range trials {
		if t := &trials[i]; t.of(ask) {
			all.add(t.bit)
		}
	}
	return all
}

// keys are the names of these keys, as a text[] parameter.
func keys(bits keySet) postgres.Value {
	var room [64 * len(bits)]string
	all := room[:0]
	for i, key := range keysOf {
		if bits.has(i) {
			all = append(all, key)
		}
	}
	return array(all)
}

// said is the SQL for all texts of a patient's rows in the relation, as one text: NULL if the patient has no rows there. It is
// "" if the relation has no text columns.
func (t trial) said() string {
	columns := t.shownTexts("t")
	for _, code := range t.masked {
		columns = append(columns, t.masking(code).shownTexts("t")...)
	}
	if len(columns) == 0 {
		return ""
	}
	return fmt.Sprintf("(SELECT string_agg(%s, ' · ') FROM %s t WHERE t.nhs_number = p.nhs_number)", joined(columns), t.name)
}

// together is how many patients' texts are tried as one text. More patients cost less each, but make a longer text for
// PostgreSQL to hold.
const together = 25

// whose identifies a set of patients, so that what was tried for others is not taken for theirs.
const whose = "'patients ' || hashtext((:patients)::text)"

// wordsSQL tries the texts of the relations that are named in :tried, and records the outcome for these groups. It tries the
// texts of many patients together against the shorter expression (s), then each relation of those patients (t), and what
// matches against the phrases, as written and as a reader sees it (d). OFFSET 0 keeps the planner from reordering the steps.
func wordsSQL(trials []trial, groups ...string) string {
	var columns, texts, keyed, keys []string
	for i, t := range trials {
		text := fmt.Sprintf("p.said_%d", i)
		columns = append(columns, fmt.Sprintf("CASE WHEN '%s' = ANY(:tried) THEN %s END AS said_%d", t.key, t.said(), i))
		texts = append(texts, text)
		keyed = append(keyed, fmt.Sprintf("('%s', %s)", t.key, text))
		keys = append(keys, "'"+t.key+"'")
	}
	var left []string
	for _, group := range groups {
		left = append(left, fmt.Sprintf("set_config('carerecord.words_%[1]s_' || :set, w.words, true), set_config('carerecord.disguised_%[1]s_' || :set, w.disguised, true)", group))
	}
	once := ""
	if len(groups) > 1 {
		once = " OFFSET 0"
	}
	return fmt.Sprintf(`WITH p AS MATERIALIZED (SELECT p.nhs_number, (p.n - 1) / %[1]d AS part, %[2]s
	FROM unnest(:patients) WITH ORDINALITY AS p(nhs_number, n)),
s AS MATERIALIZED (SELECT p.part, current_setting('carerecord.told')::bool AND string_agg(%[3]s, ' · ') ~* current_setting('carerecord.stems') AS tried FROM p GROUP BY p.part),
t AS MATERIALIZED (SELECT p.nhs_number, r.key, r.said FROM (SELECT p.* FROM p JOIN s ON s.part = p.part AND s.tried OFFSET 0) p CROSS JOIN LATERAL (VALUES %[4]s) r(key, said)
	WHERE r.said ~* current_setting('carerecord.stems')),
d AS MATERIALIZED (SELECT s.nhs_number, s.key, s.said ~* current_setting('carerecord.pattern') AS plain, %[5]s AS disguised FROM t s)
SELECT %[6]s
FROM (SELECT %[7]s(ARRAY[%[8]s] || ARRAY(SELECT key FROM unnest(:tried) AS key WHERE key = ANY(ARRAY[%[9]s]))
		|| ARRAY(SELECT d.key || ' ' || d.nhs_number FROM d WHERE d.plain OR d.disguised <> '{}'))::text END AS words,
	ARRAY(SELECT DISTINCT unnest(d.disguised) FROM d)::text AS disguised%[10]s) w`,
		together, strings.Join(columns, ",\n\t\t"), joined(texts), strings.Join(keyed, ", "), disguised, strings.Join(left, ",\n\t"), inOneSnapshot, whose, strings.Join(keys, ", "), once)
}

// wordsColumns are the column types of such a statement for a number of groups.
func wordsColumns(groups int) []uint32 { return slices.Repeat([]uint32{pgtype.TextOID}, 2*groups) }

// withTerms is the CTEs that every statement with exclusions begins with: the patients, and the terms (the bitmap of codes, the
// phrases, whose relations have texts on the list, and which of these texts are disguised). Without a list, or unless all of
// these relations were tried, it is an error.
func withTerms(group string, trials []trial) string {
	tried := []string{whose}
	for _, t := range trials {
		tried = append(tried, t.asked("'"+t.key+"'", whose))
	}
	return fmt.Sprintf("WITH p AS (SELECT p.* FROM %[1]s),\n"+
		"terms AS MATERIALIZED (SELECT convert_to(current_setting('carerecord.excluded'), 'UTF8') AS bits, current_setting('carerecord.told')::bool AS told, current_setting('carerecord.pattern') AS pattern,\n"+
		"\tw.words || (CASE WHEN %[2]s <@ w.words THEN '{}' ELSE 'not tried' END)::text[] AS words, current_setting('carerecord.disguised_%[3]s_' || :set)::text[] AS disguised\n"+
		"\tFROM (SELECT current_setting('carerecord.words_%[3]s_' || :set)::text[] AS words OFFSET 0) w)",
		subjects, arrayOf(tried), group)
}

// gated is the patients, each with whether any of their texts is on the list. The planner takes every condition of ours for a
// rare one; OFFSET 0 keeps it from evaluating the gate after the rows it guards.
func gated(trials []trial) string {
	var keys []string
	for _, t := range trials {
		keys = append(keys, fmt.Sprintf("'%s ' || p.nhs_number", t.key))
	}
	return fmt.Sprintf("FROM terms CROSS JOIN p\nCROSS JOIN LATERAL (SELECT terms.told AND terms.words && %s AS suspect OFFSET 0) gate", arrayOf(keys))
}

// separate splits what joined put together into an array. Each element keeps the spaces around it, so a row's texts are the
// same as among all texts of its patient.
func separate(text string) string {
	return fmt.Sprintf("string_to_array(' ' || %s || ' ', '·')", text)
}

// disguised is an expression for the texts within s.said that are on the list only as a reader sees them. Rows are compared
// with them as written, so that no row's text is normalised twice.
var disguised = fmt.Sprintf("CASE WHEN s.said ~ %[1]s THEN ARRAY(SELECT u.said FROM unnest(%[2]s) u(said) WHERE u.said ~ %[1]s AND %[3]s) ELSE '{}' END",
	unusual, separate("s.said"), seen("u.said"))

// wordsOf compiles the statement that tries the texts of one kind alone; nil if it has none.
func wordsOf(kind fetch.Kind, trials []trial) *statement {
	if len(trials) == 0 {
		return nil
	}
	s := compile("words of "+string(kind), wordsSQL(trials, groupOf(kind)))
	return &s
}

// everything stands for all groups of a source except content. They are tried by one statement if a request asks for kinds of
// more than mostApart of them: each group's own statement would build the automaton anew, and read stays and their diagnoses
// again.
const (
	everything = "all"
	mostApart  = 2
)

// A groupWords is the statement that tries the texts of a group, and what it was last asked to try.
type groupWords struct {
	statement
	groups int // that it tries
	last   atomic.Pointer[askedKeys]
}

type askedKeys struct {
	bits keySet
	keys postgres.Value
}

// keys are the names of these keys, cached because they are mostly those of the last request.
func (g *groupWords) keys(bits keySet) postgres.Value {
	if last := g.last.Load(); last != nil && last.bits == bits {
		return last.keys
	}
	asked := &askedKeys{bits, keys(bits)}
	g.last.Store(asked)
	return asked.keys
}

// wordsOfGroups compiles the statements of a source's groups, by group, and the one for everything.
func wordsOfGroups(reads map[fetch.Kind]read) map[string]*groupWords {
	trials := map[string][]trial{}
	add := func(group string, t trial) {
		if !slices.ContainsFunc(trials[group], func(u trial) bool { return u.key == t.key }) {
			trials[group] = append(trials[group], t)
		}
	}
	for _, kind := range sortedKinds(reads) {
		for _, t := range reads[kind].trials() {
			group := groupOf(kind)
			if add(group, t); group != contentGroup {
				add(everything, t)
			}
		}
	}
	statements := make(map[string]*groupWords, len(trials))
	var together []string
	for _, group := range slices.Sorted(maps.Keys(trials)) {
		if group == everything {
			continue
		}
		if group != contentGroup {
			together = append(together, group)
		}
		statements[group] = &groupWords{statement: compile("words "+group, wordsSQL(trials[group], group)), groups: 1}
	}
	if len(together) > mostApart {
		statements[everything] = &groupWords{statement: compile("words "+everything, wordsSQL(trials[everything], together...)), groups: len(together)}
	}
	return statements
}
