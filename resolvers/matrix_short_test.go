//go:build !prove

package resolvers_test

// wholeMatrix asks by every path for everybody. Three callers, one of whom may see all,
// one much and one little, do otherwise.
const wholeMatrix = false
