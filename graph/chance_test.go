package graph_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"time"

	"carerecord/internal/record"
)

// chance makes values from a seed and where they stand, so that two executors meet the
// same ones in whichever order they ask.
type chance struct{ seed uint64 }

var errChance = errors.New("the source is down")

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
	var value T
	switch n := r.IntN(100); {
	case n < 3:
		return value, errChance
	case n < 5:
		panic("something of ours broke")
	case n < 8:
		return value, nil // null, whether it may be or not
	}
	fill(r, reflect.ValueOf(&value).Elem(), 0)
	return value, nil
}

// words are texts that a writer could get wrong.
var words = []string{
	"", "Penicillin V", `a "quoted" \ word`, "two\nlines\tand\ra tab", "\x00\x01\x1f\x7f", "</script><!--", "\u2028\u2029", "é ß 漢字 🩺", "\U0010ffff", "RECORDED", "null",
}

// fill puts something into a value of any type.
func fill(r *rand.Rand, v reflect.Value, depth int) {
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
	case *record.Encounter:
		*x = oneOf[record.Encounter](r, depth, encounters)
		return
	case *record.TimelineEntry:
		*x = oneOf[record.TimelineEntry](r, depth, entries)
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
		if r.IntN(6) == 0 || depth > 7 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), depth+1)
	case reflect.Slice:
		if r.IntN(6) == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i), depth+1)
			}
		}
	}
}

// encounters and entries are what the interfaces can be.
var (
	encounters = []any{&record.Stay{}, &record.Attendance{}, &record.Consultation{}, &record.CareContact{}, &record.ImagingStudy{}}
	entries    = []any{&record.Stay{}, &record.Attendance{}, &record.Problem{}, &record.Medication{}, &record.Report{}, &record.LegalStatus{}, &record.SocialCareService{}, &record.Appointment{}}
)

// oneOf is a member of an interface, at times nil, at times a nil pointer.
func oneOf[I any](r *rand.Rand, depth int, members []any) I {
	var none I
	var fitting []reflect.Type
	for _, member := range members {
		if _, ok := member.(I); ok {
			fitting = append(fitting, reflect.TypeOf(member))
		}
	}
	t := fitting[r.IntN(len(fitting))]
	switch r.IntN(20) {
	case 0:
		return none
	case 1:
		return reflect.Zero(t).Interface().(I)
	}
	v := reflect.New(t.Elem())
	fill(r, v.Elem(), depth+1)
	return v.Interface().(I)
}
