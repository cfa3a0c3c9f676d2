package sample

import (
	"cmp"
	"slices"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// close writes the care relationships that follow from what was added.
func (f *folder) close() {
	for _, e := range f.added {
		if r, ok := f.relation(e); ok {
			f.Relations = append(f.Relations, r)
		}
	}
	f.Relations = distinct(f.Relations)
}

// relation is the care relationship that an entry stands for, if it does.
func (f *folder) relation(e entry) (load.Relation, bool) {
	switch e.relation {
	case "stay":
		return spell("STAY", e.source.ODS, e.columns["admitted_at"], e.columns["discharged_at"])
	case "appointment", "attendance":
		at := cmp.Or(timeOf(e.columns["starts_at"]), timeOf(e.columns["arrived_at"]))
		seen := e.source.Sector != record.GP && e.columns["status"] != "CANCELLED"
		return load.Relation{ODS: e.source.ODS, Kind: "APPOINTMENT", Started: at}, seen && !at.IsZero()
	case "allocated_worker":
		return spell("ALLOCATED_WORKER", e.source.ODS, e.columns["started_on"], e.columns["ended_on"])
	case "referral":
		return f.referral(e)
	}
	return load.Relation{}, false
}

// referral is with the organisation it went to, touched when that last saw the person.
func (f *folder) referral(e entry) (load.Relation, bool) {
	if e.columns["status"] == "REJECTED" || e.columns["status"] == "CANCELLED" {
		return load.Relation{}, false
	}
	ods := e.source.ODS
	if to, ok := e.columns["to_party_ods"].(string); ok {
		ods = to
	}
	r, ok := spell("REFERRAL", ods, cmp.Or(e.columns["received_on"], e.columns["referred_on"]), e.columns["ended_on"])
	r.Touched = f.touched(ods, r.Started)
	return r, ok
}

func (f *folder) touched(ods string, from time.Time) time.Time {
	last := from
	for _, e := range f.added {
		if e.source.ODS != ods {
			continue
		}
		for _, name := range []string{"at", "starts_at", "arrived_at", "admitted_at"} {
			if at := timeOf(e.columns[name]); at.After(last) && at.Before(f.today.plus(1).Time) {
				last = at
			}
		}
	}
	return last
}

// spell is a relationship from one column's time to another's.
func spell(kind, ods string, started, ended any) (load.Relation, bool) {
	from, ok := momentOf(started)
	to, _ := momentOf(ended)
	return load.Relation{ODS: ods, Kind: kind, Started: from, Ended: to}, ok
}

func timeOf(value any) time.Time {
	at, _ := value.(time.Time)
	return at
}

// distinct keeps one of the relationships of a kind with an organisation that begin together: the one that ends last.
func distinct(list []load.Relation) []load.Relation {
	slices.SortStableFunc(list, func(a, b load.Relation) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ODS, b.ODS), a.Started.Compare(b.Started), endOf(b).Compare(endOf(a)), b.Touched.Compare(a.Touched))
	})
	return slices.CompactFunc(list, func(a, b load.Relation) bool {
		return a.Kind == b.Kind && a.ODS == b.ODS && a.Started.Equal(b.Started)
	})
}

// endOf is when a relationship ends, far ahead while it goes on.
func endOf(r load.Relation) time.Time {
	if r.Ended.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return r.Ended
}
