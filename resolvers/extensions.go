package resolvers

import "context"

// Extensions returns the answer's extensions: the gaps of all lists, each once, in the order of sectors, and the
// break-glass grants under which records are shown. The transport calls it once the data is complete; it then releases
// what the data was made from.
func (r *Root) Extensions(ctx context.Context) map[string]any {
	q := current(ctx)
	if q == nil {
		return nil
	}
	extensions := map[string]any{}
	if notes := q.gapNotes(); len(notes) > 0 {
		extensions["gaps"] = notes
	}
	if notes := q.glass(); len(notes) > 0 {
		extensions["breakGlass"] = notes
	}
	q.letGo()
	return extensions
}

// letGo releases what the data was made from, so that a slow client keeps only the answer in memory.
func (q *request) letGo() { q.loads, q.asks = nil, nil }
