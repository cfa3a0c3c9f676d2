//go:build prove

package resolvers_test

const wholeMatrix = true
