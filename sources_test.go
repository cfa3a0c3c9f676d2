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
		{config.Source{DSN: "postgres://a@h/b"}, "postgres://a@h/b"},
		{config.Source{DSN: "postgres://a@h/b", Pooling: config.BySession}, "postgres://a@h/b"},
		{config.Source{DSN: "postgres://a@h/b", Pool: 3}, "postgres://a@h/b?pool_max_conns=3"},
		{config.Source{DSN: "postgres://a@h/b?sslmode=require", Pool: 3, Pooling: config.ByTransaction}, "postgres://a@h/b?sslmode=require&pool_max_conns=3&default_query_exec_mode=exec"},
		{config.Source{DSN: "host=h user=a", Pool: 3, Pooling: config.ByTransaction}, "host=h user=a pool_max_conns=3 default_query_exec_mode=exec"},
	} {
		if got := pooled(test.source); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
