package floor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
)

// A request is one question under way.
type request struct {
	s              *Server
	name, document string
	variables      map[string]any
	principal      auth.Principal
	now            time.Time

	asked     []record.NHSNumber // each once
	decisions map[record.NHSNumber]consent.Decision
	people    []consent.Decision // who is shown, each once
	place     map[record.NHSNumber]int
	adult     []int // of each of the people, the place among the adults; -1 for a child

	answers [5][results]rows // by sector
	at      [5]time.Time     // when each had answered; zero where it was not asked

	list    []*row // of the list that is being written
	gaps    []gap
	refused string
	failed  error
}

var (
	errRole    = errors.New("the benchmark's questions are for roles that see every class")
	errConsent = errors.New("the facts of other patients")
	errTrail   = errors.New("the trail answered for other events")
)

// run decides, reads every source at once, and writes the trail.
func (q *request) run(ctx context.Context, r *http.Request, numbers []record.NHSNumber) error {
	if err := q.decide(ctx, numbers); err != nil {
		return err
	}
	if err := q.read(ctx); err != nil {
		return err
	}
	q.restrict()
	return q.trail(ctx, r)
}

func (q *request) decide(ctx context.Context, numbers []record.NHSNumber) error {
	q.decisions = make(map[record.NHSNumber]consent.Decision, len(numbers))
	q.place = make(map[record.NHSNumber]int, len(numbers))
	q.asked = make([]record.NHSNumber, 0, len(numbers))
	for _, number := range numbers {
		if _, twice := q.decisions[number]; !twice {
			q.decisions[number] = consent.Decision{}
			q.asked = append(q.asked, number)
		}
	}
	lineage := q.s.directory.Lineage(q.principal.Org, record.Today(q.now))
	facts, err := q.s.store.Facts(ctx, q.principal, lineage, q.asked)
	if err != nil {
		return err
	}
	for _, number := range q.asked {
		fact := facts[number]
		if fact.Asked != number {
			return errConsent
		}
		at := fact.ReadAt
		if at.IsZero() {
			at = q.now
		}
		decision := consent.Decide(q.principal, fact, q.s.policy, lineage, at)
		q.decisions[number] = decision
		if _, twice := q.place[decision.Patient]; twice || decision.Outcome != consent.Shown {
			continue
		}
		if decision.Classes != consent.AllClasses {
			return errRole
		}
		q.place[decision.Patient] = len(q.people)
		q.people = append(q.people, decision)
	}
	return nil
}

// read asks all sources at once.
func (q *request) read(ctx context.Context) error {
	if len(q.people) == 0 {
		return nil
	}
	all, adults := q.subjects()
	var waiting sync.WaitGroup
	var errs [5]error
	for i, source := range q.s.sources {
		of := all
		if source.sector == record.SocialCare {
			of = adults
		}
		if len(of.numbers) == 0 {
			continue
		}
		waiting.Go(func() {
			errs[i] = source.read(ctx, q.name, of, &q.answers[i])
			q.at[i] = q.s.options.Now()
		})
	}
	waiting.Wait()
	return errors.Join(errs[:]...)
}

func (q *request) subjects() (all, adults *subjects) {
	numbers, from := make([]record.NHSNumber, len(q.people)), make([]record.Date, len(q.people))
	grown, grownFrom := make([]record.NHSNumber, 0, len(q.people)), make([]record.Date, 0, len(q.people))
	q.adult = make([]int, len(q.people))
	for i := range q.people {
		person := &q.people[i]
		numbers[i], from[i], q.adult[i] = person.Patient, person.AdultFrom, -1
		if person.Adult {
			q.adult[i] = len(grown)
			grown, grownFrom = append(grown, person.Patient), append(grownFrom, person.AdultFrom)
		}
	}
	return newSubjects(numbers, from, q.now), newSubjects(grown, grownFrom, q.now)
}

// rowsOf are a person's rows of one result of a sector's source.
func (q *request) rowsOf(sector, result, person int) []row {
	if sector == socialCare {
		person = q.adult[person]
	}
	return q.answers[sector][result].of(person)
}

// The sectors by their place.
const (
	demographics = iota
	acute
	practice
	mentalHealth
	socialCare
)

// restrict refuses whom demographics knows to be restricted though our register does not.
func (q *request) restrict() {
	for number, decision := range q.decisions {
		if decision.Outcome != consent.Shown {
			continue
		}
		for _, row := range q.rowsOf(demographics, ofPerson, q.place[decision.Patient]) {
			if row.yes(0) || row.ends[0] < 0 {
				decision.Outcome = consent.NotFound
				q.decisions[number] = decision
			}
		}
	}
}

// trailWithin is how long the trail may take.
const trailWithin = 5 * time.Second

// trail writes one event for every patient and refuses whose consent has changed.
func (q *request) trail(ctx context.Context, r *http.Request) error {
	digest := sha256.Sum256([]byte(q.document))
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	shared := audit.Event{
		Action: audit.Read, Who: audit.WhoIs(q.principal), Purpose: q.principal.Purpose, RequestID: rand.Text(),
		Client:    audit.Client{Application: clientOf(r), Address: address},
		Operation: audit.Operation{Name: q.name, SHA256: hex.EncodeToString(digest[:])}, ReceivedAt: q.now, PolicyVersion: q.s.policy.Version,
	}
	entries := make([]audit.Entry, len(q.asked))
	for i, number := range q.asked {
		entries[i] = q.entry(shared, number)
	}
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), trailWithin)
	defer cancel()
	written, err := q.s.store.Record(writing, entries)
	if err != nil {
		return err
	}
	if len(written) != len(entries) {
		return errTrail
	}
	for i, number := range q.asked {
		if written[i].Withheld {
			decision := q.decisions[number]
			decision.Outcome = consent.Withheld
			q.decisions[number] = decision
		}
	}
	return nil
}

// entry is the event of one patient.
func (q *request) entry(event audit.Event, number record.NHSNumber) audit.Entry {
	decision := q.decisions[number]
	event.Patient, event.Outcome = decision.Patient, audit.Outcome(decision.Outcome)
	if decision.Patient != number {
		event.Asked = number
	}
	event.ConsentVersion, event.Relationship = decision.Version, string(decision.Relationship)
	if decision.Outcome != consent.Shown {
		return audit.Entry{Event: event}
	}
	person := q.place[decision.Patient]
	event.Counts = make([]audit.Count, 0, 20)
	for i, source := range q.s.sources {
		if q.at[i].IsZero() || i == socialCare && q.adult[person] < 0 {
			continue
		}
		event.Sectors = append(event.Sectors, source.sector)
		event.Sources = append(event.Sources, audit.Source{Sector: source.sector, Organisation: string(source.org.ODSCode), State: string(record.SourceAnswered)})
		for _, asked := range source.pipelines[q.name] {
			if asked.class != "" {
				event.Counts = counted(event.Counts, asked.class, len(q.rowsOf(i, asked.into, person)))
			}
		}
	}
	slices.SortFunc(event.Counts, func(a, b audit.Count) int {
		if a.Class < b.Class {
			return -1
		}
		return 1
	})
	event.Classes = make([]record.Class, len(event.Counts))
	for i, count := range event.Counts {
		event.Classes[i] = count.Class
	}
	return audit.Entry{Event: event, Recheck: decision.Version}
}

func counted(counts []audit.Count, class record.Class, items int) []audit.Count {
	for i := range counts {
		if counts[i].Class == class {
			counts[i].Items += items
			return counts
		}
	}
	return append(counts, audit.Count{Class: class, Items: items})
}

// sign is the receipt of the data; "" where nothing is disclosed.
func (q *request) sign(data []byte) (string, error) {
	versions := make([]string, 0, len(q.people))
	for _, person := range q.people {
		if q.decisions[person.Asked].Outcome == consent.Shown {
			versions = append(versions, strconv.FormatInt(person.Version, 10))
		}
	}
	if len(versions) == 0 {
		return "", nil
	}
	return q.s.receipts.Sign(receipt.Answer{Document: q.document, Operation: q.name, Variables: q.variables, Consent: versions, Data: data})
}

// messages are what a refusal says, by code.
var messages = map[string]string{
	"FORBIDDEN":            "Your role and purpose do not read patients' records here. viewer says which your token has; ask your organisation's administrator if they should.",
	"NO_CARE_RELATIONSHIP": "Your organisation has no current care relationship with a patient of this number. Check the number; if you are treating the patient now, use emergency access, where your role has it.",
	"RECORD_WITHHELD":      "This person has asked not to have a joined-up record shown. Ask the organisations that care for them directly, by telephone, email or post, as before the joined-up record.",
	"CONSENT_UNAVAILABLE":  "Whether this record may be shown cannot be established at the moment, so it is not shown. Try again in a minute; if it is urgent, ask the organisations directly.",
	"PATIENT_NOT_FOUND":    "There is no record to show under this number. Check the number with the patient.",
}

// codeOf is the code of a refusal; "" for a patient who is shown.
func codeOf(outcome consent.Outcome) string {
	switch outcome {
	case consent.Shown:
		return ""
	case consent.Forbidden:
		return "FORBIDDEN"
	case consent.NoCareRelationship:
		return "NO_CARE_RELATIONSHIP"
	case consent.Withheld:
		return "RECORD_WITHHELD"
	case consent.NotFound:
		return "PATIENT_NOT_FOUND"
	}
	return "CONSENT_UNAVAILABLE"
}
