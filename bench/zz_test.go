package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"testing"
	"time"
)

func split() (u, k time.Duration) {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano()), time.Duration(r.Stime.Nano())
}

func cpuNow() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestZZ(t *testing.T) {
	s := given(t)
	var server = newOurs(t, s)
	floor := newFloor(t, s)
	o := operation{"full-record", 1}
	n := 150
	if os.Getenv("OP") == "ward" {
		o = operation{"ward-list", 50}
		n = 50
	}
	body, fbody := o.body(t, true), o.body(t, false)
	for range 10 {
		serve(t, server, s.Token, "/graphql", body)
		serve(t, floor, s.Token, "/"+o.name, fbody)
	}
	rounds := 4
	if os.Getenv("MEM") != "" {
		rounds = 0
	}
	if os.Getenv("CPU") != "" { rounds = 0 }
	for range rounds {
		c := cpuNow()
		u0, k0 := split()
		for range n {
			serve(t, server, s.Token, "/graphql", body)
		}
		u1, k1 := split()
		t.Log("user", (u1-u0)/time.Duration(n), "kernel", (k1-k0)/time.Duration(n))
		a := cpuNow() - c
		c = cpuNow()
		for range n {
			serve(t, floor, s.Token, "/"+o.name, fbody)
		}
		b := cpuNow() - c
		t.Log("ours", a/time.Duration(n), "floor", b/time.Duration(n), float64(a)/float64(b))
	}
	if p := os.Getenv("MEM"); p != "" {
		runtime.GC()
		debug.SetGCPercent(-1)
		serve(t, server, s.Token, "/graphql", body)
		runtime.MemProfileRate = 1
		for range n {
			serve(t, server, s.Token, "/graphql", body)
		}
		f, _ := os.Create(p)
		debug.SetGCPercent(100); runtime.GC(); runtime.GC()
		pprof.Lookup("allocs").WriteTo(f, 0)
		f.Close()
		runtime.MemProfileRate = 512*1024
	}
	if p := os.Getenv("CPU"); p != "" {
		f, _ := os.Create(p)
		
		pprof.StartCPUProfile(f)
		for range n * 8 {
			pprof.Do(t.Context(), pprof.Labels("s", "floor"), func(context.Context) { serve(t, floor, s.Token, "/"+o.name, fbody) })
			pprof.Do(t.Context(), pprof.Labels("s", "ours"), func(context.Context) { serve(t, server, s.Token, "/graphql", body) })
		}
		pprof.StopCPUProfile()
		f.Close()
	}
}
