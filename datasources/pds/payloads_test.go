package pds_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carerecord/datasources/pds"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

var update = flag.Bool("update", false, "write what is read of the payloads anew")

// both answers with one body for the Patient and another for the related persons.
type both struct{ patient, related string }

func (f both) Fetch(_ context.Context, r fhir.Request) ([]byte, error) {
	body := f.patient
	if strings.HasSuffix(r.Path, "/RelatedPerson") {
		body = f.related
	}
	return []byte(body), fhir.Check([]byte(body))
}

const nobody = `{"resourceType":"Bundle","type":"searchset","total":0}`

// A published person as an independent reader sees them.
type published struct {
	ResourceType, ID string
	Meta             struct{ Security []struct{ Code string } }
	Name             []part
	Telecom          []part
	Address          []part
	Contact          []part
	Extension        []part
	Raw              map[string]json.RawMessage `json:"-"`
}

type part struct {
	URL, Use, Family, Value, System string
	Line                            []string
	Period                          struct{ Start, End string }
	Telecom                         []part
}

func (p part) over() bool { return p.Period.End != "" && p.Period.End < "2025-06-01" }

func peopleOf(t *testing.T, data string) []published {
	t.Helper()
	var raws []json.RawMessage
	var b struct {
		Entry []struct{ Resource json.RawMessage }
	}
	if err := json.Unmarshal([]byte(data), &b); err != nil {
		t.Fatal(err)
	}
	for _, e := range b.Entry {
		raws = append(raws, e.Resource)
	}
	if len(raws) == 0 {
		raws = append(raws, json.RawMessage(data))
	}
	var all []published
	for _, raw := range raws {
		var p published
		if json.Unmarshal(raw, &p) != nil || json.Unmarshal(raw, &p.Raw) != nil {
			t.Fatal("a payload that cannot be read")
		}
		all = append(all, p)
	}
	return all
}

// Every published Patient, alone or in the answer to a search, asked for by its number:
// what came out, item by item, and what was left with the reason.
func TestEveryPatient(t *testing.T) {
	var b strings.Builder
	patients := 0
	for _, folder := range []string{"patients", "sandbox", "search-sets", "related-persons"} {
		files, err := filepath.Glob("testdata/" + folder + "/*.gz")
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, file := range files {
			name := folder + "/" + strings.TrimSuffix(filepath.Base(file), ".json.gz")
			data := payload(t, strings.TrimPrefix(file, "testdata/"))
			for i, p := range peopleOf(t, data) {
				fmt.Fprintf(&b, "%s, %s %d\n", name, p.ResourceType, i+1)
				switch p.ResourceType {
				case "Patient":
					patients++
					readOne(t, &b, data, p)
				case "RelatedPerson":
					readRelated(t, &b, data, p)
				default:
					readNobody(t, &b, data)
				}
			}
		}
	}
	if patients != 90 {
		t.Errorf("%d patients", patients)
	}
	golden(t, "testdata/read.txt", b.String())
}

func readOne(t *testing.T, b *strings.Builder, data string, p published) {
	t.Helper()
	seen := &events{}
	s := pds.Open(org, both{data, nobody}, ids, pds.Options{Observe: seen.Observe})
	got, err := read(t, s, subjects("", record.NHSNumber(p.ID)))
	if err != nil {
		t.Fatal(err)
	}
	write(b, got)
	if err := failure(got[fetch.Persons], 0); err != nil {
		if _, parseErr := record.ParseNHSNumber(p.ID); parseErr == nil {
			t.Errorf("a number that is one: %v", err)
		}
		fmt.Fprintf(b, "  left: all of it: its number has a wrong check digit: %v\n", err)
		return
	}
	account(t, b, p, got)
	for _, line := range seen.Lines() {
		fmt.Fprintf(b, "  observed: %s × %d\n", line, seen.Count(line))
	}
}

// readRelated reads a set of related persons as the answer for the patient it names.
func readRelated(t *testing.T, b *strings.Builder, data string, p published) {
	t.Helper()
	_, after, _ := strings.Cut(data, "/Patient/")
	number := record.NHSNumber(after[:10])
	seen := &events{}
	s := pds.Open(org, both{person(number), data}, ids, pds.Options{Observe: seen.Observe})
	got, err := read(t, s, subjects("", number))
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(contacts(got, 0), func(c record.Contact) bool { return c.Provenance.SourceID == p.ID })
	over := strings.Contains(string(p.Raw["period"]), "2021-12-31")
	switch {
	case found == over:
		t.Errorf("%s: came out: %v; over: %v", p.ID, found, over)
	case over:
		fmt.Fprintf(b, "  left: %s: no contact any more since 2021-12-31\n", p.ID)
		return
	}
	for _, c := range contacts(got, 0) {
		if c.Provenance.SourceID == p.ID {
			fmt.Fprintf(b, "  contact: %s\n", contactLine(&c))
		}
	}
	fmt.Fprintf(b, "  left: rank, correspondence, language and preferences of the contact: no place in the record\n")
}

func readNobody(t *testing.T, b *strings.Builder, data string) {
	t.Helper()
	got, err := read(t, pds.Open(org, both{data, nobody}, ids, pds.Options{}), subjects("", someone))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []fetch.Kind{fetch.Persons, fetch.Contacts, fetch.Needs} {
		if err := failure(got[kind], 0); err == nil {
			t.Errorf("%s: an outcome passes for an answer", kind)
		} else if kind == fetch.Persons {
			fmt.Fprintf(b, "  left: all of it: %v\n", err)
		}
	}
}

func write(b *strings.Builder, got map[fetch.Kind]fetch.Answer) {
	for _, p := range persons(got, 0) {
		fmt.Fprintf(b, "  person: %s\n", personLine(&p))
	}
	for _, c := range contacts(got, 0) {
		fmt.Fprintf(b, "  contact: %s\n", contactLine(&c))
	}
	for _, n := range needs(got, 0) {
		fmt.Fprintf(b, "  need: %s %s · %s · %s\n", n.Kind.Code, n.Kind.Display, n.Category, n.Detail)
	}
}

func personLine(p *record.Person) string {
	if p.Restricted {
		if diff := cmp.Diff(record.Person{Restricted: true}, *p); diff != "" {
			return "RESTRICTED AND DISCLOSED " + diff
		}
		return "restricted, and nothing else"
	}
	said := []string{string(p.DateOfBirth), string(p.Gender)}
	if p.Name != nil {
		said = append([]string{fmt.Sprintf("%s (%s|%s|%s|%s)", p.Name.Full, p.Name.Prefix, strings.Join(p.Name.Given, ","), p.Name.Family, p.Name.Suffix)}, said...)
	}
	if !p.DeceasedAt.IsZero() {
		said = append(said, "died "+p.DeceasedAt.In(record.London).Format("2006-01-02T15:04")+" "+string(p.DeceasedAtPrecision))
	}
	if p.Address != nil {
		said = append(said, strings.Join(p.Address.Lines, ", ")+", "+string(p.Address.Postcode))
	}
	for _, t := range p.Telecom {
		said = append(said, fmt.Sprintf("%s %s %s", t.System, t.Value, t.Use))
	}
	if p.RegisteredPractice != nil {
		said = append(said, "practice "+string(p.RegisteredPractice.ODSCode))
	}
	if p.PreferredLanguage != nil {
		said = append(said, "speaks "+p.PreferredLanguage.Display)
	}
	if p.NHSNumberStatus != nil {
		said = append(said, "number "+string(p.NHSNumberStatus.Code)+" "+p.NHSNumberStatus.Display)
	}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")
}

func contactLine(c *record.Contact) string {
	said := []string{string(c.Name), string(c.Relationship), fmt.Sprint(c.Roles), string(c.Phone), string(c.Email), string(c.Address), "since " + string(c.Since)}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" || s == "[]" || s == "since " }), " · ")
}

// places are the members that the record has a place for, or whose absence from it has a
// reason.
var places = map[string]string{
	"resourceType": "", "id": "", "identifier": "", "meta": "", "name": "", "gender": "", "birthDate": "", "deceasedDateTime": "", "address": "", "telecom": "",
	"generalPractitioner": "", "contact": "", "extension": "",
	"multipleBirthInteger": "no place in the record", "managingOrganization": "the registered practice once more",
}

var extensionPlaces = map[string]string{
	"NHSCommunication": "", "ContactPreference": "",
	"NominatedPharmacy": "no place in the record", "PreferredDispenserOrganization": "no place in the record", "MedicalApplianceSupplier": "no place in the record",
	"DeathNotificationStatus": "the date of death comes", "patient-birthPlace": "no place in the record", "PDS-RemovalFromRegistration": "no place in the record",
}

// account finds each part of a published Patient in what came out, or says why it is not
// there. One for which there is no reason fails the test.
func account(t *testing.T, b *strings.Builder, p published, got map[fetch.Kind]fetch.Answer) {
	t.Helper()
	out := persons(got, 0)
	if len(out) != 1 {
		t.Fatalf("%d persons", len(out))
	}
	restricted := p.Meta.Security[0].Code != "U"
	if out[0].Restricted != restricted {
		t.Errorf("restricted: %v", out[0].Restricted)
	}
	if restricted {
		if len(contacts(got, 0))+len(needs(got, 0)) > 0 {
			t.Error("something of a restricted person came out")
		}
		fmt.Fprintf(b, "  left: all of it: the person is restricted\n")
		return
	}
	said := personLine(&out[0])
	for _, c := range contacts(got, 0) {
		said += contactLine(&c)
	}
	left := func(what, why string) { fmt.Fprintf(b, "  left: %s: %s\n", what, why) }
	for _, member := range slices.Sorted(maps.Keys(p.Raw)) {
		if why, known := places[member]; !known {
			t.Errorf("%s has neither a place nor a reason", member)
		} else if why != "" {
			left(member, why)
		}
	}
	lost := func(what string, found, over bool, other string) {
		switch {
		case found:
		case over:
			left(what, "its time is over")
		case other != "":
			left(what, other)
		default:
			t.Errorf("%s is lost", what)
		}
	}
	for _, n := range p.Name {
		lost("name", strings.Contains(said, "|"+n.Family+"|"), false, map[string]string{"old": "an earlier name"}[n.Use])
	}
	for _, x := range p.Telecom {
		lost("telecom "+x.System, strings.Contains(said, x.Value), x.over(), "")
	}
	for _, a := range p.Address {
		lost("address "+a.Use, len(a.Line) > 0 && strings.Contains(said, a.Line[0]) && a.Use == "home", a.over(), map[string]string{"temp": "the home address comes"}[a.Use])
	}
	for _, c := range p.Contact {
		lost("contact", len(c.Telecom) > 0 && strings.Contains(said, c.Telecom[0].Value) && len(contacts(got, 0)) > 0, c.over(), "")
	}
	for _, e := range p.Extension {
		name := strings.TrimPrefix(e.URL[strings.LastIndexByte(e.URL, '/')+1:], "Extension-UKCore-")
		name = strings.TrimPrefix(name, "Extension-")
		if why, known := extensionPlaces[name]; !known {
			t.Errorf("extension %s has neither a place nor a reason", name)
		} else if why != "" {
			left(name, why)
		} else if len(needs(got, 0)) == 0 {
			t.Errorf("%s is lost", name)
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run with -update and read what was written", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
