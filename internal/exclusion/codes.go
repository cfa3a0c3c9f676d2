package exclusion

import (
	"strings"

	"carerecord/internal/codesystem"
)

// codes are the excluded codes of one system.
type codes struct {
	form form
	set  map[string]struct{} // as canonical spells them
	tree map[string]struct{} // Read codes that stand for all below them
}

// has reports whether a code as some source wrote it is excluded. It allocates nothing.
func (c *codes) has(code string) bool {
	code = strings.TrimSpace(code)
	switch c.form {
	case classification:
		return c.hasClass(code)
	case read:
		return c.hasRead(code)
	case snomed:
		return c.hasConcept(code)
	}
	_, in := c.set[code]
	return in
}

// hasConcept looks up an identifier, and every identifier in an expression.
func (c *codes) hasConcept(code string) bool {
	if _, in := c.set[code]; in {
		return true
	}
	for concept := range codesystem.Concepts(code) {
		if _, in := c.set[concept]; in {
			return true
		}
	}
	return false
}

// hasClass looks up the first three and the first four letters and digits, in capitals. Sources write
// "B20", "B20.1", "B201", "b20.1", "B24X" and "A18.1†".
func (c *codes) hasClass(code string) bool {
	var buffer [4]byte
	n := 0
	for i := 0; i < len(code) && n < len(buffer); i++ {
		b := code[i]
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		if 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' {
			buffer[n] = b
			n++
		}
	}
	if n < 3 {
		return false
	}
	if _, in := c.set[string(buffer[:3])]; in {
		return true
	}
	_, in := c.set[string(buffer[:n])]
	return in
}

// hasRead looks up the first five bytes without their trailing dots. It also looks up their beginnings
// among the codes that stand for all below them.
func (c *codes) hasRead(code string) bool {
	stem := readStem(code)
	if _, in := c.set[stem]; in {
		return true
	}
	for n := 2; n < len(stem); n++ { // the whole was looked up in the set
		if _, in := c.tree[stem[:n]]; in {
			return true
		}
	}
	return false
}

func readStem(code string) string {
	return strings.TrimRight(code[:min(len(code), 5)], ".") // the rest is a term code
}

// canonical returns a row's code as it is stored.
func canonical(f form, code string) string {
	switch f {
	case classification:
		return strings.ReplaceAll(strings.ToUpper(code), ".", "")
	case read:
		return readStem(code)
	}
	return code
}

// spellings returns the ways in which SQL may meet a canonical code: as sources usually write it, and as
// SQL spells it to compare it (datasources/view/exclusions.go). A Read code that stands for all below it is
// also listed with a %.
func spellings(f form, code string, tree bool) []string {
	switch f {
	case classification:
		return classSpellings(code)
	case read:
		all := readSpellings(code)
		if tree {
			all = append(all, code+"%")
			for _, child := range "0123456789yz" {
				all = append(all, padded(code+string(child))+"00")
			}
		}
		return all
	}
	return []string{code}
}

func classSpellings(code string) []string {
	if len(code) > 3 {
		return []string{code, code[:3] + "." + code[3:]}
	}
	all := []string{code}
	for _, child := range "0123456789X" {
		all = append(all, code+"."+string(child))
	}
	for _, child := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" { // as SQL spells a code it compares
		all = append(all, code+string(child))
	}
	return all
}

func readSpellings(stem string) []string {
	return []string{stem, padded(stem), padded(stem) + "00"}
}

func padded(stem string) string { return (stem + "....")[:5] }

// isSCTID reports whether a code is a SNOMED CT identifier: six to eighteen digits, of
// which the last is Verhoeff's check digit.
func isSCTID(code string) bool {
	if len(code) < 6 || len(code) > 18 {
		return false
	}
	check := 0
	for i := range len(code) {
		digit := int(code[len(code)-1-i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		for range i % 8 {
			digit = int(verhoeff[digit] - '0')
		}
		check = dihedral(check, digit)
	}
	return check == 0
}

// verhoeff is Verhoeff's permutation. It is applied once more at each position.
const verhoeff = "1576283094"

// dihedral multiplies in the dihedral group of order ten, the symmetries of a pentagon.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b-5)%5
	case b < 5:
		return 5 + (a-5-b+5)%5
	default:
		return (a - b + 5) % 5
	}
}
