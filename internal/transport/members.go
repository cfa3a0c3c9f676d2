package transport

import (
	"bytes"
	"encoding/json"
)

// members splits a JSON object in place. It recognises only strings and brackets; the code that parses a value
// checks that it is JSON.
type members struct{ rest []byte }

// whiteSpace is JSON's white space, less than Go's.
const whiteSpace = " \t\r\n"

// next skips a sign and the white space around it, and reports whether the sign was there.
func (m *members) next(sign byte) bool {
	m.rest = bytes.TrimLeft(m.rest, whiteSpace)
	if len(m.rest) == 0 || m.rest[0] != sign {
		return false
	}
	m.rest = bytes.TrimLeft(m.rest[1:], whiteSpace)
	return true
}

// more reports whether another member follows the first n, and skips the comma before it.
func (m *members) more(n int) bool {
	if n == 0 {
		return len(m.rest) > 0 && m.rest[0] != '}'
	}
	return m.next(',')
}

// member returns the name of the next member and the text of its value; a nil value if there is no member.
func (m *members) member() (name string, value []byte) {
	end := textEnd(m.rest)
	if json.Unmarshal(m.rest[:end], &name) != nil {
		return "", nil
	}
	m.rest = m.rest[end:]
	if !m.next(':') {
		return "", nil
	}
	end = valueEnd(m.rest)
	value, m.rest = m.rest[:end], m.rest[end:]
	return name, value
}

// textEnd returns the index after the JSON string that a text starts with; 0 if it starts with none.
func textEnd(text []byte) int {
	if len(text) == 0 || text[0] != '"' {
		return 0
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return 0
}

// valueEnd returns the index at which a member's value ends: at a comma or a closing bracket outside the value,
// or at the end of the text.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := textEnd(text[i:])
			if end == 0 {
				return len(text)
			}
			i += end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}
