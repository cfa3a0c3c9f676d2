package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"carerecord/datasources/gpconnect"
	"carerecord/datasources/interweave"
	"carerecord/datasources/pds"
	"carerecord/datasources/ukcore"
	"carerecord/internal/auth"
	"carerecord/internal/config"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
	"carerecord/internal/telemetry"
)

// An endpoint is how a FHIR source is reached.
type endpoint struct {
	fhir.Fetcher // nil where there is none
	close        func()
}

// A reached is a FHIR source that can be asked, with what its adapter needs.
type reached struct {
	config.Source
	org           *record.Organisation
	ids           *record.Identifier
	at, documents fhir.Fetcher // documents is nil where the source has no place of its own for them
	observe       func(ctx context.Context, e fhir.Event)
}

func (r *reached) options() fhir.SourceOptions {
	return fhir.SourceOptions{Concurrency: r.FHIR.Concurrency, Observe: r.observe}
}

// The versions of FHIR that adapters read.
const (
	stu3 = "3.0"
	r4   = "4.0"
)

// adapters are the kinds of FHIR source.
var adapters = map[config.Kind]struct {
	version string
	open    func(s *service, r reached) reader
}{
	config.GPConnect: {stu3, (*service).openGPConnect},
	config.UKCore: {r4, func(_ *service, r reached) reader {
		return ukcore.Open(r.Sector, r.org, r.at, r.ids, ukcore.Options{
			Batch: r.FHIR.Batch, Documents: r.documents, SourceOptions: r.options(),
		})
	}},
	config.PDS: {r4, func(_ *service, r reached) reader {
		return pds.Open(r.org, r.at, r.ids, r.options())
	}},
	config.Interweave: {r4, func(_ *service, r reached) reader {
		return interweave.Open(r.org, r.at, r.ids, r.options())
	}},
}

func (s *service) openGPConnect(r reached) reader {
	o := gpconnect.Options{
		Migrate: r.FHIR.Migrate, Documents: r.documents, From: r.FHIR.ASIDFrom, To: r.FHIR.ASIDTo, SourceOptions: r.options(),
	}
	if r.FHIR.At.URL != "" && r.FHIR.Access.TokenURL == "" {
		o.Authorise = s.bearerFor(r.Source)
	}
	return gpconnect.Open(r.org, r.at, r.ids, o)
}

func (s *service) openFHIR(c config.Source, org *record.Organisation, ids *record.Identifier) (*source, error) {
	adapter, known := adapters[c.Kind]
	if !known {
		return nil, fmt.Errorf("%w: sources of kind %s cannot be read yet; leave it out", record.ErrInvalid, c.Kind)
	}
	at, err := s.endpoint(c, c.FHIR.At, adapter.version)
	if err != nil {
		return nil, err
	}
	documents, err := s.endpoint(c, c.FHIR.Documents, stu3)
	if err != nil {
		at.close()
		return nil, err
	}
	r := reached{Source: c, org: org, ids: ids, at: at.Fetcher, documents: documents.Fetcher, observe: s.finding(c)}
	return &source{
		reader: adapter.open(s, r), sector: c.Sector, org: org, kind: record.SourceFHIR,
		touch: func(ctx context.Context) error { return answers(ctx, at) },
		close: func() { at.close(); documents.close() },
	}, nil
}

// endpoint opens a URL, or a folder that stands for a server.
func (s *service) endpoint(c config.Source, e config.Endpoint, version string) (endpoint, error) {
	switch {
	case e.Folder != "":
		folder, err := fhir.OpenFolder(e.Folder)
		if err != nil {
			return endpoint{}, err
		}
		if len(folder.Left) > 0 {
			s.told.Log.Warn("files of a fhir-dir source hold nobody that could be known and are left out", "sector", c.Sector, "organisation", c.Organisation, "files", len(folder.Left))
		}
		return endpoint{folder, func() { folder.Close() }}, nil
	case e.URL != "":
		client, err := fhir.NewClient(e.URL, clientOptions(c, version))
		if err != nil {
			return endpoint{}, err
		}
		return endpoint{client, client.Close}, nil
	}
	return endpoint{close: func() {}}, nil
}

func clientOptions(c config.Source, version string) fhir.Options {
	o := fhir.Options{TLS: c.FHIR.TLS, Version: version, MaxConns: c.FHIR.Concurrency, Timeout: c.Deadline}
	if a := c.FHIR.Access; a.TokenURL != "" {
		o.OAuth = &clientcredentials.Config{ClientID: a.ClientID, ClientSecret: string(a.Secret), TokenURL: a.TokenURL, Scopes: strings.Fields(a.Scope)}
		o.Sign = a.Sign
	}
	return o
}

// answers reports why a FHIR source does not answer. It asks for the capability statement, and so for nobody's data. A
// server that refuses to give one is there.
func answers(ctx context.Context, at endpoint) error {
	_, err := at.Fetch(ctx, fhir.Request{Path: "metadata"})
	if errors.Is(err, record.ErrUnavailable) || errors.Is(err, record.ErrTimeout) {
		return err
	}
	return nil
}

// finding passes what an adapter noticed to the log and the metrics, except what is confidential: a counter read before
// and after a request for one patient, or a log line beside that of the answer, would tell that the patient has
// something excluded.
func (s *service) finding(c config.Source) func(context.Context, fhir.Event) {
	for _, kind := range fhir.Alarms {
		s.told.ExpectFinding(string(kind))
	}
	return func(ctx context.Context, e fhir.Event) {
		if e.Kind == fhir.Confidential {
			return
		}
		s.told.Found(ctx, telemetry.Finding{
			Sector: c.Sector, Organisation: string(c.Organisation), Kind: string(e.Kind), Count: e.Count, Where: e.Place(), Err: e.Err, Alarm: e.Kind.IsAlarm(),
		})
	}
}

// bearerFor identifies the caller in GP Connect's own way.
func (s *service) bearerFor(c config.Source) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		p, known := auth.FromContext(ctx)
		if !known {
			return "", fmt.Errorf("%w: nobody asks", record.ErrInvalid)
		}
		given, family := nameOf(p.Name)
		caller := gpconnect.Caller{
			Issuer: s.config.SignIn.Issuer, Audience: c.FHIR.At.URL, ODSCode: p.Org, OrgName: s.config.OrganisationOf(config.ODS(p.Org)).Name,
			Device: gpconnect.Device{System: asidSystem, Value: cmp.Or(c.FHIR.ASIDFrom, "UNK"), Model: "carerecord", Version: "1"},
			Person: gpconnect.Person{ID: p.Subject, Family: family, Given: given, LocalSystem: s.config.SignIn.Issuer, LocalUser: p.Subject},
		}
		return caller.Bearer(time.Now())
	}
}

// asidSystem is the system of the ids by which the Spine knows systems (ASID).
const asidSystem = "https://fhir.nhs.uk/Id/nhsSpineASID"

// nameOf splits a display name before its last word.
func nameOf(displayed string) (given, family string) {
	words := strings.Fields(displayed)
	if len(words) == 0 {
		return "", "Unknown"
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}
