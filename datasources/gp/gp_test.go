package gp_test

import (
	"testing"

	"carerecord/datasources/gp"
	"carerecord/datasources/sourcetest"
	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Views: gp.Views, Open: gp.Open})
}
