package sourcetest

import (
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
	"carerecord/internal/wiretest"
)

// oneRoundTrip: however much is asked, one Sync goes to the source and one answer back.
func (s *suite) oneRoundTrip(t *testing.T) {
	wire := wiretest.New(t, s.db.DSN(s.role))
	source := s.open(t, wire.DSN()+few)
	ctx := reading(t)
	if err := source.Warm(ctx); err != nil {
		t.Fatal(err)
	}
	one := subjects(patient())
	var many []record.NHSNumber
	for range 500 {
		many = append(many, patient())
	}
	for _, asks := range [][]*fetch.Ask{s.everything(one)[:1], s.everything(one), s.everything(subjects(many...))} {
		before := wire.Count()
		if _, err := source.Read(ctx, asks); err != nil {
			t.Fatal(err)
		}
		if n := wire.Count().Since(before).Syncs(); n != 1 {
			t.Errorf("%d asks of %d patients took %d round trips", len(asks), len(asks[0].Subjects.Patients), n)
		}
	}

	// Without warming, the connection is made and told what to exclude within the first read.
	wire = wiretest.New(t, s.db.DSN(s.role))
	source = s.open(t, wire.DSN()+few)
	for i := range 2 {
		before := wire.Count()
		if _, err := source.Read(ctx, s.everything(one)); err != nil {
			t.Fatal(err)
		}
		if n := wire.Count().Since(before).Syncs(); i > 0 && n != 1 {
			t.Errorf("the second read took %d round trips", n)
		}
	}
}
