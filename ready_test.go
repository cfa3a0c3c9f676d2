package main

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheDatabaseIsLookedAtOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which its word holds until the test says otherwise
		var g glance
		looks, there := 0, true
		look := func(ctx context.Context) bool {
			looks++
			runtime.Gosched() // the others come meanwhile
			if end, bounded := ctx.Deadline(); ctx.Err() != nil || !bounded || time.Until(end) > pingWithin {
				t.Errorf("whoever left ended the look (%v), or it has no end (%t)", ctx.Err(), !bounded)
			}
			return there
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if !g.ask(gone, look) {
					t.Error("not there")
				}
			})
		}
		all.Wait()
		if looks != 1 {
			t.Errorf("%d looks for twenty who ask", looks)
		}
		there = false
		if g.at = time.Now().Add(-readyFor / 2); !g.ask(gone, look) || looks != 1 {
			t.Errorf("%d looks while its word holds", looks)
		}
		if g.at = time.Now().Add(-readyFor); g.ask(gone, look) || looks != 2 {
			t.Errorf("%d looks when its word has lost its force, and it is not there", looks)
		}
	})
}
