package fhir

import (
	"maps"
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	links := Links{}
	for _, pair := range [][2]string{{"result", "report"}, {"report", "visit"}, {"report", "order"}, {"visit", "report"}, {"letter", "author"}} {
		links.Add(pair[0], pair[1])
	}
	for name, test := range map[string]struct{ hidden, want []string }{
		"nothing is hidden":                         {nil, nil},
		"what nothing hangs on hides nothing":       {[]string{"result"}, []string{"result"}},
		"what hangs on it, and on that, is hidden":  {[]string{"order"}, []string{"order", "report", "result", "visit"}},
		"two that hang on each other hide together": {[]string{"visit"}, []string{"report", "result", "visit"}},
		"several are hidden":                        {[]string{"author", "result"}, []string{"author", "letter", "result"}},
	} {
		hidden := map[string]bool{}
		for _, key := range test.hidden {
			hidden[key] = true
		}
		links.Spread(hidden)
		if got := slices.Sorted(maps.Keys(hidden)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
