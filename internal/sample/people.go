package sample

import (
	"fmt"
	"hash/fnv"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Names of people who do not exist, as they might be met in North London.
var (
	firstNames = []string{"Amina", "Bernard", "Chidi", "Despina", "Eleanor", "Farid", "Grace", "Hamid", "Ines", "Jerome", "Kemi", "Leszek", "Maureen",
		"Nikos", "Oluchi", "Pauline", "Rajesh", "Sibel", "Tomasz", "Ursula", "Vikram", "Winifred", "Yusuf", "Zofia"}
	familyNames = []string{"Ashdown", "Bellamy", "Cosgrave", "Demetriou", "Eze", "Fenwick", "Georgiou", "Hartley", "Ibrahim", "Jankowski", "Karim", "Lockhart",
		"Mensah", "Nowak", "Okafor", "Patel", "Quennell", "Rahman", "Shah", "Tekin", "Umeh", "Vasquez", "Whitlock", "Yilmaz"}
)

func number(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	x := h.Sum64() // the low bits follow the last byte too closely for a remainder
	return x ^ x>>29
}

func nameOf(parts ...string) string {
	n := number(append(parts, "name")...)
	return firstNames[n%uint64(len(firstNames))] + " " + familyNames[n/64%uint64(len(familyNames))]
}

func doctor(ods string) staff {
	return staff{"Dr " + nameOf(ods, "doctor"), "General practitioner"}
}
func nurse(ods string) staff {
	return staff{nameOf(ods, "nurse"), "Community mental health nurse"}
}
func consultant(ods, function string) staff {
	return staff{"Dr " + nameOf(ods, function), "Consultant"}
}
func socialWorker(who string) staff { return staff{nameOf(who, "worker"), "Social worker"} }

// phone is a number of the London range that Ofcom keeps for drama.
func phone(parts ...string) string {
	return fmt.Sprintf("020 7946 0%03d", number(append(parts, "phone")...)%1000)
}

// mobile is the same for mobile telephones.
func mobile(parts ...string) string {
	return fmt.Sprintf("07700 900%03d", number(append(parts, "mobile")...)%1000)
}

var sites = map[string]string{"RAL": "Barnet Hospital", "RRV": "University College Hospital", "RKE": "Whittington Hospital", "RAN": "Royal National Orthopaedic Hospital",
	"RP6": "Moorfields Eye Hospital", "RP4": "Great Ormond Street Hospital", "G6V2S": "Edgware Community Hospital", "RNK": "Tavistock Centre"}

func siteOf(s load.Source) string { return sites[s.ODS] }

// identity is who a scenario's resident is.
type identity struct {
	number        record.NHSNumber
	prefix        string
	given, family string
	gender        string
	born          string
	home          home
	cells         cells // more columns of the person row
}

// home is where a resident lives and is registered. Streets are invented, and no
// postcode ends in the letters used here.
type home struct {
	practice, borough, postcode string
	hospital                    string
}

var (
	inBarnet   = home{kestrelRoad, "Barnet", "N12 7CK", "RAL"}
	inHaringey = home{alexandraGrove, "Haringey", "N8 5MV", "RKE"}
)

// resident opens the folder of a scenario's resident: the demographics are in it.
func resident(today day, who identity, scenario string) *folder {
	h := who.home
	p := &load.Person{Number: who.number, Born: record.PartialDate(who.born), Name: who.given + " " + who.family, Practice: h.practice, Hospital: h.hospital, Scenario: scenario}
	f := open(p, today.Time)
	row := cells{"id": nil, "status_code": "01", "name_prefix": who.prefix, "name_given": []string{who.given}, "name_family": who.family, "gender": who.gender,
		"restricted":    false,
		"address_lines": []string{fmt.Sprintf("%d Linnet Gardens", 1+number(string(who.number))%90), "London"}, "address_postcode": h.postcode,
		"address_borough": h.borough, "practice": org(h.practice), "ethnic_category": listed("ethnic-category", "A"), "language": listed("language", "en"),
		"marital_status": listed("marital-status", "S")}
	if who.born != "" {
		row["born_on"] = who.born
	}
	columns := map[string]any{}
	with(row, who.cells).spell(columns)
	f.emit(demographics, "person", columns)
	f.telecom("PHONE", phone(string(who.number)), "HOME")
	f.telecom("PHONE", mobile(string(who.number)), "MOBILE")
	f.register(who)
	return f
}

func (f *folder) telecom(system, value, use string) {
	f.serial["telecom"]++
	f.emit(demographics, "telecom", map[string]any{"position": f.serial["telecom"], "system": system, "value": value, "use": use})
}

// register is the registration with the practice, from birth or ten years ago.
func (f *folder) register(who identity) {
	from := f.on(-10, 0, 0).Time
	if first := record.Date(f.Born.First()); first != "" && first.Midnight().After(from) {
		from = first.Midnight()
	}
	f.Relations = append(f.Relations, load.Relation{ODS: who.home.practice, Kind: "REGISTERED_PRACTICE", Started: from})
}
