package gpconnect_test

import (
	"path/filepath"
	"strings"
	"testing"

	"carerecord/datasources/gpconnect"
	"carerecord/internal/exclusion"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Whatever a practice answers, nothing crashes, nothing of what is never shown comes
// out, and an answer about nobody or somebody else is no answer.
func FuzzRecord(f *testing.F) {
	files, err := filepath.Glob("testdata/s[tp]*/*.gz")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if data := about(payload(f, strings.TrimPrefix(file, "testdata/")), someone); len(data) < 600_000 {
			f.Add([]byte(data))
		}
	}
	f.Add([]byte(madeUp(`{"resourceType":"Condition","id":"1","me":0,"code":{"text":"HIV clinic"}}`)))
	filter := exclusion.Default().For("TREAT")
	f.Fuzz(func(t *testing.T, data []byte) {
		s := gpconnect.Open(practice, fixed(data), ids, gpconnect.Options{Migrate: true})
		got, err := read(t, s, someone)
		if err != nil {
			return
		}
		if !strings.Contains(string(data), string(someone)) {
			t.Fatal("an answer that does not name the patient was read")
		}
		for _, answer := range got {
			for _, x := range entries(answer) {
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
				if record.Envelope(x).ID == "" || record.Envelope(x).Provenance.Sector != record.GP {
					t.Error("an entry without its envelope")
				}
			}
		}
	})
}

func entries(a fetch.Answer) []record.RecordItem {
	switch rows := a.Rows.(type) {
	case *fetch.Rows[record.Allergy]:
		return items(rows.Items)
	case *fetch.Rows[record.Medication]:
		return items(rows.Items)
	case *fetch.Rows[record.Problem]:
		return items(rows.Items)
	case *fetch.Rows[record.Immunisation]:
		return items(rows.Items)
	case *fetch.Rows[record.Report]:
		return items(rows.Items)
	case *fetch.Rows[record.Result]:
		return items(rows.Items)
	case *fetch.Rows[record.VitalSign]:
		return items(rows.Items)
	case *fetch.Rows[record.Consultation]:
		return items(rows.Items)
	case *fetch.Rows[record.Referral]:
		return items(rows.Items)
	case *fetch.Rows[record.Contact]:
		return items(rows.Items)
	case *fetch.Rows[record.CareTeamMember]:
		return items(rows.Items)
	case *fetch.Rows[record.Document]:
		return items(rows.Items)
	case *fetch.Rows[record.ListNote]:
		return items(rows.Items)
	}
	return nil
}

// BenchmarkRead takes the published payloads apart: half a megabyte and three.
func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"EMISPatientStructurede2eResponsePWTP2", "correctPatientStructuredRecordLargePayload"} {
		data := about(payload(b, "structured/"+name+".json.gz"), someone)
		b.Run(name, func(b *testing.B) {
			s := gpconnect.Open(practice, fixed(data), ids, gpconnect.Options{})
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := read(b, s, someone); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
