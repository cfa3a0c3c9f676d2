package telemetry

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"regexp"

	"carerecord/internal/record"
)

// newLog is a log in which nothing reads like an NHS number.
func newLog(w io.Writer, format, level string) *slog.Logger {
	least := slog.LevelInfo
	_ = least.UnmarshalText([]byte(level)) // what is no level changes nothing
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { return masked(a) }}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// number is ten digits that no other digit stands beside, as they are or in threes and a
// four. A letter may: in an address a number comes after %7C.
var number = regexp.MustCompile(`(^|[^0-9])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}($|[^0-9])`)

// mask stands for what was taken out.
const mask = "[number]"

// withoutNumbers is a text with mask in the place of what could be an NHS number. Most have too few
// digits to be tried.
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
	for range 2 { // of two numbers with one sign between them it finds the first
		text = number.ReplaceAllString(text, "${1}"+mask+"${2}")
	}
	return text
}

// masked is an attribute without anything that could be an NHS number. Times and
// numbers stay; whatever else is not text becomes text first. An error says nothing in
// the words of a driver or a library.
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

// HTTPErrors is for the HTTP server's own complaints, which are about connections.
func (t *Telemetry) HTTPErrors() *log.Logger {
	return slog.NewLogLogger(t.Log.Handler(), slog.LevelDebug)
}
