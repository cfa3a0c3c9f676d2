//go:build !prove

package resolvers_test

// everyQuestion asks every question of every resident, and not of a few.
const everyQuestion = false
