package sample

import (
	"fmt"
	"time"

	"carerecord/internal/record"
)

// everyday is a small record in all sectors, so that there would be something to see.
func (f *folder) everyday() {
	gp := f.host()
	f.problem(gp, hypertension, f.on(-6, 0, 0).year(), cells{"significance": "MAJOR"})
	f.repeat(gp, words("Amlodipine 5mg tablets"), "One to be taken in the morning", f.on(-2, 0, 0), nil)
	rash := f.allergy(gp, snomed("387170002", "Trimethoprim"), f.on(-4, 0, 0).year(), nil)
	f.reaction(gp, rash, snomed("271807003", "Eruption of skin"), "MILD")
	f.consultation(f.in(-60).at(10, 10), hypertension, nil, section{"Plan", "Home readings for a week."})
	f.pressure(gp, "142", "88", f.in(-60).at(10, 15))
	f.result(gp, cholesterol, "5.2", "mmol/L", "", "5", f.in(-62).at(9, 0), nil)
}

func optedOut(today day) *folder {
	f := resident(today, identity{number: OptedOut, prefix: "Mr", given: "Oswald", family: "Penhaligon", gender: "MALE", born: today.AddDate(-63, -5, 0).Format("2006-01-02"), home: inBarnet}, "has opted out of the joined-up record")
	f.OptedOutFrom = f.on(-1, -2, 0).Time
	f.everyday()
	f.inCare()
	return f
}

func restricted(today day) *folder {
	f := resident(today, identity{number: Restricted, prefix: "Ms", given: "Sorrel", family: "Underhill", gender: "FEMALE", born: today.AddDate(-38, -1, -4).Format("2006-01-02"), home: inBarnet,
		cells: cells{"restricted": true}}, "restricted: whereabouts are protected")
	f.Restricted = true
	f.everyday()
	f.inCare()
	return f
}

// notInCare lives in Haringey: another practice, another hospital, another trust, another council.
func notInCare(today day) *folder {
	f := resident(today, identity{number: NotInCare, prefix: "Mr", given: "Farquhar", family: "Elsewhere", gender: "MALE", born: today.AddDate(-55, -8, -20).Format("2006-01-02"), home: inHaringey}, "not in the care of the demo personas")
	f.everyday()
	f.clinicAt(whittington)
	f.openReferral(tavistock, listed("team-type", "A06"), depression, f.on(0, -5, 0), f.in(-20))
	f.worker(haringey, f.on(0, -3, 0), nil)
	return f
}

func superseding(today day) *folder {
	f := resident(today, identity{number: Superseding, prefix: "Mrs", given: "Nerys", family: "Twiceborn", gender: "FEMALE", born: today.AddDate(-49, -3, -11).Format("2006-01-02"), home: inBarnet}, "has an older NHS number that leads here")
	f.Superseded = []record.NHSNumber{Superseded}
	f.everyday()
	f.inCare()
	return f
}

// invalidated keeps a registration, as a practice that has not heard yet would.
func invalidated(today day) *folder {
	f := resident(today, identity{number: Invalidated, prefix: "Mr", given: "Errol", family: "Misprint", gender: "MALE", born: today.AddDate(-44, 0, -40).Format("2006-01-02"), home: inBarnet, cells: cells{"status_code": "05"}}, "the number was invalidated")
	f.Invalidated = true
	f.everyday()
	f.inCare()
	return f
}

// deceased died at the hospital, in the care of all four.
func deceased(today day) *folder {
	f := resident(today, identity{number: Deceased, prefix: "Mr", given: "Ambrose", family: "Lastingham", gender: "MALE", born: today.AddDate(-87, -6, 0).Format("2006-01-02"), home: inBarnet}, "died two months ago")
	died := f.on(0, -2, -3)
	f.Died = died.at(4, 25)
	f.person(map[string]any{"died_at": f.Died, "died_at_day_only": false})
	gp := practiceHost
	f.problem(gp, heartFailure, f.on(-5, 0, 0).year(), cells{"significance": "MAJOR"})
	f.problem(gp, snomed("526631000000108", "On end of life care register"), f.on(0, -5, 0).String(), nil)
	f.repeat(gp, dmd("317972000", "Furosemide 40mg tablets"), "One to be taken in the morning", f.on(-4, 0, 0), cells{"last_issued_on": died.plus(-30), "review_due_on": nil})
	f.put(gp, "advance_decision", cells{"kind": resuscitate, "decision": "Not for attempted cardiopulmonary resuscitation", "status": "IN_PROGRESS", "decided_on": f.on(0, -5, 0), "author": doctor(f.Practice), "where_signed": "Kestrel Road Practice"})
	id := f.put(royalFree, "stay", cells{"admitted_at": died.plus(-6).at(9, 0), "discharged_at": f.Died, "admission_method": listed("admission-method", "21"), "discharge_method": listed("discharge-method", "4"),
		"discharge_destination": listed("discharge-destination", "79"), "specialty": specialty("430"), "ward": "Rowan Ward", "reason": heartFailure, "consultant": consultant("RAL", "430")})
	f.part(royalFree, "stay_diagnosis", id, cells{"diagnosis": icd10("I50.0", "Congestive heart failure"), "rank": 1})
	f.openReferral(northLondon, listed("team-type", "A11"), depression, died.plus(-70), died.plus(-8))
	f.worker(barnet, died.plus(-200), nil)
	f.put(barnet, "service", cells{"kind": listed("care-service", "LTS-C"), "component": listed("care-component", "HS"), "delivery": listed("delivery", "CASSR commissioned support"), "provider": "Brightwater Homecare",
		"started_on": died.plus(-190), "ended_on": died, "status": "COMPLETED", "outcome": listed("care-outcome", "NFA-D")})
	return f
}

// person adds columns to the person's own row.
func (f *folder) person(more map[string]any) {
	for name, value := range more {
		f.added[0].columns[name] = value
	}
}

func bornInYear(today day) *folder {
	f := resident(today, identity{number: BornInYear, prefix: "Mr", given: "Idris", family: "Sometime", gender: "MALE", born: today.AddDate(-70, 0, 0).Format("2006"), home: inBarnet, cells: cells{"status_code": "02", "language": listed("language", "so"), "ethnic_category": listed("ethnic-category", "N")}},
		"only the year of birth is known")
	f.everyday()
	f.put(demographics, "need", cells{"kind": snomed("315594003", "Interpreter needed"), "category": "INTERPRETER", "detail": "Somali, by telephone", "since": f.on(-1, 0, 0)})
	f.inCare()
	return f
}

// bornUnknown has social care rows that nobody may see: whether they concern a child cannot be told.
func bornUnknown(today day) *folder {
	f := resident(today, identity{number: BornUnknown, prefix: "", given: "Unity", family: "Undated", gender: "UNKNOWN", born: "", home: inBarnet, cells: cells{"status_code": "04", "ethnic_category": listed("ethnic-category", "Z"), "name_prefix": nil}},
		"no date of birth: social care stays empty")
	f.everyday()
	f.inCare()
	f.put(barnet, "request", cells{"route": listed("route", "Community or other route"), "received_on": f.in(-30), "status": "COMPLETED", "outcome": listed("care-outcome", "NFA-IA"), "description": "Asked for advice about benefits"})
	return f
}

// unreadable has one entry at the practice with a month that does not exist.
func unreadable(today day) *folder {
	f := resident(today, identity{number: Unreadable, prefix: "Mr", given: "Garth", family: "Miskeyed", gender: "MALE", born: today.AddDate(-52, -7, -2).Format("2006-01-02"), home: inBarnet}, "an entry with a date that does not exist (2021-13)")
	f.everyday()
	f.problem(practiceHost, asthma, "2021-13", cells{"recorded_at": f.on(-3, 0, 0).at(12, 0)})
	f.problem(practiceHost, hayFever, "2019", nil)
	f.inCare()
	return f
}

// longList has a warfarin clinic's results: an INR nearly every week for years.
func longList(today day) *folder {
	f := resident(today, identity{number: LongList, prefix: "Mrs", given: "Prudence", family: "Longacre", gender: "FEMALE", born: today.AddDate(-71, -9, -1).Format("2006-01-02"), home: inBarnet}, "240 results, for paging")
	f.everyday()
	f.problem(practiceHost, fibrillation, f.on(-6, 0, 0).year(), cells{"significance": "MAJOR"})
	f.repeat(practiceHost, words("Warfarin 1mg tablets"), "As in the yellow book", f.on(-6, 0, 0), nil)
	inr := snomed("165581004", "INR - international normalised ratio")
	for i := range 239 {
		value := fmt.Sprintf("%.1f", 1.8+float64(number(string(LongList), fmt.Sprint(i))%18)/10)
		f.result(royalFree, inr, value, "", "2.0", "3.0", f.on(0, 0, -9-8*i).at(8, 30), cells{"value_unit": nil, "requester": staff{nameOf("inr"), "Anticoagulation nurse"}})
	}
	f.inCare()
	return f
}

// inTransit moved practice last month: the old record is on its way.
func inTransit(today day) *folder {
	f := resident(today, identity{number: InTransit, prefix: "Ms", given: "Paloma", family: "Removals", gender: "FEMALE", born: today.AddDate(-33, -2, -15).Format("2006-01-02"), home: inBarnet}, "a record in transit and results awaiting filing")
	f.problem(practiceHost, hayFever, f.on(-12, 0, 0).year(), nil)
	for _, class := range []record.Class{record.ClassAllergies, record.ClassMedications, record.ClassProblems, record.ClassImmunisations,
		record.ClassResults, record.ClassEncounters, record.ClassGPConsultations, record.ClassReferrals} { // whose lists a practice can say it of
		f.listNote(practiceHost, class, "IN_TRANSIT", f.in(-21))
	}
	f.result(royalFree, haemoglobin, "119", "g/L", "115", "165", f.in(-3).at(14, 0), cells{"issued_at": f.in(-2).at(9, 0)})
	f.listNote(royalFree, record.ClassResults, "AWAITING_FILING", f.in(-2))
	f.listNote(royalFree, record.ClassDocuments, "AWAITING_FILING", f.in(-2))
	f.inCare()
	return f
}

// detained is a ward resident whose place to go is not ready.
func detained(today day) *folder {
	f := resident(today, identity{number: Detained, prefix: "Mr", given: "Lorcan", family: "Wintersett", gender: "MALE", born: today.AddDate(-41, -10, -6).Format("2006-01-02"), home: inBarnet}, "on a mental health ward under section 3")
	f.everyday()
	in := f.on(0, 0, -66)
	f.problem(northLondon, schizophrenia, f.on(-16, 0, 0).year(), cells{"status": "RELAPSE"})
	id := f.put(northLondon, "stay", cells{"admitted_at": in.at(22, 30), "discharge_ready_on": f.on(0, 0, -9), "estimated_discharge_on": f.on(0, 0, -10), "planned_discharge_on": f.on(0, 0, 18), "admission_method": listed("admission-method", "25"),
		"admission_source": listed("admission-source", "19"), "specialty": specialty("710"), "main_specialty": specialty("710"), "reason": schizophrenia, "ward": "Thames Ward", "site_name": "Edgware Community Hospital",
		"consultant": consultant("G6V2S", "710"), "legal_status_on_admission": listed("legal-status", "20")})
	f.part(northLondon, "stay_diagnosis", id, cells{"diagnosis": icd10("F20.0", "Paranoid schizophrenia"), "rank": 1})
	f.part(northLondon, "ward_stay", id, cells{"ward": "Thames Ward", "setting": words("Adult acute"), "security": listed("security", "0"), "locked": true, "started_at": in.at(22, 30)})
	f.part(northLondon, "episode", id, cells{"specialty": specialty("710"), "consultant": consultant("G6V2S", "710"), "started_at": in.at(22, 30)})
	legal := func(code string, from time.Time, expires, ended any, why string) {
		f.put(northLondon, "legal_status", cells{"status": listed("legal-status", code), "started_at": from, "expires_at": expires, "ended_at": ended, "category": listed("mental-category", "A"), "start_reason": words(why)})
	}
	legal("20", in.at(17, 5), in.plus(1).at(17, 5), in.plus(1).at(11, 0), "Removed to a place of safety")
	legal("02", in.plus(1).at(11, 0), in.plus(29).at(0, 0), in.plus(24).at(15, 0), "Admission for assessment")
	legal("03", in.plus(24).at(15, 0), in.plus(24+183).at(0, 0), nil, "Admission for treatment")
	f.put(northLondon, "responsible_clinician", cells{"name": consultant("G6V2S", "710").Name, "role": "Consultant psychiatrist", "team": "Thames Ward", "started_on": in.plus(1)})
	f.put(northLondon, "care_coordinator", cells{"name": nurse("G6V2S").Name, "role": "Care coordinator", "team": listed("team-type", "A06").Display, "phone": phone("G6V2S"), "started_on": f.on(-2, 0, 0)})
	f.put(northLondon, "absence", cells{"kind": words("Section 17 leave"), "started_at": f.in(-5).at(13, 0), "ended_at": f.in(-5).at(17, 0), "escorted": true})
	f.put(northLondon, "absence", cells{"kind": words("Absent without leave"), "started_at": in.plus(12).at(19, 0), "ended_at": in.plus(12).at(23, 40)})
	f.put(northLondon, "delayed_discharge", cells{"reason": listed("delay", "E1"), "attributable_to": listed("attributable", "05"), "responsible_authority": org("X1BAR"), "started_on": f.on(0, 0, -9)})
	order := f.put(northLondon, "community_treatment_order", cells{"started_at": f.on(-3, 0, 0).at(10, 0), "expires_at": f.on(-2, -6, 0).at(0, 0), "ended_at": f.on(-2, -8, 0).at(16, 0), "end_reason": words("Revoked")})
	f.part(northLondon, "community_treatment_order_recall", order, cells{"started_at": f.on(-2, -8, -1).at(9, 0), "ended_at": f.on(-2, -8, 0).at(16, 0)})
	f.put(northLondon, "conditional_discharge", cells{"started_on": f.on(-9, 0, 0).month(), "ended_on": f.on(-8, -2, 0), "end_reason": words("Absolute discharge")})
	f.put(northLondon, "medication", cells{"medicine": words("Olanzapine 10mg tablets"), "kind": "INPATIENT", "intent": "ORDER", "status": "ACTIVE", "dosage": "One at night", "route": oral, "started_on": in.plus(2), "prescriber": consultant("G6V2S", "710"), "prescribing_agency": elsewhere})
	f.plan(northLondon, listed("mental-plan", "12"), "Crisis plan", f.on(-2, 0, 0), cells{"author": nurse("G6V2S")}, crisisPlan...)
	f.plan(northLondon, listed("plan", "09"), "Discharge plan", f.on(0, 0, -15), cells{"status": "PLANNED"}, section{"Where I am going", "Supported living, once the flat is ready."})
	f.inCare()
	return f
}
