package floor

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"carerecord/bench/ours"
	"carerecord/bench/setup"
	"carerecord/bench/wire"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A query is one statement of a pipeline: which of the service's it rests on, the
// parameters that has, in their order, and what is read of it. What is never shown is
// left out in the database, so the statements with those rules are the service's own:
// they are taken from what it prepares. Around them stands what a statement by hand has:
// the columns that are shown, and constants in the place of parameters that never change.
type query struct {
	into      int    // where its rows go
	statement string // of the service
	columns   string // over q
	class     record.Class
	status    string
	upToNow   bool
	limit     int    // 0 for as many as any list carries
	parts     int    // which of its parts are read after it, a bit each
	sum       string // of all rows of a patient, in the place of columns
	tried     string // the relations whose words are tried by it, before all others: it has no rows of patients
}

// most is how many entries of one kind a list carries, and one more by which it is seen
// that there are others.
const most = 2001

// code and mapped are the columns of a code: system, code and words. A code without words
// is shown as the code, one that was mapped as the source's own.
func code(name string) string {
	return fmt.Sprintf("nullif(q.%[1]s_system, ''), nullif(q.%[1]s_code, ''), coalesce(nullif(q.%[1]s_display, ''), nullif(q.%[1]s_code, ''))", name)
}

func mapped(name string) string {
	return fmt.Sprintf("nullif(q.%[1]s_system, ''), nullif(q.%[1]s_code, ''), coalesce(nullif(q.%[1]s_display, ''), nullif(q.%[1]s_code, ''), nullif(q.%[1]s_original_display, ''), nullif(q.%[1]s_original_code, ''))", name)
}

// item is what every entry begins with: five columns.
const item = "q.id, q.source_system, q.organisation_ods, q.organisation_name, q.recorded_at, "

// constants are the parameters that are the same in every request, by what stands in
// their place.
var constants = map[string]func(q *query, specialties string) string{
	"when":        func(q *query, _ string) string { return map[bool]string{true: "1", false: "0"}[q.upToNow] },
	"paged":       func(*query, string) string { return "false" },
	"after_on":    func(*query, string) string { return "NULL" },
	"after_at":    func(*query, string) string { return "NULL" },
	"codes":       func(*query, string) string { return "NULL" },
	"since_at":    func(*query, string) string { return "NULL" },
	"status":      func(q *query, _ string) string { return "'" + q.status + "'" },
	"limit":       func(q *query, _ string) string { return strconv.Itoa(q.limit) },
	"parts":       func(q *query, _ string) string { return strconv.Itoa(q.parts) },
	"set":         func(*query, string) string { return "1" },
	"tried":       func(q *query, _ string) string { return "'{" + strings.ReplaceAll(q.tried, " ", ",") + "}'" },
	"specialties": func(_ *query, specialties string) string { return "'" + specialties + "'" },
}

// order is the parameters of each statement, in their order.
var order = map[string]string{
	"list_note":                 "patients adult_from when now midnight paged after_at limit",
	"allergy":                   "patients adult_from parts set when now midnight specialties status today paged after_at limit",
	"medication of stays":       "patients adult_from parts set specialties status now when today course midnight paged after_on limit",
	"medication":                "patients adult_from parts set specialties status now when today course paged after_on limit",
	"problem":                   "patients adult_from set when today specialties status paged after_on limit",
	"result":                    "patients adult_from parts codes set specialties when now midnight since_at paged after_at limit",
	"vital_sign":                "patients adult_from parts codes set when now midnight specialties since_at paged after_at limit",
	"stay":                      "patients adult_from parts set specialties when now midnight status paged after_at limit",
	"attendance":                "patients adult_from set parts when now midnight specialties paged after_at limit",
	"consultation":              "patients adult_from parts set when now midnight specialties paged after_at limit",
	"care_plan":                 "patients adult_from parts set when today specialties paged after_on limit",
	"community_treatment_order": "patients adult_from set when now midnight specialties paged after_at limit parts",
	"of moments":                "patients adult_from set when now midnight specialties paged after_at limit",
	"of days":                   "patients adult_from set when today specialties paged after_on limit",
	"document of stays":         "patients adult_from set specialties when now midnight paged after_at limit",
	"document of adult":         "patients adult_from set when now midnight specialties today paged after_at limit",
	"list_note of adult":        "patients adult_from when now midnight today paged after_at limit",
	"person":                    "patients adult_from",
	"a part":                    "patients adult_from",
	"words":                     "tried patients set",
}

// moments are the relations that are ordered by a moment, beside those that stand in order
// by their names; the rest are ordered by a day.
var moments = []string{"care_contact", "document", "legal_status"}

func orderOf(sector record.Sector, statement string) []string {
	name := statement
	switch hospital := sector == record.Acute || sector == record.MentalHealth; {
	case strings.Contains(statement, "."):
		name = "a part"
	case strings.HasPrefix(statement, "words "):
		name = "words"
	case sector == record.SocialCare && order[statement+" of adult"] != "":
		name = statement + " of adult"
	case hospital && order[statement+" of stays"] != "":
		name = statement + " of stays"
	case order[statement] != "":
	case slices.Contains(moments, statement):
		name = "of moments"
	default:
		name = "of days"
	}
	return strings.Fields(order[name])
}

var parameter = regexp.MustCompile(`\$([0-9]+)::([a-z]+(?:\[\])?)`)

// compile makes the statement of a query, and the parameters that are left.
func (q *query) compile(sector record.Sector, service, specialties string) (sql string, left []string, err error) {
	names := orderOf(sector, q.statement)
	seen := map[string]bool{}
	if q.limit == 0 {
		q.limit = most
	}
	service = parameter.ReplaceAllStringFunc(service, func(found string) string {
		m := parameter.FindStringSubmatch(found)
		n, _ := strconv.Atoi(m[1])
		if n > len(names) || types[names[n-1]] != m[2] {
			err = fmt.Errorf("the statement %s of %s has other parameters than the floor knows: bring order in bench/floor/sql.go up to date", q.statement, sector)
			return found
		}
		name := names[n-1]
		seen[name] = true
		if constant := constants[name]; constant != nil {
			return constant(q, specialties) + "::" + m[2]
		}
		i := slices.Index(left, name)
		if i < 0 {
			i, left = len(left), append(left, name)
		}
		return "$" + strconv.Itoa(i+1) + "::" + m[2]
	})
	if err == nil && len(seen) != len(names) {
		err = fmt.Errorf("the statement %s of %s has fewer parameters than the floor knows: bring order in bench/floor/sql.go up to date", q.statement, sector)
	}
	if q.tried != "" {
		return service, left, err
	}
	sql = "SELECT q.n, " + q.columns + "\nFROM (" + service + ") q"
	if q.sum != "" {
		sql = "SELECT q.n, " + q.sum + "\nFROM (" + service + ") q GROUP BY q.n ORDER BY q.n"
	}
	return sql, left, err
}

// types are the PostgreSQL types of the parameters.
var types = map[string]string{
	"patients": "text[]", "adult_from": "text[]", "specialties": "text[]", "limit": "int", "paged": "bool", "after_on": "text", "after_at": "timestamptz",
	"status": "text", "since_at": "timestamptz", "codes": "text[]", "when": "int", "parts": "int", "now": "timestamptz", "midnight": "timestamptz", "today": "text", "course": "text", "set": "text", "tried": "text[]",
}

// serviceStatements are what the service prepares on a connection to each source.
func serviceStatements(ctx context.Context, s setup.Setup, filter *exclusion.Filter) (map[record.Sector]map[string]string, error) {
	all := map[record.Sector]map[string]string{}
	ctx = fetch.WithTerms(ctx, fetch.TermsOf(filter, time.Now()))
	for _, source := range s.Sources {
		proxy, err := wire.Listen(source.DSN)
		if err != nil {
			return nil, err
		}
		defer proxy.Close()
		views, err := ours.Open[source.Sector](s.Organisation(source), proxy.DSN()+"&pool_max_conns=1", record.NewIdentifier(s.IDs))
		if err != nil {
			return nil, err
		}
		defer views.Close()
		if err := views.Warm(ctx); err != nil {
			return nil, fmt.Errorf("connect to the source %s: %w", source.Sector, err)
		}
		all[source.Sector] = proxy.Statements()
	}
	return all, nil
}
