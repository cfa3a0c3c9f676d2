//go:build prove

package resolvers_test

import (
	"maps"
	"testing"

	"carerecord/internal/sample"
)

const everyQuestion = true

// The two hundred residents of the sample who lead ordinary lives: their practices ask for everything there is about
// them.
func TestFHIROfEverybody(t *testing.T) {
	people, err := sample.Residents(now)
	check(t, err)
	people = people[len(sample.Scenarios(now)):]
	w := newWorlds(t, newCare(t, people), people)
	c := newComparison(t, w, with(differences, ordinary))
	queries := w.questions(t)
	for i := range w.people {
		p := &w.people[i]
		for _, name := range asking[0].queries {
			for _, variables := range w.variables(t, name, p, c) {
				c.compare(t, "gp", p.Practice, name, queries[name], variables)
			}
		}
	}
	c.report(t)
	for key := range ordinary.fields {
		if !c.used[key] {
			t.Errorf("the table has %q, and nothing differs there", key)
		}
	}
	w.sound(t)
}

// ordinary is where their records differ besides.
var ordinary = table{fields: map[string]rule{
	"ACUTE attendance.complaint":                  {added, "what was diagnosed stands for a complaint that is not given"},
	"ACUTE attendance.reason":                     {added, "as above"},
	"ACUTE attendance.headline":                   {prefixed("Attendance: "), "as above"},
	"ACUTE report.provenance.recordedAt":          {added, issuedStands},
	"ACUTE report.provenance.recordedAtPrecision": {added, issuedStands},
	"ACUTE result.provenance.recordedAtPrecision": {added, issuedStands},
	"GP report.provenance.recordedAt":             {added, issuedStands},
	"GP report.provenance.recordedAtPrecision":    {added, issuedStands},
	"GP result.provenance.recordedAt":             {added, issuedStands},
	"GP result.provenance.recordedAtPrecision":    {added, issuedStands},
	"GP result.category":                          {either(constant("OTHER"), constant("LABORATORY")), "GP Connect tells results of a laboratory from others"},
	"GP consultation.medium":                      {nothing, "the kind of a consultation says how it was held, or nothing does"},
	"MENTAL_HEALTH care_plan.author.role":         {nothing, "no search brings the author, who has a name beside the reference"},
}}

// either of two rules.
func either(one, other func(any, any) bool) func(any, any) bool {
	return func(sql, fhir any) bool { return one(sql, fhir) || other(sql, fhir) }
}

const issuedStands = "the day it was issued stands for it"

// with is a table with the fields of another.
func with(t, more table) table {
	t.fields = maps.Clone(t.fields)
	maps.Copy(t.fields, more.fields)
	return t
}
