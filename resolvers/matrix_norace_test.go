//go:build !race

package resolvers_test

// everyCell is every how manieth cell of the matrix is asked for.
const everyCell = 1

// rewritings are how many there are of each operation, and instants how many times the
// callers come at once.
const (
	rewritings = 6
	instants   = 150
)
