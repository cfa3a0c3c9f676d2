package exclusion

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// examples are names and titles that give a category away, each with its twin of
// ordinary care.
var examples = map[string][][2]string{
	"SEXUAL_HEALTH": {
		{"GUM clinic", "GUM disease clinic"},
		{"GUM", "Chewing gum"},
		{"Letter from the Department of Genito-Urinary Medicine", "Letter from the Department of Urology"},
		{"HIV 1+2 antibody: not detected", "Hepatitis B surface antigen: not detected"},
		{"Known H.I.V. positive", "Known H. pylori, iv antibiotics"},
		{"Human immunodeficiency virus screening", "Human papillomavirus vaccination"},
		{"Contraception and Sexual Health, Archway", "Contraception and family planning, Archway"},
		{"Sexual & Reproductive Health", "Women's health"},
		{"Chlamydia trachomatis PCR", "Chlamydia pneumoniae PCR"},
		{"Chlamydia", "Chlamydophila psittaci antibody"},
		{"STI screen", "Soft tissue injury (STI) of the ankle"},
		{"Syphilis serology", "Rubella serology"},
		{"CD4 count", "CD34 count"},
		{"Truvada 200mg/245mg tablets", "Amlodipine 5mg tablets"},
		{"Emtricitabine 200mg / Tenofovir disoproxil 245mg tablets", "Aciclovir 400mg tablets"},
		{"dolutegravir 50mg", "nirmatrelvir 150mg / ritonavir 100mg"},
		{"Genital warts", "Warts, hand"},
		{"Acquired immune deficiency syndrome", "Hearing aids review"},
		{"PEPSE given", "Bowel prep given"},
		{"Pre-exposure prophylaxis", "Rabies pre-exposure prophylaxis"},
		{"Retroviral infection on ART", "Viral infection, art therapy"},
	},
	"ASSISTED_FERTILISATION": {
		{"IVF cycle 2", "IV fluids"},
		{"I.V.F. cycle 2", "I.V. fluids"},
		{"Fertility clinic, UCLH", "Subcutaneous infusion clinic, UCLH"},
		{"In-vitro fertilisation", "In vitro susceptibility"},
		{"Egg collection under sedation", "Egg allergy review"},
		{"Clomifene 50mg tablets", "Clomipramine 50mg capsules"},
		{"Menotrophin 75unit injection", "Menorrhagia"},
		{"Gonal-f 300units", "Gonadorelin test"},
	},
	"TERMINATION_OF_PREGNANCY": {
		{"Termination of pregnancy", "Termination of treatment"},
		{"Medical abortion", "Spontaneous abortion"},
		{"Abortion", "Threatened abortion"},
		{"Referral for abortion", "Missed abortion"},
		{"TOP clinic", "Top of the left foot"},
		{"Mifepristone 200mg tablets", "Misoprostol 200microgram tablets"},
		{"BPAS Finsbury Park", "Finsbury Park Health Centre"},
	},
	"GENDER": {
		{"Gender Identity Clinic", "Gender: female"},
		{"Gender dysphoria", "Dysphoria"},
		{"Male to female", "Male to female ratio 2:1"},
		{"Transgender health", "Transient ischaemic attack clinic"},
	},
	"DOMESTIC_ABUSE": {
		{"MARAC minutes", "Maracay travel clinic"},
		{"Domestic abuse screening", "Domestic accident"},
		{"Referred to women's refuge", "Refugee health clinic"},
		{"Intimate partner violence", "Partner present at birth"},
	},
	"FORCED_MARRIAGE_FGM": {
		{"FGM type 2", "GFM dressing type 2"},
		{"F.G.M., type 2", "Seen by F. G. Mason"},
		{"Forced marriage", "Marriage guidance"},
	},
	"VICTIM_OF_CRIME": {
		{"Sexual assault referral centre", "Sexual dysfunction clinic"},
		{"Rape crisis", "Oilseed rape allergy"},
	},
	"CRIMINAL_RECORD": {
		{"HMP Pentonville", "hMPV detected"},
		{"Seen in prison", "Prisma health letter"},
		{"Probation officer report", "Probationary period at work"},
		{"Probation", "Probationary year"},
		{"Police custody assessment", "Brought in by police"},
		{"Forensic history", "Family history"},
	},
	"CHILD_SOCIAL_CARE": {
		{"Looked-after child review", "Child looked well"},
		{"LAC review", "LAC 3cm sutured"},
		{"LAC", "Lac repair"},
		{"Child protection conference", "Child immunisation"},
		{"Foster carer attended", "Fostering independence at home"},
		{"Foster care", "Letter from Dr Foster"},
		{"Special guardianship order", "Special care baby unit"},
		{"Children's social care", "Women and Children's Services"},
		{"On the CP register", "Presented with CP. Medical registrar informed"},
		{"Leaving care plan", "On leaving, care plan given"},
		{"Leaving care team", "Leaving care home on Monday"},
		{"Child in need plan", "Child in need of glasses"},
		{"Adoption panel", "Adoption of a healthy diet"},
		{"Section 20 accommodated", "Form H5: section 20. Agreement of a second professional"},
		{"In care of local authority", "Lives in local authority care home"},
		{"Under care of social services", "Under care of social services for package of care"},
		{"S47 enquiry", "Section 47"}, // of the Mental Health Act
		{"Care order in place", "Receives full care, order hoist"},
		{"Child strategy discussion held", "Strategy discussion held"}, // of an adult
		{"Placement with kinship carer", "Lives with carer"},
		{"Kinship care", "Palliative care"},
		{"Pathway plan leaving care", "Pathway plan for hip fracture"},
		{"CPP emotional abuse", "Aim MAP 80 based on CPP"},
		{"Adoptive mother", "Mother"},
		{"Adopted", "Adopted a low-salt diet"},
		{"ADOPTM", "MTH"},
		{"Residence order", "Place of residence. Order bloods"},
		{"Children social care involvement", "Has children. Social care package"},
		{"Social worker (children)", "Discussed with social worker, children at home"},
	},
}

func TestWords(t *testing.T) {
	f := Default().For("TREAT")
	for _, category := range Categories {
		if len(examples[category]) == 0 {
			t.Errorf("no example of %s", category)
		}
		for _, pair := range examples[category] {
			t.Run(pair[0], func(t *testing.T) {
				if !f.Words(pair[0]) {
					t.Errorf("%q is shown", pair[0])
				}
				if f.Words(pair[1]) {
					t.Errorf("%q is not shown", pair[1])
				}
			})
		}
	}
}

// A code stands as a text where it has no words: a phrase of the shape of one would hide what has that code elsewhere.
func TestNoPhraseIsACode(t *testing.T) {
	for _, phrase := range []string{"S20", "S20.0", "S47", "S31", "Z62", "T74", "A98", "Q14"} {
		if Default().For("TREAT").Words(phrase) {
			t.Errorf("%q is not shown", phrase)
		}
	}
}

func TestHowWordsAreFound(t *testing.T) {
	f := Default().For("TREAT")
	tests := []struct {
		name string
		text string
		want bool
	}{
		{"in any case", "hiv", true},
		{"at the end", "seen for HIV", true},
		{"before a full stop", "HIV.", true},
		{"in a file name", "2026_HIV_letter.pdf", true},
		{"not within a word", "shiver HIVE archive", false},
		{"not before a digit", "HIV9", false},
		{"not before the first digit", "HIV0", false},
		{"not before the last digit", "HIV9", false},
		{"not before a word that is longer than any", "looked after " + strings.Repeat("x", 2*longest), false},
		{"beside a letter that is not ASCII", "éHIV", true},
		{"with a soft hyphen in it", "seen for H\u00adIV", true},
		{"with joiners and marks of direction in it", "H\u200dI\u2060V\u202e", true},
		{"in letters of another width", "ＨＩＶ ｃｌｉｎｉｃ", true},
		{"in letters for mathematics", "𝐇𝐈𝐕", true},
		{"with a digit below the line", "CD₄ count", true},
		{"before a sign that stands for letters", "Truvada™", true},
		{"over a space that is not seen", "foster\u200bcare", true},
		{"over a space that is not seen, with a soft hyphen in a word", "fos\u00adter\u200bcare", true},
		{"with a space that is not seen in a word", "H\u200bIV", true},
		{"over a filler, in letters of another width", "ｆｏｓｔｅｒ\u3164ｃａｒｅ", true},
		{"not over a joiner with a soft hyphen in a word", "fos\u00adter\u2060care", false},
		{"not within a word with a soft hyphen", "s\u00adhiver", false},
		{"not within a word of another width", "ｓｈｉｖｅｒ", false},
		{"a whole text that is not seen as it stands", "Ward 8 · G\u00adUM · letter", true},
		{"over a line's end", "foster\ncare", true},
		{"over punctuation", "foster -- care", true},
		{"not over the gap between two columns", "Dr Foster · care plan", false},
		{"in one of several columns", "Ward 8 · HIV · letter", true},
		{"a whole text in one of several columns", "Ward 8 · GUM · letter", true},
		{"a whole text with punctuation round it", "Ward 8 · (GUM) ·", true},
		{"not a whole text that goes on", "Ward 8 · GUM bleeding · letter", false},
		{"not a whole text behind a sign of two bytes", "bleeding °GUM", false},
		{"not a whole text that began before", "Ward 8 · bleeding GUM", false},
		{"an entity between words", "Sexual &amp; Reproductive Health", true},
		{"an entity that was escaped again", "Sexual &amp;amp; Reproductive Health", true},
		{"a gap that is an entity", "Sexual&nbsp;Health", true},
		{"a sign that is one", "Women&#39;s Aid", true},
		{"a letter that is one", "&#72;IV &#x63;linic", true},
		{"a sequence of HL7 version 2", `Sexual \T\ Reproductive Health`, true},
		{"a line's end in HL7 version 2", `sexual\.br\health clinic`, true},
		{"a tag between words", "foster<br/>carer", true},
		{"a tag within a word", "H<b>IV</b>", true},
		{"bytes of an address", "Sexual%20Health%20letter.pdf", true},
		{"a letter that is a byte of an address", "%48IV%20clinic", true},
		{"bytes of a gap", "foster%C2%A0care", true},
		{"bytes of what is not seen", "H%C2%ADIV, H%E2%80%8BIV", true},
		{"bytes of what is not seen, one of them the first beyond ASCII", "H%E2%80%8BIV", true},
		{"a sign between texts with nothing beside it", "Sexual·Health", true},
		{"no escape", "Well & fit, <3 % of 5 \\ 7", false},
		{"an escape of nothing listed", "Heart &amp; Lung <b>clinic</b>%20A", false},
		{"a species without its genus", "T. pallidum antibody", true},
		{"who fosters", "Foster mum", true},
		{"a role's code", "PRNFOST", true},
		{"a test of two viruses", "HIV1/2 Ag/Ab", true},
		{"a test of two viruses in one word", "HIV12 combined", true},
		{"a test with a virus and a type in one word", "HIV2 RNA", true},
		{"a test with what it looks for in one word", "HIVAb screen", true},
		{"no text", "", false},
		{"no word", " · ", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := f.Words(test.text); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// corpus is every example, every phrase of the list alone and in a sentence, with a
// letter too many and too few, and words of the list put together by chance.
func corpus(f *Filter) []string {
	var texts, words []string
	for _, pairs := range examples {
		for _, pair := range pairs {
			texts = append(texts, pair[0], pair[1], "Ward 8 · "+pair[0]+" · "+pair[1])
		}
	}
	for _, r := range Default().rows {
		if r.system != "word" {
			texts = append(texts, r.display)
			continue
		}
		phrase, _ := cutWhole(r.code)
		texts = append(texts, phrase, "the "+phrase+" x", "x"+phrase, phrase+"x", strings.ToUpper(phrase)+".", "Ward · "+phrase+" · 8")
		words = append(words, wordsOf(phrase)...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	gaps := []string{" ", " ", " ", "-", " · ", ", ", "\n", "_", "’", "", "é"}
	for range 2000 {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(words[random.IntN(len(words))])
			b.WriteString(gaps[random.IntN(len(gaps))])
		}
		texts = append(texts, b.String())
	}
	return texts
}

func TestGoAgreesWithItsOwnPattern(t *testing.T) {
	f := Default().For("TREAT")
	pattern, stems := regexp.MustCompile("(?i)"+f.Pattern()), regexp.MustCompile("(?i)"+f.Stems())
	found := 0
	for _, text := range corpus(f) {
		want := pattern.MatchString(text)
		if got := f.Words(text); got != want {
			t.Errorf("%q: Words says %v, the pattern %v", text, got, want)
		}
		if want {
			found++
			if !stems.MatchString(text) {
				t.Errorf("%q: the stems do not find it", text)
			}
		}
	}
	if found == 0 {
		t.Error("nothing was found")
	}
	if stems.MatchString("Cardiology outpatient clinic letter, review after surgery 12") {
		t.Error("the stems find what is ordinary")
	}
}

func TestGoAgreesWithPostgreSQL(t *testing.T) {
	f := Default().For("TREAT")
	texts := corpus(f)
	db := pgtest.New(t)
	rows, err := db.PoolAs(t, db.Reader(t)).Query(context.WithoutCancel(t.Context()),
		`SELECT t, t ~* $2, t ~* $3 FROM unnest($1::text[]) t`, texts, f.Pattern(), f.Stems())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var (
			text           string
			pattern, stems bool
		)
		if err := rows.Scan(&text, &pattern, &stems); err != nil {
			t.Fatal(err)
		}
		n++
		if got := f.Words(text); got != pattern {
			t.Errorf("%q: Go says %v, PostgreSQL %v", text, got, pattern)
		}
		if pattern && !stems {
			t.Errorf("%q: the stems do not find it", text)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if n != len(texts) {
		t.Errorf("%d of %d texts", n, len(texts))
	}
}

func TestCodesInPostgreSQL(t *testing.T) {
	db := pgtest.New(t)
	var excluded, linked, ordinary bool
	err := db.PoolAs(t, db.Reader(t)).QueryRow(t.Context(), `
		SELECT $1::jsonb ? 'http://snomed.info/sct|57797005',
		       $1::jsonb ?| ARRAY['http://snomed.info/sct|22298006', 'http://hl7.org/fhir/sid/icd-10|B20.1'],
		       $1::jsonb ? 'http://snomed.info/sct|22298006'`, Default().For("TREAT").Codes()).Scan(&excluded, &linked, &ordinary)
	if err != nil {
		t.Fatal(err)
	}
	if !excluded || !linked || ordinary {
		t.Errorf("excluded %v, linked %v, ordinary %v", excluded, linked, ordinary)
	}
}

// Every instance makes the same of a list, so that none tells a connection again what another has told it.
func TestAListIsTheSameEverywhere(t *testing.T) {
	f := Default().For("TREAT")
	for range 8 {
		again := newFilter(Default().rowsFor("TREAT"))
		if again.Stems() != f.Stems() || again.Pattern() != f.Pattern() || !bytes.Equal(again.Codes(), f.Codes()) {
			t.Fatal("one list is told in two ways")
		}
	}
}

func TestWordsOfAPhrase(t *testing.T) {
	if got := strings.Join(wordsOf("=Az aZ/09`{@[:x"), " "); got != "az az 09 x" {
		t.Errorf("got %s", got)
	}
}

// Phrases of words that are ordinary, the longest word there may be, and words of one letter are found as others are.
func TestOrdinaryPhrases(t *testing.T) {
	long := strings.Repeat("x", longest)
	f := load(t, whole("GENDER,word,nurse,,test,*", "GENDER,word,day unit,,test,*", "GENDER,word,a b,,test,*", "GENDER,word,"+long+",,test,*")).For("TREAT")
	pattern, stems := regexp.MustCompile("(?i)"+f.Pattern()), regexp.MustCompile("(?i)"+f.Stems())
	for text, want := range map[string]bool{"the nurse": true, "Day Unit": true, "day": false, "a B": true, "a": false, "b": false, "seen " + long + ".": true, long + "x": false} {
		if got := f.Words(text); got != want || pattern.MatchString(text) != want || want && !stems.MatchString(text) {
			t.Errorf("%q: found %t, by the pattern %t, by the stems %t", text, got, pattern.MatchString(text), stems.MatchString(text))
		}
	}
}

func TestAListWithoutWordsFindsNone(t *testing.T) {
	var p phrases
	for _, expression := range []string{p.pattern(), p.stems()} {
		for _, text := range []string{"", "a", "a\nb", "^.^"} {
			if regexp.MustCompile("(?i)" + expression).MatchString(text) {
				t.Errorf("%q matches %q", expression, text)
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, pairs := range examples {
		for _, pair := range pairs {
			f.Add(fmt.Sprint(pair[0], " · ", pair[1]))
		}
	}
	filter := Default().For("TREAT")
	pattern := regexp.MustCompile("(?i)" + filter.Pattern())
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\u017f\u212a") || !strings.EqualFold(text, strings.ToValidUTF8(text, "")) {
			t.Skip("letters that fold to s and k, and what is no text")
		}
		if got, want := filter.Words(text), pattern.MatchString(text) || pattern.MatchString(AsSeen(text)) || pattern.MatchString(asSpaced(text)); got != want {
			t.Errorf("%q: Words says %v, the pattern %v", text, got, want)
		}
	})
}

// The shorter expression is true of little that is ordinary: where it is true of the texts of 25 patients, PostgreSQL tries
// each of their relations, and a ward list takes ten times as long.
func TestStemsAreRareInOrdinaryTexts(t *testing.T) {
	stems := regexp.MustCompile("(?i)" + Default().For("TREAT").Stems())
	for _, text := range []string{
		"Adult social care", "Social worker", "Carer", "Local authority", "Barnet London Borough Council", "In a care home", "Under care of Dr Example", "In cardiology", "Supported accommodation",
		"Mother", "Daughter", "Male", "Full blood count", "20 mg", "1989-01-01", "Placement", "Care pathway", "Residence", "Assessment", "Involvement", "Allergy prophylaxis", "Experienced pain", "Authorised", "Physical activity", "Emotional wellbeing", "Strategy", "Conference", "An infant", "As needed",
	} {
		if found := stems.FindString(text); found != "" {
			t.Errorf("%q is tried for %q: say in words.go which of the words of its phrase are ordinary", text, found)
		}
	}
}
