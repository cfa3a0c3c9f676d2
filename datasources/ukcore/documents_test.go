package ukcore_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// refusing is a place of documents, or of anything, that answers with an error.
type refusing struct{ error }

func (f refusing) Fetch(context.Context, fhir.Request) ([]byte, error) { return nil, f.error }

// composed is a Composition of the person in Patient/1.
func composed(id, more string) string {
	return `{"resourceType":"Composition","id":"` + id + `","status":"final","type":{"text":"Letter"},"title":"Letter","subject":{"reference":"Patient/1"}` + more + `}`
}

// Of the documents that come those are shown that can be read and are the person's; of which
// that cannot be told is a gap, and what may not be shown leaves no mark.
func TestWhichLettersAreShown(t *testing.T) {
	document := func(resources ...string) string { return fhirMeta("document", "", resources...) }
	label := `"meta":{"security":[{"code":"R"}]},`
	labelled := `{"resourceType":"Basic",` + label + `"id":"b"}`
	self, letter := patientOf("1", someone), composed("l", "")
	good := document(letter, self)
	born := func(date string) string { return strings.Replace(self, `"1970-09-11"`, date, 1) }
	r4 := strings.Replace(letter, `"id"`, `"meta":{"profile":["http://hl7.org/fhir/4.0/StructureDefinition/Composition"]},"id"`, 1)
	hint := `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`
	for name, c := range map[string]struct {
		answer   string
		want     string
		gap      bool
		kind     error
		labelled int
	}{
		"one":                    {good, "letter.l", false, nil, 0},
		"one in an answer":       {found(good), "letter.l", false, nil, 0},
		"one that was a mistake": {found(document(strings.Replace(letter, "final", "entered-in-error", 1), self)), "", false, nil, 0},
		"one beside an entry that cannot be read": {found(good, "7"), "letter.l", true, nil, 0},
		"one beside a hint":                       {found(good, hint), "letter.l", false, nil, 0},
		"one beside what is no document":          {found(good, fhirMeta("collection", "", self)), "letter.l", true, nil, 0},
		"one beside a Bundle of no type":          {found(good, `{"resourceType":"Bundle"}`), "letter.l", true, nil, 0},
		"one beside another version":              {found(good, document(r4, self)), "letter.l", true, nil, 0},
		"another version":                         {document(r4, self), "", false, record.ErrMalformed, 0},
		"one beside a part that cannot be read":   {found(good, document(composed("m", ""), self, "7")), "letter.l", true, nil, 0},
		"one without an id":                       {found(good, document(strings.Replace(letter, `"id":"l",`, "", 1), self)), "letter.l", true, nil, 0},
		"one whose head cannot be read":           {found(good, document(composed("m", `,"date":7`), self)), "letter.l", true, nil, 0},
		"one of nobody":                           {found(good, document(strings.Replace(letter, "Patient/1", "Patient/2", 1), self)), "letter.l", true, nil, 0},
		"one of somebody without a number":        {found(good, document(letter, `{"resourceType":"Patient","id":"1"}`)), "letter.l", true, nil, 0},
		"one whose Patient cannot be read":        {found(good, document(letter, born("7"))), "letter.l", true, nil, 0},
		"one born on no day":                      {found(good, document(letter, born(`"1970-99-11"`))), "letter.l", true, nil, 0},
		"one born on another day":                 {found(good, document(letter, born(`"1971-09-11"`))), "", false, record.ErrIdentity, 0},

		"labelled as a whole":                         {fhirMeta("document", label, letter, self), "", false, nil, 1},
		"labelled as a whole, in an answer":           {found(fhirMeta("document", label, letter, self)), "", false, nil, 1},
		"labelled as a whole, for one of its parts":   {fhirMeta("document", label, letter, composed("m", ""), labelled, self), "", false, nil, 1},
		"labelled for a part, in an answer":           {found(fhirMeta("document", label, letter, composed("m", ""), labelled, self)), "", false, nil, 1},
		"an answer labelled for one of its documents": {fhirMeta("searchset", label, good, fhirMeta("document", label, composed("m", ""), self)), "letter.l", false, nil, 1},
		"labelled itself":                             {document(strings.Replace(letter, `"id"`, label+`"id"`, 1), self), "", false, nil, 1},
		"confidential":                                {document(composed("l", `,"confidentiality":"V"`), self), "", false, nil, 1},
		"not confidential":                            {document(composed("l", `,"confidentiality":"N"`), self), "letter.l", false, nil, 0},

		"two that refer to each other, one never shown": {document(composed("l", `,"section":[{"entry":[{"reference":"Composition/m"},{"reference":"List/none"}]}]`), composed("m", `,"event":[{"code":[`+hiv+`]}]`), self), "letter.l", false, nil, 0},
		"two with lists in a circle": {document(composed("l", `,"section":[{"entry":[{"reference":"List/a"}]}]`), composed("m", ""), `{"resourceType":"List","id":"a","entry":[{"item":{"reference":"List/b"}}]}`,
			`{"resourceType":"List","id":"b","entry":[{"item":{"reference":"List/a"}}]}`, self), "letter.l letter.m", false, nil, 0},
		"one of two that reaches what is of the person's id": {document(composed("l", `,"section":[{"entry":[{"reference":"Condition/1"}]}]`), composed("m", ""), `{"resourceType":"Condition","id":"1","code":`+hiv+`}`, self), "letter.m", false, nil, 0},
		"one of two that reaches it by a strange address":    {document(composed("l", `,"section":[{"entry":[{"reference":"https://trust.example/x/c"}]}]`), composed("m", ""), `{"resourceType":"Condition","id":"c","code":`+hiv+`}`, self), "letter.m", false, nil, 0},
		"one of two whose subject is no Patient":             {document(strings.Replace(letter, "Patient/1", "RelatedPerson/1", 1), composed("m", ""), self), "letter.m", true, nil, 0},
		"one of two that reaches what is never shown":        {document(composed("l", `,"section":[{"entry":[{"reference":"urn:uuid:c"}]}]`), composed("m", ""), `{"fullUrl":"urn:uuid:c","resource":{"resourceType":"Condition","id":"c","code":`+hiv+`}}`, self), "letter.m", false, nil, 0},
		"by one whose name is never shown":                   {document(composed("l", `,"author":[{"reference":"Practitioner/p"}]`), `{"resourceType":"Practitioner","id":"p","name":[{"text":"HIV clinic"}]}`, self), "", false, nil, 0},
		"of no day that there is":                            {document(composed("l", `,"date":"2026-02-31"`), self), "", true, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s := open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letterbox(c.answer), SourceOptions: seen.Options()})
			ask := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
			ask.Subjects.Born = []string{"1970-09-11"}
			a, err := one(t, s, ask)
			if got := idsOf(a, 0); got != c.want || !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) || isWhole(a) == c.gap || seen.Count("confidential record") != c.labelled || seen.Count("foreign Composition") != 0 {
				t.Errorf("%q, gaps %v, observed %v, %v", got, a.Unreadable, seen.Lines(), err)
			}
			content, _ := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: ask.Subjects, Filter: fetch.Filter{SourceID: "letter.l"}})
			if shown := strings.Contains(c.want, "letter.l"); (idsOf(content, 0) == "letter.l") != shown {
				t.Errorf("the content: %q", idsOf(content, 0))
			}
		})
	}
}

// found is a Bundle of what was found.
func found(resources ...string) string { return fhirMeta("searchset", "", resources...) }

// fhirMeta is a Bundle of a type with a label.
func fhirMeta(kind, label string, resources ...string) string {
	return strings.Replace(collection(resources...), `"type":"collection"`, label+`"type":"`+kind+`"`, 1)
}

// Letters that cannot be had are a gap of documents, and where they mean somebody else the
// trust says nothing of the person at all.
func TestLettersThatCannotBeHad(t *testing.T) {
	for name, c := range map[string]struct {
		letters fhir.Fetcher
		gap     bool
		kind    error // of documents, and of problems
	}{
		"nobody is known there":            {refusing{&fhir.StatusError{Status: 404, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrNotFound}}, false, nil},
		"an address that is wrong":         {refusing{&fhir.StatusError{Status: 404, Kind: record.ErrNotFound}}, true, nil},
		"a place that does not understand": {refusing{&fhir.StatusError{Status: 400, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrMalformed}}, true, nil},
		"a place that is down":             {refusing{record.ErrUnavailable}, true, nil},
		"a letter of another birth":        {whole{someone: strings.Replace(letterOf(someone), "1970", "1971", 1)}, false, record.ErrIdentity},
	} {
		s := open(t, patientOf("1", someone), asthma, about1("DocumentReference", "d", `,"content":[{"attachment":{"title":"x"}}]`)).source(t, record.Acute, ukcore.Options{Documents: c.letters})
		documents := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
		documents.Subjects.Born = []string{"1970"}
		problems := &fetch.Ask{Kind: fetch.Problems, Subjects: documents.Subjects}
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{documents, problems})
		for _, ask := range []*fetch.Ask{documents, problems} {
			a := got[ask]
			if failed := a.Errs != nil; err != nil || failed != (c.kind != nil) || failed && !errors.Is(a.Errs[0], c.kind) || len(entriesOf(a, 0)) == 1 == failed || !isWhole(a) != (c.gap && ask == documents) {
				t.Errorf("%s, %s: %q, gaps %v, %v, %v", name, ask.Kind, lines(a), a.Unreadable, a.Errs, err)
			}
		}
	}
	for letters, want := range map[fhir.Fetcher]error{refusing{record.ErrUnavailable}: record.ErrUnavailable, refusing{&fhir.StatusError{Status: 404, Kind: record.ErrNotFound}}: record.ErrNotServed} {
		s := open(t, patientOf("1", someone)).source(t, record.Acute, ukcore.Options{Documents: letters})
		for _, ask := range []*fetch.Ask{{Kind: fetch.Documents}, {Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "letter.c"}}} {
			ask.Subjects = subjects(someone)
			if _, err := one(t, s, ask); !errors.Is(err, want) {
				t.Errorf("%s, and nothing else: %v, not %v", ask.Kind, err, want)
			}
		}
	}
	tr := open(t, patientOf("1", someone), about1("DocumentReference", "d", `,"content":[{"attachment":{"title":"x"}}]`))
	tr.instead["DiagnosticReport"] = found(strings.Replace(patientOf("1", someone), `"id"`, `"meta":{"security":[{"code":"V"}]},"id"`, 1))
	a, err := one(t, tr.source(t, record.Acute, ukcore.Options{Documents: whole{someone: letterOf(someone)}}), &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
	if got := idsOf(a, 0); got != "letter.c" || err != nil || isWhole(a) {
		t.Errorf("beside a Patient who was restricted meanwhile: %q, gaps %v, %v", got, a.Unreadable, err)
	}
}

// Letters are asked for as their place answers: all of a person at once, or by a search.
func TestHowLettersAreAskedFor(t *testing.T) {
	var asked []fhir.Request
	for _, s := range []*ukcore.Source{
		ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: asking{&asked, whole{someone: letterOf(someone)}}}),
		ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: struct{ fhir.Fetcher }{asking{&asked, whole{someone: letterOf(someone)}}}}),
	} {
		if a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}); err != nil || idsOf(a, 0) != "letter.c" {
			t.Errorf("%q, %v", idsOf(a, 0), err)
		}
	}
	if len(asked) != 2 || asked[0].Path != "Patient/$document" || asked[1].Path != "Bundle" || asked[1].Query.Get("composition.patient.identifier") != fhir.NHSNumberSystem+"|"+string(someone) {
		t.Errorf("%+v", asked)
	}
}

// asking notes what is asked of a place that gives all it has at once.
type asking struct {
	asked *[]fhir.Request
	whole
}

func (a asking) Fetch(ctx context.Context, r fhir.Request) ([]byte, error) {
	*a.asked = append(*a.asked, r)
	return a.whole.Fetch(ctx, r)
}

// What a letter says is told in plain text, with who wrote it.
func TestWhatALetterSays(t *testing.T) {
	around := []string{patientOf("1", someone), `{"resourceType":"Practitioner","id":"p","name":[{"text":"Dr Who"}]}`, `{"resourceType":"Practitioner","id":"nameless"}`,
		`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/p"},"code":[{},{"text":"Surgeon"},{"text":"Head"}]}`,
		`{"resourceType":"PractitionerRole","id":"broken","practitioner":{"reference":"Practitioner/p"},"code":"Surgeon"}`, `{"resourceType":"Device","id":"d"}`}
	div := func(text string) string {
		quoted, _ := json.Marshal(text)
		return `,"section":[{"text":{"div":` + string(quoted) + `}}]`
	}
	for name, c := range map[string]struct{ more, author, text string }{
		"paragraphs":                    {div("<div><p>One</p>\n<p>Two  three</p></div>"), "", "One\nTwo three"},
		"lines and letters of HTML":     {div("<div>One<br>two &eacute;&nbsp;<b>th</b>ree</div>"), "", "One\ntwo é three"},
		"what is not seen":              {div("<div><style>p {}</style>One<script>alert()</script> two<style/></div>"), "", "One\ntwo"},
		"a sign that no text may have":  {div("<p>One</p>\u0001<p>two</p>"), "", "One\n\u0001\ntwo"},
		"a table":                       {div("<table><tr><th>Weight</th><td>70</td><td>kg</td></tr><tr><th></th></tr></table>"), "", "Weight: 70 kg"},
		"raised and lowered":            {div("<div>15 x 10<sup>9</sup>/L, CO<sub>2</sub>, 5<span style='vertical-align: super'>1</span> mg, 2<span style='vertical-align:sub'>1</span></div>"), "", "15 x 10^9/L, CO_2, 5^1 mg, 2_1"},
		"what is struck out":            {div("<div>Is <s>allergic</s> <del>to</del> <strike>nuts</strike><span class='vertical-align:super' style='text-decoration: line-through'> and <sup>a</sup></span> well</div>"), "", "Is [struck out: allergic] [struck out: to] [struck out: nuts][struck out: and ^a] well"},
		"struck out in no XHTML":        {div("<p>One</p>\u0001<s>two</s> 10<sup class='x'>9</sup><b>x</b>"), "", "One\n\u0001[struck out: two] 10^9\nx"},
		"a picture":                     {div("<div>Seen<img src='#ecg' ALT='ECG of\u200B\n 3 May'/>well</div>"), "", "Seen\n[picture: ECG of 3 May]\nwell"},
		"pictures without words":        {div("<div><img src='#a'><IMG src='#b' alt=' '></div>"), "", "[picture]\n[picture]"},
		"pictures in no XHTML":          {div("One\u0001<img\nsrc='#a' alt='ECG &amp; X-ray'/><IMG alt=\"It's\"/><img src='#a'/><imgs/>two"), "", "One\u0001\n[picture: ECG & X-ray]\n[picture: It's]\n[picture]\ntwo"},
		"entries alone":                 {`,"section":[{"title":"Allergies","entry":[{"reference":"List/a"}]},{"entry":[{"reference":"List/b"}],"text":{"div":"<div>Rest</div>"},"section":[{"entry":[{}]}]}]`, "", "Allergies\nThere are entries that are not shown here\n\nRest\nThere are entries that are not shown here"},
		"nothing, and why":              {`,"section":[{"title":"Allergies","emptyReason":{"coding":[{"code":"unavailable","display":"Unavailable"}]}},{"title":"Plan","text":{"div":"<div>None</div>"},"emptyReason":{"text":"Not asked"}}]`, "", "Allergies\nNothing is written here: Unavailable\n\nPlan\nNone"},
		"sections, one with nothing":    {`,"section":[{},{"title":"A","section":[{"title":"B"},{"text":{"div":""}}]},{"title":"C"}]`, "", "A\nB\n\nC"},
		"nothing":                       {"", "", ""},
		"a professional":                {`,"author":[{"reference":"Practitioner/p","display":"Somebody"}]`, "Dr Who", ""},
		"a professional without a name": {`,"author":[{"reference":"Practitioner/nameless","display":"Dr Display"}]`, "Dr Display", ""},
		"a role":                        {`,"author":[{"reference":"PractitionerRole/r"}]`, "Dr Who, Surgeon, Head", ""},
		"a role that cannot be read":    {`,"author":[{"reference":"PractitionerRole/broken","display":"Dr Display"}]`, "Dr Display", ""},
		"the second, after a machine":   {`,"author":[{"reference":"Device/d"},{"reference":"Practitioner/gone"},{"reference":"Practitioner/p"}]`, "Dr Who", ""},
		"somebody in words":             {`,"author":[{"display":"Dr Words"}]`, "Dr Words", ""},
	} {
		letter := strings.Replace(composed("l", c.more), `"type":{"text":"Letter"},"title":"Letter",`, "", 1)
		s := ukcore.Open(record.Acute, here, nil, ids, ukcore.Options{Documents: letterbox(fhirMeta("document", "", append([]string{letter}, around...)...))})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: "letter.l"}})
		got := fetch.RowsOf[record.DocumentContent](a).Of(0)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %d, %v", name, len(got), err)
			continue
		}
		if x := got[0]; string(x.Text) != c.text || x.Title != "Document" || x.Kind.Display != "Document" || *x.Size != len(c.text) {
			t.Errorf("%s: %q of %d, %q, %q", name, x.Text, *x.Size, x.Title, x.Kind.Display)
		}
		author := ""
		if w := got[0].Author; w != nil {
			author = strings.Trim(string(w.Name)+", "+string(w.Role), ", ")
		}
		if author != c.author {
			t.Errorf("%s: by %q", name, author)
		}
	}
}

// A document is an entry for each of its contents, and so is a form of a report that is no
// plain text.
func TestWhatADocumentIs(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte("hello"))
	document := func(more string) string {
		return `{"resourceType":"DocumentReference","id":"d","subject":{"reference":"Patient/1"}` + more + `}`
	}
	form := func(status, kind string) string {
		return `{"resourceType":"DiagnosticReport","id":"r","subject":{"reference":"Patient/1"},"status":"` + status + `","code":{"text":"X-ray"},"presentedForm":[{"contentType":"` + kind + `","data":"` + text + `"}]}`
	}
	for name, c := range map[string]struct {
		held string
		want []string // nil for a gap
	}{
		"two contents":              {document(`,"content":[{"attachment":{"title":"One"}},{"attachment":{"title":"Two"}}]`), []string{"d · Kind: Document · Title: One · Status: UNKNOWN", "d.part2 · Kind: Document · Title: Two · Status: UNKNOWN"}},
		"no content":                {document(""), nil},
		"not in base64":             {document(`,"content":[{"attachment":{"data":"%"}}]`), nil},
		"by its description":        {document(`,"description":"Told","content":[{"attachment":{}}]`), []string{"d · Kind: Document · Title: Told · Status: UNKNOWN · Description: Told"}},
		"by its category":           {document(`,"type":{},"category":[{},{"text":"Letter"},{"text":"Other"}],"content":[{"attachment":{}}]`), []string{"d · Kind: Letter · Title: Letter · Status: UNKNOWN"}},
		"by its type":               {document(`,"type":{"text":"Note"},"category":[{"text":"Letter"}],"content":[{"attachment":{}}]`), []string{"d · Kind: Note · Title: Note · Status: UNKNOWN"}},
		"superseded":                {document(`,"status":"superseded","docStatus":"final","content":[{"attachment":{}}]`), []string{"d · Kind: Document · Title: Document · Status: SUPERSEDED"}},
		"preliminary":               {document(`,"status":"current","docStatus":"preliminary","content":[{"attachment":{}}]`), []string{"d · Kind: Document · Title: Document · Status: PRELIMINARY"}},
		"amended":                   {document(`,"status":"current","docStatus":"amended","content":[{"attachment":{}}]`), []string{"d · Kind: Document · Title: Document · Status: AMENDED"}},
		"current":                   {document(`,"status":"current","content":[{"attachment":{}}]`), []string{"d · Kind: Document · Title: Document · Status: FINAL"}},
		"final":                     {document(`,"docStatus":"final","content":[{"attachment":{}}]`), []string{"d · Kind: Document · Title: Document · Status: FINAL"}},
		"a form":                    {form("final", "application/pdf"), []string{"r.form1 · Kind: X-ray · Title: X-ray · Status: FINAL · ContentType: application/pdf · Size: 5"}},
		"a partial form":            {form("partial", "application/pdf"), []string{"r.form1 · Kind: X-ray · Title: X-ray · Status: PRELIMINARY · ContentType: application/pdf · Size: 5"}},
		"a preliminary form":        {form("preliminary", "application/pdf"), []string{"r.form1 · Kind: X-ray · Title: X-ray · Status: PRELIMINARY · ContentType: application/pdf · Size: 5"}},
		"a form that is registered": {form("registered", "application/pdf"), []string{"r.form1 · Kind: X-ray · Title: X-ray · Status: PRELIMINARY · ContentType: application/pdf · Size: 5"}},
		"a form in plain text":      {form("final", "text/plain"), []string{}},
	} {
		if a := readOf(t, fetch.Documents, c.held); !slices.Equal(lines(a), c.want) || isWhole(a) == (c.want == nil) {
			t.Errorf("%s: %q, gaps %v", name, lines(a), a.Unreadable)
		}
	}
}

// The content of a document comes from inside it, from what came with it or from its address;
// what cannot be had or is not the person's is an error, and what may not be shown is nothing.
func TestWhereContentIs(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte("hello"))
	at := func(attachment string) string {
		return about1("DocumentReference", "d", `,"content":[{"attachment":`+attachment+`}]`)
	}
	binary := func(more string) string {
		return `{"resourceType":"Binary","id":"b","data":"` + text + `"` + more + `}`
	}
	address := at(`{"url":"Binary/b"}`)
	for name, c := range map[string]struct {
		document, binary string
		fails            int
		want             string
		kind             error
		gap              bool
		asked            bool
	}{
		"inside":                            {at(`{"data":"` + text + `"}`), "", 0, "hello", nil, false, false},
		"inside, with an address":           {at(`{"data":"` + text + `","url":"Binary/b"}`), binary(""), 0, "hello", nil, false, false},
		"nowhere":                           {at(`{"title":"x"}`), "", 0, "", record.ErrMalformed, false, false},
		"at its address":                    {address, binary(""), 0, "hello", nil, false, true},
		"of the person":                     {address, binary(`,"securityContext":{"reference":"Patient/1"}`), 0, "hello", nil, false, true},
		"of a document":                     {address, binary(`,"securityContext":{"reference":"DocumentReference/d"}`), 0, "hello", nil, false, true},
		"of somebody else":                  {address, binary(`,"securityContext":{"reference":"Patient/2"}`), 0, "", record.ErrMalformed, false, true},
		"labelled":                          {address, binary(`,"meta":{"security":[{"code":"R"}]}`), 0, "", nil, false, true},
		"not in base64":                     {address, strings.Replace(binary(""), text, "%", 1), 0, "", record.ErrMalformed, false, true},
		"that cannot be read":               {address, strings.Replace(binary(""), `"`+text+`"`, "7", 1), 0, "", record.ErrMalformed, false, true},
		"that is none":                      {address, `{"resourceType":"Basic","id":"b","data":"` + text + `"}`, 0, "", record.ErrMalformed, false, true},
		"whose label cannot be read":        {address, binary(`,"meta":{"security":"R"}`), 0, "", record.ErrMalformed, false, true},
		"that is gone":                      {address, "", 404, "", record.ErrNotServed, false, true},
		"that is down":                      {address, "", 500, "", record.ErrUnavailable, false, true},
		"of a document that cannot be read": {strings.Replace(at(`{"data":"`+text+`"}`), `"content"`, `"date":"2026-02-31","content"`, 1), "", 0, "", nil, true, false},
		"of an author never shown":          {strings.Replace(at(`{"data":"`+text+`"}`), `"content"`, `"author":[{"reference":"Practitioner/p"}],"content"`, 1), "", 0, "", nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := open(t, patientOf("1", someone), c.document, `{"resourceType":"Practitioner","id":"p","name":[{"text":"HIV clinic"}]}`)
			if tr.instead["Binary"] = c.binary; c.fails != 0 {
				tr.fails["Binary"] = c.fails
			}
			seen := &events{}
			s := tr.source(t, record.Acute, ukcore.Options{SourceOptions: seen.Options()})
			content := &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: "d"}}
			documents := &fetch.Ask{Kind: fetch.Documents, Subjects: content.Subjects}
			got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{content, documents})
			if d := got[documents]; err != nil || d.Err != nil || d.Errs != nil {
				t.Fatal(d.Err, d.Errs, err)
			}
			a, said := got[content], ""
			for _, x := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
				said += string(x.Text)
			}
			if said != c.want || (a.Err == nil) != (c.kind == nil) || !errors.Is(a.Err, c.kind) || isWhole(a) == c.gap || slices.Contains(tr.got(), "Binary") != c.asked || seen.Count("confidential record") != strings.Count(name, "labelled") {
				t.Errorf("%q, gaps %v, asked %v, observed %v, %v", said, a.Unreadable, tr.got(), seen.Lines(), a.Err)
			}
		})
	}
}

// Of several documents that are asked for at once each has its own content, or its own error.
func TestContentOfSeveralDocuments(t *testing.T) {
	document := func(id, attachment string) string {
		return about1("DocumentReference", id, `,"content":[{"attachment":`+attachment+`}]`)
	}
	say := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	s := open(t, patientOf("1", someone), document("a", `{"data":"`+say("A")+`"}`), document("b", `{"url":"Binary/b"}`), document("c", `{"url":"Binary/gone"}`), document("d", `{"title":"D"}`),
		`{"resourceType":"Binary","id":"b","data":"`+say("B")+`"}`).source(t, record.Acute, ukcore.Options{})
	var asks []*fetch.Ask
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		asks = append(asks, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: id}})
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"A", "B", "an error", "an error", ""} {
		a, said := got[asks[i]], ""
		if failed := a.Err != nil || len(a.Errs) > 0 && a.Errs[0] != nil; failed {
			said = "an error"
		} else {
			for _, x := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
				said += string(x.Text)
			}
		}
		if said != want {
			t.Errorf("%s: %q, want %q (%v, %v)", asks[i].Filter.SourceID, said, want, a.Err, a.Errs)
		}
	}
}

// A content that came with the rest is judged as everything is.
func TestContentThatCame(t *testing.T) {
	for more, want := range map[string]int{"": 1, `,"meta":{"tag":[{"display":"HIV clinic"}]}`: 0, `,"meta":{"security":[{"code":"R"}]}`: 0} {
		seen := &events{}
		s := ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), `{"resourceType":"Binary","id":"b","data":"aGVsbG8="`+more+`}`,
			about1("DocumentReference", "d", `,"content":[{"attachment":{"url":"Binary/b"}}]`))}, ids, ukcore.Options{SourceOptions: seen.Options()})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: "d"}})
		if n := len(entriesOf(a, 0)); err != nil || n != want || seen.Count("confidential record") != strings.Count(more, "security") {
			t.Errorf("%s: %d, observed %v, %v", more, n, seen.Lines(), err)
		}
	}
}

// Letters and what is searched for each may lack something without the content of the other
// being lost.
func TestContentBesideWhatFails(t *testing.T) {
	broken := found(fhirMeta("document", "", composed("l", ""), patientOf("1", someone)), `{"resourceType":"Bundle"}`)
	for name, c := range map[string]struct {
		letters fhir.Fetcher
		wanted  string
		want    int
	}{
		"a document, letters down":     {gone{}, "d", 1},
		"a letter, others not read":    {letterbox(broken), "letter.l", 1},
		"a document, letters not read": {letterbox(broken), "d", 1},
	} {
		s := open(t, patientOf("1", someone), about1("DocumentReference", "d", `,"content":[{"attachment":{"data":"aGVsbG8="}}]`)).source(t, record.Acute, ukcore.Options{Documents: c.letters})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Subjects: subjects(someone), Filter: fetch.Filter{SourceID: c.wanted}})
		if n := len(entriesOf(a, 0)); err != nil || n != c.want || isWhole(a) {
			t.Errorf("%s: %d, gaps %v, %v", name, n, a.Unreadable, err)
		}
	}
}

// A stay is summed up by the discharge summary that was written of it and is shown.
func TestTheSummaryOfAStay(t *testing.T) {
	document := func(id, code, stay, more string) string {
		return about1("DocumentReference", id, fmt.Sprintf(`,"type":{"coding":[{"code":%q,"display":"Summary"}]},"context":{"encounter":[{"reference":"Encounter/%s"}]},"content":[{"attachment":{"title":"Summary %s"}}]%s`, code, stay, id, more))
	}
	stay := func(id string) string {
		return about1("Encounter", id, `,"class":{"code":"IMP"},"type":[{"text":"Stay"}],"period":{"end":"2026-11-05T10:00:00Z"}`)
	}
	a := readOf(t, fetch.Stays, stay("s"), stay("r"), document("a", "1", "s", ""), document("b", "373942005", "r", ""), document("c", "373942005", "s", `,"docStatus":"entered-in-error"`), document("d", "373942005", "s", ""), document("e", "373942005", "s", ""))
	want := []string{"r · DischargedAt: 2026-11-05T10:00 · Reason: Stay · Summary: Summary b", "s · DischargedAt: 2026-11-05T10:00 · Reason: Stay · Summary: Summary d"}
	if got := lines(a); !slices.Equal(got, want) && !slices.Equal(got, []string{want[1], want[0]}) {
		t.Errorf("%q", got)
	}
}
