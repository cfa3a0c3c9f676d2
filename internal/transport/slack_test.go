//go:build !race

package transport

// slack is by how much a test may exceed a budget.
const slack = 2
