package pds_test

import (
	"testing"

	"carerecord/datasources/pds"
	"carerecord/internal/record"
)

func TestAttackRelatedIncomplete(t *testing.T) {
	n := record.NHSNumber("9990000018")
	for name, more := range map[string]string{
		"an outcome": `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"incomplete"}]}`,
	} {
		s, _ := serve(t, map[string]answer{
			patientPath(n): respond(200, person(n, `"birthDate":"1990-01-01"`)), relatedPath(n): respond(200, bundle(more)),
		}, pds.Options{})
		got, err := read(t, s, subjects("1990-01-01", n))
		if err != nil {
			t.Fatal(err)
		}
		for kind, a := range got {
			if kind == "contact" && failure(a, 0) == nil && !marked(a.Unreadable, 0) {
				t.Errorf("%s: contacts look like none", name)
			}
		}
		t.Log(got)
	}
}

func TestAttackTwoNumbers(t *testing.T) {
	n, m := record.NHSNumber("9990000018"), record.NHSNumber("9990000026")
	both := `{"resourceType":"Patient","id":"` + string(m) + `",` + unrestricted + `,"birthDate":"1990-01-01","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(m) + `"}]}`
	s, _ := serve(t, map[string]answer{patientPath(n): respond(200, both)}, pds.Options{})
	got, err := read(t, s, subjects("1990-01-01", n))
	if err == nil && len(persons(got, 0)) > 0 && !persons(got, 0)[0].Restricted {
		t.Errorf("%+v", persons(got, 0))
	}
}

// A Patient whose own id is another number than the identifier says.
func TestAttackOtherID(t *testing.T) {
	n, m := record.NHSNumber("9990000018"), record.NHSNumber("9990000026")
	other := `{"resourceType":"Patient","id":"` + string(m) + `",` + unrestricted + `,"birthDate":"1990-01-01","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + string(n) + `"}]}`
	s, _ := serve(t, map[string]answer{patientPath(n): respond(200, other)}, pds.Options{})
	got, err := read(t, s, subjects("1990-01-01", n))
	if err == nil && len(persons(got, 0)) > 0 && !persons(got, 0)[0].Restricted {
		t.Errorf("%+v", persons(got, 0))
	}
}

// A label in other letters, or one that restricts beside U in another system.
func TestAttackLabels(t *testing.T) {
	n := record.NHSNumber("9990000018")
	for name, meta := range map[string]string{
		"a space":       `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R "}]}`,
		"other letters": `"Meta":{"Security":[{"System":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","Code":"R"}]}`,
		"null":          `"meta":{"security":[null]}`,
		"an object":     `"meta":{"security":{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"U"}}`,
	} {
		s, _ := serve(t, map[string]answer{patientPath(n): respond(200, patient(n, meta, `"birthDate":"1990-01-01"`))}, pds.Options{})
		got, err := read(t, s, subjects("1990-01-01", n))
		if err != nil || len(persons(got, 0)) != 1 || !persons(got, 0)[0].Restricted {
			t.Errorf("%s: %+v %v", name, persons(got, 0), err)
		}
	}
}
