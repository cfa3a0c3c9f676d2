package floor

import "carerecord/internal/record"

// The values of coded columns. What is none of them is UNKNOWN.
const (
	criticalities      = "LOW HIGH UNABLE_TO_ASSESS"
	allergyStatuses    = "ACTIVE INACTIVE RESOLVED"
	problemStatuses    = "ACTIVE RECURRENCE RELAPSE REMISSION INACTIVE RESOLVED"
	medicationKinds    = "ACUTE REPEAT REPEAT_DISPENSING DELAYED DISCHARGE INPATIENT REPORTED"
	medicationStatuses = "ACTIVE ON_HOLD COMPLETED STOPPED CANCELLED INTENDED"
	resultStatuses     = "FINAL AMENDED CORRECTED REGISTERED PRELIMINARY"
	eventStatuses      = "IN_PROGRESS PLANNED ON_HOLD COMPLETED STOPPED CANCELLED REJECTED NOT_DONE"
	mediums            = "FACE_TO_FACE TELEPHONE VIDEO EMAIL SMS OTHER"
)

func (o *out) origin(r *row) {
	o.raw(`,"provenance":`)
	o.provenance(r)
}

func (o *out) enumAs(name, value, known string) {
	o.raw(`,"`)
	o.raw(name)
	o.raw(`":`)
	o.enum(value, known)
}

func writeAllergy(q *request, o *out, r *row, person int) {
	o.codeAs("substance", r, 5)
	o.raw(`,"reactions":[`)
	for i, reaction := range q.parts(r, sectorOf(r), ofReaction, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.code(reaction, 1)
	}
	o.raw(`]`)
	o.enumAs("criticality", r.get(8), criticalities)
	o.enumAs("status", r.get(9), allergyStatuses)
	o.origin(r)
}

// sectorOf is the place of a row's sector.
func sectorOf(r *row) int {
	switch r.from.source.sector {
	case record.Acute:
		return acute
	case record.GP:
		return practice
	case record.MentalHealth:
		return mentalHealth
	case record.SocialCare:
		return socialCare
	}
	return demographics
}

func writeMedication(_ *request, o *out, r *row, _ int) {
	o.codeAs("medicine", r, 5)
	o.textAs("dosage", r.get(8))
	o.enumAs("kind", r.get(9), medicationKinds)
	o.enumAs("status", r.get(10), medicationStatuses)
	o.textAs("startedOn", r.get(11))
	o.textAs("endedOn", r.get(12))
	o.origin(r)
}

func writeProblem(_ *request, o *out, r *row, _ int) {
	o.codeAs("problem", r, 5)
	o.textAs("onsetOn", r.get(8))
	o.textAs("endedOn", r.get(9))
	o.enumAs("status", r.get(10), problemStatuses)
	o.origin(r)
}

func writeImmunisation(_ *request, o *out, r *row, _ int) {
	o.codeAs("vaccine", r, 5)
	o.textAs("givenOn", r.get(8))
	o.origin(r)
}

func writeProcedure(_ *request, o *out, r *row, _ int) {
	o.codeAs("procedure", r, 5)
	o.textAs("performedOn", r.get(8))
	o.origin(r)
}

func writeEncounter(q *request, o *out, r *row, _ int) {
	o.textAs("sector", string(r.from.source.sector))
	switch r.from.into {
	case ofStay:
		if r.get(10) == "" {
			o.raw(`,"kind":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP","display":"inpatient encounter"}`)
		} else {
			o.codeAs("kind", r, 8)
		}
		o.momentAs("startedAt", r.moment(5))
		o.momentAs("endedAt", r.moment(6))
		o.codeAs("reason", r, 20)
	case ofAttendance:
		o.codeAs("kind", r, 5)
		o.momentAs("startedAt", r.moment(8))
		o.momentAs("endedAt", r.moment(9))
		o.codeAs("reason", r, 10)
	case ofConsultation:
		o.codeAs("kind", r, 7)
		o.momentAs("startedAt", r.moment(5))
		o.momentAs("endedAt", r.moment(6))
		o.codeAs("reason", r, 10)
	case ofCareContact:
		o.codeAs("kind", r, 8)
		o.momentAs("startedAt", r.moment(5))
		o.momentAs("endedAt", contactEnd(r))
		o.codeAs("reason", r, 13)
	}
	o.origin(r)
}

// contactEnd is the start and the duration, where both are known.
func contactEnd(r *row) int64 {
	minutes, known := r.whole(7)
	if at := r.moment(5); known && at != never && !r.yes(6) {
		return at + int64(minutes)*60_000_000
	}
	return never
}

func writeDocument(_ *request, o *out, r *row, _ int) {
	o.codeAs("kind", r, 5)
	o.textAs("title", r.get(8))
	o.momentAs("writtenAt", r.moment(9))
	o.textAs("contentType", r.get(10))
	o.raw(`,"size":`)
	o.whole(r.whole(11))
	o.origin(r)
}

func writeCarePlan(q *request, o *out, r *row, person int) {
	o.codeAs("kind", r, 5)
	o.textAs("title", r.get(8))
	o.enumAs("status", r.get(9), eventStatuses)
	o.textAs("startedOn", r.get(10))
	o.textAs("endedOn", r.get(11))
	o.textAs("reviewDueOn", r.get(12))
	o.raw(`,"sections":[`)
	for i, section := range q.parts(r, sectorOf(r), ofSection, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"heading":`)
		o.b = record.AppendJSON(o.b, section.get(1))
		o.textAs("text", section.get(2))
		o.raw(`}`)
	}
	o.raw(`]`)
	o.origin(r)
}

func writeCareTeam(_ *request, o *out, r *row, _ int) {
	o.textAs("name", r.get(5))
	o.textAs("role", r.get(6))
	o.raw(`,"organisation":`)
	switch ods, name := r.get(7), r.get(8); {
	case ods == "" && name == "":
		o.raw(`null`)
	case name == "":
		o.organisation(ods, ods)
	default:
		o.organisation(ods, name)
	}
	o.textAs("since", r.get(9))
	o.origin(r)
}
