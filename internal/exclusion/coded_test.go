package exclusion

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// However often and whatever beside it is asked, a code with its words is judged as both are.
func TestCodesWithTheirWords(t *testing.T) {
	f := Default().For("TREAT")
	type coded struct{ system, code, display string }
	asked := []coded{
		{sct, "1", "HIV"}, {sct, "1", "Hay fever"}, {"http://example.org", "1", "Hay fever"}, {"", "1", "Hay fever"}, {sct, "", "Hay fever"},
		{sct, "1", "Hay fever " + strings.Repeat("x", longestKept) + " HIV"}, {"", "", "Domestic abuse"}, {"http://example.org", "1", "Domestic abuse"},
	}
	for code := range f.named["snomed"].set {
		asked = append(asked, coded{sct, code, "Hay fever"}, coded{"http://example.org", code, "Hay fever"})
		if len(asked) > 200 {
			break
		}
	}
	for i := range 3 * len(f.memory.found) { // more than there are places
		asked = append(asked, coded{sct, fmt.Sprint("n", i), "Hay fever"}, coded{sct, "2", fmt.Sprint("Hay fever ", i)})
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 3 {
				for _, x := range asked {
					if got, want := f.Coded(x.system, x.code, x.display), f.Code(x.system, x.code) || f.Words(x.display); got != want {
						t.Errorf("%+v: excluded %t, want %t", x, got, want)
						return
					}
				}
			}
		})
	}
	all.Wait()
	kept := 0
	for i := range f.memory.found {
		x := f.memory.found[i].Load()
		if x == nil {
			continue
		}
		kept++
		if x.system == "" || x.code == "" || len(x.system)+len(x.code)+len(x.display) > longestKept || f.Code(x.system, x.code) || f.Words(x.display) {
			t.Errorf("kept %+v", x)
		}
	}
	if kept < len(f.memory.found)/2 {
		t.Errorf("kept %d", kept)
	}
	if other := Default().For("ETREAT"); other == f || other.memory == f.memory {
		t.Error("two purposes have one memory")
	}
}

// A text is told by all of its last eight bytes, and by no others.
func TestEnds(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0, "a": 'a', "ab": 'a'<<8 | 'b', "abcdefg": 0x61626364656667, "abcdefgh": 0x6867666564636261, "xabcdefgh": 0x6867666564636261, strings.Repeat("x", 100) + "abcdefgh": 0x6867666564636261,
	} {
		if got := end(text); got != want {
			t.Errorf("%q ends with %x, want %x", text, got, want)
		}
	}
}

// What was found clean says nothing of what it is only like: another text, code or system in the same place.
func TestWhatIsLikeWhatWasClean(t *testing.T) {
	const long = "1000000057797005" // ends as an excluded code does, and is none
	for _, test := range []struct{ clean, asked judged }{
		{judged{sct, "1", "The letters"}, judged{sct, "1", "HIV letters"}},
		{judged{"http://example.org", "57797005", "A"}, judged{sct, "57797005", "A"}},
		{judged{sct, long, "A"}, judged{sct, "57797005", "A"}},
	} {
		f := newFilter(Default().rowsFor("TREAT"))
		for range 2 {
			if f.Coded(test.clean.system, test.clean.code, test.clean.display) {
				t.Errorf("%+v is excluded", test.clean)
			}
			if !f.Coded(test.asked.system, test.asked.code, test.asked.display) {
				t.Errorf("%+v is not, after %+v", test.asked, test.clean)
			}
		}
		if *f.memory.place(test.clean.code, test.clean.display).Load() != test.clean {
			t.Errorf("%+v is not kept", test.clean)
		}
	}
}

// Words without a code or a system, and long ones, are somebody's own.
func TestWhatIsNotKept(t *testing.T) {
	f := newFilter(Default().rowsFor("TREAT"))
	long := strings.Repeat("x", longestKept-len(sct)-1)
	for _, x := range []judged{{"", "1", "Hay fever"}, {sct, "", "Hay fever"}, {"", "", "Hay fever"}, {sct, "1", long + "x"}} {
		f.Coded(x.system, x.code, x.display)
		if kept := f.memory.place(x.code, x.display).Load(); kept != nil {
			t.Errorf("kept %+v", *kept)
		}
	}
	if f.Coded(sct, "1", long); f.memory.place("1", long).Load() == nil {
		t.Error("what is as long as may be is not kept")
	}
}
