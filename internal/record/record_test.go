package record_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"carerecord/internal/record"
)

// Whatever a source says that is no kind of ours leaves a gap too.
func TestAFailedReadLeavesItsGap(t *testing.T) {
	for _, test := range []struct {
		err  error
		want record.GapReason
	}{
		{record.ErrIdentity, record.IdentityMismatch},
		{record.ErrMalformed, record.Malformed},
		{record.ErrTimeout, record.TimedOut},
		{context.DeadlineExceeded, record.TimedOut},
		{record.ErrRefused, record.Refused},
		{record.ErrUnavailable, record.Unavailable},
		{record.ErrNotServed, record.Unavailable},
		{context.Canceled, record.Unavailable},
		{errors.New("anything else"), record.Unavailable},
	} {
		if got := record.ReasonOf(fmt.Errorf("reading: %w", test.err)); got != test.want {
			t.Errorf("%v: %s, want %s", test.err, got, test.want)
		}
	}
	both := fmt.Errorf("%w: %w", record.ErrMalformed, context.DeadlineExceeded)
	if got := record.ReasonOf(both); got != record.Malformed {
		t.Errorf("%v: %s", both, got)
	}
}
