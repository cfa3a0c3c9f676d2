package exclusion

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/codesystem"
)

// A Filter is what must not be shown for one purpose, in the forms that SQL and Go need. What it excludes
// does not change. It is safe for concurrent use.
type Filter struct {
	json        []byte
	specialties []string
	pattern     string
	stems       string

	codes  map[string]*codes // by listed URI, as written and as normalised
	named  map[string]*codes // by key of systems
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

// object returns the JSON object with these keys. No key has a character that JSON escapes: the URIs are
// our own, and codes are checked when they are read.
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

// Codes returns a JSON object whose keys are "system|code", for SQL. A Read code that stands for all below
// it ends in "%". The system is the URI of a large system, or the name of another one in lower case. The
// caller must not change it.
func (f *Filter) Codes() []byte { return f.json }

// Specialties returns the treatment functions that reveal what is excluded, sorted. The caller must not
// change them.
func (f *Filter) Specialties() []string { return f.specialties }

// Pattern returns a regular expression for PostgreSQL's ~* that matches the names and titles that reveal
// what is excluded. In Go it means the same after (?i).
func (f *Filter) Pattern() string { return f.pattern }

// Stems returns a much shorter expression that matches every text that Pattern matches, and few others.
// PostgreSQL takes about a tenth of the time for it, so a condition is fastest as (text ~* stems AND text
// ~* pattern).
func (f *Filter) Stems() string { return f.stems }

// Code reports whether a code is excluded, under any name of its system and in any spelling of the code. A
// code without a system is compared with SNOMED CT and dm+d, and a short one also with ICD-10, OPCS-4 and
// Read.
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

// longestName is how many bytes the name of a system may have to be normalised without an allocation.
const longestName = 128

// bare reports whether a code without a system is excluded in one of the large systems that it may belong
// to.
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

// Words reports whether a text contains a word or phrase that reveals what is excluded, as written or as a
// reader sees it: without invisible characters between letters, whether or not they stand for a gap; with
// letters of any width and kind as plain letters; and with escapes decoded. Texts joined by " · " are
// judged separately.
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

// seen reports whether a text contains such a word as a reader sees it.
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
