// Package trusted reads the manifests of trusted documents: which documents which
// application may send, for which purposes, and which classes they may show.
package trusted

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// A Document is a trusted one with what its manifest says of it.
type Document struct {
	ID       string // a name, or sha256: and the digest
	App      string
	Owner    string // whom to ask about it
	Purposes []auth.Purpose
	Classes  consent.ClassSet // it may show these
	Safety   string           // what could go wrong with it, and what stops that
	Text     string
	SHA256   string // of the text, in hex
}

// digest is what stands before the SHA-256 in an id.
const digest = "sha256:"

// IDs are what a request may call the document.
func (d Document) IDs() []string {
	if id := digest + d.SHA256; id != d.ID {
		return []string{d.ID, id}
	}
	return []string{d.ID}
}

// For reports whether a principal's purpose is one of the document's.
func (d Document) For(p auth.Principal) bool { return slices.Contains(d.Purposes, p.Purpose) }

// Folder is where manifests are: every *.yml and *.yaml in Dir of FS.
type Folder struct {
	Name    string // in messages
	FS      fs.FS
	Dir     string
	BuiltIn bool // what the policy or the limits do not allow is left out, and no fault: nobody can edit it
}

// Check is what documents are held to.
type Check struct {
	Policy *consent.Policy
	MaxLen int // bytes of a text
	// Prepare parses a document, validates it and works out its cost. Its error says
	// why it could never be answered.
	Prepare func(Document) (*ast.QueryDocument, error)
	// Needs is what a prepared document asks for.
	Needs func(*ast.QueryDocument) consent.Needs
}

// Read reads all manifests. Its errors are all that is wrong with them, each with the
// manifest, the document and what to do; one document that does not hold is none less
// than all.
// Those that are built in and left out are told of as well.
func Read(check Check, folders ...Folder) (documents []Document, leftOut, faults []error) {
	r := reader{check: check, by: map[string]string{}}
	for _, folder := range folders {
		r.folder(folder)
	}
	return r.documents, r.leftOut, r.faults
}

// A reader collects documents and what is wrong with them.
type reader struct {
	check     Check
	documents []Document
	by        map[string]string // what has an id or a digest
	leftOut   []error
	faults    []error
}

func (r *reader) fault(where, format string, args ...any) {
	r.faults = append(r.faults, faultAt(where, format, args...))
}

func faultAt(where, format string, args ...any) error {
	return fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))
}

func (r *reader) folder(f Folder) {
	var found []string
	for _, pattern := range []string{"*.yml", "*.yaml"} {
		files, err := fs.Glob(f.FS, path.Join(f.Dir, pattern))
		if err != nil {
			r.fault(f.Name, "it cannot be read; correct the path")
			return
		}
		found = append(found, files...)
	}
	if len(found) == 0 {
		r.fault(f.Name, "it holds no manifest; add one, such as app.yml, or leave the folder out")
	}
	slices.Sort(found)
	for _, file := range found {
		r.manifest(f, file)
	}
}

func (r *reader) manifest(f Folder, file string) {
	where := path.Join(f.Name, path.Base(file))
	m, err := parse(f.FS, file)
	if err != nil {
		r.fault(where, "%w", err)
		return
	}
	if !name.MatchString(m.App) {
		r.fault(where, "app %q is no name; it has small letters, digits and hyphens", m.App)
	}
	if strings.TrimSpace(m.Owner) == "" {
		r.fault(where, "owner is missing; say whom to ask about these documents")
	}
	if len(m.Documents) == 0 {
		r.fault(where, "it has no documents; add one")
	}
	for i, e := range m.Documents {
		at := fmt.Sprintf("%s: document %d", where, i+1)
		if e.ID != "" {
			at = where + ": " + e.ID
		}
		r.document(f, at, Document{App: m.App, Owner: m.Owner}, e)
	}
}

// document reads one entry and checks it as far as it goes.
func (r *reader) document(f Folder, where string, d Document, e entry) {
	before := len(r.faults) + len(r.leftOut)
	d.ID, d.Safety = e.ID, strings.TrimSpace(e.Safety)
	r.text(f, where, &d, e.File)
	r.id(where, d)
	if d.Safety == "" {
		r.fault(where, "safety is missing; say what could go wrong when it is shown, and what stops that")
	}
	r.purposes(where, &d, e.Purposes)
	r.classes(where, &d, e.Classes)
	if len(r.faults)+len(r.leftOut) > before {
		return
	}
	asked := r.asked(where, d)
	if r.tooMuch(f, asked...); len(asked) == 0 {
		r.documents = append(r.documents, d)
	}
}

// tooMuch notes what a document asks for that is not allowed here.
func (r *reader) tooMuch(f Folder, why ...error) {
	if f.BuiltIn {
		r.leftOut = append(r.leftOut, why...)
	} else {
		r.faults = append(r.faults, why...)
	}
}

// text reads the document's file, which lies beside the manifest or below it.
func (r *reader) text(f Folder, where string, d *Document, file string) {
	at := path.Join(f.Dir, file)
	if file == "" || path.IsAbs(file) || !fs.ValidPath(at) {
		r.fault(where, "file %q is no path in the folder; name the file with its text, beside the manifest", file)
		return
	}
	text, err := readText(f.FS, at, r.check.MaxLen)
	switch {
	case errors.Is(err, errTooLong):
		r.tooMuch(f, faultAt(where, "%s is longer than a request may be, %d bytes (limits.body)", file, r.check.MaxLen))
	case err != nil:
		r.fault(where, "%s cannot be read; correct the path", file)
	case !utf8.ValidString(text):
		r.fault(where, "%s is not in UTF-8; save it so", file)
	default:
		sum := sha256.Sum256([]byte(text))
		d.Text, d.SHA256 = text, hex.EncodeToString(sum[:])
	}
}

var errTooLong = errors.New("too long")

func readText(files fs.FS, name string, most int) (string, error) {
	file, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err == nil && len(text) > most {
		err = errTooLong
	}
	return string(text), err
}

var (
	name     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	sha256ID = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	long     = regexp.MustCompile(`[0-9]{10}`)
)

// id checks the id, and that neither it nor the text is another document's.
func (r *reader) id(where string, d Document) {
	switch {
	case sha256ID.MatchString(d.ID):
		if d.SHA256 != "" && d.ID != digest+d.SHA256 {
			r.fault(where, "the text has the SHA-256 %s; write that as the id, or put the text back", d.SHA256)
			return
		}
	case !name.MatchString(d.ID) || long.MatchString(d.ID):
		r.fault(where, "id %q is neither a name (small letters, digits and hyphens, no long number) nor sha256: and 64 of 0-9 and a-f", d.ID)
		return
	}
	if d.SHA256 == "" {
		return
	}
	for _, id := range d.IDs() {
		if other, twice := r.by[id]; twice {
			r.fault(where, "it has the id or the text of %s; give it its own, or leave one out", other)
			return
		}
	}
	for _, id := range d.IDs() {
		r.by[id] = where
	}
}

func (r *reader) purposes(where string, d *Document, written []auth.Purpose) {
	if len(written) == 0 {
		r.fault(where, "purposes are missing; name those it may be sent for, such as [TREAT]")
	}
	for _, purpose := range written {
		if !consent.KnownPurpose(purpose) {
			r.fault(where, "there is no purpose %q; there are %s", purpose, consent.PurposeNames())
		}
	}
	d.Purposes = written
}

func (r *reader) classes(where string, d *Document, written []record.Class) {
	for _, class := range written {
		if !slices.Contains(record.Classes, class) {
			r.fault(where, "there is no class %q; viewer { classes } lists them for a role that may see all", class)
		}
	}
	d.Classes = consent.ClassSetOf(written...)
}

// asked checks what the document asks for against what its manifest says, and that
// against what its purposes may see.
func (r *reader) asked(where string, d Document) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, faultAt(where, format, args...)) }
	doc, err := r.check.Prepare(d)
	if err != nil {
		return []error{faultAt(where, "%w", err)}
	}
	needs := r.check.Needs(doc)
	if missing := needs.Classes.Minus(d.Classes); !missing.IsEmpty() {
		fault("it asks for %s, which its classes do not name; add them, or take the fields out", listed(missing))
	}
	for _, purpose := range d.Purposes {
		rights := r.check.Policy.ForPurpose(purpose)
		if exceeds := d.Classes.Union(needs.Classes).Minus(rights.Classes); !exceeds.IsEmpty() {
			fault("for the purpose %s no role may see %s (policy %s); take the classes out, or the purpose", purpose, listed(exceeds), r.check.Policy.Version)
		} else if needs.Records && rights.Classes.IsEmpty() {
			fault("for the purpose %s no role reads patients' records (policy %s); take the purpose out", purpose, r.check.Policy.Version)
		}
		for _, duty := range needs.Duties {
			if !slices.Contains(rights.Duties, duty) {
				fault("for the purpose %s no role has the duty %s that it asks for (policy %s); take the purpose out", purpose, duty, r.check.Policy.Version)
			}
		}
	}
	return faults
}

func listed(set consent.ClassSet) string { return strings.ReplaceAll(set.Widest().String(), ",", ", ") }
