package sample

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
)

//go:embed codes.csv
var codesCSV string

// lists are the code lists by name, in the file's order.
var lists = readLists(codesCSV)

func readLists(text string) map[string][]coding {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic(fmt.Errorf("codes.csv: %w", err))
	}
	lists := map[string][]coding{}
	for _, row := range rows[1:] {
		lists[row[0]] = append(lists[row[0]], coding{row[1], row[2], row[3]})
	}
	return lists
}

// listed is the entry of a list with a code, or where the list has none, with words.
func listed(list, code string) coding {
	for _, c := range lists[list] {
		if c.Code == code || c.Code == "" && c.Display == code {
			return c
		}
	}
	panic(fmt.Sprintf("codes.csv has no %s %q", list, code))
}

func specialty(code string) coding { return listed("treatment-function", code) }

func snomed(code, display string) coding { return coding{"http://snomed.info/sct", code, display} }
func dmd(code, display string) coding    { return coding{"https://dmd.nhs.uk", code, display} }
func loinc(code, display string) coding  { return coding{"http://loinc.org", code, display} }
func icd10(code, display string) coding {
	return coding{"http://hl7.org/fhir/sid/icd-10", code, display}
}
func opcs(code, display string) coding {
	return coding{"https://fhir.hl7.org.uk/Id/opcs-4", code, display}
}
func read2(code, display string) coding { return coding{"http://read.info/readv2", code, display} }

// local is a code of a source's own list; words is a concept the source has no code for.
func local(system, code, display string) coding {
	return coding{"https://example.nhs.uk/" + system, code, display}
}
func words(display string) coding { return coding{Display: display} }

func interpretation(code, display string) coding {
	return coding{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code, display}
}

func kinship(code, display string) coding {
	return coding{"http://terminology.hl7.org/CodeSystem/v3-RoleCode", code, display}
}

// The concepts that are met in several records.
var (
	diabetes       = snomed("44054006", "Type 2 diabetes mellitus")
	hypertension   = snomed("38341003", "Hypertensive disorder")
	fibrillation   = snomed("49436004", "Atrial fibrillation")
	asthma         = snomed("195967001", "Asthma")
	obstructive    = snomed("13645005", "Chronic obstructive pulmonary disease")
	heartFailure   = snomed("84114007", "Heart failure")
	kidneyDisease  = snomed("433144002", "Chronic kidney disease stage 3")
	depression     = snomed("191616006", "Recurrent depression")
	schizophrenia  = snomed("58214004", "Schizophrenia")
	kneeArthritis  = snomed("239873007", "Osteoarthritis of knee")
	hayFever       = snomed("367498001", "Seasonal allergic rhinitis")
	falls          = snomed("161898004", "Falls")
	dischargeNote  = snomed("373942005", "Discharge summary")
	outpatientNote = snomed("823681000000100", "Outpatient letter")

	penicillin   = snomed("373270004", "Penicillin -class of antibiotic-")
	hives        = snomed("247472004", "Hives")
	anaphylaxis  = snomed("39579001", "Anaphylactic reaction")
	nausea       = snomed("422587007", "Nausea")
	breathless   = snomed("267036007", "Dyspnoea")
	resuscitate  = snomed("450476008", "Not for attempted cardiopulmonary resuscitation")
	respect      = local("advance-care-plan", "RESPECT", "Recommended summary plan for emergency care and treatment (ReSPECT)")
	attorney     = snomed("816361000000101", "Has appointed person with personal welfare lasting power of attorney")
	oral         = snomed("26643006", "Oral")
	prescribedGP = listed("prescribing-agency", "prescribed-at-gp-practice")
	elsewhere    = listed("prescribing-agency", "prescribed-by-another-organisation")

	glycated      = snomed("999791000000106", "Haemoglobin A1c level - International Federation of Clinical Chemistry and Laboratory Medicine standardised")
	potassium     = snomed("1000651000000109", "Serum potassium level")
	sodium        = snomed("1000661000000107", "Serum sodium level")
	creatinine    = snomed("1000731000000107", "Serum creatinine level")
	reactiveC     = snomed("1001371000000100", "Serum CRP (C reactive protein) level")
	haemoglobin   = snomed("1022431000000105", "Haemoglobin estimation")
	cholesterol   = snomed("1005671000000105", "Serum cholesterol level")
	thyrotropin   = snomed("1022791000000101", "Serum TSH (thyroid stimulating hormone) level")
	bloodPressure = snomed("75367002", "Blood pressure")
	systolic      = snomed("72313002", "Systolic arterial pressure")
	diastolic     = snomed("1091811000000102", "Diastolic arterial pressure")
	weight        = snomed("27113001", "Body weight")
	pulse         = snomed("444981005", "Resting heart rate")
	saturation    = snomed("431314004", "Peripheral oxygen saturation")
	venousBlood   = snomed("122555007", "Venous blood specimen")
)
