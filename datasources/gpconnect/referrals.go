package gpconnect

import (
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type referralRequest struct {
	Status, Priority string
	AuthoredOn       string
	Requester        struct{ Agent, OnBehalfOf fhir.Reference }
	Recipient        references
	Specialty        *fhir.Concept
	ServiceRequested []fhir.Concept
	ReasonCode       []fhir.Concept
	Description      string
	Note             []fhir.Annotation
}

func (c *chart) readReferral(r *fhir.Resource) {
	x, ok := fhir.Decode[referralRequest](r, c.cannotRead)
	if !ok || x.Status == mistake {
		return
	}
	item, e := c.item(fetch.Referrals, r.ID)
	e.recorded(&item, x.AuthoredOn, x.Requester.Agent)
	f := record.Referral{
		Item: item, Specialty: x.Specialty.Ptr(), Service: fhir.FirstOf(x.ServiceRequested),
		Priority: fhir.Mapped(fhir.Priorities, x.Priority, record.PriorityUnknown), Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown),
		ReferredOn: e.Day(x.AuthoredOn), Reason: fhir.FirstOf(x.ReasonCode), From: c.organisation(x.Requester.OnBehalfOf, x.Requester.Agent),
		To: c.organisation(x.Recipient...), Referrer: c.who(x.Requester.Agent), Team: record.Text(c.service(x.Recipient)),
	}
	more := []string{r.Undisclosed(), x.Description}
	if who := c.who(x.Recipient...); who != nil {
		more = append(more, "For: "+string(who.Name))
	}
	f.Note = fhir.Notes(x.Note, more...)
	put(c, &c.referrals, f, e)
}

// service returns the name of the service that a referral goes to; "" if it names none.
func (c *chart) service(refs []fhir.Reference) string {
	for _, ref := range refs {
		if r := c.resource(ref); r != nil && r.Type == "HealthcareService" {
			return c.place(ref)
		}
	}
	return ""
}
