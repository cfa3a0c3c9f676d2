//go:build race

package graph_test

// Fewer, since each takes ten times as long.
const (
	documents = 1_000
	contents  = 10
)
