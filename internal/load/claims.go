package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"carerecord/internal/record"
)

// claims are who is to have which number, before anybody is stored: of two people with one number a single record would be made.
type claims struct {
	file   map[string]record.NHSNumber
	byID   map[string]claim             // people who have a line in the numbers file, by their id
	given  map[record.NHSNumber]claim   // the same by the number of their line
	own    map[record.NHSNumber][]claim // people without one, by their own number
	faults []error
	told   map[string]bool
}

// claim is a person and the file that has them.
type claim struct {
	who  Identity
	file string
}

func newClaims(file map[string]record.NHSNumber) *claims {
	return &claims{file: file, byID: map[string]claim{}, given: map[record.NHSNumber]claim{}, own: map[record.NHSNumber][]claim{}, told: map[string]bool{}}
}

func (c *claims) fault(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	if !c.told[text] {
		c.told[text] = true
		c.faults = append(c.faults, fmt.Errorf("%w: %s", record.ErrInvalid, text))
	}
}

// numbersAlone finds numbers that are given to two people.
func (c *claims) numbersAlone() {
	patients := map[record.NHSNumber]int{}
	for _, number := range c.file {
		patients[number]++
	}
	for _, n := range patients {
		if n > 1 {
			c.fault("one number is given to %d patients: give each a number of their own", n)
		}
	}
}

// add takes a person of the data.
func (c *claims) add(file string, raw []byte) {
	var d dossier
	if json.Unmarshal(raw, &d.patient) != nil {
		return // such a person is not loaded, and is told of then
	}
	mine := claim{d.identity(), file}
	number, hasLine := c.file[d.patient.ID]
	if !hasLine {
		if own := ownNumber(d.patient.Identifier); own.IsTest() {
			c.own[own] = append(c.own[own], mine)
		}
		return
	}
	if other, ok := c.byID[d.patient.ID]; ok && other.who != mine.who {
		c.fault("%s and %s have two people under one patient id, which has a line in the numbers file: load them one by one, each with numbers of its own", other.file, mine.file)
		return
	}
	c.byID[d.patient.ID], c.given[number] = mine, mine
}

// all are the faults, once everybody has been added.
func (c *claims) all() error {
	for _, number := range slices.Sorted(maps.Keys(c.own)) {
		for _, owner := range c.own[number] {
			if given, ok := c.given[number]; ok && given.who != owner.who {
				c.fault("the numbers file gives a person of %s the number that another, of %s, has of their own: give the first another number", given.file, owner.file)
			}
		}
	}
	return errors.Join(c.faults...)
}

// claims reads the people of all files before anything of them is stored. A load without a numbers file needs none: who has no
// line there gets a number that is nobody else's.
func (l *loading) claims(files []string) error {
	if len(l.o.Numbers) == 0 {
		return nil
	}
	c := newClaims(l.o.Numbers)
	c.numbersAlone()
	for _, path := range files {
		if err := l.claimsIn(c, path); err != nil {
			return err
		}
	}
	l.done.Store(0) // progress is that of the load
	return c.all()
}

// claimsIn reads the people of a file. What cannot be read is told when it is loaded.
func (l *loading) claimsIn(c *claims, path string) error {
	r, file, err := l.text(path)
	if err != nil {
		return l.ctx.Err()
	}
	defer file.Close()
	name := l.show(path)
	if !isLines(path) {
		if isSingle(r) {
			if raw, err := io.ReadAll(r); err == nil {
				claimsOf(c, name, raw)
			}
		} else {
			claimsOfBundle(c, name, r)
		}
		return l.ctx.Err()
	}
	for {
		line, err := r.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			claimsOf(c, name, text)
		}
		if err != nil {
			return l.ctx.Err()
		}
	}
}

// claimsOf adds the person that a resource is, or the people of a bundle.
func claimsOf(c *claims, file string, raw []byte) {
	switch sniff(raw) {
	case "Patient":
		c.add(file, raw)
	case "Bundle":
		claimsOfBundle(c, file, bytes.NewReader(raw))
	}
}

func claimsOfBundle(c *claims, file string, r io.Reader) {
	var patients [][]byte
	_, err := readBundle(r, file, func(e rawEntry) error {
		if e.kind == "Patient" {
			patients = append(patients, e.raw)
		}
		return nil
	})
	if err != nil {
		return // of a bundle that cannot be read nobody is loaded
	}
	for _, patient := range patients {
		c.add(file, patient)
	}
}
