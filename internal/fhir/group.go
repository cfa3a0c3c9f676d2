package fhir

import (
	"errors"
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

var errPanic = errors.New("panic in a goroutine of a read")

// Go does one of them.
func (g *Group) Go(do func() error) {
	g.Group.Go(func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				g.once.Do(func() { g.panicked = r })
				err = errPanic
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
