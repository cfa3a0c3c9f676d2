// Package config reads the settings of every command: flags, a YAML file and, by
// reference from that file, the environment. It gives each setting a type and
// reports all faults at once.
package config

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/organisation"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
)

// Command is what the program is told to do.
type Command string

// The commands. Demo runs if none is given.
const (
	Demo         Command = "demo"
	Serve        Command = "serve"
	Token        Command = "token"
	Residents    Command = "residents"
	LoadFolder   Command = "load"
	Audit        Command = "audit verify"
	AuditExport  Command = "audit export"
	AccessReport Command = "access-report"
	Receipt      Command = "receipt verify"
	Schema       Command = "schema"
)

// FromInput stands for an NHS number that is read from the input, so that it stands in no history of commands, list of
// processes or log of sudo.
const FromInput = "-"

// Config holds every setting. Settings that nobody set have their defaults.
type Config struct {
	Command     Command
	Persona     string           // of token
	Folder      string           // of load
	Answer      string           // of receipt verify: the file with the answer
	Patient     record.NHSNumber // of access-report; empty if it is read from the input
	ReceiptKeys string           // of receipt verify; empty for those of the service or the demonstration

	ReceiptDocument, ReceiptVariables string // of receipt verify: files to check the answer against; empty for none

	Addr        Address
	Data        string // folder of the embedded databases; temporary if empty
	DemoExposed bool
	DemoWithout ODS           // organisation whose system the demonstration does not reach
	Org         ODS           // of the token
	Expires     time.Duration // of the token
	CSV         bool
	Numbers     string // file of NHS numbers for load

	File     string // the configuration file
	Database Database
	Sources  []Source
	SignIn   SignIn
	Secrets  Secrets
	OptOut   OptOut
	Trail    Trail

	Documents  Documents
	Policy     *consent.Policy
	Exclusions *exclusion.List
	Directory  *organisation.Directory

	Limits   Limits
	Timeouts Timeouts
	Postgres Postgres
	Log      Log
	Metrics  Metrics
}

// Database is the service's own database.
type Database struct {
	DSN   DSN // of the service's login
	Owner DSN // of the login that may create its tables; empty if they are created otherwise
}

// SignIn says which tokens are valid.
type SignIn struct {
	Issuer, Audience string
	Keys             Keys
}

// Secrets are the secrets behind ids, cursors and opt-out forms, and the key that signs receipts and
// checkpoints.
type Secrets struct {
	IDs, Cursors, Forms []byte
	Signing             ed25519.PrivateKey
	Earlier             receipt.Keys // public keys of the signing keys that it replaced
}

// Trail configures the audit trail.
type Trail struct {
	Checkpoints string // file to which every signed checkpoint is appended; empty for none
	Months      int    // how long events are kept; 0 for the default
}

// OptOut is what the opt-out form says, and how clients reach it.
type OptOut struct {
	Phone, Freepost string
	Origins         []string
	ClientHeader    string
}

// Mode says whether requests may send documents as text.
type Mode string

// The modes. In each of them a request may name a trusted document by its id.
const (
	Only   Mode = "only"   // text is refused
	Prefer Mode = "prefer" // text is answered, and counted
	Any    Mode = "any"    // text is answered
)

// Documents are the trusted documents beside the built-in ones.
type Documents struct {
	Mode Mode
	Dir  string // of further manifests; empty for none
}

// Limits bound what one request may ask. 0 is the default of the code that applies the limit.
type Limits struct {
	Patients                                                                                              int
	Body                                                                                                  Size
	Tokens, Fragments, Spreads, Aliases, RootFields, Depth, Fields, Kept, InVain, Lists, Cost, Concurrent int
}

// Timeouts bound how long things may take.
type Timeouts struct {
	Request, Source           time.Duration
	Header, Read, Write, Idle time.Duration
	Drain                     time.Duration
	Absent                    time.Duration // how long a source is believed when it does not know a patient
}

// Postgres says where the embedded PostgreSQL comes from.
type Postgres struct {
	Bin                   string
	FetchURL, FetchSHA256 string
	Cache                 string
}

// Metrics is where /metrics is served, apart from everything else.
type Metrics struct {
	Addr   Address
	Off    bool
	Chosen bool // not the default
}

// Log is how and how much is logged.
type Log struct {
	Format string // text or json
	Level  string // debug, info, warn or error
}

// Faults are all errors in the settings. Each says what to do.
type Faults []error

func (f Faults) Error() string { return errors.Join(f...).Error() }

// Unwrap returns the faults one by one.
func (f Faults) Unwrap() []error { return f }

// ErrUsage asks for the usage: help was requested, or a command or flag is unknown.
var ErrUsage = errors.New("see the usage")

// Load reads the settings from the command line, from the configuration file if there is one, and from the
// environment where that file refers to it. The error is Faults; it wraps ErrUsage if the usage should be
// shown.
func Load(getenv func(string) string, args []string) (*Config, error) {
	r := &reader{config: defaults(), getenv: getenv, set: map[string]string{}}
	r.arguments(args)
	if slices.Contains(r.faults, ErrUsage) { // help was asked for, whatever else is at fault
		return nil, Faults{ErrUsage}
	}
	if r.config.File == "" || r.file(r.config.File) {
		r.complete()
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return r.config, nil
}

func defaults() *Config {
	return &Config{
		Command: Demo,
		Addr:    Address{Host: "127.0.0.1", Port: 8080},
		Expires: 8 * time.Hour,
		// Nobody is shut out before their documents are registered, and the count of documents sent as text
		// shows when they all are.
		Documents: Documents{Mode: Prefer},
		Limits:    Limits{Patients: 500, Body: 256 << 10},
		Timeouts: Timeouts{
			Request: 15 * time.Second, Source: 2 * time.Second,
			Header: 5 * time.Second, Read: 15 * time.Second, Write: 45 * time.Second, Idle: 2 * time.Minute,
			Drain: 10 * time.Second, Absent: 5 * time.Minute,
		},
		Metrics: Metrics{Addr: Address{Host: "127.0.0.1", Port: 9464}},
	}
}

// A reader collects the settings and their faults.
type reader struct {
	config *Config
	getenv func(string) string
	set    map[string]string // where a setting was set, by key
	faults Faults
}

func (r *reader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

// complete checks what shows only when everything is read, and fills in what is built in.
func (r *reader) complete() {
	c := r.config
	if c.Directory == nil {
		c.Directory = organisation.Default()
	}
	if c.Policy == nil {
		c.Policy = consent.Default()
	}
	if c.Exclusions == nil && (c.Command == Demo || c.Command == Serve) {
		c.Exclusions = exclusion.Default()
	}
	if (c.Postgres.FetchURL == "") != (c.Postgres.FetchSHA256 == "") {
		r.fault("postgres.fetch-url and postgres.fetch-sha256 go together; give both or neither")
	}
	if c.File != "" && c.Data != "" { // the checkpoints of one would be compared with the trail of the other
		r.fault("-config names the real service and -data a demonstration; leave one out")
	}
	c.Log.fill(c.Command)
	if t := c.Timeouts; t.Write <= t.Request && (c.Command == Demo || c.Command == Serve) {
		r.fault("timeouts.write (%s) would cut off answers that timeouts.request (%s) still allows, after the trail has them as sent; make it longer", t.Write, t.Request)
	}
	switch c.Command {
	case Demo:
		if !c.Addr.Loopback() && !c.DemoExposed {
			r.fault("addr %s can be reached from other machines, and the demonstration hands out tokens to whoever comes; "+
				"use a loopback address such as 127.0.0.1:8080, or add -demo-exposed if that is meant", c.Addr)
		}
		if a := c.Metrics.Addr; !c.Metrics.Off && !a.Loopback() && !c.DemoExposed {
			r.fault("metrics %s can be reached from other machines; use a loopback address such as 127.0.0.1:9464, or add -demo-exposed if that is meant", a)
		}
	case Serve:
		r.serving()
	case Receipt:
		if c.File != "" && c.ReceiptKeys == "" {
			r.needs(map[string]bool{"secrets.ids": len(c.Secrets.IDs) == 0, "secrets.signing": len(c.Secrets.Signing) == 0})
		}
	case Audit, AuditExport, AccessReport:
		if c.File != "" { // otherwise it is the demonstration's trail
			r.needs(map[string]bool{"database.dsn": c.Database.DSN == "", "secrets.signing": c.Command == Audit && len(c.Secrets.Signing) == 0})
		}
	}
}

// fill sets the defaults of the command: a person reads the demonstration's log at a terminal, a collector the
// service's.
func (l *Log) fill(command Command) {
	standard := Log{"text", "warn"}
	if command == Serve {
		standard = Log{"json", "info"}
	}
	l.Format = cmp.Or(l.Format, standard.Format)
	l.Level = cmp.Or(l.Level, standard.Level)
}

// serving checks that nothing is missing that the real service needs.
func (r *reader) serving() {
	c := r.config
	if c.File == "" {
		r.fault("serve needs its settings; add -config FILE (docs/config.example.yml is one to begin with)")
		return
	}
	r.needs(map[string]bool{
		"database.dsn":     c.Database.DSN == "",
		"sign-in.issuer":   c.SignIn.Issuer == "",
		"sign-in.audience": c.SignIn.Audience == "",
		"sign-in.keys":     c.SignIn.Keys == Keys{},
		"secrets.ids":      len(c.Secrets.IDs) == 0,
		"secrets.cursors":  len(c.Secrets.Cursors) == 0,
		"secrets.signing":  len(c.Secrets.Signing) == 0,
		"sources":          len(c.Sources) == 0,
	})
	for _, two := range []struct {
		names string
		a, b  []byte
	}{
		{"secrets.ids and secrets.cursors", c.Secrets.IDs, c.Secrets.Cursors},
		{"secrets.ids and secrets.forms", c.Secrets.IDs, c.Secrets.Forms},
		{"secrets.cursors and secrets.forms", c.Secrets.Cursors, c.Secrets.Forms},
	} {
		if len(two.a) > 0 && slices.Equal(two.a, two.b) {
			r.fault("%s: %s are the same; make a second one", c.File, two.names)
		}
	}
	r.checkSources()
}

// needs reports each missing setting, unless its line was already reported.
func (r *reader) needs(missing map[string]bool) {
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		if missing[key] && r.set[key] == "" {
			r.fault("%s: %s is missing; add it", r.config.File, key)
		}
	}
}

// organisationOfSources are the hosts of several organisations' records: their
// codes are invented for demonstrations and stand in no directory.
var organisationOfSources = map[string]string{
	"X26":   "Personal Demographics Service",
	"X2GPA": "EMIS Web practices (demonstration)",
	"X2GPB": "SystmOne practices (demonstration)",
}

// OrganisationOf returns the organisation whose records a source holds, for display.
func (c *Config) OrganisationOf(code ODS) *record.Organisation {
	return OrganisationOf(c.Directory, string(code))
}

// OrganisationOf returns an organisation of a directory, or a host of several organisations' records, for
// display.
func OrganisationOf(directory *organisation.Directory, code string) *record.Organisation {
	found, _ := directory.Find(code)
	return &record.Organisation{ODSCode: record.Text(code), Name: cmp.Or(found.Name, organisationOfSources[code], code)}
}

// readable opens a file that a setting names.
func readable(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w); correct the path", path, cause(err))
	}
	return f, nil
}

// cause returns an error of the file system without the path, which the message already names.
func cause(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// commands lists the words that name a command.
func commands() string {
	return joined([]Command{Serve, Token, Residents, LoadFolder, Audit, AuditExport, AccessReport, Receipt, Schema})
}
