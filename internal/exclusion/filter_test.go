package exclusion

import (
	"encoding/json"
	"strings"
	"testing"
)

const (
	sct   = "http://snomed.info/sct"
	icd   = "http://hl7.org/fhir/sid/icd-10"
	opcs  = "https://fhir.hl7.org.uk/Id/opcs-4"
	loinc = "http://loinc.org"
	readv = "http://read.info/readv2"
	ctv3  = "http://read.info/ctv3"
)

func TestCodes(t *testing.T) {
	type pair struct {
		name           string
		system, code   string
		twin, ordinary string // the system and code of the twin
	}
	tests := map[string][]pair{
		"SEXUAL_HEALTH": {
			{"an HIV test, not a hepatitis B one", sct, "31676001", sct, "47758006"},
			{"a chlamydia antigen test, not a cervical smear", sct, "310861008", sct, "90226004"},
			{"a test for syphilis, not for rubella", sct, "269828009", sct, "169690007"},
			{"gonococcal infection, not tuberculosis", icd, "A54.0", icd, "A15.0"},
			{"HIV status, not smoking status", loinc, "55277-8", loinc, "72166-2"},
			{"HIV complicating pregnancy, not diabetes", icd, "O98.7", icd, "O24.4"},
			{"a clinic of genitourinary medicine, not of urology", ukCore + "UKCore-PracticeSettingCodeEngland", "360", ukCore + "UKCore-PracticeSettingCodeEngland", "101"},
			{"monkeypox, as the national set has it, not chickenpox", readv, "A57y500", readv, "A52..00"},
			{"an integrase inhibitor, not simvastatin", "http://www.nlm.nih.gov/research/umls/rxnorm", "1433873", "http://www.nlm.nih.gov/research/umls/rxnorm", "312961"},
		},
		"ASSISTED_FERTILISATION": {
			{"in vitro fertilisation, not infertility", sct, "393132003", sct, "8619003"},
			{"oocyte recovery, not oophorectomy", opcs, "Q48.1", opcs, "Q23.2"},
			{"procreative management by IVF, not contraception", icd, "Z31.2", icd, "Z30.1"},
		},
		"TERMINATION_OF_PREGNANCY": {
			{"an induced termination, not a miscarriage", sct, "57797005", sct, "19169002"},
			{"counselling for termination, not counselling", sct, "10383002", sct, "409063005"},
			{"medical abortion, not spontaneous abortion", icd, "O04.9", icd, "O03.9"},
			{"an abortifacient, not induction of labour", opcs, "Q14.1", opcs, "R15.1"},
			{"termination in Read, not ectopic pregnancy", readv, "L05..00", readv, "L03..00"},
		},
		"GENDER": {
			{"gender reassignment, not gender-neutral care", sct, "282272009", sct, "162673000"},
			{"gender identity disorder, not anxiety", icd, "F64.0", icd, "F41.1"},
			{"sexual transformation, not another operation of its chapter", opcs, "X15.1", opcs, "X14.1"},
		},
		"DOMESTIC_ABUSE": {
			{"a victim of partner abuse, not of a fall", sct, "706893006", sct, "217133004"},
			{"screening for domestic abuse, not for drug abuse", sct, "866148006", sct, "713106006"},
			{"afraid of a partner, not of losing the home", loinc, "76501-6", loinc, "93033-9"},
			{"a factor of domestic abuse, not another", dictionary + "attributes/safeguarding_vulnerability_factor", "10", dictionary + "attributes/safeguarding_vulnerability_factor", "01"},
		},
		"FORCED_MARRIAGE_FGM": {
			{"genital mutilation, not episiotomy", sct, "95041000119101", sct, "85548006"},
		},
		"VICTIM_OF_CRIME": {
			{"sexual exploitation, not social isolation", sct, "785101000000105", sct, "422650009"},
			{"sexual assault, not a fall", icd, "Y05.9", icd, "W19.9"},
		},
		"CRIMINAL_RECORD": {
			{"a criminal record, not unemployment", sct, "266948004", sct, "73438004"},
			{"nights in jail, not housing", loinc, "93028-9", loinc, "71802-3"},
			{"came from prison, not from home", ukCore + "NHSDataModelAndDictionary-SourceOfAdmission", "39", ukCore + "NHSDataModelAndDictionary-SourceOfAdmission", "19"},
			{"imprisonment, not homelessness", icd, "Z65.1", icd, "Z59.0"},
		},
		"CHILD_SOCIAL_CARE": {
			{"a looked-after child, not a well child", sct, "764841000000100", sct, "410620009"},
			{"came from foster care, not from a care home", ukCore + "UKCore-SourceOfAdmissionEngland", "66", ukCore + "UKCore-SourceOfAdmissionEngland", "65"},
			{"went to foster care, not home", interweave + "Interweave-DischargeDestination-1", "66", interweave + "Interweave-DischargeDestination-1", "19"},
			{"a child protection plan, not a crisis plan", dictionary + "attributes/care_plan_type", "02", dictionary + "attributes/care_plan_type", "03"},
			{"a team for looked-after children, not a memory service", dictionary + "attributes/service_or_team_type_for_mental_health", "C06", dictionary + "attributes/service_or_team_type_for_mental_health", "A17"},
			{"on the child protection register in Read, not divorced", readv, "13IM.00", readv, "1334.00"},
		},
	}
	f := Default().For("TREAT")
	var keys map[string]int
	if err := json.Unmarshal(f.Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	for _, category := range Categories {
		if len(tests[category]) == 0 {
			t.Errorf("no example of %s", category)
		}
		for _, test := range tests[category] {
			t.Run(test.name, func(t *testing.T) {
				if !f.Code(test.system, test.code) || keys[key(test.system, test.code)] != 1 {
					t.Errorf("%s|%s is shown", test.system, test.code)
				}
				if f.Code(test.twin, test.ordinary) || keys[key(test.twin, test.ordinary)] == 1 {
					t.Errorf("%s|%s is not shown", test.twin, test.ordinary)
				}
			})
		}
	}
}

// key is how a code stands on SQL's list.
func key(uri, code string) string { return systems[names[uri]].listedUnder(uri) + "|" + code }

// Whatever its name looks like, a system is the same.
func TestNamesOfSystems(t *testing.T) {
	f := Default().For("TREAT")
	for code, systems := range map[string][]string{
		"57797005": {"SNOMED CT", "snomed", "Snomed-CT", "SNOMED_CT_UK", "SCT", "HTTP://SNOMED.INFO/SCT", "http://snomed.info/sct/", " http://snomed.info/sct ", "http://www.snomed.info/sct", "URN:OID:2.16.840.1.113883.6.96", "urn:oid:2.16.840.1.113883.6.96/", "2.16.840.1.113883.6.96", "UK SNOMED CT",
			"urn:oid:2.16.840.1.113883.2.1.3.2.4.15", "2.16.840.1.113883.2.1.3.2.4.15"},
		"B20.1":   {"ICD-10", "icd10", "ICD 10", "ICD", "HTTP://HL7.ORG/FHIR/SID/ICD-10/", "ICD-10 (5th edition)", "WHO ICD-10", "I10", "2.16.840.1.113883.6.3", "urn:OID:2.16.840.1.113883.6.3"},
		"Q14.1":   {"OPCS-4", "OPCS", "opcs 4.10", "https://fhir.hl7.org.uk/id/OPCS-4/"},
		"A57y5":   {"Read", "READ v2", "Read2", "Read V3", "Read Version 2", "2.16.840.1.113883.2.1.6.2", "Read codes", "CTV3", "Clinical Terms Version 3", "HTTP://READ.INFO/READV2"},
		"55277-8": {"LOINC", "HTTP://LOINC.ORG/", "urn:oid:2.16.840.1.113883.6.1", "2.16.840.1.113883.6.1"},
		"1433873": {"HTTP://WWW.NLM.NIH.GOV/RESEARCH/UMLS/RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm/"},
		"66":      {"https://fhir.hl7.org.uk/codesystem/ukcore-sourceofadmissionengland", ukCore + "UKCore-SourceOfAdmissionEngland/", strings.ToUpper(ukCore) + "UKCore-SourceOfAdmissionEngland|1.0"},
	} {
		for _, system := range systems {
			if !f.Code(system, code) {
				t.Errorf("%q|%s is shown", system, code)
			}
		}
	}
	for _, system := range []string{"https://example.org/codes", "urn:local", "ICD-9", "urn:oid:2.16.840.1.113883.6.103", "ethnicity", "readmission"} {
		for _, code := range []string{"57797005", "B20.1", "Q14.1", "A57y5"} {
			if f.Code(system, code) {
				t.Errorf("%q|%s is not shown", system, code)
			}
		}
	}
	for name, s := range systems {
		for _, uri := range s.uris {
			if got := named(nameOf(nil, uri)); got != name {
				t.Errorf("%s is of %q and not of %s", uri, got, name)
			}
		}
	}
}

// TestSystemsOfTheList: SQL compares large systems as sources are asked to write them, and all others in small letters.
func TestSystemsOfTheList(t *testing.T) {
	var keys map[string]int
	if err := json.Unmarshal(Default().For("TREAT").Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{opcs + "|Q141", strings.ToLower(ukCore) + "ukcore-sourceofadmissionengland|66"} {
		if keys[want] == 0 {
			t.Errorf("%s is not on the list", want)
		}
	}
	for key := range keys {
		uri, _, _ := strings.Cut(key, "|")
		if systems[names[uri]].large == nil && (uri != strings.ToLower(uri) || strings.HasSuffix(uri, "/")) {
			t.Errorf("%s is on the list as no statement has it", key)
		}
	}
}

func TestSpellings(t *testing.T) {
	tests := []struct {
		name         string
		system, code string
		want         bool
	}{
		{"a category", icd, "B20", true},
		{"a subcategory with its dot", icd, "B20.1", true},
		{"a subcategory without", icd, "B201", true},
		{"a category that is filled up", icd, "B24X", true},
		{"lower case", icd, "b20.1", true},
		{"a dagger", icd, "F02.4*", true},
		{"spaces", icd, " B20.1 ", true},
		{"another subcategory of a category that is not whole", icd, "O98.4", false},
		{"a code that goes on", icd, "O98.71", true},
		{"the first of the small letters", icd, "a54.0", true},
		{"the last of them", icd, "z65.1", true},
		{"a code between brackets", icd, "[B20.1]", true},
		{"SNOMED CT with spaces", sct, " 57797005 ", true},
		{"Read with spaces", readv, " A981. ", true},
		{"SNOMED CT with spaces and without a system", "", "  57797005  ", true},
		{"ICD-10 with spaces and without a system", "", "    B20.1    ", true},
		{"ICD-10 with a dagger and without a system", "", "B20.1†", true},
		{"a version of a system of the dictionary", ukCore + "UKCore-SourceOfAdmissionEngland|1.0.0", "66", true},
		{"half a code", icd, "B2", false},
		{"another edition's name", "http://hl7.org/fhir/sid/icd-10-uk", "B20.1", true},
		{"an object identifier", "urn:oid:2.16.840.1.113883.6.3", "B201", true},
		{"an edition of SNOMED CT", "http://snomed.info/sct/999000031000000106", "57797005", true},
		{"a version of an edition", "http://snomed.info/sct/83821000000107/version/20260401", "57797005", true},
		{"an expression of SNOMED CT with a term", sct, "57797005 |Termination|", true},
		{"a refinement", sct, "64572001:246075003=57797005", true},
		{"a code with what is not seen behind it", sct, "57797005\u200b", true},
		{"a code with what is not seen before it", sct, "\ufeff57797005", true},
		{"a code that a table took for a number", sct, "57797005.0", true},
		{"a focus among others", sct, "=== 64572001 + 57797005", true},
		{"an expression without a system", "", "57797005 |Termination|", true},
		{"an expression of nothing listed", sct, "64572001:363698007=64033007", false},
		{"digits within a longer number", sct, "57797005000 |x|", false},
		{"SNOMED CT by its object identifier", "urn:oid:2.16.840.1.113883.6.96", "57797005", true},
		{"a canonical with a version", "http://snomed.info/sct|http://snomed.info/sct/83821000000107", "57797005", true},
		{"operations without the dot", opcs, "Q141", true},
		{"Read with five bytes", readv, "A57y5", true},
		{"Read with another term code", readv, "A57y511", true},
		{"below a Read code that stands for all below it", readv, "A981100", true},
		{"below one that does not", readv, "13IM1", false},
		{"CTV3 shares the code", ctv3, "13IM.", true},
		{"another case of a Read code", readv, "a57Y5", false},
		{"the same digits in another system", loinc, "57797005", false},
		{"an unknown system", "https://example.org/codes", "57797005", false},
		{"SNOMED CT without a system", "", "57797005", true},
		{"ICD-10 without a system", "", "B20.1", true},
		{"OPCS-4 without a system", "", "Q141", true},
		{"Read without a system", "", "A981.", true},
		{"an ordinary code without a system", "", "271737000", false},
		{"a local name that begins like a code", "", "B20-ward-round", false},
		{"nothing at all", "", "", false},
		{"no code", sct, "", false},
	}
	f := Default().For("TREAT")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := f.Code(test.system, test.code); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// What SQL compares is each code as sources write it, and as SQL spells it itself (datasources/view/exclusions.go).
func TestWhatSQLLooksFor(t *testing.T) {
	f := load(t, whole("GENDER,read,A98..%,,test,*", "GENDER,read,13IM.,,test,*", "GENDER,read,A57y5%,,test,*", "GENDER,icd10,B20,,test,*", "GENDER,icd10,O98.7,,test,*")).For("TREAT")
	var keys map[string]int
	if err := json.Unmarshal(f.Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, code := range []string{"A98", "A98..", "A98..00", "A98%", "A980.00", "A98z.00", "13IM", "13IM.", "13IM.00", "A57y5", "A57y500", "A57y5%"} {
		want = append(want, readv+"|"+code, ctv3+"|"+code)
	}
	for _, code := range []string{"B20", "B20.0", "B20.X", "B200", "B20Z", "O98.7", "O987"} {
		want = append(want, icd+"|"+code)
	}
	for _, key := range want {
		if keys[key] != 1 {
			t.Errorf("no %s", key)
		}
	}
	for _, key := range []string{readv + "|13IM%", readv + "|13IM000", icd + "|O98", icd + "|O98.4", icd + "|O9871"} {
		if keys[key] != 0 {
			t.Errorf("%s, too", key)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	for code, want := range map[string]bool{
		"57797005": true, "57797006": false, "5779700x": false, "5779700/": false, "5779700:": false, "10383002": true, "95041000119101": true,
		"": false, "0": false, "12227": false, "122222": true, "122222222222222227": true, "1222222222222222224": false,
	} {
		if got := isSCTID(code); got != want {
			t.Errorf("%q: got %t", code, got)
		}
	}
}

// Whatever SQL would leave out, Go leaves out too.
func TestGoFindsWhatSQLFinds(t *testing.T) {
	f := Default().For("TREAT")
	var keys map[string]int
	if err := json.Unmarshal(f.Codes(), &keys); err != nil {
		t.Fatal(err)
	}
	for key := range keys {
		for i := range len(key) {
			if key[i] == '|' {
				if !f.Code(key[:i], key[i+1:]) {
					t.Errorf("%s is only in SQL", key)
				}
			}
		}
	}
}

func TestSpecialties(t *testing.T) {
	f := Default().For("TREAT")
	if got := f.Specialties(); len(got) != 2 || got[0] != "360" || got[1] != "504" {
		t.Errorf("got %v", got)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	f := Default().For("TREAT")
	text := "Cardiology outpatient clinic letter: review after bypass surgery, well"
	for name, run := range map[string]func(){
		"a code":                func() { f.Code(sct, "22298006") },
		"an excluded code":      func() { f.Code(sct, "57797005") },
		"a classified code":     func() { f.Code(icd, "i21.9") },
		"another name":          func() { f.Code("http://snomed.info/sct/999000031000000106", "22298006") },
		"a name in words":       func() { f.Code("SNOMED CT", "22298006") },
		"a local name":          func() { f.Code("https://trust.example/codes/ward-reasons", "22298006") },
		"a Read code":           func() { f.Code(readv, "G30..14") },
		"a text":                func() { f.Words(text) },
		"a text with HIV in it": func() { f.Words("HIV") },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	f := Default().For("TREAT")
	for b.Loop() {
		f.Words("Cardiology outpatient clinic letter, review after surgery 12")
	}
}

func BenchmarkCode(b *testing.B) {
	f := Default().For("TREAT")
	for b.Loop() {
		f.Code(sct, "22298006")
	}
}
