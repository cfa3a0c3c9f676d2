package fhir_test

import (
	"errors"
	"testing"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// What goes wrong in one of several things at once is told by whoever waits for them, and
// ends nothing else.
func TestGroup(t *testing.T) {
	var calm fhir.Group
	calm.Go(func() error { return nil })
	calm.Go(func() error { return record.ErrTimeout })
	if err := calm.Wait(); !errors.Is(err, record.ErrTimeout) {
		t.Errorf("one that failed: %v", err)
	}
	var panicked any
	done := false
	func() {
		defer func() { panicked = recover() }()
		var group fhir.Group
		group.SetLimit(1) // one after another
		group.Go(func() error { return nil })
		group.Go(func() error { panic("first") })
		group.Go(func() error { panic("second") })
		group.Go(func() error { done = true; return nil })
		t.Errorf("one that panicked: %v", group.Wait())
	}()
	if panicked != "first" || !done {
		t.Errorf("%v, %v", panicked, done)
	}
}
