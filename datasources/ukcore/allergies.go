package ukcore

import (
	"encoding/json"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type status struct {
	fhir.Concept
	Extension []fhir.Extension
}

type allergy struct {
	ClinicalStatus     *status
	VerificationStatus *fhir.Concept
	Type, Criticality  string
	Category           []string
	Code               *fhir.Concept
	OnsetDateTime      string
	OnsetPeriod        fhir.Period
	OnsetAge           *fhir.Quantity
	OnsetRange         *fhir.Range
	OnsetString        string
	RecordedDate       string
	LastOccurrence     string
	Recorder, Asserter fhir.Reference
	Note               []fhir.Annotation
	Extension          []fhir.Extension
	Reaction           []json.RawMessage
}

type reaction struct {
	Substance     *fhir.Concept
	Manifestation []fhir.Concept
	Description   string
	Severity      string
	Note          []fhir.Annotation
}

func (c *chart) readAllergy(r *fhir.Resource) {
	x, ok := fhir.Decode[allergy](r, c.cannotRead)
	if !ok || x.VerificationStatus.Says("entered-in-error", "refuted") {
		return
	}
	if x.Code.Has(fhir.NoKnownAllergy) {
		c.readNoneKnown(r, &x)
		return
	}
	reactions := shownParts[reaction](c, r.Type, x.Reaction)
	if x.Code.Empty() && len(reactions) > 0 {
		x.Code = reactions[0].Substance
	}
	item, e := c.item(fetch.Allergies, r, r.ID)
	e.recorded(&item, x.RecordedDate, x.Recorder)
	a := record.Allergy{
		Item: item, Substance: e.Code(x.Code),
		Kind:         fhir.Mapped(fhir.AllergyKinds, x.Type, record.AllergyKindUnknown),
		Category:     record.AllergyCategoryUnknown,
		Criticality:  fhir.Mapped(fhir.Criticalities, x.Criticality, record.CriticalityUnknown),
		Status:       fhir.MappedOf(fhir.AllergyStatuses, x.clinicalStatus(), record.AllergyStatusUnknown),
		Verification: fhir.MappedOf(fhir.Verifications, x.VerificationStatus, record.VerificationUnknown),
		OnsetOn:      e.Day(x.OnsetDateTime, x.OnsetPeriod.Start), LastReactionOn: e.Day(x.LastOccurrence),
		AssertedBy: e.who(x.Asserter), Note: fhir.Notes(x.Note, fhir.Span{Age: x.OnsetAge, Range: x.OnsetRange, Text: x.OnsetString}.Words("Onset")),
	}
	if len(x.Category) > 0 {
		a.Category = fhir.Mapped(fhir.AllergyCategories, x.Category[0], record.AllergyCategoryUnknown)
	}
	end := x.end()
	if on := inner(end, "endDate"); on != nil {
		a.EndedOn = e.Day(on.ValueDateTime, on.ValueDate)
	}
	if why := inner(end, "reasonEnded"); why != nil {
		a.EndReason = record.Text(why.ValueString)
	}
	for i := range reactions {
		a.ReactionDetails = append(a.ReactionDetails, reactions[i].details()...)
		a.Note = fhir.Notes(nil, string(a.Note), fhir.OfReaction(reactions[i].Description, reactions[i].Manifestation, reactions[i].Note))
	}
	a.ReactionDetails = showable(a.ReactionDetails, func(d *record.AllergyReaction) bool { return c.shownCodes(d.Codes, d.Words) })
	put(c, &c.allergies, a, e)
}

// details are a reaction's manifestations; one whose code says nothing has the
// description's words.
func (x *reaction) details() []record.AllergyReaction {
	var all []record.AllergyReaction
	for i := range x.Manifestation {
		m := &x.Manifestation[i]
		code, ok := m.Record()
		if m.Unsaid() {
			code, ok = record.Code{Display: x.Description}, x.Description != ""
		}
		if ok {
			all = append(all, record.AllergyReaction{Manifestation: code, Severity: fhir.Mapped(fhir.Severities, x.Severity, record.SeverityUnknown)})
		}
	}
	return all
}

func (x *allergy) clinicalStatus() *fhir.Concept {
	if x.ClinicalStatus == nil {
		return nil
	}
	return &x.ClinicalStatus.Concept
}

// end is UK Core's extension of an allergy that has ended, on its status or on itself.
func (x *allergy) end() *fhir.Extension {
	if x.ClinicalStatus != nil {
		if end := fhir.In(x.ClinicalStatus.Extension, "AllergyIntoleranceEnd"); end != nil {
			return end
		}
	}
	return fhir.In(x.Extension, "AllergyIntoleranceEnd")
}

// readNoneKnown: a statement that there is no allergy is a note of the list, as long as it
// stands.
func (c *chart) readNoneKnown(r *fhir.Resource, x *allergy) {
	if x.clinicalStatus().Says("resolved", "inactive") || x.end() != nil {
		return
	}
	item, e := c.item(fetch.Notes, r, r.ID)
	e.recorded(&item, x.RecordedDate, x.Recorder)
	put(c, &c.notes, record.ListNote{Item: item, Class: record.ClassAllergies, Note: record.NoteNoneKnown}, e)
}

type list struct {
	Status, Date      string
	Code, EmptyReason *fhir.Concept
	Extension         []fhir.Extension
}

// listed are the classes that a list is of, by its code (SNOMED CT).
var listed = map[string][]record.Class{
	"886921000000105":  {record.ClassAllergies},
	"1103671000000101": {record.ClassAllergies},
	"933361000000108":  {record.ClassMedications},
	"717711000000103":  {record.ClassProblems},
	"1102181000000102": {record.ClassImmunisations},
	"826501000000100":  {record.ClassResults, record.ClassVitalSigns},
	"887191000000108":  {record.ClassResults},
	"792931000000107":  {record.ClassReferrals},
}

// anyClass are the classes of a list that does not say which it is of: it may be of any.
var anyClass = []record.Class{
	record.ClassAlerts, record.ClassAllergies, record.ClassMedications, record.ClassProblems, record.ClassResults, record.ClassVitalSigns, record.ClassImmunisations,
	record.ClassProcedures, record.ClassEncounters, record.ClassStays, record.ClassAppointments, record.ClassDocuments, record.ClassReferrals, record.ClassCarePlans,
	record.ClassCareTeam, record.ClassContacts, record.ClassNeeds, record.ClassAdvanceCare, record.ClassMentalHealth, record.ClassMentalHealthPlans,
}

// told are the classes that a list says it is of.
func (x *list) told() []record.Class {
	if x.Code != nil {
		for _, coding := range x.Code.Coding {
			if classes := listed[coding.Code]; classes != nil {
				return classes
			}
		}
	}
	return nil
}

func (x *list) classes() []record.Class {
	if told := x.told(); told != nil {
		return told
	}
	return anyClass
}

// kindsOfClass are the kinds of what stands in a list of a class.
var kindsOfClass = map[record.Class][]fetch.Kind{
	record.ClassAllergies: {fetch.Allergies}, record.ClassMedications: {fetch.Medications}, record.ClassProblems: {fetch.Problems}, record.ClassImmunisations: {fetch.Immunisations},
	record.ClassResults: {fetch.Results, fetch.Reports}, record.ClassVitalSigns: {fetch.VitalSigns}, record.ClassReferrals: {fetch.Referrals},
}

// readEmptiness: a list that is empty because it was not asked, or could not be had, says nothing of what there is. That
// something is withheld leaves no mark.
func (c *chart) readEmptiness(x *list) {
	if !x.EmptyReason.Says("unavailable", "notasked", "notstarted") {
		return
	}
	if len(x.told()) == 0 {
		c.cannotReadAll("", 1)
	}
	for _, class := range x.told() {
		for _, kind := range kindsOfClass[class] {
			c.incomplete(kind)
		}
	}
}

// readList takes what a list says of its class: that something is on its way, waits to be filed, or could not be had. An
// empty list, for whatever reason, does not say that there is none.
func (c *chart) readList(r *fhir.Resource) {
	x, ok := fhir.Decode[list](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Status == "retired" {
		return
	}
	c.readEmptiness(&x)
	for _, warning := range fhir.All(x.Extension, "ListWarningCode") {
		code := warning.ValueCode
		if code == "" {
			code = warning.ValueCodeableConcept.First()
		}
		switch code {
		case "data-in-transit":
			c.note(r, &x, record.NoteInTransit)
		case "data-awaiting-filing":
			c.note(r, &x, record.NoteAwaitingFiling)
		case "confidential-items":
			c.confidential++
		}
	}
}

// note says something of the classes of a list, once for each.
func (c *chart) note(r *fhir.Resource, x *list, kind record.NoteKind) {
	for _, class := range x.classes() {
		id := string(class) + " " + string(kind)
		if c.ids.Has(fetch.Notes, id) {
			continue
		}
		item, e := c.item(fetch.Notes, r, id)
		e.recorded(&item, x.Date)
		c.notes = append(c.notes, record.ListNote{Item: item, Class: class, Note: kind}) // a warning stands, whatever its date
	}
}
