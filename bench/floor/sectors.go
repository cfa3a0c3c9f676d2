package floor

func writeMentalPlan(_ *request, o *out, r *row, _ int) {
	o.codeAs("kind", r, 5)
	o.textAs("title", r.get(8))
	o.enumAs("status", r.get(9), eventStatuses)
	o.momentAs("updatedAt", r.moment(13))
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
