package gpconnect

import (
	"encoding/json"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type rawResource = json.RawMessage

type allergy struct {
	ClinicalStatus, VerificationStatus string
	Type, Criticality                  string
	Category                           []string
	Code                               *fhir.Concept
	OnsetDateTime                      string
	OnsetPeriod                        fhir.Period
	OnsetAge                           *fhir.Quantity
	OnsetRange                         *fhir.Range
	OnsetString                        string
	AssertedDate, LastOccurrence       string
	Recorder, Asserter                 fhir.Reference
	Note                               []fhir.Annotation
	Extension                          []fhir.Extension
	Reaction                           []fhir.Reaction
}

// shown are the reactions that may be shown, each judged by itself.
func (c *chart) shown(r *fhir.Resource, all []fhir.Reaction) []fhir.Reaction {
	parts, shown := elementsOf(r.Raw, "reaction"), []fhir.Reaction(nil)
	for n := range all {
		if n < len(parts) && c.screen.Hides(parts[n]) {
			continue
		}
		shown = append(shown, all[n])
	}
	return shown
}

func (c *chart) readAllergy(r *fhir.Resource) {
	x, ok := fhir.Decode[allergy](r, c.cannotRead)
	if !ok || x.VerificationStatus == mistake || x.VerificationStatus == "refuted" {
		return
	}
	if x.Code.Has(fhir.NoKnownAllergy) {
		c.readNoneKnown(r, &x)
		return
	}
	reactions := c.shown(r, x.Reaction)
	for i := range reactions {
		if x.Code.Empty() {
			x.Code = reactions[i].Substance
		}
	}
	item, e := c.item(fetch.Allergies, r.ID)
	e.recorded(&item, x.AssertedDate, x.Recorder)
	a := record.Allergy{
		Item: item, Substance: e.Code(x.Code),
		Kind:         fhir.Mapped(fhir.AllergyKinds, x.Type, record.AllergyKindUnknown),
		Category:     record.AllergyCategoryUnknown,
		Criticality:  fhir.Mapped(fhir.Criticalities, x.Criticality, record.CriticalityUnknown),
		Status:       fhir.Mapped(fhir.AllergyStatuses, x.ClinicalStatus, record.AllergyStatusUnknown),
		Verification: fhir.Mapped(fhir.Verifications, x.VerificationStatus, record.VerificationUnknown),
		OnsetOn:      e.Day(x.OnsetDateTime, x.OnsetPeriod.Start), LastReactionOn: e.Day(x.LastOccurrence),
		AssertedBy: c.who(x.Asserter), Note: fhir.Notes(x.Note, r.Undisclosed(), fhir.Span{Age: x.OnsetAge, Range: x.OnsetRange, Text: x.OnsetString}.Words("Onset")),
	}
	if len(x.Category) > 0 {
		a.Category = fhir.Mapped(fhir.AllergyCategories, x.Category[0], record.AllergyCategoryUnknown)
	}
	if end := fhir.In(x.Extension, "AllergyIntoleranceEnd"); end != nil {
		if on := fhir.In(end.Extension, "endDate"); on != nil {
			a.EndedOn = e.Day(on.ValueDateTime, on.ValueDate)
		}
		if why := fhir.In(end.Extension, "reasonEnded"); why != nil {
			a.EndReason = record.Text(why.ValueString)
		}
	}
	for _, reaction := range reactions {
		beside := reaction.Description
		if len(reaction.Manifestation) == 0 && reaction.Description != "" {
			beside = ""
			a.ReactionDetails = append(a.ReactionDetails, reactionOf(&fhir.Concept{}, reaction.Description, reaction.Severity)...)
		}
		a.Note = fhir.Notes(nil, string(a.Note), fhir.CulpritOf(reaction.Substance, x.Code, reaction.Manifestation),
			fhir.OfReaction(beside, reaction.Manifestation, reaction.Note))
		for i := range reaction.Manifestation {
			a.ReactionDetails = append(a.ReactionDetails, reactionOf(&reaction.Manifestation[i], reaction.Description, reaction.Severity)...)
		}
	}
	put(c, &c.allergies, a, e)
}

// reactionOf returns a reaction. If its code says nothing, it has the words of the description.
func reactionOf(m *fhir.Concept, description, severity string) []record.AllergyReaction {
	code, ok := m.Record()
	if m.Unsaid() {
		code, ok = record.Code{Display: description}, description != ""
	}
	if !ok {
		return nil
	}
	return []record.AllergyReaction{{Manifestation: code, Severity: fhir.Mapped(fhir.Severities, severity, record.SeverityUnknown)}}
}

// readNoneKnown adds the statement that there is no allergy as a note of the list, as long as it holds.
func (c *chart) readNoneKnown(r *fhir.Resource, x *allergy) {
	if x.ClinicalStatus == "resolved" || x.ClinicalStatus == "inactive" || fhir.In(x.Extension, "AllergyIntoleranceEnd") != nil {
		return
	}
	item, e := c.item(fetch.Notes, r.ID)
	e.recorded(&item, x.AssertedDate, x.Recorder)
	put(c, &c.notes, record.ListNote{Item: item, Class: record.ClassAllergies, Note: record.NoteNoneKnown}, e)
}
