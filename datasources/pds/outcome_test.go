package pds_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carerecord/datasources/pds"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

func writeFile(t *testing.T, dir, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What each of PDS's outcomes becomes, and each status without one. The error of nobody
// is "absent": PDS does not know the number.
func TestEachOutcome(t *testing.T) {
	absent, withheld := errors.New("absent"), errors.New("withheld")
	cases := map[string]struct {
		status int
		body   string
		kind   error
		event  string
	}{
		"ACCESS_DENIED":                          {403, "", record.ErrRefused, "refused ACCESS_DENIED"},
		"ADDITIONAL_PROPERTIES":                  {400, "", record.ErrMalformed, "malformed ADDITIONAL_PROPERTIES"},
		"FORBIDDEN_UPDATE":                       {403, "", record.ErrRefused, "refused FORBIDDEN_UPDATE"},
		"INSERT_BIRTH_DEATH_STATUS_INCONSISTENT": {400, "", record.ErrMalformed, "malformed "},
		"INVALIDATED_RESOURCE":                   {404, "", withheld, "confidential Patient"},
		"INVALID_CREATE":                         {400, "", record.ErrMalformed, "malformed "},
		"INVALID_METHOD":                         {403, "", record.ErrRefused, "refused INVALID_METHOD"},
		"INVALID_RESOURCE_ID":                    {400, "", record.ErrMalformed, "malformed INVALID_RESOURCE_ID"},
		"INVALID_SEARCH_DATA":                    {400, "", record.ErrMalformed, "malformed INVALID_SEARCH_DATA"},
		"INVALID_UPDATE":                         {400, "", record.ErrMalformed, "malformed "},
		"INVALID_VALUE":                          {400, "", record.ErrMalformed, "malformed INVALID_VALUE"},
		"MISSING_VALUE":                          {400, "", record.ErrMalformed, "malformed MISSING_VALUE"},
		"NOT_SUPPORTED_SEARCH":                   {404, "", record.ErrUnavailable, ""},
		"PRECONDITION_FAILED":                    {412, "", record.ErrMalformed, "malformed PRECONDITION_FAILED"},
		"RESOURCE_NOT_FOUND":                     {404, "", absent, ""},
		"RESOURCE_VERSION_MISMATCH":              {409, "", record.ErrMalformed, "malformed "},
		"TOO_FEW_VALUES_SUBMITTED":               {400, "", record.ErrMalformed, "malformed TOO_FEW_VALUES_SUBMITTED"},
		"TOO_MANY_VALUES_SUBMITTED":              {400, "", record.ErrMalformed, "malformed TOO_MANY_VALUES_SUBMITTED"},
		"UNSUPPORTED_SERVICE":                    {400, "", record.ErrUnavailable, ""},

		"not found and nobody says what":      {404, `{}`, record.ErrUnavailable, ""},
		"not found and refused at once":       {404, strings.Replace(outcome("RESOURCE_NOT_FOUND"), `]},"diag`, `,{"code":"ACCESS_DENIED"}]},"diag`, 1), record.ErrRefused, "refused ACCESS_DENIED"},
		"unknown and invalidated at once":     {404, strings.Replace(outcome("RESOURCE_NOT_FOUND"), `]},"diag`, `,{"code":"INVALIDATED_RESOURCE"}]},"diag`, 1), withheld, "confidential Patient"},
		"invalidated and unknown at once":     {404, strings.Replace(outcome("INVALIDATED_RESOURCE"), `]},"diag`, `,{"code":"RESOURCE_NOT_FOUND"}]},"diag`, 1), withheld, "confidential Patient"},
		"not found with a 403":                {403, outcome("RESOURCE_NOT_FOUND"), record.ErrRefused, "refused "},
		"not found where a Patient is":        {200, outcome("RESOURCE_NOT_FOUND"), record.ErrMalformed, "malformed "},
		"invalidated where a Patient is":      {200, outcome("INVALIDATED_RESOURCE"), record.ErrMalformed, "malformed "},
		"no token":                            {401, ``, record.ErrRefused, "refused "},
		"asked too often":                     {429, ``, record.ErrUnavailable, ""},
		"broken down":                         {500, ``, record.ErrUnavailable, ""},
		"a gateway that gave up":              {504, ``, record.ErrTimeout, ""},
		"a redirect":                          {302, ``, record.ErrUnavailable, ""},
		"gone":                                {410, ``, record.ErrUnavailable, ""},
		"invalidated, by a status of its own": {410, outcome("INVALIDATED_RESOURCE"), withheld, "confidential Patient"},
	}
	files, err := filepath.Glob("testdata/errors/*.gz")
	if err != nil || len(files) != 19 {
		t.Fatalf("%d outcomes, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json.gz")
		c, known := cases[name]
		if !known {
			t.Errorf("no case for %s", name)
		}
		c.body = payload(t, "errors/"+name+".json.gz")
		cases[name] = c
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(c.status, c.body)}, pds.Options{Observe: seen.Observe})
			got, err := read(t, s, subjects("", someone))
			if err == nil {
				err = failure(got[fetch.Persons], 0)
			}
			a := got[fetch.Persons]
			switch c.kind {
			case absent:
				if err != nil || !marked(a.Absent, 0) || len(persons(got, 0)) != 0 {
					t.Errorf("%v, %+v", err, a)
				}
			case withheld:
				if err != nil {
					t.Fatal(err)
				}
				nothingButRestricted(t, got, 0)
			default:
				if !errors.Is(err, c.kind) {
					t.Fatalf("%v, want %v", err, c.kind)
				}
				if strings.Contains(err.Error(), "999") || strings.Contains(err.Error(), "127.0.0.1") {
					t.Errorf("the error says too much: %v", err)
				}
			}
			if said := strings.Join(seen.Lines(), ", "); said != c.event || c.event != "" && seen.Count(c.event) != 1 {
				t.Errorf("observed %q, want %q", said, c.event)
			}
		})
	}
}

// Bad input: the whole answer is malformed, or only what could not be read.
func TestBadAnswers(t *testing.T) {
	good := person(someone, `"name":[{"use":"usual","family":"Doe"}]`, `"birthDate":"1965-11-15"`, `"deceasedDateTime":"2024-02-01T00:00:00+00:00"`)
	for name, c := range map[string]struct {
		body    string
		whole   error
		partly  bool
		foreign int
	}{
		"as it should be":                      {good, nil, false, 0},
		"3 MB in one string":                   {person(someone, `"name":[{"use":"usual","family":"`+strings.Repeat("D", 3<<20)+`"}]`), record.ErrMalformed, false, 0},
		"of STU3":                              {strings.Replace(good, `"meta":{`, `"meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Patient-1"],`, 1), record.ErrMalformed, false, 0},
		"another resource":                     {strings.Replace(good, `"Patient"`, `"Basic"`, 1), record.ErrMalformed, false, 0},
		"an empty Bundle":                      {bundle(), record.ErrMalformed, false, 0},
		"of somebody else":                     {strings.NewReplacer(string(someone), string(another), "1965-11-15", "1965-11-16").Replace(good), record.ErrMalformed, false, 1},
		"of a number that is none":             {strings.ReplaceAll(good, string(someone), "1234567890"), record.ErrMalformed, false, 1},
		"without a number":                     {strings.Replace(good, `"identifier"`, `"identifiers"`, 1), record.ErrMalformed, false, 1},
		"somebody else's beside it":            {bundle(good, person(another)), nil, false, 1},
		"the same Patient twice":               {bundle(good, good), nil, false, 0},
		"two different ones":                   {bundle(good, strings.Replace(good, "Doe", "Roe", 1)), record.ErrMalformed, false, 0},
		"a birth date that does not exist":     {strings.Replace(good, "1965-11-15", "1965-02-30", 1), record.ErrMalformed, false, 0},
		"another birth date":                   {strings.Replace(good, "1965-11-15", "1965-11-16", 1), record.ErrIdentity, false, 0},
		"another year, and that is all":        {strings.Replace(good, "1965-11-15", "1966", 1), record.ErrIdentity, false, 0},
		"the year, and that is all":            {strings.Replace(good, "1965-11-15", "1965", 1), nil, false, 0},
		"no birth date":                        {strings.Replace(good, `"birthDate":"1965-11-15",`, "", 1), nil, false, 0},
		"a death on a day that does not exist": {strings.Replace(good, "2024-02-01T", "2024-02-30T", 1), nil, true, 0},
		"a death without a date":               {strings.Replace(good, `"deceasedDateTime":"2024-02-01T00:00:00+00:00"`, `"deceasedBoolean":true`, 1), nil, true, 0},
		"not dead":                             {strings.Replace(good, `"deceasedDateTime":"2024-02-01T00:00:00+00:00"`, `"deceasedBoolean":false`, 1), nil, false, 0},
		"an address of a time that is none":    {strings.Replace(good, `"birthDate"`, `"address":[{"use":"home","line":["1 Street"],"period":{"end":"soon"}}],"birthDate"`, 1), nil, true, 0},
		"a contact that is a text":             {strings.Replace(good, `"birthDate"`, `"contact":"Roe","birthDate"`, 1), record.ErrMalformed, false, 0},
		"a name that is a text":                {strings.Replace(good, `[{"use":"usual","family":"Doe"}]`, `"Doe"`, 1), record.ErrMalformed, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, c.body)}, pds.Options{Observe: seen.Observe})
			got, err := read(t, s, subjects("1965-11-15", someone))
			if err != nil {
				t.Fatal(err)
			}
			for kind, a := range got {
				if err := failure(a, 0); !errors.Is(err, c.whole) || (err == nil) != (c.whole == nil) {
					t.Errorf("%s: %v, want %v", kind, err, c.whole)
				}
			}
			if p := persons(got, 0); c.whole != nil && len(p) != 0 || c.whole == nil && (len(p) != 1 || p[0].Name == nil || p[0].Restricted) {
				t.Errorf("%+v", p)
			}
			if partly := marked(got[fetch.Persons].Unreadable, 0); partly != c.partly {
				t.Errorf("partly unreadable: %v; observed %v", partly, seen.Lines())
			}
			if n := seen.Count("foreign Patient"); n != c.foreign {
				t.Errorf("%d of somebody else", n)
			}
			if errors.Is(c.whole, record.ErrIdentity) && seen.Count("mismatched birth date") != 1 || errors.Is(c.whole, record.ErrMalformed) && seen.Count("malformed answer") != 1 {
				t.Errorf("observed %v", seen.Lines())
			}
		})
	}
}

// What is never shown, children and other people's contacts do not come; what cannot be
// read leaves the list incomplete.
func TestContacts(t *testing.T) {
	for name, c := range map[string]struct {
		related string
		shown   bool
		partly  bool
		event   string
	}{
		"a contact":                       {related(someone, `"id":"1","name":[{"family":"Roe"}]`), true, false, ""},
		"an adult":                        {related(someone, `"id":"1","birthDate":"2007-06-01"`), true, false, ""},
		"a child":                         {related(someone, `"id":"1","birthDate":"2007-06-02"`), false, false, ""},
		"perhaps a child":                 {related(someone, `"id":"1","birthDate":"2007"`), false, false, ""},
		"born on no day":                  {related(someone, `"id":"1","birthDate":"1990-02-30"`), false, true, "unreadable contact"},
		"one who was one":                 {related(someone, `"id":"1","period":{"end":"2025-05-31"}`), false, false, ""},
		"one who is one to this day":      {related(someone, `"id":"1","period":{"end":"2025-06-01"}`), true, false, ""},
		"one to be":                       {related(someone, `"id":"1","period":{"start":"2025-06-02"}`), false, false, ""},
		"at a time that is none":          {related(someone, `"id":"1","period":{"start":"soon"}`), false, true, "unreadable contact"},
		"not active":                      {related(someone, `"id":"1","active":false`), false, false, ""},
		"without id":                      {related(someone, `"name":[{"family":"Roe"}]`), false, true, "unreadable contact"},
		"names that are a number":         {related(someone, `"id":"1","name":7`), false, true, "unreadable contact"},
		"of somebody else":                {related(another, `"id":"1"`), false, true, "foreign RelatedPerson"},
		"of somebody else by reference":   {`{"resourceType":"RelatedPerson","id":"1","patient":{"reference":"Patient/9990000026"}}`, false, true, "foreign RelatedPerson"},
		"of two people":                   {strings.Replace(related(someone, `"id":"1"`), `"patient":{`, `"patient":{"reference":"Patient/9990000026",`, 1), false, true, "foreign RelatedPerson"},
		"of nobody":                       {`{"resourceType":"RelatedPerson","id":"1","patient":{}}`, false, true, "unreadable contact"},
		"marked restricted":               {related(someone, `"id":"1","meta":{"security":[{"code":"R"}]}`), false, false, "confidential RelatedPerson"},
		"with a label inside":             {related(someone, `"id":"1","contained":[{"resourceType":"Organization","id":"o","meta":{"security":[{"code":"R"}]}}]`), false, false, "confidential RelatedPerson"},
		"never shown, by a role":          {related(someone, `"id":"1","relationship":[{"text":"HIV clinic nurse"}]`), false, false, ""},
		"never shown, where none looks":   {related(someone, `"id":"1","extension":[{"url":"x","valueString":"HIV clinic"}]`), false, false, ""},
		"never shown, by parts of a name": {related(someone, `"id":"1","name":[{"given":["Sexual"],"family":"Health"}]`), false, false, ""},
		"beside who is asked for them":    {related(someone, `"id":"1"`) + `},{"resource":{"resourceType":"Practitioner","id":"2"}`, true, false, ""},
		"the same twice":                  {related(someone, `"id":"1"`) + `},{"resource":` + related(someone, `"id":"1"`), true, false, ""},
		"never shown, by a code":          {related(someone, `"id":"1","relationship":[{"text":"Friend","coding":[{"system":"http://snomed.info/sct","code":"86406008"}]}]`), false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone)), relatedPath(someone): respond(200, bundle(c.related))}, pds.Options{Observe: seen.Observe})
			got, err := read(t, s, subjects("", someone))
			if err != nil || failure(got[fetch.Contacts], 0) != nil {
				t.Fatal(err, got[fetch.Contacts])
			}
			if n := len(contacts(got, 0)); n != map[bool]int{true: 1}[c.shown] {
				t.Errorf("%d contacts", n)
			}
			if partly := marked(got[fetch.Contacts].Unreadable, 0); partly != c.partly {
				t.Errorf("partly unreadable: %v", partly)
			}
			if c.event != "" && seen.Count(c.event) != 1 {
				t.Errorf("observed %v, want %q", seen.Lines(), c.event)
			}
			if len(persons(got, 0)) != 1 || marked(got[fetch.Persons].Unreadable, 0) {
				t.Error("the person does not come")
			}
		})
	}
}

// Two under one id both come, and the list is not whole.
func TestTwoContactsOfOneID(t *testing.T) {
	two := bundle(related(someone, `"id":"1","name":[{"family":"Roe"}]`), related(someone, `"id":"1","name":[{"family":"Poe"}]`))
	s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone)), relatedPath(someone): respond(200, two)}, pds.Options{})
	got, err := read(t, s, subjects("", someone))
	list := contacts(got, 0)
	if err != nil || len(list) != 2 || list[0].ID == list[1].ID || !marked(got[fetch.Contacts].Unreadable, 0) {
		t.Errorf("%v, %+v, unreadable %v", err, list, got[fetch.Contacts].Unreadable)
	}
}

// Contacts that could not be read leave the rest as it is.
func TestContactsThatDoNotCome(t *testing.T) {
	for name, c := range map[string]struct {
		answer answer
		kind   error
	}{
		"broken down":             {respond(500, ""), record.ErrUnavailable},
		"refused":                 {respond(403, outcome("ACCESS_DENIED")), record.ErrRefused},
		"not found":               {respond(404, outcome("RESOURCE_NOT_FOUND")), record.ErrUnavailable},
		"HTML":                    {respond(200, "<html>"), record.ErrMalformed},
		"an outcome":              {respond(200, outcome("ACCESS_DENIED")), record.ErrRefused},
		"on further pages":        {respond(200, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"x"}]}`), record.ErrMalformed},
		"of another version":      {respond(200, bundle(related(someone, `"id":"1","meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-RelatedPerson-1"]}`))), record.ErrMalformed},
		"no Bundle":               {respond(200, `{"resourceType":"Basic","id":"1"}`), record.ErrMalformed},
		"entries that are broken": {respond(200, `{"resourceType":"Bundle","type":"searchset","entry":[7]}`), nil},
		"fewer than it counts":    {respond(200, strings.Replace(bundle(related(someone, `"id":"1","name":[{"family":"Poe"}]`)), `"type":`, `"total":3,"type":`, 1)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone, `"contact":[{"id":"C1","name":{"family":"Roe"}}]`)), relatedPath(someone): c.answer}, pds.Options{})
			got, err := read(t, s, subjects("", someone))
			if err != nil || failure(got[fetch.Persons], 0) != nil || len(persons(got, 0)) != 1 {
				t.Fatal(err, got)
			}
			if err := failure(got[fetch.Contacts], 0); !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Errorf("%v, want %v", err, c.kind)
			}
			if c.kind == nil && !marked(got[fetch.Contacts].Unreadable, 0) {
				t.Error("the list passes for whole")
			}
		})
	}
}

// Needs come as far as PDS holds them, and never pass for all there are.
func TestNeeds(t *testing.T) {
	extension := func(url, inner string) string {
		return `"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-` + url + `","extension":[` + inner + `]}]`
	}
	for name, c := range map[string]struct {
		members string
		want    []record.NeedCategory
	}{
		"none":              {`"active":true`, nil},
		"an interpreter":    {extension("NHSCommunication", `{"url":"language","valueCodeableConcept":{"text":"Somali"}},{"url":"interpreterRequired","valueBoolean":true}`), []record.NeedCategory{record.NeedCategoryInterpreter}},
		"no interpreter":    {extension("NHSCommunication", `{"url":"interpreterRequired","valueBoolean":false}`), nil},
		"braille":           {extension("ContactPreference", `{"url":"PreferredWrittenCommunicationFormat","valueCodeableConcept":{"coding":[{"code":"12","display":"Braille"}]}}`), []record.NeedCategory{record.NeedCategoryCommunication}},
		"never shown words": {extension("ContactPreference", `{"url":"PreferredContactTimes","valueString":"not at the HIV clinic"}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone, c.members))}, pds.Options{})
			got, err := read(t, s, subjects("", someone))
			if err != nil {
				t.Fatal(err)
			}
			list := needs(got, 0)
			if len(list) != len(c.want) || len(list) == 1 && list[0].Category != c.want[0] {
				t.Errorf("%+v", list)
			}
			if len(list) == 1 && (list[0].ID == "" || list[0].Provenance.Sector != record.Demographics) {
				t.Error("a need without its envelope")
			}
			if !marked(got[fetch.Needs].Unreadable, 0) {
				t.Error("the needs pass for all there are")
			}
		})
	}
}

// One patient of whom PDS says nothing does not blank the others.
func TestAFailureIsOfOnePatient(t *testing.T) {
	s, _ := serve(t, map[string]answer{patientPath(someone): respond(200, person(someone)), patientPath(another): respond(500, "")}, pds.Options{})
	got, err := read(t, s, subjects("", someone, another, third))
	if err != nil {
		t.Fatal(err)
	}
	for kind, a := range got {
		if failure(a, 0) != nil || !errors.Is(failure(a, 1), record.ErrUnavailable) || failure(a, 2) != nil || !marked(a.Absent, 2) || marked(a.Absent, 0) || marked(a.Absent, 1) {
			t.Errorf("%s: errors %v, absent %v", kind, a.Errs, a.Absent)
		}
	}
}

func TestPatientsAreAskedForAtOnceUpToTheBound(t *testing.T) {
	three := fhirtest.NewAtOnce(3)
	answers := map[string]answer{}
	patients := []record.NHSNumber{someone, another, third, "9990000042", "9990000050", "9990000069", "9990000077", "9990000085"}
	for _, n := range patients {
		answers[patientPath(n)] = func(w http.ResponseWriter, r *http.Request) {
			three.Stay()
			respond(200, person(n))(w, r)
		}
	}
	s, stub := serve(t, answers, pds.Options{Concurrency: 3})
	of := subjects("", patients...)
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{{Kind: fetch.Persons, Subjects: of}, {Kind: fetch.Needs, Subjects: of}})
	if err != nil || got[&fetch.Ask{Kind: fetch.Persons, Subjects: of}].Errs != nil {
		t.Fatal(err, got)
	}
	if len(stub.asked) != len(patients) || three.Most() != 3 {
		t.Errorf("%d calls, %d at once", len(stub.asked), three.Most())
	}
	seen := map[string]bool{}
	for _, h := range stub.headers {
		if id := h.Get("X-Request-ID"); len(id) != 36 || seen[id] {
			t.Errorf("request id %q", id)
		} else {
			seen[id] = true
		}
	}
}

// Once PDS says that it is asked too often, it is left alone for the rest of the read.
func TestAskedTooOften(t *testing.T) {
	tooMany := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "1")
		respond(429, "")(w, r)
	}
	answers := map[string]answer{}
	patients := []record.NHSNumber{someone, another, third, "9990000042", "9990000050", "9990000069"}
	for _, n := range patients {
		answers[patientPath(n)] = tooMany
	}
	answers[patientPath(someone)] = respond(200, person(someone))
	s, stub := serve(t, answers, pds.Options{Concurrency: 1})
	got, err := read(t, s, subjects("", patients...))
	if err != nil {
		t.Fatal(err)
	}
	for i := range patients {
		if err := failure(got[fetch.Persons], i); (err == nil) != (i == 0) || err != nil && !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n := len(stub.asked); n != 3 { // the first, their contacts, and the one that was refused
		t.Errorf("%d calls", n)
	}
	s, _ = serve(t, answers, pds.Options{})
	if _, err := read(t, s, subjects("", another, third)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("for nobody: %v", err)
	}
}

func TestPDSThatDoesNotAnswer(t *testing.T) {
	seen := &events{}
	s, _ := serve(t, map[string]answer{patientPath(someone): func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}, seen.Options())
	ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms()), 30*time.Millisecond)
	defer cancel()
	ask := []*fetch.Ask{{Kind: fetch.Persons, Subjects: subjects("", someone)}}
	if _, err := s.Read(ctx, ask); !errors.Is(err, record.ErrTimeout) {
		t.Errorf("at its deadline: %v", err)
	}
	ctx, leave := context.WithCancel(fetch.WithTerms(t.Context(), terms()))
	leave()
	if _, err := s.Read(ctx, ask); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody: %v", err)
	}
	if len(seen.Lines()) != 0 {
		t.Errorf("observed %v", seen.Lines())
	}
}

func TestNothingIsReadWithoutTerms(t *testing.T) {
	s, stub := serve(t, nil, pds.Options{})
	if _, err := s.Read(t.Context(), []*fetch.Ask{{Kind: fetch.Persons, Subjects: subjects("", someone)}}); !errors.Is(err, record.ErrInvalid) || len(stub.asked) != 0 {
		t.Errorf("%v after %d calls", err, len(stub.asked))
	}
}

func TestWhatIsOffered(t *testing.T) {
	s, stub := serve(t, nil, pds.Options{})
	if s.Name() != "DEMOGRAPHICS/X26" || s.Sector != record.Demographics || len(s.Kinds()) != 3 {
		t.Errorf("%s %s %v", s.Name(), s.Sector, s.Kinds())
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{{Kind: fetch.Allergies, Subjects: subjects("", someone)}, {Kind: fetch.Persons, Subjects: subjects("")}})
	if err != nil || len(got) != 0 || len(stub.asked) != 0 {
		t.Errorf("%v, %d answers after %d calls", err, len(got), len(stub.asked))
	}
}
