package fhir_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type said string

func (s said) Fetch(context.Context, fhir.Request) ([]byte, error) { return []byte(s), nil }

type book map[string]string // pages by their links; "" is where it begins

func (b book) Fetch(_ context.Context, r fhir.Request) ([]byte, error) { return []byte(b[r.Link]), nil }

// A search's further pages count with its first, whether it was made alone or in a batch.
func TestFurtherPages(t *testing.T) {
	const flag, other, unreadable = `{"resource":{"resourceType":"Flag","id":"1"}}`, `{"resource":{"resourceType":"Flag","id":"3"}}`, `{"resource":{"resourceType":"Flag","id":"2","meta":{"security":"R"}}}`
	with := func(mode, resource string) string {
		return `,{"search":{"mode":"` + mode + `"},"resource":{"resourceType":"` + resource + `","id":"1"}}`
	}
	const unsaid = `,{"resource":{"resourceType":"Practitioner","id":"1"}}`
	page := func(total, next, entries string) string {
		return `{"resourceType":"Bundle","type":"searchset","total":` + total + `,"link":[` + next + `],"entry":[` + entries + `]}`
	}
	const next = `{"relation":"next","url":"more"}`
	for name, c := range map[string]struct {
		first, more                 string
		broken, matches, unreadable int
	}{
		"as many as it says":              {page("2", next, flag), page("2", "", other), 0, 2, 0},
		"fewer than it says":              {page("3", next, flag), page("3", "", other), 1, 2, 0},
		"one that cannot be read":         {page("2", next, flag), page("2", "", unreadable), 1, 2, 1},
		"one for another":                 {page("3", next, flag+","+other), page("3", "", other), 1, 2, 0},
		"one for another that is unread":  {page("3", next, flag+","+unreadable), page("3", "", unreadable), 3, 2, 2},
		"one again, uncounted":            {page("0", next, flag), page("0", "", flag+","+other), 1, 2, 0},
		"one again, as many as it says":   {page("2", next, flag), page("2", "", flag+","+other), 1, 2, 0},
		"one twice on a page":             {page("1", next, flag+","+flag), page("0", "", ""), 0, 1, 0},
		"a page of nothing, and another":  {page("1", next, ""), page("1", "", flag), 0, 1, 0},
		"companions again":                {page("2", next, flag+with("include", "Flag")), page("2", "", other+with("include", "Flag")), 0, 2, 0},
		"companions that do not say so":   {page("2", next, flag+unsaid), page("2", "", other+unsaid), 0, 3, 0},
		"what says that it is no company": {page("0", next, flag+with("match", "Basic")), page("0", "", other+with("match", "Basic")), 1, 3, 0},
		"a circle":                        {page("2", next, flag), page("2", next, flag), -1, 0, 0},
		"a further page that is not":      {page("2", next, flag), `{"resourceType":"OperationOutcome"}`, -1, 0, 0},
	} {
		check := func(how string, b *fhir.Bundle, err error) {
			switch {
			case c.broken < 0:
				if !errors.Is(err, record.ErrMalformed) {
					t.Errorf("%s, %s: %v", name, how, err)
				}
			case err != nil || b.Broken != c.broken || b.Matches != c.matches || len(b.Unreadable) != c.unreadable || b.Next != "":
				t.Errorf("%s, %s: %+v, %v", name, how, b, err)
			}
		}
		alone, err := fhir.Search(t.Context(), book{"": c.first, "more": c.more}, fhir.Request{Path: "Flag"})
		check("alone", alone, err)
		batch := `{"resourceType":"Bundle","type":"batch-response","entry":[{"resource":` + c.first + `,"response":{"status":"200"}}]}`
		found, err := fhir.Batch(t.Context(), book{"": batch, "more": c.more}, []fhir.Request{{Path: "Flag"}})
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		check("in a batch", found[0].Bundle, found[0].Err)
	}
}

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

// Why a search, or the batch as a whole, was not answered is in its outcome.
func TestOutcomesOfABatch(t *testing.T) {
	outcome := func(code string) string {
		return `{"resourceType":"OperationOutcome","issue":[{"details":{"coding":[{"code":"` + code + `"}]}}]}`
	}
	inBatch := func(entry string) string {
		return `{"resourceType":"Bundle","type":"batch-response","entry":[` + entry + `]}`
	}
	for name, c := range map[string]struct {
		said string
		kind error
		want string // all of the error
	}{
		"instead of a batch":        {outcome("NO_BATCHES"), record.ErrMalformed, "an outcome in the place of a batch: status 200 [NO_BATCHES]"},
		"as the resource":           {inBatch(`{"resource":` + outcome("NO_CONSENT") + `,"response":{"status":"403"}}`), record.ErrRefused, "status 403 [NO_CONSENT]"},
		"beside the status":         {inBatch(`{"response":{"status":"404 Not Found","outcome":` + outcome("NO_RECORD") + `}}`), record.ErrNotFound, "status 404 [NO_RECORD]"},
		"in both places":            {inBatch(`{"resource":` + outcome("FIRST") + `,"response":{"status":"500","outcome":` + outcome("SECOND") + `}}`), record.ErrUnavailable, "status 500 [FIRST]"},
		"without one":               {inBatch(`{"response":{"status":"500"}}`), record.ErrUnavailable, "status 500"},
		"without a status":          {inBatch(`{"resource":` + outcome("WHAT") + `}`), record.ErrMalformed, "status 0 [WHAT]"},
		"with what is no status":    {inBatch(`{"response":{"status":"OK"}}`), record.ErrMalformed, "status 0"},
		"with a status as a number": {inBatch(`{"response":{"status":7}}`), record.ErrMalformed, "status 0"},
	} {
		found, err := fhir.Batch(t.Context(), said(c.said), []fhir.Request{{Path: "Flag"}})
		if len(found) == 1 {
			err = found[0].Err
		}
		if !errors.Is(err, c.kind) || !strings.HasSuffix(err.Error(), ": "+c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := fhir.Batch(t.Context(), book{}, []fhir.Request{{Path: "Flag"}}); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
}
