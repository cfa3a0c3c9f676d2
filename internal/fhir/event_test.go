package fhir_test

import (
	"strings"
	"testing"

	"carerecord/internal/fhir"
)

func TestWhereAnEventIsMayBeLogged(t *testing.T) {
	for where, want := range map[string]string{
		"Observation": "Observation", "birth date": "birth date", "NO_PATIENT_CONSENT": "NO_PATIENT_CONSENT", "886921000000105": "886921000000105", "": "",
		"Rosalind, 2 March": "other", "<b>": "other", strings.Repeat("x", 65): "other",
	} {
		if got := (fhir.Event{Where: where}).Place(); got != want {
			t.Errorf("%q: %q", where, got)
		}
	}
}

func TestEventsThatAreAlarms(t *testing.T) {
	for kind, alarm := range map[fhir.EventKind]bool{
		fhir.Foreign: true, fhir.Malformed: true, fhir.Mismatched: true,
		fhir.Unreadable: false, fhir.Confidential: false, fhir.Refused: false, fhir.Unanswered: false, fhir.Superseded: false,
	} {
		if kind.IsAlarm() != alarm {
			t.Errorf("%s: %v", kind, !alarm)
		}
	}
}
