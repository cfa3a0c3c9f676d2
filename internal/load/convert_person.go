package load

import (
	"regexp"
	"slices"
	"strings"

	"carerecord/internal/record"
)

// usual is the name a person goes by: FHIR's usual or official one, else the first. One that somebody had once, or of which it is
// said when it ended, is taken only where there is no other: a person has a name.
func usual(names []humanName) humanName {
	names = slices.Clone(names)
	slices.SortStableFunc(names, func(a, b humanName) int { return a.rank() - b.rank() })
	if len(names) > 0 {
		return names[0]
	}
	return humanName{}
}

// rank puts the name that a person goes by before others.
func (n humanName) rank() int {
	switch {
	case n.Use == "old" || n.Use == "maiden" || n.Period.End != "":
		return 3
	case n.Use == "usual":
		return 0
	case n.Use == "official":
		return 1
	}
	return 2
}

// holds reports whether a period is one of today, as far as its dates are known. One that cannot be read is counted, and is not.
func (c *conversion) holds(kind string, p period) bool {
	start, end := c.stamp(kind, p.Start), c.stamp(kind, p.End)
	unread := start.zero() && p.Start != "" || end.zero() && p.End != ""
	return !unread && (start.on == "" || record.PartialDate(start.on).First() <= c.today) && (end.on == "" || record.PartialDate(end.on).Last() >= c.today)
}

func (c *conversion) patientRow() {
	p := &c.patient
	born := c.stamp("Patient", p.BirthDate)
	c.person.Born = record.PartialDate(born.on)
	c.adult = record.Birthday(c.person.Born, 18)
	died := c.stamp("Patient", p.DeceasedDateTime)
	c.person.Died, c.person.DiedDayOnly = died.at, died.day
	if p.DeceasedBoolean && died.zero() {
		c.tally.left("Patient", "a death without its date (the person is loaded as living)")
	}
	name := usual(p.Name)
	c.person.Name = strings.TrimSpace(strings.Join(append(append([]string{}, name.Given...), name.Family), " "))
	if c.person.Name == "" {
		c.person.Name = name.Text
	}

	// PDS labels a sensitive person restricted.
	c.person.Restricted = p.confidential()
	v := columns{"nhs_number": string(c.number), "status_code": "01", "restricted": c.person.Restricted,
		"gender":          mapped(genders, p.Gender),
		"address_borough": c.home.Borough, "practice_ods": c.home.Practice}
	v.text("practice_name", c.home.PracticeName)
	if name.Family == "" && len(name.Given) == 0 {
		v.text("name_full", name.Text)
	}
	v.text("name_prefix", strings.Join(name.Prefix, " "))
	v.text("name_family", name.Family)
	v.text("name_suffix", strings.Join(name.Suffix, " "))
	if len(name.Given) > 0 {
		v["name_given"] = name.Given
	}
	v.on("born_on", born)
	v.at("died_at", died)
	v["address_lines"], v["address_postcode"] = c.home.Lines, c.home.Postcode
	if a, ok := british(c.addressesOf("Patient", p.Address)); ok {
		v["address_lines"], v["address_postcode"] = a.lines(), a.PostalCode
	}
	if ethnic, ok := ethnicity(p.Extension); ok {
		v.code("ethnic_category", ethnic)
	}
	v.code("marital_status", p.MaritalStatus)
	if language, ok := speaks(p.Communication); ok {
		v.code("language", language)
	}
	delete(v, "linked_codes") // a person is no entry, and has no columns for what would hide one
	delete(v, "service_name")
	c.person.Rows[DemographicsSource] = append(c.person.Rows[DemographicsSource], Row{"person", v})
	for i, t := range c.numbersOf("Patient", p.Telecom) {
		c.telecom(i+1, t)
	}
	for _, k := range p.Contact {
		c.patientContact(k)
	}
	c.tally.loaded("Patient")
}

var genders = map[string]string{"male": "MALE", "female": "FEMALE", "other": "OTHER"}

func (c *conversion) telecom(position int, t contactPoint) {
	v := columns{"nhs_number": string(c.number), "position": position, "system": "OTHER"}
	switch t.System {
	case "phone", "email", "sms", "fax":
		v["system"] = upper(t.System)
	}
	switch t.Use {
	case "home", "work", "mobile", "temp":
		v["use"] = upper(t.Use)
	}
	v.text("value", t.Value)
	c.person.Rows[DemographicsSource] = append(c.person.Rows[DemographicsSource], Row{"telecom", v})
}

// patientContact is a contact that stands in the Patient, as long as it is one.
func (c *conversion) patientContact(k patientContact) {
	if !c.holds("Patient", k.Period) {
		c.tally.left("Patient", "a contact who is none now (the person is loaded without)")
		return
	}
	v := c.base(item{head: &head{}}, DemographicsSource, nil)
	v.text("name", k.Name.String())
	v.text("relationship", words(k.Relationship))
	v.first("relationship_code", k.Relationship)
	c.reachedBy(v, "Patient", k.Telecom, []address{k.Address})
	v.on("since", c.stamp("Patient", k.Period.Start))
	c.emit("contact", DemographicsSource, "contact", v)
}

// numbersOf are the numbers and addresses by which somebody is reached today.
func (c *conversion) numbersOf(kind string, list []contactPoint) []contactPoint {
	return slices.DeleteFunc(slices.Clone(list), func(t contactPoint) bool { return t.Use == "old" || !c.holds(kind, t.Period) })
}

// addressesOf are the postal addresses that are somebody's today.
func (c *conversion) addressesOf(kind string, list []address) []address {
	return slices.DeleteFunc(slices.Clone(list), func(a address) bool { return a.Use == "old" || !c.holds(kind, a.Period) })
}

func (c *conversion) reachedBy(v columns, kind string, telecom []contactPoint, addresses []address) {
	for _, t := range c.numbersOf(kind, telecom) {
		switch {
		case t.System == "phone" && v["phone"] == nil:
			v.text("phone", t.Value)
		case t.System == "email" && v["email"] == nil:
			v.text("email", t.Value)
		}
	}
	for _, a := range c.addressesOf(kind, addresses) {
		if v["address"] == nil {
			v.text("address", a.String())
		}
	}
}

// contact is a related person, as long as that is one. Whether a child is said where it is known: children are not named.
func (c *conversion) contact(r *relatedPerson) {
	if r.Active != nil && !*r.Active || !c.holds("RelatedPerson", r.Period) {
		c.tally.left("RelatedPerson", "is no contact now")
		return
	}
	v := c.base(item{head: &r.head}, DemographicsSource, nil)
	v.text("name", usual(r.Name).String())
	v.text("relationship", words(r.Relationship))
	v.first("relationship_code", r.Relationship)
	c.reachedBy(v, "RelatedPerson", r.Telecom, r.Address)
	v.on("since", c.stamp("RelatedPerson", r.Period.Start))
	if grown := record.Birthday(record.PartialDate(c.stamp("RelatedPerson", r.BirthDate).on), 18); grown != "" {
		v["under_18"] = grown > c.today
	}
	c.emit("contact", DemographicsSource, "contact", v)
	c.tally.loaded("RelatedPerson")
}

// ethnicity takes UK Core's ethnic category, else the category of US Core's race.
func ethnicity(extensions []extension) (codeable, bool) {
	for _, e := range extensions {
		if strings.HasSuffix(e.URL, "EthnicCategory") && e.ValueCodeableConcept != nil {
			return *e.ValueCodeableConcept, true
		}
	}
	for _, e := range extensions {
		if !strings.HasSuffix(e.URL, "us-core-race") {
			continue
		}
		for _, part := range e.Extension {
			if part.URL == "ombCategory" && part.ValueCoding != nil {
				return codeable{Coding: []coding{*part.ValueCoding}}, true
			}
		}
	}
	return codeable{}, false
}

func speaks(list []communication) (codeable, bool) {
	for _, l := range list {
		if l.Preferred {
			return l.Language, true
		}
	}
	if len(list) > 0 {
		return list[0].Language, true
	}
	return codeable{}, false
}

var britishPostcode = regexp.MustCompile(`^[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}$`)

// british is an address in the United Kingdom, which a person keeps.
func british(list []address) (address, bool) {
	for _, a := range list {
		if britishPostcode.MatchString(a.PostalCode) {
			return a, true
		}
	}
	return address{}, false
}

func (a address) lines() []string {
	lines := append([]string{}, a.Line...)
	for _, more := range []string{a.City, a.District} {
		if more != "" {
			lines = append(lines, more)
		}
	}
	return lines
}
