package record

import (
	"context"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"
)

// told is an error in words that may be told.
type told struct {
	words string
	err   error
}

func (t *told) Error() string { return t.words }
func (t *told) Unwrap() error { return t.err }

// OfDriver is an error of a driver as it may be told: the types it is made of, and what
// they say that is the same whatever was read, such as an SQLSTATE. The driver's own words
// may hold addresses, statements and values. To errors.Is and errors.As it is what it was.
func OfDriver(err error) error {
	if err == nil {
		return nil
	}
	if _, done := err.(*told); done {
		return err
	}
	return &told{types(err), err}
}

// Plain is an error as a log may tell it: in the words of ours, and with OfDriver's in the
// place of what others' packages say.
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
		words = types(err) // it says it in other words
		break
	}
	if !foreign {
		return err
	}
	return &told{words, err}
}

// foreignParts are the outermost errors of others' packages in an error.
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

// module is how the paths of our packages begin.
var module = strings.SplitAfter(reflect.TypeFor[told]().PkgPath(), "/")[0]

// ours reports whether an error's words are ours, or of those that hold no value: what
// fmt and errors make is taken for its caller's, which an adapter's must not be.
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

// constants are errors that say the same whatever was read.
var constants = []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrDeadlineExceeded}

// types names what an error is made of, from the outside in.
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
