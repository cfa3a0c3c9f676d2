package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Results are those of the statements of a batch, in their order.
type Results interface {
	// Next goes to the rows of the next statement, past those of the one before that were
	// not read.
	Next() error
	// Row is the next row's values in PostgreSQL's binary form, nil for a null; it is nil
	// after the last row. What it gives is good until it is called again.
	Row() ([][]byte, error)
}

// errNoMore says there are no more statements.
var errNoMore = errors.New("no more results")

// A Statement is SQL of which the types are known without asking.
type Statement struct {
	sql        string
	parameters []uint32
	columns    []uint32
}

// Statements are statements by name.
type Statements map[string]*Statement

// parameterTypes are the types that parameters may have.
var parameterTypes = map[string]uint32{
	"text": pgtype.TextOID, "text[]": pgtype.TextArrayOID, "jsonb": pgtype.JSONBOID, "int": pgtype.Int4OID, "bool": pgtype.BoolOID, "timestamptz": pgtype.TimestamptzOID,
}

// NewStatement makes a statement of the names of its parameters' types and the types of
// its columns.
func NewStatement(sql string, parameters []string, columns []uint32) *Statement {
	s := &Statement{sql: sql, columns: columns}
	for _, name := range parameters {
		oid, known := parameterTypes[name]
		if !known {
			panic("unknown type of a parameter: " + name)
		}
		s.parameters = append(s.parameters, oid)
	}
	return s
}

// SameTypes compares a statement's columns with those that will be read; a difference is
// ErrMalformed. Types of the text family are alike on the wire.
func SameTypes(fields []pgconn.FieldDescription, wanted []uint32) error {
	if len(fields) != len(wanted) {
		return fmt.Errorf("%w: %d columns instead of %d", ErrMalformed, len(fields), len(wanted))
	}
	for i, field := range fields {
		if family(field.DataTypeOID) != wanted[i] {
			return fmt.Errorf("%w: column %s has another type than the view promises", ErrMalformed, field.Name)
		}
	}
	return nil
}

func family(oid uint32) uint32 {
	switch oid {
	case pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID:
		return pgtype.TextOID
	case pgtype.VarcharArrayOID:
		return pgtype.TextArrayOID
	}
	return oid
}
