package view

import (
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/fetch"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// persons reads who the patients are, and with fetch.Telecom how they are reached. Its Answer holds
// a *fetch.Rows[record.Person] with one person at the most for each subject.
type persons struct{}

var (
	// Lateral, so that one plan for all arguments goes to each patient by the index.
	personRows = compile("person", `SELECT p.n, v.*
FROM `+subjects+`
CROSS JOIN LATERAL (SELECT v.status_code, v.restricted, v.name_full, v.name_prefix, v.name_given, v.name_family, v.name_suffix,
	v.born_on, v.gender, v.died_at, v.died_at_day_only, v.address_lines, v.address_postcode, v.address_borough, v.practice_ods, v.practice_name,
	v.ethnic_category_system, v.ethnic_category_code, v.ethnic_category_display, v.language_system, v.language_code, v.language_display,
	v.marital_status_system, v.marital_status_code, v.marital_status_display
	FROM person v WHERE v.nhs_number = p.nhs_number LIMIT 10) v
ORDER BY p.n`)
	telecomRows = compile("telecom", `SELECT p.n, v.*
FROM `+subjects+`
CROSS JOIN LATERAL (SELECT v.system, v.value, v.use
	FROM telecom v WHERE v.nhs_number = p.nhs_number ORDER BY v.position LIMIT 101) v
ORDER BY p.n`)
)

// maxTelecom is how many points of contact one person's list carries at the most.
const maxTelecom = 100

func (persons) statements() []statement { return []statement{personRows, telecomRows} }

func (persons) trials() []trial { return nil }

func (persons) wordsStatement() *statement { return nil }

func (persons) describe(s *Source) [][]uint32 {
	person, telecom := []uint32{pgtype.Int8OID}, []uint32{pgtype.Int8OID}
	scanPerson(&row{source: s, types: &person})
	scanTelecom(&row{source: s, types: &telecom})
	return [][]uint32{person, telecom}
}

func (persons) queue(batch *postgres.Batch, a *asked) {
	personRows.queue(batch, a)
	if a.Children&fetch.Telecom != 0 {
		telecomRows.queue(batch, a)
	}
}

func (persons) collect(w *wave, results postgres.Results, j *job) (fetch.Answer, bool, error) {
	ask := j.read()
	rows := &fetch.Rows[record.Person]{Starts: w.counts(len(ask.Subjects.Patients) + 1)}
	var unreadable []bool
	mark := func(subject int) {
		if unreadable == nil {
			unreadable = make([]bool, len(ask.Subjects.Patients))
		}
		unreadable[subject] = true
	}
	position := make(map[int]int, len(ask.Subjects.Patients))
	r := w.begin("person")
	err := each(results, r, func(subject int) {
		person := scanPerson(r)
		if r.end(); r.err != nil {
			mark(subject)
			// That the person is restricted must not be lost with the rest.
			person = record.Person{Restricted: person.Restricted, RestrictionUnclear: person.RestrictionUnclear}
		}
		if i, twice := position[subject]; twice { // which of them it is cannot be told
			mark(subject)
			rows.Items[i] = restrictedBy(rows.Items[i], person)
			return
		}
		position[subject] = len(rows.Items)
		rows.Items = append(rows.Items, person)
		rows.Starts[subject+1] = 1
	}, ask)
	if err != nil {
		return fetch.Answer{}, false, err
	}
	var truncated []bool
	if ask.Children&fetch.Telecom != 0 {
		if truncated, err = collectTelecom(results, r, rows.Items, position, ask, mark); err != nil {
			return fetch.Answer{}, false, err
		}
	}
	for i := 1; i < len(rows.Starts); i++ {
		rows.Starts[i] += rows.Starts[i-1]
	}
	return fetch.Answer{Rows: rows, Unreadable: unreadable, Truncated: truncated}, false, nil
}

// collectTelecom reads how the people are reached, each by the place of the subject. It says of whom there is more than
// a list carries.
func collectTelecom(results postgres.Results, r *row, people []record.Person, position map[int]int, ask *fetch.Ask, mark func(subject int)) (truncated []bool, err error) {
	r.kind = "telecom"
	err = each(results, r, func(subject int) {
		point := scanTelecom(r)
		r.end()
		i, known := position[subject]
		switch {
		case r.err != nil:
			mark(subject)
		case known && len(people[i].Telecom) == maxTelecom:
			if truncated == nil {
				truncated = make([]bool, len(ask.Subjects.Patients))
			}
			truncated[subject] = true
		case known:
			people[i].Telecom = append(people[i].Telecom, point)
		}
	}, ask)
	return truncated, err
}

// numberStatuses are the values of NHS NUMBER STATUS INDICATOR CODE.
var numberStatuses = map[string]string{
	"01": "Number present and verified", "02": "Number present but not traced", "03": "Trace required",
	"04": "Trace attempted, no match or multiple match", "05": "Trace needs to be resolved", "06": "Trace in progress",
	"07": "Number not present, trace not required", "08": "Trace postponed (baby under six weeks old)",
}

// restrictedBy is what two rows of one person say together of the restriction: it is
// unclear only where neither says plainly that there is one.
func restrictedBy(a, b record.Person) record.Person {
	plain := a.Restricted && !a.RestrictionUnclear || b.Restricted && !b.RestrictionUnclear
	restricted := a.Restricted || b.Restricted
	return record.Person{Restricted: restricted, RestrictionUnclear: restricted && !plain}
}

func scanPerson(r *row) (x record.Person) {
	if status := r.Text(); status != "" {
		x.NHSNumberStatus = &record.Code{System: "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus", Code: record.Text(status), Display: status}
		if words, known := numberStatuses[status]; known {
			x.NHSNumberStatus.Display = words
		}
	}
	restricted := r.Bool()
	if restricted == nil { // it cannot be ruled out
		r.fail("nothing said of whether the person is restricted")
		restricted, x.RestrictionUnclear = &yes, true
	}
	x.Restricted = *restricted
	name := record.HumanName{Full: record.Text(r.Text()), Prefix: record.Text(r.Text()), Given: r.Texts(), Family: record.Text(r.Text()), Suffix: record.Text(r.Text())}
	if name.Full == "" {
		name.Full = record.Text(strings.Join(strings.Fields(string(name.Prefix)+" "+strings.Join(name.Given, " ")+" "+string(name.Family)+" "+string(name.Suffix)), " "))
	}
	if name.Full != "" {
		x.Name = &name
	}
	x.DateOfBirth = r.PartialDate()
	x.Gender = enum[record.Text](r, genders, "UNKNOWN")
	x.DeceasedAt, x.DeceasedAtPrecision = r.Moment()
	address := record.Address{Lines: r.Texts(), Postcode: record.Text(r.Text()), Borough: record.Text(r.Text())}
	if len(address.Lines) > 0 || address.Postcode != "" || address.Borough != "" {
		x.Address = &address
	}
	x.RegisteredPractice = r.Organisation()
	x.EthnicCategory, x.PreferredLanguage, x.MaritalStatus = r.CodePtr(), r.CodePtr(), r.CodePtr()
	return x
}

var (
	genders        = set[record.Text]("MALE", "FEMALE", "OTHER", "UNKNOWN")
	telecomSystems = set[record.Text]("PHONE", "EMAIL", "SMS", "FAX", "OTHER")
	telecomUses    = set[record.Text]("HOME", "WORK", "MOBILE", "TEMP")
)

func scanTelecom(r *row) record.ContactPoint {
	return record.ContactPoint{System: enum[record.Text](r, telecomSystems, "OTHER"), Value: record.Text(r.Text()), Use: enum[record.Text](r, telecomUses, "")}
}
