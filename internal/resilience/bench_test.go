package resilience_test

import (
	"math"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/resilience"
)

func TestLimitsCostNoAllocations(t *testing.T) {
	s := &source{how: whole}
	bare, guarded := fetch.Within(2*time.Second, s.read), resilience.Wrap(s.read, resilience.Options{})
	without, with := math.Inf(1), math.Inf(1)
	for range 5 { // the least, as others in the process and a collection add some
		without = min(without, testing.AllocsPerRun(200, func() { _, _ = bare(t.Context(), asks) }))
		with = min(with, testing.AllocsPerRun(200, func() { _, _ = guarded.Read(t.Context(), asks) }))
	}
	if with > without {
		t.Errorf("%v allocations, and %v with a deadline only", with, without)
	}
}

// BenchmarkRead compares a read within its limits with one that has a deadline only.
func BenchmarkRead(b *testing.B) {
	s := &source{how: whole}
	open := resilience.Wrap(s.read, resilience.Options{OpenFor: time.Hour})
	for _, read := range []struct {
		name string
		read fetch.Func[*fetch.Ask, fetch.Answer]
	}{
		{"deadline only", fetch.Within(2*time.Second, s.read)},
		{"guarded", resilience.Wrap(s.read, resilience.Options{}).Read},
		{"hedged", resilience.Wrap(s.read, resilience.Options{Hedge: true}).Read},
		{"open", open.Read},
	} {
		b.Run(read.name, func(b *testing.B) {
			b.ReportAllocs()
			s.becomes(whole)
			if read.name == "open" {
				s.becomes(fails(errPanic))
				for open.State().Breaker != resilience.IsOpen {
					_, _ = open.Read(b.Context(), asks)
				}
			}
			for b.Loop() {
				_, _ = read.read(b.Context(), asks)
			}
		})
	}
}
