package fhir

import (
	"sync"

	"golang.org/x/sync/errgroup"
)

// A Group is an errgroup.Group that survives panics: a panic in one of its goroutines is raised again in
// Wait, where the reader of the source recovers. In the goroutine itself it would end the process.
type Group struct {
	errgroup.Group
	once     sync.Once
	panicked any
}

// Go runs do in a goroutine, as errgroup.Group.Go does.
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

// Wait waits for all goroutines, as errgroup.Group.Wait does. It panics if one of them did.
func (g *Group) Wait() error {
	err := g.Group.Wait()
	if g.panicked != nil {
		panic(g.panicked)
	}
	return err
}
