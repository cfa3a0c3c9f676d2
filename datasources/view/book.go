package view

import (
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A readCode is a code as three columns have it. It does not change once it is made, but for who looked at it.
type readCode struct {
	record.Code                              // as it is shown: one without words by itself
	display     string                       // as it stands in its column
	clean       atomic.Pointer[fetch.Screen] // who looked at it last and found nothing
}

// is reports whether these columns have it.
func (c *readCode) is(system, code, display []byte) bool {
	return c.display == string(display) && string(c.Code.Code) == string(code) && string(c.System) == string(system)
}

// foundBy reports whether a screen was the last to look at it and found nothing.
func (c *readCode) foundBy(screen fetch.Screen) bool {
	clean := c.clean.Load()
	return clean != nil && *clean == screen
}

func (c *readCode) set(system, code, display string) {
	c.Code = record.Code{System: record.Text(system), Code: record.Text(code), Display: display}
	if c.display = display; display == "" {
		c.Code.Display = code
	}
}

// A book holds some of the codes that were read last, whoever had them: most records say the same few thousand things. Nothing
// stands in it that a list has found, or that nobody looked at.
type book struct {
	found [1 << bookBits]atomic.Pointer[readCode]
}

const bookBits = 12

var (
	codes book
	seed  = maphash.MakeSeed()
)

// longestCode is how long a code with its words may be to be kept beyond its request, in bytes. Nothing is kept without a code: its
// words are somebody's own.
const longestCode = 200

// oneIn is how few of those that meet another in their place take it: with more of them than
// places, all would else be made anew for each other.
const oneIn = 16

// codeOf is the code of three columns: the one of the book, or one of the request with the place in the book that it may have
// once somebody has looked at it and found nothing.
func (m *memory) codeOf(system, code, display []byte) (c *readCode, place *atomic.Pointer[readCode]) {
	if len(system) == 0 || len(code) == 0 || len(system)+len(code)+len(display) > longestCode {
		return m.ownCode(system, code, display), nil
	}
	place = codes.place(code, display)
	before := place.Load()
	if before != nil && before.is(system, code, display) {
		return before, nil
	}
	if before != nil && rand.N(oneIn) != 0 {
		place = nil
	}
	return m.ownCode(system, code, display), place
}

// kept is the same for the book: not the whole rows it is part of.
func (c *readCode) kept() *readCode {
	k := new(readCode)
	k.set(strings.Clone(string(c.System)), strings.Clone(string(c.Code.Code)), strings.Clone(c.display))
	k.clean.Store(c.clean.Load())
	return k
}

// ownCode is a code of this request alone.
func (m *memory) ownCode(system, code, display []byte) *readCode {
	c := &m.codes.Slice(1)[0]
	c.set(m.texts.keep(system), m.texts.keep(code), m.texts.keep(display))
	return c
}

// place is where a code with its words is kept.
func (b *book) place(code, display []byte) *atomic.Pointer[readCode] {
	const odd = 0x9E3779B97F4A7C15 // spreads what is multiplied by it over the upper bits
	return &b.found[(maphash.Bytes(seed, code)^maphash.Bytes(seed, display)*odd)>>(64-bookBits)]
}
