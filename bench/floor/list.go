package floor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carerecord/internal/record"
)

// A part is what a list takes from one sector.
type part struct {
	sector, result int
	class          record.Class
}

// A list is what one list of the answer holds, and how it is written.
type list struct {
	parts   []part
	none    record.Class // whose statement that there are none it goes by
	first   int          // 0 for all
	leftOut bool
	page    bool
	short   bool // gaps without their organisation
	node    func(q *request, o *out, r *row, person int)
}

type gap struct {
	source *source
	reason string
}

// keys are the columns by which lists are ordered, and whether they are days.
var keys = [results]struct {
	column int
	day    bool
}{
	ofAllergy: {4, false}, ofMedication: {11, true}, ofProblem: {8, true}, ofImmunisation: {8, true}, ofProcedure: {8, true}, ofResult: {8, false}, ofVitalSign: {8, false},
	ofStay: {5, false}, ofAttendance: {8, false}, ofConsultation: {5, false}, ofCareContact: {5, false}, ofDocument: {9, false}, ofCarePlan: {10, true}, ofCareTeam: {9, true},
	ofAssessment: {8, true}, ofService: {11, true}, ofRequest: {8, true}, ofCoordinator: {8, true}, ofClinician: {5, true}, ofLegalStatus: {8, false},
	ofTreatmentOrder: {5, false}, ofCluster: {5, true}, ofWorker: {9, true}, ofSupport: {8, true}, ofCircumstances: {5, true}, ofCurrentStay: {5, false}, ofLastConsultation: {5, false},
}

// newer orders rows newest first, those of one moment by their ids.
func (q *request) newer(a, b *row) int {
	ka, kb := keys[a.from.into], keys[b.from.into]
	c := 0
	if ka.day {
		c = newerDay(a.get(ka.column), b.get(kb.column))
	} else {
		c = newerMoment(a.moment(ka.column), b.moment(kb.column))
	}
	if c != 0 {
		return c
	}
	return strings.Compare(string(a.identify(q.s.ids)), string(b.identify(q.s.ids)))
}

// gather puts the rows of a list in order, and says what it lacks.
func (q *request) gather(l *list, person int) (none bool) {
	q.list, q.gaps = q.list[:0], q.gaps[:0]
	for _, p := range l.parts {
		rows := q.rowsOf(p.sector, p.result, person)
		if len(rows) >= most {
			q.failed = errTooMany
		}
		for i := range rows {
			q.list = append(q.list, &rows[i])
		}
		none = q.notes(l, p, person) || none
	}
	slices.SortFunc(q.list, q.newer)
	return none
}

// notes takes what the source of a part says of the whole class.
func (q *request) notes(l *list, p part, person int) (none bool) {
	notes := q.rowsOf(p.sector, ofNote, person)
	for i := range notes {
		class, says := record.Class(notes[i].get(0)), notes[i].get(1)
		if class != l.none && class != p.class {
			continue
		}
		switch says {
		case "NONE_KNOWN":
			none = none || class == l.none
		case "AWAITING_FILING": // nothing is in transit in the data
			if found := (gap{q.s.sources[p.sector], says}); !slices.Contains(q.gaps, found) {
				q.gaps = append(q.gaps, found)
			}
		}
	}
	return none
}

// write writes a list.
func (q *request) write(o *out, l *list, person int) {
	none := q.gather(l, person)
	q.writeGathered(o, l, person, none)
}

func (q *request) writeGathered(o *out, l *list, person int, none bool) {
	o.raw(`{"state":"`)
	o.raw(string(record.Describe(len(q.list) > 0, len(q.gaps) > 0, none)))
	o.raw(`","complete":`)
	o.yes(len(q.gaps) == 0)
	if l.leftOut {
		o.raw(`,"leftOut":[]`)
	}
	o.raw(`,"nodes":[`)
	shown := q.list
	if l.first > 0 && len(shown) > l.first {
		shown = shown[:l.first]
	}
	for i, r := range shown {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"id":"`)
		o.raw(string(r.identify(q.s.ids)))
		o.raw(`"`)
		l.node(q, o, r, person)
		o.raw(`}`)
	}
	o.raw(`]`)
	if l.page {
		o.raw(`,"pageInfo":{"hasNextPage":`)
		o.yes(len(q.list) > len(shown))
		o.raw(`,"endCursor":`)
		q.cursor(o, shown, person)
		o.raw(`}`)
	}
	q.writeGaps(o, l.short)
	o.raw(`}`)
}

func (q *request) writeGaps(o *out, short bool) {
	o.raw(`,"gaps":[`)
	for i, g := range q.gaps {
		if i > 0 {
			o.raw(`,`)
		}
		o.raw(`{"sector":"`)
		o.raw(string(g.source.sector))
		if !short {
			o.raw(`","organisation":`)
			o.organisation(string(g.source.org.ODSCode), g.source.org.Name)
			o.raw(`,"reason":"`)
		} else {
			o.raw(`","reason":"`)
		}
		o.raw(g.reason)
		o.raw(`"}`)
	}
	o.raw(`]`)
}

// parts are the rows that belong to an entry.
func (q *request) parts(r *row, sector, result, person int) func(yield func(int, *row) bool) {
	return func(yield func(int, *row) bool) {
		rows, n := q.rowsOf(sector, result, person), 0
		for i := range rows {
			if rows[i].get(0) != r.get(0) {
				continue
			}
			if !yield(n, &rows[i]) {
				return
			}
			n++
		}
	}
}

// momentLength is how exact a moment is among dates, as cursors have it.
const momentLength = 11

// reasons are the places of the reasons of gaps in cursors.
var reasons = map[string]int{"AWAITING_FILING": 7}

const reasonsInAll = 10

// cursor is the place behind the last of a page of results.
func (q *request) cursor(o *out, shown []*row, person int) {
	if len(shown) == 0 {
		o.raw("null")
		return
	}
	last := shown[len(shown)-1]
	body := make([]byte, 0, 96)
	body = append(body, '{')
	if at := last.moment(keys[ofResult].column); at != never {
		if at != 0 {
			body = append(strconv.AppendInt(append(body, `"t":`...), at, 10), ',')
		}
		body = append(body, `"d":true,`...)
	}
	body = append(body, `"l":`+strconv.Itoa(momentLength)+`,"i":"`...)
	body = append(append(body, last.identify(q.s.ids)...), '"')
	for i, g := range q.gaps {
		separator := `,`
		if i == 0 {
			separator = `,"g":[`
		}
		body = strconv.AppendInt(append(body, separator...), int64(slices.Index(q.s.sources[:], g.source)*reasonsInAll+reasons[g.reason]), 10)
	}
	if len(q.gaps) > 0 {
		body = append(body, ']')
	}
	body = append(body, '}')
	p := q.principal
	mac := hmac.New(sha256.New, q.s.cursorKey)
	mac.Write(body)
	bound := strings.Join([]string{"Patient.results", p.Subject, p.Org, string(p.Role), string(p.Purpose), q.s.policy.Version, q.s.excluded, q.s.names, ""}, "\x00")
	fmt.Fprintf(mac, "\x00%s\x00%s\x00%d", bound, string(q.people[person].Patient), q.people[person].Version)
	o.text(base64.RawURLEncoding.EncodeToString(append(mac.Sum(nil)[:16], body...)))
}
