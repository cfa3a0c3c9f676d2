package view

import "carerecord/internal/record"

var alertView = view[record.Alert, *record.Alert]{
	relation: relation{
		name: "alert",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			note, since, ended_on, review_due_on, status`,
		codes: names("kind kind_original"),
		texts: names("kind_display kind_original_display note"),
	},
	newest: "since",
	scan:   scanAlert,
}

var allergyView = view[record.Allergy, *record.Allergy]{
	relation: relation{
		name: "allergy",
		columns: `substance_system, substance_code, substance_display, substance_original_system,
			substance_original_code, substance_original_display, kind, category, criticality, status, verification,
			onset_on, ended_on, end_reason, last_reaction_on, asserted_by_name, asserted_by_role, note`,
		codes: names("substance substance_original"),
		texts: names("substance_display substance_original_display end_reason note"),
	},
	newest: "recorded_at",
	scan:   scanAllergy,
	children: []child[record.Allergy]{
		childOf("reactionDetails", relation{
			name: "allergy_reaction",
			columns: `manifestation_system, manifestation_code, manifestation_display, manifestation_original_system,
				manifestation_original_code, manifestation_original_display, severity`,
			codes: names("manifestation manifestation_original"),
			texts: names("manifestation_display manifestation_original_display"),
		}, scanAllergyReaction, func(x *record.Allergy, c record.AllergyReaction) { x.ReactionDetails = append(x.ReactionDetails, c) }),
	},
}

var medicationView = view[record.Medication, *record.Medication]{
	relation: relation{
		name: "medication",
		columns: `medicine_system, medicine_code, medicine_display, medicine_original_system, medicine_original_code,
			medicine_original_display, kind, intent, status, status_reason, dosage, as_needed, route_system,
			route_code, route_display, quantity, reason_system, reason_code, reason_display, started_on, ended_on,
			last_issued_on, review_due_on, repeats_allowed, repeats_issued, prescriber_name, prescriber_role,
			prescribing_agency_system, prescribing_agency_code, prescribing_agency_display, note, discharged_at`,
		codes: names("medicine medicine_original route reason prescribing_agency"),
		texts: names("medicine_display medicine_original_display status_reason dosage route_display quantity reason_display prescribing_agency_display note"),
	},
	newest: "started_on",
	scan:   scanMedication,
	children: []child[record.Medication]{
		childOf("issues", relation{
			name:    "medication_issue",
			columns: `issued_on, quantity, status`,
			texts:   names("quantity"),
		}, scanMedicationIssue, func(x *record.Medication, c record.MedicationIssue) { x.Issues = append(x.Issues, c) }),
	},
}

var problemView = view[record.Problem, *record.Problem]{
	relation: relation{
		name: "problem",
		columns: `problem_system, problem_code, problem_display, problem_original_system, problem_original_code,
			problem_original_display, kind, status, verification, significance, severity, body_site_system,
			body_site_code, body_site_display, onset_on, ended_on, note, asserted_by_name, asserted_by_role`,
		codes: names("problem problem_original body_site"),
		texts: names("problem_display problem_original_display body_site_display note"),
	},
	newest: "onset_on",
	scan:   scanProblem,
}

var immunisationView = view[record.Immunisation, *record.Immunisation]{
	relation: relation{
		name: "immunisation",
		columns: `vaccine_system, vaccine_code, vaccine_display, vaccine_original_system, vaccine_original_code,
			vaccine_original_display, procedure_system, procedure_code, procedure_display, status,
			status_reason_system, status_reason_code, status_reason_display, given_on, dose, dose_quantity,
			site_system, site_code, site_display, route_system, route_code, route_display, batch, manufacturer,
			expires_on, given_by_name, given_by_role, location, note`,
		codes: names("vaccine vaccine_original procedure status_reason site route"),
		texts: names("vaccine_display vaccine_original_display procedure_display status_reason_display dose dose_quantity site_display route_display batch manufacturer location note"),
	},
	newest: "given_on",
	scan:   scanImmunisation,
}

var procedureView = view[record.Procedure, *record.Procedure]{
	relation: relation{
		name: "procedure",
		columns: `procedure_system, procedure_code, procedure_display, procedure_original_system,
			procedure_original_code, procedure_original_display, category_system, category_code, category_display,
			status, performed_on, performed_at, performed_at_day_only, ended_at, ended_at_day_only, reason_system,
			reason_code, reason_display, body_site_system, body_site_code, body_site_display, outcome_system,
			outcome_code, outcome_display, performer_name, performer_role, location, note`,
		codes: names("procedure procedure_original category reason body_site outcome"),
		texts: names("procedure_display procedure_original_display category_display reason_display body_site_display outcome_display location note"),
	},
	newest: "performed_on",
	scan:   scanProcedure,
}

var deviceView = view[record.Device, *record.Device]{
	relation: relation{
		name: "device",
		columns: `device_system, device_code, device_display, device_original_system, device_original_code,
			device_original_display, status, supplied_on, ended_on, manufacturer, model, lot, serial, udi,
			expires_on`,
		codes: names("device device_original"),
		texts: names("device_display device_original_display manufacturer model lot serial udi"),
	},
	newest: "supplied_on",
	scan:   scanDevice,
}

var resultView = view[record.Result, *record.Result]{
	relation: relation{
		name: "result",
		columns: `test_system, test_code, test_display, test_original_system, test_original_code, test_original_display,
			category, taken_at, taken_at_day_only, issued_at, issued_at_day_only, status, value_text,
			value_quantity::text, value_comparator, value_limit::text, value_unit, value_code_system, value_code,
			value_code_display, value_absent_reason, reference_range_low::text, reference_range_high::text,
			reference_range_text, interpretation_system, interpretation_code, interpretation_display,
			specimen_system, specimen_code, specimen_display, comment, performer_name, performer_role,
			requester_name, requester_role, report_id, report_title`,
		codes:  names("test test_original value_code! interpretation specimen"),
		texts:  names("test_display test_original_display value_text value_comparator value_unit value_code_display interpretation_display specimen_display comment report_title reference_range_text"),
		refers: map[string]string{"report_id": "report"},
	},
	newest: "taken_at",
	hangs:  []hanging{{reportView.relation, []int{references}, "t.id = v.report_id"}},
	scan:   scanResult,
	children: []child[record.Result]{
		childOf("components", relation{
			name: "result_component",
			columns: `test_system, test_code, test_display, test_original_system, test_original_code, test_original_display,
				value_text, value_quantity::text, value_comparator, value_limit::text, value_unit, value_code_system,
				value_code, value_code_display, value_absent_reason, reference_range_low::text,
				reference_range_high::text, reference_range_text`,
			codes: names("test test_original value_code!"),
			texts: names("test_display test_original_display value_text value_comparator value_unit value_code_display reference_range_text"),
		}, scanResultComponent, func(x *record.Result, c record.ResultComponent) { x.Components = append(x.Components, c) }),
	},
}

var reportView = view[record.Report, *record.Report]{
	relation: relation{
		name: "report",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			title, category, status, taken_at, taken_at_day_only, issued_at, issued_at_day_only, conclusion,
			specimen_system, specimen_code, specimen_display, performer_name, performer_role, requester_name,
			requester_role`,
		codes: names("kind kind_original specimen"),
		texts: names("kind_display kind_original_display title conclusion specimen_display"),
	},
	newest: "taken_at",
	scan:   scanReport,
}

var vitalSignView = view[record.VitalSign, *record.VitalSign]{
	relation: relation{
		name: "vital_sign",
		columns: `sign_system, sign_code, sign_display, sign_original_system, sign_original_code, sign_original_display,
			taken_at, taken_at_day_only, status, value_text, value_quantity::text, value_comparator,
			value_limit::text, value_unit, value_code_system, value_code, value_code_display, value_absent_reason,
			interpretation_system, interpretation_code, interpretation_display, body_site_system, body_site_code,
			body_site_display, performer_name, performer_role, comment`,
		codes: names("sign sign_original value_code! interpretation body_site"),
		texts: names("sign_display sign_original_display value_text value_comparator value_unit value_code_display interpretation_display body_site_display comment"),
	},
	newest: "taken_at",
	scan:   scanVitalSign,
	children: []child[record.VitalSign]{
		childOf("components", relation{
			name: "vital_sign_component",
			columns: `sign_system, sign_code, sign_display, sign_original_system, sign_original_code, sign_original_display,
				value_text, value_quantity::text, value_comparator, value_limit::text, value_unit, value_code_system,
				value_code, value_code_display, value_absent_reason`,
			codes: names("sign sign_original value_code!"),
			texts: names("sign_display sign_original_display value_text value_comparator value_unit value_code_display"),
		}, scanVitalSignComponent, func(x *record.VitalSign, c record.VitalSignComponent) { x.Components = append(x.Components, c) }),
	},
}

var appointmentView = view[record.Appointment, *record.Appointment]{
	relation: relation{
		name: "appointment",
		columns: `starts_at, starts_at_day_only, duration_minutes, specialty_system, specialty_code, specialty_display,
			kind_system, kind_code, kind_display, status, medium, clinic, location, clinician_name, clinician_role,
			reason_system, reason_code, reason_display, first_attendance_system, first_attendance_code,
			first_attendance_display, priority, attended_system, attended_code, attended_display, outcome_system,
			outcome_code, outcome_display, referral_to_treatment_system, referral_to_treatment_code,
			referral_to_treatment_display, cancellation_reason, note`,
		codes: names("specialty kind reason first_attendance attended outcome referral_to_treatment"),
		texts: names("specialty_display kind_display clinic location reason_display first_attendance_display attended_display outcome_display referral_to_treatment_display cancellation_reason note"),
	},
	newest: "starts_at",
	waits:  waitedFor,
	scan:   scanAppointment,
}

var documentView = view[record.Document, *record.Document]{
	relation: relation{
		name: "document",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			title, status, written_at, written_at_day_only, author_name, author_role, specialty_system,
			specialty_code, specialty_display, description, content_type, size`,
		codes: names("kind kind_original specialty"),
		texts: names("kind_display kind_original_display title specialty_display description content_type content"),
	},
	newest: "written_at",
	scan:   scanDocument,
}

var referralView = view[record.Referral, *record.Referral]{
	relation: relation{
		name: "referral",
		columns: `specialty_system, specialty_code, specialty_display, service_system, service_code, service_display,
			priority, status, referral_source_system, referral_source_code, referral_source_display, referred_on, received_on, ended_on,
			end_reason_system, end_reason_code, end_reason_display, reason_system, reason_code, reason_display,
			from_party_ods, from_party_name, to_party_ods, to_party_name, referrer_name, referrer_role, team, note`,
		codes: names("specialty service referral_source end_reason reason"),
		texts: names("specialty_display service_display referral_source_display end_reason_display reason_display from_party_name to_party_name team note"),
	},
	newest: "referred_on",
	scan:   scanReferral,
}

var carePlanView = view[record.CarePlan, *record.CarePlan]{
	relation: relation{
		name: "care_plan",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			title, status, started_on, ended_on, review_due_on, updated_at, updated_at_day_only, author_name,
			author_role, team, addresses_system, addresses_code, addresses_display, funded_by_system,
			funded_by_code, funded_by_display`,
		codes: names("kind kind_original addresses funded_by"),
		texts: names("kind_display kind_original_display title team addresses_display funded_by_display"),
	},
	newest: "started_on",
	scan:   scanCarePlan,
	children: []child[record.CarePlan]{
		childOf("sections", relation{
			name:    "care_plan_section",
			columns: `heading, text`,
			texts:   names("heading text"),
		}, scanCarePlanSection, func(x *record.CarePlan, c record.CarePlanSection) { x.Sections = append(x.Sections, c) }),
		childOf("activities", relation{
			name: "care_plan_activity",
			columns: `activity_system, activity_code, activity_display, activity_original_system, activity_original_code,
				activity_original_display, status, location`,
			codes: names("activity activity_original"),
			texts: names("activity_display activity_original_display location"),
		}, scanCarePlanActivity, func(x *record.CarePlan, c record.CarePlanActivity) { x.Activities = append(x.Activities, c) }),
		childOf("goals", relation{
			name: "care_plan_goal",
			columns: `goal_system, goal_code, goal_display, goal_original_system, goal_original_code, goal_original_display,
				status, due_on, target`,
			codes: names("goal goal_original"),
			texts: names("goal_display goal_original_display target"),
		}, scanCarePlanGoal, func(x *record.CarePlan, c record.CarePlanGoal) { x.Goals = append(x.Goals, c) }),
		childOf("agreements", relation{
			name:    "care_plan_agreement",
			columns: `agreed_by_system, agreed_by_code, agreed_by_display, agreed_at, agreed_at_day_only`,
			codes:   names("agreed_by"),
			texts:   names("agreed_by_display"),
		}, scanCarePlanAgreement, func(x *record.CarePlan, c record.CarePlanAgreement) { x.Agreements = append(x.Agreements, c) }),
	},
}

var careTeamMemberView = view[record.CareTeamMember, *record.CareTeamMember]{
	relation: relation{
		name: "care_team_member",
		columns: `name, role, kind_system, kind_code, kind_display, team, employer_ods, employer_name, phone,
			since, ended_on`,
		codes: names("kind"),
		texts: names("name role kind_display team employer_name phone"),
	},
	newest: "since",
	scan:   scanCareTeamMember,
}

var contactView = view[record.Contact, *record.Contact]{
	relation: relation{
		name: "contact",
		columns: `name, relationship, relationship_code_system, relationship_code_code, relationship_code_display, roles,
			phone, email, address, since, note, under_18`,
		codes: names("relationship_code"),
		texts: names("name relationship relationship_code_display phone email address note"),
	},
	newest: "since",
	scan:   scanContact,
}

var needView = view[record.Need, *record.Need]{
	relation: relation{
		name: "need",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			category, detail, since, ended_on`,
		codes: names("kind kind_original"),
		texts: names("kind_display kind_original_display detail"),
	},
	newest: "since",
	scan:   scanNeed,
}

var advanceDecisionView = view[record.AdvanceDecision, *record.AdvanceDecision]{
	relation: relation{
		name: "advance_decision",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			decision, status, decided_on, review_due_on, ended_on, author_name, author_role, where_signed,
			attorney`,
		codes: names("kind kind_original"),
		texts: names("kind_display kind_original_display decision where_signed attorney"),
	},
	newest: "decided_on",
	scan:   scanAdvanceDecision,
}
