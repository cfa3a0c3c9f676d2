package load

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"carerecord/internal/record"
)

// touch notes what an encounter says of who cares for the person.
func (c *conversion) touch(p *place) {
	if p.started.zero() {
		return
	}
	switch p.table {
	case "stay":
		stay := Relation{ODS: p.source.ODS, Kind: "STAY", Started: p.started.at, Ended: p.ended.at}
		if p.undated { // a relationship without an end goes on
			stay.Ended = stay.Started
		}
		c.person.Relations = append(c.person.Relations, stay)
	case "attendance", "appointment":
		if p.source.Sector != record.GP {
			c.person.Relations = append(c.person.Relations, Relation{ODS: p.source.ODS, Kind: "APPOINTMENT", Started: p.started.at})
		}
	}
	if p.source.Sector == record.MentalHealth || p.source.Sector == record.SocialCare {
		c.reach(p.source.ODS, p.started.at)
	}
}

// reached is reach, unless the entry is a mistake: it tells of no contact.
func (c *conversion) reached(source Source, v columns, s stamp) {
	if v["entered_in_error"] != true {
		c.reach(source.ODS, s.at)
	}
}

// reach widens the time an organisation was in touch with the person.
func (c *conversion) reach(ods string, at time.Time) {
	s, ok := c.touched[ods]
	if !ok {
		s = span{at, at}
	}
	if at.Before(s.from) {
		s.from = at
	}
	if at.After(s.to) {
		s.to = at
	}
	c.touched[ods] = s
}

// relate writes the care relationships that follow from the record: the practice
// from birth, a referral to each mental health trust, touched at the last contact,
// and a council's worker until a year after its last visit.
func (c *conversion) relate() {
	born := c.person.Born.First()
	if born == "" {
		born = "1900-01-01" // not recorded, and the relationship must have begun
	}
	c.person.Relations = append(c.person.Relations, Relation{ODS: c.home.Practice, Kind: "REGISTERED_PRACTICE", Started: born.Midnight()})
	for _, ods := range slices.Sorted(maps.Keys(c.touched)) {
		s := c.touched[ods]
		r := Relation{ODS: ods, Kind: "REFERRAL", Started: s.from, Touched: s.to}
		if ods == c.home.Council.ODS {
			r = Relation{ODS: ods, Kind: "ALLOCATED_WORKER", Started: s.from, Ended: s.to.AddDate(1, 0, 0)}
		}
		c.person.Relations = append(c.person.Relations, r)
	}
	c.person.Relations = distinct(c.person.Relations)
	c.person.Hospital = c.lastHospital()
}

// distinct drops relations with the same organisation, kind and start but the one that ends last.
func distinct(list []Relation) []Relation {
	slices.SortFunc(list, func(a, b Relation) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ODS, b.ODS), a.Started.Compare(b.Started), b.Ended.Compare(a.Ended))
	})
	return slices.CompactFunc(list, func(a, b Relation) bool {
		return a.Kind == b.Kind && a.ODS == b.ODS && a.Started.Equal(b.Started)
	})
}

// lastHospital is the trust that saw the person last, else the one the borough's people go to.
func (c *conversion) lastHospital() string {
	ods, last := c.home.borough.Hospitals[0], time.Time{}
	for _, p := range c.visits {
		if p.sector == record.Acute && p.started.at.After(last) {
			ods, last = p.source.ODS, p.started.at
		}
	}
	return ods
}
