package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/datasources/acute"
	"carerecord/datasources/gp"
	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/socialcare"
	"carerecord/datasources/view"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// about is an entry of the person a.
func about(kind, id, more string) string {
	return `{"resourceType":"` + kind + `","id":"` + id + `","subject":{"reference":"Patient/a"},"patient":{"reference":"Patient/a"}` + more + `}`
}

const (
	atE        = `,"encounter":{"reference":"Encounter/e"}`
	restricted = `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`
	stayE      = `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"IMP"},"type":[{"text":"Admission"}],"subject":{"reference":"Patient/a"},"period":{"start":"2020-01-02T10:00:00Z","end":"2020-01-05T10:15:00Z"}}`
	hiv        = `{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Disorder"}]}`
)

// ofA is the record of the person a.
func ofA(entries ...string) map[string]string {
	return map[string]string{"a.json": bundle(append([]string{patient("a", "A", "")}, entries...)...)}
}

// everywhere reads one column of a query over every source of these sectors.
func (s *stores) everywhere(t *testing.T, sql string, sectors ...record.Sector) (all []string) {
	t.Helper()
	for _, sector := range sectors {
		all = append(all, s.texts(t, sector, sql)...)
	}
	slices.Sort(all)
	return all
}

var clinical = []record.Sector{record.Acute, record.GP, record.MentalHealth}

// ofEach is the records of many people, a bundle each: of the name and the entries that are given, which are about the person a.
func ofEach(people map[string][]string) map[string]string {
	files := map[string]string{}
	for name, entries := range people {
		id := fmt.Sprint("p", len(files))
		about := bundle(append([]string{patient("a", name, "")}, entries...)...)
		files[id+".json"] = strings.NewReplacer(`"id":"a"`, `"id":"`+id+`"`, "Patient/a", "Patient/"+id).Replace(about)
	}
	return files
}

// shown is what is read out of all sources for direct care, as "kind: words", by the family name of the person.
func (s *stores) shown(t *testing.T) map[string][]string {
	t.Helper()
	return s.read(t, fetch.Filter{})
}

// read is what of some kinds, or of all, a filter lets through.
func (s *stores) read(t *testing.T, filter fetch.Filter, only ...fetch.Kind) map[string][]string {
	t.Helper()
	list := exclusion.Default().For("TREAT")
	ctx := fetch.WithTerms(t.Context(), &fetch.Terms{ExcludedCodes: list.Codes(), ExcludedWords: list.Pattern(), ExcludedStems: list.Stems(),
		Specialties: list.Specialties(), Now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)})
	sub := &fetch.Subjects{Index: map[record.NHSNumber]int{}}
	all := map[string][]string{}
	var names []string
	for _, person := range s.texts(t, record.Demographics, `SELECT nhs_number || name_family FROM person`) {
		number := record.NHSNumber(person[:10])
		sub.Index[number] = len(sub.Patients)
		sub.Patients, sub.Numbers, sub.AdultFrom = append(sub.Patients, number), append(sub.Numbers, string(number)), append(sub.AdultFrom, "1968-05-05")
		names = append(names, person[10:])
		all[person[10:]] = nil
	}
	for source, pool := range s.pools {
		reading := readings[source.Sector]
		if reading.open == nil || len(filled(t, pool)) == 0 { // to open one takes longer than all else
			continue
		}
		src, err := reading.open(&record.Organisation{ODSCode: record.Text(source.ODS), Name: "X"}, pool.Config().ConnString(), record.NewIdentifier([]byte("x")))
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		for _, kind := range reading.kinds {
			if len(only) > 0 && !slices.Contains(only, kind) {
				continue
			}
			ask := &fetch.Ask{Kind: kind, Subjects: sub, Filter: filter}
			answers, err := src.Read(ctx, []*fetch.Ask{ask})
			if err != nil || answers[ask].Err != nil {
				t.Fatal(kind, err, answers[ask].Err)
			}
			for i, name := range names {
				for _, text := range inWords(answers[ask], i) {
					all[name] = append(all[name], fmt.Sprint(kind, ": ", text))
				}
				slices.Sort(all[name])
			}
		}
	}
	return all
}

// readings are how the sources of a sector are read, and which kinds of a load's.
var readings = map[record.Sector]struct {
	open  func(*record.Organisation, string, *record.Identifier) (*view.Source, error)
	kinds []fetch.Kind
}{
	record.Acute:        {acute.Open, append(slices.Clone(everySector), fetch.Stays, fetch.Attendances, fetch.Imaging)},
	record.GP:           {gp.Open, append(slices.Clone(everySector), fetch.Consultations)},
	record.MentalHealth: {mentalhealth.Open, append(slices.Clone(everySector), fetch.Stays)},
	record.SocialCare:   {socialcare.Open, []fetch.Kind{fetch.CarePlans, fetch.Documents, fetch.SocialCareAssessments}},
}

var everySector = []fetch.Kind{fetch.Alerts, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Procedures, fetch.Results, fetch.Reports,
	fetch.VitalSigns, fetch.Documents, fetch.CarePlans, fetch.Appointments}

// inWords is what each entry of a subject is about.
func inWords(a fetch.Answer, subject int) []string {
	switch rows := a.Rows.(type) {
	case *fetch.Rows[record.Alert]:
		return words(rows.Of(subject), func(x *record.Alert) string { return x.Kind.Display })
	case *fetch.Rows[record.Allergy]:
		return words(rows.Of(subject), func(x *record.Allergy) string { return x.Substance.Display })
	case *fetch.Rows[record.Medication]:
		return words(rows.Of(subject), func(x *record.Medication) string { return x.Medicine.Display })
	case *fetch.Rows[record.Problem]:
		return words(rows.Of(subject), func(x *record.Problem) string { return x.Problem.Display })
	case *fetch.Rows[record.Immunisation]:
		return words(rows.Of(subject), func(x *record.Immunisation) string { return x.Vaccine.Display })
	case *fetch.Rows[record.Procedure]:
		return words(rows.Of(subject), func(x *record.Procedure) string { return x.Procedure.Display })
	case *fetch.Rows[record.Result]:
		return words(rows.Of(subject), func(x *record.Result) string { return x.Test.Display })
	case *fetch.Rows[record.Report]:
		return words(rows.Of(subject), func(x *record.Report) string { return x.Kind.Display })
	case *fetch.Rows[record.VitalSign]:
		return words(rows.Of(subject), func(x *record.VitalSign) string { return x.Sign.Display })
	case *fetch.Rows[record.Document]:
		return words(rows.Of(subject), func(x *record.Document) string { return x.Kind.Display })
	case *fetch.Rows[record.CarePlan]:
		return words(rows.Of(subject), func(x *record.CarePlan) string { return x.Kind.Display })
	case *fetch.Rows[record.Stay]:
		return words(rows.Of(subject), func(x *record.Stay) string {
			if x.DischargeDestination == nil {
				return "to "
			}
			return "to " + x.DischargeDestination.Display
		})
	case nil:
		return nil
	default:
		return slices.Repeat([]string{"an entry"}, rows.Count(subject))
	}
}

func words[T any](items []T, of func(*T) string) (all []string) {
	for i := range items {
		all = append(all, of(&items[i]))
	}
	return all
}
