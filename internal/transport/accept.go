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

// want is how much a caller wants a media type, and how closely it named it:
// 0 not at all, 1 by */*, 2 by application/*, 3 by its name.
type want struct {
	quality   float64
	closeness int
}

// negotiate chooses the media type of the answer. No Accept means JSON, and so
// does one that names neither type but takes anything: that is what older clients
// can read. Between two equally wanted types the newer wins. When nothing fits it
// is JSON and false.
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

// consider takes a range into account if it names the type more closely than
// those before it (RFC 9110 section 12.5.1: the most specific range counts).
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

// utf8Charset says whether the parameters ask for UTF-8, or for nothing.
func utf8Charset(params map[string]string) bool {
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
