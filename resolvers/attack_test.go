package resolvers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carerecord/datasources/pds"
	"carerecord/internal/consent"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A match for which demographics gives no answer about the only patient is an error, not a mismatch.
func TestAttackMatchOfAPatientNotAnsweredFor(t *testing.T) {
	for name, lack := range map[string]func(ask *fetch.Ask) fetch.Answer{
		"refused for the patient": func(*fetch.Ask) fetch.Answer {
			return fetch.Answer{Errs: []error{fmt.Errorf("%w: ACCESS_DENIED", record.ErrRefused)}}
		},
		"malformed for the patient": func(*fetch.Ask) fetch.Answer {
			return fetch.Answer{Rows: &fetch.Rows[record.Person]{Starts: []int32{0, 0}}, Errs: []error{record.ErrMalformed}}
		},
		"a row that cannot be read": func(*fetch.Ask) fetch.Answer {
			return fetch.Answer{Rows: &fetch.Rows[record.Person]{Starts: []int32{0, 0}}, Unreadable: []bool{true}}
		},
	} {
		source := newFake(record.Demographics, "RRV")
		source.answers[fetch.Persons] = lack
		c, d, _ := newDesk(t, source)
		d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
		a := c.ask(t, "opt-out-officer", "", `{ optOutRequests { edges { node { match { name dateOfBirth postcode nhsNumber } } } } }`, nil)
		if len(a.Errors) == 0 {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
}

// A source that gives no answer at all is an error too. One that holds nobody under the number matches nothing.
func TestAttackMatchOfNoAnswer(t *testing.T) {
	source := newFake(record.Demographics, "RRV")
	source.answers[fetch.Persons] = always[record.Person]()
	base, d, _ := newDesk(t, source)
	d.requests, d.numbers = d.requests[:1], []record.NHSNumber{number(1)}
	silent := base.with(t, func(o *resolvers.Options) {
		o.Sources[0].Read = func(context.Context, []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) { return nil, nil }
	})
	const query = `{ optOutRequests { edges { node { match { name } } } } }`
	if a := silent.ask(t, "opt-out-officer", "", query, nil); coded(t, a) != "SOURCE_UNAVAILABLE" {
		t.Errorf("no answer: %s", a.Body)
	}
	a := base.ask(t, "opt-out-officer", "", query, nil)
	if len(a.Errors) > 0 || at(t, a.Data, "optOutRequests", "edges", 0, "node", "match", "name") != "NO_MATCH" {
		t.Errorf("nobody: %s", a.Body)
	}
}

// A hospital that does not publish stays may have discharged the person later.
func TestAttackMedicinesWithoutStays(t *testing.T) {
	mental := newFake(record.MentalHealth, "G6V2S")
	mental.answers[fetch.Medications] = always(record.Medication{Item: mental.item("1"), Medicine: record.Code{Display: "X"}, Status: "ACTIVE", Kind: record.MedicationKindDischarge, DischargedAt: record.At(now.AddDate(0, -1, 0))})
	c, _, _ := newFakes(t, newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), mental, newFake(record.SocialCare, "X1BAR"))
	c.options.Sources = slices.Clone(c.options.Sources)
	for i := range c.options.Sources {
		if s := &c.options.Sources[i]; s.Sector == record.Acute {
			s.Kinds = slices.DeleteFunc(slices.Clone(s.Kinds), func(k fetch.Kind) bool { return k == fetch.Stays })
		}
	}
	c.serve()
	a := c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { medications(status: CURRENT) { state complete gaps { sector reason } } } }`, str(1)), nil)
	if at(t, a.Data, "patient", "medications", "complete") == true {
		t.Error("complete, though a later discharge may stand in a source that does not publish stays")
	}
}

// pdsAnswers is a PDS that answers every question with one body.
type pdsAnswers string

func (p pdsAnswers) Fetch(_ context.Context, r fhir.Request) ([]byte, error) { return []byte(p), nil }

// PDS may answer for a number with the Patient of the number that replaced it, under which the person objected. Our
// register does not know that the two are one person.
func TestAttackSupersededAndObjected(t *testing.T) {
	body := fmt.Sprintf(`{"resourceType":"Patient","id":%q,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"U"}]},"birthDate":"1950-02-03",
		"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":%q}],"name":[{"use":"usual","family":"Objector"}],"address":[{"use":"home","postalCode":"N1 9GU"}]}`, str(2), str(2))
	source := pds.Open(&record.Organisation{ODSCode: "X26", Name: "PDS"}, pdsAnswers(body), record.NewIdentifier([]byte("a secret of the tests")), pds.Options{})
	c, facts, _ := newFakes(t, newFake(record.Demographics, "X26"), newFake(record.Acute, "RAL"), newFake(record.GP, "F83999"), newFake(record.MentalHealth, "G6V2S"), newFake(record.SocialCare, "X1BAR"))
	facts.knows = func(f *consent.Facts) {
		if f.Asked == number(2) {
			f.OptOuts = []consent.Interval{{From: now.AddDate(-1, 0, 0)}}
		}
	}
	c.options.Sources = slices.Clone(c.options.Sources)
	c.options.Sources[0].Read, c.options.Sources[0].Kinds = source.Read, source.Kinds()
	c.serve()
	ask := func(n string) string {
		return string(c.ask(t, "gp", "", fmt.Sprintf(`{ patient(nhsNumber: "%s") { name { full } address { postcode } } }`, n), nil).Body)
	}
	if said := ask(str(2)); strings.Contains(said, "Objector") {
		t.Fatal("the objection does not count at all: " + said)
	}
	if said := ask(str(1)); strings.Contains(said, "Objector") {
		t.Error(said)
	}
}
