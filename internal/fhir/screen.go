package fhir

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"carerecord/internal/codesystem"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A Screen is the exclusion list of a request's terms, the same that SQL sources get. It is applied to
// resources before they are counted.
type Screen struct {
	codes       map[string]struct{}
	trees       map[string]struct{} // Read codes that exclude everything below them
	specialties map[string]struct{}
	pattern     *regexp.Regexp
	stems       stems
}

// screens caches the most recently made. Terms with the same list share one.
var screens struct {
	sync.Mutex
	all []kept
}

type kept struct {
	codes          []byte
	pattern, stems string
	specialties    []string
	screen         *Screen
}

func (k kept) of(t *fetch.Terms) bool {
	return k.pattern == t.ExcludedWords && k.stems == t.ExcludedStems && slices.Equal(k.specialties, t.Specialties) && bytes.Equal(k.codes, t.ExcludedCodes)
}

// maxScreens is how many lists are cached; there is one per purpose.
const maxScreens = 16

// ScreenOf returns the Screen of a request's terms. Unreadable terms are record.ErrInvalid: nothing may be
// read without an exclusion list.
func ScreenOf(terms *fetch.Terms) (*Screen, error) {
	screens.Lock()
	defer screens.Unlock()
	for _, k := range screens.all {
		if k.of(terms) {
			return k.screen, nil
		}
	}
	s, err := newScreen(terms)
	if err != nil {
		return nil, err
	}
	if len(screens.all) == maxScreens {
		screens.all = screens.all[1:]
	}
	screens.all = append(screens.all, kept{terms.ExcludedCodes, terms.ExcludedWords, terms.ExcludedStems, terms.Specialties, s})
	return s, nil
}

func newScreen(terms *fetch.Terms) (*Screen, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(terms.ExcludedCodes, &keys); err != nil {
		return nil, fmt.Errorf("%w: the excluded codes are no JSON object", record.ErrInvalid)
	}
	pattern, err := regexp.Compile("(?i)" + terms.ExcludedWords)
	if err != nil || terms.ExcludedWords == "" {
		return nil, fmt.Errorf("%w: the excluded words are no expression", record.ErrInvalid)
	}
	s := &Screen{codes: make(map[string]struct{}, len(keys)), trees: map[string]struct{}{}, specialties: map[string]struct{}{},
		pattern: pattern, stems: stemsOf(terms.ExcludedStems)}
	for key := range keys {
		s.codes[key] = struct{}{}
		if tree, ok := strings.CutSuffix(key, "%"); ok && strings.HasPrefix(key, "http://read.info/") {
			s.trees[tree[strings.LastIndexByte(tree, '|')+1:]] = struct{}{}
		}
	}
	for _, key := range terms.Specialties {
		s.specialties[key] = struct{}{}
	}
	return s, nil
}

// Code reports whether a code is excluded, under any name of its system and in any spelling. A code without
// a system is compared with every large code system that it may belong to.
func (s *Screen) Code(system, code string) bool {
	code = strings.TrimSpace(seen(code))
	if code == "" {
		return false
	}
	if system == codesystem.SNOMED.URI { // the most frequent case
		return s.listed(codesystem.SNOMED, code)
	}
	name := strings.ToLower(strings.TrimSpace(seen(system)))
	if name == "" {
		return s.bare(code)
	}
	if large := codesystem.Of(name); large != nil {
		return s.listed(large, code)
	}
	name, _, _ = strings.Cut(name, "|")
	_, in := s.codes[strings.TrimRight(name, "/")+"|"+code]
	return in
}

func (s *Screen) bare(code string) bool {
	for _, large := range codesystem.All {
		switch large {
		case codesystem.LOINC: // no other system uses its codes
			continue
		case codesystem.ICD10, codesystem.OPCS4, codesystem.Read:
			if len(code) > codesystem.BareLength {
				continue
			}
		}
		if s.listed(large, code) {
			return true
		}
	}
	return false
}

// listed reports whether a code of a large system is on the exclusion list.
func (s *Screen) listed(large *codesystem.System, code string) bool {
	switch large {
	case codesystem.ICD10, codesystem.OPCS4:
		code = classCode(code)
	case codesystem.Read:
		return s.read(large.URI, code)
	case codesystem.SNOMED, codesystem.DMD:
		for concept := range codesystem.Concepts(code) {
			if _, in := s.codes[large.URI+"|"+concept]; in {
				return true
			}
		}
	}
	_, in := s.codes[large.URI+"|"+code]
	return in
}

// classCode is the first four letters and digits of a code, in capitals.
func classCode(code string) string {
	var b []byte
	for i := 0; i < len(code) && len(b) < 4; i++ {
		c := code[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			b = append(b, c)
		}
	}
	return string(b)
}

// read compares the first five characters of a Read code without trailing dots, and all codes above it.
func (s *Screen) read(uri, code string) bool {
	stem := strings.TrimRight(code[:min(5, len(code))], ".")
	for _, spelling := range []string{stem, (stem + "....")[:min(5, len(stem)+4)]} {
		if _, in := s.codes[uri+"|"+spelling]; in {
			return true
		}
	}
	for n := 2; n <= len(stem); n++ {
		if _, in := s.trees[stem[:n]]; in {
			return true
		}
	}
	return false
}

// Specialty reports whether a treatment function code is excluded.
func (s *Screen) Specialty(code string) bool {
	_, in := s.specialties[strings.TrimSpace(code)]
	return in
}

// Words reports whether a text contains an excluded word or phrase, as stored or as a reader sees it. Both
// are tried, because a ligature or similar sign may end a word or continue it, and an invisible character
// may be a gap or stand within a word.
func (s *Screen) Words(text string) bool {
	if s.say(text) {
		return true
	}
	read := seen(text)
	if read == text {
		return false
	}
	if s.say(read) {
		return true
	}
	spaced := seen(blank.ReplaceAllString(text, " "))
	return spaced != read && s.say(spaced)
}

func (s *Screen) say(text string) bool {
	return s.stems.mayBe(text) && s.pattern.MatchString(text)
}

// Shows reports whether an entry's own codes and words allow it to be shown.
func (s *Screen) Shows(entry record.RecordItem) bool {
	shown := true
	entry.Codes(func(code *record.Code) {
		for ; code != nil; code = code.Original {
			shown = shown && !s.Code(string(code.System), string(code.Code)) && !s.Words(code.Display) && !s.Words(string(code.Code))
		}
	})
	entry.Words(func(text string) { shown = shown && !s.Words(text) })
	record.Envelope(entry).Provenance.Words(func(text string) { shown = shown && !s.Words(text) })
	return shown
}

// Hides reports whether a resource contains an excluded code or word, including in members that the record
// has no place for, or text content that does. Binary content may match by chance, so whoever shows it must
// check it (Letter). Hides skips the top-level members in except, which the caller judges one by one. A
// resource that cannot be read is hidden.
func (s *Screen) Hides(raw json.RawMessage, except ...string) bool {
	hidden := false
	type pair struct{ system, code string }
	open := make([]pair, maxDepth+2)
	w := walker{data: raw, skip: func(depth int, key string) bool { return depth == 1 && slices.Contains(except, key) || hidden }}
	w.visit = func(depth int, key, text string) {
		switch strings.ToLower(key) {
		case "system":
			open[depth-1].system = text
		case "code":
			open[depth-1].code = text
			hidden = hidden || s.Words(text)
		case "data", "valuebase64binary":
			hidden = hidden || s.contentSays(text)
		case "content": // of a Binary (STU3)
			hidden = hidden || s.Words(text) || s.contentSays(text)
		default:
			hidden = hidden || !wordless[strings.ToLower(key)] && s.Words(text)
		}
	}
	w.leave = func(depth int) {
		p := open[depth]
		hidden = hidden || p.code != "" && (s.Code(p.system, p.code) || s.specialtyOf(p.system, p.code))
		open[depth] = pair{}
	}
	return w.value(1) != nil || hidden
}

// wordless are the members without text about the entry: URLs, keys, narratives, and the status, whose
// codes are FHIR's own.
var wordless = map[string]bool{"url": true, "reference": true, "profile": true, "id": true, "fullurl": true, "resourcetype": true, "value": true, "div": true,
	"linkid": true, "status": true, "versionid": true, "lastupdated": true}

// contentSays reports whether base64 content, as far as it can be decoded, is text that matches the
// exclusion list.
func (s *Screen) contentSays(encoded string) bool {
	content, _ := base64.StdEncoding.DecodeString(encoded)
	return isText(content) && s.Letter(content)
}

// isText reports whether content is text in some encoding: its only control characters are white space, ESC
// and the NULs of UTF-16.
func isText(content []byte) bool {
	return !slices.ContainsFunc(content, func(c byte) bool { return c < ' ' && c != 0 && (c < '\t' || c > '\r') && c != '\x1b' })
}

// HidesResource reports whether a whole resource is hidden: by Hides, or by the specialty of an appointment
// or referral or the practice setting of a document, whatever code system that names.
func (s *Screen) HidesResource(r *Resource, except ...string) bool {
	return s.Hides(r.Raw, except...) || s.specialtyIn(Member(r.Raw, "specialty")) || s.specialtyIn(Member(Member(r.Raw, "context"), "practiceSetting"))
}

// specialtyIn reports whether a member, which may be missing, holds an excluded treatment function.
func (s *Screen) specialtyIn(raw json.RawMessage) bool {
	var said OneOrMore[Concept]
	_ = json.Unmarshal(raw, &said) // a missing member has no concepts
	for _, concept := range said {
		if slices.ContainsFunc(concept.Coding, func(coding Coding) bool { return s.Specialty(coding.Code) }) {
			return true
		}
	}
	return false
}

// specialtyOf reports whether a code is an excluded treatment function in a system whose name suggests that
// it has them.
func (s *Screen) specialtyOf(system, code string) bool {
	lower := strings.ToLower(system)
	return (strings.Contains(lower, "treatment") || strings.Contains(lower, "specialty") || strings.Contains(lower, "practicesetting")) && s.Specialty(code)
}
