package interweave_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var worlds = flag.Int("worlds", 8, "how many worlds TestHidingDoesNotDependOnCompany makes")

// typesOf are types of resource with what makes an entry of one, and the members by which it
// may refer to others: "member:Type,Type" with "[]" for a list and "." for what is below.
var typesOf = map[string]struct {
	body  string
	slots []string
}{
	"Flag":              {`"period":{"start":"2020-01-01"},"code":{"text":"Falls"}`, []string{"encounter:Encounter", "author:PractitionerRole,Organization"}},
	"Task":              {`"authoredOn":"2020-01-01","code":{"text":"Needs assessment"}`, []string{"encounter:Encounter", "owner:Organization,PractitionerRole", "basedOn[]:ServiceRequest", "reasonReference:Condition", "location:Location", "focus:ServiceRequest,EpisodeOfCare"}},
	"ServiceRequest":    {`"authoredOn":"2020-01-01","reasonCode":[{"text":"Help at home"}]`, []string{"encounter:Encounter", "requester:PractitionerRole", "performer[]:Organization,HealthcareService", "reasonReference[]:Condition", "locationReference[]:Location", "supportingInfo[]:"}},
	"EpisodeOfCare":     {`"period":{"start":"2020-01-01"},"type":[{"text":"Home care"}]`, []string{"managingOrganization:Organization", "careManager:PractitionerRole", "referralRequest[]:ServiceRequest", "diagnosis[].condition:Condition"}},
	"Condition":         {`"recordedDate":"2020-01-01","code":{"text":"Physical support"}`, []string{"encounter:Encounter", "recorder:PractitionerRole", "evidence[].detail[]:"}},
	"DeviceRequest":     {`"authoredOn":"2020-01-01","codeCodeableConcept":{"text":"Rail"}`, []string{"encounter:Encounter", "reasonReference[]:Condition", "basedOn[]:Task,ServiceRequest", "performer:Organization"}},
	"Appointment":       {`"start":"2026-12-01T10:00:00Z"`, []string{"reasonReference[]:Condition,Procedure,Observation", "basedOn[]:ServiceRequest", "supportingInformation[]:"}},
	"DocumentReference": {`"date":"2020-01-01T10:00:00Z","type":{"text":"Letter"},"content":[{"attachment":{"title":"Letter"}}]`, []string{"author[]:PractitionerRole", "custodian:Organization", "context.encounter[]:Encounter", "context.related[]:"}},
	"Encounter":         {`"class":{"code":"AMB"},"period":{"start":"2020-01-01"}`, []string{"reasonReference[]:Condition", "serviceProvider:Organization", "location[].location:Location"}},
	"Observation":       {`"code":{"text":"Weight"}`, []string{"encounter:Encounter", "basedOn[]:ServiceRequest", "hasMember[]:Observation", "performer[]:Organization"}},
	"Procedure":         {`"code":{"text":"Dressing"}`, []string{"encounter:Encounter", "reasonReference[]:Condition,Observation", "report[]:DocumentReference"}},
	"Organization":      {`"name":"Team"`, nil},
	"Location":          {`"name":"Hall"`, []string{"managingOrganization:Organization"}},
	"HealthcareService": {`"name":"Service"`, []string{"location[]:Location", "providedBy:Organization"}},
	"PractitionerRole":  {`"code":[{"text":"Social worker"}]`, []string{"organization:Organization", "healthcareService[]:HealthcareService"}},
}

var ofNobody = []string{"Organization", "Location", "HealthcareService", "PractitionerRole"}

// A world is what a council holds of some people, with something hidden in it.
type world struct {
	*rand.Rand
	held  []map[string]any
	of    []record.NHSNumber // whose each is; "" for nobody's
	bare  bool               // the server includes nothing
	pages bool               // and gives a page for each resource
}

func (w *world) add(kind, id string, n record.NHSNumber) {
	number := `"identifier":[{"system":"urn:w","value":"` + id + `"}]`
	raw := fmt.Sprintf(`{"resourceType":%q,"id":%q,%s,"status":"active",%s}`, kind, id, number, typesOf[kind].body)
	if n != "" {
		raw = ofPatient(n, kind, `"id":"`+id+`"`, number, `"status":"active"`, typesOf[kind].body)
	}
	var x map[string]any
	if err := json.Unmarshal([]byte(raw), &x); err != nil {
		panic(raw)
	}
	w.held, w.of = append(w.held, x), append(w.of, n)
}

// refer has one resource refer to another of the same person, or of nobody's, by its id or an
// identifier.
func (w *world) refer(i int) {
	slots := typesOf[w.held[i]["resourceType"].(string)].slots
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
			if kind, id, _ := strings.Cut(next["reference"].(string), "/"); w.IntN(3) == 0 {
				next = map[string]any{"type": kind, "identifier": map[string]any{"system": "urn:w", "value": id}}
			}
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
		x["extension"] = []any{map[string]any{"url": "x", "valueCodeableConcept": json.RawMessage(rHIV)}}
	case 1:
		x["meta"] = map[string]any{"security": []any{map[string]any{"code": []string{"R", "V", "HIV"}[w.IntN(3)]}}}
	default:
		x["note"] = []any{map[string]any{"text": "seen at the sexual health clinic"}}
	}
}

func worldOf(seed uint64, people []record.NHSNumber) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1))}
	for _, kind := range ofNobody {
		w.add(kind, "n"+kind, "")
	}
	own := []string{}
	for kind := range typesOf {
		if !slices.Contains(ofNobody, kind) {
			own = append(own, kind)
		}
	}
	slices.Sort(own)
	for _, n := range people {
		for i := range 8 {
			w.add(own[w.IntN(len(own))], fmt.Sprintf("r%s-%d", string(n), i), n)
		}
		var self map[string]any
		json.Unmarshal([]byte(patient(n, `"birthDate":"`+born+`"`)), &self)
		w.held, w.of = append(w.held, self), append(w.of, n)
	}
	for range 3 {
		for i := range w.held {
			w.refer(i)
		}
	}
	for range 2 {
		if i := w.IntN(len(w.held)); w.held[i]["resourceType"] != "Patient" || w.IntN(3) == 0 {
			w.hide(i)
		}
	}
	return w
}

func (w *world) text(i int) string {
	raw, _ := json.Marshal(w.held[i])
	return string(raw)
}

func (w *world) texts() []string {
	all := make([]string, len(w.held))
	for i := range w.held {
		all[i] = w.text(i)
	}
	return all
}

// matches reports whether a resource is what a search is for.
func (w *world) matches(i int, kind string, q url.Values) bool {
	x := w.held[i]
	switch {
	case x["resourceType"] != kind, q.Has("_id") && !slices.Contains(strings.Split(q.Get("_id"), ","), x["id"].(string)):
		return false
	case kind == "Patient":
		return strings.HasSuffix(q.Get("identifier"), "|"+string(w.of[i]))
	case q.Has("identifier") && !slices.Contains(strings.Split(q.Get("identifier"), ","), "urn:w|"+x["id"].(string)):
		return false
	case q.Has("patient"):
		return w.of[i] != "" && slices.Contains(strings.Split(q.Get("patient"), ","), "Patient/p"+string(w.of[i]))
	}
	return q.Has("_id") || q.Has("identifier")
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	kind, q := strings.TrimPrefix(r.URL.Path, "/fhir/"), r.URL.Query()
	var found []string
	for i := range w.held {
		if w.matches(i, kind, q) {
			found = append(found, w.text(i))
		}
	}
	from, _ := strconv.Atoi(q.Get("from"))
	next := ""
	if found = found[min(from, len(found)):]; w.pages && len(found) > 1 {
		q.Set("from", strconv.Itoa(from+1))
		found, next = found[:1], `,"link":[{"relation":"next","url":"http://`+r.Host+r.URL.Path+"?"+q.Encode()+`"}]`
	}
	matches := len(found)
	for i := 0; !w.bare && q.Has("_include") && i < len(found); i++ {
		for _, to := range fhir.References(json.RawMessage(found[i])) {
			for j, x := range w.held {
				if text := w.text(j); x["resourceType"].(string)+"/"+x["id"].(string) == to && x["resourceType"] != "Patient" && !slices.Contains(found, text) {
					found = append(found, text)
				}
			}
		}
	}
	for i := matches; i < len(found); i++ {
		found[i] = `{"fullUrl":"","search":{"mode":"include"},"resource":` + found[i] + `}`
	}
	respond(200, strings.TrimSuffix(bundle(found...), "}")+next+"}")(rw, r)
}

func (w *world) server(t *testing.T) *interweave.Source {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL+"/fhir", fhir.Options{Version: "4.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return interweave.Open(council, client, ids, interweave.Options{})
}

// folder is the world as files, one for each person.
func (w *world) folder(t *testing.T, people []record.NHSNumber) *interweave.Source {
	t.Helper()
	dir := t.TempDir()
	for _, n := range people {
		var all []string
		for i := range w.held {
			if w.of[i] == "" || w.of[i] == n {
				all = append(all, w.text(i))
			}
		}
		w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if err := os.WriteFile(filepath.Join(dir, string(n)+".json"), []byte(bundle(all...)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fhir.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return interweave.Open(council, f, ids, interweave.Options{})
}

// shown is what a source shows of people, by kind and person: the entries, and whether it
// says that some may be missing, or that it did not answer.
func shown(t *testing.T, s *interweave.Source, kinds []fetch.Kind, people ...record.NHSNumber) map[string]string {
	t.Helper()
	of := subjects(people...)
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
		for i, n := range people {
			said := idsOf(a, i)
			if marked(a.Absent, i) {
				said += " absent"
			}
			if marked(a.Unreadable, i) {
				said += " in part"
			}
			if failure(a, i) != nil {
				said += " not"
			}
			all[string(n)+" "+string(ask.Kind)] = said
		}
	}
	return all
}

// What is shown of a person is the same whatever else is asked, for whomever else, of a
// server that includes what it is asked for or nothing, with a page for each resource, and
// of a folder.
func TestHidingDoesNotDependOnCompany(t *testing.T) {
	people := []record.NHSNumber{someone, another}
	for seed := range uint64(*worlds) {
		w := worldOf(seed, people)
		s := w.server(t)
		want := map[string]string{}
		for _, n := range people {
			for _, kind := range kinds {
				for key, said := range shown(t, s, []fetch.Kind{kind}, n) {
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
		for _, n := range people {
			same("all kinds", shown(t, s, kinds, n))
			for _, kind := range kinds {
				same("of a folder", shown(t, w.folder(t, people), []fetch.Kind{kind}, n))
			}
		}
		same("all of all", shown(t, s, kinds, people...))
		same("a folder of all", shown(t, w.folder(t, people), kinds, people...))
		w.pages = true
		same("a page each", shown(t, s, kinds, people...))
		w.pages, w.bare = false, true
		same("nothing included", shown(t, s, kinds, people...))
		for _, kind := range kinds {
			same("nothing included, by itself", shown(t, s, []fetch.Kind{kind}, people...))
		}
		if t.Failed() {
			return
		}
	}
}
