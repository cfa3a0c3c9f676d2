package fhir

import (
	"bytes"
	"encoding/json"
	"slices"
)

// noPatient is the HL7 v3 ActCode for information that must not be disclosed to the patient.
const noPatient = "NOPAT"

// Undisclosed returns a warning in words if the resource is labelled as not to be disclosed to the patient;
// otherwise "". The resource stays visible to those who care for the person. They must read the warning
// before they speak to them.
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
