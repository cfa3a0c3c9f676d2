package sample

// whole is the reference resident: a woman of 76 with diabetes, atrial
// fibrillation and recurrent depression, known to all four sectors, who went home
// from hospital five weeks ago with a package of care.
func whole(today day) *folder {
	f := resident(today, identity{number: Whole, prefix: "Mrs", given: "Rosalind", family: "Achterberg", gender: "FEMALE", born: today.AddDate(-76, -2, -9).Format("2006-01-02"),
		home: inBarnet, cells: cells{"marital_status": listed("marital-status", "W"), "name_given": []string{"Rosalind", "May"}}},
		"reference resident: a rich record in all four sectors")
	f.telecom("EMAIL", "rosalind.achterberg@example.org", "HOME")
	wholeContacts(f)
	wholePractice(f)
	wholeMedicines(f)
	wholeResults(f)
	wholeStay(f)
	wholeHospital(f)
	wholeMind(f)
	wholeCare(f)
	return f
}

func wholeContacts(f *folder) {
	f.put(demographics, "contact", cells{"name": "Daniel Achterberg", "relationship": "Son", "relationship_code": kinship("SONC", "son"), "roles": []string{"NEXT_OF_KIN", "EMERGENCY_CONTACT", "ATTORNEY_HEALTH"},
		"phone": mobile("Daniel"), "email": "daniel.achterberg@example.org", "address": "4 Saffron Close, London N3 2CM", "since": f.on(-6, 0, 0).year(), "under_18": false})
	f.put(demographics, "contact", cells{"name": "Judith Lindqvist", "relationship": "Neighbour", "relationship_code": kinship("NBOR", "neighbor"), "roles": []string{"CARER", "OTHER"},
		"phone": phone("Judith"), "since": f.on(-2, 0, 0), "note": "Has a key and looks in on weekday mornings.", "under_18": false})
	f.put(demographics, "need", cells{"kind": snomed("285055002", "Does use hearing aid"), "category": "COMMUNICATION", "detail": "Sit on her right and speak facing her.", "since": f.on(-4, 0, 0).year()})
	f.put(practiceHost, "need", cells{"kind": words("Needs a longer appointment"), "category": "REASONABLE_ADJUSTMENT", "detail": "Book a double appointment on the ground floor.", "since": f.on(-1, -3, 0)})
}

func wholePractice(f *folder) {
	gp := practiceHost
	f.problem(gp, diabetes, f.on(-11, 0, 0).month(), cells{"significance": "MAJOR", "problem_original": read2("C10F.", "Type 2 diabetes mellitus")})
	f.problem(gp, fibrillation, f.on(-3, -4, 0).String(), cells{"significance": "MAJOR"})
	f.problem(gp, hypertension, f.on(-19, 0, 0).year(), cells{"significance": "MAJOR"})
	f.problem(gp, kidneyDisease, f.on(-2, -1, 0).String(), cells{"significance": "MAJOR", "severity": "MODERATE"})
	f.problem(gp, depression, f.on(-24, 0, 0).year(), cells{"significance": "MAJOR", "status": "RECURRENCE"})
	f.problem(gp, kneeArthritis, f.on(-8, 0, 0).year(), cells{"significance": "MINOR", "body_site": snomed("72696002", "Knee region structure")})
	f.problem(gp, snomed("74400008", "Appendicitis"), "1967", cells{"status": "RESOLVED", "significance": "MINOR", "ended_on": "1967"})
	f.problem(gp, snomed("301011002", "Escherichia coli urinary tract infection"), f.on(0, -7, 0).String(), cells{"status": "UNKNOWN", "significance": "MINOR"})
	f.problem(gp, asthma, f.on(-5, 0, 0).year(), cells{"entered_in_error": true, "note": "Entered on the wrong person's record."})

	rash := f.allergy(gp, penicillin, "1974", cells{"last_reaction_on": f.on(-9, 0, 0).year(), "asserted_by": doctor(f.Practice), "note": "Hives within an hour of amoxicillin."})
	f.reaction(gp, rash, hives, "MODERATE")
	f.reaction(gp, rash, snomed("41291007", "Angio-oedema"), "SEVERE")
	codeine := f.allergy(gp, snomed("387494007", "Codeine"), f.on(-12, 0, 0).year(), cells{"kind": "INTOLERANCE", "criticality": "LOW", "verification": "UNCONFIRMED"})
	f.reaction(gp, codeine, nausea, "MILD")
	f.allergy(gp, snomed("256349002", "Peanut - dietary"), "1990", cells{"category": "FOOD", "status": "RESOLVED", "ended_on": f.on(-7, 0, 0).year(), "end_reason": "Negative challenge in the allergy clinic"})
	f.allergy(gp, snomed("111088007", "Latex"), "", cells{"onset_on": nil, "category": "ENVIRONMENT", "verification": "REFUTED", "recorded_at": f.on(-3, 0, 0).at(9, 0)})

	f.put(gp, "immunisation", cells{"vaccine": words("Influenza vaccine (adjuvanted)"), "procedure": snomed("86198006", "Administration of influenza vaccine"), "status": "COMPLETED",
		"given_on": f.on(0, -8, 0), "batch": "FL2207A", "site": snomed("368208006", "Left upper arm structure"), "given_by": staff{"Sister " + nameOf("pn"), "Practice nurse"}, "location": "Kestrel Road Practice", "note": "Sore arm for two days after the last one"})
	f.put(gp, "immunisation", cells{"vaccine": words("Shingles vaccine (recombinant)"), "status": "NOT_DONE", "status_reason": words("Declined"), "given_on": f.on(0, -8, 0)})
	f.put(gp, "immunisation", cells{"vaccine": words("Pneumococcal polysaccharide vaccine"), "status": "COMPLETED", "given_on": f.on(-10, 0, 0).month(), "dose": "1"})
	f.put(gp, "procedure", cells{"procedure": snomed("80146002", "Appendicectomy"), "status": "COMPLETED", "performed_on": "1967"})

	f.consultation(f.in(-11).at(9, 20), snomed("182836005", "Review of medication"), nil,
		section{"History", "Two falls at home since discharge, no injury. Managing with carers morning and evening."},
		section{"Examination", "Pulse irregular, 78. No ankle swelling. Lying 138/76, standing 116/68."},
		section{"Plan", "Reduce amlodipine. Bloods in one week. Community physiotherapy."})
	f.consultation(f.in(-19).at(14, 5), diabetes, cells{"medium": "TELEPHONE", "kind": words("Telephone consultation")}, section{"Plan", "Carry on with metformin while eGFR is above 30."})
	f.consultation(f.on(-1, -2, 0).working().at(11, 30), kneeArthritis, nil, section{"History", "Left knee worse on stairs."})
	f.visit(f.in(6).at(9, 40), "Blood test", cells{"clinician": staff{nameOf("hca"), "Health care assistant"}})
	f.visit(f.in(34).at(10, 0), "Long-term conditions review", cells{"duration_minutes": 20})
	f.put(gp, "referral", cells{"service": words("Community falls service"), "priority": "URGENT", "status": "IN_PROGRESS", "referred_on": f.in(-11), "reason": falls,
		"from_party": org(f.Practice), "to_party": org("RKE"), "referrer": doctor(f.Practice), "note": "Two falls in five weeks, anticoagulated."})
	f.plan(gp, words("Diabetes self-management plan"), "Diabetes: my plan", f.on(0, -9, 0), cells{"addresses": diabetes, "author": doctor(f.Practice)},
		section{"What matters to me", "Keeping my feet well enough for the allotment."}, section{"If I am unwell", "Stop metformin if vomiting and ring the practice."})
	f.put(gp, "care_team_member", cells{"name": doctor(f.Practice).Name, "role": "Named accountable GP", "team": "Kestrel Road Practice", "phone": phone(f.Practice), "since": f.on(-6, 0, 0).month()})
	f.put(gp, "alert", cells{"kind": falls, "note": "Falls risk: rises slowly, needs a frame.", "since": f.in(-11), "status": "IN_PROGRESS", "review_due_on": f.on(0, 6, 0)})
	f.put(gp, "advance_decision", cells{"kind": respect, "decision": "Prefers treatment at home where it is safe. Admission for what can be put right. Not for intensive care.", "status": "IN_PROGRESS",
		"decided_on": f.on(0, -3, 0), "review_due_on": f.on(0, 9, 0), "author": doctor(f.Practice), "where_signed": "At home, with her son"})
	f.put(gp, "advance_decision", cells{"kind": attorney, "decision": "Registered", "status": "IN_PROGRESS", "decided_on": f.on(-2, 0, 0).month(), "attorney": "Daniel Achterberg"})
}

func wholeMedicines(f *folder) {
	gp := practiceHost
	metformin := f.repeat(gp, dmd("325278007", "Metformin 500mg tablets"), "One to be taken twice a day with food", f.on(-6, 0, 0), cells{"reason": diabetes, "linked_codes": []string{"http://snomed.info/sct|44054006"}})
	f.part(gp, "medication_issue", metformin, cells{"issued_on": f.on(0, 0, -40), "quantity": "56 tablet", "status": "COMPLETED"})
	f.part(gp, "medication_issue", metformin, cells{"issued_on": f.on(0, 0, -12), "quantity": "56 tablet", "status": "ACTIVE"})
	f.repeat(gp, words("Apixaban 5mg tablets"), "One to be taken twice a day", f.on(-3, -3, 0), cells{"reason": fibrillation, "note": "Carries an anticoagulant alert card"})
	f.repeat(gp, dmd("320030001", "Atorvastatin 20mg tablets"), "One to be taken at night", f.on(-8, 0, 0), nil)
	f.repeat(gp, dmd("321987003", "Citalopram 20mg tablets"), "One to be taken in the morning", f.on(-1, -6, 0), cells{"reason": depression, "kind": "REPEAT_DISPENSING"})
	f.repeat(gp, dmd("39731911000001109", "Amlodipine 10mg tablets"), "One to be taken in the morning", f.on(-5, 0, 0), cells{"status": "STOPPED", "ended_on": f.in(-11), "status_reason": "Postural hypotension"})
	f.course(gp, words("Nitrofurantoin 100mg modified-release capsules"), "One to be taken twice a day for seven days", f.on(0, 0, -4), cells{"ended_on": f.on(0, 0, 3), "quantity": "14 capsule"})
	f.course(gp, dmd("41948311000001104", "Doxycycline 100mg capsules"), "One to be taken once a day for five days", f.on(0, -7, 0), cells{"status": "COMPLETED", "ended_on": f.on(0, -7, 5)})
	f.course(gp, dmd("322236009", "Paracetamol 500mg tablets"), "One or two up to four times a day as needed", f.on(-1, 0, 0), cells{"status": "UNKNOWN", "as_needed": true, "kind": "UNKNOWN", "intent": "UNKNOWN"})
	f.put(gp, "medication", cells{"medicine": words("Glucosamine, bought over the counter"), "kind": "REPORTED", "intent": "STATEMENT", "status": "ACTIVE", "started_on": f.on(-2, 0, 0).year(), "dosage": "One a day"})
}

func wholeResults(f *folder) {
	gp, mmol := practiceHost, "mmol/mol"
	for i, value := range []string{"71", "66", "61", "58", "60", "57", "54", "52"} {
		at := f.on(0, -45+6*i, 0).working().at(9, 15)
		own := cells{"test_original": read2("42W5.", "Haemoglobin A1c level - IFCC standardised"), "requester": doctor(f.Practice)}
		if i < 3 {
			own["interpretation"] = interpretation("H", "High")
		}
		f.result(gp, glycated, value, mmol, "20", "48", at, own)
	}
	report := f.put(gp, "report", cells{"kind": snomed("1000971000000107", "Urea and electrolytes level"), "title": "Urea and electrolytes", "category": "LABORATORY", "status": "FINAL",
		"taken_at": f.in(-14).at(9, 10), "issued_at": f.in(-13).at(7, 45), "conclusion": "Stable.", "specimen": venousBlood, "requester": doctor(f.Practice)})
	in := func(own cells) cells {
		return with(cells{"report_id": report, "report_title": "Urea and electrolytes"}, own)
	}
	taken := f.in(-14).at(9, 10)
	f.result(gp, sodium, "138", "mmol/L", "133", "146", taken, in(nil))
	f.result(gp, creatinine, "118", "umol/L", "45", "84", taken, in(cells{"interpretation": interpretation("H", "High")}))
	f.result(gp, snomed("1011481000000105", "eGFR (estimated glomerular filtration rate) using creatinine CKD-EPI equation"), "41", "mL/min/1.73m2", "", "", taken, in(cells{"reference_range_text": "above 60"}))
	f.result(gp, potassium, "", "mmol/L", "3.5", "5.3", taken, in(cells{"value_unit": nil, "value_absent_reason": "not-performed", "comment": "Sample haemolysed; please repeat."}))
	f.result(gp, reactiveC, "", "mg/L", "", "5", f.in(-14).at(9, 10), below("3", "mg/L"))
	f.result(gp, words("FOBT kit"), "", "", "", "", f.on(0, -10, 0).at(12, 0), cells{"test_original": local("lab", "FOB3", "FOBT kit"), "value_text": "Negative", "value_unit": nil, "specimen": nil})
	f.result(gp, haemoglobin, "128", "g/L", "115", "165", taken, cells{"status": "AMENDED"})
	f.pressure(gp, "138", "76", f.in(-11).at(9, 25))
	f.pressure(gp, "152", "84", f.on(0, -6, 0).at(9, 25))
	f.vital(gp, weight, "71.4", "kg", f.in(-11).at(9, 25), nil)
	f.vital(gp, weight, "74", "kg", f.on(-1, 0, 0).at(10, 0), nil)
}

func wholeStay(f *folder) {
	in, out := f.in(-43), f.in(-35)
	id := f.put(royalFree, "stay", cells{"admitted_at": in.at(16, 40), "discharged_at": out.at(14, 15), "discharge_ready_on": out.plus(-2), "estimated_discharge_on": out.plus(-3), "planned_discharge_on": out,
		"patient_classification": listed("patient-classification", "1"), "admission_method": listed("admission-method", "21"), "admission_source": listed("admission-source", "19"),
		"discharge_method": listed("discharge-method", "1"), "discharge_destination": listed("discharge-destination", "19"), "specialty": specialty("430"), "main_specialty": specialty("430"),
		"reason": falls, "ward": "Larch Ward", "site_name": "Barnet Hospital", "consultant": consultant("RAL", "430"), "linked_codes": []string{"http://hl7.org/fhir/sid/icd-10|J18.1"}})
	f.part(royalFree, "stay_diagnosis", id, cells{"diagnosis": icd10("J18.1", "Lobar pneumonia, unspecified"), "rank": 1})
	f.part(royalFree, "stay_diagnosis", id, cells{"diagnosis": icd10("I48.9", "Atrial fibrillation and atrial flutter, unspecified"), "rank": 2})
	f.part(royalFree, "stay_diagnosis", id, cells{"diagnosis": icd10("E11.2", "Type 2 diabetes mellitus with renal complications"), "rank": 3})
	f.part(royalFree, "stay_procedure", id, cells{"procedure": opcs("U20.1", "Transthoracic echocardiography"), "performed_on": f.in(-40), "rank": 1})
	f.part(royalFree, "episode", id, cells{"specialty": specialty("326"), "main_specialty": specialty("300"), "consultant": consultant("RAL", "326"), "started_at": in.at(16, 40), "ended_at": in.plus(1).at(15, 0)})
	f.part(royalFree, "episode", id, cells{"specialty": specialty("430"), "main_specialty": specialty("430"), "consultant": consultant("RAL", "430"), "started_at": in.plus(1).at(15, 0), "ended_at": out.at(14, 15)})
	f.part(royalFree, "ward_stay", id, cells{"ward": "Acute Assessment Unit", "site_name": "Barnet Hospital", "started_at": in.at(16, 40), "ended_at": in.plus(1).at(15, 0)})
	f.part(royalFree, "ward_stay", id, cells{"ward": "Larch Ward", "site_name": "Barnet Hospital", "started_at": in.plus(1).at(15, 0), "ended_at": out.at(14, 15)})
	summary := f.letter(royalFree, dischargeNote, "Discharge summary, Larch Ward", wholeSummary, out.at(13, 30), cells{"author": staff{"Dr " + nameOf("fy2"), "Foundation doctor"},
		"specialty": specialty("430"), "description": "Stay for pneumonia and a fall"})
	f.enclose("stay", id, map[string]any{"summary_id": summary, "summary_title": "Discharge summary, Larch Ward", "summary_written_at": out.at(13, 30)})
	home := cells{"kind": "DISCHARGE", "intent": "ORDER", "discharge_id": id, "discharged_at": out.at(14, 15), "last_issued_on": nil, "review_due_on": nil, "repeats_allowed": nil, "repeats_issued": nil,
		"prescriber": staff{"Dr " + nameOf("fy2"), "Foundation doctor"}, "prescribing_agency": elsewhere}
	f.repeat(royalFree, dmd("317291008", "Omeprazole 20mg gastro-resistant capsules"), "One capsule in the morning", out, with(home, cells{"quantity": "28 capsule"}))
	f.repeat(royalFree, words("Apixaban 5mg tablets"), "One tablet twice a day", out, with(home, cells{"quantity": "56 tablet"}))
	f.course(royalFree, words("Ceftriaxone 2g infusion"), "Once a day", in, cells{"kind": "INPATIENT", "status": "COMPLETED", "ended_on": in.plus(4), "route": snomed("47625008", "Intravenous"), "prescribing_agency": elsewhere})
}

const wholeSummary = `Mrs Achterberg was admitted after a fall at home and was found to have a right lower lobe pneumonia.

Treated with intravenous and then oral antibiotics. She is allergic to penicillin. Echocardiogram: normal left
ventricular function. Walking with a frame on discharge; carers twice a day.

To the practice: please repeat urea and electrolytes in two weeks and review blood pressure tablets.
`

func wholeHospital(f *folder) {
	rash := f.allergy(royalFree, snomed("373270004", "Penicillin -class of antibiotic-"), f.on(-9, 0, 0).year(), cells{"substance_original": local("hospital", "PENICILLINS", "Penicillins")})
	f.reaction(royalFree, rash, hives, "MODERATE")
	fell := f.put(royalFree, "attendance", cells{"kind": words("Emergency department, first attendance"), "arrived_at": f.in(-43).at(11, 52), "departed_at": f.in(-43).at(16, 40), "arrival_mode": words("Ambulance"),
		"acuity": words("Urgent"), "complaint": snomed("161898004", "Falls"), "specialty": specialty("180"), "clinician": staff{"Dr " + nameOf("ed"), "Emergency physician"}, "site_name": "Barnet Hospital",
		"department": "Emergency department", "discharge_destination": words("Ward in the same hospital")})
	f.part(royalFree, "attendance_diagnosis", fell, cells{"diagnosis": snomed("233604007", "Pneumonia"), "rank": 1})
	f.put(royalFree, "attendance", cells{"kind": words("Outpatient"), "arrived_at": f.on(-1, -1, 0).working().at(10, 5), "complaint": fibrillation, "specialty": specialty("320"), "department": "Heart rhythm clinic"})
	f.result(royalFree, loinc("59261-8", "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol"), "55", "mmol/mol", "20", "41", f.in(-40).at(6, 30), cells{"test_original": local("lab", "HBA1", "HbA1c"), "interpretation": interpretation("H", "High")})
	f.result(royalFree, loinc("94500-6", "SARS-CoV-2 (COVID-19) RNA [Presence] in Respiratory specimen by NAA with probe detection"), "", "", "", "", f.in(-43).at(13, 0), cells{"category": "VIROLOGY", "value_text": "Not detected", "value_unit": nil, "value_code_system": "http://snomed.info/sct", "value_code": "260415000", "value_code_display": "Not detected", "specimen": words("Nose and throat swab")})
	f.result(royalFree, reactiveC, "164", "mg/L", "", "5", f.in(-40).at(6, 30), cells{"interpretation": interpretation("HH", "Critical high")})
	f.result(royalFree, loinc("630-4", "Bacteria identified in Urine by Culture"), "", "", "", "", f.in(-43).at(13, 0), cells{"category": "MICROBIOLOGY", "status": "PRELIMINARY", "value_text": "Mixed growth, probably contaminated", "value_unit": nil, "specimen": snomed("78014005", "Urine")})
	f.put(royalFree, "report", cells{"kind": snomed("399208008", "Plain chest X-ray"), "title": "Chest X-ray", "category": "RADIOLOGY", "status": "FINAL", "taken_at": f.in(-43).at(12, 50), "issued_at": f.in(-43).at(15, 0),
		"conclusion": "Right lower lobe consolidation. Repeat in six weeks.", "performer": staff{"Dr " + nameOf("rad"), "Radiologist"}})
	f.put(royalFree, "imaging_study", cells{"started_at": f.in(-43).at(12, 50), "modality": coding{"http://dicom.nema.org/resources/ontology/DCM", "DX", "Digital Radiography"}, "body_site": snomed("51185008", "Thoracic structure"),
		"description": "Chest X-ray", "procedure": snomed("399208008", "Plain chest X-ray"), "status": "FINAL", "series_count": 1, "image_count": 2})
	f.put(royalFree, "procedure", cells{"procedure": opcs("U20.1", "Transthoracic echocardiography"), "procedure_original": local("hospital", "ECHO", "Echocardiogram"), "status": "COMPLETED", "performed_on": f.in(-40),
		"performed_at": f.in(-40).at(11, 0), "performer": staff{nameOf("echo"), "Cardiac physiologist"}, "outcome": words("Normal left ventricular function")})
	f.vital(royalFree, saturation, "91", "%", f.in(-43).at(12, 5), cells{"comment": "On air"})
	f.vital(royalFree, pulse, "104", "/min", f.in(-43).at(12, 5), nil)
	f.appointment(royalFree, f.in(13).at(9, 30), "430", "Falls clinic", cells{"first_attendance": listed("first-attendance", "1"), "clinician": consultant("RAL", "430"), "reason": falls, "note": "Bring all your medicines and your walking aid"})
	f.appointment(royalFree, f.in(27).at(14, 0), "302", "Diabetes telephone clinic", cells{"medium": "TELEPHONE"})
	f.appointment(royalFree, f.on(0, -5, 0).working().at(10, 0), "320", "Heart rhythm clinic", cells{"status": "DID_NOT_ATTEND", "attended": listed("attended", "3"), "outcome": listed("outcome", "2")})
	f.appointment(royalFree, f.in(20).at(15, 0), "110", "Knee clinic", cells{"status": "CANCELLED", "cancellation_reason": "Cancelled by the hospital", "attended": listed("attended", "4")})
	f.letter(royalFree, outpatientNote, "Heart rhythm clinic letter", "Rate controlled. Carry on with apixaban. Discharged to the practice.", f.on(-1, -1, 3).at(12, 0), cells{"author": consultant("RAL", "320"), "specialty": specialty("320")})
	f.put(collegeLondon, "procedure", cells{"procedure": opcs("C71.2", "Phacoemulsification of lens"), "status": "COMPLETED", "performed_on": f.on(-4, 0, 0).year()})
	f.put(royalFree, "alert", cells{"kind": words("Previous MRSA carriage"), "since": f.on(-4, 0, 0).year(), "ended_on": f.on(-3, 0, 0).year(), "status": "COMPLETED", "note": "Three negative screens."})
	f.put(royalFree, "device", cells{"device": words("Walking frame"), "status": "IN_PROGRESS", "supplied_on": f.in(-35)})
}

func wholeMind(f *folder) {
	team := listed("team-type", "A07")
	f.openReferral(northLondon, team, depression, f.on(0, -8, 0), f.in(-8))
	f.put(northLondon, "care_contact", cells{"at": f.in(-29).at(15, 30), "duration_minutes": 20, "kind": words("Telephone review"), "medium": "TELEPHONE", "team": team.Display, "team_type": team, "clinician": nurse("G6V2S"), "attended": listed("attended", "5")})
	f.put(northLondon, "care_coordinator", cells{"name": nurse("G6V2S").Name, "role": "Care coordinator", "team": team.Display, "phone": phone("G6V2S"), "started_on": f.on(0, -8, 0)})
	f.put(northLondon, "responsible_clinician", cells{"name": consultant("G6V2S", "715").Name, "role": "Consultant old age psychiatrist", "team": team.Display, "started_on": f.on(0, -8, 0)})
	plan := f.plan(northLondon, listed("mental-plan", "10"), "Care plan", f.on(0, -8, 10), cells{"author": nurse("G6V2S"), "team": team.Display, "addresses": depression},
		section{"Needs", "Low mood since the stay; isolated on weekdays."}, section{"What we will do", "Fortnightly visits. Day centre twice a week."})
	f.part(northLondon, "care_plan_activity", plan, cells{"activity": words("Behavioural activation"), "status": "IN_PROGRESS"})
	f.part(northLondon, "care_plan_goal", plan, cells{"goal": words("Back at the allotment once a week"), "status": "IN_PROGRESS", "due_on": f.on(0, 3, 0).month()})
	f.part(northLondon, "care_plan_agreement", plan, cells{"agreed_by": listed("agreed-by", "10"), "agreed_at": f.on(0, -8, 12).at(11, 0)})
	f.plan(northLondon, listed("mental-plan", "12"), "Crisis plan", f.on(0, -8, 10), cells{"author": nurse("G6V2S"), "team": team.Display}, crisisPlan...)
	stay := f.put(northLondon, "stay", cells{"admitted_at": f.on(-6, 0, 0).at(20, 0), "discharged_at": f.on(-6, 2, 0).at(12, 0), "admission_method": listed("admission-method", "25"), "ward": "Elm Ward", "specialty": specialty("715"),
		"legal_status_on_admission": listed("legal-status", "02"), "reason": depression, "discharge_destination": listed("discharge-destination", "19")})
	f.part(northLondon, "stay_diagnosis", stay, cells{"diagnosis": icd10("F33.2", "Recurrent depressive disorder, current episode severe without psychotic symptoms"), "rank": 1})
	f.put(northLondon, "legal_status", cells{"status": listed("legal-status", "02"), "started_at": f.on(-6, 0, 0).at(19, 10), "expires_at": f.on(-6, 0, 28).at(0, 0), "ended_at": f.on(-6, 0, 21).at(10, 0), "end_reason": words("Discharged by the responsible clinician"), "category": listed("mental-category", "A")})
	f.put(northLondon, "legal_status", cells{"status": listed("legal-status", "01"), "started_at": f.on(-6, 0, 21).at(10, 0), "ended_at": f.on(-6, 2, 0).at(12, 0)})
	f.put(northLondon, "legal_status", cells{"status": listed("legal-status", "35"), "started_at": f.on(0, -2, 0).at(9, 0), "expires_at": f.on(0, 4, 0).at(0, 0), "category": listed("mental-category", "A"), "start_reason": words("Guardianship accepted by the council")})
	for i, score := range []string{"19", "14", "11"} {
		f.put(northLondon, "assessment", cells{"tool": loinc("44261-6", "PHQ-9 total score"), "score": score, "score_text": score + " of 27", "assessed_on": f.on(0, -8+3*i, 0), "assessor": nurse("G6V2S"), "status": "FINAL"})
	}
	f.put(northLondon, "care_cluster", cells{"cluster": local("care-cluster", "04", "Non-psychotic (severe)"), "started_on": f.on(0, -8, 0)})
	f.put(northLondon, "appointment", cells{"starts_at": f.in(7).at(11, 0), "duration_minutes": 60, "specialty": specialty("715"), "status": "BOOKED", "medium": "FACE_TO_FACE", "clinic": "Home visit", "clinician": nurse("G6V2S")})
	f.repeat(northLondon, words("Mirtazapine 15mg tablets"), "One at night", f.on(0, -4, 0), cells{"kind": "UNKNOWN", "prescriber": consultant("G6V2S", "715"), "prescribing_agency": elsewhere, "last_issued_on": nil, "reason": depression})
}

var crisisPlan = []section{{"Warning signs", "Not eating, not answering the telephone, up through the night."}, {"What helps", "A visit the same day. Music. Keeping the tablets with the neighbour."},
	{"What does not help", "Being told to pull myself together."}, {"Whom to call", "Crisis line, day and night; then Daniel."}, {"My wishes", "To be treated at home if at all possible."}}

func wholeCare(f *folder) {
	f.put(barnet, "request", cells{"route": listed("route", "Discharge from hospital"), "received_on": f.in(-38), "ended_on": f.in(-37), "description": "Support to go home from Larch Ward", "status": "COMPLETED", "outcome": listed("care-outcome", "PRO-ASS")})
	f.put(barnet, "social_care_assessment", cells{"kind": listed("care-assessment", "HD"), "started_on": f.in(-37), "ended_on": f.in(-36), "status": "COMPLETED", "eligible_needs": []string{"NUTRITION", "HYGIENE", "SAFE_HOME", "RELATIONSHIPS"},
		"summary": "Needs help to wash, dress and cook. Lives alone on the ground floor.", "assessor": socialWorker("ward"), "location": "Larch Ward", "outcome": listed("care-outcome", "PRO-SUP")})
	f.put(barnet, "support_reason", cells{"reason": listed("support-reason", "PS"), "started_on": f.in(-36)})
	f.put(barnet, "circumstances", cells{"recorded_on": f.in(-36), "client_type": listed("client-type", "Service user"), "accommodation": listed("accommodation", "Owner occupier or shared ownership scheme"),
		"employment": listed("employment", "Not in paid employment: Not actively seeking work or retired"), "funding": listed("funding", "Joint client and social care funded"), "has_unpaid_carer": true, "autism": false, "dementia": false, "visual_impairment": false, "hearing_impairment": true})
	f.put(barnet, "service", cells{"kind": listed("care-service", "LTS-C"), "component": listed("care-component", "HS"), "delivery": listed("delivery", "CASSR managed personal budget"), "description": "Morning and evening visits, seven days", "provider": "Brightwater Homecare",
		"started_on": f.in(-14), "status": "IN_PROGRESS", "units_per_week": "10.5", "unit": "hour", "unit_cost": "22.40"})
	f.put(barnet, "service", cells{"kind": listed("care-service", "STS-STMAX"), "component": listed("care-component", "R"), "delivery": listed("delivery", "CASSR commissioned support"), "provider": "Barnet Reablement Service", "started_on": f.in(-35),
		"ended_on": f.in(-14), "planned_end_on": f.in(-7), "status": "COMPLETED", "outcome": listed("care-outcome", "PRO-SUP")})
	f.put(barnet, "service", cells{"kind": listed("care-service", "LTS-C"), "component": listed("care-component", "DS"), "delivery": listed("delivery", "CASSR commissioned support"), "provider": "Cherry Tree Day Centre", "started_on": f.in(10), "status": "PLANNED"})
	f.worker(barnet, f.in(-37), nil)
	f.put(barnet, "review", cells{"reason": listed("review-reason", "Review of short term support"), "started_on": f.in(-15), "ended_on": f.in(-15), "outcomes_achieved": listed("achieved", "Outcomes partly achieved"), "outcome": listed("care-outcome", "PRO-SUP")})
	f.plan(barnet, words("Support plan"), "Support plan", f.in(-14), cells{"funded_by": words("Council and client"), "author": socialWorker(string(f.Number))}, section{"Outcomes", "Washed and dressed by ten. A hot meal a day. Out twice a week."})
	f.put(barnet, "equipment", cells{"item": words("Raised toilet seat"), "supplied_on": f.in(-34)})
	f.put(barnet, "equipment", cells{"item": words("Bath lift"), "supplied_on": f.on(-2, 0, 0).year(), "ended_on": f.on(-1, 0, 0).month(), "detail": "Returned: no longer used"})
	f.put(barnet, "carer", cells{"name": "Judith Lindqvist", "relationship": "Neighbour", "phone": phone("Judith"), "hours_per_week": 7, "main_carer": true, "lives_with": false, "since": f.on(-2, 0, 0), "under_18": false})
	for i, heading := range []string{"MOST_IMPORTANT", "COMMUNICATION", "PLEASE_DO", "HOW_TO_SUPPORT"} {
		f.put(barnet, "about_me", cells{"heading": heading, "text": []string{"My allotment, my son and the wireless.", "I hear better on the right. Give me time.", "Knock and wait. Call me Rosie.", "Hand me the frame, then let me do it."}[i], "recorded_on": f.in(-20)})
	}
	f.put(barnet, "safeguarding", cells{"raised_on": f.on(-1, 0, 0), "ended_on": f.on(0, -10, 0), "call_first": "Barnet adult safeguarding, " + phone("X1BAR", "safe")})
	f.put(barnet, "legal_measure", cells{"kind": words("Mental capacity assessment"), "started_on": f.in(-36), "decision": "Has capacity to decide about care and where to live"})
	f.put(barnet, "legal_measure", cells{"kind": words("Lasting power of attorney, health and welfare"), "started_on": f.on(-2, 0, 0).month(), "holder": "Daniel Achterberg"})
	f.put(barnet, "alert", cells{"kind": listed("care-flag", "COMM"), "note": "Ring twice: slow to the door.", "since": f.in(-30), "status": "IN_PROGRESS", "review_due_on": f.on(0, 11, 0).month()})
	f.put(barnet, "appointment", cells{"starts_at": f.in(30).at(11, 0), "duration_minutes": 60, "kind": words("Support plan review"), "status": "BOOKED", "medium": "FACE_TO_FACE", "location": "At home", "clinician": socialWorker(string(f.Number))})
}
