package sample_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"

	"github.com/google/go-cmp/cmp"
)

// The reader in this file shares nothing with the converter: it goes through the
// resources as plain JSON and says of each what must stand in which row.

type object map[string]any

// at follows a path such as "period.start" or "category.0.coding.0.code".
func (o object) at(path string) any {
	var v any = map[string]any(o)
	for _, step := range strings.Split(path, ".") {
		switch t := v.(type) {
		case map[string]any:
			v = t[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}

func (o object) text(path string) string {
	switch v := o.at(path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (o object) list(path string) []object {
	items, _ := o.at(path).([]any)
	var list []object
	for _, i := range items {
		list = append(list, i.(map[string]any))
	}
	return list
}

// found is a row with the source that holds it.
type found struct {
	source   load.Source
	relation string
	columns  map[string]any
	used     bool
}

// shelf is a person's rows, by id and by parent.
type shelf struct {
	t        *testing.T
	person   load.Person
	byID     map[string][]*found
	byParent map[string][]*found
	all      []*found
	raw      map[string]object   // resources by urn
	during   map[string][]object // resources by encounter
	report   map[string]string   // id of the report of each result

}

func newShelf(t *testing.T, p load.Person, resources []object) *shelf {
	s := &shelf{t: t, person: p, byID: map[string][]*found{}, byParent: map[string][]*found{}, raw: map[string]object{},
		during: map[string][]object{}, report: map[string]string{}}
	for source, rows := range p.Rows {
		for _, r := range rows {
			f := &found{source, r.Relation, r.Columns, false}
			s.all = append(s.all, f)
			if id, ok := r.Columns["id"].(string); ok {
				s.byID[id] = append(s.byID[id], f)
			}
			if parent, ok := r.Columns["parent_id"].(string); ok {
				key := r.Relation + " " + parent
				s.byParent[key] = append(s.byParent[key], f)
			}
			if r.Columns["nhs_number"] != string(p.Number) {
				t.Errorf("a %s row is another person's", r.Relation)
			}
		}
	}
	for _, r := range resources {
		s.raw["urn:uuid:"+r.text("id")] = r
		s.during[r.text("encounter.reference")] = append(s.during[r.text("encounter.reference")], r)
		for _, result := range r.list("result") {
			s.report[result.text("reference")] = r.text("id")
		}
	}
	return s
}

// one is the only row with the id, in one of the relations.
func (s *shelf) one(r object, relations ...string) *found {
	rows := s.byID[r.text("id")]
	if len(rows) != 1 || !slices.Contains(relations, rows[0].relation) {
		s.t.Fatalf("%s: %d rows, want one of %v", r.text("resourceType"), len(rows), relations)
	}
	rows[0].used = true
	return rows[0]
}

// parts are the rows that belong to another, in order.
func (s *shelf) parts(relation, parent string) []*found {
	rows := s.byParent[relation+" "+parent]
	slices.SortFunc(rows, func(a, b *found) int { return a.columns["position"].(int) - b.columns["position"].(int) })
	for _, r := range rows {
		r.used = true
	}
	return rows
}

// is compares a column with a text; an absent one is "".
func (s *shelf) is(f *found, column, want string) {
	got := ""
	switch v := f.columns[column].(type) {
	case nil:
	case string:
		got = v
	default:
		got = fmt.Sprint(v)
	}
	if got != want {
		s.t.Helper() // here, since it takes longer than all the rest
		s.t.Errorf("%s.%s is %q, want %q", f.relation, column, got, want)
	}
}

// moment compares a column with a FHIR dateTime.
func (s *shelf) moment(f *found, column, want string) {
	got, _ := f.columns[column].(time.Time)
	if want == "" {
		if !got.IsZero() {
			s.t.Errorf("%s.%s is set", f.relation, column)
		}
		return
	}
	at, err := time.Parse(time.RFC3339Nano, want)
	if err != nil {
		s.t.Fatal(err)
	}
	if !got.Equal(at) || f.columns[column+"_day_only"] != false {
		s.t.Errorf("%s.%s is %v, want %s", f.relation, column, got, want)
	}
}

func (s *shelf) code(f *found, prefix string, c object) {
	for _, part := range []string{"system", "code", "display"} {
		s.is(f, prefix+"_"+part, c.text("coding.0."+part))
	}
}

func day(dateTime string) string { return dateTime[:min(10, len(dateTime))] }

// londonDay is the day of a moment in London, beside which it is shown.
func londonDay(t *testing.T, dateTime string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, dateTime)
	if err != nil {
		t.Fatal(err)
	}
	return string(record.Today(at))
}

func sub(o object, key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

// practitioner is the name a reference leads to.
func (s *shelf) practitioner(r object) string {
	who := s.raw[r.text("reference")]
	if who == nil {
		return ""
	}
	return strings.TrimSpace(who.text("name.0.prefix.0") + " " + who.text("name.0.given.0") + " " + who.text("name.0.family"))
}

// links are the codes an entry hangs on: its own reasons and its encounter's, and what hides that encounter: what was found and
// done at it first, and of what kind it was, where that says anything.
func (s *shelf) links(f *found, r object, more ...object) {
	var want []string
	add := func(c object) {
		if code := c.text("coding.0.code"); code != "" && !slices.Contains(want, c.text("coding.0.system")+"|"+code) {
			want = append(want, c.text("coding.0.system")+"|"+code)
		}
	}
	for _, c := range r.list("reasonCode") {
		add(c)
	}
	for _, ref := range append(r.list("reasonReference"), r.list("addresses")...) {
		add(sub(s.raw[ref.text("reference")], "code"))
	}
	for _, c := range s.raw[r.text("encounter.reference")].list("reasonCode") {
		add(c)
	}
	for _, c := range s.mains(r.text("encounter.reference")) {
		add(c)
	}
	for _, c := range more {
		add(c)
	}
	got, _ := f.columns["linked_codes"].([]string)
	kinds := s.kinds(r)
	for len(got) > len(want) && slices.Contains(kinds, got[len(got)-1]) {
		got = got[:len(got)-1]
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("%s hangs on %v, want %v", f.relation, got, want)
	}
}

// kinds are of what kind the encounters of an entry and of its reasons were, and why these took place.
func (s *shelf) kinds(r object) (codes []string) {
	for _, of := range append(append(r.list("reasonReference"), r.list("addresses")...), object{}) {
		at := r
		if of.text("reference") != "" {
			at = s.raw[of.text("reference")]
		}
		visit := s.raw[at.text("encounter.reference")]
		for _, kind := range append(visit.list("type"), visit.list("reasonCode")...) {
			codes = append(codes, kind.text("coding.0.system")+"|"+kind.text("coding.0.code"))
		}
	}
	return codes
}

// mains are the first diagnosis of a stay or attendance, and the first procedure of a stay.
func (s *shelf) mains(encounter string) (codes []object) {
	visit := s.raw[encounter]
	if visit == nil {
		return nil
	}
	for what, relations := range map[string][]string{"Condition": {"stay", "attendance"}, "Procedure": {"stay"}} {
		i := slices.IndexFunc(s.during[encounter], func(o object) bool { return o.text("resourceType") == what })
		if i < 0 || !slices.Contains(relations, s.byID[visit.text("id")][0].relation) {
			continue
		}
		code := sub(s.during[encounter][i], "code")
		if codes = append(codes, code); what == "Condition" {
			codes[0], codes[len(codes)-1] = code, codes[0]
		}
	}
	return codes
}

func (s *shelf) value(f *found, r object) {
	q, c := sub(r, "valueQuantity"), sub(r, "valueCodeableConcept")
	s.is(f, "value_quantity", q.text("value"))
	unit := q.text("unit")
	s.is(f, "value_unit", unit)
	s.is(f, "value_code", c.text("coding.0.code"))
	s.is(f, "value_code_system", c.text("coding.0.system"))
	s.is(f, "value_code_display", c.text("coding.0.display"))
	switch {
	case q != nil:
		s.is(f, "value_text", strings.TrimSpace(q.text("value")+" "+unit))
	case c != nil:
		s.is(f, "value_text", c.text("coding.0.display"))
	default:
		s.is(f, "value_text", r.text("valueString"))
	}
}

var onceAsMade = sync.OnceValues(func() ([]load.Person, error) { return sample.Synthea(time.Time{}) })

// asMade are the Synthea people with the dates they were made with. They are made once.
func asMade(t *testing.T) []load.Person {
	t.Helper()
	people, err := onceAsMade()
	if err != nil {
		t.Fatal(err)
	}
	return people
}

func TestEverySyntheaEntryArrivesOnceAsItIs(t *testing.T) {
	people := asMade(t)
	if len(people) != 200 {
		t.Fatalf("%d people", len(people))
	}
	numbers, err := sample.SyntheaNumbers()
	if err != nil {
		t.Fatal(err)
	}
	byNumber := map[record.NHSNumber]load.Person{}
	var tally load.Tally
	for _, p := range people {
		byNumber[p.Number] = p
		tally.Add(p.Tally)
	}
	types := map[string]int{}
	err = sample.SyntheaResources(func(lines [][]byte) error {
		var resources []object
		for _, line := range lines {
			dec := json.NewDecoder(bytes.NewReader(line))
			dec.UseNumber()
			var o object
			if err := dec.Decode(&o); err != nil {
				return err
			}
			types[o.text("resourceType")]++
			resources = append(resources, o)
		}
		person := byNumber[numbers[resources[0].text("id")]]
		compare(newShelf(t, person, resources), resources)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// The people of the data, as its README counts them, without claims and statements of benefit.
	want := map[string]int{"Patient": 200, "Observation": 31879, "Encounter": 6151, "Procedure": 2963, "Immunization": 2316,
		"DiagnosticReport": 2307, "MedicationRequest": 1785, "Condition": 1575, "CarePlan": 635, "Goal": 430, "ImagingStudy": 157,
		"AllergyIntolerance": 137}
	if !maps.Equal(tally.Loaded, want) {
		t.Errorf("loaded %v", tally.Loaded)
	}
	left := map[load.Left]int{{Type: "Organization", Reason: "read for names only"}: 335, {Type: "Practitioner", Reason: "read for names only"}: 335}
	if !maps.Equal(tally.Left, left) {
		t.Errorf("left %v", tally.Left)
	}
	want["Organization"], want["Practitioner"] = 335, 335
	if !maps.Equal(types, want) {
		t.Errorf("the data hold %v", types)
	}
}

// compare goes through a person's resources; afterwards every row must be accounted for.
func compare(s *shelf, resources []object) {
	for _, r := range resources {
		switch r.text("resourceType") {
		case "Patient":
			comparePatient(s, r)
		case "Encounter":
			compareEncounter(s, r)
		case "Condition":
			compareCondition(s, r)
		case "Observation":
			compareObservation(s, r)
		case "DiagnosticReport":
			f := s.one(r, "report")
			s.code(f, "kind", sub(r, "code"))
			s.is(f, "title", r.text("code.coding.0.display"))
			s.is(f, "status", "FINAL")
			s.is(f, "category", "LABORATORY")
			s.moment(f, "taken_at", r.text("effectiveDateTime"))
			s.moment(f, "issued_at", r.text("issued"))
			s.links(f, r)
		case "Procedure":
			compareProcedure(s, r)
		case "MedicationRequest":
			compareMedication(s, r)
		case "AllergyIntolerance":
			f := s.one(r, "allergy")
			s.code(f, "substance", sub(r, "code"))
			s.is(f, "status", strings.ToUpper(r.text("clinicalStatus.coding.0.code")))
			s.is(f, "verification", strings.ToUpper(r.text("verificationStatus.coding.0.code")))
			s.is(f, "kind", strings.ToUpper(r.text("type")))
			s.is(f, "category", strings.ToUpper(r.text("category.0")))
			s.is(f, "criticality", strings.ToUpper(r.text("criticality")))
			s.moment(f, "recorded_at", r.text("recordedDate"))
		case "Immunization":
			f := s.one(r, "immunisation")
			s.code(f, "vaccine", sub(r, "vaccineCode"))
			s.is(f, "given_on", day(r.text("occurrenceDateTime")))
			s.is(f, "status", strings.ToUpper(r.text("status")))
			s.links(f, r)
		case "CarePlan":
			compareCarePlan(s, r)
		case "ImagingStudy":
			f := s.one(r, "imaging_study")
			s.moment(f, "started_at", r.text("started"))
			for _, part := range []string{"system", "code", "display"} {
				s.is(f, "modality_"+part, r.text("series.0.modality."+part))
				s.is(f, "body_site_"+part, r.text("series.0.bodySite."+part))
			}
			s.is(f, "description", r.text("series.0.instance.0.title"))
			s.is(f, "series_count", r.text("numberOfSeries"))
			s.is(f, "image_count", r.text("numberOfInstances"))
			s.links(f, r)
		}
	}
	for _, f := range s.all {
		if !f.used {
			s.t.Errorf("a row of %s that nothing in the data stands behind", f.relation)
		}
	}
}

func comparePatient(s *shelf, r object) {
	calls := 0
	for _, f := range s.all {
		switch f.relation {
		case "telecom":
			f.used = true
			calls++
			s.is(f, "value", r.text("telecom.0.value"))
			s.is(f, "system", "PHONE")
			s.is(f, "use", "HOME")
		case "person":
			f.used = true
			s.is(f, "name_family", r.text("name.0.family"))
			s.is(f, "name_prefix", r.text("name.0.prefix.0"))
			s.is(f, "name_suffix", r.text("name.0.suffix.0"))
			s.is(f, "name_given", "["+r.text("name.0.given.0")+"]")
			s.is(f, "born_on", r.text("birthDate"))
			s.is(f, "gender", strings.ToUpper(r.text("gender")))
			s.moment(f, "died_at", r.text("deceasedDateTime"))
			s.code(f, "marital_status", sub(r, "maritalStatus"))
			s.code(f, "language", object(r.at("communication.0.language").(map[string]any)))
			s.is(f, "ethnic_category_code", r.text("extension.0.extension.0.valueCoding.code"))
		}
	}
	if calls != len(r.list("telecom")) {
		s.t.Errorf("%d telephone numbers", calls)
	}
	if s.person.Born != record.PartialDate(r.text("birthDate")) || s.person.Died.IsZero() != (r.text("deceasedDateTime") == "") {
		s.t.Error("birth or death differs")
	}
}

func compareEncounter(s *shelf, r object) {
	f := s.one(r, "stay", "attendance", "consultation", "care_contact", "social_care_assessment")
	start, end := r.text("period.start"), r.text("period.end")
	kind := object(r.list("type")[0])
	reason := object(nil)
	if reasons := r.list("reasonCode"); len(reasons) > 0 {
		reason = reasons[0]
	}
	switch f.relation {
	case "stay":
		s.moment(f, "admitted_at", start)
		s.moment(f, "discharged_at", end)
		s.is(f, "consultant_name", s.practitioner(object{"reference": r.text("participant.0.individual.reference")}))
		s.is(f, "discharge_destination_code", r.text("hospitalization.dischargeDisposition.coding.0.code"))
		if reason == nil {
			reason = kind
		}
		s.code(f, "reason", reason)
	case "attendance":
		s.code(f, "kind", kind)
		s.code(f, "complaint", reason)
		s.moment(f, "arrived_at", start)
		s.moment(f, "departed_at", end)
		s.is(f, "discharge_destination_code", r.text("hospitalization.dischargeDisposition.coding.0.code"))
	case "consultation":
		s.code(f, "kind", kind)
		s.code(f, "reason", reason)
		s.moment(f, "held_at", start)
		s.moment(f, "ended_at", end)
		s.is(f, "clinician_name", s.practitioner(object{"reference": r.text("participant.0.individual.reference")}))
	case "care_contact":
		s.code(f, "kind", kind)
		s.code(f, "reason", reason)
		s.moment(f, "at", start)
		from, _ := time.Parse(time.RFC3339, start)
		to, _ := time.Parse(time.RFC3339, end)
		s.is(f, "duration_minutes", fmt.Sprint(int(to.Sub(from).Minutes())))
	case "social_care_assessment":
		s.code(f, "kind", kind)
		s.moment(f, "recorded_at", start)
		s.is(f, "started_on", day(start))
		s.is(f, "ended_on", day(end))
	}
	more := r.list("type")[1:]
	if f.relation == "stay" && len(r.list("reasonCode")) > 0 { // its kind has no column
		more = r.list("type")
	}
	s.links(f, r, more...)
	// The diagnoses and procedures of a stay are those recorded at it.
	var diagnoses, procedures []object
	for _, other := range s.during["urn:uuid:"+r.text("id")] {
		switch other.text("resourceType") {
		case "Condition":
			diagnoses = append(diagnoses, other)
		case "Procedure":
			procedures = append(procedures, other)
		}
	}
	if f.relation == "stay" || f.relation == "attendance" {
		compareParts(s, s.parts(f.relation+"_diagnosis", r.text("id")), "diagnosis", diagnoses)
	}
	if f.relation == "stay" {
		compareParts(s, s.parts("stay_procedure", r.text("id")), "procedure", procedures)
	}
}

// compareParts compares the codes, in whatever order they came.
func compareParts(s *shelf, rows []*found, prefix string, resources []object) {
	s.t.Helper()
	var got, want []string
	for _, f := range rows {
		got = append(got, fmt.Sprint(f.columns[prefix+"_code"]))
	}
	for _, r := range resources {
		want = append(want, r.text("code.coding.0.code"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("%s %v, want %v", prefix, got, want)
	}
}

func compareCondition(s *shelf, r object) {
	f := s.one(r, "problem", "support_reason", "safeguarding")
	if f.relation != "problem" {
		s.t.Errorf("a condition became a %s", f.relation)
	}
	s.code(f, "problem", sub(r, "code"))
	s.is(f, "status", strings.ToUpper(r.text("clinicalStatus.coding.0.code")))
	s.is(f, "verification", strings.ToUpper(r.text("verificationStatus.coding.0.code")))
	s.is(f, "onset_on", day(r.text("onsetDateTime")))
	s.is(f, "ended_on", day(r.text("abatementDateTime")))
	s.moment(f, "recorded_at", r.text("recordedDate"))
	s.links(f, r)
}

func compareObservation(s *shelf, r object) {
	f := s.one(r, "result", "vital_sign", "assessment", "social_care_assessment")
	code := sub(r, "code")
	taken, issued := r.text("effectiveDateTime"), r.text("issued")
	var more []object // that has no column
	switch f.relation {
	case "vital_sign", "assessment", "social_care_assessment":
		if report := s.raw["urn:uuid:"+s.report["urn:uuid:"+r.text("id")]]; report != nil {
			more = append(more, sub(report, "code"))
		}
	}
	if f.relation == "assessment" || f.relation == "social_care_assessment" {
		more = append(more, sub(r, "valueCodeableConcept"))
		for _, part := range r.list("component") {
			more = append(more, sub(part, "code"), sub(part, "valueCodeableConcept"))
		}
	}
	s.links(f, r, more...)
	switch f.relation {
	case "result":
		s.code(f, "test", code)
		s.moment(f, "taken_at", taken)
		s.moment(f, "issued_at", issued)
		s.is(f, "status", "FINAL")
		s.value(f, r)
		compareComponents(s, s.parts("result_component", r.text("id")), "test", r)
		s.is(f, "report_id", s.report["urn:uuid:"+r.text("id")])
	case "vital_sign":
		s.code(f, "sign", code)
		s.moment(f, "taken_at", taken)
		s.moment(f, "recorded_at", issued)
		s.is(f, "status", "FINAL")
		s.value(f, r)
		compareComponents(s, s.parts("vital_sign_component", r.text("id")), "sign", r)
	case "assessment":
		s.code(f, "tool", code)
		s.is(f, "score", r.text("valueQuantity.value"))
		s.is(f, "unit", r.text("valueQuantity.unit"))
		s.is(f, "assessed_on", day(taken))
		s.moment(f, "recorded_at", issued)
		s.is(f, "status", "FINAL")
	case "social_care_assessment":
		s.code(f, "kind", code)
		s.is(f, "started_on", day(taken))
		s.moment(f, "recorded_at", taken)
		s.is(f, "summary", r.text("valueString"))
		s.is(f, "status", "COMPLETED")
	}
}

func compareComponents(s *shelf, rows []*found, prefix string, r object) {
	s.t.Helper()
	parts := r.list("component")
	if len(rows) != len(parts) {
		s.t.Errorf("%d parts, want %d", len(rows), len(parts))
		return
	}
	for i, part := range parts {
		s.code(rows[i], prefix, sub(part, "code"))
		s.value(rows[i], part)
	}
}

func compareProcedure(s *shelf, r object) {
	f := s.one(r, "procedure", "social_care_assessment")
	if f.relation != "procedure" {
		s.t.Errorf("a procedure became a %s", f.relation)
	}
	s.code(f, "procedure", sub(r, "code"))
	s.is(f, "performed_on", londonDay(s.t, r.text("performedPeriod.start")))
	s.moment(f, "performed_at", r.text("performedPeriod.start"))
	s.moment(f, "ended_at", r.text("performedPeriod.end"))
	s.is(f, "status", strings.ToUpper(r.text("status")))
	if ref := r.text("reasonReference.0.reference"); ref != "" {
		s.code(f, "reason", sub(s.raw[ref], "code"))
	}
	s.links(f, r)
}

func compareMedication(s *shelf, r object) {
	f := s.one(r, "medication")
	s.code(f, "medicine", sub(r, "medicationCodeableConcept"))
	s.is(f, "status", strings.ToUpper(r.text("status")))
	s.is(f, "intent", "ORDER")
	s.is(f, "started_on", day(r.text("authoredOn")))
	s.moment(f, "recorded_at", r.text("authoredOn"))
	s.is(f, "prescriber_name", s.practitioner(object{"reference": r.text("requester.reference")}))
	if needed, ok := r.at("dosageInstruction.0.asNeededBoolean").(bool); ok {
		s.is(f, "as_needed", fmt.Sprint(needed))
	}
	dosage, _ := f.columns["dosage"].(string)
	for _, path := range []string{"dosageInstruction.0.doseAndRate.0.doseQuantity.value", "dosageInstruction.0.timing.repeat.frequency",
		"dosageInstruction.0.timing.repeat.period", "dosageInstruction.0.additionalInstruction.0.coding.0.display"} {
		if !strings.Contains(dosage, r.text(path)) {
			s.t.Errorf("the dosage %q lacks %s", dosage, path)
		}
	}
	var instructions []object // in words with the dose; their codes have no column
	for _, dose := range r.list("dosageInstruction") {
		instructions = append(instructions, dose.list("additionalInstruction")...)
	}
	s.links(f, r, instructions...)
}

func compareCarePlan(s *shelf, r object) {
	f, id := s.one(r, "care_plan"), r.text("id")
	s.code(f, "kind", object(r.at("category.0").(map[string]any)))
	s.is(f, "started_on", day(r.text("period.start")))
	s.is(f, "ended_on", day(r.text("period.end")))
	s.is(f, "status", map[string]string{"active": "IN_PROGRESS", "completed": "COMPLETED"}[r.text("status")])
	if ref := r.text("addresses.0.reference"); ref != "" {
		s.code(f, "addresses", sub(s.raw[ref], "code"))
	}
	s.links(f, r)
	activities, rows := r.list("activity"), s.parts("care_plan_activity", id)
	goals, reached := r.list("goal"), s.parts("care_plan_goal", id)
	if len(activities) != len(rows) || len(goals) != len(reached) {
		s.t.Fatalf("%d activities of %d, %d goals of %d", len(rows), len(activities), len(reached), len(goals))
	}
	for i, a := range activities {
		s.code(rows[i], "activity", sub(sub(a, "detail"), "code"))
		s.is(rows[i], "status", map[string]string{"in-progress": "IN_PROGRESS", "completed": "COMPLETED"}[a.text("detail.status")])
	}
	for i, g := range goals {
		goal := s.raw[g.text("reference")]
		s.is(reached[i], "goal_display", goal.text("description.text"))
		s.is(reached[i], "status", map[string]string{"in-progress": "IN_PROGRESS", "achieved": "COMPLETED"}[goal.text("achievementStatus.coding.0.code")])
	}
}

func TestSyntheaFallsAmongTheSectors(t *testing.T) {
	people := asMade(t)
	got := map[string]int{}
	holds := map[string]int{} // people with records in a sector
	practices := map[string]int{}
	for _, p := range people {
		practices[p.Practice]++
		sectors := map[string]bool{}
		for source, rows := range p.Rows {
			sectors[string(source.Sector)] = true
			for _, r := range rows {
				if _, ok := r.Columns["id"]; ok {
					got[string(source.Sector)+" "+r.Relation]++
				}
			}
		}
		for sector := range sectors {
			holds[sector]++
		}
	}
	want := map[string]int{
		"ACUTE attendance": 688, "ACUTE care_plan": 198, "ACUTE imaging_study": 157, "ACUTE medication": 384, "ACUTE problem": 144,
		"ACUTE procedure": 1101, "ACUTE report": 58, "ACUTE result": 762, "ACUTE stay": 248, "ACUTE vital_sign": 109,
		"GP allergy": 137, "GP care_plan": 391, "GP consultation": 4978, "GP immunisation": 2316, "GP medication": 1347,
		"GP problem": 1362, "GP procedure": 1821, "GP report": 2249, "GP result": 21758, "GP vital_sign": 8981,
		"MENTAL_HEALTH assessment": 171, "MENTAL_HEALTH care_contact": 167, "MENTAL_HEALTH care_plan": 46, "MENTAL_HEALTH medication": 54, "MENTAL_HEALTH problem": 69,
		"MENTAL_HEALTH procedure": 41, "MENTAL_HEALTH stay": 49, "MENTAL_HEALTH vital_sign": 56,
		"SOCIAL_CARE social_care_assessment": 63,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got)\n%s", diff)
	}
	// Most have been in hospital, one in three has to do with mental health, and few have social care in these data.
	if want := map[string]int{"DEMOGRAPHICS": 200, "GP": 200, "ACUTE": 174, "MENTAL_HEALTH": 74, "SOCIAL_CARE": 5}; !maps.Equal(holds, want) {
		t.Errorf("people with records in a sector: %v", holds)
	}
	if len(practices) != 7 || practices["F83999"] < 40 {
		t.Errorf("people of practices: %v", practices)
	}
}

func TestSyntheaDatesMoveTogetherByWholeWeeks(t *testing.T) {
	today := later
	before, moved := asMade(t), everyone(t, later)[len(sample.Scenarios(later)):] // what completes them comes behind their rows
	for i := range before {
		shift := daysBetween(t, string(before[i].Born), string(moved[i].Born))
		if shift%7 != 0 {
			t.Errorf("moved by %d days", shift)
		}
		last := time.Time{}
		for source, rows := range before[i].Rows {
			for j, row := range rows {
				for name, was := range row.Columns {
					is := moved[i].Rows[source][j].Columns[name]
					switch {
					case row.Relation == "procedure" && name == "performed_on": // London's day of a moment, which summer time may turn
						if want := string(record.Today(moved[i].Rows[source][j].Columns["performed_at"].(time.Time))); is != want {
							t.Errorf("a procedure on %s, of %s", is, want)
						}
					case row.Relation == "stay_procedure" && name == "performed_on":
						if by := daysBetween(t, was.(string), is.(string)) - shift; by < -1 || by > 1 {
							t.Errorf("a procedure of a stay did not move with the rest")
						}
					default:
						compareMoved(t, row.Relation+"."+name, was, is, shift)
					}
					at, ok := is.(time.Time)
					if ok && at.After(today) {
						t.Errorf("%s.%s is still to come", row.Relation, name)
					}
					if (name == "held_at" || name == "admitted_at" || name == "arrived_at" || name == "at") && at.After(last) {
						last = at
					}
				}
			}
		}
		// A few went on to have something after their last encounter, and that must not lie ahead.
		if today.Sub(last) > 120*24*time.Hour {
			t.Errorf("the last encounter is %v ago", today.Sub(last))
		}
		if before[i].Died.IsZero() != moved[i].Died.IsZero() {
			t.Error("a death came or went")
		}
	}
}

func daysBetween(t *testing.T, a, b string) int {
	from, errA := time.Parse(time.DateOnly, a)
	to, errB := time.Parse(time.DateOnly, b)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return int(to.Sub(from).Hours() / 24)
}

func compareMoved(t *testing.T, name string, was, is any, shift int) {
	switch was := was.(type) {
	case time.Time:
		if !was.AddDate(0, 0, shift).Equal(is.(time.Time)) {
			t.Errorf("%s did not move with the rest", name)
		}
	case string:
		if _, err := time.Parse(time.DateOnly, was); err == nil && daysBetween(t, was, is.(string)) != shift {
			t.Errorf("%s did not move with the rest", name)
		}
	}
}

func BenchmarkSynthea(b *testing.B) {
	for b.Loop() {
		if _, err := sample.Synthea(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			b.Fatal(err)
		}
	}
}
