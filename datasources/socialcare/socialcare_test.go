package socialcare_test

import (
	"testing"

	"carerecord/datasources/socialcare"
	"carerecord/datasources/sourcetest"
	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Views: socialcare.Views, Open: socialcare.Open, Adults: true})
}
