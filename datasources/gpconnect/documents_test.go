package gpconnect_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

const (
	self     = `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}`
	somebody = `{"resourceType":"Patient","id":"o","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(another) + `"}]}`
	letter   = `{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"url":"Binary/1"}}]}`
)

// An endpoint is a practice's documents: who is found, what is held of them and what a document says. An answer that is no JSON is a status.
type endpoint struct{ patients, documents, content string }

func (e endpoint) Fetch(_ context.Context, r fhir.Request) ([]byte, error) {
	data := e.documents
	switch {
	case r.Path == "Patient":
		data = e.patients
	case r.Link != "":
		data = e.content
	}
	if data == "" {
		return nil, &fhir.StatusError{Status: 500, Kind: record.ErrUnavailable}
	}
	return []byte(data), fhir.Check([]byte(data))
}

func binary(more, said string) string {
	return `{"resourceType":"Binary",` + more + `"content":"` + base64.StdEncoding.EncodeToString([]byte(said)) + `"}`
}

// What a practice's document endpoint answers, and what is shown of it: each title or text, why there is none, or that there may be more.
func TestWhatDocumentsAreShown(t *testing.T) {
	found, held := fhirtest.Searchset(self), fhirtest.Searchset(letter)
	with := func(old, now string) string { return fhirtest.Searchset(strings.Replace(letter, old, now, 1)) }
	outcome := func(issue string) string {
		return fhirtest.Searchset(letter, `{"resourceType":"OperationOutcome","issue":[{`+issue+`}]}`)
	}
	content := func(c string) endpoint { return endpoint{found, held, c} }
	const documents, says = fetch.Documents, fetch.DocumentContent
	for name, c := range map[string]struct {
		kind fetch.Kind
		endpoint
		want     string
		observed string
	}{
		"as it should be":                   {documents, endpoint{found, held, ""}, "Letter", ""},
		"of whom they do not know":          {documents, endpoint{fhirtest.Searchset(), "", ""}, "", ""},
		"of somebody who cannot be read":    {documents, endpoint{fhirtest.Searchset(`{"id":"p"}`), held, ""}, "malformed", "malformed answer"},
		"of somebody else":                  {documents, endpoint{fhirtest.Searchset(somebody), held, ""}, "malformed", "foreign Patient"},
		"of who is restricted":              {documents, endpoint{fhirtest.Searchset(strings.Replace(self, `"id"`, `"meta":{"security":[{"code":"R"}]},"id"`, 1)), held, ""}, "", "confidential record"},
		"of an id that is a path":           {documents, endpoint{fhirtest.Searchset(strings.Replace(self, `"p"`, `"../p"`, 1)), held, ""}, "malformed", ""},
		"of an id that goes up":             {documents, endpoint{fhirtest.Searchset(strings.Replace(self, `"p"`, `"..p"`, 1)), held, ""}, "malformed", ""},
		"which cannot be had":               {documents, endpoint{found, "", ""}, "unavailable", ""},
		"of another version of FHIR":        {documents, endpoint{found, with(`"id"`, `"meta":{"profile":["https://fhir.hl7.org.uk/StructureDefinition/UKCore-DocumentReference"]},"id"`), ""}, "malformed", ""},
		"with the Patient":                  {documents, endpoint{found, fhirtest.Searchset(self, letter), ""}, "Letter", ""},
		"with a Patient who became another": {documents, endpoint{found, fhirtest.Searchset(strings.Replace(somebody, `"o"`, `"p"`, 1), letter), ""}, "malformed", "foreign Patient"},
		"with a Patient of no number":       {documents, endpoint{found, fhirtest.Searchset(`{"resourceType":"Patient","id":"p"}`, letter), ""}, "malformed", "foreign Patient"},
		"with a Patient who is restricted":  {documents, endpoint{found, fhirtest.Searchset(strings.Replace(self, `"id"`, `"meta":{"security":[{"code":"V"}]},"id"`, 1), letter), ""}, "", "confidential record"},
		"with a Patient of another birth":   {documents, endpoint{found, fhirtest.Searchset(strings.Replace(self, `"id"`, `"birthDate":"1901-01-01","id"`, 1), letter), ""}, "mismatched", "mismatched birth date"},
		"of somebody else beside":           {documents, endpoint{found, fhirtest.Searchset(letter, strings.NewReplacer("Patient/p", "Patient/o", `"d"`, `"e"`).Replace(letter)), ""}, "Letter and more", "foreign DocumentReference"},
		"of nobody, with somebody else":     {documents, endpoint{found, fhirtest.Searchset(somebody, strings.Replace(letter, `"subject"`, `"custodian"`, 1)), ""}, " and more", "foreign DocumentReference"},
		"of nobody":                         {documents, endpoint{found, with(`"subject"`, `"custodian"`), ""}, "Letter", ""},
		"broken":                            {documents, endpoint{found, fhirtest.Searchset(letter, `{"id":"x"}`), ""}, "Letter and more", "unreadable document"},
		"without an id":                     {documents, endpoint{found, fhirtest.Searchset(letter, strings.Replace(letter, `"id":"d",`, "", 1)), ""}, "Letter and more", ""},
		"by an author who has no id":        {documents, endpoint{found, fhirtest.Searchset(letter, `{"resourceType":"Practitioner"}`), ""}, "Letter", ""},
		"by a hidden author":                {documents, endpoint{found, fhirtest.Searchset(strings.Replace(letter, `"type"`, `"author":[{"reference":"Organization/h"}],"type"`, 1), `{"resourceType":"Organization","id":"h","name":"HIV clinic"}`), ""}, "", ""},
		"by a hidden author, broken":        {documents, endpoint{found, fhirtest.Searchset(strings.Replace(letter, `"type"`, `"author":[{"reference":"Organization/h"}],"type"`, 1), `{"resourceType":"Organization","modifierExtension":[{"url":"x"}],"id":"h","name":"HIV clinic"}`), ""}, " and more", ""},
		"labelled":                          {documents, endpoint{found, with(`"id"`, `"meta":{"security":[{"code":"R"}]},"id"`), ""}, "", "confidential record"},
		"labelled as a document":            {documents, endpoint{found, with(`"type"`, `"securityLabel":[{"coding":[{"code":"V"}]}],"type"`), ""}, "", "confidential record"},
		"withdrawn":                         {documents, endpoint{found, with(`"current"`, `"entered-in-error"`), ""}, "", ""},
		"withdrawn itself":                  {documents, endpoint{found, with(`"type"`, `"docStatus":"entered-in-error","type"`), ""}, "", ""},
		"unreadable":                        {documents, endpoint{found, with(`"type":{"text":"Letter"}`, `"type":5`), ""}, " and more", ""},
		"with advice":                       {documents, endpoint{found, outcome(`"severity":"information","code":"informational"`), ""}, "Letter", ""},
		"with an error":                     {documents, endpoint{found, outcome(`"severity":"error","code":"exception"`), ""}, "Letter and more", ""},
		"with a fatal error":                {documents, endpoint{found, outcome(`"severity":"fatal","code":"exception"`), ""}, "Letter and more", ""},
		"incomplete":                        {documents, endpoint{found, outcome(`"severity":"warning","code":"incomplete"`), ""}, "Letter and more", ""},
		"too late":                          {documents, endpoint{found, outcome(`"severity":"warning","code":"timeout"`), ""}, "Letter and more", ""},
		"too costly":                        {documents, endpoint{found, outcome(`"severity":"warning","code":"too-costly"`), ""}, "Letter and more", ""},
		"with an outcome beyond reading":    {documents, endpoint{found, outcome(`"severity":5`), ""}, "Letter and more", ""},

		"its content":                          {says, content(binary("", "Dear doctor")), "Dear doctor", ""},
		"its content in R4's member":           {says, content(strings.Replace(binary("", "Dear doctor"), `"content":`, `"data":`, 1)), "Dear doctor", ""},
		"content of the patient":               {says, content(binary(`"securityContext":{"reference":"Patient/p"},`, "Dear doctor")), "Dear doctor", ""},
		"content of a practice":                {says, content(binary(`"securityContext":{"reference":"Organization/o"},`, "Dear doctor")), "Dear doctor", ""},
		"content of somebody else":             {says, content(binary(`"securityContext":{"reference":"Patient/o"},`, "Dear doctor")), "malformed", ""},
		"content that is labelled":             {says, content(binary(`"meta":{"security":[{"code":"R"}]},`, "Dear doctor")), "", "confidential record"},
		"content that may not be shown":        {says, content(binary("", "Seen in the HIV clinic")), "", ""},
		"content that is none":                 {says, content(`{"resourceType":"Basic","content":"RGVhcg=="}`), "malformed", ""},
		"content of another type":              {says, content(`{"resourceType":"Binary","content":5}`), "malformed", ""},
		"content that cannot be told":          {says, content(`{"resourceType":"Binary","meta":5,"content":"RGVhcg=="}`), "malformed", ""},
		"content not in base64":                {says, content(`{"resourceType":"Binary","content":"Dear doctor"}`), "malformed", ""},
		"content that cannot be had":           {says, content(""), "unavailable", ""},
		"content of what is not there":         {says, endpoint{found, with(`"d"`, `"e"`), binary("", "Dear doctor")}, "", ""},
		"content of a document that is hidden": {says, endpoint{found, with(`"Letter"`, `"HIV clinic"`), binary("", "Dear doctor")}, "", ""},
		"content of a document beyond reading": {says, endpoint{found, with(`"type"`, `"created":"2026-02-31","type"`), binary("", "Dear doctor")}, " and more", ""},
		"content beside one beyond reading":    {says, endpoint{found, fhirtest.Searchset(letter, strings.Replace(letter, `"id":"d",`, "", 1)), binary("", "Dear doctor")}, "Dear doctor", ""},
		"content that has no address":          {says, endpoint{found, with(`"url":"Binary/1"`, `"title":"x"`), binary("", "Dear doctor")}, "not served", ""},
		"content that nothing is attached to":  {says, endpoint{found, with(`[{"attachment":{"url":"Binary/1"}}]`, `[]`), binary("", "Dear doctor")}, "not served", ""},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: c.endpoint, SourceOptions: seen.Options()})
			of := subjects(someone)
			of.Born = []string{"1970-09-11"}
			a, err := one(t, s, &fetch.Ask{Kind: c.kind, Filter: fetch.Filter{SourceID: "d"}, Subjects: of})
			var got string
			switch {
			case errors.Is(err, record.ErrNotServed):
				got = "not served"
			case errors.Is(err, record.ErrIdentity):
				got = "mismatched"
			case errors.Is(err, record.ErrMalformed):
				got = "malformed"
			case errors.Is(err, record.ErrUnavailable):
				got = "unavailable"
			case err != nil:
				t.Fatal(err)
			case c.kind == says:
				for _, d := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
					got += string(d.Text)
				}
			default:
				for _, d := range fetch.RowsOf[record.Document](a).Of(0) {
					got += string(d.Title)
				}
			}
			if !isWhole(a) {
				got += " and more"
			}
			if got != c.want {
				t.Errorf("%q, want %q; observed %v", got, c.want, seen.Lines())
			}
			if c.observed != "" && seen.Count(c.observed) != 1 {
				t.Errorf("observed %v, want %s once", seen.Lines(), c.observed)
			}
			if c.want == "not served" && len(seen.Lines()) > 0 || c.observed == "" && seen.Count("confidential record") != 0 {
				t.Errorf("observed %v", seen.Lines())
			}
		})
	}
}

// What is told of a document: its title, kind, state, form and size, when it was written and recorded, and by whom.
func TestWhatIsToldOfADocument(t *testing.T) {
	for name, c := range map[string]struct{ more, want string }{
		"nothing":         {``, "Document|Document|UNKNOWN|||||"},
		"a class":         {`,"class":{"text":"Record"}`, "Record|Record|UNKNOWN|||||"},
		"a type first":    {`,"type":{"text":"Letter"},"class":{"text":"Record"}`, "Letter|Letter|UNKNOWN|||||"},
		"a description":   {`,"type":{"text":"Letter"},"description":"From the clinic"`, "From the clinic|Letter|UNKNOWN|||||"},
		"a title":         {`,"description":"x","content":[{"attachment":{"title":"To the clinic","contentType":"text/plain","size":7}}]`, "To the clinic|Document|UNKNOWN|text/plain|7|||"},
		"nothing in it":   {`,"content":[{"attachment":{"size":0}}]`, "Document|Document|UNKNOWN||0|||"},
		"less than that":  {`,"content":[{"attachment":{"size":-1}}]`, "Document|Document|UNKNOWN|||||"},
		"half of it":      {`,"content":[{"attachment":{"size":1.5}}]`, "Document|Document|UNKNOWN|||||"},
		"superseded":      {`,"status":"superseded","docStatus":"final"`, "Document|Document|SUPERSEDED|||||"},
		"preliminary":     {`,"status":"current","docStatus":"preliminary"`, "Document|Document|PRELIMINARY|||||"},
		"amended":         {`,"status":"current","docStatus":"amended"`, "Document|Document|AMENDED|||||"},
		"appended":        {`,"status":"current","docStatus":"appended"`, "Document|Document|AMENDED|||||"},
		"final":           {`,"docStatus":"final"`, "Document|Document|FINAL|||||"},
		"current":         {`,"status":"current"`, "Document|Document|FINAL|||||"},
		"written":         {`,"created":"2026-01-02","indexed":"2026-01-03T10:00:00+00:00","author":[{"display":"Dr Doe"}]`, "Document|Document|UNKNOWN|||2026-01-02T00:00|2026-01-03T10:00|Dr Doe"},
		"recorded":        {`,"indexed":"2026-01-03T10:00:00+00:00"`, "Document|Document|UNKNOWN|||2026-01-03T10:00|2026-01-03T10:00|"},
		"for a specialty": {`,"context":{"practiceSetting":{"coding":[{"code":"100"}]}}`, "Document|Document|UNKNOWN|||||"},
	} {
		t.Run(name, func(t *testing.T) {
			s := gpconnect.Open(practice, fixed(madeUp(`{"resourceType":"DocumentReference","id":"1","me":0`+c.more+`}`)), ids, gpconnect.Options{Migrate: true})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range fetch.RowsOf[record.Document](a).Of(0) {
				p := d.Provenance
				said := fmt.Sprint(d.Title, "|", d.Kind.Display, "|", d.Status, "|", d.ContentType, "|", number(d.Size), "|", at(d.WrittenAt), "|", at(p.RecordedAt), "|")
				if d.Author != nil {
					said += string(d.Author.Name)
				}
				if (d.Author == nil) != (p.RecordedBy == nil) || said != c.want {
					t.Errorf("%s, want %s", said, c.want)
				}
			}
			if !isWhole(a) || a.Rows.Count(0) != 1 {
				t.Errorf("%d, whole: %t", a.Rows.Count(0), isWhole(a))
			}
		})
	}
}

// Documents come with the record and from the endpoint: each is shown once, and those of the record where the endpoint fails.
func TestDocumentsOfTheRecord(t *testing.T) {
	for name, c := range map[string]struct {
		endpoint
		shown int
		whole bool
	}{
		"the same":   {endpoint{fhirtest.Searchset(self), fhirtest.Searchset(letter), ""}, 1, true},
		"one more":   {endpoint{fhirtest.Searchset(self), fhirtest.Searchset(strings.Replace(letter, `"d"`, `"e"`, 1)), ""}, 2, true},
		"it is down": {endpoint{}, 1, false},
	} {
		s, stub := serve(t, answers{someone: respond(200, madeUp(letter))}, gpconnect.Options{Documents: c.endpoint})
		if a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}); err != nil || a.Rows.Count(0) != c.shown || isWhole(a) != c.whole {
			t.Errorf("%s: %d, whole: %t, %v", name, a.Rows.Count(0), isWhole(a), err)
		}
		if !strings.Contains(stub.asked[0], "includeAllergies") { // some part of it must be asked for
			t.Errorf("%s: %v", name, stub.asked)
		}
	}
}

// A practice that means somebody else by the number where it keeps its documents shows nothing at all.
func TestSomebodyElseAtTheDocuments(t *testing.T) {
	s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: endpoint{fhirtest.Searchset(strings.Replace(self, `"id"`, `"birthDate":"1901-01-01","id"`, 1)), "", ""}})
	of := subjects(someone)
	of.Born = []string{"1970-09-11"}
	got, err := fhirtest.Read(t, s, terms(), of, fetch.Allergies, fetch.Documents)
	if err != nil || !errors.Is(only(got[fetch.Allergies]), record.ErrIdentity) || !errors.Is(only(got[fetch.Documents]), record.ErrIdentity) {
		t.Errorf("%+v, %v", got, err)
	}
}

// What a document says is read whatever else is asked for before and after it, and so is that.
func TestContentBesideDocuments(t *testing.T) {
	s, stub := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: endpoint{fhirtest.Searchset(self), fhirtest.Searchset(letter), binary("", "Dear doctor")}})
	asks := []*fetch.Ask{{Kind: fetch.Immunisations, Subjects: subjects(someone)}, {Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}, Subjects: subjects(someone)}, {Kind: fetch.Documents, Subjects: subjects(someone)}}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	if err != nil || got[asks[1]].Rows.Count(0) != 1 || got[asks[2]].Rows.Count(0) != 1 || !strings.Contains(stub.asked[0], "includeImmunisations") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Where documents are all that is asked for the record is asked for too, which says whether the practice restricts it, and
// none is fetched.
func TestDocumentsAlone(t *testing.T) {
	held := endpoint{fhirtest.Searchset(self), fhirtest.Searchset(letter), binary("", "Dear doctor")}
	s, stub := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: fetcher(func(ctx context.Context, r fhir.Request) ([]byte, error) {
		if r.Link != "" {
			t.Errorf("fetched %s", r.Link)
		}
		return held.Fetch(ctx, r)
	})})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
	if err != nil || a.Rows.Count(0) != 1 || len(stub.asked) != 1 || !strings.Contains(stub.asked[0], "includeAllergies") {
		t.Errorf("%+v, %v, asked %v", a, err, stub.asked)
	}
}

// Without authorisation nothing is asked, however far a read has come.
func TestWithoutAuthorisation(t *testing.T) {
	for after, asked := range []int{0, 1, 2, 3} {
		made, fetched := 0, 0
		authorise := func(context.Context) (string, error) {
			if made++; made > after {
				return "", errors.New("no token")
			}
			return "Bearer x", nil
		}
		count := func(f fhir.Fetcher) fetcher {
			return func(ctx context.Context, r fhir.Request) ([]byte, error) {
				fetched++
				return f.Fetch(ctx, r)
			}
		}
		held := endpoint{fhirtest.Searchset(self), fhirtest.Searchset(letter), binary("", "Dear doctor")}
		s := gpconnect.Open(practice, count(fixed(madeUp())), ids, gpconnect.Options{Documents: count(held), Authorise: authorise})
		_, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}, Subjects: subjects(someone)})
		if !errors.Is(err, record.ErrRefused) || strings.Contains(err.Error(), "token") || fetched != asked {
			t.Errorf("after %d: %v, %d asked", after, err, fetched)
		}
	}
}

type fetcher func(context.Context, fhir.Request) ([]byte, error)

func (f fetcher) Fetch(ctx context.Context, r fhir.Request) ([]byte, error) { return f(ctx, r) }

// Of several documents that are asked for at once each has its own content, or its own error; of two under one id, the one
// that is shown.
func TestContentOfSeveralDocuments(t *testing.T) {
	document := func(id, status, url string) string {
		return `{"resource":{"resourceType":"DocumentReference","id":"` + id + `","status":"` + status + `","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"` + url + `"}}]}}`
	}
	d := docs(func(r fhir.Request) string {
		switch {
		case r.Path == "Patient":
			return `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(someone) + `"}]}}]}`
		case r.Link == "Binary/gone":
			return `{"resourceType":"OperationOutcome"}`
		case r.Link != "":
			return `{"resourceType":"Binary","contentType":"text/plain","content":"` + base64.StdEncoding.EncodeToString([]byte(r.Link)) + `"}`
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[` + strings.Join([]string{document("a", "current", "Binary/a"), document("b", "entered-in-error", "Binary/mistake"), document("b", "current", "Binary/b"),
			document("c", "current", "Binary/gone"), document("d", "current", "")}, ",") + `]}`
	})
	s, _ := serve(t, answers{someone: respond(200, madeUp())}, gpconnect.Options{Documents: d})
	var asks []*fetch.Ask
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		asks = append(asks, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: id}})
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"Binary/a", "Binary/b", "an error", "an error", "a gap"} { // one of two under one id could not be told from the other
		a, said := got[asks[i]], ""
		switch failed := a.Err != nil || len(a.Errs) > 0 && a.Errs[0] != nil; {
		case failed:
			said = "an error"
		case a.Rows.Count(0) == 0 && !isWhole(a):
			said = "a gap"
		default:
			for _, x := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
				said += string(x.Text)
			}
		}
		if said != want {
			t.Errorf("%s: %q, want %q (%v, %v)", asks[i].Filter.SourceID, said, want, a.Err, a.Errs)
		}
	}
}

// Each content of a document is an entry with an address of its own, wherever the document comes from.
func TestADocumentOfSeveralContents(t *testing.T) {
	const several = `{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/p"},"type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter","url":"Binary/1"}},{"attachment":{"title":"Scan","url":"Binary/2"}},{"attachment":{"title":"Lost"}}]}`
	for name, held := range map[string][]string{"the endpoint": {madeUp(), fhirtest.Searchset(several)}, "the record": {madeUp(several), fhirtest.Searchset()}} {
		d := docs(func(r fhir.Request) string {
			switch {
			case r.Path == "Patient":
				return fhirtest.Searchset(self)
			case r.Link != "":
				return binary("", r.Link)
			}
			return held[1]
		})
		s, _ := serve(t, answers{someone: respond(200, held[0])}, gpconnect.Options{Documents: d})
		asks := []*fetch.Ask{{Kind: fetch.Documents, Subjects: subjects(someone)}}
		for _, id := range []string{"d", "d.part2", "d.part3"} {
			asks = append(asks, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: id}, Subjects: subjects(someone)})
		}
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, d := range fetch.RowsOf[record.Document](got[asks[0]]).Of(0) {
			said = append(said, d.Provenance.SourceID+" "+string(d.Title))
		}
		for _, ask := range asks[1:3] {
			for _, d := range fetch.RowsOf[record.DocumentContent](got[ask]).Of(0) {
				said = append(said, d.Provenance.SourceID+" "+string(d.Text))
			}
		}
		slices.Sort(said)
		if all := strings.Join(said, "; "); all != "d Binary/1; d Letter; d.part2 Binary/2; d.part2 Scan; d.part3 Lost" || !errors.Is(only(got[asks[3]]), record.ErrNotServed) {
			t.Errorf("%s: %s; %v", name, all, got[asks[3]])
		}
	}
}
