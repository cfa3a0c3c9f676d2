package interweave_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

const (
	ann = `{"reference":"Practitioner/a","display":"Ann Worker"}`
	bob = `{"reference":"Practitioner/b","display":"Bob Worker"}`
)

// What entries say, and what they do not.
func TestWhatEntriesSay(t *testing.T) {
	flag := func(members ...string) string {
		return of("Flag", append([]string{`"id":"1"`, `"status":"active"`, since}, members...)...)
	}
	service := func(members ...string) string {
		return of("EpisodeOfCare", append([]string{`"id":"1"`, `"status":"active"`, `"type":[{"text":"Home support"}]`}, members...)...)
	}
	assessment := func(members ...string) string {
		return of("Task", append([]string{`"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`}, members...)...)
	}
	request := func(members ...string) string {
		return of("ServiceRequest", append([]string{`"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`}, members...)...)
	}
	visit := func(members ...string) string {
		return of("Appointment", append([]string{`"id":"1"`, `"start":"2026-12-01T09:00:00Z"`}, members...)...)
	}
	with := func(actors ...string) string {
		both := `"participant":[{"actor":` + strings.Join(actors, `},{"actor":`) + `},`
		return strings.Replace(visit(`"status":"booked"`), `"participant":[`, both, 1)
	}
	document := func(members ...string) string {
		return of("DocumentReference", append([]string{`"id":"1"`, `"date":"2020-05-01"`}, members...)...)
	}
	outcomes := func(second string) string {
		const one = `{"url":"https://x/Extension-Interweave-SocialCareAssessmentOutcome","valueCodeableConcept":`
		return `"extension":[` + one + `{"text":"Services"}},` + one + second + `}]`
	}
	hall, church := `{"reference":"Location/h","display":"The hall"}`, `{"reference":"Location/c","display":"The church"}`
	for name, c := range map[string]struct {
		kind     fetch.Kind
		resource string
		says     []string
		not      string
	}{
		"who raised an alert":                {fetch.Alerts, flag(`"code":{"text":"A risk"}`, `"author":`+ann), []string{`"RecordedBy":"Ann Worker"`}, "-"},
		"the category of an alert":           {fetch.Alerts, flag(`"code":{"text":"A risk"}`, `"category":[{"text":"Safety"}]`), []string{`"Note":"Safety"`}, "-"},
		"a category that is all":             {fetch.Alerts, flag(`"category":[{"text":"Safety"}]`), []string{`"Display":"Safety"`}, `"Note"`},
		"a concern by its coding":            {fetch.Safeguarding, flag(`"code":{"text":"See notes","coding":[{"display":"Safeguarding"}]}`, `"author":`+ann), []string{`"CallFirst":"Ann Worker"`}, "-"},
		"the first of whom to call":          {fetch.Safeguarding, report(`"status":"active"`, `"performer":[{"reference":"Organization/x"},`+bob+`,`+ann+`]`), []string{`"CallFirst":"Bob Worker"`, `"RecordedAt":"2020-05-02`}, "-"},
		"who provides it":                    {fetch.Services, service(since, `"managingOrganization":{"reference":"Organization/o","display":"East team"}`), []string{`"Provider":"East team"`}, "-"},
		"a person is no provider":            {fetch.Services, service(since, `"managingOrganization":`+ann), nil, "Ann"},
		"it ends today":                      {fetch.Services, service(`"period":{"start":"2020-05-01","end":"2026-11-25"}`), []string{`"EndedOn":"2026-11-25"`}, "Planned"},
		"another outcome":                    {fetch.SocialCareAssessments, assessment(outcomes(`{"text":"Equipment"}`)), []string{`"Summary":"Outcome: Equipment"`}, "-"},
		"another outcome, of no words":       {fetch.SocialCareAssessments, assessment(outcomes(`{}`)), nil, "Outcome:"},
		"which team assessed":                {fetch.SocialCareAssessments, assessment(`"owner":{"reference":"Organization/o","display":"East team"}`), []string{"By: East team"}, "Assessor"},
		"who assessed, by the owner":         {fetch.SocialCareAssessments, assessment(`"owner":` + ann), []string{`"Assessor":{"Name":"Ann Worker"`}, "By:"},
		"who assessed, in a role":            {fetch.SocialCareAssessments, assessment(`"owner":{"reference":"PractitionerRole/a","display":"Ann Worker"}`), []string{`"Assessor":{"Name":"Ann Worker"`}, "By:"},
		"the patient owns nothing":           {fetch.SocialCareAssessments, assessment(`"owner":{"reference":"Patient/p9990000018","display":"Ann Roe"}`), nil, "Ann Roe"},
		"nor do those around them":           {fetch.SocialCareAssessments, assessment(`"owner":{"reference":"RelatedPerson/r","display":"Ann Roe"}`), nil, "Ann Roe"},
		"one who is not named, and the next": {fetch.SocialCareAssessments, assessment(`"owner":`+ann, `"extension":[{"url":"https://x/Extension-Interweave-SocialCareAssessmentPerformer","valueReference":{"reference":"Practitioner/z"}}]`), []string{`"Assessor":{"Name":"Ann Worker"`}, "-"},
		"notes":                              {fetch.Requests, request(`"note":[{"text":"Wants a rail"},{"text":"Safeguarding raised"}]`, `"patientInstruction":"See the safeguarding file"`), []string{"Wants a rail"}, "afeguarding"},
		"a request without notes":            {fetch.Requests, request(), nil, "Description"},
		"who recorded a reason":              {fetch.SupportReasons, of("Condition", `"id":"1"`, `"code":{"text":"Physical support"}`, `"recordedDate":"2020-05-01"`, `"recorder":`+ann), []string{`"RecordedAt":"2020-05-01`, `"RecordedBy":"Ann Worker"`}, "-"},
		"a reason that is primary, or not": {fetch.SupportReasons, of("Condition", `"id":"1"`, `"code":{"text":"Physical support"}`, `"recordedDate":"2020-05-01"`,
			`"extension":[{"url":"https://x/Extension-Interweave-SocialCarePrimarySupportReason"},{"url":"https://x/Extension-Other","valueBoolean":false}]`), []string{"Physical support"}, "-"},
		"of a status nobody knows":         {fetch.Appointments, visit(`"status":"odd"`), []string{`"Status":"UNKNOWN"`}, "-"},
		"half an hour, of a specialty":     {fetch.Appointments, visit(`"status":"booked"`, `"minutesDuration":30`, `"specialty":[{"coding":[{"code":"314","display":"Rehabilitation"}]}]`), []string{`"DurationMinutes":30`, "Rehabilitation"}, "-"},
		"of a length nobody says":          {fetch.Appointments, visit(`"status":"booked"`), nil, "DurationMinutes"},
		"of no length":                     {fetch.Appointments, visit(`"status":"booked"`, `"minutesDuration":0`), nil, "DurationMinutes"},
		"the first place and professional": {fetch.Appointments, with(`{"reference":"Organization/o","display":"East team"}`, hall, ann, church, bob), []string{`"Location":"The hall"`, `"Clinician":{"Name":"Ann Worker"`}, "East team"},
		"a document of a size":             {fetch.Documents, document(`"status":"current"`, `"content":[{"attachment":{"size":0,"creation":"2020-04-01"}}]`), []string{`"Size":0`, `"Status":"FINAL"`, `"WrittenAt":"2020-04-01`}, "-"},
		"a document of no size":            {fetch.Documents, document(`"docStatus":"final"`, `"content":[{"attachment":{"size":-1}}]`), []string{`"Status":"FINAL"`, `"WrittenAt":"2020-05-01`}, `"Size"`},
		"a document of an unknown status":  {fetch.Documents, document(`"status":"odd"`), []string{`"Status":"UNKNOWN"`}, "-"},
		"a system without a name":          {fetch.Alerts, flag(`"code":{"text":"A risk"}`, `"meta":{"tag":[{"system":"https://yhcr.nhs.uk/Source","code":"X"},{"system":"https://x","display":"Y"}]}`), []string{`"From":"702, Interweave"`}, "-"},
		"tags that cannot be read":         {fetch.Alerts, flag(`"code":{"text":"A risk"}`, `"meta":{"tag":[{"system":"https://yhcr.nhs.uk/Provenance","code":"RCB"},7]}`), []string{`"From":"702, Interweave"`}, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.resource)
			got, err := one(t, s, &fetch.Ask{Kind: c.kind})
			if err != nil || failure(got, 0) != nil || len(entries(got, 0)) != 1 || marked(got.Unreadable, 0) {
				t.Fatalf("%v, %+v", err, got)
			}
			said := line(t, entries(got, 0)[0])
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%s does not say %s", said, want)
				}
			}
			// What is not there is written as null.
			if strings.Contains(strings.NewReplacer(`"DurationMinutes":null`, "", `"Size":null`, "").Replace(said), c.not) && c.not != "-" {
				t.Errorf("%s says %s", said, c.not)
			}
		})
	}
}

// A resource of which a part cannot be read is a gap in what is made of it, and no entry.
func TestWhatCannotBeReadIsAGap(t *testing.T) {
	for name, c := range map[string]struct {
		kind     fetch.Kind
		resource string
	}{
		"an alert":          {fetch.Alerts, of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, since, `"author":7`)},
		"a service":         {fetch.Services, of("EpisodeOfCare", `"id":"1"`, `"status":"active"`, `"type":[{"text":"Home support"}]`, since, `"careManager":7`)},
		"a team":            {fetch.CareTeam, of("CareTeam", `"id":"1"`, `"status":"active"`, since, `"participant":[{"member":`+ann+`}]`, `"name":7`)},
		"who acts in it":    {fetch.CareTeam, of("CareTeam", `"id":"1"`, `"status":"active"`, since, `"participant":[{"member":`+ann+`,"actor":7}]`)},
		"an assessment":     {fetch.SocialCareAssessments, of("Task", `"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`, `"note":7`)},
		"a request":         {fetch.Requests, of("ServiceRequest", `"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`, `"note":7`)},
		"a reason":          {fetch.SupportReasons, of("Condition", `"id":"1"`, `"code":{"text":"Physical support"}`, `"recordedDate":"2020-05-01"`, `"category":7`)},
		"equipment":         {fetch.Equipment, of("DeviceRequest", `"id":"1"`, `"status":"active"`, `"codeCodeableConcept":{"text":"A rail"}`, `"authoredOn":"2020-05-01"`, `"note":7`)},
		"a contact":         {fetch.Contacts, of("RelatedPerson", `"id":"1"`, `"name":[{"family":"Roe"}]`, since, `"address":7`)},
		"their role":        {fetch.Contacts, of("RelatedPerson", `"id":"1"`, `"name":[{"family":"Roe"}]`, since, role("NOK", `{"start":"soon"}`))},
		"the end of it":     {fetch.Contacts, of("RelatedPerson", `"id":"1"`, `"name":[{"family":"Roe"}]`, since, role("NOK", `{"end":"soon"}`))},
		"its time":          {fetch.Appointments, of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"soon"`)},
		"an appointment":    {fetch.Appointments, of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01T09:00:00Z"`, `"reasonCode":7`)},
		"a document":        {fetch.Documents, of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2020-05-01"`, `"author":7`)},
		"a document's time": {fetch.Documents, of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"soon"`)},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.resource)
			got, err := fhirtest.Read(t, s, terms(), subjects(someone), append([]fetch.Kind{fetch.Upcoming}, kinds...)...)
			if err != nil {
				t.Fatal(err)
			}
			if a := got[c.kind]; len(entries(a, 0)) != 0 || !marked(a.Unreadable, 0) {
				t.Errorf("%d entries, unreadable %v", len(entries(a, 0)), a.Unreadable)
			}
			if a := got[fetch.Upcoming]; marked(a.Unreadable, 0) != (c.kind == fetch.Appointments) {
				t.Errorf("appointments to come: unreadable %v", a.Unreadable)
			}
		})
	}
}

// What was withdrawn, called off or only thought of is no entry, nor is what belongs to
// another profile.
func TestWhatIsNoEntry(t *testing.T) {
	device := func(members ...string) string {
		return of("DeviceRequest", append([]string{`"id":"1"`, `"codeCodeableConcept":{"text":"A rail"}`, `"authoredOn":"2020-05-01"`}, members...)...)
	}
	request := func(members ...string) string {
		return of("ServiceRequest", append([]string{`"id":"1"`, `"authoredOn":"2020-05-01"`}, members...)...)
	}
	team := func(status string) string {
		return of("CareTeam", `"id":"1"`, `"status":"`+status+`"`, since, `"participant":[{"member":`+ann+`}]`)
	}
	none := func(kind fetch.Kind, resource string) reading { return reading{resource, kind, false, false, ""} }
	run(t, map[string]reading{
		"equipment withdrawn":            none(fetch.Equipment, device(`"status":"entered-in-error"`)),
		"equipment drafted":              none(fetch.Equipment, device(`"status":"draft"`)),
		"equipment put off":              none(fetch.Equipment, device(`"status":"on-hold"`)),
		"equipment cancelled":            none(fetch.Equipment, device(`"status":"cancelled"`)),
		"equipment planned":              none(fetch.Equipment, device(`"status":"active"`, `"intent":"plan"`)),
		"equipment of a hospital":        none(fetch.Equipment, device(`"status":"active"`, `"meta":{"profile":["https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-DeviceRequest"]}`)),
		"a request withdrawn":            none(fetch.Requests, request(`"status":"entered-in-error"`)),
		"what is not to be done":         none(fetch.Requests, request(`"status":"active"`, `"doNotPerform":true`)),
		"a report called off":            none(fetch.Requests, report(`"status":"cancelled"`)),
		"a team withdrawn":               none(fetch.CareTeam, team("entered-in-error")),
		"a team proposed":                none(fetch.CareTeam, team("proposed")),
		"a document written in a year":   none(fetch.Documents, of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2020-05-01"`, `"content":[{"attachment":{"creation":"2009"}}]`)),
		"a contact of parts of a name":   none(fetch.Contacts, of("RelatedPerson", `"id":"1"`, since, `"name":[{"given":["Sexual"],"family":"Health"}]`)),
		"a role that is none":            none(fetch.Carers, of("RelatedPerson", `"id":"1"`, `"name":[{"family":"Roe"}]`, since, strings.Replace(role("CAR", `{}`), "SocialCareSupportRole", "Other", 1))),
		"words in the base64 that broke": none(fetch.Documents, of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2020-05-01"`, `"content":[{"attachment":{"data":"SElWIGNsaW5pYw==!"}}]`)),
	})
}

// People are said as they are today, each thing once.
func TestHowPeopleAreReached(t *testing.T) {
	support := func(codes ...string) string {
		var all []string
		for _, code := range codes {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(role(code, `{}`), `"extension":[`), `]`))
		}
		return `"extension":[` + strings.Join(all, ",") + `]`
	}
	person := func(members ...string) string {
		return of("RelatedPerson", append([]string{`"id":"1"`, `"name":[{"family":"Roe","given":["Ann"]}]`, since}, members...)...)
	}
	addresses := `"address":[{"line":["9 Old"],"period":{"end":"2020-01-01"}},{"use":"old","line":["8 Old"]},{"line":["1 New"]},{"line":["2 Later"]},{"use":"old","line":["7 Old"]}]`
	reach := `"telecom":[{"system":"fax","value":"4"},{"system":"phone","value":"2"},{"system":"phone","value":"3"},{"system":"email","value":"a@example.test"}]`
	ended := `"telecom":[{"system":"phone","value":"1","period":{"end":"2015-01-01"}},{"system":"phone","use":"old","value":"2"},{"system":"phone","value":"3","period":{"start":"2027-01-01"}},` +
		`{"system":"phone","value":"4","period":{"start":"2015-01-02"}},{"system":"email","value":"old@example.test","period":{"end":"2015"}}]`
	mother := `"relationship":[{"text":"mother"}]`
	for name, c := range map[string]struct {
		resource string
		contact  record.Contact
		carer    record.Text // the relationship of the carer
	}{
		"by what holds":                {person(addresses, reach), record.Contact{Name: "Ann Roe", Phone: "2", Email: "a@example.test", Address: "1 New"}, "-"},
		"not by what is over":          {person(ended), record.Contact{Name: "Ann Roe", Phone: "4"}, "-"},
		"a carer in two roles":         {person(support("CAR", "IC"), mother), record.Contact{Name: "Ann Roe", Relationship: "mother", Roles: []record.ContactRole{record.ContactRoleCarer}}, "mother"},
		"of whom no relation is known": {person(support("CAR")), record.Contact{Name: "Ann Roe", Roles: []record.ContactRole{record.ContactRoleCarer}}, ""},
		"a role that is over":          {person(role("NOK", `{"end":"2021-01-01"}`)), record.Contact{Name: "Ann Roe"}, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.resource)
			got, err := read(t, s, subjects(someone))
			list, carers := fetch.RowsOf[record.Contact](got[fetch.Contacts]).Of(0), fetch.RowsOf[record.Carer](got[fetch.Carers]).Of(0)
			if err != nil || len(list) != 1 || (len(carers) == 1) != (c.carer != "-") {
				t.Fatalf("%v, %+v, %+v", err, list, carers)
			}
			k := list[0]
			if k.Name != c.contact.Name || k.Relationship != c.contact.Relationship || k.Phone != c.contact.Phone || k.Email != c.contact.Email || k.Address != c.contact.Address || !slices.Equal(k.Roles, c.contact.Roles) {
				t.Errorf("%+v", k)
			}
			if len(carers) == 1 && carers[0].Relationship != c.carer {
				t.Errorf("a carer who is a %q", carers[0].Relationship)
			}
		})
	}
}

// Who cares is said as it is today: by the roles that hold, of who stopped by the one that
// ended last, and by the telephone that they have.
func TestWhoCaresToday(t *testing.T) {
	const old, now = `{"start":"2012-01-01","end":"2015-01-01"}`, `{"start":"2015-01-02"}`
	person := func(about string, roles ...string) string {
		for i, one := range roles {
			code, period, _ := strings.Cut(one, " ")
			roles[i] = strings.TrimSuffix(strings.TrimPrefix(role(code, period), `"extension":[`), `]`)
		}
		return of("RelatedPerson", `"id":"1"`, `"name":[{"text":"Ann"}]`, about, `"telecom":[{"system":"phone","value":"1","period":{"end":"2015-01-01"}},{"system":"phone","value":"2"}]`, `"extension":[`+strings.Join(roles, ",")+`]`)
	}
	still := `"period":{"start":"2011-01-01"}`
	for name, c := range map[string]struct {
		resource string
		want     string // since, until, as main carer, living with the person
	}{
		"the main carer once, a carer now":             {person(still, "MC "+old, "CAR "+now), "2015-01-02  false false"},
		"a carer once, the main carer now":             {person(still, "CAR "+old, "MC "+now), "2015-01-02  true false"},
		"a carer and the main carer now":               {person(still, "IC "+now, "MC "+now, "CAR "+now), "2015-01-02  true false"},
		"the main carer once":                          {person(still, "MC "+old), "2012-01-01 2015-01-01 true false"},
		"the main carer once, a carer for longer":      {person(still, "MC "+old, `CAR {"start":"2012-01-01","end":"2016-01-01"}`, `IC {"end":"2014"}`), "2012-01-01 2016-01-01 false false"},
		"a carer who is to be the main one":            {person(still, `MC {"start":"2027-01-01"}`, "CAR "+now), "2015-01-02  false false"},
		"a carer once who is to be the main one":       {person(still, "CAR "+old, `MC {"start":"2027-01-01"}`), "2012-01-01 2015-01-01 false false"},
		"one who is to care":                           {person(still, `CAR {"start":"2027-01-01"}`), "-"},
		"a carer who moved out":                        {person(still, "HM "+old, "CAR "+now), "2015-01-02  false false"},
		"a carer who moved in":                         {person(still, "HM "+now, "CAR "+now), "2015-01-02  false true"},
		"a carer of whose home nobody says since when": {person(still, "HM {}", "CAR "+now), "2015-01-02  false true"},
		"who stopped and still lives there":            {person(still, "HM {}", "CAR "+old), "2012-01-01 2015-01-01 false true"},
		"who has nothing to do with them any more":     {person(`"period":{"start":"2011-01-01","end":"2018-01-01"}`, "HM {}", "MC {}"), "2011-01-01 2018-01-01 true false"},
		"not active":              {person(still+`,"active":false`, "HM {}", "CAR "+old), "2012-01-01 2015-01-01 false false"},
		"a role of no day":        {person(still, `MC {"end":"2015-02-30"}`, "CAR "+now), "-?"},
		"a next of kin of no day": {person(still, `NOK {"end":"2015-02-30"}`, "CAR "+now), "2015-01-02  false false"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.resource)
			got, err := one(t, s, &fetch.Ask{Kind: fetch.Carers})
			said := "-"
			for _, k := range fetch.RowsOf[record.Carer](got).Of(0) {
				said = fmt.Sprint(k.Since, " ", k.EndedOn, " ", k.MainCarer != nil && *k.MainCarer, " ", k.LivesWith != nil && *k.LivesWith)
				if k.Phone != "2" {
					t.Errorf("by telephone %s", k.Phone)
				}
			}
			if marked(got.Unreadable, 0) {
				said += "?"
			}
			if err != nil || said != c.want {
				t.Errorf("%q, not %q, %v", said, c.want, err)
			}
		})
	}
}

// What fails in the content of one document is of that document alone, and a document whose
// content cannot be had is not one that says nothing.
func TestContentOfSeveralDocuments(t *testing.T) {
	elsewhere := func(id string) string { return `"content":[{"attachment":{"url":"Binary/` + id + `"}}]` }
	binary := func(members string) answer { return respond(200, `{"resourceType":"Binary","id":"b",`+members+`}`) }
	documents := map[string]struct {
		content string
		binary  answer
		text    string
		kind    error
	}{
		"inside":     {`"content":[{"attachment":{"data":"aGVsbG8="}}]`, nil, "hello", nil},
		"both":       {`"content":[{"attachment":{"data":"YWdhaW4=","url":"Binary/never-asked"}}]`, nil, "again", nil},
		"nowhere":    {`"description":"A letter"`, nil, "", record.ErrMalformed},
		"kept":       {elsewhere("kept"), binary(`"data":"a2VwdA=="`), "kept", nil},
		"ours":       {elsewhere("ours"), binary(`"data":"b3Vycw==","securityContext":{"reference":"Patient/p9990000018"}`), "ours", nil},
		"theirs":     {elsewhere("theirs"), binary(`"data":"dGhlaXJz","securityContext":{"reference":"Patient/p9990000026"}`), "", record.ErrMalformed},
		"odd":        {elsewhere("odd"), binary(`"data":"b2Rk","securityContext":7`), "", record.ErrMalformed},
		"modified":   {elsewhere("modified"), binary(`"data":"b2Rk","implicitRules":"x"`), "", record.ErrMalformed},
		"basic":      {elsewhere("basic"), respond(200, `{"resourceType":"Basic","id":"b","data":"b2Rk"}`), "", record.ErrMalformed},
		"restricted": {elsewhere("restricted"), binary(`"data":"b2Rk","meta":{"security":[{"code":"R"}]}`), "", nil},
		"gone":       {elsewhere("gone"), respond(404, issue("error", "not-found")), "", record.ErrUnavailable},
		"of-nobody":  {elsewhere("of-nobody"), respond(404, fhirtest.Outcome("https://council.example/codes", "PATIENT_NOT_FOUND")), "", record.ErrNotServed},
		"none-such":  {"", nil, "", nil},
	}
	answers := map[string]answer{"Patient": respond(200, bundle(patient(someone)))}
	list := &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)}
	asks := []*fetch.Ask{list}
	var held []string
	for id, d := range documents {
		asks = append(asks, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: id}, Subjects: subjects(someone)})
		if d.content != "" {
			held = append(held, of("DocumentReference", `"id":"`+id+`"`, `"status":"current"`, `"date":"2020-05-01"`, d.content))
			answers["Binary/"+id] = d.binary
		}
	}
	answers["DocumentReference"] = respond(200, bundle(held...))
	seen := &events{}
	s, stub := serve(t, answers, interweave.Options{Observe: seen.Observe, Concurrency: 1})
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	if err != nil || failure(got[list], 0) != nil || len(entries(got[list], 0)) != len(held) {
		t.Fatalf("%v, %+v", err, got[list])
	}
	for _, ask := range asks[1:] {
		d, contents, err := documents[ask.Filter.SourceID], fetch.RowsOf[record.DocumentContent](got[ask]).Of(0), failure(got[ask], 0)
		if !errors.Is(err, d.kind) || (err == nil) != (d.kind == nil) || (len(contents) == 1) != (d.text != "") || len(contents) == 1 && string(contents[0].Text) != d.text {
			t.Errorf("%s: %v, %+v", ask.Filter.SourceID, err, contents)
		}
	}
	if seen.Count("confidential record") != 1 || strings.Contains(stub.types(), "never-asked") {
		t.Errorf("observed %v, asked for %s", seen.Lines(), stub.types())
	}
}

// Each content of a document is an entry, which is read by an id of its own; a document without any is one all the same.
func TestADocumentOfSeveralContents(t *testing.T) {
	document := func(id, content string) string {
		return of("DocumentReference", `"id":"`+id+`"`, `"status":"current"`, `"date":"2020-05-01"`, `"type":{"text":"Letter"}`+content)
	}
	s, _ := holding(t, nil, document("d", `,"content":[{"attachment":{"title":"Plan","data":"aGVsbG8="}},{"attachment":{"title":"Risk assessment","data":"YWdhaW4="}},{"attachment":{"data":"bGFzdA=="}}]`), document("e", ""))
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Documents})
	said := map[string]string{}
	for _, d := range fetch.RowsOf[record.Document](a).Of(0) {
		said[d.Provenance.SourceID] = string(d.Title)
	}
	if want := map[string]string{"d": "Plan", "d.part2": "Risk assessment", "d.part3": "Letter", "e": "Letter"}; err != nil || !maps.Equal(said, want) || !isWhole(a) {
		t.Errorf("%v, %v", said, err)
	}
	for id, want := range map[string]string{"d": "hello", "d.part2": "again", "d.part3": "last"} {
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: id}})
		if list := fetch.RowsOf[record.DocumentContent](a).Of(0); err != nil || len(list) != 1 || string(list[0].Text) != want {
			t.Errorf("%s: %+v, %v", id, list, err)
		}
	}
}

// Of two documents of one id, one of which was withdrawn, the content is that of the other; where
// one may not be shown, neither is.
func TestContentOfTwoDocumentsOfOneID(t *testing.T) {
	shown := of("DocumentReference", `"id":"d"`, `"status":"current"`, `"date":"2020-05-01"`, `"content":[{"attachment":{"data":"aGVsbG8="}}]`)
	for name, members := range map[string][]string{
		"labelled restricted": {`"securityLabel":[{"coding":[{"code":"R"}]}]`, `"status":"current"`},
		"withdrawn":           {`"status":"entered-in-error"`},
		"of a specialty":      {`"context":{"practiceSetting":{"coding":[{"code":"360"}]}}`, `"status":"current"`},
	} {
		other := of("DocumentReference", append(members, `"id":"d"`, `"date":"2020-05-01"`, `"content":[{"attachment":{"data":"c2VjcmV0"}}]`)...)
		for _, held := range [][]string{{other, shown}, {shown, other}} {
			seen := &events{}
			s, _ := holding(t, seen, held...)
			a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}})
			for _, x := range fetch.RowsOf[record.DocumentContent](a).Of(0) {
				if x.Text != "hello" {
					t.Errorf("%s: %q", name, x.Text)
				}
			}
			if err != nil || len(entries(a, 0)) == 1 != (name == "withdrawn") || (seen.Count("confidential record") == 1) != (name == "labelled restricted") {
				t.Errorf("%s: %v, %d contents, observed %v", name, err, len(entries(a, 0)), seen.Lines())
			}
		}
	}
}

// What many bear and many refer to costs as much as there are of them, not as many times as each may mean each.
func TestAnIdentifierThatManyBear(t *testing.T) {
	taken := func(n int) uint64 {
		var held []string
		for i := range n {
			held = append(held, of("Flag", fmt.Sprintf(`"id":"%d","code":{"text":"Dog"},"identifier":[{"system":"https://x","value":"1"}],"encounter":{"identifier":{"system":"https://x","value":"1"}}`, i)))
		}
		s, _ := holding(t, nil, held...)
		return fhirtest.Allocated(func() {
			if _, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts}); err != nil {
				t.Fatal(err)
			}
		})
	}
	taken(1) // what is made once
	if once, twice := taken(800), taken(1600); twice > 3*once {
		t.Errorf("%d bytes, %d for twice as many", once, twice)
	}
}

func TestValues(t *testing.T) {
	channel := func(code string) string {
		return of("Appointment", `"id":"1"`, `"status":"cancelled"`, `"start":"2026-12-01"`, `"serviceType":[{"text":"Home visit"}]`,
			`"cancelationReason":{"text":"Called off"}`, `"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-DeliveryChannel-1","valueCode":"`+code+`"}]`)
	}
	document := func(status, docStatus string) string {
		return of("DocumentReference", `"id":"1"`, `"status":"`+status+`"`, `"docStatus":"`+docStatus+`"`, `"date":"2020-05-01"`)
	}
	run(t, map[string]reading{
		"in person":                 {channel("In-person"), fetch.Appointments, true, false, "FACE_TO_FACE"},
		"with what to do":           {of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01"`, `"serviceType":[{"text":"Home visit"}]`, `"comment":"Gate code"`, `"extension":[{"url":"https://fhir.yhcr.nhs.uk/StructureDefinition/Extension-Interweave-R4PatientInstruction","valueString":"Stay in if you cough"}]`), fetch.Appointments, true, false, `Gate code\nStay in if you cough`},
		"with what to bring":        {of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01"`, `"serviceType":[{"text":"Home visit"}]`, `"comment":"Gate code"`, `"patientInstruction":"Have your letters ready"`), fetch.Appointments, true, false, `Gate code\nHave your letters ready`},
		"in a way nobody knows":     {channel("Pigeon"), fetch.Appointments, true, false, `"Medium":"OTHER"`},
		"why it was called off":     {channel("In-person"), fetch.Appointments, true, false, `"CancellationReason":"Called off"`},
		"what it is":                {channel("In-person"), fetch.Appointments, true, false, `"Clinic":"Home visit"`},
		"only the day is known":     {channel("In-person"), fetch.Appointments, true, false, `"StartsAtPrecision":"DAY"`},
		"of a specialty not shown":  {strings.Replace(channel("In-person"), `"serviceType"`, `"specialty":[{"coding":[{"code":"360"}]}],"serviceType"`, 1), fetch.Appointments, false, false, ""},
		"of one, by a second code":  {strings.Replace(channel("In-person"), `"serviceType"`, `"specialty":[{"coding":[{"code":"314"}]},{"coding":[{"code":"GU"},{"code":"360"}]}],"serviceType"`, 1), fetch.Appointments, false, false, ""},
		"an appointment withdrawn":  {strings.Replace(channel("In-person"), "cancelled", "entered-in-error", 1), fetch.Appointments, false, false, ""},
		"a document replaced":       {document("superseded", "final"), fetch.Documents, true, false, "SUPERSEDED"},
		"a draft":                   {document("current", "preliminary"), fetch.Documents, true, false, "PRELIMINARY"},
		"an amended document":       {document("current", "amended"), fetch.Documents, true, false, "AMENDED"},
		"a document, by the second": {strings.Replace(document("current", "final"), `"date"`, `"context":{"practiceSetting":{"coding":[{"code":"GU"},{"code":"360"}]}},"date"`, 1), fetch.Documents, false, false, ""},
		"a document of a specialty": {strings.Replace(document("current", "final"), `"date"`, `"context":{"practiceSetting":{"coding":[{"code":"360"}]}},"date"`, 1), fetch.Documents, false, false, ""},
		"a second outcome": {of("Task", `"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`,
			`"extension":[{"url":"https://x/Extension-Interweave-SocialCareAssessmentOutcome","valueCodeableConcept":{"text":"Services"}},{"url":"https://x/Extension-Interweave-SocialCareAssessmentOutcome","valueCodeableConcept":{"text":"Equipment"}}]`),
			fetch.SocialCareAssessments, true, false, "Outcome: Equipment"},
		"a status nobody knows":                       {of("Task", `"id":"1"`, `"status":"odd"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`), fetch.SocialCareAssessments, true, false, `"Status":"UNKNOWN"`},
		"who lives with them":                         {of("RelatedPerson", `"id":"1"`, since, strings.Replace(role("CAR", `{}`), `}]}]`, `}]},{"url":"https://x/Extension-Interweave-SocialCareSupportRole","extension":[{"url":"supportRoleType","valueCodeableConcept":{"coding":[{"code":"HM"}]}}]}]`, 1)), fetch.Carers, true, false, `"LivesWith":true`},
		"a carer no more, and nobody says since when": {of("RelatedPerson", `"id":"1"`, since, `"active":false`, role("CAR", `{}`)), fetch.Carers, false, false, ""},
	})
}

// More than a list carries is said to be more.
func TestALongList(t *testing.T) {
	flags := make([]string, 2001)
	for i := range flags {
		flags[i] = of("Flag", `"id":"f`+strings.Repeat("x", i%200)+string(rune('a'+i/200))+`"`, `"status":"active"`, `"code":{"text":"A risk"}`, since)
	}
	s, _ := holding(t, nil, flags...)
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts})
	if err != nil || !marked(got.Truncated, 0) {
		t.Errorf("%v, truncated %v of %d", err, got.Truncated, len(entries(got, 0)))
	}
	few, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts, Filter: fetch.Filter{First: 1}})
	if err != nil || len(entries(few, 0)) == 0 || marked(few.Truncated, 0) {
		t.Errorf("%v, truncated %v of %d", err, few.Truncated, len(entries(few, 0)))
	}
}
