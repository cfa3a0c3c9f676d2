package resolvers_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// What the sources of the matrix hold is marked: every text, code, name and id of an entry
// says of which source, kind and facet it is, and every date and number is one that no other
// entry has. So whatever of it comes out, by whichever field, is known again.

// marks knows markers by what stands for them.
type marks struct {
	names []string       // by number
	known map[string]int // the number of a name
}

func (m *marks) number(name string) int {
	n, ok := m.known[name]
	if !ok {
		n = len(m.names)
		m.known[name] = n
		m.names = append(m.names, name)
	}
	return n
}

// day is the date that stands for a marker. Those that end in "early" lie before 2016, all
// others from 2023 on.
func (m *marks) day(name string) time.Time {
	n := m.number(name)
	if strings.HasSuffix(name, " early") {
		return time.Date(2012, 1, 1+n, 12, 0, 0, 0, time.UTC)
	}
	return time.Date(2023, 1, 1+n, 12, 0, 0, 0, time.UTC)
}

var (
	sealed   = regexp.MustCompile(`"(?:cursor|startCursor|endCursor)":"([^"]+)"`)
	firstDay = map[bool]time.Time{true: time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), false: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)}
)

// born is the day on which demographics says that a patient was born: no later than any register has it, as days that stand for
// markers would be.
const born = "1950-02-03"

// signed is the length of a cursor's signature, in which any bytes may stand: those that
// begin a marker too.
const signed = 16

// in is every marker that can be found in a text, in its cursors too.
func (m *marks) in(text []byte) map[string]bool {
	found := map[string]bool{}
	m.collect(text, found)
	for _, cursor := range sealed.FindAllSubmatch(text, -1) {
		if plain, err := base64.RawURLEncoding.DecodeString(string(cursor[1])); err == nil {
			m.collect(plain[min(signed, len(plain)):], found)
		}
	}
	return found
}

// collect is by hand: the answers are long, and there are thousands of them.
func (m *marks) collect(text []byte, found map[string]bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\xc2': // the first byte of «
			end := bytes.Index(text[i:], []byte("»"))
			if bytes.HasPrefix(text[i:], []byte("«")) && end > 0 {
				name := text[i+len("«") : i+end]
				if n, known := m.known[string(name)]; known {
					found[m.names[n]] = true
				} else {
					found[string(name)] = true
				}
				i += end
			}
		case '2':
			if i+10 <= len(text) && text[i+1] == '0' && text[i+4] == '-' && text[i+7] == '-' && (i == 0 || !digit(text[i-1])) {
				if name := m.ofDay(string(text[i : i+10])); name != "" {
					found[name] = true
				}
				i += 9
			}
		case '1':
			if bytes.HasPrefix(text[i:], []byte(born)) {
				found["DEMOGRAPHICS person"] = true
			}
			if i+9 <= len(text) && string(text[i+5:i+9]) == ".125" && (i == 0 || !digit(text[i-1])) {
				if n, err := strconv.Atoi(string(text[i+1 : i+5])); err == nil && n < len(m.names) {
					found[m.names[n]] = true
				}
			}
		}
	}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func (m *marks) ofDay(text string) string {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return ""
	}
	for early, first := range firstDay {
		n := int(day.Sub(first).Hours() / 24)
		if n >= 0 && n < len(m.names) && strings.HasSuffix(m.names[n], " early") == early {
			return m.names[n]
		}
	}
	return ""
}

// fill marks everything in a value: summary is the marker of what a stay's summary shows
// too, and the same as whole for all else.
func (m *marks) fill(v reflect.Value, whole, summary string, depth int) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		mark := whole
		if v.Type() == reflect.TypeFor[record.Stay]() && inSummary[name] {
			mark = summary
		}
		if !strings.HasSuffix(name, "Precision") && !ends(name) {
			m.set(f, mark, summary, depth)
		}
	}
}

// inSummary are the fields of a stay that its summary shows.
var inSummary = map[string]bool{"Item": true, "AdmittedAt": true, "DischargeReadyOn": true, "Ward": true, "Site": true}

// ends reports whether a field says that something is over, which would hide it where only
// what is in force is shown.
func ends(name string) bool {
	for _, beginning := range []string{"Ended", "Expires", "Discharged", "Departed"} {
		if strings.HasPrefix(name, beginning) && (strings.HasSuffix(name, "On") || strings.HasSuffix(name, "At")) {
			return true
		}
	}
	return false
}

func (m *marks) set(v reflect.Value, mark, summary string, depth int) {
	switch v.Type() {
	case reflect.TypeFor[record.DateTime]():
		v.Set(reflect.ValueOf(record.At(m.day(mark))))
		return
	case reflect.TypeFor[record.PartialDate](), reflect.TypeFor[record.Date]():
		v.SetString(m.day(mark).Format(time.DateOnly))
		return
	case reflect.TypeFor[record.Decimal]():
		v.SetString(fmt.Sprintf("1%04d.125", m.number(mark)))
		return
	case reflect.TypeFor[record.Item]():
		m.fill(v, summary, summary, depth)
		return
	case reflect.TypeFor[record.Sector](), reflect.TypeFor[record.NHSNumber](), reflect.TypeFor[record.Class]():
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("«" + mark + "»")
	case reflect.Struct:
		m.fill(v, mark, summary, depth)
	case reflect.Slice:
		if depth < 6 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			m.set(v.Index(0), mark, mark, depth+1)
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*record.Code]() && depth > 2 {
			return // a code that was mapped from a code that was mapped from …
		}
		if depth < 8 && v.Type().Elem().Kind() != reflect.Bool {
			v.Set(reflect.New(v.Type().Elem()))
			m.set(v.Elem(), mark, mark, depth+1)
		}
	}
}

// A shape makes the entries of one kind.
type shape func(m *marks, sector record.Sector, facets []string) func(*fetch.Ask) fetch.Answer

// marked holds an entry for each facet a question may be about.
func marked[T any](kind fetch.Kind, about func(*fetch.Ask, string) bool) shape {
	return func(m *marks, sector record.Sector, facets []string) func(*fetch.Ask) fetch.Answer {
		items := map[string]T{}
		for _, facet := range facets {
			items[facet] = markedEntry[T](m, sector, kind, facet)
		}
		return holds(func(ask *fetch.Ask, _ record.NHSNumber) []T {
			var found []T
			for _, facet := range facets {
				if about(ask, strings.TrimSuffix(facet, " early")) {
					found = append(found, items[facet])
				}
			}
			return found
		})
	}
}

// markedEntry is an entry of which everything is marked.
func markedEntry[T any](m *marks, sector record.Sector, kind fetch.Kind, facet string) T {
	name := string(sector) + " " + string(kind)
	early := strings.HasSuffix(facet, " early")
	if facet = strings.TrimSuffix(facet, " early"); facet != "" {
		name += "." + facet
	}
	if early {
		name += " early"
	}
	var entry T
	m.fill(reflect.ValueOf(&entry).Elem(), name, strings.Replace(name, ".whole", ".summary", 1), 0)
	if item, ok := any(&entry).(record.RecordItem); ok {
		record.Envelope(item).Provenance.Sector = sector
	}
	if status, ok := any(&entry).(*record.LegalStatus); ok && facet == "ended" {
		status.EndedAt = record.At(now.AddDate(0, 0, -1))
	}
	return entry
}

func whatever(*fetch.Ask, string) bool { return true }

// byStatus divides what is current from what is past.
func byStatus(ask *fetch.Ask, facet string) bool {
	switch ask.Filter.Status {
	case "CURRENT", "ACTIVE":
		return facet == "current"
	case "PAST":
		return facet == "past"
	}
	return true
}

func byOrganisation(ask *fetch.Ask, facet string) bool {
	return ask.Filter.Orgs == "" || facet == "own"
}

// A holding is how a kind is marked.
type holding struct {
	shape  shape
	facets []string
}

func plain[T any](kind fetch.Kind) holding { return holding{marked[T](kind, whatever), []string{""}} }

// holdings are every kind that a source can be asked for.
var holdings = map[fetch.Kind]holding{
	fetch.Persons:                  plain[record.Person](fetch.Persons),
	fetch.Alerts:                   plain[record.Alert](fetch.Alerts),
	fetch.Allergies:                plain[record.Allergy](fetch.Allergies),
	fetch.Medications:              {marked[record.Medication](fetch.Medications, byStatus), []string{"current", "past"}},
	fetch.Problems:                 {marked[record.Problem](fetch.Problems, byStatus), []string{"current", "past"}},
	fetch.Immunisations:            plain[record.Immunisation](fetch.Immunisations),
	fetch.Procedures:               plain[record.Procedure](fetch.Procedures),
	fetch.Devices:                  plain[record.Device](fetch.Devices),
	fetch.Results:                  plain[record.Result](fetch.Results),
	fetch.UnmappedResults:          plain[record.Result](fetch.UnmappedResults),
	fetch.UnmappedVitalSigns:       plain[record.VitalSign](fetch.UnmappedVitalSigns),
	fetch.Reports:                  plain[record.Report](fetch.Reports),
	fetch.VitalSigns:               plain[record.VitalSign](fetch.VitalSigns),
	fetch.Appointments:             {marked[record.Appointment](fetch.Appointments, byOrganisation), []string{"own", "elsewhere"}},
	fetch.Upcoming:                 {marked[record.Appointment](fetch.Upcoming, byOrganisation), []string{"own", "elsewhere"}},
	fetch.Documents:                plain[record.Document](fetch.Documents),
	fetch.DocumentContent:          plain[record.DocumentContent](fetch.DocumentContent),
	fetch.Referrals:                plain[record.Referral](fetch.Referrals),
	fetch.CarePlans:                plain[record.CarePlan](fetch.CarePlans),
	fetch.CareTeam:                 plain[record.CareTeamMember](fetch.CareTeam),
	fetch.Contacts:                 plain[record.Contact](fetch.Contacts),
	fetch.Needs:                    plain[record.Need](fetch.Needs),
	fetch.AdvanceCare:              plain[record.AdvanceDecision](fetch.AdvanceCare),
	fetch.Stays:                    {marked[record.Stay](fetch.Stays, whatever), []string{"whole"}},
	fetch.Attendances:              plain[record.Attendance](fetch.Attendances),
	fetch.Imaging:                  plain[record.ImagingStudy](fetch.Imaging),
	fetch.Consultations:            plain[record.Consultation](fetch.Consultations),
	fetch.CareContacts:             plain[record.CareContact](fetch.CareContacts),
	fetch.CareCoordinators:         plain[record.CareCoordinator](fetch.CareCoordinators),
	fetch.ResponsibleClinicians:    plain[record.ResponsibleClinician](fetch.ResponsibleClinicians),
	fetch.LegalStatuses:            {marked[record.LegalStatus](fetch.LegalStatuses, whatever), []string{"now", "ended"}},
	fetch.CommunityTreatmentOrders: plain[record.CommunityTreatmentOrder](fetch.CommunityTreatmentOrders),
	fetch.ConditionalDischarges:    plain[record.ConditionalDischarge](fetch.ConditionalDischarges),
	fetch.Absences:                 plain[record.Absence](fetch.Absences),
	fetch.DelayedDischarges:        plain[record.DelayedDischarge](fetch.DelayedDischarges),
	fetch.Assessments:              plain[record.MentalHealthAssessment](fetch.Assessments),
	fetch.CareClusters:             plain[record.CareCluster](fetch.CareClusters),
	fetch.AllocatedWorkers:         plain[record.AllocatedWorker](fetch.AllocatedWorkers),
	fetch.SupportReasons:           plain[record.SupportReason](fetch.SupportReasons),
	fetch.Circumstances:            plain[record.Circumstances](fetch.Circumstances),
	fetch.Services:                 plain[record.SocialCareService](fetch.Services),
	fetch.SocialCareAssessments:    plain[record.SocialCareAssessment](fetch.SocialCareAssessments),
	fetch.Requests:                 plain[record.SocialCareRequest](fetch.Requests),
	fetch.Reviews:                  plain[record.SocialCareReview](fetch.Reviews),
	fetch.Equipment:                plain[record.Equipment](fetch.Equipment),
	fetch.Carers:                   plain[record.Carer](fetch.Carers),
	fetch.AboutMe:                  plain[record.AboutMe](fetch.AboutMe),
	fetch.Safeguarding:             plain[record.SafeguardingConcern](fetch.Safeguarding),
	fetch.LegalMeasures:            plain[record.LegalMeasure](fetch.LegalMeasures),
}

// full is a source that holds something of every kind, and states of every class that
// there is none.
func (m *marks) full(t testing.TB, sector record.Sector, ods string) *fake {
	t.Helper()
	f := newFake(sector, ods)
	for _, kind := range every {
		if kind == fetch.Notes {
			continue
		}
		h, known := holdings[kind]
		if !known {
			t.Fatalf("no source of the security matrix holds anything of the kind %q: add it to holdings in resolvers/matrix_marks_test.go", kind)
		}
		facets := h.facets
		if sector == record.SocialCare {
			for _, facet := range h.facets {
				facets = append(facets[:len(facets):len(facets)], facet+" early")
			}
		}
		f.answers[kind] = h.shape(m, sector, facets)
	}
	var notes []record.ListNote
	for _, class := range record.Classes {
		note := record.ListNote{Class: class, Note: record.NoteNoneKnown}
		m.set(reflect.ValueOf(&note.Item).Elem(), string(sector)+" none "+string(class), string(sector)+" none "+string(class), 0)
		note.Provenance.Sector = sector
		notes = append(notes, note)
	}
	f.answers[fetch.Notes] = always(notes...)
	return f
}
