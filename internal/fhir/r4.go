package fhir

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// A Whole is a Fetcher that answers a request for a patient with everything it holds about them. It is
// asked once per patient instead of by searches.
type Whole interface {
	Fetcher
	Whole() bool
}

// Whole reports that a Folder is asked once per patient.
func (f *Folder) Whole() bool { return true }

// IsWhole reports whether f is asked once per patient.
func IsWhole(f Fetcher) bool {
	w, ok := f.(Whole)
	return ok && w.Whole()
}

// A Found is the answer to one search of a batch: all its pages, or why it failed.
type Found struct {
	Bundle *Bundle
	Err    error
}

// Batch sends several searches in one request and reads the further pages of each. The answers are in the
// order of the searches. The error is that of the whole batch: if its answers cannot be attributed to the
// searches, none counts.
func Batch(ctx context.Context, f Fetcher, searches []Request) ([]Found, error) {
	data, err := f.Fetch(ctx, Request{Body: batchOf(searches)})
	if err != nil {
		return nil, err
	}
	entries, err := responses(data, len(searches))
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(searches))
	for i, entry := range entries {
		found[i].Bundle, found[i].Err = response(ctx, f, searches[i], entry)
	}
	return found, nil
}

func batchOf(searches []Request) []byte {
	type request struct {
		Method string `json:"method"`
		URL    string `json:"url"`
	}
	type entry struct {
		Request request `json:"request"`
	}
	entries := make([]entry, len(searches))
	for i, s := range searches {
		entries[i].Request = request{http.MethodGet, s.Path + "?" + s.Query.Encode()}
	}
	body, _ := json.Marshal(map[string]any{"resourceType": "Bundle", "type": "batch", "entry": entries}) // never fails
	return body
}

// responses returns the entries of a batch response, one per search.
func responses(data []byte, searches int) ([]json.RawMessage, error) {
	if IsOutcome(data) {
		return nil, &StatusError{Status: http.StatusOK, Codes: Codes(data), Kind: Malformedf("an outcome in the place of a batch")}
	}
	if textOf(data, "resourceType") != "Bundle" || textOf(data, "type") != "batch-response" {
		return nil, Malformedf("not the answer of a batch")
	}
	entries, ok := elements(Member(data, "entry"))
	if !ok || len(entries) != searches {
		return nil, Malformedf("a batch of %d searches with %d answers", searches, len(entries))
	}
	return entries, nil
}

// response returns the answer of one search, including its further pages.
func response(ctx context.Context, f Fetcher, search Request, entry json.RawMessage) (*Bundle, error) {
	answer := Member(entry, "response")
	code, _, _ := strings.Cut(textOf(answer, "status"), " ")
	status, _ := strconv.Atoi(code) // 0, without a status, is malformed too
	resource := Member(entry, "resource")
	if status != http.StatusOK {
		if resource == nil {
			resource = Member(answer, "outcome")
		}
		return nil, &StatusError{Status: status, Codes: Codes(resource), Kind: kindOf(status)}
	}
	return pages(ctx, f, search, resource)
}
