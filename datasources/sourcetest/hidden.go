package sourcetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// secret is a code of the list; secretWords are words of it.
var secretSystem, secretCode = func() (string, string) {
	var codes map[string]any
	if err := json.Unmarshal(terms.ExcludedCodes, &codes); err != nil {
		panic(err)
	}
	var all []string
	for key := range codes {
		if strings.HasPrefix(key, "http://snomed.info/sct|") {
			all = append(all, key)
		}
	}
	system, code, _ := strings.Cut(slices.Min(all), "|")
	return system, code
}()

// A spelling is a code that is never shown as a source may write it.
type spelling struct{ system, code string }

// spellings are codes of the list under other names of their systems and in other
// ways to write them, and without a system. What Go would drop SQL must not count.
var spellings = []spelling{
	{"http://snomed.info/sct/83821000000107", secretCode}, {"http://snomed.info/sct/999000031000000106/version/20260401", secretCode},
	{"http://snomed.info/sct|http://snomed.info/sct/83821000000107", secretCode}, {"urn:oid:2.16.840.1.113883.6.96", " " + secretCode + " "},
	{"https://dmd.nhs.uk/VMP|2026", "57797005x"}, {"http://loinc.org/", "55277-8"}, {"http://loinc.org|2.78", "55277-8"},
	{"http://hl7.org/fhir/sid/icd-10", "b20.1"}, {"http://hl7.org/fhir/sid/icd-10-uk", "B20.1"}, {"http://hl7.org/fhir/sid/icd-10", "B20Z"}, {"urn:oid:2.16.840.1.113883.6.3", "F02.4*"},
	{"https://fhir.hl7.org.uk/opcs-4", "Q14.1"}, {"https://fhir.nhs.uk/Id/opcs-4", "Q141"}, {"https://fhir.hl7.org.uk/Id/opcs-4|4.10", "q141"},
	{"http://read.info/readv2", "A981100"}, {"http://read.info/ctv3", "A57y5"}, {"https://fhir.hl7.org.uk/Id/read-codes", "A98.."}, {"urn:oid:2.16.840.1.113883.2.1.6.2", "Eu64z"},
	{"SNOMED CT", secretCode}, {"HTTP://SNOMED.INFO/SCT/", secretCode}, {"Read codes", "A57y5"}, {"ICD 10", "B20.1"}, {"https://fhir.hl7.org.uk/codesystem/UKCORE-SOURCEOFADMISSIONENGLAND/", "66"}, {" ", secretCode},
	{"", secretCode}, {"", "B20.1"}, {"", "B201"}, {"", "Q141"}, {"", "A981."}, {"", "A57y500"},
}

const secretWords = "Seen in the HIV clinic"

// disguises are the same as a reader takes it, but not letter by letter: with a soft
// hyphen, with letters of another width, and before a sign that stands for letters.
var disguises = []string{"Seen in the H\u00adI\u2060V clinic", "Seen in the ＨＩＶ clinic", "HIV™ leaflet"}

// change is a way in which a row comes to be hidden.
type change struct {
	what string
	row
}

// hidings are all the ways in which a row of a relation is hidden, from its DDL.
func (t *table) hidings(masked []string) []change {
	var all []change
	for _, c := range t.columns {
		if slices.ContainsFunc(masked, func(code string) bool { return strings.HasPrefix(c.name, code+"_") }) {
			continue
		}
		switch code, isSystem := strings.CutSuffix(c.name, "_system"); {
		case c.name == "confidential" || c.name == "entered_in_error":
			all = append(all, change{c.name, row{c.name: "true"}})
		case c.name == "linked_codes":
			all = append(all, change{c.name, row{c.name: fmt.Sprintf("ARRAY['http://snomed.info/sct|271737000', %s]", quote(secretSystem+"|"+secretCode))}})
		case c.name == "specialty_key":
			for _, specialty := range []string{"360", "504"} {
				all = append(all, change{c.name + " " + specialty, row{c.name: quote(specialty)}})
			}
		case c.isWords(t):
			for _, words := range append([]string{secretWords, strings.ToUpper(secretWords)}, disguises...) {
				all = append(all, change{c.name, row{c.name: quote(words)}})
			}
		case isSystem && t.has(code+"_code"):
			all = append(all, change{code, row{c.name: quote(secretSystem), code + "_code": quote(secretCode)}})
			if strings.HasSuffix(code, "_original") {
				all = append(all, change{code + " in words", row{code + "_code": quote("HIV-FU")}})
			} else {
				all = append(all, change{code + " in words without display", row{code + "_display": "null", code + "_code": quote("HIV-FU")}},
					change{code + " in words with an empty display", row{code + "_display": "''", code + "_code": quote("HIV-FU")}})
			}
			if strings.HasSuffix(code, "specialty") {
				all = append(all, change{code + " 360 of a local list", row{c.name: quote("urn:local"), code + "_code": quote("360")}})
			}
		case isSystem && t.has(code): // value_code_system beside value_code
			all = append(all, change{code, row{c.name: quote(secretSystem), code: quote(secretCode)}},
				change{code + " in words without display", row{code + "_display": "null", code: quote("HIV-FU")}},
				change{code + " in words with an empty display", row{code + "_display": "''", code: quote("HIV-FU")}})
		case strings.HasSuffix(c.name, "_ods"):
			all = append(all, change{c.name + " for a name", row{strings.TrimSuffix(c.name, "_ods") + "_name": "''", c.name: quote("HIV-FU")}})
		}
		if c.name == "status" || c.name == "verification" {
			all = append(all, change{c.name + " entered in error", row{c.name: quote("ENTERED_IN_ERROR")}})
		}
	}
	return all
}

// maskedCodes are left out by themselves.
func maskedCodes(relation string) []string {
	switch relation {
	case "stay":
		return []string{"admission_source", "discharge_destination"}
	case "attendance":
		return []string{"discharge_destination"}
	}
	return nil
}

// hidden: whatever column gives it away, the entry is not there and nothing tells.
// All ways are tried at once, each by a row of its own beside one that is shown.
func (s *suite) hidden(t *testing.T) {
	for _, kind := range s.whole {
		if kind == fetch.Notes {
			continue // says nothing but the class
		}
		p, clean := patient(), patient()
		rows := []row{s.entry(kind, p, "plain"), s.entry(kind, clean, "plain")}
		hidings := s.table(kind).hidings(maskedCodes(relation(kind)))
		if len(hidings) < 8 {
			t.Errorf("%s: only %d ways to hide a row were found in the DDL", kind, len(hidings))
		}
		candidates := []string{"plain"}
		for i, h := range hidings {
			if kind == fetch.UnmappedResults && h.what == "test" || kind == fetch.UnmappedVitalSigns && h.what == "sign" {
				continue // none of a code that can be compared
			}
			id := fmt.Sprint(i, " ", h.what)
			candidates = append(candidates, id)
			rows = append(rows, s.entry(kind, p, id).with(h.row))
		}
		s.insert(t, relation(kind), rows...)
		equal(t, string(kind), s.shown(t, kind, p, candidates...), []string{"plain"})
		equal(t, string(kind)+" of a patient with nothing to hide", s.shown(t, kind, clean, candidates...), []string{"plain"})
	}
	s.spelled(t)
	s.maskedSources(t)
	s.referred(t, fetch.Stays, "summary_id", "document")
	s.referred(t, fetch.Results, "report_id", "report")
	s.hangingOnStays(t)
	s.hiddenContent(t)
}

// unsaid: an entry of which it is not said whether it is confidential is not read out, has no part in
// what is, and leaves a gap.
func (s *suite) unsaid(t *testing.T) {
	unsaid := row{"confidential": "null"}
	for _, rel := range s.tables {
		if rel.has("confidential") {
			s.exec(t, "ALTER TABLE "+rel.name+" ALTER COLUMN confidential DROP NOT NULL")
		}
	}
	for _, kind := range s.whole {
		if kind == fetch.Notes {
			continue
		}
		p, clean := patient(), patient()
		s.insert(t, relation(kind), s.entry(kind, p, "plain"), s.entry(kind, p, "unsaid").with(unsaid), s.entry(kind, clean, "plain"))
		ask := &fetch.Ask{Kind: kind, Children: 1<<len(fetch.ChildFields[kind]) - 1, Subjects: subjects(p, clean)}
		want := []string{"plain"}
		if kind == fetch.DocumentContent {
			ask.Filter.SourceID, want = "unsaid", []string{}
		}
		a := s.read(t, ask)
		equal(t, string(kind), a.ids(0), want)
		if !slices.Equal(a.Unreadable, []bool{true, false}) {
			t.Errorf("%s: unreadable %v", kind, a.Unreadable)
		}
		listed := s.entry(kind, clean, "on the list").with(unsaid).with(row{"linked_codes": "ARRAY[" + quote(secretSystem+"|"+secretCode) + "]"})
		s.insert(t, relation(kind), listed)
		equal(t, string(kind)+" of what is never shown besides", s.shown(t, kind, clean, "plain", "on the list"), []string{"plain"})
	}
	if s.tries(fetch.Results) {
		p := patient()
		s.insert(t, "result", s.entry(fetch.Results, p, "of a report").with(row{"report_id": quote("r")}))
		s.insert(t, "report", row{"nhs_number": quote(string(p)), "id": quote("r")}.with(unsaid))
		if a := s.read(t, &fetch.Ask{Kind: fetch.Results, Subjects: subjects(p)}); a.entries[0][0].(*record.Result).Report != nil {
			t.Error("a result refers to a report that may be confidential")
		}
	}
	if s.publishes(fetch.Stays) && s.publishes(fetch.Medications) {
		p := patient()
		s.insert(t, "stay", s.entry(fetch.Stays, p, "later").with(row{"discharged_at": quote("2026-08-01T10:00Z")}).with(unsaid))
		s.insert(t, "medication", s.entry(fetch.Medications, p, "home").with(medicine("DISCHARGE", "2026-05-01", "", "")).with(row{"discharged_at": quote("2026-05-01T10:00Z")}))
		a := s.read(t, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(p)})
		equal(t, "medicines beside a stay that may be confidential", a.ids(0), []string{"home"})
	}
}

// spelled: whatever Go's second check would drop is not read out in the first place, by
// the code of an entry, by the source's own and by what it hangs on.
func (s *suite) spelled(t *testing.T) {
	filter := exclusion.Default().For("TREAT")
	for _, kind := range []fetch.Kind{fetch.Needs, fetch.Problems, fetch.Results, fetch.CarePlans} {
		if !s.tries(kind) {
			continue
		}
		code := map[fetch.Kind]string{fetch.Needs: "kind", fetch.Problems: "problem", fetch.Results: "test", fetch.CarePlans: "kind"}[kind]
		p := patient()
		rows, want := []row{s.entry(kind, p, "plain")}, []string{"plain"}
		for i, w := range spellings {
			if !filter.Code(w.system, w.code) {
				want = append(want, fmt.Sprint(i, " own"), fmt.Sprint(i, " original"), fmt.Sprint(i, " linked"))
			}
			system, link := quote(w.system), w.system+"|"+w.code
			if w.system == "" && i%2 == 0 {
				system, link = "null", w.code
			}
			rows = append(rows,
				s.entry(kind, p, fmt.Sprint(i, " own")).with(row{code + "_system": system, code + "_code": quote(w.code)}),
				s.entry(kind, p, fmt.Sprint(i, " original")).with(row{code + "_original_system": system, code + "_original_code": quote(w.code)}),
				s.entry(kind, p, fmt.Sprint(i, " linked")).with(row{"linked_codes": "ARRAY[" + quote(link) + "]"}))
			if kind == fetch.Results {
				rows = append(rows, s.entry(kind, p, fmt.Sprint(i, " value")).with(row{"value_code_system": system, "value_code": quote(w.code)}))
				if !filter.Code(w.system, w.code) {
					want = append(want, fmt.Sprint(i, " value"))
				}
			}
		}
		s.insert(t, relation(kind), rows...)
		slices.Sort(want)
		equal(t, string(kind), s.shown(t, kind, p), want)
		if len(want) > 5 {
			t.Errorf("%s: of %d ways to write a code Go knows too few", kind, len(spellings))
		}
	}
	if !s.tries(fetch.Stays) {
		return
	}
	p := patient()
	s.insert(t, "stay", s.entry(fetch.Stays, p, "e"))
	var parts []row
	for i, w := range append([]spelling{{"http://snomed.info/sct", "271737000"}}, spellings...) {
		if i == 0 || filter.Code(w.system, w.code) {
			parts = append(parts, row{"nhs_number": quote(string(p)), "parent_id": quote("e"), "position": fmt.Sprint(i + 1), "diagnosis_system": quote(w.system), "diagnosis_code": quote(w.code)})
		}
	}
	s.insert(t, "stay_diagnosis", parts...)
	if a := s.read(t, &fetch.Ask{Kind: fetch.Stays, Children: 1, Subjects: subjects(p)}); childLen(a.entries[0][0], "diagnoses") != 1 {
		t.Errorf("%d diagnoses of 1", childLen(a.entries[0][0], "diagnoses"))
	}
}

// maskedSources: a stay that began in foster care or in custody stays, and does not say so.
func (s *suite) maskedSources(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.Stays, fetch.Attendances} {
		if !s.tries(kind) {
			continue
		}
		for _, code := range maskedCodes(relation(kind)) {
			p := patient()
			system := map[string]string{
				"admission_source":      "https://fhir.hl7.org.uk/CodeSystem/UKCore-SourceOfAdmissionEngland",
				"discharge_destination": "https://fhir.hl7.org.uk/CodeSystem/UKCore-DischargeDestinationEngland",
			}[code]
			place := func(id, system, number, words string) row {
				return s.entry(kind, p, id).with(row{code + "_system": system, code + "_code": number, code + "_display": words})
			}
			s.insert(t, relation(kind),
				place("coded", quote(system), quote("66"), quote("Local authority")),
				place("in words", "null", "null", quote("Local Authority foster care")),
				place("without a system", "null", quote("66"), "null"),
				place("home", quote(system), quote("19"), quote("Usual place of residence")))
			a := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(p)})
			if len(a.entries[0]) != 4 {
				t.Fatalf("%s: %d entries of 4", kind, len(a.entries[0]))
			}
			for _, x := range a.entries[0] {
				var got *record.Code
				switch x := x.(type) {
				case *record.Stay:
					got = map[string]*record.Code{"admission_source": x.AdmissionSource, "discharge_destination": x.DischargeDestination}[code]
				case *record.Attendance:
					got = x.DischargeDestination
				}
				if (got != nil) != (sourceID(x) == "home") {
					t.Errorf("%s: %s of the one %s is %+v", kind, code, sourceID(x), got)
				}
			}
		}
	}
}

// referred: an entry refers to a document or report only where that may be shown itself.
func (s *suite) referred(t *testing.T, kind fetch.Kind, column, to string) {
	if !s.tries(kind) {
		return
	}
	p, other := patient(), patient()
	hidings := append([]change{{"plain", row{}}}, s.tables[to].hidings(nil)...)
	entries, targets := []row{s.entry(kind, p, "to nothing").with(row{column: quote("nowhere")}), s.entry(kind, p, "to somebody else's").with(row{column: quote("theirs")})}, []row(nil)
	for i, h := range hidings {
		id := fmt.Sprint(i, " ", h.what)
		entries = append(entries, s.entry(kind, p, id).with(row{column: quote(id)}))
		targets = append(targets, row{"nhs_number": quote(string(p)), "id": quote(id)}.with(h.row))
	}
	s.insert(t, relation(kind), entries...)
	s.insert(t, to, append(targets, row{"nhs_number": quote(string(other)), "id": quote("theirs")})...)
	a := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(p)})
	var want []string
	for i, e := range entries {
		if i < 3 || kind != fetch.Results || tellsNothing(hidings[i-2]) { // a result hangs on its report
			want = append(want, strings.ReplaceAll(strings.Trim(e["id"], "'"), "''", "'"))
		}
	}
	got := a.ids(0)
	slices.Sort(got)
	slices.Sort(want)
	equal(t, string(kind)+" that refer to a "+to, got, want)
	for _, x := range a.entries[0] {
		var refers bool
		switch x := x.(type) {
		case *record.Stay:
			refers = x.Summary != nil
		case *record.Result:
			refers = x.Report != nil
		}
		if refers != (sourceID(x) == "0 plain") {
			t.Errorf("%s %s refers to its %s: %v", kind, sourceID(x), to, refers)
		}
	}
}

// hiddenContent: a letter that says it only inside is neither listed nor opened.
func (s *suite) hiddenContent(t *testing.T) {
	if !s.tries(fetch.Documents) {
		return
	}
	p := patient()
	wide := func(text string, low bool) string {
		var b strings.Builder
		b.WriteString(map[bool]string{true: "fffe", false: "feff"}[low])
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, map[bool]string{true: "%02x00", false: "00%02x"}[low], c)
		}
		return `'\x` + b.String() + `'::bytea`
	}
	contents := map[string]string{
		"says": `convert_to('Dear colleague — known to the HIV clinic.', 'UTF8')`, "UTF-16": wide("known to the HIV\\ clinic", true), "UTF-16, the other way": wide("HIV", false),
		"a soft hyphen": `convert_to(U&'Dear colleague \2014 known to the H\00ADIV clinic.', 'UTF8')`, "letters of another width": `convert_to('Known to the ＨＩＶ clinic.', 'UTF8')`,
		"a byte that is no UTF-8": `'\xe9'::bytea || ' HIV'::bytea`,
		"tags between":            `'<p>Seen in the <b>sexual</b></p><p>health clinic</p>'::bytea`, "tags within": `'Known to have H<b>I</b>V'::bytea`, "with a zero at its end": `'\x48495600'::bytea`,
	}
	rows, all := []row{s.entry(fetch.Documents, p, "plain"), s.entry(fetch.Documents, p, "a plain page").with(row{"content": `'<p>Seen <b>today</b></p>'::bytea`}),
		s.entry(fetch.Documents, p, "plain UTF-16").with(row{"content": wide("Seen today", true)}),
		s.entry(fetch.Documents, p, "plain Latin").with(row{"content": `'Caf'::bytea || '\xe9'::bytea`}),
		s.entry(fetch.Documents, p, "plain signs").with(row{"content": `convert_to(U&'Ve\00ADge\00ADta\00ADbles, 10\2079/L, \FF34\FF25\FF21', 'UTF8')`}),
		s.entry(fetch.Documents, p, "a scan").with(row{"content": `'%PDF-1.7 HIV'::bytea`})}, []string{"plain", "a plain page", "plain UTF-16", "plain Latin", "plain signs", "a scan"}
	want := slices.Sorted(slices.Values(all))
	for id, content := range contents {
		for _, label := range []string{"text/plain", "application/pdf"} {
			rows = append(rows, s.entry(fetch.Documents, p, id+", "+label).with(row{"content": content, "content_type": quote(label)}))
			all = append(all, id+", "+label)
		}
	}
	s.insert(t, "document", rows...)
	for _, kind := range []fetch.Kind{fetch.Documents, fetch.DocumentContent} {
		equal(t, string(kind), s.shown(t, kind, p, all...), want)
	}
}
