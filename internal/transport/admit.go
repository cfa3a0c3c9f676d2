package transport

import (
	"net/http"
	"net/url"
	"strings"
)

// maxAddress is the longest path and query, in bytes; anything longer must be sent by POST.
const maxAddress = 16 << 10

// admit refuses what the method and the URL alone rule out. A URL ends up in logs and histories on the way, so
// it must contain no NHS number and no token, whatever the method. The id of a trusted document never counts as
// an NHS number, whatever its digits.
func admit(r *http.Request, trusted *Trusted) *refusal {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		refused := refuse(http.StatusMethodNotAllowed, BadUserInput, "Send POST, or GET for a query.")
		refused.allow = "GET, POST"
		return refused
	}
	if r.URL.RawQuery == "" && len(r.URL.Path) < 10 {
		return nil
	}
	if len(r.URL.RawQuery)+len(r.URL.Path) > maxAddress {
		return refuse(http.StatusRequestURITooLong, QueryTooLarge, "The address is too long; send the query by POST.")
	}
	if tokenIn(r.URL.RawQuery) {
		return badRequest("A token in the address ends up in logs; send it in the Authorization header.")
	}
	if numberIn(r.URL.EscapedPath()) || numberIn(r.URL.RawQuery) && numberIn(trusted.without(r.URL.RawQuery)) {
		return badRequest("An NHS number may not stand in the address, where it ends up in logs; send it by POST.")
	}
	return nil
}

// tokenIn reports whether a query parameter is named like a token.
func tokenIn(query string) bool {
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		switch strings.ToLower(strings.TrimSpace(unescape(name))) {
		case "access_token", "token", "authorization":
			return true
		}
	}
	return false
}

// maxLayers is how many layers of escaping numberIn removes: percent within percent, JSON in a parameter, a
// string in its query.
const maxLayers = 4

// numberIn reports whether a text contains an NHS number, escaped or not.
func numberIn(text string) bool {
	for range maxLayers {
		if holdsNumber(text) {
			return true
		}
		plain := unescape(text)
		if plain == text {
			return false
		}
		text = plain
	}
	return holdsNumber(text)
}

// unescape removes one layer of percent and \u escapes. It leaves malformed escapes as they are.
func unescape(text string) string {
	if strings.IndexByte(text, '%') >= 0 {
		text = unescapePercent(text)
	}
	if strings.IndexByte(text, '\\') >= 0 {
		text = unescapeUnicode(text)
	}
	return text
}

func unescapePercent(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if plain, err := url.PathUnescape(text[i : i+3]); err == nil {
				b.WriteString(plain)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
