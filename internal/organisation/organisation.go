// Package organisation knows the organisations of the care system and which
// succeeded which.
package organisation

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"carerecord/internal/record"
)

// Role is what an organisation is.
type Role string

// The roles.
const (
	AcuteTrust        Role = "ACUTE_TRUST"
	MentalHealthTrust Role = "MENTAL_HEALTH_TRUST"
	Council           Role = "COUNCIL"
	Practice          Role = "PRACTICE"
	Board             Role = "INTEGRATED_CARE_BOARD"
	SystemHost        Role = "SYSTEM_HOST"   // keeps the systems of many practices
	NationalBody      Role = "NATIONAL_BODY" // keeps the Personal Demographics Service
)

var roles = []Role{AcuteTrust, MentalHealthTrust, Council, Practice, Board, SystemHost, NationalBody}

// Organisation is one organisation under one code, for as long as the code holds.
type Organisation struct {
	ODSCode   string
	Name      string
	Role      Role
	ValidFrom record.Date // the first day; "" where not known
	ValidTo   record.Date // the last day; "" while it goes on
	Successor string      // ODS code of the one that took over on the day after
	GSSCode   string      // of a council
	Invented  bool        // a code for demonstrations, which no register holds
}

// On reports whether the organisation is there on a day.
func (o Organisation) On(day record.Date) bool {
	return (o.ValidFrom == "" || o.ValidFrom <= day) && (o.ValidTo == "" || day <= o.ValidTo)
}

// Directory is a set of organisations. It does not change after New.
type Directory struct {
	byCode       map[string]Organisation
	predecessors map[string][]string
}

//go:embed organisations.csv
var organisationsCSV []byte

// northCentralLondon lists the organisations that are built in: those of the five
// boroughs with their neighbours, and some practices for demonstrations.
func northCentralLondon() []Organisation {
	organisations, err := Read(bytes.NewReader(organisationsCSV))
	if err != nil {
		panic(err)
	}
	return organisations
}

// Default is the directory of northCentralLondon.
func Default() *Directory {
	directory, err := New(northCentralLondon())
	if err != nil {
		panic(err)
	}
	return directory
}

// New makes a directory and reports all its faults at once: a code written twice
// or in a way in which nobody else writes it, a successor that is not there or begins too late, organisations that succeed
// each other in a circle, dates that end before they begin.
func New(organisations []Organisation) (*Directory, error) {
	d := &Directory{byCode: make(map[string]Organisation, len(organisations)), predecessors: map[string][]string{}}
	var faults []error
	for _, o := range organisations {
		if _, twice := d.byCode[o.ODSCode]; twice {
			faults = append(faults, fmt.Errorf("%s is written twice", o.ODSCode))
			continue
		}
		d.byCode[o.ODSCode] = o
		if o.Successor != "" {
			d.predecessors[o.Successor] = append(d.predecessors[o.Successor], o.ODSCode)
		}
	}
	for _, o := range organisations {
		faults = append(faults, d.faults(o)...)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: organisations: %w", record.ErrInvalid, errors.Join(faults...))
	}
	return d, nil
}

func (d *Directory) faults(o Organisation) (faults []error) {
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s %s", o.ODSCode, fmt.Sprintf(format, args...)))
	}
	if o.ODSCode == "" || o.Name == "" {
		faults = append(faults, fmt.Errorf("organisation %q %q needs a code and a name", o.ODSCode, o.Name))
	}
	if strings.Trim(o.ODSCode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		fault("is no ODS code, which has capital letters and digits")
	}
	if !slices.Contains(roles, o.Role) {
		fault("has no role such as %s", AcuteTrust)
	}
	if o.ValidTo != "" && o.ValidTo < o.ValidFrom {
		fault("ends before it begins")
	}
	if o.Successor == "" {
		return faults
	}
	next, ok := d.byCode[o.Successor]
	switch {
	case !ok:
		fault("is succeeded by %s, which is not there", o.Successor)
	case o.ValidTo == "":
		fault("is succeeded by %s but does not end", o.Successor)
	case !next.On(dayAfter(o.ValidTo)):
		fault("is succeeded by %s, which is not there on the day after", o.Successor)
	}
	if d.inCircle(o) {
		fault("succeeds itself in a circle")
	}
	return faults
}

func (d *Directory) inCircle(o Organisation) bool {
	code := o.Successor
	for range d.byCode {
		if code == o.ODSCode {
			return true
		}
		code = d.byCode[code].Successor
	}
	return false
}

func dayAfter(day record.Date) record.Date {
	t, _ := time.Parse(time.DateOnly, string(day))
	return record.Date(t.AddDate(0, 0, 1).Format(time.DateOnly))
}

// Find is the organisation with a code, and whether there is one.
func (d *Directory) Find(ods string) (Organisation, bool) {
	o, ok := d.byCode[ods]
	return o, ok
}

// All lists every organisation by code.
func (d *Directory) All() []Organisation {
	all := make([]Organisation, 0, len(d.byCode))
	for _, o := range d.byCode {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b Organisation) int { return strings.Compare(a.ODSCode, b.ODSCode) })
	return all
}

// Lineage is the organisation itself and all those whose successors lead to it
// by a day: what was theirs is now its own. A merger still to come leaves both as
// they are. A code that is not in the directory is its own lineage; the empty
// code has none.
func (d *Directory) Lineage(ods string, on record.Date) []string {
	if ods == "" {
		return nil
	}
	lineage := []string{ods}
	for i := 0; i < len(lineage); i++ {
		for _, before := range d.predecessors[lineage[i]] {
			if d.byCode[before].ValidTo < on {
				lineage = append(lineage, before)
			}
		}
	}
	return lineage
}

var columns = []string{"ods_code", "name", "role", "valid_from", "valid_to", "successor", "gss_code", "invented"}

// Read reads organisations from CSV with a header line of ods_code, name, role,
// valid_from, valid_to, successor, gss_code and invented (yes or empty); lines that
// begin with # are comments. All faults of form are reported at once, by line.
func Read(r io.Reader) ([]Organisation, error) {
	lines := csv.NewReader(r)
	lines.Comment = '#'
	lines.TrimLeadingSpace = true
	header, err := lines.Read()
	if err != nil && err != io.EOF { // nothing at all is a file without its header
		return nil, fmt.Errorf("%w: organisations: %w", record.ErrInvalid, err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("%w: organisations: the header line is %s", record.ErrInvalid, strings.Join(columns, ","))
	}
	var organisations []Organisation
	var faults []error
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			faults = append(faults, err)
			if _, malformed := errors.AsType[*csv.ParseError](err); malformed {
				continue
			}
			break
		}
		number, _ := lines.FieldPos(0)
		o, err := parse(fields)
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", number, err))
		}
		organisations = append(organisations, o)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: organisations: %w", record.ErrInvalid, errors.Join(faults...))
	}
	return organisations, nil
}

func parse(fields []string) (Organisation, error) {
	from, fromErr := optionalDate(fields[3])
	to, toErr := optionalDate(fields[4])
	o := Organisation{
		ODSCode: fields[0], Name: fields[1], Role: Role(fields[2]), ValidFrom: from, ValidTo: to,
		Successor: fields[5], GSSCode: fields[6], Invented: fields[7] == "yes",
	}
	var invented error
	if fields[7] != "" && fields[7] != "yes" {
		invented = errors.New("invented is yes or empty")
	}
	return o, errors.Join(fromErr, toErr, invented)
}

func optionalDate(text string) (record.Date, error) {
	if text == "" {
		return "", nil
	}
	return record.ParseDate(text)
}
