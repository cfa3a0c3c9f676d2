package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTheComparisonIsRoundByRound: many against few of the same round, and over where the middle is.
func TestTheComparisonIsRoundByRound(t *testing.T) {
	c := newComparison(&options{servers: []string{oursName}, rounds: 3})
	few, many := &population{kept: kept{Residents: 20, Rows: 1e6, Bytes: 1e9, Seconds: 3}}, &population{kept: kept{Residents: 1000}}
	all := []*population{few, many}
	for _, draw := range draws {
		for _, slow := range []time.Duration{1, 10, 2} {
			for _, p := range all {
				k := key(draw.name, oursName, p.Residents)
				took := slow * time.Millisecond * time.Duration(1+p.Residents/1000)
				c.turns[k] = append(c.turns[k], populationTurn{turn{requests: 7, cpu: took, p50: took, p99: took}, taken{took, 5000 * float64(1+p.Residents/1000), 0}})
			}
		}
	}
	var text bytes.Buffer
	c.print(&text, "15", all)
	for _, want := range []string{
		"| 20 | 1.0 million | 1.0 GB | 3 s |",
		"| ours | 20 | 2.00 ms | 2.00 ms | 2.00 ms | 2.00 ms | 5 kB | 0 kB | 7 |",
		"| ours | 1000 | 2.00 (2.00..2.00) | 2.00 (2.00..2.00) | 2.00 (2.00..2.00) | 2.00 (2.00..2.00) | 10 kB | 0 kB | 7 |",
	} {
		if strings.Count(text.String(), want) == 0 {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
	for most, want := range map[float64]int{0: 0, 2: 0, 1.99: 3} {
		c.options.most = most
		err := c.over(all)
		if found := strings.Count(fmt.Sprint(err), "is 2.00 times that among 20"); found != want || (err == nil) != (want == 0) {
			t.Errorf("at most %v: %v", most, err)
		}
	}
}

func TestWhatAProcessRead(t *testing.T) {
	const text = "rchar: 4096\nwchar: 7\nsyscr: 2\nsyscw: 1\nread_bytes: 512\nwrite_bytes: 9\ncancelled_write_bytes: 0\n"
	if got, err := parseRead(text); err != nil || got != (taken{read: 4096, disk: 512}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseRead("rchar: much\n"); err == nil {
		t.Error("what is no number was taken for one")
	}
}
