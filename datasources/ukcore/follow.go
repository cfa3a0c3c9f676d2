package ukcore

import (
	"context"
	"maps"
	"slices"
	"strings"

	"carerecord/internal/fhir"
)

// places are the types without a patient whose content may hide what refers to them.
var places = []string{"Location", "HealthcareService", "Organization", "Medication", "PractitionerRole", "Specimen", "Substance"}

// unread are the clinical types that the record has no place for. If one must not be shown, what refers to
// it is hidden all the same.
var unread = []string{
	"BodyStructure", "ClinicalImpression", "Communication", "CommunicationRequest", "Composition", "DetectedIssue", "DeviceRequest", "FamilyMemberHistory",
	"ImmunizationRecommendation", "Media", "NutritionOrder", "RequestGroup", "RiskAssessment", "SupplyRequest", "Task",
}

// maxSteps is how many times newly found resources are followed to what they refer to.
const maxSteps = 8

// follow requests, by type, what resources refer to and no search has asked for: it may be excluded, and
// hide what refers to it. If a patient's references cannot all be resolved, nothing about the patient can
// be judged.
func (r *reading) follow(ctx context.Context) {
	for step := 0; ; step++ {
		var all []*searched
		shared := referred{}
		for _, number := range r.order {
			if c := r.charts[number]; c.err == nil {
				all = append(all, r.searchesFor(c, c.referred(r, shared))...)
			}
		}
		all = append(all, r.searchesForNobodys(shared)...)
		if len(all) == 0 {
			return
		}
		for _, s := range all {
			s.followed = true
		}
		if step < maxSteps {
			r.make(ctx, all)
		}
		for _, s := range all {
			if step >= maxSteps {
				s.err = fhir.Malformedf("references that go on and on")
			}
			for _, c := range s.charts {
				for _, t := range r.types {
					if s.err != nil && c.failures[t] == nil {
						c.failures[t] = s.err
					}
				}
			}
		}
	}
}

// hangsOn lists, by type, the types that can hide a resource by naming it, although it does not name them.
// If one resource of the type is referred to, all of these are searched for.
var hangsOn = map[string][]string{
	"Observation":       {"Observation", "DiagnosticReport"},
	"MedicationRequest": {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"},
}

// referred is what resources refer to, as type → "_id" or "identifier" → value → the charts that need it.
// The parameter and value are "" if all resources of the type are needed.
type referred map[string]map[string]map[string][]*chart

func (m referred) add(c *chart, t, parameter, value string) {
	if m[t] == nil {
		m[t] = map[string]map[string][]*chart{}
	}
	if m[t][parameter] == nil {
		m[t][parameter] = map[string][]*chart{}
	}
	m[t][parameter][value] = append(m[t][parameter][value], c)
}

// referred returns what a patient's resources refer to, directly or through resources without a patient.
// Each target is requested once per patient, so that the judgement of one patient does not depend on which
// others are asked for. What belongs to nobody goes to shared, and is requested once for all who need it.
func (c *chart) referred(r *reading, shared referred) referred {
	own, seen := referred{}, map[*fhir.Resource]bool{}
	around := slices.Concat(c.resources, c.left)
	for i := 0; i < len(around); i++ {
		for name, raw := range fhir.Members(around[i].Raw) {
			if around[i].Type == "List" && strings.EqualFold(name, "entry") || strings.EqualFold(name, "subject") || strings.EqualFold(name, "patient") {
				continue
			}
			for _, to := range fhir.References(raw) {
				key := fhir.KeyOf(to)
				if x := c.pool.at(to); x != nil && !seen[x] {
					seen[x] = true
					around = append(around, x)
				}
				if t := fhir.TypeOf(key); hangsOn[t] != nil || c.find(to) == nil {
					c.refer(r, own, shared, t, "_id", key[len(t)+min(1, len(t)):])
				}
			}
			for t, ids := range fhir.LogicalOf(raw) {
				for _, id := range ids { // types without a patient are searched for by id only
					c.refer(r, own, shared, t, "identifier", id)
				}
			}
		}
	}
	return own
}

func (c *chart) refer(r *reading, own, shared referred, t, parameter, value string) {
	key := t + " " + parameter + " " + value
	if !r.unsearched(c, t) || c.asked[key] || parameter == "_id" && !fhir.IsPlainID(value) {
		return
	}
	c.asked[key] = true
	switch {
	case slices.Contains(nobodys, t):
		shared.add(c, t, parameter, value)
	case hangsOn[t] == nil:
		own.add(c, t, parameter, value)
	default:
		for _, t := range hangsOn[t] {
			if r.unsearched(c, t) {
				c.asked[t] = true
				own.add(c, t, "", "")
			}
		}
	}
}

// unsearched reports whether a type can hide what refers to it, and the patient's resources of it were not
// searched for as a whole or did not all come.
func (r *reading) unsearched(c *chart, t string) bool {
	judged := kindsOf[t] != nil || slices.Contains(places, t) || slices.Contains(unread, t)
	came := slices.Contains(r.types, t) && c.failures[t] == nil && !c.partly[t]
	return judged && t != "Patient" && !came && !c.asked[t]
}

// searchesFor returns the searches for what one patient's resources refer to.
func (r *reading) searchesFor(c *chart, own referred) (all []*searched) {
	selves := make([]string, len(c.self))
	for i, p := range c.self {
		selves[i] = p.ID
	}
	for _, t := range slices.Sorted(maps.Keys(own)) {
		for _, parameter := range slices.Sorted(maps.Keys(own[t])) {
			for some := range slices.Chunk(slices.Sorted(maps.Keys(own[t][parameter])), perSearch) {
				request := r.source.query(t, selves)
				if parameter != "" {
					request.Query.Set(parameter, strings.Join(some, ","))
				}
				all = append(all, &searched{resource: t, charts: []*chart{c}, request: request})
			}
		}
	}
	return all
}

// searchesForNobodys returns the searches for resources without a patient.
func (r *reading) searchesForNobodys(shared referred) (all []*searched) {
	for _, t := range slices.Sorted(maps.Keys(shared)) {
		for some := range slices.Chunk(slices.Sorted(maps.Keys(shared[t]["_id"])), perSearch) {
			s := &searched{resource: t, request: r.source.query(t, nil)}
			s.request.Query.Del("patient")
			s.request.Query.Set("_id", strings.Join(some, ","))
			for _, id := range some {
				for _, c := range shared[t]["_id"][id] {
					if !slices.Contains(s.charts, c) {
						s.charts = append(s.charts, c)
					}
				}
			}
			all = append(all, s)
		}
	}
	return all
}
