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

// PostgreSQL builds the automaton of an expression anew for every text, and prepares the long SQL that tries them each time a
// statement runs. So one statement for a group of kinds tries all their texts before theirs, and leaves behind, in settings of
// its transaction,
//
//   - carerecord.words_GROUP_n: whose texts were tried (the n-th set of patients, as a hash) and of which
//     relations, and each relation of a patient with a text on the list;
//   - carerecord.disguised_GROUP_n: the texts that are on it as they are seen, letter by letter. A row that has one of them was
//     found by its own relation too, so that what else is asked for changes nothing of what a list shows.
//
// Statements for entries look there, and try the texts of a row only where its relation stands
// there with its patient. Where not all was tried that they rest on they fail, and so they do where nothing was left
// behind: without one snapshot for all, rows could have come that nobody tried.

// groups are the kinds whose texts are tried together: what is mostly asked together. A statement
// costs by how many relations it has, asked for or not; so one kind alone has a statement of its own. A document's content is long.
var groups = map[fetch.Kind]string{
	fetch.Allergies: "chart", fetch.Medications: "chart", fetch.Problems: "chart", fetch.Results: "chart", fetch.UnmappedResults: "chart",

	fetch.Immunisations: "care", fetch.Procedures: "care", fetch.VitalSigns: "care", fetch.UnmappedVitalSigns: "care",
	fetch.Documents: "care", fetch.CarePlans: "care", fetch.CareTeam: "care",

	fetch.Alerts: "more", fetch.Appointments: "more", fetch.Upcoming: "more", fetch.Referrals: "more", fetch.Contacts: "more", fetch.Needs: "more",
	fetch.AdvanceCare: "more", fetch.Devices: "more", fetch.Reports: "more", fetch.Imaging: "more",

	fetch.DocumentContent: contentGroup,
}

const contentGroup = "content"

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
	bit     int    // of its key among keysOf
	part    int    // it is tried where this part is read; always if negative
	byCodes bool   // or where codes are asked for
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
	}
	return trial{r, key, bit, part, byCodes}
}

// keysOf are the keys of the relations that are tried, in all sectors, by their bits.
var keysOf []string

// A keySet is some of these keys, by their bits.
type keySet [2]uint64

func (s *keySet) add(bit int) { s[bit/64] |= 1 << (bit % 64) } // panics when there are more keys than it has bits

func (s *keySet) addAll(t keySet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *keySet) has(bit int) bool { return s[bit/64]&(1<<(bit%64)) != 0 }

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

// asked is an expression where the relation is tried for the ask, and another where it is not: what others tried must not
// change what a list shows.
func (t trial) asked(expression, otherwise string) string {
	if where := t.where(); where != "" {
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", where, expression, otherwise)
	}
	return expression
}

// of reports whether that holds of an ask.
func (t *trial) of(ask *fetch.Ask) bool {
	return t.part < 0 || ask.Children&(1<<t.part) != 0 || t.byCodes && ask.Filter.Codes != ""
}

// bits are the relations that are tried for an ask.
func bits(trials []trial, ask *fetch.Ask) (all keySet) {
	for i := range trials {
		if t := &trials[i]; t.of(ask) {
			all.add(t.bit)
		}
	}
	return all
}

// keys are the relations with these bits, as a parameter.
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

// said is all words of the rows that a patient has there, as one text; NULL where they have
// none, and "" where the relation has no columns of words.
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

// together is how many patients' texts are tried as one. More cost less each, and make
// a text that PostgreSQL must hold.
const together = 25

// whose is a set of patients, so that what was tried of others is not taken for theirs.
const whose = "'patients ' || hashtext((:patients)::text)"

// wordsSQL tries the words of these relations, as far as they are among :tried: first the texts of many patients
// together, against the shorter expression (s), then each relation's of those patients (t), and those it is true of against
// the phrases, as they stand and as they are seen (d). OFFSET 0 keeps the planner from trying each before all.
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

// wordsColumns are the types of what such a statement gives for so many groups.
func wordsColumns(groups int) []uint32 { return slices.Repeat([]uint32{pgtype.TextOID}, 2*groups) }

// withTerms is the patients as a statement with exclusions has them, and terms beside them: the bitmap of the codes, the
// phrases, which relations of whom have texts that are on the list, and those of these texts that are disguised. Without a
// list, and where not all of these relations were tried, there are no terms but an error.
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

// separate is the texts within one as an array, as joined put them together and with what stands round each there: those of a row are
// the same as among all texts of its patient.
func separate(text string) string {
	return fmt.Sprintf("string_to_array(' ' || %s || ' ', '·')", text)
}

// disguised is an expression for the texts within s.said that are on the list as they are seen. Rows are compared with them as
// they stand, so that no row's text is worked out twice.
var disguised = fmt.Sprintf("CASE WHEN s.said ~ %[1]s THEN ARRAY(SELECT u.said FROM unnest(%[2]s) u(said) WHERE u.said ~ %[1]s AND %[3]s) ELSE '{}' END",
	unusual, separate("s.said"), seen("u.said"))

// wordsOf compiles the statement for the texts of one kind alone.
func wordsOf(kind fetch.Kind, trials []trial) *statement {
	if len(trials) == 0 {
		return nil
	}
	s := compile("words of "+string(kind), wordsSQL(trials, groupOf(kind)))
	return &s
}

// everything is in the place of a group: all of a source's but content, tried together where more than mostApart of them are asked for. Each
// by itself would build the automaton anew, and read stays and what is diagnosed there once more.
const (
	everything = "all"
	mostApart  = 2
)

// A groupWords is the statement for the texts of a group, and what it was last asked to try.
type groupWords struct {
	statement
	groups int // that it tries
	last   atomic.Pointer[askedKeys]
}

type askedKeys struct {
	bits keySet
	keys postgres.Value
}

// keys are the relations with these bits: mostly those of the time before.
func (g *groupWords) keys(bits keySet) postgres.Value {
	if last := g.last.Load(); last != nil && last.bits == bits {
		return last.keys
	}
	asked := &askedKeys{bits, keys(bits)}
	g.last.Store(asked)
	return asked.keys
}

// wordsOfGroups compiles those for all kinds of a source, by group, and the one for everything.
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
