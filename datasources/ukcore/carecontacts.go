package ukcore

import (
	"slices"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

func (c *chart) addContact(v *visit) {
	item, e := c.item(fetch.CareContacts, v.of, v.of.ID)
	k := record.CareContact{
		Item: item, Kind: v.kind(), Medium: mediumOf(v), Clinician: e.inCharge(v), Reason: v.reason(e),
	}
	k.HeldAt, k.HeldAtPrecision = e.Moment(v.Period.Start)
	k.DurationMinutes = v.minutes(k.HeldAt, k.HeldAtPrecision)
	for _, at := range v.Location {
		if k.Location == "" {
			k.Location = record.Text(e.place(at.Location))
		}
	}
	put(c, &c.careContacts, k, e)
}

// minutes is a duration; nil if start or end is not known to the minute.
func minutes(from, to record.DateTime, begins, ends record.Precision) *int {
	if begins != record.PrecisionTime || ends != record.PrecisionTime || to.Before(from.Time) {
		return nil
	}
	n := int(to.Sub(from.Time) / time.Minute)
	return &n
}

func (v *visit) minutes(from record.DateTime, begins record.Precision) *int {
	return minutes(from, v.ended, begins, v.endedOn)
}

// mediumOf is how the person was seen, from the encounter's type (SNOMED CT) or class.
func mediumOf(v *visit) record.ContactMedium {
	switch {
	case hasCode(v.Type, "185317003"):
		return record.ContactMediumTelephone
	case hasCode(v.Type, "448337001"):
		return record.ContactMediumVideo
	case slices.Contains([]string{"AMB", "HH", "FLD", "EMER"}, v.Class.Code):
		return record.ContactMediumFaceToFace
	}
	return record.ContactMediumUnknown
}

type episodeOfCare struct {
	Status      string
	Period      fhir.Period
	CareManager fhir.Reference
	Team        references
}

// readEpisode reads the care manager of an EpisodeOfCare, who is the care coordinator once the episode has
// begun. A planned or waitlisted episode has not.
func (c *chart) readEpisode(r *fhir.Resource) {
	x, ok := fhir.Decode[episodeOfCare](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Status == "cancelled" || x.Status == "planned" || x.Status == "waitlist" {
		return
	}
	item, e := c.item(fetch.CareCoordinators, r, r.ID)
	who := e.who(x.CareManager)
	if who == nil {
		if x.CareManager.Reference != "" || x.CareManager.Identifier != nil {
			c.incomplete(fetch.CareCoordinators) // someone whose name did not come
		}
		return
	}
	k := record.CareCoordinator{
		Item: item, Name: who.Name, Role: who.Role, Team: record.Text(e.place(x.Team...)), StartedOn: e.Day(x.Period.Start), EndedOn: e.Day(x.Period.End),
	}
	e.ends(x.Status == "finished", k.EndedOn != "")
	put(c, &c.coordinators, k, e)
}
