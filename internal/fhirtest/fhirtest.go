// Package fhirtest writes what a source holds of a person as FHIR, in the profile that a
// source of its sector answers in, and serves it. It is for tests: they compare what comes
// back with what the same source says over SQL.
//
// It writes the elements that the published profiles have, from the rows of the source
// views, those included that are never shown. It knows nothing of the adapters that read
// them. What the tests of adapters share besides (harness.go) is here too.
package fhirtest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Record is what a source holds of a person: a Bundle, with every resource that others
// refer to. It is nil where the source holds nothing of them.
func Record(source load.Source, person *load.Person) ([]byte, error) {
	rows := person.Rows[source]
	if len(rows) == 0 {
		return nil, nil
	}
	p := open(source, person)
	switch source.Sector {
	case record.Demographics:
		p.pds()
	case record.GP:
		p.gpConnect()
	case record.SocialCare:
		p.interweave()
	default:
		p.ukCore()
	}
	return p.bundle()
}

// An object is a resource or a part of one. What is empty in it is not written.
type object map[string]any

// A pile is the resources of one person at one source while they are written.
type pile struct {
	source  load.Source
	person  *load.Person
	patient object // the Patient, the first of the resources
	all     []object
	known   map[string]bool
	parts   map[string][]row // by the id of what they are parts of, and relation
	err     error
	kind    string // of the bundle
}

func open(source load.Source, person *load.Person) *pile {
	p := &pile{source: source, person: person, known: map[string]bool{}, parts: map[string][]row{}, kind: "searchset"}
	for _, r := range person.Rows[source] {
		x := row{p, r}
		if parent := x.s("parent_id"); parent != "" {
			p.parts[parent+" "+r.Relation] = append(p.parts[parent+" "+r.Relation], x)
		}
	}
	return p
}

// PatientID is the id of a person's Patient at every source but PDS, where it is the number.
func PatientID(number record.NHSNumber) string { return "p-" + hashed(string(number)) }

func hashed(parts ...string) string {
	h := fnv.New64a()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// self is the Patient, as every source has one.
func (p *pile) self(id string) object {
	p.patient = object{
		"identifier": []object{{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": string(p.person.Number)}},
		"birthDate":  string(p.person.Born),
	}
	p.add("Patient", id, p.patient)
	return p.patient
}

func (p *pile) subject() object {
	return object{"reference": "Patient/" + p.patient["id"].(string)}
}

// add adds a resource and refers to it.
func (p *pile) add(kind, id string, o object) object {
	o["resourceType"], o["id"] = kind, id
	p.all = append(p.all, o)
	return object{"reference": kind + "/" + id}
}

// once adds a resource that others share: a professional, a place.
func (p *pile) once(kind, id string, o object) object {
	if !p.known[kind+id] {
		p.known[kind+id] = true
		p.add(kind, id, o)
	}
	return object{"reference": kind + "/" + id}
}

// fail notes what cannot be written.
func (p *pile) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s %s: "+format, append([]any{p.source.Sector, p.source.ODS}, args...)...)
	}
}

func (p *pile) bundle() ([]byte, error) {
	if p.err != nil {
		return nil, p.err
	}
	entries := make([]object, len(p.all))
	for i, o := range p.all {
		entries[i] = object{"resource": o}
	}
	return json.Marshal(pruned(object{"resourceType": "Bundle", "type": p.kind, "entry": entries}))
}

// pruned is a value without what is empty in it; nil where nothing is left.
func pruned(value any) any {
	switch v := value.(type) {
	case string:
		if v == "" {
			return nil
		}
	case object:
		return prunedObject(v)
	case []string:
		return list(v)
	case []any:
		return list(v)
	case []object:
		return list(v)
	}
	return value
}

func prunedObject(o object) any {
	kept := object{}
	for name, value := range o {
		if value = pruned(value); value != nil {
			kept[name] = value
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func list[T any](values []T) any {
	kept := []any{}
	for _, value := range values {
		if one := pruned(value); one != nil {
			kept = append(kept, one)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// A row is a row of a source view.
type row struct {
	pile *pile
	load.Row
}

func (r row) s(name string) string {
	switch v := r.Columns[name].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func (r row) id() string { return r.s("id") }

// lower is a code in FHIR's spelling: ON_HOLD is on-hold.
func (r row) lower(name string) string {
	return strings.ReplaceAll(strings.ToLower(r.s(name)), "_", "-")
}

// flag is a boolean; nil where there is none.
func (r row) flag(name string) any {
	if v, ok := r.Columns[name].(bool); ok {
		return v
	}
	return nil
}

func (r row) is(name string) bool { return r.Columns[name] == true }

// number is a whole number; nil where there is none.
func (r row) number(name string) any {
	if v, ok := r.Columns[name].(int); ok {
		return v
	}
	return nil
}

// at is a dateTime, or a date where only that is known.
func (r row) at(name string) string {
	v, ok := r.Columns[name].(time.Time)
	switch {
	case !ok:
		return ""
	case r.is(name + "_day_only"):
		return v.In(record.London).Format(time.DateOnly)
	}
	return v.In(record.London).Format(time.RFC3339Nano)
}

// after is a dateTime some minutes after another; "" where either is not known.
func (r row) after(name, minutes string) string {
	v, ok := r.Columns[name].(time.Time)
	n, known := r.Columns[minutes].(int)
	if !ok || !known || r.is(name+"_day_only") {
		return ""
	}
	return v.Add(time.Duration(n) * time.Minute).In(record.London).Format(time.RFC3339)
}

func (r row) texts(name string) []string {
	v, _ := r.Columns[name].([]string)
	return v
}

func period(from, to string) object { return object{"start": from, "end": to} }

func coding(system, code, display string) object {
	return object{"system": system, "code": code, "display": display}
}

// concept is a CodeableConcept: the code with the source's own beside it, or words.
func (r row) concept(name string) object {
	var codings []object
	code := coding(r.s(name+"_system"), r.s(name+"_code"), r.s(name+"_display"))
	if code["code"] != "" {
		codings = append(codings, code)
	}
	original := coding(r.s(name+"_original_system"), r.s(name+"_original_code"), r.s(name+"_original_display"))
	if original["code"] != "" {
		codings = append(codings, original)
	}
	o := object{"coding": codings}
	if code["code"] == "" {
		o["text"] = code["display"]
	} else if original["code"] == "" {
		o["text"] = original["display"]
	}
	return o
}

func (r row) coding(name string) object {
	return coding(r.s(name+"_system"), r.s(name+"_code"), r.s(name+"_display"))
}

func (r row) has(name string) bool {
	return r.s(name+"_display") != "" || r.s(name+"_code") != "" || r.s(name) != ""
}

func words(text string) object { return object{"text": text} }

// one is a list of one, of none where that is empty.
func one(o object) []object { return []object{o} }

func notes(texts ...string) []object {
	var all []object
	for _, text := range texts {
		all = append(all, object{"text": text})
	}
	return all
}

func extension(url string, value ...object) object {
	o := object{"url": url}
	for _, v := range value {
		for name, x := range v {
			o[name] = x
		}
	}
	if pruned(o).(object)["url"] != nil && len(pruned(o).(object)) == 1 {
		return nil
	}
	return o
}

// extensions are those that say something.
func extensions(all ...object) []object {
	return slices.DeleteFunc(all, func(o object) bool { return len(o) == 0 })
}

// meta is the profile, and the label of what the source holds for confidential.
func (r row) meta(profile string) object {
	o := object{}
	if profile != "" {
		o["profile"] = []string{profile}
	}
	if r.is("confidential") {
		o["security"] = one(coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", "restricted"))
	}
	return o
}

const mistake = "entered-in-error"

// status is a status in FHIR's spelling, unless the row was a mistake.
func (r row) status(known map[string]string) string {
	if r.is("entered_in_error") {
		return mistake
	}
	return known[r.s("status")]
}

// quantity is a number with its unit, from words such as "56 tablet".
func quantity(text string) object {
	value, unit, _ := strings.Cut(text, " ")
	if _, err := strconv.ParseFloat(value, 64); err != nil {
		return nil
	}
	return object{"value": json.Number(value), "unit": unit}
}

// value puts what was measured into an observation or a part of one. The unit is written
// as it is printed, with its code beside it.
func (r row) value(o object) object {
	measured, comparator := r.s("value_quantity"), r.s("value_comparator")
	if comparator != "" {
		measured = r.s("value_limit")
	}
	text := r.s("value_text")
	switch {
	case r.s("value_code") != "":
		o["valueCodeableConcept"] = object{"coding": one(coding(r.s("value_code_system"), r.s("value_code"), r.s("value_code_display"))), "text": text}
	case measured != "":
		unit, printed := r.s("value_unit"), ""
		if rest, ok := strings.CutPrefix(text, comparator+measured); ok {
			printed = strings.TrimSpace(rest)
		}
		q := object{"value": json.Number(measured), "comparator": comparator, "unit": printed}
		if printed != unit {
			q["system"], q["code"] = "http://unitsofmeasure.org", unit
		}
		o["valueQuantity"] = q
	default:
		o["valueString"] = text
	}
	if reason := r.s("value_absent_reason"); reason != "" {
		o["dataAbsentReason"] = object{"coding": one(coding("http://terminology.hl7.org/CodeSystem/data-absent-reason", reason, ""))}
	}
	if low, high, words := r.s("reference_range_low"), r.s("reference_range_high"), r.s("reference_range_text"); low+high+words != "" {
		limit := func(n string) object {
			if n == "" {
				return nil
			}
			return object{"value": json.Number(n)}
		}
		o["referenceRange"] = one(object{"low": limit(low), "high": limit(high), "text": words})
	}
	return o
}

// organisation is an organisation by its code and name.
func (p *pile) organisation(ods, name string) object {
	if ods+name == "" {
		return nil
	}
	return p.once("Organization", "o-"+hashed(ods, name), object{"name": name,
		"identifier": one(object{"system": map[bool]string{true: "https://fhir.nhs.uk/Id/ods-organization-code"}[ods != ""], "value": ods})})
}

// place is a location, service or organisation by its name alone.
func (p *pile) place(kind, name string) object {
	if name == "" {
		return nil
	}
	return p.once(kind, "n-"+hashed(kind, name), object{"name": name})
}

// who is the professional of a row. In R4 they are referred to by their role, in STU3
// directly, with the role beside them.
func (r row) who(name string, employer ...object) object {
	return r.pile.professional(r.s(name+"_name"), r.s(name+"_role"), "", employer...)
}

func (p *pile) professional(name, role, id string, employer ...object) object {
	if name+role == "" {
		return nil
	}
	if id == "" {
		id = "w-" + hashed(name, role)
	}
	who := p.once("Practitioner", id, object{"name": one(words(name))})
	var at object
	if len(employer) > 0 {
		at = employer[0]
	}
	if role == "" && at == nil {
		return who
	}
	inRole := p.once("PractitionerRole", id+"-"+hashed(fmt.Sprint(at)), object{"practitioner": who, "organization": at, "code": one(words(role))})
	if p.source.Sector == record.GP {
		return who
	}
	return inRole
}
