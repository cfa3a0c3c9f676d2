package config

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/organisation"
	"carerecord/internal/receipt"
)

// A setting is a line of the file, a flag, or mostly both. Its name has points in the file and hyphens on the
// command line.
type setting struct {
	key   string    // limits.patients; its flag is -limits-patients
	in    []Command // commands that take the flag
	where place     // whether it is a flag, a line of the file or both
	value string    // placeholder of its value; "" for a switch
	about string
	path  bool // the value is a path; in the file, relative to the file's folder
	set   func(r *reader, text string) error
}

// place says whether a setting may be a flag, a line of the file or both.
type place uint8

const (
	both place = iota
	flagOnly
	fileOnly
)

// flag returns the setting's name on the command line, without a final .mode.
func (s setting) flag() string {
	return strings.ReplaceAll(strings.TrimSuffix(s.key, ".mode"), ".", "-")
}

// to returns a function that parses a text into a field.
func to[T any](parse func(string) (T, error), field func(*Config) *T) func(*reader, string) error {
	return func(r *reader, text string) error {
		value, err := parse(text)
		if err == nil {
			*field(r.config) = value
		}
		return err
	}
}

func dsnTo(field func(*Config) *DSN) func(*reader, string) error {
	return func(r *reader, text string) (err error) {
		*field(r.config), err = dsn(r.getenv, text)
		return err
	}
}

var (
	servers    = []Command{Demo, Serve}
	configured = []Command{Serve, Audit, AuditExport, AccessReport, Receipt}
	embedded   = []Command{Demo, Token, Residents, LoadFolder, Audit, AuditExport, AccessReport, Receipt}
	settings   = []setting{
		{"config", configured, flagOnly, "FILE", "the configuration file", false,
			to(words, func(c *Config) *string { return &c.File })},
		{"addr", append([]Command{Serve}, embedded...), both, "HOST:PORT", "where to listen, or whom to look for (127.0.0.1:8080)", false,
			to(address, func(c *Config) *Address { return &c.Addr })},
		{"data", embedded, flagOnly, "DIR", "keep the embedded databases there (they are temporary)", false,
			to(words, func(c *Config) *string { return &c.Data })},
		{"demo-exposed", []Command{Demo}, flagOnly, "", "let the demonstration be reached from other machines", false,
			to(truth, func(c *Config) *bool { return &c.DemoExposed })},
		{"demo-without", []Command{Demo}, flagOnly, "ODS", "the organisation whose system the demonstration does not reach, to see what is missing then", false,
			to(ods, func(c *Config) *ODS { return &c.DemoWithout })},
		{"org", []Command{Token}, flagOnly, "ODS", "the token's organisation, in place of the persona's own", false,
			to(ods, func(c *Config) *ODS { return &c.Org })},
		{"expires", []Command{Token}, flagOnly, "TIME", "how long the token holds (8h)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Expires })},
		{"csv", []Command{Residents}, flagOnly, "", "as CSV with a header line", false,
			to(truth, func(c *Config) *bool { return &c.CSV })},
		{"numbers", []Command{LoadFolder}, flagOnly, "FILE", "NHS numbers for persons without: CSV patient_id,nhs_number", false,
			to(file, func(c *Config) *string { return &c.Numbers })},

		{"keys", []Command{Receipt}, flagOnly, "FILE", "the keys that receipts are verified with, as /receipt-keys.json answered them", false,
			to(file, func(c *Config) *string { return &c.ReceiptKeys })},
		{"document", []Command{Receipt}, flagOnly, "FILE", "the document that the answer must be to, as it was sent, to the byte", false,
			to(file, func(c *Config) *string { return &c.ReceiptDocument })},
		{"variables", []Command{Receipt}, flagOnly, "FILE", "the variables that it must be to, a JSON object; with -config, or of a demonstration", false,
			to(file, func(c *Config) *string { return &c.ReceiptVariables })},

		{"database.dsn", configured, fileOnly, "DSN", "the service's own database, with the service's login", false,
			dsnTo(func(c *Config) *DSN { return &c.Database.DSN })},
		{"database.owner-dsn", nil, fileOnly, "DSN", "the same with the login that makes its tables; without it nothing is migrated", false,
			dsnTo(func(c *Config) *DSN { return &c.Database.Owner })},

		{"sign-in.issuer", nil, fileOnly, "TEXT", "iss of the tokens that hold", false,
			to(words, func(c *Config) *string { return &c.SignIn.Issuer })},
		{"sign-in.audience", nil, fileOnly, "TEXT", "aud of the tokens that hold", false,
			to(words, func(c *Config) *string { return &c.SignIn.Audience })},
		{"sign-in.keys", nil, fileOnly, "FILE|URL", "the JWK Set that verifies tokens", true,
			to(keys, func(c *Config) *Keys { return &c.SignIn.Keys })},

		{"secrets.ids", nil, fileOnly, "FILE", "what ids are made with; another one changes every id", true,
			to(secret, func(c *Config) *[]byte { return &c.Secrets.IDs })},
		{"secrets.cursors", nil, fileOnly, "FILE", "what cursors are made with", true,
			to(secret, func(c *Config) *[]byte { return &c.Secrets.Cursors })},

		{"secrets.signing", nil, fileOnly, "FILE", "the Ed25519 key in PEM that signs receipts and the checkpoints of the trail", true,
			to(signing, func(c *Config) *ed25519.PrivateKey { return &c.Secrets.Signing })},
		{"secrets.earlier-signing", nil, fileOnly, "FILE", "the public keys that it replaced, a JWK Set as /receipt-keys.json answered it: what they signed still holds", true,
			to(earlierSigning, func(c *Config) *receipt.Keys { return &c.Secrets.Earlier })},
		{"secrets.forms", nil, fileOnly, "FILE", "what opt-out forms are signed with; without it each instance makes its own at start", true,
			to(secret, func(c *Config) *[]byte { return &c.Secrets.Forms })},

		{"audit.checkpoints", []Command{Demo, Serve, Audit}, both, "FILE", "where signed checkpoints of the trail are added, outside the database (with -data: there)", true,
			to(words, func(c *Config) *string { return &c.Trail.Checkpoints })},
		{"audit.keep-months", []Command{Demo, Serve, Audit}, both, "NUMBER", "how long events of the trail are kept, 12 or more (96)", false,
			to(months, func(c *Config) *int { return &c.Trail.Months })},

		{"opt-out.phone", servers, both, "TEXT", "whom a resident can ring about opting out (the form then names the practice)", false,
			to(words, func(c *Config) *string { return &c.OptOut.Phone })},
		{"opt-out.freepost", servers, both, "TEXT", "where the paper form is sent, lines divided by a comma (the form then says to hand it in)", false,
			to(words, func(c *Config) *string { return &c.OptOut.Freepost })},
		{"opt-out.origins", servers, both, "URL,URL", "the form's own origins where a proxy changes the Host header", false,
			to(origins, func(c *Config) *[]string { return &c.OptOut.Origins })},
		{"opt-out.client-header", servers, both, "NAME", "the header in which our proxy says the client's address, for the limits of the form and for the trail (none is believed)", false,
			to(header, func(c *Config) *string { return &c.OptOut.ClientHeader })},

		{"documents.mode", servers, both, "MODE", "only: trusted documents alone; prefer: others too, and they are counted; any (prefer)", false,
			to(mode, func(c *Config) *Mode { return &c.Documents.Mode })},
		{"documents.dir", servers, both, "DIR", "manifests of further trusted documents, read at start", true,
			to(directory, func(c *Config) *string { return &c.Documents.Dir })},

		{"policy", servers, both, "FILE", "the role table and its constants (built in)", true,
			to(policy, func(c *Config) **consent.Policy { return &c.Policy })},
		{"exclusions", servers, both, "FILE", "what is never shown (built in)", true,
			to(exclusions, func(c *Config) **exclusion.List { return &c.Exclusions })},
		{"organisations", servers, both, "FILE", "the organisations and their successors (built in)", true,
			to(organisations, func(c *Config) **organisation.Directory { return &c.Directory })},

		{"limits.patients", servers, both, "NUMBER", "patients of one request (500)", false,
			to(count, func(c *Config) *int { return &c.Limits.Patients })},
		{"limits.body", servers, both, "SIZE", "bytes of one request (256KiB)", false,
			to(size, func(c *Config) *Size { return &c.Limits.Body })},
		{"limits.tokens", servers, both, "NUMBER", "words and signs of a document (4000)", false,
			to(count, func(c *Config) *int { return &c.Limits.Tokens })},
		{"limits.fragments", servers, both, "NUMBER", "fragments of a document (60)", false,
			to(count, func(c *Config) *int { return &c.Limits.Fragments })},
		{"limits.spreads", servers, both, "NUMBER", "fragment spreads of a document (400)", false,
			to(count, func(c *Config) *int { return &c.Limits.Spreads })},
		{"limits.aliases", servers, both, "NUMBER", "aliases of a document (100)", false,
			to(count, func(c *Config) *int { return &c.Limits.Aliases })},
		{"limits.root-fields", servers, both, "NUMBER", "top fields of an operation (20)", false,
			to(count, func(c *Config) *int { return &c.Limits.RootFields })},
		{"limits.depth", servers, both, "NUMBER", "fields within fields (20)", false,
			to(count, func(c *Config) *int { return &c.Limits.Depth })},
		{"limits.fields", servers, both, "NUMBER", "fields of a document, its fragments opened (6000)", false,
			to(count, func(c *Config) *int { return &c.Limits.Fields })},
		{"limits.lists", servers, both, "NUMBER", "lists within lists (6)", false,
			to(count, func(c *Config) *int { return &c.Limits.Lists })},
		{"limits.cost", servers, both, "NUMBER", "values that an answer could hold (3000000)", false,
			to(count, func(c *Config) *int { return &c.Limits.Cost })},
		{"limits.concurrent", servers, both, "NUMBER", "requests of one person under way at once (20)", false,
			to(count, func(c *Config) *int { return &c.Limits.Concurrent })},
		{"limits.in-vain", servers, both, "NUMBER", "different patients one person may look up in vain in an hour (1000)", false,
			to(count, func(c *Config) *int { return &c.Limits.InVain })},
		{"limits.kept-documents", servers, both, "NUMBER", "validated documents kept in memory (500)", false,
			to(count, func(c *Config) *int { return &c.Limits.Kept })},

		{"timeouts.request", servers, both, "TIME", "for one operation (15s)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Request })},
		{"timeouts.source", servers, both, "TIME", "for one read of a source that has no deadline of its own (2s)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Source })},
		{"timeouts.header", servers, both, "TIME", "for a request's header to arrive (5s)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Header })},
		{"timeouts.read", servers, both, "TIME", "for a whole request to arrive (15s)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Read })},
		{"timeouts.write", servers, both, "TIME", "from a request's header to the end of its answer (45s)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Write })},
		{"timeouts.idle", servers, both, "TIME", "for a connection that asks nothing (2m)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Idle })},
		{"timeouts.drain", servers, both, "TIME", "for requests under way when the server stops (10s)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Drain })},
		{"timeouts.absent", servers, both, "TIME", "for which a FHIR source's word that it does not know a patient is taken for true (5m)", false,
			to(duration, func(c *Config) *time.Duration { return &c.Timeouts.Absent })},

		{"postgres.bin", embedded, flagOnly, "DIR", "the folder of initdb and postgres (looked for)", true,
			to(directory, func(c *Config) *string { return &c.Postgres.Bin })},
		{"postgres.fetch-url", embedded, flagOnly, "URL", "an archive of PostgreSQL where none is installed (a pinned one)", false,
			to(httpsURL, func(c *Config) *string { return &c.Postgres.FetchURL })},
		{"postgres.fetch-sha256", embedded, flagOnly, "HEX", "its SHA-256", false,
			to(digest, func(c *Config) *string { return &c.Postgres.FetchSHA256 })},
		{"postgres.cache", embedded, flagOnly, "DIR", "where what was fetched is kept (the account's cache)", false,
			to(words, func(c *Config) *string { return &c.Postgres.Cache })},

		{"log.format", servers, both, "text|json", "how the log is written (text; serve: json)", false,
			to(oneOf("text", "json"), func(c *Config) *string { return &c.Log.Format })},
		{"log.level", servers, both, "LEVEL", "debug, info, warn or error (info; demo: warn)", false,
			to(oneOf("debug", "info", "warn", "error"), func(c *Config) *string { return &c.Log.Level })},
		{"metrics", servers, both, "HOST:PORT", "where /metrics answers, apart from all else; empty for nowhere (127.0.0.1:9464)", false,
			to(metrics, func(c *Config) *Metrics { return &c.Metrics })},
	}
)

// byFlag returns the setting of a flag; false if there is none.
func byFlag(name string) (setting, bool) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.where != fileOnly && s.flag() == name })
	if i < 0 {
		return setting{}, false
	}
	return settings[i], true
}

// byKey returns the setting of a line in the file; false if there is none.
func byKey(key string) (setting, bool) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.where != flagOnly && s.key == key })
	if i < 0 {
		return setting{}, false
	}
	return settings[i], true
}
