package ukcore

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/fhir"
)

// A dosage says how a medicine is taken: in words, in structure or both.
type dosage struct {
	Sequence              json.Number
	Text                  string
	AdditionalInstruction []fhir.Concept
	PatientInstruction    string
	AsNeededBoolean       *bool
	AsNeeded              *fhir.Concept `json:"asNeededCodeableConcept"`
	Site, Route, Method   *fhir.Concept
	Dose                  *fhir.Quantity // of an administration, with its rate
	rate
	DoseAndRate []struct {
		Type         *fhir.Concept
		DoseQuantity *fhir.Quantity
		DoseRange    *fhir.Range
		rate
	}
	MaxDosePerPeriod         *fhir.Ratio
	MaxDosePerAdministration *fhir.Quantity
	Timing                   struct {
		Event  []string
		Code   *fhir.Concept
		Repeat repeat
	}
	more bool // it says more than is read here
}

type rate struct {
	RateQuantity *fhir.Quantity
	RateRange    *fhir.Range
	RateRatio    *fhir.Ratio
}

type repeat struct {
	BoundsPeriod                               fhir.Period
	BoundsDuration                             *fhir.Quantity
	Count                                      json.Number
	Frequency, FrequencyMax, Period, PeriodMax json.Number
	PeriodUnit                                 string
	DayOfWeek, TimeOfDay, When                 []string
}

// read are the members of a dosage and its parts that are taken, or say nothing of how it is taken.
var read = []string{"id", "sequence", "text", "additionalInstruction", "patientInstruction", "timing", "asNeededBoolean", "asNeededCodeableConcept", "site", "route", "method", "dose",
	"doseAndRate", "type", "doseQuantity", "doseRange", "rateQuantity", "rateRange", "rateRatio", "maxDosePerPeriod", "maxDosePerAdministration",
	"event", "code", "repeat", "boundsPeriod", "boundsDuration", "count", "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay", "when"}

// UnmarshalJSON notes whether there is more than is read.
func (d *dosage) UnmarshalJSON(raw []byte) error {
	type plain dosage
	if err := json.Unmarshal(raw, (*plain)(d)); err != nil {
		return err
	}
	d.more = saysMore(raw)
	return nil
}

func saysMore(raw json.RawMessage) bool {
	for name, value := range fhir.Members(raw) {
		switch {
		case !named(name, read):
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

// turn is when an instruction has its turn among others; those of one turn hold together.
func (d *dosage) turn() int {
	n, _ := strconv.Atoi(d.Sequence.String())
	return n
}

// asNeeded reports whether a dose is taken only if it is needed; nil where it does not say.
func (d *dosage) asNeeded() *bool {
	if d.AsNeededBoolean == nil && !d.AsNeeded.Empty() {
		yes := true
		return &yes
	}
	return d.AsNeededBoolean
}

// words are the prescriber's, else the structure in words.
func (d *dosage) words() string {
	text := d.Text
	if text == "" {
		text = d.schedule()
	}
	parts := []string{text}
	for i := range d.AdditionalInstruction {
		parts = append(parts, d.AdditionalInstruction[i].Words())
	}
	parts = append(parts, d.PatientInstruction)
	if d.Text != "" { // what it does not say
		for _, limit := range append(d.limits(), d.site()) {
			if !mentions(d.Text, limit.said) {
				parts = append(parts, limit.words)
			}
		}
	}
	return strings.ReplaceAll(said(". ", parts...), ".. ", ". ")
}

// mentions reports whether words stand in a text by themselves: 5 mg does not in 15 mg, nor in
// 0.5 mg or 5 mg/kg. No words stand in any.
func mentions(text, words string) bool {
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

// schedule is "1 tablet, 2 × in 1 days, for 5 days", as far as it is given.
func (d *dosage) schedule() string {
	parts := []string{d.Method.Words(), d.Dose.String(), d.rate.words()}
	for _, one := range d.DoseAndRate {
		dose := said(", ", cmp.Or(one.DoseQuantity.String(), one.DoseRange.Words()), one.rate.words())
		if len(d.DoseAndRate) > 1 { // of several kinds, such as ordered and calculated
			dose = said(": ", one.Type.Words(), dose)
		}
		parts = append(parts, dose)
	}
	again := &d.Timing.Repeat
	parts = append(parts, again.often(d.Timing.Code), strings.Join(again.DayOfWeek, " "))
	for _, when := range again.When {
		parts = append(parts, cmp.Or(moments[when], when))
	}
	parts = append(parts, prefixed("at ", strings.Join(again.TimeOfDay, " ")), prefixed("on ", strings.Join(d.Timing.Event, " ")), prefixed("for ", again.BoundsDuration.String()))
	if said("", slices.Clone(parts)...) != "" { // a period alone is no dose
		parts = append(parts, prefixed("from ", again.BoundsPeriod.Start), prefixed("until ", again.BoundsPeriod.End))
	}
	if again.Count != "" {
		parts = append(parts, again.Count.String()+" times in all")
	}
	if needed := d.asNeeded(); needed != nil && *needed {
		parts = append(parts, strings.TrimSuffix("as needed: "+d.AsNeeded.Words(), ": "))
	}
	for _, limit := range append(d.limits(), d.site()) {
		parts = append(parts, limit.words)
	}
	if d.more {
		parts = append(parts, "and more that is not shown here")
	}
	return said(", ", parts...)
}

// A limit is what must not be lost beside a text: what to look for in it, and the words where it does not stand there.
type limit struct{ said, words string }

func (d *dosage) limits() (all []limit) {
	if most := d.MaxDosePerAdministration.String(); most != "" {
		all = append(all, limit{most, "no more at a time than " + most})
	}
	if d.MaxDosePerPeriod != nil {
		most := said(" in ", d.MaxDosePerPeriod.Numerator.String(), d.MaxDosePerPeriod.Denominator.String())
		all = append(all, limit{most, prefixed("no more than ", most)})
	}
	return all
}

func (d *dosage) site() limit { return limit{d.Site.Words(), prefixed("site: ", d.Site.Words())} }

// often is "2 × in 1 days" and what a code says beside it. How often is once where it is not said, and no more than a most
// that stands alone (https://hl7.org/fhir/R4/datatypes.html#Timing).
func (r *repeat) often(code *fhir.Concept) string {
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
		written = code.Text // its codes say the same in short
	}
	return said(", ", written, cmp.Or(times, "1")+" × in "+in+" "+cmp.Or(periodUnits[r.PeriodUnit], r.PeriodUnit))
}

func (r rate) words() string {
	ratio := ""
	if r.RateRatio != nil {
		ratio = said(" in ", r.RateRatio.Numerator.String(), r.RateRatio.Denominator.String())
	}
	return prefixed("rate ", cmp.Or(r.RateQuantity.String(), r.RateRange.Words(), ratio))
}

// said joins what is not empty.
func said(by string, parts ...string) string {
	kept := parts[:0]
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, by)
}

// prefixed is a text behind a word, or nothing where there is none.
func prefixed(word, text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return word + text
}

var periodUnits = map[string]string{"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "wk": "weeks", "mo": "months", "a": "years"}

// moments are the events of a day by which a medicine is taken (FHIR EventTiming).
var moments = map[string]string{
	"MORN": "in the morning", "NOON": "at noon", "AFT": "in the afternoon", "EVE": "in the evening", "NIGHT": "at night", "PHS": "after sleep", "HS": "before sleep", "WAKE": "on waking",
	"C": "with meals", "CM": "with breakfast", "CD": "with lunch", "CV": "with dinner", "AC": "before meals", "ACM": "before breakfast", "ACD": "before lunch", "ACV": "before dinner",
	"PC": "after meals", "PCM": "after breakfast", "PCD": "after lunch", "PCV": "after dinner",
}
