package view

import "carerecord/internal/record"

func scanAlert(r *row, x *record.Alert) {
	x.Kind = r.MappedCode()
	x.Note = record.Text(r.Text())
	x.Since = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.ReviewDueOn = r.PartialDate()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
}

func scanAllergy(r *row, x *record.Allergy) {
	x.Substance = r.MappedCode()
	x.Kind = enum(r, allergyKindValues, record.AllergyKindUnknown)
	x.Category = enum(r, allergyCategoryValues, record.AllergyCategoryUnknown)
	x.Criticality = enum(r, criticalityValues, record.CriticalityUnknown)
	x.Status = enum(r, allergyStatusValues, record.AllergyStatusUnknown)
	x.Verification = enum(r, verificationValues, record.VerificationUnknown)
	x.OnsetOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.EndReason = record.Text(r.Text())
	x.LastReactionOn = r.PartialDate()
	x.AssertedBy = r.Practitioner()
	x.Note = record.Text(r.Text())
}

func scanAllergyReaction(r *row) (x record.AllergyReaction) {
	x.Manifestation = r.MappedCode()
	x.Severity = enum(r, severityValues, record.SeverityUnknown)
	return x
}

func scanMedication(r *row, x *record.Medication) {
	x.Medicine = r.MappedCode()
	x.Kind = enum(r, medicationKindValues, record.MedicationKindUnknown)
	x.Intent = enum(r, medicationIntentValues, record.MedicationIntentUnknown)
	x.Status = enum(r, medicationStatusValues, record.MedicationStatusUnknown)
	x.StatusReason = record.Text(r.Text())
	x.Dosage = record.Text(r.Text())
	x.AsNeeded = r.Bool()
	x.Route = r.CodePtr()
	x.Quantity = record.Text(r.Text())
	x.Reason = r.CodePtr()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.LastIssuedOn = r.PartialDate()
	x.ReviewDueOn = r.PartialDate()
	x.RepeatsAllowed = r.Int()
	x.RepeatsIssued = r.Int()
	x.Prescriber = r.Practitioner()
	x.PrescribingAgency = r.CodePtr()
	x.Note = record.Text(r.Text())
	x.DischargedAt = r.Time()
}

func scanMedicationIssue(r *row) (x record.MedicationIssue) {
	x.IssuedOn = r.PartialDate()
	x.Quantity = record.Text(r.Text())
	x.Status = enum(r, medicationStatusValues, record.MedicationStatusUnknown)
	return x
}

func scanProblem(r *row, x *record.Problem) {
	x.Problem = r.MappedCode()
	x.Kind = enum(r, problemKindValues, record.ProblemKindUnknown)
	x.Status = enum(r, problemStatusValues, record.ProblemStatusUnknown)
	x.Verification = enum(r, verificationValues, record.VerificationUnknown)
	x.Significance = enum(r, significanceValues, "")
	x.Severity = enum(r, severityValues, "")
	x.BodySite = r.CodePtr()
	x.OnsetOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Note = record.Text(r.Text())
	x.AssertedBy = r.Practitioner()
}

func scanImmunisation(r *row, x *record.Immunisation) {
	x.Vaccine = r.MappedCode()
	x.Procedure = r.CodePtr()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.StatusReason = r.CodePtr()
	x.GivenOn = r.PartialDate()
	x.Dose = record.Text(r.Text())
	x.DoseQuantity = record.Text(r.Text())
	x.Site = r.CodePtr()
	x.Route = r.CodePtr()
	x.Batch = record.Text(r.Text())
	x.Manufacturer = record.Text(r.Text())
	x.ExpiresOn = r.PartialDate()
	x.GivenBy = r.Practitioner()
	x.Location = record.Text(r.Text())
	x.Note = record.Text(r.Text())
}

func scanProcedure(r *row, x *record.Procedure) {
	x.Procedure = r.MappedCode()
	x.Category = r.CodePtr()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.PerformedOn = r.PartialDate()
	x.PerformedAt, x.PerformedAtPrecision = r.Moment()
	x.EndedAt, x.EndedAtPrecision = r.Moment()
	x.Reason = r.CodePtr()
	x.BodySite = r.CodePtr()
	x.Outcome = r.CodePtr()
	x.Performer = r.Practitioner()
	x.Location = record.Text(r.Text())
	x.Note = record.Text(r.Text())
}

func scanDevice(r *row, x *record.Device) {
	x.Device = r.MappedCode()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.SuppliedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Manufacturer = record.Text(r.Text())
	x.Model = record.Text(r.Text())
	x.Lot = record.Text(r.Text())
	x.Serial = record.Text(r.Text())
	x.UDI = record.Text(r.Text())
	x.ExpiresOn = r.PartialDate()
}

func scanResult(r *row, x *record.Result) {
	x.Test = r.MappedCode()
	x.Category = enum(r, resultCategoryValues, record.ResultCategoryOther)
	x.TakenAt, x.TakenAtPrecision = r.Moment()
	x.IssuedAt, x.IssuedAtPrecision = r.Moment()
	x.Status = enum(r, resultStatusValues, record.ResultStatusUnknown)
	x.Value = r.Value()
	x.ReferenceRange = r.Range()
	x.Interpretation = r.CodePtr()
	x.Specimen = r.CodePtr()
	x.Comment = record.Text(r.Text())
	x.Performer = r.Practitioner()
	x.Requester = r.Practitioner()
	x.Report = r.Report()
}

func scanResultComponent(r *row) (x record.ResultComponent) {
	x.Test = r.MappedCode()
	x.Value = r.Value()
	x.ReferenceRange = r.Range()
	return x
}

func scanReport(r *row, x *record.Report) {
	x.Kind = r.MappedCode()
	x.Title = record.Text(r.Text())
	x.Category = enum(r, resultCategoryValues, record.ResultCategoryOther)
	x.Status = enum(r, resultStatusValues, record.ResultStatusUnknown)
	x.TakenAt, x.TakenAtPrecision = r.Moment()
	x.IssuedAt, x.IssuedAtPrecision = r.Moment()
	x.Conclusion = record.Text(r.Text())
	x.Specimen = r.CodePtr()
	x.Performer = r.Practitioner()
	x.Requester = r.Practitioner()
}

func scanVitalSign(r *row, x *record.VitalSign) {
	x.Sign = r.MappedCode()
	x.TakenAt, x.TakenAtPrecision = r.Moment()
	x.Status = enum(r, resultStatusValues, record.ResultStatusUnknown)
	x.Value = r.Value()
	x.Interpretation = r.CodePtr()
	x.BodySite = r.CodePtr()
	x.Performer = r.Practitioner()
	x.Comment = record.Text(r.Text())
}

func scanVitalSignComponent(r *row) (x record.VitalSignComponent) {
	x.Sign = r.MappedCode()
	x.Value = r.Value()
	return x
}

func scanAppointment(r *row, x *record.Appointment) {
	x.StartsAt, x.StartsAtPrecision = r.Moment()
	x.DurationMinutes = r.Int()
	x.Specialty = r.CodePtr()
	x.Kind = r.CodePtr()
	x.Status = enum(r, appointmentStatusValues, record.AppointmentStatusUnknown)
	x.Medium = enum(r, contactMediumValues, record.ContactMediumUnknown)
	x.Clinic = record.Text(r.Text())
	x.Location = record.Text(r.Text())
	x.Clinician = r.Practitioner()
	x.Reason = r.CodePtr()
	x.FirstAttendance = r.CodePtr()
	x.Priority = enum(r, priorityValues, record.PriorityUnknown)
	x.Attended = r.CodePtr()
	x.Outcome = r.CodePtr()
	x.ReferralToTreatment = r.CodePtr()
	x.CancellationReason = record.Text(r.Text())
	x.Note = record.Text(r.Text())
}

func scanDocument(r *row, x *record.Document) {
	x.Kind = r.MappedCode()
	x.Title = record.Text(r.Text())
	x.Status = enum(r, documentStatusValues, record.DocumentStatusUnknown)
	x.WrittenAt, x.WrittenAtPrecision = r.Moment()
	x.Author = r.Practitioner()
	x.Specialty = r.CodePtr()
	x.Description = record.Text(r.Text())
	x.ContentType = record.Text(r.Text())
	x.Size = r.Int()
}

func scanReferral(r *row, x *record.Referral) {
	x.Specialty = r.CodePtr()
	x.Service = r.CodePtr()
	x.Priority = enum(r, priorityValues, record.PriorityUnknown)
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.Source = r.CodePtr()
	x.ReferredOn = r.PartialDate()
	x.ReceivedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.EndReason = r.CodePtr()
	x.Reason = r.CodePtr()
	x.From = r.Organisation()
	x.To = r.Organisation()
	x.Referrer = r.Practitioner()
	x.Team = record.Text(r.Text())
	x.Note = record.Text(r.Text())
}

func scanCarePlan(r *row, x *record.CarePlan) {
	x.Kind = r.MappedCode()
	x.Title = record.Text(r.Text())
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.ReviewDueOn = r.PartialDate()
	x.UpdatedAt, x.UpdatedAtPrecision = r.Moment()
	x.Author = r.Practitioner()
	x.Team = record.Text(r.Text())
	x.Addresses = r.CodePtr()
	x.FundedBy = r.CodePtr()
}

func scanCarePlanSection(r *row) (x record.CarePlanSection) {
	x.Heading = r.Text()
	x.Text = record.Text(r.Text())
	return x
}

func scanCarePlanActivity(r *row) (x record.CarePlanActivity) {
	x.Activity = r.MappedCode()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.Location = record.Text(r.Text())
	return x
}

func scanCarePlanGoal(r *row) (x record.CarePlanGoal) {
	x.Goal = r.MappedCode()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.DueOn = r.PartialDate()
	x.Target = record.Text(r.Text())
	return x
}

func scanCarePlanAgreement(r *row) (x record.CarePlanAgreement) {
	x.AgreedBy = r.Code()
	x.AgreedAt, x.AgreedAtPrecision = r.Moment()
	return x
}

func scanCareTeamMember(r *row, x *record.CareTeamMember) {
	x.Name = record.Text(r.Text())
	x.Role = record.Text(r.Text())
	x.Kind = r.CodePtr()
	x.Team = record.Text(r.Text())
	x.Organisation = r.Organisation()
	x.Phone = record.Text(r.Text())
	x.Since = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanContact(r *row, x *record.Contact) {
	x.Name = record.Text(r.Text())
	x.Relationship = record.Text(r.Text())
	x.RelationshipCode = r.CodePtr()
	x.Roles = enums(r, contactRoleValues)
	x.Phone = record.Text(r.Text())
	x.Email = record.Text(r.Text())
	x.Address = record.Text(r.Text())
	x.Since = r.PartialDate()
	x.Note = record.Text(r.Text())
	x.Under18 = r.Bool()
}

func scanNeed(r *row, x *record.Need) {
	x.Kind = r.MappedCode()
	x.Category = enum(r, needCategoryValues, record.NeedCategoryOther)
	x.Detail = record.Text(r.Text())
	x.Since = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanAdvanceDecision(r *row, x *record.AdvanceDecision) {
	x.Kind = r.MappedCode()
	x.Decision = record.Text(r.Text())
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.DecidedOn = r.PartialDate()
	x.ReviewDueOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Author = r.Practitioner()
	x.WhereSigned = record.Text(r.Text())
	x.Attorney = record.Text(r.Text())
}
