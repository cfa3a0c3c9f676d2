// Package socialcare reads a council's adult social care records through the source
// views described in views.sql. Nothing of children, and nothing of an adult's own
// childhood, is read out: the children's rule stands in every statement.
package socialcare

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
	return view.New(record.SocialCare, org, dsn, ids, view.AdultReads(
		fetch.Notes, fetch.Alerts, fetch.Appointments, fetch.Upcoming, fetch.Documents, fetch.DocumentContent, fetch.Referrals,
		fetch.CarePlans, fetch.CareTeam, fetch.Contacts, fetch.Needs, fetch.AdvanceCare,
		fetch.AllocatedWorkers, fetch.SupportReasons, fetch.Circumstances, fetch.Services, fetch.SocialCareAssessments,
		fetch.Requests, fetch.Reviews, fetch.Equipment, fetch.Carers, fetch.AboutMe, fetch.Safeguarding, fetch.LegalMeasures,
	))
}
