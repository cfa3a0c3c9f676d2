package resolvers

import "context"

// Extensions are the answer's extensions: the gaps of all lists, once each, in the
// order of sectors, and the break-glass grants under which records are shown. It is called
// when the data stands, and lets go of what that was made of.
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

// letGo gives up what the data was made of: whoever reads slowly holds the answer alone.
func (q *request) letGo() { q.loads, q.asks = nil, nil }
