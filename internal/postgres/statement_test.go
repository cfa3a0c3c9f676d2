package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/postgres"
)

// TestSameTypes: one column for each that will be read, of its type or another of the text family.
func TestSameTypes(t *testing.T) {
	for name, test := range map[string]struct {
		fields, wanted []uint32
		want           error
	}{
		"none":              {nil, nil, nil},
		"the same":          {[]uint32{pgtype.TextOID, pgtype.Int4OID}, []uint32{pgtype.TextOID, pgtype.Int4OID}, nil},
		"texts":             {[]uint32{pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID}, []uint32{pgtype.TextOID, pgtype.TextOID, pgtype.TextOID}, nil},
		"lists of texts":    {[]uint32{pgtype.VarcharArrayOID, pgtype.TextArrayOID}, []uint32{pgtype.TextArrayOID, pgtype.TextArrayOID}, nil},
		"another":           {[]uint32{pgtype.TextOID, pgtype.Int8OID}, []uint32{pgtype.TextOID, pgtype.Int4OID}, postgres.ErrMalformed},
		"a text for a list": {[]uint32{pgtype.TextOID}, []uint32{pgtype.TextArrayOID}, postgres.ErrMalformed},
		"one too few":       {[]uint32{pgtype.TextOID}, []uint32{pgtype.TextOID, pgtype.Int4OID}, postgres.ErrMalformed},
		"one too many":      {[]uint32{pgtype.TextOID, pgtype.Int4OID}, []uint32{pgtype.TextOID}, postgres.ErrMalformed},
	} {
		var fields []pgconn.FieldDescription
		for _, oid := range test.fields {
			fields = append(fields, pgconn.FieldDescription{Name: "column", DataTypeOID: oid})
		}
		if err := postgres.SameTypes(fields, test.wanted); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestAParameterOfAnUnknownType is found when the statement is made, not when it is asked.
func TestAParameterOfAnUnknownType(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a statement was made")
		}
	}()
	postgres.NewStatement("SELECT $1", []string{"integer"}, nil)
}
