package fhir

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// stems is how the words of excluded phrases begin. A Go regular expression takes a microsecond for a few
// letters; a look at the beginning of each word takes a thousandth of that and rules out nearly every text.
type stems struct {
	known map[string]struct{}
	pairs map[string][]string // by the first word, how the second may begin
	begin [1024]uint32        // by the first two letters, the lengths of known stems as a bit set
	all   bool                // the expression is not a list of stems, so every text may match
}

// maxStems limits how many stems an expression may expand to.
const maxStems = 10_000

func stemsOf(expression string) stems {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat || tree.Sub[0].String() != margin {
		return stems{all: true}
	}
	list, ok := spelledOut(tree.Sub[1:])
	if !ok {
		return stems{all: true}
	}
	s := stems{known: map[string]struct{}{}, pairs: map[string][]string{}}
	for _, stem := range list {
		stem, next, isPair := strings.Cut(strings.ToLower(stem), " ")
		switch {
		case len(stem) > longestStem: // mayBe does not look that far
			return stems{all: true}
		case isPair: // only the first two words of a longer phrase
			second, _, _ := strings.Cut(next, " ")
			s.pairs[stem] = append(s.pairs[stem], second)
		case len(stem) < 2:
			return stems{all: true}
		default:
			s.known[stem] = struct{}{}
			s.begin[first(stem)] |= 1 << len(stem)
		}
	}
	return s
}

// margin matches the beginning of a text or a character that is not part of a word. gap matches what
// separates the words of a phrase.
var margin, gap = form("(?:^|[^A-Za-z0-9])"), form("[^A-Za-z0-9·]+")

// form returns the normal form of an expression.
func form(expression string) string {
	tree, _ := syntax.Parse(expression, syntax.Perl) // both are valid
	return tree.String()
}

// spelledOut expands a sequence of expressions; false if it is not a short list of plain words.
func spelledOut(sequence []*syntax.Regexp) ([]string, bool) {
	list := []string{""}
	for _, e := range sequence {
		parts, ok := choices(e)
		if !ok || len(parts)*len(list) > maxStems {
			return nil, false
		}
		longer := make([]string, 0, len(parts)*len(list))
		for _, before := range list {
			for _, part := range parts {
				longer = append(longer, before+part)
			}
		}
		list = longer
	}
	return list, true
}

func choices(e *syntax.Regexp) ([]string, bool) {
	switch e.Op {
	case syntax.OpLiteral:
		return []string{string(e.Rune)}, !slices.ContainsFunc(e.Rune, isOther)
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpPlus:
		return []string{" "}, e.String() == gap
	case syntax.OpConcat:
		return spelledOut(e.Sub)
	case syntax.OpQuest:
		list, ok := spelledOut(e.Sub)
		return append(list, ""), ok
	case syntax.OpAlternate:
		var all []string
		for _, sub := range e.Sub {
			list, ok := choices(sub)
			if !ok || len(all)+len(list) > maxStems {
				return nil, false
			}
			all = append(all, list...)
		}
		return all, true
	case syntax.OpCharClass:
		var all []string
		for ends := range slices.Chunk(e.Rune, 2) {
			for r := ends[0]; r <= ends[1]; r++ {
				if isOther(r) {
					return nil, false
				}
				all = append(all, string(r))
			}
		}
		return all, true
	}
	return nil, false
}

// isOther reports whether a character cannot be part of a word.
func isOther(r rune) bool { return !isLetter(r) }

// longestStem is how many letters of a word mayBe looks at.
const longestStem = 31

// first is the index of a word in begin. It ignores case; a few words share an index.
func first(word string) int { return int(word[0]&31)<<5 | int(word[1]&31) }

// mayBe reports whether a word in the text begins like an excluded one.
func (s *stems) mayBe(text string) bool {
	if s.all {
		return true
	}
	for i := 0; i < len(text); i++ {
		if !isLetter(text[i]) {
			continue
		}
		start := i
		for i < len(text) && isLetter(text[i]) {
			i++
		}
		word := text[start:i]
		if len(word) > 1 && s.begin[first(word)] != 0 && s.begins(word) || s.isPair(word, text[i:]) {
			return true
		}
	}
	return false
}

// isPair reports whether a word and the next begin like an excluded phrase.
func (s *stems) isPair(word, rest string) bool {
	if len(word) > longestStem {
		return false
	}
	var lower [longestStem]byte
	for i := range len(word) {
		lower[i] = word[i] | 0x20
	}
	for _, next := range s.pairs[string(lower[:len(word)])] {
		i := 0
		for i < len(rest) && !isLetter(rest[i]) {
			i++
		}
		if len(rest)-i >= len(next) && strings.EqualFold(rest[i:i+len(next)], next) {
			return true
		}
	}
	return false
}

func (s *stems) begins(word string) bool {
	var lower [longestStem]byte
	n := copy(lower[:], word)
	for i := range n {
		lower[i] |= 0x20 // digits have that bit set already
	}
	lengths := s.begin[first(word)]
	for i := 2; i <= n; i++ {
		if lengths&(1<<i) == 0 {
			continue
		}
		if _, in := s.known[string(lower[:i])]; in {
			return true
		}
	}
	return false
}

func isLetter[T byte | rune](b T) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}
