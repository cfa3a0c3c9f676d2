package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// answer is what is written. Without data it is a refusal.
type answer struct {
	media      string
	status     int
	allow      string
	data       json.RawMessage
	errors     gqlerror.List
	extensions map[string]any

	ctx             context.Context // of the operation, once there is one
	operation, name string
	document, app   string // of a trusted document
	freeText        bool
	executed        bool // execution began
	written         bool
	left            func() // ends the request's count as under way
}

// leave ends the request's count as under way, whatever the answer was.
func (a *answer) leave() { a.left() }

// refuse makes the answer a refusal. A refused operation of a well-formed request has status 200 with
// application/json, because any other status could come from a proxy on the way, and 400 with
// application/graphql-response+json, which only this service can have written.
func (a *answer) refuse(r *refusal) {
	a.data, a.extensions = nil, nil
	a.status, a.allow, a.errors = r.status, r.allow, r.errors
	if a.status == 0 && a.media == mediaGraphQL {
		a.status = http.StatusBadRequest
	}
}

// extend adds extensions to those the answer has.
func (a *answer) extend(more map[string]any) {
	if len(a.extensions) == 0 {
		a.extensions = more
		return
	}
	for name, value := range more {
		a.extensions[name] = value
	}
}

var (
	opening = []byte(`{"data":`)
	comma   = []byte(`,`)
)

// write sends the answer, its data unchanged from the executor.
func (h *handler) write(w http.ResponseWriter, r *http.Request, a *answer) {
	tail := buffers.Get().(*bytes.Buffer)
	defer release(tail)
	if err := a.appendTail(tail); err != nil {
		h.options.OnInternal(r.Context(), err)
		a.refuse(refuse(http.StatusInternalServerError, Internal, wentWrong))
		tail.Reset()
		a.appendTail(tail) // our own error can always be written
	}
	size := a.writeHead(w, tail)
	if a.data != nil {
		w.Write(opening)
		w.Write(a.data)
	}
	w.Write(tail.Bytes())
	h.done(r, a, size)
}

// appendTail writes everything after the data.
func (a *answer) appendTail(tail *bytes.Buffer) error {
	order(a.errors)
	before := []byte(`{`)
	if a.data != nil {
		before = comma
	}
	if len(a.errors) > 0 {
		tail.Write(before)
		if err := member(tail, "errors", a.errors); err != nil {
			return err
		}
	}
	if len(a.extensions) > 0 { // only an answer with data has any
		tail.Write(comma)
		if err := member(tail, "extensions", a.extensions); err != nil {
			return err
		}
	}
	tail.WriteByte('}')
	return nil
}

func member(tail *bytes.Buffer, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	tail.WriteString(`"` + name + `":`)
	tail.Write(text)
	return nil
}

// writeHead writes the status and the headers and returns the body's size.
func (a *answer) writeHead(w http.ResponseWriter, tail *bytes.Buffer) int {
	size := tail.Len()
	if a.data != nil {
		size += len(opening) + len(a.data)
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	header := w.Header()
	header.Set("Content-Type", a.media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(size))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Add("Vary", "Accept, Authorization")
	if a.allow != "" {
		header.Set("Allow", a.allow)
	}
	a.written = true
	w.WriteHeader(a.status)
	return size
}

func (h *handler) done(r *http.Request, a *answer, size int) {
	ctx := a.ctx
	if ctx == nil {
		ctx = r.Context()
	}
	seen := make([]string, 0, len(a.errors))
	for _, e := range a.errors {
		seen = append(seen, codeOf(e))
	}
	h.options.Done(context.WithoutCancel(ctx), Answer{
		Status: a.status, Operation: a.operation, Name: a.name, Codes: seen, Bytes: size, Document: a.document, App: a.app, FreeText: a.freeText, Refused: !a.executed,
	})
}
