// Package v has the name of a variable.
package v

// Lamp is an input.
type Lamp struct{ Name string }
