package exclusion

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// between separates the parts of a text that was assembled from several columns. No phrase spans it, and a
// whole text begins and ends at it.
const between = "·"

// gap matches what is between the words of a phrase. Words are runs of ASCII letters and digits only, so
// that PostgreSQL and Go agree whatever the locale.
const gap = `[^A-Za-z0-9` + between + `]+`

// phrases are words and phrases. They are found in a text in any case, and only as whole words.
type phrases struct {
	root   node
	starts [1 << startBits / 64]uint64 // a bit for each first word of a phrase, at its place
}

// startBits is how many bits a place among the first words of phrases has. With some hundreds of first
// words, one in a hundred other words shares a place with one.
const startBits = 16

// A node is a word of a phrase. ends and whole say what ends with it.
type node struct {
	next  map[string]*node
	ends  bool // a phrase
	whole bool // a phrase that counts only if it is the whole text
}

// longest is how many letters a word that is looked up may have.
const longest = 31

// wordsOf returns the words of a phrase, in lower case.
func wordsOf(phrase string) []string {
	return strings.FieldsFunc(strings.ToLower(phrase), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// cutWhole returns the phrase of a row, and whether it must be the whole text ("=fostering").
func cutWhole(row string) (phrase string, whole bool) { return strings.CutPrefix(row, "=") }

func (p *phrases) add(row string) {
	phrase, whole := cutWhole(row)
	words := wordsOf(phrase)
	place, bit := start(words[0])
	p.starts[place] |= bit
	at := &p.root
	for _, word := range words {
		if at.next == nil {
			at.next = map[string]*node{}
		}
		if at.next[word] == nil {
			at.next[word] = &node{}
		}
		at = at.next[word]
	}
	at.ends = at.ends || !whole
	at.whole = at.whole || whole
}

// in reports whether a text contains one of the phrases as written. If not, beyond reports whether it has a
// character beyond ASCII, or one with which an escape begins. It allocates nothing.
func (p *phrases) in(text string) (found, beyond bool) {
	first := true // no word yet in the text or its current part
	for i := 0; i < len(text); {
		if !letter[text[i]] {
			if text[i] == between[0] && strings.HasPrefix(text[i:], between) {
				first = true
			}
			beyond = beyond || text[i] >= utf8.RuneSelf || escapes[text[i]]
			i++
			continue
		}
		end := i + 1
		for end < len(text) && letter[text[end]] {
			end++
		}
		if place, bit := start(text[i:end]); p.starts[place]&bit != 0 && p.from(text, i, end, first) {
			return true, beyond
		}
		first = false
		i = end
	}
	return false, beyond
}

// from reports whether a phrase begins with the word at text[i:end].
func (p *phrases) from(text string, i, end int, first bool) bool {
	at := &p.root
	for {
		at = at.child(text[i:end])
		if at == nil {
			return false
		}
		if at.ends {
			return true
		}
		i = end
		last := false // nothing follows in this part of the text
		for i < len(text) && !letter[text[i]] {
			if strings.HasPrefix(text[i:], between) {
				last = true
				break
			}
			i++
		}
		last = last || i == len(text)
		if last || len(at.next) == 0 {
			return last && first && at.whole
		}
		end = i + 1
		for end < len(text) && letter[text[end]] {
			end++
		}
	}
}

func (n *node) child(word string) *node {
	if len(word) > longest {
		return nil
	}
	var buffer [longest]byte
	for i := range len(word) {
		buffer[i] = lower(word[i])
	}
	return n.next[string(buffer[:len(word)])]
}

// start returns the place of the bit that says whether a phrase begins with a word. The place depends on
// the length of the word, its first two letters and its last two, in any case.
func start(word string) (place int, bit uint64) {
	const odd = 0x9E3779B97F4A7C15 // spreads what is multiplied by it over the upper bits
	last := len(word) - 1
	n := uint64(len(word))<<32 | uint64(word[0]|capital)<<24 | uint64(word[min(1, last)]|capital)<<16 | uint64(word[max(0, last-1)]|capital)<<8 | uint64(word[last]|capital)
	n = n * odd >> (64 - startBits)
	return int(n >> 6), 1 << (n & 63)
}

// capital is the bit in which small letters differ from capitals; every digit has it.
const capital = 'a' - 'A'

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

var letter = func() (letter [256]bool) {
	for b := range letter {
		letter[b] = 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
	}
	return letter
}()

// pattern returns the phrases as a regular expression that means the same to PostgreSQL (matched with ~*)
// and to Go (with (?i) before it). Without phrases it matches nothing.
func (p *phrases) pattern() string {
	var all []string
	if some := p.root.list("", false); len(some) > 0 {
		all = append(all, "(?:^|[^A-Za-z0-9])"+factored(some)+"(?:$|[^A-Za-z0-9])")
	}
	if some := p.root.list("", true); len(some) > 0 {
		margin := "[^A-Za-z0-9" + between + "]*"
		all = append(all, "(?:^|"+between+")"+margin+factored(some)+margin+"(?:$|"+between+")")
	}
	if len(all) == 0 {
		return "^.^" // nothing comes before the beginning
	}
	return strings.Join(all, "|")
}

// stems returns a shorter expression that matches whatever pattern matches, and seldom anything else.
func (p *phrases) stems() string {
	rare, common := tell(append(p.root.list("", false), p.root.list("", true)...))
	var all []string
	for _, phrase := range common {
		all = append(all, opening(strings.Fields(phrase)))
	}
	for _, word := range cover(rare) {
		all = append(all, word[:min(len(word), stem)])
	}
	slices.Sort(all)
	all = slices.Compact(all)
	all = slices.CompactFunc(all, func(before, after string) bool { return strings.HasPrefix(after, before) })
	if len(all) == 0 {
		return "^.^"
	}
	return "(?:^|[^A-Za-z0-9])" + factored(all)
}

// opening returns how a phrase of ordinary words begins: up to the second word, or the first after it that
// is not in everywhere.
func opening(words []string) string {
	for i := 1; i < len(words); i++ {
		if i == len(words)-1 || !slices.Contains(everywhere, words[i]) {
			return strings.Join(words[:i], " ") + " " + words[i][:min(len(words[i]), secondStem)]
		}
	}
	return words[0]
}

// everywhere are words that are in nearly every text.
var everywhere = strings.Fields("a an as at authority by care for in local of on social the to under worker")

// tell divides the phrases. rare are those with a word that is not ordinary, reduced to these words; common
// are the others. Single letters are ordinary: "H.I.V." is three of them.
func tell(phrases []string) (rare, common []string) {
	for _, phrase := range phrases {
		words := slices.DeleteFunc(strings.Fields(phrase), func(word string) bool { return len(word) == 1 || slices.Contains(ordinary, word) })
		if len(words) == 0 {
			common = append(common, phrase)
			continue
		}
		rare = append(rare, strings.Join(words, " "))
	}
	return rare, common
}

// How many letters the shorter expression looks for: of a rare word, and of the second word of a phrase of
// ordinary ones. With fewer letters it is faster, but matches more that is ordinary.
const (
	stem       = 5
	secondStem = 3
)

// cover returns words of which every phrase has one, as few as a greedy choice finds.
func cover(all []string) []string {
	var chosen []string
	for len(all) > 0 {
		tally := map[string]int{}
		best := ""
		for _, phrase := range all {
			for _, word := range strings.Fields(phrase) {
				tally[word]++
			}
		}
		for word, n := range tally {
			if n > tally[best] || n == tally[best] && (len(word) > len(best) || len(word) == len(best) && word < best) {
				best = word
			}
		}
		chosen = append(chosen, best)
		all = slices.DeleteFunc(all, func(phrase string) bool { return slices.Contains(strings.Fields(phrase), best) })
	}
	return chosen
}

// ordinary are words of phrases that are also in many names, titles and dosages of ordinary care.
var ordinary = strings.Fields(`20 a accommodated accommodation acquired act adopted adviser advisor advisory after agency aid aids an and antigen appointment approved arrangements
	as assessment assisted at authority baby birth board british brother by called care carer carers case cell cells center centre check child children
	childrens clare clinic collection complex conception conference connected consultant contact corporate count court crown custody dad daughter day
	deficiency defining department discussion disease diversion donation drugs egg emergency emotional environment examination experienced exposure
	families family father female following for forced freezing full health history home house human immune in induction infant infection inflammatory interim into
	involvement job late leaving legal letter licence license local looked magistrates male man market marriage medical medicine meeting mother mum need
	neglect nurse nursing of old on order orders panel parent parents partner pathway pelvic people person personal physical physician place placed
	placement plan police post pre pregnancy premises proceedings prophylaxis protection record records referral register related release released request
	requests residence result results retrieval review reviews risk s s20 screen screening section seeking service services sibling siblings sister social
	son special strategy street subject suite support surgical swab taken team test testing tests the to trans treatment treatments unaccompanied under
	unit unwanted urinary violence virus woman women work worker young your`)

// list returns the phrases below a node, sorted, with one space between words: those that must be the whole
// text, or the others.
func (n *node) list(before string, whole bool) []string {
	var all []string
	for word, child := range n.next {
		phrase := before + word
		if child.counts(whole) {
			all = append(all, phrase)
		}
		if !child.ends || whole { // otherwise a longer phrase is found by its beginning
			all = append(all, child.list(phrase+" ", whole)...)
		}
	}
	slices.Sort(all)
	return all
}

func (n *node) counts(whole bool) bool {
	if whole {
		return n.whole
	}
	return n.ends
}

// factored returns an expression for sorted phrases in which no two alternatives begin with the same
// letter. PostgreSQL builds its automaton anew for every text. The fewer ways there are to continue, the
// less it has to build.
func factored(sorted []string) string {
	if len(sorted) == 1 {
		return strings.ReplaceAll(sorted[0], " ", gap)
	}
	var (
		all      []string
		optional bool
	)
	for len(sorted) > 0 {
		if sorted[0] == "" {
			optional = true
			sorted = sorted[1:]
			continue
		}
		n := 1
		for n < len(sorted) && sorted[n][0] == sorted[0][0] {
			n++
		}
		common := sorted[0]
		for _, phrase := range sorted[1:n] {
			for !strings.HasPrefix(phrase, common) {
				common = common[:len(common)-1]
			}
		}
		rests := make([]string, n)
		for i := range rests {
			rests[i] = sorted[i][len(common):]
		}
		all = append(all, strings.ReplaceAll(common, " ", gap)+factored(rests))
		sorted = sorted[n:]
	}
	expression := strings.Join(all, "|")
	if optional {
		return "(?:" + expression + ")?"
	}
	if len(all) > 1 {
		return "(?:" + expression + ")"
	}
	return expression
}
