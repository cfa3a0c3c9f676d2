package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// switches is what every altered package is given.
const switches = `package %s

import (
	"os"
	"strconv"
	"sync/atomic"
)

var (
	mutantOn, _   = strconv.Atoi(os.Getenv("MUTANT"))
	mutantReached = os.Getenv("MUTANT_REACHED")
	mutantSeen    [1 << 14]atomic.Bool // tests count allocations
)

func mutated(number int) bool {
	if mutantReached != "" && mutantSeen[number].CompareAndSwap(false, true) {
		mutantNote(number)
	}
	return number == mutantOn
}

func mutantNote(number int) {
	f, err := os.OpenFile(mutantReached, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := f.WriteString(strconv.Itoa(number) + "\n"); err != nil {
		panic(err)
	}
}

func mutantError(number int, err error) error {
	if mutated(number) {
		return nil
	}
	return err
}
`

// A built suite is its test binaries, with every change in them.
type built struct {
	dir      string
	binaries []binary
}

type binary struct {
	path string
	in   string // the package's directory, where its tests run
}

// A test is one of a binary.
type test struct {
	binary int
	name   string
	takes  time.Duration
}

func (b *built) remove() { os.RemoveAll(b.dir) }

// build compiles the tests of some packages with the altered files in place of theirs.
func build(packages []string, files []file) (_ *built, err error) {
	b := &built{}
	if b.dir, err = os.MkdirTemp("", "mutate-"); err != nil {
		return nil, err
	}
	overlay, err := b.overlay(files)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	for i, name := range packages {
		one := binary{filepath.Join(b.dir, fmt.Sprintf("%d.test", i)), filepath.FromSlash(name)}
		cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", one.path, name)
		if said, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s does not compile with its changes (see %s): %w\n%s", name, b.dir, err, said)
		}
		b.binaries = append(b.binaries, one)
	}
	return b, nil
}

// overlay writes the altered files, and what says which take the place of which.
func (b *built) overlay(files []file) (string, error) {
	replace := map[string]string{}
	for i, f := range files {
		original, err := filepath.Abs(f.path)
		if err != nil {
			return "", err
		}
		written := filepath.Join(b.dir, fmt.Sprintf("%d_%s", i, filepath.Base(f.path)))
		helper := filepath.Join(b.dir, f.pack+"_switches.go")
		replace[original] = written
		replace[filepath.Join(filepath.Dir(original), "mutant_switches.go")] = helper
		err = errors.Join(os.WriteFile(written, []byte(f.changed), 0o600), os.WriteFile(helper, fmt.Appendf(nil, switches, f.pack), 0o600))
		if err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	path := filepath.Join(b.dir, "overlay.json")
	return path, errors.Join(err, os.WriteFile(path, text, 0o600))
}

// reach runs every test by itself, unchanged, and notes which mutants it comes by. A test
// that fails proves nothing, so that is an error.
func (b *built) reach(mutants []*mutant, run, skip string) error {
	wanted, skipped := regexp.MustCompile(run), regexp.MustCompile(cmp.Or(skip, "^$"))
	byNumber := map[int]*mutant{}
	for _, m := range mutants {
		byNumber[m.number] = m
	}
	for i, one := range b.binaries {
		listed, err := one.run(0, "", "-test.list", ".").output()
		if err != nil {
			return fmt.Errorf("list the tests of %s: %w\n%s", one.in, err, listed)
		}
		for name := range strings.FieldsSeq(string(listed)) {
			if strings.HasPrefix(name, "Benchmark") || strings.HasPrefix(name, "Example") || skipped.MatchString(name) || !wanted.MatchString(name) {
				continue
			}
			if err := b.reachedBy(test{binary: i, name: name}, byNumber); err != nil {
				return err
			}
		}
	}
	for _, m := range mutants {
		slices.SortFunc(m.reached, func(a, b test) int { return cmp.Compare(a.takes, b.takes) })
	}
	return nil
}

func (b *built) reachedBy(t test, mutants map[int]*mutant) error {
	into := filepath.Join(b.dir, "reached")
	started := time.Now()
	if said, err := b.binaries[t.binary].run(0, into, "-test.run", "^"+t.name+"$", "-test.timeout", "10m").output(); err != nil {
		return fmt.Errorf("%s fails without any change: %w\n%s", t.name, err, said)
	}
	t.takes = time.Since(started)
	text, err := os.ReadFile(into)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for line := range strings.FieldsSeq(string(text)) {
		number, _ := strconv.Atoi(line)
		if m := mutants[number]; m != nil {
			m.reached = append(m.reached, t)
		}
	}
	return errors.Join(err, os.Remove(into))
}

// Tests that start no database take less than instant. What is quick is how long the next
// ones may take together, each by itself.
const (
	instant = 250 * time.Millisecond
	quick   = 8 * time.Second
)

// verdict runs what reaches a mutant against it, the quickest tests first, and says what
// noticed it.
func (b *built) verdict(m *mutant, patience time.Duration) (v verdict, by string) {
	if len(m.reached) == 0 {
		return survives, "no test comes by"
	}
	for _, round := range b.rounds(m.reached) {
		var usual time.Duration
		names := make([]string, len(round))
		for i, t := range round {
			names[i] = t.name
			usual += t.takes
		}
		limit := 2*usual + patience
		ctx, cancel := context.WithTimeout(context.Background(), limit+10*time.Second)
		r := b.binaries[round[0].binary].run(m.number, "", "-test.failfast", "-test.run", "^("+strings.Join(names, "|")+")$", "-test.timeout", limit.String())
		said, err := r.within(ctx)
		late := ctx.Err() != nil
		cancel()
		switch {
		case err == nil:
		case late || bytes.Contains(said, []byte("panic: test timed out")):
			return overtime, strings.Join(names, " ")
		default:
			return killed, failed(said)
		}
	}
	return survives, fmt.Sprintf("%d tests come by", len(m.reached))
}

// rounds are the tests in runs of one binary: what takes no time, what is quick, the rest.
func (b *built) rounds(tests []test) (rounds [][]test) {
	for i := range b.binaries {
		var runs [3][]test
		var sum time.Duration
		for _, t := range tests {
			switch {
			case t.binary != i:
			case t.takes < instant:
				runs[0] = append(runs[0], t)
			case sum+t.takes <= quick || len(runs[1]) == 0:
				runs[1], sum = append(runs[1], t), sum+t.takes
			default:
				runs[2] = append(runs[2], t)
			}
		}
		for _, run := range runs {
			if len(run) > 0 {
				rounds = append(rounds, run)
			}
		}
	}
	return rounds
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|^(?:panic|fatal error): (.*)`)

// failed is the first of what failed.
func failed(said []byte) string {
	if found := failure.FindSubmatch(said); found != nil {
		return string(found[1]) + string(found[2])
	}
	return "without a word"
}

// started is a test binary about to run.
type started struct {
	binary binary
	args   []string
	env    []string
}

func (one binary) run(number int, reached string, args ...string) started {
	return started{one, args, []string{"MUTANT=" + strconv.Itoa(number), "MUTANT_REACHED=" + reached}}
}

func (r started) output() ([]byte, error) { return r.within(context.Background()) }

func (r started) within(ctx context.Context) ([]byte, error) {
	cmd := exec.CommandContext(ctx, r.binary.path, r.args...)
	cmd.Dir = r.binary.in
	cmd.Env = append(os.Environ(), r.env...)
	cmd.WaitDelay = 10 * time.Second
	return cmd.CombinedOutput()
}
