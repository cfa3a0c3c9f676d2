package telemetry_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"carerecord/internal/record"
	"carerecord/internal/telemetry"
)

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
	}
}

func TestTheMetricsNameSourcesAndOutcomes(t *testing.T) {
	var out bytes.Buffer
	told := telemetry.New(&out, "text", "info")
	for _, outcome := range []string{"ANSWERED", "TIMED_OUT", "TIMED_OUT", "ANSWERED"} {
		told.Source(t.Context(), telemetry.Read{Sector: record.Acute, Organisation: "RAL", Outcome: outcome, Took: time.Millisecond, Asks: 3})
	}
	told.Alarm(t.Context(), "DROPPED", "ACUTE/RAL", nil)
	told.Found(t.Context(), telemetry.Finding{Sector: record.GP, Organisation: "F83001", Kind: "foreign", Count: 3, Where: "Observation", Alarm: true})
	told.Found(t.Context(), telemetry.Finding{Sector: record.GP, Organisation: "F83001", Kind: "unreadable", Count: 2, Where: "record", Err: errors.New("of 999 000 0018")})
	told.Answered(t.Context(), telemetry.Answer{Operation: "query", Status: 200, Codes: []string{"FORBIDDEN"}, Bytes: 10})
	told.Answered(t.Context(), telemetry.Answer{Operation: "query", Status: 200, Document: "ward-list", App: "board"})
	told.Answered(t.Context(), telemetry.Answer{Operation: "mutation", Status: 200, FreeText: true})
	if lines := strings.Count(out.String(), "does not answer") + strings.Count(out.String(), "answers again"); lines != 2 {
		t.Errorf("a source that came and went:\n%s", &out)
	}
	if got := told.Latest(record.Acute, "RAL"); got != "ANSWERED" {
		t.Errorf("latest %q", got)
	}
	if log := out.String(); !strings.Contains(log, "finding=unreadable count=2 where=record") || !strings.Contains(log, "alarm=SOURCE_FOREIGN") || strings.Contains(log, "0018") {
		t.Errorf("findings in the log:\n%s", log)
	}
	answer := httptest.NewRecorder()
	told.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`carerecord_source_reads_total{organisation="RAL",outcome="TIMED_OUT",sector="ACUTE"} 2`,
		`carerecord_source_asks_total{organisation="RAL",sector="ACUTE"} 12`,
		`carerecord_alarms_total{alarm="DROPPED"} 1`, `carerecord_answers_total{operation="query",status="200"} 2`,
		`carerecord_documents_total{app="board",document="ward-list"} 1`, `carerecord_documents_total{app="",document="free text"} 1`,
		`carerecord_answer_errors_total{code="FORBIDDEN"} 1`, `carerecord_alarms_total{alarm="SOURCE_FOREIGN"} 1`,
		`carerecord_source_findings_total{finding="foreign",organisation="F83001",sector="GP"} 3`,
		`carerecord_source_findings_total{finding="unreadable",organisation="F83001",sector="GP"} 2`,
	} {
		if !strings.Contains(answer.Body.String(), line) {
			t.Errorf("no %s", line)
		}
	}
}
