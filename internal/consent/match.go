package consent

import (
	"slices"
	"strings"
	"unicode"

	"carerecord/internal/record"

	"golang.org/x/text/unicode/norm"
)

// FieldMatch says whether a field of a request is what is stored, and never what is stored.
type FieldMatch string

// The answers.
const (
	Matches       FieldMatch = "MATCH"
	DoesNotMatch  FieldMatch = "NO_MATCH"
	MatchNotGiven FieldMatch = "NOT_GIVEN" // the request does not say
	MatchNotKnown FieldMatch = "NOT_KNOWN" // what is stored does not say
)

// RequestMatch is how a request compares with one candidate.
type RequestMatch struct{ Name, BirthDate, Postcode, NHSNumber FieldMatch }

// CandidateName is a name that a candidate has or had.
type CandidateName struct {
	Given  []string
	Family string
	Full   string // read where there is no family name
}

// Candidate is what is stored of a person whom a request may mean. The zero value
// is a person who is not known.
type Candidate struct {
	Numbers    []record.NHSNumber // all of the person's
	Names      []CandidateName
	Births     []record.PartialDate // as each source has it
	Postcodes  []string
	Restricted bool // nothing is compared: an answer would confirm where someone lives
}

// Match compares a request with each candidate, in their order. A restricted
// candidate answers as one who is not known.
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

// matchBirth: a stored date that lacks its day can contradict a request, but not bear it out.
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

// postcode is a postcode without spaces, in capitals.
func postcode(text string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text)))
}

// sameName reports whether a request's name can be a stored one: the words of the
// family name and the first given name are in it, and of the other given names
// the one has all that the other has. Their order, accents, case and hyphens do
// not count.
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

// without takes words out of a list, each once, and reports whether all were in it.
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

// letters that no decomposition takes apart.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "ı", "i", "þ", "th")

// words is a name in comparable words: small letters, without the accents of
// Latin, Greek and Cyrillic. Marks of other scripts are vowels and stay.
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
	if len(kept) == 0 { // somebody's name is what elsewhere is a title
		return all
	}
	return kept
}
