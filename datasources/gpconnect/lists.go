package gpconnect

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// A list is a GP Connect list: of a part of the record, of a consultation, a topic or
// a heading.
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

	undisclosed string // that it is not for the patient, in words
}

type listEntry struct {
	Deleted bool
	Item    fhir.Reference
}

// readLists takes the warnings of the lists as notes, the ended allergies they contain,
// and marks the parts whose list did not come: a practice that left a part out has not
// said that there is nothing in it. Nor has one that withdrew the list, or no longer keeps it.
func (c *chart) readLists(wanted parts) {
	came := map[string]bool{}
	for _, r := range c.resources {
		if r.Type != "List" {
			continue
		}
		l, ok := fhir.Decode[list](r, c.cannotRead)
		if !ok || l.Status == mistake {
			continue // its part is missed below
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

// readWarnings: records on their way and records that wait to be filed are gaps.
// Confidential items are counted, and leave no mark.
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

// kindsIn are the kinds of what stands in a list.
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

// mayBeKeptBack reports whether what did not come of a kind may be what the practice keeps back as
// confidential: that is no gap, which would be a mark of it.
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

// note says something of classes, once for each.
func (c *chart) note(classes []record.Class, kind record.NoteKind, at string) {
	for _, class := range classes {
		id := string(class) + " " + string(kind)
		if c.ids.Has(fetch.Notes, id) {
			continue
		}
		item, e := c.item(fetch.Notes, id)
		e.recorded(&item, at)
		c.notes = append(c.notes, record.ListNote{Item: item, Class: class, Note: kind}) // a warning stands, whatever its date
	}
}

// readContained reads an allergy inside a list: those that have ended stand so.
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
		return // it was said once, and no longer stands
	}
	c.readAllergy(&r)
}

// readEmptiness: a list that is empty because it was not asked or could not be had does not say that
// there is nothing; nor does one that names entries which did not come, unless the practice keeps some back. One
// from which entries were deleted says what changed, and not all there is.
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

// leftOut reports whether something came that is not kept: that is a gap by itself, or somebody else's.
func (c *chart) leftOut(key string) bool { return c.gone[key] }
