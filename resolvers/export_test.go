package resolvers

import (
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Part is a part of a field, as tests know it.
type Part struct {
	Class   record.Class
	Kind    fetch.Kind
	Sectors []record.Sector
}

// Parts is what each field of the table is made of.
func Parts() map[string][]Part {
	parts := map[string][]Part{}
	for name, f := range fields {
		for _, p := range f.parts {
			parts[name] = append(parts[name], Part{p.class, p.kind, p.sectors})
		}
	}
	return parts
}

// Paged are the fields of the table that are connections.
func Paged() []string {
	var paged []string
	for name, f := range fields {
		if f.paged {
			paged = append(paged, name)
		}
	}
	return paged
}

// Guarded is the check that nothing is read without a grant.
func (r *Root) Guarded(read fetch.Func[fetch.Ask, fetch.Answer]) fetch.Func[fetch.Ask, fetch.Answer] {
	return r.guarded(read)
}
