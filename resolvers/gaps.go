package resolvers

import (
	"slices"
	"strings"
	"sync"

	"carerecord/internal/record"
)

// gapSet collects the gaps of an operation, each source and reason once. It is safe for concurrent use.
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

// gapNote is a gap as listed in extensions.gaps.
type gapNote struct {
	Sector       record.Sector    `json:"sector"`
	Organisation *noteOrg         `json:"organisation"`
	Reason       record.GapReason `json:"reason"`
}

type noteOrg struct {
	ODSCode string `json:"odsCode"`
	Name    string `json:"name"`
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
