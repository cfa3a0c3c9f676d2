package load

import "bytes"

// members calls yield with each member of a JSON object, its name and value as they
// stand, without decoding them. It reports false if the text is no object; it
// trusts the rest, which is checked when it is decoded.
func members(raw []byte, yield func(name, value []byte) bool) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 || raw[0] != '{' {
		return false
	}
	for at := 1; ; {
		at = skipSpace(raw, at)
		if at < len(raw) && raw[at] == ',' {
			at = skipSpace(raw, at+1)
		}
		if at >= len(raw) || raw[at] != '"' {
			return at < len(raw) && raw[at] == '}'
		}
		end := skipValue(raw, at)
		name := raw[at+1 : max(end-1, at+1)]
		at = skipSpace(raw, end)
		if at >= len(raw) || raw[at] != ':' {
			return false
		}
		at = skipSpace(raw, at+1)
		end = skipValue(raw, at)
		if end <= at {
			return false
		}
		if !yield(name, raw[at:end]) {
			return true
		}
		at = end
	}
}

func skipSpace(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\r' || raw[at] == '\t') {
		at++
	}
	return at
}

// skipValue is where the value that begins at a place ends.
func skipValue(raw []byte, at int) int {
	depth := 0
	for ; at < len(raw); at++ {
		switch raw[at] {
		case '"':
			at = skipString(raw, at)
			if depth == 0 {
				return min(at+1, len(raw))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				if depth < 0 {
					return at
				}
				return at + 1
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return at
			}
		}
	}
	return at
}

// skipString is where the string that begins at a place has its closing quote.
func skipString(raw []byte, at int) int {
	for at++; at < len(raw); at++ {
		next := bytes.IndexByte(raw[at:], '"')
		if next < 0 {
			return len(raw)
		}
		at += next
		escapes := 0
		for i := at - 1; raw[i] == '\\'; i-- {
			escapes++
		}
		if escapes%2 == 0 {
			return at
		}
	}
	return len(raw)
}
