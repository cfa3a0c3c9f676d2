package gpconnect

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type observation struct {
	Status            string
	Category          []fhir.Concept
	Code              *fhir.Concept
	Context           fhir.Reference
	EffectiveDateTime string
	EffectivePeriod   fhir.Period
	Issued            string
	Performer         references
	fhir.Value
	Interpretation *fhir.Concept
	Comment        string
	BodySite       *fhir.Concept
	Specimen       fhir.Reference
	ReferenceRange []fhir.ReferenceRange
	Related        []related
	Component      []component

	key, id     string
	undisclosed string            // warning that it must not be disclosed to the patient; "" if it may be
	obsolete    string            // says that another observation replaces it; "" if none does
	parts       []json.RawMessage // its components as they came: one may be hidden by a member that component does not have
}

type component struct {
	Code *fhir.Concept
	fhir.Value
	Interpretation *fhir.Concept
	ReferenceRange []fhir.ReferenceRange
}

// interpreted returns the interpretation of a component as a line of the comment; "" if there is none. For
// an antibiotic it is all there is.
func (p *component) interpreted() string {
	if words := p.Interpretation.Words(); words != "" {
		return p.Code.Words() + ": " + words
	}
	return ""
}

type diagnosticReport struct {
	Status            string
	Code              *fhir.Concept
	EffectiveDateTime string
	EffectivePeriod   fhir.Period
	Issued            string
	Performer         []struct{ Actor fhir.Reference }
	Specimen, Result  references
	BasedOn           references
	Conclusion        string
	CodedDiagnosis    []fhir.Concept
}

// commentNote is the code of an observation that is not a finding but a note.
var commentNote = map[string]bool{noteCode: true}

const noteCode = "37331000000100"

// laboratories are the categories of laboratory results (FHIR, SNOMED CT).
var laboratories = map[string]bool{"laboratory": true, "394595002": true}

// vitalSigns are the measurements that are listed as vital signs (SNOMED CT): those of UK Core and those
// that practices use for them.
var vitalSigns = map[string]bool{
	"75367002": true, "163020007": true, "72313002": true, "1091811000000102": true, "271649006": true, "271650006": true, // blood pressure
	"163030003": true, "163031004": true, "364090009": true, "723232008": true,
	"444981005": true, "364075005": true, "78564009": true, "8499008": true, "271636001": true, "271637005": true, // heart rate, pulse
	"86290005": true, "927961000000102": true, // respiratory rate
	"431314004": true, "103228002": true, "1097811000000106": true, "927981000000106": true, // oxygen saturation
	"276885007": true, "386725007": true, "703421000": true, "415945006": true, "415974002": true, // temperature
	"27113001": true, "162763007": true, "425024002": true, // weight
	"50373000": true, "248333004": true, "162755006": true, // height
	"60621009": true, "301331008": true, // body mass index
	"248326004": true, "1104441000000107": true, "1104051000000101": true, // oxygen given, ACVPU, NEWS2
}

// readObservations divides the observations among reports, vital signs and results. Notes of a report are
// in its conclusion, those of a consultation in its sections. An observation that is the entry of a problem
// and measures nothing is shown as that problem only.
func (c *chart) readObservations() {
	all := map[string]*observation{}
	var order []*observation
	for _, r := range c.resources {
		if r.Type != "Observation" || c.hidden[r.Key()] {
			continue
		}
		x, ok := fhir.Decode[observation](r, c.cannotRead)
		if !ok || x.Status == mistake || x.Status == "cancelled" {
			continue
		}
		x.key, x.id, x.undisclosed, x.parts = r.Key(), r.ID, r.Undisclosed(), elementsOf(r.Raw, "component")
		all[x.key] = &x
		order = append(order, &x)
	}
	for _, x := range order {
		for _, m := range x.Related {
			if o := all[c.keyOf(m.Target)]; m.Type == "replaces" && o != nil && o != x {
				o.obsolete = "Obsolete: another observation replaces it"
			}
		}
	}
	reports := c.readReports(all)
	elsewhere := c.elsewhere()
	for _, x := range order {
		report, reported := reports[x.key]
		note := x.Code.Has(commentNote)
		switch {
		case elsewhere[x.key] != nil && !reported && !x.measures():
			x.writeBeside(elsewhere[x.key])
			delete(elsewhere, x.key) // another under one id is shown
		case note && (reported || c.ofConsultation(x)):
		case !reported && isVitalSign(x) && !laboratoryOf(x):
			c.addVitalSign(x)
		default:
			c.addResult(x, report, reported)
		}
	}
}

// measures reports whether an observation says more than what it is of: the problem that is made of it has no place for that.
func (x *observation) measures() bool {
	return x.Value.Record() != nil || len(x.Component) > 0 || x.Interpretation.Words() != ""
}

// writeBeside adds what is written of a problem's own entry to the problem's note, as far as that does not say it.
func (x *observation) writeBeside(p *record.Problem) {
	written := strings.Split(string(p.Note), "\n")
	missing := func(text string) string {
		text = strings.TrimSpace(text)
		said := func(line string) bool { return line == text || strings.HasPrefix(line, text+",") } // EMIS adds what kind of problem it is
		if slices.ContainsFunc(written, said) || p.Significance != "" && strings.HasPrefix(text, "Significance :") {
			return ""
		}
		return text
	}
	lines := []string{missing(x.undisclosed), string(p.Note)}
	for _, line := range strings.Split(x.Comment, "\n") {
		lines = append(lines, missing(line))
	}
	p.Note = fhir.Notes(nil, lines...)
}

// elsewhere are the observations that are a problem's own entry, with the first such problem. A problem has one.
func (c *chart) elsewhere() map[string]*record.Problem {
	entries := map[string]*record.Problem{}
	for i := range c.problems { // of those in no list it is shown
		r := c.byKey["Condition/"+c.problems[i].Provenance.SourceID]
		if r == nil {
			continue // the second with its id
		}
		x, _ := fhir.Decode[struct{ Extension []fhir.Extension }](r, c.cannotRead)
		if e := fhir.In(x.Extension, "ActualProblem"); e != nil && e.ValueReference != nil {
			key := c.keyOf(*e.ValueReference)
			entries[key] = cmp.Or(entries[key], &c.problems[i])
		}
	}
	return entries
}

// ofConsultation reports whether a note belongs to a consultation that came: it is in the consultation's
// lists or names its encounter.
func (c *chart) ofConsultation(x *observation) bool {
	return c.listed()[x.key] || c.byKey[c.keyOf(x.Context)] != nil
}

// isVitalSign reports whether an observation is a vital sign: by its code, or by FHIR's category if it has
// one.
func isVitalSign(x *observation) bool {
	return x.Code.Has(vitalSigns) || slices.ContainsFunc(x.Category, func(category fhir.Concept) bool { return category.Has(vitalCategory) })
}

var vitalCategory = map[string]bool{"vital-signs": true}

func laboratoryOf(x *observation) bool {
	return slices.ContainsFunc(x.Category, func(category fhir.Concept) bool { return category.Has(laboratories) })
}

// readReports adds the reports. It returns, by the key of an observation, the report that it belongs to;
// nil for a report that is not shown.
func (c *chart) readReports(all map[string]*observation) map[string]*record.ReportReference {
	of := map[string]*record.ReportReference{}
	for _, r := range c.resources {
		if r.Type != "DiagnosticReport" {
			continue
		}
		x, ok := fhir.Decode[diagnosticReport](r, c.cannotRead)
		if !ok {
			c.partly[r.Key()] = c.partly[r.Key()] || c.namesHidden(r, all)
			continue
		}
		members := c.members(all, x.Result)
		c.partly[r.Key()] = c.partly[r.Key()] || slices.ContainsFunc(members, func(key string) bool { return c.hidden[key] })
		var shown *record.ReportReference
		if !c.hidden[r.Key()] && x.Status != mistake && x.Status != "cancelled" {
			shown = c.addReport(r, &x, members, all)
		}
		for _, key := range members {
			of[key] = shown
		}
	}
	return of
}

// namesHidden reports whether a report that cannot be read refers to a result that must not be shown.
func (c *chart) namesHidden(r *fhir.Resource, all map[string]*observation) bool {
	raw := fhir.Member(r.Raw, "result")
	var results []fhir.Reference
	for _, to := range fhir.References(raw) {
		results = append(results, fhir.Reference{Reference: to})
	}
	return slices.ContainsFunc(c.members(all, results), func(key string) bool { return c.hidden[key] }) ||
		slices.ContainsFunc(c.pointed(raw), func(to meaning) bool { return c.hidden[to.above] })
}

// members are the keys of a report's observations and of those grouped under them, or otherwise beside them and hidden.
func (c *chart) members(all map[string]*observation, results []fhir.Reference) []string {
	var keys []string
	seen := map[string]bool{}
	for open := slices.Clone(results); len(open) > 0; open = open[1:] {
		key := c.keyOf(open[0])
		if seen[key] {
			continue
		}
		seen[key] = true
		keys = append(keys, key)
		if x := all[key]; x != nil {
			for _, m := range x.Related {
				if m.Type == "has-member" || m.Type == "" || m.Type != "derived-from" && c.hidden[c.keyOf(m.Target)] {
					open = append(open, m.Target)
				}
			}
		}
	}
	return keys
}

func (c *chart) addReport(r *fhir.Resource, x *diagnosticReport, members []string, all map[string]*observation) *record.ReportReference {
	item, e := c.item(fetch.Reports, r.ID)
	var performers []fhir.Reference
	for _, p := range x.Performer {
		performers = append(performers, p.Actor)
	}
	e.recorded(&item, x.Issued)
	item.Provenance.RecordedBy = c.performer(performers)
	p := record.Report{
		Item: item, Kind: e.Code(x.Code), Category: record.ResultCategoryLaboratory,
		Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown), Performer: c.performer(performers), Requester: c.orderer(performers),
	}
	p.Title = record.Text(p.Kind.Display)
	c.request(&p, x.BasedOn)
	collected := ""
	if len(x.Specimen) > 0 {
		p.Specimen, collected, _ = c.specimen(x.Specimen[0])
	}
	p.TakenAt, p.TakenAtPrecision = e.Moment(x.EffectiveDateTime, x.EffectivePeriod.Start, collected)
	p.IssuedAt, p.IssuedAtPrecision = e.Moment(x.Issued)
	shown, withheld, words := 0, 0, []string{x.Conclusion}
	for i := range x.CodedDiagnosis {
		words = append(words, x.CodedDiagnosis[i].Words())
	}
	for _, key := range members {
		switch o := all[key]; {
		case c.hidden[key]:
			withheld++
		case o != nil && o.Code.Has(commentNote):
			words = append(words, o.undisclosed, o.Comment)
		case o != nil:
			shown++
		case key != "" && c.byKey[key] == nil && !c.leftOut(key) && !c.mayBeKeptBack(results...):
			for _, kind := range results { // it did not come, and is no vital sign
				c.unreadable[kind]++
			}
		}
	}
	if withheld > 0 { // words about all of them may be about the hidden ones
		words = nil
	}
	if withheld > 0 && shown == 0 {
		c.hidden[r.Key()] = true
		return nil
	}
	p.Conclusion = fhir.Notes(nil, append([]string{r.Undisclosed()}, words...)...)
	before := len(c.reports)
	put(c, &c.reports, p, e)
	if len(c.reports) == before {
		return nil
	}
	return &record.ReportReference{ID: p.ID, Title: p.Title}
}

// request reads from the request for a test who requested it and what it was for.
func (c *chart) request(p *record.Report, refs []fhir.Reference) {
	for _, ref := range refs {
		r := c.resource(ref)
		if r == nil || r.Type != "ProcedureRequest" {
			continue
		}
		x, ok := fhir.Decode[struct {
			Code      *fhir.Concept
			Requester struct{ Agent fhir.Reference }
		}](r, c.cannotRead)
		if !ok {
			continue
		}
		if who := c.who(x.Requester.Agent); who != nil {
			p.Requester = who
		}
		if words := x.Code.Words(); words != "" {
			p.Title = record.Text(words)
		}
	}
}

// EMIS lists everybody whom the laboratory's message names among the performers of a test, and marks them
// after their names.
const (
	recipient  = "(MessageRecipient)"
	orderer    = "(OrderingParty)"
	laboratory = "(LaboratoryServiceProvider)"
)

// performer returns who did the test: a professional; if there is none, the laboratory.
func (c *chart) performer(refs []fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if who := c.who(ref); who != nil && !marked(string(who.Name), recipient, orderer) {
			return unmarked(who, laboratory)
		}
	}
	for _, ref := range refs {
		if name := c.place(ref); name != "" && !marked(name, recipient, orderer) {
			return &record.Practitioner{Name: record.Text(strings.TrimSpace(strings.TrimSuffix(name, laboratory)))}
		}
	}
	return nil
}

// orderer returns who requested a test, if the system lists them among its performers.
func (c *chart) orderer(refs []fhir.Reference) *record.Practitioner {
	for _, ref := range refs {
		if who := c.who(ref); who != nil && marked(string(who.Name), orderer) {
			return unmarked(who, orderer)
		}
	}
	return nil
}

// unmarked returns a professional without the mark after their name.
func unmarked(who *record.Practitioner, mark string) *record.Practitioner {
	return &record.Practitioner{Name: record.Text(strings.TrimSpace(strings.TrimSuffix(string(who.Name), mark))), Role: who.Role}
}

func marked(name string, marks ...string) bool {
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.HasSuffix(name, mark) })
}

// specimen returns what was examined, when it was taken, and its notes.
func (c *chart) specimen(ref fhir.Reference) (what *record.Code, collected, note string) {
	r := c.resource(ref)
	if r == nil || r.Type != "Specimen" {
		return nil, "", ""
	}
	x, _ := fhir.Decode[struct {
		Note       []fhir.Annotation
		Type       *fhir.Concept
		Collection struct {
			CollectedDateTime string
			CollectedPeriod   fhir.Period
		}
	}](r, c.cannotRead)
	if text := fhir.Notes(x.Note); text != "" {
		note = "Specimen: " + string(text)
	}
	return x.Type.Ptr(), cmp.Or(x.Collection.CollectedDateTime, x.Collection.CollectedPeriod.Start), note
}

func (c *chart) addResult(x *observation, report *record.ReportReference, reported bool) {
	item, e := c.item(fetch.Results, x.id)
	e.recorded(&item, x.Issued)
	item.Provenance.RecordedBy = c.performer(x.Performer)
	r := record.Result{
		Item: item, Test: e.Code(x.Code), Category: record.ResultCategoryOther, Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown),
		Value: x.Value.Record(), ReferenceRange: x.Value.RangeOf(x.ReferenceRange), Interpretation: x.Interpretation.Ptr(),
		Performer: c.performer(x.Performer), Requester: c.orderer(x.Performer), Report: report,
	}
	if reported || laboratoryOf(x) {
		r.Category = record.ResultCategoryLaboratory
	}
	collected, of := "", ""
	r.Specimen, collected, of = c.specimen(x.Specimen)
	beside := []string{x.undisclosed, x.obsolete, x.Comment, x.site(), of}
	r.TakenAt, r.TakenAtPrecision = e.Moment(x.EffectiveDateTime, x.EffectivePeriod.Start, collected)
	r.IssuedAt, r.IssuedAtPrecision = e.Moment(x.Issued)
	for i := range x.Component {
		p := &x.Component[i]
		if i < len(x.parts) && c.screen.Hides(x.parts[i]) {
			continue
		}
		r.Components = append(r.Components, record.ResultComponent{Test: e.Code(p.Code), Value: p.Value.Record(), ReferenceRange: p.Value.RangeOf(p.ReferenceRange)})
		beside = append(beside, p.interpreted())
	}
	r.Comment = fhir.Notes(nil, beside...)
	put(c, &c.results, r, e)
}

// site returns the body site as a line of a result's comment; "" if there is none.
func (x *observation) site() string {
	if words := x.BodySite.Words(); words != "" {
		return "Body site: " + words
	}
	return ""
}

// elementsOf returns the elements of a list that is a member of a resource.
func elementsOf(raw json.RawMessage, name string) (all []json.RawMessage) {
	json.Unmarshal(fhir.Member(raw, name), &all) // a member that is not a list has none
	return all
}

func (c *chart) addVitalSign(x *observation) {
	item, e := c.item(fetch.VitalSigns, x.id)
	e.recorded(&item, x.Issued, x.Performer...)
	v := record.VitalSign{
		Item: item, Sign: e.Code(x.Code), Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown), Value: x.Value.Record(),
		Interpretation: x.Interpretation.Ptr(), BodySite: x.BodySite.Ptr(), Performer: c.performer(x.Performer),
	}
	beside := []string{x.undisclosed, x.obsolete, x.Comment, fhir.RangesBeside(x.ReferenceRange)}
	v.TakenAt, v.TakenAtPrecision = e.Moment(x.EffectiveDateTime, x.EffectivePeriod.Start)
	for i := range x.Component {
		p := &x.Component[i]
		if i < len(x.parts) && c.screen.Hides(x.parts[i]) {
			continue
		}
		v.Components = append(v.Components, record.VitalSignComponent{Sign: e.Code(p.Code), Value: p.Value.Record()})
		beside = append(beside, p.interpreted(), fhir.RangesOf(p.Code, p.ReferenceRange))
	}
	v.Comment = fhir.Notes(nil, beside...)
	put(c, &c.vitals, v, e)
}
