package transport

import (
	"mime"
	"strconv"
	"strings"
)

const (
	mediaJSON    = "application/json"
	mediaGraphQL = "application/graphql-response+json"
)

// want is how much an Accept header wants a media type. closeness is 0 if no range matches, 1 for */*, 2 for
// application/*, 3 for the type itself.
type want struct {
	quality   float64
	closeness int
}

// negotiate chooses the media type of the answer. The higher quality wins; at equal quality the newer type wins
// if it is named, otherwise JSON, which older clients can read. No Accept means JSON. If neither type is
// acceptable, it returns JSON and false.
func negotiate(accept []string) (string, bool) {
	line := strings.TrimSpace(strings.Join(accept, ","))
	if line == "" {
		return mediaJSON, true
	}
	var json, graphQL want
	for part := range strings.SplitSeq(line, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil || !utf8Charset(params) {
			continue
		}
		quality := qualityOf(params)
		json.consider(media, mediaJSON, quality)
		graphQL.consider(media, mediaGraphQL, quality)
	}
	switch {
	case graphQL.quality > json.quality, graphQL.quality == json.quality && graphQL.quality > 0 && graphQL.closeness == 3:
		return mediaGraphQL, true
	default:
		return mediaJSON, json.quality > 0
	}
}

// consider applies a range that is more specific than those before it (RFC 9110 section 12.5.1), or as specific
// with a higher quality.
func (w *want) consider(media, offered string, quality float64) {
	closeness := 0
	switch media {
	case offered:
		closeness = 3
	case "application/*":
		closeness = 2
	case "*/*":
		closeness = 1
	}
	if closeness > w.closeness || closeness == w.closeness && closeness > 0 && quality > w.quality {
		*w = want{quality, closeness}
	}
}

func qualityOf(params map[string]string) float64 {
	text, ok := params["q"]
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// utf8Charset reports whether the charset is UTF-8 or absent.
func utf8Charset(params map[string]string) bool {
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
