package ukcore

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type carePlan struct {
	Status, Title, Description, Created string
	Intent                              string
	Category                            []fhir.Concept
	Period                              fhir.Period
	Author                              fhir.Reference
	CareTeam, Addresses, Goal           references
	Activity                            []json.RawMessage
	Note                                []fhir.Annotation
}

type activity struct {
	Reference fhir.Reference
	Detail    struct {
		Code         *fhir.Concept
		Status       string
		DoNotPerform bool
		Description  string
		Location     fhir.Reference

		ProductCodeableConcept *fhir.Concept
		ProductReference       fhir.Reference
		DailyAmount, Quantity  *fhir.Quantity
	}
}

type goal struct {
	LifecycleStatus   string
	AchievementStatus *fhir.Concept
	Description       *fhir.Concept
	Target            []target
}

type target struct {
	fhir.Detail
	Measure               *fhir.Concept
	DetailCodeableConcept *fhir.Concept
	DueDate               string
}

// readPlan reads a care plan with those of its parts that may be shown.
func (c *chart) readPlan(r *fhir.Resource) {
	x, ok := fhir.Decode[carePlan](r, c.cannotRead)
	if !ok || withdrawn(x.Status) {
		return
	}
	item, e := c.item(fetch.CarePlans, r, r.ID)
	e.recorded(&item, x.Created, x.Author)
	p := record.CarePlan{
		Item: item, Kind: e.Code(x.kind()), Title: record.Text(x.Title), Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown),
		StartedOn: e.Day(x.Period.Start, x.Created), EndedOn: e.Day(x.Period.End), Author: e.performer(x.Author), Team: record.Text(e.place(x.CareTeam...)),
		Addresses: e.reason(nil, x.Addresses),
	}
	if x.Period.Start == "" && p.EndedOn != "" && p.StartedOn > p.EndedOn { // created after it ended
		p.StartedOn = ""
	}
	p.Title = record.Text(cmp.Or(x.Title, p.Kind.Display))
	for _, part := range []record.CarePlanSection{{Heading: "Description", Text: record.Text(x.Description)}, {Heading: "Note", Text: fhir.Notes(x.Note, intention(x.Intent))}} {
		if part.Text != "" {
			p.Sections = append(p.Sections, part)
		}
	}
	c.activities(&p, &x, e)
	c.goals(&p, &x, e)
	put(c, &c.plans, p, e)
}

// kind is the SNOMED CT category if there is one; some systems put their own before it.
func (x *carePlan) kind() *fhir.Concept {
	for i := range x.Category {
		for _, coding := range x.Category[i].Coding {
			if coding.System == "http://snomed.info/sct" {
				return &x.Category[i]
			}
		}
	}
	if len(x.Category) > 0 {
		return &x.Category[0]
	}
	return &fhir.Concept{Text: cmp.Or(x.Title, "Care plan")}
}

func (c *chart) activities(p *record.CarePlan, x *carePlan, e *envelope) {
	for _, raw := range x.Activity {
		var a activity
		switch {
		case c.hides(raw):
			continue
		case json.Unmarshal(raw, &a) != nil:
			e.Note(fhir.Malformedf("an activity that cannot be read"))
			continue
		case a.Detail.DoNotPerform: // the record has no place for "do not do"
			c.incomplete(fetch.CarePlans)
			continue
		}
		of, stands := e.referent(a.Reference)
		if !stands || withdrawn(a.Detail.Status) {
			continue
		}
		p.Activities = append(p.Activities, record.CarePlanActivity{
			Activity: a.what(&of, a.product(e)), Status: a.status(&of), Location: record.Text(e.place(a.Detail.Location)),
		})
	}
	p.Activities = showable(p.Activities, func(a *record.CarePlanActivity) bool { return c.shownCodes(a.Codes, a.Words) })
}

// what is what is to be done, from the plan or from the request that it refers to. A description, a product
// and how much of it are added to it as text.
func (a *activity) what(of *referent, product *record.Code) record.Code {
	code := a.Detail.Code.Ptr()
	if code == nil && product == nil {
		code = cmp.Or(of.Code.Ptr(), of.Medicine.Ptr())
	}
	amounts := fhir.Joined(", ", fhir.Prefixed("daily amount ", a.Detail.DailyAmount.String()), fhir.Prefixed("quantity ", a.Detail.Quantity.String()))
	what := cmp.Or(code, product)
	if what == nil {
		return record.Code{Display: fhir.Joined(": ", cmp.Or(a.Detail.Description, a.Reference.Display, "Activity"), amounts)}
	}
	var words []string
	for _, text := range []string{wordsIn(code), a.Detail.Description, wordsIn(product), amounts} {
		if !slices.ContainsFunc(words, func(said string) bool { return strings.EqualFold(said, text) }) {
			words = append(words, text)
		}
	}
	return worded(*what, fhir.Joined(": ", words...))
}

// product is the medicine or other product of an activity; nil if there is none. One that did not come and
// has no display text is a gap.
func (a *activity) product(e *envelope) *record.Code {
	if code := a.Detail.ProductCodeableConcept.Ptr(); code != nil {
		return code
	}
	ref := a.Detail.ProductReference
	x, stands := e.referent(ref)
	switch code := x.Code.Ptr(); {
	case !stands, ref == fhir.Reference{}:
		return nil
	case code != nil:
		return code
	case ref.Display != "":
		return &record.Code{Display: ref.Display}
	}
	e.chart.incomplete(e.kind)
	return nil
}

// status is the progress of an activity. An active request does not mean that it has started.
func (a *activity) status(of *referent) record.EventStatus {
	if of.Status == "active" {
		of.Status = ""
	}
	return fhir.Mapped(eventStatuses, cmp.Or(a.Detail.Status, of.Status), record.EventStatusUnknown)
}

func (c *chart) goals(p *record.CarePlan, x *carePlan, e *envelope) {
	for _, ref := range x.Goal {
		if c.isWithheld(ref) {
			continue
		}
		r := c.meant("Goal", ref)
		if c.isMissing("Goal", ref) {
			c.incomplete(fetch.CarePlans)
		}
		if r == nil && ref.Display != "" {
			p.Goals = append(p.Goals, record.CarePlanGoal{Goal: record.Code{Display: ref.Display}, Status: record.EventStatusUnknown})
		}
		if r == nil || r.Type != "Goal" {
			continue
		}
		g, ok := known[goal](c, r)
		if !ok || withdrawn(g.LifecycleStatus) {
			continue
		}
		var said record.CarePlanGoal
		var achieved string
		said.Status, achieved = g.status()
		if said.Goal, ok = g.Description.Record(); !ok {
			said.Goal = record.Code{Display: "Goal"}
		}
		var targets []string
		for _, t := range g.Target {
			if on := e.Day(t.DueDate); on != "" {
				said.DueOn = on
			}
			if target := strings.TrimSpace(t.Measure.Words() + " " + t.Words(t.DetailCodeableConcept.Words())); target != "" {
				targets = append(targets, target)
			}
		}
		said.Target = record.Text(fhir.Joined("; ", append(targets, achieved)...))
		p.Goals = append(p.Goals, said)
	}
	p.Goals = showable(p.Goals, func(g *record.CarePlanGoal) bool { return c.shownCodes(g.Codes, g.Words) })
}

// status is how a goal stands, and in words what its achievement says beside that. A goal that is no longer
// sought and was not reached is stopped.
func (g *goal) status() (status record.EventStatus, achieved string) {
	status = fhir.Mapped(eventStatuses, g.LifecycleStatus, record.EventStatusUnknown)
	begun, over := status == record.EventStatusPlanned || status == record.EventStatusInProgress, status == record.EventStatusCompleted
	switch a := g.AchievementStatus; {
	case a.Says("achieved", "sustaining"):
		return record.EventStatusCompleted, ""
	case begun && a.Says("in-progress"):
		return record.EventStatusInProgress, ""
	case begun && a.Says("improving", "worsening", "no-change", "not-achieved", "no-progress"): // accepted and under way
		status = record.EventStatusInProgress
	case over && a.Says("in-progress", "improving", "worsening", "no-change", "not-achieved", "no-progress", "not-attainable"):
		status = record.EventStatusStopped
	case over && !a.Empty():
		status = record.EventStatusUnknown
	}
	return status, fhir.Prefixed("Achievement: ", g.AchievementStatus.Words())
}

type careTeam struct {
	Status, Name         string
	Category             []fhir.Concept
	Period               fhir.Period
	Participant          []json.RawMessage
	ManagingOrganization references
}

type participant struct {
	Role       []fhir.Concept
	Member     fhir.Reference
	OnBehalfOf fhir.Reference
	Period     fhir.Period
}

// readTeam makes an entry of each professional in a team, unless the team is only proposed. It does not
// list the patient and their family.
func (c *chart) readTeam(r *fhir.Resource) {
	x, ok := fhir.Decode[careTeam](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Status == "proposed" {
		return
	}
	for _, raw := range x.Participant {
		var p participant
		switch {
		case c.hides(raw):
			continue
		case json.Unmarshal(raw, &p) != nil:
			c.cannotRead(r.Type)
			continue
		}
		who := (&envelope{chart: c, kind: fetch.CareTeam, of: r}).performer(p.Member)
		if who == nil {
			t := cmp.Or(fhir.TypeOf(fhir.KeyOf(p.Member.Reference)), p.Member.Type)
			if id := p.Member.Identifier; t == "" && id != nil && id.System != fhir.NHSNumberSystem {
				t = "somebody"
			}
			if t != "" && t != "Patient" && t != "RelatedPerson" {
				c.incomplete(fetch.CareTeam) // someone whose name did not come
			}
			continue
		}
		item, e := c.item(fetch.CareTeam, r, r.ID+"."+p.key(c, who))
		m := record.CareTeamMember{
			Item: item, Name: who.Name, Role: record.Text(cmp.Or(wordsOf(p.Role), string(who.Role))), Kind: fhir.FirstOf(p.Role),
			Team: record.Text(cmp.Or(x.Name, wordsOf(x.Category))), Organisation: e.organisation(append(references{p.OnBehalfOf}, x.ManagingOrganization...)...),
			Since: e.Day(p.Period.Start, x.Period.Start), EndedOn: e.Day(p.Period.End, x.Period.End),
		}
		e.ends(x.Status == "inactive", m.EndedOn != "")
		put(c, &c.team, m, e)
	}
}

// key tells a member from the others of the team by who they are and their role. Their place in the list would
// pass to the next when they leave.
func (p *participant) key(c *chart, who *record.Practitioner) string {
	member := strings.Join(p.Member.Identifiers(), "")
	if ref := p.Member.Reference; ref != "" && !strings.HasPrefix(ref, "#") { // what is contained may be numbered
		member = c.keyAt(ref)
	}
	h := fnv.New64a()
	h.Write([]byte(cmp.Or(member, string(who.Name)) + "\x00" + wordsOf(p.Role)))
	return strconv.FormatUint(h.Sum64(), 16)
}
