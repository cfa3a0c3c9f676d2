package fhir

import (
	"bytes"
	"encoding/json"
	"slices"
)

// noPatient is the label of what the patient is not to be told (HL7 v3 ActCode).
const noPatient = "NOPAT"

// Undisclosed says in words that a resource is labelled as not to be disclosed to the patient; "" where
// it is not. That hides nothing from those who care for the person, and they must read it before they
// say anything to them.
func (r *Resource) Undisclosed() string {
	if r == nil || !bytes.Contains(r.Raw, []byte(noPatient)) {
		return ""
	}
	labels := slices.Clone(r.Security)
	var own OneOrMore[securityLabel]
	if said := Member(r.Raw, "securityLabel"); said != nil && json.Unmarshal(said, &own) == nil {
		for _, label := range own {
			labels = append(append(labels, label.Coding...), Coding{System: label.System, Code: label.Code})
		}
	}
	if slices.ContainsFunc(labels, func(c Coding) bool { return c.Code == noPatient }) {
		return "Not to be disclosed to the patient, family or carers without the responsible clinician's authorisation"
	}
	return ""
}
