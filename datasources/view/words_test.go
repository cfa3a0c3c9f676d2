package view_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"carerecord/datasources/view"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/pgtest"
)

// disguised are texts in which one character of Unicode stands within a word of the list,
// or in the place of one of its letters: all that Go finds, and some that it does not.
func disguised(filter *exclusion.Filter) (texts []string, hidden int) {
	texts = []string{"Seen today", "HIV", "HIV™", "Truvada™ tablets", "10⁹/L", "CD₄ count", "fos\u00adter care", "ＦＯＳＴＥＲ ｃａｒｅ", "Ward 8 · ＧＵＭ · letter", "ｓｈｉｖｅｒ", "foster\u200bcare", "fos\u00adter\u200bcare", "fos\u00adter\u2060care", "ｆｏｓｔｅｒ\uffa0care", "café – “soup” ½",
		"(H\u00adIV) [a.b] {c}|d^e$f\\g*h+i?", strings.Repeat("well ", 200) + "known to the H\u00adIV clinic" + strings.Repeat(" well", 200) + " ve\u00adge\u00adtables"}
	for _, r := range "\u115f\u1160\u200b\u200c\u2060\u3164\ufeff\uffa0" { // written for a gap, or not
		texts = append(texts, "known to fos\u00adter"+string(r)+"care", "looked"+string(r)+"af\u00adter"+string(r)+"child", "H"+string(r)+"\u00adIV", strings.Repeat("well ", 200)+"fos\u00adter"+string(r)+"care")
	}
	random := rand.New(rand.NewPCG(3, 4))
	for r := rune(0x80); r < 0xE1000; r++ {
		if r == 0x20000 {
			r = 0xE0000
		}
		if !utf8.ValidRune(r) {
			continue
		}
		for _, text := range []string{"H" + string(r) + "IV", string(r) + "IV", "H" + string(r) + "V", "HI" + string(r)} {
			if filter.Words(text) || random.IntN(3000) == 0 {
				texts = append(texts, text)
			}
		}
	}
	for _, text := range texts {
		if filter.Words(text) {
			hidden++
		}
	}
	return texts, hidden
}

// PostgreSQL finds a word of the list wherever Go does, whatever character it is written
// with, and nothing else.
func TestWordsInDisguise(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	texts, hidden := disguised(filter)
	if hidden < 300 || hidden > len(texts)-100 {
		t.Fatalf("%d of %d texts are hidden", hidden, len(texts))
	}
	conn, err := pgtest.New(t).Pool(t).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	tell, arguments := view.Tell(&fetch.Terms{ExcludedCodes: filter.Codes(), ExcludedWords: filter.Pattern(), ExcludedStems: filter.Stems()})
	if _, err := conn.Exec(t.Context(), tell, arguments...); err != nil {
		t.Fatal(err)
	}
	tried, found := view.Words()
	rows, err := conn.Query(t.Context(), `
		SELECT s.said, `+tried+` AND (s.said ~* current_setting('carerecord.pattern') OR d.x IS NOT NULL),
		       s.r ~* current_setting('carerecord.pattern') OR s.r ~* coalesce(d.x, '^.^')
		FROM (SELECT t, concat_ws(' · ', 'Ward 8', t) FROM unnest($1::text[]) AS t) AS s(said, r) CROSS JOIN LATERAL (SELECT `+found+` AS x) d`, texts)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var text string
		var many, row bool
		if err := rows.Scan(&text, &many, &row); err != nil {
			t.Fatal(err)
		}
		if want := filter.Words(text); many != want || row != want {
			t.Errorf("%+q: Go says %t, PostgreSQL %t of many and %t of one", text, want, many, row)
		}
	}
	if err := rows.Err(); err != nil || n != len(texts) {
		t.Errorf("%d of %d texts, %v", n, len(texts), err)
	}
}

// A connection that is lent tries the same texts as one of our own: those in disguise too.
func TestALentConnectionTriesTheSameWords(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	for _, stems := range []string{filter.Stems(), ""} {
		told, brought := view.Told(&fetch.Terms{ExcludedCodes: filter.Codes(), ExcludedWords: filter.Pattern(), ExcludedStems: stems})
		if !slices.Equal(told, brought) {
			t.Errorf("told %v, brought %v", told, brought)
		}
	}
}
