package view_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

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
	tried, found, has := view.Words()
	rows, err := conn.Query(t.Context(), `
		SELECT s.text, `+tried+` AND (s.said ~* current_setting('carerecord.pattern') OR d.disguised <> '{}'),
		       s.row ~* current_setting('carerecord.pattern') OR `+has+`
		FROM (SELECT t, concat_ws(' · ', 'Ward 8', t), concat_ws(' · ', 'before', 'Ward 8', t, 'behind') FROM unnest($1::text[]) AS t) AS s(text, row, said) CROSS JOIN LATERAL (SELECT `+found+` AS disguised) d`, texts)
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

// PostgreSQL finds a code of the list wherever Go does, whatever its system is called.
func TestCodesUnderNamesInDisguise(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	var systems, codes []string
	for _, name := range []string{
		"", "http://snomed.info/sct", "https://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "http://snomed.info/id", "snomed", "SNOMED CT", "SNOMED-CT_UK", "SCT", "2.16.840.1.113883.6.96", "urn:oid:2.16.840.1.113883.2.1.3.2.4.15", "2.16.840.1.113883.2.1.3.2.4.15", "my own SNOMED",
		"https://dmd.nhs.uk", "https://dmd.nhs.uk/VMP", "http://dmd.nhs.uk", "dm+d", "DM&D", "NHS dm+d", "Dictionary of Medicines and Devices",
		"http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-uk", "urn:oid:2.16.840.1.113883.6.3", "ICD", "ICD-10", "ICD-9", "ICD 10 (WHO)",
		"https://fhir.hl7.org.uk/Id/opcs-4", "https://fhir.nhs.uk/opcs-4", "OPCS", "OPCS-4.10",
		"http://read.info/readv2", "http://read.info/ctv3", "https://fhir.hl7.org.uk/Id/read-codes", "urn:oid:2.16.840.1.113883.2.1.6.2", "Read", "read 2", "Read codes", "CTV3", "readmission",
		"http://loinc.org", "https://loinc.org", "urn:oid:2.16.840.1.113883.6.1", "2.16.840.1.113883.6.1", "LOINC", "urn:oid:2.16.840.1.113883.6.103", "http://www.nlm.nih.gov/research/umls/rxnorm",
		"https://fhir.hl7.org.uk/CodeSystem/UKCore-SourceOfAdmissionEngland", "https://www.datadictionary.nhs.uk/attributes/care_plan_type", "urn:local", "https://example.org/codes", "-", "httpſ://snomed", "İCD-10",
	} {
		for _, system := range []string{name, strings.ToUpper(name), strings.ToLower(name), name + "/", " " + name + " ", name + "|2026", strings.ReplaceAll(name, "-", " "), strings.ReplaceAll(name, "http:", "https:"), "\v" + name, name + " "} {
			for _, code := range []string{"57797005", " 57797005\t", "271737000", "B20.1", "b201", "Q14.1", "q141", "A57y5", "A981100", "55277-8", "1433873", "66", "02", "v02", ""} {
				systems, codes = append(systems, system), append(codes, code)
			}
		}
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
	rows, err := conn.Query(t.Context(), view.CodeHidden(), systems, codes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil || len(got) != len(codes) {
		t.Fatalf("%d of %d codes, %v", len(got), len(codes), err)
	}
	hidden := 0
	for i := range got {
		if want := filter.Code(systems[i], codes[i]); got[i] != want {
			t.Errorf("%q|%q: Go says %t, PostgreSQL %t", systems[i], codes[i], want, got[i])
		} else if want {
			hidden++
		}
	}
	if hidden < 500 || hidden > len(got)/2 {
		t.Errorf("%d of %d codes are hidden", hidden, len(got))
	}
}
