package ukcore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// An entryCase is what a system's entries of a kind are to say, a line each, with "and more" where
// that is not all.
type entryCase struct {
	sector record.Sector
	kind   fetch.Kind
	held   []string
	want   string
}

// checkSaid reads what each case holds, with what stands around it.
func checkSaid(t *testing.T, around []string, cases map[string]entryCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := ukcore.Open(c.sector, here, whole{someone: collection(slices.Concat(around, c.held)...)}, ids, ukcore.Options{})
			a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			got := strings.Join(lines(a), "\n")
			if !isWhole(a) {
				got = strings.TrimSpace(got + "\nand more")
			}
			if err != nil || got != c.want {
				t.Errorf("%q, not %q, %v", got, c.want, err)
			}
		})
	}
}

// What an entry says is told as far as it came, and of what is said twice the first.
func TestWhatEntriesSay(t *testing.T) {
	around := []string{
		patientOf("1", someone), `{"resourceType":"Practitioner","id":"dr","name":[{"text":"Dr Who"}]}`, `{"resourceType":"Practitioner","id":"no","name":[{"text":"Dr No"}]}`,
		`{"fullUrl":"urn:uuid:l","resource":{"resourceType":"Location","id":"l","name":"Alder ward","managingOrganization":{"reference":"Organization/o"}}}`, `{"resourceType":"Location","id":"m","name":"Beech ward"}`,
		`{"resourceType":"HealthcareService","id":"s","name":"Chest clinic"}`, `{"resourceType":"Organization","id":"o","name":"The Site"}`,
	}
	const null = `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-NullFlavor","code":"UNK"}]}`
	of := func(resource, more string) string {
		return `{"resourceType":"` + resource + `","id":"x","subject":{"reference":"Patient/1"}` + more + `}`
	}
	allergy := func(more string) string {
		return `{"resourceType":"AllergyIntolerance","id":"x","patient":{"reference":"Patient/1"}` + more + `}`
	}
	ended := func(parts string) string {
		return `"extension":[{"url":"Extension-UKCore-AllergyIntoleranceEnd","extension":[` + parts + `]}]`
	}
	booked := func(more string) string {
		return `{"resourceType":"Appointment","id":"x","status":"booked"` + more + `}`
	}
	with := func(actors ...string) string {
		all := `{"actor":{"reference":"Patient/1"}}`
		for _, a := range actors {
			all += `,{"actor":{"reference":"` + a + `"}}`
		}
		return `,"participant":[` + all + `]`
	}
	visit := func(class, more string) string {
		return of("Encounter", `,"class":{"code":"`+class+`","display":"Visit"}`+more)
	}
	at := func(places ...string) string {
		for i, p := range places {
			places[i] = `{"location":{"reference":"Location/` + p + `"}}`
		}
		return `,"location":[` + strings.Join(places, ",") + `]`
	}
	checkSaid(t, around, map[string]entryCase{
		"an allergy by its reaction":     {record.Acute, fetch.Allergies, []string{allergy(`,"reaction":[{"substance":{"text":"Nuts"}},{"substance":{"text":"Figs"}}]`)}, "x · Substance: Nuts · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: UNKNOWN · Verification: UNKNOWN · Note: Reaction to Figs"},
		"an allergy by a later reaction": {record.Acute, fetch.Allergies, []string{allergy(`,"reaction":[{"manifestation":[{"text":"Rash"}]},{"substance":{}},{"substance":{"text":"Figs"}}]`)}, "x · Substance: Figs · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: UNKNOWN · Verification: UNKNOWN · ReactionDetails: [Rash, UNKNOWN]"},
		"not to what is never shown":     {record.Acute, fetch.Allergies, []string{allergy(`,"reaction":[{"substance":` + hiv + `,"manifestation":[{"text":"Rash"}]},{"substance":{"text":"Figs"}}]`)}, "x · Substance: Figs · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: UNKNOWN · Verification: UNKNOWN"},
		"what the reactions were to":     {record.Acute, fetch.Allergies, []string{allergy(`,"code":{"text":"Penicillins"},"note":[{"text":"Sure"}],"reaction":[{"substance":{"text":"Flucloxacillin"},"manifestation":[{"text":"Anaphylaxis"}],"description":"In hospital"},{"substance":{"text":"penicillins"},"manifestation":[{"text":"Rash"}]}]`)}, "x · Substance: Penicillins · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: UNKNOWN · Verification: UNKNOWN · Note: Sure Reaction to Flucloxacillin: Anaphylaxis Reaction: In hospital · ReactionDetails: [Anaphylaxis, UNKNOWN][Rash, UNKNOWN]"},
		"an allergy without a code":      {record.Acute, fetch.Allergies, []string{allergy("")}, "and more"},
		"an allergy until a day":         {record.Acute, fetch.Allergies, []string{allergy(`,"code":{"text":"Nuts"},"clinicalStatus":{"coding":[{"code":"resolved"}]},` + ended(`{"url":"endDate","valueDateTime":"2020"}`))}, "x · Substance: Nuts · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: RESOLVED · Verification: UNKNOWN · EndedOn: 2020"},
		"an allergy ended for a reason":  {record.Acute, fetch.Allergies, []string{allergy(`,"code":{"text":"Nuts"},"clinicalStatus":{"coding":[{"code":"resolved"}],` + ended(`{"url":"reasonEnded","valueString":"Tested"}`) + `}`)}, "x · Substance: Nuts · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: RESOLVED · Verification: UNKNOWN · EndReason: Tested"},
		"reactions in words":             {record.Acute, fetch.Allergies, []string{allergy(`,"code":{"text":"Nuts"},"reaction":[{"manifestation":[` + null + `,{},{"text":"Rash"}],"description":"Swelling"},{"manifestation":[` + null + `]}]`)}, "x · Substance: Nuts · Kind: UNKNOWN · Category: UNKNOWN · Criticality: UNKNOWN · Status: UNKNOWN · Verification: UNKNOWN · ReactionDetails: [Swelling, UNKNOWN][Swelling, UNKNOWN][Rash, UNKNOWN]"},
		"two lists with one warning":     {record.Acute, fetch.Notes, []string{of("List", `,"code":{"coding":[{"code":"886921000000105"}]},"extension":[{"url":"ListWarningCode","valueCode":"data-in-transit"}]`), strings.Replace(of("List", `,"code":{"coding":[{"code":"1103671000000101"}]},"extension":[{"url":"ListWarningCode","valueCode":"data-in-transit"}]`), `"x"`, `"y"`, 1)}, "ALLERGIES IN_TRANSIT · Class: ALLERGIES · Note: IN_TRANSIT"},

		"an appointment by its type":             {record.Acute, fetch.Appointments, []string{booked(`,"appointmentType":{"text":"Routine"}` + with())}, "x · Kind: Routine · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"an appointment by its service":          {record.Acute, fetch.Appointments, []string{booked(`,"serviceType":[{"text":"Chest"}],"appointmentType":{"text":"Routine"}` + with())}, "x · Kind: Chest · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"an appointment's places":                {record.Acute, fetch.Appointments, []string{booked(with("urn:uuid:l", "Location/m", "HealthcareService/s", "Organization/o", "Practitioner/dr", "Practitioner/no"))}, "x · Status: BOOKED · Medium: UNKNOWN · Clinic: Chest clinic · Location: Alder ward · Clinician: Dr Who · Priority: UNKNOWN"},
		"an appointment's clinic":                {record.Acute, fetch.Appointments, []string{booked(with("Organization/o", "HealthcareService/s"))}, "x · Status: BOOKED · Medium: UNKNOWN · Clinic: The Site · Priority: UNKNOWN"},
		"one who declined, and one who accepted": {record.Acute, fetch.Appointments, []string{booked(`,"participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"},{"actor":{"reference":"Practitioner/no"},"status":"declined"},{"actor":{"reference":"Location/m"},"status":"declined"},{"actor":{"reference":"HealthcareService/s"},"status":"tentative"},{"actor":{"reference":"Practitioner/dr"},"status":"accepted"}]`)}, "x · Status: BOOKED · Medium: UNKNOWN · Clinic: Chest clinic · Clinician: Dr Who · Priority: UNKNOWN"},
		"one who declined, and nobody else":      {record.Acute, fetch.Appointments, []string{booked(`,"participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Practitioner/no"},"status":"declined"}]`)}, "x · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"until an end":                           {record.Acute, fetch.Appointments, []string{booked(`,"start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z"` + with())}, "x · StartsAt: 2026-12-01T10:00 · DurationMinutes: 30 · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"until before its start":                 {record.Acute, fetch.Appointments, []string{booked(`,"start":"2026-12-01T10:00:00Z","end":"2026-12-01T09:30:00Z"` + with())}, "x · StartsAt: 2026-12-01T10:00 · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"until some time of a day":               {record.Acute, fetch.Appointments, []string{booked(`,"start":"2026-12-01T10:00:00Z","end":"2026-12-02"` + with())}, "x · StartsAt: 2026-12-01T10:00 · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"on a day":                               {record.Acute, fetch.Appointments, []string{booked(`,"start":"2026-12-01","end":"2026-12-02"` + with())}, "x · StartsAt: 2026-12-01T00:00 · StartsAtPrecision: DAY · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"a visit that is planned":                {record.Acute, fetch.Appointments, []string{strings.Replace(visit("AMB", `,"status":"planned","period":{"start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z"},"appointment":[{"reference":"Appointment/gone"}]`+at("l", "m")), `"status":"finished",`, "", 1)}, "x · StartsAt: 2026-12-01T10:00 · DurationMinutes: 30 · Kind: AMB Visit · Status: BOOKED · Medium: FACE_TO_FACE · Location: Alder ward · Priority: UNKNOWN"},
		"one whose appointment came":             {record.Acute, fetch.Appointments, []string{visit("AMB", `,"status":"planned","appointment":[{"reference":"Appointment/a"}]`), strings.Replace(booked(with()), `"x"`, `"a"`, 1)}, "a · Status: BOOKED · Medium: UNKNOWN · Priority: UNKNOWN"},
		"one whose appointment was withdrawn":    {record.Acute, fetch.Appointments, []string{visit("AMB", `,"status":"planned","appointment":[{"reference":"Appointment/a"}]`), strings.NewReplacer(`"x"`, `"a"`, "booked", "entered-in-error").Replace(booked(with()))}, "x · Kind: AMB Visit · Status: BOOKED · Medium: FACE_TO_FACE · Priority: UNKNOWN"},

		"an attendance":          {record.Acute, fetch.Attendances, []string{visit("EMER", `,"period":{"start":"2026-11-01T10:00:00Z","end":"2026-11-01T12:00:00Z"},"type":[{"text":"Emergency"}]`+at("l", "m"))}, "x · Kind: Emergency · ArrivedAt: 2026-11-01T10:00 · DepartedAt: 2026-11-01T12:00 · Department: Alder ward"},
		"one that is over":       {record.Acute, fetch.Attendances, []string{visit("EMER", `,"status":"finished","period":{"start":"2026-11-01T10:00:00Z"}`)}, "x · Kind: EMER Visit · ArrivedAt: 2026-11-01T10:00\nand more"},
		"a clinic that is over":  {record.Acute, fetch.Attendances, []string{visit("AMB", `,"status":"finished","period":{"start":"2026-11-01T10:00:00Z"}`)}, "x · Kind: AMB Visit · ArrivedAt: 2026-11-01T10:00"},
		"one that goes on":       {record.Acute, fetch.Attendances, []string{visit("EMER", `,"status":"in-progress","period":{"start":"2026-11-01T10:00:00Z"}`)}, "x · Kind: EMER Visit · ArrivedAt: 2026-11-01T10:00"},
		"a contact":              {record.MentalHealth, fetch.CareContacts, []string{visit("AMB", at("l", "m"))}, "x · Kind: AMB Visit · Medium: FACE_TO_FACE · Location: Alder ward"},
		"by telephone":           {record.MentalHealth, fetch.CareContacts, []string{visit("AMB", `,"type":[{"coding":[{"code":"185317003","display":"Call"}]}]`)}, "x · Kind: 185317003 Call · Medium: TELEPHONE"},
		"by video":               {record.MentalHealth, fetch.CareContacts, []string{visit("AMB", `,"type":[{"coding":[{"code":"448337001","display":"Call"}]}]`)}, "x · Kind: 448337001 Call · Medium: VIDEO"},
		"of another class":       {record.MentalHealth, fetch.CareContacts, []string{visit("VR", "")}, "x · Kind: VR Visit · Medium: UNKNOWN"},
		"of no class":            {record.MentalHealth, fetch.CareContacts, []string{of("Encounter", `,"class":{"system":"x"}`)}, "x · Medium: UNKNOWN"},
		"of a class by words":    {record.MentalHealth, fetch.CareContacts, []string{of("Encounter", `,"class":{"display":"Visit"}`)}, "x · Kind: Visit · Medium: UNKNOWN"},
		"of a class by a code":   {record.MentalHealth, fetch.CareContacts, []string{of("Encounter", `,"class":{"code":"AMB"}`)}, "x · Kind: AMB AMB · Medium: FACE_TO_FACE"},
		"for what was diagnosed": {record.Acute, fetch.Attendances, []string{visit("EMER", `,"diagnosis":[{"condition":{"reference":"Condition/c"}}]`), about1("Condition", "c", `,"code":{"text":"Gout"}`)}, "x · Kind: EMER Visit · Complaint: Gout · Diagnoses: [Gout, 1]"},
		"diagnoses without a rank, and one twice": {record.Acute, fetch.Attendances, []string{visit("EMER", `,"diagnosis":[{"condition":{"reference":"Condition/c"},"rank":2},{"condition":{"reference":"Condition/d"}},{"condition":{"reference":"Condition/c"},"rank":1},{"condition":{"reference":"Condition/none"}}]`),
			about1("Condition", "c", `,"code":{"text":"Gout"},"encounter":{"reference":"Encounter/x"}`), about1("Condition", "d", `,"code":{"text":"Cough"}`), about1("Condition", "e", `,"code":{"text":"Fever"},"encounter":{"reference":"Encounter/x"},"onsetDateTime":"2026-02-31"`)}, "x · Kind: EMER Visit · Complaint: Gout · Diagnoses: [Gout, 1][Cough, 2]\nand more"},

		"a stay with its wards": {record.Acute, fetch.Stays, []string{visit("IMP", `,"type":[{"text":"Surgery"}],"serviceProvider":{"display":"The Trust"},"location":[{"location":{"reference":"Location/m"},"status":"reserved"},{"location":{"display":"Gone"},"status":"planned"},{"location":{}},`+
			`{"location":{"reference":"Location/l"},"period":{"start":"2026-11-02","end":"2026-11-03"}},{"location":{"display":"Third ward"}},{"location":{"reference":"Location/m"},"period":{"end":"2026-11-01"}}]`)}, "x · Reason: Surgery · Ward: Third ward · Site: The Trust · WardStays: [Alder ward, The Site, 2026-11-02T00:00, DAY, 2026-11-03T00:00, DAY][Third ward][Beech ward, 2026-11-01T00:00, DAY]"},
		"a stay whose wards are over": {record.Acute, fetch.Stays, []string{visit("IMP", `,"serviceProvider":{"display":"The Trust"},"location":[{"location":{"reference":"Location/l"},"period":{"end":"2026-11-02"}},{"location":{"reference":"Location/m"},"period":{"end":"2026-11-03"}}]`)}, "x · Ward: Beech ward · Site: The Trust · WardStays: [Alder ward, The Site, 2026-11-02T00:00, DAY][Beech ward, 2026-11-03T00:00, DAY]"},
		"a stay that goes on, its wards left": {record.Acute, fetch.Stays, []string{visit("IMP", `,"location":[{"location":{"reference":"Location/l"},"status":"active"},{"location":{"display":"Side room"}},{"location":{"reference":"Location/m"},"status":"completed","period":{"end":"2026-11-02"}},{"location":{"display":"Admissions"},"status":"completed"}]`)},
			"x · Ward: Alder ward · Site: The Site · WardStays: [Alder ward, The Site][Side room][Beech ward, 2026-11-02T00:00, DAY]\nand more"},
		"a stay that is over, its wards left": {record.Acute, fetch.Stays, []string{visit("IMP", `,"status":"finished","period":{"end":"2026-11-05T10:00:00Z"},"location":[{"location":{"reference":"Location/l"},"status":"completed"},{"location":{"reference":"Location/m"},"status":"completed"}]`)},
			"x · DischargedAt: 2026-11-05T10:00 · Ward: Beech ward · WardStays: [Alder ward, The Site][Beech ward]"},
		"a stay in a service": {record.Acute, fetch.Stays, []string{visit("IMP", `,"location":[{"location":{"reference":"HealthcareService/s"}}]`)}, "x · Ward: Chest clinic · WardStays: [Chest clinic]"},
		"a legal status": {record.MentalHealth, fetch.Stays, []string{visit("IMP", `,"hospitalization":{"extension":[{"url":"LegalStatus","extension":[{"url":"legalStatusContext","valueCodeableConcept":{"coding":[{"code":"discharge"}]}},{"url":"legalStatusClassification","valueCodeableConcept":{"text":"Informal"}}]},`+
			`{"url":"LegalStatus","extension":[{"url":"legalStatusContext","valueCodeableConcept":{"coding":[{"code":"admission"}]}}]},{"url":"LegalStatus","extension":[{"url":"legalStatusContext","valueCodeableConcept":{"coding":[{"code":"admission"}]}},{"url":"legalStatusClassification","valueCodeableConcept":{"text":"Section 2"}}]},`+
			`{"url":"LegalStatus","extension":[{"url":"legalStatusClassification","valueCodeableConcept":{"text":"Section 3"}}]}]}`)}, "x · LegalStatusOnAdmission: Section 2"},
		"a legal status of any time": {record.MentalHealth, fetch.Stays, []string{visit("IMP", `,"extension":[{"url":"LegalStatus","extension":[{"url":"legalStatusClassification","valueCodeableConcept":{"text":"Section 3"}}]}]`)}, "x · LegalStatusOnAdmission: Section 3"},
		"episodes": {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Encounter", "e", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"Cardiology"},"period":{"end":"2026-11-02T10:00:00Z"}`),
			about1("Encounter", "f", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/e"},"serviceType":{"text":"Surgery"}`), about1("Encounter", "g", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"participant":[{"individual":{"reference":"Practitioner/hidden"}}]`),
			`{"resourceType":"Practitioner","id":"hidden","name":[{"text":"Hiv Clinic"}]}`}, "x · Episodes: [Cardiology, 2026-11-02T10:00, TIME][Surgery]"},
		"diagnoses and procedures of episodes": {record.Acute, fetch.Stays, []string{visit("IMP", `,"diagnosis":[{"condition":{"reference":"Condition/a"}}]`),
			about1("Encounter", "u", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"Undated"}`), about1("Condition", "f", `,"code":{"text":"Cough"},"encounter":{"reference":"Encounter/u"}`),
			about1("Encounter", "l", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"Later"},"period":{"start":"2026-11-03"},"diagnosis":[{"condition":{"reference":"Condition/e"},"rank":2},{"condition":{"reference":"Condition/a"},"rank":3},{"condition":{"reference":"Condition/d"},"rank":1}]`),
			about1("Encounter", "e", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"First"},"period":{"start":"2026-11-02"}`), about1("Encounter", "v", `,"class":{"code":"AMB"},"partOf":{"reference":"Encounter/e"},"serviceType":{"text":"Within"},"period":{"start":"2026-11-02"}`),
			about1("Condition", "a", `,"code":{"text":"Angina"},"encounter":{"reference":"Encounter/e"}`), about1("Condition", "b", `,"code":{"text":"Gout"},"encounter":{"reference":"Encounter/e"}`),
			about1("Condition", "d", `,"code":{"text":"Infarction"}`), about1("Condition", "e", `,"code":{"text":"Shock"},"encounter":{"reference":"Encounter/l"}`),
			about1("Procedure", "p", `,"code":{"text":"Stent"},"encounter":{"reference":"Encounter/l"},"performedDateTime":"2026-11-03"`), about1("Procedure", "q", `,"code":{"text":"X-ray"},"encounter":{"reference":"Encounter/v"}`), about1("Procedure", "r", `,"code":{"text":"Biopsy"},"encounter":{"reference":"Encounter/x"}`)},
			"x · Reason: Angina · Diagnoses: [Angina, 1][Gout, 2][Infarction, 3][Shock, 4][Cough, 5] · Procedures: [Biopsy, 1][X-ray, 2][Stent, 2026-11-03, 3] · Episodes: [Undated][Later, 2026-11-03T00:00, DAY][First, 2026-11-02T00:00, DAY][Within, 2026-11-02T00:00, DAY]"},
		"an episode that is never shown": {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Encounter", "e", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"Medicine"},"diagnosis":[{"condition":{"reference":"Condition/a"}},{"condition":{"reference":"Condition/b"}}]`),
			about1("Condition", "a", `,"code":{"text":"Angina"},"encounter":{"reference":"Encounter/e"}`), about1("Condition", "b", `,"code":`+hiv), about1("Procedure", "p", `,"code":{"text":"Biopsy"},"encounter":{"reference":"Encounter/e"}`)}, "x"},
		"one of a consultant who is never shown": {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Encounter", "e", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"participant":[{"individual":{"reference":"Practitioner/hidden"}}],"diagnosis":[{"condition":{"reference":"Condition/a"}}]`),
			about1("Condition", "a", `,"code":{"text":"Angina"}`), about1("Procedure", "p", `,"code":{"text":"Biopsy"},"encounter":{"reference":"Encounter/e"}`), `{"resourceType":"Practitioner","id":"hidden","name":[{"text":"Hiv Clinic"}]}`}, "x"},
		"an episode whose diagnosis did not come": {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Encounter", "e", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"Medicine"},"diagnosis":[{"condition":{"reference":"Condition/gone"}}]`)}, "x · Episodes: [Medicine]\nand more"},
		"an operation given up in an episode":     {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Encounter", "e", `,"class":{"code":"AMB"},"partOf":{"reference":"Encounter/x"},"serviceType":{"text":"Surgery"}`), strings.Replace(about1("Procedure", "p", `,"code":{"text":"Biopsy"},"encounter":{"reference":"Encounter/e"}`), "finished", "stopped", 1)}, "x · Episodes: [Surgery]\nand more"},
		"what an episode has in itself": {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Encounter", "e", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/x"},"contained":[{"resourceType":"Condition","id":"c","code":{"text":"Angina"}},{"resourceType":"Practitioner","id":"d","name":[{"text":"Dr In"}]}],"participant":[{"individual":{"reference":"#d"}}],"diagnosis":[{"condition":{"reference":"#c"}}]`)},
			"x · Diagnoses: [Angina, 1] · Episodes: [Dr In]"},
		"what was done at the first of two under one key": {record.Acute, fetch.Stays, []string{visit("IMP", `,"type":[{"text":"First"}]`), visit("IMP", `,"type":[{"text":"Second"}]`), about1("Procedure", "p", `,"code":{"text":"Biopsy"},"encounter":{"reference":"Encounter/x"}`)}, "x · Reason: First · Procedures: [Biopsy, 1]\nx.2 · Reason: Second\nand more"},
		"procedures of a stay, one that cannot be read":   {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Procedure", "p", `,"code":{"text":"Biopsy"},"encounter":{"reference":"Encounter/x"}`), about1("Procedure", "q", `,"code":{"text":"X-ray"},"encounter":{"reference":"Encounter/x"},"performedDateTime":"2026-02-31"`)}, "x · Procedures: [Biopsy, 1]"},
		"diagnoses of a stay, one that cannot be read":    {record.Acute, fetch.Stays, []string{visit("IMP", ""), about1("Condition", "c", `,"code":{"text":"Gout"},"encounter":{"reference":"Encounter/x"}`), about1("Condition", "d", `,"code":{"text":"Cough"},"encounter":{"reference":"Encounter/x"},"onsetDateTime":"2026-02-31"`)}, "x · Diagnoses: [Gout, 1]"},

		"imaging":                {record.Acute, fetch.Imaging, []string{of("ImagingStudy", `,"description":"Chest","modality":[{}],"series":[{"modality":{"code":"CT"},"description":"Chest"},{"modality":{"code":"MR"},"bodySite":{"display":"Chest"},"description":"Detail","started":"2026-11-01"},{"bodySite":{"display":"Head"},"started":"2026-11-02"}]`)}, "x · StartedAt: 2026-11-01T00:00 · StartedAtPrecision: DAY · Modality: CT CT · BodySite: Chest · Description: Chest Detail Body site: Chest; Head · Status: UNKNOWN"},
		"imaging of a side":      {record.Acute, fetch.Imaging, []string{of("ImagingStudy", `,"series":[{"bodySite":{"code":"72696002","display":"Knee"},"laterality":{"code":"7771000","display":"Left"}},{"bodySite":{"display":"Knee"},"laterality":{"display":"Left"}},{"bodySite":{"display":"Knee"},"laterality":{"display":"Right"}},{}]`)}, "x · BodySite: 72696002 Knee · Description: Body site: Knee, Left; Knee, Right · Status: UNKNOWN"},
		"imaging of only a side": {record.Acute, fetch.Imaging, []string{of("ImagingStudy", `,"procedureCode":[{"text":"Hand"}],"series":[{"laterality":{"display":"Left"}}]`)}, "x · Description: Body site: Left · Procedure: Hand · Status: UNKNOWN"},
		"imaging of one place":   {record.Acute, fetch.Imaging, []string{of("ImagingStudy", `,"series":[{"bodySite":{"display":"Knee"}},{"bodySite":{"display":"Knee"}}]`)}, "x · BodySite: Knee · Status: UNKNOWN"},

		"a vaccine that is not known":   {record.Acute, fetch.Immunisations, []string{of("Immunization", `,"recorded":"2026-11-02","vaccineCode":`+null+`,"extension":[{"url":"VaccinationProcedure","valueCodeableConcept":{"text":"Flu vaccination"}}]`)}, "x · recorded 2026-11-02T00:00 · Vaccine: Flu vaccination · Procedure: Flu vaccination · Status: UNKNOWN"},
		"a vaccine that is":             {record.Acute, fetch.Immunisations, []string{of("Immunization", `,"vaccineCode":{"text":"Flu"},"extension":[{"url":"VaccinationProcedure","valueCodeableConcept":{"text":"Flu vaccination"}}]`)}, "x · Vaccine: Flu · Procedure: Flu vaccination · Status: UNKNOWN"},
		"a vaccine of which nothing is": {record.Acute, fetch.Immunisations, []string{of("Immunization", `,"vaccineCode":`+null)}, "x · Vaccine: UNK UNK · Status: UNKNOWN"},
		"a device by its name":          {record.Acute, fetch.Devices, []string{of("Device", `,"patient":{"reference":"Patient/1"},"deviceName":[{"name":"Stent"}],"udiCarrier":[{"deviceIdentifier":"7"},{"carrierHRF":"9"}]`)}, "x · Device: Stent · Status: UNKNOWN · Model: Stent · UDI: 7"},
		"a device by its type":          {record.Acute, fetch.Devices, []string{of("Device", `,"type":{"text":"Pacemaker"},"deviceName":[{"name":"Stent"}],"distinctIdentifier":"5"`)}, "x · Device: Pacemaker · Status: UNKNOWN · Model: Stent · UDI: 5"},
		"the use of somebody's device": {record.Acute, fetch.Devices, []string{of("Device", `,"type":{"text":"Pacemaker"}`), about1("DeviceUseStatement", "u", `,"device":{"reference":"Device/x"},"recordedOn":"2026-11-02","source":{"display":"Dr Who"}`), about1("DeviceUseStatement", "v", `,"device":{"reference":"Device/y"},"recordedOn":"2026-11-03"`),
			strings.Replace(about1("DeviceUseStatement", "w", `,"device":{"reference":"Device/x"},"recordedOn":"2026-11-04"`), "finished", "entered-in-error", 1), about1("DeviceUseStatement", "z", `,"device":{"reference":"Device/x"},"recordedOn":"2026-11-05","timingPeriod":7`)}, "x · recorded 2026-11-02T00:00 · by Dr Who · Device: Pacemaker · Status: COMPLETED\nand more"},
		"the use of nobody's device":       {record.Acute, fetch.Devices, []string{`{"resourceType":"Device","id":"d","status":"inactive","type":{"text":"Pacemaker"}}`, of("DeviceUseStatement", `,"status":"active","device":{"reference":"Device/d"},"recordedOn":"2026-11-02"`), about1("DeviceUseStatement", "u", `,"device":{"reference":"Device/d"},"recordedOn":"2026-11-03"`)}, "x · recorded 2026-11-02T00:00 · Device: Pacemaker · Status: COMPLETED\nu · recorded 2026-11-03T00:00 · Device: Pacemaker · Status: COMPLETED"},
		"the use of a device of no status": {record.Acute, fetch.Devices, []string{`{"resourceType":"Device","id":"d","status":"unknown","type":{"text":"Pacemaker"}}`, of("DeviceUseStatement", `,"status":"active","device":{"reference":"Device/d"}`)}, "x · Device: Pacemaker · Status: IN_PROGRESS"},
		"the use of a device in words":     {record.Acute, fetch.Devices, []string{of("DeviceUseStatement", `,"status":"active","device":{"reference":"Device/gone","display":"Stent"},"recordedOn":"2026-11-02","source":{"display":"Dr Who"}`)}, "x · recorded 2026-11-02T00:00 · by Dr Who · Device: Stent · Status: IN_PROGRESS"},
		"a device that is not safe":        {record.Acute, fetch.Devices, []string{of("Device", `,"type":{"coding":[{"code":"14106009","display":"Pacemaker"}],"text":"Micra"},"safety":[{"text":"MR unsafe"},{"text":"Latex"}]`)}, "x · Device: Pacemaker (MR unsafe, Latex) (14106009 Pacemaker (Micra)) · Status: UNKNOWN"},
		"where somebody's device is":       {record.Acute, fetch.Devices, []string{of("Device", `,"type":{"text":"Hip prosthesis"},"safety":[{"text":"MR conditional"}]`), about1("DeviceUseStatement", "u", `,"device":{"reference":"Device/x"},"bodySite":{"text":"Left hip"}`)}, "x · Device: Hip prosthesis (MR conditional; body site: Left hip) · Status: COMPLETED"},
		"where nobody's device is":         {record.Acute, fetch.Devices, []string{`{"resourceType":"Device","id":"d","status":"active","type":{"text":"Stent"}}`, of("DeviceUseStatement", `,"status":"active","device":{"reference":"Device/d"},"bodySite":{"text":"Left leg"}`)}, "x · Device: Stent (body site: Left leg) · Status: IN_PROGRESS"},
		"where a device in words is":       {record.Acute, fetch.Devices, []string{of("DeviceUseStatement", `,"status":"active","device":{"display":"Stent"},"bodySite":{"text":"Left leg"}`)}, "x · Device: Stent (body site: Left leg) · Status: IN_PROGRESS"},
		"a device at a place never shown":  {record.Acute, fetch.Devices, []string{of("Device", `,"type":{"text":"Pump"}`), about1("DeviceUseStatement", "u", `,"device":{"reference":"Device/x"},"bodySite":{"text":"Left leg"},"note":[{"text":"HIV positive"}]`)}, "x · Device: Pump · Status: UNKNOWN"},
		"the use of a device that is gone": {record.Acute, fetch.Devices, []string{of("DeviceUseStatement", `,"device":{"reference":"Device/gone"}`)}, "and more"},
	})
}

// What is given on a ward is in use while the person is there, and a visit, a stay that is only
// planned or one that is over is none.
func TestWhoIsOnAWard(t *testing.T) {
	stay := func(id, status, class, more string) string {
		return `{"resourceType":"Encounter","id":"` + id + `","subject":{"reference":"Patient/1"},"status":"` + status + `","class":{"code":"` + class + `"}` + more + `}`
	}
	given := `{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","category":[{"coding":[{"code":"inpatient"}]}],"medicationCodeableConcept":{"text":"Tablets"},"subject":{"reference":"Patient/1"},"authoredOn":"2026-03-01"`
	for name, c := range map[string]struct {
		medicine string
		held     []string
		current  bool
	}{
		"at no stay that it names, while one goes on": {"", []string{stay("s", "in-progress", "IMP", "")}, true},
		"while the second of two under one key does":  {"", []string{stay("s", "finished", "IMP", `,"period":{"end":"2026-04-01T10:00:00Z"}`), stay("s", "in-progress", "IMP", "")}, true},
		"while a visit goes on":                       {"", []string{stay("s", "in-progress", "AMB", "")}, false},
		"while a stay is planned":                     {"", []string{stay("s", "planned", "IMP", "")}, false},
		"while an episode of an old stay goes on":     {"", []string{stay("s", "finished", "IMP", `,"period":{"end":"2026-04-01T10:00:00Z"}`), stay("e", "in-progress", "IMP", `,"partOf":{"reference":"Encounter/s"}`)}, false},
		"at an old stay, while another goes on":       {`,"encounter":{"reference":"Encounter/s"}`, []string{stay("s", "finished", "IMP", `,"period":{"end":"2026-04-01T10:00:00Z"}`), stay("t", "in-progress", "IMP", "")}, false},
		"at a stay that ended this morning":           {`,"encounter":{"reference":"Encounter/s"}`, []string{stay("s", "in-progress", "IMP", `,"period":{"end":"2026-11-25T08:00:00Z"}`)}, false},
		"at a visit that goes on":                     {`,"encounter":{"reference":"Encounter/s"}`, []string{stay("s", "in-progress", "AMB", "")}, false},
	} {
		s := open(t, append(c.held, patientOf("1", someone), given+c.medicine+"}")...).source(t, record.Acute, ukcore.Options{})
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Medications, Filter: fetch.Filter{Status: string(record.MedicationFilterCurrent)}, Subjects: subjects(someone)})
		if err != nil || (len(lines(a)) == 1) != c.current {
			t.Errorf("%s: %q, %v", name, lines(a), err)
		}
	}
}

// Encounters that are part of one another are episodes of the one that is part of none, and none
// is lost where they are part of themselves, or are too many.
func TestEncountersWithinEachOther(t *testing.T) {
	const until = `,"period":{"end":"2026-11-05T10:00:00Z"}`
	chain := func(n int, first string) []string {
		held := []string{about1("Encounter", "e0", `,"class":{"code":"IMP"}`+until+first)}
		for i := 1; i <= n; i++ {
			held = append(held, about1("Encounter", fmt.Sprintf("e%d", i), fmt.Sprintf(`,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/e%d"}%s`, i-1, until)))
		}
		return held
	}
	for name, c := range map[string]struct {
		held     []string
		stays    string
		episodes int
	}{
		"one":                       {chain(0, ""), "e0", 0},
		"eight":                     {chain(8, ""), "e0", 8},
		"nine":                      {chain(9, ""), "e0 e9", 8},
		"one of itself":             {chain(0, `,"partOf":{"reference":"Encounter/e0"}`), "e0", 0},
		"two in a circle":           {chain(1, `,"partOf":{"reference":"Encounter/e1"}`), "e0 e1", 0},
		"within a visit":            {[]string{about1("Encounter", "v", `,"class":{"code":"AMB"}`), about1("Encounter", "e0", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/v"}`+until)}, "e0", 0},
		"two under one key, of one": {append(chain(0, ""), about1("Encounter", "e1", `,"class":{"code":"IMP"},"partOf":{"reference":"Encounter/e0"}`+until), about1("Encounter", "e1", `,"class":{"code":"SS"},"partOf":{"reference":"Encounter/e0"}`+until)), "e0", 2},
		"two under one key":         {[]string{about1("Encounter", "e0", `,"class":{"code":"AMB"}`), about1("Encounter", "e0", `,"type":[{"coding":[{"code":"305336008","display":"Hospice"}]}]`+until)}, "e0", 0},
	} {
		a := readOf(t, fetch.Stays, c.held...)
		episodes := 0
		for _, s := range fetch.RowsOf[record.Stay](a).Of(0) {
			episodes += len(s.Episodes)
		}
		if got := idsOf(a, 0); got != c.stays || episodes != c.episodes {
			t.Errorf("%s: %q with %d episodes", name, got, episodes)
		}
	}
	for depth, kind := range map[int]record.MedicationKind{8: record.MedicationKindInpatient, 9: record.MedicationKindUnknown} {
		held := append(chain(depth-1, ""), about1("MedicationRequest", "m", fmt.Sprintf(`%s,"encounter":{"reference":"Encounter/e%d"}`, tablets, depth-1)))
		if all := fetch.RowsOf[record.Medication](readOf(t, fetch.Medications, held...)).Of(0); len(all) != 1 || all[0].Kind != kind {
			t.Errorf("at the %dth: %+v", depth, all)
		}
	}
}

// What is prescribed, found and planned is told as far as it came.
func TestWhatIsPrescribedFoundAndPlanned(t *testing.T) {
	around := []string{
		patientOf("1", someone), `{"resourceType":"Practitioner","id":"dr","name":[{"text":"Dr Who"}]}`, `{"resourceType":"Practitioner","id":"no","name":[{"text":"Dr No"}]}`,
		`{"resourceType":"Specimen","id":"sp","type":{"text":"Blood"},"collection":{"collectedDateTime":"2026-11-01T08:00:00Z"}}`, `{"resourceType":"Organization","id":"o","name":"The Laboratory"}`,
		`{"resourceType":"ServiceRequest","id":"sr","subject":{"reference":"Patient/1"},"code":{"text":"Bloods"},"category":[{"coding":[{"code":"laboratory"}]}],"requester":{"reference":"Practitioner/dr"}}`,
		`{"resourceType":"Medication","id":"coded","code":{"text":"Ramipril"}}`, `{"resourceType":"Medication","id":"unsaid"}`,
		`{"resourceType":"Encounter","id":"over","subject":{"reference":"Patient/1"},"status":"finished","class":{"code":"IMP"},"period":{"start":"2026-11-01T10:00:00Z","end":"2026-11-05T10:00:00Z"}}`,
		`{"resourceType":"Encounter","id":"part","subject":{"reference":"Patient/1"},"status":"finished","class":{"code":"IMP"},"partOf":{"reference":"Encounter/over"},"period":{"end":"2026-11-03T10:00:00Z"}}`,
		`{"resourceType":"Encounter","id":"within","subject":{"reference":"Patient/1"},"status":"finished","class":{"code":"AMB"},"partOf":{"reference":"Encounter/part"}}`,
	}
	of := func(resource, more string) string {
		return `{"resourceType":"` + resource + `","id":"x","subject":{"reference":"Patient/1"}` + more + `}`
	}
	form := func(more, items string) string { return of("QuestionnaireResponse", more+`,"item":[`+items+`]`) }
	const (
		smokes = `{"text":"Smokes","answer":[{"valueBoolean":false}]}`
		cpr    = `{"text":"Preferences","item":[{"text":"CPR","answer":[{"valueString":"Not for attempted resuscitation"}]}]}`
	)
	medicine := func(more string) string {
		return of("MedicationRequest", `,"status":"active","intent":"order","medicationCodeableConcept":{"text":"Tablets"}`+more)
	}
	by := func(reference string) string {
		return of("MedicationRequest", `,"status":"active","medicationReference":`+reference)
	}
	taken := func(dosage string) string { return medicine(`,"dosageInstruction":[` + dosage + `]`) }
	found := func(more string) string { return of("Observation", `,"status":"final","code":{"text":"Sodium"}`+more) }
	report := func(more string) string {
		return of("DiagnosticReport", `,"status":"final","code":{"text":"Bloods"}`+more)
	}
	plan := func(more string) string { return of("CarePlan", `,"status":"active","title":"Plan"`+more) }
	goal := func(more string) []string {
		return []string{plan(`,"goal":[{"reference":"Goal/g"}]`), `{"resourceType":"Goal","id":"g","subject":{"reference":"Patient/1"}` + more + `}`}
	}
	achieved := func(lifecycle, achievement string) []string {
		return goal(`,"lifecycleStatus":"` + lifecycle + `","achievementStatus":{"coding":[{"code":"` + achievement + `"}]},"description":{"text":"Walk"}`)
	}
	problem := func(more string) string { return of("Condition", `,"code":{"text":"Cough"}`+more) }
	procedure := func(more string) string { return of("Procedure", `,"code":{"text":"Biopsy"}`+more) }
	checkSaid(t, around, map[string]entryCase{
		"a medicine by reference":             {record.Acute, fetch.Medications, []string{by(`{"reference":"Medication/coded","display":"Others"}`)}, "x · Medicine: Ramipril · Kind: UNKNOWN · Intent: UNKNOWN · Status: ACTIVE"},
		"a medicine without a code":           {record.Acute, fetch.Medications, []string{by(`{"reference":"Medication/unsaid","display":"Tablets"}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: UNKNOWN · Status: ACTIVE"},
		"a medicine that did not come":        {record.Acute, fetch.Medications, []string{by(`{"reference":"Medication/gone","display":"Tablets"}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: UNKNOWN · Status: ACTIVE"},
		"a medicine of another type":          {record.Acute, fetch.Medications, []string{by(`{"reference":"Specimen/sp","display":"Tablets"}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: UNKNOWN · Status: ACTIVE"},
		"a medicine of which nothing is said": {record.Acute, fetch.Medications, []string{by(`{"reference":"Medication/gone"}`)}, "and more"},
		"a plan of a medicine":                {record.Acute, fetch.Medications, []string{strings.Replace(medicine(""), `"order"`, `"plan"`, 1)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: PLAN · Status: ACTIVE"},
		"a proposal of a medicine":            {record.Acute, fetch.Medications, []string{strings.Replace(medicine(""), `"order"`, `"proposal"`, 1)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: UNKNOWN · Status: ACTIVE · Note: Only proposed"},
		"at a stay that is over":              {record.Acute, fetch.Medications, []string{medicine(`,"encounter":{"reference":"Encounter/over"}`)}, "x · Medicine: Tablets · Kind: DISCHARGE · Intent: ORDER · Status: ACTIVE · DischargedAt: 2026-11-05T10:00"},
		"at an episode of it":                 {record.Acute, fetch.Medications, []string{medicine(`,"encounter":{"reference":"Encounter/part"}`)}, "x · Medicine: Tablets · Kind: DISCHARGE · Intent: ORDER · Status: ACTIVE · DischargedAt: 2026-11-05T10:00"},
		"at a visit within it":                {record.Acute, fetch.Medications, []string{medicine(`,"encounter":{"reference":"Encounter/within"}`)}, "x · Medicine: Tablets · Kind: DISCHARGE · Intent: ORDER · Status: ACTIVE · DischargedAt: 2026-11-05T10:00"},
		"at a stay that is over, and done":    {record.Acute, fetch.Medications, []string{strings.Replace(medicine(`,"encounter":{"reference":"Encounter/over"}`), "active", "completed", 1)}, "x · Medicine: Tablets · Kind: INPATIENT · Intent: ORDER · Status: COMPLETED · DischargedAt: 2026-11-05T10:00"},
		"to be given on a ward":               {record.Acute, fetch.Medications, []string{medicine(`,"category":[{"coding":[{"code":"inpatient"}]}],"encounter":{"reference":"Encounter/over"}`)}, "x · Medicine: Tablets · Kind: INPATIENT · Intent: ORDER · Status: ACTIVE · DischargedAt: 2026-11-05T10:00"},
		"supplied at a stay":                  {record.Acute, fetch.Medications, []string{of("MedicationDispense", `,"medicationCodeableConcept":{"text":"Tablets"},"context":{"reference":"Encounter/over"}`)}, "x · Medicine: Tablets · Kind: INPATIENT · Intent: ORDER · Status: UNKNOWN · DischargedAt: 2026-11-05T10:00"},
		"a statement beside its order":        {record.Acute, fetch.Medications, []string{medicine(""), about1("MedicationStatement", "y", `,"medicationCodeableConcept":{"text":"Tablets"},"request":{"reference":"MedicationRequest/x"}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE\ny · Medicine: Tablets · Kind: REPORTED · Intent: STATEMENT · Status: UNKNOWN"},
		"another medicine was supplied": {record.Acute, fetch.Medications, []string{medicine(""), about1("MedicationDispense", "y", `,"medicationCodeableConcept":{"text":"Capsules"},"authorizingPrescription":[{"reference":"MedicationRequest/x"}],"whenHandedOver":"2026-11-02","note":[{"text":"None left"}]`)},
			"x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · LastIssuedOn: 2026-11-02 · Note: Supplied: Capsules None left · Issues: [2026-11-02, UNKNOWN]"},
		"another dose was supplied, twice": {record.Acute, fetch.Medications, []string{taken(`{"text":"2.5 mg weekly"}`), about1("MedicationDispense", "y", `,"medicationCodeableConcept":{"text":"tablets "},"dosageInstruction":[{"text":"10 mg weekly"}],"authorizingPrescription":[{"reference":"MedicationRequest/x"}]`),
			about1("MedicationDispense", "z", `,"dosageInstruction":[{"text":"10 mg weekly"}],"authorizingPrescription":[{"reference":"MedicationRequest/x"}]`)},
			"x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · Dosage: 2.5 mg weekly · Note: Dosage of the supply: 10 mg weekly · Issues: [UNKNOWN][UNKNOWN]"},
		"another medicine was not supplied after all": {record.Acute, fetch.Medications, []string{medicine(""), strings.Replace(about1("MedicationDispense", "y", `,"medicationCodeableConcept":{"text":"Capsules"},"authorizingPrescription":[{"reference":"MedicationRequest/x"}],"whenHandedOver":"2026-11-02"`), `"finished"`, `"cancelled"`, 1)},
			"x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · Issues: [2026-11-02, CANCELLED]"},
		"a supply on no day that there is":         {record.Acute, fetch.Medications, []string{medicine(""), about1("MedicationDispense", "y", `,"authorizingPrescription":[{"reference":"MedicationRequest/x"}],"whenHandedOver":"2026-02-31"`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE\nand more"},
		"a supply on an order that is not one":     {record.Acute, fetch.Medications, []string{medicine(`,"doNotPerform":true`), about1("MedicationDispense", "y", `,"medicationCodeableConcept":{"text":"Tablets"},"authorizingPrescription":[{"reference":"MedicationRequest/x"}]`)}, "y · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: UNKNOWN"},
		"until the end of its doses":               {record.Acute, fetch.Medications, []string{taken(`{"timing":{"repeat":{"boundsPeriod":{"end":"2026-11-30"}}}}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · EndedOn: 2026-11-30"},
		"until the end of its order":               {record.Acute, fetch.Medications, []string{medicine(`,"dispenseRequest":{"validityPeriod":{"end":"2026-12-01"}}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · ReviewDueOn: 2026-12-01"},
		"until the end of its order, and done":     {record.Acute, fetch.Medications, []string{strings.Replace(medicine(`,"dispenseRequest":{"validityPeriod":{"end":"2026-12-01"}}`), "active", "completed", 1)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: COMPLETED · EndedOn: 2026-12-01"},
		"a short course, until the end of that":    {record.Acute, fetch.Medications, []string{medicine(`,"courseOfTherapyType":{"coding":[{"code":"acute"}]},"dispenseRequest":{"validityPeriod":{"end":"2026-12-01"}}`)}, "x · Medicine: Tablets · Kind: ACUTE · Intent: ORDER · Status: ACTIVE · EndedOn: 2026-12-01"},
		"until its own end before that":            {record.Acute, fetch.Medications, []string{of("MedicationRequest", `,"status":"active","medicationCodeableConcept":{"text":"Tablets"},"effectivePeriod":{"end":"2026-11-30"},"dispenseRequest":{"validityPeriod":{"end":"2026-12-01"}}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: UNKNOWN · Status: ACTIVE · EndedOn: 2026-11-30"},
		"a repeat, to be looked at again":          {record.Acute, fetch.Medications, []string{medicine(`,"courseOfTherapyType":{"coding":[{"code":"continuous"}]},"dispenseRequest":{"validityPeriod":{"end":"2026-12-01"}}`)}, "x · Medicine: Tablets · Kind: REPEAT · Intent: ORDER · Status: ACTIVE · ReviewDueOn: 2026-12-01"},
		"a repeat with a date of its own for that": {record.Acute, fetch.Medications, []string{medicine(`,"courseOfTherapyType":{"coding":[{"code":"continuous-repeat-dispensing"}]},"dispenseRequest":{"numberOfRepeatsAllowed":3,"validityPeriod":{"end":"2026-12-01"}},"extension":[{"url":"MedicationRepeatInformation","extension":[{"url":"authorisationExpiryDate","valueDateTime":"2026-12-31"},{"url":"numberOfRepeatPrescriptionsAllowed","valuePositiveInt":6},{"url":"numberOfPrescriptionsIssued","valueUnsignedInt":2}]}]`)}, "x · Medicine: Tablets · Kind: REPEAT_DISPENSING · Intent: ORDER · Status: ACTIVE · ReviewDueOn: 2026-12-31 · RepeatsAllowed: 6 · RepeatsIssued: 2"},
		"a repeat that says no more":               {record.Acute, fetch.Medications, []string{medicine(`,"courseOfTherapyType":{"coding":[{"code":"continuous"}]},"dispenseRequest":{"numberOfRepeatsAllowed":3},"extension":[{"url":"MedicationRepeatInformation"}]`)}, "x · Medicine: Tablets · Kind: REPEAT · Intent: ORDER · Status: ACTIVE · RepeatsAllowed: 3"},
		"a repeat that was stopped":                {record.Acute, fetch.Medications, []string{strings.Replace(medicine(`,"courseOfTherapyType":{"coding":[{"code":"continuous"}]},"dispenseRequest":{"validityPeriod":{"end":"2026-12-01"}}`), "active", "stopped", 1)}, "x · Medicine: Tablets · Kind: REPEAT · Intent: ORDER · Status: STOPPED · EndedOn: 2026-12-01"},
		"an acute one":                             {record.Acute, fetch.Medications, []string{medicine(`,"courseOfTherapyType":{"coding":[{"code":"acute"}]}`)}, "x · Medicine: Tablets · Kind: ACUTE · Intent: ORDER · Status: ACTIVE"},
		"doses by structure":                       {record.Acute, fetch.Medications, []string{taken(`{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"route":{"text":"Oral"},"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}},{"dose":{"value":2,"unit":"puff"},"route":{"text":"Inhaled"},"asNeededBoolean":true,"timing":{"code":{"text":"At night"}}},{}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · Dosage: 1 tablet, 2 × in 1 days, Oral; 2 puff, At night, as needed, Inhaled"},
		"doses by half a structure":                {record.Acute, fetch.Medications, []string{taken(`{"timing":{"repeat":{"frequency":2},"code":{"text":"Twice"}}},{"timing":{"repeat":{"period":1,"periodUnit":"d"},"code":{"text":"Daily"}},"asNeededCodeableConcept":{"text":"Pain"}},{"asNeededBoolean":false}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · Dosage: Twice; Daily, as needed: Pain"},
		"doses that are not as needed":             {record.Acute, fetch.Medications, []string{taken(`{"asNeededBoolean":false}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · AsNeeded: false"},
		"doses in words":                           {record.Acute, fetch.Medications, []string{taken(`{"text":"One a day.","additionalInstruction":[{"text":"With food"},{}],"patientInstruction":" "}`)}, "x · Medicine: Tablets · Kind: UNKNOWN · Intent: ORDER · Status: ACTIVE · Dosage: One a day. With food"},
		"a dose that cannot be read":               {record.Acute, fetch.Medications, []string{taken(`{"text":7}`)}, "and more"},

		"a result":                                   {record.Acute, fetch.Results, []string{found(`,"issued":"2026-11-02T08:00:00Z","specimen":{"reference":"Specimen/sp","display":"Other"},"performer":[{"reference":"Organization/o"}],"basedOn":[{"reference":"Organization/o"},{"reference":"ServiceRequest/sr"}],"component":[{"code":{"text":"Part"},"valueString":"Low"}]`)}, "x · recorded 2026-11-02T08:00 · by The Laboratory · Test: Sodium · Category: OTHER · TakenAt: 2026-11-01T08:00 · IssuedAt: 2026-11-02T08:00 · Status: FINAL · Specimen: Blood · Performer: The Laboratory · Requester: Dr Who · Components: [Part, Low]"},
		"a result of which the end is known":         {record.Acute, fetch.Results, []string{found(`,"effectivePeriod":{"end":"2026-11-20T08:00:00Z"},"specimen":{"reference":"Specimen/sp"}`)}, "x · Test: Sodium · Category: OTHER · TakenAt: 2026-11-20T08:00 · Status: FINAL · Specimen: Blood"},
		"a report of which the end is known":         {record.Acute, fetch.Reports, []string{report(`,"effectivePeriod":{"end":"2026-11-20T08:00:00Z"}`)}, "x · Kind: Bloods · Title: Bloods · Category: OTHER · Status: FINAL · TakenAt: 2026-11-20T08:00"},
		"a score of which the end is known":          {record.MentalHealth, fetch.Assessments, []string{found(`,"category":[{"coding":[{"code":"survey"}]}],"effectivePeriod":{"end":"2026-11-20T08:00:00Z"}`)}, "x · Tool: Sodium · AssessedOn: 2026-11-20 · Status: FINAL"},
		"a specimen of which the end is known":       {record.Acute, fetch.Results, []string{found(`,"contained":[{"resourceType":"Specimen","id":"s","collection":{"collectedPeriod":{"end":"2026-11-20T08:00:00Z"}}}],"specimen":{"reference":"#s"}`)}, "x · Test: Sodium · Category: OTHER · TakenAt: 2026-11-20T08:00 · Status: FINAL"},
		"a result whose order cannot be read":        {record.Acute, fetch.Results, []string{found(`,"basedOn":[{"reference":"ServiceRequest/y"}]`), `{"resourceType":"ServiceRequest","id":"y","subject":{"reference":"Patient/1"},"priority":7,"requester":{"reference":"Practitioner/dr"}}`}, "x · Test: Sodium · Category: OTHER · Status: FINAL"},
		"a result with another specimen":             {record.Acute, fetch.Results, []string{found(`,"specimen":{"reference":"Organization/o","display":"Urine"}`)}, "x · Test: Sodium · Category: OTHER · Status: FINAL · Specimen: Urine"},
		"a result with a specimen that did not come": {record.Acute, fetch.Results, []string{found(`,"specimen":{"reference":"Specimen/gone"}`)}, "x · Test: Sodium · Category: OTHER · Status: FINAL"},
		"a result of a report, and of another":       {record.Acute, fetch.Results, []string{found(""), about1("DiagnosticReport", "r", `,"code":{"text":"First"},"result":[{"reference":"Observation/x"},{"reference":"Observation/x"}]`), about1("DiagnosticReport", "s", `,"code":{"text":"Second"},"result":[{"reference":"Observation/x"}]`)}, "x · Test: Sodium · Category: OTHER · Status: FINAL · Report: First"},
		"a result of a report that cannot be read":   {record.Acute, fetch.Results, []string{found(""), about1("DiagnosticReport", "r", `,"code":{"text":"First"},"issued":"2026-02-31","result":[{"reference":"Observation/x"}]`)}, "x · Test: Sodium · Category: OTHER · Status: FINAL"},
		"results in a circle":                        {record.Acute, fetch.Reports, []string{report(`,"result":[{"reference":"Observation/o"}]`), about1("Observation", "o", `,"code":{"text":"A"},"hasMember":[{"reference":"Observation/p"}]`), about1("Observation", "p", `,"code":{"text":"B"},"hasMember":[{"reference":"Observation/o"}]`)}, "x · Kind: Bloods · Title: Bloods · Category: OTHER · Status: FINAL"},
		"a report":                                   {record.Acute, fetch.Reports, []string{report(`,"specimen":[{"reference":"Specimen/sp"},{"display":"Other"}],"performer":[{"reference":"Organization/o"},{"reference":"Practitioner/no"}],"resultsInterpreter":[{"reference":"Practitioner/dr"}],"conclusion":"Fine","conclusionCode":[{"text":"Normal"}],"presentedForm":[{"contentType":"text/plain","data":"aGVsbG8="},{"contentType":"application/pdf","data":"aGVsbG8="}]`)}, "x · by Dr Who · Kind: Bloods · Title: Bloods · Category: OTHER · Status: FINAL · TakenAt: 2026-11-01T08:00 · Conclusion: Fine Normal hello · Specimen: Blood · Performer: Dr Who"},
		"a report by a place":                        {record.Acute, fetch.Reports, []string{report(`,"performer":[{"reference":"Organization/o"}]`)}, "x · by The Laboratory · Kind: Bloods · Title: Bloods · Category: OTHER · Status: FINAL · Performer: The Laboratory"},
		"a report of mistakes alone":                 {record.Acute, fetch.Reports, []string{report(`,"result":[{"reference":"Observation/o"}]`), strings.Replace(about1("Observation", "o", `,"code":{"text":"A"}`), "finished", "entered-in-error", 1)}, "x · Kind: Bloods · Title: Bloods · Category: OTHER · Status: FINAL"},
		"a vital sign":                               {record.Acute, fetch.VitalSigns, []string{found(`,"category":[{"coding":[{"code":"vital-signs"}]}],"issued":"2026-11-02T08:00:00Z","performer":[{"reference":"Practitioner/dr"}]`)}, "x · recorded 2026-11-02T08:00 · by Dr Who · Sign: Sodium · Status: FINAL · Performer: Dr Who"},
		"a score in parts":                           {record.MentalHealth, fetch.Assessments, []string{found(`,"category":[{"coding":[{"code":"survey"}]}],"component":[{"code":{"text":"Mood"},"valueInteger":2},{"code":{"text":"Sleep"},"valueInteger":1},{"code":{"text":"Not asked"}}]`)}, "x · Tool: Sodium · ScoreText: Mood: 2 Sleep: 1 · Status: FINAL"},
		"answers":                                    {record.MentalHealth, fetch.Assessments, []string{of("QuestionnaireResponse", `,"status":"completed","item":[{"text":"A","answer":[{"valueString":"Yes, a bit"},{"valueBoolean":false}]},{"answer":[{"valueCoding":{"code":"c"},"item":[{"text":"C","answer":[{"valueDecimal":1.5}]}]}]},{"text":"Head","item":[{"text":"D","answer":[{"valueBoolean":true}]}]}]`)}, "x · Tool: Questionnaire · ScoreText: A: Yes, a bit, No c C: 1.5 Head: D: Yes · Status: FINAL"},
		"a form on resuscitation":                    {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"completed","authored":"2026-11-01","author":{"reference":"Practitioner/dr"}`, cpr)}, "x · recorded 2026-11-01T00:00 · by Dr Who · Kind: Questionnaire · Decision: Preferences: CPR: Not for attempted resuscitation · Status: UNKNOWN · DecidedOn: 2026-11-01 · Author: Dr Who"},
		"a form of that name":                        {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"amended","questionnaire":"https://trust/Questionnaire/TreatmentEscalationPlan"`, `{"text":"Ward care only","answer":[{"valueBoolean":true}]}`)}, "x · Kind: TreatmentEscalationPlan · Decision: Ward care only: Yes · Status: UNKNOWN"},
		"a form of that name without answers":        {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"completed","questionnaire":"https://trust/Questionnaire/ReSPECT"`, "")}, "and more"},
		"a form not completed":                       {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"in-progress"`, cpr)}, "x · Kind: Questionnaire · Decision: The form is not completed Preferences: CPR: Not for attempted resuscitation · Status: UNKNOWN"},
		"a form that was given up":                   {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"stopped"`, cpr)}, "x · Kind: Questionnaire · Decision: The form is not completed Preferences: CPR: Not for attempted resuscitation · Status: UNKNOWN"},
		"a form on much else":                        {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"completed"`, smokes+","+cpr)}, "x · Kind: Questionnaire · Decision: Preferences: CPR: Not for attempted resuscitation Other answers of the form are not shown here · Status: UNKNOWN\nand more"},
		"a form on something else":                   {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"completed"`, smokes)}, ""},
		"a form without answers":                     {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"completed"`, "")}, ""},
		"a form taken back":                          {record.Acute, fetch.AdvanceCare, []string{form(`,"status":"entered-in-error"`, cpr)}, ""},
		"an assessment on much else":                 {record.MentalHealth, fetch.AdvanceCare, []string{form(`,"status":"completed"`, smokes+","+cpr)}, "and more"}, // who may read of decisions may not read assessments
		"an assessment of that name":                 {record.MentalHealth, fetch.AdvanceCare, []string{form(`,"status":"completed","questionnaire":"https://trust/Questionnaire/ReSPECT"`, cpr)}, "x · Kind: ReSPECT · Decision: Preferences: CPR: Not for attempted resuscitation · Status: UNKNOWN"},
		"all of such an assessment":                  {record.MentalHealth, fetch.Assessments, []string{form(`,"status":"completed"`, smokes+","+cpr)}, "x · Tool: Questionnaire · ScoreText: Smokes: No Preferences: CPR: Not for attempted resuscitation · Status: FINAL"},
		"an assessment of something else":            {record.MentalHealth, fetch.AdvanceCare, []string{form(`,"status":"completed"`, smokes)}, ""},
		"an assessment without answers":              {record.MentalHealth, fetch.AdvanceCare, []string{form(`,"status":"completed"`, "")}, ""},
		"an assessment of that name without answers": {record.MentalHealth, fetch.AdvanceCare, []string{form(`,"status":"completed","questionnaire":"https://trust/Questionnaire/ReSPECT"`, "")}, "and more"},

		"a plan by its SNOMED category":     {record.Acute, fetch.CarePlans, []string{plan(`,"category":[{"coding":[{"system":"https://trust","code":"1","display":"Ours"}]},{"coding":[{"system":"https://trust","code":"2","display":"Other"},{"system":"http://snomed.info/sct","code":"734163000","display":"Care plan"}]}]`)}, "x · Kind: 734163000 Care plan (2 Other) · Title: Plan · Status: IN_PROGRESS"},
		"a plan by its only category":       {record.Acute, fetch.CarePlans, []string{plan(`,"category":[{"coding":[{"system":"https://trust","code":"1","display":"Ours"}]}]`)}, "x · Kind: 1 Ours · Title: Plan · Status: IN_PROGRESS"},
		"a plan written after its end":      {record.Acute, fetch.CarePlans, []string{plan(`,"created":"2026-11-02","period":{"end":"2026-11-01"}`)}, "x · recorded 2026-11-02T00:00 · Kind: Plan · Title: Plan · Status: IN_PROGRESS · EndedOn: 2026-11-01"},
		"a plan written at its end":         {record.Acute, fetch.CarePlans, []string{plan(`,"created":"2026-11-01","period":{"end":"2026-11-01"}`)}, "x · recorded 2026-11-01T00:00 · Kind: Plan · Title: Plan · Status: IN_PROGRESS · StartedOn: 2026-11-01 · EndedOn: 2026-11-01"},
		"a plan written, without an end":    {record.Acute, fetch.CarePlans, []string{plan(`,"created":"2026-11-01"`)}, "x · recorded 2026-11-01T00:00 · Kind: Plan · Title: Plan · Status: IN_PROGRESS · StartedOn: 2026-11-01"},
		"a plan that ends before it begins": {record.Acute, fetch.CarePlans, []string{plan(`,"created":"2026-11-01","period":{"start":"2026-11-05","end":"2026-11-03"}`)}, "x · recorded 2026-11-01T00:00 · Kind: Plan · Title: Plan · Status: IN_PROGRESS · StartedOn: 2026-11-05 · EndedOn: 2026-11-03"},
		"a goal":                            {record.Acute, fetch.CarePlans, goal(`,"lifecycleStatus":"active","target":[{"measure":{"text":"Weight"},"detailQuantity":{"value":70,"unit":"kg"},"dueDate":"2026-12-01"},{"detailString":"Well"},{}]`), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Goal, IN_PROGRESS, 2026-12-01, Weight 70 kg; Well]"},
		"a goal that is reached":            {record.Acute, fetch.CarePlans, achieved("active", "achieved"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, COMPLETED]"},
		"a goal under way":                  {record.Acute, fetch.CarePlans, achieved("accepted", "improving"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, IN_PROGRESS, Achievement: improving]"},
		"a goal under way that is held":     {record.Acute, fetch.CarePlans, achieved("on-hold", "improving"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, ON_HOLD, Achievement: improving]"},
		"a goal that was not reached":       {record.Acute, fetch.CarePlans, achieved("completed", "not-achieved"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, STOPPED, Achievement: not-achieved]"},
		"a goal given up on the way":        {record.Acute, fetch.CarePlans, achieved("completed", "in-progress"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, STOPPED, Achievement: in-progress]"},
		"a goal reached in other words":     {record.Acute, fetch.CarePlans, achieved("completed", "partly-met"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, UNKNOWN, Achievement: partly-met]"},
		"a goal that is over":               {record.Acute, fetch.CarePlans, goal(`,"lifecycleStatus":"completed","description":{"text":"Walk"}`), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, COMPLETED]"},
		"a goal begun":                      {record.Acute, fetch.CarePlans, achieved("active", "in-progress"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, IN_PROGRESS]"},
		"a goal not reached, with a target": {record.Acute, fetch.CarePlans, goal(`,"lifecycleStatus":"active","achievementStatus":{"text":"Worse"},"target":[{"detailString":"Well"}]`), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Goal, IN_PROGRESS, Well; Achievement: Worse]"},
		"a goal to come":                    {record.Acute, fetch.CarePlans, achieved("accepted", "not-attainable"), "x · Kind: Plan · Title: Plan · Status: IN_PROGRESS · Goals: [Walk, PLANNED, Achievement: not-attainable]"},

		"a problem by its severity":        {record.Acute, fetch.Problems, []string{problem(`,"severity":{"coding":[{"code":"severe"}]},"recordedDate":"2026-11-01","recorder":{"display":"Dr Who"}`)}, "x · recorded 2026-11-01T00:00 · by Dr Who · Problem: Cough · Kind: PROBLEM · Status: UNKNOWN · Verification: UNKNOWN · Severity: SEVERE"},
		"a problem by a severity in words": {record.Acute, fetch.Problems, []string{problem(`,"severity":{"text":"Severe"},"category":[{"coding":[{"code":"health-concern"}]}]`)}, "x · Problem: Cough · Kind: CONCERN · Status: UNKNOWN · Verification: UNKNOWN · Severity: SEVERE"},
		"a problem on the list":            {record.Acute, fetch.Problems, []string{problem(`,"category":[{"coding":[{"code":"problem-list-item"}]}]`)}, "x · Problem: Cough · Kind: PROBLEM · Status: UNKNOWN · Verification: UNKNOWN"},
		"a problem of another category":    {record.Acute, fetch.Problems, []string{problem(`,"category":[{"coding":[{"code":"x"}]}]`)}, "x · Problem: Cough · Kind: UNKNOWN · Status: UNKNOWN · Verification: UNKNOWN"},
		"a diagnosis":                      {record.Acute, fetch.Problems, []string{problem(`,"category":[{"coding":[{"code":"encounter-diagnosis"}]}]`)}, "x · Problem: Cough · Kind: DIAGNOSIS · Status: UNKNOWN · Verification: UNKNOWN"},
		"a procedure":                      {record.Acute, fetch.Procedures, []string{procedure(`,"performedPeriod":{"start":"2026-11-01T10:00:00Z","end":"2026-11-01T11:00:00Z"},"recorder":{"display":"Dr Who"},"performer":[{"actor":{"reference":"Organization/o"}},{"actor":{"reference":"Practitioner/no"}}]`)}, "x · by Dr Who · Procedure: Biopsy · Status: UNKNOWN · PerformedOn: 2026-11-01 · PerformedAt: 2026-11-01T10:00 · EndedAt: 2026-11-01T11:00 · Performer: Dr No"},
		"a procedure of a night in summer": {record.Acute, fetch.Procedures, []string{procedure(`,"performedPeriod":{"start":"2026-06-30T23:30:00Z"}`)}, "x · Procedure: Biopsy · Status: UNKNOWN · PerformedOn: 2026-07-01 · PerformedAt: 2026-07-01T00:30"},
		"a procedure of a day":             {record.Acute, fetch.Procedures, []string{procedure(`,"performedDateTime":"2026-11-01"`)}, "x · Procedure: Biopsy · Status: UNKNOWN · PerformedOn: 2026-11-01"},
	})
}
