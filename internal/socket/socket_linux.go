//go:build !race

package socket

import (
	"io"
	"net"
	"sync"
	"syscall"
	"unsafe"
)

// Unannounced wraps a TCP or Unix connection of package net so that the scheduler is not told of its reads and writes. Any other
// connection is returned as it is. Deadlines, closing and errors behave as before.
func Unannounced(conn net.Conn) net.Conn {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn: // reads of other descriptors may block
	default:
		return conn
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return conn
	}
	u := &unannounced{Conn: conn, raw: raw, half: conn.(halfCloser)}
	u.in.attempt, u.out.attempt = u.in.read, u.out.write
	return u
}

type unannounced struct {
	net.Conn
	raw     syscall.RawConn
	half    halfCloser
	in, out transfer
}

// A halfCloser is a TCP or Unix connection. net/http uses CloseWrite so that a client can read an answer that was sent before its
// whole request was read.
type halfCloser interface{ CloseWrite() error }

// CloseWrite closes the writing side.
func (u *unannounced) CloseWrite() error { return u.half.CloseWrite() }

// Read reads what is available, and waits if nothing is.
func (u *unannounced) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return u.in.do(u.raw.Read, b, true, "read", u.Conn)
}

// Write writes all of b.
func (u *unannounced) Write(b []byte) (int, error) {
	return u.out.do(u.raw.Write, b, true, "write", u.Conn)
}

// Begin writes as much of b as the other end takes at once, and returns how much that was. b must not be empty. It writes nothing
// to a connection that Unannounced did not make.
func Begin(conn net.Conn, b []byte) (int, error) {
	u, ok := conn.(*unannounced)
	if !ok {
		return 0, nil
	}
	return u.out.do(u.raw.Write, b, false, "write", u.Conn)
}

// A transfer is the state of one direction of a connection.
type transfer struct {
	mu      sync.Mutex // one call at a time, as in package net
	attempt func(fd uintptr) (done bool)
	buffer  []byte
	wait    bool // until the whole buffer is transferred
	n       int
	err     error
}

func (t *transfer) do(when func(func(uintptr) bool) error, b []byte, wait bool, operation string, conn net.Conn) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buffer, t.wait, t.n, t.err = b, wait, 0, nil
	err := when(t.attempt)
	t.buffer = nil
	if of, ok := err.(*net.OpError); ok {
		of.Op = operation // instead of "raw-read": net/http checks it
	}
	if err == nil && t.err != nil {
		if t.err == io.EOF {
			return t.n, io.EOF
		}
		err = &net.OpError{Op: operation, Net: conn.RemoteAddr().Network(), Source: conn.LocalAddr(), Addr: conn.RemoteAddr(), Err: t.err}
	}
	return t.n, err
}

func (t *transfer) read(fd uintptr) bool {
	n, errno := call(syscall.SYS_READ, fd, t.buffer)
	switch {
	case errno == syscall.EAGAIN:
		return false
	case errno != 0:
		t.err = errno
	case n == 0:
		t.err = io.EOF
	}
	t.n = n
	return true
}

func (t *transfer) write(fd uintptr) bool {
	for t.n < len(t.buffer) {
		n, errno := call(syscall.SYS_WRITE, fd, t.buffer[t.n:])
		switch {
		case errno == syscall.EAGAIN:
			return !t.wait
		case errno != 0:
			t.err = errno
			return true
		case n == 0: // or the loop would not end
			t.err = io.ErrUnexpectedEOF
			return true
		}
		t.n += n
	}
	return true
}

// call makes the raw system call with a buffer that is not empty.
func call(number, fd uintptr, buffer []byte) (n int, errno syscall.Errno) {
	for {
		r, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(buffer))), uintptr(min(len(buffer), most)))
		switch errno {
		case 0:
			return int(r), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// most bounds the bytes of one call, because neither the scheduler nor the garbage collector can preempt the thread meanwhile.
const most = 64 << 10
