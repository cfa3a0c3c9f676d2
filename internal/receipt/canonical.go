package receipt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep lists and objects may nest in a text.
const maxDepth = 1000

var errCut = errors.New("the JSON ends too early")

// Canonical appends the canonical form (RFC 8785) of a JSON text to out. A text without a single meaning is an
// error: a duplicate member in an object, invalid Unicode, a number that no double can hold. parts are values
// in the text, in order, that put themselves into canonical form.
func Canonical(out, text []byte, parts ...Part) ([]byte, error) {
	c := take()
	own := c.out
	c.in, c.parts, c.out = text, parts, out
	err := c.whole()
	out, c.out = c.out, own // the pool keeps its own buffer
	c.release()
	if err != nil {
		return nil, err
	}
	return out, nil
}

// canonical reads in once and writes out. It writes the members of an object as they come, and sorts them when
// the object ends.
type canonical struct {
	in      []byte
	at      int
	out     []byte
	members []member // of all open objects
	names   []byte   // names that were escaped, decoded
	moved   []byte
	shapes  [64]shape
	parts   []Part // those still to come
}

// member is a member of an open object. name is the offset of its name in the text or, if negative, -1 minus
// the offset in names. start and end are the range of the member in out.
type member struct {
	name, length int
	start, end   int
}

// name returns a member's name without escapes.
func (c *canonical) name(m member) []byte {
	if m.name < 0 {
		return c.names[-1-m.name:][:m.length]
	}
	return c.in[m.name:][:m.length]
}

// whole reads exactly one value.
func (c *canonical) whole() error {
	if !utf8.Valid(c.in) {
		return errors.New("the JSON is not in UTF-8")
	}
	if err := c.value(0); err != nil {
		return err
	}
	if c.space(); c.at < len(c.in) {
		return c.unexpected()
	}
	return nil
}

// unexpected reports where the text stops being JSON, but never what it contains there.
func (c *canonical) unexpected() error {
	if c.at >= len(c.in) {
		return errCut
	}
	return fmt.Errorf("it is not JSON at byte %d", c.at+1)
}

func (c *canonical) space() {
	for c.at < len(c.in) {
		switch c.in[c.at] {
		case ' ', '\n', '\t', '\r':
			c.at++
		default:
			return
		}
	}
}

// next skips white space and returns the byte that follows; 0 at the end.
func (c *canonical) next() byte {
	if c.at < len(c.in) && c.in[c.at] > ' ' {
		return c.in[c.at]
	}
	if c.space(); c.at < len(c.in) {
		return c.in[c.at]
	}
	return 0
}

func (c *canonical) value(depth int) error {
	if depth > maxDepth {
		return errors.New("the JSON nests too deep")
	}
	sign := c.next()
	if len(c.parts) > 0 {
		if start, end := c.parts[0].Span(); start == c.at {
			return c.part(end)
		}
	}
	switch sign {
	case '{':
		return c.object(depth)
	case '[':
		return c.array(depth)
	case '"':
		_, _, err := c.text()
		return err
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// part lets a part append its own canonical form.
func (c *canonical) part(end int) (err error) {
	part := c.parts[0]
	c.parts = c.parts[1:]
	c.out, err = part.Sorted(c.out, c.in, c.other)
	c.at = end
	return err
}

// other appends a value that a part leaves to it.
func (c *canonical) other(out []byte, from, to int) ([]byte, error) {
	c.at, c.out = from, out
	err := c.value(0)
	if err == nil && c.at != to {
		err = c.unexpected()
	}
	return c.out, err
}

func (c *canonical) word(word string) error {
	rest := c.in[c.at:]
	if !bytes.HasPrefix(rest, []byte(word)) {
		if bytes.HasPrefix([]byte(word), rest) {
			return errCut
		}
		return c.unexpected()
	}
	c.at += len(word)
	c.out = append(c.out, word...)
	return nil
}

func (c *canonical) array(depth int) error {
	c.at++
	c.out = append(c.out, '[')
	if c.next() == ']' {
		c.end(']')
		return nil
	}
	for {
		if err := c.value(depth + 1); err != nil {
			return err
		}
		more, err := c.more(']')
		if !more {
			return err
		}
	}
}

// end copies the sign that ends a list or an object.
func (c *canonical) end(sign byte) {
	c.at++
	c.out = append(c.out, sign)
}

// more copies what follows an entry or a member: a comma, or the sign that ends it all.
func (c *canonical) more(sign byte) (bool, error) {
	switch c.next() {
	case ',':
		c.at++
		c.out = append(c.out, ',')
		return true, nil
	case sign:
		c.end(sign)
		return false, nil
	}
	return false, c.unexpected()
}

func (c *canonical) object(depth int) error {
	c.at++
	c.out = append(c.out, '{')
	if c.next() == '}' {
		c.end('}')
		return nil
	}
	base := len(c.members)
	for {
		if err := c.member(depth); err != nil {
			return err
		}
		more, err := c.more('}')
		if err != nil {
			return err
		}
		if !more {
			err := c.order(c.members[base:])
			c.members = c.members[:base]
			return err
		}
	}
}

func (c *canonical) member(depth int) error {
	if c.next() != '"' {
		return c.unexpected()
	}
	m := member{name: c.at + 1, start: len(c.out)}
	name, escaped, err := c.text()
	if err != nil {
		return err
	}
	if m.length = len(name); escaped {
		m.name = -1 - len(c.names)
		c.names = append(c.names, name...)
	}
	if c.next() != ':' {
		return c.unexpected()
	}
	c.at++
	c.out = append(c.out, ':')
	if err := c.value(depth + 1); err != nil {
		return err
	}
	m.end = len(c.out)
	c.members = append(c.members, m)
	return nil
}

// compareNames compares by UTF-16 code units, as RFC 8785 section 3.2.3 requires. That is the byte order of
// UTF-8, except that characters beyond U+FFFF come before those from U+E000, because of their surrogates.
func compareNames(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if x, y := a[i], b[i]; x != y {
			if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
				return int(y) - int(x)
			}
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// number writes a number as ECMAScript does (RFC 8785 section 3.2.2.3).
func (c *canonical) number() error {
	start := c.at
	if err := c.scanNumber(); err != nil {
		return err
	}
	text := c.in[start:c.at]
	if isShortInteger(text) {
		c.out = append(c.out, text...)
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("the number at byte %d is too large for a double", start+1)
	}
	c.out = appendNumber(c.out, f)
	return nil
}

// isShortInteger reports whether a well-formed number is an integer that a double holds exactly and that is in
// canonical form already.
func isShortInteger(text []byte) bool {
	if len(text) > 15 {
		return false
	}
	for _, b := range text {
		if b == '.' || b == 'e' || b == 'E' {
			return false
		}
	}
	return string(text) != "-0"
}

func appendNumber(out []byte, f float64) []byte {
	if f == 0 {
		return append(out, '0')
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(out, f, 'f', -1, 64)
	}
	out = strconv.AppendFloat(out, f, 'e', -1, 64)
	if n := len(out); out[n-4] == 'e' && out[n-2] == '0' { // e-07 is e-7
		out[n-2] = out[n-1]
		out = out[:n-1]
	}
	return out
}

// scanNumber skips -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (c *canonical) scanNumber() error {
	c.sign("-")
	if c.peek() == '0' {
		c.at++
	} else if !c.digits() {
		return c.unexpected()
	}
	if c.sign(".") && !c.digits() {
		return c.unexpected()
	}
	if c.sign("eE") {
		c.sign("+-")
		if !c.digits() {
			return c.unexpected()
		}
	}
	return nil
}

func (c *canonical) peek() byte {
	if c.at < len(c.in) {
		return c.in[c.at]
	}
	return 0
}

// sign skips the next byte if it is one of the signs, and reports whether it was.
func (c *canonical) sign(signs string) bool {
	b := c.peek()
	for i := range len(signs) {
		if signs[i] == b {
			c.at++
			return true
		}
	}
	return false
}

func (c *canonical) digits() bool {
	start := c.at
	for c.at < len(c.in) && c.in[c.at] >= '0' && c.in[c.at] <= '9' {
		c.at++
	}
	return c.at > start
}
