package fhir

// Links say, by key, which keys hide it if they are hidden: what it hangs on.
type Links map[string][]string

// Add notes that key is hidden if on is.
func (l Links) Add(key, on string) { l[key] = append(l[key], on) }

// Spread hides what hangs on something hidden, in any number of steps.
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
