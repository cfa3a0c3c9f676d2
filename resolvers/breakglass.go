package resolvers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// BreakGlass takes a grant in place of a missing care relationship. It looks up nothing about the patient, so that
// every number gets the same answer.
func (r mutationResolver) BreakGlass(ctx context.Context, input record.BreakGlassInput) (*record.BreakGlassPayload, error) {
	principal, event, err := r.onDuty(ctx, consent.BreakGlass, audit.BreakGlass, input.NHSNumber)
	if err != nil {
		return nil, err
	}
	note, err := words("note", input.Note, 10, 500)
	if err != nil {
		return nil, r.rejected(ctx, event, err)
	}
	own, _ := r.Policy.Classes(principal)
	classes := consent.ClassSetOf(input.Classes...).Intersect(own)
	if classes.IsEmpty() {
		return nil, r.rejected(ctx, event, fmt.Errorf("%w: classes must name at least one class that your role may see; viewer { classes } lists them", record.ErrInvalid))
	}
	ctx, cancel := changing(ctx)
	defer cancel()
	grant, err := r.Register.Break(ctx, consent.BreakGlassGrant{
		Subject: principal.Subject, Org: principal.Org, Patient: input.NHSNumber, Classes: classes, Reason: string(input.Reason), Note: note,
	}, func(g consent.BreakGlassGrant) audit.Event {
		event.Classes = g.Classes.Classes()
		event.Glass = &audit.Glass{GrantID: g.ID, Reason: g.Reason, Note: g.Note}
		return event
	})
	if err != nil {
		return nil, err
	}
	return &record.BreakGlassPayload{Grant: record.BreakGlassGrant{
		ID: r.Identifier.Item("consent", "grant", input.NHSNumber, grant.ID), NHSNumber: input.NHSNumber, Classes: named(input.Classes, grant.Classes), Reason: input.Reason, ExpiresAt: record.At(grant.ExpiresAt),
	}}, nil
}

// named returns the classes of the set that were asked for, each once. A wide class implies narrower ones, which nobody
// named; they are listed only where the set lacks the wide one.
func named(asked []record.Class, set consent.ClassSet) []record.Class {
	classes := []record.Class{}
	for class := range set.All() {
		if slices.ContainsFunc(asked, func(named record.Class) bool {
			return named == class || consent.Implies(named, class) && !set.Has(named)
		}) {
			classes = append(classes, class)
		}
	}
	return classes
}

// glassNote is a break-glass grant under which a record is shown, as listed in extensions.breakGlass.
type glassNote struct {
	PatientID record.ID        `json:"patientId"`
	Reason    string           `json:"reason"`
	Classes   consent.ClassSet `json:"classes"`
	ExpiresAt string           `json:"expiresAt"`
}

// glass lists the grants under which this operation shows records.
func (q *request) glass() []glassNote {
	if q.fault != nil {
		return nil // nothing is disclosed, not even that the patient exists
	}
	var notes []glassNote
	seen := map[record.NHSNumber]bool{}
	for _, number := range q.numbers() {
		decision := q.decisions[number]
		if _, granted := q.grants.For(decision.Patient); !granted || seen[decision.Patient] {
			continue
		}
		seen[decision.Patient] = true
		for _, grant := range decision.Glass {
			notes = append(notes, glassNote{q.root.Identifier.Person(decision.Patient), grant.Reason, grant.Classes, grant.ExpiresAt.In(record.London).Format(time.RFC3339)})
		}
	}
	slices.SortStableFunc(notes, func(a, b glassNote) int { return strings.Compare(string(a.PatientID), string(b.PatientID)) })
	return notes
}
