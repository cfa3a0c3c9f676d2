package sample

import "carerecord/internal/load"

// child has a health record, and a council that wrongly publishes its children's cases.
func child(today day) *folder {
	f := resident(today, identity{number: Child, given: "Wilfred", family: "Pocket", gender: "MALE", born: today.AddDate(-10, -3, -5).Format("2006-01-02"), home: inBarnet, cells: cells{"name_prefix": "Master"}}, "a child: health records show, social care rows do not")
	gp := practiceHost
	f.put(demographics, "contact", cells{"name": "Philippa Pocket", "relationship": "Mother", "relationship_code": kinship("MTH", "mother"), "roles": []string{"NEXT_OF_KIN", "PARENTAL_RESPONSIBILITY"}, "phone": mobile("Philippa"), "under_18": false})
	f.problem(gp, asthma, f.on(-5, 0, 0).year(), cells{"significance": "MAJOR"})
	f.repeat(gp, dmd("39113611000001102", "Salbutamol 100micrograms/dose inhaler CFC free"), "Two puffs through a spacer when needed", f.on(-4, 0, 0), cells{"as_needed": true, "route": words("Inhalation")})
	nuts := f.allergy(gp, snomed("256349002", "Peanut - dietary"), f.on(-7, 0, 0).year(), cells{"category": "FOOD"})
	f.reaction(gp, nuts, anaphylaxis, "SEVERE")
	f.put(gp, "immunisation", cells{"vaccine": words("Measles, mumps and rubella vaccine"), "procedure": snomed("38598009", "Administration of measles and mumps and rubella vaccine"), "status": "COMPLETED", "given_on": f.on(-9, 0, 0), "dose": "1"})
	f.consultation(f.in(-25).at(15, 50), asthma, nil, section{"Plan", "Asthma plan updated. Spacer for school."})
	f.put(royalFree, "attendance", cells{"kind": words("Emergency department, first attendance"), "arrived_at": f.on(0, -6, 0).at(19, 0), "departed_at": f.on(0, -6, 0).at(22, 10), "complaint": breathless, "specialty": specialty("180"), "department": "Children's emergency department"})
	f.appointment(royalFree, f.in(11).at(13, 20), "420", "Paediatric asthma clinic", nil)
	f.openReferral(northLondon, coding{Display: "Child and adolescent mental health service"}, words("Anxiety about school"), f.on(0, -3, 0), f.in(-15))
	f.casework(barnet, f.on(0, -8, 0))
	return f
}

// casework is what a council must not publish of a child.
func (f *folder) casework(council load.Source, from day) {
	f.put(council, "request", cells{"route": listed("route", "Community or other route"), "received_on": from, "ended_on": from.plus(5), "description": "Referral from school", "status": "COMPLETED", "outcome": listed("care-outcome", "PRO-ASS")})
	f.put(council, "social_care_assessment", cells{"kind": words("Child and family assessment"), "started_on": from.plus(6), "ended_on": from.plus(40), "status": "COMPLETED", "summary": "Family support offered."})
	f.put(council, "service", cells{"kind": words("Short breaks"), "started_on": from.plus(50), "status": "IN_PROGRESS", "provider": "Harbour Short Breaks"})
	f.put(council, "alert", cells{"kind": words("Visit with a colleague"), "since": from.plus(8), "status": "IN_PROGRESS"})
	f.worker(council, from.plus(6), cells{"team": "Family support team"})
}

// grownUp is 22 and was looked after as a child; facts of that stand in every sector.
func grownUp(today day) *folder {
	f := resident(today, identity{number: GrownUp, prefix: "Mr", given: "Ellis", family: "Hearthstone", gender: "MALE", born: today.AddDate(-22, -4, 0).Format("2006-01-02"), home: inBarnet}, "nothing of childhood care shows; adult social care does")
	gp := practiceHost
	adult := f.on(-4, -4, 0) // the 18th birthday
	boyhood := f.on(-11, 0, 0)
	f.problem(gp, asthma, f.on(-15, 0, 0).year(), nil)
	f.problem(gp, snomed("764161000000107", "Looked after child initial health assessment"), boyhood.String(), nil)
	f.problem(gp, snomed("160887007", "Child on protection register"), boyhood.month(), cells{"status": "INACTIVE", "ended_on": boyhood.plus(300)})
	f.problem(gp, words("Lives with foster carers"), boyhood.plus(30).String(), nil)
	f.put(gp, "alert", cells{"kind": snomed("342191000000101", "Subject to child protection plan"), "since": boyhood, "ended_on": boyhood.plus(300), "status": "COMPLETED"})
	f.put(gp, "alert", cells{"kind": words("Fainted at last blood test"), "since": f.on(-2, 0, 0), "status": "IN_PROGRESS", "note": "Lie down for blood tests."})
	f.letter(gp, words("Letter"), "Looked after child review health assessment", "Annual review.", boyhood.plus(365).at(12, 0), nil)
	f.letter(gp, words("Letter"), "Asthma action plan", "Green, amber, red.", boyhood.plus(380).at(12, 0), nil)
	f.consultation(boyhood.plus(20).at(10, 0), snomed("764201000000104", "Looked after child health assessment annual review"), nil)
	f.consultation(f.in(-70).at(10, 0), asthma, nil, section{"Plan", "Annual asthma review: well controlled."})
	f.put(royalFree, "stay", cells{"admitted_at": boyhood.plus(100).at(2, 0), "discharged_at": boyhood.plus(102).at(12, 0), "admission_method": listed("admission-method", "21"), "admission_source": listed("admission-source", "66"),
		"discharge_destination": listed("discharge-destination", "66"), "specialty": specialty("420"), "ward": "Galaxy Ward", "reason": asthma})
	f.openReferral(northLondon, listed("team-type", "C06"), words("Assessment"), boyhood.plus(120), boyhood.plus(150))
	f.plan(northLondon, listed("plan", "02"), "Plan", boyhood.plus(10), cells{"status": "COMPLETED", "ended_on": boyhood.plus(310), "review_due_on": nil})
	f.plan(northLondon, listed("mental-plan", "10"), "Care plan", f.on(0, -6, 0), nil, section{"Needs", "Sleep and low mood."})
	f.casework(barnet, boyhood.plus(-20))
	f.put(barnet, "social_care_assessment", cells{"kind": listed("care-assessment", "CN"), "started_on": adult.plus(-3).month(), "status": "COMPLETED"})
	f.put(barnet, "request", cells{"route": listed("route", "Planned entry (transition)"), "received_on": adult.plus(40), "ended_on": adult.plus(47), "status": "COMPLETED", "outcome": listed("care-outcome", "PRO-ASS"), "description": "Support to live independently"})
	f.put(barnet, "social_care_assessment", cells{"kind": listed("care-assessment", "CN"), "started_on": adult.plus(60), "ended_on": adult.plus(75), "status": "COMPLETED", "eligible_needs": []string{"HABITABLE_HOME", "RELATIONSHIPS", "WORK_EDUCATION"},
		"summary": "Needs help to keep a tenancy and to find work.", "outcome": listed("care-outcome", "PRO-SUP")})
	f.put(barnet, "support_reason", cells{"reason": listed("support-reason", "MHS"), "started_on": adult.plus(75)})
	f.put(barnet, "service", cells{"kind": listed("care-service", "LTS-C"), "component": listed("care-component", "CSL"), "delivery": listed("delivery", "CASSR commissioned support"), "provider": "Threshold Living", "started_on": adult.plus(90), "status": "IN_PROGRESS"})
	f.inCare()
	return f
}

// newborn was born at Barnet Hospital and is nine days old.
func newborn(today day) *folder {
	born := today.plus(-9)
	f := resident(today, identity{number: Newborn, given: "Baby", family: "Dewberry", gender: "FEMALE", born: born.String(), home: inBarnet, cells: cells{"name_prefix": nil, "status_code": "08", "ethnic_category": nil, "language": nil, "marital_status": nil}}, "a newborn whose number is not traced yet")
	f.put(demographics, "contact", cells{"name": "Marigold Dewberry", "relationship": "Mother", "relationship_code": kinship("MTH", "mother"), "roles": []string{"NEXT_OF_KIN", "PARENTAL_RESPONSIBILITY", "HOUSEHOLD_MEMBER"}, "phone": mobile("Marigold"), "under_18": false})
	id := f.put(royalFree, "stay", cells{"admitted_at": born.at(3, 42), "discharged_at": born.plus(2).at(13, 0), "patient_classification": listed("patient-classification", "5"), "admission_method": listed("admission-method", "82"), "admission_source": listed("admission-source", "79"),
		"discharge_method": listed("discharge-method", "1"), "discharge_destination": listed("discharge-destination", "19"), "specialty": specialty("501"), "ward": "Victoria Ward", "site_name": "Barnet Hospital"})
	f.part(royalFree, "stay_diagnosis", id, cells{"diagnosis": icd10("Z38.0", "Singleton, born in hospital"), "rank": 1})
	f.vital(royalFree, weight, "3.31", "kg", born.at(4, 10), nil)
	f.put(royalFree, "immunisation", cells{"vaccine": words("BCG vaccine"), "status": "NOT_DONE", "status_reason": words("Not indicated"), "given_on": born.plus(1)})
	f.put(royalFree, "procedure", cells{"procedure": words("Newborn and infant physical examination"), "status": "COMPLETED", "performed_on": born.plus(1), "outcome": words("Normal")})
	f.put(practiceHost, "list_note", cells{"class": "ALLERGIES", "note": "NONE_KNOWN", "recorded_at": dayOnly{f.on(0, 0, -2)}})
	f.visit(f.in(40).at(11, 0), "Six to eight week check", nil)
	// The perinatal team and the council's health visiting look after mother and child; no source view has a row of it.
	f.relate(northLondon.ODS, "REFERRAL", born)
	f.relate(barnet.ODS, "ALLOCATED_WORKER", born)
	return f
}
