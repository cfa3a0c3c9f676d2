package load

import (
	"iter"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// standing is what may not be told of by others, by the keys under which they refer to it.
type standing struct {
	void   map[string]bool // a mistake, refuted or not done: it tells nothing, and hides nothing
	sealed map[string]bool // confidential: what refers to it is so too
}

// withholds reports whether what a reference points at may not be told of, be it by the words of the reference.
func (s standing) withholds(ref reference) bool {
	return slices.ContainsFunc(ref.lookups(), func(k string) bool { return s.void[k] || s.sealed[k] })
}

// isMistake reports whether a status says that its entry was made in error.
func isMistake(status string) bool { return strings.EqualFold(strings.TrimSpace(status), mistake) }

// says reports whether a concept has one of these codes, or says it in words.
func (c codeable) says(codes ...string) bool {
	is := func(text string) bool {
		return slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(strings.TrimSpace(text), code) })
	}
	return is(c.Text) || slices.ContainsFunc(c.Coding, func(coding coding) bool { return is(coding.Code) })
}

// heads are the entries of a person, each with whether it tells nothing. The Patient is none.
func (d *dossier) heads() iter.Seq2[*head, bool] {
	return func(yield func(*head, bool) bool) {
		_ = headsIn(d.encounters, func(r *encounter) (*head, bool) { return &r.head, isMistake(r.Status) }, yield) &&
			headsIn(d.conditions, func(r *condition) (*head, bool) { return &r.head, r.VerificationStatus.says(mistake, "refuted") }, yield) &&
			headsIn(d.observations, func(r *observation) (*head, bool) { return &r.head, isMistake(r.Status) || r.Status == "cancelled" }, yield) &&
			headsIn(d.reports, func(r *diagnosticReport) (*head, bool) {
				return &r.head, isMistake(r.Status) || r.Status == "cancelled"
			}, yield) &&
			headsIn(d.procedures, func(r *procedure) (*head, bool) { return &r.head, isMistake(r.Status) || r.Status == "not-done" }, yield) &&
			headsIn(d.medications, func(r *medication) (*head, bool) {
				return &r.head, isMistake(r.Status) || r.Status == "not-done" || r.Status == "not-taken" || r.DoNotPerform
			}, yield) &&
			headsIn(d.allergies, func(r *allergy) (*head, bool) { return &r.head, r.VerificationStatus.says(mistake, "refuted") }, yield) &&
			headsIn(d.immunizations, func(r *immunization) (*head, bool) { return &r.head, isMistake(r.Status) || r.Status == "not-done" }, yield) &&
			headsIn(d.carePlans, func(r *carePlan) (*head, bool) { return &r.head, isMistake(r.Status) }, yield) &&
			headsIn(d.goals, func(r *goal) (*head, bool) { return &r.head, isMistake(r.LifecycleStatus) }, yield) &&
			headsIn(d.careTeams, func(r *careTeam) (*head, bool) { return &r.head, isMistake(r.Status) }, yield) &&
			headsIn(d.imaging, func(r *imagingStudy) (*head, bool) { return &r.head, isMistake(r.Status) || r.Status == "cancelled" }, yield) &&
			headsIn(d.devices, func(r *device) (*head, bool) { return &r.head, isMistake(r.Status) }, yield) &&
			headsIn(d.documents, func(r *documentReference) (*head, bool) {
				return &r.head, isMistake(r.Status) || isMistake(r.DocStatus)
			}, yield) &&
			headsIn(d.appointments, func(r *appointment) (*head, bool) { return &r.head, isMistake(r.Status) }, yield) &&
			headsIn(d.requests, func(r *serviceRequest) (*head, bool) { return &r.head, isMistake(r.Status) || r.DoNotPerform }, yield) &&
			headsIn(d.flags, func(r *flag) (*head, bool) { return &r.head, isMistake(r.Status) }, yield) &&
			headsIn(d.related, func(r *relatedPerson) (*head, bool) { return &r.head, false }, yield)
	}
}

func headsIn[T any](list []T, of func(*T) (*head, bool), yield func(*head, bool) bool) bool {
	for i := range list {
		if !yield(of(&list[i])) {
			return false
		}
	}
	return true
}

// restrict takes the label on all of a bundle for that of each entry.
func (d *dossier) restrict() {
	d.patient.restricted = true
	for h := range d.heads() {
		h.restricted = true
	}
}

// keys are the keys under which others may refer to an entry.
func (h *head) keys() []string { return keysOf(h.ResourceType, h.ID, h.fullURL, h.Identifier) }

// stand finds what may not be told of. What refers to something confidential becomes so: it would tell of it.
func (d *dossier) stand() standing {
	s := standing{map[string]bool{}, map[string]bool{}}
	var open []*head
	for h, void := range d.heads() {
		if void {
			for _, k := range h.keys() {
				s.void[k] = true
			}
		}
		if h.confidential() {
			open = append(open, h)
		}
	}
	if len(open) == 0 {
		return s
	}
	byKey, under := map[string][]*head{}, map[string][]*head{}
	for h := range d.heads() {
		for _, k := range h.keys() {
			byKey[k] = append(byKey[k], h)
		}
		for _, k := range h.hangsOn() {
			under[k] = append(under[k], h)
		}
	}
	for len(open) > 0 {
		h := open[len(open)-1]
		open = open[:len(open)-1]
		h.restricted = true
		var below []*head
		for _, k := range h.keys() {
			s.sealed[k] = true
			below = append(below, under[k]...)
		}
		for _, k := range h.parts() {
			below = append(below, byKey[k]...)
		}
		for _, b := range below {
			if !b.confidential() {
				b.restricted = true
				open = append(open, b)
			}
		}
	}
	return s
}

// beside are the members by which an entry names what it does not hang on: whose it is, what it is put together from, and where
// and with whom it took place.
var beside = map[string]map[string]bool{
	"CarePlan":         set("goal", "activity", "careTeam"),
	"CareTeam":         set("participant"),
	"DiagnosticReport": set("result"),
	"Observation":      set("hasMember"),
	"Encounter":        set("hospitalization", "location", "participant", "serviceProvider"),
}

// hangsOn are the keys of all that an entry refers to but what stands beside it.
func (h *head) hangsOn() (keys []string) {
	for name, raw := range fhir.Members(h.raw) {
		isText := raw[0] != '{' && raw[0] != '['
		if isText || name == "subject" || name == "patient" || name == "identifier" || beside[h.ResourceType][name] {
			continue
		}
		keys = append(keys, keysIn(raw)...)
	}
	return keys
}

// parts are the keys of what may not be told of where an entry may not: the results of a report, the members of a panel, what
// ordered a medicine.
func (h *head) parts() (keys []string) {
	for name, raw := range fhir.Members(h.raw) {
		switch {
		case name == "result" && h.ResourceType == "DiagnosticReport", name == "hasMember" && h.ResourceType == "Observation",
			(name == "request" || name == "basedOn" || name == "derivedFrom") && strings.HasPrefix(h.ResourceType, "Medication"):
			keys = append(keys, keysIn(raw)...)
		}
	}
	return keys
}

func keysIn(raw []byte) (keys []string) {
	for _, to := range fhir.References(raw) {
		keys = append(keys, reference{Reference: to}.lookups()...)
	}
	return append(keys, fhir.Logical(raw)...)
}
