package view

import "carerecord/internal/record"

var allocatedWorkerView = view[record.AllocatedWorker, *record.AllocatedWorker]{
	relation: relation{
		name:    "allocated_worker",
		columns: `name, role, team, phone, employer_ods, employer_name, key_worker, started_on, ended_on`,
		texts:   names("name role team phone employer_name"),
	},
	newest: "started_on",
	scan:   scanAllocatedWorker,
}

var supportReasonView = view[record.SupportReason, *record.SupportReason]{
	relation: relation{
		name: "support_reason",
		columns: `reason_system, reason_code, reason_display, reason_original_system, reason_original_code,
			reason_original_display, started_on, ended_on`,
		codes: names("reason reason_original"),
		texts: names("reason_display reason_original_display"),
	},
	newest: "started_on",
	scan:   scanSupportReason,
}

var circumstancesView = view[record.Circumstances, *record.Circumstances]{
	relation: relation{
		name: "circumstances",
		columns: `recorded_on, client_type_system, client_type_code, client_type_display, accommodation_system,
			accommodation_code, accommodation_display, employment_system, employment_code, employment_display,
			funding_system, funding_code, funding_display, has_unpaid_carer, autism, dementia, visual_impairment,
			hearing_impairment`,
		codes: names("client_type accommodation employment funding"),
		texts: names("client_type_display accommodation_display employment_display funding_display"),
	},
	newest: "recorded_on",
	scan:   scanCircumstances,
}

var socialCareServiceView = view[record.SocialCareService, *record.SocialCareService]{
	relation: relation{
		name: "service",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			component_system, component_code, component_display, delivery_system, delivery_code, delivery_display,
			description, provider, provider_location, started_on, ended_on, planned_end_on, status, outcome_system,
			outcome_code, outcome_display, units_per_week::text, unit, unit_cost::text`,
		codes: names("kind kind_original component delivery outcome"),
		texts: names("kind_display kind_original_display component_display delivery_display description provider provider_location outcome_display unit"),
	},
	newest: "started_on",
	scan:   scanSocialCareService,
}

var socialCareAssessmentView = view[record.SocialCareAssessment, *record.SocialCareAssessment]{
	relation: relation{
		name: "social_care_assessment",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			method_system, method_code, method_display, started_on, ended_on, status, eligible_needs, score::text,
			summary, assessor_name, assessor_role, location, outcome_system, outcome_code, outcome_display`,
		codes: names("kind kind_original method outcome"),
		texts: names("kind_display kind_original_display method_display summary location outcome_display"),
	},
	newest: "started_on",
	scan:   scanSocialCareAssessment,
}

var socialCareRequestView = view[record.SocialCareRequest, *record.SocialCareRequest]{
	relation: relation{
		name: "request",
		columns: `route_system, route_code, route_display, route_original_system, route_original_code,
			route_original_display, received_on, ended_on, description, status, outcome_system, outcome_code,
			outcome_display`,
		codes: names("route route_original outcome"),
		texts: names("route_display route_original_display description outcome_display"),
	},
	newest: "received_on",
	scan:   scanSocialCareRequest,
}

var socialCareReviewView = view[record.SocialCareReview, *record.SocialCareReview]{
	relation: relation{
		name: "review",
		columns: `reason_system, reason_code, reason_display, reason_original_system, reason_original_code,
			reason_original_display, method_system, method_code, method_display, started_on, ended_on,
			outcomes_achieved_system, outcomes_achieved_code, outcomes_achieved_display, outcome_system,
			outcome_code, outcome_display`,
		codes: names("reason reason_original method outcomes_achieved outcome"),
		texts: names("reason_display reason_original_display method_display outcomes_achieved_display outcome_display"),
	},
	newest: "started_on",
	scan:   scanSocialCareReview,
}

var equipmentView = view[record.Equipment, *record.Equipment]{
	relation: relation{
		name: "equipment",
		columns: `item_system, item_code, item_display, item_original_system, item_original_code, item_original_display,
			supplied_on, ended_on, detail`,
		codes: names("item item_original"),
		texts: names("item_display item_original_display detail"),
	},
	newest: "supplied_on",
	scan:   scanEquipment,
}

var carerView = view[record.Carer, *record.Carer]{
	relation: relation{
		name:    "carer",
		columns: `name, relationship, phone, hours_per_week, main_carer, lives_with, since, ended_on, under_18`,
		texts:   names("name relationship phone"),
	},
	newest: "since",
	scan:   scanCarer,
}

var aboutMeView = view[record.AboutMe, *record.AboutMe]{
	relation: relation{
		name:    "about_me",
		columns: `heading, text, recorded_on`,
		texts:   names("text"),
	},
	newest: "recorded_on",
	scan:   scanAboutMe,
}

var safeguardingConcernView = view[record.SafeguardingConcern, *record.SafeguardingConcern]{
	relation: relation{
		name:    "safeguarding",
		columns: `raised_on, ended_on, call_first`,
		texts:   names("call_first"),
	},
	newest: "raised_on",
	scan:   scanSafeguardingConcern,
}

var legalMeasureView = view[record.LegalMeasure, *record.LegalMeasure]{
	relation: relation{
		name: "legal_measure",
		columns: `kind_system, kind_code, kind_display, kind_original_system, kind_original_code, kind_original_display,
			started_on, ended_on, decision, holder`,
		codes: names("kind kind_original"),
		texts: names("kind_display kind_original_display decision holder"),
	},
	newest: "started_on",
	scan:   scanLegalMeasure,
}
