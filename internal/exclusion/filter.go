package exclusion

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/codesystem"
)

// A Filter is what may not be shown for one purpose, in the forms SQL and Go need.
// What it excludes does not change, and it is for any number of callers at once.
type Filter struct {
	json        []byte
	specialties []string
	pattern     string
	stems       string

	codes  map[string]*codes // by every listed URI
	named  map[string]*codes // by name of systems
	words  phrases
	memory *memory
}

func newFilter(rows []row) *Filter {
	f := &Filter{codes: map[string]*codes{}, named: map[string]*codes{}, memory: new(memory)}
	keys, specialties := map[string]struct{}{}, map[string]struct{}{}
	for _, r := range rows {
		if r.system == "word" {
			f.words.add(r.code)
			continue
		}
		f.add(r, keys)
		if r.system == "treatment-function" {
			specialties[r.code] = struct{}{}
		}
	}
	for uri, name := range names {
		if all := f.named[name]; all != nil {
			f.codes[uri] = all
		}
	}
	f.json = object(keys)
	f.specialties = slices.Sorted(maps.Keys(specialties))
	f.pattern = f.words.pattern()
	f.stems = f.words.stems()
	return f
}

func (f *Filter) add(r row, keys map[string]struct{}) {
	s := systems[r.system]
	stem, tree := strings.CutSuffix(r.code, "%")
	code := canonical(s.form, stem)
	all := f.named[r.system]
	if all == nil {
		all = &codes{form: s.form, set: map[string]struct{}{}, tree: map[string]struct{}{}}
		f.named[r.system] = all
	}
	all.set[code] = struct{}{}
	if tree {
		all.tree[code] = struct{}{}
	}
	for _, spelling := range spellings(s.form, code, tree) {
		for _, uri := range s.uris {
			keys[s.listedUnder(uri)+"|"+spelling] = struct{}{}
		}
	}
}

// object is the JSON object of keys. No key has a character that JSON escapes:
// URIs are our own, and codes are checked when they are read.
func object(keys map[string]struct{}) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(keys)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(key)
		b.WriteString(`":1`)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// Codes is a JSON object whose keys are "system|code", for jsonb's ? and ?|; a Read
// code that stands for all below it ends in "%". The system is a large one's URI, or any other's
// in small letters. The caller must not change it.
func (f *Filter) Codes() []byte { return f.json }

// Specialties are the treatment functions that give away what is excluded, sorted.
// The caller must not change them.
func (f *Filter) Specialties() []string { return f.specialties }

// Pattern is a regular expression for PostgreSQL's ~*, true of names and titles
// that give away what is excluded. In Go it means the same after (?i).
func (f *Filter) Pattern() string { return f.pattern }

// Stems is a much shorter expression that is true of every text Pattern is true of,
// and of few others. PostgreSQL takes about a tenth of the time for it, so a
// condition reads fastest as (text ~* stems AND text ~* pattern).
func (f *Filter) Stems() string { return f.stems }

// Code reports whether a code is excluded, under any name of its system and in any
// spelling of the code. A code without a system is compared with every large one.
func (f *Filter) Code(system, code string) bool {
	all, known := f.codes[system]
	if !known {
		var room [longestName]byte
		name := nameOf(room[:0], system)
		if len(name) == 0 {
			return f.bare(code)
		}
		all, known = f.named[named(name)]
	}
	return known && all.has(code)
}

// longestName is how long the name of a system may be without a place of its own.
const longestName = 128

// bare reports whether a code of an unsaid system is excluded in one of the large ones.
func (f *Filter) bare(code string) bool {
	code = strings.TrimSpace(code)
	for _, name := range [...]string{"snomed", "dmd"} {
		if all := f.named[name]; all != nil && all.has(code) {
			return true
		}
	}
	if len(code) > codesystem.BareLength {
		return false
	}
	for _, name := range [...]string{"icd10", "opcs4", "read"} {
		if all := f.named[name]; all != nil && all.has(code) {
			return true
		}
	}
	return false
}

// Words reports whether a text has a word or phrase that gives away what is
// excluded, as it stands there or as it is read: without what is not seen between
// letters, whether or not it stands for a gap, and with letters of any width and kind as
// what they are, and with what was escaped as what it means. Texts joined by " · " are judged each for itself.
func (f *Filter) Words(text string) bool {
	found, beyond := f.words.in(text)
	if found || !beyond {
		return found
	}
	if f.seen(text) {
		return true
	}
	for _, reading := range unescaped(text) {
		if found, _ := f.words.in(reading); found || f.seen(reading) {
			return true
		}
	}
	return false
}

// seen reports whether a text has such a word as it is read.
func (f *Filter) seen(text string) bool {
	seen := AsSeen(text)
	if seen == text {
		return false
	}
	if found, _ := f.words.in(seen); found {
		return true
	}
	spaced := asSpaced(text)
	if spaced == seen {
		return false
	}
	found, _ := f.words.in(spaced)
	return found
}
