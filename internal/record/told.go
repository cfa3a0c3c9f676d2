package record

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
)

// told is an error with words that may be disclosed.
type told struct {
	words string
	err   error
}

func (t *told) Error() string { return t.words }
func (t *told) Unwrap() error { return t.err }

// OfDriver returns an error of a driver with words that may be disclosed: the types it is
// made of, and what they say that is the same whatever was read, such as an SQLSTATE. The
// driver's own words may hold addresses, statements and values. errors.Is and errors.As
// still find the original error. nil stays nil.
func OfDriver(err error) error {
	if err == nil {
		return nil
	}
	if _, done := err.(*told); done {
		return err
	}
	return &told{types(err), err}
}

// Plain returns an error with words that a log may contain. It keeps our words, and
// replaces those of other packages by what OfDriver would say. nil stays nil.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	words, foreign := err.Error(), false
	for _, part := range foreignParts(err) {
		foreign = true
		if said := part.Error(); said != "" && strings.Contains(words, said) {
			words = strings.ReplaceAll(words, said, types(part))
			continue
		}
		words = types(err) // its words do not contain those of the part, so none of them are kept
		break
	}
	if !foreign {
		return err
	}
	return &told{words, err}
}

// foreignParts returns the outermost errors of other packages in an error.
func foreignParts(err error) (parts []error) {
	if _, safe := err.(*told); safe {
		return nil
	}
	if !ours(err) {
		return []error{err}
	}
	for _, below := range unwrapped(err) {
		parts = append(parts, foreignParts(below)...)
	}
	return parts
}

func unwrapped(err error) []error {
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		if below := x.Unwrap(); below != nil {
			return []error{below}
		}
	case interface{ Unwrap() []error }:
		return x.Unwrap()
	}
	return nil
}

// module is the beginning of our packages' paths.
var module = strings.SplitAfter(reflect.TypeFor[told]().PkgPath(), "/")[0]

// ours reports whether an error's words are ours, or those of a package whose errors hold
// no value. An error that fmt or errors made counts as its caller's. So an adapter must
// not let one with a driver's words through as it is.
func ours(err error) bool {
	switch path := typeOf(err).PkgPath(); path {
	case "errors", "fmt", "context", "runtime", "syscall", "main":
		return true
	default:
		return strings.HasPrefix(path, module)
	}
}

func typeOf(err error) reflect.Type {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// constants are errors whose words are the same whatever was read.
var constants = []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrDeadlineExceeded}

// types returns the types that an error is made of, from the outside in.
func types(err error) string {
	for _, constant := range constants {
		if err == constant {
			return constant.Error()
		}
	}
	switch err.(type) {
	case syscall.Errno, *told:
		return err.Error()
	}
	name := typeOf(err).String()
	if coded, ok := err.(interface{ SQLState() string }); ok {
		name += " SQLSTATE " + coded.SQLState()
	}
	for _, below := range unwrapped(err) {
		name += ": " + types(below)
	}
	return name
}

// Unreached returns ErrUnavailable, with what an operator has to look at where the error says why a server was not
// reached. The words are ours: a driver's hold addresses. The error itself is not kept.
func Unreached(err error) error {
	if why := WhyUnreached(err); why != "" {
		return fmt.Errorf("%w: %s", ErrUnavailable, why)
	}
	return ErrUnavailable
}

// WhyUnreached says in our own words why a server was not reached, and what to look at; "" if the error does not tell.
func WhyUnreached(err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		alert       tls.AlertError
		plain       tls.RecordHeaderError
		coded       interface{ SQLState() string }
	)
	switch {
	case errors.As(err, &coded):
		return whyRefused(coded.SQLState())
	case errors.As(err, &certificate):
		return "its certificate is not accepted; look at its name, its dates and the roots"
	case errors.As(err, &alert):
		return "it does not accept our TLS; look at the client certificate"
	case errors.As(err, &name):
		return "its name has no address; look at how it is written"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; look at address and port, and whether it runs"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no way leads there; look at the network"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return "its socket cannot be opened; look at the path and the rights"
	case errors.As(err, &plain), err != nil && slices.ContainsFunc(noTLS, func(said string) bool { return strings.Contains(err.Error(), said) }):
		return "it does not speak TLS; look at its address, or of a database at sslmode"
	}
	return ""
}

// noTLS are the words of pgconn and net/http for a server that does not speak TLS; these errors have no type of their own.
var noTLS = []string{"server refused TLS connection", "server gave HTTP response to HTTPS client"}

// whyRefused is what PostgreSQL's SQLSTATE says of a connection that it does not accept.
func whyRefused(state string) string {
	switch {
	case strings.HasPrefix(state, "28"):
		return "it refuses the login; look at user, password and pg_hba.conf"
	case state == "3D000":
		return "it has no such database; look at the name"
	case state == "53300":
		return "it has no connection left; look at max_connections and the pool"
	case state == "57P03":
		return "it is starting or stopping"
	}
	return ""
}
