package resolvers_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/load"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/resolvers"
)

// testRights asks as each role for what it may see in part.
func testRights(t *testing.T, c *care) {
	t.Run("narrower rights open the filtered field", func(t *testing.T) { narrower(t, c) })
	t.Run("what is left out is constant for a role", func(t *testing.T) { leftOut(t, c) })
	t.Run("the front desk sees its own appointments", func(t *testing.T) { ownAppointments(t, c) })
	t.Run("every gap once, in order", func(t *testing.T) { gapsOnce(t, c) })
	t.Run("sources are those of the classes asked", func(t *testing.T) { sourcesAsked(t, c) })
	t.Run("only what is needed is read", func(t *testing.T) { needed(t, c) })
	t.Run("how the sources last answered", func(t *testing.T) { serviceSources(t, c) })
	c.quiet(t)
}

// narrower compares the state of fields of the reference resident by role. A role
// that is not listed is NOT_PERMITTED.
func narrower(t *testing.T, c *care) {
	all := []string{"gp", "hospital-doctor", "mental-health-nurse", "care-manager"}
	and := func(more ...string) []string { return append(slices.Clone(all), more...) }
	for field, roles := range map[string][]string{
		"alerts": and("social-worker"), "allergies": and("social-worker"), "contacts": and("social-worker"), "needs": and("social-worker"),
		"advanceCare": and("social-worker"), "careTeam": and("social-worker"), "carePlans": and("social-worker"), "appointments": and("social-worker"),
		"timeline": and("social-worker"), "encounters": and("social-worker"), "documents": and("social-worker"),
		"appointments(ownOrganisation: true)": and("social-worker", "receptionist"), "appointments(ownOrganisation: true, upcoming: true)": and("social-worker", "receptionist"),
		"medications": all, "medications(status: PAST)": all, "medications(status: CURRENT)": and("social-worker"),
		"problems": all, "problems(status: PAST)": all, "problems(status: ACTIVE)": and("social-worker"),
		"immunisations": all, "procedures": all, "devices": all, "results": all, "reports": all, "vitalSigns": all, "referrals": all,
		"acute { it: staySummaries": and("social-worker"), "mentalHealth { it: staySummaries": and("social-worker"), "acute { it: stays": all, "acute { it: attendances": all, "acute { it: imagingStudies": all,
		"gp { it: consultations":                   all,
		"mentalHealth { it: carePlans":             and("social-worker"),
		"mentalHealth { it: contacts":              and("social-worker"),
		"mentalHealth { it: careCoordinators":      and("social-worker"),
		"mentalHealth { it: responsibleClinicians": and("social-worker"),
		"mentalHealth { it: legalStatuses":         all, "mentalHealth { it: assessments": all, "mentalHealth { it: diagnoses": all, "mentalHealth { it: stays": all,
		"mentalHealth { it: referrals": all, "mentalHealth { it: careClusters": all, "mentalHealth { it: absences": all, "mentalHealth { it: delayedDischarges": all,
		"mentalHealth { it: communityTreatmentOrders": all, "mentalHealth { it: conditionalDischarges": all,
		"socialCare { it: services": and("social-worker"), "socialCare { it: safeguarding": and("social-worker"), "socialCare { it: aboutMe": and("social-worker"),
		"socialCare { it: assessments": and("social-worker"), "socialCare { it: carers": and("social-worker"), "socialCare { it: legalMeasures": and("social-worker"),
		"acute": all, "gp": all, "socialCare": and("social-worker"),
		"demographics": and("social-worker", "receptionist"),
	} {
		query := "it: " + field
		if strings.Contains(field, "it:") {
			query = field
		}
		query = fmt.Sprintf("query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s { state complete } } }", query)
		if strings.Contains(field, "{") {
			query = strings.TrimSuffix(query, "}") + "} }"
		}
		for _, role := range append(all, "social-worker", "receptionist") {
			a := c.ask(t, role, "", query, one(sample.Whole))
			if len(a.Errors) > 0 {
				t.Fatalf("%s: %s", query, a.Body)
			}
			permitted := slices.Contains(roles, role)
			if refused := bytes.Contains(a.Body, []byte("NOT_PERMITTED")); refused == permitted {
				t.Errorf("%s for a %s: %s", field, role, a.Body)
			}
			whole := permitted && (field != "mentalHealth" || role != "social-worker") // who may not see every single value of it
			if complete := bytes.Contains(a.Body, []byte(`"complete":true`)); complete != whole {
				t.Errorf("%s for a %s: %s", field, role, a.Body)
			}
			if reads := c.readRecords(); !permitted && reads > 0 {
				t.Errorf("%s for a %s: %d reads", field, role, reads)
			}
		}
	}
	// Of the single values of mental health a social worker may see some: the object is
	// there, and is not complete.
	a := c.ask(t, "social-worker", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { mentalHealth { state complete gaps { sector } } } }`, one(sample.Whole))
	if got := string(a.Body); got != `{"data":{"patient":{"mentalHealth":{"state":"RECORDED","complete":false,"gaps":[]}}}}` {
		t.Error(got)
	}
	// The same field with and without its filter, in one request.
	a = c.ask(t, "social-worker", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) {
		medications { state nodes { id } } current: medications(status: CURRENT) { state nodes { id } }
		problems { state nodes { id } } active: problems(status: ACTIVE) { state nodes { id } } } }`, one(sample.Whole))
	for field, n := range map[string]int{"medications": 0, "current": 10, "problems": 0, "active": 7} {
		if nodes := at(t, a.Data, "patient", field, "nodes").([]any); len(nodes) != n {
			t.Errorf("%s: %d, want %d", field, len(nodes), n)
		}
	}
	// The dates of a stay, and no more.
	a = c.ask(t, "social-worker", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { staySummaries { nodes { admittedAt dischargedAt dischargeReadyOn ward } } } } }`, one(sample.Whole))
	if got := string(a.Body); !strings.Contains(got, `{"admittedAt":"2026-05-04T16:40:00+01:00","dischargedAt":"2026-05-11T14:15:00+01:00","dischargeReadyOn":"2026-05-09","ward":"Larch Ward"}`) {
		t.Error(got)
	}
}

const mergedLists = `query ($n: NHSNumber!) { patient(nhsNumber: $n) {
	leftOut timeline(first: 1) { leftOut } encounters(first: 1) { leftOut } documents(first: 1) { leftOut } carePlans { leftOut } careTeam { leftOut } appointments(first: 1) { leftOut }
	own: appointments(first: 1, ownOrganisation: true) { leftOut } } }`

func leftOut(t *testing.T, c *care) {
	want := map[string]string{
		"gp": `{"leftOut":[],"timeline":{"leftOut":[]},"encounters":{"leftOut":[]},"documents":{"leftOut":[]},"carePlans":{"leftOut":[]},"careTeam":{"leftOut":[]},"appointments":{"leftOut":[]},"own":{"leftOut":[]}}`,
		"social-worker": `{"leftOut":["MEDICATIONS","PROBLEMS","RESULTS","VITAL_SIGNS","IMMUNISATIONS","PROCEDURES","ENCOUNTERS","STAYS","DOCUMENTS","REFERRALS","CARE_PLANS","GP_CONSULTATIONS","MENTAL_HEALTH"],` +
			`"timeline":{"leftOut":["STAYS","ENCOUNTERS","GP_CONSULTATIONS","PROBLEMS","MEDICATIONS","PROCEDURES","IMMUNISATIONS","RESULTS","DOCUMENTS","REFERRALS","CARE_PLANS","MENTAL_HEALTH"]},` +
			`"encounters":{"leftOut":["STAYS","ENCOUNTERS","GP_CONSULTATIONS"]},"documents":{"leftOut":["DOCUMENTS"]},"carePlans":{"leftOut":["CARE_PLANS"]},"careTeam":{"leftOut":[]},"appointments":{"leftOut":[]},"own":{"leftOut":[]}}`,
		"receptionist": `{"leftOut":["CONTACTS","ALERTS","ALLERGIES","MEDICATIONS","CURRENT_MEDICATIONS","PROBLEMS","ACTIVE_PROBLEMS","RESULTS","VITAL_SIGNS","IMMUNISATIONS","PROCEDURES","ENCOUNTERS","STAYS","STAY_SUMMARY","APPOINTMENTS","DOCUMENTS","REFERRALS","CARE_PLANS","CARE_TEAM","GP_CONSULTATIONS","MENTAL_HEALTH","MENTAL_HEALTH_PLANS","LEGAL_STATUS","SAFEGUARDING","ADVANCE_CARE","NEEDS","SOCIAL_CARE"],` +
			`"timeline":{"leftOut":["STAYS","ENCOUNTERS","GP_CONSULTATIONS","MENTAL_HEALTH_PLANS","PROBLEMS","MEDICATIONS","PROCEDURES","IMMUNISATIONS","RESULTS","DOCUMENTS","REFERRALS","APPOINTMENTS","CARE_PLANS","MENTAL_HEALTH","SOCIAL_CARE"]},` +
			`"encounters":{"leftOut":["STAYS","ENCOUNTERS","GP_CONSULTATIONS","MENTAL_HEALTH_PLANS"]},"documents":{"leftOut":["DOCUMENTS","SOCIAL_CARE"]},"carePlans":{"leftOut":["CARE_PLANS","MENTAL_HEALTH_PLANS","SOCIAL_CARE"]},"careTeam":{"leftOut":["CARE_TEAM","SOCIAL_CARE"]},"appointments":{"leftOut":["APPOINTMENTS"]},"own":{"leftOut":[]}}`,
	}
	for _, alike := range []string{"hospital-doctor", "mental-health-nurse", "care-manager"} {
		want[alike] = want["gp"]
	}
	for role, want := range want {
		for _, patient := range []record.NHSNumber{sample.Whole, sample.NoneKnown, sample.Child, sample.BornUnknown, sample.Deceased} {
			a := c.ask(t, role, "", mergedLists, one(patient))
			if got := string(a.Body); got != `{"data":{"patient":`+want+`}}` {
				t.Errorf("%s: %s\nwant %s", role, got, want)
			}
		}
	}
}

func ownAppointments(t *testing.T, c *care) {
	query := `query ($n: NHSNumber!) { patient(nhsNumber: $n) { appointments(ownOrganisation: true) { state complete nodes { provenance { organisation { odsCode } } } } all: appointments { state nodes { id } } } }`
	for org, n := range map[string]int{"F83999": 2, "RAL": 4, "G6V2S": 1, "X1BAR": 1} {
		a := c.ask(t, "receptionist", org, query, one(sample.Whole))
		nodes := at(t, a.Data, "patient", "appointments", "nodes").([]any)
		if len(nodes) != n {
			t.Errorf("%s: %d appointments, want %d: %s", org, len(nodes), n, a.Body)
		}
		for _, node := range nodes {
			if got := at(t, node, "provenance", "organisation", "odsCode"); got != org {
				t.Errorf("%s sees an appointment of %s", org, got)
			}
		}
		if at(t, a.Data, "patient", "all", "state") != "NOT_PERMITTED" || len(at(t, a.Data, "patient", "all", "nodes").([]any)) > 0 {
			t.Errorf("%s: %s", org, a.Body)
		}
	}
}

func gapsOnce(t *testing.T, c *care) {
	c.down = map[string]error{
		"SOCIAL_CARE/X1BAR": record.ErrUnavailable, "GP/X2GPA": record.ErrTimeout, "ACUTE/RRV": fmt.Errorf("%w: SQLSTATE 42501", postgres.ErrRefused),
		"ACUTE/RAL": fmt.Errorf("%w: SQLSTATE 42703", postgres.ErrMalformed), "DEMOGRAPHICS/X26": record.ErrUnavailable,
	}
	defer func() { c.down = map[string]error{} }()
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { name { full } socialCare { state services { state } carers { state } } results { state } again: results { state }
		timeline { state } allergies { state } medications { state } alerts { state } gp { state consultations { state } } } } }`, several(sample.Whole, sample.Conflicting, sample.Whole))
	var gaps []string
	for _, gap := range a.Extensions.Gaps {
		gaps = append(gaps, fmt.Sprint(gap["sector"], " ", at(t, gap, "organisation", "odsCode"), " ", gap["reason"]))
	}
	want := []string{"DEMOGRAPHICS X26 UNAVAILABLE", "ACUTE RAL MALFORMED", "ACUTE RRV REFUSED", "GP X2GPA TIMED_OUT", "SOCIAL_CARE X1BAR UNAVAILABLE"}
	if !slices.Equal(gaps, want) {
		t.Errorf("%q, want %q", gaps, want)
	}
	if len(a.Errors) > 0 || a.Status != 200 {
		t.Errorf("%d %v", a.Status, a.Errors)
	}
	if bytes.Contains(a.Body, []byte(`"complete":true`)) {
		t.Errorf("%s", a.Body)
	}
	// Gaps of a class that the role may not see are nobody's business.
	a = c.ask(t, "receptionist", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { allergies { state gaps { sector } } socialCare { state gaps { sector } services { state gaps { sector } } } } }`, one(sample.Whole))
	if len(a.Extensions.Gaps) > 0 || bytes.Contains(a.Body, []byte(`"sector"`)) {
		t.Errorf("%s", a.Body)
	}
}

func sourcesAsked(t *testing.T, c *care) {
	sectors := func(role, query string, patient record.NHSNumber) string {
		t.Helper()
		a := c.ask(t, role, "", fmt.Sprintf("query ($n: NHSNumber!) { patient(nhsNumber: $n) { %s sources { sector state } } }", query), one(patient))
		var all []string
		for _, source := range at(t, a.Data, "patient", "sources").([]any) {
			all = append(all, fmt.Sprint(at(t, source, "sector"), " ", at(t, source, "state")))
		}
		return strings.Join(slices.Compact(all), ", ")
	}
	const every = "ACUTE ANSWERED, GP ANSWERED, MENTAL_HEALTH ANSWERED"
	for _, test := range []struct {
		role, query string
		patient     record.NHSNumber
		want        string
	}{
		{"gp", "id nhsNumber notice leftOut", sample.Whole, ""},
		{"gp", "age", sample.Whole, "DEMOGRAPHICS ANSWERED"},
		{"gp", "allergies { state }", sample.Whole, every},
		{"gp", "acute { state }", sample.Whole, "ACUTE ANSWERED"},
		{"gp", "acute { stays { state } } age", sample.Whole, "DEMOGRAPHICS ANSWERED, ACUTE ANSWERED"},
		{"gp", "acute { __typename }", sample.Whole, ""},
		{"gp", "mentalHealth { legalStatus { id } }", sample.Whole, "MENTAL_HEALTH ANSWERED"},
		{"gp", "contacts { state }", sample.Whole, "DEMOGRAPHICS ANSWERED, " + every + ", SOCIAL_CARE ANSWERED"},
		{"gp", "contacts { state }", sample.Child, "DEMOGRAPHICS ANSWERED, " + every + ", SOCIAL_CARE NOT_ASKED"},
		{"gp", "timeline(sectors: [GP]) { state }", sample.Whole, "GP ANSWERED"},
		{"gp", "timeline(sectors: [DEMOGRAPHICS]) { state }", sample.Whole, ""},
		{"receptionist", "allergies { state } socialCare { state services { state } }", sample.Whole, ""},
		{"social-worker", "documents { state }", sample.Whole, "SOCIAL_CARE ANSWERED"},
		{"social-worker", "acute { stays { state } }", sample.Whole, ""},
	} {
		if got := sectors(test.role, test.query, test.patient); got != test.want {
			t.Errorf("%s for a %s: %q, want %q", test.query, test.role, got, test.want)
		}
	}
}

// needed looks at which sources a question reads: none of a sector that it is not
// about, each once, and once for many patients.
func needed(t *testing.T, c *care) {
	for query, want := range map[string][]string{
		"acute { stays { state } currentStay { id } }":                         {"ACUTE"},
		"mentalHealth { carePlans { state } legalStatuses { state } }":         {"MENTAL_HEALTH"},
		"gp { consultations { state } lastConsultation { id } }":               {"GP"},
		"socialCare { services { state } }":                                    {"SOCIAL_CARE"},
		"name { full } telecom { value }":                                      {"DEMOGRAPHICS"},
		"allergies { state } medications { state } again: allergies { state }": {"ACUTE", "GP", "MENTAL_HEALTH"},
		"id notice leftOut": nil,
	} {
		c.read()
		c.ask(t, "gp", "", fmt.Sprintf("query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { %s } } }", query), several(sample.Whole, sample.Conflicting, sample.Detained, sample.Deceased))
		c.mu.Lock()
		for source := range c.dbs {
			n, sector := c.reads[string(source.Sector)+"/"+source.ODS], string(source.Sector)
			if asked := slices.Contains(want, sector) || sector == "DEMOGRAPHICS"; asked && n != 1 || !asked && n > 0 {
				t.Errorf("%s: %s/%s was read %d times", query, sector, source.ODS, n)
			}
		}
		c.mu.Unlock()
	}
	c.read()
}

func serviceSources(t *testing.T, c *care) {
	fresh := c.with(t, func(*resolvers.Options) {})
	states := func() map[string]string {
		got := map[string]string{}
		for _, source := range at(t, fresh.ask(t, "developer", "", `{ serviceSources { sector organisation { odsCode } state lastAnsweredAt } }`, nil).Data, "serviceSources").([]any) {
			got[fmt.Sprint(at(t, source, "sector"), "/", at(t, source, "organisation", "odsCode"))] = fmt.Sprint(at(t, source, "state"), " ", at(t, source, "lastAnsweredAt"))
		}
		return got
	}
	for source, state := range states() {
		if state != "UNTRIED <nil>" {
			t.Errorf("%s is %s before it was asked", source, state)
		}
	}
	ask := func() {
		fresh.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { acute { stays { state } } } }`, one(sample.Whole))
	}
	ask()
	if got := states(); got["ACUTE/RAL"] != "UP 2026-06-15T11:30:00+01:00" || got["GP/X2GPA"] != "UNTRIED <nil>" {
		t.Errorf("%v", got)
	}
	fresh.down["ACUTE/RAL"] = record.ErrTimeout
	ask()
	if got := states(); got["ACUTE/RAL"] != "DOWN 2026-06-15T11:30:00+01:00" || got["ACUTE/RRV"] != "UP 2026-06-15T11:30:00+01:00" {
		t.Errorf("%v", got)
	}
}

// testDocuments asks for documents by their ids.
func testDocuments(t *testing.T, c *care) {
	const query = `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { id document(id: $id) { id title contentType size text base64 provenance { sector } } documents { nodes { id } } } }`
	ask := func(role string, patient record.NHSNumber, id string) answer {
		t.Helper()
		return c.ask(t, role, "", query, map[string]any{"n": string(patient), "id": id})
	}
	listed := func(patient record.NHSNumber) string {
		t.Helper()
		return at(t, c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { documents { nodes { id } } } }`, one(patient)).Data, "patient", "documents", "nodes", 0, "id").(string)
	}
	summary, letter := listed(sample.Whole), listed(sample.Sensitive)
	a := ask("gp", sample.Whole, summary)
	document := at(t, a.Data, "patient", "document")
	if at(t, document, "id") != summary || at(t, document, "base64") != nil || !strings.HasPrefix(fmt.Sprint(at(t, document, "text")), "Mrs Achterberg was admitted after a fall") {
		t.Errorf("%s", a.Body)
	}
	if text := at(t, document, "text").(string); float64(len(text)) != at(t, document, "size") {
		t.Errorf("%d letters of %v", len(text), at(t, document, "size"))
	}

	// What is not there, not theirs, altered or never shown answers as what never was.
	var hidden string
	ral := c.dbs[load.Source{Sector: record.Acute, ODS: "RAL"}]
	check(t, ral.Pool(t).QueryRow(t.Context(), `SELECT id FROM document WHERE nhs_number = $1 AND title = 'HIV clinic letter'`, string(sample.Sensitive)).Scan(&hidden))
	raw, err := base64.RawURLEncoding.DecodeString(letter)
	check(t, err)
	raw[20] ^= 1
	never := ask("gp", sample.Sensitive, "never-was").Body
	ids := c.options.Identifier
	for name, id := range map[string]string{
		"of another patient":              summary,
		"altered":                         base64.RawURLEncoding.EncodeToString(raw),
		"that is never shown":             string(ids.Document("ACUTE/RAL", sample.Sensitive, hidden)),
		"that its source does not have":   string(ids.Document("ACUTE/RAL", sample.Sensitive, "nothing")),
		"of a source that is not there":   string(ids.Document("ACUTE/R00", sample.Sensitive, "1")),
		"of a source without documents":   string(ids.Document("DEMOGRAPHICS/X26", sample.Sensitive, "1")),
		"that is empty":                   "",
		"of an entry that is no document": at(t, c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { problems { nodes { id } } } }`, one(sample.Sensitive)).Data, "patient", "problems", "nodes", 0, "id").(string),
	} {
		if a := ask("gp", sample.Sensitive, id); !bytes.Equal(a.Body, never) {
			t.Errorf("a document %s: %s\nwant %s", name, a.Body, never)
		}
	}
	if a := ask("gp", sample.Sensitive, letter); at(t, a.Data, "patient", "document", "title") != "Asthma clinic letter" {
		t.Errorf("its ordinary neighbour: %s", a.Body)
	}

	// A role that may not see documents sees none, and its source is not read.
	for _, role := range []string{"social-worker", "receptionist"} {
		c.read()
		a := c.ask(t, role, "", `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { document(id: $id) { id } } }`, map[string]any{"n": string(sample.Whole), "id": summary})
		if string(a.Body) != `{"data":{"patient":{"document":null}}}` || c.readRecords() > 0 {
			t.Errorf("%s: %s", role, a.Body)
		}
	}

	// Its source down is an error, since it was asked for by id; the rest still comes.
	for failure, want := range map[error]string{
		record.ErrUnavailable: "SOURCE_UNAVAILABLE", record.ErrTimeout: "SOURCE_TIMEOUT",
		postgres.ErrRefused: "SOURCE_UNAVAILABLE", postgres.ErrMalformed: "SOURCE_UNAVAILABLE",
	} {
		c.down["ACUTE/RAL"] = fmt.Errorf("%w: host db.internal", failure)
		a := ask("gp", sample.Whole, summary)
		if len(a.Errors) != 1 || at(t, a.Errors[0], "extensions", "code") != want || fmt.Sprint(a.Errors[0]["path"]) != "[patient document]" || bytes.Contains(a.Body, []byte("db.internal")) {
			t.Errorf("%v: %s", failure, a.Body)
		}
		if at(t, a.Data, "patient", "id") == nil || at(t, a.Data, "patient", "document") != nil {
			t.Errorf("%s", a.Body)
		}
	}
	c.down = map[string]error{}

	// In a list of patients the id is one patient's, and nobody else's.
	a = c.ask(t, "gp", "", `query ($n: [NHSNumber!]!, $id: ID!) { patients(nhsNumbers: $n) { patient { document(id: $id) { id } } } }`,
		map[string]any{"n": []string{string(sample.Conflicting), string(sample.Whole), string(sample.Sensitive)}, "id": summary})
	if got := string(a.Body); got != `{"data":{"patients":[{"patient":{"document":null}},{"patient":{"document":{"id":"`+summary+`"}}},{"patient":{"document":null}}]}}` {
		t.Error(got)
	}
	// And under two root fields that share a fragment.
	a = c.ask(t, "gp", "", `query ($a: NHSNumber!, $b: NHSNumber!, $id: ID!) { a: patient(nhsNumber: $a) { ...d } b: patient(nhsNumber: $b) { ...d } } fragment d on Patient { document(id: $id) { id } }`,
		map[string]any{"a": string(sample.Whole), "b": string(sample.Sensitive), "id": summary})
	if got := string(a.Body); got != `{"data":{"a":{"document":{"id":"`+summary+`"}},"b":{"document":null}}}` {
		t.Error(got)
	}
	c.quiet(t)
}

// If nothing is found among the single values that a role may see, the state is not NONE_RECORDED: the others were not
// looked for.
func TestNoneAmongSomeIsNotNone(t *testing.T) {
	mind := newFake(record.MentalHealth, "RRP")
	c, _, _ := newFakes(t, mind, newFake(record.GP, "F83999"), newFake(record.Acute, "RAL"), newFake(record.SocialCare, "X1BAR"))
	ask := func(role, want string) {
		t.Helper()
		for _, value := range []string{"", " careCoordinator { name } legalStatus { id }"} {
			a := c.ask(t, role, "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { mentalHealth { state complete`+value+` } } }`, one(number(1)))
			object := at(t, a.Data, "patient", "mentalHealth").(map[string]any)
			delete(object, "careCoordinator")
			delete(object, "legalStatus")
			if !equal(object, jsonOf(t, want)) {
				t.Errorf("a %s with%s: %s", role, value, a.Body)
			}
		}
	}
	ask("social-worker", `{"state":"NOT_PERMITTED","complete":false}`)
	ask("mental-health-nurse", `{"state":"NONE_RECORDED","complete":true}`)
	mind.err = record.ErrUnavailable
	ask("social-worker", `{"state":"UNKNOWN","complete":false}`)
	mind.err, mind.answers[fetch.CareCoordinators] = nil, always(record.CareCoordinator{Item: mind.item("c"), Name: "Co Ordinator"})
	ask("social-worker", `{"state":"RECORDED","complete":false}`)
}

// A document that is not text comes as base64.
func TestADocumentThatIsNoText(t *testing.T) {
	gp := newFake(record.GP, "X2GPA")
	c, _, _ := newFakes(t, gp)
	id := c.options.Identifier.Document(gp.name(), number(1), "42")
	gp.answers[fetch.DocumentContent] = holds(func(ask *fetch.Ask, _ record.NHSNumber) []record.DocumentContent {
		if ask.Filter.SourceID != "42" || ask.Filter.Source != gp.name() {
			return nil
		}
		d := record.DocumentContent{Base64: "JVBERi0="}
		d.ID = id
		return []record.DocumentContent{d}
	})
	query := `query ($n: NHSNumber!, $id: ID!) { patient(nhsNumber: $n) { document(id: $id) { id text base64 } } }`
	a := c.ask(t, "gp", "", query, map[string]any{"n": str(1), "id": string(id)})
	if at(t, a.Data, "patient", "document", "base64") != "JVBERi0=" || at(t, a.Data, "patient", "document", "text") != nil {
		t.Errorf("%s", a.Body)
	}
	gp.answers[fetch.DocumentContent] = func(*fetch.Ask) fetch.Answer {
		return fetch.Answer{Err: fmt.Errorf("%w: SQLSTATE 42P01", postgres.ErrMalformed)}
	}
	a = c.ask(t, "gp", "", query, map[string]any{"n": str(1), "id": string(id)})
	if len(a.Errors) != 1 || at(t, a.Errors[0], "extensions", "code") != "SOURCE_UNAVAILABLE" {
		t.Errorf("a view that is not there: %s", a.Body)
	}
	// One whose content is missing, or cannot be read, is not an empty one, and trying again is of no use.
	for name, answer := range map[string]func(*fetch.Ask) fetch.Answer{
		"without content":        always(record.DocumentContent{Document: record.Document{Item: gp.item("42")}}),
		"that could not be read": lacking(holds(func(*fetch.Ask, record.NHSNumber) []record.DocumentContent { return nil }), true, false),
	} {
		gp.answers[fetch.DocumentContent] = answer
		a = c.ask(t, "gp", "", query, map[string]any{"n": str(1), "id": string(id)})
		if len(a.Errors) != 1 || at(t, a.Errors[0], "extensions", "code") != "SOURCE_UNAVAILABLE" || !strings.Contains(a.Errors[0]["message"].(string), "in a form that can be read") || at(t, a.Data, "patient", "document") != nil {
			t.Errorf("a document %s: %s", name, a.Body)
		}
	}
	c.quiet(t)
}

// Where several sources each have a single value, the one in force with the latest
// start is shown, and all of them stand in the sibling list.
func TestSingleValues(t *testing.T) {
	first, second := newFake(record.MentalHealth, "G6V2S"), newFake(record.MentalHealth, "RNK")
	c, _, _ := newFakes(t, first, second)
	day := func(days int) record.DateTime { return record.At(now.AddDate(0, 0, days)) }
	status := func(f *fake, id string, from, expires, ended record.DateTime) record.LegalStatus {
		return record.LegalStatus{Item: f.item(id), Status: record.Code{Display: id}, StartedAt: from, ExpiresAt: expires, EndedAt: ended}
	}
	none := record.DateTime{}
	for _, test := range []struct {
		name  string
		one   []record.LegalStatus
		other []record.LegalStatus
		want  any
		state string
	}{
		{"nobody has any", nil, nil, nil, "NONE_RECORDED"},
		{"one has one", []record.LegalStatus{status(first, "a", day(-9), none, none)}, nil, "a", "RECORDED"},
		{"the later start of two sources", []record.LegalStatus{status(first, "a", day(-9), none, none)}, []record.LegalStatus{status(second, "b", day(-5), day(9), none)}, "b", "RECORDED"},
		{"the later start of one source", []record.LegalStatus{status(first, "a", day(-3), none, none), status(first, "b", day(-5), none, none)}, nil, "a", "RECORDED"},
		{"a later one that has ended", []record.LegalStatus{status(first, "a", day(-9), none, none)}, []record.LegalStatus{status(second, "b", day(-5), none, day(-1))}, "a", "RECORDED"},
		{"a later one that has expired", []record.LegalStatus{status(first, "a", day(-9), none, none)}, []record.LegalStatus{status(second, "b", day(-5), day(-1), none)}, "a", "RECORDED"},
		{"a later one still to come", []record.LegalStatus{status(first, "a", day(-9), none, none)}, []record.LegalStatus{status(second, "b", day(5), none, none)}, "a", "RECORDED"},
		{"all of them over", []record.LegalStatus{status(first, "a", day(-9), day(-2), none)}, []record.LegalStatus{status(second, "b", day(-5), none, day(-1))}, nil, "NONE_RECORDED"},
		{"ended this moment", []record.LegalStatus{status(first, "a", day(-9), none, day(0))}, nil, nil, "NONE_RECORDED"},
		{"one without a start", []record.LegalStatus{status(first, "a", none, none, none)}, []record.LegalStatus{status(second, "b", day(-900), none, none)}, "b", "RECORDED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			first.answers[fetch.LegalStatuses], second.answers[fetch.LegalStatuses] = always(test.one...), always(test.other...)
			a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { mentalHealth { state complete legalStatus { status { display } } legalStatuses { nodes { id } } } } }`, str(1)), nil)
			object := at(t, a.Data, "patient", "mentalHealth")
			var got any
			if value := at(t, object, "legalStatus"); value != nil {
				got = at(t, value, "status", "display")
			}
			if got != test.want || at(t, object, "complete") != true {
				t.Errorf("%v, want %v: %s", got, test.want, a.Body)
			}
			if n := len(at(t, object, "legalStatuses", "nodes").([]any)); n != len(test.one)+len(test.other) {
				t.Errorf("%d in the list", n)
			}
			if state := at(t, object, "state"); state != test.state {
				t.Errorf("%v, want %s", state, test.state)
			}
		})
	}
	c.quiet(t)
}
