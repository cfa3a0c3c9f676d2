package gpconnect

import (
	"bytes"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type encounter struct {
	Status      string
	Type        []fhir.Concept
	Period      fhir.Period
	Reason      []fhir.Concept
	Participant []struct {
		Type       []fhir.Concept
		Individual fhir.Reference
	}
	Location []struct{ Location fhir.Reference }
}

// Lists of a consultation, by their SNOMED CT code.
const (
	consultationList = "325851000000107"
	topicList        = "25851000000105"
	headingList      = "24781000000107"
)

// listed returns the keys of the entries in the lists of consultations, topics and headings.
func (c *chart) listed() map[string]bool {
	if c.inLists == nil {
		c.inLists = map[string]bool{}
		for _, l := range c.consultationLists() {
			for _, entry := range l.Entry {
				c.inLists[c.keyOf(entry.Item)] = true
			}
		}
	}
	return c.inLists
}

// consultationLists returns the lists of consultations, topics and headings, by key.
func (c *chart) consultationLists() map[string]*list {
	if c.lists != nil {
		return c.lists
	}
	c.lists = map[string]*list{}
	for _, r := range c.resources {
		if r.Type != "List" {
			continue
		}
		l, ok := fhir.Decode[list](r, c.cannotRead)
		if !ok {
			c.cannotRead("Encounter")
			continue
		}
		switch l.Code.First() {
		case consultationList, topicList, headingList:
			if c.byKey[r.Key()] != r {
				c.cannotRead("Encounter") // two lists with one id: only the first is read
				continue
			}
			l.undisclosed = r.Undisclosed()
			c.lists[r.Key()] = &l
		}
	}
	return c.lists
}

func (c *chart) readConsultations() {
	roots := map[string][]*list{} // by encounter
	lists := c.consultationLists()
	for _, r := range c.resources {
		l := lists[r.Key()]
		if l == nil || c.byKey[r.Key()] != r || l.Code.First() != consultationList || c.hidden[r.Key()] {
			continue
		}
		held := c.keyOf(l.Encounter)
		roots[held] = append(roots[held], l)
		if l.Status != mistake && c.byKey[held] == nil && !c.hidden[held] && !c.mayBeKeptBack(fetch.Consultations) {
			c.cannotRead("Encounter") // the encounter did not come
		}
	}
	loose := c.looseNotes()
	for _, r := range c.resources {
		if r.Type == "Encounter" && !c.hidden[r.Key()] {
			c.readConsultation(r, roots[r.Key()], loose[r.Key()])
		}
	}
}

// looseNotes returns, by the key of an encounter, the keys of the notes that name it and are in no
// consultation's list.
func (c *chart) looseNotes() map[string][]string {
	loose := map[string][]string{}
	for _, r := range c.resources {
		if r.Type != "Observation" || c.listed()[r.Key()] || !bytes.Contains(r.Raw, []byte(noteCode)) {
			continue
		}
		x, ok := fhir.Decode[struct {
			Code    *fhir.Concept
			Context fhir.Reference
		}](r, c.cannotRead)
		if ok && x.Code.Has(commentNote) {
			encounter := c.keyOf(x.Context)
			loose[encounter] = append(loose[encounter], r.Key())
		}
	}
	return loose
}

func (c *chart) readConsultation(r *fhir.Resource, roots []*list, loose []string) {
	x, ok := fhir.Decode[encounter](r, c.cannotRead)
	if !ok || x.Status == mistake || x.Status == "cancelled" {
		return
	}
	w := sections{chart: c, seen: map[string]bool{}, passed: map[*list]bool{}}
	roots = w.standing(roots)
	item, e := c.item(fetch.Consultations, r.ID)
	k := record.Consultation{Item: item, Kind: kindOfConsultation(&x, roots), Medium: medium(x.Type), Reason: fhir.FirstOf(x.Reason), Clinician: c.who(x.in("PPRF")...)}
	k.HeldAt, k.HeldAtPrecision = e.Moment(x.Period.Start)
	k.EndedAt, k.EndedAtPrecision = e.Moment(x.Period.End)
	for _, l := range x.Location {
		if k.Location == "" {
			k.Location = record.Text(c.place(l.Location))
		}
	}
	for i, root := range roots {
		if i == 0 {
			e.recorded(&k.Item, root.Date, x.in("REC")...)
		}
		w.list(root, "", 0)
	}
	for _, key := range loose {
		w.entry(fhir.Reference{Reference: key}, "Notes")
	}
	w.close()
	if w.withheld > 0 && len(w.all) == 0 {
		return // everything in it must not be shown, so that it took place must not be shown either
	}
	k.Sections = append(c.undisclosed(r, roots), w.all...)
	put(c, &c.consultations, k, e)
}

// undisclosed returns a first section that warns that a consultation must not be disclosed to the patient;
// nil if it may be.
func (c *chart) undisclosed(r *fhir.Resource, roots []*list) []record.ConsultationSection {
	said := r.Undisclosed()
	for _, root := range roots {
		said = firstOf(said, c.undisclosedList(root))
	}
	if said == "" {
		return nil
	}
	return []record.ConsultationSection{{Heading: "Notes", Text: record.Text(said)}}
}

func kindOfConsultation(x *encounter, roots []*list) record.Code {
	if len(x.Type) > 0 {
		if code, ok := x.Type[0].Record(); ok {
			return code
		}
	}
	for _, root := range roots {
		if root.Title != "" {
			return record.Code{Display: root.Title}
		}
	}
	return record.Code{Display: "Consultation"}
}

// in returns the participants with a role (HL7 v3 ParticipationType).
func (x *encounter) in(role string) []fhir.Reference {
	var refs []fhir.Reference
	for _, p := range x.Participant {
		for i := range p.Type {
			if p.Type[i].First() == role {
				refs = append(refs, p.Individual)
			}
		}
	}
	return refs
}

// medium returns how the person was seen, if the type of the consultation says so.
func medium(types []fhir.Concept) record.ContactMedium {
	if len(types) == 0 {
		return record.ContactMediumUnknown
	}
	said := strings.ToLower(types[0].Words())
	for _, m := range []struct {
		word   string
		medium record.ContactMedium
	}{
		{"telephone", record.ContactMediumTelephone}, {"video", record.ContactMediumVideo}, {"email", record.ContactMediumEmail}, {"e-mail", record.ContactMediumEmail},
		{"sms", record.ContactMediumSms}, {"text message", record.ContactMediumSms}, {"face to face", record.ContactMediumFaceToFace}, {"home visit", record.ContactMediumFaceToFace},
	} {
		if strings.Contains(said, m.word) {
			return m.medium
		}
	}
	return record.ContactMediumUnknown
}
