package transport

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// ReceiptInput is an answer that is about to be sent, for its receipt.
type ReceiptInput struct {
	Document   string // its text
	Digest     string // the SHA-256 of its text, in hexadecimal
	Telling    bool   // a value stands in the text that a plain hash of it could be guessed from
	Operation  string // the operation's name, made safe to log; "" where it has none
	Variables  map[string]any
	Data       []byte // as it will be written; not to be kept or changed
	Errors     gqlerror.List
	Extensions map[string]any
}

// receipt adds the receipt to an answer, if it discloses anything.
func (h *handler) receipt(ctx context.Context, doc *document, params *parameters, a *answer) *refusal {
	if h.options.Receipt == nil {
		return nil
	}
	order(a.errors) // as they are sent
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
