package data

import (
	"strconv"
	"time"

	"carerecord/internal/record"
)

// A resident writes one person's lines of a COPY. What is chosen depends on the seed, the
// resident, the name of what is chosen and its number alone, so that a child finds the
// parent that another table's lines made.
type resident struct {
	seed   uint64
	index  int
	number string
	days   []string // by how many days ago, the day of the data first
	line   []byte
	fresh  bool
	most   int // of any kind; 0 for as many as there are
}

// furthest is how many days ago anything of the data can have been.
const furthest = 30 * 365

func daysBefore(today record.Date) []string {
	noon := today.Midnight().Add(12 * time.Hour)
	days := make([]string, furthest)
	for i := range days {
		days[i] = noon.AddDate(0, 0, -i).Format(time.DateOnly)
	}
	return days
}

// Numbers are NHS numbers of ranges that nobody is given: of 999, which is for tests, and where those
// are used up of 998. Each range has some 909,000 that are sound.
func Numbers(n int) []record.NHSNumber {
	numbers := make([]record.NHSNumber, 0, n)
	for _, begin := range [...]string{"999", "998"} {
		for i := 0; len(numbers) < n && i < 1_000_000; i++ {
			digits := begin + strconv.Itoa(1_000_000 + i)[1:]
			if check := checkDigit(digits); check < 10 {
				numbers = append(numbers, record.NHSNumber(digits+strconv.Itoa(check)))
			}
		}
	}
	return numbers
}

// checkDigit is the tenth digit of an NHS number by its nine others; 10 where there is none.
func checkDigit(nine string) int {
	sum := 0
	for i, digit := range []byte(nine) {
		sum += (10 - i) * int(digit-'0')
	}
	return (11 - sum%11) % 11
}

// choose is a number below n.
func (r *resident) choose(what string, i, n int) int {
	h := r.seed ^ uint64(r.index)*0x9e3779b97f4a7c15 ^ uint64(i)*0xd1b54a32d192ed03
	for _, c := range []byte(what) {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return int((h ^ h>>31) % uint64(n))
}

// some is how many there are of something, from the least to the most.
func (r *resident) some(what string, least, most int) int {
	n := least + r.choose(what+" count", 0, most-least+1)
	if r.most > 0 {
		n = min(n, r.most)
	}
	return n
}

func pick[T any](r *resident, what string, i int, from []T) T {
	return from[r.choose(what, i, len(from))]
}

// begin begins a line with the patient.
func (r *resident) begin() {
	r.fresh = true
	r.text(r.number)
}

func (r *resident) end() { r.line = append(r.line, '\n') }

// text is the next value; null where it is empty.
func (r *resident) text(value string) {
	if !r.fresh {
		r.line = append(r.line, '\t')
	}
	r.fresh = false
	if value == "" {
		value = `\N`
	}
	r.line = append(r.line, value...)
}

func (r *resident) texts(values ...string) {
	for _, value := range values {
		r.text(value)
	}
}

func (r *resident) whole(n int) { r.text(strconv.Itoa(n)) }

func (r *resident) code(c code) { r.texts(c.system, c.code, c.display) }

// mapped is a code with, every second time, the source's own beside it.
func (r *resident) mapped(c code, i int) {
	r.code(c)
	if (r.index+i)%2 == 0 {
		r.code(code{})
		return
	}
	r.texts("urn:example:local", "L"+c.code, c.display+" (local)")
}

// day is a day so long ago; the day of the data where that is in the future.
func (r *resident) day(ago int) string { return r.days[min(max(ago, 0), furthest-1)] }

// moment is a time of that day.
func (r *resident) moment(ago, i int) string {
	hour, minute := 8+r.choose("hour", i, 10), r.choose("minute", i, 60)
	return r.day(ago) + " " + strconv.Itoa(100 + hour)[1:] + ":" + strconv.Itoa(100 + minute)[1:] + ":00+00"
}

// envelope is what every entry begins with.
func (r *resident) envelope(id, system string, ago, i int) {
	r.begin()
	r.texts(id, system, "", "", r.moment(ago, i), "f", pick(r, "recorder", i, staff), pick(r, "recorder's role", i, jobs))
}

func id(kind string, i int) string { return kind + "-" + strconv.Itoa(i+1) }
