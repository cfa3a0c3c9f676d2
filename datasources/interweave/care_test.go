package interweave_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

func code(system, code, display string) string {
	return fmt.Sprintf(`{"coding":[{"system":"https://fhir.yhcr.nhs.uk/CodeSystem/Interweave-%s-1","code":"%s","display":"%s"}]}`, system, code, display)
}

// A case is one resource of a council and what comes of it.
type reading struct {
	resource string
	kind     fetch.Kind
	shown    bool
	partly   bool
	says     string // in its line, where it is shown
}

func run(t *testing.T, cases map[string]reading) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			s, _ := holding(t, nil, c.resource)
			got, err := one(t, s, &fetch.Ask{Kind: c.kind})
			if err != nil || failure(got, 0) != nil {
				t.Fatal(err, got.Errs)
			}
			list := entries(got, 0)
			if (len(list) == 1) != c.shown || len(list) > 1 {
				t.Fatalf("%d entries, shown: %v", len(list), c.shown)
			}
			if partly := marked(got.Unreadable, 0); partly != c.partly && c.kind != fetch.CareTeam {
				t.Errorf("partly unreadable: %v", partly)
			}
			if c.shown && !strings.Contains(line(t, list[0]), c.says) {
				t.Errorf("%s does not say %s", line(t, list[0]), c.says)
			}
			if c.shown && (record.Envelope(list[0]).ID == "" || record.Envelope(list[0]).Provenance.Sector != record.SocialCare) {
				t.Error("an entry without its envelope")
			}
		})
	}
}

const since = `"period":{"start":"2020-05-01"}`

func TestFlags(t *testing.T) {
	risk := `"code":` + code("SocialCareFlagType", "NVU", "Not to be visited unaccompanied")
	run(t, map[string]reading{
		"an alert":                     {of("Flag", `"id":"1"`, `"status":"active"`, risk, since), fetch.Alerts, true, false, `"Status":"IN_PROGRESS"`},
		"one that is over":             {of("Flag", `"id":"1"`, `"status":"inactive"`, risk, `"period":{"start":"2020-05-01","end":"2021-01-01"}`), fetch.Alerts, true, false, `"EndedOn":"2021-01-01"`},
		"one withdrawn":                {of("Flag", `"id":"1"`, `"status":"entered-in-error"`, risk, since), fetch.Alerts, false, false, ""},
		"one without words":            {of("Flag", `"id":"1"`, `"status":"active"`, since), fetch.Alerts, false, true, ""},
		"a code that is a text":        {of("Flag", `"id":"1"`, `"status":"active"`, `"code":"x"`, since), fetch.Alerts, false, true, ""},
		"liberty, not a concern":       {of("Flag", `"id":"1"`, `"status":"active"`, `"code":`+code("SocialCareFlagType", "DOLS", "Deprivation of Liberty Safeguards"), since), fetch.Alerts, true, false, "DOLS"},
		"a concern is no alert":        {concern(`"status":"active"`, since), fetch.Alerts, false, false, ""},
		"a concern by word, no alert":  {of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"Open Safeguarding enquiry"}`, since), fetch.Alerts, false, false, ""},
		"a concern":                    {concern(`"status":"active"`, since), fetch.Safeguarding, true, false, `{"From":"702, Interweave","RaisedOn":"2020-05-01"}`},
		"a concern with whom to call":  {concern(`"status":"active"`, since, `"author":{"reference":"Organization/o","display":"Adults at risk team"}`), fetch.Safeguarding, true, false, "Adults at risk team"},
		"a concern that is over":       {concern(`"status":"inactive"`, `"period":{"start":"2020-05-01","end":"2021-01-01"}`), fetch.Safeguarding, true, false, `"EndedOn":"2021-01-01"`},
		"over, and nobody says when":   {concern(`"status":"inactive"`, since), fetch.Safeguarding, false, true, ""},
		"a report is a concern":        {report(`"status":"completed"`), fetch.Safeguarding, true, false, `"RaisedOn":"2020-05-01"`},
		"a report is no request":       {report(`"status":"completed"`), fetch.Requests, false, false, ""},
		"a report that was called off": {report(`"status":"revoked"`), fetch.Safeguarding, false, false, ""},
		"an alert is no concern":       {of("Flag", `"id":"1"`, `"status":"active"`, risk, since), fetch.Safeguarding, false, false, ""},
	})
}

func concern(members ...string) string {
	return of("Flag", append([]string{`"id":"1"`, `"category":[` + code("SocialCareFlagCategory", "SGC", "Concern") + `]`, `"code":{"text":"What happened in words"}`}, members...)...)
}

func report(members ...string) string {
	return of("ServiceRequest", append([]string{`"id":"1"`, `"reasonCode":[` + code("SocialCareContactReason", "R-SI", "An incident") + `]`, `"occurrenceDateTime":"2020-05-01T09:00:00Z"`,
		`"authoredOn":"2020-05-02"`, `"patientInstruction":"What happened in words"`}, members...)...)
}

// What happened stays out of a safeguarding concern, however it came.
func TestAConcernHasNoNarrative(t *testing.T) {
	for name, resource := range map[string]string{"a flag": concern(`"status":"active"`, since), "a contact": report(`"status":"completed"`)} {
		s, _ := holding(t, nil, resource)
		got, err := read(t, s, subjects(someone))
		if err != nil || len(entries(got[fetch.Safeguarding], 0)) != 1 {
			t.Fatal(name, err)
		}
		for kind, a := range got {
			for _, x := range entries(a, 0) {
				if strings.Contains(line(t, x), "What happened") {
					t.Errorf("%s: %s says what happened", name, kind)
				}
			}
		}
	}
}

func TestCare(t *testing.T) {
	category := `"extension":[{"url":"https://fhir.yhcr.nhs.uk/StructureDefinition/Extension-Interweave-SocialCareServiceCategory","valueCodeableConcept":` + code("SocialCareServiceCategory", "LTS-C", "Long Term Support: Community") + `}]`
	service := func(members ...string) string {
		return of("EpisodeOfCare", append([]string{`"id":"1"`, `"type":[` + code("SocialCareServiceType", "HS", "Home Support") + `]`}, members...)...)
	}
	assessment := func(members ...string) string {
		return of("Task", append([]string{`"id":"1"`, `"status":"completed"`, `"code":` + code("SocialCareAssessmentType", "CN", "Care Act Needs Assessment"), `"executionPeriod":{"start":"2020-05-01","end":"2020-05-02"}`}, members...)...)
	}
	contact := func(members ...string) string {
		return of("ServiceRequest", append([]string{`"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`}, members...)...)
	}
	reason := func(members ...string) string {
		return of("Condition", append([]string{`"id":"1"`, `"code":` + code("SocialCareSupportReason", "PS", "Physical Support")}, members...)...)
	}
	primary := func(value string) string {
		return `"extension":[{"url":"https://x/Extension-Interweave-SocialCareSupportReasonPeriod","valuePeriod":{"start":"2020-05-01"}},{"url":"https://x/Extension-Interweave-SocialCarePrimarySupportReason","valueBoolean":` + value + `}]`
	}
	device := func(members ...string) string {
		return of("DeviceRequest", append([]string{`"id":"1"`, `"codeCodeableConcept":{"text":"Raised toilet seat"}`, `"occurrencePeriod":{"start":"2020-05-01"}`}, members...)...)
	}
	team := func(members ...string) string {
		return of("CareTeam", append([]string{`"id":"1"`, `"participant":[{"member":{"reference":"Practitioner/a","display":"Ann Worker"}}]`}, members...)...)
	}
	const manager, onset = `"careManager":{"reference":"Practitioner/a","display":"Ann Worker"}`, `"onsetDateTime":"2020-05-01"`
	run(t, map[string]reading{
		"a service":                                 {service(category, `"status":"active"`, since), fetch.Services, true, false, `"Kind":{"Code":"LTS-C"`},
		"its component":                             {service(category, `"status":"active"`, since), fetch.Services, true, false, `"Component":{"Code":"HS"`},
		"a service without category":                {service(`"status":"active"`, since), fetch.Services, true, false, `"Kind":{"Code":"HS"`},
		"one withdrawn":                             {service(`"status":"entered-in-error"`, since), fetch.Services, false, false, ""},
		"one to end":                                {service(`"status":"active"`, `"period":{"start":"2020-05-01","end":"2027-01-01"}`), fetch.Services, true, false, `"PlannedEndOn":"2027-01-01"`},
		"one that ended":                            {service(`"status":"finished"`, `"period":{"start":"2020-05-01","end":"2026-01-01"}`), fetch.Services, true, false, `"EndedOn":"2026-01-01"`},
		"one at a time that is none":                {service(`"status":"active"`, `"period":{"start":"2020-05-99"}`), fetch.Services, false, true, ""},
		"one of a hospital":                         {service(`"meta":{"profile":["https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-EpisodeOfCare"]}`, `"status":"active"`, since), fetch.Services, false, false, ""},
		"who delivers it":                           {service(`"status":"active"`, since, `"careManager":{"reference":"Practitioner/a","display":"Ann Worker"}`), fetch.CareTeam, true, true, "Ann Worker"},
		"a team":                                    {of("CareTeam", `"id":"1"`, `"status":"active"`, since, `"name":"East team","participant":[{"role":[{"text":"Social worker"}],"member":{"reference":"Practitioner/a","display":"Ann Worker"}},{"member":{"reference":"RelatedPerson/b","display":"A Mother"}}]`), fetch.CareTeam, true, true, `"Role":"Social worker"`},
		"who is to deliver one":                     {service(`"status":"planned"`, since, manager), fetch.CareTeam, false, true, ""},
		"who would deliver one":                     {service(`"status":"waitlist"`, since, manager), fetch.CareTeam, false, true, ""},
		"who delivered one":                         {service(`"status":"finished"`, `"period":{"start":"2020-05-01","end":"2026-01-01"}`, manager), fetch.CareTeam, true, true, `"EndedOn":"2026-01-01"`},
		"who delivered one until some day":          {service(`"status":"finished"`, since, manager), fetch.CareTeam, false, true, ""},
		"who was to deliver one":                    {service(`"status":"cancelled"`, since, manager), fetch.CareTeam, false, true, ""},
		"who delivered one that ends yet":           {service(`"status":"finished"`, `"period":{"start":"2020-05-01","end":"2027-01-01"}`, manager), fetch.CareTeam, false, true, ""},
		"who delivers one that is paused":           {service(`"status":"onhold"`, since, manager), fetch.CareTeam, true, true, "Ann Worker"},
		"a team that was":                           {team(`"status":"inactive"`, `"period":{"start":"2020-05-01","end":"2026-01-01"}`), fetch.CareTeam, true, true, `"EndedOn":"2026-01-01"`},
		"a team that was until some day":            {team(`"status":"inactive"`, since), fetch.CareTeam, false, true, ""},
		"a team that is to be":                      {team(`"status":"proposed"`, since), fetch.CareTeam, false, true, ""},
		"an assessment":                             {assessment(), fetch.SocialCareAssessments, true, false, `"Status":"COMPLETED"`},
		"one withdrawn, too":                        {strings.Replace(assessment(), "completed", "entered-in-error", 1), fetch.SocialCareAssessments, false, false, ""},
		"its assessor":                              {assessment(`"extension":[{"url":"https://x/Extension-Interweave-SocialCareAssessmentPerformer","valueReference":{"reference":"Practitioner/a","display":"Ann Worker"}}]`), fetch.SocialCareAssessments, true, false, `"Assessor":{"Name":"Ann Worker"`},
		"another task":                              {assessment(`"meta":{"profile":["https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-Task"]}`), fetch.SocialCareAssessments, false, false, ""},
		"an assessment without a kind":              {of("Task", `"id":"1"`, `"status":"completed"`, `"authoredOn":"2020-05-01"`), fetch.SocialCareAssessments, false, true, ""},
		"a contact":                                 {contact(`"reasonCode":[` + code("SocialCareContactReason", "HD", "Hospital Discharge") + `]`), fetch.Requests, true, false, `"Route":{"Code":"HD"`},
		"a contact that says little":                {contact(), fetch.Requests, true, false, "Contact with adult social care"},
		"a referral of a hospital":                  {contact(`"meta":{"profile":["https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-ServiceRequest"]}`), fetch.Requests, false, false, ""},
		"a primary support reason":                  {reason(primary("true")), fetch.SupportReasons, true, false, `"StartedOn":"2020-05-01"`},
		"another support reason":                    {reason(primary("false")), fetch.SupportReasons, false, false, ""},
		"one refuted":                               {reason(primary("true"), `"verificationStatus":{"coding":[{"code":"refuted"}]}`), fetch.SupportReasons, false, false, ""},
		"one that stands":                           {reason(onset, `"clinicalStatus":{"coding":[{"code":"active"}]}`), fetch.SupportReasons, true, false, `"StartedOn":"2020-05-01"}`},
		"one of a time":                             {reason(`"onsetPeriod":{"start":"2020-05-01"}`), fetch.SupportReasons, true, false, `"StartedOn":"2020-05-01"}`},
		"one resolved":                              {reason(onset, `"clinicalStatus":{"coding":[{"code":"resolved"}]}`), fetch.SupportReasons, false, true, ""},
		"one inactive":                              {reason(onset, `"clinicalStatus":{"coding":[{"code":"inactive"}]}`), fetch.SupportReasons, false, true, ""},
		"one in remission":                          {reason(onset, `"clinicalStatus":{"coding":[{"code":"remission"}]}`), fetch.SupportReasons, false, true, ""},
		"one resolved on a day":                     {reason(onset, `"clinicalStatus":{"coding":[{"code":"resolved"}]}`, `"abatementDateTime":"2021-02-01"`), fetch.SupportReasons, true, false, `"EndedOn":"2021-02-01"`},
		"one that ended in a time":                  {reason(onset, `"abatementPeriod":{"start":"2021-01-01","end":"2021-02-01"}`), fetch.SupportReasons, true, false, `"EndedOn":"2021-02-01"`},
		"one that ended from a day on":              {reason(onset, `"abatementPeriod":{"start":"2021-01-01"}`), fetch.SupportReasons, true, false, `"EndedOn":"2021-01-01"`},
		"one that ended, in words":                  {reason(onset, `"abatementString":"last spring"`), fetch.SupportReasons, false, true, ""},
		"one that ended at an age":                  {reason(onset, `"abatementAge":{"value":30,"code":"a"}`), fetch.SupportReasons, false, true, ""},
		"one that ended between ages":               {reason(onset, `"abatementRange":{"low":{"value":29,"code":"a"}}`), fetch.SupportReasons, false, true, ""},
		"one since an age":                          {reason(`"recordedDate":"2020-05-01"`, `"onsetAge":{"value":28,"code":"a"}`), fetch.SupportReasons, true, false, "Physical Support"},
		"a diagnosis":                               {reason(primary("true"), `"meta":{"profile":["https://fhir.yhcr.nhs.uk/StructureDefinition/Interweave-Condition"]}`), fetch.SupportReasons, false, false, ""},
		"equipment":                                 {device(`"status":"active"`, `"intent":"order"`), fetch.Equipment, true, false, `"SuppliedOn":"2020-05-01"`},
		"equipment called off":                      {device(`"status":"revoked"`, `"intent":"order"`), fetch.Equipment, false, false, ""},
		"equipment thought of":                      {device(`"status":"active"`, `"intent":"proposal"`), fetch.Equipment, false, false, ""},
		"equipment, and who knows":                  {device(`"status":"unknown"`, `"intent":"order"`), fetch.Equipment, false, true, ""},
		"an appointment":                            {of("Appointment", `"id":"1"`, `"status":"noshow"`, `"start":"2026-12-01T09:00:00Z"`), fetch.Appointments, true, false, "DID_NOT_ATTEND"},
		"an appointment to come":                    {of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01T09:00:00Z"`), fetch.Upcoming, true, false, "BOOKED"},
		"an appointment that was":                   {of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2025-12-01T09:00:00Z"`), fetch.Upcoming, false, false, ""},
		"an appointment at no time":                 {of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"soon","created":"2020-05-01"`), fetch.Upcoming, false, true, ""},
		"a document":                                {of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2020-05-01T09:00:00Z"`, `"content":[{"attachment":{"title":"A plan","size":7}}]`), fetch.Documents, true, false, `"Title":"A plan"`},
		"a document labelled restricted":            {of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2020-05-01"`, `"securityLabel":[{"coding":[{"code":"X"},{"code":"R"}]}]`), fetch.Documents, false, false, ""},
		"a document that says so among other signs": {of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2020-05-01"`, `"content":[{"attachment":{"title":"A plan","data":"`+base64.StdEncoding.EncodeToString([]byte("\x01\x02 HIV clinic"))+`"}}]`), fetch.Documents, false, false, ""},
		"a document that was a mistake":             {of("DocumentReference", `"id":"1"`, `"status":"entered-in-error"`, `"date":"2020-05-01"`), fetch.Documents, false, false, ""},
		"what another organisation wrote":           {contact(`"meta":{"tag":[{"system":"https://yhcr.nhs.uk/Provenance","code":"RCB","display":"A Trust"},{"system":"https://yhcr.nhs.uk/Source","code":"X","display":"A System"}]}`), fetch.Requests, true, false, `"From":"RCB, A System"`},
	})
}

func role(code, period string) string {
	return `"extension":[{"url":"https://x/Extension-Interweave-SocialCareSupportRole","extension":[{"url":"supportRoleType","valueCodeableConcept":{"coding":[{"code":"` + code + `","display":"Role ` + code + `"}]}},{"url":"supportRolePeriod","valuePeriod":` + period + `}]}]`
}

func TestPeople(t *testing.T) {
	person := func(members ...string) string {
		return of("RelatedPerson", append([]string{`"id":"1"`, `"name":[{"family":"Roe","given":["Ann"]}]`, since}, members...)...)
	}
	said := func(display string) string { return `"relationship":[{"coding":[{"display":"` + display + `"}]}]` }
	run(t, map[string]reading{
		"a contact":                            {person(), fetch.Contacts, true, false, "Ann Roe"},
		"a mother":                             {person(said("mother")), fetch.Contacts, true, false, `"Relationship":"mother"`},
		"a next of kin":                        {person(role("NOK", `{"start":"2020-05-01"}`)), fetch.Contacts, true, false, "NEXT_OF_KIN"},
		"one who was a next of kin":            {person(role("NOK", `{"start":"2020-05-01","end":"2021-01-01"}`)), fetch.Contacts, true, false, `"Under18"`[:0]},
		"power of attorney over nobody says":   {person(role("LPA", `{}`)), fetch.Contacts, true, false, `"Roles":["OTHER"]`},
		"one who is none any more":             {strings.Replace(person(), since, `"period":{"start":"2020-05-01","end":"2021-01-01"}`, 1), fetch.Contacts, false, false, ""},
		"not active":                           {person(`"active":false`), fetch.Contacts, false, false, ""},
		"a child":                              {person(`"birthDate":"2008-11-26"`), fetch.Contacts, false, false, ""},
		"no child today":                       {person(`"birthDate":"2008-11-25"`), fetch.Contacts, true, false, `"Under18":false`},
		"a grown-up daughter":                  {person(`"birthDate":"1990-01-01"`, said("daughter")), fetch.Contacts, true, false, "daughter"},
		"a daughter of unknown age":            {person(said("daughter")), fetch.Contacts, false, false, ""},
		"a grandson of unknown age":            {person(`"relationship":[{"coding":[{"code":"GRNDSON"}]}]`), fetch.Contacts, false, false, ""},
		"a step-brother in words":              {person(`"relationship":[{"text":"step-brother"}]`), fetch.Contacts, false, false, ""},
		"a dependant of unknown age":           {person(role("DEP", `{}`)), fetch.Contacts, false, false, ""},
		"somebody they care for":               {person(role("CF", `{}`)), fetch.Contacts, false, false, ""},
		"born on no day":                       {person(`"birthDate":"1990-02-30"`), fetch.Contacts, false, true, ""},
		"with a key to the clinic never shown": {person(said("HIV clinic nurse")), fetch.Contacts, false, false, ""},
		"a carer":                              {person(role("CAR", `{"start":"2020-06-01"}`)), fetch.Carers, true, false, `"Since":"2020-06-01"`},
		"the main carer":                       {person(role("MC", `{"start":"2020-06-01"}`)), fetch.Carers, true, false, `"MainCarer":true`},
		"a carer who was":                      {person(role("IC", `{"start":"2020-06-01","end":"2021-01-01"}`)), fetch.Carers, true, false, `"EndedOn":"2021-01-01"`},
		"a carer who is a child":               {person(role("CAR", `{}`), `"birthDate":"2012-01-01"`), fetch.Carers, false, false, ""},
		"a carer who may be a child":           {person(role("CAR", `{}`), said("son")), fetch.Carers, false, false, ""},
		"a contact is no carer":                {person(role("NOK", `{}`)), fetch.Carers, false, false, ""},
		"by HL7's role":                        {person(`"relationship":[{"coding":[{"code":"CAREGIVER","display":"caregiver"}]}]`), fetch.Carers, true, false, "Ann Roe"},
	})
}

// Contacts that stand in the Patient come where they say since when.
func TestContactsOfThePatient(t *testing.T) {
	self := patient(someone, `"birthDate":"`+born+`"`, `"contact":[{"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"N"}]}],"name":{"text":"Ann Roe"},"period":{"start":"2020-05-01"}},
		{"name":{"text":"Of No Time"}},{"name":{"text":"Of The Past"},"period":{"start":"2020-05-01","end":"2021-01-01"}},{"name":{"text":"From The HIV Clinic"},"period":{"start":"2020-05-01"}},
		{"relationship":[{"text":"daughter"}],"name":{"text":"A Child"},"period":{"start":"2020-05-01"}},{"name":{"text":"Of No"},"period":{"start":"2020-05-01"},"extension":[{"url":"x","valueString":"HIV clinic"}]},
		{"name":{"text":"Of Half"},"period":{"start":"2020-05-01"},"telecom":7},{"relationship":[{"text":"friend"}],"name":{"text":"Bob Roe"},"period":{"start":"2020-05-01"}},
		{"relationship":[{"text":"friend"},{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"C"},{"code":"EP"}]}],"name":{"text":"Cat Roe"},"period":{"start":"2020-05-01"}}]`)
	s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(self))}, interweave.Options{})
	got, err := one(t, s, &fetch.Ask{Kind: fetch.Contacts})
	if err != nil {
		t.Fatal(err)
	}
	list := fetch.RowsOf[record.Contact](got).Of(0)
	if len(list) != 3 || list[0].Name != "Ann Roe" || !slices.Equal(list[0].Roles, []record.ContactRole{record.ContactRoleNextOfKin}) || !marked(got.Unreadable, 0) {
		t.Fatalf("%+v, unreadable %v", list, got.Unreadable)
	}
	if cat := &list[2]; cat.Name != "Cat Roe" || cat.Relationship != "friend" || !slices.Equal(cat.Roles, []record.ContactRole{record.ContactRoleEmergencyContact}) {
		t.Errorf("%+v", cat)
	}
	if bob := &list[1]; bob.Name != "Bob Roe" || bob.Relationship != "friend" || len(bob.Roles) != 0 {
		t.Errorf("%+v", bob)
	}
}

// Nothing of a child, of whoever may be one, or of an adult's time before the 18th
// birthday; and of children nothing is even asked.
func TestNothingOfChildhood(t *testing.T) {
	resources := []string{
		concern(`"status":"active"`, `"period":{"start":"2010-01-26"}`),
		of("Flag", `"id":"2"`, `"status":"active"`, `"code":{"text":"A risk"}`, `"period":{"start":"2010-01-26"}`),
		of("Flag", `"id":"3"`, `"status":"active"`, `"code":{"text":"A risk of unknown day"}`, `"period":{"start":"2010-01"}`),
		of("Flag", `"id":"4"`, `"status":"active"`, `"code":{"text":"A risk of unknown month"}`, `"period":{"start":"2010"}`),
		of("Flag", `"id":"5"`, `"status":"active"`, `"code":{"text":"A risk of unknown year"}`),
		of("Task", `"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"executionPeriod":{"start":"2009-12-01","end":"2010-02-01"}`),
		of("Task", `"id":"2"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"executionPeriod":{"start":"2010-02-01"}`, `"authoredOn":"2010-01-01"`),
		of("EpisodeOfCare", `"id":"1"`, `"status":"active"`, `"type":[{"text":"A service"}]`, `"period":{"start":"2010-02-01"}`, `"statusHistory":[{"status":"planned","period":{"start":"2010-01-20"}}]`,
			`"careManager":{"reference":"Practitioner/a","display":"Ann Worker"}`),
		of("ServiceRequest", `"id":"1"`, `"status":"completed"`, `"authoredOn":"2010-01-26T23:59:00Z"`),
		of("ServiceRequest", `"id":"2"`, `"status":"completed"`, `"authoredOn":"2010-01-27T00:30:00+01:00"`),
		of("Condition", `"id":"1"`, `"code":{"text":"A reason"}`, `"onsetDateTime":"2000-01-01"`),
		of("Condition", `"id":"2"`, `"code":{"text":"A reason"}`, `"onsetAge":{"value":9,"unit":"years","code":"a"}`, `"recordedDate":"2020-05-01"`),
		of("DeviceRequest", `"id":"1"`, `"status":"active"`, `"codeCodeableConcept":{"text":"A hoist"}`, `"authoredOn":"2009-01-01"`, `"occurrenceDateTime":"2011-01-01"`),
		of("RelatedPerson", `"id":"1"`, `"name":[{"family":"Roe"}]`, `"period":{"start":"2005-01-01"}`),
		of("RelatedPerson", `"id":"2"`, `"name":[{"family":"Roe"}]`),
		of("CareTeam", `"id":"1"`, `"status":"active"`, `"period":{"start":"2008-01-01"}`, `"participant":[{"member":{"reference":"Practitioner/a","display":"Ann Worker"}}]`),
		of("Appointment", `"id":"1"`, `"status":"fulfilled"`, `"start":"2009-01-01T09:00:00Z"`),
		of("DocumentReference", `"id":"1"`, `"status":"current"`, `"date":"2009-01-01"`),
	}
	s, _ := holding(t, nil, resources...)
	got, err := read(t, s, subjects(someone))
	if err != nil {
		t.Fatal(err)
	}
	for kind, a := range got {
		if n := len(entries(a, 0)); n != 0 || marked(a.Unreadable, 0) && kind != fetch.CareTeam {
			t.Errorf("%s: %d entries of childhood, marks %v", kind, n, a.Unreadable)
		}
	}
	earlier := subjects(someone) // by our register; demographics has a later birth date
	earlier.AdultFrom[0] = "1980-01-27"
	if got, err = read(t, s, earlier); err != nil {
		t.Fatal(err)
	}
	come := 0
	for kind, a := range got {
		for _, x := range entries(a, 0) {
			if come++; record.OfAdulthood(x, "2010-01-27") {
				t.Errorf("%s: the second look does not know %s for one of childhood", kind, record.Envelope(x).Provenance.SourceID)
			}
		}
	}
	if come < 12 {
		t.Errorf("%d entries to look at again", come)
	}

	twin := of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, `"period":{"start":"2010-01-27"}`)
	for name, c := range map[string]struct {
		adultFrom string
		shown     bool
	}{
		"from the 18th birthday on":   {"2010-01-27", true},
		"a day before":                {"2010-01-28", false},
		"an age that is not known":    {"", false},
		"a date that is none":         {"2010-02-30", false},
		"no date at all":              {"soon", false},
		"of age tomorrow":             {"2026-11-26", false},
		"of age today, nothing since": {"2026-11-25", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, stub := holding(t, nil, twin)
			of := subjects(someone)
			of.AdultFrom[0] = c.adultFrom
			got, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts, Subjects: of})
			if err != nil || failure(got, 0) != nil || marked(got.Unreadable, 0) || marked(got.Absent, 0) {
				t.Fatalf("%v, %+v", err, got)
			}
			if n := len(entries(got, 0)); (n == 1) != c.shown {
				t.Errorf("%d entries", n)
			}
			if isAdult := strings.HasPrefix(c.adultFrom, "2010-01") || c.adultFrom == "2026-11-25"; (len(stub.asked) == 0) == isAdult {
				t.Errorf("%d questions", len(stub.asked))
			}
		})
	}
	of := subjects(someone)
	of.AdultFrom = nil
	if got, err := one(t, s, &fetch.Ask{Kind: fetch.Alerts, Subjects: of}); err != nil || len(entries(got, 0)) != 0 {
		t.Errorf("nobody says who is of age: %v, %+v", err, got)
	}
}

// Where asks disagree about when somebody came of age, the later day holds, and who is
// of age in one ask only is shown in that one.
func TestAsksThatDisagree(t *testing.T) {
	s, _ := holding(t, nil, of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, since))
	for later, want := range map[string]int{"2010-01-27": 1, "2020-05-02": 0, "": 1} {
		grown, other := subjects(someone), subjects(someone)
		other.AdultFrom[0] = later
		asks := []*fetch.Ask{{Kind: fetch.Alerts, Subjects: grown}, {Kind: fetch.Alerts, Subjects: other}}
		got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(entries(got[asks[0]], 0)); n != want {
			t.Errorf("%q: %d entries", later, n)
		}
		if n := len(entries(got[asks[1]], 0)); later == "" && n != 0 {
			t.Errorf("%d entries of whose age nobody knows", n)
		}
	}
}

// What is never shown, in whatever member it stands, and what refers to it.
func TestHidden(t *testing.T) {
	const hidden = `{"coding":[{"system":"http://snomed.info/sct","code":"86406008"}]}`
	service := func(members ...string) string {
		return of("EpisodeOfCare", append([]string{`"id":"1"`, `"status":"active"`, `"type":[{"text":"Home support"}]`, since}, members...)...)
	}
	task := of("Task", `"id":"t"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"description":"referred by the HIV clinic"`, `"authoredOn":"2020-05-01"`)
	for name, resources := range map[string][]string{
		"by its own code":              {service(`"diagnosis":[{"role":` + hidden + `}]`)},
		"by words where none looks":    {service(`"account":[{"display":"Sexual health clinic"}]`)},
		"by its label":                 {service(`"meta":{"security":[{"code":"R"}]}`)},
		"by a label inside":            {service(`"contained":[{"resourceType":"Basic","id":"b","meta":{"security":[{"code":"R"}]}}]`)},
		"by its label, very":           {service(`"meta":{"security":[{"code":"V"}]}`)},
		"by its provider":              {service(`"managingOrganization":{"reference":"Organization/o"}`), `{"resourceType":"Organization","id":"o","name":"HIV clinic"}`},
		"by its provider's own":        {service(`"managingOrganization":{"reference":"Organization/o"}`), `{"resourceType":"Organization","id":"o","partOf":{"reference":"Organization/p"}}`, `{"resourceType":"Organization","id":"p","name":"HIV clinic"}`},
		"by the assessment it is from": {service(`"extension":[{"url":"https://x/Extension-Interweave-SocialCareServiceTrigger","valueReference":{"reference":"Task/t"}}]`), task},
		"by a professional's role":     {service(`"careManager":{"reference":"Practitioner/a","display":"Ann"}`), `{"resourceType":"Practitioner","id":"a"}`, `{"resourceType":"PractitionerRole","id":"b","practitioner":{"reference":"Practitioner/a"},"code":[{"text":"HIV clinic nurse"}]}`},
		"by the system it is from":     {service(`"meta":{"tag":[{"system":"https://yhcr.nhs.uk/Source","code":"X","display":"HIV clinic system"}]}`)},
		"by who recorded it":           {service(`"meta":{"tag":[{"system":"https://yhcr.nhs.uk/Provenance","code":"X","display":"HIV clinic"}]}`)},
		"hidden and unreadable":        {service(`"meta":{"security":[{"code":"R"}]}`, `"period2":7`)},
	} {
		t.Run(name, func(t *testing.T) {
			// Included resources come with the services, as a council sends them.
			var with []string
			for _, r := range resources {
				if !strings.Contains(r, `"resourceType":"Task"`) {
					with = append(with, r)
				}
			}
			answers := map[string]answer{"Patient": respond(200, bundle(patient(someone, `"birthDate":"`+born+`"`))), "EpisodeOfCare": respond(200, bundle(with...)), "Task": respond(200, bundle(task))}
			s, _ := serve(t, answers, interweave.Options{})
			got, err := one(t, s, &fetch.Ask{Kind: fetch.Services})
			if err != nil || failure(got, 0) != nil || len(entries(got, 0)) != 0 || marked(got.Unreadable, 0) {
				t.Errorf("%v, %d entries, %+v", err, len(entries(got, 0)), got)
			}
			team, err := one(t, s, &fetch.Ask{Kind: fetch.CareTeam})
			if err != nil || len(entries(team, 0)) != 0 {
				t.Errorf("%v, %d of the team", err, len(entries(team, 0)))
			}
		})
	}
	s, _ := holding(t, nil, service())
	if got, err := one(t, s, &fetch.Ask{Kind: fetch.Services}); err != nil || len(entries(got, 0)) != 1 {
		t.Errorf("the twin is not shown: %v", err)
	}
}

// A document or an appointment that may not be shown hides what refers to it, whatever of it says so.
func TestWhatHangsOnDocumentsAndAppointments(t *testing.T) {
	request := of("ServiceRequest", `"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`, `"supportingInfo":[{"reference":"DocumentReference/d"},{"reference":"Appointment/a"}]`)
	document := func(members ...string) string {
		return of("DocumentReference", append([]string{`"id":"d"`, `"status":"current"`, `"date":"2020-05-01"`}, members...)...)
	}
	booked := func(members ...string) string {
		return of("Appointment", append([]string{`"id":"a"`, `"status":"booked"`, `"start":"2026-12-01T09:00:00Z"`}, members...)...)
	}
	for name, c := range map[string]struct {
		held          string
		shown, partly bool
	}{
		"a document":                               {document(), true, false},
		"a document labelled ordinary":             {document(`"securityLabel":[{"coding":[{"code":"N"}]}]`), true, false},
		"a document labelled restricted":           {document(`"securityLabel":[{"coding":[{"code":"X"},{"code":"R"}]}]`), false, false},
		"a document whose label cannot be read":    {document(`"securityLabel":"R"`), false, true},
		"a document of a function never shown":     {document(`"context":{"practiceSetting":{"coding":[{"code":"GU"},{"code":"360"}]}}`), false, false},
		"a document of another":                    {document(`"context":{"practiceSetting":{"coding":[{"code":"100"}]}}`), true, false},
		"a document that says so":                  {document(`"content":[{"attachment":{"data":"` + base64.StdEncoding.EncodeToString([]byte("Seen at the HIV clinic")) + `"}}]`), false, false},
		"a document that says so behind another":   {document(`"content":[{"attachment":{"data":"aGVsbG8="}},{"attachment":{"data":"` + base64.StdEncoding.EncodeToString([]byte("Seen at the HIV clinic")) + `"}}]`), false, false},
		"a document that says so by chance":        {document(`"content":[{"attachment":{"data":"` + base64.StdEncoding.EncodeToString([]byte("\x01\x02 HIV clinic")) + `"}}]`), true, false},
		"a document that does not":                 {document(`"content":[{"attachment":{"data":"aGVsbG8="}}]`), true, false},
		"an appointment":                           {booked(), true, false},
		"an appointment of a function never shown": {booked(`"specialty":[{"coding":[{"code":"314"}]},{"coding":[{"code":"360"}]}]`), false, false},
		"an appointment of another":                {booked(`"specialty":[{"coding":[{"code":"314"}]}]`), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string]answer{"Patient": respond(200, bundle(patient(someone))), "ServiceRequest": respond(200, bundle(request, c.held))}
			s, _ := serve(t, answers, interweave.Options{})
			got, err := one(t, s, &fetch.Ask{Kind: fetch.Requests})
			if err != nil || failure(got, 0) != nil || (len(entries(got, 0)) == 1) != c.shown || marked(got.Unreadable, 0) != c.partly {
				t.Errorf("%v, %d entries, %+v", err, len(entries(got, 0)), got)
			}
		})
	}
}

// Who the patient and the professionals are, and where these live, hides nothing. A
// professional hangs on their roles, and a role on who holds it, but not on their others.
func TestHiddenByWhom(t *testing.T) {
	const clinic = "Sexual Health Clinic"
	post := func(id, words string) string {
		return `{"resourceType":"PractitionerRole","id":"` + id + `","practitioner":{"reference":"Practitioner/a","display":"A. Worker"},"code":[{"text":"` + words + `"}]}`
	}
	practitioner := func(members string) string {
		return `{"resourceType":"Practitioner","id":"a","name":[{"family":"Worker","given":["Ann"]}],` + members + `}`
	}
	request := of("ServiceRequest", `"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`, `"requester":{"reference":"PractitionerRole/r"}`)
	const (
		numbered = `"identifier":[{"system":"https://council.example/staff","value":"7"}]`
		byNumber = `"identifier":{"system":"https://council.example/staff","value":"7"}`
	)
	for name, c := range map[string]struct {
		kind fetch.Kind
		held []string
		by   string // who recorded it; "-" where it is not shown
		seen int    // resources labelled restricted
	}{
		"the patient's name":                           {fetch.Requests, []string{strings.Replace(request, `"subject":{`, `"subject":{"display":"`+clinic+`",`, 1), post("r", "Social worker")}, "A. Worker", 0},
		"where a worker lives":                         {fetch.Requests, []string{request, post("r", "Social worker"), practitioner(`"address":[{"text":"1, ` + clinic + `"}]`)}, "Ann Worker", 0},
		"a worker of another role":                     {fetch.Requests, []string{request, post("r", "Social worker"), post("s", clinic+" nurse"), practitioner(`"active":true`)}, "A. Worker", 0},
		"a restricted worker, by identifier":           {fetch.Requests, []string{strings.Replace(request, `"reference":"PractitionerRole/r"`, byNumber, 1), practitioner(numbered + `,"meta":{"security":[{"code":"R"}]}`)}, "-", 1},
		"a worker of a role, by identifier":            {fetch.Requests, []string{strings.Replace(request, "PractitionerRole/r", "Practitioner/a", 1), strings.Replace(post("r", clinic+" nurse"), `"reference":"Practitioner/a"`, byNumber, 1), practitioner(numbered)}, "-", 0},
		"a role of a restricted worker, by identifier": {fetch.Requests, []string{request, strings.Replace(post("r", "Social worker"), `"reference":"Practitioner/a"`, byNumber, 1), practitioner(numbered + `,"meta":{"security":[{"code":"R"}]}`)}, "-", 1},
		"a restricted worker":                          {fetch.Requests, []string{request, post("r", "Social worker"), practitioner(`"meta":{"security":[{"code":"R"}]}`)}, "-", 1},
		"what goes round": {fetch.SocialCareAssessments, []string{of("Task", `"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`, `"partOf":[{"reference":"Task/2"}]`),
			of("Task", `"id":"2"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`, `"partOf":[{"reference":"Task/1"}]`, `"meta":{"security":[{"code":"R"}]}`)}, "-", 1},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			all := respond(200, bundle(c.held...)) // as a council sends what it includes
			s, _ := serve(t, map[string]answer{"Patient": respond(200, bundle(patient(someone))), "ServiceRequest": all, "Task": all}, seen.Options())
			got, err := one(t, s, &fetch.Ask{Kind: c.kind})
			if err != nil || failure(got, 0) != nil || marked(got.Unreadable, 0) || (len(entries(got, 0)) == 1) != (c.by != "-") || seen.Count("confidential record") != c.seen {
				t.Fatalf("%v, %d entries, observed %v", err, len(entries(got, 0)), seen.Lines())
			}
			if c.by != "-" && !strings.Contains(line(t, entries(got, 0)[0]), `"RecordedBy":"`+c.by+`"`) {
				t.Error(line(t, entries(got, 0)[0]))
			}
		})
	}
}

// What resources refer to is asked for to the end, or nothing of the patient can be judged.
func TestWhatIsFollowed(t *testing.T) {
	const last = 9
	flag := of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, since, `"encounter":{"reference":"Encounter/1"}`, `"author":`+ann)
	chain := func(length int, members string) answer {
		return func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.URL.Query().Get("_id"))
			next := fmt.Sprintf(`"partOf":{"reference":"Encounter/%d"}`, n+1)
			if n == length {
				next = members
			}
			respond(200, bundle(of("Encounter", fmt.Sprintf(`"id":"%d"`, n), next)))(w, r)
		}
	}
	nobody := fhirtest.Outcome("https://council.example/codes", "PATIENT_NOT_FOUND")
	const all, without = "Encounter Flag Patient ServiceRequest", "Flag Patient ServiceRequest"
	for name, c := range map[string]struct {
		flags, encounters answer
		request           string // what it refers to
		alerts, requests  error
		shown             int
		asked             string
	}{
		"as far as there is":      {respond(200, bundle(flag)), chain(last-1, `"status":"finished"`), "", nil, nil, 1, all},
		"something hidden there":  {respond(200, bundle(flag)), chain(last-1, `"type":[`+rHIV+`]`), "", nil, nil, 0, all},
		"on and on":               {respond(200, bundle(flag)), chain(last, `"status":"finished"`), "", record.ErrMalformed, record.ErrMalformed, 0, all},
		"it came already":         {respond(200, bundle(flag, `{"resourceType":"Encounter","id":"1"}`)), respond(500, ""), "", nil, nil, 1, without},
		"it cannot be had":        {respond(200, bundle(flag)), respond(500, ""), "", record.ErrUnavailable, record.ErrUnavailable, 0, all},
		"it is refused":           {respond(200, bundle(flag)), respond(403, ""), "", record.ErrRefused, record.ErrRefused, 0, all},
		"it is not there":         {respond(200, bundle(flag)), respond(404, nobody), "", record.ErrNotServed, record.ErrNotServed, 0, all},
		"refused, and what hides": {respond(403, ""), respond(500, ""), `"encounter":{"reference":"Encounter/1"}`, record.ErrRefused, record.ErrUnavailable, 0, all},
		"not served":              {respond(404, nobody), respond(200, bundle()), "", record.ErrNotServed, nil, 0, without},
	} {
		t.Run(name, func(t *testing.T) {
			request := of("ServiceRequest", slices.DeleteFunc([]string{`"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`, c.request}, func(member string) bool { return member == "" })...)
			s, stub := serve(t, map[string]answer{"Patient": respond(200, bundle(patient(someone))), "Flag": c.flags, "ServiceRequest": respond(200, bundle(request)), "Encounter": c.encounters}, interweave.Options{})
			got, err := fhirtest.Read(t, s, terms(), subjects(someone), fetch.Alerts, fetch.Requests)
			if err != nil || len(entries(got[fetch.Alerts], 0)) != c.shown {
				t.Fatalf("%v, %d alerts", err, len(entries(got[fetch.Alerts], 0)))
			}
			for kind, want := range map[fetch.Kind]error{fetch.Alerts: c.alerts, fetch.Requests: c.requests} {
				if err := failure(got[kind], 0); !errors.Is(err, want) || (err == nil) != (want == nil) || marked(got[kind].Absent, 0) {
					t.Errorf("%s: %v, want %v", kind, err, want)
				}
			}
			if stub.types() != c.asked {
				t.Errorf("asked for %s", stub.types())
			}
		})
	}
}

// What hides an entry does so by an identifier too, whatever else is asked, and of a type that
// is no entry here.
func TestWhatHidesAndNobodyAskedFor(t *testing.T) {
	const number = `"identifier":[{"system":"https://council.example","value":"7"}]`
	by := func(kind string) string {
		return `{"type":"` + kind + `","identifier":{"system":"https://council.example","value":"7"}}`
	}
	service := func(member string) string {
		return of("EpisodeOfCare", `"id":"1"`, `"status":"active"`, since, `"type":[{"text":"Home support"}]`, member)
	}
	booked := func(reasons string) string {
		return of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01T10:00:00Z"`, `"description":"Clinic"`, `"reasonReference":[`+reasons+`]`)
	}
	request := func(reason string) string {
		return of("ServiceRequest", `"id":"x"`, number, `"status":"active"`, `"authoredOn":"2020-05-01"`, `"reasonCode":[{"text":"`+reason+`"}]`)
	}
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  []string
		shown bool
	}{
		"a service from a referral, by its number":       {fetch.Services, []string{request("HIV infection"), service(`"referralRequest":[` + by("ServiceRequest") + `]`)}, false},
		"a service from another":                         {fetch.Services, []string{request("Help"), service(`"referralRequest":[` + by("ServiceRequest") + `]`)}, true},
		"a service of an organisation, by its number":    {fetch.Services, []string{`{"resourceType":"Organization","id":"o",` + number + `,"name":"HIV clinic"}`, service(`"managingOrganization":` + by("Organization"))}, false},
		"a service of another":                           {fetch.Services, []string{`{"resourceType":"Organization","id":"o",` + number + `,"name":"Team"}`, service(`"managingOrganization":` + by("Organization"))}, true},
		"an appointment for an observation":              {fetch.Appointments, []string{of("Observation", `"id":"x"`, `"code":{"text":"HIV test"}`), booked(`{"reference":"Observation/x"}`)}, false},
		"an appointment for another":                     {fetch.Appointments, []string{of("Observation", `"id":"x"`, `"code":{"text":"Weight"}`), booked(`{"reference":"Observation/x"}`)}, true},
		"an appointment for an observation, by a number": {fetch.Appointments, []string{of("Observation", `"id":"x"`, number, `"code":{"text":"HIV test"}`), booked(by("Observation"))}, false},
		"an appointment for a procedure":                 {fetch.Appointments, []string{of("Procedure", `"id":"x"`, `"code":{"text":"HIV test"}`), booked(`{"reference":"Procedure/x"}`)}, false},
		"an appointment for a report":                    {fetch.Appointments, []string{of("DiagnosticReport", `"id":"x"`, `"code":{"text":"HIV test"}`), booked(`{"reference":"DiagnosticReport/x"}`)}, false},
		"an appointment for what an observation is one of": {fetch.Appointments, []string{of("Observation", `"id":"x"`, `"code":{"text":"Bloods"}`, `"derivedFrom":[{"reference":"QuestionnaireResponse/x"}]`),
			of("QuestionnaireResponse", `"id":"x"`, `"item":[{"text":"HIV test"}]`), booked(`{"reference":"Observation/x"}`)}, false},
		"equipment that is a device": {fetch.Equipment, []string{`{"resourceType":"Device","id":"x","deviceName":[{"name":"HIV test"}]}`,
			of("DeviceRequest", `"id":"1"`, `"status":"active"`, `"authoredOn":"2020-05-01"`, `"codeReference":{"reference":"Device/x","display":"Kit"}`)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := holding(t, nil, c.held...)
			alone, err := one(t, s, &fetch.Ask{Kind: c.kind})
			if err != nil || failure(alone, 0) != nil || (len(entries(alone, 0)) == 1) != c.shown || marked(alone.Unreadable, 0) {
				t.Errorf("%v, %d entries, %+v", err, len(entries(alone, 0)), alone)
			}
			together, err := read(t, s, subjects(someone))
			if err != nil || idsOf(together[c.kind], 0) != idsOf(alone, 0) {
				t.Errorf("%v, %q with all else, %q by itself", err, idsOf(together[c.kind], 0), idsOf(alone, 0))
			}
		})
	}
}

// Where of what others refer to one could not be read, nothing of the patient is whole; where something is missing of which
// nothing is known, nothing of the patient is shown.
func TestWhatIsFollowedInPart(t *testing.T) {
	observation := of("Observation", `"id":"x"`, `"code":{"text":"Weight"}`)
	for name, c := range map[string]struct {
		said          string
		shown, partly bool
	}{
		"all of it":                      {bundle(observation), true, false},
		"an entry that is no resource":   {bundle(observation, `{"id":"y"}`), false, true},
		"one that cannot be read":        {bundle(strings.Replace(observation, `"id":"x"`, `"id":"x","modifierExtension":[]`, 1)), true, true},
		"one without an id":              {bundle(strings.Replace(observation, `"id":"x",`, "", 1)), true, true},
		"one that is too large":          {bundle(observation, of("Observation", `"id":"y"`, `"note":[{"text":"`+strings.Repeat("x", 1<<20)+`"}]`)), true, true},
		"more counted than given":        {strings.Replace(bundle(observation), `"type":`, `"total":2,"type":`, 1), false, true},
		"an outcome that says so":        {bundle(observation, `{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"timeout"}]}`), false, true},
		"an outcome that says otherwise": {bundle(observation, `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, stub := holding(t, nil, of("Appointment", `"id":"1"`, `"status":"booked"`, `"start":"2026-12-01T10:00:00Z"`, `"description":"Clinic"`, `"reasonReference":[{"reference":"Observation/x"}]`))
			stub.answers["Observation"] = respond(200, c.said)
			got, err := fhirtest.Read(t, s, terms(), subjects(someone), fetch.Appointments, fetch.Alerts)
			if err != nil || (len(entries(got[fetch.Appointments], 0)) == 1) != c.shown {
				t.Fatalf("%v, %d appointments", err, len(entries(got[fetch.Appointments], 0)))
			}
			for kind, a := range got {
				if failed := failure(a, 0) != nil; failed == c.shown || !failed && marked(a.Unreadable, 0) != c.partly {
					t.Errorf("%s: %v, in part %v", kind, failure(a, 0), a.Unreadable)
				}
			}
		})
	}
}

// A document's content comes from within it or from the council, never from elsewhere,
// and not where it says what is never shown.
func TestDocumentContent(t *testing.T) {
	document := func(attachment string) string {
		return of("DocumentReference", `"id":"d"`, `"status":"current"`, `"date":"2020-05-01"`, `"content":[{"attachment":`+attachment+`}]`)
	}
	for name, c := range map[string]struct {
		attachment, binary string
		kind               error
		text               string
	}{
		"within it":                {`{"data":"QSBwbGFu"}`, "", nil, "A plan"},
		"at the council":           {`{"url":"Binary/b"}`, `{"resourceType":"Binary","data":"QSBwbGFu"}`, nil, "A plan"},
		"above the council's base": {`{"url":"Binary/../../b"}`, "", record.ErrMalformed, ""},
		"elsewhere":                {`{"url":"https://my.server.test/documents/1"}`, "", record.ErrMalformed, ""},
		"not a Binary":             {`{"url":"Binary/b"}`, `{"resourceType":"Basic"}`, record.ErrMalformed, ""},
		"not in base64":            {`{"data":"%"}`, "", record.ErrMalformed, ""},
		"none":                     {`{}`, "", record.ErrMalformed, ""},
		"never shown (HIV clinic)": {`{"data":"SElWIGNsaW5pYw=="}`, "", nil, ""},
		"never shown, in tags":     {`{"data":"PGI+SElWPC9iPiBjbGluaWM="}`, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string]answer{"Patient": respond(200, bundle(patient(someone))), "DocumentReference": respond(200, bundle(document(c.attachment))), "Binary/b": respond(200, c.binary)}
			s, _ := serve(t, answers, interweave.Options{})
			got, err := one(t, s, &fetch.Ask{Kind: fetch.DocumentContent, Filter: fetch.Filter{SourceID: "d"}})
			if err == nil {
				err = failure(got, 0)
			}
			if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			list := fetch.RowsOf[record.DocumentContent](got).Of(0)
			if c.text == "" && len(list) != 0 || c.text != "" && (len(list) != 1 || string(list[0].Text) != c.text) {
				t.Errorf("%+v", list)
			}
			listed := 1
			if strings.HasPrefix(name, "never shown") && !strings.Contains(c.attachment, "url") {
				listed = 0 // its title may say what it holds
			}
			if other, err := one(t, s, &fetch.Ask{Kind: fetch.Documents}); err != nil || len(entries(other, 0)) != listed {
				t.Errorf("%d documents in the list, want %d: %v", len(entries(other, 0)), listed, err)
			}
		})
	}
}

// A folder of people stands for a council.
func TestAFolderIsASource(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "patient.json", patient(someone, `"birthDate":"`+born+`"`))
	writeFile(t, dir, "flag.json", of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"A risk"}`, since))
	writeFile(t, dir, "other.json", bundle(patient(another, `"birthDate":"`+born+`"`), ofPatient(another, "Task", `"id":"1"`, `"status":"completed"`, `"code":{"text":"An assessment"}`, `"authoredOn":"2020-05-01"`)))
	folder, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	seen := &events{}
	got, err := read(t, interweave.Open(council, folder, ids, interweave.Options{Observe: seen.Observe}), subjects(someone, another, third))
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[fetch.Kind][3]int{fetch.Alerts: {1, 0, 0}, fetch.SocialCareAssessments: {0, 1, 0}, fetch.Services: {0, 0, 0}} {
		a := got[kind]
		for i, n := range want {
			if len(entries(a, i)) != n || failure(a, i) != nil || marked(a.Absent, i) != (i == 2) {
				t.Errorf("%s of %d: %d entries, %v, absent %v", kind, i, len(entries(a, i)), failure(a, i), a.Absent)
			}
		}
	}
	if len(seen.Lines()) != 0 {
		t.Errorf("observed %v", seen.Lines())
	}
}
