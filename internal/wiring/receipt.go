package wiring

import (
	"context"
	"encoding/json"

	"carerecord/internal/receipt"
	"carerecord/internal/transport"
	"carerecord/internal/writer"
)

// receipt signs an answer that discloses something about a person; "" for any other answer.
func (g *Graph) receipt(ctx context.Context, in transport.ReceiptInput) (string, error) {
	layouts := writer.LayoutsFrom(ctx)
	defer layouts.Release()
	versions, discloses := g.Root.Disclosed(ctx)
	if !discloses || len(versions) == 0 && saysNothing(in.Data) {
		return "", nil
	}
	answer := receipt.Answer{
		Document: in.Document, Digest: in.Digest, Keyed: in.Telling, Operation: in.Operation, Variables: in.Variables, Consent: versions, Data: in.Data, Extensions: in.Extensions,
		Parts: receipt.Parts(layouts.All()),
	}
	if len(in.Errors) > 0 {
		answer.Errors = in.Errors
	}
	return g.Receipts.Sign(answer)
}

// saysNothing reports whether all root fields of an answer are null, as after a duty that was not carried out.
func saysNothing(data []byte) bool {
	var roots map[string]json.RawMessage
	if json.Unmarshal(data, &roots) != nil {
		return false
	}
	for _, value := range roots {
		if string(value) != "null" {
			return false
		}
	}
	return true
}
