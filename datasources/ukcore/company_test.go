package ukcore_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/ukcore"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var worlds = flag.Int("worlds", 4, "how many worlds TestHidingDoesNotDependOnCompany makes; CI makes 100 without the race detector")

// typesOf are types of resource with what makes an entry of one, and the members by which it
// may refer to others: "member:Type,Type" with "[]" for a list and "." for what is below.
var typesOf = map[string]struct {
	body  string
	slots []string
}{
	"MedicationRequest":        {tablets, []string{"reasonReference[]:Condition,Observation", "basedOn[]:CarePlan,ServiceRequest", "encounter:Encounter", "requester:PractitionerRole,Organization", "supportingInformation[]:", "performer:Organization,PractitionerRole"}},
	"MedicationStatement":      {`,"medicationCodeableConcept":{"text":"Syrup"}`, []string{"reasonReference[]:Condition,Observation,DiagnosticReport", "derivedFrom[]:", "basedOn[]:MedicationRequest", "context:Encounter", "medicationReference:Medication"}},
	"MedicationAdministration": {`,"medicationCodeableConcept":{"text":"Drops"}`, []string{"request:MedicationRequest", "reasonReference[]:Observation", "context:Encounter"}},
	"Observation":              {`,"code":{"text":"Sodium"},"valueString":"1"`, []string{"encounter:Encounter", "performer[]:PractitionerRole,Organization", "hasMember[]:Observation", "derivedFrom[]:DocumentReference,Observation,ImagingStudy", "specimen:Specimen", "basedOn[]:ServiceRequest", "focus[]:"}},
	"vital":                    {`,"category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"Weight"},"valueString":"70"`, []string{"encounter:Encounter", "performer[]:PractitionerRole", "derivedFrom[]:Observation"}},
	"DiagnosticReport":         {`,"code":{"text":"Bloods"},"conclusion":"Well"`, []string{"result[]:Observation", "encounter:Encounter", "performer[]:Organization", "specimen[]:Specimen", "basedOn[]:ServiceRequest"}},
	"Condition":                {`,"code":{"text":"Asthma"}`, []string{"encounter:Encounter", "evidence[].detail[]:", "recorder:PractitionerRole"}},
	"Procedure":                {`,"code":{"text":"Suture"}`, []string{"encounter:Encounter", "reasonReference[]:Condition,Observation,DiagnosticReport", "partOf[]:Procedure", "location:Location", "report[]:DiagnosticReport"}},
	"Immunization":             {`,"vaccineCode":{"text":"Flu"},"occurrenceDateTime":"2026-01-01"`, []string{"encounter:Encounter", "location:Location", "reasonReference[]:Condition,Observation", "performer[].actor:PractitionerRole"}},
	"AllergyIntolerance":       {`,"code":{"text":"Nuts"}`, []string{"encounter:Encounter", "recorder:PractitionerRole"}},
	"ServiceRequest":           {`,"intent":"order","code":{"text":"Physiotherapy"}`, []string{"encounter:Encounter", "reasonReference[]:Condition,Observation,DocumentReference", "supportingInfo[]:", "performer[]:HealthcareService,Organization", "locationReference[]:Location"}},
	"CarePlan":                 {`,"intent":"plan","title":"Plan"`, []string{"encounter:Encounter", "addresses[]:Condition", "basedOn[]:CarePlan", "author:PractitionerRole", "supportingInfo[]:"}},
	"Flag":                     {`,"code":{"text":"Falls"}`, []string{"encounter:Encounter", "author:Organization"}},
	"Appointment":              {`,"start":"2026-12-01T10:00:00Z","participant":[{"actor":{"reference":"Patient/%s"}}]`, []string{"reasonReference[]:Condition,Procedure,Observation", "basedOn[]:ServiceRequest", "supportingInformation[]:"}},
	"Encounter":                {`,"class":{"code":"AMB"},"period":{"start":"2026-01-01"}`, []string{"reasonReference[]:Condition,Procedure,Observation", "diagnosis[].condition:Condition,Procedure", "location[].location:Location", "serviceProvider:Organization", "participant[].individual:PractitionerRole", "appointment[]:Appointment", "episodeOfCare[]:EpisodeOfCare", "partOf:Encounter"}},
	"EpisodeOfCare":            {``, []string{"diagnosis[].condition:Condition", "referralRequest[]:ServiceRequest", "managingOrganization:Organization"}},
	"DocumentReference":        {`,"content":[{"attachment":{"title":"Letter"}}]`, []string{"context.encounter[]:Encounter", "context.related[]:", "author[]:PractitionerRole,Organization", "custodian:Organization"}},
	"ImagingStudy":             {``, []string{"encounter:Encounter", "reasonReference[]:Condition,Observation", "basedOn[]:ServiceRequest", "location:Location"}},
	"ClinicalImpression":       {`,"description":"Well"`, []string{"encounter:Encounter", "problem[]:Condition"}},
	"Specimen":                 {`,"type":{"text":"Blood"}`, []string{"request[]:ServiceRequest"}},
	"Location":                 {`,"name":"Ward"`, []string{"managingOrganization:Organization"}},
	"Organization":             {`,"name":"Laboratory"`, nil},
	"HealthcareService":        {`,"name":"Clinic"`, []string{"location[]:Location", "providedBy:Organization"}},
	"PractitionerRole":         {`,"code":[{"text":"Nurse"}]`, []string{"organization:Organization", "location[]:Location", "healthcareService[]:HealthcareService"}},
	"Medication":               {`,"code":{"text":"Paracetamol"}`, []string{"manufacturer:Organization"}},
}

var ofNobody = []string{"Location", "Organization", "HealthcareService", "PractitionerRole", "Medication"}

// A world is what a trust holds of some patients, with something hidden in it.
type world struct {
	*rand.Rand
	held []map[string]any
	of   []string // of each, the id of its Patient; "" for nobody's
}

func (w *world) add(kind, id, patient string) {
	resource := kind
	if kind == "vital" {
		resource = "Observation"
	}
	body := typesOf[kind].body
	if strings.Contains(body, "%s") {
		body = fmt.Sprintf(body, patient)
	}
	raw := fmt.Sprintf(`{"resourceType":%q,"id":%q,"status":"active"%s}`, resource, id, body)
	if patient != "" && resource != "Appointment" {
		name := "subject"
		if slices.Contains([]string{"AllergyIntolerance", "Immunization", "EpisodeOfCare"}, resource) {
			name = "patient"
		}
		raw = fmt.Sprintf(`%s,%q:{"reference":"Patient/%s"}}`, strings.TrimSuffix(raw, "}"), name, patient)
	}
	var x map[string]any
	if err := json.Unmarshal([]byte(raw), &x); err != nil {
		panic(raw)
	}
	w.held, w.of = append(w.held, x), append(w.of, patient)
}

// refer has one resource refer to another of the same patient, or of nobody's.
func (w *world) refer(i int, kind string) {
	slots := typesOf[kind].slots
	if len(slots) == 0 {
		return
	}
	path, types, _ := strings.Cut(slots[w.IntN(len(slots))], ":")
	var to []string
	for j, x := range w.held {
		if kind := x["resourceType"].(string); j != i && (w.of[j] == w.of[i] || w.of[j] == "") && kind != "Patient" && (types == "" || slices.Contains(strings.Split(types, ","), kind)) {
			to = append(to, kind+"/"+x["id"].(string))
		}
	}
	if len(to) == 0 {
		return
	}
	at := w.held[i]
	steps := strings.Split(path, ".")
	for n, step := range steps {
		name, isList := strings.CutSuffix(step, "[]")
		next := map[string]any{}
		if n == len(steps)-1 {
			next["reference"] = to[w.IntN(len(to))]
		} else if before, ok := at[name].(map[string]any); ok {
			next = before
		}
		if isList {
			before, _ := at[name].([]any)
			at[name] = append(before, next)
		} else {
			at[name] = next
		}
		at = next
	}
}

// hide makes one resource such as may not be shown, in one of the ways there are.
func (w *world) hide(i int) {
	x := w.held[i]
	switch w.IntN(3) {
	case 0:
		x["extension"] = []any{map[string]any{"url": "x", "valueCodeableConcept": json.RawMessage(hiv)}}
	case 1:
		x["meta"] = map[string]any{"security": []any{map[string]any{"code": []string{"R", "V", "HIV"}[w.IntN(3)]}}}
	default:
		x["note"] = []any{map[string]any{"text": "seen at the sexual health clinic"}}
	}
}

func worldOf(seed uint64, patients []record.NHSNumber) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1))}
	var kinds []string
	for _, kind := range ofNobody {
		w.add(kind, "n"+kind, "")
		kinds = append(kinds, kind)
	}
	own := []string{}
	for kind := range typesOf {
		if !slices.Contains(ofNobody, kind) {
			own = append(own, kind)
		}
	}
	slices.Sort(own)
	for p, number := range patients {
		id := fmt.Sprint(p + 1)
		for n := range 8 {
			kind := own[w.IntN(len(own))]
			w.add(kind, fmt.Sprintf("r%s-%d", id, n), id)
			kinds = append(kinds, kind)
		}
		var self map[string]any
		json.Unmarshal([]byte(patientOf(id, number)), &self)
		w.held, w.of, kinds = append(w.held, self), append(w.of, id), append(kinds, "Patient")
	}
	for range 3 {
		for i, kind := range kinds {
			w.refer(i, kind)
		}
	}
	for range 2 {
		if i := w.IntN(len(w.held)); kinds[i] != "Patient" || w.IntN(3) == 0 {
			w.hide(i)
		}
	}
	return w
}

func (w *world) texts() []string {
	all := make([]string, len(w.held))
	for i, x := range w.held {
		raw, _ := json.Marshal(x)
		all[i] = string(raw)
	}
	return all
}

// folder is the world as files, one for each patient.
func (w *world) folder(t *testing.T, patients int) *fhir.Folder {
	t.Helper()
	dir, texts := t.TempDir(), w.texts()
	for p := range patients {
		var all []string
		for i, text := range texts {
			if w.of[i] == "" || w.of[i] == fmt.Sprint(p+1) {
				all = append(all, text)
			}
		}
		w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", p)), []byte(collection(all...)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// shown is what a source shows of patients, by kind and patient: the entries, and whether
// it says that some may be missing, or that it did not answer.
func shown(t *testing.T, s *ukcore.Source, kinds []fetch.Kind, patients ...record.NHSNumber) map[string]string {
	t.Helper()
	of := subjects(patients...)
	var asks []*fetch.Ask
	for _, kind := range kinds {
		asks = append(asks, &fetch.Ask{Kind: kind, Subjects: of})
	}
	got, err := s.Read(fetch.WithTerms(t.Context(), terms()), asks)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, ask := range asks {
		a := got[ask]
		for i, patient := range patients {
			said := idsOf(a, i)
			if a.Absent != nil && a.Absent[i] {
				said += " absent"
			}
			if a.Unreadable != nil && a.Unreadable[i] {
				said += " in part"
			}
			if a.Err != nil || a.Errs != nil && a.Errs[i] != nil {
				said += " not"
			}
			all[string(patient)+" "+string(ask.Kind)] = said
		}
	}
	return all
}

// What is shown of a patient is the same whatever else is asked, for whomever else, in one
// request or many, of a server that includes what it is asked for, more, or nothing, with
// pages of any size, and of a folder.
func TestHidingDoesNotDependOnCompany(t *testing.T) {
	patients := []record.NHSNumber{someone, another, third}
	for seed := range uint64(*worlds) {
		for _, sector := range []record.Sector{record.Acute, record.MentalHealth} {
			if int(seed)%2 == 0 && sector == record.MentalHealth {
				continue
			}
			w := worldOf(seed, patients)
			held := open(t, w.texts()...)
			s := held.source(t, sector, ukcore.Options{})
			kinds := slices.DeleteFunc(s.Kinds(), func(kind fetch.Kind) bool { return kind == fetch.DocumentContent })
			want := map[string]string{}
			for _, patient := range patients {
				for _, kind := range kinds {
					for key, said := range shown(t, s, []fetch.Kind{kind}, patient) {
						want[key] = said
					}
				}
			}
			same := func(how string, got map[string]string) {
				t.Helper()
				for key, said := range got {
					if said != want[key] {
						t.Errorf("world %d, %s: %s is %q, and %q by itself\n%s", seed, how, key, said, want[key], strings.Join(w.texts(), "\n"))
						return
					}
				}
			}
			for _, patient := range patients {
				same("all kinds", shown(t, s, kinds, patient))
				same("of a folder", shown(t, ukcore.Open(sector, here, w.folder(t, len(patients)), ids, ukcore.Options{}), kinds, patient))
			}
			for _, kind := range kinds {
				same("all patients", shown(t, s, []fetch.Kind{kind}, patients...))
			}
			same("all of all", shown(t, s, kinds, patients...))
			same("in a batch", shown(t, held.source(t, sector, ukcore.Options{Batch: true}), kinds, patients...))
			held.strict = true
			same("what is asked included", shown(t, s, kinds, patients...))
			same("what is asked included, by one kind", shown(t, s, []fetch.Kind{kinds[int(seed)%len(kinds)]}, patients...))
			held.page = 1
			same("a page each", shown(t, s, kinds, patients...))
			if t.Failed() {
				return
			}
		}
	}
}
