package fhir

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// A Whole is a Fetcher that answers a request for one patient with all it holds of them,
// so that a source is asked once for each patient and not by searches.
type Whole interface {
	Fetcher
	Whole() bool
}

// Whole says that a folder is asked for one patient at a time.
func (f *Folder) Whole() bool { return true }

// IsWhole reports whether a Fetcher is asked for one patient at a time.
func IsWhole(f Fetcher) bool {
	w, ok := f.(Whole)
	return ok && w.Whole()
}

// A Found is what one search of a batch answered: its pages together, or why it failed.
type Found struct {
	Bundle *Bundle
	Err    error
}

// Batch makes several searches in one request and reads the further pages of each. The
// answers stand in the order of the searches. The error is that of the batch as a whole:
// where the answer cannot be told apart by search, nothing of it is an answer.
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
	body, _ := json.Marshal(map[string]any{"resourceType": "Bundle", "type": "batch", "entry": entries}) // texts can be written
	return body
}

// responses are the entries of a batch's answer, one for each search.
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

// response is the answer of one search, with its further pages.
func response(ctx context.Context, f Fetcher, search Request, entry json.RawMessage) (*Bundle, error) {
	answer := Member(entry, "response")
	code, _, _ := strings.Cut(textOf(answer, "status"), " ")
	status, _ := strconv.Atoi(code) // without one it is malformed as well
	resource := Member(entry, "resource")
	if status != http.StatusOK {
		if resource == nil {
			resource = Member(answer, "outcome")
		}
		return nil, &StatusError{Status: status, Codes: Codes(resource), Kind: kindOf(status)}
	}
	return pages(ctx, f, search, resource)
}
