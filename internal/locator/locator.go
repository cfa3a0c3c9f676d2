// Package locator stops a source from being asked about patients of whom it has just said that it holds
// nothing.
//
// Only the source's own statement counts ("no such patient"), and only for a while. An empty list is no
// such statement. The source is always asked about a patient who has or ever had a relationship with the
// organisation. So nothing that might be there is hidden. The answer says whom the source was not asked
// about, and when the source made its statement.
package locator

import (
	"context"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Func is how a source is read.
type Func = fetch.Func[*fetch.Ask, fetch.Answer]

// Options say how long, and for how many patients, a source's statements are kept.
type Options struct {
	Age      time.Duration    // how long "no such patient" counts; required
	Patients int              // how many are remembered, the latest; 0 means 100,000
	Codes    []string         // the organisation's ODS code and those of its predecessors
	Now      func() time.Time // nil means time.Now
}

// source is a source and what it said.
type source struct {
	Options
	read Func

	mu     sync.Mutex
	absent *lru.Cache[record.NHSNumber, word]
}

// A word is a statement of the source that it holds nothing: when it said so, and for which kinds. It said
// nothing about other kinds: it may store them elsewhere, or not at all. A word without kinds says that the
// source holds something, or may. It overrides the answer to a question that was asked before it and
// answered after it.
type word struct {
	at    time.Time
	kinds []fetch.Kind
}

// Wrap returns a read that asks the source only about patients of whom it might hold something.
func Wrap(read Func, o Options) Func {
	if o.Patients <= 0 {
		o.Patients = 100_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	absent, _ := lru.New[record.NHSNumber, word](o.Patients) // the size is positive
	s := &source{Options: o, read: read, absent: absent}
	return s.Read
}

// Read asks the source about those who are left. If nobody is, it does not ask.
func (s *source) Read(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
	now := s.Now()
	wanted := wantedOf(asks)
	cuts := map[*fetch.Subjects]*cut{}
	for _, ask := range asks {
		if cuts[ask.Subjects] == nil {
			cuts[ask.Subjects] = s.cut(ask.Subjects, wanted, now)
		}
	}
	asked := make([]*fetch.Ask, len(asks)) // by index of asks; nil if nobody is left
	reduced := make([]*fetch.Ask, 0, len(asks))
	for i, ask := range asks {
		if c := cuts[ask.Subjects]; len(c.left.Patients) > 0 {
			asked[i] = c.ask(ask)
			reduced = append(reduced, asked[i])
		}
	}
	var answers map[*fetch.Ask]fetch.Answer
	if len(reduced) > 0 {
		var err error
		if answers, err = s.read(ctx, reduced); err != nil {
			s.forget(reduced, now)
			return nil, err
		}
		s.learn(answers, now)
	}
	full := make(map[*fetch.Ask]fetch.Answer, len(asks))
	for i, ask := range asks {
		answer, answered := answers[asked[i]]
		if answered || asked[i] == nil {
			full[ask] = cuts[ask.Subjects].restore(answer)
		}
	}
	return full, nil
}

// ask returns an Ask about those who are left. It does not change all, which is the caller's.
func (c *cut) ask(all *fetch.Ask) *fetch.Ask {
	if c.left == c.all {
		return all
	}
	ask := *all
	ask.Subjects = c.left
	return &ask
}

// wantedOf returns the kinds that are asked for, by patient.
func wantedOf(asks []*fetch.Ask) map[record.NHSNumber][]fetch.Kind {
	wanted := map[record.NHSNumber][]fetch.Kind{}
	for _, ask := range asks {
		for _, patient := range ask.Subjects.Patients {
			if !slices.Contains(wanted[patient], ask.Kind) {
				wanted[patient] = append(wanted[patient], ask.Kind)
			}
		}
	}
	return wanted
}

// cut leaves out those of whom the source said lately that it holds nothing.
func (s *source) cut(all *fetch.Subjects, wanted map[record.NHSNumber][]fetch.Kind, now time.Time) *cut {
	c := &cut{all: all, left: all}
	for i, patient := range all.Patients {
		if since, ok := s.since(patient, wanted[patient], now); ok && !s.known(all, i) {
			if c.skipped == nil {
				c.skipped = make([]time.Time, len(all.Patients))
			}
			c.skipped[i] = since
		}
	}
	if c.skipped != nil {
		c.take()
	}
	return c
}

// since returns when the source said that it holds nothing of a patient; false if that no longer counts, or
// not for all that is wanted.
func (s *source) since(patient record.NHSNumber, wanted []fetch.Kind, now time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	said, ok := s.absent.Get(patient)
	for _, kind := range wanted {
		ok = ok && slices.Contains(said.kinds, kind)
	}
	return said.at, ok && s.counts(said, now)
}

func (s *source) counts(said word, now time.Time) bool {
	return now.Sub(said.at) < s.Age && !now.Before(said.at)
}

// known reports whether a subject has or had a relationship with the organisation.
func (s *source) known(all *fetch.Subjects, i int) bool {
	return i < len(all.KnownAt) && slices.ContainsFunc(all.KnownAt[i], func(code string) bool { return slices.Contains(s.Codes, code) })
}

// learn stores what the source said about each patient. Its statement that it holds nothing does not count
// if, for the same patient, it could not answer in full or returned an entry.
func (s *source) learn(answers map[*fetch.Ask]fetch.Answer, now time.Time) {
	absent, present := map[record.NHSNumber][]fetch.Kind{}, map[record.NHSNumber]bool{}
	for ask, answer := range answers {
		for i, patient := range ask.Subjects.Patients {
			switch {
			case answer.Err != nil, answer.Errs != nil && answer.Errs[i] != nil, answer.Unreadable != nil && answer.Unreadable[i], count(answer, i) > 0:
				present[patient] = true
			case answer.Absent != nil && answer.Absent[i]:
				absent[patient] = append(absent[patient], ask.Kind)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for patient := range present {
		s.absent.Add(patient, word{at: now})
	}
	for patient, kinds := range absent {
		if present[patient] { // whether or not the cache had room for it
			continue
		}
		said := word{now, kinds}
		before, ok := s.absent.Get(patient)
		if ok && len(before.kinds) == 0 && !before.at.Before(now) {
			continue
		}
		if ok && len(before.kinds) > 0 && s.counts(before, now) {
			said.at = before.at // the older of two words
			said.kinds = append(kinds, before.kinds...)
			slices.Sort(said.kinds)
			said.kinds = slices.Compact(said.kinds)
		}
		s.absent.Add(patient, said)
	}
}

// forget cancels what the source said about the patients of a read that failed as a whole: it may hold
// something by now.
func (s *source) forget(asks []*fetch.Ask, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ask := range asks {
		for _, patient := range ask.Subjects.Patients {
			s.absent.Add(patient, word{at: now})
		}
	}
}

func count(answer fetch.Answer, subject int) int {
	if answer.Rows == nil {
		return 0
	}
	return answer.Rows.Count(subject)
}
