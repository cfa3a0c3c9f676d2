package transport

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// ReceiptInput describes an answer that is about to be sent.
type ReceiptInput struct {
	Document   string // its text
	Digest     string // SHA-256 of the text, in hexadecimal
	Telling    bool   // the text contains a string or an NHS number, which a plain hash would let others guess
	Operation  string // its name, safe to log; "" if it has none
	Variables  map[string]any
	Data       []byte // as it will be sent; not to be kept or changed
	Errors     gqlerror.List
	Extensions map[string]any
}

// receipt adds a receipt to an answer that discloses anything.
func (h *handler) receipt(ctx context.Context, doc *document, params *parameters, a *answer) *refusal {
	if h.options.Receipt == nil {
		return nil
	}
	order(a.errors) // in the order in which they are sent
	text, err := h.options.Receipt(ctx, ReceiptInput{
		Document: params.Query, Digest: doc.digest, Telling: doc.telling, Operation: a.name, Variables: params.Variables,
		Data: a.data, Errors: a.errors, Extensions: a.extensions,
	})
	if err != nil {
		h.options.OnInternal(ctx, fmt.Errorf("signing an answer: %w", err))
		return refuse(http.StatusInternalServerError, Internal, wentWrong)
	}
	if text != "" {
		a.extend(map[string]any{"receipt": text})
	}
	return nil
}
