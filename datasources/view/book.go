package view

import (
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A readCode is a code read from three columns. It is immutable, except for who has looked at it.
type readCode struct {
	record.Code                              // as it is shown: one without words by itself
	display     string                       // as it stands in its column
	clean       atomic.Pointer[fetch.Screen] // who looked at it last and found nothing
}

// is reports whether these columns hold this code.
func (c *readCode) is(system, code, display []byte) bool {
	return c.display == string(display) && string(c.Code.Code) == string(code) && string(c.System) == string(system)
}

// foundBy reports whether this screen was the last to look at the code, and found nothing.
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

// A book caches codes across requests, because most records say the same few thousand things. It holds no code that is
// excluded, or that nobody has looked at.
type book struct {
	found [1 << bookBits]atomic.Pointer[readCode]
}

const bookBits = 12

var (
	codes book
	seed  = maphash.MakeSeed()
)

// longestCode bounds the bytes of a cached code with its words. A text without a code is never cached: it is somebody's
// own words.
const longestCode = 200

// oneIn is how rarely a code replaces another in its place. If there are more codes than places, they would otherwise
// keep replacing each other.
const oneIn = 16

// codeOf is the code of three columns: the cached one, or a new one of this request with the place in the book where it
// can be cached once somebody has looked at it and found nothing.
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

// kept is a copy for the book that does not retain the row it was read from.
func (c *readCode) kept() *readCode {
	k := new(readCode)
	k.set(strings.Clone(string(c.System)), strings.Clone(string(c.Code.Code)), strings.Clone(c.display))
	k.clean.Store(c.clean.Load())
	return k
}

// ownCode is a code of this request only.
func (m *memory) ownCode(system, code, display []byte) *readCode {
	c := &m.codes.Slice(1)[0]
	c.set(m.texts.keep(system), m.texts.keep(code), m.texts.keep(display))
	return c
}

// place is the place of a code with its words in the book.
func (b *book) place(code, display []byte) *atomic.Pointer[readCode] {
	const odd = 0x9E3779B97F4A7C15 // spreads what is multiplied by it over the upper bits
	return &b.found[(maphash.Bytes(seed, code)^maphash.Bytes(seed, display)*odd)>>(64-bookBits)]
}
