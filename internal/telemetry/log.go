package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"regexp"

	"carerecord/internal/record"
)

// newLog returns a log that masks whatever looks like an NHS number.
func newLog(w io.Writer, format, level string) *slog.Logger {
	least := slog.LevelInfo
	_ = least.UnmarshalText([]byte(level)) // an unknown level means info
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { return masked(a) }}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// number matches ten digits with no other digit beside them, unbroken or as 3-3-4. A letter may be beside them:
// in a URL a number may follow %7C.
var number = regexp.MustCompile(`(^|[^0-9])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}($|[^0-9])`)

// mask replaces what was taken out.
const mask = "[number]"

// withoutNumbers replaces whatever could be an NHS number with mask. Most texts have too few digits to be
// searched.
func withoutNumbers(text string) string {
	digits := 0
	for i := range len(text) {
		if '0' <= text[i] && text[i] <= '9' {
			digits++
		}
	}
	if digits < 10 {
		return text
	}
	for range 2 { // of two numbers with one character between them, a pass finds only the first
		text = number.ReplaceAllString(text, "${1}"+mask+"${2}")
	}
	return text
}

// masked removes whatever could be an NHS number from an attribute. Times and numbers keep their type, except
// for integers of ten digits; any other value that is not text becomes text. record.Plain takes the words of
// drivers and libraries out of errors.
func masked(a slog.Attr) slog.Attr {
	a.Key = withoutNumbers(a.Key)
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(withoutNumbers(a.Value.String()))
	case slog.KindAny:
		switch value := a.Value.Any().(type) {
		case nil, slog.Level, *slog.Source:
		case error:
			a.Value = slog.StringValue(withoutNumbers(record.Plain(value).Error()))
		case []string:
			texts := make([]string, len(value))
			for i, text := range value {
				texts[i] = withoutNumbers(text)
			}
			a.Value = slog.AnyValue(texts)
		default:
			a.Value = slog.StringValue(withoutNumbers(fmt.Sprint(value)))
		}
	case slog.KindInt64, slog.KindUint64:
		if text := a.Value.String(); number.MatchString(text) {
			a.Value = slog.StringValue(mask)
		}
	}
	return a
}

// HTTPErrors returns a logger for the HTTP server's own errors. Most are about connections and are logged at debug level.
// That no more connections can be accepted is an error.
func (t *Telemetry) HTTPErrors() *log.Logger { return log.New(httpErrors{t.Log}, "", 0) }

type httpErrors struct{ to *slog.Logger }

func (h httpErrors) Write(line []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: Accept error")) {
		level = slog.LevelError
	}
	h.to.Log(context.Background(), level, string(bytes.TrimSpace(line)))
	return len(line), nil
}
