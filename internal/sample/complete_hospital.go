package sample

import (
	"slices"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// A clinic is where outpatients are seen.
type clinic struct{ function, name string }

var (
	adultClinics = []clinic{{"100", "General surgery clinic"}, {"110", "Fracture clinic"}, {"120", "Ear, nose and throat clinic"}, {"130", "Eye clinic"}, {"301", "Gastroenterology clinic"},
		{"320", "Cardiology clinic"}, {"330", "Dermatology clinic"}, {"340", "Chest clinic"}, {"400", "Neurology clinic"}, {"410", "Rheumatology clinic"}}
	childClinics = []clinic{{"420", "General paediatrics clinic"}, {"120", "Children's ear, nose and throat clinic"}, {"130", "Orthoptics clinic"}}
	wards        = []string{"Juniper Ward", "Larch Ward", "Rowan Ward", "Hazel Ward", "Ash Ward", "Acute Assessment Unit"}
)

// clinicFor follows from what the person has, else from chance.
func (g *generator) clinicFor() clinic {
	drawn, drawnChild := adultClinics[g.chance.IntN(len(adultClinics))], childClinics[g.chance.IntN(len(childClinics))]
	switch {
	case g.age < 16:
		return drawnChild
	case g.has("44054006", "127013003"):
		return clinic{"302", "Diabetes clinic"}
	case g.has("88805009", "49436004", "53741008", "414545008"):
		return clinic{"320", "Cardiology clinic"}
	case g.has("185086009", "87433001", "195967001"):
		return clinic{"340", "Chest clinic"}
	case g.has("431857002", "46177005"):
		return clinic{"361", "Renal clinic"}
	case g.age >= 80:
		return clinic{"430", "Care of the elderly clinic"}
	}
	return drawn
}

// hospital is the trust the person goes to: appointments past, missed, cancelled and to come.
func (g *generator) hospital() {
	trust := load.Source{Sector: record.Acute, ODS: g.Hospital}
	if !slices.Contains(load.Sources(), trust) {
		trust = royalFree
	}
	at := g.clinicFor()
	own := cells{"clinician": consultant(trust.ODS, at.function), "medium": g.one("FACE_TO_FACE", "FACE_TO_FACE", "FACE_TO_FACE", "TELEPHONE", "VIDEO"),
		"priority": g.one("ROUTINE", "ROUTINE", "ROUTINE", "URGENT")}
	coming := g.in(g.between(1, 27)).at(g.between(9, 16), 10*g.between(0, 5))
	if g.alive && g.often(62) {
		g.appointment(trust, coming, at.function, at.name, own)
	}
	if g.alive && g.often(10) {
		g.appointment(trust, g.in(g.between(40, 120)).at(10, 0), at.function, at.name, with(own, cells{"status": g.one("BOOKED", "PENDING", "WAITLIST")}))
	}
	if past := g.ago(g.between(20, 400)).at(11, 0); g.often(40) {
		g.appointment(trust, past, at.function, at.name, with(own, g.outcome()))
	}
	if g.age >= 18 && g.often(4) {
		g.put(trust, "alert", cells{"kind": words(g.one("Difficult intravenous access", "Previous MRSA carriage", "Anticoagulated")), "since": g.ago(g.between(60, 900)), "status": "IN_PROGRESS"})
	}
}

// outcome is what became of a past appointment.
func (g *generator) outcome() cells {
	switch g.between(1, 10) {
	case 1:
		return cells{"status": "DID_NOT_ATTEND", "attended": listed("attended", "3")}
	case 2:
		return cells{"status": "CANCELLED", "attended": listed("attended", "2"), "cancellation_reason": "Cancelled by the patient"}
	case 3:
		return cells{"status": "CANCELLED", "attended": listed("attended", "4"), "cancellation_reason": "Cancelled by the hospital"}
	}
	return cells{"outcome": g.pick("outcome")}
}

// stays gives the hospital stays a ward, and those that are over the day the person was ready to leave.
func (g *generator) stays() {
	for _, source := range load.Sources() {
		if source.Sector != record.Acute {
			continue
		}
		for _, row := range g.Rows[source] {
			if row.Relation == "stay" {
				g.stay(source, row.Columns)
			}
		}
	}
}

func (g *generator) stay(source load.Source, c map[string]any) {
	ward, waited := wards[g.chance.IntN(len(wards))], g.between(1, 6)
	delayed := g.often(20)
	if c["ward"] == nil {
		c["ward"] = ward
	}
	if c["service_name"] == nil {
		c["service_name"] = c["ward"]
	}
	if c["site_name"] == nil {
		c["site_name"] = siteOf(source)
	}
	in, out := timeOf(c["admitted_at"]), timeOf(c["discharged_at"])
	if c["discharge_ready_on"] != nil || out.IsZero() {
		return
	}
	ready := dayOf(out)
	if long := ready.plus(-waited); delayed && long.After(in) {
		ready = long
	}
	c["discharge_ready_on"] = ready.String()
}
