//go:build !race

package fhir_test

// letterSize is how long the documents of TestLettersTakeTheirLength are.
const letterSize = 3 << 20
