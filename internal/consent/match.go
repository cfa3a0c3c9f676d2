package consent

import (
	"slices"
	"strings"
	"unicode"

	"carerecord/internal/record"

	"golang.org/x/text/unicode/norm"
)

// FieldMatch says whether a field of a request agrees with what is stored. It never says what
// is stored.
type FieldMatch string

// The answers.
const (
	Matches       FieldMatch = "MATCH"
	DoesNotMatch  FieldMatch = "NO_MATCH"
	MatchNotGiven FieldMatch = "NOT_GIVEN" // the request does not say
	MatchNotKnown FieldMatch = "NOT_KNOWN" // what is stored does not say
)

// RequestMatch is the comparison of a request with one candidate, by field.
type RequestMatch struct{ Name, BirthDate, Postcode, NHSNumber FieldMatch }

// CandidateName is a name that a candidate has or had.
type CandidateName struct {
	Given  []string
	Family string
	Full   string // used if there is no family name or no given name
}

// Candidate is what is stored about a person whom a request may mean. The zero value is a
// person who is not known.
type Candidate struct {
	Numbers    []record.NHSNumber // all of the person's
	Names      []CandidateName
	Births     []record.PartialDate // as each source has it
	Postcodes  []string
	Restricted bool // nothing is compared: an answer would confirm where someone lives
}

// Match compares a request with each candidate and returns the results in the same order. A
// restricted candidate gives the answers of a person who is not known.
func Match(r OptOutRequest, candidates []Candidate) []RequestMatch {
	found := make([]RequestMatch, len(candidates))
	for i, c := range candidates {
		if c.Restricted {
			c = Candidate{}
		}
		found[i] = RequestMatch{
			Name:      matchAny(r.Name, c.Names, sameName),
			BirthDate: matchBirth(r.BirthDate, c.Births),
			Postcode:  matchAny(r.Postcode, c.Postcodes, func(a, b string) bool { return postcode(a) == postcode(b) }),
			NHSNumber: matchAny(string(r.NHSNumber), c.Numbers, func(a string, b record.NHSNumber) bool { return a == string(b) }),
		}
	}
	return found
}

func matchAny[T any](given string, stored []T, same func(string, T) bool) FieldMatch {
	switch {
	case given == "":
		return MatchNotGiven
	case len(stored) == 0:
		return MatchNotKnown
	case slices.ContainsFunc(stored, func(one T) bool { return same(given, one) }):
		return Matches
	}
	return DoesNotMatch
}

// matchBirth compares birth dates. A stored date that lacks its day can contradict a request
// but not confirm it.
func matchBirth(given record.Date, stored []record.PartialDate) FieldMatch {
	switch {
	case given == "":
		return MatchNotGiven
	case len(stored) == 0:
		return MatchNotKnown
	case slices.Contains(stored, record.PartialDate(given)):
		return Matches
	case slices.ContainsFunc(stored, func(born record.PartialDate) bool { return strings.HasPrefix(string(given), string(born)+"-") }):
		return MatchNotKnown
	}
	return DoesNotMatch
}

// postcode returns a postcode in capitals, without spaces and dashes.
func postcode(text string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text)))
}

// sameName reports whether a request's name can be a stored one. It must contain all words of
// the family name and the first given name. Of the other given names, one of the two must
// have all that the other has. Order, accents, case and hyphens do not count, nor do spaces
// if the names are otherwise complete. A stored name without family or given names must have
// exactly the same words.
func sameName(given string, stored CandidateName) bool {
	family, forenames := words(stored.Family), words(strings.Join(stored.Given, " "))
	if len(family) == 0 || len(forenames) == 0 {
		full := words(strings.Join([]string{strings.Join(stored.Given, " "), stored.Family, stored.Full}, " "))
		if stored.Full != "" {
			full = words(stored.Full)
		}
		return len(full) > 0 && sameWords(words(given), full)
	}
	asked := words(given)
	if joined := strings.Join(asked, ""); joined == strings.Join(forenames, "")+strings.Join(family, "") ||
		joined == strings.Join(family, "")+strings.Join(forenames, "") {
		return true
	}
	rest, has := without(asked, append(slices.Clone(family), forenames[0]))
	if !has {
		return false
	}
	_, fewer := without(forenames[1:], rest)
	_, further := without(rest, forenames[1:])
	return fewer || further
}

func sameWords(a, b []string) bool {
	rest, all := without(a, b)
	return all && len(rest) == 0
}

// without removes words from a list, each once, and reports whether all of them were in it.
func without(list, taken []string) (rest []string, all bool) {
	rest = slices.Clone(list)
	for _, word := range taken {
		at := slices.Index(rest, word)
		if at < 0 {
			return rest, false
		}
		rest = slices.Delete(rest, at, at+1)
	}
	return rest, true
}

// titles are not part of a name.
var titles = map[string]bool{"mr": true, "mrs": true, "ms": true, "miss": true, "mx": true, "master": true, "dr": true, "prof": true, "sir": true, "dame": true, "rev": true}

// letters are those that Unicode decomposition leaves whole, with their plain spelling.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "ı", "i", "þ", "th")

// words splits a name into words that can be compared: in lower case, without titles, and
// without the accents of Latin, Greek and Cyrillic. The marks of other scripts are vowels and
// stay.
func words(name string) []string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= '\u0300' && r <= '\u036f', r == '\'', r == '\u2019', r == '\u02bc', r == '`', r == '.':
			return -1
		case unicode.Is(unicode.Pd, r), r == ',', r == '\u00b7':
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	all := strings.Fields(letters.Replace(plain))
	kept := slices.DeleteFunc(slices.Clone(all), func(word string) bool { return titles[word] })
	if len(kept) == 0 { // somebody whose name is a title elsewhere
		return all
	}
	return kept
}
