package fetch_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

func squares(calls *atomic.Int32) fetch.Func[int, int] {
	return func(_ context.Context, keys []int) (map[int]int, error) {
		calls.Add(1)
		values := map[int]int{}
		for _, key := range keys {
			if key >= 0 {
				values[key] = key * key
			}
		}
		return values, nil
	}
}

func TestAllKeysAreOneCallWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		keys := []int{1, 2, 3, -4}
		started := time.Now()
		loader := fetch.NewLoader(t.Context(), keys, squares(&calls))
		var thunks []fetch.Thunk[int]
		for _, key := range keys {
			thunks = append(thunks, loader.Load(t.Context(), key))
		}
		for i, want := range []int{1, 4, 9, 0} {
			if got, err := thunks[i](); got != want || err != nil {
				t.Errorf("%d: %d, %v", keys[i], got, err)
			}
		}
		again, err := loader.Load(t.Context(), 2)()
		if again != 4 || err != nil || calls.Load() != 1 {
			t.Errorf("again: %d, %v, after %d calls", again, err, calls.Load())
		}
		if waited := time.Since(started); waited != 0 {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestAKeyThatWasNotPlannedIsRefused(t *testing.T) {
	var calls atomic.Int32
	loader := fetch.NewLoader(t.Context(), []int{1}, squares(&calls))
	if _, err := loader.Load(t.Context(), 2)(); !errors.Is(err, fetch.ErrUnplanned) || calls.Load() != 0 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestAKeyGivenTwiceIsOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		loader := fetch.NewLoader(t.Context(), []int{5, 5}, squares(&calls))
		if got, err := loader.Load(t.Context(), 5)(); got != 25 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	})
}

func TestAnErrorReachesEveryKey(t *testing.T) {
	fault := errors.New("down")
	loader := fetch.NewLoader(t.Context(), []int{1, 2}, func(context.Context, []int) (map[int]int, error) { return nil, fault })
	a, b := loader.Load(t.Context(), 1), loader.Load(t.Context(), 2)
	_, errA := a()
	_, errB := b()
	if !errors.Is(errA, fault) || !errors.Is(errB, fault) {
		t.Errorf("%v, %v", errA, errB)
	}
}

func TestWithinStopsTheWaiterAtTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan struct{})
		read := fetch.Within(time.Second, func(ctx context.Context, _ []int) (map[int]int, error) {
			<-ctx.Done()
			close(cancelled)
			time.Sleep(time.Minute) // a driver that is slow to clean up
			return nil, ctx.Err()
		})
		started := time.Now()
		_, err := read(t.Context(), nil)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Second {
			t.Errorf("%v after %v", err, time.Since(started))
		}
		<-cancelled
		time.Sleep(2 * time.Minute)
	})
}

// A read that keeps a deadline of its own is not given another: it ends when it ends.
func TestWithinNoLimitLeavesItToTheRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := fetch.Within(0, func(ctx context.Context, keys []int) (map[int]int, error) {
			time.Sleep(time.Hour)
			return map[int]int{keys[0]: 1}, ctx.Err()
		})
		if got, err := read(t.Context(), []int{7}); err != nil || got[7] != 1 {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// The end of a read is not taken for the end of its time.
func TestAReadThatHasFinishedIsNeverCancelled(t *testing.T) {
	read := fetch.Within(time.Minute, func(_ context.Context, keys []int) (map[int]int, error) { return map[int]int{keys[0]: 1}, nil })
	for range 20_000 {
		if got, err := read(t.Context(), []int{7}); err != nil || got[7] != 1 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	fault := errors.New("down")
	fails := fetch.Within(time.Minute, func(context.Context, []int) (map[int]int, error) { return nil, fault })
	for range 20_000 {
		if _, err := fails(t.Context(), []int{7}); err != fault {
			t.Fatalf("%v, want its own error", err)
		}
	}
}

func TestAPanicIsAnError(t *testing.T) {
	read := fetch.Within(time.Second, func(context.Context, []int) (map[int]int, error) { panic("9990000018") })
	if _, err := read(t.Context(), nil); !errors.Is(err, record.ErrUnavailable) || err.Error() != record.ErrUnavailable.Error()+": panic in a read: string" {
		t.Errorf("%v", err)
	}
}

// What one key fails or panics with is no other's.
func TestApart(t *testing.T) {
	broken := errors.New("broken")
	read := fetch.Apart(func(_ context.Context, key int) (string, error) {
		switch key {
		case 2:
			return "", broken
		case 3:
			panic("999 000 0018")
		}
		return "read", nil
	})
	results, err := read(t.Context(), []int{1, 2, 3})
	if err != nil || len(results) != 3 || results[1] != (fetch.Result[string]{Value: "read"}) {
		t.Errorf("%+v, %v", results, err)
	}
	if !errors.Is(results[2].Err, broken) {
		t.Errorf("the error of a key: %v", results[2].Err)
	}
	if err := results[3].Err; !errors.Is(err, record.ErrUnavailable) || strings.Contains(err.Error(), "999") {
		t.Errorf("the panic of a key: %v", err)
	}
}

func TestApartFromNothing(t *testing.T) {
	values, err := fetch.Apart(func(context.Context, string) (int, error) {
		t.Error("nothing was read")
		return 0, nil
	})(t.Context(), nil)
	if err != nil || len(values) != 0 {
		t.Errorf("%v, %v", values, err)
	}
}
