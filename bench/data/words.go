package data

// A code is a coded value as the views hold it.
type code struct{ system, code, display string }

const (
	snomed = "http://snomed.info/sct"
	icd    = "http://hl7.org/fhir/sid/icd-10"
	opcs   = "https://fhir.hl7.org.uk/Id/opcs-4"
	dmd    = "https://dmd.nhs.uk"
	ours   = "https://fhir.nhs.uk/CodeSystem/data-dictionary"
)

var (
	substances = []code{
		{snomed, "91936005", "Allergy to penicillin"}, {snomed, "293586001", "Allergy to aspirin"}, {snomed, "91935009", "Allergy to peanut"},
		{snomed, "300916003", "Latex allergy"}, {snomed, "294505008", "Allergy to amoxicillin"}, {snomed, "232350006", "House dust mite allergy"},
	}
	reactions = []code{
		{snomed, "271807003", "Eruption of skin"}, {snomed, "39579001", "Anaphylaxis"}, {snomed, "126485001", "Urticaria"},
		{snomed, "422587007", "Nausea"}, {snomed, "56018004", "Wheezing"},
	}
	problems = []code{
		{snomed, "195967001", "Asthma"}, {snomed, "38341003", "Hypertensive disorder"}, {snomed, "44054006", "Type 2 diabetes mellitus"},
		{snomed, "13645005", "Chronic obstructive lung disease"}, {snomed, "49436004", "Atrial fibrillation"}, {snomed, "396275006", "Osteoarthritis"},
		{snomed, "709044004", "Chronic kidney disease"}, {snomed, "84114007", "Heart failure"}, {snomed, "414545008", "Ischaemic heart disease"},
		{snomed, "40930008", "Hypothyroidism"}, {snomed, "84757009", "Epilepsy"}, {snomed, "24700007", "Multiple sclerosis"},
	}
	diagnoses = []code{
		{icd, "J18.9", "Pneumonia, unspecified organism"}, {icd, "I50.0", "Congestive heart failure"}, {icd, "S72.0", "Fracture of neck of femur"},
		{icd, "N39.0", "Urinary tract infection, site not specified"}, {icd, "J44.1", "Chronic obstructive pulmonary disease with acute exacerbation"},
		{icd, "K80.2", "Calculus of gallbladder without cholecystitis"}, {icd, "I63.9", "Cerebral infarction, unspecified"},
	}
	operations = []code{
		{opcs, "W37.1", "Primary total prosthetic replacement of hip joint using cement"}, {opcs, "J18.3", "Total cholecystectomy NEC"},
		{opcs, "K40.1", "Saphenous vein graft replacement of one coronary artery"}, {opcs, "C71.2", "Phacoemulsification of lens"},
	}
	medicines = []code{
		{dmd, "39720311000001101", "Paracetamol 500mg tablets"}, {dmd, "39688211000001107", "Amlodipine 5mg tablets"},
		{dmd, "39732311000001104", "Metformin 500mg tablets"}, {dmd, "39113611000001102", "Salbutamol 100micrograms/dose inhaler CFC free"},
		{dmd, "39695711000001106", "Atorvastatin 20mg tablets"}, {dmd, "39691511000001106", "Ramipril 5mg capsules"},
		{dmd, "39687611000001102", "Omeprazole 20mg gastro-resistant capsules"}, {dmd, "39733011000001106", "Apixaban 5mg tablets"},
		{dmd, "39692511000001101", "Levothyroxine sodium 50microgram tablets"}, {dmd, "39708911000001100", "Bisoprolol 2.5mg tablets"},
	}
	dosages  = []string{"One to be taken each day", "Two to be taken four times a day when required", "One to be taken twice a day with food", "Two puffs up to four times a day"}
	vaccines = []code{
		{snomed, "46233009", "Influenza vaccine"}, {snomed, "333598008", "Pneumococcal vaccine"}, {snomed, "1119349007", "COVID-19 mRNA vaccine"},
		{snomed, "333699008", "Tetanus vaccine"}, {snomed, "836500008", "Shingles vaccine"},
	}
	tests = []code{
		{snomed, "1022431000000105", "Haemoglobin estimation"}, {snomed, "1000651000000109", "Serum sodium level"}, {snomed, "1000641000000106", "Serum potassium level"},
		{snomed, "1000731000000107", "Serum creatinine level"}, {snomed, "999791000000106", "Haemoglobin A1c level"}, {snomed, "1005681000000107", "Serum cholesterol level"},
		{snomed, "1001371000000100", "Plasma C reactive protein level"}, {snomed, "1022541000000102", "Total white cell count"}, {snomed, "1022651000000100", "Platelet count"},
	}
	units  = []string{"g/L", "mmol/L", "mmol/L", "umol/L", "mmol/mol", "mmol/L", "mg/L", "10*9/L", "10*9/L"}
	normal = []code{
		{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "N", "Normal"},
		{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H", "High"},
		{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "L", "Low"},
	}
	signs = []code{
		{snomed, "364075005", "Heart rate"}, {snomed, "431314004", "Peripheral oxygen saturation"}, {snomed, "27113001", "Body weight"}, {snomed, "276885007", "Core body temperature"},
	}
	signUnits = []string{"/min", "%", "kg", "Cel"}
	pressure  = code{snomed, "75367002", "Blood pressure"}
	systolic  = code{snomed, "271649006", "Systolic blood pressure"}
	diastolic = code{snomed, "271650006", "Diastolic blood pressure"}

	letters = []code{
		{snomed, "373942005", "Discharge summary"}, {snomed, "823691000000103", "Clinical letter"}, {snomed, "4241000179101", "Laboratory report"},
	}
	plans = []code{
		{snomed, "734163000", "Care plan"}, {snomed, "736368003", "Coronary heart disease care plan"}, {snomed, "735985000", "Diabetes self management plan"},
	}
	meetings = []code{
		{snomed, "308335008", "Patient encounter procedure"}, {snomed, "185317003", "Telephone encounter"}, {snomed, "325871000000103", "Online encounter"},
	}
	complaints = []code{
		{snomed, "29857009", "Chest pain"}, {snomed, "267036007", "Dyspnoea"}, {snomed, "21522001", "Abdominal pain"}, {snomed, "217082002", "Accidental fall"}, {snomed, "386661006", "Fever"},
	}
	specialties = []code{{ours, "300", "General Internal Medicine Service"}, {ours, "320", "Cardiology Service"}, {ours, "110", "Trauma and Orthopaedic Service"}, {ours, "430", "Elderly Medicine Service"}}
	methods     = []code{{ours, "21", "Emergency admission by emergency care department"}, {ours, "11", "Elective admission from waiting list"}}
	home        = code{ours, "19", "Usual place of residence"}
	ordinary    = code{ours, "1", "Ordinary admission"}

	contacts = []code{{ours, "01", "Face to face contact"}, {ours, "02", "Telephone contact"}}
	tools    = []code{{snomed, "720433000", "Patient Health Questionnaire Nine Item score"}, {snomed, "445455005", "Generalized anxiety disorder seven item scale score"}}
	informal = code{ours, "01", "Informal"}

	services     = []code{{ours, "LTS", "Long term support: community"}, {ours, "STM", "Short term support to maximise independence"}, {ours, "EQU", "Equipment and adaptations"}}
	components   = []code{{ours, "HOME", "Home support"}, {ours, "DAY", "Day support"}, {ours, "MEALS", "Meals"}}
	assessments  = []code{{ours, "STA", "Short term assessment"}, {ours, "LTA", "Long term assessment"}, {ours, "CARER", "Carer assessment"}}
	outcomes     = []code{{ours, "SERV", "Progress to services"}, {ours, "NFA", "No further action"}, {ours, "INFO", "Information and advice"}}
	routes       = []code{{ours, "COMM", "Community route"}, {ours, "HOSP", "Discharge from hospital"}, {ours, "PLAN", "Planned entry"}}
	reasons      = []code{{ours, "PHYS", "Physical support: personal care"}, {ours, "SENS", "Sensory support"}, {ours, "MEMO", "Support with memory and cognition"}}
	eligible     = []string{"{NUTRITION,HYGIENE}", "{TOILET,CLOTHING,SAFE_HOME}", "{}"}
	wards        = []string{"Ash Ward", "Birch Ward", "Cedar Ward", "Elm Ward", "Acute Medical Unit"}
	teams        = []string{"North Team", "South Team", "Older People Team", "Community Team"}
	givenNames   = []string{"Amara", "Brendan", "Chandra", "Deniz", "Eleni", "Farah", "Grace", "Hassan", "Iris", "Jakub", "Kemi", "Lorna"}
	familyNames  = []string{"Abara", "Barnfield", "Coppice", "Dalston", "Elmsleigh", "Farrow", "Greenaway", "Holloway", "Inglewood", "Juniper", "Kestrel", "Lindqvist"}
	staff        = []string{"Dr A Example", "Dr B Example", "Nurse C Example", "Sister D Example", "Mr E Example"}
	jobs         = []string{"Consultant", "General practitioner", "Registered nurse", "Pharmacist", "Physiotherapist"}
	districts    = []string{"N1", "N7", "NW3", "EN2", "N17"}
	planSections = []string{"What matters to me", "What to do in an emergency", "Goals", "Who is involved"}
	planTexts    = []string{
		"Lives alone on the second floor. Wishes to stay at home for as long as that is safe, and to go on with the allotment.",
		"Ring the named contact first. The key is with the neighbour. Usual oxygen saturation is 91 % on air.",
		"To walk to the shops and back without a rest by the spring. To have fewer than two falls in six months.",
		"District nurse weekly; practice pharmacist every three months; daughter most evenings.",
	}
)
