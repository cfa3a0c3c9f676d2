package demographics_test

import (
	"testing"

	"carerecord/datasources/demographics"
	"carerecord/datasources/sourcetest"
	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Views: demographics.Views, Open: demographics.Open})
}
