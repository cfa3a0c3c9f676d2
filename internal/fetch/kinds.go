package fetch

// What can be asked of a source. Each kind reads the relation of that name, unless its comment says otherwise.
const (
	Persons            Kind = "person"
	Notes              Kind = "list_note"
	Alerts             Kind = "alert"
	Allergies          Kind = "allergy"
	Medications        Kind = "medication"
	Problems           Kind = "problem"
	Immunisations      Kind = "immunisation"
	Procedures         Kind = "procedure"
	Devices            Kind = "device"
	Results            Kind = "result"
	UnmappedResults    Kind = "result_unmapped" // results whose code cannot be compared with any other
	Reports            Kind = "report"
	VitalSigns         Kind = "vital_sign"
	UnmappedVitalSigns Kind = "vital_sign_unmapped" // the same for vital signs
	Appointments       Kind = "appointment"
	Upcoming           Kind = "appointment_upcoming" // appointments still to come, soonest first
	Documents          Kind = "document"
	DocumentContent    Kind = "document_content" // one document with its content
	Referrals          Kind = "referral"
	CarePlans          Kind = "care_plan"
	CareTeam           Kind = "care_team_member"
	Contacts           Kind = "contact"
	Needs              Kind = "need"
	AdvanceCare        Kind = "advance_decision"

	Stays       Kind = "stay"
	Attendances Kind = "attendance"
	Imaging     Kind = "imaging_study"

	Consultations Kind = "consultation"

	CareContacts             Kind = "care_contact"
	CareCoordinators         Kind = "care_coordinator"
	ResponsibleClinicians    Kind = "responsible_clinician"
	LegalStatuses            Kind = "legal_status"
	CommunityTreatmentOrders Kind = "community_treatment_order"
	ConditionalDischarges    Kind = "conditional_discharge"
	Absences                 Kind = "absence"
	DelayedDischarges        Kind = "delayed_discharge"
	Assessments              Kind = "assessment"
	CareClusters             Kind = "care_cluster"

	AllocatedWorkers      Kind = "allocated_worker"
	SupportReasons        Kind = "support_reason"
	Circumstances         Kind = "circumstances"
	Services              Kind = "service"
	SocialCareAssessments Kind = "social_care_assessment"
	Requests              Kind = "request"
	Reviews               Kind = "review"
	Equipment             Kind = "equipment"
	Carers                Kind = "carer"
	AboutMe               Kind = "about_me"
	Safeguarding          Kind = "safeguarding"
	LegalMeasures         Kind = "legal_measure"
)

// Telecom is the part of Persons with their contact details.
const Telecom Children = 1

// ChildFields lists, by kind, the GraphQL fields that need each child relation, in the order of the bits of Children.
var ChildFields = map[Kind][][]string{
	Allergies:                {{"reactionDetails", "reactions"}},
	Medications:              {{"issues"}},
	Results:                  {{"components"}},
	UnmappedResults:          {{"components"}},
	UnmappedVitalSigns:       {{"components"}},
	VitalSigns:               {{"components"}},
	CarePlans:                {{"sections"}, {"activities"}, {"goals"}, {"agreements"}},
	Stays:                    {{"diagnoses"}, {"procedures"}, {"episodes"}, {"wardStays"}},
	Attendances:              {{"diagnoses"}},
	Consultations:            {{"sections"}},
	CommunityTreatmentOrders: {{"recalls"}},
}
