package view

import "carerecord/internal/record"

func scanAllocatedWorker(r *row, x *record.AllocatedWorker) {
	x.Name = record.Text(r.Text())
	x.Role = record.Text(r.Text())
	x.Team = record.Text(r.Text())
	x.Phone = record.Text(r.Text())
	x.Organisation = r.Organisation()
	x.KeyWorker = r.Bool()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanSupportReason(r *row, x *record.SupportReason) {
	x.Reason = r.MappedCode()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
}

func scanCircumstances(r *row, x *record.Circumstances) {
	x.RecordedOn = r.PartialDate()
	x.ClientType = r.CodePtr()
	x.Accommodation = r.CodePtr()
	x.Employment = r.CodePtr()
	x.Funding = r.CodePtr()
	x.HasUnpaidCarer = r.Bool()
	x.Autism = r.Bool()
	x.Dementia = r.Bool()
	x.VisualImpairment = r.Bool()
	x.HearingImpairment = r.Bool()
}

func scanSocialCareService(r *row, x *record.SocialCareService) {
	x.Kind = r.MappedCode()
	x.Component = r.CodePtr()
	x.Delivery = r.CodePtr()
	x.Description = record.Text(r.Text())
	x.Provider = record.Text(r.Text())
	x.ProviderLocation = record.Text(r.Text())
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.PlannedEndOn = r.PartialDate()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.Outcome = r.CodePtr()
	x.UnitsPerWeek = r.Decimal()
	x.Unit = record.Text(r.Text())
	x.UnitCost = r.Decimal()
}

func scanSocialCareAssessment(r *row, x *record.SocialCareAssessment) {
	x.Kind = r.MappedCode()
	x.Method = r.CodePtr()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.EligibleNeeds = enums(r, eligibleNeedValues)
	x.Score = r.Decimal()
	x.Summary = record.Text(r.Text())
	x.Assessor = r.Practitioner()
	x.Location = record.Text(r.Text())
	x.Outcome = r.CodePtr()
}

func scanSocialCareRequest(r *row, x *record.SocialCareRequest) {
	x.Route = r.MappedCode()
	x.ReceivedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Description = record.Text(r.Text())
	x.Status = enum(r, eventStatusValues, record.EventStatusUnknown)
	x.Outcome = r.CodePtr()
}

func scanSocialCareReview(r *row, x *record.SocialCareReview) {
	x.Reason = r.MappedCode()
	x.Method = r.CodePtr()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.OutcomesAchieved = r.CodePtr()
	x.Outcome = r.CodePtr()
}

func scanEquipment(r *row, x *record.Equipment) {
	x.Supplied = r.MappedCode()
	x.SuppliedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Detail = record.Text(r.Text())
}

func scanCarer(r *row, x *record.Carer) {
	x.Name = record.Text(r.Text())
	x.Relationship = record.Text(r.Text())
	x.Phone = record.Text(r.Text())
	x.HoursPerWeek = r.Int()
	x.MainCarer = r.Bool()
	x.LivesWith = r.Bool()
	x.Since = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Under18 = r.Bool()
}

func scanAboutMe(r *row, x *record.AboutMe) {
	x.Heading = required(r, aboutMeHeadingValues)
	x.Text = record.Text(r.Text())
	x.RecordedOn = r.PartialDate()
}

func scanSafeguardingConcern(r *row, x *record.SafeguardingConcern) {
	x.RaisedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.CallFirst = record.Text(r.Text())
}

func scanLegalMeasure(r *row, x *record.LegalMeasure) {
	x.Kind = r.MappedCode()
	x.StartedOn = r.PartialDate()
	x.EndedOn = r.PartialDate()
	x.Decision = record.Text(r.Text())
	x.Holder = record.Text(r.Text())
}
