package fhir_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// termsOf are the terms of a filter, as the request makes them.
func termsOf(f *exclusion.Filter) *fetch.Terms {
	return &fetch.Terms{ExcludedCodes: f.Codes(), ExcludedWords: f.Pattern(), ExcludedStems: f.Stems(), Specialties: f.Specialties(), Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
}

func screen(t testing.TB) (*fhir.Screen, *exclusion.Filter) {
	t.Helper()
	f := exclusion.Default().For("TREAT")
	s, err := fhir.ScreenOf(termsOf(f))
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

func TestTheScreenKnowsEveryCodeOfTheList(t *testing.T) {
	s, f := screen(t)
	var keys map[string]int
	if err := json.Unmarshal(f.Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	n := 0
	for key := range keys {
		i := strings.LastIndexByte(key, '|')
		system, code := key[:i], key[i+1:]
		if strings.HasSuffix(code, "%") {
			continue
		}
		for _, variant := range [][2]string{{system, code}, {system, " " + code}, {system + "|2026", code}, {"", code}, {strings.Replace(system, "http://snomed.info/sct", "https://snomed.info/sct/83821", 1), code}, {system, strings.ToLower(code)}, {system, code + "1"}} {
			n++
			if got, want := s.Code(variant[0], variant[1]), f.Code(variant[0], variant[1]); got != want {
				t.Fatalf("Code(%q, %q) is %v, in the list %v", variant[0], variant[1], got, want)
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d codes were tried", n)
	}
}

func TestTheScreenKnowsTheNamesOfSystems(t *testing.T) {
	s, f := screen(t)
	hidden := 0
	for _, name := range []string{
		"", "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "SNOMED CT", "SCT", "https://dmd.nhs.uk/VMP", "dm+d", "http://hl7.org/fhir/sid/icd-10-uk", "ICD", "ICD-9", "OPCS 4.10",
		"http://read.info/ctv3", "https://fhir.hl7.org.uk/Id/read-codes", "Read", "readmission", "https://loinc.org", "urn:oid:2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.103", "http://www.nlm.nih.gov/research/umls/rxnorm",
		"https://fhir.hl7.org.uk/CodeSystem/UKCore-SourceOfAdmissionEngland", "urn:local", "-",
	} {
		for _, system := range []string{name, strings.ToUpper(name), name + "/", " " + name + " ", name + "|2026", strings.ReplaceAll(name, "-", " "), strings.ReplaceAll(name, "http:", "https:")} {
			for _, code := range []string{"57797005", "271737000", "B20.1", "q141", "A57y5", "A981100", "55277-8", "1433873", "66", ""} {
				want := f.Code(system, code)
				if got := s.Code(system, code); got != want {
					t.Errorf("Code(%q, %q) is %v, in the list %v", system, code, got, want)
				}
				if want {
					hidden++
				}
			}
		}
	}
	if hidden < 120 {
		t.Errorf("only %d codes were of the list", hidden)
	}
}

func TestTheScreenShowsOrdinaryCodes(t *testing.T) {
	s, f := screen(t)
	for _, code := range [][2]string{{"http://snomed.info/sct", "91935009"}, {"http://read.info/readv2", "SN58200"}, {"http://read.info/ctv3", "Xa1no"}, {"http://hl7.org/fhir/sid/icd-10", "I10"}, {"https://fhir.hl7.org.uk/Id/egton-codes", "ALLERGY4"}, {"", "8867-4"}, {"", ""}} {
		if s.Code(code[0], code[1]) || f.Code(code[0], code[1]) {
			t.Errorf("%v is hidden", code)
		}
	}
}

func TestTheScreenReadsWordsAsTheListDoes(t *testing.T) {
	s, f := screen(t)
	words := strings.Fields("HIV clinic sexual health gonorrhoea chlamydia the IVF of termination pregnancy domestic violence fostering home care looked after child police prison · antiretroviral test, result: abuse hepatitis Genitourinary MEDICINE order plan GUM swab (screen)")
	r := rand.New(rand.NewPCG(1, 2))
	hidden := 0
	for range 20_000 {
		var text []string
		for range 1 + r.IntN(5) {
			text = append(text, words[r.IntN(len(words))])
		}
		joined := strings.Join(text, " ")
		if got, want := s.Words(joined), f.Words(joined); got != want {
			t.Fatalf("Words(%q) is %v, in the list %v", joined, got, want)
		}
		if f.Words(joined) {
			hidden++
		}
	}
	if hidden < 500 {
		t.Errorf("only %d texts were of the list", hidden)
	}
}

func TestHides(t *testing.T) {
	s, f := screen(t)
	var listed string
	var keys map[string]int
	if err := json.Unmarshal(f.Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	for key := range keys {
		if code, ok := strings.CutPrefix(key, "http://snomed.info/sct|"); ok {
			listed = code
			break
		}
	}
	for name, c := range map[string]struct {
		raw    string
		except []string
		want   bool
	}{
		"an ordinary one":                  {`{"code":{"coding":[{"system":"http://snomed.info/sct","code":"91935009","display":"Allergy to peanuts"}]}}`, nil, false},
		"a listed code":                    {`{"code":{"coding":[{"system":"http://snomed.info/sct","code":"` + listed + `"}]}}`, nil, true},
		"the code before its system":       {`{"code":{"coding":[{"code":"` + listed + `","system":"http://snomed.info/sct"}]}}`, nil, true},
		"the third coding":                 {`{"code":{"coding":[{"code":"1"},{"code":"2"},{"system":"http://snomed.info/sct","code":"` + listed + `"}]}}`, nil, true},
		"words in a note nobody maps":      {`{"note":[{"text":"attends the HIV clinic"}]}`, nil, true},
		"words with escapes":               {`{"note":[{"text":"attends the \u0048IV\nclinic"}]}`, nil, true},
		"in a part judged for itself":      {`{"reaction":[{"description":"HIV clinic"}],"code":{"text":"Nuts"}}`, []string{"reaction"}, false},
		"such a part and the rest as well": {`{"reaction":[{"description":"x"}],"code":{"text":"HIV clinic"}}`, []string{"reaction"}, true},
		"an address is no word":            {`{"url":"https://example.test/hiv-clinic"}`, nil, false},
		"what cannot be read":              {`{"a":`, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.Hides(json.RawMessage(c.raw), c.except...); got != c.want {
				t.Errorf("Hides is %v", got)
			}
		})
	}
}

func TestShows(t *testing.T) {
	s, _ := screen(t)
	shown := record.Allergy{Substance: record.Code{Display: "Peanut"}}
	if !s.Shows(&shown) {
		t.Error("a peanut allergy is hidden")
	}
	for name, x := range map[string]record.Allergy{
		"words":         {Substance: record.Code{Display: "Peanut"}, Note: "HIV clinic"},
		"original":      {Substance: record.Code{Display: "Peanut", Original: &record.Code{Display: "HIV clinic"}}},
		"organisation":  {Item: record.Item{Provenance: record.Provenance{Organisation: &record.Organisation{Name: "HIV clinic"}}}},
		"who recorded":  {Item: record.Item{Provenance: record.Provenance{RecordedBy: &record.Practitioner{Role: "HIV clinic nurse"}}}},
		"source system": {Item: record.Item{Provenance: record.Provenance{SourceSystem: "HIV clinic system"}}},
	} {
		if s.Shows(&x) {
			t.Errorf("shown: %s", name)
		}
	}
}

func TestTermsThatCannotBeReadAreNoTerms(t *testing.T) {
	for name, terms := range map[string]*fetch.Terms{
		"no codes": {ExcludedWords: "a"}, "no words": {ExcludedCodes: []byte("{}")}, "no expression": {ExcludedCodes: []byte("{}"), ExcludedWords: "("},
	} {
		if _, err := fhir.ScreenOf(terms); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkScreenWords(b *testing.B) {
	s, _ := screen(b)
	text := "Swelling lower legs bilaterally. Mild pitting oedema. Heart sounds normal, abdomen soft"
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if s.Words(text) {
			b.Fatal("hidden")
		}
	}
}

// How long a document of three megabytes takes does not grow with the square of it.
func TestLettersTakeTheirLength(t *testing.T) {
	s, _ := screen(t)
	for _, part := range []string{"<", "<b>", `<"'`, "<!--", "<!-- x", "&", "&#x", `\`, `\'4`, "{\\rtf", "é", "h", "<b title=\"", "well "} {
		began := time.Now()
		if s.Letter([]byte(strings.Repeat(part, letterSize/len(part)))) {
			t.Errorf("%q is hidden", part)
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("%q took %v", part, took)
		}
	}
}

// What is not seen between letters, letters of another width and signs that stand for
// letters hide nothing, in a text and in a letter.
func TestTextsAreReadAsTheyAreSeen(t *testing.T) {
	s, _ := screen(t)
	for _, text := range []string{"known to the H\u00adIV clinic", "known to the ＨＩＶ clinic", "HIV™ leaflet", "foster\u200bcare", "fos\u00adter\u200bcare", "H\u034fIV", "ｆｏｓｔｅｒ\u3164ｃａｒｅ"} {
		if !s.Words(text) || !s.Letter([]byte(text)) {
			t.Errorf("%+q is shown", text)
		}
	}
	for _, text := range []string{"ve\u00adge\u00adtables", "ＴＥＡ™", "s\u00adhiver", "fos\u00adter\u2060care"} {
		if s.Words(text) || s.Letter([]byte(text)) {
			t.Errorf("%+q is hidden", text)
		}
	}
}

// Nearly no text of ordinary care is looked through with the expression itself.
func TestOrdinaryTextsAreNotTried(t *testing.T) {
	s, _ := screen(t)
	for _, text := range []string{
		"Asthma review with the practice nurse, inhaler technique checked, dose as before", "One to be taken in the morning with food",
		"Full blood count: white cell count 6.2", "Urinary tract infection", "Child health clinic", "Discharged home with his family",
	} {
		if s.Tries(text) {
			t.Errorf("tried: %s", text)
		}
	}
	for _, text := range []string{"HIV clinic", "taken into care"} {
		if !s.Tries(text) {
			t.Errorf("not tried: %s", text)
		}
	}
}
