package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"carerecord/internal/record"
)

// Options of a load.
type Options struct {
	// Numbers are the NHS numbers that patients are to have, by their id in the data: each
	// of one person, who alone has it, else the load is refused.
	Numbers map[string]record.NHSNumber
	// Progress is called now and then with how far the load has come; nil for nobody.
	Progress func(Progress)
	// Scratch is where people are sorted who do not fit in memory; the system's directory for "".
	Scratch string
	// Memory is how many bytes of the data are kept in memory; 0 for 48 MB.
	Memory int
}

// Progress is how far a load has come. Bytes are those of the files, packed or not.
type Progress struct {
	Done, Total int64
	Persons     int
}

// batch is how many people are stored in one go.
const batch = 32

// Folder loads every FHIR R4 bundle and NDJSON file in a folder and the folders
// below it, each file read once, in the order of their names but those that name
// things for others first. People are stored as they become complete. What cannot
// be read is named in the report and the rest goes on; an error means that the
// load itself could not go on, or that two people would have one number: then nothing
// is loaded.
func Folder(ctx context.Context, folder string, w *Writer, o Options) (Report, error) {
	l := &loading{ctx: ctx, o: o, w: w, root: folder, today: record.Today(time.Now())}
	l.numbers = newNumbering(o.Numbers, func(n record.NHSNumber) (Identity, bool, error) { return w.Occupant(ctx, n) })
	if o.Memory == 0 {
		l.o.Memory = defaultBudget
	}
	files, err := l.find()
	if err != nil {
		return l.report, err
	}
	if err := l.claims(files); err != nil {
		return l.report, err
	}
	l.names = newNames(nil)
	l.lines = newPile(spoolDir(o.Scratch), l.o.Memory, l.names)
	defer l.lines.spool.close()
	if err := l.readAll(files); err != nil {
		return l.report, errors.Join(err, l.wait())
	}
	if err := l.settle(l.lines); err != nil {
		return l.report, errors.Join(err, l.wait())
	}
	if err := l.store(); err != nil {
		return l.report, err
	}
	err = l.wait()
	l.progress()
	return l.report, err
}

// loading is one run of Folder.
type loading struct {
	ctx     context.Context
	o       Options
	w       *Writer
	root    string
	today   record.Date
	names   *names // of organisations and staff, of the whole folder
	lines   *pile  // NDJSON and single resources
	numbers *numbering
	waiting []Person
	report  Report
	total   int64
	done    atomic.Int64
	storing chan stored // the batch that is being written, nil for none
}

// stored is what became of a batch.
type stored struct {
	people  []Person
	refused []Refused
	err     error
}

// find lists the files to read.
func (l *loading) find() (files []string, err error) {
	err = filepath.WalkDir(l.root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !e.Type().IsRegular() {
			return err
		}
		if name := strings.TrimSuffix(e.Name(), ".gz"); !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".ndjson") {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		l.total += info.Size()
		files = append(files, path)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: the folder cannot be read", record.ErrInvalid)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w: no .json, .json.gz, .ndjson or .ndjson.gz file in the folder", record.ErrInvalid)
	}
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	return files, nil
}

// rank puts first the files whose names say that others refer to them.
func rank(path string) int {
	name := strings.ToLower(filepath.Base(path))
	for i, first := range []string{"hospital", "organization", "practitioner", "location", "medication.", "patient"} {
		if strings.HasPrefix(name, first) {
			return i
		}
	}
	return 100
}

func (l *loading) show(path string) string {
	if short, err := filepath.Rel(l.root, path); err == nil {
		return short
	}
	return filepath.Base(path)
}

func (l *loading) skip(file, why string) {
	l.report.Skipped = append(l.report.Skipped, Skipped{file, why})
}

// reading is a file that was read ahead. Bundles are; the lines of NDJSON are read
// when it is their turn, for people are spread over many files of them.
type reading struct {
	path, name string
	pile       *pile
	single     []byte // the one resource the file is
	err        error
}

// readAll reads the files in order. While one is converted and stored, the next
// are unpacked and decoded: that is most of the work, and files are independent.
func (l *loading) readAll(files []string) error {
	ahead := max(1, runtime.GOMAXPROCS(0))
	results := make(chan chan *reading, ahead)
	ctx, stop := context.WithCancel(l.ctx)
	defer stop()
	go func() {
		defer close(results)
		for _, path := range files {
			one := make(chan *reading, 1)
			select {
			case results <- one:
			case <-ctx.Done():
				return
			}
			if isLines(path) {
				one <- &reading{path: path, name: l.show(path)}
				continue
			}
			go func() { one <- l.readJSON(path) }()
		}
	}()
	for one := range results {
		r := <-one
		l.report.Files++
		if err := l.take(r); err != nil {
			return err
		}
	}
	return l.ctx.Err()
}

func isLines(path string) bool { return strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".ndjson") }

// take takes over what was read of a file. A returned error ends the load.
func (l *loading) take(r *reading) error {
	if isLines(r.path) {
		return l.readLines(r.path, r.name)
	}
	if r.pile != nil {
		defer r.pile.spool.close()
	}
	if r.err == nil && r.single != nil {
		r.err = l.line(r.path, r.name, r.single)
	}
	if r.err != nil {
		return l.unreadable(r.name, r.err)
	}
	if r.pile == nil {
		return nil
	}
	l.adopt(r.pile)
	return l.settle(r.pile)
}

// errFile says that a file cannot be opened or unpacked.
var errFile = errors.New("cannot be opened")

// text opens a file and unpacks it if it is packed, whatever it is called.
func (l *loading) text(path string) (*bufio.Reader, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, errFile
	}
	in := bufio.NewReaderSize(counted{f, l}, 1<<16)
	var text io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			f.Close()
			return nil, nil, err
		}
		text = z
	}
	r := bufio.NewReaderSize(text, 1<<16)
	if mark, _ := r.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = r.Discard(3)
	}
	return r, f, nil
}

// counted notes the bytes read for the progress.
type counted struct {
	r io.Reader
	l *loading
}

func (c counted) Read(b []byte) (int, error) {
	if err := c.l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(b)
	c.l.done.Add(int64(n))
	return n, err
}

var kindOf = regexp.MustCompile(`"resourceType"\s*:\s*"([A-Za-z]+)"`)

// readJSON reads a file that is one bundle or one resource.
func (l *loading) readJSON(path string) *reading {
	res := &reading{path: path, name: l.show(path)}
	r, file, err := l.text(path)
	if err != nil {
		res.err = err
		return res
	}
	defer file.Close()
	if isSingle(r) {
		res.single, res.err = io.ReadAll(r)
		return res
	}
	res.pile = newPile(spoolDir(l.o.Scratch), l.o.Memory, l.names)
	res.err = res.pile.bundle(r, res.name)
	if res.err == nil {
		res.pile.openAll()
	}
	return res
}

// isSingle reports whether a file is one resource and no bundle, by how it begins.
func isSingle(r *bufio.Reader) bool {
	start, _ := r.Peek(1 << 12)
	m := kindOf.FindSubmatchIndex(start)
	entry := bytes.Index(start, []byte(`"entry"`))
	return m != nil && string(start[m[2]:m[3]]) != "Bundle" && (entry < 0 || m[0] < entry)
}

// unreadable names a file that cannot be read on, unless the load itself has ended.
func (l *loading) unreadable(name string, err error) error {
	var full *os.PathError
	if ctxErr := l.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if errors.As(err, &full) {
		return err
	}
	l.skip(name, plain(err))
	return nil
}

// plain says what is wrong with a file without quoting it.
func plain(err error) string {
	switch {
	case errors.Is(err, errJSON), errors.Is(err, errShape), errors.Is(err, errLines), errors.Is(err, errFile):
		return err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "ends too early"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return "is damaged: " + err.Error()
	}
	return "cannot be read: " + err.Error()
}

// adopt keeps the names of a bundle that holds nobody: hospitalInformation.json and its like.
func (l *loading) adopt(p *pile) {
	if len(p.spool.groups) > 0 || p.spool.parts != nil || p.restricted {
		return
	}
	maps.Copy(l.names.name, p.names.name)
	maps.Copy(l.names.role, p.names.role)
	maps.Copy(l.names.forwarded, p.names.forwarded)
	maps.Copy(l.names.medicine, p.names.medicine)
}

// errLines says that some lines of a file could not be read.
var errLines = errors.New("lines that cannot be read")

// readLines reads NDJSON: resources, whose people may be spread over many files,
// or a bundle a line. A line that cannot be read takes the person it names out of
// the load whole; if it names nobody, everybody whom the file has a line of, for
// any of them may be the one who would lack it.
func (l *loading) readLines(path, name string) error {
	r, file, err := l.text(path)
	if err != nil {
		return l.unreadable(name, err)
	}
	defer file.Close()
	seen := map[string]bool{}
	var bad []int
	everybody := false
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			key, lineErr := l.readLine(path, name, text)
			if lineErr != nil && !isFault(lineErr) {
				return lineErr
			}
			if lineErr != nil {
				bad = append(bad, number)
				everybody = everybody || key == ""
			}
			if key != "" {
				if lineErr != nil {
					l.lines.spoil(key)
				}
				seen[key] = true
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if ctxErr := l.ctx.Err(); ctxErr != nil {
				return ctxErr
			}
			l.skip(name, plain(err))
			l.spoilAll(seen)
			return nil
		}
	}
	if everybody {
		l.spoilAll(seen)
	}
	if len(bad) > 0 {
		l.skip(name, fmt.Sprintf("%d %v, the first is line %d", len(bad), errLines, bad[0]))
	}
	return nil
}

func (l *loading) spoilAll(people map[string]bool) {
	for key := range people {
		l.lines.spoil(key)
	}
}

func isFault(err error) bool {
	return errors.Is(err, errJSON) || errors.Is(err, errShape) || errors.Is(err, errLines)
}

// readLine reads a resource or a bundle; key is the person it belongs to, as far as can be told.
func (l *loading) readLine(path, name string, text []byte) (key string, err error) {
	kind := sniff(text)
	if kind == "Bundle" {
		p := newPile(spoolDir(l.o.Scratch), l.o.Memory, l.names)
		defer p.spool.close()
		if err := p.bundle(bytes.NewReader(text), name); err != nil {
			return "", err
		}
		l.adopt(p)
		return "bundle", l.settle(p)
	}
	if kind == "" {
		return l.suspect(path, text), fmt.Errorf("%w: no resource", errLines)
	}
	e := rawEntry{kind: kind, file: name, raw: text}
	key, err = l.lines.add(l.namespace(path), e)
	if errors.Is(err, errShape) {
		return l.suspect(path, text), err
	}
	return key, err
}

func (l *loading) line(path, name string, raw []byte) error {
	kind := sniff(raw)
	if kind == "" {
		return fmt.Errorf("%w: no resource", errJSON)
	}
	_, err := l.lines.add(l.namespace(path), rawEntry{kind: kind, file: name, raw: raw})
	return err
}

// namespace keeps apart people of the same id in different folders.
func (l *loading) namespace(path string) string { return filepath.Dir(path) + "\x00" }

var patientIn = regexp.MustCompile(`"(?:subject|patient)"\s*:\s*\{[^{}]*?"reference"\s*:\s*"(?:[^"]*/)?Patient/([^"/]+)"`)

// suspect is the person a broken line names, "" if it names nobody.
func (l *loading) suspect(path string, text []byte) string {
	if m := patientIn.FindSubmatch(text); m != nil {
		return l.lines.canonical(l.namespace(path) + string(m[1]))
	}
	return ""
}

// settle takes the people of a pile: converts them, and stores them in batches.
func (l *loading) settle(p *pile) error {
	err := p.each(l.person, func(s spoiledDossier) error {
		l.report.RolledBack++
		if s.file != "" {
			l.skip(s.file, s.why)
		}
		var t Tally
		for _, e := range s.entries {
			t.left(e.kind, "part of the person's record cannot be read")
		}
		l.report.Add(t)
		return nil
	})
	l.report.Add(p.tally)
	p.tally = Tally{}
	l.progress()
	return err
}

func (l *loading) person(d *dossier) error {
	number, again, err := l.numbers.assign(d)
	if err != nil {
		return err
	}
	person := d.convert(number, 0, l.today)
	person.Continues = again
	if again {
		// Who came before must be there before more is added.
		if err := errors.Join(l.store(), l.wait()); err != nil {
			return err
		}
	}
	l.waiting = append(l.waiting, person)
	if len(l.waiting) >= batch {
		return l.store()
	}
	return nil
}

// store begins to write those who wait, once the batch before is written.
func (l *loading) store() error {
	if err := l.wait(); err != nil {
		return err
	}
	people := l.waiting
	l.waiting = nil
	storing := make(chan stored, 1)
	l.storing = storing
	// The databases work while the next people are read.
	go func() {
		refused, err := l.w.Write(l.ctx, people)
		storing <- stored{people, refused, err}
	}()
	return nil
}

// wait waits for the batch that is being written and counts it.
func (l *loading) wait() error {
	if l.storing == nil {
		return nil
	}
	s := <-l.storing
	l.storing = nil
	if s.err != nil {
		return s.err
	}
	not := map[record.NHSNumber]bool{}
	for _, r := range s.refused {
		not[r.Person.Number] = true
	}
	for _, p := range s.people {
		if not[p.Number] {
			l.report.RolledBack++
			l.report.refuse(p.Tally, "the person could not be stored")
			continue
		}
		if !p.Continues {
			l.report.Persons++
		}
		l.report.Add(p.Tally)
	}
	l.progress()
	return nil
}

func (l *loading) progress() {
	if l.o.Progress != nil {
		l.o.Progress(Progress{Done: l.done.Load(), Total: l.total, Persons: l.report.Persons})
	}
}
