package floor

import (
	"errors"
	"strings"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

var (
	errTooMany = errors.New("more entries of one kind than a list carries: the floor has no answer for that")
	errBound   = errors.New("a comparator without its bound: the floor has no answer for that")
)

func of(result int, class record.Class, sectors ...int) []part {
	parts := make([]part, len(sectors))
	for i, sector := range sectors {
		parts[i] = part{sector, result, class}
	}
	return parts
}

func clinical(result int, class record.Class) []part {
	return of(result, class, acute, practice, mentalHealth)
}

func join(parts ...[]part) (all []part) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// The lists of the full record.
var (
	allergies     = list{parts: clinical(ofAllergy, record.ClassAllergies), none: record.ClassAllergies, node: writeAllergy}
	medications   = list{parts: clinical(ofMedication, record.ClassMedications), none: record.ClassMedications, node: writeMedication}
	problems      = list{parts: clinical(ofProblem, record.ClassProblems), none: record.ClassProblems, node: writeProblem}
	immunisations = list{parts: clinical(ofImmunisation, record.ClassImmunisations), none: record.ClassImmunisations, node: writeImmunisation}
	procedures    = list{parts: clinical(ofProcedure, record.ClassProcedures), none: record.ClassProcedures, node: writeProcedure}
	resultList    = list{parts: clinical(ofResult, record.ClassResults), none: record.ClassResults, first: 30, page: true, node: writeResult}
	vitalSigns    = list{parts: clinical(ofVitalSign, record.ClassVitalSigns), none: record.ClassVitalSigns, first: 30, node: writeVitalSign}
	encounters    = list{parts: join(of(ofStay, record.ClassStays, acute, mentalHealth), of(ofAttendance, record.ClassEncounters, acute),
		of(ofConsultation, record.ClassGPConsultations, practice), of(ofCareContact, record.ClassMentalHealthPlans, mentalHealth)),
		none: record.ClassEncounters, first: 20, leftOut: true, node: writeEncounter}
	documents = list{parts: join(clinical(ofDocument, record.ClassDocuments), of(ofDocument, record.ClassSocialCare, socialCare)),
		none: record.ClassDocuments, first: 10, leftOut: true, node: writeDocument}
	carePlans = list{parts: join(of(ofCarePlan, record.ClassCarePlans, acute, practice), of(ofCarePlan, record.ClassMentalHealthPlans, mentalHealth), of(ofCarePlan, record.ClassSocialCare, socialCare)),
		none: record.ClassCarePlans, leftOut: true, node: writeCarePlan}
	careTeamList = list{parts: join(clinical(ofCareTeam, record.ClassCareTeam), of(ofCareTeam, record.ClassSocialCare, socialCare)),
		none: record.ClassCareTeam, leftOut: true, node: writeCareTeam}
	stays         = list{parts: of(ofStay, record.ClassStays, acute), none: record.ClassStays, first: 10, node: writeStay}
	attendances   = list{parts: of(ofAttendance, record.ClassEncounters, acute), none: record.ClassEncounters, first: 10, node: writeAttendance}
	consultations = list{parts: of(ofConsultation, record.ClassGPConsultations, practice), none: record.ClassGPConsultations, first: 20, node: writeConsultation}
	mentalPlans   = list{parts: of(ofCarePlan, record.ClassMentalHealthPlans, mentalHealth), none: record.ClassCarePlans, node: writeMentalPlan}
	assessments   = list{parts: of(ofAssessment, record.ClassMentalHealth, mentalHealth), none: record.ClassMentalHealth, node: writeAssessment}
	contacts      = list{parts: of(ofCareContact, record.ClassMentalHealthPlans, mentalHealth), none: record.ClassMentalHealthPlans, first: 10, node: writeContact}
	services      = list{parts: of(ofService, record.ClassSocialCare, socialCare), none: record.ClassSocialCare, node: writeService}
	needs         = list{parts: of(ofAssessment, record.ClassSocialCare, socialCare), none: record.ClassSocialCare, node: writeNeeds}
	requests      = list{parts: of(ofRequest, record.ClassSocialCare, socialCare), none: record.ClassSocialCare, node: writeRequest}
)

// writePatientOf writes the data of the full record.
func (q *request) writePatientOf(o *out, number record.NHSNumber) {
	decision := q.decisions[number]
	if q.refused = codeOf(decision.Outcome); q.refused != "" {
		o.raw(`{"patient":null}`)
		return
	}
	person := q.place[decision.Patient]
	o.raw(`{"patient":{"id":"`)
	o.raw(string(q.s.ids.Person(decision.Patient)))
	o.raw(`","nhsNumber":"`)
	o.raw(string(decision.Patient))
	o.raw(`"`)
	q.writePerson(o, person)
	for _, field := range []struct {
		name string
		list *list
	}{
		{`,"allergies":`, &allergies}, {`,"medications":`, &medications}, {`,"problems":`, &problems}, {`,"immunisations":`, &immunisations}, {`,"procedures":`, &procedures},
		{`,"results":`, &resultList}, {`,"vitalSigns":`, &vitalSigns}, {`,"encounters":`, &encounters}, {`,"documents":`, &documents}, {`,"carePlans":`, &carePlans}, {`,"careTeam":`, &careTeamList},
	} {
		o.raw(field.name)
		q.write(o, field.list, person)
	}
	q.writeSectors(o, person)
	q.writeSources(o, person)
	o.raw(`}}`)
}

func (q *request) writePerson(o *out, person int) {
	rows := q.rowsOf(demographics, ofPerson, person)
	if len(rows) != 1 {
		if len(rows) > 1 {
			q.failed = errTooMany
		}
		o.raw(`,"name":null,"dateOfBirth":null,"gender":null`)
		return
	}
	o.raw(`,"name":`)
	q.writeName(o, &rows[0])
	o.raw(`,"dateOfBirth":`)
	o.text(rows[0].get(2))
	o.raw(`,"gender":`)
	o.enum(rows[0].get(3), "MALE FEMALE OTHER")
}

func (q *request) writeName(o *out, r *row) {
	if r.get(1) == "" {
		o.raw(`null`)
		return
	}
	o.raw(`{"full":`)
	o.text(r.get(1))
	o.raw(`}`)
}

func (q *request) writeSectors(o *out, person int) {
	o.raw(`,"acute":`)
	q.single(o, person, record.ClassStays, acute, ofCurrentStay, func(r *row) bool { return q.stands(r.moment(6), r.yes(7)) })
	q.sectorEnd(o, person, []named{{`,"stays":`, &stays}, {`,"attendances":`, &attendances}}, acute, record.ClassStays)
	o.raw(`,"gp":`)
	q.single(o, person, record.ClassGPConsultations, practice, ofLastConsultation, func(*row) bool { return true })
	q.sectorEnd(o, person, []named{{`,"consultations":`, &consultations}}, practice, record.ClassGPConsultations)
	q.writeMentalHealth(o, person)
	q.writeSocialCare(o, person)
}

type named struct {
	name string
	list *list
}

// single begins a sector object that has one single value.
func (q *request) single(o *out, person int, class record.Class, sector, result int, holds func(*row) bool) {
	found := q.inForce(person, class, sector, result, holds)
	q.sectorStatus(o, found != nil, person, sector, class)
}

// sectorStatus begins a sector object.
func (q *request) sectorStatus(o *out, found bool, person, sector int, classes ...record.Class) (lacks bool) {
	q.sectorGaps(person, sector, classes...)
	lacks = len(q.gaps) > 0
	o.raw(`{"state":"`)
	o.raw(string(record.Describe(found && !lacks, lacks, false)))
	o.raw(`","complete":`)
	o.yes(!lacks)
	return lacks
}

func (q *request) sectorGaps(person, sector int, classes ...record.Class) {
	q.gaps = q.gaps[:0]
	for _, class := range classes {
		q.notes(&list{}, part{sector: sector, class: class}, person)
	}
}

// sectorEnd writes the lists of a sector object and closes it.
func (q *request) sectorEnd(o *out, person int, lists []named, sector int, classes ...record.Class) {
	for _, field := range lists {
		o.raw(field.name)
		q.write(o, field.list, person)
	}
	q.sectorGaps(person, sector, classes...)
	q.writeGaps(o, false)
	o.raw(`}`)
}

// inForce is the single value with the latest start of those that have begun and hold.
func (q *request) inForce(person int, class record.Class, sector, result int, holds func(*row) bool) *row {
	q.gather(&list{parts: []part{{sector, result, class}}}, person)
	key := keys[result]
	for _, r := range q.list {
		begun := !key.day && (r.moment(key.column) == never || r.moment(key.column) <= q.now.UnixMicro()) ||
			key.day && (r.get(key.column) == "" || !record.PartialDate(r.get(key.column)).First().Midnight().After(q.now))
		if begun && holds(r) {
			return r
		}
	}
	return nil
}

// stands reports whether something that ends at a moment has not ended; where the day
// alone is known, it stands until that is over.
func (q *request) stands(ends int64, dayOnly bool) bool {
	if ends != never && dayOnly {
		return record.Today(inLondon(ends)) >= record.Today(q.now)
	}
	return ends == never || ends > q.now.UnixMicro()
}

func (q *request) goesOn(ends string) bool {
	return ends == "" || record.PartialDate(ends).Last() >= record.Today(q.now)
}

func (q *request) writeMentalHealth(o *out, person int) {
	team := record.ClassCareTeam
	coordinator := q.inForce(person, team, mentalHealth, ofCoordinator, func(r *row) bool { return q.goesOn(r.get(9)) })
	clinician := q.inForce(person, team, mentalHealth, ofClinician, func(r *row) bool { return q.goesOn(r.get(6)) })
	legal := q.inForce(person, record.ClassLegalStatus, mentalHealth, ofLegalStatus, func(r *row) bool {
		return q.stands(r.moment(11), r.yes(12)) && q.stands(r.moment(9), r.yes(10))
	})
	order := q.inForce(person, record.ClassMentalHealth, mentalHealth, ofTreatmentOrder, func(r *row) bool {
		return q.stands(r.moment(8), r.yes(9)) && q.stands(r.moment(6), r.yes(7))
	})
	cluster := q.inForce(person, record.ClassMentalHealth, mentalHealth, ofCluster, func(r *row) bool { return q.goesOn(r.get(6)) })
	found := coordinator != nil || clinician != nil || legal != nil || order != nil || cluster != nil
	classes := []record.Class{team, record.ClassLegalStatus, record.ClassMentalHealth}
	o.raw(`,"mentalHealth":`)
	lacks := q.sectorStatus(o, found, person, mentalHealth, classes...)
	o.raw(`,"careCoordinator":`)
	if coordinator == nil || lacks {
		o.raw(`null`)
	} else {
		o.raw(`{"name":`)
		o.text(coordinator.get(5))
		o.textAs("role", coordinator.get(6))
		o.textAs("team", coordinator.get(7))
		o.raw(`}`)
	}
	o.raw(`,"legalStatus":`)
	if legal == nil || lacks {
		o.raw(`null`)
	} else {
		o.raw(`{"status":`)
		o.code(legal, 5)
		o.momentAs("startedAt", legal.moment(8))
		o.momentAs("expiresAt", legal.moment(9))
		o.momentAs("endedAt", legal.moment(11))
		o.raw(`}`)
	}
	q.sectorEnd(o, person, []named{{`,"carePlans":`, &mentalPlans}, {`,"assessments":`, &assessments}, {`,"contacts":`, &contacts}}, mentalHealth, classes...)
}

func (q *request) writeSocialCare(o *out, person int) {
	class := record.ClassSocialCare
	worker := q.inForce(person, class, socialCare, ofWorker, func(r *row) bool { return q.goesOn(r.get(10)) })
	support := q.inForce(person, class, socialCare, ofSupport, func(r *row) bool { return q.goesOn(r.get(9)) })
	circumstances := q.inForce(person, class, socialCare, ofCircumstances, func(*row) bool { return true })
	o.raw(`,"socialCare":`)
	lacks := q.sectorStatus(o, worker != nil || support != nil || circumstances != nil, person, socialCare, class)
	o.raw(`,"allocatedWorker":`)
	if worker == nil || lacks {
		o.raw(`null`)
	} else {
		o.raw(`{"name":`)
		o.text(worker.get(5))
		o.textAs("role", worker.get(6))
		o.textAs("team", worker.get(7))
		o.textAs("phone", worker.get(8))
		o.raw(`}`)
	}
	o.raw(`,"primarySupportReason":`)
	if support == nil || lacks {
		o.raw(`null`)
	} else {
		o.code(support, 5)
	}
	q.sectorEnd(o, person, []named{{`,"services":`, &services}, {`,"assessments":`, &needs}, {`,"requests":`, &requests}}, socialCare, class)
}

func (q *request) writeSources(o *out, person int) {
	o.raw(`,"sources":[`)
	for i, source := range q.s.sources {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"sector":"`)
		o.raw(string(source.sector))
		o.raw(`","organisation":`)
		o.organisation(string(source.org.ODSCode), source.org.Name)
		if q.at[i].IsZero() || i == socialCare && q.adult[person] < 0 {
			o.raw(`,"state":"NOT_ASKED","asOf":null}`)
			continue
		}
		o.raw(`,"state":"ANSWERED","asOf":`)
		o.time(q.at[i])
		o.raw(`}`)
	}
	o.raw(`]`)
}

// The lists of the ward list.
var (
	wardAllergies   = list{parts: clinical(ofAllergy, record.ClassAllergies), none: record.ClassAllergies, short: true, node: wardAllergy}
	wardMedications = list{parts: clinical(ofMedication, record.ClassMedications), none: record.ClassMedications, short: true, node: wardMedication}
	wardProblems    = list{parts: clinical(ofProblem, record.ClassProblems), none: record.ClassProblems, short: true, node: wardProblem}
	wardResults     = list{parts: clinical(ofResult, record.ClassResults), none: record.ClassResults, first: 5, short: true, node: wardResult}
	wardStays       = list{parts: of(ofStay, record.ClassStays, acute), none: record.ClassStays, first: 1, short: true, node: wardStay}
	wardServices    = list{parts: of(ofService, record.ClassSocialCare, socialCare), none: record.ClassSocialCare, short: true, node: wardService}
)

// writeWard writes the data of the ward list.
func (q *request) writeWard(o *out, numbers []record.NHSNumber) {
	o.raw(`{"patients":[`)
	for i, number := range numbers {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"nhsNumber":"`)
		o.raw(string(number))
		decision := q.decisions[number]
		if code := codeOf(decision.Outcome); code != "" {
			o.raw(`","refusal":{"code":"`)
			o.raw(code)
			o.raw(`","message":`)
			o.text(messages[code])
			o.raw(`},"patient":null}`)
			continue
		}
		o.raw(`","refusal":null,"patient":`)
		q.writeWardPatient(o, decision)
		o.raw(`}`)
	}
	o.raw(`]}`)
}

func (q *request) writeWardPatient(o *out, decision consent.Decision) {
	person := q.place[decision.Patient]
	o.raw(`{"id":"`)
	o.raw(string(q.s.ids.Person(decision.Patient)))
	o.raw(`"`)
	q.writeNameAndAge(o, person)
	o.raw(`,"allergies":`)
	q.write(o, &wardAllergies, person)
	o.raw(`,"medications":`)
	none := q.gather(&wardMedications, person)
	q.settle(person)
	q.writeGathered(o, &wardMedications, person, none)
	o.raw(`,"problems":`)
	q.write(o, &wardProblems, person)
	o.raw(`,"results":`)
	q.write(o, &wardResults, person)
	o.raw(`,"acute":{"stays":`)
	q.write(o, &wardStays, person)
	o.raw(`},"socialCare":{"services":`)
	q.write(o, &wardServices, person)
	o.raw(`}}`)
}

func (q *request) writeNameAndAge(o *out, person int) {
	rows := q.rowsOf(demographics, ofPerson, person)
	if len(rows) != 1 {
		if len(rows) > 1 {
			q.failed = errTooMany
		}
		o.raw(`,"name":null,"age":null`)
		return
	}
	o.raw(`,"name":`)
	q.writeName(o, &rows[0])
	on := record.Today(q.now)
	if died := rows[0].moment(4); died != never {
		on = record.Today(inLondon(died))
	}
	o.raw(`,"age":`)
	o.whole(record.Age(record.PartialDate(rows[0].get(2)), on))
}

// settle takes out the medicines that a later discharge elsewhere has made past.
func (q *request) settle(person int) {
	var latest record.Date
	for _, r := range q.list {
		latest = max(latest, suppliedOn(r))
	}
	for _, sector := range []int{acute, mentalHealth} {
		for _, r := range q.rowsOf(sector, ofDischarge, person) {
			latest = max(latest, record.Today(inLondon(r.moment(0))))
		}
	}
	kept := q.list[:0]
	for _, r := range q.list {
		if on := suppliedOn(r); on == "" || on >= latest {
			kept = append(kept, r)
		}
	}
	q.list = kept
}

// suppliedOn is the day of the discharge at which a medicine was supplied; "" where it
// was not.
func suppliedOn(r *row) record.Date {
	if r.get(9) != "DISCHARGE" || r.moment(13) == never {
		return ""
	}
	return record.Today(inLondon(r.moment(13)))
}

// value is what was measured, coded or written, in nine columns from i on.
type value struct{ text, quantity, comparator, limit, unit, absent string }

func (q *request) value(r *row, i int) (v value, known bool) {
	v = value{r.get(i), r.get(i + 1), r.get(i + 2), r.get(i + 3), r.get(i + 4), r.get(i + 5)}
	if v == (value{}) && r.get(i+8) == "" {
		return v, false
	}
	switch v.comparator {
	case "":
	case "<", "<=", ">=", ">":
		if v.quantity = ""; v.limit == "" {
			q.failed = errBound
		}
	default:
		q.failed = errBound
	}
	return v, true
}

func absentReason(code string) string {
	return strings.ToUpper(strings.ReplaceAll(code, "-", "_"))
}
