//go:build !race

package resolvers_test

// everyCell is every how manieth cell of the matrix is asked for.
const everyCell = 1
