// Package exclusion holds the one list of what the joined-up record never shows: codes, treatment functions
// and words, by category and purpose.
//
// The list is data: exclusions.csv, and the national reference sets in refsets that it names. A configured
// list replaces all of it. README.md says what was decided and what stays visible.
package exclusion

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed exclusions.csv
var builtIn []byte

//go:embed refsets
var refsets embed.FS

// Categories are the categories of a list. Each must have a row, so that no file can lose a part of the
// promise.
var Categories = []string{
	"SEXUAL_HEALTH", "ASSISTED_FERTILISATION", "TERMINATION_OF_PREGNANCY", "GENDER",
	"DOMESTIC_ABUSE", "FORCED_MARRIAGE_FGM", "VICTIM_OF_CRIME", "CRIMINAL_RECORD", "CHILD_SOCIAL_CARE",
}

// Purposes are the purposes that a row may name. For any other purpose, the whole list applies.
var Purposes = []string{"TREAT", "ETREAT", "CAREMGT", "HQUALIMP", "PATADMIN", "HSYSADMIN"}

// A row is a code, a reference set or a phrase.
type row struct {
	category string
	system   string // a key of systems, or "refset" or "word"
	code     string
	display  string
	source   string
	purposes []string // nil for all
}

// every is how a row says that it applies to all purposes.
const every = "*"

// A List is what is never shown, for every purpose. It does not change.
type List struct {
	rows    []row
	version string

	mu      sync.Mutex
	filters map[string]*Filter // by purpose; "" for one that is not in Purposes
}

// Default returns the built-in list.
var Default = sync.OnceValue(func() *List {
	l, err := Load(bytes.NewReader(builtIn))
	if err != nil {
		panic(fmt.Sprintf("exclusions.csv: %v", err)) // a test loads it
	}
	return l
})

// columns are the columns of a list, in order. The last has the purposes that a row applies to, joined by
// semicolons, or * for all.
var columns = []string{"category", "system", "code", "display", "source", "purposes"}

// Load reads a list: CSV with a header; lines that begin with # are skipped. It reports all faults
// together.
func Load(r io.Reader) (*List, error) {
	reader := csv.NewReader(r)
	reader.Comment = '#'
	header, err := reader.Read()
	if err != nil && err != io.EOF { // nothing at all is a file without its header
		return nil, fmt.Errorf("read the header of the exclusion list: %w", err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("the header of the exclusion list must be %s", strings.Join(columns, ","))
	}
	var (
		l      = &List{filters: map[string]*Filter{}}
		faults []error
		seen   = map[string]int{}
	)
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			faults = append(faults, err)
			if errors.Is(err, csv.ErrFieldCount) {
				continue
			}
			break
		}
		line, _ := reader.FieldPos(0)
		parsed, wrong := parse(record)
		if first, again := seen[parsed.key()]; again {
			wrong = append(wrong, fmt.Errorf("the same as line %d", first))
		}
		seen[parsed.key()] = line
		for _, fault := range wrong {
			faults = append(faults, fmt.Errorf("line %d: %w", line, fault))
		}
		l.rows = append(l.rows, parsed)
	}
	faults = append(faults, missing(l.rows)...)
	if len(faults) > 0 {
		return nil, fmt.Errorf("the exclusion list: %w", errors.Join(faults...))
	}
	if l.rows, err = withMembers(l.rows); err != nil {
		return nil, err
	}
	l.version = version(l.rows)
	return l, nil
}

func parse(record []string) (row, []error) {
	r := row{category: record[0], system: record[1], code: strings.TrimSpace(record[2]), display: record[3], source: record[4]}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !slices.Contains(Categories, r.category) {
		fault("unknown category %q", r.category)
	}
	if r.source == "" {
		fault("no source")
	}
	if record[5] != every {
		r.purposes = strings.Split(record[5], ";")
		for _, purpose := range r.purposes {
			if !slices.Contains(Purposes, purpose) {
				fault("unknown purpose %q", purpose)
			}
		}
	}
	if err := checkCode(r.system, r.code); err != nil {
		faults = append(faults, err)
	}
	return r, faults
}

// codeLetters are the characters a code may have; none needs escaping in JSON.
const codeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"

func checkCode(name, code string) error {
	switch name {
	case "word":
		phrase, _ := cutWhole(code)
		words := wordsOf(phrase)
		if len(words) == 0 {
			return fmt.Errorf("no word in %q", code)
		}
		for _, word := range words {
			if len(word) > longest {
				return fmt.Errorf("a word of %q has more than %d letters", code, longest)
			}
		}
		return nil
	case "refset":
		_, err := members(code)
		return err
	}
	s, known := systems[name]
	if !known {
		return fmt.Errorf("unknown system %q", name)
	}
	stem, _ := strings.CutSuffix(code, "%")
	switch {
	case stem == "", strings.ContainsFunc(stem, func(r rune) bool { return !strings.ContainsRune(codeLetters, r) }):
		return fmt.Errorf("%q is no code", code)
	case stem != code && s.form != read:
		return fmt.Errorf("%q: only Read codes stand for all below them", code)
	case s.form == snomed && !isSCTID(stem):
		return fmt.Errorf("%q is no SNOMED CT identifier", code)
	case s.form == classification && !isClass(canonical(classification, stem)):
		return fmt.Errorf("%q is neither a category nor a subcategory", code)
	case s.form == read && (len(readStem(stem)) < 2 || len(stem) > 7):
		return fmt.Errorf("%q is no Read code", code)
	}
	return nil
}

// isClass reports whether a code without its dot is a letter and two or three digits.
func isClass(code string) bool {
	if len(code) != 3 && len(code) != 4 || code[0] < 'A' || code[0] > 'Z' {
		return false
	}
	return !strings.ContainsFunc(code[1:], func(r rune) bool { return r < '0' || r > '9' })
}

func missing(rows []row) []error {
	var faults []error
	for _, category := range Categories {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.category == category }) {
			faults = append(faults, fmt.Errorf("no row of category %s", category))
		}
	}
	return faults
}

// members returns the concepts of a built-in reference set.
func members(refset string) ([]string, error) {
	if !isSCTID(refset) {
		return nil, fmt.Errorf("%q is no SNOMED CT identifier", refset)
	}
	file, err := refsets.ReadFile("refsets/" + refset + ".txt")
	if err != nil {
		return nil, fmt.Errorf("the members of reference set %s are not built in; list them as rows", refset)
	}
	all := strings.Fields(string(file))
	for _, member := range all {
		if !isSCTID(member) {
			return nil, fmt.Errorf("reference set %s: %q is no SNOMED CT identifier", refset, member)
		}
	}
	return all, nil
}

// withMembers replaces each reference set with a row for each of its members and one for the set itself.
func withMembers(rows []row) ([]row, error) {
	all := make([]row, 0, len(rows)+4000)
	for _, r := range rows {
		if r.system != "refset" {
			all = append(all, r)
			continue
		}
		concepts, err := members(r.code)
		if err != nil {
			return nil, err
		}
		for _, concept := range append(concepts, r.code) {
			all = append(all, row{category: r.category, system: "snomed", code: concept, source: r.source, purposes: r.purposes})
		}
	}
	return all, nil
}

func (r row) key() string {
	form := systems[r.system].form
	if r.system == "word" {
		phrase, whole := cutWhole(r.code)
		return fmt.Sprint("word|", whole, wordsOf(phrase))
	}
	code, tree := strings.CutSuffix(r.code, "%")
	return fmt.Sprint(r.system, "|", canonical(form, code), "|", tree)
}

// version returns a hash of the rows' categories, codes and purposes, whatever their order, display texts
// and sources.
func version(rows []row) string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = r.category + "|" + r.key() + "|" + strings.Join(r.purposes, ";")
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}

// Version identifies the categories, codes and purposes of the list. Order, display texts and sources do
// not change it.
func (l *List) Version() string { return l.version }

// For returns what must not be shown for a purpose: for one that is not in Purposes, everything on the
// list.
func (l *List) For(purpose string) *Filter {
	if !slices.Contains(Purposes, purpose) {
		purpose = ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.filters[purpose] == nil {
		l.filters[purpose] = newFilter(l.rowsFor(purpose))
	}
	return l.filters[purpose]
}

func (l *List) rowsFor(purpose string) []row {
	if purpose == "" {
		return l.rows
	}
	return slices.DeleteFunc(slices.Clone(l.rows), func(r row) bool {
		return r.purposes != nil && !slices.Contains(r.purposes, purpose)
	})
}
