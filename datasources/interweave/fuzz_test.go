package interweave_test

import (
	"context"
	"strings"
	"testing"

	"carerecord/datasources/interweave"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// whatever answers every search with one body, and the question who it is with the Patient.
type whatever string

func (w whatever) Fetch(_ context.Context, r fhir.Request) ([]byte, error) {
	body := []byte(w)
	if r.Path == "Patient" {
		body = []byte(bundle(strings.Replace(patient(someone, `"birthDate":"`+born+`"`), `"id":"p9990000018"`, `"id":"InterweavePatientExample-MustSupport"`, 1)))
	}
	return body, fhir.Check(body)
}

// Whatever a council answers, nothing crashes, nothing of what is never shown comes out,
// nothing of childhood, and no child is named.
func FuzzAnswer(f *testing.F) {
	for _, data := range examples(f) {
		f.Add([]byte(bundle(data)))
	}
	f.Add([]byte(bundle(concern(`"status":"active"`, since))))
	filter := exclusion.Default().For("TREAT")
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := read(t, interweave.Open(council, whatever(data), ids, interweave.Options{}), subjects(someone))
		if err != nil {
			return
		}
		for kind, a := range got {
			for _, x := range entries(a, 0) {
				x.Codes(func(c *record.Code) {
					for ; c != nil; c = c.Original {
						if filter.Code(string(c.System), string(c.Code)) || filter.Words(c.Display) {
							t.Error("a code that is never shown came out")
						}
					}
				})
				x.Words(func(text string) {
					if filter.Words(text) {
						t.Error("words that are never shown came out")
					}
				})
				item := record.Envelope(x)
				if item.ID == "" || item.Provenance.Sector != record.SocialCare {
					t.Error("an entry without its envelope")
				}
				if day := x.Stand().Day().First(); day != "" && day < adult {
					t.Errorf("%s: an entry of childhood", kind)
				}
				if contact, ok := x.(*record.Contact); ok && contact.Under18 != nil && *contact.Under18 {
					t.Error("a child is named")
				}
			}
			if kind == fetch.CareTeam && a.Errs == nil && !marked(a.Unreadable, 0) {
				t.Error("a team that passes for whole")
			}
		}
	})
}
