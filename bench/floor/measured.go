package floor

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
