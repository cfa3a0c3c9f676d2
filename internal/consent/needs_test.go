package consent

import (
	"slices"
	"testing"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// What the roles of a purpose may do together, by the contract's table.
func TestForPurpose(t *testing.T) {
	policy := Default()
	for _, test := range []struct {
		purpose auth.Purpose
		classes ClassSet
		duties  []Duty
	}{
		{"TREAT", AllClasses, []Duty{"BREAK_GLASS"}}, // of three roles, once
		{"CAREMGT", AllClasses, []Duty{"CASELOADS"}},
		{"HSYSADMIN", ClassSet{}, []Duty{"ACCESS_LOG", "INTROSPECTION"}},
		{"PATADMIN", ClassSet{}, []Duty{"OPT_OUTS"}},
		{"MARKETING", ClassSet{}, nil},
	} {
		for range 20 { // the order of the roles is any
			got := policy.ForPurpose(test.purpose)
			if got.Classes != test.classes || !slices.Equal(got.Duties, test.duties) || !slices.Equal(got.Purposes, []auth.Purpose{test.purpose}) {
				t.Fatalf("%s: %s, %v, %v", test.purpose, got.Classes, got.Duties, got.Purposes)
			}
		}
		if got, want := KnownPurpose(test.purpose), test.purpose != "MARKETING"; got != want {
			t.Errorf("%s is known: %t", test.purpose, got)
		}
	}
	if got := PurposeNames(); got != "TREAT, ETREAT, CAREMGT, HQUALIMP, PATADMIN, HSYSADMIN" {
		t.Error(got)
	}
}

// A set is told without what a wider class of it implies, and with a narrower one that stands
// alone.
func TestWidest(t *testing.T) {
	for _, test := range []struct {
		set  ClassSet
		want string
	}{
		{ClassSetOf(record.ClassMedications, record.ClassAllergies), "ALLERGIES,MEDICATIONS"},
		{ClassSetOf(record.ClassCurrentMedications), "CURRENT_MEDICATIONS"},
		{ClassSetOf(record.ClassStays, record.ClassActiveProblems), "ACTIVE_PROBLEMS,STAYS"},
		{ClassSet{}, ""},
	} {
		if got := test.set.Widest().String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.set, got, test.want)
		}
	}
}
