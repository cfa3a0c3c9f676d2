package sample

import "carerecord/internal/record"

// conflicting is told differently by three sources.
func conflicting(today day) *folder {
	f := resident(today, identity{number: Conflicting, prefix: "Mrs", given: "Beatrix", family: "Otherwise", gender: "FEMALE", born: today.AddDate(-67, -11, -3).Format("2006-01-02"), home: inBarnet}, "sources that disagree: an allergy, a medicine, a problem")
	gp := practiceHost
	mild := f.allergy(gp, penicillin, "1985", cells{"criticality": "LOW", "verification": "UNCONFIRMED", "kind": "INTOLERANCE"})
	f.reaction(gp, mild, nausea, "MILD")
	severe := f.allergy(royalFree, penicillin, f.on(-2, 0, 0).month(), cells{"criticality": "HIGH", "verification": "CONFIRMED", "last_reaction_on": f.on(-2, 0, 0)})
	f.reaction(royalFree, severe, anaphylaxis, "SEVERE")
	f.allergy(northLondon, snomed("387207008", "Ibuprofen"), f.on(-5, 0, 0).year(), cells{"status": "ACTIVE"})
	f.allergy(gp, snomed("387207008", "Ibuprofen"), f.on(-5, 0, 0).year(), cells{"status": "RESOLVED", "ended_on": f.on(-1, 0, 0).month(), "end_reason": "Tolerated since"})
	f.repeat(gp, words("Bisoprolol 5mg tablets"), "One to be taken in the morning", f.on(-3, 0, 0), nil)
	f.repeat(royalFree, words("Bisoprolol 10mg tablets"), "One to be taken in the morning", f.on(0, -1, 0), cells{"prescribing_agency": elsewhere, "prescriber": consultant("RAL", "320"), "kind": "UNKNOWN"})
	f.repeat(gp, dmd("325278007", "Metformin 500mg tablets"), "Two to be taken twice a day", f.on(-7, 0, 0), nil)
	f.repeat(royalFree, dmd("325278007", "Metformin 500mg tablets"), "Stopped on admission", f.on(-7, 0, 0), cells{"status": "STOPPED", "ended_on": f.on(0, -1, 0), "status_reason": "Acute kidney injury", "prescribing_agency": elsewhere})
	f.problem(gp, obstructive, f.on(-9, 0, 0).year(), cells{"significance": "MAJOR"})
	f.problem(royalFree, obstructive, f.on(-9, 0, 0).year(), cells{"kind": "DIAGNOSIS", "status": "RESOLVED", "ended_on": f.on(-1, 0, 0).month(), "note": "Spirometry normal: not COPD."})
	f.problem(gp, diabetes, f.on(-7, 0, 0).year(), cells{"significance": "MAJOR"})
	f.problem(royalFree, diabetes, f.on(-7, 0, 0).month(), cells{"kind": "DIAGNOSIS"})
	f.inCare()
	return f
}

func contradicted(today day) *folder {
	f := resident(today, identity{number: Contradicted, prefix: "Mr", given: "Cornelius", family: "Gainsay", gender: "MALE", born: today.AddDate(-46, -4, -8).Format("2006-01-02"), home: inBarnet}, "no known allergies says the practice; the hospital lists one")
	f.problem(practiceHost, asthma, f.on(-20, 0, 0).year(), nil)
	f.noneKnown(practiceHost, record.ClassAllergies, f.on(-4, -2, 0))
	f.noneKnown(practiceHost, record.ClassMedications, f.on(-4, -2, 0))
	rash := f.allergy(royalFree, penicillin, f.on(-1, -6, 0).month(), nil)
	f.reaction(royalFree, rash, anaphylaxis, "SEVERE")
	f.repeat(royalFree, dmd("39113611000001102", "Salbutamol 100micrograms/dose inhaler CFC free"), "Two puffs when needed", f.on(-1, -6, 0), cells{"as_needed": true, "kind": "REPORTED", "intent": "STATEMENT", "prescribing_agency": elsewhere, "route": words("Inhalation")})
	f.inCare()
	return f
}

func noneKnown(today day) *folder {
	f := resident(today, identity{number: NoneKnown, prefix: "Ms", given: "Clemency", family: "Goodbody", gender: "FEMALE", born: today.AddDate(-29, -6, -10).Format("2006-01-02"), home: inBarnet}, "no known allergies, no medicines: every source says so")
	for _, class := range []record.Class{record.ClassAllergies, record.ClassMedications, record.ClassProblems} {
		f.noneKnown(practiceHost, class, f.on(0, -10, 0))
		f.noneKnown(royalFree, class, f.on(0, -3, 0))
		f.noneKnown(northLondon, class, f.on(0, -5, 0))
	}
	f.consultation(f.in(-100).at(16, 20), words("New patient check"), nil, section{"History", "Well. No regular medicines, no allergies."})
	f.inCare()
	return f
}

// sensitive has HIV and what hangs on it; each entry has an ordinary twin.
func sensitive(today day) *folder {
	f := resident(today, identity{number: Sensitive, prefix: "Mr", given: "Quentin", family: "Discreet", gender: "MALE", born: today.AddDate(-36, -7, -19).Format("2006-01-02"), home: inBarnet}, "entries that are never shown, beside ordinary ones")
	gp := practiceHost
	hiv := snomed("86406008", "Human immunodeficiency virus infection")
	link := []string{hiv.System + "|" + hiv.Code}
	asthmatic := []string{asthma.System + "|" + asthma.Code}
	f.problem(gp, hiv, f.on(-4, 0, 0).year(), cells{"significance": "MAJOR"})
	f.problem(gp, asthma, f.on(-25, 0, 0).year(), cells{"significance": "MAJOR"})
	f.repeat(gp, words("Bictegravir 50mg / Emtricitabine 200mg / Tenofovir alafenamide 25mg tablets"), "One to be taken once a day", f.on(-3, 0, 0), cells{"reason": hiv, "linked_codes": link})
	f.repeat(gp, words("Beclometasone 100micrograms/dose inhaler"), "Two puffs twice a day", f.on(-3, 0, 0), cells{"reason": asthma, "linked_codes": asthmatic, "route": words("Inhalation")})
	f.repeat(gp, words("Atorvastatin 10mg tablets"), "One at night", f.on(-2, 0, 0), cells{"linked_codes": link})
	f.repeat(gp, words("Folic acid 5mg tablets"), "One a day", f.on(-1, 0, 0), cells{"confidential": true})
	f.appointment(royalFree, f.in(12).at(9, 0), "360", "Clinic 7", cells{"clinician": consultant("RAL", "360")})
	f.appointment(royalFree, f.in(14).at(9, 0), "340", "Asthma clinic", cells{"clinician": consultant("RAL", "340")})
	f.appointment(royalFree, f.in(16).at(9, 0), "300", "Ian Charleson Day Centre", nil)
	f.result(royalFree, loinc("20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection"), "", "copies/mL", "", "", f.in(-30).at(9, 0), with(below("20", "copies/mL"), cells{"category": "VIROLOGY"}))
	f.result(royalFree, words("CD4 count"), "610", "10*6/L", "", "", f.in(-30).at(9, 0), nil)
	f.result(royalFree, creatinine, "88", "umol/L", "59", "104", f.in(-30).at(9, 0), cells{"linked_codes": link})
	f.result(royalFree, haemoglobin, "149", "g/L", "130", "170", f.in(-31).at(9, 0), nil)
	f.letter(royalFree, outpatientNote, "HIV clinic letter", "Undetectable. Carry on.", f.in(-28).at(9, 0), cells{"author": consultant("RAL", "360")})
	f.letter(royalFree, outpatientNote, "Asthma clinic letter", "Good control. Step down in the spring.", f.in(-27).at(9, 0), cells{"author": consultant("RAL", "340"), "specialty": specialty("340")})
	f.consultation(f.in(-50).at(9, 0), hiv, cells{"linked_codes": link}, section{"Plan", "Letter to clinic."})
	f.consultation(f.in(-48).at(9, 0), asthma, nil, section{"Plan", "Inhaler technique checked."})
	f.put(gp, "referral", cells{"specialty": specialty("360"), "priority": "ROUTINE", "status": "COMPLETED", "referred_on": f.on(-4, 0, 0), "ended_on": f.on(-3, 0, 0), "from_party": org(f.Practice), "to_party": org("RAL"), "reason": hiv})
	stay := f.put(royalFree, "stay", cells{"admitted_at": f.on(-4, 0, -3).at(9, 0), "discharged_at": f.on(-4, 0, 2).at(9, 0), "specialty": specialty("300"), "ward": "Ash Ward", "linked_codes": []string{"http://hl7.org/fhir/sid/icd-10|B20.6"}})
	f.part(royalFree, "stay_diagnosis", stay, cells{"diagnosis": icd10("B20.6", "HIV disease resulting in Pneumocystis jirovecii pneumonia"), "rank": 1})
	twin := f.put(royalFree, "stay", cells{"admitted_at": f.on(-6, 0, 0).at(9, 0), "discharged_at": f.on(-6, 0, 2).at(9, 0), "specialty": specialty("340"), "ward": "Ash Ward", "reason": asthma})
	f.part(royalFree, "stay_diagnosis", twin, cells{"diagnosis": icd10("J46", "Status asthmaticus"), "rank": 1})
	f.put(barnet, "support_reason", cells{"reason": listed("support-reason", "SOS"), "started_on": f.on(0, -4, 0)})
	f.inCare()
	return f
}

func withChild(today day) *folder {
	f := resident(today, identity{number: WithChild, prefix: "Ms", given: "Imelda", family: "Housego", gender: "FEMALE", born: today.AddDate(-40, -8, -22).Format("2006-01-02"), home: inBarnet, cells: cells{"marital_status": listed("marital-status", "M")}}, "a child and an adult among the contacts")
	f.everyday()
	f.put(demographics, "contact", cells{"name": "Ruben Housego", "relationship": "Husband", "relationship_code": kinship("HUSB", "husband"), "roles": []string{"NEXT_OF_KIN", "HOUSEHOLD_MEMBER"}, "phone": mobile("Ruben"), "under_18": false})
	f.put(demographics, "contact", cells{"name": "Tabitha Housego", "relationship": "Daughter", "relationship_code": kinship("DAUC", "daughter"), "roles": []string{"HOUSEHOLD_MEMBER"}, "under_18": true})
	f.put(barnet, "carer", cells{"name": "Tabitha Housego", "relationship": "Daughter", "hours_per_week": 4, "lives_with": true, "since": f.on(-1, 0, 0), "under_18": true})
	f.put(barnet, "carer", cells{"name": "Ruben Housego", "relationship": "Husband", "hours_per_week": 12, "main_carer": true, "lives_with": true, "since": f.on(-1, 0, 0), "under_18": false})
	f.put(barnet, "contact", cells{"name": "Jonah Housego", "relationship": "Son", "roles": []string{"HOUSEHOLD_MEMBER"}, "since": f.on(-1, 0, 0)})
	f.inCare()
	return f
}
