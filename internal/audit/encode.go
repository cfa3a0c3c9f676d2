package audit

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"carerecord/internal/record"
)

// writer appends the members of a JSON object. Empty texts, lists and zeros
// are left out.
type writer struct{ b []byte }

func (w *writer) name(name string) {
	if last := w.b[len(w.b)-1]; last != '{' && last != '[' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) text(name, value string) {
	if value != "" {
		w.name(name)
		w.b = record.AppendJSON(w.b, clean(value))
	}
}

func (w *writer) number(name string, value int64) {
	if value != 0 {
		w.name(name)
		w.b = strconv.AppendInt(w.b, value, 10)
	}
}

func (w *writer) object(name string, write func()) {
	w.name(name)
	w.b = append(w.b, '{')
	write()
	w.b = append(w.b, '}')
}

func list[T any](w *writer, name string, values []T, write func(T)) {
	if len(values) == 0 {
		return
	}
	w.name(name)
	w.b = append(w.b, '[')
	for i, value := range values {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		write(value)
	}
	w.b = append(w.b, ']')
}

func texts[T ~string](w *writer, name string, values []T) {
	list(w, name, values, func(value T) { w.b = record.AppendJSON(w.b, clean(string(value))) })
}

// clean replaces what a PostgreSQL text cannot hold with U+FFFD, so that one
// event cannot keep all the others from being written.
func clean(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}

// rest returns the text of the event without the opening brace, and without
// what the database puts first: sequence number, time and outcome.
func (e *Event) rest() string {
	// After the brace, name puts no comma before the first member.
	w := writer{append(make([]byte, 0, 1536), '{')}
	w.text("action", string(e.Action))
	w.text("patient", string(e.Patient))
	w.text("asked", string(e.Asked))
	w.text("subject", e.Who.Subject)
	w.text("organisation", e.Who.Organisation)
	w.text("name", e.Who.Name)
	w.text("role", string(e.Who.Role))
	w.text("token", e.Who.TokenID)
	w.text("purpose", string(e.Purpose))
	w.text("relationship", e.Relationship)
	if e.Glass != nil {
		w.object("breakGlass", func() {
			w.text("grant", e.Glass.GrantID)
			w.text("reason", e.Glass.Reason)
			w.text("note", e.Glass.Note)
		})
	}
	w.text("operation", e.Operation.Name)
	w.text("document", e.Operation.SHA256)
	w.text("documentId", e.Operation.Document)
	w.text("app", e.Operation.App)
	texts(&w, "classes", e.Classes)
	texts(&w, "sectors", e.Sectors)
	list(&w, "sources", e.Sources, func(s Source) {
		w.b = append(w.b, '{')
		w.text("sector", string(s.Sector))
		w.text("organisation", s.Organisation)
		w.text("state", s.State)
		w.b = append(w.b, '}')
	})
	if len(e.Counts) > 0 {
		w.object("counts", func() {
			for _, count := range e.Counts {
				w.name(string(count.Class))
				w.b = strconv.AppendInt(w.b, int64(count.Items), 10)
			}
		})
	}
	if !e.ReceivedAt.IsZero() {
		w.text("receivedAt", e.ReceivedAt.UTC().Format(time.RFC3339Nano))
	}
	w.text("device", e.Client.Device)
	w.text("application", e.Client.Application)
	w.text("address", e.Client.Address)
	w.number("consentVersion", e.ConsentVersion)
	w.text("policyVersion", e.PolicyVersion)
	w.text("request", e.RequestID)
	w.text("note", e.Note)
	return string(append(w.b[1:], '}'))
}
