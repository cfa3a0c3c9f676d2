package audit

import (
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"carerecord/internal/record"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestOptionsThatAreNotSet(t *testing.T) {
	usual := Options{Queue: 20_000, Batch: 2_000, Writers: 1, Timeout: 5 * time.Second}
	given := Options{Queue: 1, Batch: 3, Writers: 4, Timeout: time.Second}
	for name, c := range map[string]struct{ options, want Options }{
		"not set":    {Options{}, usual},
		"below zero": {Options{Queue: -1, Batch: -1, Writers: -1, Timeout: -1}, usual},
		"set":        {given, given},
	} {
		got := c.options.withDefaults()
		if got.Queue != c.want.Queue || got.Batch != c.want.Batch || got.Writers != c.want.Writers || got.Timeout != c.want.Timeout {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestKeepingThatIsNotSet(t *testing.T) {
	for name, k := range map[string]Keeping{"not set": {}, "below zero": {Events: -1, Every: -1}} {
		got, err := k.withDefaults()
		if err != nil || got.Events != 1_000 || got.Every != 5*time.Minute || got.Months != DefaultMonths || got.Log != io.Discard || got.Failed == nil || got.Now == nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	var log, said strings.Builder
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got, err := Keeping{
		Events: 7, Every: time.Hour, Log: &log, Months: 12, Failed: func(err error) { said.WriteString(err.Error()) }, Now: func() time.Time { return now },
	}.withDefaults()
	if err != nil || got.Events != 7 || got.Every != time.Hour || got.Months != 12 || got.Log != &log || !got.Now().Equal(now) {
		t.Errorf("set: %+v, %v", got, err)
	}
	if got.Failed(ErrBroken); said.String() != ErrBroken.Error() {
		t.Errorf("told %q", said.String())
	}
	if got, err := (Keeping{Months: -1}).withDefaults(); err != nil || got.Months != -1 {
		t.Errorf("for ever: %+v, %v", got, err)
	}
}

// One call's entries are never split, and a batch holds no more calls than fit.
func TestWhatABatchHolds(t *testing.T) {
	of := func(n int) *call { return &call{batch: columns{rests: make([]string, n)}} }
	trail := &Trail{options: Options{Batch: 3}, waiting: []*call{of(2), of(1), of(1), of(7), of(3), of(1)}, entries: 15}
	for i, want := range []struct{ calls, left int }{{2, 12}, {1, 11}, {1, 4}, {1, 1}, {1, 0}, {0, 0}} {
		if calls := trail.take(); len(calls) != want.calls || trail.entries != want.left {
			t.Errorf("batch %d: %d calls and %d entries left, want %+v", i, len(calls), trail.entries, want)
		}
	}
}

// A queue takes what there is room for, and one call that is longer than the queue when nothing waits.
func TestWhatAQueueTakes(t *testing.T) {
	of := func(n int) *call { return &call{batch: columns{rests: make([]string, n)}} }
	trail := &Trail{options: Options{Queue: 4}, wake: make(chan struct{}, 1)}
	for i, c := range []struct {
		n    int
		full bool
	}{{3, false}, {1, false}, {1, true}} {
		if err := trail.queue(of(c.n)); (err != nil) != c.full || err != nil && !errors.Is(err, ErrUnavailable) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	long := &Trail{options: Options{Queue: 4}, wake: make(chan struct{}, 1)}
	if err := long.queue(of(5)); err != nil {
		t.Errorf("a call longer than the queue: %v", err)
	}
	if err := long.queue(of(1)); err == nil {
		t.Error("nothing is refused behind it")
	}
}

func TestOutcomesInAText(t *testing.T) {
	for given, want := range map[Outcome]string{
		"SHOWN": "SHOWN", "WITHHELD_CHANGED": "WITHHELD_CHANGED", "AZ": "AZ", "": "UNKNOWN", "shown": "UNKNOWN", "A@": "UNKNOWN", "A[": "UNKNOWN", `A"`: "UNKNOWN",
	} {
		if got := name(given); got != want {
			t.Errorf("%q: %s, want %s", given, got, want)
		}
	}
}

// The text of an event names what there is, in its order, and nothing that is empty.
func TestTheTextOfAnEvent(t *testing.T) {
	for want, e := range map[string]Event{
		`}`: {},
		`"action":"READ","operation":"Q","note":"n"}`:                             {Action: Read, Operation: Operation{Name: "Q"}, Note: "n"},
		`"operation":"Q","document":"0a","documentId":"ward-list","app":"board"}`: {Operation: Operation{"Q", "0a", "ward-list", "board"}},
		`"breakGlass":{"grant":"g"},"counts":{"ALLERGIES":0,"RESULTS":2}}`:        {Glass: &Glass{GrantID: "g"}, Counts: []Count{{record.ClassAllergies, 0}, {record.ClassResults, 2}}},
		`"classes":["ALLERGIES","RESULTS"],"sectors":["GP"],"consentVersion":-1}`: {Classes: []record.Class{record.ClassAllergies, record.ClassResults}, Sectors: []record.Sector{record.GP}, ConsentVersion: -1},
		`"sources":[{"sector":"GP"},{"state":"ANSWERED"}]}`:                       {Sources: []Source{{Sector: record.GP}, {State: "ANSWERED"}}},
		`"receivedAt":"2026-01-02T02:04:05.000000006Z"}`:                          {ReceivedAt: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))},
	} {
		if got := e.rest(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestWhatADatabaseMayBeQuotedWith(t *testing.T) {
	for code, fault := range map[string]bool{"22003": true, "23505": true, "54000": true, "53300": false, "08006": false, "57014": false, "2": false, "": false} {
		err := unavailable("writing", &pgconn.PgError{Code: code, Message: "of patient 9990000018"})
		if !errors.Is(err, ErrUnavailable) || isFault(err) != fault || strings.Contains(err.Error(), "999") || !strings.Contains(err.Error(), "writing: SQLSTATE "+code) {
			t.Errorf("%s: %v, a fault of the data: %t", code, err, isFault(err))
		}
	}
	if err := unavailable("writing", io.ErrUnexpectedEOF); !errors.Is(err, ErrUnavailable) || !errors.Is(err, io.ErrUnexpectedEOF) || isFault(err) {
		t.Error(err)
	}
}

func TestErrorsOfACheckpoint(t *testing.T) {
	if broken(nil) != nil || broken(ErrBroken) != ErrBroken || !errors.Is(broken(io.EOF), ErrUnavailable) {
		t.Error(broken(nil), broken(ErrBroken), broken(io.EOF))
	}
}

// A checkpoint is due after so many events, and then after so many more.
func TestWhenACheckpointIsDue(t *testing.T) {
	trail := &Trail{options: Options{Keeping: Keeping{Events: 10}}, due: make(chan struct{}, 1)}
	for i, c := range []struct {
		events int
		due    bool
	}{{9, false}, {1, true}, {1, false}, {8, false}, {30, true}, {9, false}} {
		trail.count(c.events)
		if len(trail.due) == 1 != c.due {
			t.Errorf("step %d: due %t", i, !c.due)
		}
		for len(trail.due) > 0 {
			<-trail.due
		}
	}
}

// A checkpoint has one spelling: what its encoding would skip is a change.
func TestACheckpointHasOneSpelling(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := (&Signer{ID: "k", Key: private}).sign(Checkpoint{Sequence: 1, Hash: []byte{1}, MadeAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]ed25519.PublicKey{"k": public}
	if _, err := openCheckpoint(signed, keys); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"\n", "\r"} {
		if _, err := openCheckpoint(signed[:len(signed)-9]+end+signed[len(signed)-9:], keys); err == nil {
			t.Errorf("it is read with %q in its signature", end)
		}
	}
}
