package load

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"carerecord/internal/fhir"
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
	listed := r.ranked()
	refs := append(slices.Clone(r.ReasonReference), listed...)
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
	p := &place{sector: sector, id: r.ID, started: start, ended: end, mistaken: isMistake(r.Status), listed: listed, links: links,
		words: append(allWords(reasons...), allWords(r.ServiceType)...), function: treatmentFunction(r.ServiceType).Code}
	bed := stayClasses[r.Class.Code] || kind.has(stayTypes)
	p.source = c.encounterSource(sector, r, kind, bed, start, adult)
	p.table = tableOf(sector, bed)
	if r.Status == "planned" {
		p.table = "appointment"
	}
	p.undated = p.table == "stay" && r.Status == "finished" && end.zero()
	p.row = c.base(item{head: &r.head, mistaken: p.mistaken}, p.source, links)
	c.service(p, r.ServiceType)
	p.row.hang(r.Type[min(1, len(r.Type)):]...)
	for _, k := range r.keys() {
		c.places[k] = p
	}
	if p.undated { // without a status it would read as if it went on
		c.tally.left("Encounter", "is over and does not say when")
	} else {
		p.id = c.fillEncounter(p, p.row, r, kind, reasons)
		c.tally.loaded("Encounter")
	}
	if p.mistaken { // it tells of nobody who cares for the person
		return
	}
	c.visits = append(c.visits, p)
	c.touch(p)
}

// ranked are the diagnoses that an encounter lists, in the order of their ranks; those without one come last.
func (r *encounter) ranked() (refs []reference) {
	list := slices.Clone(r.Diagnosis)
	slices.SortStableFunc(list, func(a, b encounterDiagnosis) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, d := range list {
		refs = append(refs, d.Condition)
	}
	return refs
}

// service says at which service an encounter was. Its words are tried as those of a clinic are.
func (c *conversion) service(p *place, service codeable) {
	if service.empty() {
		return
	}
	function := treatmentFunction(service)
	p.row.text("specialty_key", function.Code)
	p.row.also(allWords(service)...)
	switch p.table {
	case "stay", "attendance", "appointment":
		if function.Code == "" {
			p.row.code("specialty", service)
			return
		}
		if function.Display == "" {
			function.Display = service.display()
		}
		p.row.coding("specialty", function)
		p.row.rest(service, function)
	default:
		p.row.hang(service)
	}
}

// treatmentFunction is the coding of a service that is a TREATMENT FUNCTION CODE of the NHS data dictionary: three signs, of no
// system that has others.
func treatmentFunction(service codeable) coding {
	for _, one := range service.Coding {
		one.Code = strings.TrimSpace(one.Code)
		if len(one.Code) == 3 && !slices.Contains(known, one.System) && !strings.HasPrefix(one.System, "http://terminology.hl7.org/") {
			return one
		}
	}
	return coding{}
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

// inCharge are those who have charge of an encounter, or had when it ended, who has most first.
func (c *conversion) inCharge(r *encounter, ended stamp) (refs []reference) {
	var list []participant
	for _, p := range r.Participant {
		if _, has := p.charge(); has && c.isThere(p.Period, ended) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b participant) int {
		i, _ := a.charge()
		j, _ := b.charge()
		return i - j
	})
	for _, p := range list {
		refs = append(refs, p.Individual)
	}
	return refs
}

// charge is how far somebody has charge of an encounter, the least first; false where they have none.
func (p *participant) charge() (rank int, has bool) {
	types := make([]fhir.Concept, len(p.Type))
	for i, said := range p.Type {
		for _, one := range said.Coding {
			types[i].Coding = append(types[i].Coding, fhir.Coding{System: one.System, Code: one.Code, Display: one.Display})
		}
	}
	return fhir.Charge(types)
}

// isThere reports whether somebody's part in an encounter is not over, or lasted until the day that this ended.
func (c *conversion) isThere(part period, ended stamp) bool {
	until := c.stamp("Encounter", part.End).on
	if until == "" {
		return true
	}
	last, day := record.PartialDate(until).Last(), c.today
	if ended.on != "" {
		day = min(day, record.PartialDate(ended.on).First())
	}
	return last >= day
}

func (c *conversion) fillEncounter(p *place, v columns, r *encounter, kind codeable, reasons []codeable) string {
	clinician := c.inCharge(r, p.ended)
	switch p.table {
	case "stay":
		if len(reasons) > 0 {
			v.hang(kind)
		}
		v.at("admitted_at", p.started)
		v.at("discharged_at", p.ended)
		v.masked("admission_source", r.Hospitalization.AdmitSource)
		v.masked("discharge_destination", r.Hospitalization.DischargeDisposition)
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
		v.masked("discharge_destination", r.Hospitalization.DischargeDisposition)
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
		v.hang(reasons...)
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
// attendances: those that the encounter lists, then those recorded at it, in the order they came.
func (c *conversion) findings() {
	listed := c.listed()
	for i := range c.conditions {
		r := &c.conditions[i]
		if p := c.place(r.Encounter); p != nil && !listed[p][r] {
			c.diagnosed(p, r)
		}
	}
	for i := range c.procedures {
		r := &c.procedures[i]
		began := c.quietly(r.PerformedDateTime, r.PerformedPeriod.Start)
		sector, _ := c.divide(item{kind: "Procedure", code: r.Code, encounter: r.Encounter, when: began}, c.place(r.Encounter))
		if !r.Code.empty() && sector != record.SocialCare && wasDone(r.Status) {
			c.find(c.place(r.Encounter), finding{"procedure", r.Code, began, !r.confidential()})
		}
	}
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

// wasDone reports whether a procedure of this status was done, or begun.
func wasDone(status string) bool {
	return !isMistake(status) && status != "not-done" && status != "preparation"
}

// quietly reads the first date that can be read, and counts none: whose it is reads it as well.
func (c *conversion) quietly(texts ...string) stamp {
	for _, text := range texts {
		if s, ok := parseStamp(text, c.shift); ok && !s.zero() {
			return s
		}
	}
	return stamp{}
}

// findingsOf writes what was found or done at an encounter. What comes first hides the encounter where it is never shown; so it
// does what happened there.
func (c *conversion) findingsOf(p *place, what string) {
	rank, main := 0, true
	for _, f := range c.found[p] {
		if f.what != what {
			continue
		}
		if main {
			p.hangs = append(p.hangs, f.code.Coding...)
			p.words = append(p.words, allWords(f.code)...)
			if !f.shown {
				p.row.hang(f.code)
			}
			main = false
		}
		if !f.shown || p.undated {
			continue
		}
		rank++
		v := columns{"rank": rank}
		v.mainCode(what, f.code)
		if what == "procedure" {
			v.on("performed_on", f.on.shown())
		}
		c.child(p.source, p.table+"_"+what, p.id, rank, v)
	}
}

// listed notes the diagnoses that encounters list, and says which conditions these are.
func (c *conversion) listed() map[*place]map[*condition]bool {
	byKey, all := map[string]*condition{}, map[*place]map[*condition]bool{}
	for i := range c.conditions {
		for _, k := range c.conditions[i].keys() {
			byKey[k] = &c.conditions[i]
		}
	}
	for _, p := range c.visits {
		for _, ref := range p.listed {
			var r *condition
			for _, k := range ref.lookups() {
				r = cmp.Or(r, byKey[k])
			}
			switch code, ok := c.coded(ref); {
			case r == nil && ok: // elsewhere: what it is stands in words
				c.find(p, finding{"diagnosis", code, stamp{}, true})
			case r != nil && !all[p][r]:
				if all[p] == nil {
					all[p] = map[*condition]bool{}
				}
				all[p][r] = true
				c.diagnosed(p, r)
			}
		}
	}
	return all
}

// diagnosed notes a condition for an encounter, unless it tells nothing.
func (c *conversion) diagnosed(p *place, r *condition) {
	if !r.Code.empty() && !r.VerificationStatus.says(mistake, "refuted") {
		c.find(p, finding{"diagnosis", r.Code, stamp{}, !r.confidential()})
	}
}

func (c *conversion) find(p *place, f finding) {
	if p != nil {
		c.found[p] = append(c.found[p], f)
	}
}
