package resolvers_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"carerecord/graph"
	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// A change that the register fails to make is not recorded as rejected.
func TestWhatFailsIsNotRejected(t *testing.T) {
	for root, step := range map[string]string{"recordOptOut": "record", "withdrawOptOut": "withdraw", "decideOptOutRequest": "refuse", "breakGlass": "break"} {
		c, d, _ := newDesk(t)
		for _, step := range []string{step, "accept an opt-out"} {
			d.errs[step] = fmt.Errorf("%w: the register", consent.ErrUnavailable)
		}
		if a := c.question(t, whose[root], root); coded(t, a) != "CONSENT_UNAVAILABLE" {
			t.Errorf("%s: %s", root, a.Body)
		}
		if _, events := d.done(); len(events) > 0 {
			t.Errorf("%s: %+v", root, events)
		}
	}
}

// The answer of a duty discloses something, so it carries a receipt; the refusal of one does not.
func TestADutyDiscloses(t *testing.T) {
	c, _, _ := newDesk(t)
	root := resolvers.New(c.options)
	schema := root.Schema()
	var disclosed bool
	answers := transport.New(schema, transport.Options{
		Begin: root.Begin, Check: root.Check, Extensions: root.Extensions, ErrorPresenter: root.Present, Use: []graphql.HandlerExtension{graph.NewWriter(schema, transport.Kept)},
		Receipt: func(ctx context.Context, _ transport.ReceiptInput) (string, error) {
			_, disclosed = root.Disclosed(ctx)
			return "", nil
		},
	})
	c.handler = auth.Require(c.issuer.Verifier(), answers, func(w http.ResponseWriter, _ *http.Request, err error) { t.Error(err) })
	for root, persona := range whose {
		for who, want := range map[string]bool{persona: true, "developer": false} {
			disclosed = !want
			if a := c.question(t, who, root); disclosed != want {
				t.Errorf("%s for a %s discloses: %t, %s", root, who, disclosed, a.Body)
			}
		}
	}
}

// A cursor may be up to 512 bytes long, including its signature.
func TestTheLengthOfAPlace(t *testing.T) {
	root := resolvers.New(resolvers.Options{CursorKey: []byte("a cursor key of the tests"), Policy: consent.Default()})
	p := auth.Principal{Subject: "u", Org: "F83004", Role: auth.OptOutOfficer, Purpose: auth.PatientAdministration}
	for n, opens := range map[int]bool{1: true, 512 - 16: true, 512 - 15: false} {
		place := strings.Repeat("x", n)
		if got := root.Unseal(p, "list", root.Seal(p, "list", place)); (got == place) != opens {
			t.Errorf("%d bytes: opens %q", n, got)
		}
	}
}

// A cursor that is signed but holds no place of the list opens no page.
func TestACursorOfNoPlace(t *testing.T) {
	c, d, _ := newDesk(t)
	root := resolvers.New(c.options)
	for query, list := range map[string]string{
		`{ optOutRequests(after: "%s") { edges { cursor } } }`: "optOutRequests\x00WAITING",
		`{ accessLog(after: "%s") { edges { cursor } } }`:      "accessLog\x00\x00\x00false",
	} {
		persona := "opt-out-officer"
		if strings.Contains(query, "accessLog") {
			persona = "privacy-officer"
		}
		as, err := auth.FindPersona(persona)
		check(t, err)
		p := auth.Principal{Subject: "test-" + persona, Name: as.Staff, Org: as.Org, Role: as.Role, Purpose: as.Purpose}
		for place, opens := range map[string]bool{`{}`: persona == "opt-out-officer", `17`: persona == "privacy-officer", `x`: false} {
			a := c.ask(t, persona, "", fmt.Sprintf(query, root.Seal(p, list, place)), nil)
			steps, events := d.done()
			written := 1
			if opens && persona == "opt-out-officer" {
				written += len(d.requests) // each that is shown
			}
			if (coded(t, a) == "") != opens || (len(steps) > 0) != opens || len(events) != written || (events[0].Outcome == audit.Done) != opens {
				t.Errorf("%s of %s: %s, %q", list, place, a.Body, steps)
			}
		}
	}
}

// A page that ends with the log has no next page. An organisation that is not in the directory is shown by its code.
func TestTheLastPageOfTheAccessLog(t *testing.T) {
	c, d, _ := newDesk(t)
	d.lines = []audit.Line{{Sequence: 1, RecordedAt: now, Event: audit.Event{Action: audit.Read, Outcome: audit.Shown, Who: audit.Who{Subject: "s", Organisation: "ZZZ99"}}}}
	a := c.ask(t, "privacy-officer", "", `{ accessLog(first: 1) { edges { node { classes sectors who { organisation { odsCode name } } } } pageInfo { hasNextPage } } }`, nil)
	const want = `{"data":{"accessLog":{"edges":[{"node":{"classes":[],"sectors":[],"who":{"organisation":{"odsCode":"ZZZ99","name":"ZZZ99"}}}}],"pageInfo":{"hasNextPage":false}}}`
	if got := string(a.Body); !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// The order of break-glass flags reveals nothing about the patients' numbers.
func TestTheOrderOfFlags(t *testing.T) {
	c, facts, _ := newFakes(t, newFake(record.GP, "F83999"))
	facts.knows = func(f *consent.Facts) {
		f.Relationships = nil
		f.Grants = []consent.BreakGlassGrant{{ID: "g", Subject: "test-gp", Org: "F83999", Patient: f.Current, Classes: consent.AllClasses, Reason: "EMERGENCY", GrantedAt: now, ExpiresAt: now.Add(time.Minute)}}
	}
	asked := []record.NHSNumber{number(1), number(2), number(3), number(4), number(5), number(6), number(7)}
	a := c.ask(t, "gp", "", `query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { id } } }`, several(asked...))
	var flags, patients []string
	for i, flag := range a.Extensions.BreakGlass {
		flags, patients = append(flags, fmt.Sprint(flag["patientId"])), append(patients, patientID(t, a, i))
	}
	if len(flags) != len(asked) || !slices.IsSorted(flags) || slices.IsSorted(patients) {
		t.Errorf("flags of %q, patients %q", flags, patients)
	}
}

// failing is a trail that fails from one event on.
type failing struct {
	*ledger
	from int
}

func (f failing) Record(ctx context.Context, entries []audit.Entry) ([]audit.Result, error) {
	if len(f.entries) >= f.from {
		return nil, audit.ErrUnavailable
	}
	return f.ledger.Record(ctx, entries)
}

// No request is compared with anybody before the comparison is on the trail, and no source is read without terms.
func TestComparingNeedsTheTrailAndTheTerms(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	source.answers[fetch.Persons] = always(record.Person{DateOfBirth: "1950-02-03"})
	c, d, _ := newDesk(t, source)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	const query = `{ optOutRequests { edges { node { match { dateOfBirth } } } } }`
	c.options.Sources[0].Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
		if terms, ok := fetch.TermsFrom(ctx); !ok || !terms.Now.Equal(now) || len(terms.ExcludedCodes) == 0 || terms.ExcludedWords == "" || len(terms.ExcludedStems) == 0 {
			t.Errorf("read by %+v", terms)
		}
		return source.Read(ctx, asks)
	}
	c.serve()
	if a := c.ask(t, "opt-out-officer", "", query, nil); at(t, a.Data, "optOutRequests", "edges", 0, "node", "match", "dateOfBirth") != "MATCH" {
		t.Errorf("%s", a.Body)
	}
	d.done()
	without := c.with(t, func(o *resolvers.Options) { o.Trail = failing{d.ledger, 1} })
	if a := without.ask(t, "opt-out-officer", "", query, nil); coded(t, a) != "AUDIT_UNAVAILABLE" {
		t.Errorf("%s", a.Body)
	}
	if n := without.read(); n > 0 {
		t.Errorf("demographics was read %d times", n)
	}
	without.alarmed(t, resolvers.AlarmAudit)
}

// An empty subject does not select everybody's events, and a subject that no token can have is refused.
func TestWhoseLogIsRead(t *testing.T) {
	for _, subject := range []string{"", " ", "a\\u0000b", strings.Repeat("a", 256)} {
		c, d, _ := newDesk(t)
		a := c.ask(t, "privacy-officer", "", `{ accessLog(subject: "`+subject+`") { pageInfo { hasNextPage } } }`, nil)
		if len(a.Errors) != 1 || at(t, a.Errors[0], "extensions", "code") != "BAD_USER_INPUT" || d.filter.Limit > 0 {
			t.Errorf("%q: %+v %s", subject, d.filter, a.Body)
		}
	}
	c, d, _ := newDesk(t)
	if a := c.ask(t, "privacy-officer", "", `{ accessLog(subject: "`+strings.Repeat("a", 255)+`") { pageInfo { hasNextPage } } }`, nil); len(a.Errors) > 0 || len(d.filter.Subject) != 255 {
		t.Errorf("%s", a.Body)
	}
}
