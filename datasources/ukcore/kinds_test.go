package ukcore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

const (
	doctor = `{"resourceType":"Practitioner","id":"dr","name":[{"text":"Dr Who"}]}`
	ward   = `{"resourceType":"Location","id":"w1","name":"Alder ward","managingOrganization":{"reference":"Organization/o1"}}`
	site   = `{"resourceType":"Organization","id":"o1","name":"The Site","identifier":[{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RAL01"}]}`
	stay   = `{"resourceType":"Encounter","id":"s1","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-11-01T10:00:00Z","end":"2026-11-05T12:00:00Z"},` +
		`"reasonCode":[{"text":"Chest pain"}],"participant":[{"individual":{"reference":"Practitioner/dr"}}],"location":[{"location":{"reference":"Location/w1"},"period":{"start":"2026-11-01T10:00:00Z"}}]}`
)

// What becomes of the resources of each kind, over searches.
func TestEachKind(t *testing.T) {
	for name, c := range map[string]struct {
		sector record.Sector
		kind   fetch.Kind
		held   []string
		want   []string
	}{
		"an allergy with its reaction": {record.Acute, fetch.Allergies, []string{
			`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"confirmed"}]},"category":["medication"],"criticality":"high","code":{"coding":[{"system":"http://snomed.info/sct","code":"372687004","display":"Amoxicillin"}]},"recordedDate":"2020-01-02","recorder":{"reference":"Practitioner/dr"},"reaction":[{"manifestation":[{"text":"Rash"}],"severity":"mild"}]}`,
			`{"resourceType":"AllergyIntolerance","id":"b","patient":{"reference":"Patient/1"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"text":"Nuts"}}`,
			`{"resourceType":"AllergyIntolerance","id":"c","patient":{"reference":"Patient/1"},"verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"Nuts"}}`,
		}, []string{"a · recorded 2020-01-02T00:00 · by Dr Who · Substance: 372687004 Amoxicillin · Kind: UNKNOWN · Category: MEDICATION · Criticality: HIGH · Status: ACTIVE · Verification: CONFIRMED · ReactionDetails: [Rash, MILD]"}},
		"no known allergy": {record.Acute, fetch.Notes, []string{
			`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}]},"recordedDate":"2020-01-02"}`,
			`{"resourceType":"AllergyIntolerance","id":"b","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"code":"inactive"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}]}}`,
			`{"resourceType":"List","id":"l","subject":{"reference":"Patient/1"},"status":"current","mode":"snapshot","code":{"coding":[{"code":"886921000000105"}]},"emptyReason":{"coding":[{"code":"nilknown"}]}}`,
		}, []string{"a · recorded 2020-01-02T00:00 · Class: ALLERGIES · Note: NONE_KNOWN"}},
		"a prescription with its supply": {record.Acute, fetch.Medications, []string{
			`{"resourceType":"MedicationRequest","id":"m","status":"completed","intent":"order","category":[{"coding":[{"code":"discharge"}]}],"medicationReference":{"reference":"#x"},"contained":[{"resourceType":"Medication","id":"x","code":{"text":"Ramipril"}}],"subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/s1"},"authoredOn":"2026-11-05","requester":{"reference":"Practitioner/dr"},"dosageInstruction":[{"text":"One a day"}]}`,
			`{"resourceType":"MedicationDispense","id":"d","status":"completed","medicationCodeableConcept":{"text":"Ramipril"},"subject":{"reference":"Patient/1"},"authorizingPrescription":[{"reference":"MedicationRequest/m"}],"quantity":{"value":28,"unit":"tablet"},"whenHandedOver":"2026-11-05T11:00:00Z"}`,
			`{"resourceType":"MedicationRequest","id":"n","status":"active","intent":"order","doNotPerform":true,"medicationCodeableConcept":{"text":"Aspirin"},"subject":{"reference":"Patient/1"}}`, stay,
		}, []string{"m · recorded 2026-11-05T00:00 · Medicine: Ramipril · Kind: DISCHARGE · Intent: ORDER · Status: COMPLETED · Dosage: One a day · StartedOn: 2026-11-05 · LastIssuedOn: 2026-11-05 · Prescriber: Dr Who · DischargedAt: 2026-11-05T12:00 · Issues: [2026-11-05, 28 tablet, COMPLETED]"}},
		"a vaccine that was given": {record.Acute, fetch.Immunisations, []string{
			`{"resourceType":"Immunization","id":"i","status":"completed","vaccineCode":{"text":"Flu"},"patient":{"reference":"Patient/1"},"occurrenceDateTime":"2026-10","lotNumber":"L1","performer":[{"actor":{"reference":"Practitioner/dr"}}]}`,
			`{"resourceType":"Immunization","id":"j","status":"not-done","vaccineCode":{"text":"Flu"},"patient":{"reference":"Patient/1"}}`,
		}, []string{"i · Vaccine: Flu · Status: COMPLETED · GivenOn: 2026-10 · Batch: L1 · GivenBy: Dr Who"}},
		"a stay with its ward, diagnosis, procedure and episode": {record.Acute, fetch.Stays, []string{stay, ward, site, doctor,
			`{"resourceType":"Condition","id":"c","code":{"text":"Angina"},"subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/s1"}}`,
			`{"resourceType":"Procedure","id":"p","status":"completed","code":{"text":"Angiogram"},"subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/s1"},"performedDateTime":"2026-11-02"}`,
			`{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"partOf":{"reference":"Encounter/s1"},"serviceType":{"text":"Cardiology"},"period":{"start":"2026-11-01T10:00:00Z"}}`,
			`{"resourceType":"DocumentReference","id":"d","status":"current","type":{"coding":[{"code":"373942005","display":"Discharge summary"}]},"subject":{"reference":"Patient/1"},"date":"2026-11-05T12:00:00Z","content":[{"attachment":{"contentType":"text/plain","data":"aGVsbG8="}}],"context":{"encounter":[{"reference":"Encounter/s1"}]}}`,
		}, []string{"s1 · AdmittedAt: 2026-11-01T10:00 · DischargedAt: 2026-11-05T12:00 · Reason: Chest pain · Ward: Alder ward · Site: RAL01, The Site · Consultant: Dr Who · Summary: Discharge summary, 2026-11-05T12:00, TIME · Diagnoses: [Angina, 1] · Procedures: [Angiogram, 2026-11-02, 1] · Episodes: [Cardiology, 2026-11-01T10:00, TIME] · WardStays: [Alder ward, RAL01, The Site, 2026-11-01T10:00, TIME]"}},
		"an attendance": {record.Acute, fetch.Attendances, []string{
			`{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"EMER","display":"emergency"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-11-01T10:00:00Z","end":"2026-11-01T12:00:00Z"},"reasonCode":[{"text":"Fall"}]}`,
			`{"resourceType":"Encounter","id":"f","status":"cancelled","class":{"code":"EMER"},"subject":{"reference":"Patient/1"}}`, stay,
		}, []string{"e · Kind: EMER emergency · ArrivedAt: 2026-11-01T10:00 · DepartedAt: 2026-11-01T12:00 · Complaint: Fall"}},
		"a contact with mental health services": {record.MentalHealth, fetch.CareContacts, []string{
			`{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB","display":"ambulatory"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-11-01T10:00:00Z","end":"2026-11-01T10:30:00Z"}}`,
		}, []string{"e · HeldAt: 2026-11-01T10:00 · DurationMinutes: 30 · Kind: AMB ambulatory · Medium: FACE_TO_FACE"}},
		"a care coordinator": {record.MentalHealth, fetch.CareCoordinators, []string{doctor,
			`{"resourceType":"EpisodeOfCare","id":"e","status":"active","patient":{"reference":"Patient/1"},"careManager":{"reference":"Practitioner/dr"},"period":{"start":"2026-01-01"}}`,
		}, []string{"e · Name: Dr Who · StartedOn: 2026-01-01"}},
		"a score": {record.MentalHealth, fetch.Assessments, []string{
			`{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"code":"survey"}]}],"code":{"text":"PHQ-9"},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-11-01","valueQuantity":{"value":7}}`,
		}, []string{"o · recorded 2026-11-01T00:00 · Tool: PHQ-9 · Score: 7 · ScoreText: 7 · AssessedOn: 2026-11-01 · Status: FINAL"}},
		"a result in its report": {record.Acute, fetch.Results, []string{
			`{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Sodium"},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-11-01T08:00:00Z","valueQuantity":{"value":140.0,"unit":"mmol/L"}}`,
			`{"resourceType":"Observation","id":"v","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Pulse"},"subject":{"reference":"Patient/1"},"valueQuantity":{"value":70}}`,
			`{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Bloods"},"subject":{"reference":"Patient/1"},"result":[{"reference":"Observation/o"}]}`,
		}, []string{"o · Test: Sodium · Category: LABORATORY · TakenAt: 2026-11-01T08:00 · Status: FINAL · Value: 140.0 mmol/L, 140.0, mmol/L · Report: Bloods"}},
		"vital signs alone": {record.Acute, fetch.VitalSigns, []string{
			`{"resourceType":"Observation","id":"v","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Pulse"},"subject":{"reference":"Patient/1"},"valueQuantity":{"value":70}}`,
		}, []string{"v · Sign: Pulse · Status: FINAL · Value: 70, 70"}},
		"an appointment, and a visit that is only planned": {record.Acute, fetch.Upcoming, []string{ward, doctor,
			`{"resourceType":"Appointment","id":"a","status":"booked","start":"2026-12-01T09:00:00Z","minutesDuration":20,"participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Practitioner/dr"}},{"actor":{"reference":"Location/w1"}}]}`,
			`{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"IMP","display":"inpatient"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-12-02T09:00:00Z"}}`,
		}, []string{"a · StartsAt: 2026-12-01T09:00 · DurationMinutes: 20 · Status: BOOKED · Medium: UNKNOWN · Location: Alder ward · Clinician: Dr Who · Priority: UNKNOWN",
			"e · StartsAt: 2026-12-02T09:00 · Kind: IMP inpatient · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"}},
		"a referral, and no order of a test": {record.Acute, fetch.Referrals, []string{doctor,
			`{"resourceType":"ServiceRequest","id":"s","status":"active","intent":"order","priority":"urgent","code":{"text":"Cardiology"},"subject":{"reference":"Patient/1"},"authoredOn":"2026-11-01","requester":{"reference":"Practitioner/dr"}}`,
			`{"resourceType":"ServiceRequest","id":"t","status":"active","intent":"order","category":[{"coding":[{"code":"108252007"}]}],"code":{"text":"CRP"},"subject":{"reference":"Patient/1"}}`,
		}, []string{"s · recorded 2026-11-01T00:00 · by Dr Who · Service: Cardiology · Priority: URGENT · Status: IN_PROGRESS · ReferredOn: 2026-11-01 · Referrer: Dr Who"}},
		"a plan with its goal": {record.Acute, fetch.CarePlans, []string{
			`{"resourceType":"CarePlan","id":"p","status":"active","intent":"plan","title":"Plan","category":[{"text":"Care plan"}],"subject":{"reference":"Patient/1"},"goal":[{"reference":"Goal/g"}],"activity":[{"detail":{"code":{"text":"Walk"},"status":"in-progress"}}]}`,
			`{"resourceType":"Goal","id":"g","lifecycleStatus":"active","description":{"text":"Walk a mile"},"subject":{"reference":"Patient/1"}}`,
		}, []string{"p · Kind: Care plan · Title: Plan · Status: IN_PROGRESS · Activities: [Walk, IN_PROGRESS] · Goals: [Walk a mile, IN_PROGRESS]"}},
		"a contact who is an adult now": {record.Acute, fetch.Contacts, []string{
			`{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/1"},"name":[{"text":"Ann"}],"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"N","display":"Next of kin"}]}],"birthDate":"1960-01-01"}`,
			`{"resourceType":"RelatedPerson","id":"k","patient":{"reference":"Patient/1"},"name":[{"text":"Kid"}],"birthDate":"2015-01-01"}`,
			`{"resourceType":"RelatedPerson","id":"o","patient":{"reference":"Patient/1"},"name":[{"text":"Old"}],"active":false}`,
		}, []string{"r · Name: Ann · Relationship: Next of kin · RelationshipCode: N Next of kin · Roles: [NEXT_OF_KIN] · Under18: false"}},
		"an alert": {record.Acute, fetch.Alerts, []string{
			`{"resourceType":"Flag","id":"f","status":"active","code":{"text":"Falls"},"subject":{"reference":"Patient/1"}}`,
			`{"resourceType":"Flag","id":"g","status":"active","category":[{"coding":[{"code":"NRAF"}]}],"code":{"text":"Large print"},"subject":{"reference":"Patient/1"}}`,
		}, []string{"f · Kind: Falls · Status: IN_PROGRESS"}},
		"a reasonable adjustment": {record.Acute, fetch.Needs, []string{
			`{"resourceType":"Flag","id":"g","status":"active","category":[{"coding":[{"code":"NRAF"}]}],"code":{"text":"Large print"},"subject":{"reference":"Patient/1"}}`,
		}, []string{"g · Kind: Large print · Category: REASONABLE_ADJUSTMENT"}},
		"a decision made in advance": {record.Acute, fetch.AdvanceCare, []string{
			`{"resourceType":"Consent","id":"c","status":"active","scope":{"coding":[{"code":"adr"}]},"category":[{"coding":[{"code":"dnr","display":"Do not resuscitate"}]}],"patient":{"reference":"Patient/1"},"dateTime":"2026-01-01"}`,
			`{"resourceType":"Consent","id":"d","status":"active","scope":{"coding":[{"code":"research"}]},"category":[{"text":"Research"}],"patient":{"reference":"Patient/1"}}`,
		}, []string{"c · recorded 2026-01-01T00:00 · Kind: dnr Do not resuscitate · Status: IN_PROGRESS · DecidedOn: 2026-01-01"}},
		"a device with its use": {record.Acute, fetch.Devices, []string{
			`{"resourceType":"Device","id":"d","status":"active","type":{"text":"Pacemaker"},"patient":{"reference":"Patient/1"},"serialNumber":"S1"}`,
			`{"resourceType":"DeviceUseStatement","id":"u","status":"active","device":{"reference":"Device/d"},"subject":{"reference":"Patient/1"},"timingPeriod":{"start":"2020-02-03"}}`,
		}, []string{"d · Device: Pacemaker · Status: IN_PROGRESS · SuppliedOn: 2020-02-03 · Serial: S1"}},
		"the members of a team": {record.Acute, fetch.CareTeam, []string{doctor,
			`{"resourceType":"CareTeam","id":"t","name":"Team","subject":{"reference":"Patient/1"},"participant":[{"member":{"reference":"Patient/1"}},{"role":[{"text":"Lead"}],"member":{"reference":"Practitioner/dr"}}]}`,
		}, []string{"t.37aecca14a79cc2e · Name: Dr Who · Role: Lead · Kind: Lead · Team: Team"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, batch := range []bool{false, true} {
				s := open(t, append([]string{patientOf("1", someone), patientOf("2", another)}, append(c.held, doctor)...)...)
				a, err := one(t, s.source(t, c.sector, ukcore.Options{Batch: batch}), &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
				if err != nil || a.Unreadable != nil {
					t.Fatal(a.Unreadable, err)
				}
				if diff := cmp.Diff(c.want, lines(a)); diff != "" {
					t.Errorf("batch %v (-want +got):\n%s", batch, diff)
				}
			}
		})
	}
}

// A medicine given on a ward is in use as long as the stay goes on, however long ago it
// was prescribed, and not a day longer.
func TestMedicinesOfAStayThatGoesOn(t *testing.T) {
	const given = `{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","category":[{"coding":[{"code":"inpatient"}]}],"medicationCodeableConcept":{"text":"Olanzapine"},"subject":{"reference":"Patient/1"},"authoredOn":"2026-03-01"%s}`
	const stay = `{"resourceType":"Encounter","id":"s","status":%q,"class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-02-01T10:00:00Z"%s}}`
	of := `,"encounter":{"reference":"Encounter/s"}`
	for name, c := range map[string]struct {
		medicine, status, end string
		current               bool
	}{
		"at a stay that goes on":                         {of, "in-progress", "", true},
		"at a stay that is over":                         {of, "finished", `,"end":"2026-04-01T10:00:00Z"`, false},
		"at a stay that is over, nobody says since when": {of, "finished", "", false},
		"at no stay it names, while one goes on":         {"", "in-progress", "", true},
		"at no stay it names, after all are over":        {"", "finished", `,"end":"2026-04-01T10:00:00Z"`, false},
		"at a stay that ends today":                      {of, "in-progress", `,"end":"` + now.Format(time.DateOnly) + `"`, true},
		"at a stay that ends this month":                 {of, "in-progress", `,"end":"` + now.Format("2006-01") + `"`, true},
		"at a stay that ended this month":                {of, "finished", `,"end":"` + now.Format("2006-01") + `"`, true},
		"at a stay that ends this year":                  {of, "in-progress", `,"end":"` + now.Format("2006") + `"`, true},
		"at a stay that ends next month":                 {of, "in-progress", `,"end":"` + now.AddDate(0, 1, 0).Format("2006-01") + `"`, true},
		"at a stay that ended last month":                {of, "in-progress", `,"end":"` + now.AddDate(0, -1, 0).Format("2006-01") + `"`, false},
		"at a stay that ended last year":                 {of, "in-progress", `,"end":"` + now.AddDate(-1, 0, 0).Format("2006") + `"`, false},
		"at no stay it names, while one ends this month": {"", "in-progress", `,"end":"` + now.Format("2006-01") + `"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, patientOf("1", someone), fmt.Sprintf(given, c.medicine), fmt.Sprintf(stay, c.status, c.end)).source(t, record.MentalHealth, ukcore.Options{})
			for status, want := range map[record.MedicationFilter]bool{record.MedicationFilterCurrent: c.current, record.MedicationFilterPast: !c.current} {
				a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: string(status)}, Subjects: subjects(someone)})
				if err != nil || (len(lines(a)) == 1) != want {
					t.Errorf("%s: %q %v", status, lines(a), err)
				}
			}
			// The stay stands as long as its medicines do, unless nobody says since when it is over.
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Stays, Filter: fetch.Filter{Status: "CURRENT"}, Subjects: subjects(someone)})
			if lies := len(lines(a)) == 1; err != nil || lies != c.current && c.end != "" {
				t.Errorf("the stay is current: %t, %v", lies, err)
			}
		})
	}
}

// A supply or a dose that is complete was handed over or given, which does not end the medicine; and what is not known to be over is
// current.
func TestWhatIsStillTaken(t *testing.T) {
	ago := func(days int) string { return now.AddDate(0, 0, -days).Format(time.RFC3339) }
	day := func(days int) string { return now.AddDate(0, 0, -days).Format(time.DateOnly) }
	of := func(resource, more string) string {
		return `{"resourceType":"` + resource + `","id":"x","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Tablets"}` + more + `}`
	}
	supply := func(status, on, more string) string {
		return `{"resourceType":"MedicationDispense","id":"d","status":"` + status + `","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Tablets"},"whenHandedOver":"` + on + `"` + more + `}`
	}
	stay := func(status, more string) string {
		return `{"resourceType":"Encounter","id":"s","status":"` + status + `","class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"period":{"start":"` + ago(10) + `"` + more + `}}`
	}
	dose := of("MedicationAdministration", `,"status":"completed","context":{"reference":"Encounter/s"},"effectiveDateTime":"`+ago(1)+`"`)
	order := func(status, course, more string) string {
		return of("MedicationRequest", `,"status":"`+status+`","intent":"order","courseOfTherapyType":{"coding":[{"code":"`+course+`"}]},"authoredOn":"`+day(200)+`"`+more)
	}
	valid := `,"dispenseRequest":{"validityPeriod":{"end":"` + day(20) + `"}}`
	onOrder := `,"authorizingPrescription":[{"reference":"MedicationRequest/x"}]`
	for name, c := range map[string]struct {
		held    []string
		current bool
	}{
		"supplied yesterday":                            {[]string{supply("completed", ago(1), "")}, true},
		"supplied 28 days ago":                          {[]string{supply("completed", ago(28), "")}, true},
		"supplied 30 days ago":                          {[]string{supply("completed", ago(30), "")}, false},
		"supplied 30 days ago for 56":                   {[]string{supply("completed", ago(30), `,"daysSupply":{"value":56}`)}, true},
		"supplied 9 days ago for 7":                     {[]string{supply("completed", ago(9), `,"daysSupply":{"value":7}`)}, false},
		"supplied for more days than anybody takes":     {[]string{supply("completed", ago(30), `,"daysSupply":{"value":1e9}`)}, false},
		"supplied on a day that nobody says":            {[]string{strings.Replace(supply("completed", "", ""), `,"whenHandedOver":""`, "", 1)}, true},
		"supplied at the latest discharge":              {[]string{supply("completed", ago(100), `,"category":{"coding":[{"code":"discharge"}]}`)}, true},
		"not supplied":                                  {[]string{supply("cancelled", ago(1), "")}, false},
		"given on the ward they are on":                 {[]string{stay("in-progress", ""), dose}, true},
		"given on a ward they have left":                {[]string{stay("finished", `,"end":"`+ago(0)+`"`), dose}, false},
		"on hold, a repeat whose prescription lapsed":   {[]string{order("on-hold", "continuous", valid)}, true},
		"unknown, a repeat whose prescription lapsed":   {[]string{order("unknown", "continuous", valid)}, true},
		"stopped, a repeat whose prescription lapsed":   {[]string{order("stopped", "continuous", valid)}, false},
		"a short course whose prescription lapsed":      {[]string{order("active", "acute", valid)}, false},
		"a short course long ago":                       {[]string{order("active", "acute", "")}, false},
		"a short course long ago, supplied again":       {[]string{order("active", "acute", ""), supply("completed", ago(5), onOrder)}, true},
		"a short course long ago, its supply cancelled": {[]string{order("active", "acute", ""), supply("cancelled", ago(5), onOrder)}, false},
		"a short course long ago, its supply declined":  {[]string{order("active", "acute", ""), supply("declined", ago(5), onOrder)}, false},
		"a short course long ago, its supply prepared":  {[]string{order("active", "acute", ""), supply("preparation", ago(5), onOrder)}, false},
	} {
		s := open(t, append(c.held, patientOf("1", someone))...).source(t, record.Acute, ukcore.Options{})
		for status, want := range map[record.MedicationFilter]bool{record.MedicationFilterCurrent: c.current, record.MedicationFilterPast: !c.current} {
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: string(status)}, Subjects: subjects(someone)})
			if err != nil || (len(lines(a)) == 1) != want {
				t.Errorf("%s, %s: %q %v", name, status, lines(a), err)
			}
		}
	}
}

// What UK Core has no place for is offered, and is a gap and never "none".
func TestKindsWithoutAPlaceFail(t *testing.T) {
	for sector, want := range map[record.Sector]int{record.Acute: 26, record.MentalHealth: 34} {
		s := open(t, patientOf("1", someone)).source(t, sector, ukcore.Options{})
		if kinds := s.Kinds(); len(kinds) != want || !slices.IsSorted(kinds) {
			t.Errorf("%s: %d kinds", sector, len(kinds))
		}
		got, err := read(t, s, subjects(someone))
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range s.Kinds() {
			a, answered := got[kind]
			if kind == fetch.DocumentContent {
				continue
			}
			fails := slices.Contains([]fetch.Kind{fetch.ResponsibleClinicians, fetch.LegalStatuses, fetch.CommunityTreatmentOrders, fetch.ConditionalDischarges,
				fetch.Absences, fetch.DelayedDischarges, fetch.CareClusters}, kind)
			if !answered || (a.Err != nil) != fails || fails && record.ReasonOf(a.Err) != record.Unavailable {
				t.Errorf("%s %s: %v, answered %v", sector, kind, a.Err, answered)
			}
		}
	}
}
