package interweave_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

const rHIV = `{"coding":[{"system":"http://snomed.info/sct","code":"86406008","display":"Human immunodeficiency virus infection"}]}`

func idsOf(a fetch.Answer, i int) string {
	var got []string
	for _, x := range entries(a, i) {
		got = append(got, record.Envelope(x).Provenance.SourceID)
	}
	slices.Sort(got)
	return strings.Join(got, " ")
}

func TestAttackKindsTogether(t *testing.T) {
	condition := of("Condition", `"id":"c"`, `"recordedDate":"2020-01-01"`, `"code":`+rHIV)
	task := of("Task", `"id":"t"`, `"authoredOn":"2020-01-01"`, `"code":`+rHIV)
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
	}{
		"equipment for a condition":      {fetch.Equipment, []string{condition, of("DeviceRequest", `"id":"m"`, `"status":"active"`, `"authoredOn":"2020-01-01"`, `"codeCodeableConcept":{"text":"Rail"}`, `"reasonReference":[{"reference":"Condition/c"}]`)}},
		"equipment of an assessment":     {fetch.Equipment, []string{task, of("DeviceRequest", `"id":"m"`, `"status":"active"`, `"authoredOn":"2020-01-01"`, `"codeCodeableConcept":{"text":"Rail"}`, `"basedOn":[{"reference":"Task/t"}]`)}},
		"a service for a condition":      {fetch.Services, []string{condition, of("EpisodeOfCare", `"id":"m"`, `"status":"active"`, `"period":{"start":"2020-01-01"}`, `"type":[{"text":"Home care"}]`, `"diagnosis":[{"condition":{"reference":"Condition/c"}}]`)}},
		"a request for a condition":      {fetch.Requests, []string{condition, of("ServiceRequest", `"id":"m"`, `"status":"active"`, `"authoredOn":"2020-01-01"`, `"reasonReference":[{"reference":"Condition/c"}]`)}},
		"an assessment for a condition":  {fetch.SocialCareAssessments, []string{condition, of("Task", `"id":"m"`, `"status":"completed"`, `"authoredOn":"2020-01-01"`, `"code":{"text":"Needs assessment"}`, `"reasonReference":{"reference":"Condition/c"}`)}},
		"an appointment for a condition": {fetch.Appointments, []string{condition, of("Appointment", `"id":"m"`, `"status":"booked"`, `"start":"2026-12-01T10:00:00Z"`, `"reasonReference":[{"reference":"Condition/c"}]`)}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.held...)
			alone, err := one(t, s, &fetch.Ask{Kind: c.kind})
			if err != nil || failure(alone, 0) != nil {
				t.Fatal(err, failure(alone, 0))
			}
			together, err := read(t, s, subjects(someone))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := idsOf(alone, 0), idsOf(together[c.kind], 0); a != b {
				t.Errorf("alone %q, together %q", a, b)
			}
		})
	}
}

func TestAttackUnkept(t *testing.T) {
	reason := of("Condition", `"id":"m"`, `"recordedDate":"2020-01-01"`, `"code":{"text":"Support"}`, `"evidence":[{"detail":[{"reference":"Task/t"}]}]`)
	for name, held := range map[string]string{
		"too large":       of("Task", `"id":"t"`, `"authoredOn":"2020-01-01"`, `"code":`+rHIV, `"description":"`+strings.Repeat("x", 1<<20)+`"`),
		"a wrong subject": ofPatient(another, "Task", `"id":"t"`, `"authoredOn":"2020-01-01"`, `"code":`+rHIV),
		"no subject":      `{"resourceType":"Task","id":"t","authoredOn":"2020-01-01","code":` + rHIV + `}`,
		"no labels":       of("Task", `"id":"t"`, `"meta":7`, `"authoredOn":"2020-01-01"`, `"code":`+rHIV),
		"no id":           `{"fullUrl":"https://council.example/fhir/Task/t","resource":` + of("Task", `"authoredOn":"2020-01-01"`, `"code":`+rHIV) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, reason, held)
			a, err := one(t, s, &fetch.Ask{Kind: fetch.SupportReasons})
			if err != nil || idsOf(a, 0) != "" {
				t.Errorf("%q %v", idsOf(a, 0), err)
			}
		})
	}
}

// A reference by the address that an entry has in its bundle.
func TestAttackURN(t *testing.T) {
	s, _ := serve(t, map[string]answer{
		"Patient":   respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))),
		"Condition": respond(200, bundle(of("Condition", `"id":"m"`, `"recordedDate":"2020-01-01"`, `"code":{"text":"Support"}`, `"evidence":[{"detail":[{"reference":"urn:uuid:1"}]}]`))),
		"Task":      respond(200, `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"urn:uuid:1","resource":`+of("Task", `"id":"t"`, `"authoredOn":"2020-01-01"`, `"code":`+rHIV)+`}]}`),
	}, interweave.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.SupportReasons})
	if err != nil || idsOf(a, 0) != "" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

func TestAttackByIdentifier(t *testing.T) {
	s, _ := holding(t, nil, of("Task", `"id":"t"`, `"identifier":[{"system":"https://council/tasks","value":"7"}]`, `"authoredOn":"2020-01-01"`, `"code":`+rHIV),
		of("Condition", `"id":"m"`, `"recordedDate":"2020-01-01"`, `"code":{"text":"Support"}`, `"evidence":[{"detail":[{"identifier":{"system":"https://council/tasks","value":"7"}}]}]`))
	a, err := one(t, s, &fetch.Ask{Kind: fetch.SupportReasons})
	if err != nil || idsOf(a, 0) != "" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// Some of several Patients.
func TestAttackSomePatients(t *testing.T) {
	for name, more := range map[string]string{
		"an outcome":           `{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"timeout"}]}`,
		"a broken one":         `{"id":"x"}`,
		"one without a number": `{"resourceType":"Patient","id":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`), more))}, interweave.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Services})
			if err == nil && failure(a, 0) == nil && !marked(a.Unreadable, 0) {
				t.Error("it looks like none")
			}
		})
	}
}

// A year of childhood, in a place that the record has none for.
func TestAttackYearOfChildhood(t *testing.T) {
	for name, members := range map[string]string{
		"a year":           `"statusHistory":[{"status":"active","period":{"start":"2001"}}]`,
		"a month":          `"statusHistory":[{"status":"active","period":{"start":"2001-05"}}]`,
		"in other letters": `"statusHistory":[{"Period":{"Start":"2001-05"}}]`,
		"after a blank":    `"statusHistory":[{"period":{"start":" 2001-05-01"}}]`,
		"a year, written":  `"note":[{"time":"2001","text":"x"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, of("EpisodeOfCare", `"id":"m"`, `"status":"active"`, `"period":{"start":"2020-01-01"}`, `"type":[{"text":"Home care"}]`, members))
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Services})
			if err != nil || idsOf(a, 0) != "" {
				t.Errorf("%q %v", idsOf(a, 0), err)
			}
		})
	}
}

func TestAttackEncodings(t *testing.T) {
	for name, raw := range map[string]string{"latin-1": "HIV positive caf\xe9", "plain": "HIV positive"} {
		doc := of("DocumentReference", `"id":"d"`, `"date":"2020-01-01T10:00:00Z"`, `"content":[{"attachment":{"contentType":"text/plain","data":"`+base64.StdEncoding.EncodeToString([]byte(raw))+`"}}]`)
		s, _ := holding(t, nil, doc)
		a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: %q %v", name, idsOf(a, 0), err)
		}
		// The title too, where the content stands in the document.
		a, err = one(t, s, &fetch.Ask{Kind: fetch.Documents})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: listed %q %v", name, idsOf(a, 0), err)
		}
	}
}

// A safeguarding concern by any other name.
func TestAttackSafeguardingElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		kind fetch.Kind
		held string
	}{
		"an assessment":             {fetch.SocialCareAssessments, of("Task", `"id":"m"`, `"status":"completed"`, `"authoredOn":"2020-01-01"`, `"code":{"text":"Section 42 safeguarding enquiry"}`, `"description":"Her son takes her money"`)},
		"a request by its code":     {fetch.Requests, of("ServiceRequest", `"id":"m"`, `"status":"active"`, `"authoredOn":"2020-01-01"`, `"code":{"text":"Safeguarding referral"}`, `"note":[{"text":"Her son takes her money"}]`)},
		"a request by its category": {fetch.Requests, of("ServiceRequest", `"id":"m"`, `"status":"active"`, `"authoredOn":"2020-01-01"`, `"category":[{"text":"Safeguarding"}]`, `"note":[{"text":"Her son takes her money"}]`)},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.held)
			a, err := one(t, s, &fetch.Ask{Kind: c.kind})
			if err != nil || idsOf(a, 0) != "" {
				t.Errorf("%q %v", idsOf(a, 0), err)
			}
		})
	}
}

func TestAttackTwoNumbers(t *testing.T) {
	both := strings.Replace(patient(someone, `"birthDate":"`+born+`"`), `"identifier":[`, `"identifier":[`, 1)
	both = strings.Replace(both, `}]`, `},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`+string(another)+`"}]`, 1)
	s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(both)), "EpisodeOfCare": respond(200, bundle(of("EpisodeOfCare", `"id":"m"`, `"status":"active"`, `"period":{"start":"2020-01-01"}`, `"type":[{"text":"Home care"}]`)))}, interweave.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.Services})
	if err == nil && idsOf(a, 0) != "" {
		t.Errorf("%q", idsOf(a, 0))
	}
}

// The content itself is labelled restricted.
func TestAttackBinary(t *testing.T) {
	s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))),
		"DocumentReference": respond(200, bundle(of("DocumentReference", `"id":"d"`, `"date":"2020-01-01T10:00:00Z"`, `"content":[{"attachment":{"contentType":"text/plain","url":"Binary/b"}}]`))),
		"Binary/b":          respond(200, `{"resourceType":"Binary","id":"b","meta":{"security":[{"code":"R"}]},"data":"V2VsbA=="}`)}, interweave.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}})
	if err != nil || idsOf(a, 0) != "" {
		t.Errorf("%q %v", idsOf(a, 0), err)
	}
}

// What may hide an entry is asked for where the council does not include it.
func TestAttackNotIncluded(t *testing.T) {
	for name, c := range map[string]struct{ other, member string }{
		"an encounter":    {of("Encounter", `"id":"x"`, `"reasonCode":[`+rHIV+`]`), `"encounter":{"reference":"Encounter/x"}`},
		"a service":       {`{"resourceType":"HealthcareService","id":"x","name":"Sexual health clinic"}`, `"performer":[{"reference":"HealthcareService/x"}]`},
		"a place":         {`{"resourceType":"Location","id":"x","name":"Sexual health clinic"}`, `"locationReference":[{"reference":"Location/x"}]`},
		"a role":          {`{"resourceType":"PractitionerRole","id":"x","code":[{"text":"Domestic abuse adviser"}]}`, `"requester":{"reference":"PractitionerRole/x"}`},
		"an organisation": {`{"resourceType":"Organization","id":"x","name":"Sexual health clinic"}`, `"requester":{"reference":"Organization/x"}`},
	} {
		s, _ := holding(t, nil, c.other, of("ServiceRequest", `"id":"m"`, `"status":"active"`, `"authoredOn":"2020-01-01"`, `"reasonCode":[{"text":"Help"}]`, c.member))
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Requests})
		if err != nil || failure(a, 0) != nil || idsOf(a, 0) != "" {
			t.Errorf("%s: %q %v %v", name, idsOf(a, 0), failure(a, 0), err)
		}
	}
}
