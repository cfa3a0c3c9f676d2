//go:build prove

package resolvers_test

const hangs = 1000
