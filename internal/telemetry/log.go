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
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		least = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { return masked(a) }}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// number is ten digits that stand alone, as they are or in threes and a four.
var number = regexp.MustCompile(`\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\b`)

// mask stands for what was taken out.
const mask = "[number]"

// masked is an attribute without anything that could be an NHS number. Times and
// numbers stay; whatever else is not text becomes text first. An error says nothing in
// the words of a driver or a library.
func masked(a slog.Attr) slog.Attr {
	a.Key = number.ReplaceAllString(a.Key, mask)
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(number.ReplaceAllString(a.Value.String(), mask))
	case slog.KindAny:
		switch value := a.Value.Any().(type) {
		case nil, slog.Level, *slog.Source:
		case error:
			a.Value = slog.StringValue(number.ReplaceAllString(record.Plain(value).Error(), mask))
		case []string:
			texts := make([]string, len(value))
			for i, text := range value {
				texts[i] = number.ReplaceAllString(text, mask)
			}
			a.Value = slog.AnyValue(texts)
		default:
			a.Value = slog.StringValue(number.ReplaceAllString(fmt.Sprint(value), mask))
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
