// Package demographics reads who the patients are (names, addresses, registered
// practices) through the source views described in views.sql.
package demographics

import (
	_ "embed"

	"carerecord/datasources/view"
	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// Views is the SQL that describes the source views, for the database team that
// maps its system to them and for the embedded databases.
//
//go:embed views.sql
var Views string

// Open makes the source of one organisation. It connects when first read; an error
// is a DSN that cannot be read.
func Open(org *record.Organisation, dsn string, ids *record.Identifier) (*view.Source, error) {
	return view.New(record.Demographics, org, dsn, ids, view.Reads(fetch.Persons, fetch.Contacts, fetch.Needs))
}
