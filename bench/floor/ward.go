package floor

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
