package ukcore_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Of every type an entry that stands is shown; one that was a mistake is not, and leaves no
// mark; one that cannot be read is a gap.
func TestWhatStandsAndWhatDoesNot(t *testing.T) {
	dr := `{"display":"Dr Who"}`
	for name, c := range map[string]struct {
		sector record.Sector
		kind   fetch.Kind
		entry  string // with a place for the status, and for what cannot be read
		status string // of one that stands
		gone   []string
		broken string
	}{
		"an allergy":         {record.Acute, fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"x","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"verificationStatus":{"coding":[{"code":"%s"}]}%s}`, "confirmed", []string{"entered-in-error", "refuted"}, `,"type":7`},
		"that there is none": {record.Acute, fetch.Notes, `{"resourceType":"AllergyIntolerance","id":"x","patient":{"reference":"Patient/1"},"code":{"coding":[{"code":"716186003","display":"None"}]},"verificationStatus":{"coding":[{"code":"%s"}]}%s}`, "confirmed", []string{"entered-in-error", "refuted"}, `,"recordedDate":7`},
		"a warning":          {record.Acute, fetch.Notes, `{"resourceType":"List","id":"x","subject":{"reference":"Patient/1"},"status":"%s","code":{"coding":[{"code":"886921000000105"}]},"extension":[{"url":"UKCore-ListWarningCode","valueCode":"data-in-transit"}]%s}`, "current", []string{"entered-in-error", "retired"}, `,"date":7`},
		"an appointment":     {record.Acute, fetch.Appointments, `{"resourceType":"Appointment","id":"x","participant":[{"actor":{"reference":"Patient/1"}}],"status":"%s"%s}`, "booked", []string{"entered-in-error"}, `,"start":7`},
		"a referral":         {record.Acute, fetch.Referrals, `{"resourceType":"ServiceRequest","id":"x","subject":{"reference":"Patient/1"},"code":{"text":"Clinic"},"status":"%s"%s}`, "active", []string{"entered-in-error", `active","doNotPerform":true,"x":"`, `active","category":[{"coding":[{"code":"laboratory"}]}],"x":"`}, `,"intent":7`},
		"a coordinator":      {record.MentalHealth, fetch.CareCoordinators, `{"resourceType":"EpisodeOfCare","id":"x","patient":{"reference":"Patient/1"},"careManager":` + dr + `,"status":"%s"%s}`, "active", []string{"entered-in-error", "cancelled"}, `,"period":7`},
		"an attendance":      {record.Acute, fetch.Attendances, `{"resourceType":"Encounter","id":"x","subject":{"reference":"Patient/1"},"class":{"code":"AMB","display":"Visit"},"status":"%s"%s}`, "finished", []string{"entered-in-error", "cancelled"}, `,"period":7`},
		"imaging":            {record.Acute, fetch.Imaging, `{"resourceType":"ImagingStudy","id":"x","subject":{"reference":"Patient/1"},"status":"%s"%s}`, "available", []string{"entered-in-error", "cancelled"}, `,"description":7`},
		"a vaccine":          {record.Acute, fetch.Immunisations, `{"resourceType":"Immunization","id":"x","patient":{"reference":"Patient/1"},"vaccineCode":{"text":"Flu"},"status":"%s"%s}`, "completed", []string{"entered-in-error", "not-done"}, `,"lotNumber":7`},
		"a device":           {record.Acute, fetch.Devices, `{"resourceType":"Device","id":"x","patient":{"reference":"Patient/1"},"type":{"text":"Pacemaker"},"status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"lotNumber":7`},
		"a device in use":    {record.Acute, fetch.Devices, `{"resourceType":"DeviceUseStatement","id":"x","subject":{"reference":"Patient/1"},"device":{"display":"Stent"},"status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"recordedOn":7`},
		"an order":           {record.Acute, fetch.Medications, `{"resourceType":"MedicationRequest","id":"x","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Tablets"},"status":"%s"%s}`, "active", []string{"entered-in-error", `active","doNotPerform":true,"x":"`}, `,"authoredOn":7`},
		"a supply":           {record.Acute, fetch.Medications, `{"resourceType":"MedicationDispense","id":"x","subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"text":"Tablets"},"status":"%s"%s}`, "completed", []string{"entered-in-error"}, `,"whenPrepared":7`},
		"a result":           {record.Acute, fetch.Results, `{"resourceType":"Observation","id":"x","subject":{"reference":"Patient/1"},"code":{"text":"Sodium"},"status":"%s"%s}`, "final", []string{"entered-in-error", "cancelled"}, `,"issued":7`},
		"a report":           {record.Acute, fetch.Reports, `{"resourceType":"DiagnosticReport","id":"x","subject":{"reference":"Patient/1"},"code":{"text":"Bloods"},"status":"%s"%s}`, "final", []string{"entered-in-error", "cancelled"}, `,"issued":7`},
		"answers":            {record.MentalHealth, fetch.Assessments, `{"resourceType":"QuestionnaireResponse","id":"x","subject":{"reference":"Patient/1"},"status":"%s"%s}`, "completed", []string{"entered-in-error"}, `,"authored":7`},
		"a plan":             {record.Acute, fetch.CarePlans, `{"resourceType":"CarePlan","id":"x","subject":{"reference":"Patient/1"},"title":"Plan","status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"created":7`},
		"a team":             {record.Acute, fetch.CareTeam, `{"resourceType":"CareTeam","id":"x","subject":{"reference":"Patient/1"},"participant":[{"member":` + dr + `}],"status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"name":7`},
		"a problem":          {record.Acute, fetch.Problems, `{"resourceType":"Condition","id":"x","subject":{"reference":"Patient/1"},"code":{"text":"Cough"},"verificationStatus":{"coding":[{"code":"%s"}]}%s}`, "confirmed", []string{"entered-in-error", "refuted"}, `,"recordedDate":7`},
		"a procedure":        {record.Acute, fetch.Procedures, `{"resourceType":"Procedure","id":"x","subject":{"reference":"Patient/1"},"code":{"text":"Biopsy"},"status":"%s"%s}`, "completed", []string{"entered-in-error"}, `,"performedString":7`},
		"a document":         {record.Acute, fetch.Documents, `{"resourceType":"DocumentReference","id":"x","subject":{"reference":"Patient/1"},"content":[{"attachment":{"title":"Letter"}}],"status":"%s"%s}`, "current", []string{"entered-in-error", `current","docStatus":"entered-in-error`}, `,"date":7`},
		"an alert":           {record.Acute, fetch.Alerts, `{"resourceType":"Flag","id":"x","subject":{"reference":"Patient/1"},"code":{"text":"Falls"},"status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"period":7`},
		"an adjustment":      {record.Acute, fetch.Needs, `{"resourceType":"Flag","id":"x","subject":{"reference":"Patient/1"},"category":[{"coding":[{"code":"NRAF"}]}],"code":{"text":"Large print"},"status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"period":7`},
		"a decision":         {record.Acute, fetch.AdvanceCare, `{"resourceType":"Consent","id":"x","patient":{"reference":"Patient/1"},"category":[{"coding":[{"code":"dnr","display":"DNR"}]}],"status":"%s"%s}`, "active", []string{"entered-in-error"}, `,"dateTime":7`},
		"a relative":         {record.Acute, fetch.Contacts, `{"resourceType":"RelatedPerson","id":"x","patient":{"reference":"Patient/1"},"name":[{"text":"%s"}]%s}`, "Ann", nil, `,"birthDate":7`},
	} {
		t.Run(name, func(t *testing.T) {
			shown := func(held string) (int, bool) {
				a, err := one(t, open(t, patientOf("1", someone), held).source(t, c.sector, ukcore.Options{}), &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
				if err != nil {
					t.Fatal(err)
				}
				return len(entriesOf(a, 0)), isWhole(a)
			}
			if n, whole := shown(fmt.Sprintf(c.entry, c.status, "")); n != 1 || !whole {
				t.Errorf("one that stands: %d, whole %v", n, whole)
			}
			for _, status := range c.gone {
				if n, whole := shown(fmt.Sprintf(c.entry, status, "")); n != 0 || !whole {
					t.Errorf("%s: %d, whole %v", status, n, whole)
				}
			}
			if n, whole := shown(fmt.Sprintf(c.entry, c.status, c.broken)); n != 0 || whole {
				t.Errorf("one that cannot be read: %d, whole %v", n, whole)
			}
		})
	}
}

// Parts of an entry are judged one by one: one that says what is never shown is left out and
// leaves no mark, though the record has no place for where it says so; one that cannot be read
// is a gap.
func TestPartsByThemselves(t *testing.T) {
	hidden := `"note":[{"text":"HIV positive"}]`
	secret := `{"resourceType":"ServiceRequest","id":"secret","subject":{"reference":"Patient/1"},"meta":{"security":[{"code":"R"}]},"code":{"text":"A test"}}`
	goal := func(id, more string) string {
		return `{"resourceType":"Goal","id":"` + id + `","subject":{"reference":"Patient/1"},"description":{"text":"Goal ` + id + `"}` + more + `}`
	}
	for name, c := range map[string]struct {
		sector record.Sector
		kind   fetch.Kind
		entry  string // with a place for more parts
		hidden string
		broken string
		want   string
		alone  bool // a part that cannot be read takes the entry with it
	}{
		"reactions":              {record.Acute, fetch.Allergies, `{"resourceType":"AllergyIntolerance","id":"x","patient":{"reference":"Patient/1"},"code":{"text":"Nuts"},"reaction":[{"manifestation":[{"text":"Rash"}]}%s]}`, `,{"manifestation":[{"text":"Fever"}],` + hidden + `}`, `,{"severity":7}`, "[Rash, UNKNOWN]", false},
		"components":             {record.Acute, fetch.Results, about1("Observation", "x", `,"code":{"text":"Panel"},"component":[{"code":{"text":"Sodium"}}%s]`), `,{"code":{"text":"Other"},` + hidden + `}`, `,{"code":7}`, "[Sodium]", false},
		"vital signs":            {record.Acute, fetch.VitalSigns, about1("Observation", "x", `,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Panel"},"component":[{"code":{"text":"Systolic"}}%s]`), `,{"code":{"text":"Other"},` + hidden + `}`, `,{"code":7}`, "[Systolic]", false},
		"scores":                 {record.MentalHealth, fetch.Assessments, about1("Observation", "x", `,"category":[{"coding":[{"code":"survey"}]}],"code":{"text":"HoNOS"},"component":[{"code":{"text":"Mood"},"valueInteger":2},{"code":{"text":"Not asked"}}%s]`), `,{"code":{"text":"Other"},"valueInteger":1,` + hidden + `}`, `,{"code":7}`, "ScoreText: Mood: 2", false},
		"activities":             {record.Acute, fetch.CarePlans, about1("CarePlan", "x", `,"title":"Plan","activity":[{"detail":{"code":{"text":"Walk"},"status":"scheduled"}},{"detail":{"description":"Swim"}},{"reference":{"display":"Sing"}},{}%s]`), `,{"reference":{"reference":"ServiceRequest/secret","display":"A test"}}`, `,{"detail":7}`, "Activities: [Walk, PLANNED][Swim, UNKNOWN][Sing, UNKNOWN][Activity, UNKNOWN]", true},
		"goals":                  {record.Acute, fetch.CarePlans, about1("CarePlan", "x", `,"title":"Plan","goal":[{"reference":"Goal/a","display":"Other"},{"reference":"Goal/mistake","display":"Other"},{"display":"Swim"}%s]`), `,{"reference":"Goal/secret","display":"A goal"}`, `,{"reference":"Goal/broken"}`, "Goals: [Goal a, UNKNOWN][Swim, UNKNOWN]", false},
		"goals that do not come": {record.Acute, fetch.CarePlans, about1("CarePlan", "x", `,"title":"Plan","goal":[{"display":"Swim"}%s]`), `,{"reference":"Goal/secret","display":"A goal"}`, `,{"reference":"Goal/gone"}`, "Goals: [Swim, UNKNOWN]", false},
		"team members":           {record.Acute, fetch.CareTeam, about1("CareTeam", "x", `,"participant":[{"member":{"display":"Dr Who"}}%s]`), `,{"member":{"display":"Dr No"},` + hidden + `}`, `,{"member":7}`, "x.50513aa364dda0c1 · Name: Dr Who", false},
	} {
		t.Run(name, func(t *testing.T) {
			for more, whole := range map[string]bool{"": true, c.hidden: true, c.broken: false} {
				for way, s := range everyWay(t, c.sector, fmt.Sprintf(c.entry, more), secret, goal("a", ""), goal("mistake", `,"lifecycleStatus":"entered-in-error"`), goal("secret", `,"meta":{"security":[{"code":"R"}]}`), goal("broken", `,"lifecycleStatus":7`)) {
					a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
					got := strings.Join(lines(a), "\n")
					if shown := strings.HasSuffix(got, c.want) || strings.HasSuffix(got, c.want+" · Status: COMPLETED") || strings.Contains(got, c.want+" · "); err != nil || isWhole(a) != whole || shown != (whole || !c.alone) {
						t.Errorf("%s with %s: %q, whole %v, %v", way, more, got, isWhole(a), err)
					}
				}
			}
		})
	}
}

// A part is known to be never shown by the address of what it refers to.
func TestAPartByItsAddress(t *testing.T) {
	s := ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), `{"fullUrl":"urn:uuid:a","resource":`+about1("ServiceRequest", "s", `,"intent":"order","code":`+hiv)+`}`,
		about1("CarePlan", "x", `,"title":"Plan","activity":[{"reference":{"reference":"urn:uuid:a","display":"A test"}},{"detail":{"description":"Swim"}}]`))}, ids, ukcore.Options{})
	a, err := one(t, s, &fetch.Ask{Kind: fetch.CarePlans, Subjects: subjects(someone)})
	if plans := fetch.RowsOf[record.CarePlan](a).Of(0); err != nil || len(plans) != 1 || len(plans[0].Activities) != 1 || plans[0].Activities[0].Activity.Display != "Swim" {
		t.Errorf("%q, %v", lines(a), err)
	}
}

// What says that it is not for us hides what hangs on it wherever it says so: in a document's
// own labels or content, in the treatment function of a clinic, in a form of a report.
func TestWhatHangsOnDocumentsAndReports(t *testing.T) {
	form := func(kind, text string) string {
		return `,"code":{"text":"Bloods"},"result":[{"reference":"Observation/x"}],"presentedForm":[{"contentType":"` + kind + `","data":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}]`
	}
	letter := func(more string) string {
		return about1("DocumentReference", "d", `,"content":[{"attachment":{"title":"Letter"}}]`+more)
	}
	saying := func(text string) string {
		return about1("DocumentReference", "d", `,"content":[{"attachment":{"data":"`+base64.StdEncoding.EncodeToString([]byte(text))+`"}}]`)
	}
	cough := about1("Condition", "x", `,"code":{"text":"Cough"},"evidence":[{"detail":[{"reference":"DocumentReference/d"}]}]`)
	booked := func(specialty string) string {
		return `{"resourceType":"Appointment","id":"d","status":"booked","participant":[{"actor":{"reference":"Patient/1"}}],"specialty":` + specialty + `}`
	}
	visit := about1("Encounter", "x", `,"class":{"code":"AMB","display":"Visit"},"appointment":[{"reference":"Appointment/d"}]`)
	sodium := about1("Observation", "x", `,"code":{"text":"Sodium"}`)
	for name, c := range map[string]struct {
		kind  fetch.Kind
		held  []string
		shown bool
	}{
		"a document":                               {fetch.Problems, []string{letter(""), cough}, true},
		"a document labelled ordinary":             {fetch.Problems, []string{letter(`,"securityLabel":[{"coding":[{"code":"N"}]}]`), cough}, true},
		"a document labelled restricted":           {fetch.Problems, []string{letter(`,"securityLabel":[{"coding":[{"code":"R"}]}]`), cough}, false},
		"a document that says so":                  {fetch.Problems, []string{saying("Seen at the HIV clinic"), cough}, false},
		"a document that says so by chance":        {fetch.Problems, []string{saying("\x01\x02 HIV clinic"), cough}, true},
		"that document itself":                     {fetch.Documents, []string{strings.Replace(saying("\x01\x02 HIV clinic"), `"d"`, `"x"`, 1)}, false},
		"a document that does not":                 {fetch.Problems, []string{saying("Seen at the clinic"), cough}, true},
		"a labelled document inside":               {fetch.Problems, []string{strings.Replace(cough, `"evidence"`, `"contained":[{"resourceType":"DocumentReference","id":"i","securityLabel":[{"coding":[{"code":"V"}]}]}],"evidence"`, 1)}, false},
		"a document of a function never shown":     {fetch.Problems, []string{letter(`,"context":{"practiceSetting":{"coding":[{"code":"x"},{"system":"https://trust/functions","code":"360"}]}}`), cough}, false},
		"a document of another":                    {fetch.Problems, []string{letter(`,"context":{"practiceSetting":{"coding":[{"code":"100"}]}}`), cough}, true},
		"an appointment of a function never shown": {fetch.Attendances, []string{booked(`[{"text":"Clinic"},{"coding":[{"system":"https://trust/functions","code":"360"}]}]`), visit}, false},
		"an appointment of another":                {fetch.Attendances, []string{booked(`[{"coding":[{"code":"100"}]}]`), visit}, true},
		"the appointment itself":                   {fetch.Appointments, []string{strings.Replace(booked(`[{"coding":[{"code":"360"}]}]`), `"d"`, `"x"`, 1)}, false},
		"a report that says so in plain text":      {fetch.Results, []string{about1("DiagnosticReport", "d", form("text/plain", "HIV antibodies: reactive")), sodium}, false},
		"a report that does not":                   {fetch.Results, []string{about1("DiagnosticReport", "d", form("text/plain", "Sodium: normal")), sodium}, true},
		"a report with another form that does":     {fetch.Results, []string{about1("DiagnosticReport", "d", form("text/html", "<p>HIV antibodies: reactive</p>")), sodium}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for way, s := range everyWay(t, record.Acute, c.held...) {
				a, err := one(t, s, &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
				if got := idsOf(a, 0); err != nil || (got == "x") != c.shown || !isWhole(a) {
					t.Errorf("%s: %q, whole %v, %v", way, got, isWhole(a), err)
				}
			}
		})
	}
	for way, s := range everyWay(t, record.Acute, letter(`,"securityLabel":"R"`), cough) {
		a, err := one(t, s, &fetch.Ask{Kind: fetch.Problems, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" {
			t.Errorf("%s, a label that cannot be read: %q, %v", way, idsOf(a, 0), err)
		}
		a, err = one(t, s, &fetch.Ask{Kind: fetch.Documents, Subjects: subjects(someone)})
		if err != nil || idsOf(a, 0) != "" || isWhole(a) {
			t.Errorf("%s, a label that cannot be read, of the document: %q, whole %v, %v", way, idsOf(a, 0), isWhole(a), err)
		}
	}
}

// What a document or a report says may stand at an address, and come as well: then it hides them and what hangs on them.
func TestWhatHangsOnContentsElsewhere(t *testing.T) {
	letter := about1("DocumentReference", "d", `,"content":[{"attachment":{"title":"A"}},{"attachment":{"url":"Binary/b"}}]`)
	report := about1("DiagnosticReport", "d", `,"code":{"text":"Bloods"},"presentedForm":[{"title":"A"},{"url":"Binary/b"}]`)
	for name, c := range map[string]struct {
		held, binary string
		shown        bool
	}{
		"an ordinary letter":                {letter, `"data":"` + base64.StdEncoding.EncodeToString([]byte("Seen at the clinic")) + `"`, true},
		"a letter":                          {letter, `"data":"` + base64.StdEncoding.EncodeToString([]byte("Seen at the HIV clinic")) + `"`, false},
		"a restricted one":                  {letter, `"meta":{"security":[{"code":"R"}]}`, false},
		"an ordinary report":                {report, `"data":"` + base64.StdEncoding.EncodeToString([]byte("Sodium: normal")) + `"`, true},
		"a report":                          {report, `"data":"` + base64.StdEncoding.EncodeToString([]byte("HIV antibodies: reactive")) + `"`, false},
		"one of rules of its own":           {letter, `"implicitRules":"x","data":"` + base64.StdEncoding.EncodeToString([]byte("HIV clinic")) + `"`, false},
		"one of labels that cannot be read": {letter, `"meta":{"security":"R"}`, false},
		"a letter beyond hope":              {strings.Replace(letter, `"status":"`, `"docStatus":5,"status":"`, 1), `"data":"` + base64.StdEncoding.EncodeToString([]byte("HIV clinic")) + `"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			cough := about1("Condition", "x", `,"code":{"text":"Cough"},"evidence":[{"detail":[{"reference":"`+strings.Split(c.held, `"`)[3]+`/d"}]}]`)
			s := ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), c.held, `{"resourceType":"Binary","id":"b",`+c.binary+`}`, cough)}, ids, ukcore.Options{})
			for kind, want := range map[fetch.Kind]string{fetch.Problems: "x", fetch.Documents: "d"} {
				a, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
				if got := idsOf(a, 0); err != nil || strings.HasPrefix(got, want) != c.shown || !c.shown && got != "" {
					t.Errorf("%s: %q, %v", kind, got, err)
				}
			}
		})
	}
}

// A search of which an entry cannot be read is a gap of what is read from it, and an answer
// that holds all there is a gap of everything.
func TestAnEntryThatIsNoResource(t *testing.T) {
	held := open(t, patientOf("1", someone))
	held.instead["Flag"] = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":7}]}`
	for name, s := range map[string]*ukcore.Source{
		"a search": held.source(t, record.Acute, ukcore.Options{}), "a whole": ukcore.Open(record.Acute, here, whole{someone: collection(patientOf("1", someone), "7")}, ids, ukcore.Options{}),
	} {
		got, err := read(t, s, subjects(someone))
		for kind, a := range got {
			if gap := name == "a whole" || kind == fetch.Alerts || kind == fetch.Needs; err != nil || isWhole(a) == gap {
				t.Errorf("%s, %s: gaps %v, %v", name, kind, a.Unreadable, err)
			}
		}
		for _, kind := range []fetch.Kind{fetch.UnmappedResults, fetch.Upcoming} {
			if _, asked := got[kind]; !asked {
				t.Errorf("%s was not asked for", kind)
			}
		}
	}
}

// A professional who is referred to and of whom nothing comes is a gap, and not nobody.
func TestSomebodyWhoseNameDidNotCome(t *testing.T) {
	for _, c := range []struct {
		who string
		n   int
		gap bool
	}{
		{`{"reference":"Practitioner/gone"}`, 0, true}, {`{"reference":"PractitionerRole/gone"}`, 0, true}, {`{"identifier":{"system":"https://trust/staff","value":"7"}}`, 0, true},
		{`{"reference":"Practitioner/nameless"}`, 0, true}, {`{"reference":"Practitioner/gone","display":"Dr Who"}`, 1, false}, {`{}`, 0, false},
	} {
		s := open(t, patientOf("1", someone), `{"resourceType":"Practitioner","id":"nameless"}`,
			`{"resourceType":"EpisodeOfCare","id":"e","status":"active","patient":{"reference":"Patient/1"},"careManager":`+c.who+`}`,
			about1("CareTeam", "t", `,"participant":[{"member":`+c.who+`}]`)).source(t, record.MentalHealth, ukcore.Options{})
		for _, kind := range []fetch.Kind{fetch.CareCoordinators, fetch.CareTeam} {
			a, err := one(t, s, &fetch.Ask{Kind: kind, Subjects: subjects(someone)})
			if err != nil || len(entriesOf(a, 0)) != c.n || isWhole(a) == c.gap {
				t.Errorf("%s of %s: %q, gaps %v, %v", kind, c.who, lines(a), a.Unreadable, err)
			}
		}
	}
	for who, gap := range map[string]bool{`{"reference":"Patient/1"}`: false, `{"reference":"RelatedPerson/gone"}`: false, `{"reference":"Organization/gone"}`: true, `{"reference":"CareTeam/gone"}`: true} {
		if a := readOf(t, fetch.CareTeam, about1("CareTeam", "t", `,"participant":[{"member":`+who+`}]`)); isWhole(a) == gap {
			t.Errorf("a member %s: gaps %v", who, a.Unreadable)
		}
	}
}
