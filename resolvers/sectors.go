package resolvers

import (
	"context"
	"slices"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// notice is the text of Patient.notice.
const notice = "Some kinds of information are never shown here, whoever the patient is: sexual health and HIV, fertility treatment, " +
	"termination of pregnancy, gender identity, domestic abuse and criminal record. Ask the patient, and check interactions before prescribing. " +
	"Children's social care is not here either: use the child protection service."

// Notice returns the same text for every patient.
func (patientResolver) Notice(context.Context, *record.Patient) (string, error) { return notice, nil }

// LeftOut lists every class that the caller's role, or the break-glass grant, does not allow for this patient.
func (patientResolver) LeftOut(ctx context.Context, obj *record.Patient) ([]record.Class, error) {
	grant, _ := current(ctx).grants.For(obj.NHSNumber)
	return grant.Classes().Without().Classes(), nil
}

// Encounters merges stays, attendances, GP consultations and mental health contacts into one list.
func (patientResolver) Encounters(ctx context.Context, obj *record.Patient, _ int, _ *string) (*record.EncounterConnection, error) {
	return merged[record.Encounter](ctx, obj)
}

// Timeline merges the entries of all sectors, up to now, into one list.
func (patientResolver) Timeline(ctx context.Context, obj *record.Patient, _ []record.Sector, _ int, _ *string) (*record.TimelineConnection, error) {
	return merged[record.TimelineEntry](ctx, obj)
}

// StaySummaries lists the dates and wards of hospital stays.
func (acuteResolver) StaySummaries(ctx context.Context, obj *record.AcuteRecord, _ int, _ *string) (*record.StaySummaryConnection, error) {
	return staySummaries(ctx, obj.Patient)
}

// StaySummaries lists the dates and wards of stays in mental health hospitals.
func (mentalHealthResolver) StaySummaries(ctx context.Context, obj *record.MentalHealthRecord, _ int, _ *string) (*record.StaySummaryConnection, error) {
	return staySummaries(ctx, obj.Patient)
}

func staySummaries(ctx context.Context, patient *record.Patient) (*record.StaySummaryConnection, error) {
	g := new(gathering[*record.StaySummary])
	g.gather(ctx, patient, summaries{patient.NHSNumber})
	return page(g)
}

// summaries reads stays as summaries.
type summaries struct{ of record.NHSNumber }

func (s summaries) Read(ctx context.Context, _ fetch.Kind, a fetch.Answer, subject int) []*record.StaySummary {
	q := current(ctx)
	grant, _ := q.grants.For(s.of)
	stays := fetch.RowsOf[record.Stay](a).Of(subject)
	found := make([]*record.StaySummary, 0, len(stays))
	l := q.lookAt(a)
	defer l.end()
	for i := range stays {
		if q.showable(ctx, l, &stays[i], grant) { // the check includes what the summary leaves out
			summary := stays[i].SummaryOfDates()
			found = append(found, &summary)
		}
	}
	return found
}

func (summaries) Entry(x *record.StaySummary) record.RecordItem { return x }

// Document returns one document with its content; nil if there is none with this id. A document without content is an
// error, not an empty document.
func (patientResolver) Document(ctx context.Context, obj *record.Patient, _ record.ID) (*record.DocumentContent, error) {
	var g gathering[*record.DocumentContent]
	g.gather(ctx, obj, typed[record.DocumentContent, *record.DocumentContent]{})
	switch {
	case len(g.items) > 0 && g.items[0].Text == "" && g.items[0].Base64 == "":
		return nil, record.ErrMalformed
	case len(g.items) > 0:
		return g.items[0], nil
	case len(g.gaps) == 0:
		return nil, nil
	}
	switch g.gaps[0].Reason {
	case record.TimedOut:
		return nil, record.ErrTimeout
	case record.Malformed, record.PartlyUnreadable:
		return nil, record.ErrMalformed
	}
	return nil, record.ErrUnavailable
}

// Acute is what hospitals alone record.
func (patientResolver) Acute(ctx context.Context, obj *record.Patient) (*record.AcuteRecord, error) {
	s := newSector(ctx, obj, "AcuteRecord")
	x := &record.AcuteRecord{Patient: obj}
	x.CurrentStay = inForce(s, "currentStay", func(x *record.Stay) bool { return s.stands(x.DischargedAt, x.DischargedAtPrecision) })
	if s.lacks() {
		*x = record.AcuteRecord{Patient: obj}
	}
	x.Status = s.status()
	return x, nil
}

// Gp is what general practices alone record.
func (patientResolver) Gp(ctx context.Context, obj *record.Patient) (*record.GPRecord, error) {
	s := newSector(ctx, obj, "GPRecord")
	x := &record.GPRecord{Patient: obj}
	x.LastConsultation = inForce(s, "lastConsultation", func(*record.Consultation) bool { return true })
	if s.lacks() {
		*x = record.GPRecord{Patient: obj}
	}
	x.Status = s.status()
	return x, nil
}

// MentalHealth is what mental health trusts alone record.
func (patientResolver) MentalHealth(ctx context.Context, obj *record.Patient) (*record.MentalHealthRecord, error) {
	s := newSector(ctx, obj, "MentalHealthRecord")
	x := &record.MentalHealthRecord{Patient: obj}
	x.CareCoordinator = inForce(s, "careCoordinator", func(x *record.CareCoordinator) bool { return s.goesOn(x.EndedOn) })
	x.ResponsibleClinician = inForce(s, "responsibleClinician", func(x *record.ResponsibleClinician) bool { return s.goesOn(x.EndedOn) })
	x.LegalStatus = inForce(s, "legalStatus", func(x *record.LegalStatus) bool {
		return s.stands(x.EndedAt, x.EndedAtPrecision) && s.stands(x.ExpiresAt, x.ExpiresAtPrecision)
	})
	x.CommunityTreatmentOrder = inForce(s, "communityTreatmentOrder", func(x *record.CommunityTreatmentOrder) bool {
		return s.stands(x.EndedAt, x.EndedAtPrecision) && s.stands(x.ExpiresAt, x.ExpiresAtPrecision)
	})
	x.CareCluster = inForce(s, "careCluster", func(x *record.CareCluster) bool { return s.goesOn(x.EndedOn) })
	if s.lacks() {
		*x = record.MentalHealthRecord{Patient: obj}
	}
	x.Status = s.status()
	return x, nil
}

// SocialCare is what adult social care alone records.
func (patientResolver) SocialCare(ctx context.Context, obj *record.Patient) (*record.SocialCareRecord, error) {
	s := newSector(ctx, obj, "SocialCareRecord")
	x := &record.SocialCareRecord{Patient: obj}
	x.AllocatedWorker = inForce(s, "allocatedWorker", func(x *record.AllocatedWorker) bool { return s.goesOn(x.EndedOn) })
	if reason := inForce(s, "primarySupportReason", func(x *record.SupportReason) bool { return s.goesOn(x.EndedOn) }); reason != nil {
		x.PrimarySupportReason = &reason.Reason
	}
	x.Circumstances = inForce(s, "circumstances", func(*record.Circumstances) bool { return true })
	if s.lacks() {
		*x = record.SocialCareRecord{Patient: obj}
	}
	x.Status = s.status()
	return x, nil
}

// A sector assembles a sector object: the single values that were planned, and their status.
type sector struct {
	ctx       context.Context
	q         *request
	patient   *record.Patient
	typeName  string
	planned   bool
	permitted bool
	barred    bool // a single value that was asked for is not permitted
	found     bool
	gaps      []record.Gap
	pending   bool
}

func newSector(ctx context.Context, patient *record.Patient, typeName string) *sector {
	return &sector{ctx: ctx, q: current(ctx), patient: patient, typeName: typeName}
}

// lacks reports whether the object has a gap, and clears found if so. It is then unknown what is in force, because a
// missing source may hold a later start. What the other sources hold is still in the lists.
func (s *sector) lacks() bool {
	if len(s.gaps) == 0 && !s.pending {
		return false
	}
	s.found = false
	return true
}

// status is the status of the single values that were asked for. One that is not permitted makes the object incomplete;
// if nothing is found among the others, the state is NOT_PERMITTED rather than NONE_RECORDED.
func (s *sector) status() record.Status {
	status := record.Status{State: record.NotPermitted, Gaps: s.gaps, LeftOut: []record.Class{}}
	if s.permitted || !s.planned {
		missing := s.lacks()
		status.State, status.Complete = record.Describe(s.found, missing, false), !missing && !s.barred
		if s.barred && status.State == record.NoneRecorded {
			status.State = record.NotPermitted
		}
	}
	return status
}

// goesOn reports whether something that ends on a day has not ended: it lasts until that day is over.
func (s *sector) goesOn(endedOn record.PartialDate) bool {
	return endedOn == "" || endedOn.Last() >= record.Today(s.q.now)
}

// stands reports whether something that ends at a moment has not ended. If only the day, month or year is known, it
// lasts until that is over.
func (s *sector) stands(endsAt record.DateTime, precision record.Precision) bool {
	return !record.Over(endsAt, precision, s.q.now)
}

// inForce returns the value with the latest start among those that have begun and hold; nil if there is none, or if it
// was not asked for.
func inForce[T any, P pointer[T]](s *sector, name string, holds func(*T) bool) *T {
	p := s.q.planned.singles[s.typeName+"."+name]
	if p == nil || !s.q.plannedFor(p, s.patient.NHSNumber) {
		return nil
	}
	s.planned = true
	var g gathering[*T]
	g.collect(s.ctx, s.q, p, s.patient, typed[T, P]{})
	s.permitted = s.permitted || g.permitted
	s.barred = s.barred || !g.permitted
	s.pending = s.pending || g.pending
	for _, gap := range g.gaps {
		if !slices.Contains(s.gaps, gap) {
			s.gaps = append(s.gaps, gap)
		}
	}
	g.sort(newestFirst)
	for _, item := range g.items {
		begun := P(item).Stand().At()
		if (begun.IsZero() || !begun.After(s.q.now)) && holds(item) {
			s.found = true
			return item
		}
	}
	return nil
}

// Sources lists the sources that hold a class asked for and permitted for this patient, and how each answered.
func (patientResolver) Sources(ctx context.Context, obj *record.Patient) ([]*record.SourceAnswer, error) {
	q := current(ctx)
	grant, _ := q.grants.For(obj.NHSNumber)
	answers := []*record.SourceAnswer{}
	for _, sectorName := range record.Sectors {
		for _, i := range q.root.bySector[sectorName] {
			if !q.concerns(i, grant) {
				continue
			}
			s := &q.root.Sources[i]
			a := &record.SourceAnswer{Sector: s.Sector, Organisation: s.Organisation, State: record.SourceNotAsked}
			asked := func(ask *fetch.Ask) bool {
				return q.counts(ask, obj.NHSNumber) && index(ask, obj.NHSNumber) >= 0
			}
			if load := q.loads[i]; load != nil && !q.setAside(s, obj.NHSNumber) && slices.ContainsFunc(load.asks, asked) {
				if a.State = load.stateFor(obj.NHSNumber); a.State == record.SourceAnswered {
					a.AsOf = record.At(load.at)
				}
			}
			answers = append(answers, a)
		}
	}
	return answers, nil
}

// setAside reports whether what a source answered about a patient is set aside: a council's, about a child by demographics alone.
// Neither `sources` nor the event tells of it, as of any child.
func (q *request) setAside(s *Source, patient record.NHSNumber) bool {
	if s.Sector != record.SocialCare {
		return false
	}
	grant, granted := q.grants.For(patient)
	return granted && !grant.Adult()
}

// concerns reports whether a source's sector has any class that was asked for and may be seen.
func (q *request) concerns(source int, grant interface{ Allows(record.Class) bool }) bool {
	sectorOf := q.root.Sources[source].Sector
	for _, p := range q.planned.all {
		for i := range p.wants {
			if w := &p.wants[i]; grant.Allows(w.class) && slices.Contains(w.sectors, sectorOf) {
				return true
			}
		}
	}
	return false
}
