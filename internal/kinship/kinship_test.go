package kinship_test

import (
	"testing"

	"carerecord/internal/kinship"
)

func TestSaid(t *testing.T) {
	for _, text := range []string{"Daughter", "grand-daughter", "Granddaughter", "great grand child", "Step-son", "stepkid", "FOSTER_CHILD", "Son1", "half brother", "Siblings", "niece", "BABY", "Toddler", "Teenager",
		"teen", "Minor", "Twin", "Dependant", "dependent child", "Young carer", "young-person", "Schoolgirl", "school boy", "Schoolchildren", "Youth", "Lad", "lasses", "Dau", "Grand-dau", "step dtr", "main carer (her son)"} {
		if !kinship.Said(text) {
			t.Errorf("%q says nothing of a child", text)
		}
	}
	for _, text := range []string{"", "Wife", "Mason", "Neighbour", "Grandmother", "Parent", "Partner", "Jackson", "Twining", "Young", "Carer", "Youth worker", "School nurse", "Ladd", "Daunt", "Glass"} {
		if kinship.Said(text) {
			t.Errorf("%q says that it is a child", text)
		}
	}
}

func TestCoded(t *testing.T) {
	for name, test := range map[string]struct {
		code, beside string
		child        bool
	}{
		"a role":                             {"DAU", "", true},
		"a role in small letters":            {" son ", "Relative", true},
		"another role":                       {"SPS", "", false},
		"no code":                            {"", "", false},
		"a daughter in SNOMED CT":            {"66089001", "", true},
		"a daughter beside other words":      {"66089001", "Relative", true},
		"a husband":                          {"127849001", "", false},
		"a number that nobody knows":         {"4711", "", true},
		"a number beside blank":              {"4711", " ", true},
		"a number beside words":              {"4711", "Aunt", false},
		"a code that is no number by itself": {"A4711", "", false},
		"a role in the words":                {"4711", "DAU", true},
		"a daughter in the words":            {"", "66089001", true},
		"a number in the words":              {"", "4711", true},
		"a husband in the words":             {"SPS", "127849001", false},
		"a husband and who knows":            {"127849001", "4711", true},
		"a son-in-law":                       {"SONINLAW", "", true},
		"a number in two pieces":             {"47 11", "", true},
	} {
		if got := kinship.Coded(test.code, test.beside); got != test.child {
			t.Errorf("%s: %t", name, got)
		}
	}
}
