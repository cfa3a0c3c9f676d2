//go:build race

package resolvers_test

// everyCell is every how manieth cell of the matrix is asked for: with the race detector
// they take ten times as long, and all of them are asked for without it.
const everyCell = 5

// rewritings are how many there are of each operation, and instants how many times the
// callers come at once: CI asks for the others without the race detector.
const (
	rewritings = 2
	instants   = 40
)
