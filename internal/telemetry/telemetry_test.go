package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"carerecord/internal/record"
	"carerecord/internal/telemetry"

	"github.com/google/go-cmp/cmp"
)

var clock = regexp.MustCompile(`(?m)^time=\S+ `)

// lines are the lines of a log in text, without their times.
func lines(log fmt.Stringer) []string {
	text := strings.TrimSpace(clock.ReplaceAllString(log.String(), ""))
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// metrics are the metrics as they are asked for.
func metrics(told *telemetry.Telemetry) string {
	answer := httptest.NewRecorder()
	told.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	return answer.Body.String()
}

func TestNothingInTheLogReadsLikeAnNHSNumber(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := telemetry.New(&out, format, "debug").Log
		log.Info("asked for 9990000018", "error", fmt.Errorf("patient 999 000 0018: %w", errors.New("999-000-0018")),
			"list", []string{"9990000018"}, "any", struct{ N string }{"9990000018"}, "id", int64(9990000018), "9990000018", true)
		log.With("number", "9990000018").WithGroup("g").Warn("again", "keys", []record.NHSNumber{"9990000018"})
		for _, part := range []string{"9990000018", "999 000 0018", "999-000-0018"} {
			if text := out.String(); strings.Contains(text, part) {
				t.Errorf("%s: %s", format, text)
			}
		}
		if strings.HasPrefix(out.String(), "{") != (format == "json") {
			t.Errorf("%s: %s", format, &out)
		}
	}
}

func TestWhatReadsLikeANumber(t *testing.T) {
	for text, want := range map[string]string{
		"9990000018":                        "[number]",
		"of 999 000 0018.":                  "of [number].",
		"9990000018 9990000026 9990000034":  "[number] [number] [number]",
		"999-000-0018,9990000026":           "[number],[number]",
		"123 9990000018":                    "123 [number]",
		"nhs_9990000018 and P9990000018x":   "nhs_[number] and P[number]x",
		"nhs-number%7C9990000018&_count=50": "nhs-number%7C[number]&_count=50",
		"999000001":                         "999000001",
		"99900000181":                       "99900000181",
		"999.000.0018 is an address":        "999.000.0018 is an address",
		"2026-03-10T12:00:00.123456Z":       "2026-03-10T12:00:00.123456Z",
	} {
		var got, plain bytes.Buffer
		telemetry.New(&got, "text", "info").Log.Info("said", "of", text, "all", []string{text, "beside"})
		slog.New(slog.NewTextHandler(&plain, nil)).Info("said", "of", want, "all", []string{want, "beside"})
		if diff := cmp.Diff(lines(&plain), lines(&got)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestTheLogBeginsAtItsLevel(t *testing.T) {
	for level, want := range map[string]string{"debug": "d i w e", "info": "i w e", "warn": "w e", "error": "e", "loud": "i w e", "": "i w e"} {
		var out bytes.Buffer
		told := telemetry.New(&out, "text", level)
		told.HTTPErrors().Print("d")
		told.Log.Info("i")
		told.Log.Warn("w")
		told.Log.Error("e")
		var got []string
		for _, line := range lines(&out) {
			got = append(got, line[strings.LastIndex(line, "=")+1:])
		}
		if said := strings.Join(got, " "); said != want {
			t.Errorf("%q: %s, want %s", level, said, want)
		}
	}
}

func TestWhatIsLogged(t *testing.T) {
	read := func(outcomes ...string) func(context.Context, *telemetry.Telemetry) {
		return func(ctx context.Context, told *telemetry.Telemetry) {
			for _, outcome := range outcomes {
				r := telemetry.Read{Sector: record.Acute, Organisation: "RAL", Outcome: outcome, Took: time.Millisecond, Asks: 3}
				if outcome != "ANSWERED" {
					r.Err = record.ErrUnavailable
				}
				told.Source(ctx, r)
			}
		}
	}
	const (
		source = "sector=ACUTE organisation=RAL "
		down   = `level=WARN msg="a source does not answer" ` + source + `outcome=TIMED_OUT milliseconds=1 error="source unavailable"`
		up     = `level=INFO msg="a source answers again" ` + source + "outcome=ANSWERED milliseconds=1"
		quiet  = `level=DEBUG msg="source read" ` + source + "outcome=ANSWERED milliseconds=1"
	)
	for name, tt := range map[string]struct {
		level string
		do    func(context.Context, *telemetry.Telemetry)
		want  []string
	}{
		"a source that answers":        {"info", read("ANSWERED", "ANSWERED"), nil},
		"the same, in detail":          {"debug", read("ANSWERED", "ANSWERED"), []string{quiet, quiet}},
		"a source that comes and goes": {"info", read("ANSWERED", "TIMED_OUT", "TIMED_OUT", "ANSWERED", "ANSWERED"), []string{down, up}},
		"a source that is down before": {"info", read("TIMED_OUT", "TIMED_OUT", "ANSWERED"), []string{down, up}},
		"one that is down otherwise":   {"info", read("TIMED_OUT", "REFUSED"), []string{down, strings.Replace(down, "TIMED_OUT", "REFUSED", 1)}},
		"an alarm": {"info", func(ctx context.Context, told *telemetry.Telemetry) {
			told.Alarm(ctx, "DROPPED", "", nil)
			told.Alarm(ctx, "DROPPED", "ACUTE/RAL", record.ErrMalformed)
		}, []string{"level=ERROR msg=alarm alarm=DROPPED", `level=ERROR msg=alarm alarm=DROPPED source=ACUTE/RAL error="source malformed"`}},
		"a finding": {"info", func(ctx context.Context, told *telemetry.Telemetry) {
			told.Found(ctx, telemetry.Finding{Sector: record.GP, Organisation: "F83001", Kind: "unreadable", Count: 2, Where: "record", Err: record.ErrMalformed})
			told.Found(ctx, telemetry.Finding{Sector: record.GP, Organisation: "F83001", Kind: "foreign", Count: 3, Where: "Observation", Alarm: true})
		}, []string{
			`level=INFO msg="found in the answer of a source" sector=GP organisation=F83001 finding=unreadable count=2 where=record error="source malformed"`,
			"level=ERROR msg=alarm alarm=SOURCE_FOREIGN sector=GP organisation=F83001 finding=foreign count=3 where=Observation",
		}},
		"a database that comes later": {"info", func(_ context.Context, told *telemetry.Telemetry) {
			for _, err := range []error{record.ErrUnavailable, record.ErrUnavailable, record.ErrMalformed, nil} {
				told.Database(err)
			}
		}, []string{
			`level=ERROR msg="the own database cannot be used; nothing is disclosed until it can" error="source unavailable"`,
			`level=ERROR msg="the own database cannot be used; nothing is disclosed until it can" error="source malformed"`,
			`level=INFO msg="the own database is ready"`,
		}},
		"a breaker": {"info", func(_ context.Context, told *telemetry.Telemetry) {
			for _, event := range []string{"REPEATED", "OPENED", "CLOSED"} {
				told.SourceEvent("ACUTE", "RAL", event)
			}
		}, []string{`level=WARN msg="a source fails again and again and is left alone for a moment" sector=ACUTE organisation=RAL`, `level=INFO msg="a source is asked again" sector=ACUTE organisation=RAL`}},
		"requests to opt out": {"info", func(ctx context.Context, told *telemetry.Telemetry) {
			told.OptOutRequests(ctx, 0, time.Time{})
			told.OptOutRequests(ctx, 2, time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
		}, []string{`level=WARN msg="opt-out requests wait for more than two working days" requests=2 oldest=2026-03-10T12:00:00.000Z`}},
		"an answer": {"info", func(ctx context.Context, told *telemetry.Telemetry) {
			told.Answered(ctx, telemetry.Answer{Name: "WardList", Status: 200, Codes: []string{"FORBIDDEN"}, Bytes: 10, Took: time.Second, Role: "GENERAL_PRACTITIONER", Org: "F83999", Request: "R", Document: "ward-list", App: "board"})
		}, []string{"level=INFO msg=answer operation=none name=WardList document=ward-list app=board status=200 codes=[FORBIDDEN] bytes=10 milliseconds=1000 role=GENERAL_PRACTITIONER organisation=F83999 request=R"}},
		"what nobody is told": {"info", func(ctx context.Context, told *telemetry.Telemetry) { told.Internal(ctx, record.ErrMalformed) }, []string{`level=ERROR msg="internal error" error="source malformed"`}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			tt.do(t.Context(), telemetry.New(&out, "text", tt.level))
			if diff := cmp.Diff(tt.want, lines(&out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHowASourceAnsweredLast(t *testing.T) {
	told := telemetry.New(&bytes.Buffer{}, "text", "info")
	for _, r := range []telemetry.Read{{Outcome: "TIMED_OUT"}, {Outcome: "ANSWERED"}, {Outcome: "REFUSED", Untold: true}} {
		r.Sector, r.Organisation = record.Acute, "RAL"
		told.Source(t.Context(), r)
	}
	for organisation, want := range map[string]string{"RAL": "ANSWERED", "RAP": ""} {
		if got := told.Latest(record.Acute, organisation); got != want {
			t.Errorf("%s: %q, want %q", organisation, got, want)
		}
	}
}

func TestWhatIsCounted(t *testing.T) {
	told := telemetry.New(&bytes.Buffer{}, "text", "info")
	for _, outcome := range []string{"ANSWERED", "TIMED_OUT", "TIMED_OUT"} {
		told.Source(t.Context(), telemetry.Read{Sector: record.Acute, Organisation: "RAL", Outcome: outcome, Took: time.Second, Asks: 3})
	}
	told.Alarm(t.Context(), "DROPPED", "ACUTE/RAL", nil)
	told.Found(t.Context(), telemetry.Finding{Sector: record.GP, Organisation: "F83001", Kind: "foreign", Count: 3, Where: "Observation", Alarm: true})
	told.Found(t.Context(), telemetry.Finding{Sector: record.GP, Organisation: "F83001", Kind: "unreadable", Count: 2, Where: "record"})
	told.Answered(t.Context(), telemetry.Answer{Operation: "query", Status: 200, Codes: []string{"FORBIDDEN"}, Bytes: 10, Took: time.Second})
	told.Answered(t.Context(), telemetry.Answer{Operation: "query", Status: 200, Document: "ward-list", App: "board"})
	told.Answered(t.Context(), telemetry.Answer{Operation: "mutation", Status: 200, FreeText: true})
	told.Answered(t.Context(), telemetry.Answer{Status: 401})
	told.SourceEvent("ACUTE", "RAL", "OPENED")
	told.OptOutForm("sent")
	for _, line := range []string{
		`carerecord_source_reads_total{organisation="RAL",outcome="TIMED_OUT",sector="ACUTE"} 2`, `carerecord_source_reads_total{organisation="RAL",outcome="ANSWERED",sector="ACUTE"} 1`,
		`carerecord_source_asks_total{organisation="RAL",sector="ACUTE"} 9`, `carerecord_source_read_seconds_sum{organisation="RAL",sector="ACUTE"} 3`,
		`carerecord_alarms_total{alarm="DROPPED"} 1`, `carerecord_alarms_total{alarm="SOURCE_FOREIGN"} 1`,
		`carerecord_answers_total{operation="query",status="200"} 2`, `carerecord_answers_total{operation="none",status="401"} 1`,
		`carerecord_answer_seconds_sum{operation="query"} 1`, `carerecord_answer_bytes_sum 10`,
		`carerecord_documents_total{app="board",document="ward-list"} 1`, `carerecord_documents_total{app="",document="free text"} 1`,
		`carerecord_answer_errors_total{code="FORBIDDEN"} 1`,
		`carerecord_source_findings_total{finding="foreign",organisation="F83001",sector="GP"} 3`, `carerecord_source_findings_total{finding="unreadable",organisation="F83001",sector="GP"} 2`,
		`carerecord_source_events_total{event="OPENED",organisation="RAL",sector="ACUTE"} 1`, `carerecord_opt_out_form_total{event="sent"} 1`,
	} {
		if !strings.Contains(metrics(told), line+"\n") {
			t.Errorf("no %s in\n%s", line, metrics(told))
		}
	}
	if strings.Contains(metrics(told), `document=""`) {
		t.Error("a request that named no document is counted as one")
	}
}

func TestWhatStandsNow(t *testing.T) {
	told := telemetry.New(&bytes.Buffer{}, "text", "info")
	stands := func(gauge, want string) {
		t.Helper()
		if !strings.Contains(metrics(told), "\n"+gauge+" "+want+"\n") {
			t.Errorf("%s is not %s in\n%s", gauge, want, metrics(told))
		}
	}
	for _, step := range []struct {
		err  error
		want string
	}{{record.ErrUnavailable, "0"}, {nil, "1"}, {record.ErrUnavailable, "0"}} {
		told.Database(step.err)
		stands("carerecord_database_opened", step.want)
	}
	unknown := func() {
		t.Helper()
		stands("carerecord_opt_out_requests_overdue", "NaN")
		stands("carerecord_opt_out_request_oldest_seconds", "NaN")
	}
	unknown() // before the queue was ever read
	told.OptOutRequests(t.Context(), 2, time.Unix(1000, 0))
	stands("carerecord_opt_out_requests_overdue", "2")
	stands("carerecord_opt_out_request_oldest_seconds", "1000")
	told.OptOutRequests(t.Context(), 0, time.Time{})
	stands("carerecord_opt_out_requests_overdue", "0")
	stands("carerecord_opt_out_request_oldest_seconds", "0")
	stands(`carerecord_alarms_total{alarm="OPT_OUT_OVERDUE"}`, "1")
	told.OptOutRequestsUnknown()
	unknown()
	asked := false
	handler := told.Timed(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked = true
		stands("carerecord_answers_running", "1")
		if began := telemetry.Began(r.Context()); began.IsZero() || began.After(time.Now()) {
			t.Errorf("it began at %v", began)
		}
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/graphql", nil))
	stands("carerecord_answers_running", "0")
	if !asked || !telemetry.Began(t.Context()).IsZero() {
		t.Error("it was not asked, or began before it came in")
	}
}

// A server that cannot accept connections, for want of file descriptors, says so at every level.
func TestConnectionsThatAreNotAccepted(t *testing.T) {
	var out bytes.Buffer
	told := telemetry.New(&out, "text", "error")
	server := &http.Server{ErrorLog: told.HTTPErrors()}
	accepts := &failing{accept: make(chan error, 2)}
	accepts.accept <- &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	accepts.accept <- net.ErrClosed
	if err := server.Serve(accepts); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	if got := lines(&out); len(got) != 1 || !strings.HasPrefix(got[0], `level=ERROR msg="http: Accept error: `) || !strings.Contains(got[0], "too many open files") {
		t.Error(got)
	}
}

// failing is a listener whose Accept fails.
type failing struct {
	net.Listener
	accept chan error
}

func (f *failing) Accept() (net.Conn, error) { return nil, <-f.accept }
func (f *failing) Close() error              { return nil }

// Whatever watches for a rise sees the first alarm too.
func TestAlarmsAreThereBeforeTheFirst(t *testing.T) {
	told := telemetry.New(&bytes.Buffer{}, "text", "error")
	told.Expect("DROPPED", "AUDIT")
	told.ExpectFinding("foreign")
	told.Alarm(t.Context(), "AUDIT", "", nil)
	told.Expect("AUDIT") // which takes nothing back
	for alarm, want := range map[string]string{"DROPPED": "0", "AUDIT": "1", "SOURCE_FOREIGN": "0", "OPT_OUT_OVERDUE": "0"} {
		if line := `carerecord_alarms_total{alarm="` + alarm + `"} ` + want + "\n"; !strings.Contains(metrics(told), line) {
			t.Errorf("no %s", line)
		}
	}
}
