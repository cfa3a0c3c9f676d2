package sample

import (
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// The numbers of the scenarios: the same in every demonstration, all in the 999
// test range. Synthea's people have others, from 9991000003 on.
const (
	// Whole is the reference resident: a rich record in all four sectors.
	Whole record.NHSNumber = "9990000018"
	// OptedOut has objected to the joined-up record: RECORD_WITHHELD.
	OptedOut record.NHSNumber = "9990000026"
	// Restricted is S-flagged: PATIENT_NOT_FOUND, even in care.
	Restricted record.NHSNumber = "9990000034"
	// NotInCare has records everywhere but no relationship with the demo personas' organisations: NO_CARE_RELATIONSHIP.
	NotInCare record.NHSNumber = "9990000042"
	// Conflicting is said to be allergic by one source and not by another, and takes one medicine in two strengths.
	Conflicting record.NHSNumber = "9990000050"
	// Contradicted is stated to have no known allergies by the practice, while the hospital lists one.
	Contradicted record.NHSNumber = "9990000069"
	// NoneKnown has no known allergies and no medicines, as every source states.
	NoneKnown record.NHSNumber = "9990000077"
	// Unreadable has a problem whose date does not exist at the practice: PARTLY_UNREADABLE.
	Unreadable record.NHSNumber = "9990000085"
	// Sensitive has entries that are never shown beside ordinary twins that are.
	Sensitive record.NHSNumber = "9990000093"
	// GrownUp was looked after as a child: nothing of that shows; adult social care does.
	GrownUp record.NHSNumber = "9990000107"
	// WithChild is an adult whose contacts are a child, who is not named, and an adult, who is.
	WithChild record.NHSNumber = "9990000115"
	// Child is ten, with health records that show and social care rows that do not.
	Child record.NHSNumber = "9990000123"
	// Superseding is the current number of a person who had Superseded before.
	Superseding record.NHSNumber = "9990000131"
	// Superseded is an old number: it answers with the record of Superseding.
	Superseded record.NHSNumber = "9990000158"
	// Invalidated was withdrawn as an error: PATIENT_NOT_FOUND.
	Invalidated record.NHSNumber = "9990000166"
	// Deceased died two months ago: the relationships that stood at death stand on.
	Deceased record.NHSNumber = "9990000174"
	// Newborn is nine days old and its number is not traced yet.
	Newborn record.NHSNumber = "9990000182"
	// InTransit has a record on its way between practices and hospital results awaiting filing.
	InTransit record.NHSNumber = "9990000190"
	// BornInYear is known by the year of birth alone: age is null.
	BornInYear record.NHSNumber = "9990000204"
	// LongList has more than two hundred results, for paging.
	LongList record.NHSNumber = "9990000212"
	// Detained is on a mental health ward under section 3, waiting to leave.
	Detained record.NHSNumber = "9990000220"
	// BornUnknown has no date of birth: social care stays empty, as for a child.
	BornUnknown record.NHSNumber = "9990000239"
	// Nobody is a valid number that belongs to no one: it looks like NotInCare.
	Nobody record.NHSNumber = "9990000417"
)

// A Scenario is a line of the table in the README.
type Scenario struct {
	Number record.NHSNumber
	Name   string // of the constant
	Shows  string
}

// ScenarioTable lists every number with a meaning, in order. Superseded and
// Nobody stand in it though no resident has them.
func ScenarioTable() []Scenario {
	return []Scenario{
		{Whole, "Whole", "the reference resident: stays, attendances, consultations, medicines of every kind, results of several kinds, a package of care, legal status"},
		{OptedOut, "OptedOut", "an objection in force: RECORD_WITHHELD for those in care"},
		{Restricted, "Restricted", "restricted (S-flagged): PATIENT_NOT_FOUND for those in care, otherwise as if not in care"},
		{NotInCare, "NotInCare", "no relationship with the demo organisations: NO_CARE_RELATIONSHIP; breakGlass helps"},
		{Conflicting, "Conflicting", "sources that disagree: an allergy and its severity, one medicine in two strengths, a problem active here and resolved there"},
		{Contradicted, "Contradicted", "noneKnownBy from the practice beside an allergy that the hospital lists"},
		{NoneKnown, "NoneKnown", "no known allergies and no medicines, stated by every source: NONE_KNOWN"},
		{Unreadable, "Unreadable", "an entry with the date 2021-13: a PARTLY_UNREADABLE gap, the rest shown"},
		{Sensitive, "Sensitive", "entries never shown, with ordinary neighbours that are"},
		{GrownUp, "GrownUp", "nothing of being looked after as a child; adult social care since the 18th birthday"},
		{WithChild, "WithChild", "contacts: the adult is named, the child is not"},
		{Child, "Child", "a child of ten: health records; socialCare empty with NONE_RECORDED"},
		{Superseding, "Superseding", "the current number of a person with an older one"},
		{Superseded, "Superseded", "an older number, which answers with the current one"},
		{Invalidated, "Invalidated", "an invalidated number: PATIENT_NOT_FOUND for those in care"},
		{Deceased, "Deceased", "deceasedAt, age at death, a relationship that stands on"},
		{Newborn, "Newborn", "age 0, a number not traced yet, the birth as its first stay"},
		{InTransit, "InTransit", "IN_TRANSIT and AWAITING_FILING gaps"},
		{BornInYear, "BornInYear", "a year of birth alone: dateOfBirth 4 characters long, age null"},
		{LongList, "LongList", "240 results, for paging"},
		{Detained, "Detained", "on a mental health ward: section 3 in force with its expiry, leave, a delayed discharge"},
		{BornUnknown, "BornUnknown", "no date of birth: age null, socialCare empty as for a child"},
		{Nobody, "Nobody", "nobody's number: answers as NotInCare does"},
	}
}

// Scenarios are the residents that show what a front end must handle, one for
// each, as of a day. All but NotInCare are in the care of the demo personas.
func Scenarios(today time.Time) []load.Person {
	builders := []func(day) *folder{whole, optedOut, restricted, notInCare, conflicting, contradicted, noneKnown, unreadable, sensitive, grownUp,
		withChild, child, superseding, invalidated, deceased, newborn, inTransit, bornInYear, longList, detained, bornUnknown}
	people := make([]load.Person, len(builders))
	for i, build := range builders {
		f := build(dayOf(today))
		f.close()
		people[i] = *f.Person
	}
	return people
}
