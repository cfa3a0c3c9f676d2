package interweave

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var appointmentStatuses = map[string]record.AppointmentStatus{
	"proposed": record.AppointmentStatusProposed, "pending": record.AppointmentStatusPending, "booked": record.AppointmentStatusBooked, "arrived": record.AppointmentStatusArrived,
	"checked-in": record.AppointmentStatusArrived, "fulfilled": record.AppointmentStatusFulfilled, "cancelled": record.AppointmentStatusCancelled,
	"noshow": record.AppointmentStatusDidNotAttend, "waitlist": record.AppointmentStatusWaitlist,
}

var media = map[string]record.ContactMedium{
	"in-person": record.ContactMediumFaceToFace, "telephone": record.ContactMediumTelephone, "telemedicine": record.ContactMediumVideo, "email": record.ContactMediumEmail,
	"text": record.ContactMediumSms,
}

type appointment struct {
	Status, Description, Start, Created string
	Comment, PatientInstruction         string
	MinutesDuration                     json.Number
	ServiceType, Specialty, ReasonCode  []fhir.Concept
	AppointmentType, CancelationReason  *fhir.Concept
	Participant                         []struct{ Actor fhir.Reference }
	Extension                           []fhir.Extension
}

// readAppointment adds an appointment (Interweave-Appointment).
func (c *chart) readAppointment(r *fhir.Resource) {
	x, ok := fhir.Decode[appointment](r, c.cannotRead)
	if !ok || x.Status == mistake {
		return
	}
	item, e := c.item(fetch.Appointments, r, "")
	c.recorded(&item, e, x.Created)
	a := record.Appointment{Item: item, Kind: x.AppointmentType.Ptr(), Specialty: fhir.FirstOf(x.Specialty), Reason: fhir.FirstOf(x.ReasonCode),
		Status: record.AppointmentStatusUnknown, Medium: x.medium(), Priority: record.PriorityUnknown, Clinic: record.Text(x.Description), Note: fhir.Notes(nil, x.Comment, x.PatientInstruction, x.instruction())}
	a.StartsAt, a.StartsAtPrecision = e.Moment(x.Start)
	if known, ok := appointmentStatuses[x.Status]; ok {
		a.Status = known
	}
	if service := fhir.FirstOf(x.ServiceType); service != nil && a.Clinic == "" {
		a.Clinic = record.Text(service.Display)
	}
	if minutes, err := strconv.Atoi(x.MinutesDuration.String()); err == nil && minutes > 0 {
		a.DurationMinutes = &minutes
	}
	if a.Status == record.AppointmentStatusCancelled {
		a.CancellationReason = record.Text(cmp.Or(x.CancelationReason.Words(), concept(x.Extension, "R4AppointmentCancellationReason").Words()))
	}
	c.readParticipants(&a, &x)
	put(c, &c.appointments, a, e)
}

func (x *appointment) medium() record.ContactMedium {
	channel := fhir.In(x.Extension, "DeliveryChannel")
	if channel == nil {
		return record.ContactMediumUnknown
	}
	if medium, known := media[strings.ToLower(channel.ValueCode)]; known {
		return medium
	}
	return record.ContactMediumOther
}

// instruction returns what the patient is told, from an extension for what STU3 has no member for.
func (x *appointment) instruction() string {
	if told := fhir.In(x.Extension, "R4PatientInstruction"); told != nil {
		return told.ValueString
	}
	return ""
}

// readParticipants sets where the appointment is and with whom.
func (c *chart) readParticipants(a *record.Appointment, x *appointment) {
	for _, p := range x.Participant {
		if fhir.TypeOf(fhir.KeyOf(p.Actor.Reference)) == "Location" && a.Location == "" {
			a.Location = record.Text(c.place(p.Actor).Name)
		}
		if a.Clinician == nil {
			a.Clinician = c.who(p.Actor)
		}
	}
}
