package resilience

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestAShareIsNeverMoreThanWasEarned(t *testing.T) {
	s := share{earns: whole / 20, most: 2 * whole}
	spent := 0
	for i := range 1000 {
		s.earn()
		for s.spend() {
			spent++
		}
		if spent > (i+1)/20 {
			t.Fatalf("%d spent after %d reads", spent, i+1)
		}
	}
	if spent != 50 {
		t.Errorf("%d spent", spent)
	}
	for range 1000 {
		s.earn()
	}
	saved := 0
	for s.spend() {
		saved++
	}
	if saved != 2 {
		t.Errorf("%d saved up", saved)
	}
}

// What many earn and spend at once is what each earned, and no more.
func TestAShareOfManyAtOnce(t *testing.T) {
	const readers, reads = 8, 20_000
	s := share{earns: whole / 20, most: readers * reads * whole}
	var all sync.WaitGroup
	var spent atomic.Int64
	for range readers {
		all.Go(func() {
			for range reads {
				s.earn()
				if s.spend() {
					spent.Add(1)
				}
			}
		})
	}
	all.Wait()
	for s.spend() {
		spent.Add(1)
	}
	if got := spent.Load(); got != readers*reads/20 || s.tokens != 0 {
		t.Errorf("%d spent, %d left; want %d of %d reads", got, s.tokens, readers*reads/20, readers*reads)
	}
}
