package load

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// appendCopy appends a value as COPY's text format writes it, so that numbers
// keep the digits they came with.
func appendCopy(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(b, `\N`...), nil
	case string:
		return appendCopyText(b, v), nil
	case bool:
		if v {
			return append(b, 't'), nil
		}
		return append(b, 'f'), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64), nil
	case time.Time:
		if v.IsZero() {
			return append(b, `\N`...), nil
		}
		return v.UTC().AppendFormat(b, "2006-01-02T15:04:05.999999Z"), nil
	case []string:
		return appendCopyArray(b, v), nil
	case []byte:
		b = append(b, `\\x`...)
		return hex.AppendEncode(b, v), nil
	case fmt.Stringer:
		return appendCopyText(b, v.String()), nil
	}
	return b, fmt.Errorf("a value of type %T has no form in a row", value)
}

// copyEscapes are COPY's escapes. PostgreSQL's text holds no NUL, so that is left out.
var copyEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", "")

func appendCopyText(b []byte, text string) []byte {
	if !strings.ContainsAny(text, "\\\n\r\t\x00") {
		return append(b, text...)
	}
	return append(b, copyEscapes.Replace(text)...)
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func appendCopyArray(b []byte, list []string) []byte {
	b = append(b, '{')
	for i, text := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = appendCopyText(b, arrayEscapes.Replace(text))
		b = append(b, '"')
	}
	return append(b, '}')
}
