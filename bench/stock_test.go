package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carerecord/bench/data"
	"carerecord/bench/stock"
)

// TestStockAnswers: the ward list as the service gives it, where no patient is refused, and
// a full record with its lists.
func TestStockAnswers(t *testing.T) {
	s := given(t)
	server, err := stock.New(t.Context(), s, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, server) })
	var texts []string
	for _, number := range data.Numbers(5) {
		texts = append(texts, string(number))
	}
	list := map[string]any{"query": document(t, "ward-list"), "variables": map[string]any{"nhsNumbers": texts}}
	if diff := cmp.Diff(ask(t, theService(t), s.Tokens[0], "/graphql", list), ask(t, server, s.Tokens[0], "/graphql", list), withoutAge); diff != "" {
		t.Errorf("the ward list differs (- service + stock)\n%s", diff)
	}
	record, _ := ask(t, server, s.Tokens[0], "/graphql", map[string]any{"query": document(t, "full-record"), "variables": map[string]any{"nhsNumber": texts[0]}}).(map[string]any)
	patient, _ := record["patient"].(map[string]any)
	for _, field := range []string{"allergies", "medications", "problems", "immunisations", "results", "vitalSigns", "encounters", "documents", "carePlans"} {
		if list, _ := patient[field].(map[string]any); list["state"] != "RECORDED" {
			t.Errorf("%s is %v", field, list["state"])
		}
	}
}

// withoutAge leaves out what depends on the clock, which the stock set-up takes as it is.
var withoutAge = cmp.FilterPath(func(p cmp.Path) bool {
	at, ok := p.Last().(cmp.MapIndex)
	return ok && (at.Key().String() == "age" || at.Key().String() == "medications")
}, cmp.Ignore())
