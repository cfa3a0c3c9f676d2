package fhir

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// SourceOptions are the options of a source of any adapter.
type SourceOptions struct {
	// Concurrency is how many patients, or requests about them, are fetched concurrently; 0 means 8.
	Concurrency int

	// System names the source's system in the provenance; "" means the adapter's own name for it.
	System string

	// Observe receives the events to count or alarm on; nil for none.
	Observe func(ctx context.Context, e Event)
}

// A Base is the common part of the sources of all adapters: the organisation, the fetcher and the observer.
type Base struct {
	Sector  record.Sector
	Org     *record.Organisation
	Fetcher Fetcher

	name    string
	ids     *record.Identifier
	options SourceOptions
}

// NewBase returns the base of a source. system is its system name unless the options give one.
func NewBase(sector record.Sector, org *record.Organisation, f Fetcher, ids *record.Identifier, o SourceOptions, system string) Base {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.System == "" {
		o.System = system
	}
	return Base{Sector: sector, Org: org, Fetcher: f, name: string(sector) + "/" + string(org.ODSCode), ids: ids, options: o}
}

// Name returns sector/organisation, the source's name in ids and cursors.
func (b *Base) Name() string { return b.name }

// Concurrency is how many requests may run concurrently.
func (b *Base) Concurrency() int { return b.options.Concurrency }

// Tell reports an event, unless its count is zero.
func (b *Base) Tell(ctx context.Context, e Event) {
	if b.options.Observe != nil && e.Count > 0 {
		b.options.Observe(ctx, e)
	}
}

// Observe reports a count of events at a place.
func (b *Base) Observe(ctx context.Context, kind EventKind, count int, where string) {
	b.Tell(ctx, Event{Kind: kind, Count: count, Where: where})
}

// Outcome maps a failure to what it means and reports it; nil stays nil. For a *StatusError, meaningOf
// returns the decisive code and the kind of error. A kind in own is returned as it is. name is the source's
// name in the error text.
func (b *Base) Outcome(ctx context.Context, err error, name string, meaningOf func(*StatusError) (code string, kind error), own ...error) error {
	var answer *StatusError
	if !errors.As(err, &answer) {
		switch {
		case errors.Is(err, record.ErrIdentity):
			b.Tell(ctx, Event{Kind: Mismatched, Count: 1, Where: "birth date", Err: err})
		case errors.Is(err, record.ErrMalformed):
			b.Tell(ctx, Event{Kind: Malformed, Count: 1, Where: "answer", Err: err})
		}
		return err
	}
	code, kind := meaningOf(answer)
	switch {
	case slices.Contains(own, kind):
		return kind
	case errors.Is(kind, record.ErrRefused):
		b.Observe(ctx, Refused, 1, code)
	case errors.Is(kind, record.ErrMalformed):
		b.Observe(ctx, Malformed, 1, code)
	}
	return fmt.Errorf("%w: %s answered %d %s", kind, name, answer.Status, code)
}

// Item returns the envelope of a patient's entry: its provenance, and an id derived from the source's id. A
// document and its content share an id.
func (b *Base) Item(kind fetch.Kind, patient record.NHSNumber, sourceID string) record.Item {
	item := record.Item{Provenance: record.Provenance{Sector: b.Sector, Organisation: b.Org, SourceSystem: record.Text(b.options.System), SourceID: sourceID}}
	if kind == fetch.Documents || kind == fetch.DocumentContent {
		item.ID = b.ids.Document(b.name, patient, sourceID)
	} else {
		item.ID = b.ids.Item(b.name, string(kind), patient, sourceID)
	}
	return item
}

// Seen counts how often each source id came, by kind.
type Seen map[string]int

// Once returns an id that no other entry of the kind has. If id is taken, it adds a number to it.
func (s Seen) Once(kind fetch.Kind, id string) string {
	key := string(kind) + id
	if s[key] == 0 {
		s[key] = 1
		return id
	}
	for {
		s[key]++
		another := id + "." + strconv.Itoa(s[key])
		if s[string(kind)+another] == 0 { // a third entry may have it as its own
			s[string(kind)+another] = 1
			return another
		}
	}
}

// Has reports whether an id of the kind came.
func (s Seen) Has(kind fetch.Kind, id string) bool { return s[string(kind)+id] > 0 }
