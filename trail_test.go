package main

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"carerecord/internal/audit"
	"carerecord/internal/config"
)

// The trail is held against how long it is kept where that is not set: what was removed earlier is a break.
func TestTheTrailIsHeldAgainstHowLongItIsKept(t *testing.T) {
	for set, want := range map[int]int{0: audit.DefaultMonths, 12: 12, 120: 120} {
		c := &config.Config{Secrets: config.Secrets{IDs: bytes.Repeat([]byte("i"), 32), Signing: ed25519.NewKeyFromSeed(bytes.Repeat([]byte("s"), ed25519.SeedSize))}}
		c.Trail.Months = set
		proof, closeLog, err := proofOf(c)
		if err != nil {
			t.Fatal(err)
		}
		closeLog()
		if proof.Months != want {
			t.Errorf("set to %d it is held against %d months, want %d", set, proof.Months, want)
		}
	}
}
