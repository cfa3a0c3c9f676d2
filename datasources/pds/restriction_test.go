package pds_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/pds"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

const (
	system  = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	details = `"name":[{"use":"usual","family":"Doe"}],"birthDate":"1965-11-15","telecom":[{"system":"phone","value":"01632960587"}],"contact":[{"id":"C1","telecom":[{"system":"phone","value":"01632960588"}]}]`
)

func labelled(labels string) string { return `"meta":{"security":[` + labels + `]}` }

func label(code string) string { return `{"system":"` + system + `","code":"` + code + `"}` }

// The resolvers withhold a patient by Person.Restricted alone. Whatever PDS says but a
// plain U, the person is restricted, and nothing else of them comes.
func TestARestrictionThatCannotBeReadRestricts(t *testing.T) {
	for name, c := range map[string]struct {
		meta       string
		restricted bool
		event      string
	}{
		"unrestricted":                 {labelled(label("U")), false, ""},
		"restricted":                   {labelled(label("R")), true, "confidential Patient"},
		"very restricted":              {labelled(label("V")), true, "confidential Patient"},
		"redacted":                     {labelled(label("REDACTED")), true, "confidential Patient"},
		"both":                         {labelled(label("U") + "," + label("R")), true, "confidential Patient"},
		"both the other way":           {labelled(label("R") + "," + label("U")), true, "confidential Patient"},
		"no meta":                      {`"active":true`, true, "malformed restriction"},
		"meta without security":        {`"meta":{"versionId":"2"}`, true, "malformed restriction"},
		"an empty list":                {`"meta":{"security":[]}`, true, "malformed restriction"},
		"a null":                       {`"meta":{"security":null}`, true, "malformed restriction"},
		"meta that is a null":          {`"meta":null`, true, "malformed restriction"},
		"an empty label":               {labelled("{}"), true, "malformed restriction"},
		"a label that is null":         {labelled("null"), true, "malformed restriction"},
		"a code nobody knows":          {labelled(label("N")), true, "malformed restriction"},
		"a code nobody knows beside U": {labelled(label("U") + "," + label("X")), true, "malformed restriction"},
		"lower case":                   {labelled(label("u")), true, "malformed restriction"},
		"with a space":                 {labelled(label("U ")), true, "malformed restriction"},
		"U of another system":          {labelled(`{"system":"http://hl7.org/fhir/v3/Confidentiality","code":"U"}`), true, "malformed restriction"},
		"U of no system":               {labelled(`{"code":"U"}`), true, "malformed restriction"},
		"words alone":                  {labelled(`{"system":"` + system + `","display":"unrestricted"}`), true, "malformed restriction"},
		"a code that is a number":      {labelled(`{"system":"` + system + `","code":1}`), true, "malformed restriction"},
		"one object for the list":      {`"meta":{"security":` + label("U") + `}`, true, "malformed restriction"},
		"meta that is a text":          {`"meta":"U"`, true, "malformed restriction"},
		"meta that is a list":          {`"meta":[{"security":[` + label("U") + `]}]`, true, "malformed restriction"},
		"profiles that are none":       {`"meta":{"profile":7,"security":[` + label("R") + `]}`, true, "confidential Patient"},
	} {
		for shape, body := range map[string]string{"alone": patient(someone, c.meta, details), "in a bundle": bundle(patient(someone, c.meta, details))} {
			t.Run(name+", "+shape, func(t *testing.T) {
				seen := &events{}
				s, stub := serve(t, map[string]answer{
					patientPath(someone): respond(200, body), relatedPath(someone): respond(200, bundle(related(someone, `"id":"1"`)))}, pds.Options{Observe: seen.Observe})
				got, err := read(t, s, subjects("1965-11-15", someone))
				if err != nil {
					t.Fatal(err)
				}
				if c.event != "" && seen.Count(c.event) != 1 {
					t.Errorf("observed %v, want %q", seen.Lines(), c.event)
				}
				if !c.restricted {
					if p := persons(got, 0); len(p) != 1 || p[0].Restricted || p[0].Name == nil || len(contacts(got, 0)) != 2 {
						t.Errorf("%+v", p)
					}
					return
				}
				nothingButRestricted(t, got, 0)
				if slices.Contains(stub.asked, relatedPath(someone)) {
					t.Error("asked for the contacts of a restricted person")
				}
			})
		}
	}
}

func nothingButRestricted(t *testing.T, got map[fetch.Kind]fetch.Answer, i int) {
	t.Helper()
	unclear := marked(got[fetch.Persons].Unreadable, i)
	if diff := cmp.Diff([]record.Person{{Restricted: true, RestrictionUnclear: unclear}}, persons(got, i)); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
	for _, kind := range []fetch.Kind{fetch.Contacts, fetch.Needs} {
		if err := failure(got[kind], i); !errors.Is(err, record.ErrRefused) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if len(contacts(got, i))+len(needs(got, i)) > 0 {
		t.Error("entries of a restricted person came out")
	}
}

// An answer of PDS about the person that cannot be taken apart may say that they are
// restricted, so nothing of them comes. One that is none of PDS's, or says nothing of the
// person, is as if PDS were down: our own register decides.
func TestAnAnswerThatCannotBeReadRestricts(t *testing.T) {
	good := person(someone, details)
	plain := func(body string) answer {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
	}
	for name, c := range map[string]struct {
		answer     answer
		restricted bool
		kind       error
	}{
		"not UTF-8":                   {respond(200, strings.Replace(good, "Doe", "D\xffe", 1)), true, record.ErrMalformed},
		"cut short":                   {respond(200, good[:len(good)/2]), true, record.ErrMalformed},
		"two labels":                  {respond(200, strings.Replace(good, `"meta"`, labelled(label("R"))+`,"meta"`, 1)), true, record.ErrMalformed},
		"two labels, in another case": {respond(200, strings.Replace(good, `"meta"`, `"META":{},"meta"`, 1)), true, record.ErrMalformed},
		"a birth date twice":          {respond(200, strings.Replace(good, `"birthDate"`, `"birthDate":"1965-11-15","birthDate"`, 1)), true, record.ErrMalformed},
		"HTML that calls itself FHIR": {respond(200, "<html>"), true, record.ErrMalformed},
		"nested too deep":             {respond(200, strings.Replace(good, `"birthDate"`, `"x":`+strings.Repeat("[", 70)+strings.Repeat("]", 70)+`,"birthDate"`, 1)), true, record.ErrMalformed},
		"compressed, and not": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			respond(200, good)(w, r)
		}, true, record.ErrMalformed},
		"a page of a proxy":                     {plain("<html>Sign in</html>"), false, record.ErrMalformed},
		"an outcome in its place":               {respond(200, outcome("X")), false, record.ErrMalformed},
		"a Bundle with nobody":                  {respond(200, bundle()), false, record.ErrMalformed},
		"broken down, with what cannot be read": {respond(500, "{"), false, record.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s, stub := serve(t, map[string]answer{patientPath(someone): c.answer, patientPath(another): respond(200, person(another, details))}, pds.Options{})
			got, err := read(t, s, subjects("1965-11-15", someone, another))
			if err != nil {
				t.Fatal(err)
			}
			if err := failure(got[fetch.Persons], 0); !errors.Is(err, c.kind) {
				t.Errorf("%v, want %v", err, c.kind)
			}
			if unclear := marked(got[fetch.Persons].Unreadable, 0); unclear != c.restricted || !c.restricted && len(persons(got, 0)) > 0 {
				t.Errorf("unclear: %v, %d persons", unclear, len(persons(got, 0)))
			}
			if c.restricted {
				nothingButRestricted(t, got, 0)
			}
			if p := persons(got, 1); len(p) != 1 || p[0].Restricted || slices.Contains(stub.asked, relatedPath(someone)) {
				t.Errorf("the other: %+v", p)
			}
		})
	}
}

// That a person is restricted outlives whatever else is wrong with the answer.
func TestARestrictionOutlivesErrors(t *testing.T) {
	restricted := labelled(label("R"))
	for name, c := range map[string]struct {
		body, born string
		kind       error
	}{
		"another birth date":           {patient(someone, restricted, `"birthDate":"1930-01-01"`), "1965-11-15", record.ErrIdentity},
		"a birth date that is none":    {patient(someone, restricted, `"birthDate":"1965-02-30"`), "1965-11-15", record.ErrMalformed},
		"a name that is a number":      {patient(someone, restricted, `"name":7`), "1965-11-15", nil},
		"of another version":           {patient(someone, `"meta":{"profile":["https://fhir.nhs.uk/STU3/StructureDefinition/X"],"security":[`+label("R")+`]}`), "", record.ErrMalformed},
		"two of one number":            {bundle(person(someone), patient(someone, restricted)), "", record.ErrMalformed},
		"two of one number, reversed":  {bundle(patient(someone, restricted), person(someone)), "", record.ErrMalformed},
		"three of one number":          {bundle(person(someone), person(someone, `"active":true`), patient(someone, restricted)), "", record.ErrMalformed},
		"larger than any":              {patient(someone, restricted, `"language":"`+strings.Repeat("x", 3<<20)+`"`), "", record.ErrMalformed},
		"of a successor, not the same": {patient(another, restricted, `"birthDate":"1930-01-01"`), "1965-11-15", record.ErrMalformed},
		"of a successor":               {patient(another, restricted, `"birthDate":"1965-11-15"`), "1965-11-15", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, c.body)}, pds.Options{})
			got, err := read(t, s, subjects(c.born, someone))
			if err != nil {
				t.Fatal(err)
			}
			if err := failure(got[fetch.Persons], 0); !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Errorf("%v, want %v", err, c.kind)
			}
			nothingButRestricted(t, got, 0)
		})
	}
}

// PDS answers for a superseded number with the Patient of the one that stands now. Whether
// that person may be shown was decided under the old one: there may be an objection under
// the new. So it is told, and nothing of it is shown until our register has it.
func TestSupersededNumbersWaitForOurRegister(t *testing.T) {
	const born = `"birthDate":"1965-11-15"`
	theirs := related(another, `"id":"1","name":[{"family":"Roe"}]`)
	for name, c := range map[string]struct {
		body, ours string
		kind       error
	}{
		"the same birth date":                   {person(another, born, `"name":[{"use":"usual","family":"Doe"}]`), "1965-11-15", record.ErrIdentity},
		"another birth date":                    {person(another, `"birthDate":"1965-11-16"`), "1965-11-15", record.ErrMalformed},
		"no birth date":                         {person(another), "1965-11-15", record.ErrMalformed},
		"a year alone":                          {person(another, `"birthDate":"1965"`), "1965", record.ErrMalformed},
		"we know no birth date":                 {person(another, born), "", record.ErrMalformed},
		"its id is not its number":              {strings.Replace(person(another, born), `"id":"9990000026"`, `"id":"9990000034"`, 1), "1965-11-15", record.ErrMalformed},
		"several to choose from":                {bundle(person(another, born), person(third, born)), "1965-11-15", record.ErrMalformed},
		"its own number is there, too":          {bundle(person(another, born), person(someone, born, `"name":[{"use":"usual","family":"Doe"}]`)), "1965-11-15", nil},
		"a number whose check digit is not one": {person("9990000027", born), "1965-11-15", record.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, stub := serve(t, map[string]answer{patientPath(someone): respond(200, c.body), relatedPath(another): respond(200, bundle(theirs))}, pds.Options{Observe: seen.Observe})
			got, err := read(t, s, subjects(c.ours, someone))
			if err != nil {
				t.Fatal(err)
			}
			if err := failure(got[fetch.Persons], 0); !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if errors.Is(c.kind, record.ErrIdentity) {
				if len(persons(got, 0)) != 0 || len(contacts(got, 0)) != 0 || slices.Contains(stub.asked, relatedPath(another)) || seen.Count("superseded Patient") != 1 || seen.Count("foreign Patient") != 0 {
					t.Errorf("%d persons; observed %v", len(persons(got, 0)), seen.Lines())
				}
				return
			}
			if c.kind != nil {
				if len(persons(got, 0)) != 0 || seen.Count("foreign Patient") == 0 || seen.Count("malformed answer") != 1 {
					t.Errorf("%d persons; observed %v", len(persons(got, 0)), seen.Lines())
				}
				return
			}
			if p := persons(got, 0); len(p) != 1 || p[0].Name == nil || p[0].Name.Family != "Doe" {
				t.Fatalf("%+v", p)
			}
			if seen.Count("foreign Patient") != 1 || seen.Count("superseded Patient") != 0 {
				t.Errorf("observed %v", seen.Lines())
			}
		})
	}
}

// An invalidated number shows nothing of anybody; it is no word that PDS holds nothing,
// so that it is asked again.
func TestAnInvalidatedNumberIsWithheld(t *testing.T) {
	s, _ := serve(t, map[string]answer{patientPath(someone): respond(404, payload(t, "errors/INVALIDATED_RESOURCE.json.gz"))}, pds.Options{})
	got, err := read(t, s, subjects("1965-11-15", someone))
	if err != nil {
		t.Fatal(err)
	}
	nothingButRestricted(t, got, 0)
	if got[fetch.Persons].Absent != nil || got[fetch.Persons].Errs != nil {
		t.Errorf("%+v", got[fetch.Persons])
	}
}

// A folder of people stands for PDS.
func TestAFolderIsASource(t *testing.T) {
	dir := t.TempDir()
	write := func(name, body string) {
		t.Helper()
		writeFile(t, dir, name, body)
	}
	write("someone.json", person(someone, details))
	write("their-contact.json", strings.Replace(related(someone, `"id":"1","name":[{"family":"Roe"}]`), `"patient":{`, `"patient":{"reference":"Patient/`+string(someone)+`",`, 1))
	write("another.json", patient(another, labelled(label("R")), details))
	write("fourth.json", person("9990000050", details))
	write("third.json", bundle(person(third, details), related(third, `"id":"2","name":[{"family":"Poe"}]`)))
	folder, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	got, err := read(t, pds.Open(org, folder, ids, pds.Options{}), subjects("1965-11-15", someone, another, third, "9990000042", "9990000050"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 0, 2, 0, 1} {
		if n := len(contacts(got, i)); n != want || failure(got[fetch.Contacts], i) != nil != (i == 1) || marked(got[fetch.Contacts].Unreadable, i) {
			t.Errorf("%d contacts of %d, want %d: %+v", n, i, want, got[fetch.Contacts])
		}
	}
	nothingButRestricted(t, got, 1)
	if a := got[fetch.Persons]; !marked(a.Absent, 3) || a.Errs != nil || len(persons(got, 3)) != 0 {
		t.Errorf("nobody: %+v", a)
	}
}
