package gpconnect

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A list is a GP Connect list: of a part of the record, or of a consultation, a topic or a heading.
type list struct {
	Status    string
	Title     string
	Date      string
	Code      *fhir.Concept
	Encounter fhir.Reference
	Extension []fhir.Extension
	Entry     []listEntry
	Contained []rawResource

	EmptyReason *fhir.Concept

	undisclosed string // warning that it must not be disclosed to the patient; "" if it may be
}

type listEntry struct {
	Deleted bool
	Item    fhir.Reference
}

// readLists reads the warnings of the lists as notes and the ended allergies that lists contain. It marks
// the parts whose list did not come as incomplete: a practice that left a part out has not said that it is
// empty. Nor has one that withdrew the list or retired it.
func (c *chart) readLists(wanted parts) {
	came := map[string]bool{}
	for _, r := range c.resources {
		if r.Type != "List" {
			continue
		}
		l, ok := fhir.Decode[list](r, c.cannotRead)
		if !ok || l.Status == mistake {
			continue // its part counts as missing below
		}
		code := l.Code.First()
		came[code] = came[code] || l.Status != "retired"
		c.readWarnings(code, &l)
		if r.Confidential() {
			continue
		}
		for _, contained := range l.Contained {
			c.readContained(contained, code)
		}
		c.readEmptiness(code, &l)
	}
	for _, a := range areas {
		if wanted&a.part == 0 && !c.source.options.Migrate || came[a.list] {
			continue
		}
		c.missing = append(c.missing, a.list)
		for _, kind := range a.kinds {
			c.unreadable[kind]++
		}
	}
	c.endedMissing = !came[endedAllergies]
}

// readWarnings reads the warnings of a list. Records in transit and records awaiting filing are gaps.
// Confidential items are counted, but leave no mark.
func (c *chart) readWarnings(code string, l *list) {
	classes := warned(code)
	for _, e := range fhir.All(l.Extension, "ListWarningCode") {
		switch e.ValueCode {
		case "data-in-transit":
			c.note(classes, record.NoteInTransit, l.Date)
		case "data-awaiting-filing":
			c.note(classes, record.NoteAwaitingFiling, l.Date)
		case "confidential-items":
			c.confidential++
			for _, kind := range kindsIn(code) {
				c.keptBack[kind] = true
			}
		}
	}
}

// kindsIn returns the kinds of the entries in a list.
func kindsIn(code string) []fetch.Kind {
	switch code {
	case endedAllergies:
		return []fetch.Kind{fetch.Allergies}
	case consultationList, topicList, headingList:
		return []fetch.Kind{fetch.Consultations}
	}
	for _, a := range areas {
		if a.list == code {
			return a.kinds
		}
	}
	return nil
}

// mayBeKeptBack reports whether an entry of these kinds that did not come may be one that the practice
// keeps back as confidential. That is no gap: a gap would reveal it.
func (c *chart) mayBeKeptBack(kinds ...fetch.Kind) bool {
	return slices.ContainsFunc(kinds, func(kind fetch.Kind) bool { return c.keptBack[kind] })
}

func warned(code string) []record.Class {
	if code == endedAllergies {
		return []record.Class{record.ClassAllergies}
	}
	for _, a := range areas {
		if a.list == code {
			return a.classes
		}
	}
	return nil
}

// note adds a note to each of the classes, unless the class has it.
func (c *chart) note(classes []record.Class, kind record.NoteKind, at string) {
	for _, class := range classes {
		id := string(class) + " " + string(kind)
		if c.ids.Has(fetch.Notes, id) {
			continue
		}
		item, e := c.item(fetch.Notes, id)
		e.recorded(&item, at)
		c.notes = append(c.notes, record.ListNote{Item: item, Class: class, Note: kind}) // counts even if its date cannot be read
	}
}

// readContained reads an allergy that is contained in a list, as ended allergies are.
func (c *chart) readContained(raw rawResource, list string) {
	r, ok := fhir.ParseResource(raw)
	if !ok || r.Type != "AllergyIntolerance" {
		return
	}
	if r.ID == "" {
		c.cannotRead(r.Type)
		return
	}
	if !c.belongs(&r) || c.screen.Hides(r.Raw, apart[r.Type]...) || slices.ContainsFunc(c.above(&r), func(on string) bool { return c.hidden[on] }) {
		return
	}
	if r.Confidential() {
		c.confidential++
		return
	}
	var said struct{ Code *fhir.Concept }
	if list == endedAllergies && json.Unmarshal(r.Raw, &said) == nil && said.Code.Has(fhir.NoKnownAllergy) {
		return // it was stated once and no longer holds
	}
	c.readAllergy(&r)
}

// readEmptiness marks the kinds of a list as incomplete if it does not say all that there is: it is empty
// because nobody asked or the data was unavailable; it names entries that did not come, unless the practice
// keeps some back; or entries were deleted from it, so that it says what changed.
func (c *chart) readEmptiness(code string, l *list) {
	lacks := l.EmptyReason.Says("unavailable", "notasked", "notstarted") || slices.ContainsFunc(l.Entry, func(e listEntry) bool { return e.Deleted })
	if !slices.ContainsFunc(fhir.All(l.Extension, "ListWarningCode"), func(e fhir.Extension) bool { return e.ValueCode == "confidential-items" }) {
		for _, e := range l.Entry {
			if key := c.keyOf(e.Item); key != "" && !strings.HasPrefix(key, "#") && c.byKey[key] == nil && !c.leftOut(key) {
				lacks = true
			}
		}
	}
	for _, a := range areas {
		if lacks && (a.list == code || code == endedAllergies && slices.Contains(a.kinds, fetch.Allergies)) {
			for _, kind := range a.kinds {
				c.unreadable[kind]++
			}
		}
	}
}

// leftOut reports whether a resource came and was left out. It is a gap already, or somebody else's.
func (c *chart) leftOut(key string) bool { return c.gone[key] }
