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

func (c *chart) readAllergy(r *fhir.Resource) {
	x, ok := fhir.Decode[allergy](r, c.cannotRead)
	if !ok || x.VerificationStatus.Says("entered-in-error", "refuted") {
		return
	}
	if x.Code.Has(fhir.NoKnownAllergy) {
		c.readNoneKnown(r, &x)
		return
	}
	reactions := shownParts[fhir.Reaction](c, r.Type, x.Reaction)
	for i := range reactions {
		if x.Code.Empty() {
			x.Code = reactions[i].Substance
		}
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
		a.ReactionDetails = append(a.ReactionDetails, details(&reactions[i])...)
		a.Note = fhir.Notes(nil, string(a.Note), fhir.CulpritOf(reactions[i].Substance, x.Code, reactions[i].Manifestation),
			fhir.OfReaction(reactions[i].Description, reactions[i].Manifestation, reactions[i].Note))
	}
	a.ReactionDetails = showable(a.ReactionDetails, func(d *record.AllergyReaction) bool { return c.shownCodes(d.Codes, d.Words) })
	put(c, &c.allergies, a, e)
}

// details returns a reaction's manifestations. A manifestation whose code says nothing gets the reaction's
// description.
func details(x *fhir.Reaction) []record.AllergyReaction {
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

// end returns UK Core's extension for an allergy that has ended, from its status or the allergy itself; nil
// if it has none.
func (x *allergy) end() *fhir.Extension {
	if x.ClinicalStatus != nil {
		if end := fhir.In(x.ClinicalStatus.Extension, "AllergyIntoleranceEnd"); end != nil {
			return end
		}
	}
	return fhir.In(x.Extension, "AllergyIntoleranceEnd")
}

// readNoneKnown reads a statement that there are no known allergies. It becomes a note of the list while it
// is in force.
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

// listed maps the SNOMED CT code of a List to the classes that it lists.
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

// anyClass are the classes that a List without a known code may be about.
var anyClass = []record.Class{
	record.ClassAlerts, record.ClassAllergies, record.ClassMedications, record.ClassProblems, record.ClassResults, record.ClassVitalSigns, record.ClassImmunisations,
	record.ClassProcedures, record.ClassEncounters, record.ClassStays, record.ClassAppointments, record.ClassDocuments, record.ClassReferrals, record.ClassCarePlans,
	record.ClassCareTeam, record.ClassContacts, record.ClassNeeds, record.ClassAdvanceCare, record.ClassMentalHealth, record.ClassMentalHealthPlans,
}

// told returns the classes that a List says it lists; nil if it does not.
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

// kindsOfClass are the kinds of entry in a List of a class.
var kindsOfClass = map[record.Class][]fetch.Kind{
	record.ClassAllergies: {fetch.Allergies}, record.ClassMedications: {fetch.Medications}, record.ClassProblems: {fetch.Problems}, record.ClassImmunisations: {fetch.Immunisations},
	record.ClassResults: {fetch.Results, fetch.Reports}, record.ClassVitalSigns: {fetch.VitalSigns}, record.ClassReferrals: {fetch.Referrals},
}

// readEmptiness marks the kinds of a List as incomplete if it is empty because nobody asked, nobody has
// started, or the data was unavailable. An empty reason of "withheld" must leave no trace.
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

// readList reads what a List says about its classes: data in transit, data awaiting filing, confidential
// items, or data that was unavailable. An empty List never means that there is nothing, whatever the
// reason.
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

// note adds a note to every class of a List, once per class.
func (c *chart) note(r *fhir.Resource, x *list, kind record.NoteKind) {
	for _, class := range x.classes() {
		id := string(class) + " " + string(kind)
		if c.ids.Has(fetch.Notes, id) {
			continue
		}
		item, e := c.item(fetch.Notes, r, id)
		e.recorded(&item, x.Date)
		c.notes = append(c.notes, record.ListNote{Item: item, Class: class, Note: kind}) // whatever its date
	}
}
