package fhir

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"carerecord/internal/record"
)

// Limits of a folder. It is for tests and demos; use a database for more.
const (
	maxFiles      = 10_000
	maxFolderSize = 1 << 30
)

// NHSNumberSystem is the system URI of NHS numbers.
const NHSNumberSystem = "https://fhir.nhs.uk/Id/nhs-number"

// A Folder stands in for a FHIR source. It holds bundles (of one or more people) and single resources as
// JSON files, plain or .gz. It answers every request with resources of the requested patient: those of the
// type searched for, or all of them if the request is not a search. If these are in a single bundle file,
// the answer is that file as it is. It also serves what documents refer to inside the folder: Binaries, and
// files that are not records.
type Folder struct {
	root     *os.Root
	people   map[record.NHSNumber][]string // files by the NHS numbers in them
	binaries map[string]string             // files that are one Binary, by its key; "" if two have the same key

	// Left gives, by name, the files that hold no identifiable patient, and why.
	Left map[string]string
}

// OpenFolder indexes a folder by NHS number. It leaves out what it cannot read and names it in Left.
func OpenFolder(path string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("%w: the folder of a fhir-dir source cannot be opened: %w", record.ErrInvalid, err)
	}
	f := &Folder{root: root, people: map[record.NHSNumber][]string{}, binaries: map[string]string{}, Left: map[string]string{}}
	if err := f.index(maxFiles, maxFolderSize); err != nil {
		root.Close()
		return nil, err
	}
	return f, nil
}

// Close closes the folder. The Folder cannot be used afterwards.
func (f *Folder) Close() error { return f.root.Close() }

// Patients is the number of people in the folder.
func (f *Folder) Patients() int { return len(f.people) }

// index reads the folder, up to the given number of files and bytes.
func (f *Folder) index(files int, size int64) error {
	loose := map[string][]string{}               // files of a single resource, by the patient id it refers to
	known := map[string]record.NHSNumber{"": ""} // numbers by id of Patients in their own file; "" if ambiguous
	err := fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%w: the folder of a fhir-dir source cannot be read", record.ErrInvalid)
		}
		if !d.Type().IsRegular() || !isRecord(name) {
			return nil
		}
		data, err := f.read(name)
		if err != nil {
			f.Left[name] = err.Error()
			return nil
		}
		if files, size = files-1, size-int64(len(data)); files < 0 || size < 0 {
			return fmt.Errorf("%w: the folder of a fhir-dir source holds more than %d files or %d bytes", record.ErrInvalid, maxFiles, maxFolderSize)
		}
		f.note(name, data, loose, known)
		return nil
	})
	for id, names := range loose {
		number := known[id]
		for _, name := range names {
			if number == "" {
				f.Left[name] = "no patient with an NHS number"
				continue
			}
			f.people[number] = append(f.people[number], name)
		}
	}
	for number, names := range f.people {
		slices.Sort(names)
		f.people[number] = slices.Compact(names) // a bundle may have two Patients of one number
	}
	return err
}

// note records a file: a bundle or a Patient under its NHS numbers, any other resource under the patient id
// it refers to.
func (f *Folder) note(name string, data []byte, loose map[string][]string, known map[string]record.NHSNumber) {
	numbers := Numbers(data)
	for _, number := range numbers {
		f.people[number] = append(f.people[number], name)
	}
	one, ok := ParseResource(data)
	switch {
	case !ok && one.Type == "": // an unreadable resource with a type is a gap of the patient it refers to
		f.Left[name] = "no resource"
	case one.Type == "Patient" && len(numbers) == 1:
		if _, twice := known[one.ID]; twice {
			numbers[0] = ""
		}
		known[one.ID] = numbers[0]
	case one.Type == "Binary":
		if _, twice := f.binaries[one.Key()]; twice {
			name = ""
		}
		f.binaries[one.Key()] = name
	case len(numbers) == 0:
		loose[patientOf(one.Raw)] = append(loose[patientOf(one.Raw)], name)
	}
}

// patientOf returns the id of the patient that a resource refers to; "" if it names none.
func patientOf(raw json.RawMessage) string {
	var r struct{ Subject, Patient, For, Individual Reference }
	if json.Unmarshal(raw, &r) != nil {
		return ""
	}
	for _, ref := range []Reference{r.Subject, r.Patient, r.For, r.Individual} {
		if id, ok := strings.CutPrefix(ref.Reference, "Patient/"); ok {
			return id
		}
	}
	return ""
}

// Numbers returns the NHS numbers of the Patients in an answer. A number that two Patients share comes
// twice.
func Numbers(data []byte) []record.NHSNumber {
	var numbers []record.NHSNumber
	bundle, err := ParseBundle(data)
	if err != nil {
		r, ok := ParseResource(data)
		if !ok {
			return nil
		}
		bundle = &Bundle{Resources: []Resource{r}}
	}
	for i := range bundle.Resources {
		if number, ok := bundle.Resources[i].NHSNumber(); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// NHSNumber returns the current NHS number of a Patient; false if it has none or more than one.
func (r *Resource) NHSNumber() (said record.NHSNumber, ok bool) {
	if r.Type != "Patient" {
		return "", false
	}
	var patient struct{ Identifier []Identifier }
	if json.Unmarshal(r.Raw, &patient) != nil {
		return "", false
	}
	for _, identifier := range patient.Identifier {
		if identifier.System != NHSNumberSystem || identifier.Use == "old" {
			continue
		}
		switch number, err := record.ParseNHSNumber(identifier.Value); {
		case err != nil:
		case ok && number != said:
			return "", false // ambiguous
		default:
			said, ok = number, true
		}
	}
	return said, ok
}

func (f *Folder) read(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: a file that cannot be opened", record.ErrUnavailable)
	}
	defer file.Close()
	var reader io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		unzipped, err := gzip.NewReader(file)
		if err != nil {
			return nil, Malformedf("compressed wrongly")
		}
		reader = unzipped
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	switch {
	case err != nil:
		return nil, Malformedf("a file that cannot be read to its end")
	case len(data) > maxBody:
		return nil, Malformedf("larger than %d bytes", maxBody)
	}
	return data, Check(data)
}

// Fetch answers from the patient's files. An unknown number is record.ErrNotFound.
func (f *Folder) Fetch(ctx context.Context, r Request) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, failure(ctx, err)
	}
	names := f.people[r.Patient]
	if len(names) == 0 {
		return nil, &StatusError{Status: 404, Codes: []string{"PATIENT_NOT_FOUND"}, Kind: record.ErrNotFound}
	}
	if address := r.refersTo(); address != "" {
		return f.attachment(names, address)
	}
	searched := r.Path
	if r.Body != nil || strings.Contains(searched, "/") {
		searched = ""
	}
	if len(names) == 1 && searched == "" {
		if data, err := f.read(names[0]); err != nil || textOf(data, "resourceType") == "Bundle" {
			return data, err
		}
	}
	return f.assemble(names, searched)
}

// bundle returns the bundle in a file. A file of one resource becomes a bundle of that resource.
func (f *Folder) bundle(name string) (*Bundle, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	if bundle, err := ParseWhole(data); err == nil {
		return bundle, nil
	}
	one, ok := ParseResource(data)
	if !ok {
		return &Bundle{Broken: 1, Unreadable: []Resource{{Type: one.Type, ID: one.ID, Raw: data}}}, nil
	}
	return &Bundle{Resources: []Resource{one}}, nil
}

// assemble makes one bundle of several files. It includes Patients in every search result, so that the
// reader can tell whose it is. If a file lacks something, or has an entry about which nothing is known, the
// bundle has an entry without a resource.
func (f *Folder) assemble(names []string, searched string) ([]byte, error) {
	type entry struct {
		FullURL  string          `json:"fullUrl,omitempty"`
		Resource json.RawMessage `json:"resource,omitempty"`
		Modifier json.RawMessage `json:"modifierExtension,omitempty"`
	}
	entries := []entry{}
	for _, name := range names {
		bundle, err := f.bundle(name)
		if err != nil {
			return nil, err
		}
		sought := func(r *Resource) bool { return searched == "" || r.Type == searched || r.Type == "Patient" }
		for i := range bundle.Resources {
			if r := &bundle.Resources[i]; sought(r) {
				entries = append(entries, entry{FullURL: r.FullURL, Resource: r.labelled()})
			}
		}
		for i := range bundle.Unreadable { // marked modified, in case their entry made them unreadable
			if r := &bundle.Unreadable[i]; sought(r) {
				entries = append(entries, entry{r.FullURL, r.Raw, json.RawMessage("[]")})
			}
		}
		if bundle.Next != "" || bundle.Lost() > 0 {
			entries = append(entries, entry{})
		}
	}
	return json.Marshal(map[string]any{"resourceType": "Bundle", "type": "searchset", "entry": entries})
}

// labelled returns the resource for use in another bundle. A restricted one gets a label of its own.
func (r *Resource) labelled() json.RawMessage {
	if !r.restricted {
		return r.Raw
	}
	var b bytes.Buffer
	b.WriteString(`{"meta":{"security":[{"code":"R"}]}`)
	for name, value := range Members(r.Raw) {
		if !strings.EqualFold(name, "meta") {
			fmt.Fprintf(&b, `,"%s":%s`, name, value)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}
