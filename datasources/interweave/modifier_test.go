package interweave_test

import (
	"testing"

	"carerecord/internal/fetch"
)

// What is not known here may turn the meaning of an entry round: it is not read, and its list is not whole.
func TestWhatTurnsAMeaningRound(t *testing.T) {
	const unknown = `"modifierExtension":[{"url":"https://council.example/negated","valueBoolean":true}]`
	run(t, map[string]reading{
		"of an alert":                 {of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"Falls"}`, since, unknown), fetch.Alerts, false, true, ""},
		"of one of a team":            {of("CareTeam", `"id":"1"`, `"status":"active"`, since, `"participant":[{"member":{"display":"Ann"},`+unknown+`}]`), fetch.CareTeam, false, true, ""},
		"of an alert, by other rules": {of("Flag", `"id":"1"`, `"status":"active"`, `"code":{"text":"Falls"}`, since, `"implicitRules":"https://council.example/rules"`), fetch.Alerts, false, true, ""},
	})
}
