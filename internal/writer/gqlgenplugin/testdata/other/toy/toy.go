// Package toy has the same name as another package.
package toy

// Lamp is an input.
type Lamp struct{ Name string }
