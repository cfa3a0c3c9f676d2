package resilience

import "testing"

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
