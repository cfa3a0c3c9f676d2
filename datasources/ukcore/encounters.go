package ukcore

import (
	"encoding/json"
	"slices"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type encounter struct {
	Status          string
	Class           fhir.Coding
	Type            []fhir.Concept
	ServiceType     *fhir.Concept
	Priority        *fhir.Concept
	Period          fhir.Period
	Appointment     references
	PartOf          fhir.Reference
	ReasonCode      []fhir.Concept
	ReasonReference references
	Diagnosis       []struct {
		Condition fhir.Reference
		Rank      json.Number
	}
	Participant []struct {
		Type       []fhir.Concept
		Individual fhir.Reference
	}
	Hospitalization struct {
		AdmitSource, DischargeDisposition *fhir.Concept
		Extension                         []fhir.Extension
	}
	Location []struct {
		Location fhir.Reference
		Status   string
		Period   fhir.Period
	}
	ServiceProvider fhir.Reference
	Extension       []fhir.Extension
}

// A visit is an encounter with what was found and done at it.
type visit struct {
	encounter
	of       *fhir.Resource
	bed      bool
	ended    record.DateTime
	endedOn  record.Precision
	findings []finding
	parts    []*visit // consultant episodes of a stay
}

type finding struct {
	diagnosis, procedure *record.Code
	on                   record.PartialDate
	key                  string
}

// beds are the classes of encounter (HL7 v3 ActCode) with a bed, and types that some
// systems class otherwise: admission to a hospice, to a nursing facility.
var (
	beds     = []string{"IMP", "ACUTE", "NONAC", "OBSENC", "SS"}
	bedTypes = []string{"305336008", "449411000124106"}
)

func (c *chart) readVisit(r *fhir.Resource) {
	x, ok := decode[encounter](c, r)
	if !ok || withdrawn(x.Status) || x.Status == "cancelled" || c.visits[r.Key()] != nil {
		return
	}
	v := &visit{encounter: x, of: r, bed: slices.Contains(beds, x.Class.Code) || hasCode(x.Type, bedTypes...)}
	v.ended, v.endedOn, _ = fhir.Moment(x.Period.End)
	c.visits[r.Key()] = v
}

// goesOn reports whether it has not ended. Where only the day of the end is known, it
// lasts until that day is over.
func (v *visit) goesOn(now time.Time) bool {
	switch {
	case v.ended.IsZero():
		return v.Status != "finished"
	case v.endedOn != record.PrecisionTime:
		return !v.ended.Before(record.Today(now).Midnight())
	}
	return v.ended.After(now)
}

func (c *chart) visitAt(ref fhir.Reference) *visit { return c.visits[c.keyAt(ref.Reference)] }

// stayOf is the stay that something happened at; nil where it was none.
func (c *chart) stayOf(refs ...fhir.Reference) *visit {
	for _, ref := range refs {
		v := c.visitAt(ref)
		for depth := 0; v != nil && depth < 8; depth++ {
			if v.bed && c.visitAt(v.PartOf) == nil {
				return v
			}
			v = c.visitAt(v.PartOf)
		}
	}
	return nil
}

// foundAt notes a diagnosis or procedure for the encounter it was recorded at.
func (c *chart) foundAt(ref fhir.Reference, f finding) {
	if v := c.visitAt(ref); v != nil {
		v.findings = append(v.findings, f)
	}
}

// readVisits makes stays, attendances and contacts of the encounters. Those that are only
// planned are appointments, and those within a stay its episodes.
func (c *chart) readVisits() {
	c.each("Encounter", func(c *chart, r *fhir.Resource) {
		if v := c.visits[r.Key()]; v != nil && v.of == r {
			if above := c.visitAt(v.PartOf); above != nil && above != v && above.bed {
				above.parts = append(above.parts, v)
			}
		}
	})
	c.each("Encounter", func(c *chart, r *fhir.Resource) {
		v := c.visits[r.Key()]
		if v == nil {
			return
		}
		if v.of != r { // another under the same key
			x, ok := decode[encounter](c, r)
			if !ok || withdrawn(x.Status) || x.Status == "cancelled" {
				return
			}
			v = &visit{encounter: x, of: r, bed: slices.Contains(beds, x.Class.Code)}
		}
		above := c.visitAt(v.PartOf)
		switch {
		case v.Status == "planned":
			c.addPlanned(v)
		case above != nil && above != v && above.bed:
		case v.bed:
			c.addStay(v)
		case c.source.Sector == record.MentalHealth:
			c.addContact(v)
		default:
			c.addAttendance(v)
		}
	})
}

// kind is what kind of encounter it is.
func (v *visit) kind() *record.Code {
	if code := fhir.FirstOf(v.Type); code != nil {
		return code
	}
	return coded(v.Class)
}

func (v *visit) people() []fhir.Reference {
	refs := make([]fhir.Reference, len(v.Participant))
	for i, p := range v.Participant {
		refs[i] = p.Individual
	}
	return refs
}

// reasons are why it took place, what was diagnosed among them.
func (v *visit) reason(e *envelope) *record.Code {
	refs := slices.Clone(v.ReasonReference)
	for _, d := range v.Diagnosis {
		refs = append(refs, d.Condition)
	}
	return e.reason(v.ReasonCode, refs)
}

// concept is an extension of the encounter or of its admission.
func (v *visit) concept(name string) *fhir.Concept {
	if x := extended(v.Extension, name); x != nil {
		return x
	}
	return extended(v.Hospitalization.Extension, name)
}

func (c *chart) addStay(v *visit) {
	item, e := c.item(fetch.Stays, v.of, v.of.ID)
	s := record.Stay{
		Item: item, AdmissionMethod: v.concept("AdmissionMethod").Ptr(), DischargeMethod: v.concept("DischargeMethod").Ptr(),
		AdmissionSource: c.masked(v.Hospitalization.AdmitSource), DischargeDestination: c.masked(v.Hospitalization.DischargeDisposition),
		Specialty: v.ServiceType.Ptr(), Reason: v.reason(e), Consultant: e.who(v.people()...), LegalStatusOnAdmission: v.legalStatus(),
	}
	s.AdmittedAt, s.AdmittedAtPrecision = e.moment(v.Period.Start)
	s.DischargedAt, s.DischargedAtPrecision = e.moment(v.Period.End)
	if s.Reason == nil {
		s.Reason = fhir.FirstOf(v.Type) // "Admission to surgical department"
	}
	s.Diagnoses, s.Procedures = v.diagnoses(c), v.procedures(c)
	s.Summary = c.summaryOf(v)
	c.wards(&s, v, e)
	for _, part := range v.parts {
		s.Episodes = append(s.Episodes, part.episode(e))
	}
	s.Episodes = showable(s.Episodes, func(p *record.Episode) bool { return c.shownCodes(p.Codes, p.Words) })
	put(c, &c.stays, s, e)
}

// legalStatus is UK Core's extension, that on admission before others.
func (v *visit) legalStatus() *record.Code {
	for _, e := range slices.Concat(fhir.All(v.Extension, "LegalStatus"), fhir.All(v.Hospitalization.Extension, "LegalStatus")) {
		context := inner(&e, "legalStatusContext")
		if said := inner(&e, "legalStatusClassification"); said != nil && (context == nil || context.ValueCodeableConcept.First() == "admission") {
			return said.ValueCodeableConcept.Ptr()
		}
	}
	return nil
}

// wards are the places of a stay. The last that is not over is where the person is.
func (c *chart) wards(s *record.Stay, v *visit, e *envelope) {
	for i := range v.Location {
		at := &v.Location[i]
		name := e.place(at.Location)
		if name == "" || at.Status == "planned" || at.Status == "reserved" {
			continue
		}
		w := record.WardStay{Ward: record.Text(name), Site: c.siteOf(at.Location, e)}
		w.StartedAt, w.StartedAtPrecision = e.moment(at.Period.Start)
		w.EndedAt, w.EndedAtPrecision = e.moment(at.Period.End)
		if c.shownCodes(w.Codes, w.Words) {
			s.WardStays = append(s.WardStays, w)
			s.Ward, s.Site = w.Ward, w.Site
		}
	}
	for _, w := range s.WardStays {
		if w.EndedAt.IsZero() {
			s.Ward, s.Site = w.Ward, w.Site
		}
	}
	if s.Site == nil {
		s.Site = e.organisation(v.ServiceProvider)
	}
}

// siteOf is the organisation that runs a place.
func (c *chart) siteOf(ref fhir.Reference, e *envelope) *record.Organisation {
	if r := e.at(ref); r != nil && r.Type == "Location" {
		x, _ := decode[site](c, r)
		return e.organisation(x.ManagingOrganization)
	}
	return nil
}

func (v *visit) episode(e *envelope) record.Episode {
	p := record.Episode{Specialty: v.ServiceType.Ptr(), Consultant: e.who(v.people()...)}
	p.StartedAt, p.StartedAtPrecision = e.moment(v.Period.Start)
	p.EndedAt, p.EndedAtPrecision = e.moment(v.Period.End)
	return p
}

// ranked are the diagnoses that the encounter lists, in its order, and those that say they
// were made at it.
func (v *visit) ranked(c *chart) []*record.Code {
	var codes []*record.Code
	seen := map[string]bool{}
	listed := slices.Clone(v.Diagnosis)
	slices.SortStableFunc(listed, func(a, b struct {
		Condition fhir.Reference
		Rank      json.Number
	}) int {
		i, j := number(a.Rank), number(b.Rank)
		if i == nil || j == nil {
			return 0
		}
		return *i - *j
	})
	for _, d := range listed {
		key := c.keyAt(d.Condition.Reference)
		r := c.resource(d.Condition)
		if r == nil || r.Type != "Condition" || seen[key] {
			continue
		}
		if x, ok := decode[condition](c, r); ok && !withdrawn(x.VerificationStatus.First()) && x.VerificationStatus.First() != "refuted" && x.Code.Ptr() != nil {
			seen[key] = true
			codes = append(codes, x.Code.Ptr())
		}
	}
	for _, f := range v.findings {
		if f.diagnosis != nil && !seen[f.key] {
			codes = append(codes, f.diagnosis)
		}
	}
	return codes
}

func (v *visit) diagnoses(c *chart) []record.StayDiagnosis {
	var all []record.StayDiagnosis
	for i, code := range v.ranked(c) {
		rank := i + 1
		all = append(all, record.StayDiagnosis{Diagnosis: *code, Rank: &rank})
	}
	return all
}

func (v *visit) procedures(*chart) []record.StayProcedure {
	var all []record.StayProcedure
	for _, f := range v.findings {
		if f.procedure != nil {
			rank := len(all) + 1
			all = append(all, record.StayProcedure{Procedure: *f.procedure, PerformedOn: f.on, Rank: &rank})
		}
	}
	return all
}

func (c *chart) addAttendance(v *visit) {
	item, e := c.item(fetch.Attendances, v.of, v.of.ID)
	a := record.Attendance{
		Item: item, Kind: v.kind(), Complaint: v.reason(e), Acuity: v.Priority.Ptr(), Specialty: v.ServiceType.Ptr(), Clinician: e.who(v.people()...),
		Site: e.organisation(v.ServiceProvider), DischargeStatus: v.concept("EmergencyCareDischargeStatus").Ptr(),
		DischargeDestination: c.masked(v.Hospitalization.DischargeDisposition),
	}
	a.ArrivedAt, a.ArrivedAtPrecision = e.moment(v.Period.Start)
	a.DepartedAt, a.DepartedAtPrecision = e.moment(v.Period.End)
	for _, at := range v.Location {
		if a.Department == "" {
			a.Department = record.Text(e.place(at.Location))
		}
	}
	for i, code := range v.ranked(c) {
		rank := i + 1
		a.Diagnoses = append(a.Diagnoses, record.AttendanceDiagnosis{Diagnosis: *code, Rank: &rank})
	}
	put(c, &c.attendances, a, e)
}

func (c *chart) addContact(v *visit) {
	item, e := c.item(fetch.CareContacts, v.of, v.of.ID)
	k := record.CareContact{
		Item: item, Kind: v.kind(), Medium: mediumOf(v), Clinician: e.who(v.people()...), Reason: v.reason(e),
	}
	k.HeldAt, k.HeldAtPrecision = e.moment(v.Period.Start)
	k.DurationMinutes = minutes(k.HeldAt, v.ended, k.HeldAtPrecision)
	for _, at := range v.Location {
		if k.Location == "" {
			k.Location = record.Text(e.place(at.Location))
		}
	}
	put(c, &c.careContacts, k, e)
}

func minutes(from, to record.DateTime, precision record.Precision) *int {
	if from.IsZero() || to.IsZero() || precision != record.PrecisionTime || to.Before(from.Time) {
		return nil
	}
	n := int(to.Sub(from.Time) / time.Minute)
	return &n
}

// mediumOf is how the person was seen, by the type of the encounter (SNOMED CT) or its class.
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

// addPlanned makes an appointment of an encounter that is only planned and that no
// appointment stands for.
func (c *chart) addPlanned(v *visit) {
	for _, ref := range v.Appointment {
		if c.find(ref.Reference) != nil {
			return
		}
	}
	item, e := c.item(fetch.Appointments, v.of, v.of.ID)
	a := record.Appointment{
		Item: item, Specialty: v.ServiceType.Ptr(), Kind: v.kind(), Status: record.AppointmentStatusBooked, Medium: mediumOf(v), Clinician: e.who(v.people()...),
		Reason: v.reason(e), Priority: record.PriorityUnknown,
	}
	a.StartsAt, a.StartsAtPrecision = e.moment(v.Period.Start)
	a.DurationMinutes = minutes(a.StartsAt, v.ended, a.StartsAtPrecision)
	for _, at := range v.Location {
		if a.Location == "" {
			a.Location = record.Text(e.place(at.Location))
		}
	}
	put(c, &c.appointments, a, e)
}

type episodeOfCare struct {
	Status      string
	Period      fhir.Period
	CareManager fhir.Reference
	Team        references
}

// readEpisode takes the care manager of an episode of care, who is the care coordinator.
func (c *chart) readEpisode(r *fhir.Resource) {
	x, ok := decode[episodeOfCare](c, r)
	if !ok || withdrawn(x.Status) || x.Status == "cancelled" {
		return
	}
	item, e := c.item(fetch.CareCoordinators, r, r.ID)
	who := e.who(x.CareManager)
	if who == nil {
		return
	}
	put(c, &c.coordinators, record.CareCoordinator{
		Item: item, Name: who.Name, Role: who.Role, Team: record.Text(e.place(x.Team...)), StartedOn: e.day(x.Period.Start), EndedOn: e.day(x.Period.End),
	}, e)
}

type imagingStudy struct {
	Status, Started string
	Modality        []fhir.Coding
	ProcedureCode   []fhir.Concept
	NumberOfSeries  json.Number
	Instances       json.Number `json:"numberOfInstances"`
	Description     string
	Series          []struct {
		Modality             fhir.Coding
		BodySite             *fhir.Coding
		Description, Started string
	}
}

func (c *chart) readImaging(r *fhir.Resource) {
	x, ok := decode[imagingStudy](c, r)
	if !ok || withdrawn(x.Status) || x.Status == "cancelled" {
		return
	}
	item, e := c.item(fetch.Imaging, r, r.ID)
	s := record.ImagingStudy{
		Item: item, Procedure: fhir.FirstOf(x.ProcedureCode), Status: mapped(resultStatuses, x.Status, record.ResultStatusUnknown),
		SeriesCount: number(x.NumberOfSeries), ImageCount: number(x.Instances),
	}
	about, started := []string{x.Description}, []string{x.Started}
	for _, series := range x.Series {
		x.Modality = append(x.Modality, series.Modality)
		if !slices.Contains(about, series.Description) {
			about = append(about, series.Description)
		}
		started = append(started, series.Started)
		if s.BodySite == nil && series.BodySite != nil {
			s.BodySite = coded(*series.BodySite)
		}
	}
	for _, m := range x.Modality {
		if s.Modality == nil {
			s.Modality = coded(m)
		}
	}
	s.Description = fhir.Notes(nil, about...)
	s.StartedAt, s.StartedAtPrecision = e.moment(started...)
	put(c, &c.imaging, s, e)
}
