package view

import "fmt"

// contentWords is what a document of %[1]s says, where it says it in letters: what
// does not begin as a PDF, a picture, a sound or an archive, whatever its label.
// LATIN1 takes every byte but zero, so that no document can break the statement; one that
// is sound UTF-8, and more than ASCII, is read as that. One with zeros, as UTF-16 has them,
// is read without them, and one with tags, or with RTF's control words, both as if they were gaps
// and as if they were not there, its spaces and soft hyphens being what they are, and letters written
// as numbers letters. What begins as a picture does and is sound UTF-8 is a text all the same.
var contentWords = `(SELECT CASE WHEN d.said LIKE '{\\rtf%%' THEN (SELECT concat_ws(' · ', d.said, regexp_replace(e.said, '` + rtfControl + `', ' ', 'g'), regexp_replace(e.said, '` + rtfControl + `', '', 'g'))
		FROM (SELECT ` + numbered(numbered("d.said", `\\u`, `^-?[0-9]{1,5} ?\??`, `mod(65536 + substring(x.said, '^-?[0-9]{1,5}')::int, 65536)`), `\\''`, `^[0-9A-Fa-f]{2}`, hexadecimal(`substring(x.said, 1, 2)`)) + ` AS said OFFSET 0) e)
	WHEN d.said !~ '[<&]' THEN d.said
	ELSE (SELECT concat_ws(' · ', d.said, regexp_replace(e.said, '<[^>]*>', ' ', 'g'), regexp_replace(e.said, '<[^>]*>', '', 'g'))
		FROM (SELECT ` + numbered(`regexp_replace(regexp_replace(d.said, '&(nbsp|ensp|emsp|thinsp|#0*160|#x0*a0);', ' ', 'gi'), '&(shy|zwj|zwnj|#0*173|#x0*ad);', '', 'gi')`,
	`&#`, `^(0*[0-9]{1,7}|[xX]0*[0-9A-Fa-f]{1,6})(?![0-9]);?`, `CASE WHEN x.said ~ '^[0-9]' THEN substring(x.said, '^0*([0-9]{1,7})')::int ELSE `+hexadecimal(`substring(x.said, '^[xX]0*([0-9A-Fa-f]{1,6})')`)+` END`) + ` AS said OFFSET 0) e) END
	FROM (SELECT CASE WHEN substr(%[1]s.content, 1, 4) = '%%PDF' OR (substr(%[1]s.content, 1, 4) IN ('\x89504e47', 'GIF8', 'RIFF', '\x504b0304', '\x49492a00', '\x4d4d002a') OR substr(%[1]s.content, 1, 3) IN ('\xffd8ff', 'ID3'))
		AND (position('\x00'::bytea IN %[1]s.content) > 0 OR convert_from(%[1]s.content, 'LATIN1') !~ ` + soundUTF8 + `) THEN NULL
	WHEN position('\x00'::bytea IN %[1]s.content) = 0 THEN (SELECT CASE WHEN octet_length(l.said) > octet_length(%[1]s.content) AND l.said ~ ` + soundUTF8 + ` AND getdatabaseencoding() = 'UTF8'
		THEN convert_from(%[1]s.content, 'UTF8') ELSE l.said END FROM (SELECT convert_from(%[1]s.content, 'LATIN1') AS said OFFSET 0) l)
	ELSE regexp_replace(replace(replace(encode(%[1]s.content, 'escape'), '\\', ' '), '\000', ''), '\\[0-7]{3}', ' ', 'g') END AS said OFFSET 0) d)`

// numbered is a text with letters in the place of numbers that stand for them: what follows the sign
// and is as the pattern says. The number is worked out of x.said. Of a number that is none of a
// letter, as it is of half of a pair, nothing is left but a gap.
func numbered(text, sign, pattern, number string) string {
	return fmt.Sprintf(`(SELECT CASE WHEN strpos(t.said, E'%[2]s') = 0 THEN t.said ELSE (SELECT string_agg(CASE WHEN x.n = 1 THEN x.said WHEN x.said !~ '%[3]s' THEN E'%[2]s' || x.said
		ELSE (SELECT CASE WHEN c.letter BETWEEN 1 AND 127 OR getdatabaseencoding() = 'UTF8' AND (c.letter BETWEEN 128 AND 55295 OR c.letter BETWEEN 57344 AND 1114111) THEN chr(c.letter) ELSE ' ' END FROM (SELECT %[4]s AS letter OFFSET 0) c)
			|| regexp_replace(x.said, '%[3]s', '') END, '' ORDER BY x.n) FROM unnest(string_to_array(t.said, E'%[2]s')) WITH ORDINALITY AS x(said, n)) END FROM (SELECT %[1]s AS said OFFSET 0) t)`, text, sign, pattern, number)
}

// hexadecimal is a number that is written in sixteens, of up to eight digits.
func hexadecimal(digits string) string {
	return fmt.Sprintf(`('x' || lpad(%s, 8, '0'))::bit(32)::int`, digits)
}

// rtfControl is RTF's control words and signs.
const rtfControl = `\\[a-z]+-?[0-9]* ?|\\[^a-z]|[{}]`

// soundUTF8 is true of bytes, each taken for a character, that are UTF-8.
const soundUTF8 = `'^(?:[\x01-\x7F]|[\u00C2-\u00DF][\u0080-\u00BF]|\u00E0[\u00A0-\u00BF][\u0080-\u00BF]|[\u00E1-\u00EC\u00EE\u00EF][\u0080-\u00BF]{2}` +
	`|\u00ED[\u0080-\u009F][\u0080-\u00BF]|\u00F0[\u0090-\u00BF][\u0080-\u00BF]{2}|[\u00F1-\u00F3][\u0080-\u00BF]{3}|\u00F4[\u0080-\u008F][\u0080-\u00BF]{2})*$'`
