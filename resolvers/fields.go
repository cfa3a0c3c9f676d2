package resolvers

import (
	"fmt"
	"strings"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/terminology"
)

// A part is what a list field takes from some sectors under one class. A merged list has several parts: it shows those
// that are permitted and names the classes of the others.
type part struct {
	class   record.Class
	kind    fetch.Kind
	sectors []record.Sector
}

// A field is a list field or single value of the graph: its parts, and how its arguments narrow them.
type field struct {
	parts    []part
	narrow   func(arguments) (fetch.Filter, error)
	class    func(arguments) record.Class // the narrower class that permits the field with these arguments; "" for none
	paged    bool
	noneOf   record.Class // the class whose notes apply: that there is none, or that something is on its way
	unmapped bool         // filtered by code: entries that cannot be compared with it make the list incomplete
	single   bool         // a single value of a sector object
}

// Sectors by the kind of record they hold.
var (
	clinical   = []record.Sector{record.Acute, record.GP, record.MentalHealth}
	everywhere = []record.Sector{record.Acute, record.GP, record.MentalHealth, record.SocialCare}
	acute      = []record.Sector{record.Acute}
	practice   = []record.Sector{record.GP}
	mental     = []record.Sector{record.MentalHealth}
	council    = []record.Sector{record.SocialCare}
)

// classesOf maps a kind to the classes under which its entries appear in any list, with the wider classes that imply
// these and the narrower ones that some filters open.
var classesOf = func() map[fetch.Kind][]record.Class {
	all := map[fetch.Kind][]record.Class{}
	for _, f := range fields {
		for _, p := range f.parts {
			all[p.kind] = append(all[p.kind], p.class, f.noneOf)
			for _, class := range record.Classes {
				if consent.Implies(class, p.class) || f.class != nil && consent.Implies(p.class, class) {
					all[p.kind] = append(all[p.kind], class)
				}
			}
		}
	}
	all[fetch.Upcoming] = all[fetch.Appointments]
	return all
}()

// fields holds every list and single value that is read from sources, by coordinate. Patient.demographics covers all of
// the person's own details.
var fields = map[string]field{
	demographics:        {parts: one(record.ClassDemographics, fetch.Persons, []record.Sector{record.Demographics})},
	"Patient.alerts":    {parts: one(record.ClassAlerts, fetch.Alerts, everywhere), noneOf: record.ClassAlerts},
	"Patient.allergies": {parts: one(record.ClassAllergies, fetch.Allergies, clinical), narrow: status, noneOf: record.ClassAllergies},
	"Patient.medications": {parts: one(record.ClassMedications, fetch.Medications, clinical), narrow: status, noneOf: record.ClassMedications,
		class: whenStatus("CURRENT", record.ClassCurrentMedications)},
	"Patient.problems": {parts: one(record.ClassProblems, fetch.Problems, clinical), narrow: status, noneOf: record.ClassProblems,
		class: whenStatus("ACTIVE", record.ClassActiveProblems)},
	"Patient.immunisations": {parts: one(record.ClassImmunisations, fetch.Immunisations, clinical), noneOf: record.ClassImmunisations},
	"Patient.procedures":    {parts: one(record.ClassProcedures, fetch.Procedures, clinical), noneOf: record.ClassProcedures},
	"Patient.devices":       {parts: one(record.ClassProcedures, fetch.Devices, clinical)},
	"Patient.results":       {parts: one(record.ClassResults, fetch.Results, clinical), narrow: byCode("test"), paged: true, noneOf: record.ClassResults, unmapped: true},
	"Patient.reports":       {parts: one(record.ClassResults, fetch.Reports, clinical), paged: true, noneOf: record.ClassResults},
	"Patient.vitalSigns":    {parts: one(record.ClassVitalSigns, fetch.VitalSigns, clinical), narrow: byCode("sign"), paged: true, noneOf: record.ClassVitalSigns, unmapped: true},
	"Patient.encounters":    {parts: encounters, paged: true, noneOf: record.ClassEncounters},
	"Patient.appointments": {parts: one(record.ClassAppointments, fetch.Appointments, everywhere), narrow: whenAndWhere, paged: true, noneOf: record.ClassAppointments,
		class: ownOrganisation},
	"Patient.documents": {parts: []part{
		{record.ClassDocuments, fetch.Documents, clinical},
		{record.ClassSocialCare, fetch.Documents, council},
	}, paged: true, noneOf: record.ClassDocuments},
	"Patient.document":  {parts: one(record.ClassDocuments, fetch.DocumentContent, everywhere)},
	"Patient.referrals": {parts: one(record.ClassReferrals, fetch.Referrals, everywhere), paged: true, noneOf: record.ClassReferrals},
	"Patient.carePlans": {parts: []part{
		{record.ClassCarePlans, fetch.CarePlans, []record.Sector{record.Acute, record.GP}},
		{record.ClassMentalHealthPlans, fetch.CarePlans, mental},
		{record.ClassSocialCare, fetch.CarePlans, council},
	}, noneOf: record.ClassCarePlans},
	"Patient.careTeam": {parts: []part{
		{record.ClassCareTeam, fetch.CareTeam, clinical},
		{record.ClassSocialCare, fetch.CareTeam, council},
	}, noneOf: record.ClassCareTeam},
	"Patient.contacts":    {parts: one(record.ClassContacts, fetch.Contacts, record.Sectors), noneOf: record.ClassContacts},
	"Patient.needs":       {parts: one(record.ClassNeeds, fetch.Needs, record.Sectors), noneOf: record.ClassNeeds},
	"Patient.advanceCare": {parts: one(record.ClassAdvanceCare, fetch.AdvanceCare, everywhere), noneOf: record.ClassAdvanceCare},
	"Patient.timeline":    {parts: timeline, narrow: upToNow, paged: true},

	"AcuteRecord.currentStay":    {parts: one(record.ClassStays, fetch.Stays, acute), narrow: inHospital, single: true},
	"AcuteRecord.stays":          {parts: one(record.ClassStays, fetch.Stays, acute), paged: true, noneOf: record.ClassStays},
	"AcuteRecord.staySummaries":  {parts: one(record.ClassStaySummary, fetch.Stays, acute), paged: true, noneOf: record.ClassStays},
	"AcuteRecord.attendances":    {parts: one(record.ClassEncounters, fetch.Attendances, acute), paged: true, noneOf: record.ClassEncounters},
	"AcuteRecord.imagingStudies": {parts: one(record.ClassResults, fetch.Imaging, acute), paged: true, noneOf: record.ClassResults},

	"GPRecord.lastConsultation": {parts: one(record.ClassGPConsultations, fetch.Consultations, practice), narrow: latest, single: true},
	"GPRecord.consultations":    {parts: one(record.ClassGPConsultations, fetch.Consultations, practice), paged: true, noneOf: record.ClassGPConsultations},

	"MentalHealthRecord.careCoordinator":         {parts: one(record.ClassCareTeam, fetch.CareCoordinators, mental), single: true},
	"MentalHealthRecord.responsibleClinician":    {parts: one(record.ClassCareTeam, fetch.ResponsibleClinicians, mental), single: true},
	"MentalHealthRecord.legalStatus":             {parts: one(record.ClassLegalStatus, fetch.LegalStatuses, mental), single: true},
	"MentalHealthRecord.communityTreatmentOrder": {parts: one(record.ClassMentalHealth, fetch.CommunityTreatmentOrders, mental), single: true},
	"MentalHealthRecord.careCluster":             {parts: one(record.ClassMentalHealth, fetch.CareClusters, mental), single: true},

	"MentalHealthRecord.careCoordinators":         {parts: one(record.ClassCareTeam, fetch.CareCoordinators, mental), noneOf: record.ClassCareTeam},
	"MentalHealthRecord.responsibleClinicians":    {parts: one(record.ClassCareTeam, fetch.ResponsibleClinicians, mental), noneOf: record.ClassCareTeam},
	"MentalHealthRecord.legalStatuses":            {parts: one(record.ClassMentalHealth, fetch.LegalStatuses, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.communityTreatmentOrders": {parts: one(record.ClassMentalHealth, fetch.CommunityTreatmentOrders, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.conditionalDischarges":    {parts: one(record.ClassMentalHealth, fetch.ConditionalDischarges, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.careClusters":             {parts: one(record.ClassMentalHealth, fetch.CareClusters, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.carePlans":                {parts: one(record.ClassMentalHealthPlans, fetch.CarePlans, mental), noneOf: record.ClassCarePlans},
	"MentalHealthRecord.assessments":              {parts: one(record.ClassMentalHealth, fetch.Assessments, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.diagnoses":                {parts: one(record.ClassMentalHealth, fetch.Problems, mental), noneOf: record.ClassProblems},
	"MentalHealthRecord.absences":                 {parts: one(record.ClassMentalHealth, fetch.Absences, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.delayedDischarges":        {parts: one(record.ClassMentalHealth, fetch.DelayedDischarges, mental), noneOf: record.ClassMentalHealth},
	"MentalHealthRecord.contacts":                 {parts: one(record.ClassMentalHealthPlans, fetch.CareContacts, mental), paged: true, noneOf: record.ClassMentalHealthPlans},
	"MentalHealthRecord.referrals":                {parts: one(record.ClassMentalHealth, fetch.Referrals, mental), paged: true, noneOf: record.ClassReferrals},
	"MentalHealthRecord.staySummaries":            {parts: one(record.ClassStaySummary, fetch.Stays, mental), paged: true, noneOf: record.ClassStays},
	"MentalHealthRecord.stays":                    {parts: one(record.ClassStays, fetch.Stays, mental), paged: true, noneOf: record.ClassStays},

	"SocialCareRecord.allocatedWorker":      {parts: social(fetch.AllocatedWorkers), single: true},
	"SocialCareRecord.primarySupportReason": {parts: social(fetch.SupportReasons), single: true},
	"SocialCareRecord.circumstances":        {parts: social(fetch.Circumstances), single: true},

	"SocialCareRecord.allocatedWorkers":      {parts: social(fetch.AllocatedWorkers), noneOf: record.ClassSocialCare},
	"SocialCareRecord.primarySupportReasons": {parts: social(fetch.SupportReasons), noneOf: record.ClassSocialCare},
	"SocialCareRecord.circumstancesHistory":  {parts: social(fetch.Circumstances), noneOf: record.ClassSocialCare},
	"SocialCareRecord.services":              {parts: social(fetch.Services), noneOf: record.ClassSocialCare},
	"SocialCareRecord.assessments":           {parts: social(fetch.SocialCareAssessments), noneOf: record.ClassSocialCare},
	"SocialCareRecord.requests":              {parts: social(fetch.Requests), noneOf: record.ClassSocialCare},
	"SocialCareRecord.reviews":               {parts: social(fetch.Reviews), noneOf: record.ClassSocialCare},
	"SocialCareRecord.supportPlans":          {parts: social(fetch.CarePlans), noneOf: record.ClassSocialCare},
	"SocialCareRecord.equipment":             {parts: social(fetch.Equipment), noneOf: record.ClassSocialCare},
	"SocialCareRecord.carers":                {parts: social(fetch.Carers), noneOf: record.ClassSocialCare},
	"SocialCareRecord.aboutMe":               {parts: social(fetch.AboutMe), noneOf: record.ClassSocialCare},
	"SocialCareRecord.safeguarding":          {parts: one(record.ClassSafeguarding, fetch.Safeguarding, council), noneOf: record.ClassSafeguarding},
	"SocialCareRecord.legalMeasures":         {parts: social(fetch.LegalMeasures), noneOf: record.ClassSocialCare},
}

// encounters are the parts of Patient.encounters.
var encounters = []part{
	{record.ClassStays, fetch.Stays, []record.Sector{record.Acute, record.MentalHealth}},
	{record.ClassEncounters, fetch.Attendances, acute},
	{record.ClassGPConsultations, fetch.Consultations, practice},
	{record.ClassMentalHealthPlans, fetch.CareContacts, mental},
}

// timeline are the parts of Patient.timeline. It has reports, but no single results or vital signs: these have lists of
// their own.
var timeline = []part{
	{record.ClassStays, fetch.Stays, []record.Sector{record.Acute, record.MentalHealth}},
	{record.ClassEncounters, fetch.Attendances, acute},
	{record.ClassGPConsultations, fetch.Consultations, practice},
	{record.ClassMentalHealthPlans, fetch.CareContacts, mental},
	{record.ClassProblems, fetch.Problems, clinical},
	{record.ClassMedications, fetch.Medications, clinical},
	{record.ClassProcedures, fetch.Procedures, clinical},
	{record.ClassImmunisations, fetch.Immunisations, clinical},
	{record.ClassResults, fetch.Reports, clinical},
	{record.ClassResults, fetch.Imaging, acute},
	{record.ClassDocuments, fetch.Documents, clinical},
	{record.ClassReferrals, fetch.Referrals, clinical},
	{record.ClassAppointments, fetch.Appointments, everywhere},
	{record.ClassCarePlans, fetch.CarePlans, []record.Sector{record.Acute, record.GP}},
	{record.ClassMentalHealthPlans, fetch.CarePlans, mental},
	{record.ClassMentalHealth, fetch.LegalStatuses, mental},
	{record.ClassMentalHealth, fetch.CommunityTreatmentOrders, mental},
	{record.ClassMentalHealth, fetch.ConditionalDischarges, mental},
	{record.ClassMentalHealth, fetch.Assessments, mental},
	{record.ClassSocialCare, fetch.CarePlans, council},
	{record.ClassSocialCare, fetch.Documents, council},
	{record.ClassSocialCare, fetch.Referrals, council},
	{record.ClassSocialCare, fetch.Services, council},
	{record.ClassSocialCare, fetch.SocialCareAssessments, council},
	{record.ClassSocialCare, fetch.Requests, council},
	{record.ClassSocialCare, fetch.Reviews, council},
	{record.ClassSocialCare, fetch.LegalMeasures, council},
}

func one(class record.Class, kind fetch.Kind, sectors []record.Sector) []part {
	return []part{{class, kind, sectors}}
}

func social(kind fetch.Kind) []part { return one(record.ClassSocialCare, kind, council) }

// arguments are a field's arguments, with what depends on the caller.
type arguments struct {
	values     map[string]any
	lineage    []string // the caller's organisation and its predecessors
	particular *bool    // set when the result depends on the caller, so that the plan is not cached
}

// organisations returns the caller's organisation and its predecessors, and marks the plan as particular to the caller.
func (a arguments) organisations() []string {
	*a.particular = true
	return a.lineage
}

func (a arguments) text(name string) string {
	switch v := a.values[name].(type) {
	case string:
		return v
	case record.Date:
		return string(v)
	}
	return ""
}

func status(a arguments) (fetch.Filter, error) { return fetch.Filter{Status: a.text("status")}, nil }

func whenStatus(value string, class record.Class) func(arguments) record.Class {
	return func(a arguments) record.Class {
		if a.text("status") == value {
			return class
		}
		return ""
	}
}

func inHospital(arguments) (fetch.Filter, error) { return fetch.Filter{Status: "CURRENT"}, nil }

func latest(arguments) (fetch.Filter, error) {
	return fetch.Filter{First: 1, When: fetch.UpToNow}, nil
}

func upToNow(arguments) (fetch.Filter, error) { return fetch.Filter{When: fetch.UpToNow}, nil }

// byCode narrows by a code and its published equivalents, and by the argument since.
func byCode(argument string) func(arguments) (fetch.Filter, error) {
	return func(a arguments) (fetch.Filter, error) {
		filter := fetch.Filter{Since: record.Date(a.text("since"))} // valid: the transport has checked scalars already
		asked, ok := a.values[argument].(map[string]any)
		if !ok {
			return filter, nil
		}
		system, _ := asked["system"].(string)
		code, _ := asked["code"].(string)
		system, code = strings.TrimSpace(system), strings.TrimSpace(code) // as those of entries are: "4548-4 " would find none
		if system == "" || code == "" || strings.ContainsAny(system+code, "\t|") {
			return filter, fmt.Errorf("%w: %s needs the URI of a code system and a code in it", record.ErrInvalid, argument)
		}
		codes := []string{system + "|" + code}
		for _, equivalent := range terminology.Equivalents(system, code) {
			if same := equivalent.System + "|" + equivalent.Code; same != codes[0] {
				codes = append(codes, same)
			}
		}
		filter.Codes = strings.Join(codes, "\t")
		return filter, nil
	}
}

// whenAndWhere narrows appointments by the arguments upcoming and ownOrganisation.
func whenAndWhere(a arguments) (fetch.Filter, error) {
	var filter fetch.Filter
	switch a.values["upcoming"] {
	case true:
		filter.When = fetch.FromNow
	case false:
		filter.When = fetch.UpToNow
	}
	if a.values["ownOrganisation"] == true {
		filter.Orgs = strings.Join(a.organisations(), "\t")
	}
	return filter, nil
}

func ownOrganisation(a arguments) record.Class {
	if a.values["ownOrganisation"] == true {
		return record.ClassOwnAppointments
	}
	return ""
}
