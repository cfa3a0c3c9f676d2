package audit

import (
	"fmt"
	"strings"
	"time"

	"carerecord/internal/record"
)

// person counts the use of one person at one organisation, in order of time.
type person struct {
	filter *AlertFilter
	unit   string
	who    Who // as in their latest event
	alerts []Alert

	night, freeDay, workload period[string]
	patients                 period[record.NHSNumber]
	inADay, inAWeek, ofList  window[record.NHSNumber]
	failed                   window[int64]

	month  time.Time
	same   map[record.NHSNumber]*again // in the current month
	grants map[string]*Alert
}

// again is how often the same patient was asked for.
type again struct {
	requests int
	last     string
}

// person starts counting somebody's use at an organisation with so many patients.
func (f *AlertFilter) person(unit string, list int) *person {
	p := &person{filter: f, unit: unit, same: map[record.NHSNumber]*again{}, grants: map[string]*Alert{}}
	t := f.Thresholds
	p.night = period[string]{kind: OutOfHours, threshold: t.OutOfHours}
	p.freeDay = period[string]{kind: NonWorkingDay, threshold: t.NonWorkingDay}
	p.workload = period[string]{kind: RequestsInADay, threshold: t.RequestsInADay}
	p.patients = period[record.NHSNumber]{kind: PatientsInAMonth, threshold: t.PatientsInAMonth}
	p.inADay = window[record.NHSNumber]{kind: PatientsInADay, threshold: t.PatientsInADay, span: day}
	p.inAWeek = window[record.NHSNumber]{kind: PatientsInAWeek, threshold: t.PatientsInAWeek, span: week}
	p.ofList = window[record.NHSNumber]{kind: ShareOfList, threshold: share(t, list), span: week}
	p.failed = window[int64]{kind: FailedLookUps, threshold: t.FailedLookUps, span: hour}
	return p
}

// share returns how many patients of a list a person may be shown; -1 for no limit.
func share(t *Thresholds, list int) int {
	if t.ShareOfList < 0 || list < t.ShortestList {
		return -1
	}
	return list * t.ShareOfList / 100
}

func (p *person) add(l look) {
	p.who = Who{Subject: l.subject, Name: l.name, Role: l.role, Organisation: l.organisation}
	p.glass(l)
	if l.action == BreakGlass {
		return
	}
	if strings.TrimSpace(l.request) == "" {
		l.request = fmt.Sprint(l.sequence)
	}
	t, today := p.filter.Thresholds, midnight(l.at, 0)
	if evening, night := t.evening(l.at); night {
		p.night.add(p, l.request, atHour(evening, t.NightFrom), atHour(midnight(evening, 1), t.NightTo))
	}
	if !t.works(today) {
		p.freeDay.add(p, l.request, today, midnight(today, 1))
	}
	p.workload.add(p, l.request, today, midnight(today, 1))
	p.again(l)
	switch l.outcome {
	case Shown:
		p.shown(l)
	case NoCareRelationship, NotFound:
		p.failed.add(p, l.sequence, l.at)
	}
}

func (p *person) shown(l look) {
	if l.patient == "" {
		return
	}
	p.patients.add(p, l.patient, month(l.at, 0), month(l.at, 1))
	p.inADay.add(p, l.patient, l.at)
	p.inAWeek.add(p, l.patient, l.at)
	if l.inCare {
		p.ofList.add(p, l.patient, l.at)
	}
}

// again counts the requests for the same patient in a month.
func (p *person) again(l look) {
	if began := month(l.at, 0); !began.Equal(p.month) {
		p.endMonth()
		p.month = began
	}
	if l.patient == "" {
		return
	}
	a := p.same[l.patient]
	if a == nil {
		a = &again{}
		p.same[l.patient] = a
	}
	if a.last != l.request {
		a.requests, a.last = a.requests+1, l.request
	}
}

func (p *person) endMonth() {
	threshold := p.filter.Thresholds.SamePatient
	for patient, a := range p.same {
		if threshold >= 0 && a.requests >= threshold {
			p.raise(Alert{Kind: SamePatient, Patient: patient, From: p.month, To: month(p.month, 1), Count: a.requests, Threshold: threshold})
		}
	}
	clear(p.same)
}

// glass counts the taking and the uses of each break-glass grant.
func (p *person) glass(l look) {
	if l.action == BreakGlass && l.outcome != Done {
		return
	}
	for _, id := range strings.Fields(l.grants) {
		a := p.grants[id]
		if a == nil {
			a = &Alert{Kind: GlassBroken, Patient: l.patient, From: l.at, Threshold: p.filter.Thresholds.BreakGlass}
			p.grants[id] = a
		}
		a.To = l.at
		a.Count++
	}
}

// raise adds an alert about the person.
func (p *person) raise(a Alert) {
	a.Who, a.To = p.who, p.filter.until(a.To)
	p.alerts = append(p.alerts, a)
}

// end finishes counting and appends the person's alerts to alerts.
func (p *person) end(alerts []Alert) []Alert {
	p.night.end(p)
	p.freeDay.end(p)
	p.workload.end(p)
	p.patients.end(p)
	p.inADay.end(p)
	p.inAWeek.end(p)
	p.ofList.end(p)
	p.failed.end(p)
	p.endMonth()
	for _, a := range p.grants {
		if a.Threshold >= 0 && a.Count > a.Threshold {
			p.raise(*a)
		}
	}
	return append(alerts, p.alerts...)
}

// period counts distinct keys in consecutive periods, such as days.
type period[K comparable] struct {
	kind      AlertKind
	threshold int
	from, to  time.Time
	seen      map[K]struct{}
}

func (c *period[K]) add(p *person, key K, from, to time.Time) {
	if !from.Equal(c.from) {
		c.end(p)
		c.from, c.to, c.seen = from, to, map[K]struct{}{}
	}
	c.seen[key] = struct{}{}
}

func (c *period[K]) end(p *person) {
	if c.threshold >= 0 && len(c.seen) > c.threshold {
		p.raise(Alert{Kind: c.kind, From: c.from, To: c.to, Count: len(c.seen), Threshold: c.threshold})
	}
}

// window counts distinct keys in a sliding window. As long as there are too many it is
// one alert, about the window that had the most.
type window[K comparable] struct {
	kind      AlertKind
	threshold int
	span      time.Duration
	entries   []entry[K] // within the span, in order of time
	counts    map[K]int  // of the entries
	most      Alert      // of the current excess
}

type entry[K comparable] struct {
	key K
	at  time.Time
}

func (c *window[K]) add(p *person, key K, at time.Time) {
	if c.threshold < 0 {
		return
	}
	gone := 0
	for gone < len(c.entries) && !c.entries[gone].at.After(at.Add(-c.span)) {
		c.forget(c.entries[gone].key)
		gone++
	}
	c.entries = append(c.entries[gone:], entry[K]{key, at})
	if c.counts == nil {
		c.counts = map[K]int{}
	}
	c.counts[key]++
	switch n := len(c.counts); {
	case n <= c.threshold:
		c.end(p)
	case n > c.most.Count:
		c.most = Alert{Kind: c.kind, From: at.Add(-c.span), To: at, Count: n, Threshold: c.threshold}
	}
}

func (c *window[K]) forget(key K) {
	if c.counts[key]--; c.counts[key] == 0 {
		delete(c.counts, key)
	}
}

func (c *window[K]) end(p *person) {
	if c.most.Count > 0 {
		p.raise(c.most)
	}
	c.most = Alert{}
}
