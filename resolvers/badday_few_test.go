//go:build !prove

package resolvers_test

// hangs is how many answers a source that hangs is met by; more where there is time.
const hangs = 60

// everyBadDay: the longest ones are left to make prove.
const everyBadDay = false
