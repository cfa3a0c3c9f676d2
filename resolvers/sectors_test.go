package resolvers_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A span is an entry of which a sector object shows the one in force.
type span struct {
	id       string
	from, to record.PartialDate
}

// lasting serves entries that begin and end on a day.
func lasting[T any](make func(record.Item, span) T) func(*fake, ...span) func(*fetch.Ask) fetch.Answer {
	return func(f *fake, spans ...span) func(*fetch.Ask) fetch.Answer {
		var entries []T
		for _, s := range spans {
			entries = append(entries, make(f.item(s.id), s))
		}
		return always(entries...)
	}
}

// values are the single values that end on a day, or that never do.
var values = map[string]struct {
	sector record.Sector
	kind   fetch.Kind
	asked  string // the value, so that its id stands under it
	serve  func(*fake, ...span) func(*fetch.Ask) fetch.Answer
	ends   bool
}{
	"careCoordinator": {record.MentalHealth, fetch.CareCoordinators, `mentalHealth { %s careCoordinator { it: name } }`, lasting(func(i record.Item, s span) record.CareCoordinator {
		return record.CareCoordinator{Item: i, Name: record.Text(s.id), StartedOn: s.from, EndedOn: s.to}
	}), true},
	"responsibleClinician": {record.MentalHealth, fetch.ResponsibleClinicians, `mentalHealth { %s responsibleClinician { it: name } }`, lasting(func(i record.Item, s span) record.ResponsibleClinician {
		return record.ResponsibleClinician{Item: i, Name: record.Text(s.id), StartedOn: s.from, EndedOn: s.to}
	}), true},
	"careCluster": {record.MentalHealth, fetch.CareClusters, `mentalHealth { %s careCluster { cluster { it: display } } }`, lasting(func(i record.Item, s span) record.CareCluster {
		return record.CareCluster{Item: i, Cluster: record.Code{Display: s.id}, StartedOn: s.from, EndedOn: s.to}
	}), true},
	"allocatedWorker": {record.SocialCare, fetch.AllocatedWorkers, `socialCare { %s allocatedWorker { it: name } }`, lasting(func(i record.Item, s span) record.AllocatedWorker {
		return record.AllocatedWorker{Item: i, Name: record.Text(s.id), StartedOn: s.from, EndedOn: s.to}
	}), true},
	"primarySupportReason": {record.SocialCare, fetch.SupportReasons, `socialCare { %s primarySupportReason { it: display } }`, lasting(func(i record.Item, s span) record.SupportReason {
		return record.SupportReason{Item: i, Reason: record.Code{Display: s.id}, StartedOn: s.from, EndedOn: s.to}
	}), true},
	"circumstances": {record.SocialCare, fetch.Circumstances, `socialCare { %s circumstances { clientType { it: display } } }`, lasting(func(i record.Item, s span) record.Circumstances {
		return record.Circumstances{Item: i, ClientType: &record.Code{Display: s.id}, RecordedOn: s.from}
	}), false},
	"lastConsultation": {record.GP, fetch.Consultations, `gp { %s lastConsultation { kind { it: display } } }`, lasting(func(i record.Item, s span) record.Consultation {
		c := record.Consultation{Item: i, Kind: record.Code{Display: s.id}}
		if at, _ := (stamp{on: s.from}).key(); s.from != "" {
			c.HeldAt = record.At(at)
		}
		return c
	}), false},
}

// found follows an answer down to what stands under one name; nil where it ends before.
func found(value any, name string) any {
	m, _ := value.(map[string]any)
	if it, there := m[name]; there {
		return it
	}
	for _, inner := range m {
		if it := found(inner, name); it != nil {
			return it
		}
	}
	return nil
}

// A sector object's single values are those in force today: begun and not ended. The end date itself still counts, and
// for a month or a year its last day.
func TestValuesInForceOnADay(t *testing.T) {
	for name, value := range values {
		f := newFake(value.sector, "RRP")
		c, _, _ := newFakes(t, f)
		for _, test := range []struct {
			name  string
			spans []span
			want  any
			ends  bool // it is about the end
		}{
			{"nobody has any", nil, nil, false},
			{"one without an end", []span{{"a", "2026-01-01", ""}}, "a", false},
			{"one that begins today", []span{{"a", "2026-06-15", ""}}, "a", false},
			{"one still to come", []span{{"a", "2026-06-16", ""}}, nil, false},
			{"one without a beginning", []span{{"a", "", ""}}, "a", false},
			{"the latest start", []span{{"a", "2026-01-01", ""}, {"b", "2026-02-01", ""}}, "b", false},
			{"the one that has begun", []span{{"a", "2026-01-01", ""}, {"b", "2026-06-16", ""}}, "a", false},
			{"one that ended yesterday", []span{{"a", "2026-01-01", "2026-06-14"}}, nil, true},
			{"one that ends today", []span{{"a", "2026-01-01", "2026-06-15"}}, "a", true},
			{"one that ends tomorrow", []span{{"a", "2026-01-01", "2026-06-16"}}, "a", true},
			{"one that ended last month", []span{{"a", "2026-01-01", "2026-05"}}, nil, true},
			{"one that ends this month", []span{{"a", "2026-01-01", "2026-06"}}, "a", true},
			{"one that ends this year", []span{{"a", "2026-01-01", "2026"}}, "a", true},
			{"the earlier start where the later has ended", []span{{"a", "2026-01-01", ""}, {"b", "2026-02-01", "2026-03-01"}}, "a", true},
		} {
			if test.ends && !value.ends {
				continue
			}
			f.answers[value.kind] = value.serve(f, test.spans...)
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+fmt.Sprintf(value.asked, "state complete gaps { reason }")+` } }`, one(number(1)))
			state := "NONE_RECORDED"
			if test.want != nil {
				state = "RECORDED"
			}
			if got := found(a.Data, "it"); got != test.want || found(a.Data, "state") != state || found(a.Data, "complete") != true || !equal(found(a.Data, "gaps"), []any{}) {
				t.Errorf("%s: %s: %v, want %v: %s", name, test.name, got, test.want, a.Body)
			}
		}
		c.quiet(t)
	}
}

// A value that ends at a moment has ended from then on; if only the day is known, from the next day.
func TestValuesInForceAtAMoment(t *testing.T) {
	hospital, mind := newFake(record.Acute, "RAL"), newFake(record.MentalHealth, "RRP")
	c, _, _ := newFakes(t, hospital, mind)
	type end struct {
		at        record.DateTime
		precision record.Precision
	}
	began := record.At(now.AddDate(0, -1, 0))
	ends := map[string]struct {
		f     *fake
		kind  fetch.Kind
		asked string
		serve func(end) func(*fetch.Ask) fetch.Answer
	}{
		"a stay is over": {hospital, fetch.Stays, `acute { state it: currentStay { id } }`, func(e end) func(*fetch.Ask) fetch.Answer {
			return always(record.Stay{Item: hospital.item("a"), AdmittedAt: began, DischargedAt: e.at, DischargedAtPrecision: e.precision})
		}},
		"a legal status has ended": {mind, fetch.LegalStatuses, `mentalHealth { state it: legalStatus { id } }`, func(e end) func(*fetch.Ask) fetch.Answer {
			return always(record.LegalStatus{Item: mind.item("a"), StartedAt: began, EndedAt: e.at, EndedAtPrecision: e.precision})
		}},
		"a legal status has expired": {mind, fetch.LegalStatuses, `mentalHealth { state it: legalStatus { id } }`, func(e end) func(*fetch.Ask) fetch.Answer {
			return always(record.LegalStatus{Item: mind.item("a"), StartedAt: began, ExpiresAt: e.at, ExpiresAtPrecision: e.precision})
		}},
		"an order has ended": {mind, fetch.CommunityTreatmentOrders, `mentalHealth { state it: communityTreatmentOrder { id } }`, func(e end) func(*fetch.Ask) fetch.Answer {
			return always(record.CommunityTreatmentOrder{Item: mind.item("a"), StartedAt: began, EndedAt: e.at, EndedAtPrecision: e.precision})
		}},
		"an order has expired": {mind, fetch.CommunityTreatmentOrders, `mentalHealth { state it: communityTreatmentOrder { id } }`, func(e end) func(*fetch.Ask) fetch.Answer {
			return always(record.CommunityTreatmentOrder{Item: mind.item("a"), StartedAt: began, ExpiresAt: e.at, ExpiresAtPrecision: e.precision})
		}},
	}
	day := func(days int) record.DateTime {
		return record.At(time.Date(2026, 6, 15+days, 0, 0, 0, 0, record.London))
	}
	for name, value := range ends {
		for _, test := range []struct {
			name   string
			end    end
			stands bool
		}{
			{"never", end{}, true},
			{"a moment ago", end{record.At(now.Add(-time.Second)), ""}, false},
			{"now", end{record.At(now), ""}, false},
			{"in a moment", end{record.At(now.Add(time.Second)), ""}, true},
			{"yesterday", end{day(-1), record.PrecisionDay}, false},
			{"today", end{day(0), record.PrecisionDay}, true},
			{"tomorrow", end{day(1), record.PrecisionDay}, true},
			{"last month", end{record.At(record.Date("2026-05-01").Midnight()), record.PrecisionMonth}, false},
			{"this month", end{record.At(record.Date("2026-06-01").Midnight()), record.PrecisionMonth}, true},
			{"this year", end{record.At(record.Date("2026-01-01").Midnight()), record.PrecisionYear}, true},
		} {
			value.f.answers[value.kind] = value.serve(test.end)
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+value.asked+` } }`, one(number(1)))
			state := map[bool]string{true: "RECORDED", false: "NONE_RECORDED"}[test.stands]
			if stands := found(a.Data, "it") != nil; stands != test.stands || found(a.Data, "state") != state {
				t.Errorf("%s %s: %s", name, test.name, a.Body)
			}
		}
		delete(value.f.answers, value.kind)
	}
	c.quiet(t)
}

// If a source of the sector is missing, it is unknown what is in force: no value is shown, and the state is UNKNOWN
// with the gap listed once.
func TestNoValueBesideAGap(t *testing.T) {
	objects := map[record.Sector]string{
		record.Acute: `it: acute { state complete gaps { organisation { odsCode } reason } currentStay { id } }`,
		record.GP:    `it: gp { state complete gaps { organisation { odsCode } reason } lastConsultation { id } }`,
		record.MentalHealth: `it: mentalHealth { state complete gaps { organisation { odsCode } reason }
			careCoordinator { id } responsibleClinician { id } legalStatus { id } communityTreatmentOrder { id } careCluster { id } }`,
		record.SocialCare: `it: socialCare { state complete gaps { organisation { odsCode } reason } allocatedWorker { id } primarySupportReason { display } circumstances { id } }`,
	}
	for sector, asked := range objects {
		f, missing := newFake(sector, "RRP"), newFake(sector, "RNK")
		f.answers[fetch.Stays] = always(record.Stay{Item: f.item("stay")})
		f.answers[fetch.LegalStatuses] = always(record.LegalStatus{Item: f.item("status")})
		f.answers[fetch.CommunityTreatmentOrders] = always(record.CommunityTreatmentOrder{Item: f.item("order")})
		for _, value := range values {
			if value.sector == sector {
				f.answers[value.kind] = value.serve(f, span{"a", "2026-01-01", ""})
			}
		}
		c, _, _ := newFakes(t, f, missing)
		object := func() map[string]any {
			a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+asked+` } }`, one(number(1)))
			return at(t, a.Data, "patient", "it").(map[string]any)
		}
		shown := func(object map[string]any) (n int) {
			for name, value := range object {
				n += btoi(value != nil && !slices.Contains([]string{"state", "complete", "gaps"}, name))
			}
			return n
		}
		whole := object()
		if whole["state"] != "RECORDED" || whole["complete"] != true || shown(whole) != len(whole)-3 {
			t.Errorf("%s: %v", sector, whole)
		}
		missing.err = fmt.Errorf("%w: in the test", record.ErrTimeout)
		gap := jsonOf(t, `[{"organisation": {"odsCode": "RNK"}, "reason": "TIMED_OUT"}]`)
		if got := object(); got["state"] != "UNKNOWN" || got["complete"] != false || !equal(got["gaps"], gap) || shown(got) > 0 {
			t.Errorf("%s without a source: %v", sector, got)
		}
		c.quiet(t)
	}
}

// A value that the role may not see leaves the object incomplete, even if the values it may see are complete.
func TestValuesOfOtherClasses(t *testing.T) {
	mind := newFake(record.MentalHealth, "RRP")
	mind.answers[fetch.LegalStatuses] = always(record.LegalStatus{Item: mind.item("status")})
	mind.answers[fetch.CareClusters] = always(record.CareCluster{Item: mind.item("cluster")})
	c, _, _ := newFakes(t, mind)
	for asked, want := range map[string]string{
		`careCoordinator { id } legalStatus { id }`:        `{"state":"RECORDED","complete":false,"gaps":[],"careCoordinator":null,"legalStatus":{"id":"RRP-status"}}`,
		`legalStatus { id } careCluster { id }`:            `{"state":"RECORDED","complete":false,"gaps":[],"legalStatus":{"id":"RRP-status"},"careCluster":null}`,
		`communityTreatmentOrder { id } careCluster{ id }`: `{"state":"RECORDED","complete":false,"gaps":[],"communityTreatmentOrder":null,"careCluster":null}`,
	} {
		a := c.ask(t, "social-worker", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { mentalHealth { state complete gaps { reason } `+asked+` } } }`, one(number(1)))
		if got := at(t, a.Data, "patient", "mentalHealth"); !equal(got, jsonOf(t, want)) {
			t.Errorf("%s: %v, want %s", asked, got, want)
		}
	}
	c.quiet(t)
}

// revoking takes a patient's grant back when a field is about to answer.
type revoking struct {
	field   string
	patient record.NHSNumber
}

func (revoking) ExtensionName() string                   { return "forgetful" }
func (revoking) Validate(graphql.ExecutableSchema) error { return nil }

func (f revoking) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	if graphql.GetFieldContext(ctx).Field.Name == f.field {
		resolvers.Revoke(ctx, f.patient)
	}
	return next(ctx)
}

// A field of a patient without a grant holds nothing, and does not state that there is none.
func TestAFieldWithoutAGrant(t *testing.T) {
	mind := newFake(record.MentalHealth, "RRP")
	mind.answers[fetch.CareClusters] = always(record.CareCluster{Item: mind.item("cluster")})
	mind.answers[fetch.Allergies] = mind.entry(fetch.Allergies)
	c, _, _ := newFakes(t, mind)
	for field, asked := range map[string]string{
		"mentalHealth": `it: mentalHealth { state complete careCluster { id } }`,
		"allergies":    `it: allergies { state complete nodes { id } }`,
	} {
		c.use = []graphql.HandlerExtension{revoking{field, number(1)}}
		c.serve()
		c.handler = c.stock
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { `+asked+` } }`, one(number(1)))
		if body := string(a.Body); !strings.Contains(body, `"state":"UNKNOWN","complete":false`) || strings.Contains(body, "RRP-") {
			t.Errorf("%s: %s", field, body)
		}
		c.alarmed(t, resolvers.AlarmUnplanned)
	}
}

// sources lists the sources of the classes that were asked for and may be seen; one that was not asked about this
// patient is NOT_ASKED.
func TestSourcesOfWhatIsAsked(t *testing.T) {
	c, _, _ := newFakes(t, newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.SocialCare, "X1BAR"))
	nothingElse := c.with(t, func(o *resolvers.Options) { // of demographics than who somebody is, and what it says of whole classes
		o.Sources[0].Kinds = []fetch.Kind{fetch.Persons, fetch.Notes}
	})
	for _, test := range []struct {
		name, role, asked string
		of                *care
		want              map[string]string
	}{
		{"of one class", "gp", `it: patient(nhsNumber: %q) { allergies { state } sources { sector state } }`, c, map[string]string{"ACUTE": "ANSWERED", "GP": "ANSWERED"}},
		{"of a class that may not be seen", "receptionist", `it: patient(nhsNumber: %q) { allergies { state } sources { sector state } }`, c, map[string]string{}},
		{"of one that may be seen beside it", "receptionist", `it: patient(nhsNumber: %q) { name { full } allergies { state } sources { sector state } }`, c, map[string]string{"DEMOGRAPHICS": "ANSWERED"}},
		{"of nothing", "gp", `it: patient(nhsNumber: %q) { id sources { sector state } }`, c, map[string]string{}},
		{"of what was asked of another patient", "gp", `it: patient(nhsNumber: %q) { sources { sector state } } other: patient(nhsNumber: "` + str(2) + `") { allergies { state } }`, c,
			map[string]string{"ACUTE": "NOT_ASKED", "GP": "NOT_ASKED"}},
		{"of what a source does not hold", "gp", `it: patient(nhsNumber: %q) { contacts { state } sources { sector state } }`, nothingElse,
			map[string]string{"DEMOGRAPHICS": "NOT_ASKED", "ACUTE": "ANSWERED", "GP": "ANSWERED", "SOCIAL_CARE": "ANSWERED"}},
	} {
		a := test.of.ask(t, test.role, "", `{ `+fmt.Sprintf(test.asked, str(1))+` }`, nil)
		got := map[string]string{}
		for _, source := range at(t, a.Data, "it", "sources").([]any) {
			got[at(t, source, "sector").(string)] = at(t, source, "state").(string)
		}
		if !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	c.quiet(t)
}

// A document whose source does not answer is an error that says why, never null, which would mean that there is no such
// document.
func TestADocumentThatCannotBeHad(t *testing.T) {
	gp := newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, gp)
	id := string(c.options.Identifier.Document(gp.name(), number(1), "42"))
	for want, err := range map[string]error{
		"SOURCE_TIMEOUT": fmt.Errorf("%w: in the test", record.ErrTimeout), "SOURCE_UNAVAILABLE": fmt.Errorf("%w: in the test", record.ErrUnavailable), "": nil,
	} {
		gp.err = err
		a := c.ask(t, "gp", "", `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { id document(id: $id) { id } } }`, map[string]any{"n": str(1), "id": id})
		got := ""
		if len(a.Errors) > 0 {
			got = at(t, a.Errors[0], "extensions", "code").(string)
		}
		if got != want || at(t, a.Data, "patient", "document") != nil || at(t, a.Data, "patient", "id") == nil {
			t.Errorf("%q, want %q: %s", got, want, a.Body)
		}
	}
}
