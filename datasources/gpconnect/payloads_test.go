package gpconnect_test

import (
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

	"carerecord/datasources/gpconnect"
	"carerecord/internal/fetch"
	"carerecord/internal/fhirtest"
	"carerecord/internal/record"
)

var update = flag.Bool("update", false, "write what is read of the payloads anew")

// Every published payload, what came out of it item by item and what was left with the
// reason, against testdata/read. An independent count of the resources makes sure that
// nothing is lost on the way, and testdata/lost.txt says what values stand in no entry.
func TestEveryPayload(t *testing.T) {
	files, err := filepath.Glob("testdata/s[tp]*/*.gz")
	if err != nil || len(files) != 23 {
		t.Fatalf("%d payloads, %v", len(files), err)
	}
	lost := fhirtest.Lost{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json.gz")
		t.Run(name, func(t *testing.T) {
			data := about(payload(t, strings.TrimPrefix(file, "testdata/")), someone)
			seen := &events{}
			s := gpconnect.Open(practice, fixed(data), ids, gpconnect.Options{Migrate: true, SourceOptions: seen.Options()})
			golden(t, filepath.Join("testdata", "read", name+".txt"), told(t, s, someone, data, seen))
			if got, err := read(t, s, someone); err == nil {
				if err := lost.Look([]byte(data), got); err != nil {
					t.Error(err)
				}
			}
		})
	}
	golden(t, filepath.Join("testdata", "lost.txt"), lost.String())
}

// told is what came out of a payload and what was left.
func told(t *testing.T, s *gpconnect.Source, patient record.NHSNumber, data string, seen *events) string {
	t.Helper()
	got, err := read(t, s, patient)
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "whole answer: %v\n", err)
	} else {
		write(&b, got)
		account(t, &b, data, got)
	}
	for _, line := range seen.Lines() {
		fmt.Fprintf(&b, "observed: %s × %d\n", line, seen.Count(line))
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
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

// write writes every item in a line.
func write(b *strings.Builder, got map[fetch.Kind]fetch.Answer) {
	for _, kind := range kinds {
		lines := linesOf(got[kind])
		gap := ""
		if a := got[kind]; a.Err != nil {
			gap = fmt.Sprintf(", %v", a.Err)
		} else if a.Unreadable != nil && a.Unreadable[0] {
			gap = ", incomplete"
		}
		fmt.Fprintf(b, "%s: %d%s\n", kind, len(lines), gap)
		for _, line := range lines {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
}

func linesOf(a fetch.Answer) []string {
	var lines []string
	switch rows := a.Rows.(type) {
	case *fetch.Rows[record.ListNote]:
		for _, x := range rows.Items {
			lines = append(lines, line(x.Class, x.Note, at(x.Provenance.RecordedAt)))
		}
	case *fetch.Rows[record.Allergy]:
		for _, x := range rows.Items {
			reactions := ""
			for _, r := range x.ReactionDetails {
				reactions += r.Manifestation.Display + " " + string(r.Severity) + "; "
			}
			lines = append(lines, line(at(x.Provenance.RecordedAt), code(&x.Substance), x.Category, x.Status, x.Verification, "onset", x.OnsetOn, "ended", x.EndedOn, x.EndReason, "last", x.LastReactionOn, reactions, who(x.Provenance.RecordedBy), x.Note))
		}
	case *fetch.Rows[record.Medication]:
		for _, x := range rows.Items {
			issues := make([]string, len(x.Issues))
			for i, issue := range x.Issues {
				issues[i] = fmt.Sprintf("%s %s %s", issue.IssuedOn, issue.Quantity, issue.Status)
			}
			lines = append(lines, line(x.StartedOn, "to", x.EndedOn, code(&x.Medicine), x.Kind, x.Intent, x.Status, x.StatusReason, x.Dosage, x.Quantity, "last", x.LastIssuedOn, "review", x.ReviewDueOn, number(x.RepeatsAllowed), number(x.RepeatsIssued), who(x.Prescriber), code(x.PrescribingAgency), "issues: "+strings.Join(issues, "; "), x.Note))
		}
	case *fetch.Rows[record.Problem]:
		for _, x := range rows.Items {
			lines = append(lines, line(x.OnsetOn, "to", x.EndedOn, code(&x.Problem), x.Kind, x.Status, x.Significance, who(x.AssertedBy), x.Note))
		}
	case *fetch.Rows[record.Immunisation]:
		for _, x := range rows.Items {
			lines = append(lines, line(x.GivenOn, code(&x.Vaccine), code(x.Procedure), x.Status, x.Dose, x.DoseQuantity, code(x.Site), code(x.Route), x.Batch, x.Manufacturer, x.ExpiresOn, who(x.GivenBy), x.Location, x.Note))
		}
	case *fetch.Rows[record.Report]:
		for _, x := range rows.Items {
			lines = append(lines, line(at(x.TakenAt), at(x.IssuedAt), code(&x.Kind), x.Title, x.Category, x.Status, x.Conclusion, code(x.Specimen), who(x.Performer), who(x.Requester)))
		}
	case *fetch.Rows[record.Result]:
		for _, x := range rows.Items {
			parts := ""
			for _, p := range x.Components {
				parts += p.Test.Display + " " + value(p.Value) + "; "
			}
			report := ""
			if x.Report != nil {
				report = "report " + string(x.Report.Title)
			}
			lines = append(lines, line(at(x.TakenAt), x.TakenAtPrecision, at(x.IssuedAt), code(&x.Test), x.Category, x.Status, value(x.Value), between(x.ReferenceRange), code(x.Interpretation), code(x.Specimen), parts, x.Comment, who(x.Performer), report))
		}
	case *fetch.Rows[record.VitalSign]:
		for _, x := range rows.Items {
			parts := ""
			for _, p := range x.Components {
				parts += p.Sign.Display + " " + value(p.Value) + "; "
			}
			lines = append(lines, line(at(x.TakenAt), x.TakenAtPrecision, code(&x.Sign), x.Status, value(x.Value), parts, code(x.BodySite), code(x.Interpretation), x.Comment, who(x.Performer)))
		}
	case *fetch.Rows[record.Consultation]:
		for _, x := range rows.Items {
			lines = append(lines, line(at(x.HeldAt), "to", at(x.EndedAt), code(&x.Kind), x.Medium, who(x.Clinician), x.Location))
			for _, section := range x.Sections {
				lines = append(lines, "    "+line(section.Heading, code(section.Entry), section.Text))
			}
		}
	case *fetch.Rows[record.Referral]:
		for _, x := range rows.Items {
			lines = append(lines, line(x.ReferredOn, x.Priority, x.Status, code(x.Service), code(x.Reason), who(x.Referrer), x.Team, x.Note))
		}
	case *fetch.Rows[record.Contact]:
		for _, x := range rows.Items {
			lines = append(lines, line(x.Name, x.Relationship, x.Roles, x.Phone, x.Email, x.Address))
		}
	case *fetch.Rows[record.CareTeamMember]:
		for _, x := range rows.Items {
			lines = append(lines, line(x.Name, x.Role, x.Organisation.Name))
		}
	case *fetch.Rows[record.Document]:
		for _, x := range rows.Items {
			lines = append(lines, line(at(x.WrittenAt), code(&x.Kind), x.Title, x.Status, x.ContentType, number(x.Size), who(x.Author)))
		}
	}
	return lines
}

func line(parts ...any) string {
	var said []string
	for i := 0; i < len(parts); i++ {
		text := strings.Join(strings.Fields(fmt.Sprint(parts[i])), " ")
		label, isLabel := parts[i].(string)
		if isLabel && (label == "to" || label == "ended" || label == "last" || label == "onset" || label == "review") && i+1 < len(parts) {
			i++
			if next := fmt.Sprint(parts[i]); next != "" {
				said = append(said, label+" "+next)
			}
			continue
		}
		if text != "" && text != "[]" {
			said = append(said, text)
		}
	}
	return strings.Join(said, " · ")
}

func at(t record.DateTime) string {
	if t.IsZero() {
		return ""
	}
	return t.In(record.London).Format("2006-01-02T15:04")
}

func code(c *record.Code) string {
	if c == nil {
		return ""
	}
	text := c.Display
	if c.Code != "" {
		text = string(c.Code) + " " + text
	}
	if c.Original != nil {
		text += " (" + code(c.Original) + ")"
	}
	return text
}

func who(p *record.Practitioner) string {
	if p == nil {
		return ""
	}
	return "by " + line(p.Name, p.Role)
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func value(v *record.Value) string {
	if v == nil {
		return ""
	}
	return line("= "+string(v.Text), code(v.Coded), v.AbsentReason)
}

func between(r *record.ReferenceRange) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("[%s to %s %s]", r.Low, r.High, r.Text)
}

// A leftover is a resource as an independent reader sees it.
type leftover struct {
	ResourceType, ID, Comment string
	Code                      json.RawMessage
	Intent                    string
	Context                   struct{ Reference string }
	Contained                 []leftover
	Extension                 []struct {
		URL            string
		ValueReference struct{ Reference string }
	}
}

// kindOf is where resources of a type come out under their own id.
var kindOf = map[string][]fetch.Kind{
	"AllergyIntolerance": {fetch.Allergies, fetch.Notes}, "MedicationStatement": {fetch.Medications}, "MedicationRequest": {fetch.Medications},
	"Condition": {fetch.Problems}, "Immunization": {fetch.Immunisations}, "DiagnosticReport": {fetch.Reports},
	"Observation": {fetch.Results, fetch.VitalSigns}, "Encounter": {fetch.Consultations}, "ReferralRequest": {fetch.Referrals}, "DocumentReference": {fetch.Documents},
}

// account finds every resource of the payload in what came out, or says why it is not
// there. One for which there is no reason fails the test.
func account(t *testing.T, b *strings.Builder, data string, got map[fetch.Kind]fetch.Answer) {
	t.Helper()
	var bundle struct{ Entry []struct{ Resource leftover } }
	if err := json.Unmarshal([]byte(data), &bundle); err != nil {
		t.Fatal(err)
	}
	out := sourceIDs(got)
	said := strings.Join(linesOf(got[fetch.Consultations]), "\n") + strings.Join(linesOf(got[fetch.Reports]), "\n")
	issues := 0
	for _, m := range fetch.RowsOf[record.Medication](got[fetch.Medications]).Items {
		issues += len(m.Issues)
	}
	var all []leftover
	entryOf := map[string]bool{}
	for _, e := range bundle.Entry {
		all = append(append(all, e.Resource), e.Resource.Contained...)
		for _, x := range e.Resource.Extension {
			if strings.Contains(x.URL, "ActualProblem") {
				entryOf[x.ValueReference.Reference] = true
			}
		}
	}
	left, orders := map[string]int{}, 0
	for _, r := range all {
		read := kindOf[r.ResourceType]
		found := slices.ContainsFunc(read, func(kind fetch.Kind) bool { return out[kind][r.ID] })
		switch comment := strings.Join(strings.Fields(r.Comment), " "); {
		case found, r.ResourceType == "Patient", r.ResourceType == "List", r.ResourceType == "OperationOutcome":
		case r.ResourceType == "ProcedureRequest":
			left[r.ResourceType+": a diary entry or the request for a test: the record has no place for it by itself"]++
		case r.ResourceType == "QuestionnaireResponse":
			left[r.ResourceType+": the template of a consultation: its answers come"]++
		case read == nil:
			left[r.ResourceType+": named by what refers to it"]++
		case r.ResourceType == "MedicationRequest" && r.Intent == "plan":
			left["MedicationRequest: the authorisation of a medicine that came"]++
		case r.ResourceType == "MedicationRequest":
			orders++
		case entryOf["Observation/"+r.ID]:
			left["Observation: the entry of a problem that came"]++
		case r.ResourceType == "Observation" && hasCode(r, "37331000000100") && strings.Contains(said, comment):
			left["Observation: a note, in its consultation or report"]++
		case hiddenOnes[strings.TrimPrefix(r.Context.Reference, "Encounter/")] != "":
			left[r.ResourceType+": a note of a consultation that is never shown"]++
		case hiddenOnes[r.ID] != "":
			left[r.ResourceType+": never shown: "+hiddenOnes[r.ID]]++
		case unreadableOnes[r.ID] != "" && slices.ContainsFunc(read, func(kind fetch.Kind) bool { return got[kind].Unreadable != nil }):
			left[r.ResourceType+": incomplete: "+unreadableOnes[r.ID]]++
		case r.ResourceType == "DocumentReference" && got[fetch.Documents].Unreadable != nil:
			left["DocumentReference: incomplete: of a patient who is not in the answer"]++
		default:
			t.Errorf("%s %s is lost", r.ResourceType, r.ID)
		}
	}
	if orders > 0 {
		left["MedicationRequest: an issue of a medicine that came"] = orders
	}
	if orders != issues && got[fetch.Medications].Unreadable == nil {
		t.Errorf("%d issues came of %d", issues, orders)
	}
	for _, reason := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(b, "left: %d %s\n", left[reason], reason)
	}
}

// hiddenOnes are entries of the payloads that are never shown, and why.
var hiddenOnes = map[string]string{
	"CB583513-459B-4099-A50F-C679ED38280E-PROB": "monkeypox stands on the list of sexually transmitted diseases",
	"9F891565-9B5E-487F-9155-6131382DBED8":      "a visit to a children's home, by its words",
}

// unreadableOnes are entries that cannot be read, and why.
var unreadableOnes = map[string]string{
	"29":         "onset on a date that does not exist",
	"28":         "in a list that names another number",
	"Resolved-1": "in a list that names another number",
}

func hasCode(r leftover, code string) bool {
	return strings.Contains(string(r.Code), `"`+code+`"`)
}

func sourceIDs(got map[fetch.Kind]fetch.Answer) map[fetch.Kind]map[string]bool {
	out := map[fetch.Kind]map[string]bool{}
	note := func(kind fetch.Kind, items ...record.RecordItem) {
		if out[kind] == nil {
			out[kind] = map[string]bool{}
		}
		for _, x := range items {
			out[kind][record.Envelope(x).Provenance.SourceID] = true
		}
	}
	for kind, a := range got {
		switch rows := a.Rows.(type) {
		case *fetch.Rows[record.ListNote]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Allergy]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Medication]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Problem]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Immunisation]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Report]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Result]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.VitalSign]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Consultation]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Referral]:
			note(kind, items(rows.Items)...)
		case *fetch.Rows[record.Document]:
			note(kind, items(rows.Items)...)
		}
	}
	return out
}

func items[T any, P interface {
	*T
	record.RecordItem
}](list []T) []record.RecordItem {
	all := make([]record.RecordItem, len(list))
	for i := range list {
		all[i] = P(&list[i])
	}
	return all
}
