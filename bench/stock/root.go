package stock

import (
	"context"
	"slices"
	"time"

	"carerecord/graph"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// root resolves what is in the benchmark. What is not is a method of a nil interface, of
// which the recover function makes errAbsent.
type root struct{ s *Server }

func (r root) Query() graph.QueryResolver                           { return query{} }
func (r root) Mutation() graph.MutationResolver                     { return nil }
func (r root) OptOutRequest() graph.OptOutRequestResolver           { return nil }
func (r root) Patient() graph.PatientResolver                       { return patient{} }
func (r root) AcuteRecord() graph.AcuteRecordResolver               { return acute{} }
func (r root) GPRecord() graph.GPRecordResolver                     { return practice{} }
func (r root) MentalHealthRecord() graph.MentalHealthRecordResolver { return mental{} }
func (r root) SocialCareRecord() graph.SocialCareRecordResolver     { return council{} }

type query struct{ graph.QueryResolver }

func (query) Patient(ctx context.Context, number record.NHSNumber) (*record.Patient, error) {
	q := current(ctx)
	decisions, err := q.decide(ctx, []record.NHSNumber{number})
	if err != nil {
		return nil, err
	}
	decision := decisions[number]
	if err := decision.Err(); err != nil {
		return nil, err
	}
	return q.person(ctx, decision)
}

func (query) Patients(ctx context.Context, numbers []record.NHSNumber) ([]*record.PatientEntry, error) {
	q := current(ctx)
	decisions, err := q.decide(ctx, numbers)
	if err != nil {
		return nil, err
	}
	entries := make([]*record.PatientEntry, len(numbers))
	errs := make(chan error, len(numbers))
	for i, number := range numbers {
		entries[i] = &record.PatientEntry{NHSNumber: number}
		decision := decisions[number]
		if decision.Outcome != consent.Shown {
			entries[i].Refusal = &record.Refusal{Code: record.RefusalCode(decision.Outcome), Message: decision.Err().Error()}
			errs <- nil
			continue
		}
		go func() { // so that the loads of all patients come together; ends with its load
			var err error
			entries[i].Patient, err = q.person(ctx, decision)
			errs <- err
		}()
	}
	for range numbers {
		if err := <-errs; err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// person is a patient with what demographics says.
func (q *request) person(ctx context.Context, decision consent.Decision) (*record.Patient, error) {
	p := &record.Patient{ID: q.s.ids.Person(decision.Patient), NHSNumber: decision.Patient}
	answered, err := q.load(ctx, loaderKey{source: 0, kind: fetch.Persons}, decision.Patient)()
	if err != nil {
		return nil, err
	}
	p.Demographics = &record.SourceStatus{State: record.Recorded, Complete: true, Gaps: []record.Gap{}, LeftOut: []record.Class{}}
	for _, person := range fetch.RowsOf[record.Person](answered.answer).Of(answered.subject) {
		p.Person = person
		if years, known := record.Age(person.DateOfBirth, record.Today(q.now)); known {
			p.Age = &years
		}
	}
	return p, nil
}

type patient struct{ graph.PatientResolver }

func (patient) Allergies(ctx context.Context, obj *record.Patient, status record.AllergyFilter) (*record.AllergyList, error) {
	return list[record.Allergy](ctx, obj, reading{clinical, fetch.Allergies, fetch.Filter{Status: string(status)}, 1})
}

func (patient) Medications(ctx context.Context, obj *record.Patient, status *record.MedicationFilter) (*record.MedicationList, error) {
	r := reading{sectors: clinical, kind: fetch.Medications}
	if status != nil {
		r.filter.Status = string(*status)
	}
	return list[record.Medication](ctx, obj, r)
}

func (patient) Problems(ctx context.Context, obj *record.Patient, status *record.ProblemFilter) (*record.ProblemList, error) {
	r := reading{sectors: clinical, kind: fetch.Problems}
	if status != nil {
		r.filter.Status = string(*status)
	}
	return list[record.Problem](ctx, obj, r)
}

func (patient) Immunisations(ctx context.Context, obj *record.Patient) (*record.ImmunisationList, error) {
	return list[record.Immunisation](ctx, obj, reading{sectors: clinical, kind: fetch.Immunisations})
}

func (patient) Procedures(ctx context.Context, obj *record.Patient) (*record.ProcedureList, error) {
	return list[record.Procedure](ctx, obj, reading{sectors: clinical, kind: fetch.Procedures})
}

func (patient) Results(ctx context.Context, obj *record.Patient, _ *record.CodeInput, _ *record.Date, first int, _ *string) (*record.ResultConnection, error) {
	return connection[record.Result](ctx, obj, reading{sectors: clinical, kind: fetch.Results}, first)
}

func (patient) VitalSigns(ctx context.Context, obj *record.Patient, _ *record.CodeInput, _ *record.Date, first int, _ *string) (*record.VitalSignConnection, error) {
	return connection[record.VitalSign](ctx, obj, reading{sectors: clinical, kind: fetch.VitalSigns, children: 1}, first)
}

func (patient) Documents(ctx context.Context, obj *record.Patient, first int, _ *string) (*record.DocumentConnection, error) {
	return connection[record.Document](ctx, obj, reading{sectors: everywhere, kind: fetch.Documents}, first)
}

func (patient) CarePlans(ctx context.Context, obj *record.Patient) (*record.CarePlanList, error) {
	return list[record.CarePlan](ctx, obj, reading{sectors: everywhere, kind: fetch.CarePlans, children: 1})
}

func (patient) CareTeam(ctx context.Context, obj *record.Patient) (*record.CareTeamMemberList, error) {
	return list[record.CareTeamMember](ctx, obj, reading{sectors: everywhere, kind: fetch.CareTeam})
}

func (patient) Encounters(ctx context.Context, obj *record.Patient, first int, _ *string) (*record.EncounterConnection, error) {
	var all []record.Encounter
	more := fetch.Filter{First: first + 1}
	stays, status, err := gather[record.Stay](ctx, obj.NHSNumber, reading{[]record.Sector{record.Acute, record.MentalHealth}, fetch.Stays, more, 0})
	if err != nil {
		return nil, err
	}
	attendances, _, err := gather[record.Attendance](ctx, obj.NHSNumber, reading{[]record.Sector{record.Acute}, fetch.Attendances, more, 0})
	if err != nil {
		return nil, err
	}
	consultations, _, err := gather[record.Consultation](ctx, obj.NHSNumber, reading{[]record.Sector{record.GP}, fetch.Consultations, more, 0})
	if err != nil {
		return nil, err
	}
	contacts, _, err := gather[record.CareContact](ctx, obj.NHSNumber, reading{[]record.Sector{record.MentalHealth}, fetch.CareContacts, more, 0})
	if err != nil {
		return nil, err
	}
	all = slices.Concat(encounters(stays), encounters(attendances), encounters(consultations), encounters(contacts))
	sortNewest(all, func(x record.Encounter) record.RecordItem { return x })
	status.State = record.Describe(len(all) > 0, false, false)
	return page(all, status, first), nil
}

func encounters[T record.Encounter](items []T) []record.Encounter {
	all := make([]record.Encounter, len(items))
	for i, item := range items {
		all[i] = item
	}
	return all
}

func (patient) Acute(ctx context.Context, obj *record.Patient) (*record.AcuteRecord, error) {
	stay, err := inForce[record.Stay](ctx, obj, record.Acute, fetch.Stays, fetch.Filter{Status: "CURRENT"})
	return &record.AcuteRecord{Patient: obj, CurrentStay: stay, Status: whole(stay != nil)}, err
}

func (patient) Gp(ctx context.Context, obj *record.Patient) (*record.GPRecord, error) {
	last, err := inForce[record.Consultation](ctx, obj, record.GP, fetch.Consultations, fetch.Filter{First: 1, When: fetch.UpToNow})
	return &record.GPRecord{Patient: obj, LastConsultation: last, Status: whole(last != nil)}, err
}

func (patient) MentalHealth(ctx context.Context, obj *record.Patient) (*record.MentalHealthRecord, error) {
	coordinator, err := inForce[record.CareCoordinator](ctx, obj, record.MentalHealth, fetch.CareCoordinators, fetch.Filter{})
	if err != nil {
		return nil, err
	}
	legal, err := inForce[record.LegalStatus](ctx, obj, record.MentalHealth, fetch.LegalStatuses, fetch.Filter{})
	return &record.MentalHealthRecord{Patient: obj, CareCoordinator: coordinator, LegalStatus: legal, Status: whole(coordinator != nil || legal != nil)}, err
}

func (patient) SocialCare(ctx context.Context, obj *record.Patient) (*record.SocialCareRecord, error) {
	worker, err := inForce[record.AllocatedWorker](ctx, obj, record.SocialCare, fetch.AllocatedWorkers, fetch.Filter{})
	if err != nil {
		return nil, err
	}
	x := &record.SocialCareRecord{Patient: obj, AllocatedWorker: worker, Status: whole(worker != nil)}
	reason, err := inForce[record.SupportReason](ctx, obj, record.SocialCare, fetch.SupportReasons, fetch.Filter{})
	if reason != nil {
		x.PrimarySupportReason = &reason.Reason
	}
	return x, err
}

func (patient) Sources(ctx context.Context, _ *record.Patient) ([]*record.SourceAnswer, error) {
	var answers []*record.SourceAnswer
	for _, source := range current(ctx).s.sources {
		answers = append(answers, &record.SourceAnswer{Sector: source.Sector, Organisation: source.Org, State: record.SourceAnswered, AsOf: record.At(time.Now())})
	}
	return answers, nil
}

// whole is the status of a sector object without a gap: a source that fails is an error
// here.
func whole(found bool) record.Status {
	return record.Status{State: record.Describe(found, false, false), Complete: true, Gaps: []record.Gap{}, LeftOut: []record.Class{}}
}

type acute struct{ graph.AcuteRecordResolver }

func (acute) Stays(ctx context.Context, obj *record.AcuteRecord, first int, _ *string) (*record.StayConnection, error) {
	return connection[record.Stay](ctx, obj.Patient, reading{sectors: []record.Sector{record.Acute}, kind: fetch.Stays, children: 3}, first)
}

func (acute) Attendances(ctx context.Context, obj *record.AcuteRecord, first int, _ *string) (*record.AttendanceConnection, error) {
	return connection[record.Attendance](ctx, obj.Patient, reading{sectors: []record.Sector{record.Acute}, kind: fetch.Attendances, children: 1}, first)
}

type practice struct{ graph.GPRecordResolver }

func (practice) Consultations(ctx context.Context, obj *record.GPRecord, first int, _ *string) (*record.ConsultationConnection, error) {
	return connection[record.Consultation](ctx, obj.Patient, reading{sectors: []record.Sector{record.GP}, kind: fetch.Consultations}, first)
}

type mental struct {
	graph.MentalHealthRecordResolver
}

func ofMind(kind fetch.Kind) reading {
	return reading{sectors: []record.Sector{record.MentalHealth}, kind: kind}
}

func (mental) CarePlans(ctx context.Context, obj *record.MentalHealthRecord) (*record.CarePlanList, error) {
	return list[record.CarePlan](ctx, obj.Patient, ofMind(fetch.CarePlans))
}

func (mental) Assessments(ctx context.Context, obj *record.MentalHealthRecord) (*record.MentalHealthAssessmentList, error) {
	return list[record.MentalHealthAssessment](ctx, obj.Patient, ofMind(fetch.Assessments))
}

func (mental) Contacts(ctx context.Context, obj *record.MentalHealthRecord, first int, _ *string) (*record.CareContactConnection, error) {
	return connection[record.CareContact](ctx, obj.Patient, ofMind(fetch.CareContacts), first)
}

type council struct{ graph.SocialCareRecordResolver }

func ofCouncil(kind fetch.Kind) reading {
	return reading{sectors: []record.Sector{record.SocialCare}, kind: kind}
}

func (council) Services(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareServiceList, error) {
	return list[record.SocialCareService](ctx, obj.Patient, ofCouncil(fetch.Services))
}

func (council) Assessments(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareAssessmentList, error) {
	return list[record.SocialCareAssessment](ctx, obj.Patient, ofCouncil(fetch.SocialCareAssessments))
}

func (council) Requests(ctx context.Context, obj *record.SocialCareRecord) (*record.SocialCareRequestList, error) {
	return list[record.SocialCareRequest](ctx, obj.Patient, ofCouncil(fetch.Requests))
}
