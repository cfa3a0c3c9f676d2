//go:build race

package fhir_test

// letterSize is how long the documents of TestLettersTakeTheirLength are. The race detector
// has every step take ten times as long.
const letterSize = 3 << 20 / 16
