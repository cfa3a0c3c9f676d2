package auth

import (
	"errors"
	"fmt"
	"slices"
)

// Remembered is how many tokens v has in its cache.
func Remembered(v *Verifier) int {
	if v.cache == nil {
		return 0
	}
	return v.cache.Len()
}

// StaticKeys is a set of known keys; the error says which may not be used.
func StaticKeys(keys ...Key) (*KeySet, error) {
	for i, k := range keys {
		if err := k.sound(); err != nil {
			return nil, fmt.Errorf("signing key %d: %w", i+1, err)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no signing keys")
	}
	return &KeySet{keys: slices.Clone(keys)}, nil
}
