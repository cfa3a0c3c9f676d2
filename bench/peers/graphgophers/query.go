package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/graph-gophers/graphql-go"
)

type query struct{}

// Patient is one record; null for nobody.
func (query) Patient(ctx context.Context, args struct{ NHSNumber NHSNumber }) (*Patient, error) {
	found, err := people(ctx, []string{string(args.NHSNumber)})
	if err != nil {
		return nil, err
	}
	return found[string(args.NHSNumber)], nil
}

type (
	// A PatientEntry is one position of a list of patients.
	PatientEntry struct {
		NHSNumber NHSNumber
		Refusal   *Refusal
		Patient   *Patient
	}
	// A Refusal is for a number of nobody.
	Refusal struct{ Code, Message string }
)

// Patients are many records, in the order asked.
func (query) Patients(ctx context.Context, args struct{ NHSNumbers []NHSNumber }) ([]*PatientEntry, error) {
	numbers := make([]string, len(args.NHSNumbers))
	for i, number := range args.NHSNumbers {
		numbers[i] = string(number)
	}
	found, err := people(ctx, numbers)
	if err != nil {
		return nil, err
	}
	all := make([]*PatientEntry, len(numbers))
	for i, number := range args.NHSNumbers {
		all[i] = &PatientEntry{NHSNumber: number, Patient: found[string(number)]}
		if all[i].Patient == nil {
			all[i].Refusal = &Refusal{"PATIENT_NOT_FOUND", "No such patient."}
		}
	}
	return all, nil
}

// A Patient is who somebody is; the lists are read when they are asked for.
type Patient struct {
	NHSNumber   NHSNumber
	Name        *HumanName
	DateOfBirth *PartialDate
	Gender      *string
	diedAt      *time.Time
}

func people(ctx context.Context, numbers []string) (map[string]*Patient, error) {
	rows, err := sources["DEMOGRAPHICS"].pool.Query(ctx, "SELECT nhs_number, coalesce(name_full, concat_ws(' ', array_to_string(name_given, ' '), name_family)), born_on, gender, died_at FROM person WHERE nhs_number = ANY ($1::text[])", numbers)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[string]*Patient, len(numbers))
	for rows.Next() {
		p := &Patient{Name: &HumanName{}}
		var number string
		if err := rows.Scan(&number, &p.Name.Full, &p.DateOfBirth, &p.Gender, &p.diedAt); err != nil {
			return nil, err
		}
		p.NHSNumber = NHSNumber(number)
		found[number] = p
	}
	return found, rows.Err()
}

func (p *Patient) number() string { return string(p.NHSNumber) }

// ID is the number: nothing is opaque here.
func (p *Patient) ID() graphql.ID { return graphql.ID(p.NHSNumber) }

// Age is in whole years, today or on the day of death.
func (p *Patient) Age() *int32 {
	if p.DateOfBirth == nil {
		return nil
	}
	born, err := time.Parse(time.DateOnly, string(*p.DateOfBirth))
	if err != nil {
		return nil
	}
	on := time.Now()
	if p.diedAt != nil {
		on = *p.diedAt
	}
	years := int32(on.Year() - born.Year())
	if on.Month() < born.Month() || on.Month() == born.Month() && on.Day() < born.Day() {
		years--
	}
	return &years
}

type (
	pageOf struct{ First int32 }
	narrow struct{ Status *string }
)

func (n narrow) arguments() (a arguments) {
	if n.Status != nil {
		a.status = *n.Status
	}
	return a
}

func (p pageOf) arguments() arguments { return arguments{first: int(p.First)} }

func (p *Patient) Allergies(ctx context.Context, args struct{ Status string }) (*List[Allergy], error) {
	return list[Allergy](ctx, allergyList, clinical, p.number(), arguments{status: args.Status})
}
func (p *Patient) Medications(ctx context.Context, args narrow) (*List[Medication], error) {
	return list[Medication](ctx, medicationList, clinical, p.number(), args.arguments())
}
func (p *Patient) Problems(ctx context.Context, args narrow) (*List[Problem], error) {
	return list[Problem](ctx, problemList, clinical, p.number(), args.arguments())
}
func (p *Patient) Immunisations(ctx context.Context) (*List[Immunisation], error) {
	return list[Immunisation](ctx, immunisationList, clinical, p.number(), arguments{})
}
func (p *Patient) Procedures(ctx context.Context) (*List[Procedure], error) {
	return list[Procedure](ctx, procedureList, clinical, p.number(), arguments{})
}
func (p *Patient) Results(ctx context.Context, args pageOf) (*List[Result], error) {
	return list[Result](ctx, resultList, clinical, p.number(), args.arguments())
}
func (p *Patient) VitalSigns(ctx context.Context, args pageOf) (*List[VitalSign], error) {
	return list[VitalSign](ctx, vitalSignList, clinical, p.number(), args.arguments())
}
func (p *Patient) Documents(ctx context.Context, args pageOf) (*List[Document], error) {
	return list[Document](ctx, documentList, everywhere, p.number(), args.arguments())
}
func (p *Patient) CarePlans(ctx context.Context) (*List[CarePlan], error) {
	return list[CarePlan](ctx, carePlanList, everywhere, p.number(), arguments{})
}
func (p *Patient) CareTeam(ctx context.Context) (*List[CareTeamMember], error) {
	return list[CareTeamMember](ctx, careTeamList, everywhere, p.number(), arguments{})
}

// An Encounter is a stay, an attendance, a consultation or a contact.
type Encounter struct {
	*Item
	kind, reason       Code
	startedAt, endedAt *time.Time
}

func (e *Encounter) targets() []any       { return nil }
func (e *Encounter) Sector() string       { return e.source.Sector }
func (e *Encounter) Kind() *Code          { return e.kind.orNil() }
func (e *Encounter) Reason() *Code        { return e.reason.orNil() }
func (e *Encounter) StartedAt() *DateTime { return moment(e.startedAt) }
func (e *Encounter) EndedAt() *DateTime   { return moment(e.endedAt) }

// Encounters are read from their four lists at once, each through its own loader.
func (p *Patient) Encounters(ctx context.Context, args pageOf) (*List[Encounter], error) {
	var all []*Encounter
	var errs [4]error
	var mu sync.Mutex
	var reading sync.WaitGroup
	reading.Go(func() { errs[0] = collect(ctx, stayList, p, args, &mu, &all, stayed) })
	reading.Go(func() { errs[1] = collect(ctx, attendanceList, p, args, &mu, &all, attended) })
	reading.Go(func() { errs[2] = collect(ctx, consultationList, p, args, &mu, &all, consulted) })
	reading.Go(func() { errs[3] = collect(ctx, contactList, p, args, &mu, &all, contacted) })
	reading.Wait()
	if err := cmp.Or(errs[:]...); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b *Encounter) int {
		return cmp.Or(cmp.Compare(b.order, a.order), cmp.Compare(a.ID(), b.ID()))
	})
	return page[Encounter](all, int(args.First)), nil
}

func collect[T any, P entry[T]](ctx context.Context, r *reading, p *Patient, args pageOf, mu *sync.Mutex, all *[]*Encounter, of func(*T) *Encounter) error {
	found, err := entries[T, P](ctx, r, r.sectors, p.number(), args.arguments())
	mu.Lock()
	defer mu.Unlock()
	for _, x := range found {
		*all = append(*all, of(x))
	}
	return err
}

func stayed(x *Stay) *Encounter {
	return &Encounter{&x.Item, x.classification, x.reason, x.admittedAt, x.dischargedAt}
}
func attended(x *Attendance) *Encounter {
	return &Encounter{&x.Item, x.kind, x.complaint, x.arrivedAt, x.departedAt}
}
func consulted(x *Consultation) *Encounter {
	return &Encounter{&x.Item, x.kind, x.reason, x.heldAt, x.endedAt}
}
func contacted(x *CareContact) *Encounter {
	e := &Encounter{&x.Item, x.kind, x.reason, x.at, nil}
	if x.minutes != nil && x.at != nil {
		end := x.at.Add(time.Duration(*x.minutes) * time.Minute)
		e.endedAt = &end
	}
	return e
}

// A sector is a sector's own part of a record.
type sector struct {
	State    string
	Complete bool
	Gaps     []*Gap
	patient  string
}

func (p *Patient) sector() sector { return sector{"RECORDED", true, []*Gap{}, p.number()} }

type (
	acuteRecord        struct{ sector }
	gpRecord           struct{ sector }
	mentalHealthRecord struct{ sector }
	socialCareRecord   struct{ sector }
)

func (p *Patient) Acute() *acuteRecord               { return &acuteRecord{p.sector()} }
func (p *Patient) GP() *gpRecord                     { return &gpRecord{p.sector()} }
func (p *Patient) MentalHealth() *mentalHealthRecord { return &mentalHealthRecord{p.sector()} }
func (p *Patient) SocialCare() *socialCareRecord     { return &socialCareRecord{p.sector()} }

func (r *acuteRecord) Stays(ctx context.Context, args pageOf) (*List[Stay], error) {
	return list[Stay](ctx, stayList, hospital, r.patient, args.arguments())
}
func (r *acuteRecord) Attendances(ctx context.Context, args pageOf) (*List[Attendance], error) {
	return list[Attendance](ctx, attendanceList, hospital, r.patient, args.arguments())
}
func (r *gpRecord) Consultations(ctx context.Context, args pageOf) (*List[Consultation], error) {
	return list[Consultation](ctx, consultationList, practice, r.patient, args.arguments())
}
func (r *mentalHealthRecord) CareCoordinator(ctx context.Context) (*CareCoordinator, error) {
	return current[CareCoordinator](ctx, coordinators, r.patient)
}
func (r *mentalHealthRecord) LegalStatus(ctx context.Context) (*LegalStatus, error) {
	return current[LegalStatus](ctx, legalStatuses, r.patient)
}
func (r *mentalHealthRecord) CarePlans(ctx context.Context) (*List[CarePlan], error) {
	return list[CarePlan](ctx, carePlanList, mental, r.patient, arguments{})
}
func (r *mentalHealthRecord) Assessments(ctx context.Context) (*List[MentalHealthAssessment], error) {
	return list[MentalHealthAssessment](ctx, assessmentList, mental, r.patient, arguments{})
}
func (r *mentalHealthRecord) Contacts(ctx context.Context, args pageOf) (*List[CareContact], error) {
	return list[CareContact](ctx, contactList, mental, r.patient, args.arguments())
}
func (r *socialCareRecord) AllocatedWorker(ctx context.Context) (*AllocatedWorker, error) {
	return current[AllocatedWorker](ctx, workers, r.patient)
}
func (r *socialCareRecord) PrimarySupportReason(ctx context.Context) (*Code, error) {
	found, err := current[SupportReason](ctx, supportReasons, r.patient)
	if found == nil || err != nil {
		return nil, err
	}
	return found.reason.orNil(), nil
}
func (r *socialCareRecord) Services(ctx context.Context) (*List[SocialCareService], error) {
	return list[SocialCareService](ctx, serviceList, council, r.patient, arguments{})
}
func (r *socialCareRecord) Assessments(ctx context.Context) (*List[SocialCareAssessment], error) {
	return list[SocialCareAssessment](ctx, needsList, council, r.patient, arguments{})
}
func (r *socialCareRecord) Requests(ctx context.Context) (*List[SocialCareRequest], error) {
	return list[SocialCareRequest](ctx, requestList, council, r.patient, arguments{})
}

// A SourceAnswer is what a source answered; here all do.
type SourceAnswer struct {
	Sector       string
	Organisation *Organisation
	State        string
	AsOf         *DateTime
}

func (p *Patient) Sources() (all []*SourceAnswer) {
	now := time.Now()
	for _, name := range order {
		s := sources[name]
		all = append(all, &SourceAnswer{s.Sector, &Organisation{&s.ODS, &s.Name}, "ANSWERED", moment(&now)})
	}
	return all
}
