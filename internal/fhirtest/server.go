package fhirtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"carerecord/internal/record"
)

// A Server answers as a FHIR source of one of the four kinds does: searches by type with
// what they ask to be included, batches, PDS's reads by number, GP Connect's structured
// record and Access Document. It holds no more than it was given.
type Server struct {
	people map[record.NHSNumber]*held
	byID   map[string]*held // by the id of the Patient

	// Requests is how often it was asked, Searches how often for a type.
	Requests, Searches atomic.Int64
}

// A held record is a person's Bundle and what is in it, by type and id.
type held struct {
	bundle json.RawMessage
	id     string
	order  []string
	raw    map[string]json.RawMessage
}

// NewServer serves the records of people, as Record and Documents write them.
func NewServer(records map[record.NHSNumber][]byte) (*Server, error) {
	s := &Server{people: map[record.NHSNumber]*held{}, byID: map[string]*held{}}
	for number, bundle := range records {
		var b struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.Unmarshal(bundle, &b); err != nil {
			return nil, err
		}
		h := &held{bundle: bundle, raw: map[string]json.RawMessage{}}
		for _, e := range b.Entry {
			var r struct{ ResourceType, ID string }
			if err := json.Unmarshal(e.Resource, &r); err != nil {
				return nil, err
			}
			key := r.ResourceType + "/" + r.ID
			if r.ResourceType == "Patient" {
				h.id = r.ID
			}
			h.order, h.raw[key] = append(h.order, key), e.Resource
		}
		s.people[number], s.byID[h.id] = h, h
	}
	return s, nil
}

// ServeHTTP answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Requests.Add(1)
	path := strings.Trim(r.URL.Path, "/")
	w.Header().Set("Content-Type", "application/fhir+json")
	if r.Method == http.MethodPost {
		s.post(w, r, path)
		return
	}
	if body, ok := s.get(path, r.URL.Query()); ok {
		w.Write(body)
		return
	}
	notFound(w)
}

func notFound(w http.ResponseWriter) {
	w.WriteHeader(http.StatusNotFound)
	w.Write([]byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found","details":{"coding":[{"system":"https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1","code":"PATIENT_NOT_FOUND"},{"system":"https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode","code":"RESOURCE_NOT_FOUND"}]}}]}`))
}

// post is a batch, or GP Connect's operation, which names the patient in its parameters.
func (s *Server) post(w http.ResponseWriter, r *http.Request, path string) {
	var body struct {
		Entry     []struct{ Request struct{ URL string } }
		Parameter []struct {
			Name            string
			ValueIdentifier struct{ Value string }
		}
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if path != "" {
		for _, p := range body.Parameter {
			if h := s.people[record.NHSNumber(p.ValueIdentifier.Value)]; p.Name == "patientNHSNumber" && h != nil {
				w.Write(h.bundle)
				return
			}
		}
		notFound(w)
		return
	}
	answers := []map[string]any{}
	for _, e := range body.Entry {
		u, err := url.Parse(e.Request.URL)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		answer := map[string]any{"response": map[string]string{"status": "404 Not Found"}}
		if data, ok := s.get(u.Path, u.Query()); ok {
			answer = map[string]any{"resource": json.RawMessage(data), "response": map[string]string{"status": "200 OK"}}
		}
		answers = append(answers, answer)
	}
	json.NewEncoder(w).Encode(map[string]any{"resourceType": "Bundle", "type": "batch-response", "entry": answers})
}

func (s *Server) get(path string, q url.Values) ([]byte, bool) {
	kind, rest, deeper := strings.Cut(path, "/")
	id, of, whose := strings.Cut(rest, "/")
	switch {
	case !deeper && kind == "metadata":
		return []byte(`{"resourceType":"CapabilityStatement"}`), true
	case !deeper && kind == "Patient":
		return s.identified(q.Get("identifier")), true
	case !deeper:
		return s.search(kind, q), true
	case kind == "Patient" && whose && s.byID[id] != nil:
		return searchset(s.byID[id].of(of, q)), true
	case kind == "Patient" && !whose && s.byID[id] != nil:
		return s.byID[id].raw["Patient/"+id], true
	case kind == "Binary":
		for _, h := range s.people {
			if raw := h.raw[path]; raw != nil {
				return raw, true
			}
		}
	}
	return nil, false
}

func (s *Server) identified(query string) []byte {
	var found []json.RawMessage
	for asked := range strings.SplitSeq(query, ",") {
		_, number, _ := strings.Cut(asked, "|")
		if h := s.people[record.NHSNumber(number)]; h != nil {
			found = append(found, h.raw["Patient/"+h.id])
		}
	}
	return searchset(found)
}

func (s *Server) search(kind string, q url.Values) []byte {
	s.Searches.Add(1)
	var found []json.RawMessage
	for asked := range strings.SplitSeq(q.Get("patient"), ",") {
		if h := s.byID[strings.TrimPrefix(asked, "Patient/")]; h != nil {
			found = append(found, h.of(kind, q)...)
		}
	}
	return searchset(found)
}

// of are the resources of a type, and those that they refer to by the elements that are
// asked for.
func (h *held) of(kind string, q url.Values) []json.RawMessage {
	var found []json.RawMessage
	came := map[string]bool{}
	take := func(key string) {
		if raw := h.raw[key]; raw != nil && !came[key] && key != "Patient/"+h.id {
			came[key] = true
			found = append(found, raw)
		}
	}
	for _, key := range h.order {
		if strings.HasPrefix(key, kind+"/") && h.fits(key, q.Get("category")) {
			take(key)
		}
	}
	includes := slices.Concat(q["_include"], q["_include:iterate"])
	for i := 0; i < len(found); i++ {
		for _, include := range includes {
			for _, to := range referred(found[i], include) {
				take(to)
			}
		}
	}
	return found
}

// fits reports whether a resource has one of the categories, where any are asked for.
func (h *held) fits(key, categories string) bool {
	if categories == "" {
		return true
	}
	var x struct {
		Category []struct{ Coding []struct{ Code string } }
	}
	json.Unmarshal(h.raw[key], &x)
	for _, category := range x.Category {
		for _, c := range category.Coding {
			if slices.Contains(strings.Split(categories, ","), c.Code) {
				return true
			}
		}
	}
	return false
}

// elements are the elements that search parameters are of, where their names differ.
var elements = map[string]string{
	"medication": "medicationReference", "source": "informationSource", "based-on": "basedOn", "results-interpreter": "resultsInterpreter", "actor": "participant",
	"care-team": "careTeam", "activity-reference": "activity", "service-provider": "serviceProvider", "episode-of-care": "episodeOfCare", "care-manager": "careManager",
	"incoming-referral": "referralRequest", "subject": "subject",
}

// elementsOf are those that mean something else in one type.
var elementsOf = map[string]string{
	"Encounter:practitioner": "participant", "Appointment:practitioner": "participant", "Appointment:location": "participant", "EpisodeOfCare:organization": "managingOrganization",
	"Location:organization": "managingOrganization",
}

// referred are the keys that a resource refers to by an include, "Type:parameter".
func referred(raw json.RawMessage, include string) []string {
	var r map[string]json.RawMessage
	json.Unmarshal(raw, &r)
	kind, parameter, _ := strings.Cut(include, ":")
	if parameter, _, _ = strings.Cut(parameter, ":"); string(r["resourceType"]) != `"`+kind+`"` {
		return nil
	}
	name := elementsOf[kind+":"+parameter]
	if name == "" {
		name = elements[parameter]
	}
	if name == "" {
		name = parameter
	}
	var keys []string
	collect(r[name], &keys)
	return keys
}

// collect gathers every reference under an element.
func collect(raw json.RawMessage, keys *[]string) {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if to, ok := v["reference"].(string); ok {
				*keys = append(*keys, to)
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(value)
}

func searchset(found []json.RawMessage) []byte {
	type entry struct {
		Resource json.RawMessage `json:"resource"`
	}
	entries := make([]entry, len(found))
	for i, raw := range found {
		entries[i].Resource = raw
	}
	data, _ := json.Marshal(map[string]any{"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries})
	return data
}
