package sample

import (
	"carerecord/internal/load"
	"carerecord/internal/record"
)

// care is a council's case, for some adults. Nothing in it concerns a time before the 18th birthday.
func (g *generator) care() {
	draw := g.between(1, 100)
	if g.adult == "" || g.age < 18 || draw > g.likely() {
		return
	}
	council := load.HomeOf(g.Number).Council
	start := g.adulthood(g.ago(g.between(60, 900)))
	if start.After(g.now.plus(-30).Time) {
		return
	}
	assessed := start.plus(12)
	g.put(council, "request", cells{"route": g.pick("route"), "received_on": start, "ended_on": start.plus(3), "description": "Request for support at home", "status": "COMPLETED", "outcome": listed("care-outcome", "PRO-ASS")})
	g.put(council, "social_care_assessment", cells{"kind": listed("care-assessment", g.one("CN", "CN", "HD", "OT")), "started_on": assessed, "ended_on": assessed.plus(9), "status": "COMPLETED", "eligible_needs": g.eligible(),
		"assessor": socialWorker(g.who()), "location": "At home", "outcome": listed("care-outcome", "PRO-SUP")})
	g.circumstances(council, assessed)
	g.packages(council, assessed.plus(10))
	g.around(council, assessed.plus(10))
	g.serious(council, assessed)
}

// likely is how many of a hundred people like this one the council knows.
func (g *generator) likely() int {
	switch {
	case g.known[record.SocialCare]:
		return 85
	case g.demented():
		return 70
	case g.age >= 80:
		return 45
	case g.age >= 70:
		return 20
	case g.known[record.MentalHealth]:
		return 15
	}
	return 3
}

// adulthood is the day, or a month after the 18th birthday where the day is earlier.
func (g *generator) adulthood(d day) day {
	if first := dayOf(g.adult.Midnight()).plus(31); d.Before(first.Time) {
		return first
	}
	return d
}

var careNeeds = []string{"NUTRITION", "HYGIENE", "TOILET", "CLOTHING", "SAFE_HOME", "HABITABLE_HOME", "RELATIONSHIPS", "WORK_EDUCATION", "COMMUNITY"}

// eligible are two to five needs, in the order of the Care Act.
func (g *generator) eligible() []string {
	var needs []string
	want := g.between(2, 5)
	for i, need := range careNeeds {
		if left := len(careNeeds) - i; g.chance.IntN(left) < want-len(needs) {
			needs = append(needs, need)
		}
	}
	return needs
}

func (g *generator) circumstances(council load.Source, on day) {
	reason := "SOS"
	switch {
	case g.demented():
		reason = "SMC"
	case g.age >= 65:
		reason = "PS"
	case g.known[record.MentalHealth]:
		reason = "MHS"
	}
	g.put(council, "support_reason", cells{"reason": listed("support-reason", reason), "started_on": on})
	g.put(council, "circumstances", cells{"recorded_on": on, "client_type": listed("client-type", "Service user"), "accommodation": lists["accommodation"][g.chance.IntN(4)], "employment": g.pick("employment"),
		"funding": g.pick("funding"), "has_unpaid_carer": g.often(40), "autism": false, "dementia": g.demented(), "visual_impairment": g.often(8), "hearing_impairment": g.often(15)})
}

// A support is one line of a package of care.
type support struct{ service, component, unit, provider string }

var supports = []support{{"LTS-C", "HS", "hour", "Brightwater Homecare"}, {"LTS-C", "HS", "hour", "Oakfern Care at Home"}, {"LTS-C", "DS", "session", "Cherry Tree Day Centre"},
	{"LTS-C", "DP", "week", "Direct payment"}, {"LTS-C", "M", "meal", "Tiffin Community Meals"}}

// packages is reablement first for some, then what goes on.
func (g *generator) packages(council load.Source, start day) {
	if g.age >= 65 && g.often(40) {
		start = g.reablement(council, start)
	}
	if start.After(g.now.Time) {
		return
	}
	s := supports[g.chance.IntN(len(supports))]
	if g.age >= 85 && g.often(25) {
		s = support{"LTS-RS", "LTRC", "week", "Laurel House"}
	}
	c := cells{"kind": listed("care-service", s.service), "component": listed("care-component", s.component), "delivery": g.pick("delivery"), "provider": s.provider, "started_on": start, "status": "IN_PROGRESS", "unit": s.unit}
	if s.unit == "hour" {
		c["units_per_week"], c["unit_cost"] = g.one("3.5", "7", "10.5", "14", "21"), "22.40"
	}
	switch {
	case !g.alive:
		c["ended_on"], c["status"], c["outcome"] = g.now.plus(1), "COMPLETED", listed("care-outcome", "NFA-D")
	case g.often(12):
		c["ended_on"], c["status"], c["outcome"] = g.endOf(start), "COMPLETED", listed("care-outcome", "NFA-SEO")
	case g.often(8):
		c["status"] = "ON_HOLD"
	}
	g.put(council, "service", c)
}

// reablement is six weeks of help to manage alone; it returns the day it ends.
func (g *generator) reablement(council load.Source, start day) day {
	end := start.plus(42)
	c := cells{"kind": listed("care-service", "STS-STMAX"), "component": listed("care-component", "R"), "delivery": listed("delivery", "CASSR commissioned support"), "provider": "Council reablement service",
		"started_on": start, "planned_end_on": end, "status": "IN_PROGRESS"}
	switch {
	case end.Before(g.now.Time):
		c["ended_on"], c["status"], c["outcome"] = end, "COMPLETED", listed("care-outcome", "PRO-SUP")
	case !g.alive:
		c["ended_on"], c["status"], c["outcome"] = g.now.plus(1), "COMPLETED", listed("care-outcome", "NFA-D")
	}
	g.put(council, "service", c)
	return end
}

// endOf is a day between a start and now.
func (g *generator) endOf(start day) day {
	days := int(g.now.Sub(start.Time).Hours() / 24)
	return start.plus(g.between(0, max(days, 0)))
}

// around are the worker, the plan, the review, the equipment, the carer and the person's own words.
func (g *generator) around(council load.Source, start day) {
	if g.often(70) {
		own := cells{}
		if !g.alive {
			own["ended_on"] = g.now.plus(1)
		}
		g.worker(council, start, own)
	}
	if g.often(75) {
		g.plan(council, words("Support plan"), "Support plan", start, cells{"author": socialWorker(g.who()), "funded_by": g.pick("funding"), "updated_at": start.plus(4).at(16, 0)},
			section{"Outcomes", g.one("Safe and clean at home, with a hot meal a day.", "Out of the house twice a week.", "Managing money and letters.")})
	}
	if reviewed := start.plus(g.between(50, 400)); reviewed.Before(g.now.Time) {
		g.put(council, "review", cells{"reason": g.pick("review-reason"), "started_on": reviewed, "ended_on": reviewed, "outcomes_achieved": g.pick("achieved"), "outcome": listed("care-outcome", "NCP")})
	}
	if g.alive && g.often(25) {
		g.put(council, "appointment", cells{"starts_at": g.in(g.between(2, 27)).at(g.between(10, 15), 0), "duration_minutes": 60, "kind": words("Review visit"), "status": "BOOKED", "medium": "FACE_TO_FACE", "location": "At home", "clinician": socialWorker(g.who())})
	}
	if g.age >= 65 && g.often(50) {
		g.put(council, "equipment", cells{"item": words(g.one("Raised toilet seat", "Bath board", "Key safe", "Pendant alarm", "Bed lever")), "supplied_on": start})
	}
	if g.often(40) {
		g.put(council, "carer", cells{"name": nameOf(g.who(), "kin"), "relationship": g.one("Partner", "Adult son", "Adult daughter", "Friend"), "phone": mobile(g.who(), "kin"), "hours_per_week": 5 * g.between(1, 12), "main_carer": true, "lives_with": g.often(50),
			"since": start.month(), "under_18": false, "recorded_at": dayOnly{start}})
	}
	if g.often(45) {
		g.put(council, "about_me", cells{"heading": "MOST_IMPORTANT", "text": g.one("My grandchildren and the football.", "Church on Sunday.", "My cat, and a quiet morning.", "Being asked before anything is moved."), "recorded_on": start})
		g.put(council, "about_me", cells{"heading": "PLEASE_DO", "text": g.one("Ring the bell and wait.", "Speak slowly.", "Write it down for me."), "recorded_on": start})
	}
}

// serious are warnings, concerns and legal measures, for few.
func (g *generator) serious(council load.Source, assessed day) {
	if g.often(12) {
		g.put(council, "alert", cells{"kind": listed("care-flag", g.one("COMM", "MANHAN")), "since": assessed, "status": "IN_PROGRESS", "review_due_on": assessed.plus(365)})
	}
	if raised := assessed.plus(g.between(1, 200)); g.often(8) && raised.Before(g.now.Time) {
		c := cells{"raised_on": raised, "call_first": "Adult safeguarding, " + phone(council.ODS, "safeguarding")}
		if ended := raised.plus(60); ended.Before(g.now.Time) {
			c["ended_on"] = ended
		}
		g.put(council, "safeguarding", c)
	}
	if g.demented() && g.often(60) {
		g.put(council, "legal_measure", cells{"kind": words("Mental capacity assessment"), "started_on": assessed, "decision": "Lacks capacity to decide about care; best interests decision made"})
	}
	if g.age >= 80 && g.often(15) && assessed.plus(30).Before(g.now.Time) {
		g.put(council, "legal_measure", cells{"kind": words("Deprivation of liberty safeguards authorisation"), "started_on": assessed.plus(30), "ended_on": assessed.plus(395), "decision": "Authorised"})
	}
}

// decisions are made ahead by and for the old and the frail.
func (g *generator) decisions() {
	if g.age < 70 {
		return
	}
	gp, on := g.host(), g.ago(g.between(20, 700))
	if g.frail() && g.often(35) {
		g.put(gp, "advance_decision", cells{"kind": resuscitate, "decision": "Not for attempted cardiopulmonary resuscitation", "status": "IN_PROGRESS", "decided_on": on, "author": doctor(g.Practice), "where_signed": load.OrganisationName(g.Practice)})
	}
	if g.frail() && g.often(25) {
		g.put(gp, "advance_decision", cells{"kind": respect, "decision": "Treat at home where it is safe; hospital for what can be put right.", "status": "IN_PROGRESS", "decided_on": on, "review_due_on": on.plus(365), "author": doctor(g.Practice)})
	}
	if g.often(15) {
		g.put(gp, "advance_decision", cells{"kind": attorney, "decision": "Registered", "status": "IN_PROGRESS", "decided_on": on.year(), "attorney": nameOf(g.who(), "kin")})
	}
}
