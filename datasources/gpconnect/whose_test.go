package gpconnect_test

import (
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

// Whose an entry is: what names nobody is the patient's where nobody else is named, and what may be another's is a gap.
func TestWhoseAnEntryIs(t *testing.T) {
	const system = `"system":"https://fhir.nhs.uk/Id/nhs-number"`
	const at = `{"fullUrl":"urn:uuid:7c1d","resource":` + self + `}`
	for name, c := range map[string]struct {
		patients []string
		subject  string
		shown    int
		foreign  int // people
	}{
		"named":                             {[]string{self}, `"patient":{"reference":"Patient/p"}`, 1, 0},
		"named beside somebody else":        {[]string{self, somebody}, `"patient":{"reference":"Patient/p"}`, 1, 1},
		"named as a version":                {[]string{self}, `"patient":{"reference":"Patient/p/_history/3"}`, 1, 0},
		"by number":                         {[]string{self, somebody}, `"patient":{"identifier":{` + system + `,"value":"` + string(someone) + `"}}`, 1, 1},
		"by another's number":               {[]string{self}, `"patient":{"identifier":{` + system + `,"value":"` + string(another) + `"}}`, 0, 0},
		"by no number":                      {[]string{self}, `"patient":{"identifier":{` + system + `,"value":"1"}}`, 0, 0},
		"by another's number and this name": {[]string{self}, `"patient":{"reference":"Patient/p","identifier":{` + system + `,"value":"` + string(another) + `"}}`, 0, 0},
		"by a local number":                 {[]string{self}, `"patient":{"identifier":{"system":"https://practice.example/patients","value":"1"}}`, 1, 0},
		"by address":                        {[]string{at}, `"patient":{"reference":"urn:uuid:7c1d"}`, 1, 0},
		"by another address":                {[]string{at}, `"patient":{"reference":"urn:uuid:9a9a"}`, 0, 0},
		"by an address nobody has":          {[]string{self}, `"patient":{"reference":"urn:uuid:9a9a"}`, 0, 0},
		"nobody's":                          {[]string{self}, `"onsetString":"x"`, 1, 0},
		"nobody's beside somebody else":     {[]string{self, somebody}, `"onsetString":"x"`, 0, 1},
		"two people's":                      {[]string{self}, `"patient":{"reference":"Patient/p"},"subject":{"reference":"Patient/o"}`, 0, 0},
		"beyond reading":                    {[]string{self}, `"patient":5`, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s := gpconnect.Open(practice, fixed(fhirtest.Bundle("collection", append(c.patients, `{"resourceType":"Practitioner","id":"d","name":[{"family":"Doe"}]}`,
				`{"resourceType":"AllergyIntolerance","id":"a","recorder":{"reference":"Practitioner/d"},"code":{"text":"Nuts"},`+c.subject+`}`,
				`{"resourceType":"List","code":{"coding":[{"code":"886921000000105"}]},"subject":{"reference":"Patient/p"}}`,
				`{"resourceType":"List","code":{"coding":[{"code":"1103671000000101"}]},"subject":{"identifier":{`+system+`,"value":"`+string(someone)+`"}}}`)...)), ids, gpconnect.Options{SourceOptions: seen.Options()})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone)})
			if err != nil || a.Rows.Count(0) != c.shown {
				t.Fatalf("%d, %v", a.Rows.Count(0), err)
			}
			if isWhole(a) != (c.shown == 1) {
				t.Errorf("whole: %t; observed %v", isWhole(a), seen.Lines())
			}
			if seen.Count("foreign Patient") != c.foreign {
				t.Errorf("observed %v", seen.Lines())
			}
			for _, x := range fetch.RowsOf[record.Allergy](a).Of(0) {
				if x.Provenance.RecordedBy == nil || x.Provenance.RecordedBy.Name != "Doe" {
					t.Errorf("recorded by %+v", x.Provenance.RecordedBy)
				}
			}
		})
	}
}

// What stands on another server is not what has the same type and id here: its words stand. What is hidden here hides what
// may mean it all the same.
func TestWhatStandsOnAnotherServer(t *testing.T) {
	const address = "https://practice.example/Medication/x"
	aspirin := func(code string) string { return `{"resourceType":"Medication","id":"x","code":` + code + `}` }
	at := func(resource string) string { return `{"fullUrl":"` + address + `","resource":` + resource + `}` }
	for name, c := range map[string]struct{ medicine, reference, want string }{
		"by an address nobody says":            {aspirin(`{"text":"Aspirin"}`), "https://elsewhere.example/Medication/x", "Warfarin"},
		"by another address":                   {at(aspirin(`{"text":"Aspirin"}`)), "https://elsewhere.example/Medication/x", "Warfarin"},
		"by the address of its entry":          {at(aspirin(`{"text":"Aspirin"}`)), address, "Aspirin"},
		"by a version at the address":          {at(aspirin(`{"text":"Aspirin"}`)), address + "/_history/2", "Aspirin"},
		"by its type and id":                   {at(aspirin(`{"text":"Aspirin"}`)), "Medication/x", "Aspirin"},
		"by another address, and is not shown": {at(aspirin(rHIV)), "https://elsewhere.example/Medication/x", ""},
	} {
		a := asked(t, madeUp(c.medicine, `{"resourceType":"MedicationStatement","id":"m","status":"active","taken":"y","me":0,"medicationReference":{"reference":"`+c.reference+`","display":"Warfarin"}}`), fetch.Medications)
		got := ""
		for _, m := range fetch.RowsOf[record.Medication](a).Of(0) {
			got += m.Medicine.Display
		}
		if got != c.want || !isWhole(a) {
			t.Errorf("%s: %q, whole: %t", name, got, isWhole(a))
		}
	}
}

// Who stands in a record besides the patient, or in their place, is told to those who run the service, and what is restricted.
func TestWhoElseIsThere(t *testing.T) {
	labelled := strings.NewReplacer(`"id"`, `"meta":{"security":[{"code":"R"}]},"id"`)
	for name, c := range map[string]struct {
		patients              []string
		foreign, confidential int
	}{
		"nobody":                         {[]string{self}, 0, 0},
		"somebody else in their place":   {[]string{somebody}, 1, 0},
		"two others":                     {[]string{somebody, strings.Replace(somebody, `"o"`, `"q"`, 1)}, 2, 0},
		"nobody in their place":          {nil, 0, 0},
		"somebody restricted besides":    {[]string{self, labelled.Replace(somebody)}, 1, 0},
		"the patient, who is restricted": {[]string{labelled.Replace(self)}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s := gpconnect.Open(practice, fixed(fhirtest.Bundle("collection", append(c.patients, `{"resourceType":"Organization","id":"g"}`)...)), ids, gpconnect.Options{SourceOptions: seen.Options()})
			read(t, s, someone)
			if seen.Count("foreign Patient") != c.foreign || seen.Count("confidential record") != c.confidential {
				t.Errorf("observed %v, %d and %d", seen.Lines(), seen.Count("foreign Patient"), seen.Count("confidential record"))
			}
		})
	}
}

// How large a resource and how long an id may be.
func TestHowLargeAnEntryMayBe(t *testing.T) {
	sized := func(r string, size int) string {
		return strings.Replace(r, `"language":""`, `"language":"`+strings.Repeat("x", size-len(r))+`"`, 1)
	}
	allergy := func(id string) string {
		return `{"resourceType":"AllergyIntolerance","id":"` + id + `","patient":{"reference":"Patient/p"},"language":"","code":{"text":"Nuts"}}`
	}
	for name, c := range map[string]struct {
		resource string
		whole    bool
	}{
		"as large as it may be": {sized(allergy("a"), 1<<20), true},
		"larger":                {sized(allergy("a"), 1<<20+1), false},
		"as long as it may be":  {allergy(strings.Repeat("a", 256)), true},
		"longer":                {allergy(strings.Repeat("a", 257)), false},
	} {
		if a := asked(t, madeUp(c.resource), fetch.Allergies); isWhole(a) != c.whole || (a.Rows.Count(0) == 1) != c.whole {
			t.Errorf("%s: %d, whole: %t", name, a.Rows.Count(0), isWhole(a))
		}
	}
	for size, whole := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
		large := sized(strings.Replace(self, `"id"`, `"language":"","id"`, 1), size)
		a := asked(t, strings.Replace(madeUp(), self, large, 1), fetch.Allergies)
		if isWhole(a) != whole {
			t.Errorf("a Patient of %d: whole: %t", size, isWhole(a))
		}
	}
}

// A list that did not come, or cannot be read, is missed where it was asked for, and said to be.
func TestWhatIsMissed(t *testing.T) {
	const ended = `{"resourceType":"List","code":{"coding":[{"code":"1103671000000101"}]},"subject":{"reference":"Patient/p"}}`
	const allergies = `{"resourceType":"List","code":{"coding":[{"code":"886921000000105"}]},"subject":{"reference":"Patient/p"}}`
	without := func(list string) string {
		return strings.Replace(madeUp(), list, `{"resourceType":"Basic","id":"b"}`, 1)
	}
	for name, c := range map[string]struct {
		data     string
		ask      fetch.Ask
		whole    bool
		observed string
	}{
		"nothing":                         {madeUp(), fetch.Ask{Kind: fetch.Allergies}, true, ""},
		"allergies":                       {without(allergies), fetch.Ask{Kind: fetch.Allergies}, false, "unanswered 886921000000105"},
		"what only has its code":          {strings.Replace(madeUp(), allergies, strings.Replace(allergies, `"List"`, `"Observation","id":"b"`, 1), 1), fetch.Ask{Kind: fetch.Allergies}, false, "unanswered 886921000000105"},
		"allergies, of medications":       {without(allergies), fetch.Ask{Kind: fetch.Medications}, true, ""},
		"allergies, beyond reading":       {strings.Replace(madeUp(), allergies, strings.Replace(allergies, `"code":{`, `"title":5,"code":{`, 1), 1), fetch.Ask{Kind: fetch.Allergies}, false, "unanswered 886921000000105"},
		"allergies that ended":            {without(ended), fetch.Ask{Kind: fetch.Allergies}, false, ""},
		"allergies that ended, not asked": {without(ended), fetch.Ask{Kind: fetch.Allergies, Filter: fetch.Filter{Status: string(record.AllergyFilterActive)}}, true, ""},
		"a result beyond reading":         {madeUp(`{"resourceType":"Observation","id":"o","me":0,"code":{"text":"Test"},"effectiveDateTime":"2026-02-31"}`), fetch.Ask{Kind: fetch.UnmappedResults}, false, "unreadable result_unmapped"},
		"a vital sign beyond reading":     {madeUp(`{"resourceType":"Observation","id":"o","me":0,"code":{"coding":[{"code":"27113001"}]},"effectiveDateTime":"2026-02-31"}`), fetch.Ask{Kind: fetch.UnmappedResults}, false, "unreadable vital_sign"},
		"a problem beyond reading":        {madeUp(`{"resourceType":"Condition","id":"c","me":0,"code":{"text":"Asthma"},"onsetDateTime":"2026-02-31"}`), fetch.Ask{Kind: fetch.UnmappedResults}, true, "unreadable problem"},
		"an outcome that is advice":       {madeUp(`{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`), fetch.Ask{Kind: fetch.Allergies}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s := gpconnect.Open(practice, fixed(c.data), ids, gpconnect.Options{SourceOptions: seen.Options()})
			c.ask.Subjects = subjects(someone)
			a, err := one(t, s, &c.ask)
			if err != nil || isWhole(a) != c.whole {
				t.Errorf("whole: %t, %v; observed %v", isWhole(a), err, seen.Lines())
			}
			if c.observed != "" && seen.Count(c.observed) == 0 || c.observed == "" && len(seen.Lines()) > 1 {
				t.Errorf("observed %v, want %q", seen.Lines(), c.observed)
			}
		})
	}
}

// What stands within a list: allergies that have ended, each judged by itself, and nothing else.
func TestWhatAListContains(t *testing.T) {
	const ended, current = "1103671000000101", "886921000000105"
	allergy := func(more string) string {
		return `{"resourceType":"AllergyIntolerance","id":"c","clinicalStatus":"resolved",` + more + `}`
	}
	const latex, mine = `"code":{"text":"Latex"}`, `"patient":{"reference":"Patient/p"},`
	const none = `"code":{"coding":[{"code":"716186003"}]}`
	for name, c := range map[string]struct {
		list, contained string
		shown           int
		whole           bool
		confidential    int
	}{
		"one that has ended":                {ended, allergy(mine + latex), 1, true, 0},
		"in the list of those that stand":   {current, allergy(mine + latex), 1, true, 0},
		"that there is none, which ended":   {ended, allergy(mine + none), 0, true, 0},
		"a medicine":                        {ended, `{"resourceType":"Medication","id":"c","code":{"text":"Latex"}}`, 0, true, 0},
		"nothing":                           {ended, `{}`, 0, true, 0},
		"one without an id":                 {ended, strings.Replace(allergy(mine+latex), `"id":"c",`, "", 1), 0, false, 0},
		"one of somebody else":              {ended, allergy(`"patient":{"reference":"Patient/o"},` + latex), 0, false, 0},
		"one that may not be shown":         {ended, allergy(mine + `"code":` + rHIV), 0, true, 0},
		"one that is labelled":              {ended, allergy(mine + `"meta":{"security":[{"code":"R"}]},` + latex), 0, true, 1},
		"one recorded for a hidden reason":  {ended, allergy(mine + `"extension":[{"url":"x","valueReference":{"reference":"Encounter/e"}}],` + latex), 0, true, 0},
		"one recorded at a hidden practice": {ended, allergy(mine + `"recorder":{"reference":"Organization/h"},` + latex), 0, true, 0},
		"one recorded at an open practice":  {ended, allergy(mine + `"recorder":{"reference":"Organization/g"},` + latex), 1, true, 0},
		"one beyond reading":                {ended, allergy(mine + `"onsetDateTime":5,` + latex), 0, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &events{}
			s := gpconnect.Open(practice, fixed(madeUp(`{"resourceType":"List","code":{"coding":[{"code":"`+c.list+`"}]},"me":0,"contained":[`+c.contained+`]}`,
				`{"resourceType":"Encounter","id":"e","me":0,"reason":[`+rHIV+`]}`, `{"resourceType":"Organization","id":"h","name":"HIV clinic"}`, `{"resourceType":"Organization","id":"g","name":"Surgery"}`)), ids, gpconnect.Options{SourceOptions: seen.Options()})
			a, err := one(t, s, &fetch.Ask{Kind: fetch.Allergies, Subjects: subjects(someone)})
			if err != nil || a.Rows.Count(0) != c.shown || isWhole(a) != c.whole || seen.Count("confidential record") != c.confidential {
				t.Errorf("%d, whole: %t, %v; observed %v", a.Rows.Count(0), isWhole(a), err, seen.Lines())
			}
		})
	}
}

// When an allergy ended and why, where either is said.
func TestAnAllergyThatEnded(t *testing.T) {
	for said, want := range map[string]string{
		"": "|", `{"url":"endDate","valueDateTime":"2026-01-02"}`: "2026-01-02|", `{"url":"endDate","valueDate":"2026-01-03"}`: "2026-01-03|", `{"url":"reasonEnded","valueString":"Tolerated"}`: "|Tolerated",
	} {
		a := asked(t, madeUp(`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/p"},"code":{"text":"Nuts"},"extension":[{"url":"https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-AllergyIntoleranceEnd-1","extension":[`+said+`]}]}`), fetch.Allergies)
		for _, x := range fetch.RowsOf[record.Allergy](a).Of(0) {
			if got := string(x.EndedOn) + "|" + string(x.EndReason); got != want || !isWhole(a) {
				t.Errorf("%s: %s, whole: %t", said, got, isWhole(a))
			}
		}
	}
}

// A list that lacks what it names is no whole list, unless the practice keeps some back or what it names came and was left out.
func TestWhatAListLacks(t *testing.T) {
	list := func(code, more string) string {
		return `{"resourceType":"List","me":0,"date":"2026-11-20T10:00:00+00:00","code":{"coding":[{"code":"` + code + `"}]}` + more + `}`
	}
	entry := func(item string) string { return `,"entry":[{"item":{` + item + `}}]` }
	const allergies, ended, problems = "886921000000105", "1103671000000101", "717711000000103"
	for name, c := range map[string]struct {
		held  []string
		kind  fetch.Kind
		whole bool
	}{
		"what came":              {[]string{list(problems, entry(`"reference":"Condition/1"`)), problem(`{"text":"Asthma"}`, "")}, fetch.Problems, true},
		"what did not":           {[]string{list(problems, entry(`"reference":"Condition/2"`)), problem(`{"text":"Asthma"}`, "")}, fetch.Problems, false},
		"of another part":        {[]string{list(problems, entry(`"reference":"Condition/2"`))}, fetch.Medications, true},
		"what it contains":       {[]string{list(problems, entry(`"reference":"#c"`))}, fetch.Problems, true},
		"an identifier":          {[]string{list(problems, entry(`"identifier":{"system":"https://practice.example/problems","value":"17"}`)), problem(`{"text":"Asthma"}`, `,"identifier":[{"system":"https://practice.example/problems","value":"17"}]`)}, fetch.Problems, true},
		"one that nobody bears":  {[]string{list(problems, entry(`"identifier":{"system":"https://practice.example/problems","value":"18"}`)), problem(`{"text":"Asthma"}`, `,"identifier":[{"system":"https://practice.example/problems","value":"17"}]`)}, fetch.Problems, false},
		"words":                  {[]string{list(problems, entry(`"display":"Asthma"`))}, fetch.Problems, true},
		"what may not be shown":  {[]string{list(problems, entry(`"reference":"Condition/1"`)), problem(rHIV, "")}, fetch.Problems, true},
		"what is too large":      {[]string{list(allergies, entry(`"reference":"Specimen/s"`)), `{"resourceType":"Specimen","id":"s","me":0,"note":[{"text":"` + strings.Repeat("x", 1<<20) + `"}]}`}, fetch.Allergies, true},
		"what is kept back":      {[]string{list(problems, ","+warns("confidential-items")+entry(`"reference":"Condition/2"`))}, fetch.Problems, true},
		"what is on its way":     {[]string{list(problems, ","+warns("data-in-transit")+entry(`"reference":"Condition/2"`))}, fetch.Problems, false},
		"allergies that ended":   {[]string{list(ended, entry(`"reference":"AllergyIntolerance/2"`))}, fetch.Allergies, false},
		"those, of problems":     {[]string{list(ended, entry(`"reference":"AllergyIntolerance/2"`))}, fetch.Problems, true},
		"of a list nobody knows": {[]string{list("1", entry(`"reference":"AllergyIntolerance/2"`))}, fetch.Allergies, true},
	} {
		if a := asked(t, madeUp(c.held...), c.kind); isWhole(a) != c.whole {
			t.Errorf("%s: whole: %t", name, isWhole(a))
		}
	}
	a := asked(t, madeUp(list(allergies, ","+warns("data-in-transit")), list(ended, ","+warns("data-in-transit"))), fetch.Notes)
	if notes := fetch.RowsOf[record.ListNote](a).Of(0); len(notes) != 1 || at(notes[0].Provenance.RecordedAt) != "2026-11-20T10:00" {
		t.Errorf("two lists of one class: %+v", notes)
	}
}
