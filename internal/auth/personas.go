package auth

import (
	"fmt"
	"slices"
	"strings"
)

// The roles of the personas. The consent policy says what each may see. A role
// that is not listed there may see nothing.
const (
	GeneralPractitioner      Role = "GENERAL_PRACTITIONER"
	HospitalDoctor           Role = "HOSPITAL_DOCTOR"
	MentalHealthPractitioner Role = "MENTAL_HEALTH_PRACTITIONER"
	SocialWorker             Role = "SOCIAL_WORKER"
	Receptionist             Role = "RECEPTIONIST"
	CareManager              Role = "CARE_MANAGER"
	PrivacyOfficer           Role = "PRIVACY_OFFICER"
	OptOutOfficer            Role = "OPT_OUT_OFFICER"
	Analyst                  Role = "ANALYST"
	Developer                Role = "DEVELOPER"
)

// Persona is a made-up member of staff, for demonstrations and tests.
type Persona struct {
	Name    string // as on the command line: gp, hospital-doctor, …
	Staff   string // the made-up person's name, as in the audit trail
	Org     string // ODS code of the organisation, unless TokenOptions name another
	Role    Role
	Purpose Purpose
}

// Personas lists every persona in the contract's order. F83999 is not a practice
// and X1BAR not a council. A demonstration with other sample data sets other
// codes.
var Personas = []Persona{
	{"gp", "Dr Gwen Practice (demo)", "F83999", GeneralPractitioner, Treatment},
	{"hospital-doctor", "Dr Harry Ward (demo)", "RAL", HospitalDoctor, Treatment},
	{"mental-health-nurse", "Nurse Mina Listener (demo)", "G6V2S", MentalHealthPractitioner, Treatment},
	{"social-worker", "Sol Visitor (demo)", "X1BAR", SocialWorker, Treatment},
	{"receptionist", "Robin Frontdesk (demo)", "F83999", Receptionist, Treatment},
	{"care-manager", "Casey Planner (demo)", "F83999", CareManager, CareManagement},
	{"privacy-officer", "Percy Trail (demo)", "RAL", PrivacyOfficer, SystemAdministration},
	{"opt-out-officer", "Olive Objection (demo)", "Z9B2Z", OptOutOfficer, PatientAdministration},
	{"analyst", "Ana Total (demo)", "Z9B2Z", Analyst, QualityImprovement},
	{"developer", "Dev Schema (demo)", "Z9B2Z", Developer, SystemAdministration},
}

// FindPersona returns the persona of a name. The error lists the names.
func FindPersona(name string) (Persona, error) {
	i := slices.IndexFunc(Personas, func(p Persona) bool { return p.Name == name })
	if i >= 0 {
		return Personas[i], nil
	}
	names := make([]string, len(Personas))
	for i, p := range Personas {
		names[i] = p.Name
	}
	return Persona{}, fmt.Errorf("no persona %q; there are %s", name, strings.Join(names, ", "))
}
