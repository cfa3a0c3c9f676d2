//go:build race

package main

// raced says that the race detector counts along, which makes allocations of its own.
const raced = true
