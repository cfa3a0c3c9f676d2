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

// MaxEntries is how many resources the pages of one answer may hold together, and
// MaxPages how many pages they may be.
const (
	MaxEntries = 50_000
	MaxPages   = 100
)

// A Resource is a resource as it came, undecoded.
type Resource struct {
	Type, ID string
	FullURL  string
	Profiles []string
	Security []Coding
	Raw      json.RawMessage

	restricted bool // by the label of its bundle, by its own securityLabel, or because its labels cannot be read
}

// Key is how references within an answer name it, as Patient/2.
func (r *Resource) Key() string { return r.Type + "/" + r.ID }

// Confidential reports whether the source labels the resource restricted (HL7 v3 Confidentiality R or
// V), in its meta or, as a document, in its securityLabel, or the whole bundle it came in.
func (r *Resource) Confidential() bool {
	return r.restricted || slices.ContainsFunc(r.Security, Coding.Confidential)
}

// ConfidentialWithin reports the same of the resource and those contained in it. A contained one whose
// labels cannot be read counts as restricted.
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

// Confidential reports whether a security label says that what bears it is not for us, or does
// not say how confidential it is: one without a code, or with one that is none of the levels of
// HL7 v3 Confidentiality.
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

// A securityLabel is the member of that name: a concept in a document, a coding in a consent of STU3.
type securityLabel struct {
	Coding       []Coding
	System, Code string
}

// confidential reports the same of a securityLabel. One in words alone does not say how confidential it
// is.
func (l securityLabel) confidential() bool {
	if len(l.Coding) == 0 {
		return Coding{System: l.System, Code: l.Code}.Confidential()
	}
	return slices.ContainsFunc(l.Coding, Coding.Confidential)
}

// ordinary are the levels of confidentiality that are for us: unrestricted, low, moderate, normal.
var ordinary = []string{"U", "L", "M", "N"}

// sensitive are the labels (HL7 v3 InformationSensitivityPolicy) of what is never shown.
var sensitive = []string{"HIV", "STD", "SEX", "SDV", "MST", "GDIS"}

// nothing are the values of a bundle's total that agree with its being empty: none, or not said.
var nothing = []string{"", "null", "0"}

// A Bundle is the resources of an answer and where it goes on.
type Bundle struct {
	Type      string
	Resources []Resource
	Next      string // link to the next page; "" at the end
	Broken    int    // entries that are no resource

	Confidential bool       // by the label on all of it
	Unreadable   []Resource // of the broken ones, those that say what they are: they may hide what refers to them
	Total        int        // of all pages, as the first says; 0 where it does not
	Matches      int        // entries that were searched for, and not included with others, each once; those that cannot be read too

	matches map[match]bool // those; true of one whose search.mode says so
	again   bool           // one of them came on two pages
}

// A match tells apart the entries that were searched for: by type, and by id or what stands for one.
type match struct{ of, id string }

// Lost is how many entries a bundle lacks of which nothing is known. Any of them may hide others: where the bundle is of a type
// that is asked for because it may, nothing that could hang on it can be judged. To say that the answer is not all would not be
// enough then: it is as if the search had failed.
func (b *Bundle) Lost() int { return b.Broken - len(b.Unreadable) }

// ParseBundle reads a bundle that has been checked. Entries without a resource that
// can be told are counted as broken; what is no bundle is record.ErrMalformed.
func ParseBundle(data []byte) (*Bundle, error) {
	if textOf(data, "resourceType") != "Bundle" {
		return nil, Malformedf("not a Bundle")
	}
	b := &Bundle{Type: textOf(data, "type"), matches: map[match]bool{}}
	total, _ := strconv.Atoi(string(Member(data, "total")))
	b.Total = min(total, MaxPages*MaxEntries) // counts are added up
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
		b.Broken = 1 // it says that there are some, and gives none
	}
	return b, nil
}

// ParseWhole reads a bundle that is to be a whole answer. One that has a next page all the same is for
// the caller to refuse.
func ParseWhole(data []byte) (*Bundle, error) {
	b, err := ParseBundle(data)
	if err == nil {
		b.missCounted()
	}
	return b, err
}

// missCounted counts as broken what a bundle, with all its pages, says it has and does not give. Where
// an entry came on two pages, the pages moved while they were read, and another entry may have come on
// none.
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

// match counts an entry, unless it was included with another, or came before.
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

// restrict heeds the label on a bundle (https://hl7.org/fhir/R4/security-labels.html). It is taken to
// be the highest of its entries' labels; where no entry bears one, it counts for all of them.
func (b *Bundle) restrict() {
	if !b.Confidential || slices.ContainsFunc(b.Resources, func(r Resource) bool { return r.Confidential() }) {
		return
	}
	for i := range b.Resources {
		b.Resources[i].restricted = true
	}
}

// ParseResource reads what a checked resource is; false where that cannot be told, where it
// cannot be told how confidential it is, or where it is not what it seems to be (see Modified).
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
	if r.Type == "Bundle" { // each of its entries is judged by itself
		return r, Member(raw, "implicitRules") == nil
	}
	return r, !Modified(raw)
}

// Modified reports whether something in a checked object, however deep, means what is not told here: it bears a modifier
// extension, which nobody who does not know it may pass over, or was made by rules of its own. None is known here.
// (https://hl7.org/fhir/R4/extensibility.html#modifierExtension, https://hl7.org/fhir/R4/resource.html#Resource)
func Modified(raw json.RawMessage) bool {
	return bytes.Contains(raw, []byte(`"modifierExtension"`)) || bytes.Contains(raw, []byte(`"implicitRules"`))
}

// OfVersion reports whether no resource claims to be of another version of FHIR. The
// profiles of the UK say theirs in their address.
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

// Search reads the pages of a search to their end. More pages or entries than the
// bounds are record.ErrMalformed: half an answer must not pass for a whole one.
func Search(ctx context.Context, f Fetcher, r Request) (*Bundle, error) {
	data, err := f.Fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	return pages(ctx, f, r, data)
}

// pages reads a search from its first page, which has come, to its end.
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

// join adds the next page of a search for the type searched. An entry that was included with others,
// and does not say so, may rightly come on both pages.
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

// Codes are the details codes of an OperationOutcome: what its specification names in
// capitals. Anything else could be content.
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

// IsOutcome reports whether a checked answer is an OperationOutcome.
func IsOutcome(data []byte) bool { return textOf(data, "resourceType") == "OperationOutcome" }

// incomplete are the codes (https://hl7.org/fhir/R4/valueset-issue-type.html) by which an outcome says that an answer is not
// all, however grave it calls that.
var incomplete = []string{"incomplete", "timeout", "throttled", "too-costly", "exception", "transient"}

// IsIncomplete reports whether an outcome within an answer says that it lacks something.
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
