package acute_test

import (
	"testing"

	"carerecord/datasources/acute"
	"carerecord/datasources/sourcetest"
	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Views: acute.Views, Open: acute.Open})
}
