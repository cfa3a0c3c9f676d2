package view

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/codesystem"
	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
)

// What is never shown is a list of some thousands of codes and several hundred
// phrases. Sent with every statement it cost more than all else: PostgreSQL 15 took
// 11.6 ms to read the codes as jsonb, per statement, and 640 µs for the phrases, per
// row. So a connection is told the list once, in settings of its own, and
//
//   - a code is brought under the one URI and spelling the list has it in, then looked up in a bitmap of hashes (0.3 µs) and only where its bit
//     is set in the part of the list that it would stand in;
//   - one statement for each group of kinds (words.go) joins the texts of up to 25 patients and tries them against a short expression that
//     matches whatever the phrases match. Where it does, each relation of each patient is tried against it, and only those that match
//     against the phrases. The text of a row is tried only where its relation and patient were found. PostgreSQL builds an
//     automaton per call, so one long text is cheap: 12 ns a byte, where the phrases cost
//     640 µs for a short one;
//   - a text is read as it stands there, and as a reader takes it, without what is not seen
//     between letters (soft hyphens, joiners), whether or not it stands for a gap, and with
//     letters of any width and kind as what they are. The second costs some 300 ns a byte, so
//     the shorter expression also finds the characters for which it is needed, and only the
//     texts that have one are read so. Those that are then on the list are kept as an array, and rows are compared with it.
//
// What a statement says costs as well, before it reads a row: 25 µs per thousand bytes of
// it, each time it runs. So the rule for codes stands in it as few times as can be: once for
// its own rows, and once for all others that it judges (parts.go).
//
// A statement on a connection that was not told fails: current_setting raises an error, and
// so does what a setting is read as where it was told within a transaction that is over,
// after which it is empty. A pooler makes connections of which nothing is known: see
// sharing.go.

// unusual is a character that hides a letter or a digit, or is not seen itself: all but
// those that stand in ordinary texts. Among these are some that stand for digits, in
// units, formulas and fractions (m², 10⁹, SpO₂, ½); no phrase has these digits.
const unusual = `'[^\x01-\u00A9\u00AB\u00AC\u00AE-\u00B8\u00BB-\u0131\u0134-\u013E\u0141-\u0148\u014A-\u017E\u0370-\u05FF\u2000-\u200A\u2010-\u2027\u2030-\u205E` +
	`\u2070\u2072\u2073\u2075-\u207E\u2080-\u2083\u2085-\u208E\u20A0-\u20A7\u20A9-\u20CF\u2190-\u23FF\u2500-\u27BF]'`

// unseen are the characters that are not seen where they stand. internal/exclusion/seen.go
// knows the same.
const unseen = `'[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB` +
	`\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]'`

// blank are those of them that are written for a gap between words, there too.
const blank = `'[\u115F\u1160\u200B\u3164\uFFA0]'`

// seen is true where a text is on the list as a reader takes it: without what is not seen,
// or with what is written for a gap as one.
func seen(text string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM unnest(ARRAY[%[1]s, regexp_replace(%[1]s, %[2]s, ' ', 'g')]) r(read)"+
		" WHERE normalize(regexp_replace(r.read, %[3]s, '', 'g'), NFKC) ~* current_setting('carerecord.pattern'))", text, blank, unseen)
}

// bitmap is what of a hash says where its bit is: 65,536 places, four in each of 16,384
// bytes, so that every byte is a letter and a setting is read as bytes without being decoded.
const bitmap = 1<<17 - 1 - 4

// exclusionParts takes the list apart: its keys in 64 parts by their hashes, and the
// bytes of the bitmap of the hashes.
var exclusionParts = fmt.Sprintf(`
WITH k AS MATERIALIZED (
	SELECT key, hashtext(key COLLATE "C") AS h FROM jsonb_object_keys($1::jsonb) AS key
), parts AS (
	SELECT i, E'\n' || coalesce(string_agg(k.key || E'\n', ''), '') AS keys
	FROM generate_series(0, 63) i LEFT JOIN k ON k.h & 63 = i GROUP BY i
), bytes AS (
	SELECT i, 64 + coalesce(b.v, 0)::int AS v FROM generate_series(0, %[2]d) i
	LEFT JOIN (SELECT (h & %[1]d) >> 3 AS i, sum(DISTINCT 1 << (h & 3)) AS v FROM k GROUP BY 1) b USING (i)
)`, bitmap, bitmap>>3)

const (
	excludedBits  = `(SELECT string_agg(chr(v), '' ORDER BY i) FROM bytes)`
	excludedTrees = `'^(' || coalesce((SELECT string_agg(DISTINCT split_part(key, '|', 2), '|') FROM (SELECT rtrim(key, '%') AS key FROM k WHERE key LIKE 'http://read.info/%\%') t), '!') || ')'`
)

// tellExclusions puts the list into the connection's settings.
var tellExclusions = exclusionParts + `
SELECT set_config('carerecord.excluded', ` + excludedBits + `, false) IS NOT NULL
	AND set_config('carerecord.pattern', $2::text, false) IS NOT NULL
	AND set_config('carerecord.stems', $3::text, false) IS NOT NULL
	AND set_config('carerecord.trees', ` + excludedTrees + `, false) IS NOT NULL
	AND (SELECT count(set_config('carerecord.excluded_' || i, keys, false)) FROM parts) = 64
	AND set_config('carerecord.told', 'true', false) = 'true'`

// told is what a connection was told, kept in its custom data.
type told struct {
	codes          []byte
	pattern, stems string
}

func (t told) values() []postgres.Value {
	return []postgres.Value{postgres.Text(string(t.codes)), postgres.Text(t.pattern), postgres.Text(t.tried())}
}

// tried is a short expression that is true of every text that pattern is true of, as it
// stands or as it is seen. It is made when it is told: every read compares the rest.
func (t told) tried() string {
	return cmp.Or(t.stems, t.pattern) + "|" + strings.Trim(unusual, "'")
}

const toldKey = "carerecord.exclusions"

func (t told) equal(u told) bool {
	return t.pattern == u.pattern && t.stems == u.stems && bytes.Equal(t.codes, u.codes)
}

// tell queues the list where the connection was not told it yet, and reports whether it did.
func tell(conn *pgx.Conn, batch *postgres.Batch, list told) bool {
	if hasHeard(conn, list) {
		return false
	}
	delete(conn.PgConn().CustomData(), toldKey)
	batch.Queue(tellName, list.values()...)
	return true
}

func hasHeard(conn *pgx.Conn, list told) bool {
	last, ok := conn.PgConn().CustomData()[toldKey].(told)
	return ok && last.equal(list)
}

// tellNow tells it in a round trip of its own.
func tellNow(ctx context.Context, conn *pgx.Conn, list told) error {
	if hasHeard(conn, list) {
		return nil
	}
	delete(conn.PgConn().CustomData(), toldKey)
	// Not by Conn.Exec: it keeps the room that arguments took, a hundred kilobytes for each connection.
	if _, err := conn.PgConn().ExecPrepared(ctx, tellName, [][]byte{list.codes, []byte(list.pattern), []byte(list.tried())}, nil, nil).Close(); err != nil {
		return err
	}
	conn.PgConn().CustomData()[toldKey] = list
	return nil
}

// tellName names the statement on every connection.
const tellName = "exclusions"

// listOf is what is never shown under these terms.
func listOf(terms *fetch.Terms) told {
	return told{terms.ExcludedCodes, terms.ExcludedWords, terms.ExcludedStems}
}

// listed is true where a 'system|code' stands on the list, or is a Read code below one
// that is listed with all below it.
func listed(key string) string {
	return fmt.Sprintf(`(get_bit(terms.bits, hashtext(%[1]s COLLATE "C") & %[4]d) = 1`+
		` AND strpos(current_setting('carerecord.excluded_' || (hashtext(%[1]s COLLATE "C") & 63)), E'\n' || %[1]s || E'\n') > 0`+
		` OR starts_with(%[1]s, '%[2]s|') AND substr(%[1]s, %[3]d) ~ current_setting('carerecord.trees'))`, key, codesystem.Read.URI, len(codesystem.Read.URI)+2, bitmap)
}

// asAsked are the systems that most codes are of, under the URIs that sources are asked to write: nothing needs to be
// worked out of these.
var asAsked = [...]*codesystem.System{codesystem.SNOMED, codesystem.DMD, codesystem.ICD10, codesystem.OPCS4, codesystem.Read}

// hints are what the URIs of large systems have in them, of which one at least stands in every pattern for a URI:
// to find none takes less than to compare all of the patterns.
var hints = [...]string{"icd", "opcs", "read", "snomed", "dmd", "loinc"}

// trimmed is a text without the white space round it that files leave there.
func trimmed(text string) string { return fmt.Sprintf(`btrim(%s, E' \t\n\x0B\f\r')`, text) }

// quoted are the URIs of systems as a list.
func quoted(systems ...*codesystem.System) string {
	var uris []string
	for _, s := range systems {
		uris = append(uris, "'"+s.URI+"'")
	}
	return strings.Join(uris, ", ")
}

// uris are under which URIs the list may have s.code: that of s.system under whatever name, or as it is written; of one
// without a system those of the large ones. Names are read in small letters, without white space round them, and not more
// closely, without the signs within them, since PostgreSQL takes 6 µs to leave these out.
var uris = func() string {
	other := "ARRAY[rtrim(split_part(n.name, '|', 1), '/')]"
	large := fmt.Sprintf("WHEN n.name = '' THEN CASE WHEN octet_length(%s) <= %d THEN ARRAY[%s] ELSE ARRAY[%s] END",
		trimmed("s.code"), codesystem.BareLength, quoted(asAsked[:]...), quoted(codesystem.SNOMED, codesystem.DMD))
	large += fmt.Sprintf(" WHEN starts_with(n.name, 'http') AND strpos(n.name, '%s') = 0 THEN %s", strings.Join(hints[:], "') + strpos(n.name, '"), other)
	for _, s := range codesystem.All {
		large += fmt.Sprintf(" WHEN n.name LIKE ANY('{%s}') THEN ARRAY[%s]", strings.Join(s.Names, ","), quoted(s))
	}
	return fmt.Sprintf(`CASE WHEN s.system IN (%s) THEN ARRAY[s.system] ELSE (SELECT CASE %s ELSE %s END FROM (SELECT %s AS name OFFSET 0) n) END`,
		quoted(asAsked[:]...), large, other, trimmed(`lower(coalesce(s.system, '') COLLATE "C")`))
}()

// keyed is how u.code is written on the list under u.uri: one of a classification by its first four letters and digits, of Read by
// five bytes without the dots at the end.
var keyed = fmt.Sprintf("u.uri || '|' || CASE WHEN u.uri IN (%s) THEN left(upper(regexp_replace(u.code, '[^A-Za-z0-9]', '', 'g')), 4) WHEN u.uri = %s THEN rtrim(left(%[3]s, 5), '.') ELSE %[3]s END",
	quoted(codesystem.ICD10, codesystem.OPCS4), quoted(codesystem.Read), trimmed("u.code"))

// codesHidden is true where any of these codes is on the list, or any of an array of
// links: 'system|code', where the system may have a version.
func codesHidden(systems, codes, links string) string {
	var from []string
	if codes != "" {
		from = append(from, fmt.Sprintf("SELECT unnest(%s), unnest(%s)", systems, codes))
	}
	if links != "" {
		from = append(from, fmt.Sprintf("SELECT left(u.key, -length(split_part(u.key, '|', -1)) - 1), split_part(u.key, '|', -1) FROM (SELECT unnest(%s)) AS u(key)", links))
	}
	return fmt.Sprintf("EXISTS (SELECT FROM (SELECT %s AS key FROM (SELECT unnest(%s) AS uri, s.code FROM (%s) s(system, code) WHERE s.code IS NOT NULL OFFSET 0) u OFFSET 0) l\n\t\t\tWHERE %s)",
		keyed, uris, strings.Join(from, " UNION ALL "), listed("l.key"))
}

// shown is the condition under which a row of an entry's relation may be read out:
// not sealed, not withdrawn, and with no code, link, specialty or name that gives
// away what is never shown.
func (r relation) shown(alias string) string {
	conditions := r.plainlyShown(alias)
	if r.entry { // one of which nothing is said is found to be unreadable: see rowsSQL
		conditions = append([]string{alias + ".confidential IS NOT TRUE"}, conditions...)
	}
	systems, codes := "", ""
	if s, c := r.coded(alias); len(c) > 0 {
		systems, codes = arrayOf(s), arrayOf(c)
	}
	conditions = append(conditions, "NOT "+codesHidden(systems, codes, alias+".linked_codes"))
	if words := r.shownTexts(alias); len(words) > 0 {
		conditions = append(conditions, wordsHidden(joined(words))+" IS NOT TRUE")
	}
	return strings.Join(conditions, "\n\t\tAND ")
}

// plainlyShown are the conditions among these that neither the codes nor the words of the list
// have to do with, but for whether it is confidential.
func (r relation) plainlyShown(alias string) (conditions []string) {
	if r.entry {
		conditions = append(conditions, alias+".entered_in_error IS NOT TRUE", noSpecialty(alias+".specialty_key"))
	}
	for _, column := range []string{"status", "verification"} {
		if r.selects(column) {
			conditions = append(conditions, fmt.Sprintf(noMistake, alias+"."+column))
		}
	}
	for _, column := range r.codes {
		if column == "specialty" || column == "main_specialty" {
			conditions = append(conditions, noSpecialty(alias+"."+column+"_code"))
		}
	}
	return conditions
}

// noSpecialty is true of a column that has no treatment function which gives away what is excluded, alone or with its name behind it.
func noSpecialty(column string) string {
	return fmt.Sprintf("(ARRAY[%[1]s, left(%[1]s, 3)] && :specialties) IS NOT TRUE", trimmed(column))
}

// noMistake is true of a state that does not say that something was entered in error.
const noMistake = "(upper(translate(%s, E' -_\\t\\n\\x0B\\f\\r', '')) = 'ENTEREDINERROR') IS NOT TRUE"

// coded are the columns of the codes that are tried, with those of their systems.
func (r relation) coded(alias string) (systems, codes []string) {
	for _, column := range r.codes {
		system, code := column+"_system", column+"_code"
		if plain, differs := strings.CutSuffix(column, "!"); differs { // value_code_system beside value_code
			system, code = plain+"_system", plain
		}
		systems, codes = append(systems, alias+"."+system), append(codes, alias+"."+code)
	}
	return systems, codes
}

// wordsHidden is true where a text of a patient under suspicion is on the list, or has one in it that is in disguise.
func wordsHidden(text string) string {
	return fmt.Sprintf("(gate.suspect AND (SELECT w.said ~* terms.pattern OR %s && terms.disguised FROM (SELECT %s AS said OFFSET 0) w))", separate("w.said"), text)
}

// shownTexts is the expressions whose values are read out as words. A code is shown beside its words,
// or in their place, and the sources' own are often words themselves.
func (r relation) shownTexts(alias string) []string {
	var all []string
	for _, column := range r.texts {
		switch code := r.shownFor(column); {
		case column == "content":
			all = append(all, fmt.Sprintf(contentWords, alias))
		case code == "":
			all = append(all, alias+"."+column)
		case strings.HasSuffix(code, "_ods"):
			all = append(all, fmt.Sprintf("coalesce(nullif(%[1]s.%[2]s, ''), %[1]s.%[3]s)", alias, column, code))
		default:
			all = append(all, alias+"."+column, alias+"."+code)
		}
	}
	for _, column := range r.list() {
		if person, ok := strings.CutSuffix(column, "_role"); ok { // a clinic may stand where a person is named
			all = append(all, alias+"."+column)
			if r.selects(person + "_name") {
				all = append(all, alias+"."+person+"_name")
			}
		}
	}
	if r.entry {
		all = append(all, prefixed(alias, []string{"service_name", "specialty_key", "source_system", "recorded_by_name", "recorded_by_role"}, "")...)
		all = append(all, fmt.Sprintf("coalesce(nullif(%[1]s.organisation_name, ''), %[1]s.organisation_ods)", alias))
	}
	return all
}

// shownFor is the column that is shown in the place of another without words: the code for the
// words of a code, the ODS code for the name of an organisation; "" where there is none.
func (r relation) shownFor(column string) string {
	if coded, ok := strings.CutSuffix(column, "_display"); ok {
		for _, code := range []string{coded + "_code", coded} { // value_code beside value_code_display
			if r.selects(code) {
				return code
			}
		}
	}
	if named, ok := strings.CutSuffix(column, "_name"); ok && r.selects(named+"_ods") {
		return named + "_ods"
	}
	return ""
}

func prefixed(alias string, columns []string, suffix string) []string {
	all := make([]string, len(columns))
	for i, column := range columns {
		all[i] = alias + "." + column + suffix
	}
	return all
}
