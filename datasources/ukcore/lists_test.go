package ukcore_test

import (
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A warning on a list is a note of what the list is of; on one of which that cannot be told
// it concerns everything.
func TestWarningsOfLists(t *testing.T) {
	list := func(code, warning string) string {
		return about1("List", "l", `,"mode":"working",`+code+`"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ListWarningCode","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-ListWarningCode","code":"`+warning+`"}]}}]`)
	}
	all := []record.Class{record.ClassAllergies, record.ClassDocuments, record.ClassImmunisations, record.ClassMedications, record.ClassProblems, record.ClassProcedures, record.ClassReferrals, record.ClassResults, record.ClassVitalSigns}
	for name, c := range map[string]struct {
		held string
		note record.NoteKind
		want []record.Class
	}{
		"results in transit":                 {list(`"code":{"coding":[{"system":"http://snomed.info/sct","code":"887191000000108"}]},`, "data-in-transit"), record.NoteInTransit, []record.Class{record.ClassResults}},
		"by the second of its codes":         {list(`"code":{"coding":[{"system":"https://trust/lists","code":"x"},{"system":"http://snomed.info/sct","code":"933361000000108"}]},`, "data-awaiting-filing"), record.NoteAwaitingFiling, []record.Class{record.ClassMedications}},
		"of a code that is not known":        {list(`"code":{"coding":[{"system":"https://trust/lists","code":"x"}]},`, "data-awaiting-filing"), record.NoteAwaitingFiling, all},
		"without a code":                     {list("", "data-in-transit"), record.NoteInTransit, all},
		"confidential, which leaves no mark": {list("", "confidential-items"), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, patientOf("1", someone), c.held).source(t, record.Acute, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Notes, Subjects: subjects(someone)})
			var got []record.Class
			for _, n := range fetch.RowsOf[record.ListNote](a).Of(0) {
				if got = append(got, n.Class); n.Note != c.note {
					t.Errorf("%s: %s", n.Class, n.Note)
				}
			}
			slices.Sort(got)
			for _, class := range c.want {
				if !slices.Contains(got, class) {
					t.Errorf("no note of %s among %v", class, got)
				}
			}
			if err != nil || len(c.want) < len(all) && len(got) != len(c.want) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// A list that is empty because it was not asked or could not be had does not say that there is nothing of what it is of. That
// something is withheld leaves no mark. The service asks for notes beside whatever it asks for.
func TestEmptyLists(t *testing.T) {
	list := func(code, why string) string {
		return about1("List", "l", `,"mode":"snapshot","code":{"coding":[{"system":"http://snomed.info/sct","code":"`+code+`"}]},"emptyReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/list-empty-reason","code":"`+why+`"}]}`)
	}
	const allergies, results, unknown = "886921000000105", "826501000000100", "1"
	all := []fetch.Kind{fetch.Allergies, fetch.Results, fetch.UnmappedResults, fetch.Reports, fetch.VitalSigns, fetch.UnmappedVitalSigns, fetch.Attendances}
	for name, c := range map[string]struct {
		held  string
		lacks []fetch.Kind
	}{
		"unavailable":      {list(allergies, "unavailable"), []fetch.Kind{fetch.Allergies}},
		"not asked":        {list(allergies, "notasked"), []fetch.Kind{fetch.Allergies}},
		"not begun":        {list(allergies, "notstarted"), []fetch.Kind{fetch.Allergies}},
		"of two classes":   {list(results, "unavailable"), []fetch.Kind{fetch.Results, fetch.UnmappedResults, fetch.Reports, fetch.VitalSigns, fetch.UnmappedVitalSigns}},
		"of no known one":  {list(unknown, "unavailable"), all},
		"withheld":         {list(allergies, "withheld"), nil},
		"nothing is known": {list(allergies, "nilknown"), nil},
		"over":             {strings.Replace(list(allergies, "unavailable"), "finished", "retired", 1), nil},
		"a mistake":        {strings.Replace(list(allergies, "unavailable"), "finished", "entered-in-error", 1), nil},
	} {
		s := open(t, patientOf("1", someone), c.held).source(t, record.Acute, ukcore.Options{})
		for _, kind := range all {
			of := subjects(someone)
			ask := &fetch.Ask{Kind: kind, Subjects: of}
			got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask, {Kind: fetch.Notes, Subjects: of}})
			if want := !slices.Contains(c.lacks, kind); err != nil || isWhole(got[ask]) != want {
				t.Errorf("%s: %s is whole: %t, %v", name, kind, isWhole(got[ask]), err)
			}
		}
	}
}
