package fhir_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type said string

func (s said) Fetch(context.Context, fhir.Request) ([]byte, error) { return []byte(s), nil }

// The answers of a batch are told apart by their place: one that has not as many as there
// were searches is no answer at all.
func TestBatch(t *testing.T) {
	const ok, down = `{"resource":{"resourceType":"Bundle","type":"searchset"},"response":{"status":"200 OK"}}`, `{"response":{"status":"503"}}`
	searches := []fhir.Request{{Path: "Flag", Query: url.Values{"patient": {"1"}}}, {Path: "List"}}
	for body, want := range map[string][]error{
		`{"resourceType":"Bundle","type":"batch-response","entry":[` + ok + `,` + down + `]}`:                  {nil, record.ErrUnavailable},
		`{"resourceType":"Bundle","type":"batch-response","entry":[` + ok + `,{"resource":{}}]}`:               {nil, record.ErrMalformed},
		`{"resourceType":"Bundle","type":"batch-response","entry":[` + ok + `,{"response":{"status":"200"}}]}`: {nil, record.ErrMalformed},
		`{"resourceType":"Bundle","type":"batch-response","entry":[` + ok + `]}`:                               nil,
		`{"resourceType":"Bundle","type":"searchset","entry":[` + ok + `,` + ok + `]}`:                         nil,
		`{"resourceType":"Bundle","type":"batch-response","entry":7}`:                                          nil,
		`{"resourceType":"OperationOutcome","issue":[]}`:                                                       nil,
	} {
		found, err := fhir.Batch(t.Context(), said(body), searches)
		if want == nil {
			if !errors.Is(err, record.ErrMalformed) {
				t.Errorf("%s: %v", body, err)
			}
			continue
		}
		if err != nil || len(found) != 2 {
			t.Fatalf("%s: %v", body, err)
		}
		for i, kind := range want {
			if !errors.Is(found[i].Err, kind) || (found[i].Err == nil) != (kind == nil) {
				t.Errorf("%s: %d: %v", body, i, found[i].Err)
			}
		}
	}
}
