package resolvers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// A request is the state of one operation: who asks, for whom, what they may see, and what the sources answered. It is made
// before execution and lives as long as the operation.
type request struct {
	root      *Root
	op        *graphql.OperationContext
	kept      *sync.Map // the document's cache; nil if there is none
	once      sync.Once
	principal auth.Principal
	lineage   []string
	now       time.Time
	received  time.Time
	began     time.Time // the same by this process's monotonic clock
	filter    *exclusion.Filter

	roots     []*root
	decisions map[record.NHSNumber]consent.Decision // by number as asked
	facts     map[record.NHSNumber]consent.Facts    // what the decisions were made from
	vain      []record.NHSNumber                    // patients who were asked for in vain
	lapsed    map[record.NHSNumber]bool             // permission ended after the data was read; the trail still says what was read
	undecided bool                                  // our own database could not be asked
	ahead     time.Duration                         // how far the clock of our own database is ahead of this process's
	grants    *consent.Grants
	caller    string // identifies the caller in cursors
	planned   *plan
	asks      []fetch.Ask   // by reading of the plan; Subjects is nil if there is nobody to ask about
	check     *fetch.Ask    // of demographics: whether it restricts those who are withheld, or of whom doubt remains; nil for nobody
	loads     []*load       // by source; nil if it was not asked
	reading   time.Duration // time spent waiting for the sources
	fault     error         // an error of the whole operation: nothing is disclosed
	gaps      *gapSet
	dutiful   atomic.Bool // a duty was carried out whose answer discloses something
	document  string      // the trusted document's id; "" for a document sent as text
	app       string      // the application the document belongs to
}

// A root is a root field that asks for patients, or one of the places in it that ask for their records.
type root struct {
	numbers   []record.NHSNumber
	selection ast.SelectionSet
	request   *request
}

// shown lists the grants of the root's patients, each once.
func (r *root) shown(grants *consent.Grants) []consent.Grant {
	shown := make([]consent.Grant, 0, len(r.numbers))
	seen := make(map[record.NHSNumber]bool, len(r.numbers))
	for _, number := range r.numbers {
		decision := r.request.decisions[number]
		grant, ok := grants.For(decision.Patient)
		if ok && decision.Outcome == consent.Shown && !seen[grant.Patient()] { // a person's invalidated number is refused even beside their valid one
			seen[grant.Patient()] = true
			shown = append(shown, grant)
		}
	}
	return shown
}

// showsNobody reports whether no patient of the operation is shown any more.
func (q *request) showsNobody() bool {
	for _, decision := range q.decisions {
		if _, granted := q.grants.For(decision.Patient); granted {
			return false
		}
	}
	return true
}

type requestKey struct{}

// Begin makes the context of one operation.
func (r *Root) Begin(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{root: r, received: r.Now(), began: time.Now(), gaps: newGapSet(), planned: unplanned})
}

// current is the request of a context. There always is one, because the transport calls Begin.
func current(ctx context.Context) *request {
	q, _ := ctx.Value(requestKey{}).(*request)
	return q
}

// Disclosed reports whether an operation's answer discloses anything about anybody, and returns the consent versions it is based
// on, in the order of the patients.
func (r *Root) Disclosed(ctx context.Context) (versions []string, discloses bool) {
	q := current(ctx)
	if q == nil {
		return nil, false
	}
	discloses = q.dutiful.Load()
	if q.fault != nil {
		return nil, discloses
	}
	shown, _ := q.shown()
	for _, grants := range shown {
		for i := range grants {
			discloses = true
			versions = append(versions, strconv.FormatInt(grants[i].Decision().Version, 10))
		}
	}
	return versions, discloses
}

// OfDocument records, for the audit trail, that the operation is a trusted document's. The context must come from Begin.
func OfDocument(ctx context.Context, document, app string) {
	if q := current(ctx); q != nil {
		q.document, q.app = document, app
	}
}

type clientKey struct{}

// origin is where a request came from, and its id.
type origin struct {
	client audit.Client
	id     string
}

// WithClient adds where a request came from, and its id, to the context, for the audit trail.
func WithClient(ctx context.Context, client audit.Client, id string) context.Context {
	return context.WithValue(ctx, clientKey{}, origin{client, id})
}

// ClientOf is where a request came from, as given to WithClient; zero without it.
func ClientOf(ctx context.Context) audit.Client {
	o, _ := ctx.Value(clientKey{}).(origin)
	return o.client
}

// RequestID is the id given to WithClient; "" without it.
func RequestID(ctx context.Context) string {
	o, _ := ctx.Value(clientKey{}).(origin)
	return o.id
}

// run does everything an operation needs before its first field: it decides for all patients of all root fields, reads every
// source once and writes the trail. It runs once, called by whichever root field comes first.
func (q *request) run(ctx context.Context) {
	q.once.Do(func() {
		q.fault = errInternal
		q.fault = q.prepare(ctx)
		q.level(ctx)
	})
}

func (q *request) prepare(ctx context.Context) error {
	principal, ok := auth.FromContext(ctx)
	if !ok {
		return auth.ErrUnauthenticated
	}
	q.principal, q.caller, q.now = principal, q.root.callerOf(principal), q.root.Now()
	q.grants = &consent.Grants{}
	q.op = graphql.GetOperationContext(ctx)
	if q.root.Kept != nil {
		q.kept = q.root.Kept(ctx)
	}
	q.lineage = q.root.Directory.Lineage(principal.Org, record.Today(q.now))
	q.filter = q.root.Exclusions.For(string(principal.Purpose))
	if err := q.collectRoots(ctx); err != nil {
		return err
	}
	settle, admitted := q.decide(ctx)
	if !admitted {
		return cmp.Or(q.trail(ctx, errThrottled), errThrottled)
	}
	defer func() { settle(nil) }() // whatever happens below
	planning := q.plan()
	if planning != nil {
		planning = q.planOthers(ctx)
	}
	if planning == nil {
		q.ask(ctx)
	}
	// Only now: a patient whom only demographics restricts counts as looked up in vain, like one who does not exist.
	within := settle(q.vain)
	if settle = func([]record.NHSNumber) bool { return true }; !within {
		q.loads, planning = nil, errThrottled
	}
	if err := q.trail(ctx, planning); err != nil {
		if q.undecided { // which came first
			return consent.ErrUnavailable
		}
		return err
	}
	return planning
}

// planOthers plans again, after a plan that failed, for the patients whom demographics does not restrict. The fault of a question
// is reported only if somebody is shown, because nothing is planned for anybody else. Without the second plan a restricted
// person could be distinguished by it from a number that is nobody's.
func (q *request) planOthers(ctx context.Context) error {
	q.planPersons()
	q.ask(ctx)
	q.loads = nil
	return q.plan()
}

// ask reads what is planned, and refuses the patients whom demographics restricts.
func (q *request) ask(ctx context.Context) {
	q.read(ctx)
	q.checkRestrictions(ctx)
	q.check = nil // once is enough, if it is planned again
	q.checkBirths()
	q.observe(ctx)
}

// collectRoots finds the root fields that ask for patients.
func (q *request) collectRoots(ctx context.Context) error {
	for _, f := range graphql.CollectFields(q.op, q.op.Operation.SelectionSet, []string{"Query"}) {
		numbers, selections, err := patientsAsked(f, q.op)
		if err != nil {
			return err
		}
		for _, selection := range selections {
			q.roots = append(q.roots, &root{numbers: numbers, selection: selection, request: q})
		}
	}
	return nil
}

// patientsAsked returns the patients a root field asks for, and the selection sets on their records, one for each alias; no
// selection set if the field asks for no patient.
func patientsAsked(f graphql.CollectedField, op *graphql.OperationContext) ([]record.NHSNumber, []ast.SelectionSet, error) {
	switch f.Name {
	case "patient":
		number, err := numberOf(f.ArgumentMap(op.Variables)["nhsNumber"])
		return []record.NHSNumber{number}, []ast.SelectionSet{f.Selections}, err
	case "patients":
		values := listed(f.ArgumentMap(op.Variables)["nhsNumbers"])
		numbers := make([]record.NHSNumber, len(values))
		for i, value := range values {
			number, err := numberOf(value)
			if err != nil {
				return nil, nil, err
			}
			numbers[i] = number
		}
		var selections []ast.SelectionSet
		for _, below := range graphql.CollectFields(op, f.Selections, []string{"PatientEntry"}) {
			if below.Name == "patient" {
				selections = append(selections, below.Selections)
			}
		}
		if len(selections) == 0 {
			selections = append(selections, nil) // a refusal is an answer too
		}
		return numbers, selections, nil
	}
	return nil, nil, nil
}

func numberOf(value any) (record.NHSNumber, error) {
	text, _ := value.(string)
	return record.ParseNHSNumber(text)
}

// decide decides for every patient of the operation, in one round trip. If the caller has already looked up too many patients
// in vain, it looks nobody up and admitted is false. settle must be called once it is known who was asked for in vain; it
// reports whether the caller is still within the limit.
func (q *request) decide(ctx context.Context) (settle func(vain []record.NHSNumber) (within bool), admitted bool) {
	numbers := q.refuseAll()
	if _, reads := q.root.Policy.Classes(q.principal); !reads {
		return func([]record.NHSNumber) bool { return true }, true // before any look-up
	}
	if settle, admitted = q.root.throttle.admit(ctx, q.principal, len(numbers), q.now); admitted {
		q.lookUp(ctx, numbers)
	}
	return settle, admitted
}

// lookUp decides for these patients from the facts about them, and notes those who were asked for in vain.
func (q *request) lookUp(ctx context.Context, numbers []record.NHSNumber) {
	facts, err := q.root.Facts.Facts(ctx, q.principal, q.lineage, numbers)
	if err != nil {
		q.undecided = true
		q.alarm(ctx, AlarmConsent, err)
	}
	q.facts = facts
	strange := false
	for _, number := range numbers {
		fact := facts[number]
		if err == nil && fact.Asked != number {
			strange = true
		}
		if err != nil || fact.Asked != number {
			fact = consent.Facts{Asked: number, Unavailable: true}
		}
		at := fact.ReadAt
		if at.IsZero() {
			at = q.now.Add(q.ahead)
		}
		q.ahead = at.Sub(q.now)
		decision := consent.Decide(q.principal, fact, q.root.Policy, q.lineage, at)
		q.decisions[number] = decision
		q.grants.Add(decision)
		if q.grants.Check(decision) {
			q.checking(decision.Patient, fact.Born)
		}
		if decision.Outcome == consent.NoCareRelationship || decision.Outcome == consent.NotFound {
			q.vain = append(q.vain, number)
		}
	}
	if strange {
		q.undecided = true
		q.alarm(ctx, AlarmConsent, errFacts)
	}
}

// checking adds a patient to those whom demographics is asked about only to hear whether it restricts them.
func (q *request) checking(patient record.NHSNumber, born record.PartialDate) {
	if q.check == nil {
		q.check = &fetch.Ask{Kind: fetch.Persons, Class: record.ClassDemographics, Subjects: &fetch.Subjects{Index: map[record.NHSNumber]int{}}}
	}
	s := q.check.Subjects
	if _, twice := s.Index[patient]; twice {
		return
	}
	s.Index[patient] = len(s.Patients)
	s.Patients, s.Numbers, s.AdultFrom = append(s.Patients, patient), append(s.Numbers, string(patient)), append(s.AdultFrom, "")
	s.Born, s.KnownAt = append(s.Born, string(born)), append(s.KnownAt, nil)
}

// moment is the present by the clock that the decisions were made by, or a little later.
func (q *request) moment() time.Time { return q.root.Now().Add(q.ahead) }

// errFacts says that facts are missing for a patient, or came under another patient's number.
var errFacts = fmt.Errorf("%w: facts of other patients than were asked for", consent.ErrUnavailable)

// refuseAll refuses every patient of the operation until it is decided otherwise, and returns their numbers, each once.
func (q *request) refuseAll() []record.NHSNumber {
	numbers := q.numbers()
	q.decisions = make(map[record.NHSNumber]consent.Decision, len(numbers))
	for _, number := range numbers {
		q.decisions[number] = consent.Decision{Outcome: consent.Forbidden, Asked: number, Patient: number}
	}
	return numbers
}

func (q *request) alarm(ctx context.Context, alarm Alarm, err error) {
	q.root.Observe(ctx, Observation{Alarm: alarm, Err: err})
}

// checkRestrictions refuses a person whom demographics restricts although our register does not, or of whom it cannot say.
// Whoever is refused already is refused otherwise only if they are restricted for certain: an objection is in force, and
// doubt remains, whatever else is not known.
func (q *request) checkRestrictions(ctx context.Context) {
	refused := q.restricted()
	for number, decision := range q.decisions {
		outcome := refused[decision.Patient]
		if outcome == "" || outcome != consent.NotFound && decision.Outcome != consent.Shown {
			continue
		}
		q.alarm(ctx, AlarmRestricted, nil)
		q.refuse(number, outcome)
		if outcome == consent.NotFound {
			q.vain = append(q.vain, number)
		}
	}
}

// checkBirths withdraws adult social care from a person who is younger in demographics than in our register.
func (q *request) checkBirths() {
	if q.ofNobody(q.planned.persons) {
		return
	}
	for _, i := range q.root.bySector[record.Demographics] {
		answer, _ := q.answer(i, q.planned.persons)
		for subject, patient := range q.asks[q.planned.persons].Subjects.Patients {
			for _, person := range fetch.RowsOf[record.Person](answer).Of(subject) {
				q.grants.BornToo(patient, person.DateOfBirth, q.root.Policy, q.now)
			}
		}
	}
}

// restricted maps the patients whom demographics restricts, or of whom it cannot say, to the outcome of their refusal. A
// patient of whom it did not answer is not among them: our own register decides.
func (q *request) restricted() map[record.NHSNumber]consent.Outcome {
	refused := map[record.NHSNumber]consent.Outcome{}
	for _, i := range q.root.bySector[record.Demographics] {
		for patient, person := range q.loads[i].people() {
			switch {
			case person.Restricted && !person.RestrictionUnclear:
				refused[patient] = consent.NotFound
			case person.Restricted && refused[patient] == "":
				refused[patient] = consent.Unavailable
			}
		}
	}
	return refused
}

// refuse turns a decision into a refusal.
func (q *request) refuse(number record.NHSNumber, outcome consent.Outcome) {
	decision := q.decisions[number]
	q.grants.Revoke(decision.Patient)
	decision.Outcome, decision.Classes = outcome, consent.ClassSet{}
	q.decisions[number] = decision
}

func index(ask *fetch.Ask, patient record.NHSNumber) int {
	if i, ok := ask.Subjects.Index[patient]; ok {
		return i
	}
	return -1
}

// errInternal is the fault of a request until its preparation ends.
var errInternal = errors.New("the request was not prepared")
