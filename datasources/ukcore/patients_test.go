package ukcore_test

import (
	"errors"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Whether the trust knows a person is told from what the search for them says, and from
// nothing that stands beside it.
func TestWhomATrustKnows(t *testing.T) {
	self := patientOf("1", someone)
	other := strings.Replace(patientOf("2", someone), "1970", "1971", 1)
	sized := func(n int) string {
		return strings.Replace(self, `"birthDate"`, `"x":"`+strings.Repeat("x", n-len(self)-len(`"x":"",`))+`","birthDate"`, 1)
	}
	for name, c := range map[string]struct {
		found  string
		kind   error
		absent bool
		gap    bool
	}{
		"one":                          {found(self), nil, false, false},
		"none":                         {found(), nil, true, false},
		"one, and a place":             {found(self, `{"resourceType":"Organization","id":"o"}`), nil, false, false},
		"one, and a hint":              {found(self, `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`), nil, false, false},
		"one, and what cannot be told": {found(self, `{"resourceType":"OperationOutcome","issue":"x"}`), nil, false, true},
		"one, and an error":            {found(self, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing"}]}`), nil, false, true},
		"one, and what is fatal":       {found(self, `{"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"processing"}]}`), nil, false, true},
		"one who was replaced, by whom cannot be read":         {found(strings.Replace(self, `"id"`, `"link":"x","id"`, 1)), nil, false, true},
		"of another version":                                   {found(strings.Replace(self, `"id"`, `"meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Patient-1"]},"id"`, 1)), record.ErrMalformed, false, false},
		"a birth date that cannot be read":                     {found(strings.Replace(self, `"1970-09-11"`, "7", 1)), record.ErrMalformed, false, false},
		"as large as may be":                                   {found(sized(1 << 20)), nil, false, false},
		"larger":                                               {found(sized(1<<20 + 1)), record.ErrMalformed, false, false},
		"an id that is none":                                   {found(patientOf("1,2", someone)), record.ErrMalformed, false, false},
		"one, and one born on another day":                     {found(self, other), record.ErrIdentity, false, false},
		"one born on another day, and one":                     {found(other, self), record.ErrIdentity, false, false},
		"one born on another day, and one who cannot be known": {found(other, `{"resourceType":"Patient","id":"3"}`), record.ErrIdentity, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := open(t, asthma)
			tr.instead["Patient"] = c.found
			ask := problemsOf(someone)
			ask.Subjects.Born = []string{"1970-09-11"}
			a, err := one(t, tr.source(t, record.Acute, ukcore.Options{}), ask)
			if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) || (a.Absent != nil) != c.absent || isWhole(a) == c.gap || (len(entriesOf(a, 0)) == 1) != (err == nil && !c.absent) {
				t.Errorf("%q, absent %v, gaps %v, %v", lines(a), a.Absent, a.Unreadable, err)
			}
		})
	}
}

// An answer that holds all there is must say whose it is, and one that is not there is no
// patient who is not known.
func TestWhomAWholeIsOf(t *testing.T) {
	self := patientOf("1", someone)
	label := `"meta":{"security":[{"code":"R"}]},`
	for name, c := range map[string]struct {
		f      fhir.Fetcher
		kind   error
		absent bool
		want   string
	}{
		"of them":            {whole{someone: collection(self, asthma)}, nil, false, "c1"},
		"of nobody":          {whole{someone: collection(asthma)}, record.ErrMalformed, false, ""},
		"of another version": {whole{someone: collection(self, strings.Replace(asthma, `"id"`, `"meta":{"profile":["https://fhir.hl7.org.uk/STU3/StructureDefinition/CareConnect-Condition-1"]},"id"`, 1))}, record.ErrMalformed, false, ""},
		"not known":          {whole{}, nil, true, ""},
		"not there":          {wholly{refusing{&fhir.StatusError{Status: 404, Kind: record.ErrNotFound}}}, record.ErrNotServed, false, ""},
		"not understood":     {wholly{refusing{&fhir.StatusError{Status: 400, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrMalformed}}}, record.ErrMalformed, false, ""},
		"restricted":         {whole{someone: collection(strings.Replace(self, `"id"`, label+`"id"`, 1), asthma)}, nil, true, ""},
	} {
		seen := &events{}
		a, err := one(t, ukcore.Open(record.Acute, here, c.f, ids, ukcore.Options{SourceOptions: seen.Options()}), problemsOf(someone))
		if !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) || (a.Absent != nil) != c.absent || idsOf(a, 0) != c.want || seen.Count("foreign Patient") != 0 {
			t.Errorf("%s: %q, absent %v, observed %v, %v", name, idsOf(a, 0), a.Absent, seen.Lines(), err)
		}
	}
}

// wholly is a place that gives all it has at once.
type wholly struct{ refusing }

func (wholly) Whole() bool { return true }

// Of two patients of whom one is restricted the other has theirs.
func TestOneOfTwoIsRestricted(t *testing.T) {
	s := open(t, restricted("1"), patientOf("2", another), asthma, strings.Replace(asthma, "Patient/1", "Patient/2", 1)).source(t, record.Acute, ukcore.Options{})
	a, err := one(t, s, problemsOf(someone, another))
	if err != nil || idsOf(a, 0) != "" || idsOf(a, 1) != "c1" || !a.Absent[0] || a.Absent[1] {
		t.Errorf("%q %q, absent %v, %v", idsOf(a, 0), idsOf(a, 1), a.Absent, err)
	}
}

// Which types of resource fail is a gap of the kinds that are read from them, whichever of
// them it is.
func TestEachTypeThatFails(t *testing.T) {
	for resource, kind := range map[string]fetch.Kind{
		"MedicationRequest": fetch.Medications, "MedicationAdministration": fetch.Medications, "Encounter": fetch.Allergies, "Condition": fetch.Immunisations,
		"DeviceUseStatement": fetch.Devices, "DiagnosticReport": fetch.VitalSigns, "Procedure": fetch.Stays, "DocumentReference": fetch.Stays, "List": fetch.Notes,
	} {
		held := open(t, patientOf("1", someone))
		held.fails[resource] = 500
		if a, err := one(t, held.source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: kind, Subjects: subjects(someone)}); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%s: %s: %+v, %v", resource, kind, a, err)
		}
	}
}

// Of two places under one key the first has its name, whatever the order in which kinds are
// asked for.
func TestTheOrderOfKinds(t *testing.T) {
	place := func(name string) string { return `{"resourceType":"Location","id":"l","name":"` + name + `"}` }
	tr := open(t, patientOf("1", someone))
	tr.instead["Procedure"] = found(about1("Procedure", "p", `,"code":{"text":"Biopsy"},"location":{"reference":"Location/l"}`), place("Ward A"))
	tr.instead["Immunization"] = found(about1("Immunization", "i", `,"vaccineCode":{"text":"Flu"},"location":{"reference":"Location/l"}`), place("Ward B"))
	for _, kinds := range [][]fetch.Kind{{fetch.Procedures, fetch.Immunisations}, {fetch.Immunisations, fetch.Procedures}} {
		asks := []*fetch.Ask{{Kind: kinds[0], Subjects: subjects(someone)}, {Kind: kinds[1], Subjects: subjects(someone)}}
		got, err := tr.source(t, record.Acute, ukcore.Options{}).Read(fetch.WithTerms(t.Context(), terms()), asks)
		if err != nil {
			t.Fatal(err)
		}
		for _, ask := range asks {
			if line := strings.Join(lines(got[ask]), ""); !strings.Contains(line, "Location: Ward B") { // immunisations are searched first
				t.Errorf("%s: %q", ask.Kind, line)
			}
		}
	}
}

// How a person is reached, and by whom, is what holds today.
func TestContactsAndNeeds(t *testing.T) {
	self := func(more string) string {
		return strings.Replace(patientOf("1", someone), `"birthDate"`, more+`,"birthDate"`, 1)
	}
	contacts := func(all string) string { return self(`"contact":[` + all + `]`) }
	interpreter := func(yes, languages string) string {
		return self(`"communication":[` + languages + `],"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"` + yes + `}]`)
	}
	flag := func(more string) string { return about1("Flag", "f", `,"code":{"text":"Falls"}`+more) }
	decision := func(more string) string {
		return `{"resourceType":"Consent","id":"c","status":"active","patient":{"reference":"Patient/1"}` + more + `}`
	}
	for name, c := range map[string]struct {
		kind fetch.Kind
		held string
		want string
		gap  bool
	}{
		"a contact":                        {fetch.Contacts, contacts(`{"name":{"text":"Ann"}}`), "1.1 · Name: Ann", false},
		"one never shown":                  {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"organization":{"display":"HIV clinic"}},{"name":{"text":"Bob"}}`), "1.2 · Name: Bob", false},
		"one not read":                     {fetch.Contacts, contacts(`{"name":7},{"name":{"text":"Bob"}}`), "1.2 · Name: Bob", true},
		"contacts not read":                {fetch.Contacts, self(`"contact":7`), "", true},
		"contacts beside what is not read": {fetch.Contacts, self(`"contact":[{"name":{"text":"Ann"}}],"extension":7`), "", true},
		"one until no day":                 {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"period":{"end":"x"}}`), "", true},
		"one until a day":                  {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"period":{"end":"2026-11-24"}}`), "", false},
		"one from a day on":                {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"period":{"start":"2026-11-26"}}`), "", false},
		"one from today on":                {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"period":{"start":"2026-11-25"}}`), "1.1 · Name: Ann · Since: 2026-11-25", false},
		"one from no day":                  {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"period":{"start":"x"}}`), "", true},
		"a relative to come":               {fetch.Contacts, `{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/1"},"name":[{"text":"Ann"}],"period":{"start":"2030-01-01"}}`, "", false},
		"by two relationships": {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"relationship":[{"text":"Mother"},{"coding":[{"code":"N"}],"text":"Carer"},{"coding":[{"code":"NOK"}]}]}`),
			"1.1 · Name: Ann · Relationship: Mother · RelationshipCode: Mother · Roles: [CARER][NEXT_OF_KIN]", false},
		"by what holds today": {fetch.Contacts, contacts(`{"name":{"text":"Ann"},"telecom":[{"system":"phone","value":"1","period":{"end":"2020"}},{"system":"phone","value":"6","period":{"start":"2030"}},{"system":"phone","value":"2","period":{"end":"x"}},{"system":"fax","value":"3"},{"system":"phone","value":"4"},{"system":"phone","value":"5"},` +
			`{"system":"email","value":"a@example.org"},{"system":"email","value":"b@example.org"}],"address":[{"text":"Old","period":{"end":"2020"}},{"text":"Unsure","period":{"end":"x"}},{"text":"Soon","period":{"start":"2030"}},{"text":"Now"},{"text":"Then"}]}`), "1.1 · Name: Ann · Phone: 4 · Email: a@example.org · Address: Now", false},
		"an interpreter":              {fetch.Needs, interpreter(`,"valueBoolean":true`, `{"language":{"text":"Polish"}},{"language":{"text":"Welsh"}}`), "1.interpreter · Kind: 315594003 Interpreter needed · Category: INTERPRETER · Detail: Polish", false},
		"of the language they prefer": {fetch.Needs, interpreter(`,"valueBoolean":true`, `{"language":{"text":"Polish"}},{"language":{"text":"Welsh"},"preferred":true},{"language":{"text":"French"}}`), "1.interpreter · Kind: 315594003 Interpreter needed · Category: INTERPRETER · Detail: Welsh", false},
		"no interpreter":              {fetch.Needs, interpreter(`,"valueBoolean":false`, ""), "", false},
		"nothing said of one":         {fetch.Needs, interpreter("", ""), "", false},
		"needs not read":              {fetch.Needs, self(`"extension":7`), "", true},
		"a preference, and one without words": {fetch.Needs, self(`"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ContactPreference","extension":[{"url":"PreferredWrittenCommunicationFormat","valueCodeableConcept":{}},{"url":"PreferredContactMethod","valueCodeableConcept":{"text":"Letter"}}]}]`),
			"1.PreferredContactMethod · Kind: Letter · Category: COMMUNICATION · Detail: Preferred way of contact", false},
		"an alert and who made it":   {fetch.Alerts, flag(`,"author":{"display":"Dr Who"}`), "f · by Dr Who · Kind: Falls · Status: COMPLETED", false},
		"a need and who noted it":    {fetch.Needs, flag(`,"category":[{"coding":[{"code":"NRAF"}]}],"author":{"display":"Dr Who"}`), "f · by Dr Who · Kind: Falls · Category: REASONABLE_ADJUSTMENT", false},
		"an alert in its own words":  {fetch.Alerts, strings.Replace(flag(""), `"code":{`, `"code":{"coding":[{"display":"Risk"}],`, 1), "f · Kind: Risk (Falls) · Note: Falls · Status: COMPLETED", false},
		"a decision by its scope":    {fetch.AdvanceCare, decision(`,"scope":{"coding":[{"code":"adr","display":"Advance decision"}]}`), "c · Kind: adr Advance decision · Status: IN_PROGRESS", false},
		"a decision by its category": {fetch.AdvanceCare, decision(`,"scope":{"coding":[{"code":"x"}]},"category":[{"coding":[{"code":"dnr","display":"DNR"}]}]`), "c · Kind: dnr DNR · Status: IN_PROGRESS", false},
		"a decision by what says more": {fetch.AdvanceCare, decision(`,"category":[{"coding":[{"system":"http://loinc.org","code":"42348-3","display":"Advance directives"}]},{"coding":[{"code":"dnr","display":"Do not resuscitate"}]}]`),
			"c · Kind: dnr Do not resuscitate · Decision: Category: Advance directives · Status: IN_PROGRESS", false},
		"a decision by what says more of one category": {fetch.AdvanceCare, decision(`,"category":[{"coding":[{"system":"http://loinc.org","code":"42348-3","display":"Advance directives"},{"code":"dnr","display":"Do not resuscitate"}]}],"provision":{"code":[{"text":"Ventilation"}]}`),
			"c · Kind: dnr Do not resuscitate · Decision: Ventilation Category: Advance directives · Status: IN_PROGRESS", false},
		"a decision by its own category": {fetch.AdvanceCare, decision(`,"category":[{"coding":[{"code":"acd","display":"Advance directive"}]},{},{"text":"Refusal of blood"},{"coding":[{"code":"hcd","display":"Health care directive"}]}]`),
			"c · Kind: Refusal of blood · Decision: Category: Advance directive, Health care directive · Status: IN_PROGRESS", false},
		"a decision of two orders": {fetch.AdvanceCare, decision(`,"category":[{"coding":[{"code":"polst","display":"POLST"}]},{"coding":[{"code":"dnr","display":"DNR"}]}]`),
			"c · Kind: polst POLST · Decision: Category: DNR · Status: IN_PROGRESS", false},
		"a decision by its general category": {fetch.AdvanceCare, decision(`,"scope":{"coding":[{"code":"adr"}]},"category":[{},{"coding":[{"code":"acd","display":"Advance directive"}]}]`), "c · Kind: acd Advance directive · Status: IN_PROGRESS", false},
		"a consent to share":                 {fetch.AdvanceCare, decision(`,"scope":{"coding":[{"code":"x"}]},"category":[{"coding":[{"code":"y"}]}]`), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			held := []string{c.held}
			if !strings.Contains(c.held, "Patient\"") {
				held = append(held, patientOf("1", someone))
			}
			a, err := one(t, open(t, held...).source(t, record.Acute, ukcore.Options{}), &fetch.Ask{Kind: c.kind, Subjects: subjects(someone)})
			if got := strings.Join(lines(a), "\n"); err != nil || got != c.want || isWhole(a) == c.gap {
				t.Errorf("%q, gaps %v, %v", got, a.Unreadable, err)
			}
		})
	}
}
