package demo_test

import (
	"os"
	"testing"
	"time"

	"carerecord/internal/demo"
	"carerecord/internal/embedded"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
	"carerecord/internal/sample"
)

func TestMain(m *testing.M) {
	embedded.Main()
	os.Exit(m.Run())
}

func TestATemporaryOne(t *testing.T) {
	began := time.Now()
	d, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %v", time.Since(began).Round(time.Millisecond), d.Steps)
	began = time.Now()
	residents, err := d.Residents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log("residents", time.Since(began))
	listed := map[record.NHSNumber]demo.Resident{}
	for _, r := range residents {
		listed[r.Number] = r
	}
	people, err := sample.Residents(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		r := listed[p.Number]
		if r.Name != p.Name || r.Practice != p.Practice || r.Restricted != p.Restricted || r.OptedOut == p.OptedOutFrom.IsZero() || len(r.Sectors) == 0 {
			t.Errorf("%s: %+v, want %s %s", p.Scenario, r, p.Name, p.Practice)
		}
		if r.Hospital != p.Hospital {
			t.Logf("hospital %s, not %s", r.Hospital, p.Hospital)
		}
	}
	began = time.Now()
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	t.Log("stop", time.Since(began))
}

func TestAStartMakesItAndTheNextFindsIt(t *testing.T) {
	dir := pgtest.Dir(t)
	for _, first := range []bool{true, false} {
		began := time.Now()
		d, err := demo.Start(t.Context(), demo.Options{Server: embedded.Options{DataDir: dir}})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %v", time.Since(began).Round(time.Millisecond), d.Steps)
		if d.Made != first {
			t.Errorf("made: %v, want %v", d.Made, first)
		}
		began = time.Now()
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
		t.Log("stop", time.Since(began))
	}
}
