package ukcore

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type answers struct {
	Questionnaire    string
	Called           struct{ Extension []fhir.Extension } `json:"_questionnaire"`
	Status, Authored string
	Author           fhir.Reference
	Item             []answerItem
}

type answerItem struct {
	LinkID, Text string
	Answer       []struct {
		ValueString, ValueDate, ValueDateTime, ValueTime string
		ValueURI                                         string
		ValueReference                                   fhir.Reference
		ValueBoolean                                     *bool
		ValueDecimal, ValueInteger                       json.Number
		ValueCoding                                      *fhir.Coding
		ValueQuantity                                    *fhir.Quantity
		Item                                             []answerItem
	}
	Item []answerItem
}

// readAnswers reads an answered questionnaire, whose answers become text.
//   - In a mental health trust it is an assessment.
//   - A form whose name says that it is about decisions made in advance is such a decision, whatever the trust.
//   - Of another form of an acute trust the answers that speak of it are one. The other answers of that form may be
//     one in other words, and are a gap. Forms that say nothing of it are of no kind: nearly every inpatient has some,
//     and a gap for each would say nothing.
//   - An assessment that speaks of it is a gap among such decisions: its answers are of a class that fewer may see.
func (c *chart) readAnswers(r *fhir.Resource) {
	x, ok := fhir.Decode[answers](r, c.cannotRead)
	if !ok || withdrawn(x.Status) {
		return
	}
	said, named := lines(x.Item, "", nil), ahead.MatchString(x.name())
	decided := said
	if !named {
		decided = slices.DeleteFunc(slices.Clone(said), func(line string) bool { return !ahead.MatchString(line) })
	}
	mentalHealth := c.source.Sector == record.MentalHealth
	if mentalHealth {
		c.addAnswers(r, &x, said)
	}
	partly := len(decided) > 0 && len(decided) < len(said)
	if named && len(said) == 0 || partly || mentalHealth && !named && len(decided) > 0 {
		c.incomplete(fetch.AdvanceCare)
	}
	if mentalHealth && !named {
		return
	}
	if partly {
		decided = append(decided, "Other answers of the form are not shown here")
	}
	if len(decided) > 0 {
		c.addDecided(r, &x, decided)
	}
}

func (c *chart) addAnswers(r *fhir.Resource, x *answers, said []string) {
	item, e := c.item(fetch.Assessments, r, r.ID)
	e.recorded(&item, x.Authored, x.Author)
	put(c, &c.assessments, record.MentalHealthAssessment{
		Item: item, Tool: record.Code{Display: x.name()}, AssessedOn: e.Day(x.Authored), Assessor: e.who(x.Author),
		Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown), ScoreText: record.Text(strings.Join(said, "\n")),
	}, e)
}

// addDecided adds what a questionnaire says of decisions made in advance. Its status tells whether it is
// filled in, not whether the decision stands.
func (c *chart) addDecided(r *fhir.Resource, x *answers, said []string) {
	item, e := c.item(fetch.AdvanceCare, r, r.ID)
	e.recorded(&item, x.Authored, x.Author)
	if x.Status == "in-progress" || x.Status == "stopped" {
		said = append([]string{"The form is not completed"}, said...)
	}
	put(c, &c.advance, record.AdvanceDecision{
		Item: item, Kind: record.Code{Display: x.name()}, Decision: record.Text(strings.Join(said, "\n")), Status: record.EventStatusUnknown,
		DecidedOn: e.Day(x.Authored), Author: e.who(x.Author),
	}, e)
}

// ahead are the words of decisions made in advance, in a text or in the name of a form.
var ahead = regexp.MustCompile(`(?i)resuscitat|dna-?cpr|(^|[^a-z])((resus|cpr|dna?r|adrt|tep|lpa)([^a-z]|$)|eol)|(?-i:ReSPECT|RESPECT)|respect[ _-]?(form|plan|process)|` +
	`advanced?[ _-]?(care|treatment|decision|directive|statement|refusal|wish|plan|preference)|living[ _-]?will|power of attorney|` +
	`end[ _-]?of[ _-]?life|life[ _-]?(sustaining|prolonging)|preferred place of|place of death|anticipatory (medic|prescri)|` +
	`treatment[ _-]?escalation|escalation[ _-]?(plan|decision|status|of (care|treatment))|(ceilings?|limits?|limitations?) (of|on|to) (care|treatment)|` +
	`emergency (care|treatment)( and (care|treatment))? plan|(not for|withh(o|e)ld|withdraw) (of )?(ventilation|intubation|intensive care|itu|icu|hdu)`)

// A word at the end of the address of a questionnaire, and an end that only numbers it.
var (
	word     = regexp.MustCompile(`[A-Za-z]{3}`)
	numbered = regexp.MustCompile(`^[0-9A-Fa-f-]{16,}$`)
)

// name is what the questionnaire is called: by the source, or by the end of its address if that has a word.
func (x *answers) name() string {
	if called := fhir.In(x.Called.Extension, "display"); called != nil && strings.TrimSpace(called.ValueString) != "" {
		return strings.TrimSpace(called.ValueString)
	}
	address, _, _ := strings.Cut(x.Questionnaire, "|")
	last := address[strings.LastIndexAny(address, "/#:")+1:]
	if !word.MatchString(last) || numbered.MatchString(last) {
		return "Questionnaire"
	}
	return last
}

// lines adds the answers in their order, each under the headings above it. A group that comes several times
// is numbered, because its answers belong together.
func lines(items []answerItem, heading string, said []string) []string {
	groups := map[string]int{}
	for n := range items {
		i := &items[n]
		text := i.Text
		if len(i.Answer) == 0 && len(i.Item) > 0 {
			group := i.LinkID + " " + i.Text
			if groups[group]++; groups[group] > 1 {
				text = strings.TrimSpace(text + " (" + strconv.Itoa(groups[group]) + ")")
			}
		}
		below := fhir.Under(heading, text)
		var values []string
		for j := range i.Answer {
			if value := i.said(j); value != "" {
				values = append(values, value)
			}
		}
		if len(values) > 0 {
			said = append(said, strings.TrimPrefix(below+": "+strings.Join(values, ", "), ": "))
		}
		said = lines(i.Item, below, said)
		for j := range i.Answer {
			of := below
			if len(i.Answer) > 1 { // which of the answers it belongs to
				of = strings.Trim(below+": "+i.said(j), ": ")
			}
			said = lines(i.Answer[j].Item, of, said)
		}
	}
	return said
}

// said is one of the answers to a question in words; "" if it only has further questions.
func (i *answerItem) said(n int) string {
	a := &i.Answer[n]
	switch {
	case a.ValueBoolean != nil:
		return map[bool]string{true: "Yes", false: "No"}[*a.ValueBoolean]
	case a.ValueCoding != nil && cmp.Or(a.ValueCoding.Display, a.ValueCoding.Code) != "":
		return cmp.Or(a.ValueCoding.Display, a.ValueCoding.Code)
	}
	value := cmp.Or(a.ValueString, a.ValueDate, a.ValueDateTime, a.ValueTime, a.ValueDecimal.String(), a.ValueInteger.String(), a.ValueQuantity.String(), a.ValueURI, a.ValueReference.Display)
	if value == "" && len(a.Item) == 0 { // must not read as no answer
		return "an answer that is not shown here"
	}
	return value
}
