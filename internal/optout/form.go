package optout

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// form is the fields as they were filled in. White space at the ends is removed, other white space is one
// space, and what is not UTF-8 is replaced.
type form struct {
	kind, by                        string
	name, day, month, year          string
	postcode, number                string
	repName, relationship, evidence string
	contact                         string
	trap, token                     string
}

// fields returns where each field is stored, by its name on the page.
func (f *form) fields() map[string]*string {
	return map[string]*string{
		"kind": &f.kind, "by": &f.by, "name": &f.name, "day": &f.day, "month": &f.month, "year": &f.year,
		"postcode": &f.postcode, "number": &f.number, "rep_name": &f.repName, "relationship": &f.relationship,
		"evidence": &f.evidence, "contact": &f.contact, "more": &f.trap, "token": &f.token,
	}
}

// readForm reads the fields. If one occurs twice, its value is uncertain and the whole form is not read.
// Fields that browsers or their extensions add are left out.
func readForm(values url.Values) (f form, ok bool) {
	for name, into := range f.fields() {
		switch given := values[name]; len(given) {
		case 0:
		case 1:
			*into = strings.Join(strings.Fields(strings.ToValidUTF8(given[0], "\uFFFD")), " ")
		default:
			return form{}, false
		}
	}
	return f, true
}

// fault is something to correct: the field that it is about, and the key of its words in the catalogue.
type fault struct {
	field string // "" for the form as a whole
	key   string
	of    string // the key of the field's name, for words with {field}
	max   int
}

// request returns what the form requests, and everything that prevents it.
func (f *form) request(policy *consent.Policy, today record.Date) (consent.OptOutRequest, []fault) {
	c := checker{form: f}
	r := consent.OptOutRequest{
		Kind:        consent.RequestKind(c.choice("kind", f.kind, string(consent.AskOptOut), string(consent.AskChangeOfMind))),
		RequestedBy: c.choice("by", f.by, consent.Askers...),
		Name:        c.text("name", f.name, "e_name", consent.MaxRequestName),
		BirthDate:   c.born(today),
		Postcode:    c.postcode(),
		NHSNumber:   c.number(),
	}
	r.Representative = c.representative(r.RequestedBy)
	r.Contact = c.text("contact", f.contact, "", consent.MaxRequestContact)
	c.mayAsk(policy, r, today)
	return r, c.inOrder()
}

// checker collects faults.
type checker struct {
	form   *form
	faults []fault
}

func (c *checker) add(field, key string) { c.faults = append(c.faults, fault{field: field, key: key}) }

// order is the order of the fields on the page.
var order = []string{"kind", "by", "name", "day", "month", "year", "postcode", "number", "rep_name", "relationship", "evidence", "contact"}

// inOrder returns the faults in the order of their fields on the page.
func (c *checker) inOrder() []fault {
	slices.SortStableFunc(c.faults, func(a, b fault) int {
		return cmp.Compare(slices.Index(order, a.field), slices.Index(order, b.field))
	})
	return c.faults
}

func (c *checker) choice(field, value string, choices ...string) string {
	for _, choice := range choices {
		if value == choice {
			return value
		}
	}
	c.add(field, "e_"+field)
	return ""
}

// text checks that a text is plain and not too long, and returns it. missing is the key of the fault for an
// empty text; "" if it may be empty.
func (c *checker) text(field, value, missing string, most int) string {
	switch {
	case value == "" && missing != "":
		c.add(field, missing)
	case !consent.PlainText(value) || strings.ContainsRune(value, utf8.RuneError):
		c.faults = append(c.faults, fault{field: field, key: "e_text", of: field})
	case utf8.RuneCountInString(value) > most:
		c.faults = append(c.faults, fault{field: field, key: "e_long", of: field, max: most})
	}
	return value
}

// earliest is a day before which nobody alive was born.
const earliest = record.Date("1880-01-01")

func (c *checker) born(today record.Date) record.Date {
	f := c.form
	switch {
	case f.day == "" && f.month == "" && f.year == "":
		c.add("day", "e_born")
		return ""
	case f.day == "":
		c.add("day", "e_born_part")
		return ""
	case f.month == "":
		c.add("month", "e_born_part")
		return ""
	case f.year == "":
		c.add("year", "e_born_part")
		return ""
	}
	day, okDay := number(f.day, 2)
	month, okMonth := number(f.month, 2)
	year, okYear := number(f.year, 4)
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	date := record.Date(t.Format(time.DateOnly))
	switch {
	case !okDay || !okMonth || !okYear || t.Day() != day || t.Month() != time.Month(month) || date < earliest:
		c.add("day", "e_born_real")
		return ""
	case date > today:
		c.add("day", "e_born_past")
		return ""
	}
	return date
}

// number reads a number of at most so many digits, Bengali ones included.
func number(text string, most int) (int, bool) {
	text = digits(text)
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// digits replaces Bengali digits with ASCII digits.
func digits(text string) string {
	const zero, nine = '০', '৯'
	return strings.Map(func(r rune) rune {
		if r >= zero && r <= nine {
			return '0' + r - zero
		}
		return r
	}, text)
}

// fullPostcode matches a full postcode without its space.
var fullPostcode = regexp.MustCompile(`^[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}$`)

func (c *checker) postcode() string {
	code := strings.ToUpper(strings.ReplaceAll(c.form.postcode, " ", ""))
	if !fullPostcode.MatchString(code) {
		c.add("postcode", "e_postcode")
		return ""
	}
	return code[:len(code)-3] + " " + code[len(code)-3:]
}

func (c *checker) number() record.NHSNumber {
	if c.form.number == "" {
		return ""
	}
	n, err := record.ParseNHSNumber(strings.ReplaceAll(strings.ReplaceAll(digits(c.form.number), " ", ""), "-", ""))
	if err != nil {
		c.add("number", "e_number")
	}
	return n
}

func (c *checker) representative(by string) *consent.Representative {
	f := c.form
	if by == consent.BySelf || by == "" {
		if by == consent.BySelf && f.repName+f.relationship+f.evidence != "" {
			c.add("rep_name", "e_self")
		}
		return nil
	}
	return &consent.Representative{
		Name:         c.text("rep_name", f.repName, "e_rep_name", consent.MaxRequestName),
		Relationship: c.text("relationship", f.relationship, "e_relationship", consent.MaxRequestRelationship),
		Evidence:     c.text("evidence", f.evidence, "", consent.MaxRequestEvidence),
	}
}

// mayAsk puts the policy's answer beside the field that can change it. What the other checks have found it
// leaves to them.
func (c *checker) mayAsk(policy *consent.Policy, r consent.OptOutRequest, today record.Date) {
	switch policy.MayAsk(r.RequestedBy, r.Representative, record.PartialDate(r.BirthDate), today) {
	case consent.AskingNeedsEvidence:
		c.add("evidence", "e_evidence")
	case consent.AskingTooYoung:
		c.add("by", "e_too_young")
	case consent.AskingOwnChoice:
		c.add("evidence", "e_own_choice")
	case consent.AskingAdult:
		c.add("by", "e_adult")
	}
}
