package pds

import (
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// readNeeds reads communication needs. PDS does not hold reasonable adjustments.
func (f *file) readNeeds(extensions []fhir.Extension) {
	for _, e := range fhir.All(extensions, "NHSCommunication") {
		required := fhir.In(e.Extension, "interpreterRequired")
		if required == nil || required.ValueBoolean == nil || !*required.ValueBoolean {
			continue
		}
		f.putNeed("NHSCommunication", record.Need{
			Kind:     record.Code{System: "http://snomed.info/sct", Code: "315594003", Display: "Interpreter needed"},
			Category: record.NeedCategoryInterpreter, Detail: record.Text(conceptIn(e.Extension, "language").Words()),
		})
	}
	for _, e := range fhir.All(extensions, "ContactPreference") {
		f.readPreference(&e)
	}
}

// readPreference reads how the person wants to be contacted: the format, the means and the times.
func (f *file) readPreference(e *fhir.Extension) {
	for _, name := range []string{"PreferredWrittenCommunicationFormat", "PreferredContactMethod"} {
		if code, ok := conceptIn(e.Extension, name).Record(); ok {
			f.putNeed(name, record.Need{Kind: code, Category: record.NeedCategoryCommunication, Detail: preferences[name]})
		}
	}
	if times := fhir.In(e.Extension, "PreferredContactTimes"); times != nil && times.ValueString != "" {
		f.putNeed("PreferredContactTimes", record.Need{Kind: record.Code{Display: "Preferred contact times"}, Category: record.NeedCategoryCommunication, Detail: record.Text(times.ValueString)})
	}
}

var preferences = map[string]record.Text{
	"PreferredWrittenCommunicationFormat": "Preferred format of what is written",
	"PreferredContactMethod":              "Preferred way of contact",
}

func (f *file) putNeed(id string, need record.Need) {
	need.Item = f.item(fetch.Needs, id)
	if f.reading.screen.Shows(&need) {
		f.needs = append(f.needs, need)
	}
}
