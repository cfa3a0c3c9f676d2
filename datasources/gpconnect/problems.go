package gpconnect

import (
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type condition struct {
	ClinicalStatus, VerificationStatus string
	Category                           []fhir.Concept
	Severity                           *fhir.Concept
	Code                               *fhir.Concept
	BodySite                           []fhir.Concept
	OnsetDateTime                      string
	OnsetPeriod                        fhir.Period
	OnsetString                        string
	OnsetAge, AbatementAge             *fhir.Quantity
	OnsetRange, AbatementRange         *fhir.Range
	AbatementBoolean                   bool
	AbatementDateTime                  string
	AbatementPeriod                    fhir.Period
	AbatementString                    string
	AssertedDate                       string
	Asserter                           fhir.Reference
	Note                               []fhir.Annotation
	Extension                          []fhir.Extension
}

func (c *chart) readProblem(r *fhir.Resource) {
	x, ok := fhir.Decode[condition](r, c.cannotRead)
	if !ok || x.VerificationStatus == mistake || x.VerificationStatus == "refuted" {
		return
	}
	item, e := c.item(fetch.Problems, r.ID)
	e.recorded(&item, x.AssertedDate, x.Asserter)
	p := record.Problem{
		Item: item, Problem: e.Code(x.Code), Kind: problemKind(x.Category),
		Status:       fhir.Mapped(fhir.ProblemStatuses, x.ClinicalStatus, record.ProblemStatusUnknown),
		Verification: fhir.Mapped(fhir.Verifications, x.VerificationStatus, record.VerificationUnknown),
		BodySite:     fhir.FirstOf(x.BodySite), OnsetOn: e.Day(x.OnsetDateTime, x.OnsetPeriod.Start),
		EndedOn: e.Day(x.AbatementDateTime, x.AbatementPeriod.End, x.AbatementPeriod.Start),
		Note: fhir.Notes(x.Note, r.Undisclosed(), fhir.Span{Age: x.OnsetAge, Range: x.OnsetRange, Text: x.OnsetString}.Words("Onset"),
			fhir.Span{Age: x.AbatementAge, Range: x.AbatementRange, Text: x.AbatementString, IsOver: x.AbatementBoolean}.Words("Ended")), AssertedBy: c.who(x.Asserter),
	}
	if !x.Severity.Empty() {
		p.Severity = fhir.Mapped(fhir.Severities, x.Severity.First(), fhir.Mapped(fhir.Severities, strings.ToLower(x.Severity.Words()), record.SeverityUnknown))
	}
	if p.Severity == record.SeverityUnknown {
		p.Note = fhir.Notes(nil, string(p.Note), fhir.Prefixed("Severity: ", x.Severity.Words()))
	}
	if s := fhir.In(x.Extension, "ProblemSignificance"); s != nil {
		p.Significance = fhir.Mapped(significances, s.ValueCode, "")
	}
	put(c, &c.problems, p, e)
}

func problemKind(categories []fhir.Concept) record.ProblemKind {
	for i := range categories {
		switch categories[i].First() {
		case "problem-list-item":
			return record.ProblemKindProblem
		case "encounter-diagnosis":
			return record.ProblemKindDiagnosis
		}
	}
	return record.ProblemKindUnknown
}
