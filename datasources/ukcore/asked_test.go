package ukcore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// asker notes the searches that are made through it, one at a time.
type asker struct {
	fhir.Fetcher
	asked *[]string
}

func (a asker) Fetch(ctx context.Context, r fhir.Request) ([]byte, error) {
	line := r.Path
	for _, name := range []string{"identifier", "patient", "_id", ""} {
		if r.Query.Has(name) {
			line += " " + name + "=" + strings.ReplaceAll(r.Query.Get(name), fhir.NHSNumberSystem+"|", "")
		}
	}
	*a.asked = append(*a.asked, line+r.Link)
	return a.Fetcher.Fetch(ctx, r)
}

// noting is a source of a trust that asks for one thing after the other.
func (s *trust) noting(t testing.TB, sector record.Sector, o ukcore.Options) (*ukcore.Source, *[]string) {
	t.Helper()
	asked := &[]string{}
	o.Concurrency = 1
	return ukcore.Open(sector, here, asker{s.source(t, sector, o).Fetcher, asked}, ids, o), asked
}

// A trust is asked for what is wanted and for what may hide it, once, and not for more.
func TestWhatIsAskedFor(t *testing.T) {
	order := func(patient, id, more string) string { return aboutOf(patient, "MedicationRequest", id, tablets+more) }
	all := []string{"Condition patient=Patient/1", "Encounter patient=Patient/1", "MedicationAdministration patient=Patient/1", "MedicationDispense patient=Patient/1",
		"MedicationRequest patient=Patient/1", "MedicationStatement patient=Patient/1"}
	for name, c := range map[string]struct {
		sector record.Sector
		asks   []*fetch.Ask
		held   []string
		want   []string // behind the search for the patients
	}{
		"what is not referred to": {record.Acute, []*fetch.Ask{{Kind: fetch.Medications, Subjects: subjects(someone)}}, []string{order("1", "m", "")}, all},
		"what hides nothing, and what was searched for": {record.Acute, []*fetch.Ask{{Kind: fetch.Medications, Subjects: subjects(someone)}},
			[]string{order("1", "m", `,"insurance":[{"reference":"Coverage/1"}],"reasonReference":[{"reference":"Condition/none"},{"reference":"Procedure/a b"}],"reportedReference":{"reference":"Patient/1"}`)}, all},
		"a type by ids and by identifiers": {record.Acute, []*fetch.Ask{{Kind: fetch.Medications, Subjects: subjects(someone)}},
			[]string{order("1", "m", `,"supportingInformation":[{"reference":"Procedure/b"},{"reference":"Procedure/a"},{"type":"Procedure","identifier":{"value":"7"}},{"type":"Device","identifier":{"value":"8"}}]`)},
			append(slices.Clone(all), "Procedure patient=Patient/1 _id=a,b", "Procedure identifier=|7 patient=Patient/1")},
		"what belongs to nobody, once for all": {record.Acute, []*fetch.Ask{{Kind: fetch.Imaging, Subjects: subjects(someone, another)}},
			[]string{aboutOf("1", "ImagingStudy", "i", `,"location":{"reference":"Location/l"}`), aboutOf("2", "ImagingStudy", "j", `,"location":{"reference":"Location/l"}`), aboutOf("2", "ImagingStudy", "k", `,"location":{"reference":"Location/m"}`)},
			[]string{"Condition patient=Patient/1,Patient/2", "Encounter patient=Patient/1,Patient/2", "ImagingStudy patient=Patient/1,Patient/2", "Location _id=l,m"}},
		"findings, as a whole and once": {record.Acute, []*fetch.Ask{{Kind: fetch.Procedures, Subjects: subjects(someone)}},
			[]string{about1("Procedure", "p", `,"reasonReference":[{"reference":"Observation/o"},{"reference":"Observation/p"}]`), about1("Observation", "o", `,"derivedFrom":[{"reference":"Observation/q"}]`)},
			[]string{"Condition patient=Patient/1", "Encounter patient=Patient/1", "Procedure patient=Patient/1", "DiagnosticReport patient=Patient/1", "Observation patient=Patient/1"}},
		"not what came with it": {record.Acute, []*fetch.Ask{{Kind: fetch.Procedures, Subjects: subjects(someone)}},
			[]string{about1("Procedure", "p", `,"location":{"reference":"Location/l"}`), `{"resourceType":"Location","id":"l"}`},
			[]string{"Condition patient=Patient/1", "Encounter patient=Patient/1", "Procedure patient=Patient/1"}},
		"not the reports of a finding twice": {record.Acute, []*fetch.Ask{{Kind: fetch.Reports, Subjects: subjects(someone)}},
			[]string{about1("DiagnosticReport", "r", `,"result":[{"reference":"Observation/o"}]`), about1("Observation", "o", "")},
			[]string{"Condition patient=Patient/1", "DiagnosticReport patient=Patient/1", "Encounter patient=Patient/1", "Observation patient=Patient/1"}},
		"not the entries of a list": {record.Acute, []*fetch.Ask{{Kind: fetch.Notes, Subjects: subjects(someone)}}, []string{about1("List", "l", `,"entry":[{"item":{"reference":"Procedure/p"}}]`), about1("Composition", "x", "")},
			[]string{"AllergyIntolerance patient=Patient/1", "Condition patient=Patient/1", "Encounter patient=Patient/1", "List patient=Patient/1"}},
		"what two kinds are read from": {record.Acute, []*fetch.Ask{{Kind: fetch.Needs, Subjects: subjects(someone)}, {Kind: fetch.Alerts, Subjects: subjects(someone)}}, nil,
			[]string{"Condition patient=Patient/1", "Encounter patient=Patient/1", "Flag patient=Patient/1"}},
		"decisions made in advance, in forms too": {record.Acute, []*fetch.Ask{{Kind: fetch.AdvanceCare, Subjects: subjects(someone)}}, nil,
			[]string{"Condition patient=Patient/1", "Consent patient=Patient/1", "Encounter patient=Patient/1", "QuestionnaireResponse patient=Patient/1"}},
		"contacts, on which nothing hangs": {record.Acute, []*fetch.Ask{{Kind: fetch.Contacts, Subjects: subjects(someone)}}, nil, []string{"RelatedPerson patient=Patient/1"}},
		"not those whom it does not know":  {record.Acute, []*fetch.Ask{{Kind: fetch.Contacts, Subjects: subjects(third, someone)}}, nil, []string{"RelatedPerson patient=Patient/1"}},
		"nobody, where it knows nobody":    {record.Acute, []*fetch.Ask{{Kind: fetch.Contacts, Subjects: subjects(third)}}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			held := open(t, append([]string{patientOf("1", someone), patientOf("2", another)}, c.held...)...)
			held.strict = true
			s, asked := held.noting(t, c.sector, ukcore.Options{})
			if _, err := s.Read(fetch.WithTerms(t.Context(), terms()), c.asks); err != nil {
				t.Fatal(err)
			}
			if got := (*asked)[1:]; !slices.Equal(got, c.want) {
				t.Errorf("asked\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A page holds as many as the trust is told, with what is shown with them and what that refers to.
func TestHowASearchIsMade(t *testing.T) {
	for count, want := range map[int]string{0: "200", 7: "7"} {
		var all []fhir.Request
		tr := open(t, patientOf("1", someone))
		s := ukcore.Open(record.Acute, here, queries{tr.source(t, record.Acute, ukcore.Options{}).Fetcher, &all}, ids, ukcore.Options{Count: count, SourceOptions: fhir.SourceOptions{Concurrency: 1}})
		if _, err := read(t, s, subjects(someone)); err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if got := r.Query.Get("_count"); got != want {
				t.Errorf("%s: %s to a page", r.Path, got)
			}
			wants := map[string][]string{"Condition": {"Condition:asserter"}, "Immunization": {"Immunization:performer", "Immunization:location", "Immunization:manufacturer"}, "Consent": nil}
			if want, known := wants[r.Path]; known && (!slices.Equal(r.Query["_include"], want) || len(r.Query["_include:iterate"]) != 3*min(1, len(want))) {
				t.Errorf("%s: %v", r.Path, r.Query)
			}
		}
	}
}

// queries notes whole requests.
type queries struct {
	fhir.Fetcher
	all *[]fhir.Request
}

func (q queries) Fetch(ctx context.Context, r fhir.Request) ([]byte, error) {
	*q.all = append(*q.all, r)
	return q.Fetcher.Fetch(ctx, r)
}

// Of what is not read here nobody is asked for.
func TestWhatIsNotAskedFor(t *testing.T) {
	held := open(t, patientOf("1", someone), patientOf("2", another))
	s, asked := held.noting(t, record.MentalHealth, ukcore.Options{})
	for name, c := range map[string]struct {
		asks []*fetch.Ask
		want []string
	}{
		"a kind of another sector": {[]*fetch.Ask{{Kind: fetch.Imaging, Subjects: subjects(someone)}}, nil},
		"a kind without a place":   {[]*fetch.Ask{{Kind: fetch.LegalStatuses, Subjects: subjects(someone)}}, nil},
		"a kind without a place, beside another": {[]*fetch.Ask{{Kind: fetch.LegalStatuses, Subjects: subjects(someone)}, {Kind: fetch.Contacts, Subjects: subjects(another)}},
			[]string{"Patient identifier=9990000026", "RelatedPerson patient=Patient/2"}},
	} {
		*asked = nil
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), c.asks)
		if a, answered := got[c.asks[0]]; err != nil || !slices.Equal(*asked, c.want) || answered != (c.asks[0].Kind == fetch.LegalStatuses) || answered && !errors.Is(a.Err, record.ErrNotServed) {
			t.Errorf("%s: asked %q, %+v, %v", name, *asked, a, err)
		}
	}
	for _, batch := range []bool{false, true} {
		for _, held := range []string{patientOf("2", another), restricted("1")} {
			none := open(t, held)
			if a, err := one(t, none.source(t, record.Acute, ukcore.Options{Batch: batch}), problemsOf(someone)); err != nil || !a.Absent[0] || !slices.Equal(none.got(), []string{"Patient"}) {
				t.Errorf("batch %v: asked %v, %v", batch, none.got(), err)
			}
		}
	}
}

// Letters are asked for where documents are, and only there.
func TestWhenLettersAreAskedFor(t *testing.T) {
	for kind, want := range map[fetch.Kind]int{fetch.Documents: 1, fetch.DocumentContent: 1, fetch.Allergies: 0} {
		var asked []string
		letters := asker{whole{someone: letterOf(someone)}, &asked}
		s := open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letters})
		if _, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)}); err != nil || len(asked) != want {
			t.Errorf("%s: asked %q, %v", kind, asked, err)
		}
	}
	trusts := ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: whole{someone: letterOf(someone)}})
	for kind, want := range map[fetch.Kind]error{fetch.Documents: nil, fetch.Allergies: record.ErrNotServed} {
		if _, err := one(t, trusts, &fetch.Ask{Kind: kind, Subjects: subjects(someone)}); !errors.Is(err, want) {
			t.Errorf("of a trust with nothing but letters, %s: %v", kind, err)
		}
	}
	var asked []fhir.Request
	trusts = ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: asking{&asked, whole{another: letterOf(another)}}})
	asks := []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects(someone)}, {Kind: fetch.Documents, Subjects: subjects(another)}}
	if _, err := trusts.Read(fetch.WithTerms(t.Context(), terms()), asks); err != nil || len(asked) != 1 {
		t.Errorf("letters of one of two: asked %v, %v", asked, err)
	}
	if _, err := one(t, ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}); !errors.Is(err, record.ErrNotServed) {
		t.Errorf("of a trust with nothing: %v", err)
	}
}

// A chain of references that does not end tells nothing of what may be shown.
func TestReferencesThatGoOn(t *testing.T) {
	for steps, shown := range map[int]bool{8: true, 9: false} {
		held := []string{patientOf("1", someone), about1("ServiceRequest", "s", `,"intent":"order","code":{"text":"Clinic"},"supportingInfo":[{"reference":"ClinicalImpression/1"}]`)}
		for i := range steps {
			more := fmt.Sprintf(`,"previous":{"reference":"ClinicalImpression/%d"}`, i+2)
			if i == steps-1 {
				more = ""
			}
			held = append(held, about1("ClinicalImpression", fmt.Sprint(i+1), more))
		}
		tr := open(t, held...)
		tr.strict = true
		a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Referrals, Subjects: subjects(someone)})
		if errors.Is(err, record.ErrMalformed) == shown || (idsOf(a, 0) == "s") != shown {
			t.Errorf("%d steps: %q, %v", steps, idsOf(a, 0), err)
		}
	}
}

// A search that failed stays a gap though what others refer to was found.
func TestAFailureBesideWhatIsReferredTo(t *testing.T) {
	for _, role := range []int{0, 403} {
		held := open(t, patientOf("1", someone), `{"resourceType":"PractitionerRole","id":"r"}`, about1("Procedure", "p", `,"recorder":{"reference":"PractitionerRole/r"}`))
		held.strict, held.fails["Encounter"], held.fails["PractitionerRole"] = true, 500, role
		if a, err := one(t, held.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: fetch.Stays, Subjects: subjects(someone)}); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%+v, %v", a, err)
		}
		if !slices.Contains(held.got(), "PractitionerRole") {
			t.Error("what it refers to was not asked for")
		}
	}
}

// Of several patients each has their own answer: whom the trust does not know it does not know
// though it cannot answer for the others, and who is somebody else there is not asked for.
func TestEachPatientByThemselves(t *testing.T) {
	held := open(t, patientOf("1", someone), patientOf("2", another), strings.Replace(patientOf("3", someone), "1970", "1999", 1))
	for _, resource := range []string{"Condition", "Encounter"} {
		held.fails[resource] = 500
	}
	s, asked := held.noting(t, record.Acute, ukcore.Options{})
	ask := problemsOf(someone, another, third)
	ask.Subjects.Born = []string{"1970", "1970", "1970"}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask})
	a := got[ask]
	if err != nil || len(a.Errs) != 3 || !errors.Is(a.Errs[0], record.ErrIdentity) || !errors.Is(a.Errs[1], record.ErrUnavailable) || a.Errs[2] != nil || !a.Absent[2] {
		t.Errorf("%+v, %v", a, err)
	}
	if want := []string{"Patient identifier=9990000018,9990000026,9990000034", "Condition patient=Patient/2", "Encounter patient=Patient/2"}; !slices.Equal(*asked, want) {
		t.Errorf("asked %q", *asked)
	}
}

// A trust is asked for so much at once and not for more.
func TestSearchesAtOnceUpToTheBound(t *testing.T) {
	two := fhirtest.NewAtOnce(2)
	held := open(t, patientOf("1", someone))
	s := held.source(t, record.Acute, ukcore.Options{SourceOptions: fhir.SourceOptions{Concurrency: 2}})
	s.Fetcher = slow{s.Fetcher, two}
	if _, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Subjects: subjects(someone)}); err != nil || two.Most() != 2 {
		t.Errorf("%d at once, %v", two.Most(), err)
	}
}

// slow stays a while with each search but those for patients.
type slow struct {
	fhir.Fetcher
	stay *fhirtest.AtOnce
}

func (s slow) Fetch(ctx context.Context, r fhir.Request) ([]byte, error) {
	if r.Path != "Patient" {
		s.stay.Stay()
	}
	return s.Fetcher.Fetch(ctx, r)
}
