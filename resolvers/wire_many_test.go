//go:build prove

package resolvers_test

const crowded = 500
