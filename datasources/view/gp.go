package view

import "carerecord/internal/record"

var consultationView = view[record.Consultation, *record.Consultation]{
	relation: relation{
		name: "consultation",
		columns: `held_at, held_at_day_only, ended_at, ended_at_day_only, kind_system, kind_code, kind_display,
			kind_original_system, kind_original_code, kind_original_display, medium, reason_system, reason_code,
			reason_display, clinician_name, clinician_role, location`,
		codes: names("kind kind_original reason"),
		texts: names("kind_display kind_original_display reason_display location"),
	},
	newest: "held_at",
	scan:   scanConsultation,
	children: []child[record.Consultation]{
		childOf("sections", relation{
			name:    "consultation_section",
			columns: `heading, text, entry_system, entry_code, entry_display`,
			codes:   names("entry"),
			texts:   names("heading text entry_display"),
		}, scanConsultationSection, func(x *record.Consultation, c record.ConsultationSection) { x.Sections = append(x.Sections, c) }),
	},
}
