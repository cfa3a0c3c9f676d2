package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
)

// dossier is everything read of one person, before it is divided among sectors.
type dossier struct {
	file string // where the person stands, for the report

	patient       patient
	encounters    []encounter
	conditions    []condition
	observations  []observation
	reports       []diagnosticReport
	procedures    []procedure
	medications   []medication
	allergies     []allergy
	immunizations []immunization
	carePlans     []carePlan
	goals         []goal
	careTeams     []careTeam
	imaging       []imagingStudy
	devices       []device
	documents     []documentReference
	appointments  []appointment
	requests      []serviceRequest
	flags         []flag
	related       []relatedPerson

	names *names
	tally Tally
	seen  map[content]bool
}

// leftOut is why a FHIR type has no place in the record. Types that are not
// named here are left out with "no place in the source views".
var leftOut = map[string]string{
	"Claim":                "billing",
	"ClaimResponse":        "billing",
	"ExplanationOfBenefit": "billing",
	"Coverage":             "billing",
	"Invoice":              "billing",
	"Account":              "billing",
	"Provenance":           "says only how the file was made",
	"AuditEvent":           "says only how the file was made",
	"Bundle":               "a bundle inside a bundle",
	"OperationOutcome":     "a message of the sending system",
	"SupplyDelivery":       "supplies",
}

const (
	noPlace     = "no place in the source views"
	notToBeDone = "says what is not to be done"
)

// errShape says that a resource is JSON but not shaped as FHIR R4.
var errShape = errors.New("not shaped as FHIR R4")

// sniff finds the type of a resource without decoding it; "" if it has none.
func sniff(raw []byte) (kind string) {
	members(raw, func(name, value []byte) bool {
		if string(name) != "resourceType" {
			return true
		}
		kind = strings.Trim(string(value), `"`)
		return false
	})
	return kind
}

// add decodes a resource of the person.
func (d *dossier) add(kind, fullURL string, raw []byte) error {
	if d.repeated(kind, raw) {
		d.tally.left(kind, "the same entry again")
		return nil
	}
	if isModified(raw) {
		return errModified
	}
	switch kind {
	case "Patient":
		return decode(raw, fullURL, &d.patient, &d.patient.head)
	case "Encounter":
		return decodeInto(raw, fullURL, &d.encounters, func(r *encounter) *head { return &r.head })
	case "Condition":
		return decodeInto(raw, fullURL, &d.conditions, func(r *condition) *head { return &r.head })
	case "Observation":
		return decodeInto(raw, fullURL, &d.observations, func(r *observation) *head { return &r.head })
	case "DiagnosticReport":
		return decodeInto(raw, fullURL, &d.reports, func(r *diagnosticReport) *head { return &r.head })
	case "Procedure":
		return decodeInto(raw, fullURL, &d.procedures, func(r *procedure) *head { return &r.head })
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration":
		return decodeInto(raw, fullURL, &d.medications, func(r *medication) *head { return &r.head })
	case "AllergyIntolerance":
		return decodeInto(raw, fullURL, &d.allergies, func(r *allergy) *head { return &r.head })
	case "Immunization":
		return decodeInto(raw, fullURL, &d.immunizations, func(r *immunization) *head { return &r.head })
	case "CarePlan":
		return decodeInto(raw, fullURL, &d.carePlans, func(r *carePlan) *head { return &r.head })
	case "Goal":
		return decodeInto(raw, fullURL, &d.goals, func(r *goal) *head { return &r.head })
	case "CareTeam":
		return decodeInto(raw, fullURL, &d.careTeams, func(r *careTeam) *head { return &r.head })
	case "ImagingStudy":
		return decodeInto(raw, fullURL, &d.imaging, func(r *imagingStudy) *head { return &r.head })
	case "Device":
		return decodeInto(raw, fullURL, &d.devices, func(r *device) *head { return &r.head })
	case "DocumentReference":
		return decodeInto(raw, fullURL, &d.documents, func(r *documentReference) *head { return &r.head })
	case "Appointment":
		return decodeInto(raw, fullURL, &d.appointments, func(r *appointment) *head { return &r.head })
	case "ServiceRequest":
		return decodeInto(raw, fullURL, &d.requests, func(r *serviceRequest) *head { return &r.head })
	case "Flag":
		return decodeInto(raw, fullURL, &d.flags, func(r *flag) *head { return &r.head })
	case "RelatedPerson":
		return decodeInto(raw, fullURL, &d.related, func(r *relatedPerson) *head { return &r.head })
	}
	d.tally.left(kind, reasonLeft(kind))
	return nil
}

// errModified says that something bears what may turn its meaning round and is not known here.
var errModified = fmt.Errorf("%w as it is read here: a modifier extension, or rules of its own (implicitRules)", errShape)

// isModified reports whether something in a resource bears a modifier extension, or it was made by rules of its own. None is
// known here, and nobody who does not know one may pass it over (https://hl7.org/fhir/R4/extensibility.html#modifierExtension).
func isModified(raw []byte) bool {
	return bytes.Contains(raw, []byte(`"modifierExtension"`)) || bytes.Contains(raw, []byte(`"implicitRules"`))
}

func reasonLeft(kind string) string {
	if reason, ok := leftOut[kind]; ok {
		return reason
	}
	return noPlace
}

// personal are the types that belong to a person.
var personal = set("Patient", "Encounter", "Condition", "Observation", "DiagnosticReport", "Procedure", "MedicationRequest",
	"MedicationStatement", "MedicationAdministration", "AllergyIntolerance", "Immunization", "CarePlan", "Goal", "CareTeam",
	"ImagingStudy", "Device", "DocumentReference", "Appointment", "ServiceRequest", "Flag", "RelatedPerson")

// shared are the types that only name things for others.
var shared = set("Practitioner", "PractitionerRole", "Organization", "Location", "Medication")

func decode(raw []byte, fullURL string, into any, h *head) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return shapeError(err)
	}
	h.fullURL, h.raw = fullURL, raw
	return nil
}

// shapeError keeps what kind of fault it is and drops the content encoding/json may quote.
func shapeError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%w: %s is a %s", errShape, wrong.Field, strings.Fields(wrong.Value)[0])
	}
	return fmt.Errorf("%w: invalid JSON", errShape)
}

func decodeInto[T any](raw []byte, fullURL string, list *[]T, headOf func(*T) *head) error {
	*list = append(*list, *new(T))
	r := &(*list)[len(*list)-1]
	return decode(raw, fullURL, r, headOf(r))
}

// repeated reports whether the same resource, to the byte, was read before.
func (d *dossier) repeated(kind string, raw []byte) bool {
	if d.seen == nil {
		d.seen = map[content]bool{}
	}
	c := content{kind, maphash.Bytes(contentSeed, raw), len(raw)}
	if d.seen[c] {
		return true
	}
	d.seen[c] = true
	return false
}

var contentSeed = maphash.MakeSeed()

// content stands for the bytes of a resource.
type content struct {
	kind string
	sum  uint64
	size int
}

// names says what Practitioner, Organization, Location and Medication resources
// are called. One is kept for a folder of NDJSON and for each bundle; it grows
// with the number of organisations and staff, not with the number of people.
type names struct {
	outer     *names
	name      map[string]string
	role      map[string]string
	medicine  map[string]*codeable
	interned  map[string]*codeable
	forwarded map[string]reference // PractitionerRole to its practitioner
}

func newNames(outer *names) *names {
	return &names{outer: outer, name: map[string]string{}, role: map[string]string{}, medicine: map[string]*codeable{},
		interned: map[string]*codeable{}, forwarded: map[string]reference{}}
}

// add takes in a resource of a shared type, unless what it names cannot be told, or may not be.
func (n *names) add(kind, fullURL string, raw []byte) error {
	if isModified(raw) {
		return nil
	}
	if kind == "Medication" {
		var m medication
		if err := decode(raw, fullURL, &m, &m.head); err != nil || m.confidential() {
			return err
		}
		key, _ := json.Marshal(m.Code)
		code := n.interned[string(key)]
		if code == nil {
			code = &m.Code
			n.interned[string(key)] = code
		}
		for _, k := range keysOf(kind, m.ID, fullURL, nil) {
			n.medicine[k] = code
		}
		return nil
	}
	var e directoryEntry
	if err := decode(raw, fullURL, &e, &e.head); err != nil || e.confidential() {
		return err
	}
	name := nameIn(e)
	for _, k := range keysOf(kind, e.ID, fullURL, e.Identifier) {
		if name != "" {
			n.name[k] = name
		}
		if kind == "PractitionerRole" {
			n.forwarded[k] = e.Practitioner
			n.role[k] = words(e.Code)
		}
	}
	return nil
}

func nameIn(e directoryEntry) string {
	var plain string
	if json.Unmarshal(e.Name, &plain) == nil && plain != "" {
		return plain
	}
	var list []humanName
	if json.Unmarshal(e.Name, &list) == nil && len(list) > 0 {
		return list[0].String()
	}
	return e.Description
}

func keysOf(kind, id, fullURL string, identifiers []identifier) []string {
	var keys []string
	if id != "" {
		keys = append(keys, kind+"/"+id)
	}
	switch {
	case fullURL != "":
		keys = append(keys, fullURL)
	case id != "":
		keys = append(keys, "urn:uuid:"+id)
	}
	for _, i := range identifiers {
		keys = append(keys, i.System+"|"+i.Value)
	}
	return keys
}

// lookups are the keys under which what a reference points at may be known.
func (r reference) lookups() []string {
	keys := make([]string, 0, 3)
	if r.Reference != "" {
		keys = append(keys, r.Reference)
		if _, query, ok := strings.Cut(r.Reference, "?identifier="); ok {
			keys = append(keys, query)
		} else if short := shortReference(r.Reference); short != r.Reference {
			keys = append(keys, short)
		}
	}
	if r.Identifier.Value != "" {
		keys = append(keys, r.Identifier.System+"|"+r.Identifier.Value)
	}
	return keys
}

// shortReference cuts an absolute or versioned reference down to Type/id.
func shortReference(ref string) string {
	if strings.HasPrefix(ref, "urn:") {
		return ref
	}
	ref, _, _ = strings.Cut(ref, "/_history/")
	parts := strings.Split(ref, "/")
	if len(parts) < 2 {
		return ref
	}
	return strings.Join(parts[len(parts)-2:], "/")
}

func (n *names) find(r reference) (name, role string) {
	for at := n; at != nil; at = at.outer {
		for _, k := range r.lookups() {
			if next, ok := at.forwarded[k]; ok && next.Reference != r.Reference {
				name, _ := n.find(next)
				return name, at.role[k]
			}
			if name, ok := at.name[k]; ok {
				return name, ""
			}
		}
	}
	return "", ""
}

func (n *names) findMedicine(r reference) (codeable, bool) {
	for at := n; at != nil; at = at.outer {
		for _, k := range r.lookups() {
			if code, ok := at.medicine[k]; ok {
				return *code, true
			}
		}
	}
	return codeable{}, false
}

func words(concepts []codeable) string {
	for _, c := range concepts {
		if d := c.display(); d != "" {
			return d
		}
	}
	return ""
}

func (c codeable) display() string {
	for _, coding := range c.Coding {
		if coding.Display != "" {
			return coding.Display
		}
	}
	if c.Text != "" {
		return c.Text
	}
	for _, coding := range c.Coding {
		if coding.Code != "" {
			return coding.Code
		}
	}
	return ""
}
