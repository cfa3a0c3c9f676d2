package fhir

// Links holds, for each key, the keys it depends on. If one of those is hidden, the key is hidden too.
type Links map[string][]string

// Add notes that hiding on also hides key.
func (l Links) Add(key, on string) { l[key] = append(l[key], on) }

// Spread adds to hidden everything that depends on it, directly or indirectly.
func (l Links) Spread(hidden map[string]bool) {
	under := map[string][]string{}
	for key, above := range l {
		for _, a := range above {
			under[a] = append(under[a], key)
		}
	}
	open := make([]string, 0, len(hidden))
	for key := range hidden {
		open = append(open, key)
	}
	for len(open) > 0 {
		key := open[len(open)-1]
		open = open[:len(open)-1]
		for _, below := range under[key] {
			if !hidden[below] {
				hidden[below] = true
				open = append(open, below)
			}
		}
	}
}
