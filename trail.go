package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"carerecord/internal/accessreport"
	"carerecord/internal/audit"
	"carerecord/internal/config"
	"carerecord/internal/demo"
	"carerecord/internal/record"
	"carerecord/internal/store"
	"carerecord/resolvers"
)

// keeping configures how the trail's past is kept: checkpoints are signed with the receipts' key, and appended to a
// file that the database's owner need not reach.
func (s *service) keeping() (audit.Keeping, error) {
	c := s.config
	k := audit.Keeping{
		Signer: &audit.Signer{Key: c.Secrets.Signing, ID: s.receipts.KeyID()}, Keys: c.Secrets.Earlier.Public(), Months: c.Trail.Months,
		Failed: func(err error) { s.told.Alarm(context.Background(), string(resolvers.AlarmAudit), "", err) },
	}
	path := checkpoints(c)
	if path == "" {
		return k, nil
	}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return k, fmt.Errorf("audit.checkpoints: %s cannot be written; name a file that can", path)
	}
	k.Log = log // open for as long as the service runs
	return k, nil
}

// checkpoints is the file of checkpoints; "" without one.
func checkpoints(c *config.Config) string {
	if c.Trail.Checkpoints == "" && c.Data != "" {
		return filepath.Join(c.Data, "checkpoints")
	}
	return c.Trail.Checkpoints
}

// proofOf is what the trail is verified against: the service's key, and the checkpoints kept outside the database.
func proofOf(c *config.Config) (proof audit.Proof, closeLog func(), err error) {
	closeLog = func() {}
	signer, err := receiptSigner(c.Secrets)
	if err != nil {
		return proof, closeLog, err
	}
	known := c.Secrets.Earlier.Public()
	known[signer.KeyID()] = c.Secrets.Signing.Public().(ed25519.PublicKey)
	proof = audit.Proof{Keys: known, Months: cmp.Or(c.Trail.Months, audit.DefaultMonths)}
	path := checkpoints(c)
	if path == "" {
		return proof, closeLog, nil
	}
	log, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.Trail.Checkpoints == "": // none were made yet
		return proof, closeLog, nil
	case err != nil:
		return proof, closeLog, fmt.Errorf("audit.checkpoints: %s cannot be read; name the file to which the service adds them", path)
	}
	proof.Log = log
	return proof, func() { log.Close() }, nil
}

// withStore runs do with the service's own database: the real one if there is a configuration file, otherwise the
// demonstration's.
func withStore(ctx context.Context, c *config.Config, stderr io.Writer, do func(*store.Store) error) error {
	if c.File != "" {
		return onStore(ctx, c, string(c.Database.DSN), do)
	}
	return withTrail(ctx, c, stderr, func(d *demo.Demo) error { return onStore(ctx, c, d.DSN(), do) })
}

// withTrail is withDemo, but makes no demonstration where none is kept: its trail would hold, and say that nobody ever
// asked for anything.
func withTrail(ctx context.Context, c *config.Config, stderr io.Writer, do func(*demo.Demo) error) error {
	if c.Data != "" {
		if _, err := demo.Kept(c.Data); err != nil {
			return fmt.Errorf("there is no trail in %s (%w): correct -data, or name the settings of the real service with -config FILE", c.Data, err)
		}
	}
	return withDemo(ctx, c, stderr, do)
}

func onStore(ctx context.Context, c *config.Config, dsn string, do func(*store.Store) error) error {
	why := make(chan error, 1) // what the first attempt said
	s := store.Open(ctx, store.Options{DSN: dsn, Policy: c.Policy, Changed: func(err error) {
		select {
		case why <- err:
		default:
		}
	}})
	defer s.Close(context.WithoutCancel(ctx)) // it has written all it was given
	if !s.Ready(ctx) {
		return notUsable(ctx, why)
	}
	return do(s)
}

// notUsable says why the service's own database cannot be used.
func notUsable(ctx context.Context, first <-chan error) error {
	select {
	case err := <-first:
		switch {
		case err == nil:
		case record.WhyUnreached(err) == "":
			return fmt.Errorf("%w: %w; see that the service has made its tables", errNoAnswer, err)
		default:
			return noAnswer(err)
		}
	default:
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return noAnswer(nil)
}

// operator is the person who runs a command, for the trail.
func operator() audit.Who {
	account, err := user.Current()
	if err != nil {
		account = &user.User{}
	}
	return operatorOf(account, "/proc/self/loginuid")
}

// operatorOf names the account, and the one that signed in if it is another: with sudo everybody is root. The kernel
// keeps the id of that one in a file, which sudo and su do not change. Without the file, or a sign-in, the account is
// all that is known.
func operatorOf(account *user.User, file string) audit.Who {
	who := audit.Who{Subject: strings.TrimSpace("operator " + account.Username), Name: "An operator of the service"}
	id, err := os.ReadFile(file)
	if err != nil {
		return who
	}
	if login, err := user.LookupId(strings.TrimSpace(string(id))); err == nil && login.Uid != account.Uid {
		who.Subject += " (signed in as " + login.Username + ")"
	}
	return who
}

// errBroken makes `audit verify` exit with 1 if the trail does not hold. The faults are already printed.
var errBroken = errors.New("the audit trail does not hold")

// verifyWithin bounds how long a demonstration that was ending when it was found, as after a kill, is looked for again.
const verifyWithin = 10 * time.Second

// verifyTrail reports whether the audit trail holds: the real service's if there is a configuration file, otherwise the
// demonstration's.
func verifyTrail(ctx context.Context, c *config.Config, stdout, stderr io.Writer) error {
	if c.File != "" {
		return verifyAt(ctx, c, string(c.Database.DSN), stdout)
	}
	for end := time.Now().Add(verifyWithin); ; time.Sleep(100 * time.Millisecond) {
		err := withTrail(ctx, c, stderr, func(d *demo.Demo) error {
			c.Secrets.IDs, c.Secrets.Signing = d.Secret("ids"), signingKeyOf(d)
			return verifyAt(ctx, c, d.DSN(), stdout)
		})
		if !errors.Is(err, errNoAnswer) || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}

var errNoAnswer = errors.New("the database cannot be used")

// noAnswer is errNoAnswer with what an operator has to look at.
func noAnswer(err error) error {
	return fmt.Errorf("%w: %s", errNoAnswer, cmp.Or(record.WhyUnreached(err), "see that it runs and that the DSN is right"))
}

func verifyAt(ctx context.Context, c *config.Config, dsn string, stdout io.Writer) error {
	proof, closeLog, err := proofOf(c)
	if err != nil {
		return err
	}
	defer closeLog()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return noAnswer(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	report, err := proof.Verify(ctx, conn, stdout)
	if err != nil {
		return err
	}
	if !report.Holds() {
		return errBroken
	}
	return nil
}

// exportTrail writes the trail as FHIR AuditEvents. The export itself is recorded first.
func exportTrail(ctx context.Context, c *config.Config, stdout, stderr io.Writer) error {
	return withStore(ctx, c, stderr, func(s *store.Store) error {
		event := audit.Event{Action: audit.KeepTrail, Who: operator(), ReceivedAt: time.Now(), Outcome: audit.Done, Operation: audit.Operation{Name: "audit export"}}
		if _, err := s.Record(ctx, []audit.Entry{{Event: event}}); err != nil {
			return err
		}
		n, err := s.Export(ctx, audit.Filter{}, audit.Site{Name: "carerecord"}, stdout)
		fmt.Fprintf(stderr, "%d events\n", n)
		return err
	})
}

// accessReport prints who asked for a resident's record. The report itself is recorded first, and so is in it.
func accessReport(ctx context.Context, c *config.Config, stdin io.Reader, stdout, stderr io.Writer) error {
	if c.Patient == "" {
		var err error
		if c.Patient, err = numberFrom(stdin); err != nil {
			return fmt.Errorf("access-report: %w", err)
		}
	}
	return withStore(ctx, c, stderr, func(s *store.Store) error {
		event := audit.Event{
			Action: audit.ReadTrail, Who: operator(), Patient: c.Patient, ReceivedAt: time.Now(), Outcome: audit.Done, Operation: audit.Operation{Name: "access-report"},
		}
		if _, err := s.Record(ctx, []audit.Entry{{Event: event}}); err != nil {
			return err
		}
		numbers, err := s.Numbers(ctx, c.Patient)
		if err != nil {
			return err
		}
		since, err := s.Since(ctx)
		if err != nil {
			return err
		}
		lines := s.Lines(ctx, audit.Filter{Patients: numbers})
		return accessreport.Report(stdout, lines, accessreport.Resident{Number: c.Patient, Since: since}, func(ods string) string {
			org, _ := c.Directory.Find(ods)
			return org.Name
		}, time.Now())
	})
}

// numberFrom reads an NHS number, alone on the first line.
func numberFrom(input io.Reader) (record.NHSNumber, error) {
	line, err := bufio.NewReader(io.LimitReader(input, 100)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the input cannot be read: %w", err)
	}
	return record.ParseNHSNumber(strings.TrimSpace(line))
}
