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

// Loader batches the loads of one request into one call of a Func. The call starts when all the keys that the loader
// was made for have been loaded, never by a timer.
type Loader[K comparable, V any] struct {
	loader  *dataloader.Loader[K, V]
	planned map[K]bool
}

// ErrUnplanned says that a key was loaded that the loader was not made for: the plan of the request lacks a field. That
// is a bug of ours, and nothing is read.
var ErrUnplanned = errors.New("read that was not planned")

// Thunk waits for a value: the zero value for a key that is not in the answer.
type Thunk[V any] func() (V, error)

// never is longer than any request: a batch starts when it is full, not by this timer.
const never = 24 * time.Hour

// NewLoader makes a loader for exactly these keys. The call uses ctx, the request's context, not that of the field that
// happens to ask first.
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

// A Result is the value of one key, or why there is none.
type Result[V any] struct {
	Value V
	Err   error
}

// Apart reads each key separately and all of them concurrently. An error or a panic affects only the Result of its key.
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
		if len(keys) > 0 { // the last one on this goroutine, which would only wait
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

// recovering turns a panic into an error. dataloader would print the panic value, whatever it holds, bypassing our
// logs.
func recovering[K comparable, V any](ctx context.Context, keys []K, read Func[K, V]) (values map[K]V, err error) {
	defer func() {
		if r := recover(); r != nil {
			values, err = nil, recovered(r)
		}
	}()
	return read(ctx, keys)
}

// recovered is the error for a panic in a read. It names only the type, because the value may hold patient data.
func recovered(r any) error {
	return fmt.Errorf("%w: panic in a read: %T", record.ErrUnavailable, r)
}

// Load asks for the value of a key that the loader was made for; any other gives ErrUnplanned.
func (l *Loader[K, V]) Load(ctx context.Context, key K) Thunk[V] {
	if !l.planned[key] {
		return func() (v V, err error) { return v, ErrUnplanned }
	}
	return Thunk[V](l.loader.Load(ctx, key))
}

// Within bounds the time of each call of a Func; a limit of 0 leaves that to the Func. At the limit it cancels the call
// and returns record.ErrTimeout without waiting for it; the call cleans up in the background.
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
		// A separate goroutine, so that a driver that is slow to notice the deadline holds up nobody.
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

// stretch grows the stack of a goroutine to the size that a read needs while the stack is still empty. Otherwise the
// runtime would double it four times during the read, and walk all frames on it each time.
//
//go:noinline
func stretch(at int) byte {
	var room [16 << 10]byte
	room[at] = 1
	return room[len(room)-1-at]
}
