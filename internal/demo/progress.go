package demo

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress is how far something has come: a step in words, and how much of it is
// done where that can be counted.
type Progress struct {
	Step        string
	Done, Total int64
	Unit        string // "bytes", or what is counted
}

// Show writes progress to w: a bar on a terminal, else a line for each step.
func Show(w io.Writer) func(Progress) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return (&bar{w: w}).show
	}
	return (&lines{w: w}).show
}

// lines are for a log: each step once, and from time to time how far it is.
type lines struct {
	w    io.Writer
	step string
	next time.Time
}

// between is how often a long step says how far it is.
const between = 10 * time.Second

func (l *lines) show(p Progress) {
	if p.Step != l.step {
		l.step, l.next = p.Step, time.Now().Add(between)
		fmt.Fprintf(l.w, "%s …\n", p.Step)
		return
	}
	if p.Total > 0 && time.Now().After(l.next) {
		l.next = time.Now().Add(between)
		fmt.Fprintf(l.w, "%s: %d %%\n", p.Step, 100*p.Done/p.Total)
	}
}

// A bar is for eyes: steps stand below each other, what can be counted fills up.
type bar struct {
	w    io.Writer
	step string
	bar  *progressbar.ProgressBar
}

func (b *bar) show(p Progress) {
	if p.Step != b.step {
		b.step, b.bar = p.Step, nil
		if p.Total == 0 {
			fmt.Fprintf(b.w, "%s …\n", p.Step)
		}
	}
	if p.Total == 0 {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(p.Total, progressbar.OptionSetWriter(b.w), progressbar.OptionSetDescription(p.Step),
			progressbar.OptionShowBytes(p.Unit == "bytes"), progressbar.OptionShowCount(), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(b.w) }))
	}
	_ = b.bar.Set64(p.Done)
}
