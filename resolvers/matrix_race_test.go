//go:build race

package resolvers_test

// everyCell is every how manieth cell of the matrix is asked for: with the race detector
// they take ten times as long, and all of them are asked for without it.
const everyCell = 5
