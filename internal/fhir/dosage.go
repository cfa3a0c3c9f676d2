package fhir

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// A Dosage says how a medicine is taken, as text, as structure or both. STU3 has one amount where R4 has a
// list of them in doseAndRate.
type Dosage struct {
	Sequence              json.Number
	Text                  string
	AdditionalInstruction []Concept
	PatientInstruction    string
	AsNeededBoolean       *bool
	AsNeeded              *Concept `json:"asNeededCodeableConcept"`
	Site, Route, Method   *Concept
	Dose                  *Quantity // of an administration, together with its rate
	amount
	DoseAndRate []struct {
		Type *Concept
		amount
	}
	MaxDosePerPeriod         *Ratio
	MaxDosePerAdministration *Quantity
	Timing                   struct {
		Event  []string
		Code   *Concept
		Repeat repeat
	}
	more bool // the dosage has members that are not read here
}

type amount struct {
	DoseQuantity *Quantity
	DoseRange    *Range
	RateQuantity *Quantity
	RateRange    *Range
	RateRatio    *Ratio
}

type repeat struct {
	BoundsPeriod                               Period
	BoundsDuration                             *Quantity
	Count                                      json.Number
	Frequency, FrequencyMax, Period, PeriodMax json.Number
	PeriodUnit                                 string
	DayOfWeek, TimeOfDay, When                 []string
}

// taken are the members of a dosage and its parts that are read here or say nothing about how the medicine
// is taken.
var taken = []string{"id", "sequence", "text", "additionalInstruction", "patientInstruction", "timing", "asNeededBoolean", "asNeededCodeableConcept", "site", "route", "method", "dose",
	"doseAndRate", "type", "doseQuantity", "doseRange", "rateQuantity", "rateRange", "rateRatio", "maxDosePerPeriod", "maxDosePerAdministration",
	"event", "code", "repeat", "boundsPeriod", "boundsDuration", "count", "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay", "when"}

// UnmarshalJSON also notes whether the dosage has members that are not read.
func (d *Dosage) UnmarshalJSON(raw []byte) error {
	type plain Dosage
	if err := json.Unmarshal(raw, (*plain)(d)); err != nil {
		return err
	}
	d.more = saysMore(raw)
	return nil
}

func saysMore(raw json.RawMessage) bool {
	for name, value := range Members(raw) {
		switch {
		case !slices.ContainsFunc(taken, func(known string) bool { return strings.EqualFold(known, name) }):
			return true
		case name == "timing", name == "repeat":
			if saysMore(value) {
				return true
			}
		case name == "doseAndRate":
			var parts []json.RawMessage
			if json.Unmarshal(value, &parts) != nil || slices.ContainsFunc(parts, saysMore) {
				return true
			}
		}
	}
	return false
}

// Turn is the instruction's sequence number. Instructions with the same number apply together.
func (d *Dosage) Turn() int {
	n, _ := strconv.Atoi(d.Sequence.String())
	return n
}

// IfNeeded reports whether a dose is taken only as needed; nil if the dosage does not say.
func (d *Dosage) IfNeeded() *bool {
	if d.AsNeededBoolean == nil && !d.AsNeeded.Empty() {
		yes := true
		return &yes
	}
	return d.AsNeededBoolean
}

// Lines returns the prescriber's text, or the structure in words if there is none, followed by what that
// text does not mention.
func (d *Dosage) Lines() []string {
	lines := []string{cmp.Or(d.Text, d.schedule())}
	for i := range d.AdditionalInstruction {
		lines = append(lines, d.AdditionalInstruction[i].Words())
	}
	lines = append(lines, d.PatientInstruction)
	if d.Text != "" {
		for _, limit := range slices.Concat(d.limits(), d.Timing.Repeat.bounds(), []limit{d.site(), d.need()}) {
			if !Mentions(d.Text, limit.said) && (limit.or == "" || !Mentions(d.Text, limit.or)) {
				lines = append(lines, limit.words)
			}
		}
	}
	return slices.DeleteFunc(lines, func(text string) bool { return strings.TrimSpace(text) == "" })
}

// Mentions reports whether text contains words as separate words: "15 mg", "0.5 mg" and "5 mg/kg" do not
// mention "5 mg". Empty words are always mentioned.
func Mentions(text, words string) bool {
	const gap = " \t\r\n"
	text, words = strings.ToLower(text), strings.ToLower(words)
	if words == "" {
		return true
	}
	for at := 0; ; at += len(words) {
		found := strings.Index(text[at:], words)
		if found < 0 {
			return false
		}
		at += found
		behind := strings.TrimLeft(text[at+len(words):], ".,;:)")
		begins := at == 0 || strings.IndexByte(gap+"(", text[at-1]) >= 0
		if ends := behind == "" || strings.IndexByte(gap, behind[0]) >= 0; begins && ends {
			return true
		}
	}
}

// schedule is the structure in words, as far as it is given: "1 tablet, 2 × in 1 days, for 5 days".
func (d *Dosage) schedule() string {
	parts := []string{d.Method.Words(), d.Dose.String(), d.amount.words()}
	for _, one := range d.DoseAndRate {
		dose := one.amount.words()
		if len(d.DoseAndRate) > 1 { // of several kinds, such as ordered and calculated
			dose = Joined(": ", one.Type.Words(), dose)
		}
		parts = append(parts, dose)
	}
	again := &d.Timing.Repeat
	parts = append(parts, again.often(d.Timing.Code), strings.Join(again.DayOfWeek, " "))
	for _, when := range again.When {
		parts = append(parts, cmp.Or(timesOfDay[when], when))
	}
	parts = append(parts, Prefixed("at ", strings.Join(again.TimeOfDay, " ")), Prefixed("on ", strings.Join(d.Timing.Event, " ")), Prefixed("for ", again.lasts()))
	if Joined("", slices.Clone(parts)...) != "" { // a period alone is not a dose
		parts = append(parts, Prefixed("from ", again.BoundsPeriod.Start), Prefixed("until ", again.BoundsPeriod.End))
	}
	if again.Count != "" {
		parts = append(parts, again.Count.String()+" times in all")
	}
	if needed := d.IfNeeded(); needed != nil && *needed {
		parts = append(parts, strings.TrimSuffix("as needed: "+d.AsNeeded.Words(), ": "))
	}
	for _, limit := range append(d.limits(), d.site()) {
		parts = append(parts, limit.words)
	}
	if d.more {
		parts = append(parts, "and more that is not shown here")
	}
	return Joined(", ", parts...)
}

// A limit is information that the prescriber's text must not hide: said, or the other way to say it, is what to
// look for in the text; words is what to add if it is missing.
type limit struct{ said, or, words string }

func (d *Dosage) limits() (all []limit) {
	if most := d.MaxDosePerAdministration.String(); most != "" {
		all = append(all, limit{said: most, words: "no more at a time than " + most})
	}
	if most := d.MaxDosePerPeriod.in(); most != "" {
		all = append(all, limit{said: most, words: "no more than " + most})
	}
	return all
}

// bounds are when a dose starts and ends, and how long it lasts.
func (r *repeat) bounds() []limit {
	lasts := limit{said: r.lasts(), words: Prefixed("for ", r.lasts())}
	if number, unit, ok := strings.Cut(lasts.said, " "); ok {
		if n, err := strconv.Atoi(number); err == nil && n > 0 && n < len(numerals) {
			lasts.or = numerals[n] + " " + unit
		}
	}
	return []limit{lasts, {said: r.BoundsPeriod.Start, words: Prefixed("from ", r.BoundsPeriod.Start)}, {said: r.BoundsPeriod.End, words: Prefixed("until ", r.BoundsPeriod.End)}}
}

// numerals are numbers as prescribers write them.
var numerals = [...]string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

// lasts is the duration as a prescriber writes it, "5 days", whether its unit is a code or a word.
func (r *repeat) lasts() string {
	q := r.BoundsDuration
	if q == nil || q.Value == "1" {
		return q.String()
	}
	many := *q
	if unit := periodUnits[cmp.Or(q.Code, q.Unit)]; unit != "" {
		many.Unit = unit
	}
	return many.String()
}

func (d *Dosage) site() limit {
	return limit{said: d.Site.Words(), words: Prefixed("site: ", d.Site.Words())}
}

// need is what an as-needed dose is needed for; empty if the dosage does not say or is not as needed.
func (d *Dosage) need() limit {
	if needed := d.IfNeeded(); needed == nil || !*needed {
		return limit{}
	}
	return limit{said: d.AsNeeded.Words(), words: Prefixed("as needed: ", d.AsNeeded.Words())}
}

// often is "2 × in 1 days", with the text of the timing code before it. A missing frequency means 1; a
// frequency with only a maximum is "up to" it (https://hl7.org/fhir/R4/datatypes.html#Timing).
func (r *repeat) often(code *Concept) string {
	times, in := r.Frequency.String(), r.Period.String()
	switch {
	case r.FrequencyMax != "" && times == "":
		times = "up to " + r.FrequencyMax.String()
	case r.FrequencyMax != "":
		times += " to " + r.FrequencyMax.String()
	}
	switch {
	case r.PeriodMax != "" && in == "":
		in = "up to " + r.PeriodMax.String()
	case r.PeriodMax != "":
		in += " to " + r.PeriodMax.String()
	}
	switch {
	case times == "" && in == "", code.Words() != "" && (times == "" || in == ""):
		return code.Words()
	case in == "":
		return times + " ×"
	}
	written := ""
	if code != nil {
		written = code.Text // its codes are abbreviations of the same
	}
	return Joined(", ", written, cmp.Or(times, "1")+" × in "+in+" "+cmp.Or(periodUnits[r.PeriodUnit], r.PeriodUnit))
}

func (a amount) words() string {
	return Joined(", ", cmp.Or(a.DoseQuantity.String(), a.DoseRange.Words()), Prefixed("rate ", cmp.Or(a.RateQuantity.String(), a.RateRange.Words(), a.RateRatio.in())))
}

// in is the ratio as "4 g in 24 h".
func (r *Ratio) in() string {
	if r == nil {
		return ""
	}
	return Joined(" in ", r.Numerator.String(), r.Denominator.String())
}

// Joined joins the parts that are not blank. It reuses the array of parts.
func Joined(by string, parts ...string) string {
	kept := parts[:0]
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, by)
}

// Prefixed returns text after word, or "" if text is blank.
func Prefixed(word, text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return word + text
}

var periodUnits = map[string]string{"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "wk": "weeks", "mo": "months", "a": "years"}

// timesOfDay are the FHIR EventTiming codes in words.
var timesOfDay = map[string]string{
	"MORN": "in the morning", "NOON": "at noon", "AFT": "in the afternoon", "EVE": "in the evening", "NIGHT": "at night", "PHS": "after sleep", "HS": "before sleep", "WAKE": "on waking",
	"C": "with meals", "CM": "with breakfast", "CD": "with lunch", "CV": "with dinner", "AC": "before meals", "ACM": "before breakfast", "ACD": "before lunch", "ACV": "before dinner",
	"PC": "after meals", "PCM": "after breakfast", "PCD": "after lunch", "PCV": "after dinner",
}
