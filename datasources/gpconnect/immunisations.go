package gpconnect

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type immunization struct {
	Status         string
	NotGiven       bool
	VaccineCode    *fhir.Concept
	Date           string
	Location       fhir.Reference
	Manufacturer   fhir.Reference
	LotNumber      string
	ExpirationDate string
	Site, Route    *fhir.Concept
	DoseQuantity   *fhir.Quantity
	Practitioner   []struct {
		Role  *fhir.Concept
		Actor fhir.Reference
	}
	Explanation         struct{ Reason []fhir.Concept }
	VaccinationProtocol []struct {
		DoseSequence                 json.Number
		DoseStatus, DoseStatusReason *fhir.Concept
	}
	Note      []fhir.Annotation
	Extension []fhir.Extension
}

// readImmunisation adds an immunisation. It leaves out a vaccine that was not given, which must not look
// like one that was.
func (c *chart) readImmunisation(r *fhir.Resource) {
	x, ok := fhir.Decode[immunization](r, c.cannotRead)
	if !ok || x.Status == mistake || x.NotGiven {
		return
	}
	item, e := c.item(fetch.Immunisations, r.ID)
	recorded := ""
	if at := fhir.In(x.Extension, "DateRecorded"); at != nil {
		recorded = at.ValueDateTime
	}
	e.recorded(&item, recorded, x.actors("EP", "AP")...)
	i := record.Immunisation{
		Item: item, Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown), GivenOn: e.Day(x.Date),
		DoseQuantity: record.Text(x.DoseQuantity.String()), Site: x.Site.Ptr(), Route: x.Route.Ptr(), Batch: record.Text(x.LotNumber),
		Manufacturer: record.Text(c.place(x.Manufacturer)), ExpiresOn: e.Day(x.ExpirationDate), GivenBy: c.who(x.actors("AP")...),
		Location: record.Text(c.place(x.Location)), Note: fhir.Notes(x.Note, r.Undisclosed(), x.reason()),
	}
	if p := fhir.In(x.Extension, "VaccinationProcedure"); p != nil {
		i.Procedure = p.ValueCodeableConcept.Ptr()
	}
	switch {
	case x.VaccineCode.Unsaid() && i.Procedure != nil: // the product is unknown, but not what was given
		i.Vaccine = record.Code{Display: i.Procedure.Display}
	default:
		i.Vaccine = e.Code(x.VaccineCode)
	}
	if len(x.VaccinationProtocol) > 0 {
		i.Dose = record.Text(x.VaccinationProtocol[0].DoseSequence)
	}
	for _, protocol := range x.VaccinationProtocol {
		if protocol.DoseStatus.Says("nocount") { // it was given, but does not protect as the dose would
			i.StatusReason = &record.Code{Display: strings.TrimSuffix("Dose does not count: "+protocol.DoseStatusReason.Words(), ": ")}
		}
	}
	put(c, &c.immunisations, i, e)
}

// reason returns why it was given, in words; "" if nothing says so.
func (x *immunization) reason() string {
	var why []string
	for i := range x.Explanation.Reason {
		if words := x.Explanation.Reason[i].Words(); words != "" {
			why = append(why, words)
		}
	}
	return strings.TrimSuffix("Reason: "+strings.Join(why, ", "), "Reason: ")
}

// actors returns the professionals with one of the roles (HL7 v2 0443), those of the first role first. One
// whose role is not stated counts for every role.
func (x *immunization) actors(roles ...string) []fhir.Reference {
	var refs []fhir.Reference
	for _, role := range roles {
		for _, p := range x.Practitioner {
			if p.Role.Empty() || slices.ContainsFunc(p.Role.Coding, func(c fhir.Coding) bool { return c.Code == role }) {
				refs = append(refs, p.Actor)
			}
		}
	}
	return refs
}
