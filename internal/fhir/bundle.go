package fhir

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MaxEntries is how many resources all pages of one answer may hold together. MaxPages is how many pages it
// may have.
const (
	MaxEntries = 50_000
	MaxPages   = 100
)

// A Resource is one FHIR resource, with its body undecoded.
type Resource struct {
	Type, ID string
	FullURL  string
	Profiles []string
	Security []Coding
	Raw      json.RawMessage

	restricted bool // by its bundle's label, by its own securityLabel, or because its labels cannot be read
}

// Key is the type and id, as references within an answer write them: Patient/2.
func (r *Resource) Key() string { return r.Type + "/" + r.ID }

// Confidential reports whether the source labels the resource restricted (HL7 v3 Confidentiality R or V).
// The label may be in its meta, in the securityLabel of a document, or on the bundle it came in.
func (r *Resource) Confidential() bool {
	return r.restricted || slices.ContainsFunc(r.Security, Coding.Confidential)
}

// ConfidentialWithin is Confidential for the resource and everything it contains. A contained resource
// whose labels cannot be read counts as restricted.
func (r *Resource) ConfidentialWithin() bool {
	var contained []json.RawMessage
	if raw := Member(r.Raw, "contained"); raw != nil && json.Unmarshal(raw, &contained) != nil {
		return true
	}
	return r.Confidential() || slices.ContainsFunc(contained, func(raw json.RawMessage) bool {
		inside, ok := ParseResource(raw)
		return inside.Confidential() || !ok && Member(raw, "meta") != nil
	})
}

// Confidential reports whether a security label forbids us to show what bears it, or does not say how
// confidential it is: a label without a code, or with a confidentiality code that HL7 v3 does not define.
func (c Coding) Confidential() bool {
	code := strings.ToUpper(strings.TrimSpace(seen(c.Code)))
	switch {
	case code == "" || code == "R" || code == "V" || slices.Contains(sensitive, code):
		return true
	case strings.Contains(strings.ToLower(c.System), "confidentiality") || strings.HasSuffix(strings.TrimSpace(c.System), "2.16.840.1.113883.5.25"):
		return !slices.Contains(ordinary, code)
	}
	return false
}

// A securityLabel is the FHIR member of that name: a CodeableConcept in a document, a Coding in an STU3
// Consent.
type securityLabel struct {
	Coding       []Coding
	System, Code string
}

// confidential reports the same of a securityLabel. A label that is only text does not say how confidential
// it is.
func (l securityLabel) confidential() bool {
	if len(l.Coding) == 0 {
		return Coding{System: l.System, Code: l.Code}.Confidential()
	}
	return slices.ContainsFunc(l.Coding, Coding.Confidential)
}

// ordinary are the confidentiality levels that we may show: unrestricted, low, moderate, normal.
var ordinary = []string{"U", "L", "M", "N"}

// sensitive are the HL7 v3 InformationSensitivityPolicy labels of what is never shown.
var sensitive = []string{"HIV", "STD", "SEX", "SDV", "MST", "GDIS"}

// nothing are the values of Bundle.total that are consistent with an empty bundle: missing, null or 0.
var nothing = []string{"", "null", "0"}

// A Bundle is the resources of an answer and the link to its next page.
type Bundle struct {
	Type      string
	Resources []Resource
	Next      string // link to the next page; "" at the end
	Broken    int    // entries that are not a readable resource

	Confidential bool       // from the label on the bundle itself
	Unreadable   []Resource // the broken entries whose type is known: they may hide what refers to them
	Total        int        // over all pages, as the first page states; 0 if it does not
	Matches      int        // distinct matches of the search, readable or not, without those added by _include

	matches map[match]bool // the matches; the value is true if search.mode says "match"
	again   bool           // a match came on two pages
}

// A match identifies an entry that matched the search: its type and its id, or a substitute for the id.
type match struct{ of, id string }

// Lost is how many missing or broken entries nothing is known about. Any of them may be what hides other
// entries. If the bundle is of a type that is read because it can hide others, nothing that may depend on
// it can be judged: reporting an incomplete answer is not enough then, and the search counts as failed.
func (b *Bundle) Lost() int { return b.Broken - len(b.Unreadable) }

// ParseBundle reads a bundle that has passed Check. Entries without a recognisable resource count as
// broken. Data that is not a Bundle is record.ErrMalformed.
func ParseBundle(data []byte) (*Bundle, error) {
	if textOf(data, "resourceType") != "Bundle" {
		return nil, Malformedf("not a Bundle")
	}
	b := &Bundle{Type: textOf(data, "type"), matches: map[match]bool{}}
	total, _ := strconv.Atoi(string(Member(data, "total")))
	b.Total = min(total, MaxPages*MaxEntries) // totals are added up
	r, ok := ParseResource(data)
	if !ok {
		return nil, Malformedf("a Bundle of which it cannot be told how confidential it is, or by which rules it was made")
	}
	b.Confidential = r.Confidential()
	if b.Type == "" {
		return nil, Malformedf("a Bundle without its type")
	}
	if raw := Member(data, "entry"); raw != nil {
		entries, ok := elements(raw)
		if !ok {
			return nil, Malformedf("a Bundle whose entries are no list")
		}
		if err := b.take(entries); err != nil {
			return nil, err
		}
		b.restrict()
	}
	var links []struct{ Relation, URL string }
	if raw := Member(data, "link"); raw != nil && json.Unmarshal(raw, &links) != nil {
		return nil, Malformedf("a Bundle whose links cannot be read")
	}
	for _, link := range links {
		if link.Relation != "next" {
			continue
		}
		if link.URL == "" {
			return nil, Malformedf("a Bundle that goes on nowhere")
		}
		if b.Next != "" && b.Next != link.URL {
			return nil, Malformedf("a Bundle that goes on in two places")
		}
		b.Next = link.URL
	}
	if len(b.Resources)+b.Broken == 0 && b.Next == "" && !slices.Contains(nothing, string(Member(data, "total"))) {
		b.Broken = 1 // it says that it has entries and gives none
	}
	return b, nil
}

// ParseWhole reads a bundle that should be a complete answer. It does not reject a next page; the caller
// does.
func ParseWhole(data []byte) (*Bundle, error) {
	b, err := ParseBundle(data)
	if err == nil {
		b.missCounted()
	}
	return b, err
}

// missCounted counts as broken the entries that the bundle's total promises and its pages do not contain.
// If an entry came on two pages, the pages shifted during the read, so another entry may be on none.
func (b *Bundle) missCounted() {
	lost := b.Total - b.Matches
	if b.again {
		lost = max(lost, 1)
	}
	b.Broken = max(b.Broken, len(b.Unreadable)+lost)
}

func (b *Bundle) take(entries []json.RawMessage) error {
	if len(entries) > MaxEntries {
		return Malformedf("a Bundle of more than %d entries", MaxEntries)
	}
	b.Resources = make([]Resource, 0, len(entries))
	for _, raw := range entries {
		r, ok := ParseResource(Member(raw, "resource"))
		r.FullURL = textOf(raw, "fullUrl")
		b.match(raw, &r)
		if !ok || Modified(raw) {
			if b.Broken++; r.Type != "" {
				b.Unreadable = append(b.Unreadable, r)
			}
			continue
		}
		b.Resources = append(b.Resources, r)
	}
	return nil
}

// match counts an entry as a match, unless it was added by _include, is an outcome, or was counted before.
func (b *Bundle) match(entry json.RawMessage, r *Resource) {
	mode := textOf(Member(entry, "search"), "mode")
	if mode == "include" || mode == "outcome" || r.Type == "" || r.Type == "OperationOutcome" {
		return
	}
	m := match{r.Type, r.ID}
	if m.id == "" {
		m.id = r.FullURL
	}
	if m.id == "" {
		m.id = string(entry)
	}
	b.matches[m] = mode == "match"
	b.Matches = len(b.matches)
}

// restrict applies the label on a bundle (https://hl7.org/fhir/R4/security-labels.html). A bundle's label
// is the highest of its entries' labels. If no entry bears a confidential label, the bundle's applies to
// all of them.
func (b *Bundle) restrict() {
	if !b.Confidential || slices.ContainsFunc(b.Resources, func(r Resource) bool { return r.Confidential() }) {
		return
	}
	for i := range b.Resources {
		b.Resources[i].restricted = true
	}
}

// ParseResource reads the header of a resource that has passed Check. It returns false if the resource has
// no type, if its confidentiality cannot be determined, or if its meaning is modified (see Modified).
func ParseResource(raw json.RawMessage) (r Resource, ok bool) {
	r = Resource{Type: textOf(raw, "resourceType"), ID: textOf(raw, "id"), Raw: raw}
	if r.Type == "" {
		return Resource{}, false
	}
	var meta struct {
		Profile  []string
		Security []Coding
	}
	if m := Member(raw, "meta"); m != nil && json.Unmarshal(m, &meta) != nil {
		r.restricted = true
		return r, false
	}
	r.Profiles, r.Security = meta.Profile, meta.Security
	var labels OneOrMore[securityLabel]
	if said := Member(raw, "securityLabel"); said != nil && json.Unmarshal(said, &labels) != nil {
		r.restricted = true
		return r, false
	}
	r.restricted = slices.ContainsFunc(labels, securityLabel.confidential)
	if r.Type == "Bundle" { // each entry is judged on its own
		return r, Member(raw, "implicitRules") == nil
	}
	return r, !Modified(raw)
}

// Modified reports whether a resource that has passed Check has, at any depth, a modifierExtension or
// implicitRules. Both can change the meaning of the data, and a reader that does not know them must not
// ignore them. We know none. (https://hl7.org/fhir/R4/extensibility.html#modifierExtension,
// https://hl7.org/fhir/R4/resource.html#Resource)
func Modified(raw json.RawMessage) bool {
	return bytes.Contains(raw, []byte(`"modifierExtension"`)) || bytes.Contains(raw, []byte(`"implicitRules"`))
}

// OfVersion reports whether no resource claims a profile of another FHIR version. UK profiles have the
// version in their URL.
func (b *Bundle) OfVersion(version string) bool {
	foreign := map[string][]string{"STU3": {"/R4/", "/UKCore-", "/4.0/"}, "R4": {"/STU3/", "/3.0/"}}[version]
	for i := range b.Resources {
		for _, profile := range b.Resources[i].Profiles {
			if slices.ContainsFunc(foreign, func(mark string) bool { return strings.Contains(profile, mark) }) {
				return false
			}
		}
	}
	return true
}

// Search reads all pages of a search. More than MaxPages pages or MaxEntries entries are
// record.ErrMalformed: half an answer must not pass for a whole one.
func Search(ctx context.Context, f Fetcher, r Request) (*Bundle, error) {
	data, err := f.Fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	return pages(ctx, f, r, data)
}

// pages reads a search to its end, given its first page.
func pages(ctx context.Context, f Fetcher, r Request, first []byte) (*Bundle, error) {
	all, err := ParseBundle(first)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for all.Next != "" {
		switch {
		case seen[all.Next]:
			return nil, Malformedf("pages that go in a circle")
		case len(seen)+1 == MaxPages:
			return nil, Malformedf("more than %d pages", MaxPages)
		}
		seen[all.Next] = true
		data, err := f.Fetch(ctx, Request{Link: all.Next, Header: r.Header, Patient: r.Patient})
		if err != nil {
			return nil, err
		}
		page, err := ParseBundle(data)
		if err != nil {
			return nil, err
		}
		if all.join(page, r.Path[strings.LastIndexByte(r.Path, '/')+1:]); len(all.Resources) > MaxEntries {
			return nil, Malformedf("more than %d entries", MaxEntries)
		}
	}
	all.missCounted()
	return all, nil
}

// join adds the next page of a search for the type searched. An included entry may legitimately come on
// both pages, and not every source marks it as included.
func (b *Bundle) join(page *Bundle, searched string) {
	for m, sure := range page.matches {
		_, came := b.matches[m]
		b.again = b.again || came && (sure || m.of == searched)
	}
	maps.Copy(b.matches, page.matches)
	b.Matches = len(b.matches)
	b.Resources, b.Next = append(b.Resources, page.Resources...), page.Next
	b.Unreadable, b.Broken = append(b.Unreadable, page.Unreadable...), b.Broken+page.Broken
	b.Confidential = b.Confidential || page.Confidential
}

// Codes returns the details codes of an OperationOutcome that are written in capitals, as the
// specifications write them; at most 8. Anything else might be patient content.
func Codes(data []byte) []string {
	var outcome struct {
		ResourceType string
		Issue        []struct {
			Details struct{ Coding []Coding }
		}
	}
	if json.Unmarshal(data, &outcome) != nil || outcome.ResourceType != "OperationOutcome" {
		return nil
	}
	var codes []string
	for _, issue := range outcome.Issue {
		for _, coding := range issue.Details.Coding {
			if code := string(coding.Code); named(code) && len(codes) < 8 && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

func named(code string) bool {
	return len(code) > 1 && len(code) <= 64 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// IsOutcome reports whether an answer that has passed Check is an OperationOutcome.
func IsOutcome(data []byte) bool { return textOf(data, "resourceType") == "OperationOutcome" }

// incomplete are the issue types (https://hl7.org/fhir/R4/valueset-issue-type.html) by which an outcome
// says that an answer is incomplete, whatever the severity.
var incomplete = []string{"incomplete", "timeout", "throttled", "too-costly", "exception", "transient"}

// IsIncomplete reports whether an outcome within an answer says that the answer lacks something. An outcome
// that cannot be read counts as saying so.
func IsIncomplete(outcome json.RawMessage) bool {
	type issue struct{ Severity, Code string }
	var x struct{ Issue []issue }
	if json.Unmarshal(outcome, &x) != nil {
		return true
	}
	return slices.ContainsFunc(x.Issue, func(i issue) bool {
		return i.Severity == "error" || i.Severity == "fatal" || slices.Contains(incomplete, i.Code)
	})
}
