package load

import (
	"strings"
)

// columns are a row's values by column name. What is not known is not set.
type columns map[string]any

func (c columns) text(name, value string) {
	if value != "" {
		c[name] = value
	}
}

// codes sets prefix_system, prefix_code and prefix_display of a coding.
func (c columns) coding(prefix string, v coding) {
	c.text(prefix+"_system", v.System)
	c.text(prefix+"_code", v.Code)
	c.text(prefix+"_display", v.Display)
	if v.Display == "" && v.Code != "" {
		c[prefix+"_display"] = v.Code
	}
}

// code sets the columns of a concept that has no place for the source's own code.
func (c columns) code(prefix string, v codeable) {
	main, _ := v.choose()
	c.coding(prefix, main)
}

// mainCode sets the columns of a row's main concept, the source's own code beside it.
func (c columns) mainCode(prefix string, v codeable) {
	main, original := v.choose()
	c.coding(prefix, main)
	if original != nil {
		c.coding(prefix+"_original", *original)
	}
}

// first sets the columns of the first concept of a list.
func (c columns) first(prefix string, list []codeable) {
	if len(list) > 0 {
		c.code(prefix, list[0])
	}
}

func (c columns) at(name string, s stamp) {
	if s.zero() {
		return
	}
	c[name] = s.at
	c[name+"_day_only"] = s.day
}

func (c columns) on(name string, s stamp) { c.text(name, s.on) }

// known are the code systems that a record is read in, in the order of preference.
var known = []string{"http://snomed.info/sct", "https://dmd.nhs.uk", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10",
	"https://fhir.hl7.org.uk/Id/opcs-4"}

// choose takes the coding to show, SNOMED CT before others, and the source's own
// beside it where there is another. The words are the coding's, else the concept's.
func (c codeable) choose() (main coding, original *coding) {
	if len(c.Coding) == 0 {
		return coding{Display: c.Text}, nil
	}
	best, rank := 0, len(known)
	for i, coding := range c.Coding {
		for j, system := range known[:rank] {
			if coding.System == system {
				best, rank = i, j
				break
			}
		}
	}
	main = c.Coding[best]
	if main.Display == "" {
		main.Display = c.Text
	}
	for i := range c.Coding {
		if i != best {
			return main, &c.Coding[i]
		}
	}
	return main, nil
}

// link writes a coding as linked_codes do.
func link(c coding) string { return c.System + "|" + c.Code }

func notes(list []annotation, more ...string) string {
	parts := make([]string, 0, len(list)+len(more))
	for _, n := range list {
		if n.Text != "" {
			parts = append(parts, n.Text)
		}
	}
	for _, m := range more {
		if m != "" {
			parts = append(parts, m)
		}
	}
	return strings.Join(parts, "\n")
}
