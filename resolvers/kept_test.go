package resolvers_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// reacting is a practice that holds an allergy, with the reaction where that is asked for.
func reacting() *fake {
	gp := newFake(record.GP, "F83999")
	gp.answers[fetch.Allergies] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.Allergy {
		allergy := record.Allergy{Item: gp.item("1"), Substance: record.Code{Display: "Penicillin"}, Status: "ACTIVE"}
		if ask.Children&1 != 0 {
			allergy.ReactionDetails = []record.AllergyReaction{{Manifestation: record.Code{Display: "Hives"}}}
		}
		return []record.Allergy{allergy}
	})
	return gp
}

// A variable may add a second selection to a list. Whoever asked the document before, and
// with what, the reaction is read and shown when it is asked for, and not read when it is not.
func TestAVariableThatAddsToAList(t *testing.T) {
	gp := reacting()
	c, _, _, asked := heard(t, gp)
	const list = `allergies { nodes { substance { display } } }`
	const more = `allergies @include(if: $more) { nodes { reactions { display } } }`
	for name, selection := range map[string]string{
		"beside it":      list + " " + more,
		"or another":     list + " " + more + " allergies @skip(if: $more) { nodes { id } }",
		"in a fragment":  list + " ... @include(if: $more) { allergies { nodes { reactions { display } } } }",
		"before it":      more + " " + list,
		"under an alias": "a: " + list + " a: " + more,
	} {
		for _, first := range []bool{false, true} {
			// A document of its own each time, which nobody has asked before.
			query := `query ` + []string{"Less", "More"}[btoi(first)] + `($n: NHSNumber!, $more: Boolean!) { patient(nhsNumber: $n) { ` + selection + ` } }`
			for _, with := range []bool{first, !first, first, !first} {
				a := c.ask(t, "gp", "", query, map[string]any{"n": str(1), "more": with})
				if strings.Contains(string(a.Body), "Hives") != with || !strings.Contains(string(a.Body), "Penicillin") || len(a.Errors) > 0 {
					t.Errorf("%s, with it %t, at first %t: %s", name, with, first, a.Body)
				}
				if got, want := asked.take(gp.name()), []string{"allergy ACTIVE" + []string{"", " 1"}[btoi(with)], "list_note"}; !slices.Equal(got, want) {
					t.Errorf("%s, with it %t, at first %t: asked %q", name, with, first, got)
				}
			}
		}
	}
	c.quiet(t)
}

// A root is the same without a place for what documents keep, or where this document has none.
func TestDocumentsThatKeepNothing(t *testing.T) {
	base, _, _ := newFakes(t, reacting())
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { nodes { substance { display } reactions { display } } } } }`
	want := base.ask(t, "gp", "", query, one(number(1)))
	if !strings.Contains(string(want.Body), "Hives") {
		t.Fatalf("%s", want.Body)
	}
	for name, kept := range map[string]func(context.Context) *sync.Map{"no place": nil, "none for the document": func(context.Context) *sync.Map { return nil }} {
		c := base.with(t, func(o *resolvers.Options) { o.Kept = kept })
		for range 2 {
			if got := c.ask(t, "gp", "", query, one(number(1))); string(got.Body) != string(want.Body) {
				t.Errorf("%s: %s", name, got.Body)
			}
		}
		c.quiet(t)
	}
}

// A document keeps how long its plan was and which names stand below its list, which are
// looked up once; whose record it was asked for is not among it.
func TestWhatADocumentKeeps(t *testing.T) {
	var kept sync.Map
	base, _, _ := newFakes(t, reacting())
	c := base.with(t, func(o *resolvers.Options) { o.Kept = func(context.Context) *sync.Map { return &kept } })
	const query = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { nodes { reactions { display } } } } }`
	var names []map[string]bool
	for n := 1; n <= 2; n++ {
		c.ask(t, "gp", "", query, one(number(n)))
		lengths := 0
		for _, value := range kept.Range {
			switch value := value.(type) {
			case int:
				lengths++
				if value < 2 {
					t.Errorf("a plan of %d readings, though who it is of is read beside the list", value)
				}
			case map[string]bool:
				names = append(names, value)
			default:
				t.Errorf("it keeps %T", value)
			}
		}
		if lengths != 1 || len(names) != n {
			t.Fatalf("after %d requests: %d lengths, and names %v", n, lengths, names)
		}
	}
	if want := map[string]bool{"nodes": true, "reactions": true, "display": true}; !reflect.DeepEqual(names[0], want) || reflect.ValueOf(names[0]).Pointer() != reflect.ValueOf(names[1]).Pointer() {
		t.Errorf("names %v, then %v", names[0], names[1])
	}
	c.quiet(t)
}
