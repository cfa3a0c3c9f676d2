//go:build !prove

package resolvers_test

// crowded is how many patients every operation is asked for; the ward list is asked for
// 500 in any case, and all of them are where there is time (wire_many_test.go).
const crowded = 50
