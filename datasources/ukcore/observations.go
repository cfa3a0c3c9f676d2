package ukcore

import (
	"cmp"
	"encoding/json"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type observation struct {
	Status            string
	Category          []fhir.Concept
	Code              *fhir.Concept
	EffectiveDateTime string
	EffectiveInstant  string
	EffectivePeriod   fhir.Period
	EffectiveTiming   *timing
	Issued            string
	Focus             references
	Performer         references
	fhir.Value
	Interpretation []fhir.Concept
	Note           []fhir.Annotation
	BodySite       *fhir.Concept
	Method         *fhir.Concept
	Specimen       fhir.Reference
	ReferenceRange []fhir.ReferenceRange
	HasMember      references
	BasedOn        references
	Component      []json.RawMessage
}

// A timing is when something was observed more than once.
type timing struct {
	Event  []string
	Repeat struct{ BoundsPeriod fhir.Period }
}

// first is the first of several times, or the start of their period; "" if there is neither.
func (t *timing) first() string {
	if t == nil {
		return ""
	}
	return cmp.Or(cmp.Or(t.Event...), t.Repeat.BoundsPeriod.Start)
}

// taken returns the members that say when the observation was made; the first non-empty one counts.
func (x *observation) taken() []string {
	return []string{x.EffectiveDateTime, x.EffectiveInstant, x.EffectivePeriod.Start, x.EffectiveTiming.first(), x.EffectivePeriod.End}
}

// untimed marks a kind as incomplete if the observation has a timing that does not say when it was made.
func (c *chart) untimed(x *observation, kind fetch.Kind) {
	if x.EffectiveTiming != nil && x.EffectiveTiming.first() == "" {
		c.incomplete(kind)
	}
}

type component struct {
	Code *fhir.Concept
	fhir.Value
	Interpretation []fhir.Concept
	ReferenceRange []fhir.ReferenceRange
}

// valued returns the value of a component, and its interpretation as a comment. Without a value, the
// interpretation is the value.
func (p *component) valued() (v *record.Value, comment string) {
	meant := wordsOf(p.Interpretation)
	if v = p.Value.Record(); v == nil && meant != "" {
		return &record.Value{Text: record.Text(meant)}, ""
	}
	return v, fhir.Prefixed(p.Code.Words()+": ", meant)
}

type diagnosticReport struct {
	Status                        string
	Category                      []fhir.Concept
	Code                          *fhir.Concept
	EffectiveDateTime             string
	EffectivePeriod               fhir.Period
	Issued                        string
	Performer, ResultsInterpreter references
	Specimen, Result, BasedOn     references
	Conclusion                    string
	ConclusionCode                []fhir.Concept
	PresentedForm                 []attachment
}

// readReports adds the reports, then the results and vital signs. Each result refers to its report.
func (c *chart) readReports() {
	all := map[string]*observation{}
	var order []found
	c.each("Observation", func(c *chart, r *fhir.Resource) {
		if x, ok := fhir.Decode[observation](r, c.cannotRead); ok && !withdrawn(x.Status) && x.Status != "cancelled" {
			order = append(order, found{r, &x})
			if first := all[r.Key()]; first != nil { // either of two under one key may have the hidden part
				first.HasMember = append(first.HasMember, x.HasMember...)
			} else {
				all[r.Key()] = &x
			}
		}
	})
	of := map[string]*record.ReportReference{}
	c.each("DiagnosticReport", func(c *chart, r *fhir.Resource) {
		if x, ok := fhir.Decode[diagnosticReport](r, c.cannotRead); ok && !withdrawn(x.Status) && x.Status != "cancelled" {
			c.addReport(r, &x, all, of)
		}
	})
	for _, o := range order {
		c.addObservation(o.of, o.observation, of[o.of.Key()])
	}
}

// A found is an observation and its resource.
type found struct {
	of *fhir.Resource
	*observation
}

// addObservation adds an observation of the patient. One of somebody else, such as an unborn child or a
// donor, is a gap, because the record has no place to say so.
func (c *chart) addObservation(r *fhir.Resource, x *observation, report *record.ReportReference) {
	kind := c.kindOf(x)
	switch {
	case slices.ContainsFunc(x.Focus, func(ref fhir.Reference) bool { return !c.isSelf(ref) }):
		c.incomplete(kind)
	case kind == fetch.VitalSigns:
		c.addVitalSign(r, x)
	case kind == fetch.Assessments:
		c.addAssessment(r, x)
	default:
		c.addResult(r, x, report)
	}
}

func (c *chart) kindOf(x *observation) fetch.Kind {
	switch {
	case hasCode(x.Category, "vital-signs", "vital-sign"): // some Synthea modules write the singular
		return fetch.VitalSigns
	case c.source.Sector == record.MentalHealth && hasCode(x.Category, "survey"):
		return fetch.Assessments
	}
	return fetch.Results
}

// members returns the keys of a report's observations that came, also by identifier, and of those grouped
// under them. withheld means that one of them must not be shown.
func (c *chart) members(all map[string]*observation, results []fhir.Reference) (keys []string, withheld bool) {
	for open := slices.Clone(results); len(open) > 0; open = open[1:] {
		withheld = withheld || c.isWithheld(open[0])
		r := c.meant("Observation", open[0])
		if r == nil || slices.Contains(keys, r.Key()) {
			continue
		}
		keys = append(keys, r.Key())
		if x := all[r.Key()]; x != nil {
			open = append(open, x.HasMember...)
		}
	}
	return keys, withheld
}

// addReport adds a report. It leaves out a report all of whose results are hidden. If only some are, it
// leaves out the report's words, which may be about them.
func (c *chart) addReport(r *fhir.Resource, x *diagnosticReport, all map[string]*observation, of map[string]*record.ReportReference) {
	item, e := c.item(fetch.Reports, r, r.ID)
	members, withheld := c.members(all, x.Result)
	shown := slices.ContainsFunc(members, func(key string) bool { return all[key] != nil })
	for _, ref := range x.Result {
		if c.isMissing("Observation", ref) { // or is contained in the report, where it is not read
			c.incomplete(fetch.Results)
		}
	}
	if withheld && !shown {
		return
	}
	performer := x.performer(e)
	e.recorded(&item, x.Issued)
	item.Provenance.RecordedBy = performer
	p := record.Report{
		Item: item, Kind: e.Code(x.Code), Category: discipline(x.Category), Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown),
		Performer: performer, Requester: e.requester(x.BasedOn),
	}
	p.Title = record.Text(p.Kind.Display)
	collected, ofSpecimen := "", ""
	if len(x.Specimen) > 0 {
		p.Specimen, collected, ofSpecimen = e.specimen(x.Specimen[0])
	}
	p.TakenAt, p.TakenAtPrecision = e.Moment(x.EffectiveDateTime, x.EffectivePeriod.Start, x.EffectivePeriod.End, collected)
	p.IssuedAt, p.IssuedAtPrecision = e.Moment(x.Issued)
	if !withheld {
		p.Conclusion = fhir.Notes(nil, string(c.conclusion(x)), ofSpecimen)
	}
	if !put(c, &c.reports, p, e) {
		return
	}
	for _, key := range members {
		if of[key] == nil {
			of[key] = &record.ReportReference{ID: p.ID, Title: p.Title}
		}
	}
	if !withheld {
		c.addForms(r, x)
	}
}

// performer returns the professional who interpreted the investigation, or who performed it, or else the
// organisation.
func (x *diagnosticReport) performer(e *envelope) *record.Practitioner {
	if who := e.who(slices.Concat(x.ResultsInterpreter, x.Performer)...); who != nil {
		return who
	}
	return e.performer(slices.Concat(x.Performer, x.ResultsInterpreter)...)
}

// conclusion is the report's text, including its presented forms in plain text.
func (c *chart) conclusion(x *diagnosticReport) record.Text {
	words := []string{x.Conclusion}
	for i := range x.ConclusionCode {
		words = append(words, x.ConclusionCode[i].Words())
	}
	for _, form := range x.PresentedForm {
		if form.isPlain() {
			raw, ok := form.content()
			if !ok { // it is elsewhere or unreadable
				c.incomplete(fetch.Reports)
			}
			words = append(words, string(raw))
		}
	}
	return fhir.Notes(nil, words...)
}

// requester returns who requested a test.
func (e *envelope) requester(refs []fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if r := e.at(ref); r != nil && r.Type == "ServiceRequest" {
			if x, ok := known[serviceRequest](e.chart, r); ok {
				return e.who(x.Requester)
			}
		}
	}
	return nil
}

// specimen returns what was examined, when it was taken, and a note, which says if it was unsatisfactory. A
// specimen entered in error does not count.
func (e *envelope) specimen(ref fhir.Reference) (what *record.Code, collected, note string) {
	r := e.at(ref)
	if r == nil || r.Type != "Specimen" {
		return (&fhir.Concept{Text: ref.Display}).Ptr(), "", ""
	}
	x, ok := known[struct {
		Status     string
		Note       []fhir.Annotation
		Condition  []fhir.Concept
		Type       *fhir.Concept
		Collection struct {
			CollectedDateTime string
			CollectedPeriod   fhir.Period
			BodySite          *fhir.Concept
		}
	}](e.chart, r)
	switch {
	case !ok:
		e.chart.incomplete(e.kind)
		return nil, "", ""
	case withdrawn(x.Status):
		return nil, "", ""
	case x.Status != "unsatisfactory":
		x.Status = ""
	}
	return x.Type.Ptr(), cmp.Or(x.Collection.CollectedDateTime, x.Collection.CollectedPeriod.Start, x.Collection.CollectedPeriod.End),
		fhir.Prefixed("Specimen: ", string(fhir.Notes(x.Note, wordsOf(x.Condition), x.Status, fhir.Prefixed("body site: ", x.Collection.BodySite.Words()))))
}

func (c *chart) addResult(r *fhir.Resource, x *observation, report *record.ReportReference) {
	item, e := c.item(fetch.Results, r, r.ID)
	performer := e.performer(x.Performer...)
	e.recorded(&item, x.Issued)
	item.Provenance.RecordedBy = performer
	interpretation, more := fhir.Interpretation(x.Interpretation)
	v := record.Result{
		Item: item, Test: e.Code(x.Code), Category: discipline(x.Category), Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown),
		Value: x.Value.Record(), ReferenceRange: x.Value.RangeOf(x.ReferenceRange), Interpretation: interpretation,
		Comment: fhir.Notes(x.Note, more, x.absent()), Performer: performer, Requester: e.requester(x.BasedOn), Report: report,
	}
	collected, of := "", ""
	v.Specimen, collected, of = e.specimen(x.Specimen)
	v.Comment = fhir.Notes(nil, string(v.Comment), of, fhir.Prefixed("Body site: ", x.BodySite.Words()), x.method())
	v.TakenAt, v.TakenAtPrecision = e.Moment(append(x.taken(), collected)...)
	v.IssuedAt, v.IssuedAtPrecision = e.Moment(x.Issued)
	comments := []string{string(v.Comment)}
	for _, p := range shownParts[component](c, r.Type, x.Component) {
		value, meant := p.valued()
		v.Components = append(v.Components, record.ResultComponent{Test: e.Code(p.Code), Value: value, ReferenceRange: p.Value.RangeOf(p.ReferenceRange)})
		comments = append(comments, meant)
	}
	v.Comment = fhir.Notes(nil, comments...)
	v.Components = showable(v.Components, func(p *record.ResultComponent) bool { return c.shownCodes(p.Codes, p.Words) })
	if put(c, &c.results, v, e) && v.TakenAt.IsZero() {
		c.untimed(x, e.kind)
	}
}

// absent is the text of why there is no value.
func (x *observation) absent() string {
	if x.DataAbsentReason == nil {
		return ""
	}
	return x.DataAbsentReason.Text
}

// method is the text of how it was observed: a weight may be an estimate.
func (x *observation) method() string { return fhir.Prefixed("Method: ", x.Method.Words()) }

func (c *chart) addVitalSign(r *fhir.Resource, x *observation) {
	item, e := c.item(fetch.VitalSigns, r, r.ID)
	performer := e.performer(x.Performer...)
	e.recorded(&item, x.Issued)
	item.Provenance.RecordedBy = performer
	interpretation, more := fhir.Interpretation(x.Interpretation)
	v := record.VitalSign{
		Item: item, Sign: e.Code(x.Code), Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown), Value: x.Value.Record(),
		Interpretation: interpretation, BodySite: x.BodySite.Ptr(), Performer: performer, Comment: fhir.Notes(x.Note, more, fhir.RangesBeside(x.ReferenceRange), x.absent(), x.method()),
	}
	v.TakenAt, v.TakenAtPrecision = e.Moment(x.taken()...)
	comments := []string{string(v.Comment)}
	for _, p := range shownParts[component](c, r.Type, x.Component) {
		value, meant := p.valued()
		v.Components = append(v.Components, record.VitalSignComponent{Sign: e.Code(p.Code), Value: value})
		comments = append(comments, meant, fhir.RangesOf(p.Code, p.ReferenceRange))
	}
	v.Comment = fhir.Notes(nil, comments...)
	v.Components = showable(v.Components, func(p *record.VitalSignComponent) bool { return c.shownCodes(p.Codes, p.Words) })
	if put(c, &c.vitals, v, e) && v.TakenAt.IsZero() {
		c.untimed(x, e.kind)
	}
}

// addAssessment adds the score of a scale, as mental health trusts record it.
func (c *chart) addAssessment(r *fhir.Resource, x *observation) {
	item, e := c.item(fetch.Assessments, r, r.ID)
	e.recorded(&item, cmp.Or(x.Issued, x.EffectiveDateTime), x.Performer...)
	a := record.MentalHealthAssessment{
		Item: item, Tool: e.Code(x.Code), AssessedOn: e.Day(x.taken()...), Assessor: e.performer(x.Performer...),
		Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown),
	}
	var lines []string
	if v := x.Value.Record(); v != nil {
		a.Score, a.Unit, lines = v.Quantity, v.Unit, append(lines, string(v.Text))
	}
	for _, p := range shownParts[component](c, r.Type, x.Component) {
		v, meant := p.valued()
		if v != nil {
			lines = append(lines, p.Code.Words()+": "+cmp.Or(string(v.Text), p.DataAbsentReason.Words()))
		}
		lines = append(lines, meant)
	}
	a.ScoreText = fhir.Notes(nil, append(lines, x.DataAbsentReason.Words(), fhir.Prefixed("Interpretation: ", wordsOf(x.Interpretation)), x.method(), string(fhir.Notes(x.Note)))...)
	if put(c, &c.assessments, a, e) {
		c.untimed(x, e.kind)
	}
}
