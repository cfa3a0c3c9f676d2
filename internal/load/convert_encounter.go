package load

import (
	"slices"
	"strings"
	"time"

	"carerecord/internal/record"
)

// encounter becomes a stay, an attendance, a consultation, a care contact, a
// social care assessment or, while it is only planned, an appointment.
func (c *conversion) encounter(r *encounter) {
	if r.Status == "cancelled" {
		c.tally.left("Encounter", "cancelled")
		return
	}
	start, end := c.stamp("Encounter", r.Period.Start), c.stamp("Encounter", r.Period.End)
	refs := slices.Clone(r.ReasonReference)
	for _, d := range r.Diagnosis {
		refs = append(refs, d.Condition)
	}
	reasons := c.reasons(r.ReasonCode, refs)
	kind := codeable{}
	if len(r.Type) > 0 {
		kind = r.Type[0]
	}
	if kind.empty() {
		kind = codeable{Coding: []coding{r.Class}}
	}
	links := codings(reasons)
	adult := c.isAdult(start)
	sector := sectorOf(entry{Type: "Encounter", Code: kind, Class: r.Class.Code, Reasons: links, Adult: adult})
	p := &place{sector: sector, id: r.ID, links: links, started: start, ended: end}
	bed := stayClasses[r.Class.Code] || kind.has(stayTypes)
	p.source = c.encounterSource(sector, r, kind, bed, start, adult)
	p.table = tableOf(sector, bed)
	if r.Status == "planned" {
		p.table = "appointment"
	}
	v := c.base(item{head: &r.head, mistaken: r.Status == mistake}, p.source, links)
	p.id = c.fillEncounter(p, v, r, kind, reasons)
	for _, k := range keysOf("Encounter", r.ID, r.fullURL, nil) {
		c.places[k] = p
	}
	c.visits = append(c.visits, p)
	c.touch(p)
	c.tally.loaded("Encounter")
}

func (c *conversion) encounterSource(sector record.Sector, r *encounter, kind codeable, bed bool, start stamp, adult bool) Source {
	switch sector {
	case record.Acute:
		foreign := r.ServiceProvider.Reference + r.ServiceProvider.Identifier.Value
		orthopaedic := bed && strings.Contains(strings.ToLower(kind.display()), "orthopedic")
		return c.home.hospital(foreign, orthopaedic, bed && !adult)
	case record.SocialCare:
		return c.home.Council
	case record.MentalHealth:
		return c.home.mentalHealth(c.number, !adult)
	}
	return c.home.Host
}

func tableOf(sector record.Sector, bed bool) string {
	switch {
	case sector == record.SocialCare:
		return "social_care_assessment"
	case sector == record.GP:
		return "consultation"
	case bed:
		return "stay"
	case sector == record.MentalHealth:
		return "care_contact"
	}
	return "attendance"
}

func (c *conversion) fillEncounter(p *place, v columns, r *encounter, kind codeable, reasons []codeable) string {
	clinician := make([]reference, len(r.Participant))
	for i, who := range r.Participant {
		clinician[i] = who.Individual
	}
	switch p.table {
	case "stay":
		v.at("admitted_at", p.started)
		v.at("discharged_at", p.ended)
		v.code("admission_source", r.Hospitalization.AdmitSource)
		v.code("discharge_destination", r.Hospitalization.DischargeDisposition)
		if len(reasons) == 0 {
			reasons = []codeable{kind} // "Admission to surgical department", "Drug rehabilitation" …
		}
		v.first("reason", reasons)
		c.who(v, "consultant", clinician...)
	case "attendance":
		v.code("kind", kind)
		v.at("arrived_at", p.started)
		v.at("departed_at", p.ended)
		v.first("complaint", reasons)
		v.code("discharge_destination", r.Hospitalization.DischargeDisposition)
		c.who(v, "clinician", clinician...)
	case "consultation":
		v.code("kind", kind)
		v.at("held_at", p.started)
		v.at("ended_at", p.ended)
		v["medium"] = medium(r.Class.Code, kind)
		v.first("reason", reasons)
		c.who(v, "clinician", clinician...)
		if r.Class.Code == "HH" {
			v["location"] = "Home"
		}
	case "care_contact":
		v.code("kind", kind)
		v.at("at", p.started)
		if !p.ended.zero() && !p.started.zero() && !p.ended.day {
			v["duration_minutes"] = int(p.ended.at.Sub(p.started.at) / time.Minute)
		}
		v["medium"] = medium(r.Class.Code, kind)
		v.first("reason", reasons)
		c.who(v, "clinician", clinician...)
	case "social_care_assessment":
		v.code("kind", kind)
		v.on("started_on", p.started)
		v.on("ended_on", p.ended)
		v["status"] = mapped(careStatus, r.Status)
		c.who(v, "assessor", clinician...)
		v.at("recorded_at", p.started)
		v.text("summary", words(reasons))
	case "appointment":
		v.code("kind", kind)
		v.at("starts_at", p.started)
		if !p.ended.zero() && !p.started.zero() && !p.ended.day {
			v["duration_minutes"] = int(p.ended.at.Sub(p.started.at) / time.Minute)
		}
		v["status"], v["medium"] = "BOOKED", medium(r.Class.Code, kind)
		v.first("reason", reasons)
		c.who(v, "clinician", clinician...)
	}
	id := c.emit("encounter", p.source, p.table, v)
	if p.table == "consultation" {
		c.moreReasons(p, id, reasons)
	}
	return id
}

// moreReasons keeps the second and later reasons of a consultation.
func (c *conversion) moreReasons(p *place, id string, reasons []codeable) {
	for i := 1; i < len(reasons); i++ {
		v := columns{"heading": "Reason"}
		v.code("entry", reasons[i])
		c.child(p.source, "consultation_section", id, i, v)
	}
}

func medium(class string, kind codeable) string {
	switch {
	case kind.has(telephone):
		return "TELEPHONE"
	case kind.has(video):
		return "VIDEO"
	case class == "VR":
		return "UNKNOWN"
	}
	return "FACE_TO_FACE"
}

var (
	telephone = set("185317003") // Telephone encounter
	video     = set("448337001") // Telemedicine consultation with patient
)

// findings writes the diagnoses and procedures of stays and the diagnoses of
// attendances: those recorded at the encounter, in the order they came.
func (c *conversion) findings() {
	for _, p := range c.visits {
		switch p.table {
		case "stay":
			c.findingsOf(p, "diagnosis")
			c.findingsOf(p, "procedure")
		case "attendance":
			c.findingsOf(p, "diagnosis")
		}
	}
}

func (c *conversion) findingsOf(p *place, what string) {
	rank := 0
	for _, f := range c.found[p] {
		if f.what != what {
			continue
		}
		rank++
		v := columns{"rank": rank}
		v.code(what, f.code)
		if what == "procedure" {
			v.on("performed_on", f.on)
		}
		c.child(p.source, p.table+"_"+what, p.id, rank, v)
	}
}

// find notes a diagnosis or procedure for the encounter it was recorded at.
func (c *conversion) find(encounter reference, f finding) {
	if p := c.place(encounter); p != nil {
		c.found[p] = append(c.found[p], f)
	}
}
