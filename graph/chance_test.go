package graph_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"carerecord/graph"
	"carerecord/internal/record"
)

// chance makes values from a seed and where they stand, so that two executors meet the
// same ones in whichever order they ask.
type chance struct {
	seed   uint64
	forced string  // the place where it comes as it is told to; "" where there is none
	as     outcome // and how

	mu    sync.Mutex
	given map[string]*[outcomes]int // by place
}

// An outcome is how a resolver comes out.
type outcome int

const (
	value outcome = iota
	null
	failure
	panicked
	outcomes
)

func (o outcome) String() string { return []string{"a value", "null", "an error", "a panic"}[o] }

var errChance = errors.New("the source is down")

// rarer is how much rarer nothing is than where much goes wrong. Under even seeds little does.
func (c *chance) rarer() int {
	if c.seed%2 == 0 {
		return 10
	}
	return 1
}

// outcome is how the resolver at a place comes out.
func (c *chance) outcome(r *rand.Rand, place string) outcome {
	o := value
	switch n := r.IntN(100 * c.rarer()); {
	case n < 3:
		o = failure
	case n < 5:
		o = panicked
	case n < 8:
		o = null // whether it may be or not
	}
	if place == c.forced {
		o = c.as
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given[place] == nil {
		c.given[place] = new([outcomes]int)
	}
	c.given[place][o]++
	return o
}

// times is how often a place came out in a way.
func (c *chance) times(place string, o outcome) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given[place] == nil {
		return 0
	}
	return c.given[place][o]
}

// give is what a resolver answers at a place.
func give[T any](c *chance, place string, keys ...any) (T, error) {
	h := fnv.New64a()
	fmt.Fprint(h, place)
	for _, key := range keys {
		if v := reflect.ValueOf(key); v.Kind() == reflect.Pointer && !v.IsNil() {
			key = v.Elem().Interface()
		}
		fmt.Fprintf(h, "|%v", key)
	}
	r := rand.New(rand.NewPCG(c.seed, h.Sum64()))
	var given T
	switch c.outcome(r, place) {
	case failure:
		return given, errChance
	case panicked:
		panic("something of ours broke")
	case value:
		f, v := filler{r, c.rarer()}, reflect.ValueOf(&given).Elem()
		f.fill(v, 0)
		for place == c.forced && v.IsZero() {
			f.fill(v, 0)
		}
	}
	return given, nil
}

// words are texts that a writer could get wrong.
var words = []string{
	"", "Penicillin V", `a "quoted" \ word`, "two\nlines\tand\ra tab", "\x00\x01\x1f\x7f", "</script><!--", "\u2028\u2029", "é ß 漢字 🩺", "\U0010ffff", "RECORDED", "null", string(record.PrecisionTime),
}

// A filler makes values of any type.
type filler struct {
	*rand.Rand
	rarer int
}

// fill puts something into a value.
func (r *filler) fill(v reflect.Value, depth int) {
	switch x := v.Addr().Interface().(type) {
	case *record.NHSNumber:
		*x = "9990000018"
		return
	case *record.Decimal:
		*x = []record.Decimal{"", "7.50", "-3", "1e5", "0"}[r.IntN(5)]
		return
	case *record.PartialDate:
		*x = []record.PartialDate{"", "1954", "2020-02", "2021-12-31"}[r.IntN(4)]
		return
	case *record.Date:
		*x = []record.Date{"", "2020-02-29"}[r.IntN(2)]
		return
	case *time.Time:
		if r.IntN(4) > 0 {
			*x = time.Date(1900+r.IntN(150), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), []int{0, 123_000_000}[r.IntN(2)], time.UTC)
		}
		return
	}
	switch v.Kind() {
	case reflect.Func:
		v.Set(reflect.ValueOf(func(i int) string { return fmt.Sprint("cursor ", i) })) // the only functions are cursors
	case reflect.String:
		v.SetString(words[r.IntN(len(words))])
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(2_000_001) - 1_000_000)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(r.IntN(200)))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Pointer:
		if r.IntN(6*r.rarer) == 0 || depth > 7 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		r.fill(v.Elem(), depth+1)
	case reflect.Slice:
		if r.IntN(6*r.rarer) == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), min(3, r.IntN(4*r.rarer)), 3))
		for i := range v.Len() {
			r.fill(v.Index(i), depth+1)
		}
	case reflect.Interface:
		r.oneOf(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.fill(v.Field(i), depth+1)
			}
		}
		if x, ok := v.Addr().Interface().(*record.CareContact); ok && r.IntN(3) > 0 { // one that took place, or it has no end
			x.Attended, x.CancellationReason = nil, nil
		}
	}
}

// members are what the interfaces can be, by their names.
var members = map[string][]any{
	"Encounter": {&record.Stay{}, &record.Attendance{}, &record.Consultation{}, &record.CareContact{}},
	"TimelineEntry": {
		&record.Stay{}, &record.Attendance{}, &record.Consultation{}, &record.CareContact{}, &record.ImagingStudy{}, &record.Problem{}, &record.Medication{}, &record.Immunisation{},
		&record.Procedure{}, &record.Report{}, &record.Document{}, &record.Referral{}, &record.Appointment{}, &record.CarePlan{}, &record.LegalStatus{},
		&record.CommunityTreatmentOrder{}, &record.ConditionalDischarge{}, &record.MentalHealthAssessment{}, &record.SocialCareService{}, &record.SocialCareAssessment{},
		&record.SocialCareRequest{}, &record.SocialCareReview{}, &record.LegalMeasure{},
	},
}

// oneOf puts a member into an interface, at times none, at times a nil pointer.
func (r *filler) oneOf(v reflect.Value, depth int) {
	known := members[v.Type().Name()]
	t := reflect.TypeOf(known[r.IntN(len(known))])
	switch r.IntN(20 * r.rarer) {
	case 0:
		return
	case 1:
		v.Set(reflect.Zero(t))
		return
	}
	member := reflect.New(t.Elem())
	r.fill(member.Elem(), depth+1)
	v.Set(member)
}

// Whatever an interface can be by the schema is made, and the writer knows it.
func TestEveryMemberIsMade(t *testing.T) {
	schema, seen := newPair().schema, 0
	for name, known := range graph.Written() {
		if len(known.Members) == 0 {
			continue
		}
		seen++
		var made, possible []string
		for _, member := range members[name] {
			made = append(made, reflect.TypeOf(member).Elem().Name())
		}
		for _, member := range schema.GetPossibleTypes(schema.Types[name]) {
			possible = append(possible, member.Name)
		}
		slices.Sort(made)
		slices.Sort(possible)
		if written := slices.Sorted(slices.Values(known.Members)); !slices.Equal(made, possible) || !slices.Equal(written, possible) {
			t.Errorf("%s can be %v; made are %v, written are %v", name, possible, made, written)
		}
	}
	if seen == 0 || seen != len(members) {
		t.Errorf("%d interfaces are written, members are made of %d", seen, len(members))
	}
}
