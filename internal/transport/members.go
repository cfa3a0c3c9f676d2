package transport

import (
	"bytes"
	"encoding/json"
)

// members takes a JSON object apart where it stands. What it tells apart are strings and
// brackets; whoever reads a value finds out whether it is JSON.
type members struct{ rest []byte }

// whiteSpace is JSON's, which is less than Go's.
const whiteSpace = " \t\r\n"

// next passes over a sign, with the white space around it, and reports whether it came.
func (m *members) next(sign byte) bool {
	m.rest = bytes.TrimLeft(m.rest, whiteSpace)
	if len(m.rest) == 0 || m.rest[0] != sign {
		return false
	}
	m.rest = bytes.TrimLeft(m.rest[1:], whiteSpace)
	return true
}

// more reports whether a member comes, after n of them.
func (m *members) more(n int) bool {
	if n == 0 {
		return len(m.rest) > 0 && m.rest[0] != '}'
	}
	return m.next(',')
}

// member is the name of the next member and the text of its value; no text where there is
// no member.
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

// textEnd is where the string ends that a text begins with; 0 for none.
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

// valueEnd is where the value ends that a member has: at a comma or a bracket that is none
// of its own, or where the text does.
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
