package ukcore

import (
	"encoding/json"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type appointment struct {
	Status, Start, End, Created string
	Description, Comment        string
	PatientInstruction          string
	MinutesDuration             json.Number
	CancelationReason           *fhir.Concept
	ServiceType, Specialty      []fhir.Concept
	AppointmentType             *fhir.Concept
	ReasonCode                  []fhir.Concept
	ReasonReference             references
	Participant                 []struct {
		Actor  fhir.Reference
		Status string
	}
	Extension []fhir.Extension
}

// channels maps UK Core's delivery channel codes.
var channels = map[string]record.ContactMedium{
	"In-person": record.ContactMediumFaceToFace, "Telephone": record.ContactMediumTelephone, "Video": record.ContactMediumVideo,
}

func (c *chart) readAppointment(r *fhir.Resource) {
	x, ok := fhir.Decode[appointment](r, c.cannotRead)
	if !ok || withdrawn(x.Status) {
		return
	}
	item, e := c.item(fetch.Appointments, r, r.ID)
	e.recorded(&item, x.Created)
	a := record.Appointment{
		Item: item, Specialty: fhir.FirstOf(x.Specialty), Kind: fhir.FirstOf(x.ServiceType), DurationMinutes: number(x.MinutesDuration),
		Status: fhir.Mapped(appointmentStatuses, x.Status, record.AppointmentStatusUnknown), Priority: record.PriorityUnknown,
		Medium: fhir.Mapped(channels, extended(x.Extension, "DeliveryChannel").First(), record.ContactMediumUnknown),
		Reason: e.reason(x.ReasonCode, x.ReasonReference), CancellationReason: record.Text(x.CancelationReason.Words()), Note: fhir.Notes(nil, x.Description, x.Comment, x.PatientInstruction),
	}
	if a.Kind == nil {
		a.Kind = x.AppointmentType.Ptr()
	}
	a.StartsAt, a.StartsAtPrecision = e.Moment(x.Start)
	end, ends := e.Moment(x.End)
	if a.DurationMinutes == nil {
		a.DurationMinutes = minutes(a.StartsAt, end, a.StartsAtPrecision, ends)
	}
	for _, p := range x.Participant {
		if p.Status != "declined" {
			c.attend(&a, p.Actor, e)
		}
	}
	put(c, &c.appointments, a, e)
}

// attend reads a participant who did not decline: who sees the patient, where, in which clinic. It does not
// name other people.
func (c *chart) attend(a *record.Appointment, ref fhir.Reference, e *envelope) {
	kind := fhir.TypeOf(fhir.KeyOf(ref.Reference))
	if r := e.at(ref); r != nil {
		kind = r.Type
	}
	switch kind {
	case "Location":
		if a.Location == "" {
			a.Location = record.Text(e.place(ref))
		}
	case "HealthcareService", "Organization", "CareTeam":
		if a.Clinic == "" {
			a.Clinic = record.Text(e.place(ref))
		}
	case "Practitioner", "PractitionerRole":
		if a.Clinician == nil {
			a.Clinician = e.who(ref)
		}
	}
}

type serviceRequest struct {
	Status, Priority, AuthoredOn string
	PatientInstruction           string
	Intent                       string
	DoNotPerform                 bool
	Category                     []fhir.Concept
	Code                         *fhir.Concept
	Requester                    fhir.Reference
	Performer                    references
	ReasonCode                   []fhir.Concept
	ReasonReference              references
	Note                         []fhir.Annotation
	Extension                    []fhir.Extension
}

// orders are the categories of test requests, which are not referrals.
var orders = []string{"108252007", "363679005", "laboratory", "imaging"}

func (c *chart) readReferral(r *fhir.Resource) {
	x, ok := fhir.Decode[serviceRequest](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.DoNotPerform || hasCode(x.Category, orders...) {
		return
	}
	item, e := c.item(fetch.Referrals, r, r.ID)
	e.recorded(&item, x.AuthoredOn, x.Requester)
	f := record.Referral{
		Item: item, Service: x.Code.Ptr(), Priority: fhir.Mapped(fhir.Priorities, x.Priority, record.PriorityUnknown),
		Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown), Source: extended(x.Extension, "SourceOfServiceRequest").Ptr(),
		ReferredOn: e.Day(x.AuthoredOn), Reason: e.reason(x.ReasonCode, x.ReasonReference), From: e.organisation(x.Requester),
		To: e.organisation(x.Performer...), Referrer: e.who(x.Requester), Note: fhir.Notes(x.Note, x.PatientInstruction),
	}
	f.Note = fhir.Notes(nil, string(f.Note), intention(x.Intent))
	for _, ref := range x.Performer {
		if r := e.at(ref); f.Team == "" && r != nil && (r.Type == "HealthcareService" || r.Type == "CareTeam") {
			f.Team = record.Text(e.place(ref))
		}
	}
	if who := e.who(x.Performer...); who != nil && who.Name != "" {
		f.Note = fhir.Notes(nil, string(f.Note), "For: "+string(who.Name))
	}
	put(c, &c.referrals, f, e)
}

// addPlanned adds an appointment for a planned encounter that has no Appointment of its own.
func (c *chart) addPlanned(v *visit) {
	for _, ref := range v.Appointment {
		if r := c.find(ref.Reference); r != nil && r.MayBe(ref.Reference) {
			if x, ok := known[appointment](c, r); !ok || !withdrawn(x.Status) {
				return
			}
		}
	}
	item, e := c.item(fetch.Appointments, v.of, v.of.ID)
	a := record.Appointment{
		Item: item, Specialty: v.ServiceType.Ptr(), Kind: v.kind(), Status: record.AppointmentStatusBooked, Medium: mediumOf(v), Clinician: e.inCharge(v),
		Reason: v.reason(e), Priority: record.PriorityUnknown,
	}
	a.StartsAt, a.StartsAtPrecision = e.Moment(v.Period.Start)
	a.DurationMinutes = v.minutes(a.StartsAt, a.StartsAtPrecision)
	for _, at := range v.Location {
		if a.Location == "" {
			a.Location = record.Text(e.place(at.Location))
		}
	}
	put(c, &c.appointments, a, e)
}
