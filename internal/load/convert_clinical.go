package load

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func (c *conversion) condition(r *condition) {
	if r.Code.empty() {
		c.tally.left("Condition", "says not what it is")
		return
	}
	onset := c.stamp("Condition", r.OnsetDateTime, r.OnsetPeriod.Start)
	ended := c.stamp("Condition", r.AbatementDateTime, r.AbatementPeriod.End, r.AbatementPeriod.Start)
	recorded := c.stamp("Condition", r.RecordedDate)
	status := mapped(conditionStatus, firstCode(r.ClinicalStatus))
	verification, mistaken := firstCode(r.VerificationStatus), r.VerificationStatus.says(mistake)
	if r.VerificationStatus.says("refuted") {
		c.tally.left("Condition", "refuted")
		return
	}
	when := onset
	if when.zero() {
		when = recorded
	}
	source, sector, v := c.put(item{kind: "Condition", head: &r.head, code: r.Code, encounter: r.Encounter, when: when,
		ended: !ended.zero() || status == "RESOLVED", mistaken: mistaken})
	v.at("recorded_at", recorded)
	c.who(v, "recorded_by", r.Recorder)
	c.tally.loaded("Condition")
	if sector == record.SocialCare {
		c.socialCondition(source, v, r.Code, onset, ended)
		return
	}
	v.mainCode("problem", r.Code)
	v["kind"] = problemKind(r.Category)
	v["status"] = status
	v["verification"] = mapped(verifications, verification)
	if s := severities[strings.ToLower(r.Severity.display())]; s != "" {
		v["severity"] = s
	} else if !r.Severity.empty() {
		v["severity"] = mapped(severities, firstCode(r.Severity))
	}
	v.first("body_site", r.BodySite)
	v.on("onset_on", onset)
	v.on("ended_on", ended)
	v.text("note", notes(r.Note, fhir.Span{Age: r.OnsetAge, Range: r.OnsetRange, Text: r.OnsetString}.Words("Onset"),
		fhir.Span{Age: r.AbatementAge, Range: r.AbatementRange, Text: r.AbatementString}.Words("Ended"), r.stages()))
	c.who(v, "asserted_by", r.Asserter)
	c.emit("condition", source, "problem", v)
}

// stages are how far it has gone, as of a cancer.
func (r *condition) stages() string {
	var all []string
	for _, stage := range r.Stage {
		all = append(all, fhir.Joined(": ", stage.Type.display(), stage.Summary.display()))
	}
	return fhir.Prefixed("Stage: ", fhir.Joined(", ", all...))
}

// eachOf is what all concepts of a list say, in words.
func eachOf(list []codeable) string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = list[i].display()
	}
	return fhir.Joined(", ", all...)
}

// socialCondition is what a council holds of a finding: a safeguarding concern,
// whose words stay out of the record, or a reason for support.
func (c *conversion) socialCondition(source Source, v columns, code codeable, onset, ended stamp) {
	c.reached(source, v, onset)
	if code.has(abuseCodes) {
		v.on("raised_on", onset)
		v.on("ended_on", ended)
		v.hang(code)
		c.emit("condition", source, "safeguarding", v)
		return
	}
	v.mainCode("reason", code)
	v.on("started_on", onset)
	v.on("ended_on", ended)
	c.emit("condition", source, "support_reason", v)
}

var conditionStatus = map[string]string{"active": "ACTIVE", "recurrence": "RECURRENCE", "relapse": "RELAPSE",
	"remission": "REMISSION", "inactive": "INACTIVE", "resolved": "RESOLVED"}

var verifications = map[string]string{"unconfirmed": "UNCONFIRMED", "provisional": "PROVISIONAL", "differential": "DIFFERENTIAL",
	"confirmed": "CONFIRMED"}

var severities = map[string]string{"mild": "MILD", "moderate": "MODERATE", "severe": "SEVERE",
	"255604002": "MILD", "6736007": "MODERATE", "24484000": "SEVERE"}

// problemKind: without a category it is on the problem list.
func problemKind(categories []codeable) string {
	for _, category := range categories {
		switch firstCode(category) {
		case "encounter-diagnosis":
			return "DIAGNOSIS"
		case "problem-list-item":
			return "PROBLEM"
		case "health-concern":
			return "CONCERN"
		}
	}
	if len(categories) > 0 {
		return "UNKNOWN"
	}
	return "PROBLEM"
}

func (c *conversion) procedure(r *procedure) {
	began := c.stamp("Procedure", r.PerformedDateTime, r.PerformedPeriod.Start)
	ended := c.stamp("Procedure", r.PerformedPeriod.End)
	reasons := c.reasons(r.ReasonCode, r.ReasonReference)
	if r.Code.empty() {
		c.tally.left("Procedure", "says not what it is")
		return
	}
	source, sector, v := c.put(item{kind: "Procedure", head: &r.head, code: r.Code, reasons: reasons, encounter: r.Encounter,
		when: began, mistaken: isMistake(r.Status)})
	c.tally.loaded("Procedure")
	var performers []reference
	for _, p := range r.Performer {
		performers = append(performers, p.Actor)
	}
	if sector == record.SocialCare {
		v.at("recorded_at", began)
		v.hang(reasons...)
		c.socialAssessment(source, v, r.Code, began, ended, mapped(careStatus, r.Status), words(reasons), performers)
		return
	}
	v.mainCode("procedure", r.Code)
	v.code("category", r.Category)
	v["status"] = mapped(careStatus, r.Status)
	v.on("performed_on", began.shown())
	if !began.day {
		v.at("performed_at", began)
	}
	v.at("ended_at", ended)
	v.first("reason", reasons)
	v.first("body_site", r.BodySite)
	v.code("outcome", r.Outcome)
	c.who(v, "performer", performers...)
	location, _ := c.nameOf(r.Location)
	v.text("location", location)
	v.text("note", notes(r.Note, fhir.Span{Age: r.PerformedAge, Range: r.PerformedRange, Text: r.PerformedString}.Words("Performed"), r.StatusReason.display(),
		fhir.Prefixed("Complications: ", eachOf(r.Complication)), fhir.Prefixed("To follow: ", eachOf(r.FollowUp))))
	v.hang(r.StatusReason)
	c.emit("procedure", source, "procedure", v)
}

// socialAssessment is an assessment as a council holds it.
func (c *conversion) socialAssessment(source Source, v columns, kind codeable, began, ended stamp, status, summary string, assessors []reference) {
	if status != "NOT_DONE" {
		c.reached(source, v, began)
	}
	v.mainCode("kind", kind)
	v.on("started_on", began)
	if ended.zero() && status == "COMPLETED" {
		ended = began
	}
	v.on("ended_on", ended)
	v["status"] = status
	v.text("summary", summary)
	c.who(v, "assessor", assessors...)
	c.emit("assessment", source, "social_care_assessment", v)
}

func (c *conversion) allergy(r *allergy) {
	verification, mistaken := firstCode(r.VerificationStatus), r.VerificationStatus.says(mistake)
	substance := r.Code
	if substance.empty() && len(r.Reaction) > 0 {
		substance = r.Reaction[0].Substance
	}
	if substance.empty() {
		c.tally.left("AllergyIntolerance", "says not what it is")
		return
	}
	if r.VerificationStatus.says("refuted") {
		c.tally.left("AllergyIntolerance", "refuted")
		return
	}
	none := substance.has(noKnownAllergy)
	if none && (mistaken || r.confidential() || r.ClinicalStatus.says("inactive", "resolved")) {
		c.tally.left("AllergyIntolerance", "says that there is none, and does not stand")
		return
	}
	recorded := c.stamp("AllergyIntolerance", r.RecordedDate)
	source, _, v := c.put(item{kind: "AllergyIntolerance", head: &r.head, code: substance, encounter: r.Encounter, when: recorded,
		mistaken: mistaken})
	c.tally.loaded("AllergyIntolerance")
	if none {
		c.person.Rows[source] = append(c.person.Rows[source], Row{"list_note", listNote(v, "ALLERGIES", recorded)})
		return
	}
	v.at("recorded_at", recorded)
	c.who(v, "recorded_by", r.Recorder)
	v.mainCode("substance", substance)
	v["kind"] = mapped(map[string]string{"allergy": "ALLERGY", "intolerance": "INTOLERANCE"}, r.Type)
	v["category"] = "UNKNOWN"
	if len(r.Category) > 0 {
		v["category"] = mapped(map[string]string{"food": "FOOD", "medication": "MEDICATION", "environment": "ENVIRONMENT", "biologic": "BIOLOGIC"}, r.Category[0])
	}
	v["criticality"] = mapped(map[string]string{"low": "LOW", "high": "HIGH", "unable-to-assess": "UNABLE_TO_ASSESS"}, r.Criticality)
	v["status"] = mapped(map[string]string{"active": "ACTIVE", "inactive": "INACTIVE", "resolved": "RESOLVED"}, firstCode(r.ClinicalStatus))
	v["verification"] = mapped(verifications, verification)
	v.on("onset_on", c.stamp("AllergyIntolerance", r.OnsetDateTime, r.OnsetPeriod.Start))
	v.on("last_reaction_on", c.stamp("AllergyIntolerance", r.LastOccurrence))
	c.who(v, "asserted_by", r.Asserter)
	onset := fhir.Span{Age: r.OnsetAge, Range: r.OnsetRange, Text: r.OnsetString}.Words("Onset")
	v.text("note", notes(r.Note, append([]string{onset}, c.reactions(v, r)...)...))
	id := c.emit("allergy", source, "allergy", v)
	position := 0
	for _, reaction := range r.Reaction {
		for i := range reaction.Manifestation {
			m := of(&reaction.Manifestation[i])
			if reaction.Manifestation[i].Unsaid() {
				m = codeable{Text: reaction.Description}
			}
			if m.empty() {
				continue
			}
			position++
			child := columns{"severity": mapped(severities, reaction.Severity)}
			child.mainCode("manifestation", m)
			c.child(source, "allergy_reaction", id, position, child)
		}
	}
}

// reactions are what is written of reactions beside their manifestations. Where something is, these hide the allergy with it: the
// words may tell of them.
func (c *conversion) reactions(v columns, r *allergy) (lines []string) {
	for i := range r.Reaction {
		reaction := &r.Reaction[i]
		v.hang(reaction.Substance)
		said := fhir.OfReaction(reaction.Description, reaction.Manifestation, reaction.Note)
		if said == "" {
			continue
		}
		lines = append(lines, said)
		for k := range reaction.Manifestation {
			v.hang(of(&reaction.Manifestation[k]))
		}
	}
	return lines
}

// noKnownAllergy are statements that there is none (SNOMED CT).
var noKnownAllergy = set("716186003")

func listNote(v columns, class string, recorded stamp) columns {
	note := columns{"class": class, "note": "NONE_KNOWN"}
	for _, name := range []string{"nhs_number", "id", "source_system", "organisation_ods", "organisation_name"} {
		if v[name] != nil {
			note[name] = v[name]
		}
	}
	note.at("recorded_at", recorded)
	return note
}

func (c *conversion) immunization(r *immunization) {
	given := c.stamp("Immunization", r.OccurrenceDateTime)
	reasons := c.reasons(r.ReasonCode, r.ReasonReference)
	source, _, v := c.put(item{kind: "Immunization", head: &r.head, code: r.VaccineCode, reasons: reasons, encounter: r.Encounter, when: given,
		mistaken: isMistake(r.Status)})
	v.hang(reasons...)
	v.at("recorded_at", c.stamp("Immunization", r.Recorded))
	v.mainCode("vaccine", r.VaccineCode)
	for _, e := range r.Extension {
		if strings.HasSuffix(e.URL, "VaccinationProcedure") && e.ValueCodeableConcept != nil {
			v.code("procedure", *e.ValueCodeableConcept)
		}
	}
	v["status"] = mapped(careStatus, r.Status)
	v.code("status_reason", r.StatusReason)
	v.hang(r.SubpotentReason...)
	if r.IsSubpotent { // it was given, and does not protect as the dose would
		v.code("status_reason", codeable{Text: strings.TrimSuffix("Subpotent dose: "+words(r.SubpotentReason), ": ")})
	}
	v.on("given_on", given)
	if len(r.ProtocolApplied) > 0 {
		v.text("dose", cmp.Or(r.ProtocolApplied[0].DoseNumberString, r.ProtocolApplied[0].DoseNumberPositiveInt.String()))
	}
	v.text("dose_quantity", r.DoseQuantity.String())
	v.code("site", r.Site)
	v.code("route", r.Route)
	v.text("batch", r.LotNumber)
	maker, _ := c.nameOf(r.Manufacturer)
	v.text("manufacturer", maker)
	v.on("expires_on", c.stamp("Immunization", r.ExpirationDate))
	var performers []reference
	for _, p := range fhir.GivenBy(r.Performer, func(p *vaccinator) *fhir.Concept { return p.Function }) {
		performers = append(performers, p.Actor)
	}
	c.who(v, "given_by", performers...)
	location, _ := c.nameOf(r.Location)
	v.text("location", location)
	v.text("note", notes(r.Note, append([]string{fhir.Prefixed("Given: ", r.OccurrenceString)}, c.cameOf(r)...)...))
	c.emit("immunization", source, "immunisation", v)
	c.tally.loaded("Immunization")
}

// cameOf are what came of a vaccine, a line each.
func (c *conversion) cameOf(r *immunization) (lines []string) {
	for _, reaction := range r.Reaction {
		if !c.withholds(reaction.Detail) {
			what := cmp.Or(reaction.Detail.Display, c.foundAt(reaction.Detail).display(), "recorded")
			lines = append(lines, "Reaction: "+fhir.Joined(", ", what, c.stamp("Immunization", reaction.Date).on))
		}
	}
	return lines
}

// foundAt is what a reference to an observation or a condition says was found.
func (c *conversion) foundAt(ref reference) codeable {
	for _, k := range ref.lookups() {
		for i := range c.observations {
			if slices.Contains(c.observations[i].keys(), k) {
				return c.observations[i].Code
			}
		}
	}
	code, _ := c.coded(ref)
	return code
}

func (c *conversion) imagingStudy(r *imagingStudy) {
	if r.Status == "cancelled" {
		c.tally.left("ImagingStudy", "cancelled")
		return
	}
	first := r.Started
	if first == "" && len(r.Series) > 0 {
		first = r.Series[0].Started
	}
	started := c.stamp("ImagingStudy", first)
	reasons := c.reasons(r.ReasonCode, r.ReasonReference)
	source, _, v := c.put(item{kind: "ImagingStudy", head: &r.head, reasons: reasons, encounter: r.Encounter, when: started,
		mistaken: isMistake(r.Status)})
	v.hang(reasons...)
	v.at("started_at", started)
	modality, about := r.Modality, []string{r.Description}
	for _, s := range r.Series {
		modality = append(modality, s.Modality)
		about = append(about, s.Description)
		for _, i := range s.Instance {
			about = append(about, i.Title)
		}
		if s.BodySite != nil && v["body_site_code"] == nil {
			v.coding("body_site", *s.BodySite)
		}
	}
	if len(modality) > 0 {
		v.coding("modality", modality[0])
	}
	about = slices.DeleteFunc(about, func(s string) bool { return s == "" })
	v.text("description", strings.Join(slices.Compact(about), "; "))
	v.first("procedure", r.ProcedureCode)
	v["status"] = mapped(map[string]string{"registered": "REGISTERED", "available": "FINAL"}, r.Status)
	v.whole("series_count", r.NumberOfSeries)
	v.whole("image_count", r.NumberOfInstances)
	c.emit("imaging", source, "imaging_study", v)
	c.tally.loaded("ImagingStudy")
}

// whole sets an integer column, where the number is one.
func (c columns) whole(name string, n json.Number) {
	if i, err := strconv.Atoi(n.String()); err == nil {
		c[name] = i
	}
}

func (c *conversion) device(r *device) {
	if r.Type.empty() && len(r.DeviceName) > 0 {
		r.Type = codeable{Text: r.DeviceName[0].Name}
	}
	if r.Type.empty() {
		c.tally.left("Device", "says not what it is")
		return
	}
	source, _, v := c.put(item{kind: "Device", head: &r.head, code: r.Type, mistaken: isMistake(r.Status)})
	v.mainCode("device", r.Type)
	for _, name := range r.DeviceName {
		v.also(name.Name)
	}
	v["status"] = mapped(map[string]string{"active": "IN_PROGRESS", "inactive": "COMPLETED"}, r.Status)
	v.text("manufacturer", r.Manufacturer)
	v.text("model", r.ModelNumber)
	if r.ModelNumber == "" && len(r.DeviceName) > 0 {
		v.text("model", r.DeviceName[0].Name)
	}
	v.text("lot", r.LotNumber)
	v.text("serial", r.SerialNumber)
	for _, u := range r.UDICarrier {
		v.text("udi", cmp.Or(u.CarrierHRF, u.DeviceIdentifier))
	}
	if v["udi"] == nil {
		v.text("udi", r.DistinctIdentifier)
	}
	v.on("expires_on", c.stamp("Device", r.ExpirationDate))
	c.emit("device", source, "device", v)
	c.tally.loaded("Device")
}

func (c *conversion) document(r *documentReference) {
	written := c.stamp("DocumentReference", r.Date, r.Context.Period.Start)
	var encounter reference
	if len(r.Context.Encounter) > 0 {
		encounter = r.Context.Encounter[0]
	}
	if len(r.Content) == 0 {
		c.tally.left("DocumentReference", "has no content")
		return
	}
	kind := r.Type
	if kind.empty() && len(r.Category) > 0 {
		kind = r.Category[0]
	}
	if kind.empty() {
		kind = codeable{Text: "Document"}
	}
	for _, content := range r.Content {
		source, _, v := c.put(item{kind: "DocumentReference", head: &r.head, code: kind, encounter: encounter, when: written,
			mistaken: isMistake(r.Status) || isMistake(r.DocStatus)})
		v.at("recorded_at", c.stamp("DocumentReference", r.Date))
		c.attach(source, v, kind, content.Attachment, written)
		v["status"] = string(fhir.DocumentStatus(r.Status, r.DocStatus))
		v.text("description", r.Description)
		v.hang(r.Category...)
		c.who(v, "author", r.Author...)
		id := c.emit("document", source, "document", v)
		c.summarises(encounter, source, kind, v, id)
	}
	c.tally.loaded("DocumentReference")
}

// summarises notes a discharge summary at its stay, where one source holds both.
func (c *conversion) summarises(encounter reference, source Source, kind codeable, v columns, id string) {
	p := c.place(encounter)
	if p == nil || p.table != "stay" || p.source != source || p.row["summary_id"] != nil || v["entered_in_error"] == true {
		return
	}
	if !kind.has(dischargeSummaries) && !slices.ContainsFunc(allWords(kind), func(text string) bool {
		return strings.Contains(strings.ToLower(text), "discharge summary")
	}) {
		return
	}
	p.row["summary_id"] = id
	for _, name := range []string{"title", "written_at", "written_at_day_only"} {
		if v[name] != nil {
			p.row["summary_"+name] = v[name]
		}
	}
}

// dischargeSummaries are what documents with which a stay ends are (LOINC, SNOMED CT).
var dischargeSummaries = set("18842-5", "373942005")

func (c *conversion) attach(source Source, v columns, kind codeable, a attachment, written stamp) {
	v.mainCode("kind", kind)
	v.text("title", cmp.Or(a.Title, kind.display()))
	v.at("written_at", written)
	v.text("content_type", a.ContentType)
	if a.Data != nil {
		v["content"], v["size"] = a.Data, len(a.Data)
	}
}
