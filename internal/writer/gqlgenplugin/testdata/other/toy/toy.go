// Package toy has the name of another.
package toy

// Lamp is an input.
type Lamp struct{ Name string }
