package resolvers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// A cursor is a position in a connection: the entry after which the next page begins, and the gaps so far. It is valid
// for one principal, one patient and one field with the same arguments, until consent, the policy, the exclusion list
// or the set of sources changes.
type cursor struct {
	Stand   record.Stand
	ID      record.ID
	Gaps    []missing
	Pending bool // a gap without a source that can be named
}

// missing is a gap as a cursor remembers it.
type missing struct {
	Source string
	Reason record.GapReason
}

// payload is a cursor as written. append writes it as encoding/json would.
type payload struct {
	At     int64     `json:"t,omitempty"` // microseconds since 1970
	Dated  bool      `json:"d,omitempty"`
	Length int       `json:"l,omitempty"`
	ID     record.ID `json:"i"`
	Gaps   []int     `json:"g,omitempty"` // source times reasons plus reason

	Pending bool `json:"p,omitempty"`
}

func (p *payload) append(b []byte) []byte {
	b = append(b, '{')
	if p.At != 0 {
		b = append(strconv.AppendInt(append(b, `"t":`...), p.At, 10), ',')
	}
	if p.Dated {
		b = append(b, `"d":true,`...)
	}
	if p.Length != 0 {
		b = append(strconv.AppendInt(append(b, `"l":`...), int64(p.Length), 10), ',')
	}
	b = record.AppendJSON(append(b, `"i":`...), string(p.ID))
	for i, gap := range p.Gaps {
		before := `,`
		if i == 0 {
			before = `,"g":[`
		}
		b = strconv.AppendInt(append(b, before...), int64(gap), 10)
	}
	if len(p.Gaps) > 0 {
		b = append(b, ']')
	}
	if p.Pending {
		b = append(b, `,"p":true`...)
	}
	return append(b, '}')
}

// maxCursor is the longest decoded cursor that is accepted, in bytes. cursorRoom holds most cursors, including what
// their signature binds them to.
const (
	maxCursor  = 16 << 10
	cursorRoom = 512
)

// reasons numbers the gap reasons for cursors.
var reasons = []record.GapReason{
	record.TimedOut, record.Unavailable, record.Refused, record.Malformed, record.PartlyUnreadable,
	record.IdentityMismatch, record.InTransit, record.AwaitingFiling, record.Truncated, record.Unmapped,
}

// errCursor answers every invalid cursor, whatever is wrong with it.
var errCursor = fmt.Errorf("%w: this cursor is not one of this list as it is now; ask for the first page again", record.ErrInvalid)

// binding is what a field's cursors are bound to besides the patient.
type binding struct{ field, caller, arguments string }

func (q *request) binding(p *planned) binding { return binding{p.name, q.caller, p.arguments} }

// callerOf is what binds cursors to the caller, to the versions of the policy and the exclusion list, and to the
// sources.
func (r *Root) callerOf(p auth.Principal) string {
	return strings.Join([]string{p.Subject, p.Org, string(p.Role), string(p.Purpose), r.Policy.Version, r.Exclusions.Version(), r.names}, "\x00")
}

// bound is what binds cursors to a field's arguments, other than first and after.
func (a arguments) bound() string {
	var parts []string
	for argument, value := range a.values {
		if argument != "first" && argument != "after" {
			parts = append(parts, fmt.Sprintf("%s=%v", argument, value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x01")
}

func (r *Root) sign(body []byte, to binding, grant consent.Grant) []byte {
	mac := hmac.New(sha256.New, r.CursorKey)
	bound := body // followed by what it is bound to
	for _, text := range [...]string{to.field, to.caller, to.arguments, string(grant.Patient())} {
		bound = append(append(bound, 0), text...)
	}
	bound = strconv.AppendInt(append(bound, 0), grant.Decision().Version, 10)
	for _, glass := range grant.Decision().Glass {
		bound = append(append(bound, 0), glass.ID...)
	}
	mac.Write(bound)
	return mac.Sum(nil)[:16]
}

// cursorOf returns the cursor of an entry.
func (g *gathering[I]) cursorOf(entry record.RecordItem) string {
	stand := entry.Stand()
	p := payload{ID: record.Envelope(entry).ID, Length: stand.Length, Dated: stand.Dated(), Pending: g.pending}
	if p.Dated {
		p.At = stand.At().UnixMicro()
	}
	for _, gap := range g.gaps {
		for i := range g.request.root.Sources {
			if s := &g.request.root.Sources[i]; s.Sector == gap.Sector && s.Organisation == gap.Organisation {
				p.Gaps = append(p.Gaps, i*len(reasons)+slices.Index(reasons, gap.Reason))
			}
		}
	}
	body := p.append(make([]byte, 0, cursorRoom))
	return base64.RawURLEncoding.EncodeToString(append(g.request.root.sign(body, g.request.binding(g.planned), g.grant), body...))
}

// openCursor reads a cursor. It returns errCursor unless the cursor was made for this grant and binding.
func (r *Root) openCursor(text string, to binding, grant consent.Grant) (cursor, error) {
	raw, err := decoded(text)
	if err != nil || len(raw) < 16 || len(raw) > maxCursor {
		return cursor{}, errCursor
	}
	var p payload
	if !hmac.Equal(raw[:16], r.sign(raw[16:], to, grant)) || json.Unmarshal(raw[16:], &p) != nil {
		return cursor{}, errCursor
	}
	c := cursor{ID: p.ID, Pending: p.Pending, Stand: record.StandAt(record.DateTime{}, p.Length)}
	for _, gap := range p.Gaps {
		c.Gaps = append(c.Gaps, missing{r.Sources[gap/len(reasons)].Name, reasons[gap%len(reasons)]})
	}
	if p.Dated {
		c.Stand = record.StandAt(record.At(time.UnixMicro(p.At).UTC()), p.Length)
	}
	return c, nil
}

// decoded returns the bytes of a cursor, and an error unless the text is exactly as we encode them. The base64 decoder
// also accepts texts with line breaks or with other trailing bits.
func decoded(text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && base64.RawURLEncoding.EncodeToString(raw) != text {
		err = errCursor
	}
	return raw, err
}

// precedes reports whether the cursor's entry comes before another in a list of that direction.
func (c *cursor) precedes(entry record.RecordItem, direction int) bool {
	s := c.Stand.Compare(entry.Stand())
	if c.Stand.Dated() && entry.Stand().Dated() {
		s *= direction
	}
	if s == 0 {
		s = strings.Compare(string(c.ID), string(record.Envelope(entry).ID))
	}
	return s < 0
}
