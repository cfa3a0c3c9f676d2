package consent

import (
	"context"
	"strings"
	"sync"
	"time"

	"carerecord/internal/record"
)

// Grant is the permission to load some classes of one patient's record in one
// request. Only a decision that shows the patient makes one; the zero value
// allows nothing.
type Grant struct{ decision *Decision }

// none is the decision of the zero value.
var none Decision

func (g Grant) made() *Decision {
	if g.decision == nil {
		return &none
	}
	return g.decision
}

// Grant returns the permission that follows from the decision, and whether there is one.
func (d Decision) Grant() (Grant, bool) {
	if d.Outcome != Shown || d.Patient == "" || d.Classes.IsEmpty() {
		return Grant{}, false
	}
	made := d // a copy, so that only a decision with a grant moves to the heap
	return Grant{&made}, true
}

// Allows reports whether the class may be loaded.
func (g Grant) Allows(class record.Class) bool { return g.made().Classes.Has(class) }

// Classes returns the classes that may be loaded.
func (g Grant) Classes() ClassSet { return g.made().Classes }

// Patient returns the number that the person has now, "" for the zero value.
func (g Grant) Patient() record.NHSNumber { return g.made().Patient }

// Adult reports whether the patient has reached Policy.AdultAge (18), now or at death.
func (g Grant) Adult() bool { return g.made().Adult }

// AdultFrom returns the 18th birthday (Policy.AdultAge), "" if unknown. Nothing of social care that concerns a time before
// it is shown.
func (g Grant) AdultFrom() record.Date { return g.made().AdultFrom }

// Born returns the patient's birth date as far as our register knows it.
func (g Grant) Born() record.PartialDate { return g.made().Born }

// KnownAt returns the ODS codes of the organisations that the patient has or had a relationship with.
func (g Grant) KnownAt() []string { return g.made().KnownAt }

// Decision returns the decision that the grant was made from.
func (g Grant) Decision() Decision { return *g.made() }

// Grants holds the grants of one request by patient. It is safe for concurrent
// use; a nil *Grants holds none.
type Grants struct {
	mu     sync.RWMutex
	grants map[record.NHSNumber]Grant
	checks map[record.NHSNumber]bool // who may be checked
}

// Add adds the grant of a decision that shows the patient, and reports whether it did. Any other decision adds nothing. If
// two decisions show the same patient, only the classes that both allow remain.
func (g *Grants) Add(decision Decision) bool {
	grant, ok := decision.Grant()
	if !ok || g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if before, twice := g.grants[decision.Patient]; twice {
		grant.decision.Classes = grant.decision.Classes.Intersect(before.decision.Classes)
	}
	if g.grants == nil {
		g.grants = make(map[record.NHSNumber]Grant)
	}
	g.grants[decision.Patient] = grant
	return true
}

// Check permits to ask demographics whether it restricts a patient in care who is refused for a
// lesser reason, one that tells that there is such a person: an objection, or that consent could
// not be established. It permits nothing else, and reports whether it did: any other decision adds
// nothing.
func (g *Grants) Check(decision Decision) bool {
	inCare := decision.Relationship != "" || decision.BreakGlass
	if g == nil || !inCare || decision.Outcome != Withheld && decision.Outcome != Unavailable {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.checks == nil {
		g.checks = make(map[record.NHSNumber]bool)
	}
	g.checks[decision.Patient] = true
	return true
}

// Checks reports whether a patient, by current number, may be checked.
func (g *Grants) Checks(patient record.NHSNumber) bool {
	if g == nil {
		return false
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.checks[patient]
}

// For returns the grant for a patient by current number, and whether there is one.
func (g *Grants) For(patient record.NHSNumber) (Grant, bool) {
	if g == nil {
		return Grant{}, false
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	grant, ok := g.grants[patient]
	return grant, ok
}

// Of appends one grant to some for each patient, by current number and in their order. A patient without a grant gets the
// zero value, which allows nothing.
func (g *Grants) Of(some []Grant, patients []record.NHSNumber) []Grant {
	if g == nil {
		return append(some, make([]Grant, len(patients))...)
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, patient := range patients {
		some = append(some, g.grants[patient])
	}
	return some
}

// BornToo adds what another record says of when a patient was born. If the two dates disagree, the stricter one counts:
// adult social care is shown only from the later of the two 18th birthdays, and only if both have passed. If the other date
// does not exist, none is shown.
func (g *Grants) BornToo(patient record.NHSNumber, born record.PartialDate, policy *Policy, at time.Time) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	grant, ok := g.grants[patient]
	if !ok || strings.HasPrefix(string(grant.Born()), string(born)) { // as far as it goes, it says the same
		return
	}
	from := record.Birthday(born, policy.AdultAge)
	if from != "" && from <= grant.AdultFrom() || grant.AdultFrom() == "" {
		return
	}
	later := *grant.decision
	later.AdultFrom, later.Adult = from, isAdult(from, later.Died, at)
	g.grants[patient] = Grant{&later}
}

// Revoke removes a grant. It is for when the audit trail finds that consent has changed.
func (g *Grants) Revoke(patient record.NHSNumber) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.grants, patient)
}

type contextKey struct{}

// NewContext returns a context that carries the grants of a request.
func NewContext(ctx context.Context, grants *Grants) context.Context {
	return context.WithValue(ctx, contextKey{}, grants)
}

// FromContext returns the grants of the request. Without any it returns nil, which holds none.
func FromContext(ctx context.Context) *Grants {
	grants, _ := ctx.Value(contextKey{}).(*Grants)
	return grants
}
