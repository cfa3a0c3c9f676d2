package fetch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"carerecord/internal/record"
)

// Loader batches the loads of one request into one call of a Func. It starts the
// call when all the keys it was made for have been loaded, and never waits for a
// timer.
type Loader[K comparable, V any] struct {
	loader  *dataloader.Loader[K, V]
	planned map[K]bool
}

// ErrUnplanned says a key was loaded that the loader was not made for: the plan of
// the request forgot a field. It is a fault of ours, and nothing is read.
var ErrUnplanned = errors.New("read that was not planned")

// Thunk waits for a value. A key that was not in the answer gives the zero value.
type Thunk[V any] func() (V, error)

// never is longer than any request: a batch that is not full is started by its
// capacity, not by this timer.
const never = 24 * time.Hour

// NewLoader makes a loader for exactly these keys. The call runs under ctx, the
// request's context, not under that of the field that happened to ask first.
func NewLoader[K comparable, V any](ctx context.Context, keys []K, read Func[K, V]) *Loader[K, V] {
	planned := make(map[K]bool, len(keys))
	for _, key := range keys {
		planned[key] = true
	}
	n := len(planned)
	batch := func(_ context.Context, keys []K) []*dataloader.Result[V] {
		values, err := recovering(ctx, keys, read)
		results := make([]*dataloader.Result[V], len(keys))
		for i, key := range keys {
			results[i] = &dataloader.Result[V]{Data: values[key], Error: err}
		}
		return results
	}
	return &Loader[K, V]{planned: planned, loader: dataloader.NewBatchedLoader(batch,
		dataloader.WithWait[K, V](never),
		dataloader.WithBatchCapacity[K, V](n),
		dataloader.WithInputCapacity[K, V](n),
	)}
}

// A Result is what one key came to.
type Result[V any] struct {
	Value V
	Err   error
}

// Apart reads each key by itself, all of them at once. What one of them fails or panics with
// is its own error.
func Apart[K comparable, V any](read func(context.Context, K) (V, error)) Func[K, Result[V]] {
	return func(ctx context.Context, keys []K) (map[K]Result[V], error) {
		results := make([]Result[V], len(keys))
		one := func(i int) {
			defer func() {
				if r := recover(); r != nil {
					results[i] = Result[V]{Err: recovered(r)}
				}
			}()
			results[i].Value, results[i].Err = read(ctx, keys[i])
		}
		var wave sync.WaitGroup
		for i := range len(keys) - 1 {
			wave.Go(func() { one(i) })
		}
		if len(keys) > 0 { // the last here, where there is nothing to do but wait
			one(len(keys) - 1)
		}
		wave.Wait()
		values := make(map[K]Result[V], len(keys))
		for i, key := range keys {
			values[key] = results[i]
		}
		return values, nil
	}
}

// recovering turns a panic into an error: dataloader would print it, with whatever it holds,
// past every log of ours.
func recovering[K comparable, V any](ctx context.Context, keys []K, read Func[K, V]) (values map[K]V, err error) {
	defer func() {
		if r := recover(); r != nil {
			values, err = nil, recovered(r)
		}
	}()
	return read(ctx, keys)
}

// recovered is what a panic in a read becomes. What it holds may be a patient's.
func recovered(r any) error {
	return fmt.Errorf("%w: panic in a read: %T", record.ErrUnavailable, r)
}

// Load asks for the value of a key the loader was made for.
func (l *Loader[K, V]) Load(ctx context.Context, key K) Thunk[V] {
	if !l.planned[key] {
		return func() (v V, err error) { return v, ErrUnplanned }
	}
	return Thunk[V](l.loader.Load(ctx, key))
}

// Within bounds each call of a Func; a limit of 0 leaves it to the Func. The waiter stops
// at its own timer; the call itself is cancelled and cleans up behind it.
func Within[K comparable, V any](limit time.Duration, read Func[K, V]) Func[K, V] {
	if limit == 0 {
		return read
	}
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		type answer struct {
			values map[K]V
			err    error
		}
		done := make(chan answer, 1)
		// A goroutine of its own, so that a driver that is slow to notice the
		// deadline holds up nobody.
		go func() {
			defer func() {
				if r := recover(); r != nil {
					done <- answer{err: recovered(r)}
				}
			}()
			stretch(0)
			values, err := read(ctx, keys)
			done <- answer{values, err}
		}()
		select {
		case a := <-done:
			return a.values, a.err
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, fmt.Errorf("%w: %w", record.ErrTimeout, ctx.Err())
			}
			return nil, ctx.Err()
		}
	}
}

// stretch makes the stack of a goroutine as large as a read needs it, while there is nothing on
// it: otherwise it is doubled four times on the way down, and each time all that stands on it is
// looked through.
//
//go:noinline
func stretch(at int) byte {
	var room [16 << 10]byte
	room[at] = 1
	return room[len(room)-1-at]
}
