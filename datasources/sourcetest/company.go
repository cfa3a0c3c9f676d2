package sourcetest

import (
	"fmt"
	"slices"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// hiddenInCompany: words are tried for many patients and kinds together. Whoever and whatever is asked for beside a list, it
// is as it is alone: without what is hidden, and with everything else.
func (s *suite) hiddenInCompany(t *testing.T) {
	var clean, each []record.NHSNumber
	for range 25 { // as many as are tried as one text
		clean = append(clean, patient())
	}
	open, disguised, wide, signs := patient(), patient(), patient(), patient() // in every kind
	everybody := append(slices.Clone(clean), open, disguised, wide, signs)
	filled := map[string]bool{}
	for _, kind := range s.whole {
		name := relation(kind)
		if kind == fetch.Notes || filled[name] {
			continue
		}
		filled[name] = true
		alone := patient() // in this kind
		each, everybody = append(each, alone), append(everybody, alone)
		table := s.table(kind)
		words := table.columns[slices.IndexFunc(table.columns, func(c column) bool { return c.isWords(table) })].name
		for p, text := range map[record.NHSNumber]string{open: secretWords, disguised: disguises[0], wide: disguises[1], alone: secretWords} {
			s.insert(t, name, s.entry(kind, p, "secret").with(row{words: quote(text)}))
		}
		s.insert(t, name, s.entry(kind, signs, "trade mark").with(row{words: quote("Well™ leaflet")}))
	}
	filled = map[string]bool{}
	for _, kind := range s.whole {
		if name := relation(kind); kind != fetch.Notes && !filled[name] {
			filled[name] = true
			var rows []row
			for _, p := range everybody {
				rows = append(rows, s.entry(kind, p, "plain"))
			}
			s.insert(t, name, rows...)
		}
	}
	with := func(more ...record.NHSNumber) *fetch.Subjects {
		return subjects(append(slices.Clone(clean), more...)...)
	}
	for _, sets := range [][]*fetch.Subjects{{with(open)}, {with(disguised)}, {with(wide, signs)}, {with(each...)}, {subjects(everybody...), with(signs), subjects(open, signs)}} {
		var asks []*fetch.Ask
		for _, of := range sets {
			for _, ask := range s.everything(of) {
				if ask.Kind != fetch.DocumentContent && ask.Kind != fetch.Persons && ask.Kind != fetch.Notes {
					asks = append(asks, ask)
				}
			}
		}
		together, err := s.source.Read(reading(t), asks)
		if err != nil {
			t.Fatal(err)
		}
		for _, ask := range asks {
			alone, inCompany := s.read(t, ask), answer{together[ask], entries(together[ask])}
			for i, p := range ask.Subjects.Patients {
				want := alone.ids(i)
				equal(t, fmt.Sprintf("%s of patient %d of %d in company", ask.Kind, i, len(ask.Subjects.Patients)), inCompany.ids(i), want)
				if slices.Contains(want, "secret") {
					t.Errorf("%s: what is hidden is read out", ask.Kind)
				}
				if p == signs && slices.Contains(want, "plain") && !slices.Contains(want, "trade mark") {
					t.Errorf("%s: a row with an ordinary sign is not read", ask.Kind)
				}
			}
		}
	}
}
