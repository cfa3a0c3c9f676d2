package audit

// Waiting is how many entries wait for the next batch.
func (t *Trail) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries
}
