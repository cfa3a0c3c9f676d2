package sample

import (
	"fmt"
	"hash/fnv"
	"maps"
	"strings"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// The sources the sample writes to. The others of load.Sources hold what Synthea's people bring.
var (
	demographics   = load.DemographicsSource
	practiceHost   = load.EMISHost
	royalFree      = load.Source{Sector: record.Acute, ODS: "RAL"}
	collegeLondon  = load.Source{Sector: record.Acute, ODS: "RRV"}
	whittington    = load.Source{Sector: record.Acute, ODS: "RKE"}
	northLondon    = load.Source{Sector: record.MentalHealth, ODS: "G6V2S"}
	tavistock      = load.Source{Sector: record.MentalHealth, ODS: "RNK"}
	barnet         = load.Source{Sector: record.SocialCare, ODS: "X1BAR"}
	haringey       = load.Source{Sector: record.SocialCare, ODS: "X1HAR"}
	kestrelRoad    = "F83999" // the demo practice, in Barnet
	alexandraGrove = "F85902" // in Haringey
)

// cells are the columns of a row before they are spelled out: a coding stands
// for three columns, a staff for name and role, an org for code and name.
type cells map[string]any

// coding is a concept in a code system.
type coding struct{ System, Code, Display string }

// staff is a professional.
type staff struct{ Name, Role string }

// org is an organisation by its ODS code.
type org string

// dayOnly is a moment of which only the day is known.
type dayOnly struct{ day }

// A folder is a person's record while it is put together.
type folder struct {
	*load.Person
	today  day
	key    string // begins the ids of the entries, so that no two people share one
	serial map[string]int
	added  []entry
}

type entry struct {
	source   load.Source
	relation string
	columns  map[string]any
}

func open(p *load.Person, today time.Time) *folder {
	h := fnv.New32a()
	h.Write([]byte(p.Number))
	if p.Rows == nil {
		p.Rows = map[load.Source][]load.Row{}
	}
	f := &folder{Person: p, today: dayOf(today), key: fmt.Sprintf("%08x", h.Sum32()), serial: map[string]int{}}
	for _, row := range p.Rows[demographics] {
		if row.Relation == "telecom" {
			f.serial["telecom"]++ // whose place is its key
		}
	}
	return f
}

// on is the day some years, months and days from today; the past is negative.
func (f *folder) on(years, months, days int) day {
	return day{f.today.AddDate(years, months, days)}
}

// in is the working day some days from today.
func (f *folder) in(days int) day { return f.on(0, 0, days).working() }

// put adds an entry to a source and returns its id. What every entry has is
// filled in: where it comes from, when it was recorded, what it hangs on.
func (f *folder) put(source load.Source, relation string, c cells) string {
	columns := map[string]any{"source_system": systemOf(source)}
	if relation != "list_note" {
		columns["confidential"], columns["entered_in_error"] = false, false
	}
	if source != demographics {
		ods := source.ODS
		if source.Sector == record.GP {
			ods = f.Practice
		}
		columns["organisation_ods"], columns["organisation_name"] = ods, load.OrganisationName(ods)
	}
	f.serial[relation]++
	id := fmt.Sprintf("%s-%s-%d", f.key, strings.ReplaceAll(relation, "_", "-"), f.serial[relation])
	columns["id"] = id
	c.spell(columns)
	f.recorded(columns)
	from(columns)
	f.emit(source, relation, columns)
	return columns["id"].(string)
}

// enclose adds columns to an entry that was put before.
func (f *folder) enclose(relation, id string, more map[string]any) {
	for _, e := range f.added {
		if e.relation == relation && e.columns["id"] == id {
			maps.Copy(e.columns, more)
		}
	}
}

// part adds a row that belongs to another.
func (f *folder) part(source load.Source, relation, parent string, c cells) {
	f.serial[relation+parent]++
	columns := map[string]any{"parent_id": parent, "position": f.serial[relation+parent]}
	c.spell(columns)
	f.emit(source, relation, columns)
}

func (f *folder) emit(source load.Source, relation string, columns map[string]any) {
	columns["nhs_number"] = string(f.Number)
	f.Rows[source] = append(f.Rows[source], load.Row{Relation: relation, Columns: columns})
	f.added = append(f.added, entry{source, relation, columns})
}

func (c cells) spell(columns map[string]any) {
	for name, value := range c {
		switch v := value.(type) {
		case nil:
		case coding:
			spellCoding(columns, name, v)
		case staff:
			columns[name+"_name"], columns[name+"_role"] = v.Name, v.Role
		case org:
			columns[name+"_ods"], columns[name+"_name"] = string(v), load.OrganisationName(string(v))
		case day:
			columns[name] = v.String()
		case dayOnly:
			columns[name], columns[name+"_day_only"] = v.Time, true
		default:
			columns[name] = v
		}
	}
}

func spellCoding(columns map[string]any, name string, v coding) {
	if v.System != "" {
		columns[name+"_system"] = v.System
	}
	if v.Code != "" {
		columns[name+"_code"] = v.Code
	}
	columns[name+"_display"] = v.Display
}

// dated are the columns that say when an entry came about, the surest first.
var dated = []string{"recorded_on", "written_at", "issued_at", "taken_at", "held_at", "arrived_at", "admitted_at", "at", "started_at", "performed_at",
	"received_on", "referred_on", "given_on", "performed_on", "decided_on", "assessed_on", "raised_on", "supplied_on", "started_on", "since", "starts_at", "onset_on"}

// recorded gives an entry the day it was recorded on, where it does not say: the
// day it is about, or a fortnight ago where that is still to come.
func (f *folder) recorded(columns map[string]any) {
	if _, ok := columns["recorded_at"]; ok {
		return
	}
	for _, name := range dated {
		at, ok := momentOf(columns[name])
		if !ok {
			continue
		}
		if at.After(f.today.Time) {
			at = f.on(0, 0, -14).Time
		}
		columns["recorded_at"] = at
		if _, text := columns[name].(string); text {
			columns["recorded_at_day_only"] = true
		}
		return
	}
}

// momentOf is the first moment that a column's value can mean.
func momentOf(value any) (time.Time, bool) {
	switch v := value.(type) {
	case time.Time:
		return v, true
	case string:
		date, err := record.ParsePartialDate(v)
		if err != nil {
			return time.Time{}, false
		}
		return date.First().Midnight(), true
	}
	return time.Time{}, false
}

// from names the service an entry comes from, as the sources do, by what it says itself.
func from(columns map[string]any) {
	if code, ok := columns["specialty_code"]; ok && columns["specialty_key"] == nil {
		columns["specialty_key"] = code
	}
	for _, name := range []string{"clinic", "ward", "department", "team"} {
		if words, ok := columns[name]; ok && columns["service_name"] == nil {
			columns["service_name"] = words
		}
	}
}

// systemOf names the system a source's entries are recorded in.
func systemOf(s load.Source) string {
	switch s {
	case load.EMISHost:
		return "EMIS-style host"
	case load.TPPHost:
		return "TPP-style host"
	}
	switch s.Sector {
	case record.Acute:
		return "Hospital electronic patient record"
	case record.MentalHealth:
		return "Mental health electronic patient record"
	case record.SocialCare:
		return "Adult social care case system"
	}
	return "Demographics service"
}
