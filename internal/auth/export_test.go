package auth

// Remembered is how many tokens v has in its cache.
func Remembered(v *Verifier) int {
	if v.cache == nil {
		return 0
	}
	return v.cache.Len()
}
