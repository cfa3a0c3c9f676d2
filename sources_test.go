package main

import (
	"testing"

	"carerecord/internal/config"
)

func TestPooled(t *testing.T) {
	for _, test := range []struct {
		source config.Source
		want   string
	}{
		{config.Source{DSN: "postgres://a@h/b"}, "postgres://a@h/b?pool_max_conns=8"},
		{config.Source{DSN: "postgres://a@h/b?pool_max_conns=2"}, "postgres://a@h/b?pool_max_conns=2"},
		{config.Source{DSN: "postgres://a@h/b", Pooling: config.BySession}, "postgres://a@h/b?pool_max_conns=8"},
		{config.Source{DSN: "postgres://a@h/b", Pool: 3}, "postgres://a@h/b?pool_max_conns=3"},
		{config.Source{DSN: "postgres://a@h/b?sslmode=require", Pool: 3, Pooling: config.ByTransaction}, "postgres://a@h/b?sslmode=require&pool_max_conns=3&default_query_exec_mode=exec"},
		{config.Source{DSN: "host=h user=a", Pool: 3, Pooling: config.ByTransaction}, "host=h user=a pool_max_conns=3 default_query_exec_mode=exec"},
	} {
		if got := pooled(test.source); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// A pool keeps as many connections as it may have, unless its DSN says otherwise.
func TestKept(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://a@h/b?pool_max_conns=3":                  "postgres://a@h/b?pool_max_conns=3&pool_min_conns=3&pool_max_conn_lifetime_jitter=10m",
		"host=h user=a pool_max_conns=3":                     "host=h user=a pool_max_conns=3 pool_min_conns=3 pool_max_conn_lifetime_jitter=10m",
		"postgres://a@h/b?pool_max_conns=3&pool_min_conns=1": "postgres://a@h/b?pool_max_conns=3&pool_min_conns=1",
		"postgres://a@h/b?pool_max_conns=x":                  "postgres://a@h/b?pool_max_conns=x",
	} {
		if got := kept(dsn); got != want {
			t.Errorf("%s: %q, want %q", dsn, got, want)
		}
	}
}
