package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
)

// More than two groups of the same patients are tried by one statement, but for content and for what cannot be.
func TestGroupsAreTriedTogether(t *testing.T) {
	patients := map[byte]*fetch.Subjects{'a': {}, 'b': {}}
	for _, test := range []struct{ tried, want string }{
		{"", ""},
		{"a:chart:0 a:care:1", "a:chart:0 a:care:1"},
		{"a:chart:0 a:care:1 a:sector:70", "a:all:0,1,70"},
		{"a:chart:0 a:care:0 a:sector:70 a:more:3", "a:all:0,3,70"},
		{"a:chart:0 a:content:1 a:sector:2", "a:chart:0 a:content:1 a:sector:2"},
		{"a:content:1 a:chart:0 a:more:5 a:sector:2", "a:content:1 a:all:0,2,5"},
		{"a:chart:0 b:care:1 a:sector:2", "a:chart:0 b:care:1 a:sector:2"},
		{"b:chart:9 a:chart:0 b:care:1 a:care:2 a:more:3 b:sector:4", "b:all:1,4,9 a:all:0,2,3"},
	} {
		w := &wave{source: &Source{words: map[string]*groupWords{everything: {}}}}
		written := func() string {
			var all []string
			for _, t := range w.words {
				var bits []string
				for bit := range 64 * len(t.bits) {
					if t.bits.has(bit) {
						bits = append(bits, fmt.Sprint(bit))
					}
				}
				whose := "a"
				if t.ask.Subjects == patients['b'] {
					whose = "b"
				}
				all = append(all, whose+":"+t.group+":"+strings.Join(bits, ","))
			}
			return strings.Join(all, " ")
		}
		for _, one := range strings.Fields(test.tried) {
			var group string
			var bit int
			if _, err := fmt.Sscanf(strings.ReplaceAll(one[2:], ":", " "), "%s %d", &group, &bit); err != nil {
				t.Fatal(err)
			}
			tried := wording{group: group, ask: &fetch.Ask{Subjects: patients[one[0]]}}
			tried.bits.add(bit)
			w.words = append(w.words, tried)
		}
		before := slices.Clone(w.words)
		if w.tryTogether(); written() != test.want {
			t.Errorf("%s: %s, want %s", test.tried, written(), test.want)
		}
		w.words, w.apart = slices.Clone(before), map[string]bool{everything: true}
		if w.tryTogether(); written() != test.tried {
			t.Errorf("%s, apart: %s", test.tried, written())
		}
		w.apart, w.source.words = nil, map[string]*groupWords{}
		if w.tryTogether(); written() != test.tried {
			t.Errorf("%s, in a source of few groups: %s", test.tried, written())
		}
	}
}
