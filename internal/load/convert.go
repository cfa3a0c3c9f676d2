package load

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// conversion turns one dossier into rows.
type conversion struct {
	*dossier
	number record.NHSNumber
	home   Home
	shift  int         // days by which all dates are moved
	adult  record.Date // the 18th birthday; "" where the birth date is not known
	today  record.Date
	person Person

	places    map[string]*place    // encounters by reference
	diagnoses map[string]codeable  // conditions by reference
	visits    []*place             // encounters in order
	found     map[*place][]finding // conditions and procedures by encounter
	goalAt    map[string]*goal
	teamAt    map[string]string  // names of care teams by reference
	reportsOf map[string][]title // reports of each result
	rowIDs    map[string]int     // relation and id, to keep ids unique
	touched   map[string]span    // referrals and allocations by organisation
	standing
	telling
}

// place is where an encounter went.
type place struct {
	sector  record.Sector
	source  Source
	table   string // stay, attendance …
	id      string
	row     columns
	started stamp
	ended   stamp

	mistaken bool        // entered in error: it tells nothing and hides nothing
	undated  bool        // a stay that is over and does not say when: it stands in no list
	listed   []reference // its diagnoses, as it ranks them itself
	links    []coding    // its reasons
	hangs    []coding    // its main diagnosis and procedure, which hide what happened at it as they do itself
	words    []string    // all of these in words, and the service it was at
	function string      // the treatment function of that service
}

type finding struct {
	what  string // diagnosis, procedure
	code  codeable
	on    stamp
	shown bool // it may be told of
}

// title is what a result tells of a report that it belongs to.
type title struct {
	source    Source
	id, title string
	told      []fhir.Telling
}

type span struct{ from, to time.Time }

// convert makes a person of a dossier: every entry becomes rows of exactly one
// source, or is counted as left.
func (d *dossier) convert(number record.NHSNumber, shift int, today record.Date) Person {
	c := &conversion{dossier: d, number: number, home: HomeOf(number), shift: shift, today: today,
		places: map[string]*place{}, diagnoses: map[string]codeable{}, found: map[*place][]finding{},
		goalAt: map[string]*goal{}, teamAt: map[string]string{}, reportsOf: map[string][]title{},
		rowIDs: map[string]int{}, touched: map[string]span{}}
	c.person = Person{Number: number, Rows: map[Source][]Row{}, Practice: c.home.Practice}
	c.standing, c.telling = d.stand(), d.tell()
	c.patientRow()
	c.index()
	each(c.encounters, c.encounter)
	c.findings()
	each(c.conditions, c.condition)
	each(c.procedures, c.procedure)
	each(c.reports, c.report)
	each(c.observations, c.observation)
	each(c.medications, c.medication)
	each(c.allergies, c.allergy)
	each(c.immunizations, c.immunization)
	each(c.carePlans, c.carePlan)
	each(c.careTeams, c.careTeam)
	each(c.imaging, c.imagingStudy)
	each(c.devices, c.device)
	each(c.documents, c.document)
	each(c.appointments, c.appointment)
	each(c.requests, c.referral)
	each(c.flags, c.alert)
	each(c.related, c.contact)
	c.lonelyGoals()
	c.relate()
	c.person.Tally = c.tally
	return c.person
}

func each[T any](list []T, f func(*T)) {
	for i := range list {
		f(&list[i])
	}
}

// index makes what others refer to findable before anything is converted.
func (c *conversion) index() {
	for i := range c.conditions {
		r := &c.conditions[i]
		for _, k := range r.keys() {
			c.diagnoses[k] = r.Code
		}
	}
	for i := range c.goals {
		r := &c.goals[i]
		for _, k := range r.keys() {
			c.goalAt[k] = r
		}
	}
	for i := range c.careTeams {
		r := &c.careTeams[i]
		name := r.Name
		if name == "" {
			name = words(r.Category)
		}
		for _, k := range r.keys() {
			c.teamAt[k] = name
		}
	}
}

// stamp reads a date and moves it. One that cannot be read is counted: the entry
// is loaded without it.
func (c *conversion) stamp(kind string, texts ...string) stamp {
	for _, text := range texts {
		if text == "" {
			continue
		}
		s, ok := parseStamp(text, c.shift)
		if ok {
			return s
		}
		c.tally.left(kind, "a date that cannot be read (the entry is loaded without it)")
	}
	return stamp{}
}

// isAdult reports whether the person was 18 at a moment. An unknown age is no adult's.
func (c *conversion) isAdult(s stamp) bool {
	if c.adult == "" || s.zero() {
		return false
	}
	return record.PartialDate(s.on).First() >= c.adult
}

func (c *conversion) place(ref reference) *place {
	for _, k := range ref.lookups() {
		if p := c.places[k]; p != nil {
			return p
		}
	}
	return nil
}

// coded is what a reference points at, or says in words. What may not be told of says nothing.
func (c *conversion) coded(ref reference) (codeable, bool) {
	if c.withholds(ref) {
		return codeable{}, false
	}
	for _, k := range ref.lookups() {
		if code, ok := c.diagnoses[k]; ok {
			return code, true
		}
	}
	if ref.Display != "" {
		return codeable{Text: ref.Display}, true
	}
	return codeable{}, false
}

// reasons are the concepts an entry gives as its reason, in order.
func (c *conversion) reasons(codes []codeable, refs []reference) []codeable {
	list := slices.Clone(codes)
	for _, ref := range refs {
		if code, ok := c.coded(ref); ok {
			list = append(list, code)
		}
	}
	return list
}

// allWords are all words that concepts have.
func allWords(list ...codeable) (all []string) {
	for _, c := range list {
		for _, one := range c.Coding {
			all = append(all, one.Display)
		}
		all = append(all, c.Text)
	}
	return all
}

func codings(list []codeable) (all []coding) {
	for _, c := range list {
		all = append(all, c.Coding...)
	}
	return all
}

// item is an entry on its way to a row.
type item struct {
	kind      string // FHIR type
	head      *head
	code      codeable
	category  string
	reasons   []codeable
	encounter reference
	when      stamp // when it happened: whether the person was an adult
	ended     bool
	mistaken  bool // entered in error
}

// put divides an entry: the source it goes to, and its columns with those filled
// that every row has.
func (c *conversion) put(it item) (Source, record.Sector, columns) {
	p := c.place(it.encounter)
	sector, links := c.divide(it, p)
	source := c.source(sector, p, it.when)
	v := c.base(it, source, links)
	if p != nil && !p.mistaken {
		v.link(p.hangs...)
		v.also(p.words...)
		v.text("specialty_key", p.function)
	}
	return source, sector, v
}

// divide is the sector of an entry, and the codes of its reasons and its encounter's.
func (c *conversion) divide(it item, p *place) (record.Sector, []coding) {
	links := codings(it.reasons)
	e := entry{Type: it.kind, Code: it.code, Category: it.category, Ended: it.ended, Adult: c.isAdult(it.when)}
	if p != nil {
		e.Encounter = p.sector
		if !p.mistaken {
			links = append(links, p.links...)
		}
	}
	e.Reasons = links
	return sectorOf(e), links
}

// source is the source of a sector that holds an entry of the person.
func (c *conversion) source(sector record.Sector, p *place, when stamp) Source {
	if p != nil && p.source.Sector == sector {
		return p.source
	}
	switch sector {
	case record.Acute:
		return c.home.hospital("", false, false)
	case record.MentalHealth:
		return c.home.mentalHealth(c.number, !c.isAdult(when))
	case record.SocialCare:
		return c.home.Council
	}
	return c.home.Host
}

func (c *conversion) base(it item, source Source, links []coding) columns {
	// Most rows have about two dozen values; growing a map is what takes time.
	v := make(columns, 28)
	v["nhs_number"] = string(c.number)
	v["id"] = it.head.ID
	v["source_system"] = sourceSystem(source)
	ods := source.ODS
	if source.Sector == record.GP {
		ods = c.home.Practice
	}
	v["organisation_ods"] = ods
	v.text("organisation_name", OrganisationName(ods))
	v[toldBy] = c.all(it.head)
	v["confidential"] = it.head.confidential()
	v["entered_in_error"] = it.mistaken
	v.link(links...)
	return v
}

// emit stores a row of an entry. An entry without an id gets one of its place in
// the file, and of two different ones with one id the later gets another.
func (c *conversion) emit(kind string, source Source, relation string, v columns) string {
	v.keepTold()
	id, _ := v["id"].(string)
	if id == "" {
		id = kind
	}
	key := string(source.Sector) + source.ODS + relation + id
	c.rowIDs[key]++
	if n := c.rowIDs[key]; n > 1 {
		id += "." + strconv.Itoa(n)
	}
	v["id"] = id
	c.person.Rows[source] = append(c.person.Rows[source], Row{relation, v})
	return id
}

// child stores a row that belongs to another.
func (c *conversion) child(source Source, relation, parent string, position int, v columns) {
	c.raise(source, relation, parent, v)
	v["nhs_number"] = string(c.number)
	v["parent_id"] = parent
	v["position"] = position
	c.person.Rows[source] = append(c.person.Rows[source], Row{relation, v})
}

// raise gives what would hide a part, and has no column there, to the row that it is a part of.
func (c *conversion) raise(source Source, relation, parent string, v columns) {
	codes, _ := v["linked_codes"].([]string)
	words, _ := v["service_name"].(string)
	delete(v, "linked_codes")
	delete(v, "service_name")
	if len(codes) == 0 && words == "" {
		return
	}
	for _, row := range slices.Backward(c.person.Rows[source]) { // its parts follow it
		if row.Columns["id"] == parent && strings.HasPrefix(relation, row.Relation+"_") {
			whole := columns(row.Columns)
			whole.linked(codes...)
			whole.also(words)
			return
		}
	}
}

// nameOf is the name of who or what a reference points at, and the role if known.
func (c *conversion) nameOf(ref reference) (name, role string) {
	name, role = c.names.find(ref)
	if ref.Display != "" {
		name = ref.Display
	}
	return name, role
}

func (c *conversion) who(v columns, prefix string, refs ...reference) {
	for _, ref := range refs {
		if name, role := c.nameOf(ref); name != "" {
			v[prefix+"_name"] = name
			v.text(prefix+"_role", role)
			return
		}
	}
}

// careStatus maps FHIR's status of plans, procedures and events (and goals).
var careStatus = map[string]string{
	"draft": "PLANNED", "proposed": "PLANNED", "planned": "PLANNED", "preparation": "PLANNED", "accepted": "PLANNED",
	"not-started": "PLANNED", "scheduled": "PLANNED",
	"active": "IN_PROGRESS", "in-progress": "IN_PROGRESS",
	"on-hold": "ON_HOLD", "suspended": "ON_HOLD",
	"completed": "COMPLETED", "finished": "COMPLETED", "inactive": "COMPLETED",
	"stopped": "STOPPED", "revoked": "STOPPED",
	"cancelled": "CANCELLED", "rejected": "REJECTED", "not-done": "NOT_DONE",
}

func mapped(table map[string]string, code string) string {
	if v, ok := table[code]; ok {
		return v
	}
	return "UNKNOWN"
}

// firstCode is the first code of a concept.
func firstCode(c codeable) string {
	if len(c.Coding) == 0 {
		return ""
	}
	return c.Coding[0].Code
}

const mistake = "entered-in-error"

func upper(s string) string { return strings.ToUpper(s) }
