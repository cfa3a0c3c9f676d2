package load

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"carerecord/internal/record"
)

// nhsNumberSystem is the identifier system of the NHS number.
const nhsNumberSystem = "https://fhir.nhs.uk/Id/nhs-number"

// ReadNumbers reads a numbers file: CSV with the columns patient_id and
// nhs_number, in any order, others ignored. Numbers must lie in the 999 range, each
// of one person. All faults are reported at once, as record.ErrInvalid.
func ReadNumbers(r io.Reader) (map[string]record.NHSNumber, error) {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: the numbers file has no header patient_id,nhs_number", record.ErrInvalid)
	}
	id, number := -1, -1
	for i, name := range header {
		switch name {
		case "patient_id":
			id = i
		case "nhs_number":
			number = i
		}
	}
	if id < 0 || number < 0 {
		return nil, fmt.Errorf("%w: the numbers file has no header patient_id,nhs_number", record.ErrInvalid)
	}
	numbers, lineOf, numberOn := map[string]record.NHSNumber{}, map[string]int{}, map[record.NHSNumber]int{}
	var faults []error
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := rows.FieldPos(0)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: line %d of the numbers file is not CSV", record.ErrInvalid, line))
			break
		}
		n, err := record.ParseNHSNumber(row[number])
		first, again := lineOf[row[id]]
		switch {
		case err != nil || !n.IsTest():
			faults = append(faults, fmt.Errorf("%w: line %d of the numbers file has no valid number of the 999 range", record.ErrInvalid, line))
			continue
		case again && numbers[row[id]] == n:
			continue
		case again:
			faults = append(faults, fmt.Errorf("%w: lines %d and %d of the numbers file give one patient two numbers: take one of them out", record.ErrInvalid, first, line))
			continue
		case numberOn[n] != 0:
			faults = append(faults, fmt.Errorf("%w: lines %d and %d of the numbers file give two patients one number: give each a number of their own", record.ErrInvalid, numberOn[n], line))
			continue
		}
		numbers[row[id]], lineOf[row[id]], numberOn[n] = n, line, line
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return numbers, nil
}

// Identity is by what two people with one number are told apart.
type Identity struct {
	Family, Given string
	Born          record.PartialDate
}

func (d *dossier) identity() Identity {
	name := usual(d.patient.Name)
	i := Identity{Family: name.Family, Born: record.PartialDate(d.patient.BirthDate)}
	if i.Family == "" {
		i.Family = name.Text
	}
	if len(name.Given) > 0 {
		i.Given = name.Given[0]
	}
	return i
}

// numbering gives people their numbers, the same every time.
type numbering struct {
	file     map[string]record.NHSNumber
	given    map[record.NHSNumber]bool                                 // spoken for by the file
	taken    map[record.NHSNumber]Identity                             // in this load
	occupant func(record.NHSNumber) (who Identity, ok bool, err error) // of what is stored; may be nil
}

func newNumbering(file map[string]record.NHSNumber, occupant func(record.NHSNumber) (Identity, bool, error)) *numbering {
	n := &numbering{file: file, given: map[record.NHSNumber]bool{}, taken: map[record.NHSNumber]Identity{}, occupant: occupant}
	for _, number := range file {
		n.given[number] = true
	}
	return n
}

// assign is the number of a person, and whether the person had it already in this
// load. The file's comes first, then a valid 999 number of the person's own; else
// a free one, sought from a place that follows from the number or id in the data.
func (n *numbering) assign(d *dossier) (number record.NHSNumber, again bool, err error) {
	who, own := d.identity(), ownNumber(d.patient.Identifier)
	if number, ok := n.file[d.patient.ID]; ok {
		if other, ok := n.taken[number]; ok && other != who {
			return "", false, fmt.Errorf("%w: a number of the numbers file is another person's already", record.ErrInvalid)
		}
		return n.take(number, who)
	}
	if own.IsTest() {
		if other, ok := n.taken[own]; !ok || other == who {
			return n.take(own, who)
		}
	}
	seed := string(own)
	if seed == "" {
		seed = d.patient.ID
	}
	number, err = n.free(seed, who)
	if err != nil {
		return "", false, err
	}
	return n.take(number, who)
}

func (n *numbering) take(number record.NHSNumber, who Identity) (record.NHSNumber, bool, error) {
	_, again := n.taken[number]
	n.taken[number] = who
	return number, again, nil
}

// reserved are the stems of the demonstration's own people and of published
// examples: 999 000 to 999 002 and 999 100 to 999 101.
func reserved(stem uint64) bool { return stem < 3000 || stem >= 100000 && stem < 102000 }

const stems = 1_000_000

func (n *numbering) free(seed string, who Identity) (record.NHSNumber, error) {
	for i := range uint64(20 * stems) {
		// Each try is a place of its own, so that hardly anybody's number depends on who came before.
		stem := hash("number "+strconv.FormatUint(i, 10), seed) % stems
		number, err := record.ParseNHSNumber(withCheckDigit(stem))
		if err != nil || reserved(stem) || n.given[number] {
			continue
		}
		if other, ok := n.taken[number]; ok {
			if other == who {
				return number, nil
			}
			continue
		}
		if n.occupant == nil {
			return number, nil
		}
		other, ok, err := n.occupant(number)
		if err != nil {
			return "", err
		}
		if !ok || other == who {
			return number, nil
		}
	}
	return "", errors.New("no number of the 999 range is free")
}

// withCheckDigit completes 999 and six digits. A stem whose check would be 10 gets
// a digit that does not hold.
func withCheckDigit(stem uint64) string {
	digits := fmt.Sprintf("999%06d", stem)
	sum := 0
	for i := range 9 {
		sum += int(digits[i]-'0') * (10 - i)
	}
	return digits + string(rune('0'+(11-sum%11)%11%10))
}

// ownNumber is the valid NHS number among a patient's identifiers, "" for none. One that somebody had once is not theirs, and of
// two that differ it cannot be told which is.
func ownNumber(list []identifier) (own record.NHSNumber) {
	for _, i := range list {
		if i.System != nhsNumberSystem || i.Use == "old" {
			continue
		}
		n, err := record.ParseNHSNumber(i.Value)
		switch {
		case err != nil:
		case own != "" && own != n:
			return ""
		default:
			own = n
		}
	}
	return own
}
