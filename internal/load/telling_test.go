package load

import (
	"testing"

	"carerecord/internal/exclusion"
)

// What is passed over, since nearly all there is says it, is nothing that is never shown.
func TestWhatIsPassedOverMayBeShown(t *testing.T) {
	f := exclusion.Default().For("TREAT")
	for code := range plainVisits {
		if f.Code(known[0], code) {
			t.Errorf("%s is on the list", code)
		}
	}
	for words := range plainWords {
		if f.Words(words) {
			t.Errorf("%q is on the list", words)
		}
	}
	if len(plainVisits) == 0 || len(plainWords) == 0 {
		t.Error("nothing is passed over")
	}
}
