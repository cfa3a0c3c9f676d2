//go:build race

package transport

// slack is by how much a test may exceed a budget under the race detector.
const slack = 20
