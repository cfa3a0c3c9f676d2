package load

import "carerecord/internal/record"

// entry is what the division among sectors looks at.
type entry struct {
	Type      string        // FHIR resource type
	Code      codeable      // its own code; of an Encounter, its type
	Category  string        // of an Observation
	Reasons   []coding      // what it is for, the encounter's reason among them
	Encounter record.Sector // where the encounter it belongs to went; "" for none
	Class     string        // of an Encounter: EMER, IMP, AMB …
	Adult     bool          // the person was 18 or older at the time
	Ended     bool          // of a Condition: it is over
}

// A rule sends entries it fits to a sector; the first that fits decides.
type rule struct {
	why    string
	fits   func(entry) bool
	sector record.Sector
}

// division is who holds what. Every entry falls to exactly one sector: the last
// rule fits everything.
//
// It departs from the proposal that came with the data in four places:
//   - An overdose is treated in an emergency department, so the attendance and
//     what was done there are acute; its diagnosis and care plan are mental health.
//   - Not every procedure is a hospital's: medication reviews, antenatal checks
//     and spirometry at a practice stay there. Those that no practice can do
//     (colonoscopy, ablation, dialysis …) are acute even where the data hang them
//     on a check-up.
//   - A diagnosis made in hospital that has not ended is long-term and belongs on
//     the practice's problem list; one that has ended stays with the hospital.
//   - Social care begins at 18. Before, the same entries are clinical findings
//     and stay with the practice.
var division = []rule{
	{"vaccinations and allergies are kept by the practice wherever they were recorded",
		func(e entry) bool { return e.Type == "Immunization" || e.Type == "AllergyIntolerance" }, record.GP},
	{"social needs, abuse, isolation, housing and domiciliary visits of adults",
		func(e entry) bool { return e.Adult && socialTypes[e.Type] && e.Code.has(socialCodes) }, record.SocialCare},
	{"emergency attendances are the hospital's, whatever for",
		func(e entry) bool { return e.Type == "Encounter" && e.Class == "EMER" }, record.Acute},
	{"psychiatry, drug rehabilitation, dementia care, and the scores of their scales",
		func(e entry) bool { return e.Code.has(mentalCodes) }, record.MentalHealth},
	{"stays, urgent care and outpatient procedures, unless for a mental disorder",
		func(e entry) bool {
			return e.Type == "Encounter" && !anyOf(e.Reasons, mentalCodes) && (stayClasses[e.Class] || e.Code.has(hospitalVisits))
		}, record.Acute},
	{"imaging is done in hospitals",
		func(e entry) bool {
			return e.Type == "ImagingStudy" || e.Type == "Device" || e.Type == "Observation" && e.Category == "imaging"
		}, record.Acute},
	{"procedures that no practice can do",
		func(e entry) bool { return e.Type == "Procedure" && e.Code.has(hospitalProcedures) }, record.Acute},
	{"long-term conditions found in hospital go to the practice's problem list",
		func(e entry) bool { return e.Type == "Condition" && e.Encounter == record.Acute && !e.Ended }, record.GP},
	{"what happened at a hospital stay or attendance",
		func(e entry) bool { return e.Encounter == record.Acute }, record.Acute},
	{"what is for a mental disorder",
		func(e entry) bool { return e.Type != "Condition" && anyOf(e.Reasons, mentalCodes) }, record.MentalHealth},
	{"what happened at a contact with mental health services",
		func(e entry) bool { return e.Encounter == record.MentalHealth }, record.MentalHealth},
	{"notes of social care visits",
		func(e entry) bool { return e.Type == "DocumentReference" && e.Encounter == record.SocialCare }, record.SocialCare},
	{"everything else is general practice",
		func(entry) bool { return true }, record.GP},
}

// sectorOf is the sector that holds an entry.
func sectorOf(e entry) record.Sector { return division[ruleOf(e)].sector }

func ruleOf(e entry) int {
	for i, r := range division {
		if r.fits(e) {
			return i
		}
	}
	panic("the last rule of the division fits everything")
}

func anyOf(codings []coding, codes map[string]bool) bool {
	for _, c := range codings {
		if codes[c.Code] {
			return true
		}
	}
	return false
}

func set(codes ...string) map[string]bool {
	s := make(map[string]bool, len(codes))
	for _, c := range codes {
		s[c] = true
	}
	return s
}

// stayClasses are the classes of encounter (HL7 v3 ActCode) with a bed.
var stayClasses = set("IMP", "ACUTE", "NONAC", "OBSENC", "SS")

// stayTypes are encounters with a bed that Synthea classes otherwise.
var stayTypes = set(
	"305336008",       // Admission to hospice
	"449411000124106", // Admission to skilled nursing facility
)

// hospitalVisits are ambulatory encounters at a hospital.
var hospitalVisits = set(
	"371883000", // Outpatient procedure
	"702927004", // Urgent care clinic: a type 3 emergency department
	"305336008", "449411000124106",
)

// socialTypes are the types that social care has a place for.
var socialTypes = set("Encounter", "Condition", "Observation", "Procedure")

// socialCodes are what social care holds of an adult.
var socialCodes = set(
	"210098006",              // Domiciliary or rest home patient evaluation and management
	"710824005",              // Assessment of health and social care needs
	"866148006",              // Screening for domestic abuse
	"93025-5",                // Protocol for Responding to and Assessing Patients' Assets, Risks, and Experiences
	"71802-3",                // Housing status
	"28245-9",                // Abuse status
	"76504-0",                // Total score of the Humiliation, Afraid, Rape, and Kick questionnaire
	"422650009",              // Social isolation
	"423315002",              // Limited social contact
	"706893006",              // Victim of intimate partner abuse
	"424393004",              // Reports of violence in the environment
	"105531004",              // Housing unsatisfactory
	"32911000",               // Homeless
	"266934004", "713458007", // Transport problem, lack of access to transportation
)

// abuseCodes are the social codes that raise a safeguarding concern.
var abuseCodes = set("706893006", "424393004")

// mentalCodes are what mental health services hold: disorders, encounters,
// procedures, plans and scales.
var mentalCodes = set(
	// Disorders.
	"55680006",             // Drug overdose
	"7200002",              // Alcoholism
	"5602001",              // Opioid abuse
	"6525002", "361055000", // Dependent and misuse of drugs
	"47505003",              // Posttraumatic stress disorder
	"370143000",             // Major depression disorder
	"36923009",              // Major depression, single episode
	"35489007", "191816009", // Depressive disorder, drug dependence
	"80583007",  // Severe anxiety (panic)
	"197480006", // Anxiety disorder
	"192127007", // Child attention deficit disorder
	"26929004",  // Alzheimer's disease
	"230265002", // Familial Alzheimer's disease of early onset
	// Encounters.
	"56876005", // Drug rehabilitation and detoxification
	"79094001", // Initial psychiatric interview with mental status evaluation
	// Procedures.
	"171207006",                    // Depression screening
	"454711000124102", "715252007", // Depression screening with PHQ-2, PHQ-9
	"710841007",       // Assessment of anxiety
	"428211000124100", // Assessment of substance use
	"763302001",       // Assessment with AUDIT-C
	"713106006",       // Screening for drug abuse
	"225337009",       // Suicide risk assessment
	"385892002",       // Mental health screening
	"313071005",
	// Plans.
	"736254008", // Psychiatry care plan
	"718347000", // Mental health care plan
	"737434004", // Major depressive disorder clinical management plan
	"386522008", // Overactivity/inattention behaviour management
	"386257007", // Dementia management
	// Scales and notes.
	"72106-8",            // MMSE
	"55758-7", "44261-6", // PHQ-2, PHQ-9
	"70274-6",            // GAD-7
	"75626-2",            // AUDIT-C
	"82667-7",            // DAST-10
	"75443-2", "84215-3", // Mental health outpatient and telehealth notes
)

// hospitalProcedures are done in hospitals even where the data hang them on a
// visit to a practice.
var hospitalProcedures = set(
	"73761001",             // Colonoscopy
	"274031008",            // Rectal polypectomy
	"76164006",             // Biopsy of colon
	"43075005",             // Partial resection of colon
	"180325003",            // Electrical cardioversion
	"18286008",             // Catheter ablation of tissue of heart
	"433112001",            // Percutaneous mechanical thrombectomy
	"34552-0", "433236007", // Transthoracic echocardiography
	"703423002",             // Combined chemotherapy and radiation therapy
	"265764009",             // Renal dialysis
	"70536003", "711446003", // Transplantation of kidney
	"15081005",                                                 // Pulmonary rehabilitation
	"312681000",                                                // Bone density scan
	"399208008", "418891003", "698354004", "16335031000119103", // X-ray, computed tomography, magnetic resonance imaging
	"1571000087109", "24623002", // Breast imaging
	"169230002", "271442007", "443529005", // Antenatal ultrasound and amniotic fluid screening
	"65575008", "90470006", // Biopsy of prostate, prostatectomy
	"122548005",              // Biopsy of breast
	"173160006", "112790001", // Bronchoscopy, nasal sinus endoscopy
	"714812005", // Induced termination of pregnancy
	"22523008",  // Vasectomy
	"33367005",  // Coronary angiography
)
