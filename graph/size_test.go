//go:build !race

package graph_test

// How many generated documents are compared, and contents of each operation.
const (
	documents = 10_000
	contents  = 100
)
