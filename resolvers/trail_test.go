package resolvers_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/internal/sample"
	"carerecord/internal/transport"
	"carerecord/resolvers"
)

// testTrail reads back what was written of each request.
func testTrail(t *testing.T, c *care) {
	last := int64(0)
	since := func() []audit.Line {
		t.Helper()
		lines, err := audit.Events(t.Context(), c.pool, audit.Filter{Limit: 1000})
		check(t, err)
		lines = slices.DeleteFunc(lines, func(l audit.Line) bool { return l.Sequence <= last })
		slices.Reverse(lines)
		if len(lines) > 0 {
			last = lines[len(lines)-1].Sequence
		}
		return lines
	}
	since()

	query := `query Round($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { age allergies { state } acute { stays { state } } socialCare { services { state } } } } }`
	c.down["ACUTE/RRV"] = record.ErrTimeout
	numbers := []record.NHSNumber{sample.Whole, sample.OptedOut, sample.NotInCare, sample.Restricted, sample.Superseded, sample.Whole, sample.Child}
	c.ask(t, "gp", "", query, several(numbers...))
	c.down = map[string]error{}
	lines := since()
	if len(lines) != 6 {
		t.Fatalf("%d events for six people", len(lines))
	}
	for i, want := range []struct {
		patient, asked record.NHSNumber
		outcome        audit.Outcome
		relationship   consent.Kind
	}{
		{sample.Whole, "", audit.Shown, consent.RegisteredPractice},
		{sample.OptedOut, "", audit.Withheld, consent.RegisteredPractice},
		{sample.NotInCare, "", audit.NoCareRelationship, ""},
		{sample.Restricted, "", audit.NotFound, consent.RegisteredPractice},
		{sample.Superseding, sample.Superseded, audit.Shown, consent.RegisteredPractice},
		{sample.Child, "", audit.Shown, consent.RegisteredPractice},
	} {
		l := lines[i]
		if l.Patient != want.patient || l.Asked != want.asked || l.Outcome != want.outcome || l.Relationship != string(want.relationship) {
			t.Errorf("event %d: %s for %q asked %q in %q; want %s, %q, %q, %q", i, l.Outcome, string(l.Patient), string(l.Asked), l.Relationship, want.outcome, string(want.patient), string(want.asked), want.relationship)
		}
		hash := sha256.Sum256([]byte(query))
		if l.Action != audit.Read || l.Who.Subject != "test-gp" || l.Who.Role != auth.GeneralPractitioner || l.Who.Organisation != "F83999" || l.Who.Name == "" || l.Who.TokenID == "" ||
			l.Purpose != auth.Treatment || l.Operation != (audit.Operation{Name: "Round", SHA256: hex.EncodeToString(hash[:])}) || !l.ReceivedAt.Equal(now) || l.PolicyVersion != consent.Default().Version {
			t.Errorf("event %d: %+v", i, l.Event)
		}
		if shown := want.outcome == audit.Shown; shown != (len(l.Classes) > 0) || shown != (len(l.Sources) > 0) || shown != (l.ConsentVersion > 0) {
			t.Errorf("event %d: classes %v, sources %v, consent %d", i, l.Classes, l.Sources, l.ConsentVersion)
		}
	}
	whole, child := lines[0], lines[5]
	if got := fmt.Sprint(whole.Classes, whole.Sectors); got != "[ALLERGIES DEMOGRAPHICS SOCIAL_CARE STAYS] [DEMOGRAPHICS ACUTE GP MENTAL_HEALTH SOCIAL_CARE]" {
		t.Error(got)
	}
	if got := fmt.Sprint(whole.Counts); got != "[{DEMOGRAPHICS 1} {ALLERGIES 3} {STAYS 1} {SOCIAL_CARE 3}]" {
		t.Error(got)
	}
	if !slices.Contains(whole.Sources, audit.Source{Sector: record.Acute, Organisation: "RRV", State: "TIMED_OUT"}) ||
		!slices.Contains(whole.Sources, audit.Source{Sector: record.Acute, Organisation: "RAL", State: "ANSWERED"}) || len(whole.Sources) != 16 {
		t.Errorf("%v", whole.Sources)
	}
	if slices.Contains(child.Sectors, record.SocialCare) || slices.Contains(child.Classes, record.ClassSocialCare) || len(child.Sources) != 11 {
		t.Errorf("a child: %v %v %v", child.Sectors, child.Classes, child.Sources)
	}

	c.ask(t, "receptionist", "", single, one(sample.Whole))
	if lines := since(); len(lines) != 1 || fmt.Sprint(lines[0].Classes, lines[0].Counts) != "[DEMOGRAPHICS] [{DEMOGRAPHICS 1}]" {
		t.Errorf("the front desk: %+v", lines)
	}
	c.ask(t, "developer", "", single, one(sample.Whole))
	if lines := since(); len(lines) != 1 || lines[0].Outcome != audit.Forbidden || lines[0].Patient != sample.Whole || lines[0].Relationship != "" {
		t.Errorf("a role that reads no records: %+v", lines)
	}
	c.ask(t, "gp", "", `query ($n: NHSNumber!) { patient(nhsNumber: $n) { results(first: 0) { state } } }`, one(sample.Whole))
	if lines := since(); len(lines) != 1 || lines[0].Outcome != audit.Rejected || len(lines[0].Classes) > 0 {
		t.Errorf("a question that cannot be answered: %+v", lines)
	}
	c.ask(t, "gp", "", `query ($a: NHSNumber!, $b: NHSNumber!) { a: patient(nhsNumber: $a) { allergies { state } } b: patient(nhsNumber: $b) { acute { stays { state } } } again: patient(nhsNumber: $a) { gp { state } } }`,
		map[string]any{"a": string(sample.Whole), "b": string(sample.Conflicting)})
	lines = since()
	if len(lines) != 2 || fmt.Sprint(lines[0].Classes, lines[1].Classes) != "[ALLERGIES GP_CONSULTATIONS] [STAYS]" {
		t.Errorf("two root fields: %+v", lines)
	}
	if slices.ContainsFunc(lines[1].Sources, func(s audit.Source) bool { return s.Sector != record.Acute }) {
		t.Errorf("sources that were not asked for this patient: %v", lines[1].Sources)
	}
	c.ask(t, "gp", "", `{ viewer { name } serviceSources { state } }`, nil)
	if lines := since(); len(lines) != 0 {
		t.Errorf("a question about nobody: %+v", lines)
	}
	a := c.ask(t, "gp", "", single, one(sample.Detained))
	for _, l := range since() {
		if strings.Contains(fmt.Sprintf("%+v", l), "Thames Ward") || len(a.Errors) > 0 {
			t.Errorf("%+v", l)
		}
	}
	// An objection that comes in after the decision and before anything is disclosed.
	late := c.with(t, func(o *resolvers.Options) {
		o.Facts = &objecting{fixedClock{consent.NewStore(c.pool, consent.Default())}, sample.BornInYear, false}
	})
	if got := refusals(t, late.ask(t, "gp", "", many, several(sample.BornInYear, sample.Whole))); !slices.Equal(got, []string{"RECORD_WITHHELD", ""}) {
		t.Errorf("%q", got)
	}
	if lines := since(); len(lines) != 2 || lines[0].Outcome != audit.WithheldChanged || lines[0].Decided != audit.Shown || lines[1].Outcome != audit.Shown {
		t.Errorf("an objection in between: %+v", lines)
	}
	c.quiet(t)
	late.quiet(t)
}

// objecting records an objection as soon as facts were read.
type objecting struct {
	fixedClock
	patient  record.NHSNumber
	objected bool
}

func (o *objecting) Facts(ctx context.Context, p auth.Principal, lineage []string, numbers []record.NHSNumber) (map[record.NHSNumber]consent.Facts, error) {
	if o.objected { // by the clock that the objection was made by
		return o.Store.Facts(ctx, p, lineage, numbers)
	}
	o.objected = true
	facts, err := o.fixedClock.Facts(ctx, p, lineage, numbers)
	if err == nil {
		_, _, err = o.Store.RecordOptOut(ctx, consent.Directive{Patient: o.patient, Channel: "ONLINE_FORM", RequestedBy: "SELF",
			RecordedBy: consent.Recorder{Subject: "s", Name: "n", Role: "OPT_OUT_OFFICER", Organisation: "QMJ"}})
	}
	return facts, err
}

// The trail names the trusted document. Its hash is that of the text, however the document was sent and whether or not
// the hash is known already.
func TestTheTrailNamesTheTrustedDocument(t *testing.T) {
	const query = `query Ward($n: NHSNumber!) { patient(nhsNumber: $n) { id } }`
	base, _, trail := newFakes(t, newFake(record.Demographics, "X26"))
	variables := map[string]any{"n": string(number(1))}
	for name, digest := range map[string]func(context.Context) string{
		"worked out": nil, "not known": func(context.Context) string { return "" }, "known": transport.Digest, "known, whatever it is": func(context.Context) string { return "abc" },
	} {
		c := base.with(t, func(o *resolvers.Options) { o.Digest = digest })
		trail.entries = nil
		gotFrom(c.trusting(query), c.token(t, "gp", ""), http.MethodPost, "/graphql", named(t, documentID(query), "", variables), "Content-Type", "application/json")
		c.ask(t, "gp", "", query, variables)
		if len(trail.entries) != 2 {
			t.Fatalf("%s: %d events", name, len(trail.entries))
		}
		want := audit.Operation{Name: "Ward", SHA256: strings.TrimPrefix(documentID(query), "sha256:")}
		if name == "known, whatever it is" {
			want.SHA256 = "abc"
		}
		if got := trail.entries[1].Operation; got != want {
			t.Errorf("%s: as text %+v", name, got)
		}
		want.Document, want.App = trustedName, trustedApp
		if got := trail.entries[0].Operation; got != want {
			t.Errorf("%s: by id %+v", name, got)
		}
	}
	resolvers.OfDocument(t.Context(), trustedName, trustedApp) // of no operation: nothing is noted
}
