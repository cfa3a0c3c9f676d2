//go:build prove

package resolvers_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carerecord/internal/load"
	"carerecord/internal/record"
	"carerecord/internal/sample"
)

// Of the timing the rank test knows: how many answers for each patient in a round, and how
// many rounds.
const (
	timedSamples = 500
	timedRounds  = 3
)

// Trap 14: how long a refusal takes does not tell why. For each pair of patients who must be
// alike a rank test (Mann-Whitney) over answers asked in turn, against the real own database.
// One who is asked for twice over, under two numbers that nobody has, is the measure of what
// chance alone does.
func TestTrap14Timing(t *testing.T) {
	const elsewhere = "F85902" // cares for NotInCare and nobody else
	people := sample.Scenarios(now)
	restrictLate(t, people, sample.Conflicting)
	restrictLate(t, people, sample.OptedOut)
	c := newCare(t, people)
	c.options.InVain = -1
	c.options.Refusals = 20 * time.Millisecond // as the server has it
	c.serve()
	t.Run("not in care", func(t *testing.T) {
		timedAlike(t, c, elsewhere, single, map[string]record.NHSNumber{
			"unknown": sample.Nobody, "unknown, another": numberOf(9_100), "invalidated": sample.Invalidated, "restricted": sample.Restricted, "not in care": sample.Whole,
			"opted out and not in care": sample.OptedOut,
		})
	})
	t.Run("in care", func(t *testing.T) {
		timedAlike(t, c, "", single, map[string]record.NHSNumber{"restricted": sample.Restricted, "invalidated": sample.Invalidated})
	})
	// Asked for everything, it is read of fourteen databases that share a processor with the
	// answer, unlike those of a service: what is asked for is what demographics holds.
	t.Run("in care and restricted by demographics alone", func(t *testing.T) {
		const person = `query ($n: NHSNumber!) { patient(nhsNumber: $n) { id name { full } dateOfBirth } }`
		timedAlike(t, c, "", person, map[string]record.NHSNumber{
			"restricted": sample.Restricted, "restricted by demographics alone": sample.Conflicting, "the same, and opted out": sample.OptedOut, "invalidated": sample.Invalidated,
		})
	})
	t.Run("a superseded number", func(t *testing.T) {
		timedAlike(t, c, elsewhere, single, map[string]record.NHSNumber{"unknown": sample.Nobody, "superseded": sample.Superseded})
	})
}

// restrictLate has demographics alone restrict a person, as until our register hears of it.
func restrictLate(t *testing.T, people []load.Person, number record.NHSNumber) {
	t.Helper()
	late := 0
	for _, p := range people {
		for source, rows := range p.Rows {
			for _, row := range rows {
				if p.Number == number && source.Sector == record.Demographics && row.Relation == "person" {
					row.Columns["restricted"] = true
					late++
				}
			}
		}
	}
	if late != 1 {
		t.Fatalf("%d rows of the person", late)
	}
}

// timedAlike fails where patients can be told apart by how long an organisation waits.
func timedAlike(t *testing.T, c *care, org, query string, patients map[string]record.NHSNumber) {
	names := slices.Sorted(maps.Keys(patients))
	token := c.token(t, "gp", org)
	bodies := map[string][]byte{}
	for _, name := range names {
		bodies[name] = body(t, query, one(patients[name]))
	}
	scores := map[string][]float64{}
	for range timedRounds {
		times := map[string][]float64{}
		for n := range timedSamples + 50 {
			for _, i := range rand.Perm(len(names)) {
				began := time.Now()
				c.post(t, token, bodies[names[i]])
				if took := float64(time.Since(began)); n >= 50 {
					times[names[i]] = append(times[names[i]], took)
				}
			}
		}
		for i, a := range names {
			for _, b := range names[:i] {
				area, z := mannWhitney(times[a], times[b])
				pair := a + " against " + b
				scores[pair] = append(scores[pair], z)
				t.Logf("%s: area under the curve %.4f, z %.2f, medians %.0f and %.0f µs", pair, area, z, median(times[a])/1e3, median(times[b])/1e3)
			}
		}
	}
	// What comes in every round and in the same direction is no chance: with p below 0.001
	// in each of three, one pair in a thousand million would fail by it. A difference that
	// shows only in all rounds together is logged: it takes thousands of answers to see.
	for pair, z := range scores {
		slices.Sort(z)
		t.Logf("%s: all rounds together z %.2f", pair, (z[0]+z[1]+z[2])/math.Sqrt(timedRounds))
		if z[0] > 3.29 || z[len(z)-1] < -3.29 {
			t.Errorf("%s can be told apart by time: z %.2f", pair, z)
		}
	}
}

// mannWhitney is the chance that one of the first takes longer than one of the second, and
// how far that is from even, in standard deviations.
func mannWhitney(a, b []float64) (area, z float64) {
	type one struct {
		value float64
		first bool
	}
	all := make([]one, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, one{v, true})
	}
	for _, v := range b {
		all = append(all, one{v, false})
	}
	slices.SortFunc(all, func(x, y one) int {
		switch {
		case x.value < y.value:
			return -1
		case x.value > y.value:
			return 1
		}
		return 0
	})
	ranks := 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].value == all[i].value {
			j++
		}
		for k := i; k < j; k++ {
			if all[k].first {
				ranks += float64(i+j+1) / 2 // ties share the middle of their ranks
			}
		}
		i = j
	}
	n, m := float64(len(a)), float64(len(b))
	u := ranks - n*(n+1)/2
	return u / (n * m), (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
