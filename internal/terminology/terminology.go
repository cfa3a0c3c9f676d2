// Package terminology says which codes of different code systems stand for the
// same laboratory test or vital sign.
//
// The table is equivalents.csv, with where each code was read. It is short on
// purpose: a pair that could not be checked is not in it, and results under codes
// it does not know are found by their own code alone.
package terminology

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed equivalents.csv
var table []byte

// A Coding is a code of a code system.
type Coding struct{ System, Code string }

// The code systems of the table.
const (
	SNOMED = "http://snomed.info/sct"
	LOINC  = "http://loinc.org"
)

var systems = map[string]string{"snomed": SNOMED, "loinc": LOINC}

// tests are the codings of each test, by each of its codings.
var tests = sync.OnceValue(func() map[Coding][]Coding {
	all, err := read(table)
	if err != nil {
		panic(fmt.Sprintf("equivalents.csv: %v", err)) // a test reads it
	}
	return all
})

func read(table []byte) (map[Coding][]Coding, error) {
	reader := csv.NewReader(bytes.NewReader(table))
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], []string{"test", "system", "code", "display", "source"}) {
		return nil, fmt.Errorf("the header is not test,system,code,display,source")
	}
	byTest, testOf := map[string][]Coding{}, map[Coding]string{}
	for _, row := range rows[1:] {
		system, known := systems[row[1]]
		if !known || slices.Contains(row, "") {
			return nil, fmt.Errorf("%s %s: unknown system or an empty field", row[0], row[2])
		}
		key := Coding{system, row[2]}
		if other, again := testOf[key]; again {
			return nil, fmt.Errorf("%s stands for %s and %s", row[2], other, row[0])
		}
		testOf[key] = row[0]
		byTest[row[0]] = append(byTest[row[0]], key)
	}
	all := make(map[Coding][]Coding, len(testOf))
	for key, test := range testOf {
		all[key] = byTest[test]
	}
	return all, nil
}

// Equivalents are the codings of the same test, the one asked for among them, in
// the order of the table. For a coding the table does not know it is the coding itself.
func Equivalents(system, code string) []Coding {
	if known := tests()[Coding{canonical(system), code}]; known != nil {
		return slices.Clone(known)
	}
	return []Coding{{canonical(system), code}}
}

// canonical is the URI of a system without edition or version.
func canonical(system string) string {
	system, _, _ = strings.Cut(system, "|")
	system = strings.TrimRight(system, "/")
	switch {
	case strings.HasPrefix(system, SNOMED+"/"), system == "urn:oid:2.16.840.1.113883.6.96":
		return SNOMED
	case system == "https://loinc.org", system == "urn:oid:2.16.840.1.113883.6.1":
		return LOINC
	}
	return system
}
