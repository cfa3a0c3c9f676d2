// Mutate alters the code that enforces, one statement, condition or answer at a time, and
// runs the tests against each change. A change that no test notices is a survivor: it is
// killed by a new test, or listed with a reason.
//
//	go run ./prove/mutate [-only internal/consent] [-match "Decide: never"] [-v]
//
// Every statement that can be left out is left out, every condition is made true and made
// false, every comparison and connective is turned into its neighbour, every yes or no that
// is returned is turned round, and every error that is returned is lost.
//
// The tree is not touched: changes reach the compiler as an overlay. All changes of a suite
// are compiled at once, each behind a switch, and one is switched on for a run. Which tests
// reach which change is found out first; the others are not run against it, and the quick
// ones go before the slow ones.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A suite is files that enforce, and the packages whose tests must notice a change in
// them, the quicker first.
type suite struct {
	name  string
	files []string // patterns
	tests []string // packages
	skip  string   // tests that take long and are about something else; that they are left out can only let a change survive
}

var suites = []suite{
	{"internal/accessreport", []string{"internal/accessreport/*.go"}, []string{"./internal/accessreport"}, ""},
	{"internal/auth", []string{"internal/auth/*.go"}, []string{"./internal/auth"}, ""},
	{"internal/config", []string{"internal/config/*.go"}, []string{"./internal/config"}, ""},
	{"internal/consent", []string{"internal/consent/*.go"}, []string{"./internal/consent"}, ""},
	{"internal/audit", []string{"internal/audit/trail.go", "internal/audit/within.go", "internal/audit/e[nv]*.go", "internal/audit/verify.go", "internal/audit/refusals.go",
		"internal/audit/c*.go", "internal/audit/retention.go", "internal/audit/log.go"}, []string{"./internal/audit"},
		"Thresholds|Times|ThingsAtOnce|InTheirIndex|LittleMemory|Lines$|ShareOfList|WhoseAlerts|AuditEvent|Export"},
	{"internal/audit/use", []string{"internal/audit/a*.go", "internal/audit/person.go", "internal/audit/days.go", "internal/audit/export.go",
		"internal/audit/fhir.go"}, []string{"./internal/audit"},
		"Verify|Retention|Checkpoint|Cut|Durable|Volatile|Answer"},
	{"datasources/gpconnect", []string{"datasources/gpconnect/*.go"}, []string{"./datasources/gpconnect"}, "Fuzz"},
	{"datasources/interweave", []string{"datasources/interweave/*.go"}, []string{"./datasources/interweave"}, "Fuzz|Company"},
	{"datasources/pds", []string{"datasources/pds/*.go"}, []string{"./datasources/pds"}, "Fuzz"},
	{"datasources/ukcore", []string{"datasources/ukcore/hidden.go", "datasources/ukcore/follow.go", "datasources/ukcore/divide.go", "datasources/ukcore/reading.go", "datasources/ukcore/envelope.go",
		"datasources/ukcore/answer.go", "datasources/ukcore/chart.go", "datasources/ukcore/searches.go", "datasources/ukcore/ukcore.go", "datasources/ukcore/letters.go", "datasources/ukcore/narrative.go", "datasources/ukcore/documents.go",
		"datasources/ukcore/pe*.go", "datasources/ukcore/pa*.go"}, []string{"./datasources/ukcore"}, many},
	{"datasources/ukcore/entries", []string{"datasources/ukcore/a[lpt]*.go", "datasources/ukcore/c[a]*.go", "datasources/ukcore/en[c]*.go", "datasources/ukcore/im*.go", "datasources/ukcore/medications.go",
		"datasources/ukcore/observations.go", "datasources/ukcore/pl*.go", "datasources/ukcore/pr*.go", "datasources/ukcore/q*.go", "datasources/ukcore/stays.go", "datasources/ukcore/values.go"}, []string{"./datasources/ukcore"}, many},
	{"datasources/view", []string{"datasources/view/look.go", "datasources/view/book.go", "datasources/view/row.go", "datasources/view/columns.go", "datasources/view/values.go", "datasources/view/measured.go", "datasources/view/envelope.go"}, []string{"./datasources/view"}, "Words|Codes|Sharing|Plans|Recheck|Parts"},
	{"datasources/view/words", []string{"datasources/view/words.go", "datasources/view/apart.go"}, []string{"./datasources/view", "./datasources/acute"}, "Disguise|Codes|Plans|Look"},
	{"internal/fhir", []string{"internal/fhir/screen.go", "internal/fhir/stems.go", "internal/fhir/bundle.go", "internal/fhir/group.go", "internal/fhir/members.go", "internal/fhir/reference.go",
		"internal/fhir/check.go", "internal/fhir/pick.go"}, []string{"./internal/fhir", "./datasources/interweave", "./datasources/pds", "./datasources/ukcore", "./datasources/gpconnect"},
		many + "|UKCoreExample|EveryDocument"},
	{"internal/fhir/rest", []string{"internal/fhir/a*.go", "internal/fhir/client.go", "internal/fhir/codes.go", "internal/fhir/d*.go", "internal/fhir/e*.go", "internal/fhir/f*.go", "internal/fhir/l*.go",
		"internal/fhir/person.go", "internal/fhir/r4.go", "internal/fhir/source.go", "internal/fhir/token.go", "internal/fhir/v*.go"},
		[]string{"./internal/fhir", "./datasources/interweave", "./datasources/pds", "./datasources/ukcore", "./datasources/gpconnect"},
		many + "|UKCoreExample|EveryDocument"},
	{"internal/exclusion", []string{"internal/exclusion/*.go", "internal/codesystem/*.go"}, []string{"./internal/exclusion", "./internal/codesystem"}, ""},
	{"internal/kinship", []string{"internal/kinship/*.go"}, []string{"./internal/kinship"}, ""},
	{"internal/fetch", []string{"internal/fetch/*.go"}, []string{"./internal/fetch"}, ""},
	{"internal/locator", []string{"internal/locator/*.go"}, []string{"./internal/locator"}, ""},
	{"internal/optout", []string{"internal/optout/*.go"}, []string{"./internal/optout"}, ""},
	{"internal/organisation", []string{"internal/organisation/*.go"}, []string{"./internal/organisation"}, ""},
	{"internal/postgres", []string{"internal/postgres/*.go"}, []string{"./internal/postgres"}, ""},
	{"internal/receipt", []string{"internal/receipt/*.go"}, []string{"./internal/receipt"}, ""},
	{"internal/writer", []string{"internal/writer/*.go"}, []string{"./internal/writer", "./graph"}, ""},
	{"internal/telemetry", []string{"internal/telemetry/*.go"}, []string{"./internal/telemetry"}, ""},
	{"internal/terminology", []string{"internal/terminology/*.go"}, []string{"./internal/terminology"}, ""},
	{"internal/transport", []string{"internal/transport/*.go"}, []string{"./internal/transport"}, ""},
	{"internal/record", []string{"internal/record/*.go"}, []string{"./internal/record", "./resolvers"}, heavy},
	{"internal/resilience", []string{"internal/resilience/*.go"}, []string{"./internal/resilience"}, ""},
	{"internal/slab", []string{"internal/slab/*.go"}, []string{"./internal/slab"}, ""},
	{"internal/socket", []string{"internal/socket/*.go"}, []string{"./internal/socket", "./internal/postgres"}, ""},
	{"internal/store", []string{"internal/store/*.go"}, []string{"./internal/store"}, ""},
	{"internal/trusted", []string{"internal/trusted/*.go"}, []string{"./internal/trusted"}, ""},
	{"resolvers", []string{"resolvers/request.go", "resolvers/level.go", "resolvers/asks.go", "resolvers/children.go", "resolvers/kept.go", "resolvers/plan.go", "resolvers/wave.go", "resolvers/health.go", "resolvers/trail.go",
		"resolvers/screen.go", "resolvers/query.go", "resolvers/throttle.go"}, []string{"./resolvers"}, heavy},
	{"resolvers/lists", []string{"resolvers/list.go", "resolvers/gaps.go", "resolvers/extensions.go", "resolvers/page.go", "resolvers/cursor.go", "resolvers/medicines.go", "resolvers/needs.go", "resolvers/reader.go",
		"resolvers/patient.go", "resolvers/sectors.go", "resolvers/fields.go", "resolvers/errors.go", "resolvers/acute.go", "resolvers/gp.go", "resolvers/mentalhealth.go",
		"resolvers/socialcare.go"}, []string{"./resolvers"}, "Care|Matrix$|MatrixOfPaths|RoundTrips"},
	{"resolvers/duties", []string{"resolvers/duties.go", "resolvers/breakglass.go", "resolvers/optouts.go", "resolvers/accesslog.go",
		"resolvers/match.go"}, []string{"./resolvers"}, heavy},
}

// heavy are the tests that bring up every source: half a minute for each change.
const heavy = "Care|Matrix|RoundTrips|Trap04|ListStates"

// many are the tests of UK Core that read many resources at a time, some made at random.
const many = "LettersTake|Fuzz|SyntheticPeople|Company|ManyAlike"

//go:embed survivors.txt
var accepted string

func main() {
	var w work
	only := flag.String("only", "", "the one suite to run")
	flag.StringVar(&w.match, "match", "", "only changes whose name holds this text")
	again := flag.String("again", "", "a file with the output of an earlier run: only what survived it, since new tests take nothing back")
	flag.StringVar(&w.tests, "tests", "", "only the tests whose name matches; with -again, those that are new")
	flag.DurationVar(&w.patience, "patience", 15*time.Second, "how much longer than usual a run of tests may take; longer counts as noticed")
	flag.BoolVar(&w.all, "v", false, "say of every change what became of it, and what noticed it")
	flag.Parse()
	if err := errors.Join(w.survivorsOf(*again), w.run(*only)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// work is what is asked of one call.
type work struct {
	match    string
	tests    string
	patience time.Duration
	all      bool
	again    map[string]bool // nil for all
	reasons  map[string]string
}

// survivorsOf reads the output of an earlier run.
func (w *work) survivorsOf(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	w.again = map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if _, name, ok := strings.Cut(line, "): "); ok && strings.HasPrefix(line, "  "+string(survives)) {
			w.again[strings.TrimSpace(name)] = true
		}
	}
	return err
}

// meant reports whether a change is one of those asked for.
func (w *work) meant(m *mutant) bool {
	return strings.Contains(m.name, w.match) && (w.again == nil || w.again[m.name])
}

func (w *work) run(only string) (err error) {
	if w.reasons, err = reasonsOf(accepted); err != nil {
		return err
	}
	survived, known := 0, false
	for _, s := range suites {
		if only != "" && s.name != only {
			continue
		}
		known = true
		n, err := w.try(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		survived += n
	}
	if !known {
		names := make([]string, len(suites))
		for i, s := range suites {
			names[i] = s.name
		}
		return fmt.Errorf("there is no suite %q; there are %s", only, strings.Join(names, ", "))
	}
	if survived > 0 {
		return fmt.Errorf("%d changes that no test notices and no reason excuses (prove/mutate/survivors.txt)", survived)
	}
	return nil
}

// reasonsOf reads the accepted survivors: names, and on the line after them, indented, why.
func reasonsOf(text string) (map[string]string, error) {
	reasons := map[string]string{}
	var names []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch reason, indented := strings.CutPrefix(line, "\t"); {
		case strings.HasPrefix(line, "#"), strings.TrimSpace(line) == "":
		case indented:
			for _, name := range names {
				reasons[name] = reason
			}
			names = nil
		default:
			names = append(names, line)
		}
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("%s is accepted without a reason", names[0])
	}
	return reasons, nil
}

// verdict is what became of a mutant.
type verdict string

const (
	killed   verdict = "killed"
	overtime verdict = "killed by taking too long"
	excused  verdict = "excused"
	survives verdict = "SURVIVES"
)

// try runs a suite and returns how many changes survive it.
func (w *work) try(s suite) (survivors int, err error) {
	files, mutants, err := mutantsOf(s.files)
	if err != nil {
		return 0, err
	}
	built, err := build(s.tests, files)
	if err != nil {
		return 0, err
	}
	defer built.remove()
	chosen := slices.DeleteFunc(slices.Clone(mutants), func(m *mutant) bool { return !w.meant(m) })
	fmt.Printf("%s: %d changes\n", s.name, len(chosen))
	if err := built.reach(chosen, w.tests, s.skip); err != nil {
		return 0, err
	}
	counts := map[verdict]int{}
	for _, m := range chosen {
		v, by := built.verdict(m, w.patience)
		if v == survives && w.reasons[m.name] != "" {
			v = excused
		}
		counts[v]++
		if v == survives || w.all {
			fmt.Printf("  %s (line %d, %s): %s\n", v, m.line, by, m.name)
		}
		if noticed := v == killed || v == overtime; noticed && w.reasons[m.name] != "" {
			err = errors.Join(err, fmt.Errorf("a test notices what survivors.txt excuses: %s", m.name))
		}
	}
	fmt.Printf("%s: %d killed, of which %d by taking too long; %d excused, %d survive\n",
		s.name, counts[killed]+counts[overtime], counts[overtime], counts[excused], counts[survives])
	return counts[survives], errors.Join(err, w.stale(files, mutants))
}

// stale is an error for each reason that excuses what is not there in the files.
func (w *work) stale(files []file, mutants []*mutant) (err error) {
	read, there := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		read[f.path] = true
	}
	for _, m := range mutants {
		there[m.name] = true
	}
	for name := range w.reasons {
		if path, _, _ := strings.Cut(name, ": "); read[path] && !there[name] {
			err = errors.Join(err, fmt.Errorf("survivors.txt excuses what is not there: %s", name))
		}
	}
	return err
}
