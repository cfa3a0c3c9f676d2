package ukcore

import (
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type condition struct {
	ClinicalStatus, VerificationStatus *fhir.Concept
	Category                           []fhir.Concept
	Severity                           *fhir.Concept
	Code                               *fhir.Concept
	BodySite                           []fhir.Concept
	Encounter                          fhir.Reference
	OnsetDateTime                      string
	OnsetPeriod                        fhir.Period
	OnsetString                        string
	OnsetAge, AbatementAge             *fhir.Quantity
	OnsetRange, AbatementRange         *fhir.Range
	AbatementDateTime                  string
	AbatementPeriod                    fhir.Period
	AbatementString                    string
	RecordedDate                       string
	Recorder, Asserter                 fhir.Reference
	Stage                              []struct{ Summary, Type *fhir.Concept }
	Note                               []fhir.Annotation
}

func (c *chart) readProblem(r *fhir.Resource) {
	x, ok := fhir.Decode[condition](r, c.cannotRead)
	if !ok || x.VerificationStatus.Says("entered-in-error", "refuted") {
		return
	}
	item, e := c.item(fetch.Problems, r, r.ID)
	e.recorded(&item, x.RecordedDate, x.Recorder)
	p := record.Problem{
		Item: item, Problem: e.Code(x.Code), Kind: problemKind(x.Category),
		Status:       fhir.MappedOf(fhir.ProblemStatuses, x.ClinicalStatus, record.ProblemStatusUnknown),
		Verification: fhir.MappedOf(fhir.Verifications, x.VerificationStatus, record.VerificationUnknown),
		BodySite:     fhir.FirstOf(x.BodySite), OnsetOn: e.Day(x.OnsetDateTime, x.OnsetPeriod.Start),
		EndedOn: e.Day(x.AbatementDateTime, x.AbatementPeriod.End, x.AbatementPeriod.Start),
		Note: fhir.Notes(x.Note, fhir.Span{Age: x.OnsetAge, Range: x.OnsetRange, Text: x.OnsetString}.Words("Onset"),
			fhir.Span{Age: x.AbatementAge, Range: x.AbatementRange, Text: x.AbatementString}.Words("Ended"), x.stages(), sitesBeside(x.BodySite)), AssertedBy: e.who(x.Asserter),
	}
	if !x.Severity.Empty() {
		p.Severity = fhir.MappedOf(fhir.Severities, x.Severity, fhir.Mapped(fhir.Severities, strings.ToLower(x.Severity.Words()), record.SeverityUnknown))
		if p.Severity == record.SeverityUnknown {
			p.Note = fhir.Notes(nil, string(p.Note), fhir.Prefixed("Severity: ", x.Severity.Words()))
		}
	}
	if put(c, &c.problems, p, e) {
		c.foundAt(x.Encounter, finding{diagnosis: certain(&p.Problem, x.VerificationStatus), key: r.Key()})
	}
}

// stages is the stage of a condition, such as a cancer.
func (x *condition) stages() string {
	var all []string
	for _, stage := range x.Stage {
		all = append(all, fhir.Joined(": ", stage.Type.Words(), stage.Summary.Words()))
	}
	return fhir.Prefixed("Stage: ", fhir.Joined(", ", all...))
}

// sitesBeside is the text about all body sites but the first.
func sitesBeside(sites []fhir.Concept) string {
	return fhir.Prefixed("Body site also: ", wordsOf(sites[min(1, len(sites)):]))
}

// problemKind is the kind of a problem. A Condition without a category is on the problem list.
func problemKind(categories []fhir.Concept) record.ProblemKind {
	switch {
	case hasCode(categories, "encounter-diagnosis"):
		return record.ProblemKindDiagnosis
	case hasCode(categories, "problem-list-item"), len(categories) == 0:
		return record.ProblemKindProblem
	case hasCode(categories, "health-concern"):
		return record.ProblemKindConcern
	}
	return record.ProblemKindUnknown
}

type procedure struct {
	Status                  string
	Category, Code, Outcome *fhir.Concept
	StatusReason            *fhir.Concept
	Encounter, Location     fhir.Reference
	PerformedDateTime       string
	PerformedPeriod         fhir.Period
	PerformedString         string
	PerformedAge            *fhir.Quantity
	PerformedRange          *fhir.Range
	Recorder                fhir.Reference
	Performer               []struct{ Actor fhir.Reference }
	ReasonCode, BodySite    []fhir.Concept
	ReasonReference         references
	Complication, FollowUp  []fhir.Concept
	Note                    []fhir.Annotation
}

func (c *chart) readProcedure(r *fhir.Resource) {
	x, ok := fhir.Decode[procedure](r, c.cannotRead)
	if !ok || withdrawn(x.Status) {
		return
	}
	item, e := c.item(fetch.Procedures, r, r.ID)
	e.recorded(&item, "", x.Recorder)
	p := record.Procedure{
		Item: item, Procedure: e.Code(x.Code), Category: x.Category.Ptr(), Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown),
		PerformedOn: e.Day(x.PerformedDateTime, x.PerformedPeriod.Start), Reason: e.reason(x.ReasonCode, x.ReasonReference),
		BodySite: fhir.FirstOf(x.BodySite), Outcome: x.Outcome.Ptr(), Location: record.Text(e.place(x.Location)),
		Note: fhir.Notes(x.Note, fhir.Span{Age: x.PerformedAge, Range: x.PerformedRange, Text: x.PerformedString}.Words("Performed"), x.StatusReason.Words(),
			fhir.Prefixed("Complications: ", wordsOf(x.Complication)), fhir.Prefixed("To follow: ", wordsOf(x.FollowUp)), sitesBeside(x.BodySite)),
	}
	if at, precision := e.Moment(x.PerformedDateTime, x.PerformedPeriod.Start); precision == record.PrecisionTime {
		p.PerformedAt, p.PerformedAtPrecision = at, precision
		p.PerformedOn = record.PartialDate(record.Today(at.Time)) // London time, as shown; a server may write UTC
	}
	p.EndedAt, p.EndedAtPrecision = e.Moment(x.PerformedPeriod.End)
	var actors []fhir.Reference
	for _, performer := range x.Performer {
		actors = append(actors, performer.Actor)
	}
	p.Performer = e.performer(actors...)
	if put(c, &c.procedures, p, e) {
		c.doneAt(x.Encounter, &p)
	}
}

// doneAt adds a procedure to its stay. Procedures of a stay have no status there, so one that was not done
// or is still planned is left out, and one of any other status, such as stopped or unknown, is a gap.
func (c *chart) doneAt(ref fhir.Reference, p *record.Procedure) {
	switch p.Status {
	case record.EventStatusCompleted, record.EventStatusInProgress:
		c.foundAt(ref, finding{procedure: &p.Procedure, on: p.PerformedOn})
	case record.EventStatusNotDone, record.EventStatusPlanned:
	default:
		if v := c.visitAt(ref); v != nil && (v.bed || c.above(v) != nil) {
			c.incomplete(fetch.Stays)
		}
	}
}
