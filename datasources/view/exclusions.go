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

// The exclusion list has some thousands of codes and several hundred phrases. Sent with every statement it cost more than
// everything else: PostgreSQL 15 took 11.6 ms for each statement to read the codes as jsonb, and 640 µs for each row to match
// the phrases. So a connection is told the list once, in settings of its own:
//
//   - A code is normalised to the URI and spelling that the list uses, then looked up in a bitmap of hashes (0.3 µs), and only if
//     its bit is set in the part of the list it would be in.
//   - One statement for each group of kinds (words.go) joins the texts of up to 25 patients and matches them against a short
//     expression that matches whatever the phrases match. If it does, each relation of each patient is matched against it, and
//     what matches against the phrases. A row's text is matched only if its relation and patient were found. PostgreSQL builds
//     the automaton for each call, so one long text is cheap: 12 ns a byte, where the phrases take 640 µs for a short one.
//   - A text is matched as written, and as a reader sees it: without invisible characters between letters (soft hyphens,
//     joiners), with or without a gap in their place, and with letters of any width and kind as plain letters. The second takes
//     some 300 ns a byte. So the short expression also finds the characters that make it necessary, and only texts with one are
//     normalised. Those that are then excluded are kept as an array, with which rows are compared.
//
// SQL itself costs 25 µs for each thousand bytes, each time a statement runs. So the rule for codes occurs in it as few times as
// possible: once for its own rows, and once for all others that it judges (parts.go).
//
// A statement fails on a connection that was not told the list: current_setting raises an error, or the cast of a setting that is
// empty because its transaction is over. For connections lent by a pooler see sharing.go.

// unusual matches a character that may disguise a letter or digit, or is invisible: all except those of ordinary texts. The
// exceptions include some that stand for digits in units, formulas and fractions (m², 10⁹, SpO₂, ½); no phrase has these digits.
const unusual = `'[^\x01-\u00A9\u00AB\u00AC\u00AE-\u00B8\u00BB-\u0131\u0134-\u013E\u0141-\u0148\u014A-\u017E\u0370-\u05FF\u2000-\u200A\u2010-\u2027\u2030-\u205E` +
	`\u2070\u2072\u2073\u2075-\u207E\u2080-\u2083\u2085-\u208E\u20A0-\u20A7\u20A9-\u20CF\u2190-\u23FF\u2500-\u27BF]'`

// unseen are the invisible characters. internal/exclusion/seen.go has the same.
const unseen = `'[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB` +
	`\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]'`

// blank are those of them that are written for a gap between words; the same there.
const blank = `'[\u115F\u1160\u200B\u3164\uFFA0]'`

// seen is true of a text that is excluded as a reader sees it: without invisible characters, or with those written for a gap as
// a gap.
func seen(text string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM unnest(ARRAY[%[1]s, regexp_replace(%[1]s, %[2]s, ' ', 'g')]) r(read)"+
		" WHERE normalize(regexp_replace(r.read, %[3]s, '', 'g'), NFKC) ~* current_setting('carerecord.pattern'))", text, blank, unseen)
}

// bitmap masks the bits of a hash that give its place: 65,536 places, four in each of 16,384 bytes, so that every byte is a
// letter and the setting can be read as bytes without being decoded.
const bitmap = 1<<17 - 1 - 4

// exclusionParts splits the list's keys into 64 parts by hash, and computes the bytes of the bitmap.
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

// told is the list that a connection was told, kept in its custom data.
type told struct {
	codes          []byte
	pattern, stems string
}

func (t told) values() []postgres.Value {
	return []postgres.Value{postgres.Text(string(t.codes)), postgres.Text(t.pattern), postgres.Text(t.tried())}
}

// tried is the short expression: it matches every text that pattern matches, as written or as seen. It is built only when it is
// told, since every read compares the other fields.
func (t told) tried() string {
	return cmp.Or(t.stems, t.pattern) + "|" + strings.Trim(unusual, "'")
}

const toldKey = "carerecord.exclusions"

func (t told) equal(u told) bool {
	return t.pattern == u.pattern && t.stems == u.stems && bytes.Equal(t.codes, u.codes)
}

// tell queues the list unless the connection was told it already, and reports whether it did.
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

// listOf is the exclusion list under these terms.
func listOf(terms *fetch.Terms) told {
	return told{terms.ExcludedCodes, terms.ExcludedWords, terms.ExcludedStems}
}

// listed is true of a 'system|code' that is on the list, or of a Read code below one that is listed with its descendants.
func listed(key string) string {
	return fmt.Sprintf(`(get_bit(terms.bits, hashtext(%[1]s COLLATE "C") & %[4]d) = 1`+
		` AND strpos(current_setting('carerecord.excluded_' || (hashtext(%[1]s COLLATE "C") & 63)), E'\n' || %[1]s || E'\n') > 0`+
		` OR starts_with(%[1]s, '%[2]s|') AND substr(%[1]s, %[3]d) ~ current_setting('carerecord.trees'))`, key, codesystem.Read.URI, len(codesystem.Read.URI)+2, bitmap)
}

// asAsked are the systems of most codes. Under the URIs that sources are asked to write, they need no normalising.
var asAsked = [...]*codesystem.System{codesystem.SNOMED, codesystem.DMD, codesystem.ICD10, codesystem.OPCS4, codesystem.Read}

// hints are substrings of which every pattern for a URI has at least one: finding none is cheaper than comparing all patterns.
var hints = [...]string{"icd", "opcs", "read", "snomed", "dmd", "loinc"}

// trimmed is a text without surrounding white space.
func trimmed(text string) string { return fmt.Sprintf(`btrim(%s, E' \t\n\x0B\f\r')`, text) }

// quoted are the URIs of systems as a list.
func quoted(systems ...*codesystem.System) string {
	var uris []string
	for _, s := range systems {
		uris = append(uris, "'"+s.URI+"'")
	}
	return strings.Join(uris, ", ")
}

// uris are the URIs under which the list may have s.code: that of s.system, whatever its name, or s.system as written; for a code
// without a system, those of the large systems. Names are compared in lower case and trimmed. Punctuation within them stays,
// because PostgreSQL takes 6 µs to remove it.
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

// keyed is the list's key for u.code under u.uri: a classification's code by its first four letters and digits, a Read code by
// its first five bytes without trailing dots.
var keyed = fmt.Sprintf("u.uri || '|' || CASE WHEN u.uri IN (%s) THEN left(upper(regexp_replace(u.code, '[^A-Za-z0-9]', '', 'g')), 4) WHEN u.uri = %s THEN rtrim(left(%[3]s, 5), '.') ELSE %[3]s END",
	quoted(codesystem.ICD10, codesystem.OPCS4), quoted(codesystem.Read), trimmed("u.code"))

// codesHidden is true if any of these codes is on the list, or any of an array of links ('system|code', where the system may have
// a version).
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

// shown is the condition under which a row may be returned: not confidential, not entered in error, and without an excluded code,
// link, specialty or text.
func (r relation) shown(alias string) string {
	conditions := r.plainlyShown(alias)
	if r.entry { // null is reported as unreadable: see parted
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

// plainlyShown are those of these conditions that need neither codes nor words, except confidential.
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

// noSpecialty is true of a column without an excluded treatment function, alone or followed by its name.
func noSpecialty(column string) string {
	return fmt.Sprintf("(ARRAY[%[1]s, left(%[1]s, 3)] && :specialties) IS NOT TRUE", trimmed(column))
}

// noMistake is true of a status other than entered-in-error.
const noMistake = "(upper(translate(%s, E' -_\\t\\n\\x0B\\f\\r', '')) = 'ENTEREDINERROR') IS NOT TRUE"

// coded are the columns of the codes that are checked, and of their systems.
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

// wordsHidden is true of a text that is excluded, as written or in disguise, if its patient is under suspicion (gate).
func wordsHidden(text string) string {
	return fmt.Sprintf("(gate.suspect AND (SELECT w.said ~* terms.pattern OR %s && terms.disguised FROM (SELECT %s AS said OFFSET 0) w))", separate("w.said"), text)
}

// shownTexts are the expressions whose values are returned as texts. Codes are among them: a code is shown beside its words or
// instead of them, and sources' own codes are often words.
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
		if person, ok := strings.CutSuffix(column, "_role"); ok { // sources may name a clinic instead of a person
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

// shownFor is the column that is shown if another is empty: the code for a display, the ODS code for an organisation's name; ""
// if there is none.
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
