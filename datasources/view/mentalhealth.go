package view

import "carerecord/internal/record"

var careContactView = view[record.CareContact, *record.CareContact]{
	relation: relation{
		name: "care_contact",
		columns: `at, at_day_only, duration_minutes, kind_system, kind_code, kind_display, medium, team,
			team_type_system, team_type_code, team_type_display, location, clinician_name, clinician_role,
			reason_system, reason_code, reason_display, attended_system, attended_code, attended_display,
			cancellation_reason_system, cancellation_reason_code, cancellation_reason_display`,
		codes: names("kind team_type reason attended cancellation_reason"),
		texts: names("kind_display team team_type_display location reason_display attended_display cancellation_reason_display"),
	},
	newest: "at",
	scan:   scanCareContact,
}

var careCoordinatorView = view[record.CareCoordinator, *record.CareCoordinator]{
	relation: relation{
		name:    "care_coordinator",
		columns: `name, role, team, phone, started_on, ended_on`,
		texts:   names("name role team phone"),
	},
	newest: "started_on",
	scan:   scanCareCoordinator,
}

var responsibleClinicianView = view[record.ResponsibleClinician, *record.ResponsibleClinician]{
	relation: relation{
		name:    "responsible_clinician",
		columns: `name, role, team, started_on, ended_on`,
		texts:   names("name role team"),
	},
	newest: "started_on",
	scan:   scanResponsibleClinician,
}

var legalStatusView = view[record.LegalStatus, *record.LegalStatus]{
	relation: relation{
		name: "legal_status",
		columns: `status_system, status_code, status_display, status_original_system, status_original_code,
			status_original_display, started_at, started_at_day_only, expires_at, expires_at_day_only, ended_at,
			ended_at_day_only, start_reason_system, start_reason_code, start_reason_display, end_reason_system,
			end_reason_code, end_reason_display, category_system, category_code, category_display`,
		codes: names("status status_original start_reason end_reason category"),
		texts: names("status_display status_original_display start_reason_display end_reason_display category_display"),
	},
	newest: "started_at",
	scan:   scanLegalStatus,
}

var communityTreatmentOrderView = view[record.CommunityTreatmentOrder, *record.CommunityTreatmentOrder]{
	relation: relation{
		name: "community_treatment_order",
		columns: `started_at, started_at_day_only, expires_at, expires_at_day_only, ended_at, ended_at_day_only,
			end_reason_system, end_reason_code, end_reason_display`,
		codes: names("end_reason"),
		texts: names("end_reason_display"),
	},
	newest: "started_at",
	scan:   scanCommunityTreatmentOrder,
	children: []child[record.CommunityTreatmentOrder]{
		childOf("recalls", relation{
			name:    "community_treatment_order_recall",
			columns: `started_at, started_at_day_only, ended_at, ended_at_day_only`,
		}, scanRecall, func(x *record.CommunityTreatmentOrder, c record.Recall) { x.Recalls = append(x.Recalls, c) }),
	},
}

var conditionalDischargeView = view[record.ConditionalDischarge, *record.ConditionalDischarge]{
	relation: relation{
		name:    "conditional_discharge",
		columns: `started_on, ended_on, end_reason_system, end_reason_code, end_reason_display`,
		codes:   names("end_reason"),
		texts:   names("end_reason_display"),
	},
	newest: "started_on",
	scan:   scanConditionalDischarge,
}

var absenceView = view[record.Absence, *record.Absence]{
	relation: relation{
		name: "absence",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			started_at, started_at_day_only, ended_at, ended_at_day_only, escorted`,
		codes: names("kind kind_original"),
		texts: names("kind_display kind_original_display"),
	},
	newest: "started_at",
	scan:   scanAbsence,
}

var delayedDischargeView = view[record.DelayedDischarge, *record.DelayedDischarge]{
	relation: relation{
		name: "delayed_discharge",
		columns: `reason_system, reason_code, reason_display, reason_original_system, reason_original_code,
			reason_original_display, attributable_to_system, attributable_to_code, attributable_to_display,
			responsible_authority_ods, responsible_authority_name, started_on, ended_on`,
		codes: names("reason reason_original attributable_to"),
		texts: names("reason_display reason_original_display attributable_to_display responsible_authority_name"),
	},
	newest: "started_on",
	scan:   scanDelayedDischarge,
}

var mentalHealthAssessmentView = view[record.MentalHealthAssessment, *record.MentalHealthAssessment]{
	relation: relation{
		name: "assessment",
		columns: `tool_system, tool_code, tool_display, tool_original_system, tool_original_code, tool_original_display,
			score::text, score_text, unit, assessed_on, assessor_name, assessor_role, status`,
		codes: names("tool tool_original"),
		texts: names("tool_display tool_original_display score_text unit"),
	},
	newest: "assessed_on",
	scan:   scanMentalHealthAssessment,
}

var careClusterView = view[record.CareCluster, *record.CareCluster]{
	relation: relation{
		name: "care_cluster",
		columns: `cluster_system, cluster_code, cluster_display, cluster_original_system, cluster_original_code,
			cluster_original_display, started_on, ended_on`,
		codes: names("cluster cluster_original"),
		texts: names("cluster_display cluster_original_display"),
	},
	newest: "started_on",
	scan:   scanCareCluster,
}
