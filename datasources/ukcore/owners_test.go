package ukcore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Whose a resource is, it says itself: what says two things, or cannot be read, is nobody's
// and a gap of everybody who was asked for with it.
func TestWhoseItIs(t *testing.T) {
	number := func(n record.NHSNumber) string {
		return `"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}`
	}
	flag := func(members string) string {
		return `{"resourceType":"Flag","id":"x","status":"active","code":{"text":"Falls"}` + members + `}`
	}
	booked := func(participants string) string {
		return `{"resourceType":"Appointment","id":"x","status":"booked","participant":[` + participants + `]}`
	}
	subject := func(reference string) string { return flag(`,"subject":{` + reference + `}`) }
	const address = "https://trust.example/fhir/Patient/"
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  string
		first bool // the first patient's
		other bool // the second's
		gap   bool
	}{
		"by a number":                                      {fetch.Alerts, subject(number(someone)), true, false, false},
		"by a number and a reference":                      {fetch.Alerts, subject(number(someone) + `,"reference":"Patient/1"`), true, false, false},
		"by one's number and another's reference":          {fetch.Alerts, subject(number(another) + `,"reference":"Patient/1"`), false, false, true},
		"by a number and a reference to nobody":            {fetch.Alerts, subject(number(someone) + `,"reference":"Patient/9"`), false, false, true},
		"by the number of nobody who was asked for":        {fetch.Alerts, subject(number("9990000042")), false, false, true},
		"by the number of somebody who is not known there": {fetch.Alerts, subject(number(third)), false, false, true},
		"by what is no number":                             {fetch.Alerts, subject(number("9990000019") + `,"reference":"Patient/1"`), false, false, true},
		"by another's identifier beside":                   {fetch.Alerts, subject(`"identifier":{"system":"https://trust/ids","value":"9990000026"},"reference":"Patient/1"`), true, false, false},
		"by an address":                                    {fetch.Alerts, subject(`"reference":"` + address + `1"`), true, false, false},
		"by a version at its address":                      {fetch.Alerts, subject(`"reference":"` + address + `1/_history/2"`), true, false, false},
		"by a version":                                     {fetch.Alerts, subject(`"reference":"Patient/1/_history/2"`), true, false, false},
		"by an address elsewhere":                          {fetch.Alerts, subject(`"reference":"https://elsewhere.example/fhir/Patient/1"`), false, false, true},
		"by an address that is no key":                     {fetch.Alerts, subject(`"reference":"https://trust.example/people/7"`), false, true, false},
		"in words":                                         {fetch.Alerts, subject(`"display":"Somebody"`), false, false, true},
		"twice":                                            {fetch.Alerts, flag(`,"subject":{"reference":"Patient/1"},"patient":{"reference":"Patient/1"}`), true, false, false},
		"both":                                             {fetch.Alerts, flag(`,"subject":{"reference":"Patient/1"},"patient":{"reference":"Patient/2"}`), false, false, true},
		"one, and a stranger":                              {fetch.Alerts, flag(`,"subject":{"reference":"Patient/1"},"patient":{"reference":"Patient/9"}`), false, false, true},
		"what cannot be read":                              {fetch.Alerts, flag(`,"subject":"Patient/1","x":{"reference":"Patient/1"}`), false, false, true},
		"an individual":                                    {fetch.Alerts, flag(`,"subject":{"reference":"Patient/1"},"individual":{"reference":"Patient/9"}`), true, false, false},
		"an appointment of both":                           {fetch.Appointments, booked(`{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Patient/2"}}`), true, true, false},
		"an appointment with a stranger":                   {fetch.Appointments, booked(`{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Patient/9"}}`), true, false, false},
		"an appointment of a stranger":                     {fetch.Appointments, booked(`{"actor":{"reference":"Patient/9"}}`), false, false, true},
		"an appointment by a number":                       {fetch.Appointments, booked(`{"actor":{` + number(someone) + `}},{"actor":{"identifier":{"system":"https://trust/ids","value":"9990000026"}}}`), true, false, false},
		"an appointment that cannot be read":               {fetch.Appointments, booked(`{"actor":{"reference":"Patient/1"}},7`), false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			tr := open(t)
			at := func(id, address, resource string) string {
				return fmt.Sprintf(`{"fullUrl":%q,"resource":%s}`, address+id, resource)
			}
			tr.instead["Patient"] = `{"resourceType":"Bundle","type":"searchset","entry":[` + at("1", address, patientOf("1", someone)) + `,` + at("7", "https://trust.example/people/", patientOf("2", another)) + `]}`
			for _, resource := range []string{"Flag", "Appointment"} {
				if strings.Contains(c.held, resource) {
					tr.instead[resource] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + c.held + `}]}`
				}
			}
			ask := &fetch.Ask{Kind: c.kind, Subjects: subjects(someone, another, third)}
			got, err := tr.source(t, record.Acute, ukcore.Options{}).Read(fetch.WithTerms(t.Context(), terms()), []*fetch.Ask{ask})
			a := got[ask]
			gap := a.Unreadable != nil && a.Unreadable[0] && a.Unreadable[1]
			if err != nil || (idsOf(a, 0) == "x") != c.first || (idsOf(a, 1) == "x") != c.other || idsOf(a, 2) != "" || gap != c.gap || !gap && a.Unreadable != nil {
				t.Errorf("%q %q %q, gaps %v, %v", idsOf(a, 0), idsOf(a, 1), idsOf(a, 2), a.Unreadable, err)
			}
		})
	}
}

// In an answer that holds all of one person what names nobody is theirs, and what cannot be
// read or names somebody else is not.
func TestWhoseItIsInAWhole(t *testing.T) {
	allergy := func(patient string) string {
		return `{"resourceType":"AllergyIntolerance","id":"x","patient":` + patient + `,"code":{"text":"Nuts"}}`
	}
	for name, c := range map[string]struct {
		kind fetch.Kind
		held string
		want string
		gap  bool
	}{
		"in words":                     {fetch.Allergies, allergy(`{"display":"Somebody"}`), "x", false},
		"not at all":                   {fetch.Allergies, allergy(`null`), "x", false},
		"what cannot be read":          {fetch.Allergies, allergy(`"Patient/9"`), "", true},
		"what points at nothing":       {fetch.Allergies, allergy(`{"reference":"/"}`), "", true},
		"a stranger":                   {fetch.Allergies, allergy(`{"reference":"Patient/9"}`), "", true},
		"an appointment of nobody":     {fetch.Appointments, `{"resourceType":"Appointment","id":"x","status":"booked","participant":[{"actor":{"reference":"Location/l"}}]}`, "x", false},
		"an appointment of a stranger": {fetch.Appointments, `{"resourceType":"Appointment","id":"x","status":"booked","participant":[{"actor":{"reference":"Patient/9"}}]}`, "", true},
	} {
		s := ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), c.held)}, ids, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != c.want || isWhole(a) == c.gap {
			t.Errorf("%s: %q, gaps %v, %v", name, idsOf(a, 0), a.Unreadable, err)
		}
	}
}

// What is left out for whose it is, for a label or because it cannot be read is counted, each once.
func TestWhatIsCounted(t *testing.T) {
	label := `"meta":{"security":[{"code":"R"}]},`
	labelled := func(resource string) string { return strings.Replace(resource, `"id"`, label+`"id"`, 1) }
	suppressed := `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"suppressed"}]}`
	hint := `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`
	found := func(resources ...string) string {
		return strings.Replace(collection(resources...), "collection", "searchset", 1)
	}
	for name, c := range map[string]struct {
		whole   bool
		instead map[string]string
		fails   map[string]int
		letters fhir.Fetcher
		born    string
		want    string // what is observed, with the number of each
	}{
		"nothing":                                          {instead: map[string]string{"Flag": found()}},
		"a label":                                          {instead: map[string]string{"Flag": found(labelled(about1("Flag", "f", "")))}, want: "confidential record 1"},
		"a label on a professional, twice":                 {instead: map[string]string{"Flag": found(labelled(`{"resourceType":"Practitioner","id":"p"}`), labelled(`{"resourceType":"Practitioner","id":"p"}`))}, want: "confidential record 1"},
		"a list that lacks what is confidential":           {instead: map[string]string{"Flag": found(about1("List", "l", `,"extension":[{"url":"ListWarningCode","valueCode":"confidential-items"}]`))}, want: "confidential record 1"},
		"a label on a letter":                              {letters: letterbox(strings.Replace(letterOf(someone), `"type"`, label+`"type"`, 1)), want: "confidential record 1"},
		"what is kept back, and a hint":                    {instead: map[string]string{"Flag": found(suppressed, hint)}, want: "confidential record 1"},
		"what is kept back from two places":                {instead: map[string]string{"Flag": found(about1("Flag", "f", `,"code":{"text":"Falls"},"detail":[{"reference":"Location/l"},{"reference":"Location/m"}]`)), "Location": found(suppressed)}, want: "confidential record 1"},
		"a restricted Patient":                             {instead: map[string]string{"Patient": found(labelled(patientOf("1", someone)))}, want: "confidential Patient 1"},
		"two who were not asked for":                       {instead: map[string]string{"Patient": found(patientOf("1", someone), patientOf("8", third), patientOf("9", another))}, want: "foreign Patient 2"},
		"one who comes with the rest":                      {instead: map[string]string{"Flag": found(patientOf("9", another))}, want: "foreign Patient 1"},
		"their own, with the rest":                         {instead: map[string]string{"Flag": found(patientOf("1", someone))}},
		"a stranger's":                                     {instead: map[string]string{"Flag": found(strings.Replace(about1("Flag", "f", ""), "Patient/1", "Patient/9", 1))}, want: "foreign Flag 1, unreadable alert 1, unreadable need 1"},
		"nobody's":                                         {instead: map[string]string{"Flag": found(`{"resourceType":"Flag","id":"f"}`)}, want: "foreign Flag 1, unreadable alert 1, unreadable need 1"},
		"a stranger's trial, in a whole":                   {whole: true, instead: map[string]string{"Flag": `{"resourceType":"ResearchSubject","id":"r","individual":{"reference":"Patient/9"}}`}, want: "foreign ResearchSubject 1"},
		"a label, in a whole":                              {whole: true, instead: map[string]string{"Flag": labelled(`{"resourceType":"Practitioner","id":"p"}`)}, want: "confidential record 1"},
		"an entry that is no resource":                     {instead: map[string]string{"Flag": found("7")}, want: "unreadable alert 1, unreadable need 1"},
		"an entry whose subject cannot be read":            {instead: map[string]string{"Flag": found(`{"resourceType":"Flag","id":"f","subject":7}`)}, want: "unreadable alert 1, unreadable need 1"},
		"an appointment whose participants cannot be read": {instead: map[string]string{"Flag": found(`{"resourceType":"Appointment","id":"a","participant":7}`)}, want: "unreadable appointment 1, unreadable appointment_upcoming 1"},
		"a place that refuses":                             {fails: map[string]int{"Flag": 403}, want: "refused Flag 1"},
		"a place that does not understand":                 {fails: map[string]int{"Flag": 400}, want: "malformed Flag 1"},
		"a place that is down":                             {fails: map[string]int{"Flag": 500}},
		"a place that is not there":                        {fails: map[string]int{"Flag": 404}},
		"an answer that cannot be read":                    {instead: map[string]string{"Flag": "<html>"}, want: "malformed Flag 1"},
		"letters that cannot be read":                      {letters: letterbox("<html>"), want: "malformed Bundle 1"},
		"a letter of somebody else":                        {letters: letterbox(letterOf(another)), want: "foreign Composition 1, malformed Bundle 1"},
		"a letter of another birth":                        {letters: letterbox(letterOf(someone)), born: "1971", want: "mismatched birth date 2"},
		"letters that are down":                            {letters: gone{}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			tr := open(t, patientOf("1", someone))
			tr.instead = c.instead
			if c.fails != nil {
				tr.fails = c.fails
			}
			s := tr.source(t, record.Acute, ukcore.Options{Documents: c.letters, SourceOptions: seen.Options()})
			if c.whole {
				s = ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), c.instead["Flag"])}, ids, ukcore.Options{SourceOptions: seen.Options()})
			}
			asks := []*fetch.Ask{{Kind: fetch.Alerts, Subjects: subjects(someone)}, {Kind: fetch.Needs, Subjects: subjects(someone)}}
			if c.letters != nil {
				asks = append(asks, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
			}
			for _, ask := range asks {
				ask.Subjects.Born = []string{c.born}
			}
			s.Read(fetch.WithTerms(t.Context(), terms()), asks)
			var got []string
			for _, line := range seen.Lines() {
				got = append(got, fmt.Sprintf("%s %d", line, seen.Count(line)))
			}
			if said := strings.Join(got, ", "); said != c.want {
				t.Errorf("observed %q, not %q", said, c.want)
			}
		})
	}
}

// gone is a place of documents that does not answer.
type gone struct{}

func (gone) Fetch(context.Context, fhir.Request) ([]byte, error) { return nil, record.ErrUnavailable }
