package sample

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// syntheaFiles are two hundred people made by Synthea, see data/README.md.
//
//go:embed data/synthea-*.ndjson.gz data/synthea-numbers.csv
var syntheaFiles embed.FS

// SyntheaNumbers are the NHS numbers of the Synthea people by their patient id.
func SyntheaNumbers() (map[string]record.NHSNumber, error) {
	f, err := syntheaFiles.Open("data/synthea-numbers.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load.ReadNumbers(f)
}

// Synthea makes the two hundred people. Their dates are moved, a person's all by
// the same number of weeks, so that the last encounter of each falls within the
// two months before today; a zero today leaves the dates as they were made.
func Synthea(today time.Time) ([]load.Person, error) {
	numbers, err := SyntheaNumbers()
	if err != nil {
		return nil, err
	}
	shards, err := syntheaShards()
	if err != nil {
		return nil, err
	}
	people := make([][]load.Person, len(shards))
	faults := make([]error, len(shards))
	next := make(chan int, len(shards))
	for i := range shards {
		next <- i
	}
	close(next)
	var working sync.WaitGroup
	for range min(len(shards), runtime.GOMAXPROCS(0)) {
		// Nearly all the time goes to decoding, and the files are independent.
		working.Go(func() {
			for i := range next {
				people[i], faults[i] = convertShard(shards[i], numbers, today)
			}
		})
	}
	working.Wait()
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	all := slices.Concat(people...)
	slices.SortFunc(all, func(a, b load.Person) int { return strings.Compare(string(a.Number), string(b.Number)) })
	return all, nil
}

func syntheaShards() ([]string, error) {
	entries, err := syntheaFiles.ReadDir("data")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".ndjson.gz") {
			names = append(names, "data/"+e.Name())
		}
	}
	return names, nil
}

func convertShard(name string, numbers map[string]record.NHSNumber, today time.Time) (people []load.Person, err error) {
	numberOf := func(patientID string) (record.NHSNumber, error) {
		if n, ok := numbers[patientID]; ok {
			return n, nil
		}
		return "", fmt.Errorf("%w: a person of the sample has no number", record.ErrInvalid)
	}
	err = readShard(name, func(lines [][]byte) error {
		p, err := load.FromLines(lines, numberOf, today)
		if err != nil {
			return err
		}
		people = append(people, p)
		return nil
	})
	return people, err
}

// readShard reads a file and calls yield with each person's lines.
func readShard(name string, yield func([][]byte) error) error {
	f, err := syntheaFiles.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var text bytes.Buffer
	text.Grow(int(info.Size()) * 13) // it packs to a twelfth
	if _, err := text.ReadFrom(z); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var person [][]byte
	for line := range bytes.Lines(text.Bytes()) {
		if bytes.HasPrefix(line, []byte(`{"resourceType":"Patient"`)) && len(person) > 0 {
			if err := yield(person); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			person = person[:0]
		}
		person = append(person, line)
	}
	if err := yield(person); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
