package interweave

import (
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// readFlag adds an alert (Interweave-Flag). A flag about safeguarding is not an alert. It is added to the
// safeguarding concerns, with its dates and whom to call but without its words.
func (c *chart) readFlag(r *fhir.Resource) {
	x, ok := fhir.Decode[struct {
		Status   string
		Category []fhir.Concept
		Code     *fhir.Concept
		Period   fhir.Period
		Author   fhir.Reference
	}](r, c.cannotRead)
	if !ok || x.Status == mistake {
		return
	}
	said := x.Category
	if x.Code != nil {
		said = append(said, *x.Code)
	}
	if isSafeguarding(said...) {
		item, e := c.item(fetch.Safeguarding, r, "")
		concern := record.SafeguardingConcern{Item: item, RaisedOn: e.Day(x.Period.Start), EndedOn: e.Day(x.Period.End), CallFirst: c.callFirst(e, x.Author)}
		if x.Status != "active" && concern.EndedOn == "" {
			e.Note(fhir.Malformedf("a concern that is over, of which it is not said when it ended"))
		}
		put(c, &c.concerns, concern, e)
		return
	}
	item, e := c.item(fetch.Alerts, r, "")
	item.Provenance.RecordedBy = c.who(x.Author)
	a := record.Alert{Item: item, Kind: e.Code(x.Code, first(x.Category)), Since: e.Day(x.Period.Start), EndedOn: e.Day(x.Period.End), Status: fhir.Mapped(flagStatuses, x.Status, record.EventStatusUnknown)}
	if category := first(x.Category).Words(); category != a.Kind.Display {
		a.Note = record.Text(category)
	}
	put(c, &c.alerts, a, e)
}

var flagStatuses = map[string]record.EventStatus{"active": record.EventStatusInProgress, "inactive": record.EventStatusCompleted}

// safeguarding are Interweave's own codes for it: of a flag's category and of a contact's reason.
var safeguarding = map[string]string{"SGC": "SocialCareFlagCategory", "R-SI": "SocialCareContactReason"}

// isSafeguarding reports whether concepts are about a safeguarding concern, by code or by word. Deprivation
// of liberty safeguards are something else.
func isSafeguarding(concepts ...fhir.Concept) bool {
	for _, x := range concepts {
		words := x.Text
		for _, coding := range x.Coding {
			if system := safeguarding[coding.Code]; system != "" && strings.Contains(coding.System, system) {
				return true
			}
			words += " " + coding.Display
		}
		if strings.Contains(strings.ToLower(words), "safeguarding") {
			return true
		}
	}
	return false
}

// callFirst returns whom to call: the first who is named, with the telephone number of a place; "" if
// nobody is.
func (c *chart) callFirst(e *envelope, refs ...fhir.Reference) record.Text {
	for _, ref := range refs {
		if at := c.place(ref); at.Name != "" {
			return record.Text(strings.TrimSpace(at.Name + " " + string(c.phone(e, at.Telecom))))
		}
		if who := c.who(ref); who != nil {
			return who.Name
		}
	}
	return ""
}
