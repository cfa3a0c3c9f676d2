package consent

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

func TestPersonasSeeWhatTheContractSays(t *testing.T) {
	social := ClassSetOf(
		record.ClassDemographics, record.ClassContacts, record.ClassAlerts, record.ClassAllergies, record.ClassCurrentMedications,
		record.ClassActiveProblems, record.ClassAppointments, record.ClassStaySummary, record.ClassCareTeam, record.ClassLegalStatus,
		record.ClassMentalHealthPlans, record.ClassNeeds, record.ClassAdvanceCare, record.ClassSafeguarding, record.ClassSocialCare)
	sees := map[string]ClassSet{
		"gp": AllClasses, "hospital-doctor": AllClasses, "mental-health-nurse": AllClasses, "care-manager": AllClasses,
		"social-worker": social,
		"receptionist":  ClassSetOf(record.ClassDemographics, record.ClassOwnAppointments),
	}
	does := map[string]Duty{
		"gp": BreakGlass, "hospital-doctor": BreakGlass, "mental-health-nurse": BreakGlass, "care-manager": Caseloads,
		"privacy-officer": ReadAccessLog, "opt-out-officer": KeepOptOuts, "analyst": Population, "developer": Develop,
	}
	policy := Default()
	for _, persona := range auth.Personas {
		p := auth.Principal{Subject: "u", Org: persona.Org, Role: persona.Role, Purpose: persona.Purpose}
		classes, reads := policy.Classes(p)
		if classes != sees[persona.Name] || reads == classes.IsEmpty() {
			t.Errorf("%s sees %s (%t)", persona.Name, classes, reads)
		}
		for _, duty := range duties {
			if got := policy.May(p, duty); got != (does[persona.Name] == duty) {
				t.Errorf("%s may %s: %t", persona.Name, duty, got)
			}
		}
		for _, purpose := range append(purposes, "", "TREAT,ETREAT") {
			p.Purpose = purpose
			want := purpose == persona.Purpose || purpose == auth.EmergencyTreatment && does[persona.Name] == BreakGlass
			if _, reads := policy.Classes(p); reads != (want && !sees[persona.Name].IsEmpty()) {
				t.Errorf("%s for %q: %t", persona.Name, purpose, reads)
			}
		}
	}
	if got := policy.GrantLives(); got != 30*time.Minute {
		t.Error(got)
	}
	for _, missing := range []auth.Principal{
		{Org: "RAL", Role: auth.GeneralPractitioner, Purpose: auth.Treatment},
		{Subject: "u", Role: auth.GeneralPractitioner, Purpose: auth.Treatment},
	} {
		if _, reads := policy.Classes(missing); reads || policy.May(missing, BreakGlass) {
			t.Errorf("%+v reads", missing)
		}
	}
}

func TestPolicyFaultsAreReportedAtOnce(t *testing.T) {
	_, err := LoadPolicy(strings.NewReader(`{
		"constants": {"adultAge": 0, "childAge": 5},
		"roles": [
			{"role": "A", "purposes": ["TREAT"], "classes": ["ALL"]},
			{"role": "A", "purposes": ["CURIOSITY"], "classes": ["SECRETS"], "duties": ["DANCE"]},
			{"role": "B", "duties": ["BREAK_GLASS"]},
			{"purposes": ["TREAT"]}
		]}`))
	if !errors.Is(err, record.ErrInvalid) {
		t.Fatal(err)
	}
	for _, fault := range []string{
		"no version", `no constant "childAge"`, "constant adultAge", "constant breakGlassMinutes", "role A is written twice",
		`no purpose "CURIOSITY"`, `no class "SECRETS"`, `no duty "DANCE"`, "role B has no purpose", "reads no records", "role 4 has no name",
	} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("%q is not in: %v", fault, err)
		}
	}
	whole := strings.TrimSpace(string(embedded))
	for text, says := range map[string]string{
		"": "reading the policy", "[]": "reading the policy", whole + "{}": "goes on after its end", whole + "x": "goes on after its end",
		`{"rules":[],` + whole[1:]: "unknown field", `{"version":"1"}`: "the policy has no roles",
		`{"version":"1",` + whole[1:]: `says "version" twice`, whole[:len(whole)-1] + `,"Roles":[{"role":"CLEANER","purposes":["TREAT"]}]}`: `says "Roles" twice`,
		strings.Replace(whole, `"adultAge": 18`, `"adultAge": 18, "adultAge": 19`, 1): `says "adultAge" twice`, strings.Replace(whole, `"purposes"`, `"duties": [], "DUTIES": [], "purposes"`, 1): `says "DUTIES" twice`,
	} {
		if _, err := LoadPolicy(strings.NewReader(text)); !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %q", text, err, says)
		}
	}
	_, err = LoadPolicy(strings.NewReader(`{"constants": {"h": 1, "g": 1, "f": 1, "e": 1, "d": 1, "c": 1, "b": 1, "a": 1}}`))
	if at := strings.Index(err.Error(), `constant "a"`); at < 0 || at > strings.Index(err.Error(), `constant "h"`) {
		t.Errorf("the faults have no order: %v", err)
	}
}

func TestConstantsHaveBounds(t *testing.T) {
	for name, values := range map[string]map[int]bool{
		"stayAfterDays":     {0: false, 1: true, 10_000: true, 10_001: false},
		"breakGlassMinutes": {0: false, 1: true, 60: true, 61: false},
		"adultAge":          {17: false, 18: true, 25: true, 10_001: false}, // nothing of children's social care is here, whatever the policy
	} {
		for value, good := range values {
			text := regexp.MustCompile(`"`+name+`": *\d+`).ReplaceAllString(string(embedded), fmt.Sprintf(`%q: %d`, name, value))
			policy, err := LoadPolicy(strings.NewReader(text))
			if (err == nil) != good || good && map[string]int{"stayAfterDays": policy.StayAfterDays, "breakGlassMinutes": policy.BreakGlassMinutes, "adultAge": policy.AdultAge}[name] != value {
				t.Errorf("%s %d: %v", name, value, err)
			}
		}
	}
}

func TestWithoutAPolicyNobodyHasRights(t *testing.T) {
	if _, known := (*Policy)(nil).Rights(auth.GeneralPractitioner); known {
		t.Error("no policy knows a role")
	}
}
