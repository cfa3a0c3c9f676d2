package fhirtest

import "strings"

// pds writes the Patient of PDS and the related persons that come with them. The practice
// stands there by its code alone, and the borough does not.
func (p *pile) pds() {
	self := p.self(string(p.person.Number))
	for _, r := range p.person.Rows[p.source] {
		switch x := (row{p, r}); r.Relation {
		case "person":
			p.pdsPerson(self, x)
		case "telecom":
			points, _ := self["telecom"].([]object)
			self["telecom"] = append(points, object{"system": x.lower("system"), "value": x.s("value"), "use": x.lower("use")})
		case "contact":
			o := x.related("")
			delete(o, "meta")
			p.add("RelatedPerson", x.id(), o)
		case "need":
			p.pdsNeed(self, x)
		}
	}
}

func (p *pile) pdsPerson(self object, r row) {
	label := coding(term+"v3-Confidentiality", "U", "unrestricted")
	if r.is("restricted") {
		label = coding(term+"v3-Confidentiality", "R", "restricted")
	}
	self["meta"] = object{"security": one(label), "versionId": "2"}
	self["identifier"].([]object)[0]["extension"] = extensions(extension(ukcX+"NHSNumberVerificationStatus", object{
		"valueCodeableConcept": object{"coding": one(coding("https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus", r.s("status_code"), numberStatuses[r.s("status_code")]))}}))
	self["name"] = one(object{"use": "usual", "text": r.s("name_full"), "prefix": []string{r.s("name_prefix")}, "given": r.texts("name_given"), "family": r.s("name_family"),
		"suffix": []string{r.s("name_suffix")}, "period": period("2001-04-25", "")})
	self["gender"], self["birthDate"], self["maritalStatus"] = r.lower("gender"), r.s("born_on"), r.concept("marital_status")
	if self["deceasedDateTime"] = r.at("died_at"); r.is("died_at_day_only") {
		self["deceasedDateTime"] = r.at("died_at") + "T00:00:00+00:00"
	}
	self["address"] = one(object{"use": "home", "line": r.texts("address_lines"), "postalCode": r.s("address_postcode"), "period": period("2001-04-25", "")})
	if ods := r.s("practice_ods"); ods != "" {
		self["generalPractitioner"] = one(object{"type": "Organization", "identifier": object{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": ods, "period": period("2001-04-25", "")}})
	}
	language := object{}
	if r.has("language") {
		language = extension(ukcX+"NHSCommunication", object{"extension": extensions(extension("language", object{"valueCodeableConcept": r.concept("language")}))})
	}
	all, _ := self["extension"].([]object)
	self["extension"] = append(all, extensions(extension(ukcX+"EthnicCategory", object{"valueCodeableConcept": r.concept("ethnic_category")}), language)...)
}

// numberStatuses are UK Core's.
var numberStatuses = map[string]string{"01": "Number present and verified", "02": "Number present but not traced", "03": "Trace required",
	"04": "Trace attempted - No match or multiple match found", "05": "Trace needs to be resolved - (NHS Number or patient detail conflict)", "06": "Trace in progress",
	"07": "Number not present and trace not required", "08": "Trace postponed (baby under six weeks old)"}

// pdsNeed is an interpreter for a language. Of other needs PDS knows nothing.
func (p *pile) pdsNeed(self object, r row) {
	if r.s("category") != "INTERPRETER" {
		return
	}
	language, _, _ := strings.Cut(r.s("detail"), ",")
	all, _ := self["extension"].([]object)
	self["extension"] = append(all, extension(ukcX+"NHSCommunication", object{"extension": []object{
		extension("language", object{"valueCodeableConcept": words(language)}), extension("interpreterRequired", object{"valueBoolean": true})}}))
}
