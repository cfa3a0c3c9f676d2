package load

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// telling is what entries say by which they may be known, whether or not the record has a place for it, and what each hangs on. An
// entry goes where what it is for, what it was ordered by or what it is a part of is never shown, since it would give that away.
type telling struct {
	own map[*head]fhir.Telling
	on  map[*head][]*head
}

// passedOver are the members of an entry that are judged one by one, are a person's own names, or have FHIR's own codes.
var passedOver = map[string][]string{
	"AllergyIntolerance": {"reaction", "clinicalStatus", "verificationStatus"},
	"Condition":          {"clinicalStatus", "verificationStatus"},
	"Observation":        {"component"},
	"Encounter":          {"class", "classHistory"},
	"Appointment":        {"participant"},
	"RelatedPerson":      {"name", "telecom", "address"},
}

// except are the members of a type that are not looked through: whose it is, what stands beside it, and what is passed over.
var except = func() map[string][]string {
	whose := []string{"subject", "patient", "identifier"}
	all := map[string][]string{}
	for kind := range personal {
		all[kind] = slices.Concat(whose, passedOver[kind], slices.Collect(maps.Keys(beside[kind])))
	}
	return all
}()

// tell finds what each entry hangs on. What was a mistake hides nothing.
func (d *dossier) tell() telling {
	t := telling{map[*head]fhir.Telling{}, map[*head][]*head{}}
	byKey := map[string][]*head{}
	for h, void := range d.heads() {
		if !void {
			for _, k := range h.keys() {
				byKey[k] = append(byKey[k], h)
			}
		}
	}
	for h, void := range d.heads() {
		for _, k := range h.hangsOn() {
			t.on[h] = append(t.on[h], byKey[k]...)
		}
		if void || h.ResourceType == "DiagnosticReport" { // whose results refer to it
			continue
		}
		for _, k := range h.parts() {
			for _, part := range byKey[k] {
				t.on[part] = append(t.on[part], h)
			}
		}
	}
	return t
}

// says is what an entry says itself. One that cannot be looked through is taken for confidential.
func (t telling) says(h *head) fhir.Telling {
	if s, ok := t.own[h]; ok || h.raw == nil {
		return s
	}
	s, err := fhir.TellingIn(h.raw, except[h.ResourceType]...)
	if err != nil {
		h.restricted = true
	}
	for i, c := range s.Codes {
		if saysLittle(c) {
			s.Words = append(s.Words, c.Display)
			s.Codes[i] = fhir.Coding{}
		}
	}
	s.Words = slices.DeleteFunc(s.Words, func(text string) bool { return plainWords[text] })
	t.own[h] = s
	return s
}

// saysLittle reports whether a code only says of what sort an entry is, as FHIR has them, or that there was an encounter, or is a
// number of the machine that made it.
func saysLittle(c fhir.Coding) bool {
	if c.System == "urn:ietf:rfc:3986" {
		return true
	}
	sort, ofHL7 := strings.CutPrefix(c.System, "http://terminology.hl7.org/CodeSystem/")
	return ofHL7 && (strings.HasSuffix(sort, "-category") || sort == "v2-0074" || sort == "dose-rate-type") ||
		c.System == known[0] && plainVisits[c.Code]
}

// plainVisits are kinds of encounter (SNOMED CT) that say nothing of what it was for. Nearly all there is happened at one of them, and
// each row would have to be tried by it.
var plainVisits = set("185349003", "185345009", "185347001", "390906007", "50849002", "371883000", "183452005", "316744009", "308335008", "308540004")

// plainWords are what these are called, and the sorts of entries.
var plainWords = set("Encounter for check up (procedure)", "Encounter for 'check-up'", "Encounter for symptom", "Encounter for problem (procedure)",
	"Encounter for problem", "Encounter for Problem", "Follow-up encounter", "Emergency room admission (procedure)", "Emergency Room Admission", "Emergency Encounter",
	"Outpatient procedure", "Outpatient procedure (procedure)", "Encounter Inpatient", "Office Visit", "Patient encounter procedure", "Inpatient stay (finding)",
	"Laboratory", "laboratory", "Vital Signs", "Vital signs", "vital-signs", "Survey", "survey", "Exam", "exam", "Imaging", "Social History", "social-history",
	"Procedure", "procedure", "Therapy", "therapy", "Activity", "Encounter Diagnosis", "Problem List Item", "Community", "Inpatient", "Outpatient", "Discharge", "Ordered")

// all is what an entry says, and all that it hangs on.
func (t telling) all(h *head) (all []fhir.Telling) {
	met, open := map[*head]bool{h: true}, []*head{h}
	for len(open) > 0 {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		all = append(all, t.says(next))
		h.restricted = h.restricted || next.restricted
		for _, on := range t.on[next] {
			if !met[on] {
				met[on] = true
				open = append(open, on)
			}
		}
	}
	return all
}

// toldBy is where a row holds, until it is stored, what its entry says: only then is it known what of that has columns.
const toldBy = ""

// keepTold keeps what an entry and what it hangs on say where the rule looks for it, but what the row's columns say.
func (c columns) keepTold() {
	told, _ := c[toldBy].([]fhir.Telling)
	delete(c, toldBy)
	if len(told) == 0 {
		return
	}
	codes, texts := c.placed()
	for _, s := range told {
		for _, one := range s.Codes {
			if !codes[one.System+"|"+one.Code] {
				c.link(coding{System: one.System, Code: one.Code})
			}
			c.alsoBut(texts, one.Display)
			if one.Display == "" && strings.Trim(one.Code, ".0123456789") != "" { // it is read as a word
				c.alsoBut(texts, one.Code)
			}
		}
		for _, text := range s.Words {
			c.alsoBut(texts, text)
		}
	}
}

// placed are the codes and the texts that a row has columns for.
func (c columns) placed() (codes map[string]bool, texts []string) {
	codes = map[string]bool{}
	for name, value := range c {
		text, ok := value.(string)
		switch prefix, isCode := strings.CutSuffix(name, "_code"); {
		case !ok, strings.HasPrefix(name, "admission_source"), strings.HasPrefix(name, "discharge_destination"): // left out by themselves
		case isCode:
			system, _ := cmp.Or(c[prefix+"_system"], c[name+"_system"]).(string)
			codes[system+"|"+text] = true
		default:
			texts = append(texts, text)
		}
	}
	return codes, texts
}

// alsoBut keeps words that none of some texts has.
func (c columns) alsoBut(texts []string, words string) {
	words = strings.TrimSpace(words)
	if !slices.ContainsFunc(texts, func(text string) bool {
		return strings.EqualFold(text, words) || strings.Contains(text, words) && fhir.Mentions(text, words)
	}) {
		c.also(words)
	}
}
