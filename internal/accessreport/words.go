package accessreport

import (
	"strings"

	"carerecord/internal/audit"
	"carerecord/internal/record"
)

// Words for what is written in capitals elsewhere. The resident reads them.

var roles = map[string]string{
	"GENERAL_PRACTITIONER":       "GP",
	"HOSPITAL_DOCTOR":            "hospital doctor",
	"MENTAL_HEALTH_PRACTITIONER": "mental health worker",
	"SOCIAL_WORKER":              "social worker",
	"RECEPTIONIST":               "receptionist",
	"CARE_MANAGER":               "care manager",
	"PRIVACY_OFFICER":            "privacy officer",
	"OPT_OUT_OFFICER":            "opt-out officer",
	"ANALYST":                    "analyst",
	"DEVELOPER":                  "technical staff",
}

var purposes = map[string]string{
	"TREAT":     "to treat you",
	"ETREAT":    "to treat you in an emergency",
	"CAREMGT":   "to plan your care",
	"HQUALIMP":  "to improve services",
	"PATADMIN":  "to keep your choices up to date",
	"HSYSADMIN": "to look after the system",
}

var relationships = map[string]string{
	"REGISTERED_PRACTICE": "you were registered with this practice",
	"REFERRAL":            "you were referred to them",
	"STAY":                "you were staying there, or had been not long before",
	"APPOINTMENT":         "you had an appointment with them",
	"ALLOCATED_WORKER":    "you had a worker there",
}

var reasons = map[string]string{
	"EMERGENCY":       "you needed care at once",
	"PUBLIC_INTEREST": "it was in the public interest",
	"STATUTE":         "the law asks for it",
	"COURT_ORDER":     "a court ordered it",
}

var actions = map[audit.Action]string{
	audit.Read:                "asked for your record",
	audit.List:                "asked for a list of people that you were on",
	audit.Planning:            "asked for numbers about the population",
	audit.BreakGlass:          "asked to open your record without a check that they are part of your care",
	audit.RecordOptOut:        "wrote down that you opted out",
	audit.WithdrawOptOut:      "wrote down that you changed your mind about opting out",
	audit.ReadOptOuts:         "looked at whether you opted out",
	audit.ReadOptOutRequests:  "looked at a request to opt out in your name, or compared it with your details",
	audit.DecideOptOutRequest: "decided on a request to opt out",
	audit.ReadTrail:           "looked at who had asked for your record",
	audit.KeepTrail:           "wrote out who had asked for your record",
	audit.Subscribe:           "asked to be told when your record changes",
	audit.Reject:              "sent a request that could not be run",
}

// duties are the actions that are told as done only where they were, else as what was
// asked for: whoever reads that it was written down believes that it holds.
var duties = map[audit.Action]string{
	audit.BreakGlass:          "open your record without a check that they are part of your care",
	audit.RecordOptOut:        "write down that you opted out",
	audit.WithdrawOptOut:      "write down that you changed your mind about opting out",
	audit.ReadOptOuts:         "look at whether you opted out",
	audit.ReadOptOutRequests:  "look at a request to opt out in your name, or to compare it with your details",
	audit.DecideOptOutRequest: "decide on a request to opt out",
	audit.ReadTrail:           "look at who had asked for your record",
	audit.KeepTrail:           "write out who had asked for your record",
}

// hindrances are why a duty was not done.
var hindrances = map[audit.Outcome]string{
	audit.Forbidden:   "their role may not do this",
	audit.NotFound:    "there was nothing on record to do it to",
	audit.Unavailable: "what it needs could not be looked up",
	audit.Rejected:    "it could not be done as they asked",
}

var outcomes = map[audit.Outcome]string{
	audit.Shown:              "it was shown to them",
	audit.Done:               "it was done",
	audit.Forbidden:          "nothing was shown: their role may not see records",
	audit.NoCareRelationship: "nothing was shown: they were not part of your care",
	audit.NotFound:           "nothing was shown: there was no record that they may see",
	audit.Withheld:           "nothing was shown: you had opted out",
	audit.WithheldChanged:    "nothing was shown: something that decides on it changed while they asked",
	audit.Unavailable:        "nothing was shown: your choice could not be looked up",
	audit.Rejected:           "nothing was shown: the request could not be run",
}

var sectors = map[record.Sector]string{
	record.Demographics: "the national register of patients",
	record.Acute:        "hospitals",
	record.GP:           "your GP practice",
	record.MentalHealth: "mental health services",
	record.SocialCare:   "the council's adult social care",
}

var classes = map[record.Class]string{
	record.ClassDemographics:       "name, birth date and address",
	record.ClassContacts:           "people to contact",
	record.ClassAlerts:             "alerts",
	record.ClassAllergies:          "allergies",
	record.ClassMedications:        "medicines",
	record.ClassCurrentMedications: "medicines you take now",
	record.ClassProblems:           "conditions and diagnoses",
	record.ClassActiveProblems:     "conditions you have now",
	record.ClassResults:            "test results",
	record.ClassVitalSigns:         "measurements such as blood pressure",
	record.ClassImmunisations:      "vaccinations",
	record.ClassProcedures:         "operations and procedures",
	record.ClassEncounters:         "visits and contacts",
	record.ClassStays:              "hospital stays",
	record.ClassStaySummary:        "dates and wards of hospital stays",
	record.ClassAppointments:       "appointments",
	record.ClassOwnAppointments:    "appointments with them",
	record.ClassDocuments:          "letters and documents",
	record.ClassReferrals:          "referrals",
	record.ClassCarePlans:          "care plans",
	record.ClassCareTeam:           "who cares for you",
	record.ClassGPConsultations:    "GP consultations",
	record.ClassMentalHealth:       "mental health care",
	record.ClassMentalHealthPlans:  "mental health plans and contacts",
	record.ClassLegalStatus:        "status under the Mental Health Act",
	record.ClassSafeguarding:       "safeguarding",
	record.ClassAdvanceCare:        "wishes for future care",
	record.ClassNeeds:              "needs and adjustments",
	record.ClassSocialCare:         "adult social care",
}

// word is what a code is called, or the code in small letters where it is new.
func word[K ~string](words map[K]string, code K) string {
	if text, known := words[code]; known {
		return text
	}
	return strings.ToLower(strings.ReplaceAll(string(code), "_", " "))
}
