package resolvers

import (
	"context"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// hospitals are the sectors whose stays end in a discharge.
var hospitals = []record.Sector{record.Acute, record.MentalHealth}

// discharges is the want for ended stays that accompanies a want for medicines. A source knows only its own discharges,
// but a medicine supplied at one is past once another hospital has discharged the patient later. The end of a day case or
// of dialysis is no such discharge, unless something is supplied at it.
func discharges(w want) want {
	return want{part: part{w.part.class, fetch.Stays, intersect(hospitals, w.sectors)}, class: w.class, filter: fetch.Filter{Status: "ENDED", Brief: true}}
}

// inUse is the want for medicines in use that accompanies a want for past ones.
func inUse(w want) want {
	w.filter.Status, w.places = "CURRENT", [2]int{}
	return w
}

// besideMedicines are the wants that accompany a want for medicines, to find every hospital's latest discharge.
func besideMedicines(w want) []want {
	switch w.filter.Status {
	case "CURRENT":
		return []want{discharges(w)}
	case "PAST":
		return []want{discharges(w), inUse(w)}
	}
	return nil
}

// medicines answers Patient.medications.
func medicines(ctx context.Context, patient *record.Patient) (*record.MedicationList, error) {
	var g gathering[*record.Medication]
	g.gather(ctx, patient, typed[record.Medication, *record.Medication]{})
	if g.permitted && g.planned != nil {
		settle(ctx, &g, g.planned.wants[0])
	}
	g.sort(newestFirst)
	return &record.MedicationList{Status: g.status(), Nodes: g.items, NoneKnownBy: g.noneKnownBy}, nil
}

// settle moves medicines that a later discharge elsewhere has made past: out of a list of those in use, into a list of
// past ones.
func settle(ctx context.Context, g *gathering[*record.Medication], w want) {
	beside := besideMedicines(w)
	if len(beside) == 0 {
		return
	}
	used := g.items // the medicines in use
	if w.filter.Status != "CURRENT" {
		used = showableOf[record.Medication](ctx, g, inUse(w))
	}
	var latest record.Date
	for _, x := range used {
		if !x.DischargedAt.After(g.request.now) { // a discharge still to come makes nothing past
			latest = max(latest, suppliedOn(x))
		}
	}
	for _, stay := range showableOf[record.Stay](ctx, g, beside[0]) {
		if !stay.Session() && !stay.DischargedAt.IsZero() && !stay.DischargedAt.After(g.request.now) {
			latest = max(latest, record.Today(stay.DischargedAt.Time))
		}
	}
	past := func(x *record.Medication) bool { return latest != "" && x.SuppliedBefore(latest.Midnight()) }
	if w.filter.Status == "CURRENT" {
		g.items = slices.DeleteFunc(g.items, past)
		return
	}
	for _, x := range used {
		if past(x) {
			g.items = append(g.items, x)
		}
	}
}

// suppliedOn is the day of the discharge at which a medicine was supplied; "" if it was not supplied at one, or the day
// is unknown.
func suppliedOn(x *record.Medication) record.Date {
	if x.Kind != record.MedicationKindDischarge || x.DischargedAt.IsZero() {
		return ""
	}
	return record.Today(x.DischargedAt.Time)
}

// showableOf returns the entries that may be shown of those that the sources gave for an accompanying want. A source
// that did not answer it leaves a gap in the list.
func showableOf[T any, P pointer[T], I any](ctx context.Context, g *gathering[I], w want) []P {
	var found []P
	q := g.request
	for _, sector := range w.sectors {
		asked := q.asked(&w, sector) // negative if it was not planned; then nobody answered it either
		subject := g.subject(asked)
		for _, i := range q.root.bySector[sector] {
			answer, answered := q.answer(i, asked)
			if load := q.loads[i]; load != nil && load.err != nil {
				answer.Err = load.err
			} else if !answered { // a source may hold what it does not publish
				answer.Err = record.ErrUnavailable
			}
			if g.failed(i, answer, subject) {
				continue
			}
			g.unreadable(i, answer, subject)
			if answer.Truncated != nil && subject >= 0 && answer.Truncated[subject] {
				g.sourceGap(i, record.Truncated)
			}
			rows, l := fetch.RowsOf[T](answer).Of(subject), q.lookAt(answer)
			for r := range rows {
				if x := P(&rows[r]); q.showable(ctx, l, x, g.grant) {
					found = append(found, x)
				}
			}
			l.end()
		}
	}
	return found
}
