package sample

import "carerecord/internal/record"

// mind is what a mental health trust adds for those it knows.
func (g *generator) mind() {
	if !g.known[record.MentalHealth] || g.age < 0 {
		return
	}
	team, function := g.team()
	if g.alive && g.often(55) {
		g.open(team, function)
	}
	if g.age >= 18 && g.alive && g.often(7) {
		g.detention(function)
	} else if g.age >= 18 && g.often(8) {
		g.section("02", g.ago(g.between(500, 2000)), 28, 19)
	}
}

// team is who would see the person, and its treatment function.
func (g *generator) team() (team coding, function string) {
	switch {
	case g.age < 18:
		return words("Child and adolescent mental health service"), "711"
	case g.demented():
		return listed("team-type", "A17"), "715"
	case g.age >= 68:
		return listed("team-type", "A07"), "715"
	}
	return listed("team-type", "A06"), "710"
}

// open is a referral that goes on, and who looks after it.
func (g *generator) open(team coding, function string) {
	trust, since := g.mental, g.ago(g.between(80, 700))
	g.openReferral(trust, team, words("Request for assessment and treatment"), since, g.ago(g.between(3, 75)))
	if g.often(70) {
		g.put(trust, "care_coordinator", cells{"name": nurse(g.who()).Name, "role": "Care coordinator", "team": team.Display, "phone": phone(trust.ODS, team.Code), "started_on": since})
	}
	if g.often(60) {
		plan := g.plan(trust, listed("mental-plan", "10"), "Care plan", since.plus(14), cells{"author": nurse(g.who()), "team": team.Display, "updated_at": g.ago(g.between(1, 60)).at(15, 0)},
			section{"Needs", g.one("Sleep, mood and getting out of the house.", "Keeping well without alcohol.", "Anxiety in crowds; debts.")},
			section{"What we will do", g.one("Visits every two weeks.", "Group on Tuesdays; medication review in spring.", "Talking therapy, twelve sessions.")})
		g.part(trust, "care_plan_agreement", plan, cells{"agreed_by": g.pick("agreed-by"), "agreed_at": since.plus(16).at(10, 0)})
	}
	if g.age >= 18 && g.often(35) {
		g.plan(trust, listed("mental-plan", "12"), "Crisis plan", since.plus(20), cells{"author": nurse(g.who()), "updated_at": since.plus(21).at(10, 0)}, crisisPlan...)
	}
	if g.often(50) {
		g.put(trust, "appointment", cells{"starts_at": g.in(g.between(2, 26)).at(g.between(9, 16), 0), "duration_minutes": 50, "specialty": specialty(function), "clinic": team.Display, "status": "BOOKED",
			"medium": g.one("FACE_TO_FACE", "TELEPHONE", "VIDEO"), "clinician": nurse(g.who())})
	}
}

// detention is a stay that goes on, under a section with its expiry.
func (g *generator) detention(function string) {
	trust, in := northLondon, g.now.plus(-g.between(4, 24))
	status, days := "02", 28
	if g.often(40) {
		status, days = "03", 183
	}
	g.put(trust, "stay", cells{"admitted_at": in.at(21, 15), "admission_method": listed("admission-method", "25"), "admission_source": listed("admission-source", "19"), "specialty": specialty(function), "ward": g.one("Elm Ward", "Thames Ward", "Sycamore Ward"),
		"consultant": consultant(trust.ODS, function), "legal_status_on_admission": listed("legal-status", status)})
	g.section(status, in, days, 0)
	g.put(trust, "responsible_clinician", cells{"name": consultant(trust.ODS, function).Name, "role": "Consultant psychiatrist", "team": "Inpatients", "started_on": in})
}

// section is a legal status from a day on for as long as it may last; ended after some days, or in force.
func (g *generator) section(code string, from day, days, ended int) {
	c := cells{"status": listed("legal-status", code), "started_at": from.at(18, 30), "expires_at": from.plus(days).at(0, 0), "category": listed("mental-category", "A")}
	if ended > 0 {
		c["ended_at"], c["end_reason"] = from.plus(ended).at(14, 0), words("Discharged by the responsible clinician")
	}
	g.put(northLondon, "legal_status", c) // the Tavistock has no wards
}
