package resolvers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// trail writes one event for every patient of the operation and takes back the
// grant of those whose consent has changed since the decision. Its error means that
// nothing is disclosed. A request that is faulty in itself is written as rejected.
func (q *request) trail(ctx context.Context, planning error) error {
	numbers := q.numbers()
	entries := make([]audit.Entry, len(numbers))
	shared, held := q.root.event(ctx, q, q.principal), q.planned.held()
	for i, number := range numbers {
		entries[i] = q.entry(shared, held, number)
		if planning != nil {
			entries[i].Outcome, entries[i].Recheck = audit.Rejected, 0
		}
	}
	// The event is written even where the client has left or the deadline has come:
	// the sources have been read.
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	results, err := q.root.Trail.Record(writing, entries)
	if err != nil {
		q.alarm(ctx, AlarmAudit, err)
		return fmt.Errorf("%w: %w", audit.ErrUnavailable, err)
	}
	if len(results) != len(entries) {
		q.alarm(ctx, AlarmAudit, errResults)
		return errResults
	}
	for i, number := range numbers {
		if results[i].Withheld {
			q.refuse(number, consent.Withheld)
		}
	}
	return nil
}

// errResults says that the trail answered for other events than it was given.
var errResults = fmt.Errorf("%w: the answer does not fit the events", audit.ErrUnavailable)

// writeWithin is how long the trail may take.
const writeWithin = 5 * time.Second

// numbers lists the patients of the operation as asked, in order, each once.
func (q *request) numbers() []record.NHSNumber {
	var numbers []record.NHSNumber
	seen := map[record.NHSNumber]bool{}
	for _, root := range q.roots {
		for _, number := range root.numbers {
			if !seen[number] {
				seen[number] = true
				numbers = append(numbers, number)
			}
		}
	}
	return numbers
}

// entry is the event of one patient.
func (q *request) entry(shared audit.Event, held map[fetch.Ask]bool, number record.NHSNumber) audit.Entry {
	decision := q.decisions[number]
	event := shared
	event.Patient, event.Asked = decision.Patient, ""
	if decision.Patient != number {
		event.Asked = number
	}
	event.Outcome = audit.Outcome(decision.Outcome)
	event.ConsentVersion = decision.Version
	event.Relationship = string(decision.Relationship)
	event.Glass, event.Note = glassOf(decision.Glass), suspensionNote(decision)
	if _, granted := q.grants.For(decision.Patient); !granted {
		return audit.Entry{Event: event}
	}
	event.Classes, event.Sectors, event.Counts = q.loaded(held, decision.Patient)
	event.Sources = q.sourcesAsked(decision.Patient)
	return audit.Entry{Event: event, Recheck: decision.Version}
}

// glassOf is the latest of the grants a decision stands on, with the words of all.
func glassOf(grants []consent.BreakGlassGrant) *audit.Glass {
	if len(grants) == 0 {
		return nil
	}
	ids, notes := make([]string, len(grants)), make([]string, len(grants))
	for i, grant := range grants {
		ids[i], notes[i] = grant.ID, grant.Note
	}
	return &audit.Glass{GrantID: strings.Join(ids, " "), Reason: grants[0].Reason, Note: strings.Join(notes, "; ")}
}

func suspensionNote(decision consent.Decision) string {
	if decision.Suspension == "" {
		return ""
	}
	return "objections suspended: " + decision.Suspension
}

// counted is what the rows of an answer can tell whatever their type.
type counted interface{ Count(subject int) int }

// loaded is what was read of a patient: the classes, the sectors, and how many
// entries of each class the sources gave.
func (q *request) loaded(held map[fetch.Ask]bool, patient record.NHSNumber) (classes []record.Class, sectors []record.Sector, counts []audit.Count) {
	items := map[record.Class]int{}
	for i, load := range q.loads {
		if load == nil {
			continue
		}
		for _, ask := range load.asks {
			subject := index(ask, patient)
			if subject < 0 || !q.counts(ask) {
				continue
			}
			if !slices.Contains(classes, ask.Class) {
				classes = append(classes, ask.Class)
			}
			if sector := q.root.Sources[i].Sector; !slices.Contains(sectors, sector) {
				sectors = append(sectors, sector)
			}
			if rows, ok := load.values[ask].Rows.(counted); ok && held[ask] {
				items[ask.Class] += rows.Count(subject)
			}
		}
	}
	slices.Sort(classes)
	for _, class := range classes {
		counts = append(counts, audit.Count{Class: class, Items: items[class]})
	}
	return classes, sectors, counts
}

// counts reports whether an Ask is of what was asked for: what sources say of whole
// classes, and whether demographics restricts the person, are read for every patient.
func (q *request) counts(ask fetch.Ask) bool {
	return ask.Kind != fetch.Notes && (ask.Kind != fetch.Persons || q.demographics() != nil)
}

// sourcesAsked is how each source answered of those that were asked for a patient.
func (q *request) sourcesAsked(patient record.NHSNumber) []audit.Source {
	var sources []audit.Source
	for i, load := range q.loads {
		if load == nil || !slices.ContainsFunc(load.asks, func(ask fetch.Ask) bool { return q.counts(ask) && index(ask, patient) >= 0 }) {
			continue
		}
		s := &q.root.Sources[i]
		state, _ := load.stateFor(patient)
		sources = append(sources, audit.Source{Sector: s.Sector, Organisation: string(s.Organisation.ODSCode), State: string(state)})
	}
	return sources
}
