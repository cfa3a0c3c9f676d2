package load

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Left names what was not loaded: a FHIR type and the reason.
type Left struct{ Type, Reason string }

// Tally counts entries by FHIR type: those that became rows and those that did not.
type Tally struct {
	Loaded map[string]int
	Left   map[Left]int
}

func (t *Tally) loaded(kind string) {
	if t.Loaded == nil {
		t.Loaded = map[string]int{}
	}
	t.Loaded[kind]++
}

func (t *Tally) left(kind, reason string) { t.leftOf(kind, reason, 1) }

func (t *Tally) leftOf(kind, reason string, n int) {
	if n <= 0 {
		return
	}
	if t.Left == nil {
		t.Left = map[Left]int{}
	}
	t.Left[Left{kind, reason}] += n
}

// Add adds what another tally counted.
func (t *Tally) Add(other Tally) {
	for kind, n := range other.Loaded {
		if t.Loaded == nil {
			t.Loaded = map[string]int{}
		}
		t.Loaded[kind] += n
	}
	for left, n := range other.Left {
		if t.Left == nil {
			t.Left = map[Left]int{}
		}
		t.Left[left] += n
	}
}

// refuse counts everything of a person who could not be stored as left.
func (t *Tally) refuse(other Tally, reason string) {
	for kind, n := range other.Loaded {
		if t.Left == nil {
			t.Left = map[Left]int{}
		}
		t.Left[Left{kind, reason}] += n
	}
	t.Add(Tally{Left: other.Left})
}

// Skipped is a file, or a line of one, that was not read. Why never quotes its content.
type Skipped struct{ File, Why string }

// Report says what a load did.
type Report struct {
	Tally
	Persons    int // stored
	RolledBack int // not stored, because something of theirs could not be read or written
	Files      int // read, skipped ones included
	Skipped    []Skipped
}

// String lists the report as the command prints it.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d people loaded from %d files\n", r.Persons, r.Files)
	for _, kind := range slices.Sorted(maps.Keys(r.Loaded)) {
		fmt.Fprintf(&b, "  %7d  %s\n", r.Loaded[kind], kind)
	}
	if r.RolledBack > 0 {
		fmt.Fprintf(&b, "%d people left out whole, because part of their record could not be read or stored\n", r.RolledBack)
	}
	if len(r.Left) > 0 {
		b.WriteString("left out\n")
	}
	for _, left := range slices.SortedFunc(maps.Keys(r.Left), compareLeft) {
		fmt.Fprintf(&b, "  %7d  %s: %s\n", r.Left[left], left.Type, left.Reason)
	}
	if len(r.Skipped) > 0 {
		b.WriteString("files skipped\n")
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "  %s: %s\n", s.File, s.Why)
	}
	return b.String()
}

func compareLeft(a, b Left) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Reason, b.Reason))
}
