package resolvers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// optOutRequestResolver resolves the match of a resident's request, which an officer asks for.
type optOutRequestResolver struct{ *Root }

// Match compares what a resident wrote with what demographics holds under a number: the one that the officer gives, or
// the request's own. It is the only read that consent need not permit, and discloses only whether fields agree. The
// comparison goes on the trail first.
func (r optOutRequestResolver) Match(ctx context.Context, obj *record.OptOutRequest, number *record.NHSNumber) (*record.OptOutRequestMatch, error) {
	if number == nil {
		number = obj.NHSNumber
	}
	written := consent.OptOutRequest{Name: obj.Name, BirthDate: record.Date(obj.DateOfBirth), Postcode: obj.Postcode}
	if obj.NHSNumber != nil {
		written.NHSNumber = *obj.NHSNumber
	}
	var candidate consent.Candidate
	if number != nil {
		var err error
		if candidate, err = r.compared(ctx, *number, number != obj.NHSNumber); err != nil {
			return nil, err
		}
	}
	found := consent.Match(written, []consent.Candidate{candidate})[0]
	return &record.OptOutRequestMatch{
		Name: fieldMatch(found.Name), DateOfBirth: fieldMatch(found.BirthDate), Postcode: fieldMatch(found.Postcode), NHSNumber: fieldMatch(found.NHSNumber),
	}, nil
}

// compared returns what is stored about the holder of a number, after recording the comparison on the trail. A number
// that the officer chose counts as a look-up, in vain if it is nobody's or a restricted person's.
func (r optOutRequestResolver) compared(ctx context.Context, number record.NHSNumber, chosen bool) (consent.Candidate, error) {
	principal, event, err := r.onDuty(ctx, consent.KeepOptOuts, audit.ReadOptOutRequests, number)
	if err != nil {
		return consent.Candidate{}, err
	}
	held := false
	var vain []record.NHSNumber
	if chosen {
		settle, admitted := r.throttle.admit(ctx, principal, 1, r.Now())
		if held = !admitted; held {
			event.Outcome = audit.Rejected
		} else {
			defer func() { settle(vain) }()
		}
	}
	if err := r.note(ctx, event); err != nil {
		return consent.Candidate{}, err
	}
	if held {
		return consent.Candidate{}, errThrottled
	}
	candidate, err := r.candidate(ctx, principal, number)
	if err == nil && candidate.Restricted {
		vain = append(vain, number)
	}
	return candidate, err
}

// comparisons is the most comparisons of a request with a person that an operation can make. Each is a read of
// demographics and an event of its own.
func comparisons(op *graphql.OperationContext) int {
	n := 0
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query", "Mutation"}) {
		switch f.Name {
		case "optOutRequests":
			of := below(op, below(op, []graphql.CollectedField{f}, "OptOutRequestConnection", "edges"), "OptOutRequestEdge", "node")
			n += pageOf(f, op) * len(below(op, of, "OptOutRequest", "match"))
		case "decideOptOutRequest":
			of := below(op, []graphql.CollectedField{f}, "DecideOptOutRequestPayload", "request")
			n += len(below(op, of, "OptOutRequest", "match"))
		}
	}
	return n
}

// below returns the fields called name below fields of type typeName, each alias separately.
func below(op *graphql.OperationContext, of []graphql.CollectedField, typeName, name string) []graphql.CollectedField {
	var found []graphql.CollectedField
	for _, f := range of {
		for _, sub := range graphql.CollectFields(op, f.Selections, []string{typeName}) {
			if sub.Name == name {
				found = append(found, sub)
			}
		}
	}
	return found
}

// pageOf is the most entries that a field's page may have; 0 if its argument first is invalid.
func pageOf(f graphql.CollectedField, op *graphql.OperationContext) int {
	first, err := strconv.Atoi(fmt.Sprint(f.ArgumentMap(op.Variables)["first"]))
	if err != nil || pageSize(first) != nil {
		return 0
	}
	return first
}

// fieldMatch does not distinguish a detail that is not stored from one that differs.
func fieldMatch(m consent.FieldMatch) record.FieldMatch {
	if m == consent.MatchNotKnown {
		m = consent.DoesNotMatch
	}
	return record.FieldMatch(m)
}

// candidate returns what is stored about the holder of a number. A number that is nobody's, or was withdrawn as an
// error, looks like a restricted person.
func (r *Root) candidate(ctx context.Context, principal auth.Principal, number record.NHSNumber) (c consent.Candidate, err error) {
	facts, err := r.Facts.Facts(ctx, principal, nil, []record.NHSNumber{number})
	if err != nil {
		return c, err
	}
	fact := facts[number]
	if !fact.Known || fact.Invalidated || fact.Restricted != consent.No {
		return consent.Candidate{Restricted: true}, nil
	}
	if c.Numbers, err = r.Register.Numbers(ctx, number); err != nil {
		return c, err
	}
	subjects := &fetch.Subjects{
		Patients: []record.NHSNumber{fact.Current}, Numbers: []string{string(fact.Current)}, AdultFrom: []string{""}, Index: map[record.NHSNumber]int{fact.Current: 0},
	}
	ask := &fetch.Ask{Kind: fetch.Persons, Class: record.ClassDemographics, Subjects: subjects}
	ctx = fetch.WithTerms(ctx, fetch.TermsOf(r.Exclusions.For(string(principal.Purpose)), r.Now()))
	for _, i := range r.bySector[record.Demographics] {
		s := &r.Sources[i]
		answers, err := fetch.Within(s.Deadline, s.Read)(ctx, []*fetch.Ask{ask})
		if err == nil {
			err = unanswered(answers, ask)
		}
		if err != nil && !errors.Is(err, record.ErrTimeout) {
			err = record.ErrUnavailable // whatever the reason, the fields cannot be compared
		}
		if err != nil {
			return c, err
		}
		for _, person := range fetch.RowsOf[record.Person](answers[ask]).Of(0) {
			add(&c, person)
		}
	}
	return c, nil
}

// unanswered returns why a source's answer about the only patient of an ask is incomplete; nil if it is complete.
func unanswered(answers map[*fetch.Ask]fetch.Answer, ask *fetch.Ask) error {
	a, ok := answers[ask]
	switch {
	case !ok:
		return record.ErrUnavailable
	case a.Err != nil:
		return a.Err
	case a.Errs != nil && a.Errs[0] != nil:
		return a.Errs[0]
	case a.Unreadable != nil && a.Unreadable[0] && !slices.ContainsFunc(fetch.RowsOf[record.Person](a).Of(0), func(p record.Person) bool { return p.Restricted }):
		return record.ErrUnavailable // a restricted person is not compared anyway
	}
	return nil
}

// add adds what demographics holds about one person to a candidate.
func add(c *consent.Candidate, person record.Person) {
	c.Restricted = c.Restricted || person.Restricted
	if person.DateOfBirth != "" {
		c.Births = append(c.Births, person.DateOfBirth)
	}
	if name := person.Name; name != nil {
		c.Names = append(c.Names, consent.CandidateName{Given: name.Given, Family: string(name.Family), Full: string(name.Full)})
	}
	if person.Address != nil && person.Address.Postcode != "" {
		c.Postcodes = append(c.Postcodes, string(person.Address.Postcode))
	}
}
