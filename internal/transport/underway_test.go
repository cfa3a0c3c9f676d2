package transport

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type whoKey struct{}

func as(who string, r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), whoKey{}, who))
}

func whoOf(ctx context.Context) string { who, _ := ctx.Value(whoKey{}).(string); return who }

func TestRequestsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(new(small), Options{Principal: whoOf, Limits: Limits{Concurrent: 2}, Deadline: time.Minute})
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() { h.ServeHTTP(httptest.NewRecorder(), as("anna", post(`{"query":"{ waits }"}`))) })
		}
		synctest.Wait()
		out := send(t, h, as("anna", post(`not even JSON`)))
		if out.Code != http.StatusTooManyRequests || out.code() != QueryTooCostly || out.Header().Get("Retry-After") != "1" {
			t.Errorf("the third of anna: got %d %q", out.Code, out.code())
		}
		if out := send(t, h, as("ben", post(`{"query":"{ __typename }"}`))); out.Code != 200 {
			t.Errorf("the first of ben: got %d", out.Code)
		}
		wait.Wait() // for the deadline
		if out := send(t, h, as("anna", post(`{"query":"{ __typename }"}`))); out.Code != 200 {
			t.Errorf("after they were answered: got %d", out.Code)
		}
		if n := len(h.(*handler).underWay.counts); n != 0 {
			t.Errorf("%d principals are remembered", n)
		}
	})
}

// What is answered takes with it no more than itself.
func TestOneOfSeveralIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(new(small), Options{Principal: whoOf, Limits: Limits{Concurrent: 2}, Deadline: time.Minute})
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() { h.ServeHTTP(httptest.NewRecorder(), as("anna", post(`{"query":"{ waits }"}`))) })
			synctest.Wait()
			if out := send(t, h, as("anna", post(`{"query":"{ __typename }"}`))); h.(*handler).underWay.counts["anna"] == 1 && out.Code != 200 {
				t.Errorf("the second: got %d", out.Code)
			}
		}
		if out := send(t, h, as("anna", post(`{"query":"{ __typename }"}`))); out.Code != http.StatusTooManyRequests {
			t.Errorf("the third: got %d", out.Code)
		}
		wait.Wait()
	})
}

func TestHowManyMayBeUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(new(small), Options{Principal: whoOf, Deadline: time.Minute})
		var wait sync.WaitGroup
		for n := range defaultLimits.Concurrent {
			if out := send(t, h, as("anna", post(`{"query":"{ __typename }"}`))); out.Code != 200 {
				t.Errorf("beside %d: got %d", n, out.Code)
			}
			wait.Go(func() { h.ServeHTTP(httptest.NewRecorder(), as("anna", post(`{"query":"{ waits }"}`))) })
			synctest.Wait()
		}
		if out := send(t, h, as("anna", post(`{"query":"{ __typename }"}`))); out.Code != http.StatusTooManyRequests {
			t.Errorf("one more: got %d", out.Code)
		}
		wait.Wait()
	})
}

// However a request ends, it is no longer under way.
func TestEveryEndIsAnEnd(t *testing.T) {
	h := New(new(small), Options{Principal: whoOf, Limits: Limits{Concurrent: 1}, Begin: func(ctx context.Context) context.Context {
		if whoOf(ctx) == "panics" {
			panic("in a hook")
		}
		return ctx
	}})
	for who, text := range map[string]string{"": `{"query":"{ __typename }"}`, "panics": `{"query":"{ __typename }"}`, "errs": `{"query":"{"}`, "breaks": `{"query":`} {
		for range 3 {
			if out := send(t, h, as(who, post(text))); out.Code == http.StatusTooManyRequests {
				t.Errorf("%q: an answered request is still under way", who)
			}
		}
	}
	if n := len(h.(*handler).underWay.counts); n != 0 {
		t.Errorf("%d principals are remembered", n)
	}
}
