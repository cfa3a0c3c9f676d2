package data

import (
	"strconv"

	"carerecord/internal/record"
)

// A table is a relation, the columns that are filled, and how one resident's lines of it
// are written. own is what its source calls its system.
type table struct {
	name    string
	columns string
	write   func(r *resident, own string)
}

const item = "nhs_number, id, source_system, organisation_ods, organisation_name, recorded_at, recorded_at_day_only, recorded_by_name, recorded_by_role, "

const part = "nhs_number, parent_id, position, "

func mapped(name string) string {
	return name + "_system, " + name + "_code, " + name + "_display, " + name + "_original_system, " + name + "_original_code, " + name + "_original_display"
}

func coded(name string) string { return name + "_system, " + name + "_code, " + name + "_display" }

// entry is a table whose rows are entries: how many each resident has, between two
// numbers, and how one is written behind the envelope.
func entry(name, columns string, least, most, years int, write func(r *resident, i, ago int)) table {
	return table{name, item + columns, func(r *resident, own string) {
		for i := range r.some(name, least, most) {
			ago := r.ago(name, i, years)
			r.envelope(id(name, i), own, ago, i)
			write(r, i, ago)
			r.end()
		}
	}}
}

// ago is how many days ago the ith entry of a table was.
func (r *resident) ago(name string, i, years int) int { return 1 + r.choose(name+" ago", i, 365*years) }

// parts is a table whose rows belong to another's entries.
func parts(name, parent, columns string, least, most int, each int, write func(r *resident, i, j int)) table {
	return table{name, part + columns, func(r *resident, _ string) {
		for i := range r.some(parent, least, most) {
			for j := range 1 + r.choose(name+" parts", i, each) {
				r.begin()
				r.texts(id(parent, i), strconv.Itoa(j+1))
				write(r, i, j)
				r.end()
			}
		}
	}}
}

func allergies(least, most int) []table {
	return []table{
		entry("allergy", mapped("substance")+", kind, category, criticality, status, verification, onset_on", least, most, 12, func(r *resident, i, ago int) {
			r.mapped(pick(r, "substance", i, substances), i)
			r.texts("ALLERGY", "MEDICATION", pick(r, "criticality", i, []string{"LOW", "HIGH", "UNABLE_TO_ASSESS"}), pick(r, "allergy status", i, []string{"ACTIVE", "ACTIVE", "ACTIVE", "RESOLVED"}), "CONFIRMED", r.day(ago + 100)[:7])
		}),
		parts("allergy_reaction", "allergy", mapped("manifestation")+", severity", least, most, 2, func(r *resident, i, j int) {
			r.mapped(pick(r, "reaction", 10*i+j, reactions), i)
			r.text("MODERATE")
		}),
	}
}

func medications(least, most int, kinds []string) table {
	columns := mapped("medicine") + ", kind, intent, status, dosage, as_needed, " + coded("route") + ", quantity, started_on, ended_on, last_issued_on, prescriber_name, prescriber_role, discharged_at"
	return entry("medication", columns, least, most, 3, func(r *resident, i, ago int) {
		r.mapped(pick(r, "medicine", i, medicines), i)
		kind, ended, discharged := pick(r, "medicine kind", i, kinds), "", ""
		if kind == "ACUTE" {
			ended = r.day(ago - 7)
		}
		if kind == "DISCHARGE" {
			discharged = r.moment(ago, i)
		}
		r.texts(kind, "ORDER", pick(r, "medicine status", i, []string{"ACTIVE", "ACTIVE", "ACTIVE", "COMPLETED"}), pick(r, "dosage", i, dosages), "f")
		r.code(code{snomed, "26643006", "Oral route"})
		r.texts("28 tablet", r.day(ago), ended, r.day(ago-20), pick(r, "prescriber", i, staff), "General practitioner", discharged)
	})
}

func problemsOf(least, most int) table {
	return entry("problem", mapped("problem")+", kind, status, verification, significance, onset_on, ended_on, note", least, most, 15, func(r *resident, i, ago int) {
		r.mapped(pick(r, "problem", i, problems), i)
		ended := ""
		status := pick(r, "problem status", i, []string{"ACTIVE", "ACTIVE", "RESOLVED"})
		if status == "RESOLVED" {
			ended = r.day(ago / 2)
		}
		r.texts("PROBLEM", status, "CONFIRMED", "MAJOR", r.day(ago), ended, "Reviewed with the patient; plan agreed.")
	})
}

func immunisations(least, most int) table {
	return entry("immunisation", mapped("vaccine")+", status, given_on, dose, batch", least, most, 10, func(r *resident, i, ago int) {
		r.mapped(pick(r, "vaccine", i, vaccines), i)
		r.texts("COMPLETED", r.day(ago), "1", "B"+strconv.Itoa(1000+r.choose("batch", i, 9000)))
	})
}

func procedures(least, most int) table {
	return entry("procedure", mapped("procedure")+", status, performed_on, note", least, most, 8, func(r *resident, i, ago int) {
		r.mapped(pick(r, "operation", i, operations), i)
		r.texts("COMPLETED", r.day(ago), "Uneventful.")
	})
}

func results(least, most int) table {
	columns := mapped("test") + ", category, taken_at, issued_at, status, value_text, value_quantity, value_comparator, value_limit, value_unit, reference_range_low, reference_range_high, " + coded("interpretation") + ", performer_name, performer_role"
	return entry("result", columns, least, most, 3, func(r *resident, i, ago int) {
		test := r.choose("test", i, len(tests))
		r.mapped(tests[test], i)
		r.texts("LABORATORY", r.moment(ago, i), r.moment(ago-1, i), pick(r, "result status", i, []string{"FINAL", "FINAL", "FINAL", "AMENDED"}))
		switch value := strconv.Itoa(3+r.choose("value", i, 140)) + "." + strconv.Itoa(r.choose("tenths", i, 10)); i % 12 {
		case 5:
			r.texts("", "", "<", "5", units[test])
		case 7:
			r.texts("Sample haemolysed; \"repeat\" advised", "", "", "", "")
		default:
			r.texts("", value, "", "", units[test])
		}
		r.texts("3.5", "145.0")
		r.code(pick(r, "interpretation", i, normal))
		r.texts("Pathology", "Laboratory")
	})
}

func vitalSigns(least, most int) []table {
	return []table{
		entry("vital_sign", mapped("sign")+", taken_at, status, value_quantity, value_unit", least, most, 2, func(r *resident, i, ago int) {
			sign, quantity, unit := pressure, "", ""
			if i%3 != 0 {
				which := r.choose("sign", i, len(signs))
				sign, quantity, unit = signs[which], strconv.Itoa(60+r.choose("reading", i, 40)), signUnits[which]
			}
			r.mapped(sign, i)
			r.texts(r.moment(ago, i), "FINAL", quantity, unit)
		}),
		{"vital_sign_component", part + mapped("sign") + ", value_quantity, value_unit", func(r *resident, _ string) {
			for i := 0; i < r.some("vital_sign", least, most); i += 3 {
				for j, c := range []code{systolic, diastolic} {
					r.begin()
					r.texts(id("vital_sign", i), strconv.Itoa(j+1))
					r.mapped(c, i)
					r.texts(strconv.Itoa(140-50*j+r.choose("pressure", 10*i+j, 20)), "mm[Hg]")
					r.end()
				}
			}
		}},
	}
}

func documents(least, most int) table {
	return entry("document", mapped("kind")+", title, status, written_at, author_name, author_role, content_type, size", least, most, 4, func(r *resident, i, ago int) {
		kind := pick(r, "letter", i, letters)
		r.mapped(kind, i)
		r.texts(kind.display+" of "+r.day(ago), "FINAL", r.moment(ago, i), pick(r, "author", i, staff), "Consultant", "text/plain", strconv.Itoa(800+r.choose("size", i, 4000)))
	})
}

func carePlans(least, most int) []table {
	return []table{
		entry("care_plan", mapped("kind")+", title, status, started_on, ended_on, review_due_on, updated_at, author_name, author_role, team", least, most, 3, func(r *resident, i, ago int) {
			kind := pick(r, "plan", i, plans)
			r.mapped(kind, i)
			r.texts(kind.display, "IN_PROGRESS", r.day(ago), "", r.day(0), r.moment(ago/2, i), pick(r, "planner", i, staff), "Registered nurse", pick(r, "plan's team", i, teams))
		}),
		parts("care_plan_section", "care_plan", "heading, text", least, most, 2, func(r *resident, i, j int) {
			r.texts(planSections[(i+2*j)%len(planSections)], planTexts[(i+2*j)%len(planTexts)])
		}),
	}
}

func careTeam(least, most int) table {
	return entry("care_team_member", "name, role, team, employer_ods, employer_name, phone, since", least, most, 4, func(r *resident, i, ago int) {
		r.texts(pick(r, "member", i, staff), pick(r, "member's role", i, jobs), pick(r, "member's team", i, teams))
		if i%2 == 0 {
			r.texts("RAL", "Royal Free London NHS Foundation Trust")
		} else {
			r.texts("", "")
		}
		r.texts("", r.day(ago))
	})
}

func notes() table {
	return table{"list_note", item + "class, note", func(r *resident, own string) {
		if r.index%50 != 0 {
			return
		}
		r.envelope("note-1", own, 20, 0)
		r.texts("IMMUNISATIONS", "AWAITING_FILING") // of this list alone: stock does not read notes, and a record in transit is missing from all
		r.end()
	}}
}

func stays(least, most int) []table {
	columns := "admitted_at, discharged_at, discharge_ready_on, " + coded("patient_classification") + ", " + coded("admission_method") + ", " + coded("discharge_destination") + ", " +
		coded("specialty") + ", " + coded("reason") + ", ward, consultant_name, consultant_role, summary_id, summary_title, summary_written_at"
	return []table{
		entry("stay", columns, least, most, 4, func(r *resident, i, ago int) {
			discharged := r.moment(max(ago-5, 1)-1, i)
			r.texts(r.moment(ago, i), discharged, r.day(max(ago-5, 1)))
			r.code(ordinary)
			r.code(pick(r, "method", i, methods))
			r.code(home)
			r.code(pick(r, "specialty", i, specialties))
			r.code(pick(r, "complaint", i, complaints))
			r.texts(pick(r, "ward", i, wards), pick(r, "consultant", i, staff), "Consultant")
			if i == 0 {
				r.texts("document-1", "Discharge summary", discharged)
			} else {
				r.texts("", "", "")
			}
		}),
		parts("stay_diagnosis", "stay", mapped("diagnosis")+", rank", least, most, 3, func(r *resident, i, j int) {
			r.mapped(pick(r, "diagnosis", 10*i+j, diagnoses), i)
			r.whole(j + 1)
		}),
		parts("stay_procedure", "stay", mapped("procedure")+", performed_on, rank", least, most, 1, func(r *resident, i, j int) {
			r.mapped(pick(r, "stay's operation", 10*i+j, operations), i)
			r.text(r.day(r.ago("stay", i, 4)))
			r.whole(j + 1)
		}),
	}
}

func attendances(least, most int) []table {
	return []table{
		entry("attendance", coded("kind")+", arrived_at, departed_at, "+coded("complaint")+", clinician_name, clinician_role, department", least, most, 4, func(r *resident, i, ago int) {
			r.code(code{ours, "01", "Emergency department attendance"})
			r.texts(r.moment(ago, i), r.moment(ago, i+1000))
			r.code(pick(r, "complaint", i, complaints))
			r.texts(pick(r, "clinician", i, staff), "Consultant", "Emergency department")
		}),
		parts("attendance_diagnosis", "attendance", mapped("diagnosis")+", rank", least, most, 2, func(r *resident, i, j int) {
			r.mapped(pick(r, "attendance's diagnosis", 10*i+j, diagnoses), i)
			r.whole(j + 1)
		}),
	}
}

var acuteTables = join(allergies(1, 2), medications(2, 4, []string{"DISCHARGE", "DISCHARGE", "INPATIENT"}), problemsOf(1, 3), procedures(1, 2), results(16, 22),
	vitalSigns(4, 7), documents(2, 4), careTeam(1, 2), carePlans(0, 1), stays(1, 3), attendances(1, 3), notes())

var practiceTables = join(allergies(0, 2), medications(4, 8, []string{"REPEAT", "REPEAT", "ACUTE"}), problemsOf(3, 7), immunisations(2, 5), results(8, 12),
	vitalSigns(2, 5), documents(1, 2), careTeam(1, 1), carePlans(0, 1), notes(),
	entry("consultation", "held_at, ended_at, "+mapped("kind")+", medium, "+coded("reason")+", clinician_name, clinician_role, location", 6, 12, 4, func(r *resident, i, ago int) {
		r.texts(r.moment(ago, i), r.moment(ago, i+1000))
		r.mapped(pick(r, "meeting", i, meetings), i)
		r.text("FACE_TO_FACE")
		r.code(pick(r, "reason", i, complaints))
		r.texts(pick(r, "practitioner", i, staff), "General practitioner", "Surgery")
	}))

var mentalTables = join(problemsOf(0, 1), carePlans(1, 1), careTeam(0, 1), documents(0, 1),
	entry("care_coordinator", "name, role, team, phone, started_on, ended_on", 1, 1, 2, func(r *resident, i, ago int) {
		r.texts(pick(r, "coordinator", i, staff), "Care coordinator", pick(r, "team", i, teams), "020 7946 0000", r.day(ago), "")
	}),
	entry("legal_status", mapped("status")+", started_at, ended_at", 0, 1, 1, func(r *resident, i, ago int) {
		r.mapped(informal, i)
		r.texts(r.moment(ago, i), "")
	}),
	entry("assessment", mapped("tool")+", score, assessed_on, assessor_name, assessor_role, status", 1, 3, 2, func(r *resident, i, ago int) {
		r.mapped(pick(r, "tool", i, tools), i)
		r.texts(strconv.Itoa(r.choose("score", i, 21)), r.day(ago), pick(r, "assessor", i, staff), "Registered nurse", "FINAL")
	}),
	entry("care_contact", "at, duration_minutes, "+coded("kind")+", medium, team, location, "+coded("reason"), 2, 5, 2, func(r *resident, i, ago int) {
		r.texts(r.moment(ago, i), strconv.Itoa(15*(1+r.choose("quarters", i, 4))))
		r.code(pick(r, "contact", i, contacts))
		r.texts("FACE_TO_FACE", pick(r, "contact's team", i, teams), "Community clinic")
		r.code(pick(r, "contact's reason", i, complaints))
	}))

var councilTables = join(careTeam(0, 1), carePlans(0, 1), documents(0, 1),
	entry("allocated_worker", "name, role, team, phone, key_worker, started_on, ended_on", 1, 1, 2, func(r *resident, i, ago int) {
		r.texts(pick(r, "worker", i, staff), "Social worker", pick(r, "worker's team", i, teams), "020 7946 0000", "t", r.day(ago), "")
	}),
	entry("support_reason", mapped("reason")+", started_on, ended_on", 1, 1, 2, func(r *resident, i, ago int) {
		r.mapped(pick(r, "support", i, reasons), i)
		r.texts(r.day(ago), "")
	}),
	entry("service", mapped("kind")+", "+coded("component")+", description, provider, started_on, ended_on, status", 1, 3, 3, func(r *resident, i, ago int) {
		r.mapped(pick(r, "service", i, services), i)
		r.code(pick(r, "component", i, components))
		r.texts("Twice a day", "Example Home Care", r.day(ago), "", "IN_PROGRESS")
	}),
	entry("social_care_assessment", mapped("kind")+", started_on, ended_on, status, eligible_needs, summary, "+coded("outcome"), 1, 2, 3, func(r *resident, i, ago int) {
		r.mapped(pick(r, "assessment", i, assessments), i)
		r.texts(r.day(ago), r.day(ago-14), "COMPLETED", pick(r, "eligible", i, eligible), "Assessed at home.")
		r.code(pick(r, "outcome", i, outcomes))
	}),
	entry("request", mapped("route")+", received_on, ended_on, description, status, "+coded("outcome"), 1, 2, 3, func(r *resident, i, ago int) {
		r.mapped(pick(r, "route", i, routes), i)
		r.texts(r.day(ago), r.day(ago-2), "Asked for help at home.", "COMPLETED")
		r.code(pick(r, "request's outcome", i, outcomes))
	}))

// born is a birth date that makes an adult.
func (r *resident) born() string {
	return strconv.Itoa(1930+r.choose("year of birth", 0, 70)) + "-" + strconv.Itoa(101 + r.choose("month of birth", 0, 12))[1:] + "-" + strconv.Itoa(101 + r.choose("day of birth", 0, 28))[1:]
}

var demographicsTables = []table{
	{"person", "nhs_number, status_code, restricted, name_full, name_given, name_family, born_on, gender, address_lines, address_postcode, address_borough, practice_ods, practice_name", func(r *resident, _ string) {
		given, family := pick(r, "given name", 0, givenNames), pick(r, "family name", 0, familyNames)
		r.begin()
		r.texts("01", "f", given+" "+family, "{"+given+"}", family, r.born(), pick(r, "gender", 0, []string{"FEMALE", "MALE"}),
			"{"+strconv.Itoa(1+r.choose("house", 0, 200))+" Example Road}", pick(r, "district", 0, districts)+" 1AA", "Barnet", Practice, "")
		r.end()
	}},
	{"telecom", "nhs_number, position, system, value, use", func(r *resident, _ string) {
		r.begin()
		r.texts("1", "PHONE", "020 7946 "+strconv.Itoa(10_000 + r.index%10_000)[1:], "HOME")
		r.end()
	}},
}

// consentTables are those of the service's own database.
var consentTables = []table{
	{"consent.person", "nhs_number, restricted, born_on", func(r *resident, _ string) {
		r.begin()
		r.texts("f", r.born())
		r.end()
	}},
	{"consent.relationship", "nhs_number, ods_code, kind, started_at", func(r *resident, _ string) {
		for i, relation := range []struct{ ods, kind string }{{Practice, "REGISTERED_PRACTICE"}, {hospital, "APPOINTMENT"}, {trust, "REFERRAL"}} {
			r.begin()
			r.texts(relation.ods, relation.kind, r.moment(200+r.ago("relationship", i, 3), i))
			r.end()
		}
	}},
}

// tablesOf are the tables of each sector's source.
var tablesOf = map[record.Sector][]table{
	record.Demographics: demographicsTables, record.Acute: acuteTables, record.GP: practiceTables, record.MentalHealth: mentalTables, record.SocialCare: councilTables,
}

func join(parts ...any) []table {
	var all []table
	for _, part := range parts {
		switch part := part.(type) {
		case table:
			all = append(all, part)
		case []table:
			all = append(all, part...)
		}
	}
	return all
}
