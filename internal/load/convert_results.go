package load

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// String is a quantity as written, with its unit; "" for none.
func (q *quantity) String() string {
	if q == nil || q.Value == "" {
		return ""
	}
	text := q.Comparator + q.Value.String()
	if unit := q.unit(); unit != "" {
		text += " " + unit
	}
	return text
}

func (q *quantity) unit() string {
	if q.Unit != "" {
		return q.Unit
	}
	return q.Code
}

// value sets the value columns of a result, a vital sign or a part of one.
func (c *conversion) value(v columns, x value) {
	switch {
	case x.ValueQuantity != nil:
		q := x.ValueQuantity
		v.text("value_text", q.String())
		if q.Comparator != "" {
			v["value_comparator"] = q.Comparator
			v.number("value_limit", q.Value)
		} else {
			v.number("value_quantity", q.Value)
		}
		v.text("value_unit", q.unit())
	case x.ValueCodeableConcept != nil:
		main, _ := x.ValueCodeableConcept.choose()
		v.text("value_text", main.Display)
		if x.ValueCodeableConcept.Text != "" {
			v["value_text"] = x.ValueCodeableConcept.Text
		}
		v.text("value_code_system", main.System)
		v.text("value_code", main.Code)
		v.text("value_code_display", main.Display)
		v.rest(*x.ValueCodeableConcept, main)
	default:
		v.text("value_text", c.words(x))
	}
	v.text("value_absent_reason", absent(x.DataAbsentReason))
}

func absent(reason codeable) string {
	if code := firstCode(reason); code != "" {
		return code
	}
	return reason.Text
}

// words are the value types that are text here.
func (c *conversion) words(x value) string {
	switch {
	case x.ValueString != nil:
		return *x.ValueString
	case x.ValueBoolean != nil:
		if *x.ValueBoolean {
			return "Yes"
		}
		return "No"
	case x.ValueInteger != nil:
		return x.ValueInteger.String()
	case x.ValueDateTime != "":
		return c.stamp("Observation", x.ValueDateTime).String()
	case x.ValueTime != "":
		return x.ValueTime
	case x.ValuePeriod != nil:
		return c.stamp("Observation", x.ValuePeriod.Start).on + " to " + c.stamp("Observation", x.ValuePeriod.End).on
	case x.ValueRange != nil:
		return x.ValueRange.Words()
	case x.ValueRatio != nil:
		return x.ValueRatio.Numerator.String() + " : " + x.ValueRatio.Denominator.String()
	case x.ValueSampledData != nil, x.ValueAttachment != nil:
		return "Recorded as a curve or a picture, which is not shown here"
	}
	return ""
}

// part sets the value columns of a part. What it was taken to mean stands in its words, which go with it where it is never shown.
func (c *conversion) part(v columns, p component) {
	c.value(v, p.value)
	said, _ := v["value_text"].(string)
	meant := make([]string, len(p.Interpretation))
	for i := range p.Interpretation {
		meant[i] = p.Interpretation[i].Words()
		v.link(of(&p.Interpretation[i]).Coding...)
	}
	v.text("value_text", fhir.Joined(", ", append([]string{said}, meant...)...))
}

// number sets a numeric column to the digits as written.
func (c columns) number(name string, n json.Number) {
	if n != "" {
		c[name] = n.String()
	}
}

// ranges sets the range that a value is read against.
func (c columns) ranges(of *value, list []fhir.ReferenceRange) {
	var v fhir.Value
	if q := of.ValueQuantity; q != nil {
		v.ValueQuantity = &fhir.Quantity{Value: q.Value, Unit: q.Unit, System: q.System, Code: q.Code}
	}
	if r := v.RangeOf(list); r != nil {
		c.text("reference_range_low", string(r.Low))
		c.text("reference_range_high", string(r.High))
		c.text("reference_range_text", string(r.Text))
	}
}

// interpretation sets the gravest of several, and is the others in words.
func (c columns) interpretation(list []fhir.Concept) (more string) {
	gravest, more := fhir.Interpretation(list)
	for _, one := range list {
		for _, beside := range one.Coding {
			if gravest == nil || beside.Code != string(gravest.Code) {
				c.link(coding{System: beside.System, Code: beside.Code})
				c.also(beside.Display)
			}
		}
	}
	if gravest != nil {
		c.text("interpretation_system", string(gravest.System))
		c.text("interpretation_code", string(gravest.Code))
		c.text("interpretation_display", gravest.Display)
	}
	return more
}

// observation becomes a vital sign, a score of mental health, an assessment of
// social care, or a result.
func (c *conversion) observation(r *observation) {
	if r.Status == "cancelled" {
		c.tally.left("Observation", "cancelled")
		return
	}
	if r.Code.empty() {
		c.tally.left("Observation", "says not what it is")
		return
	}
	if slices.ContainsFunc(r.Focus, func(ref reference) bool { return !c.isPatient(ref) }) { // the record has no place to say so
		c.tally.left("Observation", "is of another than the patient, such as an unborn child")
		return
	}
	category := ""
	for _, concept := range r.Category {
		if _, ok := disciplines[firstCode(concept)]; ok || category == "" {
			category = firstCode(concept)
		}
	}
	taken := c.stamp("Observation", r.EffectiveDateTime, r.EffectiveInstant, r.EffectivePeriod.Start)
	issued := c.stamp("Observation", r.Issued)
	source, sector, v := c.put(item{kind: "Observation", head: &r.head, code: r.Code, category: category, encounter: r.Encounter,
		when: taken, mistaken: isMistake(r.Status)})
	c.tally.loaded("Observation")
	c.ofReports(source, v, r, sector != record.SocialCare && !(sector == record.MentalHealth && r.Code.has(mentalCodes)) && !vital(category))
	switch {
	case sector == record.SocialCare:
		v.at("recorded_at", taken)
		status := "IN_PROGRESS"
		if r.Status == "final" || r.Status == "amended" || r.Status == "corrected" {
			status = "COMPLETED"
		}
		if q := r.ValueQuantity; q != nil && q.Comparator == "" {
			v.number("score", q.Value)
		}
		c.socialAssessment(source, v, r.Code, taken, stamp{}, status, c.summary(v, r), r.Performer)
	case sector == record.MentalHealth && r.Code.has(mentalCodes):
		c.score(source, v, r, taken, issued)
	case vital(category):
		c.vitalSign(source, v, r, taken, issued)
	default:
		c.result(source, v, r, category, taken, issued)
	}
}

// vital also takes the singular, which some of Synthea's modules write.
func vital(category string) bool { return category == "vital-signs" || category == "vital-sign" }

// linkValue keeps the codes of a value that stands in words.
func (c columns) linkValue(x value) {
	if x.ValueCodeableConcept != nil {
		c.hang(*x.ValueCodeableConcept)
	}
}

// summary is an observation in words: its value, else each part's. Its codes are those of the row.
func (c *conversion) summary(row columns, r *observation) string {
	row.linkValue(r.value)
	v := columns{}
	c.value(v, r.value)
	lines := []string{}
	if text, ok := v["value_text"].(string); ok {
		lines = append(lines, text)
	}
	for _, part := range r.Component {
		v := columns{}
		c.part(v, part)
		row.hang(part.Code)
		row.linkValue(part.value)
		text, _ := v["value_text"].(string)
		lines = append(lines, part.Code.display()+": "+text)
	}
	return strings.Join(lines, "\n")
}

func (c *conversion) score(source Source, v columns, r *observation, taken, issued stamp) {
	c.reach(source.ODS, taken.at)
	v.at("recorded_at", issued)
	if issued.zero() {
		v.at("recorded_at", taken)
	}
	v.mainCode("tool", r.Code)
	if q := r.ValueQuantity; q != nil {
		if q.Comparator == "" {
			v.number("score", q.Value)
		}
		v.text("unit", q.unit())
	}
	v.text("score_text", c.summary(v, r))
	v.on("assessed_on", taken)
	c.who(v, "assessor", r.Performer...)
	v["status"] = resultStatus(r.Status)
	c.emit("observation", source, "assessment", v)
}

func (c *conversion) vitalSign(source Source, v columns, r *observation, taken, issued stamp) {
	v.at("recorded_at", issued)
	v.mainCode("sign", r.Code)
	v.at("taken_at", taken)
	v["status"] = resultStatus(r.Status)
	c.value(v, r.value)
	v.text("comment", notes(r.Note, v.interpretation(r.Interpretation), fhir.RangesBeside(r.ReferenceRange)))
	v.code("body_site", r.BodySite)
	c.who(v, "performer", r.Performer...)
	id := c.emit("observation", source, "vital_sign", v)
	for i, part := range r.Component {
		child := columns{}
		child.mainCode("sign", part.Code)
		c.part(child, part)
		c.child(source, "vital_sign_component", id, i+1, child)
	}
}

func (c *conversion) result(source Source, v columns, r *observation, category string, taken, issued stamp) {
	v.mainCode("test", r.Code)
	v["category"] = discipline(category)
	v.at("taken_at", taken)
	v.at("issued_at", issued)
	v["status"] = resultStatus(r.Status)
	c.value(v, r.value)
	v.ranges(&r.value, r.ReferenceRange)
	more := v.interpretation(r.Interpretation)
	if r.Specimen.Display != "" {
		v["specimen_display"] = r.Specimen.Display
	}
	v.text("comment", notes(r.Note, more))
	c.who(v, "performer", r.Performer...)
	id := c.emit("observation", source, "result", v)
	for i, part := range r.Component {
		child := columns{}
		child.mainCode("test", part.Code)
		c.part(child, part)
		child.ranges(&part.value, part.ReferenceRange)
		c.child(source, "result_component", id, i+1, child)
	}
}

// ofReports says which reports an observation belongs to. A row that can refers to one of the same source; by the others, what
// would hide them hides the row as well.
func (c *conversion) ofReports(source Source, v columns, r *observation, refers bool) {
	var all []title
	for _, k := range r.keys() {
		for _, t := range c.reportsOf[k] {
			if !slices.ContainsFunc(all, func(o title) bool { return o.source == t.source && o.id == t.id }) {
				all = append(all, t)
			}
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		t := all[i]
		if refers && t.source == source && v["report_id"] == nil {
			v.text("report_id", t.id)
			v.text("report_title", t.title)
			continue
		}
		told, _ := v[toldBy].([]fhir.Telling)
		v[toldBy] = append(told, t.told...)
	}
}

// disciplines maps FHIR's observation categories and HL7 v2's diagnostic services.
var disciplines = map[string]string{
	"laboratory": "LABORATORY", "imaging": "RADIOLOGY", "survey": "SURVEY", "social-history": "SOCIAL_HISTORY", "exam": "EXAMINATION",
	"procedure": "OTHER", "therapy": "OTHER", "activity": "OTHER", "vital-signs": "", "vital-sign": "",
	"LAB": "LABORATORY", "CH": "LABORATORY", "HM": "LABORATORY", "MB": "MICROBIOLOGY", "VR": "VIROLOGY", "SP": "HISTOLOGY", "CP": "HISTOLOGY",
	"PAT": "HISTOLOGY", "GE": "GENETICS", "RAD": "RADIOLOGY", "RX": "RADIOLOGY", "CT": "RADIOLOGY", "NMR": "RADIOLOGY", "RUS": "RADIOLOGY",
	"EC": "CARDIOLOGY", "CUS": "CARDIOLOGY", "EN": "NEUROPHYSIOLOGY",
}

func discipline(category string) string {
	if d := disciplines[category]; d != "" {
		return d
	}
	return "OTHER"
}

func resultStatus(status string) string {
	return mapped(map[string]string{"registered": "REGISTERED", "partial": "PRELIMINARY", "preliminary": "PRELIMINARY", "final": "FINAL",
		"amended": "AMENDED", "appended": "AMENDED", "corrected": "CORRECTED"}, status)
}

func (c *conversion) report(r *diagnosticReport) {
	if r.Status == "cancelled" {
		c.tally.left("DiagnosticReport", "cancelled")
		return
	}
	if r.Code.empty() {
		c.tally.left("DiagnosticReport", "says not what it is")
		return
	}
	taken := c.stamp("DiagnosticReport", r.EffectiveDateTime, r.EffectivePeriod.Start)
	source, _, v := c.put(item{kind: "DiagnosticReport", head: &r.head, code: r.Code, encounter: r.Encounter, when: taken, mistaken: isMistake(r.Status)})
	v.mainCode("kind", r.Code)
	v.text("title", r.Code.display())
	v["category"] = "OTHER"
	if len(r.Category) > 0 {
		v["category"] = discipline(firstCode(r.Category[0]))
	}
	v["status"] = resultStatus(r.Status)
	v.at("taken_at", taken)
	v.at("issued_at", c.stamp("DiagnosticReport", r.Issued))
	conclusion := []string{r.Conclusion}
	for _, code := range r.ConclusionCode {
		conclusion = append(conclusion, code.display())
	}
	for _, form := range r.PresentedForm {
		if strings.HasPrefix(form.ContentType, "text/plain") {
			conclusion = append(conclusion, string(form.Data))
		}
	}
	v.text("conclusion", notes(nil, conclusion...))
	if len(r.Specimen) > 0 {
		v.text("specimen_display", r.Specimen[0].Display)
	}
	c.who(v, "performer", append(r.ResultsInterpreter, r.Performer...)...)
	v.hang(r.ConclusionCode...)
	id := c.emit("report", source, "report", v)
	c.tally.loaded("DiagnosticReport")
	concluded, _ := v["conclusion"].(string)
	c.presented(r, taken, concluded)
	if isMistake(r.Status) {
		return
	}
	t := title{source: source, id: id, title: r.Code.display(), told: append(c.all(&r.head), fhir.Telling{Words: []string{concluded}})}
	for _, result := range r.Result {
		for _, k := range result.lookups() {
			c.reportsOf[k] = append(c.reportsOf[k], t)
		}
	}
}

// formStatus is what the status of a report says of its forms.
var formStatus = map[string]string{"registered": "PRELIMINARY", "partial": "PRELIMINARY", "preliminary": "PRELIMINARY", "final": "FINAL",
	"amended": "AMENDED", "appended": "AMENDED", "corrected": "AMENDED"}

// presented keeps the forms of a report that are no plain text as documents.
func (c *conversion) presented(r *diagnosticReport, taken stamp, concluded string) {
	for _, form := range r.PresentedForm {
		if strings.HasPrefix(form.ContentType, "text/plain") || form.Data == nil {
			continue
		}
		source, _, v := c.put(item{kind: "DiagnosticReport", head: &r.head, code: r.Code, encounter: r.Encounter, when: taken, mistaken: isMistake(r.Status)})
		c.attach(source, v, r.Code, form, taken)
		v.text("description", concluded)
		v.hang(r.ConclusionCode...)
		v["status"] = mapped(formStatus, r.Status)
		c.emit("report", source, "document", v)
	}
}
