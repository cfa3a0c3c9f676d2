package load

import (
	"slices"
	"strings"
)

// columns are a row's values by column name. What is not known is not set.
type columns map[string]any

func (c columns) text(name, value string) {
	if value != "" {
		c[name] = value
	}
}

// coding sets prefix_system, prefix_code and prefix_display of a coding.
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
	c.rest(v, main)
}

// mainCode sets the columns of a row's main concept, the source's own code or words beside it.
func (c columns) mainCode(prefix string, v codeable) {
	main, original := v.choose()
	c.coding(prefix, main)
	switch {
	case original != nil:
		c.coding(prefix+"_original", *original)
		c.rest(v, main, *original)
	case !strings.EqualFold(strings.TrimSpace(v.Text), strings.TrimSpace(main.Display)):
		c.text(prefix+"_original_display", v.Text)
	}
}

// first sets the columns of the first concept of a list. What the others say has no column.
func (c columns) first(prefix string, list []codeable) {
	if len(list) > 0 {
		c.code(prefix, list[0])
		c.hang(list[1:]...)
	}
}

// rest keeps what would hide a row and has no column: the codes of a concept but those that have one, and its words.
func (c columns) rest(v codeable, placed ...coding) {
	said := []string{""}
	for _, p := range placed {
		said = append(said, p.Display)
	}
	has := func(text string) bool {
		return slices.ContainsFunc(said, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(text)) })
	}
	for _, one := range v.Coding {
		if !slices.ContainsFunc(placed, func(p coding) bool { return p.System == one.System && p.Code == one.Code }) {
			c.link(one)
		}
		if !has(one.Display) {
			c.also(one.Display)
		}
	}
	if !has(v.Text) {
		c.also(v.Text)
	}
}

// masked sets the columns of a concept that is left out by itself where it is never shown, by its code or these words: the row
// stands.
func (c columns) masked(prefix string, v codeable) {
	main, _ := v.choose()
	said := []string{main.Display}
	for _, text := range allWords(v) {
		if text = strings.TrimSpace(text); text != "" && !slices.ContainsFunc(said, func(s string) bool { return strings.EqualFold(s, text) }) {
			said = append(said, text)
		}
	}
	main.Display = strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), "; ")
	c.coding(prefix, main)
	for _, one := range v.Coding {
		if one.System != main.System || one.Code != main.Code {
			c.link(one)
		}
	}
}

// hang keeps all that concepts say which have no columns.
func (c columns) hang(list ...codeable) {
	for _, v := range list {
		c.rest(v)
	}
}

// link notes codes that the row hangs on.
func (c columns) link(list ...coding) {
	for _, l := range list {
		if l.Code != "" {
			c.linked(l.System + "|" + l.Code)
		}
	}
}

func (c columns) linked(codes ...string) {
	list, _ := c["linked_codes"].([]string)
	for _, code := range codes {
		if !slices.Contains(list, code) {
			list = append(list, code)
			c["linked_codes"] = list
		}
	}
}

// also keeps words that have no column where the rule tries words and nothing is read out: with the names of the service.
func (c columns) also(words ...string) {
	said, _ := c["service_name"].(string)
	parts := strings.Split(said, apart)
	for _, text := range words {
		if text = strings.TrimSpace(text); text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	c.text("service_name", strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), apart))
}

// apart stands between words across which no phrase reaches.
const apart = " · "

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
