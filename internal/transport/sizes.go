package transport

import "github.com/vektah/gqlparser/v2/ast"

// schemaSizes holds the lengths of the lists that introspection returns: the longest of each, and the mean,
// which counts where all types are listed.
type schemaSizes struct {
	most, mean map[string]int64 // by field of __Type or __Field
	all        map[string]int64 // by field of __Schema
}

func sizesOf(schema *ast.Schema) *schemaSizes {
	s := &schemaSizes{most: map[string]int64{}, mean: map[string]int64{}}
	s.all = map[string]int64{"types": int64(len(schema.Types)), "directives": int64(len(schema.Directives))}
	total, fields := map[string]int64{}, int64(0)
	count := func(name string, n int) {
		s.most[name] = max(s.most[name], int64(n))
		total[name] += int64(n)
	}
	for _, definition := range schema.Types {
		count("fields", len(definition.Fields))
		count("inputFields", len(definition.Fields))
		count("interfaces", len(definition.Interfaces))
		count("enumValues", len(definition.EnumValues))
		count("possibleTypes", len(schema.GetPossibleTypes(definition)))
		fields += int64(len(definition.Fields))
		for _, field := range definition.Fields {
			count("args", len(field.Arguments))
		}
	}
	for name, n := range total {
		of := s.all["types"]
		if name == "args" {
			of = max(fields, 1)
		}
		s.mean[name] = (n + of - 1) / of
	}
	for _, directive := range schema.Directives {
		s.most["args"] = max(s.most["args"], int64(len(directive.Arguments)))
		s.most["locations"] = max(s.most["locations"], int64(len(directive.Locations)))
	}
	return s
}

// of returns the length of an introspection list.
func (s *schemaSizes) of(parent, field string, listing bool) int64 {
	sizes := s.most
	switch {
	case parent == "__Schema":
		sizes = s.all
	case listing:
		sizes = s.mean
	}
	if size, ok := sizes[field]; ok {
		return size
	}
	return listSize
}
