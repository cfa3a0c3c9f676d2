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

// SourceOptions are what the source of any adapter can be told.
type SourceOptions struct {
	// Concurrency is how many patients, or questions of them, are asked for at once; 8
	// where zero.
	Concurrency int

	// System names the source's system in the provenance; the adapter's own name for it
	// where empty.
	System string

	// Observe is told what is to be counted and alarmed; nil for nobody.
	Observe func(ctx context.Context, e Event)
}

// A Base is what the source of any adapter is made of: whose it is, through what it is
// asked and whom it tells.
type Base struct {
	Sector  record.Sector
	Org     *record.Organisation
	Fetcher Fetcher

	name    string
	ids     *record.Identifier
	options SourceOptions
}

// NewBase makes the base of a source whose system is called so unless the options name it.
func NewBase(sector record.Sector, org *record.Organisation, f Fetcher, ids *record.Identifier, o SourceOptions, system string) Base {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.System == "" {
		o.System = system
	}
	return Base{Sector: sector, Org: org, Fetcher: f, name: string(sector) + "/" + string(org.ODSCode), ids: ids, options: o}
}

// Name is the sector and the organisation, as ids and cursors know the source.
func (b *Base) Name() string { return b.name }

// Concurrency is how much is asked for at once.
func (b *Base) Concurrency() int { return b.options.Concurrency }

// Tell tells of an event, unless its count is zero.
func (b *Base) Tell(ctx context.Context, e Event) {
	if b.options.Observe != nil && e.Count > 0 {
		b.options.Observe(ctx, e)
	}
}

// Observe tells what was counted where.
func (b *Base) Observe(ctx context.Context, kind EventKind, count int, where string) {
	b.Tell(ctx, Event{Kind: kind, Count: count, Where: where})
}

// Outcome turns a failure into what it means, and tells of it; nil is none. What the source,
// called name, answered with a status means what meaningOf says, by one of its codes. A meaning
// that is one of own is returned as it is.
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

// Item is the envelope of a patient's entry: its id, made from its source's, and where it
// comes from. A document and its content have one id.
func (b *Base) Item(kind fetch.Kind, patient record.NHSNumber, sourceID string) record.Item {
	item := record.Item{Provenance: record.Provenance{Sector: b.Sector, Organisation: b.Org, SourceSystem: record.Text(b.options.System), SourceID: sourceID}}
	if kind == fetch.Documents || kind == fetch.DocumentContent {
		item.ID = b.ids.Document(b.name, patient, sourceID)
	} else {
		item.ID = b.ids.Item(b.name, string(kind), patient, sourceID)
	}
	return item
}

// Seen counts how often a source's id came, by kind.
type Seen map[string]int

// Once is an id that no other entry of the kind has: of two entries with one id the later gets another.
func (s Seen) Once(kind fetch.Kind, id string) string {
	key := string(kind) + id
	if s[key] == 0 {
		s[key] = 1
		return id
	}
	for {
		s[key]++
		another := id + "." + strconv.Itoa(s[key])
		if s[string(kind)+another] == 0 { // a third may have it for its own
			s[string(kind)+another] = 1
			return another
		}
	}
}

// Has reports whether an id of the kind came.
func (s Seen) Has(kind fetch.Kind, id string) bool { return s[string(kind)+id] > 0 }
