package interweave_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/interweave"
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

func issue(severity, code string) string {
	return `{"resourceType":"OperationOutcome","issue":[{"severity":"` + severity + `","code":"` + code + `","diagnostics":"of 9990000018 at 127.0.0.1"}]}`
}

// What each answer to "who is it" becomes. The error of nobody is "absent": the council
// does not know the number.
func TestEachOutcome(t *testing.T) {
	absent := errors.New("absent")
	self := patient(someone, `"birthDate":"`+born+`"`)
	published := examples(t)["OperationOutcome-InterweaveOperationOutcomeExample"]
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		event  string
	}{
		"found":                           {200, bundle(self), nil, ""},
		"found twice":                     {200, bundle(self, strings.Replace(self, `"id":"p`, `"id":"q`, 1)), nil, ""},
		"found, by another version's too": {200, bundle(strings.Replace(self, `{`, `{"meta":{"profile":["https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-Patient","https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Patient-1"]},`, 1)), nil, ""},
		"the year, and that is all":       {200, bundle(patient(someone, `"birthDate":"1992"`)), nil, ""},
		"without a birth date":            {200, bundle(patient(someone)), nil, ""},
		"unknown":                         {200, bundle(), absent, ""},
		"restricted by the council":       {200, bundle(patient(someone, `"meta":{"security":[{"code":"R"}]}`)), absent, "confidential record"},
		"unknown, but not all was found":  {200, bundle(published), record.ErrTimeout, ""},
		"unknown, and something is wrong": {200, bundle(issue("error", "exception")), record.ErrUnavailable, ""},
		"unknown, for information":        {200, bundle(issue("information", "informational")), absent, ""},
		"an outcome where a Bundle is":    {200, published, record.ErrMalformed, "malformed answer"},
		"another birth date":              {200, bundle(patient(someone, `"birthDate":"1992-01-28"`)), record.ErrIdentity, "mismatched birth date"},
		"one of two has another":          {200, bundle(self, patient(someone, `"birthDate":"1950-01-01"`)), record.ErrIdentity, "mismatched birth date"},
		"a birth date that is none":       {200, bundle(patient(someone, `"birthDate":"1992-02-30"`)), record.ErrMalformed, "malformed answer"},
		"of somebody else":                {200, bundle(patient(another)), record.ErrMalformed, "foreign Patient, malformed answer"},
		"one of two has no id":            {200, bundle(self, strings.Replace(self, `"id":"p9990000018"`, `"id":""`, 1)), record.ErrMalformed, "malformed answer"},
		"found, and all of it":            {200, bundle(self, issue("information", "informational")), nil, ""},
		"with what only outcomes say":     {200, bundle(patient(someone, `"issue":[{"severity":"error"}]`)), nil, ""},
		"replaced by one that came":       {200, bundle(patient(someone, `"link":[{"type":"replaced-by","other":{"reference":"Patient/q1"}}]`), strings.Replace(self, `"id":"p9990000018"`, `"id":"q1"`, 1)), nil, ""},
		"by the address of one that came": {200, bundle(patient(someone, `"link":[{"type":"replaced-by","other":{"reference":"urn:uuid:1"}}]`), `{"fullUrl":"urn:uuid:1","resource":`+strings.Replace(self, `"id":"p9990000018"`, `"id":"q1"`, 1)+`}`), nil, ""},
		"replaced by one that did not":    {200, bundle(patient(someone, `"link":[{"type":"replaced-by","other":{"reference":"Patient/q1"}}]`)), record.ErrMalformed, "malformed answer"},
		"replaces one that came":          {200, bundle(patient(someone, `"link":[{"type":"replaces","other":{"reference":"Patient/q1"}}]`), strings.Replace(self, `"id":"p9990000018"`, `"id":"q1"`, 1)), nil, ""},
		"beside one that did not come":    {200, bundle(patient(someone, `"link":[{"type":"seealso","other":{"reference":"Patient/q1"}}]`)), nil, ""},
		"links that are none":             {200, bundle(patient(someone, `"link":7`)), record.ErrMalformed, "malformed answer"},
		"an outcome that is none":         {200, bundle(`{"resourceType":"OperationOutcome","issue":7}`), record.ErrMalformed, "malformed answer"},
		"of somebody else, too":           {200, bundle(self, patient(another)), nil, "foreign Patient"},
		"of a number that is none":        {200, bundle(patient("1234567890")), record.ErrMalformed, "foreign Patient, malformed answer"},
		"of STU3 alone":                   {200, bundle(strings.Replace(self, `{`, `{"meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Patient-1"]},`, 1)), record.ErrMalformed, "malformed answer"},
		"without an id":                   {200, bundle(strings.Replace(self, `"id":"p9990000018"`, `"id":""`, 1)), record.ErrMalformed, "malformed answer"},
		"larger than any":                 {200, bundle(patient(someone, `"language":"`+strings.Repeat("x", 3<<20)+`"`)), record.ErrMalformed, "malformed answer"},
		"a label that cannot be read":     {200, bundle(patient(someone, `"meta":7`)), record.ErrMalformed, "malformed answer"},
		"another resource":                {200, bundle(`{"resourceType":"Basic","id":"1"}`), record.ErrMalformed, "malformed answer"},
		"HTML":                            {200, "<html>", record.ErrMalformed, "malformed answer"},
		"cut short":                       {200, bundle(self)[:50], record.ErrMalformed, "malformed answer"},
		"not UTF-8":                       {200, bundle(patient(someone, "\"language\":\"\xff\"")), record.ErrMalformed, "malformed answer"},
		"a member twice":                  {200, bundle(patient(someone, `"birthDate":"1992-01-27","birthDate":"1950-01-01"`)), record.ErrMalformed, "malformed answer"},
		"refused":                         {403, ``, record.ErrRefused, "refused answer"},
		"no token":                        {401, ``, record.ErrRefused, "refused answer"},
		"a wrong address":                 {404, ``, record.ErrUnavailable, ""},
		"asked wrongly":                   {400, issue("error", "invalid"), record.ErrMalformed, "malformed answer"},
		"asked too often":                 {429, ``, record.ErrUnavailable, ""},
		"broken down":                     {500, published, record.ErrUnavailable, ""},
		"a gateway that gave up":          {504, ``, record.ErrTimeout, ""},
		"a redirect":                      {302, ``, record.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s, stub := serve(t, map[string]answer{"Patient": respond(c.status, c.body)}, interweave.Options{Observe: seen.Observe})
			got, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts})
			if err == nil {
				err = failure(got, 0)
			}
			if c.kind == absent {
				if err != nil || !marked(got.Absent, 0) {
					t.Errorf("%v, %+v", err, got)
				}
			} else if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) || marked(got.Absent, 0) {
				t.Errorf("%v, want %v; absent %v", err, c.kind, got.Absent)
			}
			if err != nil && (strings.Contains(err.Error(), "999") || strings.Contains(err.Error(), "127.0.0.1")) {
				t.Errorf("the error says too much: %v", err)
			}
			if said := strings.Join(seen.Lines(), ", "); said != c.event {
				t.Errorf("observed %q, want %q", said, c.event)
			}
			for _, event := range seen.Lines() {
				if n := seen.Count(event); n != 1 {
					t.Errorf("observed %s × %d", event, n)
				}
			}
			if marked(got.Unreadable, 0) {
				t.Error("found, and it is said that there may be more")
			}
			if want := map[bool]string{true: "Flag Patient", false: "Patient"}[c.kind == nil]; stub.types() != want {
				t.Errorf("asked for %s", stub.types())
			}
		})
	}
}

// Bad input in a search: that kind is malformed, or only what could not be read; the
// others come as they are.
func TestBadAnswers(t *testing.T) {
	good := of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, since)
	with := func(members string) string { return strings.Replace(good, `"id":"1"`, members, 1) }
	for name, c := range map[string]struct {
		status  int
		body    string
		kind    error
		partly  bool
		shown   int
		foreign int
	}{
		"as it should be":                {200, bundle(good), nil, false, 1, 0},
		"HTML":                           {200, "<html>", record.ErrMalformed, false, 0, 0},
		"cut short":                      {200, bundle(good)[:60], record.ErrMalformed, false, 0, 0},
		"not UTF-8":                      {200, strings.Replace(bundle(good), "A risk", "A \xff", 1), record.ErrMalformed, false, 0, 0},
		"not a Bundle":                   {200, good, record.ErrMalformed, false, 0, 0},
		"of STU3 alone":                  {200, bundle(with(`"id":"1","meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Flag-1"]}`)), record.ErrMalformed, false, 0, 0},
		"refused":                        {403, "", record.ErrRefused, false, 0, 0},
		"not found":                      {404, "", record.ErrUnavailable, false, 0, 0},
		"not offered":                    {501, "", record.ErrUnavailable, false, 0, 0},
		"a page above":                   {200, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"../Flag?page=2"}]}`, record.ErrMalformed, false, 0, 0},
		"a page elsewhere":               {200, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"https://other.test/Flag"}]}`, record.ErrMalformed, false, 0, 0},
		"3 MB in one string":             {200, bundle(good, with(`"id":"2","language":"`+strings.Repeat("x", 3<<20)+`"`)), nil, true, 1, 0},
		"an id without end":              {200, bundle(good, with(`"id":"`+strings.Repeat("x", 300)+`"`)), nil, true, 1, 0},
		"an entry that is none":          {200, `{"resourceType":"Bundle","type":"searchset","entry":[7,{"resource":` + good + `}]}`, nil, true, 1, 0},
		"one without id":                 {200, bundle(good, with(`"language":"en"`)), nil, true, 1, 0},
		"one on a day that is none":      {200, bundle(good, strings.Replace(with(`"id":"2"`), "2020-05-01", "2020-02-30", 1)), nil, true, 1, 0},
		"one whose labels are none":      {200, bundle(good, with(`"id":"2","meta":{"security":"R"}`)), nil, true, 1, 0},
		"one of somebody else":           {200, bundle(good, ofPatient(another, "Flag", `"id":"2"`, `"status":"active"`, `"code":{"text":"Theirs"}`, since)), nil, true, 1, 1},
		"one of another's number":        {200, bundle(good, with(`"id":"2","patient":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000026"}}`)), nil, true, 1, 1},
		"one of nobody":                  {200, bundle(good, `{"resourceType":"Flag","id":"2","status":"active","code":{"text":"Whose"},"period":{"start":"2020-05-01"}}`), nil, true, 1, 0},
		"one of whom it cannot be said":  {200, bundle(good, strings.Replace(with(`"id":"2"`), `"subject":{`, `"subject":[{"a":1}],"x":{`, 1)), nil, true, 1, 0},
		"two under one id":               {200, bundle(good, strings.Replace(good, "A risk", "Another", 1)), nil, true, 2, 0},
		"two owners, one of them none":   {200, bundle(good, with(`"id":"2","patient":7`)), nil, true, 1, 0},
		"of a version of nothing":        {200, bundle(good, strings.Replace(with(`"id":"2"`), `Patient/p9990000018`, `/_history/3`, 1)), nil, true, 1, 1},
		"an id of many letters":          {200, bundle(good, with(`"id":"`+strings.Repeat("x", 256)+`"`)), nil, false, 2, 0},
		"an id of one more":              {200, bundle(good, with(`"id":"`+strings.Repeat("x", 257)+`"`)), nil, true, 1, 0},
		"their Patient beside it":        {200, bundle(good, patient(someone, `"birthDate":"`+born+`","managingOrganization":{"reference":"Organization/x"}`)), nil, false, 1, 0},
		"an outcome that is none":        {200, bundle(good, `{"resourceType":"OperationOutcome","issue":7}`), nil, true, 1, 0},
		"the same twice":                 {200, bundle(good, good), nil, false, 1, 0},
		"somebody else's Patient beside": {200, bundle(good, patient(another, `"managingOrganization":{"reference":"Organization/x"}`)), nil, false, 1, 1},
		"not all was found":              {200, bundle(good, issue("warning", "timeout")), nil, true, 1, 0},
		"all was found, and they say so": {200, bundle(good, issue("information", "informational")), nil, false, 1, 0},
		"a version in the reference":     {200, bundle(strings.Replace(good, `Patient/p9990000018`, `Patient/p9990000018/_history/3`, 1)), nil, false, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			answers := map[string]answer{"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))), "Flag": respond(c.status, c.body),
				"Task": respond(200, bundle(of("Task", `"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`)))}
			s, stub := serve(t, answers, interweave.Options{Observe: seen.Observe})
			got, err := read(t, s, subjects(someone))
			if err != nil {
				t.Fatal(err)
			}
			for _, kind := range []fetch.Kind{fetch.Alerts, fetch.Safeguarding} {
				if err := failure(got[kind], 0); !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
					t.Errorf("%s: %v, want %v", kind, err, c.kind)
				}
			}
			if partly := marked(got[fetch.Alerts].Unreadable, 0); partly != c.partly {
				t.Errorf("partly unreadable: %v; observed %v", partly, seen.Lines())
			}
			if n := len(entries(got[fetch.Alerts], 0)); n != c.shown {
				t.Errorf("%d alerts", n)
			}
			if n := seen.Count("foreign Flag") + seen.Count("foreign Patient"); n != c.foreign {
				t.Errorf("%d of somebody else", n)
			}
			if n := seen.Count("unreadable alert"); (n > 0) != c.partly {
				t.Errorf("observed %v", seen.Lines())
			}
			if strings.Contains(stub.types(), "Organization") {
				t.Error("asked for what only a Patient refers to")
			}
			if a := got[fetch.SocialCareAssessments]; failure(a, 0) != nil || marked(a.Unreadable, 0) || len(entries(a, 0)) != 1 {
				t.Errorf("the assessments suffer: %+v", a)
			}
			if c.kind != nil && seen.Count("unanswered Flag") != 1 {
				t.Errorf("observed %v", seen.Lines())
			}
		})
	}
}

// What is larger than any resource is not read, and that is told.
func TestHowLargeAResourceMayBe(t *testing.T) {
	const most = 1 << 20
	padded := func(body string, size int) string {
		const pad = `,"language":""}`
		return strings.TrimSuffix(body, "}") + strings.Replace(pad, `""`, `"`+strings.Repeat("x", size-len(body)-len(pad)+1)+`"`, 1)
	}
	self, flag := patient(someone), of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, since)
	for _, c := range []struct {
		self, flag, id int
		shown          bool
	}{{most, most, 256, true}, {most + 1, most, 256, false}, {most, most + 1, 256, false}, {most, most, 257, false}} {
		called := strings.Repeat("x", c.id)
		answers := map[string]answer{"Patient": respond(200, bundle(padded(strings.Replace(self, "p"+string(someone), called, 1), c.self))),
			"Flag": respond(200, bundle(padded(strings.Replace(flag, "p"+string(someone), called, 1), c.flag)))}
		s, _ := serve(t, answers, interweave.Options{})
		got, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts})
		if err == nil {
			err = failure(got, 0)
		}
		if gap := err != nil || marked(got.Unreadable, 0); gap == c.shown || (len(entries(got, 0)) == 1) != c.shown {
			t.Errorf("%+v: %v, %d entries", c, err, len(entries(got, 0)))
		}
	}
}

// Whose an entry is say all its members that name somebody, by reference, by the address of
// what came, and by number.
func TestWhoseAnEntryIs(t *testing.T) {
	const address = "https://council.example/fhir/Patient/p9990000018"
	numbered := func(n record.NHSNumber) string {
		return `"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}`
	}
	for name, c := range map[string]struct {
		owner, participant string
		shown              bool
	}{
		"by key":                    {`{"reference":"Patient/p9990000018"}`, "", true},
		"by key, after a slash":     {`{"reference":"/Patient/p9990000018"}`, "", true},
		"by address":                {`{"reference":"` + address + `"}`, "", true},
		"by a version's address":    {`{"reference":"` + address + `/_history/2"}`, "", true},
		"by an address elsewhere":   {`{"reference":"https://other.example/fhir/Patient/p9990000018"}`, "", false},
		"by number":                 {`{` + numbered(someone) + `}`, "", true},
		"by key and number":         {`{"reference":"Patient/p9990000018",` + numbered(someone) + `}`, "", true},
		"by key, another's number":  {`{"reference":"Patient/p9990000018",` + numbered(another) + `}`, "", false},
		"by number, another's key":  {`{"reference":"Patient/p9990000026",` + numbered(someone) + `}`, "", false},
		"by a number that is none":  {`{` + numbered("9990000019") + `}`, "", false},
		"by a number of the house":  {`{"identifier":{"system":"https://council.example/id","value":"9990000018"}}`, "", false},
		"a participant":             {"", `{"actor":{"reference":"Patient/p9990000018"}}`, true},
		"a participant by number":   {"", `{"actor":{` + numbered(someone) + `}}`, true},
		"two participants":          {"", `{"actor":{"reference":"Patient/p9990000018"}},{"actor":{` + numbered(another) + `}}`, false},
		"a patient and a clerk":     {"", `{"actor":{"identifier":{"system":"https://council.example/id","value":"7"}}},{"actor":{"reference":"Patient/p9990000018"}}`, true},
		"a clerk":                   {"", `{"actor":{"identifier":{"system":"https://council.example/id","value":"7"}}}`, false},
		"participants that are not": {"", `7`, false},
	} {
		t.Run(name, func(t *testing.T) {
			kind, resource := fetch.Alerts, `{"resourceType":"Flag","id":"1","status":"active","code":{"text":"A risk"},`+since+`,"subject":`+c.owner+`}`
			if c.participant != "" {
				kind, resource = fetch.Appointments, `{"resourceType":"Appointment","id":"1","status":"booked","start":"2026-12-01T09:00:00Z","participant":[`+c.participant+`]}`
			}
			s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(`{"fullUrl":"`+address+`","resource":`+patient(someone)+`}`)),
				"Flag": respond(200, bundle(resource)), "Appointment": respond(200, bundle(resource))}, interweave.Options{})
			got, err := one(t, s, &fetch.Ask{Kind: kind})
			if err != nil || (len(entries(got, 0)) == 1) != c.shown || marked(got.Unreadable, 0) == c.shown {
				t.Errorf("%v, %d entries, unreadable %v", err, len(entries(got, 0)), got.Unreadable)
			}
		})
	}
}

// An appointment is of all who take part in it, so one with another patient is theirs.
func TestAnAppointmentOfTwo(t *testing.T) {
	both := strings.Replace(of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01T09:00:00Z"`), `"participant":[`, `"participant":[{"actor":{"reference":"Patient/other"}},`, 1)
	seen := &events{}
	s, _ := holding(t, seen, both)
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Appointments})
	if err != nil || len(entries(got, 0)) != 0 || !marked(got.Unreadable, 0) || seen.Count("foreign Appointment") != 1 {
		t.Errorf("%v, %d entries, observed %v", err, len(entries(got, 0)), seen.Lines())
	}
}

func TestWhatIsAsked(t *testing.T) {
	self := patient(someone)
	s, stub := serve(t, map[string]answer{"Patient": respond(200, bundle(self, strings.Replace(self, `"id":"p`, `"id":"q`, 1)))}, interweave.Options{})
	for kind, want := range map[fetch.Kind]string{
		fetch.Alerts: "Flag Patient", fetch.Services: "EpisodeOfCare Patient Task", fetch.CareTeam: "CareTeam EpisodeOfCare Patient Task", fetch.Notes: "", fetch.Reviews: "", fetch.Stays: "",
	} {
		stub.asked = nil
		if _, err := one(t, s, &fetch.Ask{Kind: kind}); err != nil || stub.types() != want {
			t.Errorf("%s: %v, asked for %q, want %q", kind, err, stub.types(), want)
		}
	}
	const perSearch = 40
	observed := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"reference":"Observation/%d"}`, 100+i)
		}
		return strings.Join(all, ",")
	}
	first, rest := make([]string, perSearch), strconv.Itoa(100+perSearch)
	for i := range first {
		first[i] = strconv.Itoa(100 + i)
	}
	own := []string{"Patient/p9990000018,Patient/q9990000018"}
	who := "Patient?" + url.Values{"identifier": {"https://fhir.nhs.uk/Id/nhs-number|9990000018"}}.Encode()
	stub.answers["Flag"] = respond(200, bundle(of("Flag", `"id":"1"`, `"author":{"reference":"Organization/o"}`, `"encounter":{"reference":"Encounter/e"}`, `"x":{"reference":"Practitioner/a"}`, `"y":{"reference":"Flag/2"}`, `"z":{"reference":"Encounter/not an id"}`,
		`"v":{"type":"Task","identifier":{"system":"s","value":"7"}}`, `"w":{"type":"Task","identifier":{"system":"s","value":"7"}}`, `"t":{"type":"Flag","identifier":{"value":"7"}}`, `"s":{"type":"Basic","identifier":{"value":"7"}}`,
		`"r":{"type":"Location","identifier":{"value":"7"}}`, `"q":{"identifier":{"value":"7"}}`, `"p":[`+observed(perSearch+1)+`]`)))
	for kind, want := range map[fetch.Kind][]string{
		fetch.Alerts: {
			"Encounter?" + url.Values{"_count": {"100"}, "_id": {"e"}, "patient": own}.Encode(),
			"Flag?" + url.Values{"_count": {"100"}, "_include": {"Flag:author", "Flag:encounter"}, "_include:iterate": {"PractitionerRole:practitioner"}, "patient": own}.Encode(),
			"Organization?" + url.Values{"_count": {"100"}, "_id": {"o"}}.Encode(), // which belongs to nobody
			"Location?" + url.Values{"_count": {"100"}, "identifier": {"|7"}}.Encode(),
			"Observation?" + url.Values{"_count": {"100"}, "_id": {strings.Join(first, ",")}, "patient": own}.Encode(),
			"Observation?" + url.Values{"_count": {"100"}, "_id": {rest}, "patient": own}.Encode(),
			"Task?" + url.Values{"_count": {"100"}, "_include": {"Task:owner", "Task:requester", "Task:encounter", "Task:based-on"}, "_include:iterate": {"PractitionerRole:practitioner"}, "identifier": {"s|7"}, "patient": own}.Encode(),
			who,
		},
		fetch.Contacts: {who, "RelatedPerson?" + url.Values{"_count": {"100"}, "patient": own}.Encode()},
	} {
		stub.asked, stub.ids = nil, nil
		of := subjects(someone)
		of.Born = nil // our register need not know when anybody was born
		if _, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: of}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		slices.Sort(stub.asked)
		if diff := cmp.Diff(want, stub.asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		slices.Sort(stub.ids)
		if len(slices.Compact(stub.ids)) != len(want) || len(stub.ids[0]) != 36 {
			t.Errorf("%s: requests %q", kind, stub.ids)
		}
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{{Kind: fetch.Stays, Subjects: subjects(someone)}})
	if err != nil || len(got) != 0 {
		t.Errorf("stays: %v, %v", err, got)
	}
}

// A kind that Interweave does not carry fails, and asks the council nothing; all that
// councils offer over SQL is offered.
func TestWhatIsNotCarriedIsNotSilent(t *testing.T) {
	s, stub := holding(t, nil)
	if len(s.Kinds()) != 24 || s.Name() != "SOCIAL_CARE/702" || !slices.IsSorted(s.Kinds()) {
		t.Errorf("%d kinds of %s", len(s.Kinds()), s.Name())
	}
	for _, kind := range s.Kinds() {
		stub.asked = nil
		got, err := one(t, s, &fetch.Ask{Kind: kind})
		if err != nil {
			t.Fatal(kind, err)
		}
		switch {
		case slices.Contains(kinds, kind), kind == fetch.Upcoming, kind == fetch.DocumentContent:
			if got.Err != nil || got.Rows == nil || len(stub.asked) < 2 {
				t.Errorf("%s: %+v after %d questions", kind, got, len(stub.asked))
			}
		case kind == fetch.Notes:
			if got.Err != nil || fetch.RowsOf[record.ListNote](got) == nil || len(stub.asked) != 0 {
				t.Errorf("%s: %+v", kind, got)
			}
		default:
			if !errors.Is(got.Err, record.ErrUnavailable) || len(stub.asked) != 0 {
				t.Errorf("%s: %v after %d questions", kind, got.Err, len(stub.asked))
			}
		}
	}
}

// One patient of whom the council says nothing does not blank the others.
func TestAFailureIsOfOnePatient(t *testing.T) {
	s, _ := serve(t, map[string]answer{"Patient": func(w http.ResponseWriter, r *http.Request) {
		switch who := r.URL.Query().Get("identifier"); {
		case strings.HasSuffix(who, string(someone)):
			respond(200, bundle(patient(someone)))(w, r)
		case strings.HasSuffix(who, string(another)):
			respond(500, "")(w, r)
		default:
			respond(200, bundle())(w, r)
		}
	}}, interweave.Options{})
	got, err := read(t, s, subjects(someone, another, third))
	if err != nil {
		t.Fatal(err)
	}
	for kind, a := range got {
		if failure(a, 0) != nil || !errors.Is(failure(a, 1), record.ErrUnavailable) || failure(a, 2) != nil || !marked(a.Absent, 2) || marked(a.Absent, 0) || marked(a.Absent, 1) {
			t.Errorf("%s: errors %v, absent %v", kind, a.Errs, a.Absent)
		}
	}
	down, _ := serve(t, map[string]answer{"Patient": respond(503, "")}, interweave.Options{})
	if _, err := read(t, down, subjects(someone, another)); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("for nobody: %v", err)
	}
}

func TestQuestionsAreAskedAtOnceUpToTheBound(t *testing.T) {
	three := fhirtest.NewAtOnce(3)
	slow := func(a answer) answer {
		return func(w http.ResponseWriter, r *http.Request) {
			three.Stay()
			a(w, r)
		}
	}
	answers := map[string]answer{"Patient": slow(func(w http.ResponseWriter, r *http.Request) {
		_, n, _ := strings.Cut(r.URL.Query().Get("identifier"), "|")
		respond(200, bundle(patient(record.NHSNumber(n))))(w, r)
	})}
	for _, kind := range []string{"Flag", "Task", "EpisodeOfCare", "Condition", "DeviceRequest", "RelatedPerson", "CareTeam", "ServiceRequest", "Appointment", "DocumentReference"} {
		answers[kind] = slow(respond(200, bundle()))
	}
	s, stub := serve(t, answers, interweave.Options{Concurrency: 3})
	if _, err := read(t, s, subjects(someone, another, third, "9990000042", "9990000050")); err != nil {
		t.Fatal(err)
	}
	if len(stub.asked) != 5*11 || three.Most() != 3 {
		t.Errorf("%d questions, %d at once", len(stub.asked), three.Most())
	}
}

func TestACouncilThatDoesNotAnswer(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	s, _ := serve(t, map[string]answer{"Patient": hang}, interweave.Options{Concurrency: 1})
	ask := []*fetch.Ask{{Kind: fetch.Alerts, Subjects: subjects(someone, another)}}
	ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms()), 30*time.Millisecond)
	defer cancel()
	if _, err := s.Read(ctx, ask); !errors.Is(err, record.ErrTimeout) {
		t.Errorf("at its deadline: %v", err)
	}
	ctx, leave := context.WithCancel(fetch.WithTerms(t.Context(), terms()))
	leave()
	if _, err := s.Read(ctx, ask); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody: %v", err)
	}
}

// Who waits for a turn waits no longer than anybody waits for the answer.
func TestNobodyWaitsForATurn(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(patient(someone))), "Flag": hang, "ServiceRequest": hang, "Condition": hang}, interweave.Options{Concurrency: 1})
	var asks []*fetch.Ask
	for _, kind := range []fetch.Kind{fetch.Alerts, fetch.Requests, fetch.SupportReasons} {
		asks = append(asks, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
	}
	ctx, cancel := context.WithTimeout(fetch.WithTerms(t.Context(), terms()), 100*time.Millisecond)
	defer cancel()
	got, err := s.Read(ctx, asks)
	for _, ask := range asks {
		if failed := failure(got[ask], 0); !errors.Is(failed, record.ErrTimeout) && !errors.Is(err, record.ErrTimeout) {
			t.Errorf("%s: %v, %v", ask.Kind, err, failed)
		}
	}
}

func TestNothingIsReadWithoutTerms(t *testing.T) {
	s, stub := holding(t, nil)
	if _, err := s.Read(t.Context(), []*fetch.Ask{{Kind: fetch.Alerts, Subjects: subjects(someone)}}); !errors.Is(err, record.ErrInvalid) || len(stub.asked) != 0 {
		t.Errorf("%v after %d calls", err, len(stub.asked))
	}
}
