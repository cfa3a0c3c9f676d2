package sourcetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// dates are the dates of a list, in its order, in SQL; undated last.
func (s *suite) dates(kind fetch.Kind) []string {
	rel := s.table(kind)
	switch {
	case kind == fetch.Upcoming:
		return []string{quote("2026-11-25T12:00:00Z"), quote("2026-11-25T12:00:00.000001Z"), quote("2026-12-24T09:00:00Z"), quote("2027-01-01T00:00:00+01:00")}
	case rel.moment():
		return []string{quote("2026-05-02T00:30:00+01:00"), quote("2026-05-01T23:00:00Z"), quote("2024-02-29T12:00:00.123456Z"), quote("2024-02-29T12:00:00.123455Z"), quote("2003-01-01T00:00:00Z"), "null"}
	}
	return []string{quote("2026-05-02"), quote("2026-05"), quote("2026-01-31"), quote("2026"), quote("2025-12-31"), quote("2025-12"), quote("2003"), "null"}
}

func (t *table) moment() bool {
	return strings.HasSuffix(t.newest, "_at") || t.newest == "at"
}

// order: newest first, at one moment the more precise date first, undated last;
// appointments to come soonest first.
func (s *suite) order(t *testing.T) {
	for _, kind := range s.kinds() {
		if kind == fetch.DocumentContent {
			continue // one at a time
		}
		p := patient()
		var rows []row
		var want []string
		dates := s.dates(kind)
		for i, date := range dates {
			if s.h.Adults && s.table(kind).newest == "recorded_at" && date == "null" {
				continue // the children's rule leaves out what has no date at all
			}
			rows = append(rows, s.entry(kind, p, fmt.Sprint("n", i)).with(row{s.table(kind).newest: date}))
			want = append(want, fmt.Sprint("n", i))
		}
		rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		s.insert(t, relation(kind), rows...)
		a := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(p)})
		equal(t, string(kind), a.ids(0), want)
		for i := 1; kind != fetch.Upcoming && i < len(a.entries[0]); i++ {
			if before, after := a.entries[0][i-1], a.entries[0][i]; before.Stand().Compare(after.Stand()) > 0 {
				t.Errorf("%s: %s stands before %s in the source, and after it in the record", kind, sourceID(before), sourceID(after))
			}
		}
	}
}

// pages: walking all pages from position to position gives the whole list, each
// entry once, whatever the page size, the ties and what is hidden between.
func (s *suite) pages(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	for _, kind := range s.whole {
		if kind == fetch.DocumentContent {
			continue
		}
		p, other := patient(), patient()
		var rows []row
		dates := s.dates(kind)
		for i := range 24 {
			change := row{s.table(kind).newest: dates[r.IntN(len(dates))]}
			if r.IntN(4) == 0 && s.table(kind).has("confidential") {
				change["confidential"] = "true"
			}
			if r.IntN(4) == 0 && s.table(kind).has("service_name") {
				change["service_name"] = quote("HIV clinic")
			}
			rows = append(rows, s.entry(kind, p, fmt.Sprint("p", i)).with(change), s.entry(kind, other, fmt.Sprint("p", i)).with(change))
		}
		s.insert(t, relation(kind), rows...)
		whole := s.walk(t, kind, p, 1000)
		if len(whole) == 0 {
			t.Fatalf("%s: nothing to page through", kind)
		}
		for _, size := range []int{1, 3, len(whole), len(whole) + 1} {
			equal(t, fmt.Sprintf("%s by %d", kind, size), s.walk(t, kind, p, size), whole)
		}
	}
}

// walk reads a list page by page as a connection does.
func (s *suite) walk(t *testing.T, kind fetch.Kind, p record.NHSNumber, size int) []string {
	t.Helper()
	var walked []string
	var at fetch.Position
	var last record.RecordItem
	for range 100 {
		a := s.read(t, &fetch.Ask{Kind: kind, Filter: fetch.Filter{First: size + 1, After: at}, Subjects: subjects(p)})
		page := slices.Clone(a.entries[0])
		slices.SortStableFunc(page, func(x, y record.RecordItem) int { return s.compare(kind, x, y) })
		page = slices.DeleteFunc(page, func(x record.RecordItem) bool { return last != nil && s.compare(kind, x, last) <= 0 })
		more := len(page) > size
		for _, x := range page[:min(size, len(page))] {
			walked = append(walked, sourceID(x))
			last = x
		}
		if !more {
			return walked
		}
		at = s.position(kind, last)
	}
	t.Fatalf("%s: no end of pages", kind)
	return nil
}

func (s *suite) compare(kind fetch.Kind, x, y record.RecordItem) int {
	c := x.Stand().Compare(y.Stand())
	if kind == fetch.Upcoming {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(record.Envelope(x).ID, record.Envelope(y).ID))
}

func (s *suite) position(kind fetch.Kind, x record.RecordItem) fetch.Position {
	stand := x.Stand()
	switch {
	case !stand.Dated():
		return fetch.Position{Set: true}
	case s.table(kind).moment():
		return fetch.Position{Set: true, At: stand.At().Time}
	}
	return fetch.Position{Set: true, On: string(stand.Day())}
}

// caps: of more entries than any list should have, the newest are read and the list
// says that there are more. What is hidden does not count.
func (s *suite) caps(t *testing.T) {
	for _, kind := range s.whole {
		if kind == fetch.DocumentContent {
			continue
		}
		full, over, few := patient(), patient(), patient()
		s.many(t, kind, full, 2000, "false")
		s.many(t, kind, over, 2001, "false")
		if s.table(kind).has("confidential") {
			s.many(t, kind, full, 500, "true")
		}
		s.insert(t, relation(kind), s.entry(kind, few, "one"))
		a := s.read(t, &fetch.Ask{Kind: kind, Subjects: subjects(full, over, few)})
		if a.Truncated == nil || a.Truncated[0] || !a.Truncated[1] || a.Truncated[2] {
			t.Errorf("%s: truncated %v", kind, a.Truncated)
		}
		if len(a.entries[0]) != 2000 || len(a.entries[1]) < 2000 || len(a.entries[2]) != 1 {
			t.Errorf("%s: %d, %d and %d entries", kind, len(a.entries[0]), len(a.entries[1]), len(a.entries[2]))
		}
		if a := s.read(t, &fetch.Ask{Kind: kind, Filter: fetch.Filter{First: 5}, Subjects: subjects(over)}); a.Truncated != nil || len(a.entries[0]) < 5 || len(a.entries[0]) > 50 {
			t.Errorf("%s: a page of 5 of 2001 has %d, truncated %v", kind, len(a.entries[0]), a.Truncated)
		}
		s.exec(t, fmt.Sprintf("DELETE FROM %s WHERE nhs_number IN ('%s', '%s')", relation(kind), string(full), string(over)))
	}
}

// many writes n entries at n dates.
func (s *suite) many(t *testing.T, kind fetch.Kind, p record.NHSNumber, n int, confidential string) {
	t.Helper()
	rel := s.table(kind)
	r := s.entry(kind, p, "").with(row{"id": fmt.Sprintf("'%s-' || i", confidential)})
	if rel.has("confidential") {
		r["confidential"] = confidential
	}
	from := Now.AddDate(-10, 0, 0)
	if kind == fetch.Upcoming {
		from = Now
	}
	date := fmt.Sprintf("'%s'::timestamptz + i * interval '1 day'", from.Format(time.RFC3339))
	if !rel.moment() {
		date = "to_char(" + date + ", 'YYYY-MM-DD')"
	}
	r[rel.newest] = date
	var names []string
	for _, c := range rel.columns {
		names = append(names, c.name)
	}
	s.exec(t, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %d) i", rel.name, strings.Join(names, ", "), strings.Join(rel.sql(r), ", "), n))
}

// sides: up to now and from now on, where only the day is known on both.
func (s *suite) sides(t *testing.T) {
	for _, kind := range s.kinds() {
		if kind == fetch.DocumentContent || kind == fetch.Upcoming || kind == fetch.Notes {
			continue
		}
		rel := s.table(kind)
		p := patient()
		date := func(id, at string, dayOnly string) row {
			r := s.entry(kind, p, id).with(row{rel.newest: at})
			if rel.moment() && rel.has(rel.newest+"_day_only") {
				r[rel.newest+"_day_only"] = dayOnly
			}
			return r
		}
		past, future, today := quote("2026-11-24"), quote("2026-11-26"), quote("2026-11-25")
		if rel.moment() {
			past, future, today = quote("2026-11-25T11:59:59Z"), quote("2026-11-25T12:00:01Z"), quote("2026-11-25T00:00:00Z")
		}
		s.insert(t, rel.name, date("past", past, "false"), date("future", future, "false"), date("today", today, "true"), date("undated", "null", "null"))
		sides := map[fetch.When][]string{
			fetch.Always:  {"future", "past", "today", "undated"},
			fetch.UpToNow: {"past", "today", "undated"},
			fetch.FromNow: {"future", "today"},
		}
		if kind == fetch.Appointments { // one without a date waits for it
			sides[fetch.UpToNow], sides[fetch.FromNow] = []string{"past", "today"}, []string{"future", "today", "undated"}
		}
		for when, want := range sides {
			got := s.read(t, &fetch.Ask{Kind: kind, Filter: fetch.Filter{When: when}, Subjects: subjects(p)}).ids(0)
			slices.Sort(got)
			equal(t, fmt.Sprintf("%s, side %d", kind, when), got, want)
		}
	}
}
