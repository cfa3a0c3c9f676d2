package load

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"carerecord/internal/record"
)

// errJSON says that a file is no JSON, or ends too early.
var errJSON = errors.New("invalid JSON")

// readBundle calls add with every resource of a FHIR Bundle, of any size, and
// checks that the bundle is complete.
func readBundle(r io.Reader, file string, add func(rawEntry) error) (e envelope, err error) {
	err = readMembers(json.NewDecoder(r), file, &e, add)
	return e, err
}

// envelope is what a bundle says of all of it.
type envelope struct {
	labels
	total   int  // of what a search found, as far as it is said
	found   int  // entries that are results of it
	without int  // entries without a resource
	next    bool // it goes on elsewhere
}

// tell counts what of a search is not in its bundle: left out is not the same as not there.
func (e envelope) tell(t *Tally) {
	if e.next {
		t.left("Bundle", "goes on in further pages, which are not in the data")
	}
	t.leftOf("Bundle", "counts an entry that is not in it", e.total-e.found)
	t.leftOf("Bundle", "an entry without a resource", e.without)
}

func readMembers(dec *json.Decoder, file string, on *envelope, add func(rawEntry) error) error {
	if err := expect(dec, '{'); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return jsonError(err)
		}
		if key == "implicitRules" {
			return errModified
		}
		if key == "meta" {
			if err := dec.Decode(&on.Meta); err != nil {
				return jsonError(err)
			}
			continue
		}
		if key == "entry" {
			if err := readEntries(dec, file, on, add); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return jsonError(err)
		}
		on.note(key, value)
	}
	if err := expect(dec, '}'); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more after the bundle", errJSON)
	}
	return nil
}

// note reads how many there are, and whether these are all.
func (e *envelope) note(key json.Token, value json.RawMessage) {
	switch key {
	case "total":
		_ = json.Unmarshal(value, &e.total) // one that is no number says nothing
	case "link":
		var links []struct{ Relation string }
		_ = json.Unmarshal(value, &links)
		e.next = slices.ContainsFunc(links, func(l struct{ Relation string }) bool { return l.Relation == "next" })
	}
}

// bundle takes in a bundle. An entry of which it cannot be told whose it is spoils all of it.
func (p *pile) bundle(r io.Reader, file string) error {
	var broken error
	labelled := false
	on, err := readBundle(r, file, func(e rawEntry) error {
		labelled = labelled || isLabelled(e.raw)
		_, err := p.add("", e)
		if errors.Is(err, errShape) {
			if broken == nil {
				broken = fmt.Errorf("%s: %w", e.kind, err)
			}
			return nil
		}
		return err
	})
	// A label on all of a bundle is taken for the highest of its entries'; where none of them bears one, it is that of all
	// (https://hl7.org/fhir/R4/security-labels.html).
	p.restricted = on.confidential() && !labelled
	on.tell(&p.tally)
	return cmp.Or(err, broken)
}

// isLabelled reports whether a resource bears a label that restricts.
func isLabelled(raw []byte) bool {
	if !bytes.Contains(raw, []byte("ecurity")) {
		return false
	}
	var on labels
	return json.Unmarshal(raw, &on) == nil && on.confidential()
}

func readEntries(dec *json.Decoder, file string, on *envelope, add func(rawEntry) error) error {
	if err := expect(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		var e struct {
			FullURL           string          `json:"fullUrl"`
			Resource          json.RawMessage `json:"resource"`
			Search            struct{ Mode string }
			ModifierExtension json.RawMessage `json:"modifierExtension"`
		}
		if err := dec.Decode(&e); err != nil {
			return jsonError(err)
		}
		if e.ModifierExtension != nil {
			return errModified
		}
		if len(e.Resource) == 0 || string(e.Resource) == "null" {
			on.without++
			continue
		}
		if e.Search.Mode == "" || e.Search.Mode == "match" {
			on.found++
		}
		if err := add(rawEntry{kind: sniff(e.Resource), fullURL: e.FullURL, file: file, raw: e.Resource}); err != nil {
			return err
		}
	}
	return expect(dec, ']')
}

func expect(dec *json.Decoder, delim json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return jsonError(err)
	}
	if token != delim {
		return fmt.Errorf("%w: not a FHIR Bundle", errJSON)
	}
	return nil
}

// jsonError keeps the place of a fault and drops the content.
func jsonError(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%w at byte %d", errJSON, syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: ends too early", errJSON)
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%w: an entry is no object", errJSON)
	}
	return err
}

// FromLines converts the NDJSON lines of one person. Dates move by whole weeks so
// that the person's last encounter falls shortly before today; a zero today leaves
// them as they are.
func FromLines(lines [][]byte, number func(patientID string) (record.NHSNumber, error), today time.Time) (Person, error) {
	d := &dossier{names: newNames(nil)}
	for _, line := range lines {
		kind := sniff(line)
		if shared[kind] {
			d.tally.left(kind, namesOnly)
			if err := d.names.add(kind, "", line); err != nil {
				return Person{}, err
			}
			continue
		}
		if err := d.add(kind, "", line); err != nil {
			return Person{}, fmt.Errorf("%s: %w", kind, err)
		}
	}
	n, err := number(d.patient.ID)
	if err != nil {
		return Person{}, err
	}
	if today.IsZero() {
		return d.convert(n, 0, record.Today(time.Now())), nil
	}
	return d.convert(n, d.shiftTo(n, today), record.Today(today)), nil
}

const namesOnly = "read for names only"
