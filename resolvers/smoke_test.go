package resolvers_test

import (
	"os"
	"testing"

	"carerecord/internal/sample"
)

func TestSmoke(t *testing.T) {
	c := newCare(t, sample.Scenarios(now))
	for _, op := range []string{"full-record", "patient-summary", "needs-and-contacts", "timeline"} {
		q, err := os.ReadFile("/work/shared/contract/operations/" + op + ".graphql")
		check(t, err)
		a := c.ask(t, "gp", "", string(q), map[string]any{"nhsNumber": string(sample.Whole)})
		os.WriteFile("/tmp/smoke-"+op+".json", a.Body, 0o644)
		t.Logf("%s %d %d bytes, errors %v gaps %v alarms %v", op, a.Status, len(a.Body), a.Errors, a.Extensions.Gaps, c.alarms)
	}
}
