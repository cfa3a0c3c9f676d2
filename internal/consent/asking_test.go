package consent_test

import (
	"testing"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

func TestMayAsk(t *testing.T) {
	const today = record.Date("2026-03-10")
	bare := &consent.Representative{Name: "Rae Example", Relationship: "mother"}
	proven := &consent.Representative{Name: "Rae Example", Relationship: "mother", Evidence: "order of the court"}
	const (
		turns13, tomorrow13 = record.PartialDate("2013-03-10"), record.PartialDate("2013-03-11")
		turns16, tomorrow16 = record.PartialDate("2010-03-10"), record.PartialDate("2010-03-11")
		adult, child, teen  = record.PartialDate("1970-01-01"), record.PartialDate("2020-01-01"), record.PartialDate("2011-06-01")
	)
	tests := []struct {
		name string
		by   string
		who  *consent.Representative
		born record.PartialDate
		want consent.Asking
	}{
		{"an adult for themselves", consent.BySelf, nil, adult, consent.AskingAllowed},
		{"alone on the 13th birthday", consent.BySelf, nil, turns13, consent.AskingAllowed},
		{"alone the day before it", consent.BySelf, nil, tomorrow13, consent.AskingTooYoung},
		{"alone the day after it", consent.BySelf, nil, "2013-03-09", consent.AskingAllowed},
		{"someone who asks for themselves names nobody", consent.BySelf, bare, adult, consent.AskingNeedsNone},

		{"a parent of a child", consent.ByParent, bare, child, consent.AskingAllowed},
		{"a parent the day before the 13th birthday", consent.ByParent, bare, tomorrow13, consent.AskingAllowed},
		{"a parent on the 13th birthday", consent.ByParent, bare, turns13, consent.AskingOwnChoice},
		{"a parent on the 13th birthday, with evidence", consent.ByParent, proven, turns13, consent.AskingAllowed},
		{"a parent the day before the 16th birthday, with evidence", consent.ByParent, proven, tomorrow16, consent.AskingAllowed},
		{"a parent on the 16th birthday, with evidence", consent.ByParent, proven, turns16, consent.AskingAdult},
		{"a parent of an adult", consent.ByParent, proven, adult, consent.AskingAdult},
		{"a parent who is not named", consent.ByParent, nil, child, consent.AskingNeedsRepresentative},
		{"a parent without a name", consent.ByParent, &consent.Representative{Relationship: "mother"}, child, consent.AskingNeedsRepresentative},
		{"a guardian of a child", consent.ByGuardian, bare, child, consent.AskingAllowed},
		{"a guardian of a young person", consent.ByGuardian, bare, teen, consent.AskingOwnChoice},
		{"a guardian of an adult", consent.ByGuardian, proven, adult, consent.AskingAdult},

		{"an attorney of an adult", consent.ByAttorney, proven, adult, consent.AskingAllowed},
		{"an attorney without evidence", consent.ByAttorney, bare, adult, consent.AskingNeedsEvidence},
		{"an attorney on the 13th birthday", consent.ByAttorney, proven, turns13, consent.AskingAllowed},
		{"an attorney the day before it", consent.ByAttorney, proven, tomorrow13, consent.AskingTooYoung},
		{"a deputy of an adult", consent.ByDeputy, proven, adult, consent.AskingAllowed},
		{"a deputy of a child", consent.ByDeputy, proven, child, consent.AskingAllowed},
		{"a deputy without evidence", consent.ByDeputy, bare, adult, consent.AskingNeedsEvidence},
		{"a deputy of someone whose age is not known", consent.ByDeputy, proven, "", consent.AskingAllowed},

		{"age unknown, alone", consent.BySelf, nil, "", consent.AskingAgeUnknown},
		{"age unknown, a parent", consent.ByParent, proven, "", consent.AskingAgeUnknown},
		{"born in a year in which either may be", consent.BySelf, nil, "2013", consent.AskingAgeUnknown},
		{"born in a month in which either may be", consent.BySelf, nil, "2013-03", consent.AskingAgeUnknown},
		{"born in a month that is over", consent.BySelf, nil, "2013-02", consent.AskingAllowed},
		{"born in a year that decides", consent.BySelf, nil, "1970", consent.AskingAllowed},
		{"a parent of a baby of this year", consent.ByParent, bare, "2026", consent.AskingAllowed},
		{"a parent of a child born today", consent.ByParent, bare, "2026-03-10", consent.AskingAllowed},
		{"not born yet", consent.ByParent, bare, "2026-03-11", consent.AskingAgeUnknown},
		{"born on a day that does not exist", consent.ByParent, bare, "2020-02-31", consent.AskingAgeUnknown},
		{"born in a month that does not exist", consent.BySelf, nil, "2013-13", consent.AskingAgeUnknown},
		{"a neighbour", "NEIGHBOUR", bare, adult, consent.AskingUnknownRole},
		{"nobody", "", nil, adult, consent.AskingUnknownRole},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := consent.Default().MayAsk(tt.by, tt.who, tt.born, today); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	leap := record.PartialDate("2012-02-29")
	if got := consent.Default().MayAsk(consent.BySelf, nil, leap, "2025-02-28"); got != consent.AskingTooYoung {
		t.Errorf("born on 29 February, on 28 February: %s", got)
	}
	if got := consent.Default().MayAsk(consent.BySelf, nil, leap, "2025-03-01"); got != consent.AskingAllowed {
		t.Errorf("born on 29 February, on 1 March: %s", got)
	}
}
