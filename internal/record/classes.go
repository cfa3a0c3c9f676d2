package record

// Sector is a part of the care system with records of its own.
type Sector string

// The sectors, in the order in which they are listed.
const (
	Demographics Sector = "DEMOGRAPHICS"
	Acute        Sector = "ACUTE"
	GP           Sector = "GP"
	MentalHealth Sector = "MENTAL_HEALTH"
	SocialCare   Sector = "SOCIAL_CARE"
)

// Sectors lists every sector in order.
var Sectors = []Sector{Demographics, Acute, GP, MentalHealth, SocialCare}

// Class is a kind of information that a role may or may not see.
type Class string

// The classes. A class named CURRENT_, ACTIVE_, OWN_ or …_SUMMARY is a narrower
// right: it opens only the filtered field. MENTAL_HEALTH_PLANS is also narrower
// than MENTAL_HEALTH.
const (
	ClassDemographics       Class = "DEMOGRAPHICS"
	ClassContacts           Class = "CONTACTS"
	ClassAlerts             Class = "ALERTS"
	ClassAllergies          Class = "ALLERGIES"
	ClassMedications        Class = "MEDICATIONS"
	ClassCurrentMedications Class = "CURRENT_MEDICATIONS"
	ClassProblems           Class = "PROBLEMS"
	ClassActiveProblems     Class = "ACTIVE_PROBLEMS"
	ClassResults            Class = "RESULTS"
	ClassVitalSigns         Class = "VITAL_SIGNS"
	ClassImmunisations      Class = "IMMUNISATIONS"
	ClassProcedures         Class = "PROCEDURES"
	ClassEncounters         Class = "ENCOUNTERS"
	ClassStays              Class = "STAYS"
	ClassStaySummary        Class = "STAY_SUMMARY"
	ClassAppointments       Class = "APPOINTMENTS"
	ClassOwnAppointments    Class = "OWN_APPOINTMENTS"
	ClassDocuments          Class = "DOCUMENTS"
	ClassReferrals          Class = "REFERRALS"
	ClassCarePlans          Class = "CARE_PLANS"
	ClassCareTeam           Class = "CARE_TEAM"
	ClassGPConsultations    Class = "GP_CONSULTATIONS"
	ClassMentalHealth       Class = "MENTAL_HEALTH"
	ClassMentalHealthPlans  Class = "MENTAL_HEALTH_PLANS"
	ClassLegalStatus        Class = "LEGAL_STATUS"
	ClassSafeguarding       Class = "SAFEGUARDING"
	ClassAdvanceCare        Class = "ADVANCE_CARE"
	ClassNeeds              Class = "NEEDS"
	ClassSocialCare         Class = "SOCIAL_CARE"
)

// Classes lists every class in the contract's order.
var Classes = []Class{
	ClassDemographics, ClassContacts, ClassAlerts, ClassAllergies, ClassMedications, ClassCurrentMedications,
	ClassProblems, ClassActiveProblems, ClassResults, ClassVitalSigns, ClassImmunisations, ClassProcedures,
	ClassEncounters, ClassStays, ClassStaySummary, ClassAppointments, ClassOwnAppointments, ClassDocuments,
	ClassReferrals, ClassCarePlans, ClassCareTeam, ClassGPConsultations, ClassMentalHealth,
	ClassMentalHealthPlans, ClassLegalStatus, ClassSafeguarding, ClassAdvanceCare, ClassNeeds, ClassSocialCare,
}
