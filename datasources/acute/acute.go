// Package acute reads a hospital trust's records through the source views described
// in views.sql.
package acute

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
	return view.New(record.Acute, org, dsn, ids, view.Reads(
		fetch.Notes, fetch.Alerts, fetch.Allergies, fetch.Medications, fetch.Problems, fetch.Immunisations, fetch.Procedures, fetch.Devices,
		fetch.Results, fetch.UnmappedResults, fetch.Reports, fetch.VitalSigns, fetch.UnmappedVitalSigns, fetch.Appointments, fetch.Upcoming, fetch.Documents,
		fetch.DocumentContent, fetch.Referrals, fetch.CarePlans, fetch.CareTeam, fetch.Contacts, fetch.Needs, fetch.AdvanceCare,
		fetch.Stays, fetch.Attendances, fetch.Imaging,
	))
}
