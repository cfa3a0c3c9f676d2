package fhir

import "encoding/json"

// Tries reports whether a text is looked through with the expression itself.
func (s *Screen) Tries(text string) bool { return s.stems.mayBe(text) }

// ScreensKept is how many screens are kept.
func ScreensKept() int { return len(screens.all) }

// Elements are the items of an array.
func Elements(array json.RawMessage) ([]json.RawMessage, bool) { return elements(array) }
