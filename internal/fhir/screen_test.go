package fhir_test

import (
	"encoding/base64"
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
		"", "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "2.16.840.1.113883.2.1.3.2.4.15", "2.16.840.1.113883.6.1", "SNOMED CT", "SCT", "https://dmd.nhs.uk/VMP", "dm+d", "http://hl7.org/fhir/sid/icd-10-uk", "ICD", "ICD-9", "OPCS 4.10",
		"http://read.info/ctv3", "https://fhir.hl7.org.uk/Id/read-codes", "Read", "readmission", "https://loinc.org", "urn:oid:2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.103", "http://www.nlm.nih.gov/research/umls/rxnorm",
		"https://fhir.hl7.org.uk/CodeSystem/UKCore-SourceOfAdmissionEngland", "urn:local", "-",
	} {
		for _, system := range []string{name, strings.ToUpper(name), name + "/", " " + name + " ", name + "|2026", strings.ReplaceAll(name, "-", " "), strings.ReplaceAll(name, "http:", "https:")} {
			for _, code := range []string{"57797005", "271737000", "57797005 |x|", "64572001:246075003=57797005", "B20.1", "q141", "A57y5", "A981100", "55277-8", "1433873", "66", ""} {
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

func inBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

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
		"a part passed over is unreadable": {`{"reaction":{"a":1,"a":"x"}}`, []string{"reaction"}, true},
		"the code in another system":       {`{"code":{"coding":[{"system":"urn:local","code":"` + listed + `"}]}}`, nil, false},
		"a laboratory code in its system":  {`{"code":{"coding":[{"system":"http://loinc.org","code":"55277-8"}]}}`, nil, true},
		"the same without a system":        {`{"code":{"coding":[{"code":"55277-8"}]}}`, nil, false},
		"one's code with another's system": {`{"coding":[{"system":"urn:local","code":"` + listed + `"},{"system":"http://snomed.info/sct","display":"Nuts"}]}`, nil, false},
		"words for a code":                 {`{"code":{"coding":[{"system":"urn:local","code":"HIV clinic"}]}}`, nil, true},
		"words for a code, then a system":  {`{"code":{"coding":[{"code":"HIV clinic","system":"urn:local"}]}}`, nil, true},
		"words before an ordinary text":    {`{"note":[{"text":"HIV clinic"},{"text":"Nuts"}]}`, nil, true},
		"a treatment function":             {`{"specialty":[{"system":"https://fhir.nhs.uk/CodeSystem/treatment-function","code":"360"}]}`, nil, true},
		"the same as a main specialty":     {`{"specialty":[{"system":"http://orionhealth.com/Specialty","code":"360"}]}`, nil, true},
		"the same as a practice setting":   {`{"setting":[{"system":"urn:PracticeSetting","code":"360"}]}`, nil, true},
		"another treatment function":       {`{"specialty":[{"system":"https://fhir.nhs.uk/CodeSystem/treatment-function","code":"300"}]}`, nil, false},
		"the number in another system":     {`{"code":{"coding":[{"system":"urn:local","code":"360"}]}}`, nil, false},
		"a letter":                         {`{"content":[{"attachment":{"data":"` + inBase64("Seen at the HIV clinic") + `"}}]}`, nil, true},
		"a letter in another spelling":     {`{"content":[{"attachment":{"Data":"` + inBase64("<b>HI</b>V clinic") + `"}}]}`, nil, true},
		"a letter in an extension":         {`{"extension":[{"valueBase64Binary":"` + inBase64("HIV clinic") + `"}]}`, nil, true},
		"a letter that is cut off":         {`{"data":"` + inBase64("Seen at the HIV clinic.") + `!"}`, nil, true},
		"a letter before an ordinary one":  {`{"content":[{"data":"` + inBase64("HIV clinic") + `"},{"data":"` + inBase64("Clinic") + `"}]}`, nil, true},
		"an ordinary letter":               {`{"content":[{"attachment":{"data":"` + inBase64("Seen at the clinic") + `"}}]}`, nil, false},
		"letters by chance":                {`{"data":"HIV+clinic"}`, nil, false},
		"a letter in a wide encoding":      {`{"data":"` + inBase64("\xff\xfeH\x00I\x00V\x00 \x00c\x00l\x00i\x00n\x00i\x00c\x00") + `"}`, nil, true},
		"a letter in Latin-1":              {`{"data":"` + inBase64("Caf\xe9\r\n\tHIV clinic") + `"}`, nil, true},
		"what says so by chance":           {`{"data":"` + inBase64("\xd0\xcf\x11\xe0\x02 HIV \x01") + `"}`, nil, false},
		"a letter of a Binary in STU3":     {`{"resourceType":"Binary","content":"` + inBase64("HIV clinic") + `"}`, nil, true},
		"words in its place":               {`{"content":"HIV clinic"}`, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.Hides(json.RawMessage(c.raw), c.except...); got != c.want {
				t.Errorf("Hides is %v", got)
			}
		})
	}
}

// A treatment function that is never shown hides what leads to it or comes from it, whatever the name of its system.
func TestHidesResource(t *testing.T) {
	s, _ := screen(t)
	for raw, want := range map[string]bool{
		`"specialty":[{"coding":[{"code":"100"}]},{"coding":[{"code":"x"},{"system":"urn:local","code":"360"}]}]`: true,
		`"specialty":{"coding":[{"code":"360"}]}`:                                  true,
		`"Specialty":[{"coding":[{"code":" 360 "}]}]`:                              true,
		`"context":{"practiceSetting":{"coding":[{"code":"100"},{"code":"360"}]}}`: true,
		`"context":{"practiceSetting":[{"coding":[{"code":"360"}]}]}`:              true,
		`"reasonCode":[{"text":"HIV clinic"}]`:                                     true,
		`"specialty":[{"coding":[{"code":"100"}]}]`:                                false,
		`"context":{"practiceSetting":{"coding":[{"code":"100"}]}}`:                false,
		`"context":{"specialty":{"coding":[{"system":"urn:local","code":"360"}]}}`: false,
		`"practiceSetting":{"coding":[{"system":"urn:local","code":"360"}]}`:       false,
		`"specialty":"360"`: false,
		`"note":[{"text":"HIV clinic"}],"specialty":[{"coding":[{"code":"100"}]}]`:    false,
		`"note":[{"text":"HIV clinic"}],"specialty":[{"coding":[{"code":"360"}]}]`:    true,
		`"subject":{"display":"x"},"context":{"reference":"Encounter/1"},"text":null`: false,
	} {
		r, ok := fhir.ParseResource([]byte(`{"resourceType":"Appointment","id":"1",` + raw + `}`))
		if !ok || s.HidesResource(&r, "note") != want {
			t.Errorf("%s: %v", raw, !want)
		}
	}
}

func TestShows(t *testing.T) {
	s, _ := screen(t)
	shown := record.Allergy{Substance: record.Code{Display: "Peanut"}}
	if !s.Shows(&shown) {
		t.Error("a peanut allergy is hidden")
	}
	for name, x := range map[string]record.Allergy{
		"a code":        {Substance: record.Code{System: "http://snomed.info/sct", Code: "57797005", Display: "Peanut"}},
		"its original":  {Substance: record.Code{Display: "Peanut", Original: &record.Code{System: "http://snomed.info/sct", Code: "57797005"}}},
		"words as code": {Substance: record.Code{System: "urn:local", Code: "HIV clinic", Display: "Peanut"}},
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
		if _, s, err := fhir.TermsFrom(fetch.WithTerms(t.Context(), terms)); !errors.Is(err, record.ErrInvalid) || s != nil {
			t.Errorf("%s: of a read: %v", name, err)
		}
	}
	if _, _, err := fhir.TermsFrom(t.Context()); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("none: %v", err)
	}
}

// lists are the terms of a list made up for a test.
func lists(codes, words, stems string, specialties ...string) *fetch.Terms {
	return &fetch.Terms{ExcludedCodes: []byte(codes), ExcludedWords: words, ExcludedStems: stems, Specialties: specialties}
}

func screenOf(t *testing.T, terms *fetch.Terms) *fhir.Screen {
	t.Helper()
	s, err := fhir.ScreenOf(terms)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever of a list differs, it has a screen of its own, however often and in whatever
// turn they are asked for; the same list has the same one.
func TestListsAreNotMixedUp(t *testing.T) {
	const margin = "(?:^|[^A-Za-z0-9])"
	all := []func() *fetch.Terms{
		func() *fetch.Terms { return lists(`{"urn:a|1":1}`, margin+"aaa", margin+"aa", "1") },
		func() *fetch.Terms { return lists(`{"urn:a|2":1}`, margin+"aaa", margin+"aa", "1") },
		func() *fetch.Terms { return lists(`{"urn:a|1":1,"urn:a|2":1}`, margin+"aaa", margin+"aa", "1") },
		func() *fetch.Terms { return lists(`{"urn:a|1":1}`, margin+"aab", margin+"aa", "1") },
		func() *fetch.Terms { return lists(`{"urn:a|1":1}`, margin+"aaa", margin+"aaa", "1") },
		func() *fetch.Terms { return lists(`{"urn:a|1":1}`, margin+"aaa", margin+"aa", "2") },
		func() *fetch.Terms { return lists(`{"urn:a|1":1}`, margin+"aaa", margin+"aa") },
	}
	of := map[*fhir.Screen]int{}
	for i, terms := range all {
		of[screenOf(t, terms())] = i
	}
	for range 2 {
		for i, terms := range all {
			if found, known := of[screenOf(t, terms())]; !known || found != i {
				t.Errorf("list %d has the screen of %d, %v", i, found, known)
			}
		}
	}
	second, third := screenOf(t, all[1]()), screenOf(t, all[3]())
	if second.Code("urn:a", "1") || !second.Code("urn:a", "2") || third.Words("aaa") || !third.Words("aab") {
		t.Error("a list is read as another")
	}
}

// A few lists are kept; one that is asked for again after many others is still itself.
func TestFewListsAreKept(t *testing.T) {
	for range 2 {
		for i := range 40 {
			code := strings.Repeat("x", i+1)
			s := screenOf(t, lists(`{"urn:a|`+code+`":1}`, "hiv", ""))
			if !s.Code("urn:a", code) || s.Code("urn:a", code+"x") {
				t.Errorf("list %d is another's", i)
			}
			if n := fhir.ScreensKept(); n > 16 {
				t.Fatalf("%d lists are kept", n)
			}
		}
	}
}

func TestCodesOfAListAtItsEdges(t *testing.T) {
	s := screenOf(t, lists(`{"http://hl7.org/fhir/sid/icd-10|B201":1,"http://read.info/readv2|A57%":1,"urn:local|":1,"http://snomed.info/sct|B2012345678":1}`, "hiv", ""))
	for _, c := range []struct {
		system, code string
		want         bool
	}{
		{"", "B20.1234", true},          // as long as a bare code of a classification may be
		{"", "B20.12345", false},        // longer
		{"icd-10", "B20.12345", true},   // of the classification, however long
		{"", "B2012345678", true},       // of another system, however long
		{"Read", "A57..", true},         // what stands for all below it, itself
		{"Read", "A57y5", true},         // one below it
		{"Read", "A5...", false},        // one above it
		{"urn:local", "", false},        // no code
		{"urn:local", " \u200b", false}, // none that is seen
		{"http://snomed.info/sct", "1", false},
		{"2.16.840.1.113883.6.96", "B2012345678", true}, // an object identifier without its scheme
	} {
		if got := s.Code(c.system, c.code); got != c.want {
			t.Errorf("Code(%q, %q) is %v", c.system, c.code, got)
		}
	}
}

func TestSpecialties(t *testing.T) {
	s := screenOf(t, lists(`{}`, "hiv", "", "360"))
	for code, want := range map[string]bool{"360": true, " 360 ": true, "300": false, "": false} {
		if s.Specialty(code) != want {
			t.Errorf("%q is %v", code, !want)
		}
	}
}

// The beginnings of words are only heeded where the expression is a list of them: with
// any other, every text is tried with the expression itself.
func TestBeginningsOfWords(t *testing.T) {
	const margin, gap, other = "(?:^|[^A-Za-z0-9])", "[^A-Za-z0-9·]+", "qqqq, 1 qq"
	long, four := strings.Repeat("m", 31), "[a-j][a-j][a-j]"
	for name, c := range map[string]struct {
		stems string
		tried []string // with any other text, where the expression is no list of beginnings
		not   []string
		any   bool
	}{
		"one":                        {margin + "hiv", []string{"HIV", "an hiver", "x-hiv"}, []string{"hi", "shiv", "h iv"}, false},
		"the ends of the alphabet":   {margin + "(?:ax|xz|x0|x9|0z)", []string{"AX", "ax", "XZ", "xz", "x0", "X9", "0Z"}, []string{"x", "xa", "x1", "a x", "x z", "x 0"}, false},
		"with an end or none":        {margin + "(?:hivs?|h(?:|ab)c)", []string{"hiv", "hivs", "hc", "habc"}, []string{"hac", "hab"}, false},
		"letters of a class":         {margin + "[a-c]b", []string{"ab", "bb", "cb"}, []string{"db", "ba"}, false},
		"as long as is looked at":    {margin + long, []string{long, long + "m"}, []string{long[1:]}, false},
		"longer":                     {margin + long + "m", nil, nil, true},
		"a letter alone":             {margin + "(?:hiv|h)", nil, nil, true},
		"a phrase":                   {margin + "in" + gap + "to", []string{"in to", "taken IN, Together", "in\u00b7to"}, []string{"into", "in t", "in", "in a to", "xin to"}, false},
		"a phrase from a letter":     {margin + "s" + gap + "47", []string{"s 47", "s. 47"}, []string{"ss 47", "s 4", "s47"}, false},
		"a phrase from a long word":  {margin + long + gap + "to", []string{long + " to"}, []string{long + "m to", long}, false},
		"a phrase from a longer one": {margin + long + "m" + gap + "to", nil, nil, true},
		"a phrase of three":          {margin + "in" + gap + "to" + gap + "it", []string{"in to it", "IN, to"}, []string{"in", "in it", "to it"}, false},
		"another gap":                {margin + "in +to", nil, nil, true},
		"none":                       {"", nil, nil, true},
		"no expression":              {"(", nil, nil, true},
		"without its margin":         {"hiv", nil, nil, true},
		"of two without a margin":    {"hiv[ab]", nil, nil, true},
		"one of two, without":        {"hiv|aids", nil, nil, true},
		"any number of a letter":     {margin + "hiv*", nil, nil, true},
		"that for one of them":       {margin + "(?:aids|(?:xx)*)", nil, nil, true},
		"that and no more":           {margin + "(?:(?:xx)*)?aids", nil, nil, true},
		"a sign within":              {margin + "h-v", nil, nil, true},
		"a sign of a class":          {margin + "h[i-]v", nil, nil, true},
		"a letter of another kind":   {margin + "hév", nil, nil, true},
		"another kind of a class":    {margin + "h[é]v", nil, nil, true},
		"any character but one":      {margin + "h[^i]v", nil, nil, true},
		"as many as may be":          {margin + four + "[a-j]", []string{"jjjj", "aaaa"}, nil, false},
		"more":                       {margin + four + "[a-j][ab]", nil, nil, true},
		"as many of two kinds":       {margin + "(?:" + four + "[a-e]|[k-t]" + four[:10] + "[a-e])", []string{"aaaa", "tjje"}, []string{"tjjf"}, false},
		"more of two kinds":          {margin + "(?:" + four + "[a-e]|[k-t]" + four[:10] + "[a-e]|xx)", nil, nil, true},
	} {
		s := screenOf(t, lists(`{}`, "hiv", c.stems))
		if s.Tries(other) != c.any || s.Tries("") != c.any {
			t.Errorf("%s: any text is tried: %v", name, !c.any)
		}
		for _, text := range c.tried {
			if !s.Tries(text) {
				t.Errorf("%s: not tried: %s", name, text)
			}
		}
		for _, text := range c.not {
			if s.Tries(text) {
				t.Errorf("%s: tried: %s", name, text)
			}
		}
		if s.Tries(strings.Repeat("w", 40)) != c.any {
			t.Errorf("%s: a long word", name)
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
	for _, part := range []string{"<", "<b>", `<"'`, "<!--", "<!-- x", "&", "&#x", `\`, `\'4`, "{\\rtf", "é", "h", "<b title=\"", "=48", "= ", "well "} {
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
	for _, text := range []string{"ve\u00adge\u00adtables", "ＴＥＡ™", "s\u00adhiver", "vege\u200btables", "fos\u00adter\u2060care"} {
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
