package fhir

// Tries reports whether a text is looked through with the expression itself.
func (s *Screen) Tries(text string) bool { return s.stems.mayBe(text) }
