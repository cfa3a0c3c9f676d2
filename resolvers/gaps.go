package resolvers

import (
	"context"
	"slices"
	"strings"
	"sync"

	"carerecord/internal/record"
)

// gapSet is every gap of an operation, once for each source and reason.
type gapSet struct {
	mu   sync.Mutex
	gaps []record.Gap
}

func newGapSet() *gapSet { return &gapSet{} }

func (s *gapSet) add(gap record.Gap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.gaps, gap) {
		s.gaps = append(s.gaps, gap)
	}
}

// gapNote is a gap as extensions.gaps repeats it.
type gapNote struct {
	Sector       record.Sector    `json:"sector"`
	Organisation *noteOrg         `json:"organisation"`
	Reason       record.GapReason `json:"reason"`
}

type noteOrg struct {
	ODSCode string `json:"odsCode"`
	Name    string `json:"name"`
}

// Extensions are the answer's extensions: the gaps of all lists, once each, in the
// order of sectors, and the break-glass grants under which records are shown. It is called
// when the data stands; what that was made of is given up then.
func (r *Root) Extensions(ctx context.Context) map[string]any {
	q := current(ctx)
	if q == nil {
		return nil
	}
	extensions := map[string]any{}
	if notes := q.gapNotes(); len(notes) > 0 {
		extensions["gaps"] = notes
	}
	if notes := q.glass(); len(notes) > 0 {
		extensions["breakGlass"] = notes
	}
	q.loads, q.asks = nil, nil // whoever reads slowly holds the answer, and not what it was made of
	return extensions
}

func (q *request) gapNotes() []gapNote {
	q.gaps.mu.Lock()
	defer q.gaps.mu.Unlock()
	notes := make([]gapNote, len(q.gaps.gaps))
	for i, gap := range q.gaps.gaps {
		notes[i] = gapNote{Sector: gap.Sector, Reason: gap.Reason}
		if gap.Organisation != nil {
			notes[i].Organisation = &noteOrg{string(gap.Organisation.ODSCode), gap.Organisation.Name}
		}
	}
	slices.SortFunc(notes, func(a, b gapNote) int { return strings.Compare(a.order(), b.order()) })
	return notes
}

func (n gapNote) order() string {
	org := ""
	if n.Organisation != nil {
		org = n.Organisation.ODSCode
	}
	return string(rune('0'+slices.Index(record.Sectors, n.Sector))) + org + "\x00" + string(n.Reason)
}
