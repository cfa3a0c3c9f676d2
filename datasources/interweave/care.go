package interweave

import (
	"cmp"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// mistake is the status of a resource that was withdrawn. It is in no list.
const mistake = "entered-in-error"

var serviceStatuses = map[string]record.EventStatus{
	"planned": record.EventStatusPlanned, "waitlist": record.EventStatusPlanned, "active": record.EventStatusInProgress, "onhold": record.EventStatusOnHold,
	"finished": record.EventStatusCompleted, "cancelled": record.EventStatusCancelled,
}

// A service (Interweave-SocialCareService). Its category is the service type of Client Level Data, its type
// is the component.
type service struct {
	Status               string
	Type                 []fhir.Concept
	Period               fhir.Period
	ManagingOrganization fhir.Reference
	CareManager          fhir.Reference
	Extension            []fhir.Extension
}

func (c *chart) readService(r *fhir.Resource) {
	if !isOf(r, "SocialCareService") {
		return
	}
	x, ok := fhir.Decode[service](r, c.cannotRead)
	if !ok || x.Status == mistake {
		return
	}
	c.readManager(r, &x)
	item, e := c.item(fetch.Services, r, "")
	s := record.SocialCareService{Item: item, Status: fhir.Mapped(serviceStatuses, x.Status, record.EventStatusUnknown), StartedOn: e.Day(x.Period.Start)}
	component := fhir.FirstOf(x.Type)
	if category := concept(x.Extension, "SocialCareServiceCategory"); !category.Empty() {
		s.Kind, s.Component = e.Code(category), component
	} else {
		s.Kind = e.Code(first(x.Type))
	}
	if component != nil && component.Original != nil {
		s.Description = record.Text(component.Original.Display)
	}
	s.Provider = record.Text(c.place(x.ManagingOrganization).Name)
	if end := e.Day(x.Period.End); end.First() > c.reading.today {
		s.PlannedEndOn = end
	} else {
		s.EndedOn = end
	}
	put(c, &c.services, s, e)
}

// readManager adds who delivers a service to the care team. Nobody yet delivers a service that has not
// begun.
func (c *chart) readManager(r *fhir.Resource, x *service) {
	who := c.who(x.CareManager)
	if who == nil || x.Status == "planned" || x.Status == "waitlist" {
		return
	}
	item, e := c.item(fetch.CareTeam, r, ".careManager")
	at := c.place(x.ManagingOrganization)
	m := record.CareTeamMember{Item: item, Name: who.Name, Role: who.Role, Team: record.Text(at.Name), Phone: c.phone(e, at.Telecom), Since: e.Day(x.Period.Start), EndedOn: e.Day(x.Period.End)}
	e.over(x.Status == "finished" || x.Status == "cancelled", m.EndedOn, c.reading.today)
	put(c, &c.team, m, e)
}

// readTeam adds the professionals of a care team. Interweave has not defined the resource yet, so it is
// read as FHIR defines it.
func (c *chart) readTeam(r *fhir.Resource) {
	x, ok := fhir.Decode[struct {
		Status, Name string
		Period       fhir.Period
		Telecom      []fhir.ContactPoint
		Participant  []struct {
			Role   []fhir.Concept
			Member fhir.Reference
			Period fhir.Period
		}
	}](r, c.cannotRead)
	if !ok || x.Status == mistake || x.Status == "proposed" {
		return
	}
	for _, p := range x.Participant {
		who := c.who(p.Member)
		if who == nil {
			continue
		}
		item, e := c.item(fetch.CareTeam, r, "")
		m := record.CareTeamMember{Item: item, Name: who.Name, Role: who.Role, Team: record.Text(x.Name), Kind: fhir.FirstOf(p.Role), Phone: c.phone(e, x.Telecom),
			Since: e.Day(p.Period.Start, x.Period.Start), EndedOn: e.Day(p.Period.End, x.Period.End)}
		if m.Kind != nil && m.Role == "" {
			m.Role = record.Text(m.Kind.Display)
		}
		e.over(x.Status == "inactive", m.EndedOn, c.reading.today)
		put(c, &c.team, m, e)
	}
}

// taskStatuses are the statuses of assessments. Interweave uses accepted, in-progress and completed.
var taskStatuses = map[string]record.EventStatus{
	"draft": record.EventStatusPlanned, "requested": record.EventStatusPlanned, "received": record.EventStatusPlanned, "accepted": record.EventStatusPlanned,
	"ready": record.EventStatusPlanned, "in-progress": record.EventStatusInProgress, "on-hold": record.EventStatusOnHold, "completed": record.EventStatusCompleted,
	"cancelled": record.EventStatusCancelled, "rejected": record.EventStatusRejected, "failed": record.EventStatusStopped,
}

// readTask adds an assessment (Interweave-SocialCareAssessment). One about safeguarding is added as a
// safeguarding concern and nothing else.
func (c *chart) readTask(r *fhir.Resource) {
	if !isOf(r, "SocialCareAssessment") {
		return
	}
	x, ok := fhir.Decode[struct {
		Status, Description, AuthoredOn string
		Code                            *fhir.Concept
		ExecutionPeriod                 fhir.Period
		Owner, Requester                fhir.Reference
		Note                            []fhir.Annotation
		Extension                       []fhir.Extension
	}](r, c.cannotRead)
	if !ok || x.Status == mistake {
		return
	}
	if c.concern(r, x.Status, []fhir.Concept{*cmp.Or(x.Code, &fhir.Concept{})}, []string{x.ExecutionPeriod.Start, x.AuthoredOn}, x.AuthoredOn, x.Owner) {
		return
	}
	item, e := c.item(fetch.SocialCareAssessments, r, "")
	c.recorded(&item, e, x.AuthoredOn, x.Requester)
	a := record.SocialCareAssessment{Item: item, Kind: e.Code(x.Code), Status: fhir.Mapped(taskStatuses, x.Status, record.EventStatusUnknown),
		StartedOn: e.Day(x.ExecutionPeriod.Start), EndedOn: e.Day(x.ExecutionPeriod.End)}
	more := []string{x.Description}
	for i, outcome := range fhir.All(x.Extension, "SocialCareAssessmentOutcome") {
		if i == 0 {
			a.Outcome = outcome.ValueCodeableConcept.Ptr()
		} else if words := outcome.ValueCodeableConcept.Words(); words != "" {
			more = append(more, "Outcome: "+words)
		}
	}
	if team := c.place(x.Owner); team.Name != "" {
		more = append(more, "By: "+team.Name)
	}
	a.Summary = summary(x.Note, more...)
	if by := fhir.In(x.Extension, "SocialCareAssessmentPerformer"); by != nil && by.ValueReference != nil {
		a.Assessor = c.who(*by.ValueReference, x.Owner)
	} else {
		a.Assessor = c.who(x.Owner)
	}
	put(c, &c.assessments, a, e)
}

var requestStatuses = map[string]record.EventStatus{
	"draft": record.EventStatusPlanned, "active": record.EventStatusInProgress, "on-hold": record.EventStatusOnHold, "completed": record.EventStatusCompleted,
	"revoked": record.EventStatusCancelled, "cancelled": record.EventStatusCancelled,
}

// readRequest adds a contact (Interweave-SocialCareContact) as a request. One about safeguarding is added
// as a safeguarding concern and nothing else: its words stay out.
func (c *chart) readRequest(r *fhir.Resource) {
	if !isOf(r, "SocialCareContact") {
		return
	}
	x, ok := fhir.Decode[struct {
		Status, AuthoredOn, OccurrenceDateTime, PatientInstruction string
		OccurrencePeriod                                           fhir.Period
		ReasonCode, Category                                       []fhir.Concept
		Code                                                       *fhir.Concept
		Requester                                                  fhir.Reference
		Performer                                                  []fhir.Reference
		Note                                                       []fhir.Annotation
		Extension                                                  []fhir.Extension
		DoNotPerform                                               bool
	}](r, c.cannotRead)
	if !ok || x.DoNotPerform || x.Status == mistake {
		return
	}
	said := append(slices.Concat(x.ReasonCode, x.Category), *cmp.Or(x.Code, &fhir.Concept{}))
	if c.concern(r, x.Status, said, []string{x.OccurrenceDateTime, x.OccurrencePeriod.Start, x.AuthoredOn}, x.AuthoredOn, x.Performer...) {
		return
	}
	item, e := c.item(fetch.Requests, r, "")
	c.recorded(&item, e, x.AuthoredOn, x.Requester)
	reason := first(x.ReasonCode)
	q := record.SocialCareRequest{Item: item, Status: fhir.Mapped(requestStatuses, x.Status, record.EventStatusUnknown), ReceivedOn: e.Day(x.OccurrenceDateTime, x.OccurrencePeriod.Start, x.AuthoredOn),
		EndedOn: e.Day(x.OccurrencePeriod.End), Route: e.Code(concept(x.Extension, "SocialCareRequesterType"), reason, &fhir.Concept{Text: "Contact with adult social care"})}
	q.Description = summary(x.Note, reason.Words(), x.PatientInstruction)
	put(c, &c.requests, q, e)
}

// concern reports whether a resource is about safeguarding, by the codes or their words. If it is, concern
// adds a safeguarding concern without its words, unless the resource was called off. Permission to see
// requests or assessments gives no right to see more of it. A completed contact or assessment was dealt
// with, but that does not mean that the concern is over: it stays open.
func (c *chart) concern(r *fhir.Resource, status string, codes []fhir.Concept, raised []string, recorded string, call ...fhir.Reference) bool {
	if !isSafeguarding(codes...) {
		return false
	}
	if status == "revoked" || status == "cancelled" || status == "rejected" {
		return true
	}
	item, e := c.item(fetch.Safeguarding, r, "")
	c.recorded(&item, e, recorded)
	put(c, &c.concerns, record.SafeguardingConcern{Item: item, RaisedOn: e.Day(raised...), CallFirst: c.callFirst(e, call...)}, e)
	return true
}

// summary returns notes and other words. It leaves out those that mention safeguarding, whatever they say
// about it: safeguarding is shown only with the concerns.
func summary(notes []fhir.Annotation, more ...string) record.Text {
	speaks := func(text string) bool { return isSafeguarding(fhir.Concept{Text: text}) }
	notes = slices.DeleteFunc(slices.Clone(notes), func(n fhir.Annotation) bool { return speaks(n.Text) })
	return fhir.Notes(notes, slices.DeleteFunc(more, speaks)...)
}

// readReason adds a primary support reason (Interweave-SocialCareSupportReason). The record has no place
// for one that is marked as not primary.
func (c *chart) readReason(r *fhir.Resource) {
	if !isOf(r, "SocialCareSupportReason") {
		return
	}
	x, ok := fhir.Decode[struct {
		ClinicalStatus, VerificationStatus, Code *fhir.Concept
		Category                                 []fhir.Concept
		OnsetDateTime, AbatementDateTime         string
		OnsetPeriod, AbatementPeriod             fhir.Period
		AbatementString                          string
		AbatementAge                             *fhir.Quantity
		AbatementRange                           *fhir.Range
		RecordedDate                             string
		Recorder                                 fhir.Reference
		Extension                                []supportExtension
	}](r, c.cannotRead)
	if !ok || x.VerificationStatus.Says(mistake, "refuted") {
		return
	}
	var period fhir.Period
	for _, extension := range x.Extension {
		switch name := extension.URL[strings.LastIndexByte(extension.URL, '/')+1:]; {
		case strings.Contains(name, "SocialCareSupportReasonPeriod"):
			period = extension.ValuePeriod
		case strings.Contains(name, "SocialCarePrimarySupportReason") && extension.ValueBoolean != nil && !*extension.ValueBoolean:
			return
		}
	}
	item, e := c.item(fetch.SupportReasons, r, "")
	c.recorded(&item, e, x.RecordedDate, x.Recorder)
	reason := record.SupportReason{Item: item, Reason: e.Code(x.Code, first(x.Category)), StartedOn: e.Day(period.Start, x.OnsetDateTime, x.OnsetPeriod.Start),
		EndedOn: e.Day(period.End, x.AbatementDateTime, x.AbatementPeriod.End, x.AbatementPeriod.Start)}
	e.over(x.ClinicalStatus.Says("resolved", "inactive", "remission") || x.AbatementString != "" || x.AbatementAge != nil || x.AbatementRange != nil, reason.EndedOn, c.reading.today)
	put(c, &c.reasons, reason, e)
}

type supportExtension struct {
	URL          string
	ValuePeriod  fhir.Period
	ValueBoolean *bool
}

// readEquipment adds equipment that was provided (Interweave-SocialCareEquipmentProvision). What was only
// considered, was put on hold or was called off is not equipment.
func (c *chart) readEquipment(r *fhir.Resource) {
	if !isOf(r, "SocialCareEquipmentProvision") {
		return
	}
	x, ok := fhir.Decode[struct {
		Status, Intent, AuthoredOn, OccurrenceDateTime string
		OccurrencePeriod                               fhir.Period
		CodeCodeableConcept                            *fhir.Concept
		CodeReference                                  fhir.Reference
		Requester                                      fhir.Reference
		Note                                           []fhir.Annotation
	}](r, c.cannotRead)
	switch {
	case !ok, x.Status == mistake, x.Status == "draft", x.Status == "on-hold", x.Status == "revoked", x.Status == "cancelled", x.Intent == "proposal", x.Intent == "plan":
		return
	}
	item, e := c.item(fetch.Equipment, r, "")
	c.recorded(&item, e, x.AuthoredOn, x.Requester)
	q := record.Equipment{Item: item, Supplied: e.Code(x.CodeCodeableConcept, &fhir.Concept{Text: x.CodeReference.Display}),
		SuppliedOn: e.Day(x.OccurrencePeriod.Start, x.OccurrenceDateTime), EndedOn: e.Day(x.OccurrencePeriod.End), Detail: fhir.Notes(x.Note)}
	if x.Status != "active" && x.Status != "completed" {
		e.Note(fhir.Malformedf("equipment of which it is not said whether it was supplied"))
	}
	put(c, &c.equipment, q, e)
}

// concept returns the concept of an extension; nil if there is none.
func concept(extensions []fhir.Extension, name string) *fhir.Concept {
	if e := fhir.In(extensions, name); e != nil {
		return e.ValueCodeableConcept
	}
	return nil
}

func first(list []fhir.Concept) *fhir.Concept {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}
