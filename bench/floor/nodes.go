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

func writeResult(q *request, o *out, r *row, _ int) {
	o.codeAs("test", r, 5)
	o.momentAs("takenAt", r.moment(8))
	o.enumAs("status", r.get(9), resultStatuses)
	o.raw(`,"value":`)
	if v, known := q.value(r, 10); known {
		o.measured(v)
		o.textAs("absentReason", absentReason(v.absent))
		o.codeAs("coded", r, 16)
		o.raw(`}`)
	} else {
		o.raw(`null`)
	}
	o.raw(`,"referenceRange":`)
	if low, high, text := r.get(19), r.get(20), r.get(21); low+high+text == "" {
		o.raw(`null`)
	} else {
		o.raw(`{"low":`)
		o.number(low)
		o.raw(`,"high":`)
		o.number(high)
		o.textAs("text", text)
		o.raw(`}`)
	}
	o.codeAs("interpretation", r, 22)
	o.raw(`,"report":`)
	if report := r.get(25); report == "" {
		o.raw(`null`)
	} else {
		o.raw(`{"id":"`)
		o.raw(string(q.s.ids.Item(r.from.source.name, "report", r.patient, report)))
		o.raw(`"`)
		o.textAs("title", r.get(26))
		o.raw(`}`)
	}
	o.origin(r)
}

// measured begins a value.
func (o *out) measured(v value) {
	o.raw(`{"text":`)
	o.text(v.text)
	o.raw(`,"quantity":`)
	o.number(v.quantity)
	o.textAs("comparator", v.comparator)
	o.raw(`,"limit":`)
	o.number(v.limit)
	o.textAs("unit", v.unit)
}

// reading is a value of a vital sign, in nine columns from i on.
func (q *request) reading(o *out, r *row, i int) {
	v, known := q.value(r, i)
	if !known {
		o.raw(`,"value":null`)
		return
	}
	o.raw(`,"value":{"text":`)
	o.text(v.text)
	o.raw(`,"quantity":`)
	o.number(v.quantity)
	o.textAs("unit", v.unit)
	o.raw(`}`)
}

func writeVitalSign(q *request, o *out, r *row, person int) {
	o.codeAs("sign", r, 5)
	o.momentAs("takenAt", r.moment(8))
	q.reading(o, r, 9)
	o.raw(`,"components":[`)
	for i, component := range q.parts(r, sectorOf(r), ofComponent, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"sign":`)
		o.code(component, 1)
		q.reading(o, component, 4)
		o.raw(`}`)
	}
	o.raw(`]`)
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

func writeMentalPlan(_ *request, o *out, r *row, _ int) {
	o.codeAs("kind", r, 5)
	o.textAs("title", r.get(8))
	o.enumAs("status", r.get(9), eventStatuses)
	o.momentAs("updatedAt", r.moment(13))
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

func writeStay(q *request, o *out, r *row, person int) {
	o.momentAs("admittedAt", r.moment(5))
	o.momentAs("dischargedAt", r.moment(6))
	o.textAs("dischargeReadyOn", r.get(7))
	o.codeAs("admissionMethod", r, 11)
	o.codeAs("dischargeDestination", r, 14)
	o.codeAs("specialty", r, 17)
	o.textAs("ward", r.get(23))
	o.raw(`,"diagnoses":[`)
	for i, diagnosis := range q.parts(r, acute, ofStayDiagnosis, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"diagnosis":`)
		o.code(diagnosis, 1)
		o.raw(`,"rank":`)
		o.whole(diagnosis.whole(4))
		o.raw(`}`)
	}
	o.raw(`],"procedures":[`)
	for i, procedure := range q.parts(r, acute, ofStayProcedure, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"procedure":`)
		o.code(procedure, 1)
		o.textAs("performedOn", procedure.get(4))
		o.raw(`}`)
	}
	o.raw(`],"summary":`)
	if summary := r.get(24); summary == "" {
		o.raw(`null`)
	} else {
		o.raw(`{"id":"`)
		o.raw(string(q.s.ids.Document(r.from.source.name, r.patient, summary)))
		o.raw(`"`)
		o.textAs("title", r.get(25))
		o.momentAs("writtenAt", r.moment(26))
		o.raw(`}`)
	}
	o.origin(r)
}

func writeAttendance(q *request, o *out, r *row, person int) {
	o.momentAs("arrivedAt", r.moment(8))
	o.momentAs("departedAt", r.moment(9))
	o.codeAs("complaint", r, 10)
	o.raw(`,"diagnoses":[`)
	for i, diagnosis := range q.parts(r, acute, ofAttendanceDiagnosis, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"diagnosis":`)
		o.code(diagnosis, 1)
		o.raw(`}`)
	}
	o.raw(`]`)
	o.origin(r)
}

func writeConsultation(_ *request, o *out, r *row, _ int) {
	o.momentAs("heldAt", r.moment(5))
	o.codeAs("kind", r, 7)
	o.codeAs("reason", r, 10)
	o.raw(`,"clinician":`)
	if name, role := r.get(13), r.get(14); name == "" && role == "" {
		o.raw(`null`)
	} else {
		o.raw(`{"name":`)
		o.text(name)
		o.textAs("role", role)
		o.raw(`}`)
	}
	o.origin(r)
}

func writeAssessment(_ *request, o *out, r *row, _ int) {
	o.codeAs("tool", r, 5)
	o.raw(`,"score":`)
	o.number(r.get(9))
	o.textAs("assessedOn", r.get(8))
}

func writeContact(_ *request, o *out, r *row, _ int) {
	o.momentAs("at", r.moment(5))
	o.enumAs("medium", r.get(11), mediums)
	o.textAs("team", r.get(12))
}

func writeService(_ *request, o *out, r *row, _ int) {
	o.codeAs("kind", r, 5)
	o.codeAs("component", r, 8)
	o.textAs("startedOn", r.get(11))
	o.textAs("endedOn", r.get(12))
	o.textAs("provider", r.get(13))
	o.enumAs("status", r.get(14), eventStatuses)
}

func writeNeeds(_ *request, o *out, r *row, _ int) {
	o.codeAs("kind", r, 5)
	o.textAs("startedOn", r.get(8))
	o.textAs("endedOn", r.get(9))
	o.codeAs("outcome", r, 10)
	o.raw(`,"eligibleNeeds":[`)
	for i, need := range r.list(13) {
		if i > 0 {
			o.raw(`,`)
		}
		o.text(need)
	}
	o.raw(`]`)
}

func writeRequest(_ *request, o *out, r *row, _ int) {
	o.codeAs("route", r, 5)
	o.textAs("receivedOn", r.get(8))
	o.codeAs("outcome", r, 9)
}

func wardAllergy(_ *request, o *out, r *row, _ int) {
	o.raw(`,"substance":`)
	o.shortCode(r, 5)
	o.enumAs("criticality", r.get(8), criticalities)
	o.enumAs("status", r.get(9), allergyStatuses)
}

func wardMedication(_ *request, o *out, r *row, _ int) {
	o.raw(`,"medicine":`)
	o.shortCode(r, 5)
	o.textAs("dosage", r.get(8))
	o.enumAs("kind", r.get(9), medicationKinds)
	o.enumAs("status", r.get(10), medicationStatuses)
	o.raw(`,"provenance":{"sector":"`)
	o.raw(string(r.from.source.sector))
	o.raw(`"}`)
}

func wardProblem(_ *request, o *out, r *row, _ int) {
	o.raw(`,"problem":`)
	o.shortCode(r, 5)
}

func wardResult(q *request, o *out, r *row, _ int) {
	o.raw(`,"test":`)
	o.shortCode(r, 5)
	o.momentAs("takenAt", r.moment(8))
	o.enumAs("status", r.get(9), resultStatuses)
	o.raw(`,"value":`)
	if v, known := q.value(r, 10); known {
		o.measured(v)
		o.raw(`}`)
	} else {
		o.raw(`null`)
	}
	if r.get(24) == "" {
		o.raw(`,"interpretation":null`)
		return
	}
	o.raw(`,"interpretation":{"code":`)
	o.text(r.get(23))
	o.raw(`}`)
}

func wardStay(q *request, o *out, r *row, person int) {
	o.momentAs("admittedAt", r.moment(5))
	o.momentAs("dischargedAt", r.moment(6))
	o.textAs("ward", r.get(23))
	o.raw(`,"specialty":`)
	o.words(r, 17)
	o.raw(`,"diagnoses":[`)
	for i, diagnosis := range q.parts(r, acute, ofStayDiagnosis, person) {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"diagnosis":`)
		o.words(diagnosis, 1)
		o.raw(`}`)
	}
	o.raw(`]`)
}

func wardService(_ *request, o *out, r *row, _ int) {
	o.raw(`,"kind":`)
	o.words(r, 5)
	o.textAs("startedOn", r.get(11))
	o.enumAs("status", r.get(14), eventStatuses)
}
