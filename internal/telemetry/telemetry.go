// Package telemetry is the service's log, counters and histograms. It is given numbers and short words, never
// patient data, and masks what looks like an NHS number all the same.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"carerecord/internal/record"
)

// Telemetry is the log and the metrics of one service.
type Telemetry struct {
	Log *slog.Logger

	registry *prometheus.Registry
	reads    *prometheus.CounterVec
	readTime *prometheus.HistogramVec
	asks     *prometheus.CounterVec
	answers  *prometheus.CounterVec
	codes    *prometheus.CounterVec
	asked    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	bytes    prometheus.Histogram
	running  prometheus.Gauge
	alarms   *prometheus.CounterVec
	own      prometheus.Gauge
	events   *prometheus.CounterVec
	findings *prometheus.CounterVec
	forms    *prometheus.CounterVec
	overdue  prometheus.Gauge
	oldest   prometheus.Gauge

	mu      sync.Mutex
	sources map[sourceKey]*sourceCounts
	why     string // why the own database could not be used, when it last failed
}

// sourceCounts are the counters of one source.
type sourceCounts struct {
	readTime prometheus.Observer
	asks     prometheus.Counter
	reads    prometheus.Counter // of reads with the latest outcome; nil before the first
	latest   string             // the latest outcome
	told     string             // the latest outcome that may be told
}

type sourceKey struct {
	sector       record.Sector
	organisation string
}

// New logs to w, as JSON or text, from a level up.
func New(w io.Writer, format, level string) *Telemetry {
	t := &Telemetry{Log: newLog(w, format, level), registry: prometheus.NewRegistry(), sources: map[sourceKey]*sourceCounts{}}
	t.reads = counter("source_reads_total", "Reads of a source, by how they ended.", "sector", "organisation", "outcome")
	t.readTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "source_read_seconds", Help: "How long a read of a source took.", Buckets: buckets,
	}, []string{"sector", "organisation"})
	t.asks = counter("source_asks_total", "What was asked of a source, several things in one read.", "sector", "organisation")
	t.answers = counter("answers_total", "Answers over HTTP, by kind of operation and status.", "operation", "status")
	t.codes = counter("answer_errors_total", "Errors in answers, by code.", "code")
	t.asked = counter("documents_total", "Requests by the trusted document they named and its application; free text where that is counted.", "document", "app")
	t.seconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "answer_seconds", Help: "How long an answer took, from the end of the request's header.", Buckets: buckets,
	}, []string{"operation"})
	t.bytes = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Name: "answer_bytes", Help: "The size of answers.", Buckets: prometheus.ExponentialBuckets(256, 4, 9),
	})
	t.running = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "answers_running", Help: "Requests under way."})
	t.alarms = counter("alarms_total", "Things that must not happen.", "alarm")
	t.own = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "database_opened", Help: "1 once the service's own database was reached.",
	})
	t.events = counter("source_events_total", "What happened beside plain reads of a source: repeated, turned away, breaker opened and closed.", "sector", "organisation", "event")
	t.findings = counter("source_findings_total", "What was noticed in the answers of sources: foreign, malformed, mismatched, unreadable, refused, unanswered; of databases a view that cannot be read, by why.", "sector", "organisation", "finding")
	t.forms = counter("opt_out_form_total", "Requests to the opt-out form, by what became of them.", "event")
	t.overdue = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "opt_out_requests_overdue", Help: "Residents' requests that have waited for more than two working days; NaN while that is not known.",
	})
	t.oldest = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "opt_out_request_oldest_seconds", Help: "When the oldest request that waits came, in seconds since 1970; 0 without one, NaN while that is not known.",
	})
	t.OptOutRequestsUnknown()
	t.Expect(overdue)
	t.registry.MustRegister(t.events, t.findings, t.forms, t.overdue, t.oldest, t.reads, t.readTime, t.asks, t.answers, t.codes, t.asked, t.seconds, t.bytes, t.running, t.alarms, t.own,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

const namespace = "carerecord"

// buckets are in seconds, from a cached answer to a deadline.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Handler serves the metrics.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

// A Read is one read of a source.
type Read struct {
	Sector       record.Sector
	Organisation string // ODS code
	Outcome      string // ANSWERED, TIMED_OUT, UNAVAILABLE, REFUSED …
	Asks         int
	Took         time.Duration
	Err          error // without any value
	Untold       bool  // Latest leaves it out
}

// Source records a read. It logs a change of outcome once, and every other read at debug level.
func (t *Telemetry) Source(ctx context.Context, r Read) {
	of := t.source(sourceKey{r.Sector, r.Organisation})
	of.asks.Add(float64(r.Asks))
	of.readTime.Observe(r.Took.Seconds())
	t.mu.Lock()
	before, known := of.latest, of.reads != nil
	if of.latest = r.Outcome; !r.Untold {
		of.told = r.Outcome
	}
	if !known || before != r.Outcome {
		of.reads = t.reads.WithLabelValues(string(r.Sector), r.Organisation, r.Outcome)
	}
	of.reads.Inc()
	t.mu.Unlock()
	level, message := slog.LevelWarn, "a source does not answer"
	switch answered := r.Outcome == string(record.SourceAnswered); {
	case before == r.Outcome || answered && !known:
		level, message = slog.LevelDebug, "source read"
	case answered:
		level, message = slog.LevelInfo, "a source answers again"
	}
	if !t.Log.Enabled(ctx, level) {
		return
	}
	attributes := []any{"sector", r.Sector, "organisation", r.Organisation, "outcome", r.Outcome, "milliseconds", r.Took.Milliseconds()}
	if r.Err != nil {
		attributes = append(attributes, "error", r.Err)
	}
	t.Log.Log(ctx, level, message, attributes...)
}

// source returns the counters of a source. They are cached: finding a counter by its labels takes longer than
// counting.
func (t *Telemetry) source(key sourceKey) *sourceCounts {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.sources[key]
	if of == nil {
		of = &sourceCounts{
			readTime: t.readTime.WithLabelValues(string(key.sector), key.organisation), asks: t.asks.WithLabelValues(string(key.sector), key.organisation),
		}
		t.sources[key] = of
	}
	return of
}

// Latest returns the latest outcome of a source that may be told; "" if there is none.
func (t *Telemetry) Latest(sector record.Sector, organisation string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if of := t.sources[sourceKey{sector, organisation}]; of != nil {
		return of.told
	}
	return ""
}

// Expect makes the counters of alarms, at 0. One that appears with its first alarm would start at 1, and whatever
// watches for a rise would see none.
func (t *Telemetry) Expect(alarms ...string) {
	for _, alarm := range alarms {
		t.alarms.WithLabelValues(alarm)
	}
}

// ExpectFinding is Expect for the alarm of a kind of finding.
func (t *Telemetry) ExpectFinding(kind string) { t.Expect(ofFinding(kind)) }

// ofFinding returns the alarm of a kind of finding.
func ofFinding(kind string) string { return "SOURCE_" + strings.ToUpper(kind) }

// overdue is the alarm that residents' requests wait for too long.
const overdue = "OPT_OUT_OVERDUE"

// Alarm records something that must not happen.
func (t *Telemetry) Alarm(ctx context.Context, alarm, source string, err error) {
	t.alarms.WithLabelValues(alarm).Inc()
	attributes := []any{"alarm", alarm}
	if source != "" {
		attributes = append(attributes, "source", source)
	}
	if err != nil {
		attributes = append(attributes, "error", err)
	}
	t.Log.ErrorContext(ctx, "alarm", attributes...)
}

// Database records whether the service's own database was reached. It does not log an error that is the same as
// the last one.
func (t *Telemetry) Database(err error) {
	if err != nil {
		t.own.Set(0)
		t.mu.Lock()
		known := t.why == err.Error()
		t.why = err.Error()
		t.mu.Unlock()
		if known {
			return
		}
		t.Log.Error("the own database cannot be used; nothing is disclosed until it can", "error", err)
		return
	}
	t.own.Set(1)
	t.Log.Info("the own database is ready")
}

// An Answer is one answer over HTTP.
type Answer struct {
	Operation string // query, mutation or subscription; "" if none was reached
	Name      string // safe to log
	Status    int
	Codes     []string
	Bytes     int
	Took      time.Duration
	Role, Org string // of the principal
	Request   string // its id, as in the audit event

	Document, App string // of the trusted document; "" for none
	FreeText      bool   // the document came as text, and such documents are counted
}

// freeText stands in for a trusted document's name, which has no space.
const freeText = "free text"

// Answered records an answer.
func (t *Telemetry) Answered(ctx context.Context, a Answer) {
	operation := a.Operation
	if operation == "" {
		operation = "none"
	}
	t.answers.WithLabelValues(operation, strconv.Itoa(a.Status)).Inc()
	t.seconds.WithLabelValues(operation).Observe(a.Took.Seconds())
	t.bytes.Observe(float64(a.Bytes))
	for _, code := range a.Codes {
		t.codes.WithLabelValues(code).Inc()
	}
	if a.FreeText {
		a.Document = freeText
	}
	if a.Document != "" {
		t.asked.WithLabelValues(a.Document, a.App).Inc()
	}
	t.Log.LogAttrs(ctx, slog.LevelInfo, "answer", slog.String("operation", operation), slog.String("name", a.Name), slog.String("document", a.Document),
		slog.String("app", a.App), slog.Int("status", a.Status), slog.Any("codes", a.Codes), slog.Int("bytes", a.Bytes),
		slog.Int64("milliseconds", a.Took.Milliseconds()), slog.String("role", a.Role), slog.String("organisation", a.Org), slog.String("request", a.Request))
}

// SourceEvent records an event beside the plain reads of a source. It logs when a circuit breaker opens or
// closes.
func (t *Telemetry) SourceEvent(sector, organisation, event string) {
	t.events.WithLabelValues(sector, organisation, event).Inc()
	switch event {
	case "OPENED":
		t.Log.Warn("a source fails again and again and is left alone for a moment", "sector", sector, "organisation", organisation)
	case "CLOSED":
		t.Log.Info("a source is asked again", "sector", sector, "organisation", organisation)
	}
}

// A Finding is something noticed in the answers of a source. It holds no content.
type Finding struct {
	Sector       record.Sector
	Organisation string // ODS code
	Kind         string // such as foreign or unreadable; never that something is confidential
	Count        int
	Where        string // a type, a list or a code
	Err          error  // without any value; nil if Where says everything
	Alarm        bool   // someone must look at once
}

// Found records a finding. If it is an alarm, it counts as one too.
func (t *Telemetry) Found(ctx context.Context, f Finding) {
	t.findings.WithLabelValues(string(f.Sector), f.Organisation, f.Kind).Add(float64(f.Count))
	attributes := []any{"sector", f.Sector, "organisation", f.Organisation, "finding", f.Kind, "count", f.Count, "where", f.Where}
	if f.Err != nil {
		attributes = append(attributes, "error", f.Err)
	}
	if f.Alarm {
		alarm := ofFinding(f.Kind)
		t.alarms.WithLabelValues(alarm).Inc()
		t.Log.ErrorContext(ctx, "alarm", append([]any{"alarm", alarm}, attributes...)...)
		return
	}
	t.Log.InfoContext(ctx, "found in the answer of a source", attributes...)
}

// OptOutForm records the outcome of a request to the opt-out form.
func (t *Telemetry) OptOutForm(event string) { t.forms.WithLabelValues(event).Inc() }

// OptOutRequests records how many residents' requests are late, and when the oldest waiting one came; the zero
// time if none waits. Late requests raise an alarm on every call.
func (t *Telemetry) OptOutRequests(ctx context.Context, late int, oldest time.Time) {
	t.overdue.Set(float64(late))
	t.oldest.Set(0)
	if !oldest.IsZero() {
		t.oldest.Set(float64(oldest.Unix()))
	}
	if late > 0 {
		t.alarms.WithLabelValues(overdue).Inc()
		t.Log.WarnContext(ctx, "opt-out requests wait for more than two working days", "requests", late, "oldest", oldest)
	}
}

// OptOutRequestsUnknown records that the queue could not be read: no number of late requests would be true, 0 least of all.
func (t *Telemetry) OptOutRequestsUnknown() {
	t.overdue.Set(math.NaN())
	t.oldest.Set(math.NaN())
}

// Internal logs an error whose details the caller does not see.
func (t *Telemetry) Internal(ctx context.Context, err error) {
	t.Log.ErrorContext(ctx, "internal error", "error", err)
}

type beganKey struct{}

// Began returns when the request came in, or the zero time.
func Began(ctx context.Context) time.Time {
	began, _ := ctx.Value(beganKey{}).(time.Time)
	return began
}

// Timed records when a request came in, for Began, and counts the requests under way.
func (t *Telemetry) Timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.running.Inc()
		defer t.running.Dec()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), beganKey{}, time.Now())))
	})
}
