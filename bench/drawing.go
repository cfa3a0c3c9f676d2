package main

import (
	"bytes"
	"fmt"
	"math"
)

// The drawing: p50 by patients at the least concurrency, both on logarithmic scales.
const (
	width, height = 720.0, 440.0
	left, bottom  = 80.0, 400.0
	right, top    = 560.0, 30.0
)

var colours = []string{"#005eb8", "#007f3b", "#d5281b", "#7c2855"}

func (t *table) drawing() []byte {
	var b bytes.Buffer
	least, most := t.extent()
	x := func(patients int) float64 {
		last := t.cells[len(t.cells)-1].patients
		return left + (right-left)*math.Log10(float64(patients))/math.Max(math.Log10(float64(last)), 1)
	}
	y := func(ms float64) float64 {
		return bottom - (bottom-top)*(math.Log10(ms)-least)/math.Max(most-least, 1)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="13">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>p50 in milliseconds by patients in a request, %d at once</title>\n<rect width=\"%g\" height=\"%g\" fill=\"#fff\"/>\n", t.cells[0].concurrency, width, height)
	for power := least; power <= most; power++ {
		at := y(math.Pow(10, power))
		fmt.Fprintf(&b, "<path d=\"M%g %gH%g\" stroke=\"#d8dde0\"/><text x=\"%g\" y=\"%g\" text-anchor=\"end\">%g ms</text>\n", left, at, right, left-8, at+4, math.Pow(10, power))
	}
	for _, c := range t.cells {
		if c.concurrency == t.cells[0].concurrency {
			fmt.Fprintf(&b, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%d</text>\n", x(c.patients), bottom+20, c.patients)
		}
	}
	fmt.Fprintf(&b, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">patients</text>\n", (left+right)/2, bottom+36)
	for i, server := range t.servers {
		colour := colours[i%len(colours)]
		var line bytes.Buffer
		for _, c := range t.cells {
			if c.concurrency != t.cells[0].concurrency {
				continue
			}
			p50, _, _ := spread(t.turns[server][c], p50Of)
			if p50 == 0 {
				continue // it answered nothing
			}
			fmt.Fprintf(&line, "%.1f,%.1f ", x(c.patients), y(p50))
			fmt.Fprintf(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(c.patients), y(p50), colour)
		}
		fmt.Fprintf(&b, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", bytes.TrimSpace(line.Bytes()), colour)
		fmt.Fprintf(&b, "<text x=\"%g\" y=\"%g\" fill=\"%s\">%s</text>\n", right+16, top+14+22*float64(i), colour, server)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func p50Of(t turn) float64 { return t.p50.Seconds() * 1000 }

// extent is the powers of ten between which all points lie.
func (t *table) extent() (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, server := range t.servers {
		for _, c := range t.cells {
			p50, _, _ := spread(t.turns[server][c], p50Of)
			if p50 == 0 {
				continue
			}
			least, most = math.Min(least, math.Floor(math.Log10(p50))), math.Max(most, math.Ceil(math.Log10(p50)))
		}
	}
	return least, most
}
