package sample

import (
	"math/rand/v2"
	"slices"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
)

// complete adds to one of Synthea's people what Synthea does not know: contacts,
// appointments to come, care plans, packages of care, decisions. What is added
// follows from the person's age and conditions and from chance that the NHS number
// settles, so that the same person gets the same; no dates lie after a death.
func complete(p *load.Person, today time.Time) {
	g := &generator{folder: open(p, today), chance: rand.New(rand.NewPCG(number(string(p.Number)), 1))}
	g.look()
	g.contacts()
	g.needs()
	g.practice()
	g.repeats()
	g.hospital()
	g.stays()
	g.mind()
	g.care()
	g.decisions()
	g.close()
}

// A generator fills one person's folder.
type generator struct {
	*folder
	chance *rand.Rand
	now    day  // today, or the day before the person died
	alive  bool //
	age    int  // -1 where unknown
	adult  record.Date
	mental load.Source // the mental health trust that knows the person
	known  map[record.Sector]bool
}

// look reads what the record says of the person.
func (g *generator) look() {
	g.alive = g.Died.IsZero() || g.Died.After(g.today.plus(1).Time)
	g.now = g.today
	if !g.alive {
		g.now = dayOf(g.Died).plus(-1)
	}
	g.age = -1
	if years, ok := record.Age(g.Born, record.Date(g.now.String())); ok {
		g.age = years
	}
	g.adult = record.Birthday(g.Born, 18)
	g.mental = northLondon
	g.known = map[record.Sector]bool{}
	for source := range g.Rows {
		g.known[source.Sector] = true
		if source == tavistock && len(g.Rows[northLondon]) == 0 {
			g.mental = tavistock
		}
	}
}

// often is true a number of times in a hundred. The chance is drawn whether or
// not the answer matters, so that one answer never moves the next.
func (g *generator) often(percent int) bool { return g.chance.IntN(100) < percent }

// between is a number of days, both ends included.
func (g *generator) between(from, to int) int { return from + g.chance.IntN(to-from+1) }

// ago is a working day some days before the person's now.
func (g *generator) ago(days int) day { return g.now.plus(-days).working() }

func (g *generator) pick(list string) coding {
	return lists[list][g.chance.IntN(len(lists[list]))]
}

func (g *generator) one(of ...string) string { return of[g.chance.IntN(len(of))] }

// has reports whether an active problem of the person is one of these SNOMED CT codes.
func (g *generator) has(codes ...string) bool {
	for _, rows := range g.Rows {
		for _, row := range rows {
			code, _ := row.Columns["problem_code"].(string)
			if row.Relation == "problem" && row.Columns["status"] != "RESOLVED" && slices.Contains(codes, code) {
				return true
			}
		}
	}
	return false
}

func (g *generator) demented() bool {
	return g.has("26929004", "230265002", "52448006")
}

func (g *generator) frail() bool { return g.age >= 80 || g.age >= 65 && g.demented() }

func (g *generator) who() string { return string(g.Number) }

func (g *generator) contacts() {
	name, relation, code, roles := g.nearest()
	if g.often(85) {
		g.put(demographics, "contact", cells{"name": name, "relationship": relation, "relationship_code": code, "roles": roles, "phone": mobile(g.who(), "kin"),
			"under_18": false, "since": g.ago(g.between(200, 3000)).month()})
	}
	if g.age >= 28 && g.age < 55 && g.often(12) {
		g.put(demographics, "contact", cells{"name": nameOf(g.who(), "child"), "relationship": "Child", "relationship_code": kinship("CHILD", "child"), "roles": []string{"HOUSEHOLD_MEMBER"}, "under_18": true})
	}
	g.telecom("PHONE", mobile(g.who()), "MOBILE")
}

// nearest is who would be rung first.
func (g *generator) nearest() (name, relation string, code coding, roles []string) {
	name, roles = nameOf(g.who(), "kin"), []string{"NEXT_OF_KIN", "EMERGENCY_CONTACT"}
	switch {
	case g.age >= 0 && g.age < 18:
		return name, "Parent", kinship("PRN", "parent"), append(roles, "PARENTAL_RESPONSIBILITY")
	case g.age < 30:
		return name, "Mother", kinship("MTH", "mother"), roles
	case g.age < 70:
		return name, "Partner", kinship("DOMPART", "domestic partner"), append(roles, "HOUSEHOLD_MEMBER")
	}
	return name, "Adult child", kinship("CHILD", "child"), roles
}

func (g *generator) needs() {
	if language := g.pick("language"); g.often(7) && language.Code != "en" {
		g.put(demographics, "need", cells{"kind": snomed("315594003", "Interpreter needed"), "category": "INTERPRETER", "detail": language.Display, "since": g.ago(g.between(300, 2500))})
	}
	if g.age >= 70 && g.often(15) {
		g.put(demographics, "need", cells{"kind": snomed("285055002", "Does use hearing aid"), "category": "COMMUNICATION", "detail": "Face the person when speaking.", "since": g.ago(g.between(300, 2500)).year()})
	}
	if g.often(6) {
		g.put(g.host(), "need", cells{"kind": words(g.one("Needs a longer appointment", "Needs step-free access", "Needs letters in large print")), "category": "REASONABLE_ADJUSTMENT", "since": g.ago(g.between(60, 900))})
	}
}

// practice is what the registered practice adds.
func (g *generator) practice() {
	gp := g.host()
	g.put(gp, "care_team_member", cells{"name": doctor(g.Practice).Name, "role": "Named accountable GP", "team": load.OrganisationName(g.Practice), "phone": phone(g.Practice), "since": g.ago(g.between(400, 2500)).month()})
	if g.often(20) {
		g.visit(g.ago(g.between(20, 300)).at(9, 10*g.between(0, 5)), "Routine appointment", cells{"status": g.one("FULFILLED", "FULFILLED", "DID_NOT_ATTEND", "CANCELLED")})
	}
	if kind := g.one("Nurse appointment", "Blood test", "Routine appointment", "Long-term conditions review"); g.alive && g.often(45) {
		g.visit(g.in(g.between(1, 40)).at(g.between(8, 16), 10*g.between(0, 5)), kind, cells{"medium": g.one("FACE_TO_FACE", "FACE_TO_FACE", "TELEPHONE", "VIDEO")})
	}
	g.oddments(gp)
}

// oddments are the results, problems and medicines that a front end must not stumble over.
func (g *generator) oddments(gp load.Source) {
	taken := g.ago(g.between(10, 200)).at(9, 0)
	if g.often(12) && g.age >= 18 {
		g.result(gp, reactiveC, "", "mg/L", "", "5", taken, below("3", "mg/L"))
	}
	if g.often(5) && g.age >= 30 {
		g.result(gp, thyrotropin, "", "mU/L", "0.3", "4.2", taken, with(below("0.01", "mU/L"), cells{"interpretation": interpretation("L", "Low")}))
	}
	if g.often(3) {
		g.result(gp, potassium, "", "mmol/L", "3.5", "5.3", taken, cells{"value_unit": nil, "value_absent_reason": "not-performed", "comment": "Sample haemolysed; please repeat."})
	}
	if from := g.ago(g.between(7000, 12000)); g.age >= 40 && g.often(12) {
		g.problem(gp, snomed("74400008", "Appendicitis"), from.year(), cells{"status": "RESOLVED", "ended_on": from.year(), "significance": "MINOR"})
	}
	if g.often(5) && g.age >= 18 {
		g.course(gp, dmd("322236009", "Paracetamol 500mg tablets"), "One or two up to four times a day as needed", g.ago(g.between(40, 400)), cells{"kind": "UNKNOWN", "intent": "UNKNOWN", "status": "UNKNOWN", "as_needed": true})
	}
	if g.often(4) {
		g.allergy(gp, snomed("387170002", "Trimethoprim"), g.ago(g.between(900, 3000)).year(), cells{"status": "RESOLVED", "criticality": "LOW", "ended_on": g.ago(g.between(50, 600)), "end_reason": "Tolerated since"})
	}
	if g.frail() && g.often(50) {
		g.put(gp, "alert", cells{"kind": falls, "note": "Falls risk.", "since": g.ago(g.between(30, 500)), "status": "IN_PROGRESS"})
	}
}

// repeats says when repeats were last issued, which Synthea leaves out.
func (g *generator) repeats() {
	for _, row := range g.Rows[g.host()] {
		c := row.Columns
		if row.Relation != "medication" || c["kind"] != "REPEAT" || c["status"] != "ACTIVE" || c["last_issued_on"] != nil {
			continue
		}
		c["last_issued_on"] = g.now.plus(-g.between(2, 27)).String()
		c["repeats_issued"] = g.between(1, 11)
		if c["review_due_on"] == nil {
			c["review_due_on"] = g.now.plus(g.between(-40, 300)).String()
		}
	}
}
