package record

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Text is text that may be missing. The empty text is written as null.
type Text string

// MarshalGQL writes a JSON string, or null.
func (t Text) MarshalGQL(w io.Writer) { writeText(w, string(t)) }

// UnmarshalGQL reads a string; null is the empty text.
func (t *Text) UnmarshalGQL(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = Text(v)
	default:
		return fmt.Errorf("%w: a string is wanted", ErrInvalid)
	}
	return nil
}

// ID is the opaque identifier of an item (see Identifier). The empty ID is written as null.
type ID string

// MarshalGQL writes a JSON string, or null.
func (id ID) MarshalGQL(w io.Writer) { writeText(w, string(id)) }

// UnmarshalGQL reads a string.
func (id *ID) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%w: an id is a string", ErrInvalid)
	}
	*id = ID(text)
	return nil
}

// Decimal is a number as the source wrote it, with its digits kept ("7.50"). The zero value is written as null.
type Decimal string

// IsNumber reports whether it is a JSON number that fits a double.
func (d Decimal) IsNumber() bool {
	if d == "" || !json.Valid([]byte(d)) || d[0] != '-' && (d[0] < '0' || d[0] > '9') {
		return false
	}
	_, err := strconv.ParseFloat(string(d), 64)
	return err == nil
}

// MarshalGQL writes a JSON number, or null. Text that is not a number would make the whole answer invalid; its entry has it
// as text.
func (d Decimal) MarshalGQL(w io.Writer) {
	if !d.IsNumber() {
		io.WriteString(w, "null")
		return
	}
	io.WriteString(w, string(d))
}

// UnmarshalGQL reads a number.
func (d *Decimal) UnmarshalGQL(v any) error {
	switch v.(type) {
	case json.Number, float64, int64, int:
		*d = Decimal(fmt.Sprint(v))
		return nil
	}
	return fmt.Errorf("%w: a number is wanted", ErrInvalid)
}

func writeText(w io.Writer, text string) {
	if text == "" {
		io.WriteString(w, "null")
		return
	}
	w.Write(AppendJSON(roomIn(w), text))
}

// roomIn returns the unused part of w's buffer, so that the next bytes need no memory of their own. It returns nil if w has
// no such buffer.
func roomIn(w io.Writer) []byte {
	if b, ok := w.(interface{ AvailableBuffer() []byte }); ok {
		return b.AvailableBuffer()
	}
	return nil
}

// AppendJSON appends text as a JSON string. Bytes that are not UTF-8 become
// U+FFFD, as in encoding/json.
func AppendJSON(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, text[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, text[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, text[start:]...), '"')
}
