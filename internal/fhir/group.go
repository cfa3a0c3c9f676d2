package fhir

import (
	"sync"

	"golang.org/x/sync/errgroup"
)

// A Group does things at once, as errgroup has it. What panics in one of them panics in Wait, where
// whoever reads the source recovers: in a goroutine of its own it would end the process.
type Group struct {
	errgroup.Group
	once     sync.Once
	panicked any
}

// Go does one of them.
func (g *Group) Go(do func() error) {
	g.Group.Go(func() error {
		defer func() {
			if r := recover(); r != nil {
				g.once.Do(func() { g.panicked = r })
			}
		}()
		return do()
	})
}

// Wait waits for all of them.
func (g *Group) Wait() error {
	err := g.Group.Wait()
	if g.panicked != nil {
		panic(g.panicked)
	}
	return err
}
