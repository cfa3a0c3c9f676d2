package load

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"carerecord/internal/organisation"
	"carerecord/internal/record"
)

// The sources of demographics and of the two practice systems: their codes are
// invented for demonstrations.
var (
	DemographicsSource = Source{record.Demographics, "X26"}
	EMISHost           = Source{record.GP, "X2GPA"} // EMIS-style: Barnet, Camden, Islington
	TPPHost            = Source{record.GP, "X2GPB"} // TPP-style: Enfield, Haringey
)

// borough says where the people of a London borough are registered and treated.
type borough struct {
	Name      string
	Council   string
	Host      Source   // of its practices
	Hospitals []string // the trusts its people are taken to; more mentions, more people
	Districts []string // of its postcodes
	practices []practice
	share     int // of a hundred people
}

type practice struct {
	ODS, Name string
	share     int
}

var boroughs = withPractices([]borough{
	{Name: "Barnet", Council: "X1BAR", Host: EMISHost, Hospitals: []string{"RAL", "RAL", "RAL", "RRV"}, Districts: []string{"N12", "N3", "EN5", "NW7", "NW4"}, share: 36},
	{Name: "Camden", Council: "X1CAM", Host: EMISHost, Hospitals: []string{"RRV", "RRV", "RAL"}, Districts: []string{"NW1", "NW3", "NW5", "WC1X"}, share: 16},
	{Name: "Enfield", Council: "X1ENF", Host: TPPHost, Hospitals: []string{"RAL", "RAL", "RAL", "RKE"}, Districts: []string{"EN1", "EN2", "EN3", "N9"}, share: 16},
	{Name: "Haringey", Council: "X1HAR", Host: TPPHost, Hospitals: []string{"RKE", "RAL"}, Districts: []string{"N8", "N15", "N17", "N22"}, share: 16},
	{Name: "Islington", Council: "X1ISL", Host: EMISHost, Hospitals: []string{"RKE", "RRV"}, Districts: []string{"N1", "N5", "N7", "N19"}, share: 16},
})

// Sources lists every source that a load can write to, demographics first.
func Sources() []Source {
	sources := []Source{DemographicsSource}
	for _, ods := range []string{"RAL", "RRV", "RKE", "RAN", "RP6", "RP4"} {
		sources = append(sources, Source{record.Acute, ods})
	}
	sources = append(sources, EMISHost, TPPHost, Source{record.MentalHealth, "G6V2S"}, Source{record.MentalHealth, "RNK"})
	for _, b := range boroughs {
		sources = append(sources, Source{record.SocialCare, b.Council})
	}
	return sources
}

// sourceSystems are the names of the systems that rows say they come from.
var sourceSystems = map[Source]string{EMISHost: "EMIS-style host", TPPHost: "TPP-style host"}

func sourceSystem(s Source) string {
	if name, ok := sourceSystems[s]; ok {
		return name
	}
	switch s.Sector {
	case record.Acute:
		return "Hospital electronic patient record"
	case record.MentalHealth:
		return "Mental health electronic patient record"
	case record.SocialCare:
		return "Adult social care case system"
	}
	return "Demographics service"
}

//go:embed practices.csv
var practicesCSV string

func withPractices(list []borough) []borough {
	r := csv.NewReader(strings.NewReader(practicesCSV))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic(fmt.Errorf("practices.csv: %w", err))
	}
	for _, row := range rows[1:] {
		share, err := strconv.Atoi(row[2])
		if err != nil {
			panic(fmt.Errorf("practices.csv: %w", err))
		}
		for i := range list {
			if list[i].Name == row[1] {
				list[i].practices = append(list[i].practices, practice{row[0], OrganisationName(row[0]), share})
			}
		}
	}
	return list
}

// OrganisationName is the name of an organisation of North Central London, "" for others.
func OrganisationName(ods string) string {
	o, _ := directory.Find(ods)
	return o.Name
}

var directory = organisation.Default()

// Home is where a person lives and is registered.
type Home struct {
	Borough      string
	Lines        []string
	Postcode     string
	Practice     string // ODS code
	PracticeName string
	Host         Source // the practice's system
	Council      Source
	borough      *borough
}

// HomeOf gives a person a home in one of the five boroughs, the same every time
// for the same number. Street names are invented; the inward halves of the
// postcodes use letters that no inward half has (C, I, K, M, O, V).
func HomeOf(number record.NHSNumber) Home {
	h := hash("home", string(number))
	b := &boroughs[0]
	for i, n := 0, int(h%100); i < len(boroughs); i++ {
		b = &boroughs[i]
		if n -= b.share; n < 0 {
			break
		}
	}
	p := b.practices[len(b.practices)-1]
	for n, i := int(h/100%100), 0; i < len(b.practices); i++ {
		if n -= b.practices[i].share; n < 0 {
			p = b.practices[i]
			break
		}
	}
	const never = "CIKMOV"
	return Home{
		Borough:      b.Name,
		Lines:        []string{fmt.Sprintf("%d %s %s", 1+h/7%180, streets[h/1301%uint64(len(streets))], ways[h/77%uint64(len(ways))]), "London"},
		Postcode:     fmt.Sprintf("%s %d%c%c", b.Districts[h/10007%uint64(len(b.Districts))], 1+h/13%9, never[h/17%6], never[h/19%6]),
		Practice:     p.ODS,
		PracticeName: p.Name,
		Host:         b.Host,
		Council:      Source{record.SocialCare, b.Council},
		borough:      b,
	}
}

var (
	streets = []string{"Linnet", "Harefoot", "Saffron", "Bellwether", "Tanager", "Quillwort", "Marchbank", "Osierfield", "Pennywhistle",
		"Ravelin", "Thistledown", "Umberley", "Wintergreen", "Larkrise", "Coppersmith", "Dunnock", "Fennimore", "Gillyflower"}
	ways = []string{"Road", "Street", "Avenue", "Gardens", "Close", "Terrace", "Rise", "Mews"}
)

// hospital maps a foreign hospital onto the trust that takes it for the people
// of a borough. Planned orthopaedic stays are the orthopaedic hospital's; every
// third child admitted goes to the children's hospital.
func (h Home) hospital(foreign string, orthopaedic, admittedChild bool) Source {
	n := hash("hospital", foreign)
	switch {
	case admittedChild && n%3 == 0:
		return Source{record.Acute, "RP4"}
	case orthopaedic:
		return Source{record.Acute, "RAN"}
	}
	return Source{record.Acute, h.borough.Hospitals[n%uint64(len(h.borough.Hospitals))]}
}

// mentalHealth is the trust whose services see a person: the Tavistock sees
// children and one adult in eight.
func (h Home) mentalHealth(number record.NHSNumber, child bool) Source {
	if child || hash("mental health", string(number))%8 == 0 {
		return Source{record.MentalHealth, "RNK"}
	}
	return Source{record.MentalHealth, "G6V2S"}
}

func hash(kind, text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(text))
	// FNV's low bits follow the last byte too closely for a remainder.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}
