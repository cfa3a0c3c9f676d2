package mentalhealth_test

import (
	"testing"

	"carerecord/datasources/mentalhealth"
	"carerecord/datasources/sourcetest"
	"carerecord/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Views: mentalhealth.Views, Open: mentalhealth.Open})
}
