package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"carerecord/internal/fetch"
)

// Fields are the names of the child relations of every kind, in the order of their bits.
func Fields() map[fetch.Kind][][]string {
	fields := map[fetch.Kind][][]string{}
	for _, reads := range []map[fetch.Kind]read{all, adult} {
		for kind, r := range reads {
			if e, ok := r.(interface{ fields() []string }); ok {
				fields[kind] = append(fields[kind], e.fields())
			}
		}
	}
	return fields
}

func (e *entries[T, P]) fields() (names []string) {
	for _, c := range e.view.children {
		names = append(names, c.name)
	}
	return names
}

// Explained is a statement of a source with the values of an ask, as PREPARE and EXECUTE.
type Explained struct{ Name, Prepare, Execute string }

// Explain gives the statements of an ask.
func (s *Source) Explain(ask fetch.Ask, terms *fetch.Terms) (all []Explained) {
	for _, st := range s.reads[ask.Kind].statements() {
		var kinds, values []string
		for i, v := range st.values(newAsked(s, terms).about(ask)) {
			kinds = append(kinds, types[st.arguments[i]])
			values = append(values, literal(v))
		}
		name := strings.ReplaceAll(st.name, ".", "_")
		all = append(all, Explained{st.name, fmt.Sprintf("PREPARE %s(%s) AS %s", name, strings.Join(kinds, ", "), st.sql), fmt.Sprintf("EXECUTE %s(%s)", name, strings.Join(values, ", "))})
	}
	return all
}

// Age lets the time pass after which broken views are looked at again.
func (s *Source) Age() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learned = s.learned.Add(-recheckAfter)
}

// Tell is the statement that tells a connection what is excluded, with its values.
func Tell(terms *fetch.Terms) (sql string, arguments []any) {
	list := listOf(terms)
	return tellExclusions, []any{list.codes, list.pattern, list.stems}
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case time.Time:
		return "'" + v.Format(time.RFC3339Nano) + "'"
	case []string:
		quoted := slices.Clone(v)
		for i := range quoted {
			quoted[i] = literal(quoted[i])
		}
		return "ARRAY[" + strings.Join(quoted, ", ") + "]::text[]"
	}
	return fmt.Sprint(v)
}
