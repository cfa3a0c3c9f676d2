package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A medicine supplied at a discharge is in use until the next discharge, at any hospital; then it is past. It is always
// in one of the two lists.
func TestMedicinesOfTheLatestDischarge(t *testing.T) {
	royal, north := newFake(record.Acute, "RAL"), newFake(record.Acute, "RAP")
	practice := newFake(record.GP, "F83004")
	c, _, trail := newFakes(t, royal, north, practice, newFake(record.MentalHealth, "RRP"))
	day := func(days int) record.DateTime { return record.At(now.AddDate(0, 0, days)) }
	supplied := func(f *fake, id string, at record.DateTime) record.Medication {
		return record.Medication{Item: f.item(id), Kind: record.MedicationKindDischarge, DischargedAt: at}
	}
	in := func(f *fake, id string, from time.Time, known record.Precision) record.Medication {
		return record.Medication{Item: f.item(id), Kind: record.MedicationKindDischarge, DischargedAt: record.At(from), DischargedAtPrecision: known}
	}
	month := func(m time.Month) time.Time { return time.Date(2026, m, 1, 0, 0, 0, 0, record.London) }
	stay := func(f *fake, ended record.DateTime) record.Stay {
		return record.Stay{Item: f.item("stay"), DischargedAt: ended}
	}
	session := func(code record.Text) record.Stay {
		x := stay(north, day(-2))
		x.PatientClassification = &record.Code{Code: code, Display: "Patient classification"}
		return x
	}
	used := record.Medication{Item: practice.item("repeat"), Kind: record.MedicationKindRepeat}
	stopped := record.Medication{Item: royal.item("stopped"), Kind: record.MedicationKindAcute}
	early := record.At(time.Date(2026, 6, 1, 0, 30, 0, 0, time.UTC))
	for _, test := range []struct {
		name          string
		royal, north  []record.Medication
		stays         []record.Stay // of north
		current, past []string
	}{
		{"one hospital", []record.Medication{supplied(royal, "a", day(-9))}, nil, nil, []string{"a", "repeat"}, []string{"stopped"}},
		{"a later one elsewhere", []record.Medication{supplied(royal, "a", day(-9))}, []record.Medication{supplied(north, "b", day(-3))}, nil,
			[]string{"b", "repeat"}, []string{"a", "stopped"}},
		{"an earlier one elsewhere", []record.Medication{supplied(royal, "a", day(-3))}, []record.Medication{supplied(north, "b", day(-9))}, nil,
			[]string{"a", "repeat"}, []string{"b", "stopped"}},
		{"the same day elsewhere", []record.Medication{supplied(royal, "a", early)}, []record.Medication{supplied(north, "b", record.At(early.Add(9*time.Hour)))}, nil,
			[]string{"a", "b", "repeat"}, []string{"stopped"}},
		{"the same day in UTC, the next in London", []record.Medication{supplied(royal, "a", record.At(early.Add(22*time.Hour)))}, []record.Medication{supplied(north, "b", record.At(early.Add(23*time.Hour)))}, nil,
			[]string{"b", "repeat"}, []string{"a", "stopped"}},
		{"a later one elsewhere with nothing supplied", []record.Medication{supplied(royal, "a", day(-9))}, nil, []record.Stay{stay(north, day(-2))},
			[]string{"repeat"}, []string{"a", "stopped"}},
		{"a day case elsewhere with nothing supplied", []record.Medication{supplied(royal, "a", day(-9))}, nil, []record.Stay{session("2")},
			[]string{"a", "repeat"}, []string{"stopped"}},
		{"dialysis elsewhere with nothing supplied", []record.Medication{supplied(royal, "a", day(-9))}, nil, []record.Stay{session("3"), session("4 ")},
			[]string{"a", "repeat"}, []string{"stopped"}},
		{"a day case elsewhere with something supplied", []record.Medication{supplied(royal, "a", day(-9))}, []record.Medication{supplied(north, "b", day(-2))}, []record.Stay{session("2")},
			[]string{"b", "repeat"}, []string{"a", "stopped"}},
		{"an ordinary stay elsewhere with nothing supplied", []record.Medication{supplied(royal, "a", day(-9))}, nil, []record.Stay{session("1")},
			[]string{"repeat"}, []string{"a", "stopped"}},
		{"one still to come elsewhere", []record.Medication{supplied(royal, "a", day(-9))}, nil, []record.Stay{stay(north, day(2))},
			[]string{"a", "repeat"}, []string{"stopped"}},
		{"a supply at one still to come elsewhere", []record.Medication{supplied(royal, "a", day(-9))}, []record.Medication{supplied(north, "b", day(2))}, nil,
			[]string{"a", "b", "repeat"}, []string{"stopped"}},
		{"in the month of a later one elsewhere", []record.Medication{in(royal, "a", month(6), record.PrecisionMonth)}, []record.Medication{supplied(north, "b", day(-3))}, nil,
			[]string{"a", "b", "repeat"}, []string{"stopped"}},
		{"in the year of a later one elsewhere", []record.Medication{in(royal, "a", month(1), record.PrecisionYear)}, []record.Medication{supplied(north, "b", day(-3))}, nil,
			[]string{"a", "b", "repeat"}, []string{"stopped"}},
		{"in a month before a later one elsewhere", []record.Medication{in(royal, "a", month(5), record.PrecisionMonth)}, []record.Medication{supplied(north, "b", day(-3))}, nil,
			[]string{"b", "repeat"}, []string{"a", "stopped"}},
		{"a day nobody knows", []record.Medication{supplied(royal, "a", record.DateTime{})}, []record.Medication{supplied(north, "b", day(-3))}, nil,
			[]string{"a", "b", "repeat"}, []string{"stopped"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			by := func(current []record.Medication, past ...record.Medication) func(*fetch.Ask) fetch.Answer {
				return holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.Medication {
					if ask.Filter.Status == "PAST" {
						return slices.Clone(past)
					}
					return slices.Clone(current)
				})
			}
			royal.answers[fetch.Medications], north.answers[fetch.Medications] = by(test.royal, stopped), by(test.north)
			practice.answers[fetch.Medications] = by([]record.Medication{used})
			north.answers[fetch.Stays] = always(test.stays...)
			for status, want := range map[string][]string{"CURRENT": test.current, "PAST": test.past} {
				a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { medications(status: %s) { complete nodes { provenance { sourceId } } } } }`, str(1), status), nil)
				list := at(t, a.Data, "patient", "medications")
				got := []string{}
				for _, node := range at(t, list, "nodes").([]any) {
					got = append(got, at(t, node, "provenance", "sourceId").(string))
				}
				slices.Sort(got)
				read := len(test.royal) + len(test.north) + 1 // the stays that tell are nothing that is shown
				if status == "PAST" {
					read++ // what is in use may have become past
				}
				if counts := trail.entries[len(trail.entries)-1].Counts; len(counts) != 1 || counts[0].Items != read {
					t.Errorf("%s: the trail counts %v, want %d", status, counts, read)
				}
				if !slices.Equal(got, want) || at(t, list, "complete") != true {
					t.Errorf("%s: %v, want %v: %s", status, got, want, a.Body)
				}
			}
		})
	}
	c.quiet(t)

	royal.answers[fetch.Medications], north.answers[fetch.Medications] = always(supplied(royal, "a", day(-9))), always[record.Medication]()
	north.answers[fetch.Stays] = func(*fetch.Ask) fetch.Answer { return fetch.Answer{Err: record.ErrUnavailable} }
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { medications(status: CURRENT) { complete nodes { id } gaps { reason organisation { odsCode } } } } }`, str(1)), nil)
	if want := `{"complete":false,"nodes":[{"id":"F83004-repeat"},{"id":"RAL-a"}],"gaps":[{"reason":"UNAVAILABLE","organisation":{"odsCode":"RAP"}}]}`; !strings.Contains(string(a.Body), want) {
		t.Errorf("where the discharges are unknown: %s", a.Body)
	}
}

// A medicine in use may have become past: unless all of those in use were read, the list of past ones is incomplete.
func TestMedicinesOfThePastAreNotWholeWithoutThoseInUse(t *testing.T) {
	royal := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, royal, newFake(record.GP, "F83004"), newFake(record.MentalHealth, "RRP"))
	royal.answers[fetch.Medications] = func(ask *fetch.Ask) fetch.Answer {
		a := always[record.Medication]()(ask)
		if ask.Filter.Status == "CURRENT" {
			a.Truncated = make([]bool, len(ask.Subjects.Patients))
			a.Truncated[0] = true
		}
		return a
	}
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { medications(status: PAST) { state complete gaps { reason } } } }`, str(1)), nil)
	if want := `{"state":"UNKNOWN","complete":false,"gaps":[{"reason":"TRUNCATED"}]}`; !strings.Contains(string(a.Body), want) {
		t.Errorf("%s", a.Body)
	}
}

// Reads that accompany a list of medicines have the same gaps as the list, and bring in no entry that is somebody
// else's or excluded.
func TestWhatIsReadBesideMedicines(t *testing.T) {
	royal, north := newFake(record.Acute, "RAL"), newFake(record.Acute, "RAP")
	base, _, _ := newFakes(t, royal, north, newFake(record.GP, "F83004"), newFake(record.MentalHealth, "RRP"))
	staysAlone := base.with(t, func(o *resolvers.Options) { o.Sources[1].Kinds = []fetch.Kind{fetch.Stays} })
	supplied := func(f *fake, id string, days int) record.Medication {
		return record.Medication{Item: f.item(id), Kind: record.MedicationKindDischarge, DischargedAt: record.At(now.AddDate(0, 0, days))}
	}
	hidden := supplied(royal, "hidden", -9)
	hidden.Medicine = hiv
	discharge := always(record.Stay{Item: north.item("stay"), DischargedAt: record.At(now.AddDate(0, 0, -2))})
	for _, test := range []struct {
		name, status string
		of           *care
		used         []record.Medication // of the one hospital
		stays        func(*fetch.Ask) fetch.Answer
		err          error // of the other
		want         string
		alarms       []resolvers.Alarm
	}{
		{"a discharge that could not be read", "CURRENT", base, []record.Medication{supplied(royal, "a", -9)}, lacking(always[record.Stay](), true, false), nil,
			`{"complete":false,"nodes":[{"id":"RAL-a"}],"gaps":[{"reason":"PARTLY_UNREADABLE","organisation":{"odsCode":"RAP"}}]}`, nil},
		{"a discharge of somebody else", "CURRENT", base, []record.Medication{supplied(royal, "a", -9)}, apart(discharge, fmt.Errorf("%w: birth date", record.ErrIdentity), false), nil,
			`{"complete":false,"nodes":[{"id":"RAL-a"}],"gaps":[{"reason":"IDENTITY_MISMATCH","organisation":{"odsCode":"RAP"}}]}`, nil},
		{"discharges that are not told in time", "CURRENT", staysAlone, []record.Medication{supplied(royal, "a", -9)}, discharge, fmt.Errorf("%w: in the test", record.ErrTimeout),
			`{"complete":false,"nodes":[{"id":"RAL-a"}],"gaps":[{"reason":"TIMED_OUT","organisation":{"odsCode":"RAP"}}]}`, nil},
		{"one of those in use that is never shown", "PAST", base, []record.Medication{supplied(royal, "a", -9), hidden}, discharge, nil,
			`{"complete":true,"nodes":[{"id":"RAL-a"}],"gaps":[]}`, []resolvers.Alarm{resolvers.AlarmDropped}},
	} {
		royal.answers[fetch.Medications] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.Medication {
			if ask.Filter.Status == "PAST" {
				return nil
			}
			return slices.Clone(test.used)
		})
		north.answers[fetch.Stays], north.err = test.stays, test.err
		a := test.of.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { medications(status: %s) { complete nodes { id } gaps { reason organisation { odsCode } } } } }`, str(1), test.status), nil)
		if !strings.Contains(string(a.Body), test.want) {
			t.Errorf("%s: %s, want %s", test.name, a.Body, test.want)
		}
		test.of.alarmed(t, test.alarms...)
	}
}

// Of the stays that only tell what a medicine is, nothing is read but when they ended; stays that are shown are read whole, whatever
// they are asked for beside.
func TestStaysBesideMedicinesAreReadBriefly(t *testing.T) {
	royal := newFake(record.Acute, "RAL")
	c, _, _ := newFakes(t, royal, newFake(record.GP, "F83004"), newFake(record.MentalHealth, "RRP"))
	var briefly []bool
	royal.answers[fetch.Stays] = func(ask *fetch.Ask) fetch.Answer {
		briefly = append(briefly, ask.Filter.Brief)
		stay := record.Stay{Item: royal.item("stay"), DischargedAt: record.At(now.AddDate(0, 0, -2))}
		if !ask.Filter.Brief {
			stay.Ward = "Larch"
		}
		return always(stay)(ask)
	}
	for _, medicines := range []string{`medications(status: CURRENT) { complete }`, `medications(status: PAST) { complete }`} {
		briefly = nil
		c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { %s } }`, str(1), medicines), nil)
		if !slices.Equal(briefly, []bool{true}) {
			t.Errorf("%s: stays are read %v", medicines, briefly)
		}
		for _, stays := range []string{`acute { stays(first: 5) { nodes { ward } } }`, `acute { stays(first: 1) { nodes { ward } } }`} {
			for _, body := range []string{medicines + stays, stays + medicines} {
				briefly = nil
				a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { %s } }`, str(1), body), nil)
				if len(briefly) != 2 || briefly[0] == briefly[1] || !strings.Contains(string(a.Body), "Larch") {
					t.Errorf("%s: stays are read %v: %s", body, briefly, a.Body)
				}
			}
		}
	}
}
