package receipt

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

var errSurrogate = errors.New("the JSON has half a character in it (a lone surrogate)")

// plain marks the bytes that need no escape in a string.
var plain = func() (table [256]bool) {
	for b := range table {
		table[b] = b >= ' ' && b != '"' && b != '\\'
	}
	return table
}()

// text writes a string in canonical form. It returns the decoded string and whether the text may have had
// escapes.
func (c *canonical) text() (said []byte, escaped bool, err error) {
	start := c.at
	i := start + 1
	for i < len(c.in) && plain[c.in[i]] {
		i++
	}
	if i < len(c.in) && c.in[i] == '"' {
		c.at = i + 1
		c.out = append(c.out, c.in[start:c.at]...)
		return c.in[start+1 : i], false, nil
	}
	c.at = start + 1
	if said, err = c.unescaped(); err != nil {
		return nil, true, err
	}
	c.out = appendText(c.out, said)
	return said, true, nil
}

// unescaped decodes a string after its opening quotation mark.
func (c *canonical) unescaped() (said []byte, err error) {
	for {
		start := c.at
		for c.at < len(c.in) && plain[c.in[c.at]] {
			c.at++
		}
		said = append(said, c.in[start:c.at]...)
		switch c.peek() {
		case '"':
			c.at++
			return said, nil
		case '\\':
			if said, err = c.escape(said); err != nil {
				return nil, err
			}
		default:
			return nil, c.unexpected()
		}
	}
}

// escaped maps the letters of the short escapes to their characters.
var escaped = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (c *canonical) escape(said []byte) ([]byte, error) {
	c.at++
	letter := c.peek()
	if letter != 'u' {
		b, ok := escaped[letter]
		if !ok {
			return nil, c.unexpected()
		}
		c.at++
		return append(said, b), nil
	}
	c.at++
	r, err := c.unit()
	if err != nil || !utf16.IsSurrogate(r) {
		return utf8.AppendRune(said, r), err
	}
	if !c.sign(`\`) || !c.sign("u") {
		return nil, errSurrogate
	}
	low, err := c.unit()
	if err != nil {
		return nil, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return nil, errSurrogate
	}
	return utf8.AppendRune(said, r), nil
}

// unit reads the four hexadecimal digits of \uXXXX.
func (c *canonical) unit() (rune, error) {
	if c.at+4 > len(c.in) {
		return 0, errCut
	}
	for _, b := range c.in[c.at : c.at+4] {
		if !(b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F') {
			return 0, c.unexpected()
		}
	}
	code, _ := strconv.ParseUint(string(c.in[c.at:c.at+4]), 16, 16) // four hexadecimal digits
	c.at += 4
	return rune(code), nil
}

// appendText writes a string as RFC 8785 section 3.2.2.2 requires.
func appendText(out, said []byte) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, b := range said {
		switch {
		case plain[b]:
			out = append(out, b)
		case b == '"' || b == '\\':
			out = append(out, '\\', b)
		case short[b] != 0:
			out = append(out, '\\', short[b])
		default:
			out = append(out, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
	}
	return append(out, '"')
}

// short maps control characters to the letters of their short escapes.
var short = [' ']byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}
