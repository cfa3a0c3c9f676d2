package sourcetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

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

const secretWords = "Seen in the HIV clinic"

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
			for _, words := range []string{secretWords, strings.ToUpper(secretWords)} {
				all = append(all, change{c.name, row{c.name: quote(words)}})
			}
		case isSystem && t.has(code+"_code"):
			all = append(all, change{code, row{c.name: quote(secretSystem), code + "_code": quote(secretCode)}})
			if strings.HasSuffix(code, "_original") {
				all = append(all, change{code + " in words", row{code + "_code": quote("HIV-FU")}})
			} else {
				all = append(all, change{code + " in words without display", row{code + "_display": "null", code + "_code": quote("HIV-FU")}})
			}
			if strings.HasSuffix(code, "specialty") {
				all = append(all, change{code + " 360 of a local list", row{c.name: quote("urn:local"), code + "_code": quote("360")}})
			}
		case isSystem && t.has(code): // value_code_system beside value_code
			all = append(all, change{code, row{c.name: quote(secretSystem), code: quote(secretCode)}})
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
	for _, kind := range s.kinds() {
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
			if kind == fetch.UnmappedResults && h.what == "test" {
				continue // no result of a code that can be compared
			}
			id := fmt.Sprint(i, " ", h.what)
			candidates = append(candidates, id)
			rows = append(rows, s.entry(kind, p, id).with(h.row))
		}
		s.insert(t, relation(kind), rows...)
		equal(t, string(kind), s.shown(t, kind, p, candidates...), []string{"plain"})
		equal(t, string(kind)+" of a patient with nothing to hide", s.shown(t, kind, clean, candidates...), []string{"plain"})
	}
	s.maskedSources(t)
	s.hiddenContent(t)
}

// maskedSources: a stay that began in foster care or in custody stays, and does not say so.
func (s *suite) maskedSources(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.Stays, fetch.Attendances} {
		if !s.publishes(kind) {
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
			a := s.read(t, fetch.Ask{Kind: kind, Subjects: subjects(p)})
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

// hiddenContent: a letter that says it only inside is neither listed nor opened.
func (s *suite) hiddenContent(t *testing.T) {
	if !s.publishes(fetch.Documents) {
		return
	}
	p := patient()
	s.insert(t, "document",
		s.entry(fetch.Documents, p, "says"), s.entry(fetch.Documents, p, "plain"))
	s.exec(t, fmt.Sprintf("UPDATE document SET content = convert_to('Dear colleague — known to the HIV clinic.', 'UTF8') WHERE nhs_number = '%s' AND id = 'says'", string(p)))
	for _, kind := range []fetch.Kind{fetch.Documents, fetch.DocumentContent} {
		equal(t, string(kind), s.shown(t, kind, p, "says", "plain"), []string{"plain"})
	}
}

// hiddenChildren: a part of an entry is hidden alone; a stay or attendance goes with
// its main diagnosis or procedure.
func (s *suite) hiddenChildren(t *testing.T) {
	for _, kind := range s.kinds() {
		for bit, fields := range fetch.ChildFields[kind] {
			child := s.childTable(kind, bit)
			if child == nil {
				t.Errorf("%s: no relation for %s in views.sql", kind, fields[0])
				continue
			}
			p, clean := patient(), patient()
			part := func(of record.NHSNumber, position int) row {
				return row{"nhs_number": quote(string(of)), "parent_id": quote("e"), "position": fmt.Sprint(position)}
			}
			s.insert(t, relation(kind), s.entry(kind, p, "e"), s.entry(kind, clean, "e"))
			parts := []row{part(p, 1), part(clean, 1)}
			for i, h := range child.hidings(nil) {
				parts = append(parts, part(p, i+2).with(h.row))
			}
			s.insert(t, child.name, parts...)
			a := s.read(t, fetch.Ask{Kind: kind, Children: 1 << bit, Subjects: subjects(p, clean)})
			for i, entries := range a.entries {
				if len(entries) != 1 || childLen(entries[0], fields[0]) != 1 {
					t.Errorf("%s of patient %d: %d entries, %d %s", kind, i, len(entries), childLen(entries[0], fields[0]), fields[0])
				}
			}
			if a := s.read(t, fetch.Ask{Kind: kind, Subjects: subjects(p)}); childLen(a.entries[0][0], fields[0]) != 0 {
				t.Errorf("%s: %s came without being asked for", kind, fields[0])
			}
			if child.has("rank") {
				s.hiddenMain(t, kind, child)
			}
		}
	}
}

func (s *suite) hiddenMain(t *testing.T, kind fetch.Kind, child *table) {
	p := patient()
	entries, parts := []row{s.entry(kind, p, "plain")}, []row(nil)
	add := func(id string, changes row) {
		entries = append(entries, s.entry(kind, p, id))
		parts = append(parts, row{"nhs_number": quote(string(p)), "parent_id": quote(id), "position": "1"}.with(changes))
	}
	add("main is plain", row{"rank": "1"})
	for i, h := range child.hidings(nil) {
		add(fmt.Sprint("first, ", i, h.what), h.row)
		add(fmt.Sprint("ranked, ", i, h.what), h.with(row{"position": "5", "rank": "1"}))
		if i == 0 {
			add("second is hidden", h.with(row{"rank": "2"}))
		}
	}
	s.insert(t, relation(kind), entries...)
	s.insert(t, child.name, parts...)
	equal(t, string(kind)+" by main "+child.name, s.shown(t, kind, p), []string{"main is plain", "plain", "second is hidden"})
}

// childTable is the relation of a kind's children, by the names of the DDL.
func (s *suite) childTable(kind fetch.Kind, bit int) *table {
	names := map[fetch.Kind][]string{
		fetch.Allergies: {"allergy_reaction"}, fetch.Medications: {"medication_issue"},
		fetch.Results: {"result_component"}, fetch.UnmappedResults: {"result_component"}, fetch.VitalSigns: {"vital_sign_component"},
		fetch.CarePlans:     {"care_plan_section", "care_plan_activity", "care_plan_goal", "care_plan_agreement"},
		fetch.Stays:         {"stay_diagnosis", "stay_procedure", "episode", "ward_stay"},
		fetch.Attendances:   {"attendance_diagnosis"},
		fetch.Consultations: {"consultation_section"}, fetch.CommunityTreatmentOrders: {"community_treatment_order_recall"},
	}[kind]
	if bit >= len(names) {
		return nil
	}
	return s.tables[names[bit]]
}
