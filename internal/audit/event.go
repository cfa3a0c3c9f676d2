// Package audit keeps the trail of who was shown what. Nothing is disclosed before the event that says so is on
// disk.
//
// Events form a chain: the hash of each includes the hash of the one before. So Verify finds what was changed,
// left out, put in or moved.
package audit

import (
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// Action is what was done.
type Action string

// The actions.
const (
	Read                Action = "READ"                   // a patient's record was asked for
	List                Action = "LIST"                   // a caseload was asked for
	Planning            Action = "PLANNING"               // the anonymised population was asked for
	BreakGlass          Action = "BREAK_GLASS"            // a grant was taken
	RecordOptOut        Action = "RECORD_OPT_OUT"         // an objection was recorded
	WithdrawOptOut      Action = "WITHDRAW_OPT_OUT"       // an objection was withdrawn
	ReadOptOuts         Action = "READ_OPT_OUTS"          // the objections of a patient were read
	ReadOptOutRequests  Action = "READ_OPT_OUT_REQUESTS"  // residents' requests were read, each as an event about the person it names, or compared with a person
	DecideOptOutRequest Action = "DECIDE_OPT_OUT_REQUEST" // a resident's request was decided
	ReadTrail           Action = "READ_TRAIL"             // the trail itself was read
	Subscribe           Action = "SUBSCRIBE"              // a subscription to changes was asked for
	KeepTrail           Action = "KEEP_TRAIL"             // the trail was exported, or its oldest part removed
	Reject              Action = "REJECT"                 // a request was refused before it ran
)

// Outcome is how the action ended: a consent.Outcome, or one of those below.
type Outcome string

// The outcomes.
const (
	Shown              Outcome = "SHOWN"
	Forbidden          Outcome = "FORBIDDEN"
	NoCareRelationship Outcome = "NO_CARE_RELATIONSHIP"
	NotFound           Outcome = "NOT_FOUND"
	Withheld           Outcome = "WITHHELD"
	WithheldChanged    Outcome = "WITHHELD_CHANGED" // set by the trail: consent changed after the decision
	Unavailable        Outcome = "UNAVAILABLE"
	Done               Outcome = "DONE"     // a duty was carried out
	Rejected           Outcome = "REJECTED" // the request could not be run
)

// Who is the person who asked, with their details at the time.
type Who struct {
	Subject      string
	Name         string
	Role         auth.Role
	Organisation string // ODS code
	TokenID      string // never the token
}

// WhoIs returns the principal as the trail records them.
func WhoIs(p auth.Principal) Who {
	return Who{Subject: p.Subject, Name: p.Name, Role: p.Role, Organisation: p.Org, TokenID: p.TokenID}
}

// Operation is the GraphQL operation that asked.
type Operation struct {
	Name     string
	SHA256   string // of the document, in hex
	Document string // the id of a trusted document; "" for one that came as text
	App      string // the application that the trusted document belongs to
}

// Suspended begins the note of an event for a person whose objections did not apply by law. The authority of
// the suspension follows.
const Suspended = "objections suspended: "

// Source is one system that was asked, and how it answered.
type Source struct {
	Sector       record.Sector
	Organisation string // ODS code
	State        string // ANSWERED, TIMED_OUT, UNAVAILABLE, REFUSED or NOT_ASKED
}

// Count is the number of items of a class that were about to be shown.
type Count struct {
	Class record.Class
	Items int
}

// Glass is the break-glass grant that was taken or used. If several were used, GrantID has their IDs, separated
// by spaces.
type Glass struct {
	GrantID string
	Reason  string
	Note    string
}

// Client is where the request came from, as far as it said.
type Client struct {
	Device      string
	Application string
	Address     string // the address it came from; behind a proxy, the one that the proxy states if its header is believed
}

// Event is one line of the trail: who asked for whose record, for what reason, and with what outcome. The
// database adds the sequence number and its time.
type Event struct {
	Action    Action
	Who       Who
	Patient   record.NHSNumber // the number the person has now; "" if it is not about one patient
	Asked     record.NHSNumber // the number asked for, if it is another
	Operation Operation
	Classes   []record.Class // what was loaded, asked for or not
	Sectors   []record.Sector
	Sources   []Source
	Counts    []Count

	ReceivedAt   time.Time // when the request came in
	Purpose      auth.Purpose
	Relationship string // why the patient is in care: a consent.Kind
	Glass        *Glass // nil without a grant
	Client       Client

	Outcome        Outcome
	ConsentVersion int64  // of the facts the decision rests on
	PolicyVersion  string // of the role table
	RequestID      string
	Note           string // other details of a duty, such as the IDs of objections
}
