package config

import (
	"crypto/tls"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

// Source is the settings of one source.
type Source struct {
	Sector       record.Sector
	Organisation ODS
	Kind         Kind
	DSN          DSN // of an SQL source
	Pool         int // of an SQL source
	Pooling      Pooling
	FHIR         FHIR // of a source of any other kind
	Deadline     time.Duration
	Hedge        bool
}

// Kind is how a source is read.
type Kind string

// The kinds of source. SQL is the default.
const (
	SQL        Kind = ""
	GPConnect  Kind = "gp-connect"
	UKCore     Kind = "uk-core"
	PDS        Kind = "pds"
	Interweave Kind = "interweave"
)

func (k Kind) String() string {
	if k == SQL {
		return "sql"
	}
	return string(k)
}

// Pooling is how a pooler before an SQL source lends its connections.
type Pooling string

// The ways of pooling. BySession is the default: a connection is ours as long as it is open.
const (
	BySession     Pooling = "session"
	ByTransaction Pooling = "transaction"
)

func pooling(text string) (Pooling, error) {
	p, err := oneOf(string(BySession), string(ByTransaction))(text)
	return Pooling(p), err
}

// sectorsOf lists the sectors that each kind can hold.
var sectorsOf = map[Kind][]record.Sector{
	SQL:        {record.Demographics, record.Acute, record.GP, record.MentalHealth, record.SocialCare},
	GPConnect:  {record.GP},
	UKCore:     {record.Acute, record.MentalHealth},
	PDS:        {record.Demographics},
	Interweave: {record.SocialCare},
}

var kinds = []Kind{SQL, GPConnect, UKCore, PDS, Interweave}

// FHIR is how to reach a FHIR source.
type FHIR struct {
	At, Documents    Endpoint
	Access           Access
	TLS              *tls.Config // nil for the system's roots and no client certificate
	ASIDFrom, ASIDTo string
	Migrate, Batch   bool
	Concurrency      int // concurrent requests; 0 for the default
}

// Endpoint is a URL, or a folder that stands in for one; the zero value is none.
type Endpoint struct{ URL, Folder string }

// Access is how to get an access token: with a secret or a signed assertion. The zero value is for a source
// that needs none.
type Access struct {
	TokenURL, ClientID, Scope string
	Secret                    Secret
	Sign                      *fhir.Assertion
}

// Secret is a password. It prints as a mask.
type Secret string

func (Secret) String() string { return "a secret" }

// GoString masks it in %#v too.
func (Secret) GoString() string { return "a secret" }

// A draft is a source whose lines are being read.
type draft struct {
	Source
	set                     map[string]ast.Node // the lines that were given
	certificate, key, roots string
	clientKey, clientKeyID  string
	unsure                  bool // its kind is invalid
}

// sourceSettings are the lines of one entry of sources, in the order in which messages list them.
var sourceSettings = []sourceSetting{
	{name: "sector", set: into(sector, func(d *draft) *record.Sector { return &d.Sector })},
	{name: "organisation", set: into(ods, func(d *draft) *ODS { return &d.Organisation })},
	{name: "kind", set: into(kind, func(d *draft) *Kind { return &d.Kind })},
	{name: "deadline", set: into(duration, func(d *draft) *time.Duration { return &d.Deadline })},
	{name: "hedge", set: into(truth, func(d *draft) *bool { return &d.Hedge })},

	{name: "dsn", of: []Kind{SQL}, set: func(r *reader, d *draft, text string) (err error) {
		d.DSN, err = dsn(r.getenv, text)
		return err
	}},
	{name: "pool", of: []Kind{SQL}, set: into(count, func(d *draft) *int { return &d.Pool })},
	{name: "pooling", of: []Kind{SQL}, set: into(pooling, func(d *draft) *Pooling { return &d.Pooling })},

	{name: "url", of: kinds[1:], path: true, set: into(endpoint, func(d *draft) *Endpoint { return &d.FHIR.At })},
	{name: "concurrency", of: kinds[1:], set: into(few, func(d *draft) *int { return &d.FHIR.Concurrency })},
	{name: "token-url", of: kinds[1:], set: into(secureURL, func(d *draft) *string { return &d.FHIR.Access.TokenURL })},
	{name: "client-id", of: kinds[1:], set: into(words, func(d *draft) *string { return &d.FHIR.Access.ClientID })},
	{name: "client-secret", of: kinds[1:], path: true, set: into(clientSecret, func(d *draft) *Secret { return &d.FHIR.Access.Secret })},
	{name: "client-key", of: kinds[1:], path: true, set: into(ofSecret, func(d *draft) *string { return &d.clientKey })},
	{name: "client-key-id", of: kinds[1:], set: into(words, func(d *draft) *string { return &d.clientKeyID })},
	{name: "scope", of: kinds[1:], set: into(words, func(d *draft) *string { return &d.FHIR.Access.Scope })},
	{name: "certificate", of: kinds[1:], path: true, set: into(file, func(d *draft) *string { return &d.certificate })},
	{name: "key", of: kinds[1:], path: true, set: into(ofSecret, func(d *draft) *string { return &d.key })},
	{name: "roots", of: kinds[1:], path: true, set: into(file, func(d *draft) *string { return &d.roots })},

	{name: "documents", of: []Kind{GPConnect, UKCore}, path: true, set: into(endpoint, func(d *draft) *Endpoint { return &d.FHIR.Documents })},
	{name: "asid-from", of: []Kind{GPConnect}, set: into(asid, func(d *draft) *string { return &d.FHIR.ASIDFrom })},
	{name: "asid-to", of: []Kind{GPConnect}, set: into(asid, func(d *draft) *string { return &d.FHIR.ASIDTo })},
	{name: "migrate", of: []Kind{GPConnect}, set: into(truth, func(d *draft) *bool { return &d.FHIR.Migrate })},
	{name: "batch", of: []Kind{UKCore}, set: into(truth, func(d *draft) *bool { return &d.FHIR.Batch })},
}

// A sourceSetting is one line of an entry of sources.
type sourceSetting struct {
	name string
	of   []Kind // the kinds of source it belongs to; nil for all
	path bool   // the value is a path, relative to the configuration's folder
	set  func(r *reader, d *draft, text string) error
}

// into returns a function that parses a text into a field.
func into[T any](parse func(string) (T, error), field func(*draft) *T) func(*reader, *draft, string) error {
	return func(_ *reader, d *draft, text string) (err error) {
		*field(d), err = parse(text)
		return err
	}
}

func sourceSettingOf(name string) (sourceSetting, bool) {
	i := slices.IndexFunc(sourceSettings, func(s sourceSetting) bool { return s.name == name })
	if i < 0 {
		return sourceSetting{}, false
	}
	return sourceSettings[i], true
}

// SourceKeys lists the settings of an entry of sources.
func SourceKeys() []string {
	names := make([]string, len(sourceSettings))
	for i, s := range sourceSettings {
		names[i] = s.name
	}
	return names
}
