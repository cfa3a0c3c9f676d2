package sample

import (
	"maps"
	"strings"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// with is a row's usual cells and those that are its own; nil takes a usual one away.
func with(usual, own cells) cells {
	all := maps.Clone(usual)
	maps.Copy(all, own)
	return all
}

func (f *folder) problem(s load.Source, what coding, onset string, own cells) string {
	return f.put(s, "problem", with(cells{"problem": what, "kind": "PROBLEM", "status": "ACTIVE", "verification": "CONFIRMED", "onset_on": onset}, own))
}

// repeat is a medicine that is taken until somebody stops it.
func (f *folder) repeat(s load.Source, medicine coding, dosage string, started day, own cells) string {
	return f.put(s, "medication", with(cells{"medicine": medicine, "kind": "REPEAT", "intent": "PLAN", "status": "ACTIVE", "dosage": dosage, "route": oral,
		"started_on": started, "last_issued_on": f.on(0, 0, -12), "review_due_on": f.on(0, 5, 0).month(), "repeats_allowed": 12, "repeats_issued": 7,
		"quantity": "28 tablet", "prescriber": doctor(f.Practice), "prescribing_agency": prescribedGP}, own))
}

// course is an acute medicine.
func (f *folder) course(s load.Source, medicine coding, dosage string, started day, own cells) string {
	return f.put(s, "medication", with(cells{"medicine": medicine, "kind": "ACUTE", "intent": "ORDER", "status": "ACTIVE", "dosage": dosage, "route": oral,
		"started_on": started, "prescriber": doctor(f.Practice), "prescribing_agency": prescribedGP}, own))
}

func (f *folder) allergy(s load.Source, substance coding, onset string, own cells) string {
	return f.put(s, "allergy", with(cells{"substance": substance, "kind": "ALLERGY", "category": "MEDICATION", "criticality": "HIGH", "status": "ACTIVE",
		"verification": "CONFIRMED", "onset_on": onset}, own))
}

func (f *folder) reaction(s load.Source, allergy string, manifestation coding, severity string) {
	f.part(s, "allergy_reaction", allergy, cells{"manifestation": manifestation, "severity": severity})
}

// result is a measured result: a number and its unit, and the range that is usual.
func (f *folder) result(s load.Source, test coding, value, unit, low, high string, taken time.Time, own cells) string {
	usual := cells{"test": test, "category": "LABORATORY", "taken_at": taken, "issued_at": taken.Add(26 * time.Hour), "status": "FINAL",
		"value_unit": unit, "specimen": venousBlood}
	if value != "" {
		usual["value_text"], usual["value_quantity"] = strings.TrimSpace(value+" "+unit), value
	}
	if low != "" {
		usual["reference_range_low"] = low
	}
	if high != "" {
		usual["reference_range_high"] = high
	}
	return f.put(s, "result", with(usual, own))
}

// below is a result the laboratory could only say a bound of: "<3".
func below(limit, unit string) cells {
	return cells{"value_text": "<" + limit + " " + unit, "value_comparator": "<", "value_limit": limit}
}

func (f *folder) pressure(s load.Source, high, low string, taken time.Time) {
	id := f.put(s, "vital_sign", cells{"sign": bloodPressure, "taken_at": taken, "status": "FINAL", "value_text": high + "/" + low + " mmHg", "value_unit": "mm[Hg]"})
	f.part(s, "vital_sign_component", id, cells{"sign": systolic, "value_text": high + " mmHg", "value_quantity": high, "value_unit": "mm[Hg]"})
	f.part(s, "vital_sign_component", id, cells{"sign": diastolic, "value_text": low + " mmHg", "value_quantity": low, "value_unit": "mm[Hg]"})
}

func (f *folder) vital(s load.Source, sign coding, value, unit string, taken time.Time, own cells) {
	f.put(s, "vital_sign", with(cells{"sign": sign, "taken_at": taken, "status": "FINAL", "value_text": value + " " + unit, "value_quantity": value, "value_unit": unit}, own))
}

// appointment is with a hospital's clinic, in the future or the past.
func (f *folder) appointment(s load.Source, starts time.Time, function, clinic string, own cells) string {
	status, attended := "BOOKED", listed("attended", "0")
	if starts.Before(f.today.Time) {
		status, attended = "FULFILLED", listed("attended", "5")
	}
	return f.put(s, "appointment", with(cells{"starts_at": starts, "duration_minutes": 20, "specialty": specialty(function), "clinic": clinic, "status": status,
		"medium": "FACE_TO_FACE", "first_attendance": listed("first-attendance", "2"), "attended": attended, "priority": "ROUTINE",
		"location": siteOf(s)}, own))
}

// visit is an appointment at the practice, which has no treatment functions.
func (f *folder) visit(starts time.Time, kind string, own cells) string {
	status := "BOOKED"
	if starts.Before(f.today.Time) {
		status = "FULFILLED"
	}
	return f.put(f.host(), "appointment", with(cells{"starts_at": starts, "duration_minutes": 10, "kind": words(kind), "status": status, "medium": "FACE_TO_FACE",
		"location": load.OrganisationName(f.Practice), "clinician": doctor(f.Practice)}, own))
}

// host is the source that holds what the person's practice writes.
func (f *folder) host() load.Source {
	if f.Practice == alexandraGrove || f.Practice == "F85901" {
		return load.TPPHost
	}
	return load.EMISHost
}

func (f *folder) consultation(held time.Time, reason coding, own cells, sections ...section) string {
	id := f.put(f.host(), "consultation", with(cells{"held_at": held, "ended_at": held.Add(11 * time.Minute), "kind": snomed("325861000000105", "Face to face consultation"),
		"medium": "FACE_TO_FACE", "reason": reason, "clinician": doctor(f.Practice), "location": load.OrganisationName(f.Practice)}, own))
	for _, s := range sections {
		f.part(f.host(), "consultation_section", id, s.cells())
	}
	return id
}

// A section is a heading of a consultation or a care plan and what stands under it.
type section struct{ heading, text string }

func (s section) cells() cells { return cells{"heading": s.heading, "text": s.text} }

// letter is a document with its text.
func (f *folder) letter(s load.Source, kind coding, title, text string, written time.Time, own cells) string {
	return f.put(s, "document", with(cells{"kind": kind, "title": title, "status": "FINAL", "written_at": written, "content_type": "text/plain",
		"size": len(text), "content": []byte(text)}, own))
}

// openReferral is a referral a mental health service has open, and the contact that touched it last.
func (f *folder) openReferral(s load.Source, team coding, reason coding, received, seen day) string {
	id := f.put(s, "referral", cells{"specialty": specialty("710"), "priority": "ROUTINE", "status": "IN_PROGRESS", "referred_on": received.plus(-6),
		"received_on": received, "reason": reason, "from_party": org(f.Practice), "to_party": org(s.ODS), "referrer": doctor(f.Practice), "team": team.Display})
	f.put(s, "care_contact", cells{"at": seen.at(11, 0), "duration_minutes": 45, "kind": words("Follow-up"), "medium": "FACE_TO_FACE", "team": team.Display,
		"team_type": team, "location": "Community clinic", "clinician": nurse(s.ODS), "attended": listed("attended", "5")})
	return id
}

func (f *folder) plan(s load.Source, kind coding, title string, started day, own cells, sections ...section) string {
	updated := started.plus(40)
	if !updated.Before(f.today.Time) {
		updated = started
	}
	id := f.put(s, "care_plan", with(cells{"kind": kind, "title": title, "status": "IN_PROGRESS", "started_on": started, "updated_at": updated.at(15, 20),
		"review_due_on": f.on(0, 6, 0).month()}, own))
	for _, part := range sections {
		f.part(s, "care_plan_section", id, part.cells())
	}
	return id
}

// worker is the council's allocated worker.
func (f *folder) worker(s load.Source, started day, own cells) string {
	who := socialWorker(string(f.Number))
	return f.put(s, "allocated_worker", with(cells{"name": who.Name, "role": who.Role, "team": "Adult social care, locality team", "phone": phone(s.ODS),
		"key_worker": true, "started_on": started}, own))
}

// inCare makes the person a patient of every demo persona: a clinic, a mental
// health referral, a council worker. The practice is the person's own already.
func (f *folder) inCare() {
	f.clinicAt(royalFree)
	f.openReferral(northLondon, listed("team-type", "A06"), snomed("231504006", "Mixed anxiety and depressive disorder"), f.on(0, -5, 0), f.in(-20))
	f.worker(barnet, f.on(0, -4, 0), nil)
}

func (f *folder) clinicAt(s load.Source) {
	f.appointment(s, f.in(9).at(10, 40), "300", "General medicine clinic", nil)
}

// relate adds a relationship of which no source view has a row.
func (f *folder) relate(ods, kind string, started day) {
	f.Relations = append(f.Relations, load.Relation{ODS: ods, Kind: kind, Started: started.Time})
}

// noneKnown is a source's statement that there are none of a class.
func (f *folder) noneKnown(s load.Source, class record.Class, on day) {
	f.listNote(s, class, "NONE_KNOWN", on)
}

func (f *folder) listNote(s load.Source, class record.Class, note string, on day) {
	f.put(s, "list_note", cells{"class": string(class), "note": note, "recorded_at": dayOnly{on}})
}
