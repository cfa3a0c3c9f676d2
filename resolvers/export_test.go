package resolvers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Part is a part of a field, as tests know it.
type Part struct {
	Class   record.Class
	Kind    fetch.Kind
	Sectors []record.Sector
}

// Parts is what each field of the table is made of.
func Parts() map[string][]Part {
	parts := map[string][]Part{}
	for name, f := range fields {
		for _, p := range f.parts {
			parts[name] = append(parts[name], Part{p.class, p.kind, p.sectors})
		}
	}
	return parts
}

// Paged are the fields of the table that are connections.
func Paged() []string {
	var paged []string
	for name, f := range fields {
		if f.paged {
			paged = append(paged, name)
		}
	}
	return paged
}

// Guarded is the check that nothing is read without a grant.
func (r *Root) Guarded(read fetch.Func[*fetch.Ask, fetch.Answer]) fetch.Func[*fetch.Ask, fetch.Answer] {
	return r.guarded(read)
}

// CallerOf is what cursors hold of who asks.
func (r *Root) CallerOf(p auth.Principal) string { return r.callerOf(p) }

// SignPlace signs a place in a list of our own for somebody.
func (r *Root) SignPlace(p auth.Principal, list, place string) string {
	return string(r.signPlace(p, list, place))
}

// Cursor is a cursor of a connection, as tests make it.
func (r *Root) Cursor(bound string, grant consent.Grant, id record.ID) string {
	body, _ := json.Marshal(payload{ID: id, Gaps: []int{0}})
	return base64.RawURLEncoding.EncodeToString(append(r.sign(body, binding{field: bound}, grant), body...))
}

// Looks is whether entries, looked at one after another, may be shown.
func Looks(filter *exclusion.Filter, entries ...record.RecordItem) (shown []bool) {
	l := lookBy(filter)
	defer l.end()
	for _, entry := range entries {
		shown = append(shown, l.shows(entry))
	}
	return shown
}

// Payload is what a cursor holds, as it is written and as encoding/json writes it.
func Payload(at int64, dated bool, length int, id record.ID, gaps ...int) (written, marshalled string) {
	p := payload{At: at, Dated: dated, Length: length, ID: id, Gaps: gaps}
	body, _ := json.Marshal(p)
	return string(p.append(nil)), string(body)
}

// Open reads a cursor of a connection.
func (r *Root) Open(text, bound string, grant consent.Grant) (record.ID, error) {
	c, err := r.openCursor(text, binding{field: bound}, grant)
	return c.ID, err
}

// Seal and Unseal write and read a cursor of a list of our own database.
func (r *Root) Seal(p auth.Principal, list, place string) string { return r.sealPlace(p, list, place) }

// Unseal reads what Seal wrote.
func (r *Root) Unseal(p auth.Principal, list, cursor string) string {
	return r.openPlace(p, list, cursor)
}

// ErrCursor is what every cursor that does not hold is answered with.
var ErrCursor = errCursor

// Throttle is the counting of look-ups in vain.
type Throttle = throttle

// NewThrottle counts up to a limit.
func NewThrottle(limit int) *Throttle { return newThrottle(limit) }

// Holds reports whether a person has to wait.
func (t *throttle) Holds(p auth.Principal, now time.Time) bool {
	settle, ok := t.admit(context.Background(), p, 0, now)
	if ok {
		settle(nil)
	}
	return !ok
}

// Count adds patients who were asked for in vain.
func (t *throttle) Count(p auth.Principal, numbers []record.NHSNumber, now time.Time) {
	if settle, ok := t.admit(context.Background(), p, len(numbers), now); ok {
		settle(numbers)
	}
}

// UnderWay is how many people are looking somebody up.
func (t *throttle) UnderWay() int { return len(t.underWay) }

// Admit is what a look-up begins with.
func (t *throttle) Admit(ctx context.Context, p auth.Principal, patients int, now time.Time) (settle func([]record.NHSNumber) bool, ok bool) {
	return t.admit(ctx, p, patients, now)
}

// Counted is how many patients are counted of a person.
func (t *throttle) Counted(p auth.Principal) int {
	if counted, ok := t.people.Peek(throttled{p.Subject, p.Org}); ok {
		return len(counted.patients)
	}
	return 0
}

// Revoke takes a patient's grant back while the fields answer.
func Revoke(ctx context.Context, patient record.NHSNumber) { current(ctx).grants.Revoke(patient) }

// Named are the classes that a grant is said to open.
func Named(asked []record.Class, set consent.ClassSet) []record.Class { return named(asked, set) }
