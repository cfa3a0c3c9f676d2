package record_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"carerecord/internal/record"
)

const secret = "9990000018 at db.internal"

func TestWhatMayBeTold(t *testing.T) {
	refused := &pgconn.PgError{Code: "22P02", Message: secret, Detail: secret}
	dialled := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.UnixAddr{Name: secret}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	var unread error = json.Unmarshal([]byte(`{"N": 9990000018}`), new(struct{ N string }))
	for name, c := range map[string]struct {
		err             error
		plain, ofDriver string
	}{
		"our own":                  {fmt.Errorf("%w: 3 of 4", record.ErrUnavailable), "source unavailable: 3 of 4", "fmt.wrapError: errors.errorString"},
		"a refusal":                {refused, "pgconn.PgError SQLSTATE 22P02", "pgconn.PgError SQLSTATE 22P02"},
		"a refusal under a kind":   {fmt.Errorf("%w: reading: %w", record.ErrUnavailable, refused), "source unavailable: reading: pgconn.PgError SQLSTATE 22P02", "fmt.wrapErrors: errors.errorString: pgconn.PgError SQLSTATE 22P02"},
		"an address":               {fmt.Errorf("connecting: %w", dialled), "connecting: net.OpError: os.SyscallError: connection refused", "fmt.wrapError: net.OpError: os.SyscallError: connection refused"},
		"a value":                  {unread, "json.UnmarshalTypeError", "json.UnmarshalTypeError"},
		"a file":                   {&fs.PathError{Op: "open", Path: secret, Err: fs.ErrNotExist}, "fs.PathError: errors.errorString", "fs.PathError: errors.errorString"},
		"several":                  {errors.Join(io.ErrUnexpectedEOF, refused), "unexpected EOF\npgconn.PgError SQLSTATE 22P02", "errors.joinError: unexpected EOF: pgconn.PgError SQLSTATE 22P02"},
		"the end of a context":     {fmt.Errorf("waiting: %w", context.Canceled), "waiting: context canceled", "fmt.wrapError: context canceled"},
		"one that is said already": {fmt.Errorf("again: %w", record.OfDriver(refused)), "again: pgconn.PgError SQLSTATE 22P02", "fmt.wrapError: pgconn.PgError SQLSTATE 22P02"},
		"one that wraps nothing":   {fmt.Errorf("again: %w", hollow{}), "again: it is empty", "fmt.wrapError: record_test.hollow"},
		"one in other words":       {other{refused}, "record_test.other: pgconn.PgError SQLSTATE 22P02", "record_test.other: pgconn.PgError SQLSTATE 22P02"},
	} {
		plain, ofDriver := record.Plain(c.err), record.OfDriver(c.err)
		if plain.Error() != c.plain || ofDriver.Error() != c.ofDriver {
			t.Errorf("%s: %q and %q", name, plain, ofDriver)
		}
		if !errors.Is(plain, c.err) || !errors.Is(ofDriver, c.err) {
			t.Errorf("%s is another error", name)
		}
		for _, err := range []error{plain, ofDriver, record.Plain(ofDriver), record.OfDriver(ofDriver)} {
			if strings.Contains(err.Error(), "999") || strings.Contains(err.Error(), "db.internal") {
				t.Errorf("%s: %q", name, err)
			}
		}
	}
	if record.Plain(nil) != nil || record.OfDriver(nil) != nil {
		t.Error("nothing became an error")
	}
	if own := fmt.Errorf("%w: 3 of 4", record.ErrUnavailable); record.Plain(own) != own {
		t.Error("what is ours is said anew")
	}
	if own := record.OfDriver(refused); record.OfDriver(own) != own {
		t.Error("it is said twice")
	}
}

// hollow could wrap something, and does not.
type hollow struct{}

func (hollow) Error() string { return "it is empty" }
func (hollow) Unwrap() error { return nil }

// other says what it wraps in words of its own.
type other struct{ error }

func (o other) Error() string { return strings.ToUpper(o.error.Error()) }
func (o other) Unwrap() error { return o.error }

// What an operator reads of a server that is not reached says what to look at, and nothing of its address.
func TestWhyUnreached(t *testing.T) {
	dial := func(err error) error {
		return fmt.Errorf("to %s: %w", secret, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.UnixAddr{Name: secret}, Err: err})
	}
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"nothing":                 {nil, ""},
		"anything":                {errors.New(secret), ""},
		"a closed port":           {dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "nothing listens there"},
		"a name of no host":       {dial(&net.DNSError{Err: "no such host", Name: secret}), "its name has no address"},
		"no route":                {dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "no way leads there"},
		"no socket":               {dial(os.NewSyscallError("connect", syscall.ENOENT)), "its socket cannot be opened"},
		"another's certificate":   {fmt.Errorf("%s: %w", secret, &tls.CertificateVerificationError{Err: errors.New(secret)}), "its certificate is not accepted"},
		"ours is not accepted":    {dial(tls.AlertError(42)), "it does not accept our TLS"},
		"no TLS":                  {fmt.Errorf("%s: server refused TLS connection", secret), "it does not speak TLS"},
		"HTTP where HTTPS is due": {fmt.Errorf("%s: %w", secret, http.ErrSchemeMismatch), "it does not speak TLS"},
		"something else than TLS": {dial(tls.RecordHeaderError{Msg: secret}), "it does not speak TLS"},
		"a wrong password":        {&pgconn.PgError{Code: "28P01", Message: secret}, "it refuses the login"},
		"no database of the name": {&pgconn.PgError{Code: "3D000", Message: secret}, "it has no such database"},
		"too many connections":    {&pgconn.PgError{Code: "53300", Message: secret}, "it has no connection left"},
		"one that starts":         {&pgconn.PgError{Code: "57P03", Message: secret}, "it is starting"},
		"another refusal":         {&pgconn.PgError{Code: "22P02", Message: secret}, ""},
	} {
		why, err := record.WhyUnreached(c.err), record.Unreached(c.err)
		if !strings.HasPrefix(why, c.says) || (why == "") != (c.says == "") || strings.Contains(why, "999") || strings.Contains(why, "db.internal") {
			t.Errorf("%s: %q", name, why)
		}
		if want := strings.TrimSuffix("source unavailable: "+why, ": "); !errors.Is(err, record.ErrUnavailable) || err.Error() != want {
			t.Errorf("%s: %q, want %q", name, err, want)
		}
	}
}
