package trusted_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/graph"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/internal/transport"
	"carerecord/internal/trusted"
	"carerecord/resolvers"
)

// allergies is a document that holds, with its manifest.
const (
	allergies = "query Allergies($n: NHSNumber!) { patient(nhsNumber: $n) { id allergies { state nodes { id } } } }\n"
	manifest  = `app: board
owner: The board team
documents:
  - id: allergies
    file: allergies.graphql
    purposes: [TREAT, ETREAT]
    classes: [ALLERGIES]
    safety: Show the state.
`
)

// read reads a folder with the documents and the manifests that files say, against the
// graph's own schema and policy.
func read(files map[string]string) ([]trusted.Document, error) {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return readFolder(trusted.Folder{Name: "theirs", FS: folder, Dir: "."})
}

func readFolder(folder trusted.Folder) ([]trusted.Document, error) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	prepared := transport.NewTrusted(schema, transport.Options{Limits: transport.Limits{Cost: 100_000}})
	documents, _, faults := trusted.Read(trusted.Check{
		Policy: consent.Default(), MaxLen: 2000,
		Prepare: func(d trusted.Document) (*ast.QueryDocument, error) {
			p, err := prepared.Prepare(transport.TrustedDocument{IDs: d.IDs(), Text: d.Text})
			if err != nil {
				return nil, err
			}
			return p.AST(), nil
		},
		Needs: func(doc *ast.QueryDocument) consent.Needs { return resolvers.Needs(schema, doc) },
	}, folder)
	if len(faults) == 0 {
		return documents, nil
	}
	texts := make([]string, len(faults))
	for i, fault := range faults {
		texts[i] = fault.Error()
	}
	return documents, fmt.Errorf("%s", strings.Join(texts, "\n"))
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

func TestADocumentThatHolds(t *testing.T) {
	for id, ids := range map[string][]string{
		"allergies":                {"allergies", "sha256:" + sum(allergies)},
		"sha256:" + sum(allergies): {"sha256:" + sum(allergies)},
	} {
		documents, err := read(map[string]string{"board.yml": strings.Replace(manifest, "id: allergies", "id: "+id, 1), "allergies.graphql": allergies})
		if err != nil || len(documents) != 1 {
			t.Fatalf("%d documents, %v", len(documents), err)
		}
		d := documents[0]
		if strings.Join(d.IDs(), " ") != strings.Join(ids, " ") || d.App != "board" || d.Owner != "The board team" || d.Text != allergies || d.SHA256 != sum(allergies) ||
			d.Classes != consent.ClassSetOf(record.ClassAllergies) || d.Safety != "Show the state." {
			t.Errorf("%+v", d)
		}
		for purpose, want := range map[auth.Purpose]bool{auth.Treatment: true, auth.EmergencyTreatment: true, auth.CareManagement: false, "": false} {
			if got := d.For(auth.Principal{Purpose: purpose}); got != want {
				t.Errorf("for %q: %v", purpose, got)
			}
		}
	}
}

// One that does not hold is refused with the manifest, the document and what to do.
func TestRefusals(t *testing.T) {
	const safety = "    safety: Show the state.\n"
	second := manifest + strings.SplitAfter(manifest, "documents:\n")[1]
	for name, test := range map[string]struct {
		from, to string // of the manifest
		text     string // in the place of the document
		want     string
	}{
		"classes beyond the purpose": {from: "[TREAT, ETREAT]", to: "[TREAT, PATADMIN]", want: "for the purpose PATADMIN no role may see ALLERGIES (policy"},
		"declared classes beyond the purpose, whatever it asks for": {from: "[TREAT, ETREAT]", to: "[HSYSADMIN]", text: "{ viewer { role } }",
			want: "for the purpose HSYSADMIN no role may see ALLERGIES"},
		"a record for a purpose that reads none": {from: "[TREAT, ETREAT]\n    classes: [ALLERGIES]", to: "[HQUALIMP]\n    classes: []",
			text: "query ($n: NHSNumber!) { patient(nhsNumber: $n) { id } }", want: "for the purpose HQUALIMP no role reads patients' records"},
		"a duty beyond the purpose":            {text: "query ($n: NHSNumber!) { accessLog(nhsNumber: $n) { pageInfo { hasNextPage } } }", want: "for the purpose TREAT no role has the duty ACCESS_LOG"},
		"too few classes":                      {from: "classes: [ALLERGIES]", to: "classes: [CURRENT_MEDICATIONS]", want: "it asks for ALLERGIES, which its classes do not name"},
		"a narrower class than is asked for":   {from: "classes: [ALLERGIES]", to: "classes: [CURRENT_MEDICATIONS]", text: "query ($n: NHSNumber!) { patient(nhsNumber: $n) { medications { state } } }", want: "it asks for MEDICATIONS, which"},
		"a narrower class by a variable":       {from: "classes: [ALLERGIES]", to: "classes: [CURRENT_MEDICATIONS]", text: "query ($n: NHSNumber!, $s: MedicationFilter = CURRENT) { patient(nhsNumber: $n) { medications(status: $s) { state } } }", want: "it asks for MEDICATIONS, which"},
		"a purpose there is not":               {from: "[TREAT, ETREAT]", to: "[TREAT, CURIOSITY]", want: `there is no purpose "CURIOSITY"; there are TREAT, ETREAT`},
		"no purpose":                           {from: "    purposes: [TREAT, ETREAT]\n", want: "purposes are missing"},
		"a class there is not":                 {from: "[ALLERGIES]", to: "[ALLERGIES, GOSSIP]", want: `there is no class "GOSSIP"`},
		"no safety note":                       {from: safety, want: "safety is missing"},
		"no owner":                             {from: "owner: The board team\n", want: "owner is missing"},
		"no app":                               {from: "app: board\n", want: `app "" is no name`},
		"no documents":                         {from: strings.SplitAfter(manifest, "The board team\n")[1], to: "documents: []\n", want: "it has no documents"},
		"an id twice":                          {from: manifest, to: second, want: "it has the id or the text of theirs/board.yml: allergies"},
		"a text twice":                         {from: manifest, to: strings.Replace(second, "id: allergies", "id: first", 1), want: "it has the id or the text of theirs/board.yml: first"},
		"no id":                                {from: "id: allergies\n    ", want: `document 1: id "" is neither a name`},
		"an id that is no name":                {from: "id: allergies", to: "id: ../Allergies", want: "is neither a name"},
		"an id with a long number":             {from: "id: allergies", to: "id: of-9990000018", want: "no long number"},
		"an id with another's prefix":          {from: "id: allergies", to: "id: x-app:allergies", want: "is neither a name"},
		"a digest of another text":             {from: "id: allergies", to: "id: sha256:" + strings.Repeat("0", 64), want: "the text has the SHA-256 " + sum(allergies)},
		"no file":                              {from: "    file: allergies.graphql\n", want: `file "" is no path in the folder`},
		"a file that is not there":             {from: "allergies.graphql", to: "allergy.graphql", want: "allergy.graphql cannot be read"},
		"a file outside the folder":            {from: "allergies.graphql", to: "../allergies.graphql", want: "is no path in the folder"},
		"a file by its whole path":             {from: "allergies.graphql", to: "/etc/allergies.graphql", want: "is no path in the folder"},
		"a text that does not parse":           {text: "{ patient(", want: "line 1"},
		"a text that does not validate":        {text: "{ viewer { shoeSize } }", want: "shoeSize"},
		"a text that is not UTF-8":             {text: "{ viewer { role } } # \xff", want: "is not in UTF-8"},
		"a text that is too long":              {text: "{ viewer { role } } #" + strings.Repeat(" ", 2000), want: "is longer than a request may be, 2000 bytes"},
		"a text that costs too much":           {text: "query ($n: [NHSNumber!]!) { patients(nhsNumbers: $n) { patient { results(first: 200) { nodes { id test { code display } provenance { sector sourceId organisation { name odsCode } } } } vitalSigns(first: 200) { nodes { id sign { code display } components { value { text } } provenance { sector } } } timeline(first: 200) { nodes { id headline provenance { sector } } } } } }", want: "limits.cost"},
		"a text with a person's number":        {text: `{ patient(nhsNumber: "9990000018") { id allergies { state } } }`, want: "An NHS number stands in the document"},
		"a manifest that is no YAML":           {from: "app: board", to: "app: [board", want: "it is not a manifest"},
		"a manifest with a line nobody knows":  {from: safety, to: safety + "    speed: fast\n", want: "it is not a manifest"},
		"a manifest with a line twice":         {from: safety, to: safety + safety, want: "it is not a manifest"},
		"a manifest in two":                    {from: "app: board", to: "app: board\n---\napp: board", want: "theirs/board.yml"},
		"an empty manifest":                    {from: manifest, to: "", want: "it is empty"},
		"a manifest that goes on after itself": {from: safety, to: safety + "---\napp: other\n", want: "it goes on after its end"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(manifest, test.from) {
				t.Fatal("the manifest has nothing of the kind")
			}
			text := allergies
			if test.text != "" {
				text = test.text
			}
			documents, err := read(map[string]string{"board.yml": strings.Replace(manifest, test.from, test.to, 1), "allergies.graphql": text})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "theirs/board.yml: ") {
				t.Errorf("it does not say where: %v", err)
			}
			if name != "an id twice" && name != "a text twice" && name != "no owner" && name != "no app" && name != "a manifest that goes on after itself" && len(documents) > 0 {
				t.Errorf("it is one of %d documents", len(documents))
			}
		})
	}
	if _, err := read(map[string]string{"allergies.graphql": allergies}); err == nil || !strings.Contains(err.Error(), "theirs: it holds no manifest") {
		t.Errorf("a folder without a manifest: %v", err)
	}
}

// What a purpose may see and do may be asked, by a text and a manifest as long as may be.
func TestWhatHoldsAtItsEdge(t *testing.T) {
	text := "query ($n: NHSNumber!) { accessLog(nhsNumber: $n) { pageInfo { hasNextPage } } } #"
	text += strings.Repeat(" ", 2000-len(text))
	own := strings.NewReplacer("[TREAT, ETREAT]", "[HSYSADMIN]", "[ALLERGIES]", "[]").Replace(manifest) + "#"
	own += strings.Repeat(" ", 1<<20-len(own))
	for _, file := range []string{"board.yml", "board.yaml"} {
		if documents, err := read(map[string]string{file: own, "allergies.graphql": text}); err != nil || len(documents) != 1 {
			t.Errorf("%s: %d documents, %v", file, len(documents), err)
		}
	}
	if _, err := read(map[string]string{"notes.yet.xml": own, "allergies.graphql": text}); err == nil || !strings.HasPrefix(err.Error(), "theirs: it holds no manifest") {
		t.Errorf("a file that is no manifest: %v", err)
	}
	if _, err := read(map[string]string{"board.yml": own + " ", "allergies.graphql": text}); err == nil || err.Error() != "theirs/board.yml: it is longer than 1048576 bytes; divide it" {
		t.Errorf("a manifest that is longer: %v", err)
	}
}

// What follows from a fault is not said beside it.
func TestOneFaultIsOne(t *testing.T) {
	const missing = ": allergies.graphql cannot be read; correct the path"
	second := strings.Replace(strings.SplitAfter(manifest, "documents:\n")[1], "id: allergies", "id: others", 1)
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"two texts that are not there": {map[string]string{"board.yml": manifest + second}, "theirs/board.yml: allergies" + missing + "\ntheirs/board.yml: others" + missing},
		"a purpose there is not": {map[string]string{"board.yml": strings.Replace(manifest, "[TREAT, ETREAT]", "[CURIOSITY]", 1), "allergies.graphql": allergies},
			"theirs/board.yml: allergies: there is no purpose \"CURIOSITY\"; there are " + consent.PurposeNames()},
		"a manifest that is a folder": {map[string]string{"board.yml/x": ""}, "theirs/board.yml: it cannot be read; see that the service may"},
	} {
		if _, err := read(test.files); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	if _, err := readFolder(trusted.Folder{Name: "theirs", FS: fstest.MapFS{}, Dir: "["}); err == nil || err.Error() != "theirs: it cannot be read; correct the path" {
		t.Errorf("a folder whose name is a pattern: %v", err)
	}
}

// All that is wrong is said at once.
func TestEveryFaultOfEveryManifest(t *testing.T) {
	bad := strings.NewReplacer("[TREAT, ETREAT]", "[X]", "[ALLERGIES]", "[Y]").Replace(manifest)
	_, err := read(map[string]string{"a.yml": bad, "b.yml": strings.ReplaceAll(bad, "id: allergies", "id: others"), "allergies.graphql": allergies})
	for _, want := range []string{`theirs/a.yml: allergies: there is no purpose "X"`, `theirs/a.yml: allergies: there is no class "Y"`, `theirs/b.yml: others: there is no purpose "X"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// What is built in nobody can edit: what the policy or the limits do not allow is left out, and said.
func TestBuiltInsAreLeftOut(t *testing.T) {
	files := fstest.MapFS{
		"app.yml":           {Data: []byte(manifest)},
		"allergies.graphql": {Data: []byte(allergies)},
	}
	none := consent.Needs{Duties: []consent.Duty{consent.Caseloads}}
	for name, check := range map[string]trusted.Check{
		"never answered":  {MaxLen: 2000, Prepare: func(trusted.Document) (*ast.QueryDocument, error) { return nil, errors.New("too costly") }},
		"too long":        {MaxLen: 10},
		"beyond a policy": {MaxLen: 2000, Prepare: func(trusted.Document) (*ast.QueryDocument, error) { return nil, nil }, Needs: func(*ast.QueryDocument) consent.Needs { return none }},
	} {
		check.Policy = consent.Default()
		for _, builtIn := range []bool{true, false} {
			documents, leftOut, faults := trusted.Read(check, trusted.Folder{Name: "folder", FS: files, Dir: ".", BuiltIn: builtIn})
			if len(documents) > 0 || (len(leftOut) > 0) != builtIn || (len(faults) > 0) == builtIn {
				t.Errorf("%s, built in %t: %d documents, left out %v, faults %v", name, builtIn, len(documents), leftOut, faults)
			}
		}
	}
}
