package resolvers_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// fourteen is a region: whom a resident of five boroughs may have a record with.
func fourteen() []*fake {
	fakes := []*fake{newFake(record.Demographics, "X26"), newFake(record.GP, "F83999")}
	for _, ods := range []string{"RAL", "RRV", "RKE", "RAP", "RP4", "RP6"} {
		fakes = append(fakes, newFake(record.Acute, ods))
	}
	for _, ods := range []string{"G6V2S", "RNK"} {
		fakes = append(fakes, newFake(record.MentalHealth, ods))
	}
	for _, ods := range []string{"202", "203", "204", "205"} {
		fakes = append(fakes, newFake(record.SocialCare, ods))
	}
	return fakes
}

// slowed has every source take its time, by the clock of the bubble: no machine is too
// busy for it.
func slowed(t *testing.T, c *care, takes func(source int) time.Duration) *care {
	return c.with(t, func(o *resolvers.Options) {
		sources := make([]resolvers.Source, len(o.Sources))
		for i, s := range o.Sources {
			read := s.Read
			s.Read = func(ctx context.Context, asks []*fetch.Ask) (map[*fetch.Ask]fetch.Answer, error) {
				select {
				case <-time.After(takes(i)):
					return read(ctx, asks)
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			s.Deadline = 300 * time.Millisecond
			sources[i] = s
		}
		o.Sources = sources
	})
}

// Fourteen sources at 4 ms each cost a request the 4 ms of one, whatever it asks for.
func TestFourteenSourcesAreOneWave(t *testing.T) {
	for name, variables := range map[string]any{
		"full-record": map[string]any{"nhsNumber": numberOf(1)},
		"ward-list":   map[string]any{"nhsNumbers": []record.NHSNumber{numberOf(1), numberOf(2), numberOf(3)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _, _ := newFakes(t, fourteen()...)
				c = slowed(t, c, func(int) time.Duration { return 4 * time.Millisecond })
				i := c.inquire(t, "gp", operation(t, name), variables)
				began := time.Now()
				i.send(t, c.handler)
				if took := time.Since(began); took != 4*time.Millisecond {
					t.Errorf("%v", took)
				}
				for _, s := range c.options.Sources {
					if n := c.reads[s.Name]; n != 1 {
						t.Errorf("%s was read %d times", s.Name, n)
					}
				}
			})
		})
	}
}

// With one source that hangs for ever the rest arrives at its deadline, to the
// nanosecond but for the work itself; a request that does not touch it never notices.
func TestTheRestArrivesAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newFakes(t, fourteen()...)
		c = slowed(t, c, func(source int) time.Duration {
			if c.options.Sources[source].Name == "ACUTE/RRV" {
				return 24 * time.Hour
			}
			return 4 * time.Millisecond
		})
		for query, wants := range map[string]time.Duration{
			operation(t, "full-record"): 300 * time.Millisecond,
			`query($nhsNumber: NHSNumber!) { patient(nhsNumber: $nhsNumber) { gp { consultations { state } } } }`: 4 * time.Millisecond,
		} {
			i := c.inquire(t, "gp", query, map[string]any{"nhsNumber": numberOf(1)})
			began := time.Now()
			i.send(t, c.handler)
			if took := time.Since(began); took != wants {
				t.Errorf("%v instead of %v", took, wants)
			}
		}
	})
}
