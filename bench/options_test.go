package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		args, fault string
	}{
		"nothing":                          {"", ""},
		"quick":                            {"-quick", ""},
		"lists of some lengths":            {"-patients 1,50 -concurrency 8", ""},
		"a length that is no number":       {"-patients 1,many", "-patients: give ascending numbers"},
		"lengths that do not ascend":       {"-patients 50,1", "-patients: give ascending numbers"},
		"more than one request may name":   {"-patients 2000", "from 1 to 1000"},
		"more at once than one may":        {"-concurrency 65", "-concurrency: give ascending numbers from 1 to 64"},
		"a server that there is not":       {"-servers floor,theirs", "there is no \"theirs\""},
		"nothing to measure against":       {"-servers ours", "begin with floor"},
		"fewer residents than are asked":   {"-residents 100", "fewer than the 1000 patients"},
		"a flag without its hyphen":        {"quick", "there is no argument \"quick\""},
		"a flag that there is not":         {"-fast", "flag provided but not defined"},
		"the service and the floor alone":  {"-servers floor,ours", ""},
		"few residents for a shorter list": {"-residents 100 -patients 1,50", ""},
		"the peers":                        {"-peers", ""},
		"a drawing of peers":               {"-peers -plot x.svg", "there is no drawing of -peers"},
		"one peer":                         {"-peers -servers ours,apollo", ""},
		"a peer without -peers":            {"-servers floor,apollo", "there is no \"apollo\""},
		"one population":                   {"-populations 20000", "two numbers of residents or more"},
		"more residents than numbers":      {"-populations 20000,2000000", "from 1 to 1800000"},
		"populations on no server":         {"-populations 200,400 -servers theirs", "there is no \"theirs\""},
		"peers with nothing to measure by": {"-peers -servers apollo", "begin with ours"},
	} {
		o, err := parse(strings.Fields(test.args), io.Discard)
		if test.fault == "" && (err != nil || len(o.patients) == 0 || len(o.servers) < 2) {
			t.Errorf("%s: %v", name, err)
		}
		if test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%s: %v, want %s", name, err, test.fault)
		}
	}
	if o, err := parse([]string{"-populations", "200,400"}, io.Discard); err != nil || !slices.Equal(o.populations, []int{200, 400}) || o.keep == "" || !slices.Equal(o.servers, []string{floorName, oursName}) {
		t.Errorf("populations are %+v, %v", o, err)
	}
	if o, err := parse([]string{"-populations", "200,400", "-most", "1.2"}, io.Discard); err != nil || o.most != 1.2 {
		t.Errorf("at most 1.2: %+v, %v", o, err)
	}
	if o, err := parse([]string{"-quick"}, io.Discard); err != nil || !slices.Equal(o.patients, []int{1, 50}) || !slices.Equal(o.concurrency, []int{1}) || o.rounds != 3 {
		t.Errorf("quick is %+v, %v", o, err)
	}
}

// TestTheTableComparesRoundByRound: a round in which the machine was slow is slow for both.
func TestTheTableComparesRoundByRound(t *testing.T) {
	o := &options{patients: []int{1, 50}, concurrency: []int{1}, servers: []string{floorName, oursName}, rounds: 3}
	table := newTable(o)
	table.trips = map[string]map[int]float64{floorName: {1: 7, 50: 7}, oursName: {1: 7, 50: 8}}
	for round, slow := range []time.Duration{1, 10, 2} {
		for _, c := range table.cells {
			table.add(floorName, c, turn{requests: 9, cpu: slow * time.Millisecond, p50: slow * time.Millisecond, p99: slow * time.Millisecond, allocations: 100, bytes: 1000, throughput: 10, resident: 50e6, answer: 2000})
			table.add(oursName, c, turn{requests: 9, cpu: 2 * slow * time.Millisecond, p50: (3 + time.Duration(round)) * slow * time.Millisecond, p99: slow * time.Millisecond, allocations: 150, bytes: 1000, throughput: 5, resident: 75e6, answer: 2000})
		}
	}
	table.add(floorName, table.cells[0], turn{requests: 9, cpu: time.Millisecond})
	table.add(oursName, table.cells[0], turn{refused: 3}) // which says nothing of how fast it is
	var text bytes.Buffer
	table.print(&text, "15")
	for _, want := range []string{
		"Full record of 1 patient", "Ward list of 50",
		"| floor | 2.00 ms | 100 | 1 kB | 2.00 ms | 2.00 ms | 10.0/s | 50 MB | 7.0 | 9 | 2 kB |",
		"| ours | 2.00 (2.00..2.00) | 1.50 (1.50..1.50) | 1.00 (1.00..1.00) | 4.00 (3.00..5.00) | 1.00 (1.00..1.00) | 0.50 (0.50..0.50) | 1.50 (1.50..1.50) | 7.0 | 9 (3 refused in all) | 2 kB |",
		"1.50 (1.50..1.50) | 8.0 | 9 | 2 kB |",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
	drawing := string(table.drawing())
	if strings.Count(drawing, "<circle") != 4 || strings.Count(drawing, "<polyline") != 2 || strings.Contains(drawing, "NaN") || strings.Contains(drawing, "Inf") {
		t.Errorf("the drawing is\n%s", drawing)
	}
}
