package view

import "carerecord/internal/record"

var stayView = view[record.Stay, *record.Stay]{
	relation: relation{
		name: "stay",
		columns: `admitted_at, admitted_at_day_only, discharged_at, discharged_at_day_only, discharge_ready_on,
			estimated_discharge_on, planned_discharge_on, patient_classification_system,
			patient_classification_code, patient_classification_display, admission_method_system,
			admission_method_code, admission_method_display, admission_source_system, admission_source_code, admission_source_display, discharge_method_system, discharge_method_code, discharge_method_display,
			discharge_destination_system, discharge_destination_code, discharge_destination_display,
			specialty_system, specialty_code, specialty_display, main_specialty_system, main_specialty_code,
			main_specialty_display, reason_system, reason_code, reason_display, ward, site_ods, site_name,
			consultant_name, consultant_role, legal_status_on_admission_system, legal_status_on_admission_code,
			legal_status_on_admission_display, summary_id, summary_title, summary_written_at, summary_written_at_day_only`,
		codes:  names("patient_classification admission_method discharge_method specialty main_specialty reason legal_status_on_admission"),
		texts:  names("patient_classification_display admission_method_display discharge_method_display specialty_display main_specialty_display reason_display ward site_name legal_status_on_admission_display summary_title"),
		masked: names("admission_source discharge_destination"),
		refers: map[string]string{"summary_id": "document"},
	},
	newest: "admitted_at",
	mains:  []int{0, 1},
	scan:   scanStay,
	brief:  &brief[record.Stay]{"discharged_at, discharged_at_day_only, patient_classification_system, patient_classification_code, patient_classification_display", scanDischarge},
	children: []child[record.Stay]{
		childOf("diagnoses", relation{
			name: "stay_diagnosis",
			columns: `diagnosis_system, diagnosis_code, diagnosis_display, diagnosis_original_system,
				diagnosis_original_code, diagnosis_original_display, rank`,
			codes: names("diagnosis diagnosis_original"),
			texts: names("diagnosis_display diagnosis_original_display"),
		}, scanStayDiagnosis, func(x *record.Stay, c record.StayDiagnosis) { x.Diagnoses = append(x.Diagnoses, c) }),
		childOf("procedures", relation{
			name: "stay_procedure",
			columns: `procedure_system, procedure_code, procedure_display, procedure_original_system,
				procedure_original_code, procedure_original_display, performed_on, rank`,
			codes: names("procedure procedure_original"),
			texts: names("procedure_display procedure_original_display"),
		}, scanStayProcedure, func(x *record.Stay, c record.StayProcedure) { x.Procedures = append(x.Procedures, c) }),
		childOf("episodes", relation{
			name: "episode",
			columns: `specialty_system, specialty_code, specialty_display, main_specialty_system, main_specialty_code,
				main_specialty_display, consultant_name, consultant_role, started_at, started_at_day_only, ended_at,
				ended_at_day_only`,
			codes: names("specialty main_specialty"),
			texts: names("specialty_display main_specialty_display"),
		}, scanEpisode, func(x *record.Stay, c record.Episode) { x.Episodes = append(x.Episodes, c) }),
		childOf("wardStays", relation{
			name: "ward_stay",
			columns: `ward, site_ods, site_name, setting_system, setting_code, setting_display, security_system,
				security_code, security_display, locked, started_at, started_at_day_only, ended_at, ended_at_day_only`,
			codes: names("setting security"),
			texts: names("ward site_name setting_display security_display"),
		}, scanWardStay, func(x *record.Stay, c record.WardStay) { x.WardStays = append(x.WardStays, c) }),
	},
}

var attendanceView = view[record.Attendance, *record.Attendance]{
	relation: relation{
		name: "attendance",
		columns: `kind_system, kind_code, kind_display, arrived_at, arrived_at_day_only, departed_at,
			departed_at_day_only, arrival_mode_system, arrival_mode_code, arrival_mode_display, acuity_system,
			acuity_code, acuity_display, complaint_system, complaint_code, complaint_display, specialty_system,
			specialty_code, specialty_display, clinician_name, clinician_role, site_ods, site_name, department,
			discharge_status_system, discharge_status_code, discharge_status_display, discharge_destination_system, discharge_destination_code, discharge_destination_display`,
		codes:  names("kind arrival_mode acuity complaint specialty discharge_status"),
		texts:  names("kind_display arrival_mode_display acuity_display complaint_display specialty_display site_name department discharge_status_display"),
		masked: names("discharge_destination"),
	},
	newest: "arrived_at",
	mains:  []int{0},
	scan:   scanAttendance,
	children: []child[record.Attendance]{
		childOf("diagnoses", relation{
			name: "attendance_diagnosis",
			columns: `diagnosis_system, diagnosis_code, diagnosis_display, diagnosis_original_system,
				diagnosis_original_code, diagnosis_original_display, rank`,
			codes: names("diagnosis diagnosis_original"),
			texts: names("diagnosis_display diagnosis_original_display"),
		}, scanAttendanceDiagnosis, func(x *record.Attendance, c record.AttendanceDiagnosis) { x.Diagnoses = append(x.Diagnoses, c) }),
	},
}

var imagingStudyView = view[record.ImagingStudy, *record.ImagingStudy]{
	relation: relation{
		name: "imaging_study",
		columns: `started_at, started_at_day_only, modality_system, modality_code, modality_display, body_site_system,
			body_site_code, body_site_display, description, procedure_system, procedure_code, procedure_display,
			status, series_count, image_count`,
		codes: names("modality body_site procedure"),
		texts: names("modality_display body_site_display description procedure_display"),
	},
	newest: "started_at",
	scan:   scanImagingStudy,
}
