package transport

import (
	"net/http"
	"net/url"
	"strings"
)

// maxAddress is how long an address may be; what is longer belongs into a POST.
const maxAddress = 16 << 10

// admit refuses what can be refused by the method and the address alone. An
// address ends up in logs and histories on the way, so no patient and no token
// may stand in one, whatever the method. The id of a trusted document is no number,
// whatever digits stand in it.
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

// tokenIn says whether a parameter of the address is named as a token is.
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

// maxLayers is how often something in an address may be escaped over again: as a
// percent in a percent, as JSON in a parameter and as a string in its query.
const maxLayers = 4

// numberIn says whether an NHS number stands in a text under any escaping.
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

// unescape takes one layer of percent escapes and of \u escapes off. What is not
// well formed stays as it is.
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
