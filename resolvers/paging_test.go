package resolvers_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// A stamp is when an entry stands: at a moment, on a date as far as it is known, or
// neither.
type stamp struct {
	at time.Time
	on record.PartialDate
}

func (s stamp) moment() record.DateTime { return record.DateTime{Time: s.at} }

// key is what lists are ordered by, worked out apart from the code under test.
func (s stamp) key() (at time.Time, length int) {
	if s.on != "" {
		at, _ = time.ParseInLocation(time.DateOnly, string(s.on)+"0000-01-01"[len(s.on):], record.London)
		return at, len(s.on)
	}
	return s.at, 11
}

// A shelf makes entries of one kind and serves them as a source does.
type shelf struct {
	on    bool // dated by PartialDate
	serve func(f *fake, stamps []stamp) func(*fetch.Ask) fetch.Answer
}

func shelved[T any, P interface {
	*T
	record.RecordItem
}](on bool, make func(record.Item, stamp) T) shelf {
	return shelf{on, func(f *fake, stamps []stamp) func(*fetch.Ask) fetch.Answer {
		return holds(func(ask *fetch.Ask, patient record.NHSNumber) []T {
			var rows []T
			for _, n := range served(ask, stamps, on) {
				item := f.item(fmt.Sprintf("%s-%d", ask.Kind, n))
				item.ID = record.ID(idOf(f.ods, ask.Kind, n))
				rows = append(rows, make(item, stamps[n]))
			}
			return rows
		})
	}}
}

// idOf scatters the ids, so that their order is not that of the entries.
func idOf(ods string, kind fetch.Kind, n int) string {
	if kind == fetch.Upcoming {
		kind = fetch.Appointments
	}
	return fmt.Sprintf("%02d-%s-%s-%d", (n*37+len(ods)*11+int(ods[0]))%100, ods, kind, n)
}

// served is which entries a source gives for an Ask: those at or after the position
// on the right side of now, First of them beyond those that share the position's
// date, with all that share the last one's; sometimes more.
func served(ask *fetch.Ask, stamps []stamp, on bool) []int {
	sign := 1
	if ask.Kind == fetch.Upcoming {
		sign = -1
	}
	date := func(n int) string { // descending in the order of the list, "" for undated
		if on {
			return string(stamps[n].on)
		}
		if stamps[n].at.IsZero() {
			return ""
		}
		return stamps[n].at.UTC().Format("2006-01-02T15:04:05.000000")
	}
	position := ask.Filter.After.On
	if !on {
		position = ""
		if !ask.Filter.After.At.IsZero() {
			position = ask.Filter.After.At.UTC().Format("2006-01-02T15:04:05.000000")
		}
	}
	var order []int
	ties := 0
	for n := range stamps {
		d := date(n)
		moment, _ := stamps[n].key()
		switch {
		case ask.Filter.When == fetch.UpToNow && moment.After(now), ask.Filter.When == fetch.FromNow && (d == "" || moment.Before(now)):
			continue
		case ask.Filter.After.Set && d != "" && (position == "" || sign*strings.Compare(d, position) > 0):
			continue
		}
		if ask.Filter.After.Set && d == position {
			ties++
		}
		order = append(order, n)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := date(a), date(b); {
		case (x == "") != (y == ""):
			return cmp.Compare(len(y), len(x))
		default:
			return sign * strings.Compare(y, x)
		}
	})
	limit := ask.Filter.First + ties
	if ask.Filter.First == 0 || limit >= len(order) {
		return order
	}
	for limit < len(order) && date(order[limit]) == date(order[limit-1]) {
		limit++
	}
	return order[:limit]
}

// shelves are the kinds that connections are made of.
var shelves = map[fetch.Kind]shelf{
	fetch.Results:    shelved(false, func(i record.Item, s stamp) record.Result { return record.Result{Item: i, TakenAt: s.moment()} }),
	fetch.Reports:    shelved(false, func(i record.Item, s stamp) record.Report { return record.Report{Item: i, TakenAt: s.moment()} }),
	fetch.VitalSigns: shelved(false, func(i record.Item, s stamp) record.VitalSign { return record.VitalSign{Item: i, TakenAt: s.moment()} }),
	fetch.Stays:      shelved(false, func(i record.Item, s stamp) record.Stay { return record.Stay{Item: i, AdmittedAt: s.moment()} }),
	fetch.Attendances: shelved(false, func(i record.Item, s stamp) record.Attendance {
		return record.Attendance{Item: i, ArrivedAt: s.moment()}
	}),
	fetch.Imaging: shelved(false, func(i record.Item, s stamp) record.ImagingStudy {
		return record.ImagingStudy{Item: i, StartedAt: s.moment()}
	}),
	fetch.Appointments: shelved(false, func(i record.Item, s stamp) record.Appointment {
		return record.Appointment{Item: i, StartsAt: s.moment()}
	}),
	fetch.Upcoming: shelved(false, func(i record.Item, s stamp) record.Appointment {
		return record.Appointment{Item: i, StartsAt: s.moment()}
	}),
	fetch.Documents: shelved(false, func(i record.Item, s stamp) record.Document { return record.Document{Item: i, WrittenAt: s.moment()} }),
	fetch.Referrals: shelved(true, func(i record.Item, s stamp) record.Referral { return record.Referral{Item: i, ReferredOn: s.on} }),
	fetch.Consultations: shelved(false, func(i record.Item, s stamp) record.Consultation {
		return record.Consultation{Item: i, HeldAt: s.moment()}
	}),
	fetch.CareContacts: shelved(false, func(i record.Item, s stamp) record.CareContact {
		return record.CareContact{Item: i, HeldAt: s.moment()}
	}),
	fetch.Problems:      shelved(true, func(i record.Item, s stamp) record.Problem { return record.Problem{Item: i, OnsetOn: s.on} }),
	fetch.Medications:   shelved(true, func(i record.Item, s stamp) record.Medication { return record.Medication{Item: i, StartedOn: s.on} }),
	fetch.Procedures:    shelved(true, func(i record.Item, s stamp) record.Procedure { return record.Procedure{Item: i, PerformedOn: s.on} }),
	fetch.Immunisations: shelved(true, func(i record.Item, s stamp) record.Immunisation { return record.Immunisation{Item: i, GivenOn: s.on} }),
	fetch.CarePlans:     shelved(true, func(i record.Item, s stamp) record.CarePlan { return record.CarePlan{Item: i, StartedOn: s.on} }),
	fetch.LegalStatuses: shelved(false, func(i record.Item, s stamp) record.LegalStatus {
		return record.LegalStatus{Item: i, StartedAt: s.moment()}
	}),
	fetch.CommunityTreatmentOrders: shelved(false, func(i record.Item, s stamp) record.CommunityTreatmentOrder {
		return record.CommunityTreatmentOrder{Item: i, StartedAt: s.moment()}
	}),
	fetch.ConditionalDischarges: shelved(true, func(i record.Item, s stamp) record.ConditionalDischarge {
		return record.ConditionalDischarge{Item: i, StartedOn: s.on}
	}),
	fetch.Assessments: shelved(true, func(i record.Item, s stamp) record.MentalHealthAssessment {
		return record.MentalHealthAssessment{Item: i, AssessedOn: s.on}
	}),
	fetch.Services: shelved(true, func(i record.Item, s stamp) record.SocialCareService {
		return record.SocialCareService{Item: i, StartedOn: s.on}
	}),
	fetch.SocialCareAssessments: shelved(true, func(i record.Item, s stamp) record.SocialCareAssessment {
		return record.SocialCareAssessment{Item: i, StartedOn: s.on}
	}),
	fetch.Requests: shelved(true, func(i record.Item, s stamp) record.SocialCareRequest {
		return record.SocialCareRequest{Item: i, ReceivedOn: s.on}
	}),
	fetch.Reviews: shelved(true, func(i record.Item, s stamp) record.SocialCareReview {
		return record.SocialCareReview{Item: i, StartedOn: s.on}
	}),
	fetch.LegalMeasures: shelved(true, func(i record.Item, s stamp) record.LegalMeasure { return record.LegalMeasure{Item: i, StartedOn: s.on} }),
}

// random is up to n stamps, of which many are alike.
func random(chance *rand.Rand, n int, on bool) []stamp {
	stamps := make([]stamp, chance.IntN(n+1))
	for i := range stamps {
		day := time.Date(2021+chance.IntN(3), time.Month(1+5*chance.IntN(2)), 1+chance.IntN(2), 0, 0, 0, 0, record.London)
		switch draw := chance.IntN(10); {
		case draw == 0: // undated
		case on:
			stamps[i].on = record.PartialDate(day.Format(time.DateOnly)[:[]int{4, 7, 10, 10}[chance.IntN(4)]])
		case draw < 5:
			stamps[i].at = day // as a day only
		default:
			stamps[i].at = day.Add(time.Duration(9+chance.IntN(2)) * time.Hour)
		}
	}
	return stamps
}

// pagedFields asks for each connection, with %s for its arguments.
var pagedFields = map[string]string{
	"Patient.results": "results(%s) { ...p nodes { id } }", "Patient.reports": "reports(%s) { ...p nodes { id } }", "Patient.vitalSigns": "vitalSigns(%s) { ...p nodes { id } }",
	"Patient.encounters": "encounters(%s) { ...p nodes { id } }", "Patient.appointments": "appointments(%s) { ...p nodes { id } }", "Patient.documents": "documents(%s) { ...p nodes { id } }",
	"Patient.referrals": "referrals(%s) { ...p nodes { id } }", "Patient.timeline": "timeline(%s) { ...p nodes { id } }",
	"AcuteRecord.stays": "acute { it: stays(%s) { ...p nodes { id } } }", "AcuteRecord.staySummaries": "acute { it: staySummaries(%s) { ...p nodes { id } } }",
	"MentalHealthRecord.staySummaries": "mentalHealth { it: staySummaries(%s) { ...p nodes { id } } }",
	"AcuteRecord.attendances":          "acute { it: attendances(%s) { ...p nodes { id } } }", "AcuteRecord.imagingStudies": "acute { it: imagingStudies(%s) { ...p nodes { id } } }",
	"GPRecord.consultations": "gp { it: consultations(%s) { ...p nodes { id } } }", "MentalHealthRecord.contacts": "mentalHealth { it: contacts(%s) { ...p nodes { id } } }",
	"MentalHealthRecord.referrals": "mentalHealth { it: referrals(%s) { ...p nodes { id } } }", "MentalHealthRecord.stays": "mentalHealth { it: stays(%s) { ...p nodes { id } } }",
}

// connect is a query for a page of a field.
func connect(field, arguments string) string {
	text := fmt.Sprintf(pagedFields[field], arguments)
	if !strings.Contains(text, "it:") {
		text = "it: " + text
	}
	return fmt.Sprintf(`query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s } }`,
		strings.ReplaceAll(text, "...p", "state complete gaps { sector organisation { odsCode } reason } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } restartAdvised"))
}

// A leaf is one page.
type leaf struct {
	state          string
	complete       bool
	ids, cursors   []string
	gaps           []string
	next, previous bool
	start, end     string
	restart        bool
}

// turn asks for a page.
func turn(t *testing.T, c *care, patient record.NHSNumber, field, arguments string) leaf {
	t.Helper()
	a := c.ask(t, "gp", "", connect(field, arguments), one(patient))
	if len(a.Errors) > 0 {
		t.Fatalf("%s(%s): %s", field, arguments, a.Body)
	}
	return leafOf(t, a)
}

func leafOf(t *testing.T, a answer) leaf {
	t.Helper()
	it := at(t, a.Data, "patient").(map[string]any)
	for it["it"] == nil {
		for _, below := range it {
			it = below.(map[string]any)
		}
	}
	raw, _ := json.Marshal(it["it"])
	var page struct {
		State    string
		Complete bool
		Nodes    []struct{ ID string }
		Edges    []struct{ Cursor string }
		Gaps     []struct {
			Sector, Reason string
			Organisation   struct{ ODSCode string }
		}
		PageInfo struct {
			HasNextPage, HasPreviousPage bool
			StartCursor, EndCursor       string
		}
		RestartAdvised bool
	}
	check(t, json.Unmarshal(raw, &page))
	l := leaf{state: page.State, complete: page.Complete, next: page.PageInfo.HasNextPage, previous: page.PageInfo.HasPreviousPage,
		start: page.PageInfo.StartCursor, end: page.PageInfo.EndCursor, restart: page.RestartAdvised}
	for i, node := range page.Nodes {
		l.ids, l.cursors = append(l.ids, node.ID), append(l.cursors, page.Edges[i].Cursor)
	}
	for _, gap := range page.Gaps {
		l.gaps = append(l.gaps, gap.Sector+"/"+gap.Organisation.ODSCode+" "+gap.Reason)
	}
	return l
}

// walk turns all pages of a field and checks what must hold of each.
func walk(t *testing.T, c *care, patient record.NHSNumber, field, arguments string, first int) []string {
	t.Helper()
	var ids []string
	after := ""
	for pages := 0; ; pages++ {
		l := turn(t, c, patient, field, fmt.Sprintf("%s first: %d%s", arguments, first, after))
		ids = append(ids, l.ids...)
		switch {
		case l.previous != (pages > 0):
			t.Errorf("%s: hasPreviousPage %v on page %d", field, l.previous, pages)
		case l.next && len(l.ids) != first:
			t.Errorf("%s: a page of %d of %d that is not the last", field, len(l.ids), first)
		case len(l.ids) > 0 && (l.start != l.cursors[0] || l.end != l.cursors[len(l.cursors)-1]):
			t.Errorf("%s: the page's cursors are not those of its ends", field)
		case len(l.ids) == 0 && pages > 0:
			t.Errorf("%s: page %d is empty, though the one before it said that there was another", field, pages)
		case len(l.ids) == 0 && (l.start != "" || l.end != "" || l.next):
			t.Errorf("%s: an empty page with cursors or a next one", field)
		case !l.complete || l.restart:
			t.Errorf("%s: complete %v, restartAdvised %v", field, l.complete, l.restart)
		}
		if !l.next {
			return ids
		}
		if pages > 2000 {
			t.Fatalf("%s: pages without end", field)
		}
		after = fmt.Sprintf(", after: %q", l.end)
	}
}

// fiveSources are sources of each sector, two of them hospitals.
func fiveSources() []*fake {
	return []*fake{
		newFake(record.Acute, "RAL"), newFake(record.Acute, "RRV"), newFake(record.GP, "X2GPA"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"),
	}
}

// Walking the pages gives every entry of every source once, in order.
func TestPages(t *testing.T) {
	parts := resolvers.Parts()
	for _, field := range resolvers.Paged() {
		if pagedFields[field] == "" {
			t.Errorf("%s is a connection that is not walked", field)
		}
	}
	for field := range pagedFields {
		t.Run(field, func(t *testing.T) {
			for seed := range uint64(4) {
				chance := rand.New(rand.NewPCG(seed, uint64(len(field))))
				fakes := fiveSources()
				var want []placed
				for _, f := range fakes {
					for _, kind := range kindsOf(parts[field], f.sector) {
						stamps := random(chance, 2+12/len(parts[field]), shelves[kind].on)
						f.answers[kind] = shelves[kind].serve(f, stamps)
						for n, s := range stamps {
							want = append(want, placed{s, idOf(f.ods, kind, n)})
						}
					}
				}
				c, _, _ := newFakes(t, fakes...)
				want = newestFirst(want)
				for _, first := range []int{1 + int(seed), 7, 200} {
					if got := walk(t, c, number(1), field, "", first); !slices.Equal(got, ids(want)) {
						t.Fatalf("seed %d, pages of %d:\n%q\nwant\n%q", seed, first, got, ids(want))
					}
				}
				c.quiet(t)
			}
		})
	}
}

// placed is an entry and where it stands.
type placed struct {
	stamp
	id string
}

// newestFirst is the contract's order: undated ones last, ties by id, and at the same
// moment the more precise date first.
func newestFirst(all []placed) []placed {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b placed) int {
		x, xLength := a.key()
		y, yLength := b.key()
		if x.IsZero() != y.IsZero() {
			if x.IsZero() {
				return 1
			}
			return -1
		}
		if x.IsZero() {
			return strings.Compare(a.id, b.id)
		}
		return cmp.Or(y.Compare(x), cmp.Compare(yLength, xLength), strings.Compare(a.id, b.id))
	})
	return all
}

func ids(all []placed) []string {
	var ids []string
	for _, p := range all {
		ids = append(ids, p.id)
	}
	return ids
}

// kindsOf is what a field reads of a sector's sources, each once.
func kindsOf(parts []resolvers.Part, sector record.Sector) []fetch.Kind {
	var kinds []fetch.Kind
	for _, part := range parts {
		if slices.Contains(part.Sectors, sector) && !slices.Contains(kinds, part.Kind) {
			kinds = append(kinds, part.Kind)
		}
	}
	return kinds
}

// Appointments to come run the other way: the soonest first.
func TestAppointmentsToCome(t *testing.T) {
	for seed := range uint64(4) {
		chance := rand.New(rand.NewPCG(seed, 5))
		fakes := fiveSources()
		var want []placed
		for _, f := range fakes {
			stamps := make([]stamp, chance.IntN(12))
			for i := range stamps {
				stamps[i].at = now.Add(time.Duration(chance.IntN(6)-1) * 24 * time.Hour)
				if !stamps[i].at.Before(now) {
					want = append(want, placed{stamps[i], idOf(f.ods, fetch.Upcoming, i)})
				}
			}
			f.answers[fetch.Upcoming] = shelves[fetch.Upcoming].serve(f, stamps)
		}
		slices.SortFunc(want, func(a, b placed) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id)) })
		c, _, _ := newFakes(t, fakes...)
		for _, first := range []int{1, 2, 5, 200} {
			if got := walk(t, c, number(1), "Patient.appointments", "upcoming: true,", first); !slices.Equal(got, ids(want)) {
				t.Fatalf("seed %d, pages of %d:\n%q\nwant\n%q", seed, first, got, ids(want))
			}
		}
		c.quiet(t)
	}
}

// A source that is missing on the first page stays a gap to the last. Once it answers, the caller is advised to start
// again.
func TestASourceMissingOnAnEarlierPage(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 3))
	for field := range pagedFields {
		t.Run(field, func(t *testing.T) {
			fakes := fiveSources()
			failing := []*fake{}
			for _, f := range fakes {
				kinds := kindsOf(resolvers.Parts()[field], f.sector)
				for _, kind := range kinds {
					stamps := append(random(chance, 4, shelves[kind].on), stamp{on: "2021-03-04"}, stamp{on: "2021-03-05"})
					if !shelves[kind].on {
						stamps = append(random(chance, 4, false), stamp{at: now.AddDate(-5, 0, 0)}, stamp{at: now.AddDate(-6, 0, 0)})
					}
					f.answers[kind] = shelves[kind].serve(f, stamps)
				}
				if len(kinds) > 0 {
					failing = append(failing, f)
				}
			}
			missing := failing[0]
			if len(failing) == 1 {
				missing = newFake(record.GP, "X2GPB") // where one source alone holds the class, another beside it
				if field != "GPRecord.consultations" {
					missing = newFake(record.MentalHealth, "RNK")
				}
				fakes = append(fakes, missing)
			}
			c, _, _ := newFakes(t, fakes...)
			down := func(err error) {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.down[missing.name()] = err
			}
			down(fmt.Errorf("%w: in the test", record.ErrTimeout))
			want := missing.name() + " TIMED_OUT"
			l := turn(t, c, number(1), field, "first: 1")
			if !slices.Equal(l.gaps, []string{want}) || l.complete || l.restart || !l.next {
				t.Fatalf("page 1: %+v", l)
			}
			l = turn(t, c, number(1), field, fmt.Sprintf("first: 1, after: %q", l.end))
			if !slices.Equal(l.gaps, []string{want}) || l.complete || l.restart {
				t.Fatalf("page 2, still down: %+v", l)
			}
			down(nil)
			for pages := 3; l.next; pages++ {
				l = turn(t, c, number(1), field, fmt.Sprintf("first: 1, after: %q", l.end))
				if !slices.Equal(l.gaps, []string{want}) || l.complete || !l.restart || l.state != "RECORDED" {
					t.Fatalf("page %d, up again: %+v", pages, l)
				}
			}
			if l = turn(t, c, number(1), field, "first: 1"); len(l.gaps) > 0 || !l.complete || l.restart {
				t.Errorf("begun again: %+v", l)
			}
		})
	}
}

func TestFirstMustBeFromOneTo200(t *testing.T) {
	c, _, l := newFakes(t, fiveSources()...)
	for field := range pagedFields {
		for _, first := range []int{0, -1, 201, 1 << 30} {
			a := c.ask(t, "gp", "", connect(field, fmt.Sprintf("first: %d", first)), one(number(1)))
			if got := code(t, a); got != "BAD_USER_INPUT" || !strings.Contains(a.Errors[0]["message"].(string), "First must be from 1 to 200 (in it).") {
				t.Errorf("%s(first: %d): %s", field, first, a.Body)
			}
		}
		for _, first := range []int{1, 200} {
			turn(t, c, number(1), field, fmt.Sprintf("first: %d", first))
		}
	}
	if l.entries[0].Outcome != "REJECTED" || l.entries[0].Recheck != 0 {
		t.Errorf("trail: %+v", l.entries[0])
	}
	c.reads = map[string]int{}
	c.ask(t, "gp", "", connect("Patient.results", "first: 0"), one(number(1)))
	if reads := c.read(); reads > 0 {
		t.Errorf("%d reads", reads)
	}
}

// A cursor is valid for one caller, one patient and one list, as long as consent does not change. Every other is
// refused in the same words.
func TestCursorsOfOthers(t *testing.T) {
	fakes := fiveSources()
	for _, f := range fakes {
		for kind, shelf := range shelves {
			f.answers[kind] = shelf.serve(f, random(rand.New(rand.NewPCG(1, 1)), 30, shelf.on))
		}
	}
	c, r, _ := newFakes(t, fakes...)
	cursorOf := func(field, arguments string) string { return turn(t, c, number(1), field, arguments).end }
	good := cursorOf("Patient.results", "first: 1")
	since := cursorOf("Patient.results", `first: 1, since: "2020-01-01"`)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	check(t, err)
	altered := func(i int) string {
		changed := slices.Clone(raw)
		changed[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(changed)
	}
	ask := func(persona, org string, patient record.NHSNumber, field, arguments, cursor string) answer {
		return c.ask(t, persona, org, connect(field, fmt.Sprintf("%s first: 1, after: %q", arguments, cursor)), one(patient))
	}
	c.read()
	if a := ask("gp", "", number(1), "Patient.results", "", good); len(a.Errors) > 0 {
		t.Fatalf("the right one: %s", a.Body)
	}
	if a := ask("gp", "", number(1), "Patient.results", `since: "2020-01-01",`, since); len(a.Errors) > 0 {
		t.Fatalf("the right one: %s", a.Body)
	}
	c.read()
	token := c.issuer.Token(map[string]any{"sub": "somebody-else", "name": "Dr Else", "org": "F83999", "role": "GENERAL_PRACTITIONER", "purpose": "TREAT"})
	etreat := c.issuer.Token(map[string]any{"sub": "test-gp", "name": "Dr Gwen Practice (demo)", "org": "F83999", "role": "GENERAL_PRACTITIONER", "purpose": "ETREAT"})
	with := func(token string) answer {
		body, err := json.Marshal(map[string]any{"query": connect("Patient.results", fmt.Sprintf("first: 1, after: %q", good)), "variables": one(number(1))})
		check(t, err)
		return c.post(t, token, body)
	}
	refused := map[string]answer{
		"altered at its beginning":               ask("gp", "", number(1), "Patient.results", "", altered(0)),
		"altered in the middle":                  ask("gp", "", number(1), "Patient.results", "", altered(len(raw)/2)),
		"altered at its end":                     ask("gp", "", number(1), "Patient.results", "", altered(len(raw)-1)),
		"cut":                                    ask("gp", "", number(1), "Patient.results", "", good[:len(good)-4]),
		"cut to the signature":                   ask("gp", "", number(1), "Patient.results", "", base64.RawURLEncoding.EncodeToString(raw[:16])),
		"too short":                              ask("gp", "", number(1), "Patient.results", "", "abc"),
		"no cursor at all":                       ask("gp", "", number(1), "Patient.results", "", "the first page please"),
		"empty":                                  ask("gp", "", number(1), "Patient.results", "", ""),
		"very long":                              ask("gp", "", number(1), "Patient.results", "", strings.Repeat("A", 20_000)),
		"of another person":                      with(token),
		"of the same person, in another purpose": with(etreat),
		"of the same person, elsewhere":          ask("gp", "F85902", number(1), "Patient.results", "", good),
		"of another role":                        ask("care-manager", "", number(1), "Patient.results", "", good),
		"of another patient":                     ask("gp", "", number(2), "Patient.results", "", good),
		"of another field":                       ask("gp", "", number(1), "Patient.reports", "", good),
		"of another filter":                      ask("gp", "", number(1), "Patient.results", "", since),
		"of no filter":                           ask("gp", "", number(1), "Patient.results", `since: "2020-01-01",`, good),
		"of another day":                         ask("gp", "", number(1), "Patient.results", `since: "2020-01-02",`, since),
	}
	r.knows = func(f *consent.Facts) { f.Version = 2 }
	refused["from before consent changed"] = ask("gp", "", number(1), "Patient.results", "", good)
	r.knows = nil
	if reads := c.read(); reads > 0 {
		t.Errorf("%d reads for cursors that do not hold", reads)
	}
	old := c.options
	other := *consent.Default()
	other.Version = "another"
	c.options.Policy = &other
	c.serve()
	refused["from before the role table changed"] = ask("gp", "", number(1), "Patient.results", "", good)
	c.options = old
	c.options.CursorKey = []byte("another key")
	c.serve()
	refused["of another service"] = ask("gp", "", number(1), "Patient.results", "", good)
	body := string(refused["no cursor at all"].Body)
	for name, a := range refused {
		if got := code(t, a); got != "BAD_USER_INPUT" || string(a.Body) != body {
			t.Errorf("%s: %s\nwant %s", name, a.Body, body)
		}
	}
}

// Each patient of a list has a cursor of their own; one cursor cannot be used for two patients.
func TestCursorInAListOfPatients(t *testing.T) {
	gp := newFake(record.GP, "X2GPA")
	gp.answers[fetch.Results] = shelves[fetch.Results].serve(gp, []stamp{{at: now.AddDate(-1, 0, 0)}, {at: now.AddDate(-2, 0, 0)}})
	c, _, _ := newFakes(t, gp)
	query := `query ($n: [NHSNumber!]!, $after: String) { patients(nhsNumbers: $n) { patient { results(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } } } }`
	a := c.ask(t, "gp", "", query, several(number(1), number(2)))
	cursor := at(t, a.Data, "patients", 0, "patient", "results", "pageInfo", "endCursor")
	if cursor == at(t, a.Data, "patients", 1, "patient", "results", "pageInfo", "endCursor") {
		t.Error("two patients share a cursor")
	}
	variables := several(number(1))
	variables["after"] = cursor
	if a = c.ask(t, "gp", "", query, variables); len(a.Errors) > 0 {
		t.Errorf("%s", a.Body)
	}
	variables = several(number(1), number(2))
	variables["after"] = cursor
	if a = c.ask(t, "gp", "", query, variables); a.Data["patients"] != nil || len(a.Errors) != 1 || at(t, a.Errors[0], "extensions", "code") != "BAD_USER_INPUT" {
		t.Errorf("%s", a.Body)
	}
}

// testLongList walks two hundred and forty results out of databases.
func testLongList(t *testing.T, c *care) {
	var all []string
	for _, first := range []int{200, 50, 33} {
		ids := walk(t, c, sample.LongList, "Patient.results", "", first)
		if len(ids) != 240 || len(slices.Compact(sorted(ids))) != 240 {
			t.Errorf("pages of %d: %d results, %d of them different", first, len(ids), len(slices.Compact(sorted(ids))))
		}
		if all == nil {
			all = ids
		}
		if !slices.Equal(ids, all) {
			t.Errorf("pages of %d give another order", first)
		}
	}
	for _, person := range []record.NHSNumber{sample.Whole, sample.Detained, sample.GrownUp} {
		for field := range pagedFields {
			at1, at200 := walk(t, c, person, field, "", 2), walk(t, c, person, field, "", 200)
			if !slices.Equal(at1, at200) || len(slices.Compact(sorted(at1))) != len(at1) {
				t.Errorf("%s: %d entries in pages of two, %d in one", field, len(at1), len(at200))
			}
		}
	}
	c.quiet(t)
}

// A cursor made under a break-glass grant is valid under that grant only, not under the next one or in care, nor the
// other way round.
func TestCursorsOfGrants(t *testing.T) {
	gp := newFake(record.GP, "X2GPA")
	gp.answers[fetch.Results] = shelves[fetch.Results].serve(gp, []stamp{{at: now.AddDate(-1, 0, 0)}, {at: now.AddDate(-2, 0, 0)}})
	c, r, _ := newFakes(t, gp)
	under := func(grants ...string) func(*consent.Facts) {
		return func(f *consent.Facts) {
			f.Relationships = nil
			for _, id := range grants {
				f.Grants = append(f.Grants, consent.BreakGlassGrant{ID: id, Subject: "test-gp", Org: "F83999", Patient: f.Asked, Classes: consent.AllClasses, GrantedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Minute)})
			}
		}
	}
	ways := map[string]func(*consent.Facts){"in care": func(*consent.Facts) {}, "under a grant": under("a"), "under the next": under("b"), "under both": under("a", "b")}
	for made, by := range ways {
		r.knows = by
		cursor := turn(t, c, number(1), "Patient.results", "first: 1").end
		for opened, by := range ways {
			r.knows = by
			want := "BAD_USER_INPUT"
			if made == opened {
				want = ""
			}
			if got := code(t, c.ask(t, "gp", "", connect("Patient.results", fmt.Sprintf("first: 1, after: %q", cursor)), one(number(1)))); got != want {
				t.Errorf("made %s, opened %s: %q, want %q", made, opened, got, want)
			}
		}
	}
}

// An appointment without a date comes after all others to come, and is reached once.
func TestAppointmentsToComeWithoutADay(t *testing.T) {
	gp := newFake(record.GP, "X2GPA")
	var all []record.Appointment
	for i, at := range []record.DateTime{{}, record.At(now.AddDate(0, 0, 2)), {}, record.At(now.AddDate(0, 0, 1))} {
		all = append(all, record.Appointment{Item: gp.item(fmt.Sprint(i)), StartsAt: at})
	}
	gp.answers[fetch.Upcoming] = always(all...)
	c, _, _ := newFakes(t, append(fiveSources()[:2], gp, newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))...)
	want := []string{"X2GPA-3", "X2GPA-1", "X2GPA-0", "X2GPA-2"}
	for _, first := range []int{1, 2, 3, 4} {
		if got := walk(t, c, number(1), "Patient.appointments", "upcoming: true,", first); !slices.Equal(got, want) {
			t.Errorf("pages of %d: %q, want %q", first, got, want)
		}
	}
	c.quiet(t)
}
