//go:build prove

package resolvers_test

const hangs = 1000

// everyBadDay: all of them.
const everyBadDay = true
